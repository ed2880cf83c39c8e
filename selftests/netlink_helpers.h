/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A generic netlink client of the family "localstate", as small as it can be:
 * one request, its answers one after another, the attributes by number.
 */
#ifndef SELFTESTS_NETLINK_HELPERS_H
#define SELFTESTS_NETLINK_HELPERS_H

#include <sys/socket.h>
#include <sys/utsname.h>

#include <linux/genetlink.h>
#include <linux/localstate_netlink.h>
#include <linux/netlink.h>

#include "process_helpers.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define NETLINK_BUFFER 65536

/**
 * struct netlink - a socket that is connected to the family
 * @fd: the socket
 * @family: the family's number
 * @sequence: of the last request
 * @error: 0, or the negative errno that ended the last dump
 * @text: what the kernel said about it
 * @len: bytes in @buffer
 * @position: bytes of them that were looked at
 * @buffer: what the last recv() gave
 */
struct netlink {
	int fd;
	__u16 family;
	__u32 sequence;
	int error;
	char text[128];
	size_t len;
	size_t position;
	__u64 buffer[NETLINK_BUFFER / 8];
};

/* Netlink can do more on newer kernels. */
static inline bool kernel_is_since(int major, int minor)
{
	struct utsname system;
	int is_major, is_minor;

	if (uname(&system) ||
	    sscanf(system.release, "%d.%d", &is_major, &is_minor) != 2)
		return true;
	return is_major > major || (is_major == major && is_minor >= minor);
}

/* One message: its attributes by number; those that are missing are NULL. */
struct attributes {
	__u8 command;
	const struct nlattr *attr[LOCALSTATE_A_MAX + 1];
};

static inline const void *attr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static inline size_t attr_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

static inline __u32 attr_u32(const struct attributes *attributes, int number)
{
	const struct nlattr *attr = attributes->attr[number];
	__u32 value = POISON32;

	if (attr && attr_len(attr) == sizeof(value))
		memcpy(&value, attr_data(attr), sizeof(value));
	return value;
}

static inline __u64 attr_u64(const struct attributes *attributes, int number)
{
	const struct nlattr *attr = attributes->attr[number];
	__u64 value = POISON64;

	if (attr && attr_len(attr) == sizeof(value))
		memcpy(&value, attr_data(attr), sizeof(value));
	return value;
}

/* A string with its NUL, or a text that says that there is none. */
static inline const char *attr_string(const struct attributes *attributes,
				      int number)
{
	const struct nlattr *attr = attributes->attr[number];

	if (!attr)
		return "(missing)";
	if (!attr_len(attr) || ((char *)attr_data(attr))[attr_len(attr) - 1])
		return "(no string)";
	return attr_data(attr);
}

/* The attribute at @data, or NULL if there is no whole one. */
static inline const struct nlattr *attr_at(const void *data, size_t len)
{
	const struct nlattr *attr = data;

	if (len < NLA_HDRLEN || attr->nla_len < NLA_HDRLEN ||
	    attr->nla_len > len)
		return NULL;
	return attr;
}

static inline size_t attr_step(const struct nlattr *attr, size_t len)
{
	size_t step = NLA_ALIGN(attr->nla_len);

	return step < len ? step : len;
}

static inline void attributes_parse(struct attributes *attributes,
				    const void *data, size_t len)
{
	const struct nlattr *attr;

	memset(attributes, 0, sizeof(*attributes));
	while ((attr = attr_at(data, len))) {
		size_t step = attr_step(attr, len);
		int type = attr->nla_type & NLA_TYPE_MASK;

		if (type <= LOCALSTATE_A_MAX)
			attributes->attr[type] = attr;
		data = (const char *)data + step;
		len -= step;
	}
}

