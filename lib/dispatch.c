// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Dispatching: one read of the queue, then the callbacks.
 *
 * While callbacks run, records wait in the session's buffer.  A callback may
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
 * Read what is there.  A buffer that is too small for the first record is
 * EINVAL, and tells nothing of the size that is needed.
 */
static ssize_t lstate_queue_read(struct lstate_queue *queue, int fd)
{
	size_t size = queue->size ? queue->size : LSTATE_QUEUE_FIRST;
	ssize_t rc = -EINVAL;

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
	return rc;
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
	watch = lstate_watches_find(&session->watches, event->record.ref);
	if (watch && watch->born != session->queue.reads)
		lstate_event_deliver(event, watch);
}

/* Return: number of events, or -EPROTO. */
static int lstate_dispatch_records(struct lstate_session *session, size_t filled)
{
	struct lstate_event event;
	size_t position = 0;
	int count = 0;
	ssize_t size;

	while (position < filled && !session->closed) {
		size = lstate_event_decode(&session->queue,
					   session->queue.records + position,
					   filled - position, &event);
		if (size < 0)
			return (int)size;
		lstate_dispatch_event(session, &event);
		position += size;
		count++;
	}
	return count;
}

static int lstate_dispatch_explain(struct lstate_session *session, int code)
{
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.topic = "dispatch",
	};
	static const struct localstate_error nothing;

	return lstate_explain(&attempt, code, &nothing);
}

int lstate_session_dispatch(struct lstate_session *session)
{
	ssize_t filled;
	int rc;

	if (session->dispatching)
		return lstate_error_fail(&session->error, -EBUSY,
					 LSTATE_FIELD_NONE,
					 "dispatch: called inside a callback of this session");
	filled = lstate_queue_read(&session->queue, session->fd);
	if (filled == -EAGAIN)
		return 0;
	if (filled < 0)
		return lstate_dispatch_explain(session, (int)filled);
	session->dispatching = true;
	rc = lstate_dispatch_records(session, filled);
	session->dispatching = false;
	if (session->closed)
		lstate_session_free(session);
	else if (rc < 0)
		lstate_dispatch_explain(session, rc);
	return rc;
}
