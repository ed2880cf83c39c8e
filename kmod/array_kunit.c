// SPDX-License-Identifier: GPL-2.0-only
/* Arrays: their form, what is cut from them, equality, constraints, defaults. */
#include <linux/bits.h>
#include <linux/slab.h>

#include "kunit.h"
#include "number.h"

#define LS_F32_ONE		0x3f800000U
#define LS_F32_MINUS_ZERO	0x80000000U
#define LS_F32_INFINITY		0x7f800000U
#define LS_F32_NAN		0x7fc00000U
#define LS_F64_ONE		0x3ff0000000000000ULL
#define LS_F64_INFINITY		0x7ff0000000000000ULL
#define LS_F64_NAN		0x7ff8000000000000ULL

/* Room for an array of some elements, as words so that it is aligned. */
struct ls_run {
	u32 length;
	u64 words[16];
};

static struct ls_run run_of(u32 element, u32 rank, const u32 *shape, const void *elements,
			    u32 bytes)
{
	struct ls_run run = { .length = LOCALSTATE_ARRAY_HEADER(rank) + bytes };
	struct localstate_array *array = (void *)run.words;

	array->element = element;
	array->rank = rank;
	memcpy(array->shape, shape, rank * sizeof(u32));
	if (bytes)
		memcpy((u8 *)array + LOCALSTATE_ARRAY_HEADER(rank), elements, bytes);
	return run;
}

/* A vector: rank 1. */
static struct ls_run vector_of(u32 element, const void *elements, u32 n)
{
	return run_of(element, 1, &n, elements, n * localstate_element_size(element));
}

static int import(struct kunit *test, struct ls_value *value, const struct ls_run *run,
		  struct localstate_error *error)
{
	const struct localstate_value from = {
		.data = localstate_kunit_user(test, run->words, run->length),
		.length = run->length,
		.type = LOCALSTATE_TYPE_ARRAY,
	};

	*error = localstate_kunit_error();
	return localstate_value_import(value, &from, LOCALSTATE_TYPE_ARRAY, error);
}

static struct ls_value value_of(struct kunit *test, const struct ls_run *run)
{
	struct localstate_error error;
	struct ls_value value;

	KUNIT_ASSERT_EQ(test, 0, import(test, &value, run, &error));
	return value;
}

static void expect_malformed(struct kunit *test, const struct ls_run *run, u32 field, u64 limit)
{
	struct localstate_error error;
	struct ls_value value;

	KUNIT_EXPECT_EQ(test, -EINVAL, import(test, &value, run, &error));
	KUNIT_EXPECT_EQ(test, error.field, field);
	KUNIT_EXPECT_EQ(test, error.limit, limit);
	KUNIT_EXPECT_NULL(test, value.cell);
}

static void singles_widen_to_equal_doubles(struct kunit *test)
{
	static const struct {
		u32 single;
		u64 wide;
	} samples[] = {
		{ 0, 0 }, { LS_F32_MINUS_ZERO, BIT_ULL(63) }, { LS_F32_ONE, LS_F64_ONE },
		{ LS_F32_INFINITY, LS_F64_INFINITY },
		{ LS_F32_INFINITY | LS_F32_MINUS_ZERO, LS_F64_INFINITY | BIT_ULL(63) },
		{ 1, 0x36a0000000000000ULL },			/* 2^-149 */
		{ 0x007fffff, 0x380fffffc0000000ULL },		/* largest denormal */
		{ 0x00800000, 0x3810000000000000ULL },		/* 2^-126 */
		{ 0x7f7fffff, 0x47efffffe0000000ULL },		/* FLT_MAX */
		{ LS_F32_NAN, LS_F64_NAN },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(samples); i++)
		KUNIT_EXPECT_EQ_MSG(test, localstate_array_widen(samples[i].single),
				    samples[i].wide, "%08x", samples[i].single);
	KUNIT_EXPECT_TRUE(test, localstate_float_is_nan(localstate_array_widen(0xff800001)));
}

