// SPDX-License-Identifier: GPL-2.0-only
/* Event records: what stands in one, what is cut, what a merged one keeps. */
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>

#include "kunit.h"

#define LS_LIMIT	64U

/* A record with room for all that is written here, and what lies behind it. */
struct record_buffer {
	struct localstate_event event;
	u8 parts[256];
};

static const struct ls_view none;

/* A text; metadata have its NUL counted. */
static struct ls_view text_view(const char *text)
{
	return (struct ls_view){ text, strlen(text), true };
}

static struct ls_view metadata_view(const char *entry)
{
	return (struct ls_view){ entry, strlen(entry) + 1, true };
}

static struct ls_view scalar_view(const u64 *bits)
{
	return (struct ls_view){ bits, sizeof(*bits), true };
}

static struct ls_writer *current_writer(struct kunit *test)
{
	struct ls_writer *writer = kunit_kzalloc(test, sizeof(*writer), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, writer);
	writer->pid = task_pid(current);
	writer->uid = KUIDT_INIT(1234);
	return writer;
}

static struct ls_change change_of(struct kunit *test, u32 type, struct ls_view old,
				  struct ls_view new, struct ls_view metadata)
{
	return (struct ls_change){
		.kind = LOCALSTATE_EVENT_CHANGED,
		.cause = LOCALSTATE_CAUSE_SET,
		.type = type,
		.id = 7,
		.version = 3,
		.time_ns = 1000,
		.old = old,
		.new = new,
		.metadata = metadata,
		.writer = current_writer(test),
	};
}

static void prepare(struct ls_change *change, u32 limit)
{
	localstate_record_prepare(change, limit, &init_pid_ns, &init_user_ns);
}

static struct record_buffer *written(struct kunit *test, struct ls_change *change, u32 limit)
{
	struct record_buffer *buffer = kunit_kzalloc(test, sizeof(*buffer), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	memset(buffer, 0xff, sizeof(*buffer));
	prepare(change, limit);
	localstate_record_write(&buffer->event, change, 5, 2);
	return buffer;
}

/* The part at @at has these bytes, zeroes up to a multiple of 8; what follows. */
static const u8 *expect_part(struct kunit *test, const u8 *at, struct ls_view part, u32 length)
{
	static const u8 zeroes[8];
	u32 gap = LOCALSTATE_ALIGN(length) - length;

	if (length)
		KUNIT_EXPECT_MEMEQ(test, at, part.data, length);
	KUNIT_EXPECT_MEMEQ(test, at + length, zeroes, gap);
	return at + length + gap;
}

/* All of a record's parts, and that nothing was written behind them. */
static void expect_parts(struct kunit *test, const struct record_buffer *buffer,
			 struct ls_view old, struct ls_view new, struct ls_view metadata)
{
	const struct localstate_event *event = &buffer->event;
	const u8 *at = buffer->parts;

	KUNIT_EXPECT_EQ(test, event->old_full, old.length);
	KUNIT_EXPECT_EQ(test, event->new_full, new.length);
	KUNIT_EXPECT_EQ(test, event->metadata_full, metadata.length);
	at = expect_part(test, at, old, event->old_len);
	at = expect_part(test, at, new, event->new_len);
	at = expect_part(test, at, metadata, event->metadata_len);
	KUNIT_EXPECT_EQ(test, event->size, (u32)(at - (const u8 *)event));
	KUNIT_EXPECT_EQ(test, *at, 0xff);
}

static void expect_lengths(struct kunit *test, const struct record_buffer *buffer, u32 old,
			   u32 new, u32 metadata)
{
	KUNIT_EXPECT_EQ(test, buffer->event.old_len, old);
	KUNIT_EXPECT_EQ(test, buffer->event.new_len, new);
	KUNIT_EXPECT_EQ(test, buffer->event.metadata_len, metadata);
}

static void record_has_all_that_the_change_has(struct kunit *test)
{
	static const u64 old = 1, new = 2;
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_INT, scalar_view(&old),
					    scalar_view(&new), metadata_view("by=me"));
	const struct record_buffer *buffer = written(test, &change, LS_LIMIT);
	const struct localstate_event *event = &buffer->event;

