/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_LIMITS_H
#define LOCALSTATE_SHIM_LINUX_LIMITS_H

#include <linux/types.h>
#include_next <linux/limits.h>

#define S64_MAX			((s64)(~0ULL >> 1))
#define S64_MIN			((s64)(-S64_MAX - 1))
#define U64_MAX			((u64)~0ULL)

#endif
