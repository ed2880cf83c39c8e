/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracepoints: a set or the end of a claim that changed something, an event
 * on its way into a queue, the end of a client.
 *
 * A caller hands over pointers that it has anyway; everything is read from them
 * in here, when the tracepoint is enabled.  Those of a set and of a queue are
 * called with variable->lock or qlock held, so that the order of their lines is
 * the order of what they tell.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM localstate

#if !defined(LOCALSTATE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define LOCALSTATE_TRACE_H

#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>

#include "compat.h"
#include "private.h"

/* For programs that read the numbers out of the trace by themselves. */
TRACE_DEFINE_ENUM(LOCALSTATE_TYPE_BOOL);
TRACE_DEFINE_ENUM(LOCALSTATE_TYPE_INT);
TRACE_DEFINE_ENUM(LOCALSTATE_TYPE_UINT);
TRACE_DEFINE_ENUM(LOCALSTATE_TYPE_FLOAT);
TRACE_DEFINE_ENUM(LOCALSTATE_TYPE_STRING);
TRACE_DEFINE_ENUM(LOCALSTATE_TYPE_CHOICE);
TRACE_DEFINE_ENUM(LOCALSTATE_TYPE_BYTES);
TRACE_DEFINE_ENUM(LOCALSTATE_TYPE_ARRAY);
TRACE_DEFINE_ENUM(LOCALSTATE_EVENT_CHANGED);
TRACE_DEFINE_ENUM(LOCALSTATE_EVENT_CREATED);
TRACE_DEFINE_ENUM(LOCALSTATE_EVENT_DELETED);
TRACE_DEFINE_ENUM(LOCALSTATE_EVENT_SYNC);
TRACE_DEFINE_ENUM(LOCALSTATE_EVENT_LOST);
TRACE_DEFINE_ENUM(LOCALSTATE_CAUSE_SET);
TRACE_DEFINE_ENUM(LOCALSTATE_CAUSE_BATCH);
TRACE_DEFINE_ENUM(LOCALSTATE_CAUSE_INITIAL);
TRACE_DEFINE_ENUM(LOCALSTATE_CAUSE_RELEASE);

#define localstate_show_type(type)					\
	__print_symbolic(type,						\
			 { LOCALSTATE_TYPE_BOOL, "bool" },		\
			 { LOCALSTATE_TYPE_INT, "int" },		\
			 { LOCALSTATE_TYPE_UINT, "uint" },		\
			 { LOCALSTATE_TYPE_FLOAT, "float" },		\
			 { LOCALSTATE_TYPE_STRING, "string" },		\
			 { LOCALSTATE_TYPE_CHOICE, "choice" },		\
			 { LOCALSTATE_TYPE_BYTES, "bytes" },		\
			 { LOCALSTATE_TYPE_ARRAY, "array" })

#define localstate_show_kind(kind)					\
	__print_symbolic(kind,						\
			 { LOCALSTATE_EVENT_CHANGED, "changed" },	\
			 { LOCALSTATE_EVENT_CREATED, "created" },	\
			 { LOCALSTATE_EVENT_DELETED, "deleted" },	\
			 { LOCALSTATE_EVENT_SYNC, "sync" },		\
			 { LOCALSTATE_EVENT_LOST, "lost" })

#define localstate_show_cause(cause)					\
	__print_symbolic(cause,						\
			 { LOCALSTATE_CAUSE_SET, "set" },		\
			 { LOCALSTATE_CAUSE_BATCH, "batch" },		\
			 { LOCALSTATE_CAUSE_INITIAL, "initial" },	\
			 { LOCALSTATE_CAUSE_RELEASE, "release" })

/* @client changes @variable to @value: before it does, so before the pushes. */
TRACE_EVENT(localstate_variable_set,
	TP_PROTO(const struct ls_client *client,
		 const struct ls_variable *variable,
		 const struct ls_value *value, u64 version),
	TP_ARGS(client, variable, value, version),

	TP_STRUCT__entry(
		__field(u64, session)
		__field(u64, client)
		__field(u64, id)
		__string(name, variable->name.text)
		__field(u32, type)
		__field(u32, length)
		__field(u64, version)
		__field(u64, value)
		__field(pid_t, pid)
	),

	TP_fast_assign(
		__entry->session = client->session->id;
		__entry->client = client->id;
		__entry->id = variable->slot->id;
		localstate_compat_assign_str(name, variable->name.text);
		__entry->type = variable->type;
		__entry->length = value->length;
		__entry->version = version;
		__entry->value = localstate_type_is_scalar(variable->type) ?
				 value->word[0] : 0;
		__entry->pid = task_tgid_nr(current);
	),

	TP_printk("session=%llu client=%llu id=%llu name=%s type=%s length=%u version=%llu value=0x%llx pid=%d",
		  __entry->session, __entry->client, __entry->id,
		  __get_str(name), localstate_show_type(__entry->type),
		  __entry->length, __entry->version, __entry->value,
		  __entry->pid)
);

