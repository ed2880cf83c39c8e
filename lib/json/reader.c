// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A stream of JSON, taken value by value: here the end of each value is found,
 * json-c takes it apart.
 */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LSTATE_READER_BUFFER	65536

/* No variable has that much: 64 KiB of value as an array of numbers, say. */
#define LSTATE_READER_VALUE_MAX	(4U << 20)

int lstate_reader_open(struct lstate_reader *reader, int fd)
{
	memset(reader, 0, sizeof(*reader));
	reader->fd = fd;
	reader->line = 1;
	reader->buffer = malloc(LSTATE_READER_BUFFER);
	reader->tokener = json_tokener_new();
	if (!reader->buffer || !reader->tokener) {
		lstate_reader_close(reader);
		return -ENOMEM;
	}
	json_tokener_set_flags(reader->tokener, JSON_TOKENER_STRICT |
			       JSON_TOKENER_VALIDATE_UTF8);
	return 0;
}

void lstate_reader_close(struct lstate_reader *reader)
{
	free(reader->buffer);
	free(reader->text.data);
	if (reader->tokener)
		json_tokener_free(reader->tokener);
	memset(reader, 0, sizeof(*reader));
}

/* Say what is wrong.  Return: -EBADMSG. */
int lstate_reader_fail(struct lstate_reader *reader, uint64_t line,
		       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->problem, sizeof(reader->problem), format, args);
	va_end(args);
	reader->bad_line = line;
	return -EBADMSG;
}

/* Return: the next byte, which stays; -ENODATA at the end, or an errno. */
static int lstate_reader_look(struct lstate_reader *reader)
{
	ssize_t got;

	if (reader->position < reader->filled)
		return (unsigned char)reader->buffer[reader->position];
	if (reader->ended)
		return -ENODATA;
	do {
		got = read(reader->fd, reader->buffer, LSTATE_READER_BUFFER);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	reader->ended = !got;
	reader->filled = got;
	reader->position = 0;
	return got ? (unsigned char)reader->buffer[0] : -ENODATA;
}

/* Past the byte that lstate_reader_look() has returned. */
static void lstate_reader_step(struct lstate_reader *reader)
{
	if (reader->buffer[reader->position++] == '\n')
		reader->line++;
}

/* Return: the next byte that is no blank, which stays; else as above. */
int lstate_reader_peek(struct lstate_reader *reader)
{
	int c;

	while ((c = lstate_reader_look(reader)) == ' ' || c == '\t' ||
	       c == '\n' || c == '\r')
		lstate_reader_step(reader);
	return c;
}

/* How a byte is called in a message. */
static void lstate_reader_word(int c, char *word, size_t size)
{
	if (c == -ENODATA)
		snprintf(word, size, "the end of the file");
	else if (c > ' ' && c < 0x7f)
		snprintf(word, size, "\"%c\"", c);
	else
		snprintf(word, size, "byte 0x%02x", c);
}

/* Past this byte, which has to come next.  Return: 0 or an errno. */
int lstate_reader_skip(struct lstate_reader *reader, char wanted)
{
	int c = lstate_reader_peek(reader);
	char word[32];

	if (c == wanted) {
		lstate_reader_step(reader);
		return 0;
	}
	if (c < 0 && c != -ENODATA)
		return c;
	lstate_reader_word(c, word, sizeof(word));
	return lstate_reader_fail(reader, reader->line,
				  "\"%c\" is wanted, not %s", wanted, word);
}

/* Where in a value one is, as far as that matters for its end. */
struct lstate_scan {
	unsigned int depth;
	bool quoted;
	bool escaped;
	bool bare;			/* neither brackets nor quotes around it */
};

/* Take one byte into account.  Return: whether it is the last. */
static bool lstate_scan_step(struct lstate_scan *scan, char c)
{
	if (scan->escaped) {
		scan->escaped = false;
		return false;
	}
	if (scan->quoted) {
		scan->escaped = c == '\\';
		scan->quoted = c != '"';
	} else if (c == '"') {
		scan->quoted = true;
	} else if (c == '{' || c == '[') {
		scan->depth++;
	} else if ((c == '}' || c == ']') && scan->depth) {
		scan->depth--;
	}
	return !scan->quoted && !scan->depth;
}

/* What a number or a word may consist of. */
static bool lstate_scan_is_bare(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c > 0 && strchr("+-.", c));
}

