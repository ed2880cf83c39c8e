// SPDX-License-Identifier: LGPL-2.1-or-later
/* Values: text to value and back, in any locale; the kernel's form. */
#include "private.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "tap.h"

static int parse(enum lstate_type type, const char *text)
{
	struct lstate_value value;
	int rc = lstate_value_parse(type, text, &value);

	if (rc == 0)
		lstate_value_clear(&value);
	return rc;
}

static int64_t parse_int(const char *text)
{
	struct lstate_value value = lstate_value_int(4711);

	check(lstate_value_parse(LSTATE_TYPE_INT, text, &value) == 0);
	check(value.type == LSTATE_TYPE_INT);
	return value.i;
}

static uint64_t parse_uint(const char *text)
{
	struct lstate_value value = lstate_value_uint(4711);

	check(lstate_value_parse(LSTATE_TYPE_UINT, text, &value) == 0);
	return value.u;
}

static double parse_float(const char *text)
{
	struct lstate_value value = lstate_value_float(4711);

	check(lstate_value_parse(LSTATE_TYPE_FLOAT, text, &value) == 0);
	return value.f;
}

static const char *format(struct lstate_value value)
{
	static char buffer[LSTATE_VALUE_FORMAT_MAX];
	int length;

	memset(buffer, 'x', sizeof(buffer));
	length = lstate_value_format(&value, buffer, sizeof(buffer));
	check(length >= 0 && (size_t)length == strlen(buffer));
	return buffer;
}

TEST(bool_is_read_from_its_eight_words)
{
	static const char *const words[] = {
		"false", "no", "off", "0", "true", "yes", "on", "1", "TRUE", "Yes",
	};
	struct lstate_value value;
	size_t i;

	for (i = 0; i < 10; i++) {
		check(lstate_value_parse(LSTATE_TYPE_BOOL, words[i], &value) == 0);
		check(value.b == (i >= 4));
	}
}

TEST(bool_takes_no_other_word)
{
	check(parse(LSTATE_TYPE_BOOL, "") == -EINVAL);
	check(parse(LSTATE_TYPE_BOOL, "2") == -EINVAL);
	check(parse(LSTATE_TYPE_BOOL, "true ") == -EINVAL);
	check(parse(LSTATE_TYPE_BOOL, "t") == -EINVAL);
}

TEST(int_is_read_over_its_whole_range)
{
	check(parse_int("0") == 0);
	check(parse_int("-0") == 0);
	check(parse_int("+7") == 7);
	check(parse_int("-5") == -5);
	check(parse_int("010") == 10);
	check(parse_int("0x1F") == 31);
	check(parse_int("-0x10") == -16);
	check(parse_int("9223372036854775807") == INT64_MAX);
	check(parse_int("-9223372036854775808") == INT64_MIN);
	check(parse_int("-0x8000000000000000") == INT64_MIN);
}

TEST(int_that_does_not_fit_is_erange)
{
	check(parse(LSTATE_TYPE_INT, "9223372036854775808") == -ERANGE);
	check(parse(LSTATE_TYPE_INT, "-9223372036854775809") == -ERANGE);
	check(parse(LSTATE_TYPE_INT, "99999999999999999999") == -ERANGE);
	check(parse(LSTATE_TYPE_INT, "0x10000000000000000") == -ERANGE);
}

