// SPDX-License-Identifier: GPL-2.0-only
/*
 * Variables: made by REGISTER, found by id or name, ended by DELETE or with
 * their session.
 *
 * The tables of the session hold one reference.  Who found a variable under
 * RCU takes one of its own before it sleeps, and checks dead under the lock.
 */
#include <linux/ktime.h>
#include <linux/localstate_netlink.h>
#include <linux/slab.h>

#include "private.h"

/* Ids are indices of an xarray, and one above the highest must fit as well. */
#define LS_ID_MAX	(ULONG_MAX - 1)

/* The flags of a registration that the variable keeps; not both at once. */
#define LS_REGISTER_KEPT	(LOCALSTATE_REGISTER_READ_ONLY | \
				 LOCALSTATE_REGISTER_WRITE_ONCE)

static const struct rhashtable_params localstate_variable_params =
	LS_NAME_TABLE(struct ls_variable);

static struct kmem_cache *localstate_slots;

int __init localstate_variable_cache_init(void)
{
	localstate_slots = kmem_cache_create("localstate_slot",
					     sizeof(struct localstate_slot),
					     sizeof(struct localstate_slot),
					     SLAB_ACCOUNT, NULL);
	return localstate_slots ? 0 : -ENOMEM;
}

void localstate_variable_cache_exit(void)
{
	kmem_cache_destroy(localstate_slots);
}

int localstate_variable_table_init(struct rhashtable *table)
{
	return rhashtable_init(table, &localstate_variable_params);
}

/* The variable of that id, or else of that name, without a reference. */
struct ls_variable *localstate_variable_lookup(struct ls_session *session,
					       u64 id,
					       const struct ls_name *name)
{
	if (id)
		return id > ULONG_MAX ? NULL : xa_load(&session->variables, id);
	return rhashtable_lookup_fast(&session->names, name,
				      localstate_variable_params);
}

/* The same, referenced, or NULL. */
static __always_inline struct ls_variable *
localstate_variable_get_ref(struct ls_session *session, u64 id,
			    const struct ls_name *name)
{
	struct ls_variable *variable;

	rcu_read_lock();
	variable = localstate_variable_lookup(session, id, name);
	if (variable && !refcount_inc_not_zero(&variable->ref))
		variable = NULL;
	rcu_read_unlock();
	return variable;
}

/* Apart, because a buffer on the stack costs those who do not need it, too. */
static noinline struct ls_variable *localstate_variable_find_name(struct ls_session *session,
								  const struct localstate_key *key,
								  struct localstate_error *error)
{
	char text[LOCALSTATE_NAME_MAX + 1];
	struct ls_name name = { .text = text, .length = key->name_len };
	int ret;

	ret = localstate_name_copy(text, key->name, key->name_len, error);
	if (ret)
		return ERR_PTR(ret);
	return localstate_variable_get_ref(session, 0, &name);
}

/* The variable that the caller means, referenced, or an ERR_PTR. */
struct ls_variable *localstate_variable_find(struct ls_session *session,
					     const struct localstate_key *key,
					     struct localstate_error *error)
{
	struct ls_variable *variable;

	if (key->reserved)
		return ERR_PTR(localstate_error(error, -EINVAL,
						LOCALSTATE_FIELD_RESERVED));
	if (key->id && (key->name || key->name_len))
		return ERR_PTR(localstate_error(error, -EINVAL,
						LOCALSTATE_FIELD_ID));
	if (key->id)
		variable = localstate_variable_get_ref(session, key->id, NULL);
	else
		variable = localstate_variable_find_name(session, key, error);
	if (!variable)
		return ERR_PTR(localstate_error_missing(error, key));
	return variable;
}

static void localstate_variable_free(struct rcu_head *rcu)
{
	struct ls_variable *variable = container_of(rcu, struct ls_variable,
						    rcu);

	localstate_cell_put(unrcu_pointer(variable->cell));
	localstate_cell_put(unrcu_pointer(variable->metadata));
	if (!localstate_type_is_scalar(variable->type))
		localstate_cell_put(variable->initial_cell);
	kmem_cache_free(localstate_slots, variable->slot);
	kfree(variable->spec);
	kfree(variable);
}

