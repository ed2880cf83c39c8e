// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a set and a get of a variable that nobody watches cost, against the number
 * of variables beside it, and with many watchers on another one.
 *
 * Samples go over many variables: how many steps a hash table takes to a name is
 * chance, and differs from boot to boot for any single one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "count.h"

#define SAMPLES 1000U
/* A prime, so that the steps visit all of 10^n variables. */
#define STRIDE 7919U

#define NAME_LEN 14	/* of "bench/00000000" */

struct variables {
	int fd;
	unsigned int n;
	unsigned int at;
	uint64_t *ids;
	char name[32];
	struct localstate_set set;
	struct localstate_get get;
};

static void variables_open(struct variables *variables, const char *session)
{
	memset(variables, 0, sizeof(*variables));
	variables->fd = bench_session_open(session, 0);
	variables->set = bench_set_request(0);
}

static void variable_name(struct variables *variables, unsigned int i)
{
	snprintf(variables->name, sizeof(variables->name), "bench/%08u", i);
}

static void variables_grow(struct variables *variables, unsigned int n)
{
	variables->ids = realloc(variables->ids, n * sizeof(*variables->ids));
	if (!variables->ids)
		bench_fail("out of memory");
	for (; variables->n < n; variables->n++) {
		variable_name(variables, variables->n);
		variables->ids[variables->n] =
			bench_variable_register(variables->fd, variables->name);
	}
	/* A worker makes the table of names larger, when it gets to run. */
	usleep(500000);
}

static void variables_close(struct variables *variables)
{
	close(variables->fd);
	free(variables->ids);
}

static unsigned int variables_next(struct variables *variables)
{
	variables->at = (variables->at + STRIDE) % variables->n;
	return variables->at;
}

static void prepare_id(void *data)
{
	struct variables *variables = data;
	uint64_t id = variables->ids[variables_next(variables)];

	variables->set.key = (struct localstate_key) { .id = id };
	variables->get.key = variables->set.key;
	/* Another value than the one it has. */
	variables->set.value.data++;
}

static void prepare_name(void *data)
{
	struct variables *variables = data;

	variable_name(variables, variables_next(variables));
	variables->set.key = (struct localstate_key) {
		.name = (uintptr_t)variables->name,
		.name_len = NAME_LEN,
	};
	variables->get.key = variables->set.key;
	variables->set.value.data++;
}

/* The value that it has already. */
static void prepare_equal(void *data)
{
	struct variables *variables = data;

	prepare_id(data);
	if (ioctl(variables->fd, LOCALSTATE_IOC_SET, &variables->set))
		bench_fail("SET: %s", strerror(errno));
}

static int set_run(void *data)
{
	struct variables *variables = data;

	return ioctl(variables->fd, LOCALSTATE_IOC_SET, &variables->set) ?
	       -errno : 0;
}

static int get_run(void *data)
{
	struct variables *variables = data;

	return ioctl(variables->fd, LOCALSTATE_IOC_GET, &variables->get) ?
	       -errno : 0;
}

static void count_set(struct variables *variables)
{
	struct bench_measure measure = {
		.op = "set",
		.parameter = "variables",
		.value = variables->n,
		.run = set_run,
		.prepare = prepare_id,
		.data = variables,
		.samples = SAMPLES,
	};

	bench_measure_run(&measure);
	measure.op = "set by name";
	measure.prepare = prepare_name;
	bench_measure_run(&measure);
	measure.op = "set equal value";
	measure.prepare = prepare_equal;
	bench_measure_run(&measure);
}

static void count_get(struct variables *variables)
{
	struct bench_measure measure = {
		.op = "get",
		.parameter = "variables",
		.value = variables->n,
		.run = get_run,
		.prepare = prepare_id,
		.data = variables,
		.samples = SAMPLES,
	};

	bench_measure_run(&measure);
	measure.op = "get by name";
	measure.prepare = prepare_name;
	bench_measure_run(&measure);
}

/* Beside one other variable, which @n clients watch. */
static void count_beside_watchers(unsigned int n)
{
	static const char session[] = "bench/beside";
	struct bench_crowd crowd;
	struct variables variables;
	struct bench_measure measure = {
		.op = "set beside watched",
		.parameter = "watchers",
		.value = n,
		.run = set_run,
		.prepare = prepare_id,
		.data = &variables,
		.samples = SAMPLES,
	};
	uint64_t watched;

	variables_open(&variables, session);
	variables_grow(&variables, 1);
	watched = bench_variable_register(variables.fd, "bench/watched");
	bench_crowd_open(&crowd, session, n, watched);
	bench_measure_run(&measure);
	bench_crowd_close(&crowd);
	variables_close(&variables);
}

void bench_count_variables(void)
{
	struct variables variables;
	unsigned int n;

	variables_open(&variables, NULL);
	for (n = 1; n <= 100000; n *= 10) {
		if (n == 1000)
			continue;
		variables_grow(&variables, n);
		count_set(&variables);
		count_get(&variables);
	}
	variables_close(&variables);
	count_beside_watchers(0);
	count_beside_watchers(10000);
}
