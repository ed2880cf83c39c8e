// SPDX-License-Identifier: GPL-2.0-only
/*
 * liblocalstate: filters as expressions, once more from the terms that another
 * program could have watched with.
 */
#include <linux/localstate.h>

#include "library_helpers.h"

static struct localstate_value number(__u32 type, __u64 bits)
{
	return (struct localstate_value) {
		.data = bits, .length = sizeof(bits), .type = type,
	};
}

TEST(terms_come_back_as_the_expression_that_they_are_of)
{
	const struct localstate_filter_term terms[] = {
		{
			.operation = LOCALSTATE_FILTER_CHANGED,
			.flags = LOCALSTATE_FILTER_PERCENT | LOCALSTATE_FILTER_REPORTED,
			.operand = number(LOCALSTATE_TYPE_UINT, 12500000),
		},
		{
			.operation = LOCALSTATE_FILTER_ENTERS,
			.flags = LOCALSTATE_FILTER_ABOVE,
			.operand = number(LOCALSTATE_TYPE_INT, -30),
			.hysteresis = 2,
		},
	};
	const struct localstate_filter filter = {
		.terms = (uintptr_t)terms,
		.n_terms = 2,
		.match = LOCALSTATE_FILTER_ALL,
	};
	char text[] = "abs(new - reported) >= 12.5% && rises -30 by 2";
	struct lstate_watch_options *options;
	char buffer[sizeof(text)];

	ASSERT_EQ(sizeof(text) - 1, lstate_filter_format(&filter, buffer, sizeof(buffer)));
	EXPECT_STREQ(text, buffer);
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	EXPECT_EQ(0, lstate_watch_options_set_filter(options, buffer, NULL));
	lstate_watch_options_free(options);
}

TEST(unknown_term_is_einval)
{
	const struct localstate_filter_term term = { .operation = 99 };
	const struct localstate_filter filter = { .terms = (uintptr_t)&term, .n_terms = 1 };
	char buffer[8] = "poison";

	EXPECT_EQ(-EINVAL, lstate_filter_format(&filter, buffer, sizeof(buffer)));
	EXPECT_STREQ("poison", buffer);
}

TEST_HARNESS_MAIN
