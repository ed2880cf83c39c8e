// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays: numbers with a shape, as one run of bytes that describes itself.
 *
 * An array that is in the kernel has been checked: its head is whole, its length
 * is what the head says.  Elements are compared as the wide type that they fit
 * into: int for s32 and s64, uint for u8, float for f32 and f64.  Singles are
 * widened in integers, as there is no floating point here.
 */
#include <linux/bits.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "number.h"
#include "private.h"

#define LS_F32_SIGN		31
#define LS_F32_FRACTION_BITS	23
#define LS_F32_FRACTION		((1U << LS_F32_FRACTION_BITS) - 1)
#define LS_F32_EXPONENT		0xffU
#define LS_F32_BIAS		127U
#define LS_F64_EXPONENT		0x7ffULL
#define LS_F64_BIAS		1023U

/* Bytes of an element, or 0 if there is no such type. */
u32 localstate_element_size(u32 element)
{
	switch (element) {
	case LOCALSTATE_ELEMENT_F32:
	case LOCALSTATE_ELEMENT_S32:
		return sizeof(u32);
	case LOCALSTATE_ELEMENT_F64:
	case LOCALSTATE_ELEMENT_S64:
		return sizeof(u64);
	case LOCALSTATE_ELEMENT_U8:
		return sizeof(u8);
	default:
		return 0;
	}
}
EXPORT_SYMBOL_IF_KUNIT(localstate_element_size);

/* The scalar type as which an element is compared. */
static u32 localstate_element_type(u32 element)
{
	switch (element) {
	case LOCALSTATE_ELEMENT_F32:
	case LOCALSTATE_ELEMENT_F64:
		return LOCALSTATE_TYPE_FLOAT;
	case LOCALSTATE_ELEMENT_U8:
		return LOCALSTATE_TYPE_UINT;
	default:
		return LOCALSTATE_TYPE_INT;
	}
}

/* The double that is equal to a single; a NaN becomes a NaN. */
u64 localstate_array_widen(u32 bits)
{
	u64 sign = (u64)(bits >> LS_F32_SIGN) << 63;
	u32 exponent = bits >> LS_F32_FRACTION_BITS & LS_F32_EXPONENT;
	u64 fraction = bits & LS_F32_FRACTION;
	u64 wide = exponent + LS_F64_BIAS - LS_F32_BIAS;

	if (!exponent && !fraction)
		return sign;
	if (exponent == LS_F32_EXPONENT) {
		wide = LS_F64_EXPONENT;
	} else if (!exponent) {
		/* A denormal is a normal double: its first bit gets implicit. */
		u32 shift = LS_F32_FRACTION_BITS - __fls(fraction);

		fraction = fraction << shift & LS_F32_FRACTION;
		wide -= shift - 1;
	}
	return sign | wide << LS_FLOAT_FRACTION |
	       fraction << (LS_FLOAT_FRACTION - LS_F32_FRACTION_BITS);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_array_widen);

/* The bits of an element, as the scalar that it is compared as. */
static u64 localstate_array_element(u32 element, const void *elements, u32 i)
{
	switch (element) {
	case LOCALSTATE_ELEMENT_F32:
		return localstate_array_widen(((const u32 *)elements)[i]);
	case LOCALSTATE_ELEMENT_S32:
		return (s64)((const s32 *)elements)[i];
	case LOCALSTATE_ELEMENT_U8:
		return ((const u8 *)elements)[i];
	default:
		return ((const u64 *)elements)[i];
	}
}

/* Bytes of the elements of a shape; more than LOCALSTATE_VALUE_MAX: too many. */
static u64 localstate_array_bytes(u32 element, const u32 *shape, u32 rank)
{
	u64 bytes = localstate_element_size(element);
	u32 i;

	/* One dimension of 0 is enough, however large the others are. */
	for (i = 0; i < rank; i++) {
		if (!shape[i])
			return 0;
	}
	for (i = 0; i < rank && bytes <= LOCALSTATE_VALUE_MAX; i++)
		bytes *= shape[i];
	return bytes;
}

