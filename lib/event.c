// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events: from a record of the queue to what a callback gets.
 *
 * An event points into its session's buffers and lives until its callback
 * returns.  Nothing here has to allocate, so an event that was read is delivered.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)LSTATE_EVENT_SESSION_END ==
	       (int)LOCALSTATE_EVENT_SESSION_END &&
	       (int)LSTATE_CAUSE_RELEASE == (int)LOCALSTATE_CAUSE_RELEASE,
	       "kinds and causes are those of the kernel");

const char *lstate_event_kind_name(enum lstate_event_kind kind)
{
	static const char *const names[] = {
		[LSTATE_EVENT_CHANGED] = "changed",
		[LSTATE_EVENT_CREATED] = "created",
		[LSTATE_EVENT_DELETED] = "deleted",
		[LSTATE_EVENT_SYNC] = "sync",
		[LSTATE_EVENT_LOST] = "lost",
		[LSTATE_EVENT_SESSION_END] = "session_end",
	};

	if (kind == LSTATE_EVENT_HEARTBEAT)
		return "heartbeat";
	if ((size_t)kind < sizeof(names) / sizeof(*names) && names[kind])
		return names[kind];
	return "unknown";
}

const char *lstate_event_cause_name(enum lstate_event_cause cause)
{
	static const char *const names[] = {
		[LSTATE_CAUSE_SET] = "set",
		[LSTATE_CAUSE_BATCH] = "batch",
		[LSTATE_CAUSE_INITIAL] = "initial",
		[LSTATE_CAUSE_RELEASE] = "release",
	};

	if ((size_t)cause < sizeof(names) / sizeof(*names) && names[cause])
		return names[cause];
	return "unknown";
}

/* ------------------------------------------------------------------------ */

/*
 * A value of the record.  What is no scalar is copied to *@text, which moves
 * behind it, and stays a multiple of 8: an array is read as numbers.
 */
static void lstate_event_decode_value(struct lstate_value *value, uint32_t type,
				      const char *data, uint32_t length,
				      char **text)
{
	uint64_t bits = 0;

	if (!lstate_type_is_long((enum lstate_type)type)) {
		memcpy(&bits, data, LSTATE_MIN(length, sizeof(bits)));
		lstate_value_unpack(type, bits, value);
		return;
	}
	memcpy(*text, data, length);
	(*text)[length] = '\0';
	value->type = (enum lstate_type)type;
	value->s = *text;
	value->length = length;
	*text += lstate_align(length + 1);
}

static void lstate_event_decode_parts(const struct lstate_queue *queue,
				      const char *data,
				      struct lstate_event *event)
{
	const struct localstate_event *record = &event->record;
	const char *new_data = data + lstate_align(record->old_len);
	const char *metadata = new_data + lstate_align(record->new_len);
	char *text = queue->text;

	if (record->flags & LOCALSTATE_EVENT_OLD)
		lstate_event_decode_value(&event->old_value, record->type, data,
					  record->old_len, &text);
	if (record->flags & LOCALSTATE_EVENT_NEW)
		lstate_event_decode_value(&event->new_value, record->type,
					  new_data, record->new_len, &text);
	memcpy(text, metadata, record->metadata_len);
	lstate_metadata_unpack(text, record->metadata_len, queue->metadata,
			       LSTATE_METADATA_ENTRIES - 1);
	event->metadata = queue->metadata;
	event->value_version = record->version;
}

/*
 * Read one record.  Return: its size; -EPROTO if it is none, which would mean
 * that this library and the kernel do not understand each other.
 */
ssize_t lstate_event_decode(const struct lstate_queue *queue,
			    const char *record, size_t available,
			    struct lstate_event *event)
{
	struct localstate_event *fixed = &event->record;
	uint64_t size = sizeof(*fixed);

	memset(event, 0, sizeof(*event));
	if (available < sizeof(*fixed))
		return -EPROTO;
	memcpy(fixed, record, sizeof(*fixed));
	event->raw = record;
	size += lstate_align(fixed->old_len);
	size += lstate_align(fixed->new_len);
	size += lstate_align(fixed->metadata_len);
	if (size > fixed->size || fixed->size > available)
		return -EPROTO;
	lstate_event_decode_parts(queue, record + sizeof(*fixed), event);
	return fixed->size;
}

/* ------------------------------------------------------------------------ */

/* Put the whole value in the place of one that was cut. */
static void lstate_event_fetch(struct lstate_event *event)
{
	struct lstate_value *whole = &event->whole;
	struct localstate_event *record = &event->record;
	struct localstate_key key = { .id = record->id };
	struct lstate_stamp stamp;
	struct localstate_error why;

	if (lstate_get_ask(event->watch->session, &key, whole, &stamp, &why) < 0)
		return;
	event->new_value = *whole;
	event->value_version = stamp.version;
	record->new_full = lstate_length(whole->length);
	record->flags &= ~LOCALSTATE_EVENT_NEW_TRUNCATED;
}

/* The name of what a pattern matched, where there is a variable to have one. */
static void lstate_event_find_name(struct lstate_event *event)
{
	struct lstate_watch *watch = event->watch;

	if (event->record.id &&
	    lstate_identifier_is_pattern(lstate_event_identifier(event)))
		event->name = lstate_names_get(&watch->matched, watch->session,
					       event->record.id);
}

