// SPDX-License-Identifier: LGPL-2.1-or-later
/* Watches: what reaches which callback, and what never does. */
#include "fake.h"

#include "tap.h"

/* The records that the next read returns. */
static char ring[65536] __attribute__((aligned(8)));
static size_t filled;
static int read_error;
static size_t needed;

static uint32_t next_ref, unwatched;
static int32_t statuses[8];

static ssize_t kernel_read(void *buffer, size_t size)
{
	size_t n = filled;

	if (read_error)
		return read_error;
	if (!n)
		return -EAGAIN;
	if (size < needed)
		return -EINVAL;
	memcpy(buffer, ring, n);
	filled = 0;
	return (ssize_t)n;
}

static int kernel_watch(struct localstate_watch *arg)
{
	int32_t *status = (int32_t *)(uintptr_t)arg->status;
	uint32_t i;

	for (i = 0; i < arg->n_targets; i++) {
		status[i] = statuses[i];
		if (!status[i])
			continue;
		if (!arg->failed++)
			fake_refuse(&arg->error, status[i],
				    LOCALSTATE_FIELD_TARGETS, 0, 0);
	}
	if (arg->failed)
		return -(int)arg->error.code;
	arg->ref = next_ref;
	return 0;
}

static int kernel_get(struct localstate_get *arg)
{
	arg->value.type = LOCALSTATE_TYPE_STRING;
	arg->value.length = 9;
	arg->version = 12;
	memcpy((void *)(uintptr_t)arg->buffer, "the whole", 9);
	return 0;
}

static int kernel(unsigned long request, void *argument)
{
	switch (request) {
	case LOCALSTATE_IOC_WATCH:
		return kernel_watch(argument);
	case LOCALSTATE_IOC_UNWATCH:
		unwatched = ((struct localstate_unwatch *)argument)->ref;
		return 0;
	case LOCALSTATE_IOC_GET:
		return kernel_get(argument);
	case LOCALSTATE_IOC_DESCRIBE:
		return -ENOENT;
	default:
		return -ENOTTY;
	}
}

static struct lstate_session *begin(void)
{
	fake_ioctl = kernel;
	fake_read = kernel_read;
	filled = 0;
	read_error = 0;
	needed = 0;
	next_ref = 1;
	unwatched = 0;
	memset(statuses, 0, sizeof(statuses));
	return fake_session();
}

static void put_part(struct localstate_event *event, const char *data,
		     uint32_t length)
{
	memcpy((char *)event + event->size, data, length);
	event->size += LOCALSTATE_ALIGN(length);
}

/* Queue an event with string values; NULL where there is none. */
static struct localstate_event *put(uint8_t kind, uint32_t ref,
				    const char *old_value,
				    const char *new_value)
{
	struct localstate_event *event = (void *)(ring + filled);

	memset(event, 0, sizeof(*event));
	event->size = sizeof(*event);
	event->kind = kind;
	event->cause = LOCALSTATE_CAUSE_SET;
	event->ref = ref;
	event->type = LOCALSTATE_TYPE_STRING;
	event->version = 11;
	event->id = 42;
	if (old_value) {
		event->flags |= LOCALSTATE_EVENT_OLD;
		event->old_len = event->old_full = (uint32_t)strlen(old_value);
		put_part(event, old_value, event->old_len);
	}
	if (new_value) {
		event->flags |= LOCALSTATE_EVENT_NEW;
		event->new_len = event->new_full = (uint32_t)strlen(new_value);
		put_part(event, new_value, event->new_len);
	}
	filled += event->size;
	return event;
}

/* What the callbacks saw. */
static char seen[4096];
static unsigned int destroyed;

static void note(const char *identifier, const struct lstate_value *old_value,
		 const struct lstate_value *new_value,
		 const struct lstate_metadata *metadata,
		 const struct lstate_event *event, void *user_data)
{
	char *at = seen + strlen(seen);
	size_t left = sizeof(seen) - strlen(seen);
	int n;

	n = snprintf(at, left, "%s%s %s:%s>%s", user_data ? (char *)user_data : "",
		     lstate_event_kind_name(lstate_event_kind(event)),
		     identifier, old_value ? old_value->s : "-",
		     new_value ? new_value->s : "-");
	for (; metadata->key; metadata++)
		n += snprintf(at + n, left - n, ",%s=%s", metadata->key,
			      metadata->value);
	snprintf(at + n, left - n, ";");
}

