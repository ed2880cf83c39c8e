// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Registering and deleting variables.
 */
#include "private.h"

#include <string.h>

static size_t lstate_register_length(const char *text)
{
	return text ? strlen(text) : 0;
}

static void lstate_register_texts(const struct lstate_spec *spec,
				  struct localstate_register *arg)
{
	arg->pattern = lstate_pointer(spec->pattern);
	arg->pattern_len = lstate_length(lstate_register_length(spec->pattern));
	arg->choices = lstate_pointer(spec->choices);
	arg->choices_len = lstate_length(spec->choices_length);
	arg->label = lstate_pointer(spec->label);
	arg->label_len = lstate_length(lstate_register_length(spec->label));
	arg->description = lstate_pointer(spec->description);
	arg->description_len =
		lstate_length(lstate_register_length(spec->description));
	arg->metadata = lstate_pointer(spec->metadata);
	arg->metadata_len = lstate_length(spec->metadata_length);
}

int lstate_register(struct lstate_session *session,
		    const struct lstate_spec *spec, uint64_t *id)
{
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.subject = spec->name,
		.writing = true,
		.value = &spec->value,
		.spec = spec,
	};
	struct localstate_register arg = {
		.name = lstate_pointer(spec->name),
		.name_len = lstate_length(strlen(spec->name)),
		.type = spec->type,
		.flags = spec->flags,
		.constraints = spec->constraints,
		.min = lstate_value_bits(&spec->min),
		.max = lstate_value_bits(&spec->max),
		.step = lstate_value_bits(&spec->step),
		.min_length = spec->min_length,
		.max_length = spec->max_length,
		.element = spec->element,
		.rank = spec->rank,
		.shape = spec->constraints & LOCALSTATE_HAS_SHAPE ?
			 lstate_pointer(spec->shape) : 0,
	};
	int rc;

	if (spec->value.type != LSTATE_TYPE_NONE)
		lstate_value_pack(&spec->value, &arg.value);
	lstate_register_texts(spec, &arg);
	if (spec->restore_id) {
		arg.flags |= LOCALSTATE_REGISTER_RESTORE;
		arg.restore_id = spec->restore_id;
		arg.restore_version = spec->restore_version;
	}
	rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_REGISTER, &arg);
	if (rc < 0)
		return lstate_explain(&attempt, rc, &arg.error);
	if (id)
		*id = arg.id;
	return 0;
}

/* A variable without constraints; the spec borrows all that it is given. */
static int lstate_register_plain(struct lstate_session *session,
				 const char *name,
				 const struct lstate_value *initial)
{
	struct lstate_spec spec = {
		.name = (char *)name,
		.type = initial->type,
		.value = *initial,
	};

	return lstate_register(session, &spec, NULL);
}

int lstate_register_bool(struct lstate_session *session, const char *name,
			 bool initial)
{
	struct lstate_value value = lstate_value_bool(initial);

	return lstate_register_plain(session, name, &value);
}

int lstate_register_int(struct lstate_session *session, const char *name,
			int64_t initial)
{
	struct lstate_value value = lstate_value_int(initial);

	return lstate_register_plain(session, name, &value);
}

int lstate_register_uint(struct lstate_session *session, const char *name,
			 uint64_t initial)
{
	struct lstate_value value = lstate_value_uint(initial);

	return lstate_register_plain(session, name, &value);
}

int lstate_register_float(struct lstate_session *session, const char *name,
			  double initial)
{
	struct lstate_value value = lstate_value_float(initial);

	return lstate_register_plain(session, name, &value);
}

int lstate_register_string(struct lstate_session *session, const char *name,
			   const char *initial)
{
	struct lstate_value value = lstate_value_string(initial);

	return lstate_register_plain(session, name, &value);
}

static int lstate_register_choices(struct lstate_session *session,
				   struct lstate_spec *spec,
				   const char *const *choices, size_t n,
				   const char *initial)
{
	struct lstate_value value;
	int rc;

	rc = lstate_spec_set_choices(spec, choices, n);
	if (rc == 0 && initial) {
		value = lstate_value_choice(initial);
		rc = lstate_spec_set_value(spec, &value);
	}
	if (rc < 0)
		return lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
					 "out of memory");
	return lstate_register(session, spec, NULL);
}

int lstate_register_choice(struct lstate_session *session, const char *name,
			   const char *const *choices, size_t n,
			   const char *initial)
{
	struct lstate_spec *spec;
	int rc;

	rc = lstate_spec_new(&spec, name, LSTATE_TYPE_CHOICE);
	if (rc < 0)
		return lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
					 "out of memory");
	rc = lstate_register_choices(session, spec, choices, n, initial);
	lstate_spec_free(spec);
	return rc;
}

int lstate_delete(struct lstate_session *session, const char *identifier)
{
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.subject = identifier,
		.writing = true,
	};
	struct localstate_delete arg = { 0 };
	int rc;

	lstate_key_parse(identifier, &arg.key);
	rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_DELETE, &arg);
	return rc < 0 ? lstate_explain(&attempt, rc, &arg.error) : 0;
}
