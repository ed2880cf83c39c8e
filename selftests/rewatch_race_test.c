// SPDX-License-Identifier: GPL-2.0-only
/*
 * REWATCH against setters, registrations, readers and UNWATCH: each change is
 * judged by the filter and flags of before or of after, and from some change on by
 * those of after.
 */
#include "churn_helpers.h"
#include "filter_helpers.h"

#define N_ROUNDS	rounds(1000)
#define N_SETS		200

FIXTURE(rewatch_race) {
	struct session_name name;
	int fd;
	int writer;
	struct reader reader;
};

FIXTURE_SETUP(rewatch_race)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("rewatch.race");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	self->writer = session_open(self->name.text);
	ASSERT_LE(0, self->writer);
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(rewatch_race)
{
	close(self->fd);
	close(self->writer);
}

/* The values are those with this bit. */
static struct localstate_filter_term term_bit(int bit)
{
	return term_bits(0, value_uint(1U << bit));
}

/* ---- the moment of the replacement --------------------------------------- */

/**
 * struct round - one replacement beside N_SETS sets
 * @barrier: before and after them
 * @fd: of the setter
 * @over: there is no round any more
 * @err: of the setter
 * @base: version before the sets
 * @told: whether there was an event of a version above @base
 */
struct round {
	pthread_barrier_t barrier;
	int fd;
	bool over;
	int err;
	__u64 base;
	bool told[N_SETS + 1];
};

/* The value is always equal to the version. */
static void *round_set(void *data)
{
	struct localstate_set req = operation_request("x", LOCALSTATE_OPERATION_ADD,
						      value_int(1));
	struct round *round = data;
	int i;

	for (;;) {
		pthread_barrier_wait(&round->barrier);
		if (round->over)
			return NULL;
		for (i = 0; i < N_SETS; i++) {
			req.value = value_int(1);
			round->err = round->err ?:
				     call(round->fd, LOCALSTATE_IOC_SET, &req);
		}
		pthread_barrier_wait(&round->barrier);
	}
}

static __u64 version_of(int fd)
{
	struct localstate_get get;

	return variable_get(fd, "x", &get) ? 0 : get.version;
}

/* All events of the round: 0, or -errno. */
static int round_read(struct round *round, struct reader *reader)
{
	const struct localstate_event *event;
	int err;

	memset(round->told, 0, sizeof(round->told));
	while ((err = reader_next(reader, 0, &event)) == 1) {
		if (event->merged || event->version <= round->base ||
		    event->version > round->base + N_SETS ||
		    event_new_int(event) != (__s64)event->version)
			return -EBADMSG;
		round->told[event->version - round->base] = true;
	}
	return err;
}

/**
 * struct judge - what REWATCH is asked for
 * @request: as what
 * @told: the versions that are told then have one of these bits
 */
struct judge {
	struct localstate_rewatch request;
	__u64 told;
};

/* Whether the old judge had all up to @last, and the new one all after. */
static bool round_is_cut_at(const struct round *round, __u64 last,
			    const struct judge *before, const struct judge *after)
{
	__u64 version;
	int i;

	for (i = 1; i <= N_SETS; i++) {
		version = round->base + i;
		if (round->told[i] !=
		    !!(version & (version <= last ? before : after)->told))
			return false;
	}
	return true;
}

/* One judge after the other; the watch has the first one. */
static void change_judges(struct __test_metadata *_metadata, int fd, int ref,
			  struct reader *reader, int setter, struct judge *judges)
{
	struct localstate_watch_info info;
	struct round round = { .fd = setter };
	__u64 before, after, last;
	int i, amid = 0;
	pthread_t thread;

	pthread_barrier_init(&round.barrier, NULL, 2);
	ASSERT_EQ(0, pthread_create(&thread, NULL, round_set, &round));
	for (i = 0; i < N_ROUNDS; i++) {
		round.base = version_of(fd);
		pthread_barrier_wait(&round.barrier);
		do {
			before = version_of(fd);
		} while (before < round.base + i % 8 * N_SETS / 8);
		ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_REWATCH,
				  &judges[(i + 1) % 2].request));
		after = version_of(fd);
		pthread_barrier_wait(&round.barrier);
		ASSERT_EQ(0, round.err);
		ASSERT_EQ(0, round_read(&round, reader));
		for (last = before; last <= after; last++) {
			if (round_is_cut_at(&round, last, &judges[i % 2],
					    &judges[(i + 1) % 2]))
				break;
		}
		ASSERT_LE(last, after)
			TH_LOG("round %d: %llu..%llu", i, before - round.base,
			       after - round.base);
		amid += before > round.base && after < round.base + N_SETS;
	}
	round.over = true;
	pthread_barrier_wait(&round.barrier);
	pthread_join(thread, NULL);
	ASSERT_EQ(0, watch_info(fd, ref, &info));
	EXPECT_EQ((__u64)N_ROUNDS * N_SETS, info.events + info.filtered);
	/* Else it would be no race. */
	EXPECT_LT(0, amid);
	TH_LOG("%d of %d amid the sets", amid, N_ROUNDS);
}

