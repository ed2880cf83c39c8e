// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paced watches on the real device: what is told when, and that nothing is lost.
 */
#include "library_helpers.h"

#define HOUR_MS		3600000U
#define INTERVAL_MS	30

/**
 * struct told - what a watch was told
 * @n: number of events about x
 * @n_other: number of those about y
 * @n_heartbeats: of the library's own
 * @changes: of x, with those that were merged
 * @since_ns: when it was made
 * @kind: of the last event
 * @old_value: of the last one about x
 * @new_value: of the last one about x
 * @merged: of the last one about x
 * @n_ended: calls of the destructor
 */
struct told {
	int n;
	int n_other;
	int n_heartbeats;
	uint64_t changes;
	int64_t since_ns;
	enum lstate_event_kind kind;
	int64_t old_value;
	int64_t new_value;
	uint32_t merged;
	int n_ended;
};

FIXTURE(library_pace) {
	struct session_name name;
	struct lstate_session *s;
	struct lstate_session *writer;
	struct told told;
};

FIXTURE_SETUP(library_pace)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("library_pace");
	ASSERT_EQ(0, lstate_session_open(&self->writer, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	ASSERT_EQ(0, lstate_session_open(&self->s, self->name.text, 0, 0, NULL));
	ASSERT_EQ(0, lstate_register_int(self->writer, "x", 0));
	ASSERT_EQ(0, lstate_register_int(self->writer, "y", 0));
}

FIXTURE_TEARDOWN(library_pace)
{
	lstate_session_close(self->s);
	lstate_session_close(self->writer);
	EXPECT_NO_LEAK();
}

static void note(struct told *told, const struct lstate_event *event)
{
	const struct lstate_value *old_value = lstate_event_old(event);
	const struct lstate_value *new_value = lstate_event_new(event);

	told->kind = lstate_event_kind(event);
	if (told->kind == LSTATE_EVENT_HEARTBEAT) {
		told->n_heartbeats++;
		return;
	}
	if (strcmp(lstate_event_identifier(event), "x")) {
		told->n_other += *lstate_event_identifier(event) == 'y';
		return;
	}
	told->n++;
	told->old_value = old_value ? old_value->i : INT64_MIN;
	told->new_value = new_value ? new_value->i : INT64_MIN;
	told->merged = lstate_event_merged(event);
	told->changes += 1 + told->merged;
}

static void show(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	note(user_data, event);
}

static void ended(void *user_data)
{
	struct told *told = user_data;

	told->n_ended++;
}

static int watch(struct lstate_session *s, struct told *told,
		 uint32_t interval_ms, uint32_t heartbeat_ms)
{
	static const char * const targets[] = { "x", "y" };
	struct lstate_watch_options *options;
	int rc;

	if (lstate_watch_options_new(&options))
		return -ENOMEM;
	lstate_watch_options_set_interval(options, interval_ms);
	lstate_watch_options_set_heartbeat(options, heartbeat_ms);
	told->since_ns = (int64_t)now_ns();
	rc = lstate_watch_add(s, targets, 2, options, show, told, ended, NULL);
	lstate_watch_options_free(options);
	return rc;
}

static bool set(struct lstate_session *s, const char *name, int from, int to)
{
	for (; from <= to; from++)
		if (lstate_set_int(s, name, from) != 1)
			return false;
	return true;
}

/* Until as many events about x have come, or not within the deadline. */
static bool until_told(struct lstate_session *s, const struct told *told, int n)
{
	int64_t deadline = now_ms() + DEADLINE_MS;

	while (told->n < n && now_ms() < deadline)
		if (lstate_session_wait(s, DEADLINE_MS) < 0 ||
		    lstate_session_dispatch(s) < 0)
			return false;
	return told->n >= n;
}

/* Were no more events told than intervals have begun? */
static bool is_paced(const struct told *told, int interval_ms)
{
	int64_t passed_ms = ((int64_t)now_ns() - told->since_ns) / 1000000 + 1;

	return told->n <= passed_ms / interval_ms + 1;
}

TEST_F(library_pace, first_change_comes_at_once_and_the_rest_waits)
{
	ASSERT_EQ(0, watch(self->s, &self->told, HOUR_MS, 0));
	ASSERT_TRUE(set(self->writer, "x", 1, 5));
	EXPECT_EQ(5, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->told.n);
	EXPECT_EQ(1, self->told.new_value);
	EXPECT_EQ(0, self->told.merged);
	/* Another variable has an interval of its own. */
	ASSERT_TRUE(set(self->writer, "y", 1, 2));
	EXPECT_EQ(2, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->told.n);
	EXPECT_EQ(1, self->told.n_other);
	EXPECT_EQ(0, lstate_session_wait(self->s, 1));
	EXPECT_EQ(0, lstate_session_dispatch(self->s));
}

TEST_F(library_pace, latest_follows_with_the_first_unseen_old_value)
{
	ASSERT_EQ(0, watch(self->s, &self->told, INTERVAL_MS, 0));
	ASSERT_TRUE(set(self->writer, "x", 1, 1));
	ASSERT_TRUE(until_told(self->s, &self->told, 1));
	ASSERT_TRUE(set(self->writer, "x", 2, 5));
	ASSERT_EQ(1, lstate_session_wait(self->s, -1));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	ASSERT_TRUE(until_told(self->s, &self->told, 2));
	while (self->told.new_value != 5)
		ASSERT_TRUE(until_told(self->s, &self->told, self->told.n + 1));
	EXPECT_EQ(5, self->told.changes);
	EXPECT_EQ(self->told.new_value - self->told.merged - 1,
		  self->told.old_value);
	EXPECT_TRUE(is_paced(&self->told, INTERVAL_MS));
	EXPECT_EQ(0, lstate_session_wait(self->s, 2 * INTERVAL_MS));
}

TEST_F(library_pace, what_is_held_waits_for_the_whole_interval)
{
	const int64_t interval_ms = 7 * INTERVAL_MS;
	int64_t since;

	ASSERT_EQ(0, watch(self->s, &self->told, interval_ms, 0));
	ASSERT_TRUE(set(self->writer, "x", 1, 2));
	since = (int64_t)now_ns();
	ASSERT_TRUE(until_told(self->s, &self->told, 2));
	EXPECT_LE(since + interval_ms * 1000000, (int64_t)now_ns());
	EXPECT_EQ(2, self->told.new_value);
}

TEST_F(library_pace, what_is_held_is_part_of_the_deletion)
{
	ASSERT_EQ(0, watch(self->s, &self->told, HOUR_MS, 0));
	ASSERT_TRUE(set(self->writer, "x", 1, 4));
	ASSERT_EQ(0, lstate_delete(self->writer, "x"));
	EXPECT_EQ(5, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, self->told.n);
	EXPECT_EQ(LSTATE_EVENT_DELETED, self->told.kind);
	EXPECT_EQ(1, self->told.old_value);
	EXPECT_EQ(4, self->told.new_value);
	EXPECT_EQ(3, self->told.merged);
	/* Its successor has nothing of it. */
	ASSERT_EQ(0, lstate_register_int(self->writer, "x", 9));
	EXPECT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(3, self->told.n);
	EXPECT_EQ(LSTATE_EVENT_CREATED, self->told.kind);
	EXPECT_EQ(0, self->told.merged);
	ASSERT_TRUE(set(self->writer, "x", 1, 1));
	EXPECT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(3, self->told.n);
}

TEST_F(library_pace, what_is_held_comes_before_the_end_of_the_session)
{
	ASSERT_EQ(0, watch(self->s, &self->told, HOUR_MS, 0));
	ASSERT_TRUE(set(self->writer, "x", 1, 4));
	ASSERT_EQ(0, lstate_session_destroy(self->writer));
	while (self->told.kind != LSTATE_EVENT_SESSION_END)
		ASSERT_LT(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, self->told.n);
	EXPECT_EQ(1, self->told.old_value);
	EXPECT_EQ(4, self->told.new_value);
	EXPECT_EQ(2, self->told.merged);
	EXPECT_EQ(-ESHUTDOWN, lstate_session_dispatch(self->s));
}

TEST_F(library_pace, held_texts_stay_whole)
{
	const char *long_text = "a text that is longer than eight bytes";
	struct lstate_value value = lstate_value_string(long_text);
	const struct lstate_metadata by[] = { { "by", "hand" }, { NULL, NULL } };
	struct lstate_watch_options *options;
	const struct lstate_event *event;
	static const char * const targets[] = { "t" };

	ASSERT_EQ(0, lstate_register_string(self->writer, "t", ""));
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_interval(options, INTERVAL_MS);
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, options, NULL, NULL,
				      NULL, NULL));
	lstate_watch_options_free(options);
	ASSERT_EQ(1, lstate_set_string(self->writer, "t", "first"));
	ASSERT_EQ(1, lstate_event_next(self->s, -1, &event));
	ASSERT_EQ(1, lstate_set_string(self->writer, "t", "second"));
	ASSERT_EQ(1, lstate_set(self->writer, "t", &value, by, LSTATE_ANY_VERSION,
				NULL));
	do {
		ASSERT_EQ(1, lstate_event_next(self->s, DEADLINE_MS, &event));
	} while (strcmp(lstate_event_new(event)->s, long_text));
	EXPECT_STREQ(lstate_event_merged(event) ? "first" : "second",
		     lstate_event_old(event)->s);
	EXPECT_TRUE(library_metadata_is(lstate_event_metadata(event), "by", "hand"));
	EXPECT_STREQ("t", lstate_event_name(event));
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &event));
}

