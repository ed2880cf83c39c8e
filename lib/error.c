// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Errors: what a person reads and what a program asks about a call that failed.
 *
 * A session keeps one, which each failure fills anew; a call that has no
 * session gives one away.  If memory is out while one is filled, its parts stay
 * NULL and the message falls back to a fixed text: an error never fails.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)LSTATE_FIELD_ENTRIES == (int)LOCALSTATE_FIELD_ENTRIES,
	       "the fields are those of the kernel");

static const char *const lstate_field_names[] = {
	[LSTATE_FIELD_NONE] = "none",
	[LSTATE_FIELD_FLAGS] = "flags",
	[LSTATE_FIELD_RESERVED] = "reserved",
	[LSTATE_FIELD_NAME] = "name",
	[LSTATE_FIELD_ID] = "id",
	[LSTATE_FIELD_TYPE] = "type",
	[LSTATE_FIELD_VALUE] = "value",
	[LSTATE_FIELD_MIN] = "min",
	[LSTATE_FIELD_MAX] = "max",
	[LSTATE_FIELD_STEP] = "step",
	[LSTATE_FIELD_MIN_LENGTH] = "min_length",
	[LSTATE_FIELD_MAX_LENGTH] = "max_length",
	[LSTATE_FIELD_PATTERN] = "pattern",
	[LSTATE_FIELD_CHOICES] = "choices",
	[LSTATE_FIELD_LABEL] = "label",
	[LSTATE_FIELD_DESCRIPTION] = "description",
	[LSTATE_FIELD_METADATA] = "metadata",
	[LSTATE_FIELD_VERSION] = "version",
	[LSTATE_FIELD_MODE] = "mode",
	[LSTATE_FIELD_TARGETS] = "targets",
	[LSTATE_FIELD_INLINE_LIMIT] = "inline_limit",
	[LSTATE_FIELD_REF] = "ref",
	[LSTATE_FIELD_QUEUE_SIZE] = "queue_size",
	[LSTATE_FIELD_BUFFER] = "buffer",
	[LSTATE_FIELD_SESSIONS] = "sessions",
	[LSTATE_FIELD_CLIENTS] = "clients",
	[LSTATE_FIELD_VARIABLES] = "variables",
	[LSTATE_FIELD_WATCHES] = "watches",
	[LSTATE_FIELD_LINKS] = "links",
	[LSTATE_FIELD_CLAIMS] = "claims",
	[LSTATE_FIELD_OPERATION] = "operation",
	[LSTATE_FIELD_CLAIM] = "claim",
	[LSTATE_FIELD_ON_END] = "on_end",
	[LSTATE_FIELD_TIMEOUT] = "timeout",
	[LSTATE_FIELD_FILTER] = "filter",
	[LSTATE_FIELD_ELEMENT] = "element",
	[LSTATE_FIELD_SHAPE] = "shape",
	[LSTATE_FIELD_RANK] = "rank",
	[LSTATE_FIELD_FINITE] = "finite",
	[LSTATE_FIELD_ENTRIES] = "entries",
	[LSTATE_FIELD_BYTES] = "bytes",
};

#define LSTATE_FIELDS \
	(sizeof(lstate_field_names) / sizeof(*lstate_field_names))

const char *lstate_field_name(enum lstate_field field)
{
	return (size_t)field < LSTATE_FIELDS ? lstate_field_names[field] :
					       "unknown";
}

/* The same for a message: a field that is not one word has a better name. */
const char *lstate_field_words(uint32_t field)
{
	switch (field) {
	case LOCALSTATE_FIELD_MIN:
		return "minimum";
	case LOCALSTATE_FIELD_MAX:
		return "maximum";
	case LOCALSTATE_FIELD_MIN_LENGTH:
		return "minimum length";
	case LOCALSTATE_FIELD_MAX_LENGTH:
		return "maximum length";
	case LOCALSTATE_FIELD_ELEMENT:
		return "element type";
	case LOCALSTATE_FIELD_INLINE_LIMIT:
		return "inline limit";
	case LOCALSTATE_FIELD_QUEUE_SIZE:
		return "size of the queue";
	default:
		return lstate_field_name((enum lstate_field)field);
	}
}

