// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches by pattern, and of names that are missing: what they are told of
 * variables that come, go and come back, what is refused, and what is counted.
 */
#include "filter_helpers.h"
#include "pattern_helpers.h"
#include "process_helpers.h"

#define MISSING LOCALSTATE_WATCH_ALLOW_MISSING
#define INITIAL LOCALSTATE_WATCH_INITIAL

FIXTURE(pattern) {
	struct session_name name;
	int fd;
	int writer;
	struct reader reader;
	long long max_targets;
	long long max_links;
};

/* Two clients of one session with the variables a1, a2 and b1, all 0. */
FIXTURE_SETUP(pattern)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->max_targets = parameter_get("max_targets");
	self->max_links = parameter_get("max_user_links");
	self->name = session_name_unique("pattern");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	self->writer = session_open(self->name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, variable_register(self->writer, "a1", value_int(0)));
	ASSERT_EQ(0, variable_register(self->writer, "a2", value_int(0)));
	ASSERT_EQ(0, variable_register(self->writer, "b1", value_int(0)));
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(pattern)
{
	if (!geteuid()) {
		parameter_set("max_targets", self->max_targets);
		parameter_set("max_user_links", self->max_links);
	}
	close(self->fd);
	close(self->writer);
}

static __u64 id_of(int fd, const char *name)
{
	struct localstate_get get;

	return variable_get(fd, name, &get) ? 0 : get.id;
}

static __u32 links_of(int fd, int ref)
{
	struct localstate_watch_info info;

	return watch_info(fd, ref, &info) ? UINT32_MAX : info.n_links;
}

/* The next event is of this kind and variable, and under this target. */
#define ASSERT_TOLD(_kind, _ref, _id, _target) do {			\
	const struct localstate_event *__told;				\
									\
	ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &__told));	\
	ASSERT_EQ(LOCALSTATE_EVENT_##_kind, __told->kind);		\
	ASSERT_EQ(_ref, (int)__told->ref);				\
	ASSERT_EQ(_id, __told->id);					\
	ASSERT_EQ(_target, __told->target);				\
} while (0)

/* ---- what a pattern is told ---------------------------------------------- */

