// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Waiting until a condition holds.
 *
 * A wait is a client of its own, with a queue of its own, so that it takes no
 * event that another watch of the session has to get.  The condition is the filter
 * of one watch that begins with the present value: the kernel looks at that and at
 * each later one, and none comes between.
 *
 * A filter is of a type, which a variable that is missing does not tell.  Then the watch
 * begins without it, and gets it when there is a variable; each value that is told is
 * judged here once more, so that none is missed until then.
 */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

enum lstate_waiting_state {
	LSTATE_WAITING,
	LSTATE_WAITING_HELD,		/* the condition holds */
	LSTATE_WAITING_AGAIN,		/* there was no room for a link */
	LSTATE_WAITING_DELETED,
	LSTATE_WAITING_MISFIT,		/* it makes no sense for the variable */
	LSTATE_WAITING_ENDED,		/* the session */
};

struct lstate_waiting {
	struct lstate_session *session;	/* this wait's own */
	struct lstate_filter *filter;
	char *name;
	bool allow_missing;
	int64_t deadline_ns;
	struct lstate_watch *watch;
	bool absent;			/* there is no variable */
	bool looked;			/* the present value was seen */
	bool refined;			/* the kernel has the filter for this variable */
	bool judged;			/* and had it from the first value on */
	enum lstate_waiting_state state;
	int rc;				/* of getting the value */
	struct lstate_value value;
	struct lstate_stamp stamp;
};

/* ------------------------------------------------------------------------ */

static bool lstate_waiting_judge(struct lstate_waiting *waiting,
				 const struct lstate_value *value)
{
	int rc;

	rc = lstate_condition_judge(waiting->filter, waiting->name, value,
				    &waiting->session->error);
	if (rc < 0) {
		waiting->state = LSTATE_WAITING_MISFIT;
		waiting->rc = rc;
	}
	return rc > 0;
}

/* The value that was too long for its event, or one that it has become since. */
static void lstate_waiting_get(struct lstate_waiting *waiting, uint64_t id)
{
	const struct localstate_key key = { .id = id };
	struct localstate_error why;

	waiting->rc = lstate_get_ask(waiting->session, &key, &waiting->value,
				     &waiting->stamp, &why);
	/* If it is gone DELETED follows, and says what that means. */
	if (waiting->rc == -ENOENT)
		return;
	/* The kernel may not have known the filter when it told this. */
	if (waiting->rc == 0 && !waiting->judged &&
	    !lstate_waiting_judge(waiting, &waiting->value)) {
		lstate_value_clear(&waiting->value);
		return;
	}
	waiting->state = LSTATE_WAITING_HELD;
}

static void lstate_waiting_changed(struct lstate_waiting *waiting,
				   const struct lstate_value *value,
				   const struct lstate_event *event)
{
	waiting->absent = false;
	if (lstate_event_truncated(event) & LSTATE_TRUNCATED_NEW) {
		lstate_waiting_get(waiting, lstate_event_id(event));
		return;
	}
	if (!lstate_waiting_judge(waiting, value))
		return;
	waiting->state = LSTATE_WAITING_HELD;
	waiting->rc = lstate_value_copy(&waiting->value, value);
	waiting->stamp = (struct lstate_stamp){
		.id = lstate_event_id(event),
		.version = lstate_event_version(event),
		.changed_ns = lstate_event_time_ns(event),
		.pid = lstate_event_pid(event),
		.uid = lstate_event_uid(event),
	};
}

