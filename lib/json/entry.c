// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Entries: what a file says of one variable, as a spec.
 *
 * All members are known by name, so that one that is misspelt is found; whether
 * they make sense together is the kernel's to say.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

/* --- values ---------------------------------------------------------------- */

static int lstate_json_read_int(struct json_object *json,
				struct lstate_value *value)
{
	if (!json_object_is_type(json, json_type_int))
		return -EINVAL;
	value->i = json_object_get_int64(json);
	/* What does not fit was cut; what is positive has a second form. */
	if (value->i == INT64_MAX &&
	    json_object_get_uint64(json) > (uint64_t)INT64_MAX)
		return -ERANGE;
	return 0;
}

static int lstate_json_read_uint(struct json_object *json,
				 struct lstate_value *value)
{
	if (!json_object_is_type(json, json_type_int))
		return -EINVAL;
	if (json_object_get_int64(json) < 0)
		return -ERANGE;
	value->u = json_object_get_uint64(json);
	return 0;
}

static int lstate_json_read_float(struct json_object *json,
				  struct lstate_value *value)
{
	const char *text;

	switch (json_object_get_type(json)) {
	case json_type_int:
		value->f = json_object_get_int64(json) < 0 ?
			   (double)json_object_get_int64(json) :
			   (double)json_object_get_uint64(json);
		return 0;
	case json_type_double:
		value->f = json_object_get_double(json);
		return __builtin_isfinite(value->f) ? 0 : -ERANGE;
	case json_type_string:
		text = json_object_get_string(json);
		if (!strcmp(text, "Infinity"))
			value->f = __builtin_inf();
		else if (!strcmp(text, "-Infinity"))
			value->f = -__builtin_inf();
		else if (!strcmp(text, "NaN"))
			value->f = __builtin_nan("");
		else
			return -EINVAL;
		return 0;
	default:
		return -EINVAL;
	}
}

static int lstate_json_read_text(struct json_object *json,
				 struct lstate_value *value)
{
	struct lstate_value borrowed = { .type = value->type };

	if (!json_object_is_type(json, json_type_string))
		return -EINVAL;
	borrowed.s = json_object_get_string(json);
	borrowed.length = json_object_get_string_len(json);
	return lstate_value_copy(value, &borrowed);
}

/*
 * A value of @type, for the caller to clear.
 * Return: 0, -EINVAL (another type), -ERANGE, -ENOMEM.
 */
int lstate_json_read_value(struct json_object *json, enum lstate_type type,
			   struct lstate_value *value)
{
	memset(value, 0, sizeof(*value));
	value->type = type;
	switch (type) {
	case LSTATE_TYPE_BOOL:
		value->b = json_object_get_boolean(json);
		return json_object_is_type(json, json_type_boolean) ? 0 : -EINVAL;
	case LSTATE_TYPE_INT:
		return lstate_json_read_int(json, value);
	case LSTATE_TYPE_UINT:
		return lstate_json_read_uint(json, value);
	case LSTATE_TYPE_FLOAT:
		return lstate_json_read_float(json, value);
	case LSTATE_TYPE_STRING:
	case LSTATE_TYPE_CHOICE:
		return lstate_json_read_text(json, value);
	case LSTATE_TYPE_BYTES:
		return lstate_json_read_bytes(json, value);
	case LSTATE_TYPE_ARRAY:
		return lstate_json_read_array(json, LSTATE_ELEMENT_NONE, value);
	default:
		return -EINVAL;
	}
}

/* --- members --------------------------------------------------------------- */

/* What the parts hand to each other. */
struct lstate_entry_call {
	struct lstate_reader *reader;
	struct lstate_entry *entry;
	const char *key;
};

static int lstate_entry_fail(struct lstate_entry_call *call, const char *what)
{
	const struct lstate_spec *spec = call->entry->spec;

	return lstate_reader_fail(call->reader, call->entry->line,
				  "%s%s\"%s\" %s", spec ? spec->name : "",
				  spec ? ": " : "", call->key, what);
}

/* What a setter of a spec says; it may not know the constraint. */
static int lstate_entry_check(struct lstate_entry_call *call, int rc)
{
	char what[64];

	if (rc != -EINVAL)
		return rc;
	strcpy(what, "does not go with type ");
	strcat(what, lstate_type_name(call->entry->spec->type));
	return lstate_entry_fail(call, what);
}

typedef int lstate_entry_set_value(struct lstate_spec *spec,
				   const struct lstate_value *value);

