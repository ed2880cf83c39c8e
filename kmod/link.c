// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: one watch on one variable.  Allocated with the slot that an event
 * will need when the ring is full, so that no change ever has to allocate.
 */
#include <linux/memcontrol.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "private.h"

/* Whether the watch may have one more link, and its user the slot of that. */
static int localstate_link_charge(struct ls_watch *watch,
				  struct localstate_error *error)
{
	u32 max = READ_ONCE(localstate_params.max_targets);
	struct ls_user *user = watch->client->user;
	int ret;

	/* Links are added with session->lock held; a reader may take one off. */
	if (READ_ONCE(watch->n_links) >= max)
		return localstate_error_limit(error, -EDQUOT,
					      LOCALSTATE_FIELD_TARGETS,
					      LOCALSTATE_TYPE_UINT, max);
	ret = localstate_user_charge(user, LS_LINKS, 1, error);
	if (ret)
		return ret;
	ret = localstate_user_charge_bytes(user, localstate_link_space(watch),
					   error);
	if (ret)
		localstate_user_uncharge(user, LS_LINKS, 1);
	return ret;
}

/* One link less of a watch. */
void localstate_link_uncharge(const struct ls_watch *watch)
{
	struct ls_user *user = watch->client->user;

	localstate_user_uncharge(user, LS_LINKS, 1);
	localstate_user_uncharge_bytes(user, localstate_link_space(watch));
}

static enum ls_picky localstate_link_pickiness(const struct ls_watch *watch)
{
	if (watch->flags & LOCALSTATE_WATCH_NO_SELF)
		return LS_PICKY_NO_SELF;
	if (watch->conflate)
		return LS_PICKY_CONFLATE;
	return watch->filter ? LS_PICKY_FILTER : LS_PICKY_NOT;
}

static struct ls_link *localstate_link_make(struct ls_watch *watch, u32 target,
					    gfp_t gfp,
					    struct localstate_error *error)
{
	u32 space = localstate_link_space(watch);
	struct ls_link *link;
	int ret;

	ret = localstate_link_charge(watch, error);
	if (ret)
		return ERR_PTR(ret);
	link = kmalloc(struct_size(link, slot_data, space), gfp);
	if (!link) {
		localstate_link_uncharge(watch);
		return ERR_PTR(-ENOMEM);
	}
	INIT_HLIST_NODE(&link->node);
	INIT_LIST_HEAD(&link->in_watch);
	INIT_LIST_HEAD(&link->pending.node);
	link->pending.kind = LS_PENDING_LINK;
	link->watch = watch;
	link->client = watch->client;
	link->target = target;
	link->gone = false;
	link->slot.merged = 0;
	return link;
}

/*
 * A link of the caller's own watch that is on no variable yet, or an ERR_PTR; its
 * target is still to be said.
 */
struct ls_link *localstate_link_alloc(struct ls_watch *watch,
				      struct localstate_error *error)
{
	return localstate_link_make(watch, 0, GFP_KERNEL_ACCOUNT, error);
}

static struct ls_link *localstate_link_take_spare(struct ls_target *target)
{
	struct ls_client *client = target->watch->client;
	struct ls_link *link;

	spin_lock(&client->qlock);
	link = target->spare;
	target->spare = NULL;
	spin_unlock(&client->qlock);
	return link;
}

/*
 * A link for a variable that somebody else registers: the one that an earlier
 * variable of the target had, unless its DELETED still waits in it, or that a
 * missing name has got in advance.  A new one is paid for by the watcher, and
 * nobody waits for it: who registers must not be held up by the watcher's memory
 * cgroup, nor set off its killer.
 */
struct ls_link *localstate_link_again(struct ls_target *target)
{
	struct ls_link *link = localstate_link_take_spare(target);
	struct ls_watch *watch = target->watch;
	struct localstate_error error;
	struct mem_cgroup *payer;

	lockdep_assert_held(&watch->client->session->lock);
	if (link)
		return link;
	payer = set_active_memcg(watch->client->memcg);
	link = localstate_link_make(watch, target - watch->targets,
				    GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN,
				    &error);
	set_active_memcg(payer);
	return link;
}

/* A link that was never attached. */
void localstate_link_free(struct ls_link *link)
{
	localstate_link_uncharge(link->watch);
	kfree(link);
}

/*
 * From here on the link's variable is told as the watch wants it, beginning with
 * the value of now.
 */
void localstate_link_configure(struct ls_link *link)
{
	const struct ls_watch *watch = link->watch;
	struct ls_value value;

	static_assert(LS_INLINE_CEILING <= U16_MAX);
	lockdep_assert_held(&link->client->session->lock);
	lockdep_assert_held(&link->variable->lock);
	link->inline_limit = watch->inline_limit;
	link->filter = watch->filter;
	link->picky = localstate_link_pickiness(watch);
	if (!watch->filter)
		return;
	localstate_variable_read(link->variable, &value);
	localstate_filter_start(watch->filter, &link->state, &value);
}

/* From here on the link gets the variable's changes. */
void localstate_link_attach(struct ls_variable *variable, struct ls_link *link)
{
	struct ls_watch *watch = link->watch;
	struct ls_client *client = link->client;

	lockdep_assert_held(&variable->lock);
	link->variable = variable;
	localstate_link_configure(link);
	spin_lock(&client->qlock);
	list_add_tail(&link->in_watch, &watch->links);
	watch->n_links++;
	spin_unlock(&client->qlock);
	hlist_add_head_rcu(&link->node, &variable->links);
}

/*
 * Take a link that is on no variable any more out of its watch.  It is kept for
 * the next variable of its target, or freed after a grace period.
 *
 * It may be used again at once: whoever walked over the deleted variable's
 * links held that variable's lock.
 */
void localstate_link_release(struct ls_link *link)
{
	struct ls_watch *watch = link->watch;
	struct ls_target *target = &watch->targets[link->target];

	lockdep_assert_held(&link->client->qlock);
	list_del_init(&link->in_watch);
	link->gone = false;
	watch->n_links--;
	if (!watch->dead && target->name.length && !target->spare) {
		target->spare = link;
		return;
	}
	localstate_link_uncharge(watch);
	kfree_rcu(link, rcu);
}

/*
 * The variable is deleted, and the watch is not told.  If an earlier event waits in
 * the slot, the link goes when that has left it.
 */
void localstate_link_forget(struct ls_link *link)
{
	struct ls_client *client = link->client;

	lockdep_assert_held(&client->session->lock);
	atomic64_inc(&link->watch->filtered);
	spin_lock(&client->qlock);
	if (!list_empty(&link->pending.node))
		link->gone = true;
	else if (!link->watch->dead)
		localstate_link_release(link);
	spin_unlock(&client->qlock);
}

/*
 * A change by the watch's own client counts as held back.  What the filter's terms
 * know of crossings moves on, as the value does; what was reported does not.
 */
static bool localstate_link_hold_own(struct ls_link *link,
				     const struct ls_change *change)
{
	u64 reported = link->state.reported;

	if (link->filter) {
		localstate_filter_pass(link->filter, &link->state, change);
		link->state.reported = reported;
	}
	atomic64_inc(&link->watch->filtered);
	return false;
}

/* What localstate_link_wants() leaves to the options of the watch. */
bool localstate_link_ask_special(struct ls_link *link,
				 const struct ls_change *change)
{
	if (localstate_link_is_own(link, change))
		return localstate_link_hold_own(link, change);
	return !link->filter || localstate_link_ask(link, change);
}
