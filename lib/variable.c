// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Variables: pictures of what is known of one, from a record of the kernel.
 *
 * A picture is one block of memory: the object, the arrays that point to its
 * choices and metadata, and all texts with a NUL after each.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

struct lstate_variable {
	struct localstate_variable record;	/* the fixed part */
	const char *name;
	const char *label;
	const char *description;
	const char *pattern;
	struct lstate_value value;
	struct lstate_value min;
	struct lstate_value max;
	struct lstate_value step;
	uint32_t shape[LSTATE_RANK_MAX];
	const char **choices;			/* a NULL ends them */
	size_t n_choices;
	struct lstate_metadata *metadata;	/* a NULL key ends them */
};

/* The parts behind the fixed one, in their order. */
enum lstate_variable_part {
	LSTATE_PART_VALUE,
	LSTATE_PART_NAME,
	LSTATE_PART_LABEL,
	LSTATE_PART_DESCRIPTION,
	LSTATE_PART_PATTERN,
	LSTATE_PART_CHOICES,
	LSTATE_PART_METADATA,
	LSTATE_PART_SHAPE,
	LSTATE_PARTS,
};

struct lstate_variable_parts {
	const char *data[LSTATE_PARTS];
	uint32_t length[LSTATE_PARTS];
	size_t total;			/* with a NUL after each */
};

static bool lstate_variable_split(const struct localstate_variable *record,
				  const char *data, size_t size,
				  struct lstate_variable_parts *parts)
{
	const uint32_t lengths[LSTATE_PARTS] = {
		record->value_len, record->name_len, record->label_len,
		record->description_len, record->pattern_len,
		record->choices_len, record->metadata_len,
		record->constraints & LOCALSTATE_HAS_SHAPE ?
			record->rank * (uint32_t)sizeof(uint32_t) : 0,
	};
	uint64_t offset = sizeof(*record);
	int i;

	parts->total = 0;
	for (i = 0; i < LSTATE_PARTS; i++) {
		parts->data[i] = data + offset;
		parts->length[i] = lengths[i];
		parts->total += (size_t)lengths[i] + 1;
		offset += lstate_align(lengths[i]);
		if (offset > size)
			return false;
	}
	return true;
}

/* Copy all texts to @text and note where the copies are. */
static void lstate_variable_copy(struct lstate_variable_parts *parts, char *text)
{
	int i;

	for (i = 0; i < LSTATE_PARTS; i++) {
		memcpy(text, parts->data[i], parts->length[i]);
		text[parts->length[i]] = '\0';
		parts->data[i] = text;
		text += parts->length[i] + 1;
	}
}

static void lstate_variable_fill_value(struct lstate_variable *variable,
				       const struct lstate_variable_parts *parts)
{
	uint32_t type = variable->record.type;
	uint32_t length = parts->length[LSTATE_PART_VALUE];
	uint64_t bits = 0;

	if (lstate_type_is_long((enum lstate_type)type)) {
		variable->value.type = (enum lstate_type)type;
		variable->value.s = parts->data[LSTATE_PART_VALUE];
		variable->value.length = length;
		return;
	}
	memcpy(&bits, parts->data[LSTATE_PART_VALUE],
	       LSTATE_MIN(length, sizeof(bits)));
	lstate_value_unpack(type, bits, &variable->value);
}

static void lstate_variable_fill_choices(struct lstate_variable *variable,
					 const struct lstate_variable_parts *parts)
{
	const char *at = parts->data[LSTATE_PART_CHOICES];
	size_t i;

	for (i = 0; i < variable->n_choices; i++) {
		variable->choices[i] = at;
		at += strlen(at) + 1;
	}
}

