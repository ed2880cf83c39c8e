// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Deadlines: when calls that wait have waited long enough.
 */
#include "private.h"

#include <limits.h>
#include <time.h>

#define LSTATE_NSEC_PER_MSEC	1000000

/* The present, as events have it. */
int64_t lstate_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* @timeout_ms from now on; negative: never. */
int64_t lstate_deadline_of(int timeout_ms)
{
	if (timeout_ms < 0)
		return INT64_MAX;
	return lstate_clock_ns() + (int64_t)timeout_ms * LSTATE_NSEC_PER_MSEC;
}

/* Milliseconds until then, rounded up, for poll(); -1: for ever. */
int lstate_deadline_left(int64_t deadline_ns)
{
	int64_t left;

	if (deadline_ns == INT64_MAX)
		return -1;
	left = deadline_ns - lstate_clock_ns();
	if (left <= 0)
		return 0;
	left = (left + LSTATE_NSEC_PER_MSEC - 1) / LSTATE_NSEC_PER_MSEC;
	return left > INT_MAX ? INT_MAX : (int)left;
}
