// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions as others see them: events stand together in every queue and end
 * with END, and no reader and no watcher ever sees one half-done.
 */
#include <pthread.h>

#include "batch_helpers.h"
#include "filter_helpers.h"

#define N_VARIABLES	16
#define N_WRITERS	4
#define N_READERS	4
#define N_TRANSACTIONS	200000
#define SUM		(N_VARIABLES * 1000)

FIXTURE(transaction) {
	struct session_name name;
	int fd;
	char names[N_VARIABLES][8];
};

FIXTURE_SETUP(transaction)
{
	int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("transaction");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < N_VARIABLES; i++) {
		snprintf(self->names[i], sizeof(self->names[i]), "v%d", i);
		ASSERT_EQ(0, variable_register(self->fd, self->names[i],
					       value_int(1000)));
	}
}

FIXTURE_TEARDOWN(transaction)
{
	close(self->fd);
}

/* A watch on the first @n variables. */
static int watch_many(int fd, char names[][8], int n, __u32 flags)
{
	struct localstate_target targets[N_VARIABLES];
	int i;

	for (i = 0; i < n; i++)
		targets[i] = target_name(names[i]);
	return watch_targets(fd, targets, n, flags);
}

/* Take @amount from one variable and give it to another. */
static int move(int fd, const char *from, const char *to, __s64 amount)
{
	struct localstate_set entries[] = {
		operation_request(from, LOCALSTATE_OPERATION_ADD, value_int(-amount)),
		operation_request(to, LOCALSTATE_OPERATION_ADD, value_int(amount)),
	};

	return transaction_run(fd, entries, 2);
}

TEST_F(transaction, last_event_is_marked_end)
{
	struct localstate_set entries[] = {
		set_request(key_name("v2"), value_int(7)),
		set_request(key_name("v0"), value_int(1000)),
		set_request(key_name("v1"), value_int(8)),
	};
	const struct localstate_event *event;
	struct reader reader;
	__u64 time_ns;
	int ref;

	reader_init(&reader, self->fd);
	ref = watch_many(self->fd, self->names, 3, 0);
	ASSERT_LT(0, ref);
	ASSERT_EQ(0, transaction_run(self->fd, entries, 3));
	ASSERT_EVENT(&reader, CHANGED, BATCH, ref, &event);
	EXPECT_EQ(2, event->target);
	EXPECT_EQ(7, event_new_int(event));
	EXPECT_EQ(1000, event_old_int(event));
	EXPECT_EQ(1, event->transaction);
	EXPECT_EQ(0, event->flags & LOCALSTATE_EVENT_END);
	time_ns = event->time_ns;
	ASSERT_EVENT(&reader, CHANGED, BATCH, ref, &event);
	EXPECT_EQ(1, event->target);
	EXPECT_EQ(1, event->transaction);
	EXPECT_EQ(time_ns, event->time_ns);
	EXPECT_EQ(LOCALSTATE_EVENT_END, event->flags & LOCALSTATE_EVENT_END);
	EXPECT_TRUE(reader_is_drained(&reader));
}

TEST_F(transaction, plain_set_and_batch_have_no_end)
{
	struct localstate_set entry = set_request(key_name("v0"), value_int(2));
	struct localstate_batch req = batch_request(&entry, 1, 0);
	const struct localstate_event *event;
	struct reader reader;
	int ref;

	reader_init(&reader, self->fd);
	ref = watch_many(self->fd, self->names, 1, 0);
	ASSERT_LT(0, ref);
	ASSERT_EQ(0, variable_set(self->fd, "v0", value_int(1)));
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_BATCH, &req));
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(0, event->transaction);
	EXPECT_EQ(0, event->flags & LOCALSTATE_EVENT_END);
	ASSERT_EVENT(&reader, CHANGED, BATCH, ref, &event);
	EXPECT_EQ(0, event->transaction);
	EXPECT_EQ(0, event->flags & LOCALSTATE_EVENT_END);
}

/* Two watches of one client, and one of another: END once for each client. */
TEST_F(transaction, end_is_the_clients_not_the_watchs)
{
	int other = session_open(self->name.text);
	const struct localstate_event *event;
	struct reader reader;
	int i, first, second;

	ASSERT_LE(0, other);
	first = watch_many(self->fd, self->names, 2, 0);
	second = watch_many(self->fd, self->names, 2, 0);
	ASSERT_LT(0, first);
	ASSERT_LT(0, second);
	ASSERT_LT(0, watch_many(other, self->names, 2, 0));
	ASSERT_EQ(0, move(self->fd, "v0", "v1", 5));
	reader_init(&reader, self->fd);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
		EXPECT_EQ(i == 3, !!(event->flags & LOCALSTATE_EVENT_END));
	}
	reader_init(&reader, other);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
		EXPECT_EQ(i == 1, !!(event->flags & LOCALSTATE_EVENT_END));
	}
	close(other);
}