static inline int netlink_send(struct netlink *netlink, __u16 type,
			       __u16 flags, __u8 command, int attribute,
			       const char *text)
{
	struct {
		struct nlmsghdr head;
		struct genlmsghdr genl;
		struct nlattr attr;
		char text[256];
	} req;
	size_t len = text ? strlen(text) + 1 : 0;

	memset(&req, 0, sizeof(req));
	req.head.nlmsg_type = type;
	req.head.nlmsg_flags = NLM_F_REQUEST | flags;
	req.head.nlmsg_seq = ++netlink->sequence;
	req.genl.cmd = command;
	req.genl.version = 1;
	req.head.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	if (text) {
		req.attr.nla_type = attribute;
		req.attr.nla_len = NLA_HDRLEN + len;
		memcpy(req.text, text, len);
		req.head.nlmsg_len += NLA_ALIGN(req.attr.nla_len);
	}
	netlink->len = 0;
	netlink->position = 0;
	netlink->error = 0;
	netlink->text[0] = '\0';
	return send(netlink->fd, &req, req.head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* Bytes of an NLMSG_ERROR or NLMSG_DONE before its attributes. */
static inline size_t netlink_error_len(const struct nlmsghdr *head)
{
	const struct nlmsgerr *error = NLMSG_DATA(head);

	if (head->nlmsg_type == NLMSG_DONE)
		return sizeof(int);
	if (head->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*error);
	return sizeof(*error) +
	       NLMSG_ALIGN(error->msg.nlmsg_len - NLMSG_HDRLEN);
}

/* Takes the errno and the text out of an NLMSG_ERROR or NLMSG_DONE. */
static inline void netlink_take_error(struct netlink *netlink,
				      const struct nlmsghdr *head)
{
	size_t fixed = netlink_error_len(head);
	const char *data = NLMSG_DATA(head);
	size_t len = head->nlmsg_len - NLMSG_HDRLEN;
	const struct nlattr *attr;

	memcpy(&netlink->error, data, sizeof(int));
	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS) || len <= fixed)
		return;
	data += fixed;
	len -= fixed;
	while ((attr = attr_at(data, len))) {
		if ((attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(netlink->text, sizeof(netlink->text), "%.*s",
				 (int)attr_len(attr),
				 (const char *)attr_data(attr));
		data += attr_step(attr, len);
		len -= attr_step(attr, len);
	}
}

/*
 * The next answer: 1 and its attributes, 0 at the end.  Then the error tells
 * whether it ended well.
 */
static inline int netlink_next(struct netlink *netlink,
			       struct attributes *attributes)
{
	const struct nlmsghdr *head;
	ssize_t len;

	if (netlink->position == netlink->len) {
		if (wait_readable(netlink->fd, DEADLINE_MS) != 1)
			return -ETIME;
		len = recv(netlink->fd, netlink->buffer,
			   sizeof(netlink->buffer), 0);
		if (len < 0)
			return -errno;
		netlink->len = len;
		netlink->position = 0;
	}
	head = (const void *)((char *)netlink->buffer + netlink->position);
	netlink->position += NLMSG_ALIGN(head->nlmsg_len);
	if (netlink->position > netlink->len)
		netlink->position = netlink->len;
	if (head->nlmsg_type == NLMSG_ERROR || head->nlmsg_type == NLMSG_DONE) {
		netlink_take_error(netlink, head);
		return 0;
	}
	attributes_parse(attributes, (char *)NLMSG_DATA(head) + GENL_HDRLEN,
			 head->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN));
	attributes->command = ((struct genlmsghdr *)NLMSG_DATA(head))->cmd;
	return 1;
}

/* The attribute of that type among those at @data, or NULL. */
static inline const struct nlattr *attr_find(const void *data, size_t len,
					     int type)
{
	const struct nlattr *attr;

	while ((attr = attr_at(data, len))) {
		size_t step = attr_step(attr, len);

		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		data = (const char *)data + step;
		len -= step;
	}
	return NULL;
}

/* Asks the kernel for an attribute of the family, or NULL. */
static inline const struct nlattr *netlink_ask_family(struct netlink *netlink,
						      int type)
{
	const struct nlmsghdr *head = (const void *)netlink->buffer;
	ssize_t len;

	if (netlink_send(netlink, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY,
			 CTRL_ATTR_FAMILY_NAME, LOCALSTATE_GENL_NAME))
		return NULL;
	len = recv(netlink->fd, netlink->buffer, sizeof(netlink->buffer), 0);
	if (len < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN) ||
	    head->nlmsg_type == NLMSG_ERROR)
		return NULL;
	return attr_find((char *)NLMSG_DATA(head) + GENL_HDRLEN,
			 len - NLMSG_LENGTH(GENL_HDRLEN), type);
}

