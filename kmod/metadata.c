// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metadata: ordered key=value strings with a NUL after each, kept and carried
 * as one immutable run of bytes.
 */
#include <linux/string.h>

#include "compat.h"
#include "private.h"

/* Bytes of the key of one entry, without the '='. */
static size_t localstate_metadata_key(const char *entry)
{
	return strchr(entry, '=') - entry;
}

/* The entry of [@at, @end) with the key of @entry, or NULL. */
static const char *localstate_metadata_find(const char *at, const char *end,
					    const char *entry)
{
	size_t with_sign = localstate_metadata_key(entry) + 1;

	for (; at < end; at += strlen(at) + 1) {
		if (!strncmp(at, entry, with_sign))
			return at;
	}
	return NULL;
}

static int localstate_metadata_check(const struct ls_cell *cell,
				     struct localstate_error *error)
{
	const char *start = cell->data, *end = start + cell->length;
	const char *at, *sign;
	u32 index = 0, length;

	for (at = start; at < end; at += length + 1, index++) {
		error->index = index;
		length = strlen(at);
		sign = strchr(at, '=');
		if (at + length >= end || !sign || sign == at ||
		    localstate_metadata_find(start, at, at))
			return localstate_error(error, -EINVAL,
						LOCALSTATE_FIELD_METADATA);
		if (localstate_text_characters(at, length) < 0)
			return localstate_error(error, -EILSEQ,
						LOCALSTATE_FIELD_METADATA);
	}
	error->index = LOCALSTATE_NO_INDEX;
	return 0;
}

/* Take metadata from the caller; *@cell is NULL if there is none. */
int localstate_metadata_import(struct ls_cell **cell, u64 from, u32 length,
			       struct localstate_error *error)
{
	int ret;

	*cell = NULL;
	if (length > LOCALSTATE_METADATA_MAX)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_METADATA,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_METADATA_MAX);
	if (!length)
		return 0;
	*cell = localstate_cell_copy(from, length);
	if (IS_ERR(*cell)) {
		ret = PTR_ERR(*cell);
		*cell = NULL;
		return localstate_error(error, ret, LOCALSTATE_FIELD_METADATA);
	}
	ret = localstate_metadata_check(*cell, error);
	if (ret) {
		localstate_cell_put(*cell);
		*cell = NULL;
	}
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_metadata_import);

/* Write the merged entries to @to, or only count their bytes if it is NULL. */
static u32 localstate_metadata_write(char *to, const struct ls_cell *old,
				     const struct ls_cell *new)
{
	const char *old_start = old->data, *old_end = old_start + old->length;
	const char *new_start = new->data, *new_end = new_start + new->length;
	const char *at, *entry;
	u32 size = 0, length;

	for (at = old_start; at < old_end; at += strlen(at) + 1) {
		entry = localstate_metadata_find(new_start, new_end, at) ?: at;
		length = strlen(entry) + 1;
		if (to)
			memcpy(to + size, entry, length);
		size += length;
	}
	for (at = new_start; at < new_end; at += length) {
		length = strlen(at) + 1;
		if (localstate_metadata_find(old_start, old_end, at))
			continue;
		if (to)
			memcpy(to + size, at, length);
		size += length;
	}
	return size;
}

/*
 * *@merged: a reference to @old with the entries of @new; a known key keeps
 * its place and takes the new value, others are appended.  Either may be NULL.
 */
int localstate_metadata_merge(struct ls_cell **merged, struct ls_cell *old,
			      struct ls_cell *new,
			      struct localstate_error *error)
{
	u32 size;

	if (!old || !new) {
		*merged = new ?: old;
		if (*merged)
			refcount_inc(&(*merged)->ref);
		return 0;
	}
	size = localstate_metadata_write(NULL, old, new);
	if (size > LOCALSTATE_METADATA_MAX)
		return localstate_error_limit(error, -EDQUOT,
					      LOCALSTATE_FIELD_METADATA,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_METADATA_MAX);
	*merged = localstate_cell_alloc(size);
	if (!*merged)
		return localstate_error(error, -ENOMEM, LOCALSTATE_FIELD_NONE);
	localstate_metadata_write((*merged)->data, old, new);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_metadata_merge);

/*
 * The same into @merged, which has room for LOCALSTATE_METADATA_MAX bytes and
 * which nobody else sees yet; false, and nothing done, if they would be more.
 */
bool localstate_metadata_merge_into(struct ls_cell *merged,
				    const struct ls_cell *old,
				    const struct ls_cell *new)
{
	u32 size = localstate_metadata_write(NULL, old, new);

	if (size > LOCALSTATE_METADATA_MAX)
		return false;
	localstate_metadata_write(merged->data, old, new);
	merged->length = size;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_metadata_merge_into);
