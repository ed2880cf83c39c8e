/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each user has made, counted against the module's limits.
 */
#ifndef LOCALSTATE_USER_H
#define LOCALSTATE_USER_H

#include <linux/atomic.h>
#include <linux/localstate.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "value.h"

/* What is counted for each user, against a module parameter of its own. */
enum ls_resource {
	LS_SESSIONS,
	LS_CLIENTS,
	LS_VARIABLES,
	LS_WATCHES,
	LS_LINKS,
	LS_CLAIMS,
	LS_RESOURCES
};

struct ls_user {
	struct hlist_node node;		/* table lock */
	kuid_t uid;
	refcount_t ref;			/* clients, sessions, variables, cells */
	atomic_t count[LS_RESOURCES];
	atomic64_t bytes;		/* of all that has no fixed length */
};

struct ls_user *localstate_user_get(kuid_t uid);
struct ls_user *localstate_user_hold(struct ls_user *user);
void localstate_user_put(struct ls_user *user);
int localstate_user_charge(struct ls_user *user, enum ls_resource what,
			   unsigned int n, struct localstate_error *error);
void localstate_user_uncharge(struct ls_user *user, enum ls_resource what,
			      unsigned int n);
int localstate_user_charge_bytes(struct ls_user *user, u32 n,
				 struct localstate_error *error);
void localstate_user_uncharge_bytes(struct ls_user *user, u32 n);
int localstate_cell_charge(struct ls_cell *cell, struct ls_user *user,
			   struct localstate_error *error);

/* Whoever keeps a value pays for it, unless it fits into a slot. */
static inline int localstate_value_charge(const struct ls_value *value,
					  struct ls_user *user,
					  struct localstate_error *error)
{
	return value->cell ? localstate_cell_charge(value->cell, user, error) : 0;
}

#endif /* LOCALSTATE_USER_H */
