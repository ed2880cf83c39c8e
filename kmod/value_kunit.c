// SPDX-License-Identifier: GPL-2.0-only
/* Values: what is taken, what is refused, how they are ordered. */
#include <linux/bits.h>

#include "kunit.h"
#include "number.h"

#define LS_ZERO		0ULL
#define LS_NEGATIVE_ZERO	BIT_ULL(63)
#define LS_DENORMAL	1ULL
#define LS_NORMAL	0x0010000000000000ULL
#define LS_ONE		0x3ff0000000000000ULL
#define LS_GREATEST	0x7fefffffffffffffULL
#define LS_INFINITY	0x7ff0000000000000ULL
#define LS_NAN		0x7ff8000000000000ULL
#define LS_NEGATIVE(bits)	((bits) | BIT_ULL(63))

static const u64 nans[] = {
	LS_INFINITY + 1, LS_NAN, LS_NAN | 4711, ~0ULL >> 1,
	LS_NEGATIVE(LS_INFINITY + 1), LS_NEGATIVE(LS_NAN), ~0ULL,
};

/* All below the next. */
static const u64 floats[] = {
	LS_NEGATIVE(LS_INFINITY), LS_NEGATIVE(LS_GREATEST),
	LS_NEGATIVE(LS_ONE + 1), LS_NEGATIVE(LS_ONE), LS_NEGATIVE(LS_NORMAL),
	LS_NEGATIVE(LS_NORMAL - 1), LS_NEGATIVE(LS_DENORMAL), LS_ZERO,
	LS_DENORMAL, LS_NORMAL - 1, LS_NORMAL, LS_ONE - 1, LS_ONE,
	LS_GREATEST, LS_INFINITY,
};

static const u64 ints[] = {
	BIT_ULL(63), BIT_ULL(63) + 1, -0x100000000ULL, -2ULL, -1ULL, 0, 1,
	0x7fffffff, 0xffffffff, ~0ULL >> 1,
};

static const u64 uints[] = {
	0, 1, 0x7fffffff, 0xffffffff, ~0ULL >> 1, BIT_ULL(63), ~0ULL,
};

static void expect_order(struct kunit *test, u32 type, const u64 *ladder, int n)
{
	int i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < n; j++)
			KUNIT_EXPECT_EQ_MSG(test, localstate_value_compare(type, ladder[i],
									   ladder[j]),
					    i < j ? -1 : i > j, "%d, %d", i, j);
	}
}

static void floats_stand_in_their_order(struct kunit *test)
{
	expect_order(test, LOCALSTATE_TYPE_FLOAT, floats, ARRAY_SIZE(floats));
}

static void ints_stand_in_their_order(struct kunit *test)
{
	expect_order(test, LOCALSTATE_TYPE_INT, ints, ARRAY_SIZE(ints));
}

static void uints_stand_in_their_order(struct kunit *test)
{
	expect_order(test, LOCALSTATE_TYPE_UINT, uints, ARRAY_SIZE(uints));
	expect_order(test, LOCALSTATE_TYPE_BOOL, uints, 2);
}

static void only_nans_are_nans(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(nans); i++)
		KUNIT_EXPECT_TRUE_MSG(test, localstate_float_is_nan(nans[i]), "%d", i);
	for (i = 0; i < ARRAY_SIZE(floats); i++)
		KUNIT_EXPECT_FALSE_MSG(test, localstate_float_is_nan(floats[i]), "%d", i);
	KUNIT_EXPECT_FALSE(test, localstate_float_is_nan(LS_NEGATIVE_ZERO));
}

static bool scalars_are_equal(u32 type, u64 a, u64 b)
{
	const struct ls_value x = localstate_kunit_scalar(type, a);
	const struct ls_value y = localstate_kunit_scalar(type, b);

	return localstate_value_equal(&x, &y);
}

