// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions: how they are found, made and ended.
 */
#include "process_helpers.h"

#define RIGHTS_ALL (LOCALSTATE_RIGHT_READ | LOCALSTATE_RIGHT_WRITE | \
		    LOCALSTATE_RIGHT_OWNER)

FIXTURE(session) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(session)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("session");
	self->fd = device_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(session)
{
	close(self->fd);
}

/* The descriptor has no session. */
static bool is_unattached(int fd)
{
	struct localstate_get get;

	return variable_get(fd, "x", &get) == -ENOTCONN;
}

TEST_F(session, private_is_made_with_all_rights)
{
	struct localstate_attach req = attach_request(NULL, 0, 0);

	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_ATTACH, &req), &req);
	EXPECT_EQ(RIGHTS_ALL, req.rights);
	EXPECT_EQ(1, req.created);
	EXPECT_LT(0, req.session);
}

TEST_F(session, private_is_nobody_elses)
{
	struct localstate_attach first = attach_request(NULL, 0, 0);
	struct localstate_attach second = attach_request(NULL, 0, 0);
	int fd = device_open(O_RDWR);
	struct localstate_get get;

	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_ATTACH, &first));
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(1)));
	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_ATTACH, &second));
	EXPECT_NE(first.session, second.session);
	EXPECT_EQ(-ENOENT, variable_get(fd, "x", &get));
	close(fd);
}

TEST_F(session, absent_name_is_enoent)
{
	struct localstate_attach req = attach_request(self->name.text, 0, 0);

	EXPECT_REFUSED(ENOENT, NAME, 0,
		       call(self->fd, LOCALSTATE_IOC_ATTACH, &req), &req);
	EXPECT_EQ(0, req.rights);
	EXPECT_EQ(0, req.session);
	EXPECT_EQ(0, req.created);
	EXPECT_TRUE(is_unattached(self->fd));
}

TEST_F(session, create_makes_once_and_then_finds)
{
	struct localstate_attach first, second;
	int fd = device_open(O_RDWR);

	first = attach_request(self->name.text, LOCALSTATE_ATTACH_CREATE, 0600);
	second = first;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_ATTACH, &first), &first);
	EXPECT_DONE(call(fd, LOCALSTATE_IOC_ATTACH, &second), &second);
	EXPECT_EQ(1, first.created);
	EXPECT_EQ(0, second.created);
	EXPECT_EQ(first.session, second.session);
	EXPECT_EQ(RIGHTS_ALL, first.rights);
	close(fd);
}

TEST_F(session, clients_of_one_name_share_variables)
{
	struct localstate_get get;
	int fd;

	ASSERT_EQ(0, session_attach(self->fd, self->name.text,
				    LOCALSTATE_ATTACH_CREATE, 0600));
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(42)));
	fd = session_open(self->name.text);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_get(fd, "x", &get));
	EXPECT_EQ(42, get.value.data);
	close(fd);
}

TEST_F(session, exclusive_of_a_taken_name_is_eexist)
{
	int fd = session_create(self->name.text);
	struct localstate_attach req;

	ASSERT_LE(0, fd);
	req = attach_request(self->name.text, LOCALSTATE_ATTACH_CREATE |
			     LOCALSTATE_ATTACH_EXCLUSIVE, 0600);
	EXPECT_REFUSED(EEXIST, NAME, 0,
		       call(self->fd, LOCALSTATE_IOC_ATTACH, &req), &req);
	EXPECT_EQ(0, req.session);
	EXPECT_TRUE(is_unattached(self->fd));
	close(fd);
	/* The refusal has left nothing behind that keeps the session. */
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_ATTACH, &req), &req);
	EXPECT_EQ(1, req.created);
}

TEST_F(session, second_attach_is_eisconn)
{
	struct localstate_attach req;
	struct localstate_get get;

	ASSERT_EQ(0, session_attach(self->fd, NULL, 0, 0));
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(1)));
	req = attach_request(self->name.text, LOCALSTATE_ATTACH_CREATE, 0600);
	EXPECT_REFUSED(EISCONN, NONE, 0,
		       call(self->fd, LOCALSTATE_IOC_ATTACH, &req), &req);
	EXPECT_EQ(0, req.session);
	/* Still in the first one, and the second was not made. */
	EXPECT_EQ(0, variable_get(self->fd, "x", &get));
	EXPECT_EQ(-ENOENT, session_open(self->name.text));
}

TEST_F(session, flags_that_need_create_are_einval_without)
{
	const __u32 flags[] = {
		LOCALSTATE_ATTACH_EXCLUSIVE,
		LOCALSTATE_ATTACH_PERSISTENT,
		LOCALSTATE_ATTACH_EXCLUSIVE | LOCALSTATE_ATTACH_PERSISTENT,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct localstate_attach req;

		req = attach_request(self->name.text, flags[i], 0600);
		EXPECT_REFUSED(EINVAL, FLAGS, 0,
			       call(self->fd, LOCALSTATE_IOC_ATTACH, &req),
			       &req);
	}
	EXPECT_TRUE(is_unattached(self->fd));
}

