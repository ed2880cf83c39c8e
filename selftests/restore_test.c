// SPDX-License-Identifier: GPL-2.0-only
/*
 * RESTORE: a variable with the id and version that the caller gives, until the
 * session gives ids by itself.
 */
#include "process_helpers.h"
#include "queue_helpers.h"

/* The greatest id: one above it must fit into an unsigned long of the kernel. */
#define ID_MAX ((__u64)-2)

FIXTURE(restore) {
	int fd;
};

FIXTURE_SETUP(restore)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(restore)
{
	close(self->fd);
}

static struct localstate_register restore_request(const char *name, __u64 id,
						  __u64 version)
{
	struct localstate_register req = register_request(name, value_int(5));

	req.flags = LOCALSTATE_REGISTER_RESTORE;
	req.restore_id = id;
	req.restore_version = version;
	return req;
}

static int restore(int fd, const char *name, __u64 id)
{
	struct localstate_register req = restore_request(name, id, 3);
	int err = call(fd, LOCALSTATE_IOC_REGISTER, &req);

	return err ?: req.id == id ? 0 : -EPROTO;
}

/* The id that a variable gets which is registered now, or 0. */
static __u64 next_id(int fd)
{
	__u64 id;

	return variable_register_id(fd, "next", value_int(0), &id) ? 0 : id;
}

/* Whether there is a variable of this name with this id and version. */
static bool variable_is(int fd, const char *name, __u64 id, __u64 version)
{
	struct localstate_get get;

	return !variable_get(fd, name, &get) && get.id == id &&
	       get.version == version && get.value.data == 5;
}

/* Refused, and neither the name nor the id is taken by it. */
#define EXPECT_NOT_RESTORED(_code, _field, _limit, _fd, _req) do {	\
	struct localstate_register *__register = (_req);		\
	struct localstate_get __get;					\
	int __fd = (_fd);						\
									\
	EXPECT_REFUSED(_code, _field, _limit,				\
		       call(__fd, LOCALSTATE_IOC_REGISTER, __register),	\
		       __register);					\
	EXPECT_EQ(0, __register->id);					\
	EXPECT_EQ(-ENOENT, variable_get(__fd, "new", &__get));		\
} while (0)

TEST_F(restore, id_and_version_are_the_callers)
{
	const __u64 versions[] = { 0, 1, 77, LOCALSTATE_VERSION_MAX };
	char name[8];
	__u64 i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		struct localstate_register req;

		snprintf(name, sizeof(name), "v%llu", i);
		req = restore_request(name, 40 - i, versions[i]);
		EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
		EXPECT_EQ(40 - i, req.id);
		EXPECT_TRUE(variable_is(self->fd, name, 40 - i, versions[i]));
	}
}

TEST_F(restore, next_change_has_the_next_version)
{
	struct localstate_set set;

	ASSERT_EQ(0, restore(self->fd, "new", 7));
	set = set_request(key_id(7), value_int(6));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
	EXPECT_EQ(4, set.version);
}

TEST_F(restore, next_id_is_above_the_highest)
{
	ASSERT_EQ(0, restore(self->fd, "a", 7));
	ASSERT_EQ(0, restore(self->fd, "b", 1000));
	ASSERT_EQ(0, restore(self->fd, "c", 8));
	EXPECT_EQ(1001, next_id(self->fd));
}

/* One that was deleted counts: its id is never given again. */
TEST_F(restore, next_id_is_above_a_deleted_one)
{
	ASSERT_EQ(0, restore(self->fd, "a", 7));
	ASSERT_EQ(0, restore(self->fd, "b", 1000));
	ASSERT_EQ(0, variable_delete(self->fd, "b"));
	EXPECT_EQ(1001, next_id(self->fd));
}

TEST_F(restore, id_0_is_refused)
{
	struct localstate_register req = restore_request("new", 0, 0);

	EXPECT_NOT_RESTORED(EINVAL, ID, ID_MAX, self->fd, &req);
}

TEST_F(restore, id_above_the_greatest_is_refused)
{
	struct localstate_register req = restore_request("new", ID_MAX + 1, 0);

	EXPECT_NOT_RESTORED(EINVAL, ID, ID_MAX, self->fd, &req);
}

TEST_F(restore, after_the_greatest_id_there_is_none)
{
	struct localstate_register req;

	ASSERT_EQ(0, restore(self->fd, "last", ID_MAX));
	EXPECT_TRUE(variable_is(self->fd, "last", ID_MAX, 3));
	req = register_request("new", value_int(5));
	EXPECT_NOT_RESTORED(EDQUOT, ID, ID_MAX, self->fd, &req);
	ASSERT_EQ(0, variable_delete(self->fd, "last"));
	EXPECT_NOT_RESTORED(EDQUOT, ID, ID_MAX, self->fd, &req);
	/* The ids below it are free all the same. */
	EXPECT_EQ(0, restore(self->fd, "new", 1));
}

