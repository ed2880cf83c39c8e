// SPDX-License-Identifier: GPL-2.0-only
/* Values and bounds against the processor's own arithmetic. */
#include <kunit/test.h>
#include <math.h>

#include "number.h"
#include "private.h"
#include "random.h"

static struct ls_value scalar(u32 type, u64 bits)
{
	return (struct ls_value){ .type = type, .length = 8, .word = { bits } };
}

/* Stops at the first difference: there may be millions. */
static void expect_float_pair(struct kunit *test, u64 a, u64 b)
{
	const struct ls_value x = scalar(LOCALSTATE_TYPE_FLOAT, a);
	const struct ls_value y = scalar(LOCALSTATE_TYPE_FLOAT, b);
	double p = as_double(a), q = as_double(b);
	bool equal = p == q || (isnan(p) && isnan(q));

	KUNIT_ASSERT_EQ_MSG(test, localstate_float_is_nan(a), !!isnan(p), "%016llx", a);
	KUNIT_ASSERT_EQ_MSG(test, localstate_value_equal(&x, &y), equal, "%016llx, %016llx", a, b);
	if (isnan(p) || isnan(q))
		return;
	KUNIT_ASSERT_EQ_MSG(test, localstate_value_compare(LOCALSTATE_TYPE_FLOAT, a, b),
			    p < q ? -1 : p > q, "%016llx, %016llx", a, b);
}

static void floats_compare_as_the_processor_does(struct kunit *test)
{
	u64 a, b;
	int i;

	random_start();
	for (i = 0; i < 2500000; i++) {
		a = random_float();
		b = random_float();
		expect_float_pair(test, a, b);
		expect_float_pair(test, a, a ^ 1ULL << 63);
		expect_float_pair(test, a, a + 1);
		expect_float_pair(test, a, a ^ (b & 3) << 62);
	}
}

static void every_exponent_compares_as_the_processor_does(struct kunit *test)
{
	static const u64 fractions[] = { 0, 1, 1ULL << 51, (1ULL << 52) - 1 };
	u64 a, b;
	int i, j;

	for (i = 0; i < 2 * 2048 * ARRAY_SIZE(fractions); i++) {
		a = (u64)(i / ARRAY_SIZE(fractions)) << 52 | fractions[i % ARRAY_SIZE(fractions)];
		for (j = 0; j < 40; j++) {
			b = a + ((u64)(j - 20) << (j & 1 ? 0 : 51));
			expect_float_pair(test, a, b);
		}
	}
}

static void integers_compare_as_the_processor_does(struct kunit *test)
{
	u64 a, b;
	int i;

	random_start();
	for (i = 0; i < 2000000; i++) {
		a = random_integer();
		b = random_below(8) ? random_integer() : a;
		KUNIT_ASSERT_EQ_MSG(test, localstate_value_compare(LOCALSTATE_TYPE_INT, a, b),
				    (s64)a < (s64)b ? -1 : (s64)a > (s64)b, "%llx, %llx", a, b);
		KUNIT_ASSERT_EQ_MSG(test, localstate_value_compare(LOCALSTATE_TYPE_UINT, a, b),
				    a < b ? -1 : a > b, "%llx, %llx", a, b);
	}
}

/* What the check should say: the field that is violated, or 0. */
static u32 float_violates(const struct ls_spec *spec, double value)
{
	if ((spec->constraints & LOCALSTATE_HAS_MIN) && !(value >= as_double(spec->min)))
		return LOCALSTATE_FIELD_MIN;
	if ((spec->constraints & LOCALSTATE_HAS_MAX) && !(value <= as_double(spec->max)))
		return LOCALSTATE_FIELD_MAX;
	return 0;
}

static u32 integer_violates(const struct ls_spec *spec, u32 type, u64 bits)
{
	bool is_int = type == LOCALSTATE_TYPE_INT;
	__int128 value = is_int ? (__int128)(s64)bits : bits;
	__int128 min = is_int ? (__int128)(s64)spec->min : spec->min;
	__int128 max = is_int ? (__int128)(s64)spec->max : spec->max;
	__int128 base = spec->constraints & LOCALSTATE_HAS_MIN ? min : 0;

	if ((spec->constraints & LOCALSTATE_HAS_MIN) && value < min)
		return LOCALSTATE_FIELD_MIN;
	if ((spec->constraints & LOCALSTATE_HAS_MAX) && value > max)
		return LOCALSTATE_FIELD_MAX;
	if ((spec->constraints & LOCALSTATE_HAS_STEP) && (value - base) % spec->step)
		return LOCALSTATE_FIELD_STEP;
	return 0;
}

