// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for conditions on the real device.
 */
#include "library_helpers.h"

#include <dirent.h>
#include <math.h>
#include <sys/time.h>

FIXTURE(library_condition) {
	struct session_name name;
	struct lstate_session *s;
	struct lstate_value value;
	struct lstate_stamp stamp;
};

FIXTURE_SETUP(library_condition)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("library_condition");
	ASSERT_EQ(0, lstate_session_open(&self->s, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	ASSERT_EQ(0, lstate_register_int(self->s, "n", 7));
}

FIXTURE_TEARDOWN(library_condition)
{
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

static int wait_for(struct lstate_session *s, const char *condition,
		    unsigned int flags, int timeout_ms)
{
	return lstate_condition_wait(s, condition, flags, timeout_ms, NULL,
				     NULL);
}

/* Does it hold now? */
static bool holds(struct lstate_session *s, const char *condition)
{
	return wait_for(s, condition, 0, 0) == 0;
}

TEST_F(library_condition, present_value_is_enough)
{
	ASSERT_EQ(1, lstate_set_int(self->s, "n", 31));
	EXPECT_EQ(0, lstate_condition_wait(self->s, "n > 30", 0, 0,
					   &self->value, &self->stamp));
	EXPECT_EQ(LSTATE_TYPE_INT, self->value.type);
	EXPECT_EQ(31, self->value.i);
	EXPECT_EQ(1, self->stamp.id);
	EXPECT_EQ(1, self->stamp.version);
	EXPECT_EQ(getpid(), self->stamp.pid);
	EXPECT_EQ(getuid(), self->stamp.uid);
	EXPECT_EQ(0, wait_for(self->s, "@1 in 31..31", 0, -1));
}

TEST_F(library_condition, each_type_is_compared)
{
	struct lstate_value value = lstate_value_string("it's \"ready\"");
	static const char * const choices[] = { "on", "off" };

	ASSERT_EQ(0, lstate_register_bool(self->s, "b", true));
	ASSERT_EQ(0, lstate_register_uint(self->s, "u", UINT64_MAX));
	ASSERT_EQ(0, lstate_register_float(self->s, "f", 0.5));
	ASSERT_EQ(0, lstate_register_string(self->s, "s", "ready"));
	ASSERT_EQ(0, lstate_register_choice(self->s, "c", choices, 2, "off"));
	EXPECT_TRUE(holds(self->s, "b == true"));
	EXPECT_FALSE(holds(self->s, "b == false"));
	EXPECT_TRUE(holds(self->s, "u >= 18446744073709551615"));
	EXPECT_FALSE(holds(self->s, "u < 0xffffffffffffffff"));
	EXPECT_TRUE(holds(self->s, "u & 0x8000000000000000"));
	EXPECT_TRUE(holds(self->s, "f <= 0.5 && f >= 0.5"));
	EXPECT_FALSE(holds(self->s, "f < 0.5 || f > 0.5"));
	EXPECT_TRUE(holds(self->s, "s == 'ready'"));
	EXPECT_TRUE(holds(self->s, "s != \"read\""));
	EXPECT_FALSE(holds(self->s, "s == \"readyy\""));
	EXPECT_TRUE(holds(self->s, "c == 'off'"));
	EXPECT_FALSE(holds(self->s, "c != 'off'"));
	EXPECT_FALSE(holds(self->s, "n not in 1..7"));
	EXPECT_TRUE(holds(self->s, "n not in 8..9"));
	ASSERT_EQ(1, lstate_set(self->s, "s", &value, NULL, 0, NULL));
	EXPECT_FALSE(holds(self->s, "s == 'ready'"));
}

/* The kernel compares nothing with nan, and lets it pass. */
TEST_F(library_condition, nan_fulfils_no_comparison)
{
	ASSERT_EQ(0, lstate_register_float(self->s, "f", NAN));
	EXPECT_FALSE(holds(self->s, "f > 1"));
	EXPECT_FALSE(holds(self->s, "f not in 1..2"));
	EXPECT_FALSE(holds(self->s, "f > 1 || f == 2"));
	EXPECT_FALSE(holds(self->s, "f > 1 && f == nan"));
	EXPECT_TRUE(holds(self->s, "f > 1 || f == nan"));
	EXPECT_TRUE(holds(self->s, "f == nan"));
	EXPECT_FALSE(holds(self->s, "f != nan"));
	EXPECT_TRUE(holds(self->s, "f != 1"));
	EXPECT_TRUE(holds(self->s, "f != 1 && f == nan"));
}

TEST_F(library_condition, what_does_not_hold_times_out)
{
	__s64 since;

	EXPECT_FAILS(-ETIMEDOUT, TIMEOUT,
		     "n: the condition did not hold within the time",
		     wait_for(self->s, "n > 30", 0, 0), self->s);
	since = now_ms();
	EXPECT_FAILS(-ETIMEDOUT, TIMEOUT,
		     "n: the condition did not hold within the time",
		     wait_for(self->s, "n > 30", 0, 20), self->s);
	EXPECT_LE(since + 20, now_ms());
	since = now_ms();
	EXPECT_FAILS(-ETIMEDOUT, TIMEOUT,
		     "m: there was no such variable within the time",
		     wait_for(self->s, "m > 30",
			      LSTATE_CONDITION_ALLOW_MISSING, 20), self->s);
	EXPECT_LE(since + 20, now_ms());
	EXPECT_STREQ("m", lstate_error_name(lstate_session_error(self->s)));
}

TEST_F(library_condition, what_cannot_be_waited_for_is_refused)
{
	struct lstate_session *private = library_session();

	EXPECT_FAILS(-EINVAL, FILTER, "condition: column 3: == is wanted, not =",
		     wait_for(self->s, "n = 5", 0, -1), self->s);
	EXPECT_FAILS(-EINVAL, FILTER,
		     "n: condition: column 5: \"1.5\" is not an int",
		     wait_for(self->s, "n > 1.5", 0, -1), self->s);
	EXPECT_FAILS(-EINVAL, FILTER,
		     "n: condition: column 1: the range is empty",
		     wait_for(self->s, "n in 5..1", 0, -1), self->s);
	EXPECT_FAILS(-EINVAL, FLAGS, "unknown flags",
		     wait_for(self->s, "n > 5", 2, -1), self->s);
	EXPECT_EQ(-ENOENT, wait_for(self->s, "none > 5", 0, -1));
	EXPECT_EQ(-ENOENT, wait_for(self->s, "@99 > 5",
				    LSTATE_CONDITION_ALLOW_MISSING, -1));
	EXPECT_FAILS(-EOPNOTSUPP, NONE,
		     "condition: in a private session nobody can wait",
		     wait_for(private, "n > 5", 0, -1), private);
	lstate_session_close(private);
}

/* ------------------------------------------------------------------------ */

/**
 * struct waiter - a thread that waits
 * @thread: that
 * @name: of the session; it opens that itself
 * @condition: what it waits for
 * @flags: LSTATE_CONDITION_*
 * @rc: how that ended
 * @value: an int
 * @message: of the error
 */
struct waiter {
	pthread_t thread;
	const char *name;
	const char *condition;
	unsigned int flags;
	int rc;
	int64_t value;
	char message[80];
};

static void *waiter_run(void *data)
{
	struct waiter *waiter = data;
	struct lstate_session *s;
	struct lstate_value value = { 0 };

	waiter->rc = lstate_session_open(&s, waiter->name, 0, 0, NULL);
	if (waiter->rc < 0)
		return NULL;
	waiter->rc = lstate_condition_wait(s, waiter->condition, waiter->flags,
					   DEADLINE_MS, &value, NULL);
	if (waiter->rc < 0)
		snprintf(waiter->message, sizeof(waiter->message), "%s",
			 lstate_error_message(lstate_session_error(s)));
	waiter->value = value.type == LSTATE_TYPE_INT ? value.i : 0;
	lstate_value_clear(&value);
	lstate_session_close(s);
	return NULL;
}

/* Has one of our descriptors a watch of which the kernel says this? */
static bool one_has(const char *wanted)
{
	char path[320], line[512];
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir("/proc/self/fdinfo");
	FILE *file;

	while (dir && !found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s",
			 entry->d_name);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file))
			found |= !strncmp(line, "watch:", 6) &&
				 strstr(line, wanted);
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool one_watches(int links)
{
	char wanted[16];

	snprintf(wanted, sizeof(wanted), " links=%d ", links);
	return one_has(wanted);
}

static bool until_one_watches(int links)
{
	__s64 deadline = now_ms() + DEADLINE_MS;

	while (!one_watches(links)) {
		if (now_ms() > deadline)
			return false;
		sched_yield();
	}
	return true;
}

/* Starts to wait, and has a watch with as many links then. */
static bool waiter_start(struct waiter *waiter, int links)
{
	return !pthread_create(&waiter->thread, NULL, waiter_run, waiter) &&
	       until_one_watches(links);
}

static int waiter_join(struct waiter *waiter)
{
	return pthread_join(waiter->thread, NULL) ?: waiter->rc;
}

TEST_F(library_condition, later_value_is_seen_however_short)
{
	struct waiter waiter = { .name = self->name.text,
				 .condition = "n > 30" };
	int i;

	ASSERT_TRUE(waiter_start(&waiter, 1));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(1, lstate_set_int(self->s, "n", i % 2 ? 29 : 30));
	ASSERT_EQ(1, lstate_set_int(self->s, "n", 31));
	ASSERT_EQ(1, lstate_set_int(self->s, "n", 5));
	EXPECT_EQ(0, waiter_join(&waiter));
	EXPECT_EQ(31, waiter.value);
}

/*
 * Each round's value comes while the wait begins, and where that is follows what was
 * found: a little earlier after a watch was there by then, later if there was none.
 */
TEST_F(library_condition, no_value_is_missed_between_look_and_watch)
{
	struct waiter waiter = { .name = self->name.text };
	__s64 deadline = now_ms() + DEADLINE_MS;
	int i, j, k = 20, n_early = 0, n_late = 0;
	char condition[32];
	bool both = false;

	waiter.condition = condition;
	for (i = 1; i <= rounds(150) || (!both && now_ms() < deadline); i++) {
		snprintf(condition, sizeof(condition), "n == %d", i + 100);
		ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, waiter_run, &waiter));
		for (j = 0; j < k; j++)
			library_int(self->s, "n");
		if (one_watches(1)) {
			n_late++;
			k -= (k + 3) / 4;
		} else {
			n_early++;
			k += k / 4 + 4;
		}
		ASSERT_EQ(1, lstate_set_int(self->s, "n", i + 100));
		ASSERT_EQ(0, waiter_join(&waiter));
		ASSERT_EQ(i + 100, waiter.value);
		both = n_early && n_late;
	}
	TH_LOG("%d values before the watch, %d after it", n_early, n_late);
	EXPECT_LT(0, n_early);
	EXPECT_LT(0, n_late);
}

