/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The structures of the module: who owns them, which lock protects each field,
 * and in which order the locks are taken.
 *
 * Names: struct ls_* is the kernel's own, struct localstate_* is the ABI.
 *
 * Lock order, outermost first:
 *
 *	client->setup -> session->lock -> variable->lock -> client->qlock
 *	session->lock -> session->txn_lock -> variables' locks -> client->qlock
 *	client->setup -> netns->lock
 *	client->setup -> client->read_lock, which is only tried: it is held over page
 *		faults
 *	client->read_lock -> client->qlock
 *
 * A set takes variable->lock and the qlock of one watching client at a time;
 * never session->lock, nor txn_lock.  Several variables' locks are held by a
 * transaction alone, which holds txn_lock.  Reading a value takes no lock at
 * all.  Nothing sleeps for memory under netns->lock, session->lock, txn_lock or
 * variable->lock: a caller that its memory cgroup holds up would hold up
 * everybody else.
 */
#ifndef LOCALSTATE_PRIVATE_H
#define LOCALSTATE_PRIVATE_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/localstate.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "filter.h"
#include "record.h"
#include "ring.h"
#include "user.h"
#include "value.h"

struct genl_family;
struct iov_iter;
struct mem_cgroup;
struct net;
struct pid_namespace;
struct seq_file;
struct sk_buff;
struct user_namespace;

/* ---- params ------------------------------------------------------------ */

/* Bounds of the parameter inline_max: a link's slot is one allocation. */
#define LS_INLINE_CEILING	32768U

/* Limits that can be tuned; each call reads the one that it needs once. */
struct ls_params {
	unsigned int queue_default;
	unsigned int queue_max;
	unsigned int inline_default;
	unsigned int inline_max;
	unsigned int max_targets;
	unsigned int max_user[6];	/* by enum ls_resource */
	unsigned long long max_user_bytes;
};

extern struct ls_params localstate_params;

/* ---- error ------------------------------------------------------------- */

/* Fill the error part of a call; return @code for the caller to pass on. */
int localstate_error(struct localstate_error *error, int code,
		     enum localstate_field field);
int localstate_error_limit(struct localstate_error *error, int code,
			   enum localstate_field field, u32 type, u64 limit);
int localstate_error_unless_zero(struct localstate_error *error,
				 u32 unknown_flags, u32 reserved);

/* There is no variable of this key, or it was deleted meanwhile. */
static inline int localstate_error_missing(struct localstate_error *error,
					   const struct localstate_key *key)
{
	return localstate_error(error, -ENOENT, key->id ? LOCALSTATE_FIELD_ID :
							  LOCALSTATE_FIELD_NAME);
}

/* ---- writer ------------------------------------------------------------ */

/*
 * Who made a change.  Immutable; referenced by the client that caches it and
 * by the variables that it changed last; readers go by RCU alone.
 */
struct ls_writer {
	refcount_t ref;
	kuid_t uid;
	struct pid *pid;
	struct rcu_head rcu;
};

struct ls_writer *localstate_writer_current(struct ls_writer __rcu **cache);
void localstate_writer_put(struct ls_writer *writer);

/* ---- netns, session ---------------------------------------------------- */

/* The sessions of one network namespace; outlives it while sessions do. */
struct ls_netns {
	struct mutex lock;		/* tables and ends of sessions */
	refcount_t ref;			/* the namespace and each session */
	struct net __rcu *net;		/* NULL when that begins to end */
	bool dead;			/* lock */
	u64 last_session;		/* lock */
	struct list_head sessions;	/* lock; by id; holds a reference */
	struct rhashtable names;	/* lock; those that have a name */
};

struct ls_session {
	refcount_t ref;			/* netns->sessions, clients, dumps */
	u64 id;				/* set before it is listed */
	struct ls_netns *netns;		/* referenced */
	struct ls_user *user;		/* referenced; who pays */
	struct pid_namespace *pid_ns;	/* referenced; the creator's */
	struct user_namespace *user_ns;	/* referenced; the creator's */
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	bool persistent;
	u64 created_ns;
	struct list_head in_netns;	/* netns->lock; empty: not listed */
	struct rhash_head node;		/* netns->lock; in netns->names */
	struct ls_name name;		/* no length: private */

