// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Filters as expressions, the other way: from the kernel's terms to the text that
 * gives such terms.  What the grammar has no words for is written so that it is
 * refused, not taken for something else.
 */
#include "filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *lstate_format_past(const struct localstate_filter_term *term)
{
	return term->flags & LOCALSTATE_FILTER_REPORTED ? "reported" : "old";
}

/* ---- operands ------------------------------------------------------------ */

static bool lstate_format_is_plain(char c)
{
	return c >= ' ' && c < 0x7f && c != '\'' && c != '\\';
}

/* As the shell writes it; no value of the grammar begins with a dollar. */
static void lstate_format_escaped(struct lstate_text *text, const char *s,
				  size_t length)
{
	size_t i;

	lstate_text_add(text, "$'");
	for (i = 0; i < length; i++)
		lstate_text_add(text, lstate_format_is_plain(s[i]) ? "%c" : "\\x%02x",
				(unsigned char)s[i]);
	lstate_text_add(text, "'");
}

/* As lstate_value_parse() reads it.  Return: whether it is a value at all. */
static bool lstate_format_long(struct lstate_text *text,
			       const struct localstate_value *packed)
{
	const struct lstate_value value = {
		.type = (enum lstate_type)packed->type,
		.data = (const void *)(uintptr_t)packed->data,
		.length = packed->length,
	};
	int length = lstate_value_format(&value, NULL, 0);
	char *buffer = length < 0 ? NULL : malloc((size_t)length + 1);

	if (!buffer)
		return false;
	lstate_value_format(&value, buffer, (size_t)length + 1);
	lstate_text_add(text, "'%s'", buffer);
	free(buffer);
	return true;
}

static void lstate_format_text(struct lstate_text *text,
			       const struct localstate_value *value)
{
	const char *s = (const char *)(uintptr_t)value->data;
	size_t length = value->length;
	bool has_single = length && memchr(s, '\'', length);

	if (!lstate_type_is_text(value->type) && lstate_format_long(text, value))
		return;
	if (!lstate_type_is_text(value->type) ||
	    (length && memchr(s, '\0', length)) ||
	    (has_single && memchr(s, '"', length))) {
		lstate_format_escaped(text, s, length);
		return;
	}
	lstate_text_add(text, has_single ? "\"" : "'");
	lstate_text_append(text, s, length);
	lstate_text_add(text, has_single ? "\"" : "'");
}

static void lstate_format_scalar(struct lstate_text *text, uint32_t type,
				 uint64_t bits)
{
	struct lstate_value value;

	lstate_value_unpack(type, bits, &value);
	lstate_text_add_value(text, &value);
}

static void lstate_format_value(struct lstate_text *text,
				const struct localstate_value *value)
{
	if (lstate_type_is_long(value->type))
		lstate_format_text(text, value);
	else if (value->type)
		lstate_format_scalar(text, value->type, value->data);
}

/* Millionths of a percent, without zeroes at the end. */
static void lstate_format_millionths(struct lstate_text *text, uint64_t amount)
{
	unsigned long long one = LOCALSTATE_FILTER_PERCENT_ONE;
	unsigned long long rest = amount % one;
	int digits = 6;

	lstate_text_add(text, "%llu", amount / one);
	if (!rest)
		return;
	while (rest % 10 == 0) {
		rest /= 10;
		digits--;
	}
	lstate_text_add(text, ".%0*llu", digits, rest);
}

/* ---- terms --------------------------------------------------------------- */

static void lstate_format_changed(struct lstate_text *text,
				  const struct localstate_filter_term *term)
{
	const char *past = lstate_format_past(term);
	bool percent = term->flags & LOCALSTATE_FILTER_PERCENT;

	if (term->flags & LOCALSTATE_FILTER_UP)
		lstate_text_add(text, "new - %s", past);
	else if (term->flags & LOCALSTATE_FILTER_DOWN)
		lstate_text_add(text, "%s - new", past);
	else
		lstate_text_add(text, "abs(new - %s)", past);
	lstate_text_add(text, term->flags & LOCALSTATE_FILTER_ABOVE ? " > " : " >= ");
	if (percent && term->operand.type == LOCALSTATE_TYPE_UINT)
		lstate_format_millionths(text, term->operand.data);
	else
		lstate_format_value(text, &term->operand);
	lstate_text_add(text, percent ? "%%" : "");
}

/* "10..20"; a sign says that an end is left out. */
static void lstate_format_range(struct lstate_text *text,
				const struct localstate_filter_term *term)
{
	lstate_text_add(text, term->flags & LOCALSTATE_FILTER_ABOVE ? ">" : "");
	lstate_format_value(text, &term->operand);
	lstate_text_add(text, term->flags & LOCALSTATE_FILTER_BELOW ? "..<" : "..");
	lstate_format_value(text, &term->high);
}

