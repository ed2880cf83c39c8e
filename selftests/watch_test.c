// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches: lists that are installed all or nothing, and what a watch gets when
 * its variables change, go and come back.
 */
#include "process_helpers.h"

FIXTURE(watch) {
	struct session_name name;
	int fd;
	int writer;
	struct reader reader;
};

/* Two clients of one session with the variables a, b and c, all 0. */
FIXTURE_SETUP(watch)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("watch");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	self->writer = session_open(self->name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(0)));
	ASSERT_EQ(0, variable_register(self->writer, "b", value_int(0)));
	ASSERT_EQ(0, variable_register(self->writer, "c", value_int(0)));
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(watch)
{
	close(self->fd);
	close(self->writer);
}

static __u64 id_of(int fd, const char *name)
{
	struct localstate_get get;

	return variable_get(fd, name, &get) ? 0 : get.id;
}

static int set_from_another_process(void *data)
{
	int fd = session_open(data);

	CHILD_CHECK(!variable_set(fd, "a", value_int(41)));
	CHILD_CHECK(!variable_set_metadata(fd, "a", value_int(42), "k=v", 4));
	return 0;
}

TEST_F(watch, set_by_one_process_is_read_by_another_with_old_and_new)
{
	const struct localstate_event *event;
	__u64 before = now_ns();
	__s64 old = 41, new = 42;
	pid_t pid;
	int ref;

	ref = watch_name(self->fd, "a", 0);
	ASSERT_LE(1, ref);
	pid = child_start(set_from_another_process, self->name.text);
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(0, event_old_int(event));
	EXPECT_EQ(41, event_new_int(event));
	EXPECT_EQ(1, event->version);
	EXPECT_EQ(0, event->metadata_len);

	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(0, event->target);
	EXPECT_EQ(id_of(self->fd, "a"), event->id);
	EXPECT_EQ(2, event->version);
	EXPECT_LE(before, event->time_ns);
	EXPECT_GE(now_ns(), event->time_ns);
	EXPECT_EQ(pid, event->pid);
	EXPECT_EQ(geteuid(), event->uid);
	EXPECT_EQ(0, event->merged);
	EXPECT_EQ(LOCALSTATE_TYPE_INT, event->type);
	EXPECT_EQ(LOCALSTATE_EVENT_OLD | LOCALSTATE_EVENT_NEW, event->flags);
	EXPECT_TRUE(event_old_is(event, &old, 8));
	EXPECT_TRUE(event_new_is(event, &new, 8));
	EXPECT_TRUE(event_metadata_is(event, "k=v", 4));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(watch, own_changes_are_told_too)
{
	const struct localstate_event *event;
	int ref = watch_name(self->fd, "a", 0);

	ASSERT_EQ(0, variable_set(self->fd, "a", value_int(1)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(getpid(), event->pid);
}

TEST_F(watch, what_is_not_watched_is_not_told)
{
	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	ASSERT_EQ(0, variable_set(self->writer, "b", value_int(1)));
	ASSERT_EQ(0, variable_register(self->writer, "d", value_int(1)));
	ASSERT_EQ(0, variable_delete(self->writer, "c"));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, change_before_the_watch_is_not_told)
{
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, refs_are_unlike_and_events_carry_them)
{
	const struct localstate_event *event;
	int first = watch_name(self->fd, "a", 0);
	int second = watch_name(self->fd, "a", 0);
	__u32 seen = 0;
	int i;

	ASSERT_LE(1, first);
	ASSERT_LE(1, second);
	ASSERT_NE(first, second);
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		EXPECT_EQ(1, event->version);
		seen |= event->ref == (__u32)first ? 1 : 2;
	}
	EXPECT_EQ(3, seen);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* Lists. */

TEST_F(watch, two_unknown_of_five_are_named_and_leave_nothing)
{
	const struct localstate_target targets[] = {
		target_name("a"), target_name("nobody"), target_name("b"),
		target_id(UINT64_MAX), target_name("c"),
	};
	struct localstate_watch req = watch_request(targets, 5, 0);
	__s32 status[5];

	poison(status, sizeof(status));
	req.status = pointer(status);
	EXPECT_EQ(-ENOENT, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(ENOENT, req.error.code);
	EXPECT_EQ(LOCALSTATE_FIELD_TARGETS, req.error.field);
	EXPECT_EQ(1, req.error.index);
	EXPECT_EQ(2, req.failed);
	EXPECT_EQ(0, req.ref);
	EXPECT_EQ(0, status[0]);
	EXPECT_EQ(-ENOENT, status[1]);
	EXPECT_EQ(0, status[2]);
	EXPECT_EQ(-ENOENT, status[3]);
	EXPECT_EQ(0, status[4]);

	EXPECT_EQ(0, watch_count(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	ASSERT_EQ(0, variable_register(self->writer, "nobody", value_int(1)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, malformed_targets_are_named_beside_unknown_ones)
{
	struct localstate_target targets[] = {
		target_name("a"),
		{ .kind = LOCALSTATE_TARGET_PATTERN + 1, .id = 1 },
		target_name("nobody"),
		{ .kind = LOCALSTATE_TARGET_ID, .id = 0 },
		{ .kind = LOCALSTATE_TARGET_ID, .id = 1, .name_len = 1 },
		{ .kind = LOCALSTATE_TARGET_ID, .id = 1,
		  .name = pointer("a") },
		{ .kind = LOCALSTATE_TARGET_NAME, .id = 1, .name_len = 1,
		  .name = pointer("a") },
		{ .kind = LOCALSTATE_TARGET_NAME },
		target_name("no name"),
		{ .kind = LOCALSTATE_TARGET_NAME, .name = pointer("a"),
		  .name_len = LOCALSTATE_NAME_MAX + 1 },
	};
	const __s32 expected[] = {
		0, -EINVAL, -ENOENT, -EINVAL, -EINVAL, -EINVAL, -EINVAL,
		-EINVAL, -EINVAL, -EINVAL,
	};
	struct localstate_watch req;
	__s32 status[ARRAY_SIZE(targets)];
	unsigned int i;

	req = watch_request(targets, ARRAY_SIZE(targets), 0);
	poison(status, sizeof(status));
	req.status = pointer(status);
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(1, req.error.index);
	EXPECT_EQ(9, req.failed);
	EXPECT_EQ(0, req.ref);
	for (i = 0; i < ARRAY_SIZE(targets); i++)
		EXPECT_EQ(expected[i], status[i]);
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_F(watch, success_clears_the_status)
{
	const struct localstate_target targets[] = {
		target_name("a"), target_name("b"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);
	__s32 status[3];

	poison(status, sizeof(status));
	req.status = pointer(status);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(0, req.failed);
	EXPECT_LE(1, req.ref);
	EXPECT_EQ(0, status[0]);
	EXPECT_EQ(0, status[1]);
	EXPECT_TRUE(is_poison(&status[2], sizeof(status[2])));
}

/* As long as a list may be, and all the same variable. */
TEST_F(watch, longest_list_of_one_variable_is_one_link)
{
	static struct localstate_target targets[4096];
	const struct localstate_event *event;
	struct localstate_watch_info watch;
	struct localstate_info info;
	struct localstate_watch req;
	__u32 i;

	ASSERT_EQ(0, info_get(self->fd, &info));
	ASSERT_GE(ARRAY_SIZE(targets), info.max_targets);
	for (i = 0; i < info.max_targets; i++)
		targets[i] = target_name("a");
	req = watch_request(targets, info.max_targets, 0);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, watch_info(self->fd, req.ref, &watch));
	EXPECT_EQ(info.max_targets, watch.n_targets);
	EXPECT_EQ(1, watch.n_links);
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_end(self->fd, req.ref));
}

TEST_F(watch, list_without_a_target_is_refused)
{
	struct localstate_target target = target_name("a");
	struct localstate_watch req = watch_request(&target, 0, 0);

	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_TARGETS, req.error.field);
	req = watch_request(&target, UINT32_MAX, 0);
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_TARGETS, req.error.field);
	EXPECT_EQ(0, watch_count(self->fd));
}

/* A name that cannot be read fails the call, not the target. */
TEST_F(watch, bad_pointer_in_a_target_is_efault)
{
	struct localstate_target targets[] = {
		target_name("a"), target_name("b"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);

	targets[1].name = 16;
	EXPECT_EQ(-EFAULT, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(EFAULT, req.error.code);
	EXPECT_EQ(1, req.error.index);
	EXPECT_EQ(0, req.ref);
	EXPECT_EQ(0, watch_count(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, status_that_cannot_be_written_undoes_the_watch)
{
	struct localstate_target target = target_name("a");
	struct localstate_watch req;

	req = watch_request(&target, 1, LOCALSTATE_WATCH_INITIAL);
	req.status = 16;
	EXPECT_EQ(-EFAULT, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(0, req.ref);
	EXPECT_EQ(0, watch_count(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, variable_named_twice_is_one_link_of_the_first_index)
{
	const __u64 id = id_of(self->fd, "b");
	const struct localstate_target targets[] = {
		target_name("a"), target_name("b"), target_id(id),
		target_name("b"), target_name("a"),
	};
	struct localstate_watch req = watch_request(targets, 5, 0);
	const struct localstate_event *event;
	struct localstate_watch_info info;

	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, watch_info(self->fd, req.ref, &info));
	EXPECT_EQ(5, info.n_targets);
	EXPECT_EQ(2, info.n_links);
	ASSERT_EQ(0, variable_set(self->writer, "b", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(id, event->id);
	EXPECT_EQ(1, event->target);
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(0, event->target);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, id_before_name_gives_the_index_of_the_id)
{
	const struct localstate_target targets[] = {
		target_id(id_of(self->fd, "a")), target_name("a"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);
	const struct localstate_event *event;

	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(0, event->target);
	EXPECT_TRUE(reader_is_drained(&self->reader));

	/* When the variable is gone the name goes on, under its own index. */
	ASSERT_EQ(0, variable_delete(self->writer, "a"));
	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(5)));
	ASSERT_EVENT(&self->reader, DELETED, SET, req.ref, &event);
	EXPECT_EQ(0, event->target);
	ASSERT_EVENT(&self->reader, CREATED, SET, req.ref, &event);
	EXPECT_EQ(1, event->target);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* INITIAL. */

TEST_F(watch, initial_gives_each_value_then_sync_then_changes)
{
	const struct localstate_target targets[] = {
		target_name("a"), target_name("b"), target_name("a"),
	};
	const struct localstate_event *event;
	struct localstate_watch req;
	int i;

	ASSERT_EQ(0, variable_set_metadata(self->writer, "b", value_int(7),
					   "k=v", 4));
	req = watch_request(targets, 3, LOCALSTATE_WATCH_INITIAL);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	for (i = 0; i < 2; i++) {
		ASSERT_EVENT(&self->reader, CHANGED, INITIAL, req.ref, &event);
		EXPECT_EQ(i, event->target);
		EXPECT_EQ(LOCALSTATE_EVENT_NEW, event->flags);
		EXPECT_EQ(0, event->old_len);
		EXPECT_EQ(i ? 7 : 0, event_new_int(event));
		EXPECT_EQ(i, event->version);
		EXPECT_EQ(0, event->merged);
	}
	ASSERT_EVENT(&self->reader, SYNC, INITIAL, req.ref, &event);
	EXPECT_EQ(0, event->id);
	EXPECT_EQ(0, event->target);
	EXPECT_EQ(0, event->flags);
	EXPECT_EQ(sizeof(*event), event->size);
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(1, event->version);
	EXPECT_EQ(0, event_old_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, initial_and_sync_do_not_count_as_changes)
{
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "a", LOCALSTATE_WATCH_INITIAL);

	ASSERT_LE(1, ref);
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(0, info.events);
	EXPECT_EQ(0, info.merged);
	EXPECT_EQ(2, info.queued);
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.events);
	EXPECT_EQ(3, info.queued);
}

/* The end of a watch. */

TEST_F(watch, unwatch_of_an_unknown_ref_is_enoent)
{
	struct localstate_unwatch req;
	int ref = watch_name(self->fd, "a", 0);

	req = unwatch_request(ref + 1);
	EXPECT_REFUSED(ENOENT, REF, 0,
		       call(self->fd, LOCALSTATE_IOC_UNWATCH, &req), &req);
	req = unwatch_request(0);
	EXPECT_REFUSED(ENOENT, REF, 0,
		       call(self->fd, LOCALSTATE_IOC_UNWATCH, &req), &req);
	/* A ref belongs to its client. */
	req = unwatch_request(ref);
	EXPECT_REFUSED(ENOENT, REF, 0,
		       call(self->writer, LOCALSTATE_IOC_UNWATCH, &req), &req);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_UNWATCH, &req), &req);
	EXPECT_REFUSED(ENOENT, REF, 0,
		       call(self->fd, LOCALSTATE_IOC_UNWATCH, &req), &req);
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_F(watch, unwatch_drops_what_is_queued)
{
	const struct localstate_event *event;
	int kept, ended;

	kept = watch_name(self->fd, "b", 0);
	ended = watch_name(self->fd, "a", 0);
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "b", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(2)));
	ASSERT_EQ(0, watch_end(self->fd, ended));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(3)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, kept, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, unwatch_makes_the_queue_silent)
{
	char buffer[256];
	int ref = watch_name(self->fd, "a", LOCALSTATE_WATCH_INITIAL);

	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	EXPECT_TRUE(is_readable(self->fd));
	ASSERT_EQ(0, watch_end(self->fd, ref));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(watch, ref_is_not_given_again)
{
	int ref, last = 0, i;

	for (i = 0; i < 20; i++) {
		ref = watch_name(self->fd, "a", 0);
		EXPECT_LT(last, ref);
		last = ref;
		ASSERT_EQ(0, watch_end(self->fd, ref));
	}
}

/* Variables that go, and come back. */

TEST_F(watch, delete_tells_the_last_value_and_the_next_version)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "a", 0);
	__u64 id = id_of(self->fd, "a");

	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(9)));
	ASSERT_EQ(0, variable_delete(self->writer, "a"));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
	EXPECT_EQ(9, event_new_int(event));
	EXPECT_EQ(2, event->version);
	EXPECT_EQ(id, event->id);
	EXPECT_EQ(LOCALSTATE_TYPE_INT, event->type);
	EXPECT_TRUE(event->flags & LOCALSTATE_EVENT_NEW);
	EXPECT_EQ(getpid(), event->pid);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(2, info.events);
	EXPECT_EQ(0, info.n_links);
	EXPECT_EQ(1, info.n_targets);
}

TEST_F(watch, name_goes_on_to_the_next_variable_and_an_id_does_not)
{
	const struct localstate_event *event;
	int by_name, by_id;

	by_id = watch_id(self->fd, id_of(self->fd, "a"), 0);
	by_name = watch_name(self->fd, "a", 0);
	ASSERT_LE(1, by_id);
	ASSERT_EQ(0, variable_delete(self->writer, "a"));
	ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
	ASSERT_EQ(LOCALSTATE_EVENT_DELETED, event->kind);
	ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
	ASSERT_EQ(LOCALSTATE_EVENT_DELETED, event->kind);

	/* Another type: it is another variable. */
	ASSERT_EQ(0, variable_register(self->writer, "a", value_uint(5)));
	ASSERT_EVENT(&self->reader, CREATED, SET, by_name, &event);
	EXPECT_EQ(id_of(self->fd, "a"), event->id);
	EXPECT_EQ(0, event->version);
	EXPECT_EQ(5, event_new_int(event));
	EXPECT_EQ(LOCALSTATE_TYPE_UINT, event->type);
	EXPECT_EQ(LOCALSTATE_EVENT_NEW, event->flags);
	ASSERT_EQ(0, variable_set(self->writer, "a", value_uint(6)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, by_name, &event);
	EXPECT_EQ(1, event->version);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, name_goes_on_many_times)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "a", 0);
	int i;

	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, variable_delete(self->writer, "a"));
		ASSERT_EQ(0, variable_register(self->writer, "a", value_int(i)));
		ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
		ASSERT_EVENT(&self->reader, CREATED, SET, ref, &event);
		EXPECT_EQ(i, event_new_int(event));
		ASSERT_EQ(0, watch_info(self->fd, ref, &info));
		EXPECT_EQ(1, info.n_links);
		EXPECT_EQ(i + 1, info.events);
	}
}

TEST_F(watch, ended_watch_of_a_name_does_not_come_back)
{
	int ref = watch_name(self->fd, "a", 0);

	ASSERT_EQ(0, variable_delete(self->writer, "a"));
	ASSERT_EQ(0, watch_end(self->fd, ref));
	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(1)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(watch, variable_outlives_its_watchers)
{
	struct localstate_get get;

	ASSERT_LE(1, watch_name(self->fd, "a", 0));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1)));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(2)));
	ASSERT_EQ(0, variable_delete(self->writer, "a"));
	ASSERT_EQ(-ENOENT, variable_get(self->writer, "a", &get));
}

TEST_HARNESS_MAIN
