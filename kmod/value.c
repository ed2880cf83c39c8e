// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values on their way in: taken from the caller, checked as their type wants
 * it, compared.
 *
 * There is no floating point in the kernel: doubles are compared through
 * integer keys that stand in the same order.  -0.0 equals 0.0, NaN equals NaN.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "number.h"
#include "private.h"

const void *localstate_value_data(const struct ls_value *value)
{
	return value->cell ? (const void *)value->cell->data : value->word;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_value_data);

/* Where the bytes of a value go whose length is set; NULL: no memory. */
void *localstate_value_room(struct ls_value *value)
{
	value->cell = NULL;
	if (value->length <= LOCALSTATE_SLOT_INLINE)
		return value->word;
	value->cell = localstate_cell_alloc(value->length);
	return value->cell ? value->cell->data : NULL;
}

void localstate_value_drop(struct ls_value *value)
{
	localstate_cell_put(value->cell);
	value->cell = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_value_drop);

static int localstate_value_import_scalar(struct ls_value *value,
					  const struct localstate_value *from,
					  struct localstate_error *error)
{
	if (from->length != sizeof(u64))
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_VALUE,
					      LOCALSTATE_TYPE_UINT, sizeof(u64));
	if (value->type == LOCALSTATE_TYPE_BOOL && from->data > 1)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_VALUE,
					      LOCALSTATE_TYPE_BOOL, 1);
	value->word[0] = from->data;
	return 0;
}

/* What a value that was read has to be by its type alone. */
static int localstate_value_check_form(const struct ls_value *value,
				       struct localstate_error *error)
{
	const void *data = localstate_value_data(value);

	switch (value->type) {
	case LOCALSTATE_TYPE_BYTES:
		return 0;
	case LOCALSTATE_TYPE_ARRAY:
		return localstate_array_check_form(data, value->length, error);
	default:
		if (localstate_text_characters(data, value->length) < 0)
			return localstate_error(error, -EILSEQ,
						LOCALSTATE_FIELD_VALUE);
		return 0;
	}
}

static int localstate_value_import_long(struct ls_value *value,
					const struct localstate_value *from,
					struct localstate_error *error)
{
	u32 header = value->type == LOCALSTATE_TYPE_ARRAY ?
		     LOCALSTATE_ARRAY_HEADER_MAX : 0;
	int ret;

	if (from->length > LOCALSTATE_VALUE_MAX + header)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_VALUE,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_VALUE_MAX);
	if (from->length > LOCALSTATE_SLOT_INLINE) {
		value->cell = localstate_cell_copy(from->data, from->length);
		if (IS_ERR(value->cell)) {
			ret = PTR_ERR(value->cell);
			value->cell = NULL;
			return localstate_error(error, ret,
						LOCALSTATE_FIELD_VALUE);
		}
	} else if (copy_from_user(value->word, u64_to_user_ptr(from->data),
				  from->length)) {
		return localstate_error(error, -EFAULT, LOCALSTATE_FIELD_VALUE);
	}
	ret = localstate_value_check_form(value, error);
	if (ret)
		localstate_value_drop(value);
	return ret ?: !!value->cell;
}

/*
 * Take a value of @type from the caller.  On success the caller drops it, on
 * failure there is nothing to drop.  1: it has a cell, which somebody has to pay
 * for; so a set of one that fits into a slot does not even ask.
 */
int localstate_value_take(struct ls_value *value,
			  const struct localstate_value *from, u32 type,
			  struct localstate_error *error)
{
	memset(value, 0, sizeof(*value));
	if (from->type != type)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_TYPE, type, 0);
	value->type = type;
	value->length = from->length;
	if (localstate_type_is_scalar(type))
		return localstate_value_import_scalar(value, from, error);
	return localstate_value_import_long(value, from, error);
}

/* The same; 0 whether it has a cell or not. */
int localstate_value_import(struct ls_value *value,
			    const struct localstate_value *from, u32 type,
			    struct localstate_error *error)
{
	int ret = localstate_value_take(value, from, type, error);

	return ret < 0 ? ret : 0;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_value_import);

/* -1, 0, 1: scalar @a is below, equal to, above @b; neither is a NaN. */
int localstate_value_compare(u32 type, u64 a, u64 b)
{
	a = localstate_number_key(type, a);
	b = localstate_number_key(type, b);
	return a < b ? -1 : a > b;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_value_compare);

/* Two values of one type. */
bool localstate_value_equal(const struct ls_value *a, const struct ls_value *b)
{
	u64 x = a->word[0], y = b->word[0];

	if (a->type == LOCALSTATE_TYPE_FLOAT)
		return localstate_number_equal(a->type, x, y);
	if (localstate_type_is_scalar(a->type))
		return x == y;
	if (a->type == LOCALSTATE_TYPE_ARRAY)
		return localstate_array_equal(localstate_value_data(a), a->length,
					      localstate_value_data(b), b->length);
	return a->length == b->length &&
	       !memcmp(localstate_value_data(a), localstate_value_data(b),
		       a->length);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_value_equal);