/* A value that cannot be read as @type. */
static int lstate_entry_fail_value(struct lstate_entry_call *call,
				   enum lstate_type type, int rc)
{
	char what[64];

	strcpy(what, rc == -EINVAL ? "is not of type " :
				     "does not fit into type ");
	strcat(what, lstate_type_name(type));
	return lstate_entry_fail(call, what);
}

/* The limits of an array are those of its elements. */
static int lstate_entry_bound(struct lstate_entry_call *call,
			      struct json_object *json,
			      lstate_entry_set_value *set)
{
	struct lstate_spec *spec = call->entry->spec;
	enum lstate_type type = spec->type == LSTATE_TYPE_ARRAY ?
				lstate_element_type(spec->element) : spec->type;
	struct lstate_value value;
	int rc = lstate_json_read_value(json, type, &value);

	if (rc == -EINVAL || rc == -ERANGE)
		return lstate_entry_fail_value(call, type, rc);
	if (rc < 0)
		return rc;
	rc = lstate_entry_check(call, set(spec, &value));
	lstate_value_clear(&value);
	return rc;
}

static int lstate_entry_initial(struct lstate_entry_call *call,
				struct json_object *json)
{
	struct lstate_spec *spec = call->entry->spec;
	struct lstate_value value;
	int rc;

	if (spec->type == LSTATE_TYPE_ARRAY)
		rc = lstate_json_read_array(json, spec->element, &value);
	else
		rc = lstate_json_read_value(json, spec->type, &value);
	if (rc == -EINVAL || rc == -ERANGE)
		return lstate_entry_fail_value(call, spec->type, rc);
	if (rc < 0)
		return rc;
	rc = lstate_entry_check(call, lstate_spec_set_value(spec, &value));
	lstate_value_clear(&value);
	return rc;
}

static int lstate_entry_min(struct lstate_entry_call *call,
			    struct json_object *json)
{
	return lstate_entry_bound(call, json, lstate_spec_set_min);
}

static int lstate_entry_max(struct lstate_entry_call *call,
			    struct json_object *json)
{
	return lstate_entry_bound(call, json, lstate_spec_set_max);
}

static int lstate_entry_step(struct lstate_entry_call *call,
			     struct json_object *json)
{
	return lstate_entry_bound(call, json, lstate_spec_set_step);
}

static int lstate_entry_number(struct lstate_entry_call *call,
			       struct json_object *json, uint64_t max,
			       uint64_t *number)
{
	struct lstate_value value = { 0 };

	if (lstate_json_read_uint(json, &value) < 0 || value.u > max)
		return lstate_entry_fail(call, "is not a number that it can be");
	*number = value.u;
	return 0;
}

static int lstate_entry_id(struct lstate_entry_call *call,
			   struct json_object *json)
{
	int rc = lstate_entry_number(call, json, UINT64_MAX - 1,
				     &call->entry->id);

	if (rc == 0 && !call->entry->id)
		return lstate_entry_fail(call, "is not a number that it can be");
	return rc;
}

static int lstate_entry_version(struct lstate_entry_call *call,
				struct json_object *json)
{
	return lstate_entry_number(call, json, LOCALSTATE_VERSION_MAX,
				   &call->entry->version);
}

static int lstate_entry_shape(struct lstate_entry_call *call,
			      struct json_object *json)
{
	uint32_t shape[LSTATE_RANK_MAX];
	size_t rank;

	if (lstate_json_read_shape(json, shape, &rank) < 0)
		return lstate_entry_fail(call, "is not a list of at most 8 dimensions");
	return lstate_entry_check(call, lstate_spec_set_shape(call->entry->spec,
							      shape, rank));
}

/* A number that the spec is told of by @set. */
static int lstate_entry_count(struct lstate_entry_call *call,
			      struct json_object *json, uint32_t max,
			      int (*set)(struct lstate_spec *spec, uint32_t count))
{
	uint64_t count;
	int rc = lstate_entry_number(call, json, max, &count);

	return rc < 0 ? rc :
	       lstate_entry_check(call, set(call->entry->spec, (uint32_t)count));
}

static int lstate_entry_rank(struct lstate_entry_call *call,
			     struct json_object *json)
{
	return lstate_entry_count(call, json, LSTATE_RANK_MAX,
				  lstate_spec_set_rank);
}

