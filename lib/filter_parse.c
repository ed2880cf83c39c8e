// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Filters as expressions: from a text to terms whose operands are still text, for
 * what they are depends on the type of the variables.
 *
 *	filter  = term { "||" term } | term { "&&" term }
 *	term    = "(" filter ")"
 *		| "new" compare number | number compare "new"
 *		| "new" ("==" | "!=") value | "new" ["not"] "in" range
 *		| ("enters" | "leaves") range ["by" number]
 *		| ("rises" | "falls") number ["by" number]
 *		| "new" "-" past above number ["%"] | past "-" "new" above number ["%"]
 *		| "abs" "(" difference ")" above number ["%"]
 *		| "new" "!=" past | past "!=" "new"
 *		| "new" "&" number | "(" "new" "^" past ")" "&" number
 *	past    = "old" | "reported"
 *	compare = "<" | "<=" | ">" | ">="	above = ">" | ">="
 *	range   = number ".." number		value = number | text | word
 *
 * A text is also what bytes and arrays are written as, and is read as both here, so that
 * the filter has what its terms point to.
 *
 * A condition has the name of its variable in the place of "new", always on the left,
 * and no term with the past.
 *
 * The manual page lstate-filter(7) says it with examples.
 */
#include "filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct lstate_parser {
	struct lstate_filter *filter;
	const char *at;
	bool is_condition;
	bool has_match;			/* there was a "||" or "&&" */
	int depth;			/* of parentheses */
	struct lstate_error *error;
};

/* Parentheses that are open at once. */
#define LSTATE_FILTER_DEPTH	16

/* What names have, and an ``@id``. */
#define LSTATE_NAME_LETTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
				"abcdefghijklmnopqrstuvwxyz0123456789_.:/-@"

/* What messages call it. */
const char *lstate_filter_noun(const struct lstate_filter *filter)
{
	return filter->subject.s ? "condition" : "filter";
}

/* Where a place in the expression is, for people: in characters, from 1. */
size_t lstate_filter_column(const struct lstate_filter *filter, const char *at)
{
	return lstate_utf8_count(filter->text, at - filter->text) + 1;
}

static int lstate_parser_fail(struct lstate_parser *parser, const char *at,
			      const char *words)
{
	return lstate_error_fail(parser->error, -EINVAL, LSTATE_FIELD_FILTER,
				 "%s: column %zu: %s",
				 parser->is_condition ? "condition" : "filter",
				 lstate_filter_column(parser->filter, at), words);
}

