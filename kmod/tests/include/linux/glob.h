/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_GLOB_H
#define LOCALSTATE_SHIM_LINUX_GLOB_H

#include <linux/types.h>

bool glob_match(const char *pattern, const char *text);

#endif
