// SPDX-License-Identifier: GPL-2.0-only
/*
 * NO_SELF: a watch hears of what others do, and not of what is done through its own
 * descriptor, which counts as filtered.
 */
#include "batch_helpers.h"
#include "filter_helpers.h"

#define NO_SELF		LOCALSTATE_WATCH_NO_SELF
#define REPORTED	LOCALSTATE_FILTER_REPORTED

FIXTURE(no_self) {
	struct session_name name;
	int fd;
	int other;
	struct reader reader;
};

FIXTURE_SETUP(no_self)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("no-self");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	self->other = session_open(self->name.text);
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, variable_register(self->other, "x", value_int(0)));
	ASSERT_EQ(0, variable_register(self->other, "y", value_int(0)));
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(no_self)
{
	close(self->fd);
	close(self->other);
}

/* Whether the counters are these; what waits in the queue counts as queued. */
static bool counters_are(int fd, int ref, __u64 events, __u64 merged,
			 __u64 filtered)
{
	struct localstate_watch_info info;

	return !watch_info(fd, ref, &info) && info.events == events &&
	       info.merged == merged && info.filtered == filtered;
}

TEST_F(no_self, own_set_is_not_told)
{
	int ref = watch_name(self->fd, "x", NO_SELF);

	ASSERT_LT(0, ref);
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(1)));
	EXPECT_FALSE(is_readable(self->fd));
	EXPECT_TRUE(counters_are(self->fd, ref, 0, 0, 1));
}

TEST_F(no_self, anothers_set_is_told)
{
	const struct localstate_event *event;
	int ref = watch_name(self->fd, "x", NO_SELF);

	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(1)));
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(2)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(1, event_old_int(event));
	EXPECT_EQ(2, event_new_int(event));
	EXPECT_EQ(2, event->version);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	EXPECT_TRUE(counters_are(self->fd, ref, 1, 0, 1));
}

TEST_F(no_self, another_descriptor_of_the_process_is_another)
{
	int ref = watch_name(self->fd, "x", NO_SELF);
	int twin = session_open(self->name.text);

	ASSERT_LE(0, twin);
	ASSERT_EQ(0, variable_set(twin, "x", value_int(1)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
	EXPECT_TRUE(counters_are(self->fd, ref, 1, 0, 0));
	close(twin);
}

TEST_F(no_self, a_copy_of_the_descriptor_is_the_same)
{
	int ref = watch_name(self->fd, "x", NO_SELF);
	int copy = dup(self->fd);

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, variable_set(copy, "x", value_int(1)));
	EXPECT_FALSE(is_readable(self->fd));
	EXPECT_TRUE(counters_are(self->fd, ref, 0, 0, 1));
	close(copy);
}

TEST_F(no_self, concerns_that_watch_only)
{
	const struct localstate_event *event;
	int quiet = watch_name(self->fd, "x", NO_SELF);
	int plain = watch_name(self->fd, "x", 0);

	ASSERT_LT(quiet, plain);
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(1)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, plain, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(no_self, own_operation_is_not_told)
{
	struct localstate_set req;
	int ref = watch_name(self->fd, "x", NO_SELF);

	req = operation_request("x", LOCALSTATE_OPERATION_ADD, value_int(3));
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_SET, &req));
	EXPECT_FALSE(is_readable(self->fd));
	req = operation_request("x", LOCALSTATE_OPERATION_ADD, value_int(3));
	ASSERT_EQ(0, call(self->other, LOCALSTATE_IOC_SET, &req));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 2));
	EXPECT_TRUE(counters_are(self->fd, ref, 1, 0, 1));
}

static int batch_two(int fd, __u32 flags, __s64 value)
{
	struct localstate_set sets[2];
	struct localstate_batch req;

	sets[0] = set_request(key_name("x"), value_int(value));
	sets[1] = set_request(key_name("y"), value_int(value));
	req = batch_request(sets, 2, flags);
	return call(fd, LOCALSTATE_IOC_BATCH, &req);
}

TEST_F(no_self, own_batch_is_not_told)
{
	int x = watch_name(self->fd, "x", NO_SELF);
	int y = watch_name(self->fd, "y", NO_SELF);

	ASSERT_EQ(0, batch_two(self->fd, 0, 1));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, batch_two(self->other, 0, 2));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 2));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 2));
	EXPECT_TRUE(counters_are(self->fd, x, 1, 0, 1));
	EXPECT_TRUE(counters_are(self->fd, y, 1, 0, 1));
}

