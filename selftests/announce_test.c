// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifecycle events by netlink multicast: what is told, to whom, in which order.
 */
#include <sys/stat.h>

#include "netlink_helpers.h"

#define EVENTS		LOCALSTATE_GENL_GROUP_EVENTS
#define EVENTS_ALL	LOCALSTATE_GENL_GROUP_EVENTS_ALL

FIXTURE(announce) {
	struct session_name name;
	struct netlink public;		/* in group events */
	struct netlink all;		/* in group events_all */
};

FIXTURE_SETUP(announce)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to join " EVENTS_ALL);
	umask(0);
	self->name = session_name_unique("announce");
	ASSERT_EQ(0, netlink_open(&self->public));
	ASSERT_EQ(0, netlink_open(&self->all));
	ASSERT_EQ(0, netlink_join(&self->public, EVENTS));
	ASSERT_EQ(0, netlink_join(&self->all, EVENTS_ALL));
}

FIXTURE_TEARDOWN(announce)
{
	netlink_close(&self->public);
	netlink_close(&self->all);
}

/* The next event of a session of that name: its command, or -errno. */
static int next_event(struct netlink *netlink, const char *name,
		      struct attributes *event)
{
	int more;

	do {
		more = netlink_next(netlink, event);
	} while (more == 1 &&
		 strcmp(name, attr_string(event, LOCALSTATE_A_SESSION_NAME)));
	return more == 1 ? event->command : more ?: -ENODATA;
}

static bool has(const struct attributes *event, int attribute)
{
	return event->attr[attribute];
}

static int make_session(const char *name, __u32 mode)
{
	return session_open_flags(name, LOCALSTATE_ATTACH_CREATE |
				  LOCALSTATE_ATTACH_EXCLUSIVE, mode, O_RDWR);
}

TEST_F(announce, session_created_tells_owner_mode_and_flags)
{
	struct localstate_attach req;
	struct attributes event;
	__u64 before = now_ns();
	int fd = device_open(O_RDWR);

	req = attach_request(self->name.text, LOCALSTATE_ATTACH_CREATE |
			     LOCALSTATE_ATTACH_PERSISTENT, 0664);
	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_ATTACH, &req));
	ASSERT_EQ(LOCALSTATE_CMD_SESSION_CREATED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(req.session, attr_u64(&event, LOCALSTATE_A_SESSION_ID));
	EXPECT_EQ(LOCALSTATE_ATTACH_PERSISTENT,
		  attr_u32(&event, LOCALSTATE_A_FLAGS));
	EXPECT_EQ(0664, attr_u32(&event, LOCALSTATE_A_MODE));
	EXPECT_EQ(geteuid(), attr_u32(&event, LOCALSTATE_A_UID));
	EXPECT_EQ(getegid(), attr_u32(&event, LOCALSTATE_A_GID));
	EXPECT_EQ(getpid(), attr_u32(&event, LOCALSTATE_A_PID));
	EXPECT_LE(before, attr_u64(&event, LOCALSTATE_A_TIME_NS));
	EXPECT_GE(now_ns(), attr_u64(&event, LOCALSTATE_A_TIME_NS));
	EXPECT_FALSE(has(&event, LOCALSTATE_A_CLIENT));
	EXPECT_EQ(0, session_destroy(fd));
	close(fd);
}

