// SPDX-License-Identifier: LGPL-2.1-or-later
/* Text and metadata: what a terminal may be shown, what is a character. */
#include "private.h"

#include <stdlib.h>

#include "tap.h"

static const char *quoted(const char *s, size_t length)
{
	static char result[1024];
	struct lstate_text text = { 0 };
	char *taken;

	lstate_text_add_quoted(&text, s, length);
	taken = lstate_text_take(&text);
	snprintf(result, sizeof(result), "%s", taken);
	free(taken);
	return result;
}

static const char *named(const char *s)
{
	static char result[1024];
	struct lstate_text text = { 0 };
	char *taken;

	lstate_text_add_name(&text, s);
	taken = lstate_text_take(&text);
	snprintf(result, sizeof(result), "%s", taken);
	free(taken);
	return result;
}

TEST(plain_text_is_shown_as_it_is)
{
	check_text(quoted("grün €😀", strlen("grün €😀")), "\"grün €😀\"");
}

TEST(control_characters_are_escaped)
{
	check_text(quoted("a\033[2Jb", 6), "\"a\\x1b[2Jb\"");
	check_text(quoted("\n\t\177", 3), "\"\\x0a\\x09\\x7f\"");
	/* U+009B, a one-character CSI */
	check_text(quoted("\xc2\x9b", 2), "\"\\xc2\\x9b\"");
	check_text(quoted("\0", 1), "\"\\x00\"");
}

TEST(quotes_and_backslashes_are_escaped)
{
	check_text(quoted("a\"\\", 3), "\"a\\\"\\\\\"");
}

TEST(broken_utf8_is_escaped)
{
	check_text(quoted("\xff" "a\xc3", 3), "\"\\xffa\\xc3\"");
	check_text(quoted("\xed\xa0\x80", 3), "\"\\xed\\xa0\\x80\"");
}

TEST(long_text_is_cut)
{
	char text[200];

	memset(text, 'a', sizeof(text));
	check(strlen(quoted(text, 60)) == 62);
	check(strlen(quoted(text, 61)) == 65);
	check(strcmp(quoted(text, 61) + 61, "\"...") == 0);
}

TEST(names_and_ids_need_no_quotes)
{
	check_text(named("a.b:c/d-1_Z"), "a.b:c/d-1_Z");
	check_text(named("@42"), "@42");
	check_text(named(""), "\"\"");
	check_text(named("a b"), "\"a b\"");
	check_text(named("a\033"), "\"a\\x1b\"");
}

TEST(only_valid_utf8_is_a_character)
{
	static const struct {
		const char *s;
		size_t length;
	} cases[] = {
		{ "a", 1 }, { "\xc2\x80", 2 }, { "\xdf\xbf", 2 },
		{ "\xe0\xa0\x80", 3 }, { "\xed\x9f\xbf", 3 }, { "\xef\xbf\xbf", 3 },
		{ "\xf0\x90\x80\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
		{ "\x80", 0 }, { "\xc0\xaf", 0 }, { "\xc1\xbf", 0 },
		{ "\xe0\x9f\xbf", 0 }, { "\xed\xa0\x80", 0 },
		{ "\xf0\x8f\xbf\xbf", 0 }, { "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 }, { "\xe2\x82", 0 }, { "\xe2\x28\xa1", 0 },
		{ "\xe2\x82\x28", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(lstate_utf8_length(cases[i].s, strlen(cases[i].s)) ==
		      cases[i].length);
	check(lstate_utf8_length("", 0) == 0);
}

TEST(length_is_counted_in_characters)
{
	check(lstate_utf8_count("grün", strlen("grün")) == 4);
	check(lstate_utf8_count("", 0) == 0);
	check(lstate_utf8_count("\xff\xff", 2) == 2);
}

TEST(text_grows_as_it_must)
{
	struct lstate_text text = { 0 };
	char *taken;
	int i;

	for (i = 0; i < 1000; i++)
		lstate_text_add(&text, "%d,", i % 10);
	check(text.length == 2000);
	taken = lstate_text_take(&text);
	check(taken && strlen(taken) == 2000);
	check(!text.data && !text.length);
	free(taken);
}

/* ------------------------------------------------------------------------ */

TEST(metadata_travel_and_come_back)
{
	const struct lstate_metadata list[] = {
		{ "unit", "C" }, { "source", "a=b" }, { "empty", "" }, { NULL, NULL },
	};
	struct lstate_metadata back[4];
	size_t length, n;
	char *packed;

	check(lstate_metadata_pack(list, &packed, &length) == 0);
	check(length == 7 + 11 + 7);
	check(memcmp(packed, "unit=C\0source=a=b\0empty=", length) == 0);
	check(lstate_strings_count(packed, length) == 3);
	n = lstate_metadata_unpack(packed, length, back, 3);
	check(n == 3 && !back[3].key);
	check_text(back[0].key, "unit");
	check_text(back[0].value, "C");
	check_text(back[1].key, "source");
	check_text(back[1].value, "a=b");
	check_text(back[2].value, "");
	free(packed);
}

TEST(no_metadata_are_nothing)
{
	const struct lstate_metadata none[] = { { NULL, NULL } };
	struct lstate_metadata back[1] = { { "x", "y" } };
	const char *bad = NULL;
	size_t length = 7;
	char *packed = back[0].key ? (char *)1 : NULL;

	check(lstate_metadata_pack(NULL, &packed, &length) == 0);
	check(!packed && !length);
	check(lstate_metadata_pack(none, &packed, &length) == 0);
	check(!packed && !length);
	check(lstate_metadata_check(NULL, &bad) == 0 && !bad);
	check(lstate_metadata_unpack(NULL, 0, back, 0) == 0);
	check(!back[0].key);
}

TEST(metadata_keys_are_checked)
{
	const struct lstate_metadata empty[] = { { "", "x" }, { NULL, NULL } };
	const struct lstate_metadata equals[] = { { "a", "" }, { "a=b", "x" },
						  { NULL, NULL } };
	const struct lstate_metadata novalue[] = { { "a", NULL }, { NULL, NULL } };
	const char *bad;

	check(lstate_metadata_check(empty, &bad) == -EINVAL);
	check_text(bad, "");
	check(lstate_metadata_check(equals, &bad) == -EINVAL);
	check_text(bad, "a=b");
	check(lstate_metadata_check(novalue, &bad) == -EINVAL);
}

TEST(metadata_without_their_end_do_no_harm)
{
	char packed[] = { 'a', '=', '1', '\0', 'b', '=', '2' };
	struct lstate_metadata back[3];

	check(lstate_metadata_unpack(packed, sizeof(packed), back, 2) == 1);
	check_text(back[0].key, "a");
	check(!back[1].key);
}

TAP_MAIN
