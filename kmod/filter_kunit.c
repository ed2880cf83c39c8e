// SPDX-License-Identifier: GPL-2.0-only
/* Filters: what they let pass, what they remember, what is refused. */
#include <linux/bits.h>
#include <linux/limits.h>

#include "kunit.h"

#define LS_0		0ULL
#define LS_NEGATIVE_0	BIT_ULL(63)
#define LS_1		0x3ff0000000000000ULL
#define LS_2		0x4000000000000000ULL
#define LS_5		0x4014000000000000ULL
#define LS_10		0x4024000000000000ULL
#define LS_20		0x4034000000000000ULL
#define LS_20_5		0x4034800000000000ULL
#define LS_21		0x4035000000000000ULL
#define LS_22		0x4036000000000000ULL
#define LS_28		0x403c000000000000ULL
#define LS_29		0x403d000000000000ULL
#define LS_30		0x403e000000000000ULL
#define LS_31		0x403f000000000000ULL
#define LS_100		0x4059000000000000ULL
#define LS_105		0x405a400000000000ULL
#define LS_106		0x405a800000000000ULL
#define LS_INF		0x7ff0000000000000ULL
#define LS_NEGATIVE(x)	((x) | BIT_ULL(63))
#define LS_NAN		0x7ff8000000000000ULL

#define LS_INT		LOCALSTATE_TYPE_INT
#define LS_UINT		LOCALSTATE_TYPE_UINT
#define LS_FLOAT	LOCALSTATE_TYPE_FLOAT

static int import(struct kunit *test, const struct localstate_filter_term *terms, u32 n, u32 match,
		  struct ls_filter **filter, struct localstate_error *error)
{
	const struct localstate_filter arg = {
		.terms = localstate_kunit_user(test, terms, n * sizeof(*terms)),
		.n_terms = n,
		.match = match,
	};

	*error = localstate_kunit_error();
	return localstate_filter_import(filter, &arg, error);
}

static struct ls_filter *filter_of(struct kunit *test, const struct localstate_filter_term *terms,
				   u32 n, u32 match)
{
	struct localstate_error error;
	struct ls_filter *filter;

	KUNIT_ASSERT_EQ(test, 0, import(test, terms, n, match, &filter, &error));
	KUNIT_ASSERT_NOT_NULL(test, filter);
	KUNIT_EXPECT_EQ(test, error.index, LOCALSTATE_NO_INDEX);
	return filter;
}

/* A filter, the type of a variable, and the value that it begins with. */
struct asked {
	struct ls_filter *filter;
	struct ls_filter_state state;
	u32 type;
	u64 value;
};

static void start(struct asked *asked, u32 type, u64 value)
{
	const struct ls_value first = localstate_kunit_scalar(type, value);

	asked->type = type;
	asked->value = value;
	localstate_filter_start(asked->filter, &asked->state, &first);
}

static bool passes(struct asked *asked, u64 value)
{
	u64 old = asked->value;
	const struct ls_change change = {
		.type = asked->type,
		.old = { &old, sizeof(old), true },
		.new = { &value, sizeof(value), true },
	};

	asked->value = value;
	return localstate_filter_pass(asked->filter, &asked->state, &change);
}

/* One term, and whether it lets a change from one value to another pass. */
struct question {
	u32 type;
	struct localstate_filter_term term;
	u64 from, to;
	bool pass;
};

static void expect_answers(struct kunit *test, const struct question *questions, u32 n)
{
	struct asked asked;
	u32 i;

	for (i = 0; i < n; i++) {
		const struct question *q = &questions[i];

		asked.filter = filter_of(test, &q->term, 1, LOCALSTATE_FILTER_ANY);
		start(&asked, q->type, q->from);
		KUNIT_EXPECT_EQ_MSG(test, passes(&asked, q->to), q->pass, "question %u", i);
		localstate_filter_drop(asked.filter);
	}
}

#define CHANGED(amount_type, amount, more) {				\
	.operation = LOCALSTATE_FILTER_CHANGED, .flags = (more),	\
	.operand = { .data = (amount), .length = 8, .type = (amount_type) }, \
}

#define ABOVE	LOCALSTATE_FILTER_ABOVE
#define BELOW	LOCALSTATE_FILTER_BELOW
#define UP	LOCALSTATE_FILTER_UP
#define DOWN	LOCALSTATE_FILTER_DOWN
#define PERCENT	LOCALSTATE_FILTER_PERCENT
#define ONE	LOCALSTATE_FILTER_PERCENT_ONE

static void change_below_at_and_above_the_amount(struct kunit *test)
{
	static const struct question questions[] = {
		{ LS_INT, CHANGED(LS_UINT, 3, ABOVE), 10, 12, false },
		{ LS_INT, CHANGED(LS_UINT, 3, ABOVE), 10, 13, false },
		{ LS_INT, CHANGED(LS_UINT, 3, ABOVE), 10, 14, true },
		{ LS_INT, CHANGED(LS_UINT, 3, 0), 10, 12, false },
		{ LS_INT, CHANGED(LS_UINT, 3, 0), 10, 13, true },
		{ LS_INT, CHANGED(LS_UINT, 3, 0), 10, 7, true },
		{ LS_INT, CHANGED(LS_UINT, 3, UP), 10, 7, false },
		{ LS_INT, CHANGED(LS_UINT, 3, DOWN), 10, 7, true },
		{ LS_INT, CHANGED(LS_UINT, 3, DOWN), 10, 13, false },
		{ LS_INT, CHANGED(LS_UINT, 0, UP), 10, 10, true },
		{ LS_INT, CHANGED(LS_UINT, 0, DOWN), 10, 10, true },
		{ LS_UINT, CHANGED(LS_UINT, 3, ABOVE), 2, 0, false },
		{ LS_UINT, CHANGED(LS_UINT, 3, ABOVE), 0, 4, true },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, ABOVE), LS_20, LS_20_5, false },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, ABOVE), LS_20, LS_21, false },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, ABOVE), LS_20, LS_21 + 1, true },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, 0), LS_20, LS_21 - 1, false },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, 0), LS_21, LS_20, true },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, UP), LS_21, LS_20, false },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, DOWN), LS_21, LS_20, true },
	};

	expect_answers(test, questions, ARRAY_SIZE(questions));
}

