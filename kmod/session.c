// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions: found or made by ATTACH, ended by their last client, by DESTROY or
 * with their network namespace.
 *
 * A session is in netns->sessions until it ends; it is dead from then on, and
 * freed when the last client or dump lets go of it.
 */
#include <linux/cred.h>
#include <linux/fs_struct.h>
#include <linux/ktime.h>
#include <linux/localstate_netlink.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "private.h"

#define LS_ATTACH_FLAGS	(LOCALSTATE_ATTACH_CREATE | \
			 LOCALSTATE_ATTACH_EXCLUSIVE | \
			 LOCALSTATE_ATTACH_PERSISTENT)
#define LS_RIGHTS_ALL	(LOCALSTATE_RIGHT_READ | LOCALSTATE_RIGHT_WRITE | \
			 LOCALSTATE_RIGHT_OWNER)

static const struct rhashtable_params localstate_session_params =
	LS_NAME_TABLE(struct ls_session);

int localstate_session_table_init(struct rhashtable *table)
{
	return rhashtable_init(table, &localstate_session_params);
}

static bool localstate_session_is_in_group(const struct ls_session *session,
					   const struct cred *cred)
{
	const struct group_info *groups = cred->group_info;
	int i;

	if (gid_eq(session->gid, cred->fsgid))
		return true;
	/* groups_search() is not open to modules. */
	for (i = 0; i < groups->ngroups; i++) {
		if (gid_eq(session->gid, groups->gid[i]))
			return true;
	}
	return false;
}

/*
 * LOCALSTATE_RIGHT_* of somebody with @cred, who is @capable of
 * CAP_DAC_OVERRIDE in the session's user namespace or not.
 */
u32 localstate_session_rights(const struct ls_session *session,
			      const struct cred *cred, bool capable)
{
	u32 rights = 0;
	umode_t mode = session->mode;

	if (capable)
		return LS_RIGHTS_ALL;
	if (uid_eq(session->uid, cred->fsuid)) {
		rights = LOCALSTATE_RIGHT_OWNER;
		mode >>= 6;
	} else if (localstate_session_is_in_group(session, cred)) {
		mode >>= 3;
	}
	if (mode & 0004)
		rights |= LOCALSTATE_RIGHT_READ;
	if (mode & 0002)
		rights |= LOCALSTATE_RIGHT_WRITE;
	return rights;
}

/* The session of that name, without a reference, or NULL; it may be dead. */
struct ls_session *localstate_session_lookup(struct ls_netns *netns,
					     const struct ls_name *name)
{
	lockdep_assert_held(&netns->lock);
	return rhashtable_lookup_fast(&netns->names, name,
				      localstate_session_params);
}

static int localstate_session_init_tables(struct ls_session *session)
{
	int ret = localstate_variable_table_init(&session->names);

	if (ret)
		return ret;
	ret = localstate_target_table_init(&session->targets);
	if (ret)
		rhashtable_destroy(&session->names);
	return ret;
}

static void localstate_session_init(struct ls_session *session,
				    struct ls_netns *netns,
				    struct ls_user *user,
				    const struct ls_name *name)
{
	refcount_set(&session->ref, 1);
	session->netns = localstate_netns_hold(netns);
	session->user = localstate_user_hold(user);
	session->pid_ns = get_pid_ns(task_active_pid_ns(current));
	session->user_ns = get_user_ns(current_user_ns());
	session->uid = current_fsuid();
	session->gid = current_fsgid();
	session->created_ns = ktime_get_ns();
	memcpy(session->text, name->text, name->length);
	session->name.text = session->text;
	session->name.length = name->length;
	mutex_init(&session->lock);
	mutex_init(&session->txn_lock);
	INIT_LIST_HEAD(&session->in_netns);
	INIT_LIST_HEAD(&session->clients);
	INIT_LIST_HEAD(&session->waiters);
	INIT_LIST_HEAD(&session->patterns);
	xa_init_flags(&session->variables, XA_FLAGS_ACCOUNT);
	session->next_id = 1;
}

static void localstate_session_free(struct ls_session *session)
{
	struct ls_variable *variable;
	unsigned long id;

	/* Stops the tables' workers, which look at the variables. */
	rhashtable_destroy(&session->names);
	rhashtable_destroy(&session->targets);
	xa_for_each(&session->variables, id, variable) {
		localstate_variable_put(variable);
		cond_resched();
	}
	xa_destroy(&session->variables);
	mutex_destroy(&session->txn_lock);
	mutex_destroy(&session->lock);
	put_pid_ns(session->pid_ns);
	put_user_ns(session->user_ns);
	localstate_user_uncharge(session->user, LS_SESSIONS, 1);
	localstate_user_put(session->user);
	localstate_netns_put(session->netns);
	kfree(session);
}

void localstate_session_put(struct ls_session *session)
{
	if (refcount_dec_and_test(&session->ref))
		localstate_session_free(session);
}

/* A session that nobody sees yet, or an ERR_PTR. */
static struct ls_session *localstate_session_create(struct ls_netns *netns,
						    struct ls_user *user,
						    const struct ls_name *name,
						    struct localstate_attach *arg)
{
	struct ls_session *session;
	int ret;

