// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many processes at full speed: no version is missing or out of order except
 * as merged counts it.
 */
#include "netlink_helpers.h"

FIXTURE(stress) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(stress)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("stress");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
}

FIXTURE_TEARDOWN(stress)
{
	close(self->fd);
}

/**
 * struct setter - a process that sets x as fast as it can
 * @gate: the common start
 * @name: the session
 * @parity: lowest bit of its values, so that two of them never set the same
 * @count: how often; 0: until it is stopped
 */
struct setter {
	struct gate *gate;
	const char *name;
	int parity;
	int count;
};

static int setter_run(void *data)
{
	struct setter *setter = data;
	struct localstate_set req = set_request(key_name("x"), value_int(0));
	int fd = session_open(setter->name);
	__u64 last = 0;
	int i;

	CHILD_CHECK(fd >= 0);
	gate_pass(setter->gate);
	for (i = 1; setter->count ? i <= setter->count :
		    !gate_is_stopped(setter->gate); i++) {
		req.value.data = 2LL * i + setter->parity;
		CHILD_CHECK(!call(fd, LOCALSTATE_IOC_SET, &req));
		CHILD_CHECK(req.result == LOCALSTATE_SET_CHANGED);
		CHILD_CHECK(req.version > last);
		last = req.version;
	}
	return 0;
}

/* Two setters, a hundred thousand times each, and a tenth of that where it is slow. */

#define N_SETS rounds(100000)

/* Reads on until this version has come: 0, or -errno. */
static int tally_until(struct reader *reader, struct tally *tally,
		       __u64 version)
{
	const struct localstate_event *event;
	int err;

	while (tally->version < version) {
		err = reader_next(reader, DEADLINE_MS, &event);
		if (err != 1)
			return err ?: -ETIME;
		tally_event(tally, event);
	}
	return 0;
}

static void check_two_setters(struct __test_metadata *_metadata,
			      const char *name, int fd, __u32 queue_size)
{
	struct gate *gate = gate_alloc(3);
	struct setter setter[] = {
		{ gate, name, 0, N_SETS }, { gate, name, 1, N_SETS },
	};
	struct localstate_watch_info info;
	struct tally tally = { 0 };
	static struct reader reader;
	pid_t pid[2];
	int i, ref;

	ASSERT_EQ(0, queue_resize(fd, queue_size));
	ref = watch_name(fd, "x", 0);
	ASSERT_LE(1, ref);
	reader_init(&reader, fd);
	for (i = 0; i < 2; i++)
		pid[i] = child_start(setter_run, &setter[i]);
	gate_pass(gate);
	EXPECT_EQ(0, tally_until(&reader, &tally, 2 * N_SETS));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, child_wait(pid[i]));
	EXPECT_EQ(0, tally.wrong);
	EXPECT_EQ(2 * N_SETS, tally.version);
	EXPECT_EQ(2 * N_SETS, tally.events + tally.merged);
	EXPECT_TRUE(reader_is_drained(&reader));
	ASSERT_EQ(0, watch_info(fd, ref, &info));
	EXPECT_EQ(tally.events, info.events);
	EXPECT_EQ(tally.merged, info.merged);
	EXPECT_EQ(tally.events, info.delivered);
	TH_LOG("%llu events, %llu merged", tally.events, tally.merged);
}

TEST_F_TIMEOUT(stress, two_setters_and_a_watcher_with_a_small_queue, 120)
{
	check_two_setters(_metadata, self->name.text, self->fd, QUEUE_MIN);
}

TEST_F_TIMEOUT(stress, two_setters_and_a_watcher_with_a_large_queue, 120)
{
	check_two_setters(_metadata, self->name.text, self->fd, 1048576);
}

/* INITIAL. */

/* The next event of this watch; one of another is an error. */
static int next_of(struct reader *reader, int ref,
		   const struct localstate_event **event)
{
	int err = reader_next(reader, DEADLINE_MS, event);

	if (err != 1)
		return err ?: -ETIME;
	return (*event)->ref == (__u32)ref ? 0 : -EBADMSG;
}

/*
 * One visit: the first event is INITIAL, SYNC comes once, and the changes go
 * on from the version of INITIAL without a hole.
 */
static int visit(struct reader *reader, int changes)
{
	int ref = watch_name(reader->fd, "x", LOCALSTATE_WATCH_INITIAL);
	const struct localstate_event *event;
	struct tally tally = { 0 };
	int err, synced = 0;

	if (ref < 1)
		return ref ?: -EBADMSG;
	err = next_of(reader, ref, &event);
	if (err)
		return err;
	if (event->kind != LOCALSTATE_EVENT_CHANGED ||
	    event->cause != LOCALSTATE_CAUSE_INITIAL ||
	    event->flags != LOCALSTATE_EVENT_NEW)
		return -EPROTO;
	tally_event(&tally, event);
	while (!synced || tally.events < (__u64)changes) {
		err = next_of(reader, ref, &event);
		if (err)
			return err;
		if (event->kind == LOCALSTATE_EVENT_SYNC)
			synced++;
		else
			tally_event(&tally, event);
	}
	err = watch_end(reader->fd, ref);
	/* What was read before UNWATCH may still hold some of it. */
	reader->position = reader->len;
	if (!err && (synced != 1 || tally.wrong))
		err = -ERANGE;
	return err;
}