/* What the program's own filter says; one that fails wants to be told. */
static bool lstate_event_is_wanted(const struct lstate_event *event)
{
	const struct lstate_watch *watch = event->watch;

	return !watch->judge ||
	       event->record.kind != LOCALSTATE_EVENT_CHANGED ||
	       watch->judge(lstate_event_old(event), lstate_event_new(event),
			    watch->judge_data) != 0;
}

/*
 * Make it ready for whoever takes it.  Until lstate_event_finish() the watch stays,
 * even if it is removed.  Return: whether it is wanted.
 */
bool lstate_event_begin(struct lstate_event *event, struct lstate_watch *watch)
{
	event->watch = watch;
	lstate_event_find_name(event);
	if (watch->fetch && event->record.kind != LOCALSTATE_EVENT_DELETED &&
	    (event->record.flags & LOCALSTATE_EVENT_NEW_TRUNCATED))
		lstate_event_fetch(event);
	watch->running = true;
	if (event->is_paced)
		return true;
	return lstate_event_is_wanted(event) && !watch->removed &&
	       lstate_pace_admits(event);
}

void lstate_event_finish(struct lstate_event *event)
{
	struct lstate_watch *watch = event->watch;

	watch->running = false;
	lstate_value_clear(&event->whole);
	free(event->buffer);
	if (event->record.kind == LOCALSTATE_EVENT_DELETED)
		lstate_names_forget(&watch->matched, event->record.id);
	if (watch->removed)
		lstate_watch_destroy(watch);
}

/* ------------------------------------------------------------------------ */

enum lstate_event_kind lstate_event_kind(const struct lstate_event *event)
{
	return (enum lstate_event_kind)event->record.kind;
}

enum lstate_event_cause lstate_event_cause(const struct lstate_event *event)
{
	return (enum lstate_event_cause)event->record.cause;
}

struct lstate_watch *lstate_event_watch(const struct lstate_event *event)
{
	return event->watch;
}

size_t lstate_event_target(const struct lstate_event *event)
{
	return event->record.target;
}

/* Is the event about a variable, and hence one of the watch's targets? */
static bool lstate_event_has_target(const struct lstate_event *event)
{
	return event->record.kind != LOCALSTATE_EVENT_SYNC &&
	       event->record.kind != LOCALSTATE_EVENT_SESSION_END &&
	       event->record.kind != LSTATE_EVENT_HEARTBEAT &&
	       event->record.target < event->watch->n_targets;
}

const char *lstate_event_identifier(const struct lstate_event *event)
{
	return lstate_event_has_target(event) ?
	       event->watch->targets[event->record.target] : "";
}

const char *lstate_event_name(const struct lstate_event *event)
{
	const char *identifier = lstate_event_identifier(event);

	if (event->name)
		return event->name;
	if (*identifier != '@' || lstate_identifier_is_pattern(identifier))
		return identifier;
	identifier = event->watch->names[event->record.target];
	return identifier ? identifier : "";
}

uint64_t lstate_event_id(const struct lstate_event *event)
{
	return event->record.id;
}

uint64_t lstate_event_version(const struct lstate_event *event)
{
	return event->record.version;
}

uint64_t lstate_event_value_version(const struct lstate_event *event)
{
	return event->value_version;
}

uint64_t lstate_event_sequence(const struct lstate_event *event)
{
	return event->record.sequence;
}

uint64_t lstate_event_transaction(const struct lstate_event *event)
{
	return event->record.transaction;
}

bool lstate_event_is_end(const struct lstate_event *event)
{
	return event->record.flags & LOCALSTATE_EVENT_END;
}

uint32_t lstate_event_merged(const struct lstate_event *event)
{
	return event->record.merged;
}

uint64_t lstate_event_time_ns(const struct lstate_event *event)
{
	return event->record.time_ns;
}

pid_t lstate_event_pid(const struct lstate_event *event)
{
	return (pid_t)event->record.pid;
}

uid_t lstate_event_uid(const struct lstate_event *event)
{
	return event->record.uid;
}

const struct lstate_value *lstate_event_old(const struct lstate_event *event)
{
	return event->record.flags & LOCALSTATE_EVENT_OLD ? &event->old_value :
							    NULL;
}

const struct lstate_value *lstate_event_new(const struct lstate_event *event)
{
	return event->record.flags & LOCALSTATE_EVENT_NEW ? &event->new_value :
							    NULL;
}

const struct lstate_metadata *
lstate_event_metadata(const struct lstate_event *event)
{
	return event->metadata;
}

unsigned int lstate_event_truncated(const struct lstate_event *event)
{
	uint16_t flags = event->record.flags;

	return (flags & LOCALSTATE_EVENT_OLD_TRUNCATED ?
		LSTATE_TRUNCATED_OLD : 0) |
	       (flags & LOCALSTATE_EVENT_NEW_TRUNCATED ?
		LSTATE_TRUNCATED_NEW : 0) |
	       (flags & LOCALSTATE_EVENT_METADATA_TRUNCATED ?
		LSTATE_TRUNCATED_METADATA : 0);
}

static bool lstate_event_is_long(const struct lstate_event *event)
{
	return lstate_type_is_long((enum lstate_type)event->record.type);
}

size_t lstate_event_old_length(const struct lstate_event *event)
{
	return lstate_event_is_long(event) ? event->record.old_full : 0;
}

size_t lstate_event_new_length(const struct lstate_event *event)
{
	return lstate_event_is_long(event) ? event->record.new_full : 0;
}
