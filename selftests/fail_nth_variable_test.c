// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure at each allocation and user copy: the calls that make, change, read
 * and end variables, with and without somebody who watches them.
 */
#include "fail_nth_helpers.h"

/* A value that does not come from a slab. */
static char large_text[60000];

static const char choices[] = "red\0green\0blue";
static const char new_metadata[] = "unit=foot\0source=probe";

/* Where values and records are read to. */
static __u64 read_buffer[1024];

/* The watcher's queue holds one event, of that kind and version. */
static bool is_event(struct world *w, __u32 kind, __u64 version)
{
	const struct localstate_event *event;
	struct reader reader;

	reader_init(&reader, w->watcher);
	return reader_next(&reader, 0, &event) == 1 && event->kind == kind &&
	       event->version == version && reader_is_drained(&reader);
}

/* ---- REGISTER ------------------------------------------------------------ */

static struct localstate_register register_arg;

/* "new" is there, with its first version, and has the id that was told. */
static bool is_registered(struct world *w)
{
	struct localstate_get get = get_request(key_name("new"), read_buffer,
						sizeof(read_buffer));

	return !call(w->observer, LOCALSTATE_IOC_GET, &get) &&
	       get.version == 0 && get.id &&
	       (w->result < 0 || get.id == register_arg.id);
}

static int call_register(struct world *w)
{
	register_arg = register_request("new", value_int(5));
	return WORLD_CALL(w, w->fd, REGISTER, &register_arg);
}

/* The first variable of a session. */
static int begin_register(struct world *w)
{
	w->observer = session_create(w->name.text);
	w->fd = session_open(w->name.text);
	return w->fd < 0 ? w->fd : 0;
}

static const struct sweep sweep_register = {
	.name = "REGISTER",
	.begin = begin_register,
	.call = call_register,
	.is_done = is_registered,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, register_an_int, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_register);
}

/* All that a text can have. */
static int call_register_text(struct world *w)
{
	register_arg = register_request("new", value_string(long_text));
	register_arg.constraints = LOCALSTATE_HAS_MIN_LENGTH |
				   LOCALSTATE_HAS_MAX_LENGTH |
				   LOCALSTATE_HAS_PATTERN;
	register_arg.min_length = 1;
	register_arg.max_length = 1000;
	register_arg.pattern = pointer("t*");
	register_arg.pattern_len = 2;
	register_arg.label = pointer("label");
	register_arg.label_len = 5;
	register_arg.description = pointer("what it is");
	register_arg.description_len = 10;
	register_arg.metadata = pointer(new_metadata);
	register_arg.metadata_len = sizeof(new_metadata);
	return WORLD_CALL(w, w->fd, REGISTER, &register_arg);
}

static bool is_registered_text(struct world *w)
{
	const struct localstate_variable *variable = (void *)read_buffer;

	return is_registered(w) &&
	       !variable_describe(w->observer, "new", read_buffer,
				  sizeof(read_buffer)) &&
	       variable_is_sound(variable) &&
	       variable_part_is(variable, PART_VALUE, long_text,
				strlen(long_text)) &&
	       variable_part_is(variable, PART_LABEL, "label", 5) &&
	       variable_part_is(variable, PART_DESCRIPTION, "what it is", 10) &&
	       variable_part_is(variable, PART_PATTERN, "t*", 2) &&
	       variable_part_is(variable, PART_METADATA, new_metadata,
				sizeof(new_metadata));
}

static const struct sweep sweep_register_text = {
	.name = "REGISTER, a text with everything",
	.begin = world_begin,
	.call = call_register_text,
	.is_done = is_registered_text,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, register_a_text_with_everything,
	       SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_register_text);
}

static int call_register_choice(struct world *w)
{
	register_arg = register_request("new", value_choice("green"));
	register_arg.constraints = LOCALSTATE_HAS_CHOICES;
	register_arg.choices = pointer(choices);
	register_arg.choices_len = sizeof(choices);
	return WORLD_CALL(w, w->fd, REGISTER, &register_arg);
}

static const struct sweep sweep_register_choice = {
	.name = "REGISTER, a choice",
	.begin = world_begin,
	.call = call_register_choice,
	.is_done = is_registered,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, register_a_choice, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_register_choice);
}

/* The default of an array of 10 by 10 doubles, which needs memory, too. */
static struct {
	struct localstate_array head;
	__u32 shape[2];
	double elements[100];
} array;

