// SPDX-License-Identifier: GPL-2.0-only
/*
 * Printing events until it is over.
 */
#include <errno.h>
#include <inttypes.h>

#include "failure.h"
#include "stream.h"

int stream_take_option(struct stream *stream, const struct args *args, int key,
		       const char *value)
{
	switch (key) {
	case STREAM_KEY_COUNT:
		stream->counted = true;
		if (!parse_u64(value, &stream->count) || !stream->count)
			return bad_word(args, value,
					"--count wants a number from 1, not \"%s\"",
					value);
		break;
	case STREAM_KEY_TIMEOUT:
		stream->timed = true;
		if (!parse_seconds(value, &stream->timeout_ns))
			return bad_word(args, value,
					"--timeout wants seconds, not \"%s\"",
					value);
		break;
	}
	return EXIT_DONE;
}

int stream_open(struct stream *stream)
{
	int status;

	stream->left = stream->count;
	status = waiter_open(&stream->waiter);
	if (!status && stream->timed)
		waiter_limit(&stream->waiter, stream->timeout_ns);
	return status;
}

void stream_close(struct stream *stream)
{
	waiter_close(&stream->waiter);
}

void stream_finish(struct stream *stream, int status)
{
	if (!stream->over)
		stream->status = status;
	stream->over = true;
}

static void time_out(struct stream *stream)
{
	const struct failure failure = {
		.status = EXIT_TIMED_OUT,
		.name = stream->session,
	};

	if (stream->counted && !stream->over)
		fail(&failure,
		     "timed out: %" PRIu64 " of %" PRIu64 " events came",
		     stream->count - stream->left, stream->count);
	stream_finish(stream, stream->counted ? EXIT_TIMED_OUT : EXIT_DONE);
}

static void finish_early(struct stream *stream, enum wake wake)
{
	if (wake == WAKE_DEADLINE)
		time_out(stream);
	else if (wake == WAKE_CLOSED)
		stream_finish(stream, write_failure(EPIPE));
	else
		stream_finish(stream,
			      wake == WAKE_SIGNAL ? EXIT_DONE : EXIT_REFUSED);
}

void stream_print(struct stream *stream, const char *line, size_t length)
{
	enum wake wake;

	wake = waiter_write(&stream->waiter, line, length);
	if (wake != WAKE_EVENTS)
		finish_early(stream, wake);
}

void stream_count(struct stream *stream)
{
	if (stream->counted && !--stream->left)
		stream_finish(stream, EXIT_DONE);
}

/* What came before a signal or the timeout is printed before it ends by them. */
static void finish_with_rest(struct stream *stream, enum wake wake, void *data)
{
	int status;

	if (stream->last && !stream->over &&
	    (wake == WAKE_SIGNAL || wake == WAKE_DEADLINE)) {
		status = stream->last(data);
		if (status)
			stream_finish(stream, status);
	}
	finish_early(stream, wake);
}

int stream_run(struct stream *stream, int fd, stream_read_fn *read, void *data)
{
	enum wake wake;
	int status;

	while (!stream->over) {
		wake = waiter_wait(&stream->waiter, fd);
		/* What came before the signal is still printed. */
		if (wake == WAKE_EVENTS || wake == WAKE_SIGNAL) {
			status = read(data);
			if (status)
				stream_finish(stream, status);
		}
		if (wake != WAKE_EVENTS)
			finish_with_rest(stream, wake, data);
		else if (waiter_expired(&stream->waiter))
			finish_with_rest(stream, WAKE_DEADLINE, data);
	}
	return stream->status;
}
