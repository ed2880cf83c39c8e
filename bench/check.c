// SPDX-License-Identifier: GPL-2.0-only
/*
 * The check of a peer before it is measured.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "deliver.h"

#define CHECK_READERS	3
#define CHECK_SINGLE	20
/* A Unix socket takes ten datagrams. */
#define CHECK_AT_ONCE	5
#define CHECK_ASLEEP	50

/* How often to look whether a reader sleeps by now. */
#define MOST_TRIES	100000

static int complain(const struct bench_peer *peer, const char *what, int err)
{
	fprintf(stderr, "bench: %s: %s: %s\n", peer->name, what, strerror(-err));
	return err;
}

static int expect(const struct bench_peer *peer, uint64_t wanted, uint64_t got)
{
	if (got == wanted)
		return 0;
	fprintf(stderr, "bench: %s: a reader got %" PRIu64 " instead of %" PRIu64 "\n",
		peer->name, got, wanted);
	return -EBADMSG;
}

/* Nothing may come twice, so nothing may be there now. */
static int expect_nothing(const struct bench_peer *peer, void *state, unsigned int reader)
{
	uint64_t value = 0;
	int ret = peer->receive(state, reader, &value);

	if (ret == -EAGAIN)
		return 0;
	if (!ret)
		fprintf(stderr, "bench: %s: a reader got %" PRIu64 " out of nothing\n",
			peer->name, value);
	return ret ? complain(peer, "receive", ret) : -EBADMSG;
}

static int check_single(const struct bench_peer *peer, void *state, uint64_t *last)
{
	unsigned int i, reader;
	uint64_t value;
	int ret;

	for (i = 0; i < CHECK_SINGLE; i++) {
		ret = bench_publish(peer, state, ++*last);
		if (ret)
			return complain(peer, "publish", ret);
		for (reader = 0; reader < CHECK_READERS; reader++) {
			ret = bench_receive(peer, state, reader, &value);
			if (ret)
				return complain(peer, "receive", ret);
			ret = expect(peer, *last, value) ?:
			      expect_nothing(peer, state, reader);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* What reader @reader gets of the values after @before, up to @last. */
static int check_backlog(const struct bench_peer *peer, void *state, unsigned int reader,
			 uint64_t before, uint64_t last)
{
	uint64_t value = before;
	int ret;

	while (value < last) {
		ret = bench_receive(peer, state, reader, &value);
		if (ret)
			return complain(peer, "receive, after several values", ret);
		if (!(peer->flags & BENCH_LATEST) || value <= before || value > last)
			ret = expect(peer, before + 1, value);
		if (ret)
			return ret;
		before = value;
	}
	return expect_nothing(peer, state, reader);
}

static int check_at_once(const struct bench_peer *peer, void *state, uint64_t *last)
{
	const uint64_t before = *last;
	unsigned int i, reader;
	int ret;

	for (i = 0; i < CHECK_AT_ONCE; i++) {
		ret = bench_publish(peer, state, ++*last);
		if (ret)
			return complain(peer, "publish", ret);
	}
	for (reader = 0; reader < CHECK_READERS; reader++) {
		ret = check_backlog(peer, state, reader, before, *last);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_settle(const struct bench_peer *peer, void *state)
{
	int ret;

	if (!(peer->flags & BENCH_CARRIED))
		return 0;
	ret = peer->settle(state);
	return ret ? complain(peer, "settle", ret) : 0;
}

static int check_awake(const struct bench_peer *peer)
{
	void *state = NULL;
	uint64_t last = 0;
	unsigned int i;
	int ret;

	ret = peer->open(&state, CHECK_READERS);
	for (i = 0; !ret && i < CHECK_READERS; i++)
		if (peer->reader_open)
			ret = peer->reader_open(state, i);
	if (ret)
		complain(peer, "open", ret);
	else
		ret = check_single(peer, state, &last) ?:
		      check_at_once(peer, state, &last) ?: check_settle(peer, state);
	peer->close(state);
	return ret;
}

/* The child: says whether it is ready, then how each value was. */
static void sleep_and_check(const struct bench_peer *peer, void *state, int report)
{
	uint64_t value, last = 0;
	int epoll = -1, ret = 0;

	/* A lost wake-up must not hang. */
	alarm(BENCH_DELIVER_MS / 1000 * 2);
	if (peer->reader_open)
		ret = peer->reader_open(state, 0);
	if (!ret && !peer->wait) {
		epoll = bench_epoll(peer, state, 0);
		ret = epoll < 0 ? epoll : 0;
	}
	if (ret)
		complain(peer, "open, in another process", ret);
	while (write(report, &ret, sizeof(ret)) > 0 && !ret && last < CHECK_ASLEEP) {
		ret = bench_sleep_receive(peer, state, 0, epoll, &value);
		if (ret)
			complain(peer, "receive, in another process", ret);
		else
			ret = expect(peer, ++last, value);
	}
	_exit(0);
}

bool bench_await_sleep(pid_t child)
{
	char path[64], line[256];
	unsigned int tries;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	for (tries = 0; tries < MOST_TRIES; tries++) {
		file = fopen(path, "re");
		if (!file)
			return false;
		if (!fgets(line, sizeof(line), file))
			line[0] = '\0';
		fclose(file);
		if (strstr(line, ") S "))
			return true;
		sched_yield();
	}
	return false;
}

/* Each value only when the reader has said how the last was, and sleeps again. */
static int publish_to_sleeper(const struct bench_peer *peer, void *state, pid_t child,
			      int report)
{
	uint64_t value = 0;
	int ret, said;

	for (;;) {
		if (read(report, &said, sizeof(said)) != sizeof(said)) {
			fprintf(stderr, "bench: %s: a reader slept on\n", peer->name);
			return -ETIME;
		}
		if (said || value == CHECK_ASLEEP)
			return said;
		if (!bench_await_sleep(child))
			return complain(peer, "a reader does not sleep", -ETIME);
		ret = bench_publish(peer, state, ++value);
		if (ret)
			return complain(peer, "publish", ret);
	}
}

static int check_sleeper(const struct bench_peer *peer, void *state)
{
	int report[2], ret;
	pid_t child;

	if (pipe(report))
		return -errno;
	child = fork();
	if (!child) {
		close(report[0]);
		sleep_and_check(peer, state, report[1]);
	}
	close(report[1]);
	ret = child < 0 ? -errno : publish_to_sleeper(peer, state, child, report[0]);
	close(report[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return ret;
}

static int check_asleep(const struct bench_peer *peer)
{
	void *state = NULL;
	int ret;

	ret = peer->open(&state, 1);
	if (ret)
		complain(peer, "open", ret);
	else
		ret = check_sleeper(peer, state);
	peer->close(state);
	return ret;
}

int bench_peer_check(const struct bench_peer *peer)
{
	int ret = check_awake(peer);

	if (!ret && !(peer->flags & BENCH_SPINS))
		ret = check_asleep(peer);
	return ret;
}
