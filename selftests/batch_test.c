// SPDX-License-Identifier: GPL-2.0-only
/*
 * BATCH and GET_MANY: entries with an outcome of their own, and all or nothing.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "batch_helpers.h"

#define LONG_TEXT "a text that is longer than the slot has room for"

FIXTURE(batch) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(batch)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("batch");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "a", value_int(1)));
	ASSERT_EQ(0, variable_register(self->fd, "b", value_int(2)));
	ASSERT_EQ(0, variable_register(self->fd, "c", value_string("three")));
}

FIXTURE_TEARDOWN(batch)
{
	close(self->fd);
}

static struct snapshot before;

static int batch(int fd, struct localstate_batch *req)
{
	return call(fd, LOCALSTATE_IOC_BATCH, req);
}

/* The entry has been made. */
#define EXPECT_ENTRY(_version, _changed, _entry) do {			\
	EXPECT_TRUE(error_is_clear(&(_entry)->error));			\
	EXPECT_EQ(_version, (_entry)->version);				\
	EXPECT_EQ((_changed) ? LOCALSTATE_SET_CHANGED : 0, (_entry)->result); \
} while (0)

/* The entry says why it was not made. */
#define EXPECT_ENTRY_REFUSED(_code, _field, _limit, _entry) do {	\
	EXPECT_EQ(_code, (_entry)->error.code);				\
	EXPECT_EQ(LOCALSTATE_FIELD_##_field, (_entry)->error.field);	\
	EXPECT_EQ((__u64)(_limit), (_entry)->error.limit);		\
	EXPECT_EQ(LOCALSTATE_NO_INDEX, (_entry)->error.index);		\
	EXPECT_EQ(0, (_entry)->version);				\
	EXPECT_EQ(0, (_entry)->result);					\
} while (0)

static __s64 int_value(int fd, const char *name)
{
	struct localstate_get get;

	return variable_get(fd, name, &get) ? INT64_MIN : (__s64)get.value.data;
}

TEST_F(batch, each_entry_has_its_own_outcome)
{
	struct localstate_set entries[] = {
		set_request(key_name("a"), value_int(10)),
		set_request(key_name("none"), value_int(1)),
		set_request(key_name("b"), value_int(2)),
		set_request(key_name("c"), value_int(1)),
		operation_request("a", LOCALSTATE_OPERATION_ADD, value_int(5)),
	};
	struct localstate_batch req = batch_request(entries, 5, 0);

	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(2, req.failed);
	EXPECT_EQ(2, req.changed);
	EXPECT_EQ(0, req.transaction);
	EXPECT_ENTRY(1, true, &entries[0]);
	EXPECT_ENTRY_REFUSED(ENOENT, NAME, 0, &entries[1]);
	EXPECT_ENTRY(0, false, &entries[2]);
	EXPECT_ENTRY_REFUSED(EINVAL, TYPE, 0, &entries[3]);
	EXPECT_ENTRY(2, true, &entries[4]);
	EXPECT_EQ(15, entries[4].value.data);
	EXPECT_EQ(15, int_value(self->fd, "a"));
}

