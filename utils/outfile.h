/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is written as a whole or not at all.
 */
#ifndef OUTFILE_H
#define OUTFILE_H

#include <stddef.h>
#include <stdio.h>

struct outfile {
	const char *path;	/* NULL: stdout */
	char *temporary;	/* what is renamed to path, or NULL */
	FILE *file;
};

/*
 * Opens stdout if path is NULL or "-"; what is no regular file, a device say,
 * is written to as it is.  These return an exit code, and have told what is
 * wrong.
 */
int outfile_open(struct outfile *out, const char *path);
int outfile_write(struct outfile *out, const char *data, size_t length);

/* Puts the file in its place if the status is EXIT_DONE, else removes it. */
int outfile_close(struct outfile *out, int status);

#endif /* OUTFILE_H */
