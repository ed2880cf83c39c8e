// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's watches and events on the real device.
 */
#include "library_helpers.h"

#include <sys/stat.h>

#define MOST 64

/**
 * struct seen - what an event said, for after its callback
 * @ref: its number
 * @kind: what it tells
 * @cause: why it happened
 * @identifier: the target, as it was given
 * @name: the variable
 * @target: index of the target
 * @id: of the variable
 * @version: after the change
 * @value_version: of the new value
 * @sequence: place in the queue
 * @transaction: of which it is part
 * @merged: further changes
 * @time_ns: when
 * @pid: who
 * @uid: who
 * @has_old: there is an old value
 * @has_new: there is a new value
 * @old_value: an int, or the length of a text
 * @new_value: the same
 * @truncated: what was cut
 * @old_length: of the whole old value
 * @new_length: of the whole new value
 * @n_metadata: entries of metadata
 */
struct seen {
	uint32_t ref;
	enum lstate_event_kind kind;
	enum lstate_event_cause cause;
	char identifier[16];
	char name[16];
	size_t target;
	uint64_t id;
	uint64_t version;
	uint64_t value_version;
	uint64_t sequence;
	uint64_t transaction;
	uint32_t merged;
	uint64_t time_ns;
	pid_t pid;
	uid_t uid;
	bool has_old;
	bool has_new;
	int64_t old_value;
	int64_t new_value;
	unsigned int truncated;
	size_t old_length;
	size_t new_length;
	size_t n_metadata;
};

/**
 * struct watcher - a session and what its watches were told
 * @s: the session
 * @seen: the events
 * @n_seen: number of events
 * @n_ended: watches whose destructor was called
 * @in_step: everything was as it must be inside a callback
 */
struct watcher {
	struct lstate_session *s;
	struct seen seen[MOST];
	size_t n_seen;
	int n_ended;
	bool in_step;
};

FIXTURE(library_watch) {
	struct watcher w;
};

FIXTURE_SETUP(library_watch)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->w.s = library_session();
	ASSERT_NE(NULL, self->w.s);
	self->w.in_step = true;
}

FIXTURE_TEARDOWN(library_watch)
{
	EXPECT_TRUE(self->w.in_step);
	lstate_session_close(self->w.s);
	EXPECT_NO_LEAK();
}

static int64_t number_of(const struct lstate_value *value)
{
	if (!value)
		return 0;
	return value->type == LSTATE_TYPE_INT ? value->i : (int64_t)value->length;
}

static void note(struct seen *seen, const struct lstate_event *event)
{
	const struct lstate_metadata *metadata = lstate_event_metadata(event);

	seen->ref = lstate_watch_ref(lstate_event_watch(event));
	seen->kind = lstate_event_kind(event);
	seen->cause = lstate_event_cause(event);
	snprintf(seen->identifier, sizeof(seen->identifier), "%s",
		 lstate_event_identifier(event));
	snprintf(seen->name, sizeof(seen->name), "%s", lstate_event_name(event));
	seen->target = lstate_event_target(event);
	seen->id = lstate_event_id(event);
	seen->version = lstate_event_version(event);
	seen->value_version = lstate_event_value_version(event);
	seen->sequence = lstate_event_sequence(event);
	seen->transaction = lstate_event_transaction(event);
	seen->merged = lstate_event_merged(event);
	seen->time_ns = lstate_event_time_ns(event);
	seen->pid = lstate_event_pid(event);
	seen->uid = lstate_event_uid(event);
	seen->has_old = lstate_event_old(event);
	seen->has_new = lstate_event_new(event);
	seen->old_value = number_of(lstate_event_old(event));
	seen->new_value = number_of(lstate_event_new(event));
	seen->truncated = lstate_event_truncated(event);
	seen->old_length = lstate_event_old_length(event);
	seen->new_length = lstate_event_new_length(event);
	for (seen->n_metadata = 0; metadata->key; metadata++)
		seen->n_metadata++;
}

/* The callback's arguments are what the event's functions give. */
static void show(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	struct watcher *w = user_data;

	if (w->n_seen < MOST)
		note(&w->seen[w->n_seen++], event);
	w->in_step &= !strcmp(identifier, lstate_event_identifier(event)) &&
			 old_value == lstate_event_old(event) &&
			 new_value == lstate_event_new(event) &&
			 metadata == lstate_event_metadata(event);
}

static void ended(void *user_data)
{
	struct watcher *w = user_data;

	w->n_ended++;
}

static int watch_one(struct watcher *w, const char *target,
		     const struct lstate_watch_options *options,
		     struct lstate_watch **watch)
{
	return lstate_watch_add(w->s, &target, 1, options, show, w, ended,
				watch);
}

