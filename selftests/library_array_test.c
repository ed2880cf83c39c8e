// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's bytes, arrays and presets on the real device: set, get, described,
 * listed, watched.
 */
#include <float.h>
#include <math.h>

#include "library_helpers.h"

static const uint32_t shape[] = { 2, 3 };
static const float floats[] = { 0.1f, -0.0f, INFINITY, -INFINITY, FLT_TRUE_MIN, 3 };

FIXTURE(library_array) {
	struct lstate_session *s;
};

FIXTURE_SETUP(library_array)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
}

FIXTURE_TEARDOWN(library_array)
{
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

/* A variable of elements f32, of any shape. */
static int register_array(struct lstate_session *s, const char *name)
{
	struct lstate_spec *spec;
	int rc = lstate_spec_new(&spec, name, LSTATE_TYPE_ARRAY);

	if (rc)
		return rc;
	rc = lstate_spec_set_element(spec, LSTATE_ELEMENT_F32) ?:
	     lstate_register(s, spec, NULL);
	lstate_spec_free(spec);
	return rc;
}

static int register_bytes(struct lstate_session *s, const char *name)
{
	struct lstate_spec *spec;
	int rc = lstate_spec_new(&spec, name, LSTATE_TYPE_BYTES);

	if (rc)
		return rc;
	rc = lstate_register(s, spec, NULL);
	lstate_spec_free(spec);
	return rc;
}

TEST_F(library_array, array_comes_back_bit_by_bit)
{
	struct lstate_value value, element;
	struct lstate_array array;

	ASSERT_EQ(0, register_array(self->s, "a"));
	EXPECT_EQ(1, lstate_set_array(self->s, "a", LSTATE_ELEMENT_F32, shape, 2, floats));
	EXPECT_EQ(0, lstate_set_array(self->s, "a", LSTATE_ELEMENT_F32, shape, 2, floats));
	ASSERT_EQ(0, lstate_get_array(self->s, "a", &value));
	ASSERT_EQ(0, lstate_value_as_array(&value, &array));
	EXPECT_EQ(LSTATE_ELEMENT_F32, array.element);
	EXPECT_EQ(2, array.rank);
	EXPECT_EQ(2, array.shape[0]);
	EXPECT_EQ(3, array.shape[1]);
	ASSERT_EQ(6, array.count);
	EXPECT_EQ(0, memcmp(floats, array.elements, sizeof(floats)));
	EXPECT_EQ(0, lstate_array_element(&array, 5, &element));
	EXPECT_EQ(LSTATE_TYPE_FLOAT, element.type);
	EXPECT_EQ(3, element.f);
	EXPECT_EQ(-EINVAL, lstate_array_element(&array, 6, &element));
	lstate_value_clear(&value);
}

TEST_F(library_array, getter_of_another_type_is_einval)
{
	struct lstate_value value = lstate_value_int(4711);
	size_t length = 4711;
	void *data = NULL;

	ASSERT_EQ(0, register_array(self->s, "a"));
	ASSERT_EQ(0, register_bytes(self->s, "b"));
	EXPECT_FAILS(-EINVAL, TYPE, "b: it is a value of bytes, not an array",
		     lstate_get_array(self->s, "b", &value), self->s);
	EXPECT_EQ(4711, value.i);
	EXPECT_FAILS(-EINVAL, TYPE, "a: it is an array, not a value of bytes",
		     lstate_get_bytes(self->s, "a", &data, &length), self->s);
	EXPECT_EQ(NULL, data);
	EXPECT_EQ(4711, length);
}

TEST_F(library_array, bytes_of_any_length_come_back)
{
	static const size_t lengths[] = { 0, 1, 32, 33, 4096, 65536 };
	char *bytes = malloc(65536);
	size_t i, length;
	void *data;

	for (i = 0; i < 65536; i++)
		bytes[i] = (char)(255 - i);
	ASSERT_EQ(0, register_bytes(self->s, "b"));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		EXPECT_EQ(i > 0, lstate_set_bytes(self->s, "b", bytes, lengths[i]));
		ASSERT_EQ(0, lstate_get_bytes(self->s, "b", &data, &length));
		EXPECT_EQ(lengths[i], length);
		EXPECT_EQ(0, memcmp(bytes, data, length));
		free(data);
	}
	free(bytes);
}

