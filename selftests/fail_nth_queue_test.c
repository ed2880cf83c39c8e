// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: the ways to read a queue, and to be
 * told that there is something in it.  No record is lost or comes twice.
 */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "fail_nth_helpers.h"
#include "uring_helpers.h"

/* INITIAL of two variables, each with its SYNC, and two changes. */
#define N_RECORDS 6

/* More than fits into the ring, so that a slot waits, too. */
#define N_SETS 50

static char read_buffer[16384];

static int begin_read(struct world *w)
{
	int err = world_begin(w);

	if (!err)
		err = watch_name(w->fd, "int", LOCALSTATE_WATCH_INITIAL);
	if (err > 0)
		err = watch_name(w->fd, "text", LOCALSTATE_WATCH_INITIAL);
	if (err < 0)
		return err;
	return variable_set(w->observer, "int", value_int(2)) ?:
	       variable_set(w->observer, "text", value_string("other"));
}

/* Records in @len bytes; each in its order, or it gives -1. */
static int count_records(const char *buffer, ssize_t len, __u64 *sequence)
{
	const struct localstate_event *event;
	int n = 0;

	while (len > 0) {
		event = (const void *)buffer;
		if (!event_is_sound(event, len) || event->sequence <= *sequence)
			return -1;
		*sequence = event->sequence;
		buffer += event->size;
		len -= event->size;
		n++;
	}
	return n;
}

/* What the call has read and what is left are all records, each of them once. */
static bool is_all_read(struct world *w, int n)
{
	static char rest[sizeof(read_buffer)];
	__u64 sequence = 0;
	int first, second = 0;
	ssize_t len = 0;

	first = count_records(read_buffer, w->result, &sequence);
	while (is_readable(w->fd)) {
		len = read(w->fd, rest, sizeof(rest));
		if (len < 0)
			return false;
		second += count_records(rest, len, &sequence);
	}
	return first > 0 && first + second == n;
}

static int call_read(struct world *w)
{
	ssize_t len;

	poison(read_buffer, sizeof(read_buffer));
	len = read(w->fd, read_buffer, sizeof(read_buffer));
	return len < 0 ? -errno : len;
}

static bool is_read(struct world *w)
{
	return is_all_read(w, N_RECORDS);
}

static const struct sweep sweep_read = {
	.name = "read",
	.begin = begin_read,
	.call = call_read,
	.is_done = is_read,
	.end = world_end,
	.errors = SWEEP_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, read_loses_no_record, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_read);
}

/* The last change of each variable waits in a slot. */
static int begin_read_full(struct world *w)
{
	unsigned int i;
	int err = world_begin(w) ?: queue_resize(w->fd, QUEUE_MIN);

	if (!err)
		err = watch_name(w->fd, "int", 0);
	if (err > 0)
		err = watch_name(w->fd, "text", 0);
	for (i = 0; err >= 0 && i < N_SETS; i++)
		err = variable_set(w->observer, "int", value_int(100 + i));
	return err < 0 ? err : variable_set(w->observer, "text",
					    value_string("last"));
}

/* What of the sets of "int" came as a record, what was merged, and the text's. */
static bool is_read_full(struct world *w)
{
	struct localstate_watch_info info;

	if (watch_info(w->fd, 1, &info) || !info.merged ||
	    info.events + info.merged != N_SETS)
		return false;
	return is_all_read(w, info.events + 1);
}

static const struct sweep sweep_read_full = {
	.name = "read, with slots that wait",
	.begin = begin_read_full,
	.call = call_read,
	.is_done = is_read_full,
	.end = world_end,
	.errors = SWEEP_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, read_of_a_full_queue_loses_no_record,
	       SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_read_full);
}

/* ---- readiness ----------------------------------------------------------- */

/* A client that watches, and nothing in its queue. */
static int begin_empty(struct world *w)
{
	int err = world_begin(w);

	if (!err)
		err = watch_name(w->fd, "int", 0);
	return err < 0 ? err : 0;
}

static bool make_event(struct world *w)
{
	return !variable_set(w->observer, "int", value_int(2));
}

/* More entries than poll() has room for on its stack; it waits for a moment. */
static int call_poll(struct world *w)
{
	struct pollfd fds[16];
	unsigned int i;
	int n;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = (struct pollfd) { .fd = w->fd, .events = POLLIN };
	n = poll(fds, ARRAY_SIZE(fds), 1);
	return n < 0 ? -errno : n;
}

static bool is_polled(struct world *w)
{
	return w->result == 0 && make_event(w) && is_readable(w->fd);
}

static const struct sweep sweep_poll = {
	.name = "poll",
	.begin = begin_empty,
	.call = call_poll,
	.is_done = is_polled,
	.end = world_end,
	.errors = SWEEP_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, poll_tells_the_next_event, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_poll);
}

static int call_select(struct world *w)
{
	struct timeval timeout = { .tv_usec = 1000 };
	fd_set fds;
	int n;

	FD_ZERO(&fds);
	FD_SET(w->fd, &fds);
	n = select(w->fd + 1, &fds, NULL, NULL, &timeout);
	return n < 0 ? -errno : n;
}

