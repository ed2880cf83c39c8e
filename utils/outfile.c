// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that is written as a whole or not at all: under another name, until
 * all of it is on the disk.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"
#include "outfile.h"

static int cannot(struct outfile *out, int error)
{
	const struct failure failure = { .rc = -error, .word = out->path };

	return fail(&failure, "cannot write %s: %s", out->path,
		    strerror(error));
}

/* A new file, with the mode that open(2) would have given it. */
static int open_temporary(struct outfile *out)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&out->temporary, "%s.XXXXXX", out->path) < 0) {
		out->temporary = NULL;
		return out_of_memory();
	}
	fd = mkostemp(out->temporary, 0);
	if (fd < 0) {
		free(out->temporary);
		out->temporary = NULL;
		return cannot(out, errno);
	}
	fchmod(fd, 0666 & ~mask);
	out->file = fdopen(fd, "w");
	return out->file ? EXIT_DONE : out_of_memory();
}

int outfile_open(struct outfile *out, const char *path)
{
	struct stat status;

	memset(out, 0, sizeof(*out));
	if (!path || !strcmp(path, "-")) {
		out->file = stdout;
		return EXIT_DONE;
	}
	out->path = path;
	if (stat(path, &status) || S_ISREG(status.st_mode))
		return open_temporary(out);
	out->file = fopen(path, "we");
	return out->file ? EXIT_DONE : cannot(out, errno);
}

int outfile_write(struct outfile *out, const char *data, size_t length)
{
	if (fwrite(data, 1, length, out->file) == length)
		return EXIT_DONE;
	/* That of stdout is told when the command ends. */
	return out->path ? cannot(out, errno) : EXIT_REFUSED;
}

static int finish(struct outfile *out)
{
	int failed = fflush(out->file);

	/* What cannot be synced, a pipe say, need not be. */
	if (!failed && out->temporary)
		failed = fsync(fileno(out->file));
	if (!failed && out->temporary)
		failed = rename(out->temporary, out->path);
	return failed ? cannot(out, errno) : EXIT_DONE;
}

int outfile_close(struct outfile *out, int status)
{
	if (!out->path)
		return status;
	if (out->file && status == EXIT_DONE)
		status = finish(out);
	if (out->file)
		fclose(out->file);
	if (out->temporary && status != EXIT_DONE)
		unlink(out->temporary);
	free(out->temporary);
	return status;
}
