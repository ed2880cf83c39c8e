// SPDX-License-Identifier: LGPL-2.1-or-later
/* Filters as expressions, the other way: what comes back says the same. */
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
#define BYTES	LSTATE_TYPE_BYTES
#define ARRAY	LSTATE_TYPE_ARRAY

/* The terms that an expression gives for a type, and the filter that keeps them. */
struct bound {
	struct lstate_filter *parsed;
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	struct localstate_filter filter;
};

static bool bind(struct bound *bound, const char *text, enum lstate_type type)
{
	struct lstate_error error = { 0 };
	bool good;

	memset(bound, 0, sizeof(*bound));
	good = lstate_filter_parse(text, &bound->parsed, &error) == 0 &&
	       lstate_filter_bind(bound->parsed, type, "x", bound->terms, &error) == 0;
	if (!good)
		printf("# %s: %s\n", text, lstate_error_message(&error));
	lstate_error_clear(&error);
	if (!good)
		return false;
	bound->filter = (struct localstate_filter){
		.terms = (uintptr_t)bound->terms,
		.n_terms = bound->parsed->n,
		.match = bound->parsed->match,
	};
	return true;
}

/* The expression, which has to be freed. */
static char *format(const struct localstate_filter *filter)
{
	int length = lstate_filter_format(filter, NULL, 0);
	char *text;

	if (length < 0)
		return NULL;
	text = malloc(length + 1);
	check(lstate_filter_format(filter, text, length + 1) == length &&
	      strlen(text) == (size_t)length);
	return text;
}

static bool same_value(const struct localstate_value *a, const struct localstate_value *b)
{
	if (a->type != b->type || a->length != b->length)
		return false;
	if (a->type != STRING && a->type != CHOICE && a->type != BYTES && a->type != ARRAY)
		return a->data == b->data;
	return !a->length || !memcmp((void *)(uintptr_t)a->data,
				     (void *)(uintptr_t)b->data, a->length);
}

static bool same(const struct localstate_filter *a, const struct localstate_filter *b)
{
	const struct localstate_filter_term *p = (void *)(uintptr_t)a->terms;
	const struct localstate_filter_term *q = (void *)(uintptr_t)b->terms;
	uint32_t i;

	if (a->n_terms != b->n_terms || (a->n_terms > 1 && a->match != b->match))
		return false;
	for (i = 0; i < a->n_terms; i++, p++, q++) {
		if (p->operation != q->operation || p->flags != q->flags ||
		    p->hysteresis != q->hysteresis ||
		    !same_value(&p->operand, &q->operand) ||
		    !same_value(&p->high, &q->high))
			return false;
	}
	return true;
}

/* From the terms to the text and back. */
static bool comes_back(const struct localstate_filter *filter, enum lstate_type type,
		       const char *wanted)
{
	char *text = format(filter);
	struct bound again;
	bool good;

	if (!check(text))
		return false;
	good = !wanted || check_text(text, wanted);
	if (!bind(&again, text, type) || !same(filter, &again.filter)) {
		printf("# %s, %s does not come back\n", text, lstate_type_name(type));
		good = check(false);
	}
	lstate_filter_free(again.parsed);
	free(text);
	return good;
}

static void check_row(const char *text, enum lstate_type type, const char *wanted)
{
	struct bound bound;

	if (check(bind(&bound, text, type)))
		comes_back(&bound.filter, type, wanted);
	lstate_filter_free(bound.parsed);
}

TEST(every_kind_of_term_comes_back)
{
	check_row("new-old>1", INT, "new - old > 1");
	check_row("reported - new >= 0.5", FLOAT, "reported - new >= 0.5");
	check_row("abs(old - new) > 0x10", UINT, "abs(new - old) > 16");
	check_row("abs(new - reported) >= 5 %", FLOAT, "abs(new - reported) >= 5%");
	check_row("new - old > 12.50%", INT, "new - old > 12.5%");
	check_row("new - old > 0.000001%", UINT, "new - old > 0.000001%");
	check_row("new - old > 100%", UINT, "new - old > 100%");
	check_row("30 <= new", INT, "new >= 30");
	check_row("new > -30", INT, "new > -30");
	check_row("new <= 30", UINT, "new <= 30");
	check_row("1e3 > new", FLOAT, "new < 1000");
	check_row("new >= -inf", FLOAT, "new >= -inf");
	check_row("new in 10 .. 20", INT, "new in 10..20");
	check_row("new not in -1.5..2", FLOAT, "new not in -1.5..2");
	check_row("enters 10..20", INT, "enters 10..20");
	check_row("enters 10..20 by 3", UINT, "enters 10..20 by 3");
	check_row("leaves 1..2 by 0.25", FLOAT, "leaves 1..2 by 0.25");
	check_row("rises 30 by 2", INT, "rises 30 by 2");
	check_row("falls -5", INT, "falls -5");
	check_row("new == -7", INT, "new == -7");
	check_row("new != 18446744073709551615", UINT, "new != 18446744073709551615");
	check_row("new == nan", FLOAT, "new == nan");
	check_row("new == true", BOOL, "new == true");
	check_row("new != \"idle\"", STRING, "new != 'idle'");
	check_row("new == \"it's\"", CHOICE, "new == \"it's\"");
	check_row("new == 'so \"called\" \\'", STRING, "new == 'so \"called\" \\'");
	check_row("new == ''", STRING, "new == ''");
	check_row("new == '\xc3\xa4\n'", STRING, "new == '\xc3\xa4\n'");
	check_row("new == \"AP9c\"", BYTES, "new == 'AP9c'");
	check_row("new != ''", BYTES, "new != ''");
	check_row("new == 'f32[2,1]: 0.5, -1'", ARRAY, "new == 'f32[2,1]: 0.5 -1'");
	check_row("new != 's64[]: -7'", ARRAY, "new != 's64[]: -7'");
	check_row("new != old", STRING, "old != new");
	check_row("new != reported", BOOL, "reported != new");
	check_row("new & 12", UINT, "new & 0xc");
	check_row("(old ^ new) & 0x8000000000000000", INT, "(new ^ old) & 0x8000000000000000");
	check_row("(reported ^ new) & 1", INT, "(new ^ reported) & 0x1");
}

