// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Getting variables.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

/* Texts up to here cost one system call and one allocation. */
#define LSTATE_GET_SHORT	256

/* A first try with room on the stack; longer texts are asked for again. */
static int lstate_get_try(struct lstate_session *session,
			  const struct localstate_key *key, void *buffer,
			  size_t size, struct localstate_get *get)
{
	memset(get, 0, sizeof(*get));
	get->key = *key;
	get->buffer = lstate_pointer(buffer);
	get->buffer_len = lstate_length(size);
	return lstate_device_ioctl(session->fd, LOCALSTATE_IOC_GET, get);
}

/* Until the buffer is large enough: the value may grow meanwhile. */
static int lstate_get_long(struct lstate_session *session,
			   const struct localstate_key *key, char **text,
			   struct localstate_get *get)
{
	size_t size;
	char *buffer = NULL, *larger;
	int rc;

	do {
		size = get->value.length;
		larger = realloc(buffer, size + 1);
		if (!larger) {
			free(buffer);
			return -ENOMEM;
		}
		buffer = larger;
		rc = lstate_get_try(session, key, buffer, size, get);
	} while (rc == -EMSGSIZE && get->value.length > size);
	if (rc < 0 || !lstate_type_is_long((enum lstate_type)get->value.type)) {
		free(buffer);
		buffer = NULL;
	} else {
		buffer[get->value.length] = '\0';
	}
	*text = buffer;
	return rc;
}

static int lstate_get_run(struct lstate_session *session,
			    const struct localstate_key *key, char **text,
			    struct localstate_get *get)
{
	char buffer[LSTATE_GET_SHORT];
	int rc;

	*text = NULL;
	rc = lstate_get_try(session, key, buffer, sizeof(buffer), get);
	if (rc == -EMSGSIZE)
		return lstate_get_long(session, key, text, get);
	if (rc < 0 || !lstate_type_is_long((enum lstate_type)get->value.type))
		return rc;
	*text = malloc(get->value.length + 1);
	if (!*text)
		return -ENOMEM;
	memcpy(*text, buffer, get->value.length);
	(*text)[get->value.length] = '\0';
	return 0;
}

/* What was asked for and came: @text, which @value gets if it needs it. */
void lstate_get_unpack(const struct localstate_get *get, char *text,
		       struct lstate_value *value, struct lstate_stamp *stamp)
{
	lstate_value_unpack(get->value.type, get->value.data, value);
	if (lstate_type_is_long(value->type)) {
		value->data = text;
		value->length = get->value.length;
	}
	if (!stamp)
		return;
	stamp->id = get->id;
	stamp->version = get->version;
	stamp->changed_ns = get->changed_ns;
	stamp->pid = (pid_t)get->pid;
	stamp->uid = get->uid;
}

int lstate_get_ask(struct lstate_session *session,
		   const struct localstate_key *key,
		   struct lstate_value *value, struct lstate_stamp *stamp,
		   struct localstate_error *why)
{
	struct localstate_get get;
	char *text;
	int rc;

	rc = lstate_get_run(session, key, &text, &get);
	*why = get.error;
	if (rc < 0)
		return rc;
	lstate_get_unpack(&get, text, value, stamp);
	return 0;
}

int lstate_get(struct lstate_session *session, const char *identifier,
	       struct lstate_value *value, struct lstate_stamp *stamp)
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
	rc = lstate_get_ask(session, &key, value, stamp, &why);
	if (rc < 0)
		lstate_explain(&attempt, rc, &why);
	return rc;
}

/* ------------------------------------------------------------------------ */

static int lstate_get_mismatch(struct lstate_session *session,
			       const char *identifier, enum lstate_type is,
			       enum lstate_type wanted)
{
	struct lstate_error fresh = { .code = -EINVAL,
				      .field = LSTATE_FIELD_TYPE };
	struct lstate_text text = { 0 };

	lstate_text_add_name(&text, identifier);
	lstate_text_add(&text, ": it is %s %s, not %s %s",
			lstate_type_article(is), lstate_type_name(is),
			lstate_type_article(wanted), lstate_type_name(wanted));
	fresh.message = lstate_text_take(&text);
	lstate_error_set_name(&fresh, identifier);
	lstate_error_replace(&session->error, &fresh);
	return -EINVAL;
}

/* As lstate_get(), of one type only; on failure there is nothing to clear. */
static int lstate_get_typed(struct lstate_session *session,
			    const char *identifier, enum lstate_type wanted,
			    struct lstate_value *value)
{
	enum lstate_type is;
	int rc;

	rc = lstate_get(session, identifier, value, NULL);
	if (rc < 0)
		return rc;
	is = value->type;
	/* A choice is read as a string by those who do not care. */
	if (is == wanted ||
	    (wanted == LSTATE_TYPE_STRING && is == LSTATE_TYPE_CHOICE))
		return 0;
	lstate_value_clear(value);
	return lstate_get_mismatch(session, identifier, is, wanted);
}

int lstate_get_bool(struct lstate_session *session, const char *identifier,
		    bool *b)
{
	struct lstate_value value;
	int rc = lstate_get_typed(session, identifier, LSTATE_TYPE_BOOL, &value);

	if (rc == 0)
		*b = value.b;
	return rc;
}

int lstate_get_int(struct lstate_session *session, const char *identifier,
		   int64_t *i)
{
	struct lstate_value value;
	int rc = lstate_get_typed(session, identifier, LSTATE_TYPE_INT, &value);

	if (rc == 0)
		*i = value.i;
	return rc;
}

int lstate_get_uint(struct lstate_session *session, const char *identifier,
		    uint64_t *u)
{
	struct lstate_value value;
	int rc = lstate_get_typed(session, identifier, LSTATE_TYPE_UINT, &value);

	if (rc == 0)
		*u = value.u;
	return rc;
}

int lstate_get_float(struct lstate_session *session, const char *identifier,
		     double *f)
{
	struct lstate_value value;
	int rc = lstate_get_typed(session, identifier, LSTATE_TYPE_FLOAT, &value);

	if (rc == 0)
		*f = value.f;
	return rc;
}

int lstate_get_string(struct lstate_session *session, const char *identifier,
		      char **s)
{
	struct lstate_value value;
	int rc = lstate_get_typed(session, identifier, LSTATE_TYPE_STRING,
				  &value);

	if (rc == 0)
		*s = (char *)value.s;
	return rc;
}

int lstate_get_choice(struct lstate_session *session, const char *identifier,
		      char **s)
{
	struct lstate_value value;
	int rc = lstate_get_typed(session, identifier, LSTATE_TYPE_CHOICE,
				  &value);

	if (rc == 0)
		*s = (char *)value.s;
	return rc;
}

int lstate_get_bytes(struct lstate_session *session, const char *identifier,
		     void **data, size_t *length)
{
	struct lstate_value value;
	int rc = lstate_get_typed(session, identifier, LSTATE_TYPE_BYTES,
				  &value);

	if (rc == 0) {
		*data = (void *)value.data;
		*length = value.length;
	}
	return rc;
}

int lstate_get_array(struct lstate_session *session, const char *identifier,
		     struct lstate_value *value)
{
	struct lstate_value got;
	int rc = lstate_get_typed(session, identifier, LSTATE_TYPE_ARRAY, &got);

	if (rc == 0)
		*value = got;
	return rc;
}
