// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Explanations: from an errno and the kernel's struct localstate_error to a
 * message that names what is wrong, the value and the limit.
 *
 * This half is about everything but constraints: rights, names, types, limits
 * of the user.
 */
#include "private.h"

#include <string.h>

/* What a limit of a user counts. */
static const char *lstate_explain_counted(uint32_t field)
{
	switch (field) {
	case LOCALSTATE_FIELD_SESSIONS:
		return "sessions of this user";
	case LOCALSTATE_FIELD_CLIENTS:
		return "open sessions of this user";
	case LOCALSTATE_FIELD_VARIABLES:
		return "variables of this user";
	case LOCALSTATE_FIELD_WATCHES:
		return "watches of this user";
	case LOCALSTATE_FIELD_LINKS:
		return "targets and links of this user's watches";
	case LOCALSTATE_FIELD_CLAIMS:
		return "claims of this user";
	case LOCALSTATE_FIELD_BYTES:
		return "bytes of this user's values, queues and watches";
	case LOCALSTATE_FIELD_METADATA:
		return "bytes of metadata";
	default:
		return "of this user";
	}
}

static void lstate_explain_type(struct lstate_text *text,
				const struct lstate_attempt *attempt,
				const struct localstate_error *why)
{
	enum lstate_type wanted = (enum lstate_type)why->type;

	if (!attempt->value || wanted == LSTATE_TYPE_NONE) {
		lstate_text_add(text, "this kernel module knows no such type");
		return;
	}
	lstate_text_add(text, "%s %s is wanted, not %s %s",
			lstate_type_article(wanted), lstate_type_name(wanted),
			lstate_type_article(attempt->value->type),
			lstate_type_name(attempt->value->type));
}

static void lstate_explain_value(struct lstate_text *text,
				 const struct lstate_attempt *attempt,
				 const struct localstate_error *why)
{
	if (attempt->value && lstate_type_is_long(attempt->value->type) &&
	    attempt->value->length > why->limit)
		lstate_text_add(text, "the value has %zu bytes, more than the maximum %llu",
				attempt->value->length,
				(unsigned long long)why->limit);
	else
		lstate_text_add(text, "the value is malformed");
}

static void lstate_explain_metadata(struct lstate_text *text,
				    const struct localstate_error *why)
{
	if (why->limit)
		lstate_text_add(text, "the metadata have more than the maximum of %llu bytes",
				(unsigned long long)why->limit);
	else
		lstate_text_add(text, "the metadata have a key twice");
}

static void lstate_explain_too_long(struct lstate_text *text, const char *what,
				    const struct localstate_error *why)
{
	if (why->limit)
		lstate_text_add(text, "the %s has more than the maximum of %llu bytes",
				what, (unsigned long long)why->limit);
	else
		lstate_text_add(text, "the %s is malformed", what);
}

/* Choices are refused as too long, empty, or one text twice. */
static void lstate_explain_choices(struct lstate_text *text,
				   const struct lstate_attempt *attempt,
				   const struct localstate_error *why)
{
	if (!attempt->spec || !attempt->spec->choices_length)
		lstate_text_add(text, "a choice needs a list of choices");
	else if (why->limit)
		lstate_explain_too_long(text, "list of choices", why);
	else
		lstate_text_add(text, "the choices must be distinct and not empty");
}

/* Limits that no element of the type can have, or the kernel's own nan. */
static bool lstate_explain_element_bound(struct lstate_text *text,
					 const struct lstate_attempt *attempt,
					 const struct localstate_error *why)
{
	bool is_min = why->field == LOCALSTATE_FIELD_MIN;
	const struct lstate_spec *spec = attempt->spec;
	struct lstate_value bound;

	if (spec->type != LSTATE_TYPE_ARRAY ||
	    (spec->element != LSTATE_ELEMENT_S32 &&
	     spec->element != LSTATE_ELEMENT_U8) ||
	    (is_min && (spec->constraints & LOCALSTATE_HAS_MAX) &&
	     why->limit == lstate_value_bits(&spec->max)))
		return false;
	lstate_value_unpack(why->type, why->limit, &bound);
	lstate_text_add(text, "the %s ", is_min ? "minimum" : "maximum");
	lstate_text_add_value(text, is_min ? &spec->min : &spec->max);
	lstate_text_add(text, " is beyond ");
	lstate_text_add_value(text, &bound);
	lstate_text_add(text, ", which ends the type %s",
			lstate_element_name(spec->element));
	return true;
}