static void both_zeroes_are_equal(struct kunit *test)
{
	const u32 type = LOCALSTATE_TYPE_FLOAT;

	KUNIT_EXPECT_EQ(test, 0, localstate_value_compare(type, LS_ZERO, LS_NEGATIVE_ZERO));
	KUNIT_EXPECT_EQ(test, 0, localstate_value_compare(type, LS_NEGATIVE_ZERO, LS_ZERO));
	KUNIT_EXPECT_TRUE(test, scalars_are_equal(type, LS_ZERO, LS_NEGATIVE_ZERO));
	KUNIT_EXPECT_EQ(test, -1, localstate_value_compare(type, LS_NEGATIVE_ZERO, LS_DENORMAL));
	KUNIT_EXPECT_EQ(test, 1, localstate_value_compare(type, LS_NEGATIVE_ZERO,
							  LS_NEGATIVE(LS_DENORMAL)));
}

static void nan_equals_any_nan_and_no_number(struct kunit *test)
{
	const u32 type = LOCALSTATE_TYPE_FLOAT;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(nans); i++) {
		for (j = 0; j < ARRAY_SIZE(nans); j++)
			KUNIT_EXPECT_TRUE(test, scalars_are_equal(type, nans[i], nans[j]));
		for (j = 0; j < ARRAY_SIZE(floats); j++) {
			KUNIT_EXPECT_FALSE(test, scalars_are_equal(type, nans[i], floats[j]));
			KUNIT_EXPECT_FALSE(test, scalars_are_equal(type, floats[j], nans[i]));
		}
	}
}

static void other_scalars_are_equal_by_their_bits(struct kunit *test)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(uints); i++) {
		for (j = 0; j < ARRAY_SIZE(uints); j++) {
			KUNIT_EXPECT_EQ(test, i == j, scalars_are_equal(LOCALSTATE_TYPE_UINT,
									uints[i], uints[j]));
			KUNIT_EXPECT_EQ(test, i == j, scalars_are_equal(LOCALSTATE_TYPE_INT,
									uints[i], uints[j]));
		}
	}
	KUNIT_EXPECT_FALSE(test, scalars_are_equal(LOCALSTATE_TYPE_INT, LS_ZERO,
						   LS_NEGATIVE_ZERO));
}

/* Texts that begin alike, of the lengths about the end of a slot. */
static void expect_text_equality(struct kunit *test, u32 length)
{
	char *text = kunit_kzalloc(test, length, GFP_KERNEL);
	struct ls_value value, same, other, shorter;

	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, 'x', length);
	value = localstate_kunit_text(test, LOCALSTATE_TYPE_STRING, text, length);
	same = localstate_kunit_text(test, LOCALSTATE_TYPE_STRING, text, length);
	shorter = localstate_kunit_text(test, LOCALSTATE_TYPE_STRING, text, length - 1);
	text[length - 1] = 'y';
	other = localstate_kunit_text(test, LOCALSTATE_TYPE_STRING, text, length);

	KUNIT_EXPECT_TRUE_MSG(test, localstate_value_equal(&value, &same), "%u", length);
	KUNIT_EXPECT_FALSE_MSG(test, localstate_value_equal(&value, &other), "%u", length);
	KUNIT_EXPECT_FALSE_MSG(test, localstate_value_equal(&value, &shorter), "%u", length);
	KUNIT_EXPECT_FALSE_MSG(test, localstate_value_equal(&shorter, &value), "%u", length);
	localstate_value_drop(&value);
	localstate_value_drop(&same);
	localstate_value_drop(&other);
	localstate_value_drop(&shorter);
}

static void texts_are_equal_by_length_and_bytes(struct kunit *test)
{
	u32 length;

	for (length = 1; length <= 40; length++)
		expect_text_equality(test, length);
}

static int import(struct ls_value *value, u32 type, u64 data, u32 length,
		  struct localstate_error *error)
{
	const struct localstate_value from = {
		.data = data, .length = length, .type = type,
	};

