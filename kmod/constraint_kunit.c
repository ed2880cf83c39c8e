// SPDX-License-Identifier: GPL-2.0-only
/* Constraints: which ones a type may have, and which values they let pass. */
#include <linux/bits.h>
#include <linux/slab.h>

#include "kunit.h"

#define LS_FLOAT_ZERO		0ULL
#define LS_FLOAT_NEGATIVE_ZERO	BIT_ULL(63)
#define LS_FLOAT_ONE		0x3ff0000000000000ULL
#define LS_FLOAT_NEGATIVE_ONE	0xbff0000000000000ULL
#define LS_FLOAT_NAN		0x7ff8000000000000ULL
#define LS_INT_MIN		BIT_ULL(63)
#define LS_INT_MAX		(~0ULL >> 1)

/* Each constraint alone, with a value that is legal where it may be at all. */
static struct localstate_register register_with(struct kunit *test, u32 type, u32 constraints)
{
	struct localstate_register arg = { .type = type, .constraints = constraints };

	if (constraints & LOCALSTATE_HAS_STEP)
		arg.step = 1;
	if (type == LOCALSTATE_TYPE_ARRAY)
		arg.constraints |= LOCALSTATE_HAS_ELEMENT;
	if (arg.constraints & LOCALSTATE_HAS_ELEMENT)
		arg.element = LOCALSTATE_ELEMENT_F32;
	if (constraints & LOCALSTATE_HAS_PATTERN) {
		arg.pattern = localstate_kunit_user(test, "a*", 2);
		arg.pattern_len = 2;
	}
	if (constraints & LOCALSTATE_HAS_CHOICES) {
		arg.choices = localstate_kunit_user(test, "on\0off", 7);
		arg.choices_len = 7;
	}
	return arg;
}

/* The spec that this makes; the caller frees it. */
static const struct ls_spec *spec_of(struct kunit *test, const struct localstate_register *arg)
{
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec = NULL;

	KUNIT_ASSERT_EQ(test, 0, localstate_spec_import(&spec, arg, &error));
	KUNIT_ASSERT_NOT_NULL(test, spec);
	return spec;
}

static void expect_refused(struct kunit *test, const struct localstate_register *arg, int code,
			   u32 field)
{
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec = ERR_PTR(-EINVAL);

	KUNIT_EXPECT_EQ(test, code, localstate_spec_import(&spec, arg, &error));
	KUNIT_EXPECT_NULL(test, spec);
	KUNIT_EXPECT_EQ(test, error.code, (u32)-code);
	KUNIT_EXPECT_EQ(test, error.field, field);
}

static void nothing_special_needs_no_spec(struct kunit *test)
{
	const struct localstate_register arg = { .type = LOCALSTATE_TYPE_INT };
	const struct ls_value value = localstate_kunit_scalar(LOCALSTATE_TYPE_INT, ~0ULL);
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec = ERR_PTR(-EINVAL);

	KUNIT_EXPECT_EQ(test, 0, localstate_spec_import(&spec, &arg, &error));
	KUNIT_EXPECT_NULL(test, spec);
	KUNIT_EXPECT_EQ(test, 0, localstate_constraint_check(NULL, &value, &error));
}

/* By type: the constraints that it may have. */
static const u32 allowed[] = {
	[LOCALSTATE_TYPE_INT] = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX | LOCALSTATE_HAS_STEP,
	[LOCALSTATE_TYPE_UINT] = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX | LOCALSTATE_HAS_STEP,
	[LOCALSTATE_TYPE_FLOAT] = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX,
	[LOCALSTATE_TYPE_STRING] = LOCALSTATE_HAS_MIN_LENGTH | LOCALSTATE_HAS_MAX_LENGTH |
				   LOCALSTATE_HAS_PATTERN,
	[LOCALSTATE_TYPE_CHOICE] = LOCALSTATE_HAS_CHOICES,
	[LOCALSTATE_TYPE_BYTES] = LOCALSTATE_HAS_MIN_LENGTH | LOCALSTATE_HAS_MAX_LENGTH,
	[LOCALSTATE_TYPE_ARRAY] = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX |
				  LOCALSTATE_HAS_ELEMENT | LOCALSTATE_HAS_SHAPE |
				  LOCALSTATE_HAS_RANK | LOCALSTATE_HAS_FINITE,
};

