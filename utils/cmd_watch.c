// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate watch: print changes as they come.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "event.h"
#include "failure.h"
#include "session.h"
#include "stream.h"
#include "tool.h"

enum {
	KEY_INITIAL = 1,
	KEY_ALLOW_MISSING,
	KEY_CONFLATE,
	KEY_QUEUE,
	KEY_FILTER,
	KEY_INTERVAL,
	KEY_HEARTBEAT,
};

struct watching {
	bool json;
	bool initial;
	const char *filter;	/* NULL: all changes */
	bool allow_missing;
	bool conflate;
	uint64_t queue;		/* bytes, 0 leaves it as it is */
	uint32_t interval_ms;	/* 0: as they come */
	uint32_t heartbeat_ms;	/* 0: none */
	struct stream stream;
	struct lstate_session *session;
	struct lstate_watch *watch;
};

static const struct option options[] = {
	{ "initial", KEY_INITIAL, NULL, "begin with the present values" },
	{ "filter", KEY_FILTER, "EXPR",
	  "only changes that it lets pass, like 'new - old > 1'" },
	{ "allow-missing", KEY_ALLOW_MISSING, NULL,
	  "wait for names that do not exist yet" },
	{ "conflate", KEY_CONFLATE, NULL,
	  "of each variable only the latest change that waits" },
	{ "count", STREAM_KEY_COUNT, "N",
	  "end after N changed, created, deleted and initial events" },
	{ "timeout", STREAM_KEY_TIMEOUT, "S", "end after S seconds, like 0.5" },
	{ "interval", KEY_INTERVAL, "TIME",
	  "tell each variable at most once in TIME, like 100ms; the last always" },
	{ "heartbeat", KEY_HEARTBEAT, "TIME",
	  "print a line after TIME without one, like 5s" },
	{ "queue", KEY_QUEUE, "BYTES", "size of the event queue" },
	{ 0 }
};

static int take_time(const struct args *args, const char *option,
		     const char *value, uint32_t *milliseconds)
{
	if (parse_milliseconds(value, milliseconds))
		return EXIT_DONE;
	return bad_word(args, value,
			"--%s wants a time like 100ms, 5s or 0.5, not \"%s\"",
			option, value);
}

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct watching *watching = data;

	switch (key) {
	case KEY_INITIAL:
		watching->initial = true;
		return EXIT_DONE;
	case KEY_FILTER:
		watching->filter = value;
		return EXIT_DONE;
	case KEY_ALLOW_MISSING:
		watching->allow_missing = true;
		return EXIT_DONE;
	case KEY_CONFLATE:
		watching->conflate = true;
		return EXIT_DONE;
	case KEY_INTERVAL:
		return take_time(args, "interval", value, &watching->interval_ms);
	case KEY_HEARTBEAT:
		return take_time(args, "heartbeat", value,
				 &watching->heartbeat_ms);
	case KEY_QUEUE:
		if (!parse_u64(value, &watching->queue) || !watching->queue)
			return bad_word(args, value,
					"--queue wants bytes from 1, not \"%s\"",
					value);
		return EXIT_DONE;
	default:
		return stream_take_option(&watching->stream, args, key, value);
	}
}

static void session_ended(struct watching *watching)
{
	const char *name = lstate_session_name(watching->session);
	const struct failure failure = { .rc = -ESHUTDOWN, .name = name };

	stream_finish(&watching->stream,
		      fail(&failure, "session \"%s\" was destroyed", name));
}

static bool counts(const struct lstate_event *event)
{
	switch (lstate_event_kind(event)) {
	case LSTATE_EVENT_CHANGED:
	case LSTATE_EVENT_CREATED:
	case LSTATE_EVENT_DELETED:
		return true;
	default:
		return false;
	}
}

/*
 * A new value that was cut is asked for; it is the right one only if the
 * variable was not changed again.
 */
static bool complete(struct watching *watching,
		     const struct lstate_event *event,
		     struct lstate_value *value)
{
	struct lstate_stamp stamp;
	char id[24];

	snprintf(id, sizeof(id), "@%" PRIu64, lstate_event_id(event));
	if (lstate_get(watching->session, id, value, &stamp) < 0)
		return false;
	if (stamp.version == lstate_event_version(event))
		return true;
	lstate_value_clear(value);
	return false;
}

static char *make_line(struct watching *watching,
		       const struct lstate_event *event, size_t *length)
{
	const struct lstate_value *new_value = lstate_event_new(event);
	unsigned int truncated = lstate_event_truncated(event);
	struct lstate_value whole = { .type = LSTATE_TYPE_NONE };
	char *line = NULL;
	FILE *file;

	if ((truncated & LSTATE_TRUNCATED_NEW) &&
	    complete(watching, event, &whole)) {
		new_value = &whole;
		truncated &= ~LSTATE_TRUNCATED_NEW;
	}
	file = open_memstream(&line, length);
	if (file) {
		if (watching->json)
			event_print_json(file, event, new_value, truncated);
		else
			event_print_text(file, event, new_value, truncated);
		fputc('\n', file);
		fclose(file);
	}
	lstate_value_clear(&whole);
	return line;
}

