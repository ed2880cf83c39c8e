// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations: the new value of a SET from the old one and an operand.
 *
 * Pure arithmetic on the bits of scalars: it neither sleeps nor allocates, so
 * that it can be done under the variable's lock.
 */
#include <linux/limits.h>
#include <linux/overflow.h>

#include "compat.h"
#include "private.h"

static bool localstate_operation_suits(u32 operation, u32 type)
{
	if (operation == LOCALSTATE_OPERATION_TOGGLE)
		return type == LOCALSTATE_TYPE_BOOL;
	return type == LOCALSTATE_TYPE_INT || type == LOCALSTATE_TYPE_UINT;
}

/* Whether an operation, not ASSIGN, suits the type and has what it takes. */
int localstate_operation_check(u32 operation, u32 type,
			       const struct localstate_value *operand,
			       struct localstate_error *error)
{
	u32 length = sizeof(u64);

	if (!localstate_operation_suits(operation, type))
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_OPERATION,
					      type, 0);
	if (operation == LOCALSTATE_OPERATION_TOGGLE) {
		if (operand->type || operand->data || operand->length)
			return localstate_error(error, -EINVAL,
						LOCALSTATE_FIELD_VALUE);
		return 0;
	}
	/* A uint can be lowered, too. */
	if (operand->type != type &&
	    (operation != LOCALSTATE_OPERATION_ADD ||
	     operand->type != LOCALSTATE_TYPE_INT))
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_TYPE, type, 0);
	if (operand->length != length)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_VALUE,
					      LOCALSTATE_TYPE_UINT, length);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_operation_check);

/* A sum beyond the type is beyond a limit of the variable, too, if it has one. */
static int localstate_operation_overflow(const struct ls_spec *spec, u32 type,
					 bool below,
					 struct localstate_error *error)
{
	u32 constraints = spec ? spec->constraints : 0;
	u64 limit;

	if (below) {
		limit = type == LOCALSTATE_TYPE_INT ? (u64)S64_MIN : 0;
		if (constraints & LOCALSTATE_HAS_MIN)
			limit = spec->min;
	} else {
		limit = type == LOCALSTATE_TYPE_INT ? S64_MAX : U64_MAX;
		if (constraints & LOCALSTATE_HAS_MAX)
			limit = spec->max;
	}
	return localstate_error_limit(error, -ERANGE,
				      below ? LOCALSTATE_FIELD_MIN :
				      LOCALSTATE_FIELD_MAX, type, limit);
}

static int localstate_operation_add(const struct localstate_value *operand,
				    const struct ls_spec *spec, u64 old,
				    struct ls_value *value,
				    struct localstate_error *error)
{
	bool below = operand->type == LOCALSTATE_TYPE_INT &&
		     (s64)operand->data < 0;
	u64 sum = old + operand->data;
	bool overflow;
	s64 unused;

	if (value->type == LOCALSTATE_TYPE_INT)
		overflow = check_add_overflow((s64)old, (s64)operand->data,
					      &unused);
	else
		overflow = below ? sum > old : sum < old;
	if (overflow)
		return localstate_operation_overflow(spec, value->type, below,
						     error);
	value->word[0] = sum;
	return 0;
}

/*
 * What a checked operation makes of @old, into @value, whose type is the
 * variable's; it is checked as any other value.
 */
int localstate_operation_apply(u32 operation,
			       const struct localstate_value *operand,
			       const struct ls_spec *spec, u64 old,
			       struct ls_value *value,
			       struct localstate_error *error)
{
	int ret = 0;

	value->length = sizeof(u64);
	switch (operation) {
	case LOCALSTATE_OPERATION_ADD:
		ret = localstate_operation_add(operand, spec, old, value,
					       error);
		break;
	case LOCALSTATE_OPERATION_OR:
		value->word[0] = old | operand->data;
		break;
	case LOCALSTATE_OPERATION_AND:
		value->word[0] = old & operand->data;
		break;
	case LOCALSTATE_OPERATION_XOR:
		value->word[0] = old ^ operand->data;
		break;
	case LOCALSTATE_OPERATION_TOGGLE:
		value->word[0] = !old;
		break;
	}
	return ret ?: localstate_constraint_check(spec, value, error);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_operation_apply);
