// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whether a value fulfils a condition, as the kernel's filter sees it.  It is asked
 * here about values that came before the kernel could know the filter, and about nan,
 * which the kernel compares with nothing and hence tells: that is in no range.
 */
#include "filter.h"

#include <math.h>

static bool lstate_is_nan(const struct lstate_value *value)
{
	return value->type == LSTATE_TYPE_FLOAT && isnan(value->f);
}

static bool lstate_range_has(const struct localstate_filter_term *term,
			     const struct lstate_value *value)
{
	bool above = term->flags & LOCALSTATE_FILTER_ABOVE;
	bool below = term->flags & LOCALSTATE_FILTER_BELOW;
	uint64_t bits = lstate_value_bits(value);

	return !lstate_is_nan(value) &&
	       (!term->operand.type ||
		lstate_number_compare(value->type, bits, term->operand.data) >= above) &&
	       (!term->high.type ||
		lstate_number_compare(value->type, term->high.data, bits) >= below);
}

static bool lstate_operand_is(const struct lstate_filter_term *term,
			      const struct localstate_filter_term *bound,
			      const struct lstate_value *value)
{
	struct lstate_value operand;

	lstate_value_unpack(value->type, bound->operand.data, &operand);
	if (lstate_type_is_text(value->type)) {
		operand.s = term->operand.s;
		operand.length = term->operand.length;
	} else if (value->type == LSTATE_TYPE_BYTES) {
		operand = term->as_bytes;
	} else if (value->type == LSTATE_TYPE_ARRAY) {
		operand = term->as_array;
	}
	return lstate_value_same(&operand, value);
}

static bool lstate_term_holds(const struct lstate_filter_term *term,
			      const struct localstate_filter_term *bound,
			      const struct lstate_value *value)
{
	switch (bound->operation) {
	case LOCALSTATE_FILTER_INSIDE:
		return lstate_range_has(bound, value);
	case LOCALSTATE_FILTER_OUTSIDE:
		return !lstate_is_nan(value) && !lstate_range_has(bound, value);
	case LOCALSTATE_FILTER_EQUALS:
		return lstate_operand_is(term, bound, value);
	case LOCALSTATE_FILTER_DIFFERS:
		return !lstate_operand_is(term, bound, value);
	default:
		return lstate_value_bits(value) & bound->operand.data;
	}
}

/*
 * Return: 1: @value, which is whole, fulfils the condition; 0: it does not; a negative
 * errno with the error: the condition makes no sense for its type, as @subject has it.
 */
int lstate_condition_judge(const struct lstate_filter *condition,
			   const char *subject, const struct lstate_value *value,
			   struct lstate_error *error)
{
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	bool all = condition->match == LOCALSTATE_FILTER_ALL;
	bool holds = false;
	size_t i;
	int rc;

	rc = lstate_filter_bind(condition, value->type, subject, terms, error);
	if (rc < 0)
		return rc;
	for (i = 0; i < condition->n; i++) {
		holds = lstate_term_holds(&condition->terms[i], &terms[i], value);
		if (holds != all)
			break;
	}
	return holds;
}