TEST_F(library_array, value_is_made_of_what_there_can_be)
{
	static const uint32_t large[] = { 65536, 65536 };
	struct lstate_value value;

	EXPECT_EQ(-EINVAL, lstate_value_array(&value, LSTATE_ELEMENT_NONE, NULL, 0, ""));
	EXPECT_EQ(-EINVAL, lstate_value_array(&value, LSTATE_ELEMENT_U8, shape, 9, ""));
	EXPECT_EQ(-ERANGE, lstate_value_array(&value, LSTATE_ELEMENT_U8, large, 2, ""));
	ASSERT_EQ(0, register_array(self->s, "a"));
	EXPECT_FAILS(-ERANGE, SHAPE, "there is no such array",
		     lstate_set_array(self->s, "a", LSTATE_ELEMENT_F32, large, 2, ""), self->s);
	EXPECT_TRUE(library_version_is(self->s, "a", 0));
}

static void count(const char *identifier, const struct lstate_value *old_value,
		  const struct lstate_value *new_value,
		  const struct lstate_metadata *metadata,
		  const struct lstate_event *event, void *user_data)
{
	++*(int *)user_data;
}

static int watch(struct lstate_session *s, const char *target, const char *expression,
		 int *n)
{
	struct lstate_watch_options *options;
	int rc = lstate_watch_options_new(&options);

	if (rc)
		return rc;
	rc = lstate_watch_options_set_filter(options, expression, NULL) ?:
	     lstate_watch_add(s, &target, 1, options, count, n, NULL, NULL);
	lstate_watch_options_free(options);
	return rc;
}

TEST_F(library_array, filter_compares_with_what_is_in_quotes)
{
	static const float zero[] = { 0.5, 0 }, other[] = { 0.5, 1 }, minus[] = { 0.5, -0.0 };
	static const __u32 two[] = { 2 };
	int n[4] = { 0 };

	ASSERT_EQ(0, register_array(self->s, "a"));
	ASSERT_EQ(0, register_bytes(self->s, "b"));
	ASSERT_EQ(0, watch(self->s, "a", "new == 'f32[2]: 0.5 0'", &n[0]));
	ASSERT_EQ(0, watch(self->s, "a", "new != 'f32[2]: 0.5 0'", &n[1]));
	ASSERT_EQ(0, watch(self->s, "b", "new == 'AP8='", &n[2]));
	ASSERT_EQ(0, watch(self->s, "b", "new != \"AP8=\" && old != new", &n[3]));
	ASSERT_EQ(1, lstate_set_array(self->s, "a", LSTATE_ELEMENT_F32, two, 1, minus));
	ASSERT_EQ(1, lstate_set_array(self->s, "a", LSTATE_ELEMENT_F32, two, 1, other));
	ASSERT_EQ(1, lstate_set_array(self->s, "a", LSTATE_ELEMENT_F32, two, 1, zero));
	ASSERT_EQ(1, lstate_set_array(self->s, "a", LSTATE_ELEMENT_F32, shape, 2, floats));
	ASSERT_EQ(1, lstate_set_bytes(self->s, "b", "\0\xff", 2));
	ASSERT_EQ(1, lstate_set_bytes(self->s, "b", "\0\xff", 1));
	ASSERT_EQ(1, lstate_set_bytes(self->s, "b", "\0\xfe", 2));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(2, n[0]);
	EXPECT_EQ(2, n[1]);
	EXPECT_EQ(1, n[2]);
	EXPECT_EQ(2, n[3]);
	EXPECT_FAILS(-EINVAL, FILTER, "b: filter: column 9: \"AP8\" is not base64 in quotes",
		     watch(self->s, "b", "new == 'AP8'", n), self->s);
	EXPECT_FAILS(-EINVAL, FILTER,
		     "a: filter: column 9: \"f32[2]: 1\" is not an array in quotes",
		     watch(self->s, "a", "new == 'f32[2]: 1'", n), self->s);
}