TEST_F(library_condition, deletion_ends_the_wait)
{
	struct waiter waiter = { .name = self->name.text,
				 .condition = "n > 30" };

	ASSERT_TRUE(waiter_start(&waiter, 1));
	ASSERT_EQ(0, lstate_delete(self->s, "n"));
	EXPECT_EQ(-ENOENT, waiter_join(&waiter));
	EXPECT_STREQ("n: it was deleted before the condition held",
		     waiter.message);
}

TEST_F(library_condition, end_of_the_session_ends_the_wait)
{
	struct waiter waiter = { .name = self->name.text,
				 .condition = "n > 30" };

	ASSERT_TRUE(waiter_start(&waiter, 1));
	ASSERT_EQ(0, lstate_session_destroy(self->s));
	EXPECT_EQ(-ESHUTDOWN, waiter_join(&waiter));
	EXPECT_STREQ("the session has ended", waiter.message);
	EXPECT_FAILS(-ESHUTDOWN, NONE, "the session has ended",
		     wait_for(self->s, "n > 30", 0, -1), self->s);
}

/* A session of the same name is another one. */
TEST_F(library_condition, successor_of_the_session_is_not_waited_in)
{
	struct lstate_session *other;

	ASSERT_EQ(0, lstate_session_destroy(self->s));
	ASSERT_EQ(0, lstate_session_open(&other, self->name.text,
					 LSTATE_OPEN_CREATE, 0600, NULL));
	ASSERT_EQ(0, lstate_register_int(other, "n", 31));
	EXPECT_FAILS(-ESHUTDOWN, NONE, "the session has ended",
		     wait_for(self->s, "n > 30", 0, 0), self->s);
	lstate_session_close(other);
}

