// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's export and import on the real device.
 */
#include <math.h>
#include <sys/mman.h>

#include "library_import_helpers.h"

/* Entries, and files of them: the second entry of "mixed" is refused. */
#define FILE_OF(_entries)	"{\"variables\":[" _entries "]}"
#define INT(_name, _rest)	"{\"name\":\"" _name "\",\"type\":\"int\"" _rest "}"
#define TWO			",\"value\":2"

static const char mixed[] = FILE_OF("\n" INT("a", TWO) ",\n" INT("b", ",\"max\":1" TWO));
static const char both[] = FILE_OF(INT("a", TWO) "," INT("b", TWO));

FIXTURE(library_import) {
	struct lstate_session *s;
	struct lstate_session *other;
};

FIXTURE_SETUP(library_import)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	self->other = library_session();
	ASSERT_NE(NULL, self->s);
	ASSERT_NE(NULL, self->other);
}

FIXTURE_TEARDOWN(library_import)
{
	lstate_session_close(self->s);
	lstate_session_close(self->other);
	EXPECT_NO_LEAK();
}

/* Export into a file of memory; its descriptor, at the start, or -errno. */
static int export_all(struct lstate_session *s)
{
	int fd = memfd_create("export", MFD_CLOEXEC), rc;
	struct lstate_export *exporting;
	const char *data;
	size_t length;

	rc = lstate_export_open(s, NULL, &exporting);
	if (rc < 0)
		return rc;
	while ((rc = lstate_export_next(exporting, &data, &length)) > 0)
		if (write(fd, data, length) != (ssize_t)length)
			abort();
	lstate_export_close(exporting);
	if (rc < 0 || lseek(fd, 0, SEEK_SET))
		abort();
	return fd;
}

static bool same_bytes(int a, int b)
{
	static char one[4096], two[4096];
	ssize_t n = pread(a, one, sizeof(one), 0);

	return n > 0 && pread(b, two, sizeof(two), 0) == n &&
	       !memcmp(one, two, n);
}

TEST_F(library_import, exported_session_comes_back)
{
	struct reports reports = { 0 };
	int a, b;

	ASSERT_EQ(0, lstate_register_int(self->s, "i", INT64_MIN));
	ASSERT_EQ(0, lstate_register_float(self->s, "f", -0.0));
	ASSERT_EQ(0, lstate_register_string(self->s, "s", "\"\n"));
	ASSERT_EQ(1, lstate_set_int(self->s, "i", 5));
	ASSERT_EQ(0, lstate_delete(self->s, "f"));
	a = export_all(self->s);
	ASSERT_LE(0, a);
	EXPECT_EQ(0, lstate_import(self->other, a, 0, report, &reports));
	EXPECT_EQ(2, reports.n);
	EXPECT_STREQ("created i 2", reports.line[0]);
	EXPECT_STREQ("created s 3", reports.line[1]);
	b = export_all(self->other);
	EXPECT_TRUE(same_bytes(a, b));
	close(a);
	close(b);
}

TEST_F(library_import, refused_entry_is_reported)
{
	struct reports reports;

	ASSERT_EQ(0, lstate_register_int(self->s, "a", 1));
	EXPECT_EQ(1, import_text(self->s, mixed, 0, &reports));
	EXPECT_STREQ("changed a 2", reports.line[0]);
	EXPECT_STREQ("refused b 3 b: 2 is above the maximum 1",
		     reports.line[1]);
	EXPECT_EQ(2, library_int(self->s, "a"));
}

TEST_F(library_import, atomic_one_changes_nothing_if_refused)
{
	struct reports reports;

	ASSERT_EQ(0, lstate_register_int(self->s, "a", 1));
	EXPECT_EQ(1, import_text(self->s, mixed, LSTATE_IMPORT_ATOMIC,
				 &reports));
	EXPECT_EQ(1, reports.n);
	EXPECT_EQ(1, library_int(self->s, "a"));
	EXPECT_TRUE(library_is_absent(self->s, "b"));
}

/* ---- atomic, and somebody interferes --------------------------------------- */

static const char three[] = FILE_OF(INT("new", TWO) ",\n" INT("a", TWO) ",\n" INT("b", TWO));

