/* SPDX-License-Identifier: GPL-2.0-only */
/* Watches that begin with the values of what they watch. */
#ifndef SELFTESTS_SNAPSHOT_HELPERS_H
#define SELFTESTS_SNAPSHOT_HELPERS_H

#include "localstate_helpers.h"

/* Values into @buffer of @len bytes. */
static inline struct localstate_watch
snapshot_request(const struct localstate_target *targets, __u32 n, void *buffer,
		 __u32 len)
{
	struct localstate_watch req =
		watch_request(targets, n, LOCALSTATE_WATCH_SNAPSHOT);

	req.buffer = pointer(buffer);
	req.buffer_len = len;
	return req;
}

/* The record behind @record. */
static inline const struct localstate_variable *
record_next(const struct localstate_variable *record)
{
	return (const void *)((const char *)record + record->size);
}

#endif /* SELFTESTS_SNAPSHOT_HELPERS_H */
