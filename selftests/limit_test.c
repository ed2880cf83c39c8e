// SPDX-License-Identifier: GPL-2.0-only
/*
 * The limits: each is charged to a user, refuses with its number, and is given
 * back.  Each test is a child that becomes a user who owns nothing yet.
 */
#include <sys/stat.h>

#include "process_helpers.h"

enum limit {
	LIMIT_SESSIONS,
	LIMIT_CLIENTS,
	LIMIT_VARIABLES,
	LIMIT_WATCHES,
	LIMIT_LINKS,
	LIMIT_TARGETS,
	LIMIT_QUEUE,
	N_LIMITS,
};

static const char *const limit_names[N_LIMITS] = {
	[LIMIT_SESSIONS] = "max_user_sessions",
	[LIMIT_CLIENTS] = "max_user_clients",
	[LIMIT_VARIABLES] = "max_user_variables",
	[LIMIT_WATCHES] = "max_user_watches",
	[LIMIT_LINKS] = "max_user_links",
	[LIMIT_TARGETS] = "max_targets",
	[LIMIT_QUEUE] = "queue_max",
};

FIXTURE(limit) {
	long long before[N_LIMITS];
	struct session_name name;
};

FIXTURE_SETUP(limit)
{
	int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to set limits");
	for (i = 0; i < N_LIMITS; i++) {
		self->before[i] = parameter_get(limit_names[i]);
		ASSERT_LT(0, self->before[i]);
	}
	self->name = session_name_unique("limit");
}

FIXTURE_TEARDOWN(limit)
{
	int i;

	for (i = 0; i < N_LIMITS; i++)
		parameter_set(limit_names[i], self->before[i]);
}

static int limit_set(enum limit limit, long long value)
{
	return parameter_set(limit_names[limit], value);
}

/* In a child: the call is refused for the limit, which is @_limit. */
#define CHILD_CHECK_EDQUOT(_call, _req, _field, _limit) do {		\
	const struct localstate_error *__error = &(_req)->error;	\
									\
	CHILD_CHECK((_call) == -EDQUOT);				\
	CHILD_CHECK(__error->code == EDQUOT);				\
	CHILD_CHECK(__error->field == LOCALSTATE_FIELD_##_field);	\
	CHILD_CHECK(__error->limit == (_limit));			\
	CHILD_CHECK(__error->index == LOCALSTATE_NO_INDEX);		\
} while (0)

static int sessions_of_a_user(void *data)
{
	struct localstate_attach req = attach_request(NULL, 0, 0);
	int first, second, third;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	first = session_private();
	second = session_private();
	CHILD_CHECK(first >= 0 && second >= 0);
	third = device_open(O_RDWR);
	CHILD_CHECK_EDQUOT(call(third, LOCALSTATE_IOC_ATTACH, &req), &req,
			   SESSIONS, 2);
	CHILD_CHECK(!req.session);
	close(first);
	CHILD_CHECK(!call(third, LOCALSTATE_IOC_ATTACH, &req));
	return 0;
}

TEST_F(limit, sessions_are_counted_and_given_back)
{
	ASSERT_EQ(0, limit_set(LIMIT_SESSIONS, 2));
	EXPECT_EQ(0, child_run(sessions_of_a_user, NULL));
	/* What the first child had is given back by its end. */
	EXPECT_EQ(0, child_run(sessions_of_a_user, NULL));
}

static int persistent_sessions(void *data)
{
	const char *name = data;
	struct localstate_attach req;
	int fd;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	fd = session_open_flags(name, LOCALSTATE_ATTACH_CREATE |
				LOCALSTATE_ATTACH_PERSISTENT, 0600, O_RDWR);
	CHILD_CHECK(fd >= 0);
	close(fd);
	/* It lives on without a client, so it still counts. */
	req = attach_request(NULL, 0, 0);
	fd = device_open(O_RDWR);
	CHILD_CHECK_EDQUOT(call(fd, LOCALSTATE_IOC_ATTACH, &req), &req,
			   SESSIONS, 1);
	CHILD_CHECK(!session_attach(fd, name, 0, 0));
	CHILD_CHECK(!session_destroy(fd));
	close(fd);
	fd = session_private();
	CHILD_CHECK(fd >= 0);
	return 0;
}

TEST_F(limit, persistent_session_counts_until_it_is_destroyed)
{
	ASSERT_EQ(0, limit_set(LIMIT_SESSIONS, 1));
	EXPECT_EQ(0, child_run(persistent_sessions, self->name.text));
}