/* ------------------------------------------------------------------------ */

void lstate_error_clear(struct lstate_error *error)
{
	size_t i;

	free(error->message);
	free(error->name);
	free(error->value);
	free(error->limit);
	lstate_value_clear(&error->typed_value);
	lstate_value_clear(&error->typed_limit);
	free(error->choices);
	for (i = 0; i < error->n_failures; i++) {
		free(error->failures[i].identifier);
		lstate_error_clear(&error->failures[i].error);
	}
	free(error->failures);
	memset(error, 0, sizeof(*error));
}

/*
 * Put a new error in the place of the last one, whose parts may be among the
 * arguments from which the new one was made.
 */
void lstate_error_replace(struct lstate_error *error,
			  const struct lstate_error *fresh)
{
	lstate_error_clear(error);
	*error = *fresh;
}

/* A new error with a message and without other parts.  Return: @code. */
int lstate_error_fail(struct lstate_error *error, int code,
		      enum lstate_field field, const char *format, ...)
{
	struct lstate_error fresh = { .code = code, .field = field };
	struct lstate_text text = { 0 };
	va_list args;

	va_start(args, format);
	lstate_text_add_format(&text, format, args);
	va_end(args);
	fresh.message = lstate_text_take(&text);
	lstate_error_replace(error, &fresh);
	return code;
}

void lstate_error_set_name(struct lstate_error *error, const char *name)
{
	free(error->name);
	error->name = name ? strdup(name) : NULL;
}

void lstate_error_set_value(struct lstate_error *error,
			    const struct lstate_value *value)
{
	free(error->value);
	error->value = lstate_value_text(value);
	lstate_value_clear(&error->typed_value);
	lstate_value_copy(&error->typed_value, value);
}

void lstate_error_set_limit(struct lstate_error *error,
			    const struct lstate_value *limit)
{
	free(error->limit);
	error->limit = lstate_value_text(limit);
	lstate_value_clear(&error->typed_limit);
	lstate_value_copy(&error->typed_limit, limit);
}

/* A number that is above or below its limit. */
void lstate_error_set_numbers(struct lstate_error *error, uint64_t value,
			      uint64_t limit)
{
	struct lstate_value refused = lstate_value_uint(value);
	struct lstate_value most = lstate_value_uint(limit);

	lstate_error_set_value(error, &refused);
	lstate_error_set_limit(error, &most);
}

/* The pointers to @choices, a NUL after each, and behind them a copy of those. */
static char **lstate_error_copy_choices(const char *choices, size_t length,
					size_t n)
{
	char **copy = malloc((n + 1) * sizeof(*copy) + length);
	char *at;
	size_t i;

	if (!copy)
		return NULL;
	at = memcpy(copy + n + 1, choices, length);
	for (i = 0; i < n; i++) {
		copy[i] = at;
		at += strlen(at) + 1;
	}
	copy[n] = NULL;
	return copy;
}

/* The limit is a list of choices: as text they are parted by commas. */
void lstate_error_set_choices(struct lstate_error *error, const char *choices,
			      size_t length)
{
	size_t n = lstate_strings_count(choices, length), i;
	struct lstate_text text = { 0 };

	free(error->choices);
	error->choices = lstate_error_copy_choices(choices, length, n);
	error->n_choices = error->choices ? n : 0;
	for (i = 0; i < error->n_choices; i++)
		lstate_text_add(&text, "%s%s", i ? ", " : "",
				error->choices[i]);
	free(error->limit);
	error->limit = lstate_text_take(&text);
}

