/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting the instructions of single operations, in a machine whose time stamp
 * counter counts them (scripts/vm --count).
 *
 * Every operation is counted by itself, and the median of all samples counts: an
 * average would contain the timer's interrupts.  What fails ends the program: there
 * are no figures of half a measurement.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/localstate.h>

#include "../peer.h"

/* ---- samples ------------------------------------------------------------- */

/* Both fences: nothing moves over the reading, in either direction. */
static inline uint64_t bench_tsc(void)
{
	uint32_t low, high;

	__asm__ __volatile__("lfence; rdtsc; lfence"
			     : "=a" (low), "=d" (high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/**
 * struct bench_measure - one line of the result
 * @op: what is counted; the key in bench.json, where it stays the same
 * @peer: by whom, or NULL for localstate's own operations
 * @parameter: what it depends on, "watchers" or "variables", or NULL
 * @value: of the parameter
 * @run: the operation: 0, or -errno; @expect is what it must return
 * @prepare: what comes before each sample and is not counted, or NULL
 * @data: for both
 * @expect: what @run returns
 * @samples: how many; some more come first and are thrown away
 * @quiet: begin each sample just after an interrupt of the timer: for operations
 *	that are so long that one would come in most of them
 */
struct bench_measure {
	const char *op;
	const char *peer;
	const char *parameter;
	uint64_t value;
	int (*run)(void *data);
	void (*prepare)(void *data);
	void *data;
	int expect;
	unsigned int samples;
	bool quiet;
};

/* Counts, prints the line, and returns the median. */
uint64_t bench_measure_run(const struct bench_measure *measure);

/* For operations that begin in one process and end in another. */
uint64_t bench_measure_print(const struct bench_measure *measure,
			     uint64_t *samples, unsigned int n);

/* The pair of readings with a call of nothing; taken off every sample. */
void bench_empty_init(void);

/*
 * Where the counting begins and ends: labels at the instructions themselves, by which
 * a profile finds the operation in a trace.  Each may stand in one place only.
 */
#define BENCH_LABEL(_name) do {						\
	__asm__ __volatile__(".globl " #_name "\n" #_name ":"		\
			     : : : "memory");				\
} while (0)

extern const char bench_sample_begin[], bench_sample_end[];
extern const char bench_blocked_begin[], bench_blocked_end[];

/*
 * With --profile: whether this is the operation to be repeated for ever, under the
 * eyes of bench/profile, which is told where.
 */
bool bench_profile_wants(const struct bench_measure *measure);
void bench_profile_begin(const void *begin, const void *end);
/* Whether anything is profiled: then nothing else is measured. */
bool bench_profile_is_on(void);
void bench_profile_init(const char *op, const char *peer, const char *value);

void bench_fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void bench_check(int ret, const char *what);

/* ---- localstate ---------------------------------------------------------- */

/* Requests that end the program when they fail; for what is not counted. */
int bench_session_open(const char *name, int flags);
uint64_t bench_variable_register(int fd, const char *name);
void bench_queue_resize(int fd, uint32_t size);
void bench_watch(int fd, const uint64_t *ids, unsigned int n);
struct localstate_set bench_set_request(uint64_t id);

/* The record of a change from one scalar to another. */
struct bench_event {
	struct localstate_event event;
	uint64_t old;
	uint64_t new;
};

/* Reads until there is nothing more. */
void bench_drain(int fd);

/* Many clients that watch a variable each, or the same, or with the id 0 none yet. */
struct bench_crowd {
	unsigned int n;
	int *fd;
};

void bench_crowd_open(struct bench_crowd *crowd, const char *session,
		      unsigned int n, uint64_t id);
void bench_crowd_drain(struct bench_crowd *crowd);
void bench_crowd_close(struct bench_crowd *crowd);

/* ---- peers --------------------------------------------------------------- */

/* What does not do its job is not counted: checks all peers, the first time. */
void bench_check_peers(void);

/*
 * Between the two the clock does not jump.  For what starts or connects to daemons,
 * which have deadlines of their own; not for what is counted.
 */
void bench_sleep_forbid(void);
void bench_sleep_allow(void);

/* ---- what is counted, a file each --------------------------------------- */

void bench_count_floor(void);
void bench_count_variables(void);
void bench_count_texts(void);
void bench_count_watchers(void);
void bench_count_filters(void);
void bench_count_queue(void);
void bench_count_peers(void);
void bench_count_blocked(void);
void bench_count_memory(void);

#endif /* BENCH_COUNT_H */
