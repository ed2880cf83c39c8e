// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest queues, many variables, setters at full speed and readers that are
 * slow: of each link events, merged and filtered are the changes made, and the last
 * value that was seen is the last that was set.
 */
#include "batch_helpers.h"
#include "filter_helpers.h"
#include "process_helpers.h"

#define N_NAMES		64
#define N_SETTERS	2
#define N_READERS	3
#define N_SETS		rounds(20000)
#define N_ENTRIES	8
#define N_VALUES	40

/* Of which the filter lets those pass that differ by so much from the last. */
#define DIFFERENCE	10

/**
 * struct world - what all processes share
 * @start: the common start
 * @drain: stopped when nothing is set any more
 * @session: where
 * @names: of the variables
 * @changes: sets that changed a variable, all setters'
 * @events: that readers have read
 * @merged: changes that these stand for besides
 * @filtered: changes that were held back
 */
struct world {
	struct gate *start;
	struct gate *drain;
	struct session_name session;
	char names[N_NAMES][8];
	__u64 changes;
	__u64 events;
	__u64 merged;
	__u64 filtered;
};

FIXTURE(overflow_race) {
	struct world *world;
	int fd;
};

FIXTURE_SETUP(overflow_race)
{
	struct world *world;
	int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	world = shared_alloc(sizeof(*world));
	ASSERT_NE(NULL, world);
	world->start = gate_alloc(N_SETTERS + N_READERS + 1);
	world->drain = gate_alloc(1);
	world->session = session_name_unique("overflow.race");
	self->fd = session_create(world->session.text);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < N_NAMES; i++) {
		snprintf(world->names[i], sizeof(world->names[i]), "v%d", i);
		ASSERT_EQ(0, variable_register(self->fd, world->names[i],
					       value_int(0)));
	}
	self->world = world;
}

FIXTURE_TEARDOWN(overflow_race)
{
	close(self->fd);
}

