// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader whose memory does not come: read() stands still in a page fault, for as long
 * as the handler of that likes (userfaultfd).  Nobody else waits for it but those who
 * want to read the same queue, and those can be interrupted.
 */
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "netlink_helpers.h"

#define PAGE	4096U
#define N_SETS	1000

/* The page that is not there, and who is told of the first touch. */
struct stall {
	int fd;
	void *page;
};

static int stall_open(struct stall *stall)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	stall->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (stall->fd < 0)
		return -errno;
	stall->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (__u64)(uintptr_t)stall->page;
	range.range.len = PAGE;
	if (ioctl(stall->fd, UFFDIO_API, &api) ||
	    ioctl(stall->fd, UFFDIO_REGISTER, &range))
		return -errno;
	return 0;
}

/* Somebody has touched it, and stands still. */
static bool stall_is_reached(const struct stall *stall)
{
	return wait_readable(stall->fd, DEADLINE_MS) == 1;
}

/* He goes on. */
static int stall_end(const struct stall *stall)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (__u64)(uintptr_t)stall->page, .len = PAGE },
	};

	return ioctl(stall->fd, UFFDIO_ZEROPAGE, &zero) ? -errno : 0;
}

/**
 * struct scene - who reads, and who changes what is read
 * @keeper: changes it
 * @fd: is read, by @thread
 * @stall: into this
 * @thread: the reader
 * @len: what read() returned, or -errno
 */
struct scene {
	int keeper;
	int fd;
	struct stall stall;
	pthread_t thread;
	ssize_t len;
};

FIXTURE(stalled_read) {
	struct session_name name;
	struct scene scene;
	int ref;
};

/* fd has one watch in a small queue; the keeper changes what it watches. */
FIXTURE_SETUP(stalled_read)
{
	int err;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	err = stall_open(&self->scene.stall);
	if (self->scene.stall.fd < 0)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, err);
	self->name = session_name_unique("stalled.read");
	self->scene.keeper = session_create(self->name.text);
	ASSERT_LE(0, self->scene.keeper);
	ASSERT_EQ(0, variable_register(self->scene.keeper, "x", value_int(0)));
	ASSERT_EQ(0, variable_register(self->scene.keeper, "y", value_int(0)));
	self->scene.fd = session_open(self->name.text);
	ASSERT_LE(0, self->scene.fd);
	ASSERT_EQ(0, queue_resize(self->scene.fd, QUEUE_MIN));
	self->ref = watch_name(self->scene.fd, "x", 0);
	ASSERT_LE(1, self->ref);
}

FIXTURE_TEARDOWN(stalled_read)
{
	close(self->scene.fd);
	close(self->scene.keeper);
	close(self->scene.stall.fd);
	munmap(self->scene.stall.page, PAGE);
}

static void *read_into_page(void *data)
{
	struct scene *scene = data;

	scene->len = read(scene->fd, scene->stall.page, INT_RECORD);
	if (scene->len < 0)
		scene->len = -errno;
	return NULL;
}

/* A thread reads the event of a change to 1, and stands still. */
static bool begin(struct scene *scene, const char *name)
{
	return !variable_set(scene->keeper, name, value_int(1)) &&
	       !pthread_create(&scene->thread, NULL, read_into_page, scene) &&
	       stall_is_reached(&scene->stall);
}

/* It ends: the event that it read, or NULL. */
static const struct localstate_event *end(struct scene *scene)
{
	if (stall_end(&scene->stall) || pthread_join(scene->thread, NULL) ||
	    scene->len != (ssize_t)INT_RECORD)
		return NULL;
	return scene->stall.page;
}

static int set_many(int fd, const char *name)
{
	int i, err = 0;

	for (i = 2; i <= N_SETS && !err; i++)
		err = variable_set(fd, name, value_int(i));
	return err;
}

TEST_F(stalled_read, no_setter_waits_for_it_and_nothing_is_lost)
{
	struct tally tally = { .version = 0 };
	const struct localstate_event *event;
	struct localstate_watch_info info;
	struct reader reader;

	ASSERT_TRUE(begin(&self->scene, "x"));
	ASSERT_EQ(0, set_many(self->scene.keeper, "x"));
	EXPECT_TRUE(is_readable(self->scene.fd));
	ASSERT_EQ(0, watch_info(self->scene.fd, self->ref, &info));
	EXPECT_EQ(N_SETS, info.events + info.merged);
	event = end(&self->scene);
	ASSERT_NE(NULL, event);
	ASSERT_TRUE(event_is_sound(event, INT_RECORD));
	tally_event(&tally, event);
	EXPECT_EQ(1, tally.version);
	reader_init(&reader, self->scene.fd);
	while (reader_next(&reader, 0, &event) == 1)
		tally_event(&tally, event);
	EXPECT_EQ(0, tally.wrong);
	EXPECT_EQ(N_SETS, tally.value);
	EXPECT_EQ(N_SETS, tally.events + tally.merged);
}

