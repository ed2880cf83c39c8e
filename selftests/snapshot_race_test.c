// SPDX-License-Identifier: GPL-2.0-only
/*
 * WATCH with SNAPSHOT against setters, registrations and deletions: the versions of
 * each variable begin with that of the snapshot, and go on without a hole but what
 * merged counts.
 */
#include "batch_helpers.h"
#include "churn_helpers.h"
#include "snapshot_helpers.h"

#define N_VISITS	rounds(2000)
#define N_EVENTS	40

FIXTURE(snapshot_race) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(snapshot_race)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("snapshot.race");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(snapshot_race)
{
	close(self->fd);
}

/* ---- a watcher, and what it believes ------------------------------------- */

/**
 * struct watcher - one visit
 * @targets: what it watches
 * @n_targets: their number
 * @ref: the watch
 * @newest: greatest id that it knows
 * @continued: events of variables that were in the snapshot
 * @beliefs: what it knows, the snapshot as if it were events
 */
struct watcher {
	const struct localstate_target *targets;
	__u32 n_targets;
	__u32 ref;
	__u64 newest;
	unsigned long continued;
	struct belief beliefs[N_BELIEFS];
};

static int watcher_start(struct watcher *watcher, int fd)
{
	static __u64 buffer[4096];
	const struct localstate_variable *record = (const void *)buffer;
	struct localstate_watch req =
		snapshot_request(watcher->targets, watcher->n_targets, buffer,
				 sizeof(buffer));
	struct belief *belief;
	int err;
	__u32 i;

	req.flags |= LOCALSTATE_WATCH_ALLOW_MISSING;
	err = call(fd, LOCALSTATE_IOC_WATCH, &req);
	if (err)
		return err;
	watcher->ref = req.ref;
	memset(watcher->beliefs, 0, sizeof(watcher->beliefs));
	for (i = 0; i < req.count; i++) {
		belief = belief_find(watcher->beliefs, 0);
		if (!belief || belief_find(watcher->beliefs, record->id))
			return -EEXIST;
		belief->id = record->id;
		belief->tally.version = record->version;
		belief->tally.value = event_bits(record + 1);
		if (record->id > watcher->newest)
			watcher->newest = record->id;
		record = record_next(record);
	}
	return (const char *)record == (const char *)buffer + req.size ?
	       0 : -EBADMSG;
}

/* A variable that was not in the snapshot. */
static int watcher_meet(struct watcher *watcher,
			const struct localstate_event *event)
{
	struct belief *belief = belief_find(watcher->beliefs, 0);

	/* Merged into DELETED: it came and went while there was no room. */
	if (event->kind == LOCALSTATE_EVENT_DELETED)
		return event->flags & LOCALSTATE_EVENT_OLD ? -ENOMSG : 0;
	if (!belief || event->kind != LOCALSTATE_EVENT_CREATED)
		return -EILSEQ;
	if (event->id <= watcher->newest)
		return -EBADSLT;
	if (event->version != event->merged)
		return -EBADR;
	belief->id = event->id;
	belief->tally = (struct tally){ 0 };
	tally_event(&belief->tally, event);
	watcher->newest = event->id;
	return 0;
}

static int watcher_take(struct watcher *watcher,
			const struct localstate_event *event)
{
	struct belief *belief = belief_find(watcher->beliefs, event->id);

	if (event->ref != watcher->ref)
		return -EBADMSG;
	if (event->kind != LOCALSTATE_EVENT_CHANGED &&
	    event->kind != LOCALSTATE_EVENT_CREATED &&
	    event->kind != LOCALSTATE_EVENT_DELETED)
		return -ENOSPC;
	if (!belief)
		return watcher_meet(watcher, event);
	if (event->kind == LOCALSTATE_EVENT_CREATED)
		return -EEXIST;
	tally_event(&belief->tally, event);
	watcher->continued++;
	if (event->kind == LOCALSTATE_EVENT_DELETED)
		belief->id = 0;
	return belief->tally.wrong ? -ERANGE : 0;
}

/* One visit: @n events, and then an end. */
static int visit(struct watcher *watcher, struct reader *reader, int n)
{
	const struct localstate_event *event;
	int err, i;

	err = watcher_start(watcher, reader->fd);
	for (i = 0; !err && i < n; i++) {
		err = reader_next(reader, DEADLINE_MS, &event);
		if (err != 1)
			return err ?: -ETIME;
		err = watcher_take(watcher, event);
	}
	if (!err)
		err = watch_end(reader->fd, watcher->ref);
	/* What was read before UNWATCH may still hold some of it. */
	reader->position = reader->len;
	return err;
}

static void check_visits(struct __test_metadata *_metadata, const char *name,
			 int fd, __u32 queue_size,
			 const struct localstate_target *targets, __u32 n)
{
	struct watcher watcher = { .targets = targets, .n_targets = n };
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
		err = visit(&watcher, &reader, i % N_EVENTS);
	EXPECT_EQ(0, err)
		TH_LOG("visit %d", i);
	EXPECT_EQ(0, churn_stop(&actor, pid));
	EXPECT_EQ(0, watch_count(fd));
	EXPECT_FALSE(is_readable(fd));
	/* Else nothing was seen. */
	EXPECT_LT((unsigned long)N_VISITS, watcher.continued);
	TH_LOG("%lu events of variables that were known", watcher.continued);
}

