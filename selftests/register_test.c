// SPDX-License-Identifier: GPL-2.0-only
/*
 * What REGISTER refuses: constraints that make no sense or contradict each
 * other, and texts that are none.
 */
#include <math.h>
#include <stddef.h>

#include "process_helpers.h"

#define HAS(_what) LOCALSTATE_HAS_##_what
#define FIELD(_what) LOCALSTATE_FIELD_##_what
#define TYPE(_what) LOCALSTATE_TYPE_##_what

FIXTURE(register) {
	int fd;
	struct snapshot before;
};

FIXTURE_SETUP(register)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "count", value_int(5)));
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
}

FIXTURE_TEARDOWN(register)
{
	close(self->fd);
}

/* A request without a value that is valid for its type. */
static struct localstate_register request_of(__u32 type)
{
	struct localstate_register req = register_request("new", value_none());

	req.type = type;
	if (type == TYPE(CHOICE)) {
		req.constraints = HAS(CHOICES);
		req.choices = pointer("a\0b");
		req.choices_len = 4;
	}
	return req;
}

/* Refused with @_code for @_field; the name is free and nothing has changed. */
#define EXPECT_NOT_MADE(_code, _field, _fixture, _req) do {		\
	__typeof__(_fixture) __self = (_fixture);			\
	struct localstate_register *__req = (_req);			\
	struct localstate_get __get;					\
	int __code = (_code);						\
									\
	EXPECT_EQ(-__code, call(__self->fd, LOCALSTATE_IOC_REGISTER,	\
				__req));				\
	EXPECT_EQ(__code, __req->error.code);				\
	EXPECT_EQ(_field, __req->error.field);				\
	EXPECT_EQ(0, __req->id);					\
	EXPECT_EQ(-ENOENT, variable_get(__self->fd, "new", &__get));	\
	EXPECT_TRUE(snapshot_holds(__self->fd, &__self->before));	\
} while (0)

TEST_F(register, each_type_is_accepted_without_a_value)
{
	__u32 type;

	for (type = TYPE(BOOL); type <= TYPE(CHOICE); type++) {
		struct localstate_register req = request_of(type);

		EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
		EXPECT_LT(0, req.id);
		ASSERT_EQ(0, variable_delete(self->fd, "new"));
	}
}

TEST_F(register, type_must_be_one)
{
	const __u32 types[] = { TYPE(NONE), TYPE(ARRAY) + 1, 255, UINT32_MAX };
	struct localstate_register req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		req = request_of(types[i]);
		EXPECT_NOT_MADE(EINVAL, FIELD(TYPE), self, &req);
	}
}

TEST_F(register, value_of_another_type_is_refused)
{
	struct localstate_register req = request_of(TYPE(INT));

	req.value = value_uint(1);
	EXPECT_NOT_MADE(EINVAL, FIELD(TYPE), self, &req);
	EXPECT_EQ(TYPE(INT), req.error.type);
	req = request_of(TYPE(STRING));
	req.value = value_choice("a");
	EXPECT_NOT_MADE(EINVAL, FIELD(TYPE), self, &req);
	EXPECT_EQ(TYPE(STRING), req.error.type);
}

/* Which constraints go with which type; all others are refused by name. */
TEST_F(register, constraint_of_another_type_is_refused)
{
	const __u32 numbers = HAS(MIN) | HAS(MAX) | HAS(STEP);
	const __u32 allowed[] = {
		[TYPE(BOOL)] = 0,
		[TYPE(INT)] = numbers,
		[TYPE(UINT)] = numbers,
		[TYPE(FLOAT)] = HAS(MIN) | HAS(MAX),
		[TYPE(STRING)] = HAS(MIN_LENGTH) | HAS(MAX_LENGTH) |
				 HAS(PATTERN),
		[TYPE(CHOICE)] = HAS(CHOICES),
	};
	__u32 type;
	int bit;

	for (type = TYPE(BOOL); type <= TYPE(CHOICE); type++) {
		for (bit = 0; bit < 7; bit++) {
			struct localstate_register req = request_of(type);

			if (allowed[type] & (1U << bit))
				continue;
			req.constraints |= 1U << bit;
			req.step = bit == 2;
			EXPECT_NOT_MADE(EINVAL, FIELD(MIN) + bit, self, &req);
			EXPECT_EQ(0, _metadata->exit_code) {
				TH_LOG("type %u constraint %d", type, bit);
			}
		}
	}
}