static void difference_of_integers_does_not_overflow(struct kunit *test)
{
	static const struct question questions[] = {
		{ LS_INT, CHANGED(LS_UINT, U64_MAX, 0), S64_MIN, S64_MAX, true },
		{ LS_INT, CHANGED(LS_UINT, U64_MAX, ABOVE), S64_MIN, S64_MAX, false },
		{ LS_INT, CHANGED(LS_UINT, U64_MAX - 1, ABOVE), S64_MAX, S64_MIN, true },
		{ LS_INT, CHANGED(LS_UINT, 1ULL << 63, 0), -1LL, S64_MAX, true },
		{ LS_INT, CHANGED(LS_UINT, 1ULL << 63, ABOVE), -1LL, S64_MAX, false },
		{ LS_INT, CHANGED(LS_UINT, 1, UP), S64_MAX, S64_MIN, false },
		{ LS_UINT, CHANGED(LS_UINT, U64_MAX, 0), 0, U64_MAX, true },
		{ LS_UINT, CHANGED(LS_UINT, U64_MAX, 0), 1, U64_MAX, false },
		{ LS_UINT, CHANGED(LS_UINT, 1, UP), U64_MAX, 0, false },
	};

	expect_answers(test, questions, ARRAY_SIZE(questions));
}

static void change_in_percent_of_the_reference(struct kunit *test)
{
	static const struct question questions[] = {
		{ LS_INT, CHANGED(LS_UINT, 5 * ONE, PERCENT), 100, 104, false },
		{ LS_INT, CHANGED(LS_UINT, 5 * ONE, PERCENT), 100, 105, true },
		{ LS_INT, CHANGED(LS_UINT, 5 * ONE, PERCENT | ABOVE), 100, 105, false },
		{ LS_INT, CHANGED(LS_UINT, 5 * ONE, PERCENT | ABOVE), 100, 106, true },
		{ LS_INT, CHANGED(LS_UINT, 5 * ONE, PERCENT), -100LL, -105LL, true },
		{ LS_INT, CHANGED(LS_UINT, 5 * ONE, PERCENT | ABOVE), -100LL, -105LL, false },
		{ LS_INT, CHANGED(LS_UINT, ONE / 2, PERCENT), 1000, 1004, false },
		{ LS_INT, CHANGED(LS_UINT, ONE / 2, PERCENT), 1000, 1005, true },
		{ LS_INT, CHANGED(LS_UINT, 5 * ONE, PERCENT | ABOVE), 0, 1, true },
		{ LS_INT, CHANGED(LS_UINT, 200 * ONE, PERCENT | ABOVE), S64_MIN, S64_MAX, false },
		{ LS_INT, CHANGED(LS_UINT, 199 * ONE, PERCENT | ABOVE), S64_MIN, S64_MAX, true },
		{ LS_UINT, CHANGED(LS_UINT, 100 * ONE, PERCENT), U64_MAX, 0, true },
		{ LS_UINT, CHANGED(LS_UINT, 100 * ONE, PERCENT | ABOVE), U64_MAX, 0, false },
		{ LS_UINT, CHANGED(LS_UINT, U64_MAX, PERCENT), U64_MAX, 0, false },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_5, PERCENT), LS_100, LS_105, true },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_5, PERCENT), LS_100, LS_105 - 1, false },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_5, PERCENT | ABOVE), LS_100, LS_105, false },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_5, PERCENT | ABOVE), LS_100, LS_106, true },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_5, PERCENT), LS_NEGATIVE(LS_100),
		  LS_NEGATIVE(LS_105), true },
	};

	expect_answers(test, questions, ARRAY_SIZE(questions));
}

static void what_is_not_a_number_passes(struct kunit *test)
{
	static const struct question questions[] = {
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, ABOVE), LS_NAN, LS_1, true },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, ABOVE), LS_1, LS_NAN, true },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_1, ABOVE), LS_INF, LS_INF, true },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_INF, ABOVE), LS_INF, LS_NEGATIVE(LS_INF), false },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_INF, 0), LS_INF, LS_NEGATIVE(LS_INF), true },
		{ LS_FLOAT, CHANGED(LS_FLOAT, LS_INF, PERCENT), LS_0, LS_1, true },
		{ LS_FLOAT, { .operation = LOCALSTATE_FILTER_INSIDE,
			      .operand = { LS_1, 8, LS_FLOAT } }, LS_1, LS_NAN, true },
		{ LS_FLOAT, { .operation = LOCALSTATE_FILTER_OUTSIDE,
			      .operand = { LS_1, 8, LS_FLOAT } }, LS_1, LS_NAN, true },
		{ LS_FLOAT, { .operation = LOCALSTATE_FILTER_ENTERS,
			      .operand = { LS_1, 8, LS_FLOAT } }, LS_1, LS_NAN, true },
	};

	expect_answers(test, questions, ARRAY_SIZE(questions));
}