TEST_F(session, private_takes_no_flag)
{
	const __u32 create = LOCALSTATE_ATTACH_CREATE;
	const __u32 flags[] = {
		create,
		create | LOCALSTATE_ATTACH_EXCLUSIVE,
		create | LOCALSTATE_ATTACH_PERSISTENT,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct localstate_attach req;

		req = attach_request(NULL, flags[i], 0600);
		EXPECT_REFUSED(EINVAL, FLAGS, 0,
			       call(self->fd, LOCALSTATE_IOC_ATTACH, &req),
			       &req);
	}
	EXPECT_TRUE(is_unattached(self->fd));
}

TEST_F(session, mode_has_nine_bits)
{
	struct localstate_attach req;
	int bit;

	for (bit = 9; bit < 32; bit++) {
		req = attach_request(self->name.text, LOCALSTATE_ATTACH_CREATE,
				     1U << bit);
		EXPECT_REFUSED(EINVAL, MODE, 0,
			       call(self->fd, LOCALSTATE_IOC_ATTACH, &req),
			       &req);
	}
	EXPECT_TRUE(is_unattached(self->fd));
	EXPECT_EQ(-ENOENT, session_open(self->name.text));
}

TEST_F(session, name_has_only_letters_of_a_name)
{
	unsigned char name[] = "a?b";
	int c;

	for (c = 0; c < 256; c++) {
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') ||
			    (c && strchr("_.:/-", c));
		struct localstate_attach req = attach_request("a?b", 0, 0);

		name[1] = c;
		req.name = pointer(name);
		EXPECT_REFUSED(good ? ENOENT : EINVAL, NAME, 0,
			       call(self->fd, LOCALSTATE_IOC_ATTACH, &req),
			       &req);
	}
}

TEST_F(session, name_of_128_bytes_is_einval)
{
	char name[LOCALSTATE_NAME_MAX + 2] = "";
	struct localstate_attach req;

	memset(name, 'n', LOCALSTATE_NAME_MAX + 1);
	req = attach_request(name, LOCALSTATE_ATTACH_CREATE, 0600);
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_ATTACH, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_NAME, req.error.field);
	EXPECT_TRUE(is_unattached(self->fd));
	name[LOCALSTATE_NAME_MAX] = '\0';
	EXPECT_EQ(0, session_attach(self->fd, name, LOCALSTATE_ATTACH_CREATE,
				    0600));
}

TEST_F(session, name_that_is_a_start_of_another_is_another)
{
	char longer[LOCALSTATE_NAME_MAX + 3];
	int fd;

	snprintf(longer, sizeof(longer), "%s.", self->name.text);
	fd = session_create(longer);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOENT, session_open(self->name.text));
	close(fd);
}

TEST_F(session, ends_with_its_last_client)
{
	int fd, other;

	fd = session_create(self->name.text);
	other = session_open(self->name.text);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, variable_register(fd, "x", value_int(1)));
	close(fd);
	fd = session_open(self->name.text);
	ASSERT_LE(0, fd);
	close(fd);
	close(other);
	EXPECT_EQ(-ENOENT, session_open(self->name.text));
}

TEST_F(session, made_again_is_empty)
{
	struct localstate_get get;
	int fd = session_create(self->name.text);

	ASSERT_EQ(0, variable_register(fd, "x", value_int(1)));
	close(fd);
	fd = session_create(self->name.text);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOENT, variable_get(fd, "x", &get));
	close(fd);
}

TEST_F(session, persistent_outlives_its_clients)
{
	struct localstate_get get;
	int fd;

	ASSERT_EQ(0, session_attach(self->fd, self->name.text,
				    LOCALSTATE_ATTACH_CREATE |
				    LOCALSTATE_ATTACH_PERSISTENT, 0600));
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(7)));
	close(self->fd);
	fd = session_open(self->name.text);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, variable_get(fd, "x", &get));
	EXPECT_EQ(7, get.value.data);
	EXPECT_EQ(0, session_destroy(fd));
	close(fd);
	EXPECT_EQ(-ENOENT, session_open(self->name.text));
	self->fd = -1;
}

/* PERSISTENT belongs to whoever makes the session. */
TEST_F(session, persistent_of_a_found_session_changes_nothing)
{
	int fd = session_create(self->name.text);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, session_attach(self->fd, self->name.text,
				    LOCALSTATE_ATTACH_CREATE |
				    LOCALSTATE_ATTACH_PERSISTENT, 0600));
	close(fd);
	close(self->fd);
	EXPECT_EQ(-ENOENT, session_open(self->name.text));
	self->fd = -1;
}

/* The end of a session, by DESTROY. */

FIXTURE(destroy) {
	struct session_name name;
	int fd;
	int other;
	int ref;
	struct reader reader;
};

FIXTURE_SETUP(destroy)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("destroy");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	self->other = session_open(self->name.text);
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
	self->ref = watch_name(self->other, "x", 0);
	ASSERT_LE(1, self->ref);
	reader_init(&self->reader, self->other);
}

FIXTURE_TEARDOWN(destroy)
{
	close(self->fd);
	close(self->other);
}

