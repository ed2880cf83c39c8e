// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening sessions, and telling why calls of the library failed: its own words,
 * and what one can do.
 */
#include <errno.h>
#include <stdlib.h>
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
		.value = lstate_error_typed_value(error),
		.limit = lstate_error_typed_limit(error),
		.choices = lstate_error_choices(error, NULL),
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

static int tell(const struct failure *failure, const char *message,
		const char *session)
{
	if (failure->rc == -ENOENT)
		return fail(failure, "%s; see: lstate -s %s list", message,
			    session);
	return fail(failure, "%s", message);
}

/* The entries of a list that failed; the call failed as the first of them. */
static int tell_entries(const struct lstate_error *error, const char *session)
{
	const struct lstate_error *entry;
	int status = EXIT_DONE, one;
	struct failure failure;
	size_t i;

	for (i = 0; (entry = lstate_error_entry(error, i)); i++) {
		failure = failure_of(lstate_error_code(entry), entry);
		failure.name = lstate_error_identifier(error, i);
		one = tell(&failure, lstate_error_message(entry), session);
		if (!status)
			status = one;
	}
	return status;
}

int session_failure(const struct lstate_session *session)
{
	const struct lstate_error *error = lstate_session_error(session);
	struct failure failure = failure_of(lstate_error_code(error), error);
	const char *name = lstate_session_name(session);

	if (failures_are_in_json() && lstate_error_count(error))
		return tell_entries(error, name);
	if (!failure.name)
		failure.name = name;
	return tell(&failure, lstate_error_message(error), name);
}

int session_failures(const struct lstate_session *session)
{
	const struct lstate_error *error = lstate_session_error(session);

	if (!lstate_error_count(error))
		return session_failure(session);
	return tell_entries(error, lstate_session_name(session));
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

/*
 * The session behind the descriptor in the environment, if it is the one of that
 * name; the number may be another file's by now.
 */
struct lstate_session *session_inherited(const char *name)
{
	const char *text = getenv(SESSION_FD_VARIABLE);
	struct lstate_session *session;
	uint32_t fd;

	if (!text || !parse_u32(text, &fd) || fd > INT32_MAX ||
	    lstate_session_adopt(&session, (int)fd, NULL) < 0)
		return NULL;
	if (lstate_session_name(session) &&
	    !strcmp(lstate_session_name(session), name))
		return session;
	lstate_session_close(session);
	return NULL;
}

int session_open_to_change(struct lstate_session **session, const char *name)
{
	*session = session_inherited(name);
	return *session ? EXIT_DONE : session_open(session, name, 0, 0);
}
