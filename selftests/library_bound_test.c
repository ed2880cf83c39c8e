// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches that end with another process, on the real device.
 */
#include "library_helpers.h"

FIXTURE(library_bound) {
	struct lstate_session *s;
	struct lstate_watch *watch;
	pid_t child;
	int pidfd;
	int n_told;
	int n_ended;
	int others[2];
};

static int sleep_on(void *data)
{
	for (;;)
		pause();
	return 0;
}

static void told(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	int *n_told = user_data;

	++*n_told;
}

static void ended(void *user_data)
{
	int *n_told = user_data;

	/* The number behind it in the fixture. */
	++n_told[1];
}

static int watch(struct lstate_session *s, int *n_told, struct lstate_watch **made)
{
	static const char * const targets[] = { "x" };

	return lstate_watch_add(s, targets, 1, NULL, told, n_told, ended, made);
}

FIXTURE_SETUP(library_bound)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
	ASSERT_EQ(0, lstate_register_int(self->s, "x", 0));
	self->child = child_start(sleep_on, NULL);
	ASSERT_LT(0, self->child);
	self->pidfd = pidfd_open(self->child, 0);
	ASSERT_LE(0, self->pidfd);
	ASSERT_EQ(0, watch(self->s, &self->n_told, &self->watch));
	ASSERT_EQ(0, lstate_watch_bind_pidfd(self->watch, self->pidfd));
}

FIXTURE_TEARDOWN(library_bound)
{
	if (self->child)
		child_kill(self->child);
	close(self->pidfd);
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

TEST_F(library_bound, killed_child_ends_its_watch_and_no_other)
{
	ASSERT_EQ(0, watch(self->s, self->others, NULL));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	EXPECT_EQ(2, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->n_told);
	EXPECT_EQ(0, lstate_session_wait(self->s, 0));
	ASSERT_EQ(128 + SIGKILL, child_kill(self->child));
	self->child = 0;
	EXPECT_EQ(1, lstate_session_wait(self->s, -1));
	EXPECT_EQ(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->n_ended);
	EXPECT_EQ(0, lstate_session_wait(self->s, 0));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 2));
	EXPECT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->n_told);
	EXPECT_EQ(2, self->others[0]);
	EXPECT_EQ(0, self->others[1]);
}

TEST_F(library_bound, poll_descriptor_tells_of_the_exit)
{
	int fd = lstate_session_poll_fd(self->s);

	EXPECT_EQ(0, wait_readable(fd, 0));
	close(self->pidfd);
	kill(self->child, SIGKILL);
	EXPECT_EQ(1, wait_readable(fd, DEADLINE_MS));
	EXPECT_EQ(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->n_ended);
	EXPECT_EQ(0, wait_readable(fd, 0));
	EXPECT_EQ(NULL, lstate_watch_next(self->s, NULL));
	self->pidfd = -1;
}

TEST_F(library_bound, iteration_sees_the_exit)
{
	const struct lstate_event *event;

	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	ASSERT_EQ(128 + SIGKILL, child_kill(self->child));
	self->child = 0;
	EXPECT_EQ(1, lstate_event_next(self->s, 0, &event));
	EXPECT_EQ(0, self->n_ended);
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &event));
	EXPECT_EQ(1, self->n_ended);
}

/* What comes meanwhile does not put it off. */
TEST_F(library_bound, iteration_sees_the_exit_though_events_go_on)
{
	const struct lstate_event *event;

	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	EXPECT_EQ(1, lstate_event_next(self->s, 0, &event));
	ASSERT_EQ(128 + SIGKILL, child_kill(self->child));
	self->child = 0;
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 2));
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &event));
	EXPECT_EQ(1, self->n_ended);
}

/* Process after process: descriptors and the set keep nothing of those before. */
TEST_F(library_bound, another_process_takes_the_place_of_the_first)
{
	int first, last;

	ASSERT_EQ(0, lstate_watch_bind_pidfd(self->watch, self->pidfd));
	ASSERT_EQ(128 + SIGKILL, child_kill(self->child));
	close(self->pidfd);
	self->child = child_start(sleep_on, NULL);
	ASSERT_LT(0, self->child);
	self->pidfd = pidfd_open(self->child, 0);
	ASSERT_EQ(0, lstate_watch_bind_pidfd(self->watch, self->pidfd));
	/* The lowest that is free tells whether one more is in use. */
	first = dup(0);
	close(first);
	ASSERT_EQ(0, lstate_watch_bind_pidfd(self->watch, self->pidfd));
	ASSERT_EQ(0, lstate_watch_bind_pidfd(self->watch, self->pidfd));
	last = dup(0);
	close(last);
	EXPECT_GE(first + 1, last);
	EXPECT_EQ(0, lstate_session_wait(self->s, 0));
	EXPECT_EQ(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(0, self->n_ended);
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	EXPECT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->n_told);
}

TEST_F(library_bound, removed_watch_leaves_nothing_to_wait_for)
{
	lstate_watch_remove(self->watch);
	EXPECT_EQ(1, self->n_ended);
	ASSERT_EQ(128 + SIGKILL, child_kill(self->child));
	self->child = 0;
	EXPECT_EQ(0, wait_readable(lstate_session_poll_fd(self->s), 0));
	EXPECT_EQ(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->n_ended);
}

TEST_F(library_bound, what_is_no_pidfd_is_refused)
{
	char message[64];
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	snprintf(message, sizeof(message), "watch: descriptor %d is no pidfd",
		 fds[0]);
	EXPECT_FAILS(-EBADF, NONE, message,
		     lstate_watch_bind_pidfd(self->watch, fds[0]), self->s);
	close(fds[0]);
	close(fds[1]);
	EXPECT_EQ(-EBADF, lstate_watch_bind_pidfd(self->watch, -1));
	EXPECT_EQ(-EBADF, lstate_watch_bind_pidfd(self->watch, fds[0]));
	/* The process that it had still counts. */
	ASSERT_EQ(128 + SIGKILL, child_kill(self->child));
	self->child = 0;
	EXPECT_EQ(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->n_ended);
}

TEST_HARNESS_MAIN
