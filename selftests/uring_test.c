// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a queue by io_uring, and being told by it that there is something to
 * read.
 */
#include <dirent.h>

#include "netlink_helpers.h"
#include "uring_helpers.h"
#include "wake_helpers.h"

FIXTURE(uring) {
	int fd;
	struct uring uring;
	__u64 buffer[512];
};

FIXTURE_VARIANT(uring) {
	int flags;
};

FIXTURE_VARIANT_ADD(uring, blocking) {
	.flags = 0,
};

FIXTURE_VARIANT_ADD(uring, nonblocking) {
	.flags = O_NONBLOCK,
};

FIXTURE_SETUP(uring)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (uring_init(&self->uring))
		SKIP(return, "no io_uring");
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, variant->flags));
	ASSERT_EQ(0, variable_register(self->fd, "a", value_int(0)));
	ASSERT_LE(1, watch_name(self->fd, "a", 0));
}

FIXTURE_TEARDOWN(uring)
{
	if (self->uring.fd >= 0)
		uring_free(&self->uring);
	close(self->fd);
}

static const struct localstate_event *event_of(const __u64 *buffer)
{
	return (const void *)buffer;
}

TEST_F(uring, read_takes_what_is_there)
{
	struct io_uring_cqe cqe;

	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(2)));
	ASSERT_EQ(0, uring_read(&self->uring, self->fd, self->buffer,
				sizeof(self->buffer), 7));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_EQ(7, cqe.user_data);
	EXPECT_EQ(2 * INT_RECORD, cqe.res);
	EXPECT_TRUE(event_is_sound(event_of(self->buffer), cqe.res));
	EXPECT_FALSE(is_readable(self->fd));
}

/* O_NONBLOCK is about read(): one who submits waits for the completion. */
TEST_F(uring, read_of_an_empty_queue_waits_for_an_event)
{
	struct io_uring_cqe cqe;

	ASSERT_EQ(0, uring_read(&self->uring, self->fd, self->buffer,
				sizeof(self->buffer), 1));
	EXPECT_EQ(0, uring_take(&self->uring, 0, &cqe));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_EQ(INT_RECORD, cqe.res);
	EXPECT_EQ(1, event_of(self->buffer)->version);
}

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	int n = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* The kernel would make one for a file that cannot tell it to come back. */
TEST_F(uring, waiting_read_needs_no_thread)
{
	struct io_uring_cqe cqe;

	ASSERT_EQ(0, uring_read(&self->uring, self->fd, self->buffer,
				sizeof(self->buffer), 1));
	EXPECT_EQ(0, uring_take(&self->uring, 0, &cqe));
	EXPECT_EQ(1, count_threads());
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_EQ(INT_RECORD, cqe.res);
	EXPECT_EQ(1, count_threads());
}

TEST_F(uring, a_thousand_reads_lose_nothing)
{
	struct io_uring_cqe cqe;
	int i;

	for (i = 1; i <= 1000; i++) {
		ASSERT_EQ(0, uring_read(&self->uring, self->fd, self->buffer,
					sizeof(self->buffer), i));
		ASSERT_EQ(0, variable_set(self->fd, "a", value_int(i)));
		ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
		ASSERT_EQ(INT_RECORD, cqe.res);
		ASSERT_EQ(i, event_of(self->buffer)->version);
	}
}

TEST_F(uring, errors_are_those_of_read_and_lose_nothing)
{
	struct io_uring_cqe cqe;

	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EQ(0, uring_read(&self->uring, self->fd, self->buffer, 8, 1));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_EQ(-EINVAL, cqe.res);
	ASSERT_EQ(0, uring_read(&self->uring, self->fd, (void *)16, 4096, 2));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_EQ(-EFAULT, cqe.res);
	ASSERT_EQ(0, uring_read(&self->uring, self->fd, self->buffer,
				sizeof(self->buffer), 3));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_EQ(INT_RECORD, cqe.res);
}

TEST_F(uring, waiting_read_can_be_cancelled)
{
	const struct io_uring_sqe cancel = {
		.opcode = IORING_OP_ASYNC_CANCEL,
		.addr = 1,
	};
	struct io_uring_cqe cqe;
	int i, read_result = 0;

	ASSERT_EQ(0, uring_read(&self->uring, self->fd, self->buffer,
				sizeof(self->buffer), 1));
	ASSERT_EQ(0, uring_submit(&self->uring, cancel, 2));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
		if (cqe.user_data == 1)
			read_result = cqe.res;
	}
	EXPECT_TRUE(read_result == -ECANCELED || read_result == -EINTR) {
		TH_LOG("read gave %d", read_result);
	}
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	EXPECT_TRUE(is_readable(self->fd));
}

