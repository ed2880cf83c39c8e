// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device node and what it tells before there is a session.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "process_helpers.h"

FIXTURE(device) {
	int fd;
	struct snapshot before;
};

FIXTURE_SETUP(device)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "count", value_int(5)));
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
}

FIXTURE_TEARDOWN(device)
{
	close(self->fd);
}

static bool is_known(int nr)
{
	return nr <= (int)_IOC_NR(LOCALSTATE_IOC_REWATCH);
}

TEST_F(device, unknown_number_is_enotty)
{
	char arg[256];
	int nr;

	memset(arg, 0, sizeof(arg));
	for (nr = 0; nr < 256; nr++) {
		if (is_known(nr))
			continue;
		EXPECT_EQ(-ENOTTY, call(self->fd,
					_IOC(_IOC_READ | _IOC_WRITE,
					     LOCALSTATE_IOC_MAGIC, nr,
					     sizeof(arg)), arg));
	}
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

TEST_F(device, wrong_magic_is_enotty)
{
	char arg[256];
	int nr;

	memset(arg, 0, sizeof(arg));
	for (nr = 0; nr <= (int)_IOC_NR(LOCALSTATE_IOC_REWATCH); nr++)
		EXPECT_EQ(-ENOTTY, call(self->fd,
					_IOC(_IOC_READ | _IOC_WRITE,
					     LOCALSTATE_IOC_MAGIC + 1, nr,
					     sizeof(arg)), arg));
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

/* Everybody may open it; what one may do is the session's matter. */
TEST_F(device, node_is_open_to_all)
{
	struct stat st;

	ASSERT_EQ(0, stat(DEVICE, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0666, st.st_mode & 07777);
}

/* The module outlives every descriptor. */
TEST_F(device, module_in_use_cannot_be_unloaded)
{
	struct localstate_get get;
	long ret;

	ret = syscall(SYS_delete_module, "localstate", O_NONBLOCK);
	if (ret && (errno == EPERM || errno == ENOENT))
		SKIP(return, "not root, or no module");
	EXPECT_EQ(-1, ret);
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(0, variable_get(self->fd, "count", &get));
}

TEST_F(device, write_is_refused)
{
	char c = 0;

	EXPECT_EQ(-1, write(self->fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

TEST_F(device, seek_is_espipe)
{
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(device, without_session_poll_is_silent)
{
	int fd = device_open(O_RDWR | O_NONBLOCK);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, wait_readable(fd, 0));
	close(fd);
}

TEST_F(device, without_session_read_is_enotconn)
{
	int fd = device_open(O_RDWR | O_NONBLOCK);
	char buffer[256];

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, buffer, sizeof(buffer)));
	EXPECT_EQ(ENOTCONN, errno);
	close(fd);
}

TEST_F(device, info_needs_no_session)
{
	int fd = device_open(O_RDONLY);
	struct localstate_info info;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, info_get(fd, &info));
	EXPECT_EQ(LOCALSTATE_ABI_VERSION, info.abi_version);
	close(fd);
}

TEST_F(device, info_tells_version_features_and_limits)
{
	const __u64 features = LOCALSTATE_FEATURE_COMPARE_AND_SET |
			       LOCALSTATE_FEATURE_INITIAL |
			       LOCALSTATE_FEATURE_NETLINK |
			       LOCALSTATE_FEATURE_CLAIMS |
			       LOCALSTATE_FEATURE_BATCH |
			       LOCALSTATE_FEATURE_FILTERS |
			       LOCALSTATE_FEATURE_PATTERNS |
			       LOCALSTATE_FEATURE_NO_SELF |
			       LOCALSTATE_FEATURE_REWATCH |
			       LOCALSTATE_FEATURE_SNAPSHOT |
			       LOCALSTATE_FEATURE_CONFLATE;
	struct localstate_info info;

	ASSERT_EQ(0, info_get(self->fd, &info));
	EXPECT_EQ(LOCALSTATE_ABI_VERSION, info.abi_version);
	EXPECT_EQ(features, info.features & features);
	EXPECT_LE(QUEUE_MIN, info.queue_default);
	EXPECT_LE(info.queue_default, info.queue_max);
	EXPECT_LE(LOCALSTATE_INLINE_MIN, info.inline_default);
	EXPECT_LE(info.inline_default, info.inline_max);
	EXPECT_LT(0, info.max_targets);
	EXPECT_TRUE(error_is_clear(&info.error));
}

TEST_F(device, info_tells_what_the_parameters_say)
{
	struct localstate_info info;

	ASSERT_EQ(0, info_get(self->fd, &info));
	EXPECT_EQ(parameter_get("queue_default"), info.queue_default);
	EXPECT_EQ(parameter_get("queue_max"), info.queue_max);
	EXPECT_EQ(parameter_get("inline_default"), info.inline_default);
	EXPECT_EQ(parameter_get("inline_max"), info.inline_max);
	EXPECT_EQ(parameter_get("max_targets"), info.max_targets);
	EXPECT_EQ(parameter_get("max_user_sessions"), info.max_user_sessions);
	EXPECT_EQ(parameter_get("max_user_clients"), info.max_user_clients);
	EXPECT_EQ(parameter_get("max_user_variables"),
		  info.max_user_variables);
	EXPECT_EQ(parameter_get("max_user_watches"), info.max_user_watches);
	EXPECT_EQ(parameter_get("max_user_links"), info.max_user_links);
	EXPECT_EQ(parameter_get("max_user_claims"), info.max_user_claims);
	EXPECT_EQ(parameter_get("max_user_bytes"), info.max_user_bytes);
}

/* The documented exception: the caller can find out that it happened. */
TEST_F(device, set_stands_although_its_outputs_cannot_be_written)
{
	struct localstate_set *set;
	struct localstate_get get;

	set = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, set);
	*set = set_request(key_name("count"), value_int(7));
	ASSERT_EQ(0, mprotect(set, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, call(self->fd, LOCALSTATE_IOC_SET, set));
	ASSERT_EQ(0, variable_get(self->fd, "count", &get));
	EXPECT_EQ(7, get.value.data);
	EXPECT_EQ(1, get.version);
}

TEST_HARNESS_MAIN
