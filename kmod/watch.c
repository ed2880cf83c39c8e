// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches: installed all or nothing by WATCH, ended by UNWATCH or with their
 * client, whoever takes them out of client->watches first.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "private.h"

/*
 * A WATCH in the making.  All that it needs is allocated before session->lock
 * is taken: a link for each target that is not a pattern, and as many as the
 * patterns needed at the last try.  Those of variables that are named a second time
 * are left over.
 */
struct ls_install {
	struct ls_watch *watch;
	struct ls_resolution resolution;	/* with room for as many as links */
	s32 *status;
	struct ls_starts starts;	/* with room for as many as links */
	struct list_head links;		/* by in_watch: not attached yet */
	u32 n_links;			/* those that were allocated */
};

/* ---- making -------------------------------------------------------------- */

static int localstate_watch_check(const struct localstate_watch *arg,
				  struct localstate_error *error)
{
	const u32 both = LOCALSTATE_WATCH_INITIAL | LOCALSTATE_WATCH_SNAPSHOT;
	u32 unknown = arg->flags & ~(both | LOCALSTATE_WATCH_ALLOW_MISSING |
				     LOCALSTATE_WATCH_NO_SELF |
				     LOCALSTATE_WATCH_CONFLATE);
	u32 max = READ_ONCE(localstate_params.max_targets);

	if (unknown || (arg->flags & both) == both)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (!(arg->flags & LOCALSTATE_WATCH_SNAPSHOT) &&
	    (arg->buffer || arg->buffer_len))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_BUFFER);
	if (!arg->n_targets || arg->n_targets > max)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_TARGETS,
					      LOCALSTATE_TYPE_UINT, max);
	return 0;
}

/* The largest inline limit that the parameter allows. */
u32 localstate_watch_inline_ceiling(void)
{
	return clamp(READ_ONCE(localstate_params.inline_max),
		     LOCALSTATE_INLINE_MIN, LS_INLINE_CEILING);
}

/* One record must fit into the ring. */
static u32 localstate_watch_inline_max(const struct ls_client *client)
{
	return min_t(u32, localstate_watch_inline_ceiling(),
		     client->ring.size - localstate_record_max(0));
}

static int localstate_watch_inline_limit(const struct ls_client *client,
					 u32 wanted, u32 *limit,
					 struct localstate_error *error)
{
	u32 max = localstate_watch_inline_max(client);

	if (!wanted)
		wanted = clamp(READ_ONCE(localstate_params.inline_default),
			       LOCALSTATE_INLINE_MIN, max);
	if (wanted < LOCALSTATE_INLINE_MIN || wanted > max)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_INLINE_LIMIT,
					      LOCALSTATE_TYPE_UINT, max);
	*limit = wanted;
	return 0;
}

static int localstate_watch_charge(struct ls_user *user, u32 n_targets,
				   struct localstate_error *error)
{
	int ret;

	ret = localstate_user_charge(user, LS_WATCHES, 1, error);
	if (ret)
		return ret;
	ret = localstate_user_charge(user, LS_LINKS, n_targets, error);
	if (ret)
		localstate_user_uncharge(user, LS_WATCHES, 1);
	return ret;
}

static void localstate_watch_uncharge(struct ls_user *user, u32 n_targets)
{
	localstate_user_uncharge(user, LS_WATCHES, 1);
	localstate_user_uncharge(user, LS_LINKS, n_targets);
}

/*
 * The filter of a watch, for which the client's user pays; *@filter is NULL if it
 * has none.
 */
int localstate_watch_import_filter(struct ls_client *client,
				   const struct localstate_filter *arg,
				   struct ls_filter **filter,
				   struct localstate_error *error)
{
	int ret;

	ret = localstate_filter_import(filter, arg, error);
	if (ret || !*filter)
		return ret;
	ret = localstate_filter_charge(*filter, client->user, error);
	if (ret)
		localstate_filter_drop(*filter);
	return ret;
}

/* The watch without anything that needs the session; charged. */
static struct ls_watch *localstate_watch_alloc(struct ls_client *client,
					       const struct localstate_watch *arg,
					       s32 *status,
					       struct localstate_error *error)
{
	struct ls_watch *watch;
	int ret;

