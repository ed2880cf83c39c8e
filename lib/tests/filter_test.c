// SPDX-License-Identifier: LGPL-2.1-or-later
/* Filters: what an expression says for each type, and what is wrong with it. */
#include "filter.h"

#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INT	LSTATE_TYPE_INT
#define UINT	LSTATE_TYPE_UINT
#define FLOAT	LSTATE_TYPE_FLOAT
#define BOOL	LSTATE_TYPE_BOOL
#define STRING	LSTATE_TYPE_STRING
#define CHOICE	LSTATE_TYPE_CHOICE

#define ABOVE		LOCALSTATE_FILTER_ABOVE
#define BELOW		LOCALSTATE_FILTER_BELOW
#define UP		LOCALSTATE_FILTER_UP
#define DOWN		LOCALSTATE_FILTER_DOWN
#define PERCENT		LOCALSTATE_FILTER_PERCENT
#define REPORTED	LOCALSTATE_FILTER_REPORTED

static uint64_t bits(double f)
{
	uint64_t u;

	memcpy(&u, &f, sizeof(u));
	return u;
}

/* An expression of one term, for a type. */
struct row {
	const char *text;
	enum lstate_type type;
	uint32_t operation;
	uint32_t flags;
	uint32_t operand_type;
	uint64_t operand;
	uint32_t high_type;
	uint64_t high;
	uint64_t hysteresis;
};

static bool is_value(const struct localstate_value *value, uint32_t type,
		     uint64_t data)
{
	return value->type == type && value->data == data &&
	       value->length == (type ? 8U : 0U);
}

static void check_row(const struct row *row)
{
	struct localstate_filter_term term;
	struct lstate_filter *filter = NULL;
	struct lstate_error error = { 0 };
	bool good;

	good = lstate_filter_parse(row->text, &filter, &error) == 0 &&
	       filter->n == 1 &&
	       lstate_filter_bind(filter, row->type, "x", &term, &error) == 0 &&
	       term.operation == row->operation && term.flags == row->flags &&
	       is_value(&term.operand, row->operand_type, row->operand) &&
	       is_value(&term.high, row->high_type, row->high) &&
	       term.hysteresis == row->hysteresis;
	if (!check(good))
		printf("# %s, %s: %s\n", row->text, lstate_type_name(row->type),
		       lstate_error_message(&error));
	lstate_error_clear(&error);
	lstate_filter_free(filter);
}