	struct mutex lock;		/* what is in the session */
	bool dead;			/* lock; read anywhere, and rechecked */
	bool numbered;			/* lock; gave an id: no RESTORE any more */
	u32 n_clients;			/* lock; shown without it */
	u32 n_variables;		/* lock; shown without it */
	u64 next_id;			/* lock; ids are never reused */
	u64 last_client;		/* lock */
	struct mutex txn_lock;		/* one transaction at a time, and none while
					 * several values are taken: SNAPSHOT,
					 * GET_MANY
					 */
	u32 txn_sequence;		/* txn_lock; odd while one stores; readers
					 * of several values go by it
					 */
	u64 transaction;		/* txn_lock; of the last one; read as
					 * the values are
					 */
	struct list_head clients;	/* lock; by client->id */
	struct xarray variables;	/* lock; RCU readers; holds a reference;
					 * a place is reserved without lock
					 */
	struct rhashtable names;	/* lock; RCU readers; the same variables */
	struct rhashtable targets;	/* lock; a target for each name */
	struct list_head patterns;	/* lock; watches that have patterns */
	u64 registrations;		/* lock; those that somebody waited for */
	struct list_head waiters;	/* lock; for claims, on their stacks */
	char text[LOCALSTATE_NAME_MAX + 1];
};

struct ls_client;

int localstate_netns_init(void);
void localstate_netns_exit(void);
struct ls_netns *localstate_netns_of(struct net *net);
struct ls_netns *localstate_netns_hold(struct ls_netns *netns);
void localstate_netns_put(struct ls_netns *netns);

int localstate_session_table_init(struct rhashtable *table);
int localstate_session_attach(struct ls_client *client, void *data);
int localstate_session_destroy(struct ls_client *client, void *data);
void localstate_session_leave(struct ls_client *client);
bool localstate_session_end(struct ls_session *session);
void localstate_session_put(struct ls_session *session);
u32 localstate_session_rights(const struct ls_session *session,
			      const struct cred *cred, bool capable);
struct ls_session *localstate_session_lookup(struct ls_netns *netns,
					     const struct ls_name *name);

/* ---- variable ---------------------------------------------------------- */

/*
 * Found through session->variables and session->names under RCU; a reference
 * is taken before anybody sleeps.  The slot is read by its sequence; cell,
 * metadata and writer change inside the same write section.
 */
struct ls_variable {
	struct mutex lock;		/* state, and the order of events */
	struct localstate_slot *slot;	/* lock; readers by its sequence */
	struct ls_cell __rcu *cell;	/* lock; a value too long for the slot */
	struct ls_cell __rcu *metadata;	/* lock */
	struct ls_writer __rcu *writer;	/* lock */
	struct hlist_head links;	/* walked under lock and RCU; a link is
					 * added under session->lock and lock,
					 * taken out under session->lock
					 */
	struct ls_claim *claim;		/* session->lock and lock; read under one */
	union {				/* immutable: the value of version 0 */
		u64 initial;			/* a scalar's bits */
		struct ls_cell *initial_cell;	/* NULL: empty */
	};
	const struct ls_spec *spec;	/* immutable; NULL: nothing special */
	struct ls_user *user;		/* immutable; referenced; who pays */
	u64 created_ns;			/* immutable */
	struct rhash_head node;		/* session->lock */
	struct rcu_head rcu;
	struct ls_name name;		/* immutable */
	refcount_t ref;			/* the tables, and who works with it */
	u8 type;			/* immutable */
	u8 flags;			/* immutable; LOCALSTATE_REGISTER_* */
	bool dead;			/* lock: deleted */
	u16 txn_index;			/* session->txn_lock: 1 + the entry that
					 * holds lock in a transaction, else 0
					 */
	char text[];			/* the name */
};

