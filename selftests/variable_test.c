// SPDX-License-Identifier: GPL-2.0-only
/*
 * Variables: registered, read, changed, described and deleted.
 */
#include "process_helpers.h"

FIXTURE(variable) {
	int fd;
	struct snapshot before;
	char buffer[131072];
};

FIXTURE_SETUP(variable)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, variable_register(self->fd, "count", value_int(5)));
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
}

FIXTURE_TEARDOWN(variable)
{
	close(self->fd);
}

static const struct localstate_variable *variable_of(void *buffer)
{
	return buffer;
}

TEST_F(variable, starts_with_version_zero_and_its_initial_value)
{
	struct localstate_get get;
	__u64 before = now_ns(), id;

	ASSERT_EQ(0, variable_register_id(self->fd, "x", value_int(-9), &id));
	EXPECT_LT(0, id);
	ASSERT_EQ(0, variable_get(self->fd, "x", &get));
	EXPECT_TRUE(error_is_clear(&get.error));
	EXPECT_EQ(id, get.id);
	EXPECT_EQ(-9, (__s64)get.value.data);
	EXPECT_EQ(8, get.value.length);
	EXPECT_EQ(LOCALSTATE_TYPE_INT, get.value.type);
	EXPECT_EQ(0, get.version);
	EXPECT_LE(before, get.changed_ns);
	EXPECT_GE(now_ns(), get.changed_ns);
	EXPECT_EQ(getpid(), get.pid);
	EXPECT_EQ(geteuid(), get.uid);
}

struct default_case {
	const char *name;
	__u32 type;
	__u32 constraints;
	__u64 min;
	__u64 max;
	__u64 value;
};

TEST_F(variable, default_is_zero_or_the_limit_nearest_to_it)
{
	const __u32 min = LOCALSTATE_HAS_MIN, max = LOCALSTATE_HAS_MAX;
	const struct default_case cases[] = {
		{ "a", LOCALSTATE_TYPE_BOOL, 0, 0, 0, 0 },
		{ "b", LOCALSTATE_TYPE_INT, 0, 0, 0, 0 },
		{ "c", LOCALSTATE_TYPE_INT, min | max, -5, 5, 0 },
		{ "d", LOCALSTATE_TYPE_INT, min, 3, 0, 3 },
		{ "e", LOCALSTATE_TYPE_INT, max, 0, -3, -3 },
		{ "f", LOCALSTATE_TYPE_UINT, min, 1ULL << 63, 0, 1ULL << 63 },
		{ "g", LOCALSTATE_TYPE_FLOAT, min, double_bits(0.5), 0,
		  double_bits(0.5) },
		{ "h", LOCALSTATE_TYPE_FLOAT, max, 0, double_bits(-0.5),
		  double_bits(-0.5) },
		{ "i", LOCALSTATE_TYPE_FLOAT, min, double_bits(-0.5), 0, 0 },
	};
	struct localstate_register req;
	struct localstate_get get;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct default_case *c = &cases[i];

		req = register_request(c->name, value_none());
		req.type = c->type;
		req.constraints = c->constraints;
		req.min = c->min;
		req.max = c->max;
		EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
		ASSERT_EQ(0, variable_get(self->fd, c->name, &get));
		EXPECT_EQ(c->type, get.value.type);
		EXPECT_EQ(c->value, get.value.data) {
			TH_LOG("%s", c->name);
		}
	}
}

TEST_F(variable, default_of_texts_is_empty_and_the_first_choice)
{
	struct localstate_register req;
	struct localstate_get get;
	char text[8];

	req = register_request("s", value_none());
	req.type = LOCALSTATE_TYPE_STRING;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	ASSERT_EQ(0, variable_get(self->fd, "s", &get));
	EXPECT_EQ(0, get.value.length);
	EXPECT_EQ(LOCALSTATE_TYPE_STRING, get.value.type);

	req = register_request("c", value_none());
	req.type = LOCALSTATE_TYPE_CHOICE;
	req.constraints = LOCALSTATE_HAS_CHOICES;
	req.choices = pointer("red\0blue");
	req.choices_len = 9;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	get = get_request(key_name("c"), text, sizeof(text));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET, &get), &get);
	EXPECT_EQ(3, get.value.length);
	EXPECT_EQ(0, memcmp(text, "red", 3));
}