static int localstate_array_check_shape(u32 element, const u32 *shape, u32 rank,
					struct localstate_error *error)
{
	if (localstate_array_bytes(element, shape, rank) > LOCALSTATE_VALUE_MAX)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_SHAPE,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_VALUE_MAX);
	return 0;
}

static int localstate_array_check_length(u32 length, u64 wanted,
					 struct localstate_error *error)
{
	if (length != wanted)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_VALUE,
					      LOCALSTATE_TYPE_UINT, wanted);
	return 0;
}

/* Whether these bytes of a caller are an array. */
int localstate_array_check_form(const void *data, u32 length,
				struct localstate_error *error)
{
	const struct localstate_array *array = data;
	u32 header;
	int ret;

	if (length < sizeof(*array))
		return localstate_array_check_length(length, sizeof(*array),
						     error);
	if (!localstate_element_size(array->element))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_ELEMENT);
	if (array->rank > LOCALSTATE_RANK_MAX)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_RANK,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_RANK_MAX);
	header = LOCALSTATE_ARRAY_HEADER(array->rank);
	if (length < header)
		return localstate_array_check_length(length, header, error);
	if ((array->rank & 1) && array->shape[array->rank])
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_RESERVED);
	ret = localstate_array_check_shape(array->element, array->shape,
					   array->rank, error);
	if (ret)
		return ret;
	return localstate_array_check_length(length, header +
					     localstate_array_bytes(array->element,
								    array->shape,
								    array->rank),
					     error);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_array_check_form);

/* The longest start of an array that has at most @max bytes and whole elements. */
u32 localstate_array_cut(const void *data, u32 length, u32 max)
{
	const struct localstate_array *array = data;
	u32 header;

	if (length <= max)
		return length;
	if (max < sizeof(*array))
		return 0;
	header = LOCALSTATE_ARRAY_HEADER(array->rank);
	if (max < header)
		return 0;
	max -= header;
	return header + max - max % localstate_element_size(array->element);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_array_cut);

/* ---- equality ------------------------------------------------------------ */

/* Elements with different bits: equal are only zeroes, and NaNs. */
static bool localstate_array_float_equal(u64 a, u64 b)
{
	return localstate_number_equal(LOCALSTATE_TYPE_FLOAT, a, b);
}

static bool localstate_array_equal_f32(const u32 *a, const u32 *b, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (a[i] != b[i] &&
		    !localstate_array_float_equal(localstate_array_widen(a[i]),
						  localstate_array_widen(b[i])))
			return false;
	}
	return true;
}

static bool localstate_array_equal_f64(const u64 *a, const u64 *b, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (a[i] != b[i] && !localstate_array_float_equal(a[i], b[i]))
			return false;
	}
	return true;
}

/* Element type, shape and elements; this is done with the variable locked. */
bool localstate_array_equal(const struct localstate_array *x, u32 x_length,
			    const struct localstate_array *y, u32 y_length)
{
	u32 header = LOCALSTATE_ARRAY_HEADER(x->rank);
	u32 bytes = x_length - header;

	if (x_length != y_length || x->rank != y->rank ||
	    memcmp(x, y, header))
		return false;
	switch (x->element) {
	case LOCALSTATE_ELEMENT_F32:
		return localstate_array_equal_f32((void *)x + header,
						  (void *)y + header,
						  bytes / sizeof(u32));
	case LOCALSTATE_ELEMENT_F64:
		return localstate_array_equal_f64((void *)x + header,
						  (void *)y + header,
						  bytes / sizeof(u64));
	default:
		return !memcmp((void *)x + header, (void *)y + header, bytes);
	}
}

/* ---- constraints --------------------------------------------------------- */

/* The least and the greatest integer of an element type, or false. */
static bool localstate_element_range(u32 element, u64 *min, u64 *max)
{
	if (element == LOCALSTATE_ELEMENT_S32) {
		*min = (s64)S32_MIN;
		*max = S32_MAX;
	} else if (element == LOCALSTATE_ELEMENT_U8) {
		*min = 0;
		*max = U8_MAX;
	} else {
		return false;
	}
	return true;
}

