// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seeing in by generic netlink: sessions, variables and watches, each as the
 * rights of the socket's opener allow.
 */
#include <sys/stat.h>

#include "filter_helpers.h"
#include "netlink_helpers.h"

FIXTURE(netlink) {
	struct session_name name;
	int fd;
	struct netlink netlink;
};

FIXTURE_SETUP(netlink)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("netlink");
	umask(0027);
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, netlink_open(&self->netlink));
}

FIXTURE_TEARDOWN(netlink)
{
	netlink_close(&self->netlink);
	close(self->fd);
}

/* The session @name in a dump of sessions: 1, or 0 if it is not there. */
static int find_session(struct netlink *netlink, const char *name,
			struct attributes *found)
{
	struct attributes attributes;
	int err, more, n = 0;

	err = netlink_dump(netlink, LOCALSTATE_CMD_SESSION_GET, NULL);
	while (!err && (more = netlink_next(netlink, &attributes))) {
		if (more < 0)
			return more;
		if (strcmp(name, attr_string(&attributes, LOCALSTATE_A_NAME)))
			continue;
		*found = attributes;
		n++;
	}
	return err ?: netlink->error ?: n;
}

TEST_F(netlink, session_is_shown_with_owner_mode_and_numbers)
{
	struct session_name name = session_name_unique("netlink.shown");
	struct attributes shown;
	struct localstate_attach req;
	__u64 before = now_ns();
	int fd, other;

	fd = device_open(O_RDWR);
	req = attach_request(name.text, LOCALSTATE_ATTACH_CREATE |
			     LOCALSTATE_ATTACH_PERSISTENT, 0666);
	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_ATTACH, &req));
	other = session_open(name.text);
	ASSERT_EQ(0, variable_register(fd, "a", value_int(1)));
	ASSERT_EQ(0, variable_register(fd, "b", value_int(1)));
	ASSERT_EQ(0, variable_register(fd, "c", value_int(1)));
	ASSERT_EQ(0, variable_delete(fd, "a"));

	ASSERT_EQ(1, find_session(&self->netlink, name.text, &shown));
	EXPECT_EQ(req.session, attr_u64(&shown, LOCALSTATE_A_ID));
	EXPECT_EQ(geteuid(), attr_u32(&shown, LOCALSTATE_A_UID));
	EXPECT_EQ(getegid(), attr_u32(&shown, LOCALSTATE_A_GID));
	EXPECT_EQ(0640, attr_u32(&shown, LOCALSTATE_A_MODE));
	EXPECT_EQ(LOCALSTATE_ATTACH_PERSISTENT,
		  attr_u32(&shown, LOCALSTATE_A_FLAGS));
	EXPECT_LE(before, attr_u64(&shown, LOCALSTATE_A_CREATED_NS));
	EXPECT_GE(now_ns(), attr_u64(&shown, LOCALSTATE_A_CREATED_NS));
	EXPECT_EQ(2, attr_u32(&shown, LOCALSTATE_A_CLIENTS));
	EXPECT_EQ(2, attr_u32(&shown, LOCALSTATE_A_VARIABLES));
	close(other);
	close(fd);

	ASSERT_EQ(1, find_session(&self->netlink, name.text, &shown));
	EXPECT_EQ(0, attr_u32(&shown, LOCALSTATE_A_CLIENTS));
	fd = session_open(name.text);
	EXPECT_EQ(0, session_destroy(fd));
	EXPECT_EQ(0, find_session(&self->netlink, name.text, &shown));
	close(fd);
}

TEST_F(netlink, private_session_is_not_shown)
{
	struct attributes attributes;
	struct localstate_attach req = attach_request(NULL, 0, 0);
	int fd = device_open(O_RDWR);
	int more;

	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_ATTACH, &req));
	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_SESSION_GET,
				  NULL));
	while ((more = netlink_next(&self->netlink, &attributes))) {
		ASSERT_EQ(1, more);
		EXPECT_NE(req.session, attr_u64(&attributes, LOCALSTATE_A_ID));
		EXPECT_STRNE("", attr_string(&attributes, LOCALSTATE_A_NAME));
	}
	EXPECT_EQ(0, self->netlink.error);
	close(fd);
}

