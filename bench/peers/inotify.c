// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify: the value is a file on tmpfs, and each reader watches it.
 *
 * A publish is one pwrite() of the eight bytes, in which the kernel queues an event
 * for each reader.  A receive is two system calls, read() of the event and pread() of
 * the file, for the event does not say what was written.
 *
 * It has one value: who is late gets the last one, since an event that equals the
 * last unread one is dropped, and cannot tell how many there were.  Who comes later
 * finds the present value; nobody learns the old one.  A reader can see half a
 * change if the value is longer than what the processor copies at once; the remedy, a
 * new file and rename(), costs several times as much.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "../peer.h"

struct peer_inotify_reader {
	int fd;
	uint64_t seen;
};

struct peer_inotify {
	unsigned int n;
	int file;
	struct peer_inotify_reader reader[];
};

static int inotify_open_readers(struct peer_inotify *peer, unsigned int n,
				const char *path)
{
	int fd;

	for (; peer->n < n; peer->n++) {
		fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		if (fd < 0)
			return -errno;
		peer->reader[peer->n].fd = fd;
		if (inotify_add_watch(fd, path, IN_MODIFY) < 0) {
			peer->n++;
			return -errno;
		}
	}
	return 0;
}

static int inotify_open(void **state, unsigned int n)
{
	char path[] = "/dev/shm/localstate-bench.XXXXXX";
	struct peer_inotify *peer;
	int ret;

	peer = calloc(1, sizeof(*peer) + n * sizeof(peer->reader[0]));
	if (!peer)
		return -ENOMEM;
	*state = peer;
	peer->file = mkostemp(path, O_CLOEXEC);
	if (peer->file < 0)
		return -errno;
	ret = inotify_open_readers(peer, n, path);
	/* The descriptors are all that is needed. */
	unlink(path);
	return ret;
}

static int inotify_publish(void *state, uint64_t value)
{
	struct peer_inotify *peer = state;

	return pwrite(peer->file, &value, sizeof(value), 0) < 0 ? -errno : 0;
}

static int inotify_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_inotify *peer = state;
	struct peer_inotify_reader *own = &peer->reader[reader];
	struct inotify_event event;

	/* The event may be older than the value that came with the last one. */
	do {
		if (read(own->fd, &event, sizeof(event)) < 0)
			return -errno;
		if (pread(peer->file, value, sizeof(*value), 0) < 0)
			return -errno;
	} while (*value == own->seen);
	own->seen = *value;
	return 0;
}

static int inotify_reader_fd(void *state, unsigned int reader)
{
	struct peer_inotify *peer = state;

	return peer->reader[reader].fd;
}

static void inotify_close(void *state)
{
	struct peer_inotify *peer = state;

	if (!peer)
		return;
	while (peer->n)
		close(peer->reader[--peer->n].fd);
	if (peer->file >= 0)
		close(peer->file);
	free(peer);
}

static const struct bench_peer inotify_peer = {
	.name = "inotify",
	/* By fs.inotify.max_user_instances, 128 by default. */
	.max_readers = 100,
	.flags = BENCH_LATEST,
	.open = inotify_open,
	.publish = inotify_publish,
	.receive = inotify_receive,
	.reader_fd = inotify_reader_fd,
	.close = inotify_close,
};

BENCH_PEER(inotify_peer);
