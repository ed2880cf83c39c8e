/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_SLAB_H
#define LOCALSTATE_SHIM_LINUX_SLAB_H

#include <linux/types.h>

#define GFP_KERNEL		0U
#define GFP_KERNEL_ACCOUNT	0U

/* From malloc(), so that the sanitizer knows each; fails when a test says so. */
void *kvmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void kfree(const void *block);

static inline void kvfree(const void *block)
{
	kfree(block);
}

/* At once: there are no readers for whom it has to wait. */
#define kvfree_rcu(pointer, field)	kvfree(pointer)

#endif