TEST_F(batch, transaction_makes_all_entries)
{
	struct localstate_set entries[] = {
		set_request(key_name("a"), value_int(10)),
		set_request(key_name("b"), value_int(2)),
		set_request(key_name("c"), value_string(LONG_TEXT)),
	};
	struct localstate_batch req;

	req = batch_request(entries, 3, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(0, req.failed);
	EXPECT_EQ(2, req.changed);
	EXPECT_EQ(1, req.transaction);
	EXPECT_ENTRY(1, true, &entries[0]);
	EXPECT_ENTRY(0, false, &entries[1]);
	EXPECT_ENTRY(1, true, &entries[2]);
	EXPECT_EQ(10, int_value(self->fd, "a"));
	entries[1] = operation_request("b", LOCALSTATE_OPERATION_ADD, value_int(-3));
	req = batch_request(&entries[1], 1, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(2, req.transaction);
	EXPECT_EQ(-1, (__s64)entries[1].value.data);
}

TEST_F(batch, without_a_change_there_is_no_transaction)
{
	struct localstate_set entries[] = {
		set_request(key_name("a"), value_int(1)),
		check_request("b", 0),
	};
	struct localstate_batch req;

	req = batch_request(entries, 2, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(0, req.transaction);
	EXPECT_EQ(0, req.changed);
	EXPECT_ENTRY(0, false, &entries[0]);
	EXPECT_ENTRY(0, false, &entries[1]);
}

/* A transaction fails with this at @_index, and nothing has changed. */
#define EXPECT_NO_TRANSACTION(_code, _field, _limit, _index, _failed, _req) do { \
	ASSERT_EQ(0, snapshot_take(self->fd, &before));			\
	EXPECT_EQ(-(_code), batch(self->fd, _req));			\
	EXPECT_EQ(_code, (_req)->error.code);				\
	EXPECT_EQ(LOCALSTATE_FIELD_##_field, (_req)->error.field);	\
	EXPECT_EQ((__u64)(_limit), (_req)->error.limit);		\
	EXPECT_EQ(_index, (_req)->error.index);				\
	EXPECT_EQ(_failed, (_req)->failed);				\
	EXPECT_EQ(0, (_req)->changed);					\
	EXPECT_EQ(0, (_req)->transaction);				\
	EXPECT_TRUE(snapshot_holds(self->fd, &before));			\
} while (0)

TEST_F(batch, every_failing_entry_of_a_transaction_says_why)
{
	struct localstate_set entries[] = {
		set_request(key_name("a"), value_int(10)),
		check_request("b", 7),
		set_request(key_name("c"), value_int(1)),
		set_request(key_name("none"), value_int(1)),
		set_request(key_name("a"), value_int(11)),
	};
	struct localstate_batch req;

	req = batch_request(entries, 5, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_NO_TRANSACTION(ESTALE, VERSION, 0, 1, 4, &req);
	EXPECT_ENTRY(0, false, &entries[0]);
	EXPECT_ENTRY_REFUSED(ESTALE, VERSION, 0, &entries[1]);
	EXPECT_ENTRY_REFUSED(EINVAL, TYPE, 0, &entries[2]);
	EXPECT_ENTRY_REFUSED(ENOENT, NAME, 0, &entries[3]);
	EXPECT_ENTRY_REFUSED(EINVAL, ENTRIES, 0, &entries[4]);
}

TEST_F(batch, variable_named_twice_is_einval_for_the_second)
{
	struct localstate_set entries[] = {
		set_request(key_name("b"), value_int(5)),
		set_request(key_name("a"), value_int(10)),
		check_request("a", 0),
		set_request(key_id(1), value_int(12)),
	};
	struct localstate_batch req;

	req = batch_request(entries, 4, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_NO_TRANSACTION(EINVAL, ENTRIES, 1, 2, 2, &req);
	EXPECT_ENTRY_REFUSED(EINVAL, ENTRIES, 1, &entries[3]);
	/* The marks of that try are gone. */
	req = batch_request(entries, 2, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(2, req.changed);
}

TEST_F(batch, constraint_and_flags_hold_in_a_transaction)
{
	struct localstate_register reg = register_request("max", value_int(1));
	struct localstate_set entries[] = {
		set_request(key_name("a"), value_int(10)),
		operation_request("max", LOCALSTATE_OPERATION_ADD, value_int(5)),
		set_request(key_name("ro"), value_int(5)),
	};
	struct localstate_batch req;

	reg.constraints = LOCALSTATE_HAS_MAX;
	reg.max = 5;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));
	reg = register_request("ro", value_int(1));
	reg.flags = LOCALSTATE_REGISTER_READ_ONLY;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));
	req = batch_request(entries, 3, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_NO_TRANSACTION(ERANGE, MAX, 5, 1, 2, &req);
	EXPECT_ENTRY_REFUSED(EROFS, FLAGS, LOCALSTATE_REGISTER_READ_ONLY,
			     &entries[2]);
}

/* A claim forbids the change of its variable, and not the look at its version. */
TEST_F(batch, claim_of_another_client_holds_in_a_transaction)
{
	struct localstate_set entries[] = {
		set_request(key_name("a"), value_int(10)),
		set_request(key_name("b"), value_int(20)),
	};
	int other = session_open(self->name.text);
	struct localstate_batch req;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, claim_add(other, "b", LOCALSTATE_CLAIM_END_NONE));
	req = batch_request(entries, 2, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_NO_TRANSACTION(EBUSY, CLAIM, getpid(), 1, 1, &req);
	EXPECT_ENTRY_REFUSED(EBUSY, CLAIM, getpid(), &entries[1]);
	req = batch_request(entries, 2, 0);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_ENTRY(1, true, &entries[0]);
	EXPECT_ENTRY_REFUSED(EBUSY, CLAIM, getpid(), &entries[1]);
	entries[1] = check_request("b", 0);
	EXPECT_EQ(0, transaction_run(self->fd, entries, 2));
	/* The holder may. */
	entries[1] = set_request(key_name("b"), value_int(20));
	EXPECT_EQ(0, transaction_run(other, entries, 2));
	EXPECT_EQ(20, int_value(self->fd, "b"));
	close(other);
}

TEST_F(batch, check_compares_and_changes_nothing)
{
	struct localstate_register reg = register_request("ro", value_int(1));
	struct localstate_set entries[] = {
		check_request("ro", 0),
		check_request("c", 0),
	};
	const struct localstate_event *event;
	struct localstate_batch req;
	struct reader reader;
	unsigned int flags;

	reg.flags = LOCALSTATE_REGISTER_READ_ONLY;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));
	reader_init(&reader, self->fd);
	ASSERT_LT(0, watch_name(self->fd, "c", 0));
	ASSERT_EQ(0, snapshot_take(self->fd, &before));
	for (flags = 0; flags <= LOCALSTATE_BATCH_ATOMIC; flags++) {
		req = batch_request(entries, 2, flags);
		EXPECT_DONE(batch(self->fd, &req), &req);
		EXPECT_EQ(0, req.changed);
		EXPECT_ENTRY(0, false, &entries[0]);
		EXPECT_ENTRY(0, false, &entries[1]);
		EXPECT_EQ(LOCALSTATE_TYPE_NONE, entries[1].value.type);
	}
	EXPECT_TRUE(snapshot_holds(self->fd, &before));
	EXPECT_EQ(0, reader_next(&reader, 0, &event));
	ASSERT_EQ(0, variable_set(self->fd, "c", value_string("four")));
	req = batch_request(entries, 2, 0);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_ENTRY(0, false, &entries[0]);
	EXPECT_ENTRY_REFUSED(ESTALE, VERSION, 1, &entries[1]);
}

TEST_F(batch, check_takes_a_version_and_nothing_else)
{
	struct localstate_set entries[5];
	struct localstate_batch req;
	int i;

	for (i = 0; i < 5; i++)
		entries[i] = check_request("a", 0);
	entries[0].flags = 0;
	entries[1].flags |= LOCALSTATE_SET_FORCE;
	entries[2].value = value_int(1);
	entries[3].metadata = pointer("k=v");
	entries[3].metadata_len = 4;
	entries[4].operation = LOCALSTATE_OPERATION_CHECK + 1;
	req = batch_request(entries, 5, 0);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(5, req.failed);
	EXPECT_ENTRY_REFUSED(EINVAL, FLAGS, 0, &entries[0]);
	EXPECT_ENTRY_REFUSED(EINVAL, FLAGS, 0, &entries[1]);
	EXPECT_ENTRY_REFUSED(EINVAL, VALUE, 0, &entries[2]);
	EXPECT_ENTRY_REFUSED(EINVAL, METADATA, 0, &entries[3]);
	EXPECT_ENTRY_REFUSED(EINVAL, OPERATION, 0, &entries[4]);
}

TEST_F(batch, set_refuses_check)
{
	struct localstate_set req = check_request("a", 0);

	EXPECT_REFUSED(EINVAL, OPERATION, 0,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
}

TEST_F(batch, metadata_are_merged_in_a_transaction)
{
	struct localstate_set entries[] = {
		set_request(key_name("a"), value_int(10)),
		set_request(key_name("b"), value_int(20)),
	};
	char buffer[1024];

	ASSERT_EQ(0, variable_set_metadata(self->fd, "a", value_int(5), "k=1\0l=2", 8));
	entries[0].metadata = pointer("l=3\0m=4");
	entries[0].metadata_len = 8;
	ASSERT_EQ(0, transaction_run(self->fd, entries, 2));
	ASSERT_EQ(0, variable_describe(self->fd, "a", buffer, sizeof(buffer)));
	EXPECT_TRUE(variable_part_is((void *)buffer, PART_METADATA,
				     "k=1\0l=3\0m=4", 12));
}

static struct localstate_set many[LOCALSTATE_BATCH_MAX + 1];

TEST_F(batch, number_of_entries_is_limited)
{
	struct localstate_batch req;
	unsigned int i, flags;

	for (i = 0; i <= LOCALSTATE_BATCH_MAX; i++)
		many[i] = set_request(key_name("a"), value_int(i));
	for (flags = 0; flags <= LOCALSTATE_BATCH_ATOMIC; flags++) {
		req = batch_request(many, 0, flags);
		ASSERT_EQ(0, snapshot_take(self->fd, &before));
		EXPECT_REFUSED(EINVAL, ENTRIES, LOCALSTATE_BATCH_MAX,
			       batch(self->fd, &req), &req);
		req = batch_request(many, LOCALSTATE_BATCH_MAX + 1, flags);
		EXPECT_REFUSED(EINVAL, ENTRIES, LOCALSTATE_BATCH_MAX,
			       batch(self->fd, &req), &req);
		EXPECT_TRUE(snapshot_holds(self->fd, &before));
	}
	req = batch_request(many, LOCALSTATE_BATCH_MAX, 0);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(LOCALSTATE_BATCH_MAX, req.changed);
	EXPECT_EQ(LOCALSTATE_BATCH_MAX - 1, int_value(self->fd, "a"));
}

TEST_F_TIMEOUT(batch, transaction_of_the_most_entries, 60)
{
	static char names[LOCALSTATE_BATCH_MAX][16];
	struct localstate_batch req;
	unsigned int i;

	for (i = 0; i < LOCALSTATE_BATCH_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "many/%u", i);
		ASSERT_EQ(0, variable_register(self->fd, names[i], value_int(0)));
		many[i] = set_request(key_name(names[i]), value_int(i + 1));
	}
	req = batch_request(many, LOCALSTATE_BATCH_MAX, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(LOCALSTATE_BATCH_MAX, req.changed);
	EXPECT_EQ(LOCALSTATE_BATCH_MAX, int_value(self->fd, names[i - 1]));
}

TEST_F(batch, entry_size_is_checked)
{
	static const __u32 bad[] = { 0, 96, 108, 8192 };
	struct localstate_set entry = set_request(key_name("a"), value_int(7));
	struct localstate_batch req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		req = batch_request(&entry, 1, 0);
		req.entry_size = bad[i];
		EXPECT_REFUSED(EINVAL, BUFFER, sizeof(entry),
			       batch(self->fd, &req), &req);
	}
	EXPECT_EQ(1, int_value(self->fd, "a"));
}

TEST_F(batch, longer_entries_need_a_zero_tail)
{
	struct { struct localstate_set set; __u64 tail; } entries[2] = {
		{ set_request(key_name("a"), value_int(7)), 0 },
		{ set_request(key_name("b"), value_int(8)), 1 },
	};
	struct localstate_batch req = batch_request(&entries[0].set, 2, 0);

	req.entry_size = sizeof(entries[0]);
	ASSERT_EQ(0, snapshot_take(self->fd, &before));
	EXPECT_EQ(-E2BIG, batch(self->fd, &req));
	EXPECT_EQ(1, req.error.index);
	EXPECT_EQ(LOCALSTATE_FIELD_ENTRIES, req.error.field);
	EXPECT_TRUE(snapshot_holds(self->fd, &before));
	entries[1].tail = 0;
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(8, int_value(self->fd, "b"));
}

TEST_F(batch, unknown_flag_of_an_entry_fails_that_entry)
{
	struct localstate_set entries[] = {
		set_request(key_name("a"), value_int(10)),
		set_request(key_name("b"), value_int(20)),
	};
	struct localstate_batch req = batch_request(entries, 2, 0);

	entries[0].flags = 0x80000000;
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(1, req.failed);
	EXPECT_ENTRY_REFUSED(EINVAL, FLAGS, 0, &entries[0]);
	EXPECT_ENTRY(1, true, &entries[1]);
}

TEST_F(batch, bad_pointer_of_an_entry_fails_that_entry)
{
	struct localstate_set entries[] = {
		set_request(key_name("a"), value_int(10)),
		set_request(key_name("c"), value_string("x")),
	};
	struct localstate_batch req;

	entries[1].value.data = -4096ULL;
	req = batch_request(entries, 2, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_NO_TRANSACTION(EFAULT, VALUE, 0, 1, 1, &req);
	req = batch_request(entries, 2, 0);
	EXPECT_DONE(batch(self->fd, &req), &req);
	EXPECT_EQ(1, req.failed);
	EXPECT_EQ(10, int_value(self->fd, "a"));
}

/* The changes stand if the report cannot be written. */
TEST_F(batch, read_only_entries_are_efault_and_stand)
{
	struct localstate_set *entries;
	struct localstate_batch req;

	entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, entries);
	entries[0] = set_request(key_name("a"), value_int(10));
	ASSERT_EQ(0, mprotect(entries, 4096, PROT_READ));
	req = batch_request(entries, 1, LOCALSTATE_BATCH_ATOMIC);
	EXPECT_REFUSED(EFAULT, ENTRIES, 0, batch(self->fd, &req), &req);
	EXPECT_EQ(10, int_value(self->fd, "a"));
	munmap(entries, 4096);
}

/* GET_MANY. */

TEST_F(batch, get_many_reads_each)
{
	char text[8];
	struct localstate_get entries[] = {
		get_request(key_name("a"), NULL, 0),
		get_request(key_name("none"), NULL, 0),
		get_request(key_name("c"), text, sizeof(text)),
		get_request(key_name("c"), text, 2),
	};
	struct localstate_set set = set_request(key_name("a"), value_int(9));
	struct localstate_get_many req = get_many_request(entries, 4);

	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET_MANY, &req), &req);
	EXPECT_EQ(0, req.transaction);
	ASSERT_EQ(0, transaction_run(self->fd, &set, 1));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET_MANY, &req), &req);
	EXPECT_EQ(1, req.transaction);
	EXPECT_EQ(2, req.failed);
	EXPECT_TRUE(error_is_clear(&entries[0].error));
	EXPECT_EQ(9, entries[0].value.data);
	EXPECT_EQ(1, entries[0].version);
	EXPECT_EQ(1, entries[0].id);
	EXPECT_EQ((__u32)getpid(), entries[0].pid);
	EXPECT_EQ(ENOENT, entries[1].error.code);
	EXPECT_EQ(LOCALSTATE_FIELD_NAME, entries[1].error.field);
	EXPECT_EQ(0, entries[1].id);
	EXPECT_EQ(5, entries[2].value.length);
	EXPECT_EQ(0, memcmp(text, "three", 5));
	EXPECT_EQ(EMSGSIZE, entries[3].error.code);
	EXPECT_EQ(5, entries[3].value.length);
}

