// SPDX-License-Identifier: GPL-2.0-only
/* Elements of arrays against the processor's own arithmetic. */
#include <kunit/test.h>
#include <math.h>

#include "number.h"
#include "private.h"
#include "random.h"

static float as_single(u32 bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* Bit patterns of singles: any, near the edges of an exponent, few bits. */
static u32 random_single(void)
{
	u32 bits = random_u64();

	switch (random_below(4)) {
	case 0:
		return bits;
	case 1:
		return (bits & 0xff800000) + random_below(5) - 2;
	case 2:
		return (bits & 0x80000000) | (bits & 0x007fffff) >> random_below(23);
	default:
		return bits & 0xffc00000;
	}
}

/* A vector of one element. */
static struct ls_value vector(u32 element, u64 bits)
{
	struct ls_value value = {
		.type = LOCALSTATE_TYPE_ARRAY,
		.length = 16 + localstate_element_size(element),
	};
	struct localstate_array *array = (void *)value.word;

	array->element = element;
	array->rank = 1;
	array->shape[0] = 1;
	memcpy(&value.word[2], &bits, localstate_element_size(element));
	return value;
}

static void expect_wide(struct kunit *test, u32 bits)
{
	double wide = as_single(bits);
	u64 expected;

	memcpy(&expected, &wide, sizeof(expected));
	if (isnan(wide))
		KUNIT_ASSERT_TRUE(test, localstate_float_is_nan(localstate_array_widen(bits)));
	else
		KUNIT_ASSERT_EQ_MSG(test, localstate_array_widen(bits), expected, "%08x", bits);
}

/* Each exponent with each of the short fractions, and every 61st single of all. */
static void singles_widen_as_the_processor_widens(struct kunit *test)
{
	u32 high, low;
	u64 bits, n = 0;

	for (high = 0; high < 512; high++) {
		for (low = 0; low < 4096; low++) {
			expect_wide(test, high << 23 | low);
			expect_wide(test, high << 23 | low << 11);
			n += 2;
		}
	}
	for (bits = 0; bits <= 0xffffffff; bits += 61, n++)
		expect_wide(test, bits);
	printf("# %llu singles\n", n);
}

static void expect_equality(struct kunit *test, u32 element, u64 a, u64 b)
{
	bool single = element == LOCALSTATE_ELEMENT_F32;
	double p = single ? as_single(a) : as_double(a);
	double q = single ? as_single(b) : as_double(b);
	const struct ls_value x = vector(element, a), y = vector(element, b);

	KUNIT_ASSERT_EQ_MSG(test, localstate_value_equal(&x, &y),
			    p == q || (isnan(p) && isnan(q)), "%016llx, %016llx", a, b);
}

static void elements_are_equal_as_the_processor_says(struct kunit *test)
{
	u64 a;
	int i;

	random_start();
	for (i = 0; i < 2000000; i++) {
		a = random_single();
		expect_equality(test, LOCALSTATE_ELEMENT_F32, a, random_single());
		expect_equality(test, LOCALSTATE_ELEMENT_F32, a, a ^ 1U << 31);
		expect_equality(test, LOCALSTATE_ELEMENT_F32, a, (u32)(a + 1));
		a = random_float();
		expect_equality(test, LOCALSTATE_ELEMENT_F64, a, random_float());
		expect_equality(test, LOCALSTATE_ELEMENT_F64, a, a ^ 1ULL << 63);
		expect_equality(test, LOCALSTATE_ELEMENT_F64, a, a + 1);
	}
}

/* The field that a number violates, or 0. */
static u32 violated_float(const struct ls_spec *spec, double value)
{
	if ((spec->constraints & LOCALSTATE_HAS_FINITE) && !isfinite(value))
		return LOCALSTATE_FIELD_FINITE;
	if ((spec->constraints & LOCALSTATE_HAS_MIN) && !(value >= as_double(spec->min)))
		return LOCALSTATE_FIELD_MIN;
	if ((spec->constraints & LOCALSTATE_HAS_MAX) && !(value <= as_double(spec->max)))
		return LOCALSTATE_FIELD_MAX;
	return 0;
}

static u32 violated_int(const struct ls_spec *spec, s64 value)
{
	if ((spec->constraints & LOCALSTATE_HAS_MIN) && value < (s64)spec->min)
		return LOCALSTATE_FIELD_MIN;
	if ((spec->constraints & LOCALSTATE_HAS_MAX) && value > (s64)spec->max)
		return LOCALSTATE_FIELD_MAX;
	return 0;
}

static void expect_check(struct kunit *test, struct ls_spec *spec, u32 element, u64 bits,
			 u32 violated)
{
	struct localstate_error error = { .index = LOCALSTATE_NO_INDEX };
	const struct ls_value value = vector(element, bits);

	spec->element = element;
	KUNIT_ASSERT_EQ_MSG(test, localstate_constraint_check(spec, &value, &error),
			    violated ? -ERANGE : 0, "%016llx, min %016llx, max %016llx", bits,
			    spec->min, spec->max);
	KUNIT_ASSERT_EQ_MSG(test, error.field, violated, "%016llx, min %016llx, max %016llx",
			    bits, spec->min, spec->max);
	KUNIT_ASSERT_EQ(test, error.index, violated ? 0 : LOCALSTATE_NO_INDEX);
}

/* Bounds that are singles themselves, their neighbours as doubles, and others. */
static u64 random_bound(u32 single)
{
	double wide = as_single(single);
	u64 bits;

	memcpy(&bits, &wide, sizeof(bits));
	switch (random_below(3)) {
	case 0:
		return bits + random_below(3) - 1;
	case 1:
		return bits;
	default:
		return random_float();
	}
}

static void floats_are_in_range_as_the_processor_says(struct kunit *test)
{
	static const u32 has[] = { 0, LOCALSTATE_HAS_FINITE };
	struct ls_spec spec = { 0 };
	u32 single, n = 0;
	u64 wide;
	int i;

	random_start();
	for (i = 0; i < 6000000; i++) {
		single = random_single();
		spec.constraints = random_below(4) * LOCALSTATE_HAS_MIN | has[random_below(2)];
		spec.min = random_bound(single);
		spec.max = random_bound(random_below(2) ? single : random_single());
		if (isnan(as_double(spec.min)) || isnan(as_double(spec.max)))
			continue;
		wide = random_below(4) ? random_float() : random_below(2) ? spec.min : spec.max;
		expect_check(test, &spec, LOCALSTATE_ELEMENT_F32, single,
			     violated_float(&spec, as_single(single)));
		expect_check(test, &spec, LOCALSTATE_ELEMENT_F64, wide,
			     violated_float(&spec, as_double(wide)));
		n += 2;
	}
	printf("# %u elements\n", n);
}

static void integers_are_in_range_as_the_processor_says(struct kunit *test)
{
	struct ls_spec spec = { 0 };
	u64 bits;
	int i;

	random_start();
	for (i = 0; i < 2000000; i++) {
		spec.constraints = random_below(4) * LOCALSTATE_HAS_MIN;
		bits = random_integer();
		spec.min = random_below(2) ? random_integer() : bits + random_below(3) - 1;
		spec.max = random_below(2) ? random_integer() : bits + random_below(3) - 1;
		expect_check(test, &spec, LOCALSTATE_ELEMENT_S64, bits, violated_int(&spec, bits));
		spec.min = (s32)spec.min;
		spec.max = (s32)spec.max;
		expect_check(test, &spec, LOCALSTATE_ELEMENT_S32, bits,
			     violated_int(&spec, (s32)bits));
		spec.min = (u8)spec.min;
		spec.max = (u8)spec.max;
		expect_check(test, &spec, LOCALSTATE_ELEMENT_U8, bits,
			     violated_int(&spec, (u8)bits));
	}
}

/* Any bytes: what passes is as long as its shape says, in 128 bits. */
static void form_is_what_wide_arithmetic_says(struct kunit *test)
{
	static const u32 sizes[] = { 0, 4, 8, 4, 8, 1, 0 };
	static const u32 dimensions[] = { 0, 1, 2, 3, 4, 255, 65535, 65536, 0x80000000, ~0U };
	struct localstate_error error;
	u64 words[5] = { 0 };
	struct localstate_array *array = (void *)words;
	u32 header, length, accepted = 0;
	__int128 bytes;
	bool legal;
	int i, j;

	random_start();
	for (i = 0; i < 2000000; i++) {
		memset(words, 0, sizeof(words));
		array->element = random_below(7);
		array->rank = random_below(9);
		bytes = sizes[array->element];
		for (j = 0; j < array->rank; j++) {
			array->shape[j] = dimensions[random_below(random_below(4) ? 4 : 10)];
			if (bytes <= LOCALSTATE_VALUE_MAX || !array->shape[j])
				bytes *= array->shape[j];
		}
		header = LOCALSTATE_ARRAY_HEADER(array->rank);
		length = header + (random_below(4) ? (u32)bytes : random_below(64));
		legal = sizes[array->element] && bytes <= LOCALSTATE_VALUE_MAX &&
			length == header + bytes;
		error = (struct localstate_error){ .index = LOCALSTATE_NO_INDEX };
		KUNIT_ASSERT_EQ(test, localstate_array_check_form(words, length, &error),
				legal ? 0 : -EINVAL);
		accepted += legal;
	}
	printf("# %u of %d pass\n", accepted, i);
	KUNIT_EXPECT_TRUE(test, accepted > i / 10);
}

static struct kunit_case array_cases[] = {
	KUNIT_CASE(singles_widen_as_the_processor_widens),
	KUNIT_CASE(elements_are_equal_as_the_processor_says),
	KUNIT_CASE(floats_are_in_range_as_the_processor_says),
	KUNIT_CASE(integers_are_in_range_as_the_processor_says),
	KUNIT_CASE(form_is_what_wide_arithmetic_says),
	{}
};

static struct kunit_suite array_suite = {
	.name = "array_random",
	.test_cases = array_cases,
};

kunit_test_suite(array_suite);
