// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Explanations of a value that violates a constraint: -ERANGE.
 *
 * The kernel tells which constraint it is and a numeric limit.  The list of
 * choices and the pattern are looked up: in the spec when a variable was to be
 * registered, else by asking for the variable's description, which may fail for
 * want of the right to read; then the message does without.
 */
#include "private.h"

#include <string.h>

/* A choice's list in a message stops after so many. */
#define LSTATE_CHOICES_SHOWN	32

static void lstate_range_bound(struct lstate_text *text,
			       const struct lstate_value *value,
			       const struct lstate_value *limit, bool is_min)
{
	lstate_text_add_value(text, value);
	if (value->type == LSTATE_TYPE_FLOAT && __builtin_isnan(value->f))
		lstate_text_add(text, " is not within the %s ",
				is_min ? "minimum" : "maximum");
	else
		lstate_text_add(text, is_min ? " is below the minimum " :
					       " is above the maximum ");
	lstate_text_add_value(text, limit);
}

/* An element of an array, which is what was refused then. */
static void lstate_range_element(struct lstate_text *text,
				 struct lstate_error *error,
				 const struct lstate_value *value,
				 const struct localstate_error *why,
				 const struct lstate_value *limit)
{
	struct lstate_value element;
	struct lstate_array array;

	lstate_text_add(text, "element %u: ", why->index);
	if (lstate_value_as_array(value, &array) < 0 ||
	    lstate_array_element(&array, why->index, &element) < 0)
		return;
	lstate_error_set_value(error, &element);
	if (why->field != LOCALSTATE_FIELD_FINITE)
		return lstate_range_bound(text, &element, limit,
					  why->field == LOCALSTATE_FIELD_MIN);
	lstate_text_add_value(text, &element);
	lstate_text_add(text, " is not finite");
}

/* Element type, number of dimensions, or one of them. */
static void lstate_range_form(struct lstate_text *text,
			      const struct lstate_value *value,
			      const struct localstate_error *why)
{
	unsigned long long limit = why->limit;
	struct lstate_array array;

	if (lstate_value_as_array(value, &array) < 0)
		return;
	if (why->field == LOCALSTATE_FIELD_ELEMENT)
		lstate_text_add(text, "elements are %s, not %s",
				lstate_element_name((enum lstate_element)limit),
				lstate_element_name(array.element));
	else if (why->field == LOCALSTATE_FIELD_RANK)
		lstate_text_add(text, "an array of %llu dimension%s is wanted, not of %zu",
				limit, limit == 1 ? "" : "s", array.rank);
	else if (why->index < array.rank)
		lstate_text_add(text, "dimension %u is %u, not %llu",
				why->index, array.shape[why->index], limit);
}

static void lstate_range_length(struct lstate_text *text,
				const struct lstate_value *value,
				uint64_t limit, bool is_min)
{
	bool bytes = value->type == LSTATE_TYPE_BYTES;
	size_t count = bytes ? value->length :
			       lstate_utf8_count(value->s, value->length);

	if (bytes)
		lstate_text_add(text, "the value");
	else
		lstate_text_add_quoted(text, value->s, value->length);
	lstate_text_add(text, " has %zu %s%s, %s %llu", count,
			bytes ? "byte" : "character", count == 1 ? "" : "s",
			is_min ? "fewer than the minimum" :
				 "more than the maximum",
			(unsigned long long)limit);
}

static void lstate_range_pattern(struct lstate_text *text,
				 const struct lstate_value *value,
				 const char *pattern)
{
	lstate_text_add_value(text, value);
	if (pattern) {
		lstate_text_add(text, " does not match the pattern ");
		lstate_text_add_quoted(text, pattern, strlen(pattern));
	} else {
		lstate_text_add(text, " does not match the variable's pattern");
	}
}

/* One choice: plain where that cannot be mistaken, else quoted. */
static void lstate_range_choice(struct lstate_text *text, const char *choice)
{
	if (strpbrk(choice, ", "))
		lstate_text_add_quoted(text, choice, strlen(choice));
	else
		lstate_text_add_name(text, choice);
}

/* @choices: a NUL after each. */
static void lstate_range_choices(struct lstate_text *text,
				 const struct lstate_value *value,
				 const char *choices, size_t length)
{
	const char *at, *end = choices + length;
	unsigned int shown = 0;

	lstate_text_add_value(text, value);
	if (!length) {
		lstate_text_add(text, " is not one of the variable's choices");
		return;
	}
	lstate_text_add(text, " is not one of ");
	for (at = choices; at < end; at += strlen(at) + 1, shown++) {
		lstate_text_add(text, "%s", shown ? ", " : "");
		if (shown == LSTATE_CHOICES_SHOWN) {
			lstate_text_add(text, "...");
			break;
		}
		lstate_range_choice(text, at);
	}
}

/* Choices and pattern of a variable that exists. */
struct lstate_range_texts {
	const char *choices;
	size_t choices_length;
	const char *pattern;
};

/* A variable's choices lie behind one another, as they came. */
static void lstate_range_look(const struct lstate_variable *variable,
			      struct lstate_range_texts *texts)
{
	const char *const *choices;
	size_t n;

	texts->pattern = lstate_variable_pattern(variable);
	choices = lstate_variable_choices(variable, &n);
	if (!n)
		return;
	texts->choices = choices[0];
	texts->choices_length = choices[n - 1] + strlen(choices[n - 1]) + 1 -
				choices[0];
}

