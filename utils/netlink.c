// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumps of the generic netlink family.  A dump is no snapshot: what begins or
 * ends while it is read may or may not be in it.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/localstate_netlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "failure.h"
#include "netlink.h"
#include "session.h"

/* One dump: where its rows go, and how it failed. */
struct dump {
	int (*take)(struct dump *dump, struct nlattr **attrs);
	void *rows;
	size_t count;
	bool may_be_missing;	/* the session: then nothing is told */
	int error;		/* -errno */
	char message[256];	/* the kernel's own words, may be empty */
};

static struct nla_policy policy[LOCALSTATE_A_MAX + 1] = {
	[LOCALSTATE_A_SESSION_NAME] = { .type = NLA_STRING },
	[LOCALSTATE_A_ID] = { .type = NLA_U64 },
	[LOCALSTATE_A_NAME] = { .type = NLA_STRING },
	[LOCALSTATE_A_PID] = { .type = NLA_U32 },
	[LOCALSTATE_A_UID] = { .type = NLA_U32 },
	[LOCALSTATE_A_GID] = { .type = NLA_U32 },
	[LOCALSTATE_A_MODE] = { .type = NLA_U32 },
	[LOCALSTATE_A_FLAGS] = { .type = NLA_U32 },
	[LOCALSTATE_A_CREATED_NS] = { .type = NLA_U64 },
	[LOCALSTATE_A_CLIENTS] = { .type = NLA_U32 },
	[LOCALSTATE_A_VARIABLES] = { .type = NLA_U32 },
	[LOCALSTATE_A_CLIENT] = { .type = NLA_U64 },
	[LOCALSTATE_A_REF] = { .type = NLA_U32 },
	[LOCALSTATE_A_COMM] = { .type = NLA_STRING },
	[LOCALSTATE_A_INLINE_LIMIT] = { .type = NLA_U32 },
	[LOCALSTATE_A_QUEUED] = { .type = NLA_U64 },
	[LOCALSTATE_A_DELIVERED] = { .type = NLA_U64 },
	[LOCALSTATE_A_EVENTS] = { .type = NLA_U64 },
	[LOCALSTATE_A_MERGED] = { .type = NLA_U64 },
	[LOCALSTATE_A_FILTERED] = { .type = NLA_U64 },
	[LOCALSTATE_A_TARGETS] = { .type = NLA_NESTED },
	[LOCALSTATE_A_TARGET_NAME] = { .type = NLA_STRING },
	[LOCALSTATE_A_TARGET_ID] = { .type = NLA_U64 },
	[LOCALSTATE_A_TARGET_PATTERN] = { .type = NLA_STRING },
	[LOCALSTATE_A_FILTER] = { .type = NLA_NESTED },
};

