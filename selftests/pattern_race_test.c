// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches by pattern against everything at once: no variable that matches is
 * missed, none is told twice, and no version is missing or out of order except as
 * merged counts it.
 */
#include "churn_helpers.h"

#define N_VISITS	rounds(2000)
#define N_EVENTS	40

FIXTURE(pattern_race) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(pattern_race)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("pattern.race");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(pattern_race)
{
	close(self->fd);
}

/* ---- a watcher, and what it believes ------------------------------------- */

struct watcher {
	struct reader *reader;
	int ref;
	bool synced;
	__u64 newest;
	struct belief beliefs[N_BELIEFS];
};

/* A variable that nothing was told of yet: the first event says what it is. */
static int watcher_meet(struct watcher *watcher,
			const struct localstate_event *event)
{
	bool initial = event->cause == LOCALSTATE_CAUSE_INITIAL;
	bool created = event->kind == LOCALSTATE_EVENT_CREATED;
	struct belief *belief = belief_find(watcher->beliefs, 0);

	/* Merged into DELETED: it came and went while there was no room. */
	if (event->kind == LOCALSTATE_EVENT_DELETED)
		return event->flags & LOCALSTATE_EVENT_OLD ? -ENOMSG : 0;
	if (!belief || initial == created || initial == watcher->synced)
		return -EILSEQ;
	if (event->flags & LOCALSTATE_EVENT_OLD)
		return -EBADE;
	/* Ids grow, so those that come later have greater ones. */
	if (created && event->id <= watcher->newest)
		return -EBADSLT;
	if (created && event->version != event->merged)
		return -EBADR;
	belief->id = event->id;
	belief->tally = (struct tally){ 0 };
	tally_event(&belief->tally, event);
	return 0;
}

static int watcher_take(struct watcher *watcher,
			const struct localstate_event *event)
{
	struct belief *belief;
	int err;

	if (event->ref != (__u32)watcher->ref)
		return -EBADMSG;
	if (event->kind == LOCALSTATE_EVENT_SYNC) {
		watcher->synced = true;
		return 0;
	}
	if (event->kind == LOCALSTATE_EVENT_LOST)
		return -ENOSPC;
	belief = belief_find(watcher->beliefs, event->id);
	if (!belief) {
		err = watcher_meet(watcher, event);
	} else {
		tally_event(&belief->tally, event);
		err = event->kind == LOCALSTATE_EVENT_CREATED ? -EEXIST :
		      belief->tally.wrong ? -ERANGE : 0;
		if (event->kind == LOCALSTATE_EVENT_DELETED)
			belief->id = 0;
	}
	if (event->id > watcher->newest)
		watcher->newest = event->id;
	return err;
}

/* By pattern, or by a list of names: the ref, or -errno. */
static int watch_either(int fd, bool list, __u32 flags)
{
	return list ? watch_names(fd, names, N_NAMES,
				  flags | LOCALSTATE_WATCH_ALLOW_MISSING) :
		      watch_pattern(fd, "v/*", flags);
}

/* One visit: @n events, SYNC among them, and then an end. */
static int visit(struct reader *reader, int n, bool list, __u32 flags)
{
	struct watcher watcher = { .reader = reader };
	const struct localstate_event *event;
	int err, i;

	watcher.ref = watch_either(reader->fd, list,
				   LOCALSTATE_WATCH_INITIAL | flags);
	if (watcher.ref < 1)
		return watcher.ref ?: -EBADMSG;
	for (i = 0; i < n || !watcher.synced; i++) {
		err = reader_next(reader, DEADLINE_MS, &event);
		if (err != 1)
			return err ?: -ETIME;
		err = watcher_take(&watcher, event);
		if (err)
			return err;
	}
	err = watch_end(reader->fd, watcher.ref);
	/* What was read before UNWATCH may still hold some of it. */
	reader->position = reader->len;
	return err;
}

static void check_visits(struct __test_metadata *_metadata, const char *name,
			 int fd, __u32 queue_size, bool list, __u32 flags)
{
	struct gate *gate = gate_alloc(N_CHURNERS + 1);
	struct actor actor = { gate, name };
	static struct reader reader;
	int i, err = 0;
	pid_t pid[N_CHURNERS];

	ASSERT_EQ(0, queue_resize(fd, queue_size));
	churn_start(&actor, pid);
	gate_pass(gate);
	reader_init(&reader, fd);
	for (i = 0; !err && i < N_VISITS; i++)
		err = visit(&reader, i % N_EVENTS, list, flags);
	EXPECT_EQ(0, err)
		TH_LOG("visit %d", i);
	EXPECT_EQ(0, churn_stop(&actor, pid));
	EXPECT_EQ(0, watch_count(fd));
	EXPECT_FALSE(is_readable(fd));
}

