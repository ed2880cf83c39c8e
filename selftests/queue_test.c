// SPDX-License-Identifier: GPL-2.0-only
/*
 * read() of a queue: whole records, nothing lost by an error, blocking or not.
 */
#include <sys/uio.h>

#include "alone_helpers.h"
#include "process_helpers.h"

FIXTURE(queue) {
	int fd;
	int ref;
	struct reader reader;
	char buffer[8192];
};

FIXTURE_SETUP(queue)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "a", value_int(0)));
	self->ref = watch_name(self->fd, "a", 0);
	ASSERT_LE(1, self->ref);
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(queue)
{
	close(self->fd);
}

static int set_range(int fd, int first, int last)
{
	int err = 0;

	while (!err && first <= last)
		err = variable_set(fd, "a", value_int(first++));
	return err;
}

/* The events of versions @first..@last come, and no other. */
static bool versions_follow(struct reader *reader, int first, int last)
{
	const struct localstate_event *event;

	for (; first <= last; first++)
		if (reader_next(reader, DEADLINE_MS, &event) != 1 ||
		    event->version != (__u64)first)
			return false;
	return reader_is_drained(reader);
}

TEST_F(queue, read_empty_nonblock_is_eagain)
{
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	poison(self->buffer, sizeof(self->buffer));
	EXPECT_EQ(-1, read(self->fd, self->buffer, sizeof(self->buffer)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(is_poison(self->buffer, sizeof(self->buffer)));
	ASSERT_EQ(0, set_range(self->fd, 1, 1));
	EXPECT_EQ(INT_RECORD,
		  read(self->fd, self->buffer, sizeof(self->buffer)));
	EXPECT_EQ(-1, read(self->fd, self->buffer, sizeof(self->buffer)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(queue, small_buffer_is_einval_and_loses_nothing)
{
	const size_t sizes[] = { INT_RECORD - 1, sizeof(struct localstate_event),
				 8, 1, 0 };
	unsigned int i;

	ASSERT_EQ(0, set_range(self->fd, 1, 2));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		poison(self->buffer, sizeof(self->buffer));
		EXPECT_EQ(-1, read(self->fd, self->buffer, sizes[i])) {
			TH_LOG("%zu bytes", sizes[i]);
		}
		EXPECT_EQ(EINVAL, errno);
		EXPECT_TRUE(is_poison(self->buffer, sizeof(self->buffer)));
	}
	EXPECT_TRUE(versions_follow(&self->reader, 1, 2));
}

TEST_F(queue, bad_buffer_is_efault_and_loses_nothing)
{
	char *guard = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, guard);
	guard += 4096;
	ASSERT_EQ(0, mprotect(guard, 4096, PROT_NONE));
	ASSERT_EQ(0, set_range(self->fd, 1, 3));
	EXPECT_EQ(-1, read(self->fd, guard, 4096));
	EXPECT_EQ(EFAULT, errno);
	/* The first record begins where memory is and ends where none is. */
	EXPECT_EQ(-1, read(self->fd, guard - INT_RECORD + 8, 4096));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(is_readable(self->fd));
	EXPECT_TRUE(versions_follow(&self->reader, 1, 3));
}

/* What was copied before the bad memory is delivered, the rest stays. */
TEST_F(queue, read_into_bad_memory_delivers_what_fits_before_it)
{
	char *guard = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct localstate_event *event;

	ASSERT_NE(MAP_FAILED, guard);
	guard += 4096;
	ASSERT_EQ(0, mprotect(guard, 4096, PROT_NONE));
	ASSERT_EQ(0, set_range(self->fd, 1, 3));
	EXPECT_EQ(INT_RECORD, read(self->fd, guard - INT_RECORD - 8, 4096));
	event = (const void *)(guard - INT_RECORD - 8);
	EXPECT_EQ(1, event->version);
	EXPECT_TRUE(versions_follow(&self->reader, 2, 3));
}

TEST_F(queue, read_returns_whole_records_only)
{
	const struct localstate_event *event;

	ASSERT_EQ(0, set_range(self->fd, 1, 5));
	poison(self->buffer, sizeof(self->buffer));
	EXPECT_EQ(2 * INT_RECORD,
		  read(self->fd, self->buffer, 3 * INT_RECORD - 1));
	event = (const void *)self->buffer;
	EXPECT_TRUE(event_is_sound(event, INT_RECORD));
	EXPECT_EQ(1, event->version);
	event = (const void *)(self->buffer + INT_RECORD);
	EXPECT_EQ(2, event->version);
	EXPECT_TRUE(is_poison(self->buffer + 2 * INT_RECORD, INT_RECORD));
	EXPECT_TRUE(versions_follow(&self->reader, 3, 5));
}

TEST_F(queue, read_of_exactly_one_record_gives_it)
{
	ASSERT_EQ(0, set_range(self->fd, 1, 2));
	EXPECT_EQ(INT_RECORD, read(self->fd, self->buffer, INT_RECORD));
	EXPECT_EQ(INT_RECORD, read(self->fd, self->buffer, INT_RECORD));
	EXPECT_FALSE(is_readable(self->fd));
}

TEST_F(queue, readv_scatters_records)
{
	struct iovec iov[] = {
		{ self->buffer, 100 }, { self->buffer + 100, 1 },
		{ self->buffer + 101, sizeof(self->buffer) - 101 },
	};
	const struct localstate_event *event = (const void *)self->buffer;

	ASSERT_EQ(0, set_range(self->fd, 1, 2));
	EXPECT_EQ(2 * INT_RECORD, readv(self->fd, iov, 3));
	EXPECT_TRUE(event_is_sound(event, INT_RECORD));
	event = (const void *)(self->buffer + INT_RECORD);
	EXPECT_TRUE(event_is_sound(event, INT_RECORD));
	EXPECT_EQ(2, event->version);
}

TEST_F(queue, sequence_grows_over_all_watches)
{
	const struct localstate_event *event;
	__u64 last = 0;
	int i;

	ASSERT_EQ(0, variable_register(self->fd, "b", value_int(0)));
	ASSERT_LE(1, watch_name(self->fd, "b", LOCALSTATE_WATCH_INITIAL));
	for (i = 1; i <= 10; i++) {
		ASSERT_EQ(0, set_range(self->fd, i, i));
		ASSERT_EQ(0, variable_set(self->fd, "b", value_int(i)));
	}
	for (i = 0; i < 22; i++) {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		EXPECT_TRUE(!i || last < event->sequence);
		last = event->sequence;
	}
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* Blocking. */

static void read_version(int fd, __u64 version)
{
	__u64 buffer[INT_RECORD / 8];
	const struct localstate_event *event = (const void *)buffer;

	CHILD_CHECK(read(fd, buffer, sizeof(buffer)) == sizeof(buffer));
	CHILD_CHECK(event->version == version);
}

static int read_one(void *data)
{
	read_version(*(int *)data, 1);
	return 0;
}

static int read_second(void *data)
{
	read_version(*(int *)data, 2);
	return 0;
}

TEST_F(queue, sleeping_read_is_woken_by_a_change)
{
	pid_t pid = child_start(read_one, &self->fd);

	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, set_range(self->fd, 1, 1));
	EXPECT_EQ(0, child_wait(pid));
}

/* What has woken it is gone before it gets to run. */
TEST_F(queue, sleeping_read_that_was_woken_in_vain_is_woken_again)
{
	pid_t pid;

	if (geteuid())
		SKIP(return, "needs root to go first");
	pid = child_start(read_second, &self->fd);
	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, alone_begin(pid));
	ASSERT_EQ(0, set_range(self->fd, 1, 1));
	ASSERT_EQ(0, watch_end(self->fd, self->ref));
	EXPECT_EQ('R', child_state(pid));
	ASSERT_EQ(0, alone_end());
	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	ASSERT_EQ(0, set_range(self->fd, 2, 2));
	EXPECT_EQ(0, child_wait(pid));
}

/* A reader that sleeps holds nothing that others need. */
TEST_F(queue, sleeping_read_keeps_nobody_out)
{
	pid_t pid = child_start(read_one, &self->fd);
	struct localstate_get get;
	char buffer[256];
	int flags;

	ASSERT_TRUE(child_falls_asleep(pid));
	EXPECT_EQ(0, variable_get(self->fd, "a", &get));
	EXPECT_EQ(0, variable_register(self->fd, "b", value_int(1)));
	EXPECT_EQ(0, watch_end(self->fd, watch_name(self->fd, "b", 0)));
	EXPECT_FALSE(is_readable(self->fd));
	flags = fcntl(self->fd, F_GETFL);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, flags | O_NONBLOCK));
	EXPECT_EQ(-1, read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, flags));
	ASSERT_EQ(0, set_range(self->fd, 1, 1));
	EXPECT_EQ(0, child_wait(pid));
}

