/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every test of /dev/localstate starts from: the device, requests whose
 * outputs are poisoned, and snapshots that prove that nothing changed.
 *
 * Calls return 0 or -errno.  Builders return a valid request, in which a test
 * then spoils the one thing that it is about.
 */
#ifndef SELFTESTS_LOCALSTATE_HELPERS_H
#define SELFTESTS_LOCALSTATE_HELPERS_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/localstate.h>

#include "kselftest_harness.h"

#define DEVICE "/dev/localstate"

/* A byte and words that no call returns by itself. */
#define POISON		0xa5
#define POISON32	0xa5a5a5a5U
#define POISON64	0xa5a5a5a5a5a5a5a5ULL

#define SECOND_MS	1000

/* How many times as long all may take: kernels that watch themselves are slow. */
static inline int time_scale(void)
{
	static int scale;
	struct utsname name;

	if (!scale)
		scale = !uname(&name) && strstr(name.release, "-localstate-") ?
			10 : 1;
	return scale;
}

/* LOCALSTATE_TORTURE in the environment: how many times as often as usual; 1 without it. */
static inline int torture(void)
{
	static int n;
	const char *factor;

	if (!n) {
		factor = getenv("LOCALSTATE_TORTURE");
		n = factor ? atoi(factor) : 1;
		n = n > 0 ? n : 1;
	}
	return n;
}

/* How often to do there what is done @n times elsewhere. */
static inline int rounds(int n)
{
	return (int)((long long)n * torture() / time_scale());
}

/* The harness knows only what was known when the test was compiled. */
static inline void tests_give_time(void)
{
	struct __fixture_metadata *fixture;
	struct __test_metadata *test;

	for (fixture = __fixture_list; fixture; fixture = fixture->next)
		for (test = fixture->tests; test; test = test->next)
			test->timeout *= time_scale() * torture();
}

#define test_harness_run(argc, argv)	(tests_give_time(), test_harness_run(argc, argv))

/* Long enough for an emulated machine that does something else, too. */
#define DEADLINE_MS	(20 * SECOND_MS * time_scale())

/* The same for something that rounds() makes longer. */
#define TORTURE_MS	(3 * DEADLINE_MS * torture())

/* Without the device there is nothing to test: SKIP. */
static inline bool device_is_missing(void)
{
	return access(DEVICE, F_OK);
}

static inline __u64 pointer(const void *p)
{
	return (uintptr_t)p;
}

static inline void poison(void *p, size_t len)
{
	memset(p, POISON, len);
}

static inline bool is_filled(const void *p, int byte, size_t len)
{
	const unsigned char *c = p;

	while (len--)
		if (*c++ != (unsigned char)byte)
			return false;
	return true;
}

static inline bool is_poison(const void *p, size_t len)
{
	return is_filled(p, POISON, len);
}

static inline bool is_zero(const void *p, size_t len)
{
	return is_filled(p, 0, len);
}