	memset(value, 0xff, sizeof(*value));
	*error = localstate_kunit_error();
	return localstate_value_import(value, &from, type, error);
}

static void scalar_keeps_its_bits(struct kunit *test)
{
	struct localstate_error error;
	struct ls_value value;
	u32 type;
	int i;

	for (type = LOCALSTATE_TYPE_INT; type <= LOCALSTATE_TYPE_FLOAT; type++) {
		for (i = 0; i < ARRAY_SIZE(nans); i++) {
			KUNIT_EXPECT_EQ(test, 0, import(&value, type, nans[i], 8, &error));
			KUNIT_EXPECT_EQ(test, value.word[0], nans[i]);
			KUNIT_EXPECT_EQ(test, value.type, type);
			KUNIT_EXPECT_EQ(test, value.length, 8U);
			KUNIT_EXPECT_NULL(test, value.cell);
			KUNIT_EXPECT_PTR_EQ(test, localstate_value_data(&value),
					    (const void *)value.word);
		}
	}
}

static void scalar_of_another_length_is_refused(struct kunit *test)
{
	static const u32 lengths[] = { 0, 1, 7, 9, ~0U };
	struct localstate_error error;
	struct ls_value value;
	u32 type;
	int i;

	for (type = LOCALSTATE_TYPE_BOOL; type <= LOCALSTATE_TYPE_FLOAT; type++) {
		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			KUNIT_EXPECT_EQ(test, -EINVAL, import(&value, type, 1, lengths[i], &error));
			KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_VALUE);
			KUNIT_EXPECT_EQ(test, error.limit, 8ULL);
		}
	}
}

static void bool_is_zero_or_one(struct kunit *test)
{
	struct localstate_error error;
	struct ls_value value;

	KUNIT_EXPECT_EQ(test, 0, import(&value, LOCALSTATE_TYPE_BOOL, 0, 8, &error));
	KUNIT_EXPECT_EQ(test, 0, import(&value, LOCALSTATE_TYPE_BOOL, 1, 8, &error));
	KUNIT_EXPECT_EQ(test, -EINVAL, import(&value, LOCALSTATE_TYPE_BOOL, 2, 8, &error));
	KUNIT_EXPECT_EQ(test, -EINVAL, import(&value, LOCALSTATE_TYPE_BOOL, 1ULL << 32, 8, &error));
	KUNIT_EXPECT_EQ(test, error.type, (u32)LOCALSTATE_TYPE_BOOL);
	KUNIT_EXPECT_EQ(test, error.limit, 1ULL);
}

static void value_of_another_type_is_refused(struct kunit *test)
{
	const struct localstate_value from = { .length = 8, .type = LOCALSTATE_TYPE_INT };
	struct localstate_error error = localstate_kunit_error();
	struct ls_value value;

	KUNIT_EXPECT_EQ(test, -EINVAL, localstate_value_import(&value, &from, LOCALSTATE_TYPE_UINT,
							       &error));
	KUNIT_EXPECT_EQ(test, error.code, (u32)EINVAL);
	KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_TYPE);
	KUNIT_EXPECT_EQ(test, error.type, (u32)LOCALSTATE_TYPE_UINT);
}

/* What fits into a slot is inline, what does not is in a cell; a NUL follows. */
static void text_is_kept_and_terminated(struct kunit *test)
{
	static const u32 lengths[] = { 0, 1, 8, 31, 32, 33, 64 };
	struct ls_value value;
	const char *data;
	char text[64];
	int i;

	memset(text, 'x', sizeof(text));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		value = localstate_kunit_text(test, LOCALSTATE_TYPE_STRING, text, lengths[i]);
		data = localstate_value_data(&value);
		KUNIT_EXPECT_EQ_MSG(test, !!value.cell, lengths[i] > LOCALSTATE_SLOT_INLINE,
				    "%u bytes", lengths[i]);
		KUNIT_EXPECT_EQ(test, value.length, lengths[i]);
		KUNIT_EXPECT_MEMEQ(test, data, text, lengths[i]);
		KUNIT_EXPECT_EQ(test, data[lengths[i]], '\0');
		localstate_value_drop(&value);
		KUNIT_EXPECT_NULL(test, value.cell);
	}
}