/* All that a reader wants to know of one moment of a variable. */
struct ls_snapshot {
	struct localstate_slot slot;
	struct ls_cell *cell;		/* referenced, or NULL */
	struct ls_cell *metadata;	/* referenced, or NULL */
	u32 pid;			/* as the caller sees it */
	u32 uid;
};

int localstate_variable_cache_init(void);
void localstate_variable_cache_exit(void);
struct ls_variable *localstate_variable_lookup(struct ls_session *session,
					       u64 id,
					       const struct ls_name *name);
struct ls_variable *localstate_variable_find(struct ls_session *session,
					     const struct localstate_key *key,
					     struct localstate_error *error);
int localstate_variable_table_init(struct rhashtable *table);
int localstate_variable_register(struct ls_client *client, void *data);
int localstate_variable_delete(struct ls_client *client, void *data);
int localstate_variable_set(struct ls_client *client, void *data);
u64 localstate_variable_remove(struct ls_session *session,
			       struct ls_variable *variable,
			       const struct ls_client *maker,
			       struct ls_writer *writer, u8 cause);
void localstate_variable_initial(const struct ls_variable *variable,
				 struct ls_value *value);
int localstate_variable_set_entry(struct ls_client *client,
				  struct localstate_set *arg);
void localstate_variable_put(struct ls_variable *variable);
void localstate_variable_read(const struct ls_variable *variable,
			      struct ls_value *value);
void localstate_variable_store(struct ls_variable *variable,
			       const struct ls_value *value,
			       struct ls_cell *metadata,
			       struct ls_writer *writer, u64 version,
			       u64 time_ns);

int localstate_snapshot_take(struct ls_variable *variable,
			     struct ls_snapshot *snapshot);
void localstate_snapshot_drop(struct ls_snapshot *snapshot);
u32 localstate_variable_record_size(const struct ls_variable *variable,
				    const struct ls_snapshot *snapshot);
struct localstate_variable *
localstate_variable_record(const struct ls_variable *variable,
			   const struct ls_snapshot *snapshot);
int localstate_get_return(const struct ls_snapshot *snapshot,
			  struct localstate_get *arg);
int localstate_variable_get(struct ls_client *client, void *data);
int localstate_variable_describe(struct ls_client *client, void *data);
int localstate_variable_list(struct ls_client *client, void *data);

/* ---- claim ------------------------------------------------------------- */

int localstate_claim_add(struct ls_client *client, void *data);
void localstate_claim_undo(struct ls_client *client, void *data);
int localstate_claim_remove(struct ls_client *client, void *data);
int localstate_claim_check(const struct ls_variable *variable,
			   const struct ls_client *client,
			   struct localstate_error *error);
void localstate_claim_drop(struct ls_session *session,
			   struct ls_variable *variable);
void localstate_claim_end_all(struct ls_client *client);
void localstate_claim_wake_all(struct ls_session *session);

/* ---- set, transaction, batch ------------------------------------------- */

/* What a set brings along; dropped at the end, whatever became of it. */
struct ls_set {
	struct ls_value value;
	struct ls_cell *metadata;
	struct ls_writer *writer;
	/* Merged before the lock is taken; good if base is still current. */
	struct ls_cell *base;
	struct ls_cell *merged;
	int merge_result;
	u8 cause;
	struct localstate_error merge_error;
};

void localstate_set_merge(struct ls_set *set, struct ls_client *client,
			  struct ls_variable *variable);
void localstate_set_drop_merge(struct ls_set *set);
void localstate_set_drop(struct ls_set *set);
int localstate_set_begin(struct ls_set *set, struct ls_client *client,
			 struct ls_variable **variable,
			 struct localstate_set *arg);
int localstate_set_decide(const struct ls_client *client,
			  const struct ls_variable *variable,
			  struct ls_set *set, struct ls_value *old,
			  struct localstate_set *arg);
