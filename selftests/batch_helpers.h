/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests with many entries: BATCH and GET_MANY.
 */
#ifndef SELFTESTS_BATCH_HELPERS_H
#define SELFTESTS_BATCH_HELPERS_H

#include "queue_helpers.h"

static inline struct localstate_batch
batch_request(const struct localstate_set *entries, __u32 n, __u32 flags)
{
	return (struct localstate_batch) {
		.entries = pointer(entries),
		.n_entries = n,
		.entry_size = sizeof(*entries),
		.flags = flags,
		.transaction = POISON64,
		.failed = POISON32,
		.changed = POISON32,
		.error = poisoned_error(),
	};
}

/* A transaction: 0 or -errno. */
static inline int transaction_run(int fd, const struct localstate_set *entries,
				  __u32 n)
{
	struct localstate_batch req;

	req = batch_request(entries, n, LOCALSTATE_BATCH_ATOMIC);
	return call(fd, LOCALSTATE_IOC_BATCH, &req);
}

static inline struct localstate_set check_request(const char *name,
						  __u64 version)
{
	struct localstate_set req;

	req = operation_request(name, LOCALSTATE_OPERATION_CHECK, value_none());
	req.flags = LOCALSTATE_SET_IF_VERSION;
	req.expected_version = version;
	return req;
}

static inline struct localstate_get_many
get_many_request(const struct localstate_get *entries, __u32 n)
{
	return (struct localstate_get_many) {
		.entries = pointer(entries),
		.n_entries = n,
		.entry_size = sizeof(*entries),
		.failed = POISON32,
		.transaction = POISON64,
		.error = poisoned_error(),
	};
}

#endif /* SELFTESTS_BATCH_HELPERS_H */
