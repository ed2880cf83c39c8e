// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: REWATCH with a filter of which a text
 * has to be allocated as well.
 */
#include "fail_nth_helpers.h"
#include "filter_helpers.h"

static const char wanted[] = "a text that is longer than a slot holds";
static struct localstate_filter_term terms[2];
static int ref;

static int begin_rewatch(struct world *w)
{
	struct localstate_filter_term no = term_equals(0, value_string("no"));
	int err = world_begin(w);

	if (err)
		return err;
	ref = watch_term(w->fd, "text", 0, &no);
	return ref < 0 ? ref : 0;
}

static int call_rewatch(struct world *w)
{
	struct localstate_rewatch arg;

	terms[0] = term_differs(0, value_none());
	terms[1] = term_equals(0, value_string(wanted));
	arg = rewatch_request(ref, terms, 2);
	arg.filter.match = LOCALSTATE_FILTER_ALL;
	arg.inline_limit = 16;
	return WORLD_CALL(w, w->fd, REWATCH, &arg);
}

static bool is_changed(struct world *w)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	struct reader reader;

	reader_init(&reader, w->fd);
	return !variable_set(w->observer, "text", value_string("no")) &&
	       !variable_set(w->observer, "text", value_string(wanted)) &&
	       reader_next(&reader, 0, &event) == 1 && event->new_len == 16 &&
	       reader_is_drained(&reader) && !watch_info(w->fd, ref, &info) &&
	       info.filtered == 1 && info.inline_limit == 16;
}

static const struct sweep sweep_rewatch = {
	.name = "REWATCH",
	.begin = begin_rewatch,
	.call = call_rewatch,
	.is_done = is_changed,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, rewatch, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_rewatch);
}

TEST_HARNESS_MAIN
