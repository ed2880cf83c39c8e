// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Getting several variables as they were at one moment.
 *
 * A value that does not fit is asked for again, and all others with it: what
 * comes back is of one moment, whatever the number of tries.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

/* Room for each value in the first try. */
#define LSTATE_MANY_SHORT	256

struct lstate_many {
	struct lstate_session *session;
	const char *const *identifiers;
	size_t n;
	struct localstate_get *requests;
	char **buffers;
	struct localstate_get_many arg;
};

static int lstate_many_begin(struct lstate_many *many)
{
	size_t i;

	many->requests = calloc(many->n + 1, sizeof(*many->requests));
	many->buffers = calloc(many->n + 1, sizeof(*many->buffers));
	if (!many->requests || !many->buffers)
		return -ENOMEM;
	for (i = 0; i < many->n; i++) {
		many->buffers[i] = malloc(LSTATE_MANY_SHORT + 1);
		if (!many->buffers[i])
			return -ENOMEM;
		many->requests[i].buffer = lstate_pointer(many->buffers[i]);
		many->requests[i].buffer_len = LSTATE_MANY_SHORT;
		lstate_key_parse(many->identifiers[i], &many->requests[i].key);
	}
	return 0;
}

static void lstate_many_end(struct lstate_many *many)
{
	size_t i;

	for (i = 0; many->buffers && i < many->n; i++)
		free(many->buffers[i]);
	free(many->buffers);
	free(many->requests);
}

/* Larger buffers for the values that need them.  Return: 1 if there are any. */
static int lstate_many_grow(struct lstate_many *many)
{
	int grown = 0;
	size_t i;

	for (i = 0; i < many->n; i++) {
		struct localstate_get *request = &many->requests[i];
		char *larger;

		if (request->error.code != EMSGSIZE ||
		    request->value.length <= request->buffer_len)
			continue;
		larger = realloc(many->buffers[i],
				 (size_t)request->value.length + 1);
		if (!larger)
			return -ENOMEM;
		many->buffers[i] = larger;
		request->buffer = lstate_pointer(larger);
		request->buffer_len = request->value.length;
		grown = 1;
	}
	return grown;
}

static int lstate_many_ask(struct lstate_many *many)
{
	struct localstate_get_many *arg = &many->arg;
	int rc;

	do {
		memset(arg, 0, sizeof(*arg));
		arg->entries = lstate_pointer(many->requests);
		arg->n_entries = lstate_length(many->n);
		arg->entry_size = sizeof(*many->requests);
		rc = lstate_device_ioctl(many->session->fd,
					 LOCALSTATE_IOC_GET_MANY, arg);
		if (rc < 0)
			return rc;
		rc = lstate_many_grow(many);
	} while (rc > 0);
	return rc;
}

static void lstate_many_give(struct lstate_many *many, size_t i,
			     struct lstate_value *value,
			     struct lstate_stamp *stamp)
{
	const struct localstate_get *get = &many->requests[i];

	lstate_get_unpack(get, many->buffers[i], value, stamp);
	if (lstate_type_is_long(value->type)) {
		many->buffers[i][get->value.length] = '\0';
		many->buffers[i] = NULL;
	}
}

/* The first entry that fails is what the call fails of. */
static int lstate_many_explain(struct lstate_many *many)
{
	struct lstate_attempt attempt = {
		.session = many->session,
		.error = &many->session->error,
	};
	size_t i;

	for (i = 0; i < many->n; i++) {
		const struct localstate_error *why = &many->requests[i].error;

		if (!why->code)
			continue;
		attempt.subject = many->identifiers[i];
		return lstate_explain(&attempt, -(int)why->code, why);
	}
	return 0;
}

static int lstate_many_fail(struct lstate_many *many, int code)
{
	struct lstate_attempt attempt = {
		.session = many->session,
		.error = &many->session->error,
		.topic = "get",
	};

	lstate_many_end(many);
	return lstate_explain(&attempt, code, &many->arg.error);
}

int lstate_get_many(struct lstate_session *session,
		    const char *const *identifiers, size_t n,
		    struct lstate_value *values, struct lstate_stamp *stamps,
		    uint64_t *transaction)
{
	struct lstate_many many = {
		.session = session,
		.identifiers = identifiers,
		.n = n,
	};
	size_t i;
	int rc;

	rc = lstate_many_begin(&many);
	if (rc == 0)
		rc = lstate_many_ask(&many);
	if (rc < 0)
		return lstate_many_fail(&many, rc);
	if (many.arg.failed) {
		rc = lstate_many_explain(&many);
	} else {
		for (i = 0; i < n; i++)
			lstate_many_give(&many, i, &values[i],
					 stamps ? &stamps[i] : NULL);
		if (transaction)
			*transaction = many.arg.transaction;
	}
	lstate_many_end(&many);
	return rc;
}