static void lstate_variable_fill(struct lstate_variable *variable,
				 const struct lstate_variable_parts *parts,
				 size_t n_metadata)
{
	const struct localstate_variable *record = &variable->record;
	uint32_t type = record->type;

	variable->name = parts->data[LSTATE_PART_NAME];
	variable->label = parts->data[LSTATE_PART_LABEL];
	variable->description = parts->data[LSTATE_PART_DESCRIPTION];
	variable->pattern = parts->data[LSTATE_PART_PATTERN];
	if (type == LSTATE_TYPE_ARRAY)
		type = lstate_element_type((enum lstate_element)record->element);
	lstate_value_unpack(type, record->min, &variable->min);
	lstate_value_unpack(type, record->max, &variable->max);
	lstate_value_unpack(type, record->step, &variable->step);
	memcpy(variable->shape, parts->data[LSTATE_PART_SHAPE],
	       parts->length[LSTATE_PART_SHAPE]);
	lstate_variable_fill_value(variable, parts);
	lstate_variable_fill_choices(variable, parts);
	lstate_metadata_unpack((char *)parts->data[LSTATE_PART_METADATA],
			       parts->length[LSTATE_PART_METADATA],
			       variable->metadata, n_metadata);
}

/* Make a picture of a record of @size bytes; -EPROTO if that is none. */
int lstate_variable_parse(const void *data, size_t size,
			  struct lstate_variable **variable)
{
	struct lstate_variable_parts parts;
	struct localstate_variable record;
	struct lstate_variable *new;
	size_t n_choices, n_metadata;
	char *text;

	if (size < sizeof(record))
		return -EPROTO;
	memcpy(&record, data, sizeof(record));
	if (record.rank > LSTATE_RANK_MAX ||
	    !lstate_variable_split(&record, data, size, &parts))
		return -EPROTO;
	n_choices = lstate_strings_count(parts.data[LSTATE_PART_CHOICES],
					 record.choices_len);
	n_metadata = lstate_strings_count(parts.data[LSTATE_PART_METADATA],
					  record.metadata_len);

	new = calloc(1, sizeof(*new) +
		     (n_metadata + 1) * sizeof(*new->metadata) +
		     (n_choices + 1) * sizeof(*new->choices) + parts.total);
	if (!new)
		return -ENOMEM;
	new->record = record;
	new->metadata = (struct lstate_metadata *)(new + 1);
	new->choices = (const char **)(new->metadata + n_metadata + 1);
	new->n_choices = n_choices;
	text = (char *)(new->choices + n_choices + 1);
	lstate_variable_copy(&parts, text);
	lstate_variable_fill(new, &parts, n_metadata);
	*variable = new;
	return 0;
}

void lstate_variable_free(struct lstate_variable *variable)
{
	free(variable);
}

/* ------------------------------------------------------------------------ */

int lstate_variable_ask(struct lstate_session *session,
			const struct localstate_key *key,
			struct lstate_variable **variable,
			struct localstate_error *why)
{
	struct localstate_describe arg = { .size = 1024 };
	char *buffer = NULL, *larger;
	uint32_t size;
	int rc;

	do {
		size = arg.size;
		larger = realloc(buffer, size);
		if (!larger) {
			rc = -ENOMEM;
			break;
		}
		buffer = larger;
		memset(&arg, 0, sizeof(arg));
		arg.key = *key;
		arg.buffer = lstate_pointer(buffer);
		arg.buffer_len = size;
		rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_DESCRIBE,
					 &arg);
	} while (rc == -EMSGSIZE && arg.size > size);
	*why = arg.error;
	if (rc == 0)
		rc = lstate_variable_parse(buffer, arg.size, variable);
	free(buffer);
	return rc;
}

int lstate_describe(struct lstate_session *session, const char *identifier,
		    struct lstate_variable **variable)
{
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.subject = identifier,
	};
	struct localstate_error why;
	struct localstate_key key;
	int rc;

	lstate_key_parse(identifier, &key);
	rc = lstate_variable_ask(session, &key, variable, &why);
	return rc < 0 ? lstate_explain(&attempt, rc, &why) : 0;
}

/* ------------------------------------------------------------------------ */

uint64_t lstate_variable_id(const struct lstate_variable *variable)
{
	return variable->record.id;
}

const char *lstate_variable_name(const struct lstate_variable *variable)
{
	return variable->name;
}