/* Note that @entry is why entry @index of a list failed, and take it over. */
void lstate_error_adopt(struct lstate_error *error, size_t index,
			const char *identifier, struct lstate_error *entry)
{
	struct lstate_failure *failures;
	char *copy = strdup(identifier);

	failures = realloc(error->failures,
			   (error->n_failures + 1) * sizeof(*failures));
	if (failures)
		error->failures = failures;
	if (!failures || !copy) {
		free(copy);
		lstate_error_clear(entry);
		return;
	}
	failures += error->n_failures++;
	failures->index = index;
	failures->identifier = copy;
	failures->error = *entry;
	memset(entry, 0, sizeof(*entry));
}

/* Note that entry @index of a list failed, as the message says in @words. */
void lstate_error_add(struct lstate_error *error, size_t index, int status,
		      const char *identifier, const char *words)
{
	struct lstate_error entry = { .code = status, .field = error->field };
	struct lstate_text text = { 0 };

	lstate_error_set_name(&entry, identifier);
	lstate_text_add_name(&text, identifier);
	lstate_text_add(&text, ": %s", words);
	entry.message = lstate_text_take(&text);
	lstate_error_adopt(error, index, identifier, &entry);
}

/* Move an error into memory of its own.  Return: it, or NULL. */
struct lstate_error *lstate_error_give(struct lstate_error *error)
{
	struct lstate_error *given = malloc(sizeof(*given));

	if (given)
		*given = *error;
	else
		lstate_error_clear(error);
	memset(error, 0, sizeof(*error));
	return given;
}

void lstate_error_free(struct lstate_error *error)
{
	if (!error)
		return;
	lstate_error_clear(error);
	free(error);
}

/* ------------------------------------------------------------------------ */

const char *lstate_error_message(const struct lstate_error *error)
{
	const char *words;

	if (error && error->message)
		return error->message;
	/* Fixed English texts, whatever the locale is. */
	words = strerrordesc_np(error ? -error->code : ENOMEM);
	return words ? words : "unknown error";
}

int lstate_error_code(const struct lstate_error *error)
{
	return error ? error->code : 0;
}

enum lstate_field lstate_error_field(const struct lstate_error *error)
{
	return error ? error->field : LSTATE_FIELD_NONE;
}

const char *lstate_error_name(const struct lstate_error *error)
{
	return error && error->name ? error->name : "";
}

const char *lstate_error_value(const struct lstate_error *error)
{
	return error ? error->value : NULL;
}

const char *lstate_error_limit(const struct lstate_error *error)
{
	return error ? error->limit : NULL;
}

const struct lstate_value *
lstate_error_typed_value(const struct lstate_error *error)
{
	return error && error->typed_value.type ? &error->typed_value : NULL;
}

const struct lstate_value *
lstate_error_typed_limit(const struct lstate_error *error)
{
	return error && error->typed_limit.type ? &error->typed_limit : NULL;
}

const char *const *lstate_error_choices(const struct lstate_error *error,
					size_t *n)
{
	if (n)
		*n = error ? error->n_choices : 0;
	return error ? (const char *const *)error->choices : NULL;
}

size_t lstate_error_count(const struct lstate_error *error)
{
	return error ? error->n_failures : 0;
}

size_t lstate_error_index(const struct lstate_error *error, size_t n)
{
	return n < lstate_error_count(error) ? error->failures[n].index :
					       SIZE_MAX;
}

const char *lstate_error_identifier(const struct lstate_error *error, size_t n)
{
	return n < lstate_error_count(error) ? error->failures[n].identifier :
					       NULL;
}

const struct lstate_error *lstate_error_entry(const struct lstate_error *error,
					      size_t n)
{
	return n < lstate_error_count(error) ? &error->failures[n].error : NULL;
}

int lstate_error_status(const struct lstate_error *error, size_t n)
{
	return lstate_error_code(lstate_error_entry(error, n));
}

const char *lstate_error_entry_message(const struct lstate_error *error,
				       size_t n)
{
	const struct lstate_error *entry = lstate_error_entry(error, n);

	return entry ? lstate_error_message(entry) : NULL;
}
