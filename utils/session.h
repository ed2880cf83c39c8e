/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions as the commands open them, and what they say when a call failed.
 */
#ifndef SESSION_H
#define SESSION_H

#include <localstate.h>

/*
 * Opens a session with LSTATE_OPEN_* and the mode that it gets if it is made.
 * Returns an exit code, and has told on stderr what is wrong.
 */
int session_open(struct lstate_session **session, const char *name,
		 unsigned int flags, mode_t mode);

/*
 * The same in order to change variables.  Inside of lstate claim, its claims are
 * those of the session.
 */
int session_open_to_change(struct lstate_session **session, const char *name);

/*
 * Inside of lstate claim, its session, if it is the one of that name; NULL: it is
 * not, or there is none.
 */
struct lstate_session *session_inherited(const char *name);

/* The variable in which lstate claim leaves its descriptor to its command. */
#define SESSION_FD_VARIABLE "LSTATE_FD"

/* Tells why the last call on the session failed; returns its exit code. */
int session_failure(const struct lstate_session *session);

/* The same, with a line for each entry of a list that failed. */
int session_failures(const struct lstate_session *session);

/* The same for an error of a call without a session, which it frees. */
int call_failure(int rc, struct lstate_error *error);

/* Tells that there is no such session, and how to make it. */
int session_missing(const char *name);

#endif /* SESSION_H */
