// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that ask for the same thing at the same moment: one gets it.
 */
#include "netlink_helpers.h"

#define N_THREADS 8
#define N_ROUNDS rounds(200)

FIXTURE(race) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(race)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("race");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
}

FIXTURE_TEARDOWN(race)
{
	close(self->fd);
}

/**
 * struct contest - all threads call @try at once, round after round
 * @rounds: how often; 0: N_ROUNDS
 * @barrier: before and after each round
 * @try: the call: 0 or -errno
 * @fd: for it
 * @name: for it
 * @ref: for it
 * @wins: calls of this round that returned 0
 * @losses: those that returned @losing
 * @losing: what a loser gets
 */
struct contest {
	int rounds;
	pthread_barrier_t barrier;
	int (*try)(struct contest *contest);
	int fd;
	const char *name;
	int ref;
	int wins;
	int losses;
	int losing;
};

static void *contest_thread(void *data)
{
	struct contest *contest = data;
	int i, result;

	for (i = 0; i < contest->rounds; i++) {
		pthread_barrier_wait(&contest->barrier);
		result = contest->try(contest);
		if (!result)
			__atomic_add_fetch(&contest->wins, 1, __ATOMIC_RELAXED);
		if (result == contest->losing)
			__atomic_add_fetch(&contest->losses, 1,
					   __ATOMIC_RELAXED);
		pthread_barrier_wait(&contest->barrier);
	}
	return NULL;
}

