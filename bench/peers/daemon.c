// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and ending the daemons of peers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"

#define RETRY_MS	5

int bench_daemon_prepare(struct bench_daemon *daemon)
{
	static const char template[] = "/dev/shm/localstate-bench.XXXXXX";

	memcpy(daemon->dir, template, sizeof(template));
	if (mkdtemp(daemon->dir))
		return 0;
	daemon->dir[0] = '\0';
	return -errno;
}

/* In the child.  @report is closed by exec, or gets errno. */
static void daemon_exec(pid_t parent, const char *path, char *const argv[], int keep_fd,
			int report)
{
	const int null = open("/dev/null", O_RDWR);
	int err, fd;

	/* It must not outlive a parent that was killed, not even just now. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (fd = 0; fd < 3; fd++)
		dup2(null, fd);
	/* The number 3 may be that of @report, and dup2() onto itself keeps O_CLOEXEC. */
	report = fcntl(report, F_DUPFD_CLOEXEC, 10);
	if (keep_fd >= 0 && dup2(fcntl(keep_fd, F_DUPFD_CLOEXEC, 10), 3) < 0)
		_exit(1);
	execv(path, argv);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(2);
	_exit(1);
}

int bench_daemon_start(struct bench_daemon *daemon, const char *path,
		       char *const argv[], int keep_fd)
{
	const pid_t parent = getpid();
	int report[2], err = 0;

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	daemon->pid = fork();
	if (!daemon->pid)
		daemon_exec(parent, path, argv, keep_fd, report[1]);
	if (daemon->pid < 0)
		err = errno;
	close(report[1]);
	/* Nothing to read: the other end was closed by exec. */
	if (!err && read(report[0], &err, sizeof(err)) < 0)
		err = errno;
	close(report[0]);
	return -err;
}

int bench_daemon_retry(struct bench_daemon *daemon)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000 };

	if (waitpid(daemon->pid, NULL, WNOHANG) == daemon->pid) {
		daemon->pid = 0;
		return -ESRCH;
	}
	nanosleep(&pause, NULL);
	return 0;
}

static void remove_dir(const char *path)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_type != DT_DIR)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(path);
}

void bench_daemon_stop(struct bench_daemon *daemon)
{
	if (daemon->pid > 0) {
		kill(daemon->pid, SIGKILL);
		waitpid(daemon->pid, NULL, 0);
		daemon->pid = 0;
	}
	if (daemon->dir[0]) {
		remove_dir(daemon->dir);
		daemon->dir[0] = '\0';
	}
}