static inline int device_open(int flags)
{
	int fd = open(DEVICE, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

/* Errors. */

static inline struct localstate_error poisoned_error(void)
{
	struct localstate_error error;

	poison(&error, sizeof(error));
	return error;
}

/* What the error part holds after success. */
static inline bool error_is_clear(const struct localstate_error *error)
{
	return error->index == LOCALSTATE_NO_INDEX && !error->code &&
	       !error->field && !error->type && !error->limit;
}

/*
 * The call fails with errno @_code, and the error part of @_req says so and
 * names @_field and @_limit.
 */
#define EXPECT_REFUSED(_code, _field, _limit, _call, _req) do {	\
	int __code = (_code);						\
	int __got = (_call);						\
	const struct localstate_error __error = (_req)->error;		\
									\
	EXPECT_EQ(-__code, __got);					\
	EXPECT_EQ(__code, __error.code);				\
	EXPECT_EQ(LOCALSTATE_FIELD_##_field, __error.field);		\
	EXPECT_EQ((__u64)(_limit), __error.limit);			\
	EXPECT_EQ(LOCALSTATE_NO_INDEX, __error.index);			\
} while (0)

#define EXPECT_DONE(_call, _req) do {					\
	EXPECT_EQ(0, _call);						\
	EXPECT_TRUE(error_is_clear(&(_req)->error));			\
} while (0)

/* Keys and values. */

static inline struct localstate_key key_name(const char *name)
{
	return (struct localstate_key) {
		.name = pointer(name),
		.name_len = strlen(name),
	};
}

static inline struct localstate_key key_id(__u64 id)
{
	return (struct localstate_key) { .id = id };
}

static inline struct localstate_value value_scalar(__u32 type, __u64 bits)
{
	return (struct localstate_value) {
		.data = bits,
		.length = 8,
		.type = type,
	};
}

static inline struct localstate_value value_bool(bool value)
{
	return value_scalar(LOCALSTATE_TYPE_BOOL, value);
}

static inline struct localstate_value value_int(__s64 value)
{
	return value_scalar(LOCALSTATE_TYPE_INT, value);
}

static inline struct localstate_value value_uint(__u64 value)
{
	return value_scalar(LOCALSTATE_TYPE_UINT, value);
}

static inline __u64 double_bits(double value)
{
	__u64 bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline struct localstate_value value_float(double value)
{
	return value_scalar(LOCALSTATE_TYPE_FLOAT, double_bits(value));
}

static inline struct localstate_value value_bytes(__u32 type, const void *bytes,
						  size_t len)
{
	return (struct localstate_value) {
		.data = len ? pointer(bytes) : 0,
		.length = len,
		.type = type,
	};
}

static inline struct localstate_value value_string(const char *text)
{
	return value_bytes(LOCALSTATE_TYPE_STRING, text, strlen(text));
}

static inline struct localstate_value value_choice(const char *text)
{
	return value_bytes(LOCALSTATE_TYPE_CHOICE, text, strlen(text));
}

static inline struct localstate_value value_none(void)
{
	return (struct localstate_value) { .type = LOCALSTATE_TYPE_NONE };
}

/* Information and limits. */

static inline int info_get(int fd, struct localstate_info *info)
{
	poison(info, sizeof(*info));
	info->flags = 0;
	return call(fd, LOCALSTATE_IOC_GET_INFO, info);
}

/* Sessions. */

static inline struct localstate_attach attach_request(const char *name,
						      __u32 flags, __u32 mode)
{
	return (struct localstate_attach) {
		.name = pointer(name),
		.name_len = name ? strlen(name) : 0,
		.flags = flags,
		.mode = mode,
		.rights = POISON32,
		.session = POISON64,
		.created = POISON32,
		.error = poisoned_error(),
	};
}

static inline int session_attach(int fd, const char *name, __u32 flags,
				 __u32 mode)
{
	struct localstate_attach req = attach_request(name, flags, mode);

	return call(fd, LOCALSTATE_IOC_ATTACH, &req);
}

/* A descriptor of a session that nobody else can find, or -errno. */
static inline int session_private(void)
{
	int fd = device_open(O_RDWR);
	int err;

	if (fd < 0)
		return fd;
	err = session_attach(fd, NULL, 0, 0);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* A descriptor of the session @name, or -errno. */
static inline int session_open_flags(const char *name, __u32 flags, __u32 mode,
				     int open_flags)
{
	int fd = device_open(open_flags);
	int err;

	if (fd < 0)
		return fd;
	err = session_attach(fd, name, flags, mode);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static inline int session_create(const char *name)
{
	return session_open_flags(name, LOCALSTATE_ATTACH_CREATE, 0600, O_RDWR);
}

static inline int session_open(const char *name)
{
	return session_open_flags(name, 0, 0, O_RDWR);
}

static inline int session_destroy(int fd)
{
	struct localstate_destroy req = { .error = poisoned_error() };

	return call(fd, LOCALSTATE_IOC_DESTROY, &req);
}

/* A name that no other test program uses at the same time. */
struct session_name {
	char text[LOCALSTATE_NAME_MAX + 1];
};

static inline struct session_name session_name_unique(const char *stem)
{
	struct session_name name;

	snprintf(name.text, sizeof(name.text), "test/%s.%d", stem, getpid());
	return name;
}

/* Variables. */

static inline struct localstate_register
register_request(const char *name, struct localstate_value value)
{
	return (struct localstate_register) {
		.name = pointer(name),
		.name_len = strlen(name),
		.type = value.type,
		.value = value,
		.id = POISON64,
		.error = poisoned_error(),
	};
}

static inline int variable_register_id(int fd, const char *name,
				       struct localstate_value value, __u64 *id)
{
	struct localstate_register req = register_request(name, value);
	int err = call(fd, LOCALSTATE_IOC_REGISTER, &req);

	*id = req.id;
	return err;
}

static inline int variable_register(int fd, const char *name,
				    struct localstate_value value)
{
	__u64 id;

	return variable_register_id(fd, name, value, &id);
}

static inline struct localstate_set set_request(struct localstate_key key,
						struct localstate_value value)
{
	return (struct localstate_set) {
		.key = key,
		.value = value,
		.version = POISON64,
		.result = POISON32,
		.error = poisoned_error(),
	};
}

static inline struct localstate_set operation_request(const char *name,
						      __u32 operation,
						      struct localstate_value operand)
{
	struct localstate_set req = set_request(key_name(name), operand);

	req.operation = operation;
	return req;
}

static inline int variable_set(int fd, const char *name,
			       struct localstate_value value)
{
	struct localstate_set req = set_request(key_name(name), value);

	return call(fd, LOCALSTATE_IOC_SET, &req);
}

static inline int variable_set_metadata(int fd, const char *name,
					struct localstate_value value,
					const void *metadata, __u32 len)
{
	struct localstate_set req = set_request(key_name(name), value);

	req.metadata = pointer(metadata);
	req.metadata_len = len;
	return call(fd, LOCALSTATE_IOC_SET, &req);
}

static inline struct localstate_get get_request(struct localstate_key key,
						void *buffer, __u32 len)
{
	struct localstate_get req;

	poison(&req, sizeof(req));
	req.key = key;
	req.buffer = pointer(buffer);
	req.buffer_len = len;
	req.flags = 0;
	return req;
}

static inline int variable_get(int fd, const char *name,
			       struct localstate_get *req)
{
	*req = get_request(key_name(name), NULL, 0);
	return call(fd, LOCALSTATE_IOC_GET, req);
}

static inline struct localstate_describe
describe_request(struct localstate_key key, void *buffer, __u32 len)
{
	return (struct localstate_describe) {
		.key = key,
		.buffer = pointer(buffer),
		.buffer_len = len,
		.size = POISON32,
		.error = poisoned_error(),
	};
}

static inline int variable_describe(int fd, const char *name, void *buffer,
				    __u32 len)
{
	struct localstate_describe req;

	req = describe_request(key_name(name), buffer, len);
	return call(fd, LOCALSTATE_IOC_DESCRIBE, &req);
}

static inline struct localstate_list list_request(__u64 after, void *buffer,
						  __u32 len)
{
	return (struct localstate_list) {
		.after = after,
		.buffer = pointer(buffer),
		.buffer_len = len,
		.count = POISON32,
		.size = POISON32,
		.error = poisoned_error(),
	};
}

static inline struct localstate_delete delete_request(struct localstate_key key)
{
	return (struct localstate_delete) {
		.key = key,
		.id = POISON64,
		.version = POISON64,
		.error = poisoned_error(),
	};
}

static inline int variable_delete(int fd, const char *name)
{
	struct localstate_delete req = delete_request(key_name(name));

	return call(fd, LOCALSTATE_IOC_DELETE, &req);
}

/* Claims. */

static inline struct localstate_claim claim_request(struct localstate_key key,
						    __u32 on_end)
{
	return (struct localstate_claim) {
		.key = key,
		.on_end = on_end,
		.id = POISON64,
		.version = POISON64,
		.error = poisoned_error(),
	};
}

static inline struct localstate_claim claim_will(const char *name,
						 struct localstate_value will)
{
	struct localstate_claim req;

	req = claim_request(key_name(name), LOCALSTATE_CLAIM_END_WILL);
	req.will = will;
	return req;
}

static inline int claim_add(int fd, const char *name, __u32 on_end)
{
	struct localstate_claim req = claim_request(key_name(name), on_end);

	return call(fd, LOCALSTATE_IOC_CLAIM, &req);
}

static inline struct localstate_release release_request(struct localstate_key key)
{
	return (struct localstate_release) {
		.key = key,
		.id = POISON64,
		.version = POISON64,
		.error = poisoned_error(),
	};
}

static inline int claim_release(int fd, const char *name)
{
	struct localstate_release req = release_request(key_name(name));

	return call(fd, LOCALSTATE_IOC_RELEASE, &req);
}

/* The parts that follow a struct localstate_variable, in their order. */
enum variable_part {
	PART_VALUE,
	PART_NAME,
	PART_LABEL,
	PART_DESCRIPTION,
	PART_PATTERN,
	PART_CHOICES,
	PART_METADATA,
	PART_SHAPE,
	N_PARTS,
};

static inline __u32 variable_part_len(const struct localstate_variable *variable,
				      enum variable_part part)
{
	const __u32 len[N_PARTS] = {
		[PART_VALUE] = variable->value_len,
		[PART_NAME] = variable->name_len,
		[PART_LABEL] = variable->label_len,
		[PART_DESCRIPTION] = variable->description_len,
		[PART_PATTERN] = variable->pattern_len,
		[PART_CHOICES] = variable->choices_len,
		[PART_METADATA] = variable->metadata_len,
		[PART_SHAPE] = variable->constraints & LOCALSTATE_HAS_SHAPE ?
			       variable->rank * sizeof(__u32) : 0,
	};

	return len[part];
}

static inline const void *
variable_part(const struct localstate_variable *variable,
	      enum variable_part part)
{
	const char *p = (const char *)(variable + 1);
	unsigned int i;

	for (i = 0; i < part; i++)
		p += LOCALSTATE_ALIGN(variable_part_len(variable, i));
	return p;
}

static inline bool variable_part_is(const struct localstate_variable *variable,
				    enum variable_part part, const void *bytes,
				    size_t len)
{
	return variable_part_len(variable, part) == len &&
	       !memcmp(variable_part(variable, part), bytes, len);
}

/* Size, alignment and gaps are as the header says. */
static inline bool variable_is_sound(const struct localstate_variable *variable)
{
	size_t size = sizeof(*variable);
	unsigned int i;

	for (i = 0; i < N_PARTS; i++) {
		__u32 len = variable_part_len(variable, i);
		const char *p = variable_part(variable, i);

		if (!is_zero(p + len, LOCALSTATE_ALIGN(len) - len))
			return false;
		size += LOCALSTATE_ALIGN(len);
	}
	return variable->size == size && !variable->flags && !variable->target;
}

/* Watches. */

static inline struct localstate_target target_name(const char *name)
{
	return (struct localstate_target) {
		.kind = LOCALSTATE_TARGET_NAME,
		.name_len = strlen(name),
		.name = pointer(name),
	};
}

static inline struct localstate_target target_id(__u64 id)
{
	return (struct localstate_target) {
		.kind = LOCALSTATE_TARGET_ID,
		.id = id,
	};
}

static inline struct localstate_watch
watch_request(const struct localstate_target *targets, __u32 n, __u32 flags)
{
	return (struct localstate_watch) {
		.targets = pointer(targets),
		.n_targets = n,
		.flags = flags,
		.ref = POISON32,
		.failed = POISON32,
		.error = poisoned_error(),
	};
}

/* The ref of a watch on @n targets, or -errno. */
static inline int watch_targets(int fd, const struct localstate_target *targets,
				__u32 n, __u32 flags)
{
	struct localstate_watch req = watch_request(targets, n, flags);
	int err = call(fd, LOCALSTATE_IOC_WATCH, &req);

	return err ?: (int)req.ref;
}

/* The same by their names, 64 at most. */
static inline int watch_names(int fd, const char * const *names, __u32 n,
			      __u32 flags)
{
	struct localstate_target targets[64];
	__u32 i;

	for (i = 0; i < n && i < 64; i++)
		targets[i] = target_name(names[i]);
	return n > 64 ? -E2BIG : watch_targets(fd, targets, n, flags);
}

static inline int watch_name(int fd, const char *name, __u32 flags)
{
	return watch_names(fd, &name, 1, flags);
}

static inline int watch_id(int fd, __u64 id, __u32 flags)
{
	struct localstate_target target = target_id(id);

	return watch_targets(fd, &target, 1, flags);
}

static inline struct localstate_unwatch unwatch_request(__u32 ref)
{
	return (struct localstate_unwatch) {
		.ref = ref,
		.error = poisoned_error(),
	};
}

static inline int watch_end(int fd, __u32 ref)
{
	struct localstate_unwatch req = unwatch_request(ref);

	return call(fd, LOCALSTATE_IOC_UNWATCH, &req);
}

static inline struct localstate_watches watches_request(void *buffer, __u32 len)
{
	return (struct localstate_watches) {
		.buffer = pointer(buffer),
		.buffer_len = len,
		.entry_size = sizeof(struct localstate_watch_info),
		.count = POISON32,
		.error = poisoned_error(),
	};
}

/* The counters of one watch of this descriptor, or -errno. */
static inline int watch_info(int fd, __u32 ref, struct localstate_watch_info *info)
{
	struct localstate_watches req = watches_request(info, sizeof(*info));
	int err;

	req.after = ref - 1;
	err = call(fd, LOCALSTATE_IOC_WATCHES, &req);
	if (err)
		return err;
	return req.count == 1 && info->ref == ref ? 0 : -ENOENT;
}

/* The number of watches of this descriptor, or -errno. */
static inline int watch_count(int fd)
{
	struct localstate_watch_info info[64];
	struct localstate_watches req = watches_request(info, sizeof(info));
	int count = 0;
	int err;

	do {
		err = call(fd, LOCALSTATE_IOC_WATCHES, &req);
		if (err)
			return err;
		count += req.count;
	} while (req.count);
	return count;
}

static inline int queue_resize(int fd, __u32 size)
{
	struct localstate_queue req = {
		.size = size,
		.error = poisoned_error(),
	};

	return call(fd, LOCALSTATE_IOC_QUEUE, &req);
}

static inline bool is_readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLIN);
}

/* Snapshots. */

/*
 * All that a client can see of its session and of itself.  Two of them with
 * the same bytes mean that what was called in between changed nothing.
 */
struct snapshot {
	__u32 variables_len;
	__u32 n_watches;
	__u32 readable;
	__u32 queue_size;
	char variables[2 * LOCALSTATE_VALUE_MAX];
	struct localstate_watch_info watches[64];
};

static inline int snapshot_take(int fd, struct snapshot *snapshot)
{
	struct localstate_queue queue = { .error = poisoned_error() };
	struct localstate_watches watches;
	struct localstate_list list;
	int err;

	memset(snapshot, 0, sizeof(*snapshot));
	list = list_request(0, snapshot->variables, sizeof(snapshot->variables));
	watches = watches_request(snapshot->watches, sizeof(snapshot->watches));
	err = call(fd, LOCALSTATE_IOC_LIST, &list) ?:
	      call(fd, LOCALSTATE_IOC_WATCHES, &watches) ?:
	      call(fd, LOCALSTATE_IOC_QUEUE, &queue);
	if (err)
		return err;
	snapshot->variables_len = list.size;
	snapshot->n_watches = watches.count;
	snapshot->queue_size = queue.size;
	snapshot->readable = is_readable(fd);
	return 0;
}

/* Nothing has changed since @before was taken. */
static inline bool snapshot_holds(int fd, const struct snapshot *before)
{
	static struct snapshot now;

	return !snapshot_take(fd, &now) && !memcmp(before, &now, sizeof(now));
}

#endif /* SELFTESTS_LOCALSTATE_HELPERS_H */
