// SPDX-License-Identifier: GPL-2.0-only
/*
 * CONFLATE: of each variable one event waits, the latest; beside the ring, which it
 * neither blocks nor waits for.
 */
#include <sys/epoll.h>

#include "batch_helpers.h"
#include "filter_helpers.h"
#include "pattern_helpers.h"
#include "process_helpers.h"

#define CONFLATE	LOCALSTATE_WATCH_CONFLATE
#define INITIAL		LOCALSTATE_WATCH_INITIAL

#define N_SETS		10000
#define N_NAMES		8

static const char * const names[N_NAMES] = {
	"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7",
};

FIXTURE(conflate) {
	struct session_name name;
	int fd;
	int writer;
	struct reader reader;
};

/* The smallest queue, that a test can fill. */
FIXTURE_SETUP(conflate)
{
	int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("conflate");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	self->writer = session_open(self->name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	for (i = 0; i < N_NAMES; i++)
		ASSERT_EQ(0, variable_register(self->writer, names[i],
					       value_int(0)));
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(conflate)
{
	close(self->fd);
	close(self->writer);
}

static int set_all(int fd, __s64 value)
{
	int i, err = 0;

	for (i = 0; i < N_NAMES && !err; i++)
		err = variable_set(fd, names[i], value_int(value));
	return err;
}

/* The ref of a watch on all of them, or -errno. */
static int watch_all(int fd, __u32 flags)
{
	return watch_names(fd, names, N_NAMES, flags);
}

/* Room for one record of a number. */
static void reader_take_one_by_one(struct reader *reader)
{
	reader->limit = INT_RECORD;
}

/* ---- the latest ---------------------------------------------------------- */

TEST_F(conflate, ten_thousand_changes_are_one_event)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int i, ref = watch_name(self->fd, "v0", CONFLATE);

	ASSERT_LT(0, ref);
	for (i = 1; i <= N_SETS; i++)
		ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(i)));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(CONFLATE, info.flags);
	EXPECT_EQ(1, info.queued);
	EXPECT_EQ(1, info.events);
	EXPECT_EQ(N_SETS - 1, info.merged);
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(N_SETS - 1, event->merged);
	EXPECT_EQ(N_SETS, event->version);
	EXPECT_EQ(0, event_old_int(event));
	EXPECT_EQ(N_SETS, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(0, info.queued);
	EXPECT_EQ(1, info.delivered);
}

/* Old and new go on where the last event ended. */
TEST_F(conflate, what_comes_after_a_read_is_another_event)
{
	const struct localstate_event *event;
	int ref = watch_name(self->fd, "v0", CONFLATE);

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(2)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(2, event->version);
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(3)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(0, event->merged);
	EXPECT_EQ(2, event_old_int(event));
	EXPECT_EQ(3, event_new_int(event));
}

TEST_F(conflate, variables_come_in_the_order_of_their_first_change)
{
	const struct localstate_event *event;
	int ref = watch_all(self->fd, CONFLATE);
	int i;

	ASSERT_LT(0, ref);
	for (i = N_NAMES - 1; i >= 0; i--)
		ASSERT_EQ(0, variable_set(self->writer, names[i], value_int(1)));
	ASSERT_EQ(0, set_all(self->writer, 2));
	for (i = N_NAMES - 1; i >= 0; i--) {
		ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
		EXPECT_EQ(i, event->target);
		EXPECT_EQ(1, event->merged);
		EXPECT_EQ(2, event_new_int(event));
	}
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(conflate, initial_stays_initial_and_sync_is_last)
{
	const struct localstate_event *event;
	int i, ref = watch_all(self->fd, CONFLATE | INITIAL);

	ASSERT_LT(0, ref);
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(2)));
	for (i = 0; i < N_NAMES; i++) {
		ASSERT_EVENT(&self->reader, CHANGED, INITIAL, ref, &event);
		EXPECT_EQ(i, event->target);
		EXPECT_EQ(i ? 0 : 2, event->version);
		EXPECT_EQ(i ? 0 : 2, event->merged);
		EXPECT_EQ(i ? 0 : 2, event_new_int(event));
		EXPECT_EQ(0, event->old_len);
	}
	ASSERT_EVENT(&self->reader, SYNC, INITIAL, ref, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(conflate, a_change_and_a_deletion_are_a_deletion)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "v0", CONFLATE);

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(2)));
	ASSERT_EQ(0, variable_delete(self->writer, "v0"));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.n_links);
	ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
	EXPECT_EQ(2, event->merged);
	EXPECT_EQ(3, event->version);
	EXPECT_EQ(0, event_old_int(event));
	EXPECT_EQ(2, event_new_int(event));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(0, info.n_links);
	EXPECT_EQ(3, info.events + info.merged);
}

