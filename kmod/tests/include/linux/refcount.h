/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_REFCOUNT_H
#define LOCALSTATE_SHIM_LINUX_REFCOUNT_H

#include <linux/types.h>

typedef struct {
	int count;
} refcount_t;

static inline void refcount_set(refcount_t *ref, int n)
{
	ref->count = n;
}

static inline unsigned int refcount_read(const refcount_t *ref)
{
	return ref->count;
}

/* Not atomic; and where the kernel warns and saturates, these end the program. */
static inline void refcount_inc(refcount_t *ref)
{
	assert(ref->count > 0);
	ref->count++;
}

static inline bool refcount_dec_and_test(refcount_t *ref)
{
	assert(ref->count > 0);
	return !--ref->count;
}

#endif
