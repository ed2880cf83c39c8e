// SPDX-License-Identifier: GPL-2.0-only
/*
 * SET: everything is taken and checked first; then value, version, time,
 * writer, metadata and the pushes to the watching clients are one step under
 * the variable's lock.
 *
 * Under the lock it is decided first, which changes nothing, and then stored.
 * A transaction decides all its entries by the same code before it stores one.
 */
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "trace.h"

/* What localstate_set_try() comes to, other than an error. */
enum ls_decision {
	LS_SET_CHANGES,
	LS_SET_CHANGES_NOTHING
};

void localstate_set_drop_merge(struct ls_set *set)
{
	localstate_cell_put(set->base);
	localstate_cell_put(set->merged);
	set->base = NULL;
	set->merged = NULL;
}

void localstate_set_drop(struct ls_set *set)
{
	localstate_set_drop_merge(set);
	localstate_value_drop(&set->value);
	localstate_cell_put(set->metadata);
	localstate_writer_put(set->writer);
}

/*
 * Merge the metadata with what the variable has now.  That takes time and
 * memory, so it is done without the lock; whether it counts is seen under it.
 * What the variable may get is paid for; those of the change alone are not kept.
 */
void localstate_set_merge(struct ls_set *set, struct ls_client *client,
			  struct ls_variable *variable)
{
	localstate_set_drop_merge(set);
	do {
		rcu_read_lock();
		set->base = rcu_dereference(variable->metadata);
		if (set->base && !refcount_inc_not_zero(&set->base->ref))
			set->base = ERR_PTR(-EAGAIN);
		rcu_read_unlock();
	} while (IS_ERR(set->base));
	set->merge_error = (struct localstate_error){
		.index = LOCALSTATE_NO_INDEX,
	};
	set->merge_result = localstate_metadata_merge(&set->merged, set->base,
						      set->metadata,
						      &set->merge_error);
	if (set->merge_result) {
		set->merged = NULL;
		return;
	}
	set->merge_result = localstate_cell_charge(set->merged, client->user,
						   &set->merge_error);
}

/* CHECK is for batches: by itself it would be a GET that tells less. */
static __always_inline int
localstate_set_check(const struct localstate_set *arg, u8 cause,
		     struct localstate_error *error)
{
	u32 last = cause == LOCALSTATE_CAUSE_BATCH ?
		   LOCALSTATE_OPERATION_CHECK : LOCALSTATE_OPERATION_TOGGLE;
	u32 unknown = arg->flags & ~(LOCALSTATE_SET_IF_VERSION |
				     LOCALSTATE_SET_FORCE);

	if (unknown)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (arg->operation > last)
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_OPERATION);
	if (arg->expected_version && !(arg->flags & LOCALSTATE_SET_IF_VERSION))
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_VERSION);
	return 0;
}

/* CHECK takes an expected version and nothing else. */
static int localstate_set_check_nothing(const struct localstate_set *arg,
					struct localstate_error *error)
{
	if (arg->flags != LOCALSTATE_SET_IF_VERSION)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (arg->value.type || arg->value.data || arg->value.length)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_VALUE);
	if (arg->metadata || arg->metadata_len)
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_METADATA);
	return 0;
}

/* An operation is checked here, and done under the variable's lock. */
static noinline int localstate_set_import_operation(struct ls_set *set,
						    const struct ls_variable *variable,
						    const struct localstate_set *arg,
						    struct localstate_error *error)
{
	if (arg->operation == LOCALSTATE_OPERATION_CHECK)
		return localstate_set_check_nothing(arg, error);
	set->value.type = variable->type;
	return localstate_operation_check(arg->operation, variable->type,
					  &arg->value, error);
}

/* A value that needs a cell; apart, so that the others pass no test for it. */
static noinline int localstate_set_pay(const struct ls_set *set,
				       struct ls_client *client,
				       const struct ls_variable *variable,
				       struct localstate_error *error)
{
	return localstate_constraint_check(variable->spec, &set->value, error) ?:
	       localstate_cell_charge(set->value.cell, client->user, error);
}

