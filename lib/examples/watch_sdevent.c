// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A watcher in an event loop of sd-event, which comes with libsystemd.
 *
 * To the loop a session is an I/O source, which is level-triggered: one dispatch for
 * each wake-up suffices.  Signals are sources, too.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>
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
	fprintf(stderr, "watch_sdevent: %s\n", message);
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

/* What ends the loop becomes its result. */
static int on_ready(sd_event_source *source, int fd, uint32_t events, void *user_data)
{
	sd_event *event = sd_event_source_get_event(source);
	struct watcher *watcher = user_data;

	(void)fd;
	(void)events;
	if (lstate_session_dispatch(watcher->session) < 0) {
		fail(lstate_error_message(lstate_session_error(watcher->session)));
		return sd_event_exit(event, EXIT_FAILURE);
	}
	if (watcher->ended) {
		fail("the session has ended");
		return sd_event_exit(event, EXIT_FAILURE);
	}
	return watcher->left ? 0 : sd_event_exit(event, EXIT_SUCCESS);
}

/* A signal without a handler of its own ends the loop; it has to be blocked. */
static int add_signals(sd_event *event)
{
	sigset_t signals;
	int rc;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	rc = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
	return rc < 0 ? rc : sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
}

/* Sources that nobody keeps a pointer to live as long as the loop. */
static int loop(struct watcher *watcher)
{
	sd_event *event = NULL;
	int rc = sd_event_new(&event);

	if (rc >= 0)
		rc = add_signals(event);
	if (rc >= 0)
		rc = sd_event_add_io(event, NULL, lstate_session_fd(watcher->session),
				     EPOLLIN, on_ready, watcher);
	if (rc >= 0)
		rc = sd_event_loop(event);
	sd_event_unref(event);
	return rc < 0 ? fail(strerror(-rc)) : rc;
}

static int usage(void)
{
	fprintf(stderr, "Usage: watch_sdevent [-s SESSION] [-n COUNT] NAME...\n"
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
	if (lstate_watch_add(watcher.session, (const char *const *)argv + optind,
			     argc - optind, NULL, show, &watcher, NULL, NULL) < 0)
		status = fail(lstate_error_message(lstate_session_error(watcher.session)));
	else
		status = loop(&watcher);
	lstate_session_close(watcher.session);
	return status;
}
