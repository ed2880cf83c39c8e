// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes of one user that make, set, watch and delete the same variables beside
 * each other: when all is gone the user has no byte.
 */
#include "bytes_helpers.h"
#include "filter_helpers.h"

#define N_WORKERS	2
#define N_NAMES		3

/**
 * struct worker - one of them
 * @session: where
 * @lost: calls that came too late or too early, of all; shared
 * @gate: to begin together
 * @rounds: how often it goes round
 * @first: the name that it begins with
 */
struct worker {
	const char *session;
	__u64 *lost;
	struct gate *gate;
	unsigned int rounds;
	unsigned int first;
};

/* Whether a call was made, or told what a loser of the race is. */
static bool is_done_or_lost(const struct worker *worker, int err)
{
	if (err == -ENOENT || err == -EEXIST)
		__atomic_add_fetch(worker->lost, 1, __ATOMIC_RELAXED);
	else if (err)
		return false;
	return true;
}

static int replace_filter(int fd, const char *name)
{
	struct localstate_filter_term term = term_equals(0, long_string());
	int ref = watch_name(fd, name, LOCALSTATE_WATCH_INITIAL);

	if (ref < 0)
		return ref;
	CHILD_CHECK(!watch_change(fd, ref, &term));
	CHILD_CHECK(!watch_change(fd, ref, &term));
	return watch_end(fd, ref);
}

static int work(void *data)
{
	const struct worker *worker = data;
	char name[2] = "";
	unsigned int i;
	int fd, err;

	fd = client_of(OTHER_UID, worker->session);
	CHILD_CHECK(fd >= 0);
	gate_pass(worker->gate);
	for (i = 0; i < worker->rounds; i++) {
		name[0] = 'a' + (worker->first + i) % N_NAMES;
		err = variable_register(fd, name, long_string());
		CHILD_CHECK(is_done_or_lost(worker, err));
		err = variable_set_metadata(fd, name, value_string(i % 2 ?
					    long_text : "x"),
					    long_metadata, TEXT);
		CHILD_CHECK(is_done_or_lost(worker, err));
		err = replace_filter(fd, name);
		CHILD_CHECK(is_done_or_lost(worker, err));
		err = variable_delete(fd, name);
		CHILD_CHECK(is_done_or_lost(worker, err));
	}
	close(fd);
	return 0;
}

TEST(nothing_is_left_of_what_two_make_and_delete)
{
	struct gate *gate = gate_alloc(N_WORKERS);
	__u64 *lost = shared_alloc(sizeof(*lost));
	struct worker worker[N_WORKERS];
	pid_t pid[N_WORKERS];
	struct users users;
	char name[2] = "";
	int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to be another user");
	ASSERT_NE(NULL, gate);
	ASSERT_NE(NULL, lost);
	ASSERT_TRUE(users_init(&users));
	for (i = 0; i < N_WORKERS; i++) {
		worker[i] = (struct worker){
			.session = users.name.text,
			.lost = lost,
			.gate = gate,
			.rounds = rounds(3000),
			.first = i,
		};
		pid[i] = child_start(work, &worker[i]);
	}
	for (i = 0; i < N_WORKERS; i++)
		EXPECT_EQ(0, child_wait_for(pid[i], TORTURE_MS));
	/* Else they never met. */
	EXPECT_LT(0, *lost);
	TH_LOG("%llu calls lost", *lost);
	for (i = 0; i < N_NAMES; i++) {
		name[0] = 'a' + i;
		EXPECT_EQ(-ENOENT, variable_delete(users.fd, name));
	}
	EXPECT_EQ(0, user_bytes(users.fd));
	users_free(&users);
}

TEST_HARNESS_MAIN
