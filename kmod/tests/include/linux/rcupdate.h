/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_RCUPDATE_H
#define LOCALSTATE_SHIM_LINUX_RCUPDATE_H

#include <linux/types.h>

#endif
