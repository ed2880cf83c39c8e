// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: sets and version checks of several variables of one session,
 * all of which are made, or none.
 *
 * Everything is imported and allocated first.  Then txn_lock, which lets one
 * transaction of a session be at work, and the locks of all its variables: under
 * them all entries are checked, and if none fails all values are stored, while
 * session->txn_sequence is odd, and all events are pushed.  With the variables'
 * locks held to the end, nobody changes one of them in between, and each queue
 * gets the events in the order of the versions.
 *
 * No cycle of locks: whoever holds several variables' locks holds txn_lock, and
 * whoever holds only one waits for no lock but a qlock.  So the order among the
 * variables' locks does not matter, and it is that of the entries: an id is no
 * order, since it is zeroed when the variable is deleted.
 *
 * A client gets its part in one piece: the links are chained by client first,
 * through fields of their own, and then each chain is pushed at once.  The links
 * are only looked at in one RCU section:
 *
 *	unwatch, release()	do not take variable->lock: the link may be dead
 *				when it is pushed, which is seen under the qlock;
 *				RCU keeps link, watch and client
 *	DELETE			takes variable->lock: it is before the check, and
 *				the entry fails with ENOENT, or after the pushes;
 *				so no chained link is released, or used again for
 *				another variable, before it is pushed
 *	WATCH			adds a link under variable->lock: the same
 *	REWATCH			switches a link under variable->lock: the same, so that
 *				the size of a part stays what it was reckoned to be
 *	DESTROY			closes the queues, which then take no part
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "private.h"

/* One entry, from its import to the end of the call. */
struct ls_entry {
	struct localstate_set *arg;
	struct ls_variable *variable;	/* referenced, or NULL: not found */
	struct ls_set set;
	struct ls_value old;		/* its cell is referenced by the store */
	struct ls_change change;
	bool locked;			/* txn_lock: variable->lock is held */
	bool changes;			/* txn_lock: the check has passed */
};

struct ls_transaction {
	struct ls_client *client;
	struct localstate_batch *batch;
	struct ls_entry *entries;
	u32 n;
};

/* Note that an entry fails; the call fails as the first of them does. */
static void localstate_transaction_fail(struct ls_transaction *txn, u32 index,
					int code)
{
	struct localstate_batch *batch = txn->batch;
	struct localstate_set *arg = txn->entries[index].arg;

	arg->error.code = -code;
	batch->failed++;
	if (index < batch->error.index) {
		batch->error = arg->error;
		batch->error.index = index;
	}
}

static void localstate_transaction_import(struct ls_transaction *txn, u32 index)
{
	struct ls_entry *entry = &txn->entries[index];
	int ret;

	ret = localstate_set_begin(&entry->set, txn->client, &entry->variable,
				   entry->arg);
	if (ret)
		localstate_transaction_fail(txn, index, ret);
}

/* Before each try: what an earlier one has left, and the metadata of now. */
static void localstate_transaction_merge(struct ls_transaction *txn)
{
	u32 i;

	for (i = 0; i < txn->n; i++) {
		struct ls_entry *entry = &txn->entries[i];

		entry->changes = false;
		localstate_set_drop_merge(&entry->set);
		if (entry->set.metadata && !entry->arg->error.code)
			localstate_set_merge(&entry->set, txn->client,
					     entry->variable);
	}
}

/*
 * The variable of this entry is locked by an earlier one: that is why it fails,
 * unless it has another reason already.
 */
static void localstate_transaction_refuse(struct ls_transaction *txn, u32 index)
{
	struct ls_entry *entry = &txn->entries[index];
	struct localstate_error *error = &entry->arg->error;
	int ret;

	if (error->code)
		return;
	ret = localstate_error_limit(error, -EINVAL, LOCALSTATE_FIELD_ENTRIES,
				     LOCALSTATE_TYPE_UINT,
				     entry->variable->txn_index - 1);
	localstate_transaction_fail(txn, index, ret);
}