TEST_F(stalled_read, conflated_event_is_that_of_its_moment)
{
	const struct localstate_event *event;
	struct reader reader;
	int ref = watch_name(self->scene.fd, "y", LOCALSTATE_WATCH_CONFLATE);

	ASSERT_LT(self->ref, ref);
	ASSERT_TRUE(begin(&self->scene, "y"));
	ASSERT_EQ(0, set_many(self->scene.keeper, "y"));
	event = end(&self->scene);
	ASSERT_NE(NULL, event);
	ASSERT_TRUE(event_is_sound(event, INT_RECORD));
	EXPECT_EQ(1, event_new_int(event));
	reader_init(&reader, self->scene.fd);
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(1, event_old_int(event));
	EXPECT_EQ(N_SETS, event_new_int(event));
	EXPECT_EQ(N_SETS - 2, event->merged);
	EXPECT_TRUE(reader_is_drained(&reader));
}

TEST_F(stalled_read, watches_of_its_client_come_and_go)
{
	int ref;

	ASSERT_TRUE(begin(&self->scene, "x"));
	ref = watch_name(self->scene.fd, "y", LOCALSTATE_WATCH_INITIAL);
	EXPECT_LT(self->ref, ref);
	EXPECT_EQ(2, netlink_count_watches(self->name.text));
	EXPECT_EQ(0, watch_end(self->scene.fd, self->ref));
	EXPECT_EQ(0, watch_end(self->scene.fd, ref));
	EXPECT_EQ(0, netlink_count_watches(self->name.text));
	EXPECT_NE(NULL, end(&self->scene));
	/* It had begun before the end of its watch; that is all there was. */
	ASSERT_EQ(0, variable_set(self->scene.keeper, "x", value_int(2)));
	EXPECT_FALSE(is_readable(self->scene.fd));
}

TEST_F(stalled_read, session_ends)
{
	struct reader reader;
	const struct localstate_event *event;

	ASSERT_TRUE(begin(&self->scene, "x"));
	EXPECT_EQ(0, session_destroy(self->scene.keeper));
	EXPECT_NE(NULL, end(&self->scene));
	reader_init(&reader, self->scene.fd);
	do {
		ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	} while (event->kind != LOCALSTATE_EVENT_SESSION_END);
}

/* ---- who has to wait ----------------------------------------------------- */

static int read_as_well(void *data)
{
	const struct scene *scene = data;
	char buffer[INT_RECORD];

	return read(scene->fd, buffer, sizeof(buffer)) < 0;
}

TEST_F(stalled_read, another_reader_waits_and_can_be_killed)
{
	char buffer[INT_RECORD];
	pid_t pid;

	ASSERT_TRUE(begin(&self->scene, "x"));
	ASSERT_EQ(0, variable_set(self->scene.keeper, "x", value_int(2)));
	pid = child_start(read_as_well, &self->scene);
	ASSERT_LT(0, pid);
	EXPECT_TRUE(child_falls_asleep(pid));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	ASSERT_EQ(0, fcntl(self->scene.fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, read(self->scene.fd, buffer, sizeof(buffer)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_NE(NULL, end(&self->scene));
	EXPECT_EQ(INT_RECORD, read(self->scene.fd, buffer, sizeof(buffer)));
}

static int conflate_as_well(void *data)
{
	const struct scene *scene = data;

	return watch_name(scene->fd, "y", LOCALSTATE_WATCH_CONFLATE) < 0;
}

TEST_F(stalled_read, first_conflating_watch_waits_and_can_be_killed)
{
	pid_t pid;

	ASSERT_TRUE(begin(&self->scene, "x"));
	pid = child_start(conflate_as_well, &self->scene);
	ASSERT_LT(0, pid);
	EXPECT_TRUE(child_falls_asleep(pid));
	/* Others of the same client do not wait for the one that does. */
	EXPECT_LT(self->ref, watch_name(self->scene.fd, "y", 0));
	EXPECT_EQ('S', child_state(pid));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(2, netlink_count_watches(self->name.text));
	EXPECT_NE(NULL, end(&self->scene));
	EXPECT_LT(self->ref, watch_name(self->scene.fd, "y", LOCALSTATE_WATCH_CONFLATE));
}

/* ---- its death ----------------------------------------------------------- */

struct victim {
	const char *session;
	int socket;
};

/* Has a client of its own, and tells the parent of its stall. */
static int stall_for_ever(void *data)
{
	struct victim *victim = data;
	int fd = session_open(victim->session);
	struct stall stall;

	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(!stall_open(&stall));
	CHILD_CHECK(watch_name(fd, "x", LOCALSTATE_WATCH_INITIAL) > 0);
	CHILD_CHECK(!fd_send(victim->socket, stall.fd));
	CHILD_CHECK(read(fd, stall.page, PAGE) < 0);
	return 0;
}

TEST_F(stalled_read, kill_ends_it_and_its_watches)
{
	struct victim victim = { .session = self->name.text };
	struct stall stall;
	int sockets[2];
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	victim.socket = sockets[1];
	pid = child_start(stall_for_ever, &victim);
	ASSERT_LT(0, pid);
	stall.fd = fd_receive(sockets[0]);
	ASSERT_LE(0, stall.fd);
	ASSERT_TRUE(stall_is_reached(&stall));
	EXPECT_EQ(2, netlink_count_watches(self->name.text));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(1, netlink_count_watches(self->name.text));
	close(stall.fd);
	close(sockets[0]);
	close(sockets[1]);
}

TEST_HARNESS_MAIN
