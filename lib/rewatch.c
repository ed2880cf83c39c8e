// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Another filter and other options for a watch that goes on: it is the same watch to
 * the program and to the kernel.
 */
#include "filter.h"

/*
 * REWATCH is refused for the reasons of WATCH, and says so in the same way, but for
 * the count of failed targets: the type tells whether it is about one.
 */
static int lstate_rewatch_explain(const struct lstate_watch *watch,
				  const struct lstate_watch_options *options,
				  const struct localstate_rewatch *arg, int code)
{
	struct lstate_session *session = watch->session;
	bool misfit = arg->error.field == LOCALSTATE_FIELD_FILTER &&
		      arg->error.type;
	struct localstate_watch as_watch = {
		.inline_limit = arg->inline_limit,
		.failed = misfit,
		.error = arg->error,
	};

	if (code == -EINVAL && arg->error.field == LOCALSTATE_FIELD_FLAGS)
		return lstate_error_fail(&session->error, code,
					 LSTATE_FIELD_FLAGS,
					 "watch: initial values, snapshot, missing names and conflation are for a new one");
	return lstate_watch_explain(session, watch, options, &as_watch, NULL,
				    code);
}

int lstate_watch_change(struct lstate_watch *watch,
			const struct lstate_watch_options *options)
{
	static const struct lstate_watch_options defaults;
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	struct localstate_rewatch arg = { .ref = watch->ref };
	bool found = true;
	int rc;

	if (!options)
		options = &defaults;
	arg.flags = lstate_watch_flags(options);
	arg.inline_limit = options->inline_limit;
	if (options->filter) {
		rc = lstate_watch_bind(watch->session, watch, options, terms,
				       &found);
		if (rc < 0)
			return rc;
		if (!found)
			return options->filter_may_wait ? 0 :
			       lstate_watch_refuse_unbound(watch->session);
		arg.filter.terms = lstate_pointer(terms);
		arg.filter.n_terms = options->filter->n;
		arg.filter.match = options->filter->match;
	}
	rc = lstate_device_ioctl(watch->session->fd, LOCALSTATE_IOC_REWATCH,
				 &arg);
	if (rc < 0)
		return lstate_rewatch_explain(watch, options, &arg, rc);
	watch->is_filtered = arg.filter.n_terms;
	lstate_watch_take_options(watch, options);
	lstate_poll_arm(watch->session);
	return 0;
}