TEST_F(library_pace, heartbeat_comes_after_silence)
{
	int64_t first_ns;

	ASSERT_EQ(0, watch(self->s, &self->told, 0, INTERVAL_MS));
	first_ns = self->told.since_ns + INTERVAL_MS * 1000000LL;
	EXPECT_EQ(1, lstate_session_wait(self->s, -1));
	EXPECT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->told.n_heartbeats);
	EXPECT_LE(first_ns, (int64_t)now_ns());
	EXPECT_EQ(1, lstate_session_wait(self->s, -1));
	EXPECT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, self->told.n_heartbeats);
	EXPECT_LE(first_ns + INTERVAL_MS * 1000000LL, (int64_t)now_ns());
	EXPECT_EQ(LSTATE_EVENT_HEARTBEAT, self->told.kind);
	EXPECT_STREQ("heartbeat", lstate_event_kind_name(self->told.kind));
	EXPECT_EQ(0, self->told.n);
}

/* What an interval has held was told, too: silence begins behind it. */
TEST_F(library_pace, heartbeat_waits_for_silence_after_what_was_held)
{
	const int64_t heartbeat_ms = 10 * INTERVAL_MS;
	int64_t last = 0;

	ASSERT_EQ(0, watch(self->s, &self->told, 7 * INTERVAL_MS, heartbeat_ms));
	ASSERT_TRUE(set(self->writer, "x", 1, 2));
	while (self->told.new_value != 2) {
		last = (int64_t)now_ns();
		ASSERT_EQ(1, lstate_session_wait(self->s, DEADLINE_MS));
		ASSERT_LE(0, lstate_session_dispatch(self->s));
	}
	self->told.n_heartbeats = 0;
	while (!self->told.n_heartbeats) {
		ASSERT_EQ(1, lstate_session_wait(self->s, DEADLINE_MS));
		ASSERT_LE(0, lstate_session_dispatch(self->s));
	}
	EXPECT_LE(last + heartbeat_ms * 1000000, (int64_t)now_ns());
}

