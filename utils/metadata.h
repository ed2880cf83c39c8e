/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list that --meta K=V makes.
 */
#ifndef METADATA_H
#define METADATA_H

#include <stddef.h>

#include <localstate.h>

/* Begins as all zeros; entries end with a NULL key, or are NULL. */
struct metadata {
	struct lstate_metadata *entries;
	size_t count;
};

struct args;

/* Appends one K=V; returns an exit code, and has told what is wrong. */
int metadata_add(struct metadata *metadata, const struct args *args,
		 const char *text);
void metadata_free(struct metadata *metadata);

#endif /* METADATA_H */