#define RANGE(what, more, bound_type, low, up_to) {			\
	.operation = (what), .flags = (more),				\
	.operand = { .data = (low), .length = 8, .type = (bound_type) }, \
	.high = { .data = (up_to), .length = 8, .type = (bound_type) },	\
}

#define INSIDE	LOCALSTATE_FILTER_INSIDE
#define OUTSIDE	LOCALSTATE_FILTER_OUTSIDE

static void bounds_belong_to_a_range_unless_it_is_open(struct kunit *test)
{
	static const struct question questions[] = {
		{ LS_INT, RANGE(INSIDE, 0, LS_INT, -2LL, 3), 0, -3LL, false },
		{ LS_INT, RANGE(INSIDE, 0, LS_INT, -2LL, 3), 0, -2LL, true },
		{ LS_INT, RANGE(INSIDE, 0, LS_INT, -2LL, 3), 0, 3, true },
		{ LS_INT, RANGE(INSIDE, 0, LS_INT, -2LL, 3), 0, 4, false },
		{ LS_INT, RANGE(INSIDE, ABOVE, LS_INT, -2LL, 3), 0, -2LL, false },
		{ LS_INT, RANGE(INSIDE, BELOW, LS_INT, -2LL, 3), 0, 3, false },
		{ LS_INT, RANGE(INSIDE, BELOW, LS_INT, S64_MIN, S64_MAX), 0, S64_MIN, true },
		{ LS_INT, RANGE(OUTSIDE, 0, LS_INT, -2LL, 3), 0, 3, false },
		{ LS_INT, RANGE(OUTSIDE, 0, LS_INT, -2LL, 3), 0, 4, true },
		{ LS_INT, RANGE(OUTSIDE, BELOW, LS_INT, -2LL, 3), 0, 3, true },
		{ LS_UINT, RANGE(INSIDE, 0, LS_UINT, 1, U64_MAX), 1, 0, false },
		{ LS_UINT, RANGE(INSIDE, 0, LS_UINT, 1, U64_MAX), 1, U64_MAX, true },
		{ LS_FLOAT, RANGE(INSIDE, 0, LS_FLOAT, LS_0, LS_1), LS_0, LS_NEGATIVE_0, true },
		{ LS_FLOAT, RANGE(INSIDE, ABOVE, LS_FLOAT, LS_0, LS_1), LS_1, LS_NEGATIVE_0,
		  false },
		{ LS_FLOAT, RANGE(INSIDE, ABOVE, LS_FLOAT, LS_NEGATIVE_0, LS_1), LS_1, 1, true },
		{ LS_FLOAT, RANGE(INSIDE, 0, LS_FLOAT, LS_0, LS_1), LS_0, LS_1 + 1, false },
		{ LS_FLOAT, RANGE(INSIDE, BELOW, LS_FLOAT, LS_0, LS_1), LS_0, LS_1 - 1, true },
		{ LS_FLOAT, RANGE(OUTSIDE, 0, LS_FLOAT, LS_0, LS_INF), LS_0, LS_INF, false },
	};

	expect_answers(test, questions, ARRAY_SIZE(questions));
}

static void equality_of_numbers(struct kunit *test)
{
	static const struct question questions[] = {
		{ LOCALSTATE_TYPE_BOOL, { .operation = LOCALSTATE_FILTER_EQUALS,
			.operand = { 1, 8, LOCALSTATE_TYPE_BOOL } }, 0, 1, true },
		{ LOCALSTATE_TYPE_BOOL, { .operation = LOCALSTATE_FILTER_EQUALS,
			.operand = { 1, 8, LOCALSTATE_TYPE_BOOL } }, 1, 0, false },
		{ LS_INT, { .operation = LOCALSTATE_FILTER_DIFFERS,
			    .operand = { 5, 8, LS_INT } }, 4, 5, false },
		{ LS_INT, { .operation = LOCALSTATE_FILTER_DIFFERS }, 5, 5, false },
		{ LS_INT, { .operation = LOCALSTATE_FILTER_DIFFERS }, 4, 5, true },
		{ LS_FLOAT, { .operation = LOCALSTATE_FILTER_EQUALS,
			      .operand = { LS_NAN, 8, LS_FLOAT } },
		  LS_0, LS_NEGATIVE(LS_NAN), true },
		{ LS_FLOAT, { .operation = LOCALSTATE_FILTER_EQUALS,
			      .operand = { LS_1, 8, LS_FLOAT } }, LS_1, LS_NAN, false },
		{ LS_FLOAT, { .operation = LOCALSTATE_FILTER_EQUALS,
			      .operand = { LS_0, 8, LS_FLOAT } }, LS_1, LS_NEGATIVE_0, true },
		{ LS_FLOAT, { .operation = LOCALSTATE_FILTER_DIFFERS }, LS_0, LS_NEGATIVE_0,
		  false },
		{ LS_UINT, { .operation = LOCALSTATE_FILTER_BITS,
			     .operand = { 4, 8, LS_UINT } }, 4, 3, false },
		{ LS_UINT, { .operation = LOCALSTATE_FILTER_BITS,
			     .operand = { 4, 8, LS_UINT } }, 0, 6, true },
		{ LS_INT, { .operation = LOCALSTATE_FILTER_BITS_CHANGED,
			    .operand = { 4, 8, LS_UINT } }, 4, 6, false },
		{ LS_INT, { .operation = LOCALSTATE_FILTER_BITS_CHANGED,
			    .operand = { 4, 8, LS_UINT } }, 4, 3, true },
	};

	expect_answers(test, questions, ARRAY_SIZE(questions));
}

