// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: open, close, fdinfo, GET_INFO, and
 * how sessions begin and end.
 */
#include "fail_nth_helpers.h"

static int begin_nothing(struct world *w)
{
	return 0;
}

/* ---- open and close ------------------------------------------------------ */

static int call_open(struct world *w)
{
	w->fd = device_open(O_RDWR);
	return w->fd;
}

static bool is_open(struct world *w)
{
	struct localstate_info info;

	return w->fd >= 0 && !info_get(w->fd, &info);
}

static const struct sweep sweep_open = {
	.name = "open",
	.begin = begin_nothing,
	.call = call_open,
	.is_done = is_open,
	.end = world_end,
	.errors = SWEEP_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, open, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_open);
}

/* Whoever has nothing of the module yet is entered into its table. */
TEST_F_TIMEOUT(fail_nth, open_by_a_new_user, SWEEP_TIMEOUT)
{
	int fd;

	world.uid = OTHER_UID;
	sweep_run(_metadata, &sweep_open);
	/* That user's counter is 0 again. */
	meter_limit(&world.meter, CLIENTS, 1);
	ASSERT_EQ(0, setresuid(OTHER_UID, -1, -1));
	fd = device_open(O_RDWR);
	EXPECT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, setresuid(0, -1, -1));
	meter_limit(&world.meter, CLIENTS, world.meter.loose[CLIENTS]);
}

/* A client with watches, records in its queue, and slots that wait. */
static int begin_close(struct world *w)
{
	unsigned int i;
	int err = world_begin(w);

	if (err)
		return err;
	err = queue_resize(w->fd, QUEUE_MIN);
	if (err)
		return err;
	err = watch_name(w->fd, "int", LOCALSTATE_WATCH_INITIAL);
	if (err > 0)
		err = watch_name(w->fd, "text", 0);
	for (i = 0; err >= 0 && i < 50; i++)
		err = variable_set(w->observer, "int", value_int(100 + i));
	return err < 0 ? err : 0;
}

static int call_close(struct world *w)
{
	int fd = w->fd;

	w->fd = -1;
	return close(fd) ? -errno : 0;
}

static bool is_client_gone(struct world *w)
{
	return netlink_count_watches(w->name.text) == 0 &&
	       variable_set(w->observer, "int", value_int(-1)) == 0;
}

static const struct sweep sweep_close = {
	.name = "close",
	.begin = begin_close,
	.call = call_close,
	.is_done = is_client_gone,
	.end = world_end,
};

TEST_F_TIMEOUT(fail_nth, close_never_fails, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_close);
}

/* What its claims are to do happens all the same. */
static int begin_close_with_claims(struct world *w)
{
	int err = begin_close(w);

	if (!err)
		err = claim_add(w->fd, "int", LOCALSTATE_CLAIM_END_RESET);
	return err ?: claim_add(w->fd, "text", LOCALSTATE_CLAIM_END_DELETE);
}

static bool are_claims_over(struct world *w)
{
	struct localstate_get get;

	return !variable_get(w->observer, "int", &get) && get.value.data == 1 &&
	       variable_get(w->observer, "text", &get) == -ENOENT &&
	       is_client_gone(w);
}

static const struct sweep sweep_close_with_claims = {
	.name = "close with claims",
	.begin = begin_close_with_claims,
	.call = call_close,
	.is_done = are_claims_over,
	.end = world_end,
};

TEST_F_TIMEOUT(fail_nth, close_with_claims_never_fails, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_close_with_claims);
}

/* The last client takes the session along, and all that is in it. */
static int begin_close_last(struct world *w)
{
	int err = begin_close(w);

	world_close(&w->observer);
	return err;
}

static bool is_session_gone(struct world *w)
{
	return session_open(w->name.text) == -ENOENT;
}

static const struct sweep sweep_close_last = {
	.name = "close of the last client",
	.begin = begin_close_last,
	.call = call_close,
	.is_done = is_session_gone,
	.end = world_end,
};

TEST_F_TIMEOUT(fail_nth, close_of_the_last_client_never_fails,
	       SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_close_last);
}

/* ---- GET_INFO, QUEUE, fdinfo --------------------------------------------- */

static struct localstate_info info_arg;

static int call_get_info(struct world *w)
{
	poison(&info_arg, sizeof(info_arg));
	info_arg.flags = 0;
	return WORLD_CALL(w, w->fd, GET_INFO, &info_arg);
}

static bool is_info(struct world *w)
{
	return info_arg.abi_version == LOCALSTATE_ABI_VERSION &&
	       info_arg.max_user_links != POISON32;
}

static int begin_open(struct world *w)
{
	w->fd = device_open(O_RDWR);
	return w->fd < 0 ? w->fd : 0;
}

static const struct sweep sweep_get_info = {
	.name = "GET_INFO",
	.begin = begin_open,
	.call = call_get_info,
	.is_done = is_info,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, get_info, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_get_info);
}

static struct localstate_queue queue_arg;

static int call_queue(struct world *w)
{
	queue_arg = (struct localstate_queue) {
		.size = 4 * QUEUE_MIN,
		.error = poisoned_error(),
	};
	/* Another size than the default one. */
	queue_arg.size *= 2;
	return WORLD_CALL(w, w->fd, QUEUE, &queue_arg);
}

