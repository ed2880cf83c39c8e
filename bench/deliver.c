// SPDX-License-Identifier: GPL-2.0-only
/*
 * Publishing and receiving with a deadline.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "deliver.h"

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

int bench_publish(const struct bench_peer *peer, void *state, uint64_t value)
{
	int ret = peer->publish(state, value);
	uint64_t deadline;

	if (ret != -EAGAIN)
		return ret;
	deadline = now_ms() + BENCH_DELIVER_MS;
	do {
		if (now_ms() > deadline)
			return -ETIME;
		/* Whoever makes room may be on this processor. */
		sched_yield();
		ret = peer->publish(state, value);
	} while (ret == -EAGAIN);
	return ret;
}

int bench_receive(const struct bench_peer *peer, void *state, unsigned int reader,
		  uint64_t *value)
{
	struct pollfd pollfd = { .events = POLLIN };
	int ret;

	while ((ret = peer->receive(state, reader, value)) == -EAGAIN) {
		if (!(peer->flags & BENCH_CARRIED))
			return -ENODATA;
		pollfd.fd = peer->reader_fd(state, reader);
		if (!poll(&pollfd, 1, BENCH_DELIVER_MS))
			return -ETIME;
	}
	return ret;
}

int bench_epoll(const struct bench_peer *peer, void *state, unsigned int reader)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int err;

	if (epoll < 0)
		return -errno;
	if (!epoll_ctl(epoll, EPOLL_CTL_ADD, peer->reader_fd(state, reader), &event))
		return epoll;
	err = -errno;
	close(epoll);
	return err;
}

int bench_sleep_receive(const struct bench_peer *peer, void *state, unsigned int reader,
			int epoll, uint64_t *value)
{
	struct epoll_event event;
	int ret;

	while ((ret = peer->receive(state, reader, value)) == -EAGAIN) {
		if (peer->wait) {
			ret = peer->wait(state, reader);
			if (ret)
				return ret;
		} else if (!epoll_wait(epoll, &event, 1, BENCH_DELIVER_MS)) {
			return -ETIME;
		}
	}
	return ret;
}