static int lstate_entry_min_length(struct lstate_entry_call *call,
				   struct json_object *json)
{
	return lstate_entry_count(call, json, UINT32_MAX,
				  lstate_spec_set_min_length);
}

static int lstate_entry_max_length(struct lstate_entry_call *call,
				   struct json_object *json)
{
	return lstate_entry_count(call, json, UINT32_MAX,
				  lstate_spec_set_max_length);
}

/* A text without NUL, or NULL. */
static const char *lstate_entry_string(struct json_object *json)
{
	const char *s;

	if (!json_object_is_type(json, json_type_string))
		return NULL;
	s = json_object_get_string(json);
	return strlen(s) == (size_t)json_object_get_string_len(json) ? s : NULL;
}

typedef int lstate_entry_set_text(struct lstate_spec *spec, const char *text);

static int lstate_entry_text(struct lstate_entry_call *call,
			     struct json_object *json,
			     lstate_entry_set_text *set)
{
	const char *text = lstate_entry_string(json);

	if (!text)
		return lstate_entry_fail(call, "is not a text without NUL");
	return lstate_entry_check(call, set(call->entry->spec, text));
}

static int lstate_entry_label(struct lstate_entry_call *call,
			      struct json_object *json)
{
	call->entry->has_label = true;
	return lstate_entry_text(call, json, lstate_spec_set_label);
}

static int lstate_entry_description(struct lstate_entry_call *call,
				    struct json_object *json)
{
	call->entry->has_description = true;
	return lstate_entry_text(call, json, lstate_spec_set_description);
}

static int lstate_entry_flag(struct lstate_entry_call *call,
			     struct json_object *json,
			     void (*set)(struct lstate_spec *spec, bool on))
{
	if (!json_object_is_type(json, json_type_boolean))
		return lstate_entry_fail(call, "is neither true nor false");
	set(call->entry->spec, json_object_get_boolean(json));
	return 0;
}

static int lstate_entry_read_only(struct lstate_entry_call *call,
				  struct json_object *json)
{
	return lstate_entry_flag(call, json, lstate_spec_set_read_only);
}

static int lstate_entry_write_once(struct lstate_entry_call *call,
				   struct json_object *json)
{
	return lstate_entry_flag(call, json, lstate_spec_set_write_once);
}

static int lstate_entry_finite(struct lstate_entry_call *call,
			       struct json_object *json)
{
	if (!json_object_is_type(json, json_type_boolean))
		return lstate_entry_fail(call, "is neither true nor false");
	if (!json_object_get_boolean(json))
		return 0;
	return lstate_entry_check(call,
				  lstate_spec_set_finite(call->entry->spec));
}

static int lstate_entry_pattern(struct lstate_entry_call *call,
				struct json_object *json)
{
	return lstate_entry_text(call, json, lstate_spec_set_pattern);
}

static int lstate_entry_choices(struct lstate_entry_call *call,
				struct json_object *json)
{
	const char **choices;
	size_t n, i;
	int rc = 0;

	if (!json_object_is_type(json, json_type_array))
		return lstate_entry_fail(call, "is not a list");
	n = json_object_array_length(json);
	choices = calloc(n + 1, sizeof(*choices));
	if (!choices)
		return -ENOMEM;
	for (i = 0; i < n && rc == 0; i++) {
		choices[i] = lstate_entry_string(json_object_array_get_idx(json, i));
		if (!choices[i])
			rc = lstate_entry_fail(call, "has something that is not a text without NUL");
	}
	if (rc == 0)
		rc = lstate_entry_check(call, lstate_spec_set_choices(call->entry->spec,
								      choices, n));
	free(choices);
	return rc;
}

static int lstate_entry_metadata(struct lstate_entry_call *call,
				 struct json_object *json)
{
	struct lstate_metadata *list;
	size_t n = 0;
	int rc = 0;

