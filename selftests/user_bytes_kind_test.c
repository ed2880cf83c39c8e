// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is counted in bytes: that all of it is given back, and that a call which
 * would need one byte more than the limit changes nothing.
 */
#include "batch_helpers.h"
#include "bytes_helpers.h"
#include "filter_helpers.h"

/* One choice, NUL included. */
static const char long_choice[TEXT] = {
	[0 ... TEXT - 2] = 'x',
};

static int delete_v(int fd)
{
	return variable_delete(fd, "v");
}

static int prepare_nothing(int fd)
{
	(void)fd;
	return 0;
}

static int prepare_string(int fd)
{
	return variable_register(fd, "v", value_string(""));
}

static int take_value(int fd, struct localstate_error *error)
{
	struct localstate_set req = set_request(key_name("v"), long_string());
	int err = call(fd, LOCALSTATE_IOC_SET, &req);

	*error = req.error;
	return err;
}

static int take_metadata(int fd, struct localstate_error *error)
{
	struct localstate_set req = set_request(key_name("v"), value_string("x"));
	int err;

	req.metadata = pointer(long_metadata);
	req.metadata_len = sizeof(long_metadata);
	err = call(fd, LOCALSTATE_IOC_SET, &req);
	*error = req.error;
	return err;
}

static int take_transaction(int fd, struct localstate_error *error)
{
	struct localstate_set entries[] = {
		set_request(key_name("w"), value_int(1)),
		set_request(key_name("v"), long_string()),
	};
	struct localstate_batch req;
	int err;

	req = batch_request(entries, 2, LOCALSTATE_BATCH_ATOMIC);
	err = call(fd, LOCALSTATE_IOC_BATCH, &req);
	*error = req.error;
	return err;
}

static int prepare_two(int fd)
{
	return prepare_string(fd) ?: variable_register(fd, "w", value_int(0));
}

static int delete_two(int fd)
{
	return variable_delete(fd, "w") ?: delete_v(fd);
}

static int take_register(int fd, struct localstate_register *req,
			 struct localstate_error *error)
{
	int err = call(fd, LOCALSTATE_IOC_REGISTER, req);

	*error = req->error;
	return err;
}

static int take_first_value(int fd, struct localstate_error *error)
{
	struct localstate_register req = register_request("v", long_string());

	return take_register(fd, &req, error);
}

/* It fits into the slot, but RESET needs a copy. */
static int take_short_first_value(int fd, struct localstate_error *error)
{
	struct localstate_register req;

	req = register_request("v", value_string("short"));
	return take_register(fd, &req, error);
}

static int take_first_metadata(int fd, struct localstate_error *error)
{
	struct localstate_register req = register_request("v", value_int(0));

	req.metadata = pointer(long_metadata);
	req.metadata_len = sizeof(long_metadata);
	return take_register(fd, &req, error);
}

static int take_choices(int fd, struct localstate_error *error)
{
	struct localstate_register req;

	req = register_request("v", value_choice(long_choice));
	req.constraints = LOCALSTATE_HAS_CHOICES;
	req.choices = pointer(long_choice);
	req.choices_len = sizeof(long_choice);
	return take_register(fd, &req, error);
}

static int take_description(int fd, struct localstate_error *error)
{
	struct localstate_register req = register_request("v", value_int(0));

	req.description = pointer(long_text);
	req.description_len = TEXT;
	return take_register(fd, &req, error);
}

static int take_will(int fd, struct localstate_error *error)
{
	struct localstate_claim req = claim_will("v", long_string());
	int err;

	req.metadata = pointer(long_metadata);
	req.metadata_len = sizeof(long_metadata);
	err = call(fd, LOCALSTATE_IOC_CLAIM, &req);
	*error = req.error;
	return err;
}

/* The will becomes the value. */
static int release_and_delete(int fd)
{
	return claim_release(fd, "v") ?: delete_v(fd);
}

/* The queue is there before. */
static int prepare_watch(int fd)
{
	int ref = prepare_string(fd) ?: watch_name(fd, "v", 0);

	return ref < 0 ? ref : watch_end(fd, ref);
}

