// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metadata: key=value strings in their order, merged when a value is set.
 */
#include "process_helpers.h"

FIXTURE(metadata) {
	int fd;
	int value;
	struct snapshot before;
	char buffer[8192];
};

FIXTURE_SETUP(metadata)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "a", value_int(0)));
}

FIXTURE_TEARDOWN(metadata)
{
	close(self->fd);
}

/* Changes a to a new value with this metadata. */
static int set_next(int fd, int *value, const char *text, __u32 len)
{
	return variable_set_metadata(fd, "a", value_int(++*value), text, len);
}

/* The metadata of a is this. */
static bool metadata_is(int fd, char *buffer, const char *text, __u32 len)
{
	const struct localstate_variable *variable = (const void *)buffer;

	return !variable_describe(fd, "a", buffer, 8192) &&
	       variable_is_sound(variable) &&
	       variable_part_is(variable, PART_METADATA, text, len);
}

struct merge_case {
	const char *what;
	const char *set;
	__u32 set_len;
	const char *result;
	__u32 result_len;
};

TEST_F(metadata, new_keys_are_appended_and_known_ones_stay_in_place)
{
	const struct merge_case steps[] = {
		{ "the first", "a=1", 4, "a=1", 4 },
		{ "two more", "b=2\0c=3", 8, "a=1\0b=2\0c=3", 12 },
		{ "none", NULL, 0, "a=1\0b=2\0c=3", 12 },
		{ "known in the middle", "b=two", 6, "a=1\0b=two\0c=3", 14 },
		{ "known, new, known", "c=\0d=4\0a=0", 11,
		  "a=0\0b=two\0c=\0d=4", 17 },
		{ "a start of a key is another key", "aa=5", 5,
		  "a=0\0b=two\0c=\0d=4\0aa=5", 22 },
		{ "sign in the value", "b==x=", 6,
		  "a=0\0b==x=\0c=\0d=4\0aa=5", 22 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		ASSERT_EQ(0, set_next(self->fd, &self->value, steps[i].set,
				      steps[i].set_len));
		EXPECT_TRUE(metadata_is(self->fd, self->buffer, steps[i].result,
					steps[i].result_len)) {
			TH_LOG("%s", steps[i].what);
		}
	}
}

TEST_F(metadata, event_carries_only_that_of_its_own_change)
{
	const struct localstate_event *event;
	struct reader reader;
	int ref = watch_name(self->fd, "a", 0);

	reader_init(&reader, self->fd);
	ASSERT_EQ(0, set_next(self->fd, &self->value, "a=1", 4));
	ASSERT_EQ(0, set_next(self->fd, &self->value, "b=2", 4));
	ASSERT_EQ(0, set_next(self->fd, &self->value, NULL, 0));
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	EXPECT_TRUE(event_metadata_is(event, "a=1", 4));
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	EXPECT_TRUE(event_metadata_is(event, "b=2", 4));
	ASSERT_EVENT(&reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(0, event->metadata_full);
}

TEST_F(metadata, of_a_new_variable_is_told_with_created)
{
	const struct localstate_event *event;
	struct localstate_register req;
	struct reader reader;
	int ref = watch_name(self->fd, "a", 0);

	ASSERT_EQ(0, variable_delete(self->fd, "a"));
	req = register_request("a", value_int(1));
	req.metadata = pointer("made=now");
	req.metadata_len = 9;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &req));
	reader_init(&reader, self->fd);
	ASSERT_EVENT(&reader, DELETED, SET, ref, &event);
	ASSERT_EVENT(&reader, CREATED, SET, ref, &event);
	EXPECT_TRUE(event_metadata_is(event, "made=now", 9));
	EXPECT_TRUE(metadata_is(self->fd, self->buffer, "made=now", 9));
}

TEST_F(metadata, equal_value_takes_none)
{
	ASSERT_EQ(0, set_next(self->fd, &self->value, "a=1", 4));
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
	EXPECT_EQ(0, variable_set_metadata(self->fd, "a",
					   value_int(self->value), "a=2", 4));
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

struct bad_case {
	const char *what;
	const char *text;
	__u32 len;
	int code;
	__u32 index;
};

TEST_F(metadata, that_is_malformed_is_refused_by_its_index)
{
	const struct bad_case cases[] = {
		{ "no sign", "key", 4, EINVAL, 0 },
		{ "no key", "=value", 7, EINVAL, 0 },
		{ "no NUL at the end", "a=1\0b=2", 7, EINVAL, 1 },
		{ "an empty entry", "a=1\0\0b=2", 9, EINVAL, 1 },
		{ "one key twice", "a=1\0b=2\0a=3", 12, EINVAL, 2 },
		{ "twice the same entry", "a=1\0a=1", 8, EINVAL, 1 },
		{ "no UTF-8", "a=1\0b=\xff", 8, EILSEQ, 1 },
		{ "no UTF-8 in the key", "\xc0\xaf=1", 5, EILSEQ, 0 },
		{ "a NUL alone", "", 1, EINVAL, 0 },
	};
	struct localstate_set req;
	unsigned int i;

	ASSERT_EQ(0, set_next(self->fd, &self->value, "old=1", 6));
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		req = set_request(key_name("a"), value_int(1000));
		req.metadata = pointer(cases[i].text);
		req.metadata_len = cases[i].len;
		EXPECT_EQ(-cases[i].code,
			  call(self->fd, LOCALSTATE_IOC_SET, &req)) {
			TH_LOG("%s", cases[i].what);
		}
		EXPECT_EQ(cases[i].code, req.error.code);
		EXPECT_EQ(LOCALSTATE_FIELD_METADATA, req.error.field);
		EXPECT_EQ(cases[i].index, req.error.index);
		EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
	}
}

