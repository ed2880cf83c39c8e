/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_WAIT_H
#define LOCALSTATE_SHIM_LINUX_WAIT_H

typedef struct {
	char unused;
} wait_queue_head_t;

#endif
