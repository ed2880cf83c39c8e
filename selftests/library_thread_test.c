// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's rule for threads: a session is used by one at a time, by whatever lock
 * the program has for it.  Then a watch that was removed by one thread is never told
 * anything by another.
 */
#include "library_helpers.h"

/**
 * struct told - one watch's callback
 * @is_removed: lstate_watch_remove() has returned
 * @n: events
 * @n_late: of them, after that
 * @n_ended: calls of the destructor
 */
struct told {
	bool is_removed;
	int n;
	int n_late;
	int n_ended;
};

/**
 * struct shared - what the threads share
 * @lock: held around each call on @s
 * @s: the session
 * @name: by which the writer opens it
 * @stop: all is done
 * @n_dispatched: events
 */
struct shared {
	pthread_mutex_t lock;
	struct lstate_session *s;
	const char *name;
	bool stop;
	int n_dispatched;
};

static bool is_stopped(struct shared *shared)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_ACQUIRE);
}

static void note(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	struct told *told = user_data;

	told->n++;
	told->n_late += told->is_removed;
}

static void ended(void *user_data)
{
	struct told *told = user_data;

	told->n_ended++;
}

static void *dispatch_all(void *data)
{
	struct shared *shared = data;
	int rc;

	while (!is_stopped(shared)) {
		pthread_mutex_lock(&shared->lock);
		rc = lstate_session_dispatch(shared->s);
		shared->n_dispatched += rc > 0 ? rc : 0;
		pthread_mutex_unlock(&shared->lock);
		sched_yield();
	}
	return NULL;
}

static void *set_all(void *data)
{
	struct shared *shared = data;
	struct lstate_session *s;
	int64_t i;

	if (lstate_session_open(&s, shared->name, 0, 0, NULL))
		return NULL;
	for (i = 1; !is_stopped(shared); i++)
		lstate_set_int(s, "x", i);
	lstate_session_close(s);
	return NULL;
}

/* A watch that lives for a moment.  Return: whether all was as it must be. */
static bool watch_for_a_moment(struct shared *shared, struct told *told)
{
	static const char * const targets[] = { "x" };
	struct lstate_watch *watch;
	int rc;

	memset(told, 0, sizeof(*told));
	pthread_mutex_lock(&shared->lock);
	rc = lstate_watch_add(shared->s, targets, 1, NULL, note, told, ended,
			      &watch);
	pthread_mutex_unlock(&shared->lock);
	if (rc)
		return false;
	sched_yield();
	pthread_mutex_lock(&shared->lock);
	lstate_watch_remove(watch);
	told->is_removed = true;
	rc = told->n_ended;
	pthread_mutex_unlock(&shared->lock);
	return rc == 1;
}

#define N_WATCHES	64

TEST(no_callback_after_remove_returned)
{
	struct session_name name = session_name_unique("library_thread");
	struct shared shared = { .name = name.text };
	struct told told[N_WATCHES];
	__s64 deadline = now_ms() + DEADLINE_MS;
	pthread_t dispatcher, writer;
	int i, n = 0, n_late = 0;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	pthread_mutex_init(&shared.lock, NULL);
	ASSERT_EQ(0, lstate_session_open(&shared.s, name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	ASSERT_EQ(0, lstate_register_int(shared.s, "x", 0));
	ASSERT_EQ(0, pthread_create(&dispatcher, NULL, dispatch_all, &shared));
	ASSERT_EQ(0, pthread_create(&writer, NULL, set_all, &shared));
	/* And on until one of them was told something before it was removed. */
	for (i = 0; i < rounds(1000) || (!n && now_ms() < deadline); i++) {
		if (i >= N_WATCHES) {
			n += told[i % N_WATCHES].n;
			n_late += told[i % N_WATCHES].n_late;
		}
		ASSERT_TRUE(watch_for_a_moment(&shared, &told[i % N_WATCHES]));
	}
	__atomic_store_n(&shared.stop, true, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(dispatcher, NULL));
	ASSERT_EQ(0, pthread_join(writer, NULL));
	lstate_session_close(shared.s);
	/* Those of the last watches; more were made than there is room for. */
	for (i = 0; i < N_WATCHES; i++) {
		n += told[i].n;
		n_late += told[i].n_late;
	}
	EXPECT_EQ(0, n_late);
	EXPECT_LT(0, n);
	TH_LOG("%d events told, %d dispatched", n, shared.n_dispatched);
	EXPECT_NO_LEAK();
}

TEST_HARNESS_MAIN
