// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The descriptor that tells of events and of what the library itself has to do at
 * some time: an epoll set of the session's descriptor and a timer.
 *
 * It is made when it is asked for.  The timer is set whenever the library has done
 * something that may have changed when it has to do the next.
 */
#include "private.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct lstate_poll {
	int epoll;
	int timer;
	int64_t due_ns;			/* what the timer is set to; INT64_MAX: off */
};

void lstate_poll_free(struct lstate_poll *poll)
{
	if (!poll)
		return;
	if (poll->timer >= 0)
		close(poll->timer);
	if (poll->epoll >= 0)
		close(poll->epoll);
	free(poll);
}

void lstate_poll_arm(struct lstate_session *session)
{
	struct lstate_poll *poll = session->poll;
	struct itimerspec timer = { 0 };
	int64_t due_ns;

	if (!poll)
		return;
	due_ns = lstate_pace_due(session);
	if (due_ns == poll->due_ns)
		return;
	poll->due_ns = due_ns;
	if (due_ns != INT64_MAX) {
		timer.it_value.tv_sec = due_ns / 1000000000;
		timer.it_value.tv_nsec = due_ns % 1000000000;
	}
	timerfd_settime(poll->timer, TFD_TIMER_ABSTIME, &timer, NULL);
}

static int lstate_poll_make(struct lstate_poll *poll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	poll->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (poll->epoll < 0)
		return -errno;
	poll->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (poll->timer < 0 ||
	    epoll_ctl(poll->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ||
	    epoll_ctl(poll->epoll, EPOLL_CTL_ADD, poll->timer, &event) < 0)
		return -errno;
	return 0;
}

int lstate_session_poll_fd(struct lstate_session *session)
{
	struct lstate_poll *poll;
	int rc = -ENOMEM;

	if (session->poll)
		return session->poll->epoll;
	poll = malloc(sizeof(*poll));
	if (poll) {
		*poll = (struct lstate_poll){ -1, -1, INT64_MAX };
		rc = lstate_poll_make(poll, session->fd);
	}
	if (rc < 0) {
		lstate_poll_free(poll);
		return lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
					 "poll: %s", strerrordesc_np(-rc));
	}
	session->poll = poll;
	lstate_poll_arm(session);
	return poll->epoll;
}