static void lstate_parser_skip(struct lstate_parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static bool lstate_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Whether the next token is this one; then it is taken. */
static bool lstate_parser_take(struct lstate_parser *parser, const char *token)
{
	size_t length = strlen(token);

	lstate_parser_skip(parser);
	if (strncmp(parser->at, token, length))
		return false;
	if (lstate_is_word(*token) && lstate_is_word(parser->at[length]))
		return false;
	parser->at += length;
	return true;
}

static int lstate_parser_want(struct lstate_parser *parser, const char *token,
			      const char *words)
{
	return lstate_parser_take(parser, token) ? 0 :
	       lstate_parser_fail(parser, parser->at, words);
}

/* ---- operands ------------------------------------------------------------ */

/* A number, or a word as true or inf.  Two dots are not part of it, nor a sum. */
static int lstate_parser_word(struct lstate_parser *parser,
			      struct lstate_literal *literal,
			      const char *wanted)
{
	const char *start, *p;

	lstate_parser_skip(parser);
	start = parser->at;
	p = start + (*start == '-' || *start == '+');
	while (lstate_is_word(*p) || (*p == '.' && p[1] != '.') ||
	       ((*p == '-' || *p == '+') && (p[-1] == 'e' || p[-1] == 'E') &&
		strncasecmp(start + (*start == '-' || *start == '+'), "0x", 2)))
		p++;
	if (p == start || !lstate_is_word(p[-1]))
		return lstate_parser_fail(parser, start, wanted);
	*literal = (struct lstate_literal){ .s = start, .length = p - start };
	parser->at = p;
	return 0;
}

static int lstate_parser_number(struct lstate_parser *parser,
				struct lstate_literal *literal)
{
	const char *start;
	int rc;

	lstate_parser_skip(parser);
	start = parser->at;
	rc = lstate_parser_word(parser, literal, "a number is wanted");
	if (rc == 0 && isalpha((unsigned char)*start) &&
	    strncasecmp(start, "inf", 3))
		rc = lstate_parser_fail(parser, start, "a number is wanted");
	return rc;
}

/* Text in quotes of either kind, which it may not contain. */
static int lstate_parser_value(struct lstate_parser *parser,
			       struct lstate_literal *literal)
{
	const char *start, *end;

	lstate_parser_skip(parser);
	start = parser->at;
	if (*start != '\'' && *start != '"')
		return lstate_parser_word(parser, literal,
					  "a number, true, false or a text in quotes is wanted");
	end = strchr(start + 1, *start);
	if (!end)
		return lstate_parser_fail(parser, start, "the quote is not closed");
	*literal = (struct lstate_literal){
		.s = start + 1,
		.length = end - start - 1,
		.quoted = true,
	};
	parser->at = end + 1;
	return 0;
}

static bool lstate_parser_past(struct lstate_parser *parser, uint32_t *flags)
{
	if (lstate_parser_take(parser, "old"))
		return true;
	if (!lstate_parser_take(parser, "reported"))
		return false;
	*flags |= LOCALSTATE_FILTER_REPORTED;
	return true;
}

static int lstate_parser_want_past(struct lstate_parser *parser, uint32_t *flags)
{
	return lstate_parser_past(parser, flags) ? 0 :
	       lstate_parser_fail(parser, parser->at, "old or reported is wanted");
}

/* ---- terms --------------------------------------------------------------- */

/* "> AMOUNT" or ">= AMOUNT", with a "%" or without. */
static int lstate_parser_amount(struct lstate_parser *parser,
				struct lstate_filter_term *term)
{
	int rc;

	term->operation = LOCALSTATE_FILTER_CHANGED;
	if (!lstate_parser_take(parser, ">=")) {
		if (!lstate_parser_take(parser, ">"))
			return lstate_parser_fail(parser, parser->at,
						  "a difference is compared by > or >= only");
		term->flags |= LOCALSTATE_FILTER_ABOVE;
	}
	rc = lstate_parser_number(parser, &term->operand);
	if (rc == 0 && lstate_parser_take(parser, "%"))
		term->flags |= LOCALSTATE_FILTER_PERCENT;
	return rc;
}

/* "abs" is taken: "(new - PAST)", or the other way round, and the amount. */
static int lstate_parser_abs(struct lstate_parser *parser,
			     struct lstate_filter_term *term)
{
	static const char wanted[] = "abs(new - old) or abs(new - reported) is wanted";
	const char *start = parser->at;

	if (!lstate_parser_take(parser, "("))
		return lstate_parser_fail(parser, start, wanted);
	if (lstate_parser_take(parser, "new") ?
	    !lstate_parser_take(parser, "-") ||
	    !lstate_parser_past(parser, &term->flags) :
	    !lstate_parser_past(parser, &term->flags) ||
	    !lstate_parser_take(parser, "-") || !lstate_parser_take(parser, "new"))
		return lstate_parser_fail(parser, start, wanted);
	if (!lstate_parser_take(parser, ")"))
		return lstate_parser_fail(parser, parser->at, ") is wanted");
	return lstate_parser_amount(parser, term);
}

static int lstate_parser_range(struct lstate_parser *parser,
			       struct lstate_filter_term *term,
			       uint32_t operation)
{
	int rc;

	term->operation = operation;
	rc = lstate_parser_number(parser, &term->operand);
	if (rc == 0)
		rc = lstate_parser_want(parser, "..", ".. and the upper bound are wanted");
	return rc ?: lstate_parser_number(parser, &term->high);
}

static int lstate_parser_hysteresis(struct lstate_parser *parser,
				    struct lstate_filter_term *term)
{
	return lstate_parser_take(parser, "by") ?
	       lstate_parser_number(parser, &term->hysteresis) : 0;
}

/* The comparison of new and a bound; @mirrored: the bound stands on the left. */
static int lstate_parser_bound(struct lstate_parser *parser,
			       struct lstate_filter_term *term,
			       bool mirrored)
{
	static const char *const signs[] = { "<=", ">=", "<", ">" };
	const char *at;
	unsigned int i;

	lstate_parser_skip(parser);
	at = parser->at;
	for (i = 0; i < 4 && !lstate_parser_take(parser, signs[i]); i++)
		;
	if (i == 4)
		return lstate_parser_fail(parser, at,
					  *at == '=' && at[1] != '=' ?
					  "== is wanted, not =" :
					  "a comparison is wanted");
	term->operation = LOCALSTATE_FILTER_INSIDE;
	/* A strict sign leaves the bound itself out. */
	if ((i & 1) != mirrored) {
		term->flags |= i >= 2 ? LOCALSTATE_FILTER_ABOVE : 0;
		return 0;
	}
	term->flags |= i >= 2 ? LOCALSTATE_FILTER_BELOW : 0;
	term->high = term->operand;
	term->operand = (struct lstate_literal){ 0 };
	term->upper = true;
	return 0;
}

/* "new" is taken, and "==" or "!=" is to come. */
static int lstate_parser_equality(struct lstate_parser *parser,
				  struct lstate_filter_term *term, bool equal)
{
	const char *at = parser->at;

	term->operation = equal ? LOCALSTATE_FILTER_EQUALS :
				  LOCALSTATE_FILTER_DIFFERS;
	if (parser->is_condition || !lstate_parser_past(parser, &term->flags))
		return lstate_parser_value(parser, &term->operand);
	return equal ? lstate_parser_fail(parser, at,
					  "new and old can only be asked to differ") : 0;
}

static int lstate_parser_new(struct lstate_parser *parser,
			     struct lstate_filter_term *term)
{
	int rc;

	if (!parser->is_condition && lstate_parser_take(parser, "-")) {
		rc = lstate_parser_want_past(parser, &term->flags);
		term->flags |= LOCALSTATE_FILTER_UP;
		return rc ?: lstate_parser_amount(parser, term);
	}
	if (lstate_parser_take(parser, "&&"))
		return lstate_parser_fail(parser, parser->at - 2,
					  "it has to be compared with something");
	if (lstate_parser_take(parser, "&")) {
		term->operation = LOCALSTATE_FILTER_BITS;
		return lstate_parser_number(parser, &term->operand);
	}
	if (lstate_parser_take(parser, "not"))
		return lstate_parser_want(parser, "in", "in is wanted") ?:
		       lstate_parser_range(parser, term, LOCALSTATE_FILTER_OUTSIDE);
	if (lstate_parser_take(parser, "in"))
		return lstate_parser_range(parser, term, LOCALSTATE_FILTER_INSIDE);
	if (lstate_parser_take(parser, "=="))
		return lstate_parser_equality(parser, term, true);
	if (lstate_parser_take(parser, "!="))
		return lstate_parser_equality(parser, term, false);
	rc = lstate_parser_bound(parser, term, false);
	return rc ?: lstate_parser_number(parser, term->upper ? &term->high :
							       &term->operand);
}

/* "old" or "reported" is taken. */
static int lstate_parser_old(struct lstate_parser *parser,
			     struct lstate_filter_term *term)
{
	const char *at = parser->at;

	if (lstate_parser_take(parser, "-")) {
		term->flags |= LOCALSTATE_FILTER_DOWN;
		return lstate_parser_want(parser, "new", "new is wanted") ?:
		       lstate_parser_amount(parser, term);
	}
	term->operation = LOCALSTATE_FILTER_DIFFERS;
	if (lstate_parser_take(parser, "!=") && lstate_parser_take(parser, "new"))
		return 0;
	return lstate_parser_fail(parser, at,
				  "the old value can only be subtracted from new, or differ from it");
}

/* "(" is taken: whether "new ^ PAST)" follows, in whichever order. */
static bool lstate_parser_xor(struct lstate_parser *parser, uint32_t *flags)
{
	const char *start = parser->at;
	bool good;

	if (lstate_parser_take(parser, "new"))
		good = lstate_parser_take(parser, "^") &&
		       lstate_parser_past(parser, flags);
	else
		good = lstate_parser_past(parser, flags) &&
		       lstate_parser_take(parser, "^") &&
		       lstate_parser_take(parser, "new");
	if (good && lstate_parser_take(parser, ")"))
		return true;
	*flags = 0;
	parser->at = start;
	return false;
}

/* A term that begins with a word that says what it is. */
static int lstate_parser_crossing(struct lstate_parser *parser,
				  struct lstate_filter_term *term, bool *taken)
{
	int rc;

	*taken = true;
	if (lstate_parser_take(parser, "enters"))
		rc = lstate_parser_range(parser, term, LOCALSTATE_FILTER_ENTERS);
	else if (lstate_parser_take(parser, "leaves"))
		rc = lstate_parser_range(parser, term, LOCALSTATE_FILTER_LEAVES);
	else if (lstate_parser_take(parser, "rises")) {
		term->operation = LOCALSTATE_FILTER_ENTERS;
		term->flags = LOCALSTATE_FILTER_ABOVE;
		rc = lstate_parser_number(parser, &term->operand);
	} else if (lstate_parser_take(parser, "falls")) {
		term->operation = LOCALSTATE_FILTER_ENTERS;
		term->flags = LOCALSTATE_FILTER_BELOW;
		rc = lstate_parser_number(parser, &term->high);
	} else {
		*taken = false;
		return 0;
	}
	return rc ?: lstate_parser_hysteresis(parser, term);
}

/* The bound first: "30 <= new". */
static int lstate_parser_mirrored(struct lstate_parser *parser,
				  struct lstate_filter_term *term)
{
	const char *at = parser->at;
	int rc;

	if (!isdigit((unsigned char)*at) && (!*at || !strchr("+-.", *at)))
		return lstate_parser_fail(parser, at,
					  "new, old, reported, abs, rises, falls, enters or leaves is wanted");
	rc = lstate_parser_number(parser, &term->operand);
	if (rc == 0)
		rc = lstate_parser_bound(parser, term, true);
	return rc ?: lstate_parser_want(parser, "new", "new is wanted");
}

/* The name in a condition: the same in all its terms. */
static int lstate_parser_subject(struct lstate_parser *parser)
{
	struct lstate_literal *subject = &parser->filter->subject;
	size_t length;

	lstate_parser_skip(parser);
	length = strspn(parser->at, LSTATE_NAME_LETTERS);
	if (!length)
		return lstate_parser_fail(parser, parser->at,
					  "the name of a variable is wanted");
	if (subject->s && (subject->length != length ||
			   memcmp(subject->s, parser->at, length)))
		return lstate_parser_fail(parser, parser->at,
					  "a condition is about one variable");
	*subject = (struct lstate_literal){ .s = parser->at, .length = length };
	parser->at += length;
	return 0;
}

static int lstate_parser_simple(struct lstate_parser *parser,
				struct lstate_filter_term *term)
{
	bool taken;
	int rc;

	if (parser->is_condition)
		return lstate_parser_subject(parser) ?:
		       lstate_parser_new(parser, term);
	rc = lstate_parser_crossing(parser, term, &taken);
	if (taken)
		return rc;
	if (lstate_parser_take(parser, "new"))
		return lstate_parser_new(parser, term);
	if (lstate_parser_take(parser, "abs"))
		return lstate_parser_abs(parser, term);
	if (lstate_parser_past(parser, &term->flags))
		return lstate_parser_old(parser, term);
	return lstate_parser_mirrored(parser, term);
}

/* ---- the whole ----------------------------------------------------------- */

static int lstate_parser_filter(struct lstate_parser *parser);

static int lstate_parser_group(struct lstate_parser *parser)
{
	int rc;

	if (++parser->depth > LSTATE_FILTER_DEPTH)
		return lstate_parser_fail(parser, parser->at,
					  "there are too many parentheses");
	rc = lstate_parser_filter(parser);
	parser->depth--;
	return rc ?: lstate_parser_want(parser, ")", ") is wanted");
}

static int lstate_parser_term(struct lstate_parser *parser)
{
	struct lstate_filter_term term = { 0 };
	struct lstate_filter *filter = parser->filter;
	bool parenthesis;
	int rc;

	lstate_parser_skip(parser);
	term.at = parser->at;
	parenthesis = lstate_parser_take(parser, "(");
	if (parenthesis && (parser->is_condition ||
			    !lstate_parser_xor(parser, &term.flags)))
		return lstate_parser_group(parser);
	if (filter->n == LOCALSTATE_FILTER_TERMS)
		return lstate_parser_fail(parser, term.at,
					  "there are more than 4 terms");
	if (parenthesis) {
		term.operation = LOCALSTATE_FILTER_BITS_CHANGED;
		rc = lstate_parser_want(parser, "&", "& and the bits are wanted") ?:
		     lstate_parser_number(parser, &term.operand);
	} else {
		rc = lstate_parser_simple(parser, &term);
	}
	if (rc == 0)
		filter->terms[filter->n++] = term;
	return rc;
}

static int lstate_parser_filter(struct lstate_parser *parser)
{
	uint32_t match;
	int rc;

	for (;;) {
		rc = lstate_parser_term(parser);
		if (rc < 0)
			return rc;
		if (lstate_parser_take(parser, "||"))
			match = LOCALSTATE_FILTER_ANY;
		else if (lstate_parser_take(parser, "&&"))
			match = LOCALSTATE_FILTER_ALL;
		else
			return 0;
		if (parser->has_match && match != parser->filter->match)
			return lstate_parser_fail(parser, parser->at - 2,
						  "either || or && is wanted, not both");
		parser->has_match = true;
		parser->filter->match = match;
	}
}

/* A text in quotes may be a value of that type.  Return: 0 or -ENOMEM. */
static int lstate_literal_read(const char *text, enum lstate_type type,
			       struct lstate_value *value)
{
	return lstate_value_parse(type, text, value) == -ENOMEM ? -ENOMEM : 0;
}

static int lstate_filter_read_operands(struct lstate_filter *filter)
{
	struct lstate_filter_term *term;
	char *text;
	int rc = 0;

	for (term = filter->terms; !rc && term < filter->terms + filter->n; term++) {
		if (!term->operand.quoted)
			continue;
		text = strndup(term->operand.s, term->operand.length);
		rc = !text ? -ENOMEM :
		     lstate_literal_read(text, LSTATE_TYPE_BYTES, &term->as_bytes) ?:
		     lstate_literal_read(text, LSTATE_TYPE_ARRAY, &term->as_array);
		free(text);
	}
	return rc;
}

void lstate_filter_free(struct lstate_filter *filter)
{
	size_t i;

	if (!filter)
		return;
	for (i = 0; i < filter->n; i++) {
		lstate_value_clear(&filter->terms[i].as_bytes);
		lstate_value_clear(&filter->terms[i].as_array);
	}
	free(filter->text);
	free(filter);
}

static int lstate_expression_parse(const char *expression, bool is_condition,
				   struct lstate_filter **filter,
				   struct lstate_error *error)
{
	struct lstate_parser parser = {
		.is_condition = is_condition,
		.error = error,
	};
	int rc;

	parser.filter = calloc(1, sizeof(*parser.filter));
	if (parser.filter)
		parser.filter->text = strdup(expression);
	if (!parser.filter || !parser.filter->text) {
		free(parser.filter);
		return lstate_error_fail(error, -ENOMEM, LSTATE_FIELD_NONE,
					 "out of memory");
	}
	parser.at = parser.filter->text;
	rc = lstate_parser_filter(&parser);
	if (rc == 0) {
		lstate_parser_skip(&parser);
		if (*parser.at)
			rc = lstate_parser_fail(&parser, parser.at,
						"|| or && or the end is wanted");
	}
	if (rc == 0 && lstate_filter_read_operands(parser.filter) < 0)
		rc = lstate_error_fail(error, -ENOMEM, LSTATE_FIELD_NONE,
				       "out of memory");
	if (rc < 0) {
		lstate_filter_free(parser.filter);
		return rc;
	}
	*filter = parser.filter;
	return 0;
}

/* An expression as a filter.  Return: 0, -ENOMEM, or -EINVAL with the error. */
int lstate_filter_parse(const char *expression, struct lstate_filter **filter,
			struct lstate_error *error)
{
	return lstate_expression_parse(expression, false, filter, error);
}

/* The same for a condition. */
int lstate_condition_parse(const char *expression, struct lstate_filter **filter,
			   struct lstate_error *error)
{
	return lstate_expression_parse(expression, true, filter, error);
}
