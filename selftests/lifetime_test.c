// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last reference to a descriptor counts, however it goes: what was bound
 * to it is gone, and nothing before that.
 */
#include <sys/epoll.h>

#include "netlink_helpers.h"

FIXTURE(lifetime) {
	struct session_name name;
	int keeper;
	int fd;
};

/* The keeper holds the session, fd has one watch in it. */
FIXTURE_SETUP(lifetime)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("lifetime");
	self->keeper = session_create(self->name.text);
	ASSERT_LE(0, self->keeper);
	ASSERT_EQ(0, variable_register(self->keeper, "x", value_int(0)));
	self->fd = session_open(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(1, watch_name(self->fd, "x", 0));
}

FIXTURE_TEARDOWN(lifetime)
{
	close(self->fd);
	close(self->keeper);
}

#define WATCHES(_self) netlink_count_watches((_self)->name.text)

TEST_F(lifetime, close_ends_the_watches)
{
	EXPECT_EQ(1, WATCHES(self));
	close(self->fd);
	EXPECT_EQ(0, WATCHES(self));
	self->fd = -1;
}

TEST_F(lifetime, duplicate_keeps_the_watches)
{
	const struct localstate_event *event;
	struct reader reader;
	int copy = dup(self->fd);

	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, WATCHES(self));
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(1)));
	reader_init(&reader, copy);
	EXPECT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	close(copy);
	EXPECT_EQ(0, WATCHES(self));
}

TEST_F(lifetime, duplicate_is_the_same_client)
{
	int copy = dup(self->fd);
	int ref = watch_name(copy, "x", 0);

	EXPECT_EQ(2, watch_count(self->fd));
	EXPECT_EQ(0, watch_end(self->fd, ref));
	EXPECT_EQ(1, watch_count(copy));
	close(copy);
	EXPECT_EQ(1, WATCHES(self));
}

static int hold(void *data)
{
	CHILD_CHECK(token_give(data));
	pause();
	return 1;
}

TEST_F(lifetime, forked_child_keeps_the_watches_until_it_is_killed)
{
	struct token token;
	pid_t pid;

	ASSERT_EQ(0, token_init(&token));
	pid = child_start(hold, &token);
	ASSERT_TRUE(token_take(&token));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, WATCHES(self));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(0, WATCHES(self));
}

/* Nobody has it open: it lies in a socket that nobody has read. */
TEST_F(lifetime, descriptor_in_flight_keeps_the_watches)
{
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, fd_send(pair[0], self->fd));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, WATCHES(self));
	close(pair[0]);
	close(pair[1]);
	EXPECT_EQ(0, WATCHES(self));
}

TEST_F(lifetime, epoll_does_not_keep_the_watches)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, WATCHES(self));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	close(epoll);
}

/* Two hundred watches, and a process that is shot. */

static int watch_two_hundred(void *data)
{
	struct session_name *name = data;
	int i, fd = session_open(name->text);
	char variable[16];

	CHILD_CHECK(fd >= 0);
	for (i = 0; i < 200; i++) {
		snprintf(variable, sizeof(variable), "x%d", i);
		CHILD_CHECK(!variable_register(fd, variable, value_int(i)));
		CHILD_CHECK(watch_name(fd, variable, 0) > 0);
	}
	for (i = 0; i < 200; i++) {
		snprintf(variable, sizeof(variable), "x%d", i);
		CHILD_CHECK(!variable_set(fd, variable, value_int(-1)));
	}
	CHILD_CHECK(!variable_set(fd, "x", value_int(1)));
	pause();
	return 1;
}

TEST_F(lifetime, sigkill_of_a_process_with_200_watches_leaves_none)
{
	const struct localstate_event *event;
	struct localstate_get get;
	struct reader reader;
	pid_t pid = child_start(watch_two_hundred, &self->name);

	reader_init(&reader, self->fd);
	ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	EXPECT_EQ(201, WATCHES(self));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(1, WATCHES(self));
	/* The variables are the session's, not the dead one's. */
	EXPECT_EQ(0, variable_set(self->keeper, "x0", value_int(5)));
	EXPECT_EQ(0, variable_get(self->keeper, "x199", &get));
	EXPECT_EQ(0, variable_delete(self->keeper, "x199"));
	EXPECT_TRUE(reader_is_drained(&reader));
}

/* Several ways to die. */

static int watch_and_die(void *data)
{
	struct session_name *name = data;
	int fd = session_open(name->text);

	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(watch_name(fd, "x", LOCALSTATE_WATCH_INITIAL) > 0);
	CHILD_CHECK(!variable_set(fd, "x", value_int(getpid())));
	return 0;
}

static int watch_and_crash(void *data)
{
	prctl(PR_SET_DUMPABLE, 0);
	CHILD_CHECK(!watch_and_die(data));
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return 1;
}

static int watch_and_exec(void *data)
{
	CHILD_CHECK(!watch_and_die(data));
	execl("/bin/true", "true", NULL);
	return 1;
}

TEST_F(lifetime, exit_crash_and_exec_end_the_watches)
{
	EXPECT_EQ(0, child_run(watch_and_die, &self->name));
	EXPECT_EQ(1, WATCHES(self));
	EXPECT_EQ(128 + SIGSEGV, child_run(watch_and_crash, &self->name));
	EXPECT_EQ(1, WATCHES(self));
	EXPECT_EQ(0, child_run(watch_and_exec, &self->name));
	EXPECT_EQ(1, WATCHES(self));
}

/* The last client dies in read(): the session ends with it. */
static int last_client(void *data)
{
	struct session_name *name = data;
	char buffer[256];
	int fd = session_create(name->text);

	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(!variable_register(fd, "x", value_int(1)));
	CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	return read(fd, buffer, sizeof(buffer)) < 0;
}

TEST_F(lifetime, session_ends_with_a_client_that_is_killed_in_read)
{
	struct session_name name = session_name_unique("lifetime.last");
	__s64 deadline = now_ms() + DEADLINE_MS;
	pid_t pid = child_start(last_client, &name);

	while (netlink_count_watches(name.text) != 1 && now_ms() < deadline)
		sched_yield();
	ASSERT_TRUE(child_falls_asleep(pid));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(-ENOENT, session_open(name.text));
}

TEST_HARNESS_MAIN
