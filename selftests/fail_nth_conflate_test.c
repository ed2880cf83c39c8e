// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: a WATCH that conflates, and a read() of
 * conflated events, which are taken before they are copied.
 */
#include "fail_nth_helpers.h"
#include "queue_helpers.h"

#define FLAGS	(LOCALSTATE_WATCH_CONFLATE | LOCALSTATE_WATCH_INITIAL)

static struct localstate_target target;
static struct localstate_watch watch_arg;
static char read_buffer[4096];

static int call_watch(struct world *w)
{
	target = target_name("int");
	watch_arg = watch_request(&target, 1, FLAGS);
	return WORLD_CALL(w, w->fd, WATCH, &watch_arg);
}

static bool is_watched(struct world *w)
{
	struct localstate_watch_info info;
	struct reader reader;

	reader_init(&reader, w->fd);
	return watch_count(w->fd) == 1 &&
	       !watch_info(w->fd, watch_arg.ref, &info) && info.n_links == 1 &&
	       !variable_set(w->observer, "int", value_int(2)) &&
	       !variable_set(w->observer, "int", value_int(3)) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_CHANGED, 2) &&
	       reader_next_is(&reader, LOCALSTATE_EVENT_SYNC, 0) &&
	       reader_is_drained(&reader);
}

static const struct sweep sweep_watch = {
	.name = "WATCH, conflated",
	.begin = world_begin,
	.call = call_watch,
	.is_done = is_watched,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, watch_that_conflates, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_watch);
}

/* An event and a SYNC of each of two watches. */
static int begin_read(struct world *w)
{
	int err = world_begin(w);

	if (!err)
		err = watch_name(w->fd, "int", FLAGS);
	if (err > 0)
		err = watch_name(w->fd, "text", FLAGS);
	if (err < 0)
		return err;
	return variable_set(w->observer, "int", value_int(2)) ?:
	       variable_set(w->observer, "text", value_string("other"));
}

static int call_read(struct world *w)
{
	ssize_t len;

	poison(read_buffer, sizeof(read_buffer));
	len = read(w->fd, read_buffer, sizeof(read_buffer));
	return len < 0 ? -errno : len;
}

/* The next one of what the call has read, or of what is left. */
static bool next_is(struct reader *reader, __u32 kind, __u32 ref)
{
	const struct localstate_event *event;

	return reader_next(reader, 0, &event) == 1 && event->kind == kind &&
	       event->ref == ref;
}

static bool is_read(struct world *w)
{
	struct reader reader;

	reader_init(&reader, w->fd);
	memcpy(reader.buffer, read_buffer, w->result);
	reader.len = w->result;
	return next_is(&reader, LOCALSTATE_EVENT_CHANGED, 1) &&
	       next_is(&reader, LOCALSTATE_EVENT_SYNC, 1) &&
	       next_is(&reader, LOCALSTATE_EVENT_CHANGED, 2) &&
	       next_is(&reader, LOCALSTATE_EVENT_SYNC, 2) &&
	       reader_is_drained(&reader);
}

static const struct sweep sweep_read = {
	.name = "read, conflated",
	.begin = begin_read,
	.call = call_read,
	.is_done = is_read,
	.end = world_end,
	.errors = SWEEP_ERRORS,
};

TEST_F_TIMEOUT(fail_nth, read_of_conflated_events_loses_none, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_read);
}

TEST_HARNESS_MAIN
