// SPDX-License-Identifier: GPL-2.0-only
/*
 * A futex: the value lies in shared memory under a sequence, and who has nothing
 * new sleeps on the sequence.
 *
 * A publish writes the value, whatever the number of readers, and calls
 * FUTEX_WAKE for all of them only if somebody sleeps; the kernel then walks the
 * sleepers.  A receive is a read of memory; only a reader that is going to sleep
 * calls the kernel.  Nothing is copied by the kernel.
 *
 * It has one value: who is late gets the last one and cannot tell how many there
 * were.  It has no descriptor, so it fits into no event loop.  Every reader can
 * write what the writer writes, or else (mapped read-only) cannot count as a
 * sleeper.  A writer that dies in the middle leaves the sequence odd: everybody
 * spins.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../peer.h"
#include "seqlock.h"

/* @seen is each reader's own: a child's copy is its own memory. */
struct peer_futex {
	struct bench_seqlock *shared;
	uint32_t seen[];
};

static int futex_open(void **state, unsigned int n)
{
	struct peer_futex *peer = calloc(1, sizeof(*peer) + n * sizeof(peer->seen[0]));

	if (!peer)
		return -ENOMEM;
	*state = peer;
	peer->shared = bench_shared_alloc(sizeof(*peer->shared));
	return peer->shared ? 0 : -ENOMEM;
}

static int futex_publish(void *state, uint64_t value)
{
	struct bench_seqlock *shared = ((struct peer_futex *)state)->shared;

	bench_seqlock_write(shared, value);
	/* Either we see the sleeper, or it sees the sequence: pairs with wait(). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&shared->sleepers, __ATOMIC_RELAXED))
		return 0;
	return syscall(SYS_futex, &shared->sequence, FUTEX_WAKE, INT_MAX, NULL, NULL, 0) < 0 ?
		-errno : 0;
}

static int futex_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_futex *peer = state;

	return bench_seqlock_read(peer->shared, &peer->seen[reader], value) ? 0 : -EAGAIN;
}

static int futex_wait(void *state, unsigned int reader)
{
	struct peer_futex *peer = state;
	struct bench_seqlock *shared = peer->shared;
	int err = 0;

	__atomic_add_fetch(&shared->sleepers, 1, __ATOMIC_SEQ_CST);
	if (syscall(SYS_futex, &shared->sequence, FUTEX_WAIT, peer->seen[reader],
		    NULL, NULL, 0))
		err = errno;
	__atomic_sub_fetch(&shared->sleepers, 1, __ATOMIC_RELAXED);
	/* EAGAIN: the sequence is another one already. */
	return err == EAGAIN || err == EINTR ? 0 : -err;
}

static void futex_close(void *state)
{
	struct peer_futex *peer = state;

	if (!peer)
		return;
	bench_shared_free(peer->shared, sizeof(*peer->shared));
	free(peer);
}

static const struct bench_peer futex_peer = {
	.name = "futex",
	.max_readers = 10000,
	.flags = BENCH_LATEST,
	.open = futex_open,
	.publish = futex_publish,
	.receive = futex_receive,
	.wait = futex_wait,
	.close = futex_close,
};

BENCH_PEER(futex_peer);
