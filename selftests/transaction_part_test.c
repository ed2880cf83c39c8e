// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions that no ring has room for, while the client reads: their events go into
 * slots, and the queue's lock is dropped after every 64 of them (LS_PART_STEPS of
 * kmod/queue.c).  They stay together, and END comes all the same.
 */
#include "batch_helpers.h"
#include "pattern_helpers.h"
#include "process_helpers.h"

#define N_MOST		128
#define N_TRANSACTIONS	rounds(200)

FIXTURE(transaction_part) {
	struct session_name name;
	int fd;
	struct arena *arena;
};

/**
 * FIXTURE_VARIANT(transaction_part) - how large, and beside what
 * @n: variables that each transaction changes
 * @disturb: somebody sets another variable all the time
 */
FIXTURE_VARIANT(transaction_part) {
	int n;
	bool disturb;
};

FIXTURE_VARIANT_ADD(transaction_part, exactly_to_the_drop) {
	.n = 64,
};

FIXTURE_VARIANT_ADD(transaction_part, exactly_to_the_second_drop) {
	.n = 128,
};

FIXTURE_VARIANT_ADD(transaction_part, disturbed) {
	.n = 128,
	.disturb = true,
};

/**
 * struct arena - what the processes share
 * @gate: they start together; it is stopped when all has been read
 * @session: where
 * @n: variables of a transaction
 * @read: transactions that have been read to their END
 */
struct arena {
	struct gate *gate;
	const char *session;
	int n;
	int read;
};

static void part_name(char *name, int i)
{
	sprintf(name, "v/%03d", i);
}

FIXTURE_SETUP(transaction_part)
{
	char name[16];
	int i;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("transaction.part");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < variant->n; i++) {
		part_name(name, i);
		ASSERT_EQ(0, variable_register(self->fd, name, value_int(0)));
	}
	ASSERT_EQ(0, variable_register(self->fd, "v/other", value_int(0)));
	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ASSERT_LT(N_INT_RECORDS, variant->n);
	ASSERT_LE(1, watch_pattern(self->fd, "v/*", 0));
	self->arena = shared_alloc(sizeof(*self->arena));
	ASSERT_NE(NULL, self->arena);
	self->arena->gate = gate_alloc(2 + variant->disturb);
	self->arena->session = self->name.text;
	self->arena->n = variant->n;
}

FIXTURE_TEARDOWN(transaction_part)
{
	close(self->fd);
}

/* One after the other, each when the one before has been read. */
static int change_all(void *data)
{
	static struct localstate_set entries[N_MOST];
	static char names[N_MOST][16];
	struct arena *arena = data;
	int fd = session_open(arena->session);
	int i, j;

	CHILD_CHECK(fd >= 0);
	gate_pass(arena->gate);
	for (i = 1; i <= N_TRANSACTIONS; i++) {
		for (j = 0; j < arena->n; j++) {
			part_name(names[j], j);
			entries[j] = set_request(key_name(names[j]), value_int(i));
		}
		CHILD_CHECK(!transaction_run(fd, entries, arena->n));
		while (__atomic_load_n(&arena->read, __ATOMIC_ACQUIRE) < i) {
			if (gate_is_stopped(arena->gate))
				return 0;
			sched_yield();
		}
	}
	return 0;
}

static int change_another(void *data)
{
	struct arena *arena = data;
	int fd = session_open(arena->session);
	int i;

	CHILD_CHECK(fd >= 0);
	gate_pass(arena->gate);
	for (i = 1; !gate_is_stopped(arena->gate); i++)
		CHILD_CHECK(!variable_set(fd, "v/other", value_int(i)));
	return 0;
}

/* All events of one transaction, and END: 0, or -errno. */
static int read_part(struct reader *reader, int n)
{
	__s64 deadline = now_ms() + DEADLINE_MS;
	const struct localstate_event *event;
	bool end = false;
	int seen = 0, ret;

	while (seen < n || !end) {
		ret = reader_next(reader, 0, &event);
		if (ret < 0)
			return ret;
		if (!ret && now_ms() > deadline)
			return seen < n ? -ETIME : -ENODATA;
		if (!ret)
			continue;
		if (event->transaction)
			seen++;
		else if (seen && seen < n)
			return -EILSEQ;
		if (event->flags & LOCALSTATE_EVENT_END)
			end = seen;
	}
	return seen == n ? 0 : -EOVERFLOW;
}

TEST_F_TIMEOUT(transaction_part, stays_together_and_ends, 120)
{
	struct arena *arena = self->arena;
	pid_t writer, other = 0;
	struct reader reader;
	int ret = 0;

	reader_init(&reader, self->fd);
	writer = child_start(change_all, arena);
	ASSERT_LT(0, writer);
	if (variant->disturb) {
		other = child_start(change_another, arena);
		ASSERT_LT(0, other);
	}
	gate_pass(arena->gate);
	while (!ret && arena->read < N_TRANSACTIONS) {
		ret = read_part(&reader, arena->n);
		if (!ret)
			__atomic_add_fetch(&arena->read, 1, __ATOMIC_RELEASE);
	}
	EXPECT_EQ(0, ret);
	EXPECT_EQ(N_TRANSACTIONS, arena->read);
	gate_stop(arena->gate);
	EXPECT_EQ(0, child_wait(writer));
	if (other)
		EXPECT_EQ(0, child_wait(other));
}

TEST_HARNESS_MAIN
