// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a variable's values must be: taken and checked when it is registered,
 * immutable afterwards, so that a value is checked without any lock.
 */
#include <linux/glob.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "number.h"
#include "private.h"

#define LS_HAS_ALL	(LOCALSTATE_HAS_FINITE * 2 - 1)

/* The field of the lowest of these LOCALSTATE_HAS_*. */
static enum localstate_field localstate_constraint_field(u32 bits)
{
	static const u8 fields[] = {
		LOCALSTATE_FIELD_MIN,
		LOCALSTATE_FIELD_MAX,
		LOCALSTATE_FIELD_STEP,
		LOCALSTATE_FIELD_MIN_LENGTH,
		LOCALSTATE_FIELD_MAX_LENGTH,
		LOCALSTATE_FIELD_PATTERN,
		LOCALSTATE_FIELD_CHOICES,
		LOCALSTATE_FIELD_ELEMENT,
		LOCALSTATE_FIELD_SHAPE,
		LOCALSTATE_FIELD_RANK,
		LOCALSTATE_FIELD_FINITE,
	};

	static_assert(1U << (ARRAY_SIZE(fields) - 1) == LOCALSTATE_HAS_FINITE);
	return fields[__ffs(bits)];
}

static u32 localstate_constraint_mask(u32 type)
{
	switch (type) {
	case LOCALSTATE_TYPE_INT:
	case LOCALSTATE_TYPE_UINT:
		return LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX |
		       LOCALSTATE_HAS_STEP;
	case LOCALSTATE_TYPE_FLOAT:
		return LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX;
	case LOCALSTATE_TYPE_STRING:
		return LOCALSTATE_HAS_MIN_LENGTH | LOCALSTATE_HAS_MAX_LENGTH |
		       LOCALSTATE_HAS_PATTERN;
	case LOCALSTATE_TYPE_CHOICE:
		return LOCALSTATE_HAS_CHOICES;
	case LOCALSTATE_TYPE_BYTES:
		return LOCALSTATE_HAS_MIN_LENGTH | LOCALSTATE_HAS_MAX_LENGTH;
	case LOCALSTATE_TYPE_ARRAY:
		return LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX |
		       LOCALSTATE_HAS_ELEMENT | LOCALSTATE_HAS_SHAPE |
		       LOCALSTATE_HAS_RANK | LOCALSTATE_HAS_FINITE;
	default:
		return 0;
	}
}

/* The constraints that no variable of the type can do without. */
static u32 localstate_constraint_needed(u32 type)
{
	switch (type) {
	case LOCALSTATE_TYPE_CHOICE:
		return LOCALSTATE_HAS_CHOICES;
	case LOCALSTATE_TYPE_ARRAY:
		return LOCALSTATE_HAS_ELEMENT;
	default:
		return 0;
	}
}

/* The LOCALSTATE_HAS_* of the constraints whose fields are not zero. */
static u32 localstate_constraint_filled(const struct localstate_register *arg)
{
	/* With a shape, the rank is how long that is. */
	bool rank = arg->rank && !(arg->constraints & LOCALSTATE_HAS_SHAPE);

	return (arg->min ? LOCALSTATE_HAS_MIN : 0) |
	       (arg->max ? LOCALSTATE_HAS_MAX : 0) |
	       (arg->step ? LOCALSTATE_HAS_STEP : 0) |
	       (arg->min_length ? LOCALSTATE_HAS_MIN_LENGTH : 0) |
	       (arg->max_length ? LOCALSTATE_HAS_MAX_LENGTH : 0) |
	       (arg->pattern || arg->pattern_len ? LOCALSTATE_HAS_PATTERN : 0) |
	       (arg->choices || arg->choices_len ? LOCALSTATE_HAS_CHOICES : 0) |
	       (arg->element ? LOCALSTATE_HAS_ELEMENT : 0) |
	       (arg->shape ? LOCALSTATE_HAS_SHAPE : 0) |
	       (rank ? LOCALSTATE_HAS_RANK : 0);
}

/* Constraints that do not belong to the type, or are there without saying so. */
static int localstate_constraint_check_mask(const struct localstate_register *arg,
					    struct localstate_error *error)
{
	u32 wrong;

	if (arg->constraints & ~LS_HAS_ALL)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	wrong = arg->constraints & ~localstate_constraint_mask(arg->type);
	if (!wrong)
		wrong = localstate_constraint_filled(arg) & ~arg->constraints;
	if (!wrong)
		wrong = localstate_constraint_needed(arg->type) &
			~arg->constraints;
	if (wrong)
		return localstate_error_limit(error, -EINVAL,
					      localstate_constraint_field(wrong),
					      arg->type, 0);
	return 0;
}