static void count_destroyed(void *user_data)
{
	(void)user_data;
	destroyed++;
}

static struct lstate_watch *watch(struct lstate_session *s, const char *target,
				  lstate_watch_fn callback, void *user_data)
{
	struct lstate_watch *made = NULL;

	check(lstate_watch_add(s, &target, 1, NULL, callback, user_data,
			       count_destroyed, &made) == 0);
	next_ref++;
	return made;
}

static void reset(void)
{
	seen[0] = '\0';
	destroyed = 0;
}

TEST(events_reach_the_callback_with_ends)
{
	struct lstate_session *s = begin();
	struct localstate_event *event;

	reset();
	watch(s, "name", note, NULL);
	put(LOCALSTATE_EVENT_CREATED, 1, NULL, "12345678");
	put(LOCALSTATE_EVENT_CHANGED, 1, "12345678", "abcdefgh");
	event = put(LOCALSTATE_EVENT_CHANGED, 1, "", "x");
	event->metadata_len = event->metadata_full = 8;
	put_part(event, "a=1\0b=2", 8);
	filled += 8;
	put(LOCALSTATE_EVENT_SYNC, 1, NULL, NULL);
	check(lstate_session_dispatch(s) == 4);
	check_text(seen, "created name:->12345678;changed name:12345678>abcdefgh;"
			 "changed name:>x,a=1,b=2;sync :->-;");
	check(lstate_session_dispatch(s) == 0);
	lstate_session_close(s);
	check(destroyed == 1);
}

static void inspect(const char *identifier, const struct lstate_value *old_value,
		    const struct lstate_value *new_value,
		    const struct lstate_metadata *metadata,
		    const struct lstate_event *event, void *user_data)
{
	(void)identifier;
	(void)metadata;
	(void)user_data;
	check(old_value && old_value->type == LSTATE_TYPE_INT && old_value->i == -1);
	check(new_value && new_value->type == LSTATE_TYPE_INT && new_value->i == 2);
	check(lstate_event_cause(event) == LSTATE_CAUSE_RELEASE);
	check(lstate_event_id(event) == 42 && lstate_event_version(event) == 11);
	check(lstate_event_value_version(event) == 11);
	check(lstate_event_sequence(event) == 77);
	check(lstate_event_merged(event) == 5);
	check(lstate_event_time_ns(event) == 123456789012ULL);
	check(lstate_event_pid(event) == 1000 && lstate_event_uid(event) == 33);
	check(lstate_event_transaction(event) == 8);
	check(lstate_event_target(event) == 0);
	check(lstate_event_truncated(event) == LSTATE_TRUNCATED_METADATA);
	check(lstate_event_old_length(event) == 0);
	check_text(lstate_event_name(event), "");
	check_text(lstate_event_identifier(event), "@42");
	strcat(seen, "inspected;");
}

TEST(all_of_an_event_can_be_asked)
{
	struct lstate_session *s = begin();
	struct localstate_event *event;
	int64_t values[2] = { -1, 2 };

	reset();
	watch(s, "@42", inspect, NULL);
	event = put(LOCALSTATE_EVENT_CHANGED, 1, NULL, NULL);
	event->cause = LOCALSTATE_CAUSE_RELEASE;
	event->type = LOCALSTATE_TYPE_INT;
	event->flags = LOCALSTATE_EVENT_OLD | LOCALSTATE_EVENT_NEW |
		       LOCALSTATE_EVENT_METADATA_TRUNCATED;
	event->old_len = event->new_len = event->old_full = event->new_full = 8;
	event->sequence = 77;
	event->merged = 5;
	event->time_ns = 123456789012ULL;
	event->pid = 1000;
	event->uid = 33;
	event->transaction = 8;
	put_part(event, (char *)&values[0], 8);
	put_part(event, (char *)&values[1], 8);
	filled = event->size;
	check(lstate_session_dispatch(s) == 1);
	check_text(seen, "inspected;");
	lstate_session_close(s);
}

TEST(events_of_unknown_watches_are_dropped)
{
	struct lstate_session *s = begin();

	reset();
	watch(s, "a", note, NULL);
	put(LOCALSTATE_EVENT_CHANGED, 9, NULL, "x");
	check(lstate_session_dispatch(s) == 1);
	check_text(seen, "");
	lstate_session_close(s);
}

/* A callback that removes the watch it is given. */
static struct lstate_watch *victim;

