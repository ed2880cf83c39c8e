// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sessions: opened by name, closed, ended, waited for.
 *
 * A session owns its descriptor, its watches, what was read from its queue and
 * its last error.  One that is closed inside a callback is only marked: the
 * dispatch that calls the callback frees it.
 */
#include "private.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LSTATE_OPEN_BOTH	(LSTATE_OPEN_READ_ONLY | LSTATE_OPEN_WRITE_ONLY)
#define LSTATE_OPEN_FLAGS	(LSTATE_OPEN_BOTH | LSTATE_OPEN_CREATE | \
				 LSTATE_OPEN_EXCLUSIVE | LSTATE_OPEN_PERSISTENT)

_Static_assert(LSTATE_RIGHT_READ == LOCALSTATE_RIGHT_READ &&
	       LSTATE_RIGHT_WRITE == LOCALSTATE_RIGHT_WRITE &&
	       LSTATE_RIGHT_OWNER == LOCALSTATE_RIGHT_OWNER,
	       "the rights are those of the kernel");

static uint32_t lstate_session_attach_flags(unsigned int flags)
{
	return (flags & LSTATE_OPEN_CREATE ? LOCALSTATE_ATTACH_CREATE : 0) |
	       (flags & LSTATE_OPEN_EXCLUSIVE ? LOCALSTATE_ATTACH_EXCLUSIVE : 0) |
	       (flags & LSTATE_OPEN_PERSISTENT ? LOCALSTATE_ATTACH_PERSISTENT : 0);
}

static int lstate_session_open_flags(unsigned int flags)
{
	if (flags & LSTATE_OPEN_READ_ONLY)
		return O_RDONLY;
	return flags & LSTATE_OPEN_WRITE_ONLY ? O_WRONLY : O_RDWR;
}

static int lstate_session_check_flags(const char *name, unsigned int flags,
				      struct lstate_error *error)
{
	unsigned int create = flags & ~LSTATE_OPEN_BOTH;
	const char *wrong = NULL;

	if (flags & ~LSTATE_OPEN_FLAGS)
		wrong = "unknown flags";
	else if ((flags & LSTATE_OPEN_BOTH) == LSTATE_OPEN_BOTH)
		wrong = "read-only and write-only exclude each other";
	else if (!name && create)
		wrong = "a private session cannot be created by name or be persistent";
	else if (create && !(create & LSTATE_OPEN_CREATE))
		wrong = "exclusive and persistent are only for a session that may be created";
	if (wrong)
		return lstate_error_fail(error, -EINVAL, LSTATE_FIELD_FLAGS,
					 "%s", wrong);
	return 0;
}

static const char *lstate_session_attach_words(int code,
					       const struct localstate_error *why)
{
	switch (code) {
	case -ENOENT:
		return "no such session";
	case -EEXIST:
		return "there is a session of that name already";
	case -EACCES:
		return "permission denied: its owner and mode grant neither reading nor writing";
	case -ESHUTDOWN:
		return "the network namespace is ending";
	case -EINVAL:
		if (why->field == LOCALSTATE_FIELD_NAME)
			return "not a name: 1 to 127 of the characters A-Z a-z 0-9 _ . : / - are wanted";
		if (why->field == LOCALSTATE_FIELD_MODE)
			return "the mode has more than the permission bits 0777";
		return NULL;
	default:
		return NULL;
	}
}

static int lstate_session_attach_explain(const char *name, int code,
					 const struct localstate_error *why,
					 struct lstate_error *error)
{
	const char *words = lstate_session_attach_words(code, why);
	struct lstate_attempt attempt = { .error = error, .subject = name };
	struct lstate_text text = { 0 };

	if (!words)
		return lstate_explain(&attempt, code, why);
	lstate_text_add_name(&text, name ? name : "");
	lstate_error_fail(error, code, (enum lstate_field)why->field,
			  "session %s: %s", text.failed ? "" : text.data, words);
	free(text.data);
	lstate_error_set_name(error, name);
	return code;
}

static int lstate_session_attach(struct lstate_session *session,
				 const char *name, unsigned int flags,
				 mode_t mode, struct lstate_error *error)
{
	struct localstate_attach attach = {
		.name = lstate_pointer(name),
		.name_len = name ? lstate_length(strlen(name)) : 0,
		.flags = lstate_session_attach_flags(flags),
		.mode = mode,
	};
	int rc;

	/* A length of 0 would ask for a private session. */
	if (name && !*name) {
		attach.error.field = LOCALSTATE_FIELD_NAME;
		return lstate_session_attach_explain(name, -EINVAL,
						     &attach.error, error);
	}
	rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_ATTACH, &attach);
	if (rc < 0)
		return lstate_session_attach_explain(name, rc, &attach.error,
						     error);
	session->id = attach.session;
	session->is_new = attach.created;
	session->rights = attach.rights;
	if (flags & LSTATE_OPEN_READ_ONLY)
		session->rights &= ~LSTATE_RIGHT_WRITE;
	if (flags & LSTATE_OPEN_WRITE_ONLY)
		session->rights &= ~LSTATE_RIGHT_READ;
	return 0;
}

void lstate_session_free(struct lstate_session *session)
{
	if (session->fd >= 0)
		close(session->fd);
	free(session->watches.list);
	free(session->name);
	lstate_queue_free(&session->queue);
	lstate_poll_free(session->poll);
	lstate_error_clear(&session->error);
	free(session);
}