static int localstate_constraint_check_range(const struct localstate_register *arg,
					     struct localstate_error *error)
{
	const u32 both = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX;
	u32 type = arg->type;

	if (type == LOCALSTATE_TYPE_ARRAY) {
		int ret = localstate_array_check_spec(arg, &type, error);

		if (ret)
			return ret;
	}
	if (localstate_number_is_nan(type, arg->min))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_MIN);
	if (localstate_number_is_nan(type, arg->max))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_MAX);
	if ((arg->constraints & both) == both &&
	    localstate_value_compare(type, arg->min, arg->max) > 0)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_MIN, type,
					      arg->max);
	if ((arg->constraints & LOCALSTATE_HAS_STEP) &&
	    localstate_value_compare(type, arg->step, 0) <= 0)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_STEP, type,
					      1);
	return 0;
}

static int localstate_constraint_check_lengths(const struct localstate_register *arg,
					       struct localstate_error *error)
{
	u32 max = LOCALSTATE_VALUE_MAX;

	if (arg->constraints & LOCALSTATE_HAS_MAX_LENGTH)
		max = min(arg->max_length, max);
	if (arg->min_length > max)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_MIN_LENGTH,
					      LOCALSTATE_TYPE_UINT, max);
	return 0;
}

/* One text of a spec: where it comes from and what it is allowed to be. */
struct ls_spec_text {
	enum localstate_field field;
	u64 from;
	u32 length;
	bool wanted;
	const char **to;
};

static int localstate_spec_copy_text(const struct ls_spec_text *text, char **at,
				     struct localstate_error *error)
{
	if (text->wanted && !text->length)
		return localstate_error(error, -EINVAL, text->field);
	if (copy_from_user(*at, u64_to_user_ptr(text->from), text->length))
		return localstate_error(error, -EFAULT, text->field);
	(*at)[text->length] = '\0';
	*text->to = *at;
	*at += text->length + 1;
	return 0;
}

static bool localstate_spec_choice_is_new(const char *choices, const char *choice)
{
	for (; choices < choice; choices += strlen(choices) + 1) {
		if (!strcmp(choices, choice))
			return false;
	}
	return true;
}

/* A list of distinct texts, each not empty and with a NUL after it. */
static int localstate_spec_check_choices(const struct ls_spec *spec,
					 struct localstate_error *error)
{
	const char *at = spec->choices, *end = at + spec->choices_len;
	u32 index = 0, length;

	for (; at < end; at += length + 1, index++) {
		error->index = index;
		length = strlen(at);
		if (!length || at + length >= end ||
		    !localstate_spec_choice_is_new(spec->choices, at))
			return localstate_error(error, -EINVAL,
						LOCALSTATE_FIELD_CHOICES);
		if (localstate_text_characters(at, length) < 0)
			return localstate_error(error, -EILSEQ,
						LOCALSTATE_FIELD_CHOICES);
	}
	error->index = LOCALSTATE_NO_INDEX;
	return 0;
}

static int localstate_spec_check_texts(const struct ls_spec *spec,
				       struct localstate_error *error)
{
	if (localstate_text_characters(spec->pattern, spec->pattern_len) < 0)
		return localstate_error(error, -EILSEQ,
					LOCALSTATE_FIELD_PATTERN);
	if (localstate_text_characters(spec->description,
				       spec->description_len) < 0)
		return localstate_error(error, -EILSEQ,
					LOCALSTATE_FIELD_DESCRIPTION);
	if (spec->label_len &&
	    !localstate_name_is_valid(spec->label, spec->label_len))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_LABEL);
	return localstate_spec_check_choices(spec, error);
}

static int localstate_spec_copy(struct ls_spec *spec,
				const struct localstate_register *arg,
				struct localstate_error *error)
{
	const struct ls_spec_text texts[] = {
		{ LOCALSTATE_FIELD_PATTERN, arg->pattern, arg->pattern_len,
		  arg->constraints & LOCALSTATE_HAS_PATTERN, &spec->pattern },
		{ LOCALSTATE_FIELD_CHOICES, arg->choices, arg->choices_len,
		  arg->constraints & LOCALSTATE_HAS_CHOICES, &spec->choices },
		{ LOCALSTATE_FIELD_LABEL, arg->label, arg->label_len,
		  false, &spec->label },
		{ LOCALSTATE_FIELD_DESCRIPTION, arg->description,
		  arg->description_len, false,
		  &spec->description },
	};
	char *at = spec->text + localstate_spec_shape_size(spec);
	int i, ret;

