// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Text for people: a string that grows, and quoting.
 *
 * Whatever ends up in a message may come from another process, so nothing that
 * a terminal would obey passes: control characters and broken UTF-8 are shown
 * as escapes, and long texts are cut.
 */
#include "private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters of one value that a message shows. */
#define LSTATE_TEXT_SHOWN	60

/* Elements of an array that a message shows. */
#define LSTATE_ELEMENTS_SHOWN	8

static bool lstate_text_reserve(struct lstate_text *text, size_t extra)
{
	size_t wanted = text->length + extra + 1;
	size_t capacity = text->capacity ? text->capacity : 128;
	char *data;

	if (text->failed)
		return false;
	if (wanted <= text->capacity)
		return true;
	while (capacity < wanted)
		capacity *= 2;
	data = realloc(text->data, capacity);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->capacity = capacity;
	return true;
}

void lstate_text_add_format(struct lstate_text *text, const char *format,
			    va_list args)
{
	va_list again;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0 || !lstate_text_reserve(text, length))
		return;
	vsnprintf(text->data + text->length, length + 1, format, args);
	text->length += length;
}

void lstate_text_add(struct lstate_text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	lstate_text_add_format(text, format, args);
	va_end(args);
}

/* Bytes as they are. */
void lstate_text_append(struct lstate_text *text, const char *data,
			size_t length)
{
	if (!lstate_text_reserve(text, length))
		return;
	if (length)
		memcpy(text->data + text->length, data, length);
	text->length += length;
	text->data[text->length] = '\0';
}

/**
 * lstate_utf8_length - bytes of the character at the start of a text
 * @s: the text
 * @length: its bytes
 *
 * Overlong forms, surrogates and what lies above U+10FFFF are no characters
 * (RFC 3629, section 4).
 *
 * Return: 1 to 4; 0 if there is no valid character.
 */
size_t lstate_utf8_length(const char *s, size_t length)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned char low = 0x80, high = 0xbf;
	size_t bytes, i;

	if (!length)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	bytes = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (bytes > length)
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	if (u[1] < low || u[1] > high)
		return 0;
	for (i = 2; i < bytes; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return bytes;
}

/* Characters of a text; a byte that is part of none counts as one. */
size_t lstate_utf8_count(const char *s, size_t length)
{
	size_t count = 0, position = 0, bytes;

	while (position < length) {
		bytes = lstate_utf8_length(s + position, length - position);
		position += bytes ? bytes : 1;
		count++;
	}
	return count;
}

/* Would a terminal obey it?  C0, DEL, and C1, which is C2 80 to C2 9F. */
static bool lstate_text_is_control(const char *s, size_t bytes)
{
	const unsigned char *u = (const unsigned char *)s;

	if (bytes == 1)
		return u[0] < 0x20 || u[0] == 0x7f;
	return bytes == 2 && u[0] == 0xc2 && u[1] < 0xa0;
}

static void lstate_text_add_escaped(struct lstate_text *text, const char *s,
				    size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		lstate_text_add(text, "\\x%02x", (unsigned char)s[i]);
}

/* Add one character as it is or escaped.  Return: the bytes it had. */
static size_t lstate_text_add_character(struct lstate_text *text, const char *s,
					size_t length)
{
	size_t bytes = lstate_utf8_length(s, length);

	if (!bytes) {
		lstate_text_add_escaped(text, s, 1);
		return 1;
	}
	if (lstate_text_is_control(s, bytes))
		lstate_text_add_escaped(text, s, bytes);
	else if (*s == '"' || *s == '\\')
		lstate_text_add(text, "\\%c", *s);
	else
		lstate_text_add(text, "%.*s", (int)bytes, s);
	return bytes;
}

void lstate_text_add_quoted(struct lstate_text *text, const char *s,
			    size_t length)
{
	size_t position = 0, shown = 0;

	lstate_text_add(text, "\"");
	while (position < length && shown++ < LSTATE_TEXT_SHOWN)
		position += lstate_text_add_character(text, s + position,
						      length - position);
	lstate_text_add(text, "\"%s", position < length ? "..." : "");
}

/* Names and ids as they are; what is neither shows that it is not. */
void lstate_text_add_name(struct lstate_text *text, const char *name)
{
	size_t length = strlen(name);

	if (length && length <= LOCALSTATE_NAME_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789_.:/-@") == length)
		lstate_text_add(text, "%s", name);
	else
		lstate_text_add_quoted(text, name, length);
}

void lstate_text_add_value(struct lstate_text *text,
			   const struct lstate_value *value)
{
	char buffer[LSTATE_VALUE_FORMAT_MAX];

	if (lstate_type_is_text(value->type))
		lstate_text_add_quoted(text, value->s, value->length);
	else if (value->type == LSTATE_TYPE_BYTES)
		lstate_text_add(text, "%zu bytes", value->length);
	else if (value->type == LSTATE_TYPE_ARRAY)
		lstate_array_format(value, LSTATE_ELEMENTS_SHOWN, text);
	else if (lstate_value_format(value, buffer, sizeof(buffer)) >= 0)
		lstate_text_add(text, "%s", buffer);
	else
		lstate_text_add(text, "the value");
}

/* Return: the text, for the caller to free; NULL if memory was out. */
char *lstate_text_take(struct lstate_text *text)
{
	char *data = text->data;

	if (text->failed) {
		free(data);
		data = NULL;
	}
	memset(text, 0, sizeof(*text));
	return data;
}
