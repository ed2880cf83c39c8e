// SPDX-License-Identifier: GPL-2.0-only
/* Names and UTF-8: what is one, and where a text may be cut. */
#include "kunit.h"

struct text_sample {
	const char *text;
	u32 length;
	int characters;			/* or -EILSEQ */
};

#define LS_SAMPLE(text, characters) { text, sizeof(text) - 1, characters }

static void expect_characters(struct kunit *test, const struct text_sample *samples, int n)
{
	int i;

	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ_MSG(test, localstate_text_characters((const u8 *)samples[i].text,
								     samples[i].length),
				    samples[i].characters, "sample %d", i);
}

static void characters_are_counted_not_bytes(struct kunit *test)
{
	static const struct text_sample samples[] = {
		LS_SAMPLE("", 0),
		LS_SAMPLE("a", 1),
		LS_SAMPLE("\x01\x7f", 2),
		LS_SAMPLE("gr\xc3\xbcn", 4),
		LS_SAMPLE("\xe2\x82\xac", 1),
		LS_SAMPLE("\xf0\x9f\x98\x80!", 2),
	};

	expect_characters(test, samples, ARRAY_SIZE(samples));
}

/* The first and the last character of each length, and about the surrogates. */
static void ends_of_the_ranges_are_characters(struct kunit *test)
{
	static const struct text_sample samples[] = {
		LS_SAMPLE("\x01", 1), LS_SAMPLE("\x7f", 1),
		LS_SAMPLE("\xc2\x80", 1), LS_SAMPLE("\xdf\xbf", 1),
		LS_SAMPLE("\xe0\xa0\x80", 1), LS_SAMPLE("\xed\x9f\xbf", 1),
		LS_SAMPLE("\xee\x80\x80", 1), LS_SAMPLE("\xef\xbf\xbf", 1),
		LS_SAMPLE("\xf0\x90\x80\x80", 1), LS_SAMPLE("\xf4\x8f\xbf\xbf", 1),
	};

	expect_characters(test, samples, ARRAY_SIZE(samples));
}

static void overlong_forms_are_refused(struct kunit *test)
{
	static const struct text_sample samples[] = {
		LS_SAMPLE("\xc0\x80", -EILSEQ), LS_SAMPLE("\xc1\xbf", -EILSEQ),
		LS_SAMPLE("\xe0\x80\x80", -EILSEQ), LS_SAMPLE("\xe0\x9f\xbf", -EILSEQ),
		LS_SAMPLE("\xf0\x80\x80\x80", -EILSEQ), LS_SAMPLE("\xf0\x8f\xbf\xbf", -EILSEQ),
	};

	expect_characters(test, samples, ARRAY_SIZE(samples));
}

static void surrogates_and_what_is_above_are_refused(struct kunit *test)
{
	static const struct text_sample samples[] = {
		LS_SAMPLE("\xed\xa0\x80", -EILSEQ), LS_SAMPLE("\xed\xaf\xbf", -EILSEQ),
		LS_SAMPLE("\xed\xb0\x80", -EILSEQ), LS_SAMPLE("\xed\xbf\xbf", -EILSEQ),
		LS_SAMPLE("\xf4\x90\x80\x80", -EILSEQ), LS_SAMPLE("\xf5\x80\x80\x80", -EILSEQ),
		LS_SAMPLE("\xf8\x88\x80\x80\x80", -EILSEQ), LS_SAMPLE("\xff", -EILSEQ),
	};

	expect_characters(test, samples, ARRAY_SIZE(samples));
}

static void pieces_of_characters_are_refused(struct kunit *test)
{
	static const struct text_sample samples[] = {
		LS_SAMPLE("\x80", -EILSEQ), LS_SAMPLE("a\xbf", -EILSEQ),
		LS_SAMPLE("\xc3", -EILSEQ), LS_SAMPLE("\xc3\x61", -EILSEQ),
		LS_SAMPLE("\xe2\x82", -EILSEQ), LS_SAMPLE("\xe2\x82\x61", -EILSEQ),
		LS_SAMPLE("\xe2\x61\xac", -EILSEQ), LS_SAMPLE("\xe2\x82\xc3\xbc", -EILSEQ),
		LS_SAMPLE("\xf0\x9f\x98", -EILSEQ), LS_SAMPLE("\xf0\x9f\x98\x61", -EILSEQ),
		LS_SAMPLE("a\xc3\xbc\xc3", -EILSEQ),
	};

	expect_characters(test, samples, ARRAY_SIZE(samples));
}