	ret = localstate_array_copy_shape(spec, arg, error);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		ret = localstate_spec_copy_text(&texts[i], &at, error);
		if (ret)
			return ret;
	}
	return localstate_spec_check_texts(spec, error);
}

static int localstate_spec_check_sizes(const struct localstate_register *arg,
				       struct localstate_error *error)
{
	const struct {
		enum localstate_field field;
		u32 length, max;
	} sizes[] = {
		{ LOCALSTATE_FIELD_PATTERN, arg->pattern_len,
		  LOCALSTATE_PATTERN_MAX },
		{ LOCALSTATE_FIELD_CHOICES, arg->choices_len,
		  LOCALSTATE_CHOICES_MAX },
		{ LOCALSTATE_FIELD_LABEL, arg->label_len,
		  LOCALSTATE_LABEL_MAX },
		{ LOCALSTATE_FIELD_DESCRIPTION, arg->description_len,
		  LOCALSTATE_DESCRIPTION_MAX },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (sizes[i].length > sizes[i].max)
			return localstate_error_limit(error, -EINVAL,
						      sizes[i].field,
						      LOCALSTATE_TYPE_UINT,
						      sizes[i].max);
	}
	return 0;
}

static int localstate_constraint_check_all(const struct localstate_register *arg,
					   struct localstate_error *error)
{
	int ret;

	ret = localstate_constraint_check_mask(arg, error);
	if (!ret)
		ret = localstate_constraint_check_range(arg, error);
	if (!ret)
		ret = localstate_constraint_check_lengths(arg, error);
	if (!ret)
		ret = localstate_spec_check_sizes(arg, error);
	return ret;
}

/* Take constraints, label and description; *@spec is NULL if there are none. */
int localstate_spec_import(const struct ls_spec **spec,
			   const struct localstate_register *arg,
			   struct localstate_error *error)
{
	const struct ls_spec fixed = {
		.constraints = arg->constraints,
		.min = arg->min,
		.max = arg->max,
		.step = arg->step,
		.min_length = arg->min_length,
		.max_length = arg->max_length,
		.element = arg->element,
		.rank = arg->rank,
		.pattern_len = arg->pattern_len,
		.choices_len = arg->choices_len,
		.label_len = arg->label_len,
		.description_len = arg->description_len,
	};
	struct ls_spec *new;
	int ret;

	*spec = NULL;
	ret = localstate_constraint_check_all(arg, error);
	if (ret)
		return ret;
	if (!arg->constraints && !arg->label_len && !arg->description_len)
		return 0;

	new = kzalloc(localstate_spec_size(&fixed), GFP_KERNEL_ACCOUNT);
	if (!new)
		return localstate_error(error, -ENOMEM, LOCALSTATE_FIELD_NONE);
	*new = fixed;
	ret = localstate_spec_copy(new, arg, error);
	if (ret) {
		kfree(new);
		return ret;
	}
	*spec = new;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_spec_import);

/* Whether the distance from the first legal value is a multiple of the step. */
static bool localstate_constraint_is_on_step(const struct ls_spec *spec,
					     u32 type, u64 value)
{
	u64 base = spec->constraints & LOCALSTATE_HAS_MIN ? spec->min : 0;
	u64 distance, rest;

	/* The difference of two 64-bit integers always fits as a magnitude. */
	if (localstate_value_compare(type, value, base) >= 0)
		distance = value - base;
	else
		distance = base - value;
	div64_u64_rem(distance, spec->step, &rest);
	return !rest;
}

static int localstate_constraint_check_number(const struct ls_spec *spec,
					      const struct ls_value *value,
					      struct localstate_error *error)
{
	u32 type = value->type;
	bool nan = localstate_number_is_nan(type, value->word[0]);

	if ((spec->constraints & LOCALSTATE_HAS_MIN) &&
	    (nan || localstate_value_compare(type, value->word[0], spec->min) < 0))
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_MIN, type,
					      spec->min);
	if ((spec->constraints & LOCALSTATE_HAS_MAX) &&
	    (nan || localstate_value_compare(type, value->word[0], spec->max) > 0))
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_MAX, type,
					      spec->max);
	if ((spec->constraints & LOCALSTATE_HAS_STEP) &&
	    !localstate_constraint_is_on_step(spec, type, value->word[0]))
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_STEP, type,
					      spec->step);
	return 0;
}