static void lstate_explain_bound(struct lstate_text *text,
				 const struct lstate_attempt *attempt,
				 const struct localstate_error *why)
{
	const struct lstate_spec *spec = attempt->spec;

	if (!spec) {
		lstate_text_add(text, "the limits make no sense");
	} else if (lstate_explain_element_bound(text, attempt, why)) {
		return;
	} else if (why->field == LOCALSTATE_FIELD_STEP) {
		lstate_text_add(text, "the step must be above 0");
	} else if (why->field == LOCALSTATE_FIELD_MIN_LENGTH) {
		lstate_text_add(text, "the minimum length %u is above the maximum %llu",
				spec->min_length,
				(unsigned long long)why->limit);
	} else if (why->field == LOCALSTATE_FIELD_MIN &&
		   (spec->constraints & LOCALSTATE_HAS_MAX) && why->type) {
		lstate_text_add(text, "the minimum ");
		lstate_text_add_value(text, &spec->min);
		lstate_text_add(text, " is above the maximum ");
		lstate_text_add_value(text, &spec->max);
	} else {
		lstate_text_add(text, "the %s must not be nan",
				why->field == LOCALSTATE_FIELD_MIN ?
				"minimum" : "maximum");
	}
}

/* Arrays that there cannot be. */
static void lstate_explain_form(struct lstate_text *text,
				const struct lstate_attempt *attempt,
				const struct localstate_error *why)
{
	switch (why->field) {
	case LOCALSTATE_FIELD_ELEMENT:
		return lstate_text_add(text, "an array needs an element type: f32, f64, s32, s64 or u8");
	case LOCALSTATE_FIELD_SHAPE:
		return lstate_text_add(text, "an array of that shape has more than the maximum of %llu bytes",
				       (unsigned long long)why->limit);
	case LOCALSTATE_FIELD_RANK:
		return lstate_text_add(text, "an array has at most %u dimensions",
				       LSTATE_RANK_MAX);
	default:
		if (attempt->spec &&
		    lstate_element_type(attempt->spec->element) ==
		    LSTATE_TYPE_FLOAT)
			return lstate_text_add(text, "no finite element is within the limits");
		return lstate_text_add(text, "only elements of type f32 or f64 can be infinite");
	}
}

static void lstate_explain_label(struct lstate_text *text,
				 const struct localstate_error *why)
{
	if (why->limit)
		lstate_explain_too_long(text, "label", why);
	else
		lstate_text_add(text, "the label has other characters than A-Z a-z 0-9 _ . : / -");
}

/* What RESTORE was to give; a version is expected only of a variable. */
static bool lstate_explain_restored(const struct lstate_attempt *attempt,
				    uint32_t field)
{
	return attempt->spec && attempt->spec->restore_id &&
	       (field == LOCALSTATE_FIELD_ID ||
		field == LOCALSTATE_FIELD_VERSION);
}

static void lstate_explain_restore(struct lstate_text *text,
				   const struct lstate_attempt *attempt,
				   const struct localstate_error *why)
{
	bool id = why->field == LOCALSTATE_FIELD_ID;

	lstate_text_add(text, "the %s %llu is above the maximum %llu",
			id ? "id" : "version",
			(unsigned long long)(id ? attempt->spec->restore_id :
						  attempt->spec->restore_version),
			(unsigned long long)why->limit);
}

static void lstate_explain_name(struct lstate_text *text,
				const struct lstate_attempt *attempt)
{
	lstate_text_add(text, "%s: 1 to %d of the characters A-Z a-z 0-9 _ . : / - are wanted",
			attempt->spec ? "not a name" : "neither a name nor an @id",
			LOCALSTATE_NAME_MAX);
}

static void lstate_explain_operation(struct lstate_text *text,
				     const struct localstate_error *why)
{
	enum lstate_type type = (enum lstate_type)why->type;

	if (type == LSTATE_TYPE_NONE)
		lstate_text_add(text, "this kernel module knows no such operation");
	else
		lstate_text_add(text, "there is no such operation for %s %s",
				lstate_type_article(type),
				lstate_type_name(type));
}

/* How many there are, or one that comes too late. */
static void lstate_explain_entries(struct lstate_text *text,
				   const struct lstate_attempt *attempt,
				   const struct localstate_error *why)
{
	lstate_text_add(text, attempt->subject ?
			"entry %llu is of the same variable" :
			"1 to %llu entries are wanted",
			(unsigned long long)why->limit);
}

static void lstate_explain_flags(struct lstate_text *text,
				 const struct localstate_error *why)
{
	if (why->limit & LOCALSTATE_REGISTER_WRITE_ONCE)
		lstate_text_add(text, "it was written once already");
	else
		lstate_text_add(text, "it is read-only");
}

