// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which operation is to be profiled, and the word to bench/profile that it runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"

static struct {
	const char *op;
	const char *peer;
	const char *value;
} wanted;

/* An empty @peer and @value take the first operation of the name. */
void bench_profile_init(const char *op, const char *peer, const char *value)
{
	wanted.op = op;
	wanted.peer = peer;
	wanted.value = value;
}

bool bench_profile_is_on(void)
{
	return wanted.op;
}

bool bench_profile_wants(const struct bench_measure *measure)
{
	if (!wanted.op || strcmp(wanted.op, measure->op))
		return false;
	if (*wanted.peer && strcmp(wanted.peer, measure->peer ?: "localstate"))
		return false;
	return !*wanted.value ||
	       strtoull(wanted.value, NULL, 10) == measure->value;
}

void bench_profile_begin(const void *begin, const void *end)
{
	printf("ready %p %p\n", begin, end);
	fflush(stdout);
}