static int call_register_array(struct world *w)
{
	array.head.element = LOCALSTATE_ELEMENT_F64;
	array.head.rank = 2;
	array.shape[0] = 10;
	array.shape[1] = 10;
	register_arg = register_request("new", value_none());
	register_arg.type = LOCALSTATE_TYPE_ARRAY;
	register_arg.constraints = LOCALSTATE_HAS_ELEMENT | LOCALSTATE_HAS_SHAPE |
				   LOCALSTATE_HAS_FINITE;
	register_arg.element = LOCALSTATE_ELEMENT_F64;
	register_arg.shape = pointer(array.shape);
	register_arg.rank = 2;
	return WORLD_CALL(w, w->fd, REGISTER, &register_arg);
}

static bool is_registered_array(struct world *w)
{
	const struct localstate_variable *variable = (void *)read_buffer;

	return is_registered(w) &&
	       !variable_describe(w->observer, "new", read_buffer,
				  sizeof(read_buffer)) &&
	       variable_is_sound(variable) &&
	       variable->element == LOCALSTATE_ELEMENT_F64 &&
	       variable_part_is(variable, PART_VALUE, &array, sizeof(array)) &&
	       variable_part_is(variable, PART_SHAPE, array.shape,
				sizeof(array.shape));
}

static const struct sweep sweep_register_array = {
	.name = "REGISTER, an array",
	.begin = world_begin,
	.call = call_register_array,
	.is_done = is_registered_array,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, register_an_array, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_register_array);
}

/* The id is far away: its place needs nodes of the tree. */
static int call_register_restore(struct world *w)
{
	register_arg = register_request("new", value_int(5));
	register_arg.flags = LOCALSTATE_REGISTER_RESTORE;
	register_arg.restore_id = 1ULL << 40;
	return WORLD_CALL(w, w->fd, REGISTER, &register_arg);
}

/* Where the call itself succeeds it tells the id that was asked for. */
static bool is_restored(struct world *w)
{
	return is_registered(w) && (w->result < 0 ||
				    register_arg.id == 1ULL << 40);
}

static const struct sweep sweep_register_restore = {
	.name = "REGISTER, RESTORE",
	.begin = begin_register,
	.call = call_register_restore,
	.is_done = is_restored,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, register_with_a_given_id, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_register_restore);
}

/* Somebody watches the name of a variable that is gone, and has a spare link. */
static int begin_register_watched(struct world *w)
{
	const struct localstate_event *event;
	struct reader reader;
	int err = world_begin_watched(w) ?:
		  variable_register(w->observer, "new", value_int(1));

	if (!err)
		err = watch_name(w->watcher, "new", 0);
	if (err < 0)
		return err;
	err = variable_delete(w->observer, "new");
	reader_init(&reader, w->watcher);
	if (!err && reader_next(&reader, 0, &event) != 1)
		err = -EPROTO;
	return err;
}

static bool is_registered_watched(struct world *w)
{
	return is_registered(w) && is_event(w, LOCALSTATE_EVENT_CREATED, 0);
}

static const struct sweep sweep_register_watched = {
	.name = "REGISTER, watched",
	.begin = begin_register_watched,
	.call = call_register,
	.is_done = is_registered_watched,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, register_a_watched_name, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_register_watched);
}

/*
 * The queue is full, so that the spare link is still taken by DELETED: this
 * registration has to make a link, without sleeping.
 */
static int begin_register_full(struct world *w)
{
	unsigned int i;
	int err = world_begin(w) ?:
		  variable_register(w->observer, "new", value_int(1));

	if (err)
		return err;
	w->watcher = session_open(w->name.text);
	err = queue_resize(w->watcher, QUEUE_MIN);
	if (!err)
		err = watch_name(w->watcher, "int", 0);
	if (err > 0)
		err = watch_name(w->watcher, "new", 0);
	for (i = 0; err >= 0 && i < 50; i++)
		err = variable_set(w->observer, "int", value_int(100 + i));
	return err < 0 ? err : variable_delete(w->observer, "new");
}

/* Runs in which the link could not be made. */
static unsigned int n_lost;

