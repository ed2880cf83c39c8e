// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many watchers of one variable, in processes that are killed at random while it is
 * set all the time: who lives misses nothing, and who is gone leaves nothing, neither
 * watch nor link nor client.
 *
 * That the module can be unloaded afterwards is for the runner to see.
 */
#include "fail_nth_state_helpers.h"

/* A process has so many descriptors, one watch on each. */
#define N_EACH		50
#define N_PROCESSES	(rounds(20 * N_EACH) / N_EACH)
/* Torture makes it more watchers: then each of these takes longer by itself. */
#define N_KILLS		(80 / time_scale())
#define N_FLAGS		4

FIXTURE(kill_race) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(kill_race)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to read the counters");
	self->name = session_name_unique("kill.race");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
}

FIXTURE_TEARDOWN(kill_race)
{
	close(self->fd);
}

/**
 * struct arena - what all processes share
 * @gate: the setter's
 * @name: the session
 * @made: watches that were made, in all
 * @seen: events that were read, in all
 */
struct arena {
	struct gate *gate;
	const char *name;
	__u64 made;
	__u64 seen;
};

static int setter_run(void *data)
{
	struct arena *arena = data;
	int i, fd = session_open(arena->name);

	CHILD_CHECK(fd >= 0);
	gate_pass(arena->gate);
	for (i = 1; !gate_is_stopped(arena->gate); i++)
		CHILD_CHECK(!variable_set(fd, "x", value_int(i)));
	return 0;
}

/* Plain, INITIAL, CONFLATE, and both. */
static const __u32 flags[N_FLAGS] = {
	0,
	LOCALSTATE_WATCH_INITIAL,
	LOCALSTATE_WATCH_CONFLATE,
	LOCALSTATE_WATCH_INITIAL | LOCALSTATE_WATCH_CONFLATE,
};

/* What is there of one watch, without a hole. */
static void take_all(struct arena *arena, int fd, struct tally *tally)
{
	const struct localstate_event *event;
	struct reader reader;
	int err;

	reader_init(&reader, fd);
	while ((err = reader_next(&reader, 0, &event)) == 1) {
		if (event->kind == LOCALSTATE_EVENT_SYNC)
			continue;
		if (tally->seen) {
			tally_event(tally, event);
		} else {
			tally->seen = 1;
			tally->version = event->version;
			tally->value = event_new_int(event);
		}
		CHILD_CHECK(!tally->wrong);
		__atomic_add_fetch(&arena->seen, 1, __ATOMIC_RELAXED);
	}
	CHILD_CHECK(!err);
}

static int watcher_run(void *data)
{
	struct tally tallies[N_EACH] = { 0 };
	struct pollfd polled[N_EACH];
	struct arena *arena = data;
	int i, n;

	for (i = 0; i < N_EACH; i++) {
		polled[i].fd = session_open(arena->name);
		polled[i].events = POLLIN;
		CHILD_CHECK(polled[i].fd >= 0);
		CHILD_CHECK(!queue_resize(polled[i].fd, QUEUE_MIN));
		n = watch_name(polled[i].fd, "x", flags[i % N_FLAGS]);
		CHILD_CHECK(n == 1);
		__atomic_add_fetch(&arena->made, 1, __ATOMIC_RELAXED);
	}
	while (poll(polled, N_EACH, -1) > 0) {
		for (i = 0; i < N_EACH; i++) {
			if (polled[i].revents)
				take_all(arena, polled[i].fd, &tallies[i]);
		}
	}
	return 1;
}

/* Waits until this many watches were made since @before. */
static bool watches_grow(const struct arena *arena, __u64 before, __u64 by)
{
	__s64 deadline = now_ms() + TORTURE_MS;

	while (__atomic_load_n(&arena->made, __ATOMIC_RELAXED) < before + by) {
		if (now_ms() >= deadline)
			return false;
		sched_yield();
	}
	return true;
}

/*
 * One after the other is killed, in the middle of whatever it does, and another one
 * comes for it: it may be killed before it has a watch, or between two.
 */
static void kill_at_random(struct __test_metadata *_metadata,
			   struct arena *arena, pid_t *pid)
{
	unsigned int seed = 1;
	int i;

	for (i = 0; i < N_KILLS; i++) {
		int which = rand_r(&seed) % N_PROCESSES;
		__u64 before = arena->made;

		ASSERT_EQ(128 + SIGKILL, child_kill(pid[which]));
		pid[which] = child_start(watcher_run, arena);
		ASSERT_LT(0, pid[which]);
		ASSERT_TRUE(watches_grow(arena, before,
					 rand_r(&seed) % N_EACH));
	}
}

TEST_F_TIMEOUT(kill_race, watchers_killed_at_random_leave_nothing, 180)
{
	struct arena *arena = shared_alloc(sizeof(*arena));
	pid_t setter, *pid = calloc(N_PROCESSES, sizeof(*pid));
	struct usage before = { 0 };
	struct meter meter;
	struct localstate_get get;
	int i;

	ASSERT_TRUE(meter_init(&meter));
	usage_take(&meter, &before);
	*arena = (struct arena){ .gate = gate_alloc(2), .name = self->name.text };
	setter = child_start(setter_run, arena);
	gate_pass(arena->gate);
	for (i = 0; i < N_PROCESSES; i++)
		pid[i] = child_start(watcher_run, arena);
	ASSERT_TRUE(watches_grow(arena, 0, N_PROCESSES * N_EACH));
	EXPECT_EQ(N_PROCESSES * N_EACH, netlink_count_watches(self->name.text));
	kill_at_random(_metadata, arena, pid);
	for (i = 0; i < N_PROCESSES; i++)
		EXPECT_EQ(128 + SIGKILL, child_kill(pid[i]));
	EXPECT_EQ(0, netlink_count_watches(self->name.text));
	gate_stop(arena->gate);
	EXPECT_EQ(0, child_wait(setter));
	EXPECT_TRUE(usage_becomes(&meter, &before));
	ASSERT_EQ(0, variable_get(self->fd, "x", &get));
	EXPECT_LT(0, arena->seen);
	TH_LOG("%d watchers at once, %llu made, %d kills, %llu sets, %llu events",
	       N_PROCESSES * N_EACH, arena->made, N_KILLS + N_PROCESSES,
	       (__u64)get.version, arena->seen);
	meter_free(&meter);
	free(pid);
}

TEST_HARNESS_MAIN