static int lstate_session_start(struct lstate_session *session,
				const char *name, unsigned int flags,
				mode_t mode, struct lstate_error *error)
{
	session->fd = lstate_device_open(lstate_session_open_flags(flags),
					 error);
	if (session->fd < 0)
		return session->fd;
	if (name) {
		session->name = strdup(name);
		if (!session->name)
			return lstate_error_fail(error, -ENOMEM, LSTATE_FIELD_NONE,
						 "out of memory");
	}
	return lstate_session_attach(session, name, flags, mode, error);
}

/* lstate_session_open(), with an error of the caller's. */
int lstate_session_make(struct lstate_session **session, const char *name,
			unsigned int flags, mode_t mode,
			struct lstate_error *error)
{
	struct lstate_session *new;
	int rc;

	rc = lstate_session_check_flags(name, flags, error);
	if (rc < 0)
		return rc;
	new = calloc(1, sizeof(*new));
	if (!new)
		return lstate_error_fail(error, -ENOMEM, LSTATE_FIELD_NONE,
					 "out of memory");
	rc = lstate_session_start(new, name, flags, mode, error);
	if (rc < 0) {
		lstate_session_free(new);
		return rc;
	}
	*session = new;
	return 0;
}

int lstate_session_open(struct lstate_session **session, const char *name,
			unsigned int flags, mode_t mode,
			struct lstate_error **error)
{
	struct lstate_error failure = { 0 };
	int rc;

	*session = NULL;
	if (error)
		*error = NULL;
	rc = lstate_session_make(session, name, flags, mode, &failure);
	if (rc < 0 && error && failure.code)
		*error = lstate_error_give(&failure);
	lstate_error_clear(&failure);
	return rc;
}

void lstate_session_close(struct lstate_session *session)
{
	if (!session)
		return;
	lstate_event_leave(session);
	session->closed = true;
	while (session->watches.count)
		lstate_watch_remove(session->watches.list[session->watches.count - 1]);
	if (!session->dispatching)
		lstate_session_free(session);
}

int lstate_session_destroy(struct lstate_session *session)
{
	struct lstate_attempt attempt = {
		.error = &session->error,
		.subject = session->name,
		.writing = true,
	};
	struct localstate_destroy destroy = { 0 };
	int rc;

	rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_DESTROY, &destroy);
	return rc < 0 ? lstate_explain(&attempt, rc, &destroy.error) : 0;
}

int lstate_session_fd(const struct lstate_session *session)
{
	return session->fd;
}

const char *lstate_session_name(const struct lstate_session *session)
{
	return session->name;
}

uint64_t lstate_session_id(const struct lstate_session *session)
{
	return session->id;
}

unsigned int lstate_session_rights(const struct lstate_session *session)
{
	return session->rights;
}

bool lstate_session_is_new(const struct lstate_session *session)
{
	return session->is_new;
}

const struct lstate_error *
lstate_session_error(const struct lstate_session *session)
{
	return &session->error;
}

/* ------------------------------------------------------------------------ */

static int lstate_session_queue_explain(struct lstate_session *session, int code,
					const struct localstate_queue *queue,
					size_t wanted)
{
	struct lstate_attempt attempt = { .error = &session->error };

	if (code == -EBUSY)
		return lstate_error_fail(&session->error, code,
					 LSTATE_FIELD_QUEUE_SIZE,
					 "queue: the first watch has fixed its size");
	if (code == -EINVAL &&
	    queue->error.field == LOCALSTATE_FIELD_QUEUE_SIZE) {
		lstate_error_fail(&session->error, code,
				  LSTATE_FIELD_QUEUE_SIZE,
				  "queue: %zu bytes are above the maximum %llu",
				  wanted, (unsigned long long)queue->error.limit);
		lstate_error_set_numbers(&session->error, wanted,
					 queue->error.limit);
		return code;
	}
	return lstate_explain(&attempt, code, &queue->error);
}

int lstate_session_queue_size(struct lstate_session *session, size_t *size)
{
	struct localstate_queue queue = { 0 };
	int rc;

	rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_QUEUE, &queue);
	if (rc < 0)
		return lstate_session_queue_explain(session, rc, &queue, 0);
	*size = queue.size;
	return 0;
}

int lstate_session_set_queue_size(struct lstate_session *session, size_t size)
{
	struct localstate_queue queue = { .size = lstate_length(size) };
	int rc;

	if (!size)
		return lstate_error_fail(&session->error, -EINVAL,
					 LSTATE_FIELD_QUEUE_SIZE,
					 "queue: a size above 0 is wanted");
	rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_QUEUE, &queue);
	if (rc < 0)
		return lstate_session_queue_explain(session, rc, &queue, size);
	return 0;
}

int lstate_session_wait(struct lstate_session *session, int timeout_ms)
{
	struct pollfd pfd = {
		.fd = session->n_bound ? lstate_session_poll_fd(session) :
					 session->fd,
		.events = POLLIN,
	};
	int64_t due_ns, deadline_ns;
	int rc;

	if (session->queue.position < session->queue.filled)
		return 1;
	due_ns = lstate_pace_due(session);
	deadline_ns = lstate_deadline_of(timeout_ms);
	rc = poll(&pfd, 1, lstate_deadline_left(LSTATE_MIN(due_ns, deadline_ns)));
	if (!rc && due_ns <= deadline_ns && due_ns <= lstate_clock_ns())
		return 1;
	/* The one call that a signal ends: the caller may want to know. */
	if (rc < 0)
		return lstate_error_fail(&session->error, -errno,
					 LSTATE_FIELD_NONE, "wait: %s",
					 strerrordesc_np(errno));
	return rc;
}