TEST_F(library_condition, missing_variable_is_waited_for)
{
	struct waiter waiter = { .name = self->name.text,
				 .condition = "m > 30",
				 .flags = LSTATE_CONDITION_ALLOW_MISSING };

	ASSERT_TRUE(waiter_start(&waiter, 0));
	ASSERT_EQ(0, lstate_register_string(self->s, "m2", "x"));
	ASSERT_EQ(0, lstate_register_int(self->s, "m", 3));
	ASSERT_TRUE(until_one_watches(1));
	ASSERT_EQ(0, lstate_delete(self->s, "m"));
	ASSERT_TRUE(until_one_watches(0));
	ASSERT_EQ(0, lstate_register_int(self->s, "m", 32));
	EXPECT_EQ(0, waiter_join(&waiter));
	EXPECT_EQ(32, waiter.value);
}

TEST_F(library_condition, missing_variable_may_come_with_another_type)
{
	struct waiter waiter = { .name = self->name.text,
				 .condition = "m > 30",
				 .flags = LSTATE_CONDITION_ALLOW_MISSING };

	ASSERT_TRUE(waiter_start(&waiter, 0));
	ASSERT_EQ(0, lstate_register_string(self->s, "m", "x"));
	EXPECT_EQ(-EINVAL, waiter_join(&waiter));
	EXPECT_STREQ("m: condition: column 1: a string has no order",
		     waiter.message);
}

