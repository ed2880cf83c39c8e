/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the library that know JSON share.
 *
 * Text is written by hand, because a session may have a million variables; it
 * is read by json-c, one value at a time, so that memory does not depend on the
 * length of the file.
 */
#ifndef LSTATE_JSON_H
#define LSTATE_JSON_H

#include "../private.h"

#include <json-c/json.h>

/* The number in the head of a file: which members it may have. */
#define LSTATE_JSON_FORMAT	1

/* --- writing -------------------------------------------------------------- */

void lstate_json_add_text(struct lstate_text *text, const char *s,
			  size_t length);
void lstate_json_add_value(struct lstate_text *text,
			   const struct lstate_value *value);
void lstate_json_add_shape(struct lstate_text *text, const uint32_t *shape,
			   size_t rank);
void lstate_json_add_array(struct lstate_text *text,
			   const struct lstate_value *value);
void lstate_json_add_metadata(struct lstate_text *text,
			      const struct lstate_metadata *metadata);
void lstate_json_add_variable(struct lstate_text *text,
			      const struct lstate_variable *variable);

/* --- reading: values one after another ------------------------------------ */

/**
 * struct lstate_reader - a stream of JSON, and where one is in it
 * @fd: where it comes from; only read
 * @buffer: what was read and not used yet
 * @filled: bytes in it
 * @position: of the next one
 * @ended: there is no more
 * @line: of the next byte, from 1
 * @text: the value that is being looked at
 * @start: the line on which that began
 * @tokener: json-c's
 * @problem: what is wrong, for a message that begins with line @bad_line
 * @bad_line: where
 */
struct lstate_reader {
	int fd;
	char *buffer;
	size_t filled;
	size_t position;
	bool ended;
	uint64_t line;
	struct lstate_text text;
	uint64_t start;
	struct json_tokener *tokener;
	char problem[320];
	uint64_t bad_line;
};

int lstate_reader_open(struct lstate_reader *reader, int fd);
void lstate_reader_close(struct lstate_reader *reader);
int lstate_reader_peek(struct lstate_reader *reader);
int lstate_reader_skip(struct lstate_reader *reader, char wanted);
int lstate_reader_value(struct lstate_reader *reader,
			struct json_object **value);
int lstate_reader_fail(struct lstate_reader *reader, uint64_t line,
		       const char *format, ...) LSTATE_PRINTF(3, 4);

/* --- reading: what a value means ------------------------------------------ */

int lstate_json_read_value(struct json_object *json, enum lstate_type type,
			   struct lstate_value *value);
int lstate_json_read_bytes(struct json_object *json, struct lstate_value *value);
int lstate_json_read_shape(struct json_object *json, uint32_t *shape,
			   size_t *rank);
int lstate_json_read_array(struct json_object *json, enum lstate_element element,
			   struct lstate_value *value);

/**
 * struct lstate_entry - a variable of a file
 * @spec: what it is to be; with an initial value only if the file has one
 * @id: its id there, 0: none
 * @version: its version there
 * @has_label: the file says something about it, if only that it is empty
 * @has_description: the same
 * @line: where it begins
 */
struct lstate_entry {
	struct lstate_spec *spec;
	uint64_t id;
	uint64_t version;
	bool has_label;
	bool has_description;
	uint64_t line;
};

int lstate_entry_parse(struct lstate_reader *reader, struct json_object *json,
		       struct lstate_entry *entry);
void lstate_entry_clear(struct lstate_entry *entry);

/* --- reading: a file of variables ------------------------------------------ */

/* Where in the file one is. */
enum lstate_place {
	LSTATE_PLACE_HEAD,
	LSTATE_PLACE_FIRST,
	LSTATE_PLACE_NEXT,
	LSTATE_PLACE_END,
};

struct lstate_document {
	struct lstate_reader reader;
	enum lstate_place place;
};

int lstate_document_open(struct lstate_document *document, int fd);
void lstate_document_close(struct lstate_document *document);
int lstate_document_next(struct lstate_document *document,
			 struct lstate_entry *entry);

/* --- a set of words --------------------------------------------------------- */

/* Some 24 bytes a word beside its own: a file may have a million. */
struct lstate_words {
	char *text;			/* one after another, with NULs */
	size_t length;
	size_t capacity;
	uint64_t *slots;		/* offset + 1 into text; 0: free */
	size_t n_slots;
	size_t count;
};

int lstate_words_add(struct lstate_words *words, const char *word);
void lstate_words_free(struct lstate_words *words);

#endif /* LSTATE_JSON_H */
