/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_PID_H
#define LOCALSTATE_SHIM_LINUX_PID_H

#include <linux/types.h>

/* There is one namespace of processes, and others that do not see into it. */
struct pid_namespace {
	char unused;
};

struct pid {
	pid_t number;
};

extern struct pid_namespace init_pid_ns;

static inline pid_t pid_nr_ns(const struct pid *pid,
			      const struct pid_namespace *ns)
{
	return ns == &init_pid_ns ? pid->number : 0;
}

#endif
