// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring in shared memory, on which readers spin: the limit for every value in its
 * order.
 *
 * The writer never looks at its readers: a publish is two stores, whatever their
 * number.  Each reader has a place of its own in the ring; a receive is three loads
 * and a comparison.  The kernel takes no part.
 *
 * It keeps the last RING_SLOTS - 1 values.  Who falls back further goes on with the
 * newest; it could tell how many it has lost.  A reader cannot sleep: it burns its
 * processor, or looks now and then and is late by that.
 */
#include <errno.h>
#include <stdlib.h>

#include "../peer.h"

#define RING_SLOTS	256

/* @head counts the values that were ever written. */
struct ring {
	uint64_t head;
	uint64_t slot[RING_SLOTS];
};

/* @tail is each reader's own: a child's copy is its own memory. */
struct peer_ring {
	struct ring *shared;
	uint64_t tail[];
};

static int ring_open(void **state, unsigned int n)
{
	struct peer_ring *peer = calloc(1, sizeof(*peer) + n * sizeof(peer->tail[0]));

	if (!peer)
		return -ENOMEM;
	*state = peer;
	peer->shared = bench_shared_alloc(sizeof(*peer->shared));
	return peer->shared ? 0 : -ENOMEM;
}

static int ring_publish(void *state, uint64_t value)
{
	struct ring *ring = ((struct peer_ring *)state)->shared;
	uint64_t head = ring->head;

	/* Not before the head that frees the slot: pairs with receive(). */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&ring->slot[head % RING_SLOTS], value, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
	return 0;
}

/*
 * While the writer fills the slot of number h, the head is h; that slot held the
 * number h - RING_SLOTS until then.
 */
static int ring_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_ring *peer = state;
	const struct ring *ring = peer->shared;
	uint64_t tail = peer->tail[reader];
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	if (tail == head)
		return -EAGAIN;
	for (;;) {
		if (head - tail >= RING_SLOTS)
			tail = head - 1;
		*value = __atomic_load_n(&ring->slot[tail % RING_SLOTS], __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
		if (head - tail < RING_SLOTS)
			break;
	}
	peer->tail[reader] = tail + 1;
	return 0;
}

static void ring_close(void *state)
{
	struct peer_ring *peer = state;

	if (!peer)
		return;
	bench_shared_free(peer->shared, sizeof(*peer->shared));
	free(peer);
}

static const struct bench_peer ring_peer = {
	.name = "ring",
	.max_readers = 10000,
	.flags = BENCH_LATEST | BENCH_SPINS,
	.open = ring_open,
	.publish = ring_publish,
	.receive = ring_receive,
	.close = ring_close,
};

BENCH_PEER(ring_peer);