/* A variable as its spec said it. */
TEST_F(library_array, array_is_described_as_it_was_specified)
{
	struct lstate_value min = lstate_value_float(-1), max = lstate_value_float(1);
	struct lstate_variable *variable;
	struct lstate_spec *spec;

	ASSERT_EQ(0, lstate_spec_new(&spec, "a", LSTATE_TYPE_ARRAY));
	EXPECT_EQ(-EINVAL, lstate_spec_set_min(spec, &min));
	EXPECT_EQ(-EINVAL, lstate_spec_set_element(spec, LSTATE_ELEMENT_NONE));
	ASSERT_EQ(0, lstate_spec_set_element(spec, LSTATE_ELEMENT_F64));
	ASSERT_EQ(0, lstate_spec_set_rank(spec, 5));
	EXPECT_EQ(-EINVAL, lstate_spec_set_shape(spec, shape, 9));
	ASSERT_EQ(0, lstate_spec_set_shape(spec, shape, 2));
	ASSERT_EQ(0, lstate_spec_set_finite(spec));
	ASSERT_EQ(0, lstate_spec_set_min(spec, &min));
	ASSERT_EQ(0, lstate_spec_set_max(spec, &max));
	EXPECT_EQ(-EINVAL, lstate_spec_set_element(spec, LSTATE_ELEMENT_S32));
	EXPECT_EQ(-EINVAL, lstate_spec_set_step(spec, &max));
	ASSERT_EQ(0, lstate_register(self->s, spec, NULL));
	lstate_spec_free(spec);

	ASSERT_EQ(0, lstate_describe(self->s, "a", &variable));
	EXPECT_EQ(LSTATE_ELEMENT_F64, lstate_variable_element(variable));
	EXPECT_EQ(2, lstate_variable_rank(variable));
	EXPECT_EQ(0, memcmp(shape, lstate_variable_shape(variable), sizeof(shape)));
	EXPECT_TRUE(lstate_variable_is_finite(variable));
	EXPECT_EQ(-1, lstate_variable_min(variable)->f);
	EXPECT_EQ(1, lstate_variable_max(variable)->f);
	EXPECT_EQ(NULL, lstate_variable_step(variable));
	lstate_variable_free(variable);
}

TEST_F(library_array, rank_stands_without_a_shape)
{
	struct lstate_variable *variable;
	struct lstate_spec *spec;

	ASSERT_EQ(0, lstate_spec_new(&spec, "a", LSTATE_TYPE_ARRAY));
	ASSERT_EQ(0, lstate_spec_set_element(spec, LSTATE_ELEMENT_U8));
	ASSERT_EQ(0, lstate_spec_set_shape(spec, shape, 2));
	ASSERT_EQ(0, lstate_spec_set_rank(spec, 3));
	ASSERT_EQ(0, lstate_register(self->s, spec, NULL));
	lstate_spec_free(spec);
	ASSERT_EQ(0, register_bytes(self->s, "b"));

	ASSERT_EQ(0, lstate_describe(self->s, "a", &variable));
	EXPECT_EQ(3, lstate_variable_rank(variable));
	EXPECT_EQ(NULL, lstate_variable_shape(variable));
	EXPECT_FALSE(lstate_variable_is_finite(variable));
	lstate_variable_free(variable);
	ASSERT_EQ(0, lstate_describe(self->s, "b", &variable));
	EXPECT_EQ(-1, lstate_variable_rank(variable));
	EXPECT_EQ(LSTATE_ELEMENT_NONE, lstate_variable_element(variable));
	lstate_variable_free(variable);
}

TEST_F(library_array, preset_is_a_label_with_what_it_stands_for)
{
	struct lstate_value capital = lstate_value_string("Kitchen");
	struct lstate_spec *spec;

	ASSERT_EQ(0, lstate_spec_new_preset(&spec, "m", "module", NULL, 0));
	EXPECT_EQ(-ERANGE, lstate_register(self->s, spec, NULL));
	ASSERT_EQ(0, lstate_spec_set_value(spec, &capital));
	ASSERT_EQ(0, lstate_register(self->s, spec, NULL));
	lstate_spec_free(spec);
	EXPECT_FAILS(-ERANGE, PATTERN, "m: \"kitchen\" does not match the pattern \"[A-Z]*\"",
		     lstate_set_string(self->s, "m", "kitchen"), self->s);

	ASSERT_EQ(0, lstate_spec_new_preset(&spec, "e", "embedding", shape, 1));
	ASSERT_EQ(0, lstate_register(self->s, spec, NULL));
	lstate_spec_free(spec);
	EXPECT_FAILS(-ERANGE, SHAPE, "e: dimension 0 is 3, not 2",
		     lstate_set_array(self->s, "e", LSTATE_ELEMENT_F32, shape + 1, 1, floats),
		     self->s);
	EXPECT_EQ(1, lstate_set_array(self->s, "e", LSTATE_ELEMENT_F32, shape, 1, floats));

	ASSERT_EQ(0, lstate_spec_new_preset(&spec, "t", "tensor", shape, 2));
	ASSERT_EQ(0, lstate_register(self->s, spec, NULL));
	lstate_spec_free(spec);
	EXPECT_EQ(1, lstate_set_array(self->s, "t", LSTATE_ELEMENT_F32, shape, 2, floats));
	EXPECT_EQ(-ENOENT, lstate_spec_new_preset(&spec, "x", "x", NULL, 0));
	EXPECT_EQ(-EINVAL, lstate_spec_new_preset(&spec, "x", "tensor", shape, 9));
}

