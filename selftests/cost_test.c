// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a set costs, counted and not timed: the set of a variable that nobody
 * watches is the same beside a thousand watchers of other variables.
 *
 * Two counts.  The function tracer shows how often each function of the module
 * is entered.  A loop without calls would hide from it, so the second count is
 * by kprobes on every instruction of those functions in which a value is
 * changed and watchers are told.  Both are shown to notice one watcher of the
 * very variable.
 */
#include "trace_helpers.h"

#define EXPEDITED "/sys/kernel/rcu_expedited"

#define N_OTHERS 1000
#define N_SETS 100
#define N_FUNCTIONS 64

FIXTURE(cost) {
	int fd;
	int watcher;
	int value;
	char expedited[8];
};

static int trace_reset(void)
{
	trace_write("tracing_on", "0");
	trace_write("current_tracer", "nop");
	trace_write("events/localstate_test/enable", "0");
	file_write(TRACEFS "dynamic_events", "-:localstate_test/all", O_APPEND);
	trace_write("set_ftrace_filter", "\n");
	trace_write("set_ftrace_pid", "\n");
	trace_write("trace", "\n");
	return trace_write("tracing_on", "1");
}

FIXTURE_SETUP(cost)
{
	struct session_name name = session_name_unique("cost");
	char variable[16];
	int i, fd;

	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	if (geteuid())
		SKIP(return, "needs root to trace");
	mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	if (access(TRACEFS "set_ftrace_filter", W_OK) ||
	    access(TRACEFS "dynamic_events", W_OK))
		SKIP(return, "no function tracer or no kprobe events");
	fd = open(EXPEDITED, O_RDONLY);
	if (fd < 0 || read(fd, self->expedited, sizeof(self->expedited) - 1) < 1)
		self->expedited[0] = '0';
	close(fd);
	file_write(EXPEDITED, "1", 0);
	trace_reset();

	self->fd = session_create(name.text);
	self->watcher = session_open(name.text);
	ASSERT_LE(0, self->watcher);
	/* All variables are there from the start, only watchers will come. */
	ASSERT_EQ(0, variable_register(self->fd, "x", value_int(0)));
	for (i = 0; i < N_OTHERS; i++) {
		snprintf(variable, sizeof(variable), "other%d", i);
		ASSERT_EQ(0, variable_register(self->fd, variable,
					       value_int(0)));
	}
}

FIXTURE_TEARDOWN(cost)
{
	trace_reset();
	file_write(EXPEDITED, self->expedited, 0);
	close(self->watcher);
	close(self->fd);
}

/* A watcher of its own for each of the other variables. */
static int watch_others(int fd)
{
	char variable[16];
	int i, ref = 0;

	for (i = 0; ref >= 0 && i < N_OTHERS; i++) {
		snprintf(variable, sizeof(variable), "other%d", i);
		ref = watch_name(fd, variable, 0);
	}
	return ref < 0 ? ref : 0;
}

/* Sets x so often, by the same request but for the value. */
static int set_often(int fd, int *value, int n)
{
	struct localstate_set req = set_request(key_name("x"), value_int(0));
	int err = 0;

	while (!err && n--) {
		req.value.data = ++*value;
		err = call(fd, LOCALSTATE_IOC_SET, &req);
	}
	return err;
}

/* Functions, by the function tracer. */

/**
 * struct calls - what N_SETS sets call
 * @total: functions of the module that they enter
 * @names: each of them once
 * @n_names: their number
 */
struct calls {
	int total;
	char names[N_FUNCTIONS][64];
	int n_names;
};

/* Notes a line like "task-1 [000] ..... 1.2: localstate_x <-localstate_y". */
static void calls_note(struct calls *calls, const char *line)
{
	const char *start = strstr(line, ": localstate_");
	char name[64];
	int i;

	if (*line == '#' || !start || sscanf(start + 2, "%63s", name) != 1)
		return;
	calls->total++;
	for (i = 0; i < calls->n_names; i++)
		if (!strcmp(calls->names[i], name))
			return;
	if (i < N_FUNCTIONS)
		memcpy(calls->names[calls->n_names++], name, sizeof(name));
}

static int calls_read(struct calls *calls)
{
	FILE *trace = fopen(TRACEFS "trace", "r");
	char line[512];

	if (!trace)
		return -errno;
	while (fgets(line, sizeof(line), trace))
		calls_note(calls, line);
	fclose(trace);
	return calls->total ? 0 : -ENODATA;
}

/* Traces N_SETS sets. */
static int calls_count(int fd, int *value, struct calls *calls)
{
	char pid[16];
	int err;

	memset(calls, 0, sizeof(*calls));
	snprintf(pid, sizeof(pid), "%d", getpid());
	err = trace_write("tracing_on", "0") ?:
	      trace_write("set_ftrace_pid", pid) ?:
	      trace_write("set_ftrace_filter", ":mod:localstate") ?:
	      trace_write("current_tracer", "function") ?:
	      trace_write("trace", "\n") ?:
	      trace_write("tracing_on", "1") ?:
	      set_often(fd, value, N_SETS) ?:
	      trace_write("tracing_on", "0") ?:
	      calls_read(calls);
	trace_reset();
	return err;
}