/* Take the lock of each variable, once. */
static void localstate_transaction_lock(struct ls_transaction *txn)
{
	struct ls_session *session = txn->client->session;
	u32 i;

	lockdep_assert_held(&session->txn_lock);
	for (i = 0; i < txn->n; i++) {
		struct ls_entry *entry = &txn->entries[i];

		if (!entry->variable)
			continue;
		if (entry->variable->txn_index) {
			localstate_transaction_refuse(txn, i);
			continue;
		}
		entry->variable->txn_index = i + 1;
		mutex_lock_nest_lock(&entry->variable->lock,
				     &session->txn_lock);
		entry->locked = true;
	}
}

static void localstate_transaction_unlock(struct ls_transaction *txn)
{
	u32 i;

	lockdep_assert_held(&txn->client->session->txn_lock);
	for (i = 0; i < txn->n; i++) {
		struct ls_entry *entry = &txn->entries[i];

		if (!entry->locked)
			continue;
		entry->locked = false;
		entry->variable->txn_index = 0;
		mutex_unlock(&entry->variable->lock);
	}
}

/* All entries; -EAGAIN: none fails, but metadata have to be merged again. */
static int localstate_transaction_check(struct ls_transaction *txn)
{
	bool again = false;
	u32 i;

	for (i = 0; i < txn->n; i++) {
		struct ls_entry *entry = &txn->entries[i];
		int ret;

		if (!entry->locked || entry->arg->error.code)
			continue;
		ret = localstate_set_decide(txn->client, entry->variable,
					    &entry->set, &entry->old,
					    entry->arg);
		if (ret == -EAGAIN)
			again = true;
		else if (ret < 0)
			localstate_transaction_fail(txn, i, ret);
		else
			entry->changes = ret;
	}
	if (txn->batch->failed)
		return -txn->batch->error.code;
	return again ? -EAGAIN : 0;
}

/* ---- the commit ----------------------------------------------------------- */

/* Readers of several variables start again while the sequence is odd. */
static void localstate_transaction_begin(struct ls_session *session)
{
	WRITE_ONCE(session->txn_sequence, session->txn_sequence + 1);
	/* Pairs with the smp_rmb() of localstate_transaction_read_retry(). */
	smp_wmb();
	WRITE_ONCE(session->transaction, session->transaction + 1);
}

static void localstate_transaction_end(struct ls_session *session)
{
	/* Pairs with the acquire of localstate_transaction_read_begin(). */
	smp_wmb();
	WRITE_ONCE(session->txn_sequence, session->txn_sequence + 1);
}

u32 localstate_transaction_read_begin(const struct ls_session *session)
{
	/* Pairs with the smp_wmb() of localstate_transaction_end(). */
	return smp_load_acquire(&session->txn_sequence);
}

/* Whether a transaction was at work since the sequence was @sequence. */
bool localstate_transaction_read_retry(const struct ls_session *session,
				       u32 sequence)
{
	/* Pairs with the smp_wmb() of localstate_transaction_begin(). */
	smp_rmb();
	return (sequence & 1) || READ_ONCE(session->txn_sequence) != sequence;
}

/*
 * Whether a link is part of a chain, if it does not want all changes.  One whose
 * watch conflates is not: its event is no part of the transaction's.
 */
static noinline bool localstate_transaction_ask(struct ls_link *link,
						struct ls_change *change)
{
	if (!localstate_link_wants(link, change))
		return false;
	if (!link->watch->conflate)
		return true;
	localstate_queue_push(link, change);
	return false;
}

/*
 * Chain the links that want the changes, for each client its own; those that are
 * not to be chained have got theirs.
 */
static struct ls_client *localstate_transaction_chain(struct ls_transaction *txn)
{
	struct ls_client *clients = NULL;
	struct ls_link *link;
	u32 i;

