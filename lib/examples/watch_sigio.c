// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A watcher that is told by a signal, for programs without an event loop.
 *
 * The kernel sends a signal with the first event after a read, and none for those
 * that come before the next read.  So each signal means: dispatch until nothing is
 * there.  That last, empty read makes sure that the next event has a signal again.
 *
 * All signals are blocked and are taken by sigwaitinfo(): no handler, no races.
 */
#define _GNU_SOURCE	/* F_SETSIG */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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
	fprintf(stderr, "watch_sigio: %s\n", message);
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

static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGRTMIN);
	sigaddset(signals, SIGIO);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

/*
 * A real-time signal names the descriptor (si_fd), which a program with several of
 * them wants to know.  When too many signals wait the kernel sends a plain SIGIO
 * instead, which names none.
 */
static int ask_for_signals(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETOWN, getpid()) ||
	    fcntl(fd, F_SETSIG, SIGRTMIN))
		return -1;
	return fcntl(fd, F_SETFL, flags | O_ASYNC);
}

static int loop(struct watcher *watcher, const sigset_t *signals)
{
	int fd = lstate_session_fd(watcher->session), rc;
	siginfo_t info;

	while (watcher->left && !watcher->ended) {
		if (sigwaitinfo(signals, &info) < 0) {
			if (errno == EINTR)
				continue;
			return fail(strerror(errno));
		}
		if (info.si_signo == SIGINT || info.si_signo == SIGTERM)
			break;
		if (info.si_signo == SIGRTMIN && info.si_fd != fd)
			continue;
		do {
			rc = lstate_session_dispatch(watcher->session);
		} while (rc > 0 && watcher->left && !watcher->ended);
		if (rc < 0)
			return fail(lstate_error_message(lstate_session_error(watcher->session)));
	}
	return watcher->ended ? fail("the session has ended") : EXIT_SUCCESS;
}

/* Signals first, then the watch: its first event has a signal already. */
static int watch(struct watcher *watcher, char **names, size_t n)
{
	sigset_t signals;

	block_signals(&signals);
	if (ask_for_signals(lstate_session_fd(watcher->session)))
		return fail(strerror(errno));
	if (lstate_watch_add(watcher->session, (const char *const *)names, n, NULL,
			     show, watcher, NULL, NULL) < 0)
		return fail(lstate_error_message(lstate_session_error(watcher->session)));
	return loop(watcher, &signals);
}

static int usage(void)
{
	fprintf(stderr, "Usage: watch_sigio [-s SESSION] [-n COUNT] NAME...\n"
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
