// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose bytes are counted and until when, also if two race for the last ones.
 */
#include "bytes_helpers.h"
#include "pattern_helpers.h"

#define THIRD_UID 54341

/* ---- for whom ------------------------------------------------------------ */

FIXTURE(user_bytes) {
	struct users users;
};

FIXTURE_SETUP(user_bytes)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to set limits");
	ASSERT_TRUE(users_init(&self->users));
}

FIXTURE_TEARDOWN(user_bytes)
{
	users_free(&self->users);
}

TEST_F(user_bytes, whoever_sets_a_value_pays_until_it_is_replaced)
{
	struct users *users = &self->users;

	ASSERT_EQ(0, variable_register(users->fd, "v", value_string("")));
	ASSERT_EQ(0, variable_set(users->other, "v", long_string()));
	EXPECT_EQ(0, user_bytes(users->fd));
	EXPECT_LE(TEXT, user_bytes(users->other));
	ASSERT_EQ(0, variable_set(users->fd, "v", value_string("short")));
	EXPECT_EQ(0, user_bytes(users->other));
	EXPECT_EQ(0, user_bytes(users->fd));
}

TEST_F(user_bytes, value_is_paid_for_after_its_setter_has_gone)
{
	struct users *users = &self->users;
	long long n;

	ASSERT_EQ(0, variable_register(users->fd, "v", value_string("")));
	ASSERT_EQ(0, variable_set(users->other, "v", long_string()));
	n = user_bytes(users->other);
	close(users->other);
	users->other = client_of(STRANGER_UID, users->name.text);
	EXPECT_EQ(n, user_bytes(users->other));
	ASSERT_EQ(0, variable_delete(users->fd, "v"));
	EXPECT_EQ(0, user_bytes(users->other));
}

