// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: WATCH with SNAPSHOT.  If the values
 * cannot be written the watch is undone.
 */
#include "fail_nth_helpers.h"
#include "pattern_helpers.h"
#include "snapshot_helpers.h"

static struct localstate_target target;
static struct localstate_watch watch_arg;
static __u64 buffer[512];

static int call_watch(struct world *w)
{
	target = target_pattern("*");
	poison(buffer, sizeof(buffer));
	watch_arg = snapshot_request(&target, 1, buffer, sizeof(buffer));
	return WORLD_CALL(w, w->fd, WATCH, &watch_arg);
}

static bool is_watched(struct world *w)
{
	const struct localstate_variable *record = (const void *)buffer;
	struct localstate_watch_info info;
	struct reader reader;

	reader_init(&reader, w->fd);
	return watch_count(w->fd) == 1 && watch_arg.count == 2 &&
	       !record->version && record->size < watch_arg.size &&
	       !watch_info(w->fd, watch_arg.ref, &info) && info.n_links == 2 &&
	       !variable_set(w->observer, "int", value_int(2)) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_CHANGED, 1) &&
	       reader_is_drained(&reader);
}

static const struct sweep sweep_watch = {
	.name = "WATCH, with a snapshot",
	.begin = world_begin,
	.call = call_watch,
	.is_done = is_watched,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, watch_with_a_snapshot, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_watch);
}

TEST_HARNESS_MAIN
