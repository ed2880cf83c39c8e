// SPDX-License-Identifier: GPL-2.0-only
/*
 * WATCH with SNAPSHOT: the values that a watch starts from, in the caller's buffer.
 */
#include "filter_helpers.h"
#include "pattern_helpers.h"
#include "queue_helpers.h"
#include "snapshot_helpers.h"

FIXTURE(snapshot) {
	struct session_name name;
	int fd;
	int writer;
	struct reader reader;
	__u64 buffer[16384];
};

FIXTURE_SETUP(snapshot)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("snapshot");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	self->writer = session_open(self->name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(5)));
	ASSERT_EQ(0, variable_register(self->fd, "text", value_string("abc")));
	reader_init(&self->reader, self->fd);
	poison(self->buffer, sizeof(self->buffer));
}

FIXTURE_TEARDOWN(snapshot)
{
	close(self->fd);
	close(self->writer);
}

TEST_F(snapshot, values_come_back_and_no_event)
{
	struct localstate_target targets[] = {
		target_name("text"), target_name("x"),
	};
	struct localstate_watch req =
		snapshot_request(targets, 2, self->buffer, sizeof(self->buffer));
	const struct localstate_variable *record = (const void *)self->buffer;
	struct localstate_watch_info info;

	ASSERT_EQ(0, variable_set_metadata(self->writer, "text",
					   value_string("a longer text that needs a cell"),
					   "k=v", 4));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	ASSERT_EQ(2, req.count);
	EXPECT_EQ(0, record->target);
	EXPECT_EQ(1, record->version);
	EXPECT_EQ(LOCALSTATE_TYPE_STRING, record->type);
	EXPECT_EQ(31, record->value_len);
	EXPECT_EQ(0, memcmp(record + 1, "a longer text that needs a cell", 32));
	EXPECT_EQ(4, record->metadata_len);
	record = record_next(record);
	EXPECT_EQ(1, record->target);
	EXPECT_EQ(0, record->version);
	EXPECT_EQ(LOCALSTATE_TYPE_INT, record->type);
	EXPECT_EQ(5, (__s64)event_bits(record + 1));
	EXPECT_EQ(0, memcmp((const char *)(record + 1) + 8, "x", 2));
	record = record_next(record);
	EXPECT_EQ((const char *)record - (const char *)self->buffer, req.size);
	EXPECT_TRUE(is_poison(record, 64));

	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(6)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 1));
	ASSERT_EQ(0, watch_info(self->fd, req.ref, &info));
	EXPECT_EQ(LOCALSTATE_WATCH_SNAPSHOT, info.flags);
	EXPECT_EQ(1, info.events);
}

/* A record is what LIST has, but for the target. */
TEST_F(snapshot, record_is_that_of_describe)
{
	struct localstate_target target = target_name("x");
	struct localstate_watch req =
		snapshot_request(&target, 1, self->buffer, sizeof(self->buffer));
	struct localstate_describe describe =
		describe_request(key_name("x"), self->buffer + 1024, 1024);

	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_DESCRIBE, &describe), &describe);
	EXPECT_EQ(describe.size, req.size);
	EXPECT_EQ(0, memcmp(self->buffer, self->buffer + 1024, req.size));
}

/* A variable that two targets mean comes once; a missing name not at all. */
TEST_F(snapshot, each_variable_comes_once)
{
	struct localstate_target targets[] = {
		target_name("missing"), target_name("x"), target_pattern("*"),
		target_name("text"),
	};
	struct localstate_watch req =
		snapshot_request(targets, 4, self->buffer, sizeof(self->buffer));
	const struct localstate_variable *record = (const void *)self->buffer;

	req.flags |= LOCALSTATE_WATCH_ALLOW_MISSING;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	ASSERT_EQ(2, req.count);
	EXPECT_EQ(1, record->target);
	EXPECT_EQ(2, record_next(record)->target);
	ASSERT_EQ(0, variable_register(self->writer, "missing", value_int(0)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CREATED, 0));
}

TEST_F(snapshot, of_nothing_is_empty)
{
	struct localstate_target target = target_pattern("nothing*");
	struct localstate_watch req = snapshot_request(&target, 1, NULL, 0);

	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(0, req.count);
	EXPECT_EQ(0, req.size);
}

