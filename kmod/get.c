// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading variables: a snapshot of one moment, taken without any lock that a
 * writer takes; GET, DESCRIBE and LIST hand it to the caller.
 */
#include <linux/cred.h>
#include <linux/glob.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "private.h"

static void localstate_snapshot_copy_slot(struct localstate_slot *to,
					  const struct localstate_slot *from)
{
	int i;

	to->type = READ_ONCE(from->type);
	to->length = READ_ONCE(from->length);
	to->id = READ_ONCE(from->id);
	to->version = READ_ONCE(from->version);
	to->changed_ns = READ_ONCE(from->changed_ns);
	for (i = 0; i < ARRAY_SIZE(to->value); i++)
		to->value[i] = READ_ONCE(from->value[i]);
}

/* A reference to @cell, which may be NULL; false if it is about to go. */
static bool localstate_snapshot_hold(struct ls_cell *cell)
{
	return !cell || refcount_inc_not_zero(&cell->ref);
}

/*
 * One attempt; false if a writer was at work.  If the sequence is even and the
 * same before and after, all that was read in between belongs together.
 */
static bool localstate_snapshot_try(struct ls_variable *variable,
				    struct ls_snapshot *snapshot)
{
	struct localstate_slot *slot = variable->slot;
	struct ls_cell *cell, *metadata;
	const struct ls_writer *writer;
	u32 sequence;

	/* Pairs with the barrier of localstate_slot_write_end(). */
	sequence = smp_load_acquire(&slot->sequence);
	if (sequence & 1)
		return false;
	localstate_snapshot_copy_slot(&snapshot->slot, slot);
	cell = rcu_dereference(variable->cell);
	metadata = rcu_dereference(variable->metadata);
	writer = rcu_dereference(variable->writer);
	/* Pairs with the barrier of localstate_slot_write_begin(). */
	smp_rmb();
	if (READ_ONCE(slot->sequence) != sequence)
		return false;

	if (!localstate_snapshot_hold(cell))
		return false;
	if (!localstate_snapshot_hold(metadata)) {
		localstate_cell_put(cell);
		return false;
	}
	snapshot->cell = cell;
	snapshot->metadata = metadata;
	snapshot->pid = pid_nr_ns(writer->pid, task_active_pid_ns(current));
	snapshot->uid = from_kuid_munged(current_user_ns(), writer->uid);
	return true;
}

/*
 * One moment of a variable that the caller has a reference to, or found under
 * RCU.  -ENOENT if it is deleted.  On success the caller drops the snapshot.
 */
int localstate_snapshot_take(struct ls_variable *variable,
			     struct ls_snapshot *snapshot)
{
	rcu_read_lock();
	while (!localstate_snapshot_try(variable, snapshot))
		cpu_relax();
	rcu_read_unlock();
	if (snapshot->slot.type != LOCALSTATE_TYPE_NONE)
		return 0;
	localstate_snapshot_drop(snapshot);
	return -ENOENT;
}

void localstate_snapshot_drop(struct ls_snapshot *snapshot)
{
	localstate_cell_put(snapshot->cell);
	localstate_cell_put(snapshot->metadata);
}

static u32 localstate_snapshot_length(const struct ls_snapshot *snapshot)
{
	return snapshot->cell ? snapshot->cell->length : snapshot->slot.length;
}

static const void *localstate_snapshot_data(const struct ls_snapshot *snapshot)
{
	return snapshot->cell ? (const void *)snapshot->cell->data :
				snapshot->slot.value;
}

/* ---- GET ----------------------------------------------------------------- */

static __always_inline int
localstate_get_value(const struct ls_snapshot *snapshot,
		     struct localstate_get *arg)
{
	u32 length = localstate_snapshot_length(snapshot);
	bool scalar = localstate_type_is_scalar(snapshot->slot.type);

