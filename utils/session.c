// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening sessions, and telling why calls of the library failed: its own words,
 * and what one can do.
 */
#include <errno.h>

#include "session.h"
#include "tool.h"

int exit_status(int rc)
{
	return rc == -ENOENT ? EXIT_NOT_FOUND : EXIT_REFUSED;
}

int out_of_memory(void)
{
	complain("out of memory");
	return EXIT_REFUSED;
}

int call_failure(int rc, struct lstate_error *error)
{
	const char *message = error ? lstate_error_message(error) :
				      strerror(-rc);

	if (rc == -ENODEV)
		complain("%s; load the module with: lstate module load",
			 message);
	else
		complain("%s", message);
	lstate_error_free(error);
	return exit_status(rc);
}

int session_failure(const struct lstate_session *session)
{
	const struct lstate_error *error = lstate_session_error(session);
	int rc = lstate_error_code(error);

	if (rc == -ENOENT)
		complain("%s; see: lstate -s %s list",
			 lstate_error_message(error),
			 lstate_session_name(session));
	else
		complain("%s", lstate_error_message(error));
	return exit_status(rc);
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
		complain("no session \"%s\"; make it with: lstate -s %s register NAME --type TYPE",
			 name, name);
		return EXIT_NOT_FOUND;
	}
	return call_failure(rc, error);
}
