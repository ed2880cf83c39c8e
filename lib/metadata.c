// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Metadata: lists of keys and values on this side, ``key=value`` strings with a
 * NUL after each on the kernel's.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

int lstate_metadata_check(const struct lstate_metadata *metadata,
			  const char **bad_key)
{
	for (; metadata && metadata->key; metadata++) {
		if (!*metadata->key || strchr(metadata->key, '=') ||
		    !metadata->value) {
			*bad_key = metadata->key;
			return -EINVAL;
		}
	}
	return 0;
}

/* The caller frees @packed, which is NULL if the list is empty. */
int lstate_metadata_pack(const struct lstate_metadata *metadata, char **packed,
			 size_t *length)
{
	const struct lstate_metadata *entry;
	size_t total = 0;
	char *at;

	*packed = NULL;
	*length = 0;
	for (entry = metadata; entry && entry->key; entry++)
		total += strlen(entry->key) + strlen(entry->value) + 2;
	if (!total)
		return 0;
	at = malloc(total);
	if (!at)
		return -ENOMEM;
	*packed = at;
	*length = total;
	for (entry = metadata; entry->key; entry++) {
		at = stpcpy(at, entry->key);
		*at++ = '=';
		at = stpcpy(at, entry->value) + 1;
	}
	return 0;
}

/* How many strings with a NUL after each there are. */
size_t lstate_strings_count(const char *strings, size_t length)
{
	size_t count = 0, i;

	for (i = 0; i < length; i++)
		count += strings[i] == '\0';
	return count;
}

/*
 * Makes @list, which has room for @capacity entries and one that ends it, point
 * into @packed, which changes.  Return: the number of entries.
 */
size_t lstate_metadata_unpack(char *packed, size_t length,
			      struct lstate_metadata *list, size_t capacity)
{
	char *end = packed + length;
	size_t count = 0;
	char *equals, *nul;

	while (packed < end && count < capacity) {
		nul = memchr(packed, '\0', end - packed);
		if (!nul)
			break;
		equals = strchr(packed, '=');
		if (equals)
			*equals = '\0';
		list[count].key = packed;
		list[count].value = equals ? equals + 1 : nul;
		count++;
		packed = nul + 1;
	}
	list[count].key = NULL;
	list[count].value = NULL;
	return count;
}

/*
 * What a call sends along: checked, explained in the session's error if they are
 * refused, and packed; free() it.
 */
int lstate_metadata_prepare(struct lstate_session *session,
			    const struct lstate_metadata *metadata,
			    char **packed, size_t *length)
{
	struct lstate_text key = { 0 };
	const char *bad_key;
	int rc;

	rc = lstate_metadata_check(metadata, &bad_key);
	if (rc < 0) {
		lstate_text_add_quoted(&key, bad_key, strlen(bad_key));
		lstate_error_fail(&session->error, rc, LSTATE_FIELD_METADATA,
				  "metadata: %s is not a key: it must not be empty or have a \"=\"",
				  key.failed ? "" : key.data);
		free(key.data);
		return rc;
	}
	rc = lstate_metadata_pack(metadata, packed, length);
	if (rc < 0)
		return lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
					 "out of memory");
	return 0;
}
