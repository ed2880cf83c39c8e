// SPDX-License-Identifier: GPL-2.0-only
/*
 * One reader and its queue: room in the ring, none, none for the second time;
 * armed, with and without epoll, and stopped; and what reading costs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "count.h"

#define SAMPLES 1000U
/* Events of a change that fit into a queue of one page. */
#define ROOM (4096U / sizeof(struct bench_event))
/* Read in one go. */
#define MANY 30U

struct queue {
	int writer;
	int reader;
	int epoll;
	struct localstate_set set;
	size_t len;
	uint64_t merged;	/* what a set costs whose event is merged */
	struct bench_event events[MANY];
};

static int set_run(void *data)
{
	struct queue *queue = data;

	return ioctl(queue->writer, LOCALSTATE_IOC_SET, &queue->set) ?
	       -errno : 0;
}

static int read_run(void *data)
{
	struct queue *queue = data;

	return read(queue->reader, queue->events, queue->len) < 0 ? -errno : 0;
}

static void set_times(struct queue *queue, unsigned int n)
{
	while (n--) {
		queue->set.value.data++;
		bench_check(set_run(queue), "SET");
	}
}

static void prepare_ring(void *data)
{
	struct queue *queue = data;

	bench_drain(queue->reader);
	set_times(queue, 1);
	queue->set.value.data++;
}

/* The next set is the first that finds no room. */
static void prepare_slot(void *data)
{
	struct queue *queue = data;

	bench_drain(queue->reader);
	set_times(queue, ROOM);
	queue->set.value.data++;
}

static void prepare_merge(void *data)
{
	struct queue *queue = data;

	queue->set.value.data++;
}

static void prepare_armed(void *data)
{
	struct queue *queue = data;

	bench_drain(queue->reader);
	queue->set.value.data++;
}

/* Armed by epoll_wait(), which has found nothing and does not sleep. */
static void prepare_epoll(void *data)
{
	struct queue *queue = data;
	struct epoll_event event;

	bench_drain(queue->reader);
	if (epoll_wait(queue->epoll, &event, 1, 0))
		bench_fail("epoll_wait: something to read in an empty queue");
	queue->set.value.data++;
}

static void prepare_read(void *data)
{
	struct queue *queue = data;

	bench_drain(queue->reader);
	set_times(queue, queue->len / sizeof(struct bench_event));
}

static void count_sets(struct queue *queue)
{
	struct bench_measure measure = {
		.run = set_run,
		.data = queue,
		.samples = SAMPLES,
	};

	measure.op = "set, ring";
	measure.prepare = prepare_ring;
	bench_measure_run(&measure);
	measure.op = "set, ring full";
	measure.prepare = prepare_slot;
	bench_measure_run(&measure);
	measure.op = "set, merged";
	measure.prepare = prepare_merge;
	queue->merged = bench_measure_run(&measure);
	measure.op = "set, armed";
	measure.prepare = prepare_armed;
	bench_measure_run(&measure);
}

static void count_reads(struct queue *queue)
{
	struct bench_measure measure = {
		.op = "read",
		.parameter = "events",
		.run = read_run,
		.prepare = prepare_read,
		.data = queue,
		.samples = SAMPLES / 2,
	};

	for (measure.value = 1; measure.value <= MANY; measure.value *= 5) {
		queue->len = measure.value * sizeof(struct bench_event);
		bench_measure_run(&measure);
	}
	queue->len = sizeof(struct bench_event);
	measure.op = "read of nothing";
	measure.parameter = NULL;
	measure.prepare = prepare_armed;
	measure.expect = -EAGAIN;
	bench_measure_run(&measure);
}

static void count_epoll(struct queue *queue)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct bench_measure measure = {
		.op = "set, armed by epoll",
		.run = set_run,
		.prepare = prepare_epoll,
		.data = queue,
		.samples = SAMPLES,
	};

	queue->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (queue->epoll < 0 ||
	    epoll_ctl(queue->epoll, EPOLL_CTL_ADD, queue->reader, &event))
		bench_fail("epoll: %s", strerror(errno));
	bench_measure_run(&measure);
	close(queue->epoll);
}

/*
 * A process that was stopped while it slept in read().  A set executes what it does
 * for any reader that leaves the queue full.
 */
static void count_stopped(struct queue *queue)
{
	struct bench_measure measure = {
		.op = "set, reader stopped",
		.run = set_run,
		.prepare = prepare_merge,
		.data = queue,
		.samples = SAMPLES,
	};
	pid_t pid;
	int status;

	bench_drain(queue->reader);
	fcntl(queue->reader, F_SETFL, 0);
	pid = fork();
	if (!pid) {
		for (;;)
			read_run(queue);
	}
	if (pid < 0 || !bench_await_sleep(pid))
		bench_fail("the reader does not sleep");
	/* It sleeps again when it has read this one, and is awake when it stops. */
	set_times(queue, 1);
	if (!bench_await_sleep(pid))
		bench_fail("the reader does not sleep");
	kill(pid, SIGSTOP);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		bench_fail("the reader did not stop");
	set_times(queue, 2 * ROOM);
	if (bench_measure_run(&measure) != queue->merged)
		bench_fail("a set takes note of whether the reader is stopped");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

void bench_count_queue(void)
{
	static const char session[] = "bench/queue";
	static struct queue queue;
	uint64_t id;

	queue.writer = bench_session_open(session, 0);
	queue.reader = bench_session_open(session, O_NONBLOCK);
	id = bench_variable_register(queue.writer, "bench/00000000");
	queue.set = bench_set_request(id);
	bench_queue_resize(queue.reader, 4096);
	bench_watch(queue.reader, &id, 1);
	count_sets(&queue);
	count_reads(&queue);
	count_epoll(&queue);
	count_stopped(&queue);
	close(queue.reader);
	close(queue.writer);
}
