// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names, and UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates,
 * nothing above U+10FFFF.
 */
#include <linux/ctype.h>
#include <linux/jhash.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "private.h"

u32 localstate_name_hash(const void *data, u32 length, u32 seed)
{
	const struct ls_name *name = data;

	return jhash(name->text, name->length, seed);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_name_hash);

int localstate_name_compare(struct rhashtable_compare_arg *arg,
			    const void *object)
{
	const struct ls_name *name = object + arg->ht->p.key_offset;
	const struct ls_name *key = arg->key;

	return name->length != key->length ||
	       memcmp(name->text, key->text, key->length);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_name_compare);

bool localstate_name_is_valid(const char *text, u32 length)
{
	u32 i;

	if (!length || length > LOCALSTATE_NAME_MAX)
		return false;
	for (i = 0; i < length; i++) {
		/* isalnum() knows Latin-1, names are ASCII. */
		if (!isascii(text[i]) ||
		    (!isalnum(text[i]) && !memchr("_.:/-", text[i], 5)))
			return false;
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_name_is_valid);

/* Copy a name from the caller into a buffer of LOCALSTATE_NAME_MAX + 1. */
int localstate_name_copy(char *to, u64 from, u32 length,
			 struct localstate_error *error)
{
	if (!length || length > LOCALSTATE_NAME_MAX)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_NAME,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_NAME_MAX);
	if (copy_from_user(to, u64_to_user_ptr(from), length))
		return localstate_error(error, -EFAULT, LOCALSTATE_FIELD_NAME);
	to[length] = '\0';
	if (!localstate_name_is_valid(to, length))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_NAME);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_name_copy);

/* Bytes of the character at @text, or 0 if it is none. */
static u32 localstate_text_step(const u8 *text, u32 length)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	u32 i, n, code;

	if (text[0] < 0x80)
		return text[0] ? 1 : 0;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	n = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (n > length)
		return 0;
	code = text[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return n;
}

/*
 * Whether these are eight ASCII characters without a NUL.  Where no byte has its top
 * bit, taking one from each byte sets that of a zero, and of one above a zero.
 */
static bool localstate_text_is_plain(const u8 *text)
{
	const u64 ones = 0x0101010101010101, tops = ones << 7;
	u64 word;

	memcpy(&word, text, sizeof(word));
	return !((word | (word - ones)) & tops);
}

/* Number of characters (code points), or -EILSEQ; a NUL is not one. */
int localstate_text_characters(const u8 *text, u32 length)
{
	int characters = 0;
	u32 step;

	while (length) {
		/* Most texts are ASCII. */
		if (length >= sizeof(u64) && localstate_text_is_plain(text)) {
			text += sizeof(u64);
			length -= sizeof(u64);
			characters += sizeof(u64);
			continue;
		}
		step = localstate_text_step(text, length);
		if (!step)
			return -EILSEQ;
		text += step;
		length -= step;
		characters++;
	}
	return characters;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_text_characters);

/* The longest start of valid UTF-8 that has at most @max bytes. */
u32 localstate_text_cut(const u8 *text, u32 length, u32 max)
{
	if (length <= max)
		return length;
	while (max && (text[max] & 0xc0) == 0x80)
		max--;
	return max;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_text_cut);
