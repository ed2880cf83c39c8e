// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's claims on the real device, and sessions that are adopted.
 */
#include "library_helpers.h"

FIXTURE(library_claim) {
	struct session_name name;
	struct lstate_session *a;
	struct lstate_session *b;
};

/* Two clients of one session, with an int of 7 in it that is 8 now. */
FIXTURE_SETUP(library_claim)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("library_claim");
	ASSERT_EQ(0, lstate_session_open(&self->a, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	ASSERT_EQ(0, lstate_session_open(&self->b, self->name.text, 0, 0,
					 NULL));
	ASSERT_EQ(0, lstate_register_int(self->a, "x", 7));
	ASSERT_EQ(1, lstate_set_int(self->a, "x", 8));
}

FIXTURE_TEARDOWN(library_claim)
{
	lstate_session_close(self->a);
	lstate_session_close(self->b);
	EXPECT_NO_LEAK();
}

static int take(struct lstate_session *session, enum lstate_claim_end on_end)
{
	return lstate_claim_take(session, "x", on_end, NULL, NULL, 0);
}

TEST_F(library_claim, refuses_others_and_names_the_holder)
{
	char message[64], pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(message, sizeof(message), "x: it is claimed by process %s", pid);
	ASSERT_EQ(0, take(self->a, LSTATE_CLAIM_END_NONE));
	EXPECT_FAILS(-EBUSY, CLAIM, message, lstate_set_int(self->b, "x", 9),
		     self->b);
	EXPECT_STREQ(pid, lstate_error_limit(lstate_session_error(self->b)));
	EXPECT_FAILS(-EBUSY, CLAIM, message, lstate_delete(self->b, "x"),
		     self->b);
	EXPECT_FAILS(-EBUSY, CLAIM, message, take(self->b, 0), self->b);
	EXPECT_EQ(1, lstate_set_int(self->a, "x", 9));
}

TEST_F(library_claim, timeout_names_the_holder)
{
	char message[64];

	snprintf(message, sizeof(message),
		 "x: it is still claimed by process %d", getpid());
	ASSERT_EQ(0, take(self->a, LSTATE_CLAIM_END_NONE));
	EXPECT_FAILS(-ETIMEDOUT, CLAIM, message,
		     lstate_claim_take(self->b, "x", 0, NULL, NULL, 1000000),
		     self->b);
}

TEST_F(library_claim, twice_is_refused)
{
	ASSERT_EQ(0, take(self->a, LSTATE_CLAIM_END_NONE));
	EXPECT_FAILS(-EALREADY, CLAIM, "x: this session has claimed it already",
		     take(self->a, LSTATE_CLAIM_END_NONE), self->a);
}

TEST_F(library_claim, release_of_none_is_refused)
{
	EXPECT_FAILS(-ENOENT, CLAIM, "x: this session has no claim on it",
		     lstate_claim_release(self->a, "x"), self->a);
	EXPECT_FAILS(-ENOENT, NAME, "none: no such variable",
		     lstate_claim_release(self->a, "none"), self->a);
}

TEST_F(library_claim, unknown_end_is_refused)
{
	EXPECT_FAILS(-EINVAL, ON_END,
		     "x: what happens when the claim ends is none of the known ends",
		     take(self->a, 99), self->a);
}

TEST_F(library_claim, will_is_checked_like_a_set)
{
	struct lstate_value wrong = lstate_value_bool(true);

	EXPECT_FAILS(-EINVAL, TYPE, "x: an int is wanted, not a bool",
		     lstate_claim_take(self->a, "x", LSTATE_CLAIM_END_WILL,
				       &wrong, NULL, 0), self->a);
	EXPECT_EQ(1, lstate_set_int(self->b, "x", 9));
}

TEST_F(library_claim, release_resets)
{
	ASSERT_EQ(0, take(self->a, LSTATE_CLAIM_END_RESET));
	ASSERT_EQ(0, lstate_claim_release(self->a, "x"));
	EXPECT_EQ(7, library_int(self->b, "x"));
}

TEST_F(library_claim, close_deletes)
{
	ASSERT_EQ(0, take(self->a, LSTATE_CLAIM_END_DELETE));
	lstate_session_close(self->a);
	self->a = NULL;
	EXPECT_TRUE(library_is_absent(self->b, "x"));
}

TEST_F(library_claim, close_leaves_the_will)
{
	static const struct lstate_metadata metadata[] = {
		{ "why", "gone" }, { NULL, NULL },
	};
	struct lstate_value will = lstate_value_int(99);
	struct lstate_variable *variable;

	ASSERT_EQ(0, lstate_claim_take(self->a, "x", LSTATE_CLAIM_END_WILL,
				       &will, metadata, LSTATE_FOREVER));
	lstate_session_close(self->a);
	self->a = NULL;
	ASSERT_EQ(0, lstate_describe(self->b, "x", &variable));
	EXPECT_EQ(99, lstate_variable_value(variable)->i);
	EXPECT_TRUE(library_metadata_is(lstate_variable_metadata(variable),
					"why", "gone"));
	lstate_variable_free(variable);
}

TEST_F(library_claim, bad_metadata_are_refused)
{
	static const struct lstate_metadata metadata[] = {
		{ "a=b", "c" }, { NULL, NULL },
	};
	struct lstate_value will = lstate_value_int(99);

	EXPECT_EQ(-EINVAL, lstate_claim_take(self->a, "x",
					     LSTATE_CLAIM_END_WILL, &will,
					     metadata, 0));
	EXPECT_EQ(LSTATE_FIELD_METADATA,
		  lstate_error_field(lstate_session_error(self->a)));
}

/* ---- adopting ------------------------------------------------------------ */

TEST_F(library_claim, adopted_session_is_the_same_client)
{
	struct lstate_session *adopted;
	int fd = dup(lstate_session_fd(self->a));

	ASSERT_EQ(0, take(self->a, LSTATE_CLAIM_END_NONE));
	ASSERT_EQ(0, lstate_session_adopt(&adopted, fd, NULL));
	EXPECT_STREQ(self->name.text, lstate_session_name(adopted));
	EXPECT_EQ(lstate_session_id(self->a), lstate_session_id(adopted));
	EXPECT_EQ(lstate_session_rights(self->a),
		  lstate_session_rights(adopted));
	EXPECT_EQ(1, lstate_set_int(adopted, "x", 9));
	lstate_session_close(adopted);
	EXPECT_EQ(-EBUSY, lstate_set_int(self->b, "x", 10));
}

TEST_F(library_claim, adopted_reader_cannot_write)
{
	int fd = session_open_flags(self->name.text, 0, 0, O_RDONLY);
	struct lstate_session *adopted;

	ASSERT_EQ(0, lstate_session_adopt(&adopted, fd, NULL));
	EXPECT_EQ(0, lstate_session_rights(adopted) & LSTATE_RIGHT_WRITE);
	EXPECT_NE(0, lstate_session_rights(adopted) & LSTATE_RIGHT_READ);
	EXPECT_EQ(8, library_int(adopted, "x"));
	lstate_session_close(adopted);
}

static int adopt_code(int fd)
{
	struct lstate_session *session;
	struct lstate_error *error;
	int code = lstate_session_adopt(&session, fd, &error);

	if (session || code != lstate_error_code(error))
		code = 1;
	lstate_error_free(error);
	return code;
}

TEST_F(library_claim, only_attached_descriptors_are_adopted)
{
	int pipe_fd[2], bare = device_open(O_RDWR);
	int dead = session_open(self->name.text);

	ASSERT_EQ(0, pipe(pipe_fd));
	EXPECT_EQ(-EBADF, adopt_code(-1));
	EXPECT_EQ(-EBADF, adopt_code(pipe_fd[0]));
	EXPECT_EQ(-ENOTCONN, adopt_code(bare));
	ASSERT_EQ(0, lstate_session_destroy(self->a));
	EXPECT_EQ(-ESHUTDOWN, adopt_code(dead));
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	close(bare);
	close(dead);
}

TEST_HARNESS_MAIN