/* The moment lies between what was seen before the call and after it. */
TEST_F_TIMEOUT(rewatch_race, each_change_is_judged_by_one_filter, 180)
{
	struct localstate_filter_term terms[] = { term_bit(0), term_bit(1) };
	struct judge judges[2] = { { .told = 1U << 0 }, { .told = 1U << 1 } };
	int i, ref;

	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
	ref = watch_term(self->fd, "x", 0, &terms[0]);
	ASSERT_LE(1, ref);
	for (i = 0; i < 2; i++)
		judges[i].request = rewatch_request(ref, &terms[i], 1);
	change_judges(_metadata, self->fd, ref, &self->reader, self->writer,
		      judges);
}

/* The setter is another thread of the client that watches. */
TEST_F_TIMEOUT(rewatch_race, each_own_change_is_told_or_not, 180)
{
	struct judge judges[2] = { { .told = ~0ULL }, { .told = 0 } };
	int i, ref;

	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
	/* With room for a whole round. */
	ASSERT_EQ(0, queue_resize(self->fd, N_SETS * 256));
	ref = watch_name(self->fd, "x", 0);
	ASSERT_LE(1, ref);
	for (i = 0; i < 2; i++)
		judges[i].request = rewatch_request(ref, NULL, 0);
	judges[1].request.flags = LOCALSTATE_WATCH_NO_SELF;
	change_judges(_metadata, self->fd, ref, &self->reader, self->fd, judges);
}

/* ---- everything at once -------------------------------------------------- */

/**
 * struct storm - what the threads of a storm share
 * @actor: for the children
 * @fd: the client that watches
 * @ref: its watch
 * @seen: changes that were told
 * @done: replacements that were made
 * @gone: those that came too late
 */
struct storm {
	struct actor actor;
	int fd;
	int ref;
	long seen;
	long done;
	long gone;
};

static void *reader_run(void *data)
{
	struct storm *storm = data;
	const struct localstate_event *event;
	static struct reader reader;
	long wrong = 0;

	reader_init(&reader, storm->fd);
	while (!gate_is_stopped(storm->actor.gate)) {
		int got = reader_next(&reader, 10, &event);

		wrong += got < 0;
		if (got <= 0 || event->kind != LOCALSTATE_EVENT_CHANGED)
			continue;
		storm->seen++;
		/* One that took in others has the value of the last that passed. */
		wrong += !(event_new_int(event) & 3);
	}
	return (void *)wrong;
}