TEST_F_TIMEOUT(pattern_race, watchers_come_and_go_without_a_gap, 180)
{
	check_visits(_metadata, self->name.text, self->fd, 65536, false,
		     0);
}

TEST_F_TIMEOUT(pattern_race, watchers_with_a_small_queue_have_no_gap, 180)
{
	check_visits(_metadata, self->name.text, self->fd, QUEUE_MIN, false,
		     0);
}

TEST_F_TIMEOUT(pattern_race, watchers_that_conflate_have_no_gap, 180)
{
	check_visits(_metadata, self->name.text, self->fd, QUEUE_MIN, false,
		     LOCALSTATE_WATCH_CONFLATE);
}

TEST_F_TIMEOUT(pattern_race, watchers_by_list_have_no_gap, 180)
{
	check_visits(_metadata, self->name.text, self->fd, QUEUE_MIN, true, 0);
}

/* ---- all against all ----------------------------------------------------- */

static int watcher_run(void *data)
{
	struct actor *actor = data;
	int fd, i, err;

	gate_pass(actor->gate);
	for (i = 0; !gate_is_stopped(actor->gate); i++) {
		fd = session_open(actor->session);
		CHILD_CHECK(fd >= 0);
		err = watch_pattern(fd, i & 1 ? "*" : "v/[0-3]",
				    LOCALSTATE_WATCH_INITIAL |
				    LOCALSTATE_WATCH_ALLOW_MISSING);
		CHILD_CHECK(err > 0);
		if (i & 2)
			CHILD_CHECK(!watch_end(fd, err));
		close(fd);
	}
	return 0;
}

/* Watchers that are closed, and some that are killed, beside those who register. */
TEST_F_TIMEOUT(pattern_race, watchers_that_end_leave_nothing, 180)
{
	struct gate *gate = gate_alloc(6);
	struct actor actor = { gate, self->name.text };
	__s64 end;
	pid_t pid[5];
	int i;

	for (i = 0; i < 5; i++)
		pid[i] = child_start(!i ? registrar_run : i == 1 ? setter_run :
				     watcher_run, &actor);
	gate_pass(gate);
	for (end = now_ms() + 3 * SECOND_MS; now_ms() < end;)
		EXPECT_EQ(0, watch_count(self->fd));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid[4]));
	gate_stop(gate);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, child_wait(pid[i]));
	for (i = 0; i < N_NAMES; i++)
		variable_delete(self->fd, names[i]);
	ASSERT_EQ(0, variable_register(self->fd, "v/0", value_int(0)));
}

/* The end of the session comes while all of them are at work. */
static int until_the_end(void *data)
{
	struct actor *actor = data;
	int fd = session_open(actor->session);
	int i, err = 0;

	CHILD_CHECK(fd >= 0);
	gate_pass(actor->gate);
	for (i = 0; err != -ESHUTDOWN; i++) {
		err = watch_pattern(fd, "v/*", i & 1);
		CHILD_CHECK(err > 0 || err == -ESHUTDOWN);
		if (err > 0)
			err = watch_end(fd, err);
		if (err != -ESHUTDOWN)
			err = variable_register(fd, names[i % N_NAMES],
						value_int(i));
		if (err == -EEXIST)
			err = variable_delete(fd, names[i % N_NAMES]);
		CHILD_CHECK(!err || err == -ENOENT || err == -ESHUTDOWN);
	}
	close(fd);
	return 0;
}

TEST_F_TIMEOUT(pattern_race, session_ends_amid_watchers, 180)
{
	int i, round;

	for (round = 0; round < rounds(50); round++) {
		struct session_name name = session_name_unique("pattern.end");
		int fd = session_create(name.text);
		struct gate *gate = gate_alloc(4);
		struct actor actor = { gate, name.text };
		pid_t pid[3];

		ASSERT_LE(0, fd);
		for (i = 0; i < 3; i++)
			pid[i] = child_start(until_the_end, &actor);
		gate_pass(gate);
		for (i = 0; i < 20; i++)
			sched_yield();
		ASSERT_EQ(0, session_destroy(fd));
		for (i = 0; i < 3; i++)
			EXPECT_EQ(0, child_wait(pid[i]));
		close(fd);
	}
}

TEST_HARNESS_MAIN