/* Whoever takes longer for an event than a heartbeat gets the events all the same. */
TEST_F(library_pace, heartbeats_keep_no_event_back)
{
	const struct lstate_event *event;
	int64_t end_ns;
	int i;

	ASSERT_EQ(0, watch(self->s, &self->told, 0, 1));
	ASSERT_TRUE(set(self->writer, "x", 1, 3));
	for (i = 0; i < 3; i++) {
		end_ns = (int64_t)now_ns() + 2000000;
		while ((int64_t)now_ns() < end_ns)
			;
		ASSERT_EQ(1, lstate_event_next(self->s, -1, &event));
		EXPECT_EQ(LSTATE_EVENT_CHANGED, lstate_event_kind(event));
	}
	ASSERT_EQ(0, lstate_session_destroy(self->writer));
	end_ns = (int64_t)now_ns() + 2000000;
	while ((int64_t)now_ns() < end_ns)
		;
	ASSERT_EQ(1, lstate_event_next(self->s, -1, &event));
	EXPECT_EQ(LSTATE_EVENT_SESSION_END, lstate_event_kind(event));
	EXPECT_EQ(-ESHUTDOWN, lstate_event_next(self->s, -1, &event));
}

/* A part that is held comes later: nobody can say which event is the last. */
TEST_F(library_pace, no_event_is_the_end_of_a_transaction)
{
	const struct lstate_value one = { .type = LSTATE_TYPE_INT, .i = 1 };
	const struct lstate_event *event;
	struct lstate_batch *batch;
	int i;

	ASSERT_EQ(0, watch(self->s, &self->told, HOUR_MS, 0));
	ASSERT_EQ(1, lstate_set_int(self->writer, "x", 5));
	ASSERT_EQ(0, lstate_batch_new(&batch));
	ASSERT_EQ(0, lstate_batch_set(batch, "x", &one, NULL, LSTATE_ANY_VERSION));
	ASSERT_EQ(0, lstate_batch_set(batch, "y", &one, NULL, LSTATE_ANY_VERSION));
	ASSERT_EQ(0, lstate_batch_run(self->writer, batch, LSTATE_BATCH_ATOMIC,
				      NULL));
	lstate_batch_free(batch);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, lstate_event_next(self->s, -1, &event));
		EXPECT_FALSE(lstate_event_is_end(event));
	}
	EXPECT_STREQ("y", lstate_event_identifier(event));
	ASSERT_EQ(0, lstate_event_next(self->s, 0, &event));
	ASSERT_EQ(0, lstate_watch_change(lstate_watch_next(self->s, NULL), NULL));
	ASSERT_EQ(1, lstate_event_next(self->s, -1, &event));
	EXPECT_STREQ("x", lstate_event_identifier(event));
	EXPECT_FALSE(lstate_event_is_end(event));
}