/* The end of the part is that of what is told of it. */
TEST_F(no_self, own_transaction_is_told_to_the_other_watch_only)
{
	const struct localstate_event *event;
	int x = watch_name(self->fd, "x", 0);
	int y = watch_name(self->fd, "y", NO_SELF);

	ASSERT_EQ(0, batch_two(self->fd, LOCALSTATE_BATCH_ATOMIC, 1));
	ASSERT_EVENT(&self->reader, CHANGED, BATCH, x, &event);
	EXPECT_TRUE(event->flags & LOCALSTATE_EVENT_END);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, batch_two(self->other, LOCALSTATE_BATCH_ATOMIC, 2));
	ASSERT_EVENT(&self->reader, CHANGED, BATCH, x, &event);
	EXPECT_FALSE(event->flags & LOCALSTATE_EVENT_END);
	ASSERT_EVENT(&self->reader, CHANGED, BATCH, y, &event);
	EXPECT_TRUE(event->flags & LOCALSTATE_EVENT_END);
	EXPECT_TRUE(counters_are(self->fd, x, 2, 0, 0));
	EXPECT_TRUE(counters_are(self->fd, y, 1, 0, 1));
}

TEST_F(no_self, own_delete_is_not_told)
{
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "x", NO_SELF);

	ASSERT_EQ(0, variable_delete(self->fd, "x"));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.filtered);
	EXPECT_EQ(0, info.n_links);
	ASSERT_EQ(0, variable_delete(self->other, "y"));
}

TEST_F(no_self, anothers_delete_is_told)
{
	int ref = watch_name(self->fd, "x", NO_SELF);

	ASSERT_EQ(0, variable_delete(self->other, "x"));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_DELETED, 1));
	EXPECT_TRUE(counters_are(self->fd, ref, 1, 0, 0));
}

/* It is watched all the same: what others do to it afterwards is told. */
TEST_F(no_self, own_registration_is_not_told)
{
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "x", NO_SELF);

	ASSERT_EQ(0, variable_delete(self->fd, "x"));
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(5)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.n_links);
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(6)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
	EXPECT_TRUE(counters_are(self->fd, ref, 1, 0, 1));
}

TEST_F(no_self, own_changes_are_told_without_the_flag)
{
	int ref = watch_name(self->fd, "x", 0);

	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(1)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
	ASSERT_EQ(0, variable_delete(self->fd, "x"));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_DELETED, 2));
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(5)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CREATED, 0));
	EXPECT_TRUE(counters_are(self->fd, ref, 2, 0, 0));
}

TEST_F(no_self, anothers_registration_is_told)
{
	int ref = watch_name(self->fd, "x", NO_SELF);

	ASSERT_EQ(0, variable_delete(self->fd, "x"));
	ASSERT_EQ(0, variable_register(self->other, "x", value_int(5)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CREATED, 0));
	EXPECT_TRUE(counters_are(self->fd, ref, 0, 0, 1));
}

TEST_F(no_self, initial_and_sync_come_all_the_same)
{
	const struct localstate_event *event;
	int ref;

	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(4)));
	ref = watch_name(self->fd, "x", NO_SELF | LOCALSTATE_WATCH_INITIAL);
	ASSERT_EVENT(&self->reader, CHANGED, INITIAL, ref, &event);
	EXPECT_EQ(4, event_new_int(event));
	ASSERT_EVENT(&self->reader, SYNC, INITIAL, ref, &event);
	EXPECT_TRUE(counters_are(self->fd, ref, 0, 0, 0));
}

TEST_F(no_self, own_release_is_not_told)
{
	struct localstate_claim claim = claim_will("x", value_int(9));
	int ref = watch_name(self->fd, "x", NO_SELF);

	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_CLAIM, &claim));
	ASSERT_EQ(0, claim_release(self->fd, "x"));
	EXPECT_FALSE(is_readable(self->fd));
	EXPECT_TRUE(counters_are(self->fd, ref, 0, 0, 1));
	ASSERT_EQ(0, claim_add(self->fd, "x", LOCALSTATE_CLAIM_END_DELETE));
	ASSERT_EQ(0, claim_release(self->fd, "x"));
	EXPECT_FALSE(is_readable(self->fd));
	EXPECT_TRUE(counters_are(self->fd, ref, 0, 0, 2));
}