/* Dispatch all that is queued.  Return: what the last call returned. */
static int dispatch_all(struct lstate_session *s)
{
	int rc;

	while ((rc = lstate_session_dispatch(s)) > 0)
		;
	return rc;
}

TEST_F(library_watch, event_tells_all_of_a_change)
{
	const struct lstate_metadata by[] = { { "by", "hand" }, { NULL, NULL } };
	struct lstate_value value = lstate_value_int(30);
	const struct seen *seen = self->w.seen;
	struct lstate_watch *watch;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 20));
	ASSERT_EQ(0, watch_one(&self->w, "@1", NULL, &watch));
	ASSERT_EQ(0, lstate_session_wait(self->w.s, 0));
	ASSERT_EQ(1, lstate_set(self->w.s, "x", &value, by, 0, NULL));
	ASSERT_EQ(1, lstate_session_wait(self->w.s, DEADLINE_MS));
	EXPECT_EQ(1, lstate_session_dispatch(self->w.s));
	EXPECT_EQ(0, lstate_session_dispatch(self->w.s));
	ASSERT_EQ(1, self->w.n_seen);
	EXPECT_EQ(lstate_watch_ref(watch), seen->ref);
	EXPECT_EQ(LSTATE_EVENT_CHANGED, seen->kind);
	EXPECT_EQ(LSTATE_CAUSE_SET, seen->cause);
	EXPECT_STREQ("@1", seen->identifier);
	EXPECT_STREQ("x", seen->name);
	EXPECT_EQ(0, seen->target);
	EXPECT_EQ(1, seen->id);
	EXPECT_EQ(1, seen->version);
	EXPECT_EQ(1, seen->value_version);
	EXPECT_EQ(0, seen->transaction);
	EXPECT_EQ(0, seen->merged);
	EXPECT_GE(now_ns(), seen->time_ns);
	EXPECT_EQ(getpid(), seen->pid);
	EXPECT_EQ(geteuid(), seen->uid);
	EXPECT_EQ(20, seen->old_value);
	EXPECT_EQ(30, seen->new_value);
	EXPECT_EQ(0, seen->truncated);
	EXPECT_EQ(0, seen->old_length);
	EXPECT_EQ(1, seen->n_metadata);
}

TEST_F(library_watch, initial_values_come_first_and_then_sync)
{
	static const char *const targets[] = { "y", "x" };
	struct lstate_watch_options *options;
	const struct seen *seen = self->w.seen;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 1));
	ASSERT_EQ(0, lstate_register_int(self->w.s, "y", 2));
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_initial(options, true);
	ASSERT_EQ(0, lstate_watch_add(self->w.s, targets, 2, options, show, &self->w,
				      ended, NULL));
	lstate_watch_options_free(options);
	ASSERT_EQ(1, lstate_set_int(self->w.s, "x", 5));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	ASSERT_EQ(4, self->w.n_seen);
	EXPECT_EQ(LSTATE_CAUSE_INITIAL, seen[0].cause);
	EXPECT_EQ(0, seen[0].target);
	EXPECT_STREQ("y", seen[0].identifier);
	EXPECT_EQ(2, seen[0].new_value);
	EXPECT_FALSE(seen[0].has_old);
	EXPECT_EQ(1, seen[1].target);
	EXPECT_EQ(1, seen[1].new_value);
	EXPECT_EQ(LSTATE_EVENT_SYNC, seen[2].kind);
	EXPECT_STREQ("", seen[2].identifier);
	EXPECT_FALSE(seen[2].has_new);
	EXPECT_EQ(LSTATE_EVENT_CHANGED, seen[3].kind);
	EXPECT_EQ(5, seen[3].new_value);
	EXPECT_LT(seen[2].sequence, seen[3].sequence);
}

TEST_F(library_watch, name_goes_on_with_the_next_variable_of_that_name)
{
	const struct seen *seen = self->w.seen;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 1));
	ASSERT_EQ(0, watch_one(&self->w, "x", NULL, NULL));
	ASSERT_EQ(0, lstate_delete(self->w.s, "x"));
	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 2));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	ASSERT_EQ(2, self->w.n_seen);
	EXPECT_EQ(LSTATE_EVENT_DELETED, seen[0].kind);
	EXPECT_EQ(1, seen[0].new_value);
	EXPECT_EQ(1, seen[0].version);
	EXPECT_EQ(LSTATE_EVENT_CREATED, seen[1].kind);
	EXPECT_EQ(2, seen[1].id);
	EXPECT_EQ(2, seen[1].new_value);
	EXPECT_EQ(0, seen[1].version);
	EXPECT_FALSE(seen[1].has_old);
	EXPECT_STREQ("created", lstate_event_kind_name(seen[1].kind));
	EXPECT_STREQ("set", lstate_event_cause_name(seen[1].cause));
}