static void on_event(const char *identifier,
		     const struct lstate_value *old_value,
		     const struct lstate_value *new_value,
		     const struct lstate_metadata *metadata,
		     const struct lstate_event *event, void *user_data)
{
	struct watching *watching = user_data;
	struct stream *stream = &watching->stream;
	size_t length;
	char *line;

	(void)identifier;
	(void)old_value;
	(void)new_value;
	(void)metadata;
	if (stream->over)
		return;
	line = make_line(watching, event, &length);
	if (!line) {
		stream_finish(stream, out_of_memory());
		return;
	}
	stream_print(stream, line, length);
	free(line);
	if (stream->over)
		return;
	if (lstate_event_kind(event) == LSTATE_EVENT_SESSION_END)
		session_ended(watching);
	else if (counts(event))
		stream_count(stream);
}

static int read_events(void *data)
{
	struct watching *watching = data;

	if (lstate_session_dispatch(watching->session) < 0 &&
	    !watching->stream.over)
		return session_failure(watching->session);
	return EXIT_DONE;
}

/*
 * What the interval holds back is told now, and with it what waits in the queue; not
 * what comes meanwhile, which may be for ever.
 */
static int tell_held(void *data)
{
	struct watching *watching = data;
	struct lstate_watch_stat stat;
	uint64_t wanted = 0;
	int status = EXIT_DONE;

	while (!status && !watching->stream.over) {
		/* It fails when the session has ended, and all that waits is the rest. */
		if (lstate_watch_stat_read(watching->watch, &stat) < 0) {
			if (lstate_session_wait(watching->session, 0) <= 0)
				break;
		} else {
			if (!wanted)
				wanted = stat.delivered + stat.queued;
			if (!stat.queued || stat.delivered >= wanted)
				break;
		}
		status = read_events(watching);
	}
	if (status || watching->stream.over)
		return status;
	lstate_watch_flush(watching->watch);
	return read_events(watching);
}

/* As much as events can carry, as long as the queue holds some of them. */
static int choose_inline_limit(struct lstate_session *session, uint32_t *limit)
{
	struct lstate_info *info;
	size_t queue;

	if (lstate_session_queue_size(session, &queue) < 0 ||
	    lstate_session_info(session, &info) < 0)
		return session_failure(session);
	*limit = lstate_info_get(info, LSTATE_INFO_INLINE_MAX);
	if (*limit > queue / 4)
		*limit = queue / 4;
	lstate_info_free(info);
	return EXIT_DONE;
}

static int add_watch(struct watching *watching, const struct args *args)
{
	struct lstate_session *session = watching->session;
	struct lstate_watch_options *options;
	uint32_t limit = 0;
	struct lstate_error *error;
	int rc, status;

	if (watching->queue &&
	    lstate_session_set_queue_size(session, watching->queue) < 0)
		return session_failure(session);
	status = choose_inline_limit(session, &limit);
	if (status)
		return status;
	if (lstate_watch_options_new(&options))
		return out_of_memory();
	lstate_watch_options_set_initial(options, watching->initial);
	lstate_watch_options_set_allow_missing(options,
					       watching->allow_missing);
	lstate_watch_options_set_conflate(options, watching->conflate);
	lstate_watch_options_set_inline_limit(options, limit);
	lstate_watch_options_set_interval(options, watching->interval_ms);
	lstate_watch_options_set_heartbeat(options, watching->heartbeat_ms);
	rc = lstate_watch_options_set_filter(options, watching->filter, &error);
	if (rc < 0) {
		lstate_watch_options_free(options);
		return call_failure(rc, error);
	}
	rc = lstate_watch_add(session, args->operand, args->operands, options,
			      on_event, watching, NULL, &watching->watch);
	lstate_watch_options_free(options);
	if (watching->interval_ms)
		watching->stream.last = tell_held;
	return rc < 0 ? session_failure(session) : EXIT_DONE;
}

static int watch(struct watching *watching, const struct context *context,
		 const struct args *args)
{
	int fd, status;

	status = session_open(&watching->session, context->session,
			      LSTATE_OPEN_READ_ONLY, 0);
	if (status)
		return status;
	watching->stream.session = lstate_session_name(watching->session);
	fd = lstate_session_poll_fd(watching->session);
	status = fd < 0 ? session_failure(watching->session) :
			  add_watch(watching, args);
	if (!status)
		status = stream_run(&watching->stream, fd, read_events, watching);
	lstate_session_close(watching->session);
	return status;
}

static int run(struct context *context, struct args *args)
{
	struct watching watching = { .json = false };
	int status;

	if (!args_parse(args, take_option, &watching))
		return args->status;
	watching.json = context->json;
	status = stream_open(&watching.stream);
	if (status)
		return status;
	status = watch(&watching, context, args);
	stream_close(&watching.stream);
	return status;
}

const struct command command_watch = {
	.name = "watch",
	.operands = "TARGET...",
	.least = 1,
	.most = OPERANDS_ANY,
	.summary = "Print a line for each change, as it comes",
	.details = "TARGET is a name, an @id or a glob pattern, which takes all variables that\n"
		   "match, now and later.  All or none: if one is missing, all that are missing\n"
		   "are told.  EXPR as lstate-filter(7) has it: 'new >= 30', 'old != new',\n"
		   "'abs(new - old) > 5%', 'new in 10..20', 'rises 30 by 2', 'new & 0x4', up to four\n"
		   "of them with || or &&.  What comes within an interval is made one change, which is\n"
		   "told when it is over, or before SIGINT, SIGTERM or the timeout ends the command.\n"
		   "Ends with 0 when the count is reached, at SIGINT or SIGTERM, and after the\n"
		   "timeout if there is no count; with 4 after the timeout if there is one; with 1\n"
		   "after the session has ended.\n"
		   "With --json: one object a line.\n",
	.options = options,
	.run = run,
};
