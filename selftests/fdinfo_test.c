// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID/fdinfo/FD: what a client is attached to, its queue and its watches,
 * as whoever may trace the process sees them.
 */
#include "process_helpers.h"

FIXTURE(fdinfo) {
	struct session_name name;
	__u64 session;
	int fd;
	int writer;
};

/* The fd is client 1, with a queue of the smallest size; x is 0. */
FIXTURE_SETUP(fdinfo)
{
	struct localstate_attach req;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("fdinfo");
	self->fd = device_open(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	req = attach_request(self->name.text, LOCALSTATE_ATTACH_CREATE, 0604);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_ATTACH, &req));
	self->session = req.session;
	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	self->writer = session_open(self->name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, variable_register(self->writer, "x", value_int(0)));
	ASSERT_EQ(0, variable_register(self->writer, "y", value_int(0)));
}

FIXTURE_TEARDOWN(fdinfo)
{
	close(self->fd);
	close(self->writer);
}

/* Reading. */

/* 2000 watches take less. */
struct fdinfo {
	char text[512 * 1024];
};

/* What process @pid has as @fd: 0, or -errno. */
static int fdinfo_read(pid_t pid, int fd, struct fdinfo *info)
{
	char path[64];
	size_t len = 0;
	ssize_t n;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	do {
		n = read(file, info->text + len, sizeof(info->text) - 1 - len);
		len += n > 0 ? n : 0;
	} while (n > 0);
	n = n < 0 ? -errno : 0;
	close(file);
	info->text[len] = '\0';
	return n;
}

/* Where the value of the first line "key:\tvalue" begins, or NULL. */
static const char *fdinfo_value(const struct fdinfo *info, const char *key)
{
	char text[32];
	const char *at;

	snprintf(text, sizeof(text), "\n%s:\t", key);
	at = strstr(info->text, text);
	return at ? at + strlen(text) : NULL;
}

static bool fdinfo_is(const struct fdinfo *info, const char *key,
		      const char *expected)
{
	const char *value = fdinfo_value(info, key);
	size_t len = strlen(expected);

	return value && !strncmp(value, expected, len) && value[len] == '\n';
}

/* A number; POISON64 if there is no such line. */
static __u64 fdinfo_number(const struct fdinfo *info, const char *key)
{
	const char *value = fdinfo_value(info, key);

	return value ? strtoull(value, NULL, 0) : POISON64;
}

/* The number of lines of watches. */
static int fdinfo_count(const struct fdinfo *info)
{
	const char *at = info->text;
	int n = 0;

	while ((at = strstr(at, "\nwatch:\t"))) {
		at++;
		n++;
	}
	return n;
}

/* The line of a watch is what WATCHES tells of it. */
static bool fdinfo_has_watch(const struct fdinfo *info,
			     const struct localstate_watch_info *watch)
{
	char line[512];

	snprintf(line, sizeof(line),
		 "\nwatch:\tref=%u flags=0x%x targets=%u links=%u inline=%u queued=%llu delivered=%llu events=%llu merged=%llu filtered=%llu\n",
		 watch->ref, watch->flags, watch->n_targets, watch->n_links,
		 watch->inline_limit, watch->queued, watch->delivered,
		 watch->events, watch->merged, watch->filtered);
	return strstr(info->text, line);
}

/* All lines are there, once and in their order, and nothing else. */
static bool fdinfo_is_sound(const struct fdinfo *info)
{
	static const char *const keys[] = {
		"pos", "flags", "mnt_id", "ino", "state", "session", "name",
		"client", "rights", "claims", "user-bytes", "queue-size", "queue-used",
		"queue-records", "overflow", "armed", "watch", "watches",
		"queued", "delivered", "events", "merged", "filtered",
	};
	const char *line = info->text;
	unsigned int i = 0;

	while (*line) {
		size_t len = strcspn(line, ":\n");

		while (i < ARRAY_SIZE(keys) &&
		       (strlen(keys[i]) != len || strncmp(line, keys[i], len))) {
			/* There may be no watch, but nothing else may lack. */
			if (strcmp(keys[i], "watch"))
				return false;
			i++;
		}
		if (i == ARRAY_SIZE(keys) || line[len] != ':')
			return false;
		i += !!strcmp(keys[i], "watch");
		line = strchr(line, '\n');
		if (!line)
			return false;
		line++;
	}
	return i == ARRAY_SIZE(keys) &&
	       fdinfo_number(info, "watches") == (__u64)fdinfo_count(info);
}

