// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: WATCH with a pattern and with a name
 * that is missing, and REGISTER of what somebody watches by a pattern.
 */
#include "fail_nth_helpers.h"
#include "pattern_helpers.h"

static struct localstate_target targets[2];
static struct localstate_watch watch_arg;
static struct localstate_register register_arg;

/* The links are allocated once it is known how many there are. */
static int call_watch(struct world *w)
{
	targets[0] = target_pattern("*");
	targets[1] = target_name("missing");
	watch_arg = watch_request(targets, 2, LOCALSTATE_WATCH_INITIAL |
				  LOCALSTATE_WATCH_ALLOW_MISSING);
	return WORLD_CALL(w, w->fd, WATCH, &watch_arg);
}

static bool is_watched(struct world *w)
{
	struct localstate_watch_info info;
	struct reader reader;

	reader_init(&reader, w->fd);
	return watch_count(w->fd) == 1 &&
	       !watch_info(w->fd, watch_arg.ref, &info) && info.n_links == 2 &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_CHANGED, 0) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_CHANGED, 2) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_SYNC, 0) &&
	       !variable_register(w->observer, "missing", value_int(1)) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_CREATED, 0) &&
	       reader_is_drained(&reader);
}

static const struct sweep sweep_watch = {
	.name = "WATCH, by a pattern",
	.begin = world_begin,
	.call = call_watch,
	.is_done = is_watched,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, watch_by_a_pattern, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_watch);
}

static int begin_register(struct world *w)
{
	int err = world_begin(w);

	if (err)
		return err;
	w->watcher = session_open(w->name.text);
	err = watch_pattern(w->watcher, "n*", 0);
	return err < 0 ? err : 0;
}

static int call_register(struct world *w)
{
	register_arg = register_request("new", value_int(5));
	return WORLD_CALL(w, w->fd, REGISTER, &register_arg);
}

/* Runs in which the link could not be made. */
static unsigned int n_lost;

/* One of CREATED and LOST is told, and the variable is there either way. */
static bool is_registered(struct world *w)
{
	const struct localstate_event *event;
	struct localstate_get get;
	struct reader reader;

	reader_init(&reader, w->watcher);
	if (variable_get(w->observer, "new", &get) || get.version ||
	    reader_next(&reader, 0, &event) != 1)
		return false;
	if (event->kind == LOCALSTATE_EVENT_LOST)
		n_lost++;
	else if (event->kind != LOCALSTATE_EVENT_CREATED ||
		 event->id != get.id)
		return false;
	return reader_is_drained(&reader);
}

static const struct sweep sweep_register = {
	.name = "REGISTER, watched by a pattern",
	.begin = begin_register,
	.call = call_register,
	.is_done = is_registered,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
	.spares = true,
};

TEST_F_TIMEOUT(fail_nth, register_tells_a_pattern_or_lost, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_register);
	EXPECT_LT(0, n_lost);
	TH_LOG("LOST was told %u times", n_lost);
}

TEST_HARNESS_MAIN