TEST_F(variable, taken_name_is_eexist)
{
	struct localstate_register req;

	req = register_request("count", value_string("other"));
	EXPECT_REFUSED(EEXIST, NAME, 0,
		       call(self->fd, LOCALSTATE_IOC_REGISTER, &req), &req);
	EXPECT_EQ(0, req.id);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

TEST_F(variable, name_has_only_letters_of_a_name)
{
	const char *letters = "_.:/-";
	struct localstate_register req;
	char name[] = "a?b";
	int c;

	for (c = 0; c < 256; c++) {
		bool good = c && (c < 128) &&
			    (isalnum(c) || strchr(letters, c));

		req = register_request("a?b", value_int(1));
		name[1] = c;
		req.name = pointer(name);
		EXPECT_EQ(good ? 0 : -EINVAL,
			  call(self->fd, LOCALSTATE_IOC_REGISTER, &req));
		EXPECT_EQ(good ? 0 : LOCALSTATE_FIELD_NAME, req.error.field);
		EXPECT_EQ(good, req.id != 0);
	}
}

TEST_F(variable, name_has_one_to_127_bytes)
{
	struct localstate_register req = register_request("n", value_int(1));
	char name[LOCALSTATE_NAME_MAX + 1];

	memset(name, 'n', sizeof(name));
	req.name = pointer(name);
	req.name_len = 0;
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_REGISTER, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_NAME, req.error.field);
	req.name_len = sizeof(name);
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_REGISTER, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_NAME, req.error.field);
	req.name_len = UINT32_MAX;
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_REGISTER, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_NAME, req.error.field);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
	req.name_len = LOCALSTATE_NAME_MAX;
	EXPECT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &req));
}

TEST_F(variable, ids_are_never_given_again)
{
	__u64 last = 0, id;
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, variable_register_id(self->fd, "x", value_int(i),
						  &id));
		EXPECT_LT(last, id);
		last = id;
		ASSERT_EQ(0, variable_delete(self->fd, "x"));
	}
}

TEST_F(variable, key_is_an_id_or_a_name_and_not_both)
{
	const struct localstate_key keys[] = {
		{ .id = 1, .name = pointer("count"), .name_len = 5 },
		{ .id = 1, .name = pointer("count") },
		{ .id = 1, .name_len = 5 },
		{ .id = 0 },
	};
	const __u32 fields[] = {
		LOCALSTATE_FIELD_ID, LOCALSTATE_FIELD_ID, LOCALSTATE_FIELD_ID,
		LOCALSTATE_FIELD_NAME,
	};
	struct localstate_get req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		req = get_request(keys[i], NULL, 0);
		EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_GET, &req)) {
			TH_LOG("key %u", i);
		}
		EXPECT_EQ(EINVAL, req.error.code);
		EXPECT_EQ(fields[i], req.error.field);
	}
}

TEST_F(variable, unknown_name_and_id_are_enoent)
{
	const __u64 ids[] = { 2, 1000, UINT32_MAX, UINT64_MAX };
	struct localstate_get req;
	unsigned int i;

	req = get_request(key_name("countx"), NULL, 0);
	EXPECT_REFUSED(ENOENT, NAME, 0,
		       call(self->fd, LOCALSTATE_IOC_GET, &req), &req);
	req = get_request(key_name("coun"), NULL, 0);
	EXPECT_REFUSED(ENOENT, NAME, 0,
		       call(self->fd, LOCALSTATE_IOC_GET, &req), &req);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		req = get_request(key_id(ids[i]), NULL, 0);
		EXPECT_REFUSED(ENOENT, ID, 0,
			       call(self->fd, LOCALSTATE_IOC_GET, &req), &req);
	}
}