#define ASSERT_READ(_fd, _info) do {					\
	ASSERT_EQ(0, fdinfo_read(getpid(), _fd, _info));		\
	ASSERT_TRUE(fdinfo_is_sound(_info));				\
} while (0)

static int set_range(int fd, const char *name, int first, int last)
{
	int err = 0;

	while (!err && first <= last)
		err = variable_set(fd, name, value_int(first++));
	return err;
}

/* Attachment. */

TEST_F(fdinfo, unattached_client_shows_no_session)
{
	static struct fdinfo info;
	int fd = device_open(O_RDWR);
	struct localstate_queue queue = { .error = poisoned_error() };

	ASSERT_READ(fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "state", "unattached"));
	EXPECT_TRUE(fdinfo_is(&info, "session", "0"));
	EXPECT_TRUE(fdinfo_is(&info, "name", ""));
	EXPECT_TRUE(fdinfo_is(&info, "client", "0"));
	EXPECT_TRUE(fdinfo_is(&info, "rights", "---"));
	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_QUEUE, &queue));
	EXPECT_EQ(queue.size, fdinfo_number(&info, "queue-size"));
	EXPECT_TRUE(fdinfo_is(&info, "watches", "0"));
	close(fd);
}

TEST_F(fdinfo, attached_client_shows_session_and_rights)
{
	static struct fdinfo info;

	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "state", "attached"));
	EXPECT_EQ(self->session, fdinfo_number(&info, "session"));
	EXPECT_TRUE(fdinfo_is(&info, "name", self->name.text));
	EXPECT_TRUE(fdinfo_is(&info, "client", "1"));
	EXPECT_TRUE(fdinfo_is(&info, "rights", "rwo"));
	EXPECT_EQ(QUEUE_MIN, fdinfo_number(&info, "queue-size"));
	ASSERT_READ(self->writer, &info);
	EXPECT_EQ(self->session, fdinfo_number(&info, "session"));
	EXPECT_TRUE(fdinfo_is(&info, "client", "2"));
}

TEST_F(fdinfo, private_session_has_an_id_and_no_name)
{
	struct localstate_attach req = attach_request(NULL, 0, 0);
	static struct fdinfo info;
	int fd = device_open(O_RDWR);

	ASSERT_EQ(0, call(fd, LOCALSTATE_IOC_ATTACH, &req));
	ASSERT_READ(fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "state", "attached"));
	EXPECT_TRUE(fdinfo_is(&info, "name", ""));
	EXPECT_EQ(req.session, fdinfo_number(&info, "session"));
	close(fd);
}

/**
 * struct other - a process of another user that has the session open
 * @session: the session's name
 * @ready: given when it is attached
 * @fd: its descriptor, in shared memory
 */
struct other {
	const char *session;
	struct token ready;
	int *fd;
};

static int attach_as_other(void *data)
{
	struct other *other = data;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	*other->fd = session_open(other->session);
	CHILD_CHECK(*other->fd >= 0);
	CHILD_CHECK(watch_name(*other->fd, "x", 0) == 1);
	CHILD_CHECK(token_give(&other->ready));
	pause();
	return 1;
}

TEST_F(fdinfo, another_process_sees_the_rights_of_the_client)
{
	struct other other = { .session = self->name.text };
	static struct fdinfo info;
	pid_t pid;

	if (geteuid())
		SKIP(return, "needs root to become another user");
	other.fd = shared_alloc(sizeof(*other.fd));
	ASSERT_EQ(0, token_init(&other.ready));
	pid = child_start(attach_as_other, &other);
	ASSERT_TRUE(token_take(&other.ready));
	EXPECT_EQ(0, fdinfo_read(pid, *other.fd, &info));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_TRUE(fdinfo_is_sound(&info));
	EXPECT_EQ(self->session, fdinfo_number(&info, "session"));
	EXPECT_TRUE(fdinfo_is(&info, "client", "3"));
	EXPECT_TRUE(fdinfo_is(&info, "rights", "r--"));
	EXPECT_TRUE(fdinfo_is(&info, "watches", "1"));
	token_free(&other.ready);
}

/* Watches and the queue. */

