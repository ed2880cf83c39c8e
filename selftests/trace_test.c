// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints: one line for each thing that happens, with what it is about,
 * and no line for what does not happen.
 *
 * A test traces into an instance of its own: whatever else is traced on this
 * machine is not touched, and nothing is left enabled.
 */
#include "trace_helpers.h"

#define INSTANCE "instances/localstate_test/"
#define EVENTS INSTANCE "events/localstate/"

FIXTURE(trace) {
	struct session_name name;
	__u64 session;
	__u64 x;
	int fd;
	int writer;
};

/* The watcher is client 1 of its session, the writer client 2; x is 0. */
FIXTURE_SETUP(trace)
{
	struct localstate_attach req;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to trace");
	mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	if (access(TRACEFS "events/localstate", R_OK))
		SKIP(return, "no trace events");
	self->name = session_name_unique("trace");
	self->fd = device_open(O_RDWR);
	ASSERT_LE(0, self->fd);
	req = attach_request(self->name.text, LOCALSTATE_ATTACH_CREATE, 0600);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_ATTACH, &req));
	self->session = req.session;
	self->writer = session_open(self->name.text);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ASSERT_EQ(0, variable_register_id(self->writer, "x", value_int(0),
					  &self->x));
	rmdir(TRACEFS INSTANCE);
	ASSERT_EQ(0, mkdir(TRACEFS INSTANCE, 0700));
	/*
	 * Without the names of tasks.  To note them the kernel patches its
	 * scheduler, and emulators fail when patched code runs at that moment.
	 */
	ASSERT_EQ(0, trace_write(INSTANCE "trace_options", "norecord-cmd"));
	ASSERT_EQ(0, trace_write(EVENTS "enable", "1"));
}

FIXTURE_TEARDOWN(trace)
{
	close(self->fd);
	close(self->writer);
	EXPECT_EQ(0, rmdir(TRACEFS INSTANCE));
}

/* The lines of a trace. */

#define N_LINES 512

/**
 * struct trace - what was traced so far
 * @n: number of lines
 * @lines: a line like "<...>-1 [000] ..... 1.2: localstate_x: key=value ..."
 */
struct trace {
	int n;
	char lines[N_LINES][512];
};

static int trace_read(struct trace *trace)
{
	FILE *file = fopen(TRACEFS INSTANCE "trace", "r");

	trace->n = 0;
	if (!file)
		return -errno;
	while (trace->n < N_LINES &&
	       fgets(trace->lines[trace->n], sizeof(*trace->lines), file))
		trace->n += trace->lines[trace->n][0] != '#';
	fclose(file);
	return trace->n < N_LINES ? 0 : -E2BIG;
}

/* Where the text of a field begins, or NULL. */
static const char *line_field(const char *line, const char *key)
{
	char text[32];
	const char *at;

	snprintf(text, sizeof(text), " %s=", key);
	at = strstr(line, text);
	return at ? at + strlen(text) : NULL;
}

/* A number; POISON64 if there is no such field. */
static __u64 line_number(const char *line, const char *key)
{
	const char *at = line_field(line, key);

	return at ? strtoull(at, NULL, 0) : POISON64;
}

static bool line_has(const char *line, const char *key, const char *text)
{
	const char *at = line_field(line, key);
	size_t len = strlen(text);

	return at && !strncmp(at, text, len) &&
	       (at[len] == ' ' || at[len] == '\n');
}

/* The line number @index of those of @event and of the session, or NULL. */
static const char *trace_line(const struct trace *trace, const char *event,
			      __u64 session, int index)
{
	char text[64];
	int i;

	snprintf(text, sizeof(text), ": localstate_%s: ", event);
	for (i = 0; i < trace->n; i++) {
		const char *line = trace->lines[i];

		if (strstr(line, text) &&
		    line_number(line, "session") == session && !index--)
			return line;
	}
	return NULL;
}

static int trace_count(const struct trace *trace, const char *event,
		       __u64 session)
{
	int n = 0;

	while (trace_line(trace, event, session, n))
		n++;
	return n;
}