	KUNIT_EXPECT_EQ(test, event->kind, LOCALSTATE_EVENT_CHANGED);
	KUNIT_EXPECT_EQ(test, event->cause, LOCALSTATE_CAUSE_SET);
	KUNIT_EXPECT_EQ(test, event->flags, LOCALSTATE_EVENT_OLD | LOCALSTATE_EVENT_NEW);
	KUNIT_EXPECT_EQ(test, event->ref, 5U);
	KUNIT_EXPECT_EQ(test, event->target, 2U);
	KUNIT_EXPECT_EQ(test, event->id, 7ULL);
	KUNIT_EXPECT_EQ(test, event->version, 3ULL);
	KUNIT_EXPECT_EQ(test, event->time_ns, 1000ULL);
	KUNIT_EXPECT_EQ(test, event->transaction, 0ULL);
	KUNIT_EXPECT_EQ(test, event->merged, 0U);
	KUNIT_EXPECT_EQ(test, event->type, (u32)LOCALSTATE_TYPE_INT);
	KUNIT_EXPECT_EQ(test, event->pid, (u32)pid_nr_ns(task_pid(current), &init_pid_ns));
	KUNIT_EXPECT_EQ(test, event->uid, 1234U);
	expect_lengths(test, buffer, 8, 8, 6);
	expect_parts(test, buffer, change.old, change.new, change.metadata);
}

static void record_of_nothing_is_its_head(struct kunit *test)
{
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_STRING, none,
					    text_view(""), none);
	const struct record_buffer *buffer = written(test, &change, LS_LIMIT);

	KUNIT_EXPECT_EQ(test, buffer->event.size, (u32)sizeof(struct localstate_event));
	KUNIT_EXPECT_EQ(test, buffer->event.flags, LOCALSTATE_EVENT_NEW);
	expect_parts(test, buffer, change.old, change.new, change.metadata);
}

static void gaps_are_zero_and_size_is_as_foretold(struct kunit *test)
{
	static const char text[] = "0123456789abcdef";
	struct record_buffer *buffer;
	struct ls_change change;
	u32 old, new;

	for (old = 0; old <= 16; old++) {
		for (new = 0; new <= 16; new++) {
			change = change_of(test, LOCALSTATE_TYPE_STRING,
					   text_view(text + 16 - old), text_view(text + 16 - new),
					   metadata_view(text + new));
			buffer = written(test, &change, LS_LIMIT);
			KUNIT_EXPECT_EQ(test, buffer->event.size, change.size);
			KUNIT_EXPECT_EQ(test, buffer->event.size % 8, 0U);
			expect_parts(test, buffer, change.old, change.new, change.metadata);
		}
	}
}

/* Old 10, new 10, metadata of 4 + 4 bytes: what is left of it under each limit. */
static void limit_cuts_metadata_then_old_then_new(struct kunit *test)
{
	static const char metadata[] = "a=1\0b=2";
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_STRING, text_view("0123456789"),
					    text_view("abcdefghij"),
					    (struct ls_view){ metadata, sizeof(metadata), true });
	const struct record_buffer *buffer;
	u32 limit, old, new, rest;

	for (limit = 1; limit <= 32; limit++) {
		new = min(limit, 10U);
		old = min(limit - new, 10U);
		rest = limit - new - old;
		buffer = written(test, &change, limit);
		expect_lengths(test, buffer, old, new, rest >= 8 ? 8 : rest >= 4 ? 4 : 0);
		expect_parts(test, buffer, change.old, change.new, change.metadata);
		KUNIT_EXPECT_EQ(test, buffer->event.flags,
				LOCALSTATE_EVENT_OLD | LOCALSTATE_EVENT_NEW |
				(old < 10 ? LOCALSTATE_EVENT_OLD_TRUNCATED : 0) |
				(new < 10 ? LOCALSTATE_EVENT_NEW_TRUNCATED : 0) |
				(rest < 8 ? LOCALSTATE_EVENT_METADATA_TRUNCATED : 0));
		KUNIT_EXPECT_LE(test, buffer->event.size, localstate_record_max(limit));
	}
}