TEST_F(restore, version_above_the_greatest_is_refused)
{
	struct localstate_register req =
		restore_request("new", 1, LOCALSTATE_VERSION_MAX + 1);

	EXPECT_NOT_RESTORED(EINVAL, VERSION, LOCALSTATE_VERSION_MAX, self->fd,
			    &req);
}

TEST_F(restore, id_and_version_without_the_flag_are_refused)
{
	struct localstate_register req = restore_request("new", 1, 0);

	req.flags = 0;
	EXPECT_NOT_RESTORED(EINVAL, ID, 0, self->fd, &req);
	req.restore_id = 0;
	req.restore_version = 1;
	EXPECT_NOT_RESTORED(EINVAL, VERSION, 0, self->fd, &req);
}

TEST_F(restore, taken_id_is_eexist)
{
	struct localstate_register req = restore_request("new", 7, 0);

	ASSERT_EQ(0, restore(self->fd, "a", 7));
	EXPECT_NOT_RESTORED(EEXIST, ID, 0, self->fd, &req);
	EXPECT_TRUE(variable_is(self->fd, "a", 7, 3));
}

/* A refused call gives nothing away: neither the id nor what follows it. */
TEST_F(restore, taken_name_is_eexist_and_leaves_the_id)
{
	struct localstate_register req = restore_request("a", 1000, 0);
	struct localstate_get get = get_request(key_id(1000), NULL, 0);

	ASSERT_EQ(0, restore(self->fd, "a", 7));
	EXPECT_REFUSED(EEXIST, NAME, 0,
		       call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	EXPECT_TRUE(variable_is(self->fd, "a", 7, 3));
	EXPECT_EQ(-ENOENT, call(self->fd, LOCALSTATE_IOC_GET, &get));
	EXPECT_EQ(0, restore(self->fd, "b", 1000));
	EXPECT_EQ(1001, next_id(self->fd));
}

TEST_F(restore, deleted_id_can_be_restored)
{
	ASSERT_EQ(0, restore(self->fd, "a", 7));
	ASSERT_EQ(0, variable_delete(self->fd, "a"));
	EXPECT_EQ(0, restore(self->fd, "b", 7));
}

TEST_F(restore, after_an_ordinary_register_is_enotempty)
{
	struct localstate_register req = restore_request("new", 1000, 0);
	__u64 id = next_id(self->fd);

	EXPECT_EQ(1, id);
	EXPECT_NOT_RESTORED(ENOTEMPTY, FLAGS, 0, self->fd, &req);
	/* Even after all are gone: their ids have been seen. */
	ASSERT_EQ(0, variable_delete(self->fd, "next"));
	EXPECT_NOT_RESTORED(ENOTEMPTY, FLAGS, 0, self->fd, &req);
	EXPECT_EQ(2, next_id(self->fd));
}

/* A REGISTER that failed gave no id. */
TEST_F(restore, after_a_refused_register_works)
{
	ASSERT_EQ(0, restore(self->fd, "a", 7));
	ASSERT_EQ(-EEXIST, variable_register(self->fd, "a", value_int(1)));
	EXPECT_EQ(0, restore(self->fd, "b", 8));
	EXPECT_EQ(0, restore(self->fd, "c", 9));
	ASSERT_EQ(-EEXIST, variable_register(self->fd, "a", value_int(1)));
	EXPECT_EQ(10, next_id(self->fd));
}

TEST_F(restore, list_goes_by_id_up_to_the_greatest)
{
	const __u64 ids[] = { ID_MAX, 1, 1ULL << 63, 1ULL << 32, 64, 63 };
	const __u64 sorted[] = { 1, 63, 64, 1ULL << 32, 1ULL << 63, ID_MAX };
	struct localstate_list list = { .error = poisoned_error() };
	static __u64 buffer[512];
	const struct localstate_variable *at = (void *)buffer;
	char name[8];
	__u32 i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(name, sizeof(name), "v%u", i);
		ASSERT_EQ(0, restore(self->fd, name, ids[i]));
	}
	list.buffer = pointer(buffer);
	list.buffer_len = sizeof(buffer);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &list), &list);
	ASSERT_EQ(ARRAY_SIZE(sorted), list.count);
	for (i = 0; i < list.count; i++) {
		EXPECT_EQ(sorted[i], at->id);
		EXPECT_EQ(3, at->version);
		at = (void *)((char *)at + at->size);
	}
	EXPECT_EQ(ID_MAX, list.after);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_LIST, &list), &list);
	EXPECT_EQ(0, list.count);
}

TEST_F(restore, created_has_id_and_version)
{
	const struct localstate_event *event;
	struct reader reader;

	ASSERT_EQ(0, restore(self->fd, "new", 1));
	ASSERT_LT(0, watch_name(self->fd, "new", 0));
	ASSERT_EQ(0, variable_delete(self->fd, "new"));
	ASSERT_EQ(0, restore(self->fd, "new", 1000));
	reader_init(&reader, self->fd);
	ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_DELETED, event->kind);
	ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	EXPECT_EQ(LOCALSTATE_EVENT_CREATED, event->kind);
	EXPECT_EQ(1000, event->id);
	EXPECT_EQ(3, event->version);
}

