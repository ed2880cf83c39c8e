/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as integers that stand in their order.
 *
 * There is no floating point in the kernel: doubles are compared through keys.
 * -0.0 and 0.0 have the same.
 */
#ifndef LOCALSTATE_NUMBER_H
#define LOCALSTATE_NUMBER_H

#include <linux/bits.h>
#include <linux/localstate.h>
#include <linux/types.h>

#define LS_FLOAT_SIGN		BIT_ULL(63)
#define LS_FLOAT_INFINITY	(0x7ffULL << 52)
#define LS_FLOAT_100		0x4059000000000000ULL

static inline bool localstate_number_is_nan(u32 type, u64 bits)
{
	return type == LOCALSTATE_TYPE_FLOAT &&
	       (bits & ~LS_FLOAT_SIGN) > LS_FLOAT_INFINITY;
}

/* The next number has the next key. */
static inline u64 localstate_number_key(u32 type, u64 bits)
{
	if (type == LOCALSTATE_TYPE_INT)
		return bits ^ BIT_ULL(63);
	if (type != LOCALSTATE_TYPE_FLOAT)
		return bits;
	/* The magnitude is counted from the sign bit, upwards or downwards. */
	return bits & LS_FLOAT_SIGN ? -bits : bits | LS_FLOAT_SIGN;
}

/* Arithmetic on the bits of doubles. */
u64 localstate_float_subtract(u64 a, u64 b);
u64 localstate_float_multiply(u64 a, u64 b);

#endif /* LOCALSTATE_NUMBER_H */