TEST_F(no_self, anothers_release_is_told)
{
	struct localstate_claim claim = claim_will("x", value_int(9));
	const struct localstate_event *event;
	int ref = watch_name(self->fd, "x", NO_SELF);

	ASSERT_EQ(0, call(self->other, LOCALSTATE_IOC_CLAIM, &claim));
	ASSERT_EQ(0, claim_release(self->other, "x"));
	ASSERT_EVENT(&self->reader, CHANGED, RELEASE, ref, &event);
	ASSERT_EQ(0, claim_add(self->other, "y", LOCALSTATE_CLAIM_END_DELETE));
	ref = watch_name(self->fd, "y", NO_SELF);
	close(self->other);
	self->other = -1;
	ASSERT_EVENT(&self->reader, DELETED, RELEASE, ref, &event);
}

/* ---- with a filter ------------------------------------------------------- */

/* 10 was reported by nobody: the distance goes on from 0. */
TEST_F(no_self, reported_stays_where_it_was)
{
	struct localstate_filter_term term = term_changed(REPORTED, value_uint(5));
	int ref = watch_term(self->fd, "x", NO_SELF, &term);

	ASSERT_LT(0, ref);
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(10)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(3)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(9)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 3));
	EXPECT_TRUE(counters_are(self->fd, ref, 1, 0, 2));
}

/* Its own change has brought the value inside: there is nothing to enter. */
TEST_F(no_self, crossings_see_own_changes)
{
	struct localstate_filter_term term;
	int ref;

	term = term_range(LOCALSTATE_FILTER_ENTERS, 0, value_int(10),
			  value_int(20));
	ref = watch_term(self->fd, "x", NO_SELF, &term);
	ASSERT_LT(0, ref);
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(15)));
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(16)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(0)));
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(17)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 4));
	EXPECT_TRUE(counters_are(self->fd, ref, 1, 0, 3));
}

TEST_F(no_self, a_filter_holds_others_back_as_without)
{
	struct localstate_filter_term term = term_equals(0, value_int(7));
	int ref = watch_term(self->fd, "x", NO_SELF, &term);

	ASSERT_EQ(0, variable_set(self->other, "x", value_int(1)));
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(7)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(8)));
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(7)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 4));
	EXPECT_TRUE(counters_are(self->fd, ref, 1, 0, 3));
}

/* ---- while an event waits ------------------------------------------------ */

/* Fill the ring of @fd by a watch of its own on "y"; how many events are in it. */
static int fill_ring(int fd, int other)
{
	struct localstate_watch_info info;
	int ref = watch_name(fd, "y", 0);
	int i;

	for (i = 1; i < 1000; i++) {
		if (variable_set(other, "y", value_int(i)) ||
		    watch_info(fd, ref, &info))
			return -1;
		if (info.merged)
			return info.events;
	}
	return -1;
}

TEST_F(no_self, a_waiting_event_stays_as_it_was)
{
	const struct localstate_event *event;
	int ref, n;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ref = watch_name(self->fd, "x", NO_SELF);
	n = fill_ring(self->fd, self->other);
	ASSERT_LT(0, n);
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(1)));
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(2)));
	EXPECT_TRUE(counters_are(self->fd, ref, 1, 0, 1));
	while (n--)
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(1, event_new_int(event));
	EXPECT_EQ(0, event->merged);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* The link waits with it, and goes with it. */
TEST_F(no_self, own_delete_leaves_a_waiting_event)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref, n;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ref = watch_name(self->fd, "x", NO_SELF);
	n = fill_ring(self->fd, self->other);
	ASSERT_LT(0, n);
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(1)));
	ASSERT_EQ(0, variable_delete(self->fd, "x"));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.n_links);
	EXPECT_EQ(1, info.filtered);
	while (n--)
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(0, info.n_links);
	ASSERT_EQ(0, variable_register(self->other, "x", value_int(5)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CREATED, 0));
	EXPECT_EQ(0, watch_end(self->fd, ref));
}

TEST_F(no_self, unwatch_ends_a_link_that_waits_for_its_event)
{
	const struct localstate_event *event;
	int ref, n;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ref = watch_name(self->fd, "x", NO_SELF);
	n = fill_ring(self->fd, self->other);
	ASSERT_LT(0, n);
	ASSERT_EQ(0, variable_set(self->other, "x", value_int(1)));
	ASSERT_EQ(0, variable_delete(self->fd, "x"));
	EXPECT_EQ(0, watch_end(self->fd, ref));
	while (n--)
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_HARNESS_MAIN