/* Long before the filter can be known, and long after the waiter would look again. */
TEST_F(library_condition, no_value_of_a_missing_variable_is_missed)
{
	struct waiter waiter = { .name = self->name.text, .condition = "m == 2",
				 .flags = LSTATE_CONDITION_ALLOW_MISSING };
	struct lstate_session *other;
	int i;

	for (i = 0; i < rounds(50); i++) {
		ASSERT_TRUE(waiter_start(&waiter, 0));
		ASSERT_EQ(0, lstate_register_int(self->s, "m", i % 3 ? 1 : 2));
		if (i % 3)
			ASSERT_EQ(1, lstate_set_int(self->s, "m", 2));
		if (i % 3 == 2)
			ASSERT_EQ(1, lstate_set_int(self->s, "m", 3));
		ASSERT_EQ(0, lstate_delete(self->s, "m"));
		ASSERT_EQ(0, waiter_join(&waiter));
		ASSERT_EQ(2, waiter.value);
	}
	/* The same for one that was there. */
	waiter.condition = "n == 2";
	ASSERT_TRUE(waiter_start(&waiter, 1));
	ASSERT_EQ(0, lstate_session_open(&other, self->name.text, 0, 0, NULL));
	ASSERT_EQ(0, lstate_delete(other, "n"));
	ASSERT_EQ(0, lstate_register_int(other, "n", 2));
	ASSERT_EQ(0, lstate_delete(other, "n"));
	lstate_session_close(other);
	EXPECT_EQ(0, waiter_join(&waiter));
	EXPECT_EQ(2, waiter.value);
}

/* What it is not told of costs it nothing. */
TEST_F(library_condition, filter_follows_the_variable)
{
	struct waiter waiter = { .name = self->name.text, .condition = "m > 30",
				 .flags = LSTATE_CONDITION_ALLOW_MISSING };
	__s64 deadline = now_ms() + DEADLINE_MS;
	int i;

	ASSERT_TRUE(waiter_start(&waiter, 0));
	ASSERT_EQ(0, lstate_register_int(self->s, "m", 3));
	for (i = 4; one_has(" filtered=0\n") && now_ms() < deadline; i = 9 - i)
		ASSERT_EQ(1, lstate_set_int(self->s, "m", i));
	EXPECT_FALSE(one_has(" filtered=0\n"));
	ASSERT_EQ(1, lstate_set_int(self->s, "m", 31));
	EXPECT_EQ(0, waiter_join(&waiter));
	EXPECT_EQ(31, waiter.value);
	ASSERT_EQ(0, lstate_delete(self->s, "m"));
	/* A senseless one is refused as soon as the type is known. */
	waiter.condition = "m in 5..1";
	ASSERT_TRUE(waiter_start(&waiter, 0));
	ASSERT_EQ(0, lstate_register_int(self->s, "m", 3));
	EXPECT_EQ(-EINVAL, waiter_join(&waiter));
	EXPECT_STREQ("m: condition: column 1: the range is empty",
		     waiter.message);
}

/* It cannot come back. */
TEST_F(library_condition, deletion_ends_the_wait_for_an_id)
{
	struct waiter waiter = { .name = self->name.text, .condition = "@1 > 30",
				 .flags = LSTATE_CONDITION_ALLOW_MISSING };

	ASSERT_TRUE(waiter_start(&waiter, 1));
	ASSERT_EQ(0, lstate_delete(self->s, "n"));
	EXPECT_EQ(-ENOENT, waiter_join(&waiter));
	EXPECT_STREQ("@1: it was deleted before the condition held", waiter.message);
}

