// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family, and its dumps of sessions, variables and watches.
 *
 * The rights that count are those with which the socket was opened: a dump is
 * continued from whoever calls recvmsg(), and a socket can be handed on.
 */
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/localstate_netlink.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat.h"
#include "private.h"

/* Where a dump is; lives in the callback's context. */
struct ls_dump {
	struct ls_session *session;	/* referenced; NULL: of sessions */
	u64 first;			/* id of the next session, variable or client */
	u32 ref;			/* of the next watch of that client */
	u32 target;			/* the next target of that watch */
};

static struct ls_dump *localstate_dump(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct ls_dump) > sizeof(cb->ctx));
	return (struct ls_dump *)cb->ctx;
}

/* The file of the requesting socket, whose opener's rights count. */
static struct file *localstate_dump_file(const struct netlink_callback *cb)
{
	struct sock *sk = NETLINK_CB(cb->skb).sk;

	return sk && sk->sk_socket ? sk->sk_socket->file : NULL;
}

static u32 localstate_dump_rights(const struct netlink_callback *cb,
				  const struct ls_session *session)
{
	struct file *file = localstate_dump_file(cb);

	if (!file)
		return 0;
	return localstate_session_rights(session, file->f_cred,
					 file_ns_capable(file, session->user_ns,
							 CAP_DAC_OVERRIDE));
}

static struct ls_netns *localstate_dump_netns(const struct netlink_callback *cb)
{
	return localstate_netns_of(sock_net(cb->skb->sk));
}

static void *localstate_dump_begin(struct sk_buff *skb,
				   struct netlink_callback *cb, u8 command)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &localstate_family, NLM_F_MULTI, command);
}

int localstate_put_u64(struct sk_buff *skb, int attribute, u64 value)
{
	return nla_put_u64_64bit(skb, attribute, value, LOCALSTATE_A_PAD);
}

/* ---- sessions ------------------------------------------------------------ */

static int localstate_session_put_attributes(struct sk_buff *skb,
					     struct ls_session *session)
{
	u32 flags = session->persistent ? LOCALSTATE_ATTACH_PERSISTENT : 0;
	struct user_namespace *user_ns = current_user_ns();

	if (localstate_put_u64(skb, LOCALSTATE_A_ID, session->id) ||
	    nla_put_string(skb, LOCALSTATE_A_NAME, session->text) ||
	    nla_put_u32(skb, LOCALSTATE_A_UID,
			from_kuid_munged(user_ns, session->uid)) ||
	    nla_put_u32(skb, LOCALSTATE_A_GID,
			from_kgid_munged(user_ns, session->gid)) ||
	    nla_put_u32(skb, LOCALSTATE_A_MODE, session->mode) ||
	    nla_put_u32(skb, LOCALSTATE_A_FLAGS, flags) ||
	    localstate_put_u64(skb, LOCALSTATE_A_CREATED_NS,
			       session->created_ns) ||
	    nla_put_u32(skb, LOCALSTATE_A_CLIENTS,
			READ_ONCE(session->n_clients)) ||
	    nla_put_u32(skb, LOCALSTATE_A_VARIABLES,
			READ_ONCE(session->n_variables)))
		return -EMSGSIZE;
	return 0;
}

static int localstate_session_dump_one(struct sk_buff *skb,
				       struct netlink_callback *cb,
				       struct ls_session *session)
{
	void *message = localstate_dump_begin(skb, cb,
					      LOCALSTATE_CMD_SESSION_GET);

	if (!message)
		return -EMSGSIZE;
	if (localstate_session_put_attributes(skb, session)) {
		genlmsg_cancel(skb, message);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, message);
	return 0;
}