TEST(combinations_come_back)
{
	check_row("new > 1||(new < -5)", INT, "new > 1 || new < -5");
	check_row("new > 1 && (new < 5 && new & 1) && new != 3", INT,
		  "new > 1 && new < 5 && new & 0x1 && new != 3");
	check_row("old != new || new == 'a' || new == 'b' || new == 'c'", STRING,
		  "old != new || new == 'a' || new == 'b' || new == 'c'");
}

/* What there are no words for is not taken for something else. */
static void check_refused(struct localstate_filter_term term, const char *wanted)
{
	const struct localstate_filter filter = { (uintptr_t)&term, 1, 0 };
	struct lstate_filter *parsed = NULL;
	struct lstate_error error = { 0 };
	char *text = format(&filter);

	check_text(text, wanted);
	if (!check(text && lstate_filter_parse(text, &parsed, &error) == -EINVAL))
		printf("# %s is taken\n", text);
	lstate_error_clear(&error);
	lstate_filter_free(parsed);
	free(text);
}

static struct localstate_value number(int64_t i)
{
	return (struct localstate_value){ .data = i, .length = 8, .type = INT };
}

static struct localstate_value text_value(uint32_t type, const char *s, size_t length)
{
	return (struct localstate_value){ (uintptr_t)s, length, type };
}

#define RANGE(_operation, _flags, _low, _high)				\
	((struct localstate_filter_term){				\
		.operation = LOCALSTATE_FILTER_##_operation,		\
		.flags = _flags, .operand = _low, .high = _high })
#define EQUALS(_value)							\
	((struct localstate_filter_term){				\
		.operation = LOCALSTATE_FILTER_EQUALS, .operand = _value })
#define ABOVE	LOCALSTATE_FILTER_ABOVE
#define BELOW	LOCALSTATE_FILTER_BELOW
#define NONE	((struct localstate_value){ 0 })

TEST(terms_without_words_are_refused)
{
	check_refused(RANGE(INSIDE, ABOVE, number(1), number(2)), "new in >1..2");
	check_refused(RANGE(OUTSIDE, BELOW, number(1), number(2)), "new not in 1..<2");
	check_refused(RANGE(ENTERS, ABOVE | BELOW, number(1), number(2)), "enters >1..<2");
	check_refused(RANGE(ENTERS, 0, number(1), NONE), "enters 1..");
	check_refused(RANGE(ENTERS, 0, NONE, number(2)), "enters ..2");
	check_refused(RANGE(LEAVES, ABOVE, number(1), NONE), "leaves >1..");
	check_refused(RANGE(INSIDE, 0, NONE, NONE), "new <= ");
	check_refused(EQUALS(text_value(STRING, "a' || new == \"b", 15)),
		      "new == $'a\\x27 || new == \"b'");
	check_refused(EQUALS(text_value(ARRAY, "\0\\\xff", 3)),
		      "new == $'\\x00\\x5c\\xff'");
	check_refused(EQUALS(text_value(ARRAY, "", 0)), "new == $''");
}

/* Outside of a range with one end is a comparison. */
TEST(one_end_is_a_comparison)
{
	static const struct {
		uint32_t flags;
		bool lower;
		const char *wanted;
	} rows[] = {
		{ 0, true, "new < 5" },
		{ ABOVE, true, "new <= 5" },
		{ 0, false, "new > 5" },
		{ BELOW, false, "new >= 5" },
	};
	struct localstate_filter_term term;
	const struct localstate_filter filter = { (uintptr_t)&term, 1, 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text;

		term = RANGE(OUTSIDE, rows[i].flags, rows[i].lower ? number(5) : NONE,
			     rows[i].lower ? NONE : number(5));
		text = format(&filter);
		check_text(text, rows[i].wanted);
		free(text);
	}
}