/* More than one message buffer holds. */
TEST_F(netlink, many_sessions_are_all_shown_once)
{
	unsigned char seen[300] = { 0 };
	struct attributes attributes;
	char name[80], stem[64];
	int fds[300], i, more, missing = 0;

	snprintf(stem, sizeof(stem), "test/many.%d/", getpid());
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "%s%d", stem, i);
		fds[i] = session_create(name);
		ASSERT_LE(0, fds[i]);
	}
	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_SESSION_GET,
				  NULL));
	while ((more = netlink_next(&self->netlink, &attributes))) {
		const char *text = attr_string(&attributes, LOCALSTATE_A_NAME);

		ASSERT_EQ(1, more);
		if (!strncmp(text, stem, strlen(stem)))
			seen[atoi(text + strlen(stem)) % 300]++;
	}
	EXPECT_EQ(0, self->netlink.error);
	for (i = 0; i < 300; i++) {
		missing += seen[i] != 1;
		close(fds[i]);
	}
	EXPECT_EQ(0, missing);
}

TEST_F(netlink, variables_are_shown)
{
	struct localstate_register reg;
	struct localstate_get get;
	struct attributes a;

	reg = register_request("temp", value_float(20.5));
	reg.label = pointer("celsius");
	reg.label_len = 7;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));
	ASSERT_EQ(0, variable_set(self->fd, "temp", value_float(21)));
	ASSERT_EQ(0, variable_register(self->fd, "plain", value_bool(true)));
	ASSERT_EQ(0, variable_get(self->fd, "temp", &get));

	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_VARIABLE_GET,
				  self->name.text));
	ASSERT_EQ(1, netlink_next(&self->netlink, &a));
	EXPECT_EQ(reg.id, attr_u64(&a, LOCALSTATE_A_ID));
	EXPECT_STREQ("temp", attr_string(&a, LOCALSTATE_A_NAME));
	EXPECT_EQ(LOCALSTATE_TYPE_FLOAT, attr_u32(&a, LOCALSTATE_A_TYPE));
	EXPECT_STREQ("celsius", attr_string(&a, LOCALSTATE_A_LABEL));
	EXPECT_EQ(1, attr_u64(&a, LOCALSTATE_A_VERSION));
	EXPECT_LT(attr_u64(&a, LOCALSTATE_A_CREATED_NS),
		  attr_u64(&a, LOCALSTATE_A_CHANGED_NS));
	EXPECT_EQ(get.changed_ns, attr_u64(&a, LOCALSTATE_A_CHANGED_NS));
	EXPECT_EQ(getpid(), attr_u32(&a, LOCALSTATE_A_PID));
	EXPECT_EQ(geteuid(), attr_u32(&a, LOCALSTATE_A_UID));
	ASSERT_EQ(1, netlink_next(&self->netlink, &a));
	EXPECT_STREQ("plain", attr_string(&a, LOCALSTATE_A_NAME));
	EXPECT_STREQ("", attr_string(&a, LOCALSTATE_A_LABEL));
	EXPECT_EQ(0, netlink_next(&self->netlink, &a));
	EXPECT_EQ(0, self->netlink.error);
}

TEST_F(netlink, many_variables_are_all_shown_in_order)
{
	struct attributes a;
	char name[LOCALSTATE_NAME_MAX + 1];
	__u64 last = 0;
	int i, more, n = 0;

	memset(name, 'n', sizeof(name));
	for (i = 0; i < 500; i++) {
		snprintf(name + 100, 28, "%d", i);
		ASSERT_EQ(0, variable_register(self->fd, name, value_int(i)));
	}
	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_VARIABLE_GET,
				  self->name.text));
	while ((more = netlink_next(&self->netlink, &a))) {
		ASSERT_EQ(1, more);
		EXPECT_LT(last, attr_u64(&a, LOCALSTATE_A_ID));
		last = attr_u64(&a, LOCALSTATE_A_ID);
		n++;
	}
	EXPECT_EQ(500, n);
}

