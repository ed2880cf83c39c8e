/* SPDX-License-Identifier: GPL-2.0-only */
/* Patterns as the kernel matches them, for names that are here already. */
#ifndef GLOB_H
#define GLOB_H

#include <stdbool.h>

/*
 * Whether the pattern is the whole of the text: bytewise, with *, ?, classes like
 * [a-z] and [!0-9], and \ before what is meant as it stands.
 */
bool glob_matches(const char *pattern, const char *text);

#endif /* GLOB_H */
