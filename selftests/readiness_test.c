// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every way to ask whether there is something to read gives the same answer,
 * whatever the state of the queue; and every way to sleep is woken.
 */
#include <sys/epoll.h>
#include <sys/select.h>

#include "alone_helpers.h"
#include "uring_helpers.h"

#define ASKED (POLLIN | POLLPRI | POLLOUT)

/*
 * How long a child sleeps: at the end of its time poll() looks once more and finds what
 * nobody has woken it for.  By then its parent has given up.
 */
#define SLEEP_MS (10 * DEADLINE_MS)

/* POLLOUT is never told: nobody can write. */
/* The ways: POLLIN, POLLHUP and the like, 0 at the deadline, or -errno. */

static int ask_poll(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = ASKED };

	return poll(&pfd, 1, timeout_ms) < 0 ? -errno : pfd.revents;
}

static struct timespec timespec_ms(int ms)
{
	return (struct timespec) {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000L,
	};
}

static int ask_ppoll(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = ASKED };
	struct timespec timeout = timespec_ms(timeout_ms);

	return ppoll(&pfd, 1, &timeout, NULL) < 0 ? -errno : pfd.revents;
}

struct sets {
	fd_set in, out, exceptional;
};

static void sets_init(struct sets *sets, int fd)
{
	memset(sets, 0, sizeof(*sets));
	FD_SET(fd, &sets->in);
	FD_SET(fd, &sets->out);
	FD_SET(fd, &sets->exceptional);
}

static int sets_result(const struct sets *sets, int fd)
{
	return (FD_ISSET(fd, &sets->in) ? POLLIN : 0) |
	       (FD_ISSET(fd, &sets->out) ? POLLOUT : 0) |
	       (FD_ISSET(fd, &sets->exceptional) ? POLLPRI : 0);
}

static int ask_select(int fd, int timeout_ms)
{
	struct timeval timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000,
	};
	struct sets sets;

	sets_init(&sets, fd);
	if (select(fd + 1, &sets.in, &sets.out, &sets.exceptional, &timeout) < 0)
		return -errno;
	return sets_result(&sets, fd);
}

static int ask_pselect(int fd, int timeout_ms)
{
	struct timespec timeout = timespec_ms(timeout_ms);
	struct sets sets;

	sets_init(&sets, fd);
	if (pselect(fd + 1, &sets.in, &sets.out, &sets.exceptional, &timeout,
		    NULL) < 0)
		return -errno;
	return sets_result(&sets, fd);
}

static int ask_epoll_how(int fd, int timeout_ms, __u32 how)
{
	struct epoll_event event = { .events = ASKED | how };
	int epoll = epoll_create1(EPOLL_CLOEXEC), n;

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	event.events = 0;
	n = epoll_wait(epoll, &event, 1, timeout_ms);
	if (n < 0)
		n = -errno;
	close(epoll);
	return n < 0 ? n : (int)event.events;
}

static int ask_epoll(int fd, int timeout_ms)
{
	return ask_epoll_how(fd, timeout_ms, 0);
}

static int ask_epoll_edge(int fd, int timeout_ms)
{
	return ask_epoll_how(fd, timeout_ms, EPOLLET | EPOLLONESHOT);
}

static int ask_uring(int fd, int timeout_ms)
{
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_POLL_ADD,
		.fd = fd,
		.poll32_events = ASKED,
	};
	struct io_uring_cqe cqe = { .res = -EIO };
	struct uring uring;
	int err = uring_init(&uring);

	if (err)
		return err;
	if (!uring_submit(&uring, sqe, 1) &&
	    !uring_take(&uring, timeout_ms, &cqe))
		cqe.res = 0;
	uring_free(&uring);
	return cqe.res;
}

FIXTURE(readiness) {
	struct session_name name;
	int fd;
	int writer;
	struct reader reader;
};

FIXTURE_VARIANT(readiness) {
	int (*ask)(int fd, int timeout_ms);
	int hangup;
	/* It asks no more when it was woken with an answer. */
	bool believes;
};