	watch = localstate_target_import(arg, status, error);
	if (IS_ERR(watch))
		return watch;
	ret = localstate_watch_import_filter(client, &arg->filter,
					     &watch->filter, error);
	if (ret)
		goto err_free;
	watch->client = client;
	watch->flags = arg->flags;
	watch->conflate = arg->flags & LOCALSTATE_WATCH_CONFLATE;
	watch->created_ns = ktime_get_ns();
	get_task_comm(watch->comm, current);
	INIT_LIST_HEAD(&watch->links);
	INIT_LIST_HEAD(&watch->sync.node);
	INIT_LIST_HEAD(&watch->lost.node);
	watch->sync.kind = LS_PENDING_SYNC;
	watch->lost.kind = LS_PENDING_LOST;
	ret = localstate_watch_inline_limit(client, arg->inline_limit,
					    &watch->inline_limit, error);
	if (ret)
		goto err_filter;
	watch->inline_max = watch->inline_limit;
	ret = -ENOMEM;
	watch->creator = localstate_writer_current(&client->writer);
	if (!watch->creator)
		goto err_filter;
	ret = localstate_watch_charge(client->user, watch->n_targets, error);
	if (ret)
		goto err_creator;
	return watch;

err_creator:
	localstate_writer_put(watch->creator);
err_filter:
	localstate_filter_drop(watch->filter);
err_free:
	kvfree(watch);
	return ERR_PTR(ret);
}

static void localstate_watch_free(struct ls_watch *watch)
{
	localstate_watch_uncharge(watch->client->user, watch->n_targets);
	localstate_writer_put(watch->creator);
	localstate_filter_drop(watch->filter);
	/* The worker of session->targets may still look at the names. */
	kvfree_rcu(watch, rcu);
}

/* Those that are left over, while the watch is there, whose size they have. */
static void localstate_install_drop_links(struct ls_install *install)
{
	struct ls_link *link, *next;

	list_for_each_entry_safe(link, next, &install->links, in_watch) {
		list_del(&link->in_watch);
		localstate_link_free(link);
		cond_resched();
	}
}

static void localstate_install_drop(struct ls_install *install)
{
	localstate_install_drop_links(install);
	if (!IS_ERR_OR_NULL(install->watch)) {
		if (install->watch->ref)
			xa_release(&install->watch->client->watches,
				   install->watch->ref);
		localstate_watch_free(install->watch);
	}
	localstate_starts_drop(&install->starts);
	kvfree(install->resolution.found);
	kvfree(install->status);
}

/*
 * Make room for @wanted targets and, if there is enough of everything, for @slack
 * more.
 */
static int localstate_install_grow(struct ls_install *install, u32 wanted,
				   u32 slack, struct localstate_error *error)
{
	struct ls_resolution *resolution = &install->resolution;
	struct localstate_error why = *error;
	struct ls_link *link;

	kvfree(resolution->found);
	resolution->found = kvcalloc(wanted + slack, sizeof(struct ls_found),
				     GFP_KERNEL_ACCOUNT);
	if (!resolution->found)
		return -ENOMEM;
	if (install->watch->flags & LOCALSTATE_WATCH_SNAPSHOT &&
	    localstate_starts_alloc(&install->starts, wanted + slack))
		return -ENOMEM;
	while (install->n_links < wanted + slack) {
		link = localstate_link_alloc(install->watch, &why);
		if (IS_ERR(link) && install->n_links >= wanted)
			break;
		if (IS_ERR(link)) {
			*error = why;
			return PTR_ERR(link);
		}
		list_add_tail(&link->in_watch, &install->links);
		install->n_links++;
	}
	resolution->room = install->n_links;
	return 0;
}

/* A ref is never used twice: stale records of it may be in the ring. */
static int localstate_install_reserve(struct ls_client *client,
				      struct ls_watch *watch)
{
	guard(mutex)(&client->setup);
	if (!client->next_ref)
		return -ENOMEM;
	watch->ref = client->next_ref++;
	return xa_reserve(&client->watches, watch->ref, GFP_KERNEL_ACCOUNT);
}

static int localstate_install_prepare(struct ls_install *install,
				      struct ls_client *client,
				      const struct localstate_watch *arg,
				      struct localstate_error *error)
{
	int ret;