TEST(terms_of_numbers)
{
	const struct row rows[] = {
		{ "new - old > 1", INT, LOCALSTATE_FILTER_CHANGED, UP | ABOVE, UINT, 1, 0, 0, 0 },
		{ "new-old>=1", UINT, LOCALSTATE_FILTER_CHANGED, UP, UINT, 1, 0, 0, 0 },
		{ "old - new > 0.5", FLOAT, LOCALSTATE_FILTER_CHANGED, DOWN | ABOVE,
		  FLOAT, bits(0.5), 0, 0, 0 },
		{ "abs(new - old) > 1", FLOAT, LOCALSTATE_FILTER_CHANGED, ABOVE,
		  FLOAT, bits(1), 0, 0, 0 },
		{ "abs ( reported - new ) >= 0x10", INT, LOCALSTATE_FILTER_CHANGED, REPORTED,
		  UINT, 16, 0, 0, 0 },
		{ "new - reported > 5 %", FLOAT, LOCALSTATE_FILTER_CHANGED,
		  UP | ABOVE | REPORTED | PERCENT, FLOAT, bits(5), 0, 0, 0 },
		{ "abs(new - old) >= 12.5%", INT, LOCALSTATE_FILTER_CHANGED, PERCENT,
		  UINT, 12500000, 0, 0, 0 },
		{ "abs(new - old) >= 0.000001%", UINT, LOCALSTATE_FILTER_CHANGED, PERCENT,
		  UINT, 1, 0, 0, 0 },
		{ "abs(new - old) >= 100%", INT, LOCALSTATE_FILTER_CHANGED, PERCENT,
		  UINT, 100000000, 0, 0, 0 },
		{ "abs(new - old) > 0%", INT, LOCALSTATE_FILTER_CHANGED, PERCENT | ABOVE,
		  UINT, 0, 0, 0, 0 },
		{ "abs(new - old) > -0.0", FLOAT, LOCALSTATE_FILTER_CHANGED, ABOVE,
		  FLOAT, 0, 0, 0, 0 },
		{ "new >= 30", INT, LOCALSTATE_FILTER_INSIDE, 0, INT, 30, 0, 0, 0 },
		{ "new > -30", INT, LOCALSTATE_FILTER_INSIDE, ABOVE, INT, -30, 0, 0, 0 },
		{ "new <= 30", UINT, LOCALSTATE_FILTER_INSIDE, 0, 0, 0, UINT, 30, 0 },
		{ "new < 1e3", FLOAT, LOCALSTATE_FILTER_INSIDE, BELOW, 0, 0, FLOAT, bits(1000), 0 },
		{ "30 <= new", INT, LOCALSTATE_FILTER_INSIDE, 0, INT, 30, 0, 0, 0 },
		{ "30 < new", INT, LOCALSTATE_FILTER_INSIDE, ABOVE, INT, 30, 0, 0, 0 },
		{ "30 >= new", INT, LOCALSTATE_FILTER_INSIDE, 0, 0, 0, INT, 30, 0 },
		{ "-1.5e-3 > new", FLOAT, LOCALSTATE_FILTER_INSIDE, BELOW,
		  0, 0, FLOAT, bits(-1.5e-3), 0 },
		{ "new > -inf", FLOAT, LOCALSTATE_FILTER_INSIDE, ABOVE, FLOAT, bits(-INFINITY),
		  0, 0, 0 },
		{ "new in 10..20", INT, LOCALSTATE_FILTER_INSIDE, 0, INT, 10, INT, 20, 0 },
		{ "new in -1.5..2", FLOAT, LOCALSTATE_FILTER_INSIDE, 0, FLOAT, bits(-1.5),
		  FLOAT, bits(2), 0 },
		{ "new not in 1 .. 2", UINT, LOCALSTATE_FILTER_OUTSIDE, 0, UINT, 1, UINT, 2, 0 },
		{ "enters 10..20 by 3", INT, LOCALSTATE_FILTER_ENTERS, 0, INT, 10, INT, 20, 3 },
		{ "leaves 1..2 by 0.25", FLOAT, LOCALSTATE_FILTER_LEAVES, 0, FLOAT, bits(1),
		  FLOAT, bits(2), bits(0.25) },
		{ "rises 30 by 2", INT, LOCALSTATE_FILTER_ENTERS, ABOVE, INT, 30, 0, 0, 2 },
		{ "falls -5", INT, LOCALSTATE_FILTER_ENTERS, BELOW, 0, 0, INT, -5, 0 },
		{ "new == -7", INT, LOCALSTATE_FILTER_EQUALS, 0, INT, -7, 0, 0, 0 },
		{ "new != 18446744073709551615", UINT, LOCALSTATE_FILTER_DIFFERS, 0,
		  UINT, UINT64_MAX, 0, 0, 0 },
		{ "new == true", BOOL, LOCALSTATE_FILTER_EQUALS, 0, BOOL, 1, 0, 0, 0 },
		{ "old != new", FLOAT, LOCALSTATE_FILTER_DIFFERS, 0, 0, 0, 0, 0, 0 },
		{ "new != old", STRING, LOCALSTATE_FILTER_DIFFERS, 0, 0, 0, 0, 0, 0 },
		{ "new != reported", BOOL, LOCALSTATE_FILTER_DIFFERS, REPORTED, 0, 0, 0, 0, 0 },
		{ "new & 0x4", UINT, LOCALSTATE_FILTER_BITS, 0, UINT, 4, 0, 0, 0 },
		{ "(new ^ old) & 12", INT, LOCALSTATE_FILTER_BITS_CHANGED, 0, UINT, 12, 0, 0, 0 },
		{ "(reported ^ new) & 1", INT, LOCALSTATE_FILTER_BITS_CHANGED, REPORTED,
		  UINT, 1, 0, 0, 0 },
		{ "((new >= 30))", INT, LOCALSTATE_FILTER_INSIDE, 0, INT, 30, 0, 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

TEST(texts_are_taken_as_they_are)
{
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	struct lstate_filter *filter = NULL;
	struct lstate_error error = { 0 };
	char text[] = "new == 'it is \"on\"' || new != \"\"";
	bool good;

	good = lstate_filter_parse(text, &filter, &error) == 0 && filter->n == 2;
	memset(text, 'x', sizeof(text) - 1);
	good = good && lstate_filter_bind(filter, CHOICE, "x", terms, &error) == 0;
	check(good && terms[0].operand.type == LOCALSTATE_TYPE_CHOICE &&
	   terms[0].operand.length == 10 &&
	   !memcmp((void *)(uintptr_t)terms[0].operand.data, "it is \"on\"", 10));
	check(good && terms[1].operand.type == LOCALSTATE_TYPE_CHOICE &&
	      !terms[1].operand.length && !terms[1].operand.data);
	lstate_error_clear(&error);
	lstate_filter_free(filter);
}

static void check_match(const char *text, size_t n, uint32_t match)
{
	struct lstate_filter *filter = NULL;
	struct lstate_error error = { 0 };

	if (!check(lstate_filter_parse(text, &filter, &error) == 0 &&
		   filter->n == n && filter->match == match))
		printf("# %s\n", text);
	lstate_error_clear(&error);
	lstate_filter_free(filter);
}

TEST(terms_are_combined)
{
	check_match("new - old > 1 || new >= 30", 2, LOCALSTATE_FILTER_ANY);
	check_match("new > 1&&new < 5", 2, LOCALSTATE_FILTER_ALL);
	check_match("new > 1 && (new < 5 && new & 1) && new != 3", 4, LOCALSTATE_FILTER_ALL);
	check_match("(new == 1) || ((new ^ old) & 4 || new == 2)", 3, LOCALSTATE_FILTER_ANY);
	check_match("new & 1 && new & 2", 2, LOCALSTATE_FILTER_ALL);
}

/* What is wrong, and where. */
static void check_syntax(const char *text, const char *message)
{
	struct lstate_filter *filter = NULL;
	struct lstate_error error = { 0 };
	int rc = lstate_filter_parse(text, &filter, &error);

	check(rc == -EINVAL && !filter && error.field == LSTATE_FIELD_FILTER);
	if (!check_text(error.message, message))
		printf("# of '%s'\n", text);
	lstate_error_clear(&error);
	lstate_filter_free(filter);
}

#define TERM "new, old, reported, abs, rises, falls, enters or leaves is wanted"

TEST(errors_say_where)
{
	check_syntax("", "filter: column 1: " TERM);
	check_syntax("  temp > 5", "filter: column 3: " TERM);
	check_syntax("new", "filter: column 4: a comparison is wanted");
	check_syntax("newer > 5", "filter: column 1: " TERM);
	check_syntax("new = 5", "filter: column 5: == is wanted, not =");
	check_syntax("new > ", "filter: column 7: a number is wanted");
	check_syntax("new > old", "filter: column 7: a number is wanted");
	check_syntax("new > 5 5", "filter: column 9: || or && or the end is wanted");
	check_syntax("new - old < 5", "filter: column 11: a difference is compared by > or >= only");
	check_syntax("new - 5 > 1", "filter: column 7: old or reported is wanted");
	check_syntax("old > 5",
		     "filter: column 4: the old value can only be subtracted from new, or differ from it");
	check_syntax("new == old", "filter: column 7: new and old can only be asked to differ");
	check_syntax("new == 'x", "filter: column 8: the quote is not closed");
	check_syntax("new in 5", "filter: column 9: .. and the upper bound are wanted");
	check_syntax("new not 5", "filter: column 9: in is wanted");
	check_syntax("abs(new) > 5",
		     "filter: column 4: abs(new - old) or abs(new - reported) is wanted");
	check_syntax("(new > 5", "filter: column 9: ) is wanted");
	check_syntax("(new ^ old) > 5", "filter: column 13: & and the bits are wanted");
	check_syntax("new && new > 5",
		     "filter: column 5: it has to be compared with something");
	check_syntax("new > 1 || new > 2 && new > 3",
		     "filter: column 20: either || or && is wanted, not both");
	check_syntax("new > 1 || new > 2 || new > 3 || new > 4 || new > 5",
		     "filter: column 45: there are more than 4 terms");
	check_syntax("new == 'ä' && temp", "filter: column 15: " TERM);
	check_syntax("((((((((((((((((((((new > 5",
		     "filter: column 18: there are too many parentheses");
}

/* A condition has a name where a filter has "new", and is that filter. */
static void check_condition(const char *text, const char *name,
			    const char *same)
{
	struct lstate_filter *condition = NULL, *filter = NULL;
	struct localstate_filter_term a[LOCALSTATE_FILTER_TERMS] = { 0 };
	struct localstate_filter_term b[LOCALSTATE_FILTER_TERMS] = { 0 };
	struct lstate_error error = { 0 };

	if (!check(lstate_condition_parse(text, &condition, &error) == 0 &&
		   lstate_filter_parse(same, &filter, &error) == 0 &&
		   lstate_filter_bind(condition, INT, "x", a, &error) == 0 &&
		   lstate_filter_bind(filter, INT, "x", b, &error) == 0 &&
		   condition->n == filter->n &&
		   condition->match == filter->match && !memcmp(a, b, sizeof(a)) &&
		   condition->subject.length == strlen(name) &&
		   !memcmp(condition->subject.s, name, strlen(name))))
		printf("# %s: %s\n", text, lstate_error_message(&error));
	lstate_error_clear(&error);
	lstate_filter_free(condition);
	lstate_filter_free(filter);
}

TEST(conditions_are_filters_with_a_name)
{
	check_condition("temp > 30", "temp", "new > 30");
	check_condition("temp>=30", "temp", "new >= 30");
	check_condition("oven/temp-1<-5", "oven/temp-1", "new < -5");
	check_condition("@42 != 0", "@42", "new != 0");
	check_condition("new == 7", "new", "new == 7");
	check_condition("old == 7", "old", "new == 7");
	check_condition("in in 10..20", "in", "new in 10..20");
	check_condition("n not in 10 .. 20", "n", "new not in 10..20");
	check_condition("n&0x4", "n", "new & 0x4");
	check_condition("(n < 5) || n > 7", "n", "new < 5 || new > 7");
	check_condition("a.b > 1 && a.b < 9 && a.b != 5", "a.b",
			"new > 1 && new < 9 && new != 5");
}

static void check_no_condition(const char *text, const char *message)
{
	struct lstate_filter *condition = NULL;
	struct lstate_error error = { 0 };

	check(lstate_condition_parse(text, &condition, &error) == -EINVAL &&
	      error.field == LSTATE_FIELD_FILTER && !condition);
	if (!check_text(error.message, message))
		printf("# of '%s'\n", text);
	lstate_error_clear(&error);
}

TEST(conditions_that_are_none)
{
	check_no_condition("", "condition: column 1: the name of a variable is wanted");
	check_no_condition("> 5", "condition: column 1: the name of a variable is wanted");
	check_no_condition("temp", "condition: column 5: a comparison is wanted");
	check_no_condition("temp = 5", "condition: column 6: == is wanted, not =");
	check_no_condition("temp > ", "condition: column 8: a number is wanted");
	check_no_condition("30 < temp", "condition: column 6: a number is wanted");
	check_no_condition("temp - old > 5", "condition: column 6: a comparison is wanted");
	check_no_condition("(temp ^ old) & 5", "condition: column 7: a comparison is wanted");
	check_no_condition("a > 5 || b > 5", "condition: column 10: a condition is about one variable");
	check_no_condition("a > 5 || ab > 5", "condition: column 10: a condition is about one variable");
	check_no_condition("a > 1 || a > 2 || a > 3 || a > 4 || a > 5",
			   "condition: column 37: there are more than 4 terms");
	check_no_condition("a > 5 b", "condition: column 7: || or && or the end is wanted");
	check_no_condition("s* == 'x'", "condition: column 2: a comparison is wanted");
}

/* What makes no sense for a type. */
static void check_binding(const char *text, enum lstate_type type,
			  const char *message)
{
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	struct lstate_filter *filter = NULL;
	struct lstate_error error = { 0 };
	int rc = lstate_filter_parse(text, &filter, &error);

	if (rc == 0)
		rc = lstate_filter_bind(filter, type, "x", terms, &error);
	check(rc == -EINVAL && error.field == LSTATE_FIELD_FILTER);
	if (!check_text(error.message, message))
		printf("# of '%s'\n", text);
	lstate_error_clear(&error);
	lstate_filter_free(filter);
}

TEST(types_say_what_they_cannot)
{
	check_binding("new > 1.5", INT, "x: filter: column 7: \"1.5\" is not an int");
	check_binding("new > -1", UINT, "x: filter: column 7: \"-1\" is not a uint");
	check_binding("new > 1e", FLOAT, "x: filter: column 7: \"1e\" is not a float");
	check_binding("new - old > -1", INT, "x: filter: column 13: \"-1\" is not a uint");
	check_binding("new - old > -1", FLOAT,
		      "x: filter: column 13: \"-1\" is not an amount from 0");
	check_binding("abs(new - old) > 0.0000001%", INT,
		      "x: filter: column 18: \"0.0000001\" is not a percentage, with up to six digits behind the point");
	check_binding("new > 5", STRING, "x: filter: column 1: a string has no order");
	check_binding("1 < new || new - old > 5", BOOL, "x: filter: column 1: a bool has no order");
	check_binding("new == 'a' || new - old > 5", CHOICE,
		      "x: filter: column 15: a choice has no differences");
	check_binding("new & 1", FLOAT, "x: filter: column 1: a float has no bits");
	check_binding("new == 5", STRING, "x: filter: column 8: \"5\" is not a text in quotes");
	check_binding("new == 'x'", INT, "x: filter: column 9: \"x\" is not an int");
	check_binding("new == 'x'", LSTATE_TYPE_BYTES,
		      "x: filter: column 9: \"x\" is not base64 in quotes");
	check_binding("new == 1234", LSTATE_TYPE_BYTES,
		      "x: filter: column 8: \"1234\" is not base64 in quotes");
	check_binding("new != 'u8[2]: 1'", LSTATE_TYPE_ARRAY,
		      "x: filter: column 9: \"u8[2]: 1\" is not an array in quotes");
	check_binding("new > 'AAEC'", LSTATE_TYPE_BYTES,
		      "filter: column 7: a number is wanted");
	check_binding("new != reported", STRING,
		      "x: filter: column 1: a string has no reported value; old is there");
}

/* Nothing is read behind the end, whatever comes. */
TEST(pieces_of_filters_do_no_harm)
{
	static const char *const pieces[] = {
		"new", "old", "reported", "abs", "(", ")", "-", "^", "&", "&&", "||", " ", ">", ">=",
		"<", "==", "!=", "in", "not", "..", "5", "-5", "0x", "1e", "'", "\"", "%", "rises",
		"falls", "enters", "leaves", "by", ".", "\xc3", "e-",
	};
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	struct lstate_filter *filter;
	struct lstate_error error = { 0 };
	unsigned int seed = 1, filters = 0, i, j, type;
	char text[256];

	for (i = 0; i < 200000; i++) {
		text[0] = '\0';
		for (j = 0; j < 2 + i % 9; j++) {
			seed = seed * 1103515245 + 12345;
			strcat(text, pieces[(seed >> 16) % (sizeof(pieces) / sizeof(*pieces))]);
		}
		filter = NULL;
		if (lstate_filter_parse(text, &filter, &error) < 0)
			continue;
		filters++;
		for (type = BOOL; type <= CHOICE; type++)
			lstate_filter_bind(filter, type, "x", terms, &error);
		lstate_filter_free(filter);
	}
	lstate_error_clear(&error);
	printf("# %u of %u are filters\n", filters, i);
	check(filters > 20);
}

TAP_MAIN
