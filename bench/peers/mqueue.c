// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX message queues: one for each reader, and one mq_send() into each.
 *
 * A publish is a system call, a message that is allocated and a copy for each
 * reader; a receive is one mq_receive() and a copy.
 *
 * It keeps every value, in order, until as many lie unread as the queue takes
 * (fs.mqueue.msg_default, 10); then a reader that is late holds up the writer.  Who
 * comes later finds no present value, nobody learns the old one, and a queue of
 * which nobody reads any more fills up: it does not end with its reader.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../peer.h"

#define MQUEUE_LENGTH	10

/* Readers before @next have the value that is being published. */
struct peer_mqueue {
	unsigned int n;
	unsigned int next;
	mqd_t queue[];
};

static int mqueue_open_one(unsigned int reader)
{
	struct mq_attr attr = {
		.mq_maxmsg = MQUEUE_LENGTH,
		.mq_msgsize = sizeof(uint64_t),
	};
	char name[64];
	mqd_t queue;

	snprintf(name, sizeof(name), "/localstate-bench.%d.%u", getpid(), reader);
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC,
			0600, &attr);
	if (queue < 0)
		return -errno;
	/* The descriptor is all that the readers need. */
	mq_unlink(name);
	return queue;
}

static int mqueue_open(void **state, unsigned int n)
{
	struct peer_mqueue *peer;
	int ret;

	peer = calloc(1, sizeof(*peer) + n * sizeof(peer->queue[0]));
	if (!peer)
		return -ENOMEM;
	*state = peer;
	for (; peer->n < n; peer->n++) {
		ret = mqueue_open_one(peer->n);
		if (ret < 0)
			return ret;
		peer->queue[peer->n] = ret;
	}
	return 0;
}

static int mqueue_publish(void *state, uint64_t value)
{
	struct peer_mqueue *peer = state;

	for (; peer->next < peer->n; peer->next++)
		if (mq_send(peer->queue[peer->next], (const char *)&value,
			    sizeof(value), 0))
			return -errno;
	peer->next = 0;
	return 0;
}

static int mqueue_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_mqueue *peer = state;

	return mq_receive(peer->queue[reader], (char *)value, sizeof(*value), NULL) < 0 ?
		-errno : 0;
}

/* In Linux it is a descriptor like any other. */
static int mqueue_reader_fd(void *state, unsigned int reader)
{
	struct peer_mqueue *peer = state;

	return peer->queue[reader];
}

static void mqueue_close(void *state)
{
	struct peer_mqueue *peer = state;

	if (!peer)
		return;
	while (peer->n)
		mq_close(peer->queue[--peer->n]);
	free(peer);
}

static const struct bench_peer mqueue_peer = {
	.name = "mqueue",
	/* By fs.mqueue.queues_max and RLIMIT_MSGQUEUE, as they are by default. */
	.max_readers = 200,
	.flags = BENCH_READS,
	.open = mqueue_open,
	.publish = mqueue_publish,
	.receive = mqueue_receive,
	.reader_fd = mqueue_reader_fd,
	.close = mqueue_close,
};

BENCH_PEER(mqueue_peer);