static bool is_queue_resized(struct world *w)
{
	struct localstate_queue now = { .error = poisoned_error() };

	return !call(w->fd, LOCALSTATE_IOC_QUEUE, &now) &&
	       now.size == 8 * QUEUE_MIN;
}

static const struct sweep sweep_queue = {
	.name = "QUEUE",
	.begin = begin_open,
	.call = call_queue,
	.is_done = is_queue_resized,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, queue, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_queue);
}

static char fdinfo_text[16384];

static int call_fdinfo(struct world *w)
{
	return fdinfo_read(w->fd, fdinfo_text, sizeof(fdinfo_text));
}

static bool is_fdinfo(struct world *w)
{
	static char again[sizeof(fdinfo_text)];

	return w->result > 0 && strstr(fdinfo_text, "\nfiltered:\t") &&
	       fdinfo_read(w->fd, again, sizeof(again)) == w->result &&
	       !strcmp(again, fdinfo_text);
}

static const struct sweep sweep_fdinfo = {
	.name = "fdinfo",
	.begin = begin_close,
	.call = call_fdinfo,
	.is_done = is_fdinfo,
	.end = world_end,
	/* proc says that there is no file if it has no memory for the inode. */
	.errors = { -ENOMEM, -EFAULT, -ENOENT },
};

TEST_F_TIMEOUT(fail_nth, fdinfo, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_fdinfo);
}

/* ---- ATTACH -------------------------------------------------------------- */

static struct localstate_attach attach_arg;

static int call_attach_new(struct world *w)
{
	attach_arg = attach_request(w->name.text, LOCALSTATE_ATTACH_CREATE |
				    LOCALSTATE_ATTACH_PERSISTENT, 0640);
	return WORLD_CALL(w, w->fd, ATTACH, &attach_arg);
}

/* Attached with all rights. */
static bool is_attached(struct world *w)
{
	return session_attach(w->fd, w->name.text, 0, 0) == -EISCONN &&
	       !variable_register(w->fd, "mine", value_int(1)) &&
	       !variable_set(w->fd, "mine", value_int(2));
}

static bool is_attached_new(struct world *w)
{
	if (w->result >= 0 &&
	    (attach_arg.created != 1 || attach_arg.session == POISON64 ||
	     attach_arg.rights != (LOCALSTATE_RIGHT_READ |
				   LOCALSTATE_RIGHT_WRITE |
				   LOCALSTATE_RIGHT_OWNER)))
		return false;
	return is_attached(w);
}

static void end_destroy(struct world *w)
{
	if (w->fd >= 0)
		session_destroy(w->fd);
	world_end(w);
}

static const struct sweep sweep_attach_new = {
	.name = "ATTACH, a new session",
	.begin = begin_open,
	.call = call_attach_new,
	.is_done = is_attached_new,
	.end = end_destroy,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, attach_to_a_new_session, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_attach_new);
}

static int call_attach_private(struct world *w)
{
	attach_arg = attach_request(NULL, 0, 0);
	return WORLD_CALL(w, w->fd, ATTACH, &attach_arg);
}

static const struct sweep sweep_attach_private = {
	.name = "ATTACH, a private session",
	.begin = begin_open,
	.call = call_attach_private,
	.is_done = is_attached_new,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, attach_to_a_private_session, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_attach_private);
}

static int begin_attach_old(struct world *w)
{
	int err = world_begin(w);

	if (err)
		return err;
	close(w->fd);
	return begin_open(w);
}

static int call_attach_old(struct world *w)
{
	attach_arg = attach_request(w->name.text, 0, 0);
	return WORLD_CALL(w, w->fd, ATTACH, &attach_arg);
}

static bool is_attached_old(struct world *w)
{
	struct localstate_get get;

	return (w->result < 0 || attach_arg.created == 0) && is_attached(w) &&
	       !variable_get(w->observer, "mine", &get) && get.version == 1;
}

static const struct sweep sweep_attach_old = {
	.name = "ATTACH, a session that is there",
	.begin = begin_attach_old,
	.call = call_attach_old,
	.is_done = is_attached_old,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, attach_to_a_session_that_is_there,
	       SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_attach_old);
}

/* ---- DESTROY ------------------------------------------------------------- */

static int call_destroy(struct world *w)
{
	struct localstate_destroy arg = { .error = poisoned_error() };

	return WORLD_CALL(w, w->fd, DESTROY, &arg);
}

/* It is dead for all, its name is free, and who watched hears of it. */
static bool is_destroyed(struct world *w)
{
	const struct localstate_event *event;
	struct reader reader;
	int fd;

	reader_init(&reader, w->watcher);
	if (variable_set(w->observer, "int", value_int(1)) != -ESHUTDOWN ||
	    reader_next(&reader, 0, &event) != 1 ||
	    event->kind != LOCALSTATE_EVENT_SESSION_END)
		return false;
	fd = session_create(w->name.text);
	return fd >= 0 && !close(fd);
}

static const struct sweep sweep_destroy = {
	.name = "DESTROY",
	.begin = world_begin_watched,
	.call = call_destroy,
	.is_done = is_destroyed,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, destroy, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_destroy);
}

TEST_HARNESS_MAIN
