// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an event carries: values and metadata up to the inline limit of its
 * watch, and what is cut from them.
 */
#include "process_helpers.h"

#define E_ACUTE "\xc3\xa9"
#define TRUNCATED (LOCALSTATE_EVENT_OLD_TRUNCATED | \
		   LOCALSTATE_EVENT_NEW_TRUNCATED | \
		   LOCALSTATE_EVENT_METADATA_TRUNCATED)

FIXTURE(event) {
	int fd;
	int ref;
	struct reader reader;
};

FIXTURE_SETUP(event)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "s", value_string("old")));
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(event)
{
	close(self->fd);
}

/* A watch on s with this inline limit: its ref, or -errno. */
static int watch_limited(int fd, __u32 limit)
{
	struct localstate_target target = target_name("s");
	struct localstate_watch req = watch_request(&target, 1, 0);
	int err;

	req.inline_limit = limit;
	err = call(fd, LOCALSTATE_IOC_WATCH, &req);
	return err ?: (int)req.ref;
}

TEST_F(event, inline_limit_is_between_16_and_inline_max)
{
	struct localstate_target target = target_name("s");
	struct localstate_watch req = watch_request(&target, 1, 0);
	struct localstate_watch_info watch;
	struct localstate_info info;

	ASSERT_EQ(0, info_get(self->fd, &info));
	req.inline_limit = LOCALSTATE_INLINE_MIN - 1;
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_INLINE_LIMIT, req.error.field);
	req.inline_limit = info.inline_max + 1;
	EXPECT_REFUSED(EINVAL, INLINE_LIMIT, info.inline_max,
		       call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(0, req.ref);
	EXPECT_EQ(0, watch_count(self->fd));
	req.inline_limit = LOCALSTATE_INLINE_MIN;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	req.inline_limit = info.inline_max;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	ASSERT_EQ(0, watch_info(self->fd, req.ref, &watch));
	EXPECT_EQ(info.inline_max, watch.inline_limit);
	req.inline_limit = 0;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	ASSERT_EQ(0, watch_info(self->fd, req.ref, &watch));
	EXPECT_EQ(info.inline_default, watch.inline_limit);
}

/* However large the limit, one record fits into the smallest queue. */
TEST_F(event, inline_limit_leaves_room_in_a_small_queue)
{
	const struct localstate_event *event;
	static char text[4097];
	int ref;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ref = watch_limited(self->fd, 0);
	ASSERT_LE(1, ref);
	EXPECT_EQ(-EINVAL, watch_limited(self->fd, QUEUE_MIN));
	memset(text, 't', sizeof(text) - 1);
	ASSERT_EQ(0, variable_set(self->fd, "s", value_string(text)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_TRUE(event->flags & LOCALSTATE_EVENT_NEW_TRUNCATED);
	EXPECT_EQ(4096, event->new_full);
}

/* What is carried of 10 bytes of old, 20 of new and 2 entries of metadata. */
struct cut_case {
	__u32 limit;
	__u32 old_len;
	__u32 new_len;
	__u32 metadata_len;
	__u32 flags;
};

TEST_F(event, metadata_is_cut_first_then_old_then_new)
{
	static const char old[] = "0123456789";
	static const char new[] = "abcdefghijklmnopqrst";
	static const char metadata[] = "key=one\0key2=two";
	const struct cut_case cases[] = {
		{ 256, 10, 20, 17, 0 },
		{ 47, 10, 20, 17, 0 },
		{ 46, 10, 20, 8, LOCALSTATE_EVENT_METADATA_TRUNCATED },
		{ 38, 10, 20, 8, LOCALSTATE_EVENT_METADATA_TRUNCATED },
		{ 37, 10, 20, 0, LOCALSTATE_EVENT_METADATA_TRUNCATED },
		{ 30, 10, 20, 0, LOCALSTATE_EVENT_METADATA_TRUNCATED },
		{ 29, 9, 20, 0, LOCALSTATE_EVENT_METADATA_TRUNCATED |
				LOCALSTATE_EVENT_OLD_TRUNCATED },
		{ 20, 0, 20, 0, LOCALSTATE_EVENT_METADATA_TRUNCATED |
				LOCALSTATE_EVENT_OLD_TRUNCATED },
		{ 16, 0, 16, 0, TRUNCATED },
	};
	const struct localstate_event *event;
	unsigned int i;
	int ref;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct cut_case *c = &cases[i];

		ASSERT_EQ(0, variable_set(self->fd, "s", value_string(old)));
		ref = watch_limited(self->fd, c->limit);
		ASSERT_LE(1, ref);
		ASSERT_EQ(0, variable_set_metadata(self->fd, "s",
						   value_string(new), metadata,
						   sizeof(metadata)));
		ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
		EXPECT_EQ(c->flags, event->flags & TRUNCATED) {
			TH_LOG("limit %u", c->limit);
		}
		EXPECT_TRUE(event_old_is(event, old, c->old_len));
		EXPECT_TRUE(event_new_is(event, new, c->new_len));
		EXPECT_TRUE(event_metadata_is(event, metadata, c->metadata_len));
		EXPECT_EQ(10, event->old_full);
		EXPECT_EQ(20, event->new_full);
		EXPECT_EQ(17, event->metadata_full);
		EXPECT_TRUE(event->flags & LOCALSTATE_EVENT_OLD);
		EXPECT_TRUE(event->flags & LOCALSTATE_EVENT_NEW);
		ASSERT_EQ(0, watch_end(self->fd, ref));
	}
}

TEST_F(event, get_returns_what_was_cut)
{
	const struct localstate_event *event;
	static char text[65537], back[65536];
	struct localstate_get get;
	int ref = watch_limited(self->fd, 0);

	memset(text, 'x', sizeof(text) - 1);
	ASSERT_EQ(0, variable_set(self->fd, "s", value_string(text)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_TRUE(event->flags & LOCALSTATE_EVENT_NEW_TRUNCATED);
	EXPECT_EQ(65536, event->new_full);
	EXPECT_EQ(256, event->new_len);
	get = get_request(key_id(event->id), back, event->new_full);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET, &get), &get);
	EXPECT_EQ(event->version, get.version);
	EXPECT_EQ(0, memcmp(text, back, sizeof(back)));
}

TEST_F(event, texts_are_cut_at_a_character)
{
	const struct localstate_event *event;
	struct tally tally = { 0 };
	char text[64];
	int ref, len;

	/* Twenty characters of two bytes, and one before them every other time. */
	for (len = 0; len < 2; len++) {
		int i;

		memset(text, 'x', 1);
		for (i = 0; i < 20; i++)
			memcpy(text + len + 2 * i, E_ACUTE, 3);
		ref = watch_limited(self->fd, 21);
		ASSERT_LE(1, ref);
		ASSERT_EQ(0, variable_set(self->fd, "s", value_string(text)));
		ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
		tally_event(&tally, event);
		EXPECT_EQ(20 + len, event->new_len);
		EXPECT_EQ(40 + len, event->new_full);
		EXPECT_TRUE(event_new_is(event, text, 20 + len));
		ASSERT_EQ(0, watch_end(self->fd, ref));
	}
}

/* The old value is cut at a character, too, in what room the new one leaves. */
TEST_F(event, old_text_is_cut_at_a_character)
{
	const struct localstate_event *event;
	int ref;

	ASSERT_EQ(0, variable_set(self->fd, "s",
				  value_string("a" E_ACUTE E_ACUTE E_ACUTE)));
	ref = watch_limited(self->fd, 16);
	ASSERT_EQ(0, variable_set(self->fd, "s", value_string("0123456789")));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(10, event->new_len);
	EXPECT_TRUE(event_old_is(event, "a" E_ACUTE E_ACUTE, 5));
	EXPECT_EQ(7, event->old_full);
	EXPECT_EQ(LOCALSTATE_EVENT_OLD_TRUNCATED, event->flags & TRUNCATED);
}

TEST_F(event, scalar_is_never_cut)
{
	const struct localstate_event *event;
	struct localstate_target target = target_name("i");
	struct localstate_watch req = watch_request(&target, 1, 0);

	ASSERT_EQ(0, variable_register(self->fd, "i", value_int(1)));
	req.inline_limit = LOCALSTATE_INLINE_MIN;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, variable_set_metadata(self->fd, "i", value_int(2), "k=v",
					   4));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(1, event_old_int(event));
	EXPECT_EQ(2, event_new_int(event));
	EXPECT_EQ(LOCALSTATE_EVENT_METADATA_TRUNCATED,
		  event->flags & TRUNCATED);
	EXPECT_EQ(0, event->metadata_len);
	EXPECT_EQ(4, event->metadata_full);
}