TEST_F(conflate, a_registration_and_a_change_are_a_registration)
{
	const struct localstate_event *event;
	int ref = watch_name(self->fd, "new",
			     CONFLATE | LOCALSTATE_WATCH_ALLOW_MISSING);

	ASSERT_LT(0, ref);
	ASSERT_EQ(0, variable_register(self->writer, "new", value_int(4)));
	ASSERT_EQ(0, variable_set(self->writer, "new", value_int(5)));
	ASSERT_EVENT(&self->reader, CREATED, SET, ref, &event);
	EXPECT_EQ(1, event->merged);
	EXPECT_EQ(1, event->version);
	EXPECT_EQ(0, event->old_len);
	EXPECT_EQ(5, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* Another variable is another event, if the name is the same. */
TEST_F(conflate, a_variable_that_comes_again_is_told_apart)
{
	const struct localstate_event *event;
	int ref = watch_name(self->fd, "v0", CONFLATE);
	__u64 first;

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(0, variable_delete(self->writer, "v0"));
	ASSERT_EQ(0, variable_register(self->writer, "v0", value_int(7)));
	ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
	first = event->id;
	ASSERT_EVENT(&self->reader, CREATED, SET, ref, &event);
	EXPECT_NE(first, event->id);
	EXPECT_EQ(7, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(conflate, a_filter_is_asked_first)
{
	struct localstate_filter_term term = term_changed(0, value_uint(5));
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_term(self->fd, "v0", CONFLATE, &term);

	ASSERT_LT(0, ref);
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(3)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(10)));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(11)));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(20)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(1, event->merged);
	EXPECT_EQ(3, event_old_int(event));
	EXPECT_EQ(20, event_new_int(event));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.events);
	EXPECT_EQ(1, info.merged);
	EXPECT_EQ(2, info.filtered);
}

TEST_F(conflate, with_no_self_an_own_delete_leaves_what_waits)
{
	__u32 flags = CONFLATE | LOCALSTATE_WATCH_NO_SELF;
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "v0", flags);

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(0, variable_set(self->fd, "v0", value_int(2)));
	ASSERT_EQ(0, variable_delete(self->fd, "v0"));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.n_links);
	EXPECT_EQ(2, info.filtered);
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(1, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(0, info.n_links);
}

/* ---- beside the ring ----------------------------------------------------- */

/* Set "v7", which @ref watches, until it is merged; how many events there are. */
static int fill_ring(int fd, int writer, int ref)
{
	struct localstate_watch_info info;
	int i;

	for (i = 1; i < 1000; i++) {
		if (variable_set(writer, "v7", value_int(i)) ||
		    watch_info(fd, ref, &info))
			return -1;
		if (info.merged)
			return info.events;
	}
	return -1;
}

