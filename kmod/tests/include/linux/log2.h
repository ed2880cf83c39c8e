/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_LOG2_H
#define LOCALSTATE_SHIM_LINUX_LOG2_H

/* As the kernel's: not defined for 0, and for what has no such power above it. */
#define rounddown_pow_of_two(n)	(1UL << (63 - __builtin_clzl(n)))
#define roundup_pow_of_two(n) \
	((n) == 1 ? 1UL : 1UL << (64 - __builtin_clzl((n) - 1UL)))

#endif
