// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's end: refused as long as anybody has anything of it, and clean
 * afterwards, so that it can be loaded again.
 */
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "netlink_helpers.h"
#include "uring_helpers.h"

/* Where out-of-tree modules are installed; it is loaded without options. */
static int module_open(void)
{
	struct utsname name;
	char path[256];

	if (uname(&name))
		return -errno;
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/localstate.ko",
		 name.release);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int module_load(int module)
{
	return syscall(SYS_finit_module, module, "", 0) ? -errno : 0;
}

static int module_unload(void)
{
	return syscall(SYS_delete_module, "localstate", O_NONBLOCK) ?
	       -errno : 0;
}

/* Whether a line of @path begins with @text, behind a number if there is one. */
static bool file_names(const char *path, const char *text)
{
	char line[256];
	bool found = false;
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file)) {
		size_t digits = strspn(line, " 0123456789");

		found = !strncmp(line + digits, text, strlen(text));
	}
	fclose(file);
	return found;
}

FIXTURE(unload) {
	struct session_name name;
	int module;
	int fd;
};

FIXTURE_SETUP(unload)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to unload a module");
	self->module = module_open();
	if (self->module < 0)
		SKIP(return, "the module is not installed, it could not be loaded again");
	self->name = session_name_unique("unload");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
	ASSERT_LE(1, watch_name(self->fd, "x", 0));
}

/* Other tests need the module. */
FIXTURE_TEARDOWN(unload)
{
	close(self->fd);
	if (device_is_missing())
		EXPECT_EQ(0, module_load(self->module));
	close(self->module);
}

/* It is loaded, and one may begin with it. */
static bool module_works(void)
{
	struct localstate_get get;
	int fd = session_private();
	bool works;

	works = fd >= 0 && !variable_register(fd, "x", value_int(1)) &&
		watch_name(fd, "x", 0) > 0 &&
		!variable_set(fd, "x", value_int(2)) &&
		!variable_get(fd, "x", &get) && get.value.data == 2 &&
		is_readable(fd);
	close(fd);
	return works;
}

/* By nobody's close(): a worker gives the last reference back. */
static int module_unload_soon(void)
{
	__s64 deadline = now_ms() + DEADLINE_MS;
	int err;

	while ((err = module_unload()) == -EWOULDBLOCK && now_ms() < deadline)
		sched_yield();
	return err;
}

static int read_one(void *data)
{
	__u64 buffer[64];

	return read(*(int *)data, buffer, sizeof(buffer)) < 0;
}

TEST_F(unload, is_refused_while_a_read_sleeps)
{
	pid_t pid = child_start(read_one, &self->fd);

	ASSERT_TRUE(child_falls_asleep(pid));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	EXPECT_TRUE(module_works());
	self->fd = session_open(self->name.text);
	EXPECT_EQ(0, variable_set(self->fd, "x", value_int(1)));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, module_unload());
}

TEST_F(unload, is_refused_while_a_descriptor_is_on_its_way)
{
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, fd_send(pair[0], self->fd));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	EXPECT_EQ(1, netlink_count_watches(self->name.text));
	close(pair[0]);
	close(pair[1]);
	EXPECT_EQ(0, module_unload_soon());
}

TEST_F(unload, is_refused_while_a_ring_reads)
{
	struct uring uring;
	__u64 buffer[64];

	if (uring_init(&uring))
		SKIP(return, "no io_uring");
	ASSERT_EQ(0, uring_read(&uring, self->fd, buffer, sizeof(buffer), 1));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	EXPECT_EQ(1, netlink_count_watches(self->name.text));
	uring_free(&uring);
	EXPECT_EQ(0, module_unload_soon());
}

/* More than one message gives. */
static int register_many(int fd)
{
	char name[LOCALSTATE_NAME_MAX + 1];
	int i, err = 0;

	for (i = 0; !err && i < 400; i++) {
		snprintf(name, sizeof(name), "%0100d", i);
		err = variable_register(fd, name, value_int(i));
	}
	return err;
}

TEST_F(unload, is_refused_while_a_dump_is_not_read)
{
	static struct netlink netlink;

	ASSERT_EQ(0, register_many(self->fd));
	ASSERT_EQ(0, netlink_open(&netlink));
	ASSERT_EQ(0, netlink_dump(&netlink, LOCALSTATE_CMD_VARIABLE_GET,
				  self->name.text));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	netlink_close(&netlink);
	EXPECT_EQ(0, module_unload_soon());
}

TEST_F(unload, leaves_nothing_behind)
{
	static struct netlink netlink;

	EXPECT_TRUE(file_names("/proc/modules", "localstate "));
	EXPECT_TRUE(file_names("/proc/misc", "localstate\n"));
	EXPECT_EQ(0, netlink_open(&netlink));
	netlink_close(&netlink);
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, module_unload());
	EXPECT_TRUE(device_is_missing());
	EXPECT_FALSE(file_names("/proc/modules", "localstate "));
	EXPECT_FALSE(file_names("/proc/misc", "localstate\n"));
	EXPECT_FALSE(file_names("/proc/slabinfo", "localstate"));
	EXPECT_EQ(-1, access("/sys/class/misc/localstate", F_OK));
	EXPECT_EQ(-1, access("/sys/module/localstate", F_OK));
	EXPECT_EQ(-ENOENT, netlink_open(&netlink));
	netlink_close(&netlink);
	ASSERT_EQ(0, module_load(self->module));
	EXPECT_TRUE(module_works());
	EXPECT_EQ(0, netlink_open(&netlink));
	netlink_close(&netlink);
}

/* A session without a client has nobody who could hold the module. */
TEST_F(unload, takes_persistent_sessions_along)
{
	struct session_name name = session_name_unique("unload.persistent");
	int fd = session_open_flags(name.text, LOCALSTATE_ATTACH_CREATE |
				    LOCALSTATE_ATTACH_PERSISTENT, 0600, O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, variable_register(fd, "x", value_int(0)));
	close(fd);
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, module_unload());
	ASSERT_EQ(0, module_load(self->module));
	EXPECT_EQ(-ENOENT, session_open(name.text));
}

/* What is freed after a grace period is code of the module, too. */
TEST_F_TIMEOUT(unload, right_after_the_last_close_is_clean, 90)
{
	int i, n;

	for (i = 0; i < 3; i++) {
		for (n = 0; n < 50; n++) {
			ASSERT_LE(1, watch_name(self->fd, "x", 0));
			ASSERT_EQ(0, variable_set(self->fd, "x",
						  value_int(n + 1)));
		}
		close(self->fd);
		ASSERT_EQ(0, module_unload());
		ASSERT_EQ(0, module_load(self->module));
		self->fd = session_create(self->name.text);
		ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
	}
}

TEST_HARNESS_MAIN
