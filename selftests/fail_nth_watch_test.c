// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: WATCH, UNWATCH and WATCHES.  A WATCH
 * whose results cannot be written is undone.
 */
#include "fail_nth_helpers.h"
#include "filter_helpers.h"

#define N_TARGETS 6

static struct localstate_target targets[N_TARGETS];
static char names[N_TARGETS][16];
static __s32 status[N_TARGETS];
static struct localstate_watch watch_arg;

/* ---- WATCH --------------------------------------------------------------- */

/* The first one of a client, which makes its ring. */
static int call_watch(struct world *w)
{
	targets[0] = target_name("int");
	watch_arg = watch_request(targets, 1, 0);
	return WORLD_CALL(w, w->fd, WATCH, &watch_arg);
}

static bool is_watched(struct world *w)
{
	struct localstate_watch_info info;
	struct reader reader;

	reader_init(&reader, w->fd);
	return watch_count(w->fd) == 1 && watch_arg.failed == 0 &&
	       !watch_info(w->fd, watch_arg.ref, &info) && info.n_links == 1 &&
	       !variable_set(w->observer, "int", value_int(2)) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_CHANGED, 1) &&
	       reader_is_drained(&reader);
}

static const struct sweep sweep_watch = {
	.name = "WATCH",
	.begin = world_begin,
	.call = call_watch,
	.is_done = is_watched,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, watch, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_watch);
}

/* Many targets, every third by id, with a status for each. */
static int begin_many(struct world *w)
{
	unsigned int i;
	__u64 id = 0;
	int err = world_begin(w);

	for (i = 0; !err && i < N_TARGETS; i++) {
		snprintf(names[i], sizeof(names[i]), "name.%u", i);
		err = variable_register_id(w->observer, names[i],
					   value_int(i), &id);
		targets[i] = i % 3 ? target_name(names[i]) : target_id(id);
	}
	return err;
}

static int call_watch_many(struct world *w)
{
	poison(status, sizeof(status));
	watch_arg = watch_request(targets, N_TARGETS, LOCALSTATE_WATCH_INITIAL);
	watch_arg.status = pointer(status);
	watch_arg.inline_limit = 1024;
	return WORLD_CALL(w, w->fd, WATCH, &watch_arg);
}

static bool is_watched_many(struct world *w)
{
	struct localstate_watch_info info;
	struct reader reader;
	unsigned int i;

	if (watch_count(w->fd) != 1 ||
	    watch_info(w->fd, watch_arg.ref, &info) ||
	    info.n_links != N_TARGETS || !is_zero(status, sizeof(status)))
		return false;
	reader_init(&reader, w->fd);
	for (i = 0; i < N_TARGETS; i++) {
		if (!reader_next_is(&reader, LOCALSTATE_EVENT_CHANGED, 0))
			return false;
	}
	return reader_next_is(&reader, LOCALSTATE_EVENT_SYNC, 0) &&
	       reader_is_drained(&reader);
}

static const struct sweep sweep_watch_many = {
	.name = "WATCH, many targets with INITIAL",
	.begin = begin_many,
	.call = call_watch_many,
	.is_done = is_watched_many,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, watch_many_targets, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_watch_many);
}

/* With a filter, of which a text has to be allocated as well. */
static struct localstate_filter_term filter_terms[2];

static int call_watch_filtered(struct world *w)
{
	static const char text[] = "a text that is longer than a slot holds";

	targets[0] = target_name("text");
	filter_terms[0] = term_differs(0, value_none());
	filter_terms[1] = term_equals(0, value_string(text));
	watch_arg = watch_filtered_request(targets, 1, filter_terms, 2,
					   LOCALSTATE_FILTER_ALL);
	watch_arg.flags = LOCALSTATE_WATCH_INITIAL;
	return WORLD_CALL(w, w->fd, WATCH, &watch_arg);
}