TEST_F(conflate, does_not_hold_up_the_ring)
{
	const struct localstate_event *event;
	int i, slow = watch_name(self->fd, "v0", CONFLATE);
	int plain = watch_name(self->fd, "v1", 0);

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	for (i = 1; i <= 3; i++)
		ASSERT_EQ(0, variable_set(self->writer, "v1", value_int(i)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, slow, &event);
	for (i = 1; i <= 3; i++) {
		ASSERT_EVENT(&self->reader, CHANGED, SET, plain, &event);
		EXPECT_EQ(i, event_new_int(event));
		EXPECT_EQ(0, event->merged);
	}
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* It waits for no room, and is told at the first turn. */
TEST_F(conflate, a_full_ring_does_not_hold_it_up)
{
	const struct localstate_event *event;
	int i, n, plain = watch_name(self->fd, "v7", 0);
	int ref = watch_name(self->fd, "v0", CONFLATE);

	n = fill_ring(self->fd, self->writer, plain);
	ASSERT_LT(1, n);
	for (i = 1; i <= 100; i++)
		ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(i)));
	reader_take_one_by_one(&self->reader);
	ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	if (event->ref == (__u32)plain) {
		n--;
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	}
	EXPECT_EQ(ref, event->ref);
	EXPECT_EQ(99, event->merged);
	while (n--)
		ASSERT_EVENT(&self->reader, CHANGED, SET, plain, &event);
	EXPECT_EQ(1, event->merged);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* reader_next() sees that their numbers grow. */
TEST_F(conflate, both_are_read_in_turn)
{
	const struct localstate_event *event;
	int i, plain = watch_name(self->fd, "v7", 0);
	int ref = watch_all(self->fd, CONFLATE);
	__u32 last = 0;

	for (i = 1; i <= N_NAMES; i++)
		ASSERT_EQ(0, variable_set(self->writer, "v7", value_int(i)));
	ASSERT_EQ(0, set_all(self->writer, 100));
	reader_take_one_by_one(&self->reader);
	for (i = 0; i < 2 * N_NAMES; i++) {
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		EXPECT_NE(last, event->ref);
		last = event->ref;
	}
	EXPECT_TRUE(last == (__u32)ref || last == (__u32)plain);
	ASSERT_EVENT(&self->reader, CHANGED, SET, plain, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* Who sets after each read has always an event waiting. */
TEST_F(conflate, neither_starves_the_other)
{
	int i, plain = watch_name(self->fd, "v7", 0);
	int ref = watch_name(self->fd, "v0", CONFLATE);
	const struct localstate_event *event;
	int seen[2] = { 0 };

	reader_take_one_by_one(&self->reader);
	for (i = 1; i <= 20; i++) {
		ASSERT_EQ(0, variable_set(self->writer, "v7", value_int(i)));
		ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(i)));
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		seen[event->ref == (__u32)ref]++;
	}
	EXPECT_EQ(10, seen[0]);
	EXPECT_EQ(10, seen[1]);
	EXPECT_LT(plain, ref);
}

/* The records of an ended watch in the ring take no turn. */
TEST_F(conflate, dead_records_in_the_ring_do_not_stop_it)
{
	const struct localstate_event *event;
	int i, ref, plain = watch_name(self->fd, "v7", 0);

	ref = watch_all(self->fd, CONFLATE);
	for (i = 1; i <= 3; i++)
		ASSERT_EQ(0, variable_set(self->writer, "v7", value_int(i)));
	ASSERT_EQ(0, set_all(self->writer, 100));
	reader_take_one_by_one(&self->reader);
	ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	ASSERT_EQ(0, watch_end(self->fd, plain));
	for (i = event->ref == (__u32)ref; i < N_NAMES; i++)
		ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(conflate, two_watches_of_one_client_are_apart)
{
	const struct localstate_event *event;
	int first = watch_name(self->fd, "v0", CONFLATE);
	int second = watch_name(self->fd, "v0", CONFLATE);

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(2)));
	ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	EXPECT_EQ(1, event->merged);
	EXPECT_EQ(second, event->ref);
	ASSERT_EVENT(&self->reader, CHANGED, SET, first, &event);
	EXPECT_EQ(1, event->merged);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* ---- transactions -------------------------------------------------------- */

static int transaction_all(int fd, __s64 value)
{
	struct localstate_set sets[N_NAMES];
	int i;

	for (i = 0; i < N_NAMES; i++)
		sets[i] = set_request(key_name(names[i]), value_int(value));
	return transaction_run(fd, sets, N_NAMES);
}

TEST_F(conflate, a_transaction_ends_without_it)
{
	const struct localstate_event *event;
	int i, plain = watch_name(self->fd, "v0", 0);
	int ref = watch_all(self->fd, CONFLATE);
	int ends = 0;

	ASSERT_EQ(0, transaction_all(self->writer, 1));
	for (i = 0; i <= N_NAMES; i++) {
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		EXPECT_LT(0, event->transaction);
		EXPECT_EQ(LOCALSTATE_CAUSE_BATCH, event->cause);
		if (event->ref == (__u32)ref) {
			EXPECT_FALSE(event->flags & LOCALSTATE_EVENT_END);
			continue;
		}
		EXPECT_EQ(plain, event->ref);
		EXPECT_TRUE(event->flags & LOCALSTATE_EVENT_END);
		ends++;
	}
	EXPECT_EQ(1, ends);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* The part in the ring is no larger for it: the conflated ones take no room. */
TEST_F(conflate, a_transaction_takes_no_room_for_it)
{
	const struct localstate_event *event;
	int i, n = 0, plain = watch_name(self->fd, "v7", 0);
	int most = N_INT_RECORDS;
	int ref = watch_all(self->fd, CONFLATE);

	ASSERT_LT(plain, ref);
	for (i = 1; i <= most - 2; i++)
		ASSERT_EQ(0, variable_set(self->writer, "v7", value_int(i)));
	ASSERT_EQ(0, transaction_all(self->writer, -1));
	ASSERT_EQ(0, variable_set(self->writer, "v7", value_int(-2)));
	while (is_readable(self->fd) || !reader_is_empty(&self->reader)) {
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		if (event->ref == (__u32)ref)
			continue;
		n++;
		EXPECT_EQ(0, event->merged);
		EXPECT_EQ(n == most - 1,
			  !!(event->flags & LOCALSTATE_EVENT_END));
	}
	EXPECT_EQ(most, n);
}

/* ---- the ends ------------------------------------------------------------ */

TEST_F(conflate, unwatch_takes_off_what_waits)
{
	const struct localstate_event *event;
	int ref = watch_all(self->fd, CONFLATE | INITIAL);
	int other = watch_name(self->fd, "v1", CONFLATE);

	ASSERT_EQ(0, set_all(self->writer, 1));
	ASSERT_EQ(0, watch_end(self->fd, ref));
	ASSERT_EVENT(&self->reader, CHANGED, SET, other, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, variable_set(self->writer, "v1", value_int(2)));
	ASSERT_EQ(0, watch_end(self->fd, other));
	EXPECT_FALSE(is_readable(self->fd));
}

TEST_F(conflate, session_end_is_last)
{
	const struct localstate_event *event;
	int i, plain = watch_name(self->fd, "v7", 0);
	int n, ref = watch_all(self->fd, CONFLATE);

	n = fill_ring(self->fd, self->writer, plain) + N_NAMES;
	ASSERT_LT(plain, ref);
	ASSERT_EQ(0, set_all(self->writer, 1000));
	ASSERT_EQ(0, session_destroy(self->fd));
	for (i = 0; i < n; i++) {
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		EXPECT_EQ(LOCALSTATE_EVENT_CHANGED, event->kind);
	}
	ASSERT_EVENT(&self->reader, SESSION_END, SET, 0, &event);
	EXPECT_EQ(-ESHUTDOWN, reader_next(&self->reader, 0, &event));
}

/* A LOST stands behind what has waited before it. */
TEST_F(conflate, lost_comes_in_its_order)
{
	const struct localstate_event *event;
	struct localstate_watch req;
	struct localstate_target targets[2] = {
		target_name("v0"), target_pattern("w*"),
	};
	long long max = parameter_get("max_targets");

	req = watch_request(targets, 2, CONFLATE);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(0, parameter_set("max_targets", 1));
	EXPECT_EQ(0, variable_register(self->writer, "w", value_int(1)));
	ASSERT_EQ(0, parameter_set("max_targets", max));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	ASSERT_EVENT(&self->reader, LOST, SET, req.ref, &event);
	EXPECT_EQ(1, event->target);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* ---- the reader ---------------------------------------------------------- */

TEST_F(conflate, wakes_once_for_each_time_it_was_empty)
{
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLET };
	const struct localstate_event *event;
	int i, ref = watch_name(self->fd, "v0", CONFLATE);
	int epoll = epoll_create1(0);

	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &wanted));
	ASSERT_EQ(0, epoll_wait(epoll, &wanted, 1, 0));
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(2 * i)));
		EXPECT_EQ(1, epoll_wait(epoll, &wanted, 1, DEADLINE_MS));
		ASSERT_EQ(0, variable_set(self->writer, "v0",
					  value_int(2 * i + 1)));
		EXPECT_EQ(0, epoll_wait(epoll, &wanted, 1, 0));
		ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
		EXPECT_TRUE(reader_is_drained(&self->reader));
	}
	close(epoll);
}

