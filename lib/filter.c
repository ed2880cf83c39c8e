// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Filters: the terms of an expression, as the kernel wants them for variables of a
 * type.  Whatever is an operand of that type is said here, so that a refusal can
 * name the operand and where it stands.
 */
#include "filter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits behind the point that a percentage of integers may have. */
#define LSTATE_PERCENT_DIGITS	6

/* The longest number that is one. */
#define LSTATE_LITERAL_MAX	400

/* One expression on its way to terms for a type. */
struct lstate_binding {
	const struct lstate_filter *filter;
	enum lstate_type type;
	const char *subject;		/* a variable of that type */
	struct lstate_error *error;
};

/* "temp: filter: column 7: \"x\" is not a float": @words says what it is not. */
static int lstate_binding_fail(const struct lstate_binding *binding,
			       const struct lstate_literal *literal,
			       const char *words)
{
	struct lstate_text shown = { 0 };
	int rc;

	lstate_text_add_quoted(&shown, literal->s, literal->length);
	rc = lstate_error_fail(binding->error, -EINVAL, LSTATE_FIELD_FILTER,
			       "%s: %s: column %zu: %s is not %s",
			       binding->subject, lstate_filter_noun(binding->filter),
			       lstate_filter_column(binding->filter, literal->s),
			       shown.data ? shown.data : "this", words);
	free(shown.data);
	lstate_error_set_name(binding->error, binding->subject);
	return rc;
}

/* "temp: filter: column 1: the range is empty": the words are about the term. */
static int lstate_binding_say(const struct lstate_binding *binding,
			      const struct lstate_filter_term *term,
			      const char *words)
{
	int rc;

	rc = lstate_error_fail(binding->error, -EINVAL, LSTATE_FIELD_FILTER,
			       "%s: %s: column %zu: %s", binding->subject,
			       lstate_filter_noun(binding->filter),
			       lstate_filter_column(binding->filter, term->at),
			       words);
	lstate_error_set_name(binding->error, binding->subject);
	return rc;
}

/* The term itself makes no sense for the type: "a string has no order". */
static int lstate_binding_misfit(const struct lstate_binding *binding,
				 const struct lstate_filter_term *term,
				 const char *what)
{
	char words[80];

	snprintf(words, sizeof(words), "%s %s has no %s",
		 lstate_type_article(binding->type),
		 lstate_type_name(binding->type), what);
	return lstate_binding_say(binding, term, words);
}

/* Of two numbers of one type, neither of them nan: below 0, 0 or above 0. */
int lstate_number_compare(enum lstate_type type, uint64_t a_bits, uint64_t b_bits)
{
	struct lstate_value a, b;

	lstate_value_unpack(type, a_bits, &a);
	lstate_value_unpack(type, b_bits, &b);
	switch (type) {
	case LSTATE_TYPE_INT:
		return (a.i > b.i) - (a.i < b.i);
	case LSTATE_TYPE_UINT:
		return (a.u > b.u) - (a.u < b.u);
	default:
		return (a.f > b.f) - (a.f < b.f);
	}
}

static bool lstate_literal_copy(const struct lstate_literal *literal,
				char *buffer)
{
	if (literal->quoted || literal->length >= LSTATE_LITERAL_MAX)
		return false;
	memcpy(buffer, literal->s, literal->length);
	buffer[literal->length] = '\0';
	return true;
}

static int lstate_binding_scalar(const struct lstate_binding *binding,
				 const struct lstate_literal *literal,
				 enum lstate_type type,
				 struct localstate_value *packed)
{
	char buffer[LSTATE_LITERAL_MAX], words[40];
	struct lstate_value value;

	if (!lstate_literal_copy(literal, buffer) ||
	    lstate_value_parse(type, buffer, &value) < 0) {
		snprintf(words, sizeof(words), "%s %s",
			 lstate_type_article(type), lstate_type_name(type));
		return lstate_binding_fail(binding, literal, words);
	}
	lstate_value_pack(&value, packed);
	return 0;
}