/* INITIAL passes, since there is nothing that it could differ from. */
static bool is_watched_filtered(struct world *w)
{
	struct localstate_watch_info info;
	struct reader reader;

	reader_init(&reader, w->fd);
	return watch_count(w->fd) == 1 &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_CHANGED, 2) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_SYNC, 0) &&
	       !variable_set(w->observer, "text", value_string("other")) &&
	       reader_is_drained(&reader) &&
	       !watch_info(w->fd, watch_arg.ref, &info) && info.filtered == 1;
}

static const struct sweep sweep_watch_filtered = {
	.name = "WATCH, with a filter",
	.begin = world_begin,
	.call = call_watch_filtered,
	.is_done = is_watched_filtered,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, watch_with_a_filter, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_watch_filtered);
}

/*
 * One target is missing: the call succeeds here if it is refused for that and
 * nothing else, with a status for each target.
 */
static int call_watch_refused(struct world *w)
{
	int ret;

	poison(status, sizeof(status));
	targets[0] = target_name("int");
	targets[1] = target_name("missing");
	targets[2] = target_name("text");
	watch_arg = watch_request(targets, 3, 0);
	watch_arg.status = pointer(status);
	ret = WORLD_CALL(w, w->fd, WATCH, &watch_arg);
	return ret == -ENOENT ? 0 : ret ?: -EBADE;
}

/* If the error part cannot be written, the refusal is still what it returns. */
static bool is_refused(struct world *w)
{
	bool written = !is_poison(&w->error, sizeof(w->error));

	if (written && (w->error.code != ENOENT || w->error.index != 1 ||
			watch_arg.failed != 1))
		return false;
	return watch_count(w->fd) == 0 && status[0] == 0 &&
	       status[1] == -ENOENT && status[2] == 0;
}

static const struct sweep sweep_watch_refused = {
	.name = "WATCH, refused",
	.begin = world_begin,
	.call = call_watch_refused,
	.is_done = is_refused,
	.end = world_end,
	.errors = SWEEP_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, watch_that_is_refused, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_watch_refused);
}

/* ---- UNWATCH ------------------------------------------------------------- */

static int unwatch_ref;

/* There is another watch, and there are events of both. */
static int begin_unwatch(struct world *w)
{
	int err = world_begin(w);

	if (err)
		return err;
	unwatch_ref = watch_name(w->fd, "int", LOCALSTATE_WATCH_INITIAL);
	if (unwatch_ref < 0)
		return unwatch_ref;
	err = watch_name(w->fd, "text", LOCALSTATE_WATCH_INITIAL);
	return err < 0 ? err : variable_set(w->observer, "int", value_int(2));
}

static int call_unwatch(struct world *w)
{
	struct localstate_unwatch arg = unwatch_request(unwatch_ref);

	return WORLD_CALL(w, w->fd, UNWATCH, &arg);
}

static bool is_unwatched(struct world *w)
{
	struct reader reader;

	reader_init(&reader, w->fd);
	return watch_count(w->fd) == 1 &&
	       !variable_set(w->observer, "int", value_int(3)) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_CHANGED, 2) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_SYNC, 0) &&
	       reader_is_drained(&reader);
}

static const struct sweep sweep_unwatch = {
	.name = "UNWATCH",
	.begin = begin_unwatch,
	.call = call_unwatch,
	.is_done = is_unwatched,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, unwatch, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_unwatch);
}

/* ---- WATCHES ------------------------------------------------------------- */

static struct localstate_watch_info watches[4];
static struct localstate_watches watches_arg;

static int call_watches(struct world *w)
{
	poison(watches, sizeof(watches));
	watches_arg = watches_request(watches, sizeof(watches));
	return WORLD_CALL(w, w->fd, WATCHES, &watches_arg);
}

static bool are_watches(struct world *w)
{
	return watches_arg.count == 2 && watches[0].ref == (__u32)unwatch_ref &&
	       watches[0].n_links == 1 && watches[0].queued == 3 &&
	       watches[1].n_links == 1 && watches[1].queued == 2 &&
	       is_poison(&watches[2], sizeof(watches[2]));
}

static const struct sweep sweep_watches = {
	.name = "WATCHES",
	.begin = begin_unwatch,
	.call = call_watches,
	.is_done = are_watches,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, watches, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_watches);
}

TEST_HARNESS_MAIN