TEST_F(fdinfo, watches_are_what_the_ioctl_tells)
{
	struct localstate_target targets[] = {
		target_name("x"), target_name("y"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);
	struct localstate_watch_info watch[2];
	static struct fdinfo info;
	char buffer[INT_RECORD];
	int i;

	ASSERT_EQ(1, watch_name(self->fd, "x", LOCALSTATE_WATCH_INITIAL));
	req.inline_limit = 32;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, set_range(self->writer, "x", 1, 3));
	ASSERT_EQ(0, set_range(self->writer, "y", 1, 2));
	ASSERT_EQ(INT_RECORD - 8, read(self->fd, buffer, sizeof(buffer)));
	ASSERT_READ(self->fd, &info);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, watch_info(self->fd, i + 1, &watch[i]));
		EXPECT_TRUE(fdinfo_has_watch(&info, &watch[i]));
	}
	EXPECT_EQ(2, watch[1].n_links);
	EXPECT_TRUE(fdinfo_is(&info, "watches", "2"));
	EXPECT_TRUE(fdinfo_is(&info, "events", "8"));
	EXPECT_TRUE(fdinfo_is(&info, "delivered", "1"));
	EXPECT_TRUE(fdinfo_is(&info, "queued", "9"));
	EXPECT_TRUE(fdinfo_is(&info, "queue-records", "9"));
	EXPECT_TRUE(fdinfo_is(&info, "overflow", "0"));
}

TEST_F(fdinfo, full_queue_shows_its_overflow)
{
	struct localstate_watch_info watch;
	static struct fdinfo info;
	struct reader reader;
	const struct localstate_event *event;

	ASSERT_EQ(1, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, set_range(self->writer, "x", 1, N_INT_RECORDS));
	ASSERT_READ(self->fd, &info);
	EXPECT_EQ(N_INT_RECORDS, fdinfo_number(&info, "queue-records"));
	EXPECT_EQ(N_INT_RECORDS * INT_RECORD, fdinfo_number(&info, "queue-used"));
	EXPECT_TRUE(fdinfo_is(&info, "overflow", "0"));

	ASSERT_EQ(0, set_range(self->writer, "x", 101, 110));
	ASSERT_EQ(0, watch_info(self->fd, 1, &watch));
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_has_watch(&info, &watch));
	EXPECT_TRUE(fdinfo_is(&info, "overflow", "1"));
	EXPECT_EQ(N_INT_RECORDS, fdinfo_number(&info, "queue-records"));
	EXPECT_EQ(N_INT_RECORDS + 1, fdinfo_number(&info, "queued"));
	EXPECT_EQ(N_INT_RECORDS + 1, fdinfo_number(&info, "events"));
	EXPECT_TRUE(fdinfo_is(&info, "merged", "9"));

	reader_init(&reader, self->fd);
	while (!reader_is_drained(&reader))
		ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "overflow", "0"));
	EXPECT_TRUE(fdinfo_is(&info, "queue-used", "0"));
	EXPECT_TRUE(fdinfo_is(&info, "queue-records", "0"));
	EXPECT_TRUE(fdinfo_is(&info, "queued", "0"));
	EXPECT_EQ(N_INT_RECORDS + 1, fdinfo_number(&info, "delivered"));
}

TEST_F(fdinfo, records_of_an_ended_watch_take_room_until_they_are_passed)
{
	static struct fdinfo info;
	char buffer[INT_RECORD];

	ASSERT_EQ(1, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	ASSERT_EQ(0, watch_end(self->fd, 1));
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "watches", "0"));
	EXPECT_TRUE(fdinfo_is(&info, "queue-records", "0"));
	EXPECT_EQ(INT_RECORD, fdinfo_number(&info, "queue-used"));
	EXPECT_EQ(-1, read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "queue-used", "0"));
}

TEST_F(fdinfo, armed_is_whether_the_next_event_wakes)
{
	static struct fdinfo info;
	char buffer[INT_RECORD];

	ASSERT_EQ(1, watch_name(self->fd, "x", 0));
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "armed", "1"));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "armed", "0"));
	ASSERT_EQ(INT_RECORD, read(self->fd, buffer, sizeof(buffer)));
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "armed", "1"));
}

