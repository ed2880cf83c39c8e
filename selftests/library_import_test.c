// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's export and import on the real device.
 */
#include <math.h>
#include <sys/mman.h>

#include "library_helpers.h"

#define LINES_MAX 16

/* Entries, and files of them: the second entry of "mixed" is refused. */
#define FILE_OF(_entries)	"{\"variables\":[" _entries "]}"
#define INT(_name, _rest)	"{\"name\":\"" _name "\",\"type\":\"int\"" _rest "}"
#define TWO			",\"value\":2"

static const char mixed[] = FILE_OF("\n" INT("a", TWO) ",\n" INT("b", ",\"max\":1" TWO));
static const char both[] = FILE_OF(INT("a", TWO) "," INT("b", TWO));
static const char twice[] = FILE_OF(INT("a", "") ",\n" INT("a", ""));

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

/* What a report was told. */
struct reports {
	int n;
	char line[LINES_MAX][160];
};

static void report(const char *name, enum lstate_import_status status,
		   uint64_t line, const char *reason, void *user_data)
{
	struct reports *reports = user_data;

	if (reports->n < LINES_MAX)
		snprintf(reports->line[reports->n], sizeof(reports->line[0]),
			 "%s %s %d%s%s", lstate_import_status_name(status),
			 name, (int)line, reason ? " " : "",
			 reason ? reason : "");
	reports->n++;
}

static int import_text(struct lstate_session *s, const char *text,
		       unsigned int flags, struct reports *reports)
{
	int fd = memfd_create("import", MFD_CLOEXEC), rc;

	memset(reports, 0, sizeof(*reports));
	if (write(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET))
		abort();
	rc = lstate_import(s, fd, flags, report, reports);
	close(fd);
	return rc;
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

TEST_F(library_import, broken_file_is_ebadmsg)
{
	struct reports reports;

	EXPECT_FAILS(-EBADMSG, NONE, "line 2: a for the second time",
		     import_text(self->s, twice, 0, &reports), self->s);
	EXPECT_EQ(0, reports.n);
	EXPECT_TRUE(library_is_absent(self->s, "a"));
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