static int two_ints(struct lstate_session *s, const char *a, const char *b)
{
	return lstate_register_int(s, a, 1) ?: lstate_register_int(s, b, 1);
}

/* Of which transactions the events were. */
struct parts {
	int n;
	uint64_t transaction[2];
	bool end[2];
};

static void note(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	struct parts *parts = user_data;

	if (parts->n < 2) {
		parts->transaction[parts->n] = lstate_event_transaction(event);
		parts->end[parts->n] = lstate_event_is_end(event);
	}
	parts->n++;
}

TEST_F(library_import, atomic_one_sets_all_in_one_transaction)
{
	const char *const targets[] = { "a", "b" };
	struct parts parts = { 0 };
	struct reports reports;

	ASSERT_EQ(0, two_ints(self->s, "a", "b"));
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 2, NULL, note, &parts,
				      NULL, NULL));
	EXPECT_EQ(0, import_text(self->s, three, LSTATE_IMPORT_ATOMIC,
				 &reports));
	EXPECT_EQ(3, reports.n);
	EXPECT_STREQ("created new 1", reports.line[0]);
	EXPECT_STREQ("changed a 2", reports.line[1]);
	EXPECT_STREQ("changed b 3", reports.line[2]);
	EXPECT_LT(0, lstate_session_dispatch(self->s));
	ASSERT_EQ(2, parts.n);
	EXPECT_NE(0, parts.transaction[0]);
	EXPECT_EQ(parts.transaction[0], parts.transaction[1]);
	EXPECT_FALSE(parts.end[0]);
	EXPECT_TRUE(parts.end[1]);
}

/* The check does not see the claim, but the transaction does. */
TEST_F(library_import, atomic_one_that_meets_a_claim_deletes_what_it_made)
{
	struct session_name name = session_name_unique("library_import");
	struct lstate_session *s, *holder;
	struct reports reports;

	ASSERT_EQ(0, lstate_session_open(&s, name.text, LSTATE_OPEN_CREATE,
					 0600, NULL));
	ASSERT_EQ(0, lstate_session_open(&holder, name.text, 0, 0, NULL));
	ASSERT_EQ(0, two_ints(s, "a", "b"));
	ASSERT_EQ(0, lstate_claim_take(holder, "b", LSTATE_CLAIM_END_NONE,
				       NULL, NULL, 0));
	EXPECT_EQ(1, import_text(s, three, LSTATE_IMPORT_ATOMIC, &reports));
	EXPECT_EQ(1, reports.n);
	EXPECT_EQ(0, strncmp("refused b 3 b: ", reports.line[0], 15));
	EXPECT_TRUE(library_is_absent(s, "new"));
	EXPECT_EQ(1, library_int(s, "a"));
	EXPECT_TRUE(library_version_is(s, "a", 0));
	EXPECT_EQ(1, library_int(s, "b"));
	lstate_session_close(holder);
	EXPECT_EQ(0, import_text(s, three, LSTATE_IMPORT_ATOMIC, &reports));
	EXPECT_EQ(2, library_int(s, "b"));
	lstate_session_close(s);
}

static void count(const char *identifier, const struct lstate_value *old_value,
		  const struct lstate_value *new_value,
		  const struct lstate_metadata *metadata,
		  const struct lstate_event *event, void *user_data)
{
	++*(int *)user_data;
}

/* A change is tried by the kernel, but nobody sees anything of it. */
TEST_F(library_import, trial_leaves_nothing_behind)
{
	static const char * const targets[] = { "a" };
	struct lstate_value value;
	struct lstate_stamp stamp;
	struct reports reports;
	int n = 0;

	ASSERT_EQ(0, lstate_register_int(self->s, "a", 1));
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, NULL, count, &n, NULL,
				      NULL));
	EXPECT_EQ(0, import_text(self->s, FILE_OF(INT("a", TWO)),
				 LSTATE_IMPORT_DRY_RUN, &reports));
	EXPECT_STREQ("changed a 1", reports.line[0]);
	EXPECT_EQ(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(0, n);
	ASSERT_EQ(0, lstate_get(self->s, "a", &value, &stamp));
	EXPECT_EQ(1, value.i);
	EXPECT_EQ(0, stamp.version);
}

