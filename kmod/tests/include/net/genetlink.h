/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of generic netlink as compat.h names; nothing here calls it. */
#ifndef LOCALSTATE_SHIM_NET_GENETLINK_H
#define LOCALSTATE_SHIM_NET_GENETLINK_H

#include <linux/types.h>

struct genl_family;
struct net;
struct netlink_callback;
struct nlattr;
struct sk_buff;
struct sock;

struct genl_dumpit_info {
	struct {
		struct nlattr **attrs;
	} info;
};

const struct genl_dumpit_info *genl_dumpit_info(struct netlink_callback *cb);
int genlmsg_multicast_netns_filtered(const struct genl_family *family,
				     struct net *net, struct sk_buff *skb,
				     u32 portid, unsigned int group,
				     gfp_t flags,
				     int (*filter)(struct sock *sk,
						   struct sk_buff *skb,
						   void *data),
				     void *data);

#endif
