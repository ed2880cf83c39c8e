// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of a client: a ring of records, and behind it the overflow list of
 * slots that wait for room in the ring.
 *
 * The last value is never lost.  A change that finds no room goes into its
 * link's own slot, where later ones are merged into it.  While a slot waits,
 * later events go to their slots too, so that the order of a variable's
 * events holds; the reader moves slots into the ring as it makes room.
 *
 * The events of CONFLATE watches are beside all of that; the reader takes from
 * them and from the ring in turn.
 *
 * Who is woken: epoll is always on the wait queue, so "does anybody wait" is
 * the wrong question.  A client is armed when a reader may be about to sleep:
 * after every read(), after a poll() that found nothing, after fasync().  A
 * push disarms it and wakes.
 *
 *	reader: qlock; finds nothing; armed = true; unlock; sleeps
 *	writer: qlock; puts a record; was it armed?; unlock; wakes
 *
 * Whichever takes the qlock first, the reader finds the record or is woken.
 */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "queue.h"

/* Links of a transaction's part that go into slots before others get the lock. */
#define LS_PART_STEPS	64

/* Account for a record that has been written at the producer's place. */
static void localstate_ring_commit(struct ls_client *client,
				   struct ls_watch *watch,
				   struct localstate_event *event)
{
	client->sequence += LS_SEQUENCE_STEP;
	event->sequence = client->sequence;
	client->ring.producer += event->size;
	client->live++;
	watch->in_ring++;
}

static void localstate_queue_wake(struct ls_client *client)
{
	wake_up_interruptible_poll(&client->wait, EPOLLIN | EPOLLRDNORM);
	kill_fasync(&client->fasync, SIGIO, POLL_IN);
}

/* ---- writers ------------------------------------------------------------- */

/* Make a change what this link's client may see of it, as long as it may be. */
static __always_inline void localstate_queue_prepare(const struct ls_link *link,
						     struct ls_change *change)
{
	localstate_record_prepare(change, link->inline_limit,
				  link->client->pid_ns, link->client->user_ns);
}

static __always_inline void localstate_queue_put_ring(struct ls_link *link,
						      struct ls_change *change,
						      bool wake)
{
	struct ls_client *client = link->client;
	struct ls_watch *watch = link->watch;
	struct localstate_event *event;

	event = localstate_ring_at(&client->ring, client->ring.producer);
	localstate_record_write(event, change, watch->ref, link->target);
	localstate_ring_commit(client, watch, event);
	watch->events += !change->uncounted;
	trace_localstate_queue_push(watch, event, false, wake);
}

static __always_inline void localstate_queue_merge(struct ls_link *link,
						   struct ls_change *change,
						   struct list_head *list,
						   bool wake)
{
	if (!list_empty(&link->pending.node)) {
		localstate_slot_merge(link, change);
		return;
	}
	list_add_tail(&link->pending.node, list);
	link->watch->pending++;
	localstate_slot_write(link, change, wake);
}

/* The same for a part of a transaction, and beside one. */
static noinline void localstate_queue_put_slot(struct ls_link *link,
					       struct ls_change *change,
					       struct list_head *list,
					       bool wake)
{
	localstate_queue_merge(link, change, list, wake);
}

/*
 * No slot waits any more: the record of @size that has entered the ring ends all
 * transactions that went into slots.
 */
static noinline void localstate_queue_pay_end(struct ls_client *client, u32 size)
{
	struct localstate_event *event;

	event = localstate_ring_at(&client->ring, client->ring.producer - size);
	event->flags |= LOCALSTATE_EVENT_END;
	client->part = LS_PART_NONE;
}

static bool localstate_queue_has_room(const struct ls_client *client, u32 size)
{
	return list_empty(&client->overflow) &&
	       localstate_ring_has_room(&client->ring, size);
}

/* While slots have to do with a transaction.  Apart: others shall not pay for it. */
static noinline bool localstate_queue_put_beside_part(struct ls_link *link,
						      struct ls_change *change)
{
	struct ls_client *client = link->client;
	bool wake = localstate_queue_disarm(client);

	if (!localstate_queue_has_room(client, change->size)) {
		localstate_queue_put_slot(link, change, &client->overflow,
					  wake);
		return wake;
	}
	localstate_queue_put_ring(link, change, wake);
	if (client->part == LS_PART_OWED)
		localstate_queue_pay_end(client, change->size);
	if (change->kind == LOCALSTATE_EVENT_DELETED)
		localstate_link_release(link);
	return wake;
}

/* Of a watch that has ended nobody is told any more; of one that conflates aside. */
static noinline bool localstate_queue_put_aside(struct ls_link *link,
						struct ls_change *change)
{
	if (link->watch->dead || link->client->end != LS_END_NONE)
		return false;
	return localstate_conflate_push(link, change);
}