TEST_F(variable, is_found_by_name_and_by_id)
{
	struct localstate_get by_name, by_id;

	ASSERT_EQ(0, variable_get(self->fd, "count", &by_name));
	by_id = get_request(key_id(by_name.id), NULL, 0);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET, &by_id), &by_id);
	EXPECT_EQ(by_name.value.data, by_id.value.data);
	EXPECT_EQ(by_name.id, by_id.id);
}

TEST_F(variable, set_moves_value_version_time_and_writer)
{
	struct localstate_set set = set_request(key_name("count"), value_int(6));
	struct localstate_get before, after;

	ASSERT_EQ(0, variable_get(self->fd, "count", &before));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
	EXPECT_EQ(LOCALSTATE_SET_CHANGED, set.result);
	EXPECT_EQ(1, set.version);
	ASSERT_EQ(0, variable_get(self->fd, "count", &after));
	EXPECT_EQ(6, after.value.data);
	EXPECT_EQ(1, after.version);
	EXPECT_LT(before.changed_ns, after.changed_ns);
	EXPECT_EQ(before.id, after.id);
}

static int set_seven(void *data)
{
	return -variable_set(*(int *)data, "count", value_int(7));
}

TEST_F(variable, writer_is_who_changed_it_last)
{
	struct localstate_get get;
	pid_t pid = child_start(set_seven, &self->fd);

	ASSERT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, variable_get(self->fd, "count", &get));
	EXPECT_EQ(7, get.value.data);
	EXPECT_EQ(pid, get.pid);
	ASSERT_EQ(0, variable_set(self->fd, "count", value_int(8)));
	ASSERT_EQ(0, variable_get(self->fd, "count", &get));
	EXPECT_EQ(getpid(), get.pid);
}

struct equal_case {
	struct localstate_value first;
	struct localstate_value second;
	bool equal;
};

TEST_F(variable, equal_value_changes_nothing)
{
	const __u32 type = LOCALSTATE_TYPE_FLOAT;
	const struct equal_case cases[] = {
		{ value_int(-1), value_int(-1), true },
		{ value_bool(true), value_bool(true), true },
		{ value_string("same"), value_string("same"), true },
		{ value_string(""), value_string(""), true },
		{ value_string("same"), value_string("samf"), false },
		{ value_string("same"), value_string("sam"), false },
		{ value_float(0.0), value_float(-0.0), true },
		{ value_float(-0.0), value_float(0.0), true },
		{ value_scalar(type, 0x7ff8000000000000ULL),
		  value_scalar(type, 0xfff0000000000001ULL), true },
		{ value_scalar(type, 0x7ff0000000000000ULL),
		  value_scalar(type, 0x7ff0000000000001ULL), false },
		{ value_float(1.0), value_float(-1.0), false },
	};
	struct localstate_set set;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct equal_case *c = &cases[i];

		ASSERT_EQ(0, variable_register(self->fd, "x", c->first));
		ASSERT_LE(1, watch_name(self->fd, "x", 0));
		ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
		set = set_request(key_name("x"), c->second);
		set.metadata = pointer("k=v");
		set.metadata_len = 4;
		EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
		EXPECT_EQ(c->equal ? 0 : LOCALSTATE_SET_CHANGED, set.result) {
			TH_LOG("case %u", i);
		}
		EXPECT_EQ(!c->equal, set.version);
		EXPECT_EQ(c->equal, snapshot_holds(self->fd, &self->before));
		close(self->fd);
		self->fd = session_private();
	}
}

TEST_F(variable, wrong_type_is_refused_and_named)
{
	const struct localstate_value values[] = {
		value_bool(true), value_uint(1), value_float(1),
		value_string("1"), value_choice("1"), value_none(),
		value_scalar(1000, 1),
	};
	struct localstate_set set;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		set = set_request(key_name("count"), values[i]);
		EXPECT_REFUSED(EINVAL, TYPE, 0,
			       call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
		EXPECT_EQ(LOCALSTATE_TYPE_INT, set.error.type);
	}
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

TEST_F(variable, scalar_has_eight_bytes)
{
	const __u32 lengths[] = { 0, 4, 7, 9, 16, UINT32_MAX };
	struct localstate_set set;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		set = set_request(key_name("count"), value_int(1));
		set.value.length = lengths[i];
		EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_SET, &set));
		EXPECT_EQ(LOCALSTATE_FIELD_VALUE, set.error.field);
		EXPECT_EQ(8, set.error.limit);
	}
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

