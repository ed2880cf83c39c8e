// SPDX-License-Identifier: GPL-2.0-only
/*
 * pipe: one for each reader, and one write() of the eight bytes into each.
 *
 * A publish is a system call a reader, with a copy into a page of the pipe; a
 * receive is one read() and the copy out of it.  Writes of this size are atomic.
 *
 * It keeps every value, in order, until 64 KiB lie unread; then a reader that is
 * late holds up the writer.  Who comes later finds no present value, nobody learns
 * the old one, and the writer must know its readers and reach each of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../peer.h"

/* Readers before @next have the value that is being published. */
struct peer_pipe {
	unsigned int n;
	unsigned int next;
	int fd[][2];
};

static int pipe_open(void **state, unsigned int n)
{
	struct peer_pipe *peer = calloc(1, sizeof(*peer) + n * sizeof(peer->fd[0]));

	if (!peer)
		return -ENOMEM;
	*state = peer;
	for (; peer->n < n; peer->n++)
		if (pipe2(peer->fd[peer->n], O_NONBLOCK | O_CLOEXEC))
			return -errno;
	return 0;
}

static int pipe_publish(void *state, uint64_t value)
{
	struct peer_pipe *peer = state;

	for (; peer->next < peer->n; peer->next++)
		if (write(peer->fd[peer->next][1], &value, sizeof(value)) < 0)
			return -errno;
	peer->next = 0;
	return 0;
}

static int pipe_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_pipe *peer = state;

	return read(peer->fd[reader][0], value, sizeof(*value)) < 0 ? -errno : 0;
}

static int pipe_reader_fd(void *state, unsigned int reader)
{
	struct peer_pipe *peer = state;

	return peer->fd[reader][0];
}

static void pipe_close(void *state)
{
	struct peer_pipe *peer = state;

	if (!peer)
		return;
	while (peer->n) {
		peer->n--;
		close(peer->fd[peer->n][0]);
		close(peer->fd[peer->n][1]);
	}
	free(peer);
}

static const struct bench_peer pipe_peer = {
	.name = "pipe",
	.max_readers = 1000,
	.flags = BENCH_READS,
	.open = pipe_open,
	.publish = pipe_publish,
	.receive = pipe_receive,
	.reader_fd = pipe_reader_fd,
	.close = pipe_close,
};

BENCH_PEER(pipe_peer);
