// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a watch starts from: the snapshot that WATCH brings, told by calls of the
 * program's function.  All that can fail is done before the watch is in the session.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

struct lstate_start {
	lstate_snapshot_fn callback;
	void *user_data;
	char *buffer;			/* the kernel's records */
	size_t size;
	size_t count;
	struct lstate_variable **variables;	/* what they say */
};

/* Room for short values at the first try. */
#define LSTATE_START_ROOM	256

int lstate_start_new(struct lstate_watch *watch,
		     const struct lstate_watch_options *options)
{
	struct lstate_start *start;

	if (!options->snapshot)
		return 0;
	start = calloc(1, sizeof(*start));
	if (!start)
		return -ENOMEM;
	watch->start = start;
	start->callback = options->snapshot;
	start->user_data = options->snapshot_data;
	start->size = (watch->n_targets + 1) * LSTATE_START_ROOM;
	start->buffer = malloc(start->size);
	return start->buffer ? 0 : -ENOMEM;
}

void lstate_start_free(struct lstate_start *start)
{
	size_t i;

	if (!start)
		return;
	for (i = 0; start->variables && i < start->count; i++)
		lstate_variable_free(start->variables[i]);
	free(start->variables);
	free(start->buffer);
	free(start);
}

/* WATCH, until the buffer is large enough: the values may grow meanwhile. */
int lstate_start_watch(struct lstate_start *start, int fd,
		       struct localstate_watch *arg)
{
	char *larger;
	int rc;

	if (!start)
		return lstate_device_ioctl(fd, LOCALSTATE_IOC_WATCH, arg);
	for (;;) {
		arg->buffer = lstate_pointer(start->buffer);
		arg->buffer_len = lstate_length(start->size);
		rc = lstate_device_ioctl(fd, LOCALSTATE_IOC_WATCH, arg);
		if (rc != -EMSGSIZE || arg->size <= start->size)
			break;
		start->size = (size_t)arg->size + arg->size / 4;
		larger = realloc(start->buffer, start->size);
		if (!larger)
			return -ENOMEM;
		start->buffer = larger;
	}
	start->count = rc < 0 ? 0 : arg->count;
	return rc;
}

/* The record at @at, which the kernel has made. */
static const struct localstate_variable *
lstate_start_record(const struct lstate_start *start, size_t at)
{
	return (const void *)(start->buffer + at);
}

int lstate_start_parse(struct lstate_start *start)
{
	const struct localstate_variable *record;
	size_t i, at = 0;
	int rc;

	if (!start)
		return 0;
	start->variables = calloc(start->count + 1, sizeof(*start->variables));
	if (!start->variables)
		return -ENOMEM;
	for (i = 0; i < start->count; i++, at += record->size) {
		record = lstate_start_record(start, at);
		rc = lstate_variable_parse(record, record->size,
					   &start->variables[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void lstate_start_tell(const struct lstate_watch *watch)
{
	const struct lstate_start *start = watch->start;
	const struct localstate_variable *record;
	size_t i, at = 0;

	for (i = 0; start && i < start->count; i++, at += record->size) {
		record = lstate_start_record(start, at);
		start->callback(watch->targets[record->target],
				start->variables[i], start->user_data);
	}
}
