// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples of one operation, and what is printed of them: a JSON object a line.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"

/* Thrown away: they fill caches of the allocators and of the emulator. */
#define WARM_UP 20U

/* An interrupt of the timer takes longer than anything else in an empty loop. */
#define GAP 1000U
/* Time for what the interrupt leaves behind, in instructions. */
#define QUIET 100000U
/* The timer's period at 250 Hz is 4,000,000. */
#define PATIENCE 50000000U

static uint64_t empty;

void bench_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("count: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

void bench_check(int ret, const char *what)
{
	if (ret < 0)
		bench_fail("%s: %s", what, strerror(-ret));
}

/* Never inlined, so that the call costs the same wherever it comes from. */
static __attribute__((noinline, noclone)) uint64_t sample(int (*run)(void *data),
						 void *data, int *ret)
{
	uint64_t begin = bench_tsc();

	BENCH_LABEL(bench_sample_begin);
	*ret = run(data);
	BENCH_LABEL(bench_sample_end);
	return bench_tsc() - begin;
}

static void wait_for_quiet(void)
{
	uint64_t start = bench_tsc();
	uint64_t last = start, gap = 0, now;

	while ((now = bench_tsc()) - start < PATIENCE) {
		if (now - last > GAP)
			gap = now;
		else if (gap && now - gap > QUIET)
			break;
		last = now;
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int nothing(void *data)
{
	(void)data;
	return 0;
}

void bench_empty_init(void)
{
	uint64_t samples[101];
	int ret;
	unsigned int i;

	for (i = 0; i < 101; i++)
		samples[i] = sample(nothing, NULL, &ret);
	qsort(samples, 101, sizeof(samples[0]), compare);
	empty = samples[50];
}

static void print_key(const struct bench_measure *measure)
{
	printf("{\"op\": \"%s\"", measure->op);
	if (measure->peer)
		printf(", \"peer\": \"%s\"", measure->peer);
	if (measure->parameter)
		printf(", \"%s\": %llu", measure->parameter,
		       (unsigned long long)measure->value);
}

uint64_t bench_measure_print(const struct bench_measure *measure,
			     uint64_t *samples, unsigned int n)
{
	qsort(samples, n, sizeof(*samples), compare);
	print_key(measure);
	printf(", \"median\": %llu, \"min\": %llu, \"p90\": %llu, \"samples\": %u}\n",
	       (unsigned long long)samples[n / 2],
	       (unsigned long long)samples[0],
	       (unsigned long long)samples[n * 9 / 10], n);
	fflush(stdout);
	return samples[n / 2];
}

static void sample_once(const struct bench_measure *measure, uint64_t *result)
{
	int ret;

	if (measure->prepare)
		measure->prepare(measure->data);
	if (measure->quiet)
		wait_for_quiet();
	*result = sample(measure->run, measure->data, &ret) - empty;
	if (ret != measure->expect)
		bench_fail("%s: returned %d instead of %d", measure->op, ret,
			   measure->expect);
}

static void profile(const struct bench_measure *measure)
{
	uint64_t ignored;
	unsigned int i;

	for (i = 0; i < WARM_UP; i++)
		sample_once(measure, &ignored);
	bench_profile_begin(bench_sample_begin, bench_sample_end);
	for (;;)
		sample_once(measure, &ignored);
}

uint64_t bench_measure_run(const struct bench_measure *measure)
{
	unsigned int total = WARM_UP + measure->samples;
	uint64_t *samples, median;
	unsigned int i;

	if (bench_profile_wants(measure))
		profile(measure);
	if (bench_profile_is_on())
		return 0;
	samples = calloc(total, sizeof(*samples));
	if (!samples)
		bench_fail("out of memory");
	for (i = 0; i < total; i++)
		sample_once(measure, &samples[i]);
	median = bench_measure_print(measure, samples + WARM_UP,
				     measure->samples);
	free(samples);
	return median;
}
