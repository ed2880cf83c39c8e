/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon of a peer's own, with a folder for its files and socket.  Both end with
 * bench_daemon_stop(); the daemon also ends with the process that started it.
 */
#ifndef BENCH_PEERS_DAEMON_H
#define BENCH_PEERS_DAEMON_H

#include <sys/types.h>

struct bench_daemon {
	pid_t pid;
	char dir[64];
};

/* Makes @daemon->dir: 0 or -errno. */
int bench_daemon_prepare(struct bench_daemon *daemon);

/**
 * bench_daemon_start - start a program
 * @daemon: zeroed, or prepared
 * @path: the program's file
 * @argv: its arguments, the first is its name
 * @keep_fd: a descriptor that it inherits as number 3, or -1
 *
 * Input, output and errors are /dev/null.  It has the processors of its parent.
 * Return: 0 once the program runs, -ENOENT if there is none, -errno.
 */
int bench_daemon_start(struct bench_daemon *daemon, const char *path,
		       char *const argv[], int keep_fd);

/* It does not answer yet: sleeps a little.  0, or -ESRCH if it has ended. */
int bench_daemon_retry(struct bench_daemon *daemon);

/* Ends the daemon and removes its folder and the files in it. */
void bench_daemon_stop(struct bench_daemon *daemon);

#endif /* BENCH_PEERS_DAEMON_H */
