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
#include <linux/nsproxy.h>
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

/* The session of that name, without a reference, or NULL. */
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

static struct ls_session *localstate_session_alloc(struct ls_netns *netns,
						   struct ls_user *user,
						   const struct ls_name *name)
{
	struct ls_session *session;
	int ret;

	session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);
	if (!session)
		return ERR_PTR(-ENOMEM);
	ret = localstate_session_init_tables(session);
	if (ret) {
		kfree(session);
		return ERR_PTR(ret);
	}
	refcount_set(&session->ref, 1);
	refcount_inc(&netns->ref);
	session->netns = netns;
	session->user = localstate_user_hold(user);
	session->user_ns = get_user_ns(current_user_ns());
	session->uid = current_fsuid();
	session->gid = current_fsgid();
	session->created_ns = ktime_get_ns();
	memcpy(session->text, name->text, name->length);
	session->name.text = session->text;
	session->name.length = name->length;
	mutex_init(&session->lock);
	xa_init_flags(&session->clients, XA_FLAGS_ACCOUNT);
	xa_init_flags(&session->variables, XA_FLAGS_ACCOUNT);
	session->next_id = 1;
	session->next_client = 1;
	return session;
}

/* Everything of a session but its charge. */
static void localstate_session_free(struct ls_session *session)
{
	struct ls_variable *variable;
	unsigned long id;

	/* Stops the tables' workers, which look at the variables. */
	rhashtable_destroy(&session->names);
	rhltable_destroy(&session->targets);
	xa_for_each(&session->variables, id, variable) {
		localstate_variable_put(variable);
		cond_resched();
	}
	xa_destroy(&session->variables);
	xa_destroy(&session->clients);
	mutex_destroy(&session->lock);
	put_user_ns(session->user_ns);
	localstate_user_put(session->user);
	localstate_netns_put(session->netns);
	kfree(session);
}

void localstate_session_put(struct ls_session *session)
{
	if (!refcount_dec_and_test(&session->ref))
		return;
	localstate_user_uncharge(session->user, LS_SESSIONS, 1);
	localstate_session_free(session);
}

/* Put a new session into the tables of its namespace. */
static int localstate_session_publish(struct ls_netns *netns,
				      struct ls_session *session)
{
	int ret;

	lockdep_assert_held(&netns->lock);
	session->id = ++netns->next_session;
	ret = xa_insert(&netns->sessions, session->id, session,
			GFP_KERNEL_ACCOUNT);
	if (ret || !session->name.length)
		return ret;
	ret = rhashtable_insert_fast(&netns->names, &session->node,
				     localstate_session_params);
	if (ret)
		xa_erase(&netns->sessions, session->id);
	return ret ? -ENOMEM : 0;
}

static struct ls_session *localstate_session_create(struct ls_netns *netns,
						    struct ls_client *client,
						    const struct ls_name *name,
						    struct localstate_attach *arg)
{
	struct ls_session *session;
	int ret;

	ret = localstate_user_charge(client->user, LS_SESSIONS, 1, &arg->error);
	if (ret)
		return ERR_PTR(ret);
	session = localstate_session_alloc(netns, client->user, name);
	if (IS_ERR(session)) {
		localstate_user_uncharge(client->user, LS_SESSIONS, 1);
		return session;
	}
	session->mode = arg->mode & ~current_umask();
	session->persistent = arg->flags & LOCALSTATE_ATTACH_PERSISTENT;
	ret = localstate_session_publish(netns, session);
	if (ret) {
		localstate_session_put(session);
		return ERR_PTR(ret);
	}
	return session;
}

/*
 * End a session: dead, its name free, each queue closed.  Drops the reference
 * of the tables.
 */
void localstate_session_end(struct ls_session *session)
{
	struct ls_netns *netns = session->netns;
	struct ls_client *client;
	unsigned long id;

	lockdep_assert_held(&netns->lock);
	mutex_lock(&session->lock);
	WRITE_ONCE(session->dead, true);
	xa_for_each(&session->clients, id, client)
		localstate_queue_end(client);
	mutex_unlock(&session->lock);

	if (session->name.length)
		rhashtable_remove_fast(&netns->names, &session->node,
				       localstate_session_params);
	xa_erase(&netns->sessions, session->id);
	localstate_session_put(session);
}

/* Make @client one of the session's, with @rights. */
static int localstate_session_join(struct ls_session *session,
				   struct ls_client *client, u32 rights)
{
	int ret;