/*
 * Give a change to the client of a link, in O(1) and without allocating.  The
 * link of a deleted variable is released as soon as DELETED is in the ring.
 *
 * Context: RCU, or session->lock: either keeps link, watch and client.
 */
void localstate_queue_push(struct ls_link *link, struct ls_change *change)
{
	struct ls_client *client = link->client;
	bool wake = false;

	localstate_queue_prepare(link, change);
	spin_lock(&client->qlock);
	if (unlikely(link->watch->aside)) {
		wake = localstate_queue_put_aside(link, change);
	} else if (likely(client->end == LS_END_NONE &&
			  client->part == LS_PART_NONE)) {
		wake = localstate_queue_disarm(client);
		if (!localstate_queue_has_room(client, change->size)) {
			localstate_queue_merge(link, change, &client->overflow,
					       wake);
		} else {
			localstate_queue_put_ring(link, change, wake);
			if (change->kind == LOCALSTATE_EVENT_DELETED)
				localstate_link_release(link);
		}
	} else if (client->end == LS_END_NONE) {
		wake = localstate_queue_put_beside_part(link, change);
	}
	spin_unlock(&client->qlock);
	if (wake)
		localstate_queue_wake(client);
}

/* All of a transaction's part into the ring, where it has room. */
static bool localstate_queue_put_part_ring(struct ls_client *client,
					   struct ls_link *link)
{
	bool wake = false;
	u32 last = 0;

	lockdep_assert_held(&client->qlock);
	for (; link; link = link->txn_next) {
		if (link->watch->dead)
			continue;
		localstate_queue_prepare(link, link->txn_change);
		wake |= localstate_queue_disarm(client);
		localstate_queue_put_ring(link, link->txn_change, wake);
		last = link->txn_change->size;
	}
	if (last)
		localstate_queue_pay_end(client, last);
	return wake;
}

/*
 * All of it into the slots, whose number nothing bounds: so the lock is dropped
 * now and then.  The reader may empty the list meanwhile, which is no END.  It is
 * dropped before a slot, never behind the last one: then at least that one waits when
 * END is owed.  What does not wait yet goes to the list at once, in the end, so that
 * no other event comes in between.
 */
static bool localstate_queue_put_part_slots(struct ls_client *client,
					    struct ls_link *link)
{
	unsigned int steps = 0;
	u8 part = client->part;
	LIST_HEAD(fresh);
	bool wake = false;

	lockdep_assert_held(&client->qlock);
	client->part = LS_PART_INSIDE;
	for (; link; link = link->txn_next) {
		if (steps && !(steps % LS_PART_STEPS)) {
			spin_unlock(&client->qlock);
			spin_lock(&client->qlock);
		}
		if (client->end != LS_END_NONE)
			break;
		if (link->watch->dead)
			continue;
		localstate_queue_prepare(link, link->txn_change);
		wake |= localstate_queue_disarm(client);
		localstate_queue_put_slot(link, link->txn_change, &fresh, wake);
		steps++;
	}
	list_splice_tail(&fresh, &client->overflow);
	/* If all watches have ended, nothing has been added. */
	client->part = steps ? LS_PART_OWED : part;
	return wake;
}

/*
 * Give a transaction's part to a client: the chain of its links from @first on.
 * It goes into the ring whole, or into the slots whole.
 *
 * Context: session->txn_lock, which keeps the chain, and RCU.
 */
void localstate_queue_push_part(struct ls_client *client,
				struct ls_link *first)
{
	struct ls_link *link;
	bool wake = false;
	u64 size = 0;

	/* Those of watches that end in the meantime count, too: no harm. */
	for (link = first; link; link = link->txn_next) {
		localstate_queue_prepare(link, link->txn_change);
		size += link->txn_change->size;
	}
	spin_lock(&client->qlock);
	if (client->end == LS_END_NONE) {
		if (size <= client->ring.size &&
		    localstate_queue_has_room(client, size))
			wake = localstate_queue_put_part_ring(client, first);
		else
			wake = localstate_queue_put_part_slots(client, first);
	}
	spin_unlock(&client->qlock);
	if (wake)
		localstate_queue_wake(client);
}

static void localstate_queue_put_mark(struct ls_client *client,
				      struct ls_watch *watch,
				      const struct ls_pending *mark)
{
	struct localstate_event *event;

	event = localstate_ring_at(&client->ring, client->ring.producer);
	localstate_mark_write(event, watch, mark);
	localstate_ring_commit(client, watch, event);
}

/*
 * Queue the watch's SYNC or LOST behind what is there.  A LOST that waits
 * already stands for this one too.
 *
 * Context: session->lock, which keeps the watch.
 */
void localstate_queue_push_mark(struct ls_watch *watch,
				struct ls_pending *mark, u32 target)
{
	struct ls_client *client = watch->client;
	bool wake = false;