TEST_F_TIMEOUT(cost, unwatched_set_calls_no_more_beside_1000_watchers, 60)
{
	static struct calls alone, beside, watched;

	ASSERT_EQ(0, set_often(self->fd, &self->value, 10));
	ASSERT_EQ(0, calls_count(self->fd, &self->value, &alone));
	ASSERT_LE(N_SETS, alone.total);
	ASSERT_EQ(0, watch_others(self->watcher));
	ASSERT_EQ(0, calls_count(self->fd, &self->value, &beside));
	TH_LOG("calls of %d sets: %d alone, %d beside %d watchers", N_SETS,
	       alone.total, beside.total, N_OTHERS);
	EXPECT_EQ(alone.total, beside.total);
	EXPECT_EQ(alone.n_names, beside.n_names);

	/* It would be noticed. */
	ASSERT_LE(1, watch_name(self->watcher, "x", 0));
	ASSERT_EQ(0, calls_count(self->fd, &self->value, &watched));
	EXPECT_LE(alone.total + N_SETS, watched.total);
}

/* Instructions, by kprobes. */

/**
 * struct symbol - a function of the module
 * @address: where it begins
 * @name: its name
 */
struct symbol {
	unsigned long address;
	char name[64];
};

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* All functions of the module in the order of their addresses: how many. */
static int symbols_read(struct symbol *symbols, int max)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[256], type;
	int n = 0;

	if (!file)
		return -errno;
	while (n < max && fgets(line, sizeof(line), file)) {
		struct symbol *symbol = &symbols[n];

		if (!strstr(line, "[localstate]"))
			continue;
		if (sscanf(line, "%lx %c %63s", &symbol->address, &type,
			   symbol->name) == 3 && (type == 't' || type == 'T'))
			n++;
	}
	fclose(file);
	qsort(symbols, n, sizeof(*symbols), compare_symbols);
	return n;
}

/* Bytes from the function to what comes next; 0 if there is no such one. */
static unsigned long symbol_size(const struct symbol *symbols, int n,
				 const char *name)
{
	int i;

	for (i = 0; i + 1 < n; i++)
		if (!strcmp(symbols[i].name, name))
			return symbols[i + 1].address - symbols[i].address;
	return 0;
}

/*
 * A probe on each instruction of a function: their number.  What is not the
 * start of an instruction is refused, and that is how one finds those.
 */
static int probes_add(const char *name, unsigned long size)
{
	unsigned long offset;
	char text[160];
	int n = 0;

	for (offset = 0; offset < size; offset++) {
		snprintf(text, sizeof(text),
			 "p:localstate_test/all localstate:%s+%lu\n", name,
			 offset);
		n += !file_write(TRACEFS "dynamic_events", text, O_APPEND);
	}
	return n;
}

/* The functions in which a value is changed and watchers are told. */
static bool name_is_of_interest(const char *name)
{
	return !strncmp(name, "localstate_set", 14) ||
	       !strncmp(name, "localstate_variable_s", 21) ||
	       !strncmp(name, "localstate_notify", 17);
}

/* Probes on those of them that a set runs through: their number. */
static int probes_add_all(const struct calls *calls)
{
	static struct symbol symbols[2048];
	int i, n_symbols = symbols_read(symbols, ARRAY_SIZE(symbols));
	int n = 0;

	for (i = 0; i < calls->n_names; i++) {
		const char *name = calls->names[i];
		unsigned long size = symbol_size(symbols, n_symbols, name);

		if (!name_is_of_interest(name))
			continue;
		if (!size || size > 4096)
			return -EINVAL;
		n += probes_add(name, size);
	}
	return n;
}

/* Instructions that were met so far; -1 if some were missed. */
static long long probes_hits(void)
{
	FILE *file = fopen(TRACEFS "kprobe_profile", "r");
	unsigned long long hits, missed;
	long long sum = 0;
	char line[256];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %llu %llu", &hits, &missed) != 2)
			continue;
		sum = missed || sum < 0 ? -1 : sum + (long long)hits;
	}
	fclose(file);
	return sum;
}

static int compare_counts(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * Instructions with a probe that a set runs, or -1: the median of N_SETS.  An
 * interrupt that comes in the middle of a "rep" instruction makes it start
 * once more, and be counted twice.
 */
static long long instructions_count(int fd, int *value)
{
	long long counts[N_SETS], before = probes_hits(), after;
	int i;

	for (i = 0; i < N_SETS; i++) {
		if (set_often(fd, value, 1))
			return -1;
		after = probes_hits();
		if (after < 0)
			return -1;
		counts[i] = after - before;
		before = after;
	}
	qsort(counts, N_SETS, sizeof(*counts), compare_counts);
	return counts[N_SETS / 2];
}

TEST_F_TIMEOUT(cost, unwatched_set_runs_no_more_beside_1000_watchers, 120)
{
	long long alone, beside, watched;
	static struct calls calls;
	int probes;

	ASSERT_EQ(0, set_often(self->fd, &self->value, 10));
	ASSERT_EQ(0, calls_count(self->fd, &self->value, &calls));
	probes = probes_add_all(&calls);
	ASSERT_LT(100, probes);
	ASSERT_EQ(0, trace_write("events/localstate_test/enable", "1"));
	alone = instructions_count(self->fd, &self->value);
	ASSERT_LT(100, alone);
	ASSERT_EQ(0, watch_others(self->watcher));
	beside = instructions_count(self->fd, &self->value);
	TH_LOG("instructions of a set: %lld alone, %lld beside %d watchers",
	       alone, beside, N_OTHERS);
	EXPECT_EQ(alone, beside);

	/* It would be noticed. */
	ASSERT_LE(1, watch_name(self->watcher, "x", 0));
	watched = instructions_count(self->fd, &self->value);
	EXPECT_LT(alone, watched);
}

TEST_HARNESS_MAIN