TEST_F(conflate, a_short_buffer_is_einval_and_takes_nothing)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	char buffer[sizeof(struct localstate_event)];
	int ref = watch_name(self->fd, "v0", CONFLATE);

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(-1, read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(2)));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.queued);
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(1, event->merged);
	EXPECT_EQ(2, event_new_int(event));
}

/* What a failed read() has taken comes first, and nothing is lost. */
TEST_F(conflate, efault_loses_nothing)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "v0", CONFLATE);

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(-1, read_nowhere(self->fd));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(2)));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(2, info.queued);
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(1, event_new_int(event));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(2, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(conflate, unwatch_takes_off_what_efault_has_left)
{
	int ref = watch_name(self->fd, "v0", CONFLATE);
	int other = watch_name(self->fd, "v1", CONFLATE);
	const struct localstate_event *event;

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(-1, read_nowhere(self->fd));
	ASSERT_EQ(0, watch_end(self->fd, ref));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "v1", value_int(1)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, other, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* What is staged moves with the stage when a watch needs a larger one. */
TEST_F(conflate, events_of_all_lengths_are_whole)
{
	struct localstate_target target = target_name("text");
	const struct localstate_event *event;
	struct localstate_watch req;
	char text[1000];

	memset(text, 'a', sizeof(text));
	ASSERT_LT(0, watch_name(self->fd, "v0", CONFLATE));
	ASSERT_EQ(0, variable_register(self->writer, "text", value_string("")));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(-1, read_nowhere(self->fd));
	req = watch_request(&target, 1, CONFLATE);
	req.inline_limit = 2 * sizeof(text);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, variable_set(self->writer, "text",
				  value_bytes(LOCALSTATE_TYPE_STRING, text,
					      sizeof(text))));
	ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	EXPECT_EQ(1, event_new_int(event));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_TRUE(event_new_is(event, text, sizeof(text)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_HARNESS_MAIN