static int localstate_session_dump(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	const u32 shows = LOCALSTATE_RIGHT_READ | LOCALSTATE_RIGHT_OWNER;
	struct ls_netns *netns = localstate_dump_netns(cb);
	struct ls_dump *dump = localstate_dump(cb);
	struct ls_session *session;

	guard(mutex)(&netns->lock);
	list_for_each_entry(session, &netns->sessions, in_netns) {
		if (session->id < dump->first || !session->name.length ||
		    READ_ONCE(session->dead) ||
		    !(localstate_dump_rights(cb, session) & shows))
			continue;
		if (localstate_session_dump_one(skb, cb, session))
			break;
		dump->first = session->id + 1;
	}
	return skb->len;
}

/* ---- what is in a session ------------------------------------------------- */

static struct ls_session *localstate_dump_find(struct netlink_callback *cb)
{
	struct nlattr *attr =
		localstate_compat_dump_attrs(cb)[LOCALSTATE_A_SESSION_NAME];
	struct ls_netns *netns = localstate_dump_netns(cb);
	struct ls_session *session;
	struct ls_name name;

	if (!attr) {
		NL_SET_ERR_MSG(cb->extack, "the session's name is missing");
		return ERR_PTR(-EINVAL);
	}
	name.text = nla_data(attr);
	name.length = strnlen(name.text, nla_len(attr));
	guard(mutex)(&netns->lock);
	session = localstate_session_lookup(netns, &name);
	if (!session || READ_ONCE(session->dead)) {
		NL_SET_ERR_MSG(cb->extack, "no such session");
		return ERR_PTR(-ENOENT);
	}
	if (!(localstate_dump_rights(cb, session) & LOCALSTATE_RIGHT_READ)) {
		NL_SET_ERR_MSG(cb->extack, "no right to read the session");
		return ERR_PTR(-EACCES);
	}
	refcount_inc(&session->ref);
	return session;
}

static int localstate_dump_start(struct netlink_callback *cb)
{
	struct ls_dump *dump = localstate_dump(cb);
	struct ls_session *session = localstate_dump_find(cb);

	*dump = (struct ls_dump){};
	if (IS_ERR(session))
		return PTR_ERR(session);
	dump->session = session;
	return 0;
}

static int localstate_dump_done(struct netlink_callback *cb)
{
	struct ls_dump *dump = localstate_dump(cb);

	if (dump->session)
		localstate_session_put(dump->session);
	return 0;
}

static int localstate_variable_put_attributes(struct sk_buff *skb,
					      const struct ls_variable *variable,
					      const struct ls_snapshot *snapshot)
{
	const struct localstate_slot *slot = &snapshot->slot;
	const struct ls_spec *spec = variable->spec;

	if (localstate_put_u64(skb, LOCALSTATE_A_ID, slot->id) ||
	    nla_put_string(skb, LOCALSTATE_A_NAME, variable->text) ||
	    nla_put_u32(skb, LOCALSTATE_A_TYPE, slot->type) ||
	    nla_put_string(skb, LOCALSTATE_A_LABEL, spec ? spec->label : "") ||
	    localstate_put_u64(skb, LOCALSTATE_A_VERSION, slot->version) ||
	    localstate_put_u64(skb, LOCALSTATE_A_CREATED_NS,
			       variable->created_ns) ||
	    localstate_put_u64(skb, LOCALSTATE_A_CHANGED_NS,
			       slot->changed_ns) ||
	    nla_put_u32(skb, LOCALSTATE_A_PID, snapshot->pid) ||
	    nla_put_u32(skb, LOCALSTATE_A_UID, snapshot->uid))
		return -EMSGSIZE;
	return 0;
}

static int localstate_variable_dump_one(struct sk_buff *skb,
					struct netlink_callback *cb,
					struct ls_variable *variable)
{
	struct ls_snapshot snapshot;
	void *message;
	int ret;