TEST_F(library_watch, pattern_takes_what_matches_now_and_later)
{
	const struct seen *seen = self->w.seen;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "a1", 1));
	ASSERT_EQ(0, lstate_register_int(self->w.s, "b1", 1));
	ASSERT_EQ(0, watch_one(&self->w, "a*", NULL, NULL));
	ASSERT_EQ(1, lstate_set_int(self->w.s, "a1", 2));
	ASSERT_EQ(1, lstate_set_int(self->w.s, "b1", 2));
	ASSERT_EQ(0, lstate_register_int(self->w.s, "a2", 3));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	ASSERT_EQ(0, lstate_delete(self->w.s, "a2"));
	ASSERT_EQ(0, lstate_register_int(self->w.s, "a3", 4));
	ASSERT_EQ(0, lstate_delete(self->w.s, "a3"));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	ASSERT_EQ(5, self->w.n_seen);
	EXPECT_STREQ("a*", seen[0].identifier);
	EXPECT_STREQ("a1", seen[0].name);
	EXPECT_EQ(LSTATE_EVENT_CREATED, seen[1].kind);
	EXPECT_STREQ("a*", seen[1].identifier);
	EXPECT_STREQ("a2", seen[1].name);
	/* A name that is known stays so until its DELETED. */
	EXPECT_EQ(LSTATE_EVENT_DELETED, seen[2].kind);
	EXPECT_STREQ("a2", seen[2].name);
	/* One that was gone before its first event was read has only an id. */
	EXPECT_EQ(LSTATE_EVENT_CREATED, seen[3].kind);
	EXPECT_STREQ("@4", seen[3].name);
	EXPECT_EQ(LSTATE_EVENT_DELETED, seen[4].kind);
	EXPECT_STREQ("@4", seen[4].name);
}

TEST_F(library_watch, missing_name_is_waited_for_if_that_is_asked_for)
{
	struct lstate_watch_options *options;
	const struct seen *seen = self->w.seen;
	struct lstate_watch_stat stat;
	struct lstate_watch *watch;

	EXPECT_EQ(-ENOENT, watch_one(&self->w, "x", NULL, NULL));
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_allow_missing(options, true);
	ASSERT_EQ(0, watch_one(&self->w, "x", options, &watch));
	EXPECT_EQ(-ENOENT, watch_one(&self->w, "@7", options, NULL));
	lstate_watch_options_free(options);
	ASSERT_EQ(0, lstate_watch_stat_read(watch, &stat));
	EXPECT_TRUE(stat.allow_missing);
	EXPECT_FALSE(stat.no_self);
	EXPECT_FALSE(stat.initial);
	EXPECT_EQ(0, stat.n_links);
	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 3));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	ASSERT_EQ(1, self->w.n_seen);
	EXPECT_EQ(LSTATE_EVENT_CREATED, seen->kind);
	EXPECT_STREQ("x", seen->name);
	EXPECT_EQ(3, seen->new_value);
}

TEST_F(library_watch, own_changes_are_not_told_if_that_is_asked_for)
{
	struct lstate_watch_options *options;
	struct lstate_watch_stat stat;
	struct lstate_watch *watch;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 1));
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_no_self(options, true);
	ASSERT_EQ(0, watch_one(&self->w, "x", options, &watch));
	lstate_watch_options_free(options);
	ASSERT_EQ(1, lstate_set_int(self->w.s, "x", 2));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	EXPECT_EQ(0, self->w.n_seen);
	ASSERT_EQ(0, lstate_watch_stat_read(watch, &stat));
	EXPECT_TRUE(stat.no_self);
	EXPECT_EQ(1, stat.filtered);
}

TEST_F(library_watch, only_the_latest_is_told_if_that_is_asked_for)
{
	struct lstate_watch_options *options;
	struct lstate_watch_stat stat;
	struct lstate_watch *watch;
	int i;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 0));
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_conflate(options, true);
	ASSERT_EQ(0, watch_one(&self->w, "x", options, &watch));
	lstate_watch_options_free(options);
	for (i = 1; i <= 3; i++)
		ASSERT_EQ(1, lstate_set_int(self->w.s, "x", i));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	ASSERT_EQ(1, self->w.n_seen);
	EXPECT_EQ(0, self->w.seen->old_value);
	EXPECT_EQ(3, self->w.seen->new_value);
	ASSERT_EQ(0, lstate_watch_stat_read(watch, &stat));
	EXPECT_TRUE(stat.conflate);
	EXPECT_EQ(2, stat.merged);
}