/* There are @_n lines of the event. */
#define EXPECT_LINES(_n, _event)					\
	EXPECT_EQ(_n, trace_count(&trace, #_event, self->session))

#define LINE(_event, _index)						\
	trace_line(&trace, #_event, self->session, _index)

/* Sets. */

TEST_F(trace, set_is_one_line_that_tells_the_change)
{
	static struct trace trace;
	const char *line;

	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(-5)));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(1, trace.n);
	line = LINE(variable_set, 0);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(2, line_number(line, "client"));
	EXPECT_EQ(self->x, line_number(line, "id"));
	EXPECT_TRUE(line_has(line, "name", "x"));
	EXPECT_TRUE(line_has(line, "type", "int"));
	EXPECT_EQ(8, line_number(line, "length"));
	EXPECT_EQ(1, line_number(line, "version"));
	EXPECT_EQ((__u64)-5, line_number(line, "value"));
	EXPECT_EQ(getpid(), line_number(line, "pid"));
}

TEST_F(trace, text_is_told_by_its_length)
{
	static struct trace trace;
	const char *line;

	ASSERT_EQ(0, variable_register(self->writer, "s", value_string("")));
	ASSERT_EQ(0, variable_set(self->writer, "s", value_string("secret")));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(1, trace.n);
	line = LINE(variable_set, 0);
	ASSERT_NE(NULL, line);
	EXPECT_TRUE(line_has(line, "type", "string"));
	EXPECT_EQ(6, line_number(line, "length"));
	EXPECT_EQ(0, line_number(line, "value"));
	EXPECT_EQ(NULL, strstr(line, "secret"));
}

TEST_F(trace, set_of_the_same_value_is_no_line)
{
	static struct trace trace;

	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(0)));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(0, trace.n);
}

TEST_F(trace, refused_set_is_no_line)
{
	struct localstate_set req = set_request(key_name("x"), value_int(1));
	static struct trace trace;

	req.flags = LOCALSTATE_SET_IF_VERSION;
	req.expected_version = 7;
	EXPECT_EQ(-ESTALE, call(self->writer, LOCALSTATE_IOC_SET, &req));
	EXPECT_EQ(-EINVAL, variable_set(self->writer, "x", value_bool(1)));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(0, trace.n);
}

TEST_F(trace, end_of_a_claim_is_told_like_a_set)
{
	struct localstate_claim req = claim_will("x", value_int(-5));
	static struct trace trace;

	ASSERT_LE(1, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, call(self->writer, LOCALSTATE_IOC_CLAIM, &req));
	ASSERT_EQ(0, claim_release(self->writer, "x"));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_LINES(1, variable_set);
	EXPECT_EQ((__u64)-5, line_number(LINE(variable_set, 0), "value"));
	EXPECT_LINES(1, queue_push);
	EXPECT_TRUE(line_has(LINE(queue_push, 0), "cause", "release"));
}

TEST_F(trace, versions_stand_in_their_order)
{
	static struct trace trace;
	int i;

	for (i = 1; i <= 100; i++)
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(i)));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(100, trace.n);
	for (i = 1; i <= 100; i++)
		ASSERT_EQ(i, line_number(LINE(variable_set, i - 1), "version"));
}

/* Queues. */

TEST_F(trace, event_is_one_push_for_each_watching_client)
{
	static struct trace trace;
	const char *line;
	int ref, other, i;

	ASSERT_LE(1, watch_name(self->fd, "x", 0));
	ref = watch_name(self->fd, "x", 0);
	ASSERT_EQ(0, watch_end(self->fd, ref - 1));
	other = watch_name(self->writer, "x", 0);
	ASSERT_LE(1, other);
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(3, trace.n);
	EXPECT_LINES(1, variable_set);
	EXPECT_LINES(2, queue_push);
	for (i = 0; i < 2; i++) {
		line = LINE(queue_push, i);
		ASSERT_NE(NULL, line);
		EXPECT_EQ(line_number(line, "client") == 1 ? ref : other,
			  line_number(line, "ref"));
		EXPECT_EQ(self->x, line_number(line, "id"));
		EXPECT_EQ(1, line_number(line, "version"));
		EXPECT_TRUE(line_has(line, "kind", "changed"));
		EXPECT_TRUE(line_has(line, "cause", "set"));
		EXPECT_EQ(INT_RECORD, line_number(line, "size"));
		EXPECT_EQ(0, line_number(line, "slot"));
	}
	EXPECT_EQ(3, line_number(LINE(queue_push, 0), "client") +
		     line_number(LINE(queue_push, 1), "client"));
}

TEST_F(trace, woke_says_whether_the_reader_was_woken)
{
	const struct localstate_event *event;
	static struct trace trace;
	struct reader reader;

	reader_init(&reader, self->fd);
	ASSERT_LE(1, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(2)));
	ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(3)));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_LINES(3, queue_push);
	EXPECT_EQ(1, line_number(LINE(queue_push, 0), "woke"));
	EXPECT_EQ(0, line_number(LINE(queue_push, 1), "woke"));
	EXPECT_EQ(1, line_number(LINE(queue_push, 2), "woke"));
}