/* In the order of the bits. */
static const u32 fields[] = {
	LOCALSTATE_FIELD_MIN, LOCALSTATE_FIELD_MAX, LOCALSTATE_FIELD_STEP,
	LOCALSTATE_FIELD_MIN_LENGTH, LOCALSTATE_FIELD_MAX_LENGTH, LOCALSTATE_FIELD_PATTERN,
	LOCALSTATE_FIELD_CHOICES, LOCALSTATE_FIELD_ELEMENT, LOCALSTATE_FIELD_SHAPE,
	LOCALSTATE_FIELD_RANK, LOCALSTATE_FIELD_FINITE,
};

static void constraint_belongs_to_its_types(struct kunit *test)
{
	struct localstate_register arg;
	u32 type, i;

	for (type = LOCALSTATE_TYPE_BOOL; type <= LOCALSTATE_TYPE_ARRAY; type++) {
		for (i = 0; i < ARRAY_SIZE(fields); i++) {
			arg = register_with(test, type, 1U << i);
			if (allowed[type] & 1U << i)
				kfree(spec_of(test, &arg));
			else
				expect_refused(test, &arg, -EINVAL, fields[i]);
		}
	}
}

static void constraint_that_does_not_exist_is_refused(struct kunit *test)
{
	const struct localstate_register arg = {
		.type = LOCALSTATE_TYPE_INT,
		.constraints = LOCALSTATE_HAS_FINITE << 1,
	};

	expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_FLAGS);
}

static void constraint_that_is_not_announced_is_refused(struct kunit *test)
{
	struct localstate_register arg;
	u32 type, i, field;

	/* FINITE has no field that could be filled without it. */
	for (type = LOCALSTATE_TYPE_INT; type <= LOCALSTATE_TYPE_BYTES; type++) {
		for (i = 0; i < ARRAY_SIZE(fields) - 1; i++) {
			field = fields[i];
			arg = register_with(test, type, 1U << i);
			arg.shape = field == LOCALSTATE_FIELD_SHAPE;
			arg.rank = field == LOCALSTATE_FIELD_RANK;
			arg.min = field == LOCALSTATE_FIELD_MIN;
			arg.max = field == LOCALSTATE_FIELD_MAX;
			arg.min_length = field == LOCALSTATE_FIELD_MIN_LENGTH;
			arg.max_length = field == LOCALSTATE_FIELD_MAX_LENGTH;
			arg.constraints = 0;
			expect_refused(test, &arg, -EINVAL, field);
		}
	}
}

static void choice_has_choices(struct kunit *test)
{
	const struct localstate_register arg = { .type = LOCALSTATE_TYPE_CHOICE };
	const struct localstate_register empty = {
		.type = LOCALSTATE_TYPE_CHOICE,
		.constraints = LOCALSTATE_HAS_CHOICES,
	};

	expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_CHOICES);
	expect_refused(test, &empty, -EINVAL, LOCALSTATE_FIELD_CHOICES);
}

static struct localstate_register range(u32 type, u64 min, u64 max)
{
	return (struct localstate_register){
		.type = type,
		.constraints = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX,
		.min = min,
		.max = max,
	};
}

