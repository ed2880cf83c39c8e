// SPDX-License-Identifier: GPL-2.0-only
/*
 * REWATCH: another filter and other options for a watch that goes on; what
 * stays, what begins anew, and that what is refused changes nothing.
 */
#include "filter_helpers.h"
#include "pattern_helpers.h"
#include "queue_helpers.h"

#define LIMIT 64

FIXTURE(rewatch) {
	struct session_name name;
	int fd;
	int writer;
	struct reader reader;
};

FIXTURE_SETUP(rewatch)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("rewatch");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	self->writer = session_open(self->name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
	ASSERT_EQ(0, variable_register(self->fd, "text", value_string("abc")));
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(rewatch)
{
	close(self->fd);
	close(self->writer);
}

static struct localstate_filter_term term_equals_int(__s64 value)
{
	return term_equals(0, value_int(value));
}

/* ---- what changes -------------------------------------------------------- */

TEST_F(rewatch, filter_judges_what_comes_after)
{
	struct localstate_filter_term ten = term_changed(0, value_uint(10));
	struct localstate_filter_term seven = term_equals_int(7);
	int ref = watch_term(self->fd, "x", 0, &ten);
	struct localstate_watch_info info;

	ASSERT_LE(1, ref);
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(7)));
	ASSERT_EQ(0, watch_change(self->fd, ref, &seven));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(100)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(7)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 3));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.events);
	EXPECT_EQ(2, info.filtered);
	EXPECT_EQ(1, info.delivered);
	EXPECT_EQ(1, info.n_links);
}

TEST_F(rewatch, filter_comes_and_goes)
{
	struct localstate_filter_term seven = term_equals_int(7);
	int ref = watch_name(self->fd, "x", 0);

	ASSERT_LE(1, ref);
	ASSERT_EQ(0, watch_change(self->fd, ref, &seven));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, watch_change(self->fd, ref, NULL));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(2)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 2));
}

TEST_F(rewatch, all_variables_of_the_watch_get_it)
{
	struct localstate_target target = target_pattern("v/?");
	struct localstate_watch watch = watch_request(&target, 1, 0);
	struct localstate_filter_term seven = term_equals_int(7);
	char name[] = "v/0";
	int i;

	for (i = 0; i < 10; i++) {
		name[2] = '0' + i;
		ASSERT_EQ(0, variable_register(self->fd, name, value_int(0)));
	}
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &watch));
	ASSERT_EQ(0, watch_change(self->fd, watch.ref, &seven));
	for (i = 0; i < 10; i++) {
		name[2] = '0' + i;
		ASSERT_EQ(0, variable_set(self->writer, name, value_int(6)));
		EXPECT_FALSE(is_readable(self->fd));
		ASSERT_EQ(0, variable_set(self->writer, name, value_int(7)));
		EXPECT_TRUE(reader_next_is(&self->reader,
					   LOCALSTATE_EVENT_CHANGED, 2));
	}
}

/* From 0 on the 8 would be the reference of nothing. */
TEST_F(rewatch, reported_begins_with_the_value_of_the_moment)
{
	struct localstate_filter_term ten =
		term_changed(LOCALSTATE_FILTER_REPORTED, value_uint(10));
	int ref = watch_term(self->fd, "x", 0, &ten);

	ASSERT_LE(1, ref);
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(8)));
	ASSERT_EQ(0, watch_change(self->fd, ref, &ten));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(17)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(18)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 3));
}

/* Inside only by the hysteresis: the new filter has not seen it come in. */
TEST_F(rewatch, side_of_a_range_is_told_anew)
{
	struct localstate_filter_term enters =
		term_range(LOCALSTATE_FILTER_ENTERS, 0, value_int(10),
			   value_int(20));
	int ref;

	enters.hysteresis = 5;
	ref = watch_term(self->fd, "x", 0, &enters);
	ASSERT_LE(1, ref);
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(12)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(8)));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(12)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(8)));
	ASSERT_EQ(0, watch_change(self->fd, ref, &enters));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(12)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 5));
}

