// SPDX-License-Identifier: GPL-2.0-only
/*
 * localstate by its ioctls: a set of one variable, and read() of the event.  Every
 * reader is a client of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/localstate.h>

#include "../peer.h"

struct peer_localstate {
	int writer;
	unsigned int n;
	struct localstate_set set;
	int fd[];
};

static const char variable[] = "value";

static int localstate_attach(const char *session)
{
	struct localstate_attach req = {
		.name = (uintptr_t)session,
		.name_len = strlen(session),
		.flags = LOCALSTATE_ATTACH_CREATE,
		.mode = 0600,
	};
	int fd = open("/dev/localstate", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (!ioctl(fd, LOCALSTATE_IOC_ATTACH, &req))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int localstate_register(struct peer_localstate *peer)
{
	struct localstate_register req = {
		.name = (uintptr_t)variable,
		.name_len = sizeof(variable) - 1,
		.type = LOCALSTATE_TYPE_UINT,
	};

	if (ioctl(peer->writer, LOCALSTATE_IOC_REGISTER, &req))
		return -errno;
	peer->set = (struct localstate_set) {
		.key.id = req.id,
		.value = { .length = 8, .type = LOCALSTATE_TYPE_UINT },
	};
	return 0;
}

static int localstate_watch(int fd, uint64_t id)
{
	struct localstate_target target = {
		.kind = LOCALSTATE_TARGET_ID,
		.id = id,
	};
	struct localstate_watch req = {
		.targets = (uintptr_t)&target,
		.n_targets = 1,
	};

	return ioctl(fd, LOCALSTATE_IOC_WATCH, &req) ? -errno : 0;
}

static int localstate_open(void **state, unsigned int n)
{
	struct peer_localstate *peer;
	char session[64];
	int ret;

	peer = calloc(1, sizeof(*peer) + n * sizeof(peer->fd[0]));
	if (!peer)
		return -ENOMEM;
	*state = peer;
	snprintf(session, sizeof(session), "bench/%d", getpid());
	peer->writer = localstate_attach(session);
	if (peer->writer < 0)
		return peer->writer;
	ret = localstate_register(peer);
	while (!ret && peer->n < n) {
		ret = localstate_attach(session);
		if (ret < 0)
			return ret;
		peer->fd[peer->n] = ret;
		ret = localstate_watch(peer->fd[peer->n++], peer->set.key.id);
	}
	return ret;
}

static int localstate_publish(void *state, uint64_t value)
{
	struct peer_localstate *peer = state;

	peer->set.value.data = value;
	return ioctl(peer->writer, LOCALSTATE_IOC_SET, &peer->set) ? -errno : 0;
}

/* One event at a time, as all peers read one value at a time. */
static int localstate_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_localstate *peer = state;
	struct {
		struct localstate_event event;
		uint64_t old;
		uint64_t new;
	} record;

	if (read(peer->fd[reader], &record, sizeof(record)) < 0)
		return -errno;
	*value = record.new;
	return 0;
}

static int localstate_reader_fd(void *state, unsigned int reader)
{
	struct peer_localstate *peer = state;

	return peer->fd[reader];
}

static void localstate_close(void *state)
{
	struct peer_localstate *peer = state;

	if (!peer)
		return;
	while (peer->n)
		close(peer->fd[--peer->n]);
	if (peer->writer >= 0)
		close(peer->writer);
	free(peer);
}

static const struct bench_peer localstate_peer = {
	.name = "localstate",
	.max_readers = 10000,
	.flags = BENCH_LATEST | BENCH_READS,
	.open = localstate_open,
	.publish = localstate_publish,
	.receive = localstate_receive,
	.reader_fd = localstate_reader_fd,
	.close = localstate_close,
};

BENCH_PEER(localstate_peer);
