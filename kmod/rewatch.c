// SPDX-License-Identifier: GPL-2.0-only
/*
 * REWATCH: another filter and other options for a watch that goes on.
 *
 * session->lock is held from the look at the first link to the last one: no
 * variable comes or goes, and no other REWATCH is in between.  First all
 * variables are asked whether the filter suits them; from then on nothing can
 * fail.  Each link is switched under the lock of its variable, where a set judges:
 * so every change is judged by one filter, and none by neither.
 *
 * Nobody looks at the old filter any more when all links have the new one: who asks
 * it holds the lock of the variable.  Links of deleted variables still point to it,
 * and are not asked.
 */
#include <linux/list.h>
#include <linux/sched/signal.h>

#include "private.h"

/*
 * The links of variables that exist stay where they are as long as session->lock
 * is held, but those of deleted ones are taken out by the reader at any time.  So a
 * node of our own marks the place; nobody else walks over watch->links without
 * session->lock.
 */
static struct ls_link *localstate_rewatch_next(struct ls_watch *watch,
					       struct list_head *place)
{
	struct ls_client *client = watch->client;
	struct ls_link *link, *found = NULL;
	unsigned int steps = 0;

	lockdep_assert_held(&client->session->lock);
	spin_lock(&client->qlock);
	while (!found && !list_is_last(place, &watch->links)) {
		link = list_entry(place->next, struct ls_link, in_watch);
		list_move(place, &link->in_watch);
		if (!hlist_unhashed(&link->node)) {
			found = link;
		} else if (!(++steps % 16)) {
			spin_unlock(&client->qlock);
			cond_resched();
			spin_lock(&client->qlock);
		}
	}
	spin_unlock(&client->qlock);
	return found;
}

static void localstate_rewatch_begin(struct ls_watch *watch,
				     struct list_head *place)
{
	spin_lock(&watch->client->qlock);
	list_add(place, &watch->links);
	spin_unlock(&watch->client->qlock);
}

static void localstate_rewatch_end(struct ls_watch *watch,
				   struct list_head *place)
{
	spin_lock(&watch->client->qlock);
	list_del(place);
	spin_unlock(&watch->client->qlock);
}

/* Whether the filter suits all variables; of those that it does not, the first target. */
static int localstate_rewatch_check_links(struct ls_watch *watch,
					  const struct ls_filter *filter,
					  struct localstate_error *error)
{
	struct list_head place;
	struct ls_link *link;
	int ret = 0;

	localstate_rewatch_begin(watch, &place);
	while ((link = localstate_rewatch_next(watch, &place))) {
		struct localstate_error why = { .index = link->target };

		if (link->target < error->index &&
		    localstate_resolve_check(filter, link->variable, &why)) {
			*error = why;
			ret = -EINVAL;
		}
		if (fatal_signal_pending(current)) {
			*error = (struct localstate_error){
				.index = LOCALSTATE_NO_INDEX,
			};
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	localstate_rewatch_end(watch, &place);
	return ret;
}

static void localstate_rewatch_switch_links(struct ls_watch *watch)
{
	struct list_head place;
	struct ls_link *link;

	localstate_rewatch_begin(watch, &place);
	while ((link = localstate_rewatch_next(watch, &place))) {
		mutex_lock(&link->variable->lock);
		localstate_link_configure(link);
		mutex_unlock(&link->variable->lock);
		cond_resched();
	}
	localstate_rewatch_end(watch, &place);
}

static int localstate_rewatch_check(const struct localstate_rewatch *arg,
				    struct localstate_error *error)
{
	u32 refused = arg->flags & ~LOCALSTATE_WATCH_NO_SELF;

	if (refused)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_FLAGS,
					      LOCALSTATE_TYPE_UINT, refused);
	return localstate_error_unless_zero(error, 0, arg->reserved);
}

/* In @filter the new one comes in and the old one goes out. */
static int localstate_rewatch_locked(struct ls_client *client,
				     const struct localstate_rewatch *arg,
				     struct ls_filter **filter,
				     struct localstate_error *error)
{
	struct ls_watch *watch;
	int ret;

	lockdep_assert_held(&client->session->lock);
	if (client->session->dead)
		return -ESHUTDOWN;
	/* Whoever takes it out of there needs session->lock to end it. */
	watch = xa_load(&client->watches, arg->ref);
	if (!watch)
		return localstate_error(error, -ENOENT, LOCALSTATE_FIELD_REF);
	if (arg->inline_limit &&
	    (arg->inline_limit < LOCALSTATE_INLINE_MIN ||
	     arg->inline_limit > watch->inline_max))
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_INLINE_LIMIT,
					      LOCALSTATE_TYPE_UINT,
					      watch->inline_max);
	ret = localstate_rewatch_check_links(watch, *filter, error);
	if (ret)
		return ret;
	swap(watch->filter, *filter);
	watch->flags &= ~LOCALSTATE_WATCH_NO_SELF;
	watch->flags |= arg->flags;
	if (arg->inline_limit)
		watch->inline_limit = arg->inline_limit;
	localstate_rewatch_switch_links(watch);
	return 0;
}

int localstate_watch_change(struct ls_client *client, void *data)
{
	struct localstate_rewatch *arg = data;
	struct ls_session *session = client->session;
	struct ls_filter *filter;
	int ret;

	ret = localstate_rewatch_check(arg, &arg->error);
	if (ret)
		return ret;
	ret = localstate_watch_import_filter(client, &arg->filter, &filter,
					     &arg->error);
	if (ret)
		return ret;
	mutex_lock(&session->lock);
	ret = localstate_rewatch_locked(client, arg, &filter, &arg->error);
	mutex_unlock(&session->lock);
	localstate_filter_drop(filter);
	return ret;
}