static void remove_victim(const char *identifier,
			  const struct lstate_value *old_value,
			  const struct lstate_value *new_value,
			  const struct lstate_metadata *metadata,
			  const struct lstate_event *event, void *user_data)
{
	note(identifier, old_value, new_value, metadata, event, user_data);
	lstate_watch_remove(victim);
	/* Its identifier still stands while its callback runs. */
	check(strlen(lstate_event_identifier(event)) == 1);
	check(destroyed == (victim != lstate_event_watch(event)));
}

TEST(watch_removed_in_its_own_callback_is_silent_at_once)
{
	struct lstate_session *s = begin();

	reset();
	victim = watch(s, "a", remove_victim, NULL);
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "y");
	check(lstate_session_dispatch(s) == 2);
	check_text(seen, "changed a:->x;");
	check(destroyed == 1 && unwatched == 1);
	lstate_session_close(s);
	check(destroyed == 1);
}

TEST(watch_removed_in_another_callback_is_silent_at_once)
{
	struct lstate_session *s = begin();

	reset();
	watch(s, "a", remove_victim, NULL);
	victim = watch(s, "b", note, NULL);
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	put(LOCALSTATE_EVENT_CHANGED, 2, NULL, "y");
	check(lstate_session_dispatch(s) == 2);
	check_text(seen, "changed a:->x;");
	check(destroyed == 1 && unwatched == 2);
	lstate_session_close(s);
	check(destroyed == 2);
}

static void add_another(const char *identifier,
			const struct lstate_value *old_value,
			const struct lstate_value *new_value,
			const struct lstate_metadata *metadata,
			const struct lstate_event *event, void *user_data)
{
	struct lstate_session *s = user_data;

	(void)identifier;
	(void)old_value;
	(void)new_value;
	(void)metadata;
	lstate_watch_remove(lstate_event_watch(event));
	next_ref = 1;
	watch(s, "new", note, NULL);
}

TEST(watch_made_in_a_callback_gets_none_of_the_waiting_events)
{
	struct lstate_session *s = begin();

	reset();
	watch(s, "a", add_another, s);
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "old");
	check(lstate_session_dispatch(s) == 2);
	check_text(seen, "");
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "y");
	check(lstate_session_dispatch(s) == 1);
	check_text(seen, "changed new:->y;");
	lstate_session_close(s);
}

static void close_session(const char *identifier,
			  const struct lstate_value *old_value,
			  const struct lstate_value *new_value,
			  const struct lstate_metadata *metadata,
			  const struct lstate_event *event, void *user_data)
{
	(void)old_value;
	(void)new_value;
	(void)metadata;
	(void)event;
	strcat(seen, identifier);
	lstate_session_close(user_data);
	check(destroyed == 1);
}

TEST(session_may_be_closed_in_a_callback)
{
	struct lstate_session *s = begin();

	reset();
	watch(s, "a", close_session, s);
	watch(s, "b", note, NULL);
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	put(LOCALSTATE_EVENT_CHANGED, 2, NULL, "y");
	check(lstate_session_dispatch(s) == 1);
	check_text(seen, "a");
	check(destroyed == 2);
}

static void dispatch_again(const char *identifier,
			   const struct lstate_value *old_value,
			   const struct lstate_value *new_value,
			   const struct lstate_metadata *metadata,
			   const struct lstate_event *event, void *user_data)
{
	(void)identifier;
	(void)old_value;
	(void)new_value;
	(void)metadata;
	(void)event;
	check(lstate_session_dispatch(user_data) == -EBUSY);
	strcat(seen, "busy;");
}

TEST(dispatch_in_a_callback_is_ebusy)
{
	struct lstate_session *s = begin();

	reset();
	watch(s, "a", dispatch_again, s);
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	check(lstate_session_dispatch(s) == 1);
	check_text(seen, "busy;");
	lstate_session_close(s);
}

TEST(session_end_reaches_every_watch_once)
{
	struct lstate_session *s = begin();

	reset();
	watch(s, "a", note, "1 ");
	watch(s, "b", note, "2 ");
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	put(LOCALSTATE_EVENT_SESSION_END, 0, NULL, NULL);
	check(lstate_session_dispatch(s) == 2);
	check_text(seen, "1 changed a:->x;1 session_end :->-;2 session_end :->-;");
	read_error = -ESHUTDOWN;
	check(lstate_session_dispatch(s) == -ESHUTDOWN);
	check_text(lstate_error_message(lstate_session_error(s)),
		   "dispatch: the session has ended");
	lstate_session_close(s);
}