TEST_F(metadata, of_one_call_has_at_most_4096_bytes)
{
	static char text[LOCALSTATE_METADATA_MAX + 1];
	struct localstate_set req;

	memset(text, 'x', sizeof(text) - 1);
	text[1] = '=';
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
	req = set_request(key_name("a"), value_int(1));
	req.metadata = pointer(text);
	req.metadata_len = LOCALSTATE_METADATA_MAX + 1;
	EXPECT_REFUSED(EINVAL, METADATA, LOCALSTATE_METADATA_MAX,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
	text[LOCALSTATE_METADATA_MAX - 1] = '\0';
	req.metadata_len = LOCALSTATE_METADATA_MAX;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(metadata_is(self->fd, self->buffer, text,
				LOCALSTATE_METADATA_MAX));
}

/* An entry of @len bytes with the key @key. */
static void entry_fill(char *entry, char key, __u32 len)
{
	memset(entry, 'x', len - 1);
	entry[0] = key;
	entry[1] = '=';
	entry[len - 1] = '\0';
}

TEST_F(metadata, of_a_variable_has_at_most_4096_bytes)
{
	static char text[LOCALSTATE_METADATA_MAX];
	struct localstate_set req;

	entry_fill(text, 'a', 2048);
	ASSERT_EQ(0, set_next(self->fd, &self->value, text, 2048));
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
	entry_fill(text, 'b', 2049);
	req = set_request(key_name("a"), value_int(1000));
	req.metadata = pointer(text);
	req.metadata_len = 2049;
	EXPECT_REFUSED(EDQUOT, METADATA, LOCALSTATE_METADATA_MAX,
		       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
	entry_fill(text, 'b', 2048);
	EXPECT_EQ(0, set_next(self->fd, &self->value, text, 2048));
	/* A known key's value may be replaced by one as long. */
	entry_fill(text, 'a', 2048);
	EXPECT_EQ(0, set_next(self->fd, &self->value, text, 2048));
}

/* The most entries that there can be. */
TEST_F(metadata, many_small_entries_are_merged_in_order)
{
	static char text[LOCALSTATE_METADATA_MAX], *at = text;
	__s64 start;
	int i;

	for (i = 0; i < 800; i++)
		at += sprintf(at, "%03d=", i) + 1;
	start = now_ms();
	ASSERT_EQ(0, set_next(self->fd, &self->value, text, at - text));
	ASSERT_EQ(0, set_next(self->fd, &self->value, text, at - text));
	EXPECT_TRUE(metadata_is(self->fd, self->buffer, text, at - text));
	EXPECT_GT(5 * SECOND_MS * time_scale(), now_ms() - start);
}

/* Two setters, each with a key of its own. */

#define N_SETS rounds(3000)

struct keyed {
	struct gate *gate;
	int fd;
	char key;
};

static int set_keyed(void *data)
{
	struct keyed *keyed = data;
	char text[16];
	int i, len;

	gate_pass(keyed->gate);
	for (i = 1; i <= N_SETS; i++) {
		len = snprintf(text, sizeof(text), "%c=%d", keyed->key, i) + 1;
		CHILD_CHECK(!variable_set_metadata(keyed->fd, "a",
						   value_int(i * 256 + keyed->key),
						   text, len));
	}
	return 0;
}

/* What both have set last, that of @first before that of @second. */
static bool both_are_in(int fd, char *buffer, char first, char second)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%c=%d%c%c=%d", first, N_SETS,
			   '\0', second, N_SETS);

	return metadata_is(fd, buffer, text, len + 1);
}

TEST_F_TIMEOUT(metadata, of_two_setters_is_merged_without_a_loss, 60)
{
	struct gate *gate = gate_alloc(2);
	struct keyed first = { gate, self->fd, 'a' };
	struct keyed second = { gate, self->fd, 'b' };
	struct localstate_get get;
	pid_t pid = child_start(set_keyed, &first);

	EXPECT_EQ(0, set_keyed(&second));
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, variable_get(self->fd, "a", &get));
	EXPECT_EQ(2 * N_SETS, get.version);
	EXPECT_TRUE(both_are_in(self->fd, self->buffer, 'a', 'b') ||
		    both_are_in(self->fd, self->buffer, 'b', 'a'));
}

TEST_HARNESS_MAIN