/* Watches. */

/* The targets of one message, which are all names, are compared in turn. */
static int compare_targets(const struct attributes *attributes,
			   const struct localstate_target *targets)
{
	const struct nlattr *nest = attributes->attr[LOCALSTATE_A_TARGETS];
	const struct nlattr *attr;
	const char *data;
	size_t len;
	int n = 0;

	if (!nest)
		return -1;
	data = attr_data(nest);
	len = attr_len(nest);
	while ((attr = attr_at(data, len))) {
		int type = attr->nla_type & NLA_TYPE_MASK;

		data += attr_step(attr, len);
		len -= attr_step(attr, len);
		if (type == LOCALSTATE_A_PAD)
			continue;
		if (type == LOCALSTATE_A_TARGET_NAME &&
		    strcmp(attr_data(attr), (char *)(uintptr_t)targets[n].name))
			return -1;
		if (type == LOCALSTATE_A_TARGET_ID &&
		    memcmp(attr_data(attr), &targets[n].id, 8))
			return -1;
		n++;
	}
	return n;
}

static int watch_as_child(void *data)
{
	struct localstate_target targets[] = {
		target_name("x"), target_id(1), target_name("x"),
	};
	struct localstate_watch req;
	int fd = session_open(data);

	prctl(PR_SET_NAME, "the-watcher");
	req = watch_request(targets, 3, LOCALSTATE_WATCH_INITIAL);
	req.inline_limit = 64;
	CHILD_CHECK(!call(fd, LOCALSTATE_IOC_WATCH, &req));
	CHILD_CHECK(!variable_set(fd, "x", value_int(2)));
	CHILD_CHECK(!variable_set(fd, "x", value_int(3)));
	pause();
	return 1;
}

static int count_until(const char *session, int count)
{
	__s64 deadline = now_ms() + DEADLINE_MS;
	int n;

	do {
		n = netlink_count_watches(session);
	} while (n != count && n >= 0 && now_ms() < deadline);
	return n;
}

TEST_F(netlink, watch_is_shown_with_who_made_it_and_its_counters)
{
	struct localstate_target targets[3];
	struct localstate_get get;
	struct attributes a;
	__u64 before = now_ns(), id;
	pid_t pid;

	ASSERT_EQ(0, variable_register_id(self->fd, "x", value_int(1), &id));
	targets[0] = target_name("x");
	targets[1] = target_id(id);
	targets[2] = target_name("x");
	pid = child_start(watch_as_child, self->name.text);
	ASSERT_EQ(1, count_until(self->name.text, 1));
	ASSERT_TRUE(child_falls_asleep(pid));
	do {
		ASSERT_EQ(0, variable_get(self->fd, "x", &get));
	} while (get.version < 2);

	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_WATCH_GET,
				  self->name.text));
	ASSERT_EQ(1, netlink_next(&self->netlink, &a));
	EXPECT_EQ(1, attr_u32(&a, LOCALSTATE_A_REF));
	EXPECT_EQ(pid, attr_u32(&a, LOCALSTATE_A_PID));
	EXPECT_STREQ("the-watcher", attr_string(&a, LOCALSTATE_A_COMM));
	EXPECT_EQ(geteuid(), attr_u32(&a, LOCALSTATE_A_UID));
	EXPECT_LE(before, attr_u64(&a, LOCALSTATE_A_CREATED_NS));
	EXPECT_EQ(LOCALSTATE_WATCH_INITIAL, attr_u32(&a, LOCALSTATE_A_FLAGS));
	EXPECT_EQ(64, attr_u32(&a, LOCALSTATE_A_INLINE_LIMIT));
	EXPECT_EQ(4, attr_u64(&a, LOCALSTATE_A_QUEUED));
	EXPECT_EQ(0, attr_u64(&a, LOCALSTATE_A_DELIVERED));
	EXPECT_EQ(2, attr_u64(&a, LOCALSTATE_A_EVENTS));
	EXPECT_EQ(0, attr_u64(&a, LOCALSTATE_A_MERGED));
	EXPECT_EQ(0, attr_u64(&a, LOCALSTATE_A_FILTERED));
	EXPECT_EQ(3, compare_targets(&a, targets));
	EXPECT_EQ(0, netlink_next(&self->netlink, &a));
	child_kill(pid);
	EXPECT_EQ(0, netlink_count_watches(self->name.text));
}