TEST(buffer_grows_for_a_large_event)
{
	static char large[40000];
	struct lstate_session *s = begin();

	reset();
	watch(s, "a", note, NULL);
	memset(large, 'x', sizeof(large) - 1);
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, large);
	needed = filled;
	check(lstate_session_dispatch(s) == 1);
	check(strncmp(seen, "changed a:->xxx", 15) == 0);
	lstate_session_close(s);
}

TEST(record_that_lies_is_eproto)
{
	struct lstate_session *s = begin();
	struct localstate_event *event;

	reset();
	watch(s, "a", note, NULL);
	event = put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	event->new_len = UINT32_MAX;
	check(lstate_session_dispatch(s) == -EPROTO);
	event = put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	event->size = 0;
	check(lstate_session_dispatch(s) == -EPROTO);
	event = put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	event->size += 8;
	check(lstate_session_dispatch(s) == -EPROTO);
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x");
	filled = 40;
	check(lstate_session_dispatch(s) == -EPROTO);
	check_text(seen, "");
	lstate_session_close(s);
}

TEST(event_for_a_target_that_is_not_there_has_no_identifier)
{
	struct lstate_session *s = begin();

	reset();
	watch(s, "a", note, NULL);
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "x")->target = 5;
	check(lstate_session_dispatch(s) == 1);
	check_text(seen, "changed :->x;");
	lstate_session_close(s);
}

static void check_fetched(const char *identifier,
			  const struct lstate_value *old_value,
			  const struct lstate_value *new_value,
			  const struct lstate_metadata *metadata,
			  const struct lstate_event *event, void *user_data)
{
	note(identifier, old_value, new_value, metadata, event, user_data);
	check(lstate_event_truncated(event) == 0);
	check(lstate_event_version(event) == 11);
	check(lstate_event_value_version(event) == 12);
	check(lstate_event_new_length(event) == 9);
}

TEST(value_that_was_cut_is_fetched_if_wanted)
{
	const char *target = "a";
	struct lstate_session *s = begin();
	struct lstate_watch_options *options;

	reset();
	check(lstate_watch_options_new(&options) == 0);
	lstate_watch_options_set_fetch(options, true);
	check(lstate_watch_add(s, &target, 1, options, check_fetched, NULL, NULL,
			       NULL) == 0);
	lstate_watch_options_free(options);
	put(LOCALSTATE_EVENT_CHANGED, 1, NULL, "the")->flags |=
		LOCALSTATE_EVENT_NEW_TRUNCATED;
	check(lstate_session_dispatch(s) == 1);
	check_text(seen, "changed a:->the whole;");
	lstate_session_close(s);
}

TEST(failing_targets_are_all_named)
{
	static const char *const targets[] = { "a", "foo", "@7", "b c", "bar" };
	struct lstate_session *s = begin();
	const struct lstate_error *error = lstate_session_error(s);
	struct lstate_watch *made = (void *)1;

	reset();
	statuses[1] = statuses[2] = statuses[4] = -ENOENT;
	statuses[3] = -EINVAL;
	check(lstate_watch_add(s, targets, 5, NULL, note, NULL, count_destroyed,
			       &made) == -ENOENT);
	check(made == (void *)1 && destroyed == 0);
	check_text(lstate_error_message(error), "watch: no such variable: foo, @7, bar; neither a name nor an @id: \"b c\"");
	check(lstate_error_count(error) == 4);
	check(lstate_error_index(error, 0) == 1);
	check(lstate_error_index(error, 3) == 4);
	check(lstate_error_status(error, 2) == -EINVAL);
	check_text(lstate_error_identifier(error, 3), "bar");
	check_text(lstate_error_entry_message(error, 3), "bar: no such variable");
	check_text(lstate_error_entry_message(error, 2),
		   "\"b c\": neither a name nor an @id");
	check(!lstate_error_entry_message(error, 4));
	check(lstate_error_code(lstate_error_entry(error, 2)) == -EINVAL);
	check(lstate_error_field(lstate_error_entry(error, 2)) ==
	      LSTATE_FIELD_TARGETS);
	check_text(lstate_error_name(lstate_error_entry(error, 3)), "bar");
	check(!lstate_error_entry(error, 4));
	check_text(lstate_error_name(error), "foo");
	check(lstate_error_field(error) == LSTATE_FIELD_TARGETS);
	check(!lstate_watch_next(s, NULL));
	lstate_session_close(s);
}