/* CREATED or LOST comes after DELETED, and one of them alone. */
static bool is_registered_full(struct world *w)
{
	unsigned int created = 0, deleted = 0, lost = 0;
	const struct localstate_event *event;
	struct reader reader;

	reader_init(&reader, w->watcher);
	while (reader_next(&reader, 0, &event) == 1) {
		deleted += event->kind == LOCALSTATE_EVENT_DELETED;
		created += event->kind == LOCALSTATE_EVENT_CREATED;
		lost += event->kind == LOCALSTATE_EVENT_LOST;
	}
	n_lost += lost;
	return reader_is_drained(&reader) && is_registered(w) && deleted == 1 &&
	       created + lost == 1;
}

static const struct sweep sweep_register_full = {
	.name = "REGISTER, watched by a full queue",
	.begin = begin_register_full,
	.call = call_register,
	.is_done = is_registered_full,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
	.spares = true,
};

TEST_F_TIMEOUT(fail_nth, register_tells_lost_if_it_cannot_link,
	       SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_register_full);
	EXPECT_LT(0, n_lost);
	TH_LOG("LOST was told %u times", n_lost);
}

/* ---- SET ----------------------------------------------------------------- */

static struct localstate_set set_arg;

/* @name has this version and these metadata, and the result says so. */
static bool is_set(struct world *w, const char *name, __u64 version,
		   const void *value, size_t value_len, const void *metadata,
		   size_t metadata_len)
{
	static __u64 buffer[8192];
	const struct localstate_variable *variable = (void *)buffer;

	return !variable_describe(w->observer, name, buffer, sizeof(buffer)) &&
	       variable_is_sound(variable) && variable->version == version &&
	       variable_part_is(variable, PART_VALUE, value, value_len) &&
	       variable_part_is(variable, PART_METADATA, metadata,
				metadata_len) &&
	       (w->result < 0 || (set_arg.version == version &&
				  set_arg.result == LOCALSTATE_SET_CHANGED));
}

static int call_set_int(struct world *w)
{
	set_arg = set_request(key_name("int"), value_int(7));
	return WORLD_CALL(w, w->fd, SET, &set_arg);
}

static bool is_set_int(struct world *w)
{
	const __s64 value = 7;

	return is_set(w, "int", 1, &value, sizeof(value), NULL, 0);
}

static const struct sweep sweep_set_int = {
	.name = "SET",
	.begin = world_begin,
	.call = call_set_int,
	.is_done = is_set_int,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, set_an_int, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_set_int);
}

static bool is_set_watched(struct world *w)
{
	return is_set_int(w) && is_event(w, LOCALSTATE_EVENT_CHANGED, 1);
}

static const struct sweep sweep_set_watched = {
	.name = "SET, watched",
	.begin = world_begin_watched,
	.call = call_set_int,
	.is_done = is_set_watched,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, set_a_watched_int, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_set_watched);
}

static int call_add(struct world *w)
{
	set_arg = set_request(key_name("int"), value_int(6));
	set_arg.operation = LOCALSTATE_OPERATION_ADD;
	set_arg.metadata = pointer(new_metadata);
	set_arg.metadata_len = sizeof(new_metadata);
	return WORLD_CALL(w, w->fd, SET, &set_arg);
}

/* Done once, or not at all; where the call succeeds it tells the sum. */
static bool is_added(struct world *w)
{
	const __s64 value = 7;

	return is_set(w, "int", 1, &value, sizeof(value), new_metadata,
		      sizeof(new_metadata)) &&
	       is_event(w, LOCALSTATE_EVENT_CHANGED, 1) &&
	       (w->result < 0 || set_arg.value.data == 7);
}

static const struct sweep sweep_add = {
	.name = "SET, an addition with metadata, watched",
	.begin = world_begin_watched,
	.call = call_add,
	.is_done = is_added,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, add_to_a_watched_int, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_add);
}

/* A cell for the value, one for the metadata, and one for both merged. */
static int call_set_text(struct world *w)
{
	static char other[sizeof(long_text)];

	memset(other, 'o', sizeof(other) - 1);
	set_arg = set_request(key_name("text"), value_string(other));
	set_arg.metadata = pointer(new_metadata);
	set_arg.metadata_len = sizeof(new_metadata);
	return WORLD_CALL(w, w->fd, SET, &set_arg);
}

static bool is_set_text(struct world *w)
{
	char other[sizeof(long_text) - 1];

	memset(other, 'o', sizeof(other));
	return is_set(w, "text", 3, other, sizeof(other), new_metadata,
		      sizeof(new_metadata)) &&
	       is_event(w, LOCALSTATE_EVENT_CHANGED, 3);
}

