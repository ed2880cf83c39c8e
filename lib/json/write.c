// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Values and variables as JSON, in one stable form: the same variable always
 * gives the same bytes.
 *
 * Integers have all their digits, floats as few as keep their value, and always
 * a point or an exponent; what JSON has no number for is "Infinity", "-Infinity"
 * or "NaN".
 */
#include "json.h"

#include <string.h>

/* A control character, a quote or a backslash. */
static void lstate_json_add_escape(struct lstate_text *text, unsigned char c)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	const char *at;

	for (at = letters; *at; at += 2) {
		if ((unsigned char)*at == c) {
			lstate_text_add(text, "\\%c", at[1]);
			return;
		}
	}
	lstate_text_add(text, "\\u%04x", c);
}

/* The kernel keeps nothing but UTF-8, and JSON takes it as it is. */
void lstate_json_add_text(struct lstate_text *text, const char *s,
			  size_t length)
{
	const char *end = s + length, *run;

	lstate_text_append(text, "\"", 1);
	while (s < end) {
		run = s;
		while (s < end && (unsigned char)*s >= ' ' && *s != '"' &&
		       *s != '\\')
			s++;
		lstate_text_append(text, run, s - run);
		if (s < end)
			lstate_json_add_escape(text, *s++);
	}
	lstate_text_append(text, "\"", 1);
}

static void lstate_json_add_string(struct lstate_text *text, const char *s)
{
	lstate_json_add_text(text, s, strlen(s));
}

static void lstate_json_add_float(struct lstate_text *text,
				  const struct lstate_value *value)
{
	char digits[LSTATE_VALUE_FORMAT_MAX];

	if (__builtin_isnan(value->f)) {
		lstate_json_add_string(text, "NaN");
	} else if (__builtin_isinf(value->f)) {
		lstate_json_add_string(text, value->f < 0 ? "-Infinity" :
							    "Infinity");
	} else if (lstate_value_format(value, digits, sizeof(digits)) < 0) {
		text->failed = true;
	} else {
		lstate_text_append(text, digits, strlen(digits));
		if (!strpbrk(digits, ".e"))
			lstate_text_append(text, ".0", 2);
	}
}

void lstate_json_add_value(struct lstate_text *text,
			   const struct lstate_value *value)
{
	switch (value->type) {
	case LSTATE_TYPE_BOOL:
		return lstate_text_add(text, value->b ? "true" : "false");
	case LSTATE_TYPE_INT:
		return lstate_text_add(text, "%lld", (long long)value->i);
	case LSTATE_TYPE_UINT:
		return lstate_text_add(text, "%llu",
				       (unsigned long long)value->u);
	case LSTATE_TYPE_FLOAT:
		return lstate_json_add_float(text, value);
	case LSTATE_TYPE_STRING:
	case LSTATE_TYPE_CHOICE:
		return lstate_json_add_text(text, value->s, value->length);
	case LSTATE_TYPE_BYTES:
		lstate_text_append(text, "\"", 1);
		lstate_base64_add(text, value->data, value->length);
		return lstate_text_append(text, "\"", 1);
	case LSTATE_TYPE_ARRAY:
		return lstate_json_add_array(text, value);
	case LSTATE_TYPE_NONE:
		return lstate_text_add(text, "null");
	}
}

void lstate_json_add_metadata(struct lstate_text *text,
			      const struct lstate_metadata *metadata)
{
	const char *separator = "";

	lstate_text_append(text, "{", 1);
	for (; metadata && metadata->key; metadata++) {
		lstate_text_append(text, separator, strlen(separator));
		lstate_json_add_string(text, metadata->key);
		lstate_text_append(text, ":", 1);
		lstate_json_add_string(text, metadata->value);
		separator = ",";
	}
	lstate_text_append(text, "}", 1);
}

static void lstate_json_add_choices(struct lstate_text *text,
				    const char *const *choices)
{
	const char *separator = ",\"choices\":[";

	for (; *choices; choices++) {
		lstate_text_append(text, separator, strlen(separator));
		lstate_json_add_string(text, *choices);
		separator = ",";
	}
	lstate_text_append(text, "]", 1);
}

/* What an array has to be, before all that is read in its light. */
static void lstate_json_add_form(struct lstate_text *text,
				 const struct lstate_variable *variable)
{
	const uint32_t *shape = lstate_variable_shape(variable);
	int rank = lstate_variable_rank(variable);

	if (lstate_variable_type(variable) != LSTATE_TYPE_ARRAY)
		return;
	lstate_text_add(text, ",\"element\":\"%s\"",
			lstate_element_name(lstate_variable_element(variable)));
	if (shape) {
		lstate_text_add(text, ",\"shape\":");
		lstate_json_add_shape(text, shape, rank);
	} else if (rank >= 0) {
		lstate_text_add(text, ",\"rank\":%d", rank);
	}
	if (lstate_variable_is_finite(variable))
		lstate_text_add(text, ",\"finite\":true");
}

static void lstate_json_add_constraints(struct lstate_text *text,
					const struct lstate_variable *variable)
{
	const struct {
		const char *key;
		const struct lstate_value *value;
	} bounds[] = {
		{ "min", lstate_variable_min(variable) },
		{ "max", lstate_variable_max(variable) },
		{ "step", lstate_variable_step(variable) },
	};
	int64_t shortest = lstate_variable_min_length(variable);
	int64_t longest = lstate_variable_max_length(variable);
	const char *pattern = lstate_variable_pattern(variable);
	const char *const *choices = lstate_variable_choices(variable, NULL);
	size_t i;

	lstate_json_add_form(text, variable);
	for (i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		if (!bounds[i].value)
			continue;
		lstate_text_add(text, ",\"%s\":", bounds[i].key);
		lstate_json_add_value(text, bounds[i].value);
	}
	if (shortest >= 0)
		lstate_text_add(text, ",\"min_length\":%lld",
				(long long)shortest);
	if (longest >= 0)
		lstate_text_add(text, ",\"max_length\":%lld",
				(long long)longest);
	if (pattern) {
		lstate_text_add(text, ",\"pattern\":");
		lstate_json_add_string(text, pattern);
	}
	if (choices)
		lstate_json_add_choices(text, choices);
}

/* What is empty is left out. */
void lstate_json_add_variable(struct lstate_text *text,
			      const struct lstate_variable *variable)
{
	const char *label = lstate_variable_label(variable);
	const char *description = lstate_variable_description(variable);
	const struct lstate_metadata *metadata =
		lstate_variable_metadata(variable);

	lstate_text_add(text, "{\"id\":%llu,\"version\":%llu,\"name\":\"%s\",\"type\":\"%s\"",
			(unsigned long long)lstate_variable_id(variable),
			(unsigned long long)lstate_variable_version(variable),
			lstate_variable_name(variable),
			lstate_type_name(lstate_variable_type(variable)));
	if (*label)
		lstate_text_add(text, ",\"label\":\"%s\"", label);
	if (*description) {
		lstate_text_add(text, ",\"description\":");
		lstate_json_add_string(text, description);
	}
	if (lstate_variable_is_read_only(variable))
		lstate_text_add(text, ",\"read_only\":true");
	if (lstate_variable_is_write_once(variable))
		lstate_text_add(text, ",\"write_once\":true");
	lstate_json_add_constraints(text, variable);
	if (metadata->key) {
		lstate_text_add(text, ",\"metadata\":");
		lstate_json_add_metadata(text, metadata);
	}
	lstate_text_add(text, ",\"value\":");
	lstate_json_add_value(text, lstate_variable_value(variable));
	lstate_text_append(text, "}", 1);
}