TEST_F(trace, full_queue_is_one_push_to_the_slot_and_then_merges)
{
	struct localstate_watch_info info;
	static struct trace trace;
	const char *line;
	int i, ref;

	ref = watch_name(self->fd, "x", 0);
	for (i = 1; i <= N_INT_RECORDS + 10; i++)
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(i)));
	ASSERT_EQ(0, trace_read(&trace));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_LINES(N_INT_RECORDS + 10, variable_set);
	EXPECT_LINES((int)info.events, queue_push);
	EXPECT_LINES((int)info.merged, queue_merge);
	EXPECT_EQ(9, info.merged);
	EXPECT_EQ(0, line_number(LINE(queue_push, N_INT_RECORDS - 1), "slot"));
	EXPECT_EQ(1, line_number(LINE(queue_push, N_INT_RECORDS), "slot"));
	for (i = 1; i <= 9; i++) {
		line = LINE(queue_merge, i - 1);
		ASSERT_NE(NULL, line);
		EXPECT_EQ(1, line_number(line, "client"));
		EXPECT_EQ(ref, line_number(line, "ref"));
		EXPECT_EQ(self->x, line_number(line, "id"));
		EXPECT_EQ(i, line_number(line, "merged"));
		EXPECT_EQ(N_INT_RECORDS + 1 + i, line_number(line, "version"));
		EXPECT_TRUE(line_has(line, "kind", "changed"));
		EXPECT_EQ(INT_RECORD, line_number(line, "size"));
	}
}

TEST_F(trace, moving_a_slot_into_the_ring_is_no_line)
{
	const struct localstate_event *event;
	static struct trace trace;
	struct reader reader;
	int i;

	reader_init(&reader, self->fd);
	ASSERT_LE(1, watch_name(self->fd, "x", 0));
	for (i = 1; i <= N_INT_RECORDS + 1; i++)
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(i)));
	for (i = 1; i <= N_INT_RECORDS + 1; i++)
		ASSERT_EQ(1, reader_next(&reader, DEADLINE_MS, &event));
	ASSERT_TRUE(reader_is_drained(&reader));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_LINES(N_INT_RECORDS + 1, queue_push);
	EXPECT_LINES(0, queue_merge);
}

TEST_F(trace, deletion_is_a_push_and_no_set)
{
	static struct trace trace;
	const char *line;

	ASSERT_LE(1, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, variable_delete(self->writer, "x"));
	ASSERT_EQ(0, variable_register(self->writer, "x", value_int(0)));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(2, trace.n);
	line = LINE(queue_push, 0);
	ASSERT_NE(NULL, line);
	EXPECT_TRUE(line_has(line, "kind", "deleted"));
	EXPECT_EQ(self->x, line_number(line, "id"));
	EXPECT_EQ(1, line_number(line, "version"));
	line = LINE(queue_push, 1);
	ASSERT_NE(NULL, line);
	EXPECT_TRUE(line_has(line, "kind", "created"));
	EXPECT_EQ(self->x + 1, line_number(line, "id"));
}

TEST_F(trace, initial_value_is_a_push_and_its_sync_a_mark)
{
	static struct trace trace;
	const char *line;
	int ref = watch_name(self->fd, "x", LOCALSTATE_WATCH_INITIAL);

	ASSERT_LE(1, ref);
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(2, trace.n);
	line = LINE(queue_push, 0);
	ASSERT_NE(NULL, line);
	EXPECT_TRUE(line_has(line, "kind", "changed"));
	EXPECT_TRUE(line_has(line, "cause", "initial"));
	EXPECT_EQ(1, line_number(line, "woke"));
	line = LINE(queue_mark, 0);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(1, line_number(line, "client"));
	EXPECT_EQ(ref, line_number(line, "ref"));
	EXPECT_EQ(0, line_number(line, "target"));
	EXPECT_TRUE(line_has(line, "kind", "sync"));
	EXPECT_EQ(0, line_number(line, "slot"));
	EXPECT_EQ(0, line_number(line, "woke"));
}