TEST_F(pattern, all_that_match_are_watched_and_no_others)
{
	int ref = watch_pattern(self->fd, "a*", 0);

	ASSERT_LE(1, ref);
	EXPECT_EQ(2, links_of(self->fd, ref));
	ASSERT_EQ(0, variable_set(self->writer, "b1", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "a2", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "a1", value_int(1)));
	ASSERT_TOLD(CHANGED, ref, id_of(self->fd, "a2"), 0);
	ASSERT_TOLD(CHANGED, ref, id_of(self->fd, "a1"), 0);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(pattern, later_variable_that_matches_is_created_with_its_value)
{
	const struct localstate_event *event;
	int ref = watch_pattern(self->fd, "a?", 0);

	ASSERT_EQ(0, variable_register(self->writer, "a33", value_int(3)));
	ASSERT_EQ(0, variable_register(self->writer, "a3", value_int(3)));
	ASSERT_EQ(0, variable_set(self->writer, "a3", value_int(4)));
	ASSERT_EVENT(&self->reader, CREATED, SET, ref, &event);
	EXPECT_EQ(id_of(self->fd, "a3"), event->id);
	EXPECT_EQ(LOCALSTATE_EVENT_NEW, event->flags);
	EXPECT_EQ(0, event->version);
	EXPECT_EQ(3, event_new_int(event));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(1, event->version);
	EXPECT_EQ(3, event_old_int(event));
	EXPECT_EQ(4, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	EXPECT_EQ(3, links_of(self->fd, ref));
}

TEST_F(pattern, pattern_that_matches_nothing_waits)
{
	int ref = watch_pattern(self->fd, "[x-z]*", INITIAL);

	ASSERT_LE(1, ref);
	EXPECT_EQ(0, links_of(self->fd, ref));
	ASSERT_TOLD(SYNC, ref, 0, 0);
	ASSERT_EQ(0, variable_register(self->writer, "y", value_int(1)));
	ASSERT_TOLD(CREATED, ref, id_of(self->fd, "y"), 0);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(pattern, deleted_comes_before_created_of_the_next_one)
{
	__u64 old = id_of(self->fd, "a1"), new;
	int ref = watch_pattern(self->fd, "a*", 0);

	ASSERT_EQ(0, variable_delete(self->writer, "a1"));
	EXPECT_EQ(1, reader_fill(&self->reader, DEADLINE_MS) > 0);
	EXPECT_EQ(1, links_of(self->fd, ref));
	ASSERT_EQ(0, variable_register_id(self->writer, "a1", value_uint(7),
					  &new));
	ASSERT_LT(old, new);
	ASSERT_TOLD(DELETED, ref, old, 0);
	ASSERT_TOLD(CREATED, ref, new, 0);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	EXPECT_EQ(2, links_of(self->fd, ref));
}

/* A full queue: the deleted variable's link waits with its DELETED. */
TEST_F(pattern, link_of_a_deleted_variable_stays_until_there_is_room)
{
	const struct localstate_event *event;
	__u64 old = id_of(self->fd, "a1"), new;
	int ref, i, deleted = 0, created = 0;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ref = watch_pattern(self->fd, "a*", 0);
	for (i = 1; i <= 100; i++)
		ASSERT_EQ(0, variable_set(self->writer, "a2", value_int(i)));
	ASSERT_EQ(0, variable_delete(self->writer, "a1"));
	EXPECT_EQ(2, links_of(self->fd, ref));
	ASSERT_EQ(0, variable_register_id(self->writer, "a1", value_int(7),
					  &new));
	EXPECT_EQ(3, links_of(self->fd, ref));
	while (!created) {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		deleted += event->kind == LOCALSTATE_EVENT_DELETED &&
			   event->id == old;
		created = event->kind == LOCALSTATE_EVENT_CREATED;
	}
	EXPECT_EQ(1, deleted);
	EXPECT_EQ(new, event->id);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	EXPECT_EQ(2, links_of(self->fd, ref));
}

TEST_F(pattern, unwatch_ends_what_would_come)
{
	int ref = watch_pattern(self->fd, "*", 0);

	ASSERT_EQ(0, variable_register(self->writer, "c", value_int(0)));
	ASSERT_EQ(0, watch_end(self->fd, ref));
	ASSERT_EQ(0, variable_register(self->writer, "d", value_int(0)));
	ASSERT_EQ(0, variable_set(self->writer, "c", value_int(1)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_F(pattern, closed_watcher_is_no_hindrance)
{
	ASSERT_LE(1, watch_pattern(self->fd, "*", 0));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, variable_register(self->writer, "c", value_int(0)));
	ASSERT_EQ(0, variable_set(self->writer, "a1", value_int(1)));
}

TEST_F(pattern, session_that_ends_ends_the_wait)
{
	ASSERT_LE(1, watch_pattern(self->fd, "*", MISSING));
	ASSERT_EQ(0, session_destroy(self->writer));
	EXPECT_EQ(-ESHUTDOWN, variable_register(self->writer, "c", value_int(0)));
	EXPECT_EQ(-ESHUTDOWN, watch_pattern(self->fd, "*", 0));
	ASSERT_TOLD(SESSION_END, 0, 0, 0);
}

/* ---- INITIAL ------------------------------------------------------------- */

TEST_F(pattern, initial_comes_by_target_and_id_then_sync)
{
	const struct localstate_target targets[] = {
		target_pattern("b*"), target_pattern("a*"),
	};
	struct localstate_watch req = watch_request(targets, 2, INITIAL);

	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_TOLD(CHANGED, (int)req.ref, id_of(self->fd, "b1"), 0);
	ASSERT_TOLD(CHANGED, (int)req.ref, id_of(self->fd, "a1"), 1);
	ASSERT_TOLD(CHANGED, (int)req.ref, id_of(self->fd, "a2"), 1);
	ASSERT_TOLD(SYNC, (int)req.ref, 0, 0);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* ---- several targets, one link ------------------------------------------- */

TEST_F(pattern, variable_of_several_targets_is_one_link_of_the_first)
{
	const struct localstate_target targets[] = {
		target_name("a2"), target_pattern("*1"), target_pattern("a*"),
		target_name("a1"), target_id(id_of(self->fd, "b1")),
	};
	struct localstate_watch req = watch_request(targets, 5, 0);
	const __u64 a1 = id_of(self->fd, "a1"), a2 = id_of(self->fd, "a2");

	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(3, links_of(self->fd, req.ref));
	ASSERT_EQ(0, variable_set(self->writer, "a1", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "a2", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "b1", value_int(1)));
	ASSERT_TOLD(CHANGED, (int)req.ref, a1, 1);
	ASSERT_TOLD(CHANGED, (int)req.ref, a2, 0);
	ASSERT_TOLD(CHANGED, (int)req.ref, id_of(self->fd, "b1"), 1);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(pattern, later_variable_of_several_targets_is_one_link_of_the_first)
{
	const struct localstate_target targets[] = {
		target_name("c1"), target_pattern("*1"), target_pattern("c*"),
		target_name("d1"), target_name("c2"), target_name("c1"),
	};
	struct localstate_watch req = watch_request(targets, 6, MISSING);

	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(2, links_of(self->fd, req.ref));
	ASSERT_EQ(0, variable_register(self->writer, "c1", value_int(1)));
	ASSERT_TOLD(CREATED, (int)req.ref, id_of(self->fd, "c1"), 0);
	ASSERT_EQ(0, variable_register(self->writer, "d1", value_int(1)));
	ASSERT_TOLD(CREATED, (int)req.ref, id_of(self->fd, "d1"), 1);
	ASSERT_EQ(0, variable_register(self->writer, "c2", value_int(1)));
	ASSERT_TOLD(CREATED, (int)req.ref, id_of(self->fd, "c2"), 2);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	EXPECT_EQ(5, links_of(self->fd, req.ref));
}

TEST_F(pattern, each_watch_is_told_once)
{
	int first = watch_pattern(self->fd, "c*", 0);
	int second = watch_pattern(self->fd, "*", 0);
	int third = watch_name(self->fd, "c", MISSING);
	const struct localstate_event *event;
	int i, seen = 0;

	ASSERT_EQ(0, variable_register(self->writer, "c", value_int(1)));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		ASSERT_EQ(LOCALSTATE_EVENT_CREATED, event->kind);
		seen += event->ref == (__u32)first;
		seen += 10 * (event->ref == (__u32)second);
		seen += 100 * (event->ref == (__u32)third);
	}
	EXPECT_EQ(111, seen);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* RESTORE may give an id again that was given before. */
TEST_F(pattern, restored_with_the_same_id_is_told_again)
{
	struct localstate_register req = register_request("x", value_int(1));
	int fd = session_private(), i;
	struct reader reader;

	ASSERT_LE(0, fd);
	ASSERT_LE(1, watch_pattern(fd, "*", 0));
	reader_init(&reader, fd);
	req.flags = LOCALSTATE_REGISTER_RESTORE;
	req.restore_id = 5;
	for (i = 0; i < 3; i++) {
		const struct localstate_event *event;

		ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_REGISTER, &req));
		ASSERT_EVENT(&reader, CREATED, SET, 1, &event);
		EXPECT_EQ(5, event->id);
		ASSERT_EQ(0, variable_delete(fd, "x"));
		ASSERT_EVENT(&reader, DELETED, SET, 1, &event);
	}
	close(fd);
}

/* ---- names that are missing ---------------------------------------------- */

TEST_F(pattern, missing_name_is_waited_for)
{
	int ref = watch_name(self->fd, "later", MISSING | INITIAL);

	ASSERT_LE(1, ref);
	ASSERT_TOLD(SYNC, ref, 0, 0);
	EXPECT_EQ(0, links_of(self->fd, ref));
	ASSERT_EQ(0, variable_register(self->writer, "later", value_int(1)));
	ASSERT_TOLD(CREATED, ref, id_of(self->fd, "later"), 0);
	EXPECT_EQ(1, links_of(self->fd, ref));
	ASSERT_EQ(0, variable_set(self->writer, "later", value_int(2)));
	ASSERT_TOLD(CHANGED, ref, id_of(self->fd, "later"), 0);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(pattern, missing_id_is_enoent_all_the_same)
{
	const struct localstate_target targets[] = {
		target_name("later"), target_id(1000), target_pattern("x*"),
	};
	struct localstate_watch req = watch_request(targets, 3, MISSING);
	__s32 status[3];

	poison(status, sizeof(status));
	req.status = pointer(status);
	EXPECT_EQ(-ENOENT, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(1, req.error.index);
	EXPECT_EQ(1, req.failed);
	EXPECT_EQ(0, status[0]);
	EXPECT_EQ(-ENOENT, status[1]);
	EXPECT_EQ(0, status[2]);
	EXPECT_EQ(0, watch_count(self->fd));
	ASSERT_EQ(0, variable_register(self->writer, "later", value_int(1)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* The link of a missing name is there before: no limit stands in its way. */
TEST_F(pattern, missing_name_has_its_link_in_advance)
{
	int ref;

	if (geteuid())
		SKIP(return, "needs root");
	ref = watch_name(self->fd, "later", MISSING);
	ASSERT_EQ(0, parameter_set("max_user_links", 0));
	ASSERT_EQ(0, variable_register(self->writer, "later", value_int(1)));
	ASSERT_TOLD(CREATED, ref, id_of(self->fd, "later"), 0);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* Also if a pattern before the name in the watch is what the event names. */
TEST_F(pattern, missing_name_behind_a_pattern_has_its_link_too)
{
	struct localstate_target targets[] = {
		target_pattern("l*"), target_name("later"),
	};
	__u64 id;
	int ref;

	if (geteuid())
		SKIP(return, "needs root");
	ref = watch_targets(self->fd, targets, 2, MISSING);
	ASSERT_LE(1, ref);
	ASSERT_EQ(0, parameter_set("max_user_links", 0));
	ASSERT_EQ(0, variable_register(self->writer, "later", value_int(1)));
	id = id_of(self->fd, "later");
	ASSERT_TOLD(CREATED, ref, id, 0);
	ASSERT_EQ(0, variable_delete(self->writer, "later"));
	ASSERT_TOLD(DELETED, ref, id, 0);
	/* It has it still. */
	ASSERT_EQ(0, variable_register(self->writer, "later", value_int(2)));
	ASSERT_TOLD(CREATED, ref, id_of(self->fd, "later"), 0);
}

/* ---- what is refused ----------------------------------------------------- */

static int watch_status(int fd, struct localstate_target target, __s32 *status)
{
	struct localstate_watch req = watch_request(&target, 1, MISSING);

	*status = POISON32;
	req.status = pointer(status);
	return call(fd, LOCALSTATE_IOC_WATCH, &req);
}

TEST_F(pattern, malformed_pattern_is_refused)
{
	static char long_pattern[LOCALSTATE_PATTERN_MAX + 2];
	struct localstate_target target;
	__s32 status;

	memset(long_pattern, '*', sizeof(long_pattern) - 1);
	target = target_pattern("a*");
	target.id = 1;
	EXPECT_EQ(-EINVAL, watch_status(self->fd, target, &status));
	EXPECT_EQ(-EINVAL, status);
	EXPECT_EQ(-EINVAL, watch_status(self->fd, target_pattern(""), &status));
	EXPECT_EQ(-EINVAL, status);
	target = target_pattern(long_pattern);
	EXPECT_EQ(-EINVAL, watch_status(self->fd, target, &status));
	EXPECT_EQ(-EINVAL, status);
	target.name_len--;
	EXPECT_EQ(0, watch_status(self->fd, target, &status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, watch_count(self->fd));
}

TEST_F(pattern, pattern_with_a_nul_is_eilseq)
{
	struct localstate_target target = target_pattern("a*");
	__s32 status;

	target.name_len++;
	EXPECT_EQ(-EILSEQ, watch_status(self->fd, target, &status));
	EXPECT_EQ(-EILSEQ, status);
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_F(pattern, pattern_that_cannot_be_read_is_efault)
{
	struct localstate_target target = target_pattern("a*");
	__s32 status;

	target.name = 16;
	EXPECT_EQ(-EFAULT, watch_status(self->fd, target, &status));
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_F(pattern, name_stays_a_name)
{
	__s32 status;

	EXPECT_EQ(-EINVAL, watch_status(self->fd, target_name("a*"), &status));
	EXPECT_EQ(-EINVAL, status);
}

/* ---- filters ------------------------------------------------------------- */

TEST_F(pattern, filter_that_does_not_suit_a_variable_that_matches_is_refused)
{
	const struct localstate_filter_term term =
		term_equals(0, value_int(3));
	const struct localstate_target targets[] = {
		target_name("b1"), target_pattern("a*"),
	};
	struct localstate_watch req;

	ASSERT_EQ(0, variable_register(self->writer, "a.text",
				       value_string("x")));
	req = watch_filtered_request(targets, 2, &term, 1,
				     LOCALSTATE_FILTER_ANY);
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(1, req.failed);
	EXPECT_EQ(1, req.error.index);
	EXPECT_EQ(LOCALSTATE_FIELD_FILTER, req.error.field);
	EXPECT_EQ(LOCALSTATE_TYPE_STRING, req.error.type);
	EXPECT_EQ(0, watch_count(self->fd));
}

/* However many variables do, and whichever of the targets is looked at first. */
TEST_F(pattern, failing_target_counts_once_and_the_first_one_is_told)
{
	const struct localstate_filter_term term =
		term_equals(0, value_int(3));
	const struct localstate_target targets[] = {
		target_name("a1"), target_pattern("u*"), target_name("none"),
		target_pattern("t*"),
	};
	struct localstate_watch req;
	__s32 status[4];

	ASSERT_EQ(0, variable_register(self->writer, "t1", value_string("")));
	ASSERT_EQ(0, variable_register(self->writer, "t2", value_string("")));
	ASSERT_EQ(0, variable_register(self->writer, "u1", value_string("")));
	ASSERT_EQ(0, variable_register(self->writer, "u2", value_string("")));
	req = watch_filtered_request(targets, 4, &term, 1,
				     LOCALSTATE_FILTER_ANY);
	poison(status, sizeof(status));
	req.status = pointer(status);
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(3, req.failed);
	EXPECT_EQ(1, req.error.index);
	EXPECT_EQ(LOCALSTATE_FIELD_FILTER, req.error.field);
	EXPECT_EQ(0, status[0]);
	EXPECT_EQ(-EINVAL, status[1]);
	EXPECT_EQ(-ENOENT, status[2]);
	EXPECT_EQ(-EINVAL, status[3]);

	req = watch_filtered_request(targets + 2, 2, &term, 1,
				     LOCALSTATE_FILTER_ANY);
	EXPECT_EQ(-ENOENT, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(2, req.failed);
	EXPECT_EQ(0, req.error.index);
	EXPECT_EQ(LOCALSTATE_FIELD_TARGETS, req.error.field);
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_F(pattern, filter_holds_for_later_variables_and_notifies_of_other_types)
{
	const struct localstate_filter_term term =
		term_equals(0, value_int(3));
	const struct localstate_target target = target_pattern("a*");
	struct localstate_watch req;
	__u64 id;
	int ref;

	req = watch_filtered_request(&target, 1, &term, 1,
				     LOCALSTATE_FILTER_ANY);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ref = req.ref;
	ASSERT_EQ(0, variable_register(self->writer, "a3", value_int(0)));
	ASSERT_TOLD(CREATED, ref, id_of(self->fd, "a3"), 0);
	ASSERT_EQ(0, variable_set(self->writer, "a3", value_int(2)));
	ASSERT_EQ(0, variable_set(self->writer, "a3", value_int(3)));
	ASSERT_TOLD(CHANGED, ref, id_of(self->fd, "a3"), 0);
	ASSERT_EQ(0, variable_register_id(self->writer, "a4", value_string(""),
					  &id));
	ASSERT_TOLD(CREATED, ref, id, 0);
	ASSERT_EQ(0, variable_set(self->writer, "a4", value_string("x")));
	ASSERT_TOLD(CHANGED, ref, id, 0);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* ---- limits -------------------------------------------------------------- */

/* The links of the whole user are counted; what others have is not known. */
TEST_F(pattern, user_without_a_link_left_gets_lost_and_the_variable_is_there)
{
	int ref;

	if (geteuid())
		SKIP(return, "needs root");
	ref = watch_pattern(self->fd, "*", 0);
	ASSERT_EQ(0, parameter_set("max_user_links", 0));
	ASSERT_EQ(0, variable_register(self->writer, "c", value_int(0)));
	ASSERT_TOLD(LOST, ref, 0, 0);
	ASSERT_EQ(0, variable_set(self->writer, "c", value_int(1)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	EXPECT_EQ(3, links_of(self->fd, ref));
	ASSERT_EQ(0, parameter_set("max_user_links", self->max_links));
	ASSERT_EQ(0, variable_register(self->writer, "d", value_int(0)));
	ASSERT_TOLD(CREATED, ref, id_of(self->fd, "d"), 0);
}

TEST_F(pattern, watch_at_its_limit_gets_lost)
{
	int ref;

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, parameter_set("max_targets", 4));
	ref = watch_pattern(self->fd, "*", 0);
	ASSERT_EQ(0, variable_register(self->writer, "c", value_int(0)));
	ASSERT_TOLD(CREATED, ref, id_of(self->fd, "c"), 0);
	ASSERT_EQ(0, variable_register(self->writer, "d", value_int(0)));
	ASSERT_TOLD(LOST, ref, 0, 0);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	EXPECT_EQ(4, links_of(self->fd, ref));
}

TEST_F(pattern, more_variables_than_a_watch_may_have_are_refused)
{
	struct localstate_target target = target_pattern("*");
	struct localstate_watch req = watch_request(&target, 1, 0);

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, parameter_set("max_targets", 2));
	EXPECT_REFUSED(EDQUOT, TARGETS, 2,
		       call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(0, req.failed);
	EXPECT_EQ(0, watch_count(self->fd));
	ASSERT_EQ(0, parameter_set("max_targets", 3));
	req = watch_request(&target, 1, 0);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(3, links_of(self->fd, req.ref));
}

/* Those of all targets together, each once; those that are missing are none. */
TEST_F(pattern, variables_of_all_targets_are_limited)
{
	struct localstate_target targets[] = {
		target_name("b1"), target_pattern("a*"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, parameter_set("max_targets", 2));
	EXPECT_REFUSED(EDQUOT, TARGETS, 2,
		       call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(0, req.failed);
	EXPECT_EQ(0, watch_count(self->fd));
	targets[0] = target_name("a2");
	req = watch_request(targets, 2, 0);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(2, links_of(self->fd, req.ref));
	targets[0] = target_name("later");
	req = watch_request(targets, 2, MISSING);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(2, links_of(self->fd, req.ref));
}

TEST_F(pattern, links_are_charged_to_the_user)
{
	struct localstate_target target = target_pattern("*");
	struct localstate_watch req = watch_request(&target, 1, 0);

	if (geteuid())
		SKIP(return, "needs root");
	/* A target and three links, in a time when nobody else has any. */
	ASSERT_EQ(0, parameter_set("max_user_links", 3));
	EXPECT_REFUSED(EDQUOT, LINKS, 3,
		       call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	EXPECT_EQ(0, watch_count(self->fd));
	ASSERT_EQ(0, parameter_set("max_user_links", 4));
	req = watch_request(&target, 1, 0);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
	ASSERT_EQ(0, watch_end(self->fd, req.ref));
	req = watch_request(&target, 1, 0);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_WATCH, &req), &req);
}

TEST_F(pattern, many_variables_are_watched_by_one_pattern)
{
	__u32 n = rounds(1000);
	char name[32];
	__u32 i;
	int ref;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "many.%u", i);
		ASSERT_EQ(0, variable_register(self->writer, name,
					       value_int(i)));
	}
	ref = watch_pattern(self->fd, "many.*", 0);
	ASSERT_LE(1, ref);
	EXPECT_EQ(n, links_of(self->fd, ref));
	ASSERT_EQ(0, watch_end(self->fd, ref));
}

TEST_HARNESS_MAIN
