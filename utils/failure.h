/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures: the one place that tells them on stderr, to people as a line of
 * text, to programs as an object in a line.
 */
#ifndef FAILURE_H
#define FAILURE_H

#include <localstate.h>

#include "tool.h"

/* What is known of a failure besides its message; what is not known is 0. */
struct failure {
	int rc;				/* a negative errno */
	enum exit_code status;		/* 0: as the errno says */
	const char *name;		/* of the variable or session concerned */
	const struct lstate_value *value;	/* what was refused */
	const char *word;		/* or that, as it stood on the command line */
	const struct lstate_value *limit;	/* what it violates */
	const char *const *choices;	/* or these, which a NULL ends */
};

/* Whether it is programs that are told; people are, until this says so. */
void failures_in_json(bool json);
bool failures_are_in_json(void);

/* Called before one is told, while it is set: gives a terminal back, say. */
void failures_after(void (*prepare)(void));

/* Tells it with a message of one line; returns the exit code. */
int fail(const struct failure *failure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The failure that needs no memory to be told. */
int out_of_memory(void);

/*
 * Output was lost, by an errno or, if that is 0, one does not know why.  Only
 * programs are told of EPIPE: people made the reader go away.
 */
int write_failure(int error);

#endif /* FAILURE_H */
