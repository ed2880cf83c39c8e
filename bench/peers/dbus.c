// SPDX-License-Identifier: GPL-2.0-only
/*
 * D-Bus: a dbus-daemon of the benchmark's own, a signal by sd-bus, and a connection
 * with a match rule for each reader.
 *
 * The signal carries the value as its one argument, which costs less than the
 * dictionary of a PropertiesChanged.
 *
 * A publish builds the message and is one sendmsg() by the writer; then the daemon
 * wakes, reads, checks the message against policy and match rules, and writes to
 * each reader.  A receive is a recvmsg() by the reader and the parsing of the message.
 * The value is copied into and out of two sockets.
 *
 * It keeps every value, in order, until some 60 MiB lie unread.  Who comes later
 * finds no present value, unless the writer also answers calls for it; nobody learns
 * the old one.  If the daemon dies everything ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "../peer.h"
#include "daemon.h"

#define DBUS_PATH	"/bench"
#define DBUS_INTERFACE	"localstate.Bench"
#define DBUS_MEMBER	"Changed"

/* @unsent: sd-bus still has a part of the message. */
struct peer_dbus {
	struct bench_daemon daemon;
	char address[96];
	sd_bus *writer;
	bool unsent;
	unsigned int n;
	sd_bus *reader[];
};

static int dbus_write_config(const struct peer_dbus *peer, const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return -errno;
	fprintf(file,
		"<busconfig>\n"
		"<listen>%s</listen>\n"
		"<auth>EXTERNAL</auth>\n"
		"<policy context=\"default\">\n"
		"<allow send_destination=\"*\"/><allow receive_sender=\"*\"/>\n"
		"</policy>\n"
		"<limit name=\"max_connections_per_user\">2000</limit>\n"
		"</busconfig>\n", peer->address);
	return fclose(file) ? -errno : 0;
}

/* The daemon tells its address, on descriptor 3, once it listens. */
static int dbus_await(int fd)
{
	char c;

	return read(fd, &c, 1) == 1 ? 0 : -ESRCH;
}

static int dbus_start(struct peer_dbus *peer)
{
	char config[sizeof("--config-file=/config") + sizeof(peer->daemon.dir)];
	char *argv[] = {
		"dbus-daemon", config, "--nofork", "--nopidfile", "--nosyslog",
		"--print-address=3", NULL,
	};
	int ready[2], ret;

	ret = bench_daemon_prepare(&peer->daemon);
	if (ret)
		return ret;
	snprintf(peer->address, sizeof(peer->address), "unix:path=%s/socket", peer->daemon.dir);
	snprintf(config, sizeof(config), "--config-file=%s/config", peer->daemon.dir);
	ret = dbus_write_config(peer, strchr(config, '/'));
	if (ret)
		return ret;
	if (pipe2(ready, O_CLOEXEC))
		return -errno;
	ret = bench_daemon_start(&peer->daemon, "/usr/bin/dbus-daemon", argv, ready[1]);
	close(ready[1]);
	if (!ret)
		ret = dbus_await(ready[0]);
	close(ready[0]);
	return ret;
}

/* A call that comes back: until then nothing else has to be sent or read. */
static int dbus_ping(sd_bus *bus)
{
	return sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
				  "org.freedesktop.DBus.Peer", "Ping", NULL, NULL, "");
}

static int dbus_connect(const struct peer_dbus *peer, sd_bus **bus)
{
	int ret;

	ret = sd_bus_new(bus);
	if (ret < 0)
		return ret;
	ret = sd_bus_set_address(*bus, peer->address);
	if (ret < 0)
		return ret;
	ret = sd_bus_set_bus_client(*bus, 1);
	if (ret < 0)
		return ret;
	ret = sd_bus_start(*bus);
	if (ret < 0)
		return ret;
	ret = dbus_ping(*bus);
	return ret < 0 ? ret : 0;
}

