// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events one by one, and filters of the program's own, on the real device.
 */
#include "library_helpers.h"

FIXTURE(library_next) {
	struct lstate_session *s;
	const struct lstate_event *event;
	int n_ended;
};

FIXTURE_SETUP(library_next)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
	ASSERT_EQ(0, lstate_register_int(self->s, "x", 0));
	ASSERT_EQ(0, lstate_register_int(self->s, "y", 0));
}

FIXTURE_TEARDOWN(library_next)
{
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

static void count(void *user_data)
{
	++*(int *)user_data;
}

static int watch(struct lstate_session *s, const char *target,
		 const struct lstate_watch_options *options, int *n_ended,
		 struct lstate_watch **made)
{
	return lstate_watch_add(s, &target, 1, options, NULL, n_ended, count,
				made);
}

/* Is it the change of this target from one int to another? */
static bool is_change(const struct lstate_event *event, const char *target,
		      int64_t old_value, int64_t new_value)
{
	return lstate_event_kind(event) == LSTATE_EVENT_CHANGED &&
	       !strcmp(lstate_event_identifier(event), target) &&
	       lstate_event_old(event) && lstate_event_old(event)->i == old_value &&
	       lstate_event_new(event) && lstate_event_new(event)->i == new_value;
}

TEST_F(library_next, events_come_one_by_one_in_order)
{
	__s64 since;
	int i;

	ASSERT_EQ(0, watch(self->s, "x", NULL, &self->n_ended, NULL));
	ASSERT_EQ(0, watch(self->s, "y", NULL, &self->n_ended, NULL));
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &self->event));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, lstate_set_int(self->s, "x", i + 1));
		ASSERT_EQ(1, lstate_set_int(self->s, "y", i - 7));
	}
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, lstate_event_next(self->s, i ? 0 : -1, &self->event));
		EXPECT_TRUE(is_change(self->event, "x", i, i + 1));
		ASSERT_EQ(1, lstate_session_wait(self->s, 0));
		ASSERT_EQ(1, lstate_event_next(self->s, DEADLINE_MS, &self->event));
		EXPECT_TRUE(is_change(self->event, "y", i ? i - 8 : 0, i - 7));
	}
	EXPECT_EQ(0, lstate_session_wait(self->s, 0));
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &self->event));
	since = now_ms();
	EXPECT_EQ(0, lstate_event_next(self->s, 5, &self->event));
	EXPECT_LE(since + 5, now_ms());
}

struct shown {
	struct lstate_session *s;
	int n;
	int rc;
};

static void show(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	struct shown *shown = user_data;
	const struct lstate_event *next;

	shown->n++;
	shown->rc = lstate_event_next(shown->s, 0, &next);
}

/* What was read ahead is dispatched, and the other way round. */
TEST_F(library_next, events_read_ahead_are_dispatched)
{
	static const char *const targets[] = { "x" };
	struct shown shown = { .s = self->s };
	int i;

	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, NULL, show, &shown,
				      NULL, NULL));
	for (i = 1; i <= 4; i++)
		ASSERT_EQ(1, lstate_set_int(self->s, "x", i));
	ASSERT_EQ(1, lstate_event_next(self->s, 0, &self->event));
	EXPECT_TRUE(is_change(self->event, "x", 0, 1));
	EXPECT_EQ(0, shown.n);
	EXPECT_EQ(3, lstate_session_dispatch(self->s));
	EXPECT_EQ(3, shown.n);
	EXPECT_EQ(-EBUSY, shown.rc);
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &self->event));
}

/* The event that one has stays whole while its watch is removed. */
TEST_F(library_next, watch_may_be_removed_while_its_event_is_there)
{
	struct lstate_watch *made;

	ASSERT_EQ(0, watch(self->s, "x", NULL, &self->n_ended, &made));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 2));
	ASSERT_EQ(1, lstate_event_next(self->s, 0, &self->event));
	lstate_watch_remove(made);
	EXPECT_EQ(0, self->n_ended);
	EXPECT_TRUE(is_change(self->event, "x", 0, 1));
	EXPECT_EQ(made, lstate_event_watch(self->event));
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &self->event));
	EXPECT_EQ(1, self->n_ended);
}

TEST_F(library_next, session_may_be_closed_while_an_event_is_there)
{
	ASSERT_EQ(0, watch(self->s, "x", NULL, &self->n_ended, NULL));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 2));
	ASSERT_EQ(1, lstate_event_next(self->s, 0, &self->event));
	lstate_session_close(self->s);
	self->s = NULL;
	EXPECT_EQ(1, self->n_ended);
}