/* What is in a nest; nothing if that is missing. */
static struct attributes in_nest(const struct nlattr *nest)
{
	struct attributes a = {};

	if (nest)
		attributes_parse(&a, attr_data(nest), attr_len(nest));
	return a;
}

/* The next message is of a watch; its filter. */
static const struct nlattr *next_filter(struct netlink *netlink)
{
	struct attributes a;

	if (netlink_next(netlink, &a) != 1)
		return NULL;
	return a.attr[LOCALSTATE_A_FILTER];
}

/* The terms that it has, as far as there is room.  Return: how many there are. */
static int filter_terms(const struct nlattr *filter, struct attributes *terms, int room)
{
	const char *data = attr_data(filter);
	size_t step, len = attr_len(filter);
	const struct nlattr *attr;
	int n = 0;

	while ((attr = attr_at(data, len))) {
		if ((attr->nla_type & NLA_TYPE_MASK) == LOCALSTATE_A_TERM) {
			if (n < room)
				terms[n] = in_nest(attr);
			n++;
		}
		step = attr_step(attr, len);
		data += step;
		len -= step;
	}
	return n;
}

/* Does a nest have these bits of a value of this type, and nothing else? */
static bool is_operand(const struct nlattr *nest, __u32 type, __u64 bits)
{
	struct attributes a = in_nest(nest);

	return attr_u32(&a, LOCALSTATE_A_TYPE) == type &&
	       attr_u64(&a, LOCALSTATE_A_BITS) == bits &&
	       !a.attr[LOCALSTATE_A_DATA] && !a.attr[LOCALSTATE_A_LENGTH];
}

TEST_F(netlink, filter_is_shown_as_it_was_given)
{
	const struct localstate_filter_term terms[] = {
		{
			.operation = LOCALSTATE_FILTER_LEAVES,
			.flags = LOCALSTATE_FILTER_ABOVE,
			.operand = value_int(-30),
			.high = value_int(9),
			.hysteresis = 3,
		},
		term_differs(LOCALSTATE_FILTER_REPORTED, (struct localstate_value){}),
		term_changed(LOCALSTATE_FILTER_PERCENT | LOCALSTATE_FILTER_UP,
			     value_uint(1ULL << 33)),
		term_bits(0, value_uint(1ULL << 63)),
	};
	struct attributes a, shown[LOCALSTATE_FILTER_TERMS] = {};
	struct localstate_target target = target_name("x");
	const struct nlattr *filter;
	struct localstate_watch req;
	int i;

	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(1)));
	req = watch_filtered_request(&target, 1, terms, LOCALSTATE_FILTER_TERMS,
				     LOCALSTATE_FILTER_ALL);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_LT(0, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_WATCH_GET, self->name.text));
	filter = next_filter(&self->netlink);
	ASSERT_NE(NULL, filter);
	a = in_nest(filter);
	EXPECT_EQ(LOCALSTATE_FILTER_ALL, attr_u32(&a, LOCALSTATE_A_MATCH));
	ASSERT_EQ(LOCALSTATE_FILTER_TERMS,
		  filter_terms(filter, shown, LOCALSTATE_FILTER_TERMS));
	for (i = 0; i < (int)LOCALSTATE_FILTER_TERMS; i++) {
		EXPECT_EQ(terms[i].operation, attr_u32(&shown[i], LOCALSTATE_A_OPERATION));
		EXPECT_EQ(terms[i].flags, attr_u32(&shown[i], LOCALSTATE_A_FLAGS));
		if (!i)
			continue;
		/* What is nothing is not there. */
		EXPECT_EQ(NULL, shown[i].attr[LOCALSTATE_A_HIGH]);
		EXPECT_EQ(NULL, shown[i].attr[LOCALSTATE_A_HYSTERESIS]);
	}
	EXPECT_TRUE(is_operand(shown[0].attr[LOCALSTATE_A_OPERAND],
			       LOCALSTATE_TYPE_INT, (__u64)-30));
	EXPECT_TRUE(is_operand(shown[0].attr[LOCALSTATE_A_HIGH], LOCALSTATE_TYPE_INT, 9));
	EXPECT_EQ(3, attr_u64(&shown[0], LOCALSTATE_A_HYSTERESIS));
	EXPECT_EQ(NULL, shown[1].attr[LOCALSTATE_A_OPERAND]);
	EXPECT_TRUE(is_operand(shown[2].attr[LOCALSTATE_A_OPERAND],
			       LOCALSTATE_TYPE_UINT, 1ULL << 33));
	EXPECT_TRUE(is_operand(shown[3].attr[LOCALSTATE_A_OPERAND],
			       LOCALSTATE_TYPE_UINT, 1ULL << 63));
	/* The other watch wants all. */
	filter = next_filter(&self->netlink);
	ASSERT_NE(NULL, filter);
	EXPECT_EQ(0, attr_len(filter));
}