static void lstate_range_find(const struct lstate_attempt *attempt,
			      struct lstate_variable **variable,
			      struct lstate_range_texts *texts)
{
	struct localstate_error why;
	struct localstate_key key;

	*variable = NULL;
	memset(texts, 0, sizeof(*texts));
	if (attempt->spec) {
		texts->choices = attempt->spec->choices;
		texts->choices_length = attempt->spec->choices_length;
		texts->pattern = attempt->spec->pattern;
		return;
	}
	lstate_key_parse(attempt->subject, &key);
	if (lstate_variable_ask(attempt->session, &key, variable, &why) == 0)
		lstate_range_look(*variable, texts);
}

/* A limit that is text, and that the kernel does not tell. */
static void lstate_range_say_text(struct lstate_text *text,
				  struct lstate_error *error,
				  const struct lstate_attempt *attempt,
				  uint32_t field)
{
	const struct lstate_value *value = attempt->value;
	struct lstate_range_texts texts;
	struct lstate_variable *variable;
	struct lstate_value pattern;

	lstate_range_find(attempt, &variable, &texts);
	if (field == LOCALSTATE_FIELD_PATTERN) {
		lstate_range_pattern(text, value, texts.pattern);
		if (texts.pattern) {
			pattern = lstate_value_string(texts.pattern);
			lstate_error_set_limit(error, &pattern);
		}
	} else {
		lstate_range_choices(text, value, texts.choices,
				     texts.choices_length);
		if (texts.choices_length)
			lstate_error_set_choices(error, texts.choices,
						 texts.choices_length);
	}
	lstate_variable_free(variable);
}

static void lstate_range_say(struct lstate_text *text,
			     struct lstate_error *error,
			     const struct lstate_attempt *attempt,
			     const struct localstate_error *why)
{
	const struct lstate_value *value = attempt->value;
	struct lstate_value bound;

	lstate_value_unpack(why->type, why->limit, &bound);
	if (why->index != LOCALSTATE_NO_INDEX &&
	    why->field != LOCALSTATE_FIELD_SHAPE)
		return lstate_range_element(text, error, value, why, &bound);
	switch (why->field) {
	case LOCALSTATE_FIELD_ELEMENT:
	case LOCALSTATE_FIELD_SHAPE:
	case LOCALSTATE_FIELD_RANK:
		return lstate_range_form(text, value, why);
	case LOCALSTATE_FIELD_MIN:
	case LOCALSTATE_FIELD_MAX:
		lstate_range_bound(text, value, &bound,
				   why->field == LOCALSTATE_FIELD_MIN);
		return;
	case LOCALSTATE_FIELD_STEP:
		lstate_text_add_value(text, value);
		lstate_text_add(text, " lies between the steps of ");
		lstate_text_add_value(text, &bound);
		return;
	case LOCALSTATE_FIELD_MIN_LENGTH:
	case LOCALSTATE_FIELD_MAX_LENGTH:
		lstate_range_length(text, value, why->limit,
				    why->field == LOCALSTATE_FIELD_MIN_LENGTH);
		return;
	case LOCALSTATE_FIELD_PATTERN:
	case LOCALSTATE_FIELD_CHOICES:
		lstate_range_say_text(text, error, attempt, why->field);
		return;
	default:
		lstate_text_add_value(text, value);
		lstate_text_add(text, " violates the variable's %s",
				lstate_field_words(why->field));
	}
}

/* A default that violates a constraint was named by nobody. */
static void lstate_range_say_default(struct lstate_text *text,
				     const struct localstate_error *why)
{
	lstate_text_add(text, "the default initial value violates the %s: give an initial value",
			lstate_field_words(why->field));
}

/* What came out of an operation is known to the kernel alone. */
static void lstate_range_say_result(struct lstate_text *text,
				    const struct localstate_error *why)
{
	struct lstate_value bound;

	lstate_value_unpack(why->type, why->limit, &bound);
	if (why->field == LOCALSTATE_FIELD_MIN)
		lstate_text_add(text, "the result is below the minimum ");
	else if (why->field == LOCALSTATE_FIELD_MAX)
		lstate_text_add(text, "the result is above the maximum ");
	else
		lstate_text_add(text, "the result lies between the steps of ");
	lstate_text_add_value(text, &bound);
}

int lstate_explain_range(const struct lstate_attempt *attempt,
			 const struct localstate_error *why)
{
	const struct lstate_value *value = attempt->value;
	struct lstate_error fresh = {
		.code = -ERANGE,
		.field = (enum lstate_field)why->field,
	};
	struct lstate_text text = { 0 };
	struct lstate_value bound;

	lstate_text_add_name(&text, attempt->subject);
	lstate_text_add(&text, ": ");
	if (attempt->operation) {
		lstate_range_say_result(&text, why);
	} else if (!value || value->type == LSTATE_TYPE_NONE) {
		lstate_range_say_default(&text, why);
	} else {
		lstate_error_set_value(&fresh, value);
		lstate_range_say(&text, &fresh, attempt, why);
	}
	fresh.message = lstate_text_take(&text);
	lstate_error_set_name(&fresh, attempt->subject);
	if (!fresh.limit && why->type && why->type != LOCALSTATE_TYPE_ARRAY) {
		lstate_value_unpack(why->type, why->limit, &bound);
		lstate_error_set_limit(&fresh, &bound);
	}
	lstate_error_replace(attempt->error, &fresh);
	return -ERANGE;
}