/* END is on the last event that the filter lets through. */
TEST_F(transaction, end_is_on_the_last_that_passes_a_filter)
{
	const struct localstate_filter_term term = term_changed(0, value_uint(10));
	struct localstate_set entries[] = {
		set_request(key_name("v0"), value_int(1020)),
		set_request(key_name("v1"), value_int(1030)),
		set_request(key_name("v2"), value_int(1001)),
	};
	const struct localstate_event *event;
	struct localstate_target targets[3];
	struct localstate_watch req;
	struct reader reader;
	int i;

	for (i = 0; i < 3; i++)
		targets[i] = target_name(self->names[i]);
	req = watch_filtered_request(targets, 3, &term, 1, LOCALSTATE_FILTER_ANY);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	reader_init(&reader, self->fd);
	ASSERT_EQ(0, transaction_run(self->fd, entries, 3));
	for (i = 0; i < 2; i++) {
		ASSERT_EVENT(&reader, CHANGED, BATCH, req.ref, &event);
		EXPECT_EQ(i, event->target);
		EXPECT_EQ(i == 1, !!(event->flags & LOCALSTATE_EVENT_END));
	}
	EXPECT_TRUE(reader_is_drained(&reader));
	entries[0] = set_request(key_name("v2"), value_int(1002));
	ASSERT_EQ(0, transaction_run(self->fd, entries, 1));
	EXPECT_TRUE(reader_is_drained(&reader));
}

/* What an overflowing queue delivers: END exactly when nothing waits any more. */
TEST_F(transaction, waiting_events_end_with_the_last)
{
	const struct localstate_event *event = NULL;
	int i, ends = 0, events = 0;
	__s64 sum[N_VARIABLES];
	struct reader reader;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ASSERT_LT(0, watch_many(self->fd, self->names, N_VARIABLES, 0));
	for (i = 0; i < N_VARIABLES; i++)
		sum[i] = 1000;
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, move(self->fd, self->names[i % N_VARIABLES],
				  self->names[(i + 3) % N_VARIABLES], 1 + i));
	reader_init(&reader, self->fd);
	while (reader_next(&reader, 0, &event) > 0) {
		__s64 total = 0;

		sum[event->target] = event_new_int(event);
		events++;
		if (!(event->flags & LOCALSTATE_EVENT_END))
			continue;
		ends++;
		for (i = 0; i < N_VARIABLES; i++)
			total += sum[i];
		EXPECT_EQ(SUM, total);
	}
	/* The ring had room for some, and one END came with the last slot. */
	EXPECT_LT(1, ends);
	EXPECT_LT(N_VARIABLES, events);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(LOCALSTATE_EVENT_END, event->flags & LOCALSTATE_EVENT_END);
}

/* A part that the ring has no room for leaves it as it is. */
TEST_F(transaction, part_larger_than_the_ring_is_delivered)
{
	const struct localstate_event *event;
	struct localstate_set entries[N_VARIABLES];
	int i, watches, events = 0, ends = 0;
	struct reader reader;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	for (watches = 0; watches < 10; watches++)
		ASSERT_LT(0, watch_many(self->fd, self->names, N_VARIABLES, 0));
	for (i = 0; i < N_VARIABLES; i++)
		entries[i] = set_request(key_name(self->names[i]), value_int(i));
	ASSERT_EQ(0, transaction_run(self->fd, entries, N_VARIABLES));
	reader_init(&reader, self->fd);
	while (reader_next(&reader, 0, &event) > 0) {
		events++;
		ends += !!(event->flags & LOCALSTATE_EVENT_END);
		EXPECT_EQ(1, event->transaction);
	}
	EXPECT_EQ(watches * N_VARIABLES, events);
	EXPECT_EQ(1, ends);
}

/* Under fire. */

struct fire {
	struct session_name session;
	char (*names)[8];
	int transactions;
	bool stop;
	__u64 made;
	__u64 snapshots;
	__u64 ends;
	__u64 wrong;
	__u64 errors;
};

#define COUNT(_counter)	__atomic_add_fetch(&(_counter), 1, __ATOMIC_RELAXED)

struct writer {
	pthread_t thread;
	struct fire *fire;
	unsigned int seed;
};