TEST_F(variable, set_if_version_is_taken_or_estale)
{
	struct localstate_set set = set_request(key_name("count"), value_int(6));

	set.flags = LOCALSTATE_SET_IF_VERSION;
	set.expected_version = 0;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
	EXPECT_EQ(1, set.version);
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));

	set = set_request(key_name("count"), value_int(7));
	set.flags = LOCALSTATE_SET_IF_VERSION;
	set.expected_version = 0;
	EXPECT_REFUSED(ESTALE, VERSION, 1,
		       call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
	set.expected_version = 2;
	EXPECT_REFUSED(ESTALE, VERSION, 1,
		       call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
	EXPECT_EQ(0, set.version);
	EXPECT_EQ(0, set.result);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
	set.expected_version = 1;
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
	EXPECT_EQ(2, set.version);
}

/* The version is looked at even where the value would change nothing. */
TEST_F(variable, set_if_version_of_an_equal_value_is_estale_too)
{
	struct localstate_set set = set_request(key_name("count"), value_int(5));

	set.flags = LOCALSTATE_SET_IF_VERSION;
	set.expected_version = 1;
	EXPECT_REFUSED(ESTALE, VERSION, 0,
		       call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

TEST_F(variable, expected_version_without_its_flag_is_refused)
{
	struct localstate_set set = set_request(key_name("count"), value_int(6));

	set.expected_version = 1;
	EXPECT_REFUSED(EINVAL, VERSION, 0,
		       call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

static int count_up(void *data)
{
	int fd = *(int *)data, i = 0;

	while (i < 2000) {
		struct localstate_set set;
		struct localstate_get get;
		int err;

		CHILD_CHECK(!variable_get(fd, "count", &get));
		set = set_request(key_name("count"), value_int(get.value.data + 1));
		set.flags = LOCALSTATE_SET_IF_VERSION;
		set.expected_version = get.version;
		err = call(fd, LOCALSTATE_IOC_SET, &set);
		CHILD_CHECK(!err || err == -ESTALE);
		i += !err;
	}
	return 0;
}

/* What compare-and-set is for. */
TEST_F_TIMEOUT(variable, two_processes_count_without_losing_one, 60)
{
	struct localstate_get get;
	pid_t pid;

	ASSERT_EQ(0, variable_set(self->fd, "count", value_int(0)));
	pid = child_start(count_up, &self->fd);
	ASSERT_EQ(0, count_up(&self->fd));
	ASSERT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, variable_get(self->fd, "count", &get));
	EXPECT_EQ(4000, get.value.data);
	EXPECT_EQ(4001, get.version);
}

TEST_F(variable, long_strings_come_back_whole)
{
	const __u32 lengths[] = { 1, 31, 32, 33, 255, 4096, 65535, 65536 };
	struct localstate_get get;
	struct localstate_value value;
	static char text[65537];
	unsigned int i;

	ASSERT_EQ(0, variable_register(self->fd, "s", value_string("")));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		memset(text, 'a' + i, sizeof(text));
		value = value_bytes(LOCALSTATE_TYPE_STRING, text, lengths[i]);
		EXPECT_EQ(0, variable_set(self->fd, "s", value));
		poison(self->buffer, sizeof(self->buffer));
		get = get_request(key_name("s"), self->buffer, lengths[i]);
		EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET, &get), &get);
		EXPECT_EQ(lengths[i], get.value.length);
		EXPECT_EQ(0, get.value.data);
		EXPECT_EQ(i + 1, get.version);
		EXPECT_EQ(0, memcmp(self->buffer, text, lengths[i]));
		EXPECT_TRUE(is_poison(self->buffer + lengths[i], 8));
	}
}

TEST_F(variable, string_beyond_64_kib_is_refused)
{
	static char text[65537];
	struct localstate_set set;

	ASSERT_EQ(0, variable_register(self->fd, "s", value_string("")));
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
	memset(text, 'x', sizeof(text));
	set = set_request(key_name("s"), value_bytes(LOCALSTATE_TYPE_STRING,
						     text, sizeof(text)));
	EXPECT_REFUSED(EINVAL, VALUE, LOCALSTATE_VALUE_MAX,
		       call(self->fd, LOCALSTATE_IOC_SET, &set), &set);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

TEST_F(variable, get_into_a_small_buffer_is_emsgsize_and_tells_the_length)
{
	struct localstate_get get;

	ASSERT_EQ(0, variable_register(self->fd, "s", value_string("four")));
	poison(self->buffer, sizeof(self->buffer));
	get = get_request(key_name("s"), self->buffer, 3);
	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_GET, &get));
	EXPECT_EQ(EMSGSIZE, get.error.code);
	EXPECT_EQ(LOCALSTATE_FIELD_BUFFER, get.error.field);
	EXPECT_EQ(4, get.value.length);
	EXPECT_TRUE(is_poison(self->buffer, 8));
	get = get_request(key_name("s"), NULL, 0);
	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_GET, &get));
	EXPECT_EQ(4, get.value.length);
}