/* And the interval goes on. */
TEST_F(library_pace, flush_does_not_wait_for_the_interval)
{
	int fd = lstate_session_poll_fd(self->s);
	struct lstate_watch *paced;

	ASSERT_EQ(0, watch(self->s, &self->told, HOUR_MS, 0));
	paced = lstate_watch_next(self->s, NULL);
	lstate_watch_flush(paced);
	ASSERT_TRUE(set(self->writer, "x", 1, 4));
	ASSERT_EQ(4, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->told.new_value);
	EXPECT_FALSE(is_readable(fd));
	lstate_watch_flush(paced);
	EXPECT_TRUE(is_readable(fd));
	ASSERT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, self->told.n);
	EXPECT_EQ(4, self->told.new_value);
	EXPECT_EQ(2, self->told.merged);
	ASSERT_TRUE(set(self->writer, "x", 5, 6));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, self->told.n);
	EXPECT_FALSE(is_readable(fd));
}

TEST_F(library_pace, poll_descriptor_knows_what_is_due)
{
	int fd = lstate_session_poll_fd(self->s);

	ASSERT_LE(0, fd);
	EXPECT_EQ(fd, lstate_session_poll_fd(self->s));
	EXPECT_NE(fd, lstate_session_fd(self->s));
	ASSERT_EQ(0, watch(self->s, &self->told, INTERVAL_MS, 0));
	EXPECT_FALSE(is_readable(fd));
	ASSERT_TRUE(set(self->writer, "x", 1, 2));
	EXPECT_TRUE(is_readable(fd));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	while (self->told.new_value != 2) {
		ASSERT_EQ(1, wait_readable(fd, DEADLINE_MS));
		EXPECT_FALSE(is_readable(lstate_session_fd(self->s)));
		ASSERT_LE(0, lstate_session_dispatch(self->s));
	}
	EXPECT_EQ(2, self->told.changes);
	EXPECT_FALSE(is_readable(fd));
	/* The end of a heartbeat's watch ends the timer, too. */
	ASSERT_EQ(0, watch(self->s, &self->told, 0, INTERVAL_MS));
	ASSERT_EQ(1, wait_readable(fd, DEADLINE_MS));
	lstate_watch_remove(lstate_watch_next(self->s,
					      lstate_watch_next(self->s, NULL)));
	EXPECT_FALSE(is_readable(fd));
	EXPECT_EQ(1, self->told.n_ended);
}

