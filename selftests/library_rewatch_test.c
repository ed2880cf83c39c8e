// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's watches with another filter and other options.
 */
#include "library_helpers.h"

/* What the events told. */
struct seen {
	int n;
	int64_t last;
	size_t length;
};

FIXTURE(library_rewatch) {
	struct lstate_session *s;
	struct lstate_watch_options *options;
	struct lstate_watch *watch;
	struct seen seen;
};

static void note(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	struct seen *seen = user_data;

	seen->n++;
	if (new_value->type == LSTATE_TYPE_INT)
		seen->last = new_value->i;
	else
		seen->length = new_value->length;
}

FIXTURE_SETUP(library_rewatch)
{
	static const char *const targets[] = { "i", "s" };

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
	ASSERT_EQ(0, lstate_register_int(self->s, "i", 0));
	ASSERT_EQ(0, lstate_register_string(self->s, "s", ""));
	ASSERT_EQ(0, lstate_watch_options_new(&self->options));
	lstate_watch_options_set_inline_limit(self->options, 64);
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, self->options, note,
				      &self->seen, NULL, &self->watch));
}

FIXTURE_TEARDOWN(library_rewatch)
{
	lstate_watch_options_free(self->options);
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

TEST_F(library_rewatch, filter_is_replaced)
{
	struct lstate_watch_stat stat;

	ASSERT_EQ(0, lstate_watch_options_set_filter(self->options, "new >= 30",
						     NULL));
	ASSERT_EQ(0, lstate_watch_change(self->watch, self->options));
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 5));
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 30));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->seen.n);
	EXPECT_EQ(30, self->seen.last);
	ASSERT_EQ(0, lstate_watch_change(self->watch, NULL));
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 6));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, self->seen.n);
	EXPECT_EQ(6, self->seen.last);
	ASSERT_EQ(0, lstate_watch_stat_read(self->watch, &stat));
	EXPECT_EQ(1, stat.filtered);
	EXPECT_EQ(2, stat.events);
	EXPECT_EQ(64, stat.inline_limit);
}

TEST_F(library_rewatch, fetch_and_inline_limit_are_replaced)
{
	static const char text[] = "forty characters and some more, no less.";
	static const char *const targets[] = { "s" };
	struct lstate_watch *watch;

	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, self->options, note,
				      &self->seen, NULL, &watch));
	lstate_watch_options_set_inline_limit(self->options, 16);
	ASSERT_EQ(0, lstate_watch_change(watch, self->options));
	ASSERT_EQ(1, lstate_set_string(self->s, "s", text));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(16, self->seen.length);
	lstate_watch_options_set_fetch(self->options, true);
	ASSERT_EQ(0, lstate_watch_change(watch, self->options));
	ASSERT_EQ(1, lstate_set_string(self->s, "s", text + 4));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(36, self->seen.length);
}

TEST_F(library_rewatch, own_changes_are_told_or_not)
{
	struct lstate_watch_stat stat;

	lstate_watch_options_set_no_self(self->options, true);
	ASSERT_EQ(0, lstate_watch_change(self->watch, self->options));
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 1));
	ASSERT_EQ(0, lstate_session_dispatch(self->s));
	ASSERT_EQ(0, lstate_watch_stat_read(self->watch, &stat));
	EXPECT_TRUE(stat.no_self);
	EXPECT_EQ(1, stat.filtered);
	ASSERT_EQ(0, lstate_watch_change(self->watch, NULL));
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 2));
	ASSERT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, self->seen.last);
	ASSERT_EQ(0, lstate_watch_stat_read(self->watch, &stat));
	EXPECT_FALSE(stat.no_self);
}

/* Counts, and wants nothing. */
static int count(const struct lstate_value *old_value,
		 const struct lstate_value *new_value, void *user_data)
{
	++*(int *)user_data;
	return 0;
}

/* What has not been handed out yet is another's to judge. */
TEST_F(library_rewatch, callback_filter_is_replaced)
{
	int first = 0, second = 0;

	lstate_watch_options_set_callback_filter(self->options, count, &first);
	ASSERT_EQ(0, lstate_watch_change(self->watch, self->options));
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 1));
	ASSERT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, first);
	EXPECT_EQ(0, self->seen.n);
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 2));
	lstate_watch_options_set_callback_filter(self->options, count, &second);
	ASSERT_EQ(0, lstate_watch_change(self->watch, self->options));
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 3));
	ASSERT_EQ(2, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, first);
	EXPECT_EQ(2, second);
	EXPECT_EQ(0, self->seen.n);
	/* And with none all is told again. */
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 4));
	ASSERT_EQ(0, lstate_watch_change(self->watch, NULL));
	ASSERT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, second);
	EXPECT_EQ(1, self->seen.n);
	EXPECT_EQ(4, self->seen.last);
}

TEST_F(library_rewatch, refusal_is_explained_and_changes_nothing)
{
	static const char *const patterns[] = { "later/*" };
	struct lstate_watch_options *all;
	struct lstate_watch *watch;

	ASSERT_EQ(0, lstate_watch_options_new(&all));
	ASSERT_EQ(0, lstate_watch_options_set_filter(self->options, "new == 7", NULL));
	ASSERT_EQ(0, lstate_watch_change(self->watch, self->options));

	lstate_watch_options_set_initial(all, true);
	EXPECT_FAILS(-EINVAL, FLAGS,
		     "watch: initial values, snapshot, missing names and conflation are for a new one",
		     lstate_watch_change(self->watch, all), self->s);
	lstate_watch_options_set_initial(all, false);
	lstate_watch_options_set_inline_limit(all, 65);
	EXPECT_FAILS(-EINVAL, INLINE_LIMIT,
		     "watch: an inline limit of 16 to 64 bytes is wanted, not 65",
		     lstate_watch_change(self->watch, all), self->s);
	lstate_watch_options_set_inline_limit(all, 0);
	ASSERT_EQ(0, lstate_watch_options_set_filter(all, "new == 1.5", NULL));
	EXPECT_FAILS(-EINVAL, FILTER, "i: filter: column 8: \"1.5\" is not an int",
		     lstate_watch_change(self->watch, all), self->s);
	ASSERT_EQ(0, lstate_watch_options_set_filter(all, "new in 5..4", NULL));
	EXPECT_FAILS(-EINVAL, FILTER, "i: filter: column 1: the range is empty",
		     lstate_watch_change(self->watch, all), self->s);

	ASSERT_EQ(0, lstate_watch_add(self->s, patterns, 1, NULL, note,
				      &self->seen, NULL, &watch));
	EXPECT_FAILS(-EINVAL, FILTER,
		     "filter: there is no variable yet that tells the type of its numbers",
		     lstate_watch_change(watch, all), self->s);

	ASSERT_EQ(1, lstate_set_int(self->s, "i", 1));
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 7));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->seen.n);
	lstate_watch_options_free(all);
}

TEST_HARNESS_MAIN
