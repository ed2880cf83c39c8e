// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Specs: what a variable is to be, put together before it is registered.
 *
 * A setter replaces what an earlier call of it gave, and leaves the spec as it
 * was if it fails.  Only types are checked here; the rest is the kernel's to say.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

int lstate_spec_new(struct lstate_spec **spec, const char *name,
		    enum lstate_type type)
{
	struct lstate_spec *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	new->name = strdup(name);
	if (!new->name) {
		free(new);
		return -ENOMEM;
	}
	new->type = type;
	*spec = new;
	return 0;
}

void lstate_spec_free(struct lstate_spec *spec)
{
	if (!spec)
		return;
	lstate_value_clear(&spec->value);
	free(spec->name);
	free(spec->pattern);
	free(spec->choices);
	free(spec->label);
	free(spec->description);
	free(spec->metadata);
	free(spec);
}

int lstate_spec_set_value(struct lstate_spec *spec,
			  const struct lstate_value *value)
{
	struct lstate_value copy = { .type = LSTATE_TYPE_NONE };
	int rc;

	if (value) {
		if (value->type != spec->type)
			return -EINVAL;
		rc = lstate_value_copy(&copy, value);
		if (rc < 0)
			return rc;
	}
	lstate_value_clear(&spec->value);
	spec->value = copy;
	return 0;
}

/* ------------------------------------------------------------------------ */

static int lstate_spec_set_number(struct lstate_spec *spec, uint32_t constraint,
				  struct lstate_value *to,
				  const struct lstate_value *value)
{
	enum lstate_type type = spec->type == LSTATE_TYPE_ARRAY ?
				lstate_element_type(spec->element) : spec->type;

	if (value->type != type || !lstate_type_is_number(type))
		return -EINVAL;
	*to = *value;
	spec->constraints |= constraint;
	return 0;
}

int lstate_spec_set_min(struct lstate_spec *spec, const struct lstate_value *min)
{
	return lstate_spec_set_number(spec, LOCALSTATE_HAS_MIN, &spec->min, min);
}

int lstate_spec_set_max(struct lstate_spec *spec, const struct lstate_value *max)
{
	return lstate_spec_set_number(spec, LOCALSTATE_HAS_MAX, &spec->max, max);
}

int lstate_spec_set_step(struct lstate_spec *spec,
			 const struct lstate_value *step)
{
	if (spec->type == LSTATE_TYPE_FLOAT || spec->type == LSTATE_TYPE_ARRAY)
		return -EINVAL;
	return lstate_spec_set_number(spec, LOCALSTATE_HAS_STEP, &spec->step,
				      step);
}

/* Both bounds are of one type, so if one can be set, both can. */
static int lstate_spec_set_range(struct lstate_spec *spec,
				 const struct lstate_value *min,
				 const struct lstate_value *max)
{
	int rc = lstate_spec_set_min(spec, min);

	return rc < 0 ? rc : lstate_spec_set_max(spec, max);
}

int lstate_spec_set_range_int(struct lstate_spec *spec, int64_t min,
			      int64_t max)
{
	struct lstate_value low = lstate_value_int(min);
	struct lstate_value high = lstate_value_int(max);

	return lstate_spec_set_range(spec, &low, &high);
}

int lstate_spec_set_range_uint(struct lstate_spec *spec, uint64_t min,
			       uint64_t max)
{
	struct lstate_value low = lstate_value_uint(min);
	struct lstate_value high = lstate_value_uint(max);

	return lstate_spec_set_range(spec, &low, &high);
}

int lstate_spec_set_range_float(struct lstate_spec *spec, double min,
				double max)
{
	struct lstate_value low = lstate_value_float(min);
	struct lstate_value high = lstate_value_float(max);

	return lstate_spec_set_range(spec, &low, &high);
}

/* ------------------------------------------------------------------------ */

static int lstate_spec_set_length(struct lstate_spec *spec, uint32_t constraint,
				  uint32_t *to, uint32_t characters)
{
	if (spec->type != LSTATE_TYPE_STRING && spec->type != LSTATE_TYPE_BYTES)
		return -EINVAL;
	*to = characters;
	spec->constraints |= constraint;
	return 0;
}

int lstate_spec_set_min_length(struct lstate_spec *spec, uint32_t characters)
{
	return lstate_spec_set_length(spec, LOCALSTATE_HAS_MIN_LENGTH,
				      &spec->min_length, characters);
}

int lstate_spec_set_max_length(struct lstate_spec *spec, uint32_t characters)
{
	return lstate_spec_set_length(spec, LOCALSTATE_HAS_MAX_LENGTH,
				      &spec->max_length, characters);
}

