// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Infos: the kernel half's version, features and limits, as numbers with a key
 * each, so that a newer kernel's need no new functions.
 */
#include "private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct lstate_info {
	uint64_t numbers[LSTATE_INFO_COUNT];
};

static const char *const lstate_info_names[LSTATE_INFO_COUNT] = {
	[LSTATE_INFO_ABI_VERSION] = "abi_version",
	[LSTATE_INFO_FEATURES] = "features",
	[LSTATE_INFO_QUEUE_DEFAULT] = "queue_default",
	[LSTATE_INFO_QUEUE_MAX] = "queue_max",
	[LSTATE_INFO_INLINE_DEFAULT] = "inline_default",
	[LSTATE_INFO_INLINE_MAX] = "inline_max",
	[LSTATE_INFO_MAX_TARGETS] = "max_targets",
	[LSTATE_INFO_MAX_USER_SESSIONS] = "max_user_sessions",
	[LSTATE_INFO_MAX_USER_CLIENTS] = "max_user_clients",
	[LSTATE_INFO_MAX_USER_VARIABLES] = "max_user_variables",
	[LSTATE_INFO_MAX_USER_WATCHES] = "max_user_watches",
	[LSTATE_INFO_MAX_USER_LINKS] = "max_user_links",
	[LSTATE_INFO_MAX_USER_CLAIMS] = "max_user_claims",
	[LSTATE_INFO_MAX_USER_BYTES] = "max_user_bytes",
};

const char *lstate_version(void)
{
	return LSTATE_VERSION;
}

static void lstate_info_fill(struct lstate_info *info,
			     const struct localstate_info *from)
{
	uint64_t *numbers = info->numbers;

	numbers[LSTATE_INFO_ABI_VERSION] = from->abi_version;
	numbers[LSTATE_INFO_FEATURES] = from->features;
	numbers[LSTATE_INFO_QUEUE_DEFAULT] = from->queue_default;
	numbers[LSTATE_INFO_QUEUE_MAX] = from->queue_max;
	numbers[LSTATE_INFO_INLINE_DEFAULT] = from->inline_default;
	numbers[LSTATE_INFO_INLINE_MAX] = from->inline_max;
	numbers[LSTATE_INFO_MAX_TARGETS] = from->max_targets;
	numbers[LSTATE_INFO_MAX_USER_SESSIONS] = from->max_user_sessions;
	numbers[LSTATE_INFO_MAX_USER_CLIENTS] = from->max_user_clients;
	numbers[LSTATE_INFO_MAX_USER_VARIABLES] = from->max_user_variables;
	numbers[LSTATE_INFO_MAX_USER_WATCHES] = from->max_user_watches;
	numbers[LSTATE_INFO_MAX_USER_LINKS] = from->max_user_links;
	numbers[LSTATE_INFO_MAX_USER_CLAIMS] = from->max_user_claims;
	numbers[LSTATE_INFO_MAX_USER_BYTES] = from->max_user_bytes;
}

int lstate_info_ask(int fd, struct lstate_info **info,
		    struct localstate_error *why)
{
	struct localstate_info answer = { 0 };
	struct lstate_info *new;
	int rc;

	rc = lstate_device_ioctl(fd, LOCALSTATE_IOC_GET_INFO, &answer);
	*why = answer.error;
	if (rc < 0)
		return rc;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	lstate_info_fill(new, &answer);
	*info = new;
	return 0;
}

static int lstate_info_read_device(struct lstate_info **info,
				   struct lstate_error *error)
{
	struct lstate_attempt attempt = {
		.error = error,
		.topic = LSTATE_DEVICE,
	};
	struct localstate_error why;
	int fd, rc;

	fd = lstate_device_open(O_RDONLY, error);
	if (fd < 0)
		return fd;
	rc = lstate_info_ask(fd, info, &why);
	close(fd);
	return rc < 0 ? lstate_explain(&attempt, rc, &why) : 0;
}

int lstate_info_read(struct lstate_info **info, struct lstate_error **error)
{
	struct lstate_error failure = { 0 };
	int rc;

	if (error)
		*error = NULL;
	rc = lstate_info_read_device(info, &failure);
	if (rc < 0 && error)
		*error = lstate_error_give(&failure);
	lstate_error_clear(&failure);
	return rc;
}

int lstate_session_info(struct lstate_session *session,
			struct lstate_info **info)
{
	struct lstate_attempt attempt = { .error = &session->error };
	struct localstate_error why;
	int rc;

	rc = lstate_info_ask(session->fd, info, &why);
	return rc < 0 ? lstate_explain(&attempt, rc, &why) : 0;
}

uint64_t lstate_info_get(const struct lstate_info *info,
			 enum lstate_info_key key)
{
	return (size_t)key < LSTATE_INFO_COUNT ? info->numbers[key] : 0;
}

const char *lstate_info_key_name(enum lstate_info_key key)
{
	return (size_t)key < LSTATE_INFO_COUNT ? lstate_info_names[key] : NULL;
}

void lstate_info_free(struct lstate_info *info)
{
	free(info);
}