static __u32 last_ref;

static int take_watch(int fd, struct localstate_watch *req,
		      struct localstate_error *error)
{
	int err = call(fd, LOCALSTATE_IOC_WATCH, req);

	last_ref = req->ref;
	*error = req->error;
	return err;
}

static int take_link(int fd, struct localstate_error *error)
{
	struct localstate_target target = target_name("v");
	struct localstate_watch req = watch_request(&target, 1, 0);

	req.inline_limit = 2048;
	return take_watch(fd, &req, error);
}

static int take_filter(int fd, struct localstate_error *error)
{
	struct localstate_filter_term term = term_equals(0, long_string());
	struct localstate_target target = target_name("v");
	struct localstate_watch req;

	req = watch_filtered_request(&target, 1, &term, 1,
				     LOCALSTATE_FILTER_ANY);
	req.inline_limit = LOCALSTATE_INLINE_MIN;
	return take_watch(fd, &req, error);
}

static int unwatch_and_delete(int fd)
{
	return watch_end(fd, last_ref) ?: delete_v(fd);
}

static int prepare_small_watch(int fd)
{
	struct localstate_target target = target_name("v");
	struct localstate_watch req = watch_request(&target, 1, 0);
	struct localstate_error error;

	req.inline_limit = LOCALSTATE_INLINE_MIN;
	return prepare_string(fd) ?: take_watch(fd, &req, &error);
}

static int take_other_filter(int fd, struct localstate_error *error)
{
	struct localstate_filter_term term = term_equals(0, long_string());
	struct localstate_rewatch req = rewatch_request(last_ref, &term, 1);
	int err = call(fd, LOCALSTATE_IOC_REWATCH, &req);

	*error = req.error;
	return err;
}

/* The link, and room for the event that is being read. */
static int take_stage(int fd, struct localstate_error *error)
{
	struct localstate_target target = target_name("v");
	struct localstate_watch req;

	req = watch_request(&target, 1, LOCALSTATE_WATCH_CONFLATE);
	req.inline_limit = 2048;
	return take_watch(fd, &req, error);
}

/* Made by a watch of a client of its own. */
static int take_queue(int fd, struct localstate_error *error)
{
	struct localstate_target target = target_name("v");
	struct localstate_watch req = watch_request(&target, 1, 0);
	int err = queue_resize(fd, 65536);

	req.inline_limit = LOCALSTATE_INLINE_MIN;
	return err ?: take_watch(fd, &req, error);
}

/**
 * struct kind - something that is counted
 * @prepare: makes what @take needs
 * @take: the call that is charged
 * @give: deletes all of it; NULL: it goes with the client
 * @least: bytes that it needs without the kernel's own
 */
struct kind {
	int (*prepare)(int fd);
	int (*take)(int fd, struct localstate_error *error);
	int (*give)(int fd);
	long long least;
};

FIXTURE(kind) {
	struct users users;
};

FIXTURE_VARIANT(kind) {
	struct kind kind;
};

FIXTURE_SETUP(kind)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to set limits");
	ASSERT_TRUE(users_init(&self->users));
}

FIXTURE_TEARDOWN(kind)
{
	users_free(&self->users);
}

FIXTURE_VARIANT_ADD(kind, value) {
	.kind = { prepare_string, take_value, delete_v, TEXT },
};

FIXTURE_VARIANT_ADD(kind, metadata) {
	.kind = { prepare_string, take_metadata, delete_v, TEXT },
};

FIXTURE_VARIANT_ADD(kind, transaction) {
	.kind = { prepare_two, take_transaction, delete_two, TEXT },
};

FIXTURE_VARIANT_ADD(kind, first_value) {
	.kind = { prepare_nothing, take_first_value, delete_v, TEXT },
};

FIXTURE_VARIANT_ADD(kind, short_first_value) {
	.kind = { prepare_nothing, take_short_first_value, delete_v, 5 },
};

FIXTURE_VARIANT_ADD(kind, first_metadata) {
	.kind = { prepare_nothing, take_first_metadata, delete_v, TEXT },
};