	install->status = kvcalloc(arg->n_targets, sizeof(*install->status),
				   GFP_KERNEL_ACCOUNT);
	if (!install->status)
		return -ENOMEM;
	install->watch = localstate_watch_alloc(client, arg, install->status,
						error);
	if (IS_ERR(install->watch))
		return PTR_ERR(install->watch);
	ret = localstate_install_reserve(client, install->watch);
	if (ret)
		return ret;
	ret = localstate_install_grow(install, install->watch->n_targets -
				      install->watch->n_patterns, 0, error);
	if (ret || !install->watch->conflate)
		return ret;
	/* The last, because it stays if there are other watches. */
	return localstate_conflate_setup(client, install->watch->inline_max,
					 error);
}

/* What can still fail; undone if it does. */
static int localstate_install_publish(struct ls_session *session,
				      struct ls_install *install)
{
	struct ls_watch *watch = install->watch;
	int ret;

	ret = localstate_target_list_all(session, watch);
	/*
	 * The place is reserved, so that this does not allocate; it fails if
	 * another thread has guessed the ref, unwatched it, and memory is out.
	 */
	if (!ret)
		ret = xa_err(xa_store(&watch->client->watches, watch->ref,
				      watch, GFP_NOWAIT));
	if (ret)
		localstate_target_unlist_all(session, watch);
	return ret;
}

/* A name that is missing gets its link in advance: its CREATED cannot fail. */
static void localstate_install_wait(struct ls_link *link)
{
	struct ls_client *client = link->client;

	spin_lock(&client->qlock);
	link->watch->targets[link->target].spare = link;
	spin_unlock(&client->qlock);
}

/*
 * Put the links on their variables.  A variable's lock is held while its link
 * is added and its value is queued, or taken for the caller's buffer: a set comes
 * either before both, or after.
 */
static void localstate_install_attach(struct ls_install *install)
{
	const struct ls_resolution *resolution = &install->resolution;
	struct ls_watch *watch = install->watch;
	bool initial = watch->flags & LOCALSTATE_WATCH_INITIAL;
	u32 i;

	for (i = 0; i < resolution->n; i++) {
		struct ls_variable *variable = resolution->found[i].variable;
		struct ls_link *link = list_first_entry(&install->links,
							struct ls_link,
							in_watch);

		list_del_init(&link->in_watch);
		link->target = resolution->found[i].index;
		if (!variable) {
			localstate_install_wait(link);
			continue;
		}
		mutex_lock(&variable->lock);
		localstate_link_attach(variable, link);
		if (initial)
			localstate_notify_initial(variable, link);
		if (install->starts.list)
			localstate_starts_take(&install->starts, variable,
					       link->target);
		mutex_unlock(&variable->lock);
	}
	if (initial)
		localstate_queue_push_mark(watch, &watch->sync, 0);
}

/* -EAGAIN: the patterns need more room. */
static int localstate_install_locked(struct ls_session *session,
				     struct ls_install *install,
				     struct localstate_watch *arg)
{
	int ret;

	lockdep_assert_held(&session->lock);
	if (session->dead)
		return -ESHUTDOWN;
	ret = localstate_resolve(session, install->watch, &install->resolution,
				 install->status, &arg->failed, &arg->error);
	if (!ret && install->starts.list)
		ret = localstate_starts_check(&install->resolution, arg);
	if (ret)
		return ret;
	ret = localstate_install_publish(session, install);
	if (ret)
		return ret;
	/* A snapshot has all of a transaction or nothing; INITIAL is whole at SYNC. */
	if (install->starts.list)
		mutex_lock(&session->txn_lock);
	localstate_install_attach(install);
	if (install->starts.list)
		mutex_unlock(&session->txn_lock);
	localstate_install_drop_links(install);
	arg->ref = install->watch->ref;
	/* It belongs to client->watches now. */
	install->watch = NULL;
	return 0;
}

/*
 * Variables that match may be registered between two tries, so that each one brings
 * more than the last.
 */
static int localstate_install_run(struct ls_session *session,
				  struct ls_install *install,
				  struct localstate_watch *arg)
{
	u32 slack = 0;
	int ret;

