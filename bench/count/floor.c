// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor: calls that do nothing.  The null ioctl is one that localstate does
 * not know, so that it goes the way of every ioctl, through the system call, the
 * descriptor and the device's operation, and comes back with ENOTTY.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "count.h"

static int getppid_run(void *data)
{
	(void)data;
	return syscall(SYS_getppid) < 0 ? -errno : 0;
}

static int null_run(void *data)
{
	int *fd = data;

	return ioctl(*fd, _IO(LOCALSTATE_IOC_MAGIC, 0xff), NULL) ? -errno : 0;
}

void bench_count_floor(void)
{
	int fd = bench_session_open(NULL, 0);
	struct bench_measure measure = {
		.op = "getppid",
		.run = getppid_run,
		.samples = 1000,
	};

	bench_measure_run(&measure);
	measure.op = "null ioctl";
	measure.run = null_run;
	measure.data = &fd;
	measure.expect = -ENOTTY;
	bench_measure_run(&measure);
	close(fd);
}