void localstate_set_store(const struct ls_client *client,
			  struct ls_variable *variable, struct ls_set *set,
			  const struct ls_value *old, u64 time_ns,
			  struct ls_change *change);
void localstate_set_finish(struct ls_set *set, const struct ls_value *old);
void localstate_set_report(const struct ls_variable *variable,
			   const struct ls_set *set,
			   struct localstate_set *arg, bool changed);

int localstate_transaction_run(struct ls_client *client,
			       struct localstate_set *sets,
			       struct localstate_batch *batch);
u32 localstate_transaction_read_begin(const struct ls_session *session);
bool localstate_transaction_read_retry(const struct ls_session *session,
				       u32 sequence);

int localstate_batch_set(struct ls_client *client, void *data);
int localstate_get_many(struct ls_client *client, void *data);

/* ---- client, queue ----------------------------------------------------- */

enum ls_end {
	LS_END_NONE,
	LS_END_PENDING,			/* SESSION_END waits to be read */
	LS_END_DELIVERED
};

/* What waiting slots and a transaction's part mean for the flag END. */
enum ls_part {
	LS_PART_NONE,
	LS_PART_INSIDE,			/* only some events are in their slots */
	LS_PART_OWED			/* END comes when no slot waits */
};

/* One open file description.  Freed after a grace period: pushes go by RCU. */
struct ls_client {
	struct ls_user *user;		/* referenced; who pays */
	struct pid_namespace *pid_ns;	/* referenced; of open() */
	struct user_namespace *user_ns;	/* referenced; of open() */
	struct mem_cgroup *memcg;	/* referenced; of open(); NULL: none */
	struct ls_writer __rcu *writer;	/* cache; replaced by xchg() */

	struct mutex setup;		/* attaching, sizing of the queue */
	struct ls_session *session;	/* setup; set once, with release */
	u32 rights;			/* set before session */
	u64 id;				/* set before session */
	struct ls_writer *attached_by;	/* set before session; referenced */
	char comm[TASK_COMM_LEN];	/* set before session; of attached_by */
	struct list_head in_session;	/* session->lock */
	struct list_head claims;	/* session->lock; in claim order */
	u32 n_claims;			/* session->lock; shown without it */
	u32 queue_size;			/* setup; 0: the default; shown
					 * without lock
					 */

	u32 ring_users;			/* setup: WATCHes at work or successful */

	struct xarray watches;		/* by ref; taken out under qlock */
	u32 next_ref;			/* setup */

	struct mutex read_lock;		/* one consumer at a time; the stage */
	spinlock_t qlock;		/* the queue, and its watches' counts */
	bool armed;			/* qlock: a push must wake */
	u8 end;				/* qlock; enum ls_end */
	u8 part;			/* qlock; enum ls_part */
	u32 live;			/* qlock: the sum of their in_ring of all
					 * watches that live
					 */
	u64 sequence;			/* qlock: of the last record */
	struct list_head overflow;	/* qlock: ls_pending, oldest first */
	struct list_head conflated;	/* qlock: likewise, of CONFLATE watches */
	bool conflating;		/* qlock: there may be some of these, or
					 * one staged: one test for a reader who
					 * has none
					 */
	bool staged;			/* read_lock and qlock: stage is one */
	bool ring_turn;			/* read_lock and qlock: the ring is next */
	u32 stage_size;			/* read_lock; only grows while ring_users
					 * is not 0, so that WATCH may look without
					 */
	struct localstate_event *stage;	/* read_lock; NULL: nothing conflates */
	struct ls_ring ring;		/* made under setup by a WATCH; taken away
					 * under setup, read_lock and qlock when
					 * the last of ring_users fails
					 */
	struct localstate_event end_event;	/* qlock */
	wait_queue_head_t wait;
	struct fasync_struct *fasync;
	struct ls_link *txn_first;	/* session->txn_lock: its part of the */
	struct ls_link *txn_last;	/*	transaction, NULL: none */
	struct ls_client *txn_next;	/* session->txn_lock */
	struct rcu_head rcu;
};

