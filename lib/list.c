// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lists: variables in the order of their ids, a buffer full at a time.
 *
 * A list moves on only after its caller has got what it asked for: a call that
 * failed can be repeated.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

#define LSTATE_LIST_BUFFER	32768

struct lstate_list {
	struct lstate_session *session;
	char *pattern;			/* NULL: all */
	char *buffer;
	size_t size;			/* of the buffer */
	size_t filled;			/* bytes of records in it */
	size_t position;		/* of the next record */
	uint64_t after;			/* where the next buffer starts */
	bool ended;
};

static int lstate_list_start(struct lstate_list *list, const char *pattern)
{
	if (pattern) {
		list->pattern = strdup(pattern);
		if (!list->pattern)
			return -ENOMEM;
		/* A name is never empty.  The kernel takes "" for "all". */
		list->ended = !*pattern;
	}
	list->size = LSTATE_LIST_BUFFER;
	list->buffer = malloc(list->size);
	return list->buffer ? 0 : -ENOMEM;
}

int lstate_list_open(struct lstate_session *session, const char *pattern,
		     struct lstate_list **list)
{
	struct lstate_list *new = calloc(1, sizeof(*new));
	int rc = new ? lstate_list_start(new, pattern) : -ENOMEM;

	if (rc < 0) {
		lstate_list_close(new);
		return lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
					 "out of memory");
	}
	new->session = session;
	*list = new;
	return 0;
}

void lstate_list_close(struct lstate_list *list)
{
	if (!list)
		return;
	free(list->pattern);
	free(list->buffer);
	free(list);
}

static int lstate_list_grow(struct lstate_list *list, size_t size)
{
	char *larger = realloc(list->buffer, size);

	if (!larger)
		return -ENOMEM;
	list->buffer = larger;
	list->size = size;
	return 0;
}

static int lstate_list_read(struct lstate_list *list,
			    struct localstate_error *why)
{
	struct localstate_list arg = {
		.after = list->after,
		.buffer = lstate_pointer(list->buffer),
		.buffer_len = lstate_length(list->size),
		.pattern = lstate_pointer(list->pattern),
		.pattern_len = list->pattern ?
			       lstate_length(strlen(list->pattern)) : 0,
	};
	int rc;

	rc = lstate_device_ioctl(list->session->fd, LOCALSTATE_IOC_LIST, &arg);
	*why = arg.error;
	if (rc == -EMSGSIZE && arg.size > list->size) {
		rc = lstate_list_grow(list, arg.size);
		return rc < 0 ? rc : -EAGAIN;
	}
	if (rc < 0)
		return rc;
	list->after = arg.after;
	list->filled = arg.size;
	list->position = 0;
	list->ended = !arg.count;
	return 0;
}

static int lstate_list_refill(struct lstate_list *list)
{
	struct lstate_attempt attempt = {
		.session = list->session,
		.error = &list->session->error,
		.topic = "list",
	};
	struct localstate_error why;
	int rc;

	do {
		rc = lstate_list_read(list, &why);
	} while (rc == -EAGAIN);
	return rc < 0 ? lstate_explain(&attempt, rc, &why) : 0;
}

static int lstate_list_take(struct lstate_list *list,
			    struct lstate_variable **variable)
{
	const char *record = list->buffer + list->position;
	size_t available = list->filled - list->position;
	uint32_t size = 0;
	int rc = -EPROTO;

	/* The size is the first member. */
	if (available >= sizeof(size))
		memcpy(&size, record, sizeof(size));
	if (size && size <= available)
		rc = lstate_variable_parse(record, size, variable);
	if (rc < 0)
		return lstate_error_fail(&list->session->error, rc,
					 LSTATE_FIELD_NONE, "list: %s",
					 strerrordesc_np(-rc));
	list->position += size;
	return 1;
}

int lstate_list_next(struct lstate_list *list,
		     struct lstate_variable **variable)
{
	int rc;

	if (!list->ended && list->position == list->filled) {
		rc = lstate_list_refill(list);
		if (rc < 0)
			return rc;
	}
	return list->ended ? 0 : lstate_list_take(list, variable);
}