static void on_signal(int number)
{
	(void)number;
}

static int read_until_signal(void *data)
{
	struct sigaction action = { .sa_handler = on_signal };
	__u64 buffer[INT_RECORD / 8];

	CHILD_CHECK(!sigaction(SIGUSR1, &action, NULL));
	CHILD_CHECK(read(*(int *)data, buffer, sizeof(buffer)) == -1);
	CHILD_CHECK(errno == EINTR);
	return 0;
}

TEST_F(queue, sleeping_read_is_interrupted_by_a_signal)
{
	pid_t pid = child_start(read_until_signal, &self->fd);

	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, set_range(self->fd, 1, 1));
	EXPECT_TRUE(versions_follow(&self->reader, 1, 1));
}

static int read_over_signal(void *data)
{
	struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESTART,
	};

	CHILD_CHECK(!sigaction(SIGUSR1, &action, NULL));
	return read_one(data);
}

TEST_F(queue, sleeping_read_goes_on_after_a_restarting_signal)
{
	pid_t pid = child_start(read_over_signal, &self->fd);

	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, set_range(self->fd, 1, 1));
	EXPECT_EQ(0, child_wait(pid));
}

static int sleep_in_read(void *data)
{
	__u64 buffer[INT_RECORD / 8];

	return read(*(int *)data, buffer, sizeof(buffer)) != -1;
}

