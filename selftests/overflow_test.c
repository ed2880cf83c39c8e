// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue that is full: the last value is never lost, what was merged is
 * counted, and the order of each variable holds.
 */
#include "process_helpers.h"

FIXTURE(overflow) {
	int fd;
	int writer;
	int ref;
	struct reader reader;
};

/* The watch is on a; all are 0. */
FIXTURE_SETUP(overflow)
{
	struct session_name name = session_name_unique("overflow");

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_create(name.text);
	ASSERT_LE(0, self->fd);
	self->writer = session_open(name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(0)));
	ASSERT_EQ(0, variable_register(self->writer, "b", value_int(0)));
	ASSERT_EQ(0, variable_register(self->writer, "c", value_int(0)));
	self->ref = watch_name(self->fd, "a", 0);
	ASSERT_LE(1, self->ref);
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(overflow)
{
	close(self->fd);
	close(self->writer);
}

/* Sets @name to first, first + 1, ... last. */
static int set_range(int fd, const char *name, int first, int last)
{
	int err = 0;

	while (!err && first <= last)
		err = variable_set(fd, name, value_int(first++));
	return err;
}

/* As many changes of a as fit into the ring. */
static int fill_ring(int fd)
{
	return set_range(fd, "a", 1, N_INT_RECORDS);
}

/* Takes the records of fill_ring() out. */
static int drain_ring(struct reader *reader)
{
	const struct localstate_event *event;
	int i;

	for (i = 1; i <= N_INT_RECORDS; i++)
		if (reader_next(reader, DEADLINE_MS, &event) != 1 ||
		    event->version != (__u64)i || event->merged)
			return -EPROTO;
	return 0;
}

TEST_F(overflow, last_value_comes_with_the_count_of_what_it_stands_for)
{
	const struct localstate_event *event;

	ASSERT_EQ(0, set_range(self->writer, "a", 1, 1000));
	ASSERT_EQ(0, drain_ring(&self->reader));
	ASSERT_EVENT(&self->reader, CHANGED, SET, self->ref, &event);
	EXPECT_EQ(1000, event_new_int(event));
	EXPECT_EQ(1000, event->version);
	EXPECT_EQ(1000 - N_INT_RECORDS - 1, event->merged);
	/* The old value is the one before the first that was not seen. */
	EXPECT_EQ(N_INT_RECORDS, event_old_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(overflow, events_and_merged_are_the_changes)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	struct tally tally = { 0 };

	ASSERT_EQ(0, set_range(self->writer, "a", 1, 1000));
	ASSERT_EQ(0, watch_info(self->fd, self->ref, &info));
	EXPECT_EQ(1000, info.events + info.merged);
	EXPECT_EQ(N_INT_RECORDS + 1, info.events);
	EXPECT_EQ(N_INT_RECORDS + 1, info.queued);
	EXPECT_EQ(0, info.delivered);
	while (!reader_is_drained(&self->reader)) {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		tally_event(&tally, event);
	}
	EXPECT_EQ(0, tally.wrong);
	EXPECT_EQ(info.events, tally.events);
	EXPECT_EQ(info.merged, tally.merged);
	ASSERT_EQ(0, watch_info(self->fd, self->ref, &info));
	EXPECT_EQ(0, info.queued);
	EXPECT_EQ(tally.events, info.delivered);
	EXPECT_EQ(0, info.filtered);
}

TEST_F(overflow, exactly_full_queue_merges_nothing)
{
	struct localstate_watch_info info;

	ASSERT_EQ(0, fill_ring(self->writer));
	ASSERT_EQ(0, watch_info(self->fd, self->ref, &info));
	EXPECT_EQ(N_INT_RECORDS, info.events);
	EXPECT_EQ(0, info.merged);
	ASSERT_EQ(0, drain_ring(&self->reader));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(overflow, queue_works_again_after_it_was_full)
{
	const struct localstate_event *event;
	struct tally tally = { 0 };
	int round;

	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, set_range(self->writer, "a", 100 * round + 1,
				       100 * round + 100));
		while (!reader_is_drained(&self->reader)) {
			ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS,
						 &event));
			tally_event(&tally, event);
		}
		EXPECT_EQ(0, tally.wrong);
		EXPECT_EQ(100 * round + 100, tally.value);
		EXPECT_EQ(100 * round + 100, tally.events + tally.merged);
	}
}