/* Runs all rounds; each is prepared before it: the number of wrong ones. */
static int contest_run(struct contest *contest,
		       bool (*prepare)(struct contest *contest))
{
	pthread_t threads[N_THREADS];
	int i, wrong = 0;

	contest->rounds = contest->rounds ?: N_ROUNDS;
	pthread_barrier_init(&contest->barrier, NULL, N_THREADS + 1);
	for (i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, contest_thread, contest);
	for (i = 0; i < contest->rounds; i++) {
		wrong += !prepare(contest);
		contest->wins = 0;
		contest->losses = 0;
		pthread_barrier_wait(&contest->barrier);
		pthread_barrier_wait(&contest->barrier);
		wrong += contest->wins != 1 ||
			 contest->losses != N_THREADS - 1;
	}
	for (i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	return wrong;
}

static int try_register(struct contest *contest)
{
	return variable_register(contest->fd, "new", value_int(1));
}

static bool prepare_register(struct contest *contest)
{
	int err = variable_delete(contest->fd, "new");

	return !err || err == -ENOENT;
}

TEST_F_TIMEOUT(race, one_of_eight_registers_a_name, 120)
{
	struct contest contest = {
		.rounds = rounds(10000),
		.try = try_register,
		.fd = self->fd,
		.losing = -EEXIST,
	};

	EXPECT_EQ(0, contest_run(&contest, prepare_register));
}

static int try_delete(struct contest *contest)
{
	return variable_delete(contest->fd, "new");
}

static bool prepare_delete(struct contest *contest)
{
	return !variable_register(contest->fd, "new", value_int(1));
}

TEST_F_TIMEOUT(race, one_of_eight_deletes_a_variable, 60)
{
	struct contest contest = {
		.try = try_delete,
		.fd = self->fd,
		.losing = -ENOENT,
	};

	EXPECT_EQ(0, contest_run(&contest, prepare_delete));
}

static int try_unwatch(struct contest *contest)
{
	return watch_end(contest->fd, contest->ref);
}

static bool prepare_unwatch(struct contest *contest)
{
	contest->ref = watch_name(contest->fd, "x", LOCALSTATE_WATCH_INITIAL);
	return contest->ref > 0;
}

TEST_F_TIMEOUT(race, one_of_eight_ends_a_watch, 60)
{
	struct contest contest = {
		.try = try_unwatch,
		.fd = self->fd,
		.losing = -ENOENT,
	};

	EXPECT_EQ(0, contest_run(&contest, prepare_unwatch));
	EXPECT_EQ(0, watch_count(self->fd));
	EXPECT_FALSE(is_readable(self->fd));
}

static int try_create(struct contest *contest)
{
	int fd = session_open_flags(contest->name, LOCALSTATE_ATTACH_CREATE |
				    LOCALSTATE_ATTACH_EXCLUSIVE |
				    LOCALSTATE_ATTACH_PERSISTENT, 0600, O_RDWR);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static bool prepare_create(struct contest *contest)
{
	int fd = session_open(contest->name);

	if (fd < 0)
		return fd == -ENOENT;
	session_destroy(fd);
	close(fd);
	return true;
}

TEST_F_TIMEOUT(race, one_of_eight_creates_a_session, 60)
{
	struct session_name name = session_name_unique("race.create");
	struct contest contest = {
		.try = try_create,
		.name = name.text,
		.losing = -EEXIST,
	};

	EXPECT_EQ(0, contest_run(&contest, prepare_create));
	EXPECT_TRUE(prepare_create(&contest));
}

static int try_destroy(struct contest *contest)
{
	return session_destroy(contest->fd);
}

static bool prepare_destroy(struct contest *contest)
{
	close(contest->fd);
	contest->fd = session_create(contest->name);
	return contest->fd >= 0;
}

TEST_F_TIMEOUT(race, one_of_eight_destroys_a_session, 60)
{
	struct session_name name = session_name_unique("race.destroy");
	struct contest contest = {
		.try = try_destroy,
		.fd = -1,
		.name = name.text,
		.losing = -ESHUTDOWN,
	};

	EXPECT_EQ(0, contest_run(&contest, prepare_destroy));
	close(contest.fd);
}

static int try_attach(struct contest *contest)
{
	return session_attach(contest->fd, NULL, 0, 0);
}

static bool prepare_attach(struct contest *contest)
{
	close(contest->fd);
	contest->fd = device_open(O_RDWR);
	return contest->fd >= 0;
}

TEST_F_TIMEOUT(race, one_of_eight_attaches_a_descriptor, 60)
{
	struct contest contest = {
		.try = try_attach,
		.fd = -1,
		.losing = -EISCONN,
	};

	EXPECT_EQ(0, contest_run(&contest, prepare_attach));
	close(contest.fd);
}

/* One setter, others read: no reader sees half a value. */

#define LENGTH 200

struct torn {
	struct gate *gate;
	int fd;
};

static int set_letters(void *data)
{
	struct torn *torn = data;
	char text[LENGTH];
	int i;

	gate_pass(torn->gate);
	for (i = 0; !gate_is_stopped(torn->gate); i++) {
		/* Short ones live elsewhere in the kernel than long ones. */
		size_t len = i % 3 ? LENGTH : 20;
		struct localstate_value value;

		memset(text, 'a' + i % 26, len);
		value = value_bytes(LOCALSTATE_TYPE_STRING, text, len);
		CHILD_CHECK(!variable_set(torn->fd, "s", value));
	}
	return 0;
}

TEST_F_TIMEOUT(race, reader_never_sees_half_a_value, 60)
{
	struct torn torn = { gate_alloc(2), self->fd };
	char text[LENGTH];
	__u64 last = 0;
	pid_t pid;
	int i, wrong = 0;

	ASSERT_EQ(0, variable_register(self->fd, "s", value_string("start")));
	ASSERT_EQ(0, variable_set(self->fd, "s", value_string("zz")));
	pid = child_start(set_letters, &torn);
	gate_pass(torn.gate);
	for (i = 0; i < rounds(30000); i++) {
		struct localstate_get get;

		get = get_request(key_name("s"), text, sizeof(text));
		ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_GET, &get));
		wrong += !is_filled(text, text[0], get.value.length);
		/* The value belongs to the version: i % 26 + 2 did it. */
		if (get.version > 1)
			wrong += text[0] != 'a' + (char)((get.version - 2) % 26);
		wrong += get.version < last;
		last = get.version;
	}
	gate_stop(torn.gate);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, wrong);
}

/* Unwatch against a reader. */