/* Also what an import would fail of because of what the variable has already. */
TEST_F(library_import, trial_sees_what_metadata_would_be)
{
	static char big[3001], file[4096];
	const struct lstate_metadata metadata[] = { { "k", big }, { NULL, NULL } };
	struct lstate_value one = lstate_value_int(1);
	struct reports reports;

	memset(big, 'x', sizeof(big) - 1);
	ASSERT_EQ(0, lstate_register_int(self->s, "a", 0));
	ASSERT_EQ(1, lstate_set(self->s, "a", &one, metadata, LSTATE_ANY_VERSION,
				NULL));
	snprintf(file, sizeof(file), FILE_OF(INT("a", TWO ",\"metadata\":{\"l\":\"%s\"}")),
		 big);
	EXPECT_EQ(-EDQUOT, import_text(self->s, file, LSTATE_IMPORT_DRY_RUN, &reports));
	EXPECT_EQ(-EDQUOT, import_text(self->s, file, LSTATE_IMPORT_ATOMIC, &reports));
	EXPECT_EQ(-EDQUOT, import_text(self->s, file, 0, &reports));
	EXPECT_EQ(1, library_int(self->s, "a"));
}

TEST_F(library_import, read_only_one_that_is_equal_is_equal)
{
	static const char file[] = FILE_OF(INT("a", ",\"read_only\":true,\"value\":2"));
	const unsigned int flags[] = { 0, LSTATE_IMPORT_ATOMIC };
	struct reports reports;
	unsigned int i;

	EXPECT_EQ(0, import_text(self->s, file, 0, &reports));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(0, import_text(self->s, file, flags[i], &reports));
		EXPECT_STREQ("equal a 1", reports.line[0]);
	}
}

TEST_F(library_import, atomic_one_of_more_than_fit_is_einval)
{
	enum { N = LOCALSTATE_BATCH_MAX + 1 };
	static char file[N * 64];
	struct reports reports;
	size_t at = 0;
	char name[16];
	int i;

	at += sprintf(file + at, "{\"variables\":[");
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		ASSERT_EQ(0, lstate_register_int(self->s, name, 1));
		at += sprintf(file + at,
			      "{\"name\":\"%s\",\"type\":\"int\",\"value\":2},", name);
	}
	sprintf(file + at, INT("new", "") "]}");
	EXPECT_FAILS(-EINVAL, ENTRIES,
		     "import: 1025 variables are there already, but 1024 at most can be set at once",
		     import_text(self->s, file, LSTATE_IMPORT_ATOMIC, &reports),
		     self->s);
	EXPECT_TRUE(library_is_absent(self->s, "new"));
	EXPECT_EQ(1, library_int(self->s, "v0"));
	/* One less is possible. */
	ASSERT_EQ(0, lstate_delete(self->s, "v0"));
	EXPECT_EQ(0, import_text(self->s, file, LSTATE_IMPORT_ATOMIC, &reports));
	EXPECT_EQ(2, library_int(self->s, "v1024"));
}

/* Adds 2 to b again and again, so that it is never what the file says. */
static int disturb(void *data)
{
	const struct session_name *name = data;
	struct lstate_session *s;
	int rc;

	CHILD_CHECK(!lstate_session_open(&s, name->text, 0, 0, NULL));
	do {
		rc = lstate_add_int(s, "b", 2, NULL);
	} while (rc > 0);
	/* The session has ended. */
	CHILD_CHECK(rc == -ESHUTDOWN);
	return 0;
}

