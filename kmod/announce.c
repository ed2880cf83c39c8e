// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifecycle events: multicast of what begins and ends, to whoever listens.
 *
 * An event is sent with the lock held under which the thing happens, so that
 * the events of a session come in their order.  Hence nothing here sleeps.  A
 * listener for whom there is no memory or no room is told so by netlink.
 */
#include <linux/cred.h>
#include <linux/ktime.h>
#include <linux/localstate_netlink.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat.h"
#include "private.h"

/* What is announced; the parts that are not of its kind are NULL. */
struct ls_announcement {
	u8 command;
	const struct ls_session *session;
	const struct ls_writer *who;
	const struct ls_variable *variable;
	u64 version;			/* of the variable */
	const struct ls_client *client;
};

/*
 * Memory that need not be there, but not from the reserves, to which a dying
 * task has access: netlink drops what was made from them, and tells nobody.
 */
#define LS_ANNOUNCEMENT_GFP	(GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC)

/* Room for every attribute of any event: three strings and some numbers. */
#define LS_ANNOUNCEMENT_SIZE	(3 * nla_total_size(LOCALSTATE_NAME_MAX + 1) + \
				 nla_total_size(TASK_COMM_LEN) + \
				 5 * nla_total_size_64bit(sizeof(u64)) + \
				 6 * nla_total_size(sizeof(u32)))

static int localstate_announcement_put_session(struct sk_buff *skb,
					       const struct ls_session *session)
{
	u32 flags = session->persistent ? LOCALSTATE_ATTACH_PERSISTENT : 0;

	if (nla_put_u32(skb, LOCALSTATE_A_UID,
			from_kuid_munged(session->user_ns, session->uid)) ||
	    nla_put_u32(skb, LOCALSTATE_A_GID,
			from_kgid_munged(session->user_ns, session->gid)) ||
	    nla_put_u32(skb, LOCALSTATE_A_MODE, session->mode) ||
	    nla_put_u32(skb, LOCALSTATE_A_FLAGS, flags))
		return -EMSGSIZE;
	return 0;
}

static int localstate_announcement_put_variable(struct sk_buff *skb,
						const struct ls_announcement *event)
{
	const struct ls_variable *variable = event->variable;
	const struct ls_spec *spec = variable->spec;

	if (localstate_put_u64(skb, LOCALSTATE_A_ID, variable->slot->id) ||
	    nla_put_string(skb, LOCALSTATE_A_NAME, variable->text) ||
	    nla_put_u32(skb, LOCALSTATE_A_TYPE, variable->type) ||
	    nla_put_string(skb, LOCALSTATE_A_LABEL, spec ? spec->label : "") ||
	    localstate_put_u64(skb, LOCALSTATE_A_VERSION, event->version))
		return -EMSGSIZE;
	return 0;
}

static int localstate_announcement_put_client(struct sk_buff *skb,
					      const struct ls_client *client)
{
	if (localstate_put_u64(skb, LOCALSTATE_A_CLIENT, client->id) ||
	    nla_put_string(skb, LOCALSTATE_A_COMM, client->comm))
		return -EMSGSIZE;
	return 0;
}

/* Who did it, as the session's maker sees it: listeners see it in many ways. */
static int localstate_announcement_put_who(struct sk_buff *skb,
					   const struct ls_announcement *event)
{
	const struct ls_session *session = event->session;
	const struct ls_writer *who = event->who;

	if (!who)
		return 0;
	if (nla_put_u32(skb, LOCALSTATE_A_PID,
			pid_nr_ns(who->pid, session->pid_ns)))
		return -EMSGSIZE;
	/* The uid of a session that is made is its owner's. */
	if (event->command == LOCALSTATE_CMD_SESSION_CREATED)
		return localstate_announcement_put_session(skb, session);
	return nla_put_u32(skb, LOCALSTATE_A_UID,
			   from_kuid_munged(session->user_ns, who->uid));
}

