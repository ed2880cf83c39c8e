/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that we build for; the only place that
 * asks for a version.
 */
#ifndef LOCALSTATE_COMPAT_H
#define LOCALSTATE_COMPAT_H

#include <linux/export.h>
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

/*
 * Multicast to the listeners for whom @withhold gives 0; before 6.8 to all, for
 * there a module cannot ask.
 */
static inline void
localstate_compat_multicast(struct genl_family *family, struct net *net,
			    struct sk_buff *skb, unsigned int group, gfp_t gfp,
			    int (*withhold)(struct sock *sk,
					    struct sk_buff *skb, void *data),
			    void *data)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	genlmsg_multicast_netns_filtered(family, net, skb, 0, group, gfp,
					 withhold, data);
#else
	genlmsg_multicast_netns(family, net, skb, 0, group, gfp);
#endif
}

/* In TP_fast_assign: fill __string(@field, @text). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define localstate_compat_assign_str(field, text)	__assign_str(field)
#else
#define localstate_compat_assign_str(field, text)	__assign_str(field, text)
#endif

/*
 * EXPORT_SYMBOL_IF_KUNIT() is for what the KUnit suites call, in a module of
 * their own, and nothing in a kernel without KUnit.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#include <kunit/visibility.h>
#else
#define EXPORT_SYMBOL_IF_KUNIT(symbol)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define localstate_compat_import_ns(name)	MODULE_IMPORT_NS(#name)
#else
#define localstate_compat_import_ns(name)	MODULE_IMPORT_NS(name)
#endif

#endif /* LOCALSTATE_COMPAT_H */