TEST_F(library_next, end_of_the_session_comes_once)
{
	ASSERT_EQ(0, watch(self->s, "x", NULL, &self->n_ended, NULL));
	ASSERT_EQ(0, watch(self->s, "y", NULL, &self->n_ended, NULL));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	ASSERT_EQ(0, lstate_session_destroy(self->s));
	ASSERT_EQ(1, lstate_event_next(self->s, -1, &self->event));
	EXPECT_TRUE(is_change(self->event, "x", 0, 1));
	ASSERT_EQ(1, lstate_event_next(self->s, -1, &self->event));
	EXPECT_EQ(LSTATE_EVENT_SESSION_END, lstate_event_kind(self->event));
	EXPECT_EQ(NULL, lstate_event_watch(self->event));
	EXPECT_STREQ("", lstate_event_identifier(self->event));
	EXPECT_STREQ("", lstate_event_name(self->event));
	EXPECT_FAILS(-ESHUTDOWN, NONE, "next: the session has ended",
		     lstate_event_next(self->s, -1, &self->event), self->s);
}

TEST_F(library_next, destructor_is_not_called_of_what_was_not_made)
{
	EXPECT_EQ(-ENOENT, watch(self->s, "none", NULL, &self->n_ended, NULL));
	EXPECT_EQ(0, self->n_ended);
}

/* ------------------------------------------------------------------------ */

/**
 * struct judge - a filter of the program's own, and what it was asked
 * @answer: what it says
 * @n: how often
 * @n_without_old: of them, without an old value
 * @sum: of the new values
 * @remove: it removes this watch
 * @close: it closes this session
 */
struct judge {
	int answer;
	int n;
	int n_without_old;
	int64_t sum;
	struct lstate_watch *remove;
	struct lstate_session *close;
};

static int judge(const struct lstate_value *old_value,
		 const struct lstate_value *new_value, void *user_data)
{
	struct judge *judge = user_data;

	judge->n++;
	judge->n_without_old += !old_value;
	judge->sum += new_value->i;
	if (judge->remove)
		lstate_watch_remove(judge->remove);
	lstate_session_close(judge->close);
	return judge->answer;
}

static int is_even(const struct lstate_value *old_value,
		   const struct lstate_value *new_value, void *user_data)
{
	return new_value->i % 2 == 0;
}

TEST_F(library_next, callback_filter_holds_back_what_it_does_not_want)
{
	struct lstate_watch_options *options;
	int i;

	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_callback_filter(options, is_even, NULL);
	ASSERT_EQ(0, lstate_watch_options_set_filter(options, "new > 3", NULL));
	ASSERT_EQ(0, watch(self->s, "x", options, &self->n_ended, NULL));
	for (i = 1; i <= 9; i++)
		ASSERT_EQ(1, lstate_set_int(self->s, "x", i));
	for (i = 4; i <= 8; i += 2) {
		ASSERT_EQ(1, lstate_event_next(self->s, 0, &self->event));
		EXPECT_TRUE(is_change(self->event, "x", i - 1, i));
	}
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &self->event));
	lstate_watch_options_free(options);
}

TEST_F(library_next, callback_filter_that_fails_notifies)
{
	struct judge judged = { .answer = -EIO };
	struct lstate_watch_options *options;

	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_callback_filter(options, judge, &judged);
	ASSERT_EQ(0, watch(self->s, "x", options, &self->n_ended, NULL));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	EXPECT_EQ(1, lstate_event_next(self->s, 0, &self->event));
	EXPECT_EQ(1, judged.n);
	judged.answer = 0;
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 2));
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &self->event));
	EXPECT_EQ(2, judged.n);
	lstate_watch_options_free(options);
}

/* It is asked about values alone: what begins, ends or is lost is told. */
TEST_F(library_next, callback_filter_is_asked_about_changes_alone)
{
	struct judge judged = { .answer = 0 };
	struct lstate_watch_options *options;

	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_callback_filter(options, judge, &judged);
	lstate_watch_options_set_initial(options, true);
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 5));
	ASSERT_EQ(0, watch(self->s, "x", options, &self->n_ended, NULL));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 6));
	ASSERT_EQ(0, lstate_delete(self->s, "x"));
	ASSERT_EQ(0, lstate_register_int(self->s, "x", 7));
	ASSERT_EQ(1, lstate_event_next(self->s, 0, &self->event));
	EXPECT_EQ(LSTATE_EVENT_SYNC, lstate_event_kind(self->event));
	ASSERT_EQ(1, lstate_event_next(self->s, 0, &self->event));
	EXPECT_EQ(LSTATE_EVENT_DELETED, lstate_event_kind(self->event));
	ASSERT_EQ(1, lstate_event_next(self->s, 0, &self->event));
	EXPECT_EQ(LSTATE_EVENT_CREATED, lstate_event_kind(self->event));
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &self->event));
	EXPECT_EQ(2, judged.n);
	EXPECT_EQ(1, judged.n_without_old);
	EXPECT_EQ(11, judged.sum);
	lstate_watch_options_free(options);
}

