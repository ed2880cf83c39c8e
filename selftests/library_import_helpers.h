/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Imports of files that are in memory, and what they tell.
 */
#ifndef SELFTESTS_LIBRARY_IMPORT_HELPERS_H
#define SELFTESTS_LIBRARY_IMPORT_HELPERS_H

#include <sys/mman.h>

#include "library_helpers.h"

/**
 * struct reports - what an import has told
 * @n: of how many entries
 * @line: of the first of them: "status name line", and the reason if it was refused
 */
struct reports {
	int n;
	char line[16][160];
};

static inline void report(const char *name, enum lstate_import_status status,
			  uint64_t line, const char *reason, void *user_data)
{
	struct reports *reports = user_data;

	if (reports->n < (int)ARRAY_SIZE(reports->line))
		snprintf(reports->line[reports->n], sizeof(reports->line[0]),
			 "%s %s %d%s%s", lstate_import_status_name(status),
			 name, (int)line, reason ? " " : "",
			 reason ? reason : "");
	reports->n++;
}

/* Import a file of this text: what lstate_import() returns. */
static inline int import_text(struct lstate_session *s, const char *text,
			      unsigned int flags, struct reports *reports)
{
	int fd = memfd_create("import", MFD_CLOEXEC), rc;

	memset(reports, 0, sizeof(*reports));
	if (write(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET))
		abort();
	rc = lstate_import(s, fd, flags, report, reports);
	close(fd);
	return rc;
}

#endif /* SELFTESTS_LIBRARY_IMPORT_HELPERS_H */
