/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_SCHED_H
#define LOCALSTATE_SHIM_LINUX_SCHED_H

#include <linux/pid.h>

#define TASK_COMM_LEN	16

struct task_struct {
	struct pid pid;
};

extern struct task_struct *const current;

static inline struct pid *task_pid(struct task_struct *task)
{
	return &task->pid;
}

#endif
