// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: dumps, joining a group, and the
 * lifecycle events of calls that succeed without memory for them: whoever
 * listens is told ENOBUFS.
 */
#include "fail_nth_helpers.h"
#include "filter_helpers.h"

#define EVENTS		LOCALSTATE_GENL_GROUP_EVENTS
#define EVENTS_ALL	LOCALSTATE_GENL_GROUP_EVENTS_ALL

/* Answers that take several messages, and those several buffers. */
#define N_SESSIONS	60
#define N_VARIABLES	60

static struct netlink socket_arg;

/* netlink has ENOBUFS where others have ENOMEM. */
#define NETLINK_ERRORS { -ENOMEM, -EFAULT, -ENOBUFS }

/* ---- dumps --------------------------------------------------------------- */

/* What a dump gave, and what it gave first. */
static char answer[1 << 18], first_answer[1 << 18];
static size_t answer_len, first_len;

/* A socket on which a dump failed may have one under way. */
static bool socket_is_stale;

static int begin_dump(struct world *w)
{
	socket_is_stale = false;
	return netlink_open(&socket_arg);
}

static void end_dump(struct world *w)
{
	netlink_close(&socket_arg);
}

static void take_message(const struct nlmsghdr *head)
{
	size_t len = head->nlmsg_len - NLMSG_HDRLEN;

	if (len > sizeof(answer) - answer_len)
		abort();
	memcpy(answer + answer_len, NLMSG_DATA(head), len);
	answer_len += len;
}

/* One buffer of a dump: 1, 0 if it was the last, or -errno. */
static int take_buffer(void)
{
	const struct nlmsghdr *head = (void *)socket_arg.buffer;
	ssize_t left = recv(socket_arg.fd, socket_arg.buffer,
			    sizeof(socket_arg.buffer), MSG_DONTWAIT);

	if (left < 0)
		return -errno;
	while (left > 0) {
		if (head->nlmsg_type == NLMSG_ERROR ||
		    head->nlmsg_type == NLMSG_DONE)
			return *(int *)NLMSG_DATA(head);
		take_message(head);
		left -= NLMSG_ALIGN(head->nlmsg_len);
		head = (void *)((char *)head + NLMSG_ALIGN(head->nlmsg_len));
	}
	return 1;
}

static int dump(__u8 command, const char *session)
{
	int ret;

	if (socket_is_stale) {
		netlink_close(&socket_arg);
		netlink_open(&socket_arg);
	}
	answer_len = 0;
	ret = netlink_dump(&socket_arg, command, session);
	if (!ret) {
		do {
			ret = take_buffer();
		} while (ret > 0);
	}
	socket_is_stale = ret;
	return ret;
}

/* The whole answer, which is the same each time. */
static bool is_dumped(struct world *w)
{
	if (!first_len) {
		memcpy(first_answer, answer, answer_len);
		first_len = answer_len;
	}
	return answer_len == first_len &&
	       !memcmp(answer, first_answer, answer_len);
}

static int call_dump_sessions(struct world *w)
{
	return dump(LOCALSTATE_CMD_SESSION_GET, NULL);
}

static int call_dump_variables(struct world *w)
{
	return dump(LOCALSTATE_CMD_VARIABLE_GET, w->name.text);
}

static int call_dump_watches(struct world *w)
{
	return dump(LOCALSTATE_CMD_WATCH_GET, w->name.text);
}

/* A session that is there for all runs, and others beside it. */
static void make_contents(struct __test_metadata *_metadata, struct world *w)
{
	const struct localstate_filter_term term = term_equals(0, value_string("a text"));
	char name[LOCALSTATE_NAME_MAX + 1];
	unsigned int i;

	ASSERT_EQ(0, world_begin(w));
	for (i = 0; i < N_VARIABLES; i++) {
		snprintf(name, sizeof(name), "%0120u", i);
		ASSERT_EQ(0, variable_register(w->fd, name,
					       i & 1 ? value_string("") : value_int(i)));
		/* With a filter in every second one, and with that a text. */
		ASSERT_LT(0, i & 1 ? watch_term(w->fd, name, 0, &term) :
				     watch_name(w->fd, name, 0));
	}
}

static const struct sweep sweep_dump_sessions = {
	.name = "dump of sessions",
	.begin = begin_dump,
	.call = call_dump_sessions,
	.is_done = is_dumped,
	.end = end_dump,
	.errors = NETLINK_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, dump_of_sessions_is_whole_or_fails,
	       SWEEP_TIMEOUT)
{
	char name[LOCALSTATE_NAME_MAX + 1];
	unsigned int i;

	ASSERT_EQ(0, world_begin(&world));
	for (i = 0; i < N_SESSIONS; i++) {
		snprintf(name, sizeof(name), "fail.nth.%0100u", i);
		ASSERT_LE(0, session_create(name));
	}
	sweep_run(_metadata, &sweep_dump_sessions);
}

