/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Output for programs.  All integers keep their 64 bits, all floats their
 * value; what JSON has no number for is the text "Infinity", "-Infinity" or
 * "NaN".  Text that is not UTF-8 gets U+FFFD in its place.  Bytes are base64; an
 * array is an object of element type, shape and elements.
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

#include <json-c/json.h>

#include <localstate.h>

/* Memory that runs out ends the program: there is no half an answer. */
struct json_object *json_text(const char *text);
struct json_object *json_bytes(const char *text, size_t length);
struct json_object *json_texts(const char *const *texts);	/* a NULL ends them */
struct json_object *json_value(const struct lstate_value *value);
struct json_object *json_metadata(const struct lstate_metadata *metadata);
struct json_object *json_variable(const struct lstate_variable *variable);

/* These add to an object; text that is NULL is null. */
void json_add(struct json_object *object, const char *key,
	      struct json_object *value);
void json_add_text(struct json_object *object, const char *key,
		   const char *text);
void json_add_uint(struct json_object *object, const char *key,
		   uint64_t number);
void json_add_bool(struct json_object *object, const char *key, bool truth);

struct json_object *json_new_object(void);
struct json_object *json_new_array(void);
void json_append(struct json_object *array, struct json_object *element);

/* The text of an object, which lives as long as that, without a newline. */
const char *json_line(struct json_object *object, size_t *length);

/* Prints one line to stdout and frees the object. */
void json_print(struct json_object *object);

#endif /* JSON_H */