static short poll_events(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) < 0 ? -1 : pfd.revents;
}

TEST_F(destroy, queued_events_come_first_then_one_end_then_hangup)
{
	const struct localstate_event *event;
	char buffer[256];
	int i;

	for (i = 1; i <= 3; i++)
		ASSERT_EQ(0, variable_set(self->fd, "x", value_int(i)));
	ASSERT_EQ(0, session_destroy(self->fd));
	for (i = 1; i <= 3; i++) {
		ASSERT_EVENT(&self->reader, CHANGED, SET, self->ref, &event);
		EXPECT_EQ(i, event_new_int(event));
	}
	ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
	EXPECT_EQ(0, event->ref);
	EXPECT_EQ(0, event->target);
	EXPECT_EQ(0, event->id);
	EXPECT_EQ(0, event->flags);
	EXPECT_EQ(sizeof(*event), event->size);
	EXPECT_TRUE(reader_is_empty(&self->reader));

	EXPECT_TRUE(poll_events(self->other, 0) & POLLHUP);
	EXPECT_EQ(-1, read(self->other, buffer, sizeof(buffer)));
	EXPECT_EQ(ESHUTDOWN, errno);
}

TEST_F(destroy, hangup_waits_for_the_end_to_be_read)
{
	const struct localstate_event *event;

	ASSERT_EQ(0, session_destroy(self->fd));
	EXPECT_EQ(POLLIN, poll_events(self->other, 0));
	ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
	ASSERT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
	EXPECT_TRUE(poll_events(self->other, 0) & POLLHUP);
	EXPECT_FALSE(poll_events(self->other, 0) & POLLERR);
}

TEST_F(destroy, client_without_a_watch_gets_the_end_too)
{
	const struct localstate_event *event;
	struct reader reader;

	reader_init(&reader, self->fd);
	ASSERT_EQ(0, session_destroy(self->other));
	ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
	EXPECT_TRUE(poll_events(self->fd, 0) & POLLHUP);
}

TEST_F(destroy, end_that_does_not_fit_is_einval_and_stays)
{
	char buffer[sizeof(struct localstate_event) - 8];
	const struct localstate_event *event;

	ASSERT_EQ(0, session_destroy(self->fd));
	EXPECT_EQ(-1, read(self->other, buffer, sizeof(buffer)));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_SESSION_END, event->kind);
}

TEST_F(destroy, name_is_free_at_once)
{
	struct localstate_attach req;
	struct localstate_get get;
	int fd;

	ASSERT_EQ(0, session_destroy(self->fd));
	EXPECT_EQ(-ENOENT, session_open(self->name.text));
	req = attach_request(self->name.text, LOCALSTATE_ATTACH_CREATE |
			     LOCALSTATE_ATTACH_EXCLUSIVE, 0600);
	fd = device_open(O_RDWR);
	EXPECT_EQ(0, call(fd, LOCALSTATE_IOC_ATTACH, &req));
	EXPECT_EQ(1, req.created);
	EXPECT_EQ(-ENOENT, variable_get(fd, "x", &get));
	/* The clients of the old one do not come into the new one. */
	ASSERT_EQ(0, variable_register(fd, "x", value_int(5)));
	EXPECT_EQ(-ESHUTDOWN, variable_get(self->other, "x", &get));
	EXPECT_EQ(-ESHUTDOWN, session_destroy(self->other));
	EXPECT_EQ(0, variable_get(fd, "x", &get));
	close(fd);
}

TEST_F(destroy, old_clients_end_does_not_end_the_new_session)
{
	int fd;

	ASSERT_EQ(0, session_destroy(self->fd));
	fd = session_create(self->name.text);
	ASSERT_LE(0, fd);
	close(self->fd);
	close(self->other);
	self->fd = session_open(self->name.text);
	EXPECT_LE(0, self->fd);
	close(fd);
	self->other = -1;
}

TEST_F(destroy, closed_without_reading_leaves_nothing)
{
	ASSERT_EQ(0, variable_set(self->fd, "x", value_int(1)));
	ASSERT_EQ(0, session_destroy(self->fd));
	close(self->other);
	self->other = -1;
	EXPECT_EQ(-ENOENT, session_open(self->name.text));
}

static int read_one_end(void *data)
{
	const struct localstate_event *event;
	struct reader reader;
	ssize_t len;

	reader_init(&reader, *(int *)data);
	/* No poll() before: the reader sleeps in read(). */
	len = read(reader.fd, reader.buffer, sizeof(reader.buffer));
	CHILD_CHECK(len > 0);
	event = (const void *)reader.buffer;
	CHILD_CHECK(event->kind == LOCALSTATE_EVENT_SESSION_END);
	CHILD_CHECK(event->size == (size_t)len);
	return 0;
}

TEST_F(destroy, wakes_a_reader_that_sleeps)
{
	pid_t pid = child_start(read_one_end, &self->other);

	ASSERT_TRUE(child_falls_asleep(pid));
	ASSERT_EQ(0, session_destroy(self->fd));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_HARNESS_MAIN