/* An event has got a place of its own: in the ring, or in its link's slot. */
TRACE_EVENT(localstate_queue_push,
	TP_PROTO(const struct ls_watch *watch,
		 const struct localstate_event *event, bool slot, bool woke),
	TP_ARGS(watch, event, slot, woke),

	TP_STRUCT__entry(
		__field(u64, session)
		__field(u64, client)
		__field(u32, ref)
		__field(u32, size)
		__field(u64, id)
		__field(u64, version)
		__field(u8, kind)
		__field(u8, cause)
		__field(bool, slot)
		__field(bool, woke)
	),

	TP_fast_assign(
		__entry->session = watch->client->session->id;
		__entry->client = watch->client->id;
		__entry->ref = watch->ref;
		__entry->size = event->size;
		__entry->id = event->id;
		__entry->version = event->version;
		__entry->kind = event->kind;
		__entry->cause = event->cause;
		__entry->slot = slot;
		__entry->woke = woke;
	),

	TP_printk("session=%llu client=%llu ref=%u id=%llu version=%llu kind=%s cause=%s size=%u slot=%d woke=%d",
		  __entry->session, __entry->client, __entry->ref, __entry->id,
		  __entry->version, localstate_show_kind(__entry->kind),
		  localstate_show_cause(__entry->cause), __entry->size,
		  __entry->slot, __entry->woke)
);

/* A SYNC or LOST, which belongs to no variable, has been queued. */
TRACE_EVENT(localstate_queue_mark,
	TP_PROTO(const struct ls_watch *watch, const struct ls_pending *mark,
		 bool woke),
	TP_ARGS(watch, mark, woke),

	TP_STRUCT__entry(
		__field(u64, session)
		__field(u64, client)
		__field(u32, ref)
		__field(u32, target)
		__field(u8, kind)
		__field(bool, slot)
		__field(bool, woke)
	),

	TP_fast_assign(
		__entry->session = watch->client->session->id;
		__entry->client = watch->client->id;
		__entry->ref = watch->ref;
		__entry->target = mark->target;
		__entry->kind = mark->kind == LS_PENDING_SYNC ?
				LOCALSTATE_EVENT_SYNC : LOCALSTATE_EVENT_LOST;
		__entry->slot = !list_empty(&mark->node);
		__entry->woke = woke;
	),

	TP_printk("session=%llu client=%llu ref=%u target=%u kind=%s slot=%d woke=%d",
		  __entry->session, __entry->client, __entry->ref,
		  __entry->target, localstate_show_kind(__entry->kind),
		  __entry->slot, __entry->woke)
);

/* A change has been merged into the event that waits in its link's slot. */
TRACE_EVENT(localstate_queue_merge,
	TP_PROTO(const struct ls_watch *watch,
		 const struct localstate_event *event),
	TP_ARGS(watch, event),

	TP_STRUCT__entry(
		__field(u64, session)
		__field(u64, client)
		__field(u32, ref)
		__field(u32, size)
		__field(u64, id)
		__field(u64, version)
		__field(u32, merged)
		__field(u8, kind)
		__field(u8, cause)
	),

	TP_fast_assign(
		__entry->session = watch->client->session->id;
		__entry->client = watch->client->id;
		__entry->ref = watch->ref;
		__entry->size = event->size;
		__entry->id = event->id;
		__entry->version = event->version;
		__entry->merged = event->merged;
		__entry->kind = event->kind;
		__entry->cause = event->cause;
	),

	TP_printk("session=%llu client=%llu ref=%u id=%llu version=%llu kind=%s cause=%s size=%u merged=%u",
		  __entry->session, __entry->client, __entry->ref, __entry->id,
		  __entry->version, localstate_show_kind(__entry->kind),
		  localstate_show_cause(__entry->cause), __entry->size,
		  __entry->merged)
);

/* The last reference has gone, and the watches with it. */
TRACE_EVENT(localstate_client_release,
	TP_PROTO(const struct ls_client *client, u32 watches),
	TP_ARGS(client, watches),

	TP_STRUCT__entry(
		__field(u64, session)
		__field(u64, client)
		__field(u32, watches)
		__field(pid_t, attached_by)
	),

	TP_fast_assign(
		__entry->session = client->session ? client->session->id : 0;
		__entry->client = client->id;
		__entry->watches = watches;
		__entry->attached_by = client->session ?
				       pid_nr(client->attached_by->pid) : 0;
	),

	TP_printk("session=%llu client=%llu watches=%u attached_by=%d",
		  __entry->session, __entry->client, __entry->watches,
		  __entry->attached_by)
);

#endif /* LOCALSTATE_TRACE_H */

/* Found by -I: this header is included once more for each part of the code. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
