// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A file of variables: an object whose member "variables" is the list of them.
 * It is read entry by entry.
 */
#include "json.h"

#include <string.h>

int lstate_document_open(struct lstate_document *document, int fd)
{
	document->place = LSTATE_PLACE_HEAD;
	return lstate_reader_open(&document->reader, fd);
}

void lstate_document_close(struct lstate_document *document)
{
	lstate_reader_close(&document->reader);
}

/* The only member beside the list: which members there can be. */
static int lstate_document_format(struct lstate_reader *reader)
{
	struct json_object *value;
	uint64_t line;
	int64_t format = 0;
	int rc = lstate_reader_value(reader, &value);

	if (rc < 0)
		return rc;
	line = reader->start;
	if (json_object_is_type(value, json_type_int))
		format = json_object_get_int64(value);
	json_object_put(value);
	if (format != LSTATE_JSON_FORMAT)
		return lstate_reader_fail(reader, line,
					  "\"localstate\" is not %d: this is no file that this version knows",
					  LSTATE_JSON_FORMAT);
	return 0;
}

/* Past a key and its colon.  Return: 1 for "variables", 0, or an errno. */
static int lstate_document_key(struct lstate_reader *reader)
{
	struct json_object *key;
	bool variables, format;
	int rc;

	if (lstate_reader_peek(reader) != '"')
		return lstate_reader_skip(reader, '"');
	rc = lstate_reader_value(reader, &key);
	if (rc < 0)
		return rc;
	variables = !strcmp(json_object_get_string(key), "variables");
	format = !strcmp(json_object_get_string(key), "localstate");
	if (!variables && !format)
		rc = lstate_reader_fail(reader, reader->start,
					"unknown member \"%.64s\"",
					json_object_get_string(key));
	json_object_put(key);
	if (rc == 0)
		rc = lstate_reader_skip(reader, ':');
	if (rc == 0 && format)
		rc = lstate_document_format(reader);
	return rc < 0 ? rc : variables;
}

static int lstate_document_head(struct lstate_reader *reader)
{
	int rc = lstate_reader_skip(reader, '{');

	while (rc == 0) {
		rc = lstate_document_key(reader);
		if (rc > 0)
			return lstate_reader_skip(reader, '[');
		if (rc == 0)
			rc = lstate_reader_skip(reader, ',');
	}
	return rc;
}

/* Behind the list.  Return: 0 at the end of the file. */
static int lstate_document_tail(struct lstate_reader *reader)
{
	int rc = 0, c;

	while (rc == 0 && lstate_reader_peek(reader) == ',') {
		rc = lstate_reader_skip(reader, ',');
		if (rc == 0)
			rc = lstate_document_key(reader);
		if (rc > 0)
			return lstate_reader_fail(reader, reader->line,
						  "\"variables\" for the second time");
	}
	if (rc == 0)
		rc = lstate_reader_skip(reader, '}');
	if (rc < 0)
		return rc;
	c = lstate_reader_peek(reader);
	if (c < 0)
		return c == -ENODATA ? 0 : c;
	return lstate_reader_fail(reader, reader->line,
				  "something follows the end of the object");
}

static int lstate_document_entry(struct lstate_document *document,
				 struct lstate_entry *entry)
{
	struct lstate_reader *reader = &document->reader;
	struct json_object *json;
	int rc = lstate_reader_value(reader, &json);

	if (rc < 0)
		return rc;
	rc = lstate_entry_parse(reader, json, entry);
	json_object_put(json);
	document->place = LSTATE_PLACE_NEXT;
	return rc < 0 ? rc : 1;
}

/*
 * The next entry, for the caller to clear.
 * Return: 1, 0 at the end, or an errno; -EBADMSG: the reader says what is wrong.
 */
int lstate_document_next(struct lstate_document *document,
			 struct lstate_entry *entry)
{
	struct lstate_reader *reader = &document->reader;
	int rc = 0;

	if (document->place == LSTATE_PLACE_END)
		return 0;
	if (document->place == LSTATE_PLACE_HEAD) {
		rc = lstate_document_head(reader);
		document->place = LSTATE_PLACE_FIRST;
	}
	if (rc < 0)
		return rc;
	if (lstate_reader_peek(reader) == ']') {
		document->place = LSTATE_PLACE_END;
		rc = lstate_reader_skip(reader, ']');
		return rc < 0 ? rc : lstate_document_tail(reader);
	}
	if (document->place == LSTATE_PLACE_NEXT)
		rc = lstate_reader_skip(reader, ',');
	return rc < 0 ? rc : lstate_document_entry(document, entry);
}
