// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's specs, variables, values and lists on the real device.
 */
#include <math.h>

#include "library_helpers.h"

static const char *const modes[] = { "off", "heat", "hold" };

FIXTURE(library_variable) {
	struct lstate_session *s;
};

FIXTURE_SETUP(library_variable)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
}

FIXTURE_TEARDOWN(library_variable)
{
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

/* One variable of each type. */
static bool register_all(struct lstate_session *s)
{
	return !lstate_register_bool(s, "b", true) &&
	       !lstate_register_int(s, "i", INT64_MIN) &&
	       !lstate_register_uint(s, "u", UINT64_MAX) &&
	       !lstate_register_float(s, "f", 0.1) &&
	       !lstate_register_string(s, "s", "é") &&
	       !lstate_register_choice(s, "c", modes, 3, "heat");
}

/* Text of the variable's value in a static buffer, or NULL. */
static const char *text_of(struct lstate_session *s, const char *identifier)
{
	static char buffer[64];
	struct lstate_value value;
	int length;

	if (lstate_get(s, identifier, &value, NULL))
		return NULL;
	length = lstate_value_format(&value, buffer, sizeof(buffer));
	lstate_value_clear(&value);
	return length < 0 ? NULL : buffer;
}

TEST_F(library_variable, each_type_reads_what_it_was_registered_with)
{
	bool b = false;
	int64_t i = 0;
	uint64_t u = 0;
	double f = 0;
	char *s = NULL, *c = NULL;

	ASSERT_TRUE(register_all(self->s));
	EXPECT_EQ(0, lstate_get_bool(self->s, "b", &b));
	EXPECT_EQ(0, lstate_get_int(self->s, "i", &i));
	EXPECT_EQ(0, lstate_get_uint(self->s, "u", &u));
	EXPECT_EQ(0, lstate_get_float(self->s, "f", &f));
	EXPECT_EQ(0, lstate_get_string(self->s, "s", &s));
	EXPECT_EQ(0, lstate_get_choice(self->s, "c", &c));
	EXPECT_TRUE(b);
	EXPECT_EQ(INT64_MIN, i);
	EXPECT_EQ(UINT64_MAX, u);
	EXPECT_EQ(0.1, f);
	EXPECT_STREQ("é", s);
	EXPECT_STREQ("heat", c);
	free(s);
	free(c);
}

TEST_F(library_variable, set_of_another_value_is_1_and_of_the_same_0)
{
	int again;

	ASSERT_TRUE(register_all(self->s));
	for (again = 1; again >= 0; again--) {
		EXPECT_EQ(again, lstate_set_bool(self->s, "b", false));
		EXPECT_EQ(again, lstate_set_int(self->s, "i", -7));
		EXPECT_EQ(again, lstate_set_uint(self->s, "u", 7));
		EXPECT_EQ(again, lstate_set_float(self->s, "f", NAN));
		EXPECT_EQ(again, lstate_set_string(self->s, "s", ""));
		EXPECT_EQ(again, lstate_set_choice(self->s, "c", "hold"));
	}
	EXPECT_STREQ("false", text_of(self->s, "b"));
	EXPECT_STREQ("-7", text_of(self->s, "i"));
	EXPECT_STREQ("7", text_of(self->s, "u"));
	EXPECT_STREQ("nan", text_of(self->s, "f"));
	EXPECT_STREQ("", text_of(self->s, "s"));
	EXPECT_STREQ("hold", text_of(self->s, "c"));
	EXPECT_TRUE(library_version_is(self->s, "i", 1));
}

TEST_F(library_variable, getter_of_another_type_is_einval)
{
	int64_t i = 4711;
	char *s = NULL;
	bool b;
	uint64_t u;
	double f;

	ASSERT_TRUE(register_all(self->s));
	EXPECT_FAILS(-EINVAL, TYPE, "s: it is a string, not an int",
		     lstate_get_int(self->s, "s", &i), self->s);
	EXPECT_EQ(4711, i);
	EXPECT_EQ(-EINVAL, lstate_get_bool(self->s, "i", &b));
	EXPECT_EQ(-EINVAL, lstate_get_uint(self->s, "i", &u));
	EXPECT_EQ(-EINVAL, lstate_get_float(self->s, "i", &f));
	EXPECT_EQ(-EINVAL, lstate_get_string(self->s, "i", &s));
	EXPECT_EQ(-EINVAL, lstate_get_choice(self->s, "s", &s));
	EXPECT_EQ(NULL, s);
	EXPECT_EQ(0, lstate_get_string(self->s, "c", &s));
	EXPECT_STREQ("heat", s);
	free(s);
}

TEST_F(library_variable, stamp_names_version_and_writer)
{
	struct lstate_stamp stamp;
	struct lstate_value value;

	ASSERT_EQ(0, lstate_register_int(self->s, "x", 1));
	ASSERT_EQ(1, lstate_set_int(self->s, "x", 2));
	poison(&stamp, sizeof(stamp));
	ASSERT_EQ(0, lstate_get(self->s, "@1", &value, &stamp));
	EXPECT_EQ(LSTATE_TYPE_INT, value.type);
	EXPECT_EQ(2, value.i);
	EXPECT_EQ(1, stamp.id);
	EXPECT_EQ(1, stamp.version);
	EXPECT_EQ(getpid(), stamp.pid);
	EXPECT_EQ(geteuid(), stamp.uid);
	EXPECT_GE(now_ns(), stamp.changed_ns);
	EXPECT_LT(0, stamp.changed_ns);
}

TEST_F(library_variable, number_is_described_as_it_was_specified)
{
	const struct lstate_metadata metadata[] = { { "k", "v=w" }, { NULL, NULL } };
	struct lstate_value five = lstate_value_int(5), min, step;
	struct lstate_variable *v;
	struct lstate_spec *spec;
	uint64_t id = 0;

	min = lstate_value_int(-5);
	step = lstate_value_int(2);
	ASSERT_EQ(0, lstate_spec_new(&spec, "i", LSTATE_TYPE_INT));
	EXPECT_EQ(0, lstate_spec_set_value(spec, &five));
	EXPECT_EQ(0, lstate_spec_set_min(spec, &min));
	EXPECT_EQ(0, lstate_spec_set_max(spec, &five));
	EXPECT_EQ(0, lstate_spec_set_step(spec, &step));
	EXPECT_EQ(0, lstate_spec_set_label(spec, "degree"));
	EXPECT_EQ(0, lstate_spec_set_description(spec, "wie groß"));
	EXPECT_EQ(0, lstate_spec_set_metadata(spec, metadata));
	EXPECT_EQ(0, lstate_register(self->s, spec, &id));
	lstate_spec_free(spec);

	ASSERT_EQ(0, lstate_describe(self->s, "i", &v));
	EXPECT_EQ(id, lstate_variable_id(v));
	EXPECT_STREQ("i", lstate_variable_name(v));
	EXPECT_EQ(LSTATE_TYPE_INT, lstate_variable_type(v));
	EXPECT_EQ(5, lstate_variable_value(v)->i);
	EXPECT_EQ(0, lstate_variable_version(v));
	EXPECT_EQ(lstate_variable_created_ns(v), lstate_variable_changed_ns(v));
	EXPECT_EQ(getpid(), lstate_variable_pid(v));
	EXPECT_EQ(geteuid(), lstate_variable_uid(v));
	EXPECT_STREQ("degree", lstate_variable_label(v));
	EXPECT_STREQ("wie groß", lstate_variable_description(v));
	EXPECT_TRUE(library_metadata_is(lstate_variable_metadata(v), "k", "v=w"));
	EXPECT_EQ(-5, lstate_variable_min(v)->i);
	EXPECT_EQ(5, lstate_variable_max(v)->i);
	EXPECT_EQ(2, lstate_variable_step(v)->i);
	EXPECT_EQ(-1, lstate_variable_min_length(v));
	EXPECT_EQ(-1, lstate_variable_max_length(v));
	EXPECT_EQ(NULL, lstate_variable_pattern(v));
	EXPECT_EQ(NULL, lstate_variable_choices(v, NULL));
	lstate_variable_free(v);
}

TEST_F(library_variable, string_is_described_as_it_was_specified)
{
	struct lstate_value value = lstate_value_string("Ab");
	struct lstate_variable *v;
	struct lstate_spec *spec;
	size_t n = 7;

	ASSERT_EQ(0, lstate_spec_new(&spec, "s", LSTATE_TYPE_STRING));
	EXPECT_EQ(0, lstate_spec_set_value(spec, &value));
	EXPECT_EQ(0, lstate_spec_set_min_length(spec, 2));
	EXPECT_EQ(0, lstate_spec_set_max_length(spec, 9));
	EXPECT_EQ(0, lstate_spec_set_pattern(spec, "[A-Z]*"));
	EXPECT_EQ(0, lstate_register(self->s, spec, NULL));
	lstate_spec_free(spec);

	ASSERT_EQ(0, lstate_describe(self->s, "s", &v));
	EXPECT_STREQ("Ab", lstate_variable_value(v)->s);
	EXPECT_EQ(2, lstate_variable_min_length(v));
	EXPECT_EQ(9, lstate_variable_max_length(v));
	EXPECT_STREQ("[A-Z]*", lstate_variable_pattern(v));
	EXPECT_EQ(NULL, lstate_variable_min(v));
	EXPECT_EQ(NULL, lstate_variable_max(v));
	EXPECT_EQ(NULL, lstate_variable_step(v));
	EXPECT_EQ(NULL, lstate_variable_choices(v, &n));
	EXPECT_EQ(0, n);
	EXPECT_STREQ("", lstate_variable_label(v));
	EXPECT_STREQ("", lstate_variable_description(v));
	EXPECT_EQ(NULL, lstate_variable_metadata(v)->key);
	lstate_variable_free(v);
}

TEST_F(library_variable, choice_is_described_with_its_list)
{
	const char *const *choices;
	struct lstate_variable *v;
	struct lstate_spec *spec;
	size_t n = 0;

	ASSERT_EQ(0, lstate_spec_new(&spec, "c", LSTATE_TYPE_CHOICE));
	EXPECT_EQ(0, lstate_spec_set_choices(spec, modes, 3));
	EXPECT_EQ(0, lstate_register(self->s, spec, NULL));
	lstate_spec_free(spec);

	ASSERT_EQ(0, lstate_describe(self->s, "c", &v));
	choices = lstate_variable_choices(v, &n);
	ASSERT_EQ(3, n);
	EXPECT_STREQ("off", choices[0]);
	EXPECT_STREQ("hold", choices[2]);
	EXPECT_EQ(NULL, choices[3]);
	EXPECT_STREQ("off", lstate_variable_value(v)->s);
	lstate_variable_free(v);
}

TEST_F(library_variable, ranges_are_limits_of_both_sides)
{
	struct lstate_spec *i, *u, *f;

	ASSERT_EQ(0, lstate_spec_new(&i, "i", LSTATE_TYPE_INT));
	ASSERT_EQ(0, lstate_spec_new(&u, "u", LSTATE_TYPE_UINT));
	ASSERT_EQ(0, lstate_spec_new(&f, "f", LSTATE_TYPE_FLOAT));
	EXPECT_EQ(0, lstate_spec_set_range_int(i, -2, 2));
	EXPECT_EQ(0, lstate_spec_set_range_uint(u, 3, 4));
	EXPECT_EQ(0, lstate_spec_set_range_float(f, 0.5, 1.5));
	EXPECT_EQ(0, lstate_register(self->s, i, NULL));
	EXPECT_EQ(0, lstate_register(self->s, u, NULL));
	EXPECT_EQ(0, lstate_register(self->s, f, NULL));
	EXPECT_FAILS(-ERANGE, MIN, "i: -3 is below the minimum -2",
		     lstate_set_int(self->s, "i", -3), self->s);
	EXPECT_FAILS(-ERANGE, MAX, "u: 5 is above the maximum 4",
		     lstate_set_uint(self->s, "u", 5), self->s);
	EXPECT_FAILS(-ERANGE, MAX, "f: 1.75 is above the maximum 1.5",
		     lstate_set_float(self->s, "f", 1.75), self->s);
	EXPECT_STREQ("0", text_of(self->s, "i"));
	EXPECT_STREQ("3", text_of(self->s, "u"));
	EXPECT_STREQ("0.5", text_of(self->s, "f"));
	lstate_spec_free(i);
	lstate_spec_free(u);
	lstate_spec_free(f);
}

TEST_F(library_variable, setters_of_a_spec_refuse_other_types)
{
	const struct lstate_metadata bad[] = { { "a=b", "c" }, { NULL, NULL } };
	struct lstate_value i = lstate_value_int(1), f = lstate_value_float(1);
	struct lstate_spec *s, *d;

	ASSERT_EQ(0, lstate_spec_new(&s, "s", LSTATE_TYPE_STRING));
	ASSERT_EQ(0, lstate_spec_new(&d, "d", LSTATE_TYPE_FLOAT));
	EXPECT_EQ(-EINVAL, lstate_spec_set_value(s, &i));
	EXPECT_EQ(-EINVAL, lstate_spec_set_min(s, &i));
	EXPECT_EQ(-EINVAL, lstate_spec_set_max(s, &i));
	EXPECT_EQ(-EINVAL, lstate_spec_set_step(d, &f));
	EXPECT_EQ(-EINVAL, lstate_spec_set_range_int(d, 1, 2));
	EXPECT_EQ(-EINVAL, lstate_spec_set_range_uint(d, 1, 2));
	EXPECT_EQ(-EINVAL, lstate_spec_set_range_float(s, 1, 2));
	EXPECT_EQ(-EINVAL, lstate_spec_set_min_length(d, 1));
	EXPECT_EQ(-EINVAL, lstate_spec_set_max_length(d, 1));
	EXPECT_EQ(-EINVAL, lstate_spec_set_pattern(d, "*"));
	EXPECT_EQ(-EINVAL, lstate_spec_set_choices(s, modes, 3));
	EXPECT_EQ(-EINVAL, lstate_spec_set_metadata(s, bad));
	lstate_spec_free(d);
	EXPECT_EQ(0, lstate_register(self->s, s, NULL));
	lstate_spec_free(s);
}

TEST_F(library_variable, refused_registration_leaves_nothing)
{
	struct lstate_value broken = { .type = LSTATE_TYPE_STRING,
				       .length = 1, .s = "\xff" };
	struct lstate_spec *spec;

	ASSERT_EQ(0, lstate_spec_new(&spec, "s", LSTATE_TYPE_STRING));
	ASSERT_EQ(0, lstate_spec_set_value(spec, &broken));
	EXPECT_FAILS(-EILSEQ, VALUE, "s: the value is not valid UTF-8 without NUL",
		     lstate_register(self->s, spec, NULL), self->s);
	lstate_spec_free(spec);
	EXPECT_EQ(-ERANGE, lstate_register_choice(self->s, "c", modes, 3, "x"));
	EXPECT_EQ(-EINVAL, lstate_register_choice(self->s, "c", modes, 0, NULL));
	EXPECT_EQ(-EINVAL, lstate_register_int(self->s, "a b", 0));
	EXPECT_TRUE(library_is_absent(self->s, "s"));
	EXPECT_TRUE(library_is_absent(self->s, "c"));
}

TEST_F(library_variable, taken_name_is_eexist)
{
	ASSERT_EQ(0, lstate_register_int(self->s, "x", 1));
	EXPECT_FAILS(-EEXIST, NAME,
		     "x: there is a variable of that name already",
		     lstate_register_int(self->s, "x", 2), self->s);
	EXPECT_STREQ("x", lstate_error_name(lstate_session_error(self->s)));
	EXPECT_EQ(1, library_int(self->s, "x"));
}

/* Register an int with a given id and version. */
static int register_restored(struct lstate_session *s, const char *name,
			     uint64_t id, uint64_t version)
{
	struct lstate_spec *spec;
	int rc = lstate_spec_new(&spec, name, LSTATE_TYPE_INT);

	if (!rc) {
		rc = lstate_spec_set_restore(spec, id, version) ?:
		     lstate_register(s, spec, NULL);
		lstate_spec_free(spec);
	}
	return rc;
}

TEST_F(library_variable, restored_one_has_its_id_and_version)
{
	const struct lstate_error *error = lstate_session_error(self->s);
	struct lstate_variable *variable;

	EXPECT_EQ(-EINVAL, register_restored(self->s, "x", 0, 1));
	ASSERT_EQ(0, register_restored(self->s, "x", 42, 7));
	ASSERT_EQ(0, lstate_describe(self->s, "x", &variable));
	EXPECT_EQ(42, lstate_variable_id(variable));
	EXPECT_EQ(7, lstate_variable_version(variable));
	lstate_variable_free(variable);
	EXPECT_FAILS(-EEXIST, ID,
		     "y: there is a variable of the id 42 already",
		     register_restored(self->s, "y", 42, 7), self->s);
	EXPECT_FAILS(-EINVAL, ID,
		     "y: the id 18446744073709551615 is above the maximum 18446744073709551614",
		     register_restored(self->s, "y", UINT64_MAX, 7), self->s);
	EXPECT_STREQ("18446744073709551615", lstate_error_value(error));
	EXPECT_FAILS(-EINVAL, VERSION,
		     "y: the version 9223372036854775808 is above the maximum 9223372036854775807",
		     register_restored(self->s, "y", 43, 1ULL << 63), self->s);
	EXPECT_STREQ("9223372036854775808", lstate_error_value(error));
	ASSERT_EQ(0, lstate_register_int(self->s, "next", 0));
	EXPECT_FAILS(-ENOTEMPTY, FLAGS,
		     "y: too late for a given id: the session has given one by itself",
		     register_restored(self->s, "y", 44, 7), self->s);
	EXPECT_TRUE(library_is_absent(self->s, "y"));
}

TEST_F(library_variable, after_the_greatest_id_none_is_left)
{
	ASSERT_EQ(0, register_restored(self->s, "x", UINT64_MAX - 1, 0));
	EXPECT_FAILS(-EDQUOT, ID,
		     "y: the session has no id left: the highest is 18446744073709551614",
		     lstate_register_int(self->s, "y", 2), self->s);
}

TEST_F(library_variable, refused_choice_tells_value_and_limit)
{
	const struct lstate_error *error = lstate_session_error(self->s);
	const char *const *choices;
	size_t n = 0;

	ASSERT_TRUE(register_all(self->s));
	EXPECT_FAILS(-ERANGE, CHOICES, "c: \"cool\" is not one of off, heat, hold",
		     lstate_set_choice(self->s, "c", "cool"), self->s);
	EXPECT_STREQ("c", lstate_error_name(error));
	EXPECT_STREQ("cool", lstate_error_value(error));
	EXPECT_STREQ("off, heat, hold", lstate_error_limit(error));
	EXPECT_EQ(LSTATE_TYPE_CHOICE, lstate_error_typed_value(error)->type);
	EXPECT_STREQ("cool", lstate_error_typed_value(error)->s);
	EXPECT_EQ(NULL, lstate_error_typed_limit(error));
	choices = lstate_error_choices(error, &n);
	ASSERT_EQ(3, n);
	EXPECT_STREQ("hold", choices[2]);
	EXPECT_EQ(NULL, choices[3]);
	EXPECT_STREQ("choices", lstate_field_name(lstate_error_field(error)));
	EXPECT_EQ(0, lstate_error_count(error));
	EXPECT_EQ(SIZE_MAX, lstate_error_index(error, 0));
	EXPECT_EQ(NULL, lstate_error_identifier(error, 0));
	EXPECT_EQ(0, lstate_error_status(error, 0));
	EXPECT_EQ(NULL, lstate_error_entry_message(error, 0));
	EXPECT_STREQ("heat", text_of(self->s, "c"));
}

TEST_F(library_variable, refused_number_tells_the_limit_in_its_type)
{
	const struct lstate_error *error = lstate_session_error(self->s);
	struct lstate_spec *spec;
	size_t n = 7;

	ASSERT_EQ(0, lstate_spec_new(&spec, "f", LSTATE_TYPE_FLOAT));
	ASSERT_EQ(0, lstate_spec_set_range_float(spec, 0, 0.5));
	ASSERT_EQ(0, lstate_register(self->s, spec, NULL));
	lstate_spec_free(spec);
	EXPECT_EQ(-ERANGE, lstate_set_float(self->s, "f", 0.75));
	EXPECT_EQ(0.75, lstate_error_typed_value(error)->f);
	EXPECT_EQ(LSTATE_TYPE_FLOAT, lstate_error_typed_limit(error)->type);
	EXPECT_EQ(0.5, lstate_error_typed_limit(error)->f);
	EXPECT_EQ(NULL, lstate_error_choices(error, &n));
	EXPECT_EQ(0, n);
}

TEST_F(library_variable, stale_set_changes_nothing_and_tells_the_version)
{
	struct lstate_value two = lstate_value_int(2);
	uint64_t version = POISON64;

	ASSERT_EQ(0, lstate_register_int(self->s, "x", 1));
	EXPECT_FAILS(-ESTALE, VERSION, "x: version is 0, not 7",
		     lstate_set(self->s, "x", &two, NULL, 7, &version), self->s);
	EXPECT_EQ(0, version);
	EXPECT_EQ(1, library_int(self->s, "x"));
	EXPECT_EQ(1, lstate_set(self->s, "x", &two, NULL, 0, &version));
	EXPECT_EQ(1, version);
	EXPECT_EQ(2, library_int(self->s, "x"));
}

TEST_F(library_variable, metadata_are_merged_by_a_set_that_changes)
{
	const struct lstate_metadata first[] = {
		{ "a", "1" }, { "b", "2" }, { NULL, NULL },
	};
	const struct lstate_metadata second[] = {
		{ "c", "3" }, { "a", "4" }, { NULL, NULL },
	};
	struct lstate_value two = lstate_value_int(2), three = lstate_value_int(3);
	const struct lstate_metadata *metadata;
	struct lstate_variable *v;

	ASSERT_EQ(0, lstate_register_int(self->s, "x", 1));
	EXPECT_EQ(1, lstate_set(self->s, "x", &two, first, LSTATE_ANY_VERSION, NULL));
	EXPECT_EQ(0, lstate_set(self->s, "x", &two, second, LSTATE_ANY_VERSION, NULL));
	EXPECT_EQ(1, lstate_set(self->s, "x", &three, second, 1, NULL));
	ASSERT_EQ(0, lstate_describe(self->s, "x", &v));
	metadata = lstate_variable_metadata(v);
	EXPECT_STREQ("a", metadata[0].key);
	EXPECT_STREQ("4", metadata[0].value);
	EXPECT_STREQ("b", metadata[1].key);
	EXPECT_STREQ("c", metadata[2].key);
	EXPECT_STREQ("3", metadata[2].value);
	EXPECT_EQ(NULL, metadata[3].key);
	lstate_variable_free(v);
}

TEST_F(library_variable, malformed_metadata_change_nothing)
{
	const struct lstate_metadata bad[] = { { "", "v" }, { NULL, NULL } };
	struct lstate_value two = lstate_value_int(2);

	ASSERT_EQ(0, lstate_register_int(self->s, "x", 1));
	EXPECT_EQ(-EINVAL, lstate_set(self->s, "x", &two, bad, LSTATE_ANY_VERSION,
				      NULL));
	EXPECT_EQ(LSTATE_FIELD_METADATA,
		  lstate_error_field(lstate_session_error(self->s)));
	EXPECT_EQ(1, library_int(self->s, "x"));
}

TEST_F(library_variable, text_is_read_as_the_variables_type)
{
	uint64_t version = POISON64;

	ASSERT_TRUE(register_all(self->s));
	EXPECT_EQ(1, lstate_set_text(self->s, "b", "off", NULL,
				     LSTATE_ANY_VERSION, &version));
	EXPECT_EQ(1, version);
	EXPECT_EQ(1, lstate_set_text(self->s, "i", "-0x10", NULL, 0, NULL));
	EXPECT_EQ(1, lstate_set_text(self->s, "u", "42", NULL, 0, NULL));
	EXPECT_EQ(1, lstate_set_text(self->s, "f", "-inf", NULL, 0, NULL));
	EXPECT_EQ(1, lstate_set_text(self->s, "s", "42", NULL, 0, NULL));
	EXPECT_EQ(1, lstate_set_text(self->s, "c", "off", NULL, 0, NULL));
	EXPECT_EQ(-ESTALE, lstate_set_text(self->s, "c", "hold", NULL, 0, NULL));
	EXPECT_STREQ("-16", text_of(self->s, "i"));
	EXPECT_STREQ("42", text_of(self->s, "u"));
	EXPECT_STREQ("-inf", text_of(self->s, "f"));
	EXPECT_STREQ("42", text_of(self->s, "s"));
	EXPECT_STREQ("off", text_of(self->s, "c"));
}

/* Operations. */

TEST_F(library_variable, operation_gives_the_new_value)
{
	struct lstate_value operand = lstate_value_int(12), result;
	uint64_t u = 0, version = 0;
	int64_t i = 0;
	bool b = true;

	ASSERT_EQ(0, lstate_register_int(self->s, "i", 40));
	ASSERT_EQ(0, lstate_register_uint(self->s, "u", UINT64_MAX - 1));
	ASSERT_EQ(0, lstate_register_bool(self->s, "b", true));
	EXPECT_EQ(1, lstate_add_int(self->s, "i", -30, &i));
	EXPECT_EQ(10, i);
	EXPECT_EQ(0, lstate_add_int(self->s, "i", 0, NULL));
	EXPECT_EQ(1, lstate_add_uint(self->s, "u", 1, &u));
	EXPECT_EQ(UINT64_MAX, u);
	EXPECT_EQ(1, lstate_add_int(self->s, "u", -5, NULL));
	EXPECT_STREQ("18446744073709551610", text_of(self->s, "u"));
	EXPECT_EQ(1, lstate_toggle(self->s, "b", &b));
	EXPECT_FALSE(b);
	EXPECT_EQ(1, lstate_operate(self->s, "i", LSTATE_OPERATION_AND, &operand,
				    NULL, LSTATE_ANY_VERSION, &result, &version));
	EXPECT_EQ(LSTATE_TYPE_INT, result.type);
	EXPECT_EQ(8, result.i);
	EXPECT_EQ(2, version);
	EXPECT_EQ(1, lstate_operate(self->s, "i", LSTATE_OPERATION_OR, &operand,
				    NULL, 2, &result, NULL));
	EXPECT_EQ(12, result.i);
	operand = lstate_value_int(5);
	EXPECT_EQ(1, lstate_operate(self->s, "i", LSTATE_OPERATION_XOR, &operand,
				    NULL, LSTATE_ANY_VERSION, NULL, NULL));
	EXPECT_STREQ("9", text_of(self->s, "i"));
	EXPECT_EQ(-ESTALE, lstate_operate(self->s, "i", LSTATE_OPERATION_ADD,
					  &operand, NULL, 0, NULL, &version));
	EXPECT_EQ(4, version);
}

TEST_F(library_variable, refused_operation_says_why)
{
	struct lstate_spec *spec;
	int64_t i = 4711;

	ASSERT_EQ(0, lstate_spec_new(&spec, "counter", LSTATE_TYPE_INT));
	EXPECT_EQ(0, lstate_spec_set_range_int(spec, 0, 10));
	EXPECT_EQ(0, lstate_register(self->s, spec, NULL));
	lstate_spec_free(spec);
	ASSERT_EQ(0, lstate_register_int(self->s, "i", INT64_MAX));
	ASSERT_EQ(0, lstate_register_float(self->s, "f", 1));
	EXPECT_FAILS(-ERANGE, MAX, "counter: the result is above the maximum 10",
		     lstate_add_int(self->s, "counter", 11, &i), self->s);
	EXPECT_EQ(4711, i);
	EXPECT_STREQ("10", lstate_error_limit(lstate_session_error(self->s)));
	EXPECT_FAILS(-ERANGE, MIN, "counter: the result is below the minimum 0",
		     lstate_add_int(self->s, "counter", -1, NULL), self->s);
	EXPECT_FAILS(-ERANGE, MAX,
		     "i: the result is above the maximum 9223372036854775807",
		     lstate_add_int(self->s, "i", 1, NULL), self->s);
	EXPECT_FAILS(-EINVAL, OPERATION,
		     "f: there is no such operation for a float",
		     lstate_add_int(self->s, "f", 1, NULL), self->s);
	EXPECT_FAILS(-EINVAL, TYPE, "i: an int is wanted, not a uint",
		     lstate_add_uint(self->s, "i", 1, NULL), self->s);
	EXPECT_FAILS(-EINVAL, OPERATION,
		     "i: there is no such operation for an int",
		     lstate_toggle(self->s, "i", NULL), self->s);
	EXPECT_TRUE(library_version_is(self->s, "counter", 0));
	EXPECT_TRUE(library_version_is(self->s, "i", 0));
}

TEST_F(library_variable, forced_set_is_a_change)
{
	struct lstate_value value = lstate_value_int(3);
	uint64_t version = 0;

	ASSERT_EQ(0, lstate_register_int(self->s, "i", 3));
	EXPECT_EQ(0, lstate_set_int(self->s, "i", 3));
	EXPECT_EQ(1, lstate_set_forced(self->s, "i", &value, NULL,
				       LSTATE_ANY_VERSION, &version));
	EXPECT_EQ(1, version);
	EXPECT_EQ(1, lstate_set_text_forced(self->s, "i", "3", NULL, 1, &version));
	EXPECT_EQ(2, version);
	EXPECT_EQ(-ESTALE, lstate_set_forced(self->s, "i", &value, NULL, 1, NULL));
}

/* A variable of type int with these flags: what registering it returns. */
static int register_flags(struct lstate_session *s, const char *name,
			  bool read_only, bool write_once)
{
	struct lstate_spec *spec;
	int rc = lstate_spec_new(&spec, name, LSTATE_TYPE_INT);

	if (rc)
		return rc;
	lstate_spec_set_read_only(spec, read_only);
	lstate_spec_set_write_once(spec, write_once);
	rc = lstate_register(s, spec, NULL);
	lstate_spec_free(spec);
	return rc;
}

TEST_F(library_variable, read_only_and_write_once_refuse_with_their_reason)
{
	struct lstate_variable *variable;

	ASSERT_EQ(0, register_flags(self->s, "r", true, false));
	ASSERT_EQ(0, register_flags(self->s, "w", false, true));
	EXPECT_FAILS(-EINVAL, FLAGS,
		     "x: it cannot be both read-only and written once",
		     register_flags(self->s, "x", true, true), self->s);
	EXPECT_FAILS(-EROFS, FLAGS, "r: it is read-only",
		     lstate_set_int(self->s, "r", 1), self->s);
	EXPECT_EQ(1, lstate_set_int(self->s, "w", 1));
	EXPECT_FAILS(-EROFS, FLAGS, "w: it was written once already",
		     lstate_set_int(self->s, "w", 2), self->s);
	ASSERT_EQ(0, lstate_describe(self->s, "r", &variable));
	EXPECT_TRUE(lstate_variable_is_read_only(variable));
	EXPECT_FALSE(lstate_variable_is_write_once(variable));
	lstate_variable_free(variable);
	ASSERT_EQ(0, lstate_describe(self->s, "w", &variable));
	EXPECT_FALSE(lstate_variable_is_read_only(variable));
	EXPECT_TRUE(lstate_variable_is_write_once(variable));
	lstate_variable_free(variable);
}

TEST_F(library_variable, text_that_is_no_value_changes_nothing)
{
	ASSERT_TRUE(register_all(self->s));
	EXPECT_FAILS(-EINVAL, VALUE, "i: \"1.5\" is not an int",
		     lstate_set_text(self->s, "i", "1.5", NULL, 0, NULL),
		     self->s);
	EXPECT_FAILS(-ERANGE, VALUE, "u: \"-1\" is too small for a uint",
		     lstate_set_text(self->s, "u", "-1", NULL, 0, NULL), self->s);
	EXPECT_EQ(INT64_MIN, library_int(self->s, "i"));
	EXPECT_STREQ("18446744073709551615", text_of(self->s, "u"));
}

TEST_F(library_variable, value_goes_through_text_copy_and_variable_unharmed)
{
	struct lstate_value value, copy;
	enum lstate_type type;

	ASSERT_TRUE(register_all(self->s));
	ASSERT_EQ(0, lstate_type_parse("float", &type));
	ASSERT_EQ(-EINVAL, lstate_type_parse("double", &type));
	ASSERT_EQ(0, lstate_value_parse(type, "0.30000000000000004", &value));
	ASSERT_EQ(0, lstate_value_copy(&copy, &value));
	EXPECT_EQ(1, lstate_set(self->s, "f", &copy, NULL, 0, NULL));
	EXPECT_STREQ("0.30000000000000004", text_of(self->s, "f"));
	EXPECT_STREQ("float", lstate_type_name(copy.type));
	lstate_value_clear(&copy);
	EXPECT_EQ(LSTATE_TYPE_NONE, copy.type);
	EXPECT_EQ(-EINVAL, lstate_value_format(&copy, NULL, 0));
}

TEST_F(library_variable, longest_text_comes_back_whole)
{
	char *text = library_long_text(LOCALSTATE_VALUE_MAX), *back = NULL;
	struct lstate_variable *v;

	ASSERT_EQ(0, lstate_register_string(self->s, "s", ""));
	EXPECT_EQ(1, lstate_set_string(self->s, "s", text));
	EXPECT_EQ(0, lstate_get_string(self->s, "s", &back));
	EXPECT_STREQ(text, back);
	ASSERT_EQ(0, lstate_describe(self->s, "s", &v));
	EXPECT_STREQ(text, lstate_variable_value(v)->s);
	EXPECT_EQ(LOCALSTATE_VALUE_MAX, lstate_variable_value(v)->length);
	lstate_variable_free(v);
	free(text);
	free(back);
}

TEST_F(library_variable, longer_text_is_einval_and_changes_nothing)
{
	char *text = library_long_text(LOCALSTATE_VALUE_MAX + 1);

	ASSERT_EQ(0, lstate_register_string(self->s, "s", "short"));
	EXPECT_FAILS(-EINVAL, VALUE,
		     "s: the value has 65537 bytes, more than the maximum 65536",
		     lstate_set_string(self->s, "s", text), self->s);
	EXPECT_STREQ("short", text_of(self->s, "s"));
	free(text);
}

TEST_F(library_variable, deleted_one_is_enoent_for_everything)
{
	const char *message = "x: no such variable";
	struct lstate_variable *v = NULL;
	int64_t value;

	ASSERT_EQ(0, lstate_register_int(self->s, "x", 1));
	EXPECT_EQ(0, lstate_delete(self->s, "@1"));
	EXPECT_FAILS(-ENOENT, NAME, message, lstate_delete(self->s, "x"), self->s);
	EXPECT_FAILS(-ENOENT, NAME, message,
		     lstate_get_int(self->s, "x", &value), self->s);
	EXPECT_FAILS(-ENOENT, NAME, message,
		     lstate_set_int(self->s, "x", 1), self->s);
	EXPECT_FAILS(-ENOENT, NAME, message,
		     lstate_set_text(self->s, "x", "1", NULL, 0, NULL), self->s);
	EXPECT_FAILS(-ENOENT, NAME, message,
		     lstate_describe(self->s, "x", &v), self->s);
	EXPECT_EQ(NULL, v);
}

/* Names of what a list has, with a blank after each, or what it fails with. */
static int list_names(struct lstate_session *s, const char *pattern,
		      char *names, size_t size)
{
	struct lstate_variable *v;
	struct lstate_list *list;
	int rc;

	names[0] = '\0';
	if (lstate_list_open(s, pattern, &list))
		return -ENOMEM;
	while ((rc = lstate_list_next(list, &v)) == 1) {
		strncat(names, lstate_variable_name(v), size - strlen(names) - 2);
		strcat(names, " ");
		lstate_variable_free(v);
	}
	lstate_list_close(list);
	return rc;
}

TEST_F(library_variable, list_has_what_matches_in_the_order_of_ids)
{
	char names[64];

	ASSERT_TRUE(register_all(self->s));
	EXPECT_EQ(0, list_names(self->s, NULL, names, sizeof(names)));
	EXPECT_STREQ("b i u f s c ", names);
	EXPECT_EQ(0, list_names(self->s, "[a-c]", names, sizeof(names)));
	EXPECT_STREQ("b c ", names);
	EXPECT_EQ(0, list_names(self->s, "", names, sizeof(names)));
	EXPECT_STREQ("", names);
}

TEST_F(library_variable, list_has_records_larger_than_its_buffer)
{
	char *text = library_long_text(LOCALSTATE_VALUE_MAX), names[64];

	ASSERT_EQ(0, lstate_register_int(self->s, "first", 1));
	ASSERT_EQ(0, lstate_register_string(self->s, "long", text));
	ASSERT_EQ(0, lstate_register_string(self->s, "longer", text));
	ASSERT_EQ(0, lstate_register_int(self->s, "last", 1));
	EXPECT_EQ(0, list_names(self->s, NULL, names, sizeof(names)));
	EXPECT_STREQ("first long longer last ", names);
	free(text);
}

TEST_F(library_variable, list_with_too_long_a_pattern_is_einval)
{
	char *pattern = library_long_text(LOCALSTATE_PATTERN_MAX + 1), names[8];

	EXPECT_EQ(-EINVAL, list_names(self->s, pattern, names, sizeof(names)));
	EXPECT_EQ(LSTATE_FIELD_PATTERN,
		  lstate_error_field(lstate_session_error(self->s)));
	free(pattern);
}

TEST_HARNESS_MAIN