TEST_F(user_bytes, user_without_room_does_not_hinder_another_one)
{
	struct users *users = &self->users;
	struct localstate_set req = set_request(key_name("v"), long_string());

	ASSERT_EQ(0, variable_register(users->fd, "v", value_string("")));
	ASSERT_EQ(0, variable_register(users->fd, "w", value_string("")));
	ASSERT_EQ(0, variable_set(users->fd, "w", long_string()));
	ASSERT_EQ(0, limit_set(user_bytes(users->fd)));
	EXPECT_REFUSED(EDQUOT, BYTES, user_bytes(users->fd),
		       call(users->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(0, variable_set(users->other, "v", long_string()));
}

/* Both are in memory for a moment; the metadata that are merged, too. */
TEST_F(user_bytes, replacing_needs_room_for_both)
{
	struct users *users = &self->users;
	struct localstate_set req = set_request(key_name("v"), long_string());
	long long n;

	ASSERT_EQ(0, variable_register(users->fd, "v", value_string("")));
	ASSERT_EQ(0, variable_set_metadata(users->fd, "v", long_string(),
					   long_metadata, TEXT));
	n = user_bytes(users->fd);
	req.flags = LOCALSTATE_SET_FORCE;
	req.metadata = pointer(long_metadata);
	req.metadata_len = TEXT;
	ASSERT_EQ(0, limit_set(2 * n - 1));
	EXPECT_REFUSED(EDQUOT, BYTES, 2 * n - 1,
		       call(users->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(n, user_bytes(users->fd));
	ASSERT_EQ(0, limit_set(2 * n));
	EXPECT_EQ(0, call(users->fd, LOCALSTATE_IOC_SET, &req));
	EXPECT_EQ(n, user_bytes(users->fd));
}

/* The value that RESET gives back is the first one, which is counted once. */
TEST_F(user_bytes, first_value_is_counted_once_and_stays)
{
	struct users *users = &self->users;
	long long n;

	ASSERT_EQ(0, variable_register(users->fd, "v", long_string()));
	n = user_bytes(users->fd);
	ASSERT_GE(TEXT + HEAD, n);
	ASSERT_EQ(0, variable_set(users->fd, "v", value_string("short")));
	EXPECT_EQ(n, user_bytes(users->fd));
	ASSERT_EQ(0, claim_add(users->fd, "v", LOCALSTATE_CLAIM_END_RESET));
	ASSERT_EQ(0, claim_release(users->fd, "v"));
	EXPECT_EQ(n, user_bytes(users->fd));
	ASSERT_EQ(0, variable_delete(users->fd, "v"));
	EXPECT_EQ(0, user_bytes(users->fd));
}

TEST_F(user_bytes, scalars_need_none)
{
	struct users *users = &self->users;

	ASSERT_EQ(0, limit_set(0));
	EXPECT_EQ(0, variable_register(users->fd, "v", value_float(0.5)));
	EXPECT_EQ(0, variable_set(users->fd, "v", value_float(1.5)));
	EXPECT_EQ(0, claim_add(users->fd, "v", LOCALSTATE_CLAIM_END_RESET));
	EXPECT_EQ(0, claim_release(users->fd, "v"));
	EXPECT_EQ(0, user_bytes(users->fd));
}

TEST_F(user_bytes, failed_watch_leaves_a_queue_that_can_be_sized)
{
	struct users *users = &self->users;

	ASSERT_EQ(0, variable_register(users->fd, "v", value_int(0)));
	EXPECT_EQ(-ENOENT, watch_name(users->fd, "nothing", 0));
	EXPECT_EQ(0, user_bytes(users->fd));
	EXPECT_EQ(0, queue_resize(users->fd, 65536));
	EXPECT_LT(0, watch_name(users->fd, "v", 0));
	EXPECT_LE(65536, user_bytes(users->fd));
	EXPECT_EQ(-ENOENT, watch_name(users->fd, "nothing", 0));
	EXPECT_LE(65536, user_bytes(users->fd));
	EXPECT_EQ(-EBUSY, queue_resize(users->fd, QUEUE_MIN));
}

/* Whoever registers is not hindered by the limits of those who watch. */
TEST_F(user_bytes, watch_that_has_no_room_for_a_new_variable_is_told)
{
	struct users *users = &self->users;
	struct reader reader;

	ASSERT_LT(0, watch_pattern(users->fd, "v*", 0));
	ASSERT_EQ(0, limit_set(user_bytes(users->fd)));
	EXPECT_EQ(0, variable_register(users->other, "v", value_int(0)));
	reader_init(&reader, users->fd);
	EXPECT_TRUE(reader_next_is(&reader, LOCALSTATE_EVENT_LOST, 0));
	EXPECT_TRUE(reader_is_drained(&reader));
}

TEST_F(user_bytes, user_is_the_same_in_another_network_namespace)
{
	struct users *users = &self->users;
	int fd;

	ASSERT_EQ(0, variable_register(users->fd, "v", long_string()));
	if (unshare(CLONE_NEWNET))
		SKIP(return, "no network namespaces");
	fd = client_of(OTHER_UID, users->name.text);
	ASSERT_LE(0, fd);
	/* Another session of that name. */
	ASSERT_EQ(0, variable_register(fd, "v", long_string()));
	EXPECT_LE(2 * TEXT, user_bytes(fd));
	EXPECT_EQ(user_bytes(users->fd), user_bytes(fd));
	ASSERT_EQ(0, limit_set(user_bytes(fd)));
	EXPECT_EQ(-EDQUOT, variable_register(users->fd, "w", long_string()));
	ASSERT_EQ(0, variable_delete(fd, "v"));
	EXPECT_EQ(0, variable_register(users->fd, "w", long_string()));
	close(fd);
}

/* ---- races, ends ---------------------------------------------------------- */

enum {
	N_SETTERS = 2,
	N_EACH = 8,
};

struct race {
	struct gate *gate;
	int fd;
	int first;
};

/* Sets long and short values of its own variables until it is told to stop. */
static int set_and_clear(void *data)
{
	struct race *race = data;
	bool refused = false, done = false;
	char name[2] = "";
	unsigned int i;
	int err;

	gate_pass(race->gate);
	for (i = 0; !gate_is_stopped(race->gate); i++) {
		name[0] = 'a' + race->first + i % N_EACH;
		err = variable_set(race->fd, name, i % 3 ? long_string() :
							   value_string(""));
		CHILD_CHECK(!err || err == -EDQUOT);
		refused |= !!err;
		done |= !err;
	}
	CHILD_CHECK(refused && done);
	return 0;
}

TEST_F(user_bytes, two_setters_never_get_above_the_limit)
{
	struct users *users = &self->users;
	struct gate *gate = gate_alloc(N_SETTERS + 1);
	struct race race[N_SETTERS];
	pid_t pid[N_SETTERS];
	char name[2] = "a";
	long long max, now;
	int i;

	ASSERT_NE(NULL, gate);
	for (; name[0] < 'a' + N_SETTERS * N_EACH; name[0]++)
		ASSERT_EQ(0, variable_register(users->fd, name, value_string("")));
	/* Room for one of them, but not for all that both want. */
	ASSERT_EQ(0, variable_set(users->fd, "a", long_string()));
	max = 5 * user_bytes(users->fd);
	ASSERT_EQ(0, limit_set(max));
	for (i = 0; i < N_SETTERS; i++) {
		race[i] = (struct race){ gate, users->fd, i * N_EACH };
		pid[i] = child_start(set_and_clear, &race[i]);
	}
	gate_pass(gate);
	for (i = 0; i < rounds(20000); i++) {
		now = user_bytes(users->fd);
		ASSERT_LE(0, now);
		ASSERT_GE(max, now);
	}
	gate_stop(gate);
	for (i = 0; i < N_SETTERS; i++)
		EXPECT_EQ(0, child_wait(pid[i]));
	for (name[0] = 'a'; name[0] < 'a' + N_SETTERS * N_EACH; name[0]++)
		EXPECT_EQ(0, variable_delete(users->fd, name));
	EXPECT_EQ(0, user_bytes(users->fd));
}

static int take_everything(void *data)
{
	struct localstate_claim will = claim_will("v", long_string());
	struct token *ready = data;
	int fd = client_of(THIRD_UID, NULL);

	will.metadata = pointer(long_metadata);
	will.metadata_len = TEXT;
	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(!variable_register(fd, "v", long_string()));
	CHILD_CHECK(!variable_register(fd, "w", long_string()));
	CHILD_CHECK(!variable_set_metadata(fd, "w", value_string("x"),
					   long_metadata, TEXT));
	CHILD_CHECK(watch_pattern(fd, "*", LOCALSTATE_WATCH_INITIAL) > 0);
	CHILD_CHECK(!call(fd, LOCALSTATE_IOC_CLAIM, &will));
	CHILD_CHECK(token_give(ready));
	pause();
	return 1;
}

TEST_F(user_bytes, kill_gives_all_back)
{
	struct token ready;
	pid_t pid;
	int fd;

	ASSERT_EQ(0, token_init(&ready));
	pid = child_start(take_everything, &ready);
	ASSERT_TRUE(token_take(&ready));
	fd = client_of(THIRD_UID, NULL);
	EXPECT_LE(6 * TEXT, user_bytes(fd));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(0, user_bytes(fd));
	close(fd);
}

TEST_HARNESS_MAIN