TEST_F(variable, delete_tells_id_and_next_version)
{
	struct localstate_delete req = delete_request(key_name("count"));
	struct localstate_get get;

	ASSERT_EQ(0, variable_set(self->fd, "count", value_int(6)));
	ASSERT_EQ(0, variable_get(self->fd, "count", &get));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_DELETE, &req), &req);
	EXPECT_EQ(get.id, req.id);
	EXPECT_EQ(2, req.version);
	EXPECT_EQ(-ENOENT, variable_get(self->fd, "count", &get));
	EXPECT_EQ(-ENOENT, variable_set(self->fd, "count", value_int(7)));
	get = get_request(key_id(req.id), NULL, 0);
	EXPECT_EQ(-ENOENT, call(self->fd, LOCALSTATE_IOC_GET, &get));
	req = delete_request(key_name("count"));
	EXPECT_REFUSED(ENOENT, NAME, 0,
		       call(self->fd, LOCALSTATE_IOC_DELETE, &req), &req);
}

TEST_F(variable, registered_again_is_new)
{
	struct localstate_get old, new;

	ASSERT_EQ(0, variable_set(self->fd, "count", value_int(6)));
	ASSERT_EQ(0, variable_get(self->fd, "count", &old));
	ASSERT_EQ(0, variable_delete(self->fd, "count"));
	ASSERT_EQ(0, variable_register(self->fd, "count", value_string("s")));
	new = get_request(key_name("count"), self->buffer, 64);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_GET, &new), &new);
	EXPECT_LT(old.id, new.id);
	EXPECT_EQ(0, new.version);
	EXPECT_EQ(LOCALSTATE_TYPE_STRING, new.value.type);
}