static void *writer_thread(void *data)
{
	struct writer *writer = data;
	struct fire *fire = writer->fire;
	int fd = session_open(fire->session.text);
	int i;

	for (i = 0; i < fire->transactions / N_WRITERS; i++) {
		int from = rand_r(&writer->seed) % N_VARIABLES;
		int to = (from + 1 + rand_r(&writer->seed) % (N_VARIABLES - 1)) %
			 N_VARIABLES;

		if (move(fd, fire->names[from], fire->names[to],
			 1 + rand_r(&writer->seed) % 100))
			COUNT(fire->errors);
		else
			COUNT(fire->made);
	}
	close(fd);
	return NULL;
}

static void *snapshot_thread(void *data)
{
	struct fire *fire = data;
	int fd = session_open(fire->session.text);

	while (!__atomic_load_n(&fire->stop, __ATOMIC_RELAXED)) {
		struct localstate_get gets[N_VARIABLES];
		struct localstate_get_many req;
		__s64 sum = 0;
		int i;

		for (i = 0; i < N_VARIABLES; i++)
			gets[i] = get_request(key_name(fire->names[i]), NULL, 0);
		req = get_many_request(gets, N_VARIABLES);
		if (call(fd, LOCALSTATE_IOC_GET_MANY, &req) || req.failed)
			COUNT(fire->errors);
		for (i = 0; i < N_VARIABLES; i++)
			sum += (__s64)gets[i].value.data;
		if (sum != SUM)
			COUNT(fire->wrong);
		COUNT(fire->snapshots);
	}
	close(fd);
	return NULL;
}

/* Follows by events; what END marks has to have the same sum. */
static void *watcher_thread(void *data)
{
	struct fire *fire = data;
	const struct localstate_event *event;
	__s64 values[N_VARIABLES] = { 0 };
	bool in_sync = false;
	struct reader reader;
	int i, fd, ret;

	fd = session_open(fire->session.text);
	reader_init(&reader, fd);
	if (watch_many(fd, fire->names, N_VARIABLES, LOCALSTATE_WATCH_INITIAL) < 0)
		COUNT(fire->errors);
	for (;;) {
		bool stop = __atomic_load_n(&fire->stop, __ATOMIC_ACQUIRE);
		__s64 sum = 0;

		ret = reader_next(&reader, stop ? 0 : 100, &event);
		if (ret < 0)
			COUNT(fire->errors);
		if (ret < 0 || (!ret && stop))
			break;
		if (!ret)
			continue;
		if (event->kind == LOCALSTATE_EVENT_SYNC)
			in_sync = true;
		else
			values[event->target] = event_new_int(event);
		if (!in_sync || !(event->flags & LOCALSTATE_EVENT_END))
			continue;
		for (i = 0; i < N_VARIABLES; i++)
			sum += values[i];
		if (sum != SUM)
			COUNT(fire->wrong);
		COUNT(fire->ends);
	}
	close(fd);
	return NULL;
}