/* The watch may have one link, and the deleted variable still has it. */
TEST_F(trace, lost_is_a_mark_that_names_the_target)
{
	struct localstate_target targets[] = {
		target_name("y"), target_name("x"),
	};
	struct localstate_watch req = watch_request(targets, 2, 0);
	static struct trace trace;
	const char *line;
	int i, err, max;

	ASSERT_EQ(0, variable_register(self->writer, "y", value_int(0)));
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	for (i = 1; i <= N_INT_RECORDS; i++)
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(i)));
	ASSERT_EQ(0, variable_delete(self->writer, "x"));
	max = parameter_get("max_targets");
	ASSERT_EQ(0, parameter_set("max_targets", 2));
	err = variable_register(self->writer, "x", value_int(0));
	ASSERT_EQ(0, parameter_set("max_targets", max));
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_LINES(1, queue_mark);
	line = LINE(queue_mark, 0);
	ASSERT_NE(NULL, line);
	EXPECT_TRUE(line_has(line, "kind", "lost"));
	EXPECT_EQ(req.ref, line_number(line, "ref"));
	EXPECT_EQ(1, line_number(line, "target"));
	EXPECT_EQ(1, line_number(line, "slot"));
}

TEST_F(trace, ended_watch_is_pushed_nothing)
{
	static struct trace trace;
	int ref = watch_name(self->fd, "x", 0);

	ASSERT_EQ(0, watch_end(self->fd, ref));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_LINES(1, variable_set);
	EXPECT_LINES(0, queue_push);
}

/* Release. */

TEST_F(trace, last_close_is_one_line)
{
	static struct trace trace;
	const char *line;
	int copy = dup(self->fd);

	ASSERT_LE(1, watch_name(self->fd, "x", 0));
	ASSERT_LE(1, watch_name(self->fd, "x", 0));
	close(copy);
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(0, trace.n);
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(1, trace.n);
	line = LINE(client_release, 0);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(1, line_number(line, "client"));
	EXPECT_EQ(2, line_number(line, "watches"));
	EXPECT_EQ(getpid(), line_number(line, "attached_by"));
}

TEST_F(trace, unattached_client_is_released_from_session_0)
{
	static struct trace trace;
	const char *line;

	close(device_open(O_RDWR));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(1, trace.n);
	line = trace_line(&trace, "client_release", 0, 0);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(0, line_number(line, "client"));
	EXPECT_EQ(0, line_number(line, "watches"));
	EXPECT_EQ(0, line_number(line, "attached_by"));
}

/**
 * struct holder - what a child opens until it is killed
 * @session: the session's name
 * @ready: given when it watches
 */
struct holder {
	const char *session;
	struct token ready;
};

static int hold(void *data)
{
	struct holder *holder = data;
	int fd = session_open(holder->session);

	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(watch_name(fd, "x", 0) > 0);
	CHILD_CHECK(token_give(&holder->ready));
	pause();
	return 1;
}

TEST_F(trace, killed_process_is_told_as_who_had_attached)
{
	struct holder holder = { .session = self->name.text };
	static struct trace trace;
	const char *line;
	pid_t pid;

	ASSERT_EQ(0, token_init(&holder.ready));
	pid = child_start(hold, &holder);
	ASSERT_TRUE(token_take(&holder.ready));
	ASSERT_EQ(128 + SIGKILL, child_kill(pid));
	token_free(&holder.ready);
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_LINES(1, client_release);
	line = LINE(client_release, 0);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(3, line_number(line, "client"));
	EXPECT_EQ(1, line_number(line, "watches"));
	EXPECT_EQ(pid, line_number(line, "attached_by"));
}

/* What tracefs makes of it. */

TEST_F(trace, filter_on_the_version_holds)
{
	static struct trace trace;
	int i;

	ASSERT_EQ(0, trace_write(EVENTS "localstate_variable_set/filter",
				 "version > 3 && name == \"x\""));
	ASSERT_EQ(0, variable_register(self->writer, "y", value_int(0)));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(i)));
		ASSERT_EQ(0, variable_set(self->writer, "y", value_int(i)));
	}
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(2, trace.n);
	EXPECT_EQ(4, line_number(LINE(variable_set, 0), "version"));
	EXPECT_EQ(5, line_number(LINE(variable_set, 1), "version"));
}

TEST_F(trace, disabled_event_is_no_line)
{
	static struct trace trace;

	ASSERT_LE(1, watch_name(self->fd, "x", 0));
	ASSERT_EQ(0, trace_write(EVENTS "localstate_variable_set/enable", "0"));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(1)));
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(1, trace.n);
	EXPECT_LINES(1, queue_push);
	ASSERT_EQ(0, trace_write(EVENTS "enable", "0"));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(2)));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, trace_read(&trace));
	EXPECT_EQ(1, trace.n);
}

TEST_HARNESS_MAIN