static int localstate_announcement_put(struct sk_buff *skb,
				       const struct ls_announcement *event)
{
	const struct ls_session *session = event->session;

	if (localstate_put_u64(skb, LOCALSTATE_A_TIME_NS, ktime_get_ns()) ||
	    localstate_put_u64(skb, LOCALSTATE_A_SESSION_ID, session->id) ||
	    nla_put_string(skb, LOCALSTATE_A_SESSION_NAME, session->text) ||
	    localstate_announcement_put_who(skb, event))
		return -EMSGSIZE;
	if (event->variable)
		return localstate_announcement_put_variable(skb, event);
	if (event->client)
		return localstate_announcement_put_client(skb, event->client);
	return 0;
}

static struct sk_buff *localstate_announcement_build(const struct ls_announcement *event)
{
	struct sk_buff *skb = genlmsg_new(LS_ANNOUNCEMENT_SIZE,
					  LS_ANNOUNCEMENT_GFP);
	void *message;

	if (!skb)
		return NULL;
	message = genlmsg_put(skb, 0, 0, &localstate_family, 0, event->command);
	if (!message || localstate_announcement_put(skb, event)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, message);
	return skb;
}

/*
 * Not 0: @sk must not hear of every session.  Joining asks for the right, but a
 * group's number can be joined while no family has it.
 */
static int localstate_announce_withhold(struct sock *sk, struct sk_buff *skb,
					void *data)
{
	const struct net *net = data;
	struct file *file = sk->sk_socket ? sk->sk_socket->file : NULL;

	return !file || !file_ns_capable(file, net->user_ns, CAP_NET_ADMIN);
}

static void localstate_announce_to(struct net *net, enum ls_group group,
				   const struct ls_announcement *event)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&localstate_family, net, group))
		return;
	skb = localstate_announcement_build(event);
	if (!skb)
		genl_set_err(&localstate_family, net, 0, group, -ENOBUFS);
	else if (group == LS_GROUP_EVENTS_ALL)
		localstate_compat_multicast(&localstate_family, net, skb, group,
					    LS_ANNOUNCEMENT_GFP,
					    localstate_announce_withhold, net);
	else
		genlmsg_multicast_netns(&localstate_family, net, skb, 0, group,
					LS_ANNOUNCEMENT_GFP);
}

static void localstate_announce(const struct ls_announcement *event)
{
	const struct ls_session *session = event->session;
	struct net *net;

	if (!session->name.length)
		return;
	rcu_read_lock();
	/* NULL: the namespace is ending, and nobody in it listens. */
	net = rcu_dereference(session->netns->net);
	if (net) {
		if ((session->mode & 0444) == 0444)
			localstate_announce_to(net, LS_GROUP_EVENTS, event);
		localstate_announce_to(net, LS_GROUP_EVENTS_ALL, event);
	}
	rcu_read_unlock();
}

/* SESSION_CREATED by @who, or SESSION_ENDED, by whomever. */
void localstate_announce_session(const struct ls_session *session, u8 command,
				 const struct ls_writer *who)
{
	const struct ls_announcement event = {
		.command = command,
		.session = session,
		.who = who,
	};

	lockdep_assert_held(&session->netns->lock);
	localstate_announce(&event);
}

/* VARIABLE_REGISTERED or VARIABLE_DELETED, with the version that it has now. */
void localstate_announce_variable(const struct ls_session *session,
				  const struct ls_variable *variable,
				  u8 command, u64 version,
				  const struct ls_writer *who)
{
	const struct ls_announcement event = {
		.command = command,
		.session = session,
		.who = who,
		.variable = variable,
		.version = version,
	};

	lockdep_assert_held(&session->lock);
	lockdep_assert_held(&variable->lock);
	localstate_announce(&event);
}

/* CLIENT_ATTACHED or CLIENT_GONE. */
void localstate_announce_client(const struct ls_session *session,
				const struct ls_client *client, u8 command)
{
	const struct ls_announcement event = {
		.command = command,
		.session = session,
		.who = client->attached_by,
		.client = client,
	};

	lockdep_assert_held(&session->lock);
	localstate_announce(&event);
}
