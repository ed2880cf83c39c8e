// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening sessions, and telling why calls of the library failed: its own words,
 * and what one can do.
 */
#include <errno.h>

#include <string.h>

#include "failure.h"
#include "session.h"

/* What a failure has of the library's error; the errno stands without one. */
static struct failure failure_of(int rc, const struct lstate_error *error)
{
	const char *name = lstate_error_name(error);

	return (struct failure){
		.rc = rc,
		.name = *name ? name : NULL,
	};
}

int call_failure(int rc, struct lstate_error *error)
{
	const char *message = error ? lstate_error_message(error) :
				      strerror(-rc);
	struct failure failure = failure_of(rc, error);
	int status;

	status = fail(&failure, "%s%s", message,
		      rc == -ENODEV ? "; load the module with: lstate module load" : "");
	lstate_error_free(error);
	return status;
}

int session_failure(const struct lstate_session *session)
{
	const struct lstate_error *error = lstate_session_error(session);
	struct failure failure = failure_of(lstate_error_code(error), error);

	if (!failure.name)
		failure.name = lstate_session_name(session);
	if (failure.rc == -ENOENT)
		return fail(&failure, "%s; see: lstate -s %s list",
			    lstate_error_message(error),
			    lstate_session_name(session));
	return fail(&failure, "%s", lstate_error_message(error));
}

int session_missing(const char *name)
{
	const struct failure failure = { .rc = -ENOENT, .name = name };

	return fail(&failure,
		    "no session \"%s\"; make it with: lstate -s %s register NAME --type TYPE",
		    name, name);
}

int session_open(struct lstate_session **session, const char *name,
		 unsigned int flags, mode_t mode)
{
	struct lstate_error *error;
	int rc;

	rc = lstate_session_open(session, name, flags, mode, &error);
	if (!rc)
		return EXIT_DONE;
	if (rc == -ENOENT) {
		lstate_error_free(error);
		return session_missing(name);
	}
	return call_failure(rc, error);
}