/* Amounts and hystereses: of integers without sign, of floats not negative. */
static int lstate_binding_amount(const struct lstate_binding *binding,
				 const struct lstate_literal *literal,
				 struct localstate_value *packed)
{
	bool is_float = binding->type == LSTATE_TYPE_FLOAT;
	struct lstate_value value;
	int rc;

	rc = lstate_binding_scalar(binding, literal,
				   is_float ? LSTATE_TYPE_FLOAT : LSTATE_TYPE_UINT,
				   packed);
	if (rc < 0 || !is_float)
		return rc;
	lstate_value_unpack(LSTATE_TYPE_FLOAT, packed->data, &value);
	if (isnan(value.f) || value.f < 0)
		return lstate_binding_fail(binding, literal,
					   "an amount from 0");
	if (value.f == 0)
		packed->data = 0;
	return 0;
}

/* A percentage of integers, in millionths: "12.5" is 12500000. */
static int lstate_binding_percent(const struct lstate_binding *binding,
				  const struct lstate_literal *literal,
				  struct localstate_value *packed)
{
	static const char wanted[] = "a percentage, with up to six digits behind the point";
	char buffer[LSTATE_LITERAL_MAX], *point, *end;
	struct lstate_value value;
	size_t i, digits = 0;

	if (!lstate_literal_copy(literal, buffer))
		return lstate_binding_fail(binding, literal, wanted);
	point = strchr(buffer, '.');
	if (point) {
		digits = strlen(point + 1);
		memmove(point, point + 1, digits + 1);
	}
	end = buffer + strlen(buffer);
	if (strspn(buffer, "0123456789") != strlen(buffer) ||
	    digits > LSTATE_PERCENT_DIGITS ||
	    end + LSTATE_PERCENT_DIGITS >= buffer + sizeof(buffer))
		return lstate_binding_fail(binding, literal, wanted);
	for (i = digits; i < LSTATE_PERCENT_DIGITS; i++)
		*end++ = '0';
	*end = '\0';
	/* A zero in front would make it octal. */
	point = buffer + strspn(buffer, "0");
	if (lstate_value_parse(LSTATE_TYPE_UINT, *point ? point : "0", &value) < 0)
		return lstate_binding_fail(binding, literal, wanted);
	lstate_value_pack(&value, packed);
	return 0;
}

/* A bound: a number of the variable's type. */
static int lstate_binding_bound(const struct lstate_binding *binding,
				const struct lstate_literal *literal,
				struct localstate_value *packed)
{
	struct lstate_value value;
	int rc;

	if (!literal->s)
		return 0;
	rc = lstate_binding_scalar(binding, literal, binding->type, packed);
	if (rc < 0 || binding->type != LSTATE_TYPE_FLOAT)
		return rc;
	lstate_value_unpack(LSTATE_TYPE_FLOAT, packed->data, &value);
	return isnan(value.f) ? lstate_binding_fail(binding, literal, "a bound") : 0;
}

static int lstate_binding_range(const struct lstate_binding *binding,
				const struct lstate_filter_term *term,
				struct localstate_filter_term *to)
{
	struct localstate_value by = { 0 };
	int rc;

	if (!lstate_type_is_number(binding->type))
		return lstate_binding_misfit(binding, term, "order");
	rc = lstate_binding_bound(binding, &term->operand, &to->operand);
	if (rc == 0)
		rc = lstate_binding_bound(binding, &term->high, &to->high);
	if (rc == 0 && term->operand.s && term->high.s &&
	    lstate_number_compare(binding->type, to->operand.data,
				  to->high.data) > 0)
		return lstate_binding_say(binding, term, "the range is empty");
	if (rc == 0 && term->hysteresis.s)
		rc = lstate_binding_amount(binding, &term->hysteresis, &by);
	to->hysteresis = by.data;
	return rc;
}

/* Bytes or an array, which the text in quotes has been read as. */
static int lstate_binding_long(const struct lstate_binding *binding,
			       const struct lstate_literal *literal,
			       const struct lstate_value *value,
			       const char *words, struct localstate_value *packed)
{
	if (value->type != binding->type)
		return lstate_binding_fail(binding, literal, words);
	lstate_value_pack(value, packed);
	return 0;
}

