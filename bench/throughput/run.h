/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One peer in one case: how many readers there are, and whether they sleep.
 *
 * Everything happens on one processor, between real-time processes of which a
 * reader that sleeps is the more urgent: it runs as soon as it is woken, and the
 * writer goes on when it sleeps again.  Else the scheduler would decide now and then
 * that nobody is to be woken, and that would be measured.
 */
#ifndef BENCH_THROUGHPUT_RUN_H
#define BENCH_THROUGHPUT_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "../peer.h"

struct bench_meeting;

/**
 * struct bench_run - a peer that is open, with its readers
 * @peer: the peer
 * @state: its own
 * @readers: how many
 * @asleep: the reader, one, is another process and sleeps
 * @value: the last that was published
 * @updates: how many make a slice
 * @ns: for each round: an update's time
 * @reader: the process that sleeps, or 0
 * @meeting: what it says, shared
 */
struct bench_run {
	const struct bench_peer *peer;
	void *state;
	unsigned int readers;
	bool asleep;
	uint64_t value;
	unsigned int updates;
	double *ns;
	pid_t reader;
	struct bench_meeting *meeting;
};

/* This process and all that it starts from now on: one processor, real-time. */
int bench_run_alone(void);

/* bench_run_close() has to follow in any case.  0 or -errno. */
int bench_run_open(struct bench_run *run, const struct bench_peer *peer,
		   unsigned int readers, bool asleep);
void bench_run_close(struct bench_run *run);

/* Chooses @run->updates so that a slice takes about @slice_ns.  0 or -errno. */
int bench_run_calibrate(struct bench_run *run, double slice_ns);

/*
 * @run->updates updates, each received by all; *@ns is the time of one.  If the
 * reader sleeps only the time from the publish until it has the value counts.
 * 0 or -errno; -EBADMSG if a reader got another value.
 */
int bench_run_slice(struct bench_run *run, double *ns);

#endif /* BENCH_THROUGHPUT_RUN_H */