TEST_F(library_watch, failing_targets_are_all_named_and_nothing_is_watched)
{
	static const char *const targets[] = { "no", "x", "a b", "@99" };
	const struct lstate_error *error = lstate_session_error(self->w.s);

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 1));
	EXPECT_FAILS(-ENOENT, TARGETS,
		     "watch: no such variable: no, @99; neither a name nor an @id: \"a b\"",
		     lstate_watch_add(self->w.s, targets, 4, NULL, show, &self->w,
				      ended, NULL), self->w.s);
	ASSERT_EQ(3, lstate_error_count(error));
	EXPECT_EQ(0, lstate_error_index(error, 0));
	EXPECT_EQ(2, lstate_error_index(error, 1));
	EXPECT_EQ(3, lstate_error_index(error, 2));
	EXPECT_STREQ("a b", lstate_error_identifier(error, 1));
	EXPECT_EQ(-EINVAL, lstate_error_status(error, 1));
	EXPECT_EQ(-ENOENT, lstate_error_status(error, 2));
	EXPECT_STREQ("@99: no such variable",
		     lstate_error_entry_message(error, 2));
	EXPECT_EQ(NULL, lstate_watch_next(self->w.s, NULL));
	EXPECT_EQ(1, lstate_set_int(self->w.s, "x", 2));
	EXPECT_EQ(0, lstate_session_dispatch(self->w.s));
	EXPECT_EQ(0, self->w.n_ended);
}

TEST_F(library_watch, number_of_targets_and_inline_limit_are_checked)
{
	struct lstate_watch_options *options;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 1));
	EXPECT_EQ(-EINVAL, lstate_watch_add(self->w.s, NULL, 0, NULL, show, &self->w,
					    ended, NULL));
	EXPECT_EQ(LSTATE_FIELD_TARGETS,
		  lstate_error_field(lstate_session_error(self->w.s)));
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_inline_limit(options, 15);
	EXPECT_EQ(-EINVAL, watch_one(&self->w, "x", options, NULL));
	EXPECT_EQ(LSTATE_FIELD_INLINE_LIMIT,
		  lstate_error_field(lstate_session_error(self->w.s)));
	lstate_watch_options_free(options);
	EXPECT_EQ(NULL, lstate_watch_next(self->w.s, NULL));
}

TEST_F(library_watch, watches_are_listed_with_their_targets)
{
	static const char *const targets[] = { "x", "@1" };
	struct lstate_watch *first, *second;
	const char *const *back;
	size_t n = 0;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 1));
	ASSERT_EQ(0, lstate_watch_add(self->w.s, targets, 2, NULL, show, &self->w,
				      ended, &first));
	ASSERT_EQ(0, watch_one(&self->w, "x", NULL, &second));
	EXPECT_EQ(first, lstate_watch_next(self->w.s, NULL));
	EXPECT_EQ(second, lstate_watch_next(self->w.s, first));
	EXPECT_EQ(NULL, lstate_watch_next(self->w.s, second));
	EXPECT_LT(lstate_watch_ref(first), lstate_watch_ref(second));
	back = lstate_watch_targets(first, &n);
	ASSERT_EQ(2, n);
	EXPECT_STREQ("x", back[0]);
	EXPECT_STREQ("@1", back[1]);
	EXPECT_EQ(NULL, back[2]);
	/* One variable twice is watched once. */
	EXPECT_EQ(1, lstate_set_int(self->w.s, "x", 2));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	EXPECT_EQ(2, self->w.n_seen);
}

/* Two changes of a text, of which the first is longer than the inline limit. */
static bool change_long_text(struct watcher *w, bool fetch)
{
	char *text = library_long_text(1000);
	struct lstate_watch_options *options;
	bool done = !lstate_watch_options_new(&options);

	lstate_watch_options_set_inline_limit(options, 16);
	lstate_watch_options_set_fetch(options, fetch);
	done &= !lstate_register_string(w->s, "s", "old") &&
		!watch_one(w, "s", options, NULL) &&
		lstate_set_string(w->s, "s", text) == 1 &&
		lstate_set_string(w->s, "s", "short") == 1 &&
		!dispatch_all(w->s) && w->n_seen == 2;
	lstate_watch_options_free(options);
	free(text);
	return done;
}

TEST_F(library_watch, text_above_the_inline_limit_is_cut)
{
	const struct seen *seen = self->w.seen;

	ASSERT_TRUE(change_long_text(&self->w, false));
	EXPECT_EQ(16, seen[0].new_value);
	EXPECT_EQ(1000, seen[0].new_length);
	EXPECT_EQ(3, seen[0].old_length);
	EXPECT_TRUE(seen[0].truncated & LSTATE_TRUNCATED_NEW);
	EXPECT_EQ(1, seen[0].version);
	EXPECT_EQ(1, seen[0].value_version);
	EXPECT_EQ(1000, seen[1].old_length);
	EXPECT_EQ(5, seen[1].new_value);
}