static void localstate_variable_uncharge_cell(struct ls_cell *cell)
{
	if (cell)
		localstate_cell_uncharge(cell);
}

/*
 * At once, and not after the grace period for which a LIST may still look at the
 * cells: nobody else keeps them, since a claim or a transaction that does has a
 * reference to the variable.
 */
static void localstate_variable_uncharge(struct ls_variable *variable)
{
	localstate_variable_uncharge_cell(unrcu_pointer(variable->cell));
	localstate_variable_uncharge_cell(unrcu_pointer(variable->metadata));
	if (!localstate_type_is_scalar(variable->type))
		localstate_variable_uncharge_cell(variable->initial_cell);
	if (variable->spec)
		localstate_user_uncharge_bytes(variable->user,
					       localstate_spec_size(variable->spec));
	localstate_user_uncharge(variable->user, LS_VARIABLES, 1);
}

void localstate_variable_put(struct ls_variable *variable)
{
	if (!refcount_dec_and_test(&variable->ref))
		return;
	localstate_variable_uncharge(variable);
	localstate_user_put(variable->user);
	/* Not in the callback: rcu_barrier() does not wait for a second one. */
	localstate_writer_put(unrcu_pointer(variable->writer));
	mutex_destroy(&variable->lock);
	call_rcu(&variable->rcu, localstate_variable_free);
}

/*
 * The slot's write section.  Readers retry while the sequence is odd, so the
 * writer must not be scheduled away inside.
 */
static void localstate_slot_write_begin(struct localstate_slot *slot)
{
	preempt_disable();
	WRITE_ONCE(slot->sequence, slot->sequence + 1);
	/* Pairs with the smp_rmb() of localstate_snapshot_try(). */
	smp_wmb();
}

static void localstate_slot_write_end(struct localstate_slot *slot)
{
	/* Pairs with the acquire of localstate_snapshot_try(). */
	smp_wmb();
	WRITE_ONCE(slot->sequence, slot->sequence + 1);
	preempt_enable();
}

static void localstate_slot_write(struct localstate_slot *slot,
				  const struct ls_value *value, u64 version,
				  u64 time_ns)
{
	int i;

	WRITE_ONCE(slot->type, value->type);
	WRITE_ONCE(slot->length,
		   value->cell ? LOCALSTATE_SLOT_ASK : value->length);
	WRITE_ONCE(slot->version, version);
	WRITE_ONCE(slot->changed_ns, time_ns);
	for (i = 0; i < ARRAY_SIZE(slot->value); i++)
		WRITE_ONCE(slot->value[i], value->word[i]);
}

/*
 * One atomic step for readers.  Takes over the caller's references to the
 * value's cell, @metadata and @writer, and drops those that it replaces.
 */
void localstate_variable_store(struct ls_variable *variable,
			       const struct ls_value *value,
			       struct ls_cell *metadata,
			       struct ls_writer *writer, u64 version,
			       u64 time_ns)
{
	struct localstate_slot *slot = variable->slot;
	struct ls_cell *old_cell, *old_metadata;
	struct ls_writer *old_writer;

	lockdep_assert_held(&variable->lock);
	localstate_slot_write_begin(slot);
	localstate_slot_write(slot, value, version, time_ns);
	old_cell = rcu_replace_pointer(variable->cell, value->cell, true);
	old_metadata = rcu_replace_pointer(variable->metadata, metadata, true);
	old_writer = rcu_replace_pointer(variable->writer, writer, true);
	localstate_slot_write_end(slot);

	localstate_cell_put(old_cell);
	localstate_cell_put(old_metadata);
	localstate_writer_put(old_writer);
}

/* Readers find no variable here any more; what the slot pointed to stays. */
static void localstate_variable_clear_slot(struct ls_variable *variable)
{
	static const struct ls_value none;
	struct localstate_slot *slot = variable->slot;

	localstate_slot_write_begin(slot);
	localstate_slot_write(slot, &none, 0, 0);
	WRITE_ONCE(slot->id, 0);
	localstate_slot_write_end(slot);
}