static __always_inline int
localstate_set_import_value(struct ls_set *set, struct ls_client *client,
			    const struct ls_variable *variable,
			    const struct localstate_set *arg,
			    struct localstate_error *error)
{
	int ret;

	if (unlikely(arg->operation))
		return localstate_set_import_operation(set, variable, arg,
						       error);
	ret = localstate_value_take(&set->value, &arg->value, variable->type,
				    error);
	if (unlikely(ret))
		return ret < 0 ? ret : localstate_set_pay(set, client,
							  variable, error);
	return localstate_constraint_check(variable->spec, &set->value, error);
}

static __always_inline int
localstate_set_import(struct ls_set *set, struct ls_client *client,
		      const struct ls_variable *variable,
		      const struct localstate_set *arg,
		      struct localstate_error *error)
{
	int ret;

	ret = localstate_set_import_value(set, client, variable, arg, error);
	if (ret)
		return ret;
	ret = localstate_metadata_import(&set->metadata, arg->metadata,
					 arg->metadata_len, error);
	if (ret)
		return ret;
	set->writer = localstate_writer_current(&client->writer);
	return set->writer ? 0 : -ENOMEM;
}

/*
 * The change that a set has made; the variable keeps all that it points to.  The
 * record is not looked at before it is filled, and field by field nothing is
 * copied: both would cost more instructions than all the rest of it.
 */
static __always_inline void
localstate_set_fill_change(const struct ls_client *client,
			   const struct ls_variable *variable,
			   const struct ls_set *set,
			   const struct ls_value *old,
			   struct ls_change *change)
{
	memset(change, 0, offsetof(struct ls_change, record));
	change->kind = LOCALSTATE_EVENT_CHANGED;
	change->cause = set->cause;
	change->type = variable->type;
	change->id = variable->slot->id;
	change->version = variable->slot->version;
	change->time_ns = variable->slot->changed_ns;
	change->old.data = localstate_value_data(old);
	change->old.length = old->length;
	change->old.present = true;
	change->new.data = localstate_value_data(&set->value);
	change->new.length = set->value.length;
	change->new.present = true;
	change->writer = set->writer;
	change->maker = client;
	if (!set->metadata)
		return;
	change->metadata.data = set->metadata->data;
	change->metadata.length = set->metadata->length;
	change->metadata.present = true;
}

/*
 * Tell those who watch.  Apart, because room for a change costs a set that nobody
 * watches, too; and not by localstate_notify_describe(), which takes 94
 * instructions more.
 */
static noinline void localstate_set_notify(const struct ls_client *client,
					   struct ls_variable *variable,
					   const struct ls_set *set,
					   const struct ls_value *old)
{
	struct ls_change change;

	localstate_set_fill_change(client, variable, set, old, &change);
	localstate_notify_change(variable, &change);
}

/*
 * The first half of the step, and what goes before it; nothing in here can fail.
 * The old cell is looked at after the variable has let go of it: the caller puts
 * it.
 */
static __always_inline void
localstate_set_store_value(const struct ls_client *client,
			   struct ls_variable *variable, struct ls_set *set,
			   const struct ls_value *old, u64 time_ns)
{
	u64 version = variable->slot->version + 1;

	lockdep_assert_held(&variable->lock);
	trace_localstate_variable_set(client, variable, &set->value, version);
	if (old->cell)
		refcount_inc(&old->cell->ref);
	localstate_variable_store(variable, &set->value, set->merged,
				  set->writer, version, time_ns);
}

/* The other half: the variable has taken over what the set has brought. */
static __always_inline void
localstate_set_let_go(struct ls_set *set, const struct ls_value *old)
{
	localstate_cell_put(old->cell);
	set->value.cell = NULL;
	set->merged = NULL;
	set->writer = NULL;
}

/* The step itself.  Without watchers there is no change to describe. */
static __always_inline void
localstate_set_commit(const struct ls_client *client,
		      struct ls_variable *variable, struct ls_set *set,
		      const struct ls_value *old)
{
	localstate_set_store_value(client, variable, set, old, ktime_get_ns());
	if (!hlist_empty(&variable->links))
		localstate_set_notify(client, variable, set, old);
	localstate_set_let_go(set, old);
}