/* Those of a pattern, of a name that was missing, and of one that was deleted. */
TEST_F(rewatch, later_variables_are_judged_by_it)
{
	struct localstate_target targets[] = {
		target_pattern("v/*"), target_name("missing"), target_name("x"),
	};
	struct localstate_watch watch =
		watch_request(targets, 3, LOCALSTATE_WATCH_ALLOW_MISSING);
	static const char * const names[] = { "v/1", "missing", "x" };
	struct localstate_filter_term seven = term_equals_int(7);
	unsigned int i;

	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &watch));
	ASSERT_EQ(0, variable_delete(self->writer, "x"));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_DELETED, 1));
	ASSERT_EQ(0, watch_change(self->fd, watch.ref, &seven));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		ASSERT_EQ(0, variable_register(self->writer, names[i], value_int(0)));
		EXPECT_TRUE(reader_next_is(&self->reader,
					   LOCALSTATE_EVENT_CREATED, 0));
		ASSERT_EQ(0, variable_set(self->writer, names[i], value_int(6)));
		EXPECT_FALSE(is_readable(self->fd));
		ASSERT_EQ(0, variable_set(self->writer, names[i], value_int(7)));
		EXPECT_TRUE(reader_next_is(&self->reader,
					   LOCALSTATE_EVENT_CHANGED, 2));
	}
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(rewatch, inline_limit_goes_down_and_up_again)
{
	static const char text[] = "forty characters and some more, no less.";
	static const __u32 limits[] = { 16, LIMIT, 24, 0 };
	struct localstate_target target = target_name("text");
	struct localstate_watch watch = watch_request(&target, 1, 0);
	const struct localstate_event *event;
	struct localstate_watch_info info;
	struct localstate_rewatch req;
	__u32 limit = 0;
	unsigned int i;

	watch.inline_limit = LIMIT;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &watch));
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		req = rewatch_request(watch.ref, NULL, 0);
		req.inline_limit = limits[i];
		EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
		limit = limits[i] ?: limit;
		ASSERT_EQ(0, watch_info(self->fd, watch.ref, &info));
		EXPECT_EQ(limit, info.inline_limit);
		ASSERT_EQ(0, variable_set(self->writer, "text", value_string("")));
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		ASSERT_EQ(0, variable_set(self->writer, "text", value_string(text)));
		ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
		EXPECT_EQ(limit < 40 ? limit : 40, event->new_len);
		EXPECT_EQ(40, event->new_full);
	}
}

/* The next event is a change by another client, to @value. */
#define ASSERT_CHANGED_TO(_value) do {					\
	const struct localstate_event *__changed;			\
									\
	ASSERT_EQ(1, reader_next(&self->reader, 0, &__changed));	\
	ASSERT_EQ(LOCALSTATE_EVENT_CHANGED, __changed->kind);		\
	ASSERT_EQ(_value, event_new_int(__changed));			\
} while (0)

TEST_F(rewatch, own_changes_are_told_or_not_as_it_says)
{
	struct localstate_watch_info info;
	struct localstate_rewatch req;
	int ref = watch_pattern(self->fd, "[xy]", 0);

	ASSERT_LE(1, ref);
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(1)));
	req = rewatch_request(ref, NULL, 0);
	req.flags = LOCALSTATE_WATCH_NO_SELF;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(LOCALSTATE_WATCH_NO_SELF, info.flags);
	/* What was queued stays. */
	ASSERT_CHANGED_TO(1);
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(2)));
	/* So it is with variables that come. */
	ASSERT_EQ(0, variable_register(self->fd, "y", value_int(0)));
	ASSERT_EQ(0, variable_set(self->fd, "y", value_int(3)));
	ASSERT_EQ(0, variable_set(self->writer, "y", value_int(4)));
	ASSERT_CHANGED_TO(4);
	EXPECT_TRUE(reader_is_drained(&self->reader));

	ASSERT_EQ(0, watch_change(self->fd, ref, NULL));
	ASSERT_EQ(0, variable_set(self->fd, "y", value_int(5)));
	ASSERT_CHANGED_TO(5);
	ASSERT_EQ(0, variable_delete(self->fd, "y"));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_DELETED, 4));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(4, info.events);
	EXPECT_EQ(2, info.filtered);
}

/* Of one that conflates as well; that stays as it is. */
TEST_F(rewatch, own_changes_are_merged_or_not_as_it_says)
{
	const __u32 both = LOCALSTATE_WATCH_CONFLATE | LOCALSTATE_WATCH_NO_SELF;
	struct localstate_watch_info info;
	struct localstate_rewatch req;
	int ref = watch_name(self->fd, "x", both);

	ASSERT_LE(1, ref);
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(1)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_change(self->fd, ref, NULL));
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(2)));
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(3)));
	req = rewatch_request(ref, NULL, 0);
	req.flags = LOCALSTATE_WATCH_NO_SELF;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(4)));
	ASSERT_CHANGED_TO(3);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(both, info.flags);
	EXPECT_EQ(1, info.events);
	EXPECT_EQ(1, info.merged);
	EXPECT_EQ(2, info.filtered);
}