FIXTURE_VARIANT_ADD(readiness, poll) {
	.ask = ask_poll,
	.hangup = POLLHUP,
};

FIXTURE_VARIANT_ADD(readiness, ppoll) {
	.ask = ask_ppoll,
	.hangup = POLLHUP,
};

/* These two know no hangup: it is told as something to read. */
FIXTURE_VARIANT_ADD(readiness, select) {
	.ask = ask_select,
	.hangup = POLLIN,
};

FIXTURE_VARIANT_ADD(readiness, pselect) {
	.ask = ask_pselect,
	.hangup = POLLIN,
};

FIXTURE_VARIANT_ADD(readiness, epoll) {
	.ask = ask_epoll,
	.hangup = POLLHUP,
};

FIXTURE_VARIANT_ADD(readiness, edge_triggered_epoll) {
	.ask = ask_epoll_edge,
	.hangup = POLLHUP,
};

FIXTURE_VARIANT_ADD(readiness, io_uring) {
	.ask = ask_uring,
	.hangup = POLLHUP,
	.believes = true,
};

FIXTURE_SETUP(readiness)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("readiness");
	self->writer = session_create(self->name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(0)));
	self->fd = session_open_flags(self->name.text, 0, 0,
				      O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	if (variant->ask(self->fd, 0) < 0)
		SKIP(return, "no io_uring");
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(readiness)
{
	close(self->fd);
	close(self->writer);
}

#define READY(_mask) EXPECT_EQ(_mask, variant->ask(self->fd, 0))

/* Sets the variable @n times to what it was not before. */
static int set_times(int fd, int n)
{
	static int value;
	int err = 0;

	while (!err && n--)
		err = variable_set(fd, "a", value_int(++value));
	return err;
}

TEST_F(readiness, of_a_descriptor_without_a_session_is_none)
{
	int fd = device_open(O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, variant->ask(fd, 0));
	ASSERT_EQ(0, session_attach(fd, self->name.text, 0, 0));
	EXPECT_EQ(0, variant->ask(fd, 0));
	close(fd);
}

TEST_F(readiness, is_there_from_the_first_event_to_the_last_read)
{
	char buffer[INT_RECORD];

	READY(0);
	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	READY(0);
	ASSERT_EQ(0, set_times(self->writer, 2));
	READY(POLLIN);
	ASSERT_EQ(sizeof(buffer), read(self->fd, buffer, sizeof(buffer)));
	READY(POLLIN);
	ASSERT_EQ(sizeof(buffer), read(self->fd, buffer, sizeof(buffer)));
	READY(0);
	EXPECT_EQ(-1, read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(EAGAIN, errno);
	READY(0);
}

TEST_F(readiness, is_there_while_a_change_waits_for_room)
{
	const struct localstate_event *event;
	__u32 merged = 0;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	ASSERT_EQ(0, set_times(self->writer, 100));
	self->reader.limit = sizeof(*event) + 16;
	while (!merged) {
		READY(POLLIN);
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		merged = event->merged;
	}
	EXPECT_TRUE(reader_is_empty(&self->reader));
	READY(0);
}

TEST_F(readiness, of_what_was_unwatched_is_none)
{
	int first, second;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	first = watch_name(self->fd, "a", 0);
	ASSERT_LE(1, first);
	/* What is left of it: records, and a change that waits for room. */
	ASSERT_EQ(0, set_times(self->writer, 100));
	ASSERT_EQ(0, watch_end(self->fd, first));
	READY(0);
	second = watch_name(self->fd, "a", 0);
	READY(0);
	ASSERT_EQ(0, set_times(self->writer, 1));
	READY(POLLIN);
	ASSERT_EQ(0, watch_end(self->fd, second));
	READY(0);
}

TEST_F(readiness, of_an_ended_session_is_input_then_hangup)
{
	const struct localstate_event *event;

	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	ASSERT_EQ(0, set_times(self->writer, 1));
	ASSERT_EQ(0, session_destroy(self->writer));
	self->reader.limit = sizeof(*event) + 16;
	READY(POLLIN);
	ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	ASSERT_EQ(LOCALSTATE_EVENT_CHANGED, event->kind);
	READY(POLLIN);
	ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	ASSERT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
	READY(variant->hangup);
	READY(variant->hangup);
}

TEST_F(readiness, is_awaited_until_the_deadline)
{
	__s64 start = now_ms();

	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	EXPECT_EQ(0, variant->ask(self->fd, 50));
	EXPECT_LE(50, now_ms() - start);
}

/**
 * struct sleeper - a child that waits
 * @ask: its way
 * @fd: for what
 * @result: what it was told
 */
struct sleeper {
	int (*ask)(int fd, int timeout_ms);
	int fd;
	int result;
};

static int sleeper_run(void *data)
{
	struct sleeper *sleeper = data;

	sleeper->result = sleeper->ask(sleeper->fd, SLEEP_MS);
	return 0;
}

static struct sleeper *sleeper_alloc(int (*ask)(int fd, int timeout_ms), int fd)
{
	struct sleeper *sleeper = shared_alloc(sizeof(*sleeper));

	if (sleeper)
		*sleeper = (struct sleeper) { ask, fd, -1 };
	return sleeper;
}

TEST_F(readiness, wakes_who_sleeps)
{
	struct sleeper *sleeper = sleeper_alloc(variant->ask, self->fd);
	pid_t pid;

	ASSERT_NE(NULL, sleeper);
	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	pid = child_start(sleeper_run, sleeper);
	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, set_times(self->writer, 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(POLLIN, sleeper->result);
}

/* What has woken it is gone before it gets to look. */
TEST_F(readiness, wakes_once_more_who_was_woken_in_vain)
{
	struct sleeper *sleeper = sleeper_alloc(variant->ask, self->fd);
	int ref = watch_name(self->fd, "a", 0);
	pid_t pid;

	if (geteuid())
		SKIP(return, "needs root to go first");
	ASSERT_NE(NULL, sleeper);
	ASSERT_LE(1, ref);
	pid = child_start(sleeper_run, sleeper);
	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, alone_begin(pid));
	ASSERT_EQ(0, set_times(self->writer, 1));
	ASSERT_EQ(0, watch_end(self->fd, ref));
	EXPECT_EQ('R', child_state(pid));
	ASSERT_EQ(0, alone_end());
	if (!variant->believes) {
		ASSERT_TRUE(child_falls_asleep(pid));
		EXPECT_EQ(-1, sleeper->result);
		ASSERT_LE(1, watch_name(self->fd, "a", 0));
		ASSERT_EQ(0, set_times(self->writer, 1));
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(POLLIN, sleeper->result);
}

TEST_F(readiness, of_an_ended_session_wakes_who_sleeps)
{
	struct sleeper *sleeper = sleeper_alloc(variant->ask, self->fd);
	pid_t pid;

	ASSERT_NE(NULL, sleeper);
	pid = child_start(sleeper_run, sleeper);
	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, session_destroy(self->writer));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(POLLIN, sleeper->result);
}

static void on_signal(int number)
{
	(void)number;
}

static int sleeper_with_signal(void *data)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sleeper *sleeper = data;

	CHILD_CHECK(!sigaction(SIGUSR1, &action, NULL));
	sleeper->result = sleeper->ask(sleeper->fd, SLEEP_MS);
	/* Nothing is lost: it is told the next time. */
	CHILD_CHECK(sleeper->ask(sleeper->fd, SLEEP_MS) == POLLIN);
	return 0;
}

TEST_F(readiness, is_still_told_after_a_signal)
{
	struct sleeper *sleeper = sleeper_alloc(variant->ask, self->fd);
	pid_t pid;

	ASSERT_NE(NULL, sleeper);
	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	pid = child_start(sleeper_with_signal, sleeper);
	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(0, set_times(self->writer, 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(sleeper->result == -EINTR || sleeper->result == POLLIN ||
		    !sleeper->result);
}

TEST_HARNESS_MAIN
