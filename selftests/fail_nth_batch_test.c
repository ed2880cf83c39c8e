// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: BATCH and GET_MANY.  What fails of a
 * transaction is all of it; without ATOMIC it is an entry.
 *
 * The results go back by one user copy for each entry and one for the call.  The
 * change stands if one of them fails, and only then.
 */
#include "fail_nth_helpers.h"

#include "batch_helpers.h"

static char long_value[100];
static const char new_metadata[] = "unit=foot\0source=probe";
static struct localstate_set entries[2];
static struct localstate_batch batch_arg;

static void fill_entries(void)
{
	memset(long_value, 'b', sizeof(long_value));
	entries[0] = set_request(key_name("int"), value_int(7));
	entries[1] = set_request(key_name("text"),
				 value_bytes(LOCALSTATE_TYPE_STRING, long_value,
					     sizeof(long_value)));
	entries[1].metadata = pointer(new_metadata);
	entries[1].metadata_len = sizeof(new_metadata);
}

static int call_transaction(struct world *w)
{
	fill_entries();
	batch_arg = batch_request(entries, 2, LOCALSTATE_BATCH_ATOMIC);
	return WORLD_CALL(w, w->fd, BATCH, &batch_arg);
}

static bool is_int(struct world *w, __s64 value)
{
	struct localstate_get get;

	return !variable_get(w->observer, "int", &get) &&
	       (__s64)get.value.data == value;
}

static bool is_text(struct world *w)
{
	static char buffer[256];
	struct localstate_get get = get_request(key_name("text"), buffer,
						sizeof(buffer));

	return !call(w->observer, LOCALSTATE_IOC_GET, &get) &&
	       get.value.length == sizeof(long_value) &&
	       !memcmp(buffer, long_value, sizeof(long_value));
}

static bool is_transaction(struct world *w)
{
	return is_int(w, 7) && is_text(w) &&
	       (w->result < 0 || (batch_arg.changed == 2 &&
				  batch_arg.transaction == 1));
}

static const struct sweep sweep_transaction = {
	.name = "BATCH, ATOMIC",
	.begin = world_begin_watched,
	.call = call_transaction,
	.is_done = is_transaction,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 2 + 1,
};

TEST_F_TIMEOUT(fail_nth, transaction, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_transaction);
}

static struct localstate_get gets[2];
static struct localstate_get_many many_arg;
static char many_text[2048];

/* The call succeeds where an entry fails: then that is what it came to. */
static int call_get_many(struct world *w)
{
	int ret;

	gets[0] = get_request(key_name("int"), NULL, 0);
	gets[1] = get_request(key_name("text"), many_text, sizeof(many_text));
	many_arg = get_many_request(gets, 2);
	ret = WORLD_CALL(w, w->fd, GET_MANY, &many_arg);
	if (ret || !many_arg.failed)
		return ret;
	w->error = gets[0].error.code ? gets[0].error : gets[1].error;
	return -(int)w->error.code;
}

static bool is_read(struct world *w)
{
	return w->result < 0 || (!gets[0].error.code && gets[0].id &&
				 !gets[1].error.code && gets[1].id &&
				 gets[1].value.length);
}

static const struct sweep sweep_get_many = {
	.name = "GET_MANY",
	.begin = world_begin,
	.call = call_get_many,
	.is_done = is_read,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, get_many, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_get_many);
}

/* One entry: it fails, or it is made. */
static int call_batch(struct world *w)
{
	int ret;

	fill_entries();
	batch_arg = batch_request(&entries[1], 1, 0);
	ret = WORLD_CALL(w, w->fd, BATCH, &batch_arg);
	if (ret || !batch_arg.failed)
		return ret;
	w->error = entries[1].error;
	return -(int)w->error.code;
}

static bool is_batch(struct world *w)
{
	return is_text(w) && (w->result < 0 || batch_arg.changed == 1);
}

static const struct sweep sweep_batch = {
	.name = "BATCH",
	.begin = world_begin_watched,
	.call = call_batch,
	.is_done = is_batch,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1 + 1,
};

TEST_F_TIMEOUT(fail_nth, batch, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_batch);
}

TEST_HARNESS_MAIN