TEST_F(announce, client_tells_who_attached_it)
{
	struct attributes event;
	__u64 client;
	int fd;

	prctl(PR_SET_NAME, "the attacher");
	fd = make_session(self->name.text, 0666);
	ASSERT_LE(0, fd);
	ASSERT_EQ(LOCALSTATE_CMD_SESSION_CREATED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(0, attr_u32(&event, LOCALSTATE_A_FLAGS));
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_ATTACHED,
		  next_event(&self->public, self->name.text, &event));
	client = attr_u64(&event, LOCALSTATE_A_CLIENT);
	EXPECT_NE(POISON64, client);
	EXPECT_EQ(getpid(), attr_u32(&event, LOCALSTATE_A_PID));
	EXPECT_EQ(geteuid(), attr_u32(&event, LOCALSTATE_A_UID));
	EXPECT_STREQ("the attacher", attr_string(&event, LOCALSTATE_A_COMM));

	prctl(PR_SET_NAME, "who closes it");
	close(fd);
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_GONE,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(client, attr_u64(&event, LOCALSTATE_A_CLIENT));
	EXPECT_EQ(getpid(), attr_u32(&event, LOCALSTATE_A_PID));
	EXPECT_STREQ("the attacher", attr_string(&event, LOCALSTATE_A_COMM));
	ASSERT_EQ(LOCALSTATE_CMD_SESSION_ENDED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_FALSE(has(&event, LOCALSTATE_A_PID));
	EXPECT_FALSE(has(&event, LOCALSTATE_A_UID));
}

/* Takes the events of a session that was just made. */
static bool skip_beginning(struct netlink *netlink, const char *name)
{
	struct attributes event;

	return next_event(netlink, name, &event) ==
	       LOCALSTATE_CMD_SESSION_CREATED &&
	       next_event(netlink, name, &event) ==
	       LOCALSTATE_CMD_CLIENT_ATTACHED;
}

TEST_F(announce, variable_tells_id_name_type_label_and_version)
{
	struct localstate_register req;
	struct attributes event;
	int fd = make_session(self->name.text, 0666);
	__u64 session;

	ASSERT_TRUE(skip_beginning(&self->public, self->name.text));
	req = register_request("first", value_float(2.5));
	req.label = pointer("celsius");
	req.label_len = strlen("celsius");
	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_REGISTER, &req));
	ASSERT_EQ(LOCALSTATE_CMD_VARIABLE_REGISTERED,
		  next_event(&self->public, self->name.text, &event));
	session = attr_u64(&event, LOCALSTATE_A_SESSION_ID);
	EXPECT_EQ(req.id, attr_u64(&event, LOCALSTATE_A_ID));
	EXPECT_STREQ("first", attr_string(&event, LOCALSTATE_A_NAME));
	EXPECT_EQ(LOCALSTATE_TYPE_FLOAT, attr_u32(&event, LOCALSTATE_A_TYPE));
	EXPECT_STREQ("celsius", attr_string(&event, LOCALSTATE_A_LABEL));
	EXPECT_EQ(0, attr_u64(&event, LOCALSTATE_A_VERSION));
	EXPECT_EQ(getpid(), attr_u32(&event, LOCALSTATE_A_PID));
	EXPECT_EQ(geteuid(), attr_u32(&event, LOCALSTATE_A_UID));

	ASSERT_EQ(0, variable_set(fd, "first", value_float(3)));
	ASSERT_EQ(0, variable_set(fd, "first", value_float(4)));
	ASSERT_EQ(0, variable_delete(fd, "first"));
	ASSERT_EQ(LOCALSTATE_CMD_VARIABLE_DELETED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(session, attr_u64(&event, LOCALSTATE_A_SESSION_ID));
	EXPECT_EQ(req.id, attr_u64(&event, LOCALSTATE_A_ID));
	EXPECT_STREQ("first", attr_string(&event, LOCALSTATE_A_NAME));
	EXPECT_EQ(LOCALSTATE_TYPE_FLOAT, attr_u32(&event, LOCALSTATE_A_TYPE));
	EXPECT_STREQ("celsius", attr_string(&event, LOCALSTATE_A_LABEL));
	EXPECT_EQ(3, attr_u64(&event, LOCALSTATE_A_VERSION));
	EXPECT_EQ(getpid(), attr_u32(&event, LOCALSTATE_A_PID));
	EXPECT_EQ(geteuid(), attr_u32(&event, LOCALSTATE_A_UID));
	close(fd);
}

static void fill(char *text, size_t len)
{
	memset(text, 'n', len);
	text[len] = '\0';
}

TEST_F(announce, longest_texts_fit)
{
	char name[LOCALSTATE_NAME_MAX + 1], label[LOCALSTATE_LABEL_MAX + 1];
	char session[LOCALSTATE_NAME_MAX + 1];
	struct localstate_register req;
	struct attributes event;
	int fd;

	fill(session, LOCALSTATE_NAME_MAX);
	fill(name, LOCALSTATE_NAME_MAX);
	fill(label, LOCALSTATE_LABEL_MAX);
	fd = make_session(session, 0666);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(skip_beginning(&self->public, session));
	req = register_request(name, value_int(1));
	req.label = pointer(label);
	req.label_len = strlen(label);
	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_REGISTER, &req));
	ASSERT_EQ(LOCALSTATE_CMD_VARIABLE_REGISTERED,
		  next_event(&self->public, session, &event));
	EXPECT_STREQ(name, attr_string(&event, LOCALSTATE_A_NAME));
	EXPECT_STREQ(label, attr_string(&event, LOCALSTATE_A_LABEL));
	close(fd);
}

