// SPDX-License-Identifier: GPL-2.0-only
/*
 * Being told by a signal that there is something to read: O_ASYNC.
 *
 * Signals are blocked and taken out one by one.  A real-time signal is queued
 * as often as it is sent, so that those can be counted.
 */
#include <sys/syscall.h>

#include "wake_helpers.h"

#define COUNTED (SIGRTMIN + 3)

FIXTURE(sigio) {
	int fd;
	int ref;
	struct reader reader;
};

FIXTURE_SETUP(sigio)
{
	sigset_t set;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, COUNTED);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "a", value_int(0)));
	ASSERT_EQ(0, variable_register(self->fd, "b", value_int(0)));
	self->ref = watch_name(self->fd, "a", 0);
	ASSERT_LE(1, self->ref);
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(sigio)
{
	close(self->fd);
}

/* @fd sends @number to this process; 0 is SIGIO without any information. */
static int signal_arm(int fd, int number)
{
	if (fcntl(fd, F_SETOWN, getpid()) || fcntl(fd, F_SETSIG, number))
		return -errno;
	return fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC) ? -errno : 0;
}

/* Takes one signal: whether there was one by the deadline. */
static bool signal_take(int number, int timeout_ms, siginfo_t *info)
{
	struct timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L,
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	return sigtimedwait(&set, info, &timeout) == number;
}

/* They are sent before the set returns: none is on its way. */
static int signal_count(int number)
{
	int n = 0;

	while (signal_take(number, 0, NULL))
		n++;
	return n;
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

TEST_F(sigio, comes_with_an_event)
{
	ASSERT_EQ(0, signal_arm(self->fd, 0));
	EXPECT_EQ(0, signal_count(SIGIO));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_EQ(1, signal_count(SIGIO));
	EXPECT_EQ(1, drain(&self->reader));
}

TEST_F(sigio, comes_once_until_the_queue_was_read)
{
	int i;

	ASSERT_EQ(0, signal_arm(self->fd, COUNTED));
	for (i = 1; i <= 5; i++)
		ASSERT_EQ(0, variable_set(self->fd, "a", value_int(i)));
	EXPECT_EQ(1, signal_count(COUNTED));
	EXPECT_EQ(5, drain(&self->reader));
	EXPECT_EQ(0, signal_count(COUNTED));
	for (i = 1; i <= 5; i++)
		ASSERT_EQ(0, variable_set(self->fd, "a", value_int(-i)));
	EXPECT_EQ(1, signal_count(COUNTED));
}

/* Who reads one of two gets a signal for the third, and none for the second. */
TEST_F(sigio, comes_again_after_a_read_that_left_something)
{
	char buffer[INT_RECORD];

	ASSERT_EQ(0, signal_arm(self->fd, COUNTED));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(2)));
	EXPECT_EQ(1, signal_count(COUNTED));
	ASSERT_EQ(sizeof(buffer), read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(0, signal_count(COUNTED));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(3)));
	EXPECT_EQ(1, signal_count(COUNTED));
	EXPECT_EQ(2, drain(&self->reader));
}

TEST_F(sigio, tells_descriptor_and_band)
{
	siginfo_t info;

	ASSERT_EQ(0, signal_arm(self->fd, COUNTED));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_TRUE(signal_take(COUNTED, 0, &info));
	EXPECT_EQ(self->fd, info.si_fd);
	EXPECT_EQ(POLL_IN, info.si_code);
	EXPECT_EQ(POLLIN | POLLRDNORM, info.si_band);
}

TEST_F(sigio, of_two_descriptors_are_told_apart)
{
	int other = session_private();
	siginfo_t info;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, variable_register(other, "a", value_int(0)));
	ASSERT_LE(1, watch_name(other, "a", 0));
	ASSERT_EQ(0, signal_arm(self->fd, COUNTED));
	ASSERT_EQ(0, signal_arm(other, COUNTED));
	ASSERT_EQ(0, variable_set(other, "a", value_int(1)));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_TRUE(signal_take(COUNTED, 0, &info));
	EXPECT_EQ(other, info.si_fd);
	ASSERT_TRUE(signal_take(COUNTED, 0, &info));
	EXPECT_EQ(self->fd, info.si_fd);
	EXPECT_EQ(0, signal_count(COUNTED));
	close(other);
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(2)));
	EXPECT_EQ(0, signal_count(COUNTED));
}

