// SPDX-License-Identifier: GPL-2.0-only
/*
 * count: the counting part of the benchmark; prints a JSON object for each figure.
 * With --profile it does one operation over and over instead, for bench/profile.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "count.h"

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{ "floor", bench_count_floor },
	{ "memory", bench_count_memory },
	{ "variables", bench_count_variables },
	{ "texts", bench_count_texts },
	{ "watchers", bench_count_watchers },
	{ "filters", bench_count_filters },
	{ "queue", bench_count_queue },
	{ "peers", bench_count_peers },
	{ "blocked", bench_count_blocked },
};

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

static int usage(void)
{
	unsigned int i;

	fputs("Usage: count [GROUP]...\n"
	      "       count --profile OP [PEER [VALUE]]\nGroups (default: all):", stderr);
	for (i = 0; i < N_GROUPS; i++)
		fprintf(stderr, " %s", groups[i].name);
	fputc('\n', stderr);
	return 2;
}

static void run(const char *name)
{
	unsigned int i;

	for (i = 0; i < N_GROUPS; i++)
		if (!name || !strcmp(name, groups[i].name))
			groups[i].run();
}

static bool is_group(const char *name)
{
	unsigned int i;

	for (i = 0; i < N_GROUPS; i++)
		if (!strcmp(name, groups[i].name))
			return true;
	return false;
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
	int i;

	raise_limit();
	bench_empty_init();
	if (argc > 2 && argc < 6 && !strcmp(argv[1], "--profile")) {
		bench_profile_init(argv[2], argc > 3 ? argv[3] : "",
				   argc > 4 ? argv[4] : "");
		run(NULL);
		bench_fail("there is no such operation");
	}
	for (i = 1; i < argc; i++)
		if (!is_group(argv[i]))
			return usage();
	if (argc == 1)
		run(NULL);
	for (i = 1; i < argc; i++)
		run(argv[i]);
	return 0;
}
