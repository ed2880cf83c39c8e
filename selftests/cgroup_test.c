// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whoever makes the kernel keep something pays for it: it counts in the memory
 * of the caller's cgroup, and no longer when it has gone.
 */
#include "trace_helpers.h"

#define CGROUPS "/sys/fs/cgroup"

#define N_VALUES 100
#define VALUE_LEN LOCALSTATE_VALUE_MAX
#define N_VARIABLES 10000
#define N_WATCHES 5000
#define N_QUEUES 40

/**
 * struct load - what a child makes and holds in a cgroup of its own
 * @procs: the cgroup's file that takes it in
 * @make: makes it, through a descriptor that is attached
 * @made: told by the child
 * @end: told to the child
 */
struct load {
	const char *procs;
	int (*make)(int fd);
	struct token made;
	struct token end;
};

static int make_values(int fd)
{
	static char text[VALUE_LEN];
	char name[16];
	int i;

	memset(text, 'x', sizeof(text));
	for (i = 0; i < N_VALUES; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		CHILD_CHECK(!variable_register(fd, name,
					       value_bytes(LOCALSTATE_TYPE_STRING,
							   text, sizeof(text))));
	}
	return 0;
}

static int make_variables(int fd)
{
	char name[16];
	int i;

	for (i = 0; i < N_VARIABLES; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		CHILD_CHECK(!variable_register(fd, name, value_int(i)));
	}
	return 0;
}

static int make_watches(int fd)
{
	int i;

	CHILD_CHECK(!variable_register(fd, "x", value_int(0)));
	for (i = 0; i < N_WATCHES; i++)
		CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	return 0;
}

/* The queues of other descriptors, which the process keeps, too. */
static int make_queues(int fd)
{
	struct localstate_info info;
	int i;

	CHILD_CHECK(!info_get(fd, &info));
	for (i = 0; i < N_QUEUES; i++) {
		fd = session_private();
		CHILD_CHECK(fd >= 0);
		CHILD_CHECK(!variable_register(fd, "x", value_int(0)));
		CHILD_CHECK(!queue_resize(fd, info.queue_max));
		CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	}
	return 0;
}

FIXTURE(cgroup) {
	char dir[64];
	char procs[96];
	char current[96];
};

FIXTURE_SETUP(cgroup)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to make cgroups");
	ASSERT_EQ(0, file_write(CGROUPS "/cgroup.subtree_control", "+memory",
				0));
	snprintf(self->dir, sizeof(self->dir), CGROUPS "/localstate-%d",
		 getpid());
	snprintf(self->procs, sizeof(self->procs), "%s/cgroup.procs",
		 self->dir);
	snprintf(self->current, sizeof(self->current), "%s/memory.current",
		 self->dir);
	ASSERT_EQ(0, mkdir(self->dir, 0755));
}

FIXTURE_TEARDOWN(cgroup)
{
	rmdir(self->dir);
}

/* What the cgroup's processes have made the kernel keep. */
static __u64 cgroup_memory(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long long bytes = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%llu", &bytes) != 1)
		bytes = 0;
	fclose(file);
	return bytes;
}

static bool memory_goes_below(const char *path, __u64 bytes)
{
	__s64 deadline = now_ms() + DEADLINE_MS;

	while (now_ms() < deadline) {
		if (cgroup_memory(path) < bytes)
			return true;
		sched_yield();
	}
	return false;
}

static int load_run(void *data)
{
	struct load *load = data;
	int fd;

	CHILD_CHECK(!file_write(load->procs, "0", 0));
	fd = session_private();
	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(!load->make(fd));
	CHILD_CHECK(token_give(&load->made));
	CHILD_CHECK(token_take(&load->end));
	return 0;
}

static void load_is_charged(struct __test_metadata *_metadata,
			    const char *procs, const char *current,
			    int (*make)(int fd), __u64 bytes)
{
	struct load load = { .procs = procs, .make = make };
	__u64 loaded;
	pid_t pid;

	ASSERT_EQ(0, token_init(&load.made));
	ASSERT_EQ(0, token_init(&load.end));
	pid = child_start(load_run, &load);
	ASSERT_TRUE(token_take(&load.made));
	loaded = cgroup_memory(current);
	EXPECT_LE(bytes, loaded);
	EXPECT_TRUE(token_give(&load.end));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(memory_goes_below(current, bytes)) {
		TH_LOG("%llu bytes of %llu are left",
		       (unsigned long long)cgroup_memory(current),
		       (unsigned long long)loaded);
	}
	token_free(&load.made);
	token_free(&load.end);
}

TEST_F_TIMEOUT(cgroup, long_values_are_charged, 60)
{
	load_is_charged(_metadata, self->procs, self->current, make_values,
			(__u64)N_VALUES * VALUE_LEN);
}

TEST_F_TIMEOUT(cgroup, variables_are_charged, 60)
{
	load_is_charged(_metadata, self->procs, self->current, make_variables,
			(__u64)N_VARIABLES * 256);
}

TEST_F_TIMEOUT(cgroup, watches_are_charged, 60)
{
	load_is_charged(_metadata, self->procs, self->current, make_watches,
			(__u64)N_WATCHES * 1024);
}

TEST_F_TIMEOUT(cgroup, queues_are_charged, 60)
{
	struct localstate_info info;
	int fd = device_open(O_RDWR);

	ASSERT_EQ(0, info_get(fd, &info));
	close(fd);
	load_is_charged(_metadata, self->procs, self->current, make_queues,
			(__u64)N_QUEUES * info.queue_max);
}

TEST_HARNESS_MAIN
