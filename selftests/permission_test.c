// SPDX-License-Identifier: GPL-2.0-only
/*
 * The permission matrix: who may call what. Each cell has a session of its own,
 * which belongs to OTHER_UID and OTHER_GID; whoever is asked about attaches to
 * it in a process of its own and makes one valid call. What is refused changes
 * nothing.
 */
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "batch_helpers.h"
#include "filter_helpers.h"
#include "process_helpers.h"

/**
 * struct subject - who asks
 * @who: for the log
 * @mode: of the session
 * @uid: of the process
 * @gid: of the process
 * @read_only: the descriptor is
 * @write_only: the descriptor is
 * @creator: through the descriptor that has made the session
 * @capable: with CAP_DAC_OVERRIDE, and no other capability
 * @elsewhere: in another network namespace
 */
struct subject {
	const char *who;
	__u32 mode;
	uid_t uid;
	gid_t gid;
	bool read_only;
	bool write_only;
	bool creator;
	bool capable;
	bool elsewhere;
};

#define OWNER .uid = OTHER_UID, .gid = STRANGER_GID
#define GROUP .uid = STRANGER_UID, .gid = OTHER_GID
#define OTHER .uid = STRANGER_UID, .gid = STRANGER_GID

/* The columns. */
static const struct subject subjects[] = {
	{ "creator, 0000", 0000, OWNER, .creator = true },
	{ "owner, 0600", 0600, OWNER },
	{ "owner, 0400", 0400, OWNER },
	{ "owner, 0200", 0200, OWNER },
	{ "owner, 0066", 0066, OWNER },
	{ "group, 0060", 0060, GROUP },
	{ "group, 0040", 0040, GROUP },
	{ "group, 0020", 0020, GROUP },
	{ "group, 0606", 0606, GROUP },
	{ "other, 0006", 0006, OTHER },
	{ "other, 0004", 0004, OTHER },
	{ "other, 0002", 0002, OTHER },
	{ "other, 0660", 0660, OTHER },
	{ "CAP_DAC_OVERRIDE, 0000", 0000, OTHER, .capable = true },
	{ "owner, read-only", 0600, OWNER, .read_only = true },
	{ "owner, write-only", 0600, OWNER, .write_only = true },
	{ "root elsewhere, 0666", 0666, .elsewhere = true },
};

/* One valid call each: 0 or -errno, and the error part that came back. */
typedef int attempt_fn(int fd, struct localstate_error *error);

#define ATTEMPT(_fd, _cmd, _request, _error) ({				\
	typeof(_request) __req = (_request);				\
	int __err = call(_fd, LOCALSTATE_IOC_##_cmd, &__req);		\
									\
	*(_error) = __req.error;					\
	__err;								\
})

static int attempt_get_info(int fd, struct localstate_error *error)
{
	return ATTEMPT(fd, GET_INFO, (struct localstate_info){ 0 }, error);
}

static int attempt_register(int fd, struct localstate_error *error)
{
	return ATTEMPT(fd, REGISTER, register_request("new", value_int(1)),
		       error);
}

static int attempt_set(int fd, struct localstate_error *error)
{
	return ATTEMPT(fd, SET, set_request(key_name("x"), value_int(8)),
		       error);
}

static int attempt_add(int fd, struct localstate_error *error)
{
	struct localstate_set req = set_request(key_name("x"), value_int(8));

	req.operation = LOCALSTATE_OPERATION_ADD;
	return ATTEMPT(fd, SET, req, error);
}

static int attempt_batch(int fd, struct localstate_error *error)
{
	struct localstate_set entry = set_request(key_name("x"), value_int(8));

	return ATTEMPT(fd, BATCH,
		       batch_request(&entry, 1, LOCALSTATE_BATCH_ATOMIC), error);
}

static int attempt_get_many(int fd, struct localstate_error *error)
{
	struct localstate_get entry = get_request(key_name("x"), NULL, 0);

	return ATTEMPT(fd, GET_MANY, get_many_request(&entry, 1), error);
}

