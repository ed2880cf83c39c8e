// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions, variables and watches for the operations to be counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "count.h"

static void request(int fd, unsigned long number, void *arg, const char *what)
{
	bench_check(ioctl(fd, number, arg) ? -errno : 0, what);
}

/* A NULL name makes a private session. */
int bench_session_open(const char *name, int flags)
{
	struct localstate_attach req = {
		.name = (uintptr_t)name,
		.name_len = name ? strlen(name) : 0,
		.flags = name ? LOCALSTATE_ATTACH_CREATE : 0,
		.mode = name ? 0600 : 0,
	};
	int fd = open("/dev/localstate", O_RDWR | O_CLOEXEC | flags);

	bench_check(fd < 0 ? -errno : 0, "/dev/localstate");
	request(fd, LOCALSTATE_IOC_ATTACH, &req, "ATTACH");
	return fd;
}

uint64_t bench_variable_register(int fd, const char *name)
{
	struct localstate_register req = {
		.name = (uintptr_t)name,
		.name_len = strlen(name),
		.type = LOCALSTATE_TYPE_INT,
	};

	request(fd, LOCALSTATE_IOC_REGISTER, &req, "REGISTER");
	return req.id;
}

void bench_queue_resize(int fd, uint32_t size)
{
	struct localstate_queue req = { .size = size };

	request(fd, LOCALSTATE_IOC_QUEUE, &req, "QUEUE");
}

void bench_watch(int fd, const uint64_t *ids, unsigned int n)
{
	struct localstate_target *targets = calloc(n, sizeof(*targets));
	struct localstate_watch req = {
		.targets = (uintptr_t)targets,
		.n_targets = n,
	};
	unsigned int i;

	if (!targets)
		bench_fail("out of memory");
	for (i = 0; i < n; i++) {
		targets[i].kind = LOCALSTATE_TARGET_ID;
		targets[i].id = ids[i];
	}
	request(fd, LOCALSTATE_IOC_WATCH, &req, "WATCH");
	free(targets);
}

struct localstate_set bench_set_request(uint64_t id)
{
	return (struct localstate_set) {
		.key.id = id,
		.value = { .length = 8, .type = LOCALSTATE_TYPE_INT },
	};
}

void bench_drain(int fd)
{
	static char buffer[65536];

	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	if (errno != EAGAIN)
		bench_fail("read: %s", strerror(errno));
}

/* The smallest queues: there may be ten thousand of them. */
void bench_crowd_open(struct bench_crowd *crowd, const char *session,
		      unsigned int n, uint64_t id)
{
	crowd->fd = calloc(n ?: 1, sizeof(*crowd->fd));
	if (!crowd->fd)
		bench_fail("out of memory");
	for (crowd->n = 0; crowd->n < n; crowd->n++) {
		int fd = bench_session_open(session, O_NONBLOCK);

		crowd->fd[crowd->n] = fd;
		bench_queue_resize(fd, 4096);
		if (id)
			bench_watch(fd, &id, 1);
	}
}

void bench_crowd_drain(struct bench_crowd *crowd)
{
	unsigned int i;

	for (i = 0; i < crowd->n; i++)
		bench_drain(crowd->fd[i]);
}

void bench_crowd_close(struct bench_crowd *crowd)
{
	while (crowd->n)
		close(crowd->fd[--crowd->n]);
	free(crowd->fd);
	crowd->fd = NULL;
}
