// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate monitor: print sessions, variables and clients as they come and go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "failure.h"
#include "lifecycle.h"
#include "listener.h"
#include "stream.h"
#include "tool.h"

enum { KEY_ALL = 1 };

struct monitoring {
	bool json;
	bool all;
	struct stream stream;
	struct listener listener;
};

static const struct option options[] = {
	{ "all", KEY_ALL, NULL, "also of sessions that not everybody may read" },
	{ "count", STREAM_KEY_COUNT, "N", "end after N events" },
	{ "timeout", STREAM_KEY_TIMEOUT, "S", "end after S seconds, like 0.5" },
	{ 0 }
};

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct monitoring *monitoring = data;

	if (key != KEY_ALL)
		return stream_take_option(&monitoring->stream, args, key,
					  value);
	monitoring->all = true;
	return EXIT_DONE;
}

static void print(struct monitoring *monitoring,
		  const struct lifecycle_event *event)
{
	char *line = NULL;
	size_t length;
	FILE *file;

	file = open_memstream(&line, &length);
	if (file) {
		if (monitoring->json)
			lifecycle_print_json(file, event);
		else
			lifecycle_print_text(file, event);
		fputc('\n', file);
		fclose(file);
	}
	if (line)
		stream_print(&monitoring->stream, line, length);
	else
		stream_finish(&monitoring->stream, out_of_memory());
	free(line);
}

static bool on_event(void *data, const struct lifecycle_event *event)
{
	struct monitoring *monitoring = data;
	struct stream *stream = &monitoring->stream;

	if (event->session && stream->session &&
	    strcmp(event->session, stream->session))
		return true;
	print(monitoring, event);
	if (event->session && !stream->over)
		stream_count(stream);
	return !stream->over;
}

static int read_events(void *data)
{
	struct monitoring *monitoring = data;

	return listener_read(&monitoring->listener);
}

static int monitor(struct monitoring *monitoring)
{
	static const struct lifecycle_event listening = {
		.kind = LIFECYCLE_LISTENING,
	};
	struct listener *listener = &monitoring->listener;
	int status;

	status = listener_open(listener, monitoring->all, on_event, monitoring);
	if (status)
		return status;
	print(monitoring, &listening);
	status = stream_run(&monitoring->stream, listener_fd(listener),
			    read_events, monitoring);
	listener_close(listener);
	return status;
}

static int run(struct context *context, struct args *args)
{
	struct monitoring monitoring = { .json = false };
	int status;

	if (!args_parse(args, take_option, &monitoring))
		return args->status;
	monitoring.json = context->json;
	if (context->session_given)
		monitoring.stream.session = context->session;
	status = stream_open(&monitoring.stream);
	if (status)
		return status;
	status = monitor(&monitoring);
	stream_close(&monitoring.stream);
	return status;
}

const struct command command_monitor = {
	.name = "monitor",
	.operands = "",
	.least = 0,
	.most = 0,
	.summary = "Print a line for each session, variable and client that comes or goes",
	.details = "Of all sessions that everybody may read, or of that of -s; $LSTATE_SESSION\n"
		   "does not matter.  A line \"# listening\" comes first: nothing after it is\n"
		   "missed, or a line \"# lost\" tells so.  Ends with 0 when the count is reached,\n"
		   "at SIGINT or SIGTERM, and after the timeout if there is no count; with 4 after\n"
		   "the timeout if there is one; with 1 when the module was unloaded.\n"
		   "With --json: one object a line.\n",
	.options = options,
	.run = run,
};
