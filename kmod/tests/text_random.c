// SPDX-License-Identifier: GPL-2.0-only
/* UTF-8 against the C library's iconv(). */
#include <kunit/test.h>
#include <iconv.h>

#include "private.h"
#include "random.h"

static iconv_t decoder;

static void open_decoder(struct kunit *test)
{
	decoder = iconv_open("UTF-32LE", "UTF-8");
	KUNIT_ASSERT_TRUE(test, decoder != (iconv_t)-1);
}

/* What localstate_text_characters() should say. */
static int decode(const u8 *text, u32 length)
{
	char *in = (char *)text, *out;
	size_t in_left = length, out_left;
	char buffer[512];

	if (memchr(text, '\0', length))
		return -EILSEQ;
	out = buffer;
	out_left = sizeof(buffer);
	iconv(decoder, NULL, NULL, NULL, NULL);
	if (iconv(decoder, &in, &in_left, &out, &out_left) == (size_t)-1)
		return -EILSEQ;
	return (sizeof(buffer) - out_left) / 4;
}

/* By the table of RFC 3629, whatever the code; its bytes. */
static u32 encode(u8 *to, u32 code)
{
	if (code < 0x80) {
		to[0] = code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = 0xc0 | code >> 6;
		to[1] = 0x80 | (code & 0x3f);
		return 2;
	}
	if (code < 0x10000) {
		to[0] = 0xe0 | code >> 12;
		to[1] = 0x80 | (code >> 6 & 0x3f);
		to[2] = 0x80 | (code & 0x3f);
		return 3;
	}
	to[0] = 0xf0 | code >> 18;
	to[1] = 0x80 | (code >> 12 & 0x3f);
	to[2] = 0x80 | (code >> 6 & 0x3f);
	to[3] = 0x80 | (code & 0x3f);
	return 4;
}

static void every_code_point_but_surrogates_is_a_character(struct kunit *test)
{
	bool is_character;
	u8 text[4];
	u32 code;

	for (code = 0; code < 0x200000; code++) {
		is_character = code && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
		KUNIT_ASSERT_EQ_MSG(test, localstate_text_characters(text, encode(text, code)),
				    is_character ? 1 : -EILSEQ, "U+%x", code);
	}
}

static void expect_as_decoded(struct kunit *test, const u8 *text, u32 length)
{
	KUNIT_ASSERT_EQ_MSG(test, localstate_text_characters(text, length), decode(text, length),
			    "%u bytes: %02x %02x %02x %02x", length, text[0], text[1], text[2],
			    text[3]);
}

/* All of up to two bytes, and of three and four those from about the edges. */
static void sequences_are_judged_as_iconv_does(struct kunit *test)
{
	static const u8 edges[] = {
		0x00, 0x01, 0x41, 0x7e, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xbe, 0xbf,
		0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4,
		0xf5, 0xf7, 0xf8, 0xfd, 0xfe, 0xff,
	};
	const u32 n = ARRAY_SIZE(edges);
	u8 text[4] = { 0 };
	u32 i;

	open_decoder(test);
	for (i = 0; i < 65536; i++) {
		text[0] = i;
		text[1] = i >> 8;
		expect_as_decoded(test, text, 1);
		expect_as_decoded(test, text, 2);
	}
	for (i = 0; i < n * n * n * n; i++) {
		text[0] = edges[i % n];
		text[1] = edges[i / n % n];
		text[2] = edges[i / n / n % n];
		text[3] = edges[i / n / n / n];
		expect_as_decoded(test, text, 3);
		expect_as_decoded(test, text, 4);
	}
	iconv_close(decoder);
}

/* Up to 16 characters; *@ends: where each ends, with 0 before them. */
static u32 random_text(u8 *text, u32 *ends, u32 *n)
{
	static const u32 limits[] = { 0x7f, 0x7ff, 0xffff, 0x10ffff };
	u32 length = 0, code;

	ends[0] = 0;
	*n = random_below(17);
	for (u32 i = 1; i <= *n; i++) {
		do {
			code = 1 + random_below(limits[random_below(4)]);
		} while (code >= 0xd800 && code <= 0xdfff);
		length += encode(text + length, code);
		ends[i] = length;
	}
	return length;
}

static void damaged_texts_are_judged_as_iconv_does(struct kunit *test)
{
	u32 ends[17], length, n, good = 0;
	u8 text[64];
	int i, damage;

	random_start();
	open_decoder(test);
	for (i = 0; i < 500000; i++) {
		length = random_text(text, ends, &n);
		for (damage = random_below(3); length && damage; damage--)
			text[random_below(length)] = random_u64();
		if (length && !random_below(4))
			length -= 1 + random_below(length);
		KUNIT_ASSERT_EQ(test, localstate_text_characters(text, length),
				decode(text, length));
		good += decode(text, length) >= 0;
	}
	iconv_close(decoder);
	printf("# %u of %d are valid\n", good, i);
	KUNIT_EXPECT_TRUE(test, good > i / 10 && good < i - i / 10);
}

static void cut_is_the_last_end_of_a_character_that_fits(struct kunit *test)
{
	u32 ends[17], length, n, max, at;
	u8 text[64];
	int i;

	random_start();
	for (i = 0; i < 100000; i++) {
		length = random_text(text, ends, &n);
		KUNIT_ASSERT_EQ(test, localstate_text_characters(text, length), (int)n);
		for (at = 0, max = 0; max <= length + 1; max++) {
			while (at < n && ends[at + 1] <= max)
				at++;
			KUNIT_ASSERT_EQ(test, localstate_text_cut(text, length, max), ends[at]);
		}
	}
}

static struct kunit_case text_cases[] = {
	KUNIT_CASE(every_code_point_but_surrogates_is_a_character),
	KUNIT_CASE(sequences_are_judged_as_iconv_does),
	KUNIT_CASE(damaged_texts_are_judged_as_iconv_does),
	KUNIT_CASE(cut_is_the_last_end_of_a_character_that_fits),
	{}
};

static struct kunit_suite text_suite = {
	.name = "text_random",
	.test_cases = text_cases,
};

kunit_test_suite(text_suite);
