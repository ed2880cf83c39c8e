// SPDX-License-Identifier: GPL-2.0-only
/*
 * Being told that there is something to read: poll, select, epoll, SIGIO.
 */
#include <sys/epoll.h>
#include <sys/select.h>

#include "process_helpers.h"

FIXTURE(poll) {
	int fd;
	int ref;
	int epoll;
	struct reader reader;
};

FIXTURE_SETUP(poll)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, variable_register(self->fd, "a", value_int(0)));
	self->ref = watch_name(self->fd, "a", 0);
	ASSERT_LE(1, self->ref);
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, self->epoll);
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(poll)
{
	close(self->epoll);
	close(self->fd);
}

static int epoll_watch(int epoll, int fd, __u32 events)
{
	struct epoll_event event = { .events = events };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* The events that epoll tells, 0 at the deadline. */
static __u32 epoll_get(int epoll, int timeout_ms)
{
	struct epoll_event event = { 0 };

	return epoll_wait(epoll, &event, 1, timeout_ms) == 1 ? event.events : 0;
}

/* Takes all out that there is: the number of events. */
static int drain(struct reader *reader)
{
	const struct localstate_event *event;
	int n = 0;

	while (!reader_is_drained(reader) && reader_next(reader, 0, &event) == 1)
		n++;
	return n;
}

static bool select_says_readable(int fd)
{
	struct timeval none = { 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, &none) == 1;
}

TEST_F(poll, readable_while_there_is_an_event)
{
	struct pollfd pfd = { .fd = self->fd, .events = POLLIN | POLLRDNORM };

	EXPECT_EQ(0, poll(&pfd, 1, 0));
	EXPECT_FALSE(select_says_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLIN | POLLRDNORM, pfd.revents);
	EXPECT_TRUE(select_says_readable(self->fd));
	EXPECT_EQ(1, drain(&self->reader));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	EXPECT_FALSE(select_says_readable(self->fd));
}

TEST_F(poll, readable_until_the_last_record_is_read)
{
	char buffer[sizeof(struct localstate_event) + 16];

	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(2)));
	EXPECT_TRUE(is_readable(self->fd));
	EXPECT_EQ(sizeof(buffer), read(self->fd, buffer, sizeof(buffer)));
	EXPECT_TRUE(is_readable(self->fd));
	EXPECT_EQ(sizeof(buffer), read(self->fd, buffer, sizeof(buffer)));
	EXPECT_FALSE(is_readable(self->fd));
}

TEST_F(poll, a_set_that_changes_nothing_wakes_nobody)
{
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(0)));
	EXPECT_FALSE(is_readable(self->fd));
}

static int poll_child(void *data)
{
	return wait_readable(*(int *)data, DEADLINE_MS) != 1;
}

TEST_F(poll, sleeping_poll_is_woken_by_a_change)
{
	pid_t pid = child_start(poll_child, &self->fd);

	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(poll, all_sleepers_are_woken)
{
	pid_t pid[8];
	int i;

	for (i = 0; i < 8; i++) {
		pid[i] = child_start(poll_child, &self->fd);
		ASSERT_TRUE(child_falls_asleep(pid[i]));
	}
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, child_wait(pid[i]));
}

TEST_F(poll, level_triggered_tells_as_long_as_there_is_something)
{
	ASSERT_EQ(0, epoll_watch(self->epoll, self->fd, EPOLLIN));
	EXPECT_EQ(0, epoll_get(self->epoll, 0));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_EQ(EPOLLIN, epoll_get(self->epoll, 0));
	EXPECT_EQ(EPOLLIN, epoll_get(self->epoll, 0));
	EXPECT_EQ(1, drain(&self->reader));
	EXPECT_EQ(0, epoll_get(self->epoll, 0));
}

