/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stdout that waits for its reader without becoming deaf: while it is full,
 * signals and the deadline still count.
 */
#ifndef WAITER_H
#define WAITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum wake {
	WAKE_EVENTS,		/* the descriptor that was asked for is ready */
	WAKE_SIGNAL,		/* SIGINT or SIGTERM came */
	WAKE_DEADLINE,		/* the time is over */
	WAKE_CLOSED,		/* nobody reads stdout any more */
	WAKE_FAILED,		/* told on stderr */
};

/* The present: CLOCK_MONOTONIC, as the kernel's times are. */
uint64_t now_ns(void);

struct waiter {
	int signals;		/* a signalfd; SIGINT and SIGTERM are blocked */
	bool silent;		/* stdout is not written to: nobody has to read it */
	bool limited;
	uint64_t deadline_ns;	/* CLOCK_MONOTONIC, if limited */
};

/*
 * From here on SIGINT and SIGTERM are only seen by the waiter.  Returns an exit
 * code, and has told what is wrong.
 */
int waiter_open(struct waiter *waiter);
void waiter_close(struct waiter *waiter);

/* Counts from now. */
void waiter_limit(struct waiter *waiter, uint64_t nanoseconds);
bool waiter_expired(const struct waiter *waiter);

/* Until the deadline that there is, as ppoll() takes it. */
struct timespec waiter_rest(const struct waiter *waiter);

/* Sleeps until fd can be read, or something else happens. */
enum wake waiter_wait(const struct waiter *waiter, int fd);

/* Writes all to stdout; WAKE_EVENTS when done. */
enum wake waiter_write(const struct waiter *waiter, const char *data,
		       size_t length);

#endif /* WAITER_H */
