// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values and variables as JSON.
 */
#define _GNU_SOURCE 1

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "json.h"
#include "text.h"

#define REPLACEMENT	"\xef\xbf\xbd"

static void *need(void *pointer)
{
	if (!pointer)
		exit(out_of_memory());
	return pointer;
}

struct json_object *json_new_object(void)
{
	return need(json_object_new_object());
}

struct json_object *json_new_array(void)
{
	return need(json_object_new_array());
}

void json_append(struct json_object *array, struct json_object *element)
{
	if (json_object_array_add(array, element))
		exit(out_of_memory());
}

void json_add(struct json_object *object, const char *key,
	      struct json_object *value)
{
	if (json_object_object_add(object, key, value))
		exit(out_of_memory());
}

void json_add_uint(struct json_object *object, const char *key,
		   uint64_t number)
{
	json_add(object, key, need(json_object_new_uint64(number)));
}

void json_add_bool(struct json_object *object, const char *key, bool truth)
{
	json_add(object, key, need(json_object_new_boolean(truth)));
}

void json_add_text(struct json_object *object, const char *key,
		   const char *text)
{
	json_add(object, key, text ? json_text(text) : NULL);
}

/* Bytes of the character at text, 0 if it is none. */
static size_t character_length(const unsigned char *text, size_t rest)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;
	size_t length, i;

	if (text[0] < 0x80)
		return 1;
	length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	if (text[0] < 0xc0 || text[0] > 0xf4 || length > rest)
		return 0;
	code = text[0] & (0x7f >> length);
	for (i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	return length;
}

/* A copy with every byte that belongs to no character replaced. */
static char *clean_text(const char *text, size_t length, size_t *clean_length)
{
	char *clean = need(malloc(length * strlen(REPLACEMENT) + 1));
	char *to = clean;
	size_t step;

	while (length) {
		step = character_length((const unsigned char *)text, length);
		if (step) {
			to = mempcpy(to, text, step);
		} else {
			to = stpcpy(to, REPLACEMENT);
			step = 1;
		}
		text += step;
		length -= step;
	}
	*to = '\0';
	*clean_length = to - clean;
	return clean;
}

struct json_object *json_bytes(const char *text, size_t length)
{
	struct json_object *object;
	size_t clean_length;
	char *clean;

	clean = clean_text(text, length, &clean_length);
	object = need(json_object_new_string_len(clean, clean_length));
	free(clean);
	return object;
}

struct json_object *json_text(const char *text)
{
	return json_bytes(text, strlen(text));
}

/* The digits of a float, and never without a sign of one. */
static struct json_object *json_digits(double f, const char *digits)
{
	char text[LSTATE_VALUE_FORMAT_MAX + 2];

	if (isnan(f))
		return json_text("NaN");
	if (isinf(f))
		return json_text(f > 0 ? "Infinity" : "-Infinity");
	snprintf(text, sizeof(text), "%s%s", digits,
		 strpbrk(digits, ".eE") ? "" : ".0");
	return need(json_object_new_double_s(f, text));
}

/* As few digits as keep the value. */
static struct json_object *json_float(const struct lstate_value *value)
{
	char digits[LSTATE_VALUE_FORMAT_MAX];

	lstate_value_format(value, digits, sizeof(digits));
	return json_digits(value->f, digits);
}

struct json_object *json_texts(const char *const *texts)
{
	struct json_object *array = json_new_array();

	for (; *texts; texts++)
		json_append(array, json_text(*texts));
	return array;
}

/* A list of numbers, as the library's text form has them. */
static struct json_object *json_elements(char *words, bool is_float)
{
	struct json_object *array = json_new_array();
	struct lstate_value number;
	char *word, *rest;

	for (word = strtok_r(words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		if (!is_float) {
			lstate_value_parse(LSTATE_TYPE_INT, word, &number);
			json_append(array, json_value(&number));
			continue;
		}
		lstate_value_parse(LSTATE_TYPE_FLOAT, word, &number);
		json_append(array, json_digits(number.f, word));
	}
	return array;
}

static struct json_object *json_numbers(const uint32_t *numbers, size_t n)
{
	struct json_object *array = json_new_array();
	size_t i;

	for (i = 0; i < n; i++)
		json_append(array, need(json_object_new_uint64(numbers[i])));
	return array;
}

/* Of an event an array may be cut so far that nothing is known of it. */
static struct json_object *json_array(const struct lstate_value *value)
{
	struct json_object *object;
	struct lstate_array array;
	char *text;

