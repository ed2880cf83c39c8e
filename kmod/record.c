// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event records: how a change becomes one, what is cut from it, and how a
 * later change is merged into one that waits.
 */
#include <linux/pid.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "private.h"

/* Whole entries of metadata that have at most @max bytes. */
static u32 localstate_record_cut_metadata(const struct ls_view *metadata,
					  u32 max)
{
	const u8 *data = metadata->data;
	u32 length = min(metadata->length, max);

	while (length && data[length - 1])
		length--;
	return length;
}

/* What is kept of a value where @max bytes are too few for it. */
u32 localstate_record_cut_value(u32 type, const struct ls_view *value, u32 max)
{
	if (localstate_type_is_scalar(type))
		return value->length <= max ? value->length : 0;
	if (type == LOCALSTATE_TYPE_BYTES)
		return min(value->length, max);
	if (type == LOCALSTATE_TYPE_ARRAY)
		return localstate_array_cut(value->data, value->length, max);
	return localstate_text_cut(value->data, value->length, max);
}

/* The new value comes first, then the old one, then the metadata. */
static void localstate_record_cut(struct ls_change *change, u32 limit)
{
	struct ls_cut *cut = &change->cut;
	u32 left = limit;

	cut->new_len = localstate_record_cut_value(change->type, &change->new,
						   left);
	left -= cut->new_len;
	cut->old_len = localstate_record_cut_value(change->type, &change->old,
						   left);
	left -= cut->old_len;
	cut->metadata_len = localstate_record_cut_metadata(&change->metadata,
							   left);
}

/* Zero the gap behind @length bytes; where the next part begins. */
static u8 *localstate_record_pad(u8 *at, u32 length)
{
	u32 gap = LOCALSTATE_ALIGN(length) - length;

	if (gap)
		memset(at + length, 0, gap);
	return at + length + gap;
}

static u8 *localstate_record_put(u8 *at, const void *data, u32 length)
{
	memcpy(at, data, length);
	return localstate_record_pad(at, length);
}

static u16 localstate_record_flags(const struct localstate_event *event,
				   bool old, bool new)
{
	u16 flags = 0;

	if (old)
		flags |= LOCALSTATE_EVENT_OLD;
	if (new)
		flags |= LOCALSTATE_EVENT_NEW;
	if (event->old_len < event->old_full)
		flags |= LOCALSTATE_EVENT_OLD_TRUNCATED;
	if (event->new_len < event->new_full)
		flags |= LOCALSTATE_EVENT_NEW_TRUNCATED;
	if (event->metadata_len < event->metadata_full)
		flags |= LOCALSTATE_EVENT_METADATA_TRUNCATED;
	return flags;
}

static u32 localstate_record_size(const struct ls_cut *cut)
{
	return sizeof(struct localstate_event) +
	       LOCALSTATE_ALIGN(cut->old_len) +
	       LOCALSTATE_ALIGN(cut->new_len) +
	       LOCALSTATE_ALIGN(cut->metadata_len);
}

/* All of the record but whose it is. */
static void localstate_record_fill(struct localstate_event *event,
				   const struct ls_change *change)
{
	const struct ls_cut *cut = &change->cut;
	u8 *at = (u8 *)(event + 1);

	*event = (struct localstate_event){
		.size = change->size,
		.kind = change->kind,
		.cause = change->cause,
		.id = change->id,
		.version = change->version,
		.transaction = change->transaction,
		.time_ns = change->time_ns,
		.pid = change->pid,
		.uid = change->uid,
		.type = change->type,
		.old_len = cut->old_len,
		.new_len = cut->new_len,
		.metadata_len = cut->metadata_len,
		.old_full = change->old.length,
		.new_full = change->new.length,
		.metadata_full = change->metadata.length,
	};
	event->flags = localstate_record_flags(event, change->old.present,
					       change->new.present);
	at = localstate_record_put(at, change->old.data, cut->old_len);
	at = localstate_record_put(at, change->new.data, cut->new_len);
	localstate_record_put(at, change->metadata.data, cut->metadata_len);
}

/* What localstate_record_prepare() does if it is not done yet. */
void localstate_record_compute(struct ls_change *change, u32 limit,
			       struct pid_namespace *pid_ns,
			       struct user_namespace *user_ns)
{
	if (change->limit != limit) {
		localstate_record_cut(change, limit);
		change->size = localstate_record_size(&change->cut);
		change->limit = limit;
	}
	if (change->pid_ns != pid_ns) {
		change->pid = pid_nr_ns(change->writer->pid, pid_ns);
		change->pid_ns = pid_ns;
	}
	if (change->user_ns != user_ns) {
		change->uid = from_kuid_munged(user_ns, change->writer->uid);
		change->user_ns = user_ns;
	}
	change->filled = false;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_record_compute);

/*
 * Write a prepared change to @event, which has room for its size.  A short record
 * is made once, for all links that agree on it, and copied.
 */
void localstate_record_write(struct localstate_event *event,
			     struct ls_change *change, u32 ref, u32 target)
{
	if (change->size != sizeof(struct ls_short_record)) {
		localstate_record_fill(event, change);
	} else {
		if (!change->filled)
			localstate_record_fill(&change->record.event, change);
		change->filled = true;
		*(struct ls_short_record *)event = change->record;
	}
	event->ref = ref;
	event->target = target;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_record_write);

/* Kind and count: DELETED wins, INITIAL and CREATED stay what they are. */
static void localstate_record_merge_kind(struct localstate_event *event,
					 const struct ls_change *change)
{
	bool counted = localstate_record_is_change(event);

	if (change->kind == LOCALSTATE_EVENT_DELETED) {
		event->kind = change->kind;
		event->cause = change->cause;
		/* An event that stood for no change now stands for this one. */
		if (!counted)
			return;
	} else if (counted) {
		event->cause = change->cause;
	}
	event->merged++;
}

/* The first unseen old value stays, as far as the new one leaves room. */
static void localstate_record_merge_values(struct localstate_event *event,
					   const struct ls_change *change,
					   u32 limit)
{
	struct ls_view old = { event + 1, event->old_len, true };
	u32 left = limit - change->cut.new_len;
	u8 *at = (u8 *)(event + 1);

	event->old_len = localstate_record_cut_value(event->type, &old, left);
	left -= event->old_len;
	event->new_len = change->cut.new_len;
	event->new_full = change->new.length;
	event->metadata_len = localstate_record_cut_metadata(&change->metadata,
							     left);
	event->metadata_full = change->metadata.length;

	/* The old value is where it has to be; it may have become shorter. */
	at = localstate_record_pad(at, event->old_len);
	at = localstate_record_put(at, change->new.data, event->new_len);
	at = localstate_record_put(at, change->metadata.data,
				   event->metadata_len);
	event->size = at - (u8 *)event;
}

/*
 * Let the waiting @event stand for @change too.  @change is prepared for @limit,
 * which is at most what @event was allocated for; what waits in it may have been
 * written under another one.
 */
void localstate_record_merge(struct localstate_event *event,
			     const struct ls_change *change, u32 limit)
{
	localstate_record_merge_kind(event, change);
	event->version = change->version;
	event->transaction = change->transaction;
	event->time_ns = change->time_ns;
	event->pid = change->pid;
	event->uid = change->uid;
	localstate_record_merge_values(event, change, limit);
	event->flags = localstate_record_flags(event,
					       event->flags & LOCALSTATE_EVENT_OLD,
					       true);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_record_merge);