TEST_F(announce, last_client_goes_before_its_session)
{
	struct attributes event;
	__u64 first;
	int fd, other;

	fd = make_session(self->name.text, 0666);
	ASSERT_TRUE(skip_beginning(&self->public, self->name.text));
	other = session_open(self->name.text);
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_ATTACHED,
		  next_event(&self->public, self->name.text, &event));
	first = attr_u64(&event, LOCALSTATE_A_CLIENT);
	close(fd);
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_GONE,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_NE(first, attr_u64(&event, LOCALSTATE_A_CLIENT));
	ASSERT_EQ(0, variable_register(other, "still/there", value_int(1)));
	ASSERT_EQ(LOCALSTATE_CMD_VARIABLE_REGISTERED,
		  next_event(&self->public, self->name.text, &event));
	close(other);
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_GONE,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(first, attr_u64(&event, LOCALSTATE_A_CLIENT));
	ASSERT_EQ(LOCALSTATE_CMD_SESSION_ENDED,
		  next_event(&self->public, self->name.text, &event));
}

TEST_F(announce, destroyed_session_ends_before_its_clients_go)
{
	struct attributes event;
	int fd = make_session(self->name.text, 0666);

	ASSERT_EQ(0, variable_register(fd, "a", value_int(1)));
	ASSERT_TRUE(skip_beginning(&self->public, self->name.text));
	ASSERT_EQ(LOCALSTATE_CMD_VARIABLE_REGISTERED,
		  next_event(&self->public, self->name.text, &event));
	ASSERT_EQ(0, session_destroy(fd));
	/* Nothing is told of its variable. */
	ASSERT_EQ(LOCALSTATE_CMD_SESSION_ENDED,
		  next_event(&self->public, self->name.text, &event));
	close(fd);
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_GONE,
		  next_event(&self->public, self->name.text, &event));
}

TEST_F(announce, persistent_session_does_not_end_with_its_last_client)
{
	struct attributes event;
	int fd = session_open_flags(self->name.text,
				    LOCALSTATE_ATTACH_CREATE |
				    LOCALSTATE_ATTACH_PERSISTENT, 0666, O_RDWR);

	ASSERT_TRUE(skip_beginning(&self->public, self->name.text));
	close(fd);
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_GONE,
		  next_event(&self->public, self->name.text, &event));
	fd = session_open(self->name.text);
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_ATTACHED,
		  next_event(&self->public, self->name.text, &event));
	ASSERT_EQ(0, session_destroy(fd));
	ASSERT_EQ(LOCALSTATE_CMD_SESSION_ENDED,
		  next_event(&self->public, self->name.text, &event));
	close(fd);
}

TEST_F(announce, what_is_refused_or_no_lifecycle_tells_nothing)
{
	struct attributes event;
	int fd = make_session(self->name.text, 0666);
	int other = device_open(O_RDWR);

	ASSERT_EQ(0, variable_register(fd, "a", value_int(1)));
	ASSERT_TRUE(skip_beginning(&self->public, self->name.text));
	ASSERT_EQ(LOCALSTATE_CMD_VARIABLE_REGISTERED,
		  next_event(&self->public, self->name.text, &event));

	EXPECT_EQ(-EEXIST, make_session(self->name.text, 0666));
	EXPECT_EQ(-EEXIST, variable_register(fd, "a", value_int(1)));
	EXPECT_EQ(-ENOENT, variable_delete(fd, "b"));
	EXPECT_EQ(-EISCONN, session_attach(fd, self->name.text, 0, 0));
	EXPECT_EQ(0, variable_set(fd, "a", value_int(2)));
	EXPECT_LT(0, watch_name(fd, "a", 0));
	close(other);

	ASSERT_EQ(0, variable_register(fd, "marker", value_int(1)));
	ASSERT_EQ(LOCALSTATE_CMD_VARIABLE_REGISTERED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_STREQ("marker", attr_string(&event, LOCALSTATE_A_NAME));
	close(fd);
}

TEST_F(announce, private_session_is_not_told_of)
{
	struct localstate_attach req = attach_request(NULL, 0, 0);
	int private = device_open(O_RDWR);
	struct attributes event;
	int fd;

	ASSERT_EQ(0, call(private, LOCALSTATE_IOC_ATTACH, &req));
	ASSERT_EQ(0, variable_register(private, "secret", value_int(1)));
	close(private);
	fd = make_session(self->name.text, 0666);
	do {
		ASSERT_EQ(1, netlink_next(&self->all, &event));
		EXPECT_NE(req.session,
			  attr_u64(&event, LOCALSTATE_A_SESSION_ID));
	} while (strcmp(self->name.text,
			attr_string(&event, LOCALSTATE_A_SESSION_NAME)));
	close(fd);
}

/* Only the group events_all hears of a session with that mode. */
FIXTURE(announce_mode) {
	struct netlink public;
	struct netlink all;
};

FIXTURE_VARIANT(announce_mode) {
	__u32 mode;
	bool is_public;
};

FIXTURE_VARIANT_ADD(announce_mode, readable) {
	.mode = 0444, .is_public = true,
};

FIXTURE_VARIANT_ADD(announce_mode, writable) {
	.mode = 0666, .is_public = true,
};

FIXTURE_VARIANT_ADD(announce_mode, not_by_others) {
	.mode = 0662,
};

FIXTURE_VARIANT_ADD(announce_mode, not_by_the_group) {
	.mode = 0624,
};

FIXTURE_VARIANT_ADD(announce_mode, not_by_the_owner) {
	.mode = 0244,
};

FIXTURE_VARIANT_ADD(announce_mode, by_nobody) {
	.mode = 0,
};

FIXTURE_SETUP(announce_mode)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to join " EVENTS_ALL);
	umask(0);
	ASSERT_EQ(0, netlink_open(&self->public));
	ASSERT_EQ(0, netlink_open(&self->all));
	ASSERT_EQ(0, netlink_join(&self->public, EVENTS));
	ASSERT_EQ(0, netlink_join(&self->all, EVENTS_ALL));
}