TEST_F(uring, waiting_read_is_told_the_end_of_the_session)
{
	struct io_uring_cqe cqe;

	ASSERT_EQ(0, uring_read(&self->uring, self->fd, self->buffer,
				sizeof(self->buffer), 1));
	ASSERT_EQ(0, session_destroy(self->fd));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_EQ(sizeof(struct localstate_event), cqe.res);
	EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event_of(self->buffer)->kind);
	ASSERT_EQ(0, uring_read(&self->uring, self->fd, self->buffer,
				sizeof(self->buffer), 2));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_EQ(-ESHUTDOWN, cqe.res);
}

/* Two that wait: the one that comes too late waits on. */
TEST_F(uring, two_waiting_reads_get_an_event_each)
{
	struct io_uring_cqe cqe;
	__u64 seen = 0;
	int i;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, uring_read(&self->uring, self->fd,
					self->buffer + i * 32, 256, i));
	for (i = 1; i <= 2; i++) {
		ASSERT_EQ(0, variable_set(self->fd, "a", value_int(i)));
		ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
		EXPECT_EQ(INT_RECORD, cqe.res);
		EXPECT_EQ(i, event_of(self->buffer + cqe.user_data * 32)->version);
		seen |= 1 << cqe.user_data;
		EXPECT_EQ(0, uring_take(&self->uring, 0, &cqe));
	}
	EXPECT_EQ(3, seen);
}

TEST_F(uring, readv_scatters_a_record)
{
	struct iovec iov[] = {
		{ .iov_base = self->buffer, .iov_len = 40 },
		{ .iov_base = self->buffer + 64, .iov_len = 256 },
	};
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READV,
		.fd = self->fd,
		.addr = pointer(iov),
		.len = 2,
	};
	struct io_uring_cqe cqe;

	ASSERT_EQ(0, uring_submit(&self->uring, sqe, 1));
	EXPECT_EQ(0, uring_take(&self->uring, 0, &cqe));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	ASSERT_EQ(INT_RECORD, cqe.res);
	memmove(self->buffer + 5, self->buffer + 64, INT_RECORD - 40);
	EXPECT_TRUE(event_is_sound(event_of(self->buffer), INT_RECORD));
	EXPECT_EQ(1, event_new_int(event_of(self->buffer)));
}

TEST_F(uring, registered_file_and_buffer_are_as_good)
{
	const struct iovec iov = {
		.iov_base = self->buffer,
		.iov_len = sizeof(self->buffer),
	};
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ_FIXED,
		.flags = IOSQE_FIXED_FILE,
		.fd = 0,
		.addr = pointer(self->buffer),
		.len = sizeof(self->buffer),
	};
	struct io_uring_cqe cqe;
	int i;

	ASSERT_EQ(0, uring_register(&self->uring, IORING_REGISTER_FILES,
				    &self->fd, 1));
	ASSERT_EQ(0, uring_register(&self->uring, IORING_REGISTER_BUFFERS,
				    &iov, 1));
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, uring_submit(&self->uring, sqe, i));
		EXPECT_EQ(0, uring_take(&self->uring, 0, &cqe));
		ASSERT_EQ(0, variable_set(self->fd, "a", value_int(i)));
		ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
		EXPECT_EQ(INT_RECORD, cqe.res);
		EXPECT_EQ(i, event_new_int(event_of(self->buffer)));
	}
}

/* Being told. */

static int poll_add(struct uring *uring, int fd, __u32 flags, __u64 data)
{
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_POLL_ADD,
		.fd = fd,
		.poll32_events = POLLIN,
		.len = flags,
	};

	return uring_submit(uring, sqe, data);
}

TEST_F(uring, poll_completes_with_an_event)
{
	struct io_uring_cqe cqe;

	ASSERT_EQ(0, poll_add(&self->uring, self->fd, 0, 1));
	EXPECT_EQ(0, uring_take(&self->uring, 0, &cqe));
	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_EQ(POLLIN, cqe.res);
	EXPECT_FALSE(cqe.flags & IORING_CQE_F_MORE);
	/* Of what is there already it tells at once. */
	ASSERT_EQ(0, poll_add(&self->uring, self->fd, 0, 2));
	ASSERT_EQ(1, uring_take(&self->uring, 0, &cqe));
	EXPECT_EQ(POLLIN, cqe.res);
}

