// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom a limit counts: one user, whatever the namespace, and nobody else; and
 * that what goes, however it goes, makes exactly as much room as it took.
 */
#include "process_helpers.h"

#define THIRD_UID 54341

enum {
	N_SESSIONS = 3,
	N_CLIENTS = 6,
	N_VARIABLES = 5,
	N_WATCHES = 4,
	N_LINKS = 2 * N_WATCHES,	/* a target and its link each */
};

/* What the tests leave a user. */
static const struct {
	const char *parameter;
	int room;
} limits[] = {
	{ "max_user_sessions", N_SESSIONS },
	{ "max_user_clients", N_CLIENTS },
	{ "max_user_variables", N_VARIABLES },
	{ "max_user_watches", N_WATCHES },
	{ "max_user_links", N_LINKS },
};

#define N_LIMITS ARRAY_SIZE(limits)

FIXTURE(user_limit) {
	long long before[N_LIMITS];
};

FIXTURE_SETUP(user_limit)
{
	unsigned int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to set limits");
	for (i = 0; i < N_LIMITS; i++)
		self->before[i] = parameter_get(limits[i].parameter);
	for (i = 0; i < N_LIMITS; i++)
		ASSERT_EQ(0, parameter_set(limits[i].parameter,
					   limits[i].room));
}

FIXTURE_TEARDOWN(user_limit)
{
	unsigned int i;

	for (i = 0; i < N_LIMITS; i++)
		parameter_set(limits[i].parameter, self->before[i]);
}

/* All that a user may have. */
struct property {
	int fd[N_CLIENTS];
	int ref[N_WATCHES];
};

/* In a child: the call fails for the limit @_field, which is @_limit. */
#define CHILD_CHECK_FULL(_call, _req, _field, _limit) do {		\
	CHILD_CHECK((_call) == -EDQUOT);				\
	CHILD_CHECK((_req)->error.field == LOCALSTATE_FIELD_##_field);	\
	CHILD_CHECK((_req)->error.limit == (_limit));			\
} while (0)

static void take_clients(struct property *property)
{
	int i;

	for (i = 0; i < N_CLIENTS; i++) {
		property->fd[i] = device_open(O_RDWR);
		CHILD_CHECK(property->fd[i] >= 0);
	}
	CHILD_CHECK(device_open(O_RDWR) == -EDQUOT);
}

static void take_sessions(struct property *property)
{
	struct localstate_attach req = attach_request(NULL, 0, 0);
	int i;

	for (i = 0; i < N_SESSIONS; i++)
		CHILD_CHECK(!session_attach(property->fd[i], NULL, 0, 0));
	CHILD_CHECK_FULL(call(property->fd[i], LOCALSTATE_IOC_ATTACH, &req),
			 &req, SESSIONS, N_SESSIONS);
}

static void take_variables(int fd)
{
	struct localstate_register req = register_request("z", value_int(0));
	char name[2] = "a";

	for (; name[0] < 'a' + N_VARIABLES; name[0]++)
		CHILD_CHECK(!variable_register(fd, name, value_int(0)));
	CHILD_CHECK_FULL(call(fd, LOCALSTATE_IOC_REGISTER, &req), &req,
			 VARIABLES, N_VARIABLES);
}