/* What was held is not told behind what came later. */
TEST_F(library_pace, order_is_kept_when_the_interval_is_dropped)
{
	ASSERT_EQ(0, watch(self->s, &self->told, HOUR_MS, 0));
	ASSERT_TRUE(set(self->writer, "x", 1, 4));
	ASSERT_EQ(4, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->told.new_value);
	ASSERT_TRUE(set(self->writer, "x", 5, 5));
	ASSERT_EQ(0, lstate_watch_change(lstate_watch_next(self->s, NULL), NULL));
	ASSERT_EQ(2, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, self->told.n);
	EXPECT_EQ(1, self->told.old_value);
	EXPECT_EQ(5, self->told.new_value);
	EXPECT_EQ(3, self->told.merged);
	/* And all is told as it comes again. */
	ASSERT_TRUE(set(self->writer, "x", 6, 7));
	ASSERT_EQ(2, lstate_session_dispatch(self->s));
	EXPECT_EQ(4, self->told.n);
}

TEST_F(library_pace, watch_may_end_while_something_is_held)
{
	ASSERT_EQ(0, watch(self->s, &self->told, HOUR_MS, 0));
	ASSERT_TRUE(set(self->writer, "x", 1, 4));
	ASSERT_EQ(4, lstate_session_dispatch(self->s));
	lstate_watch_remove(lstate_watch_next(self->s, NULL));
	EXPECT_EQ(1, self->told.n_ended);
	EXPECT_EQ(0, lstate_session_wait(self->s, 1));
}

/* Until so long after @since_ns; no test goes by how much longer it takes. */
static void let_pass(int64_t since_ns, int64_t ms)
{
	const struct timespec rest = { .tv_nsec = 1000000 };

	while ((int64_t)now_ns() - since_ns < ms * 1000000)
		nanosleep(&rest, NULL);
}

/* Not when what has nothing to tell might be told again. */
TEST_F(library_pace, wait_ends_with_something_to_tell)
{
	ASSERT_EQ(0, watch(self->s, &self->told, 10 * INTERVAL_MS, 0));
	ASSERT_TRUE(set(self->writer, "x", 1, 1));
	ASSERT_EQ(1, lstate_session_dispatch(self->s));
	let_pass(now_ns(), 5 * INTERVAL_MS);
	ASSERT_TRUE(set(self->writer, "y", 1, 2));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	while (self->told.n_other < 2) {
		ASSERT_EQ(1, lstate_session_wait(self->s, DEADLINE_MS));
		ASSERT_EQ(1, lstate_session_dispatch(self->s));
	}
}

/* However long another one has waited to be told. */
TEST_F(library_pace, silence_ends_at_once)
{
	ASSERT_EQ(0, watch(self->s, &self->told, INTERVAL_MS, 0));
	ASSERT_TRUE(set(self->writer, "y", 1, 2));
	ASSERT_TRUE(set(self->writer, "x", 1, 1));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	ASSERT_EQ(1, self->told.n);
	let_pass(now_ns(), INTERVAL_MS + 1);
	ASSERT_TRUE(set(self->writer, "x", 2, 3));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, self->told.n_other);
	if (self->told.n == 2) {
		EXPECT_EQ(2, self->told.new_value);
		EXPECT_EQ(0, self->told.merged);
	}
	ASSERT_TRUE(until_told(self->s, &self->told, 3));
	EXPECT_EQ(3, self->told.new_value);
}

#define N_MANY	500

/**
 * struct crowd - what a watch of many variables was told
 * @n: number of changes
 * @merged: changes that were merged into these
 * @last: which variable was told last
 * @n_behind: those that came behind one that was told before them the first time
 */