/* Copy a value to reader->text. */
static int lstate_reader_collect(struct lstate_reader *reader)
{
	int c = lstate_reader_peek(reader);
	struct lstate_scan scan = { .bare = c != '{' && c != '[' && c != '"' };
	bool last = false;
	char byte;

	reader->text.length = 0;
	reader->start = reader->line;
	for (; !last; c = lstate_reader_look(reader)) {
		if (scan.bare && !lstate_scan_is_bare(c))
			break;
		if (c == -ENODATA)
			return lstate_reader_fail(reader, reader->line,
						  "the file ends in the middle of what begins in line %llu",
						  (unsigned long long)reader->start);
		if (c < 0)
			return c;
		if (reader->text.length == LSTATE_READER_VALUE_MAX)
			return lstate_reader_fail(reader, reader->start,
						  "this is longer than any variable");
		byte = (char)c;
		lstate_text_append(&reader->text, &byte, 1);
		lstate_reader_step(reader);
		last = !scan.bare && lstate_scan_step(&scan, byte);
	}
	if (c < 0 && c != -ENODATA && !last)
		return c;
	return reader->text.failed ? -ENOMEM : 0;
}

static uint64_t lstate_reader_line_of(const struct lstate_reader *reader,
				      size_t offset)
{
	uint64_t line = reader->start;
	size_t i;

	for (i = 0; i < offset && i < reader->text.length; i++)
		line += reader->text.data[i] == '\n';
	return line;
}

/* Does an integer of @length bytes fit into 64 bits? */
static bool lstate_reader_fits(const char *digits, size_t length)
{
	bool negative = *digits == '-';
	uint64_t magnitude = 0;
	size_t i;

	for (i = negative; i < length; i++)
		if (__builtin_mul_overflow(magnitude, 10, &magnitude) ||
		    __builtin_add_overflow(magnitude, digits[i] - '0',
					   &magnitude))
			return false;
	return !negative || magnitude <= (uint64_t)INT64_MAX + 1;
}

/* json-c takes the nearest integer that it has; that is not what was written. */
static int lstate_reader_check_integers(struct lstate_reader *reader)
{
	const char *text = reader->text.data, *at = text;
	bool quoted = false;
	size_t length;

	while (*at) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '"')
			quoted = !quoted;
		length = quoted ? 0 : strspn(at, "-0123456789");
		if (length && !strchr(".eE", at[length] ? at[length] : ' ') &&
		    strspn(at + 1, "0123456789") == length - 1 &&
		    !lstate_reader_fits(at, length))
			return lstate_reader_fail(reader,
						  lstate_reader_line_of(reader, at - text),
						  "%.*s%s does not fit into 64 bits",
						  (int)LSTATE_MIN(length, 40), at,
						  length > 40 ? "..." : "");
		/* The digits behind a point are no integer. */
		if (length)
			at += strspn(at, "-+0123456789.eE");
		else
			at++;
	}
	return 0;
}

/* The next value, for the caller to put; its line is reader->start. */
int lstate_reader_value(struct lstate_reader *reader, struct json_object **value)
{
	struct json_tokener *tokener = reader->tokener;
	enum json_tokener_error error;
	int rc = lstate_reader_collect(reader);

	if (rc == 0 && !reader->text.length)
		rc = lstate_reader_fail(reader, reader->line,
					"a value is wanted");
	if (rc == 0)
		rc = lstate_reader_check_integers(reader);
	if (rc < 0)
		return rc;
	json_tokener_reset(tokener);
	/* With the NUL at its end, at which a number ends. */
	*value = json_tokener_parse_ex(tokener, reader->text.data,
				       (int)reader->text.length + 1);
	error = json_tokener_get_error(tokener);
	if (error == json_tokener_success &&
	    json_tokener_get_parse_end(tokener) >= reader->text.length)
		return 0;
	json_object_put(*value);
	if (error == json_tokener_success || error == json_tokener_continue)
		error = json_tokener_error_parse_unexpected;
	return lstate_reader_fail(reader,
				  lstate_reader_line_of(reader,
							json_tokener_get_parse_end(tokener)),
				  "no JSON: %s", json_tokener_error_desc(error));
}
