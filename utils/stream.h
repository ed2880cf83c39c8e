/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command that prints a line per event until it is over: the count is
 * reached, the time is up, a signal came, or nobody reads any more.
 */
#ifndef STREAM_H
#define STREAM_H

#include "tool.h"
#include "waiter.h"

/* Prints what there is; an exit code other than 0 ends the stream. */
typedef int stream_read_fn(void *data);

struct stream {
	bool counted;
	bool timed;
	uint64_t count;		/* events to print, if counted */
	uint64_t timeout_ns;	/* if timed */
	const char *session;	/* that all events are of, else NULL */
	stream_read_fn *last;	/* prints what waits for its time, before a signal or the
				 * timeout ends it; NULL: nothing does
				 */
	uint64_t left;
	bool over;
	int status;		/* how it ended */
	struct waiter waiter;
};

/* Keys of the options --count N and --timeout S; a command's own are others. */
enum {
	STREAM_KEY_COUNT = 1000,
	STREAM_KEY_TIMEOUT,
};

/* Takes these two; an exit code other than 0 ends the command. */
int stream_take_option(struct stream *stream, const struct args *args, int key,
		       const char *value);

/* After the options; the time counts from here. */
int stream_open(struct stream *stream);
void stream_close(struct stream *stream);

/* The first call decides how it ends. */
void stream_finish(struct stream *stream, int status);

/* Prints one line, which has its newline; it is over if that cannot be. */
void stream_print(struct stream *stream, const char *line, size_t length);

/* One event was printed; it is over when that was the last one. */
void stream_count(struct stream *stream);

/* Calls read() whenever fd is ready; returns the exit code. */
int stream_run(struct stream *stream, int fd, stream_read_fn *read, void *data);

#endif /* STREAM_H */