static void array_of_any_rank_to_eight_is_taken(struct kunit *test)
{
	static const u32 shape[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	const u32 one = 1;
	struct ls_value value;
	struct ls_run run;
	u32 rank;

	for (rank = 0; rank <= 8; rank++) {
		run = run_of(LOCALSTATE_ELEMENT_S32, rank, shape, &one, sizeof(one));
		value = value_of(test, &run);
		KUNIT_EXPECT_EQ(test, value.length, run.length);
		KUNIT_EXPECT_MEMEQ(test, localstate_value_data(&value), (void *)run.words,
				   run.length);
		localstate_value_drop(&value);
	}
	run = run_of(LOCALSTATE_ELEMENT_S32, 9, shape, &one, sizeof(one));
	expect_malformed(test, &run, LOCALSTATE_FIELD_RANK, 8);
}

static void form_is_checked(struct kunit *test)
{
	static const u32 shape[] = { 2, 3 };
	static const u8 bytes[6] = { 1 };
	struct ls_run run = run_of(LOCALSTATE_ELEMENT_U8, 2, shape, bytes, 6);

	run.length--;
	expect_malformed(test, &run, LOCALSTATE_FIELD_VALUE, 22);
	run.length += 2;
	expect_malformed(test, &run, LOCALSTATE_FIELD_VALUE, 22);
	run.length = 15;
	expect_malformed(test, &run, LOCALSTATE_FIELD_VALUE, 16);
	run.length = 7;
	expect_malformed(test, &run, LOCALSTATE_FIELD_VALUE, 8);
	run.length = 0;
	expect_malformed(test, &run, LOCALSTATE_FIELD_VALUE, 8);
	run = run_of(LOCALSTATE_ELEMENT_U8 + 1, 2, shape, bytes, 6);
	expect_malformed(test, &run, LOCALSTATE_FIELD_ELEMENT, 0);
	run = run_of(LOCALSTATE_ELEMENT_NONE, 2, shape, bytes, 6);
	expect_malformed(test, &run, LOCALSTATE_FIELD_ELEMENT, 0);
}

static void padding_is_zero(struct kunit *test)
{
	struct ls_run run = vector_of(LOCALSTATE_ELEMENT_U8, "ab", 2);

	((u8 *)run.words)[15] = 1;
	expect_malformed(test, &run, LOCALSTATE_FIELD_RESERVED, 0);
}

/* The product overflows 32 and 64 bits, to 0 too; one dimension of 0 wins. */
static void shape_of_too_many_bytes_is_refused(struct kunit *test)
{
	static const struct {
		u32 element, rank, shape[8];
		bool legal;
	} samples[] = {
		{ LOCALSTATE_ELEMENT_U8, 1, { 65537 }, false },
		{ LOCALSTATE_ELEMENT_F64, 1, { 8193 }, false },
		{ LOCALSTATE_ELEMENT_U8, 2, { 65536, 65536 }, false },
		{ LOCALSTATE_ELEMENT_F64, 2, { 0x10000000, 0x20000000 }, false },
		{ LOCALSTATE_ELEMENT_U8, 4, { 65536, 65536, 65536, 65536 }, false },
		{ LOCALSTATE_ELEMENT_U8, 8, { ~0U, ~0U, ~0U, ~0U, ~0U, ~0U, ~0U, ~0U }, false },
		{ LOCALSTATE_ELEMENT_F64, 2, { ~0U, 0 }, true },
		{ LOCALSTATE_ELEMENT_F64, 3, { ~0U, ~0U, 0 }, true },
	};
	struct ls_value value;
	struct ls_run run;
	int i;

	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		run = run_of(samples[i].element, samples[i].rank, samples[i].shape, NULL, 0);
		if (!samples[i].legal) {
			expect_malformed(test, &run, LOCALSTATE_FIELD_SHAPE, LOCALSTATE_VALUE_MAX);
			continue;
		}
		value = value_of(test, &run);
		localstate_value_drop(&value);
	}
}

static void cut_leaves_the_head_and_whole_elements(struct kunit *test)
{
	static const u32 elements[] = { 1, 2, 3 };
	const struct ls_run run = vector_of(LOCALSTATE_ELEMENT_S32, elements, 3);
	u32 max;

	for (max = 0; max < 40; max++)
		KUNIT_EXPECT_EQ_MSG(test, localstate_array_cut(run.words, run.length, max),
				    max < 16 ? 0 : max >= 28 ? 28 : max & ~3U, "%u", max);
}

