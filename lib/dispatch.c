// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Dispatching: one read of the queue, then the callbacks.
 *
 * While callbacks run, and between the calls of lstate_event_next(), records wait in
 * the session's buffer.  A callback may
 * remove any watch, add one, or close the session: each record looks its watch
 * up anew, a watch that was made after the read gets none of its records, and
 * a session that was closed is freed at the end.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

#define LSTATE_QUEUE_FIRST	16384
#define LSTATE_QUEUE_LARGEST	(1U << 20)

void lstate_queue_free(struct lstate_queue *queue)
{
	free(queue->records);
	free(queue->text);
	free(queue->metadata);
	memset(queue, 0, sizeof(*queue));
}

/* Nothing waits in the buffers when they grow. */
static int lstate_queue_resize(struct lstate_queue *queue, size_t size)
{
	struct lstate_queue new = {
		.records = malloc(size),
		.text = malloc(size + 16),
		.metadata = calloc(LSTATE_METADATA_ENTRIES,
				   sizeof(*queue->metadata)),
		.size = size,
		.reads = queue->reads,
	};

	if (!new.records || !new.text || !new.metadata) {
		lstate_queue_free(&new);
		return -ENOMEM;
	}
	lstate_queue_free(queue);
	*queue = new;
	return 0;
}

/*
 * Read what is there, in the place of what was handed out.  A buffer that is too
 * small for the first record is EINVAL, and tells nothing of the size that is needed.
 */
static ssize_t lstate_queue_read(struct lstate_queue *queue, int fd)
{
	size_t size = queue->size ? queue->size : LSTATE_QUEUE_FIRST;
	ssize_t rc = -EINVAL;

	queue->filled = 0;
	queue->position = 0;
	while (rc == -EINVAL && size <= LSTATE_QUEUE_LARGEST) {
		if (size != queue->size) {
			rc = lstate_queue_resize(queue, size);
			if (rc < 0)
				return rc;
		}
		queue->reads++;
		rc = lstate_device_read(fd, queue->records, queue->size);
		size *= 2;
	}
	if (rc > 0)
		queue->filled = rc;
	return rc;
}

/*
 * See to it that there are records, if there are any.  Return: bytes of those that
 * were not handed out, 0 if there are none, or what read() says.
 */
ssize_t lstate_queue_fill(struct lstate_session *session)
{
	struct lstate_queue *queue = &session->queue;
	ssize_t rc;

	if (queue->position < queue->filled)
		return queue->filled - queue->position;
	rc = lstate_queue_read(queue, session->fd);
	return rc == -EAGAIN ? 0 : rc;
}

/* The next record as an event.  Return: 1; 0: that was all; -EPROTO: it is none. */
int lstate_queue_take(struct lstate_session *session, struct lstate_event *event)
{
	struct lstate_queue *queue = &session->queue;
	ssize_t size;

	if (queue->position >= queue->filled)
		return 0;
	size = lstate_event_decode(queue, queue->records + queue->position,
				   queue->filled - queue->position, event);
	if (size < 0) {
		queue->filled = 0;
		return (int)size;
	}
	/* What is held is told before the end. */
	if (event->record.kind == LOCALSTATE_EVENT_SESSION_END &&
	    lstate_pace_take(session, INT64_MAX, event))
		return 1;
	queue->position += size;
	return 1;
}

/* Whose event it is, or NULL if nobody's.  What was held knows it. */
struct lstate_watch *lstate_queue_watch(const struct lstate_session *session,
					const struct lstate_event *event)
{
	struct lstate_watch *watch;

	if (event->watch)
		return event->watch;
	watch = lstate_watches_find(&session->watches, event->record.ref);
	return watch && watch->born != session->queue.reads ? watch : NULL;
}

/* ------------------------------------------------------------------------ */

/* Call the watch's callback; the watch may be gone afterwards. */
static void lstate_event_deliver(struct lstate_event *event,
				 struct lstate_watch *watch)
{
	if (lstate_event_begin(event, watch) && watch->callback)
		watch->callback(lstate_event_identifier(event),
				lstate_event_old(event),
				lstate_event_new(event), event->metadata, event,
				watch->user_data);
	lstate_event_finish(event);
}

/* The end of the session concerns every watch that is there. */
static void lstate_dispatch_end(struct lstate_session *session,
				struct lstate_event *event)
{
	struct lstate_watch *watch;
	uint32_t ref = 0;

	while ((watch = lstate_watches_after(&session->watches, ref))) {
		ref = watch->ref;
		lstate_event_deliver(event, watch);
	}
}

static void lstate_dispatch_event(struct lstate_session *session,
				  struct lstate_event *event)
{
	struct lstate_watch *watch;

	if (event->record.kind == LOCALSTATE_EVENT_SESSION_END) {
		lstate_dispatch_end(session, event);
		return;
	}
	watch = lstate_queue_watch(session, event);
	if (watch)
		lstate_event_deliver(event, watch);
}

/* Return: number of events, or -EPROTO. */
static int lstate_dispatch_records(struct lstate_session *session)
{
	struct lstate_event event;
	int count = 0, rc;

	while (!session->closed) {
		rc = lstate_queue_take(session, &event);
		if (rc <= 0)
			return rc < 0 ? rc : count;
		lstate_dispatch_event(session, &event);
		count++;
	}
	return count;
}

/* What the library itself has to tell by now.  Return: number of events. */
static int lstate_dispatch_due(struct lstate_session *session)
{
	int64_t now_ns = session->has_paced ? lstate_clock_ns() : 0;
	struct lstate_event event;
	int count = 0;

	while (!session->closed && (lstate_pace_take(session, now_ns, &event) ||
				    lstate_pace_beat(session, now_ns, &event))) {
		lstate_event_deliver(&event, event.watch);
		count++;
	}
	return count;
}

int lstate_queue_explain(struct lstate_session *session, const char *topic,
			 int code)
{
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.topic = topic,
	};
	static const struct localstate_error nothing;

	return lstate_explain(&attempt, code, &nothing);
}

/*
 * Functions of the program may be called from here on, and the session stays even if
 * one of them closes it.  Return: 0, or -EBUSY: it is one of them that asks.
 */
int lstate_dispatch_begin(struct lstate_session *session, const char *topic)
{
	if (session->dispatching)
		return lstate_error_fail(&session->error, -EBUSY,
					 LSTATE_FIELD_NONE,
					 "%s: called inside a callback of this session",
					 topic);
	session->dispatching = true;
	lstate_event_leave(session);
	return 0;
}

/* Return: whether the session is still there. */
bool lstate_dispatch_finish(struct lstate_session *session)
{
	session->dispatching = false;
	if (!session->closed)
		return true;
	lstate_session_free(session);
	return false;
}

int lstate_session_dispatch(struct lstate_session *session)
{
	ssize_t filled;
	int rc = lstate_dispatch_begin(session, "dispatch");

	if (rc < 0)
		return rc;
	filled = session->closed ? 0 : lstate_queue_fill(session);
	rc = filled > 0 ? lstate_dispatch_records(session) : (int)filled;
	if (rc >= 0)
		rc += lstate_dispatch_due(session);
	if (!session->closed)
		lstate_bound_look(session);
	if (!lstate_dispatch_finish(session))
		return rc;
	lstate_poll_arm(session);
	return rc < 0 ? lstate_queue_explain(session, "dispatch", rc) : rc;
}