/* Metadata make records of different sizes: a small one may want to overtake. */
static int set_sized(int fd, const char *name, int number)
{
	static const char text[] =
		"k=000000000011111111112222222222333333333344444444445555555";
	__u32 len = number * 7 % (sizeof(text) - 3);
	char metadata[sizeof(text)];

	memcpy(metadata, text, len + 2);
	metadata[len + 2] = '\0';
	return variable_set_metadata(fd, name, value_int(number), metadata,
				     len + 3);
}

/*
 * Random sets of three variables against random reads.  Each variable's events
 * follow each other, and unmerged ones of all stand in the order of the sets:
 * their values do, as each set takes the next number.
 */
TEST_F_TIMEOUT(overflow, order_holds_however_read_and_set_alternate, 60)
{
	static const char *const names[] = { "a", "b", "c" };
	struct localstate_target targets[] = {
		target_name("a"), target_name("b"), target_name("c"),
	};
	struct localstate_watch req = watch_request(targets, 3, 0);
	const struct localstate_event *event;
	struct tally tally[3] = { 0 };
	struct localstate_watch_info info;
	__u64 events = 0, merged = 0;
	__s64 latest = 0;
	const int n = rounds(20000), phase = n / 20;
	int i, number = 0;
	unsigned int seed = 1;

	ASSERT_EQ(0, watch_end(self->fd, self->ref));
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	/* Small bites: there is room in the ring while slots still wait. */
	self->reader.limit = 2 * INT_RECORD;
	for (i = 0; i < n; i++) {
		int pick = rand_r(&seed) % 8;

		/* Long rows of sets, long rows of reads, and mixtures. */
		if (pick < (i / phase % 3 + 1) * 2) {
			ASSERT_EQ(0, set_sized(self->writer, names[pick % 3],
					       ++number));
			continue;
		}
		if (reader_is_drained(&self->reader))
			continue;
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		ASSERT_LT(event->target, 3);
		tally_event(&tally[event->target], event);
		ASSERT_EQ(0, tally[event->target].wrong);
		if (event->merged)
			continue;
		ASSERT_LT(latest, event_new_int(event));
		latest = event_new_int(event);
	}
	while (!reader_is_drained(&self->reader)) {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		tally_event(&tally[event->target], event);
	}
	for (i = 0; i < 3; i++) {
		struct localstate_get get;

		ASSERT_EQ(0, variable_get(self->fd, names[i], &get));
		EXPECT_EQ(get.version, tally[i].version);
		EXPECT_EQ((__s64)get.value.data, tally[i].value);
		EXPECT_EQ(0, tally[i].wrong);
		events += tally[i].events;
		merged += tally[i].merged;
	}
	EXPECT_EQ(number, events + merged);
	EXPECT_LT(0, merged);
	ASSERT_EQ(0, watch_info(self->fd, req.ref, &info));
	EXPECT_EQ(events, info.events);
	EXPECT_EQ(merged, info.merged);
}

/* What becomes of what, when it is merged. */