TEST_F(uring, multishot_poll_tells_again_after_each_read)
{
	struct io_uring_cqe cqe;
	int i;

	ASSERT_EQ(0, poll_add(&self->uring, self->fd, IORING_POLL_ADD_MULTI, 1));
	for (i = 1; i <= 20; i++) {
		ASSERT_EQ(0, variable_set(self->fd, "a", value_int(i)));
		ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
		EXPECT_EQ(POLLIN, cqe.res);
		EXPECT_TRUE(cqe.flags & IORING_CQE_F_MORE);
		EXPECT_EQ(INT_RECORD, read(self->fd, self->buffer,
					   sizeof(self->buffer)));
		EXPECT_EQ(0, uring_take(&self->uring, 0, &cqe));
	}
	ASSERT_EQ(0, session_destroy(self->fd));
	ASSERT_EQ(1, uring_take(&self->uring, DEADLINE_MS, &cqe));
	EXPECT_TRUE(cqe.res & POLLIN);
}

/* A read is always waiting; a new one follows each that is done. */
static ssize_t fill_by_uring(struct wake_race *race, void *buffer, size_t len)
{
	struct uring *uring = race->data;
	struct io_uring_cqe cqe;

	if (uring_read(uring, race->fd, buffer, len, 1))
		return -EIO;
	if (uring_take(uring, 0, &cqe))
		return cqe.res;
	wake_is_about_to_sleep(race);
	return uring_take(uring, DEADLINE_MS, &cqe) ? cqe.res : -ETIME;
}

TEST_F_TIMEOUT(uring, waiting_read_never_misses_an_event, 90)
{
	struct wake_race race = {
		.fd = session_private(),
		.n_each = 10000,
		.data = &self->uring,
		.fill = fill_by_uring,
	};

	ASSERT_LE(0, race.fd);
	ASSERT_EQ(0, fcntl(race.fd, F_SETFL, variant->flags));
	wake_race_run(_metadata, &race);
	close(race.fd);
}

/* The end of whatever holds the descriptor. */

/* A worker does it, in its own time. */
static bool session_goes(const struct session_name *name)
{
	__s64 deadline = now_ms() + DEADLINE_MS;
	int found;

	do {
		found = session_open(name->text);
		close(found);
	} while (found >= 0 && now_ms() < deadline);
	return found == -ENOENT;
}

/* A session whose only descriptor is the one that is returned. */
static int session_with_watch(const struct session_name *name)
{
	int fd = session_create(name->text);

	if (fd >= 0 && (variable_register(fd, "a", value_int(0)) ||
			watch_name(fd, "a", 0) < 1))
		return -EIO;
	return fd;
}

TEST_F(uring, ring_that_is_closed_lets_the_session_go)
{
	struct session_name name = session_name_unique("uring");
	int fd = session_with_watch(&name);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fcntl(fd, F_SETFL, variant->flags));
	ASSERT_EQ(0, uring_read(&self->uring, fd, self->buffer,
				sizeof(self->buffer), 1));
	close(fd);
	/* The waiting read holds it. */
	EXPECT_EQ(1, netlink_count_watches(name.text));
	uring_free(&self->uring);
	EXPECT_TRUE(session_goes(&name));
}

TEST_F(uring, registered_file_holds_the_session_until_the_ring_is_closed)
{
	struct session_name name = session_name_unique("uring.registered");
	int fd = session_with_watch(&name);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, uring_register(&self->uring, IORING_REGISTER_FILES, &fd,
				    1));
	close(fd);
	EXPECT_EQ(1, netlink_count_watches(name.text));
	uring_free(&self->uring);
	EXPECT_TRUE(session_goes(&name));
}

struct victim {
	struct session_name name;
	int flags;
	struct token ready;
};

static int die_with_a_waiting_read(void *data)
{
	struct victim *victim = data;
	int fd = session_with_watch(&victim->name);
	static __u64 buffer[512];
	struct io_uring_cqe cqe;
	struct uring uring;

	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(!fcntl(fd, F_SETFL, victim->flags));
	CHILD_CHECK(!uring_init(&uring));
	CHILD_CHECK(!uring_read(&uring, fd, buffer, sizeof(buffer), 1));
	CHILD_CHECK(!poll_add(&uring, fd, IORING_POLL_ADD_MULTI, 2));
	CHILD_CHECK(!uring_take(&uring, 0, &cqe));
	CHILD_CHECK(token_give(&victim->ready));
	pause();
	return 1;
}

TEST_F(uring, process_that_is_killed_with_a_waiting_read_leaves_nothing)
{
	struct victim victim = {
		.name = session_name_unique("uring.victim"),
		.flags = variant->flags,
	};
	pid_t pid;

	ASSERT_EQ(0, token_init(&victim.ready));
	pid = child_start(die_with_a_waiting_read, &victim);
	ASSERT_TRUE(token_take(&victim.ready));
	EXPECT_EQ(1, netlink_count_watches(victim.name.text));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_TRUE(session_goes(&victim.name));
	token_free(&victim.ready);
}

TEST_HARNESS_MAIN