/* It is where the reference of REPORTED begins, too. */
TEST_F(snapshot, filter_does_not_hold_it_back)
{
	struct localstate_target target = target_name("x");
	struct localstate_filter_term ten =
		term_changed(LOCALSTATE_FILTER_REPORTED, value_uint(10));
	struct localstate_watch req =
		snapshot_request(&target, 1, self->buffer, sizeof(self->buffer));
	struct localstate_watch_info info;

	req.filter.terms = pointer(&ten);
	req.filter.n_terms = 1;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(1, req.count);
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(14)));
	EXPECT_FALSE(is_readable(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(15)));
	EXPECT_TRUE(reader_next_is(&self->reader, LOCALSTATE_EVENT_CHANGED, 2));
	ASSERT_EQ(0, watch_info(self->fd, req.ref, &info));
	EXPECT_EQ(1, info.filtered);
}

/* Whatever the inline limit of the events is. */
TEST_F(snapshot, long_value_is_whole)
{
	static char bytes[LOCALSTATE_VALUE_MAX];
	struct localstate_target target = target_name("long");
	struct localstate_watch req =
		snapshot_request(&target, 1, self->buffer, sizeof(self->buffer));
	const struct localstate_variable *record = (const void *)self->buffer;

	memset(bytes, 'b', sizeof(bytes));
	ASSERT_EQ(0, variable_register(self->fd, "long",
				       value_bytes(LOCALSTATE_TYPE_BYTES, bytes,
						   sizeof(bytes))));
	req.inline_limit = 16;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(sizeof(bytes), record->value_len);
	EXPECT_EQ(0, memcmp(record + 1, bytes, sizeof(bytes)));
}

/* ---- what is refused ----------------------------------------------------- */

TEST_F(snapshot, small_buffer_is_emsgsize_with_the_size)
{
	struct localstate_target target = target_pattern("*");
	struct localstate_watch req = snapshot_request(&target, 1, NULL, 0);
	__u32 size;

	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	size = req.size;
	ASSERT_LT(sizeof(struct localstate_variable), size);
	EXPECT_EQ(LOCALSTATE_FIELD_BUFFER, req.error.field);
	EXPECT_EQ(size, req.error.limit);
	EXPECT_EQ(0, req.ref);
	EXPECT_EQ(0, req.count);
	EXPECT_EQ(0, watch_count(self->fd));
	req = snapshot_request(&target, 1, self->buffer, size - 1);
	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(size, req.size);
	EXPECT_TRUE(is_poison(self->buffer, sizeof(self->buffer)));
	EXPECT_EQ(0, watch_count(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(6)));
	EXPECT_FALSE(is_readable(self->fd));
	req = snapshot_request(&target, 1, self->buffer, size);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(size, req.size);
}

TEST_F(snapshot, bad_buffer_undoes_the_watch)
{
	struct localstate_target target = target_name("x");
	struct localstate_watch req =
		snapshot_request(&target, 1, (void *)8, 4096);

	EXPECT_REFUSED(EFAULT, BUFFER, 0, call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(0, req.ref);
	EXPECT_EQ(0, req.count);
	EXPECT_EQ(0, req.size);
	EXPECT_EQ(0, watch_count(self->fd));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(6)));
	EXPECT_FALSE(is_readable(self->fd));
}

TEST_F(snapshot, with_initial_is_einval)
{
	struct localstate_target target = target_name("x");
	struct localstate_watch req =
		snapshot_request(&target, 1, self->buffer, sizeof(self->buffer));

	req.flags |= LOCALSTATE_WATCH_INITIAL;
	EXPECT_REFUSED(EINVAL, FLAGS, 0, call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_F(snapshot, buffer_without_it_is_einval)
{
	struct localstate_target target = target_name("x");
	struct localstate_watch req = watch_request(&target, 1, 0);

	req.buffer = pointer(self->buffer);
	EXPECT_REFUSED(EINVAL, BUFFER, 0, call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	req = watch_request(&target, 1, 0);
	req.buffer_len = 8;
	EXPECT_REFUSED(EINVAL, BUFFER, 0, call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
}

TEST_F(snapshot, rewatch_with_it_is_einval)
{
	int ref = watch_name(self->fd, "x", 0);
	struct localstate_rewatch req = rewatch_request(ref, NULL, 0);

	req.flags = LOCALSTATE_WATCH_SNAPSHOT;
	EXPECT_REFUSED(EINVAL, FLAGS, LOCALSTATE_WATCH_SNAPSHOT,
		       call(self->fd, LOCALSTATE_IOC_REWATCH, &req), &req);
}

TEST_HARNESS_MAIN