static void lstate_waiting_event(const char *identifier,
				 const struct lstate_value *old_value,
				 const struct lstate_value *new_value,
				 const struct lstate_metadata *metadata,
				 const struct lstate_event *event,
				 void *user_data)
{
	struct lstate_waiting *waiting = user_data;

	(void)identifier;
	(void)old_value;
	(void)metadata;
	if (waiting->state != LSTATE_WAITING)
		return;
	switch (lstate_event_kind(event)) {
	case LSTATE_EVENT_CREATED:
		waiting->refined = false;
		/* Fall through. */
	case LSTATE_EVENT_CHANGED:
		if (new_value)
			lstate_waiting_changed(waiting, new_value, event);
		break;
	case LSTATE_EVENT_LOST:
		waiting->state = LSTATE_WAITING_AGAIN;
		break;
	case LSTATE_EVENT_DELETED:
		waiting->absent = true;
		waiting->judged = false;
		if (!waiting->allow_missing)
			waiting->state = LSTATE_WAITING_DELETED;
		break;
	case LSTATE_EVENT_SYNC:
		waiting->looked = true;
		break;
	case LSTATE_EVENT_SESSION_END:
		waiting->state = LSTATE_WAITING_ENDED;
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------------------ */

static int lstate_waiting_watch(struct lstate_waiting *waiting)
{
	const char *targets[] = { waiting->name };
	const struct lstate_watch_options options = {
		.filter = waiting->filter,
		.filter_may_wait = waiting->allow_missing,
		.allow_missing = waiting->allow_missing,
		.initial = true,
	};
	int rc;

	waiting->state = LSTATE_WAITING;
	waiting->looked = false;
	rc = lstate_watch_add(waiting->session, targets, 1, &options,
			      lstate_waiting_event, waiting, NULL,
			      &waiting->watch);
	waiting->refined = rc == 0 && waiting->watch->is_filtered;
	waiting->judged = waiting->refined;
	waiting->absent = !waiting->refined;
	return rc;
}

/* There is a variable now: let the kernel tell no more than is wanted. */
static int lstate_waiting_refine(struct lstate_waiting *waiting)
{
	const struct lstate_watch_options options = {
		.filter = waiting->filter,
		.filter_may_wait = true,
	};
	int rc;

	if (waiting->state != LSTATE_WAITING || waiting->absent || waiting->refined)
		return 0;
	rc = lstate_watch_change(waiting->watch, &options);
	waiting->refined = rc == 0 && waiting->watch->is_filtered;
	/* It may be about a successor, of which later events tell: they come first. */
	if (rc == -EINVAL && lstate_session_wait(waiting->session, 0) == 0)
		return rc;
	/* Whatever else it is: the next event tells, or all go on to be judged here. */
	return 0;
}

static int lstate_waiting_expired(struct lstate_waiting *waiting)
{
	struct lstate_error *error = &waiting->session->error;

	lstate_error_fail(error, -ETIMEDOUT, LSTATE_FIELD_TIMEOUT,
			  "%s: %s", waiting->name,
			  waiting->absent ?
			  "there was no such variable within the time" :
			  "the condition did not hold within the time");
	lstate_error_set_name(error, waiting->name);
	return -ETIMEDOUT;
}

/* Until the watch has told what counts. */
static int lstate_waiting_follow(struct lstate_waiting *waiting)
{
	int rc, left;

	while (waiting->state == LSTATE_WAITING) {
		left = lstate_deadline_left(waiting->deadline_ns);
		if (!left && waiting->looked)
			return lstate_waiting_expired(waiting);
		rc = lstate_session_wait(waiting->session, left);
		if (!rc)
			return lstate_waiting_expired(waiting);
		if (rc > 0)
			rc = lstate_session_dispatch(waiting->session);
		if (rc >= 0)
			rc = lstate_waiting_refine(waiting);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int lstate_waiting_result(struct lstate_waiting *waiting)
{
	struct lstate_error *error = &waiting->session->error;

	switch (waiting->state) {
	case LSTATE_WAITING_DELETED:
		lstate_error_fail(error, -ENOENT, LSTATE_FIELD_NAME,
				  "%s: it was deleted before the condition held",
				  waiting->name);
		lstate_error_set_name(error, waiting->name);
		return -ENOENT;
	case LSTATE_WAITING_ENDED:
		return lstate_error_fail(error, -ESHUTDOWN, LSTATE_FIELD_NONE,
					 "the session has ended");
	case LSTATE_WAITING_MISFIT:
		return waiting->rc;
	default:
		return waiting->rc < 0 ?
		       lstate_queue_explain(waiting->session, "condition",
					    waiting->rc) : 0;
	}
}

static int lstate_waiting_run(struct lstate_waiting *waiting)
{
	int rc;

	do {
		lstate_watch_remove(waiting->watch);
		waiting->watch = NULL;
		rc = lstate_waiting_watch(waiting);
		if (rc == 0)
			rc = lstate_waiting_follow(waiting);
	} while (rc == 0 && waiting->state == LSTATE_WAITING_AGAIN);
	return rc < 0 ? rc : lstate_waiting_result(waiting);
}

/* ------------------------------------------------------------------------ */

/* Another client of the same session, or the error of the caller's. */
static int lstate_waiting_attach(struct lstate_waiting *waiting,
				 struct lstate_session *session)
{
	int rc;

	if (!session->name)
		return lstate_error_fail(&session->error, -EOPNOTSUPP,
					 LSTATE_FIELD_NONE,
					 "condition: in a private session nobody can wait");
	rc = lstate_session_make(&waiting->session, session->name,
				 LSTATE_OPEN_READ_ONLY, 0, &session->error);
	if (rc == -ENOENT || (rc == 0 && waiting->session->id != session->id))
		return lstate_error_fail(&session->error, -ESHUTDOWN,
					 LSTATE_FIELD_NONE,
					 "the session has ended");
	return rc;
}

static void lstate_waiting_end(struct lstate_waiting *waiting,
			       struct lstate_session *session, int rc)
{
	if (rc < 0 && waiting->session && waiting->session->error.code) {
		lstate_error_replace(&session->error, &waiting->session->error);
		memset(&waiting->session->error, 0,
		       sizeof(waiting->session->error));
	}
	lstate_session_close(waiting->session);
	lstate_filter_free(waiting->filter);
	free(waiting->name);
}

static int lstate_waiting_prepare(struct lstate_waiting *waiting,
				  struct lstate_session *session,
				  const char *condition, unsigned int flags)
{
	struct localstate_key key;
	int rc;

	if (flags & ~LSTATE_CONDITION_ALLOW_MISSING)
		return lstate_error_fail(&session->error, -EINVAL,
					 LSTATE_FIELD_FLAGS, "unknown flags");
	rc = lstate_condition_parse(condition, &waiting->filter,
				    &session->error);
	if (rc < 0)
		return rc;
	waiting->name = strndup(waiting->filter->subject.s,
				waiting->filter->subject.length);
	if (!waiting->name)
		return lstate_error_fail(&session->error, -ENOMEM,
					 LSTATE_FIELD_NONE, "out of memory");
	/* An id is never given again. */
	lstate_key_parse(waiting->name, &key);
	if (key.id)
		waiting->allow_missing = false;
	return lstate_waiting_attach(waiting, session);
}

int lstate_condition_wait(struct lstate_session *session,
			  const char *condition, unsigned int flags,
			  int timeout_ms, struct lstate_value *value,
			  struct lstate_stamp *stamp)
{
	struct lstate_waiting waiting = {
		.allow_missing = flags & LSTATE_CONDITION_ALLOW_MISSING,
		.deadline_ns = lstate_deadline_of(timeout_ms),
	};
	int rc;

	rc = lstate_waiting_prepare(&waiting, session, condition, flags);
	if (rc == 0)
		rc = lstate_waiting_run(&waiting);
	lstate_waiting_end(&waiting, session, rc);
	if (rc == 0 && value)
		*value = waiting.value;
	else
		lstate_value_clear(&waiting.value);
	if (rc == 0 && stamp)
		*stamp = waiting.stamp;
	return rc;
}