static void minimum_above_the_maximum_is_refused(struct kunit *test)
{
	static const struct {
		u32 type;
		u64 low, high;
	} ranges[] = {
		{ LOCALSTATE_TYPE_INT, -1ULL, 0 },
		{ LOCALSTATE_TYPE_INT, LS_INT_MIN, LS_INT_MAX },
		{ LOCALSTATE_TYPE_UINT, LS_INT_MAX, LS_INT_MIN },
		{ LOCALSTATE_TYPE_UINT, 0, ~0ULL },
		{ LOCALSTATE_TYPE_FLOAT, LS_FLOAT_NEGATIVE_ONE, LS_FLOAT_NEGATIVE_ZERO },
		{ LOCALSTATE_TYPE_FLOAT, LS_FLOAT_NEGATIVE_ZERO, LS_FLOAT_ONE },
	};
	struct localstate_register arg;
	int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		arg = range(ranges[i].type, ranges[i].low, ranges[i].high);
		kfree(spec_of(test, &arg));
		arg = range(ranges[i].type, ranges[i].low, ranges[i].low);
		kfree(spec_of(test, &arg));
		arg = range(ranges[i].type, ranges[i].high, ranges[i].low);
		expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_MIN);
	}
	arg = range(LOCALSTATE_TYPE_FLOAT, LS_FLOAT_ZERO, LS_FLOAT_NEGATIVE_ZERO);
	kfree(spec_of(test, &arg));
}

static void nan_is_no_bound(struct kunit *test)
{
	struct localstate_register arg;

	arg = range(LOCALSTATE_TYPE_FLOAT, LS_FLOAT_NAN, LS_FLOAT_ONE);
	expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_MIN);
	arg = range(LOCALSTATE_TYPE_FLOAT, LS_FLOAT_ZERO, LS_FLOAT_NAN | LS_INT_MIN);
	expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_MAX);
}

static void step_is_above_zero(struct kunit *test)
{
	struct localstate_register arg = register_with(test, LOCALSTATE_TYPE_INT,
						       LOCALSTATE_HAS_STEP);

	arg.step = 0;
	expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_STEP);
	arg.step = -1ULL;
	expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_STEP);
	arg.type = LOCALSTATE_TYPE_UINT;
	kfree(spec_of(test, &arg));
	arg.step = 0;
	expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_STEP);
}

static void lengths_leave_something(struct kunit *test)
{
	struct localstate_register arg = {
		.type = LOCALSTATE_TYPE_STRING,
		.constraints = LOCALSTATE_HAS_MIN_LENGTH | LOCALSTATE_HAS_MAX_LENGTH,
		.min_length = 3,
		.max_length = 3,
	};

	kfree(spec_of(test, &arg));
	arg.max_length = 2;
	expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_MIN_LENGTH);
	arg.min_length = LOCALSTATE_VALUE_MAX + 1;
	arg.max_length = ~0U;
	expect_refused(test, &arg, -EINVAL, LOCALSTATE_FIELD_MIN_LENGTH);
	arg.min_length = LOCALSTATE_VALUE_MAX;
	kfree(spec_of(test, &arg));
}

/* One of the texts of a registration, of some length. */
static struct localstate_register register_text(u32 field, u64 from, u32 length)
{
	struct localstate_register arg = { .type = LOCALSTATE_TYPE_STRING };

	switch (field) {
	case LOCALSTATE_FIELD_PATTERN:
		arg.constraints = LOCALSTATE_HAS_PATTERN;
		arg.pattern = from;
		arg.pattern_len = length;
		break;
	case LOCALSTATE_FIELD_CHOICES:
		arg.type = LOCALSTATE_TYPE_CHOICE;
		arg.constraints = LOCALSTATE_HAS_CHOICES;
		arg.choices = from;
		arg.choices_len = length;
		break;
	case LOCALSTATE_FIELD_LABEL:
		arg.label = from;
		arg.label_len = length;
		break;
	default:
		arg.description = from;
		arg.description_len = length;
	}
	return arg;
}

static const struct {
	u32 field, max;
} texts[] = {
	{ LOCALSTATE_FIELD_PATTERN, LOCALSTATE_PATTERN_MAX },
	{ LOCALSTATE_FIELD_CHOICES, LOCALSTATE_CHOICES_MAX },
	{ LOCALSTATE_FIELD_LABEL, LOCALSTATE_LABEL_MAX },
	{ LOCALSTATE_FIELD_DESCRIPTION, LOCALSTATE_DESCRIPTION_MAX },
};

