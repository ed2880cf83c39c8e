/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a peer do its job?  What is not right need not be fast: a benchmark checks
 * its peers before it measures them.
 */
#ifndef BENCH_CHECK_H
#define BENCH_CHECK_H

#include <stdbool.h>
#include <sys/types.h>

#include "peer.h"

/**
 * bench_peer_check - publish and receive, and compare
 * @peer: the peer, not open
 *
 * Several readers in this process get every value once, as it comes; after some
 * values at once they get all of them in their order, or, if the peer says
 * BENCH_LATEST, values that grow and the last one.  A reader in another process
 * sleeps for each value, unless the peer spins.
 *
 * Prints what is wrong.
 * Return: 0, -ENOSYS or -ENOENT if this machine does not have it, -errno.
 */
int bench_peer_check(const struct bench_peer *peer);

/* Waits until @child sleeps; false if it has not fallen asleep for long. */
bool bench_await_sleep(pid_t child);

#endif /* BENCH_CHECK_H */
