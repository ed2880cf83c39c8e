// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a watch starts from: the values that WATCH with SNAPSHOT returns.
 *
 * Under the lock of each variable, as its link is attached, only references are
 * taken, to the variable and to its cells, which are immutable.  The records are
 * made of them when no lock is held any more, and copied to the caller.  txn_lock is
 * held from the first variable to the last: a transaction is in all values, or in
 * none, and then all its events follow.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "private.h"

/* Room for so many; before that there is none taken. */
int localstate_starts_alloc(struct ls_starts *starts, u32 room)
{
	kvfree(starts->list);
	starts->list = kvcalloc(room, sizeof(*starts->list), GFP_KERNEL_ACCOUNT);
	return starts->list ? 0 : -ENOMEM;
}

void localstate_starts_drop(struct ls_starts *starts)
{
	u32 i;

	for (i = 0; i < starts->n; i++) {
		localstate_snapshot_drop(&starts->list[i].snapshot);
		localstate_variable_put(starts->list[i].variable);
	}
	kvfree(starts->list);
}

/* The value of now, from which on the variable's changes are told. */
void localstate_starts_take(struct ls_starts *starts,
			    struct ls_variable *variable, u32 target)
{
	struct ls_start *start = &starts->list[starts->n];

	lockdep_assert_held(&variable->lock);
	/* It is in the tables, so that it is not deleted. */
	if (localstate_snapshot_take(variable, &start->snapshot))
		return;
	refcount_inc(&variable->ref);
	start->variable = variable;
	start->target = target;
	starts->n++;
}

static int localstate_starts_refuse(u64 size, struct localstate_watch *arg)
{
	arg->size = min_t(u64, size, U32_MAX);
	return localstate_error_limit(&arg->error, -EMSGSIZE,
				      LOCALSTATE_FIELD_BUFFER,
				      LOCALSTATE_TYPE_UINT, size);
}

/*
 * Whether the buffer is large enough for the values of now: if not, nothing is
 * installed that somebody could see.  They may still grow before they are taken.
 */
int localstate_starts_check(const struct ls_resolution *resolution,
			    struct localstate_watch *arg)
{
	struct ls_snapshot snapshot;
	u64 size = 0;
	u32 i;

	for (i = 0; i < resolution->n; i++) {
		struct ls_variable *variable = resolution->found[i].variable;

		if (!variable || localstate_snapshot_take(variable, &snapshot))
			continue;
		size += localstate_variable_record_size(variable, &snapshot);
		localstate_snapshot_drop(&snapshot);
		cond_resched();
	}
	return size > arg->buffer_len ? localstate_starts_refuse(size, arg) : 0;
}

/* To *@to, which is moved on. */
static int localstate_start_copy(const struct ls_start *start, u64 *to,
				 struct localstate_error *error)
{
	struct localstate_variable *record;
	int ret = 0;

	record = localstate_variable_record(start->variable, &start->snapshot);
	if (IS_ERR(record))
		return PTR_ERR(record);
	record->target = start->target;
	if (copy_to_user(u64_to_user_ptr(*to), record, record->size))
		ret = localstate_error(error, -EFAULT, LOCALSTATE_FIELD_BUFFER);
	*to += record->size;
	kvfree(record);
	return ret;
}

/* All of them, or an error: then the caller takes the watch back. */
int localstate_starts_copy(const struct ls_starts *starts,
			   struct localstate_watch *arg)
{
	u64 size = 0, at = arg->buffer;
	u32 i;
	int ret;

	for (i = 0; i < starts->n; i++)
		size += localstate_variable_record_size(starts->list[i].variable,
							&starts->list[i].snapshot);
	if (size > arg->buffer_len)
		return localstate_starts_refuse(size, arg);
	for (i = 0; i < starts->n; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = localstate_start_copy(&starts->list[i], &at, &arg->error);
		if (ret)
			return ret;
		cond_resched();
	}
	arg->count = starts->n;
	arg->size = size;
	return 0;
}