TEST_F(register, unknown_constraint_is_refused)
{
	int bit;

	for (bit = 11; bit < 32; bit++) {
		struct localstate_register req = request_of(TYPE(INT));

		req.constraints = 1U << bit;
		EXPECT_NOT_MADE(EINVAL, FIELD(FLAGS), self, &req);
	}
}

TEST_F(register, min_above_max_is_refused)
{
	const __u64 limits[][3] = {
		{ TYPE(INT), 1, 0 },
		{ TYPE(INT), 0, -1 },
		{ TYPE(INT), INT64_MAX, INT64_MIN },
		{ TYPE(UINT), 1ULL << 63, INT64_MAX },
		{ TYPE(FLOAT), double_bits(1), double_bits(0.5) },
		{ TYPE(FLOAT), double_bits(-0.5), double_bits(-1) },
		{ TYPE(FLOAT), double_bits(INFINITY), double_bits(-INFINITY) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		struct localstate_register req = request_of(limits[i][0]);

		req.constraints = HAS(MIN) | HAS(MAX);
		req.min = limits[i][1];
		req.max = limits[i][2];
		EXPECT_NOT_MADE(EINVAL, FIELD(MIN), self, &req);
		EXPECT_EQ(limits[i][2], req.error.limit);
	}
}

TEST_F(register, step_must_be_positive)
{
	struct localstate_register req = request_of(TYPE(INT));

	req.constraints = HAS(STEP);
	EXPECT_NOT_MADE(EINVAL, FIELD(STEP), self, &req);
	req.step = -1;
	EXPECT_NOT_MADE(EINVAL, FIELD(STEP), self, &req);
	req.step = INT64_MIN;
	EXPECT_NOT_MADE(EINVAL, FIELD(STEP), self, &req);
	req = request_of(TYPE(UINT));
	req.constraints = HAS(STEP);
	EXPECT_NOT_MADE(EINVAL, FIELD(STEP), self, &req);
}

TEST_F(register, nan_is_no_limit)
{
	struct localstate_register req = request_of(TYPE(FLOAT));

	req.constraints = HAS(MIN);
	req.min = double_bits(NAN);
	EXPECT_NOT_MADE(EINVAL, FIELD(MIN), self, &req);
	req = request_of(TYPE(FLOAT));
	req.constraints = HAS(MAX);
	req.max = 0xfff0000000000001ULL;
	EXPECT_NOT_MADE(EINVAL, FIELD(MAX), self, &req);
}

TEST_F(register, min_length_above_max_length_is_refused)
{
	struct localstate_register req = request_of(TYPE(STRING));

	req.constraints = HAS(MIN_LENGTH) | HAS(MAX_LENGTH);
	req.min_length = 3;
	req.max_length = 2;
	EXPECT_NOT_MADE(EINVAL, FIELD(MIN_LENGTH), self, &req);
	EXPECT_EQ(2, req.error.limit);
}

/* No value could ever be that long. */
TEST_F(register, min_length_that_no_value_has_is_refused)
{
	struct localstate_register req = request_of(TYPE(STRING));

	req.constraints = HAS(MIN_LENGTH);
	req.min_length = LOCALSTATE_VALUE_MAX + 1;
	EXPECT_NOT_MADE(EINVAL, FIELD(MIN_LENGTH), self, &req);
}

TEST_F(register, pattern_has_1_to_255_bytes)
{
	struct localstate_register req = request_of(TYPE(STRING));
	char pattern[LOCALSTATE_PATTERN_MAX + 1];

	memset(pattern, '*', sizeof(pattern));
	req.constraints = HAS(PATTERN);
	EXPECT_NOT_MADE(EINVAL, FIELD(PATTERN), self, &req);
	req.pattern = pointer(pattern);
	req.pattern_len = sizeof(pattern);
	EXPECT_NOT_MADE(EINVAL, FIELD(PATTERN), self, &req);
	EXPECT_EQ(LOCALSTATE_PATTERN_MAX, req.error.limit);
	req.pattern_len = LOCALSTATE_PATTERN_MAX;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
}

struct choices_case {
	const char *name;
	const char *choices;
	__u32 len;
	int code;
	__u32 index;
};

TEST_F(register, choices_are_distinct_texts)
{
	const struct choices_case cases[] = {
		{ "no NUL at the end", "a\0b", 3, EINVAL, 1 },
		{ "an empty one", "a\0\0b", 5, EINVAL, 1 },
		{ "empty at the start", "\0a", 3, EINVAL, 0 },
		{ "one twice", "a\0b\0a", 6, EINVAL, 2 },
		{ "no text", "a\0\xff", 4, EILSEQ, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct localstate_register req = request_of(TYPE(CHOICE));

		req.choices = pointer(cases[i].choices);
		req.choices_len = cases[i].len;
		EXPECT_NOT_MADE(cases[i].code, FIELD(CHOICES), self, &req);
		EXPECT_EQ(cases[i].index, req.error.index) {
			TH_LOG("%s", cases[i].name);
		}
	}
}

TEST_F(register, choice_needs_its_list)
{
	struct localstate_register req = request_of(TYPE(CHOICE));

	req.constraints = 0;
	req.choices = 0;
	req.choices_len = 0;
	EXPECT_NOT_MADE(EINVAL, FIELD(CHOICES), self, &req);
	req.constraints = HAS(CHOICES);
	EXPECT_NOT_MADE(EINVAL, FIELD(CHOICES), self, &req);
}

TEST_F(register, choices_have_at_most_4096_bytes)
{
	static char choices[LOCALSTATE_CHOICES_MAX + 1];
	struct localstate_register req = request_of(TYPE(CHOICE));
	int i;

	/* Distinct texts of seven digits. */
	for (i = 0; i < LOCALSTATE_CHOICES_MAX / 8; i++)
		snprintf(choices + 8 * i, 8, "%07d", i);
	req.choices = pointer(choices);
	req.choices_len = LOCALSTATE_CHOICES_MAX + 1;
	EXPECT_NOT_MADE(EINVAL, FIELD(CHOICES), self, &req);
	EXPECT_EQ(LOCALSTATE_CHOICES_MAX, req.error.limit);
	req.choices_len = LOCALSTATE_CHOICES_MAX;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
}

TEST_F(register, initial_value_must_be_legal)
{
	struct localstate_register req = request_of(TYPE(INT));

	req.constraints = HAS(MAX);
	req.max = 30;
	req.value = value_int(31);
	EXPECT_NOT_MADE(ERANGE, FIELD(MAX), self, &req);
	EXPECT_EQ(30, req.error.limit);
	EXPECT_EQ(TYPE(INT), req.error.type);
	req = request_of(TYPE(CHOICE));
	req.value = value_choice("c");
	EXPECT_NOT_MADE(ERANGE, FIELD(CHOICES), self, &req);
}

/* Where the default is not legal, there has to be a value. */
TEST_F(register, default_value_must_be_legal)
{
	struct localstate_register req = request_of(TYPE(STRING));

	req.constraints = HAS(MIN_LENGTH);
	req.min_length = 1;
	EXPECT_NOT_MADE(ERANGE, FIELD(MIN_LENGTH), self, &req);
	EXPECT_EQ(1, req.error.limit);
	req = request_of(TYPE(STRING));
	req.constraints = HAS(PATTERN);
	req.pattern = pointer("a*");
	req.pattern_len = 2;
	EXPECT_NOT_MADE(ERANGE, FIELD(PATTERN), self, &req);
}

TEST_F(register, label_is_a_name_or_none)
{
	struct localstate_register req = request_of(TYPE(INT));
	char label[LOCALSTATE_LABEL_MAX + 1];

	memset(label, 'l', sizeof(label));
	req.label = pointer(label);
	req.label_len = sizeof(label);
	EXPECT_NOT_MADE(EINVAL, FIELD(LABEL), self, &req);
	label[3] = ' ';
	req.label_len = 5;
	EXPECT_NOT_MADE(EINVAL, FIELD(LABEL), self, &req);
	label[3] = 'l';
	req.label_len = LOCALSTATE_LABEL_MAX;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
}

TEST_F(register, description_has_at_most_1024_bytes)
{
	static char text[LOCALSTATE_DESCRIPTION_MAX + 1];
	struct localstate_register req = request_of(TYPE(INT));

	memset(text, 'd', sizeof(text));
	req.description = pointer(text);
	req.description_len = sizeof(text);
	EXPECT_NOT_MADE(EINVAL, FIELD(DESCRIPTION), self, &req);
	EXPECT_EQ(LOCALSTATE_DESCRIPTION_MAX, req.error.limit);
	req.description_len = LOCALSTATE_DESCRIPTION_MAX;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
}

/* Lengths that would overflow a sum of them. */
TEST_F(register, lengths_at_the_end_of_their_range_are_refused)
{
	struct localstate_register req;
	struct length_case {
		size_t offset;
		__u32 field;
	} cases[] = {
		{ offsetof(typeof(req), pattern_len), FIELD(PATTERN) },
		{ offsetof(typeof(req), label_len), FIELD(LABEL) },
		{ offsetof(typeof(req), description_len), FIELD(DESCRIPTION) },
		{ offsetof(typeof(req), metadata_len), FIELD(METADATA) },
		{ offsetof(typeof(req), value.length), FIELD(VALUE) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		__u32 *length = (void *)((char *)&req + cases[i].offset);

		req = register_request("new", value_string("a"));
		req.constraints = HAS(PATTERN);
		req.pattern = pointer("a*");
		req.pattern_len = 2;
		req.label = pointer("l");
		req.description = pointer("d");
		req.metadata = pointer("k=v");
		*length = UINT32_MAX;
		EXPECT_NOT_MADE(EINVAL, cases[i].field, self, &req);
	}
}

/* UTF-8. */

struct utf8_case {
	const char *what;
	const char *bytes;
	__u32 len;
	bool good;
};

static const struct utf8_case utf8_cases[] = {
	{ "ASCII", "\x01 \x7f", 3, true },
	{ "lowest of two bytes", "\xc2\x80", 2, true },
	{ "highest of two bytes", "\xdf\xbf", 2, true },
	{ "lowest of three bytes", "\xe0\xa0\x80", 3, true },
	{ "before the surrogates", "\xed\x9f\xbf", 3, true },
	{ "after the surrogates", "\xee\x80\x80", 3, true },
	{ "U+FFFF", "\xef\xbf\xbf", 3, true },
	{ "lowest of four bytes", "\xf0\x90\x80\x80", 4, true },
	{ "U+10FFFF", "\xf4\x8f\xbf\xbf", 4, true },
	{ "NUL", "a\0b", 3, false },
	{ "NUL at the end", "ab\0", 3, false },
	{ "overlong NUL", "\xc0\x80", 2, false },
	{ "overlong slash", "\xc0\xaf", 2, false },
	{ "overlong of two", "\xc1\xbf", 2, false },
	{ "overlong of three", "\xe0\x9f\xbf", 3, false },
	{ "overlong of four", "\xf0\x8f\xbf\xbf", 4, false },
	{ "first surrogate", "\xed\xa0\x80", 3, false },
	{ "last surrogate", "\xed\xbf\xbf", 3, false },
	{ "surrogate pair", "\xed\xa0\xbd\xed\xb8\x80", 6, false },
	{ "above U+10FFFF", "\xf4\x90\x80\x80", 4, false },
	{ "five bytes", "\xf8\x88\x80\x80\x80", 5, false },
	{ "0xfe", "\xfe", 1, false },
	{ "0xff", "\xff", 1, false },
	{ "a lone continuation", "\x80", 1, false },
	{ "two of three bytes", "\xe2\x82", 2, false },
	{ "three of four bytes", "\xf0\x9f\x98", 3, false },
	{ "one of two bytes", "a\xc3", 2, false },
	{ "cut by a letter", "\xe2\x82z", 3, false },
	{ "Latin-1", "caf\xe9", 4, false },
};

TEST_F(register, value_is_utf8_without_nul)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(utf8_cases); i++) {
		const struct utf8_case *c = &utf8_cases[i];
		struct localstate_register req = request_of(TYPE(STRING));

		req.value = value_bytes(TYPE(STRING), c->bytes, c->len);
		if (!c->good) {
			EXPECT_NOT_MADE(EILSEQ, FIELD(VALUE), self, &req);
		} else {
			EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER,
					 &req), &req);
			ASSERT_EQ(0, variable_delete(self->fd, "new"));
		}
		ASSERT_EQ(0, _metadata->exit_code) {
			TH_LOG("%s", c->what);
		}
	}
}

/* In a long value the wrong byte may stand where a check in words ends. */
TEST_F(register, long_value_is_checked_to_its_end)
{
	struct localstate_register req = request_of(TYPE(STRING));
	char text[300];
	int at;

	for (at = 250; at < 300; at++) {
		memset(text, 't', sizeof(text));
		text[at] = 0xff;
		req.value = value_bytes(TYPE(STRING), text, sizeof(text));
		EXPECT_NOT_MADE(EILSEQ, FIELD(VALUE), self, &req);
	}
}

TEST_F(register, description_is_utf8_without_nul)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(utf8_cases); i++) {
		const struct utf8_case *c = &utf8_cases[i];
		struct localstate_register req = request_of(TYPE(INT));

		if (c->good)
			continue;
		req.description = pointer(c->bytes);
		req.description_len = c->len;
		EXPECT_NOT_MADE(EILSEQ, FIELD(DESCRIPTION), self, &req);
	}
}

TEST_HARNESS_MAIN
