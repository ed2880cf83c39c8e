// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID/fdinfo/FD: what a client is attached to, what it has claimed, what
 * waits in its queue, and its watches.
 *
 * Whoever may trace the process may read it, at any time but after the last
 * close: the reader holds the file.  It takes no lock for longer than it needs
 * to copy the numbers of one watch, and never client->setup, whose holder may
 * wait for memory.
 */
#include <linux/seq_file.h>

#include "private.h"

/* The queue at one moment. */
struct ls_queue_info {
	u64 used;
	u32 records;
	bool overflow;
	bool armed;
	u8 end;
};

static void localstate_fdinfo_take_queue(struct ls_client *client,
					 struct ls_queue_info *queue)
{
	spin_lock(&client->qlock);
	queue->used = localstate_ring_used(&client->ring);
	queue->records = client->live;
	queue->overflow = !list_empty(&client->overflow);
	queue->armed = client->armed;
	queue->end = client->end;
	spin_unlock(&client->qlock);
}

static const char *localstate_fdinfo_state(const struct ls_session *session,
					   u8 end)
{
	if (!session)
		return "unattached";
	switch (end) {
	case LS_END_NONE:
		return "attached";
	case LS_END_PENDING:
		return "ending";
	default:
		return "ended";
	}
}

static void localstate_fdinfo_show_session(struct seq_file *m,
					   const struct ls_client *client,
					   const struct ls_session *session)
{
	u32 rights = session ? client->rights : 0;

	seq_printf(m, "session:\t%llu\n", session ? session->id : 0);
	seq_printf(m, "name:\t%s\n", session ? session->text : "");
	seq_printf(m, "client:\t%llu\n", session ? client->id : 0);
	seq_printf(m, "rights:\t%c%c%c\n",
		   rights & LOCALSTATE_RIGHT_READ ? 'r' : '-',
		   rights & LOCALSTATE_RIGHT_WRITE ? 'w' : '-',
		   rights & LOCALSTATE_RIGHT_OWNER ? 'o' : '-');
	seq_printf(m, "claims:\t%u\n", READ_ONCE(client->n_claims));
	seq_printf(m, "user-bytes:\t%llu\n",
		   (u64)atomic64_read(&client->user->bytes));
}

static void localstate_fdinfo_show_queue(struct seq_file *m,
					 const struct ls_client *client,
					 const struct ls_queue_info *queue)
{
	seq_printf(m, "queue-size:\t%u\n", localstate_queue_size(client));
	seq_printf(m, "queue-used:\t%llu\n", queue->used);
	seq_printf(m, "queue-records:\t%u\n", queue->records);
	seq_printf(m, "overflow:\t%d\n", queue->overflow);
	seq_printf(m, "armed:\t%d\n", queue->armed);
}

static void localstate_fdinfo_show_watch(struct seq_file *m,
					 const struct localstate_watch_info *info)
{
	seq_printf(m, "watch:\tref=%u flags=0x%x targets=%u links=%u inline=%u queued=%llu delivered=%llu events=%llu merged=%llu filtered=%llu\n",
		   info->ref, info->flags, info->n_targets, info->n_links,
		   info->inline_limit, info->queued, info->delivered,
		   info->events, info->merged, info->filtered);
}

/* A line for each watch, and the sums of what these lines show. */
static void localstate_fdinfo_show_watches(struct seq_file *m,
					   struct ls_client *client,
					   const struct ls_session *session)
{
	struct localstate_watch_info info = {}, sum = {};
	u32 watches = 0;

	/* If it does not fit, all is shown once more, in a larger buffer. */
	while (session && !seq_has_overflowed(m) &&
	       localstate_watch_next(client, info.ref, &info)) {
		localstate_fdinfo_show_watch(m, &info);
		watches++;
		sum.queued += info.queued;
		sum.delivered += info.delivered;
		sum.events += info.events;
		sum.merged += info.merged;
		sum.filtered += info.filtered;
	}
	seq_printf(m, "watches:\t%u\n", watches);
	seq_printf(m, "queued:\t%llu\n", sum.queued);
	seq_printf(m, "delivered:\t%llu\n", sum.delivered);
	seq_printf(m, "events:\t%llu\n", sum.events);
	seq_printf(m, "merged:\t%llu\n", sum.merged);
	seq_printf(m, "filtered:\t%llu\n", sum.filtered);
}

void localstate_fdinfo_show(struct seq_file *m, struct file *file)
{
	struct ls_client *client = file->private_data;
	/* Pairs with the release in localstate_session_join(). */
	struct ls_session *session = smp_load_acquire(&client->session);
	struct ls_queue_info queue;

	localstate_fdinfo_take_queue(client, &queue);
	seq_printf(m, "state:\t%s\n",
		   localstate_fdinfo_state(session, queue.end));
	localstate_fdinfo_show_session(m, client, session);
	localstate_fdinfo_show_queue(m, client, &queue);
	localstate_fdinfo_show_watches(m, client, session);
}
