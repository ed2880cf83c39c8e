/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_MUTEX_H
#define LOCALSTATE_SHIM_LINUX_MUTEX_H

/* Nothing here takes one: what does is not pure. */
struct mutex {
	char unused;
};

#endif
