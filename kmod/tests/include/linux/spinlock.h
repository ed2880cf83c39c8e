/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_SPINLOCK_H
#define LOCALSTATE_SHIM_LINUX_SPINLOCK_H

typedef struct {
	char unused;
} spinlock_t;

#endif