FIXTURE_TEARDOWN(announce_mode)
{
	netlink_close(&self->public);
	netlink_close(&self->all);
}

TEST_F(announce_mode, decides_who_hears_of_the_session)
{
	struct session_name name = session_name_unique("announce.mode");
	struct session_name marker = session_name_unique("announce.marker");
	const int commands[] = {
		LOCALSTATE_CMD_SESSION_CREATED, LOCALSTATE_CMD_CLIENT_ATTACHED,
		LOCALSTATE_CMD_VARIABLE_REGISTERED,
		LOCALSTATE_CMD_VARIABLE_DELETED, LOCALSTATE_CMD_CLIENT_GONE,
		LOCALSTATE_CMD_SESSION_ENDED,
	};
	struct attributes event;
	unsigned int i;
	int fd;

	fd = make_session(name.text, variant->mode);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_register(fd, "a", value_int(1)));
	ASSERT_EQ(0, variable_delete(fd, "a"));
	close(fd);
	fd = make_session(marker.text, 0444);
	ASSERT_LE(0, fd);
	close(fd);

	for (i = 0; i < 6; i++)
		ASSERT_EQ(commands[i],
			  next_event(&self->all, name.text, &event));
	for (i = 0; i < 6 && variant->is_public; i++)
		ASSERT_EQ(commands[i],
			  next_event(&self->public, name.text, &event));
	/* Nothing else of it comes before the marker. */
	do {
		ASSERT_EQ(1, netlink_next(&self->public, &event));
		ASSERT_STRNE(name.text,
			     attr_string(&event, LOCALSTATE_A_SESSION_NAME));
	} while (strcmp(marker.text,
			attr_string(&event, LOCALSTATE_A_SESSION_NAME)));
}

static int join_as_stranger(void *data)
{
	static struct netlink netlink;
	struct attributes event;
	const char *name = data;
	int fd;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(!netlink_open(&netlink));
	CHILD_CHECK(netlink_join(&netlink, EVENTS_ALL) == -EPERM);
	CHILD_CHECK(!netlink_join(&netlink, EVENTS));
	fd = make_session(name, 0644);
	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(next_event(&netlink, name, &event) ==
		    LOCALSTATE_CMD_SESSION_CREATED);
	CHILD_CHECK(attr_u32(&event, LOCALSTATE_A_UID) == OTHER_UID);
	CHILD_CHECK(attr_u32(&event, LOCALSTATE_A_GID) == OTHER_GID);
	return 0;
}

TEST_F(announce, all_events_need_net_admin_and_public_ones_nothing)
{
	EXPECT_EQ(0, child_run(join_as_stranger, self->name.text));
}

static int open_as_stranger(void *data)
{
	static struct netlink netlink;
	const int *socket = data;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(!netlink_open(&netlink));
	CHILD_CHECK(!fd_send(*socket, netlink.fd));
	return 0;
}

