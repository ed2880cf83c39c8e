// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's sessions and infos on the real device.
 */
#include <sys/stat.h>
#include <sys/time.h>

#include "library_helpers.h"

#define RIGHTS_ALL (LSTATE_RIGHT_READ | LSTATE_RIGHT_WRITE | \
		    LSTATE_RIGHT_OWNER)

/* What outputs hold that no call may touch. */
#define UNTOUCHED ((void *)0x5a)

FIXTURE(library_session) {
	struct session_name name;
	struct lstate_session *s;
	struct lstate_error *error;
};

FIXTURE_SETUP(library_session)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("library");
	self->s = UNTOUCHED;
	self->error = UNTOUCHED;
}

FIXTURE_TEARDOWN(library_session)
{
	EXPECT_NO_LEAK();
}

TEST_F(library_session, library_is_the_headers_version)
{
	EXPECT_STREQ(LSTATE_VERSION, lstate_version());
}

TEST_F(library_session, nothing_is_ended_like_something)
{
	lstate_session_close(NULL);
	lstate_error_free(NULL);
	lstate_info_free(NULL);
	lstate_spec_free(NULL);
	lstate_value_clear(NULL);
	lstate_variable_free(NULL);
	lstate_list_close(NULL);
	lstate_watch_options_free(NULL);
	lstate_watch_remove(NULL);
}

TEST_F(library_session, private_has_all_rights_and_no_name)
{
	ASSERT_EQ(0, lstate_session_open(&self->s, NULL, 0, 0, &self->error));
	EXPECT_EQ(NULL, self->error);
	EXPECT_EQ(NULL, lstate_session_name(self->s));
	EXPECT_LT(0, lstate_session_id(self->s));
	EXPECT_EQ(RIGHTS_ALL, lstate_session_rights(self->s));
	EXPECT_TRUE(lstate_session_is_new(self->s));
	EXPECT_EQ(0, lstate_error_code(lstate_session_error(self->s)));
	lstate_session_close(self->s);
}

TEST_F(library_session, descriptor_is_close_on_exec)
{
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
	EXPECT_EQ(FD_CLOEXEC, fcntl(lstate_session_fd(self->s), F_GETFD));
	lstate_session_close(self->s);
}