	ret = localstate_user_charge(user, LS_SESSIONS, 1, &arg->error);
	if (ret)
		return ERR_PTR(ret);
	ret = -ENOMEM;
	session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);
	if (!session)
		goto err_charge;
	ret = localstate_session_init_tables(session);
	if (ret)
		goto err_free;
	localstate_session_init(session, netns, user, name);
	session->mode = arg->mode & ~current_umask();
	session->persistent = arg->flags & LOCALSTATE_ATTACH_PERSISTENT;
	return session;

err_free:
	kfree(session);
err_charge:
	localstate_user_uncharge(user, LS_SESSIONS, 1);
	return ERR_PTR(ret);
}

/* List a new session in its namespace, which takes a reference. */
static int localstate_session_list(struct ls_netns *netns,
				   struct ls_session *session)
{
	lockdep_assert_held(&netns->lock);
	if (netns->dead)
		return -ESHUTDOWN;
	session->id = ++netns->last_session;
	if (session->name.length &&
	    rhashtable_insert_fast(&netns->names, &session->node,
				   localstate_session_params))
		return -ENOMEM;
	refcount_inc(&session->ref);
	list_add_tail(&session->in_netns, &netns->sessions);
	return 0;
}

/* Its name is free from now on.  Whoever comes first does it. */
static void localstate_session_unlist(struct ls_session *session)
{
	struct ls_netns *netns = session->netns;

	lockdep_assert_held(&netns->lock);
	if (list_empty(&session->in_netns))
		return;
	list_del_init(&session->in_netns);
	if (session->name.length)
		rhashtable_remove_fast(&netns->names, &session->node,
				       localstate_session_params);
	localstate_announce_session(session, LOCALSTATE_CMD_SESSION_ENDED,
				    NULL);
	/* Never the last one: who ends a session holds it until it is unlisted. */
	refcount_dec(&session->ref);
}

/* From now on every call of its clients fails, and every queue is closed. */
static bool localstate_session_kill(struct ls_session *session)
{
	struct ls_client *client;

	guard(mutex)(&session->lock);
	if (session->dead)
		return false;
	WRITE_ONCE(session->dead, true);
	list_for_each_entry(client, &session->clients, in_session)
		localstate_queue_end(client);
	localstate_claim_wake_all(session);
	return true;
}

/* End a session that the caller has a reference to; false: it had ended. */
bool localstate_session_end(struct ls_session *session)
{
	bool ended = localstate_session_kill(session);

	mutex_lock(&session->netns->lock);
	localstate_session_unlist(session);
	mutex_unlock(&session->netns->lock);
	return ended;
}

/* Make @client one of the session's, with @rights; false: it has ended. */
static bool localstate_session_join(struct ls_session *session,
				    struct ls_client *client, u32 rights)
{
	guard(mutex)(&session->lock);
	if (session->dead)
		return false;
	client->id = ++session->last_client;
	client->rights = rights;
	list_add_tail(&client->in_session, &session->clients);
	WRITE_ONCE(session->n_clients, session->n_clients + 1);
	refcount_inc(&session->ref);
	localstate_announce_client(session, client,
				   LOCALSTATE_CMD_CLIENT_ATTACHED);
	/* Pairs with the acquire in the dispatcher: id and rights are set. */
	smp_store_release(&client->session, session);
	return true;
}

/* Take @client out of its session, which ends if nothing holds it. */
void localstate_session_leave(struct ls_client *client)
{
	struct ls_session *session = client->session;
	bool ends;

	mutex_lock(&session->lock);
	list_del(&client->in_session);
	WRITE_ONCE(session->n_clients, session->n_clients - 1);
	localstate_announce_client(session, client, LOCALSTATE_CMD_CLIENT_GONE);
	ends = !session->n_clients && !session->persistent && !session->dead;
	/* Here, so that nobody joins between the last one and the end. */
	if (ends)
		WRITE_ONCE(session->dead, true);
	mutex_unlock(&session->lock);
	if (ends)
		localstate_session_end(session);
	localstate_session_put(session);
}

static int localstate_attach_check(const struct localstate_attach *arg,
				   struct localstate_error *error)
{
	u32 needs_create = LOCALSTATE_ATTACH_EXCLUSIVE |
			   LOCALSTATE_ATTACH_PERSISTENT;
	int ret = localstate_error_unless_zero(error,
					       arg->flags & ~LS_ATTACH_FLAGS,
					       arg->reserved);

	if (ret)
		return ret;
	if (!arg->name_len && arg->flags)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (!(arg->flags & LOCALSTATE_ATTACH_CREATE) &&
	    (arg->flags & needs_create))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (!arg->name_len && arg->name)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_NAME);
	if (arg->mode & ~0777)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_MODE);
	return 0;
}

/* What the caller may do with a session that it has found. */
static u32 localstate_attach_rights(const struct ls_session *session)
{
	u32 rights = localstate_session_rights(session, current_cred(), false);

	/* The capability is asked for, and noted as used, only if it matters. */
	if (rights != LS_RIGHTS_ALL &&
	    ns_capable(session->user_ns, CAP_DAC_OVERRIDE))
		rights = LS_RIGHTS_ALL;
	return rights;
}

