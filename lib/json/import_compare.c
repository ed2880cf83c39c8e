// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whether a variable that is there is what an entry of a file says: type,
 * constraints, label and description, which nothing can change.
 */
#include "import.h"

#include <stdlib.h>
#include <string.h>

/* A limit that either side may lack. */
static bool lstate_import_same_value(const struct lstate_value *there, bool has,
				     const struct lstate_value *wanted)
{
	if (!there || !has)
		return !there == !has;
	return lstate_value_bits(there) == lstate_value_bits(wanted);
}

static bool lstate_import_same_length(int64_t there, bool has, uint32_t wanted)
{
	return there < 0 ? !has : has && there == wanted;
}

static bool lstate_import_same_text(const char *there, const char *wanted)
{
	return !strcmp(there ? there : "", wanted ? wanted : "");
}

static bool lstate_import_same_choices(const struct lstate_variable *variable,
				       const struct lstate_spec *spec)
{
	const char *const *choices;
	const char *wanted = spec->choices;
	size_t n, i;

	choices = lstate_variable_choices(variable, &n);
	if (!choices || !wanted)
		return !choices == !wanted;
	if (n != lstate_strings_count(wanted, spec->choices_length))
		return false;
	for (i = 0; i < n; i++, wanted += strlen(wanted) + 1)
		if (strcmp(choices[i], wanted))
			return false;
	return true;
}

/* A shape, a rank, or neither. */
static bool lstate_import_same_shape(const struct lstate_variable *variable,
				     const struct lstate_spec *spec)
{
	const uint32_t *shape = lstate_variable_shape(variable);
	bool fixed = spec->constraints & LOCALSTATE_HAS_SHAPE;
	bool ranked = spec->constraints & LOCALSTATE_HAS_RANK;

	if (fixed != !!shape ||
	    lstate_variable_rank(variable) != (fixed || ranked ?
					       (int)spec->rank : -1))
		return false;
	return !fixed || !memcmp(shape, spec->shape,
				 spec->rank * sizeof(*shape));
}

static void lstate_import_differ(struct lstate_text *text, bool same,
				 const char *what)
{
	if (!same)
		lstate_text_add(text, "%s%s", text->length ? ", " : "", what);
}

/* What cannot be changed, and is another one than in the file. */
static void lstate_import_compare(struct lstate_text *text,
				  const struct lstate_import *import,
				  const struct lstate_entry *entry,
				  const struct lstate_variable *variable)
{
	const struct lstate_spec *spec = entry->spec;
	bool all = !(import->flags & LSTATE_IMPORT_DECLARE);
	uint32_t has = spec->constraints;

	lstate_import_differ(text, lstate_variable_is_read_only(variable) ==
		!!(spec->flags & LOCALSTATE_REGISTER_READ_ONLY), "read_only");
	lstate_import_differ(text, lstate_variable_is_write_once(variable) ==
		!!(spec->flags & LOCALSTATE_REGISTER_WRITE_ONCE), "write_once");
	lstate_import_differ(text, lstate_variable_element(variable) ==
		spec->element, "element");
	lstate_import_differ(text, lstate_import_same_shape(variable, spec),
			     "shape");
	lstate_import_differ(text, lstate_variable_is_finite(variable) ==
		!!(has & LOCALSTATE_HAS_FINITE), "finite");
	lstate_import_differ(text, lstate_import_same_value(
		lstate_variable_min(variable), has & LOCALSTATE_HAS_MIN,
		&spec->min), "min");
	lstate_import_differ(text, lstate_import_same_value(
		lstate_variable_max(variable), has & LOCALSTATE_HAS_MAX,
		&spec->max), "max");
	lstate_import_differ(text, lstate_import_same_value(
		lstate_variable_step(variable), has & LOCALSTATE_HAS_STEP,
		&spec->step), "step");
	lstate_import_differ(text, lstate_import_same_length(
		lstate_variable_min_length(variable),
		has & LOCALSTATE_HAS_MIN_LENGTH, spec->min_length),
		"min_length");
	lstate_import_differ(text, lstate_import_same_length(
		lstate_variable_max_length(variable),
		has & LOCALSTATE_HAS_MAX_LENGTH, spec->max_length),
		"max_length");
	lstate_import_differ(text, lstate_import_same_text(
		lstate_variable_pattern(variable), spec->pattern), "pattern");
	lstate_import_differ(text, lstate_import_same_choices(variable, spec),
			     "choices");
	lstate_import_differ(text, (!all && !entry->has_label) ||
		lstate_import_same_text(lstate_variable_label(variable),
					spec->label), "label");
	lstate_import_differ(text, (!all && !entry->has_description) ||
		lstate_import_same_text(lstate_variable_description(variable),
					spec->description), "description");
}

/* Return: 1 if the variable is what the entry says, 0 if it was refused. */
int lstate_import_agrees(struct lstate_import *import,
			 const struct lstate_entry *entry,
			 const struct lstate_variable *variable)
{
	enum lstate_type type = lstate_variable_type(variable);
	struct lstate_text differences = { 0 }, reason = { 0 };
	const char *name = entry->spec->name;
	int rc;

	if (type == entry->spec->type)
		lstate_import_compare(&differences, import, entry, variable);
	if (type == entry->spec->type && !differences.length)
		return differences.failed ? lstate_import_no_memory(import) : 1;
	if (differences.length)
		lstate_text_add(&reason, "%s: the variable that is there has another %s",
				name, differences.data);
	else
		lstate_text_add(&reason, "%s: the variable that is there is of type %s, not %s",
				name, lstate_type_name(type),
				lstate_type_name(entry->spec->type));
	if (reason.failed || differences.failed)
		rc = lstate_import_no_memory(import);
	else
		rc = lstate_import_tell(import, entry, LSTATE_IMPORT_REFUSED,
					reason.data);
	free(differences.data);
	free(reason.data);
	return rc;
}