TEST_F(sigio, is_not_sent_for_what_queues_nothing)
{
	ASSERT_EQ(0, signal_arm(self->fd, COUNTED));
	ASSERT_EQ(0, variable_set(self->fd, "b", value_int(1)));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(0)));
	EXPECT_EQ(-EINVAL, variable_set(self->fd, "a", value_bool(true)));
	ASSERT_EQ(0, watch_end(self->fd, self->ref));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_EQ(0, signal_count(COUNTED));
	/* It was armed all the time. */
	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(2)));
	EXPECT_EQ(1, signal_count(COUNTED));
}

TEST_F(sigio, comes_with_the_end_of_the_session)
{
	siginfo_t info;

	ASSERT_EQ(0, signal_arm(self->fd, COUNTED));
	ASSERT_EQ(0, session_destroy(self->fd));
	ASSERT_TRUE(signal_take(COUNTED, 0, &info));
	EXPECT_EQ(self->fd, info.si_fd);
	EXPECT_EQ(0, signal_count(COUNTED));
}

/* Even if a signal for the queue was sent, and nobody has read since. */
TEST_F(sigio, comes_with_the_end_behind_an_event)
{
	ASSERT_EQ(0, signal_arm(self->fd, COUNTED));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_EQ(1, signal_count(COUNTED));
	ASSERT_EQ(0, session_destroy(self->fd));
	EXPECT_EQ(1, signal_count(COUNTED));
}

TEST_F(sigio, comes_no_more_once_it_was_switched_off)
{
	ASSERT_EQ(0, signal_arm(self->fd, COUNTED));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_EQ(0, signal_count(COUNTED));
	/* And again when it is on: there need be no read() between. */
	ASSERT_EQ(0, signal_arm(self->fd, COUNTED));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(2)));
	EXPECT_EQ(1, signal_count(COUNTED));
}

/**
 * struct owner - a thread that owns a descriptor
 * @fd: the descriptor
 * @ready: it is the owner now
 * @taken: it got its signal
 */
struct owner {
	int fd;
	struct token ready;
	bool taken;
};

static void *own(void *data)
{
	struct owner *owner = data;
	struct f_owner_ex ex = {
		.type = F_OWNER_TID,
		.pid = syscall(SYS_gettid),
	};

	if (signal_arm(owner->fd, COUNTED) ||
	    fcntl(owner->fd, F_SETOWN_EX, &ex))
		return NULL;
	token_give(&owner->ready);
	owner->taken = signal_take(COUNTED, DEADLINE_MS, NULL);
	return NULL;
}

TEST_F(sigio, goes_to_the_thread_that_owns)
{
	struct owner owner = { .fd = self->fd };
	pthread_t thread;

	ASSERT_EQ(0, token_init(&owner.ready));
	ASSERT_EQ(0, pthread_create(&thread, NULL, own, &owner));
	ASSERT_TRUE(token_take(&owner.ready));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	/* One for the process would be anybody's. */
	EXPECT_EQ(0, signal_count(COUNTED));
	pthread_join(thread, NULL);
	EXPECT_TRUE(owner.taken);
	token_free(&owner.ready);
}

static int own_and_die(void *data)
{
	return signal_arm(*(int *)data, COUNTED);
}

TEST_F(sigio, of_an_owner_that_is_dead_is_nobodys)
{
	EXPECT_EQ(0, child_run(own_and_die, &self->fd));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_EQ(0, signal_count(COUNTED));
	EXPECT_EQ(1, drain(&self->reader));
}

static bool wait_by_signal(struct wake_race *race)
{
	(void)race;
	return signal_take(SIGIO, DEADLINE_MS, NULL);
}

TEST_F_TIMEOUT(sigio, reader_never_sleeps_on_a_pending_event, 90)
{
	struct wake_race race = {
		.fd = session_private(),
		.n_each = 10000,
		.wait = wait_by_signal,
	};

	ASSERT_LE(0, race.fd);
	ASSERT_EQ(0, signal_arm(race.fd, 0));
	wake_race_run(_metadata, &race);
	close(race.fd);
}

TEST_HARNESS_MAIN