uint64_t netlink_u64(const struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

uint32_t netlink_u32(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static char *get_text(struct nlattr *attr)
{
	return strdup(attr ? nla_get_string(attr) : "");
}

void *rows_grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

static int take_session(struct dump *dump, struct nlattr **attrs)
{
	struct session_row *rows, *row;

	rows = rows_grow(dump->rows, dump->count, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	dump->rows = rows;
	row = &rows[dump->count];
	row->name = get_text(attrs[LOCALSTATE_A_NAME]);
	if (!row->name)
		return -ENOMEM;
	row->id = netlink_u64(attrs[LOCALSTATE_A_ID]);
	row->created_ns = netlink_u64(attrs[LOCALSTATE_A_CREATED_NS]);
	row->uid = netlink_u32(attrs[LOCALSTATE_A_UID]);
	row->gid = netlink_u32(attrs[LOCALSTATE_A_GID]);
	row->mode = netlink_u32(attrs[LOCALSTATE_A_MODE]);
	row->flags = netlink_u32(attrs[LOCALSTATE_A_FLAGS]);
	row->clients = netlink_u32(attrs[LOCALSTATE_A_CLIENTS]);
	row->variables = netlink_u32(attrs[LOCALSTATE_A_VARIABLES]);
	dump->count++;
	return 0;
}

static int add_target(struct watch_row *row, struct nlattr *attr)
{
	char **targets;
	char *target;

	targets = rows_grow(row->targets, row->n_targets, sizeof(*targets));
	if (!targets)
		return -ENOMEM;
	row->targets = targets;
	if (nla_type(attr) != LOCALSTATE_A_TARGET_ID)
		target = strdup(nla_get_string(attr));
	else if (asprintf(&target, "@%" PRIu64, nla_get_u64(attr)) < 0)
		target = NULL;
	if (!target)
		return -ENOMEM;
	targets[row->n_targets++] = target;
	return 0;
}

static int add_targets(struct watch_row *row, struct nlattr *nest)
{
	struct nlattr *attr;
	int rest, rc;

	if (!nest)
		return 0;
	nla_for_each_nested(attr, nest, rest) {
		if (nla_type(attr) != LOCALSTATE_A_TARGET_NAME &&
		    nla_type(attr) != LOCALSTATE_A_TARGET_PATTERN &&
		    nla_type(attr) != LOCALSTATE_A_TARGET_ID)
			continue;
		rc = add_target(row, attr);
		if (rc)
			return rc;
	}
	return 0;
}

static int fill_watch(struct watch_row *row, struct nlattr **attrs)
{
	memset(row, 0, sizeof(*row));
	row->client = netlink_u64(attrs[LOCALSTATE_A_CLIENT]);
	row->ref = netlink_u32(attrs[LOCALSTATE_A_REF]);
	row->created_ns = netlink_u64(attrs[LOCALSTATE_A_CREATED_NS]);
	row->queued = netlink_u64(attrs[LOCALSTATE_A_QUEUED]);
	row->delivered = netlink_u64(attrs[LOCALSTATE_A_DELIVERED]);
	row->events = netlink_u64(attrs[LOCALSTATE_A_EVENTS]);
	row->merged = netlink_u64(attrs[LOCALSTATE_A_MERGED]);
	row->filtered = netlink_u64(attrs[LOCALSTATE_A_FILTERED]);
	row->flags = netlink_u32(attrs[LOCALSTATE_A_FLAGS]);
	row->inline_limit = netlink_u32(attrs[LOCALSTATE_A_INLINE_LIMIT]);
	row->pid = netlink_u32(attrs[LOCALSTATE_A_PID]);
	row->uid = netlink_u32(attrs[LOCALSTATE_A_UID]);
	row->comm = get_text(attrs[LOCALSTATE_A_COMM]);
	return row->comm ? netlink_filter(attrs[LOCALSTATE_A_FILTER],
					  &row->filter) : -ENOMEM;
}

/* A message of the same client and ref goes on with the list of targets. */
static int take_watch(struct dump *dump, struct nlattr **attrs)
{
	struct watch_row *rows = dump->rows, *last;
	int rc;

	last = dump->count ? &rows[dump->count - 1] : NULL;
	if (!last || last->client != netlink_u64(attrs[LOCALSTATE_A_CLIENT]) ||
	    last->ref != netlink_u32(attrs[LOCALSTATE_A_REF])) {
		rows = rows_grow(rows, dump->count, sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		dump->rows = rows;
		last = &rows[dump->count];
		dump->count++;
		rc = fill_watch(last, attrs);
		if (rc)
			return rc;
	}
	return add_targets(last, attrs[LOCALSTATE_A_TARGETS]);
}

/* The kernel's message, among the attributes that follow an error. */
static void take_message(struct dump *dump, const struct nlmsghdr *header,
			 size_t offset)
{
	int length = header->nlmsg_len - NLMSG_HDRLEN - offset;
	struct nlattr *attr;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || length <= 0)
		return;
	attr = nla_find((struct nlattr *)((char *)nlmsg_data(header) + offset),
			length, NLMSGERR_ATTR_MSG);
	if (attr)
		snprintf(dump->message, sizeof(dump->message), "%.*s",
			 nla_len(attr), (const char *)nla_data(attr));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error,
		    void *data)
{
	const struct nlmsghdr *header = (struct nlmsghdr *)error - 1;
	struct dump *dump = data;
	size_t offset = sizeof(*error);

	(void)from;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		offset += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	dump->error = error->error;
	take_message(dump, header, offset);
	return NL_STOP;
}

/* A dump that fails on its way says so in its last message. */
static int on_finish(struct nl_msg *message, void *data)
{
	const struct nlmsghdr *header = nlmsg_hdr(message);
	struct dump *dump = data;
	int error;

	if (nlmsg_datalen(header) >= (int)sizeof(error)) {
		memcpy(&error, nlmsg_data(header), sizeof(error));
		if (error < 0) {
			dump->error = error;
			take_message(dump, header, sizeof(error));
		}
	}
	return NL_STOP;
}

static int on_message(struct nl_msg *message, void *data)
{
	struct nlattr *attrs[LOCALSTATE_A_MAX + 1];
	struct dump *dump = data;

	if (genlmsg_parse(nlmsg_hdr(message), 0, attrs, LOCALSTATE_A_MAX,
			  policy) < 0)
		dump->error = -EPROTO;
	else
		dump->error = dump->take(dump, attrs);
	return dump->error ? NL_STOP : NL_OK;
}

static int send_request(struct nl_sock *socket, int family, int command,
			const char *session)
{
	struct nl_msg *message = nlmsg_alloc();
	int rc = -NLE_NOMEM;

	if (!message)
		return rc;
	if (genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
			NLM_F_DUMP, command, LOCALSTATE_GENL_VERSION) &&
	    (!session || !nla_put_string(message, LOCALSTATE_A_SESSION_NAME,
					 session)))
		rc = nl_send_auto(socket, message);
	nlmsg_free(message);
	return rc;
}

/* Returns libnl's error, or 0; the kernel's error is in the dump. */
static int run_dump(struct nl_sock *socket, int command, const char *session,
		    struct dump *dump)
{
	int family, rc, on = 1;

	family = genl_ctrl_resolve(socket, LOCALSTATE_GENL_NAME);
	if (family < 0)
		return family;
	setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK,
		   &on, sizeof(on));
	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_message,
			    dump);
	nl_socket_modify_cb(socket, NL_CB_FINISH, NL_CB_CUSTOM, on_finish,
			    dump);
	nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_error, dump);

	rc = send_request(socket, family, command, session);
	if (rc >= 0)
		rc = nl_recvmsgs_default(socket);
	/* Sessions and watches come and go while they are listed. */
	return rc < 0 && rc != -NLE_DUMP_INTR && !dump->error ? rc : 0;
}

