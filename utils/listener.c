// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multicast groups: joining them, and reading what comes.
 *
 * Two sockets, so that no event comes between a question and its answer.  Only
 * the kernel is believed; what a newer one tells beyond this is skipped.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <linux/localstate_netlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "failure.h"
#include "listener.h"
#include "netlink.h"

/* Bytes that may wait; the kernel counts some 1 KiB for an event. */
#define RECEIVE_BUFFER	(1 << 20)

/* More messages than that buffer can hold. */
#define MESSAGES_MAX	4096

/* More bytes than any message that concerns us. */
#define MESSAGE_SIZE	16384

static struct nla_policy policy[LOCALSTATE_A_MAX + 1] = {
	[LOCALSTATE_A_SESSION_NAME] = { .type = NLA_STRING },
	[LOCALSTATE_A_SESSION_ID] = { .type = NLA_U64 },
	[LOCALSTATE_A_TIME_NS] = { .type = NLA_U64 },
	[LOCALSTATE_A_PID] = { .type = NLA_U32 },
	[LOCALSTATE_A_UID] = { .type = NLA_U32 },
	[LOCALSTATE_A_GID] = { .type = NLA_U32 },
	[LOCALSTATE_A_MODE] = { .type = NLA_U32 },
	[LOCALSTATE_A_FLAGS] = { .type = NLA_U32 },
	[LOCALSTATE_A_ID] = { .type = NLA_U64 },
	[LOCALSTATE_A_NAME] = { .type = NLA_STRING },
	[LOCALSTATE_A_TYPE] = { .type = NLA_U32 },
	[LOCALSTATE_A_LABEL] = { .type = NLA_STRING },
	[LOCALSTATE_A_VERSION] = { .type = NLA_U64 },
	[LOCALSTATE_A_CLIENT] = { .type = NLA_U64 },
	[LOCALSTATE_A_COMM] = { .type = NLA_STRING },
};

static const char *text_or_empty(const struct nlattr *attr)
{
	return attr ? nla_get_string(attr) : "";
}

static bool choose_kind(uint8_t command, enum lifecycle_kind *kind)
{
	switch (command) {
	case LOCALSTATE_CMD_SESSION_CREATED:
		*kind = LIFECYCLE_SESSION_CREATED;
		return true;
	case LOCALSTATE_CMD_SESSION_ENDED:
		*kind = LIFECYCLE_SESSION_ENDED;
		return true;
	case LOCALSTATE_CMD_VARIABLE_REGISTERED:
		*kind = LIFECYCLE_VARIABLE_REGISTERED;
		return true;
	case LOCALSTATE_CMD_VARIABLE_DELETED:
		*kind = LIFECYCLE_VARIABLE_DELETED;
		return true;
	case LOCALSTATE_CMD_CLIENT_ATTACHED:
		*kind = LIFECYCLE_CLIENT_ATTACHED;
		return true;
	case LOCALSTATE_CMD_CLIENT_GONE:
		*kind = LIFECYCLE_CLIENT_GONE;
		return true;
	default:
		return false;
	}
}

/* False if the message tells nothing that is known here. */
static bool decode(struct nlmsghdr *header, struct lifecycle_event *event)
{
	struct nlattr *attrs[LOCALSTATE_A_MAX + 1];

	if (!genlmsg_valid_hdr(header, 0) ||
	    !choose_kind(genlmsg_hdr(header)->cmd, &event->kind) ||
	    genlmsg_parse(header, 0, attrs, LOCALSTATE_A_MAX, policy) < 0 ||
	    !attrs[LOCALSTATE_A_SESSION_NAME])
		return false;
	event->session = nla_get_string(attrs[LOCALSTATE_A_SESSION_NAME]);
	event->session_id = netlink_u64(attrs[LOCALSTATE_A_SESSION_ID]);
	event->time_ns = netlink_u64(attrs[LOCALSTATE_A_TIME_NS]);
	event->pid = netlink_u32(attrs[LOCALSTATE_A_PID]);
	event->uid = netlink_u32(attrs[LOCALSTATE_A_UID]);
	event->gid = netlink_u32(attrs[LOCALSTATE_A_GID]);
	event->mode = netlink_u32(attrs[LOCALSTATE_A_MODE]);
	event->flags = netlink_u32(attrs[LOCALSTATE_A_FLAGS]);
	event->id = netlink_u64(attrs[LOCALSTATE_A_ID]);
	event->name = text_or_empty(attrs[LOCALSTATE_A_NAME]);
	event->type = netlink_u32(attrs[LOCALSTATE_A_TYPE]);
	event->label = text_or_empty(attrs[LOCALSTATE_A_LABEL]);
	event->version = netlink_u64(attrs[LOCALSTATE_A_VERSION]);
	event->client = netlink_u64(attrs[LOCALSTATE_A_CLIENT]);
	event->comm = text_or_empty(attrs[LOCALSTATE_A_COMM]);
	return true;
}

/* Whether the kernel says that our family is gone. */
static bool is_our_end(const struct listener *listener, struct nlmsghdr *header)
{
	static struct nla_policy family_policy[CTRL_ATTR_MAX + 1] = {
		[CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16 },
	};
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];

	return header->nlmsg_type == GENL_ID_CTRL &&
	       genlmsg_valid_hdr(header, 0) &&
	       genlmsg_hdr(header)->cmd == CTRL_CMD_DELFAMILY &&
	       genlmsg_parse(header, 0, attrs, CTRL_ATTR_MAX,
			     family_policy) >= 0 &&
	       attrs[CTRL_ATTR_FAMILY_ID] &&
	       nla_get_u16(attrs[CTRL_ATTR_FAMILY_ID]) == listener->family;
}

