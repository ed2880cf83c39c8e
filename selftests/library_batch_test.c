// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's batches and readings of many variables, on the real device.
 */
#include "library_helpers.h"

FIXTURE(library_batch) {
	struct lstate_session *s;
	struct lstate_batch *batch;
};

FIXTURE_SETUP(library_batch)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
	ASSERT_EQ(0, lstate_batch_new(&self->batch));
	ASSERT_EQ(0, lstate_register_int(self->s, "i", 40));
	ASSERT_EQ(0, lstate_register_bool(self->s, "b", false));
	ASSERT_EQ(0, lstate_register_string(self->s, "s", "text"));
}

FIXTURE_TEARDOWN(library_batch)
{
	lstate_batch_free(self->batch);
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

TEST_F(library_batch, transaction_is_made_and_read_as_one)
{
	const char *const names[] = { "i", "s", "@2" };
	struct lstate_metadata metadata[] = { { "k", "v" }, { 0 } };
	struct lstate_value text, one = lstate_value_int(1), values[3];
	struct lstate_stamp stamps[3];
	uint64_t transaction;
	char *longer = library_long_text(1000);

	text = lstate_value_string(longer);
	ASSERT_EQ(0, lstate_batch_set(self->batch, "s", &text, metadata, 0));
	ASSERT_EQ(0, lstate_batch_operate(self->batch, "i",
					  LSTATE_OPERATION_ADD, &one));
	ASSERT_EQ(0, lstate_batch_check(self->batch, "b", 0));
	EXPECT_EQ(3, lstate_batch_count(self->batch));
	EXPECT_EQ(0, lstate_batch_run(self->s, self->batch,
				      LSTATE_BATCH_ATOMIC, &transaction));
	EXPECT_EQ(1, transaction);
	EXPECT_EQ(1, lstate_batch_status(self->batch, 0));
	EXPECT_EQ(1, lstate_batch_version(self->batch, 0));
	EXPECT_EQ(1, lstate_batch_status(self->batch, 1));
	EXPECT_EQ(0, lstate_batch_status(self->batch, 2));
	EXPECT_EQ(-EINVAL, lstate_batch_status(self->batch, 3));
	ASSERT_EQ(0, lstate_get_many(self->s, names, 3, values, stamps,
				     &transaction));
	EXPECT_EQ(1, transaction);
	EXPECT_EQ(41, values[0].i);
	EXPECT_STREQ(longer, values[1].s);
	EXPECT_FALSE(values[2].b);
	EXPECT_EQ(1, stamps[1].version);
	EXPECT_EQ(2, stamps[2].id);
	lstate_value_clear(&values[1]);
	free(longer);
}

TEST_F(library_batch, each_failing_entry_is_told)
{
	const struct lstate_error *error = lstate_session_error(self->s);
	struct lstate_value value = lstate_value_int(5);

	ASSERT_EQ(0, lstate_batch_set(self->batch, "i", &value, NULL,
				      LSTATE_ANY_VERSION));
	ASSERT_EQ(0, lstate_batch_check(self->batch, "b", 7));
	ASSERT_EQ(0, lstate_batch_set(self->batch, "none", &value, NULL,
				      LSTATE_ANY_VERSION));
	ASSERT_EQ(0, lstate_batch_set(self->batch, "@1", &value, NULL,
				      LSTATE_ANY_VERSION));
	EXPECT_FAILS(-ESTALE, VERSION, "b: version is 0, not 7",
		     lstate_batch_run(self->s, self->batch,
				      LSTATE_BATCH_ATOMIC, NULL), self->s);
	EXPECT_STREQ("7", lstate_error_value(error));
	EXPECT_STREQ("0", lstate_error_limit(error));
	EXPECT_EQ(3, lstate_error_count(error));
	EXPECT_EQ(1, lstate_error_index(error, 0));
	EXPECT_STREQ("b: version is 0, not 7",
		     lstate_error_entry_message(error, 0));
	EXPECT_STREQ("none: no such variable",
		     lstate_error_entry_message(error, 1));
	EXPECT_STREQ("@1: entry 0 is of the same variable",
		     lstate_error_entry_message(error, 2));
	EXPECT_STREQ("7", lstate_error_value(lstate_error_entry(error, 0)));
	EXPECT_STREQ("0", lstate_error_limit(lstate_error_entry(error, 0)));
	EXPECT_EQ(-ENOENT, lstate_error_code(lstate_error_entry(error, 1)));
	EXPECT_STREQ("none", lstate_error_name(lstate_error_entry(error, 1)));
	EXPECT_EQ(NULL, lstate_error_value(lstate_error_entry(error, 1)));
	EXPECT_EQ(0, lstate_error_count(lstate_error_entry(error, 1)));
	EXPECT_EQ(-ENOENT, lstate_batch_status(self->batch, 2));
	EXPECT_EQ(40, library_int(self->s, "i"));
	/* Without ATOMIC the others are made. */
	EXPECT_EQ(-ESTALE, lstate_batch_run(self->s, self->batch, 0, NULL));
	EXPECT_EQ(2, lstate_error_count(error));
	EXPECT_EQ(5, library_int(self->s, "i"));
}

static void note_end(const char *identifier, const struct lstate_value *old_value,
		     const struct lstate_value *new_value,
		     const struct lstate_metadata *metadata,
		     const struct lstate_event *event, void *user_data)
{
	(void)identifier;
	(void)old_value;
	(void)new_value;
	(void)metadata;
	strcat(user_data, lstate_event_is_end(event) ? "." : "-");
}

TEST_F(library_batch, last_event_of_a_transaction_is_its_end)
{
	const char *const targets[] = { "i", "b" };
	struct lstate_value one = lstate_value_int(1);
	char ends[8] = "";

	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 2, NULL, note_end, ends,
				      NULL, NULL));
	ASSERT_EQ(0, lstate_batch_operate(self->batch, "i", LSTATE_OPERATION_ADD,
					  &one));
	ASSERT_EQ(0, lstate_batch_operate(self->batch, "b",
					  LSTATE_OPERATION_TOGGLE, NULL));
	ASSERT_EQ(0, lstate_batch_run(self->s, self->batch, LSTATE_BATCH_ATOMIC,
				      NULL));
	EXPECT_EQ(1, lstate_set_int(self->s, "i", 3));
	EXPECT_EQ(3, lstate_session_dispatch(self->s));
	EXPECT_STREQ("-.-", ends);
}

TEST_F(library_batch, empty_lists_are_refused)
{
	const char *const names[] = { "none" };
	struct lstate_value value;

	EXPECT_FAILS(-EINVAL, ENTRIES, "batch: 1 to 1024 entries are wanted",
		     lstate_batch_run(self->s, self->batch, 0, NULL), self->s);
	EXPECT_FAILS(-EINVAL, ENTRIES, "get: 1 to 1024 entries are wanted",
		     lstate_get_many(self->s, names, 0, &value, NULL, NULL),
		     self->s);
	EXPECT_FAILS(-ENOENT, NAME, "none: no such variable",
		     lstate_get_many(self->s, names, 1, &value, NULL, NULL),
		     self->s);
}

TEST_HARNESS_MAIN
