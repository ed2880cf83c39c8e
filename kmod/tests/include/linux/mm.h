/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_MM_H
#define LOCALSTATE_SHIM_LINUX_MM_H

#include <linux/slab.h>

#define PAGE_SIZE		4096UL
#define PAGE_ALIGN(size)	(((size) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))

#endif