static int module_is_gone(void)
{
	return fail(&(struct failure){ .rc = -ENODEV },
		    "the module was unloaded");
}

static void tell(struct listener *listener, const struct lifecycle_event *event)
{
	if (!listener->take(listener->data, event))
		listener->stopped = true;
}

/* The end of the family may be among what is missing. */
static int tell_lost(struct listener *listener)
{
	static const struct lifecycle_event lost = { .kind = LIFECYCLE_LOST };

	listener->before_gap = 0;
	tell(listener, &lost);
	if (listener->stopped ||
	    genl_ctrl_resolve(listener->control, LOCALSTATE_GENL_NAME) ==
		    listener->family)
		return EXIT_DONE;
	return module_is_gone();
}

static bool is_empty(const struct listener *listener)
{
	struct pollfd events = { listener_fd(listener), POLLIN, 0 };

	return !poll(&events, 1, 0);
}

/*
 * When the buffer is full nothing enters it before it is empty.  The kernel
 * says so once, ahead of what is in it: the gap is behind that.
 */
static int found_gap(struct listener *listener)
{
	int status = EXIT_DONE;

	if (listener->before_gap)
		status = tell_lost(listener);
	listener->before_gap = MESSAGES_MAX;
	return status;
}

static int take_messages(struct listener *listener, void *buffer, int length)
{
	struct lifecycle_event event = { 0 };
	struct nlmsghdr *header = buffer;

	for (; nlmsg_ok(header, length) && !listener->stopped;
	     header = nlmsg_next(header, &length)) {
		if (is_our_end(listener, header))
			return module_is_gone();
		if (header->nlmsg_type == listener->family &&
		    decode(header, &event))
			tell(listener, &event);
	}
	return EXIT_DONE;
}

/* One datagram, or the news that some are missing. */
static int read_one(struct listener *listener, bool *more)
{
	char buffer[MESSAGE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from = { .nl_pid = 0 };
	socklen_t from_length = sizeof(from);
	int status = EXIT_DONE;
	ssize_t length;

	length = recvfrom(listener_fd(listener), buffer, sizeof(buffer), 0,
			  (struct sockaddr *)&from, &from_length);
	*more = length >= 0 || errno == ENOBUFS || errno == EINTR;
	if (length >= 0 && !from.nl_pid)
		status = take_messages(listener, buffer, length);
	else if (length < 0 && errno == ENOBUFS)
		status = found_gap(listener);
	else if (!*more && errno != EAGAIN)
		status = fail(&(struct failure){ .rc = -errno }, "netlink: %s",
			      strerror(errno));
	if (!status && listener->before_gap &&
	    (is_empty(listener) || !--listener->before_gap))
		status = tell_lost(listener);
	return status;
}

int listener_read(struct listener *listener)
{
	int status = EXIT_DONE, i;
	bool more = true;

	/* Not for ever, or a stream of events would keep signals away. */
	for (i = 0; i < MESSAGES_MAX && more && !status && !listener->stopped;
	     i++)
		status = read_one(listener, &more);
	return status;
}

static int join(struct listener *listener, const char *family,
		const char *name)
{
	int group;

	group = genl_ctrl_resolve_grp(listener->control, family, name);
	if (group < 0)
		return netlink_failure(group, NULL);
	if (!setsockopt(listener_fd(listener), SOL_NETLINK,
			NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return EXIT_DONE;
	if (errno == EPERM)
		return fail(&(struct failure){ .rc = -EPERM },
			    "permission denied: --all takes CAP_NET_ADMIN in the user namespace of the network namespace");
	return fail(&(struct failure){ .rc = -errno },
		    "cannot join the group \"%s\" of \"%s\": %s", name, family,
		    strerror(errno));
}

/* Unprivileged it gets what the system allows. */
static void enlarge_buffer(const struct listener *listener)
{
	int size = RECEIVE_BUFFER;

	if (setsockopt(listener_fd(listener), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)))
		setsockopt(listener_fd(listener), SOL_SOCKET, SO_RCVBUF, &size,
			   sizeof(size));
}

static int connect_both(struct listener *listener)
{
	int rc;

	listener->events = nl_socket_alloc();
	listener->control = nl_socket_alloc();
	if (!listener->events || !listener->control)
		return out_of_memory();
	rc = genl_connect(listener->events);
	if (!rc)
		rc = nl_socket_set_nonblocking(listener->events);
	if (!rc)
		rc = genl_connect(listener->control);
	return rc ? netlink_failure(rc, NULL) : EXIT_DONE;
}

/* The news of the family's end come first: it may end at any time after. */
static int join_groups(struct listener *listener, bool all)
{
	int status;

	enlarge_buffer(listener);
	status = join(listener, "nlctrl", "notify");
	if (status)
		return status;
	listener->family = genl_ctrl_resolve(listener->control,
					     LOCALSTATE_GENL_NAME);
	if (listener->family < 0)
		return netlink_failure(listener->family, NULL);
	return join(listener, LOCALSTATE_GENL_NAME,
		    all ? LOCALSTATE_GENL_GROUP_EVENTS_ALL :
			  LOCALSTATE_GENL_GROUP_EVENTS);
}

int listener_open(struct listener *listener, bool all, take_event_fn *take,
		  void *data)
{
	int status;

	memset(listener, 0, sizeof(*listener));
	listener->take = take;
	listener->data = data;
	status = connect_both(listener);
	if (!status)
		status = join_groups(listener, all);
	if (status)
		listener_close(listener);
	return status;
}

int listener_fd(const struct listener *listener)
{
	return nl_socket_get_fd(listener->events);
}

void listener_close(struct listener *listener)
{
	nl_socket_free(listener->control);
	nl_socket_free(listener->events);
}
