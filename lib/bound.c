// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Watches that end with a process: its pidfd is in the session's epoll set, with the
 * watch's ref, and becomes readable when the process exits.
 */
#include "private.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define LSTATE_BOUND_AT_ONCE	16

/* The descriptor is shared with the caller's, so closing ours removes nothing. */
void lstate_bound_end(struct lstate_watch *watch)
{
	if (!watch->pidfd)
		return;
	epoll_ctl(lstate_session_poll_fd(watch->session), EPOLL_CTL_DEL,
		  watch->pidfd, NULL);
	close(watch->pidfd);
	watch->pidfd = 0;
	watch->session->n_bound--;
}

/* Is it a pidfd?  It need not be that of a child. */
static bool lstate_bound_check(int pidfd)
{
	siginfo_t info;

	return waitid(P_PIDFD, pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ||
	       (errno != EBADF && errno != EINVAL);
}

static int lstate_bound_begin(struct lstate_watch *watch, int pidfd)
{
	struct epoll_event event = {
		.events = EPOLLIN,
		.data.u64 = watch->ref,
	};
	int poll_fd = lstate_session_poll_fd(watch->session);
	int copy, rc;

	if (poll_fd < 0)
		return poll_fd;
	if (!lstate_bound_check(pidfd))
		return -EBADF;
	/* Never 0, which stands for none. */
	copy = fcntl(pidfd, F_DUPFD_CLOEXEC, 1);
	if (copy < 0)
		return -errno;
	if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, copy, &event) < 0) {
		rc = -errno;
		close(copy);
		return rc;
	}
	lstate_bound_end(watch);
	watch->pidfd = copy;
	watch->session->n_bound++;
	return 0;
}

int lstate_watch_bind_pidfd(struct lstate_watch *watch, int pidfd)
{
	int rc = lstate_bound_begin(watch, pidfd);

	if (rc == -EBADF)
		return lstate_error_fail(&watch->session->error, rc,
					 LSTATE_FIELD_NONE,
					 "watch: descriptor %d is no pidfd", pidfd);
	if (rc < 0)
		return lstate_error_fail(&watch->session->error, rc,
					 LSTATE_FIELD_NONE, "watch: %s",
					 strerrordesc_np(-rc));
	return 0;
}

/* End the watches whose process has exited. */
void lstate_bound_look(struct lstate_session *session)
{
	struct epoll_event events[LSTATE_BOUND_AT_ONCE];
	struct lstate_watch *watch;
	int i, n;

	if (!session->n_bound)
		return;
	n = epoll_wait(lstate_session_poll_fd(session), events,
		       LSTATE_BOUND_AT_ONCE, 0);
	for (i = 0; i < n && !session->closed; i++) {
		watch = lstate_watches_find(&session->watches,
					    (uint32_t)events[i].data.u64);
		if (watch && watch->pidfd)
			lstate_watch_remove(watch);
	}
}
