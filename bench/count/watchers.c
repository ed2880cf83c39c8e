// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set that is told to readers who are awake: they have read before, but do not
 * sleep, so that nobody is woken; against the number of clients that watch.
 *
 * A client is armed by each read.  So the first set after a read is another
 * operation than those that follow, and is not counted here.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "count.h"

/* Events of a change that fit into a queue of one page, one spared. */
#define ROOM (4096U / sizeof(struct bench_event) - 1)

/* From here on a set takes so long that the timer would show. */
#define LONG_RUN 1000U

struct watchers {
	int fd;
	unsigned int room;
	struct localstate_set set;
	struct bench_crowd crowd;
};

static int set_run(void *data)
{
	struct watchers *watchers = data;

	return ioctl(watchers->fd, LOCALSTATE_IOC_SET, &watchers->set) ?
	       -errno : 0;
}

static void set_next(struct watchers *watchers)
{
	watchers->set.value.data++;
	bench_check(set_run(watchers), "SET");
}

/* Room in the queues, and nobody armed. */
static void prepare(void *data)
{
	struct watchers *watchers = data;

	if (!watchers->room) {
		bench_crowd_drain(&watchers->crowd);
		set_next(watchers);
		watchers->room = ROOM - 1;
	}
	watchers->room--;
	watchers->set.value.data++;
}

static void count(unsigned int n, unsigned int samples)
{
	static const char session[] = "bench/watchers";
	struct watchers watchers = { .room = 0 };
	struct bench_measure measure = {
		.op = "set to awake",
		.parameter = "watchers",
		.value = n,
		.run = set_run,
		.prepare = prepare,
		.data = &watchers,
		.samples = samples,
		.quiet = n >= LONG_RUN,
	};
	uint64_t id;

	watchers.fd = bench_session_open(session, 0);
	id = bench_variable_register(watchers.fd, "bench/00000000");
	watchers.set = bench_set_request(id);
	bench_crowd_open(&watchers.crowd, session, n, id);
	bench_measure_run(&measure);
	bench_crowd_close(&watchers.crowd);
	close(watchers.fd);
}

void bench_count_watchers(void)
{
	count(1, 1000);
	count(2, 1000);
	count(3, 1000);
	count(10, 500);
	count(100, 200);
	count(1000, 50);
	count(10000, 12);
}