static int clients_of_a_user(void *data)
{
	int first, second;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	first = device_open(O_RDWR);
	second = device_open(O_RDWR);
	CHILD_CHECK(first >= 0 && second >= 0);
	CHILD_CHECK(device_open(O_RDWR) == -EDQUOT);
	/* A duplicate is no other client. */
	CHILD_CHECK(dup(first) >= 0);
	close(second);
	CHILD_CHECK(device_open(O_RDWR) >= 0);
	CHILD_CHECK(device_open(O_RDWR) == -EDQUOT);
	return 0;
}

TEST_F(limit, clients_are_counted_and_given_back)
{
	ASSERT_EQ(0, limit_set(LIMIT_CLIENTS, 2));
	EXPECT_EQ(0, child_run(clients_of_a_user, NULL));
	EXPECT_EQ(0, child_run(clients_of_a_user, NULL));
}

static int variables_of_a_user(void *data)
{
	struct localstate_register req;
	struct localstate_get get;
	int fd;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	fd = session_private();
	CHILD_CHECK(!variable_register(fd, "a", value_int(1)));
	CHILD_CHECK(!variable_register(fd, "b", value_int(1)));
	req = register_request("c", value_int(1));
	CHILD_CHECK_EDQUOT(call(fd, LOCALSTATE_IOC_REGISTER, &req), &req,
			   VARIABLES, 2);
	CHILD_CHECK(!req.id);
	CHILD_CHECK(variable_get(fd, "c", &get) == -ENOENT);
	CHILD_CHECK(!variable_delete(fd, "a"));
	CHILD_CHECK(!variable_register(fd, "c", value_int(1)));
	/* Those of a session that ends are given back, too. */
	close(fd);
	fd = session_private();
	CHILD_CHECK(!variable_register(fd, "a", value_int(1)));
	CHILD_CHECK(!variable_register(fd, "b", value_int(1)));
	return 0;
}

TEST_F(limit, variables_are_counted_and_given_back)
{
	ASSERT_EQ(0, limit_set(LIMIT_VARIABLES, 2));
	EXPECT_EQ(0, child_run(variables_of_a_user, NULL));
	EXPECT_EQ(0, child_run(variables_of_a_user, NULL));
}

/* A refused registration is charged for nothing. */
static int refused_variables(void *data)
{
	struct localstate_register req;
	int fd, i;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	fd = session_private();
	CHILD_CHECK(!variable_register(fd, "a", value_int(1)));
	for (i = 0; i < 10; i++) {
		CHILD_CHECK(variable_register(fd, "a", value_int(1)) == -EEXIST);
		req = register_request("b", value_int(1));
		req.constraints = LOCALSTATE_HAS_MIN;
		req.min = 2;
		CHILD_CHECK(call(fd, LOCALSTATE_IOC_REGISTER, &req) == -ERANGE);
	}
	CHILD_CHECK(!variable_register(fd, "b", value_int(1)));
	return 0;
}

TEST_F(limit, refused_registration_is_not_charged)
{
	ASSERT_EQ(0, limit_set(LIMIT_VARIABLES, 2));
	EXPECT_EQ(0, child_run(refused_variables, NULL));
}

static int watches_of_a_user(void *data)
{
	struct localstate_target target = target_name("x");
	struct localstate_watch req = watch_request(&target, 1, 0);
	int fd, ref;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	fd = session_private();
	CHILD_CHECK(!variable_register(fd, "x", value_int(1)));
	ref = watch_name(fd, "x", 0);
	CHILD_CHECK(ref > 0);
	CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	CHILD_CHECK_EDQUOT(call(fd, LOCALSTATE_IOC_WATCH, &req), &req, WATCHES,
			   2);
	CHILD_CHECK(!req.ref && !req.failed);
	CHILD_CHECK(watch_count(fd) == 2);
	CHILD_CHECK(!watch_end(fd, ref));
	CHILD_CHECK(!call(fd, LOCALSTATE_IOC_WATCH, &req));
	return 0;
}

TEST_F(limit, watches_are_counted_and_given_back)
{
	ASSERT_EQ(0, limit_set(LIMIT_WATCHES, 2));
	EXPECT_EQ(0, child_run(watches_of_a_user, NULL));
	EXPECT_EQ(0, child_run(watches_of_a_user, NULL));
}