/* What a callback was told of an event. */
struct seen {
	int calls;
	struct lstate_array old_array;
	struct lstate_array new_array;
	float first;
	size_t full;
	unsigned int truncated;
	bool aligned;
};

static void see(const char *identifier, const struct lstate_value *old_value,
		const struct lstate_value *new_value, const struct lstate_metadata *metadata,
		const struct lstate_event *event, void *user_data)
{
	struct seen *seen = user_data;

	seen->calls++;
	/* If the new one leaves no room there is not even the shape of the old one. */
	lstate_value_as_array(old_value, &seen->old_array);
	if (lstate_value_as_array(new_value, &seen->new_array))
		return;
	seen->aligned = !((uintptr_t)seen->old_array.elements % 8) &&
			!((uintptr_t)seen->new_array.elements % 8);
	memcpy(&seen->first, seen->new_array.elements, sizeof(seen->first));
	seen->full = lstate_event_new_length(event);
	seen->truncated = lstate_event_truncated(event);
}

TEST_F(library_array, watch_gets_old_and_new_array)
{
	const char *target = "a";
	struct seen seen = { 0 };

	ASSERT_EQ(0, register_array(self->s, "a"));
	ASSERT_EQ(0, lstate_watch_add(self->s, &target, 1, NULL, see, &seen, NULL, NULL));
	ASSERT_EQ(1, lstate_set_array(self->s, "a", LSTATE_ELEMENT_F32, shape, 2, floats));
	ASSERT_EQ(1, lstate_session_wait(self->s, -1));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, seen.calls);
	EXPECT_EQ(1, seen.old_array.rank);
	EXPECT_EQ(0, seen.old_array.count);
	EXPECT_EQ(2, seen.new_array.rank);
	EXPECT_EQ(6, seen.new_array.count);
	EXPECT_EQ(0.1f, seen.first);
	EXPECT_EQ(16 + sizeof(floats), seen.full);
	EXPECT_EQ(0, seen.truncated);
	EXPECT_TRUE(seen.aligned);
}

/* Longer than the inline limit: whole elements are left, and the whole shape. */
TEST_F(library_array, long_array_is_cut_between_elements)
{
	static const uint32_t thousand[] = { 10, 100 };
	const char *target = "a";
	struct seen seen = { 0 };
	float *elements = calloc(1000, sizeof(*elements));

	elements[0] = 7;
	ASSERT_EQ(0, register_array(self->s, "a"));
	ASSERT_EQ(0, lstate_watch_add(self->s, &target, 1, NULL, see, &seen, NULL, NULL));
	ASSERT_EQ(1, lstate_set_array(self->s, "a", LSTATE_ELEMENT_F32, thousand, 2, elements));
	ASSERT_EQ(1, lstate_session_wait(self->s, -1));
	ASSERT_LE(0, lstate_session_dispatch(self->s));
	EXPECT_EQ(1, seen.calls);
	EXPECT_TRUE(seen.truncated & LSTATE_TRUNCATED_NEW);
	EXPECT_EQ(16 + 4000, seen.full);
	EXPECT_EQ(10, seen.new_array.shape[0]);
	EXPECT_EQ(100, seen.new_array.shape[1]);
	EXPECT_EQ((256 - 16) / sizeof(float), seen.new_array.count);
	EXPECT_EQ(7, seen.first);
	free(elements);
}

TEST_F(library_array, element_types_have_names)
{
	enum lstate_element element;

	for (element = LSTATE_ELEMENT_F32; element <= LSTATE_ELEMENT_U8; element++) {
		enum lstate_element again = LSTATE_ELEMENT_NONE;

		EXPECT_EQ(0, lstate_element_parse(lstate_element_name(element), &again));
		EXPECT_EQ(element, again);
	}
	EXPECT_EQ(-EINVAL, lstate_element_parse("none", &element));
	EXPECT_STREQ("unknown", lstate_element_name(LSTATE_ELEMENT_U8 + 1));
}

TEST_HARNESS_MAIN
