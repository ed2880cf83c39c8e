/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_ATOMIC_H
#define LOCALSTATE_SHIM_LINUX_ATOMIC_H

#include <linux/types.h>

/* There is one thread. */
static inline void atomic64_inc(atomic64_t *counter)
{
	counter->counter++;
}

#endif
