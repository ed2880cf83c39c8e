// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Options of a watch, as the program sets them before it is made or changed.
 */
#include "filter.h"

#include <stdlib.h>

int lstate_watch_options_new(struct lstate_watch_options **options)
{
	*options = calloc(1, sizeof(**options));
	return *options ? 0 : -ENOMEM;
}

void lstate_watch_options_free(struct lstate_watch_options *options)
{
	if (!options)
		return;
	lstate_filter_free(options->filter);
	free(options);
}

void lstate_watch_options_set_initial(struct lstate_watch_options *options,
				      bool initial)
{
	options->initial = initial;
}

void lstate_watch_options_set_allow_missing(struct lstate_watch_options *options,
					    bool allow_missing)
{
	options->allow_missing = allow_missing;
}

void lstate_watch_options_set_no_self(struct lstate_watch_options *options,
				      bool no_self)
{
	options->no_self = no_self;
}

void lstate_watch_options_set_conflate(struct lstate_watch_options *options,
				       bool conflate)
{
	options->conflate = conflate;
}

void lstate_watch_options_set_inline_limit(struct lstate_watch_options *options,
					   uint32_t bytes)
{
	options->inline_limit = bytes;
}

void lstate_watch_options_set_fetch(struct lstate_watch_options *options,
				    bool fetch)
{
	options->fetch = fetch;
}

int lstate_watch_options_set_filter(struct lstate_watch_options *options,
				    const char *expression,
				    struct lstate_error **error)
{
	struct lstate_filter *filter = NULL;
	struct lstate_error failure = { 0 };
	int rc = 0;

	if (error)
		*error = NULL;
	if (expression)
		rc = lstate_filter_parse(expression, &filter, &failure);
	if (rc < 0 && error)
		*error = lstate_error_give(&failure);
	lstate_error_clear(&failure);
	if (rc < 0)
		return rc;
	lstate_filter_free(options->filter);
	options->filter = filter;
	return 0;
}

void lstate_watch_options_set_interval(struct lstate_watch_options *options,
				       uint32_t interval_ms)
{
	options->interval_ms = interval_ms;
}

void lstate_watch_options_set_heartbeat(struct lstate_watch_options *options,
					uint32_t heartbeat_ms)
{
	options->heartbeat_ms = heartbeat_ms;
}

void lstate_watch_options_set_callback_filter(struct lstate_watch_options *options,
					      lstate_filter_fn filter,
					      void *user_data)
{
	options->judge = filter;
	options->judge_data = user_data;
}

void lstate_watch_options_set_snapshot(struct lstate_watch_options *options,
				       lstate_snapshot_fn callback,
				       void *user_data)
{
	options->snapshot = callback;
	options->snapshot_data = user_data;
}

/* What the library itself has to know of them. */
void lstate_watch_take_options(struct lstate_watch *watch,
			       const struct lstate_watch_options *options)
{
	watch->fetch = options->fetch;
	watch->judge = options->judge;
	watch->judge_data = options->judge_data;
	lstate_pace_set(watch, options);
}