	for (;;) {
		mutex_lock(&session->lock);
		ret = localstate_install_locked(session, install, arg);
		mutex_unlock(&session->lock);
		if (ret != -EAGAIN)
			return ret;
		ret = localstate_install_grow(install, install->resolution.n,
					      slack, &arg->error);
		if (ret)
			return ret;
		slack = 2 * slack + 8;
	}
}

static int localstate_watch_copy_status(const struct localstate_watch *arg,
					const s32 *status,
					struct localstate_error *error)
{
	if (!arg->status || !status)
		return 0;
	if (copy_to_user(u64_to_user_ptr(arg->status), status,
			 arg->n_targets * sizeof(*status)))
		return localstate_error(error, -EFAULT, LOCALSTATE_FIELD_TARGETS);
	return 0;
}

/*
 * What comes back beside the argument.  If it cannot, the watch has not been made:
 * others may have read events of it, but nobody knows its ref.
 */
static int localstate_watch_return(struct ls_client *client,
				   struct localstate_watch *arg,
				   const struct ls_install *install)
{
	bool made = arg->ref;
	int ret;

	ret = localstate_watch_copy_status(arg, install->status, &arg->error);
	if (!ret && made && install->starts.list)
		ret = localstate_starts_copy(&install->starts, arg);
	if (ret && made)
		localstate_watch_undo(client, arg);
	return ret;
}

int localstate_watch_add(struct ls_client *client, void *data)
{
	struct localstate_watch *arg = data;
	struct ls_install install = {};
	bool made;
	int ret, err;

	INIT_LIST_HEAD(&install.links);
	ret = localstate_watch_check(arg, &arg->error) ?:
	      localstate_queue_setup(client, &arg->error);
	if (ret)
		return ret;
	ret = localstate_install_prepare(&install, client, arg, &arg->error);
	if (!ret)
		ret = localstate_install_run(client->session, &install, arg);
	made = !ret;
	if (made || arg->failed) {
		err = localstate_watch_return(client, arg, &install);
		if (err)
			ret = err;
	}
	localstate_install_drop(&install);
	if (!made)
		localstate_queue_undo(client);
	return ret;
}

/* ---- ending -------------------------------------------------------------- */

/*
 * Take a watch out of its client: what is queued is dropped, and nothing is
 * queued any more.  Of callers that race for one ref, one gets the watch, and
 * has to end it.
 */
static struct ls_watch *localstate_watch_take(struct ls_client *client,
					      u32 ref)
{
	struct ls_watch *watch;

	spin_lock(&client->qlock);
	watch = xa_erase(&client->watches, ref);
	if (watch) {
		watch->dead = true;
		client->live -= watch->in_ring;
		list_del_init(&watch->sync.node);
		list_del_init(&watch->lost.node);
	}
	spin_unlock(&client->qlock);
	return watch;
}

static void localstate_watch_unlink_all(struct ls_watch *watch)
{
	struct ls_client *client = watch->client;
	struct ls_link *link;

	for (;;) {
		spin_lock(&client->qlock);
		link = list_first_entry_or_null(&watch->links, struct ls_link,
						in_watch);
		if (link) {
			list_del_init(&link->pending.node);
			hlist_del_init_rcu(&link->node);
			localstate_link_release(link);
		}
		spin_unlock(&client->qlock);
		if (!link)
			return;
	}
}

/* The spare links of a dead watch; no registration finds it any more. */
static void localstate_watch_free_spares(struct ls_watch *watch)
{
	u32 i;

	for (i = 0; i < watch->n_targets; i++) {
		struct ls_link *spare = watch->targets[i].spare;

		if (!spare)
			continue;
		localstate_link_uncharge(watch);
		kfree_rcu(spare, rcu);
	}
}

/* End a watch that the caller has taken. */
static void localstate_watch_end(struct ls_watch *watch)
{
	struct ls_session *session = watch->client->session;

	mutex_lock(&session->lock);
	localstate_target_unlist_all(session, watch);
	localstate_watch_unlink_all(watch);
	mutex_unlock(&session->lock);
	localstate_watch_free_spares(watch);
	localstate_watch_free(watch);
}

/* The results of WATCH could not be written: as if it had not been made. */
void localstate_watch_undo(struct ls_client *client, void *data)
{
	struct localstate_watch *arg = data;
	struct ls_watch *watch = localstate_watch_take(client, arg->ref);

	/* Another thread may have guessed the ref and unwatched it. */
	if (watch)
		localstate_watch_end(watch);
	localstate_queue_undo(client);
	arg->ref = 0;
}

