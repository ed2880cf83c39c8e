// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Setting variables: to a value, to what a text says, by an operation.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

/* So many types a variable may have had while a text was tried. */
#define LSTATE_SET_TRIES	8

/* What the parts of one set hand to each other. */
struct lstate_set_call {
	struct lstate_session *session;
	const char *identifier;
	char *metadata;			/* packed */
	size_t metadata_length;
	uint64_t if_version;
	uint64_t *version;
	bool force;
	enum lstate_operation operation;	/* 0: none */
	struct lstate_value *result;	/* of the operation */
	struct localstate_error why;
};

_Static_assert((int)LSTATE_OPERATION_CHECK == (int)LOCALSTATE_OPERATION_CHECK,
	       "the operations are those of the kernel");

static int lstate_set_begin(struct lstate_set_call *call,
			    const struct lstate_metadata *metadata)
{
	return lstate_metadata_prepare(call->session, metadata, &call->metadata,
				       &call->metadata_length);
}

/* Return: as lstate_set(), but without an explanation. */
static int lstate_set_try(struct lstate_set_call *call,
			  const struct lstate_value *value)
{
	struct localstate_set arg = {
		.metadata = lstate_pointer(call->metadata),
		.metadata_len = lstate_length(call->metadata_length),
		.flags = call->force ? LOCALSTATE_SET_FORCE : 0,
		.operation = call->operation,
	};
	int rc;

	lstate_key_parse(call->identifier, &arg.key);
	if (value)
		lstate_value_pack(value, &arg.value);
	if (call->if_version != LSTATE_ANY_VERSION) {
		arg.flags |= LOCALSTATE_SET_IF_VERSION;
		arg.expected_version = call->if_version;
	}
	rc = lstate_device_ioctl(call->session->fd, LOCALSTATE_IOC_SET, &arg);
	call->why = arg.error;
	if (call->version && rc == -ESTALE)
		*call->version = arg.error.limit;
	if (rc < 0)
		return rc;
	if (call->version)
		*call->version = arg.version;
	if (call->result)
		lstate_value_unpack(arg.value.type, arg.value.data,
				    call->result);
	return arg.result & LOCALSTATE_SET_CHANGED ? 1 : 0;
}

static int lstate_set_explain(struct lstate_set_call *call,
			      const struct lstate_value *value, int code)
{
	struct lstate_attempt attempt = {
		.session = call->session,
		.error = &call->session->error,
		.subject = call->identifier,
		.writing = true,
		.value = value,
		.expected = call->if_version,
		.operation = call->operation,
	};

	return lstate_explain(&attempt, code, &call->why);
}

static int lstate_set_run(struct lstate_set_call *call,
			  const struct lstate_value *value,
			  const struct lstate_metadata *metadata)
{
	int rc;

	rc = lstate_set_begin(call, metadata);
	if (rc < 0)
		return rc;
	rc = lstate_set_try(call, value);
	if (rc < 0)
		lstate_set_explain(call, value, rc);
	free(call->metadata);
	return rc;
}

int lstate_set(struct lstate_session *session, const char *identifier,
	       const struct lstate_value *value,
	       const struct lstate_metadata *metadata, uint64_t if_version,
	       uint64_t *version)
{
	struct lstate_set_call call = {
		.session = session,
		.identifier = identifier,
		.if_version = if_version,
		.version = version,
	};

	return lstate_set_run(&call, value, metadata);
}

int lstate_set_forced(struct lstate_session *session, const char *identifier,
		      const struct lstate_value *value,
		      const struct lstate_metadata *metadata,
		      uint64_t if_version, uint64_t *version)
{
	struct lstate_set_call call = {
		.session = session,
		.identifier = identifier,
		.if_version = if_version,
		.version = version,
		.force = true,
	};

	return lstate_set_run(&call, value, metadata);
}

/* ------------------------------------------------------------------------ */

