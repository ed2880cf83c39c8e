// SPDX-License-Identifier: GPL-2.0-only
/*
 * LIST: variables in the order of their ids, in pages, by a pattern.
 */
#include "process_helpers.h"

#define N_VARIABLES 50

FIXTURE(list) {
	int fd;
	char buffer[65536];
};

/* v00 to v49, each with its number as its value. */
FIXTURE_SETUP(list)
{
	char name[8];
	int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	for (i = 0; i < N_VARIABLES; i++) {
		snprintf(name, sizeof(name), "v%02d", i);
		ASSERT_EQ(0, variable_register(self->fd, name, value_int(i)));
	}
}

FIXTURE_TEARDOWN(list)
{
	close(self->fd);
}

/* The record behind @variable; the first one for NULL. */
static const struct localstate_variable *
list_next(const char *buffer, const struct localstate_variable *variable)
{
	if (!variable)
		return (const void *)buffer;
	return (const void *)((const char *)variable + variable->size);
}

/* Checks the records of one call: whether all is as the header says. */
static bool list_is_sound(const char *buffer, const struct localstate_list *req,
			  __u64 after)
{
	const struct localstate_variable *variable = NULL;
	__u32 i, size = 0;

	for (i = 0; i < req->count; i++) {
		variable = list_next(buffer, variable);
		if (!variable_is_sound(variable) || variable->id <= after)
			return false;
		after = variable->id;
		size += variable->size;
	}
	return size == req->size && after <= req->after;
}

TEST_F(list, gives_all_in_the_order_of_their_ids)
{
	const struct localstate_variable *variable = NULL;
	struct localstate_list req;
	__s64 i;

	req = list_request(0, self->buffer, sizeof(self->buffer));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
	ASSERT_EQ(N_VARIABLES, req.count);
	ASSERT_TRUE(list_is_sound(self->buffer, &req, 0));
	for (i = 0; i < N_VARIABLES; i++) {
		char name[8];

		snprintf(name, sizeof(name), "v%02lld", i);
		variable = list_next(self->buffer, variable);
		EXPECT_TRUE(variable_part_is(variable, PART_NAME, name, 3));
		EXPECT_TRUE(variable_part_is(variable, PART_VALUE, &i, 8));
	}
	EXPECT_EQ(variable->id, req.after);
}

TEST_F(list, ends_with_a_count_of_zero)
{
	struct localstate_list req;

	req = list_request(0, self->buffer, sizeof(self->buffer));
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_LIST, &req));
	poison(self->buffer, sizeof(self->buffer));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
	EXPECT_EQ(0, req.count);
	EXPECT_EQ(0, req.size);
	EXPECT_TRUE(is_poison(self->buffer, sizeof(self->buffer)));
}

TEST_F(list, of_an_empty_session_is_empty)
{
	int fd = session_private();
	struct localstate_list req = list_request(0, self->buffer, 1024);

	EXPECT_DONE(call(fd, LOCALSTATE_IOC_LIST, &req), &req);
	EXPECT_EQ(0, req.count);
	close(fd);
}

/* Every size of buffer from one record on gives the same list. */
TEST_F(list, pages_of_any_size_give_the_same)
{
	const __u32 record = sizeof(struct localstate_variable) + 16;
	__u32 len;

	for (len = record; len < 5 * record; len += 24) {
		struct localstate_list req = list_request(0, self->buffer, len);
		__u32 n = 0;
		__u64 after;

		do {
			after = req.after;
			poison(self->buffer, 8 * record);
			ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_LIST, &req));
			ASSERT_TRUE(list_is_sound(self->buffer, &req, after));
			ASSERT_TRUE(is_poison(self->buffer + len, record));
			n += req.count;
		} while (req.count);
		EXPECT_EQ(N_VARIABLES, n);
	}
}

TEST_F(list, buffer_too_small_for_one_is_emsgsize)
{
	const __u32 record = sizeof(struct localstate_variable) + 16;
	struct localstate_list req;

	poison(self->buffer, sizeof(self->buffer));
	req = list_request(0, self->buffer, record - 1);
	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_LIST, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_BUFFER, req.error.field);
	EXPECT_EQ(record, req.size);
	EXPECT_EQ(0, req.count);
	EXPECT_EQ(0, req.after);
	EXPECT_TRUE(is_poison(self->buffer, record));
	req = list_request(0, NULL, 0);
	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_LIST, &req));
	EXPECT_EQ(record, req.size);
}

/* A long one after short ones: the short ones come, then it is named. */
TEST_F(list, record_that_does_not_fit_waits_for_the_next_call)
{
	static char text[20001];
	struct localstate_list req;

	memset(text, 't', sizeof(text) - 1);
	ASSERT_EQ(0, variable_register(self->fd, "long", value_string(text)));
	req = list_request(0, self->buffer, 16384);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_LIST, &req));
	EXPECT_EQ(N_VARIABLES, req.count);
	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_LIST, &req));
	EXPECT_LT(20000, req.size);
	req.buffer_len = req.size;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
	EXPECT_EQ(1, req.count);
}

struct pattern_case {
	const char *pattern;
	__u32 count;
};