int localstate_watch_remove(struct ls_client *client, void *data)
{
	struct localstate_unwatch *arg = data;
	struct ls_watch *watch;
	int ret;

	ret = localstate_error_unless_zero(&arg->error, arg->flags, 0);
	if (ret)
		return ret;
	watch = localstate_watch_take(client, arg->ref);
	if (!watch)
		return localstate_error(&arg->error, -ENOENT,
					LOCALSTATE_FIELD_REF);
	localstate_watch_end(watch);
	return 0;
}

/* How many there were. */
u32 localstate_watch_remove_all(struct ls_client *client)
{
	struct ls_watch *watch;
	unsigned long ref;
	u32 n = 0;

	xa_for_each(&client->watches, ref, watch) {
		localstate_watch_end(localstate_watch_take(client, ref));
		n++;
		cond_resched();
	}
	return n;
}

/* ---- showing ------------------------------------------------------------- */

/* Describe a watch that session->lock keeps. */
void localstate_watch_count(struct ls_watch *watch,
			    struct localstate_watch_info *info)
{
	lockdep_assert_held(&watch->client->session->lock);
	*info = (struct localstate_watch_info){
		.ref = watch->ref,
		.flags = watch->flags,
		.n_targets = watch->n_targets,
		.inline_limit = watch->inline_limit,
		.created_ns = watch->created_ns,
	};
	spin_lock(&watch->client->qlock);
	info->n_links = watch->n_links;
	info->queued = (u64)watch->in_ring + watch->pending;
	info->delivered = watch->delivered;
	info->events = watch->events;
	info->merged = watch->merged;
	info->filtered = atomic64_read(&watch->filtered);
	spin_unlock(&watch->client->qlock);
}

static int localstate_watches_check(const struct localstate_watches *arg,
				    struct localstate_error *error)
{
	int ret = localstate_error_unless_zero(error, arg->flags,
					       arg->reserved);

	if (ret)
		return ret;
	if (arg->entry_size < sizeof(struct localstate_watch_info) ||
	    arg->entry_size % sizeof(u64))
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_BUFFER,
					      LOCALSTATE_TYPE_UINT,
					      sizeof(struct localstate_watch_info));
	if (arg->buffer_len < arg->entry_size)
		return localstate_error_limit(error, -EMSGSIZE,
					      LOCALSTATE_FIELD_BUFFER,
					      LOCALSTATE_TYPE_UINT,
					      arg->entry_size);
	return 0;
}

/* The first watch with a ref above @after; false if there is none. */
bool localstate_watch_next(struct ls_client *client, u32 after,
			   struct localstate_watch_info *info)
{
	unsigned long ref = after;
	struct ls_watch *watch;

	guard(mutex)(&client->session->lock);
	watch = xa_find_after(&client->watches, &ref, U32_MAX, XA_PRESENT);
	if (!watch)
		return false;
	localstate_watch_count(watch, info);
	return true;
}

static int localstate_watches_copy(u64 to, u32 entry_size,
				   const struct localstate_watch_info *info)
{
	if (copy_to_user(u64_to_user_ptr(to), info, sizeof(*info)) ||
	    clear_user(u64_to_user_ptr(to + sizeof(*info)),
		       entry_size - sizeof(*info)))
		return -EFAULT;
	return 0;
}

int localstate_watch_list(struct ls_client *client, void *data)
{
	struct localstate_watches *arg = data;
	struct localstate_watch_info info;
	u32 after = arg->after, count = 0;
	u64 at = arg->buffer;
	u32 left = arg->buffer_len;
	int ret;

	ret = localstate_watches_check(arg, &arg->error);
	if (ret)
		return ret;
	while (left >= arg->entry_size &&
	       localstate_watch_next(client, after, &info)) {
		if (localstate_watches_copy(at, arg->entry_size, &info))
			return localstate_error(&arg->error, -EFAULT,
						LOCALSTATE_FIELD_BUFFER);
		at += arg->entry_size;
		left -= arg->entry_size;
		after = info.ref;
		count++;
	}
	arg->after = after;
	arg->count = count;
	return 0;
}