/*
 * A group's number can be joined while no family has it, without any right.
 * Here somebody else joins for the stranger.
 */
TEST_F(announce, socket_that_was_opened_without_the_right_hears_nothing)
{
	bool hears = !kernel_is_since(6, 8);
	static struct netlink strange;
	struct attributes event;
	int pair[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, child_run(open_as_stranger, &pair[1]));
	strange.fd = fd_receive(pair[0]);
	ASSERT_LE(0, strange.fd);
	ASSERT_EQ(0, netlink_join(&strange, EVENTS_ALL));
	fd = make_session(self->name.text, 0600);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(skip_beginning(&self->all, self->name.text));
	EXPECT_EQ(hears, wait_readable(strange.fd, 0));

	/* It can listen: what everybody may hear comes. */
	if (!hears) {
		ASSERT_EQ(0, netlink_join(&strange, EVENTS));
		close(make_session("announce/public", 0666));
		EXPECT_EQ(LOCALSTATE_CMD_SESSION_CREATED,
			  next_event(&strange, "announce/public", &event));
	}
	netlink_close(&strange);
	close(pair[0]);
	close(pair[1]);
	close(fd);
}

static int live_in_another_namespace(void *data)
{
	CHILD_CHECK(!unshare(CLONE_NEWNET));
	CHILD_CHECK(make_session(data, 0666) >= 0);
	return 0;
}

TEST_F(announce, other_network_namespace_is_not_heard)
{
	struct session_name marker = session_name_unique("announce.marker");
	struct attributes event;
	int fd;

	ASSERT_EQ(0, child_run(live_in_another_namespace, self->name.text));
	fd = make_session(marker.text, 0666);
	ASSERT_LE(0, fd);
	do {
		ASSERT_EQ(1, netlink_next(&self->all, &event));
		EXPECT_STRNE(self->name.text,
			     attr_string(&event, LOCALSTATE_A_SESSION_NAME));
	} while (strcmp(marker.text,
			attr_string(&event, LOCALSTATE_A_SESSION_NAME)));
	close(fd);
}

static int attach_and_wait(void *data)
{
	CHILD_CHECK(session_open(data) >= 0);
	pause();
	return 0;
}

TEST_F(announce, killed_client_is_gone)
{
	struct attributes event;
	int fd = make_session(self->name.text, 0666);
	__u64 client;
	pid_t pid;

	ASSERT_TRUE(skip_beginning(&self->public, self->name.text));
	pid = child_start(attach_and_wait, self->name.text);
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_ATTACHED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(pid, attr_u32(&event, LOCALSTATE_A_PID));
	client = attr_u64(&event, LOCALSTATE_A_CLIENT);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_GONE,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(client, attr_u64(&event, LOCALSTATE_A_CLIENT));
	EXPECT_EQ(pid, attr_u32(&event, LOCALSTATE_A_PID));
	close(fd);
}

static int make_as_first_of_a_namespace(void *data)
{
	CHILD_CHECK(getpid() == 1);
	CHILD_CHECK(make_session(data, 0666) >= 0);
	pause();
	return 0;
}

static int make_in_a_pid_namespace(void *data)
{
	CHILD_CHECK(!unshare(CLONE_NEWPID));
	return child_run(make_as_first_of_a_namespace, data);
}