static void expect_check(struct kunit *test, const struct ls_spec *spec, u32 type, u64 bits,
			 u32 violated)
{
	struct localstate_error error = { 0 };
	const struct ls_value value = scalar(type, bits);

	KUNIT_ASSERT_EQ_MSG(test, localstate_constraint_check(spec, &value, &error),
			    violated ? -ERANGE : 0, "%llx, min %llx, max %llx, step %llx",
			    bits, spec->min, spec->max, spec->step);
	KUNIT_ASSERT_EQ_MSG(test, error.field, violated, "%llx, min %llx, max %llx, step %llx",
			    bits, spec->min, spec->max, spec->step);
}

static void floats_are_in_range_as_the_processor_says(struct kunit *test)
{
	struct ls_spec spec = { 0 };
	u64 bits;
	int i;

	random_start();
	for (i = 0; i < 1000000; i++) {
		spec.constraints = random_below(4) * LOCALSTATE_HAS_MIN;
		spec.min = random_float();
		spec.max = random_float();
		if (isnan(as_double(spec.min)) || isnan(as_double(spec.max)))
			continue;
		bits = random_below(4) ? random_float() :
		       random_below(2) ? spec.min : spec.max;
		expect_check(test, &spec, LOCALSTATE_TYPE_FLOAT, bits,
			     float_violates(&spec, as_double(bits)));
	}
}

/* Every second value is a whole number of steps away, modulo 2^64. */
static void integers_are_on_step_as_128_bits_say(struct kunit *test)
{
	u32 on_step = 0, type;
	struct ls_spec spec = { 0 };
	u64 bits;
	int i;

	random_start();
	for (i = 0; i < 3000000; i++) {
		type = i & 1 ? LOCALSTATE_TYPE_INT : LOCALSTATE_TYPE_UINT;
		spec.constraints = LOCALSTATE_HAS_STEP | random_below(4) * LOCALSTATE_HAS_MIN;
		spec.min = random_integer();
		spec.max = random_integer();
		spec.step = random_integer();
		if (type == LOCALSTATE_TYPE_INT)
			spec.step &= ~0ULL >> 1;
		spec.step += !spec.step;
		bits = random_integer();
		if (random_below(2))
			bits = (spec.constraints & LOCALSTATE_HAS_MIN ? spec.min : 0) +
			       random_below(1000) * spec.step;
		expect_check(test, &spec, type, bits, integer_violates(&spec, type, bits));
		on_step += !integer_violates(&spec, type, bits);
	}
	printf("# %u of %d pass\n", on_step, i);
	KUNIT_EXPECT_TRUE(test, on_step > i / 10);
}

/* Zero if it is in the range, else the bound that is nearer to it. */
static void default_is_the_legal_value_nearest_to_zero(struct kunit *test)
{
	struct ls_spec spec = { .constraints = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX };
	struct localstate_error error = { 0 };
	struct ls_value value;
	s64 min, max;
	int i;

	random_start();
	for (i = 0; i < 1000000; i++) {
		min = random_integer();
		max = random_integer();
		if (min > max)
			continue;
		spec.min = min;
		spec.max = max;
		KUNIT_ASSERT_EQ(test, 0, localstate_constraint_default(&spec, LOCALSTATE_TYPE_INT,
								       &value, &error));
		KUNIT_ASSERT_EQ_MSG(test, (s64)value.word[0], min > 0 ? min : max < 0 ? max : 0,
				    "%lld to %lld", min, max);
	}
}

static struct kunit_case value_cases[] = {
	KUNIT_CASE(floats_compare_as_the_processor_does),
	KUNIT_CASE(every_exponent_compares_as_the_processor_does),
	KUNIT_CASE(integers_compare_as_the_processor_does),
	KUNIT_CASE(floats_are_in_range_as_the_processor_says),
	KUNIT_CASE(integers_are_on_step_as_128_bits_say),
	KUNIT_CASE(default_is_the_legal_value_nearest_to_zero),
	{}
};

static struct kunit_suite value_suite = {
	.name = "value_random",
	.test_cases = value_cases,
};

kunit_test_suite(value_suite);
