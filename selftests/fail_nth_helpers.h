/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sweep: a call is run again and again, and fails at the first allocation
 * or user copy on its way, at the second, and so on, until it comes through.
 *
 * Each time it ends with an errno that it may have, and nothing has changed,
 * and the same call then succeeds; or it succeeds in full, because it could do
 * without what failed.  Either way the user's counters are then what they are
 * without any failure.  What is made for one run is taken away after it.
 *
 * Needs a kernel with CONFIG_FAULT_INJECTION_DEBUG_FS, FAILSLAB, FAIL_PAGE_ALLOC
 * and FAULT_INJECTION_USERCOPY: the debug kernel.
 */
#ifndef SELFTESTS_FAIL_NTH_HELPERS_H
#define SELFTESTS_FAIL_NTH_HELPERS_H

#include <sys/stat.h>

#include "fail_nth_state_helpers.h"

/* Far more than any call has: one that never comes through must end, too. */
#define SITES_MAX 5000

/* Sites whose outcome is shown, each by a letter. */
#define SITES_SHOWN 100

/* Seconds for one test: the debug kernel is slow. */
#define SWEEP_TIMEOUT 240

/* ---- injection ----------------------------------------------------------- */

static int fault_fd = -1;

/* The kernel on which a missing fault injection is not a reason to skip. */
static inline bool kernel_is_debug(void)
{
	static const char suffix[] = "-localstate-debug";
	struct utsname system;
	size_t len;

	if (uname(&system))
		return false;
	len = strlen(system.release);
	return len >= strlen(suffix) &&
	       !strcmp(system.release + len - strlen(suffix), suffix);
}

static inline bool fault_set(const char *file, const char *value)
{
	char path[128];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = write(fd, value, strlen(value));
	close(fd);
	return len == (ssize_t)strlen(value);
}

/*
 * Allocations that may sleep fail, too.  The stack of each failure would look
 * like a report of trouble.
 */
static inline bool fault_init(void)
{
	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return fault_fd >= 0 &&
	       fault_set("failslab/ignore-gfp-wait", "N") &&
	       fault_set("failslab/verbose", "0") &&
	       fault_set("fail_page_alloc/ignore-gfp-wait", "N") &&
	       fault_set("fail_page_alloc/ignore-gfp-highmem", "N") &&
	       fault_set("fail_page_alloc/verbose", "0") &&
	       fault_set("fail_usercopy/verbose", "0");
}

/*
 * Whenever a slab is used up it takes a new page, which would move all sites
 * behind it by one, so that one of them is never met.  So objects and pages
 * fail in passes of their own; user copies fail in both.
 */
enum fault_kind {
	FAULT_OBJECTS,
	FAULT_PAGES,
	N_FAULT_KINDS
};

static const char * const fault_names[] = { "objects", "pages" };

static inline bool fault_choose(enum fault_kind kind)
{
	bool pages = kind == FAULT_PAGES;

	/* No slab asks to be let through; no page has that order. */
	return fault_set("failslab/cache-filter", pages ? "Y" : "N") &&
	       fault_set("fail_page_alloc/min-order", pages ? "0" : "100");
}

/* From here on the @n-th allocation or user copy of this thread fails. */
static inline void fault_arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fault_fd, text, len, 0) != len)
		abort();
}

/*
 * Whether one has failed.  Asking is a user copy, too: if it is the n-th, it
 * fails itself, and so says that none had before.
 */
static inline bool fault_disarm(void)
{
	char text[16] = "";
	bool fired = pread(fault_fd, text, sizeof(text) - 1, 0) > 0 &&
		     atoi(text) == 0;

	/* May fail, too: it is off then. */
	if (!fired && pwrite(fault_fd, "0", 1, 0) != 1 && errno != EFAULT)
		abort();
	return fired;
}

/* ---- the world ----------------------------------------------------------- */

/**
 * struct world - what a call is made in
 * @meter: reads the user's counters
 * @netlink: reads sessions and watches
 * @name: the session's
 * @observer: a client of the session, or -1
 * @fd: the client that calls, or -1
 * @watcher: one that watches, or -1
 * @uid: whose call it is
 * @result: what the call returned
 * @error: what it left in its error part
 */
struct world {
	struct meter meter;
	struct netlink netlink;
	struct session_name name;
	int observer;
	int fd;
	int watcher;
	uid_t uid;
	int result;
	struct localstate_error error;
};

static struct world world;

/* A text that takes a cell of its own. */
static char long_text[101];
static const char unit_metadata[] = "unit=metre";

/*
 * A session with an int and a long text, and two clients.  All is made anew for
 * each run, so that nothing that the call needs is there from the last one.
 */