static bool are_equal(struct kunit *test, const struct ls_run *a, const struct ls_run *b)
{
	struct ls_value x = value_of(test, a), y = value_of(test, b);
	bool equal = localstate_value_equal(&x, &y);

	KUNIT_EXPECT_EQ(test, equal, localstate_value_equal(&y, &x));
	localstate_value_drop(&x);
	localstate_value_drop(&y);
	return equal;
}

static void arrays_are_equal_by_type_shape_and_elements(struct kunit *test)
{
	static const u32 shape[] = { 2, 1 }, turned[] = { 1, 2 }, elements[] = { 1, 2 };
	static const u32 other[] = { 1, 3 };
	const struct ls_run a = run_of(LOCALSTATE_ELEMENT_S32, 2, shape, elements, 8);
	struct ls_run b = a;

	KUNIT_EXPECT_TRUE(test, are_equal(test, &a, &b));
	b = run_of(LOCALSTATE_ELEMENT_S32, 2, turned, elements, 8);
	KUNIT_EXPECT_FALSE(test, are_equal(test, &a, &b));
	b = run_of(LOCALSTATE_ELEMENT_F32, 2, shape, elements, 8);
	KUNIT_EXPECT_FALSE(test, are_equal(test, &a, &b));
	b = vector_of(LOCALSTATE_ELEMENT_S32, elements, 2);
	KUNIT_EXPECT_FALSE(test, are_equal(test, &a, &b));
	b = run_of(LOCALSTATE_ELEMENT_S32, 2, shape, other, 8);
	KUNIT_EXPECT_FALSE(test, are_equal(test, &a, &b));
}

static void zeroes_are_equal_and_so_are_nans(struct kunit *test)
{
	static const u32 f32[2][2] = { { 0, LS_F32_NAN }, { LS_F32_MINUS_ZERO, 0xff800001 } };
	static const u64 f64[2][2] = { { 0, LS_F64_NAN }, { BIT_ULL(63), ~0ULL } };
	static const u32 s32[2][1] = { { 0 }, { LS_F32_MINUS_ZERO } };
	static const u32 one[] = { 0, LS_F32_ONE };
	struct ls_run a = vector_of(LOCALSTATE_ELEMENT_F32, f32[0], 2);
	struct ls_run b = vector_of(LOCALSTATE_ELEMENT_F32, f32[1], 2);

	KUNIT_EXPECT_TRUE(test, are_equal(test, &a, &b));
	b = vector_of(LOCALSTATE_ELEMENT_F32, one, 2);
	KUNIT_EXPECT_FALSE(test, are_equal(test, &a, &b));
	a = vector_of(LOCALSTATE_ELEMENT_F64, f64[0], 2);
	b = vector_of(LOCALSTATE_ELEMENT_F64, f64[1], 2);
	KUNIT_EXPECT_TRUE(test, are_equal(test, &a, &b));
	a = vector_of(LOCALSTATE_ELEMENT_S32, s32[0], 1);
	b = vector_of(LOCALSTATE_ELEMENT_S32, s32[1], 1);
	KUNIT_EXPECT_FALSE(test, are_equal(test, &a, &b));
}

static struct localstate_register spec_arg(u32 element, u32 constraints)
{
	return (struct localstate_register){
		.type = LOCALSTATE_TYPE_ARRAY,
		.constraints = LOCALSTATE_HAS_ELEMENT | constraints,
		.element = element,
	};
}

static const struct ls_spec *spec_of(struct kunit *test, const struct localstate_register *arg)
{
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec = NULL;

	KUNIT_ASSERT_EQ(test, 0, localstate_spec_import(&spec, arg, &error));
	return spec;
}

static void expect_senseless(struct kunit *test, const struct localstate_register *arg, u32 field,
			     u64 limit)
{
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec;

	KUNIT_EXPECT_EQ(test, -EINVAL, localstate_spec_import(&spec, arg, &error));
	KUNIT_EXPECT_NULL(test, spec);
	KUNIT_EXPECT_EQ(test, error.field, field);
	KUNIT_EXPECT_EQ(test, error.limit, limit);
}

static void spec_names_an_element_type(struct kunit *test)
{
	struct localstate_register arg = spec_arg(LOCALSTATE_ELEMENT_NONE, 0);

	expect_senseless(test, &arg, LOCALSTATE_FIELD_ELEMENT, 0);
	arg.constraints = 0;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_ELEMENT, 0);
	arg.element = LOCALSTATE_ELEMENT_U8 + 1;
	arg.constraints = LOCALSTATE_HAS_ELEMENT;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_ELEMENT, 0);
}