static void text_is_cut_at_a_character(struct kunit *test)
{
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_STRING,
					    text_view("\xe2\x82\xac\xe2\x82\xac"),
					    text_view("\xc3\xbc\xc3\xbc\xc3\xbc"), none);

	expect_lengths(test, written(test, &change, 5), 0, 4, 0);
	expect_lengths(test, written(test, &change, 8), 0, 6, 0);
	expect_lengths(test, written(test, &change, 9), 3, 6, 0);
	expect_lengths(test, written(test, &change, 12), 6, 6, 0);
}

static void scalar_is_whole_or_not_there(struct kunit *test)
{
	static const u64 old = 1, new = 2;
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_FLOAT, scalar_view(&old),
					    scalar_view(&new), none);

	expect_lengths(test, written(test, &change, 7), 0, 0, 0);
	expect_lengths(test, written(test, &change, 8), 0, 8, 0);
	expect_lengths(test, written(test, &change, 15), 0, 8, 0);
	expect_lengths(test, written(test, &change, 16), 8, 8, 0);
}

/* Neighbouring links share what was computed, but only if they agree on it. */
static void another_limit_is_another_cut(struct kunit *test)
{
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_STRING, none,
					    text_view("0123456789"), none);

	expect_lengths(test, written(test, &change, 4), 0, 4, 0);
	expect_lengths(test, written(test, &change, 8), 0, 8, 0);
	expect_lengths(test, written(test, &change, 4), 0, 4, 0);
	expect_lengths(test, written(test, &change, LS_LIMIT), 0, 10, 0);
}

/* The same of a record that is only copied: it is made anew for another namespace. */
static void another_namespace_is_another_record(struct kunit *test)
{
	static struct user_namespace other;
	u64 old = 1, new = 2;
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_UINT, scalar_view(&old),
					    scalar_view(&new), none);
	struct record_buffer buffer;
	const struct record_buffer *first = written(test, &change, LS_LIMIT);

	KUNIT_EXPECT_EQ(test, first->event.uid, 1234U);
	memset(&buffer, 0xff, sizeof(buffer));
	/* Nobody is mapped in it. */
	localstate_record_prepare(&change, LS_LIMIT, &init_pid_ns, &other);
	localstate_record_write(&buffer.event, &change, 6, 3);
	KUNIT_EXPECT_NE(test, buffer.event.uid, 1234U);
	KUNIT_EXPECT_EQ(test, buffer.event.ref, 6U);
	KUNIT_EXPECT_EQ(test, buffer.event.target, 3U);
	expect_parts(test, &buffer, change.old, change.new, none);
}

static void only_changes_and_deletions_count(struct kunit *test)
{
	struct localstate_event event = { .cause = LOCALSTATE_CAUSE_SET };

	for (event.kind = 0; event.kind < 8; event.kind++)
		KUNIT_EXPECT_EQ_MSG(test, localstate_record_is_change(&event),
				    event.kind == LOCALSTATE_EVENT_CHANGED ||
				    event.kind == LOCALSTATE_EVENT_DELETED, "%d", event.kind);
	event.kind = LOCALSTATE_EVENT_CHANGED;
	event.cause = LOCALSTATE_CAUSE_INITIAL;
	KUNIT_EXPECT_FALSE(test, localstate_record_is_change(&event));
	event.kind = LOCALSTATE_EVENT_DELETED;
	KUNIT_EXPECT_TRUE(test, localstate_record_is_change(&event));
}

static void merge_text(struct kunit *test, struct record_buffer *buffer, const char *old,
		       const char *new, struct ls_view metadata, u32 limit)
{
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_STRING, text_view(old),
					    text_view(new), metadata);

	change.version = buffer->event.version + 1;
	change.time_ns = buffer->event.time_ns + 10;
	prepare(&change, limit);
	localstate_record_merge(&buffer->event, &change, limit);
}

