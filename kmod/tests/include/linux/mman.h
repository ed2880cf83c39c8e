/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_MMAN_H
#define LOCALSTATE_SHIM_LINUX_MMAN_H

#include <sys/mman.h>

#endif