TEST_F(event, watches_of_one_client_have_limits_of_their_own)
{
	const struct localstate_event *event;
	int small = watch_limited(self->fd, 16);
	int large = watch_limited(self->fd, 100);
	int i;

	ASSERT_EQ(0, variable_set(self->fd, "s",
				  value_string("0123456789012345678901234")));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		EXPECT_EQ(25, event->new_full);
		if (event->ref == (__u32)small)
			EXPECT_EQ(16, event->new_len);
		if (event->ref == (__u32)large)
			EXPECT_EQ(25, event->new_len);
	}
}

TEST_F(event, empty_values_are_there)
{
	const struct localstate_event *event;
	int ref = watch_limited(self->fd, 0);

	ASSERT_EQ(0, variable_set(self->fd, "s", value_string("")));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(LOCALSTATE_EVENT_OLD | LOCALSTATE_EVENT_NEW, event->flags);
	EXPECT_EQ(0, event->new_len);
	EXPECT_TRUE(event_old_is(event, "old", 3));
	ASSERT_EQ(0, variable_set(self->fd, "s", value_string("x")));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(LOCALSTATE_EVENT_OLD | LOCALSTATE_EVENT_NEW, event->flags);
	EXPECT_EQ(0, event->old_len);
}

/* Merged into a waiting event, the old value makes room for the new one. */
TEST_F(event, merged_event_is_cut_to_the_limit_too)
{
	const struct localstate_event *event, *last = NULL;
	static const char start[] = "the first old value";
	static char text[32];
	int ref, i;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ref = watch_limited(self->fd, 24);
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "%s %d", start, i);
		ASSERT_EQ(0, variable_set(self->fd, "s", value_string(text)));
	}
	ASSERT_EQ(0, variable_set_metadata(self->fd, "s", value_string("short"),
					   "k=v", 4));
	ASSERT_EQ(0, variable_set_metadata(self->fd, "s",
					   value_string("not so short"), "k=w",
					   4));
	do {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		ASSERT_EQ(ref, event->ref);
		last = event;
	} while (!event->merged);
	EXPECT_TRUE(event_new_is(last, "not so short", 12));
	EXPECT_EQ(102, last->version);
	EXPECT_GE(24, last->old_len + last->new_len + last->metadata_len);
	EXPECT_TRUE(event_old_is(last, start, last->old_len));
	EXPECT_LT(strlen(start), last->old_full);
	EXPECT_EQ(4, last->metadata_full);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_HARNESS_MAIN
