// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events one by one, for programs that have nothing else to wait for.
 *
 * The event that the caller has is in the session, and its watch counts as running
 * until the next call on the queue takes the event away.  Records that were read and
 * not handed out yet stay in the session's buffer.
 */
#include "private.h"

/* Take back what lstate_event_next() gave. */
void lstate_event_leave(struct lstate_session *session)
{
	if (!session->holding)
		return;
	session->holding = false;
	if (session->event.watch)
		lstate_event_finish(&session->event);
}

/* Return: 1 if it is for somebody. */
static int lstate_next_offer(struct lstate_session *session)
{
	struct lstate_event *event = &session->event;
	struct lstate_watch *watch;

	if (event->record.kind == LOCALSTATE_EVENT_SESSION_END) {
		session->holding = true;
		return 1;
	}
	watch = lstate_queue_watch(session, event);
	if (!watch)
		return 0;
	session->holding = lstate_event_begin(event, watch);
	if (!session->holding)
		lstate_event_finish(event);
	return session->holding;
}

/*
 * Whether it is time to stop looking, though nobody was told anything: after the deadline
 * when as much has been read as the queue holds.  More may be there, and will be.
 */
static bool lstate_next_is_late(struct lstate_session *session,
				int64_t deadline_ns, size_t looked)
{
	size_t size;

	return lstate_deadline_left(deadline_ns) == 0 &&
	       lstate_session_queue_size(session, &size) == 0 && looked >= size;
}

/*
 * Return: 1; 0: nothing is there now, or the session was closed; -ETIME: it is late;
 * another negative errno.
 */
static int lstate_next_take(struct lstate_session *session, int64_t deadline_ns)
{
	size_t looked = 0;
	ssize_t filled;
	int rc = 0;

	while (!rc && !session->closed) {
		if (session->has_paced &&
		    lstate_pace_take(session, lstate_clock_ns(),
				     &session->event))
			return lstate_next_offer(session);
		if (session->queue.filled &&
		    session->queue.position >= session->queue.filled) {
			/* All that was read is handed out; more may come for ever. */
			session->queue.filled = 0;
			session->queue.position = 0;
			lstate_bound_look(session);
			if (!looked)
				continue;
			if (session->has_paced &&
			    lstate_pace_beat(session, lstate_clock_ns(),
					     &session->event))
				return lstate_next_offer(session);
			if (lstate_next_is_late(session, deadline_ns, looked))
				return -ETIME;
			continue;
		}
		filled = lstate_queue_fill(session);
		if (filled <= 0) {
			lstate_bound_look(session);
			/* In silence alone: else whoever is slow got nothing else. */
			if (filled < 0 || session->closed || !session->has_paced ||
			    !lstate_pace_beat(session, lstate_clock_ns(),
					      &session->event))
				return (int)filled;
			return lstate_next_offer(session);
		}
		if (!session->queue.position)
			looked += filled;
		rc = lstate_queue_take(session, &session->event);
		if (rc > 0)
			rc = lstate_next_offer(session);
	}
	return rc;
}

int lstate_event_next(struct lstate_session *session, int timeout_ms,
		      const struct lstate_event **event)
{
	int64_t deadline_ns = lstate_deadline_of(timeout_ms);
	int rc;

	do {
		rc = lstate_dispatch_begin(session, "next");
		if (rc < 0)
			return rc;
		rc = lstate_next_take(session, deadline_ns);
		if (!lstate_dispatch_finish(session))
			return -ESHUTDOWN;
		lstate_poll_arm(session);
		if (rc == -ETIME)
			return 0;
		if (rc < 0)
			return lstate_queue_explain(session, "next", rc);
		if (rc > 0) {
			*event = &session->event;
			return 1;
		}
		rc = lstate_session_wait(session,
					 lstate_deadline_left(deadline_ns));
	} while (rc > 0);
	return rc;
}