static const struct sweep sweep_set_text = {
	.name = "SET, a text with metadata, watched",
	.begin = world_begin_watched,
	.call = call_set_text,
	.is_done = is_set_text,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, set_a_text_with_metadata, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_set_text);
}

static int call_set_large(struct world *w)
{
	memset(large_text, 'l', sizeof(large_text));
	set_arg = set_request(key_name("text"),
			      value_bytes(LOCALSTATE_TYPE_STRING, large_text,
					  sizeof(large_text)));
	return WORLD_CALL(w, w->fd, SET, &set_arg);
}

static bool is_set_large(struct world *w)
{
	return is_set(w, "text", 3, large_text, sizeof(large_text),
		      unit_metadata, sizeof(unit_metadata));
}

static const struct sweep sweep_set_large = {
	.name = "SET, a large text",
	.begin = world_begin,
	.call = call_set_large,
	.is_done = is_set_large,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, set_a_large_text, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_set_large);
}

/* ---- DELETE -------------------------------------------------------------- */

static struct localstate_delete delete_arg;

static int call_delete(struct world *w)
{
	delete_arg = delete_request(key_name("text"));
	return WORLD_CALL(w, w->fd, DELETE, &delete_arg);
}

static bool is_deleted(struct world *w)
{
	struct localstate_get get;

	return variable_get(w->observer, "text", &get) == -ENOENT &&
	       (w->result < 0 || delete_arg.version == 3) &&
	       is_event(w, LOCALSTATE_EVENT_DELETED, 3);
}

static const struct sweep sweep_delete = {
	.name = "DELETE, watched",
	.begin = world_begin_watched,
	.call = call_delete,
	.is_done = is_deleted,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, delete_a_watched_text, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_delete);
}

/* ---- CLAIM and RELEASE --------------------------------------------------- */

static struct localstate_claim claim_arg;
static struct localstate_release release_arg;

/* A will that needs everything: a value and metadata in cells of their own. */
static int call_claim(struct world *w)
{
	claim_arg = claim_will("text", value_string(long_text));
	claim_arg.metadata = pointer(new_metadata);
	claim_arg.metadata_len = sizeof(new_metadata);
	return WORLD_CALL(w, w->fd, CLAIM, &claim_arg);
}

/* Others are refused; the will is run by world_end(). */
static bool is_claimed(struct world *w)
{
	return claim_arg.version == 2 &&
	       variable_set(w->observer, "text", value_string("no")) == -EBUSY;
}

static const struct sweep sweep_claim = {
	.name = "CLAIM with a will",
	.begin = world_begin_watched,
	.call = call_claim,
	.is_done = is_claimed,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, claim_with_a_will, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_claim);
}

static int begin_release(struct world *w)
{
	struct localstate_claim req = claim_will("text", value_string("will"));
	int err = world_begin_watched(w);

	req.metadata = pointer(new_metadata);
	req.metadata_len = sizeof(new_metadata);
	return err ?: call(w->fd, LOCALSTATE_IOC_CLAIM, &req);
}

static int call_release(struct world *w)
{
	release_arg = release_request(key_name("text"));
	return WORLD_CALL(w, w->fd, RELEASE, &release_arg);
}

static bool is_released(struct world *w)
{
	return (w->result < 0 || release_arg.version == 3) &&
	       is_event(w, LOCALSTATE_EVENT_CHANGED, 3) &&
	       !variable_set(w->observer, "text", value_string("free"));
}

static const struct sweep sweep_release = {
	.name = "RELEASE with a will",
	.begin = begin_release,
	.call = call_release,
	.is_done = is_released,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, release_with_a_will, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_release);
}

/* The value is that of the beginning again: let there be another one. */
static int begin_release_to_reset(struct world *w)
{
	int err = world_begin_watched(w) ?:
		  variable_set(w->observer, "text", value_string("other"));

	if (!err && !is_event(w, LOCALSTATE_EVENT_CHANGED, 3))
		err = -EBADMSG;
	return err ?: claim_add(w->fd, "text", LOCALSTATE_CLAIM_END_RESET);
}

static bool is_reset(struct world *w)
{
	return (w->result < 0 || release_arg.version == 4) &&
	       is_event(w, LOCALSTATE_EVENT_CHANGED, 4) &&
	       !variable_set(w->observer, "text", value_string("free"));
}