TEST(watches_are_iterated_in_the_order_of_their_refs)
{
	struct lstate_session *s = begin();
	struct lstate_watch *at = NULL;
	uint32_t last = 0, i;
	size_t n;

	reset();
	for (i = 0; i < 100; i++) {
		next_ref = (i * 37) % 100 + 1;
		watch(s, "a", note, NULL);
	}
	for (i = 0; (at = lstate_watch_next(s, at)); i++) {
		check(lstate_watch_ref(at) == last + 1);
		last = lstate_watch_ref(at);
	}
	check(i == 100);
	at = lstate_watch_next(s, NULL);
	check_text(lstate_watch_targets(at, &n)[0], "a");
	check(n == 1 && !lstate_watch_targets(at, NULL)[1]);
	lstate_watch_remove(at);
	lstate_watch_remove(NULL);
	check(lstate_watch_ref(lstate_watch_next(s, NULL)) == 2);
	lstate_session_close(s);
	check(destroyed == 100);
}

/* What is held is one record of two: the texts and metadata of each are whole. */
TEST(paced_changes_are_made_one)
{
	struct lstate_session *s = begin();
	struct lstate_watch_options *options;
	struct localstate_event *event;
	const char *target = "t";

	reset();
	check(lstate_watch_options_new(&options) == 0);
	lstate_watch_options_set_interval(options, 3600000);
	check(lstate_watch_add(s, &target, 1, options, note, NULL,
			       count_destroyed, NULL) == 0);
	lstate_watch_options_free(options);
	put(LOCALSTATE_EVENT_CHANGED, 1, "a", "the first of all");
	put(LOCALSTATE_EVENT_CHANGED, 1, "the first of all", "b");
	put(LOCALSTATE_EVENT_CHANGED, 1, "b", "");
	event = put(LOCALSTATE_EVENT_CHANGED, 1, "", "a text of more than 8");
	event->metadata_len = event->metadata_full = 8;
	put_part(event, "a=1\0b=2", 8);
	filled += 8;
	check(lstate_session_dispatch(s) == 4);
	check_text(seen, "changed t:a>the first of all;");
	reset();
	put(LOCALSTATE_EVENT_SESSION_END, 0, NULL, NULL);
	check(lstate_session_dispatch(s) == 2);
	check_text(seen, "changed t:the first of all>a text of more than 8,a=1,b=2;"
			 "session_end :->-;");
	lstate_session_close(s);
	check(destroyed == 1);
}

/* The numbers of changes add up, also of those that the kernel has merged. */
TEST(paced_changes_are_counted)
{
	struct lstate_session *s = begin();
	struct lstate_watch_options *options;
	const struct lstate_event *event;
	const char *target = "t";

	reset();
	check(lstate_watch_options_new(&options) == 0);
	lstate_watch_options_set_interval(options, 3600000);
	check(lstate_watch_add(s, &target, 1, options, NULL, NULL, NULL, NULL) == 0);
	lstate_watch_options_free(options);
	put(LOCALSTATE_EVENT_CHANGED, 1, "a", "b");
	put(LOCALSTATE_EVENT_CHANGED, 1, "b", "c")->merged = 3;
	put(LOCALSTATE_EVENT_CHANGED, 1, "c", "d");
	put(LOCALSTATE_EVENT_DELETED, 1, "d", "d")->merged = 1;
	check(lstate_event_next(s, 0, &event) == 1);
	check(lstate_event_merged(event) == 0);
	check(lstate_event_next(s, 0, &event) == 1);
	check(lstate_event_kind(event) == LSTATE_EVENT_DELETED);
	check(lstate_event_merged(event) == 3 + 1 + 1 + 1);
	check_text(lstate_event_old(event)->s, "b");
	check_text(lstate_event_new(event)->s, "d");
	lstate_session_close(s);
}

TEST(kinds_and_causes_have_names)
{
	check_text(lstate_event_kind_name(LSTATE_EVENT_SESSION_END), "session_end");
	check_text(lstate_event_kind_name(LSTATE_EVENT_HEARTBEAT), "heartbeat");
	check_text(lstate_event_kind_name((enum lstate_event_kind)0), "unknown");
	check_text(lstate_event_kind_name((enum lstate_event_kind)99), "unknown");
	check_text(lstate_event_cause_name(LSTATE_CAUSE_INITIAL), "initial");
	check_text(lstate_event_cause_name((enum lstate_event_cause)5), "unknown");
}

TAP_MAIN
