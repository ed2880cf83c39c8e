// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bytes as text: base64 with padding (RFC 4648, section 4), and nothing else in
 * between or behind.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

static const char lstate_base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void lstate_base64_add(struct lstate_text *text, const void *data,
		       size_t length)
{
	const unsigned char *from = data;
	unsigned int group, left;
	char digits[5] = { 0 };
	size_t i;

	for (i = 0; i < length; i += 3) {
		left = (unsigned int)(length - i);
		group = (unsigned int)from[i] << 16;
		group |= left > 1 ? (unsigned int)from[i + 1] << 8 : 0;
		group |= left > 2 ? from[i + 2] : 0;
		digits[0] = lstate_base64_digits[group >> 18];
		digits[1] = lstate_base64_digits[group >> 12 & 63];
		digits[2] = left > 1 ? lstate_base64_digits[group >> 6 & 63] : '=';
		digits[3] = left > 2 ? lstate_base64_digits[group & 63] : '=';
		lstate_text_append(text, digits, 4);
	}
}

/* Four digits to three bytes; the bytes that they stand for, or 0. */
static size_t lstate_base64_read(const char *digits, bool last,
				 unsigned char *to)
{
	size_t used = 4, i;
	unsigned int group = 0;
	const char *at;

	if (last && digits[3] == '=')
		used = digits[2] == '=' ? 2 : 3;
	for (i = 0; i < 4; i++) {
		at = i < used ? strchr(lstate_base64_digits, digits[i]) :
				lstate_base64_digits;
		if (!at || !*at)
			return 0;
		group = group << 6 | (unsigned int)(at - lstate_base64_digits);
	}
	/* Bits that no byte gets must be zero, so that there is one form. */
	if (group & ((1U << (8 * (4 - used))) - 1))
		return 0;
	for (i = 0; i < used - 1; i++)
		to[i] = (unsigned char)(group >> (16 - 8 * i));
	return used - 1;
}

int lstate_base64_parse(const char *text, struct lstate_value *value)
{
	size_t length = strlen(text), i, got;
	unsigned char *bytes, *to;

	if (length % 4)
		return -EINVAL;
	bytes = malloc(length / 4 * 3 + 1);
	if (!bytes)
		return -ENOMEM;
	to = bytes;
	for (i = 0; i < length; i += 4) {
		got = lstate_base64_read(text + i, i + 4 == length, to);
		if (!got) {
			free(bytes);
			return -EINVAL;
		}
		to += got;
	}
	*to = '\0';
	value->data = bytes;
	value->length = (size_t)(to - bytes);
	return 0;
}
