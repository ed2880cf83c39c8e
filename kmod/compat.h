/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that we build for; the only place that
 * asks for a version.
 */
#ifndef LOCALSTATE_COMPAT_H
#define LOCALSTATE_COMPAT_H

#include <linux/version.h>
#include <net/genetlink.h>

static inline struct nlattr **
localstate_compat_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return genl_dumpit_info(cb)->info.attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/* In TP_fast_assign: fill __string(@field, @text). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define localstate_compat_assign_str(field, text)	__assign_str(field)
#else
#define localstate_compat_assign_str(field, text)	__assign_str(field, text)
#endif

#endif /* LOCALSTATE_COMPAT_H */
