// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a variable to the queues of those who watch it: a walk over its links.
 */
#include <linux/rculist.h>
#include <linux/sched.h>

#include "private.h"

/* A change that tells of the variable's present state. */
void localstate_notify_describe(struct ls_variable *variable,
				const struct ls_value *value,
				struct ls_change *change)
{
	const struct ls_cell *metadata;

	lockdep_assert_held(&variable->lock);
	*change = (struct ls_change){
		.type = variable->type,
		.id = variable->slot->id,
		.version = variable->slot->version,
		.time_ns = variable->slot->changed_ns,
		.new = { localstate_value_data(value), value->length, true },
		.writer = rcu_dereference_protected(variable->writer, true),
	};
	metadata = rcu_dereference_protected(variable->metadata, true);
	if (metadata)
		change->metadata = (struct ls_view){ metadata->data,
						     metadata->length, true };
}

/* A set of a variable that is watched. */
void localstate_notify_change(struct ls_variable *variable,
			      struct ls_change *change)
{
	struct ls_link *link;

	lockdep_assert_held(&variable->lock);
	rcu_read_lock();
	hlist_for_each_entry_rcu(link, &variable->links, node) {
		if (localstate_link_wants(link, change))
			localstate_queue_push(link, change);
	}
	rcu_read_unlock();
}

/* The first event of a link whose watch asked for INITIAL. */
void localstate_notify_initial(struct ls_variable *variable,
			       struct ls_link *link)
{
	struct ls_change change;
	struct ls_value value;

	localstate_variable_read(variable, &value);
	localstate_notify_describe(variable, &value, &change);
	change.kind = LOCALSTATE_EVENT_CHANGED;
	change.cause = LOCALSTATE_CAUSE_INITIAL;
	change.uncounted = true;
	if (localstate_link_wants(link, &change))
		localstate_queue_push(link, &change);
}

/*
 * A watch that waits for such a variable: it is linked and told, or gets LOST
 * instead; once, whichever of its targets the variable is.
 */
static void localstate_notify_target(struct ls_session *session,
				     struct ls_variable *variable,
				     struct ls_target *target,
				     struct ls_change *change)
{
	struct ls_watch *watch = target->watch;
	struct ls_link *link;

	if (watch->told == session->registrations)
		return;
	watch->told = session->registrations;
	link = localstate_link_again(target);
	if (IS_ERR(link)) {
		localstate_queue_push_mark(watch, &watch->lost,
					   target - watch->targets);
		return;
	}
	localstate_link_attach(variable, link);
	if (!localstate_link_is_own(link, change))
		localstate_queue_push(link, change);
}

/* The link that @from has in advance becomes that of a target before it. */
static void localstate_notify_hand_over(struct ls_target *from,
					struct ls_target *to)
{
	struct ls_client *client = from->watch->client;

	spin_lock(&client->qlock);
	if (from->spare && !to->spare) {
		swap(from->spare, to->spare);
		to->spare->target = to - to->watch->targets;
	}
	spin_unlock(&client->qlock);
}

/* A target by name, unless a pattern that stands before it in its watch matches. */
static void localstate_notify_name(struct ls_session *session,
				   struct ls_variable *variable,
				   struct ls_target *target,
				   struct ls_change *change)
{
	struct ls_target *pattern = localstate_target_match(target->watch,
							    &variable->name);

	if (pattern && pattern < target) {
		localstate_notify_hand_over(target, pattern);
		target = pattern;
	}
	localstate_notify_target(session, variable, target, change);
}

static void localstate_notify_patterns(struct ls_session *session,
				       struct ls_variable *variable,
				       struct ls_change *change)
{
	struct ls_target *target;
	struct ls_watch *watch;

	list_for_each_entry(watch, &session->patterns, in_session) {
		target = localstate_target_match(watch, &variable->name);
		if (target)
			localstate_notify_target(session, variable, target,
						 change);
		cond_resched();
	}
}

/*
 * Link a new variable to the watches that wait for its name, or for one like it;
 * the registration goes on.
 */
void localstate_notify_created(struct ls_session *session,
			       struct ls_variable *variable,
			       const struct ls_client *maker)
{
	struct ls_target *first, *target;
	struct ls_change change;
	struct ls_value value;

	lockdep_assert_held(&session->lock);
	first = localstate_target_lookup(session, &variable->name);
	if (!first && list_empty(&session->patterns))
		return;
	session->registrations++;
	localstate_variable_read(variable, &value);
	localstate_notify_describe(variable, &value, &change);
	change.kind = LOCALSTATE_EVENT_CREATED;
	change.cause = LOCALSTATE_CAUSE_SET;
	change.uncounted = true;
	change.maker = maker;
	if (first) {
		localstate_notify_name(session, variable, first, &change);
		list_for_each_entry(target, &first->same, same)
			localstate_notify_name(session, variable, target,
					       &change);
	}
	localstate_notify_patterns(session, variable, &change);
}

/* Take all links off a deleted variable; each gets the last value. */
void localstate_notify_deleted(struct ls_variable *variable,
			       struct ls_change *change)
{
	struct hlist_node *next;
	struct ls_link *link;

	lockdep_assert_held(&variable->lock);
	hlist_for_each_entry_safe(link, next, &variable->links, node) {
		hlist_del_init_rcu(&link->node);
		if (localstate_link_is_own(link, change))
			localstate_link_forget(link);
		else
			localstate_queue_push(link, change);
	}
}