static inline int world_begin(struct world *w)
{
	w->observer = session_open_flags(w->name.text,
					 LOCALSTATE_ATTACH_CREATE |
					 LOCALSTATE_ATTACH_EXCLUSIVE, 0666,
					 O_RDWR);
	if (w->observer < 0)
		return w->observer;
	w->fd = session_open(w->name.text);
	if (w->fd < 0)
		return w->fd;
	return variable_register(w->observer, "int", value_int(1)) ?:
	       variable_register(w->observer, "text", value_string(long_text)) ?:
	       variable_set_metadata(w->observer, "text", value_string("short"),
				     unit_metadata, sizeof(unit_metadata)) ?:
	       variable_set(w->observer, "text", value_string(long_text));
}

/* The same, and a third client that watches int and text. */
static inline int world_begin_watched(struct world *w)
{
	int err = world_begin(w);

	if (err)
		return err;
	w->watcher = session_open(w->name.text);
	if (w->watcher < 0)
		return w->watcher;
	err = watch_name(w->watcher, "int", 0);
	if (err > 0)
		err = watch_name(w->watcher, "text", 0);
	return err > 0 ? 0 : err;
}

static inline void world_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static inline void world_end(struct world *w)
{
	world_close(&w->watcher);
	world_close(&w->fd);
	world_close(&w->observer);
}

static inline void state_take(struct world *w, struct state *state)
{
	state->len = 0;
	if (w->observer >= 0)
		state_add_variables(state, w->observer);
	state_add_dump(state, &w->netlink, LOCALSTATE_CMD_SESSION_GET, NULL);
	state_add_dump(state, &w->netlink, LOCALSTATE_CMD_WATCH_GET,
		       w->name.text);
	state_add_fdinfo(state, w->observer);
	state_add_fdinfo(state, w->fd);
	state_add_fdinfo(state, w->watcher);
}

static inline bool state_is(const struct state *a, const struct state *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

/* An ioctl, whose error part the sweep looks at. */
#define WORLD_CALL(_world, _fd, _request, _arg) ({			\
	int __ret = call(_fd, LOCALSTATE_IOC_##_request, _arg);		\
									\
	(_world)->error = (_arg)->error;				\
	__ret;								\
})

/* ---- the sweep ----------------------------------------------------------- */

/**
 * struct sweep - a call, and how to tell what it has done
 * @name: of the call, for the log
 * @begin: makes a world for one run: 0, or -errno
 * @call: the call: 0 or more, or -errno
 * @finish: what it came to, where that has to be asked for: as @call, but with
 *	nothing in its way; NULL: @call says so
 * @is_done: the call has done all that it should.  If w->result is negative it
 *	could not write its results back: they do not count then
 * @is_untouched: what no state tells is as before, too; NULL: there is nothing
 * @end: takes away what @begin and @call have made
 * @errors: errnos that it may fail with
 * @ioctl: it leaves an error part in w->error
 * @stands: user copies by which it writes its results back once it has done what
 *	it has to do: if one fails, what it did stands, and it fails with EFAULT all
 *	the same; 0: no such copy, or it is undone
 * @spares: it can do without something that is counted
 */
struct sweep {
	const char *name;
	int (*begin)(struct world *w);
	int (*call)(struct world *w);
	int (*finish)(struct world *w);
	bool (*is_done)(struct world *w);
	bool (*is_untouched)(struct world *w);
	void (*end)(struct world *w);
	int errors[4];
	bool ioctl;
	unsigned int stands;
	bool spares;
};

/* What memory and user copies of the module itself give. */
#define SWEEP_ERRORS { -ENOMEM, -EFAULT }

/* One pass, and in it one run that fails at one site, if there is one so late. */
struct run {
	const struct sweep *sweep;
	enum fault_kind kind;
	unsigned int n;
	bool fired;
	struct usage outside;		/* before and after each run */
	struct usage done;		/* when the call has succeeded */
	unsigned int failed;		/* runs in which it failed */
	unsigned int stood;		/* those of them whose change stands */
	char letters[SITES_SHOWN + 1];	/* how it ended, site by site */
};

static struct state state_before, state_after;

/* Sites of all tests of a program, which are processes of their own. */
static unsigned int *sweep_total;

static void __attribute__((constructor)) sweep_share_total(void)
{
	sweep_total = shared_alloc(sizeof(*sweep_total));
}

/* Makes the call, with a failure at site @n, or with none if that is 0. */
static inline bool sweep_call(struct world *w, const struct sweep *sweep,
			      unsigned int n)
{
	bool fired;

	poison(&w->error, sizeof(w->error));
	if (w->uid && setresuid(w->uid, -1, -1))
		abort();
	fault_arm(n);
	w->result = sweep->call(w);
	fired = fault_disarm();
	if (sweep->finish && w->result >= 0)
		w->result = sweep->finish(w);
	if (w->uid && setresuid(0, -1, -1))
		abort();
	return fired;
}

