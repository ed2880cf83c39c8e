/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Publishing and receiving with a deadline: what a program does around a peer's own
 * functions when the peer has no room, or when the value is still on its way.
 */
#ifndef BENCH_DELIVER_H
#define BENCH_DELIVER_H

#include "peer.h"

/* A value that takes longer is lost. */
#define BENCH_DELIVER_MS	10000

/* 0, or -errno; -ETIME if there was no room for a long time. */
int bench_publish(const struct bench_peer *peer, void *state, uint64_t value);

/*
 * For a reader that is awake.  0 or -errno; -ENODATA if the value should have been
 * there and was not, -ETIME if it did not come.
 */
int bench_receive(const struct bench_peer *peer, void *state, unsigned int reader,
		  uint64_t *value);

/* A descriptor that says when the reader has something, or -errno. */
int bench_epoll(const struct bench_peer *peer, void *state, unsigned int reader);

/*
 * For a reader that sleeps: in the peer's own way, or on @epoll, from bench_epoll().
 * A wait() of the peer's own has no deadline; so such a reader is to be killed.
 */
int bench_sleep_receive(const struct bench_peer *peer, void *state, unsigned int reader,
			int epoll, uint64_t *value);

#endif /* BENCH_DELIVER_H */
