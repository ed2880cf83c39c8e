// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Arrays and bytes as JSON.
 *
 * An array is an object of element type, shape and the elements in one list, row
 * by row: a list of lists could not tell the shapes of those without elements.
 * Bytes are a text, base64.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

/* --- writing -------------------------------------------------------------- */

/* An element, as the text form has it. */
static void lstate_json_add_element(struct lstate_text *text, const char *word,
				    bool is_float)
{
	size_t length = strlen(word);

	if (strcmp(word, "nan") == 0)
		return lstate_text_append(text, "\"NaN\"", 5);
	if (strcmp(word, "inf") == 0)
		return lstate_text_append(text, "\"Infinity\"", 10);
	if (strcmp(word, "-inf") == 0)
		return lstate_text_append(text, "\"-Infinity\"", 11);
	lstate_text_append(text, word, length);
	if (is_float && !strpbrk(word, ".e"))
		lstate_text_append(text, ".0", 2);
}

void lstate_json_add_shape(struct lstate_text *text, const uint32_t *shape,
			   size_t rank)
{
	size_t i;

	lstate_text_append(text, "[", 1);
	for (i = 0; i < rank; i++)
		lstate_text_add(text, "%s%u", i ? "," : "", shape[i]);
	lstate_text_append(text, "]", 1);
}

/* The elements of the text form, which is written to. */
static void lstate_json_add_words(struct lstate_text *text, char *words,
				  bool is_float)
{
	const char *separator = "";
	char *word, *rest;

	for (word = strtok_r(words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		lstate_text_append(text, separator, strlen(separator));
		lstate_json_add_element(text, word, is_float);
		separator = ",";
	}
}

void lstate_json_add_array(struct lstate_text *text,
			   const struct lstate_value *value)
{
	struct lstate_text form = { 0 };
	struct lstate_array array;
	char *words;

	if (lstate_value_as_array(value, &array) < 0 ||
	    lstate_array_format(value, SIZE_MAX, &form) < 0 || form.failed) {
		text->failed = true;
		free(form.data);
		return;
	}
	lstate_text_add(text, "{\"element\":\"%s\",\"shape\":",
			lstate_element_name(array.element));
	lstate_json_add_shape(text, array.shape, array.rank);
	lstate_text_add(text, ",\"elements\":[");
	words = strchr(form.data, ':') + 1;
	lstate_json_add_words(text, words, lstate_element_type(array.element) ==
					   LSTATE_TYPE_FLOAT);
	lstate_text_add(text, "]}");
	free(form.data);
}

/* --- reading -------------------------------------------------------------- */

int lstate_json_read_bytes(struct json_object *json, struct lstate_value *value)
{
	const char *s;

	if (!json_object_is_type(json, json_type_string))
		return -EINVAL;
	s = json_object_get_string(json);
	if (strlen(s) != (size_t)json_object_get_string_len(json))
		return -EINVAL;
	return lstate_base64_parse(s, value);
}

/* A list of dimensions. */
int lstate_json_read_shape(struct json_object *json, uint32_t *shape,
			   size_t *rank)
{
	struct lstate_value dimension;
	size_t i, n;
	int rc;

	if (!json_object_is_type(json, json_type_array))
		return -EINVAL;
	n = json_object_array_length(json);
	if (n > LSTATE_RANK_MAX)
		return -ERANGE;
	for (i = 0; i < n; i++) {
		rc = lstate_json_read_value(json_object_array_get_idx(json, i),
					    LSTATE_TYPE_UINT, &dimension);
		if (rc < 0)
			return rc;
		if (dimension.u > UINT32_MAX)
			return -ERANGE;
		shape[i] = (uint32_t)dimension.u;
	}
	*rank = n;
	return 0;
}

static int lstate_json_read_elements(struct json_object *json,
				     struct lstate_value *value)
{
	struct lstate_array array;
	struct lstate_value element;
	size_t i;
	int rc;

	rc = lstate_value_as_array(value, &array);
	if (rc < 0 || !json_object_is_type(json, json_type_array) ||
	    json_object_array_length(json) != array.count)
		return -EINVAL;
	for (i = 0; i < array.count && rc == 0; i++) {
		rc = lstate_json_read_value(json_object_array_get_idx(json, i),
					    lstate_element_type(array.element),
					    &element);
		if (rc == 0)
			rc = lstate_array_store(&array, i, &element);
	}
	return rc;
}

/* The members of the object; each but the element type has to be there. */
struct lstate_json_array {
	enum lstate_element element;
	struct json_object *shape;
	struct json_object *elements;
};

static int lstate_json_read_members(struct json_object *json,
				    struct lstate_json_array *members)
{
	if (!json_object_is_type(json, json_type_object))
		return -EINVAL;
	json_object_object_foreach(json, key, member) {
		if (strcmp(key, "shape") == 0)
			members->shape = member;
		else if (strcmp(key, "elements") == 0)
			members->elements = member;
		else if (strcmp(key, "element") != 0 ||
			 !json_object_is_type(member, json_type_string) ||
			 lstate_element_parse(json_object_get_string(member),
					      &members->element) < 0)
			return -EINVAL;
	}
	return members->shape && members->elements ? 0 : -EINVAL;
}

/* @element: what the elements are if the object does not say it. */
int lstate_json_read_array(struct json_object *json, enum lstate_element element,
			   struct lstate_value *value)
{
	struct lstate_json_array members = { .element = element };
	uint32_t shape[LSTATE_RANK_MAX];
	struct lstate_value new;
	size_t rank;
	int rc;

	rc = lstate_json_read_members(json, &members);
	if (rc == 0)
		rc = lstate_json_read_shape(members.shape, shape, &rank);
	if (rc == 0)
		rc = lstate_array_new(&new, members.element, shape, rank);
	if (rc < 0)
		return rc;
	rc = lstate_json_read_elements(members.elements, &new);
	if (rc < 0)
		lstate_value_clear(&new);
	else
		*value = new;
	return rc;
}
