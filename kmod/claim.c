// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims: a client's exclusive right to change a variable, and what is done to
 * the variable when that ends.
 *
 * A claim is in variable->claim and in client->claims from CLAIM until it ends,
 * once: by RELEASE, with its client or with its variable.  All of that happens
 * under session->lock and variable->lock, so that a SET, which holds only the
 * second, may look at the claim that it finds.  Whatever the end needs has been
 * allocated and checked when the claim was made: the end cannot fail.
 */
#include <linux/ktime.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "trace.h"

struct ls_claim {
	struct list_head in_client;	/* session->lock; in claim order */
	struct ls_client *client;	/* immutable: whom it belongs to */
	struct ls_variable *variable;	/* immutable; referenced */
	struct ls_writer *holder;	/* immutable; referenced */
	u32 on_end;			/* immutable; enum localstate_claim_end */
	struct ls_value value;		/* immutable; of RESET and WILL */
	struct ls_cell *metadata;	/* immutable; of WILL, or NULL */
	struct ls_cell *merged;		/* where the end merges them, or NULL */
};

/* Somebody who waits for a claim; on his stack. */
struct ls_claim_waiter {
	struct list_head node;		/* session->lock; session->waiters */
	const struct ls_variable *variable;
	struct wait_queue_head wait;
	bool free;			/* set under session->lock: look again */
};

/* ---- what others see ----------------------------------------------------- */

/* Why somebody may not change a claimed variable: who holds it. */
static int localstate_claim_refuse(const struct ls_claim *claim, int code,
				   struct localstate_error *error)
{
	pid_t pid = pid_nr_ns(claim->holder->pid, task_active_pid_ns(current));

	return localstate_error_limit(error, code, LOCALSTATE_FIELD_CLAIM,
				      LOCALSTATE_TYPE_UINT, pid);
}

/* Whether @client may change a variable that somebody has claimed. */
int localstate_claim_check(const struct ls_variable *variable,
			   const struct ls_client *client,
			   struct localstate_error *error)
{
	lockdep_assert_held(&variable->lock);
	if (variable->claim->client == client)
		return 0;
	return localstate_claim_refuse(variable->claim, -EBUSY, error);
}

/* ---- the end ------------------------------------------------------------- */

static void localstate_claim_free(struct ls_claim *claim)
{
	localstate_user_uncharge(claim->client->user, LS_CLAIMS, 1);
	localstate_value_drop(&claim->value);
	localstate_cell_put(claim->metadata);
	localstate_cell_put(claim->merged);
	localstate_writer_put(claim->holder);
	localstate_variable_put(claim->variable);
	kfree(claim);
}

static void localstate_claim_wake_one(struct ls_claim_waiter *waiter)
{
	WRITE_ONCE(waiter->free, true);
	wake_up(&waiter->wait);
}

/* Those who wait for the variable look again: it is free, or it is gone. */
static void localstate_claim_wake(struct ls_session *session,
				  const struct ls_variable *variable)
{
	struct ls_claim_waiter *waiter;

	lockdep_assert_held(&session->lock);
	list_for_each_entry(waiter, &session->waiters, node) {
		if (waiter->variable == variable)
			localstate_claim_wake_one(waiter);
	}
}

/* The session has ended: nobody gets a claim any more. */
void localstate_claim_wake_all(struct ls_session *session)
{
	struct ls_claim_waiter *waiter;

	lockdep_assert_held(&session->lock);
	list_for_each_entry(waiter, &session->waiters, node)
		localstate_claim_wake_one(waiter);
}

/* Nobody holds @variable any more.  The caller has a reference to that. */
void localstate_claim_drop(struct ls_session *session,
			   struct ls_variable *variable)
{
	struct ls_claim *claim = variable->claim;

	lockdep_assert_held(&session->lock);
	lockdep_assert_held(&variable->lock);
	variable->claim = NULL;
	list_del(&claim->in_client);
	WRITE_ONCE(claim->client->n_claims, claim->client->n_claims - 1);
	localstate_claim_wake(session, variable);
	localstate_claim_free(claim);
}

/* The metadata that the variable has once the claim has ended, referenced. */
static struct ls_cell *localstate_claim_merge(struct ls_claim *claim)
{
	struct ls_variable *variable = claim->variable;
	struct ls_cell *old =
		rcu_dereference_protected(variable->metadata,
					  lockdep_is_held(&variable->lock));
	struct ls_cell *merged = claim->metadata;

