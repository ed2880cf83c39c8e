/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_PID_NAMESPACE_H
#define LOCALSTATE_SHIM_LINUX_PID_NAMESPACE_H

#include <linux/pid.h>

#endif
