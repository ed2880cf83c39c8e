// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's rule for threads: a session is used by one at a time, by whatever lock
 * the program has for it.  Then a watch that was removed by one thread is never told
 * anything by another.
 */
#include "library_helpers.h"

/**
 * struct told - one watch, and what comes of it
 * @is_removed: lstate_watch_remove() has returned
 * @n: events
 * @n_late: of them, after that
 * @n_ended: calls of destructors, of all watches
 */
struct told {
	bool is_removed;
	int n;
	int n_late;
	int *n_ended;
};

/**
 * struct shared - what the threads share
 * @lock: held around each call on @s
 * @s: the session
 * @name: by which the writer opens it
 * @read: what the reader does with @s, at each turn; a number of events, or -errno
 * @watch: the one that is there now, or NULL
 * @told: of that
 * @n_ended: calls of destructors
 * @stop: all is done
 * @n_turns: of the reader
 * @n_read: events that the reader has had
 * @n_stray: of them, of no watch that is there
 */
struct shared {
	pthread_mutex_t lock;
	struct lstate_session *s;
	const char *name;
	int (*read)(struct shared *shared);
	struct lstate_watch *watch;
	struct told *told;
	int n_ended;
	bool stop;
	int n_turns;
	int n_read;
	int n_stray;
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

	++*told->n_ended;
}

static int read_by_dispatch(struct shared *shared)
{
	return lstate_session_dispatch(shared->s);
}

/* The others of the same read stay with the session, and may be of a watch that ends. */
static int read_one(struct shared *shared)
{
	const struct lstate_event *event;
	int rc = lstate_event_next(shared->s, 0, &event);

	if (rc != 1)
		return rc;
	if (shared->watch && lstate_event_watch(event) == shared->watch)
		note(NULL, NULL, NULL, NULL, event, shared->told);
	else
		shared->n_stray++;
	return rc;
}

static void *read_all(void *data)
{
	struct shared *shared = data;
	int rc;

	while (!is_stopped(shared)) {
		pthread_mutex_lock(&shared->lock);
		rc = shared->read(shared);
		shared->n_read += rc > 0 ? rc : 0;
		__atomic_add_fetch(&shared->n_turns, 1, __ATOMIC_RELAXED);
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

static int turns(struct shared *shared)
{
	return __atomic_load_n(&shared->n_turns, __ATOMIC_RELAXED);
}

/*
 * A watch that lives for a moment; for a turn of the reader if they are to @meet.
 * Return: whether all was as it must be.
 */
static bool watch_for_a_moment(struct shared *shared, struct told *told, bool meet)
{
	static const char * const targets[] = { "x" };
	struct lstate_watch *watch;
	int rc, n_ended, turn;

	*told = (struct told){ .n_ended = &shared->n_ended };
	pthread_mutex_lock(&shared->lock);
	rc = lstate_watch_add(shared->s, targets, 1, NULL, note, told, ended,
			      &watch);
	shared->watch = watch;
	shared->told = told;
	turn = turns(shared);
	pthread_mutex_unlock(&shared->lock);
	if (rc)
		return false;
	do
		sched_yield();
	while (meet && turns(shared) == turn);
	pthread_mutex_lock(&shared->lock);
	n_ended = shared->n_ended;
	lstate_watch_remove(watch);
	shared->watch = NULL;
	told->is_removed = true;
	n_ended = shared->n_ended - n_ended;
	pthread_mutex_unlock(&shared->lock);
	/* One whose event is still in the reader's hand ends when that is taken back. */
	return n_ended == 1 || shared->read == read_one;
}

#define N_WATCHES	64

FIXTURE(library_thread) {
	struct told told[N_WATCHES];
};

FIXTURE_VARIANT(library_thread) {
	int (*read)(struct shared *shared);
};

FIXTURE_VARIANT_ADD(library_thread, dispatch) {
	.read = read_by_dispatch,
};

FIXTURE_VARIANT_ADD(library_thread, one_by_one) {
	.read = read_one,
};

FIXTURE_SETUP(library_thread)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
}

FIXTURE_TEARDOWN(library_thread)
{
}

TEST_F(library_thread, nothing_is_told_after_remove_returned)
{
	struct session_name name = session_name_unique("library_thread");
	struct shared shared = { .name = name.text, .read = variant->read };
	struct told *told = self->told;
	__s64 deadline = now_ms() + DEADLINE_MS;
	pthread_t reader, writer;
	int i, n = 0, n_late = 0;

	pthread_mutex_init(&shared.lock, NULL);
	ASSERT_EQ(0, lstate_session_open(&shared.s, name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	ASSERT_EQ(0, lstate_register_int(shared.s, "x", 0));
	ASSERT_EQ(0, pthread_create(&reader, NULL, read_all, &shared));
	ASSERT_EQ(0, pthread_create(&writer, NULL, set_all, &shared));
	/* And on until one of them was told something before it was removed. */
	for (i = 0; i < rounds(1000) || (!n && now_ms() < deadline); i++) {
		if (i >= N_WATCHES) {
			n += told[i % N_WATCHES].n;
			n_late += told[i % N_WATCHES].n_late;
		}
		ASSERT_TRUE(watch_for_a_moment(&shared, &told[i % N_WATCHES], i % 2));
	}
	__atomic_store_n(&shared.stop, true, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(reader, NULL));
	ASSERT_EQ(0, pthread_join(writer, NULL));
	lstate_session_close(shared.s);
	EXPECT_EQ(i, shared.n_ended);
	/* Those of the last watches; more were made than there is room for. */
	for (i = 0; i < N_WATCHES; i++) {
		n += told[i].n;
		n_late += told[i].n_late;
	}
	EXPECT_EQ(0, n_late);
	EXPECT_EQ(0, shared.n_stray);
	EXPECT_LT(0, n);
	TH_LOG("%d events told, %d read", n, shared.n_read);
	EXPECT_NO_LEAK();
}

TEST_HARNESS_MAIN