static int tell(const struct dump *dump, const char *session)
{
	const struct failure failure = {
		.rc = dump->error,
		.status = EXIT_REFUSED,
		.name = session,
	};

	if (!dump->error)
		return EXIT_DONE;
	if (dump->error == -ENOENT && session)
		return dump->may_be_missing ? EXIT_NOT_FOUND : session_missing(session);
	return fail(&failure, "%s%s%s%s", session ? session : "",
		    session ? ": " : "",
		    *dump->message ? dump->message : strerror(-dump->error),
		    dump->error == -EACCES ? " (permission denied)" : "");
}

int netlink_failure(int rc, const char *session)
{
	const struct failure failure = { .rc = -EPROTO, .name = session };

	if (rc == -NLE_NOMEM)
		return out_of_memory();
	if (rc == -NLE_OBJ_NOTFOUND)
		return fail(&(struct failure){ .rc = -ENODEV },
			    "the kernel has no localstate; load it with: lstate module load");
	return fail(&failure, "netlink: %s", nl_geterror(rc));
}

static int dump_all(struct dump *dump, int command, const char *session)
{
	struct nl_sock *socket = nl_socket_alloc();
	int rc = -NLE_NOMEM;

	if (socket) {
		nl_socket_enable_msg_peek(socket);
		rc = genl_connect(socket);
		if (!rc)
			rc = run_dump(socket, command, session, dump);
		nl_socket_free(socket);
	}
	return rc ? netlink_failure(rc, session) : tell(dump, session);
}

int netlink_sessions(struct session_row **rows, size_t *count)
{
	struct dump dump = { .take = take_session };
	int status;

	status = dump_all(&dump, LOCALSTATE_CMD_SESSION_GET, NULL);
	*rows = dump.rows;
	*count = dump.count;
	return status;
}

static int dump_watches(const char *session, bool may_be_missing,
			struct watch_row **rows, size_t *count)
{
	struct dump dump = { .take = take_watch, .may_be_missing = may_be_missing };
	int status;

	status = dump_all(&dump, LOCALSTATE_CMD_WATCH_GET, session);
	*rows = dump.rows;
	*count = dump.count;
	return status;
}

int netlink_watches(const char *session, struct watch_row **rows,
		    size_t *count)
{
	return dump_watches(session, false, rows, count);
}

int netlink_watches_if_any(const char *session, struct watch_row **rows,
			   size_t *count)
{
	return dump_watches(session, true, rows, count);
}

void session_rows_free(struct session_row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(rows[i].name);
	free(rows);
}

void watch_rows_free(struct watch_row *rows, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < rows[i].n_targets; j++)
			free(rows[i].targets[j]);
		free(rows[i].targets);
		free(rows[i].filter);
		free(rows[i].comm);
	}
	free(rows);
}