TEST_F(overflow, initial_stays_initial_and_sync_comes_after_it)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref;

	ASSERT_EQ(0, fill_ring(self->writer));
	ref = watch_name(self->fd, "b", LOCALSTATE_WATCH_INITIAL);
	ASSERT_LE(1, ref);
	ASSERT_EQ(0, set_range(self->writer, "b", 1, 5));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(0, info.events);
	EXPECT_EQ(5, info.merged);
	ASSERT_EQ(0, drain_ring(&self->reader));
	ASSERT_EVENT(&self->reader, CHANGED, INITIAL, ref, &event);
	EXPECT_EQ(5, event_new_int(event));
	EXPECT_EQ(5, event->version);
	EXPECT_EQ(5, event->merged);
	EXPECT_EQ(LOCALSTATE_EVENT_NEW, event->flags);
	ASSERT_EVENT(&self->reader, SYNC, INITIAL, ref, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(overflow, created_and_change_is_created)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "b", 0);

	ASSERT_EQ(0, variable_delete(self->writer, "b"));
	ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
	ASSERT_EQ(0, fill_ring(self->writer));
	ASSERT_EQ(0, variable_register(self->writer, "b", value_int(10)));
	ASSERT_EQ(0, set_range(self->writer, "b", 11, 13));
	ASSERT_EQ(0, drain_ring(&self->reader));
	ASSERT_EVENT(&self->reader, CREATED, SET, ref, &event);
	EXPECT_EQ(13, event_new_int(event));
	EXPECT_EQ(3, event->version);
	EXPECT_EQ(3, event->merged);
	EXPECT_EQ(LOCALSTATE_EVENT_NEW, event->flags);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	/* One deletion came as an event, three changes were merged. */
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.events);
	EXPECT_EQ(3, info.merged);
}

TEST_F(overflow, change_and_deleted_is_deleted_with_the_first_old)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "b", 0);

	ASSERT_EQ(0, fill_ring(self->writer));
	ASSERT_EQ(0, set_range(self->writer, "b", 1, 3));
	ASSERT_EQ(0, variable_delete(self->writer, "b"));
	ASSERT_EQ(0, drain_ring(&self->reader));
	ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
	EXPECT_EQ(3, event_new_int(event));
	EXPECT_EQ(4, event->version);
	EXPECT_EQ(3, event->merged);
	EXPECT_TRUE(event->flags & LOCALSTATE_EVENT_OLD);
	EXPECT_EQ(0, event_old_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.events);
	EXPECT_EQ(3, info.merged);
}

TEST_F(overflow, deletion_with_a_full_queue_is_told_alone)
{
	const struct localstate_event *event;
	int ref = watch_name(self->fd, "b", 0);

	ASSERT_EQ(0, fill_ring(self->writer));
	ASSERT_EQ(0, variable_delete(self->writer, "b"));
	ASSERT_EQ(0, drain_ring(&self->reader));
	ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
	EXPECT_EQ(0, event_new_int(event));
	EXPECT_EQ(1, event->version);
	EXPECT_EQ(0, event->merged);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* Each registration is a variable of its own, and is told to the end. */
TEST_F(overflow, each_deleted_variable_keeps_its_link_until_it_is_told)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "b", 0);
	__u64 id = 0;
	int i;

	ASSERT_EQ(0, fill_ring(self->writer));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, variable_delete(self->writer, "b"));
		ASSERT_EQ(0, variable_register(self->writer, "b", value_int(i)));
	}
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(11, info.n_links);
	EXPECT_EQ(10, info.events);
	EXPECT_EQ(0, info.merged);
	EXPECT_EQ(11, info.queued);
	ASSERT_EQ(0, drain_ring(&self->reader));
	for (i = 0; i < 10; i++) {
		ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
		EXPECT_LT(id, event->id);
		EXPECT_EQ(1, event->version);
		id = event->id;
	}
	ASSERT_EVENT(&self->reader, CREATED, SET, ref, &event);
	EXPECT_LT(id, event->id);
	EXPECT_EQ(9, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.n_links);
}

TEST_F(overflow, merged_event_has_the_metadata_of_the_last_change)
{
	const struct localstate_event *event;

	ASSERT_EQ(0, fill_ring(self->writer));
	ASSERT_EQ(0, variable_set_metadata(self->writer, "a", value_int(100),
					   "first=1", 8));
	ASSERT_EQ(0, variable_set_metadata(self->writer, "a", value_int(101),
					   "last=1", 7));
	ASSERT_EQ(0, drain_ring(&self->reader));
	ASSERT_EVENT(&self->reader, CHANGED, SET, self->ref, &event);
	EXPECT_EQ(1, event->merged);
	EXPECT_TRUE(event_metadata_is(event, "last=1", 7));
}