	if (claim->metadata && old) {
		merged = claim->merged;
		if (!localstate_metadata_merge_into(merged, old,
						    claim->metadata))
			merged = old;
	} else if (!merged) {
		merged = old;
	}
	if (merged)
		refcount_inc(&merged->ref);
	return merged;
}

/* RESET and WILL: as a SET by the holder. */
static void localstate_claim_store(struct ls_claim *claim)
{
	struct ls_variable *variable = claim->variable;
	u64 version = variable->slot->version + 1;
	struct ls_change change;
	struct ls_value old;

	lockdep_assert_held(&variable->lock);
	localstate_variable_read(variable, &old);
	if (localstate_value_equal(&old, &claim->value))
		return;
	trace_localstate_variable_set(claim->client, variable, &claim->value,
				      version);
	/* The old cell is looked at after the store has let go of it. */
	if (old.cell)
		refcount_inc(&old.cell->ref);
	if (claim->value.cell)
		refcount_inc(&claim->value.cell->ref);
	refcount_inc(&claim->holder->ref);
	localstate_variable_store(variable, &claim->value,
				  localstate_claim_merge(claim), claim->holder,
				  version, ktime_get_ns());
	localstate_notify_describe(variable, &claim->value, &change);
	change.kind = LOCALSTATE_EVENT_CHANGED;
	change.cause = LOCALSTATE_CAUSE_RELEASE;
	change.maker = claim->client;
	change.old = (struct ls_view){ localstate_value_data(&old), old.length,
				       true };
	change.metadata = (struct ls_view){};
	if (claim->metadata)
		change.metadata = (struct ls_view){ claim->metadata->data,
						    claim->metadata->length,
						    true };
	localstate_notify_change(variable, &change);
	localstate_cell_put(old.cell);
}

/* End the claim of @variable and do what it says; the variable's version then. */
static u64 localstate_claim_end(struct ls_session *session,
				struct ls_variable *variable)
{
	struct ls_claim *claim = variable->claim;
	u64 version;

	lockdep_assert_held(&session->lock);
	lockdep_assert_held(&variable->lock);
	if (claim->on_end == LOCALSTATE_CLAIM_END_DELETE)
		return localstate_variable_remove(session, variable,
						  claim->client, claim->holder,
						  LOCALSTATE_CAUSE_RELEASE);
	if (claim->on_end != LOCALSTATE_CLAIM_END_NONE)
		localstate_claim_store(claim);
	version = variable->slot->version;
	localstate_claim_drop(session, variable);
	return version;
}

/* End the oldest claim of @client; false: there is none. */
static bool localstate_claim_end_first(struct ls_client *client)
{
	struct ls_session *session = client->session;
	struct ls_variable *variable;
	struct ls_claim *claim;

	guard(mutex)(&session->lock);
	claim = list_first_entry_or_null(&client->claims, struct ls_claim,
					 in_client);
	if (!claim)
		return false;
	variable = claim->variable;
	refcount_inc(&variable->ref);
	mutex_lock(&variable->lock);
	if (session->dead)
		localstate_claim_drop(session, variable);
	else
		localstate_claim_end(session, variable);
	mutex_unlock(&variable->lock);
	localstate_variable_put(variable);
	return true;
}

/* End all claims of a client that nobody uses any more, in claim order. */
void localstate_claim_end_all(struct ls_client *client)
{
	while (localstate_claim_end_first(client))
		cond_resched();
}

/* ---- CLAIM --------------------------------------------------------------- */

static int localstate_claim_check_arg(const struct localstate_claim *arg,
				      struct localstate_error *error)
{
	bool will = arg->on_end == LOCALSTATE_CLAIM_END_WILL;
	int ret = localstate_error_unless_zero(error,
					       arg->flags & ~LOCALSTATE_CLAIM_WAIT,
					       arg->reserved);

	if (ret)
		return ret;
	if (arg->on_end > LOCALSTATE_CLAIM_END_WILL)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_ON_END);
	if (!will && (arg->will.type || arg->will.length || arg->will.data))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_VALUE);
	if (!will && (arg->metadata || arg->metadata_len))
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_METADATA);
	if (arg->timeout_ns && !(arg->flags & LOCALSTATE_CLAIM_WAIT))
		return localstate_error(error, -EINVAL,
					LOCALSTATE_FIELD_TIMEOUT);
	return 0;
}