static void take_watches(struct property *property)
{
	const struct localstate_target targets[] = {
		target_name("a"), target_name("b"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);
	int fd = property->fd[0], i;

	for (i = 0; i < N_WATCHES - 1; i++) {
		property->ref[i] = watch_name(fd, "a", 0);
		CHILD_CHECK(property->ref[i] > 0);
	}
	CHILD_CHECK_FULL(call(fd, LOCALSTATE_IOC_WATCH, &req), &req, LINKS,
			 N_LINKS);
	property->ref[i] = watch_name(fd, "a", 0);
	CHILD_CHECK(property->ref[i] > 0);
	req = watch_request(targets, 1, 0);
	CHILD_CHECK_FULL(call(fd, LOCALSTATE_IOC_WATCH, &req), &req, WATCHES,
			 N_WATCHES);
}

/* In a child: takes exactly what a user may have who has nothing. */
static void take_all(struct property *property)
{
	take_clients(property);
	take_sessions(property);
	take_variables(property->fd[0]);
	take_watches(property);
}

static void give_all(const struct property *property)
{
	int i;

	for (i = 0; i < N_CLIENTS; i++)
		close(property->fd[i]);
}

/* The room that is made. */

static int take_and_close(void *data)
{
	struct property property;
	int i;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	for (i = 0; i < 3; i++) {
		take_all(&property);
		give_all(&property);
	}
	take_all(&property);
	return 0;
}

TEST_F(user_limit, close_makes_all_room_again)
{
	EXPECT_EQ(0, child_run(take_and_close, NULL));
	EXPECT_EQ(0, child_run(take_and_close, NULL));
}

static int take_and_destroy(void *data)
{
	struct property property;
	int i;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	take_all(&property);
	for (i = 0; i < N_SESSIONS; i++)
		CHILD_CHECK(!session_destroy(property.fd[i]));
	/* Of a session that has ended its clients hold what there is. */
	CHILD_CHECK(device_open(O_RDWR) == -EDQUOT);
	give_all(&property);
	take_all(&property);
	return 0;
}

TEST_F(user_limit, destroyed_session_makes_room_with_its_last_client)
{
	EXPECT_EQ(0, child_run(take_and_destroy, NULL));
}

static int take_and_end_each(void *data)
{
	struct property property;
	char name[2] = "a";
	int i;

	(void)data;
	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	take_all(&property);
	for (i = 0; i < N_WATCHES; i++)
		CHILD_CHECK(!watch_end(property.fd[0], property.ref[i]));
	take_watches(&property);
	for (i = 0; i < N_WATCHES; i++)
		CHILD_CHECK(!watch_end(property.fd[0], property.ref[i]));
	for (; name[0] < 'a' + N_VARIABLES; name[0]++)
		CHILD_CHECK(!variable_delete(property.fd[0], name));
	/* In another session: it is the user who has room. */
	take_variables(property.fd[1]);
	return 0;
}

TEST_F(user_limit, unwatch_and_delete_make_the_room_that_they_took)
{
	EXPECT_EQ(0, child_run(take_and_end_each, NULL));
}

/**
 * struct holder - a process that holds all that a user may have
 * @uid: the user
 * @ready: it has it
 * @go: it closes it
 * @done: and has done so
 */
struct holder {
	uid_t uid;
	struct token ready;
	struct token go;
	struct token done;
};

static int hold_all(void *data)
{
	struct holder *holder = data;
	struct property property;

	CHILD_CHECK(user_become(holder->uid, OTHER_GID));
	take_all(&property);
	CHILD_CHECK(token_give(&holder->ready));
	CHILD_CHECK(token_take(&holder->go));
	give_all(&property);
	CHILD_CHECK(token_give(&holder->done));
	pause();
	return 1;
}

static pid_t holder_start(struct holder *holder, uid_t uid)
{
	pid_t pid;

	holder->uid = uid;
	if (token_init(&holder->ready) || token_init(&holder->go) ||
	    token_init(&holder->done))
		return -EMFILE;
	pid = child_start(hold_all, holder);
	return token_take(&holder->ready) ? pid : -ETIME;
}

TEST_F(user_limit, kill_makes_all_room_again)
{
	struct holder holder;
	pid_t pid = holder_start(&holder, OTHER_UID);

	ASSERT_LT(0, pid);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(0, child_run(take_and_close, NULL));
}

/* Who is counted. */

static int find_no_room(void *data)
{
	CHILD_CHECK(user_become(*(uid_t *)data, OTHER_GID));
	CHILD_CHECK(device_open(O_RDWR) == -EDQUOT);
	return 0;
}

TEST_F(user_limit, users_do_not_share_their_room)
{
	struct holder holder[2];
	pid_t pid[2];
	int i;

	pid[0] = holder_start(&holder[0], OTHER_UID);
	ASSERT_LT(0, pid[0]);
	pid[1] = holder_start(&holder[1], THIRD_UID);
	ASSERT_LT(0, pid[1]);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, child_run(find_no_room, &holder[i].uid));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid[1]));
	EXPECT_EQ(0, child_run(find_no_room, &holder[0].uid));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid[0]));
}

static bool file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 &&
		    write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return done;
}

/* Root of a user namespace, and still the same user for the kernel. */
static int be_root_inside(void *data)
{
	struct holder *holder = data;
	struct property property;
	char map[32];

	CHILD_CHECK(user_become(holder->uid, OTHER_GID));
	/* The files are root's as long as the process is not dumpable. */
	CHILD_CHECK(!prctl(PR_SET_DUMPABLE, 1));
	if (unshare(CLONE_NEWUSER))
		return KSFT_SKIP;
	snprintf(map, sizeof(map), "0 %d 1", holder->uid);
	CHILD_CHECK(file_write("/proc/self/uid_map", map));
	CHILD_CHECK(geteuid() == 0);
	CHILD_CHECK(device_open(O_RDWR) == -EDQUOT);
	CHILD_CHECK(token_give(&holder->go));
	CHILD_CHECK(token_take(&holder->done));
	take_all(&property);
	return 0;
}

TEST_F(user_limit, user_is_the_same_in_another_user_namespace)
{
	struct holder holder;
	pid_t pid = holder_start(&holder, OTHER_UID);
	int err;

	ASSERT_LT(0, pid);
	err = child_run(be_root_inside, &holder);
	child_kill(pid);
	if (err == KSFT_SKIP)
		SKIP(return, "no user namespaces");
	EXPECT_EQ(0, err);
}

/* Becomes another user, and can become a third one later. */
static bool user_switch(uid_t real, uid_t effective)
{
	return !setresuid(0, 0, 0) && !setresuid(real, effective, 0);
}

static int change_user_between(void *data)
{
	struct property first, second;

	(void)data;
	CHILD_CHECK(user_switch(OTHER_UID, OTHER_UID));
	take_clients(&first);
	CHILD_CHECK(user_switch(THIRD_UID, THIRD_UID));
	/* A user of its own; but the first one's descriptors are the first's. */
	take_clients(&second);
	take_sessions(&first);
	take_variables(first.fd[0]);
	take_watches(&first);
	take_sessions(&second);
	take_variables(second.fd[0]);
	take_watches(&second);
	give_all(&first);
	CHILD_CHECK(device_open(O_RDWR) == -EDQUOT);
	CHILD_CHECK(user_switch(OTHER_UID, OTHER_UID));
	take_all(&first);
	return 0;
}

TEST_F(user_limit, who_opened_pays_whoever_the_process_has_become)
{
	EXPECT_EQ(0, child_run(change_user_between, NULL));
}

static int act_as_another(void *data)
{
	struct property property;

	(void)data;
	CHILD_CHECK(user_switch(OTHER_UID, THIRD_UID));
	take_clients(&property);
	CHILD_CHECK(user_switch(THIRD_UID, THIRD_UID));
	CHILD_CHECK(device_open(O_RDWR) >= 0);
	CHILD_CHECK(user_switch(OTHER_UID, OTHER_UID));
	CHILD_CHECK(device_open(O_RDWR) == -EDQUOT);
	return 0;
}

TEST_F(user_limit, real_user_pays)
{
	EXPECT_EQ(0, child_run(act_as_another, NULL));
}

TEST_HARNESS_MAIN
