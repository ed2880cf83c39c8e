// SPDX-License-Identifier: GPL-2.0-only
/*
 * The texts of a filter that REWATCH replaces: the old ones are given back, the new
 * ones are counted, and a REWATCH that is refused leaves the count as it was.
 */
#include "bytes_helpers.h"
#include "filter_helpers.h"

/* A filter has room for so many terms; a text of each is counted. */
#define TERMS	LOCALSTATE_FILTER_TERMS

FIXTURE(rewatch) {
	struct users users;
	struct localstate_filter_term terms[TERMS];
	long long queue;	/* with no watch any more */
	long long plain;	/* with the watch, without a filter */
	int ref;
};

FIXTURE_SETUP(rewatch)
{
	unsigned int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to set limits");
	ASSERT_TRUE(users_init(&self->users));
	for (i = 0; i < TERMS; i++)
		self->terms[i] = term_equals(0, long_string());
	ASSERT_EQ(0, variable_register(self->users.fd, "text", value_string("")));
	ASSERT_EQ(0, variable_register(self->users.fd, "x", value_int(0)));
	self->ref = watch_name(self->users.fd, "text", 0);
	ASSERT_EQ(0, watch_end(self->users.fd, self->ref));
	self->queue = user_bytes(self->users.fd);
	self->ref = watch_name(self->users.fd, "text", 0);
	ASSERT_LT(0, self->ref);
	self->plain = user_bytes(self->users.fd);
}

FIXTURE_TEARDOWN(rewatch)
{
	users_free(&self->users);
}

static int change(int fd, int ref, const struct localstate_filter_term *terms,
		  __u32 n)
{
	struct localstate_rewatch req = rewatch_request(ref, terms, n);

	return call(fd, LOCALSTATE_IOC_REWATCH, &req);
}

TEST_F(rewatch, old_texts_are_given_back)
{
	int fd = self->users.fd;
	long long one;

	ASSERT_EQ(0, change(fd, self->ref, self->terms, 1));
	one = user_bytes(fd) - self->plain;
	EXPECT_LE(TEXT, one);
	EXPECT_EQ(0, change(fd, self->ref, self->terms, TERMS));
	EXPECT_EQ(self->plain + TERMS * one, user_bytes(fd));
	EXPECT_EQ(0, change(fd, self->ref, self->terms, 2));
	EXPECT_EQ(self->plain + 2 * one, user_bytes(fd));
	EXPECT_EQ(0, change(fd, self->ref, NULL, 0));
	EXPECT_EQ(self->plain, user_bytes(fd));
	EXPECT_EQ(0, change(fd, self->ref, self->terms, 1));
	EXPECT_EQ(0, watch_end(fd, self->ref));
	close(self->users.fd);
	self->users.fd = client_of(OTHER_UID, self->users.name.text);
	EXPECT_EQ(0, variable_delete(self->users.fd, "text"));
	EXPECT_EQ(0, user_bytes(self->users.fd));
}

/* The second text has no room: that of the first is given back, too. */
TEST_F(rewatch, refused_one_keeps_the_old_filter_and_its_bytes)
{
	struct localstate_filter_term empty = term_equals(0, value_string(""));
	struct localstate_rewatch req = rewatch_request(self->ref, self->terms, 2);
	struct localstate_filter_term other;
	int fd = self->users.fd;
	long long one, max;

	other = term_differs(0, long_string());
	ASSERT_EQ(0, change(fd, self->ref, &other, 1));
	one = user_bytes(fd) - self->plain;
	max = self->plain + 3 * one - 1;
	ASSERT_EQ(0, limit_set(max));
	EXPECT_REFUSED(EDQUOT, BYTES, max,
		       call(fd, LOCALSTATE_IOC_REWATCH, &req), &req);
	EXPECT_EQ(self->plain + one, user_bytes(fd));
	ASSERT_EQ(0, variable_set(self->users.other, "text", value_string("y")));
	EXPECT_TRUE(is_readable(fd));
	/* What fits into the filter itself needs no room. */
	ASSERT_EQ(0, limit_set(0));
	EXPECT_EQ(0, change(fd, self->ref, &empty, 1));
	EXPECT_EQ(self->plain, user_bytes(fd));
}

TEST_F(rewatch, misfit_gives_its_texts_back)
{
	int fd = self->users.fd;
	long long before;
	int ref = watch_name(fd, "x", 0);

	ASSERT_LT(0, ref);
	before = user_bytes(fd);
	EXPECT_EQ(-EINVAL, change(fd, ref, self->terms, TERMS));
	EXPECT_EQ(before, user_bytes(fd));
	EXPECT_EQ(-ENOENT, change(fd, ref + 1, self->terms, TERMS));
	EXPECT_EQ(before, user_bytes(fd));
}

/* Links are as long as the watch was made with, whatever is told now. */
TEST_F(rewatch, inline_limit_does_not_change_what_links_need)
{
	struct localstate_rewatch req = rewatch_request(self->ref, NULL, 0);
	int fd = self->users.fd;

	req.inline_limit = LOCALSTATE_INLINE_MIN;
	EXPECT_EQ(0, call(fd, LOCALSTATE_IOC_REWATCH, &req));
	EXPECT_EQ(self->plain, user_bytes(fd));
	EXPECT_EQ(0, watch_end(fd, self->ref));
	EXPECT_EQ(self->queue, user_bytes(fd));
}

TEST_HARNESS_MAIN
