// SPDX-License-Identifier: GPL-2.0-only
/*
 * Redis: a server of the benchmark's own on a Unix socket, PUBLISH by hiredis, and
 * a connection with SUBSCRIBE for each reader.
 *
 * PUBLISH carries the value to the readers in one message.  The other way, SET and
 * keyspace notifications, keeps a present value, but the notification does not carry
 * it: each reader would have to ask for it, which is one more round trip through the
 * server for each.  The writer has the replies turned off (CLIENT REPLY OFF), so that
 * it need not wait for, nor read, what it does not use.
 *
 * A publish is one write() by the writer; then the server wakes, reads, and writes to
 * each reader.  A receive is a read() by the reader and the parsing of the message.
 * The value is copied into and out of two sockets.
 *
 * It keeps every value, in order, until 32 MiB (or 8 MiB for a minute) lie unread;
 * then the server cuts the reader off.  Who comes later finds no present value,
 * nobody learns the old one.  If the server dies everything ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../peer.h"
#include "daemon.h"

#define REDIS_CHANNEL	"value"

/* @unsent: hiredis still has a part of the command. */
struct peer_redis {
	struct bench_daemon daemon;
	redisContext *writer;
	bool unsent;
	unsigned int n;
	redisContext *reader[];
};

static void redis_socket_path(const struct peer_redis *peer, char *path, size_t size)
{
	snprintf(path, size, "%s/socket", peer->daemon.dir);
}

/*
 * The package redis-tools has the server's program, by the name of a tool of which
 * it is the other half; the name that it is called by decides.  The package
 * redis-server would add no more than that name and a service that starts at boot.
 */
static int redis_start(struct peer_redis *peer)
{
	char path[96];
	char *argv[] = {
		"redis-server", "--port", "0", "--unixsocket", path,
		"--dir", peer->daemon.dir, "--save", "", "--appendonly", "no",
		"--daemonize", "no", "--hz", "1", NULL,
	};
	int ret;

	ret = bench_daemon_prepare(&peer->daemon);
	if (ret)
		return ret;
	redis_socket_path(peer, path, sizeof(path));
	return bench_daemon_start(&peer->daemon, "/usr/bin/redis-check-rdb", argv, -1);
}

/* 0 or -errno; whatever it is, @context is to be freed. */
static int redis_connect(const struct peer_redis *peer, redisContext **context)
{
	char path[96];

	redis_socket_path(peer, path, sizeof(path));
	*context = redisConnectUnix(path);
	if (!*context)
		return -ENOMEM;
	if (!(*context)->err)
		return 0;
	return (*context)->err == REDIS_ERR_IO && errno ? -errno : -EPROTO;
}

/* From here on nothing waits in it. */
static int redis_unblock(redisContext *context)
{
	if (fcntl(context->fd, F_SETFL, O_RDWR | O_NONBLOCK))
		return -errno;
	context->flags &= ~REDIS_BLOCK;
	return 0;
}

static int redis_connect_writer(struct peer_redis *peer)
{
	int ret;

	while ((ret = redis_connect(peer, &peer->writer))) {
		if (ret != -ENOENT && ret != -ECONNREFUSED)
			return ret;
		redisFree(peer->writer);
		peer->writer = NULL;
		ret = bench_daemon_retry(&peer->daemon);
		if (ret)
			return ret;
	}
	if (redisAppendCommand(peer->writer, "CLIENT REPLY OFF") != REDIS_OK)
		return -ENOMEM;
	return redis_unblock(peer->writer);
}

static int redis_open(void **state, unsigned int n)
{
	struct peer_redis *peer;
	int ret;

	peer = calloc(1, sizeof(*peer) + n * sizeof(peer->reader[0]));
	if (!peer)
		return -ENOMEM;
	*state = peer;
	peer->n = n;
	ret = redis_start(peer);
	return ret ?: redis_connect_writer(peer);
}

