// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conflated events while watches come and go, and several read one descriptor: the
 * latest is never lost, and no record is torn.
 */
#include <pthread.h>

#include "process_helpers.h"
#include "queue_helpers.h"

#define CONFLATE	LOCALSTATE_WATCH_CONFLATE

#define N_NAMES		4
#define N_SETS		rounds(20000)
#define N_WATCHES	rounds(3000)

static const char * const names[N_NAMES] = { "v0", "v1", "v2", "v3" };

FIXTURE(conflate_race) {
	struct session_name name;
	int fd;
};

FIXTURE_SETUP(conflate_race)
{
	int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("conflate.race");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	for (i = 0; i < N_NAMES; i++)
		ASSERT_EQ(0, variable_register(self->fd, names[i], value_int(0)));
}

FIXTURE_TEARDOWN(conflate_race)
{
	close(self->fd);
}

struct actor {
	struct gate *gate;
	const char *session;
};

/* Sets each of them N_SETS times. */
static int setter_run(void *data)
{
	struct actor *actor = data;
	int fd = session_open(actor->session);
	int i;

	CHILD_CHECK(fd >= 0);
	gate_pass(actor->gate);
	for (i = 0; i < N_NAMES * N_SETS; i++)
		CHILD_CHECK(!variable_set(fd, names[i % N_NAMES],
					  value_int(i / N_NAMES + 1)));
	return 0;
}

/* What two watches, one of them conflated, have been told of each variable. */
static int read_to_the_end(struct reader *reader, const int *refs,
			   struct tally tallies[2][N_NAMES])
{
	const struct localstate_event *event;
	int err, done = 0;

	while (done < 2 * N_NAMES) {
		struct tally *tally;
		int which;

		err = reader_next(reader, DEADLINE_MS, &event);
		if (err != 1)
			return err ?: -ETIME;
		which = event->ref == (__u32)refs[1];
		if (!which && event->ref != (__u32)refs[0])
			return -EBADMSG;
		tally = &tallies[which][event->target];
		tally_event(tally, event);
		if (tally->wrong)
			return -ERANGE;
		done += tally->version == (__u64)N_SETS;
	}
	return 0;
}

static int watch_all(int fd, __u32 flags)
{
	return watch_names(fd, names, N_NAMES, flags);
}

TEST_F_TIMEOUT(conflate_race, every_change_is_accounted_for, 180)
{
	struct gate *gate = gate_alloc(2);
	struct actor actor = { gate, self->name.text };
	struct tally tallies[2][N_NAMES] = { 0 };
	struct localstate_watch_info info;
	static struct reader reader;
	int refs[2], i;
	pid_t pid;

	refs[0] = watch_all(self->fd, 0);
	refs[1] = watch_all(self->fd, CONFLATE);
	ASSERT_LT(0, refs[0]);
	ASSERT_LT(0, refs[1]);
	pid = child_start(setter_run, &actor);
	reader_init(&reader, self->fd);
	gate_pass(gate);
	EXPECT_EQ(0, read_to_the_end(&reader, refs, tallies));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(reader_is_drained(&reader));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, watch_info(self->fd, refs[i], &info));
		EXPECT_EQ(N_NAMES * N_SETS, info.events + info.merged);
		EXPECT_EQ(info.events, info.delivered);
	}
}

/* ---- watches that come and go -------------------------------------------- */

/**
 * struct readers - what those share that read one client's events
 * @fd: the client
 * @over: they are to end
 * @error: errno of a read that failed, or EPROTO: an event was torn
 * @seen: events
 * @missed: reads that had an event but nowhere to put it
 */
struct readers {
	int fd;
	bool over;
	int error;
	long seen;
	long missed;
};

static void readers_fail(struct readers *readers, int error)
{
	if (error == EFAULT)
		__atomic_add_fetch(&readers->missed, 1, __ATOMIC_RELAXED);
	else if (error != EAGAIN)
		__atomic_store_n(&readers->error, error, __ATOMIC_RELEASE);
}

/* Now and then into memory that is not there, which leaves one staged. */
static void *reads(void *data)
{
	struct readers *readers = data;
	__u64 space[512];
	char *buffer = (char *)space;
	void *nowhere = memory_nowhere();
	int i;

	for (i = 0; !__atomic_load_n(&readers->over, __ATOMIC_ACQUIRE); i++) {
		const struct localstate_event *event = (void *)buffer;
		ssize_t at, len;

		if (wait_readable(readers->fd, 1) != 1)
			continue;
		len = read(readers->fd, i % 8 ? buffer : nowhere,
			   i % 2 ? INT_RECORD : sizeof(space));
		if (len < 0)
			readers_fail(readers, errno);
		for (at = 0; at < len; at += event->size) {
			event = (void *)(buffer + at);
			if (!event_is_sound(event, len - at)) {
				readers_fail(readers, EPROTO);
				return NULL;
			}
			__atomic_add_fetch(&readers->seen, 1, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static int setter_until_the_end(void *data)
{
	struct actor *actor = data;
	int fd = session_open(actor->session);
	int i;

	CHILD_CHECK(fd >= 0);
	gate_pass(actor->gate);
	for (i = 1; !gate_is_stopped(actor->gate); i++)
		CHILD_CHECK(!variable_set(fd, names[i % N_NAMES], value_int(i)));
	return 0;
}

/* A watch of a growing limit, so that the stage is replaced. */
static int come_and_go(int fd, int i)
{
	struct localstate_target target = target_name(names[i % N_NAMES]);
	__u32 flags = i & 1 ? LOCALSTATE_WATCH_INITIAL : 0;
	struct localstate_watch req;
	int err;

	req = watch_request(&target, 1, i % 3 ? CONFLATE | flags : flags);
	req.inline_limit = LOCALSTATE_INLINE_MIN + i % 3000;
	err = call(fd, LOCALSTATE_IOC_WATCH, &req);
	return err ?: watch_end(fd, req.ref);
}

/* The readers do not block: another one may have read what was there. */
TEST_F_TIMEOUT(conflate_race, readers_and_watches_do_not_disturb_each_other, 180)
{
	struct gate *gate = gate_alloc(2);
	struct actor actor = { gate, self->name.text };
	struct readers readers = { .fd = self->fd };
	pthread_t threads[2];
	int i, flags, err = 0;
	pid_t pid;

	flags = fcntl(self->fd, F_GETFL);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, flags | O_NONBLOCK));
	pid = child_start(setter_until_the_end, &actor);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, reads, &readers));
	gate_pass(gate);
	for (i = 0; !err && i < N_WATCHES; i++)
		err = come_and_go(self->fd, i);
	EXPECT_EQ(0, err);
	gate_stop(gate);
	EXPECT_EQ(0, child_wait(pid));
	__atomic_store_n(&readers.over, true, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, readers.error);
	/* Else nothing was looked at. */
	EXPECT_LT(0, readers.seen);
	EXPECT_LT(0, readers.missed);
	TH_LOG("%ld events, %ld that had nowhere to go", readers.seen, readers.missed);
	EXPECT_EQ(0, watch_count(self->fd));
	EXPECT_FALSE(is_readable(self->fd));
}

TEST_HARNESS_MAIN