	if (!scalar && length > arg->buffer_len) {
		arg->value.length = length;
		return localstate_error_limit(&arg->error, -EMSGSIZE,
					      LOCALSTATE_FIELD_BUFFER,
					      LOCALSTATE_TYPE_UINT, length);
	}
	if (!scalar && copy_to_user(u64_to_user_ptr(arg->buffer),
				    localstate_snapshot_data(snapshot), length))
		return localstate_error(&arg->error, -EFAULT,
					LOCALSTATE_FIELD_BUFFER);
	arg->value.type = snapshot->slot.type;
	arg->value.length = length;
	arg->value.data = scalar ? snapshot->slot.value[0] : 0;
	return 0;
}

/* What GET tells of a variable. */
static __always_inline int localstate_get_fill(const struct ls_snapshot *snapshot,
					       struct localstate_get *arg)
{
	int ret = localstate_get_value(snapshot, arg);

	if (ret)
		return ret;
	arg->id = snapshot->slot.id;
	arg->version = snapshot->slot.version;
	arg->changed_ns = snapshot->slot.changed_ns;
	arg->pid = snapshot->pid;
	arg->uid = snapshot->uid;
	return 0;
}

/* The same for an entry of GET_MANY, apart: GET has it inline, for speed. */
int localstate_get_return(const struct ls_snapshot *snapshot,
			  struct localstate_get *arg)
{
	return localstate_get_fill(snapshot, arg);
}

int localstate_variable_get(struct ls_client *client, void *data)
{
	struct localstate_get *arg = data;
	struct ls_snapshot snapshot;
	struct ls_variable *variable;
	int ret;

	ret = localstate_error_unless_zero(&arg->error, arg->flags, 0);
	if (ret)
		return ret;
	variable = localstate_variable_find(client->session, &arg->key,
					    &arg->error);
	if (IS_ERR(variable))
		return PTR_ERR(variable);
	ret = localstate_snapshot_take(variable, &snapshot);
	localstate_variable_put(variable);
	if (ret)
		return localstate_error_missing(&arg->error, &arg->key);
	ret = localstate_get_fill(&snapshot, arg);
	localstate_snapshot_drop(&snapshot);
	return ret;
}

/* ---- the record of DESCRIBE and LIST ------------------------------------- */

/* Of a variable without one. */
static const struct ls_spec localstate_no_spec;

static void localstate_variable_fill(struct localstate_variable *record,
				     const struct ls_variable *variable,
				     const struct ls_snapshot *snapshot)
{
	const struct ls_spec *spec = variable->spec ?: &localstate_no_spec;

	*record = (struct localstate_variable){
		.type = snapshot->slot.type,
		.flags = variable->flags,
		.constraints = spec->constraints,
		.id = snapshot->slot.id,
		.version = snapshot->slot.version,
		.created_ns = variable->created_ns,
		.changed_ns = snapshot->slot.changed_ns,
		.pid = snapshot->pid,
		.uid = snapshot->uid,
		.min = spec->min,
		.max = spec->max,
		.step = spec->step,
		.min_length = spec->min_length,
		.max_length = spec->max_length,
		.name_len = variable->name.length,
		.value_len = localstate_snapshot_length(snapshot),
		.label_len = spec->label_len,
		.description_len = spec->description_len,
		.pattern_len = spec->pattern_len,
		.choices_len = spec->choices_len,
		.metadata_len = snapshot->metadata ?
				snapshot->metadata->length : 0,
		.element = spec->element,
		.rank = spec->rank,
	};
}

#define LS_RUNS	8

/* A run of bytes behind the fixed part of a record. */
struct ls_run {
	const void *data;
	u32 length;
};

/* All of them, in the order in which they stand.  Return: bytes of the record. */
static u32 localstate_variable_runs(const struct ls_variable *variable,
				    const struct ls_snapshot *snapshot,
				    struct ls_run runs[LS_RUNS])
{
	const struct ls_spec *spec = variable->spec ?: &localstate_no_spec;
	const struct ls_cell *metadata = snapshot->metadata;
	u32 size = sizeof(struct localstate_variable), i = 0;