/* Whatever the neighbour does: a is set if b was, and nothing else is left. */
TEST_F_TIMEOUT(library_import, atomic_one_beside_a_setter_is_all_or_nothing, 60)
{
	struct session_name name = session_name_unique("library_import");
	struct reports reports;
	struct lstate_session *s;
	__s64 deadline = now_ms() + DEADLINE_MS;
	int done = 0, refused = 0, i, rc;
	pid_t pid;

	ASSERT_EQ(0, lstate_session_open(&s, name.text, LSTATE_OPEN_CREATE,
					 0600, NULL));
	ASSERT_EQ(0, two_ints(s, "a", "b"));
	pid = child_start(disturb, &name);
	/* And on until they have met. */
	for (i = 0; i < rounds(100) || (!refused && now_ms() < deadline); i++) {
		rc = import_text(s, three, LSTATE_IMPORT_ATOMIC, &reports);
		ASSERT_TRUE(rc == 0 || rc == 1);
		ASSERT_EQ(rc ? 1 : 2, library_int(s, "a"));
		ASSERT_EQ(!!rc, library_is_absent(s, "new"));
		if (!rc) {
			done++;
			ASSERT_EQ(1, lstate_set_int(s, "a", 1));
			ASSERT_EQ(0, lstate_delete(s, "new"));
			continue;
		}
		refused++;
		ASSERT_EQ(1, reports.n);
		ASSERT_EQ(0, strncmp("refused b 3 b: ", reports.line[0], 15));
	}
	TH_LOG("%d done, %d refused", done, refused);
	EXPECT_LT(0, refused);
	ASSERT_EQ(0, lstate_session_destroy(s));
	EXPECT_EQ(0, child_wait(pid));
	lstate_session_close(s);
}

TEST_F(library_import, declared_one_keeps_its_value)
{
	struct reports reports;

	ASSERT_EQ(0, lstate_register_int(self->s, "a", 1));
	EXPECT_EQ(0, import_text(self->s, both, LSTATE_IMPORT_DECLARE,
				 &reports));
	EXPECT_STREQ("equal a 1", reports.line[0]);
	EXPECT_STREQ("created b 1", reports.line[1]);
	EXPECT_EQ(1, library_int(self->s, "a"));
	EXPECT_EQ(2, library_int(self->s, "b"));
}

/* The events of a watch, as lines of a file. */
static void record(const char *identifier, const struct lstate_value *old_value,
		   const struct lstate_value *new_value,
		   const struct lstate_metadata *metadata,
		   const struct lstate_event *event, void *user_data)
{
	int *fd = user_data;
	char *line;
	int length = lstate_record_write(event, NULL, &line);

	if (length < 0)
		return;
	if (write(*fd, line, length) != length)
		abort();
	free(line);
}

TEST_F(library_import, recorded_changes_are_read_again)
{
	int fd = memfd_create("record", MFD_CLOEXEC);
	const char *const targets[] = { "f" };
	struct lstate_history *history;
	struct lstate_record read;

	ASSERT_EQ(0, lstate_register_float(self->s, "f", 0.5));
	ASSERT_EQ(0, lstate_watch_add(self->s, targets, 1, NULL, record, &fd,
				      NULL, NULL));
	ASSERT_EQ(1, lstate_set_float(self->s, "f", -INFINITY));
	ASSERT_EQ(1, lstate_set_float(self->s, "f", 1));
	EXPECT_LT(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(5, write(fd, "\n[1]\n", 5));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	ASSERT_EQ(0, lstate_history_open(&history, fd));
	ASSERT_EQ(1, lstate_history_next(history, &read));
	EXPECT_STREQ("f", read.name);
	EXPECT_EQ(-INFINITY, read.value->f);
	EXPECT_EQ(1, read.version);
	EXPECT_EQ(getpid(), read.pid);
	EXPECT_EQ(1, read.line);
	ASSERT_EQ(1, lstate_history_next(history, &read));
	EXPECT_EQ(1, read.value->f);
	EXPECT_EQ(-EBADMSG, lstate_history_next(history, &read));
	EXPECT_STREQ("line 4: an object is wanted",
		     lstate_history_problem(history));
	lstate_history_close(history);
	close(fd);
}

TEST_F(library_import, unknown_flag_is_einval)
{
	struct reports reports;

	EXPECT_FAILS(-EINVAL, FLAGS, "import: unknown flags",
		     import_text(self->s, "{\"variables\":[]}", 1U << 3,
				 &reports), self->s);
	EXPECT_STREQ("unknown", lstate_import_status_name(99));
}

TEST_HARNESS_MAIN