static int attempt_get(int fd, struct localstate_error *error)
{
	return ATTEMPT(fd, GET, get_request(key_name("x"), NULL, 0), error);
}

static int attempt_delete(int fd, struct localstate_error *error)
{
	return ATTEMPT(fd, DELETE, delete_request(key_name("y")), error);
}

static int attempt_describe(int fd, struct localstate_error *error)
{
	char buffer[1024];

	return ATTEMPT(fd, DESCRIBE,
		       describe_request(key_name("x"), buffer, sizeof(buffer)),
		       error);
}

static int attempt_list(int fd, struct localstate_error *error)
{
	char buffer[1024];

	return ATTEMPT(fd, LIST, list_request(0, buffer, sizeof(buffer)),
		       error);
}

static int attempt_watch(int fd, struct localstate_error *error)
{
	struct localstate_target target = target_name("x");

	return ATTEMPT(fd, WATCH, watch_request(&target, 1, 0), error);
}

/* Of a watch, if it gets one. */
static int attempt_unwatch(int fd, struct localstate_error *error)
{
	int ref = watch_name(fd, "x", 0);

	return ATTEMPT(fd, UNWATCH, unwatch_request(ref > 0 ? ref : 1), error);
}

static int attempt_rewatch(int fd, struct localstate_error *error)
{
	int ref = watch_name(fd, "x", 0);

	return ATTEMPT(fd, REWATCH, rewatch_request(ref > 0 ? ref : 1, NULL, 0),
		       error);
}

static int attempt_watches(int fd, struct localstate_error *error)
{
	struct localstate_watch_info info[4];

	return ATTEMPT(fd, WATCHES, watches_request(info, sizeof(info)), error);
}

static int attempt_queue(int fd, struct localstate_error *error)
{
	return ATTEMPT(fd, QUEUE, (struct localstate_queue){ .size = 8192 },
		       error);
}

static int attempt_claim(int fd, struct localstate_error *error)
{
	return ATTEMPT(fd, CLAIM, claim_request(key_name("x"), 0), error);
}

/* Of a claim, if it gets one. */
static int attempt_release(int fd, struct localstate_error *error)
{
	claim_add(fd, "x", 0);
	return ATTEMPT(fd, RELEASE, release_request(key_name("x")), error);
}

static int attempt_destroy(int fd, struct localstate_error *error)
{
	return ATTEMPT(fd, DESTROY, (struct localstate_destroy){ 0 }, error);
}

/* Nothing is queued: being let in is EAGAIN, which counts as success. */
static int attempt_read(int fd, struct localstate_error *error)
{
	char buffer[4096];

	memset(error, 0, sizeof(*error));
	error->index = LOCALSTATE_NO_INDEX;
	if (read(fd, buffer, sizeof(buffer)) >= 0)
		return -EPROTO;
	error->code = errno == EAGAIN ? 0 : errno;
	return -(int)error->code;
}

/**
 * struct row - a call and what becomes of it
 * @call: its name
 * @attempt: makes it; NULL: ATTACH itself
 * @changes: a variable, if it succeeds
 * @cells: a letter for each subject, see outcome()
 */
struct row {
	const char *call;
	attempt_fn *attempt;
	bool changes;
	const char *cells;
};

/*
 *	creator 0000
 *	|   owner 0600, 0400, 0200, 0066
 *	|   |       group 0060, 0040, 0020, 0606
 *	|   |       |       other 0006, 0004, 0002, 0660
 *	|   |       |       |       CAP_DAC_OVERRIDE 0000
 *	|   |       |       |       | read-only, write-only descriptor
 *	|   |       |       |       | |   other network namespace
 */
