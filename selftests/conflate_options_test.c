// SPDX-License-Identifier: GPL-2.0-only
/*
 * CONFLATE together with REWATCH and SNAPSHOT.
 */
#include "filter_helpers.h"
#include "queue_helpers.h"

#define CONFLATE	LOCALSTATE_WATCH_CONFLATE

FIXTURE(conflate_options) {
	int fd;
	int writer;
	struct reader reader;
};

FIXTURE_SETUP(conflate_options)
{
	struct session_name name = session_name_unique("conflate_options");

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_create(name.text);
	ASSERT_LE(0, self->fd);
	self->writer = session_open(name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, variable_register(self->writer, "v0", value_int(0)));
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(conflate_options)
{
	close(self->fd);
	close(self->writer);
}

/*
 * What waits stays, cut as it was; what comes is judged, and cut, as REWATCH says.
 * And the watch still conflates.
 */
TEST_F(conflate_options, rewatch_judges_what_is_merged_from_then_on)
{
	struct localstate_filter_term more =
		term_changed(LOCALSTATE_FILTER_REPORTED, value_uint(10));
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref = watch_name(self->fd, "v0", CONFLATE);

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	ASSERT_EQ(0, watch_change(self->fd, ref, &more));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(2)));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(20)));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(21)));
	ASSERT_EQ(0, watch_change(self->fd, ref, NULL));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(22)));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(CONFLATE, info.flags);
	EXPECT_EQ(1, info.queued);
	EXPECT_EQ(1, info.events);
	EXPECT_EQ(2, info.merged);
	EXPECT_EQ(2, info.filtered);
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(2, event->merged);
	EXPECT_EQ(0, event_old_int(event));
	EXPECT_EQ(22, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* Also of an event that a failed read() has taken. */
TEST_F(conflate_options, rewatch_with_another_limit_cuts_what_comes)
{
	struct localstate_target target = target_name("text");
	const struct localstate_event *event;
	struct localstate_watch watch;
	struct localstate_rewatch req;
	char text[200];

	memset(text, 'a', sizeof(text));
	ASSERT_EQ(0, variable_register(self->writer, "text", value_string("")));
	watch = watch_request(&target, 1, CONFLATE);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &watch));
	ASSERT_EQ(0, variable_set(self->writer, "text",
				  value_bytes(LOCALSTATE_TYPE_STRING, text,
					      sizeof(text))));
	ASSERT_EQ(-1, read_nowhere(self->fd));
	req = rewatch_request(watch.ref, NULL, 0);
	req.inline_limit = LOCALSTATE_INLINE_MIN;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REWATCH, &req));
	ASSERT_EQ(0, variable_set(self->writer, "text",
				  value_bytes(LOCALSTATE_TYPE_STRING, text,
					      sizeof(text) / 2)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, watch.ref, &event);
	EXPECT_TRUE(event_new_is(event, text, sizeof(text)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, watch.ref, &event);
	EXPECT_EQ(LOCALSTATE_INLINE_MIN, event->new_len);
	EXPECT_EQ(sizeof(text) / 2, event->new_full);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* The changes go on from the value in the buffer, merged; no SYNC. */
TEST_F(conflate_options, snapshot_is_followed_by_the_latest)
{
	struct localstate_target target = target_name("v0");
	struct localstate_watch req =
		watch_request(&target, 1, CONFLATE | LOCALSTATE_WATCH_SNAPSHOT);
	const struct localstate_event *event;
	__u64 buffer[256];

	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(1)));
	req.buffer = pointer(buffer);
	req.buffer_len = sizeof(buffer);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(1, req.count);
	EXPECT_EQ(1, ((struct localstate_variable *)buffer)->version);
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(2)));
	ASSERT_EQ(0, variable_set(self->writer, "v0", value_int(3)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(1, event->merged);
	EXPECT_EQ(1, event_old_int(event));
	EXPECT_EQ(3, event->version);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_HARNESS_MAIN