TEST_F(variable, describe_tells_all)
{
	static const char metadata[] = "unit=C\0source=lm75";
	struct localstate_register reg;
	const struct localstate_variable *v = variable_of(self->buffer);
	struct localstate_describe req;

	reg = register_request("temp", value_int(20));
	reg.constraints = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX |
			  LOCALSTATE_HAS_STEP;
	reg.min = -40;
	reg.max = 125;
	reg.step = 5;
	reg.label = pointer("celsius");
	reg.label_len = 7;
	reg.description = pointer("the room's temperature");
	reg.description_len = 22;
	reg.metadata = pointer(metadata);
	reg.metadata_len = sizeof(metadata);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));

	poison(self->buffer, sizeof(self->buffer));
	req = describe_request(key_id(reg.id), self->buffer,
			       sizeof(self->buffer));
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_DESCRIBE, &req), &req);
	ASSERT_EQ(v->size, req.size);
	ASSERT_TRUE(variable_is_sound(v));
	EXPECT_EQ(LOCALSTATE_TYPE_INT, v->type);
	EXPECT_EQ(reg.constraints, v->constraints);
	EXPECT_EQ(reg.id, v->id);
	EXPECT_EQ(0, v->version);
	EXPECT_EQ(v->created_ns, v->changed_ns);
	EXPECT_EQ(getpid(), v->pid);
	EXPECT_EQ(geteuid(), v->uid);
	EXPECT_EQ(-40, (__s64)v->min);
	EXPECT_EQ(125, v->max);
	EXPECT_EQ(5, v->step);
	EXPECT_TRUE(variable_part_is(v, PART_VALUE, &reg.value.data, 8));
	EXPECT_TRUE(variable_part_is(v, PART_NAME, "temp", 4));
	EXPECT_TRUE(variable_part_is(v, PART_LABEL, "celsius", 7));
	EXPECT_TRUE(variable_part_is(v, PART_DESCRIPTION,
				     "the room's temperature", 22));
	EXPECT_TRUE(variable_part_is(v, PART_PATTERN, "", 0));
	EXPECT_TRUE(variable_part_is(v, PART_CHOICES, "", 0));
	EXPECT_TRUE(variable_part_is(v, PART_METADATA, metadata,
				     sizeof(metadata)));
	EXPECT_TRUE(is_poison(self->buffer + req.size, 64));
}

TEST_F(variable, describe_tells_pattern_lengths_and_choices)
{
	const struct localstate_variable *v = variable_of(self->buffer);
	struct localstate_register reg;

	reg = register_request("s", value_string("Abc"));
	reg.constraints = LOCALSTATE_HAS_MIN_LENGTH | LOCALSTATE_HAS_PATTERN |
			  LOCALSTATE_HAS_MAX_LENGTH;
	reg.min_length = 1;
	reg.max_length = 9;
	reg.pattern = pointer("[A-Z]*");
	reg.pattern_len = 6;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));
	ASSERT_EQ(0, variable_describe(self->fd, "s", self->buffer, 1024));
	EXPECT_TRUE(variable_is_sound(v));
	EXPECT_EQ(1, v->min_length);
	EXPECT_EQ(9, v->max_length);
	EXPECT_TRUE(variable_part_is(v, PART_PATTERN, "[A-Z]*", 6));
	EXPECT_TRUE(variable_part_is(v, PART_VALUE, "Abc", 3));

	reg = register_request("c", value_choice("b"));
	reg.constraints = LOCALSTATE_HAS_CHOICES;
	reg.choices = pointer("a\0b");
	reg.choices_len = 4;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));
	ASSERT_EQ(0, variable_describe(self->fd, "c", self->buffer, 1024));
	EXPECT_TRUE(variable_is_sound(v));
	EXPECT_TRUE(variable_part_is(v, PART_CHOICES, "a\0b", 4));
	EXPECT_TRUE(variable_part_is(v, PART_VALUE, "b", 1));
}

TEST_F(variable, describe_into_a_small_buffer_is_emsgsize_and_tells_the_size)
{
	struct localstate_describe req;
	__u32 size;

	req = describe_request(key_name("count"), NULL, 0);
	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_DESCRIBE, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_BUFFER, req.error.field);
	size = req.size;
	EXPECT_LT(sizeof(struct localstate_variable), size);
	poison(self->buffer, sizeof(self->buffer));
	req = describe_request(key_name("count"), self->buffer, size - 1);
	EXPECT_EQ(-EMSGSIZE, call(self->fd, LOCALSTATE_IOC_DESCRIBE, &req));
	EXPECT_EQ(size, req.size);
	EXPECT_TRUE(is_poison(self->buffer, size));
	req = describe_request(key_name("count"), self->buffer, size);
	EXPECT_DONE(call(self->fd, LOCALSTATE_IOC_DESCRIBE, &req), &req);
	EXPECT_EQ(size, req.size);
}

TEST_HARNESS_MAIN
