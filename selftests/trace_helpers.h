/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing to the kernel's files, those of tracefs above all.
 */
#ifndef SELFTESTS_TRACE_HELPERS_H
#define SELFTESTS_TRACE_HELPERS_H

#include <sys/mount.h>
#include <sys/stat.h>

#include "process_helpers.h"

#define TRACEFS "/sys/kernel/tracing/"

static inline int file_write(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	ssize_t len = strlen(text);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != len)
		err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

/* Writes to the file @name below tracefs. */
static inline int trace_write(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), TRACEFS "%s", name);
	return file_write(path, text, O_TRUNC);
}

#endif /* SELFTESTS_TRACE_HELPERS_H */
