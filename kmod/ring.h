/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arithmetic of a client's queue: where a record goes, and whether it fits.
 *
 * The size is a power of two of whole pages.  Producer and consumer only grow;
 * their difference, which is at most the size, holds when they wrap, too.
 */
#ifndef LOCALSTATE_RING_H
#define LOCALSTATE_RING_H

#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/types.h>

struct iov_iter;

/* Mapped twice in a row, so that a record goes over the end in one piece. */
struct ls_ring {
	u8 *data;			/* NULL before the first watch */
	struct page **pages;
	u32 size;			/* shown without lock */
	u64 producer;			/* qlock */
	u64 consumer;			/* qlock, moved under read_lock too */
};

int localstate_ring_alloc(struct ls_ring *ring, u32 size);
void localstate_ring_free(struct ls_ring *ring);
size_t localstate_ring_copy(const struct ls_ring *ring, u64 position,
			    size_t len, struct iov_iter *to);

/* The size of a ring for @wanted bytes. */
static inline u32 localstate_ring_round_up(u32 wanted)
{
	return roundup_pow_of_two(max_t(u32, wanted, PAGE_SIZE));
}

/* The largest size of a ring that @limit allows, or a page. */
static inline u32 localstate_ring_round_down(u32 limit)
{
	return rounddown_pow_of_two(max_t(u32, limit, PAGE_SIZE));
}

static inline void *localstate_ring_at(const struct ls_ring *ring, u64 position)
{
	return ring->data + (position & (ring->size - 1));
}

static inline u32 localstate_ring_used(const struct ls_ring *ring)
{
	return ring->producer - ring->consumer;
}

static inline bool localstate_ring_has_room(const struct ls_ring *ring, u32 size)
{
	return ring->size - localstate_ring_used(ring) >= size;
}

#endif /* LOCALSTATE_RING_H */