/* Whether the merged metadata are those of now; without any, they are. */
static int localstate_set_check_merge(const struct ls_variable *variable,
				      struct ls_set *set,
				      struct localstate_error *error)
{
	struct ls_cell *current_cell =
		rcu_dereference_protected(variable->metadata,
					  lockdep_is_held(&variable->lock));

	if (!set->metadata) {
		set->merged = current_cell;
		if (current_cell)
			refcount_inc(&current_cell->ref);
		return 0;
	}
	if (current_cell != set->base)
		return -EAGAIN;
	if (set->merge_result)
		*error = set->merge_error;
	return set->merge_result;
}

/*
 * What most sets do without: the variable's flags and operations.  Apart, so
 * that the others pass one test.
 */
static noinline int localstate_set_special(const struct ls_variable *variable,
					   struct ls_set *set,
					   struct localstate_set *arg,
					   const struct ls_value *old)
{
	if (arg->operation == LOCALSTATE_OPERATION_CHECK)
		return LS_SET_CHANGES_NOTHING;
	if ((variable->flags & LOCALSTATE_REGISTER_READ_ONLY) ||
	    ((variable->flags & LOCALSTATE_REGISTER_WRITE_ONCE) &&
	     variable->slot->version))
		return localstate_error_limit(&arg->error, -EROFS,
					      LOCALSTATE_FIELD_FLAGS,
					      LOCALSTATE_TYPE_UINT,
					      variable->flags);
	if (!arg->operation)
		return LS_SET_CHANGES;
	return localstate_operation_apply(arg->operation, &arg->value,
					  variable->spec, old->word[0],
					  &set->value, &arg->error);
}

/*
 * What a set comes to, LS_SET_*, or why it is refused; nothing is changed yet.
 * The operand stays in @arg, in case of another try.  -EAGAIN: somebody else has
 * changed the metadata; merge again.
 */
static __always_inline int
localstate_set_try(const struct ls_client *client,
		   const struct ls_variable *variable, struct ls_set *set,
		   struct ls_value *old, struct localstate_set *arg)
{
	u64 version = variable->slot->version;
	int ret;

	lockdep_assert_held(&variable->lock);
	if (variable->dead)
		return localstate_error_missing(&arg->error, &arg->key);
	if (variable->claim && arg->operation != LOCALSTATE_OPERATION_CHECK) {
		ret = localstate_claim_check(variable, client, &arg->error);
		if (ret)
			return ret;
	}
	if ((arg->flags & LOCALSTATE_SET_IF_VERSION) &&
	    version != arg->expected_version)
		return localstate_error_limit(&arg->error, -ESTALE,
					      LOCALSTATE_FIELD_VERSION,
					      LOCALSTATE_TYPE_UINT, version);
	localstate_variable_read(variable, old);
	if (unlikely(arg->operation | variable->flags)) {
		ret = localstate_set_special(variable, set, arg, old);
		if (ret)
			return ret;
	}
	if (localstate_value_equal(old, &set->value) &&
	    !(arg->flags & LOCALSTATE_SET_FORCE))
		return LS_SET_CHANGES_NOTHING;
	return localstate_set_check_merge(variable, set, &arg->error);
}

static __always_inline int
localstate_set_locked(const struct ls_client *client,
		      struct ls_variable *variable, struct ls_set *set,
		      struct localstate_set *arg)
{
	struct ls_value old;
	int ret;

	ret = localstate_set_try(client, variable, set, &old, arg);
	if (ret < 0)
		return ret;
	if (ret == LS_SET_CHANGES) {
		localstate_set_commit(client, variable, set, &old);
		arg->result = LOCALSTATE_SET_CHANGED;
	}
	arg->version = variable->slot->version;
	return 0;
}

/* Who asked for an operation learns what came out of it. */
static void localstate_set_export(const struct ls_set *set,
				  struct localstate_value *to)
{
	*to = (struct localstate_value){
		.data = set->value.word[0],
		.length = set->value.length,
		.type = set->value.type,
	};
}

