/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * localstate: the generic netlink family, through which one sees into the
 * sessions of a network namespace.  It only shows; values are set by ioctl.
 *
 * Requests are dumps.  Lifecycle events come by themselves, to whoever has
 * joined a multicast group.
 */
#ifndef _UAPI_LINUX_LOCALSTATE_NETLINK_H
#define _UAPI_LINUX_LOCALSTATE_NETLINK_H

#define LOCALSTATE_GENL_NAME		"localstate"
#define LOCALSTATE_GENL_VERSION		1

/* Bytes of a filter's text, say, that are shown. */
#define LOCALSTATE_GENL_DATA_MAX	256U

/*
 * Multicast groups.  "events" tells of sessions that everybody may read: owner,
 * group and others.  "events_all" tells of every session that has a name; to
 * join it takes CAP_NET_ADMIN in the user namespace that owns the network
 * namespace, and so it does to have opened the socket (not asked before Linux
 * 6.8).  Private sessions are not told of at all.
 */
#define LOCALSTATE_GENL_GROUP_EVENTS		"events"
#define LOCALSTATE_GENL_GROUP_EVENTS_ALL	"events_all"

/**
 * enum localstate_genl_cmd - the commands: dumps (NLM_F_DUMP), and events
 * @LOCALSTATE_CMD_UNSPEC: unused
 * @LOCALSTATE_CMD_SESSION_GET: the named sessions that the caller may read or
 *	owns, a message each: ID, NAME, UID, GID, MODE, FLAGS, CREATED_NS,
 *	CLIENTS, VARIABLES
 * @LOCALSTATE_CMD_VARIABLE_GET: the variables of the session in the request's
 *	SESSION_NAME, a message each: ID, NAME, TYPE, LABEL, VERSION,
 *	CREATED_NS, CHANGED_NS, PID, UID
 * @LOCALSTATE_CMD_WATCH_GET: the watches of the session in the request's
 *	SESSION_NAME: CLIENT, REF, PID, COMM, UID, CREATED_NS, FLAGS,
 *	INLINE_LIMIT, QUEUED, DELIVERED, EVENTS, MERGED, FILTERED, FILTER and
 *	TARGETS.  A list of targets that does not fit into one message goes on in the
 *	next one, which has the same CLIENT and REF
 * @LOCALSTATE_CMD_SESSION_CREATED: event: a session was made: MODE, FLAGS, GID,
 *	and as UID its owner
 * @LOCALSTATE_CMD_SESSION_ENDED: event: a session has ended, and with it its
 *	variables, of which nothing is told
 * @LOCALSTATE_CMD_VARIABLE_REGISTERED: event: a variable was registered: ID,
 *	NAME, TYPE, LABEL, VERSION
 * @LOCALSTATE_CMD_VARIABLE_DELETED: event: a variable was deleted: ID, NAME,
 *	TYPE, LABEL, and as VERSION one above its last
 * @LOCALSTATE_CMD_CLIENT_ATTACHED: event: a descriptor was attached to a
 *	session: CLIENT, COMM
 * @LOCALSTATE_CMD_CLIENT_GONE: event: its last reference was closed: CLIENT,
 *	COMM.  It may come after the end of its session
 *
 * Every event also carries TIME_NS, SESSION_ID, SESSION_NAME and, but for
 * SESSION_ENDED, PID and UID of who did it, or, if a client is gone, of who had
 * attached it.  The events of one session come in the order in which they
 * happened.  A listener whose receive buffer is full, or for whom memory was
 * out, gets ENOBUFS from its next recvmsg(): then events are missing, and until
 * it has read its buffer empty more of them, without another ENOBUFS.
 *
 * Whose rights count: those with which the socket was opened.  A session that
 * does not exist is ENOENT, one without the right to read is EACCES, and a
 * request without a SESSION_NAME is EINVAL; each with an extended ack that says
 * so, except on kernels that give none to the start of a dump (6.1).
 */
enum localstate_genl_cmd {
	LOCALSTATE_CMD_UNSPEC,
	LOCALSTATE_CMD_SESSION_GET,
	LOCALSTATE_CMD_VARIABLE_GET,
	LOCALSTATE_CMD_WATCH_GET,
	LOCALSTATE_CMD_SESSION_CREATED,
	LOCALSTATE_CMD_SESSION_ENDED,
	LOCALSTATE_CMD_VARIABLE_REGISTERED,
	LOCALSTATE_CMD_VARIABLE_DELETED,
	LOCALSTATE_CMD_CLIENT_ATTACHED,
	LOCALSTATE_CMD_CLIENT_GONE,

	__LOCALSTATE_CMD_MAX,
	LOCALSTATE_CMD_MAX = __LOCALSTATE_CMD_MAX - 1
};