/* INSIDE and OUTSIDE; with one bound a comparison says the same. */
static void lstate_format_inside(struct lstate_text *text,
				 const struct localstate_filter_term *term)
{
	bool outside = term->operation == LOCALSTATE_FILTER_OUTSIDE;
	bool lower = term->operand.type;
	uint32_t flag = lower ? LOCALSTATE_FILTER_ABOVE : LOCALSTATE_FILTER_BELOW;
	bool strict = (bool)(term->flags & flag) != outside;

	if (lower && term->high.type) {
		lstate_text_add(text, outside ? "new not in " : "new in ");
		lstate_format_range(text, term);
		return;
	}
	lstate_text_add(text, "new %s%s ", lower != outside ? ">" : "<",
			strict ? "" : "=");
	lstate_format_value(text, lower ? &term->operand : &term->high);
}

static void lstate_format_crossing(struct lstate_text *text,
				   const struct localstate_filter_term *term)
{
	uint32_t type = term->operand.type ? term->operand.type : term->high.type;
	bool enters = term->operation == LOCALSTATE_FILTER_ENTERS;

	if (enters && !term->high.type &&
	    term->flags & LOCALSTATE_FILTER_ABOVE) {
		lstate_text_add(text, "rises ");
		lstate_format_value(text, &term->operand);
	} else if (enters && !term->operand.type &&
		   term->flags & LOCALSTATE_FILTER_BELOW) {
		lstate_text_add(text, "falls ");
		lstate_format_value(text, &term->high);
	} else {
		lstate_text_add(text, enters ? "enters " : "leaves ");
		lstate_format_range(text, term);
	}
	if (!term->hysteresis)
		return;
	lstate_text_add(text, " by ");
	lstate_format_scalar(text, type == LOCALSTATE_TYPE_FLOAT ?
			     LOCALSTATE_TYPE_FLOAT : LOCALSTATE_TYPE_UINT,
			     term->hysteresis);
}

static void lstate_format_equality(struct lstate_text *text,
				   const struct localstate_filter_term *term)
{
	if (!term->operand.type) {
		lstate_text_add(text, "%s != new", lstate_format_past(term));
		return;
	}
	lstate_text_add(text, term->operation == LOCALSTATE_FILTER_EQUALS ?
			"new == " : "new != ");
	lstate_format_value(text, &term->operand);
}

static int lstate_format_term(struct lstate_text *text,
			      const struct localstate_filter_term *term)
{
	if (term->operand.type > LOCALSTATE_TYPE_ARRAY ||
	    term->high.type > LOCALSTATE_TYPE_FLOAT)
		return -EINVAL;
	switch (term->operation) {
	case LOCALSTATE_FILTER_CHANGED:
		lstate_format_changed(text, term);
		return 0;
	case LOCALSTATE_FILTER_INSIDE:
	case LOCALSTATE_FILTER_OUTSIDE:
		lstate_format_inside(text, term);
		return 0;
	case LOCALSTATE_FILTER_ENTERS:
	case LOCALSTATE_FILTER_LEAVES:
		lstate_format_crossing(text, term);
		return 0;
	case LOCALSTATE_FILTER_EQUALS:
	case LOCALSTATE_FILTER_DIFFERS:
		lstate_format_equality(text, term);
		return 0;
	case LOCALSTATE_FILTER_BITS:
		lstate_text_add(text, "new & 0x%llx",
				(unsigned long long)term->operand.data);
		return 0;
	case LOCALSTATE_FILTER_BITS_CHANGED:
		lstate_text_add(text, "(new ^ %s) & 0x%llx", lstate_format_past(term),
				(unsigned long long)term->operand.data);
		return 0;
	default:
		return -EINVAL;
	}
}

int lstate_filter_format(const struct localstate_filter *filter, char *buffer,
			 size_t size)
{
	const struct localstate_filter_term *terms = (void *)(uintptr_t)filter->terms;
	struct lstate_text text = { 0 };
	int rc = filter->n_terms ? 0 : -EINVAL;
	uint32_t i;
	char *all;

	for (i = 0; rc == 0 && i < filter->n_terms; i++) {
		if (i)
			lstate_text_add(&text, filter->match == LOCALSTATE_FILTER_ALL ?
					" && " : " || ");
		rc = lstate_format_term(&text, &terms[i]);
	}
	all = lstate_text_take(&text);
	if (rc == 0)
		rc = all ? snprintf(buffer, size, "%s", all) : -ENOMEM;
	free(all);
	return rc;
}