/* ---- what stays ---------------------------------------------------------- */

TEST_F(rewatch, queued_events_stay)
{
	struct localstate_filter_term seven = term_equals_int(7);
	int ref = watch_name(self->fd, "x", LOCALSTATE_WATCH_INITIAL);

	ASSERT_LE(1, ref);
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	ASSERT_EQ(0, watch_change(self->fd, ref, &seven));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 0));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_SYNC, 0));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* One waits in its slot with the greater limit, and merges under the smaller. */
TEST_F(rewatch, waiting_event_stays_and_takes_in_what_passes)
{
	static const char text[] = "forty characters and some more, no less.";
	struct localstate_filter_term term = term_differs(0, value_string("no"));
	struct localstate_rewatch req;
	const struct localstate_event *event;
	struct localstate_watch_info info;
	__u64 version = 0;
	int ref, i;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ref = watch_name(self->fd, "text", 0);
	ASSERT_LE(1, ref);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, variable_set(self->writer, "text",
					  value_string(i & 1 ? text : text + 1)));
	req = rewatch_request(ref, &term, 1);
	req.inline_limit = 16;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	ASSERT_EQ(0, variable_set(self->writer, "text", value_string("no")));
	ASSERT_EQ(0, variable_set(self->writer, "text", value_string(text + 4)));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_LT(0, info.merged);
	EXPECT_EQ(1, info.filtered);
	EXPECT_EQ(102, info.events + info.merged + info.filtered);
	while (reader_next(&self->reader, 0, &event) == 1) {
		EXPECT_EQ(version + 1 + event->merged + (event->version == 102),
			  event->version);
		version = event->version;
	}
	EXPECT_EQ(102, version);
	EXPECT_TRUE(event_new_is(event, text + 4, 16));
}

/* A deleted variable's link has no lock to be changed under. */
TEST_F(rewatch, waiting_deleted_event_stays)
{
	struct localstate_filter_term seven = term_equals_int(7);
	const struct localstate_event *event;
	struct localstate_watch_info info;
	struct localstate_target targets[] = {
		target_name("x"), target_name("y"),
	};
	struct localstate_watch watch = watch_request(targets, 2, 0);
	__u32 kind = 0;
	int i;

	ASSERT_EQ(0, variable_register(self->writer, "y", value_int(0)));
	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &watch));
	for (i = 1; i < 100; i++)
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(i)));
	ASSERT_EQ(0, variable_delete(self->writer, "x"));
	ASSERT_EQ(0, watch_change(self->fd, watch.ref, &seven));
	ASSERT_EQ(0, watch_info(self->fd, watch.ref, &info));
	EXPECT_EQ(2, info.n_links);
	ASSERT_EQ(0, variable_set(self->writer, "y", value_int(6)));
	while (reader_next(&self->reader, 0, &event) == 1) {
		EXPECT_EQ(0, event->target);
		kind = event->kind;
	}
	EXPECT_EQ(LOCALSTATE_EVENT_DELETED, kind);
	ASSERT_EQ(0, watch_info(self->fd, watch.ref, &info));
	EXPECT_EQ(1, info.n_links);
}

/* ---- what is refused ----------------------------------------------------- */

