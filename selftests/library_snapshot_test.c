// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's watches that start from a snapshot.
 */
#include "library_helpers.h"

#define N_VARIABLES 40

/* What was told, by the snapshot and by events. */
struct told {
	int n;
	char identifiers[64];
	char names[64];
	int64_t sum;
	size_t length;
	uint64_t version;
	int n_events;
	uint64_t event_version;
};

FIXTURE(library_snapshot) {
	struct lstate_session *s;
	struct lstate_watch_options *options;
	struct told told;
};

static void start(const char *identifier, const struct lstate_variable *variable,
		  void *user_data)
{
	const struct lstate_value *value = lstate_variable_value(variable);
	struct told *told = user_data;

	told->n++;
	if (strlen(told->identifiers) < 32)
		strcat(strcat(told->identifiers, identifier), " ");
	if (strlen(told->names) < 32)
		strcat(strcat(told->names, lstate_variable_name(variable)), " ");
	if (value->type == LSTATE_TYPE_INT)
		told->sum += value->i;
	else
		told->length = value->length;
	told->version = lstate_variable_version(variable);
}

static void note(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	struct told *told = user_data;

	told->n_events++;
	told->event_version = lstate_event_version(event);
}

FIXTURE_SETUP(library_snapshot)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
	ASSERT_EQ(0, lstate_register_int(self->s, "i", 5));
	ASSERT_EQ(0, lstate_watch_options_new(&self->options));
	lstate_watch_options_set_snapshot(self->options, start, &self->told);
}

FIXTURE_TEARDOWN(library_snapshot)
{
	lstate_watch_options_free(self->options);
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

TEST_F(library_snapshot, value_is_told_before_the_watch_is_returned)
{
	static const char *const targets[] = { "i" };

	ASSERT_EQ(1, lstate_set_int(self->s, "i", 6));
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, self->options, note,
				      &self->told, NULL, NULL));
	EXPECT_EQ(1, self->told.n);
	EXPECT_EQ(6, self->told.sum);
	EXPECT_EQ(1, self->told.version);
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(0, self->told.n_events);
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 7));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, self->told.n_events);
	EXPECT_EQ(2, self->told.event_version);
}

TEST_F(library_snapshot, names_tell_what_a_pattern_matched)
{
	static const char *const targets[] = { "p/*", "i" };

	ASSERT_EQ(0, lstate_register_int(self->s, "p/a", 10));
	ASSERT_EQ(0, lstate_register_int(self->s, "p/b", 100));
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 2, self->options, note,
				      &self->told, NULL, NULL));
	EXPECT_EQ(3, self->told.n);
	EXPECT_EQ(115, self->told.sum);
	EXPECT_STREQ("p/* p/* i ", self->told.identifiers);
	EXPECT_STREQ("p/a p/b i ", self->told.names);
}

/* More than the first try has room for, in number and in length. */
TEST_F(library_snapshot, buffer_grows_as_needed)
{
	static const char *const targets[] = { "*" };
	static char text[20000];
	char name[16];
	int i;

	memset(text, 't', sizeof(text) - 1);
	for (i = 0; i < N_VARIABLES; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		ASSERT_EQ(0, lstate_register_int(self->s, name, 1));
	}
	ASSERT_EQ(0, lstate_register_string(self->s, "text", text));
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, self->options, note,
				      &self->told, NULL, NULL));
	EXPECT_EQ(N_VARIABLES + 2, self->told.n);
	EXPECT_EQ(N_VARIABLES + 5, self->told.sum);
	EXPECT_EQ(sizeof(text) - 1, self->told.length);
}

TEST_F(library_snapshot, failure_tells_nothing)
{
	static const char *const targets[] = { "i", "missing" };

	EXPECT_EQ(-ENOENT, lstate_watch_add(self->s, targets, 2, self->options,
					    note, &self->told, NULL, NULL));
	EXPECT_EQ(0, self->told.n);
	lstate_watch_options_set_initial(self->options, true);
	EXPECT_FAILS(-EINVAL, FLAGS,
		     "watch: the present values come as events or as a snapshot, not as both",
		     lstate_watch_add(self->s, targets, 1, self->options, note,
				      &self->told, NULL, NULL), self->s);
	EXPECT_EQ(0, self->told.n);
	EXPECT_EQ(NULL, lstate_watch_next(self->s, NULL));
}

TEST_HARNESS_MAIN
