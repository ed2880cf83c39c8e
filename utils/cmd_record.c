// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate record: changes into a file, a line each, from a watch.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "failure.h"
#include "session.h"
#include "stream.h"
#include "tool.h"

struct recording {
	const char *path;
	int fd;
	bool incomplete;	/* there is a variable that is not recorded */
	struct stream stream;
	struct lstate_session *session;
};

static const struct option options[] = {
	{ "count", STREAM_KEY_COUNT, "N", "end after N events" },
	{ "timeout", STREAM_KEY_TIMEOUT, "S", "end after S seconds, like 0.5" },
	{ 0 }
};

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct recording *recording = data;

	return stream_take_option(&recording->stream, args, key, value);
}

static int cannot(const struct recording *recording, const char *what)
{
	const struct failure failure = { .rc = -errno, .word = recording->path };

	return fail(&failure, "cannot %s %s: %s", what, recording->path,
		    strerror(errno));
}

/* A file that ends within a line cannot be read, or appended to, any more. */
static void take_back(const struct recording *recording, size_t put)
{
	off_t end = lseek(recording->fd, 0, SEEK_CUR);
	struct stat file;

	if (!put || fstat(recording->fd, &file) || !S_ISREG(file.st_mode) ||
	    file.st_size != end)
		return;
	if (ftruncate(recording->fd, end - put))
		cannot(recording, "take back half a line of");
}

/* A line at once, so that two recorders of one file do not mix theirs. */
static int put_line(const struct recording *recording, const char *line,
		    size_t length)
{
	size_t done = 0;
	ssize_t put;
	int status;

	while (done < length) {
		put = write(recording->fd, line + done, length - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			status = cannot(recording, "write");
			take_back(recording, done);
			return status;
		}
		done += put;
	}
	return EXIT_DONE;
}

/* The whole of a value that was cut, if it is still that of this event. */
static bool complete(struct recording *recording,
		     const struct lstate_event *event,
		     struct lstate_value *value)
{
	struct lstate_stamp stamp;
	char id[24];

	snprintf(id, sizeof(id), "@%" PRIu64, lstate_event_id(event));
	if (lstate_get(recording->session, id, value, &stamp) < 0)
		return false;
	if (stamp.version == lstate_event_version(event))
		return true;
	lstate_value_clear(value);
	return false;
}

static int record(struct recording *recording, const struct lstate_event *event)
{
	bool cut = lstate_event_truncated(event) & LSTATE_TRUNCATED_NEW;
	struct lstate_value whole = { .type = LSTATE_TYPE_NONE };
	int rc, status = EXIT_DONE;
	char *line;

	/* Half a value must not be rolled back to; a later one follows. */
	if (cut && !complete(recording, event, &whole))
		return EXIT_DONE;
	rc = lstate_record_write(event, cut ? &whole : NULL, &line);
	if (rc < 0) {
		status = out_of_memory();
	} else {
		status = put_line(recording, line, rc);
		free(line);
	}
	lstate_value_clear(&whole);
	return status;
}

/* The others are recorded on; that it is not all shows in how it ends. */
static void miss(struct recording *recording, const struct lstate_event *event)
{
	const char *target = lstate_event_identifier(event);
	const struct failure failure = { .rc = -EDQUOT, .name = target };

	fail(&failure, "%s: a variable that was registered cannot be watched and is not recorded",
	     target);
	recording->incomplete = true;
}

static void on_event(const char *identifier,
		     const struct lstate_value *old_value,
		     const struct lstate_value *new_value,
		     const struct lstate_metadata *metadata,
		     const struct lstate_event *event, void *user_data)
{
	struct recording *recording = user_data;
	struct stream *stream = &recording->stream;
	const char *name = lstate_session_name(recording->session);
	const struct failure failure = { .rc = -ESHUTDOWN, .name = name };
	int status;

	(void)identifier;
	(void)old_value;
	(void)metadata;
	if (stream->over)
		return;
	if (lstate_event_kind(event) == LSTATE_EVENT_SESSION_END)
		stream_finish(stream, fail(&failure,
					   "session \"%s\" was destroyed",
					   name));
	if (lstate_event_kind(event) == LSTATE_EVENT_LOST)
		miss(recording, event);
	if (!new_value)
		return;
	status = record(recording, event);
	if (status)
		stream_finish(stream, status);
	else
		stream_count(stream);
}

static int read_events(void *data)
{
	struct recording *recording = data;

	if (lstate_session_dispatch(recording->session) < 0 &&
	    !recording->stream.over)
		return session_failure(recording->session);
	return EXIT_DONE;
}

/* The last operand is the file; without others it is all. */
static int add_watch(struct recording *recording, const struct args *args)
{
	static const char *const all[] = { "*" };
	const char *const *targets = args->operand;
	size_t n = args->operands - 1;
	struct lstate_watch_options *watch;
	int rc;

	if (!n) {
		targets = all;
		n = 1;
	}

	if (lstate_watch_options_new(&watch))
		return out_of_memory();
	lstate_watch_options_set_initial(watch, true);
	rc = lstate_watch_add(recording->session, targets, n, watch, on_event,
			      recording, NULL, NULL);
	lstate_watch_options_free(watch);
	return rc < 0 ? session_failure(recording->session) : EXIT_DONE;
}

static int record_all(struct recording *recording, const struct args *args)
{
	int status;

	status = stream_open(&recording->stream);
	if (status)
		return status;
	recording->stream.waiter.silent = true;
	status = add_watch(recording, args);
	if (!status)
		status = stream_run(&recording->stream,
				    lstate_session_fd(recording->session),
				    read_events, recording);
	stream_close(&recording->stream);
	return status || !recording->incomplete ? status : EXIT_REFUSED;
}

/* A FIFO waits here for its reader, and signals are not blocked yet. */
static int open_file(struct recording *recording)
{
	recording->fd = open(recording->path,
			     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	return recording->fd < 0 ? cannot(recording, "write") : EXIT_DONE;
}

static int run(struct context *context, struct args *args)
{
	struct recording recording = { .fd = -1 };
	int status;

	if (!args_parse(args, take_option, &recording))
		return args->status;
	recording.path = args->operand[args->operands - 1];
	status = session_open(&recording.session, context->session,
			      LSTATE_OPEN_READ_ONLY, 0);
	if (status)
		return status;
	recording.stream.session = lstate_session_name(recording.session);
	status = open_file(&recording);
	if (!status) {
		status = record_all(&recording, args);
		close(recording.fd);
	}
	lstate_session_close(recording.session);
	return status;
}

const struct command command_record = {
	.name = "record",
	.operands = "[TARGET...] FILE",
	.least = 1,
	.most = OPERANDS_ANY,
	.summary = "Write each change into a file, for history and rollback",
	.details = "TARGET is a name, an @id or a glob pattern, which takes all variables that\n"
		   "match, now and later; without one it is all.  Begins with the present values\n"
		   "and appends to FILE, a JSON object a line.  Ends as watch does; with 1 too if\n"
		   "a variable could not be watched.\n",
	.options = options,
	.run = run,
};