TEST_F_TIMEOUT(stress, initial_watchers_come_and_go_without_a_gap, 120)
{
	struct gate *gate = gate_alloc(2);
	struct setter setter = { gate, self->name.text, 0, 0 };
	pid_t pid = child_start(setter_run, &setter);
	static struct reader reader;
	int i, err = 0;

	gate_pass(gate);
	reader_init(&reader, self->fd);
	for (i = 0; !err && i < 2000; i++)
		err = visit(&reader, i % 8);
	EXPECT_EQ(0, err) {
		TH_LOG("visit %d", i);
	}
	EXPECT_EQ(2000, i);
	EXPECT_EQ(0, watch_count(self->fd));
	gate_stop(gate);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_FALSE(is_readable(self->fd));
}

/* The same with a client of its own each time. */
TEST_F_TIMEOUT(stress, initial_clients_come_and_go_without_a_gap, 120)
{
	struct gate *gate = gate_alloc(2);
	struct setter setter = { gate, self->name.text, 0, 0 };
	pid_t pid = child_start(setter_run, &setter);
	static struct reader reader;
	int i, err = 0;

	gate_pass(gate);
	for (i = 0; !err && i < 2000; i++) {
		int fd = session_open(self->name.text);

		ASSERT_LE(0, fd);
		reader_init(&reader, fd);
		err = visit(&reader, i % 8);
		close(fd);
	}
	EXPECT_EQ(0, err) {
		TH_LOG("visit %d", i);
	}
	gate_stop(gate);
	EXPECT_EQ(0, child_wait(pid));
}

/* Five hundred watchers of one variable. */

#define N_WATCHERS 500
#define N_CHANGES 200

/* Takes out of each queue what is there: events of versions first..last. */
static int watchers_check(int *fds, int first, int last)
{
	static struct reader reader;
	const struct localstate_event *event;
	int i, version;

	for (i = 0; i < N_WATCHERS; i++) {
		reader_init(&reader, fds[i]);
		for (version = first; version <= last; version++) {
			if (reader_next(&reader, DEADLINE_MS, &event) != 1 ||
			    event->version != (__u64)version ||
			    event_new_int(event) != version ||
			    event_old_int(event) != version - 1 ||
			    event->merged)
				return -EPROTO;
		}
		if (!reader_is_drained(&reader))
			return -EBADMSG;
	}
	return 0;
}

static int set_range_child(void *data)
{
	int *range = data, i;

	for (i = range[1]; i <= range[2]; i++)
		CHILD_CHECK(!variable_set(range[0], "x", value_int(i)));
	return 0;
}

TEST_F_TIMEOUT(stress, five_hundred_watchers_get_every_change_once, 120)
{
	int fds[N_WATCHERS], range[3] = { self->fd };
	int i;

	for (i = 0; i < N_WATCHERS; i++) {
		fds[i] = session_open(self->name.text);
		ASSERT_LE(0, fds[i]);
		ASSERT_LE(1, watch_name(fds[i], "x", 0));
	}
	for (i = 0; i < N_CHANGES; i += 100) {
		range[1] = i + 1;
		range[2] = i + 100;
		ASSERT_EQ(0, child_run(set_range_child, range));
		EXPECT_EQ(0, watchers_check(fds, i + 1, i + 100));
	}
	for (i = 0; i < N_WATCHERS; i++)
		close(fds[i]);
	EXPECT_EQ(0, netlink_count_watches(self->name.text));
}

/* Watchers that are killed while setters run. */

struct victim {
	const char *name;
	int seen;
};

static int watch_until_killed(void *data)
{
	const struct localstate_event *event;
	struct victim *victim = data;
	static struct reader reader;
	struct tally tally = { 0 };
	int i, fd = session_open(victim->name);

	CHILD_CHECK(fd >= 0);
	for (i = 0; i < 20; i++)
		CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	reader_init(&reader, fd);
	while (reader_next(&reader, DEADLINE_MS, &event) == 1) {
		if (event->ref != 1)
			continue;
		if (tally.version) {
			tally_event(&tally, event);
		} else {
			tally.version = event->version;
			tally.value = event_new_int(event);
		}
		CHILD_CHECK(!tally.wrong);
		__atomic_add_fetch(&victim->seen, 1, __ATOMIC_RELAXED);
	}
	return 1;
}

/* Waits until the watcher has seen so many events. */
static bool victim_has_seen(const struct victim *victim, int count)
{
	__s64 deadline = now_ms() + DEADLINE_MS;

	while (now_ms() < deadline) {
		if (__atomic_load_n(&victim->seen, __ATOMIC_RELAXED) >= count)
			return true;
		sched_yield();
	}
	return false;
}

TEST_F_TIMEOUT(stress, watchers_killed_at_random_leave_nothing, 120)
{
	struct gate *gate = gate_alloc(3);
	struct victim *victim = shared_alloc(sizeof(*victim));
	struct setter setter[] = {
		{ gate, self->name.text, 0, 0 }, { gate, self->name.text, 1, 0 },
	};
	pid_t pid[2], watcher;
	int i;

	for (i = 0; i < 2; i++)
		pid[i] = child_start(setter_run, &setter[i]);
	gate_pass(gate);
	for (i = 0; i < 60; i++) {
		*victim = (struct victim) { .name = self->name.text };
		watcher = child_start(watch_until_killed, victim);
		EXPECT_TRUE(victim_has_seen(victim, i % 31));
		EXPECT_EQ(128 + SIGKILL, child_kill(watcher));
		EXPECT_EQ(0, netlink_count_watches(self->name.text));
	}
	gate_stop(gate);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, child_wait(pid[i]));
}

TEST_HARNESS_MAIN