static int lstate_set_text_explain(struct lstate_set_call *call,
				   enum lstate_type type, const char *text,
				   int code)
{
	struct lstate_value value = lstate_value_string(text);
	struct lstate_error fresh = { .code = code,
				      .field = LSTATE_FIELD_VALUE };
	struct lstate_text message = { 0 };

	lstate_text_add_name(&message, call->identifier);
	lstate_text_add(&message, ": ");
	lstate_text_add_value(&message, &value);
	if (code == -ERANGE)
		lstate_text_add(&message, " is too %s for %s %s",
				*text == '-' ? "small" : "large",
				lstate_type_article(type),
				lstate_type_name(type));
	else if (code == -EINVAL)
		lstate_text_add(&message, " is not %s %s",
				lstate_type_article(type),
				lstate_type_name(type));
	else
		lstate_text_add(&message, " cannot be read as %s %s: %s",
				lstate_type_article(type),
				lstate_type_name(type), strerrordesc_np(-code));
	fresh.message = lstate_text_take(&message);
	lstate_error_set_name(&fresh, call->identifier);
	lstate_error_set_value(&fresh, &value);
	lstate_error_replace(&call->session->error, &fresh);
	return code;
}

/* Return: as lstate_set(); 1 in *@again if the variable has another type. */
static int lstate_set_text_as(struct lstate_set_call *call,
			      enum lstate_type type, const char *text,
			      bool *again)
{
	struct lstate_value value;
	int rc;

	*again = false;
	rc = lstate_value_parse(type, text, &value);
	if (rc < 0)
		return lstate_set_text_explain(call, type, text, rc);
	rc = lstate_set_try(call, &value);
	*again = rc == -EINVAL && call->why.field == LOCALSTATE_FIELD_TYPE;
	if (rc < 0 && !*again)
		lstate_set_explain(call, &value, rc);
	lstate_value_clear(&value);
	return rc;
}

/*
 * A set of another type is refused before anything else is looked at, and the
 * refusal names the variable's type.  So one tries, beginning with the type
 * that every text is, and needs neither the right to read nor to care whether
 * the variable is made anew meanwhile.
 */
static int lstate_set_text_try(struct lstate_set_call *call, const char *text)
{
	enum lstate_type type = LSTATE_TYPE_STRING;
	bool again = true;
	int tries, rc = 0;

	for (tries = 0; again && tries < LSTATE_SET_TRIES; tries++) {
		rc = lstate_set_text_as(call, type, text, &again);
		type = (enum lstate_type)call->why.type;
	}
	if (again)
		return lstate_error_fail(&call->session->error, -EAGAIN,
					 LSTATE_FIELD_TYPE,
					 "the variable's type changes all the time");
	return rc;
}

static int lstate_set_text_run(struct lstate_set_call *call, const char *text,
			       const struct lstate_metadata *metadata)
{
	int rc;

	rc = lstate_set_begin(call, metadata);
	if (rc < 0)
		return rc;
	rc = lstate_set_text_try(call, text);
	free(call->metadata);
	return rc;
}

int lstate_set_text(struct lstate_session *session, const char *identifier,
		    const char *text, const struct lstate_metadata *metadata,
		    uint64_t if_version, uint64_t *version)
{
	struct lstate_set_call call = {
		.session = session,
		.identifier = identifier,
		.if_version = if_version,
		.version = version,
	};

	return lstate_set_text_run(&call, text, metadata);
}

int lstate_set_text_forced(struct lstate_session *session,
			   const char *identifier, const char *text,
			   const struct lstate_metadata *metadata,
			   uint64_t if_version, uint64_t *version)
{
	struct lstate_set_call call = {
		.session = session,
		.identifier = identifier,
		.if_version = if_version,
		.version = version,
		.force = true,
	};

	return lstate_set_text_run(&call, text, metadata);
}

/* ------------------------------------------------------------------------ */