/* The present value; its cell is borrowed and stays while the lock is held. */
void localstate_variable_read(const struct ls_variable *variable,
			      struct ls_value *value)
{
	const struct localstate_slot *slot = variable->slot;

	lockdep_assert_held(&variable->lock);
	value->type = variable->type;
	value->cell = rcu_dereference_protected(variable->cell,
						lockdep_is_held(&variable->lock));
	value->length = value->cell ? value->cell->length : slot->length;
	memcpy(value->word, slot->value, sizeof(slot->value));
	value->word[ARRAY_SIZE(slot->value)] = 0;
}

static struct ls_variable *localstate_variable_alloc(struct ls_user *user,
						     const struct ls_name *name,
						     u32 type, u32 flags)
{
	struct ls_variable *variable;

	variable = kzalloc(struct_size(variable, text, name->length + 1),
			   GFP_KERNEL_ACCOUNT);
	if (!variable)
		return NULL;
	variable->slot = kmem_cache_zalloc(localstate_slots,
					   GFP_KERNEL_ACCOUNT);
	if (!variable->slot) {
		kfree(variable);
		return NULL;
	}
	mutex_init(&variable->lock);
	INIT_HLIST_HEAD(&variable->links);
	refcount_set(&variable->ref, 1);
	memcpy(variable->text, name->text, name->length);
	variable->name.text = variable->text;
	variable->name.length = name->length;
	variable->type = type;
	variable->flags = flags & LS_REGISTER_KEPT;
	variable->created_ns = ktime_get_ns();
	variable->user = localstate_user_hold(user);
	return variable;
}

/* Id and version come from the caller with RESTORE, and only then. */
static int localstate_register_check_restore(const struct localstate_register *arg,
					     struct localstate_error *error)
{
	bool restore = arg->flags & LOCALSTATE_REGISTER_RESTORE;
	u64 id_max = restore ? LS_ID_MAX : 0;
	u64 version_max = restore ? LOCALSTATE_VERSION_MAX : 0;

	if (arg->restore_id > id_max || (restore && !arg->restore_id))
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_ID,
					      LOCALSTATE_TYPE_UINT, id_max);
	if (arg->restore_version > version_max)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_VERSION,
					      LOCALSTATE_TYPE_UINT,
					      version_max);
	return 0;
}

static int localstate_register_check(const struct localstate_register *arg,
				     struct localstate_error *error)
{
	u32 unknown = arg->flags & ~(LS_REGISTER_KEPT |
				     LOCALSTATE_REGISTER_RESTORE);
	int ret = localstate_error_unless_zero(error, unknown, arg->reserved) ?:
		  localstate_register_check_restore(arg, error);

	if (ret)
		return ret;
	if ((arg->flags & LS_REGISTER_KEPT) == LS_REGISTER_KEPT)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FLAGS);
	if (arg->type == LOCALSTATE_TYPE_NONE ||
	    arg->type > LOCALSTATE_TYPE_ARRAY)
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_TYPE);
	if (arg->value.type == LOCALSTATE_TYPE_NONE &&
	    (arg->value.data || arg->value.length))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_VALUE);
	return 0;
}

/* The initial value, checked; on success the caller drops it. */
static int localstate_register_value(const struct localstate_register *arg,
				     const struct ls_spec *spec,
				     struct ls_value *value,
				     struct localstate_error *error)
{
	int ret;

	if (arg->value.type == LOCALSTATE_TYPE_NONE)
		ret = localstate_constraint_default(spec, arg->type, value,
						    error);
	else
		ret = localstate_value_import(value, &arg->value, arg->type,
					      error);
	if (ret)
		return ret;
	ret = localstate_constraint_check(spec, value, error);
	if (ret)
		localstate_value_drop(value);
	return ret;
}