	runs[i++] = (struct ls_run){ localstate_snapshot_data(snapshot),
				     localstate_snapshot_length(snapshot) };
	runs[i++] = (struct ls_run){ variable->text, variable->name.length };
	runs[i++] = (struct ls_run){ spec->label, spec->label_len };
	runs[i++] = (struct ls_run){ spec->description, spec->description_len };
	runs[i++] = (struct ls_run){ spec->pattern, spec->pattern_len };
	runs[i++] = (struct ls_run){ spec->choices, spec->choices_len };
	runs[i++] = (struct ls_run){ metadata ? metadata->data : NULL,
				     metadata ? metadata->length : 0 };
	runs[i++] = (struct ls_run){ spec->text,
				     localstate_spec_shape_size(spec) };
	while (i--)
		size += LOCALSTATE_ALIGN(runs[i].length);
	return size;
}

/* Bytes of the record that localstate_variable_record() makes. */
u32 localstate_variable_record_size(const struct ls_variable *variable,
				    const struct ls_snapshot *snapshot)
{
	struct ls_run runs[LS_RUNS];

	return localstate_variable_runs(variable, snapshot, runs);
}

/* A variable as a record in kernel memory; kvfree() it, or an ERR_PTR. */
struct localstate_variable *
localstate_variable_record(const struct ls_variable *variable,
			   const struct ls_snapshot *snapshot)
{
	struct localstate_variable *record;
	struct ls_run runs[LS_RUNS];
	u32 size = localstate_variable_runs(variable, snapshot, runs), i;
	u8 *at;

	record = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!record)
		return ERR_PTR(-ENOMEM);
	localstate_variable_fill(record, variable, snapshot);
	record->size = size;
	at = (u8 *)(record + 1);
	for (i = 0; i < LS_RUNS; i++) {
		memcpy(at, runs[i].data, runs[i].length);
		at += LOCALSTATE_ALIGN(runs[i].length);
	}
	return record;
}

/* The same, of this moment; the caller has a reference to the variable. */
static struct localstate_variable *
localstate_variable_record_now(struct ls_variable *variable)
{
	struct localstate_variable *record;
	struct ls_snapshot snapshot;
	int ret;

	ret = localstate_snapshot_take(variable, &snapshot);
	if (ret)
		return ERR_PTR(ret);
	record = localstate_variable_record(variable, &snapshot);
	localstate_snapshot_drop(&snapshot);
	return record;
}

static int localstate_describe_copy(struct localstate_describe *arg,
				    const struct localstate_variable *record)
{
	if (record->size > arg->buffer_len) {
		arg->size = record->size;
		return localstate_error_limit(&arg->error, -EMSGSIZE,
					      LOCALSTATE_FIELD_BUFFER,
					      LOCALSTATE_TYPE_UINT,
					      record->size);
	}
	if (copy_to_user(u64_to_user_ptr(arg->buffer), record, record->size))
		return localstate_error(&arg->error, -EFAULT,
					LOCALSTATE_FIELD_BUFFER);
	arg->size = record->size;
	return 0;
}

int localstate_variable_describe(struct ls_client *client, void *data)
{
	struct localstate_describe *arg = data;
	struct localstate_variable *record;
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
	record = localstate_variable_record_now(variable);
	localstate_variable_put(variable);
	if (record == ERR_PTR(-ENOENT))
		return localstate_error_missing(&arg->error, &arg->key);
	if (IS_ERR(record))
		return PTR_ERR(record);
	ret = localstate_describe_copy(arg, record);
	kvfree(record);
	return ret;
}

/* ---- LIST ---------------------------------------------------------------- */

static int localstate_list_check(const struct localstate_list *arg,
				 struct localstate_error *error)
{
	int ret = localstate_error_unless_zero(error, arg->flags,
					       arg->reserved);

	if (ret)
		return ret;
	if (arg->pattern_len > LOCALSTATE_PATTERN_MAX)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_PATTERN,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_PATTERN_MAX);
	return 0;
}

