// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who made a change: process and effective user, held as kernel objects so
 * that each reader can be told their numbers in its own namespaces.
 */
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "private.h"

static void localstate_writer_free(struct rcu_head *rcu)
{
	struct ls_writer *writer = container_of(rcu, struct ls_writer, rcu);

	put_pid(writer->pid);
	kfree(writer);
}

void localstate_writer_put(struct ls_writer *writer)
{
	if (writer && refcount_dec_and_test(&writer->ref))
		call_rcu(&writer->rcu, localstate_writer_free);
}

static struct ls_writer *localstate_writer_cached(struct ls_writer __rcu **cache)
{
	struct ls_writer *writer;

	rcu_read_lock();
	writer = rcu_dereference(*cache);
	if (writer && (writer->pid != task_tgid(current) ||
		       !uid_eq(writer->uid, current_euid()) ||
		       !refcount_inc_not_zero(&writer->ref)))
		writer = NULL;
	rcu_read_unlock();
	return writer;
}

/*
 * The caller's identity, referenced; NULL if memory is out.  One descriptor
 * may be shared by processes, so the cached one is compared each time.
 */
struct ls_writer *localstate_writer_current(struct ls_writer __rcu **cache)
{
	struct ls_writer *writer = localstate_writer_cached(cache);

	if (writer)
		return writer;

	writer = kmalloc(sizeof(*writer), GFP_KERNEL_ACCOUNT);
	if (!writer)
		return NULL;
	/* One reference for the cache, one for the caller. */
	refcount_set(&writer->ref, 2);
	writer->uid = current_euid();
	writer->pid = get_pid(task_tgid(current));
	localstate_writer_put(unrcu_pointer(xchg(cache,
						 RCU_INITIALIZER(writer))));
	return writer;
}