TEST_F(poll, edge_triggered_tells_once_until_it_was_drained)
{
	ASSERT_EQ(0, epoll_watch(self->epoll, self->fd, EPOLLIN | EPOLLET));
	EXPECT_EQ(0, epoll_get(self->epoll, 0));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_EQ(EPOLLIN, epoll_get(self->epoll, DEADLINE_MS));
	EXPECT_EQ(0, epoll_get(self->epoll, 0));
	EXPECT_EQ(1, drain(&self->reader));
	EXPECT_EQ(0, epoll_get(self->epoll, 0));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(2)));
	EXPECT_EQ(EPOLLIN, epoll_get(self->epoll, DEADLINE_MS));
}

TEST_F(poll, edge_triggered_tells_of_what_was_there_before)
{
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EQ(0, epoll_watch(self->epoll, self->fd, EPOLLIN | EPOLLET));
	EXPECT_EQ(EPOLLIN, epoll_get(self->epoll, 0));
}

TEST_F(poll, end_of_the_session_is_told_to_epoll)
{
	const struct localstate_event *event;

	ASSERT_EQ(0, epoll_watch(self->epoll, self->fd, EPOLLIN | EPOLLET));
	ASSERT_EQ(0, session_destroy(self->fd));
	EXPECT_EQ(EPOLLIN, epoll_get(self->epoll, DEADLINE_MS));
	ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
	ASSERT_EQ(0, epoll_ctl(self->epoll, EPOLL_CTL_DEL, self->fd, NULL));
	ASSERT_EQ(0, epoll_watch(self->epoll, self->fd, EPOLLIN));
	EXPECT_EQ(EPOLLHUP, epoll_get(self->epoll, 0));
}

/* Lost wake-ups. */

#define N_EACH 30000

struct race {
	struct gate *gate;
	int fd;
	const char *name;
};

static int write_fast(void *data)
{
	struct race *race = data;
	int i;

	gate_pass(race->gate);
	for (i = 1; i <= N_EACH; i++)
		CHILD_CHECK(!variable_set(race->fd, race->name, value_int(i)));
	return 0;
}

/* What the reader of the race has seen of both variables. */
struct race_result {
	struct tally tally[2];
	__u64 sleeps;
	int wrong;
};

/* Reads until EAGAIN: 0, or -errno. */
static int read_all(int fd, struct race_result *result)
{
	static __u64 buffer[2048];
	const struct localstate_event *event;
	ssize_t len, at;

	for (;;) {
		len = read(fd, buffer, sizeof(buffer));
		if (len < 0)
			return errno == EAGAIN ? 0 : -errno;
		for (at = 0; at < len; at += event->size) {
			event = (const void *)((char *)buffer + at);
			if (!event_is_sound(event, len - at))
				return -EPROTO;
			tally_event(&result->tally[event->target], event);
		}
	}
}

static bool race_is_over(const struct race_result *result)
{
	return result->tally[0].version == N_EACH &&
	       result->tally[1].version == N_EACH;
}

/*
 * The reader sleeps only after EAGAIN.  If it is not woken although there is
 * something, it sleeps on until the deadline, and that is the failure.
 */
static int read_race(int fd, int epoll, struct race_result *result)
{
	int err = read_all(fd, result);

	while (!err && !race_is_over(result)) {
		result->sleeps++;
		if (!epoll_get(epoll, DEADLINE_MS))
			return -ETIME;
		err = read_all(fd, result);
	}
	return err;
}

static void check_race(struct __test_metadata *_metadata, __u32 how)
{
	const struct localstate_target targets[] = {
		target_name("a"), target_name("b"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);
	struct gate *gate = gate_alloc(3);
	int fd = session_private(), epoll = epoll_create1(0);
	struct race race[] = { { gate, fd, "a" }, { gate, fd, "b" } };
	struct race_result result = { 0 };
	pid_t pid[2];
	int i;

	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, variable_register(fd, "a", value_int(0)));
	ASSERT_EQ(0, variable_register(fd, "b", value_int(0)));
	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, epoll_watch(epoll, fd, how));
	for (i = 0; i < 2; i++)
		pid[i] = child_start(write_fast, &race[i]);
	gate_pass(gate);
	EXPECT_EQ(0, read_race(fd, epoll, &result));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, child_wait(pid[i]));
		EXPECT_EQ(0, result.tally[i].wrong);
		EXPECT_EQ(N_EACH, result.tally[i].version);
		EXPECT_EQ(N_EACH, result.tally[i].events + result.tally[i].merged);
	}
	/* Without sleeping it would have proved nothing. */
	EXPECT_LT(10, result.sleeps);
	EXPECT_FALSE(is_readable(fd));
	close(epoll);
	close(fd);
}

