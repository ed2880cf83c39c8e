/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of a client's queue share: the ring with its overflow list, and
 * the slots of CONFLATE watches.  All of it needs the qlock.
 */
#ifndef LOCALSTATE_QUEUE_H
#define LOCALSTATE_QUEUE_H

#include <linux/ktime.h>

#include "trace.h"

/* From a record in the ring to the next: a conflated one may come between. */
#define LS_SEQUENCE_STEP	2

static inline bool localstate_queue_disarm(struct ls_client *client)
{
	bool armed = client->armed;

	client->armed = false;
	return armed;
}

/* The slot becomes an event of its own. */
static __always_inline void localstate_slot_write(struct ls_link *link,
						  struct ls_change *change,
						  bool wake)
{
	struct ls_watch *watch = link->watch;

	localstate_record_write(&link->slot, change, watch->ref, link->target);
	watch->events += localstate_record_is_change(&link->slot);
	trace_localstate_queue_push(watch, &link->slot, true, wake);
}

/* The event that waits in the slot stands for one change more. */
static __always_inline void localstate_slot_merge(struct ls_link *link,
						  struct ls_change *change)
{
	struct ls_watch *watch = link->watch;
	u32 merged = link->slot.merged;

	localstate_record_merge(&link->slot, change, link->inline_limit);
	if (link->slot.merged != merged)
		watch->merged++;
	else
		watch->events++;
	trace_localstate_queue_merge(watch, &link->slot);
}

/* Whether the link is to be released when its slot has been moved. */
static inline bool localstate_link_is_done(const struct ls_link *link)
{
	return link->slot.kind == LOCALSTATE_EVENT_DELETED || link->gone;
}

static inline struct ls_watch *localstate_pending_watch(struct ls_pending *pending)
{
	switch (pending->kind) {
	case LS_PENDING_SYNC:
		return container_of(pending, struct ls_watch, sync);
	case LS_PENDING_LOST:
		return container_of(pending, struct ls_watch, lost);
	default:
		return container_of(pending, struct ls_link, pending)->watch;
	}
}

/* Bytes of the record that waits. */
static inline u32 localstate_pending_size(struct ls_pending *pending)
{
	if (pending->kind != LS_PENDING_LINK)
		return sizeof(struct localstate_event);
	return container_of(pending, struct ls_link, pending)->slot.size;
}

/* A SYNC or LOST, which is a record without values. */
static inline void localstate_mark_write(struct localstate_event *event,
					 const struct ls_watch *watch,
					 const struct ls_pending *mark)
{
	bool sync = mark->kind == LS_PENDING_SYNC;

	*event = (struct localstate_event){
		.size = sizeof(*event),
		.kind = sync ? LOCALSTATE_EVENT_SYNC : LOCALSTATE_EVENT_LOST,
		.cause = sync ? LOCALSTATE_CAUSE_INITIAL : LOCALSTATE_CAUSE_SET,
		.ref = watch->ref,
		.target = mark->target,
		.time_ns = ktime_get_ns(),
	};
}

bool localstate_conflate_push(struct ls_link *link, struct ls_change *change);
void localstate_conflate_join(struct ls_watch *watch, struct ls_pending *pending);
bool localstate_conflate_trim(struct ls_client *client);
struct localstate_event *localstate_conflate_peek(struct ls_client *client,
						  size_t room);

#endif /* LOCALSTATE_QUEUE_H */