/* A watch of one target takes two: the target and its link. */
static int links_of_a_user(void *data)
{
	struct localstate_target targets[] = {
		target_name("x"), target_name("y"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);
	int fd, ref;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	fd = session_private();
	CHILD_CHECK(!variable_register(fd, "x", value_int(1)));
	CHILD_CHECK(!variable_register(fd, "y", value_int(1)));
	ref = watch_name(fd, "x", 0);
	CHILD_CHECK(ref > 0);
	CHILD_CHECK_EDQUOT(call(fd, LOCALSTATE_IOC_WATCH, &req), &req, LINKS,
			   5);
	CHILD_CHECK(watch_count(fd) == 1);
	CHILD_CHECK(!watch_end(fd, ref));
	CHILD_CHECK(!call(fd, LOCALSTATE_IOC_WATCH, &req));
	return 0;
}

TEST_F(limit, links_are_counted_and_given_back)
{
	ASSERT_EQ(0, limit_set(LIMIT_LINKS, 5));
	EXPECT_EQ(0, child_run(links_of_a_user, NULL));
	EXPECT_EQ(0, child_run(links_of_a_user, NULL));
}

struct victim {
	const char *name;
	struct token ready;
};

static int watch_until_killed(void *data)
{
	struct victim *victim = data;
	int i, fd;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	fd = session_open(victim->name);
	CHILD_CHECK(fd >= 0);
	for (i = 0; i < 200; i++)
		CHILD_CHECK(watch_name(fd, "x", LOCALSTATE_WATCH_INITIAL) > 0);
	CHILD_CHECK(watch_name(fd, "x", 0) == -EDQUOT);
	CHILD_CHECK(token_give(&victim->ready));
	pause();
	return 1;
}

/* Nothing is left of the first when the second needs all of it. */
TEST_F(limit, sigkill_gives_200_watches_back)
{
	struct victim victim = { .name = self->name.text };
	pid_t pid;
	int i, fd;

	umask(0);
	fd = session_open_flags(self->name.text, LOCALSTATE_ATTACH_CREATE,
				0666, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_register(fd, "x", value_int(0)));
	ASSERT_EQ(0, token_init(&victim.ready));
	ASSERT_EQ(0, limit_set(LIMIT_WATCHES, 200));
	ASSERT_EQ(0, limit_set(LIMIT_LINKS, 400));
	for (i = 1; i <= 3; i++) {
		pid = child_start(watch_until_killed, &victim);
		EXPECT_TRUE(token_take(&victim.ready));
		ASSERT_EQ(0, variable_set(fd, "x", value_int(i)));
		EXPECT_EQ(128 + SIGKILL, child_kill(pid));
		ASSERT_EQ(0, variable_set(fd, "x", value_int(-i)));
	}
	close(fd);
}

/* Watches that were refused halfway are charged for nothing. */
static int refused_watches(void *data)
{
	struct localstate_target targets[] = {
		target_name("x"), target_name("absent"),
	};
	struct localstate_watch req;
	int fd, i;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	fd = session_private();
	CHILD_CHECK(!variable_register(fd, "x", value_int(1)));
	for (i = 0; i < 10; i++) {
		req = watch_request(targets, 2, 0);
		CHILD_CHECK(call(fd, LOCALSTATE_IOC_WATCH, &req) == -ENOENT);
	}
	CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	return 0;
}

TEST_F(limit, refused_watch_is_not_charged)
{
	ASSERT_EQ(0, limit_set(LIMIT_LINKS, 4));
	ASSERT_EQ(0, limit_set(LIMIT_WATCHES, 2));
	EXPECT_EQ(0, child_run(refused_watches, NULL));
}

/*
 * A name's watch needs a link for the next variable of the name.  If it cannot
 * have one, the registration succeeds all the same, and the watch is told.
 */
static int watch_at_its_limit(void *data)
{
	const struct localstate_event *event;
	struct session_name *name = data;
	struct reader reader;
	int fd, ref, i;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	fd = session_open(name->text);
	CHILD_CHECK(!queue_resize(fd, QUEUE_MIN));
	ref = watch_name(fd, "x", 0);
	CHILD_CHECK(ref > 0);
	/* Fills the ring, so that DELETED waits, and keeps its link. */
	for (i = 2; i < 100; i++)
		CHILD_CHECK(!variable_set(fd, "x", value_int(i)));
	CHILD_CHECK(!variable_delete(fd, "x"));
	CHILD_CHECK(!variable_register(fd, "x", value_int(5)));
	CHILD_CHECK(!variable_set(fd, "x", value_int(6)));

	reader_init(&reader, fd);
	do {
		CHILD_CHECK(reader_next(&reader, 0, &event) == 1);
	} while (event->kind == LOCALSTATE_EVENT_CHANGED);
	CHILD_CHECK(event->kind == LOCALSTATE_EVENT_DELETED);
	CHILD_CHECK(reader_next(&reader, 0, &event) == 1);
	CHILD_CHECK(event->kind == LOCALSTATE_EVENT_LOST);
	CHILD_CHECK(event->ref == (__u32)ref && event->target == 0);
	CHILD_CHECK(event->size == sizeof(*event) && !event->flags);
	/* The new variable's changes are not told... */
	CHILD_CHECK(reader_is_drained(&reader));
	/* ... but now that the link is free, those of the next one are. */
	CHILD_CHECK(!variable_delete(fd, "x"));
	CHILD_CHECK(!variable_register(fd, "x", value_int(7)));
	CHILD_CHECK(reader_next(&reader, 0, &event) == 1);
	CHILD_CHECK(event->kind == LOCALSTATE_EVENT_CREATED);
	CHILD_CHECK(reader_is_drained(&reader));
	return 0;
}

static void check_lost(struct __test_metadata *_metadata,
		       struct session_name *name, enum limit limit, int value)
{
	int fd = session_open_flags(name->text, LOCALSTATE_ATTACH_CREATE, 0666,
				    O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_register(fd, "x", value_int(1)));
	ASSERT_EQ(0, limit_set(limit, value));
	EXPECT_EQ(0, child_run(watch_at_its_limit, name));
	close(fd);
}

TEST_F(limit, registration_beyond_the_users_links_is_told_as_lost)
{
	umask(0);
	check_lost(_metadata, &self->name, LIMIT_LINKS, 2);
}

TEST_F(limit, registration_beyond_the_watchs_links_is_told_as_lost)
{
	umask(0);
	check_lost(_metadata, &self->name, LIMIT_TARGETS, 1);
}

/* Who opened the descriptor pays, whoever uses it. */
static int use_up_variables(void *data)
{
	int fd = *(int *)data;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(!variable_register(fd, "b", value_int(1)));
	return 0;
}

TEST_F(limit, opener_of_the_descriptor_pays)
{
	int fd = session_private();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_register(fd, "a", value_int(1)));
	EXPECT_EQ(0, child_run(use_up_variables, &fd));
	ASSERT_EQ(0, limit_set(LIMIT_VARIABLES, 2));
	EXPECT_EQ(0, child_run(variables_of_a_user, NULL));
	close(fd);
}