static void text_may_have_64_kib_and_no_more(struct kunit *test)
{
	u8 *text = kunit_kzalloc(test, LOCALSTATE_VALUE_MAX + 1, GFP_KERNEL);
	struct localstate_error error;
	struct ls_value value;
	u64 from;

	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, 'x', LOCALSTATE_VALUE_MAX + 1);
	from = localstate_kunit_user(test, text, LOCALSTATE_VALUE_MAX + 1);
	KUNIT_EXPECT_EQ(test, -EINVAL, import(&value, LOCALSTATE_TYPE_STRING, from,
					      LOCALSTATE_VALUE_MAX + 1, &error));
	KUNIT_EXPECT_EQ(test, error.limit, (u64)LOCALSTATE_VALUE_MAX);
	KUNIT_ASSERT_EQ(test, 0, import(&value, LOCALSTATE_TYPE_STRING, from,
					LOCALSTATE_VALUE_MAX, &error));
	KUNIT_EXPECT_EQ(test, value.length, (u32)LOCALSTATE_VALUE_MAX);
	localstate_value_drop(&value);
}

static void text_that_cannot_be_read_is_efault(struct kunit *test)
{
	struct localstate_error error;
	struct ls_value value;
	u32 length;

	for (length = 1; length < 64; length += 31) {
		KUNIT_EXPECT_EQ(test, -EFAULT, import(&value, LOCALSTATE_TYPE_STRING,
						      LS_KUNIT_UNMAPPED, length, &error));
		KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_VALUE);
		KUNIT_EXPECT_NULL(test, value.cell);
	}
}

static void text_that_is_no_utf8_is_refused(struct kunit *test)
{
	struct localstate_error error;
	struct ls_value value;
	u32 length;
	char text[64];
	u64 from;

	for (length = 2; length <= sizeof(text); length += 31) {
		memset(text, 'x', sizeof(text));
		text[length - 1] = 0xc3;
		from = localstate_kunit_user(test, text, length);
		KUNIT_EXPECT_EQ(test, -EILSEQ, import(&value, LOCALSTATE_TYPE_CHOICE, from, length,
						      &error));
		KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_VALUE);
		KUNIT_EXPECT_NULL(test, value.cell);
	}
}

static struct kunit_case value_cases[] = {
	KUNIT_CASE(floats_stand_in_their_order),
	KUNIT_CASE(ints_stand_in_their_order),
	KUNIT_CASE(uints_stand_in_their_order),
	KUNIT_CASE(only_nans_are_nans),
	KUNIT_CASE(both_zeroes_are_equal),
	KUNIT_CASE(nan_equals_any_nan_and_no_number),
	KUNIT_CASE(other_scalars_are_equal_by_their_bits),
	KUNIT_CASE(texts_are_equal_by_length_and_bytes),
	KUNIT_CASE(scalar_keeps_its_bits),
	KUNIT_CASE(scalar_of_another_length_is_refused),
	KUNIT_CASE(bool_is_zero_or_one),
	KUNIT_CASE(value_of_another_type_is_refused),
	KUNIT_CASE(text_is_kept_and_terminated),
	KUNIT_CASE(text_may_have_64_kib_and_no_more),
	KUNIT_CASE(text_that_cannot_be_read_is_efault),
	KUNIT_CASE(text_that_is_no_utf8_is_refused),
	{}
};

static struct kunit_suite value_suite = {
	.name = "localstate_value",
	.test_cases = value_cases,
};

kunit_test_suite(value_suite);
