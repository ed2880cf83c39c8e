// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces: sessions belong to a network namespace and end with it; writers
 * are told as the watcher's pid and user namespaces see them.
 */
#include <sched.h>

#include "process_helpers.h"

FIXTURE(netns) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(netns)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to make namespaces");
	self->name = session_name_unique("netns");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(1)));
}

FIXTURE_TEARDOWN(netns)
{
	close(self->fd);
}

/* What a child in a namespace of its own works with. */
struct inside {
	const char *name;
	int fd;
	struct token ready;
	struct token go;
};

static int find_nothing(void *data)
{
	struct inside *inside = data;

	CHILD_CHECK(!unshare(CLONE_NEWNET));
	CHILD_CHECK(session_open(inside->name) == -ENOENT);
	return 0;
}

TEST_F(netns, name_of_another_namespace_is_absent)
{
	struct inside inside = { .name = self->name.text };

	EXPECT_EQ(0, child_run(find_nothing, &inside));
}

static int make_another(void *data)
{
	struct inside *inside = data;
	struct localstate_attach req;
	struct localstate_get get;
	int fd;

	CHILD_CHECK(!unshare(CLONE_NEWNET));
	fd = device_open(O_RDWR);
	req = attach_request(inside->name, LOCALSTATE_ATTACH_CREATE |
			     LOCALSTATE_ATTACH_EXCLUSIVE, 0600);
	CHILD_CHECK(!call(fd, LOCALSTATE_IOC_ATTACH, &req));
	CHILD_CHECK(req.created == 1);
	CHILD_CHECK(variable_get(fd, "x", &get) == -ENOENT);
	CHILD_CHECK(!variable_register(fd, "x", value_int(77)));
	CHILD_CHECK(!session_destroy(fd));
	return 0;
}

TEST_F(netns, same_name_is_another_session)
{
	struct inside inside = { .name = self->name.text };
	struct localstate_get get;

	EXPECT_EQ(0, child_run(make_another, &inside));
	ASSERT_EQ(0, variable_get(self->fd, "x", &get));
	EXPECT_EQ(1, get.value.data);
}

static int use_from_inside(void *data)
{
	struct inside *inside = data;

	CHILD_CHECK(!unshare(CLONE_NEWNET));
	CHILD_CHECK(!variable_set(inside->fd, "x", value_int(5)));
	return 0;
}

TEST_F(netns, attached_descriptor_works_in_any_namespace)
{
	struct inside inside = { .fd = self->fd };
	struct localstate_get get;

	EXPECT_EQ(0, child_run(use_from_inside, &inside));
	ASSERT_EQ(0, variable_get(self->fd, "x", &get));
	EXPECT_EQ(5, get.value.data);
}

/* The namespace of ATTACH counts, not that of open(). */
static int attach_inside(void *data)
{
	struct inside *inside = data;

	CHILD_CHECK(!unshare(CLONE_NEWNET));
	CHILD_CHECK(session_attach(inside->fd, inside->name, 0, 0) == -ENOENT);
	return 0;
}

TEST_F(netns, namespace_of_attach_counts)
{
	struct inside inside = { .name = self->name.text };

	inside.fd = device_open(O_RDWR);
	ASSERT_LE(0, inside.fd);
	EXPECT_EQ(0, child_run(attach_inside, &inside));
	EXPECT_EQ(0, session_attach(inside.fd, self->name.text, 0, 0));
	close(inside.fd);
}

static int live_and_let_die(void *data)
{
	struct inside *inside = data;

	CHILD_CHECK(!unshare(CLONE_NEWNET));
	CHILD_CHECK(!session_attach(inside->fd, inside->name,
				    LOCALSTATE_ATTACH_CREATE |
				    LOCALSTATE_ATTACH_PERSISTENT, 0600));
	CHILD_CHECK(!variable_register(inside->fd, "y", value_int(0)));
	CHILD_CHECK(watch_name(inside->fd, "y", 0) > 0);
	CHILD_CHECK(!variable_set(inside->fd, "y", value_int(1)));
	CHILD_CHECK(token_give(&inside->ready));
	CHILD_CHECK(token_take(&inside->go));
	return 0;
}

