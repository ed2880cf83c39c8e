// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A watcher in an event loop of epoll, beside a timer and signals.
 *
 * To a loop a session is one descriptor: when it is readable, dispatch it.  The
 * loop is level-triggered, so that one dispatch for each wake-up suffices: what it
 * leaves behind makes the descriptor readable again.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <localstate.h>

#define TEXT_MAX 300

struct watcher {
	struct lstate_session *session;
	struct lstate_watch *watch;
	unsigned long left;	/* events to print */
	bool ended;		/* the session is gone */
};

static int fail(const struct lstate_error *error)
{
	fprintf(stderr, "watch_epoll: %s\n", lstate_error_message(error));
	return EXIT_FAILURE;
}

/* Values are of any type here, so the library writes them. */
static void show(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	char old_text[TEXT_MAX] = "", new_text[TEXT_MAX];
	struct watcher *watcher = user_data;

	if (lstate_event_kind(event) == LSTATE_EVENT_SESSION_END)
		watcher->ended = true;
	if (!watcher->left || !new_value)
		return;
	watcher->left--;
	if (old_value)
		lstate_value_format(old_value, old_text, sizeof(old_text));
	lstate_value_format(new_value, new_text, sizeof(new_text));
	printf("%s: %s%s%s (version %" PRIu64 ")", identifier, old_text,
	       old_value ? " -> " : "", new_text, lstate_event_version(event));
	for (; metadata->key; metadata++)
		printf(" %s=%s", metadata->key, metadata->value);
	if (lstate_event_kind(event) == LSTATE_EVENT_DELETED)
		printf(" deleted");
	printf("\n");
}

/* Present values first: nothing is missed between them and the first change. */
static int start_watch(struct watcher *watcher, char **names, size_t n)
{
	struct lstate_watch_options *options;
	int rc = lstate_watch_options_new(&options);

	if (rc < 0)
		return rc;
	lstate_watch_options_set_initial(options, true);
	rc = lstate_watch_add(watcher->session, (const char *const *)names, n,
			      options, show, watcher, NULL, &watcher->watch);
	lstate_watch_options_free(options);
	return rc;
}

static void show_counters(int timer, const struct watcher *watcher)
{
	struct lstate_watch_stat stat;
	uint64_t ticks;

	if (read(timer, &ticks, sizeof(ticks)) == sizeof(ticks) &&
	    lstate_watch_stat_read(watcher->watch, &stat) == 0)
		printf("# %" PRIu64 " events, %" PRIu64 " changes merged into them\n",
		       stat.delivered, stat.merged);
}

static int open_timer(void)
{
	const struct itimerspec each_second = { { 1, 0 }, { 1, 0 } };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	return timer < 0 || timerfd_settime(timer, 0, &each_second, NULL) ? -1 : timer;
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

static int add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int loop(struct watcher *watcher)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int signals = open_signals(), timer = open_timer();
	struct epoll_event ready;

	if (add(epoll, signals) || add(epoll, timer) ||
	    add(epoll, lstate_session_fd(watcher->session))) {
		perror("watch_epoll: epoll");
		return EXIT_FAILURE;
	}
	while (watcher->left && !watcher->ended) {
		if (epoll_wait(epoll, &ready, 1, -1) != 1) {
			if (errno == EINTR)
				continue;
			perror("watch_epoll: epoll_wait");
			return EXIT_FAILURE;
		}
		if (ready.data.fd == signals)
			break;
		if (ready.data.fd == timer)
			show_counters(timer, watcher);
		else if (lstate_session_dispatch(watcher->session) < 0)
			return fail(lstate_session_error(watcher->session));
	}
	if (watcher->ended)
		fprintf(stderr, "watch_epoll: the session has ended\n");
	return watcher->ended ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int usage(void)
{
	fprintf(stderr, "Usage: watch_epoll [-s SESSION] [-n COUNT] NAME...\n"
		"\n"
		"Prints the values of the variables in the session (default: example) and\n"
		"their changes, until COUNT were printed or SIGINT or SIGTERM comes. Once a\n"
		"second it prints how many events there were so far.\n");
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
		status = fail(error);
		lstate_error_free(error);
		return status;
	}
	if (start_watch(&watcher, argv + optind, argc - optind) < 0)
		status = fail(lstate_session_error(watcher.session));
	else
		status = loop(&watcher);
	lstate_session_close(watcher.session);
	return status;
}
