// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A watcher in a main loop of GLib, as programs with GTK have one.
 *
 * To the loop a session is a descriptor, which is level-triggered: one dispatch for
 * each wake-up suffices.  Callbacks run in the thread of the loop.
 */
#include <glib-unix.h>
#include <glib.h>
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
	GMainLoop *loop;
	int status;
};

static int fail(const char *message)
{
	fprintf(stderr, "watch_glib: %s\n", message);
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

static gboolean quit(struct watcher *watcher, int status)
{
	watcher->status = status;
	g_main_loop_quit(watcher->loop);
	return G_SOURCE_REMOVE;
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer user_data)
{
	struct watcher *watcher = user_data;

	(void)fd;
	(void)condition;
	if (lstate_session_dispatch(watcher->session) < 0)
		return quit(watcher, fail(lstate_error_message(
						lstate_session_error(watcher->session))));
	if (watcher->ended)
		return quit(watcher, fail("the session has ended"));
	return watcher->left ? G_SOURCE_CONTINUE : quit(watcher, EXIT_SUCCESS);
}

/* GLib takes signals by a handler of its own, and calls this from the loop. */
static gboolean on_signal(gpointer user_data)
{
	struct watcher *watcher = user_data;

	g_main_loop_quit(watcher->loop);
	return G_SOURCE_CONTINUE;
}

static int loop(struct watcher *watcher)
{
	watcher->loop = g_main_loop_new(NULL, FALSE);
	g_unix_signal_add(SIGINT, on_signal, watcher);
	g_unix_signal_add(SIGTERM, on_signal, watcher);
	g_unix_fd_add(lstate_session_fd(watcher->session), G_IO_IN | G_IO_HUP, on_ready,
		      watcher);
	g_main_loop_run(watcher->loop);
	g_main_loop_unref(watcher->loop);
	return watcher->status;
}

static int usage(void)
{
	fprintf(stderr, "Usage: watch_glib [-s SESSION] [-n COUNT] NAME...\n"
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