TEST_F(library_watch, text_that_was_cut_is_fetched_as_it_is_by_then)
{
	const struct seen *seen = self->w.seen;

	ASSERT_TRUE(change_long_text(&self->w, true));
	EXPECT_EQ(5, seen[0].new_value);
	EXPECT_EQ(5, seen[0].new_length);
	EXPECT_FALSE(seen[0].truncated & LSTATE_TRUNCATED_NEW);
	EXPECT_EQ(1, seen[0].version);
	EXPECT_EQ(2, seen[0].value_version);
	EXPECT_EQ(2, seen[1].version);
	EXPECT_EQ(2, seen[1].value_version);
}

TEST_F(library_watch, full_queue_merges_and_the_counters_add_up)
{
	const int changes = 500;
	struct lstate_watch_stat stat;
	struct lstate_watch *watch;
	uint64_t total = 0;
	int i;

	ASSERT_EQ(0, lstate_session_set_queue_size(self->w.s, 4096));
	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 0));
	ASSERT_EQ(0, watch_one(&self->w, "x", NULL, &watch));
	for (i = 1; i <= changes; i++)
		ASSERT_EQ(1, lstate_set_int(self->w.s, "x", i));
	poison(&stat, sizeof(stat));
	ASSERT_EQ(0, lstate_watch_stat_read(watch, &stat));
	EXPECT_EQ(changes, stat.events + stat.merged + stat.filtered);
	EXPECT_EQ(stat.events, stat.queued);
	EXPECT_EQ(0, stat.delivered);
	EXPECT_LT(0, stat.merged);
	EXPECT_EQ(1, stat.n_targets);
	EXPECT_EQ(1, stat.n_links);
	EXPECT_EQ(256, stat.inline_limit);
	EXPECT_FALSE(stat.initial);
	EXPECT_LT(0, stat.created_ns);
	EXPECT_TRUE(is_zero(stat.reserved, sizeof(stat.reserved)));

	EXPECT_EQ(0, dispatch_all(self->w.s));
	ASSERT_GT(MOST, self->w.n_seen);
	for (i = 0; i < (int)self->w.n_seen; i++)
		total += 1 + self->w.seen[i].merged;
	EXPECT_EQ(changes, total);
	EXPECT_EQ(changes, self->w.seen[self->w.n_seen - 1].new_value);
	ASSERT_EQ(0, lstate_watch_stat_read(watch, &stat));
	EXPECT_EQ(0, stat.queued);
	EXPECT_EQ(self->w.n_seen, stat.delivered);
}

/* ---- filters ------------------------------------------------------------- */

/* The ref of a watch on targets with a filter, or a negative errno. */
static int watch_filtered(struct watcher *w, const char *const *targets, size_t n,
			  const char *expression, struct lstate_watch **watch)
{
	struct lstate_watch_options *options;
	int rc;

	rc = lstate_watch_options_new(&options);
	if (rc)
		return rc;
	rc = lstate_watch_options_set_filter(options, expression, NULL);
	if (rc == 0)
		rc = lstate_watch_add(w->s, targets, n, options, show, w, ended, watch);
	lstate_watch_options_free(options);
	return rc;
}

TEST_F(library_watch, filter_lets_some_changes_pass_and_counts_the_others)
{
	static const char *const targets[] = { "x", "y" };
	const struct seen *seen = self->w.seen;
	struct lstate_watch_stat stat;
	struct lstate_watch *watch;
	int i;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 0));
	ASSERT_EQ(0, lstate_register_int(self->w.s, "y", 0));
	ASSERT_EQ(0, watch_filtered(&self->w, targets, 2,
				    "new - reported >= 3 || new in -2..-1", &watch));
	for (i = 1; i <= 7; i++)
		ASSERT_EQ(1, lstate_set_int(self->w.s, "x", i));
	ASSERT_EQ(1, lstate_set_int(self->w.s, "y", -2));
	ASSERT_EQ(1, lstate_set_int(self->w.s, "y", -3));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	ASSERT_EQ(3, self->w.n_seen);
	EXPECT_EQ(3, seen[0].new_value);
	EXPECT_EQ(2, seen[0].old_value);
	EXPECT_EQ(6, seen[1].new_value);
	EXPECT_EQ(-2, seen[2].new_value);
	ASSERT_EQ(0, lstate_watch_stat_read(watch, &stat));
	EXPECT_EQ(3, stat.events);
	EXPECT_EQ(6, stat.filtered);
}

