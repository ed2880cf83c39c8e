// SPDX-License-Identifier: GPL-2.0-only
/*
 * The error part of an argument: what every refusal goes through.
 */
#include <linux/errno.h>

#include "private.h"

int localstate_error_limit(struct localstate_error *error, int code,
			   enum localstate_field field, u32 type, u64 limit)
{
	error->code = -code;
	error->field = field;
	error->type = type;
	error->limit = limit;
	return code;
}

int localstate_error(struct localstate_error *error, int code,
		     enum localstate_field field)
{
	return localstate_error_limit(error, code, field,
				      LOCALSTATE_TYPE_NONE, 0);
}

/* What every argument has: flags that nobody knows, and reserved fields. */
int localstate_error_unless_zero(struct localstate_error *error,
				 u32 unknown_flags, u32 reserved)
{
	if (unknown_flags)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (reserved)
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_RESERVED);
	return 0;
}
