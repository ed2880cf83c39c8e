/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Doing several things before a process that the first of them has woken gets
 * to run.
 */
#ifndef SELFTESTS_ALONE_HELPERS_H
#define SELFTESTS_ALONE_HELPERS_H

#include <errno.h>
#include <sched.h>
#include <string.h>

/*
 * From now on process @pid does not run unless this one sleeps: both are on one
 * processor, where this one goes first.  Needs root; 0 or -errno.
 */
static inline int alone_begin(pid_t pid)
{
	const struct sched_param first = { .sched_priority = 1 };
	cpu_set_t processor;

	CPU_ZERO(&processor);
	CPU_SET(0, &processor);
	if (sched_setaffinity(pid, sizeof(processor), &processor) ||
	    sched_setaffinity(0, sizeof(processor), &processor) ||
	    sched_setscheduler(0, SCHED_FIFO, &first))
		return -errno;
	return 0;
}

/*
 * The other process gets its turn, and the processor for itself: with both on one,
 * child_falls_asleep() once took minutes under a debug kernel.
 */
static inline int alone_end(void)
{
	const struct sched_param none = {};
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	if (sched_setscheduler(0, SCHED_OTHER, &none) ||
	    sched_setaffinity(0, sizeof(all), &all))
		return -errno;
	return 0;
}

#endif