TEST_F(library_watch, filter_that_is_none_leaves_the_options_as_they_were)
{
	struct lstate_watch_options *options;
	struct lstate_error *error = NULL;

	ASSERT_EQ(0, lstate_watch_options_new(&options));
	EXPECT_EQ(0, lstate_watch_options_set_filter(options, "new > 5", &error));
	EXPECT_EQ(NULL, error);
	EXPECT_EQ(-EINVAL, lstate_watch_options_set_filter(options, "new > 5 &&", &error));
	EXPECT_EQ(LSTATE_FIELD_FILTER, lstate_error_field(error));
	EXPECT_EQ(0, strncmp(lstate_error_message(error), "filter: column 11: ", 19));
	lstate_error_free(error);
	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 0));
	ASSERT_EQ(0, watch_one(&self->w, "x", options, NULL));
	ASSERT_EQ(1, lstate_set_int(self->w.s, "x", 5));
	ASSERT_EQ(1, lstate_set_int(self->w.s, "x", 6));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	ASSERT_EQ(1, self->w.n_seen);
	EXPECT_EQ(6, self->w.seen[0].new_value);
	EXPECT_EQ(0, lstate_watch_options_set_filter(options, NULL, NULL));
	lstate_watch_options_free(options);
}

/* It fails, and says so; what comes instead is printed. */
static bool refused(struct watcher *w, const char *const *targets, size_t n,
		    const char *expression, int code, const char *message)
{
	struct lstate_watch *watch = NULL;
	const struct lstate_error *error;

	if (watch_filtered(w, targets, n, expression, &watch) != code || watch)
		return false;
	error = lstate_session_error(w->s);
	if (!strcmp(lstate_error_message(error), message))
		return true;
	printf("# %s\n", lstate_error_message(error));
	return false;
}

TEST_F(library_watch, filter_that_makes_no_sense_is_explained)
{
	static const char *const choices[] = { "on", "off" };
	static const char *const i_f[] = { "i", "f" };
	static const char *const f[] = { "f" };
	static const char *const c[] = { "c" };
	static const char *const i_none[] = { "i", "none" };
	struct lstate_watch *watch;
	struct lstate_spec *spec;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "i", 0));
	ASSERT_EQ(0, lstate_spec_new(&spec, "f", LSTATE_TYPE_FLOAT));
	ASSERT_EQ(0, lstate_register(self->w.s, spec, NULL));
	lstate_spec_free(spec);
	ASSERT_EQ(0, lstate_spec_new(&spec, "c", LSTATE_TYPE_CHOICE));
	ASSERT_EQ(0, lstate_spec_set_choices(spec, choices, 2));
	ASSERT_EQ(0, lstate_register(self->w.s, spec, NULL));
	lstate_spec_free(spec);

	EXPECT_TRUE(refused(&self->w, f, 1, "new > 1 || new & 1", -EINVAL,
			    "f: filter: column 12: a float has no bits"));
	EXPECT_TRUE(refused(&self->w, i_f, 2, "new > 1.5", -EINVAL,
			    "i: filter: column 7: \"1.5\" is not an int"));
	EXPECT_TRUE(refused(&self->w, i_f, 2, "new > 1", -EINVAL,
			    "filter: i is an int and f is a float: its numbers are of one type"));
	EXPECT_TRUE(refused(&self->w, f, 1, "new in 2..1", -EINVAL,
			    "f: filter: column 1: the range is empty"));
	EXPECT_TRUE(refused(&self->w, f, 1, "leaves 1..2 by 1", -EINVAL,
			    "watch: filter: column 1: the hysteresis leaves nothing of the range"));
	EXPECT_TRUE(refused(&self->w, c, 1, "old != new && new == 'of'", -EINVAL,
			    "c: filter: column 15: this makes no sense for the choice"));
	EXPECT_TRUE(refused(&self->w, i_none, 2, "new > 1", -ENOENT,
			    "watch: no such variable: none"));
	EXPECT_TRUE(refused(&self->w, i_none + 1, 1, "new > 1", -ENOENT,
			    "watch: no such variable: none"));
	/* What means the same for both is taken. */
	EXPECT_EQ(0, watch_filtered(&self->w, i_f, 2, "old != new", &watch));
}

#define MISFIT	"the filter makes no sense for it"

