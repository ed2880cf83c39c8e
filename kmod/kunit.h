/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites share.  They test the logic that needs no device, and
 * run in the kernel as well as in userland.  A case's name is a claim.
 */
#ifndef LOCALSTATE_KUNIT_H
#define LOCALSTATE_KUNIT_H

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

#include "private.h"

/* In no process is this an address. */
#define LS_KUNIT_UNMAPPED	8

/* An error part as the dispatcher hands it out. */
static inline struct localstate_error localstate_kunit_error(void)
{
	return (struct localstate_error){ .index = LOCALSTATE_NO_INDEX };
}

/* The address of @data in memory of a process, which ends with its last byte. */
static inline u64 localstate_kunit_user(struct kunit *test, const void *data,
					u32 length)
{
	unsigned long size = PAGE_ALIGN(length + 1UL);
	unsigned long at;

	at = kunit_vm_mmap(test, NULL, 0, size, PROT_READ | PROT_WRITE,
			   MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, at, 0UL);
	at += size - length;
	KUNIT_ASSERT_EQ(test, 0UL,
			copy_to_user((void __user *)at, data, length));
	return at;
}

/* A value of a scalar type. */
static inline struct ls_value localstate_kunit_scalar(u32 type, u64 bits)
{
	return (struct ls_value){
		.type = type,
		.length = sizeof(bits),
		.word = { bits },
	};
}

/* A value of a text type; the caller drops it. */
static inline struct ls_value localstate_kunit_text(struct kunit *test, u32 type,
						    const char *text, u32 length)
{
	struct localstate_error error = localstate_kunit_error();
	const struct localstate_value from = {
		.data = localstate_kunit_user(test, text, length),
		.length = length,
		.type = type,
	};
	struct ls_value value;

	KUNIT_ASSERT_EQ(test, 0, localstate_value_import(&value, &from, type,
							 &error));
	return value;
}

#endif /* LOCALSTATE_KUNIT_H */