	if (lstate_value_as_array(value, &array) < 0)
		return NULL;
	object = json_new_object();
	json_add_text(object, "element", lstate_element_name(array.element));
	json_add(object, "shape", json_numbers(array.shape, array.rank));
	text = need(text_of_value(value));
	json_add(object, "elements",
		 json_elements(strchr(text, ':') + 1,
			       lstate_element_type(array.element) ==
			       LSTATE_TYPE_FLOAT));
	free(text);
	return object;
}

static struct json_object *json_base64(const struct lstate_value *value)
{
	char *text = need(text_of_value(value));
	struct json_object *object = json_text(text);

	free(text);
	return object;
}

struct json_object *json_value(const struct lstate_value *value)
{
	if (!value)
		return NULL;
	switch (value->type) {
	case LSTATE_TYPE_BOOL:
		return need(json_object_new_boolean(value->b));
	case LSTATE_TYPE_INT:
		return need(json_object_new_int64(value->i));
	case LSTATE_TYPE_UINT:
		return need(json_object_new_uint64(value->u));
	case LSTATE_TYPE_FLOAT:
		return json_float(value);
	case LSTATE_TYPE_STRING:
	case LSTATE_TYPE_CHOICE:
		return json_bytes(value->s, value->length);
	case LSTATE_TYPE_BYTES:
		return json_base64(value);
	case LSTATE_TYPE_ARRAY:
		return json_array(value);
	case LSTATE_TYPE_NONE:
		break;
	}
	return NULL;
}

struct json_object *json_metadata(const struct lstate_metadata *metadata)
{
	struct json_object *object = json_new_object();
	size_t length;
	char *key;

	for (; metadata->key; metadata++) {
		key = clean_text(metadata->key, strlen(metadata->key),
				 &length);
		json_add_text(object, key, metadata->value);
		free(key);
	}
	return object;
}

/* What an array has to be. */
static void add_form(struct json_object *object,
		     const struct lstate_variable *variable)
{
	const uint32_t *shape = lstate_variable_shape(variable);
	int rank = lstate_variable_rank(variable);

	if (lstate_variable_type(variable) != LSTATE_TYPE_ARRAY)
		return;
	json_add_text(object, "element",
		      lstate_element_name(lstate_variable_element(variable)));
	if (shape)
		json_add(object, "shape", json_numbers(shape, rank));
	else if (rank >= 0)
		json_add_uint(object, "rank", rank);
	if (lstate_variable_is_finite(variable))
		json_add_bool(object, "finite", true);
}

static void add_constraints(struct json_object *object,
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
	const char *const *choices = lstate_variable_choices(variable, NULL);
	size_t i;

	add_form(object, variable);
	for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		if (bounds[i].value)
			json_add(object, bounds[i].key,
				 json_value(bounds[i].value));
	}
	if (lstate_variable_min_length(variable) >= 0)
		json_add_uint(object, "min_length",
			      lstate_variable_min_length(variable));
	if (lstate_variable_max_length(variable) >= 0)
		json_add_uint(object, "max_length",
			      lstate_variable_max_length(variable));
	if (lstate_variable_pattern(variable))
		json_add_text(object, "pattern",
			      lstate_variable_pattern(variable));
	if (choices)
		json_add(object, "choices", json_texts(choices));
}

struct json_object *json_variable(const struct lstate_variable *variable)
{
	struct json_object *object = json_new_object();
	struct json_object *writer = json_new_object();
	uint64_t pid = lstate_variable_pid(variable);
	uint64_t uid = lstate_variable_uid(variable);

	json_add_text(object, "name", lstate_variable_name(variable));
	json_add_uint(object, "id", lstate_variable_id(variable));
	json_add_text(object, "type",
		      lstate_type_name(lstate_variable_type(variable)));
	if (lstate_variable_is_read_only(variable))
		json_add_bool(object, "read_only", true);
	if (lstate_variable_is_write_once(variable))
		json_add_bool(object, "write_once", true);
	json_add_text(object, "label", lstate_variable_label(variable));
	json_add(object, "value", json_value(lstate_variable_value(variable)));
	json_add_uint(object, "version", lstate_variable_version(variable));
	json_add(object, "metadata",
		 json_metadata(lstate_variable_metadata(variable)));
	json_add_uint(object, "created_ns",
		      lstate_variable_created_ns(variable));
	json_add_uint(object, "changed_ns",
		      lstate_variable_changed_ns(variable));
	json_add_uint(object, "pid", pid);
	json_add_uint(object, "uid", uid);
	json_add_uint(writer, "pid", pid);
	json_add_uint(writer, "uid", uid);
	json_add(object, "writer", writer);
	json_add_text(object, "description",
		      lstate_variable_description(variable));
	add_constraints(object, variable);
	return object;
}

const char *json_line(struct json_object *object, size_t *length)
{
	return need((char *)json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		length));
}

void json_print(struct json_object *object)
{
	size_t length;
	const char *line = json_line(object, &length);

	fwrite(line, 1, length, stdout);
	putchar('\n');
	json_object_put(object);
}
