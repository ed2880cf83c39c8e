/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's <math-emu/soft-fp.h> wants to know of the machine.  Most
 * architectures have floating point and so no such header.  Round to nearest,
 * no exceptions: that is what C does.
 */
#ifndef LOCALSTATE_SFP_MACHINE_H
#define LOCALSTATE_SFP_MACHINE_H

#ifndef __BYTE_ORDER
#define __BYTE_ORDER		__BYTE_ORDER__
#endif
#ifndef __BIG_ENDIAN
#define __BIG_ENDIAN		__ORDER_BIG_ENDIAN__
#endif

#define _FP_W_TYPE		unsigned long
#define _FP_WS_TYPE		long
#define _FP_I_TYPE		int

#if __SIZEOF_LONG__ == 8

#define _FP_W_TYPE_SIZE		64
#define _FP_NANFRAC_D		_FP_QNANBIT_D
#define _FP_MUL_MEAT_D(R, X, Y) \
	_FP_MUL_MEAT_1_wide(_FP_WFRACBITS_D, R, X, Y, umul_ppmm)
#define umul_ppmm(high, low, a, b) do {					\
	unsigned __int128 product_ = (unsigned __int128)(a) * (b);	\
									\
	(high) = product_ >> 64;					\
	(low) = product_;						\
} while (0)

#else

#define _FP_W_TYPE_SIZE		32
#define _FP_NANFRAC_D		_FP_QNANBIT_D, 0
#define _FP_MUL_MEAT_D(R, X, Y) \
	_FP_MUL_MEAT_2_wide(_FP_WFRACBITS_D, R, X, Y, umul_ppmm)
#define umul_ppmm(high, low, a, b) do {					\
	unsigned long long product_ = (unsigned long long)(a) * (b);	\
									\
	(high) = product_ >> 32;					\
	(low) = product_;						\
} while (0)
#define add_ssaaaa(high, low, a1, a0, b1, b0) do {			\
	unsigned long long sum_ = LS_SFP_JOIN(a1, a0) + LS_SFP_JOIN(b1, b0);	\
									\
	(high) = sum_ >> 32;						\
	(low) = sum_;							\
} while (0)
#define sub_ddmmss(high, low, a1, a0, b1, b0) do {			\
	unsigned long long rest_ = LS_SFP_JOIN(a1, a0) - LS_SFP_JOIN(b1, b0);	\
									\
	(high) = rest_ >> 32;						\
	(low) = rest_;							\
} while (0)
#define LS_SFP_JOIN(high, low)	((unsigned long long)(high) << 32 | (low))

#endif

#define __FP_CLZ(count, word)	((count) = __builtin_clzl(word))

#define FP_EX_UNDERFLOW		0

/* Which NaN comes out does not matter to anybody. */
#define _FP_NANSIGN_D		0
#define _FP_KEEPNANFRACP	1
#define _FP_CHOOSENAN(fs, wc, R, X, Y, OP) do {				\
	R##_s = X##_s;							\
	_FP_FRAC_COPY_##wc(R, X);					\
	R##_c = FP_CLS_NAN;						\
} while (0)

/* Only for classes of numbers that do not exist. */
#define abort()			do { } while (0)

#endif /* LOCALSTATE_SFP_MACHINE_H */
