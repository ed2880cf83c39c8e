/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A value in shared memory with a sequence: odd while the one writer is at work,
 * and another one after each change.  A reader takes what it copied if the sequence
 * was even and the same before and after, so that the value may be longer than what
 * the processor writes at once.
 */
#ifndef BENCH_PEERS_SEQLOCK_H
#define BENCH_PEERS_SEQLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct bench_seqlock {
	uint32_t sequence;
	uint32_t sleepers;	/* for who sleeps on @sequence */
	uint64_t value;
};

static inline void bench_seqlock_write(struct bench_seqlock *lock, uint64_t value)
{
	uint32_t sequence = lock->sequence;

	__atomic_store_n(&lock->sequence, sequence + 1, __ATOMIC_RELAXED);
	/* Nobody sees the new value with the old sequence: pairs with _read(). */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&lock->value, value, __ATOMIC_RELAXED);
	__atomic_store_n(&lock->sequence, sequence + 2, __ATOMIC_RELEASE);
}

/* False if nothing has changed since @seen, which it moves on. */
static inline bool bench_seqlock_read(const struct bench_seqlock *lock,
				      uint32_t *seen, uint64_t *value)
{
	uint32_t before, after;

	do {
		before = __atomic_load_n(&lock->sequence, __ATOMIC_ACQUIRE);
		if (before == *seen)
			return false;
		*value = __atomic_load_n(&lock->value, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		after = __atomic_load_n(&lock->sequence, __ATOMIC_RELAXED);
	} while (before != after || before % 2);
	*seen = before;
	return true;
}

#endif /* BENCH_PEERS_SEQLOCK_H */