/* One SET: a call of its own, or an entry that is done for itself. */
static __always_inline int localstate_set_run(struct ls_client *client,
					      struct localstate_set *arg,
					      u8 cause)
{
	struct ls_set set = { .cause = cause };
	struct ls_variable *variable;
	int ret;

	ret = localstate_set_check(arg, cause, &arg->error);
	if (ret)
		return ret;
	variable = localstate_variable_find(client->session, &arg->key,
					    &arg->error);
	if (IS_ERR(variable))
		return PTR_ERR(variable);
	ret = localstate_set_import(&set, client, variable, arg, &arg->error);
	if (ret)
		goto out;
	do {
		if (set.metadata)
			localstate_set_merge(&set, client, variable);
		mutex_lock(&variable->lock);
		ret = localstate_set_locked(client, variable, &set, arg);
		mutex_unlock(&variable->lock);
		/* Rivals may win again and again; a killed task need not. */
	} while (ret == -EAGAIN && !fatal_signal_pending(current));
	if (ret == -EAGAIN)
		ret = -EINTR;
	if (unlikely(arg->operation) && !ret)
		localstate_set_export(&set, &arg->value);
out:
	localstate_set_drop(&set);
	localstate_variable_put(variable);
	return ret;
}

int localstate_variable_set(struct ls_client *client, void *data)
{
	return localstate_set_run(client, data, LOCALSTATE_CAUSE_SET);
}

/* ---- for batches ---------------------------------------------------------- */

/*
 * SET has all that stands above inline: a call costs it instructions, and what a
 * batch needs beside it must not.  What follows are copies of their own.
 */

/* An entry that is done for itself; the caller has cleared its outputs. */
int localstate_variable_set_entry(struct ls_client *client,
				  struct localstate_set *arg)
{
	return localstate_set_run(client, arg, LOCALSTATE_CAUSE_BATCH);
}

/*
 * What an entry of a transaction needs before any lock is taken.  The caller
 * drops @set in any case, and puts *@variable unless it is NULL.
 */
int localstate_set_begin(struct ls_set *set, struct ls_client *client,
			 struct ls_variable **variable,
			 struct localstate_set *arg)
{
	struct ls_variable *found;
	int ret;

	set->cause = LOCALSTATE_CAUSE_BATCH;
	ret = localstate_set_check(arg, set->cause, &arg->error);
	if (ret)
		return ret;
	found = localstate_variable_find(client->session, &arg->key,
					 &arg->error);
	if (IS_ERR(found))
		return PTR_ERR(found);
	*variable = found;
	return localstate_set_import(set, client, found, arg, &arg->error);
}

/* Whether an entry changes something: 1 or 0, or why it is refused; or -EAGAIN. */
int localstate_set_decide(const struct ls_client *client,
			  const struct ls_variable *variable,
			  struct ls_set *set, struct ls_value *old,
			  struct localstate_set *arg)
{
	int ret = localstate_set_try(client, variable, set, old, arg);

	return ret < 0 ? ret : ret == LS_SET_CHANGES;
}

/* Between this and localstate_set_finish() the change may point to @set. */
void localstate_set_store(const struct ls_client *client,
			  struct ls_variable *variable, struct ls_set *set,
			  const struct ls_value *old, u64 time_ns,
			  struct ls_change *change)
{
	localstate_set_store_value(client, variable, set, old, time_ns);
	localstate_set_fill_change(client, variable, set, old, change);
}

void localstate_set_finish(struct ls_set *set, const struct ls_value *old)
{
	localstate_set_let_go(set, old);
}

/* The outputs of an entry whose transaction is made; it holds the lock still. */
void localstate_set_report(const struct ls_variable *variable,
			   const struct ls_set *set,
			   struct localstate_set *arg, bool changed)
{
	lockdep_assert_held(&variable->lock);
	if (arg->operation)
		localstate_set_export(set, &arg->value);
	arg->version = variable->slot->version;
	arg->result = changed ? LOCALSTATE_SET_CHANGED : 0;
}