static inline int netlink_resolve(struct netlink *netlink)
{
	const struct nlattr *id = netlink_ask_family(netlink,
						     CTRL_ATTR_FAMILY_ID);

	if (!id)
		return -ENOENT;
	memcpy(&netlink->family, attr_data(id), sizeof(netlink->family));
	return 0;
}

/* The number of a multicast group of the family, or -ENOENT. */
static inline int netlink_group(struct netlink *netlink, const char *name)
{
	const struct nlattr *groups, *group, *found, *id;
	const char *data;
	size_t len;
	int number;

	groups = netlink_ask_family(netlink, CTRL_ATTR_MCAST_GROUPS);
	if (!groups)
		return -ENOENT;
	data = attr_data(groups);
	len = attr_len(groups);
	while ((group = attr_at(data, len))) {
		found = attr_find(attr_data(group), attr_len(group),
				  CTRL_ATTR_MCAST_GRP_NAME);
		id = attr_find(attr_data(group), attr_len(group),
			       CTRL_ATTR_MCAST_GRP_ID);
		if (found && id && !strcmp(attr_data(found), name)) {
			memcpy(&number, attr_data(id), sizeof(number));
			return number;
		}
		data += attr_step(group, len);
		len -= attr_step(group, len);
	}
	return -ENOENT;
}

/* Joins a multicast group: 0, or -errno. */
static inline int netlink_join(struct netlink *netlink, const char *name)
{
	int group = netlink_group(netlink, name);

	netlink->len = 0;
	netlink->position = 0;
	if (group < 0)
		return group;
	return setsockopt(netlink->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			  &group, sizeof(group)) ? -errno : 0;
}

static inline int netlink_open(struct netlink *netlink)
{
	const int on = 1;

	memset(netlink, 0, sizeof(*netlink));
	netlink->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			     NETLINK_GENERIC);
	if (netlink->fd < 0)
		return -errno;
	setsockopt(netlink->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	return netlink_resolve(netlink);
}

static inline void netlink_close(struct netlink *netlink)
{
	close(netlink->fd);
}

/* Starts a dump; @session is the name that it is about, or NULL. */
static inline int netlink_dump(struct netlink *netlink, __u8 command,
			       const char *session)
{
	return netlink_send(netlink, netlink->family, NLM_F_DUMP, command,
			    LOCALSTATE_A_SESSION_NAME, session);
}

/* The number of watches of a session, or -errno. */
static inline int netlink_count_watches(const char *session)
{
	static struct netlink netlink;
	struct attributes attributes;
	int err, more, count = 0;
	__u64 client = 0;
	__u32 ref = 0;

	err = netlink_open(&netlink) ?:
	      netlink_dump(&netlink, LOCALSTATE_CMD_WATCH_GET, session);
	while (!err && (more = netlink_next(&netlink, &attributes))) {
		if (more < 0)
			err = more;
		/* A long list of targets goes on in the next message. */
		else if (client != attr_u64(&attributes, LOCALSTATE_A_CLIENT) ||
			 ref != attr_u32(&attributes, LOCALSTATE_A_REF))
			count++;
		client = attr_u64(&attributes, LOCALSTATE_A_CLIENT);
		ref = attr_u32(&attributes, LOCALSTATE_A_REF);
	}
	netlink_close(&netlink);
	return err ?: netlink.error ?: count;
}

#endif /* SELFTESTS_NETLINK_HELPERS_H */
