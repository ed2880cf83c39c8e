/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lost wake-ups: two writers at full speed, and a reader that sleeps whenever
 * it has found nothing.  One that is not woken sleeps until the deadline, and
 * that is the failure.
 *
 * A reader that is always busy would prove nothing.  So each writer stops now
 * and then until the reader is about to sleep, and goes on at that moment.
 */
#ifndef SELFTESTS_WAKE_HELPERS_H
#define SELFTESTS_WAKE_HELPERS_H

#include "process_helpers.h"

/* Changes that a writer makes in one go. */
#define WAKE_RUN 100

/**
 * struct wake_race - how the reader sleeps, and what it has seen
 * @fd: a session of its own; O_NONBLOCK unless @fill wants it otherwise
 * @n_each: changes that each writer makes
 * @gate: lets all start together
 * @data: for the functions
 * @wait: sleeps until there is something; false at the deadline
 * @fill: gives the next bytes, or -errno; wake_fill() unless it is set
 * @sleeps: how often it was about to sleep; shared with the writers
 * @tally: what it has seen of both variables
 */
struct wake_race {
	int fd;
	int n_each;
	struct gate *gate;
	void *data;
	bool (*wait)(struct wake_race *race);
	ssize_t (*fill)(struct wake_race *race, void *buffer, size_t len);
	__u64 *sleeps;
	struct tally tally[2];
};

struct wake_writer {
	const struct wake_race *race;
	const char *name;
};

static inline __u64 wake_sleeps(const struct wake_race *race)
{
	return __atomic_load_n(race->sleeps, __ATOMIC_ACQUIRE);
}

/* The reader has found nothing, and is about to sleep. */
static inline void wake_is_about_to_sleep(struct wake_race *race)
{
	__atomic_add_fetch(race->sleeps, 1, __ATOMIC_RELEASE);
}

static inline bool wake_await_sleep(const struct wake_race *race, __u64 before)
{
	__s64 deadline = now_ms() + DEADLINE_MS;

	while (wake_sleeps(race) == before) {
		if (now_ms() > deadline)
			return false;
		sched_yield();
	}
	return true;
}

static inline int wake_write(void *data)
{
	struct wake_writer *writer = data;
	const struct wake_race *race = writer->race;
	__u64 before;
	int i;

	gate_pass(race->gate);
	for (i = 1; i <= race->n_each; i++) {
		/* Taken before the change: after it the reader must wake. */
		before = wake_sleeps(race);
		CHILD_CHECK(!variable_set(race->fd, writer->name,
					  value_int(i)));
		if (i % WAKE_RUN == 0 && i < race->n_each)
			CHILD_CHECK(wake_await_sleep(race, before));
	}
	return 0;
}

/* Reads, and sleeps only after EAGAIN. */
static inline ssize_t wake_fill(struct wake_race *race, void *buffer, size_t len)
{
	ssize_t done;

	while ((done = read(race->fd, buffer, len)) < 0) {
		if (errno != EAGAIN)
			return -errno;
		wake_is_about_to_sleep(race);
		if (!race->wait(race))
			return -ETIME;
	}
	return done;
}

static inline bool wake_is_over(const struct wake_race *race)
{
	return race->tally[0].version == (__u64)race->n_each &&
	       race->tally[1].version == (__u64)race->n_each;
}

/* Reads until both writers' last change has come: 0, or -errno. */
static inline int wake_read(struct wake_race *race)
{
	static __u64 buffer[2048];
	const struct localstate_event *event;
	ssize_t len, at;

	while (!wake_is_over(race)) {
		len = race->fill(race, buffer, sizeof(buffer));
		if (len < 0)
			return len;
		for (at = 0; at < len; at += event->size) {
			event = (const void *)((char *)buffer + at);
			if (!event_is_sound(event, len - at))
				return -EPROTO;
			tally_event(&race->tally[event->target], event);
		}
	}
	return 0;
}

static inline int wake_prepare(struct wake_race *race)
{
	const struct localstate_target targets[] = {
		target_name("a"), target_name("b"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);

	race->gate = gate_alloc(3);
	race->sleeps = shared_alloc(sizeof(*race->sleeps));
	if (!race->gate || !race->sleeps)
		return -ENOMEM;
	if (!race->fill)
		race->fill = wake_fill;
	return variable_register(race->fd, "a", value_int(0)) ?:
	       variable_register(race->fd, "b", value_int(0)) ?:
	       call(race->fd, LOCALSTATE_IOC_WATCH, &req);
}

/* No change may be missing, and no wake-up. */
static inline void wake_race_run(struct __test_metadata *_metadata,
				 struct wake_race *race)
{
	struct wake_writer writer[] = { { race, "a" }, { race, "b" } };
	pid_t pid[2];
	int i;

	ASSERT_EQ(0, wake_prepare(race));
	for (i = 0; i < 2; i++)
		pid[i] = child_start(wake_write, &writer[i]);
	gate_pass(race->gate);
	EXPECT_EQ(0, wake_read(race));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, child_wait(pid[i]));
		EXPECT_EQ(0, race->tally[i].wrong);
		EXPECT_EQ(race->n_each, race->tally[i].version);
		EXPECT_EQ(race->n_each,
			  race->tally[i].events + race->tally[i].merged);
	}
	/* Two writers may have waited for the same sleep. */
	EXPECT_LE(race->n_each / WAKE_RUN - 1, wake_sleeps(race));
	EXPECT_FALSE(is_readable(race->fd));
}

#endif /* SELFTESTS_WAKE_HELPERS_H */