static void texts_have_their_greatest_lengths(struct kunit *test)
{
	char *text = kunit_kzalloc(test, LOCALSTATE_CHOICES_MAX + 1, GFP_KERNEL);
	struct localstate_register arg;
	u64 from;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, 'x', LOCALSTATE_CHOICES_MAX + 1);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i].field == LOCALSTATE_FIELD_CHOICES)
			text[texts[i].max - 1] = '\0';
		from = localstate_kunit_user(test, text, texts[i].max + 1);
		arg = register_text(texts[i].field, from, texts[i].max);
		kfree(spec_of(test, &arg));
		arg = register_text(texts[i].field, from, texts[i].max + 1);
		expect_refused(test, &arg, -EINVAL, texts[i].field);
		text[texts[i].max - 1] = 'x';
	}
}

static void text_that_cannot_be_read_is_efault(struct kunit *test)
{
	struct localstate_register arg;
	int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		arg = register_text(texts[i].field, LS_KUNIT_UNMAPPED, 2);
		expect_refused(test, &arg, -EFAULT, texts[i].field);
	}
}

static void text_that_is_no_utf8_is_refused(struct kunit *test)
{
	u64 from = localstate_kunit_user(test, "\xc3", 2);
	struct localstate_register arg;
	int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		arg = register_text(texts[i].field, from, 2);
		expect_refused(test, &arg, texts[i].field == LOCALSTATE_FIELD_LABEL ?
			       -EINVAL : -EILSEQ, texts[i].field);
	}
}

static void texts_are_kept_and_terminated(struct kunit *test)
{
	struct localstate_register arg = register_text(LOCALSTATE_FIELD_PATTERN,
						       localstate_kunit_user(test, "p*", 2), 2);
	const struct ls_spec *spec;

	arg.label = localstate_kunit_user(test, "metre", 5);
	arg.label_len = 5;
	arg.description = localstate_kunit_user(test, "how far", 7);
	arg.description_len = 7;
	spec = spec_of(test, &arg);
	KUNIT_EXPECT_STREQ(test, spec->pattern, "p*");
	KUNIT_EXPECT_STREQ(test, spec->label, "metre");
	KUNIT_EXPECT_STREQ(test, spec->description, "how far");
	KUNIT_EXPECT_STREQ(test, spec->choices, "");
	KUNIT_EXPECT_EQ(test, spec->pattern_len, 2U);
	KUNIT_EXPECT_EQ(test, spec->label_len, 5U);
	KUNIT_EXPECT_EQ(test, spec->description_len, 7U);
	kfree(spec);
}

static void expect_choices_refused(struct kunit *test, const char *choices, u32 length, int code,
				   u32 index)
{
	const struct localstate_register arg =
		register_text(LOCALSTATE_FIELD_CHOICES,
			      localstate_kunit_user(test, choices, length), length);
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec;

	KUNIT_EXPECT_EQ(test, code, localstate_spec_import(&spec, &arg, &error));
	KUNIT_EXPECT_EQ(test, error.index, index);
}

static void choices_are_distinct_and_not_empty(struct kunit *test)
{
	expect_choices_refused(test, "", 1, -EINVAL, 0);
	expect_choices_refused(test, "a\0", 3, -EINVAL, 1);
	expect_choices_refused(test, "a", 1, -EINVAL, 0);
	expect_choices_refused(test, "a\0b", 3, -EINVAL, 1);
	expect_choices_refused(test, "a\0b\0a", 6, -EINVAL, 2);
	expect_choices_refused(test, "a\0\xff", 4, -EILSEQ, 1);
}

static int check(const struct ls_spec *spec, u32 type, u64 bits, u32 *field)
{
	struct localstate_error error = localstate_kunit_error();
	const struct ls_value value = localstate_kunit_scalar(type, bits);
	int ret = localstate_constraint_check(spec, &value, &error);

	*field = error.field;
	return ret;
}

static void expect_check(struct kunit *test, const struct localstate_register *arg, u64 bits,
			 u32 violated)
{
	const struct ls_spec *spec = spec_of(test, arg);
	u32 field;

	KUNIT_EXPECT_EQ_MSG(test, check(spec, arg->type, bits, &field), violated ? -ERANGE : 0,
			    "type %u, %llx", arg->type, bits);
	KUNIT_EXPECT_EQ_MSG(test, field, violated, "type %u, %llx", arg->type, bits);
	kfree(spec);
}