static int lstate_spec_set_text(char **to, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

int lstate_spec_set_pattern(struct lstate_spec *spec, const char *pattern)
{
	int rc;

	if (spec->type != LSTATE_TYPE_STRING)
		return -EINVAL;
	rc = lstate_spec_set_text(&spec->pattern, pattern);
	if (rc == 0)
		spec->constraints |= LOCALSTATE_HAS_PATTERN;
	return rc;
}

int lstate_spec_set_choices(struct lstate_spec *spec,
			    const char *const *choices, size_t n)
{
	size_t length = 0, i;
	char *packed, *at;

	if (spec->type != LSTATE_TYPE_CHOICE)
		return -EINVAL;
	for (i = 0; i < n; i++)
		length += strlen(choices[i]) + 1;
	packed = malloc(length + 1);
	if (!packed)
		return -ENOMEM;
	for (at = packed, i = 0; i < n; i++)
		at = stpcpy(at, choices[i]) + 1;
	free(spec->choices);
	spec->choices = packed;
	spec->choices_length = length;
	spec->constraints |= LOCALSTATE_HAS_CHOICES;
	return 0;
}

static void lstate_spec_set_flag(struct lstate_spec *spec, uint32_t flag,
				 bool on)
{
	spec->flags = on ? spec->flags | flag : spec->flags & ~flag;
}

void lstate_spec_set_read_only(struct lstate_spec *spec, bool read_only)
{
	lstate_spec_set_flag(spec, LOCALSTATE_REGISTER_READ_ONLY, read_only);
}

void lstate_spec_set_write_once(struct lstate_spec *spec, bool write_once)
{
	lstate_spec_set_flag(spec, LOCALSTATE_REGISTER_WRITE_ONCE, write_once);
}

int lstate_spec_set_element(struct lstate_spec *spec,
			    enum lstate_element element)
{
	const uint32_t bounds = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX;

	if (spec->type != LSTATE_TYPE_ARRAY || !lstate_element_size(element))
		return -EINVAL;
	/* Limits that were given for elements of another kind. */
	if ((spec->constraints & bounds) &&
	    lstate_element_type(element) != lstate_element_type(spec->element))
		return -EINVAL;
	spec->element = element;
	spec->constraints |= LOCALSTATE_HAS_ELEMENT;
	return 0;
}

int lstate_spec_set_rank(struct lstate_spec *spec, uint32_t rank)
{
	if (spec->type != LSTATE_TYPE_ARRAY)
		return -EINVAL;
	spec->rank = rank;
	spec->constraints &= ~LOCALSTATE_HAS_SHAPE;
	spec->constraints |= LOCALSTATE_HAS_RANK;
	return 0;
}

int lstate_spec_set_shape(struct lstate_spec *spec, const uint32_t *shape,
			  size_t rank)
{
	if (spec->type != LSTATE_TYPE_ARRAY || rank > LSTATE_RANK_MAX)
		return -EINVAL;
	if (rank)
		memcpy(spec->shape, shape, rank * sizeof(*shape));
	spec->rank = (uint32_t)rank;
	spec->constraints &= ~LOCALSTATE_HAS_RANK;
	spec->constraints |= LOCALSTATE_HAS_SHAPE;
	return 0;
}

int lstate_spec_set_finite(struct lstate_spec *spec)
{
	if (spec->type != LSTATE_TYPE_ARRAY)
		return -EINVAL;
	spec->constraints |= LOCALSTATE_HAS_FINITE;
	return 0;
}

int lstate_spec_set_label(struct lstate_spec *spec, const char *label)
{
	return lstate_spec_set_text(&spec->label, label);
}

int lstate_spec_set_description(struct lstate_spec *spec,
				const char *description)
{
	return lstate_spec_set_text(&spec->description, description);
}

int lstate_spec_set_metadata(struct lstate_spec *spec,
			     const struct lstate_metadata *metadata)
{
	const char *bad_key;
	size_t length;
	char *packed;
	int rc;

	rc = lstate_metadata_check(metadata, &bad_key);
	if (rc < 0)
		return rc;
	rc = lstate_metadata_pack(metadata, &packed, &length);
	if (rc < 0)
		return rc;
	free(spec->metadata);
	spec->metadata = packed;
	spec->metadata_length = length;
	return 0;
}

int lstate_spec_set_restore(struct lstate_spec *spec, uint64_t id,
			    uint64_t version)
{
	if (!id)
		return -EINVAL;
	spec->restore_id = id;
	spec->restore_version = version;
	return 0;
}
