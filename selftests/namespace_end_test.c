// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces that end while clients live elsewhere: a network namespace takes
 * its sessions along; pid and user namespaces leave behind clients that know
 * nobody.
 */
#include <poll.h>

#include "process_helpers.h"

FIXTURE(namespace_end) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(namespace_end)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to make namespaces");
	self->name = session_name_unique("ending");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
}

FIXTURE_TEARDOWN(namespace_end)
{
	close(self->fd);
}

/**
 * struct inside - a process in a namespace of its own
 * @name: a session
 * @fd: descriptors of another namespace, which it attaches in its own
 * @n: their number
 * @flags: CLONE_NEW*
 * @ready: it has done so
 * @go: it may end
 */
struct inside {
	const char *name;
	int fd[4];
	int n;
	int flags;
	struct token ready;
	struct token go;
};

static int inside_init(struct inside *inside, int n)
{
	inside->n = n;
	while (n--) {
		inside->fd[n] = device_open(O_RDWR);
		if (inside->fd[n] < 0)
			return inside->fd[n];
	}
	return token_init(&inside->ready) ?: token_init(&inside->go);
}

static void inside_free(struct inside *inside)
{
	while (inside->n--)
		close(inside->fd[inside->n]);
	token_free(&inside->ready);
	token_free(&inside->go);
}

static int attach_all(void *data)
{
	struct inside *inside = data;
	int i;

	CHILD_CHECK(!unshare(CLONE_NEWNET));
	for (i = 0; i < inside->n; i++)
		CHILD_CHECK(!session_attach(inside->fd[i], inside->name,
					    LOCALSTATE_ATTACH_CREATE, 0600));
	CHILD_CHECK(!variable_register(inside->fd[0], "y", value_int(0)));
	for (i = 0; i < inside->n; i++)
		CHILD_CHECK(watch_name(inside->fd[i], "y", 0) > 0);
	CHILD_CHECK(token_give(&inside->ready));
	CHILD_CHECK(token_take(&inside->go));
	return 0;
}

static bool is_shut_down(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct localstate_get get;
	char buffer[256];

	return variable_get(fd, "y", &get) == -ESHUTDOWN &&
	       variable_set(fd, "y", value_int(9)) == -ESHUTDOWN &&
	       variable_register(fd, "z", value_int(9)) == -ESHUTDOWN &&
	       watch_name(fd, "y", 0) == -ESHUTDOWN &&
	       session_destroy(fd) == -ESHUTDOWN &&
	       poll(&pfd, 1, 0) == 1 && pfd.revents == POLLHUP &&
	       read(fd, buffer, sizeof(buffer)) == -1 && errno == ESHUTDOWN;
}

/* The namespace ends after its last process, in a worker. */
TEST_F(namespace_end, network_namespace_takes_its_sessions_from_all_clients)
{
	struct inside inside = { .name = self->name.text };
	const struct localstate_event *event;
	struct localstate_get get;
	struct reader reader;
	pid_t pid;
	int i;

	ASSERT_EQ(0, inside_init(&inside, 4));
	pid = child_start(attach_all, &inside);
	ASSERT_TRUE(token_take(&inside.ready));
	ASSERT_EQ(0, variable_set(inside.fd[3], "y", value_int(5)));
	ASSERT_TRUE(token_give(&inside.go));
	ASSERT_EQ(0, child_wait(pid));
	for (i = 0; i < inside.n; i++) {
		reader_init(&reader, inside.fd[i]);
		ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
		EXPECT_EQ(LOCALSTATE_EVENT_CHANGED, event->kind);
		EXPECT_EQ(5, event_new_int(event));
		ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
		EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
		EXPECT_TRUE(reader_is_empty(&reader));
	}
	for (i = 0; i < inside.n; i++)
		EXPECT_TRUE(is_shut_down(inside.fd[i]));
	/* The session of the same name out here is another one. */
	EXPECT_EQ(0, variable_get(self->fd, "x", &get));
	EXPECT_EQ(-ENOENT, variable_get(self->fd, "y", &get));
	inside_free(&inside);
}

static int read_the_end(void *data)
{
	const struct localstate_event *event;
	__u64 buffer[512];
	ssize_t len = read(*(int *)data, buffer, sizeof(buffer));

	event = (const void *)buffer;
	CHILD_CHECK(len == sizeof(*event));
	CHILD_CHECK(event->kind == LOCALSTATE_EVENT_SESSION_END);
	return 0;
}

TEST_F(namespace_end, network_namespace_wakes_a_read_elsewhere)
{
	struct inside inside = { .name = self->name.text };
	pid_t pid, reader;

	ASSERT_EQ(0, inside_init(&inside, 1));
	pid = child_start(attach_all, &inside);
	ASSERT_TRUE(token_take(&inside.ready));
	reader = child_start(read_the_end, &inside.fd[0]);
	ASSERT_TRUE(child_falls_asleep(reader));
	ASSERT_TRUE(token_give(&inside.go));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, child_wait(reader));
	inside_free(&inside);
}

