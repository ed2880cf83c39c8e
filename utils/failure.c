// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures on stderr, and the exit codes that go with them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "failure.h"

static int exit_status(const struct failure *failure)
{
	if (failure->status)
		return failure->status;
	return failure->rc == -ENOENT ? EXIT_NOT_FOUND : EXIT_REFUSED;
}

int fail(const struct failure *failure, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("lstate: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
	return exit_status(failure);
}

int out_of_memory(void)
{
	return fail(&(struct failure){ .rc = -ENOMEM }, "out of memory");
}

int write_failure(int error)
{
	const struct failure failure = { .rc = error ? -error : -EIO };

	/* A reader that went away did so on purpose: nothing to tell anybody. */
	if (error == EPIPE)
		return exit_status(&failure);
	return fail(&failure, "cannot write: %s",
		    error ? strerror(error) : "output was lost");
}