static int localstate_list_copy_pattern(const struct localstate_list *arg,
					char *pattern,
					struct localstate_error *error)
{
	u32 length = arg->pattern_len;

	if (!length)
		return 0;
	if (copy_from_user(pattern, u64_to_user_ptr(arg->pattern), length))
		return localstate_error(error, -EFAULT,
					LOCALSTATE_FIELD_PATTERN);
	pattern[length] = '\0';
	if (strlen(pattern) != length)
		return localstate_error(error, -EILSEQ,
					LOCALSTATE_FIELD_PATTERN);
	return 0;
}

/*
 * Go on to the variable behind *@after; false at the end.  *@found is that
 * variable, referenced, or NULL if its name is not wanted.
 */
static bool localstate_list_step(struct ls_session *session, u64 *after,
				 const char *pattern,
				 struct ls_variable **found)
{
	struct ls_variable *variable;
	unsigned long id = *after;

	*found = NULL;
	/* On 32 bits there is no such id. */
	if (id != *after)
		return false;
	rcu_read_lock();
	variable = xa_find_after(&session->variables, &id, ULONG_MAX,
				 XA_PRESENT);
	if (variable && (!pattern || glob_match(pattern, variable->text)) &&
	    refcount_inc_not_zero(&variable->ref))
		*found = variable;
	rcu_read_unlock();
	if (!variable)
		return false;
	*after = id;
	return true;
}

/* How far a LIST has come. */
struct ls_list {
	u64 after;
	u32 count;
	u32 size;
};

/* Copy a record behind those that are there; 1: the buffer is full. */
static int localstate_list_copy(struct localstate_list *arg,
				struct ls_list *list,
				const struct localstate_variable *record)
{
	if (record->size > arg->buffer_len - list->size) {
		if (list->count)
			return 1;
		arg->size = record->size;
		return localstate_error_limit(&arg->error, -EMSGSIZE,
					      LOCALSTATE_FIELD_BUFFER,
					      LOCALSTATE_TYPE_UINT,
					      record->size);
	}
	if (copy_to_user(u64_to_user_ptr(arg->buffer + list->size), record,
			 record->size))
		return localstate_error(&arg->error, -EFAULT,
					LOCALSTATE_FIELD_BUFFER);
	list->size += record->size;
	list->count++;
	return 0;
}

/* List one variable; one that was deleted in the meantime is left out. */
static int localstate_list_one(struct localstate_list *arg,
			       struct ls_list *list,
			       struct ls_variable *variable)
{
	struct localstate_variable *record;
	int ret;

	record = localstate_variable_record_now(variable);
	if (record == ERR_PTR(-ENOENT))
		return 0;
	if (IS_ERR(record))
		return PTR_ERR(record);
	ret = localstate_list_copy(arg, list, record);
	kvfree(record);
	return ret;
}

static int localstate_list_all(struct ls_session *session,
			       struct localstate_list *arg,
			       struct ls_list *list, const char *pattern)
{
	u64 at = list->after;
	struct ls_variable *variable;
	int ret = 0;

	while (!ret && localstate_list_step(session, &at, pattern, &variable)) {
		if (variable) {
			ret = localstate_list_one(arg, list, variable);
			localstate_variable_put(variable);
		}
		if (!ret)
			list->after = at;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return min(ret, 0);
}

int localstate_variable_list(struct ls_client *client, void *data)
{
	struct localstate_list *arg = data;
	struct ls_list list = { .after = arg->after };
	char pattern[LOCALSTATE_PATTERN_MAX + 1];
	int ret;

	ret = localstate_list_check(arg, &arg->error);
	if (ret)
		return ret;
	ret = localstate_list_copy_pattern(arg, pattern, &arg->error);
	if (ret)
		return ret;
	ret = localstate_list_all(client->session, arg, &list,
				  arg->pattern_len ? pattern : NULL);
	if (ret)
		return ret;
	arg->after = list.after;
	arg->count = list.count;
	arg->size = list.size;
	return 0;
}