/* Keep the first value for a claim that ends with RESET. */
static int localstate_variable_keep_initial(struct ls_variable *variable,
					    const struct ls_value *value,
					    struct localstate_error *error)
{
	if (localstate_type_is_scalar(value->type)) {
		variable->initial = value->word[0];
	} else if (value->cell) {
		refcount_inc(&value->cell->ref);
		variable->initial_cell = value->cell;
	} else if (value->length) {
		variable->initial_cell = localstate_cell_alloc(value->length);
		if (!variable->initial_cell)
			return -ENOMEM;
		memcpy(variable->initial_cell->data, value->word,
		       value->length);
		return localstate_cell_charge(variable->initial_cell,
					      variable->user, error);
	}
	return 0;
}

/* The value that it was registered with; the caller drops it. */
void localstate_variable_initial(const struct ls_variable *variable,
				 struct ls_value *value)
{
	struct ls_cell *cell = variable->initial_cell;

	memset(value, 0, sizeof(*value));
	value->type = variable->type;
	if (localstate_type_is_scalar(variable->type)) {
		value->length = sizeof(u64);
		value->word[0] = variable->initial;
	} else if (cell) {
		value->length = cell->length;
		if (cell->length > LOCALSTATE_SLOT_INLINE) {
			refcount_inc(&cell->ref);
			value->cell = cell;
		} else {
			memcpy(value->word, cell->data, cell->length);
		}
	}
}

/* Constraints and description; nothing to undo if it fails. */
static int localstate_register_spec(const struct localstate_register *arg,
				    struct ls_variable *variable,
				    struct localstate_error *error)
{
	const struct ls_spec *spec;
	int ret;

	ret = localstate_spec_import(&spec, arg, error);
	if (ret || !spec)
		return ret;
	ret = localstate_user_charge_bytes(variable->user,
					   localstate_spec_size(spec), error);
	if (ret) {
		kfree(spec);
		return ret;
	}
	variable->spec = spec;
	return 0;
}

/* What the variable keeps of its first state. */
static int localstate_register_keep(struct ls_variable *variable,
				    const struct ls_value *value,
				    struct ls_cell *metadata,
				    struct localstate_error *error)
{
	int ret;

	ret = localstate_value_charge(value, variable->user, error);
	if (!ret && metadata)
		ret = localstate_cell_charge(metadata, variable->user, error);
	return ret ?: localstate_variable_keep_initial(variable, value, error);
}

/* Give a new variable its first state: value, metadata and writer. */
static int localstate_register_fill(struct ls_client *client,
				    const struct localstate_register *arg,
				    struct ls_variable *variable,
				    struct localstate_error *error)
{
	struct ls_writer *writer;
	struct ls_cell *metadata;
	struct ls_value value;
	int ret;

	ret = localstate_register_spec(arg, variable, error);
	if (ret)
		return ret;
	ret = localstate_register_value(arg, variable->spec, &value, error);
	if (ret)
		return ret;
	ret = localstate_metadata_import(&metadata, arg->metadata,
					 arg->metadata_len, error);
	if (ret)
		goto err_value;
	ret = localstate_register_keep(variable, &value, metadata, error);
	if (ret)
		goto err_metadata;
	ret = -ENOMEM;
	writer = localstate_writer_current(&client->writer);
	if (!writer)
		goto err_metadata;

	mutex_lock(&variable->lock);
	localstate_variable_store(variable, &value, metadata, writer,
				  arg->restore_version, variable->created_ns);
	mutex_unlock(&variable->lock);
	return 0;

err_metadata:
	localstate_cell_put(metadata);
err_value:
	localstate_value_drop(&value);
	return ret;
}

/* A variable that is complete but for its id, and that nobody sees yet. */
static struct ls_variable *localstate_register_prepare(struct ls_client *client,
						       const struct localstate_register *arg,
						       struct localstate_error *error)
{
	char text[LOCALSTATE_NAME_MAX + 1];
	struct ls_name name = { .text = text, .length = arg->name_len };
	struct ls_variable *variable;
	int ret;