static const struct row rows[] = {
	{ "ATTACH", NULL, false,
	 "-   . . . . . . . a . . . a . . .   n" },
	{ "GET_INFO", attempt_get_info, false,
	 ".   . . . . . . . . . . . . . . .   ." },
	{ "QUEUE", attempt_queue, false,
	 ".   . . . . . . . . . . . . . . .   ." },
	{ "read", attempt_read, false,
	 ".   . . . . . . . c . . . c . . b   c" },
	{ "GET", attempt_get, false,
	 ".   . . a a . . a c . . a c . . b   c" },
	{ "GET_MANY", attempt_get_many, false,
	 ".   . . a a . . a c . . a c . . b   c" },
	{ "DESCRIBE", attempt_describe, false,
	 ".   . . a a . . a c . . a c . . b   c" },
	{ "LIST", attempt_list, false,
	 ".   . . a a . . a c . . a c . . b   c" },
	{ "WATCH", attempt_watch, false,
	 ".   . . a a . . a c . . a c . . b   c" },
	{ "UNWATCH", attempt_unwatch, false,
	 ".   . . a a . . a c . . a c . . b   c" },
	{ "REWATCH", attempt_rewatch, false,
	 ".   . . a a . . a c . . a c . . b   c" },
	{ "WATCHES", attempt_watches, false,
	 ".   . . a a . . a c . . a c . . b   c" },
	{ "REGISTER", attempt_register, true,
	 ".   . a . a . a . c . a . c . b .   c" },
	{ "SET", attempt_set, true,
	 ".   . a . a . a . c . a . c . b .   c" },
	{ "SET, ADD", attempt_add, true,
	 ".   . a . a . a . c . a . c . b .   c" },
	{ "BATCH", attempt_batch, true,
	 ".   . a . a . a . c . a . c . b .   c" },
	{ "DELETE", attempt_delete, true,
	 ".   . a . a . a . c . a . c . b .   c" },
	{ "CLAIM", attempt_claim, false,
	 ".   . a . a . a . c . a . c . b .   c" },
	{ "RELEASE", attempt_release, false,
	 ".   . a . a . a . c . a . c . b .   c" },
	{ "DESTROY", attempt_destroy, true,
	 ".   . . . . p p p c p p p c . b .   c" },
};

/* What a letter of the matrix stands for; 1: the cell is left out. */
static int outcome(char letter)
{
	switch (letter) {
	case '.':
		return 0;
	case 'a':
		return -EACCES;
	case 'b':
		return -EBADF;
	case 'c':
		return -ENOTCONN;
	case 'n':
		return -ENOENT;
	case 'p':
		return -EPERM;
	}
	return 1;
}

/* The letter of a subject: blanks are there for the eye. */
static char cell_letter(const struct row *row, unsigned int column)
{
	const char *cell = row->cells;

	for (;; cell++) {
		if (*cell != ' ' && !column--)
			return *cell;
	}
}

static bool rows_are_complete(const struct row *row)
{
	unsigned int n = 0;
	const char *cell;

	for (cell = row->cells; *cell; cell++)
		n += *cell != ' ';
	return n == ARRAY_SIZE(subjects);
}

/**
 * struct cell - what a child tries, and what came of it
 * @subject: who
 * @row: what
 * @name: of the session
 * @owner: the descriptor that made it
 * @result: of the call
 * @error: its error part
 */
struct cell {
	const struct subject *subject;
	const struct row *row;
	const char *name;
	int owner;
	int result;
	struct localstate_error error;
};

static bool capability_keep(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = 1 << CAP_DAC_OVERRIDE,
		  .permitted = 1 << CAP_DAC_OVERRIDE },
	};

	return !syscall(SYS_capset, &head, data);
}

static bool subject_become(const struct subject *subject)
{
	if (subject->elsewhere)
		return !unshare(CLONE_NEWNET);
	if (subject->capable && prctl(PR_SET_KEEPCAPS, 1))
		return false;
	return user_become(subject->uid, subject->gid) &&
	       (!subject->capable || capability_keep());
}