static void bounds_are_of_the_element_type(struct kunit *test)
{
	struct localstate_register arg = spec_arg(LOCALSTATE_ELEMENT_U8, LOCALSTATE_HAS_MAX);

	arg.max = 255;
	kfree(spec_of(test, &arg));
	arg.max = 256;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_MAX, 255);
	arg = spec_arg(LOCALSTATE_ELEMENT_S32, LOCALSTATE_HAS_MIN);
	arg.min = (s64)S32_MIN;
	kfree(spec_of(test, &arg));
	arg.min--;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_MIN, (s64)S32_MIN);
	arg = spec_arg(LOCALSTATE_ELEMENT_S64, LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX);
	arg.min = BIT_ULL(63);
	kfree(spec_of(test, &arg));
	arg.min = 1;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_MIN, 0);
	arg = spec_arg(LOCALSTATE_ELEMENT_F32, LOCALSTATE_HAS_MAX);
	arg.max = LS_F64_NAN;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_MAX, 0);
}

static void finite_is_for_floats_and_leaves_something(struct kunit *test)
{
	struct localstate_register arg = spec_arg(LOCALSTATE_ELEMENT_S64, LOCALSTATE_HAS_FINITE);

	expect_senseless(test, &arg, LOCALSTATE_FIELD_FINITE, 0);
	arg = spec_arg(LOCALSTATE_ELEMENT_F32, LOCALSTATE_HAS_FINITE | LOCALSTATE_HAS_MIN);
	arg.min = LS_F64_INFINITY;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_FINITE, 0);
	arg.min |= BIT_ULL(63);
	kfree(spec_of(test, &arg));
	arg = spec_arg(LOCALSTATE_ELEMENT_F64, LOCALSTATE_HAS_FINITE | LOCALSTATE_HAS_MAX);
	arg.max = LS_F64_INFINITY | BIT_ULL(63);
	expect_senseless(test, &arg, LOCALSTATE_FIELD_FINITE, 0);
}

static struct localstate_register shape_arg(struct kunit *test, u32 element, const u32 *shape,
					    u32 rank)
{
	struct localstate_register arg = spec_arg(element, LOCALSTATE_HAS_SHAPE);

	arg.rank = rank;
	arg.shape = localstate_kunit_user(test, shape, rank * sizeof(u32));
	return arg;
}

static void shape_and_rank_are_checked(struct kunit *test)
{
	static const u32 shape[9] = { 65536, 2 };
	struct localstate_register arg = shape_arg(test, LOCALSTATE_ELEMENT_U8, shape, 1);

	kfree(spec_of(test, &arg));
	arg = shape_arg(test, LOCALSTATE_ELEMENT_U8, shape, 2);
	expect_senseless(test, &arg, LOCALSTATE_FIELD_SHAPE, LOCALSTATE_VALUE_MAX);
	arg = shape_arg(test, LOCALSTATE_ELEMENT_U8, shape, 9);
	expect_senseless(test, &arg, LOCALSTATE_FIELD_RANK, 8);
	arg = shape_arg(test, LOCALSTATE_ELEMENT_U8, shape, 1);
	arg.constraints |= LOCALSTATE_HAS_RANK;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_RANK, 0);
	arg = spec_arg(LOCALSTATE_ELEMENT_U8, LOCALSTATE_HAS_RANK);
	arg.rank = 9;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_RANK, 8);
	arg.constraints = LOCALSTATE_HAS_ELEMENT;
	arg.rank = 1;
	expect_senseless(test, &arg, LOCALSTATE_FIELD_RANK, 0);
}

static void shape_that_cannot_be_read_is_efault(struct kunit *test)
{
	struct localstate_register arg = spec_arg(LOCALSTATE_ELEMENT_U8, LOCALSTATE_HAS_SHAPE);
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec;

	arg.shape = LS_KUNIT_UNMAPPED;
	arg.rank = 2;
	KUNIT_EXPECT_EQ(test, -EFAULT, localstate_spec_import(&spec, &arg, &error));
	KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_SHAPE);
}