TEST_F(library_session, name_finds_the_session_that_is_there)
{
	struct lstate_session *second;

	ASSERT_EQ(0, lstate_session_open(&self->s, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	ASSERT_EQ(0, lstate_session_open(&second, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	EXPECT_TRUE(lstate_session_is_new(self->s));
	EXPECT_FALSE(lstate_session_is_new(second));
	EXPECT_EQ(lstate_session_id(self->s), lstate_session_id(second));
	EXPECT_STREQ(self->name.text, lstate_session_name(second));
	ASSERT_EQ(0, lstate_register_int(self->s, "x", 7));
	EXPECT_EQ(7, library_int(second, "x"));
	lstate_session_close(second);
	lstate_session_close(self->s);
}

/* Opening fails with @_code; nothing comes back but a reason with the name. */
#define EXPECT_NOT_OPENED(_code, _field, _name, _flags, _mode) do {	\
	EXPECT_EQ(_code, lstate_session_open(&self->s, _name, _flags,	\
					     _mode, &self->error));	\
	EXPECT_EQ(NULL, self->s);					\
	EXPECT_EQ(_code, lstate_error_code(self->error));		\
	EXPECT_EQ(LSTATE_FIELD_##_field,				\
		  lstate_error_field(self->error));			\
	lstate_error_free(self->error);					\
} while (0)

TEST_F(library_session, absent_name_is_enoent_and_the_error_has_the_name)
{
	char message[256];

	snprintf(message, sizeof(message), "session %s: no such session",
		 self->name.text);
	EXPECT_EQ(-ENOENT, lstate_session_open(&self->s, self->name.text, 0, 0,
					       &self->error));
	EXPECT_EQ(NULL, self->s);
	EXPECT_ERROR(self->error, -ENOENT, NAME, message);
	EXPECT_STREQ(self->name.text, lstate_error_name(self->error));
	lstate_error_free(self->error);
}

TEST_F(library_session, failed_open_needs_no_place_for_the_error)
{
	EXPECT_EQ(-ENOENT, lstate_session_open(&self->s, self->name.text, 0, 0,
					       NULL));
	EXPECT_EQ(NULL, self->s);
}

TEST_F(library_session, exclusive_of_a_taken_name_is_eexist)
{
	struct lstate_session *first;

	ASSERT_EQ(0, lstate_session_open(&first, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	EXPECT_NOT_OPENED(-EEXIST, NAME, self->name.text,
			  LSTATE_OPEN_CREATE | LSTATE_OPEN_EXCLUSIVE, 0600);
	lstate_session_close(first);
}

TEST_F(library_session, flags_that_exclude_each_other_are_einval)
{
	EXPECT_NOT_OPENED(-EINVAL, FLAGS, self->name.text,
			  LSTATE_OPEN_READ_ONLY | LSTATE_OPEN_WRITE_ONLY, 0);
	EXPECT_NOT_OPENED(-EINVAL, FLAGS, NULL, LSTATE_OPEN_CREATE, 0600);
	EXPECT_NOT_OPENED(-EINVAL, FLAGS, self->name.text,
			  LSTATE_OPEN_PERSISTENT, 0600);
	EXPECT_NOT_OPENED(-EINVAL, FLAGS, self->name.text,
			  LSTATE_OPEN_EXCLUSIVE, 0600);
	EXPECT_NOT_OPENED(-EINVAL, FLAGS, self->name.text, 1U << 31, 0600);
}

TEST_F(library_session, what_is_no_name_is_einval)
{
	EXPECT_NOT_OPENED(-EINVAL, NAME, "", LSTATE_OPEN_CREATE, 0600);
	EXPECT_NOT_OPENED(-EINVAL, NAME, "a b", LSTATE_OPEN_CREATE, 0600);
}

TEST_F(library_session, more_than_permission_bits_are_einval)
{
	EXPECT_NOT_OPENED(-EINVAL, MODE, self->name.text, LSTATE_OPEN_CREATE,
			  01000);
}

TEST_F(library_session, read_only_cannot_set_and_write_only_cannot_get)
{
	struct lstate_session *reader, *writer;
	int64_t value;

	ASSERT_EQ(0, lstate_session_open(&self->s, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	ASSERT_EQ(0, lstate_register_int(self->s, "x", 1));
	ASSERT_EQ(0, lstate_session_open(&reader, self->name.text,
					 LSTATE_OPEN_READ_ONLY, 0, NULL));
	ASSERT_EQ(0, lstate_session_open(&writer, self->name.text,
					 LSTATE_OPEN_WRITE_ONLY, 0, NULL));
	EXPECT_EQ(LSTATE_RIGHT_READ | LSTATE_RIGHT_OWNER,
		  lstate_session_rights(reader));
	EXPECT_EQ(LSTATE_RIGHT_WRITE | LSTATE_RIGHT_OWNER,
		  lstate_session_rights(writer));
	EXPECT_FAILS(-EBADF, NONE, "x: the session was opened read-only",
		     lstate_set_int(reader, "x", 2), reader);
	EXPECT_FAILS(-EBADF, NONE, "x: the session was opened write-only",
		     lstate_get_int(writer, "x", &value), writer);
	EXPECT_EQ(1, lstate_set_int(writer, "x", 3));
	EXPECT_EQ(3, library_int(reader, "x"));
	lstate_session_close(reader);
	lstate_session_close(writer);
	lstate_session_close(self->s);
}

/* Somebody else in a session of mode 0644: may read and neither write nor end. */
static int stranger_run(void *data)
{
	const struct session_name *name = data;
	struct lstate_session *s;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(!lstate_session_open(&s, name->text, 0, 0, NULL));
	CHILD_CHECK(lstate_session_rights(s) == LSTATE_RIGHT_READ);
	CHILD_CHECK(library_int(s, "x") == 1);
	CHILD_CHECK(lstate_set_int(s, "x", 2) == -EACCES);
	CHILD_CHECK(lstate_session_destroy(s) == -EPERM);
	CHILD_CHECK(lstate_error_code(lstate_session_error(s)) == -EPERM);
	lstate_session_close(s);
	return 0;
}

TEST_F(library_session, stranger_has_the_rights_of_the_mode)
{
	mode_t before = umask(0);

	ASSERT_EQ(0, lstate_session_open(&self->s, self->name.text,
					 LSTATE_OPEN_CREATE, 0644, NULL));
	umask(before);
	ASSERT_EQ(0, lstate_register_int(self->s, "x", 1));
	EXPECT_EQ(0, child_run(stranger_run, &self->name));
	EXPECT_EQ(1, library_int(self->s, "x"));
	lstate_session_close(self->s);
}

static int outcast_run(void *data)
{
	const struct session_name *name = data;
	struct lstate_session *s;
	struct lstate_error *error;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(lstate_session_open(&s, name->text, 0, 0, &error) == -EACCES);
	CHILD_CHECK(!s && lstate_error_code(error) == -EACCES);
	lstate_error_free(error);
	return 0;
}

TEST_F(library_session, stranger_without_any_right_is_eacces)
{
	ASSERT_EQ(0, lstate_session_open(&self->s, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	EXPECT_EQ(0, child_run(outcast_run, &self->name));
	lstate_session_close(self->s);
}

TEST_F(library_session, persistent_outlives_its_clients_until_destroyed)
{
	ASSERT_EQ(0, lstate_session_open(&self->s, self->name.text,
					 LSTATE_OPEN_CREATE |
					 LSTATE_OPEN_PERSISTENT, 0600, NULL));
	ASSERT_EQ(0, lstate_register_int(self->s, "x", 5));
	lstate_session_close(self->s);

	ASSERT_EQ(0, lstate_session_open(&self->s, self->name.text, 0, 0, NULL));
	EXPECT_EQ(5, library_int(self->s, "x"));
	EXPECT_EQ(0, lstate_session_destroy(self->s));
	EXPECT_FAILS(-ESHUTDOWN, NONE, "x: the session has ended",
		     lstate_set_int(self->s, "x", 6), self->s);
	lstate_session_close(self->s);
	EXPECT_EQ(-ENOENT, lstate_session_open(&self->s, self->name.text, 0, 0,
					       NULL));
}

TEST_F(library_session, other_sessions_end_with_their_last_client)
{
	ASSERT_EQ(0, lstate_session_open(&self->s, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	lstate_session_close(self->s);
	EXPECT_EQ(-ENOENT, lstate_session_open(&self->s, self->name.text, 0, 0,
					       NULL));
}

TEST_F(library_session, info_is_the_same_with_and_without_a_session)
{
	struct lstate_info *info, *again;
	int key;

	self->s = library_session();
	ASSERT_NE(NULL, self->s);
	ASSERT_EQ(0, lstate_info_read(&info, &self->error));
	EXPECT_EQ(NULL, self->error);
	ASSERT_EQ(0, lstate_session_info(self->s, &again));
	for (key = 0; key < LSTATE_INFO_COUNT; key++) {
		EXPECT_LT(0, lstate_info_get(info, key));
		EXPECT_EQ(lstate_info_get(info, key), lstate_info_get(again, key));
		EXPECT_NE(NULL, lstate_info_key_name(key));
	}
	EXPECT_EQ(LOCALSTATE_ABI_VERSION,
		  lstate_info_get(info, LSTATE_INFO_ABI_VERSION));
	EXPECT_TRUE(lstate_info_get(info, LSTATE_INFO_FEATURES) &
		    LSTATE_FEATURE_INITIAL);
	EXPECT_STREQ("queue_max", lstate_info_key_name(LSTATE_INFO_QUEUE_MAX));
	EXPECT_EQ(0, lstate_info_get(info, LSTATE_INFO_COUNT));
	EXPECT_EQ(NULL, lstate_info_key_name(LSTATE_INFO_COUNT));
	lstate_info_free(again);
	lstate_info_free(info);
	lstate_session_close(self->s);
}

static void ignore_event(const char *identifier,
			 const struct lstate_value *old_value,
			 const struct lstate_value *new_value,
			 const struct lstate_metadata *metadata,
			 const struct lstate_event *event, void *user_data)
{
}

TEST_F(library_session, queue_size_is_rounded_up_until_the_first_watch)
{
	static const char *const targets[] = { "x" };
	size_t size = POISON32;
	struct lstate_info *info;

	self->s = library_session();
	ASSERT_NE(NULL, self->s);
	ASSERT_EQ(0, lstate_session_info(self->s, &info));
	EXPECT_EQ(0, lstate_session_queue_size(self->s, &size));
	EXPECT_EQ(lstate_info_get(info, LSTATE_INFO_QUEUE_DEFAULT), size);
	EXPECT_EQ(0, lstate_session_set_queue_size(self->s, 5000));
	EXPECT_EQ(0, lstate_session_queue_size(self->s, &size));
	EXPECT_EQ(8192, size);
	EXPECT_FAILS(-EINVAL, QUEUE_SIZE, "queue: a size above 0 is wanted",
		     lstate_session_set_queue_size(self->s, 0), self->s);
	size = lstate_info_get(info, LSTATE_INFO_QUEUE_MAX) + 1;
	EXPECT_EQ(-EINVAL, lstate_session_set_queue_size(self->s, size));
	EXPECT_EQ(-EINVAL, lstate_session_set_queue_size(self->s, SIZE_MAX));

	ASSERT_EQ(0, lstate_register_int(self->s, "x", 0));
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, NULL, ignore_event,
				      NULL, NULL, NULL));
	EXPECT_FAILS(-EBUSY, QUEUE_SIZE,
		     "queue: the first watch has fixed its size",
		     lstate_session_set_queue_size(self->s, 16384), self->s);
	EXPECT_EQ(0, lstate_session_queue_size(self->s, &size));
	EXPECT_EQ(8192, size);
	lstate_info_free(info);
	lstate_session_close(self->s);
}

static void note_signal(int number)
{
}

TEST_F(library_session, signal_ends_wait_with_eintr)
{
	struct itimerval often = { { 0, 10000 }, { 0, 10000 } }, never = { 0 };

	self->s = library_session();
	ASSERT_NE(NULL, self->s);
	signal(SIGALRM, note_signal);
	/* Again and again, for the first may come before the wait. */
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	EXPECT_FAILS(-EINTR, NONE, "wait: Interrupted system call",
		     lstate_session_wait(self->s, DEADLINE_MS), self->s);
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_EQ(0, lstate_session_wait(self->s, 0));
	lstate_session_close(self->s);
}

TEST_HARNESS_MAIN