/*
 * The session that is asked for, referenced: one that is there, or else @new,
 * which may be NULL.
 */
static struct ls_session *localstate_attach_find(struct ls_netns *netns,
						 const struct ls_client *client,
						 const struct ls_name *name,
						 struct ls_session *new,
						 struct localstate_attach *arg)
{
	struct ls_session *session = NULL;
	int ret;

	guard(mutex)(&netns->lock);
	if (name->length)
		session = localstate_session_lookup(netns, name);
	if (session && READ_ONCE(session->dead)) {
		/* Whoever ended it is about to unlist it, and holds it. */
		localstate_session_unlist(session);
		session = NULL;
	}
	if (session && (arg->flags & LOCALSTATE_ATTACH_EXCLUSIVE))
		return ERR_PTR(localstate_error(&arg->error, -EEXIST,
						LOCALSTATE_FIELD_NAME));
	if (!session && !new)
		return ERR_PTR(-ENOENT);
	if (!session) {
		ret = localstate_session_list(netns, new);
		if (ret)
			return ERR_PTR(ret);
		localstate_announce_session(new, LOCALSTATE_CMD_SESSION_CREATED,
					    client->attached_by);
		session = new;
	}
	refcount_inc(&session->ref);
	return session;
}

/* Attach to the session of @name, or to @new; -EAGAIN: it has just ended. */
static int localstate_attach_once(struct ls_netns *netns,
				  struct ls_client *client,
				  const struct ls_name *name,
				  struct ls_session *new,
				  struct localstate_attach *arg)
{
	u32 rights = LS_RIGHTS_ALL;
	struct ls_session *session;
	int ret = 0;

	session = localstate_attach_find(netns, client, name, new, arg);
	if (IS_ERR(session))
		return PTR_ERR(session);
	if (session != new)
		rights = localstate_attach_rights(session);
	if (!rights)
		ret = localstate_error(&arg->error, -EACCES,
				       LOCALSTATE_FIELD_MODE);
	else if (!localstate_session_join(session, client, rights))
		ret = -EAGAIN;
	if (!ret) {
		arg->session = session->id;
		arg->rights = rights;
		arg->created = session == new;
	}
	localstate_session_put(session);
	return ret;
}

/* Make the session that is not there, and attach to it or to a rival's. */
static int localstate_attach_new(struct ls_netns *netns,
				 struct ls_client *client,
				 const struct ls_name *name,
				 struct localstate_attach *arg)
{
	struct ls_session *new;
	int ret;

	new = localstate_session_create(netns, client->user, name, arg);
	if (IS_ERR(new))
		return PTR_ERR(new);
	ret = localstate_attach_once(netns, client, name, new, arg);
	localstate_session_put(new);
	return ret;
}

static int localstate_attach_locked(struct ls_netns *netns,
				    struct ls_client *client,
				    const struct ls_name *name,
				    struct localstate_attach *arg)
{
	bool create = !name->length || (arg->flags & LOCALSTATE_ATTACH_CREATE);
	int ret;

	lockdep_assert_held(&client->setup);
	do {
		ret = -ENOENT;
		if (name->length)
			ret = localstate_attach_once(netns, client, name, NULL,
						     arg);
		if (ret == -ENOENT && create)
			ret = localstate_attach_new(netns, client, name, arg);
	} while (ret == -EAGAIN);
	if (ret == -ENOENT)
		localstate_error(&arg->error, ret, LOCALSTATE_FIELD_NAME);
	return ret;
}

int localstate_session_attach(struct ls_client *client, void *data)
{
	struct localstate_attach *arg = data;
	struct ls_netns *netns = localstate_netns_of(current->nsproxy->net_ns);
	char text[LOCALSTATE_NAME_MAX + 1];
	struct ls_name name = { .text = text, .length = arg->name_len };
	int ret;

	ret = localstate_attach_check(arg, &arg->error);
	if (ret)
		return ret;
	if (name.length) {
		ret = localstate_name_copy(text, arg->name, name.length,
					   &arg->error);
		if (ret)
			return ret;
	}
	guard(mutex)(&client->setup);
	if (client->session)
		return localstate_error(&arg->error, -EISCONN,
					LOCALSTATE_FIELD_NONE);
	client->attached_by = localstate_writer_current(&client->writer);
	if (!client->attached_by)
		return -ENOMEM;
	get_task_comm(client->comm, current);
	ret = localstate_attach_locked(netns, client, &name, arg);
	if (ret) {
		localstate_writer_put(client->attached_by);
		client->attached_by = NULL;
	}
	return ret;
}

int localstate_session_destroy(struct ls_client *client, void *data)
{
	struct localstate_destroy *arg = data;
	struct ls_session *session = client->session;
	int ret;

	ret = localstate_error_unless_zero(&arg->error, arg->flags,
					   arg->reserved);
	if (ret)
		return ret;
	return localstate_session_end(session) ? 0 : -ESHUTDOWN;
}
