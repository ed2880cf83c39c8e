/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers by chance, the same in each run: the seed is fixed, or in the
 * environment as SEED, and is printed.  Edges come far more often than chance
 * would have them.
 */
#ifndef LOCALSTATE_TESTS_RANDOM_H
#define LOCALSTATE_TESTS_RANDOM_H

#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static u64 random_state;

static inline void random_start(void)
{
	const char *seed = getenv("SEED");

	random_state = seed ? strtoull(seed, NULL, 0) : 1;
	printf("# SEED=%llu\n", random_state);
	/* From a state of zero xorshift never gets away. */
	random_state = random_state * 0x9e3779b97f4a7c15ULL | 1;
}

/* xorshift64*: Vigna, An experimental exploration of Marsaglia's xorshift. */
static inline u64 random_u64(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static inline double as_double(u64 bits)
{
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

static inline u64 as_bits(double d)
{
	u64 bits;

	memcpy(&bits, &d, sizeof(bits));
	return bits;
}

/* 0 to @n - 1. */
static inline u32 random_below(u32 n)
{
	return (random_u64() >> 32) * n >> 32;
}

/* An integer that is mostly near the end of some range. */
static inline u64 random_integer(void)
{
	static const u64 edges[] = {
		0, 1ULL << 31, 1ULL << 32, 1ULL << 53, 1ULL << 62, 1ULL << 63,
	};
	u64 n = random_u64();

	switch (random_below(4)) {
	case 0:
		return n;
	case 1:
		return n >> random_below(64);
	case 2:
		return -(n >> random_below(64));
	default:
		return edges[random_below(ARRAY_SIZE(edges))] + random_below(5) - 2;
	}
}

/* The bits of a double: any exponent, fractions that are mostly near an end. */
static inline u64 random_float(void)
{
	static const u64 fractions[] = {
		0, 1, 2, 1ULL << 51, (1ULL << 51) - 1, (1ULL << 52) - 1, (1ULL << 52) - 2,
	};
	static const u32 exponents[] = { 0, 1, 1022, 1023, 1024, 2045, 2046, 2047 };
	u64 sign = random_u64() & 1ULL << 63;
	u64 exponent;

	if (!random_below(4))
		return random_u64();
	exponent = random_below(2) ? exponents[random_below(ARRAY_SIZE(exponents))] :
				     random_below(2048);
	return sign | exponent << 52 | fractions[random_below(ARRAY_SIZE(fractions))];
}

#endif