TEST_F(batch, get_many_refuses_bad_lists)
{
	struct localstate_get entry = get_request(key_name("a"), NULL, 0);
	struct localstate_get_many req;

	req = get_many_request(&entry, 0);
	EXPECT_REFUSED(EINVAL, ENTRIES, LOCALSTATE_BATCH_MAX,
		       call(self->fd, LOCALSTATE_IOC_GET_MANY, &req), &req);
	req = get_many_request(&entry, LOCALSTATE_BATCH_MAX + 1);
	EXPECT_REFUSED(EINVAL, ENTRIES, LOCALSTATE_BATCH_MAX,
		       call(self->fd, LOCALSTATE_IOC_GET_MANY, &req), &req);
	req = get_many_request(&entry, 1);
	req.entry_size = sizeof(entry) - 8;
	EXPECT_REFUSED(EINVAL, BUFFER, sizeof(entry),
		       call(self->fd, LOCALSTATE_IOC_GET_MANY, &req), &req);
	req = get_many_request((void *)-4096UL, 1);
	EXPECT_EQ(-EFAULT, call(self->fd, LOCALSTATE_IOC_GET_MANY, &req));
	req = get_many_request(&entry, 1);
	entry.flags = 1;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET_MANY, &req), &req);
	EXPECT_EQ(1, req.failed);
	EXPECT_EQ(EINVAL, entry.error.code);
	EXPECT_EQ(LOCALSTATE_FIELD_FLAGS, entry.error.field);
}

TEST_HARNESS_MAIN