/* As many terms as there can be, each with a text that is too long to be shown. */
TEST_F(netlink, long_texts_of_a_filter_are_cut_between_characters)
{
	struct attributes operand, shown[LOCALSTATE_FILTER_TERMS] = {};
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	struct localstate_target target = target_name("s");
	const struct nlattr *filter, *data;
	static char text[60001];
	struct localstate_watch req;
	unsigned int i;

	ASSERT_EQ(0, variable_register(self->fd, "s", value_string("")));
	/* One byte, then characters of two. */
	text[0] = 'a';
	for (i = 1; i < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	for (i = 0; i < LOCALSTATE_FILTER_TERMS; i++)
		terms[i] = term_equals(0, (struct localstate_value){
			.data = pointer(text), .length = sizeof(text) - 2 * i,
			.type = LOCALSTATE_TYPE_STRING });
	req = watch_filtered_request(&target, 1, terms, LOCALSTATE_FILTER_TERMS,
				     LOCALSTATE_FILTER_ANY);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_WATCH_GET, self->name.text));
	filter = next_filter(&self->netlink);
	ASSERT_NE(NULL, filter);
	ASSERT_EQ(LOCALSTATE_FILTER_TERMS,
		  filter_terms(filter, shown, LOCALSTATE_FILTER_TERMS));
	for (i = 0; i < LOCALSTATE_FILTER_TERMS; i++) {
		operand = in_nest(shown[i].attr[LOCALSTATE_A_OPERAND]);
		data = operand.attr[LOCALSTATE_A_DATA];
		ASSERT_NE(NULL, data);
		EXPECT_EQ(LOCALSTATE_TYPE_STRING, attr_u32(&operand, LOCALSTATE_A_TYPE));
		EXPECT_EQ(sizeof(text) - 2 * i, attr_u32(&operand, LOCALSTATE_A_LENGTH));
		EXPECT_EQ(LOCALSTATE_GENL_DATA_MAX - 1, attr_len(data));
		EXPECT_EQ(0, memcmp(attr_data(data), text, attr_len(data)));
		EXPECT_EQ(NULL, operand.attr[LOCALSTATE_A_BITS]);
	}
}