/* The reference moves with what has passed, or with each change. */
static void walk_with_either_reference(struct kunit *test)
{
	static const struct localstate_filter_term previous = CHANGED(LS_FLOAT, LS_1, ABOVE);
	static const struct localstate_filter_term reported =
		CHANGED(LS_FLOAT, LS_1, ABOVE | LOCALSTATE_FILTER_REPORTED);
	struct asked asked;

	asked.filter = filter_of(test, &previous, 1, LOCALSTATE_FILTER_ANY);
	start(&asked, LS_FLOAT, LS_20);
	KUNIT_EXPECT_FALSE(test, passes(&asked, LS_20_5));
	KUNIT_EXPECT_TRUE(test, passes(&asked, LS_22));
	KUNIT_EXPECT_FALSE(test, passes(&asked, LS_21));
	KUNIT_EXPECT_FALSE(test, passes(&asked, LS_20_5));
	localstate_filter_drop(asked.filter);

	asked.filter = filter_of(test, &reported, 1, LOCALSTATE_FILTER_ANY);
	start(&asked, LS_FLOAT, LS_20);
	KUNIT_EXPECT_FALSE(test, passes(&asked, LS_20_5));
	KUNIT_EXPECT_EQ(test, asked.state.reported, LS_20);
	KUNIT_EXPECT_TRUE(test, passes(&asked, LS_22));
	KUNIT_EXPECT_EQ(test, asked.state.reported, LS_22);
	KUNIT_EXPECT_FALSE(test, passes(&asked, LS_21));
	KUNIT_EXPECT_TRUE(test, passes(&asked, LS_20_5));
	localstate_filter_drop(asked.filter);
}

/* Rises above 30 by 2: once, and again when it has been at 28 or below. */
static void crossing_has_a_hysteresis(struct kunit *test)
{
	static const struct localstate_filter_term rises[] = {
		{ .operation = LOCALSTATE_FILTER_ENTERS, .flags = ABOVE,
		  .operand = { 30, 8, LS_INT }, .hysteresis = 2 },
		{ .operation = LOCALSTATE_FILTER_ENTERS, .flags = ABOVE,
		  .operand = { LS_30, 8, LS_FLOAT }, .hysteresis = LS_2 },
	};
	static const struct { u64 to[2]; bool pass; } steps[] = {
		{ { 30, LS_30 }, false }, { { 31, LS_31 }, true }, { { 29, LS_29 }, false },
		{ { 31, LS_31 }, false }, { { 28, LS_28 }, false }, { { 30, LS_30 }, false },
		{ { 31, LS_31 }, true }, { { 20, LS_20 }, false }, { { 100, LS_100 }, true },
	};
	struct asked asked;
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(rises); i++) {
		asked.filter = filter_of(test, &rises[i], 1, LOCALSTATE_FILTER_ANY);
		start(&asked, rises[i].operand.type, i ? LS_20 : 20);
		for (j = 0; j < ARRAY_SIZE(steps); j++)
			KUNIT_EXPECT_EQ_MSG(test, passes(&asked, steps[j].to[i]), steps[j].pass,
					    "type %u, step %u", asked.type, j);
		/* Who begins above has not risen. */
		start(&asked, asked.type, i ? LS_31 : 31);
		KUNIT_EXPECT_FALSE(test, passes(&asked, i ? LS_100 : 100));
		localstate_filter_drop(asked.filter);
	}
}

static void leaving_has_a_hysteresis(struct kunit *test)
{
	static const struct localstate_filter_term leaves = {
		.operation = LOCALSTATE_FILTER_LEAVES,
		.operand = { 10, 8, LS_UINT }, .high = { 20, 8, LS_UINT }, .hysteresis = 3,
	};
	static const struct { u64 to; bool pass; } steps[] = {
		{ 20, false }, { 21, true }, { 18, false }, { 21, false }, { 17, false },
		{ 21, true }, { 12, false }, { 9, false }, { 13, false }, { 9, true },
	};
	struct asked asked;
	u32 i;

	asked.filter = filter_of(test, &leaves, 1, LOCALSTATE_FILTER_ANY);
	/* In the range, though not by so much as to come back into it. */
	start(&asked, LS_UINT, 19);
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		KUNIT_EXPECT_EQ_MSG(test, passes(&asked, steps[i].to), steps[i].pass, "step %u", i);
	localstate_filter_drop(asked.filter);
}

