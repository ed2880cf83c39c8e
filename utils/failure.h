/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures: the one place that tells them on stderr.
 */
#ifndef FAILURE_H
#define FAILURE_H

#include "tool.h"

/* What is known of a failure besides its message; what is not known is 0. */
struct failure {
	int rc;				/* a negative errno */
	enum exit_code status;		/* 0: as the errno says */
	const char *name;		/* of the variable or session concerned */
	const char *word;		/* what was refused, of the command line */
};

/* Tells it with a message of one line; returns the exit code. */
int fail(const struct failure *failure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The failure that needs no memory to be told. */
int out_of_memory(void);

/* Output was lost, by an errno or, if that is 0, one does not know why. */
int write_failure(int error);

#endif /* FAILURE_H */
