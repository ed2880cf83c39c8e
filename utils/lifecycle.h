/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lifecycle events: what began or ended in a network namespace, as lines.
 */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H

#include <stdint.h>
#include <stdio.h>

enum lifecycle_kind {
	LIFECYCLE_LISTENING,	/* from here on nothing is missed */
	LIFECYCLE_LOST,		/* events are missing before this */
	LIFECYCLE_SESSION_CREATED,
	LIFECYCLE_SESSION_ENDED,
	LIFECYCLE_VARIABLE_REGISTERED,
	LIFECYCLE_VARIABLE_DELETED,
	LIFECYCLE_CLIENT_ATTACHED,
	LIFECYCLE_CLIENT_GONE,
};

/* What is not of its kind is 0 or "". */
struct lifecycle_event {
	enum lifecycle_kind kind;
	const char *session;	/* NULL if it is about none */
	uint64_t session_id;
	uint64_t time_ns;
	uint32_t pid;		/* 0: cannot be seen, or nobody in particular */
	uint32_t uid;		/* who did it; of a new session, its owner */

	uint32_t gid;		/* of a new session */
	uint32_t mode;
	uint32_t flags;		/* LOCALSTATE_ATTACH_PERSISTENT */

	uint64_t id;		/* of a variable */
	const char *name;
	uint32_t type;		/* enum localstate_type */
	const char *label;
	uint64_t version;

	uint64_t client;
	const char *comm;	/* of who attached it */
};

/* Write one line without a newline. */
void lifecycle_print_text(FILE *file, const struct lifecycle_event *event);
void lifecycle_print_json(FILE *file, const struct lifecycle_event *event);

#endif /* LIFECYCLE_H */
