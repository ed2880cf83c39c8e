/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_FS_H
#define LOCALSTATE_SHIM_LINUX_FS_H

#include <linux/sched.h>

struct cred;
struct fasync_struct;
struct file;
struct page;

#endif
