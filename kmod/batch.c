// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls with many entries: BATCH, whose entries are SETs, each on its own or all
 * together as a transaction, and GET_MANY, whose entries are GETs of one moment.
 *
 * All entries are copied in before anything is done, and out at the end; each
 * has outputs and an error part of its own.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "private.h"

/* A snapshot is tried so often beside transactions, and then between them. */
#define LS_SNAPSHOT_TRIES	3

/* ---- lists of entries ----------------------------------------------------- */

/* Where they are, as the caller has it. */
struct ls_list {
	u64 at;
	u32 n;
	u32 step;			/* from one to the next, for the caller */
	u32 size;			/* of one, for us */
};

static int localstate_list_check(const struct ls_list *list,
				 struct localstate_error *error)
{
	if (!list->n || list->n > LOCALSTATE_BATCH_MAX)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_ENTRIES,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_BATCH_MAX);
	if (list->step < list->size || list->step > PAGE_SIZE ||
	    list->step % sizeof(u64))
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_BUFFER,
					      LOCALSTATE_TYPE_UINT, list->size);
	return 0;
}

/* An array of entries in kernel memory; kvfree() it, or an ERR_PTR. */
static void *localstate_list_import(const struct ls_list *list,
				    struct localstate_error *error)
{
	void *entries;
	int ret;
	u32 i;

	ret = localstate_list_check(list, error);
	if (ret)
		return ERR_PTR(ret);
	entries = kvmalloc_array(list->n, list->size, GFP_KERNEL_ACCOUNT);
	if (!entries)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < list->n; i++) {
		ret = copy_struct_from_user(entries + i * list->size,
					    list->size,
					    u64_to_user_ptr(list->at + (u64)i * list->step),
					    list->step);
		if (!ret)
			continue;
		kvfree(entries);
		localstate_error(error, ret, LOCALSTATE_FIELD_ENTRIES);
		if (ret == -E2BIG)
			error->index = i;
		return ERR_PTR(ret);
	}
	return entries;
}

static int localstate_list_export(const struct ls_list *list,
				  const void *entries,
				  struct localstate_error *error)
{
	u32 i;

	for (i = 0; i < list->n; i++) {
		if (copy_to_user(u64_to_user_ptr(list->at + (u64)i * list->step),
				 entries + i * list->size, list->size))
			return localstate_error(error, -EFAULT,
						LOCALSTATE_FIELD_ENTRIES);
	}
	return 0;
}

static const struct localstate_error localstate_no_error = {
	.index = LOCALSTATE_NO_INDEX,
};

/* ---- BATCH ---------------------------------------------------------------- */

/* Each entry for itself. */
static int localstate_batch_run(struct ls_client *client,
				struct localstate_set *sets,
				struct localstate_batch *batch)
{
	u32 i;

	for (i = 0; i < batch->n_entries; i++) {
		int ret = fatal_signal_pending(current) ? -EINTR :
			  localstate_variable_set_entry(client, &sets[i]);

		sets[i].error.code = -ret;
		batch->failed += !!ret;
		batch->changed += sets[i].result & LOCALSTATE_SET_CHANGED;
		cond_resched();
	}
	return 0;
}

int localstate_batch_set(struct ls_client *client, void *data)
{
	struct localstate_batch *arg = data;
	const struct ls_list list = {
		.at = arg->entries,
		.n = arg->n_entries,
		.step = arg->entry_size,
		.size = sizeof(struct localstate_set),
	};
	struct localstate_set *sets;
	int ret;
	u32 i;

	ret = localstate_error_unless_zero(&arg->error,
					   arg->flags & ~LOCALSTATE_BATCH_ATOMIC,
					   arg->reserved);
	if (ret)
		return ret;
	sets = localstate_list_import(&list, &arg->error);
	if (IS_ERR(sets))
		return PTR_ERR(sets);
	for (i = 0; i < list.n; i++) {
		sets[i].version = 0;
		sets[i].result = 0;
		sets[i].error = localstate_no_error;
	}
	if (arg->flags & LOCALSTATE_BATCH_ATOMIC)
		ret = localstate_transaction_run(client, sets, arg);
	else
		ret = localstate_batch_run(client, sets, arg);
	/* An error of the transaction's is more than that its report is lost. */
	if (ret)
		localstate_list_export(&list, sets, &(struct localstate_error){});
	else
		ret = localstate_list_export(&list, sets, &arg->error);
	kvfree(sets);
	return ret;
}