static int redis_reader_open(void *state, unsigned int reader)
{
	struct peer_redis *peer = state;
	redisReply *reply;
	int ret;

	ret = redis_connect(peer, &peer->reader[reader]);
	if (ret)
		return ret;
	reply = redisCommand(peer->reader[reader], "SUBSCRIBE " REDIS_CHANNEL);
	if (!reply)
		return -EPROTO;
	ret = reply->type == REDIS_REPLY_ARRAY ? 0 : -EPROTO;
	freeReplyObject(reply);
	return ret ?: redis_unblock(peer->reader[reader]);
}

static int redis_publish(void *state, uint64_t value)
{
	static const char head[] = "*3\r\n$7\r\nPUBLISH\r\n$5\r\n" REDIS_CHANNEL "\r\n$8\r\n";
	struct peer_redis *peer = state;
	char command[sizeof(head) - 1 + sizeof(value) + 2];
	int done;

	if (!peer->unsent) {
		memcpy(command, head, sizeof(head) - 1);
		memcpy(command + sizeof(head) - 1, &value, sizeof(value));
		memcpy(command + sizeof(command) - 2, "\r\n", 2);
		if (redisAppendFormattedCommand(peer->writer, command, sizeof(command)) != REDIS_OK)
			return -ENOMEM;
	}
	if (redisBufferWrite(peer->writer, &done) != REDIS_OK)
		return -EIO;
	peer->unsent = !done;
	return done ? 0 : -EAGAIN;
}

/* The message: "message", channel, value. */
static int redis_take(redisReply *reply, uint64_t *value)
{
	int ret = -EPROTO;

	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
	    reply->element[2]->type == REDIS_REPLY_STRING &&
	    reply->element[2]->len == sizeof(*value)) {
		memcpy(value, reply->element[2]->str, sizeof(*value));
		ret = 0;
	}
	freeReplyObject(reply);
	return ret;
}

static int redis_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_redis *peer = state;
	redisContext *context = peer->reader[reader];
	void *reply = NULL;

	if (redisGetReplyFromReader(context, &reply) != REDIS_OK)
		return -EPROTO;
	if (!reply) {
		if (redisBufferRead(context) != REDIS_OK ||
		    redisGetReplyFromReader(context, &reply) != REDIS_OK)
			return -EPROTO;
	}
	return reply ? redis_take(reply, value) : -EAGAIN;
}

static int redis_reader_fd(void *state, unsigned int reader)
{
	struct peer_redis *peer = state;

	return peer->reader[reader]->fd;
}

static int redis_ask(redisContext *context, const char *command)
{
	redisReply *reply = redisCommand(context, command);
	int ret = reply && reply->type == REDIS_REPLY_STATUS ? 0 : -EPROTO;

	if (reply)
		freeReplyObject(reply);
	return ret;
}

/* The server answers after it has done what came before. */
static int redis_settle(void *state)
{
	redisContext *writer = ((struct peer_redis *)state)->writer;
	int ret;

	if (fcntl(writer->fd, F_SETFL, O_RDWR))
		return -errno;
	writer->flags |= REDIS_BLOCK;
	ret = redis_ask(writer, "CLIENT REPLY ON");
	if (!ret && redisAppendCommand(writer, "CLIENT REPLY OFF") != REDIS_OK)
		ret = -ENOMEM;
	return redis_unblock(writer) ?: ret;
}

static void redis_close(void *state)
{
	struct peer_redis *peer = state;

	if (!peer)
		return;
	while (peer->n)
		redisFree(peer->reader[--peer->n]);
	redisFree(peer->writer);
	bench_daemon_stop(&peer->daemon);
	free(peer);
}

static const struct bench_peer redis_peer = {
	.name = "redis",
	.max_readers = 1000,
	.flags = BENCH_CARRIED,
	.open = redis_open,
	.reader_open = redis_reader_open,
	.publish = redis_publish,
	.receive = redis_receive,
	.reader_fd = redis_reader_fd,
	.settle = redis_settle,
	.close = redis_close,
};

BENCH_PEER(redis_peer);