/* All that fails is told, for whatever reason, wherever it stands. */
TEST_F(library_watch, each_target_that_fails_has_its_reason)
{
	static const char *const targets[] = { "none", "*", "f", "a b", "s" };
	const struct lstate_error *error;

	ASSERT_EQ(0, lstate_register_float(self->w.s, "f", 0));
	ASSERT_EQ(0, lstate_register_string(self->w.s, "s", ""));
	EXPECT_TRUE(refused(&self->w, targets, 2, "new > 3", -ENOENT,
			    "watch: no such variable: none; " MISFIT ": \"*\""));
	EXPECT_TRUE(refused(&self->w, targets + 1, 1, "new > 3", -EINVAL,
			    "*: filter: column 1: this makes no sense for the string"));
	error = lstate_session_error(self->w.s);
	EXPECT_EQ(LSTATE_FIELD_FILTER, lstate_error_field(error));
	ASSERT_EQ(1, lstate_error_count(error));
	EXPECT_TRUE(refused(&self->w, targets + 1, 3, "new > 3", -EINVAL,
			    "watch: neither a name nor an @id: \"a b\"; " MISFIT ": \"*\""));
	error = lstate_session_error(self->w.s);
	ASSERT_EQ(2, lstate_error_count(error));
	EXPECT_EQ(0, lstate_error_index(error, 0));
	EXPECT_EQ(-EINVAL, lstate_error_status(error, 0));
	EXPECT_STREQ("\"*\": " MISFIT,
		     lstate_error_entry_message(error, 0));
	EXPECT_EQ(2, lstate_error_index(error, 1));
	EXPECT_EQ(-EINVAL, lstate_error_status(error, 1));
	EXPECT_STREQ("\"a b\": neither a name nor an @id",
		     lstate_error_entry_message(error, 1));
}

/* A filter without numbers and texts is of no type. */
TEST_F(library_watch, filter_without_values_needs_no_variable)
{
	static const char *const targets[] = { "later", "m*" };
	const struct lstate_value text = lstate_value_string("a");
	const struct lstate_value one = lstate_value_float(1);
	struct lstate_watch_options *options;
	struct lstate_watch *watch;

	ASSERT_EQ(0, watch_filtered(&self->w, targets + 1, 1, "old != new", &watch));
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_allow_missing(options, true);
	ASSERT_EQ(0, lstate_watch_options_set_filter(options, "new != reported", NULL));
	ASSERT_EQ(0, watch_one(&self->w, "later", options, NULL));
	ASSERT_EQ(0, lstate_watch_options_set_filter(options, "new != 0", NULL));
	EXPECT_EQ(-EINVAL, watch_one(&self->w, "later", options, NULL));
	lstate_watch_options_free(options);
	ASSERT_EQ(0, lstate_register_string(self->w.s, "m1", "a"));
	ASSERT_EQ(0, lstate_register_float(self->w.s, "later", 1));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	EXPECT_EQ(2, self->w.n_seen);
	ASSERT_EQ(1, lstate_set_forced(self->w.s, "m1", &text, NULL, LSTATE_ANY_VERSION,
				       NULL));
	ASSERT_EQ(1, lstate_set_forced(self->w.s, "later", &one, NULL,
				       LSTATE_ANY_VERSION, NULL));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	EXPECT_EQ(2, self->w.n_seen);
}

static int user_is_told_why(void *data)
{
	struct watcher w = { .s = NULL };
	static const char *const pattern[] = { "*" };
	static const char *const name[] = { "x" };
	struct lstate_watch *watch;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(!lstate_session_open(&w.s, data, 0, 0, NULL));
	CHILD_CHECK(watch_filtered(&w, name, 1, "new > 3", &watch) == -EACCES);
	CHILD_CHECK(lstate_error_code(lstate_session_error(w.s)) == -EACCES);
	CHILD_CHECK(watch_filtered(&w, pattern, 1, "new > 3", &watch) == -EACCES);
	CHILD_CHECK(lstate_error_code(lstate_session_error(w.s)) == -EACCES);
	lstate_session_close(w.s);
	return 0;
}

/* Not that there was no variable. */
TEST_F(library_watch, filter_hides_no_other_failure)
{
	struct session_name name = session_name_unique("library_watch.why");
	static const char *const pattern[] = { "*" };
	struct lstate_session *s;
	struct lstate_watch *watch;
	mode_t before = umask(0);

	ASSERT_EQ(0, lstate_session_open(&s, name.text, LSTATE_OPEN_CREATE, 0602, NULL));
	umask(before);
	ASSERT_EQ(0, lstate_register_int(s, "x", 0));
	EXPECT_EQ(0, child_run(user_is_told_why, name.text));
	lstate_session_close(s);
	ASSERT_EQ(0, lstate_session_destroy(self->w.s));
	EXPECT_EQ(-ESHUTDOWN, watch_filtered(&self->w, pattern, 1, "new > 3", &watch));
}

