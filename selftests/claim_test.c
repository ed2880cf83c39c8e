// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims: one client alone may change the variable, whoever waits gets it
 * afterwards, and at the end happens what was asked for, however it ends.
 */
#include "process_helpers.h"

#define WILL_METADATA "unit=foot\0source=will"

FIXTURE(claim) {
	struct session_name name;
	int keeper;
	int holder;
	int other;
};

/* The keeper holds the session; holder and other are two clients of it. */
FIXTURE_SETUP(claim)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("claim");
	self->keeper = session_create(self->name.text);
	self->holder = session_open(self->name.text);
	self->other = session_open(self->name.text);
	ASSERT_LE(0, self->keeper);
	ASSERT_LE(0, self->holder);
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, variable_register(self->keeper, "x", value_int(7)));
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(8)));
}

FIXTURE_TEARDOWN(claim)
{
	close(self->keeper);
	close(self->holder);
	close(self->other);
}

static __s64 int_of(int fd, const char *name)
{
	struct localstate_get req;

	return variable_get(fd, name, &req) ? -1 : (__s64)req.value.data;
}

/* ---- while it is held ---------------------------------------------------- */

TEST_F(claim, tells_id_and_version)
{
	struct localstate_claim req = claim_request(key_name("x"), 0);
	struct localstate_get get;

	EXPECT_DONE(call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
	ASSERT_EQ(0, variable_get(self->keeper, "x", &get));
	EXPECT_EQ(get.id, req.id);
	EXPECT_EQ(1, req.version);
}

TEST_F(claim, others_are_told_the_holder)
{
	struct localstate_set set = set_request(key_name("x"), value_int(9));
	struct localstate_delete del = delete_request(key_name("x"));
	struct localstate_claim claim = claim_request(key_name("x"), 0);

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	EXPECT_REFUSED(EBUSY, CLAIM, getpid(),
		       call(self->other, LOCALSTATE_IOC_SET, &set), &set);
	EXPECT_REFUSED(EBUSY, CLAIM, getpid(),
		       call(self->other, LOCALSTATE_IOC_DELETE, &del), &del);
	EXPECT_REFUSED(EBUSY, CLAIM, getpid(),
		       call(self->other, LOCALSTATE_IOC_CLAIM, &claim), &claim);
	EXPECT_EQ(8, int_of(self->other, "x"));
}

TEST_F(claim, even_an_equal_value_is_refused)
{
	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	EXPECT_EQ(-EBUSY, variable_set(self->other, "x", value_int(8)));
}

TEST_F(claim, holder_sets_and_deletes)
{
	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	EXPECT_EQ(0, variable_set(self->holder, "x", value_int(9)));
	EXPECT_EQ(9, int_of(self->other, "x"));
	EXPECT_EQ(0, variable_delete(self->holder, "x"));
	EXPECT_EQ(-ENOENT, claim_release(self->holder, "x"));
}

TEST_F(claim, deleted_and_registered_again_is_free)
{
	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	ASSERT_EQ(0, variable_delete(self->holder, "x"));
	ASSERT_EQ(0, variable_register(self->keeper, "x", value_int(1)));
	EXPECT_EQ(0, claim_add(self->other, "x", 0));
}

TEST_F(claim, other_variables_are_free)
{
	ASSERT_EQ(0, variable_register(self->keeper, "y", value_int(1)));
	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	EXPECT_EQ(0, variable_set(self->other, "y", value_int(2)));
}

TEST_F(claim, twice_is_already)
{
	struct localstate_claim req = claim_request(key_name("x"), 0);

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	EXPECT_REFUSED(EALREADY, CLAIM, 0,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
	EXPECT_EQ(0, claim_release(self->holder, "x"));
	EXPECT_EQ(0, claim_add(self->other, "x", 0));
}

/* What /proc shows of a descriptor. */
static int claims_shown(int fd)
{
	char path[64], line[256];
	int claims = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	while (file && claims < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "claims:\t%d", &claims);
	if (file)
		fclose(file);
	return claims;
}

TEST_F(claim, fdinfo_counts_them)
{
	EXPECT_EQ(0, claims_shown(self->holder));
	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	EXPECT_EQ(1, claims_shown(self->holder));
	EXPECT_EQ(0, claims_shown(self->other));
	ASSERT_EQ(0, claim_release(self->holder, "x"));
	EXPECT_EQ(0, claims_shown(self->holder));
}

/* ---- what is refused ----------------------------------------------------- */

TEST_F(claim, missing_variable_is_enoent)
{
	struct localstate_claim req = claim_request(key_name("none"), 0);
	struct localstate_release release = release_request(key_name("none"));

	EXPECT_REFUSED(ENOENT, NAME, 0,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
	EXPECT_REFUSED(ENOENT, NAME, 0,
		       call(self->holder, LOCALSTATE_IOC_RELEASE, &release),
		       &release);
}

TEST_F(claim, release_of_anothers_is_enoent)
{
	struct localstate_release req = release_request(key_name("x"));

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	EXPECT_REFUSED(ENOENT, CLAIM, 0,
		       call(self->other, LOCALSTATE_IOC_RELEASE, &req), &req);
	EXPECT_EQ(-EBUSY, variable_set(self->other, "x", value_int(9)));
}

TEST_F(claim, release_of_none_is_enoent)
{
	EXPECT_EQ(-ENOENT, claim_release(self->holder, "x"));
}

TEST_F(claim, unknown_end_is_einval)
{
	struct localstate_claim req;

	req = claim_request(key_name("x"), LOCALSTATE_CLAIM_END_WILL + 1);
	EXPECT_REFUSED(EINVAL, ON_END, 0,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
}

TEST_F(claim, timeout_without_wait_is_einval)
{
	struct localstate_claim req = claim_request(key_name("x"), 0);

	req.timeout_ns = 1;
	EXPECT_REFUSED(EINVAL, TIMEOUT, 0,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
}

TEST_F(claim, will_without_its_end_is_einval)
{
	struct localstate_claim req = claim_request(key_name("x"), 0);

	req.will = value_int(1);
	EXPECT_REFUSED(EINVAL, VALUE, 0,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
	req = claim_request(key_name("x"), LOCALSTATE_CLAIM_END_RESET);
	req.metadata = pointer("a=b");
	req.metadata_len = 4;
	EXPECT_REFUSED(EINVAL, METADATA, 0,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
}

TEST_F(claim, will_of_another_type_is_einval)
{
	struct localstate_claim req = claim_will("x", value_uint(1));

	EXPECT_REFUSED(EINVAL, TYPE, 0,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
	EXPECT_EQ(LOCALSTATE_TYPE_INT, req.error.type);
}

TEST_F(claim, will_beyond_a_limit_is_erange)
{
	struct localstate_register reg = register_request("y", value_int(1));
	struct localstate_claim req = claim_will("y", value_int(11));

	reg.constraints = LOCALSTATE_HAS_MAX;
	reg.max = 10;
	ASSERT_EQ(0, call(self->keeper, LOCALSTATE_IOC_REGISTER, &reg));
	EXPECT_REFUSED(ERANGE, MAX, 10,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
	EXPECT_EQ(0, claim_add(self->other, "y", 0));
}

TEST_F(claim, end_that_sets_a_read_only_variable_is_erofs)
{
	struct localstate_register reg = register_request("y", value_int(1));
	struct localstate_claim req = claim_will("y", value_int(2));

	reg.flags = LOCALSTATE_REGISTER_READ_ONLY;
	ASSERT_EQ(0, call(self->keeper, LOCALSTATE_IOC_REGISTER, &reg));
	EXPECT_REFUSED(EROFS, FLAGS, LOCALSTATE_REGISTER_READ_ONLY,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
	EXPECT_EQ(-EROFS, claim_add(self->holder, "y",
				    LOCALSTATE_CLAIM_END_RESET));
	EXPECT_EQ(0, claim_add(self->holder, "y", LOCALSTATE_CLAIM_END_DELETE));
}

TEST_F(claim, needs_the_right_to_write)
{
	int fd = session_open_flags(self->name.text, 0, 0, O_RDONLY);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, claim_add(fd, "x", 0));
	EXPECT_EQ(-EBADF, claim_release(fd, "x"));
	close(fd);
}

TEST_F(claim, limit_of_the_user_is_edquot)
{
	struct localstate_claim req = claim_request(key_name("y"), 0);
	long long max = parameter_get("max_user_claims");

	ASSERT_LE(1, max);
	ASSERT_EQ(0, variable_register(self->keeper, "y", value_int(1)));
	ASSERT_EQ(0, parameter_set("max_user_claims", 1));
	EXPECT_EQ(0, claim_add(self->holder, "x", 0));
	EXPECT_REFUSED(EDQUOT, CLAIMS, 1,
		       call(self->holder, LOCALSTATE_IOC_CLAIM, &req), &req);
	EXPECT_EQ(0, claim_release(self->holder, "x"));
	EXPECT_EQ(0, claim_add(self->holder, "y", 0));
	EXPECT_EQ(0, parameter_set("max_user_claims", max));
}

/* ---- the end ------------------------------------------------------------- */

/* The one event of the end: from 8 to @value, by this process. */
#define EXPECT_END(_reader, _kind, _ref, _value) do {			\
	const struct localstate_event *__end;				\
									\
	ASSERT_EVENT(_reader, _kind, RELEASE, _ref, &__end);		\
	EXPECT_EQ(8, event_old_int(__end));				\
	EXPECT_EQ(_value, event_new_int(__end));			\
	EXPECT_EQ(2, __end->version);					\
	EXPECT_EQ((__u32)getpid(), __end->pid);				\
	EXPECT_TRUE(reader_is_drained(_reader));			\
} while (0)

TEST_F(claim, end_without_anything_changes_nothing)
{
	struct localstate_release req = release_request(key_name("x"));
	struct snapshot before;

	ASSERT_EQ(0, snapshot_take(self->keeper, &before));
	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	EXPECT_DONE(call(self->holder, LOCALSTATE_IOC_RELEASE, &req), &req);
	EXPECT_EQ(1, req.version);
	EXPECT_TRUE(snapshot_holds(self->keeper, &before));
	EXPECT_EQ(0, variable_set(self->other, "x", value_int(9)));
}

TEST_F(claim, close_resets_to_the_first_value)
{
	struct reader reader;
	int ref = watch_name(self->keeper, "x", 0);

	reader_init(&reader, self->keeper);
	ASSERT_EQ(0, claim_add(self->holder, "x", LOCALSTATE_CLAIM_END_RESET));
	close(self->holder);
	self->holder = -1;
	EXPECT_EQ(7, int_of(self->keeper, "x"));
	EXPECT_END(&reader, CHANGED, ref, 7);
	EXPECT_EQ(0, variable_set(self->other, "x", value_int(9)));
}

TEST_F(claim, release_resets_and_tells_the_version)
{
	struct localstate_release req = release_request(key_name("x"));
	struct reader reader;
	int ref = watch_name(self->keeper, "x", 0);

	reader_init(&reader, self->keeper);
	ASSERT_EQ(0, claim_add(self->holder, "x", LOCALSTATE_CLAIM_END_RESET));
	EXPECT_DONE(call(self->holder, LOCALSTATE_IOC_RELEASE, &req), &req);
	EXPECT_EQ(2, req.version);
	EXPECT_END(&reader, CHANGED, ref, 7);
}

TEST_F(claim, close_deletes)
{
	struct reader reader;
	int ref = watch_name(self->keeper, "x", 0);

	reader_init(&reader, self->keeper);
	ASSERT_EQ(0, claim_add(self->holder, "x", LOCALSTATE_CLAIM_END_DELETE));
	close(self->holder);
	self->holder = -1;
	EXPECT_EQ(-1, int_of(self->keeper, "x"));
	EXPECT_END(&reader, DELETED, ref, 8);
	EXPECT_EQ(0, variable_register(self->keeper, "x", value_int(1)));
}

TEST_F(claim, release_deletes_and_tells_the_version)
{
	struct localstate_release req = release_request(key_name("x"));

	ASSERT_EQ(0, claim_add(self->holder, "x", LOCALSTATE_CLAIM_END_DELETE));
	EXPECT_DONE(call(self->holder, LOCALSTATE_IOC_RELEASE, &req), &req);
	EXPECT_EQ(2, req.version);
	EXPECT_EQ(-ENOENT, variable_set(self->other, "x", value_int(9)));
}

TEST_F(claim, will_sets_value_and_metadata)
{
	struct localstate_claim req = claim_will("x", value_int(99));
	const struct localstate_event *event;
	char buffer[1024];
	struct localstate_variable *variable = (void *)buffer;
	struct reader reader;
	int ref = watch_name(self->keeper, "x", 0);

	ASSERT_EQ(0, variable_set_metadata(self->keeper, "x", value_int(5),
					   "unit=inch", 10));
	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(8)));
	req.metadata = pointer(WILL_METADATA);
	req.metadata_len = sizeof(WILL_METADATA);
	ASSERT_EQ(0, call(self->holder, LOCALSTATE_IOC_CLAIM, &req));
	close(self->holder);
	self->holder = -1;

	reader_init(&reader, self->keeper);
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	ASSERT_EVENT(&reader, CHANGED, RELEASE, ref, &event);
	EXPECT_EQ(99, event_new_int(event));
	EXPECT_TRUE(event_metadata_is(event, WILL_METADATA,
				      sizeof(WILL_METADATA)));
	ASSERT_EQ(0, variable_describe(self->keeper, "x", buffer,
				       sizeof(buffer)));
	EXPECT_TRUE(variable_part_is(variable, PART_METADATA, WILL_METADATA,
				     sizeof(WILL_METADATA)));
}

/* No room to merge: the variable keeps its own, the event has the will's. */
TEST_F(claim, will_whose_metadata_do_not_fit_keeps_the_variables)
{
	struct localstate_claim req = claim_will("x", value_int(99));
	static char metadata[LOCALSTATE_METADATA_MAX];
	static char buffer[8192];
	struct localstate_variable *variable = (void *)buffer;

	memset(metadata, 'm', sizeof(metadata) - 1);
	metadata[1] = '=';
	req.metadata = pointer("n=1");
	req.metadata_len = 4;
	ASSERT_EQ(0, variable_set_metadata(self->keeper, "x", value_int(5),
					   metadata, sizeof(metadata)));
	ASSERT_EQ(0, call(self->holder, LOCALSTATE_IOC_CLAIM, &req));
	ASSERT_EQ(0, claim_release(self->holder, "x"));
	EXPECT_EQ(99, int_of(self->keeper, "x"));
	ASSERT_EQ(0, variable_describe(self->keeper, "x", buffer,
				       sizeof(buffer)));
	EXPECT_TRUE(variable_part_is(variable, PART_METADATA, metadata,
				     sizeof(metadata)));
}

TEST_F(claim, end_with_an_equal_value_is_no_event)
{
	struct localstate_claim req = claim_will("x", value_int(8));
	struct localstate_get get;

	ASSERT_LE(1, watch_name(self->keeper, "x", 0));
	ASSERT_EQ(0, call(self->holder, LOCALSTATE_IOC_CLAIM, &req));
	ASSERT_EQ(0, claim_release(self->holder, "x"));
	EXPECT_FALSE(is_readable(self->keeper));
	ASSERT_EQ(0, variable_get(self->keeper, "x", &get));
	EXPECT_EQ(1, get.version);
}

/* A string of each length that is kept in another way. */
TEST_F(claim, reset_brings_back_every_text)
{
	static const int lengths[] = { 0, 1, 32, 33, 1000, -1 };
	char text[1001], buffer[1024];
	struct localstate_get get;
	int i;

	for (i = 0; lengths[i] >= 0; i++) {
		memset(text, 'a' + i, sizeof(text));
		text[lengths[i]] = '\0';
		ASSERT_EQ(0, variable_register(self->keeper, "text",
					       value_string(text)));
		ASSERT_EQ(0, variable_set(self->keeper, "text",
					  value_string("changed")));
		ASSERT_EQ(0, claim_add(self->holder, "text",
				       LOCALSTATE_CLAIM_END_RESET));
		ASSERT_EQ(0, claim_release(self->holder, "text"));
		get = get_request(key_name("text"), buffer, sizeof(buffer));
		ASSERT_EQ(0, call(self->keeper, LOCALSTATE_IOC_GET, &get));
		EXPECT_EQ((__u32)lengths[i], get.value.length);
		EXPECT_EQ(0, memcmp(buffer, text, lengths[i]));
		ASSERT_EQ(0, variable_delete(self->keeper, "text"));
	}
}

TEST_F(claim, claims_end_in_their_order)
{
	const struct localstate_event *event;
	struct reader reader;
	int i;

	ASSERT_EQ(0, variable_register(self->keeper, "y", value_int(7)));
	ASSERT_EQ(0, variable_register(self->keeper, "z", value_int(7)));
	ASSERT_EQ(1, watch_name(self->keeper, "z", 0));
	ASSERT_EQ(2, watch_name(self->keeper, "x", 0));
	ASSERT_EQ(3, watch_name(self->keeper, "y", 0));
	ASSERT_EQ(0, claim_add(self->holder, "z", LOCALSTATE_CLAIM_END_DELETE));
	ASSERT_EQ(0, claim_add(self->holder, "x", LOCALSTATE_CLAIM_END_DELETE));
	ASSERT_EQ(0, claim_add(self->holder, "y", LOCALSTATE_CLAIM_END_DELETE));
	close(self->holder);
	self->holder = -1;
	reader_init(&reader, self->keeper);
	for (i = 1; i <= 3; i++)
		ASSERT_EVENT(&reader, DELETED, RELEASE, i, &event);
}

TEST_F(claim, duplicate_of_the_descriptor_keeps_it)
{
	int copy = dup(self->holder);

	ASSERT_EQ(0, claim_add(self->holder, "x", LOCALSTATE_CLAIM_END_RESET));
	close(self->holder);
	self->holder = copy;
	EXPECT_EQ(-EBUSY, variable_set(self->other, "x", value_int(9)));
	EXPECT_EQ(8, int_of(self->other, "x"));
	EXPECT_EQ(0, claim_release(copy, "x"));
}

/* The last client's wills are run, though nobody can see it. */
TEST_F(claim, session_ends_with_claims)
{
	int fd = session_private();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_register(fd, "x", value_int(1)));
	ASSERT_EQ(0, variable_register(fd, "y", value_int(1)));
	ASSERT_EQ(0, claim_add(fd, "x", LOCALSTATE_CLAIM_END_RESET));
	ASSERT_EQ(0, claim_add(fd, "y", LOCALSTATE_CLAIM_END_DELETE));
	EXPECT_EQ(0, close(fd));
}

TEST_F(claim, destroy_runs_no_will)
{
	const struct localstate_event *event;
	struct reader reader;
	int fd = session_open(self->name.text);

	ASSERT_LE(1, watch_name(self->keeper, "x", 0));
	ASSERT_EQ(0, claim_add(fd, "x", LOCALSTATE_CLAIM_END_RESET));
	ASSERT_EQ(0, session_destroy(self->other));
	close(fd);
	reader_init(&reader, self->keeper);
	ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
}

TEST_F(claim, killed_holder_leaves_its_will)
{
	struct localstate_claim req = claim_will("x", value_int(99));
	const struct localstate_event *event;
	struct reader reader;
	struct token token;
	pid_t pid;
	int ref = watch_name(self->keeper, "x", 0);

	ASSERT_EQ(0, token_init(&token));
	fflush(NULL);
	pid = fork();
	if (!pid) {
		int fd = session_open(self->name.text);

		CHILD_CHECK(fd >= 0);
		CHILD_CHECK(!call(fd, LOCALSTATE_IOC_CLAIM, &req));
		CHILD_CHECK(token_give(&token));
		pause();
		_exit(1);
	}
	ASSERT_TRUE(token_take(&token));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	reader_init(&reader, self->keeper);
	ASSERT_EVENT(&reader, CHANGED, RELEASE, ref, &event);
	EXPECT_EQ(99, event_new_int(event));
	EXPECT_EQ((__u32)pid, event->pid);
	token_free(&token);
}

/* ---- waiting ------------------------------------------------------------- */

/* Somebody who waits for "x", in a process of his own, without @holder. */
struct waiter {
	const char *session;
	int holder;
	__u64 timeout_ns;
	int expected;
};

static int wait_for_claim(void *data)
{
	struct localstate_claim req = claim_request(key_name("x"), 0);
	const struct waiter *waiter = data;
	int fd = session_open(waiter->session);

	close(waiter->holder);
	req.flags = LOCALSTATE_CLAIM_WAIT;
	req.timeout_ns = waiter->timeout_ns;
	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(call(fd, LOCALSTATE_IOC_CLAIM, &req) == waiter->expected);
	CHILD_CHECK((int)req.error.code == -waiter->expected);
	CHILD_CHECK(waiter->expected ||
		    !variable_set(fd, "x", value_int(55)));
	return 0;
}

static pid_t waiter_start(const char *session, int holder, int expected)
{
	struct waiter waiter = {
		.session = session,
		.holder = holder,
		.timeout_ns = LOCALSTATE_TIMEOUT_NONE,
		.expected = expected,
	};
	pid_t pid = child_start(wait_for_claim, &waiter);

	return child_falls_asleep(pid) ? pid : -1;
}

TEST_F(claim, waiter_gets_it_when_it_is_released)
{
	pid_t pid;

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	pid = waiter_start(self->name.text, self->holder, 0);
	ASSERT_LT(0, pid);
	EXPECT_EQ(8, int_of(self->keeper, "x"));
	ASSERT_EQ(0, claim_release(self->holder, "x"));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(55, int_of(self->keeper, "x"));
}

TEST_F(claim, waiter_gets_it_when_the_holder_goes)
{
	pid_t pid;

	ASSERT_EQ(0, claim_add(self->holder, "x", LOCALSTATE_CLAIM_END_RESET));
	pid = waiter_start(self->name.text, self->holder, 0);
	ASSERT_LT(0, pid);
	close(self->holder);
	self->holder = -1;
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(claim, all_waiters_get_their_turn)
{
	pid_t pids[4];
	int i;

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	for (i = 0; i < 4; i++) {
		pids[i] = waiter_start(self->name.text, self->holder, 0);
		ASSERT_LT(0, pids[i]);
	}
	ASSERT_EQ(0, claim_release(self->holder, "x"));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

TEST_F(claim, delete_ends_the_wait)
{
	pid_t pid;

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	pid = waiter_start(self->name.text, self->holder, -ENOENT);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, variable_delete(self->holder, "x"));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(claim, end_of_the_session_ends_the_wait)
{
	pid_t pid;

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	pid = waiter_start(self->name.text, self->holder, -ESHUTDOWN);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, session_destroy(self->keeper));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(claim, timeout_tells_the_holder)
{
	struct localstate_claim req = claim_request(key_name("x"), 0);

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	req.flags = LOCALSTATE_CLAIM_WAIT;
	req.timeout_ns = 50 * 1000 * 1000;
	EXPECT_REFUSED(ETIMEDOUT, CLAIM, getpid(),
		       call(self->other, LOCALSTATE_IOC_CLAIM, &req), &req);
	EXPECT_EQ(-EBUSY, variable_set(self->other, "x", value_int(9)));
}

/* Wherever between two ticks it begins; a busy host finds more. */
TEST_F(claim, timeout_is_never_cut_short)
{
	struct localstate_claim req;
	__u64 start, took;
	int i;

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	for (i = 0; i < 64; i++) {
		req = claim_request(key_name("x"), 0);
		req.flags = LOCALSTATE_CLAIM_WAIT;
		req.timeout_ns = 1 + i % 8 * 700 * 1000;
		/* Each eight begin elsewhere between two ticks. */
		for (start = now_ns(); now_ns() - start < i / 8 * 500 * 1000ULL;)
			;
		start = now_ns();
		ASSERT_EQ(-ETIMEDOUT,
			  call(self->other, LOCALSTATE_IOC_CLAIM, &req));
		took = now_ns() - start;
		ASSERT_LE(req.timeout_ns, took);
	}
}

static void do_nothing(int signal)
{
	(void)signal;
}

static int wait_until_interrupted(void *data)
{
	struct sigaction action = { .sa_handler = do_nothing };

	sigaction(SIGUSR1, &action, NULL);
	return wait_for_claim(data);
}

TEST_F(claim, signal_ends_the_wait)
{
	struct waiter waiter = {
		.session = self->name.text,
		.holder = self->holder,
		.timeout_ns = LOCALSTATE_TIMEOUT_NONE,
		.expected = -EINTR,
	};
	pid_t pid;

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	pid = child_start(wait_until_interrupted, &waiter);
	ASSERT_TRUE(child_falls_asleep(pid));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, claim_release(self->holder, "x"));
	EXPECT_EQ(0, claim_add(self->other, "x", 0));
}

TEST_F(claim, killed_waiter_leaves_nothing)
{
	pid_t pid;

	ASSERT_EQ(0, claim_add(self->holder, "x", 0));
	pid = waiter_start(self->name.text, self->holder, 0);
	ASSERT_LT(0, pid);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(0, claim_release(self->holder, "x"));
	EXPECT_EQ(0, claim_add(self->other, "x", 0));
}

/* ---- under fire ---------------------------------------------------------- */

#define N_RIVALS 4
#define N_TURNS 500

/* A counter that only its claim protects: read, add one, set. */
static int take_turns(void *data)
{
	struct localstate_claim req;
	const char *session = data;
	int fd = session_open(session);
	int i;

	CHILD_CHECK(fd >= 0);
	for (i = 0; i < N_TURNS; i++) {
		req = claim_request(key_name("x"), 0);
		req.flags = LOCALSTATE_CLAIM_WAIT;
		req.timeout_ns = LOCALSTATE_TIMEOUT_NONE;
		CHILD_CHECK(!call(fd, LOCALSTATE_IOC_CLAIM, &req));
		CHILD_CHECK(!variable_set(fd, "x",
					  value_int(int_of(fd, "x") + 1)));
		CHILD_CHECK(!claim_release(fd, "x"));
	}
	return 0;
}

TEST_F_TIMEOUT(claim, protects_a_counter, 120)
{
	pid_t pids[N_RIVALS];
	int i;

	ASSERT_EQ(0, variable_set(self->keeper, "x", value_int(0)));
	for (i = 0; i < N_RIVALS; i++)
		pids[i] = child_start(take_turns, self->name.text);
	for (i = 0; i < N_RIVALS; i++)
		EXPECT_EQ(0, child_wait_for(pids[i], 5 * DEADLINE_MS));
	EXPECT_EQ(N_RIVALS * N_TURNS, int_of(self->keeper, "x"));
}

TEST_HARNESS_MAIN
