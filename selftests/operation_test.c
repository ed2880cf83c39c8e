// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets that are operations, sets by force, and variables that keep their value:
 * what comes back, what watchers see, and what is refused.
 */
#include <limits.h>
#include <pthread.h>

#include "queue_helpers.h"

#define N_THREADS	4
#define N_ADDS		1000

FIXTURE(operation) {
	int fd;
	struct reader reader;
};

FIXTURE_SETUP(operation)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "b", value_bool(false)));
	ASSERT_EQ(0, variable_register(self->fd, "i", value_int(0)));
	ASSERT_EQ(0, variable_register(self->fd, "u", value_uint(0)));
	ASSERT_EQ(0, variable_register(self->fd, "f", value_float(0)));
	ASSERT_EQ(0, variable_register(self->fd, "s", value_string("")));
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(operation)
{
	close(self->fd);
}

/* The value's bits and the version of a scalar. */
static bool variable_is(int fd, const char *name, __u64 bits, __u64 version)
{
	struct localstate_get get;

	return !variable_get(fd, name, &get) && get.value.data == bits &&
	       get.version == version;
}

/* One operation; @field: what it is refused for with ERANGE, or 0. */
struct operation_case {
	__u32 operation;
	__u32 type;
	__u32 operand_type;
	__u64 old;
	__u64 operand;
	__u64 result;
	__u32 field;
};

#define OP(_operation, _type, _operand, _old, _with, _result, _field) {	\
	LOCALSTATE_OPERATION_##_operation, LOCALSTATE_TYPE_##_type,	\
	LOCALSTATE_TYPE_##_operand, _old, _with, _result,		\
	LOCALSTATE_FIELD_##_field }

static const struct operation_case operation_cases[] = {
	OP(ADD, INT, INT, 40, 2, 42, NONE),
	OP(ADD, INT, INT, 40, -41ULL, -1ULL, NONE),
	OP(ADD, INT, INT, INT64_MAX - 1, 1, INT64_MAX, NONE),
	OP(ADD, INT, INT, INT64_MAX, 1, INT64_MAX, MAX),
	OP(ADD, INT, INT, INT64_MAX, INT64_MAX, INT64_MAX, MAX),
	OP(ADD, INT, INT, INT64_MIN + 1, -1ULL, INT64_MIN, NONE),
	OP(ADD, INT, INT, INT64_MIN, -1ULL, INT64_MIN, MIN),
	OP(ADD, INT, INT, INT64_MIN, INT64_MIN, INT64_MIN, MIN),
	OP(ADD, UINT, UINT, INT64_MAX, 1, 1ULL << 63, NONE),
	OP(ADD, UINT, UINT, UINT64_MAX - 1, 1, UINT64_MAX, NONE),
	OP(ADD, UINT, UINT, UINT64_MAX, 1, UINT64_MAX, MAX),
	OP(ADD, UINT, UINT, UINT64_MAX, UINT64_MAX, UINT64_MAX, MAX),
	OP(ADD, UINT, INT, UINT64_MAX, 1, UINT64_MAX, MAX),
	OP(ADD, UINT, INT, 1, -1ULL, 0, NONE),
	OP(ADD, UINT, INT, 1, -2ULL, 0, MIN),
	OP(ADD, UINT, INT, UINT64_MAX, INT64_MIN, INT64_MAX, NONE),
	OP(ADD, UINT, INT, INT64_MAX, INT64_MIN, 0, MIN),
	OP(OR, INT, INT, 12, 10, 14, NONE),
	OP(AND, INT, INT, 12, 10, 8, NONE),
	OP(XOR, INT, INT, 12, 10, 6, NONE),
	OP(OR, INT, INT, 0, INT64_MIN, INT64_MIN, NONE),
	OP(AND, INT, INT, -1ULL, INT64_MAX, INT64_MAX, NONE),
	OP(XOR, INT, INT, INT64_MAX, -1ULL, INT64_MIN, NONE),
	OP(OR, UINT, UINT, 12, 10, 14, NONE),
	OP(AND, UINT, UINT, 12, 10, 8, NONE),
	OP(XOR, UINT, UINT, 12, 10, 6, NONE),
	OP(OR, UINT, UINT, INT64_MAX, 1ULL << 63, UINT64_MAX, NONE),
	OP(AND, UINT, UINT, UINT64_MAX, 1ULL << 63, 1ULL << 63, NONE),
	OP(XOR, UINT, UINT, UINT64_MAX, 1, UINT64_MAX - 1, NONE),
	OP(TOGGLE, BOOL, NONE, 0, 0, 1, NONE),
	OP(TOGGLE, BOOL, NONE, 1, 0, 0, NONE),
};