TEST_F(overflow, back_to_the_old_value_is_still_told)
{
	const struct localstate_event *event;

	ASSERT_EQ(0, fill_ring(self->writer));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(-1)));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(N_INT_RECORDS)));
	ASSERT_EQ(0, drain_ring(&self->reader));
	ASSERT_EVENT(&self->reader, CHANGED, SET, self->ref, &event);
	EXPECT_EQ(1, event->merged);
	EXPECT_EQ(N_INT_RECORDS, event_old_int(event));
	EXPECT_EQ(N_INT_RECORDS, event_new_int(event));
}

/* The end of a watch that has events everywhere. */
TEST_F(overflow, unwatch_drops_what_waits_for_room)
{
	const struct localstate_event *event;
	int ref;

	ASSERT_EQ(0, fill_ring(self->writer));
	ref = watch_name(self->fd, "b", LOCALSTATE_WATCH_INITIAL);
	ASSERT_EQ(0, set_range(self->writer, "b", 1, 3));
	ASSERT_EQ(0, set_range(self->writer, "a", 100, 200));
	ASSERT_EQ(0, watch_end(self->fd, ref));
	ASSERT_EQ(0, drain_ring(&self->reader));
	ASSERT_EVENT(&self->reader, CHANGED, SET, self->ref, &event);
	EXPECT_EQ(200, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(overflow, unwatch_of_a_full_queue_makes_room)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "b", 0);

	ASSERT_EQ(0, set_range(self->writer, "a", 1, 1000));
	ASSERT_EQ(0, variable_set(self->writer, "b", value_int(1)));
	ASSERT_EQ(0, watch_end(self->fd, self->ref));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(1, event_new_int(event));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, set_range(self->writer, "b", 2, N_INT_RECORDS));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(N_INT_RECORDS, info.events);
	EXPECT_EQ(0, info.merged);
}

/* Values that differ in length make the ring wrap at every place. */
TEST_F_TIMEOUT(overflow, values_are_whole_wherever_the_ring_wraps, 60)
{
	const struct localstate_event *event;
	char text[128], expected[128];
	int i, ref, wrong = 0;

	ASSERT_EQ(0, watch_end(self->fd, self->ref));
	ASSERT_EQ(0, variable_register(self->writer, "s", value_string("")));
	ref = watch_name(self->fd, "s", 0);
	ASSERT_LE(1, ref);
	for (i = 1; i <= 3000; i++) {
		int len = i * 7 % 120 + 1;

		memset(text, 'a' + i % 26, len);
		text[len] = '\0';
		ASSERT_EQ(0, variable_set(self->writer, "s",
					  value_string(text)));
		if (i % 5)
			continue;
		while (!reader_is_drained(&self->reader)) {
			ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS,
						 &event));
			len = event->version * 7 % 120 + 1;
			memset(expected, 'a' + event->version % 26, len);
			wrong += !event_new_is(event, expected, len);
			wrong += event->merged;
		}
	}
	EXPECT_EQ(0, wrong);
}

TEST_F(overflow, record_that_never_fitted_the_rest_of_the_ring_is_told)
{
	const struct localstate_event *event;
	char text[201];
	int ref;

	memset(text, 't', 200);
	text[200] = '\0';
	ASSERT_EQ(0, variable_register(self->writer, "s", value_string("")));
	ref = watch_name(self->fd, "s", 0);
	ASSERT_EQ(0, set_range(self->writer, "a", 1, N_INT_RECORDS - 1));
	/* There is room for an integer, but not for this. */
	ASSERT_EQ(0, variable_set(self->writer, "s", value_string(text)));
	/* It would fit, but must not overtake. */
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(1000)));
	for (;;) {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		if (event->ref == (__u32)ref)
			break;
		ASSERT_GT(N_INT_RECORDS, event->version);
	}
	EXPECT_TRUE(event_new_is(event, text, 200));
	ASSERT_EVENT(&self->reader, CHANGED, SET, self->ref, &event);
	EXPECT_EQ(1000, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_HARNESS_MAIN
