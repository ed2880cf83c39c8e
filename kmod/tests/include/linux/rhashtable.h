/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_RHASHTABLE_H
#define LOCALSTATE_SHIM_LINUX_RHASHTABLE_H

#include <linux/types.h>

struct rhash_head {
	struct rhash_head *next;
};

struct rhashtable {
	struct {
		u16 key_offset;
	} p;
};

struct rhashtable_compare_arg {
	struct rhashtable *ht;
	const void *key;
};

#endif