static const char *name_of_type(__u32 type)
{
	static const char *const names[] = {
		[LOCALSTATE_TYPE_BOOL] = "b",
		[LOCALSTATE_TYPE_INT] = "i",
		[LOCALSTATE_TYPE_UINT] = "u",
		[LOCALSTATE_TYPE_FLOAT] = "f",
		[LOCALSTATE_TYPE_STRING] = "s",
	};

	return names[type];
}

static bool error_is(const struct localstate_error *error, __u32 code,
		     __u32 field, __u32 type, __u64 limit)
{
	return error->code == code && error->field == field &&
	       error->type == type && error->limit == limit &&
	       error->index == LOCALSTATE_NO_INDEX;
}

/* It changes the variable and says what to, or is refused at the limit. */
static bool operation_case_holds(int fd, const struct operation_case *c)
{
	struct localstate_value operand = value_scalar(c->operand_type, c->operand);
	const char *name = name_of_type(c->type);
	struct localstate_set old = set_request(key_name(name),
						value_scalar(c->type, c->old));
	struct localstate_set req;
	int err;

	if (!c->operand_type)
		operand = value_none();
	if (call(fd, LOCALSTATE_IOC_SET, &old))
		return false;
	req = operation_request(name, c->operation, operand);
	err = call(fd, LOCALSTATE_IOC_SET, &req);
	if (c->field)
		return err == -ERANGE && !req.version && !req.result &&
		       error_is(&req.error, ERANGE, c->field, c->type, c->result) &&
		       variable_is(fd, name, c->old, old.version);
	return !err && error_is_clear(&req.error) &&
	       req.version == old.version + 1 &&
	       req.result == LOCALSTATE_SET_CHANGED &&
	       req.value.data == c->result && req.value.length == 8 &&
	       req.value.type == c->type &&
	       variable_is(fd, name, c->result, req.version);
}

TEST_F(operation, result_is_exact_or_refused_at_the_limit_of_the_type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(operation_cases); i++)
		EXPECT_TRUE(operation_case_holds(self->fd, &operation_cases[i])) {
			TH_LOG("case %u", i);
		}
}