static int lstate_binding_value(const struct lstate_binding *binding,
				const struct lstate_filter_term *term,
				struct localstate_filter_term *to)
{
	const struct lstate_literal *literal = &term->operand;

	if (!literal->s) {
		if ((term->flags & LOCALSTATE_FILTER_REPORTED) &&
		    !lstate_type_is_number(binding->type) &&
		    binding->type != LSTATE_TYPE_BOOL)
			return lstate_binding_misfit(binding, term,
						     "reported value; old is there");
		return 0;
	}
	if (binding->type == LSTATE_TYPE_BYTES)
		return lstate_binding_long(binding, literal, &term->as_bytes,
					   "base64 in quotes", &to->operand);
	if (binding->type == LSTATE_TYPE_ARRAY)
		return lstate_binding_long(binding, literal, &term->as_array,
					   "an array in quotes", &to->operand);
	if (!lstate_type_is_text(binding->type))
		return lstate_binding_scalar(binding, literal, binding->type,
					     &to->operand);
	if (!literal->quoted)
		return lstate_binding_fail(binding, literal, "a text in quotes");
	to->operand = (struct localstate_value){
		.data = lstate_pointer(literal->length ? literal->s : NULL),
		.length = lstate_length(literal->length),
		.type = binding->type,
	};
	return 0;
}

static int lstate_binding_bits(const struct lstate_binding *binding,
			       const struct lstate_filter_term *term,
			       struct localstate_filter_term *to)
{
	if (binding->type != LSTATE_TYPE_INT && binding->type != LSTATE_TYPE_UINT)
		return lstate_binding_misfit(binding, term, "bits");
	return lstate_binding_scalar(binding, &term->operand, LSTATE_TYPE_UINT,
				     &to->operand);
}

static int lstate_binding_term(const struct lstate_binding *binding,
			       const struct lstate_filter_term *term,
			       struct localstate_filter_term *to)
{
	*to = (struct localstate_filter_term){
		.operation = term->operation,
		.flags = term->flags,
	};
	switch (term->operation) {
	case LOCALSTATE_FILTER_CHANGED:
		if (!lstate_type_is_number(binding->type))
			return lstate_binding_misfit(binding, term, "differences");
		if ((term->flags & LOCALSTATE_FILTER_PERCENT) &&
		    binding->type != LSTATE_TYPE_FLOAT)
			return lstate_binding_percent(binding, &term->operand,
						      &to->operand);
		return lstate_binding_amount(binding, &term->operand,
					     &to->operand);
	case LOCALSTATE_FILTER_EQUALS:
	case LOCALSTATE_FILTER_DIFFERS:
		return lstate_binding_value(binding, term, to);
	case LOCALSTATE_FILTER_BITS:
	case LOCALSTATE_FILTER_BITS_CHANGED:
		return lstate_binding_bits(binding, term, to);
	default:
		return lstate_binding_range(binding, term, to);
	}
}

/* Whether it has any number or text, which is of a type. */
bool lstate_filter_has_values(const struct lstate_filter *filter)
{
	size_t i;

	for (i = 0; i < filter->n; i++)
		if (filter->terms[i].operation != LOCALSTATE_FILTER_DIFFERS ||
		    filter->terms[i].operand.s)
			return true;
	return false;
}

/*
 * The terms for variables of @type, as @subject is one; texts in them stay where
 * the filter has them.  Return: 0, or a negative errno with the error.
 */
int lstate_filter_bind(const struct lstate_filter *filter,
		       enum lstate_type type, const char *subject,
		       struct localstate_filter_term *terms,
		       struct lstate_error *error)
{
	const struct lstate_binding binding = {
		.filter = filter,
		.type = type,
		.subject = subject,
		.error = error,
	};
	size_t i;
	int rc;

	for (i = 0; i < filter->n; i++) {
		rc = lstate_binding_term(&binding, &filter->terms[i], &terms[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}