static void add(__u64 *sum, __u64 n)
{
	__atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

/* ---- setters ------------------------------------------------------------- */

struct setter {
	struct world *world;
	unsigned int seed;
};

static struct localstate_set random_set(struct setter *setter, int i)
{
	const char *name = setter->world->names[i % N_NAMES];

	return set_request(key_name(name),
			   value_int(rand_r(&setter->seed) % N_VALUES));
}

/* So many neighbours, from a random one on, in one transaction. */
static int set_neighbours(struct setter *setter, int fd)
{
	struct localstate_set entries[N_ENTRIES];
	int first = rand_r(&setter->seed) % N_NAMES;
	struct localstate_batch req;
	int i, err;

	for (i = 0; i < N_ENTRIES; i++)
		entries[i] = random_set(setter, first + i);
	req = batch_request(entries, N_ENTRIES, LOCALSTATE_BATCH_ATOMIC);
	err = call(fd, LOCALSTATE_IOC_BATCH, &req);
	if (!err)
		add(&setter->world->changes, req.changed);
	return err;
}

static int setter_run(void *data)
{
	struct setter *setter = data;
	int fd = session_open(setter->world->session.text);
	int i;

	CHILD_CHECK(fd >= 0);
	gate_pass(setter->world->start);
	for (i = 0; i < N_SETS; i++) {
		struct localstate_set req;

		if (i % 16 == 15) {
			CHILD_CHECK(!set_neighbours(setter, fd));
			continue;
		}
		req = random_set(setter, rand_r(&setter->seed) % N_NAMES);
		CHILD_CHECK(!call(fd, LOCALSTATE_IOC_SET, &req));
		if (req.result == LOCALSTATE_SET_CHANGED)
			add(&setter->world->changes, 1);
	}
	return 0;
}

/* ---- readers ------------------------------------------------------------- */

/* Watches of one reader: two on all variables, and one on each alone. */
enum watch {
	WHOLE,
	CONFLATED,
	FILTERED,
	N_WATCHES = FILTERED + N_NAMES
};

static struct tally tallies[FILTERED + 1][N_NAMES];
static int refs[N_WATCHES];

static int watch_all(struct world *world, int fd, __u32 flags)
{
	struct localstate_target targets[N_NAMES];
	int i;

	for (i = 0; i < N_NAMES; i++)
		targets[i] = target_name(world->names[i]);
	return watch_targets(fd, targets, N_NAMES, flags);
}

static void watch_everything(struct world *world, int fd)
{
	struct localstate_filter_term term =
		term_changed(LOCALSTATE_FILTER_REPORTED, value_uint(DIFFERENCE));
	int i;

	refs[WHOLE] = watch_all(world, fd, 0);
	refs[CONFLATED] = watch_all(world, fd, LOCALSTATE_WATCH_CONFLATE);
	for (i = 0; i < N_NAMES; i++)
		refs[FILTERED + i] = watch_term(fd, world->names[i], 0, &term);
	/* They are numbered one by one, which is how events find their tally. */
	for (i = 0; i < N_WATCHES; i++)
		CHILD_CHECK(refs[i] == i + 1);
}

/* One event; with a filter there are holes in the versions. */
static void take(const struct localstate_event *event)
{
	int which = event->ref - 1;
	struct tally *tally;

	CHILD_CHECK(event->kind == LOCALSTATE_EVENT_CHANGED);
	CHILD_CHECK(which < N_WATCHES && event->target < N_NAMES);
	if (which < FILTERED) {
		tally = &tallies[which][event->target];
		tally_event(tally, event);
		CHILD_CHECK(!tally->wrong);
		return;
	}
	tally = &tallies[FILTERED][which - FILTERED];
	CHILD_CHECK(event->version > tally->version + event->merged);
	tally->version = event->version;
	tally->value = event_new_int(event);
	tally->events++;
	tally->merged += event->merged;
}

/* What one link was told is what was done to its variable. */
static void check_variable(struct world *world, int fd, int i)
{
	struct localstate_watch_info info;
	struct localstate_get get;
	struct tally *tally;
	__s64 value;
	int which;

	CHILD_CHECK(!variable_get(fd, world->names[i], &get));
	value = get.value.data;
	for (which = WHOLE; which <= CONFLATED; which++) {
		tally = &tallies[which][i];
		CHILD_CHECK(tally->version == get.version);
		CHILD_CHECK(tally->value == value);
		CHILD_CHECK(tally->events + tally->merged == get.version);
		add(&world->events, tally->events);
		add(&world->merged, tally->merged);
	}
	tally = &tallies[FILTERED][i];
	CHILD_CHECK(!watch_info(fd, refs[FILTERED + i], &info));
	CHILD_CHECK(tally->events == info.events);
	CHILD_CHECK(tally->merged == info.merged);
	CHILD_CHECK(info.events + info.merged + info.filtered == get.version);
	/* What was held back after it was no further away. */
	CHILD_CHECK(llabs(value - tally->value) < DIFFERENCE);
	add(&world->events, info.events);
	add(&world->merged, info.merged);
	add(&world->filtered, info.filtered);
}

/* Slow: a few events, and then a rest, until nothing is set any more. */
static int reader_run(void *data)
{
	const struct timespec rest = { .tv_nsec = 1000000 };
	const struct localstate_event *event;
	struct world *world = data;
	struct reader reader;
	int fd, i, err;

	fd = session_open(world->session.text);
	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(!queue_resize(fd, QUEUE_MIN));
	watch_everything(world, fd);
	reader_init(&reader, fd);
	reader.limit = 8 * sizeof(*event);
	gate_pass(world->start);
	while (!gate_is_stopped(world->drain) || !reader_is_drained(&reader)) {
		err = reader_next(&reader, 0, &event);
		CHILD_CHECK(err >= 0);
		if (err)
			take(event);
		if (reader_is_empty(&reader) && !gate_is_stopped(world->drain))
			nanosleep(&rest, NULL);
	}
	for (i = 0; i < N_NAMES; i++)
		check_variable(world, fd, i);
	return 0;
}

TEST_F_TIMEOUT(overflow_race, every_link_accounts_for_every_change, 180)
{
	struct world *world = self->world;
	struct setter setter[N_SETTERS];
	pid_t setters[N_SETTERS], readers[N_READERS];
	struct localstate_get get;
	__u64 changes = 0;
	int i;

	for (i = 0; i < N_READERS; i++)
		readers[i] = child_start(reader_run, world);
	for (i = 0; i < N_SETTERS; i++) {
		setter[i] = (struct setter){ world, i + 1 };
		setters[i] = child_start(setter_run, &setter[i]);
	}
	gate_pass(world->start);
	for (i = 0; i < N_SETTERS; i++)
		EXPECT_EQ(0, child_wait_for(setters[i], TORTURE_MS));
	gate_stop(world->drain);
	for (i = 0; i < N_READERS; i++)
		EXPECT_EQ(0, child_wait(readers[i]));
	for (i = 0; i < N_NAMES; i++) {
		ASSERT_EQ(0, variable_get(self->fd, world->names[i], &get));
		changes += get.version;
	}
	EXPECT_EQ(world->changes, changes);
	EXPECT_EQ(3 * N_READERS * changes,
		  world->events + world->merged + world->filtered);
	/* Else the queues were not full, or the filter let all pass. */
	EXPECT_LT(world->events, world->merged);
	EXPECT_LT(changes, world->filtered);
	TH_LOG("%llu changes: %llu events, %llu merged, %llu filtered", changes,
	       world->events, world->merged, world->filtered);
}

TEST_HARNESS_MAIN