static const struct sweep sweep_select = {
	.name = "select",
	.begin = begin_empty,
	.call = call_select,
	.is_done = is_polled,
	.end = world_end,
	.errors = SWEEP_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, select_tells_the_next_event, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_select);
}

static int epoll_fd = -1;

static int begin_epoll(struct world *w)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? -errno : begin_empty(w);
}

static int call_epoll(struct world *w)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, w->fd, &event) ? -errno : 0;
}

/* Whoever sleeps in there is woken. */
static bool is_epolled(struct world *w)
{
	struct epoll_event event;

	return epoll_wait(epoll_fd, &event, 1, 0) == 0 && make_event(w) &&
	       epoll_wait(epoll_fd, &event, 1, DEADLINE_MS) == 1 &&
	       event.events == EPOLLIN;
}

static void end_epoll(struct world *w)
{
	world_end(w);
	world_close(&epoll_fd);
}

static const struct sweep sweep_epoll = {
	.name = "epoll_ctl",
	.begin = begin_epoll,
	.call = call_epoll,
	.is_done = is_epolled,
	.end = end_epoll,
	.errors = SWEEP_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, epoll_tells_the_next_event, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_epoll);
}

static int begin_fasync(struct world *w)
{
	sigset_t set;
	int err = begin_empty(w);

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	if (err)
		return err;
	return sigprocmask(SIG_BLOCK, &set, NULL) ||
	       fcntl(w->fd, F_SETOWN, getpid()) ? -errno : 0;
}

static int call_fasync(struct world *w)
{
	return fcntl(w->fd, F_SETFL, O_ASYNC) ? -errno : 0;
}

static bool is_signalled(struct world *w)
{
	struct timespec deadline = { .tv_sec = DEADLINE_MS / SECOND_MS };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	return make_event(w) && sigtimedwait(&set, NULL, &deadline) == SIGIO;
}

static const struct sweep sweep_fasync = {
	.name = "F_SETFL with O_ASYNC",
	.begin = begin_fasync,
	.call = call_fasync,
	.is_done = is_signalled,
	.end = world_end,
	.errors = SWEEP_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, sigio_tells_the_next_event, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_fasync);
}

/* ---- io_uring ------------------------------------------------------------ */

static struct uring ring = { .fd = -1 };

/* A submission that failed is still in the ring: the next one needs another. */
static bool ring_is_stale;

static int ring_begin(void)
{
	ring_is_stale = false;
	return uring_init(&ring);
}

static int ring_submit(struct world *w)
{
	int err = 0;

	if (ring_is_stale) {
		uring_free(&ring);
		err = ring_begin();
	}
	poison(read_buffer, sizeof(read_buffer));
	if (!err)
		err = uring_read(&ring, w->fd, read_buffer,
				 sizeof(read_buffer), 1);
	ring_is_stale = err;
	return err;
}

/* What the read came to, within that time; 0 if it still waits. */
static int ring_result(int timeout_ms)
{
	struct io_uring_cqe cqe;

	if (uring_take(&ring, timeout_ms, &cqe) != 1)
		return 0;
	return cqe.user_data == 1 ? cqe.res : -EPROTO;
}

static int begin_uring(struct world *w)
{
	return ring_begin() ?: begin_read(w);
}

static int finish_uring(struct world *w)
{
	return ring_result(DEADLINE_MS);
}

static void end_uring(struct world *w)
{
	uring_free(&ring);
	world_end(w);
}

static const struct sweep sweep_uring = {
	.name = "io_uring read",
	.begin = begin_uring,
	.call = ring_submit,
	.finish = finish_uring,
	.is_done = is_read,
	.end = end_uring,
	/* io_uring has EAGAIN for a request that it has no memory for. */
	.errors = { -ENOMEM, -EFAULT, -EAGAIN },
};

TEST_F_TIMEOUT(fail_nth, uring_read_loses_no_record, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_uring);
}

/* It waits for the event that comes afterwards. */
static int begin_uring_empty(struct world *w)
{
	return ring_begin() ?: begin_empty(w);
}

/* A request that was taken can have failed at once. */
static int finish_uring_empty(struct world *w)
{
	return ring_result(0);
}

static bool is_uring_read(struct world *w)
{
	if (!make_event(w))
		return false;
	w->result = ring_result(DEADLINE_MS);
	return is_all_read(w, 1);
}

static const struct sweep sweep_uring_empty = {
	.name = "io_uring read of an empty queue",
	.begin = begin_uring_empty,
	.call = ring_submit,
	.finish = finish_uring_empty,
	.is_done = is_uring_read,
	.end = end_uring,
	.errors = { -ENOMEM, -EFAULT, -EAGAIN },
};

TEST_F_TIMEOUT(fail_nth, uring_read_of_an_empty_queue_gets_the_next_event,
	       SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_uring_empty);
}

TEST_HARNESS_MAIN
