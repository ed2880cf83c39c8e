/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A change on its way to those who watch, and the record that it becomes.
 */
#ifndef LOCALSTATE_RECORD_H
#define LOCALSTATE_RECORD_H

#include <linux/localstate.h>
#include <linux/types.h>

struct ls_client;
struct ls_writer;
struct pid_namespace;
struct user_namespace;

struct ls_view {
	const void *data;
	u32 length;
	bool present;
};

/* How much of each part of a change fits under an inline limit. */
struct ls_cut {
	u32 old_len;
	u32 new_len;
	u32 metadata_len;
};

/* A record whose values and metadata take two words: those of all scalars. */
struct ls_short_record {
	struct localstate_event event;
	u64 data[2];
};

/*
 * One change, as it is passed to each link.  The lower half is a cache: links
 * with equal limits and namespaces share what is computed from them, and a
 * short record is only copied.
 */
struct ls_change {
	u8 kind;
	u8 cause;
	bool uncounted;			/* INITIAL, CREATED: no change of the value */
	u32 type;
	u64 id;
	u64 version;
	u64 transaction;		/* 0: none */
	u64 time_ns;
	struct ls_view old;
	struct ls_view new;
	struct ls_view metadata;
	const struct ls_writer *writer;
	const struct ls_client *maker;	/* only compared; NULL: nobody */

	u32 limit;			/* 0: nothing computed */
	u32 size;			/* of the record */
	struct ls_cut cut;
	const struct pid_namespace *pid_ns;
	const struct user_namespace *user_ns;
	u32 pid;
	u32 uid;
	bool filled;			/* record is; only if of its size */
	struct ls_short_record record;
};

u32 localstate_record_cut_value(u32 type, const struct ls_view *value, u32 max);
void localstate_record_compute(struct ls_change *change, u32 limit,
			       struct pid_namespace *pid_ns,
			       struct user_namespace *user_ns);

/*
 * Compute what depends on the watcher.  Links that agree on it come in runs,
 * so the results of the last one are kept.
 */
static inline void localstate_record_prepare(struct ls_change *change,
					     u32 limit,
					     struct pid_namespace *pid_ns,
					     struct user_namespace *user_ns)
{
	if (change->limit != limit || change->pid_ns != pid_ns ||
	    change->user_ns != user_ns)
		localstate_record_compute(change, limit, pid_ns, user_ns);
}

void localstate_record_write(struct localstate_event *event,
			     struct ls_change *change, u32 ref, u32 target);

/* Whether an event counts as a change or deletion of its own. */
static inline bool localstate_record_is_change(const struct localstate_event *event)
{
	return event->kind == LOCALSTATE_EVENT_DELETED ||
	       (event->kind == LOCALSTATE_EVENT_CHANGED &&
		event->cause != LOCALSTATE_CAUSE_INITIAL);
}

void localstate_record_merge(struct localstate_event *event,
			     const struct ls_change *change, u32 limit);

/* The most that a record under an inline limit takes: each part is padded. */
static inline u32 localstate_record_max(u32 limit)
{
	return sizeof(struct localstate_event) + LOCALSTATE_ALIGN(limit) + 16;
}

#endif /* LOCALSTATE_RECORD_H */