TEST_F(announce, pid_is_as_the_sessions_maker_sees_it)
{
	struct attributes event;
	pid_t pid = child_start(make_in_a_pid_namespace, self->name.text);
	int fd;

	ASSERT_EQ(LOCALSTATE_CMD_SESSION_CREATED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(1, attr_u32(&event, LOCALSTATE_A_PID));
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_ATTACHED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(1, attr_u32(&event, LOCALSTATE_A_PID));
	fd = session_open(self->name.text);
	ASSERT_EQ(LOCALSTATE_CMD_CLIENT_ATTACHED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_EQ(0, attr_u32(&event, LOCALSTATE_A_PID));
	close(fd);
	child_kill(pid);
}

TEST_F(announce, full_receive_buffer_is_enobufs_and_then_goes_on)
{
	struct attributes event;
	int fd = make_session(self->name.text, 0666);
	int more, n = 0, small = 1;

	ASSERT_TRUE(skip_beginning(&self->public, self->name.text));
	ASSERT_EQ(0, setsockopt(self->public.fd, SOL_SOCKET, SO_RCVBUF, &small,
				sizeof(small)));
	for (n = 0; n < 100; n++) {
		ASSERT_EQ(0, variable_register(fd, "a", value_int(1)));
		ASSERT_EQ(0, variable_delete(fd, "a"));
	}
	for (n = 0; (more = next_event(&self->public, self->name.text,
				       &event)) > 0; n++)
		ASSERT_GT(200, n);
	EXPECT_EQ(-ENOBUFS, more);
	/* Whatever still fitted is there, and then the next. */
	while (wait_readable(self->public.fd, 0) == 1)
		ASSERT_LT(0, next_event(&self->public, self->name.text,
					&event));
	ASSERT_EQ(0, variable_register(fd, "marker", value_int(1)));
	ASSERT_EQ(LOCALSTATE_CMD_VARIABLE_REGISTERED,
		  next_event(&self->public, self->name.text, &event));
	EXPECT_STREQ("marker", attr_string(&event, LOCALSTATE_A_NAME));
	close(fd);
}

/* ---- order under fire ------------------------------------------------------ */

#define RIVALS 4
#define ROUNDS ((unsigned int)rounds(200))

struct rivals {
	struct gate *gate;
	const char *name;
};

/* All make, use and leave one session, whose last client ends it. */
static int come_and_go(void *data)
{
	struct rivals *rivals = data;
	unsigned int i;
	int fd, err;

	gate_pass(rivals->gate);
	for (i = 0; i < ROUNDS; i++) {
		fd = session_create(rivals->name);
		CHILD_CHECK(fd >= 0);
		err = variable_register(fd, "x", value_int(1));
		CHILD_CHECK(!err || err == -EEXIST || err == -ESHUTDOWN);
		err = variable_delete(fd, "x");
		CHILD_CHECK(!err || err == -ENOENT || err == -ESHUTDOWN);
		if (i % 16 == 0) {
			err = session_destroy(fd);
			CHILD_CHECK(!err || err == -ESHUTDOWN);
		}
		close(fd);
	}
	return 0;
}

/* What the events of the one session that lives now have told. */
struct told {
	__u64 session;			/* 0: none lives */
	bool variable;
	unsigned int sessions;
	unsigned int clients;
	unsigned int gone;
	unsigned int wrong;
};

static void told_of_variable(struct told *told, __u64 session, bool there)
{
	if (session != told->session || told->variable == there)
		told->wrong++;
	told->variable = there;
}

static void told_add(struct told *told, const struct attributes *event)
{
	__u64 session = attr_u64(event, LOCALSTATE_A_SESSION_ID);

	switch (event->command) {
	case LOCALSTATE_CMD_SESSION_CREATED:
		told->wrong += told->session != 0;
		told->session = session;
		told->variable = false;
		told->sessions++;
		break;
	case LOCALSTATE_CMD_SESSION_ENDED:
		told->wrong += told->session != session;
		told->session = 0;
		break;
	case LOCALSTATE_CMD_VARIABLE_REGISTERED:
		told_of_variable(told, session, true);
		break;
	case LOCALSTATE_CMD_VARIABLE_DELETED:
		told_of_variable(told, session, false);
		break;
	case LOCALSTATE_CMD_CLIENT_ATTACHED:
		told->wrong += told->session != session;
		told->clients++;
		break;
	case LOCALSTATE_CMD_CLIENT_GONE:
		told->gone++;
		told->wrong += told->gone > told->clients;
		break;
	}
}

TEST_F_TIMEOUT(announce, rivals_are_told_of_in_an_order_that_can_be, 120)
{
	struct rivals rivals = {
		.gate = gate_alloc(RIVALS),
		.name = self->name.text,
	};
	int size = 64 << 20, i, event;
	struct attributes attributes;
	struct told told = { 0 };
	pid_t pid[RIVALS];

	ASSERT_EQ(0, setsockopt(self->all.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
				sizeof(size)));
	for (i = 0; i < RIVALS; i++)
		pid[i] = child_start(come_and_go, &rivals);
	while (told.gone < RIVALS * ROUNDS || told.session) {
		event = next_event(&self->all, self->name.text, &attributes);
		ASSERT_LT(0, event);
		told_add(&told, &attributes);
	}
	for (i = 0; i < RIVALS; i++)
		EXPECT_EQ(0, child_wait(pid[i]));
	EXPECT_EQ(0, told.wrong);
	EXPECT_EQ(RIVALS * ROUNDS, told.clients);
	EXPECT_LT(1, told.sessions);
}

TEST_HARNESS_MAIN
