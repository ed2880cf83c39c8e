// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set that filters hold back, against the number of clients that have one: the
 * step from one to the next is what a watcher costs that is not told.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "count.h"

struct held {
	int fd;
	struct localstate_set set;
	uint64_t values[2];
	struct bench_crowd crowd;
};

static int set_run(void *data)
{
	struct held *held = data;

	return ioctl(held->fd, LOCALSTATE_IOC_SET, &held->set) ? -errno : 0;
}

/* There and back again. */
static void prepare(void *data)
{
	struct held *held = data;
	uint64_t value = held->values[0];

	held->values[0] = held->values[1];
	held->values[1] = value;
	held->set.value.data = value;
}

/* Changed by more than so much, against the value before. */
static void watch(int fd, uint64_t id, uint32_t type, uint64_t amount)
{
	const struct localstate_filter_term term = {
		.operation = LOCALSTATE_FILTER_CHANGED,
		.flags = LOCALSTATE_FILTER_ABOVE,
		.operand = { .data = amount, .length = 8, .type = type },
	};
	const struct localstate_target target = { .kind = LOCALSTATE_TARGET_ID, .id = id };
	struct localstate_watch req = {
		.targets = (uintptr_t)&target,
		.n_targets = 1,
		.filter = { .terms = (uintptr_t)&term, .n_terms = 1 },
	};

	bench_check(ioctl(fd, LOCALSTATE_IOC_WATCH, &req) ? -errno : 0, "WATCH");
}

static uint64_t variable_register(int fd, uint32_t type)
{
	struct localstate_register req = {
		.name = (uintptr_t)"bench/00000000",
		.name_len = strlen("bench/00000000"),
		.type = type,
	};

	bench_check(ioctl(fd, LOCALSTATE_IOC_REGISTER, &req) ? -errno : 0, "REGISTER");
	return req.id;
}

/* A type, two values, and an amount by which they do not differ. */
struct numbers {
	const char *op;
	uint32_t type;
	uint32_t amount_type;
	uint64_t values[2];
	uint64_t amount;
};

static const struct numbers ints = {
	"set held back", LOCALSTATE_TYPE_INT, LOCALSTATE_TYPE_UINT, { 1000, 1007 }, 10,
};

/* 20.3, 20.9, 1.0. */
static const struct numbers floats = {
	"set of a float held back", LOCALSTATE_TYPE_FLOAT, LOCALSTATE_TYPE_FLOAT,
	{ 0x40344ccccccccccdULL, 0x4034e66666666666ULL }, 0x3ff0000000000000ULL,
};

static void count(const struct numbers *numbers, unsigned int n, unsigned int samples)
{
	static const char session[] = "bench/filters";
	struct held held = { .values = { numbers->values[0], numbers->values[1] } };
	struct bench_measure measure = {
		.op = numbers->op,
		.parameter = "watchers",
		.value = n,
		.run = set_run,
		.prepare = prepare,
		.data = &held,
		.samples = samples,
	};
	unsigned int i;
	uint64_t id;

	held.fd = bench_session_open(session, 0);
	id = variable_register(held.fd, numbers->type);
	held.set = bench_set_request(id);
	held.set.value.type = numbers->type;
	held.set.value.data = numbers->values[1];
	bench_check(set_run(&held), "SET");
	bench_crowd_open(&held.crowd, session, n, 0);
	for (i = 0; i < n; i++)
		watch(held.crowd.fd[i], id, numbers->amount_type, numbers->amount);
	bench_measure_run(&measure);
	bench_crowd_close(&held.crowd);
	close(held.fd);
}

void bench_count_filters(void)
{
	static const unsigned int watchers[] = { 1, 2, 100 };
	unsigned int i;

	for (i = 0; i < sizeof(watchers) / sizeof(watchers[0]); i++)
		count(&ints, watchers[i], 1000);
	for (i = 0; i < sizeof(watchers) / sizeof(watchers[0]); i++)
		count(&floats, watchers[i], 1000);
}
