// SPDX-License-Identifier: GPL-2.0-only
/*
 * One peer in one case.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../deliver.h"
#include "run.h"

/* The first processor has the machine's interrupts. */
#define PROCESSOR	1

#define URGENT_WRITER	1
#define URGENT_READER	2

/* Updates in one slice, after which nothing is new to anybody; or ten slices' time. */
#define WARM_UP		128

#define CALIBRATIONS	5

/* How often the writer gives way until it takes a value for lost. */
#define MOST_YIELDS	1000000

/* @value: the last that the reader has got, at @arrived; @ret: why it ended. */
struct bench_meeting {
	uint64_t value;
	double arrived;
	int ready;
	int ret;
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int be_urgent(int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(0, SCHED_FIFO, &param) ? -errno : 0;
}

int bench_run_alone(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(PROCESSOR, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return -errno;
	return be_urgent(URGENT_WRITER);
}

/* The reader: until it is killed, or something fails. */
static int sleep_and_receive(struct bench_run *run)
{
	const struct bench_peer *peer = run->peer;
	struct bench_meeting *meeting = run->meeting;
	int epoll = -1, ret = 0;
	uint64_t value;

	if (peer->reader_open)
		ret = peer->reader_open(run->state, 0);
	if (!ret && !peer->wait) {
		epoll = bench_epoll(peer, run->state, 0);
		ret = epoll < 0 ? epoll : 0;
	}
	__atomic_store_n(&meeting->ready, 1, __ATOMIC_RELEASE);
	while (!ret) {
		ret = bench_sleep_receive(peer, run->state, 0, epoll, &value);
		meeting->arrived = now_ns();
		if (!ret)
			__atomic_store_n(&meeting->value, value, __ATOMIC_RELEASE);
	}
	return ret;
}

static int await(struct bench_run *run, int (*is_done)(const struct bench_run *run))
{
	unsigned int yields = 0;

	while (!is_done(run)) {
		if (__atomic_load_n(&run->meeting->ret, __ATOMIC_ACQUIRE))
			return run->meeting->ret;
		if (++yields > MOST_YIELDS)
			return -ETIME;
		/* To who carries the value, and is as urgent as we are. */
		sched_yield();
	}
	return 0;
}

static int reader_is_ready(const struct bench_run *run)
{
	return __atomic_load_n(&run->meeting->ready, __ATOMIC_ACQUIRE);
}

static int value_has_arrived(const struct bench_run *run)
{
	return __atomic_load_n(&run->meeting->value, __ATOMIC_ACQUIRE) == run->value;
}

static int start_reader(struct bench_run *run)
{
	run->meeting = bench_shared_alloc(sizeof(*run->meeting));
	if (!run->meeting)
		return -ENOMEM;
	run->reader = fork();
	if (run->reader < 0)
		return -errno;
	if (!run->reader) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run->meeting->ret = be_urgent(URGENT_READER) ?: sleep_and_receive(run);
		_exit(1);
	}
	return await(run, reader_is_ready);
}

int bench_run_open(struct bench_run *run, const struct bench_peer *peer,
		   unsigned int readers, bool asleep)
{
	unsigned int i;
	int ret;

	*run = (struct bench_run) {
		.peer = peer,
		.readers = readers,
		.asleep = asleep,
	};
	ret = peer->open(&run->state, readers);
	if (ret)
		return ret;
	if (asleep)
		return start_reader(run);
	for (i = 0; peer->reader_open && i < readers; i++) {
		ret = peer->reader_open(run->state, i);
		if (ret)
			return ret;
	}
	return 0;
}

void bench_run_close(struct bench_run *run)
{
	if (run->reader > 0) {
		kill(run->reader, SIGKILL);
		waitpid(run->reader, NULL, 0);
	}
	run->peer->close(run->state);
	bench_shared_free(run->meeting, sizeof(*run->meeting));
}

static int slice_asleep(struct bench_run *run, double *sum)
{
	unsigned int left;
	double begin;
	int ret;

	*sum = 0;
	for (left = run->updates; left; left--) {
		run->value++;
		begin = now_ns();
		ret = bench_publish(run->peer, run->state, run->value) ?:
		      await(run, value_has_arrived);
		if (ret)
			return ret;
		*sum += run->meeting->arrived - begin;
	}
	return 0;
}

static int slice_awake(struct bench_run *run, double *sum)
{
	const struct bench_peer *peer = run->peer;
	const double begin = now_ns();
	unsigned int left, i;
	uint64_t value;
	int ret = 0;

	for (left = run->updates; left; left--) {
		ret = bench_publish(peer, run->state, ++run->value);
		for (i = 0; !ret && i < run->readers; i++) {
			ret = bench_receive(peer, run->state, i, &value);
			if (!ret && value != run->value)
				ret = -EBADMSG;
		}
		if (ret)
			return ret;
	}
	/* With no reader to wait for, the carrier may be far behind. */
	if (!run->readers && peer->settle)
		ret = peer->settle(run->state);
	*sum = now_ns() - begin;
	return ret;
}

int bench_run_slice(struct bench_run *run, double *ns)
{
	int ret = run->asleep ? slice_asleep(run, ns) : slice_awake(run, ns);

	if (!ret)
		*ns /= run->updates;
	return ret;
}

static int timed_slice(struct bench_run *run, double *took)
{
	const double begin = now_ns();
	double ns;
	int ret = bench_run_slice(run, &ns);

	*took = now_ns() - begin;
	return ret;
}

/*
 * What runs for the first time is slow: the emulator has to translate it.  And any
 * slice may have been held up, so the shortest of some counts.
 */
int bench_run_calibrate(struct bench_run *run, double slice_ns)
{
	double took = 0, least = 0;
	int ret, i;

	run->updates = 1;
	for (;;) {
		ret = timed_slice(run, &took);
		if (ret)
			return ret;
		if (took > slice_ns / 4 && (run->updates >= WARM_UP || took > slice_ns * 10))
			break;
		run->updates *= 2;
	}
	run->updates = run->updates * (slice_ns / took) + 1;
	for (i = 0; i < CALIBRATIONS && !ret; i++) {
		ret = timed_slice(run, &took);
		least = i && least < took ? least : took;
	}
	run->updates = run->updates * (slice_ns / least) + 1;
	return ret;
}
