// SPDX-License-Identifier: GPL-2.0-only
/*
 * An object of JSON, member by member.
 *
 * json-c makes the nearest number that it has of one that is too large, and the
 * last of two members of one name; here the object is taken apart, and json-c
 * reads one name or value at a time.  A number stays the text that it is.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "batch_json.h"
#include "failure.h"
#include "json.h"
#include "tool.h"

struct reader {
	const char *file;
	const char *text;
	const char *at;			/* what comes next */
	const char *end;		/* the NUL behind the text */
	struct json_tokener *tokener;
};

static int broken(const struct reader *reader, const char *problem)
{
	const struct failure failure = { .rc = -EINVAL };
	const char *at;
	size_t line = 1;

	for (at = reader->text; at < reader->at; at++)
		line += *at == '\n';
	return fail(&failure, "%s: line %zu: not an object of JSON: %s",
		    reader->file, line, problem);
}

static char peek(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t\r\n");
	return *reader->at;
}

static bool skip(struct reader *reader, char wanted)
{
	if (peek(reader) != wanted)
		return false;
	reader->at++;
	return true;
}

/* A name or a value, for the caller to put; NULL is null, too. */
static int read_value(struct reader *reader, struct json_object **value)
{
	enum json_tokener_error error;

	peek(reader);
	json_tokener_reset(reader->tokener);
	/* With the NUL, at which a number ends. */
	*value = json_tokener_parse_ex(reader->tokener, reader->at,
				       (int)(reader->end - reader->at) + 1);
	error = json_tokener_get_error(reader->tokener);
	reader->at += json_tokener_get_parse_end(reader->tokener);
	if (reader->at > reader->end)
		reader->at = reader->end;
	if (error == json_tokener_success)
		return EXIT_DONE;
	return broken(reader, error == json_tokener_continue ?
		      "it ends too early" : json_tokener_error_desc(error));
}

static bool has_nul(struct json_object *string)
{
	return strlen(json_object_get_string(string)) !=
	       (size_t)json_object_get_string_len(string);
}

/* All but strings are what they are written as, in the bytes from start on. */
static int hand_on(struct reader *reader, const char *name,
		   struct json_object *value, const char *start,
		   batch_json_fn *member, void *data)
{
	char *text;

	if (!value) {
		member(data, name, NULL, "null is no value");
	} else if (json_object_is_type(value, json_type_object) ||
		   json_object_is_type(value, json_type_array)) {
		member(data, name, NULL,
		       "an object or a list of JSON is no value");
	} else if (!json_object_is_type(value, json_type_string)) {
		text = strndup(start, reader->at - start);
		if (!text)
			return out_of_memory();
		text[strcspn(text, " \t\r\n")] = '\0';
		member(data, name, text, NULL);
		free(text);
	} else if (has_nul(value)) {
		member(data, name, NULL, "a text that has a NUL is no value");
	} else {
		member(data, name, json_object_get_string(value), NULL);
	}
	return EXIT_DONE;
}

static int read_member(struct reader *reader, batch_json_fn *member, void *data)
{
	struct json_object *name = NULL, *value = NULL;
	const char *start;
	int status;

	if (peek(reader) != '"')
		return broken(reader, "a name is wanted");
	status = read_value(reader, &name);
	if (!status && has_nul(name))
		status = broken(reader, "a name has a NUL");
	if (!status && !skip(reader, ':'))
		status = broken(reader, "\":\" is wanted");
	if (!status) {
		peek(reader);
		start = reader->at;
		status = read_value(reader, &value);
	}
	if (!status)
		status = hand_on(reader, json_object_get_string(name), value,
				 start, member, data);
	json_object_put(value);
	json_object_put(name);
	return status;
}

static int read_object(struct reader *reader, batch_json_fn *member, void *data)
{
	int status;

	if (!skip(reader, '{'))
		return broken(reader, "\"{\" is wanted");
	if (!skip(reader, '}')) {
		do {
			status = read_member(reader, member, data);
			if (status)
				return status;
		} while (skip(reader, ','));
		if (!skip(reader, '}'))
			return broken(reader, "\",\" or \"}\" is wanted");
	}
	return peek(reader) ? broken(reader, "something follows it") : EXIT_DONE;
}

int batch_json_read(const char *file, const char *text, batch_json_fn *member,
		    void *data)
{
	struct reader reader = {
		.file = file,
		.text = text,
		.at = text,
		.end = text + strlen(text),
		.tokener = json_tokener_new(),
	};
	int status;

	if (!reader.tokener)
		return out_of_memory();
	json_tokener_set_flags(reader.tokener, JSON_TOKENER_STRICT |
			       JSON_TOKENER_ALLOW_TRAILING_CHARS |
			       JSON_TOKENER_VALIDATE_UTF8);
	status = read_object(&reader, member, data);
	json_tokener_free(reader.tokener);
	return status;
}