	guard(mutex)(&session->lock);
	client->id = session->next_client++;
	client->rights = rights;
	ret = xa_insert(&session->clients, client->id, client,
			GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	session->n_clients++;
	refcount_inc(&session->ref);
	/* Pairs with the acquire in the dispatcher: id and rights are set. */
	smp_store_release(&client->session, session);
	return 0;
}

/* Take @client out of its session, which ends if nothing holds it. */
void localstate_session_leave(struct ls_client *client)
{
	struct ls_session *session = client->session;
	struct ls_netns *netns = session->netns;
	bool ends;

	mutex_lock(&netns->lock);
	mutex_lock(&session->lock);
	xa_erase(&session->clients, client->id);
	ends = !--session->n_clients && !session->persistent && !session->dead;
	mutex_unlock(&session->lock);
	if (ends)
		localstate_session_end(session);
	mutex_unlock(&netns->lock);
	localstate_session_put(session);
}

static int localstate_attach_check(const struct localstate_attach *arg,
				   struct localstate_error *error)
{
	u32 needs_create = LOCALSTATE_ATTACH_EXCLUSIVE |
			   LOCALSTATE_ATTACH_PERSISTENT;

	if (arg->flags & ~LS_ATTACH_FLAGS)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (!arg->name_len && arg->flags)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (!(arg->flags & LOCALSTATE_ATTACH_CREATE) &&
	    (arg->flags & needs_create))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (!arg->name_len && arg->name)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_NAME);
	if (arg->mode & ~0777)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_MODE);
	if (arg->reserved)
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_RESERVED);
	return 0;
}

/* Find the session that is asked for, and what the caller may do with it. */
static struct ls_session *localstate_attach_find(struct ls_netns *netns,
						 const struct ls_name *name,
						 struct localstate_attach *arg,
						 u32 *rights)
{
	struct ls_session *session;

	session = localstate_session_lookup(netns, name);
	if (!session && !(arg->flags & LOCALSTATE_ATTACH_CREATE))
		return ERR_PTR(localstate_error(&arg->error, -ENOENT,
						LOCALSTATE_FIELD_NAME));
	if (!session)
		return NULL;
	if (arg->flags & LOCALSTATE_ATTACH_EXCLUSIVE)
		return ERR_PTR(localstate_error(&arg->error, -EEXIST,
						LOCALSTATE_FIELD_NAME));
	*rights = localstate_session_rights(session, current_cred(), false);
	/* The capability is asked for, and noted as used, only if it matters. */
	if (*rights != LS_RIGHTS_ALL &&
	    ns_capable(session->user_ns, CAP_DAC_OVERRIDE))
		*rights = LS_RIGHTS_ALL;
	if (!*rights)
		return ERR_PTR(localstate_error(&arg->error, -EACCES,
						LOCALSTATE_FIELD_MODE));
	return session;
}

static int localstate_attach_locked(struct ls_netns *netns,
				    struct ls_client *client,
				    const struct ls_name *name,
				    struct localstate_attach *arg)
{
	struct ls_session *session = NULL;
	u32 rights = LS_RIGHTS_ALL;
	bool created = false;
	int ret;

	lockdep_assert_held(&netns->lock);
	if (netns->dead)
		return localstate_error(&arg->error, -ESHUTDOWN,
					LOCALSTATE_FIELD_NONE);
	if (name->length)
		session = localstate_attach_find(netns, name, arg, &rights);
	if (!session) {
		session = localstate_session_create(netns, client, name, arg);
		created = true;
	}
	if (IS_ERR(session))
		return PTR_ERR(session);
	ret = localstate_session_join(session, client, rights);
	if (ret) {
		if (created)
			localstate_session_end(session);
		return ret;
	}
	arg->session = session->id;
	arg->rights = rights;
	arg->created = created;
	return 0;
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
	guard(mutex)(&netns->lock);
	return localstate_attach_locked(netns, client, &name, arg);
}

int localstate_session_destroy(struct ls_client *client, void *data)
{
	struct localstate_destroy *arg = data;
	struct ls_session *session = client->session;

	if (arg->flags)
		return localstate_error(&arg->error, -EINVAL,
					LOCALSTATE_FIELD_FLAGS);
	if (arg->reserved)
		return localstate_error(&arg->error, -EINVAL,
					LOCALSTATE_FIELD_RESERVED);
	guard(mutex)(&session->netns->lock);
	if (session->dead)
		return localstate_error(&arg->error, -ESHUTDOWN,
					LOCALSTATE_FIELD_NONE);
	localstate_session_end(session);
	return 0;
}