TEST_F(rewatch, unknown_ref_is_enoent)
{
	struct localstate_rewatch req;
	int ref = watch_name(self->fd, "x", 0);

	ASSERT_LE(1, ref);
	req = rewatch_request(ref + 1, NULL, 0);
	EXPECT_REFUSED(ENOENT, REF, 0, call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	req = rewatch_request(0, NULL, 0);
	EXPECT_REFUSED(ENOENT, REF, 0, call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	req = rewatch_request(ref, NULL, 0);
	EXPECT_REFUSED(ENOENT, REF, 0,
		       call(self->writer, LOCALSTATE_IOC_REWATCH, &req), &req);
	ASSERT_EQ(0, watch_end(self->fd, ref));
	req = rewatch_request(ref, NULL, 0);
	EXPECT_REFUSED(ENOENT, REF, 0, call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
}

TEST_F(rewatch, flags_of_making_are_einval)
{
	static const __u32 flags[] = {
		LOCALSTATE_WATCH_INITIAL, LOCALSTATE_WATCH_ALLOW_MISSING,
		LOCALSTATE_WATCH_CONFLATE, 1U << 31,
	};
	int ref = watch_name(self->fd, "x", LOCALSTATE_WATCH_INITIAL);
	struct localstate_rewatch req;
	unsigned int i;

	ASSERT_LE(1, ref);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		req = rewatch_request(ref, NULL, 0);
		req.flags = flags[i] | LOCALSTATE_WATCH_NO_SELF;
		EXPECT_REFUSED(EINVAL, FLAGS, flags[i],
			       call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	}
}

TEST_F(rewatch, inline_limit_beyond_the_first_is_einval)
{
	static const __u32 limits[] = { 1, LOCALSTATE_INLINE_MIN - 1, LIMIT + 1, -1 };
	struct localstate_target target = target_name("x");
	struct localstate_watch watch = watch_request(&target, 1, 0);
	struct localstate_filter_term seven = term_equals_int(7);
	struct localstate_watch_info info;
	struct localstate_rewatch req;
	unsigned int i;

	watch.inline_limit = LIMIT;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &watch));
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		req = rewatch_request(watch.ref, &seven, 1);
		req.inline_limit = limits[i];
		EXPECT_REFUSED(EINVAL, INLINE_LIMIT, LIMIT,
			       call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	}
	ASSERT_EQ(0, watch_info(self->fd, watch.ref, &info));
	EXPECT_EQ(LIMIT, info.inline_limit);
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
}

/* The second term, for the second target; the first filter goes on, reference and all. */
static void check_misfit(struct __test_metadata *_metadata, int fd, int writer,
			 struct localstate_target *targets, __u32 n, __u32 index)
{
	struct localstate_filter_term differs = term_differs(0, value_none());
	struct localstate_filter_term terms[] = {
		term_differs(0, value_none()), term_bits(0, value_uint(1)),
	};
	struct localstate_watch watch =
		watch_filtered_request(targets, n, &differs, 1,
				       LOCALSTATE_FILTER_ANY);
	struct localstate_rewatch req;

	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_WATCH, &watch));
	req = rewatch_request(watch.ref, terms, 2);
	req.filter.match = LOCALSTATE_FILTER_ALL;
	req.inline_limit = 16;
	EXPECT_EQ(-EINVAL, call(fd, LOCALSTATE_IOC_REWATCH, &req));
	EXPECT_EQ(EINVAL, req.error.code);
	EXPECT_EQ(LOCALSTATE_FIELD_FILTER, req.error.field);
	EXPECT_EQ(index, req.error.index);
	EXPECT_EQ(LOCALSTATE_TYPE_STRING, req.error.type);
	EXPECT_EQ(1, req.error.limit);
	ASSERT_EQ(0, variable_set(writer, "x", value_int(2)));
	ASSERT_EQ(0, variable_set(writer, "text", value_string("a text of twenty-two b")));
}

TEST_F(rewatch, term_that_does_not_suit_changes_nothing)
{
	struct localstate_target targets[] = {
		target_name("x"), target_name("text"),
	};
	const struct localstate_event *event;

	check_misfit(_metadata, self->fd, self->writer, targets, 2, 1);
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
	ASSERT_EQ(1, reader_next(&self->reader, 0, &event));
	EXPECT_EQ(22, event->new_len);
}

TEST_F(rewatch, term_that_does_not_suit_a_pattern_changes_nothing)
{
	struct localstate_target targets[] = {
		target_name("x"), target_pattern("*"),
	};

	check_misfit(_metadata, self->fd, self->writer, targets, 2, 1);
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
}

TEST_F(rewatch, bad_filter_is_refused_as_by_watch)
{
	struct localstate_filter_term terms[5] = {
		term_equals_int(7), term_bits(1U << 31, value_uint(1)),
	};
	int ref = watch_name(self->fd, "x", 0);
	struct localstate_rewatch req;

	ASSERT_LE(1, ref);
	req = rewatch_request(ref, terms, 2);
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_REWATCH, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_FILTER, req.error.field);
	EXPECT_EQ(1, req.error.index);
	req = rewatch_request(ref, terms, 5);
	EXPECT_REFUSED(EINVAL, FILTER, LOCALSTATE_FILTER_TERMS,
		       call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	req = rewatch_request(ref, NULL, 1);
	EXPECT_REFUSED(EFAULT, FILTER, 0, call(self->fd, LOCALSTATE_IOC_REWATCH, &req),
		       &req);
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
}

TEST_F(rewatch, after_destroy_is_eshutdown)
{
	int ref = watch_name(self->fd, "x", 0);

	ASSERT_LE(1, ref);
	ASSERT_EQ(0, session_destroy(self->fd));
	EXPECT_EQ(-ESHUTDOWN, watch_change(self->fd, ref, NULL));
}

TEST_HARNESS_MAIN