TEST_F(operation, result_keeps_the_constraints)
{
	struct localstate_register reg = register_request("c", value_int(8));
	struct localstate_set req;

	reg.constraints = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX |
			  LOCALSTATE_HAS_STEP;
	reg.min = -4ULL;
	reg.max = 12;
	reg.step = 4;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));
	req = operation_request("c", LOCALSTATE_OPERATION_ADD, value_int(8));
	EXPECT_REFUSED(ERANGE, MAX, 12,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(8, req.value.data);
	req.value = value_int(INT64_MAX);
	EXPECT_REFUSED(ERANGE, MAX, 12,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req.value = value_int(-16);
	EXPECT_REFUSED(ERANGE, MIN, -4LL,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req.value = value_int(2);
	EXPECT_REFUSED(ERANGE, STEP, 4,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req = operation_request("c", LOCALSTATE_OPERATION_OR, value_int(16));
	EXPECT_REFUSED(ERANGE, MAX, 12,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(variable_is(self->fd, "c", 8, 0));
	req.value = value_int(4);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(variable_is(self->fd, "c", 12, 1));
}

static bool operation_suits(__u32 operation, __u32 type)
{
	if (operation == LOCALSTATE_OPERATION_TOGGLE)
		return type == LOCALSTATE_TYPE_BOOL;
	return type == LOCALSTATE_TYPE_INT || type == LOCALSTATE_TYPE_UINT;
}

TEST_F(operation, operation_that_does_not_suit_the_type_is_refused)
{
	static struct snapshot before;
	__u32 operation, type;

	ASSERT_EQ(0, snapshot_take(self->fd, &before));
	for (operation = LOCALSTATE_OPERATION_ADD;
	     operation <= LOCALSTATE_OPERATION_TOGGLE; operation++) {
		for (type = LOCALSTATE_TYPE_BOOL;
		     type <= LOCALSTATE_TYPE_STRING; type++) {
			struct localstate_set req =
				operation_request(name_of_type(type), operation,
						  value_int(1));

			if (operation_suits(operation, type))
				continue;
			EXPECT_REFUSED(EINVAL, OPERATION, 0,
				       call(self->fd, LOCALSTATE_IOC_SET, &req),
				       &req);
			EXPECT_EQ(type, req.error.type);
		}
	}
	EXPECT_TRUE(snapshot_holds(self->fd, &before));
}

TEST_F(operation, operation_that_does_not_exist_is_refused)
{
	struct localstate_set req = set_request(key_name("i"), value_int(1));
	__u32 bit;

	for (bit = 8; bit; bit <<= 1) {
		req.operation = bit;
		EXPECT_REFUSED(EINVAL, OPERATION, 0,
			       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
		EXPECT_EQ(LOCALSTATE_TYPE_NONE, req.error.type);
	}
	EXPECT_TRUE(variable_is(self->fd, "i", 0, 0));
}

TEST_F(operation, operand_has_the_type_of_the_variable)
{
	struct localstate_set req;

	req = operation_request("i", LOCALSTATE_OPERATION_ADD, value_uint(1));
	EXPECT_REFUSED(EINVAL, TYPE, 0,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(LOCALSTATE_TYPE_INT, req.error.type);
	req = operation_request("u", LOCALSTATE_OPERATION_OR, value_int(1));
	EXPECT_REFUSED(EINVAL, TYPE, 0,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(LOCALSTATE_TYPE_UINT, req.error.type);
	req = operation_request("u", LOCALSTATE_OPERATION_ADD, value_none());
	EXPECT_REFUSED(EINVAL, TYPE, 0,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req = operation_request("u", LOCALSTATE_OPERATION_ADD, value_uint(1));
	req.value.length = 4;
	EXPECT_REFUSED(EINVAL, VALUE, 8,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req = operation_request("b", LOCALSTATE_OPERATION_TOGGLE, value_bool(1));
	EXPECT_REFUSED(EINVAL, VALUE, 0,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(variable_is(self->fd, "i", 0, 0));
	EXPECT_TRUE(variable_is(self->fd, "u", 0, 0));
	EXPECT_TRUE(variable_is(self->fd, "b", 0, 0));
}

TEST_F(operation, version_is_compared_first)
{
	struct localstate_set req = operation_request("i", LOCALSTATE_OPERATION_ADD,
						      value_int(5));

	req.flags = LOCALSTATE_SET_IF_VERSION;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(5, req.value.data);
	req.value = value_int(5);
	EXPECT_REFUSED(ESTALE, VERSION, 1,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(variable_is(self->fd, "i", 5, 1));
	req.expected_version = 1;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(variable_is(self->fd, "i", 10, 2));
}

TEST_F(operation, watcher_sees_old_and_new)
{
	static const char metadata[] = "why=test";
	const struct localstate_event *event;
	struct localstate_set req;
	int ref = watch_name(self->fd, "i", 0);

	ASSERT_LE(1, ref);
	req = operation_request("i", LOCALSTATE_OPERATION_ADD, value_int(7));
	req.metadata = pointer(metadata);
	req.metadata_len = sizeof(metadata);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_SET, &req));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(0, event_old_int(event));
	EXPECT_EQ(7, event_new_int(event));
	EXPECT_EQ(1, event->version);
	EXPECT_TRUE(event_metadata_is(event, metadata, sizeof(metadata)));
	req = operation_request("i", LOCALSTATE_OPERATION_XOR, value_int(-1));
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_SET, &req));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(7, event_old_int(event));
	EXPECT_EQ(-8, event_new_int(event));
	EXPECT_EQ(0, event->metadata_len);
}

TEST_F(operation, result_that_is_the_old_value_changes_nothing)
{
	const struct operation_case cases[] = {
		OP(ADD, INT, INT, 6, 0, 6, NONE),
		OP(OR, INT, INT, 6, 2, 6, NONE),
		OP(AND, INT, INT, 6, 14, 6, NONE),
		OP(XOR, INT, INT, 6, 0, 6, NONE),
	};
	static struct snapshot before;
	unsigned int i;

	ASSERT_EQ(0, variable_set(self->fd, "i", value_int(6)));
	ASSERT_LE(1, watch_name(self->fd, "i", 0));
	ASSERT_EQ(0, snapshot_take(self->fd, &before));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct localstate_set req =
			operation_request("i", cases[i].operation,
					  value_int(cases[i].operand));

		EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
		EXPECT_EQ(0, req.result);
		EXPECT_EQ(1, req.version);
		EXPECT_EQ(6, req.value.data);
	}
	EXPECT_TRUE(snapshot_holds(self->fd, &before));
}

/* FORCE. */

TEST_F(operation, forced_set_of_an_equal_value_is_a_change)
{
	static const char metadata[] = "why=force";
	const struct localstate_event *event;
	struct localstate_set req = set_request(key_name("i"), value_int(0));
	int ref = watch_name(self->fd, "i", 0);

	ASSERT_LE(1, ref);
	req.flags = LOCALSTATE_SET_FORCE;
	req.metadata = pointer(metadata);
	req.metadata_len = sizeof(metadata);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(LOCALSTATE_SET_CHANGED, req.result);
	EXPECT_EQ(1, req.version);
	EXPECT_TRUE(variable_is(self->fd, "i", 0, 1));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(0, event_old_int(event));
	EXPECT_EQ(0, event_new_int(event));
	EXPECT_EQ(1, event->version);
	EXPECT_TRUE(event_metadata_is(event, metadata, sizeof(metadata)));
}

/* A text that lies in a cell of its own is replaced by an equal one. */
TEST_F(operation, forced_set_of_an_equal_long_text_is_a_change)
{
	const struct localstate_event *event;
	struct localstate_set req;
	char text[101];
	int ref;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ASSERT_EQ(0, variable_set(self->fd, "s", value_string(text)));
	ref = watch_name(self->fd, "s", 0);
	ASSERT_LE(1, ref);
	req = set_request(key_name("s"), value_string(text));
	req.flags = LOCALSTATE_SET_FORCE;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(2, req.version);
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_TRUE(event_old_is(event, text, sizeof(text) - 1));
	EXPECT_TRUE(event_new_is(event, text, sizeof(text) - 1));
}

TEST_F(operation, forced_operation_is_a_change)
{
	struct localstate_set req = operation_request("i", LOCALSTATE_OPERATION_ADD,
						      value_int(0));

	req.flags = LOCALSTATE_SET_FORCE;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(LOCALSTATE_SET_CHANGED, req.result);
	EXPECT_EQ(0, req.value.data);
	EXPECT_TRUE(variable_is(self->fd, "i", 0, 1));
}

TEST_F(operation, force_breaks_no_constraint_and_no_comparison)
{
	struct localstate_register reg = register_request("c", value_int(0));
	struct localstate_set req = set_request(key_name("c"), value_int(2));

	reg.constraints = LOCALSTATE_HAS_MAX;
	reg.max = 1;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));
	req.flags = LOCALSTATE_SET_FORCE;
	EXPECT_REFUSED(ERANGE, MAX, 1,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req.value = value_int(0);
	req.flags |= LOCALSTATE_SET_IF_VERSION;
	req.expected_version = 7;
	EXPECT_REFUSED(ESTALE, VERSION, 0,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(variable_is(self->fd, "c", 0, 0));
}

/* READ_ONLY and WRITE_ONCE. */

static int variable_register_flags(int fd, const char *name,
				   struct localstate_value value, __u32 flags)
{
	struct localstate_register req = register_request(name, value);

	req.flags = flags;
	return call(fd, LOCALSTATE_IOC_REGISTER, &req);
}

static __u32 variable_flags(int fd, const char *name)
{
	struct localstate_variable buffer[4];

	if (variable_describe(fd, name, buffer, sizeof(buffer)))
		return POISON32;
	return buffer->flags;
}

TEST_F(operation, flags_show_in_the_description)
{
	ASSERT_EQ(0, variable_register_flags(self->fd, "r", value_int(1),
					     LOCALSTATE_REGISTER_READ_ONLY));
	ASSERT_EQ(0, variable_register_flags(self->fd, "w", value_int(1),
					     LOCALSTATE_REGISTER_WRITE_ONCE));
	EXPECT_EQ(0, variable_flags(self->fd, "i"));
	EXPECT_EQ(LOCALSTATE_REGISTER_READ_ONLY, variable_flags(self->fd, "r"));
	EXPECT_EQ(LOCALSTATE_REGISTER_WRITE_ONCE, variable_flags(self->fd, "w"));
	ASSERT_EQ(0, variable_set(self->fd, "w", value_int(2)));
	EXPECT_EQ(LOCALSTATE_REGISTER_WRITE_ONCE, variable_flags(self->fd, "w"));
}

TEST_F(operation, read_only_and_write_once_exclude_each_other)
{
	struct localstate_register req = register_request("x", value_int(1));
	static struct snapshot before;

	ASSERT_EQ(0, snapshot_take(self->fd, &before));
	req.flags = LOCALSTATE_REGISTER_READ_ONLY | LOCALSTATE_REGISTER_WRITE_ONCE;
	EXPECT_REFUSED(EINVAL, FLAGS, 0,
		       call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	EXPECT_TRUE(snapshot_holds(self->fd, &before));
}

TEST_F(operation, read_only_takes_no_set)
{
	struct localstate_set req;
	static struct snapshot before;

	ASSERT_EQ(0, variable_register_flags(self->fd, "r", value_int(1),
					     LOCALSTATE_REGISTER_READ_ONLY));
	ASSERT_LE(1, watch_name(self->fd, "r", 0));
	ASSERT_EQ(0, snapshot_take(self->fd, &before));
	req = set_request(key_name("r"), value_int(2));
	EXPECT_REFUSED(EROFS, FLAGS, LOCALSTATE_REGISTER_READ_ONLY,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req.value = value_int(1);
	EXPECT_REFUSED(EROFS, FLAGS, LOCALSTATE_REGISTER_READ_ONLY,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req.flags = LOCALSTATE_SET_FORCE;
	EXPECT_REFUSED(EROFS, FLAGS, LOCALSTATE_REGISTER_READ_ONLY,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req = operation_request("r", LOCALSTATE_OPERATION_ADD, value_int(1));
	EXPECT_REFUSED(EROFS, FLAGS, LOCALSTATE_REGISTER_READ_ONLY,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(snapshot_holds(self->fd, &before));
	EXPECT_EQ(0, variable_delete(self->fd, "r"));
}

TEST_F(operation, write_once_takes_one_change)
{
	struct localstate_set req = set_request(key_name("w"), value_int(1));
	static struct snapshot before;

	ASSERT_EQ(0, variable_register_flags(self->fd, "w", value_int(1),
					     LOCALSTATE_REGISTER_WRITE_ONCE));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(0, req.result);
	req.value = value_int(2);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(LOCALSTATE_SET_CHANGED, req.result);
	ASSERT_EQ(0, snapshot_take(self->fd, &before));
	EXPECT_REFUSED(EROFS, FLAGS, LOCALSTATE_REGISTER_WRITE_ONCE,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req.value = value_int(3);
	EXPECT_REFUSED(EROFS, FLAGS, LOCALSTATE_REGISTER_WRITE_ONCE,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	req = operation_request("w", LOCALSTATE_OPERATION_ADD, value_int(1));
	EXPECT_REFUSED(EROFS, FLAGS, LOCALSTATE_REGISTER_WRITE_ONCE,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(snapshot_holds(self->fd, &before));
}

TEST_F(operation, forced_set_is_the_one_change_of_write_once)
{
	struct localstate_set req = set_request(key_name("w"), value_int(1));

	ASSERT_EQ(0, variable_register_flags(self->fd, "w", value_int(1),
					     LOCALSTATE_REGISTER_WRITE_ONCE));
	req.flags = LOCALSTATE_SET_FORCE;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_EQ(-EROFS, variable_set(self->fd, "w", value_int(2)));
	EXPECT_TRUE(variable_is(self->fd, "w", 1, 1));
}

/* Races. */

struct contest {
	int fd;
	const char *metadata;
	__u32 metadata_len;
	int failed;
	int won;
};

static void *contest_add(void *data)
{
	struct contest *contest = data;
	int i;

	for (i = 0; i < N_ADDS; i++) {
		struct localstate_set req =
			operation_request("i", LOCALSTATE_OPERATION_ADD,
					  value_int(1));

		req.metadata = pointer(contest->metadata);
		req.metadata_len = contest->metadata_len;
		if (call(contest->fd, LOCALSTATE_IOC_SET, &req) ||
		    req.value.data != req.version)
			__atomic_add_fetch(&contest->failed, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void contest_run(struct contest *contest, void *(*run)(void *data))
{
	pthread_t threads[N_THREADS];
	int i;

	for (i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, run, contest);
	for (i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Each gets the value that goes with its version. */
TEST_F_TIMEOUT(operation, no_addition_is_lost, 60)
{
	struct contest contest = { .fd = self->fd };

	contest_run(&contest, contest_add);
	EXPECT_EQ(0, contest.failed);
	EXPECT_TRUE(variable_is(self->fd, "i", N_THREADS * N_ADDS,
				N_THREADS * N_ADDS));
}

/* Metadata are merged outside of the lock, and again if a rival was faster. */
TEST_F_TIMEOUT(operation, no_addition_with_metadata_is_lost_or_done_twice, 60)
{
	static const char metadata[] = "by=one";
	struct contest contest = {
		.fd = self->fd,
		.metadata = metadata,
		.metadata_len = sizeof(metadata),
	};

	contest_run(&contest, contest_add);
	EXPECT_EQ(0, contest.failed);
	EXPECT_TRUE(variable_is(self->fd, "i", N_THREADS * N_ADDS,
				N_THREADS * N_ADDS));
}

static void *contest_write_once(void *data)
{
	struct contest *contest = data;
	struct localstate_set req = set_request(key_name("w"), value_int(2));

	req.flags = LOCALSTATE_SET_FORCE;
	if (!call(contest->fd, LOCALSTATE_IOC_SET, &req))
		__atomic_add_fetch(&contest->won, 1, __ATOMIC_RELAXED);
	else if (req.error.code != EROFS)
		__atomic_add_fetch(&contest->failed, 1, __ATOMIC_RELAXED);
	return NULL;
}

TEST_F_TIMEOUT(operation, one_of_four_writes_what_can_be_written_once, 60)
{
	int i;

	for (i = 0; i < 200; i++) {
		struct contest contest = { .fd = self->fd };

		ASSERT_EQ(0, variable_register_flags(self->fd, "w", value_int(1),
						     LOCALSTATE_REGISTER_WRITE_ONCE));
		contest_run(&contest, contest_write_once);
		ASSERT_EQ(1, contest.won);
		ASSERT_EQ(0, contest.failed);
		ASSERT_EQ(0, variable_delete(self->fd, "w"));
	}
}

TEST_HARNESS_MAIN