	spin_lock(&client->qlock);
	if (!watch->dead && client->end == LS_END_NONE &&
	    list_empty(&mark->node)) {
		wake = localstate_queue_disarm(client);
		mark->target = target;
		if (watch->conflate) {
			localstate_conflate_join(watch, mark);
		} else if (localstate_queue_has_room(client,
						     sizeof(struct localstate_event))) {
			localstate_queue_put_mark(client, watch, mark);
		} else {
			list_add_tail(&mark->node, &client->overflow);
			watch->pending++;
		}
		trace_localstate_queue_mark(watch, mark, wake);
	}
	spin_unlock(&client->qlock);
	if (wake)
		localstate_queue_wake(client);
}

/* The session has ended: what is queued may be read, then SESSION_END. */
void localstate_queue_end(struct ls_client *client)
{
	spin_lock(&client->qlock);
	if (client->end == LS_END_NONE)
		client->end = LS_END_PENDING;
	client->armed = false;
	spin_unlock(&client->qlock);
	localstate_queue_wake(client);
}

/* ---- the reader ---------------------------------------------------------- */

static void localstate_queue_move_slot(struct ls_client *client,
				       struct ls_link *link)
{
	struct localstate_event *event;

	event = localstate_ring_at(&client->ring, client->ring.producer);
	memcpy(event, &link->slot, link->slot.size);
	localstate_ring_commit(client, link->watch, event);
	if (localstate_link_is_done(link))
		localstate_link_release(link);
}

/*
 * Move the oldest waiting slot into the ring; false if there is none, or no
 * room.  One of a watch that is being ended is only taken off: its memory is
 * unwatch's business, and nobody would count its record off again.
 */
static bool localstate_queue_refill(struct ls_client *client)
{
	struct ls_pending *pending;
	struct ls_watch *watch;
	u32 size;

	lockdep_assert_held(&client->qlock);
	pending = list_first_entry_or_null(&client->overflow,
					   struct ls_pending, node);
	if (!pending)
		return false;
	size = localstate_pending_size(pending);
	watch = localstate_pending_watch(pending);
	if (!watch->dead && !localstate_ring_has_room(&client->ring, size))
		return false;

	list_del_init(&pending->node);
	watch->pending--;
	if (watch->dead)
		return true;
	if (pending->kind == LS_PENDING_LINK)
		localstate_queue_move_slot(client, container_of(pending,
								struct ls_link,
								pending));
	else
		localstate_queue_put_mark(client, watch, pending);
	if (unlikely(client->part == LS_PART_OWED) &&
	    list_empty(&client->overflow))
		localstate_queue_pay_end(client, size);
	return true;
}

/* The watch of a record in the ring, or NULL if it has ended. */
static struct ls_watch *localstate_queue_watch(struct ls_client *client,
					       u32 ref)
{
	/* It is taken out of there under the qlock, before it is freed. */
	lockdep_assert_held(&client->qlock);
	return xa_load(&client->watches, ref);
}

static struct localstate_event *localstate_queue_end_event(struct ls_client *client)
{
	client->end_event = (struct localstate_event){
		.size = sizeof(client->end_event),
		.kind = LOCALSTATE_EVENT_SESSION_END,
		.cause = LOCALSTATE_CAUSE_SET,
		.sequence = client->sequence + LS_SEQUENCE_STEP,
		.time_ns = ktime_get_ns(),
	};
	return &client->end_event;
}

/* Let a waiting writer have the qlock after every few steps of the reader. */
static void localstate_queue_give_way(struct ls_client *client,
				      unsigned int *steps)
{
	if (++*steps % 16)
		return;
	spin_unlock(&client->qlock);
	cond_resched();
	spin_lock(&client->qlock);
}

/*
 * The next record to deliver, which stays where it is, or NULL.  Drops the
 * qlock now and then, so that nobody waits long for it.  -EINVAL: a conflated one
 * does not fit into @room bytes.
 */
static struct localstate_event *localstate_queue_peek(struct ls_client *client,
						      size_t room)
{
	struct ls_ring *ring = &client->ring;
	struct localstate_event *event;
	unsigned int steps = 0;

	for (;;) {
		/* That there is neither is seen under one hold of the lock. */
		while (localstate_queue_refill(client) ||
		       (unlikely(client->conflating) &&
			localstate_conflate_trim(client)))
			localstate_queue_give_way(client, &steps);
		if (unlikely(client->conflating)) {
			event = localstate_conflate_peek(client, room);
			if (event)
				return event;
		}
		if (!localstate_ring_used(ring))
			break;
		event = localstate_ring_at(ring, ring->consumer);
		if (localstate_queue_watch(client, event->ref))
			return event;
		ring->consumer += event->size;
		localstate_queue_give_way(client, &steps);
	}
	if (client->end == LS_END_PENDING)
		return localstate_queue_end_event(client);
	return NULL;
}