static void bounds_belong_to_the_range(struct kunit *test)
{
	struct localstate_register arg = range(LOCALSTATE_TYPE_INT, -5ULL, 5);

	expect_check(test, &arg, -5ULL, 0);
	expect_check(test, &arg, 5, 0);
	expect_check(test, &arg, -6ULL, LOCALSTATE_FIELD_MIN);
	expect_check(test, &arg, 6, LOCALSTATE_FIELD_MAX);
	arg = range(LOCALSTATE_TYPE_UINT, 5, LS_INT_MIN);
	expect_check(test, &arg, 5, 0);
	expect_check(test, &arg, LS_INT_MIN, 0);
	expect_check(test, &arg, 4, LOCALSTATE_FIELD_MIN);
	expect_check(test, &arg, LS_INT_MIN + 1, LOCALSTATE_FIELD_MAX);
	arg = range(LOCALSTATE_TYPE_FLOAT, LS_FLOAT_ZERO, LS_FLOAT_ONE);
	expect_check(test, &arg, LS_FLOAT_NEGATIVE_ZERO, 0);
	expect_check(test, &arg, LS_FLOAT_ONE, 0);
	expect_check(test, &arg, LS_FLOAT_NEGATIVE_ZERO + 1, LOCALSTATE_FIELD_MIN);
	expect_check(test, &arg, LS_FLOAT_ONE + 1, LOCALSTATE_FIELD_MAX);
}

static void nan_is_in_no_range(struct kunit *test)
{
	struct localstate_register arg = range(LOCALSTATE_TYPE_FLOAT, 0, LS_FLOAT_ONE);

	expect_check(test, &arg, LS_FLOAT_NAN, LOCALSTATE_FIELD_MIN);
	arg.constraints = LOCALSTATE_HAS_MAX;
	expect_check(test, &arg, LS_FLOAT_NAN, LOCALSTATE_FIELD_MAX);
	arg.constraints = LOCALSTATE_HAS_MIN;
	arg.max = 0;
	expect_check(test, &arg, LS_FLOAT_NAN | LS_INT_MIN, LOCALSTATE_FIELD_MIN);
}

static void steps_begin_at_the_minimum_or_at_zero(struct kunit *test)
{
	struct localstate_register arg = {
		.type = LOCALSTATE_TYPE_INT, .constraints = LOCALSTATE_HAS_STEP, .step = 5,
	};

	expect_check(test, &arg, -10ULL, 0);
	expect_check(test, &arg, 15, 0);
	expect_check(test, &arg, -9ULL, LOCALSTATE_FIELD_STEP);
	expect_check(test, &arg, 14, LOCALSTATE_FIELD_STEP);
	arg.constraints |= LOCALSTATE_HAS_MIN;
	arg.min = -7ULL;
	expect_check(test, &arg, -7ULL, 0);
	expect_check(test, &arg, 3, 0);
	expect_check(test, &arg, 0, LOCALSTATE_FIELD_STEP);
	expect_check(test, &arg, -8ULL, LOCALSTATE_FIELD_MIN);
}

/* The distance of two 64-bit integers needs all 64 bits, and not one more. */
static void steps_reach_over_the_whole_range(struct kunit *test)
{
	struct localstate_register arg = {
		.type = LOCALSTATE_TYPE_INT,
		.constraints = LOCALSTATE_HAS_STEP | LOCALSTATE_HAS_MIN,
		.min = LS_INT_MIN,
		.step = 5,
	};

	expect_check(test, &arg, LS_INT_MAX, 0);	/* 2^64 - 1 is 5 * ... */
	expect_check(test, &arg, LS_INT_MAX - 1, LOCALSTATE_FIELD_STEP);
	arg.step = LS_INT_MAX;
	expect_check(test, &arg, -1ULL, 0);
	expect_check(test, &arg, LS_INT_MAX - 1, 0);
	expect_check(test, &arg, 0, LOCALSTATE_FIELD_STEP);
	arg.type = LOCALSTATE_TYPE_UINT;
	arg.min = 1;
	arg.step = ~0ULL - 1;
	expect_check(test, &arg, ~0ULL, 0);
	expect_check(test, &arg, ~0ULL - 1, LOCALSTATE_FIELD_STEP);
}