TEST_F_TIMEOUT(poll, edge_triggered_reader_never_sleeps_on_a_pending_event, 90)
{
	check_race(_metadata, EPOLLIN | EPOLLET);
}

TEST_F_TIMEOUT(poll, level_triggered_reader_never_sleeps_on_a_pending_event, 90)
{
	check_race(_metadata, EPOLLIN);
}

/*
 * One event at a time, and the answer comes only when it was read: each one
 * needs its wake-up.
 */
static int answer(void *data)
{
	struct race *race = data;
	struct reader reader;
	const struct localstate_event *event;
	int i;

	reader_init(&reader, race->fd);
	for (i = 1; i <= 2000; i++) {
		CHILD_CHECK(reader_next(&reader, DEADLINE_MS, &event) == 1);
		CHILD_CHECK(event_new_int(event) == i);
		CHILD_CHECK(!variable_set(race->fd, "answer", value_int(i)));
	}
	return 0;
}

TEST_F_TIMEOUT(poll, every_change_of_a_dialogue_wakes, 90)
{
	struct session_name name = session_name_unique("dialogue");
	const struct localstate_event *event;
	struct race race = { 0 };
	int i, fd, epoll;
	pid_t pid;

	fd = session_create(name.text);
	ASSERT_LE(0, fd);
	race.fd = session_open(name.text);
	ASSERT_EQ(0, variable_register(fd, "question", value_int(0)));
	ASSERT_EQ(0, variable_register(fd, "answer", value_int(0)));
	ASSERT_LE(1, watch_name(fd, "answer", 0));
	ASSERT_LE(1, watch_name(race.fd, "question", 0));
	epoll = epoll_create1(0);
	ASSERT_EQ(0, epoll_watch(epoll, fd, EPOLLIN | EPOLLET));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	reader_init(&self->reader, fd);
	pid = child_start(answer, &race);
	for (i = 1; i <= 2000; i++) {
		ASSERT_EQ(0, variable_set(fd, "question", value_int(i)));
		ASSERT_EQ(EPOLLIN, epoll_get(epoll, DEADLINE_MS));
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		ASSERT_EQ(i, event_new_int(event));
		ASSERT_TRUE(reader_is_drained(&self->reader));
	}
	EXPECT_EQ(0, child_wait(pid));
	close(epoll);
	close(race.fd);
	close(fd);
}

/* SIGIO. */

static int sigio_arm(int fd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	if (sigprocmask(SIG_BLOCK, &set, NULL) || fcntl(fd, F_SETOWN, getpid()))
		return -errno;
	return fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC) ? -errno : 0;
}

/* Takes one SIGIO: whether there was one by the deadline. */
static bool sigio_take(int timeout_ms)
{
	struct timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L,
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	return sigtimedwait(&set, NULL, &timeout) == SIGIO;
}

TEST_F(poll, sigio_comes_with_an_event)
{
	ASSERT_EQ(0, sigio_arm(self->fd));
	EXPECT_FALSE(sigio_take(0));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_TRUE(sigio_take(DEADLINE_MS));
	/* And again, once it was read. */
	EXPECT_EQ(1, drain(&self->reader));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(2)));
	EXPECT_TRUE(sigio_take(DEADLINE_MS));
}

TEST_F(poll, sigio_comes_with_the_end_of_the_session)
{
	ASSERT_EQ(0, sigio_arm(self->fd));
	ASSERT_EQ(0, session_destroy(self->fd));
	EXPECT_TRUE(sigio_take(DEADLINE_MS));
}

TEST_F(poll, no_sigio_after_it_was_switched_off)
{
	ASSERT_EQ(0, sigio_arm(self->fd));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_FALSE(sigio_take(0));
}

TEST_HARNESS_MAIN
