// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events of CONFLATE watches: each link has one, its slot, which always stands
 * for the latest; none goes into the ring.
 *
 * client->conflated lists them, oldest first, their watches' SYNC and LOST among
 * them.  It neither waits for room in the ring nor holds up what goes there: while
 * both have something, read() takes from them in turn.  client->live and
 * watch->in_ring count them as if they were records in the ring.
 *
 * The reader copies no slot that others merge into: it takes one into the stage,
 * and from then on a later change is an event of its own.  So a record is staged
 * when it is sure that it fits.  One that is staged comes first, until it has been
 * delivered or its watch has ended.
 *
 * Numbers grow: records in the ring have even ones.  Where one is next in the ring,
 * the staged record has the number below it; there are never two of them in a row.
 */
#include <linux/slab.h>

#include "queue.h"

/* ---- writers ------------------------------------------------------------- */

/* A slot, SYNC or LOST that does not wait yet. */
void localstate_conflate_join(struct ls_watch *watch, struct ls_pending *pending)
{
	struct ls_client *client = watch->client;

	lockdep_assert_held(&client->qlock);
	list_add_tail(&pending->node, &client->conflated);
	client->conflating = true;
	client->live++;
	watch->in_ring++;
}

/* A prepared change; whether somebody is to be woken. */
bool localstate_conflate_push(struct ls_link *link, struct ls_change *change)
{
	struct ls_client *client = link->client;
	bool wake;

	lockdep_assert_held(&client->qlock);
	wake = localstate_queue_disarm(client);
	if (list_empty(&link->pending.node)) {
		localstate_slot_write(link, change, wake);
		localstate_conflate_join(link->watch, &link->pending);
	} else {
		localstate_slot_merge(link, change);
	}
	return wake;
}

/* ---- the reader ---------------------------------------------------------- */

/*
 * Take the first slot off if its watch is being ended, which has counted it off
 * and frees it; false: it is not.
 */
bool localstate_conflate_trim(struct ls_client *client)
{
	struct ls_pending *first;

	lockdep_assert_held(&client->qlock);
	first = list_first_entry_or_null(&client->conflated, struct ls_pending,
					 node);
	if (!first || !localstate_pending_watch(first)->dead)
		return false;
	list_del_init(&first->node);
	return true;
}

static u64 localstate_conflate_number(struct ls_client *client)
{
	const struct ls_ring *ring = &client->ring;
	const struct localstate_event *next;

	if (!localstate_ring_used(ring))
		return client->sequence += LS_SEQUENCE_STEP;
	next = localstate_ring_at(ring, ring->consumer);
	return next->sequence - 1;
}

static struct localstate_event *
localstate_conflate_stage(struct ls_client *client, struct ls_pending *pending)
{
	struct localstate_event *event = client->stage;
	struct ls_link *link;

	list_del_init(&pending->node);
	if (pending->kind == LS_PENDING_LINK) {
		link = container_of(pending, struct ls_link, pending);
		memcpy(event, &link->slot, link->slot.size);
		if (localstate_link_is_done(link))
			localstate_link_release(link);
	} else {
		localstate_mark_write(event, localstate_pending_watch(pending),
				      pending);
	}
	event->sequence = localstate_conflate_number(client);
	client->staged = true;
	return event;
}

/*
 * The next record to deliver if it is the turn of one of these, or NULL; -EINVAL
 * if it does not fit into @room bytes.
 */
struct localstate_event *localstate_conflate_peek(struct ls_client *client,
						  size_t room)
{
	struct ls_pending *first;

	lockdep_assert_held(&client->read_lock);
	lockdep_assert_held(&client->qlock);
	if (client->staged && xa_load(&client->watches, client->stage->ref))
		return client->stage;
	client->staged = false;
	first = list_first_entry_or_null(&client->conflated, struct ls_pending,
					 node);
	if (!first) {
		client->conflating = false;
		return NULL;
	}
	if (client->ring_turn && localstate_ring_used(&client->ring))
		return NULL;
	if (localstate_pending_size(first) > room)
		return ERR_PTR(-EINVAL);
	return localstate_conflate_stage(client, first);
}

/* ---- setup --------------------------------------------------------------- */

/*
 * Let the stage have room for any event of such a watch.  A reader may be copying
 * from it: the old one is freed, and what is staged moved, between two reads.
 *
 * A reader that stands still, at memory of userfaultfd's, holds up only this, which a
 * signal ends: no other lock is held while this one is waited for.
 */
static int localstate_conflate_grow(struct ls_client *client, u32 size)
{
	struct localstate_event *stage = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	u32 spare = size;
	int ret = -ENOMEM;

	if (!stage)
		goto out;
	ret = -EINTR;
	if (mutex_lock_interruptible(&client->read_lock))
		goto out;
	/* Another WATCH may have been here. */
	if (client->stage_size < size) {
		if (client->staged)
			memcpy(stage, client->stage, client->stage->size);
		swap(stage, client->stage);
		spare = client->stage_size;
		/* Pairs with the acquire below. */
		smp_store_release(&client->stage_size, size);
	}
	mutex_unlock(&client->read_lock);
	ret = 0;
out:
	kvfree(stage);
	localstate_user_uncharge_bytes(client->user, spare);
	return ret;
}

int localstate_conflate_setup(struct ls_client *client, u32 inline_max,
			      struct localstate_error *error)
{
	u32 size = localstate_record_max(inline_max);

	/* Pairs with the release above: it grows as long as there is a watch. */
	if (smp_load_acquire(&client->stage_size) >= size)
		return 0;
	return localstate_user_charge_bytes(client->user, size, error) ?:
	       localstate_conflate_grow(client, size);
}

/* No watch is left, and the caller has read_lock, or there is no reader any more. */
void localstate_conflate_drop(struct ls_client *client)
{
	localstate_user_uncharge_bytes(client->user, client->stage_size);
	kvfree(client->stage);
	WRITE_ONCE(client->stage, NULL);
	WRITE_ONCE(client->stage_size, 0);
}
