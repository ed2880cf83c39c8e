// SPDX-License-Identifier: GPL-2.0-only
/*
 * A seqlock in shared memory, on which readers spin: the limit for one value.
 *
 * A publish is three stores, whatever the number of readers; a receive is three
 * loads and a comparison.  The kernel takes no part.
 *
 * It has one value: who is late gets the last one and cannot tell how many there
 * were.  A reader cannot sleep: it burns its processor, or looks now and then and
 * is late by that.  A writer that dies in the middle leaves everybody spinning.
 */
#include <errno.h>
#include <stdlib.h>

#include "../peer.h"
#include "seqlock.h"

/* @seen is each reader's own: a child's copy is its own memory. */
struct peer_seqlock {
	struct bench_seqlock *shared;
	uint32_t seen[];
};

static int seqlock_open(void **state, unsigned int n)
{
	struct peer_seqlock *peer = calloc(1, sizeof(*peer) + n * sizeof(peer->seen[0]));

	if (!peer)
		return -ENOMEM;
	*state = peer;
	peer->shared = bench_shared_alloc(sizeof(*peer->shared));
	return peer->shared ? 0 : -ENOMEM;
}

static int seqlock_publish(void *state, uint64_t value)
{
	struct peer_seqlock *peer = state;

	bench_seqlock_write(peer->shared, value);
	return 0;
}

static int seqlock_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_seqlock *peer = state;

	return bench_seqlock_read(peer->shared, &peer->seen[reader], value) ? 0 : -EAGAIN;
}

static void seqlock_close(void *state)
{
	struct peer_seqlock *peer = state;

	if (!peer)
		return;
	bench_shared_free(peer->shared, sizeof(*peer->shared));
	free(peer);
}

static const struct bench_peer seqlock_peer = {
	.name = "seqlock",
	.max_readers = 10000,
	.flags = BENCH_LATEST | BENCH_SPINS,
	.open = seqlock_open,
	.publish = seqlock_publish,
	.receive = seqlock_receive,
	.close = seqlock_close,
};

BENCH_PEER(seqlock_peer);
