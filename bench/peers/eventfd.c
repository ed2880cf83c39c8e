// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfd: the least that the kernel does to wake somebody.  It carries no value
 * of its own (it adds up), so that lies in shared memory beside it.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../peer.h"

struct peer_eventfd {
	unsigned int n;
	uint64_t *value;
	int fd[];
};

static int eventfd_open(void **state, unsigned int n)
{
	struct peer_eventfd *peer;

	peer = malloc(sizeof(*peer) + n * sizeof(peer->fd[0]));
	if (!peer)
		return -ENOMEM;
	*state = peer;
	peer->n = 0;
	peer->value = bench_shared_alloc(sizeof(*peer->value));
	if (!peer->value)
		return -ENOMEM;
	for (; peer->n < n; peer->n++) {
		peer->fd[peer->n] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (peer->fd[peer->n] < 0)
			return -errno;
	}
	return 0;
}

static int eventfd_publish(void *state, uint64_t value)
{
	struct peer_eventfd *peer = state;
	const uint64_t one = 1;
	unsigned int i;

	__atomic_store_n(peer->value, value, __ATOMIC_RELEASE);
	for (i = 0; i < peer->n; i++)
		if (write(peer->fd[i], &one, sizeof(one)) < 0)
			return -errno;
	return 0;
}

static int eventfd_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_eventfd *peer = state;
	uint64_t count;

	if (read(peer->fd[reader], &count, sizeof(count)) < 0)
		return -errno;
	*value = __atomic_load_n(peer->value, __ATOMIC_ACQUIRE);
	return 0;
}

static int eventfd_reader_fd(void *state, unsigned int reader)
{
	struct peer_eventfd *peer = state;

	return peer->fd[reader];
}

static void eventfd_close(void *state)
{
	struct peer_eventfd *peer = state;

	if (!peer)
		return;
	while (peer->n)
		close(peer->fd[--peer->n]);
	bench_shared_free(peer->value, sizeof(*peer->value));
	free(peer);
}

static const struct bench_peer eventfd_peer = {
	.name = "eventfd",
	.max_readers = 10000,
	.flags = BENCH_LATEST | BENCH_READS,
	.open = eventfd_open,
	.publish = eventfd_publish,
	.receive = eventfd_receive,
	.reader_fd = eventfd_reader_fd,
	.close = eventfd_close,
};

BENCH_PEER(eventfd_peer);