TEST_F(queue, sleeping_reader_can_be_killed)
{
	pid_t pid = child_start(sleep_in_read, &self->fd);

	ASSERT_TRUE(child_falls_asleep(pid));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	ASSERT_EQ(0, set_range(self->fd, 1, 1));
	EXPECT_TRUE(versions_follow(&self->reader, 1, 1));
}

/* Two readers of one queue. */

#define N_SHARED 5000

struct shared_reading {
	int fd;
	int readers_left;
	unsigned char times_seen[N_SHARED + 1];
};

static int read_share(void *data)
{
	struct shared_reading *shared = data;
	const struct localstate_event *event;
	__u64 buffer[3 * INT_RECORD / 8];
	__u64 last = 0;
	ssize_t len, at;

	for (;;) {
		len = read(shared->fd, buffer, sizeof(buffer));
		if (len < 0 && errno == ESHUTDOWN)
			return 0;
		CHILD_CHECK(len > 0);
		for (at = 0; at < len; at += event->size) {
			event = (const void *)((const char *)buffer + at);
			CHILD_CHECK(event_is_sound(event, len - at));
			if (event->kind == LOCALSTATE_EVENT_SESSION_END)
				continue;
			CHILD_CHECK(event->version <= N_SHARED);
			CHILD_CHECK(event->version > last);
			CHILD_CHECK(!event->merged);
			last = event->version;
			__atomic_add_fetch(&shared->times_seen[last], 1,
					   __ATOMIC_RELAXED);
		}
	}
}

TEST_F_TIMEOUT(queue, two_readers_get_each_event_exactly_once, 60)
{
	struct shared_reading *shared = shared_alloc(sizeof(*shared));
	pid_t first, second;
	int i, missing = 0;

	ASSERT_NE(NULL, shared);
	shared->fd = session_private();
	ASSERT_LE(0, shared->fd);
	ASSERT_EQ(0, queue_resize(shared->fd, 1048576));
	ASSERT_EQ(0, variable_register(shared->fd, "a", value_int(0)));
	ASSERT_LE(1, watch_name(shared->fd, "a", 0));
	first = child_start(read_share, shared);
	second = child_start(read_share, shared);
	ASSERT_EQ(0, set_range(shared->fd, 1, N_SHARED));
	ASSERT_EQ(0, session_destroy(shared->fd));
	EXPECT_EQ(0, child_wait(first));
	EXPECT_EQ(0, child_wait(second));
	for (i = 1; i <= N_SHARED; i++)
		missing += shared->times_seen[i] != 1;
	EXPECT_EQ(0, missing);
}

/* The size of the queue. */

TEST_F(queue, size_is_a_power_of_two_of_pages)
{
	const __u32 sizes[][2] = {
		{ 1, 4096 }, { 4096, 4096 }, { 4097, 8192 },
		{ 10000, 16384 }, { 65536, 65536 },
	};
	struct localstate_queue req = { .error = poisoned_error() };
	int fd = device_open(O_RDWR);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		req.size = sizes[i][0];
		EXPECT_DONE(call(fd, LOCALSTATE_IOC_QUEUE, &req), &req);
		EXPECT_EQ(sizes[i][1], req.size);
		req.size = 0;
		EXPECT_DONE(call(fd, LOCALSTATE_IOC_QUEUE, &req), &req);
		EXPECT_EQ(sizes[i][1], req.size);
	}
	close(fd);
}

