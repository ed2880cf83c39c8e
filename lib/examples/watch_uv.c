// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A watcher in an event loop of libuv, as Node.js has one.
 *
 * To the loop a session is a poll handle, which is level-triggered: one dispatch for
 * each wake-up suffices.  libuv makes the descriptor non-blocking, which is nothing to
 * the library: dispatch never waits.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <localstate.h>

#define TEXT_MAX 300

struct watcher {
	struct lstate_session *session;
	unsigned long left;	/* events to print */
	bool ended;		/* the session is gone */
	int status;
};

static int fail(const char *message)
{
	fprintf(stderr, "watch_uv: %s\n", message);
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

static void stop(uv_loop_t *loop, int status)
{
	struct watcher *watcher = loop->data;

	watcher->status = status;
	uv_stop(loop);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watcher *watcher = poll->loop->data;

	(void)events;
	if (status < 0)
		stop(poll->loop, fail(uv_strerror(status)));
	else if (lstate_session_dispatch(watcher->session) < 0)
		stop(poll->loop, fail(lstate_error_message(
						lstate_session_error(watcher->session))));
	else if (watcher->ended)
		stop(poll->loop, fail("the session has ended"));
	else if (!watcher->left)
		stop(poll->loop, EXIT_SUCCESS);
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	stop(handle->loop, EXIT_SUCCESS);
}

static int add_signal(uv_loop_t *loop, uv_signal_t *handle, int number)
{
	int rc = uv_signal_init(loop, handle);

	return rc < 0 ? rc : uv_signal_start(handle, on_signal, number);
}

static void close_handle(uv_handle_t *handle, void *unused)
{
	(void)unused;
	uv_close(handle, NULL);
}

/* Handles are closed by the loop, which therefore runs once more. */
static int loop(struct watcher *watcher)
{
	uv_signal_t interrupt, terminate;
	uv_poll_t poll;
	uv_loop_t uv;
	int rc = uv_loop_init(&uv);

	if (rc < 0)
		return fail(uv_strerror(rc));
	uv.data = watcher;
	rc = add_signal(&uv, &interrupt, SIGINT);
	if (rc == 0)
		rc = add_signal(&uv, &terminate, SIGTERM);
	if (rc == 0)
		rc = uv_poll_init(&uv, &poll, lstate_session_fd(watcher->session));
	if (rc == 0)
		rc = uv_poll_start(&poll, UV_READABLE, on_ready);
	if (rc == 0)
		uv_run(&uv, UV_RUN_DEFAULT);
	else
		watcher->status = fail(uv_strerror(rc));
	uv_walk(&uv, close_handle, NULL);
	uv_run(&uv, UV_RUN_DEFAULT);
	uv_loop_close(&uv);
	return watcher->status;
}

static int usage(void)
{
	fprintf(stderr, "Usage: watch_uv [-s SESSION] [-n COUNT] NAME...\n"
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