TEST_F(fdinfo, ended_session_is_shown_to_its_end)
{
	static struct fdinfo info;
	char buffer[2 * INT_RECORD];
	ssize_t len = INT_RECORD + sizeof(struct localstate_event);

	ASSERT_EQ(1, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	ASSERT_EQ(0, session_destroy(self->writer));
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "state", "ending"));
	EXPECT_TRUE(fdinfo_is(&info, "name", self->name.text));
	EXPECT_TRUE(fdinfo_is(&info, "watches", "1"));
	EXPECT_TRUE(fdinfo_is(&info, "queue-records", "1"));
	ASSERT_EQ(len, read(self->fd, buffer, sizeof(buffer)));
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "state", "ended"));
	EXPECT_TRUE(fdinfo_is(&info, "name", self->name.text));
	EXPECT_TRUE(fdinfo_is(&info, "client", "1"));
	EXPECT_TRUE(fdinfo_is(&info, "watches", "1"));
	EXPECT_TRUE(fdinfo_is(&info, "queue-records", "0"));
}

/* Far more than the buffer that the kernel begins with. */
TEST_F(fdinfo, all_of_2000_watches_are_shown)
{
	struct localstate_watch_info watch;
	static struct fdinfo info;
	int i;

	for (i = 1; i <= 2000; i++)
		ASSERT_EQ(i, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	ASSERT_READ(self->fd, &info);
	EXPECT_TRUE(fdinfo_is(&info, "watches", "2000"));
	EXPECT_TRUE(fdinfo_is(&info, "events", "2000"));
	EXPECT_TRUE(fdinfo_is(&info, "queued", "2000"));
	ASSERT_EQ(0, watch_info(self->fd, 2000, &watch));
	EXPECT_TRUE(fdinfo_has_watch(&info, &watch));
}

/* Races. */

#define N_ROUNDS rounds(300)

/**
 * struct snoop - a process that reads all the time
 * @pid: whose descriptors
 * @gate: start and stop
 * @sound: counts what it has read of clients, in shared memory
 */
struct snoop {
	pid_t pid;
	struct gate *gate;
	unsigned int *sound;
};

/* Reads all descriptors of the process; those that are clients are sound. */
static int snoop(void *data)
{
	struct snoop *snoop = data;
	static struct fdinfo info;
	int fd;

	gate_pass(snoop->gate);
	while (!gate_is_stopped(snoop->gate)) {
		for (fd = 3; fd < 16; fd++) {
			int err = fdinfo_read(snoop->pid, fd, &info);

			/* It may have been closed before or after the open(). */
			if (err == -ENOENT)
				continue;
			CHILD_CHECK(!err);
			if (!fdinfo_value(&info, "state"))
				continue;
			CHILD_CHECK(fdinfo_is_sound(&info));
			__atomic_add_fetch(snoop->sound, 1, __ATOMIC_RELAXED);
		}
	}
	return 0;
}

/* A life of a client, from open() to the end of its session and close(). */
static int live(int round)
{
	int fd = device_open(O_RDWR | O_NONBLOCK);
	int i, ref, err;

	if (fd < 0)
		return fd;
	err = session_attach(fd, NULL, 0, 0) ?:
	      variable_register(fd, "x", value_int(0));
	for (i = 1; !err && i <= 20; i++) {
		ref = watch_name(fd, "x", LOCALSTATE_WATCH_INITIAL);
		err = ref < 0 ? ref : variable_set(fd, "x", value_int(i));
		if (!err && i % 2)
			err = watch_end(fd, ref);
	}
	if (!err && round % 2)
		err = session_destroy(fd);
	close(fd);
	return err;
}

TEST_F_TIMEOUT(fdinfo, reading_races_with_the_whole_life_of_clients, 120)
{
	struct snoop snooping = { .pid = getpid() };
	pid_t pid;
	int i;

	snooping.gate = gate_alloc(2);
	snooping.sound = shared_alloc(sizeof(*snooping.sound));
	ASSERT_NE(NULL, snooping.gate);
	ASSERT_NE(NULL, snooping.sound);
	pid = child_start(snoop, &snooping);
	gate_pass(snooping.gate);
	for (i = 0; i < N_ROUNDS; i++)
		ASSERT_EQ(0, live(i));
	gate_stop(snooping.gate);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_LT(0, *snooping.sound);
	TH_LOG("%u clients were shown while %d lived", *snooping.sound,
	       N_ROUNDS);
}

TEST_HARNESS_MAIN