/* The last client is closed before, beside or after the namespace. */
static int attach_and_leave(void *data)
{
	struct inside *inside = data;

	CHILD_CHECK(!unshare(CLONE_NEWNET));
	CHILD_CHECK(!session_attach(inside->fd[0], inside->name,
				    LOCALSTATE_ATTACH_CREATE |
				    LOCALSTATE_ATTACH_PERSISTENT, 0600));
	CHILD_CHECK(!variable_register(inside->fd[0], "y", value_int(0)));
	CHILD_CHECK(watch_name(inside->fd[0], "y", 0) > 0);
	return 0;
}

TEST_F_TIMEOUT(namespace_end, network_namespace_meets_the_last_close, 90)
{
	struct inside inside = { .name = self->name.text };
	int i;

	for (i = 0; i < 30; i++) {
		ASSERT_EQ(0, inside_init(&inside, 1));
		ASSERT_EQ(0, child_run(attach_and_leave, &inside));
		/* Its end is under way; how far it is, is chance. */
		if (i % 3 == 0)
			variable_set(inside.fd[0], "y", value_int(i));
		if (i % 3 == 1)
			EXPECT_EQ(1, wait_readable(inside.fd[0], DEADLINE_MS));
		inside_free(&inside);
	}
}

/* What is left of a writer whose namespaces are gone. */

static int write_inside(void *data)
{
	struct inside *inside = data;

	CHILD_CHECK(!variable_set(inside->fd[0], "x", value_int(1)));
	return 0;
}

static int enter_and_write(void *data)
{
	struct inside *inside = data;

	CHILD_CHECK(!unshare(inside->flags));
	return child_run(write_inside, inside);
}

TEST_F(namespace_end, writer_of_an_ended_pid_namespace_keeps_its_number_out_here)
{
	struct inside inside = {
		.fd = { self->fd },
		.flags = CLONE_NEWPID,
	};
	const struct localstate_event *event;
	struct localstate_get get;
	struct reader reader;
	int ref;

	ref = watch_name(self->fd, "x", 0);
	ASSERT_EQ(0, child_run(enter_and_write, &inside));
	reader_init(&reader, self->fd);
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	EXPECT_LT(1, event->pid);
	EXPECT_NE(getpid(), event->pid);
	EXPECT_EQ(0, event->uid);
	ASSERT_EQ(0, variable_get(self->fd, "x", &get));
	EXPECT_EQ(1, get.value.data);
	EXPECT_EQ(event->pid, get.pid);
	EXPECT_EQ(0, get.uid);
}

/* A client that was opened in a pid namespace, and outlives it. */
static int open_inside(void *data)
{
	int *socket = data;
	int fd = device_open(O_RDWR);

	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(!fd_send(*socket, fd));
	return 0;
}

struct opener {
	int socket;
	int flags;
};

static int enter_and_open(void *data)
{
	struct opener *opener = data;

	CHILD_CHECK(!unshare(opener->flags));
	return child_run(open_inside, &opener->socket);
}

/* The descriptor of a client whose namespaces @flags have ended. */
static int open_elsewhere(int flags)
{
	struct opener opener = { .flags = flags };
	int pair[2], fd = -EIO;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	opener.socket = pair[0];
	if (!child_run(enter_and_open, &opener))
		fd = fd_receive(pair[1]);
	close(pair[0]);
	close(pair[1]);
	return fd;
}

static void check_watcher(struct __test_metadata *_metadata,
			  struct session_name *name, int writer, int flags,
			  __u32 uid)
{
	const struct localstate_event *event;
	int fd = open_elsewhere(flags), ref;
	struct localstate_get get;
	struct reader reader;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, session_attach(fd, name->text, 0, 0));
	ref = watch_name(fd, "x", 0);
	ASSERT_LE(1, ref);
	ASSERT_EQ(0, variable_set(writer, "x", value_int(4)));
	reader_init(&reader, fd);
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(4, event_new_int(event));
	EXPECT_EQ(flags & CLONE_NEWPID ? 0 : getpid(), event->pid);
	EXPECT_EQ(uid, event->uid);
	/* Events are told as open() would see it, GET as the caller does. */
	ASSERT_EQ(0, variable_get(fd, "x", &get));
	EXPECT_EQ(getpid(), get.pid);
	EXPECT_EQ(0, get.uid);
	close(fd);
}

TEST_F(namespace_end, watcher_of_an_ended_pid_namespace_is_told_no_pid)
{
	check_watcher(_metadata, &self->name, self->fd, CLONE_NEWPID, 0);
}

TEST_F(namespace_end, watcher_of_an_ended_user_namespace_is_told_no_uid)
{
	check_watcher(_metadata, &self->name, self->fd, CLONE_NEWUSER, 65534);
}

TEST_HARNESS_MAIN