	ret = localstate_register_check(arg, error);
	if (ret)
		return ERR_PTR(ret);
	ret = localstate_name_copy(text, arg->name, arg->name_len, error);
	if (ret)
		return ERR_PTR(ret);
	ret = localstate_user_charge(client->user, LS_VARIABLES, 1, error);
	if (ret)
		return ERR_PTR(ret);
	variable = localstate_variable_alloc(client->user, &name, arg->type,
					     arg->flags);
	if (!variable) {
		localstate_user_uncharge(client->user, LS_VARIABLES, 1);
		return ERR_PTR(-ENOMEM);
	}
	ret = localstate_register_fill(client, arg, variable, error);
	if (ret) {
		localstate_variable_put(variable);
		return ERR_PTR(ret);
	}
	return variable;
}

/*
 * Put a new variable into the session's tables.  Its lock is held from before
 * anybody can find it until the watches of its name have got CREATED, so that
 * no change can come before.
 */
static int localstate_register_publish(const struct ls_client *client,
				       struct ls_variable *variable, u64 id,
				       struct localstate_error *error)
{
	struct ls_session *session = client->session;
	int ret;

	lockdep_assert_held(&session->lock);
	guard(mutex)(&variable->lock);
	variable->slot->id = id;
	ret = rhashtable_lookup_insert_fast(&session->names, &variable->node,
					    localstate_variable_params);
	if (ret == -EEXIST)
		return localstate_error(error, ret, LOCALSTATE_FIELD_NAME);
	if (ret)
		return -ENOMEM;
	/* The place is reserved: this neither allocates nor fails. */
	xa_store(&session->variables, id, variable, GFP_NOWAIT);
	WRITE_ONCE(session->n_variables, session->n_variables + 1);
	localstate_notify_created(session, variable, client);
	localstate_announce_variable(session, variable,
				     LOCALSTATE_CMD_VARIABLE_REGISTERED,
				     variable->slot->version,
				     rcu_dereference_protected(variable->writer,
							       lockdep_is_held(&variable->lock)));
	return 0;
}

/*
 * Whether the place of @id is still reserved.  Others give theirs back, but only
 * under session->lock: so it stays until that is released.
 */
static bool localstate_register_is_reserved(struct ls_session *session, u64 id)
{
	XA_STATE(xas, &session->variables, id);
	bool reserved;

	lockdep_assert_held(&session->lock);
	rcu_read_lock();
	reserved = xa_is_zero(xas_load(&xas));
	rcu_read_unlock();
	return reserved;
}

/* Whether @id can be given now; -EAGAIN: its place has to be reserved again. */
static int localstate_register_may_use(struct ls_session *session, bool restore,
				       u64 id, struct localstate_error *error)
{
	lockdep_assert_held(&session->lock);
	if (session->dead)
		return -ESHUTDOWN;
	if (restore && session->numbered)
		return localstate_error(error, -ENOTEMPTY,
					LOCALSTATE_FIELD_FLAGS);
	if (restore && xa_load(&session->variables, id))
		return localstate_error(error, -EEXIST, LOCALSTATE_FIELD_ID);
	if ((!restore && session->next_id != id) ||
	    !localstate_register_is_reserved(session, id))
		return -EAGAIN;
	return 0;
}

/* Publish under the lock, with an id whose place was reserved before. */
static int localstate_register_locked(struct ls_client *client,
				      struct ls_variable *variable,
				      bool restore, u64 id,
				      struct localstate_error *error)
{
	struct ls_session *session = client->session;
	int ret;

	guard(mutex)(&session->lock);
	ret = localstate_register_may_use(session, restore, id, error) ?:
	      localstate_register_publish(client, variable, id, error);
	if (ret) {
		/* Does nothing to a place that is taken, or was given back. */
		xa_release(&session->variables, id);
		return ret;
	}
	if (!restore)
		session->numbered = true;
	WRITE_ONCE(session->next_id, max(session->next_id, id + 1));
	return 0;
}

/*
 * Nothing may sleep for memory under session->lock, so the place of the id is
 * reserved before.  Until the lock is taken another one may have got the id, or
 * given the place back because its own registration has failed.
 */
static int localstate_register_publish_as(struct ls_client *client,
					  struct ls_variable *variable,
					  struct localstate_register *arg)
{
	bool restore = arg->flags & LOCALSTATE_REGISTER_RESTORE;
	struct localstate_error *error = &arg->error;
	struct ls_session *session = client->session;
	u64 id;
	int ret;