/* For each change that it does not want there is one more. */
static int want_no_more(const struct lstate_value *old_value,
			const struct lstate_value *new_value, void *user_data)
{
	return lstate_set_int(user_data, "x", new_value->i + 1) == 1 ? 0 : 1;
}

/* However fast changes come that nobody wants. */
TEST_F(library_next, wait_ends_in_time)
{
	struct session_name name = session_name_unique("library_next");
	struct lstate_watch_options *options;
	struct lstate_session *writer, *s;
	__s64 since;

	ASSERT_EQ(0, lstate_session_open(&writer, name.text, LSTATE_OPEN_CREATE, 0600,
					 NULL));
	ASSERT_EQ(0, lstate_register_int(writer, "x", 0));
	ASSERT_EQ(0, lstate_session_open(&s, name.text, 0, 0, NULL));
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_callback_filter(options, want_no_more, writer);
	ASSERT_EQ(0, watch(s, "x", options, &self->n_ended, NULL));
	ASSERT_EQ(1, lstate_set_int(writer, "x", 1));
	EXPECT_EQ(0, lstate_event_next(s, 0, &self->event));
	since = now_ms();
	EXPECT_EQ(0, lstate_event_next(s, 20, &self->event));
	EXPECT_LE(since + 20, now_ms());
	/* And there is silence to be told of. */
	lstate_watch_remove(lstate_watch_next(s, NULL));
	lstate_watch_options_set_heartbeat(options, 1);
	ASSERT_EQ(0, watch(s, "x", options, &self->n_ended, NULL));
	ASSERT_EQ(1, lstate_set_int(writer, "x", -1));
	ASSERT_EQ(1, lstate_event_next(s, -1, &self->event));
	EXPECT_EQ(LSTATE_EVENT_HEARTBEAT, lstate_event_kind(self->event));
	lstate_watch_options_free(options);
	lstate_session_close(s);
	lstate_session_close(writer);
}

TEST_F(library_next, callback_filter_may_remove_its_watch)
{
	struct judge judged = { .answer = 1 };
	struct lstate_watch_options *options;

	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_callback_filter(options, judge, &judged);
	ASSERT_EQ(0, watch(self->s, "x", options, &self->n_ended, &judged.remove));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 2));
	EXPECT_EQ(0, lstate_event_next(self->s, 0, &self->event));
	EXPECT_EQ(1, judged.n);
	EXPECT_EQ(1, self->n_ended);
	lstate_watch_options_free(options);
}

/* Whatever it answers: there is no session any more that could hand out the event. */
TEST_F(library_next, callback_filter_may_close_the_session)
{
	struct lstate_session *other = library_session();
	struct judge judged = { .answer = 1 };
	struct lstate_watch_options *options;

	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, lstate_register_int(other, "x", 0));
	ASSERT_EQ(0, lstate_watch_options_new(&options));
	lstate_watch_options_set_callback_filter(options, judge, &judged);
	ASSERT_EQ(0, watch(self->s, "x", options, &self->n_ended, NULL));
	ASSERT_EQ(0, watch(self->s, "y", NULL, &self->n_ended, NULL));
	ASSERT_EQ(0, watch(other, "x", options, &self->n_ended, NULL));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 1));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 2));
	judged.close = self->s;
	EXPECT_EQ(-ESHUTDOWN, lstate_event_next(self->s, -1, &self->event));
	self->s = NULL;
	EXPECT_EQ(1, judged.n);
	EXPECT_EQ(2, self->n_ended);
	/* To dispatch is no different. */
	ASSERT_EQ(1, lstate_set_int(other, "x", 1));
	ASSERT_EQ(1, lstate_set_int(other, "x", 2));
	judged.close = other;
	EXPECT_EQ(1, lstate_session_dispatch(other));
	EXPECT_EQ(2, judged.n);
	EXPECT_EQ(3, self->n_ended);
	lstate_watch_options_free(options);
}

TEST_HARNESS_MAIN