/* What the end would do to the variable must be what a SET may do. */
static int localstate_claim_check_flags(const struct ls_variable *variable,
					u32 on_end,
					struct localstate_error *error)
{
	if (!variable->flags || on_end == LOCALSTATE_CLAIM_END_NONE ||
	    on_end == LOCALSTATE_CLAIM_END_DELETE)
		return 0;
	return localstate_error_limit(error, -EROFS, LOCALSTATE_FIELD_FLAGS,
				      LOCALSTATE_TYPE_UINT, variable->flags);
}

/* The value, the metadata and the room to merge them that a will needs. */
static int localstate_claim_import_will(struct ls_claim *claim,
					const struct localstate_claim *arg,
					struct localstate_error *error)
{
	const struct ls_variable *variable = claim->variable;
	int ret;

	ret = localstate_value_import(&claim->value, &arg->will, variable->type,
				      error);
	if (!ret)
		ret = localstate_constraint_check(variable->spec, &claim->value,
						  error);
	if (!ret)
		ret = localstate_value_charge(&claim->value, claim->client->user,
					      error);
	if (!ret)
		ret = localstate_metadata_import(&claim->metadata, arg->metadata,
						 arg->metadata_len, error);
	if (ret || !claim->metadata)
		return ret;
	claim->merged = localstate_cell_alloc(LOCALSTATE_METADATA_MAX);
	if (!claim->merged)
		return -ENOMEM;
	return localstate_cell_charge(claim->metadata, claim->client->user,
				      error) ?:
	       localstate_cell_charge(claim->merged, claim->client->user,
				      error);
}

/*
 * A claim that is complete, but not yet in force, or an ERR_PTR.  It takes over
 * the caller's reference to @variable.
 */
static struct ls_claim *localstate_claim_create(struct ls_client *client,
						struct ls_variable *variable,
						const struct localstate_claim *arg,
						struct localstate_error *error)
{
	struct ls_claim *claim;
	int ret;

	ret = localstate_claim_check_flags(variable, arg->on_end, error);
	if (!ret)
		ret = localstate_user_charge(client->user, LS_CLAIMS, 1, error);
	if (ret)
		goto err_variable;
	ret = -ENOMEM;
	claim = kzalloc(sizeof(*claim), GFP_KERNEL_ACCOUNT);
	if (!claim)
		goto err_charge;
	claim->client = client;
	claim->variable = variable;
	claim->on_end = arg->on_end;
	claim->holder = localstate_writer_current(&client->writer);
	if (!claim->holder)
		goto err_claim;
	if (arg->on_end == LOCALSTATE_CLAIM_END_WILL) {
		ret = localstate_claim_import_will(claim, arg, error);
		if (ret)
			goto err_claim;
	} else if (arg->on_end == LOCALSTATE_CLAIM_END_RESET) {
		localstate_variable_initial(variable, &claim->value);
	}
	return claim;

err_claim:
	localstate_claim_free(claim);
	return ERR_PTR(ret);
err_charge:
	localstate_user_uncharge(client->user, LS_CLAIMS, 1);
err_variable:
	localstate_variable_put(variable);
	return ERR_PTR(ret);
}

/* Put a claim into force, if nobody has one. */
static int localstate_claim_install(struct ls_session *session,
				    struct ls_claim *claim,
				    struct localstate_claim *arg)
{
	struct ls_variable *variable = claim->variable;
	struct ls_client *client = claim->client;

	lockdep_assert_held(&session->lock);
	arg->error = (struct localstate_error){ .index = LOCALSTATE_NO_INDEX };
	if (session->dead)
		return -ESHUTDOWN;
	guard(mutex)(&variable->lock);
	if (variable->dead)
		return localstate_error_missing(&arg->error, &arg->key);
	if (variable->claim && variable->claim->client == client)
		return localstate_error(&arg->error, -EALREADY,
					LOCALSTATE_FIELD_CLAIM);
	if (variable->claim)
		return localstate_claim_refuse(variable->claim, -EBUSY,
					       &arg->error);
	variable->claim = claim;
	list_add_tail(&claim->in_client, &client->claims);
	WRITE_ONCE(client->n_claims, client->n_claims + 1);
	arg->id = variable->slot->id;
	arg->version = variable->slot->version;
	return 0;
}

/* Until when to wait: 0 not at all, KTIME_MAX for ever. */
static ktime_t localstate_claim_deadline(const struct localstate_claim *arg)
{
	if (!(arg->flags & LOCALSTATE_CLAIM_WAIT))
		return 0;
	if (arg->timeout_ns >= KTIME_MAX)
		return KTIME_MAX;
	return ktime_add_safe(ktime_get(), ns_to_ktime(arg->timeout_ns));
}

