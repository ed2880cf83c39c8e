// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A watcher in an event loop of io_uring, by liburing.
 *
 * The ring only tells that the session is readable; the library reads it.  (A ring
 * can read the device itself, too, but then the program has to take the records
 * of the uAPI apart, and to do all that the library does with them.)  One poll
 * that goes on by itself stands for the whole life of the session, so a wake-up
 * costs no submission.  It tells of what is new, not of what is left: hence
 * dispatch until nothing is there.
 */
#include <errno.h>
#include <inttypes.h>
#include <liburing.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <localstate.h>

#define TEXT_MAX 300

struct watcher {
	struct lstate_session *session;
	unsigned long left;	/* events to print */
	bool ended;		/* the session is gone */
};

static int fail(const char *message)
{
	fprintf(stderr, "watch_uring: %s\n", message);
	return EXIT_FAILURE;
}

static void show(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	char old_text[TEXT_MAX] = "none", new_text[TEXT_MAX];
	struct watcher *watcher = user_data;

	(void)metadata;
	if (lstate_event_kind(event) == LSTATE_EVENT_SESSION_END)
		watcher->ended = true;
	if (!watcher->left || !new_value)
		return;
	watcher->left--;
	if (old_value)
		lstate_value_format(old_value, old_text, sizeof(old_text));
	lstate_value_format(new_value, new_text, sizeof(new_text));
	printf("%s: %s -> %s (version %" PRIu64 ")\n", identifier, old_text,
	       new_text, lstate_event_version(event));
}

/* SIGINT and SIGTERM become events, so that none comes at a bad moment. */
static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* Completions come back with the descriptor that they are about. */
static int add_poll(struct io_uring *ring, int fd)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe)
		return -EBUSY;
	io_uring_prep_poll_multishot(sqe, fd, POLLIN);
	io_uring_sqe_set_data64(sqe, fd);
	return io_uring_submit(ring);
}

/* What the next completion says, by its descriptor, or a negative errno. */
static int wait_ring(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	int fd, rc;

	do {
		rc = io_uring_wait_cqe(ring, &cqe);
	} while (rc == -EINTR);
	if (rc < 0)
		return rc;
	fd = (int)io_uring_cqe_get_data64(cqe);
	rc = cqe->res;
	/* The kernel may end a poll at any time, and says so. */
	if (rc >= 0 && !(cqe->flags & IORING_CQE_F_MORE))
		rc = add_poll(ring, fd);
	io_uring_cqe_seen(ring, cqe);
	return rc < 0 ? rc : fd;
}

static int loop(struct watcher *watcher, struct io_uring *ring)
{
	int signals = open_signals(), rc;

	rc = signals < 0 ? -errno : add_poll(ring, signals);
	if (rc >= 0)
		rc = add_poll(ring, lstate_session_fd(watcher->session));
	while (rc >= 0 && watcher->left && !watcher->ended) {
		rc = wait_ring(ring);
		if (rc < 0 || rc == signals)
			break;
		do {
			rc = lstate_session_dispatch(watcher->session);
		} while (rc > 0 && watcher->left && !watcher->ended);
		if (rc < 0)
			return fail(lstate_error_message(lstate_session_error(watcher->session)));
	}
	if (rc < 0)
		return fail(strerror(-rc));
	return watcher->ended ? fail("the session has ended") : EXIT_SUCCESS;
}

static int watch(struct watcher *watcher, char **names, size_t n)
{
	struct io_uring ring;
	int rc;

	if (lstate_watch_add(watcher->session, (const char *const *)names, n, NULL,
			     show, watcher, NULL, NULL) < 0)
		return fail(lstate_error_message(lstate_session_error(watcher->session)));
	rc = io_uring_queue_init(8, &ring, 0);
	if (rc < 0)
		return fail(strerror(-rc));
	rc = loop(watcher, &ring);
	io_uring_queue_exit(&ring);
	return rc;
}

static int usage(void)
{
	fprintf(stderr, "Usage: watch_uring [-s SESSION] [-n COUNT] NAME...\n"
		"\n"
		"Prints changes of the variables in the session (default: example), until\n"
		"COUNT were printed or SIGINT or SIGTERM comes.\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct watcher watcher = { .left = -1UL };
	const char *name = "example";
	struct lstate_error *error;
	int option, status;
	char *end = "";

	while ((option = getopt(argc, argv, "s:n:")) != -1) {
		if (option == 's')
			name = optarg;
		else if (option == 'n')
			watcher.left = strtoul(optarg, &end, 10);
		else
			return usage();
	}
	if (*end || !watcher.left || optind == argc)
		return usage();
	setlinebuf(stdout);
	if (lstate_session_open(&watcher.session, name, LSTATE_OPEN_READ_ONLY, 0,
				&error) < 0) {
		status = fail(lstate_error_message(error));
		lstate_error_free(error);
		return status;
	}
	status = watch(&watcher, argv + optind, argc - optind);
	lstate_session_close(watcher.session);
	return status;
}