TEST_F(list, pattern_picks_names)
{
	const struct pattern_case cases[] = {
		{ "*", 50 }, { "v*", 50 }, { "v0*", 10 }, { "v?5", 5 },
		{ "v[01]?", 20 }, { "v[!0]*", 40 }, { "v07", 1 }, { "v", 0 },
		{ "V*", 0 }, { "", 50 }, { "?", 0 }, { "\\v07", 1 },
	};
	struct localstate_list req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *pattern = cases[i].pattern;

		req = list_request(0, self->buffer, sizeof(self->buffer));
		req.pattern_len = strlen(pattern);
		req.pattern = req.pattern_len ? pointer(pattern) : 0;
		EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
		EXPECT_EQ(cases[i].count, req.count) {
			TH_LOG("pattern %s", pattern);
		}
		EXPECT_TRUE(list_is_sound(self->buffer, &req, 0));
	}
}

/* The caller that goes on from "after" comes to the end. */
TEST_F(list, pattern_that_matches_nothing_ends_the_list)
{
	struct localstate_list req;

	req = list_request(0, self->buffer, sizeof(self->buffer));
	req.pattern = pointer("none*");
	req.pattern_len = 5;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
	EXPECT_EQ(0, req.count);
}

TEST_F(list, pattern_beyond_255_bytes_is_refused)
{
	static char pattern[LOCALSTATE_PATTERN_MAX + 1];
	struct localstate_list req;

	memset(pattern, '*', sizeof(pattern));
	req = list_request(0, self->buffer, sizeof(self->buffer));
	req.pattern = pointer(pattern);
	req.pattern_len = sizeof(pattern);
	EXPECT_REFUSED(EINVAL, PATTERN, LOCALSTATE_PATTERN_MAX,
		       call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
	EXPECT_EQ(0, req.count);
	req.pattern_len = LOCALSTATE_PATTERN_MAX;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
	EXPECT_EQ(N_VARIABLES, req.count);
}

/* What makes naive matchers take for ever. */
TEST_F(list, hostile_pattern_does_not_stall)
{
	char pattern[101], name[LOCALSTATE_NAME_MAX + 1];
	struct localstate_list req;
	__s64 start;
	int i;

	memset(name, 'a', LOCALSTATE_NAME_MAX);
	name[LOCALSTATE_NAME_MAX] = '\0';
	ASSERT_EQ(0, variable_register(self->fd, name, value_int(1)));
	for (i = 0; i < 100; i += 2)
		memcpy(pattern + i, "*a", 3);
	pattern[99] = 'b';
	start = now_ms();
	req = list_request(0, self->buffer, sizeof(self->buffer));
	req.pattern = pointer(pattern);
	req.pattern_len = 100;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
	EXPECT_EQ(0, req.count);
	EXPECT_GT(SECOND_MS, now_ms() - start);
}

TEST_F(list, deleted_ones_are_not_there)
{
	struct localstate_list req;

	ASSERT_EQ(0, variable_delete(self->fd, "v00"));
	ASSERT_EQ(0, variable_delete(self->fd, "v25"));
	ASSERT_EQ(0, variable_delete(self->fd, "v49"));
	req = list_request(0, self->buffer, sizeof(self->buffer));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
	EXPECT_EQ(N_VARIABLES - 3, req.count);
	EXPECT_TRUE(list_is_sound(self->buffer, &req, 0));
}

TEST_F(list, after_the_highest_id_is_the_end)
{
	struct localstate_list req;

	req = list_request(UINT64_MAX, self->buffer, sizeof(self->buffer));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &req), &req);
	EXPECT_EQ(0, req.count);
}

/* While others register and delete, what stays is always listed. */
struct churn {
	struct gate *gate;
	int fd;
};

static int churn_run(void *data)
{
	struct churn *churn = data;
	int i;

	gate_pass(churn->gate);
	for (i = 0; !gate_is_stopped(churn->gate); i++) {
		CHILD_CHECK(!variable_register(churn->fd, "passing",
					       value_int(i)));
		CHILD_CHECK(!variable_set(churn->fd, "v10", value_int(-i)));
		CHILD_CHECK(!variable_delete(churn->fd, "passing"));
	}
	return 0;
}

TEST_F_TIMEOUT(list, is_complete_while_others_register_and_delete, 60)
{
	struct churn churn = { gate_alloc(2), self->fd };
	pid_t pid = child_start(churn_run, &churn);
	int round;

	gate_pass(churn.gate);
	for (round = 0; round < 300; round++) {
		struct localstate_list req;
		__u32 n = 0;
		__u64 after;

		req = list_request(0, self->buffer, 1024);
		req.pattern = pointer("v*");
		req.pattern_len = 2;
		do {
			after = req.after;
			ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_LIST, &req));
			ASSERT_TRUE(list_is_sound(self->buffer, &req, after));
			n += req.count;
		} while (req.count);
		ASSERT_EQ(N_VARIABLES, n);
	}
	gate_stop(churn.gate);
	EXPECT_EQ(0, child_wait(pid));
}

TEST_HARNESS_MAIN