struct drainer {
	int fd;
	bool stop;
	int wrong;
};

static void *drain_thread(void *data)
{
	struct drainer *drainer = data;
	char buffer[512];

	while (!__atomic_load_n(&drainer->stop, __ATOMIC_RELAXED))
		if (read(drainer->fd, buffer, sizeof(buffer)) < 0 &&
		    errno != EAGAIN)
			drainer->wrong++;
	return NULL;
}

#define N_TARGETS 64

/* Changes all of them twice: the queue is full and the slots are, too. */
static int change_all(int fd, char names[][8], int round)
{
	int i, err = 0;

	for (i = 0; !err && i < 2 * N_TARGETS; i++)
		err = variable_set(fd, names[i % N_TARGETS],
				   value_int(2 * round + i / N_TARGETS));
	return err;
}

TEST_F_TIMEOUT(race, unwatch_beside_a_reader_leaves_nothing_readable, 90)
{
	struct localstate_target targets[N_TARGETS];
	struct drainer drainer = { .fd = self->fd };
	char names[N_TARGETS][8];
	pthread_t thread;
	int i, round;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	for (i = 0; i < N_TARGETS; i++) {
		snprintf(names[i], sizeof(names[i]), "t%d", i);
		targets[i] = target_name(names[i]);
		ASSERT_EQ(0, variable_register(self->fd, names[i],
					       value_int(0)));
	}
	ASSERT_EQ(0, pthread_create(&thread, NULL, drain_thread, &drainer));
	for (round = 1; round <= 300; round++) {
		struct localstate_watch req;

		req = watch_request(targets, N_TARGETS,
				    LOCALSTATE_WATCH_INITIAL);
		ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
		ASSERT_EQ(0, change_all(self->fd, names, round));
		ASSERT_EQ(0, watch_end(self->fd, req.ref));
	}
	__atomic_store_n(&drainer.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, drainer.wrong);
	EXPECT_FALSE(is_readable(self->fd));
}

static int set_numbers(void *data)
{
	struct torn *torn = data;
	int i;

	gate_pass(torn->gate);
	for (i = 1; !gate_is_stopped(torn->gate); i++)
		CHILD_CHECK(!variable_set(torn->fd, "n", value_int(i)));
	return 0;
}

/* Once UNWATCH has returned there is nothing of the watch, and nothing comes any more. */
TEST_F_TIMEOUT(race, unwatch_beside_setters_leaves_silence, 90)
{
	struct torn torn = { .fd = self->fd, .gate = gate_alloc(3) };
	__s64 deadline = now_ms() + DEADLINE_MS;
	int i, ref, fd, n = 0, n_made = 0;
	pid_t pid[2];

	ASSERT_EQ(0, variable_register(self->fd, "n", value_int(0)));
	fd = session_open(self->name.text);
	ASSERT_LE(0, fd);
	for (i = 0; i < 2; i++)
		pid[i] = child_start(set_numbers, &torn);
	gate_pass(torn.gate);
	/* And on until one of them was told something before it ended. */
	for (; n_made < rounds(5000) || (!n && now_ms() < deadline); n_made++) {
		ref = watch_name(fd, "n", 0);
		ASSERT_LE(1, ref);
		if (n_made % 2)
			sched_yield();
		n += is_readable(fd);
		ASSERT_EQ(0, watch_end(fd, ref));
		ASSERT_FALSE(is_readable(fd));
	}
	gate_stop(torn.gate);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, child_wait(pid[i]));
	EXPECT_LT(0, n);
	TH_LOG("%d of %d watches had an event", n, n_made);
	close(fd);
}

/* Delete and register of watched names against unwatch and read. */

static int register_and_delete(void *data)
{
	struct torn *torn = data;
	int i;

	gate_pass(torn->gate);
	for (i = 0; !gate_is_stopped(torn->gate); i++) {
		CHILD_CHECK(!variable_delete(torn->fd, "x"));
		CHILD_CHECK(!variable_register(torn->fd, "x", value_int(i)));
		CHILD_CHECK(!variable_set(torn->fd, "x", value_int(-1)));
	}
	return 0;
}

