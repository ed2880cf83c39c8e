// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a queue by io_uring, by its system calls alone.
 */
#include <sys/syscall.h>

#include <linux/io_uring.h>

#include "process_helpers.h"

#define INT_RECORD (sizeof(struct localstate_event) + 16)
#define N_ENTRIES 8

/**
 * struct uring - a ring of one mapping
 * @fd: the ring
 * @params: where things are in @map
 * @map: submission and completion queue
 * @sqes: the submissions
 */
struct uring {
	int fd;
	struct io_uring_params params;
	char *map;
	struct io_uring_sqe *sqes;
};

static __u32 *uring_at(const struct uring *uring, __u32 offset)
{
	return (void *)(uring->map + offset);
}

static int uring_init(struct uring *uring)
{
	const int prot = PROT_READ | PROT_WRITE;

	memset(uring, 0, sizeof(*uring));
	uring->fd = syscall(__NR_io_uring_setup, N_ENTRIES, &uring->params);
	if (uring->fd < 0)
		return -errno;
	if (!(uring->params.features & IORING_FEAT_SINGLE_MMAP))
		return -EOPNOTSUPP;
	uring->map = mmap(NULL, 8192, prot, MAP_SHARED | MAP_POPULATE,
			  uring->fd, IORING_OFF_SQ_RING);
	uring->sqes = mmap(NULL, N_ENTRIES * sizeof(*uring->sqes), prot,
			   MAP_SHARED | MAP_POPULATE, uring->fd,
			   IORING_OFF_SQES);
	if (uring->map == MAP_FAILED || uring->sqes == (void *)MAP_FAILED)
		return -errno;
	return 0;
}

/* Submits one entry, which comes back with @data. */
static int uring_submit(struct uring *uring, struct io_uring_sqe sqe,
			__u64 data)
{
	const struct io_sqring_offsets *off = &uring->params.sq_off;
	__u32 tail = *uring_at(uring, off->tail);
	__u32 slot = tail & *uring_at(uring, off->ring_mask);

	sqe.user_data = data;
	uring->sqes[slot] = sqe;
	uring_at(uring, off->array)[slot] = slot;
	__atomic_store_n(uring_at(uring, off->tail), tail + 1, __ATOMIC_RELEASE);
	return syscall(__NR_io_uring_enter, uring->fd, 1, 0, 0, NULL, 0) == 1 ?
	       0 : -errno;
}

static int uring_read(struct uring *uring, int fd, void *buffer, size_t len,
		      __u64 data)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ,
		.fd = fd,
		.addr = pointer(buffer),
		.len = len,
	};

	return uring_submit(uring, sqe, data);
}

/* Takes one completion: 1, or 0 if there is none by the deadline. */
static int uring_take(struct uring *uring, int timeout_ms,
		      struct io_uring_cqe *cqe)
{
	const struct io_cqring_offsets *off = &uring->params.cq_off;
	__u32 head = *uring_at(uring, off->head);
	const struct io_uring_cqe *cqes;

	/* The kernel finishes work on its way back from a system call. */
	if (wait_readable(uring->fd, timeout_ms) != 1)
		return 0;
	if (head == __atomic_load_n(uring_at(uring, off->tail),
				    __ATOMIC_ACQUIRE))
		return 0;
	cqes = (const void *)(uring->map + off->cqes);
	*cqe = cqes[head & *uring_at(uring, off->ring_mask)];
	__atomic_store_n(uring_at(uring, off->head), head + 1, __ATOMIC_RELEASE);
	return 1;
}

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
	close(self->uring.fd);
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

/* The ring holds the last reference: it is given up with it. */
TEST_F(uring, ring_that_is_closed_lets_the_session_go)
{
	struct session_name name = session_name_unique("uring");
	__s64 deadline = now_ms() + DEADLINE_MS;
	int fd = session_create(name.text), found;

	ASSERT_EQ(0, variable_register(fd, "a", value_int(0)));
	ASSERT_LE(1, watch_name(fd, "a", 0));
	ASSERT_EQ(0, uring_read(&self->uring, fd, self->buffer,
				sizeof(self->buffer), 1));
	close(fd);
	munmap(self->uring.map, 8192);
	munmap(self->uring.sqes, N_ENTRIES * sizeof(*self->uring.sqes));
	close(self->uring.fd);
	self->uring.fd = -1;
	/* A worker does it, in its own time. */
	do {
		found = session_open(name.text);
		close(found);
	} while (found >= 0 && now_ms() < deadline);
	EXPECT_EQ(-ENOENT, found);
}

TEST_HARNESS_MAIN
