// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Waiting until a condition holds.
 *
 * A wait is a client of its own, with a queue of its own, so that it takes no
 * event that another watch of the session has to get.  The condition is the filter
 * of a watch that begins with the present value: the kernel looks at that and at
 * each later one, and none comes between.  What the kernel lets pass fulfils the
 * condition, but for nan, which it cannot compare and hence tells.
 */
#include "filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum lstate_waiting_state {
	LSTATE_WAITING,
	LSTATE_WAITING_HELD,		/* the condition holds */
	LSTATE_WAITING_AGAIN,		/* there is a variable now, or room for it */
	LSTATE_WAITING_DELETED,
	LSTATE_WAITING_ENDED,		/* the session */
};

struct lstate_waiting {
	struct lstate_session *session;	/* this wait's own */
	struct lstate_filter *filter;
	char *name;
	bool allow_missing;
	int64_t deadline_ns;
	struct lstate_watch *watch;
	bool absent;			/* it waits for the variable */
	bool looked;			/* the present value was seen */
	enum lstate_waiting_state state;
	int rc;				/* of getting the value */
	struct lstate_value value;
	struct lstate_stamp stamp;
};

/* ------------------------------------------------------------------------ */

/* Does a nan fulfil the condition?  It is equal to nan, and in no range. */
static bool lstate_waiting_holds_nan(const struct lstate_waiting *waiting)
{
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	const struct lstate_filter *filter = waiting->filter;
	bool all = filter->match == LOCALSTATE_FILTER_ALL;
	struct lstate_error ignored = { 0 };
	struct lstate_value operand;
	bool holds = false;
	size_t i;

	if (lstate_filter_bind(filter, LSTATE_TYPE_FLOAT, waiting->name, terms,
			       &ignored) < 0) {
		lstate_error_clear(&ignored);
		return false;
	}
	for (i = 0; i < filter->n; i++) {
		lstate_value_unpack(LSTATE_TYPE_FLOAT, terms[i].operand.data,
				    &operand);
		holds = terms[i].operation == LOCALSTATE_FILTER_EQUALS ?
			isnan(operand.f) :
			terms[i].operation == LOCALSTATE_FILTER_DIFFERS &&
			!isnan(operand.f);
		if (holds != all)
			break;
	}
	return holds;
}

/* The value that was too long for its event, or one that it has become since. */
static void lstate_waiting_get(struct lstate_waiting *waiting, uint64_t id)
{
	const struct localstate_key key = { .id = id };
	struct localstate_error why;

	waiting->rc = lstate_get_ask(waiting->session, &key, &waiting->value,
				     &waiting->stamp, &why);
	/* If it is gone DELETED follows, and says what that means. */
	if (waiting->rc != -ENOENT)
		waiting->state = LSTATE_WAITING_HELD;
}

static void lstate_waiting_changed(struct lstate_waiting *waiting,
				   const struct lstate_value *value,
				   const struct lstate_event *event)
{
	if (waiting->absent) {
		waiting->state = LSTATE_WAITING_AGAIN;
		return;
	}
	if (value->type == LSTATE_TYPE_FLOAT && isnan(value->f) &&
	    !lstate_waiting_holds_nan(waiting))
		return;
	if (lstate_event_truncated(event) & LSTATE_TRUNCATED_NEW) {
		lstate_waiting_get(waiting, lstate_event_id(event));
		return;
	}
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
	case LSTATE_EVENT_CHANGED:
		if (new_value)
			lstate_waiting_changed(waiting, new_value, event);
		break;
	case LSTATE_EVENT_CREATED:
	case LSTATE_EVENT_LOST:
		/* The watch that is made next has the type, or says what is wrong. */
		waiting->state = LSTATE_WAITING_AGAIN;
		break;
	case LSTATE_EVENT_DELETED:
		waiting->state = waiting->allow_missing ? LSTATE_WAITING_AGAIN :
							  LSTATE_WAITING_DELETED;
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
	struct lstate_watch_options options = {
		.filter = waiting->filter,
		.initial = true,
	};
	int rc;

	waiting->state = LSTATE_WAITING;
	waiting->looked = false;
	waiting->absent = false;
	rc = lstate_watch_add(waiting->session, targets, 1, &options,
			      lstate_waiting_event, waiting, NULL,
			      &waiting->watch);
	if (rc != -ENOENT || !waiting->allow_missing)
		return rc;
	/* Without a variable there is no type that the filter could be of. */
	waiting->absent = true;
	options.filter = NULL;
	options.allow_missing = true;
	return lstate_watch_add(waiting->session, targets, 1, &options,
				lstate_waiting_event, waiting, NULL,
				&waiting->watch);
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