static void lstate_explain_invalid(struct lstate_text *text,
				   const struct lstate_attempt *attempt,
				   const struct localstate_error *why)
{
	if (lstate_explain_restored(attempt, why->field))
		return lstate_explain_restore(text, attempt, why);
	switch (why->field) {
	case LOCALSTATE_FIELD_NAME:
	case LOCALSTATE_FIELD_ID:
		return lstate_explain_name(text, attempt);
	case LOCALSTATE_FIELD_TYPE:
		return lstate_explain_type(text, attempt, why);
	case LOCALSTATE_FIELD_VALUE:
		return lstate_explain_value(text, attempt, why);
	case LOCALSTATE_FIELD_MIN:
	case LOCALSTATE_FIELD_MAX:
	case LOCALSTATE_FIELD_STEP:
	case LOCALSTATE_FIELD_MIN_LENGTH:
		return lstate_explain_bound(text, attempt, why);
	case LOCALSTATE_FIELD_CHOICES:
		return lstate_explain_choices(text, attempt, why);
	case LOCALSTATE_FIELD_LABEL:
		return lstate_explain_label(text, why);
	case LOCALSTATE_FIELD_METADATA:
		return lstate_explain_metadata(text, why);
	case LOCALSTATE_FIELD_OPERATION:
		return lstate_explain_operation(text, why);
	case LOCALSTATE_FIELD_ENTRIES:
		return lstate_explain_entries(text, attempt, why);
	case LOCALSTATE_FIELD_ON_END:
		return lstate_text_add(text, "what happens when the claim ends is none of the known ends");
	case LOCALSTATE_FIELD_ELEMENT:
	case LOCALSTATE_FIELD_SHAPE:
	case LOCALSTATE_FIELD_RANK:
	case LOCALSTATE_FIELD_FINITE:
		return lstate_explain_form(text, attempt, why);
	case LOCALSTATE_FIELD_FLAGS:
		if (attempt->spec && attempt->spec->flags)
			return lstate_text_add(text, "it cannot be both read-only and written once");
		/* fall through */
	case LOCALSTATE_FIELD_RESERVED:
		return lstate_text_add(text, "this kernel module does not know what was asked for");
	default:
		return lstate_explain_too_long(text,
					       lstate_field_words(why->field),
					       why);
	}
}

static void lstate_explain_stale(struct lstate_text *text,
				 const struct lstate_attempt *attempt,
				 const struct localstate_error *why)
{
	lstate_text_add(text, "version is %llu, not %llu",
			(unsigned long long)why->limit,
			(unsigned long long)attempt->expected);
}

static void lstate_explain_exists(struct lstate_text *text,
				  const struct lstate_attempt *attempt,
				  const struct localstate_error *why)
{
	if (why->field == LOCALSTATE_FIELD_ID && attempt->spec)
		lstate_text_add(text, "there is a variable of the id %llu already",
				(unsigned long long)attempt->spec->restore_id);
	else
		lstate_text_add(text, "there is a variable of that name already");
}

static void lstate_explain_quota(struct lstate_text *text,
				 const struct localstate_error *why)
{
	if (why->field == LOCALSTATE_FIELD_ID)
		lstate_text_add(text, "the session has no id left: the highest is %llu",
				(unsigned long long)why->limit);
	else
		lstate_text_add(text, "the limit of %llu %s is reached",
				(unsigned long long)why->limit,
				lstate_explain_counted(why->field));
}

/* Somebody else's claim, or one's own. */
static void lstate_explain_claim(struct lstate_text *text, int code,
				 const struct localstate_error *why)
{
	const char *late = code == -ETIMEDOUT ? "still " : "";

	if (code == -EALREADY)
		lstate_text_add(text, "this session has claimed it already");
	else if (code == -ENOENT)
		lstate_text_add(text, "this session has no claim on it");
	else if (why->limit)
		lstate_text_add(text, "it is %sclaimed by process %llu", late,
				(unsigned long long)why->limit);
	else
		lstate_text_add(text, "it is %sclaimed by a process out of sight",
				late);
}

static void lstate_explain_words(struct lstate_text *text,
				 const struct lstate_attempt *attempt, int code)
{
	const char *words = strerrordesc_np(-code);

	switch (code) {
	case -EACCES:
		words = attempt->writing ?
			"permission denied: the session does not grant the right to write" :
			"permission denied: the session does not grant the right to read";
		break;
	case -EBADF:
		words = attempt->writing ? "the session was opened read-only" :
					   "the session was opened write-only";
		break;
	case -ENOENT:
		words = "no such variable";
		break;
	case -ENOMEM:
		words = "out of memory";
		break;
	case -ENOTEMPTY:
		words = "too late for a given id: the session has given one by itself";
		break;
	case -ENOTTY:
	case -E2BIG:
		words = "this kernel module does not know what was asked for";
		break;
	case -EPERM:
		words = "only the session's owner may do this";
		break;
	case -ESHUTDOWN:
		words = "the session has ended";
		break;
	}
	lstate_text_add(text, "%s", words ? words : "unknown error");
}

