// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients: one for each open file description, from open() to the last close.
 *
 * release() may run in a worker, or after the task gave up its namespaces: it
 * uses nothing of current and allocates nothing that it needs.
 */
#include <linux/cred.h>
#include <linux/memcontrol.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "trace.h"

static void localstate_client_init(struct ls_client *client)
{
	client->pid_ns = get_pid_ns(task_active_pid_ns(current));
	client->user_ns = get_user_ns(current_user_ns());
	client->memcg = get_mem_cgroup_from_mm(current->mm);
	mutex_init(&client->setup);
	mutex_init(&client->read_lock);
	spin_lock_init(&client->qlock);
	init_waitqueue_head(&client->wait);
	INIT_LIST_HEAD(&client->overflow);
	INIT_LIST_HEAD(&client->conflated);
	INIT_LIST_HEAD(&client->claims);
	xa_init_flags(&client->watches, XA_FLAGS_ACCOUNT);
	client->next_ref = 1;
	client->armed = true;
}

struct ls_client *localstate_client_open(void)
{
	struct localstate_error error;
	struct ls_client *client;
	int ret;

	client = kzalloc(sizeof(*client), GFP_KERNEL_ACCOUNT);
	if (!client)
		return ERR_PTR(-ENOMEM);
	client->user = localstate_user_get(current_uid());
	if (!client->user) {
		ret = -ENOMEM;
		goto err_free;
	}
	ret = localstate_user_charge(client->user, LS_CLIENTS, 1, &error);
	if (ret)
		goto err_user;
	localstate_client_init(client);
	return client;

err_user:
	localstate_user_put(client->user);
err_free:
	kfree(client);
	return ERR_PTR(ret);
}

static void localstate_client_free(struct rcu_head *rcu)
{
	struct ls_client *client = container_of(rcu, struct ls_client, rcu);

	put_pid_ns(client->pid_ns);
	put_user_ns(client->user_ns);
	mem_cgroup_put(client->memcg);
	kfree(client);
}

void localstate_client_release(struct ls_client *client)
{
	u32 watches = 0;

	if (client->session)
		watches = localstate_watch_remove_all(client);
	trace_localstate_client_release(client, watches);
	if (client->session) {
		/* Nobody watches through it any more: not even its own wills. */
		localstate_claim_end_all(client);
		localstate_session_leave(client);
	}
	xa_destroy(&client->watches);
	/* Every watch is dead: no push looks at the ring any more. */
	localstate_ring_free(&client->ring);
	localstate_user_uncharge_bytes(client->user, client->ring.size);
	localstate_conflate_drop(client);
	localstate_writer_put(unrcu_pointer(client->writer));
	localstate_writer_put(client->attached_by);
	localstate_user_uncharge(client->user, LS_CLIENTS, 1);
	localstate_user_put(client->user);
	/* A push that finds its watch dead may still hold the qlock. */
	call_rcu(&client->rcu, localstate_client_free);
}
