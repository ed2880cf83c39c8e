/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a process is what kunit_vm_mmap() has given: an address outside
 * of it faults.
 */
#ifndef LOCALSTATE_SHIM_LINUX_UACCESS_H
#define LOCALSTATE_SHIM_LINUX_UACCESS_H

#include <linux/types.h>

#define u64_to_user_ptr(address)	((void *)(unsigned long)(address))

/* Bytes that were not copied: all if one of them faults. */
unsigned long copy_from_user(void *to, const void *from, unsigned long n);
unsigned long copy_to_user(void *to, const void *from, unsigned long n);

#endif