/* ---- GET_MANY ------------------------------------------------------------- */

struct ls_get {
	struct ls_variable *variable;	/* referenced, or NULL */
	struct ls_snapshot snapshot;
	bool taken;			/* the snapshot has to be dropped */
};

static void localstate_many_drop_snapshots(struct ls_get *gets, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (gets[i].taken)
			localstate_snapshot_drop(&gets[i].snapshot);
		gets[i].taken = false;
	}
}

static void localstate_many_drop(struct ls_get *gets, u32 n)
{
	u32 i;

	localstate_many_drop_snapshots(gets, n);
	for (i = 0; i < n; i++) {
		if (gets[i].variable)
			localstate_variable_put(gets[i].variable);
	}
	kvfree(gets);
}

static void localstate_many_take(struct ls_get *gets, u32 n)
{
	u32 i;

	localstate_many_drop_snapshots(gets, n);
	for (i = 0; i < n; i++) {
		gets[i].taken = gets[i].variable &&
				!localstate_snapshot_take(gets[i].variable,
							  &gets[i].snapshot);
	}
}

/* All variables as one transaction left them; its number. */
static u64 localstate_many_snapshot(struct ls_session *session,
				    struct ls_get *gets, u32 n)
{
	u64 transaction;
	int tries;

	for (tries = 0; tries < LS_SNAPSHOT_TRIES; tries++) {
		u32 sequence = localstate_transaction_read_begin(session);

		transaction = READ_ONCE(session->transaction);
		localstate_many_take(gets, n);
		if (!localstate_transaction_read_retry(session, sequence))
			return transaction;
	}
	guard(mutex)(&session->txn_lock);
	localstate_many_take(gets, n);
	return session->transaction;
}

static int localstate_many_find(struct ls_client *client, struct ls_get *get,
				struct localstate_get *arg)
{
	struct ls_variable *variable;
	int ret;

	ret = localstate_error_unless_zero(&arg->error, arg->flags, 0);
	if (ret)
		return ret;
	variable = localstate_variable_find(client->session, &arg->key,
					    &arg->error);
	if (IS_ERR(variable))
		return PTR_ERR(variable);
	get->variable = variable;
	return 0;
}

/* Hand the value of one entry over, unless it has failed before. */
static int localstate_many_return(const struct ls_get *get,
				  struct localstate_get *arg)
{
	if (arg->error.code)
		return -(int)arg->error.code;
	if (!get->taken)
		return localstate_error_missing(&arg->error, &arg->key);
	return localstate_get_return(&get->snapshot, arg);
}

static int localstate_many_run(struct ls_client *client,
			       struct localstate_get *args,
			       struct localstate_get_many *many)
{
	struct ls_get *gets;
	u32 i;

	gets = kvcalloc(many->n_entries, sizeof(*gets), GFP_KERNEL_ACCOUNT);
	if (!gets)
		return -ENOMEM;
	for (i = 0; i < many->n_entries; i++) {
		memset_startat(&args[i], 0, value);
		args[i].error = localstate_no_error;
		args[i].error.code = -localstate_many_find(client, &gets[i],
							   &args[i]);
		cond_resched();
	}
	many->transaction = localstate_many_snapshot(client->session, gets,
						     many->n_entries);
	for (i = 0; i < many->n_entries; i++) {
		int ret = localstate_many_return(&gets[i], &args[i]);

		args[i].error.code = -ret;
		many->failed += !!ret;
		cond_resched();
	}
	localstate_many_drop(gets, many->n_entries);
	return 0;
}

int localstate_get_many(struct ls_client *client, void *data)
{
	struct localstate_get_many *arg = data;
	const struct ls_list list = {
		.at = arg->entries,
		.n = arg->n_entries,
		.step = arg->entry_size,
		.size = sizeof(struct localstate_get),
	};
	struct localstate_get *gets;
	int ret;

	ret = localstate_error_unless_zero(&arg->error, arg->flags, 0);
	if (ret)
		return ret;
	gets = localstate_list_import(&list, &arg->error);
	if (IS_ERR(gets))
		return PTR_ERR(gets);
	ret = localstate_many_run(client, gets, arg) ?:
	      localstate_list_export(&list, gets, &arg->error);
	kvfree(gets);
	return ret;
}