static void expect_text_check(struct kunit *test, const struct ls_spec *spec, u32 type,
			      const char *text, u32 violated)
{
	struct ls_value value = localstate_kunit_text(test, type, text, strlen(text));
	struct localstate_error error = localstate_kunit_error();

	KUNIT_EXPECT_EQ_MSG(test, localstate_constraint_check(spec, &value, &error),
			    violated ? -ERANGE : 0, "\"%s\"", text);
	KUNIT_EXPECT_EQ_MSG(test, error.field, violated, "\"%s\"", text);
	localstate_value_drop(&value);
}

static void lengths_are_counted_in_characters(struct kunit *test)
{
	const struct localstate_register arg = {
		.type = LOCALSTATE_TYPE_STRING,
		.constraints = LOCALSTATE_HAS_MIN_LENGTH | LOCALSTATE_HAS_MAX_LENGTH,
		.min_length = 2,
		.max_length = 3,
	};
	const struct ls_spec *spec = spec_of(test, &arg);

	expect_text_check(test, spec, arg.type, "", LOCALSTATE_FIELD_MIN_LENGTH);
	expect_text_check(test, spec, arg.type, "\xe2\x82\xac", LOCALSTATE_FIELD_MIN_LENGTH);
	expect_text_check(test, spec, arg.type, "ab", 0);
	expect_text_check(test, spec, arg.type, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 0);
	expect_text_check(test, spec, arg.type, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", 0);
	expect_text_check(test, spec, arg.type, "abcd", LOCALSTATE_FIELD_MAX_LENGTH);
	kfree(spec);
}

static void pattern_is_matched_as_a_whole_and_by_bytes(struct kunit *test)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} samples[] = {
		{ "abc", "abc", true }, { "abc", "abcd", false }, { "abc", "ab", false },
		{ "*", "", true }, { "a*", "a", true }, { "a*c", "abbc", true },
		{ "a*c", "abcd", false }, { "*b*", "aab", true }, { "*aab", "aaab", true },
		{ "a?c", "abc", true }, { "a?c", "ac", false }, { "?", "", false },
		{ "?", "\xc3\xbc", false }, { "??", "\xc3\xbc", true },
		{ "[a-c]", "b", true }, { "[a-c]", "d", false }, { "[!a-c]", "d", true },
		{ "[!a-c]", "a", false }, { "[]a]", "]", true }, { "[!]a]", "b", true },
		{ "[a-]", "-", true }, { "[^a]", "^", true }, { "[a", "[a", true },
		{ "[a-", "[a-", true }, { "[]", "[]", true }, { "[a]", "", false },
		{ "\\*", "*", true }, { "\\*", "a", false }, { "a\\", "a", true },
		{ "a/*", "a/b/c", true }, { ".*", ".a", true }, { "*[0-9]", "ab7", true },
	};
	struct localstate_register arg;
	const struct ls_spec *spec;
	u32 length;
	int i;

	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		length = strlen(samples[i].pattern);
		arg = register_text(LOCALSTATE_FIELD_PATTERN,
				    localstate_kunit_user(test, samples[i].pattern, length),
				    length);
		spec = spec_of(test, &arg);
		expect_text_check(test, spec, arg.type, samples[i].text,
				  samples[i].matches ? 0 : LOCALSTATE_FIELD_PATTERN);
		kfree(spec);
	}
}