static int localstate_constraint_check_length(const struct ls_spec *spec,
					      u32 length,
					      struct localstate_error *error)
{
	if ((spec->constraints & LOCALSTATE_HAS_MIN_LENGTH) &&
	    length < spec->min_length)
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_MIN_LENGTH,
					      LOCALSTATE_TYPE_UINT,
					      spec->min_length);
	if ((spec->constraints & LOCALSTATE_HAS_MAX_LENGTH) &&
	    length > spec->max_length)
		return localstate_error_limit(error, -ERANGE,
					      LOCALSTATE_FIELD_MAX_LENGTH,
					      LOCALSTATE_TYPE_UINT,
					      spec->max_length);
	return 0;
}

static int localstate_constraint_check_string(const struct ls_spec *spec,
					      const struct ls_value *value,
					      struct localstate_error *error)
{
	const char *text = localstate_value_data(value);
	int characters = localstate_text_characters(text, value->length);
	int ret;

	ret = localstate_constraint_check_length(spec, characters, error);
	if (ret)
		return ret;
	if ((spec->constraints & LOCALSTATE_HAS_PATTERN) &&
	    !glob_match(spec->pattern, text))
		return localstate_error(error, -ERANGE,
					LOCALSTATE_FIELD_PATTERN);
	return 0;
}

static int localstate_constraint_check_choice(const struct ls_spec *spec,
					      const struct ls_value *value,
					      struct localstate_error *error)
{
	const char *text = localstate_value_data(value);
	const char *at = spec->choices, *end = at + spec->choices_len;

	for (; at < end; at += strlen(at) + 1) {
		if (!strcmp(at, text))
			return 0;
	}
	return localstate_error(error, -ERANGE, LOCALSTATE_FIELD_CHOICES);
}

/* Whether a value of the right type may be the variable's. */
int localstate_constraint_check(const struct ls_spec *spec,
				const struct ls_value *value,
				struct localstate_error *error)
{
	if (!spec)
		return 0;
	switch (value->type) {
	case LOCALSTATE_TYPE_INT:
	case LOCALSTATE_TYPE_UINT:
	case LOCALSTATE_TYPE_FLOAT:
		return localstate_constraint_check_number(spec, value, error);
	case LOCALSTATE_TYPE_STRING:
		return localstate_constraint_check_string(spec, value, error);
	case LOCALSTATE_TYPE_CHOICE:
		return localstate_constraint_check_choice(spec, value, error);
	case LOCALSTATE_TYPE_BYTES:
		return localstate_constraint_check_length(spec, value->length,
							  error);
	case LOCALSTATE_TYPE_ARRAY:
		return localstate_array_check(spec, value, error);
	default:
		return 0;
	}
}
EXPORT_SYMBOL_IF_KUNIT(localstate_constraint_check);

static void localstate_constraint_default_number(const struct ls_spec *spec,
						 u32 type,
						 struct ls_value *value)
{
	value->length = sizeof(u64);
	if (!spec)
		return;
	if ((spec->constraints & LOCALSTATE_HAS_MIN) &&
	    localstate_value_compare(type, spec->min, 0) > 0)
		value->word[0] = spec->min;
	else if ((spec->constraints & LOCALSTATE_HAS_MAX) &&
		 localstate_value_compare(type, spec->max, 0) < 0)
		value->word[0] = spec->max;
}

static int localstate_constraint_default_choice(const struct ls_spec *spec,
						struct ls_value *value)
{
	void *to;

	value->length = strlen(spec->choices);
	to = localstate_value_room(value);
	if (!to)
		return -ENOMEM;
	memcpy(to, spec->choices, value->length);
	return 0;
}

static int localstate_constraint_default_bytes(const struct ls_spec *spec,
					       struct ls_value *value)
{
	void *to;

	value->length = spec ? spec->min_length : 0;
	to = localstate_value_room(value);
	if (!to)
		return -ENOMEM;
	memset(to, 0, value->length);
	return 0;
}

/* A string is empty. */
static int localstate_constraint_default_long(const struct ls_spec *spec,
					      struct ls_value *value)
{
	switch (value->type) {
	case LOCALSTATE_TYPE_CHOICE:
		return localstate_constraint_default_choice(spec, value);
	case LOCALSTATE_TYPE_BYTES:
		return localstate_constraint_default_bytes(spec, value);
	case LOCALSTATE_TYPE_ARRAY:
		return localstate_array_default(spec, value);
	default:
		return 0;
	}
}

/* The value of a variable that is registered without one. */
int localstate_constraint_default(const struct ls_spec *spec, u32 type,
				  struct ls_value *value,
				  struct localstate_error *error)
{
	memset(value, 0, sizeof(*value));
	value->type = type;
	if (localstate_type_is_scalar(type))
		localstate_constraint_default_number(spec, type, value);
	else if (localstate_constraint_default_long(spec, value))
		return localstate_error(error, -ENOMEM, LOCALSTATE_FIELD_NONE);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_constraint_default);