	/* Deleted in the meantime: not there. */
	if (localstate_snapshot_take(variable, &snapshot))
		return 0;
	message = localstate_dump_begin(skb, cb, LOCALSTATE_CMD_VARIABLE_GET);
	ret = -EMSGSIZE;
	if (message) {
		ret = localstate_variable_put_attributes(skb, variable,
							 &snapshot);
		if (ret)
			genlmsg_cancel(skb, message);
		else
			genlmsg_end(skb, message);
	}
	localstate_snapshot_drop(&snapshot);
	return ret;
}

static int localstate_variable_dump(struct sk_buff *skb,
				    struct netlink_callback *cb)
{
	struct ls_dump *dump = localstate_dump(cb);
	struct ls_variable *variable;
	unsigned long id;

	/* Keeps the variables; what is put in fits into one buffer. */
	guard(mutex)(&dump->session->lock);
	xa_for_each_start(&dump->session->variables, id, variable,
			  dump->first) {
		if (localstate_variable_dump_one(skb, cb, variable))
			break;
		dump->first = id + 1;
	}
	return skb->len;
}

static int localstate_target_put(struct sk_buff *skb,
				 const struct ls_target *target)
{
	switch (target->kind) {
	case LOCALSTATE_TARGET_NAME:
		return nla_put_string(skb, LOCALSTATE_A_TARGET_NAME,
				      target->name.text);
	case LOCALSTATE_TARGET_PATTERN:
		return nla_put_string(skb, LOCALSTATE_A_TARGET_PATTERN,
				      target->name.text);
	default:
		return localstate_put_u64(skb, LOCALSTATE_A_TARGET_ID,
					  target->id);
	}
}