TEST_F_TIMEOUT(transaction, under_fire_nobody_sees_another_sum, 400)
{
	struct fire fire = { .names = self->names, .session = self->name };
	struct writer writers[N_WRITERS];
	pthread_t readers[N_READERS];
	pthread_t watcher;
	int i;

	fire.transactions = time_scale() > 1 ? 20000 : N_TRANSACTIONS;
	pthread_create(&watcher, NULL, watcher_thread, &fire);
	for (i = 0; i < N_READERS; i++)
		pthread_create(&readers[i], NULL, snapshot_thread, &fire);
	for (i = 0; i < N_WRITERS; i++) {
		writers[i] = (struct writer){ .fire = &fire, .seed = i + 1 };
		pthread_create(&writers[i].thread, NULL, writer_thread, &writers[i]);
	}
	for (i = 0; i < N_WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	__atomic_store_n(&fire.stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < N_READERS; i++)
		pthread_join(readers[i], NULL);
	pthread_join(watcher, NULL);
	EXPECT_EQ(0, fire.wrong);
	EXPECT_EQ(0, fire.errors);
	EXPECT_EQ(fire.transactions, fire.made);
	EXPECT_LT(0, fire.snapshots);
	EXPECT_LT(0, fire.ends);
	TH_LOG("%llu transactions, %llu snapshots, %llu marked ends", fire.made,
	       fire.snapshots, fire.ends);
}

/*
 * Contiguous also beside plain sets of other variables that the client watches:
 * between the first and the last event of a transaction there is no other.
 */
static void *plain_thread(void *data)
{
	struct fire *fire = data;
	int fd = session_open(fire->session.text);
	int i = 0;

	while (!__atomic_load_n(&fire->stop, __ATOMIC_RELAXED))
		variable_set(fd, fire->names[N_VARIABLES - 1], value_int(++i));
	close(fd);
	return NULL;
}

static void *transactions_thread(void *data)
{
	struct fire *fire = data;
	struct localstate_set entries[8];
	int fd = session_open(fire->session.text);
	int i, k;

	for (k = 1; k <= fire->transactions; k++) {
		for (i = 0; i < 8; i++)
			entries[i] = set_request(key_name(fire->names[i]),
						 value_int(k));
		if (transaction_run(fd, entries, 8))
			COUNT(fire->errors);
	}
	__atomic_store_n(&fire->stop, true, __ATOMIC_RELEASE);
	close(fd);
	return NULL;
}

TEST_F_TIMEOUT(transaction, no_other_event_comes_in_between, 120)
{
	struct fire fire = { .names = self->names, .session = self->name,
			     .transactions = 5000 / time_scale() };
	const struct localstate_event *event;
	__u64 inside = 0, whole = 0, plain = 0;
	pthread_t setter, changer;
	struct reader reader;
	int ret, n = 0;

	ASSERT_EQ(0, queue_resize(self->fd, 1 << 20));
	ASSERT_LT(0, watch_many(self->fd, self->names, N_VARIABLES, 0));
	reader_init(&reader, self->fd);
	pthread_create(&setter, NULL, plain_thread, &fire);
	pthread_create(&changer, NULL, transactions_thread, &fire);
	for (;;) {
		bool stop = __atomic_load_n(&fire.stop, __ATOMIC_ACQUIRE);

		ret = reader_next(&reader, stop ? 0 : 100, &event);
		if (ret < 0 || (!ret && stop))
			break;
		if (!ret)
			continue;
		plain += !event->transaction;
		/* A merged one has been in a slot: there END says nothing of it. */
		if (event->merged)
			continue;
		if (inside && event->transaction != inside)
			COUNT(fire.wrong);
		if (event->transaction && !inside)
			n = 0;
		n += !!event->transaction;
		inside = event->flags & LOCALSTATE_EVENT_END ? 0 :
			 event->transaction;
		whole += n == 8 && !inside && event->transaction;
	}
	pthread_join(setter, NULL);
	pthread_join(changer, NULL);
	EXPECT_EQ(0, ret);
	EXPECT_EQ(0, fire.wrong);
	EXPECT_EQ(0, fire.errors);
	EXPECT_LT(0, plain);
	EXPECT_LT(0, whole);
	TH_LOG("%llu whole transactions, %llu plain events", whole, plain);
}

/* Watches end while transactions are at work. */
static void *watching_thread(void *data)
{
	struct fire *fire = data;

	while (!__atomic_load_n(&fire->stop, __ATOMIC_RELAXED)) {
		int fd = session_open(fire->session.text);
		int ref = watch_many(fd, fire->names + 4, 4, 0);

		watch_many(fd, fire->names + 4, 4, 0);
		if (ref < 0 || watch_end(fd, ref))
			COUNT(fire->errors);
		close(fd);
	}
	return NULL;
}

/* Variables come and go: a transaction finds all of them, or none. */
static void *deleting_thread(void *data)
{
	struct fire *fire = data;
	int fd = session_open(fire->session.text);

	while (!__atomic_load_n(&fire->stop, __ATOMIC_RELAXED)) {
		if (variable_delete(fd, fire->names[3]) ||
		    variable_register(fd, fire->names[3], value_int(0)))
			COUNT(fire->errors);
	}
	close(fd);
	return NULL;
}

TEST_F_TIMEOUT(transaction, watches_and_variables_may_go_meanwhile, 120)
{
	struct fire fire = { .names = self->names, .session = self->name };
	int i, k, n = 20000 / time_scale(), made = 0, missing = 0;
	struct localstate_set entries[8];
	pthread_t threads[3];

	pthread_create(&threads[0], NULL, watching_thread, &fire);
	pthread_create(&threads[1], NULL, watching_thread, &fire);
	pthread_create(&threads[2], NULL, deleting_thread, &fire);
	for (k = 1; k <= n; k++) {
		int err;

		for (i = 0; i < 8; i++)
			entries[i] = set_request(key_name(self->names[i]),
						 value_int(k));
		err = transaction_run(self->fd, entries, 8);
		made += !err;
		missing += err == -ENOENT;
	}
	__atomic_store_n(&fire.stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, fire.errors);
	EXPECT_EQ(n, made + missing);
	EXPECT_LT(0, made);
	TH_LOG("%d made, %d without the variable", made, missing);
}

TEST_HARNESS_MAIN
