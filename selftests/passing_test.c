// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor that is sent along a socket: all that belongs to it goes with
 * it, to whomever; it lives until the last one is gone, on its way too.
 */
#include "netlink_helpers.h"

FIXTURE(passing) {
	struct session_name name;
	int keeper;
	int fd;
	int socket[2];
};

/* The keeper holds the session; fd has one watch in it, and is sent. */
FIXTURE_SETUP(passing)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to become others");
	self->name = session_name_unique("passing");
	self->keeper = session_create(self->name.text);
	ASSERT_LE(0, self->keeper);
	ASSERT_EQ(0, variable_register(self->keeper, "x", value_int(0)));
	self->fd = session_open(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(1, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				self->socket));
}

FIXTURE_TEARDOWN(passing)
{
	close(self->socket[0]);
	close(self->socket[1]);
	close(self->fd);
	close(self->keeper);
}

#define WATCHES(_self) netlink_count_watches((_self)->name.text)

/* A socket may be freed by a worker, in its own time. */
static bool watches_become(const struct session_name *name, int n)
{
	__s64 deadline = now_ms() + DEADLINE_MS;

	while (netlink_count_watches(name->text) != n) {
		if (now_ms() > deadline)
			return false;
		sched_yield();
	}
	return true;
}

/**
 * struct receiver - a process that has nothing but what it is sent
 * @socket: where the descriptor comes from
 * @sender: pid of who sends it
 * @n: events that it takes out
 * @ready: it has the descriptor
 */
struct receiver {
	int socket;
	pid_t sender;
	int n;
	struct token ready;
};

static int receive(const struct receiver *receiver)
{
	/* Whatever came by fork() is gone. */
	closefrom(receiver->socket + 1);
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(wait_readable(receiver->socket, DEADLINE_MS) == 1);
	return fd_receive(receiver->socket);
}

static int read_what_was_sent(void *data)
{
	struct receiver *receiver = data;
	const struct localstate_event *event;
	struct reader reader;
	int fd, i;

	CHILD_CHECK(dup2(receiver->socket, 3) == 3);
	receiver->socket = 3;
	fd = receive(receiver);
	CHILD_CHECK(fd >= 0);
	reader_init(&reader, fd);
	for (i = 1; i <= receiver->n; i++) {
		CHILD_CHECK(reader_next(&reader, DEADLINE_MS, &event) == 1);
		CHILD_CHECK(event_new_int(event) == i);
		CHILD_CHECK(event->pid == (__u32)receiver->sender);
		CHILD_CHECK(event->uid == 0);
	}
	/* It is the sender's right that counts, and the sender's watch. */
	CHILD_CHECK(watch_count(fd) == 1);
	CHILD_CHECK(!variable_set(fd, "x", value_int(-1)));
	CHILD_CHECK(reader_next(&reader, DEADLINE_MS, &event) == 1);
	CHILD_CHECK(event->pid == (__u32)getpid() && event->uid == OTHER_UID);
	return 0;
}

TEST_F(passing, stranger_reads_what_was_queued_and_what_comes)
{
	struct receiver receiver = {
		.socket = self->socket[1],
		.sender = getpid(),
		.n = 4,
	};
	pid_t pid;
	int i;

	for (i = 1; i <= 3; i++)
		ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(i)));
	pid = child_start(read_what_was_sent, &receiver);
	ASSERT_EQ(0, fd_send(self->socket[0], self->fd));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(4)));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, WATCHES(self));
}

static int hold_what_was_sent(void *data)
{
	struct receiver *receiver = data;

	CHILD_CHECK(wait_readable(receiver->socket, DEADLINE_MS) == 1);
	CHILD_CHECK(fd_receive(receiver->socket) >= 0);
	CHILD_CHECK(token_give(&receiver->ready));
	pause();
	return 1;
}

static int send_and_die(void *data)
{
	const int *fds = data;

	CHILD_CHECK(!fd_send(fds[0], fds[1]));
	return 0;
}

TEST_F(passing, watch_outlives_its_sender_and_ends_with_its_receiver)
{
	struct receiver receiver = { .socket = self->socket[1] };
	int fds[] = { self->socket[0], self->fd };
	pid_t pid;

	ASSERT_EQ(0, token_init(&receiver.ready));
	ASSERT_EQ(0, child_run(send_and_die, fds));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, WATCHES(self));
	pid = child_start(hold_what_was_sent, &receiver);
	ASSERT_TRUE(token_take(&receiver.ready));
	EXPECT_EQ(1, WATCHES(self));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(0, WATCHES(self));
	token_free(&receiver.ready);
}

TEST_F(passing, event_that_comes_on_the_way_is_there_at_the_end)
{
	const struct localstate_event *event;
	struct reader reader;
	int fd;

	ASSERT_EQ(0, fd_send(self->socket[0], self->fd));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(1)));
	fd = fd_receive(self->socket[1]);
	ASSERT_LE(0, fd);
	reader_init(&reader, fd);
	ASSERT_EQ(1, reader_next(&reader, 0, &event));
	EXPECT_EQ(1, event_new_int(event));
	close(fd);
	EXPECT_EQ(0, WATCHES(self));
}

TEST_F(passing, end_of_the_session_reaches_it_on_the_way)
{
	const struct localstate_event *event;
	struct reader reader;
	int fd;

	ASSERT_EQ(0, fd_send(self->socket[0], self->fd));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, session_destroy(self->keeper));
	fd = fd_receive(self->socket[1]);
	ASSERT_LE(0, fd);
	reader_init(&reader, fd);
	ASSERT_EQ(1, reader_next(&reader, 0, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
	close(fd);
}

/* It lies in a socket that lies in itself: only the collector finds it. */
TEST_F(passing, descriptor_in_a_socket_that_nobody_reaches_is_released)
{
	int other[2];

	ASSERT_EQ(0, fd_send(self->socket[0], self->fd));
	ASSERT_EQ(0, fd_send(self->socket[0], self->socket[1]));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, WATCHES(self));
	close(self->socket[0]);
	close(self->socket[1]);
	self->socket[0] = -1;
	self->socket[1] = -1;
	/* It runs when a socket is closed. */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, other));
	close(other[0]);
	close(other[1]);
	EXPECT_TRUE(watches_become(&self->name, 0));
}

/* The last reference of the session, too. */
TEST_F(passing, session_ends_with_a_descriptor_that_nobody_received)
{
	ASSERT_EQ(0, fd_send(self->socket[0], self->fd));
	close(self->fd);
	close(self->keeper);
	self->fd = -1;
	self->keeper = session_open(self->name.text);
	EXPECT_LE(0, self->keeper);
	close(self->keeper);
	close(self->socket[0]);
	close(self->socket[1]);
	self->socket[0] = -1;
	self->socket[1] = -1;
	self->keeper = session_open(self->name.text);
	EXPECT_EQ(-ENOENT, self->keeper);
}

TEST_HARNESS_MAIN
