// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the entry of publish() to the value in the hands of a reader in another
 * process that was asleep: the wake-up and the change to that process included.
 *
 * One processor, and two real-time processes of which the reader is the more
 * urgent.  So it runs as soon as it is woken, does what it does, and sleeps again
 * before the writer goes on: every sample goes the same way.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "count.h"

#define SAMPLES 300U
#define WARM_UP 20U
/* Naps of a millisecond: what a value may take that other processes carry. */
#define PATIENCE 5000U

/* How the reader sleeps. */
enum sleep {
	IN_EPOLL,
	IN_READ,
	IN_ITS_OWN_WAY,
};

static const char *const ops[] = {
	[IN_EPOLL] = "to blocked in epoll",
	[IN_READ] = "to blocked in read",
	[IN_ITS_OWN_WAY] = "to blocked",
};

/* What both processes see. */
struct meeting {
	uint64_t arrived;
	uint64_t value;
	uint32_t ready;
	int32_t error;
};

struct scene {
	const struct bench_peer *peer;
	void *state;
	enum sleep sleep;
	struct meeting *meeting;
};

static void be_urgent(int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		bench_fail("SCHED_FIFO: %s", strerror(errno));
}

static int reader_prepare_epoll(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	return epoll;
}

/* The descriptor of epoll, or 0, or -errno. */
static int reader_prepare(struct scene *scene)
{
	const struct bench_peer *peer = scene->peer;
	int ret = peer->reader_open ? peer->reader_open(scene->state, 0) : 0;
	int fd, flags;

	if (ret || scene->sleep == IN_ITS_OWN_WAY)
		return ret;
	fd = peer->reader_fd(scene->state, 0);
	if (scene->sleep == IN_EPOLL)
		return reader_prepare_epoll(fd);
	flags = fcntl(fd, F_GETFL);
	return fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) ? -errno : 0;
}

static int reader_sleep(struct scene *scene, int epoll)
{
	struct epoll_event event;

	if (scene->sleep == IN_READ)
		return 0;
	if (scene->sleep == IN_ITS_OWN_WAY)
		return scene->peer->wait(scene->state, 0);
	return epoll_wait(epoll, &event, 1, -1) < 0 ? -errno : 0;
}

/* Until it is killed, or something fails. */
static __attribute__((noinline, noclone)) int
reader_loop(struct scene *scene)
{
	struct meeting *meeting = scene->meeting;
	int epoll = reader_prepare(scene);
	int ret = epoll < 0 ? epoll : 0;
	uint64_t value;

	__atomic_store_n(&meeting->ready, 1, __ATOMIC_RELEASE);
	while (!ret || ret == -EAGAIN) {
		ret = reader_sleep(scene, epoll);
		if (ret)
			break;
		ret = scene->peer->receive(scene->state, 0, &value);
		if (ret)
			continue;
		meeting->arrived = bench_tsc();
		BENCH_LABEL(bench_blocked_end);
		__atomic_store_n(&meeting->value, value, __ATOMIC_RELEASE);
	}
	return ret;
}

static pid_t reader_start(struct scene *scene)
{
	pid_t pid = fork();

	if (pid < 0)
		bench_fail("fork: %s", strerror(errno));
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	be_urgent(2);
	scene->meeting->error = reader_loop(scene);
	_exit(1);
}

static void reader_await(struct scene *scene)
{
	while (!__atomic_load_n(&scene->meeting->ready, __ATOMIC_ACQUIRE))
		usleep(1000);
}

/* The reader sleeps whenever we run; until then, wait by sleeping. */
static __attribute__((noinline, noclone)) uint64_t
exchange(struct scene *scene, uint64_t value)
{
	struct meeting *meeting = scene->meeting;
	unsigned int naps = 0;
	uint64_t begin;
	int ret;

	begin = bench_tsc();
	BENCH_LABEL(bench_blocked_begin);
	ret = scene->peer->publish(scene->state, value);
	bench_check(ret, scene->peer->name);
	while (__atomic_load_n(&meeting->value, __ATOMIC_ACQUIRE) != value) {
		if (meeting->error || naps++ > PATIENCE)
			bench_fail("%s: the reader did not get the value (%d)",
				   scene->peer->name, meeting->error);
		usleep(1000);
	}
	return meeting->arrived - begin;
}

/* Begins where samples end. */
static void profile(struct scene *scene, uint64_t value)
{
	bench_profile_begin(bench_blocked_begin, bench_blocked_end);
	for (;;) {
		usleep(1000);
		exchange(scene, ++value);
	}
}

static void count(struct scene *scene, const struct bench_measure *measure)
{
	uint64_t samples[WARM_UP + SAMPLES];
	unsigned int i;

	for (i = 0; i < WARM_UP + SAMPLES; i++) {
		/* All that the last one left to do is done. */
		usleep(1000);
		samples[i] = exchange(scene, i + 1);
	}
	if (bench_profile_is_on())
		profile(scene, i);
	bench_measure_print(measure, samples + WARM_UP, SAMPLES);
}

static void count_open(struct scene *scene, const struct bench_measure *measure)
{
	const struct bench_peer *peer = scene->peer;
	pid_t reader;
	int ret;

	bench_sleep_forbid();
	ret = peer->open(&scene->state, 1);
	if (ret == -ENOSYS || ret == -ENOENT) {
		bench_sleep_allow();
		return;
	}
	bench_check(ret, peer->name);
	reader = reader_start(scene);
	reader_await(scene);
	bench_sleep_allow();
	count(scene, measure);
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
}

static void count_peer(const struct bench_peer *peer, enum sleep sleep)
{
	struct scene scene = { .peer = peer, .sleep = sleep };
	const struct bench_measure measure = {
		.op = ops[sleep],
		.peer = peer->name,
	};

	if (bench_profile_is_on() && !bench_profile_wants(&measure))
		return;
	scene.meeting = bench_shared_alloc(sizeof(*scene.meeting));
	if (!scene.meeting)
		bench_fail("out of memory");
	count_open(&scene, &measure);
	peer->close(scene.state);
	bench_shared_free(scene.meeting, sizeof(*scene.meeting));
}

void bench_count_blocked(void)
{
	const struct bench_peer *const *at;

	bench_check_peers();
	be_urgent(1);
	bench_for_each_peer(at) {
		const struct bench_peer *peer = *at;

		if (peer->reader_fd)
			count_peer(peer, IN_EPOLL);
		if (peer->flags & BENCH_READS)
			count_peer(peer, IN_READ);
		if (peer->wait)
			count_peer(peer, IN_ITS_OWN_WAY);
	}
}