TEST_F_TIMEOUT(snapshot_race, by_pattern_there_is_no_gap, 180)
{
	struct localstate_target target = target_pattern("v/*");

	check_visits(_metadata, self->name.text, self->fd, 65536, &target, 1);
}

TEST_F_TIMEOUT(snapshot_race, by_pattern_with_a_small_queue_there_is_no_gap, 180)
{
	struct localstate_target target = target_pattern("v/*");

	check_visits(_metadata, self->name.text, self->fd, QUEUE_MIN, &target, 1);
}

TEST_F_TIMEOUT(snapshot_race, by_list_there_is_no_gap, 180)
{
	struct localstate_target targets[N_NAMES];
	int i;

	for (i = 0; i < N_NAMES; i++)
		targets[i] = target_name(names[i]);
	check_visits(_metadata, self->name.text, self->fd, 65536, targets, N_NAMES);
}

/* ---- values that grow ---------------------------------------------------- */

/* One value of a text: long, short, long, ... */
static int grower_run(void *data)
{
	static char text[4096];
	struct actor *actor = data;
	int fd = session_open(actor->session);
	int i;

	CHILD_CHECK(fd >= 0);
	memset(text, 't', sizeof(text) - 1);
	gate_pass(actor->gate);
	for (i = 0; !gate_is_stopped(actor->gate); i++)
		CHILD_CHECK(!variable_set(fd, "text", value_string(text + (i % 2 ? 0 : 4000))));
	return 0;
}

/* It fits or it does not: then nothing is left of it. */
TEST_F_TIMEOUT(snapshot_race, value_that_grows_is_emsgsize_or_whole, 60)
{
	static __u64 buffer[512];
	const struct localstate_variable *record = (const void *)buffer;
	const __u32 half = sizeof(*record) + 8 + 2048;
	struct gate *gate = gate_alloc(2);
	struct actor actor = { gate, self->name.text };
	struct localstate_target target = target_name("text");
	int i, err, fits = 0, other = 0;
	pid_t pid;

	ASSERT_EQ(0, variable_register(self->fd, "text", value_string("")));
	pid = child_start(grower_run, &actor);
	gate_pass(gate);
	for (i = 0; i < rounds(20000); i++) {
		struct localstate_watch req =
			snapshot_request(&target, 1, buffer, half);

		poison(buffer, sizeof(buffer));
		err = call(self->fd, LOCALSTATE_IOC_WATCH, &req);
		if (err == -EMSGSIZE && req.size > half && !req.ref) {
			other += watch_count(self->fd) != 0;
			continue;
		}
		fits++;
		other += err || record->size != req.size || req.size > half ||
			 watch_end(self->fd, req.ref);
	}
	gate_stop(gate);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, other);
	EXPECT_LT(0, fits);
	EXPECT_GT(rounds(20000), fits);
	TH_LOG("%d of %d fit", fits, rounds(20000));
	EXPECT_FALSE(is_readable(self->fd));
}

/* ---- transactions -------------------------------------------------------- */

/* Moves amounts between two variables: the sum stays. */
static int mover_run(void *data)
{
	struct actor *actor = data;
	struct localstate_set entries[2];
	int fd = session_open(actor->session);
	int i;

	CHILD_CHECK(fd >= 0);
	gate_pass(actor->gate);
	for (i = 0; !gate_is_stopped(actor->gate); i++) {
		entries[0] = operation_request(names[i % N_NAMES],
					       LOCALSTATE_OPERATION_ADD, value_int(-i));
		entries[1] = operation_request(names[(i + 1 + i % 5) % N_NAMES],
					       LOCALSTATE_OPERATION_ADD, value_int(i));
		CHILD_CHECK(!transaction_run(fd, entries, 2));
	}
	return 0;
}

/* No transaction is between the values of a snapshot. */
TEST_F_TIMEOUT(snapshot_race, sum_of_a_snapshot_is_that_of_a_moment, 180)
{
	static __u64 buffer[512];
	struct localstate_target target = target_pattern("v/*");
	const struct localstate_variable *record;
	struct actor actor = { gate_alloc(3), self->name.text };
	__u64 versions, before = 0;
	int i, wrong = 0, moved = 0;
	pid_t pid[2];
	__s64 sum;
	__u32 j;

	for (i = 0; i < N_NAMES; i++)
		ASSERT_EQ(0, variable_register(self->fd, names[i], value_int(0)));
	for (i = 0; i < 2; i++)
		pid[i] = child_start(mover_run, &actor);
	gate_pass(actor.gate);
	for (i = 0; i < 5 * N_VISITS; i++) {
		struct localstate_watch req =
			snapshot_request(&target, 1, buffer, sizeof(buffer));

		ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
		ASSERT_EQ(N_NAMES, req.count);
		ASSERT_EQ(0, watch_end(self->fd, req.ref));
		record = (const void *)buffer;
		for (sum = 0, versions = 0, j = 0; j < req.count; j++) {
			sum += (__s64)event_bits(record + 1);
			versions += record->version;
			record = record_next(record);
		}
		wrong += sum || versions % 2;
		moved += versions != before;
		before = versions;
	}
	gate_stop(actor.gate);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, child_wait(pid[i]));
	EXPECT_EQ(0, wrong);
	/* Else it would be no race. */
	EXPECT_LT(0, moved);
	TH_LOG("%d of %d differed", moved, 5 * N_VISITS);
}

TEST_HARNESS_MAIN
