// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor that parent and child share after fork(): one client, one
 * queue, until the last of them is gone; and what exec() does to it.
 */
#include "netlink_helpers.h"

FIXTURE(fork) {
	struct session_name name;
	int keeper;
	int fd;
};

/* The keeper holds the session; fd has one watch in it. */
FIXTURE_SETUP(fork)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("fork");
	self->keeper = session_create(self->name.text);
	ASSERT_LE(0, self->keeper);
	ASSERT_EQ(0, variable_register(self->keeper, "x", value_int(0)));
	self->fd = session_open(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(1, watch_name(self->fd, "x", 0));
}

FIXTURE_TEARDOWN(fork)
{
	close(self->fd);
	close(self->keeper);
}

#define WATCHES(_self) netlink_count_watches((_self)->name.text)

static int watch_more(void *data)
{
	CHILD_CHECK(watch_name(*(int *)data, "x", 0) > 0);
	return 0;
}

/* The child is gone; what it made belongs to the descriptor. */
TEST_F(fork, watch_of_a_child_outlives_it)
{
	ASSERT_EQ(0, child_run(watch_more, &self->fd));
	EXPECT_EQ(2, WATCHES(self));
	EXPECT_EQ(2, watch_count(self->fd));
}

struct heir {
	int fd;
	pid_t parent;
	struct token go;
};

static int read_and_unwatch(void *data)
{
	struct heir *heir = data;
	const struct localstate_event *event;
	struct reader reader;

	CHILD_CHECK(token_take(&heir->go));
	reader_init(&reader, heir->fd);
	CHILD_CHECK(reader_next(&reader, DEADLINE_MS, &event) == 1);
	CHILD_CHECK(event->pid == (__u32)heir->parent);
	CHILD_CHECK(!watch_end(heir->fd, event->ref));
	return 0;
}

TEST_F(fork, child_goes_on_with_what_its_parent_closed)
{
	struct heir heir = { .fd = self->fd, .parent = getpid() };
	pid_t pid;

	ASSERT_EQ(0, token_init(&heir.go));
	pid = child_start(read_and_unwatch, &heir);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, WATCHES(self));
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(1)));
	ASSERT_TRUE(token_give(&heir.go));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, WATCHES(self));
	token_free(&heir.go);
}

/* The writer is who calls, not who opened. */
static int set_as_child(void *data)
{
	CHILD_CHECK(!variable_set(*(int *)data, "x", value_int(1)));
	return 0;
}

TEST_F(fork, change_by_a_child_is_the_childs)
{
	const struct localstate_event *event;
	struct reader reader;
	pid_t pid;

	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(-1)));
	pid = child_start(set_as_child, &self->fd);
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(2)));
	reader_init(&reader, self->fd);
	ASSERT_EQ(1, reader_next(&reader, 0, &event));
	EXPECT_EQ(getpid(), event->pid);
	ASSERT_EQ(1, reader_next(&reader, 0, &event));
	EXPECT_EQ(pid, event->pid);
	ASSERT_EQ(1, reader_next(&reader, 0, &event));
	EXPECT_EQ(getpid(), event->pid);
}

/* Over exec. */

/**
 * struct exec - a program of another image
 * @input: of the program
 * @output: of the program
 * @pid: its number
 */
struct exec {
	int input[2];
	int output[2];
	pid_t pid;
};

static int exec_run(void *data)
{
	struct exec *exec = data;

	CHILD_CHECK(dup2(exec->input[0], STDIN_FILENO) == STDIN_FILENO);
	CHILD_CHECK(dup2(exec->output[1], STDOUT_FILENO) == STDOUT_FILENO);
	/* It says that it runs, and waits to be told to end. */
	execl("/bin/sh", "sh", "-c", "echo; read line", NULL);
	return 1;
}

/* Starts a program that has inherited what is not O_CLOEXEC. */
static bool exec_start(struct exec *exec)
{
	char c;

	if (pipe2(exec->input, O_CLOEXEC) || pipe2(exec->output, O_CLOEXEC))
		return false;
	exec->pid = child_start(exec_run, exec);
	return wait_readable(exec->output[0], DEADLINE_MS) == 1 &&
	       read(exec->output[0], &c, 1) == 1;
}

/* One line, and the program is at its end. */
static int exec_end(struct exec *exec)
{
	if (write(exec->input[1], "\n", 1) != 1)
		return -errno;
	return child_wait(exec->pid);
}

TEST_F(fork, exec_closes_what_is_close_on_exec)
{
	struct exec exec;

	ASSERT_TRUE(exec_start(&exec));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, WATCHES(self));
	EXPECT_EQ(0, exec_end(&exec));
}

TEST_F(fork, exec_keeps_what_is_not_close_on_exec)
{
	struct exec exec;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFD, 0));
	ASSERT_TRUE(exec_start(&exec));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, WATCHES(self));
	EXPECT_EQ(0, exec_end(&exec));
	EXPECT_EQ(0, WATCHES(self));
}

TEST_HARNESS_MAIN
