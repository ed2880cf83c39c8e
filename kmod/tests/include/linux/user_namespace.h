/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALSTATE_SHIM_LINUX_USER_NAMESPACE_H
#define LOCALSTATE_SHIM_LINUX_USER_NAMESPACE_H

#include <linux/uidgid.h>

/* One namespace of users, and others in which nobody of it is mapped. */
struct user_namespace {
	char unused;
};

extern struct user_namespace init_user_ns;

static inline uid_t from_kuid_munged(const struct user_namespace *ns, kuid_t uid)
{
	return ns == &init_user_ns ? uid.val : 65534;
}

#endif