/* Though it was right for the one before. */
TEST_F(library_condition, condition_is_right_for_each_successor)
{
	static const char * const first[] = { "idle", "ready" }, * const then[] = { "on", "off" };
	struct waiter waiter = { .name = self->name.text, .condition = "c == 'ready'",
				 .flags = LSTATE_CONDITION_ALLOW_MISSING };

	ASSERT_EQ(0, lstate_register_choice(self->s, "c", first, 2, "idle"));
	ASSERT_TRUE(waiter_start(&waiter, 1));
	ASSERT_EQ(0, lstate_delete(self->s, "c"));
	ASSERT_EQ(0, lstate_register_choice(self->s, "c", then, 2, "on"));
	EXPECT_EQ(-EINVAL, waiter_join(&waiter));
	EXPECT_STREQ("c: condition: column 1: this makes no sense for the choice",
		     waiter.message);
}

/* Nothing is known of it but that it was there. */
TEST_F(library_condition, long_text_of_a_missing_variable_is_asked_for)
{
	static char text[2000], condition[2100];
	struct waiter waiter = { .name = self->name.text, .condition = condition,
				 .flags = LSTATE_CONDITION_ALLOW_MISSING };

	memset(text, 't', sizeof(text) - 1);
	snprintf(condition, sizeof(condition), "m == '%s'", text);
	ASSERT_TRUE(waiter_start(&waiter, 0));
	text[0] = 'u';
	ASSERT_EQ(0, lstate_register_string(self->s, "m", text));
	text[0] = 't';
	ASSERT_EQ(1, lstate_set_string(self->s, "m", text));
	EXPECT_EQ(0, waiter_join(&waiter));
	ASSERT_EQ(0, lstate_condition_wait(self->s, condition, 0, 0, &self->value,
					   NULL));
	EXPECT_STREQ(text, self->value.s);
	lstate_value_clear(&self->value);
}

/* ------------------------------------------------------------------------ */

static void count_event(const char *identifier,
			const struct lstate_value *old_value,
			const struct lstate_value *new_value,
			const struct lstate_metadata *metadata,
			const struct lstate_event *event, void *user_data)
{
	int *n = user_data;

	if (lstate_event_kind(event) != LSTATE_EVENT_CHANGED)
		return;
	++*n;
}

/* Other watches of the session get their events, when they are dispatched. */
TEST_F(library_condition, events_of_other_watches_stay)
{
	static const char * const targets[] = { "n" };
	int n = 0;

	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, NULL, count_event,
				      &n, NULL, NULL));
	ASSERT_EQ(1, lstate_set_int(self->s, "n", 8));
	EXPECT_EQ(0, wait_for(self->s, "n == 8", 0, -1));
	EXPECT_EQ(-ETIMEDOUT, wait_for(self->s, "n == 9", 0, 1));
	EXPECT_EQ(0, n);
	EXPECT_EQ(1, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, n);
	EXPECT_EQ(NULL, lstate_watch_next(self->s, lstate_watch_next(self->s, NULL)));
}

static void do_nothing(int signal)
{
}

TEST_F(library_condition, signal_ends_the_wait)
{
	struct sigaction action = { .sa_handler = do_nothing, .sa_flags = SA_RESTART };
	struct itimerval timer = { { 0, 10000 }, { 0, 10000 } };

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
	EXPECT_EQ(-EINTR, wait_for(self->s, "n > 30", 0, DEADLINE_MS));
	EXPECT_EQ(-EINTR, lstate_error_code(lstate_session_error(self->s)));
	timer = (struct itimerval){ 0 };
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
	EXPECT_FALSE(holds(self->s, "n > 30"));
}

static int user_cannot_wait(void *data)
{
	struct lstate_session *s = data;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	CHILD_CHECK(library_int(s, "n") == 7);
	CHILD_CHECK(wait_for(s, "n == 7", 0, 0) == -EACCES);
	CHILD_CHECK(lstate_error_code(lstate_session_error(s)) == -EACCES);
	return 0;
}

/* What a descriptor may do that was inherited does not open the session again. */
TEST_F(library_condition, right_to_read_is_needed)
{
	EXPECT_EQ(0, child_run(user_cannot_wait, self->s));
}

TEST_HARNESS_MAIN