TEST_F(queue, size_is_the_default_unless_it_is_set)
{
	struct localstate_queue req = { .error = poisoned_error() };
	struct localstate_info info;
	int fd = device_open(O_RDWR);

	ASSERT_EQ(0, info_get(fd, &info));
	EXPECT_DONE(call(fd, LOCALSTATE_IOC_QUEUE, &req), &req);
	EXPECT_EQ(info.queue_default, req.size);
	close(fd);
}

TEST_F(queue, size_is_fixed_by_the_first_watch)
{
	struct localstate_queue req = { .error = poisoned_error() };
	__u32 size;

	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_QUEUE, &req), &req);
	size = req.size;
	req.size = 2 * size;
	EXPECT_REFUSED(EBUSY, QUEUE_SIZE, 0,
		       call(self->fd, LOCALSTATE_IOC_QUEUE, &req), &req);
	ASSERT_EQ(0, watch_end(self->fd, self->ref));
	EXPECT_EQ(-EBUSY, queue_resize(self->fd, 2 * size));
	req.size = 0;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_QUEUE, &req), &req);
	EXPECT_EQ(size, req.size);
}

TEST_F(queue, size_beyond_the_largest_is_refused)
{
	struct localstate_queue req = { .size = UINT32_MAX };
	int fd = device_open(O_RDWR);
	struct localstate_info info;

	ASSERT_EQ(0, info_get(fd, &info));
	EXPECT_REFUSED(EINVAL, QUEUE_SIZE, info.queue_max,
		       call(fd, LOCALSTATE_IOC_QUEUE, &req), &req);
	req.size = info.queue_max + 1;
	EXPECT_REFUSED(EINVAL, QUEUE_SIZE, info.queue_max,
		       call(fd, LOCALSTATE_IOC_QUEUE, &req), &req);
	close(fd);
}

/* The watches, listed. */

TEST_F(queue, watches_are_listed_by_ref_and_in_pages)
{
	struct localstate_watch_info info[3];
	struct localstate_watches req;
	__u32 last = 0;
	int i, n = 0;

	for (i = 0; i < 9; i++)
		ASSERT_LE(1, watch_name(self->fd, "a", 0));
	req = watches_request(info, sizeof(info));
	do {
		poison(info, sizeof(info));
		ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCHES, &req));
		for (i = 0; i < (int)req.count; i++, n++) {
			EXPECT_LT(last, info[i].ref);
			EXPECT_EQ(1, info[i].n_targets);
			EXPECT_EQ(1, info[i].n_links);
			EXPECT_EQ(0, info[i].reserved);
			last = info[i].ref;
		}
		EXPECT_EQ(last, req.after);
	} while (req.count);
	EXPECT_EQ(10, n);
}

TEST_F(queue, watches_with_larger_entries_have_a_zero_tail)
{
	struct larger {
		struct localstate_watch_info info;
		__u64 future[2];
	} entries[2];
	struct localstate_watches req;

	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	poison(entries, sizeof(entries));
	req = watches_request(entries, sizeof(entries));
	req.entry_size = sizeof(entries[0]);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCHES, &req), &req);
	EXPECT_EQ(2, req.count);
	EXPECT_EQ(self->ref, entries[0].info.ref);
	EXPECT_LT(self->ref, entries[1].info.ref);
	EXPECT_TRUE(is_zero(entries[0].future, sizeof(entries[0].future)));
	EXPECT_TRUE(is_zero(entries[1].future, sizeof(entries[1].future)));
}

TEST_F(queue, watches_into_a_small_buffer_is_emsgsize)
{
	struct localstate_watch_info info;
	struct localstate_watches req;

	poison(&info, sizeof(info));
	req = watches_request(&info, sizeof(info) - 1);
	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_WATCHES, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_BUFFER, req.error.field);
	EXPECT_EQ(sizeof(info), req.error.limit);
	EXPECT_EQ(0, req.count);
	EXPECT_EQ(0, req.after);
	EXPECT_TRUE(is_poison(&info, sizeof(info)));
	req.entry_size = sizeof(info) - 8;
	req.buffer_len = sizeof(info);
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_WATCHES, &req));
}

TEST_HARNESS_MAIN