/* Clients do not pin the namespace; its end is that of its sessions. */
TEST_F(netns, end_of_a_namespace_ends_its_sessions)
{
	struct inside inside = { .name = self->name.text };
	const struct localstate_event *event;
	struct localstate_get get;
	struct reader reader;
	pid_t pid;

	inside.fd = device_open(O_RDWR);
	ASSERT_LE(0, inside.fd);
	ASSERT_EQ(0, token_init(&inside.ready));
	ASSERT_EQ(0, token_init(&inside.go));
	pid = child_start(live_and_let_die, &inside);
	ASSERT_TRUE(token_take(&inside.ready));
	ASSERT_EQ(0, variable_get(inside.fd, "y", &get));
	ASSERT_TRUE(token_give(&inside.go));
	ASSERT_EQ(0, child_wait(pid));

	reader_init(&reader, inside.fd);
	ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_CHANGED, event->kind);
	ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
	EXPECT_EQ(-ESHUTDOWN, variable_get(inside.fd, "y", &get));
	/* The session of the same name out here lives on. */
	EXPECT_EQ(0, variable_get(self->fd, "x", &get));
	close(inside.fd);
}

/* How a writer looks from elsewhere. */

static int watch_from_pidns(void *data)
{
	const struct localstate_event *event;
	struct inside *inside = data;
	struct reader reader;
	int fd = session_open(inside->name);

	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(getpid() == 1);
	CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	CHILD_CHECK(token_give(&inside->ready));
	reader_init(&reader, fd);
	CHILD_CHECK(reader_next(&reader, DEADLINE_MS, &event) == 1);
	CHILD_CHECK(event->pid == 0 && event->uid == 0);
	CHILD_CHECK(!variable_set(fd, "x", value_int(3)));
	CHILD_CHECK(reader_next(&reader, DEADLINE_MS, &event) == 1);
	CHILD_CHECK(event->pid == 1);
	return 0;
}

static int enter_pidns(void *data)
{
	CHILD_CHECK(!unshare(CLONE_NEWPID));
	return child_run(watch_from_pidns, data);
}

TEST_F(netns, writer_is_told_as_the_watchers_pid_namespace_sees_it)
{
	struct inside inside = { .name = self->name.text };
	const struct localstate_event *event;
	struct reader reader;
	pid_t pid;
	int ref;

	ASSERT_EQ(0, token_init(&inside.ready));
	ref = watch_name(self->fd, "x", 0);
	reader_init(&reader, self->fd);
	pid = child_start(enter_pidns, &inside);
	ASSERT_TRUE(token_take(&inside.ready));
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(2)));
	EXPECT_EQ(0, child_wait(pid));

	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(getpid(), event->pid);
	/* That one is 1 in there; out here it has a number of its own. */
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	EXPECT_LT(1, event->pid);
	EXPECT_NE(getpid(), event->pid);
}

static int watch_from_userns(void *data)
{
	const struct localstate_event *event;
	struct inside *inside = data;
	struct localstate_get get;
	struct reader reader;
	int fd;

	CHILD_CHECK(!unshare(CLONE_NEWUSER));
	fd = device_open(O_RDWR);
	CHILD_CHECK(!session_attach(fd, inside->name, 0, 0));
	CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	CHILD_CHECK(token_give(&inside->ready));
	reader_init(&reader, fd);
	CHILD_CHECK(reader_next(&reader, DEADLINE_MS, &event) == 1);
	/* No uid is mapped in here: the overflow uid stands for all. */
	CHILD_CHECK(event->uid == 65534);
	CHILD_CHECK(event->pid == (__u32)getppid());
	CHILD_CHECK(!variable_get(fd, "x", &get));
	CHILD_CHECK(get.uid == 65534);
	return 0;
}

TEST_F(netns, writer_is_told_as_the_watchers_user_namespace_sees_it)
{
	struct inside inside = { .name = self->name.text };
	pid_t pid;

	ASSERT_EQ(0, token_init(&inside.ready));
	pid = child_start(watch_from_userns, &inside);
	ASSERT_TRUE(token_take(&inside.ready));
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(2)));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_HARNESS_MAIN
