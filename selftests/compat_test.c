// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callers of 32 bits: the structs are the same, the ioctl goes another way.
 *
 * On x86-64 a process of 64 bits can make a call of 32 bits by "int 0x80",
 * with an argument in the lowest four GiB.  That needs no other compiler.
 */
#include "process_helpers.h"

#define COMPAT_IOCTL 54
#define COMPAT_GETPID 20

#ifdef __x86_64__
static long compat_call(long number, long a, long b, long c)
{
	long result;

	asm volatile("int $0x80"
		     : "=a" (result)
		     : "a" (number), "b" (a), "c" (b), "d" (c)
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	return (int)result;
}
#else
static long compat_call(long number, long a, long b, long c)
{
	(void)number;
	(void)a;
	(void)b;
	(void)c;
	return -EOPNOTSUPP;
}
#endif

/* Whether the kernel takes such calls: one that does not may kill. */
static int compat_probe(void *data)
{
	(void)data;
	return compat_call(COMPAT_GETPID, 0, 0, 0) != getpid();
}

FIXTURE(compat) {
	int fd;
	char *low;
};

FIXTURE_SETUP(compat)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (child_run(compat_probe, NULL))
		SKIP(return, "no calls of 32 bits");
#ifdef MAP_32BIT
	self->low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
#else
	self->low = MAP_FAILED;
#endif
	ASSERT_NE(MAP_FAILED, self->low);
	self->fd = device_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(compat)
{
	close(self->fd);
}

/* Calls with a copy of the request in low memory, and copies it back. */
static int compat_ioctl(char *low, int fd, unsigned long request, void *arg,
			size_t len)
{
	int err;

	memcpy(low, arg, len);
	err = compat_call(COMPAT_IOCTL, fd, request, (uintptr_t)low);
	memcpy(arg, low, len);
	return err;
}

/* One call of a named ioctl through @_fixture's descriptor. */
#define COMPAT(_fixture, _name, _req) ({				\
	__typeof__(_fixture) __self = (_fixture);			\
	__typeof__(_req) __req = (_req);				\
									\
	compat_ioctl(__self->low, __self->fd, LOCALSTATE_IOC_##_name,	\
		     __req, sizeof(*__req));				\
})

static int compat_attach(char *low, int fd)
{
	struct localstate_attach req = attach_request(NULL, 0, 0);

	return compat_ioctl(low, fd, LOCALSTATE_IOC_ATTACH, &req, sizeof(req));
}

TEST_F(compat, calls_work_as_those_of_64_bits)
{
	struct localstate_target target = target_name("x");
	struct localstate_register reg;
	struct localstate_watch watch;
	struct localstate_set set;
	struct localstate_get get;
	const struct localstate_event *event;
	struct reader reader;

	ASSERT_EQ(0, compat_attach(self->low, self->fd));
	reg = register_request("x", value_int(-5));
	EXPECT_DONE(COMPAT(self, REGISTER, &reg), &reg);
	EXPECT_LT(0, reg.id);
	watch = watch_request(&target, 1, LOCALSTATE_WATCH_INITIAL);
	EXPECT_DONE(COMPAT(self, WATCH, &watch), &watch);
	set = set_request(key_id(reg.id), value_int(1LL << 40));
	EXPECT_DONE(COMPAT(self, SET, &set), &set);
	EXPECT_EQ(1, set.version);
	get = get_request(key_name("x"), NULL, 0);
	EXPECT_DONE(COMPAT(self, GET, &get), &get);
	EXPECT_EQ(1LL << 40, get.value.data);

	reader_init(&reader, self->fd);
	ASSERT_EVENT(&reader, CHANGED, INITIAL, watch.ref, &event);
	EXPECT_EQ(-5, event_new_int(event));
	ASSERT_EVENT(&reader, SYNC, INITIAL, watch.ref, &event);
	ASSERT_EVENT(&reader, CHANGED, SET, watch.ref, &event);
	EXPECT_EQ(1LL << 40, event_new_int(event));
}

TEST_F(compat, refusals_come_with_their_error_part)
{
	struct localstate_register reg;
	struct localstate_set set;

	ASSERT_EQ(0, compat_attach(self->low, self->fd));
	reg = register_request("x", value_int(0));
	reg.constraints = LOCALSTATE_HAS_MAX;
	reg.max = 30;
	ASSERT_EQ(0, COMPAT(self, REGISTER, &reg));
	set = set_request(key_name("x"), value_int(31));
	EXPECT_REFUSED(ERANGE, MAX, 30, COMPAT(self, SET, &set), &set);
	set = set_request(key_name("y"), value_int(1));
	EXPECT_REFUSED(ENOENT, NAME, 0, COMPAT(self, SET, &set), &set);
}

TEST_F(compat, unknown_number_is_enotty)
{
	EXPECT_EQ(-ENOTTY, compat_call(COMPAT_IOCTL, self->fd,
				       _IO(LOCALSTATE_IOC_MAGIC, 0xff),
				       (uintptr_t)self->low));
	EXPECT_EQ(-EFAULT, compat_call(COMPAT_IOCTL, self->fd,
				       LOCALSTATE_IOC_GET_INFO, 0));
}

TEST_HARNESS_MAIN