static const struct sweep sweep_dump_variables = {
	.name = "dump of variables",
	.begin = begin_dump,
	.call = call_dump_variables,
	.is_done = is_dumped,
	.end = end_dump,
	.errors = NETLINK_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, dump_of_variables_is_whole_or_fails,
	       SWEEP_TIMEOUT)
{
	make_contents(_metadata, &world);
	sweep_run(_metadata, &sweep_dump_variables);
	/* A dump that was given up has let go of the session. */
	world_end(&world);
	EXPECT_EQ(-ENOENT, session_open(world.name.text));
}

static const struct sweep sweep_dump_watches = {
	.name = "dump of watches",
	.begin = begin_dump,
	.call = call_dump_watches,
	.is_done = is_dumped,
	.end = end_dump,
	.errors = NETLINK_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, dump_of_watches_is_whole_or_fails,
	       SWEEP_TIMEOUT)
{
	make_contents(_metadata, &world);
	sweep_run(_metadata, &sweep_dump_watches);
}

/* ---- joining ------------------------------------------------------------- */

static int group_arg;

static int begin_join(struct world *w)
{
	int err = world_begin(w) ?: netlink_open(&socket_arg);

	if (err)
		return err;
	group_arg = netlink_group(&socket_arg, EVENTS);
	return group_arg < 0 ? group_arg : 0;
}

static int call_join(struct world *w)
{
	return setsockopt(socket_arg.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			  &group_arg, sizeof(group_arg)) ? -errno : 0;
}

static bool is_member(void)
{
	__u32 groups[64] = {};
	socklen_t len = sizeof(groups);

	return !getsockopt(socket_arg.fd, SOL_NETLINK,
			   NETLINK_LIST_MEMBERSHIPS, groups, &len) &&
	       groups[(group_arg - 1) / 32] & 1U << (group_arg - 1) % 32;
}

/* The next event comes. */
static bool is_joined(struct world *w)
{
	return is_member() &&
	       !variable_register(w->fd, "joined", value_int(1)) &&
	       recv(socket_arg.fd, socket_arg.buffer,
		    sizeof(socket_arg.buffer), MSG_DONTWAIT) > 0;
}

static bool is_not_joined(struct world *w)
{
	return !is_member();
}

static void end_join(struct world *w)
{
	netlink_close(&socket_arg);
	world_end(w);
}

static const struct sweep sweep_join = {
	.name = "joining a group",
	.begin = begin_join,
	.call = call_join,
	.is_done = is_joined,
	.is_untouched = is_not_joined,
	.end = end_join,
	.errors = NETLINK_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, join, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_join);
}

/* ---- lifecycle events ---------------------------------------------------- */

/**
 * struct listener - a member of a group, and what it has heard of one session
 * @netlink: its socket
 * @heard: events since it was last asked
 * @lost: how often it was told ENOBUFS since then
 * @all_lost: how often it was told so at all
 */
struct listener {
	struct netlink netlink;
	unsigned int heard;
	unsigned int lost;
	unsigned int all_lost;
};

static struct listener listeners[2];

/* Counts the events of the session in one buffer. */
static void listener_count(struct listener *listener, const char *session)
{
	struct netlink *netlink = &listener->netlink;
	struct attributes event;

	netlink->position = 0;
	do {
		if (netlink_next(netlink, &event) == 1 &&
		    !strcmp(session, attr_string(&event,
						 LOCALSTATE_A_SESSION_NAME)))
			listener->heard++;
	} while (netlink->position < netlink->len);
}

/* Takes all that there is; events are sent before the call returns. */
static void listener_drain(struct listener *listener, const char *session)
{
	struct netlink *netlink = &listener->netlink;
	ssize_t len;

	listener->heard = 0;
	listener->lost = 0;
	for (;;) {
		len = recv(netlink->fd, netlink->buffer,
			   sizeof(netlink->buffer), MSG_DONTWAIT);
		if (len < 0 && errno != ENOBUFS)
			break;
		if (len < 0) {
			listener->lost++;
			continue;
		}
		netlink->len = len;
		listener_count(listener, session);
	}
	listener->all_lost += listener->lost;
}

static void listeners_forget(struct world *w)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(listeners); i++)
		listener_drain(&listeners[i], w->name.text);
}

/*
 * Each listener has heard of all @n things that have happened, or was told that
 * it missed something.  There was one failure: nobody misses two.
 */
static bool have_heard(struct world *w, unsigned int n)
{
	bool all = true;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(listeners); i++) {
		struct listener *listener = &listeners[i];

		listener_drain(listener, w->name.text);
		all &= listener->heard + listener->lost == n &&
		       listener->lost <= 1;
	}
	return all;
}

/* Nobody has heard of what did not happen. */
static bool have_heard_nothing(struct world *w)
{
	return have_heard(w, 0);
}

