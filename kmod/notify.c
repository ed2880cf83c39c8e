// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a variable to the queues of those who watch it: a walk over its links.
 */
#include <linux/rculist.h>

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

/* A set: without links, this is the check for an empty list. */
void localstate_notify_change(struct ls_variable *variable,
			      struct ls_change *change)
{
	struct ls_link *link;

	lockdep_assert_held(&variable->lock);
	if (hlist_empty(&variable->links))
		return;
	rcu_read_lock();
	hlist_for_each_entry_rcu(link, &variable->links, node)
		localstate_queue_push(link, change);
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
	localstate_queue_push(link, &change);
}

/*
 * Link a new variable to the watches of its name, and tell them.  A watch that
 * cannot have the link gets LOST instead; the registration goes on.
 */
void localstate_notify_created(struct ls_session *session,
			       struct ls_variable *variable)
{
	struct localstate_error error;
	struct ls_target *target;
	struct rhlist_head *list, *at;
	struct ls_change change;
	struct ls_value value;
	struct ls_link *link;

	lockdep_assert_held(&session->lock);
	list = localstate_target_lookup(session, &variable->name);
	if (!list)
		return;
	localstate_variable_read(variable, &value);
	localstate_notify_describe(variable, &value, &change);
	change.kind = LOCALSTATE_EVENT_CREATED;
	change.cause = LOCALSTATE_CAUSE_SET;
	/* session->lock keeps the list of one name as it is. */
	rhl_for_each_entry_rcu(target, at, list, node) {
		u32 index = target - target->watch->targets;

		link = localstate_link_alloc(target->watch, index, &error);
		if (IS_ERR(link)) {
			localstate_queue_push_mark(target->watch,
						   &target->watch->lost, index);
			continue;
		}
		localstate_link_attach(variable, link);
		localstate_queue_push(link, &change);
	}
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
		localstate_queue_push(link, change);
	}
}