/* Limits of one object. */

TEST_F(limit, watch_of_more_than_max_targets_is_refused)
{
	struct localstate_target targets[4];
	struct localstate_watch req = watch_request(targets, 4, 0);
	int fd = session_private();
	int i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_register(fd, "x", value_int(1)));
	for (i = 0; i < 4; i++)
		targets[i] = target_name("x");
	ASSERT_EQ(0, limit_set(LIMIT_TARGETS, 3));
	EXPECT_REFUSED(EINVAL, TARGETS, 3,
		       call(fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(0, req.ref);
	EXPECT_EQ(0, watch_count(fd));
	req.n_targets = 3;
	EXPECT_DONE(call(fd, LOCALSTATE_IOC_WATCH, &req), &req);
	close(fd);
}

TEST_F(limit, queue_above_queue_max_is_refused)
{
	struct localstate_queue req = { .error = poisoned_error() };
	int fd = device_open(O_RDWR);

	ASSERT_EQ(0, limit_set(LIMIT_QUEUE, 8192));
	ASSERT_EQ(0, queue_resize(fd, 4096));
	req.size = 8193;
	EXPECT_REFUSED(EINVAL, QUEUE_SIZE, 8192,
		       call(fd, LOCALSTATE_IOC_QUEUE, &req), &req);
	req.size = 0;
	EXPECT_DONE(call(fd, LOCALSTATE_IOC_QUEUE, &req), &req);
	EXPECT_EQ(4096, req.size);
	req.size = 8192;
	EXPECT_DONE(call(fd, LOCALSTATE_IOC_QUEUE, &req), &req);
	EXPECT_EQ(8192, req.size);
	close(fd);
}

/* A limit that is lowered takes nothing away from who has more. */
TEST_F(limit, lowered_limit_leaves_what_there_is)
{
	struct localstate_get get;
	int fd = session_private();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_register(fd, "a", value_int(1)));
	ASSERT_EQ(0, variable_register(fd, "b", value_int(1)));
	ASSERT_EQ(0, limit_set(LIMIT_VARIABLES, 1));
	EXPECT_EQ(0, variable_get(fd, "a", &get));
	EXPECT_EQ(0, variable_set(fd, "b", value_int(2)));
	EXPECT_EQ(-EDQUOT, variable_register(fd, "c", value_int(1)));
	EXPECT_EQ(0, variable_delete(fd, "a"));
	close(fd);
}

TEST_HARNESS_MAIN