/**
 * enum localstate_genl_attr - attributes of all messages
 * @LOCALSTATE_A_UNSPEC: unused
 * @LOCALSTATE_A_PAD: fills up before 64-bit attributes
 * @LOCALSTATE_A_SESSION_NAME: string: the session that a request or an event is
 *	about
 * @LOCALSTATE_A_ID: u64: id of the session or variable
 * @LOCALSTATE_A_NAME: string: name of the session or variable
 * @LOCALSTATE_A_PID: u32: process id, 0 if the namespace does not see it: who
 *	made the watch, changed the variable, or caused the event
 * @LOCALSTATE_A_UID: u32: user id: the session's owner, who made the watch,
 *	changed the variable, or caused the event
 * @LOCALSTATE_A_GID: u32: group id of the session
 * @LOCALSTATE_A_MODE: u32: permission bits of the session
 * @LOCALSTATE_A_FLAGS: u32: LOCALSTATE_ATTACH_PERSISTENT of a session,
 *	LOCALSTATE_WATCH_* of a watch, LOCALSTATE_FILTER_* of a term
 * @LOCALSTATE_A_CREATED_NS: u64: CLOCK_MONOTONIC time of making
 * @LOCALSTATE_A_CHANGED_NS: u64: CLOCK_MONOTONIC time of the last change
 * @LOCALSTATE_A_CLIENTS: u32: clients that are attached
 * @LOCALSTATE_A_VARIABLES: u32: variables that are registered
 * @LOCALSTATE_A_TYPE: u32: enum localstate_type of a variable or an operand
 * @LOCALSTATE_A_LABEL: string: the variable's label
 * @LOCALSTATE_A_VERSION: u64: the variable's version
 * @LOCALSTATE_A_CLIENT: u64: number of the client in its session
 * @LOCALSTATE_A_REF: u32: the watch's number in its client
 * @LOCALSTATE_A_COMM: string: name of the task that made the watch, or attached
 *	the client
 * @LOCALSTATE_A_INLINE_LIMIT: u32: bytes that an event carries
 * @LOCALSTATE_A_QUEUED: u64: as in struct localstate_watch_info
 * @LOCALSTATE_A_DELIVERED: u64: likewise
 * @LOCALSTATE_A_EVENTS: u64: likewise
 * @LOCALSTATE_A_MERGED: u64: likewise
 * @LOCALSTATE_A_FILTERED: u64: likewise
 * @LOCALSTATE_A_TARGETS: nest: targets in the order of the watch's list, each
 *	a LOCALSTATE_A_TARGET_NAME, LOCALSTATE_A_TARGET_ID or
 *	LOCALSTATE_A_TARGET_PATTERN, as asked for
 * @LOCALSTATE_A_TARGET_NAME: string: a target given by name
 * @LOCALSTATE_A_TARGET_ID: u64: a target given by id
 * @LOCALSTATE_A_SESSION_ID: u64: id of the session that an event is about
 * @LOCALSTATE_A_TIME_NS: u64: CLOCK_MONOTONIC time of an event
 * @LOCALSTATE_A_TARGET_PATTERN: string: a target given by a glob pattern
 * @LOCALSTATE_A_FILTER: nest: which changes the watch wants: nothing if it wants
 *	all; else MATCH, and a TERM for each term of its struct localstate_filter
 * @LOCALSTATE_A_MATCH: u32: enum localstate_filter_match
 * @LOCALSTATE_A_TERM: nest: struct localstate_filter_term as WATCH was given it:
 *	OPERATION, FLAGS, and, where they are not nothing, OPERAND, HIGH and
 *	HYSTERESIS
 * @LOCALSTATE_A_OPERATION: u32: enum localstate_filter_operation
 * @LOCALSTATE_A_OPERAND: nest: TYPE, and BITS of a bool, int, uint or float; LENGTH
 *	and DATA of others
 * @LOCALSTATE_A_HIGH: nest: likewise
 * @LOCALSTATE_A_HYSTERESIS: u64: as in the struct
 * @LOCALSTATE_A_BITS: u64: the bits of a value
 * @LOCALSTATE_A_DATA: binary: a value that is longer; of one that has more than
 *	LOCALSTATE_GENL_DATA_MAX bytes what fits into them, a text or an array cut
 *	between two characters or elements
 * @LOCALSTATE_A_LENGTH: u32: bytes that the value has
 *
 * In a dump PID, UID and GID are as the caller's namespaces see them.  An event
 * goes to many at once: there they are as the namespaces of the session's maker
 * see them.
 */
enum localstate_genl_attr {
	LOCALSTATE_A_UNSPEC,
	LOCALSTATE_A_PAD,
	LOCALSTATE_A_SESSION_NAME,
	LOCALSTATE_A_ID,
	LOCALSTATE_A_NAME,
	LOCALSTATE_A_PID,
	LOCALSTATE_A_UID,
	LOCALSTATE_A_GID,
	LOCALSTATE_A_MODE,
	LOCALSTATE_A_FLAGS,
	LOCALSTATE_A_CREATED_NS,
	LOCALSTATE_A_CHANGED_NS,
	LOCALSTATE_A_CLIENTS,
	LOCALSTATE_A_VARIABLES,
	LOCALSTATE_A_TYPE,
	LOCALSTATE_A_LABEL,
	LOCALSTATE_A_VERSION,
	LOCALSTATE_A_CLIENT,
	LOCALSTATE_A_REF,
	LOCALSTATE_A_COMM,
	LOCALSTATE_A_INLINE_LIMIT,
	LOCALSTATE_A_QUEUED,
	LOCALSTATE_A_DELIVERED,
	LOCALSTATE_A_EVENTS,
	LOCALSTATE_A_MERGED,
	LOCALSTATE_A_FILTERED,
	LOCALSTATE_A_TARGETS,
	LOCALSTATE_A_TARGET_NAME,
	LOCALSTATE_A_TARGET_ID,
	LOCALSTATE_A_SESSION_ID,
	LOCALSTATE_A_TIME_NS,
	LOCALSTATE_A_TARGET_PATTERN,
	LOCALSTATE_A_FILTER,
	LOCALSTATE_A_MATCH,
	LOCALSTATE_A_TERM,
	LOCALSTATE_A_OPERATION,
	LOCALSTATE_A_OPERAND,
	LOCALSTATE_A_HIGH,
	LOCALSTATE_A_HYSTERESIS,
	LOCALSTATE_A_BITS,
	LOCALSTATE_A_DATA,
	LOCALSTATE_A_LENGTH,

	__LOCALSTATE_A_MAX,
	LOCALSTATE_A_MAX = __LOCALSTATE_A_MAX - 1
};

#endif /* _UAPI_LINUX_LOCALSTATE_NETLINK_H */