/* Bounds that an element of narrow integers cannot have. */
static int localstate_array_check_bounds(const struct localstate_register *arg,
					 struct localstate_error *error)
{
	const struct {
		u32 has;
		enum localstate_field field;
		u64 bound;
	} bounds[] = {
		{ LOCALSTATE_HAS_MIN, LOCALSTATE_FIELD_MIN, arg->min },
		{ LOCALSTATE_HAS_MAX, LOCALSTATE_FIELD_MAX, arg->max },
	};
	u32 type = localstate_element_type(arg->element);
	u64 min, max;
	int i;

	if (!localstate_element_range(arg->element, &min, &max))
		return 0;
	for (i = 0; i < ARRAY_SIZE(bounds); i++) {
		bool below = localstate_value_compare(type, bounds[i].bound,
						      min) < 0;

		if ((arg->constraints & bounds[i].has) &&
		    (below || localstate_value_compare(type, bounds[i].bound,
						       max) > 0))
			return localstate_error_limit(error, -EINVAL,
						      bounds[i].field, type,
						      below ? min : max);
	}
	return 0;
}

static bool localstate_float_is_infinite(u64 bits, bool negative)
{
	return bits == (LS_FLOAT_INFINITY | (u64)negative << 63);
}

/* A range that only an infinity is in, where it must not be. */
static int localstate_array_check_finite(const struct localstate_register *arg,
					 struct localstate_error *error)
{
	if (!(arg->constraints & LOCALSTATE_HAS_FINITE))
		return 0;
	if (localstate_element_type(arg->element) != LOCALSTATE_TYPE_FLOAT)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_FINITE,
					      arg->type, 0);
	if (((arg->constraints & LOCALSTATE_HAS_MIN) &&
	     localstate_float_is_infinite(arg->min, false)) ||
	    ((arg->constraints & LOCALSTATE_HAS_MAX) &&
	     localstate_float_is_infinite(arg->max, true)))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FINITE);
	return 0;
}

/* What of the constraints needs no other memory; @type gets that of bounds. */
int localstate_array_check_spec(const struct localstate_register *arg,
				u32 *type, struct localstate_error *error)
{
	const u32 both = LOCALSTATE_HAS_SHAPE | LOCALSTATE_HAS_RANK;
	int ret;

	if (!localstate_element_size(arg->element))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_ELEMENT);
	if ((arg->constraints & both) == both)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_RANK);
	if (arg->rank > LOCALSTATE_RANK_MAX)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_RANK,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_RANK_MAX);
	*type = localstate_element_type(arg->element);
	ret = localstate_array_check_bounds(arg, error);
	if (!ret)
		ret = localstate_array_check_finite(arg, error);
	return ret;
}

static_assert(offsetof(struct ls_spec, text) % sizeof(u32) == 0);

/* Take the shape that all values must have. */
int localstate_array_copy_shape(struct ls_spec *spec,
				const struct localstate_register *arg,
				struct localstate_error *error)
{
	u32 *shape = (u32 *)spec->text;

	if (copy_from_user(shape, u64_to_user_ptr(arg->shape),
			   localstate_spec_shape_size(spec)))
		return localstate_error(error, -EFAULT, LOCALSTATE_FIELD_SHAPE);
	return localstate_array_check_shape(spec->element, shape, spec->rank,
					    error);
}

static int localstate_array_match_shape(const struct ls_spec *spec,
					const struct localstate_array *array,
					struct localstate_error *error)
{
	const u32 has = LOCALSTATE_HAS_SHAPE | LOCALSTATE_HAS_RANK;
	const u32 *shape = (const u32 *)spec->text;
	u32 i;