struct crowd {
	int n;
	int merged;
	int last;
	int n_behind;
};

static void note_crowd(const char *identifier, const struct lstate_value *old_value,
		       const struct lstate_value *new_value,
		       const struct lstate_metadata *metadata,
		       const struct lstate_event *event, void *user_data)
{
	int i = atoi(lstate_event_name(event) + 2);
	struct crowd *crowd = user_data;

	if (lstate_event_kind(event) != LSTATE_EVENT_CHANGED)
		return;
	crowd->n++;
	crowd->merged += lstate_event_merged(event);
	crowd->n_behind += i < crowd->last;
	crowd->last = i;
}

static bool set_crowd(struct lstate_session *s, int value)
{
	char name[16];
	int i;

	for (i = 0; i < N_MANY; i++) {
		/* Not in the order in which they were told. */
		snprintf(name, sizeof(name), "m.%d", value == 1 ? i : i * 7 % N_MANY);
		if (lstate_set_int(s, name, value) != 1)
			return false;
	}
	return true;
}

/* What is there now, however many reads that takes. */
static bool dispatch_all(struct lstate_session *s)
{
	int rc;

	while ((rc = lstate_session_dispatch(s)) > 0)
		;
	return !rc;
}

/* Each for itself; what is held follows in the order in which they were told. */
TEST_F(library_pace, many_variables_are_paced)
{
	static const char * const targets[] = { "m.*" };
	struct lstate_watch_options *options;
	struct crowd crowd = { .last = -1 };
	struct lstate_watch *watch;
	char name[16];
	int i;

	for (i = 0; i < N_MANY; i++) {
		snprintf(name, sizeof(name), "m.%d", i);
		ASSERT_EQ(0, lstate_register_int(self->writer, name, 0));
	}
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_interval(options, HOUR_MS);
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, options, note_crowd,
				      &crowd, NULL, &watch));
	ASSERT_TRUE(set_crowd(self->writer, 1));
	ASSERT_TRUE(dispatch_all(self->s));
	EXPECT_EQ(N_MANY, crowd.n);
	ASSERT_TRUE(set_crowd(self->writer, 2));
	ASSERT_TRUE(set_crowd(self->writer, 3));
	ASSERT_EQ(0, lstate_delete(self->writer, "m.0"));
	ASSERT_TRUE(dispatch_all(self->s));
	EXPECT_EQ(N_MANY, crowd.n);
	crowd = (struct crowd){ .last = -1 };
	ASSERT_EQ(0, lstate_watch_change(watch, NULL));
	ASSERT_TRUE(dispatch_all(self->s));
	EXPECT_EQ(N_MANY - 1, crowd.n);
	EXPECT_EQ(N_MANY - 1, crowd.merged);
	EXPECT_EQ(0, crowd.n_behind);
	/* And then as they come. */
	ASSERT_TRUE(set(self->writer, "m.1", 4, 5));
	ASSERT_EQ(2, lstate_session_dispatch(self->s));
	EXPECT_EQ(N_MANY + 1, crowd.n);
	lstate_watch_options_free(options);
}

/* ------------------------------------------------------------------------ */

#define N_SETS	20000

static void *set_all(void *data)
{
	struct lstate_session *s;
	bool good = !lstate_session_open(&s, data, 0, 0, NULL);

	if (good) {
		good = set(s, "x", 1, rounds(N_SETS));
		lstate_session_close(s);
	}
	return good ? data : NULL;
}

/* However fast the writer is: all changes are counted, and the last one is seen. */
TEST_F(library_pace, no_change_is_lost_under_load)
{
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, watch(self->s, &self->told, 5, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, set_all, self->name.text));
	while (self->told.new_value != rounds(N_SETS))
		ASSERT_TRUE(until_told(self->s, &self->told, self->told.n + 1));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_NE(NULL, result);
	EXPECT_EQ(rounds(N_SETS), self->told.changes);
	EXPECT_TRUE(is_paced(&self->told, 5));
}

TEST_HARNESS_MAIN