	do {
		id = restore ? arg->restore_id : READ_ONCE(session->next_id);
		if (id > LS_ID_MAX)
			return localstate_error_limit(error, -EDQUOT,
						      LOCALSTATE_FIELD_ID,
						      LOCALSTATE_TYPE_UINT,
						      LS_ID_MAX);
		ret = xa_reserve(&session->variables, id, GFP_KERNEL_ACCOUNT) ?:
		      localstate_register_locked(client, variable, restore, id,
						 error);
	} while (ret == -EAGAIN);
	if (!ret)
		arg->id = id;
	return ret;
}

int localstate_variable_register(struct ls_client *client, void *data)
{
	struct localstate_register *arg = data;
	struct ls_variable *variable;
	int ret;

	variable = localstate_register_prepare(client, arg, &arg->error);
	if (IS_ERR(variable))
		return PTR_ERR(variable);
	ret = localstate_register_publish_as(client, variable, arg);
	if (ret)
		localstate_variable_put(variable);
	return ret;
}

/*
 * Take a variable out of the tables, end its claim and tell those who watch it;
 * the version that they are told.  The caller has a reference of its own.
 */
u64 localstate_variable_remove(struct ls_session *session,
			       struct ls_variable *variable,
			       const struct ls_client *maker,
			       struct ls_writer *writer, u8 cause)
{
	struct ls_change change = {};
	struct ls_value value;

	lockdep_assert_held(&session->lock);
	lockdep_assert_held(&variable->lock);
	localstate_variable_read(variable, &value);
	localstate_notify_describe(variable, &value, &change);
	change.kind = LOCALSTATE_EVENT_DELETED;
	change.cause = cause;
	change.old = change.new;
	change.metadata = (struct ls_view){};
	change.version++;
	change.time_ns = ktime_get_ns();
	change.writer = writer;
	change.maker = maker;

	variable->dead = true;
	rhashtable_remove_fast(&session->names, &variable->node,
			       localstate_variable_params);
	xa_erase(&session->variables, change.id);
	WRITE_ONCE(session->n_variables, session->n_variables - 1);
	localstate_announce_variable(session, variable,
				     LOCALSTATE_CMD_VARIABLE_DELETED,
				     change.version, writer);
	localstate_variable_clear_slot(variable);
	localstate_notify_deleted(variable, &change);
	/* Last: the holder of the claim may be @writer. */
	if (variable->claim)
		localstate_claim_drop(session, variable);
	localstate_variable_put(variable);	/* the tables' */
	return change.version;
}

static int localstate_delete_try(struct ls_client *client,
				 struct ls_variable *variable,
				 struct ls_writer *writer,
				 struct localstate_delete *arg)
{
	struct ls_session *session = client->session;
	int ret = 0;

	guard(mutex)(&session->lock);
	if (session->dead)
		return -ESHUTDOWN;
	guard(mutex)(&variable->lock);
	if (variable->dead)
		return localstate_error_missing(&arg->error, &arg->key);
	if (variable->claim)
		ret = localstate_claim_check(variable, client, &arg->error);
	if (ret)
		return ret;
	arg->id = variable->slot->id;
	arg->version = localstate_variable_remove(session, variable, client,
						  writer, LOCALSTATE_CAUSE_SET);
	return 0;
}

int localstate_variable_delete(struct ls_client *client, void *data)
{
	struct localstate_delete *arg = data;
	struct ls_variable *variable;
	struct ls_writer *writer;
	int ret;

	ret = localstate_error_unless_zero(&arg->error, arg->flags,
					   arg->reserved);
	if (ret)
		return ret;
	variable = localstate_variable_find(client->session, &arg->key,
					    &arg->error);
	if (IS_ERR(variable))
		return PTR_ERR(variable);
	ret = -ENOMEM;
	writer = localstate_writer_current(&client->writer);
	if (writer)
		ret = localstate_delete_try(client, variable, writer, arg);
	localstate_writer_put(writer);
	localstate_variable_put(variable);
	return ret;
}