static void choice_is_one_of_them_and_whole(struct kunit *test)
{
	static const char choices[] = "on\0off\0on and off and then on and off again";
	const struct localstate_register arg =
		register_text(LOCALSTATE_FIELD_CHOICES,
			      localstate_kunit_user(test, choices, sizeof(choices)),
			      sizeof(choices));
	const struct ls_spec *spec = spec_of(test, &arg);

	expect_text_check(test, spec, arg.type, "on", 0);
	expect_text_check(test, spec, arg.type, "off", 0);
	expect_text_check(test, spec, arg.type, choices + 7, 0);
	expect_text_check(test, spec, arg.type, "", LOCALSTATE_FIELD_CHOICES);
	expect_text_check(test, spec, arg.type, "o", LOCALSTATE_FIELD_CHOICES);
	expect_text_check(test, spec, arg.type, "of", LOCALSTATE_FIELD_CHOICES);
	expect_text_check(test, spec, arg.type, "offs", LOCALSTATE_FIELD_CHOICES);
	expect_text_check(test, spec, arg.type, "ff", LOCALSTATE_FIELD_CHOICES);
	kfree(spec);
}

static void expect_default(struct kunit *test, const struct localstate_register *arg, u64 bits)
{
	const struct ls_spec *spec = spec_of(test, arg);
	struct localstate_error error = localstate_kunit_error();
	struct ls_value value;

	memset(&value, 0xff, sizeof(value));
	KUNIT_EXPECT_EQ(test, 0, localstate_constraint_default(spec, arg->type, &value, &error));
	KUNIT_EXPECT_EQ(test, value.type, arg->type);
	KUNIT_EXPECT_EQ(test, value.length, 8U);
	KUNIT_EXPECT_EQ(test, value.word[0], bits);
	KUNIT_EXPECT_EQ(test, 0, localstate_constraint_check(spec, &value, &error));
	kfree(spec);
}

static void default_is_zero_or_the_bound_next_to_it(struct kunit *test)
{
	struct localstate_register arg = range(LOCALSTATE_TYPE_INT, -5ULL, 5);

	expect_default(test, &arg, 0);
	arg = range(LOCALSTATE_TYPE_INT, 3, 5);
	expect_default(test, &arg, 3);
	arg = range(LOCALSTATE_TYPE_INT, -5ULL, -3ULL);
	expect_default(test, &arg, -3ULL);
	arg = range(LOCALSTATE_TYPE_UINT, LS_INT_MIN, ~0ULL);
	expect_default(test, &arg, LS_INT_MIN);
	arg = range(LOCALSTATE_TYPE_FLOAT, 1, LS_FLOAT_ONE);
	expect_default(test, &arg, 1);
	arg = range(LOCALSTATE_TYPE_FLOAT, LS_FLOAT_NEGATIVE_ONE, LS_INT_MIN | 1);
	expect_default(test, &arg, LS_INT_MIN | 1);
	arg = range(LOCALSTATE_TYPE_FLOAT, LS_FLOAT_NEGATIVE_ONE, LS_FLOAT_NEGATIVE_ZERO);
	expect_default(test, &arg, 0);
}

static void expect_first_choice(struct kunit *test, const char *choices, u32 length)
{
	const struct localstate_register arg =
		register_text(LOCALSTATE_FIELD_CHOICES,
			      localstate_kunit_user(test, choices, length), length);
	const struct ls_spec *spec = spec_of(test, &arg);
	struct localstate_error error = localstate_kunit_error();
	struct ls_value value;

	KUNIT_ASSERT_EQ(test, 0, localstate_constraint_default(spec, arg.type, &value, &error));
	KUNIT_EXPECT_EQ(test, value.length, (u32)strlen(choices));
	KUNIT_EXPECT_STREQ(test, (const char *)localstate_value_data(&value), choices);
	localstate_value_drop(&value);
	kfree(spec);
}

static void default_choice_is_the_first(struct kunit *test)
{
	static const char slot[] = "a choice of 32 bytes fits a slot\0b";
	static const char cell[] = "a choice of 33 bytes is in a cell\0b";

	expect_first_choice(test, "on\0off", 7);
	expect_first_choice(test, slot, sizeof(slot));
	expect_first_choice(test, cell, sizeof(cell));
}