TEST_F_TIMEOUT(race, watches_come_and_go_while_the_variable_does, 90)
{
	struct torn torn = { gate_alloc(2), self->fd };
	int fd = session_open(self->name.text);
	char buffer[4096];
	pid_t pid;
	int i, found = 0;

	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	pid = child_start(register_and_delete, &torn);
	gate_pass(torn.gate);
	for (i = 0; i < rounds(5000); i++) {
		int ref = watch_name(fd, "x", LOCALSTATE_WATCH_INITIAL);

		if (ref < 0) {
			ASSERT_EQ(-ENOENT, ref);
			continue;
		}
		found++;
		if (i % 3)
			ASSERT_NE(0, read(fd, buffer, sizeof(buffer)));
		ASSERT_EQ(0, watch_end(fd, ref));
	}
	gate_stop(torn.gate);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_LT(0, found);
	EXPECT_FALSE(is_readable(fd));
	EXPECT_EQ(0, netlink_count_watches(self->name.text));
	close(fd);
}

/* All calls against DESTROY. */

struct doomed {
	pthread_barrier_t barrier;
	int fd;
	int wrong;
	bool stop;
};

/* Whether a call may return this beside DESTROY. */
static bool is_expected(int result)
{
	return result >= 0 || result == -ESHUTDOWN || result == -ENOENT ||
	       result == -EEXIST;
}

static void *call_all(void *data)
{
	struct doomed *doomed = data;
	struct localstate_get get;
	int results[7], i, n;

	for (;;) {
		pthread_barrier_wait(&doomed->barrier);
		if (doomed->stop)
			return NULL;
		n = 0;
		results[n++] = variable_register(doomed->fd, "y", value_int(1));
		results[n++] = watch_name(doomed->fd, "x",
					  LOCALSTATE_WATCH_INITIAL);
		results[n++] = variable_set(doomed->fd, "x", value_int(1));
		results[n++] = variable_get(doomed->fd, "x", &get);
		results[n++] = variable_delete(doomed->fd, "y");
		results[n++] = variable_register(doomed->fd, "y", value_int(2));
		results[n++] = watch_count(doomed->fd);
		for (i = 0; i < n; i++)
			if (!is_expected(results[i]))
				__atomic_add_fetch(&doomed->wrong, 1,
						   __ATOMIC_RELAXED);
		pthread_barrier_wait(&doomed->barrier);
	}
}

/* After DESTROY nothing works, and the queue ends with SESSION_END. */
static bool is_shut_down(int fd)
{
	const struct localstate_event *event;
	struct localstate_get get;
	struct reader reader;

	if (variable_get(fd, "x", &get) != -ESHUTDOWN)
		return false;
	reader_init(&reader, fd);
	do {
		if (reader_next(&reader, 0, &event) != 1)
			return false;
	} while (event->kind != LOCALSTATE_EVENT_SESSION_END);
	return reader_is_empty(&reader) && !is_readable(fd);
}

TEST_F_TIMEOUT(race, calls_beside_destroy_work_or_are_eshutdown, 60)
{
	struct doomed doomed = { .fd = -1 };
	pthread_t threads[3];
	int i;

	pthread_barrier_init(&doomed.barrier, NULL, 4);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, call_all,
					    &doomed));
	for (i = 0; i < N_ROUNDS; i++) {
		doomed.fd = session_private();
		ASSERT_EQ(0, variable_register(doomed.fd, "x", value_int(0)));
		pthread_barrier_wait(&doomed.barrier);
		ASSERT_EQ(0, session_destroy(doomed.fd));
		pthread_barrier_wait(&doomed.barrier);
		EXPECT_TRUE(is_shut_down(doomed.fd));
		close(doomed.fd);
	}
	doomed.stop = true;
	pthread_barrier_wait(&doomed.barrier);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, doomed.wrong);
}

TEST_HARNESS_MAIN
