/* SPDX-License-Identifier: GPL-2.0-only */
/* Users who have nothing yet, and values that need bytes of theirs. */
#ifndef SELFTESTS_BYTES_HELPERS_H
#define SELFTESTS_BYTES_HELPERS_H

#include <sys/stat.h>

#include "process_helpers.h"

#define TEXT	1000	/* bytes of a long value */
#define HEAD	192	/* more than what the kernel needs beside one */

static const char long_text[TEXT + 1] = {
	[0 ... TEXT - 1] = 'x',
};

static const char long_metadata[TEXT] = {
	[0] = 'k', [1] = '=', [2 ... TEXT - 2] = 'x',
};

/**
 * struct users - two users who have nothing but a client each of one session
 * @name: the session
 * @before: the limit as it was found
 * @fd: the first one's client
 * @other: the second one's
 */
struct users {
	struct session_name name;
	long long before;
	int fd;
	int other;
};

/* A client that is @uid's, of a private session if it is NULL; the process stays root. */
static inline int client_of(uid_t uid, const char *session)
{
	__u32 flags = session ? LOCALSTATE_ATTACH_CREATE : 0;
	int fd;

	if (setresuid(uid, uid, 0))
		return -errno;
	fd = session_open_flags(session, flags, 0666, O_RDWR);
	return setresuid(0, 0, 0) ? -errno : fd;
}

static inline bool users_init(struct users *users)
{
	umask(0);
	users->before = parameter_get("max_user_bytes");
	users->name = session_name_unique("user_bytes");
	users->fd = client_of(OTHER_UID, users->name.text);
	users->other = client_of(STRANGER_UID, users->name.text);
	return users->fd >= 0 && users->other >= 0 &&
	       !user_bytes(users->fd) && !user_bytes(users->other);
}

static inline void users_free(struct users *users)
{
	parameter_set("max_user_bytes", users->before);
	close(users->fd);
	close(users->other);
}

static inline int limit_set(long long bytes)
{
	return parameter_set("max_user_bytes", bytes);
}

static inline struct localstate_value long_string(void)
{
	return value_string(long_text);
}

#endif /* SELFTESTS_BYTES_HELPERS_H */
