/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_CTYPE_H
#define LOCALSTATE_SHIM_LINUX_CTYPE_H

#include <linux/types.h>

#define isascii(c)	((unsigned char)(c) <= 0x7f)

/* The kernel's table knows Latin-1: its letters, but not its other characters. */
static inline bool is_latin1_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

#define isalnum(c)	is_latin1_alnum(c)

#endif