TEST(int_takes_nothing_but_digits)
{
	static const char *const wrong[] = {
		"", "-", "+", "0x", "abc", "1.5", "1 ", " 1", "--1", "1e3",
		"99999999999999999999x", "0xg", "١",
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		check(parse(LSTATE_TYPE_INT, wrong[i]) == -EINVAL);
}

TEST(uint_is_read_over_its_whole_range)
{
	check(parse_uint("0") == 0);
	check(parse_uint("-0") == 0);
	check(parse_uint("18446744073709551615") == UINT64_MAX);
	check(parse_uint("0xffffffffffffffff") == UINT64_MAX);
	check(parse(LSTATE_TYPE_UINT, "18446744073709551616") == -ERANGE);
	check(parse(LSTATE_TYPE_UINT, "-1") == -ERANGE);
}

TEST(float_is_read_in_all_its_forms)
{
	check(parse_float("1.5") == 1.5);
	check(parse_float("-1e3") == -1000);
	check(parse_float("+.5") == 0.5);
	check(parse_float("0x1.8p1") == 3);
	check(isinf(parse_float("inf")) && parse_float("inf") > 0);
	check(isinf(parse_float("-Infinity")) && parse_float("-inf") < 0);
	check(isnan(parse_float("nan")));
	check(signbit(parse_float("-0")));
	check(parse_float("1e-400") == 0);
	check(parse_float("5e-324") == 5e-324);
}

TEST(float_that_does_not_fit_is_erange)
{
	check(parse(LSTATE_TYPE_FLOAT, "1e999") == -ERANGE);
	check(parse(LSTATE_TYPE_FLOAT, "-1e999") == -ERANGE);
}

TEST(float_takes_nothing_else)
{
	static const char *const wrong[] = {
		"", " 1", "1 ", "1,5", "abc", "nan(1)", "0x", "1e", "1.5.5", "-",
		"\t1", "1e999x",
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		check(parse(LSTATE_TYPE_FLOAT, wrong[i]) == -EINVAL);
}

TEST(string_is_the_text_itself)
{
	struct lstate_value value;

	check(lstate_value_parse(LSTATE_TYPE_STRING, " a b ", &value) == 0);
	check(value.length == 5);
	check_text(value.s, " a b ");
	lstate_value_clear(&value);
	check(value.type == LSTATE_TYPE_NONE);
	lstate_value_clear(NULL);
}

TEST(failed_parse_leaves_the_value_alone)
{
	struct lstate_value value = lstate_value_int(42);

	check(lstate_value_parse(LSTATE_TYPE_INT, "x", &value) == -EINVAL);
	check(value.type == LSTATE_TYPE_INT && value.i == 42);
	check(lstate_value_parse(LSTATE_TYPE_NONE, "x", &value) == -EOPNOTSUPP);
	check(lstate_value_parse((enum lstate_type)99, "x", &value) == -EOPNOTSUPP);
	check(value.type == LSTATE_TYPE_INT && value.i == 42);
}

TEST(numbers_are_written_short)
{
	check_text(format(lstate_value_bool(true)), "true");
	check_text(format(lstate_value_bool(false)), "false");
	check_text(format(lstate_value_int(INT64_MIN)), "-9223372036854775808");
	check_text(format(lstate_value_uint(UINT64_MAX)), "18446744073709551615");
	check_text(format(lstate_value_float(31.5)), "31.5");
	check_text(format(lstate_value_float(20)), "20");
	check_text(format(lstate_value_float(0.1)), "0.1");
	check_text(format(lstate_value_float(0.1 + 0.2)), "0.30000000000000004");
	check_text(format(lstate_value_float(-0.0)), "-0");
	check_text(format(lstate_value_float(INFINITY)), "inf");
	check_text(format(lstate_value_float(-INFINITY)), "-inf");
	check_text(format(lstate_value_float(NAN)), "nan");
	check_text(format(lstate_value_float(-NAN)), "nan");
}

TEST(longest_number_fits_into_format_max)
{
	check(strlen(format(lstate_value_float(-DBL_MAX))) <
	      LSTATE_VALUE_FORMAT_MAX - 1);
	check(strlen(format(lstate_value_float(-2.2250738585072014e-308))) <
	      LSTATE_VALUE_FORMAT_MAX - 1);
}

/* Valgrind takes a minute for a million, and learns nothing from repetition. */
#ifdef __SANITIZE_ADDRESS__
#define DOUBLES 1000000
#else
#define DOUBLES 10000
#endif

/* xorshift64*: a fixed walk over bit patterns. */
TEST(random_doubles_survive_the_round_trip)
{
	uint64_t state = 88172645463325252ULL;
	unsigned int i, wrong = 0;

	for (i = 0; i < DOUBLES; i++) {
		struct lstate_value value = lstate_value_float(0), again;
		char buffer[LSTATE_VALUE_FORMAT_MAX];

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		memcpy(&value.f, &state, sizeof(state));
		if (isnan(value.f))
			continue;
		lstate_value_format(&value, buffer, sizeof(buffer));
		if (lstate_value_parse(LSTATE_TYPE_FLOAT, buffer, &again) < 0 ||
		    memcmp(&again.f, &value.f, sizeof(value.f)) != 0)
			wrong++;
	}
	check(wrong == 0);
}

TEST(format_cuts_like_snprintf)
{
	struct lstate_value value = lstate_value_string("hello");
	char buffer[4] = "zzz";

	check(lstate_value_format(&value, NULL, 0) == 5);
	check(lstate_value_format(&value, buffer, sizeof(buffer)) == 5);
	check_text(buffer, "hel");
	value = lstate_value_int(123456);
	check(lstate_value_format(&value, buffer, sizeof(buffer)) == 6);
	check_text(buffer, "123");
	value.type = LSTATE_TYPE_NONE;
	check(lstate_value_format(&value, buffer, sizeof(buffer)) == -EINVAL);
}

/* Needs one of them to be installed to say anything. */
TEST(no_locale_changes_a_number)
{
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
		printf("# no locale with a decimal comma here\n");
	check_text(format(lstate_value_float(31.5)), "31.5");
	check(parse_float("31.5") == 31.5);
	check(parse(LSTATE_TYPE_FLOAT, "31,5") == -EINVAL);
	setlocale(LC_ALL, "C");
}

TEST(copy_owns_its_text)
{
	char text[] = "abc";
	struct lstate_value from = lstate_value_choice(text), to;

	check(lstate_value_copy(&to, &from) == 0);
	text[0] = 'x';
	check(to.type == LSTATE_TYPE_CHOICE && to.length == 3);
	check_text(to.s, "abc");
	lstate_value_clear(&to);
	from = lstate_value_int(-3);
	check(lstate_value_copy(&to, &from) == 0 && to.i == -3);
	lstate_value_clear(&to);
}

TEST(scalars_travel_as_eight_bytes)
{
	struct lstate_value values[] = {
		lstate_value_bool(true), lstate_value_int(-1),
		lstate_value_uint(UINT64_MAX), lstate_value_float(-0.0),
	}, back;
	struct localstate_value packed;
	size_t i;

	for (i = 0; i < 4; i++) {
		lstate_value_pack(&values[i], &packed);
		check(packed.length == 8 && packed.type == values[i].type);
		lstate_value_unpack(packed.type, packed.data, &back);
		check(back.type == values[i].type);
		check(lstate_value_bits(&back) == packed.data);
	}
	lstate_value_pack(&values[0], &packed);
	check(packed.data == 1);
	lstate_value_pack(&values[3], &packed);
	check(packed.data == 1ULL << 63);
}

TEST(types_have_names)
{
	enum lstate_type type = LSTATE_TYPE_NONE;

	check_text(lstate_type_name(LSTATE_TYPE_CHOICE), "choice");
	check_text(lstate_type_name((enum lstate_type)77), "unknown");
	check(lstate_type_parse("uint", &type) == 0 && type == LSTATE_TYPE_UINT);
	check(lstate_type_parse("none", &type) == -EINVAL);
	check(lstate_type_parse("", &type) == -EINVAL);
	check(type == LSTATE_TYPE_UINT);
}

TAP_MAIN