static const struct sweep sweep_release_to_reset = {
	.name = "RELEASE that resets",
	.begin = begin_release_to_reset,
	.call = call_release,
	.is_done = is_reset,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, release_that_resets, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_release_to_reset);
}

static int begin_release_to_delete(struct world *w)
{
	int err = world_begin_watched(w);

	return err ?: claim_add(w->fd, "text", LOCALSTATE_CLAIM_END_DELETE);
}

static bool is_released_and_deleted(struct world *w)
{
	struct localstate_get get;

	return variable_get(w->observer, "text", &get) == -ENOENT &&
	       is_event(w, LOCALSTATE_EVENT_DELETED, 3);
}

static const struct sweep sweep_release_to_delete = {
	.name = "RELEASE that deletes",
	.begin = begin_release_to_delete,
	.call = call_release,
	.is_done = is_released_and_deleted,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
	.stands = 1,
};

TEST_F_TIMEOUT(fail_nth, release_that_deletes, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_release_to_delete);
}

/* ---- GET, DESCRIBE, LIST ------------------------------------------------- */

static struct localstate_get get_arg;

static int call_get_int(struct world *w)
{
	get_arg = get_request(key_name("int"), NULL, 0);
	return WORLD_CALL(w, w->fd, GET, &get_arg);
}

static bool is_got_int(struct world *w)
{
	return get_arg.value.data == 1 && get_arg.version == 0;
}

static const struct sweep sweep_get_int = {
	.name = "GET",
	.begin = world_begin,
	.call = call_get_int,
	.is_done = is_got_int,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, get_an_int, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_get_int);
}

static int call_get_text(struct world *w)
{
	poison(read_buffer, sizeof(read_buffer));
	get_arg = get_request(key_name("text"), read_buffer,
			      sizeof(read_buffer));
	return WORLD_CALL(w, w->fd, GET, &get_arg);
}

static bool is_got_text(struct world *w)
{
	return get_arg.value.length == strlen(long_text) &&
	       get_arg.version == 2 &&
	       !memcmp(read_buffer, long_text, strlen(long_text));
}

static const struct sweep sweep_get_text = {
	.name = "GET, a text",
	.begin = world_begin,
	.call = call_get_text,
	.is_done = is_got_text,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, get_a_text, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_get_text);
}

/* The record of the text, with its metadata. */
static bool is_record(const void *record)
{
	const struct localstate_variable *variable = record;

	return variable_is_sound(variable) &&
	       variable_part_is(variable, PART_NAME, "text", 4) &&
	       variable_part_is(variable, PART_VALUE, long_text,
				strlen(long_text)) &&
	       variable_part_is(variable, PART_METADATA, unit_metadata,
				sizeof(unit_metadata));
}

static int call_describe(struct world *w)
{
	struct localstate_describe arg;

	poison(read_buffer, sizeof(read_buffer));
	arg = describe_request(key_name("text"), read_buffer,
			       sizeof(read_buffer));
	return WORLD_CALL(w, w->fd, DESCRIBE, &arg);
}

static bool is_described(struct world *w)
{
	return is_record(read_buffer);
}

static const struct sweep sweep_describe = {
	.name = "DESCRIBE",
	.begin = world_begin,
	.call = call_describe,
	.is_done = is_described,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, describe, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_describe);
}

static struct localstate_list list_arg;

static int call_list(struct world *w)
{
	poison(read_buffer, sizeof(read_buffer));
	list_arg = list_request(0, read_buffer, sizeof(read_buffer));
	list_arg.pattern = pointer("*t");
	list_arg.pattern_len = 2;
	return WORLD_CALL(w, w->fd, LIST, &list_arg);
}

static bool is_listed(struct world *w)
{
	const struct localstate_variable *first = (void *)read_buffer;
	const struct localstate_variable *second;

	if (list_arg.count != 2 || !variable_is_sound(first))
		return false;
	second = (void *)((char *)first + first->size);
	return is_record(second) && first->size + second->size == list_arg.size;
}

static const struct sweep sweep_list = {
	.name = "LIST",
	.begin = world_begin,
	.call = call_list,
	.is_done = is_listed,
	.end = world_end,
	.errors = SWEEP_ERRORS,
	.ioctl = true,
};

TEST_F_TIMEOUT(fail_nth, list, SWEEP_TIMEOUT)
{
	sweep_run(_metadata, &sweep_list);
}

TEST_HARNESS_MAIN
