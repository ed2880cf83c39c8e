// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Options of a watch that the library itself looks after, not the kernel.
 */
#include "private.h"

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

/* What the library itself has to know of them. */
void lstate_watch_take_options(struct lstate_watch *watch,
			       const struct lstate_watch_options *options)
{
	watch->fetch = options->fetch;
	watch->judge = options->judge;
	watch->judge_data = options->judge_data;
	lstate_pace_set(watch, options);
}