static void nul_is_no_character(struct kunit *test)
{
	static const struct text_sample samples[] = {
		LS_SAMPLE("\0", -EILSEQ), LS_SAMPLE("a\0b", -EILSEQ), LS_SAMPLE("ab\0", -EILSEQ),
	};

	expect_characters(test, samples, ARRAY_SIZE(samples));
}

/* Long texts are looked at eight bytes at a time, as long as they are ASCII. */
static void each_place_of_a_long_text_is_looked_at(struct kunit *test)
{
	static const u8 others[] = { 0x00, 0x01, 0x7f, 0x80, 0x81, 0xff };
	u8 text[24];
	int i, j, expected;

	for (i = 0; i < sizeof(text); i++) {
		for (j = 0; j < ARRAY_SIZE(others); j++) {
			memset(text, 'a', sizeof(text));
			text[i] = others[j];
			expected = others[j] == 0x01 || others[j] == 0x7f ?
				   sizeof(text) : -EILSEQ;
			KUNIT_EXPECT_EQ_MSG(test, expected,
					    localstate_text_characters(text, sizeof(text)),
					    "%02x at %d", others[j], i);
		}
		memset(text, 1, sizeof(text));
		text[i] = 0;
		KUNIT_EXPECT_EQ_MSG(test, -EILSEQ,
				    localstate_text_characters(text, sizeof(text)),
				    "NUL at %d", i);
	}
	for (i = 0; i + 1 < sizeof(text); i++) {
		memset(text, 'a', sizeof(text));
		memcpy(text + i, "\xc3\xbc", 2);
		KUNIT_EXPECT_EQ_MSG(test, (int)sizeof(text) - 1,
				    localstate_text_characters(text, sizeof(text)),
				    "two bytes at %d", i);
	}
}

/* What lies behind the length is none of the text. */
static void character_does_not_go_over_the_end(struct kunit *test)
{
	static const u8 text[] = "\xf0\x9f\x98\x80";
	u32 length;

	for (length = 1; length < 4; length++)
		KUNIT_EXPECT_EQ(test, localstate_text_characters(text, length), -EILSEQ);
	KUNIT_EXPECT_EQ(test, localstate_text_characters(text, 4), 1);
}

static void cut_is_the_longest_start_that_fits(struct kunit *test)
{
	/* Characters of 1, 2, 3 and 4 bytes begin at 0, 1, 3 and 6. */
	static const u8 text[] = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80";
	static const u32 cuts[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10 };
	u32 max;

	for (max = 0; max < ARRAY_SIZE(cuts); max++)
		KUNIT_EXPECT_EQ_MSG(test, localstate_text_cut(text, 10, max), cuts[max],
				    "max %u", max);
}

static void name_has_letters_digits_and_a_few_signs(struct kunit *test)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/-";
	char name[3] = "a?";
	int c;

	for (c = 0; c < 256; c++) {
		name[1] = c;
		KUNIT_EXPECT_EQ_MSG(test, localstate_name_is_valid(name, 2),
				    c && strchr(allowed, c), "%d", c);
		KUNIT_EXPECT_EQ_MSG(test, localstate_name_is_valid(name + 1, 1),
				    c && strchr(allowed, c), "%d", c);
	}
}