/* Names as long as they can be: the list takes several messages. */
TEST_F(netlink, long_list_of_targets_goes_on_in_the_next_message)
{
	static struct localstate_target targets[600];
	static char names[600][LOCALSTATE_NAME_MAX + 1];
	struct localstate_watch req = watch_request(targets, 600, 0);
	struct attributes a;
	__u64 client = 0;
	int i, more, n = 0, messages = 0;

	for (i = 0; i < 600; i++) {
		memset(names[i], 'n', LOCALSTATE_NAME_MAX);
		snprintf(names[i] + 120, 8, "%07d", i);
		targets[i] = target_name(names[i]);
		ASSERT_EQ(0, variable_register(self->fd, names[i],
					       value_int(i)));
	}
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_LE(1, watch_name(self->fd, names[7], 0));
	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_WATCH_GET,
				  self->name.text));
	while ((more = netlink_next(&self->netlink, &a))) {
		int part;

		ASSERT_EQ(1, more);
		if (attr_u32(&a, LOCALSTATE_A_REF) != req.ref)
			break;
		client = client ?: attr_u64(&a, LOCALSTATE_A_CLIENT);
		EXPECT_EQ(client, attr_u64(&a, LOCALSTATE_A_CLIENT));
		part = compare_targets(&a, targets + n);
		ASSERT_LT(0, part);
		n += part;
		messages++;
	}
	EXPECT_EQ(600, n);
	EXPECT_LT(1, messages);
	ASSERT_EQ(1, more);
	EXPECT_EQ(1, compare_targets(&a, &targets[7]));
	EXPECT_EQ(0, netlink_next(&self->netlink, &a));
	EXPECT_EQ(2, netlink_count_watches(self->name.text));
}

TEST_F(netlink, many_watches_are_all_shown)
{
	int i;

	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(1)));
	for (i = 0; i < 500; i++)
		ASSERT_LE(1, watch_name(self->fd, "x", 0));
	EXPECT_EQ(500, netlink_count_watches(self->name.text));
}

/* What is refused. */

/*
 * Whether this kernel lets the start of a dump say something in an extended
 * ack: struct netlink_dump_control has a place for it in 6.12, not in 6.1.
 */
static bool dump_start_has_text(void)
{
	return kernel_is_since(6, 12);
}

/* The refusal came with a text, where there can be one. */
static bool refusal_says_why(const struct netlink *netlink)
{
	return !dump_start_has_text() || *netlink->text;
}

TEST_F(netlink, unknown_session_is_enoent_and_says_so)
{
	const __u8 commands[] = {
		LOCALSTATE_CMD_VARIABLE_GET, LOCALSTATE_CMD_WATCH_GET,
	};
	struct attributes a;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		ASSERT_EQ(0, netlink_dump(&self->netlink, commands[i],
					  "test/nobody"));
		EXPECT_EQ(0, netlink_next(&self->netlink, &a));
		EXPECT_EQ(-ENOENT, self->netlink.error);
		EXPECT_TRUE(refusal_says_why(&self->netlink));
	}
}

TEST_F(netlink, missing_session_name_is_einval_and_says_so)
{
	struct attributes a;

	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_WATCH_GET,
				  NULL));
	EXPECT_EQ(0, netlink_next(&self->netlink, &a));
	EXPECT_EQ(-EINVAL, self->netlink.error);
	EXPECT_TRUE(refusal_says_why(&self->netlink));
}

TEST_F(netlink, too_long_session_name_is_refused)
{
	char name[LOCALSTATE_NAME_MAX + 2];
	struct attributes a;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_WATCH_GET,
				  name));
	EXPECT_EQ(0, netlink_next(&self->netlink, &a));
	EXPECT_LT(self->netlink.error, 0);
}

TEST_F(netlink, commands_do_nothing_without_dump)
{
	struct attributes a;

	ASSERT_EQ(0, netlink_send(&self->netlink, self->netlink.family,
				  NLM_F_ACK, LOCALSTATE_CMD_SESSION_GET, 0,
				  NULL));
	EXPECT_EQ(0, netlink_next(&self->netlink, &a));
	EXPECT_EQ(-EOPNOTSUPP, self->netlink.error);
}

