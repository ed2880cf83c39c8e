// SPDX-License-Identifier: GPL-2.0-only
/*
 * A slot into which changes are merged, against a model that keeps what each
 * part has to be.  The slot is as large as a link's, to the byte: the sanitizer
 * sees what is written behind it.
 */
#include <kunit/test.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>

#include "private.h"
#include "random.h"

/* One part of an event: of @full bytes, the first @length are carried. */
struct part {
	u8 bytes[160];
	u32 full;
	u32 length;
	bool present;
};

struct model {
	u32 type;
	u32 limit;
	struct part old, new, metadata;
	u8 kind, cause;
	u32 merged;
	u32 changes;			/* and deletions that were made */
	u32 events;			/* that count as one of their own */
	u64 version;
	struct ls_writer writer;
	struct pid pid;
};

/* The first @max bytes, or fewer: whole characters of two bytes, whole numbers. */
static u32 cut_value(u32 type, const struct part *part, u32 length, u32 max)
{
	if (length <= max)
		return length;
	if (type != LOCALSTATE_TYPE_STRING)
		return 0;
	return part->bytes[0] == 'x' ? max : max & ~1U;
}

static u32 cut_metadata(const struct part *part, u32 max)
{
	u32 at, whole = 0;

	for (at = 0; at < part->full && at < max; at++) {
		if (!part->bytes[at])
			whole = at + 1;
	}
	return whole;
}

/* A string is all of one-byte or all of two-byte characters. */
static void random_value(struct part *part, u32 type)
{
	u64 bits = random_integer();
	u32 i;

	memset(part, 0, sizeof(*part));
	part->present = true;
	part->full = sizeof(bits);
	if (type != LOCALSTATE_TYPE_STRING) {
		memcpy(part->bytes, &bits, sizeof(bits));
	} else if (random_below(2)) {
		part->full = random_below(150);
		memset(part->bytes, 'x', part->full);
	} else {
		part->full = 2 * random_below(70);
		for (i = 0; i < part->full; i++)
			part->bytes[i] = i & 1 ? 0x80 + random_below(64) : 0xc3;
	}
}

static void random_metadata(struct part *part)
{
	u32 n;

	memset(part, 0, sizeof(*part));
	for (n = random_below(4); n; n--) {
		part->full += sprintf((char *)part->bytes + part->full, "k%u=%.*s", n,
				      (int)random_below(24), "abcdefghijklmnopqrstuvwxyz") + 1;
		part->present = true;
	}
}

static struct ls_view view_of(const struct part *part)
{
	return (struct ls_view){ part->bytes, part->full, part->present };
}

/* What is carried once the new value has taken its bytes of the limit. */
static void model_cut(struct model *model, u32 old_length)
{
	u32 left = model->limit;

	model->new.length = cut_value(model->type, &model->new, model->new.full, left);
	left -= model->new.length;
	model->old.length = cut_value(model->type, &model->old, old_length, left);
	left -= model->old.length;
	model->metadata.length = cut_metadata(&model->metadata, left);
}

static const u8 *expect_part(struct kunit *test, const u8 *at, const struct part *part)
{
	static const u8 zeroes[8];
	u32 gap = -part->length & 7;

	KUNIT_ASSERT_TRUE(test, !memcmp(at, part->bytes, part->length));
	KUNIT_ASSERT_TRUE(test, !memcmp(at + part->length, zeroes, gap));
	return at + part->length + gap;
}

static void expect_event(struct kunit *test, const struct localstate_event *event,
			 const struct model *model)
{
	const u8 *at = (const u8 *)(event + 1);

	KUNIT_ASSERT_EQ(test, event->old_len, model->old.length);
	KUNIT_ASSERT_EQ(test, event->new_len, model->new.length);
	KUNIT_ASSERT_EQ(test, event->metadata_len, model->metadata.length);
	KUNIT_ASSERT_EQ(test, event->old_full, model->old.full);
	KUNIT_ASSERT_EQ(test, event->new_full, model->new.full);
	KUNIT_ASSERT_EQ(test, event->metadata_full, model->metadata.full);
	at = expect_part(test, at, &model->old);
	at = expect_part(test, at, &model->new);
	at = expect_part(test, at, &model->metadata);
	KUNIT_ASSERT_EQ(test, event->size, (u32)(at - (const u8 *)event));
	KUNIT_EXPECT_LE(test, event->size, localstate_record_max(model->limit));
	KUNIT_ASSERT_EQ(test, event->kind, model->kind);
	KUNIT_ASSERT_EQ(test, event->cause, model->cause);
	KUNIT_ASSERT_EQ(test, event->merged, model->merged);
	KUNIT_ASSERT_EQ(test, event->version, model->version);
	KUNIT_ASSERT_EQ(test, event->pid, (u32)model->pid.number);
	KUNIT_ASSERT_EQ(test, event->uid, model->writer.uid.val);
	KUNIT_ASSERT_EQ(test, event->flags,
			(model->old.present ? LOCALSTATE_EVENT_OLD : 0) | LOCALSTATE_EVENT_NEW |
			(model->old.length < model->old.full ? LOCALSTATE_EVENT_OLD_TRUNCATED : 0) |
			(model->new.length < model->new.full ? LOCALSTATE_EVENT_NEW_TRUNCATED : 0) |
			(model->metadata.length < model->metadata.full ?
			 LOCALSTATE_EVENT_METADATA_TRUNCATED : 0));
}