/* Crossings see what another term lets pass, or holds back. */
static void terms_are_combined_by_any_or_all(struct kunit *test)
{
	static const struct localstate_filter_term terms[] = {
		{ .operation = LOCALSTATE_FILTER_ENTERS, .operand = { 10, 8, LS_INT } },
		{ .operation = LOCALSTATE_FILTER_BITS, .operand = { 1, 8, LS_UINT } },
	};
	struct asked asked;

	asked.filter = filter_of(test, terms, 2, LOCALSTATE_FILTER_ANY);
	start(&asked, LS_INT, 0);
	KUNIT_EXPECT_FALSE(test, passes(&asked, 2));
	KUNIT_EXPECT_TRUE(test, passes(&asked, 1));
	KUNIT_EXPECT_TRUE(test, passes(&asked, 10));
	KUNIT_EXPECT_FALSE(test, passes(&asked, 12));
	localstate_filter_drop(asked.filter);

	asked.filter = filter_of(test, terms, 2, LOCALSTATE_FILTER_ALL);
	start(&asked, LS_INT, 0);
	KUNIT_EXPECT_FALSE(test, passes(&asked, 1));
	KUNIT_EXPECT_FALSE(test, passes(&asked, 10));
	KUNIT_EXPECT_FALSE(test, passes(&asked, 11));
	KUNIT_EXPECT_FALSE(test, passes(&asked, 2));
	KUNIT_EXPECT_TRUE(test, passes(&asked, 11));
	localstate_filter_drop(asked.filter);
}

/* One that cannot be evaluated lets pass what another one would hold back. */
static void unknown_passes_whatever_the_others_say(struct kunit *test)
{
	static const struct localstate_filter_term terms[] = {
		CHANGED(LS_FLOAT, LS_1, 0),
		{ .operation = LOCALSTATE_FILTER_EQUALS, .operand = { LS_1, 8, LS_FLOAT } },
	};
	struct asked asked;

	asked.filter = filter_of(test, terms, 2, LOCALSTATE_FILTER_ALL);
	start(&asked, LS_FLOAT, LS_0);
	KUNIT_EXPECT_FALSE(test, passes(&asked, LS_20));
	KUNIT_EXPECT_TRUE(test, passes(&asked, LS_NAN));
	localstate_filter_drop(asked.filter);

	/* Nor do they suit the type that a name has after a new registration. */
	asked.filter = filter_of(test, terms, 2, LOCALSTATE_FILTER_ALL);
	start(&asked, LS_INT, 0);
	KUNIT_EXPECT_TRUE(test, passes(&asked, 0));
	localstate_filter_drop(asked.filter);
}

/* INITIAL: what needs an old value passes; the others look at the new one. */
static void without_an_old_value(struct kunit *test)
{
	static const struct { struct localstate_filter_term term; bool pass; } cases[] = {
		{ CHANGED(LS_UINT, 5, 0), true },
		{ CHANGED(LS_UINT, 5, LOCALSTATE_FILTER_REPORTED), true },
		{ { .operation = LOCALSTATE_FILTER_DIFFERS }, true },
		{ { .operation = LOCALSTATE_FILTER_ENTERS, .operand = { 9, 8, LS_INT } }, true },
		{ { .operation = LOCALSTATE_FILTER_LEAVES, .operand = { 9, 8, LS_INT } }, true },
		{ { .operation = LOCALSTATE_FILTER_BITS_CHANGED,
		    .operand = { 8, 8, LS_UINT } }, true },
		{ { .operation = LOCALSTATE_FILTER_INSIDE, .operand = { 9, 8, LS_INT } }, false },
		{ { .operation = LOCALSTATE_FILTER_EQUALS, .operand = { 7, 8, LS_INT } }, true },
		{ { .operation = LOCALSTATE_FILTER_EQUALS, .operand = { 8, 8, LS_INT } }, false },
		{ { .operation = LOCALSTATE_FILTER_BITS, .operand = { 8, 8, LS_UINT } }, false },
	};
	const u64 value = 7;
	const struct ls_change change = {
		.type = LS_INT,
		.new = { &value, sizeof(value), true },
	};
	struct asked asked;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		asked.filter = filter_of(test, &cases[i].term, 1, LOCALSTATE_FILTER_ANY);
		start(&asked, LS_INT, value);
		KUNIT_EXPECT_EQ_MSG(test, localstate_filter_pass(asked.filter, &asked.state,
								 &change),
				    cases[i].pass, "case %u", i);
		localstate_filter_drop(asked.filter);
	}
}

#define LONG_TEXT "a text of more than 32 bytes, which needs a cell"

static bool text_passes(const struct ls_filter *filter, const char *old, const char *new)
{
	struct ls_filter_state state = { 0 };
	const struct ls_change change = {
		.type = LOCALSTATE_TYPE_STRING,
		.old = { old, strlen(old), true },
		.new = { new, strlen(new), true },
	};

	return localstate_filter_pass(filter, &state, &change);
}

static void texts_are_compared_bytewise(struct kunit *test)
{
	struct localstate_filter_term term = {
		.operation = LOCALSTATE_FILTER_EQUALS,
		.operand = {
			.data = localstate_kunit_user(test, LONG_TEXT, sizeof(LONG_TEXT) - 1),
			.length = sizeof(LONG_TEXT) - 1,
			.type = LOCALSTATE_TYPE_STRING,
		},
	};
	struct ls_filter *filter;

	filter = filter_of(test, &term, 1, LOCALSTATE_FILTER_ANY);
	KUNIT_EXPECT_TRUE(test, text_passes(filter, "", LONG_TEXT));
	KUNIT_EXPECT_FALSE(test, text_passes(filter, "", "a text"));
	KUNIT_EXPECT_FALSE(test, text_passes(filter, LONG_TEXT, ""));
	localstate_filter_drop(filter);

	term.operation = LOCALSTATE_FILTER_DIFFERS;
	filter = filter_of(test, &term, 1, LOCALSTATE_FILTER_ANY);
	KUNIT_EXPECT_FALSE(test, text_passes(filter, "", LONG_TEXT));
	KUNIT_EXPECT_TRUE(test, text_passes(filter, "", LONG_TEXT "."));
	localstate_filter_drop(filter);

	term.operand = (struct localstate_value){ 0 };
	filter = filter_of(test, &term, 1, LOCALSTATE_FILTER_ANY);
	KUNIT_EXPECT_TRUE(test, text_passes(filter, "a", "b"));
	KUNIT_EXPECT_FALSE(test, text_passes(filter, "a", "a"));
	localstate_filter_drop(filter);
}