/* As many targets from *@next on as there is room for, and at least one. */
static int localstate_target_put_all(struct sk_buff *skb,
				     const struct ls_watch *watch, u32 *next)
{
	struct nlattr *nest = nla_nest_start(skb, LOCALSTATE_A_TARGETS);
	u32 first = *next;

	if (!nest)
		return -EMSGSIZE;
	while (*next < watch->n_targets &&
	       !localstate_target_put(skb, &watch->targets[*next]))
		++*next;
	if (*next == first) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int localstate_watch_put_attributes(struct sk_buff *skb,
					   struct ls_watch *watch)
{
	const struct ls_writer *creator = watch->creator;
	struct localstate_watch_info info;

	localstate_watch_count(watch, &info);
	if (localstate_put_u64(skb, LOCALSTATE_A_CLIENT, watch->client->id) ||
	    nla_put_u32(skb, LOCALSTATE_A_REF, info.ref) ||
	    nla_put_u32(skb, LOCALSTATE_A_PID,
			pid_nr_ns(creator->pid, task_active_pid_ns(current))) ||
	    nla_put_string(skb, LOCALSTATE_A_COMM, watch->comm) ||
	    nla_put_u32(skb, LOCALSTATE_A_UID,
			from_kuid_munged(current_user_ns(), creator->uid)) ||
	    nla_put_u32(skb, LOCALSTATE_A_FLAGS, info.flags) ||
	    nla_put_u32(skb, LOCALSTATE_A_INLINE_LIMIT, info.inline_limit) ||
	    localstate_put_u64(skb, LOCALSTATE_A_CREATED_NS,
			       info.created_ns) ||
	    localstate_put_u64(skb, LOCALSTATE_A_QUEUED, info.queued) ||
	    localstate_put_u64(skb, LOCALSTATE_A_DELIVERED, info.delivered) ||
	    localstate_put_u64(skb, LOCALSTATE_A_EVENTS, info.events) ||
	    localstate_put_u64(skb, LOCALSTATE_A_MERGED, info.merged) ||
	    localstate_put_u64(skb, LOCALSTATE_A_FILTERED, info.filtered) ||
	    localstate_filter_put(skb, watch->filter))
		return -EMSGSIZE;
	return 0;
}

/* One message for each part of the target list that fits. */
static int localstate_watch_dump_one(struct sk_buff *skb,
				     struct netlink_callback *cb,
				     struct ls_watch *watch)
{
	struct ls_dump *dump = localstate_dump(cb);
	void *message;

	while (dump->target < watch->n_targets) {
		message = localstate_dump_begin(skb, cb,
						LOCALSTATE_CMD_WATCH_GET);
		if (!message)
			return -EMSGSIZE;
		if (localstate_watch_put_attributes(skb, watch) ||
		    localstate_target_put_all(skb, watch, &dump->target)) {
			genlmsg_cancel(skb, message);
			return -EMSGSIZE;
		}
		genlmsg_end(skb, message);
	}
	dump->target = 0;
	return 0;
}

static int localstate_client_dump(struct sk_buff *skb,
				  struct netlink_callback *cb,
				  struct ls_client *client)
{
	struct ls_dump *dump = localstate_dump(cb);
	struct ls_watch *watch;
	unsigned long ref;

	xa_for_each_start(&client->watches, ref, watch, dump->ref) {
		/* The one that was begun may be gone: this one starts anew. */
		if (ref != dump->ref)
			dump->target = 0;
		dump->ref = ref;
		if (localstate_watch_dump_one(skb, cb, watch))
			return -EMSGSIZE;
		dump->ref = ref + 1;
	}
	dump->ref = 0;
	dump->target = 0;
	return 0;
}

static int localstate_watch_dump(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct ls_dump *dump = localstate_dump(cb);
	struct ls_client *client;

	/* Keeps clients and watches: both end with this lock held. */
	guard(mutex)(&dump->session->lock);
	list_for_each_entry(client, &dump->session->clients, in_session) {
		if (client->id < dump->first)
			continue;
		if (client->id != dump->first) {
			dump->ref = 0;
			dump->target = 0;
		}
		dump->first = client->id;
		if (localstate_client_dump(skb, cb, client))
			break;
		dump->first = client->id + 1;
	}
	return skb->len;
}

/* ---- the family ----------------------------------------------------------- */

static const struct nla_policy localstate_policy[LOCALSTATE_A_SESSION_NAME + 1] = {
	[LOCALSTATE_A_SESSION_NAME] = { .type = NLA_NUL_STRING,
					.len = LOCALSTATE_NAME_MAX },
};

static const struct genl_ops localstate_genl_ops[] = {
	{
		.cmd = LOCALSTATE_CMD_SESSION_GET,
		.dumpit = localstate_session_dump,
	},
	{
		.cmd = LOCALSTATE_CMD_VARIABLE_GET,
		.start = localstate_dump_start,
		.dumpit = localstate_variable_dump,
		.done = localstate_dump_done,
		.policy = localstate_policy,
		.maxattr = ARRAY_SIZE(localstate_policy) - 1,
	},
	{
		.cmd = LOCALSTATE_CMD_WATCH_GET,
		.start = localstate_dump_start,
		.dumpit = localstate_watch_dump,
		.done = localstate_dump_done,
		.policy = localstate_policy,
		.maxattr = ARRAY_SIZE(localstate_policy) - 1,
	},
};

static const struct genl_multicast_group localstate_genl_groups[] = {
	[LS_GROUP_EVENTS] = {
		.name = LOCALSTATE_GENL_GROUP_EVENTS,
	},
	[LS_GROUP_EVENTS_ALL] = {
		.name = LOCALSTATE_GENL_GROUP_EVENTS_ALL,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family localstate_family __ro_after_init = {
	.name = LOCALSTATE_GENL_NAME,
	.version = LOCALSTATE_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.ops = localstate_genl_ops,
	.n_ops = ARRAY_SIZE(localstate_genl_ops),
	.mcgrps = localstate_genl_groups,
	.n_mcgrps = ARRAY_SIZE(localstate_genl_groups),
	.module = THIS_MODULE,
};

int __init localstate_netlink_init(void)
{
	return genl_register_family(&localstate_family);
}

void localstate_netlink_exit(void)
{
	genl_unregister_family(&localstate_family);
}
