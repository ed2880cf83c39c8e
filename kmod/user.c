// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each user has made, counted against the module's limits.
 *
 * The kernel's ucounts are not open to modules, hence a table of our own, by
 * kuid.  An entry lives as long as a client, session, variable or cell refers to
 * it.  Whoever opened the descriptor pays for what is made through it.
 *
 * Numbers are counted of what has a fixed size, or nearly so, and bytes of the
 * rest: long values, metadata, constraints, queues, the slots of links.
 *
 * The table's lock is a spinlock: a reader of a value may let go of the last cell
 * of a user while it is in an RCU section.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "private.h"

static DEFINE_HASHTABLE(localstate_users, 8);
static DEFINE_SPINLOCK(localstate_users_lock);

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

static struct ls_user *localstate_user_alloc(kuid_t uid)
{
	struct ls_user *user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);

	if (!user)
		return NULL;
	user->uid = uid;
	refcount_set(&user->ref, 1);
	return user;
}

/* Find or make the entry of @uid; NULL if memory is out. */
struct ls_user *localstate_user_get(kuid_t uid)
{
	struct ls_user *user, *new = NULL;

	spin_lock(&localstate_users_lock);
	user = localstate_user_lookup(uid);
	if (!user) {
		spin_unlock(&localstate_users_lock);
		new = localstate_user_alloc(uid);
		if (!new)
			return NULL;
		spin_lock(&localstate_users_lock);
		user = localstate_user_lookup(uid);
	}
	if (user) {
		localstate_user_hold(user);
	} else {
		user = new;
		hash_add(localstate_users, &user->node, __kuid_val(uid));
		new = NULL;
	}
	spin_unlock(&localstate_users_lock);
	kfree(new);
	return user;
}

struct ls_user *localstate_user_hold(struct ls_user *user)
{
	refcount_inc(&user->ref);
	return user;
}

void localstate_user_put(struct ls_user *user)
{
	bool last;

	/* What refcount_dec_and_lock() does; sparse does not see that one lock. */
	if (refcount_dec_not_one(&user->ref))
		return;
	spin_lock(&localstate_users_lock);
	last = refcount_dec_and_test(&user->ref);
	if (last)
		hash_del(&user->node);
	spin_unlock(&localstate_users_lock);
	if (last)
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

/* The same for @n more bytes. */
int localstate_user_charge_bytes(struct ls_user *user, u32 n,
				 struct localstate_error *error)
{
	u64 max = READ_ONCE(localstate_params.max_user_bytes);
	s64 bytes = atomic64_read(&user->bytes);

	do {
		if ((u64)bytes + n > max)
			return localstate_error_limit(error, -EDQUOT,
						      LOCALSTATE_FIELD_BYTES,
						      LOCALSTATE_TYPE_UINT, max);
	} while (!atomic64_try_cmpxchg(&user->bytes, &bytes, bytes + n));
	return 0;
}

void localstate_user_uncharge_bytes(struct ls_user *user, u32 n)
{
	WARN_ON_ONCE(atomic64_sub_return(n, &user->bytes) < 0);
}

/*
 * Let @user pay for a cell that only the caller sees, unless somebody does
 * already.
 */
int localstate_cell_charge(struct ls_cell *cell, struct ls_user *user,
			   struct localstate_error *error)
{
	int ret;

	if (cell->user)
		return 0;
	ret = localstate_user_charge_bytes(user, cell->size, error);
	if (!ret)
		cell->user = localstate_user_hold(user);
	return ret;
}

/* Nobody pays any more; by the last one who could keep it. */
void localstate_cell_uncharge(struct ls_cell *cell)
{
	struct ls_user *user = cell->user;

	if (!user)
		return;
	cell->user = NULL;
	localstate_user_uncharge_bytes(user, cell->size);
	localstate_user_put(user);
}