static void expect_check(struct kunit *test, const struct localstate_register *arg,
			 const struct ls_run *run, u32 field, u32 index, u64 limit)
{
	const struct ls_spec *spec = spec_of(test, arg);
	struct localstate_error error = localstate_kunit_error();
	struct ls_value value = value_of(test, run);

	KUNIT_EXPECT_EQ(test, field ? -ERANGE : 0,
			localstate_constraint_check(spec, &value, &error));
	KUNIT_EXPECT_EQ(test, error.field, field);
	KUNIT_EXPECT_EQ(test, error.index, index);
	KUNIT_EXPECT_EQ(test, error.limit, limit);
	localstate_value_drop(&value);
	kfree(spec);
}

static void expect_passes(struct kunit *test, const struct localstate_register *arg,
			  const struct ls_run *run)
{
	expect_check(test, arg, run, 0, LOCALSTATE_NO_INDEX, 0);
}

static void form_of_the_variable_is_kept(struct kunit *test)
{
	static const u32 shape[] = { 2, 2 }, other[] = { 2, 1 };
	struct localstate_register arg = shape_arg(test, LOCALSTATE_ELEMENT_U8, shape, 2);
	struct ls_run run = run_of(LOCALSTATE_ELEMENT_U8, 2, shape, "abcd", 4);

	expect_passes(test, &arg, &run);
	run = run_of(LOCALSTATE_ELEMENT_U8, 2, other, "ab", 2);
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_SHAPE, 1, 2);
	run = vector_of(LOCALSTATE_ELEMENT_U8, "abcd", 4);
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_RANK, LOCALSTATE_NO_INDEX, 2);
	run = vector_of(LOCALSTATE_ELEMENT_S32, "abcd", 1);
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_ELEMENT, LOCALSTATE_NO_INDEX,
		     LOCALSTATE_ELEMENT_U8);
	arg = spec_arg(LOCALSTATE_ELEMENT_U8, LOCALSTATE_HAS_RANK);
	arg.rank = 1;
	run = vector_of(LOCALSTATE_ELEMENT_U8, "", 0);
	expect_passes(test, &arg, &run);
	run = run_of(LOCALSTATE_ELEMENT_U8, 0, NULL, "a", 1);
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_RANK, LOCALSTATE_NO_INDEX, 1);
	arg = spec_arg(LOCALSTATE_ELEMENT_U8, 0);
	expect_passes(test, &arg, &run);
}

static void every_element_has_to_be_in_range(struct kunit *test)
{
	static const u64 ints[] = { -1ULL, -2ULL };
	static const u32 floats[] = { 0, LS_F32_ONE, LS_F32_ONE + 1 };
	struct localstate_register arg = spec_arg(LOCALSTATE_ELEMENT_F32, LOCALSTATE_HAS_MAX);
	struct ls_run run = vector_of(LOCALSTATE_ELEMENT_F32, floats, 2);

	arg.max = LS_F64_ONE;
	expect_passes(test, &arg, &run);
	run = vector_of(LOCALSTATE_ELEMENT_F32, floats, 3);
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_MAX, 2, LS_F64_ONE);
	arg = spec_arg(LOCALSTATE_ELEMENT_S64, LOCALSTATE_HAS_MIN);
	arg.min = -1ULL;
	run = vector_of(LOCALSTATE_ELEMENT_S64, ints, 1);
	expect_passes(test, &arg, &run);
	run = vector_of(LOCALSTATE_ELEMENT_S64, ints, 2);
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_MIN, 1, -1ULL);
	arg = spec_arg(LOCALSTATE_ELEMENT_U8, LOCALSTATE_HAS_MIN);
	arg.min = 'a';
	run = vector_of(LOCALSTATE_ELEMENT_U8, "a\xff", 2);
	expect_passes(test, &arg, &run);
	run = vector_of(LOCALSTATE_ELEMENT_U8, "A", 1);
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_MIN, 0, 'a');
}