TEST_F(restore, after_destroy_is_eshutdown)
{
	ASSERT_EQ(0, session_destroy(self->fd));
	EXPECT_EQ(-ESHUTDOWN, restore(self->fd, "new", 1));
}

/* ---- races --------------------------------------------------------------- */

#define N_THREADS 8
#define N_ROUNDS 200

/**
 * struct racer - one of the threads that register in one session at once
 * @start: all begin together
 * @fd: of the session
 * @name: the variable's
 * @id: to restore, or 0 for an ordinary REGISTER
 * @got: the id that it got, or 0
 * @result: what the call returned
 */
struct racer {
	pthread_barrier_t *start;
	int fd;
	char name[16];
	__u64 id;
	__u64 got;
	int result;
};

static void *racer_thread(void *data)
{
	struct racer *racer = data;
	struct localstate_register req =
		racer->id ? restore_request(racer->name, racer->id, 3) :
			    register_request(racer->name, value_int(5));

	pthread_barrier_wait(racer->start);
	racer->result = call(racer->fd, LOCALSTATE_IOC_REGISTER, &req);
	racer->got = req.id;
	return NULL;
}

/* Lets all of them go at once. */
static void race(int fd, struct racer *racers)
{
	pthread_t threads[N_THREADS];
	pthread_barrier_t start;
	int i;

	pthread_barrier_init(&start, NULL, N_THREADS);
	for (i = 0; i < N_THREADS; i++) {
		racers[i].start = &start;
		racers[i].fd = fd;
		pthread_create(&threads[i], NULL, racer_thread, &racers[i]);
	}
	for (i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
}

static void racer_set(struct racer *racer, const char *stem, int n, __u64 id)
{
	snprintf(racer->name, sizeof(racer->name), "%s%d", stem, n);
	racer->id = id;
}

TEST_F_TIMEOUT(restore, one_of_eight_gets_an_id, 60)
{
	struct racer racers[N_THREADS];
	int round, i, wins, fd;

	for (round = 0; round < N_ROUNDS; round++) {
		fd = session_private();
		ASSERT_LE(0, fd);
		for (i = 0; i < N_THREADS; i++)
			racer_set(&racers[i], "v", i, 1000);
		race(fd, racers);
		for (i = 0, wins = 0; i < N_THREADS; i++) {
			wins += !racers[i].result &&
				variable_is(fd, racers[i].name, 1000, 3);
			EXPECT_TRUE(!racers[i].result ||
				    racers[i].result == -EEXIST);
		}
		EXPECT_EQ(1, wins);
		EXPECT_EQ(1001, next_id(fd));
		close(fd);
	}
}

/*
 * Two REGISTERs among RESTOREs: those that come before the first of the two get
 * their ids, all others are too late, and no id is given twice or goes down.
 */
TEST_F_TIMEOUT(restore, beside_register_each_id_is_given_once, 60)
{
	struct racer racers[N_THREADS];
	int round, i, fd, late = 0;

	for (round = 0; round < N_ROUNDS; round++) {
		__u64 highest = 0, first;

		fd = session_private();
		ASSERT_LE(0, fd);
		for (i = 0; i < N_THREADS; i++)
			racer_set(&racers[i], "v", i, i < 2 ? 0 : i);
		race(fd, racers);
		for (i = 2; i < N_THREADS; i++) {
			late += racers[i].result == -ENOTEMPTY;
			EXPECT_TRUE(!racers[i].result ||
				    racers[i].result == -ENOTEMPTY);
			if (!racers[i].result)
				highest = racers[i].got;
		}
		EXPECT_EQ(0, racers[0].result);
		EXPECT_EQ(0, racers[1].result);
		first = racers[0].got < racers[1].got ? racers[0].got :
							racers[1].got;
		EXPECT_EQ(highest + 1, first);
		EXPECT_EQ(2 * first + 1, racers[0].got + racers[1].got);
		EXPECT_EQ(first + 2, next_id(fd));
		close(fd);
	}
	TH_LOG("%d of %d were too late", late, N_ROUNDS * (N_THREADS - 2));
}

/*
 * REGISTERs and RESTOREs that fail, because their name is taken, give back
 * places that another one has just reserved as well.
 */
TEST_F_TIMEOUT(restore, beside_refused_ones_succeeds, 60)
{
	struct racer racers[N_THREADS];
	int round, i, fd;

	for (round = 0; round < N_ROUNDS; round++) {
		fd = session_private();
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, restore(fd, "taken0", 999));
		racer_set(&racers[0], "v", 0, 1000);
		for (i = 1; i < N_THREADS; i++)
			racer_set(&racers[i], "taken", 0, i % 2 ? 1000 : 0);
		race(fd, racers);
		EXPECT_EQ(0, racers[0].result);
		for (i = 1; i < N_THREADS; i++)
			EXPECT_EQ(-EEXIST, racers[i].result);
		EXPECT_TRUE(variable_is(fd, "v0", 1000, 3));
		EXPECT_EQ(1001, next_id(fd));
		close(fd);
	}
}

TEST_HARNESS_MAIN