/* 0.0 and -0.0 are the same in an array, too. */
static void arrays_are_compared_by_element(struct kunit *test)
{
	/* As struct localstate_array of one dimension. */
	static const struct {
		u32 element, rank, shape, zero;
		u64 value;
	} arrays[] = {
		{ LOCALSTATE_ELEMENT_F64, 1, 1, 0, LS_0 },
		{ LOCALSTATE_ELEMENT_F64, 1, 1, 0, LS_NEGATIVE_0 },
		{ LOCALSTATE_ELEMENT_F64, 1, 1, 0, LS_1 },
	};
	const struct localstate_filter_term term = {
		.operation = LOCALSTATE_FILTER_DIFFERS,
		.operand = {
			.data = localstate_kunit_user(test, &arrays[0], sizeof(arrays[0])),
			.length = sizeof(arrays[0]),
			.type = LOCALSTATE_TYPE_ARRAY,
		},
	};
	struct ls_filter_state state = { 0 };
	struct ls_change change = {
		.type = LOCALSTATE_TYPE_ARRAY,
		.old = { &arrays[0], sizeof(arrays[0]), true },
		.new = { &arrays[1], sizeof(arrays[1]), true },
	};
	struct ls_filter *filter = filter_of(test, &term, 1, LOCALSTATE_FILTER_ANY);

	KUNIT_EXPECT_FALSE(test, localstate_filter_pass(filter, &state, &change));
	change.new.data = &arrays[2];
	KUNIT_EXPECT_TRUE(test, localstate_filter_pass(filter, &state, &change));
	localstate_filter_drop(filter);
}

static void terms_suit_types(struct kunit *test)
{
	static const struct { struct localstate_filter_term term; u32 types; } cases[] = {
		{ CHANGED(LS_UINT, 5, 0), 1 << LS_INT | 1 << LS_UINT },
		{ CHANGED(LS_FLOAT, LS_5, 0), 1 << LS_FLOAT },
		{ { .operation = LOCALSTATE_FILTER_INSIDE, .operand = { 9, 8, LS_INT } },
		  1 << LS_INT },
		{ { .operation = LOCALSTATE_FILTER_LEAVES, .high = { 9, 8, LS_UINT } },
		  1 << LS_UINT },
		{ { .operation = LOCALSTATE_FILTER_BITS, .operand = { 8, 8, LS_UINT } },
		  1 << LS_INT | 1 << LS_UINT },
		{ { .operation = LOCALSTATE_FILTER_EQUALS,
		    .operand = { 1, 8, LOCALSTATE_TYPE_BOOL } }, 1 << LOCALSTATE_TYPE_BOOL },
		{ { .operation = LOCALSTATE_FILTER_EQUALS,
		    .operand = { 0, 0, LOCALSTATE_TYPE_STRING } }, 1 << LOCALSTATE_TYPE_STRING },
		{ { .operation = LOCALSTATE_FILTER_DIFFERS, .flags = LOCALSTATE_FILTER_REPORTED },
		  1 << LOCALSTATE_TYPE_BOOL | 1 << LS_INT | 1 << LS_UINT | 1 << LS_FLOAT },
		{ { .operation = LOCALSTATE_FILTER_DIFFERS },
		  ~(1U << LOCALSTATE_TYPE_NONE) },
	};
	struct ls_filter *filter;
	u32 i, type;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		filter = filter_of(test, &cases[i].term, 1, LOCALSTATE_FILTER_ANY);
		for (type = LOCALSTATE_TYPE_BOOL; type <= LOCALSTATE_TYPE_ARRAY; type++)
			KUNIT_EXPECT_EQ_MSG(test, localstate_filter_misfit(filter, type, NULL),
					    (u32)!!(cases[i].types & 1U << type),
					    "case %u, type %u", i, type);
		localstate_filter_drop(filter);
	}
}

static void choice_has_to_be_one_of_the_list(struct kunit *test)
{
	const struct ls_spec spec = {
		.constraints = LOCALSTATE_HAS_CHOICES,
		.choices = "on\0off", .choices_len = 7,
	};
	struct localstate_filter_term terms[] = {
		{ .operation = LOCALSTATE_FILTER_DIFFERS },
		{ .operation = LOCALSTATE_FILTER_EQUALS,
		  .operand = { localstate_kunit_user(test, "off", 3), 3, LOCALSTATE_TYPE_CHOICE } },
	};
	struct ls_filter *filter;

	filter = filter_of(test, terms, 2, LOCALSTATE_FILTER_ALL);
	KUNIT_EXPECT_EQ(test, localstate_filter_misfit(filter, LOCALSTATE_TYPE_CHOICE, &spec), 2U);
	localstate_filter_drop(filter);
	terms[1].operand.length = 2;
	filter = filter_of(test, terms, 2, LOCALSTATE_FILTER_ALL);
	KUNIT_EXPECT_EQ(test, localstate_filter_misfit(filter, LOCALSTATE_TYPE_CHOICE, &spec), 1U);
	localstate_filter_drop(filter);
}