static inline bool sweep_may_fail_with(const struct sweep *sweep, int error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sweep->errors); i++) {
		if (sweep->errors[i] == error)
			return true;
	}
	return false;
}

/*
 * The error part is the last thing that a call writes: it tells of the failure,
 * or it was not reached because the argument cannot be read or written.
 */
static inline bool sweep_error_agrees(const struct world *w)
{
	if (w->result >= 0)
		return error_is_clear(&w->error);
	if (w->error.code == (__u32)-w->result)
		return true;
	return w->result == -EFAULT && is_poison(&w->error, sizeof(w->error));
}

/* In words: which call failed where, and how. */
#define SWEEP_LOG(_run, _world)						\
	TH_LOG("%s: %s, site %u: result %d", (_run)->sweep->name,	\
	       fault_names[(_run)->kind], (_run)->n, (_world)->result)

static inline void sweep_expect_done(struct __test_metadata *_metadata,
				     struct world *w, struct run *run)
{
	struct usage now = run->done;

	/* The counters first: whoever looks at what was done may use it up. */
	usage_take(&w->meter, &now);
	EXPECT_TRUE(run->sweep->spares ? usage_is_within(&now, &run->done) :
					 usage_is(&now, &run->done)) {
		SWEEP_LOG(run, w);
		usage_print("expected", &run->done);
		usage_print("found", &now);
	}
	EXPECT_TRUE(run->sweep->is_done(w))
		SWEEP_LOG(run, w);
}

static inline void sweep_expect_same(struct __test_metadata *_metadata,
				     struct world *w, struct run *run)
{
	EXPECT_TRUE(state_is(&state_before, &state_after))
		SWEEP_LOG(run, w);
	EXPECT_TRUE(!run->sweep->is_untouched || run->sweep->is_untouched(w))
		SWEEP_LOG(run, w);
}

/* The call failed. */
static inline void sweep_check_failure(struct __test_metadata *_metadata,
				       struct world *w, struct run *run)
{
	run->failed++;
	EXPECT_TRUE(sweep_may_fail_with(run->sweep, w->result))
		SWEEP_LOG(run, w);
	state_take(w, &state_after);
	if (run->sweep->stands && w->result == -EFAULT &&
	    !state_is(&state_before, &state_after)) {
		run->stood++;
		sweep_expect_done(_metadata, w, run);
		return;
	}
	sweep_expect_same(_metadata, w, run);
	sweep_call(w, run->sweep, 0);
	EXPECT_LE(0, w->result) {
		SWEEP_LOG(run, w);
		TH_LOG("and so it does once more, with nothing in its way");
	}
	sweep_expect_done(_metadata, w, run);
}

/* What became of one site, for whoever wants to know where the sites are. */
static inline void sweep_note(const struct world *w, struct run *run)
{
	char letter = '?';

	if (run->n > SITES_SHOWN || !run->fired)
		return;
	if (w->result >= 0)
		letter = '.';
	else if (w->result == -ENOMEM || w->result == -ENOBUFS)
		letter = 'm';
	else if (w->result == -EFAULT)
		letter = 'f';
	run->letters[run->n - 1] = letter;
}

static inline void sweep_site(struct __test_metadata *_metadata,
			      struct world *w, struct run *run)
{
	ASSERT_EQ(0, run->sweep->begin(w));
	state_take(w, &state_before);
	run->fired = sweep_call(w, run->sweep, run->n);
	sweep_note(w, run);
	EXPECT_TRUE(!run->sweep->ioctl || sweep_error_agrees(w))
		SWEEP_LOG(run, w);
	if (w->result < 0)
		sweep_check_failure(_metadata, w, run);
	else
		sweep_expect_done(_metadata, w, run);
	run->sweep->end(w);
}

/* What the counters are when nothing fails. */
static inline void sweep_rehearse(struct __test_metadata *_metadata,
				  struct world *w, struct run *run)
{
	usage_take(&w->meter, &run->outside);
	ASSERT_EQ(0, run->sweep->begin(w));
	sweep_call(w, run->sweep, 0);
	ASSERT_LE(0, w->result)
		TH_LOG("%s fails with nothing in its way", run->sweep->name);
	run->done = run->outside;
	usage_take(&w->meter, &run->done);
	EXPECT_TRUE(run->sweep->is_done(w));
	run->sweep->end(w);
	EXPECT_TRUE(usage_becomes(&w->meter, &run->outside));
}

