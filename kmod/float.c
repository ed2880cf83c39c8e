// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic on the bits of doubles, without a floating point unit: what C gives,
 * bit for bit, but for which NaN it is.
 */
#include <linux/types.h>

#include "compat.h"
#include "number.h"

/* soft-fp.h tells of exceptions, too, in variables that nobody reads here. */
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#include <math-emu/soft-fp.h>
#include <math-emu/double.h>

u64 localstate_float_subtract(u64 a, u64 b)
{
	FP_DECL_D(A);
	FP_DECL_D(B);
	FP_DECL_D(R);
	FP_DECL_EX;
	u64 result;

	/* Like most differences it may be exact; zero is positive. */
	if (localstate_float_distance(a, b, &result)) {
		bool negative = a < b;

		if (result && negative != a >> 63)
			result |= LS_FLOAT_SIGN;
		return result;
	}
	FP_UNPACK_DP(A, &a);
	FP_UNPACK_DP(B, &b);
	FP_SUB_D(R, A, B);
	FP_PACK_DP(&result, R);
	return result;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_float_subtract);

u64 localstate_float_multiply(u64 a, u64 b)
{
	FP_DECL_D(A);
	FP_DECL_D(B);
	FP_DECL_D(R);
	FP_DECL_EX;
	u64 result;

	FP_UNPACK_DP(A, &a);
	FP_UNPACK_DP(B, &b);
	FP_MUL_D(R, A, B);
	FP_PACK_DP(&result, R);
	return result;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_float_multiply);
