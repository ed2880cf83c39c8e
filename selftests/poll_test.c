// SPDX-License-Identifier: GPL-2.0-only
/*
 * Being told that there is something to read: poll, select, epoll.
 */
#include <sys/epoll.h>
#include <sys/select.h>

#include "wake_helpers.h"

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
	char buffer[INT_RECORD];

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
	/* Without an end of its own, at which poll() would look once more. */
	return wait_readable(*(int *)data, -1) != 1;
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

static bool wait_by_epoll(struct wake_race *race)
{
	return epoll_get(*(int *)race->data, DEADLINE_MS);
}

static void check_race(struct __test_metadata *_metadata, __u32 how)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct wake_race race = {
		.fd = session_private(),
		.n_each = 10000,
		.data = &epoll,
		.wait = wait_by_epoll,
	};

	ASSERT_LE(0, race.fd);
	ASSERT_EQ(0, fcntl(race.fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, epoll_watch(epoll, race.fd, how));
	wake_race_run(_metadata, &race);
	close(epoll);
	close(race.fd);
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
	int fd = *(int *)data;
	struct reader reader;
	const struct localstate_event *event;
	int i;

	reader_init(&reader, fd);
	for (i = 1; i <= 2000; i++) {
		CHILD_CHECK(reader_next(&reader, DEADLINE_MS, &event) == 1);
		CHILD_CHECK(event_new_int(event) == i);
		CHILD_CHECK(!variable_set(fd, "answer", value_int(i)));
	}
	return 0;
}

TEST_F_TIMEOUT(poll, every_change_of_a_dialogue_wakes, 90)
{
	struct session_name name = session_name_unique("dialogue");
	const struct localstate_event *event;
	int i, fd, other, epoll;
	pid_t pid;

	fd = session_create(name.text);
	ASSERT_LE(0, fd);
	other = session_open(name.text);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, variable_register(fd, "question", value_int(0)));
	ASSERT_EQ(0, variable_register(fd, "answer", value_int(0)));
	ASSERT_LE(1, watch_name(fd, "answer", 0));
	ASSERT_LE(1, watch_name(other, "question", 0));
	epoll = epoll_create1(0);
	ASSERT_EQ(0, epoll_watch(epoll, fd, EPOLLIN | EPOLLET));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	reader_init(&self->reader, fd);
	pid = child_start(answer, &other);
	for (i = 1; i <= 2000; i++) {
		ASSERT_EQ(0, variable_set(fd, "question", value_int(i)));
		ASSERT_EQ(EPOLLIN, epoll_get(epoll, DEADLINE_MS));
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		ASSERT_EQ(i, event_new_int(event));
		ASSERT_TRUE(reader_is_drained(&self->reader));
	}
	EXPECT_EQ(0, child_wait(pid));
	close(epoll);
	close(other);
	close(fd);
}

TEST_HARNESS_MAIN