enum lstate_type lstate_variable_type(const struct lstate_variable *variable)
{
	return (enum lstate_type)variable->record.type;
}

const struct lstate_value *
lstate_variable_value(const struct lstate_variable *variable)
{
	return &variable->value;
}

uint64_t lstate_variable_version(const struct lstate_variable *variable)
{
	return variable->record.version;
}

uint64_t lstate_variable_created_ns(const struct lstate_variable *variable)
{
	return variable->record.created_ns;
}

uint64_t lstate_variable_changed_ns(const struct lstate_variable *variable)
{
	return variable->record.changed_ns;
}

pid_t lstate_variable_pid(const struct lstate_variable *variable)
{
	return (pid_t)variable->record.pid;
}

uid_t lstate_variable_uid(const struct lstate_variable *variable)
{
	return variable->record.uid;
}

const char *lstate_variable_label(const struct lstate_variable *variable)
{
	return variable->label;
}

const char *lstate_variable_description(const struct lstate_variable *variable)
{
	return variable->description;
}

const struct lstate_metadata *
lstate_variable_metadata(const struct lstate_variable *variable)
{
	return variable->metadata;
}

bool lstate_variable_is_read_only(const struct lstate_variable *variable)
{
	return variable->record.flags & LOCALSTATE_REGISTER_READ_ONLY;
}

bool lstate_variable_is_write_once(const struct lstate_variable *variable)
{
	return variable->record.flags & LOCALSTATE_REGISTER_WRITE_ONCE;
}

static bool lstate_variable_has(const struct lstate_variable *variable,
				uint32_t constraint)
{
	return variable->record.constraints & constraint;
}

const struct lstate_value *
lstate_variable_min(const struct lstate_variable *variable)
{
	return lstate_variable_has(variable, LOCALSTATE_HAS_MIN) ?
	       &variable->min : NULL;
}

const struct lstate_value *
lstate_variable_max(const struct lstate_variable *variable)
{
	return lstate_variable_has(variable, LOCALSTATE_HAS_MAX) ?
	       &variable->max : NULL;
}

const struct lstate_value *
lstate_variable_step(const struct lstate_variable *variable)
{
	return lstate_variable_has(variable, LOCALSTATE_HAS_STEP) ?
	       &variable->step : NULL;
}

int64_t lstate_variable_min_length(const struct lstate_variable *variable)
{
	return lstate_variable_has(variable, LOCALSTATE_HAS_MIN_LENGTH) ?
	       (int64_t)variable->record.min_length : -1;
}

int64_t lstate_variable_max_length(const struct lstate_variable *variable)
{
	return lstate_variable_has(variable, LOCALSTATE_HAS_MAX_LENGTH) ?
	       (int64_t)variable->record.max_length : -1;
}

const char *lstate_variable_pattern(const struct lstate_variable *variable)
{
	return lstate_variable_has(variable, LOCALSTATE_HAS_PATTERN) ?
	       variable->pattern : NULL;
}

const char *const *
lstate_variable_choices(const struct lstate_variable *variable, size_t *n)
{
	if (n)
		*n = variable->n_choices;
	return lstate_variable_has(variable, LOCALSTATE_HAS_CHOICES) ?
	       variable->choices : NULL;
}

enum lstate_element
lstate_variable_element(const struct lstate_variable *variable)
{
	return (enum lstate_element)variable->record.element;
}

int lstate_variable_rank(const struct lstate_variable *variable)
{
	return lstate_variable_has(variable, LOCALSTATE_HAS_RANK |
					     LOCALSTATE_HAS_SHAPE) ?
	       (int)variable->record.rank : -1;
}

const uint32_t *lstate_variable_shape(const struct lstate_variable *variable)
{
	return lstate_variable_has(variable, LOCALSTATE_HAS_SHAPE) ?
	       variable->shape : NULL;
}

bool lstate_variable_is_finite(const struct lstate_variable *variable)
{
	return lstate_variable_has(variable, LOCALSTATE_HAS_FINITE);
}