static void lengths_of_bytes_are_bytes(struct kunit *test)
{
	const struct localstate_register arg = {
		.type = LOCALSTATE_TYPE_BYTES,
		.constraints = LOCALSTATE_HAS_MIN_LENGTH | LOCALSTATE_HAS_MAX_LENGTH,
		.min_length = 2,
		.max_length = 3,
	};
	const struct ls_spec *spec = spec_of(test, &arg);

	expect_text_check(test, spec, arg.type, "\xff", LOCALSTATE_FIELD_MIN_LENGTH);
	expect_text_check(test, spec, arg.type, "\xff\xfe", 0);
	expect_text_check(test, spec, arg.type, "\xe2\x82\xac", 0);
	expect_text_check(test, spec, arg.type, "\xe2\x82\xac\xe2", LOCALSTATE_FIELD_MAX_LENGTH);
	kfree(spec);
}

static void default_bytes_are_the_fewest_zeroes(struct kunit *test)
{
	static const u32 lengths[] = { 0, 1, 32, 33, LOCALSTATE_VALUE_MAX };
	struct localstate_register arg = {
		.type = LOCALSTATE_TYPE_BYTES,
		.constraints = LOCALSTATE_HAS_MIN_LENGTH,
	};
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec;
	struct ls_value value;
	const u8 *data;
	u32 at;
	int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		arg.min_length = lengths[i];
		spec = spec_of(test, &arg);
		KUNIT_ASSERT_EQ(test, 0, localstate_constraint_default(spec, arg.type, &value,
								       &error));
		data = localstate_value_data(&value);
		KUNIT_EXPECT_EQ(test, value.length, lengths[i]);
		for (at = 0; at < value.length && !data[at]; at++)
			;
		KUNIT_EXPECT_EQ(test, at, lengths[i]);
		localstate_value_drop(&value);
		kfree(spec);
	}
}

static void default_string_is_empty(struct kunit *test)
{
	struct localstate_error error = localstate_kunit_error();
	struct ls_value value;

	memset(&value, 0xff, sizeof(value));
	KUNIT_EXPECT_EQ(test, 0, localstate_constraint_default(NULL, LOCALSTATE_TYPE_STRING,
							       &value, &error));
	KUNIT_EXPECT_EQ(test, value.length, 0U);
	KUNIT_EXPECT_STREQ(test, (const char *)localstate_value_data(&value), "");
}

static struct kunit_case constraint_cases[] = {
	KUNIT_CASE(nothing_special_needs_no_spec),
	KUNIT_CASE(constraint_belongs_to_its_types),
	KUNIT_CASE(constraint_that_does_not_exist_is_refused),
	KUNIT_CASE(constraint_that_is_not_announced_is_refused),
	KUNIT_CASE(choice_has_choices),
	KUNIT_CASE(minimum_above_the_maximum_is_refused),
	KUNIT_CASE(nan_is_no_bound),
	KUNIT_CASE(step_is_above_zero),
	KUNIT_CASE(lengths_leave_something),
	KUNIT_CASE(texts_have_their_greatest_lengths),
	KUNIT_CASE(text_that_cannot_be_read_is_efault),
	KUNIT_CASE(text_that_is_no_utf8_is_refused),
	KUNIT_CASE(texts_are_kept_and_terminated),
	KUNIT_CASE(choices_are_distinct_and_not_empty),
	KUNIT_CASE(bounds_belong_to_the_range),
	KUNIT_CASE(nan_is_in_no_range),
	KUNIT_CASE(steps_begin_at_the_minimum_or_at_zero),
	KUNIT_CASE(steps_reach_over_the_whole_range),
	KUNIT_CASE(lengths_are_counted_in_characters),
	KUNIT_CASE(pattern_is_matched_as_a_whole_and_by_bytes),
	KUNIT_CASE(choice_is_one_of_them_and_whole),
	KUNIT_CASE(default_is_zero_or_the_bound_next_to_it),
	KUNIT_CASE(default_choice_is_the_first),
	KUNIT_CASE(lengths_of_bytes_are_bytes),
	KUNIT_CASE(default_bytes_are_the_fewest_zeroes),
	KUNIT_CASE(default_string_is_empty),
	{}
};

static struct kunit_suite constraint_suite = {
	.name = "localstate_constraint",
	.test_cases = constraint_cases,
};

kunit_test_suite(constraint_suite);
