/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What generic netlink shows of a network namespace: its sessions, and the
 * watches of one session.
 */
#ifndef NETLINK_H
#define NETLINK_H

#include <stddef.h>
#include <stdint.h>

struct nlattr;

/* Room for one more element of an array that doubles; NULL leaves it as is. */
void *rows_grow(void *array, size_t count, size_t size);

struct session_row {
	char *name;
	uint64_t id;
	uint64_t created_ns;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t flags;		/* LOCALSTATE_ATTACH_PERSISTENT */
	uint32_t clients;
	uint32_t variables;
};

struct watch_row {
	uint64_t client;
	uint64_t created_ns;
	uint64_t queued;
	uint64_t delivered;
	uint64_t events;
	uint64_t merged;
	uint64_t filtered;
	uint32_t ref;
	uint32_t flags;		/* LOCALSTATE_WATCH_* */
	uint32_t inline_limit;
	uint32_t pid;
	uint32_t uid;
	char *comm;
	char *filter;		/* as an expression, NULL: all changes */
	char **targets;		/* as asked for */
	size_t n_targets;
};

/*
 * Both return an exit code and have told on stderr what is wrong.  What they
 * return, on failure too, is freed by the functions below.
 */
int netlink_sessions(struct session_row **rows, size_t *count);
int netlink_watches(const char *session, struct watch_row **rows,
		    size_t *count);

/* The same for a session that may have ended: EXIT_NOT_FOUND, and nothing is told. */
int netlink_watches_if_any(const char *session, struct watch_row **rows,
			   size_t *count);

void session_rows_free(struct session_row *rows, size_t count);
void watch_rows_free(struct watch_row *rows, size_t count);

/* An attribute's number, 0 if it is absent. */
uint64_t netlink_u64(const struct nlattr *attr);
uint32_t netlink_u32(const struct nlattr *attr);

/*
 * The filter in a LOCALSTATE_A_FILTER as lstate-filter(7) says it, to be freed;
 * NULL: it lets everything pass.  A text in it that was cut ends with "...".  0 or a
 * negative errno.
 */
int netlink_filter(struct nlattr *nest, char **expression);

/*
 * Tells a failure of libnl, which is none of the kernel's answers; returns the
 * exit code.
 */
int netlink_failure(int rc, const char *session);

#endif /* NETLINK_H */