	if (array->element != spec->element)
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_ELEMENT,
					      LOCALSTATE_TYPE_UINT,
					      spec->element);
	if ((spec->constraints & has) && array->rank != spec->rank)
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_RANK,
					      LOCALSTATE_TYPE_UINT, spec->rank);
	if (!(spec->constraints & LOCALSTATE_HAS_SHAPE))
		return 0;
	for (i = 0; i < array->rank; i++) {
		if (array->shape[i] == shape[i])
			continue;
		error->index = i;
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_SHAPE,
					      LOCALSTATE_TYPE_UINT, shape[i]);
	}
	return 0;
}

/* The HAS_* that an element violates, or 0. */
static u32 localstate_array_violates(const struct ls_spec *spec, u32 type,
				     u64 bits)
{
	bool nan = localstate_number_is_nan(type, bits);

	if ((spec->constraints & LOCALSTATE_HAS_FINITE) &&
	    (nan || localstate_float_is_infinite(bits, bits >> 63)))
		return LOCALSTATE_HAS_FINITE;
	if ((spec->constraints & LOCALSTATE_HAS_MIN) &&
	    (nan || localstate_value_compare(type, bits, spec->min) < 0))
		return LOCALSTATE_HAS_MIN;
	if ((spec->constraints & LOCALSTATE_HAS_MAX) &&
	    (nan || localstate_value_compare(type, bits, spec->max) > 0))
		return LOCALSTATE_HAS_MAX;
	return 0;
}

static int localstate_array_error_element(const struct ls_spec *spec, u32 type,
					  u32 violated, u32 index,
					  struct localstate_error *error)
{
	error->index = index;
	if (violated == LOCALSTATE_HAS_FINITE)
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_FINITE,
					      LOCALSTATE_TYPE_ARRAY, 0);
	if (violated == LOCALSTATE_HAS_MIN)
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_MIN, type,
					      spec->min);
	return localstate_error_limit(error, -ERANGE, LOCALSTATE_FIELD_MAX,
				      type, spec->max);
}

/* Whether an array may be the variable's. */
int localstate_array_check(const struct ls_spec *spec,
			   const struct ls_value *value,
			   struct localstate_error *error)
{
	const struct localstate_array *array = localstate_value_data(value);
	const void *elements = (const void *)array +
			       LOCALSTATE_ARRAY_HEADER(array->rank);
	u32 type = localstate_element_type(array->element);
	u32 bytes = value->length - LOCALSTATE_ARRAY_HEADER(array->rank);
	u32 n = bytes / localstate_element_size(array->element);
	u32 i, violated;
	int ret;

	ret = localstate_array_match_shape(spec, array, error);
	if (ret || !(spec->constraints & (LOCALSTATE_HAS_MIN |
					  LOCALSTATE_HAS_MAX |
					  LOCALSTATE_HAS_FINITE)))
		return ret;
	for (i = 0; i < n; i++) {
		violated = localstate_array_violates(spec, type,
						     localstate_array_element(array->element,
									      elements, i));
		if (violated)
			return localstate_array_error_element(spec, type,
							      violated, i,
							      error);
	}
	return 0;
}

/* Zeroes: of the shape if it is fixed, else none in any dimension. */
int localstate_array_default(const struct ls_spec *spec,
			     struct ls_value *value)
{
	const u32 *shape = (const u32 *)spec->text;
	bool fixed = spec->constraints & LOCALSTATE_HAS_SHAPE;
	u32 rank = spec->constraints & LOCALSTATE_HAS_RANK || fixed ?
		   spec->rank : 1;
	struct localstate_array *array;
	u64 bytes = 0;

	if (fixed || !rank)
		bytes = localstate_array_bytes(spec->element, shape, rank);
	value->length = LOCALSTATE_ARRAY_HEADER(rank) + bytes;
	array = localstate_value_room(value);
	if (!array)
		return -ENOMEM;
	memset(array, 0, value->length);
	array->element = spec->element;
	array->rank = rank;
	if (fixed)
		memcpy(array->shape, shape, localstate_spec_shape_size(spec));
	return 0;
}