struct ls_client *localstate_client_open(void);
void localstate_client_release(struct ls_client *client);

u32 localstate_queue_ceiling(void);
u32 localstate_queue_size(const struct ls_client *client);
int localstate_queue_resize(struct ls_client *client, void *data);
int localstate_queue_setup(struct ls_client *client,
			   struct localstate_error *error);
void localstate_queue_undo(struct ls_client *client);
ssize_t localstate_queue_read(struct ls_client *client, struct iov_iter *to,
			      bool nowait);
__poll_t localstate_queue_poll(struct ls_client *client);
void localstate_queue_arm(struct ls_client *client);
void localstate_queue_end(struct ls_client *client);
int localstate_conflate_setup(struct ls_client *client, u32 inline_max,
			      struct localstate_error *error);
void localstate_conflate_drop(struct ls_client *client);

/* ---- watch, link ------------------------------------------------------- */

enum ls_pending_kind {
	LS_PENDING_LINK,
	LS_PENDING_SYNC,
	LS_PENDING_LOST
};

/*
 * A place in client->overflow or ->conflated, allocated with what it belongs to.  While
 * client->part is INSIDE it may be in the list of the writer of that part, on his stack.
 */
struct ls_pending {
	struct list_head node;		/* qlock; empty: not pending */
	u8 kind;
	u32 target;			/* qlock; LOST: which target */
};

/* A target as it was asked for; lives and dies with its watch. */
struct ls_target {
	struct rhash_head node;		/* session->lock; session->targets */
	struct list_head same;		/* session->lock; others of the name, or
					 * immutable: in watch->patterns
					 */
	struct ls_watch *watch;
	struct ls_name name;		/* or pattern; no length: given by id */
	u64 id;
	struct ls_link *spare;		/* qlock; for the next that it is */
	u8 kind;			/* enum localstate_target_kind */
	bool listed;			/* session->lock */
	bool first;			/* session->lock; it is in the table */
};

/*
 * Made by WATCH, found through client->watches.  Whoever takes it out of there
 * ends it, under session->lock; it is freed after a grace period.
 */
struct ls_watch {
	struct ls_client *client;
	u32 ref;
	u32 flags;			/* session->lock; only NO_SELF changes */
	u32 n_targets;
	u32 n_patterns;
	struct list_head patterns;	/* targets, in the order of the request */
	struct list_head in_session;	/* session->lock; session->patterns */
	u64 told;			/* session->lock; the last registration
					 * that it was told of
					 */
	u32 inline_max;			/* immutable: what links have room for */
	u32 inline_limit;		/* session->lock */
	struct ls_filter *filter;	/* session->lock; NULL: all changes */
	u64 created_ns;
	struct ls_writer *creator;	/* referenced */
	char comm[TASK_COMM_LEN];

	union {
		u16 aside;		/* qlock; not 0: nothing into the ring */
		struct {
			bool dead;	/* qlock: no event of it goes anywhere */
			bool conflate;	/* immutable */
		};
	};
	struct list_head links;		/* qlock; walked under session->lock as
					 * well, for REWATCH has a mark in it
					 */
	u32 n_links;			/* qlock */
	u32 in_ring;			/* qlock: records that wait in the ring, or
					 * entries of client->conflated, and what
					 * is staged of them
					 */
	u32 pending;			/* qlock: entries of client->overflow */
	u64 delivered;			/* qlock */
	u64 events;			/* qlock */
	u64 merged;			/* qlock */
	atomic64_t filtered;		/* by whoever has a variable->lock */
	struct ls_pending sync;
	struct ls_pending lost;

	struct rcu_head rcu;
	struct ls_target targets[];	/* then the names */
};

/* Whether a link wants all changes; the sign is a test for free. */
enum ls_picky {
	LS_PICKY_NO_SELF = -2,		/* none of its own client's, and by the filter */
	LS_PICKY_CONFLATE,		/* by the filter; in no part of a transaction */
	LS_PICKY_NOT,
	LS_PICKY_FILTER
};