static struct record_buffer *written_text(struct kunit *test, const char *old, const char *new,
					  struct ls_view metadata, u32 limit)
{
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_STRING, text_view(old),
					    text_view(new), metadata);

	return written(test, &change, limit);
}

static void first_old_value_stays_and_the_new_is_the_last(struct kunit *test)
{
	struct record_buffer *buffer = written_text(test, "first", "second", metadata_view("n=1"),
						    LS_LIMIT);

	merge_text(test, buffer, "second", "the third", metadata_view("n=22"), LS_LIMIT);
	expect_parts(test, buffer, text_view("first"), text_view("the third"),
		     metadata_view("n=22"));
	merge_text(test, buffer, "the third", "", none, LS_LIMIT);
	KUNIT_EXPECT_EQ(test, buffer->event.version, 5ULL);
	KUNIT_EXPECT_EQ(test, buffer->event.time_ns, 1020ULL);
	KUNIT_EXPECT_EQ(test, buffer->event.merged, 2U);
	KUNIT_EXPECT_EQ(test, buffer->event.flags, LOCALSTATE_EVENT_OLD | LOCALSTATE_EVENT_NEW);
	expect_lengths(test, buffer, 5, 0, 0);
	KUNIT_EXPECT_EQ(test, buffer->event.size, (u32)sizeof(struct localstate_event) + 8);
	expect_part(test, buffer->parts, text_view("first"), 5);
}

static void merged_event_has_the_last_writer(struct kunit *test)
{
	struct record_buffer *buffer = written_text(test, "a", "b", none, LS_LIMIT);
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_STRING, text_view("b"),
					    text_view("c"), none);

	prepare(&change, LS_LIMIT);
	change.pid = 99;
	change.uid = 88;
	localstate_record_merge(&buffer->event, &change, LS_LIMIT);
	KUNIT_EXPECT_EQ(test, buffer->event.pid, 99U);
	KUNIT_EXPECT_EQ(test, buffer->event.uid, 88U);
}

/* The old value makes room, and does not come back when there is room again. */
static void long_new_value_drives_out_the_old(struct kunit *test)
{
	struct record_buffer *buffer = written_text(test, "0123456789", "x", none, 16);

	expect_lengths(test, buffer, 10, 1, 0);
	merge_text(test, buffer, "x", "abcdefghijkl", metadata_view("a=1"), 16);
	expect_lengths(test, buffer, 4, 12, 0);
	KUNIT_EXPECT_EQ(test, buffer->event.old_full, 10U);
	KUNIT_EXPECT_EQ(test, buffer->event.flags,
			LOCALSTATE_EVENT_OLD | LOCALSTATE_EVENT_NEW |
			LOCALSTATE_EVENT_OLD_TRUNCATED | LOCALSTATE_EVENT_METADATA_TRUNCATED);
	merge_text(test, buffer, "abcdefghijkl", "y", none, 16);
	expect_lengths(test, buffer, 4, 1, 0);
	expect_part(test, buffer->parts, text_view("0123"), 4);
	expect_part(test, buffer->parts + 8, text_view("y"), 1);
	merge_text(test, buffer, "y", "0123456789abcdefg", none, 16);
	expect_lengths(test, buffer, 0, 16, 0);
}

static void old_value_is_cut_at_a_character_when_merged(struct kunit *test)
{
	struct record_buffer *buffer = written_text(test, "\xc3\xbc\xc3\xbc", "x", none, 16);

	merge_text(test, buffer, "x", "0123456789abc", none, 16);
	expect_lengths(test, buffer, 2, 13, 0);
}