int lstate_operate(struct lstate_session *session, const char *identifier,
		   enum lstate_operation operation,
		   const struct lstate_value *operand,
		   const struct lstate_metadata *metadata, uint64_t if_version,
		   struct lstate_value *result, uint64_t *version)
{
	struct lstate_set_call call = {
		.session = session,
		.identifier = identifier,
		.if_version = if_version,
		.version = version,
		.operation = operation,
		.result = result,
	};

	return lstate_set_run(&call, operand, metadata);
}

static int lstate_operate_plain(struct lstate_session *session,
				const char *identifier,
				enum lstate_operation operation,
				const struct lstate_value *operand,
				struct lstate_value *result)
{
	return lstate_operate(session, identifier, operation, operand, NULL,
			      LSTATE_ANY_VERSION, result, NULL);
}

int lstate_add_int(struct lstate_session *session, const char *identifier,
		   int64_t i, int64_t *result)
{
	struct lstate_value operand = lstate_value_int(i), sum;
	int rc;

	rc = lstate_operate_plain(session, identifier, LSTATE_OPERATION_ADD,
				  &operand, &sum);
	if (rc >= 0 && result)
		*result = sum.i;
	return rc;
}

int lstate_add_uint(struct lstate_session *session, const char *identifier,
		    uint64_t u, uint64_t *result)
{
	struct lstate_value operand = lstate_value_uint(u), sum;
	int rc;

	rc = lstate_operate_plain(session, identifier, LSTATE_OPERATION_ADD,
				  &operand, &sum);
	if (rc >= 0 && result)
		*result = sum.u;
	return rc;
}

int lstate_toggle(struct lstate_session *session, const char *identifier,
		  bool *result)
{
	struct lstate_value other;
	int rc;

	rc = lstate_operate_plain(session, identifier, LSTATE_OPERATION_TOGGLE,
				  NULL, &other);
	if (rc >= 0 && result)
		*result = other.b;
	return rc;
}

/* ------------------------------------------------------------------------ */

static int lstate_set_plain(struct lstate_session *session,
			    const char *identifier, struct lstate_value value)
{
	return lstate_set(session, identifier, &value, NULL, LSTATE_ANY_VERSION,
			  NULL);
}

int lstate_set_bool(struct lstate_session *session, const char *identifier,
		    bool b)
{
	return lstate_set_plain(session, identifier, lstate_value_bool(b));
}

int lstate_set_int(struct lstate_session *session, const char *identifier,
		   int64_t i)
{
	return lstate_set_plain(session, identifier, lstate_value_int(i));
}

int lstate_set_uint(struct lstate_session *session, const char *identifier,
		    uint64_t u)
{
	return lstate_set_plain(session, identifier, lstate_value_uint(u));
}

int lstate_set_float(struct lstate_session *session, const char *identifier,
		     double f)
{
	return lstate_set_plain(session, identifier, lstate_value_float(f));
}

int lstate_set_string(struct lstate_session *session, const char *identifier,
		      const char *s)
{
	return lstate_set_plain(session, identifier, lstate_value_string(s));
}

int lstate_set_choice(struct lstate_session *session, const char *identifier,
		      const char *s)
{
	return lstate_set_plain(session, identifier, lstate_value_choice(s));
}

int lstate_set_bytes(struct lstate_session *session, const char *identifier,
		     const void *data, size_t length)
{
	return lstate_set_plain(session, identifier,
				lstate_value_bytes(data, length));
}

int lstate_set_array(struct lstate_session *session, const char *identifier,
		     enum lstate_element element, const uint32_t *shape,
		     size_t rank, const void *elements)
{
	struct lstate_value value;
	int rc;

	rc = lstate_value_array(&value, element, shape, rank, elements);
	if (rc < 0)
		return lstate_error_fail(&session->error, rc, LSTATE_FIELD_SHAPE,
					 rc == -ENOMEM ? "out of memory" :
					 "there is no such array");
	rc = lstate_set_plain(session, identifier, value);
	lstate_value_clear(&value);
	return rc;
}