static void name_has_1_to_127_bytes(struct kunit *test)
{
	char name[LOCALSTATE_NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	KUNIT_EXPECT_FALSE(test, localstate_name_is_valid(name, 0));
	KUNIT_EXPECT_TRUE(test, localstate_name_is_valid(name, 1));
	KUNIT_EXPECT_TRUE(test, localstate_name_is_valid(name, 127));
	KUNIT_EXPECT_FALSE(test, localstate_name_is_valid(name, 128));
}

static void name_is_copied_and_terminated(struct kunit *test)
{
	struct localstate_error error = localstate_kunit_error();
	char from[LOCALSTATE_NAME_MAX], to[LOCALSTATE_NAME_MAX + 1];
	u64 user;

	memset(from, 'n', sizeof(from));
	memset(to, 0xff, sizeof(to));
	user = localstate_kunit_user(test, from, sizeof(from));
	KUNIT_ASSERT_EQ(test, 0, localstate_name_copy(to, user, sizeof(from), &error));
	KUNIT_EXPECT_MEMEQ(test, to, from, sizeof(from));
	KUNIT_EXPECT_EQ(test, to[LOCALSTATE_NAME_MAX], '\0');
}

static void expect_name_error(struct kunit *test, u64 from, u32 length, int code)
{
	struct localstate_error error = localstate_kunit_error();
	char to[LOCALSTATE_NAME_MAX + 1];

	KUNIT_EXPECT_EQ(test, code, localstate_name_copy(to, from, length, &error));
	KUNIT_EXPECT_EQ(test, error.code, (u32)-code);
	KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_NAME);
}

static void name_that_is_none_is_refused(struct kunit *test)
{
	u64 from = localstate_kunit_user(test, "a b", 3);

	expect_name_error(test, from, 3, -EINVAL);
	expect_name_error(test, from, 0, -EINVAL);
	expect_name_error(test, from, LOCALSTATE_NAME_MAX + 1, -EINVAL);
	expect_name_error(test, LS_KUNIT_UNMAPPED, 3, -EFAULT);
}

/* The key is embedded in what a table holds. */
struct text_entry {
	u64 other;
	struct ls_name name;
};

static void names_are_compared_by_length_and_bytes(struct kunit *test)
{
	static const char *const names[] = { "a", "b", "aa", "ab", "oven/temp", "oven/temq" };
	struct rhashtable table = { .p.key_offset = offsetof(struct text_entry, name) };
	struct text_entry entry = { 0 };
	struct ls_name key;
	struct rhashtable_compare_arg arg = { .ht = &table, .key = &key };
	int i, j;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		for (j = 0; j < ARRAY_SIZE(names); j++) {
			key = (struct ls_name){ names[i], strlen(names[i]) };
			entry.name = (struct ls_name){ names[j], strlen(names[j]) };
			KUNIT_EXPECT_EQ_MSG(test, i != j, !!localstate_name_compare(&arg, &entry),
					    "%d, %d", i, j);
		}
	}
}

static void hash_goes_by_the_bytes_alone(struct kunit *test)
{
	static const char first[] = "oven/temp", second[] = "oven/temp and more";
	const struct ls_name a = { first, 9 }, b = { second, 9 }, c = { second, 10 };

	KUNIT_EXPECT_EQ(test, localstate_name_hash(&a, 0, 7), localstate_name_hash(&b, 0, 7));
	KUNIT_EXPECT_NE(test, localstate_name_hash(&a, 0, 7), localstate_name_hash(&c, 0, 7));
	KUNIT_EXPECT_NE(test, localstate_name_hash(&a, 0, 7), localstate_name_hash(&a, 0, 8));
}

static struct kunit_case text_cases[] = {
	KUNIT_CASE(characters_are_counted_not_bytes),
	KUNIT_CASE(ends_of_the_ranges_are_characters),
	KUNIT_CASE(overlong_forms_are_refused),
	KUNIT_CASE(surrogates_and_what_is_above_are_refused),
	KUNIT_CASE(pieces_of_characters_are_refused),
	KUNIT_CASE(nul_is_no_character),
	KUNIT_CASE(each_place_of_a_long_text_is_looked_at),
	KUNIT_CASE(character_does_not_go_over_the_end),
	KUNIT_CASE(cut_is_the_longest_start_that_fits),
	KUNIT_CASE(name_has_letters_digits_and_a_few_signs),
	KUNIT_CASE(name_has_1_to_127_bytes),
	KUNIT_CASE(name_is_copied_and_terminated),
	KUNIT_CASE(name_that_is_none_is_refused),
	KUNIT_CASE(names_are_compared_by_length_and_bytes),
	KUNIT_CASE(hash_goes_by_the_bytes_alone),
	{}
};

static struct kunit_suite text_suite = {
	.name = "localstate_text",
	.test_cases = text_cases,
};

kunit_test_suite(text_suite);
