// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for events, for room in stdout, for signals and for the deadline,
 * all at once.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "failure.h"
#include "tool.h"
#include "waiter.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

int waiter_open(struct waiter *waiter)
{
	sigset_t set;

	memset(waiter, 0, sizeof(*waiter));
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	waiter->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (waiter->signals >= 0)
		return EXIT_DONE;
	return fail(&(struct failure){ .rc = -errno }, "signalfd: %s",
		    strerror(errno));
}

void waiter_close(struct waiter *waiter)
{
	close(waiter->signals);
}

void waiter_limit(struct waiter *waiter, uint64_t nanoseconds)
{
	waiter->limited = true;
	waiter->deadline_ns = now_ns() + nanoseconds;
}

bool waiter_expired(const struct waiter *waiter)
{
	return waiter->limited && now_ns() >= waiter->deadline_ns;
}

struct timespec waiter_rest(const struct waiter *waiter)
{
	uint64_t now = now_ns();
	uint64_t left = now < waiter->deadline_ns ? waiter->deadline_ns - now : 0;

	return (struct timespec){
		.tv_sec = left / NSEC_PER_SEC,
		.tv_nsec = left % NSEC_PER_SEC,
	};
}

/* ppoll() until the deadline; how many are ready, 0 when the time is over. */
static int poll_until(const struct waiter *waiter, struct pollfd *fds,
		      nfds_t count)
{
	struct timespec rest;
	int ready;

	do {
		if (waiter->limited)
			rest = waiter_rest(waiter);
		ready = ppoll(fds, count, waiter->limited ? &rest : NULL,
			      NULL);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		fail(&(struct failure){ .rc = -errno }, "poll: %s",
		     strerror(errno));
	return ready;
}

enum wake waiter_wait(const struct waiter *waiter, int fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = waiter->signals, .events = POLLIN },
		{ .fd = waiter->silent ? -1 : STDOUT_FILENO },
	};
	int ready;

	ready = poll_until(waiter, fds, ARRAY_SIZE(fds));
	if (ready < 0)
		return WAKE_FAILED;
	/* First, or a stream of events would keep the signal away. */
	if (fds[1].revents)
		return WAKE_SIGNAL;
	if (fds[2].revents & (POLLERR | POLLHUP))
		return WAKE_CLOSED;
	return ready ? WAKE_EVENTS : WAKE_DEADLINE;
}

/* Room goes before signals: what a signal finds ready is still written. */
static enum wake wait_for_room(const struct waiter *waiter)
{
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO, .events = POLLOUT },
		{ .fd = waiter->signals, .events = POLLIN },
	};
	int ready;

	ready = poll_until(waiter, fds, ARRAY_SIZE(fds));
	if (ready < 0)
		return WAKE_FAILED;
	if (fds[0].revents)
		return WAKE_EVENTS;
	return ready ? WAKE_SIGNAL : WAKE_DEADLINE;
}

/* As much as surely does not block: a pipe that polls has room for that. */
static ssize_t write_some(const char *data, size_t length)
{
	ssize_t written;

	written = write(STDOUT_FILENO, data,
			length < PIPE_BUF ? length : PIPE_BUF);
	if (written < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	return written;
}

enum wake waiter_write(const struct waiter *waiter, const char *data,
		       size_t length)
{
	enum wake wake;
	ssize_t written;

	while (length) {
		wake = wait_for_room(waiter);
		if (wake != WAKE_EVENTS)
			return wake;
		written = write_some(data, length);
		if (written < 0 && errno == EPIPE)
			return WAKE_CLOSED;
		if (written < 0) {
			write_failure(errno);
			return WAKE_FAILED;
		}
		data += written;
		length -= written;
	}
	return WAKE_EVENTS;
}
