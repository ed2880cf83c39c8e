// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pacing: at most one change of a variable per interval, the last one always follows;
 * a heartbeat when a watch was told nothing for so long.
 *
 * A paced watch has a list of the variables that were told within the last interval,
 * in the order of that moment, each with what has come since: one record, which is
 * the change before and the one after it made one, as the kernel does it.  A tree has
 * them by their ids.  What begins or ends is never held.  Should memory be out, a change
 * is told at once, and what was held before it is not told any more.
 */
#include "private.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct lstate_held {
	TAILQ_ENTRY(lstate_held) node;
	uint64_t id;
	uint64_t turn;		/* grows along the list */
	int64_t told_ns;
	char *record;		/* NULL: nothing; room for the event's text behind it */
	size_t size;
};

#define LSTATE_NEVER	INT64_MAX

/* ------------------------------------------------------------------------ */

static int lstate_held_compare(const void *a, const void *b)
{
	const struct lstate_held *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static struct lstate_held *lstate_held_find(const struct lstate_pace *pace,
					    uint64_t id)
{
	const struct lstate_held wanted = { .id = id };
	struct lstate_held **found;

	found = tfind(&wanted, &pace->by_id, lstate_held_compare);
	return found ? *found : NULL;
}

/* It was told now, and hence is the last one. */
static void lstate_held_append(struct lstate_pace *pace,
			       struct lstate_held *held, int64_t now_ns)
{
	held->told_ns = now_ns;
	held->turn = ++pace->turns;
	TAILQ_INSERT_TAIL(&pace->told, held, node);
}

/* Note that @id was told; should memory be out, nobody knows. */
static void lstate_held_add(struct lstate_pace *pace, uint64_t id,
			    int64_t now_ns)
{
	struct lstate_held *held = calloc(1, sizeof(*held));

	if (!held)
		return;
	held->id = id;
	if (tsearch(held, &pace->by_id, lstate_held_compare))
		lstate_held_append(pace, held, now_ns);
	else
		free(held);
}

/* @record may be NULL.  Return: what it had before, which is the caller's. */
static char *lstate_held_exchange(struct lstate_pace *pace,
				  struct lstate_held *held, char *record,
				  size_t size)
{
	char *before = held->record;

	held->record = record;
	held->size = size;
	if (record && (!pace->first || held->turn < pace->first->turn))
		pace->first = held;
	while (pace->first && !pace->first->record)
		pace->first = TAILQ_NEXT(pace->first, node);
	return before;
}

static void lstate_held_remove(struct lstate_pace *pace,
			       struct lstate_held *held)
{
	free(lstate_held_exchange(pace, held, NULL, 0));
	tdelete(held, &pace->by_id, lstate_held_compare);
	TAILQ_REMOVE(&pace->told, held, node);
	free(held);
}

static int64_t lstate_held_due(const struct lstate_pace *pace,
			       const struct lstate_held *held)
{
	return held->told_ns + pace->interval_ns;
}

void lstate_pace_init(struct lstate_pace *pace)
{
	TAILQ_INIT(&pace->told);
}

void lstate_pace_free(struct lstate_pace *pace)
{
	while (!TAILQ_EMPTY(&pace->told))
		lstate_held_remove(pace, TAILQ_FIRST(&pace->told));
}

/*
 * Those that may be told again, and have nothing to tell, are as any other.  What stands
 * behind one that has something to tell is left for later.
 */
static void lstate_pace_forget(struct lstate_pace *pace, int64_t now_ns)
{
	struct lstate_held *held;

	while ((held = TAILQ_FIRST(&pace->told)) && !held->record &&
	       lstate_held_due(pace, held) <= now_ns)
		lstate_held_remove(pace, held);
}

/* ------------------------------------------------------------------------ */

/*
 * The record of @event with the old value of @held, which came before it.  Return:
 * NULL: memory is out.
 */
static char *lstate_pace_merge(const struct lstate_held *held,
			       const struct lstate_event *event, size_t *size)
{
	const uint16_t past = LOCALSTATE_EVENT_OLD | LOCALSTATE_EVENT_OLD_TRUNCATED;
	struct localstate_event fixed, first;
	const char *old_part = event->raw, *rest;
	size_t old_size, rest_size;
	char *record;

	memcpy(&fixed, event->raw, sizeof(fixed));
	fixed.flags &= ~LOCALSTATE_EVENT_END;
	rest = event->raw + sizeof(fixed) + lstate_align(fixed.old_len);
	rest_size = lstate_align(fixed.new_len) +
		    lstate_align(fixed.metadata_len);
	if (held && held->record) {
		old_part = held->record;
		memcpy(&first, held->record, sizeof(first));
		fixed.flags = (fixed.flags & ~past) | (first.flags & past);
		fixed.old_len = first.old_len;
		fixed.old_full = first.old_full;
		fixed.merged += first.merged + 1;
	}
	old_size = lstate_align(fixed.old_len);
	fixed.size = (uint32_t)(sizeof(fixed) + old_size + rest_size);
	/* Twice: what is decoded has no more bytes, and the ends of three texts. */
	record = malloc(2 * (size_t)fixed.size + 24);
	if (!record)
		return NULL;
	memcpy(record, &fixed, sizeof(fixed));
	memcpy(record + sizeof(fixed), old_part + sizeof(fixed), old_size);
	memcpy(record + sizeof(fixed) + old_size, rest, rest_size);
	*size = fixed.size;
	return record;
}

/* Make @event of a record, which becomes the event's. */
static void lstate_pace_decode(struct lstate_event *event, char *record,
			       size_t size)
{
	struct lstate_queue queue = {
		.text = record + size,
		.metadata = event->watch->session->queue.metadata,
	};
	struct lstate_event fresh;

	lstate_event_decode(&queue, record, size, &fresh);
	fresh.watch = event->watch;
	fresh.name = event->name;
	fresh.whole = event->whole;
	fresh.buffer = record;
	fresh.is_paced = true;
	*event = fresh;
}

/* A variable that ends: what was held of it becomes part of its last event. */
static void lstate_pace_end(struct lstate_pace *pace, struct lstate_event *event)
{
	struct lstate_held *held = lstate_held_find(pace, event->record.id);
	size_t size;
	char *record;

	if (!held)
		return;
	if (held->record) {
		record = lstate_pace_merge(held, event, &size);
		if (record)
			lstate_pace_decode(event, record, size);
		else
			event->record.flags &= ~LOCALSTATE_EVENT_OLD;
	}
	lstate_held_remove(pace, held);
}

/* Return: whether it was held; else it is to be told. */
static bool lstate_pace_hold(struct lstate_pace *pace,
			     const struct lstate_event *event, int64_t now_ns)
{
	struct lstate_held *held = lstate_held_find(pace, event->record.id);
	size_t size = 0;
	char *record;

	/* It stands behind one that waits, and was not forgotten yet. */
	if (held && !held->record && lstate_held_due(pace, held) <= now_ns) {
		lstate_held_remove(pace, held);
		held = NULL;
	}
	if (!held) {
		if (pace->interval_ns)
			lstate_held_add(pace, event->record.id, now_ns);
		return false;
	}
	record = lstate_pace_merge(held, event, &size);
	free(lstate_held_exchange(pace, held, record, size));
	return record;
}

/*
 * Whether an event that has come is to be told now; else it is held.  Also notes that
 * the watch was told something.  Parts of a transaction may come later than its last
 * one: no event of the watch is an END.
 */
bool lstate_pace_admits(struct lstate_event *event)
{
	struct lstate_pace *pace = &event->watch->pace;
	int64_t now_ns;

	if (!pace->interval_ns && !pace->heartbeat_ns &&
	    TAILQ_EMPTY(&pace->told))
		return true;
	now_ns = lstate_clock_ns();
	lstate_pace_forget(pace, now_ns);
	if (pace->interval_ns || !TAILQ_EMPTY(&pace->told))
		event->record.flags &= ~LOCALSTATE_EVENT_END;
	if (event->record.kind == LOCALSTATE_EVENT_DELETED)
		lstate_pace_end(pace, event);
	else if ((pace->interval_ns || lstate_held_find(pace, event->record.id)) &&
		 (event->record.kind == LOCALSTATE_EVENT_CHANGED ||
		  event->record.kind == LOCALSTATE_EVENT_CREATED) &&
		 lstate_pace_hold(pace, event, now_ns))
		return false;
	pace->told_ns = now_ns;
	return true;
}

/* ------------------------------------------------------------------------ */

static int64_t lstate_pace_held_due(const struct lstate_pace *pace)
{
	return pace->first ? lstate_held_due(pace, pace->first) : LSTATE_NEVER;
}

static int64_t lstate_pace_heartbeat_due(const struct lstate_pace *pace)
{
	return pace->heartbeat_ns ? pace->told_ns + pace->heartbeat_ns :
				    LSTATE_NEVER;
}

/* When lstate_pace_take() has something to do; INT64_MAX: never as things are. */
int64_t lstate_pace_due(struct lstate_session *session)
{
	struct lstate_pace *pace;
	int64_t due = LSTATE_NEVER;
	size_t i;

	if (!session->has_paced)
		return due;
	for (i = 0; i < session->watches.count; i++) {
		pace = &session->watches.list[i]->pace;
		due = LSTATE_MIN(due, lstate_pace_held_due(pace));
		due = LSTATE_MIN(due, lstate_pace_heartbeat_due(pace));
	}
	return due;
}

static void lstate_pace_make_heartbeat(struct lstate_watch *watch, int64_t now_ns,
				       struct lstate_event *event)
{
	static const struct lstate_metadata none[1];

	*event = (struct lstate_event){
		.record.kind = LSTATE_EVENT_HEARTBEAT,
		.record.ref = watch->ref,
		.record.time_ns = now_ns,
		.watch = watch,
		.metadata = none,
		.is_paced = true,
	};
	watch->pace.told_ns = now_ns;
}

static bool lstate_pace_take_of(struct lstate_watch *watch, int64_t now_ns,
				struct lstate_event *event)
{
	struct lstate_pace *pace = &watch->pace;
	struct lstate_held *held = pace->first;
	size_t size;

	if (!held || lstate_held_due(pace, held) > now_ns)
		return false;
	*event = (struct lstate_event){ .watch = watch };
	size = held->size;
	lstate_pace_decode(event, lstate_held_exchange(pace, held, NULL, 0),
			   size);
	pace->told_ns = lstate_clock_ns();
	TAILQ_REMOVE(&pace->told, held, node);
	lstate_held_append(pace, held, pace->told_ns);
	return true;
}

/*
 * What was held and is due by @now_ns, as an event of its watch; INT64_MAX takes all.
 * Return: whether there is something.
 */
bool lstate_pace_take(struct lstate_session *session, int64_t now_ns,
		      struct lstate_event *event)
{
	size_t i;

	if (!session->has_paced)
		return false;
	for (i = 0; i < session->watches.count; i++)
		if (lstate_pace_take_of(session->watches.list[i], now_ns, event))
			return true;
	return false;
}

/* The same for a heartbeat, when nothing else is there to be told. */
bool lstate_pace_beat(struct lstate_session *session, int64_t now_ns,
		      struct lstate_event *event)
{
	struct lstate_watch *watch;
	size_t i;

	if (!session->has_paced)
		return false;
	for (i = 0; i < session->watches.count; i++) {
		watch = session->watches.list[i];
		if (lstate_pace_heartbeat_due(&watch->pace) > now_ns)
			continue;
		lstate_pace_make_heartbeat(watch, now_ns, event);
		return true;
	}
	return false;
}

void lstate_watch_flush(struct lstate_watch *watch)
{
	struct lstate_pace *pace = &watch->pace;
	int64_t now_ns = lstate_clock_ns();
	struct lstate_held *held;

	/* As if the interval of all had just passed: their order stays. */
	for (held = TAILQ_FIRST(&pace->told); held; held = TAILQ_NEXT(held, node))
		held->told_ns = LSTATE_MIN(held->told_ns,
					   now_ns - pace->interval_ns);
	lstate_poll_arm(watch->session);
}

/* The pace that the options ask for; what is held stays, and is due by it. */
void lstate_pace_set(struct lstate_watch *watch,
		     const struct lstate_watch_options *options)
{
	struct lstate_pace *pace = &watch->pace;

	pace->interval_ns = options->interval_ms * 1000000LL;
	pace->heartbeat_ns = options->heartbeat_ms * 1000000LL;
	pace->told_ns = lstate_clock_ns();
	if (pace->interval_ns || pace->heartbeat_ns)
		watch->session->has_paced = true;
}