/* An event of this kind and cause, and what a change of @kind makes of it. */
static void expect_kind(struct kunit *test, u8 kind, u8 cause, u8 by, u8 wanted_kind,
			u8 wanted_cause, u32 merged)
{
	static const u64 bits;
	struct ls_change change = change_of(test, LOCALSTATE_TYPE_INT, none, scalar_view(&bits),
					    none);
	struct record_buffer *buffer;

	change.kind = kind;
	change.cause = cause;
	buffer = written(test, &change, LS_LIMIT);
	change.kind = by;
	change.cause = LOCALSTATE_CAUSE_BATCH;
	localstate_record_merge(&buffer->event, &change, LS_LIMIT);
	KUNIT_EXPECT_EQ(test, buffer->event.kind, wanted_kind);
	KUNIT_EXPECT_EQ(test, buffer->event.cause, wanted_cause);
	KUNIT_EXPECT_EQ(test, buffer->event.merged, merged);
	KUNIT_EXPECT_EQ(test, buffer->event.flags, LOCALSTATE_EVENT_NEW);
}

static void initial_and_created_stay_what_they_are(struct kunit *test)
{
	expect_kind(test, LOCALSTATE_EVENT_CHANGED, LOCALSTATE_CAUSE_INITIAL,
		    LOCALSTATE_EVENT_CHANGED, LOCALSTATE_EVENT_CHANGED,
		    LOCALSTATE_CAUSE_INITIAL, 1);
	expect_kind(test, LOCALSTATE_EVENT_CREATED, LOCALSTATE_CAUSE_SET,
		    LOCALSTATE_EVENT_CHANGED, LOCALSTATE_EVENT_CREATED,
		    LOCALSTATE_CAUSE_SET, 1);
	expect_kind(test, LOCALSTATE_EVENT_CHANGED, LOCALSTATE_CAUSE_SET,
		    LOCALSTATE_EVENT_CHANGED, LOCALSTATE_EVENT_CHANGED,
		    LOCALSTATE_CAUSE_BATCH, 1);
}

/* A deletion is counted once: as the event itself if that was no change. */
static void deletion_wins_over_all(struct kunit *test)
{
	expect_kind(test, LOCALSTATE_EVENT_CHANGED, LOCALSTATE_CAUSE_INITIAL,
		    LOCALSTATE_EVENT_DELETED, LOCALSTATE_EVENT_DELETED,
		    LOCALSTATE_CAUSE_BATCH, 0);
	expect_kind(test, LOCALSTATE_EVENT_CREATED, LOCALSTATE_CAUSE_SET,
		    LOCALSTATE_EVENT_DELETED, LOCALSTATE_EVENT_DELETED,
		    LOCALSTATE_CAUSE_BATCH, 0);
	expect_kind(test, LOCALSTATE_EVENT_CHANGED, LOCALSTATE_CAUSE_SET,
		    LOCALSTATE_EVENT_DELETED, LOCALSTATE_EVENT_DELETED,
		    LOCALSTATE_CAUSE_BATCH, 1);
}

static struct kunit_case record_cases[] = {
	KUNIT_CASE(record_has_all_that_the_change_has),
	KUNIT_CASE(record_of_nothing_is_its_head),
	KUNIT_CASE(gaps_are_zero_and_size_is_as_foretold),
	KUNIT_CASE(limit_cuts_metadata_then_old_then_new),
	KUNIT_CASE(text_is_cut_at_a_character),
	KUNIT_CASE(scalar_is_whole_or_not_there),
	KUNIT_CASE(another_limit_is_another_cut),
	KUNIT_CASE(another_namespace_is_another_record),
	KUNIT_CASE(only_changes_and_deletions_count),
	KUNIT_CASE(first_old_value_stays_and_the_new_is_the_last),
	KUNIT_CASE(merged_event_has_the_last_writer),
	KUNIT_CASE(long_new_value_drives_out_the_old),
	KUNIT_CASE(old_value_is_cut_at_a_character_when_merged),
	KUNIT_CASE(initial_and_created_stay_what_they_are),
	KUNIT_CASE(deletion_wins_over_all),
	{}
};

static struct kunit_suite record_suite = {
	.name = "localstate_record",
	.test_cases = record_cases,
};

kunit_test_suite(record_suite);
