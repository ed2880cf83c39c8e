// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sessions from a descriptor that somebody else has attached: what the kernel
 * told him when he did, /proc tells everybody who has the descriptor.
 */
#include "private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer than the lines that are wanted: a key and a name. */
#define LSTATE_ADOPT_LINE	256

/* What fdinfo says of a descriptor. */
struct lstate_adopt {
	char state[16];			/* empty: not one of the device */
	char name[LOCALSTATE_NAME_MAX + 1];
	char rights[4];
	uint64_t id;
};

static void lstate_adopt_line(struct lstate_adopt *found, const char *line)
{
	if (sscanf(line, "state:\t%15s", found->state) == 1 ||
	    sscanf(line, "session:\t%" SCNu64, &found->id) == 1 ||
	    sscanf(line, "rights:\t%3s", found->rights) == 1)
		return;
	sscanf(line, "name:\t%127s", found->name);
}

static int lstate_adopt_read(struct lstate_adopt *found, int fd)
{
	char path[64], line[LSTATE_ADOPT_LINE];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT && !access("/proc/self/fdinfo", F_OK) ?
			       -EBADF : -errno;
	while (fgets(line, sizeof(line), file))
		lstate_adopt_line(found, line);
	fclose(file);
	return 0;
}

static int lstate_adopt_check(const struct lstate_adopt *found,
			      struct lstate_error *error)
{
	if (!strcmp(found->state, "attached"))
		return 0;
	if (!strcmp(found->state, "unattached"))
		return lstate_error_fail(error, -ENOTCONN, LSTATE_FIELD_NONE,
					 "the descriptor is not attached to a session");
	if (!strcmp(found->state, "ending") || !strcmp(found->state, "ended"))
		return lstate_error_fail(error, -ESHUTDOWN, LSTATE_FIELD_NONE,
					 "the session has ended");
	return lstate_error_fail(error, -EBADF, LSTATE_FIELD_NONE,
				 "the descriptor is none of %s", LSTATE_DEVICE);
}

static unsigned int lstate_adopt_rights(const struct lstate_adopt *found, int fd)
{
	unsigned int rights = 0;
	int mode = fcntl(fd, F_GETFL) & O_ACCMODE;

	if (found->rights[0] == 'r' && mode != O_WRONLY)
		rights |= LSTATE_RIGHT_READ;
	if (found->rights[1] == 'w' && mode != O_RDONLY)
		rights |= LSTATE_RIGHT_WRITE;
	if (found->rights[2] == 'o')
		rights |= LSTATE_RIGHT_OWNER;
	return rights;
}

static int lstate_adopt_make(struct lstate_session **session, int fd,
			     struct lstate_error *error)
{
	struct lstate_adopt found = { 0 };
	struct lstate_session *new;
	int rc;

	rc = lstate_adopt_read(&found, fd);
	if (rc < 0)
		return lstate_error_fail(error, rc, LSTATE_FIELD_NONE,
					 "descriptor %d: %s", fd,
					 strerrordesc_np(-rc));
	rc = lstate_adopt_check(&found, error);
	if (rc < 0)
		return rc;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->id = found.id;
	new->rights = lstate_adopt_rights(&found, fd);
	if (found.name[0]) {
		new->name = strdup(found.name);
		if (!new->name) {
			free(new);
			return -ENOMEM;
		}
	}
	new->fd = fd;
	*session = new;
	return 0;
}

int lstate_session_adopt(struct lstate_session **session, int fd,
			 struct lstate_error **error)
{
	struct lstate_error failure = { 0 };
	int rc;

	*session = NULL;
	if (error)
		*error = NULL;
	rc = lstate_adopt_make(session, fd, &failure);
	if (rc < 0 && error && failure.code)
		*error = lstate_error_give(&failure);
	lstate_error_clear(&failure);
	return rc;
}