/*
 * One watch on one variable, and all per-event state of it.  Owned by
 * watch->links: whoever takes it out of there frees it, after a grace period.
 * That is unwatch; whoever puts the DELETED of its variable into the ring, or, if
 * NO_SELF held that back, the event that still waited in the slot; or else the
 * deletion itself.  Then it may become its target's spare link instead.
 *
 * What the watch wants is copied to each link under the lock of its variable,
 * and only read under that lock: while REWATCH is at work, some links go by the
 * old filter and some by the new one, but each change of a variable by one.
 */
struct ls_link {
	struct hlist_node node;		/* variable->links; unhashed: deleted */
	union {
		struct list_head in_watch;	/* qlock */
		struct rcu_head rcu;		/* it is in no list any more */
	};
	struct ls_watch *watch;
	struct ls_client *client;
	struct ls_pending pending;	/* qlock */
	u32 target;
	s8 picky;			/* variable->lock; enum ls_picky */
	bool gone;			/* qlock: its variable is deleted, and there
					 * will be no DELETED; the slot waits
					 */
	u16 inline_limit;		/* variable->lock */
	const struct ls_filter *filter;	/* variable->lock; the watch's, valid
					 * while node is hashed
					 */
	struct ls_filter_state state;	/* variable->lock; only with a filter */
	struct ls_variable *variable;	/* session->lock; while node is hashed */
	struct ls_link *txn_next;	/* session->txn_lock: client->txn_first */
	struct ls_change *txn_change;	/* session->txn_lock */
	struct localstate_event slot;	/* qlock; valid while pending */
	u8 slot_data[];			/* old, new, metadata */
};

int localstate_target_table_init(struct rhashtable *table);
struct ls_target *localstate_target_lookup(struct ls_session *session,
					   const struct ls_name *name);
struct ls_target *localstate_target_match(const struct ls_watch *watch,
					  const struct ls_name *name);
int localstate_target_list_all(struct ls_session *session,
			       struct ls_watch *watch);
void localstate_target_unlist_all(struct ls_session *session,
				  struct ls_watch *watch);
struct ls_watch *localstate_target_import(const struct localstate_watch *arg,
					  s32 *status,
					  struct localstate_error *error);

/* Which variable a target was found to be. */
struct ls_found {
	struct ls_variable *variable;	/* NULL: it is still missing */
	u64 id;				/* 0: likewise */
	u32 index;			/* of the target */
};

/* What the targets of a new watch are. */
struct ls_resolution {
	struct ls_found *found;
	u32 room;			/* entries that it has room for */
	u32 n;				/* entries, or how many there would be */
};

int localstate_resolve_check(const struct ls_filter *filter,
			     const struct ls_variable *variable,
			     struct localstate_error *error);
int localstate_resolve(struct ls_session *session, struct ls_watch *watch,
		       struct ls_resolution *resolution, s32 *status,
		       u32 *failed, struct localstate_error *error);

/* A value that WATCH returns: of the moment at which its link was attached. */
struct ls_start {
	struct ls_variable *variable;	/* referenced, for its name */
	struct ls_snapshot snapshot;
	u32 target;
};

/* The values of a WATCH with SNAPSHOT; what they take stays until they are dropped. */
struct ls_starts {
	struct ls_start *list;		/* NULL: without SNAPSHOT */
	u32 n;
};

int localstate_starts_alloc(struct ls_starts *starts, u32 room);
int localstate_starts_check(const struct ls_resolution *resolution,
			    struct localstate_watch *arg);
void localstate_starts_take(struct ls_starts *starts,
			    struct ls_variable *variable, u32 target);
int localstate_starts_copy(const struct ls_starts *starts,
			   struct localstate_watch *arg);
void localstate_starts_drop(struct ls_starts *starts);

int localstate_watch_add(struct ls_client *client, void *data);
u32 localstate_watch_inline_ceiling(void);
int localstate_watch_import_filter(struct ls_client *client, const struct localstate_filter *arg,
				   struct ls_filter **filter, struct localstate_error *error);