static const struct localstate_filter_term senseless[] = {
	{ .operation = 0 },
	{ .operation = LOCALSTATE_FILTER_BITS_CHANGED + 1, .operand = { 1, 8, LS_UINT } },
	/* Flags that there are not, or not here. */
	CHANGED(LS_UINT, 1, 1 << 6),
	CHANGED(LS_UINT, 1, BELOW),
	CHANGED(LS_UINT, 1, UP | DOWN),
	RANGE(INSIDE, PERCENT, LS_INT, 1, 2),
	RANGE(OUTSIDE, LOCALSTATE_FILTER_REPORTED, LS_INT, 1, 2),
	{ .operation = LOCALSTATE_FILTER_EQUALS, .flags = ABOVE, .operand = { 1, 8, LS_INT } },
	{ .operation = LOCALSTATE_FILTER_DIFFERS, .flags = LOCALSTATE_FILTER_REPORTED,
	  .operand = { 1, 8, LS_INT } },
	{ .operation = LOCALSTATE_FILTER_BITS, .flags = LOCALSTATE_FILTER_REPORTED,
	  .operand = { 1, 8, LS_UINT } },
	/* Amounts that are none. */
	{ .operation = LOCALSTATE_FILTER_CHANGED },
	CHANGED(LS_INT, 1, 0),
	CHANGED(LOCALSTATE_TYPE_BOOL, 1, 0),
	CHANGED(LOCALSTATE_TYPE_STRING, 0, 0),
	CHANGED(LS_FLOAT, LS_NEGATIVE(LS_1), 0),
	CHANGED(LS_FLOAT, LS_NAN, 0),
	{ .operation = LOCALSTATE_FILTER_CHANGED, .operand = { 1, 4, LS_UINT } },
	{ .operation = LOCALSTATE_FILTER_BITS, .operand = { LS_1, 8, LS_FLOAT } },
	/* Ranges that are none. */
	{ .operation = LOCALSTATE_FILTER_INSIDE },
	{ .operation = LOCALSTATE_FILTER_INSIDE, .flags = ABOVE, .high = { 1, 8, LS_INT } },
	{ .operation = LOCALSTATE_FILTER_INSIDE, .flags = BELOW, .operand = { 1, 8, LS_INT } },
	{ .operation = LOCALSTATE_FILTER_INSIDE, .operand = { 1, 0, 0 }, .high = { 2, 8, LS_INT } },
	{ .operation = LOCALSTATE_FILTER_INSIDE, .operand = { 1, 8, LS_INT }, .high = { 0, 8, 0 } },
	{ .operation = LOCALSTATE_FILTER_INSIDE, .operand = { 1, 8, LS_INT },
	  .high = { 2, 8, LS_UINT } },
	{ .operation = LOCALSTATE_FILTER_INSIDE, .operand = { 1, 8, LOCALSTATE_TYPE_BOOL } },
	RANGE(INSIDE, 0, LS_INT, 2, 1),
	RANGE(INSIDE, ABOVE | BELOW, LS_INT, 1, 2),
	RANGE(INSIDE, ABOVE, LS_UINT, U64_MAX, U64_MAX),
	RANGE(INSIDE, BELOW, LS_FLOAT, LS_0, LS_NEGATIVE_0),
	RANGE(INSIDE, 0, LS_FLOAT, LS_NAN, LS_1),
	RANGE(INSIDE, 0, LS_FLOAT, LS_1, LS_NAN),
	{ .operation = LOCALSTATE_FILTER_INSIDE, .flags = ABOVE,
	  .operand = { LS_INF, 8, LS_FLOAT } },
	{ .operation = LOCALSTATE_FILTER_INSIDE, .flags = ABOVE,
	  .operand = { S64_MAX, 8, LS_INT } },
	/* A hysteresis that does not belong there, or leaves nothing. */
	{ .operation = LOCALSTATE_FILTER_INSIDE, .operand = { 1, 8, LS_INT }, .hysteresis = 1 },
	{ .operation = LOCALSTATE_FILTER_ENTERS, .operand = { LS_1, 8, LS_FLOAT },
	  .hysteresis = LS_NEGATIVE(LS_1) },
	{ .operation = LOCALSTATE_FILTER_ENTERS, .operand = { LS_1, 8, LS_FLOAT },
	  .hysteresis = LS_NAN },
	{ .operation = LOCALSTATE_FILTER_ENTERS, .operand = { LS_INF, 8, LS_FLOAT },
	  .hysteresis = LS_INF },
	{ .operation = LOCALSTATE_FILTER_LEAVES, .operand = { S64_MAX - 1, 8, LS_INT },
	  .hysteresis = 2 },
	{ .operation = LOCALSTATE_FILTER_LEAVES, .high = { 1, 8, LS_UINT }, .hysteresis = 2 },
	{ .operation = LOCALSTATE_FILTER_LEAVES, .operand = { 10, 8, LS_INT },
	  .high = { 20, 8, LS_INT }, .hysteresis = 6 },
	/* Values that are none. */
	{ .operation = LOCALSTATE_FILTER_EQUALS },
	{ .operation = LOCALSTATE_FILTER_DIFFERS, .operand = { 0, 8, 0 } },
	{ .operation = LOCALSTATE_FILTER_EQUALS, .operand = { 2, 8, LOCALSTATE_TYPE_BOOL } },
	{ .operation = LOCALSTATE_FILTER_EQUALS, .operand = { 1, 7, LS_INT } },
	{ .operation = LOCALSTATE_FILTER_EQUALS, .operand = { 1, 8, 1000 } },
	{ .operation = LOCALSTATE_FILTER_EQUALS, .operand = { 1, 8, LS_INT },
	  .high = { 1, 8, LS_INT } },
};

