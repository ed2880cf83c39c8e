// SPDX-License-Identifier: GPL-2.0-only
/*
 * throughput: all peers side by side, by the clock.
 *
 * The clock of an emulated machine on a busy host is worth little.  So no time is
 * printed, only ratios: in each round every peer has a short slice, and its time for
 * an update is divided by that of localstate in the same round.  What slows a round
 * down slows all.  Of the ratios of all rounds the median counts, and the quartiles
 * and extremes say how far to trust it.
 *
 * Prints a JSON object for each figure.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"
#include "run.h"

#define REFERENCE	"localstate"
#define MAX_PEERS	32U

/* On a busy host a case ends early, but not before so many rounds. */
#define ROUNDS		201U
#define LEAST_ROUNDS	15U
#define CASE_S		30
#define SLICE_NS	2e6
/* What settle() takes must not weigh. */
#define SLICE_SETTLE_NS	10e6
/* Between slices, for whom real-time processes keep waiting. */
#define PAUSE_US	500

/* @what and readers are the key in bench.json, where they stay the same. */
static const struct bench_case {
	const char *what;
	unsigned int readers;
	bool asleep;
} cases[] = {
	{ "publish", 0, false },
	{ "publish and receive", 1, false },
	{ "publish and receive", 10, false },
	{ "publish and receive", 100, false },
	{ "to blocked", 1, true },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static const struct bench_peer *peers[MAX_PEERS];
static unsigned int n_peers;

static void fail(const struct bench_peer *peer, const char *what, int ret)
{
	fprintf(stderr, "throughput: %s: %s: %s\n", peer->name, what, strerror(-ret));
	exit(1);
}

/* All that this machine has; what does not work fails the run. */
static void find_peers(void)
{
	const struct bench_peer *const *at;
	int ret;

	bench_for_each_peer(at) {
		ret = bench_peer_check(*at);
		if (!ret && n_peers < MAX_PEERS)
			peers[n_peers++] = *at;
		else if (!ret || (ret != -ENOSYS && ret != -ENOENT) ||
			 !strcmp((*at)->name, REFERENCE))
			exit(1);
	}
}

/* ---- statistics ---------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print_ratios(const struct bench_case *one, const struct bench_run *run,
			 const struct bench_run *reference, unsigned int rounds)
{
	double ratio[ROUNDS] = { 0 };
	unsigned int i;

	for (i = 0; i < rounds; i++)
		ratio[i] = run->ns[i] / reference->ns[i];
	qsort(ratio, rounds, sizeof(ratio[0]), compare);
	printf("{\"throughput\": \"%s\", \"peer\": \"%s\", \"readers\": %u",
	       one->what, run->peer->name, one->readers);
	printf(", \"median\": %.4g, \"q1\": %.4g, \"q3\": %.4g",
	       ratio[rounds / 2], ratio[rounds / 4], ratio[rounds * 3 / 4]);
	printf(", \"min\": %.4g, \"max\": %.4g, \"rounds\": %u}\n",
	       ratio[0], ratio[rounds - 1], rounds);
	fflush(stdout);
}

/* ---- a case --------------------------------------------------------------- */

static bool takes_part(const struct bench_peer *peer, const struct bench_case *one)
{
	if (one->asleep && peer->flags & BENCH_SPINS)
		return false;
	return one->readers <= peer->max_readers;
}

static double slice_ns(const struct bench_peer *peer, const struct bench_case *one)
{
	return peer->settle && !one->readers ? SLICE_SETTLE_NS : SLICE_NS;
}

static unsigned int open_all(const struct bench_case *one, struct bench_run *run)
{
	unsigned int i, n = 0;
	int ret;

	for (i = 0; i < n_peers; i++) {
		if (!takes_part(peers[i], one))
			continue;
		ret = bench_run_open(&run[n], peers[i], one->readers, one->asleep);
		if (ret)
			fail(peers[i], "open", ret);
		ret = bench_run_calibrate(&run[n], slice_ns(peers[i], one));
		if (ret)
			fail(peers[i], one->what, ret);
		run[n].ns = calloc(ROUNDS, sizeof(run[n].ns[0]));
		if (!run[n++].ns)
			fail(peers[i], one->what, -ENOMEM);
	}
	return n;
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/*
 * Each round begins with another peer, so that all have all neighbours.  Returns how
 * many rounds there were.
 */
static unsigned int run_rounds(const struct bench_case *one, struct bench_run *run,
			       unsigned int n)
{
	const time_t end = now_s() + CASE_S;
	unsigned int round, i;
	int ret;

	for (round = 0; round < ROUNDS; round++) {
		if (round >= LEAST_ROUNDS && now_s() >= end)
			break;
		for (i = 0; i < n; i++) {
			struct bench_run *at = &run[(round + i) % n];

			usleep(PAUSE_US);
			ret = bench_run_slice(at, &at->ns[round]);
			if (ret)
				fail(at->peer, one->what, ret);
		}
	}
	return round;
}

static void run_case(const struct bench_case *one)
{
	const struct bench_run *reference = NULL;
	struct bench_run run[MAX_PEERS];
	unsigned int i, n = open_all(one, run);
	const unsigned int rounds = run_rounds(one, run, n);

	for (i = 0; i < n; i++)
		if (!strcmp(run[i].peer->name, REFERENCE))
			reference = &run[i];
	for (i = 0; i < n; i++)
		if (reference)
			print_ratios(one, &run[i], reference, rounds);
	for (i = 0; i < n; i++) {
		bench_run_close(&run[i]);
		free(run[i].ns);
	}
}

/* Every reader needs descriptors of its own. */
static void raise_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	unsigned int i;
	int ret;

	if (argc > 1) {
		fprintf(stderr, "Usage: %s\n", argv[0]);
		return 2;
	}
	raise_limit();
	find_peers();
	ret = bench_run_alone();
	if (ret) {
		fprintf(stderr, "throughput: cannot be alone: %s\n", strerror(-ret));
		return 1;
	}
	for (i = 0; i < N_CASES; i++)
		run_case(&cases[i]);
	return 0;
}