TEST_F(library_watch, removed_watch_is_told_nothing_that_was_queued)
{
	struct lstate_watch *watch;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 0));
	ASSERT_EQ(0, watch_one(&self->w, "x", NULL, &watch));
	ASSERT_EQ(1, lstate_set_int(self->w.s, "x", 1));
	lstate_watch_remove(watch);
	EXPECT_EQ(1, self->w.n_ended);
	EXPECT_EQ(0, dispatch_all(self->w.s));
	EXPECT_EQ(0, self->w.n_seen);
	EXPECT_EQ(NULL, lstate_watch_next(self->w.s, NULL));
}

/* What a callback does to its own session, besides noting the event. */
static void meddle(const char *identifier, const struct lstate_value *old_value,
		   const struct lstate_value *new_value,
		   const struct lstate_metadata *metadata,
		   const struct lstate_event *event, void *user_data)
{
	struct watcher *w = user_data;

	show(identifier, old_value, new_value, metadata, event, user_data);
	w->in_step &= lstate_session_dispatch(w->s) == -EBUSY &&
			 library_int(w->s, "x") == 3 &&
			 lstate_set_int(w->s, "y", 1) == 1;
	lstate_watch_remove(lstate_event_watch(event));
	w->in_step &= !w->n_ended;
}

TEST_F(library_watch, callback_may_call_everything_but_dispatch)
{
	static const char *const targets[] = { "x" };
	int i;

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 0));
	ASSERT_EQ(0, lstate_register_int(self->w.s, "y", 0));
	ASSERT_EQ(0, lstate_watch_add(self->w.s, targets, 1, NULL, meddle, &self->w,
				      ended, NULL));
	for (i = 1; i <= 3; i++)
		ASSERT_EQ(1, lstate_set_int(self->w.s, "x", i));
	EXPECT_EQ(0, dispatch_all(self->w.s));
	EXPECT_EQ(1, self->w.n_seen);
	EXPECT_EQ(1, self->w.n_ended);
	EXPECT_EQ(1, library_int(self->w.s, "y"));
}

static void close_session(const char *identifier,
			  const struct lstate_value *old_value,
			  const struct lstate_value *new_value,
			  const struct lstate_metadata *metadata,
			  const struct lstate_event *event, void *user_data)
{
	struct watcher *w = user_data;

	show(identifier, old_value, new_value, metadata, event, user_data);
	lstate_session_close(w->s);
	w->s = NULL;
}

TEST_F(library_watch, callback_may_close_its_session)
{
	struct lstate_session *s = self->w.s;
	static const char *const targets[] = { "x" };

	ASSERT_EQ(0, lstate_register_int(s, "x", 0));
	ASSERT_EQ(0, lstate_watch_add(s, targets, 1, NULL, close_session, &self->w,
				      ended, NULL));
	ASSERT_EQ(1, lstate_set_int(s, "x", 1));
	ASSERT_EQ(1, lstate_set_int(s, "x", 2));
	EXPECT_EQ(1, lstate_session_dispatch(s));
	EXPECT_EQ(1, self->w.n_seen);
	EXPECT_EQ(1, self->w.n_ended);
}

TEST_F(library_watch, end_of_the_session_is_told_once_to_each_watch)
{
	struct pollfd pfd = { .events = POLLIN };

	ASSERT_EQ(0, lstate_register_int(self->w.s, "x", 0));
	ASSERT_EQ(0, watch_one(&self->w, "x", NULL, NULL));
	ASSERT_EQ(0, watch_one(&self->w, "x", NULL, NULL));
	ASSERT_EQ(1, lstate_set_int(self->w.s, "x", 1));
	ASSERT_EQ(0, lstate_session_destroy(self->w.s));
	EXPECT_FAILS(-ESHUTDOWN, NONE, "dispatch: the session has ended",
		     dispatch_all(self->w.s), self->w.s);
	ASSERT_EQ(4, self->w.n_seen);
	EXPECT_EQ(LSTATE_EVENT_CHANGED, self->w.seen[1].kind);
	EXPECT_EQ(LSTATE_EVENT_SESSION_END, self->w.seen[2].kind);
	EXPECT_EQ(LSTATE_EVENT_SESSION_END, self->w.seen[3].kind);
	EXPECT_NE(self->w.seen[2].ref, self->w.seen[3].ref);
	EXPECT_STREQ("", self->w.seen[2].name);
	pfd.fd = lstate_session_fd(self->w.s);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_TRUE(pfd.revents & POLLHUP);
	EXPECT_EQ(1, lstate_session_wait(self->w.s, 0));
	EXPECT_EQ(0, self->w.n_ended);
}

TEST_HARNESS_MAIN
