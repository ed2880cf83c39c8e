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
#define LS_FLOAT_FRACTION	52
#define LS_FLOAT_IMPLICIT	BIT_ULL(LS_FLOAT_FRACTION)
#define LS_FLOAT_FRACTION_MASK	(LS_FLOAT_IMPLICIT - 1)
#define LS_FLOAT_100		0x4059000000000000ULL

static inline bool localstate_float_is_nan(u64 bits)
{
	return (bits & ~LS_FLOAT_SIGN) > LS_FLOAT_INFINITY;
}

static inline bool localstate_number_is_nan(u32 type, u64 bits)
{
	return type == LOCALSTATE_TYPE_FLOAT && localstate_float_is_nan(bits);
}

/* The next number has the next key; of a NaN it is none. */
static inline u64 localstate_number_key(u32 type, u64 bits)
{
	if (type == LOCALSTATE_TYPE_INT)
		return bits ^ BIT_ULL(63);
	if (type != LOCALSTATE_TYPE_FLOAT)
		return bits;
	/* The magnitude is counted from the sign bit, upwards or downwards. */
	return bits & LS_FLOAT_SIGN ? -bits : bits | LS_FLOAT_SIGN;
}

/* -0.0 equals 0.0, NaN equals NaN. */
static __always_inline bool localstate_number_equal(u32 type, u64 a, u64 b)
{
	if (localstate_number_is_nan(type, a))
		return localstate_number_is_nan(type, b);
	return localstate_number_key(type, a) == localstate_number_key(type, b);
}

/*
 * How far two doubles are apart, where that is easy: they have one sign, their
 * exponents differ by little, and the difference is exact.  False elsewhere.
 */
static __always_inline bool localstate_float_distance(u64 a, u64 b, u64 *distance)
{
	u64 high = a < b ? b : a, low = a < b ? a : b;
	u32 exponent = low >> LS_FLOAT_FRACTION & 0x7ff;
	u32 apart = (high >> LS_FLOAT_FRACTION) - (low >> LS_FLOAT_FRACTION);
	u64 difference;
	int shift;

	/* Up to so much the higher fraction, shifted, keeps its first bit. */
	if (apart > 10 || exponent - 1 > 0x7fd - apart)
		return false;
	difference = ((high & LS_FLOAT_FRACTION_MASK) | LS_FLOAT_IMPLICIT) << apart;
	difference -= (low & LS_FLOAT_FRACTION_MASK) | LS_FLOAT_IMPLICIT;
	if (!difference) {
		*distance = 0;
		return true;
	}
	/* Its first bit comes to where the implicit one is. */
	shift = __builtin_clzll(difference) - (63 - LS_FLOAT_FRACTION);
	if (shift < 0 || shift >= (int)exponent)
		return false;
	*distance = (difference << shift) +
		    ((u64)(exponent - shift - 1) << LS_FLOAT_FRACTION);
	return true;
}

/* Arithmetic on the bits of doubles. */
u64 localstate_float_subtract(u64 a, u64 b);
u64 localstate_float_multiply(u64 a, u64 b);

#endif /* LOCALSTATE_NUMBER_H */