FIXTURE_VARIANT_ADD(kind, choices) {
	.kind = { prepare_nothing, take_choices, delete_v, 2 * TEXT },
};

FIXTURE_VARIANT_ADD(kind, description) {
	.kind = { prepare_nothing, take_description, delete_v, TEXT },
};

FIXTURE_VARIANT_ADD(kind, will) {
	.kind = { prepare_string, take_will, release_and_delete,
		  2 * TEXT + LOCALSTATE_METADATA_MAX },
};

FIXTURE_VARIANT_ADD(kind, link) {
	.kind = { prepare_watch, take_link, unwatch_and_delete, 2048 },
};

FIXTURE_VARIANT_ADD(kind, filter) {
	.kind = { prepare_watch, take_filter, unwatch_and_delete, TEXT },
};

FIXTURE_VARIANT_ADD(kind, other_filter) {
	.kind = { prepare_small_watch, take_other_filter, unwatch_and_delete,
		  TEXT },
};

FIXTURE_VARIANT_ADD(kind, stage) {
	.kind = { prepare_watch, take_stage, unwatch_and_delete, 2 * 2048 },
};

FIXTURE_VARIANT_ADD(kind, queue) {
	.kind = { prepare_string, take_queue, NULL, 65536 },
};

/* What is taken, on top of what the preparation has left. */
struct measure {
	long long prepared;
	long long taken;
};

static int measure(int fd, const struct kind *kind,
		   struct measure *measure)
{
	struct localstate_error error;
	int err = kind->prepare(fd);

	if (err)
		return err;
	measure->prepared = user_bytes(fd);
	err = kind->take(fd, &error);
	measure->taken = user_bytes(fd) - measure->prepared;
	return err;
}

/* Gives it back, and a client that has nothing any more. */
static bool give_back(struct users *users, const struct kind *kind)
{
	bool given = !kind->give || !kind->give(users->fd);

	close(users->fd);
	users->fd = client_of(OTHER_UID, users->name.text);
	return given && (kind->give || !delete_v(users->fd));
}

TEST_F(kind, is_counted_and_given_back)
{
	const struct kind *kind = &variant->kind;
	struct users *users = &self->users;
	struct measure m;

	ASSERT_EQ(0, measure(users->fd, kind, &m));
	EXPECT_LE(kind->least, m.taken);
	EXPECT_GE(kind->least + 3 * HEAD, m.taken);
	EXPECT_EQ(0, user_bytes(users->other));
	EXPECT_TRUE(give_back(users, kind));
	EXPECT_EQ(0, user_bytes(users->fd));
}

/* A second user needs as much as the first one did, and can do with no byte less. */
TEST_F(kind, is_refused_with_one_byte_less_and_changes_nothing)
{
	const struct kind *kind = &variant->kind;
	struct users *users = &self->users;
	struct localstate_error error;
	struct measure m;
	long long max;
	int watches;

	ASSERT_EQ(0, measure(users->fd, kind, &m));
	ASSERT_TRUE(give_back(users, kind));
	ASSERT_EQ(0, kind->prepare(users->other));
	watches = watch_count(users->other);
	max = m.prepared + m.taken - 1;
	ASSERT_EQ(m.prepared, user_bytes(users->other));

	ASSERT_EQ(0, limit_set(max));
	EXPECT_EQ(-EDQUOT, kind->take(users->other, &error));
	EXPECT_EQ(EDQUOT, error.code);
	EXPECT_EQ(LOCALSTATE_FIELD_BYTES, error.field);
	EXPECT_EQ(LOCALSTATE_TYPE_UINT, error.type);
	EXPECT_EQ((__u64)max, error.limit);
	EXPECT_EQ(m.prepared, user_bytes(users->other));
	EXPECT_EQ(watches, watch_count(users->other));

	ASSERT_EQ(0, limit_set(max + 1));
	EXPECT_EQ(0, kind->take(users->other, &error));
	EXPECT_EQ(max + 1, user_bytes(users->other));
}

TEST_HARNESS_MAIN