/*
 * Try once and, if somebody else has it, sleep until that ends.  0: it is ours,
 * -EAGAIN: try again.  By a timer of high resolution: jiffies may be behind when
 * the sleep begins, and what is counted in them then ends too early.
 */
static int localstate_claim_try(struct ls_session *session,
				struct ls_claim *claim,
				struct localstate_claim *arg, ktime_t deadline)
{
	struct ls_claim_waiter waiter = { .variable = claim->variable };
	ktime_t left = deadline;
	int ret;

	mutex_lock(&session->lock);
	if (deadline && deadline != KTIME_MAX)
		left = ktime_sub(deadline, ktime_get());
	ret = localstate_claim_install(session, claim, arg);
	if (ret != -EBUSY || left <= 0) {
		mutex_unlock(&session->lock);
		return ret;
	}
	init_waitqueue_head(&waiter.wait);
	list_add_tail(&waiter.node, &session->waiters);
	mutex_unlock(&session->lock);

	ret = wait_event_interruptible_hrtimeout(waiter.wait,
						 READ_ONCE(waiter.free), left);

	/* Whoever wakes us has this lock, and nothing to do with us after it. */
	mutex_lock(&session->lock);
	list_del(&waiter.node);
	mutex_unlock(&session->lock);
	return ret == -ERESTARTSYS ? -EINTR : -EAGAIN;
}

int localstate_claim_add(struct ls_client *client, void *data)
{
	struct localstate_claim *arg = data;
	struct ls_variable *variable;
	struct ls_claim *claim;
	ktime_t deadline;
	int ret;

	ret = localstate_claim_check_arg(arg, &arg->error);
	if (ret)
		return ret;
	variable = localstate_variable_find(client->session, &arg->key,
					    &arg->error);
	if (IS_ERR(variable))
		return PTR_ERR(variable);
	claim = localstate_claim_create(client, variable, arg, &arg->error);
	if (IS_ERR(claim))
		return PTR_ERR(claim);
	deadline = localstate_claim_deadline(arg);
	do {
		ret = localstate_claim_try(client->session, claim, arg,
					   deadline);
	} while (ret == -EAGAIN);
	if (ret == -EBUSY && (arg->flags & LOCALSTATE_CLAIM_WAIT))
		ret = -ETIMEDOUT;
	if (ret)
		localstate_claim_free(claim);
	return ret;
}

/* ---- RELEASE ------------------------------------------------------------- */

/* End the claim of @client on a variable. */
static int localstate_claim_release(struct ls_client *client,
				    struct ls_variable *variable,
				    struct localstate_release *arg)
{
	struct ls_session *session = client->session;

	guard(mutex)(&session->lock);
	if (session->dead)
		return -ESHUTDOWN;
	guard(mutex)(&variable->lock);
	if (variable->dead)
		return localstate_error_missing(&arg->error, &arg->key);
	if (!variable->claim || variable->claim->client != client)
		return localstate_error(&arg->error, -ENOENT,
					LOCALSTATE_FIELD_CLAIM);
	arg->id = variable->slot->id;
	arg->version = localstate_claim_end(session, variable);
	return 0;
}

int localstate_claim_remove(struct ls_client *client, void *data)
{
	struct localstate_release *arg = data;
	struct ls_variable *variable;
	int ret;

	ret = localstate_error_unless_zero(&arg->error, arg->flags,
					   arg->reserved);
	if (ret)
		return ret;
	variable = localstate_variable_find(client->session, &arg->key,
					    &arg->error);
	if (IS_ERR(variable))
		return PTR_ERR(variable);
	ret = localstate_claim_release(client, variable, arg);
	localstate_variable_put(variable);
	return ret;
}

/*
 * CLAIM could not tell its caller: as if there had been none.  If another thread has
 * released it meanwhile and claimed the variable once more, that claim goes.
 */
void localstate_claim_undo(struct ls_client *client, void *data)
{
	const struct localstate_claim *arg = data;
	const struct localstate_key key = { .id = arg->id };
	struct ls_session *session = client->session;
	struct localstate_error error;
	struct ls_variable *variable;

	variable = localstate_variable_find(session, &key, &error);
	if (IS_ERR(variable))
		return;
	mutex_lock(&session->lock);
	mutex_lock(&variable->lock);
	if (variable->claim && variable->claim->client == client)
		localstate_claim_drop(session, variable);
	mutex_unlock(&variable->lock);
	mutex_unlock(&session->lock);
	localstate_variable_put(variable);
}
