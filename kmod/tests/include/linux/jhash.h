/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_JHASH_H
#define LOCALSTATE_SHIM_LINUX_JHASH_H

#include <linux/types.h>

/* Another hash than the kernel's (FNV-1a): equal for what is equal, no more. */
static inline u32 jhash(const void *data, u32 length, u32 seed)
{
	const u8 *at = data;
	u32 hash = 2166136261U ^ seed;

	while (length--)
		hash = (hash ^ *at++) * 16777619U;
	return hash;
}

#endif