static int cell_run(void *data)
{
	struct cell *cell = data;
	const struct subject *subject = cell->subject;
	int access = subject->read_only ? O_RDONLY :
		     subject->write_only ? O_WRONLY : O_RDWR;
	struct localstate_attach req = attach_request(cell->name, 0, 0);
	int fd = cell->owner, err;

	CHILD_CHECK(subject_become(subject));
	if (!subject->creator) {
		fd = device_open(access | O_NONBLOCK);
		CHILD_CHECK(fd >= 0);
		err = call(fd, LOCALSTATE_IOC_ATTACH, &req);
		if (!cell->row->attempt) {
			cell->result = err;
			cell->error = req.error;
			return 0;
		}
	}
	cell->result = cell->row->attempt(fd, &cell->error);
	return 0;
}

static int owner_create(void *data)
{
	struct cell *cell = data;

	CHILD_CHECK(user_become(OTHER_UID, OTHER_GID));
	return session_attach(cell->owner, cell->name, LOCALSTATE_ATTACH_CREATE,
			      cell->subject->mode) ? __LINE__ % 255 : 0;
}

static void cell_check(struct __test_metadata *_metadata, struct cell *cell,
		       int wanted)
{
	static struct snapshot before;
	bool destroyed = cell->row->attempt == attempt_destroy && !wanted;
	int observer;

	cell->owner = device_open(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, cell->owner);
	ASSERT_EQ(0, child_run(owner_create, cell));
	ASSERT_EQ(0, variable_register(cell->owner, "x", value_int(1)));
	ASSERT_EQ(0, variable_register(cell->owner, "y", value_int(1)));
	observer = session_open(cell->name);
	ASSERT_LE(0, observer);
	ASSERT_EQ(0, snapshot_take(observer, &before));
	cell->error = poisoned_error();
	cell->result = 1;
	ASSERT_EQ(0, child_run(cell_run, cell));
	EXPECT_EQ(wanted, cell->result) {
		TH_LOG("%s by %s", cell->row->call, cell->subject->who);
	}
	EXPECT_EQ(-wanted, (int)cell->error.code);
	if (wanted == -EACCES || wanted == -EPERM)
		EXPECT_EQ(LOCALSTATE_FIELD_MODE, cell->error.field);
	if (!destroyed)
		EXPECT_EQ(wanted || !cell->row->changes,
			  snapshot_holds(observer, &before)) {
			TH_LOG("%s by %s", cell->row->call, cell->subject->who);
		}
	close(observer);
	close(cell->owner);
}

FIXTURE(permission) {
	struct session_name name;
	mode_t umask;
};

FIXTURE_SETUP(permission)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to become others");
	self->name = session_name_unique("permission");
	self->umask = umask(0);
}

FIXTURE_TEARDOWN(permission)
{
	umask(self->umask);
}

TEST_F_TIMEOUT(permission, matrix_holds_in_every_cell, 120)
{
	struct cell *cell = shared_alloc(sizeof(*cell));
	unsigned int row, column, n = 0;
	int wanted;

	ASSERT_NE(NULL, cell);
	cell->name = self->name.text;
	for (row = 0; row < ARRAY_SIZE(rows); row++) {
		ASSERT_TRUE(rows_are_complete(&rows[row])) {
			TH_LOG("%s", rows[row].call);
		}
		for (column = 0; column < ARRAY_SIZE(subjects); column++) {
			wanted = outcome(cell_letter(&rows[row], column));
			if (wanted > 0)
				continue;
			cell->row = &rows[row];
			cell->subject = &subjects[column];
			cell_check(_metadata, cell, wanted);
			n++;
		}
	}
	TH_LOG("%u cells", n);
}

/* A call that is not in the matrix must be put there. */
TEST_F(permission, every_call_is_in_the_matrix)
{
	unsigned int nr, known = 0;
	int fd = device_open(O_RDWR);
	char arg[64];

	/* A known number with too short an argument is EINVAL. */
	for (nr = 0; nr < 256; nr++) {
		errno = 0;
		ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, LOCALSTATE_IOC_MAGIC,
			       nr, 1), arg);
		known += errno != ENOTTY;
	}
	/* read and ADD are no ioctls of their own. */
	EXPECT_EQ(known + 2, ARRAY_SIZE(rows));
	close(fd);
}

TEST_HARNESS_MAIN