static void lstate_explain_reason(struct lstate_text *text,
				  const struct lstate_attempt *attempt,
				  int code, const struct localstate_error *why)
{
	if (why->field == LOCALSTATE_FIELD_CLAIM && code != -EINTR)
		return lstate_explain_claim(text, code, why);
	switch (code) {
	case -EINVAL:
		return lstate_explain_invalid(text, attempt, why);
	case -ESTALE:
		return lstate_explain_stale(text, attempt, why);
	case -EROFS:
		return lstate_explain_flags(text, why);
	case -EDQUOT:
		return lstate_explain_quota(text, why);
	case -EEXIST:
		return lstate_explain_exists(text, attempt, why);
	case -EILSEQ:
		return lstate_text_add(text, "the %s is not valid UTF-8 without NUL",
				       lstate_field_words(why->field));
	default:
		return lstate_explain_words(text, attempt, code);
	}
}

/* What was refused: the value that was to be set, or what the field names. */
static bool lstate_explain_refused(const struct lstate_attempt *attempt,
				   const struct localstate_error *why,
				   struct lstate_value *refused)
{
	const struct lstate_spec *spec = attempt->spec;

	if (lstate_explain_restored(attempt, why->field)) {
		*refused = lstate_value_uint(why->field == LOCALSTATE_FIELD_ID ?
					     spec->restore_id :
					     spec->restore_version);
		return true;
	}
	switch (why->field) {
	case LOCALSTATE_FIELD_TYPE:
	case LOCALSTATE_FIELD_VALUE:
		if (attempt->value)
			*refused = *attempt->value;
		return attempt->value;
	case LOCALSTATE_FIELD_VERSION:
		*refused = lstate_value_uint(attempt->expected);
		return true;
	case LOCALSTATE_FIELD_MIN:
	case LOCALSTATE_FIELD_MAX:
	case LOCALSTATE_FIELD_STEP:
		if (spec)
			*refused = why->field == LOCALSTATE_FIELD_MIN ? spec->min :
				   why->field == LOCALSTATE_FIELD_MAX ? spec->max :
								       spec->step;
		return spec;
	case LOCALSTATE_FIELD_MIN_LENGTH:
		if (spec)
			*refused = lstate_value_uint(spec->min_length);
		return spec;
	default:
		return false;
	}
}

/* A limit of 0 is one only where the field says that there must be one. */
static bool lstate_explain_limit(const struct localstate_error *why,
				 struct lstate_value *limit)
{
	uint32_t type = LSTATE_TYPE_UINT;
	bool certain;

	switch (why->field) {
	case LOCALSTATE_FIELD_MIN:
	case LOCALSTATE_FIELD_STEP:
		type = why->type;
		certain = why->type;
		break;
	case LOCALSTATE_FIELD_MIN_LENGTH:
	case LOCALSTATE_FIELD_VERSION:
		certain = true;
		break;
	default:
		certain = why->limit;
	}
	lstate_value_unpack(type, why->limit, limit);
	return certain;
}

/* What is not -ERANGE. */
int lstate_explain_general(const struct lstate_attempt *attempt, int code,
			   const struct localstate_error *why)
{
	struct lstate_error fresh = {
		.code = code,
		.field = (enum lstate_field)why->field,
	};
	const char *head = attempt->subject ? attempt->subject : attempt->topic;
	struct lstate_value refused, limit;
	struct lstate_text text = { 0 };

	if (head) {
		lstate_text_add_name(&text, head);
		lstate_text_add(&text, ": ");
	}
	lstate_explain_reason(&text, attempt, code, why);
	fresh.message = lstate_text_take(&text);
	lstate_error_set_name(&fresh, attempt->subject);
	if (lstate_explain_refused(attempt, why, &refused))
		lstate_error_set_value(&fresh, &refused);
	if (lstate_explain_limit(why, &limit))
		lstate_error_set_limit(&fresh, &limit);
	lstate_error_replace(attempt->error, &fresh);
	return code;
}

/*
 * Fill the attempt's error with why the kernel refused it.
 * Return: @code.
 */
int lstate_explain(const struct lstate_attempt *attempt, int code,
		   const struct localstate_error *why)
{
	static const struct localstate_error nothing;

	/* What the kernel filled in belongs to this errno, or is of no use. */
	if (why->code != (uint32_t)-code)
		why = &nothing;
	if (code == -ERANGE && why->field)
		return lstate_explain_range(attempt, why);
	return lstate_explain_general(attempt, code, why);
}