/* By its index, behind terms that are all right and have something to free. */
static void senseless_terms_are_refused(struct kunit *test)
{
	struct localstate_filter_term terms[2] = {
		{ .operation = LOCALSTATE_FILTER_EQUALS, .operand = {
			localstate_kunit_user(test, LONG_TEXT, 40), 40, LOCALSTATE_TYPE_STRING } },
	};
	struct localstate_error error;
	struct ls_filter *filter;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(senseless); i++) {
		terms[1] = senseless[i];
		filter = ERR_PTR(-EBUSY);
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    import(test, terms, 2, LOCALSTATE_FILTER_ANY, &filter, &error),
				    "term %u", i);
		KUNIT_EXPECT_NULL(test, filter);
		KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_FILTER);
		KUNIT_EXPECT_EQ(test, error.code, (u32)EINVAL);
		KUNIT_EXPECT_EQ(test, error.index, 1U);
	}
}

static void bad_operand_is_told_apart(struct kunit *test)
{
	struct localstate_filter_term term = {
		.operation = LOCALSTATE_FILTER_EQUALS,
		.operand = { LS_KUNIT_UNMAPPED, 40, LOCALSTATE_TYPE_STRING },
	};
	struct localstate_error error;
	struct ls_filter *filter;

	KUNIT_EXPECT_EQ(test, -EFAULT, import(test, &term, 1, 0, &filter, &error));
	KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_FILTER);
	KUNIT_EXPECT_EQ(test, error.index, 0U);
	term.operand.data = localstate_kunit_user(test, "\xff", 1);
	term.operand.length = 1;
	KUNIT_EXPECT_EQ(test, -EILSEQ, import(test, &term, 1, 0, &filter, &error));
	KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_FILTER);
}

static void number_of_terms_is_limited(struct kunit *test)
{
	static const struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS + 1] = {
		CHANGED(LS_UINT, 1, 0), CHANGED(LS_UINT, 1, 0), CHANGED(LS_UINT, 1, 0),
		CHANGED(LS_UINT, 1, 0), CHANGED(LS_UINT, 1, 0),
	};
	struct localstate_filter arg = { 0 };
	struct localstate_error error;
	struct ls_filter *filter;

	filter = filter_of(test, terms, LOCALSTATE_FILTER_TERMS, LOCALSTATE_FILTER_ALL);
	localstate_filter_drop(filter);
	KUNIT_EXPECT_EQ(test, -EINVAL, import(test, terms, LOCALSTATE_FILTER_TERMS + 1, 0, &filter,
					      &error));
	KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_FILTER);
	KUNIT_EXPECT_EQ(test, error.limit, (u64)LOCALSTATE_FILTER_TERMS);
	KUNIT_EXPECT_EQ(test, -EINVAL, import(test, terms, 1, 2, &filter, &error));

	/* None at all is no filter, if it does not look as if there were some. */
	error = localstate_kunit_error();
	filter = ERR_PTR(-EBUSY);
	KUNIT_EXPECT_EQ(test, 0, localstate_filter_import(&filter, &arg, &error));
	KUNIT_EXPECT_NULL(test, filter);
	localstate_filter_drop(filter);
	arg.match = LOCALSTATE_FILTER_ALL;
	KUNIT_EXPECT_EQ(test, -EINVAL, localstate_filter_import(&filter, &arg, &error));
	arg = (struct localstate_filter){ .terms = 8 };
	KUNIT_EXPECT_EQ(test, -EINVAL, localstate_filter_import(&filter, &arg, &error));
	arg.n_terms = 1;
	KUNIT_EXPECT_EQ(test, -EFAULT, localstate_filter_import(&filter, &arg, &error));
	KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_FILTER);
}

static struct kunit_case filter_cases[] = {
	KUNIT_CASE(change_below_at_and_above_the_amount),
	KUNIT_CASE(difference_of_integers_does_not_overflow),
	KUNIT_CASE(change_in_percent_of_the_reference),
	KUNIT_CASE(what_is_not_a_number_passes),
	KUNIT_CASE(bounds_belong_to_a_range_unless_it_is_open),
	KUNIT_CASE(equality_of_numbers),
	KUNIT_CASE(walk_with_either_reference),
	KUNIT_CASE(crossing_has_a_hysteresis),
	KUNIT_CASE(leaving_has_a_hysteresis),
	KUNIT_CASE(terms_are_combined_by_any_or_all),
	KUNIT_CASE(unknown_passes_whatever_the_others_say),
	KUNIT_CASE(without_an_old_value),
	KUNIT_CASE(texts_are_compared_bytewise),
	KUNIT_CASE(arrays_are_compared_by_element),
	KUNIT_CASE(terms_suit_types),
	KUNIT_CASE(choice_has_to_be_one_of_the_list),
	KUNIT_CASE(senseless_terms_are_refused),
	KUNIT_CASE(bad_operand_is_told_apart),
	KUNIT_CASE(number_of_terms_is_limited),
	{}
};

static struct kunit_suite filter_suite = {
	.name = "localstate_filter",
	.test_cases = filter_cases,
};

kunit_test_suite(filter_suite);