static void listeners_join(struct __test_metadata *_metadata)
{
	const char * const groups[] = { EVENTS, EVENTS_ALL };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(listeners); i++) {
		ASSERT_EQ(0, netlink_open(&listeners[i].netlink));
		ASSERT_EQ(0, netlink_join(&listeners[i].netlink, groups[i]));
	}
}

/* The call succeeded without memory for its event, once for each listener. */
static void expect_lost(struct __test_metadata *_metadata)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(listeners); i++) {
		EXPECT_LT(0, listeners[i].all_lost);
		TH_LOG("ENOBUFS was told %u times to %s",
		       listeners[i].all_lost, i ? EVENTS_ALL : EVENTS);
		netlink_close(&listeners[i].netlink);
	}
}

static void sweep_events(struct __test_metadata *_metadata,
			 const struct sweep *sweep)
{
	listeners_join(_metadata);
	sweep_run(_metadata, sweep);
	expect_lost(_metadata);
}

static int begin_attach(struct world *w)
{
	listeners_forget(w);
	w->fd = device_open(O_RDWR);
	return w->fd < 0 ? w->fd : 0;
}

static int call_attach(struct world *w)
{
	struct localstate_attach arg =
		attach_request(w->name.text, LOCALSTATE_ATTACH_CREATE, 0666);

	return WORLD_CALL(w, w->fd, ATTACH, &arg);
}

/* SESSION_CREATED and CLIENT_ATTACHED. */
static bool is_attach_heard(struct world *w)
{
	return have_heard(w, 2) &&
	       session_attach(w->fd, w->name.text, 0, 0) == -EISCONN;
}

static const struct sweep sweep_attach = {
	.name = "ATTACH, listened to",
	.begin = begin_attach,
	.call = call_attach,
	.is_done = is_attach_heard,
	.is_untouched = have_heard_nothing,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, attach_is_heard_or_enobufs, SWEEP_TIMEOUT)
{
	sweep_events(_metadata, &sweep_attach);
}

static int begin_listen(struct world *w)
{
	int err = world_begin(w);

	listeners_forget(w);
	return err;
}

static int call_register(struct world *w)
{
	struct localstate_register arg = register_request("new", value_int(5));

	return WORLD_CALL(w, w->fd, REGISTER, &arg);
}

static bool is_register_heard(struct world *w)
{
	struct localstate_get get;

	return have_heard(w, 1) && !variable_get(w->observer, "new", &get);
}

static const struct sweep sweep_register = {
	.name = "REGISTER, listened to",
	.begin = begin_listen,
	.call = call_register,
	.is_done = is_register_heard,
	.is_untouched = have_heard_nothing,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, register_is_heard_or_enobufs, SWEEP_TIMEOUT)
{
	sweep_events(_metadata, &sweep_register);
}

static int call_delete(struct world *w)
{
	struct localstate_delete arg = delete_request(key_name("int"));

	return WORLD_CALL(w, w->fd, DELETE, &arg);
}

static bool is_delete_heard(struct world *w)
{
	struct localstate_get get;

	return have_heard(w, 1) &&
	       variable_get(w->observer, "int", &get) == -ENOENT;
}

static const struct sweep sweep_delete = {
	.name = "DELETE, listened to",
	.begin = begin_listen,
	.call = call_delete,
	.is_done = is_delete_heard,
	.is_untouched = have_heard_nothing,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, delete_is_heard_or_enobufs, SWEEP_TIMEOUT)
{
	sweep_events(_metadata, &sweep_delete);
}

static int call_destroy(struct world *w)
{
	struct localstate_destroy arg = { .error = poisoned_error() };

	return WORLD_CALL(w, w->fd, DESTROY, &arg);
}

static bool is_destroy_heard(struct world *w)
{
	return have_heard(w, 1) && session_open(w->name.text) == -ENOENT;
}

static const struct sweep sweep_destroy = {
	.name = "DESTROY, listened to",
	.begin = begin_listen,
	.call = call_destroy,
	.is_done = is_destroy_heard,
	.is_untouched = have_heard_nothing,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, destroy_is_heard_or_enobufs, SWEEP_TIMEOUT)
{
	sweep_events(_metadata, &sweep_destroy);
}

static int begin_close(struct world *w)
{
	int err = world_begin(w);

	world_close(&w->observer);
	listeners_forget(w);
	return err;
}

static int call_close(struct world *w)
{
	int fd = w->fd;

	w->fd = -1;
	return close(fd) ? -errno : 0;
}

/* CLIENT_GONE and SESSION_ENDED. */
static bool is_close_heard(struct world *w)
{
	return have_heard(w, 2) && session_open(w->name.text) == -ENOENT;
}

static const struct sweep sweep_close = {
	.name = "close, listened to",
	.begin = begin_close,
	.call = call_close,
	.is_done = is_close_heard,
	.end = world_end,
};

TEST_F_TIMEOUT(fail_nth, close_is_heard_or_enobufs, SWEEP_TIMEOUT)
{
	sweep_events(_metadata, &sweep_close);
}

TEST_HARNESS_MAIN
