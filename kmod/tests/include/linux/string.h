/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_STRING_H
#define LOCALSTATE_SHIM_LINUX_STRING_H

#include <string.h>
#include <linux/types.h>

#endif
