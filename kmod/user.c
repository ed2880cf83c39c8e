// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each user has made, counted against the module's limits.
 *
 * The kernel's ucounts are not open to modules, hence a table of our own, by
 * kuid.  An entry lives as long as a client, session or variable refers to it.
 * Whoever opened the descriptor pays for what is made through it.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "private.h"

static DEFINE_HASHTABLE(localstate_users, 8);
static DEFINE_MUTEX(localstate_users_lock);

static struct ls_user *localstate_user_lookup(kuid_t uid)
{
	struct ls_user *user;

	lockdep_assert_held(&localstate_users_lock);
	hash_for_each_possible(localstate_users, user, node, __kuid_val(uid)) {
		if (uid_eq(user->uid, uid))
			return user;
	}
	return NULL;
}

/* Find or make the entry of @uid; NULL if memory is out. */
struct ls_user *localstate_user_get(kuid_t uid)
{
	struct ls_user *user;

	guard(mutex)(&localstate_users_lock);
	user = localstate_user_lookup(uid);
	if (user)
		return localstate_user_hold(user);

	user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (!user)
		return NULL;
	user->uid = uid;
	refcount_set(&user->ref, 1);
	hash_add(localstate_users, &user->node, __kuid_val(uid));
	return user;
}

struct ls_user *localstate_user_hold(struct ls_user *user)
{
	refcount_inc(&user->ref);
	return user;
}

void localstate_user_put(struct ls_user *user)
{
	if (!refcount_dec_and_mutex_lock(&user->ref, &localstate_users_lock))
		return;
	hash_del(&user->node);
	mutex_unlock(&localstate_users_lock);
	kfree(user);
}

/* Count @n more of @what, or -EDQUOT. */
int localstate_user_charge(struct ls_user *user, enum ls_resource what,
			   unsigned int n, struct localstate_error *error)
{
	unsigned int max = READ_ONCE(localstate_params.max_user[what]);
	int count = atomic_read(&user->count[what]);

	do {
		if ((u64)count + n > max)
			return localstate_error_limit(error, -EDQUOT,
						      LOCALSTATE_FIELD_SESSIONS + what,
						      LOCALSTATE_TYPE_UINT, max);
	} while (!atomic_try_cmpxchg(&user->count[what], &count, count + n));
	return 0;
}

void localstate_user_uncharge(struct ls_user *user, enum ls_resource what,
			      unsigned int n)
{
	WARN_ON_ONCE(atomic_sub_return(n, &user->count[what]) < 0);
}