static void check_storm(struct __test_metadata *_metadata, const char *session,
			int fd, __u32 queue_size)
{
	struct storm storm = {
		.actor = { gate_alloc(N_CHURNERS + 1), session },
		.fd = fd,
	};
	struct localstate_filter_term terms[] = { term_bit(0), term_bit(1) };
	struct localstate_rewatch req;
	struct localstate_watch watch;
	struct localstate_target target = target_pattern("v/*");
	void *wrong = NULL;
	pthread_t thread;
	__s64 end;
	pid_t pid[N_CHURNERS];
	int i;

	ASSERT_EQ(0, queue_resize(fd, queue_size));
	watch = watch_filtered_request(&target, 1, terms, 1, LOCALSTATE_FILTER_ANY);
	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_WATCH, &watch));
	churn_start(&storm.actor, pid);
	ASSERT_EQ(0, pthread_create(&thread, NULL, reader_run, &storm));
	gate_pass(storm.actor.gate);
	for (end = now_ms() + 3 * SECOND_MS, i = 1; now_ms() < end; i++) {
		req = rewatch_request(watch.ref, &terms[i % 2], 1);
		req.inline_limit = i % 3 ? 16 : 256;
		EXPECT_DONE(call(fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	}
	EXPECT_EQ(0, churn_stop(&storm.actor, pid));
	pthread_join(thread, &wrong);
	EXPECT_EQ(NULL, wrong);
	/* Else nothing was looked at. */
	EXPECT_LT(0, storm.seen);
	TH_LOG("%ld changes told, %d replacements", storm.seen, i);
}

TEST_F_TIMEOUT(rewatch_race, storm_gives_nothing_that_neither_filter_wants, 90)
{
	check_storm(_metadata, self->name.text, self->fd, 65536);
}

TEST_F_TIMEOUT(rewatch_race, storm_with_a_small_queue, 90)
{
	check_storm(_metadata, self->name.text, self->fd, QUEUE_MIN);
}

/* ---- the end of the watch ------------------------------------------------ */

static void *changer_run(void *data)
{
	struct localstate_filter_term terms[] = { term_bit(0), term_bit(1) };
	struct storm *storm = data;
	long wrong = 0;
	int i, err;

	gate_pass(storm->actor.gate);
	for (i = 0; !gate_is_stopped(storm->actor.gate); i++) {
		err = watch_change(storm->fd,
				   __atomic_load_n(&storm->ref, __ATOMIC_RELAXED),
				   i % 3 ? &terms[i % 2] : NULL);
		__atomic_fetch_add(err ? &storm->gone : &storm->done, 1,
				   __ATOMIC_RELAXED);
		if (err && err != -ENOENT)
			wrong++;
	}
	return (void *)wrong;
}

TEST_F_TIMEOUT(rewatch_race, beside_unwatch_is_done_or_enoent, 90)
{
	struct storm storm = {
		.actor = { gate_alloc(5), self->name.text },
		.fd = self->fd,
		.ref = 1,
	};
	pthread_t threads[2];
	void *wrong = NULL;
	pid_t pid[2];
	__s64 end;
	int i, ref;

	for (i = 0; i < N_NAMES; i++)
		ASSERT_EQ(0, variable_register(self->fd, names[i], value_int(0)));
	for (i = 0; i < 2; i++) {
		pid[i] = child_start(setter_run, &storm.actor);
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, changer_run, &storm));
	}
	gate_pass(storm.actor.gate);
	for (end = now_ms() + 3 * SECOND_MS; now_ms() < end;) {
		ref = watch_pattern(self->fd, "v/*", LOCALSTATE_WATCH_INITIAL);
		ASSERT_LE(1, ref);
		__atomic_store_n(&storm.ref, ref, __ATOMIC_RELAXED);
		sched_yield();
		ASSERT_EQ(0, watch_end(self->fd, ref));
		ASSERT_FALSE(is_readable(self->fd));
	}
	gate_stop(storm.actor.gate);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, child_wait(pid[i]));
		pthread_join(threads[i], &wrong);
		EXPECT_EQ(NULL, wrong);
	}
	EXPECT_EQ(0, watch_count(self->fd));
	/* Else it would be no race. */
	EXPECT_LT(0, storm.done);
	EXPECT_LT(0, storm.gone);
	TH_LOG("%ld done, %ld too late", storm.done, storm.gone);
}

/* ---- a text that is compared while its filter goes ----------------------- */

#define TEXT_LEN	4000

/* Two texts that differ at the very end. */
static const char *long_text(int i)
{
	static char text[2][TEXT_LEN + 1];

	memset(text[i], 't', TEXT_LEN);
	text[i][TEXT_LEN - 1] = '0' + i;
	return text[i];
}

static int texter_run(void *data)
{
	struct actor *actor = data;
	int fd = session_open(actor->session);
	int i;

	CHILD_CHECK(fd >= 0);
	gate_pass(actor->gate);
	for (i = 0; !gate_is_stopped(actor->gate); i++)
		CHILD_CHECK(!variable_set(fd, "text", value_string(long_text(i % 2))));
	return 0;
}

/* One that is compared with it is told or filtered, and the text is there all along. */
TEST_F_TIMEOUT(rewatch_race, text_is_compared_beside_unwatch, 90)
{
	struct localstate_filter_term terms[] = {
		term_equals(0, value_string(long_text(0))),
		term_equals(0, value_string(long_text(1))),
	};
	struct actor actor = { gate_alloc(3), self->name.text };
	struct localstate_watch_info info;
	unsigned long judged = 0;
	pid_t pid[2];
	int i, ref;

	ASSERT_EQ(0, variable_register(self->fd, "text", value_string("")));
	for (i = 0; i < 2; i++)
		pid[i] = child_start(texter_run, &actor);
	gate_pass(actor.gate);
	for (i = 0; i < 20 * N_ROUNDS; i++) {
		ref = watch_term(self->fd, "text", 0, &terms[i % 2]);
		ASSERT_LE(1, ref);
		if (i % 4 == 0)
			ASSERT_EQ(0, watch_change(self->fd, ref, &terms[i / 4 % 2]));
		ASSERT_EQ(0, watch_info(self->fd, ref, &info));
		judged += info.events + info.filtered;
		ASSERT_EQ(0, watch_end(self->fd, ref));
	}
	gate_stop(actor.gate);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, child_wait(pid[i]));
	/* Else there was no comparison. */
	EXPECT_LT(0, judged);
	TH_LOG("%lu changes judged", judged);
}

TEST_HARNESS_MAIN