/* What a stranger sees of a session that only its owner may read. */
static int look_as_stranger(void *data)
{
	static struct netlink netlink;
	struct attributes a;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(!netlink_open(&netlink));
	CHILD_CHECK(find_session(&netlink, data, &a) == 0);
	CHILD_CHECK(!netlink_dump(&netlink, LOCALSTATE_CMD_VARIABLE_GET, data));
	CHILD_CHECK(netlink_next(&netlink, &a) == 0);
	CHILD_CHECK(netlink.error == -EACCES && refusal_says_why(&netlink));
	CHILD_CHECK(!netlink_dump(&netlink, LOCALSTATE_CMD_WATCH_GET, data));
	CHILD_CHECK(netlink_next(&netlink, &a) == 0);
	CHILD_CHECK(netlink.error == -EACCES && refusal_says_why(&netlink));
	return 0;
}

TEST_F(netlink, stranger_sees_nothing_of_an_unreadable_session)
{
	if (geteuid())
		SKIP(return, "needs root to become another");
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(1)));
	EXPECT_EQ(0, child_run(look_as_stranger, self->name.text));
}

/* A session that all may read: strangers do, and see only what they may. */
static int look_at_readable(void *data)
{
	static struct netlink netlink;
	struct attributes a;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(!netlink_open(&netlink));
	CHILD_CHECK(find_session(&netlink, data, &a) == 1);
	CHILD_CHECK(!netlink_dump(&netlink, LOCALSTATE_CMD_VARIABLE_GET, data));
	CHILD_CHECK(netlink_next(&netlink, &a) == 1);
	CHILD_CHECK(netlink_next(&netlink, &a) == 0 && !netlink.error);
	CHILD_CHECK(netlink_count_watches(data) == 1);
	return 0;
}

TEST_F(netlink, stranger_sees_a_readable_session)
{
	struct session_name name = session_name_unique("netlink.readable");
	int fd;

	if (geteuid())
		SKIP(return, "needs root to become another");
	umask(0);
	fd = session_open_flags(name.text, LOCALSTATE_ATTACH_CREATE, 0604,
				O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_register(fd, "x", value_int(1)));
	ASSERT_LE(1, watch_name(fd, "x", 0));
	EXPECT_EQ(0, child_run(look_at_readable, name.text));
	close(fd);
}

/* The rights are those of who opened the socket, not of who uses it. */
struct handed {
	struct netlink *netlink;
	const char *name;
};

static int use_handed_socket(void *data)
{
	struct handed *handed = data;
	struct attributes a;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(find_session(handed->netlink, handed->name, &a) == 1);
	return 0;
}

TEST_F(netlink, rights_are_those_of_who_opened_the_socket)
{
	struct handed handed = { &self->netlink, self->name.text };

	if (geteuid())
		SKIP(return, "needs root to become another");
	EXPECT_EQ(0, child_run(use_handed_socket, &handed));
}

static int look_from_another_netns(void *data)
{
	static struct netlink netlink;
	struct attributes a;

	CHILD_CHECK(!unshare(CLONE_NEWNET));
	CHILD_CHECK(!netlink_open(&netlink));
	CHILD_CHECK(find_session(&netlink, data, &a) == 0);
	CHILD_CHECK(netlink_count_watches(data) == -ENOENT);
	return 0;
}

TEST_F(netlink, sessions_of_another_network_namespace_are_not_shown)
{
	if (geteuid())
		SKIP(return, "needs root to make a namespace");
	EXPECT_EQ(0, child_run(look_from_another_netns, self->name.text));
}

/* A dump that is given up halfway keeps nothing alive. */
TEST_F(netlink, session_ends_although_a_dump_of_it_was_left)
{
	struct attributes a;
	char name[LOCALSTATE_NAME_MAX + 1];
	int i;

	memset(name, 'n', sizeof(name));
	for (i = 0; i < 500; i++) {
		snprintf(name + 100, 28, "%d", i);
		ASSERT_EQ(0, variable_register(self->fd, name, value_int(i)));
	}
	ASSERT_EQ(0, netlink_dump(&self->netlink, LOCALSTATE_CMD_VARIABLE_GET,
				  self->name.text));
	ASSERT_EQ(1, netlink_next(&self->netlink, &a));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-ENOENT, session_open(self->name.text));
}

TEST_HARNESS_MAIN