TEST(what_is_unknown_is_refused)
{
	struct localstate_filter_term term = { .operation = 77 };
	struct localstate_filter filter = { (uintptr_t)&term, 1, 0 };
	char buffer[4] = "xyz";

	check(lstate_filter_format(&filter, buffer, sizeof(buffer)) == -EINVAL);
	term = EQUALS(number(1));
	term.operand.type = 99;
	check(lstate_filter_format(&filter, buffer, sizeof(buffer)) == -EINVAL);
	term.operand.type = INT;
	filter.n_terms = 0;
	check(lstate_filter_format(&filter, buffer, sizeof(buffer)) == -EINVAL);
	check_text(buffer, "xyz");
	filter.n_terms = 1;
	check(lstate_filter_format(&filter, buffer, sizeof(buffer)) == 8);
	check_text(buffer, "new");
}

/* ---- by chance ------------------------------------------------------------ */

static uint64_t state = 0x9e3779b97f4a7c15ULL;

static uint64_t chance(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

/* A number that is no NaN, often a small or an extreme one. */
static uint64_t some_bits(enum lstate_type type)
{
	static const double edges[] = { 0, -0.0, 0.1, -1e-310, 1e308, INFINITY, -INFINITY };
	uint64_t bits = chance() >> chance() % 64;
	double f;

	if (type != FLOAT)
		return chance() & 1 ? bits : -bits;
	memcpy(&f, &bits, sizeof(f));
	if (isnan(f) || chance() % 4 == 0)
		f = edges[chance() % 7];
	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

static struct localstate_value some_number(enum lstate_type type)
{
	return (struct localstate_value){ some_bits(type), 8, type };
}

/* Without a sign; of floats not even one of a zero. */
static struct localstate_value some_amount(enum lstate_type type)
{
	struct localstate_value value = some_number(type == FLOAT ? FLOAT : UINT);

	if (type == FLOAT)
		value.data &= INT64_MAX;
	return value;
}

static uint32_t maybe(uint32_t flag)
{
	return chance() & 1 ? flag : 0;
}

static void some_range(struct localstate_filter_term *term, enum lstate_type type)
{
	bool crosses = term->operation == LOCALSTATE_FILTER_ENTERS ||
		       term->operation == LOCALSTATE_FILTER_LEAVES;
	bool one = term->operation == LOCALSTATE_FILTER_INSIDE ||
		   term->operation == LOCALSTATE_FILTER_ENTERS;
	struct localstate_value low;

	if (crosses)
		term->hysteresis = chance() & 1 ? some_amount(type).data : 0;
	if (one && chance() & 1) {
		term->operand = some_number(type);
		term->flags = crosses ? ABOVE : maybe(ABOVE);
	} else if (one && chance() & 1) {
		term->high = some_number(type);
		term->flags = crosses ? BELOW : maybe(BELOW);
	} else {
		term->operand = some_number(type);
		term->high = some_number(type);
		/* What is empty is refused. */
		if (lstate_number_compare(type, term->operand.data,
					  term->high.data) > 0) {
			low = term->operand;
			term->operand = term->high;
			term->high = low;
		}
	}
}

/* A term that the grammar has words for, of a type that is a number. */
static struct localstate_filter_term some_term(enum lstate_type type)
{
	struct localstate_filter_term term = { .operation = 1 + chance() % 9 };

	if (type == FLOAT && term.operation >= LOCALSTATE_FILTER_BITS)
		term.operation = LOCALSTATE_FILTER_CHANGED;
	switch (term.operation) {
	case LOCALSTATE_FILTER_CHANGED:
		term.flags = maybe(LOCALSTATE_FILTER_REPORTED) |
			     maybe(LOCALSTATE_FILTER_PERCENT) | maybe(ABOVE) |
			     (uint32_t[]){ 0, LOCALSTATE_FILTER_UP, LOCALSTATE_FILTER_DOWN
					 }[chance() % 3];
		term.operand = some_amount(type);
		break;
	case LOCALSTATE_FILTER_DIFFERS:
		if (chance() & 1) {
			term.flags = maybe(LOCALSTATE_FILTER_REPORTED);
			break;
		}
		/* fall through */
	case LOCALSTATE_FILTER_EQUALS:
		term.operand = some_number(type);
		break;
	case LOCALSTATE_FILTER_BITS_CHANGED:
		term.flags = maybe(LOCALSTATE_FILTER_REPORTED);
		/* fall through */
	case LOCALSTATE_FILTER_BITS:
		term.operand = some_amount(UINT);
		break;
	default:
		some_range(&term, type);
	}
	return term;
}

TEST(whatever_has_words_comes_back)
{
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	struct localstate_filter filter = { .terms = (uintptr_t)terms };
	enum lstate_type type;
	uint32_t i, j;

	for (i = 0; i < 30000; i++) {
		type = INT + i % 3;
		filter.n_terms = 1 + chance() % LOCALSTATE_FILTER_TERMS;
		filter.match = chance() & 1;
		for (j = 0; j < filter.n_terms; j++)
			terms[j] = some_term(type);
		if (!comes_back(&filter, type, NULL))
			break;
	}
	check(i == 30000);
}

TAP_MAIN