static int dbus_open(void **state, unsigned int n)
{
	struct peer_dbus *peer;
	int ret;

	peer = calloc(1, sizeof(*peer) + n * sizeof(peer->reader[0]));
	if (!peer)
		return -ENOMEM;
	*state = peer;
	peer->n = n;
	ret = dbus_start(peer);
	return ret ?: dbus_connect(peer, &peer->writer);
}

/* What the connection has got of its own (NameAcquired). */
static int dbus_drain(sd_bus *bus)
{
	int ret;

	do
		ret = sd_bus_process(bus, NULL);
	while (ret > 0);
	return ret;
}

/* The rule is the daemon's alone: sd-bus would keep a tree for callbacks. */
static int dbus_reader_open(void *state, unsigned int reader)
{
	struct peer_dbus *peer = state;
	sd_bus **bus = &peer->reader[reader];
	int ret;

	ret = dbus_connect(peer, bus);
	if (ret < 0)
		return ret;
	ret = sd_bus_call_method(*bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
				 "org.freedesktop.DBus", "AddMatch", NULL, NULL, "s",
				 "type='signal',path='" DBUS_PATH "',interface='"
				 DBUS_INTERFACE "',member='" DBUS_MEMBER "'");
	return ret < 0 ? ret : dbus_drain(*bus);
}

static int dbus_send(sd_bus *bus, uint64_t value)
{
	sd_bus_message *message = NULL;
	int ret;

	ret = sd_bus_message_new_signal(bus, &message, DBUS_PATH, DBUS_INTERFACE, DBUS_MEMBER);
	if (ret >= 0)
		ret = sd_bus_message_append_basic(message, 't', &value);
	if (ret >= 0)
		ret = sd_bus_send(bus, message, NULL);
	sd_bus_message_unref(message);
	return ret;
}

static int dbus_publish(void *state, uint64_t value)
{
	struct peer_dbus *peer = state;
	uint64_t queued = 0;
	int ret;

	ret = peer->unsent ? sd_bus_process(peer->writer, NULL) : dbus_send(peer->writer, value);
	if (ret >= 0)
		ret = sd_bus_get_n_queued_write(peer->writer, &queued);
	if (ret < 0)
		return ret;
	peer->unsent = queued;
	return queued ? -EAGAIN : 0;
}

static int dbus_receive(void *state, unsigned int reader, uint64_t *value)
{
	struct peer_dbus *peer = state;
	sd_bus_message *message = NULL;
	int ret;

	/* 1 without a message: it has done something else. */
	do
		ret = sd_bus_process(peer->reader[reader], &message);
	while (ret > 0 && !message);
	if (ret <= 0)
		return ret ?: -EAGAIN;
	ret = sd_bus_message_read_basic(message, 't', value);
	sd_bus_message_unref(message);
	return ret < 0 ? ret : 0;
}

static int dbus_reader_fd(void *state, unsigned int reader)
{
	struct peer_dbus *peer = state;

	return sd_bus_get_fd(peer->reader[reader]);
}

/* The daemon answers after it has routed what came before. */
static int dbus_settle(void *state)
{
	struct peer_dbus *peer = state;
	int ret = dbus_ping(peer->writer);

	return ret < 0 ? ret : 0;
}

static void dbus_close(void *state)
{
	struct peer_dbus *peer = state;

	if (!peer)
		return;
	while (peer->n)
		sd_bus_close_unref(peer->reader[--peer->n]);
	sd_bus_close_unref(peer->writer);
	bench_daemon_stop(&peer->daemon);
	free(peer);
}

static const struct bench_peer dbus_peer = {
	.name = "dbus",
	.max_readers = 1000,
	.flags = BENCH_CARRIED,
	.open = dbus_open,
	.reader_open = dbus_reader_open,
	.publish = dbus_publish,
	.receive = dbus_receive,
	.reader_fd = dbus_reader_fd,
	.settle = dbus_settle,
	.close = dbus_close,
};

BENCH_PEER(dbus_peer);