static void nan_passes_without_bounds_only(struct kunit *test)
{
	static const u64 nan[] = { LS_F64_NAN }, infinity[] = { LS_F64_INFINITY };
	struct ls_run run = vector_of(LOCALSTATE_ELEMENT_F64, nan, 1);
	struct localstate_register arg = spec_arg(LOCALSTATE_ELEMENT_F64, 0);

	expect_passes(test, &arg, &run);
	arg.constraints |= LOCALSTATE_HAS_MAX;
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_MAX, 0, 0);
	arg.constraints |= LOCALSTATE_HAS_MIN;
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_MIN, 0, 0);
	arg = spec_arg(LOCALSTATE_ELEMENT_F64, LOCALSTATE_HAS_FINITE);
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_FINITE, 0, 0);
	run = vector_of(LOCALSTATE_ELEMENT_F64, infinity, 1);
	expect_check(test, &arg, &run, LOCALSTATE_FIELD_FINITE, 0, 0);
	arg = spec_arg(LOCALSTATE_ELEMENT_F64, LOCALSTATE_HAS_MAX);
	arg.max = LS_F64_INFINITY;
	expect_passes(test, &arg, &run);
}

static void expect_default(struct kunit *test, const struct localstate_register *arg,
			   const struct ls_run *run)
{
	const struct ls_spec *spec = spec_of(test, arg);
	struct localstate_error error = localstate_kunit_error();
	struct ls_value value;

	memset(&value, 0xff, sizeof(value));
	KUNIT_ASSERT_EQ(test, 0, localstate_constraint_default(spec, arg->type, &value, &error));
	KUNIT_ASSERT_EQ(test, value.length, run->length);
	KUNIT_EXPECT_MEMEQ(test, localstate_value_data(&value), (void *)run->words, run->length);
	KUNIT_EXPECT_EQ(test, 0, localstate_constraint_check(spec, &value, &error));
	localstate_value_drop(&value);
	kfree(spec);
}

static void default_is_zeroes_of_the_shape(struct kunit *test)
{
	static const u32 shape[] = { 2, 3 }, none[2];
	static const u64 zeroes[6];
	struct localstate_register arg = shape_arg(test, LOCALSTATE_ELEMENT_F64, shape, 2);
	struct ls_run run = run_of(LOCALSTATE_ELEMENT_F64, 2, shape, zeroes, 48);

	expect_default(test, &arg, &run);
	arg = shape_arg(test, LOCALSTATE_ELEMENT_U8, shape, 0);
	run = run_of(LOCALSTATE_ELEMENT_U8, 0, none, zeroes, 1);
	expect_default(test, &arg, &run);
	arg = spec_arg(LOCALSTATE_ELEMENT_S32, LOCALSTATE_HAS_RANK);
	run = run_of(LOCALSTATE_ELEMENT_S32, 0, none, zeroes, 4);
	expect_default(test, &arg, &run);
	arg.rank = 2;
	run = run_of(LOCALSTATE_ELEMENT_S32, 2, none, zeroes, 0);
	expect_default(test, &arg, &run);
	arg = spec_arg(LOCALSTATE_ELEMENT_S32, 0);
	run = run_of(LOCALSTATE_ELEMENT_S32, 1, none, zeroes, 0);
	expect_default(test, &arg, &run);
}

static struct kunit_case array_cases[] = {
	KUNIT_CASE(singles_widen_to_equal_doubles),
	KUNIT_CASE(array_of_any_rank_to_eight_is_taken),
	KUNIT_CASE(form_is_checked),
	KUNIT_CASE(padding_is_zero),
	KUNIT_CASE(shape_of_too_many_bytes_is_refused),
	KUNIT_CASE(cut_leaves_the_head_and_whole_elements),
	KUNIT_CASE(arrays_are_equal_by_type_shape_and_elements),
	KUNIT_CASE(zeroes_are_equal_and_so_are_nans),
	KUNIT_CASE(spec_names_an_element_type),
	KUNIT_CASE(bounds_are_of_the_element_type),
	KUNIT_CASE(finite_is_for_floats_and_leaves_something),
	KUNIT_CASE(shape_and_rank_are_checked),
	KUNIT_CASE(shape_that_cannot_be_read_is_efault),
	KUNIT_CASE(form_of_the_variable_is_kept),
	KUNIT_CASE(every_element_has_to_be_in_range),
	KUNIT_CASE(nan_passes_without_bounds_only),
	KUNIT_CASE(default_is_zeroes_of_the_shape),
	{}
};

static struct kunit_suite array_suite = {
	.name = "localstate_array",
	.test_cases = array_cases,
};

kunit_test_suite(array_suite);
