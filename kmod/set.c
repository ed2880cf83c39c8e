// SPDX-License-Identifier: GPL-2.0-only
/*
 * SET: everything is taken and checked first; then value, version, time,
 * writer, metadata and the pushes to the watching clients are one step under
 * the variable's lock.
 */
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "trace.h"

/* What a set brings along; dropped at the end, whatever became of it. */
struct ls_set {
	struct ls_value value;
	struct ls_cell *metadata;
	struct ls_writer *writer;
	/* Merged before the lock is taken; good if base is still current. */
	struct ls_cell *base;
	struct ls_cell *merged;
	int merge_result;
	struct localstate_error merge_error;
};

static void localstate_set_drop_merge(struct ls_set *set)
{
	localstate_cell_put(set->base);
	localstate_cell_put(set->merged);
	set->base = NULL;
	set->merged = NULL;
}

static void localstate_set_drop(struct ls_set *set)
{
	localstate_set_drop_merge(set);
	localstate_value_drop(&set->value);
	localstate_cell_put(set->metadata);
	localstate_writer_put(set->writer);
}

/*
 * Merge the metadata with what the variable has now.  That takes time and
 * memory, so it is done without the lock; whether it counts is seen under it.
 */
static void localstate_set_merge(struct ls_set *set,
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
	if (set->merge_result)
		set->merged = NULL;
}

static int localstate_set_check(const struct localstate_set *arg,
				struct localstate_error *error)
{
	u32 unknown = arg->flags & ~(LOCALSTATE_SET_IF_VERSION |
				     LOCALSTATE_SET_FORCE);

	if (unknown)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (arg->operation > LOCALSTATE_OPERATION_TOGGLE)
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_OPERATION);
	if (arg->expected_version && !(arg->flags & LOCALSTATE_SET_IF_VERSION))
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_VERSION);
	return 0;
}

/* An operation is checked here, and done under the variable's lock. */
static noinline int localstate_set_import_operation(struct ls_set *set,
						    const struct ls_variable *variable,
						    const struct localstate_set *arg,
						    struct localstate_error *error)
{
	set->value.type = variable->type;
	return localstate_operation_check(arg->operation, variable->type,
					  &arg->value, error);
}

static int localstate_set_import_value(struct ls_set *set,
				       const struct ls_variable *variable,
				       const struct localstate_set *arg,
				       struct localstate_error *error)
{
	int ret;

	if (unlikely(arg->operation))
		return localstate_set_import_operation(set, variable, arg,
						       error);
	ret = localstate_value_import(&set->value, &arg->value, variable->type,
				      error);
	return ret ?: localstate_constraint_check(variable->spec, &set->value,
						  error);
}

static int localstate_set_import(struct ls_set *set, struct ls_client *client,
				 const struct ls_variable *variable,
				 const struct localstate_set *arg,
				 struct localstate_error *error)
{
	int ret;

	ret = localstate_set_import_value(set, variable, arg, error);
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
 * Tell those who watch; the variable keeps all that the change points to.  Apart,
 * because room for a change costs a set that nobody watches, too; and not by
 * localstate_notify_describe(), which takes 94 instructions more.
 */
static noinline void localstate_set_notify(struct ls_variable *variable,
					   const struct ls_set *set,
					   const struct ls_value *old)
{
	struct ls_change change = {
		.kind = LOCALSTATE_EVENT_CHANGED,
		.cause = LOCALSTATE_CAUSE_SET,
		.type = variable->type,
		.id = variable->slot->id,
		.version = variable->slot->version,
		.time_ns = variable->slot->changed_ns,
		.old = { localstate_value_data(old), old->length, true },
		.new = { localstate_value_data(&set->value), set->value.length,
			 true },
		.writer = set->writer,
	};

	if (set->metadata)
		change.metadata = (struct ls_view){ set->metadata->data,
						    set->metadata->length,
						    true };
	localstate_notify_change(variable, &change);
}

/*
 * The step itself; nothing in here can fail.  The variable takes over what the
 * set has brought.  Without watchers there is no change to describe.
 */
static void localstate_set_commit(struct ls_variable *variable,
				  struct ls_set *set,
				  const struct ls_value *old, u64 version)
{
	/* The old cell is looked at after the store has let go of it. */
	if (old->cell)
		refcount_inc(&old->cell->ref);
	localstate_variable_store(variable, &set->value, set->merged,
				  set->writer, version, ktime_get_ns());
	if (!hlist_empty(&variable->links))
		localstate_set_notify(variable, set, old);
	localstate_cell_put(old->cell);
	set->value.cell = NULL;
	set->merged = NULL;
	set->writer = NULL;
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
	if ((variable->flags & LOCALSTATE_REGISTER_READ_ONLY) ||
	    ((variable->flags & LOCALSTATE_REGISTER_WRITE_ONCE) &&
	     variable->slot->version))
		return localstate_error_limit(&arg->error, -EROFS,
					      LOCALSTATE_FIELD_FLAGS,
					      LOCALSTATE_TYPE_UINT,
					      variable->flags);
	if (!arg->operation)
		return 0;
	return localstate_operation_apply(arg->operation, &arg->value,
					  variable->spec, old->word[0],
					  &set->value, &arg->error);
}

/* -EAGAIN: somebody else has changed the metadata; merge again. */
static int localstate_set_locked(const struct ls_client *client,
				 struct ls_variable *variable,
				 struct ls_set *set,
				 struct localstate_set *arg)
{
	u64 version = variable->slot->version;
	struct ls_value old;
	int ret;

	lockdep_assert_held(&variable->lock);
	if (variable->dead)
		return localstate_error(&arg->error, -ENOENT,
					arg->key.id ? LOCALSTATE_FIELD_ID :
					LOCALSTATE_FIELD_NAME);
	if (variable->claim) {
		ret = localstate_claim_check(variable, client, &arg->error);
		if (ret)
			return ret;
	}
	if ((arg->flags & LOCALSTATE_SET_IF_VERSION) &&
	    version != arg->expected_version)
		return localstate_error_limit(&arg->error, -ESTALE,
					      LOCALSTATE_FIELD_VERSION,
					      LOCALSTATE_TYPE_UINT, version);
	localstate_variable_read(variable, &old);
	if (unlikely(arg->operation | variable->flags)) {
		ret = localstate_set_special(variable, set, arg, &old);
		if (ret)
			return ret;
	}
	if (localstate_value_equal(&old, &set->value) &&
	    !(arg->flags & LOCALSTATE_SET_FORCE)) {
		arg->version = version;
		return 0;
	}
	ret = localstate_set_check_merge(variable, set, &arg->error);
	if (ret)
		return ret;
	trace_localstate_variable_set(client, variable, &set->value,
				      version + 1);
	localstate_set_commit(variable, set, &old, version + 1);
	arg->version = version + 1;
	arg->result = LOCALSTATE_SET_CHANGED;
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

int localstate_variable_set(struct ls_client *client, void *data)
{
	struct localstate_set *arg = data;
	struct ls_set set = {};
	struct ls_variable *variable;
	int ret;

	ret = localstate_set_check(arg, &arg->error);
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
			localstate_set_merge(&set, variable);
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