	if (!json_object_is_type(json, json_type_object))
		return lstate_entry_fail(call, "is not an object");
	list = calloc(json_object_object_length(json) + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	json_object_object_foreach(json, key, value) {
		list[n].key = key;
		list[n].value = lstate_entry_string(value);
		if (!list[n++].value)
			rc = lstate_entry_fail(call, "has something that is not a text without NUL");
	}
	if (rc == 0)
		rc = lstate_spec_set_metadata(call->entry->spec, list);
	free(list);
	if (rc == -EINVAL)
		rc = lstate_entry_fail(call, "has a key that is empty or has a =");
	return rc;
}

/* What has been taken before the others. */
static int lstate_entry_nothing(struct lstate_entry_call *call,
				struct json_object *json)
{
	(void)call;
	(void)json;
	return 0;
}

static const struct lstate_entry_member {
	const char *key;
	int (*take)(struct lstate_entry_call *call, struct json_object *json);
} lstate_entry_members[] = {
	{ "id", lstate_entry_id },
	{ "version", lstate_entry_version },
	{ "name", lstate_entry_nothing },
	{ "type", lstate_entry_nothing },
	{ "element", lstate_entry_nothing },
	{ "shape", lstate_entry_shape },
	{ "rank", lstate_entry_rank },
	{ "finite", lstate_entry_finite },
	{ "label", lstate_entry_label },
	{ "description", lstate_entry_description },
	{ "read_only", lstate_entry_read_only },
	{ "write_once", lstate_entry_write_once },
	{ "min", lstate_entry_min },
	{ "max", lstate_entry_max },
	{ "step", lstate_entry_step },
	{ "min_length", lstate_entry_min_length },
	{ "max_length", lstate_entry_max_length },
	{ "pattern", lstate_entry_pattern },
	{ "choices", lstate_entry_choices },
	{ "metadata", lstate_entry_metadata },
	{ "value", lstate_entry_initial },
};

#define LSTATE_ENTRY_MEMBERS \
	(sizeof(lstate_entry_members) / sizeof(*lstate_entry_members))

static int lstate_entry_take(struct lstate_entry_call *call, const char *key,
			     struct json_object *json)
{
	size_t i;

	call->key = key;
	for (i = 0; i < LSTATE_ENTRY_MEMBERS; i++)
		if (!strcmp(key, lstate_entry_members[i].key))
			return lstate_entry_members[i].take(call, json);
	return lstate_entry_fail(call, "is no member of a variable");
}

/* What limits and values of an array are read in the light of. */
static int lstate_entry_element(struct lstate_entry_call *call,
				struct json_object *json)
{
	struct json_object *member;
	enum lstate_element element;
	const char *name;

	call->key = "element";
	if (!json_object_object_get_ex(json, "element", &member))
		return call->entry->spec->type == LSTATE_TYPE_ARRAY ?
		       lstate_entry_fail(call, "is missing") : 0;
	name = lstate_entry_string(member);
	if (!name || lstate_element_parse(name, &element) < 0)
		return lstate_entry_fail(call, "is no type of elements");
	return lstate_entry_check(call, lstate_spec_set_element(call->entry->spec,
								element));
}

/* Name and type, without which nothing else can be understood. */
static int lstate_entry_begin(struct lstate_entry_call *call,
			      struct json_object *json)
{
	struct json_object *member = NULL;
	const char *name, *type;
	enum lstate_type number;
	int rc;

	call->key = "name";
	json_object_object_get_ex(json, "name", &member);
	name = lstate_entry_string(member);
	if (!name)
		return lstate_entry_fail(call, "is missing, or is not a text");
	call->key = "type";
	member = NULL;
	json_object_object_get_ex(json, "type", &member);
	type = lstate_entry_string(member);
	if (!type || lstate_type_parse(type, &number) < 0)
		return lstate_reader_fail(call->reader, call->entry->line,
					  "%.127s: \"type\" is missing, or there is no such type",
					  name);
	rc = lstate_spec_new(&call->entry->spec, name, number);
	return rc < 0 ? rc : lstate_entry_element(call, json);
}

/* Return: 0, for the caller to clear, or an errno. */
int lstate_entry_parse(struct lstate_reader *reader, struct json_object *json,
		       struct lstate_entry *entry)
{
	struct lstate_entry_call call = { .reader = reader, .entry = entry };
	int rc;

	memset(entry, 0, sizeof(*entry));
	entry->line = reader->start;
	if (!json_object_is_type(json, json_type_object))
		return lstate_reader_fail(reader, entry->line,
					  "a variable is wanted, as an object");
	rc = lstate_entry_begin(&call, json);
	if (rc == 0) {
		json_object_object_foreach(json, key, value) {
			rc = lstate_entry_take(&call, key, value);
			if (rc < 0)
				break;
		}
	}
	if (rc < 0)
		lstate_entry_clear(entry);
	return rc;
}

void lstate_entry_clear(struct lstate_entry *entry)
{
	lstate_spec_free(entry->spec);
	memset(entry, 0, sizeof(*entry));
}
