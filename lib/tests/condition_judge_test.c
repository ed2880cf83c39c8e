// SPDX-License-Identifier: LGPL-2.1-or-later
/* Conditions: whether a value fulfils them, at each limit and beside it. */
#include "filter.h"

#include "tap.h"

#include <math.h>
#include <stdlib.h>

/* 1, 0, or a negative errno, of which @error tells. */
static int judge(const char *condition, struct lstate_value value,
		 struct lstate_error *error)
{
	struct lstate_filter *filter;
	int rc;

	rc = lstate_condition_parse(condition, &filter, error);
	if (rc < 0)
		return rc;
	rc = lstate_condition_judge(filter, "x", &value, error);
	lstate_filter_free(filter);
	return rc;
}

static bool holds(const char *condition, struct lstate_value value)
{
	struct lstate_error error = { 0 };
	int rc = judge(condition, value, &error);

	check(rc >= 0);
	lstate_error_clear(&error);
	return rc > 0;
}

#define INT(i)		lstate_value_int(i)
#define UINT(u)		lstate_value_uint(u)
#define FLOAT(f)	lstate_value_float(f)

TEST(bounds_of_integers)
{
	check(holds("x > 5", INT(6)) && !holds("x > 5", INT(5)));
	check(holds("x >= 5", INT(5)) && !holds("x >= 5", INT(4)));
	check(holds("x < 5", INT(4)) && !holds("x < 5", INT(5)));
	check(holds("x <= 5", INT(5)) && !holds("x <= 5", INT(6)));
	check(holds("x < 0", INT(INT64_MIN)) && !holds("x > 0", INT(INT64_MIN)));
	check(holds("x >= -9223372036854775808", INT(INT64_MIN)));
	check(holds("x > 9223372036854775807", UINT(UINT64_MAX)));
	check(!holds("x < 9223372036854775807", UINT(UINT64_MAX)));
	check(holds("x in 2..4", INT(2)) && holds("x in 2..4", INT(4)));
	check(!holds("x in 2..4", INT(1)) && !holds("x in 2..4", INT(5)));
	check(holds("x not in 2..4", INT(1)) && holds("x not in 2..4", INT(5)));
	check(!holds("x not in 2..4", INT(2)) && !holds("x not in 2..4", INT(4)));
}

TEST(bounds_of_floats)
{
	check(holds("x > 0.5", FLOAT(nextafter(0.5, 1))) && !holds("x > 0.5", FLOAT(0.5)));
	check(holds("x >= 0.5", FLOAT(0.5)) && !holds("x >= 0.5", FLOAT(nextafter(0.5, 0))));
	check(holds("x <= 0", FLOAT(-0.0)) && holds("x >= 0", FLOAT(-0.0)));
	check(!holds("x < 0", FLOAT(-0.0)) && !holds("x > -0.0", FLOAT(0.0)));
	check(holds("x > 1e308", FLOAT(INFINITY)) && holds("x <= inf", FLOAT(INFINITY)));
	check(!holds("x < inf", FLOAT(INFINITY)) && holds("x < inf", FLOAT(-INFINITY)));
}

TEST(nan_is_in_no_range)
{
	check(!holds("x > 1", FLOAT(NAN)) && !holds("x <= 1", FLOAT(NAN)));
	check(!holds("x in 1..2", FLOAT(NAN)) && !holds("x not in 1..2", FLOAT(NAN)));
	check(holds("x == nan", FLOAT(NAN)) && !holds("x != nan", FLOAT(NAN)));
	check(!holds("x == 1", FLOAT(NAN)) && holds("x != 1", FLOAT(NAN)));
	check(!holds("x == nan", FLOAT(1)) && holds("x != nan", FLOAT(1)));
}

TEST(values_are_equal_or_not)
{
	static const unsigned char bytes[] = { 0, 1, 2 };
	struct lstate_value value = { .type = LSTATE_TYPE_BYTES, .length = 3, .data = bytes };

	check(holds("x == true", lstate_value_bool(true)));
	check(!holds("x == false", lstate_value_bool(true)));
	check(holds("x == -1", INT(-1)) && !holds("x != -1", INT(-1)));
	check(holds("x == 0.0", FLOAT(-0.0)));
	check(holds("x == 'on'", lstate_value_string("on")));
	check(!holds("x == 'on'", lstate_value_string("one")));
	check(!holds("x == 'on'", lstate_value_string("o")));
	check(holds("x != 'on'", lstate_value_string("")));
	check(holds("x == ''", lstate_value_string("")));
	check(holds("x == 'AAEC'", value) && !holds("x != 'AAEC'", value));
	value.length = 2;
	check(!holds("x == 'AAEC'", value) && holds("x != 'AAEC'", value));
}

TEST(arrays_are_equal_by_element)
{
	struct lstate_value value;

	check(lstate_value_parse(LSTATE_TYPE_ARRAY, "f64[2]: -0.0 nan", &value) == 0);
	check(holds("x == 'f64[2]: 0 nan'", value));
	check(!holds("x == 'f64[2]: 1 nan'", value));
	check(holds("x != 'f32[2]: 0 nan'", value));
	lstate_value_clear(&value);
}

TEST(bits_are_any_of_them)
{
	check(holds("x & 0x6", UINT(4)) && holds("x & 0x6", UINT(2)));
	check(!holds("x & 0x6", UINT(9)) && !holds("x & 0x6", UINT(0)));
	check(holds("x & 0x8000000000000000", INT(-1)));
}

TEST(terms_are_combined)
{
	check(holds("x < 5 || x > 50", INT(4)) && holds("x < 5 || x > 50", INT(51)));
	check(!holds("x < 5 || x > 50", INT(5)));
	check(holds("x > 5 && x != 7", INT(6)));
	check(!holds("x > 5 && x != 7", INT(7)) && !holds("x > 5 && x != 7", INT(5)));
	check(!holds("x > 1 && x == nan", FLOAT(NAN)) && holds("x > 1 || x == nan", FLOAT(NAN)));
}

TEST(misfit_is_told)
{
	struct lstate_error error = { 0 };

	check(judge("x > 5", lstate_value_string("a"), &error) == -EINVAL);
	check_text(lstate_error_message(&error),
		   "x: condition: column 1: a string has no order");
	check(judge("x not in 5..1", INT(0), &error) == -EINVAL);
	check_text(lstate_error_message(&error), "x: condition: column 1: the range is empty");
	check(judge("x in 0.5..0.25", FLOAT(0), &error) == -EINVAL);
	check(judge("x in 0..-0.0", FLOAT(0), &error) == 1);
	lstate_error_clear(&error);
}

TAP_MAIN
