// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sessions of each network namespace.  Clients do not pin the namespace:
 * when it ends it takes its sessions along, whoever is attached to them.
 */
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "private.h"

static unsigned int localstate_netns_id;

static struct ls_netns **localstate_netns_place(struct net *net)
{
	return net_generic(net, localstate_netns_id);
}

/* The sessions of @net, which the caller keeps alive. */
struct ls_netns *localstate_netns_of(struct net *net)
{
	return *localstate_netns_place(net);
}

struct ls_netns *localstate_netns_hold(struct ls_netns *netns)
{
	refcount_inc(&netns->ref);
	return netns;
}

void localstate_netns_put(struct ls_netns *netns)
{
	if (!refcount_dec_and_test(&netns->ref))
		return;
	rhashtable_destroy(&netns->names);
	mutex_destroy(&netns->lock);
	kfree(netns);
}

static int __net_init localstate_netns_start(struct net *net)
{
	struct ls_netns *netns;
	int ret;

	netns = kzalloc(sizeof(*netns), GFP_KERNEL_ACCOUNT);
	if (!netns)
		return -ENOMEM;
	ret = localstate_session_table_init(&netns->names);
	if (ret) {
		kfree(netns);
		return ret;
	}
	mutex_init(&netns->lock);
	refcount_set(&netns->ref, 1);
	INIT_LIST_HEAD(&netns->sessions);
	rcu_assign_pointer(netns->net, net);
	*localstate_netns_place(net) = netns;
	return 0;
}

/* The first session that is still listed, referenced, or NULL. */
static struct ls_session *localstate_netns_first(struct ls_netns *netns)
{
	struct ls_session *session;

	guard(mutex)(&netns->lock);
	netns->dead = true;
	session = list_first_entry_or_null(&netns->sessions, struct ls_session,
					   in_netns);
	if (session)
		refcount_inc(&session->ref);
	return session;
}

/* A grace period lies between this and the end of @net. */
static void __net_exit localstate_netns_pre_stop(struct net *net)
{
	RCU_INIT_POINTER(localstate_netns_of(net)->net, NULL);
}

static void __net_exit localstate_netns_stop(struct net *net)
{
	struct ls_netns *netns = localstate_netns_of(net);
	struct ls_session *session;

	while ((session = localstate_netns_first(netns))) {
		localstate_session_end(session);
		localstate_session_put(session);
	}
	localstate_netns_put(netns);
}

static struct pernet_operations localstate_netns_ops = {
	.init = localstate_netns_start,
	.pre_exit = localstate_netns_pre_stop,
	.exit = localstate_netns_stop,
	.id = &localstate_netns_id,
	.size = sizeof(struct ls_netns *),
};

int __init localstate_netns_init(void)
{
	return register_pernet_subsys(&localstate_netns_ops);
}

void localstate_netns_exit(void)
{
	unregister_pernet_subsys(&localstate_netns_ops);
}