	for (i = 0; i < txn->n; i++) {
		struct ls_entry *entry = &txn->entries[i];

		if (!entry->changes)
			continue;
		hlist_for_each_entry_rcu(link, &entry->variable->links, node) {
			struct ls_client *client = link->client;

			if (unlikely(link->picky) &&
			    !localstate_transaction_ask(link, &entry->change))
				continue;
			link->txn_next = NULL;
			link->txn_change = &entry->change;
			if (client->txn_first) {
				client->txn_last->txn_next = link;
			} else {
				client->txn_first = link;
				client->txn_next = clients;
				clients = client;
			}
			client->txn_last = link;
		}
	}
	return clients;
}

static void localstate_transaction_notify(struct ls_transaction *txn)
{
	struct ls_client *client, *next;
	struct ls_link *first;

	lockdep_assert_held(&txn->client->session->txn_lock);
	rcu_read_lock();
	client = localstate_transaction_chain(txn);
	for (; client; client = next) {
		first = client->txn_first;
		next = client->txn_next;
		client->txn_first = NULL;
		localstate_queue_push_part(client, first);
	}
	rcu_read_unlock();
}

/* Nothing in here can fail. */
static void localstate_transaction_commit(struct ls_transaction *txn)
{
	struct ls_session *session = txn->client->session;
	u64 now = ktime_get_ns();
	u32 i;

	localstate_transaction_begin(session);
	txn->batch->transaction = session->transaction;
	for (i = 0; i < txn->n; i++) {
		struct ls_entry *entry = &txn->entries[i];

		if (!entry->changes)
			continue;
		localstate_set_store(txn->client, entry->variable, &entry->set,
				     &entry->old, now, &entry->change);
		entry->change.transaction = session->transaction;
	}
	localstate_transaction_end(session);
	localstate_transaction_notify(txn);
	for (i = 0; i < txn->n; i++) {
		struct ls_entry *entry = &txn->entries[i];

		if (entry->changes)
			localstate_set_finish(&entry->set, &entry->old);
	}
}

/* What the caller is told of each entry. */
static void localstate_transaction_report(struct ls_transaction *txn)
{
	u32 i;

	for (i = 0; i < txn->n; i++) {
		struct ls_entry *entry = &txn->entries[i];

		localstate_set_report(entry->variable, &entry->set, entry->arg,
				      entry->changes);
		txn->batch->changed += entry->changes;
	}
}

static int localstate_transaction_try(struct ls_transaction *txn)
{
	struct ls_session *session = txn->client->session;
	int ret;

	localstate_transaction_merge(txn);
	mutex_lock(&session->txn_lock);
	localstate_transaction_lock(txn);
	ret = localstate_transaction_check(txn);
	if (!ret) {
		u32 i = 0;

		while (i < txn->n && !txn->entries[i].changes)
			i++;
		if (i < txn->n)
			localstate_transaction_commit(txn);
		localstate_transaction_report(txn);
	}
	localstate_transaction_unlock(txn);
	mutex_unlock(&session->txn_lock);
	return ret;
}

static void localstate_transaction_drop(struct ls_transaction *txn)
{
	u32 i;

	for (i = 0; i < txn->n; i++) {
		localstate_set_drop(&txn->entries[i].set);
		if (txn->entries[i].variable)
			localstate_variable_put(txn->entries[i].variable);
	}
	kvfree(txn->entries);
}

/* All of @sets or none; each one's outcome is in its own error part. */
int localstate_transaction_run(struct ls_client *client,
			       struct localstate_set *sets,
			       struct localstate_batch *batch)
{
	struct ls_transaction txn = {
		.client = client,
		.batch = batch,
		.n = batch->n_entries,
	};
	int ret;
	u32 i;

	txn.entries = kvcalloc(txn.n, sizeof(*txn.entries), GFP_KERNEL_ACCOUNT);
	if (!txn.entries)
		return -ENOMEM;
	for (i = 0; i < txn.n; i++) {
		txn.entries[i].arg = &sets[i];
		localstate_transaction_import(&txn, i);
		cond_resched();
	}
	do {
		ret = localstate_transaction_try(&txn);
		/* Rivals may win again and again; a killed task need not. */
	} while (ret == -EAGAIN && !fatal_signal_pending(current));
	localstate_transaction_drop(&txn);
	return ret == -EAGAIN ? -EINTR : ret;
}
