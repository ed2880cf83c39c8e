// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink multicast between programs (NETLINK_USERSOCK): each reader's socket joins
 * a group, and the writer sends to it.
 *
 * A publish is one send(), whatever the number of readers; the kernel copies the
 * message once and queues a clone of it on each socket.  A receive is one recv() and
 * a copy.
 *
 * It keeps every value, in order, until the reader's socket is full (a few hundred);
 * then the newest are lost, and the next recv() says so (ENOBUFS).  Who comes later
 * finds no present value, nobody learns the old one.  Joining a group of this family
 * needs CAP_NET_ADMIN, and there are 32 of them.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../peer.h"

#define NETLINK_GROUP	17

struct netlink_message {
	struct nlmsghdr header;
	uint64_t value;
};

struct peer_netlink {
	unsigned int n;
	int writer;
	int fd[];
};

static int netlink_socket(uint32_t groups)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = groups,
	};
	int fd, err;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_USERSOCK);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int netlink_open(void **state, unsigned int n)
{
	const uint32_t group = 1U << (NETLINK_GROUP - 1);
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = group,
	};
	struct peer_netlink *peer;
	int ret;

	peer = calloc(1, sizeof(*peer) + n * sizeof(peer->fd[0]));
	if (!peer)
		return -ENOMEM;
	*state = peer;
	peer->writer = netlink_socket(0);
	if (peer->writer < 0)
		return peer->writer;
	if (connect(peer->writer, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	for (; peer->n < n; peer->n++) {
		ret = netlink_socket(group);
		if (ret < 0)
			return ret;
		peer->fd[peer->n] = ret;
	}
	return 0;
}

static int netlink_publish(void *state, uint64_t value)
{
	const struct netlink_message message = {
		.header = {
			.nlmsg_len = sizeof(message),
			.nlmsg_type = NLMSG_MIN_TYPE,
		},
		.value = value,
	};
	struct peer_netlink *peer = state;

	if (send(peer->writer, &message, sizeof(message), 0) >= 0)
		return 0;
	/* A copy goes to the kernel's socket, which this family does not have. */
	return errno == ECONNREFUSED ? 0 : -errno;
}

static int netlink_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_netlink *peer = state;
	struct netlink_message message;

	if (recv(peer->fd[reader], &message, sizeof(message), 0) < 0)
		return -errno;
	*value = message.value;
	return 0;
}

static int netlink_reader_fd(void *state, unsigned int reader)
{
	struct peer_netlink *peer = state;

	return peer->fd[reader];
}

static void netlink_close(void *state)
{
	struct peer_netlink *peer = state;

	if (!peer)
		return;
	while (peer->n)
		close(peer->fd[--peer->n]);
	if (peer->writer >= 0)
		close(peer->writer);
	free(peer);
}

static const struct bench_peer netlink_peer = {
	.name = "netlink",
	.max_readers = 10000,
	.flags = BENCH_READS,
	.open = netlink_open,
	.publish = netlink_publish,
	.receive = netlink_receive,
	.reader_fd = netlink_reader_fd,
	.close = netlink_close,
};

BENCH_PEER(netlink_peer);
