// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a client's queue: whole pages, mapped twice in a row.  Its
 * size may be chosen until the first watch allocates it.
 */
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "private.h"

static void localstate_ring_free_pages(struct page **pages, u32 n)
{
	while (n--)
		__free_page(pages[n]);
	kvfree(pages);
}

static struct page **localstate_ring_alloc_pages(u32 n)
{
	struct page **pages;
	u32 i;

	pages = kvmalloc_array(2 * n, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return NULL;
	for (i = 0; i < n; i++) {
		pages[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!pages[i]) {
			localstate_ring_free_pages(pages, i);
			return NULL;
		}
		pages[n + i] = pages[i];
	}
	return pages;
}

/* @size: a power of two, and at least a page. */
int localstate_ring_alloc(struct ls_ring *ring, u32 size)
{
	u32 n = size >> PAGE_SHIFT;

	ring->pages = localstate_ring_alloc_pages(n);
	if (!ring->pages)
		return -ENOMEM;
	ring->data = vmap(ring->pages, 2 * n, VM_MAP, PAGE_KERNEL);
	if (!ring->data) {
		localstate_ring_free_pages(ring->pages, n);
		ring->pages = NULL;
		return -ENOMEM;
	}
	WRITE_ONCE(ring->size, size);
	return 0;
}

void localstate_ring_free(struct ls_ring *ring)
{
	if (!ring->data)
		return;
	vunmap(ring->data);
	localstate_ring_free_pages(ring->pages, ring->size >> PAGE_SHIFT);
}

/*
 * Copy from the ring, by its pages and not by where they are mapped: that would be
 * looked up, for each record, among all that is mapped by vmap() and vmalloc().
 */
size_t localstate_ring_copy(const struct ls_ring *ring, u64 position,
			    size_t len, struct iov_iter *to)
{
	size_t done = 0;

	while (done < len) {
		u32 at = (position + done) & (ring->size - 1);
		size_t part = min_t(size_t, len - done,
				    PAGE_SIZE - offset_in_page(at));
		size_t copied = copy_page_to_iter(ring->pages[at >> PAGE_SHIFT],
						  offset_in_page(at), part, to);

		done += copied;
		if (copied < part)
			break;
	}
	return done;
}

/* The largest queue that the parameter allows. */
u32 localstate_queue_ceiling(void)
{
	return localstate_ring_round_down(READ_ONCE(localstate_params.queue_max));
}

/* Bytes that the ring has, or would have if it was made now. */
u32 localstate_queue_size(const struct ls_client *client)
{
	u32 size = READ_ONCE(client->ring.size) ?:
		   READ_ONCE(client->queue_size);

	if (size)
		return size;
	size = READ_ONCE(localstate_params.queue_default);
	return localstate_ring_round_up(min(size, localstate_queue_ceiling()));
}

/* QUEUE: say how large the ring will be, or ask. */
int localstate_queue_resize(struct ls_client *client, void *data)
{
	struct localstate_queue *arg = data;
	int ret;

	ret = localstate_error_unless_zero(&arg->error, arg->flags, 0);
	if (ret)
		return ret;
	guard(mutex)(&client->setup);
	if (arg->size) {
		if (client->ring.data)
			return localstate_error(&arg->error, -EBUSY,
						LOCALSTATE_FIELD_QUEUE_SIZE);
		if (arg->size > localstate_queue_ceiling())
			return localstate_error_limit(&arg->error, -EINVAL,
						      LOCALSTATE_FIELD_QUEUE_SIZE,
						      LOCALSTATE_TYPE_UINT,
						      localstate_queue_ceiling());
		WRITE_ONCE(client->queue_size,
			   localstate_ring_round_up(arg->size));
	}
	arg->size = localstate_queue_size(client);
	return 0;
}

static int localstate_queue_make(struct ls_client *client,
				 struct localstate_error *error)
{
	u32 size = localstate_queue_size(client);
	int ret;

	ret = localstate_user_charge_bytes(client->user, size, error);
	if (ret)
		return ret;
	ret = localstate_ring_alloc(&client->ring, size);
	if (ret)
		localstate_user_uncharge_bytes(client->user, size);
	return ret;
}

/* Give the client its ring, for a WATCH that begins. */
int localstate_queue_setup(struct ls_client *client,
			   struct localstate_error *error)
{
	int ret = 0;

	guard(mutex)(&client->setup);
	if (!client->ring.data)
		ret = localstate_queue_make(client, error);
	if (!ret)
		client->ring_users++;
	return ret;
}

/*
 * That WATCH has failed, or was undone.  If no other one is at work, nor has ever
 * succeeded, it is as if there had been none: what is in the ring is of watches that
 * are dead, so that no push looks at it.  A reader may, and is not waited for, since
 * it holds read_lock over page faults: then ring and stage stay until the next WATCH
 * fails, or the client ends.
 */
void localstate_queue_undo(struct ls_client *client)
{
	struct ls_ring ring;

	guard(mutex)(&client->setup);
	if (--client->ring_users || !mutex_trylock(&client->read_lock))
		return;
	spin_lock(&client->qlock);
	ring = client->ring;
	client->ring.data = NULL;
	client->ring.pages = NULL;
	client->ring.producer = 0;
	client->ring.consumer = 0;
	WRITE_ONCE(client->ring.size, 0);
	client->staged = false;
	spin_unlock(&client->qlock);
	localstate_ring_free(&ring);
	localstate_user_uncharge_bytes(client->user, ring.size);
	localstate_conflate_drop(client);
	mutex_unlock(&client->read_lock);
}
