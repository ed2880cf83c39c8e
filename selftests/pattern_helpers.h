/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches by pattern, and of names that nobody has registered yet.
 */
#ifndef SELFTESTS_PATTERN_HELPERS_H
#define SELFTESTS_PATTERN_HELPERS_H

#include "localstate_helpers.h"

static inline struct localstate_target target_pattern(const char *pattern)
{
	return (struct localstate_target) {
		.kind = LOCALSTATE_TARGET_PATTERN,
		.name_len = strlen(pattern),
		.name = pointer(pattern),
	};
}

/* The ref of a watch on @pattern, or -errno. */
static inline int watch_pattern(int fd, const char *pattern, __u32 flags)
{
	struct localstate_target target = target_pattern(pattern);

	return watch_targets(fd, &target, 1, flags);
}

#endif /* SELFTESTS_PATTERN_HELPERS_H */