/* The record has been copied to the reader. */
static void localstate_queue_consume(struct ls_client *client,
				     struct localstate_event *event)
{
	struct ls_watch *watch;

	if (event == &client->end_event) {
		client->sequence += LS_SEQUENCE_STEP;
		client->end = LS_END_DELIVERED;
		return;
	}
	/* It may have been unwatched in the meantime, and counted off. */
	watch = localstate_queue_watch(client, event->ref);
	if (watch) {
		watch->in_ring--;
		watch->delivered++;
		client->live--;
	}
	if (event == client->stage) {
		client->staged = false;
		client->ring_turn = true;
		return;
	}
	client->ring_turn = false;
	client->ring.consumer += event->size;
}

static int localstate_queue_copy(const struct ls_client *client,
				 const struct localstate_event *event,
				 struct iov_iter *to)
{
	size_t copied;

	if (event->size > iov_iter_count(to))
		return -EINVAL;
	/* SESSION_END and what is conflated are not in the ring. */
	if (event == &client->end_event || event == client->stage)
		copied = copy_to_iter(event, event->size, to);
	else
		copied = localstate_ring_copy(&client->ring,
					      client->ring.consumer,
					      event->size, to);
	if (copied == event->size)
		return 0;
	iov_iter_revert(to, copied);
	return -EFAULT;
}

/* Deliver as many whole records as fit; -EAGAIN if there is none. */
static ssize_t localstate_queue_drain(struct ls_client *client,
				      struct iov_iter *to)
{
	struct localstate_event *event;
	ssize_t done = 0;
	int ret = 0;

	lockdep_assert_held(&client->read_lock);
	spin_lock(&client->qlock);
	while (!ret && (event = localstate_queue_peek(client,
						      iov_iter_count(to)))) {
		ret = PTR_ERR_OR_ZERO(event);
		if (ret)
			break;
		/* Nobody but a reader moves the consumer: it stays there. */
		spin_unlock(&client->qlock);
		ret = localstate_queue_copy(client, event, to);
		spin_lock(&client->qlock);
		if (!ret) {
			done += event->size;
			localstate_queue_consume(client, event);
		}
	}
	if (!ret)
		ret = client->end == LS_END_DELIVERED ? -ESHUTDOWN : -EAGAIN;
	client->armed = true;
	spin_unlock(&client->qlock);
	/* With SESSION_END read, poll() has something new to tell: EPOLLHUP. */
	if (ret == -ESHUTDOWN && done)
		wake_up_interruptible_poll(&client->wait, EPOLLIN | EPOLLHUP);
	return done ?: ret;
}

static bool localstate_queue_is_readable(const struct ls_client *client)
{
	lockdep_assert_held(&client->qlock);
	return client->live || !list_empty(&client->overflow) ||
	       client->end == LS_END_PENDING;
}

/* Whether read() would return; if not, the next push is going to wake. */
static bool localstate_queue_is_ready(struct ls_client *client)
{
	bool ready;

	spin_lock(&client->qlock);
	ready = localstate_queue_is_readable(client) ||
		client->end == LS_END_DELIVERED;
	if (!ready)
		client->armed = true;
	spin_unlock(&client->qlock);
	return ready;
}

static int localstate_queue_lock_reader(struct ls_client *client, bool nowait)
{
	if (nowait)
		return mutex_trylock(&client->read_lock) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(&client->read_lock) ? -ERESTARTSYS : 0;
}

/* read(): a sleeping reader holds no lock. */
ssize_t localstate_queue_read(struct ls_client *client, struct iov_iter *to,
			      bool nowait)
{
	ssize_t ret;

	if (!READ_ONCE(client->session))
		return -ENOTCONN;
	if (iov_iter_count(to) < sizeof(struct localstate_event))
		return -EINVAL;
	for (;;) {
		ret = localstate_queue_lock_reader(client, nowait);
		if (ret)
			return ret;
		ret = localstate_queue_drain(client, to);
		mutex_unlock(&client->read_lock);
		if (ret != -EAGAIN || nowait)
			return ret;
		ret = wait_event_interruptible(client->wait,
					       localstate_queue_is_ready(client));
		if (ret)
			return ret;
	}
}

__poll_t localstate_queue_poll(struct ls_client *client)
{
	__poll_t mask = 0;

	spin_lock(&client->qlock);
	if (localstate_queue_is_readable(client))
		mask = EPOLLIN | EPOLLRDNORM;
	else if (client->end == LS_END_DELIVERED)
		mask = EPOLLHUP;
	else
		client->armed = true;
	spin_unlock(&client->qlock);
	return mask;
}

void localstate_queue_arm(struct ls_client *client)
{
	spin_lock(&client->qlock);
	client->armed = true;
	spin_unlock(&client->qlock);
}