/* Runs the call until it comes through without meeting a failure. */
static inline void sweep_pass(struct __test_metadata *_metadata,
			      struct run *run)
{
	const struct sweep *sweep = run->sweep;

	do {
		run->n++;
		sweep_site(_metadata, &world, run);
		if (_metadata->exit_code)
			return;
	} while (run->fired && run->n < SITES_MAX);
	EXPECT_FALSE(run->fired);
	EXPECT_LE(0, world.result);
	EXPECT_TRUE(usage_becomes(&world.meter, &run->outside))
		TH_LOG("%s: something of it is left", sweep->name);
	run->n--;
	TH_LOG("%s: %s: %u sites, it failed at %u: %s", sweep->name,
	       fault_names[run->kind], run->n, run->failed, run->letters);
}

/*
 * Now and then the kernel allocates something for itself on the way: a page for
 * a slab, and what it notes about that page.  It moves the sites behind it: one
 * is hidden, or met twice.  Among pages that is the rule; among objects it is rare,
 * but four passes in a row have hidden one.  More that stand are let go less often.
 */
#define PASSES_MAX 16
#define EXCESS_MAX 4

static inline bool sweep_has_stood(const struct run *run)
{
	return run->stood == run->sweep->stands ||
	       (run->kind == FAULT_PAGES && run->sweep->stands);
}

/* As many passes as it takes to meet each of the copies that write back. */
static inline void sweep_passes(struct __test_metadata *_metadata,
				const struct run *first, enum fault_kind kind,
				unsigned int *sites)
{
	unsigned int pass = 0, excess = 0;
	struct run run;

	ASSERT_TRUE(fault_choose(kind));
	do {
		run = *first;
		run.kind = kind;
		sweep_pass(_metadata, &run);
		if (_metadata->exit_code)
			return;
		excess += run.stood > run.sweep->stands;
	} while (!sweep_has_stood(&run) && ++pass < PASSES_MAX && excess < EXCESS_MAX);
	EXPECT_TRUE(sweep_has_stood(&run))
		TH_LOG("%s: EFAULT left the change %u times, not %u",
		       run.sweep->name, run.stood, run.sweep->stands);
	*sites += run.n;
}

static inline void sweep_run(struct __test_metadata *_metadata,
			     const struct sweep *sweep)
{
	struct run first = { .sweep = sweep };
	enum fault_kind kind;
	unsigned int n = 0;

	sweep_rehearse(_metadata, &world, &first);
	for (kind = 0; kind < N_FAULT_KINDS; kind++) {
		sweep_passes(_metadata, &first, kind, &n);
		if (_metadata->exit_code)
			return;
	}
	*sweep_total += n;
	EXPECT_LT(0, n)
		TH_LOG("%s: there is no site at all", sweep->name);
}

/* ---- fixtures ------------------------------------------------------------ */

/* Why a test cannot run here, or NULL. */
static inline const char *sweep_is_impossible(void)
{
	if (device_is_missing())
		return "no " DEVICE;
	if (geteuid())
		return "needs root";
	if (access("/proc/thread-self/fail-nth", F_OK) && !kernel_is_debug())
		return "the kernel has no fault injection";
	return NULL;
}

static inline void sweep_setup(struct __test_metadata *_metadata)
{
	ASSERT_TRUE(fault_init())
		TH_LOG("fault injection does not work in this kernel");
	umask(0);
	memset(long_text, 't', sizeof(long_text) - 1);
	memset(&world, 0, sizeof(world));
	world.observer = -1;
	world.fd = -1;
	world.watcher = -1;
	world.name = session_name_unique("fail.nth");
	ASSERT_TRUE(meter_init(&world.meter));
	ASSERT_EQ(0, netlink_open(&world.netlink));
	/* No page that is missing shall be among what fails. */
	ASSERT_EQ(0, mlockall(MCL_CURRENT | MCL_FUTURE));
}

FIXTURE(fail_nth) {
};

FIXTURE_SETUP(fail_nth)
{
	const char *why = sweep_is_impossible();

	if (why)
		SKIP(return, "%s", why);
	sweep_setup(_metadata);
}

FIXTURE_TEARDOWN(fail_nth)
{
	world_end(&world);
	netlink_close(&world.netlink);
	meter_free(&world.meter);
}

/* Comes after all tests of the program. */
FIXTURE(fail_nth_total) {
};

FIXTURE_SETUP(fail_nth_total)
{
	const char *why = sweep_is_impossible();

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN(fail_nth_total)
{
}

TEST_F(fail_nth_total, sites_were_swept)
{
	EXPECT_LT(0, *sweep_total);
	TH_LOG("total: %u sites", *sweep_total);
}

#endif /* SELFTESTS_FAIL_NTH_HELPERS_H */