/* The next change, by another writer; its values are in the model. */
static struct ls_change next_change(struct model *model, u8 kind, u8 cause)
{
	struct ls_change change;

	random_value(&model->new, model->type);
	random_metadata(&model->metadata);
	model->version += 1 + random_below(3);
	model->pid.number = 1 + random_below(100000);
	model->writer = (struct ls_writer){ .pid = &model->pid, .uid.val = random_below(70000) };
	change = (struct ls_change){
		.kind = kind,
		.cause = cause,
		.type = model->type,
		.version = model->version,
		.new = view_of(&model->new),
		.metadata = view_of(&model->metadata),
		.writer = &model->writer,
	};
	return change;
}

/* The first event of the slot: a change, an initial value, or a new variable. */
static void model_begin(struct model *model, struct localstate_event *event)
{
	static const struct {
		u8 kind, cause;
	} begins[] = {
		{ LOCALSTATE_EVENT_CHANGED, LOCALSTATE_CAUSE_SET },
		{ LOCALSTATE_EVENT_CHANGED, LOCALSTATE_CAUSE_INITIAL },
		{ LOCALSTATE_EVENT_CREATED, LOCALSTATE_CAUSE_SET },
	};
	u32 how = random_below(ARRAY_SIZE(begins));
	struct ls_change change;

	model->kind = begins[how].kind;
	model->cause = begins[how].cause;
	change = next_change(model, model->kind, model->cause);
	if (!how) {
		random_value(&model->old, model->type);
		change.old = view_of(&model->old);
		model->changes = 1;
		model->events = 1;
	}
	model_cut(model, model->old.full);
	localstate_record_prepare(&change, model->limit, &init_pid_ns, &init_user_ns);
	localstate_record_write(event, &change, 1, 2);
}

static void model_merge(struct model *model, struct localstate_event *event, bool deletion)
{
	bool was_change = model->events;
	struct part before = model->new;
	struct ls_change change;

	change = next_change(model, deletion ? LOCALSTATE_EVENT_DELETED : LOCALSTATE_EVENT_CHANGED,
			     LOCALSTATE_CAUSE_SET);
	change.old = view_of(&before);
	model->changes++;
	model_cut(model, model->old.length);
	if (deletion) {
		model->kind = LOCALSTATE_EVENT_DELETED;
		model->cause = LOCALSTATE_CAUSE_SET;
	}
	if (deletion && !was_change)
		model->events++;
	else
		model->merged++;
	localstate_record_prepare(&change, model->limit, &init_pid_ns, &init_user_ns);
	localstate_record_merge(event, &change, model->limit);
}

static void merged_event_is_what_the_model_says(struct kunit *test)
{
	struct localstate_event *event;
	struct model model;
	int i, merges;

	random_start();
	for (i = 0; i < 100000; i++) {
		memset(&model, 0, sizeof(model));
		model.type = random_below(2) ? LOCALSTATE_TYPE_STRING : LOCALSTATE_TYPE_INT;
		model.limit = LOCALSTATE_INLINE_MIN + random_below(200);
		event = kvmalloc(localstate_record_max(model.limit), 0);
		model_begin(&model, event);
		expect_event(test, event, &model);
		for (merges = random_below(6); merges; merges--) {
			model_merge(&model, event, merges == 1 && random_below(2));
			expect_event(test, event, &model);
		}
		/* Each change is in one count: as an event, or as merged into one. */
		KUNIT_ASSERT_EQ(test, model.changes, model.events + event->merged);
		KUNIT_ASSERT_EQ(test, localstate_record_is_change(event), model.events == 1);
		kvfree(event);
	}
}

static struct kunit_case record_cases[] = {
	KUNIT_CASE(merged_event_is_what_the_model_says),
	{}
};

static struct kunit_suite record_suite = {
	.name = "record_random",
	.test_cases = record_cases,
};

kunit_test_suite(record_suite);