void localstate_watch_undo(struct ls_client *client, void *data);
int localstate_watch_remove(struct ls_client *client, void *data);
int localstate_watch_change(struct ls_client *client, void *data);
int localstate_watch_list(struct ls_client *client, void *data);
u32 localstate_watch_remove_all(struct ls_client *client);
void localstate_watch_count(struct ls_watch *watch,
			    struct localstate_watch_info *info);
bool localstate_watch_next(struct ls_client *client, u32 after,
			   struct localstate_watch_info *info);

struct ls_link *localstate_link_alloc(struct ls_watch *watch,
				      struct localstate_error *error);
struct ls_link *localstate_link_again(struct ls_target *target);
void localstate_link_free(struct ls_link *link);
void localstate_link_configure(struct ls_link *link);
void localstate_link_uncharge(const struct ls_watch *watch);
void localstate_link_attach(struct ls_variable *variable, struct ls_link *link);
void localstate_link_release(struct ls_link *link);
void localstate_link_forget(struct ls_link *link);

/* Bytes of slot_data. */
static inline u32 localstate_link_space(const struct ls_watch *watch)
{
	return localstate_record_max(watch->inline_max) -
	       sizeof(struct localstate_event);
}

bool localstate_link_ask(struct ls_link *link, const struct ls_change *change);
bool localstate_link_ask_special(struct ls_link *link,
				 const struct ls_change *change);

/*
 * Whether it is not told, because its own client made the change; with variable->lock
 * held, as localstate_link_wants().
 */
static inline bool localstate_link_is_own(const struct ls_link *link,
					  const struct ls_change *change)
{
	return change->maker == link->client &&
	       link->picky == LS_PICKY_NO_SELF;
}

/* Whether a change of its variable is to be pushed to it, with variable->lock held. */
static inline bool localstate_link_wants(struct ls_link *link,
					 const struct ls_change *change)
{
	if (likely(link->picky == LS_PICKY_NOT))
		return true;
	if (link->picky < 0)
		return localstate_link_ask_special(link, change);
	return localstate_link_ask(link, change);
}

/* ---- notify: from a variable to the queues ------------------------------ */

void localstate_notify_change(struct ls_variable *variable,
			      struct ls_change *change);
void localstate_notify_created(struct ls_session *session,
			       struct ls_variable *variable,
			       const struct ls_client *maker);
void localstate_notify_deleted(struct ls_variable *variable,
			       struct ls_change *change);
void localstate_notify_initial(struct ls_variable *variable,
			       struct ls_link *link);
void localstate_notify_describe(struct ls_variable *variable,
				const struct ls_value *value,
				struct ls_change *change);

void localstate_queue_push(struct ls_link *link, struct ls_change *change);
void localstate_queue_push_part(struct ls_client *client,
				struct ls_link *first);
void localstate_queue_push_mark(struct ls_watch *watch,
				struct ls_pending *mark, u32 target);

/* ---- ioctl, fdinfo ----------------------------------------------------- */

long localstate_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
void localstate_fdinfo_show(struct seq_file *m, struct file *file);

/* ---- netlink, announce ------------------------------------------------- */

/* The multicast groups, by their place in the family. */
enum ls_group {
	LS_GROUP_EVENTS,
	LS_GROUP_EVENTS_ALL
};

extern struct genl_family localstate_family;

int localstate_netlink_init(void);
void localstate_netlink_exit(void);
int localstate_put_u64(struct sk_buff *skb, int attribute, u64 value);
int localstate_filter_put(struct sk_buff *skb, struct ls_filter *filter);

void localstate_announce_session(const struct ls_session *session, u8 command,
				 const struct ls_writer *who);
void localstate_announce_variable(const struct ls_session *session,
				  const struct ls_variable *variable,
				  u8 command, u64 version,
				  const struct ls_writer *who);
void localstate_announce_client(const struct ls_session *session,
				const struct ls_client *client, u8 command);

#endif /* LOCALSTATE_PRIVATE_H */
