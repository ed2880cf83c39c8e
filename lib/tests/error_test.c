// SPDX-License-Identifier: LGPL-2.1-or-later
/* Errors: each refusal of the kernel becomes a sentence and its parts. */
#include "fake.h"

#include "tap.h"

/* What the fake kernel says to the next SET, REGISTER or GET. */
static struct {
	int code;
	uint32_t field, type;
	uint64_t limit;
} answer;

static const struct localstate_variable *described;
static uint32_t described_size;

static int refuse(struct localstate_error *error)
{
	return fake_refuse(error, answer.code, answer.field, answer.type,
			   answer.limit);
}

static int kernel(unsigned long request, void *argument)
{
	struct localstate_describe *describe = argument;

	switch (request) {
	case LOCALSTATE_IOC_SET:
		return refuse(&((struct localstate_set *)argument)->error);
	case LOCALSTATE_IOC_GET:
		return refuse(&((struct localstate_get *)argument)->error);
	case LOCALSTATE_IOC_DELETE:
		return refuse(&((struct localstate_delete *)argument)->error);
	case LOCALSTATE_IOC_REGISTER:
		return refuse(&((struct localstate_register *)argument)->error);
	case LOCALSTATE_IOC_WATCH:
		return refuse(&((struct localstate_watch *)argument)->error);
	case LOCALSTATE_IOC_QUEUE:
		return refuse(&((struct localstate_queue *)argument)->error);
	case LOCALSTATE_IOC_DESCRIBE:
		if (!described)
			return fake_refuse(&describe->error, -EACCES, 0, 0, 0);
		describe->size = described_size;
		memcpy((void *)(uintptr_t)describe->buffer, described,
		       described_size);
		return 0;
	default:
		return -ENOTTY;
	}
}

static struct lstate_session *begin(int code, uint32_t field, uint32_t type,
				    uint64_t limit)
{
	fake_ioctl = kernel;
	described = NULL;
	answer.code = code;
	answer.field = field;
	answer.type = type;
	answer.limit = limit;
	return fake_session();
}

static const char *message(const struct lstate_session *session)
{
	return lstate_error_message(lstate_session_error(session));
}

static uint64_t bits(double f)
{
	struct lstate_value value = lstate_value_float(f);

	return lstate_value_bits(&value);
}

static bool is_value(const struct lstate_value *is, struct lstate_value wanted)
{
	return is && is->type == wanted.type && is->length == wanted.length &&
	       (wanted.length ? !memcmp(is->s, wanted.s, wanted.length) :
				lstate_value_bits(is) == lstate_value_bits(&wanted));
}

static bool has_value(const struct lstate_session *session,
		      struct lstate_value wanted)
{
	return is_value(lstate_error_typed_value(lstate_session_error(session)),
			wanted);
}

static bool has_limit(const struct lstate_session *session,
		      struct lstate_value wanted)
{
	return is_value(lstate_error_typed_limit(lstate_session_error(session)),
			wanted);
}

static bool has_neither(const struct lstate_session *session)
{
	const struct lstate_error *error = lstate_session_error(session);

	return !lstate_error_value(error) && !lstate_error_typed_value(error) &&
	       !lstate_error_limit(error) && !lstate_error_typed_limit(error) &&
	       !lstate_error_choices(error, NULL);
}

TEST(value_above_the_maximum_names_both)
{
	struct lstate_session *s = begin(-ERANGE, LOCALSTATE_FIELD_MAX,
					 LOCALSTATE_TYPE_FLOAT, bits(30));
	const struct lstate_error *error = lstate_session_error(s);

	check(lstate_set_float(s, "temp", 31.5) == -ERANGE);
	check_text(message(s), "temp: 31.5 is above the maximum 30");
	check(lstate_error_code(error) == -ERANGE);
	check(lstate_error_field(error) == LSTATE_FIELD_MAX);
	check_text(lstate_error_name(error), "temp");
	check_text(lstate_error_value(error), "31.5");
	check_text(lstate_error_limit(error), "30");
	check(has_value(s, lstate_value_float(31.5)));
	check(has_limit(s, lstate_value_float(30)));
	check(lstate_error_count(error) == 0);
	check(lstate_error_index(error, 0) == SIZE_MAX);
	lstate_session_close(s);
}

TEST(value_below_the_minimum_names_both)
{
	struct lstate_session *s = begin(-ERANGE, LOCALSTATE_FIELD_MIN,
					 LOCALSTATE_TYPE_INT, (uint64_t)-5);

	check(lstate_set_int(s, "@7", -6) == -ERANGE);
	check_text(message(s), "@7: -6 is below the minimum -5");
	check(has_value(s, lstate_value_int(-6)));
	check(has_limit(s, lstate_value_int(-5)));
	lstate_session_close(s);
}

TEST(nan_is_not_called_below_the_minimum)
{
	struct lstate_session *s = begin(-ERANGE, LOCALSTATE_FIELD_MIN,
					 LOCALSTATE_TYPE_FLOAT, bits(0));

	check(lstate_set_float(s, "temp", __builtin_nan("")) == -ERANGE);
	check_text(message(s), "temp: nan is not within the minimum 0");
	lstate_session_close(s);
}

TEST(value_between_steps_names_the_step)
{
	struct lstate_session *s = begin(-ERANGE, LOCALSTATE_FIELD_STEP,
					 LOCALSTATE_TYPE_UINT, 5);

	check(lstate_set_uint(s, "n", 7) == -ERANGE);
	check_text(message(s), "n: 7 lies between the steps of 5");
	check(has_value(s, lstate_value_uint(7)));
	check(has_limit(s, lstate_value_uint(5)));
	lstate_session_close(s);
}

TEST(lengths_are_counted_for_the_reader)
{
	struct lstate_session *s = begin(-ERANGE, LOCALSTATE_FIELD_MIN_LENGTH,
					 LOCALSTATE_TYPE_UINT, 3);

	check(lstate_set_string(s, "name", "ü€") == -ERANGE);
	check_text(message(s),
		   "name: \"ü€\" has 2 characters, fewer than the minimum 3");
	answer.field = LOCALSTATE_FIELD_MAX_LENGTH;
	answer.limit = 0;
	check(lstate_set_string(s, "name", "a") == -ERANGE);
	check_text(message(s),
		   "name: \"a\" has 1 character, more than the maximum 0");
	check(has_value(s, lstate_value_string("a")));
	check(has_limit(s, lstate_value_uint(0)));
	lstate_session_close(s);
}

/* A description with choices or a pattern, and nothing else. */
static void describe(struct localstate_variable *record, const char *text,
		     uint32_t length, bool is_pattern)
{
	memset(record, 0, sizeof(*record) + 64);
	record->type = is_pattern ? LOCALSTATE_TYPE_STRING :
				    LOCALSTATE_TYPE_CHOICE;
	record->constraints = is_pattern ? LOCALSTATE_HAS_PATTERN :
					   LOCALSTATE_HAS_CHOICES;
	if (is_pattern)
		record->pattern_len = length;
	else
		record->choices_len = length;
	memcpy(record + 1, text, length);
	record->size = sizeof(*record) + LOCALSTATE_ALIGN(length);
	described = record;
	described_size = record->size;
}

TEST(wrong_choice_lists_the_choices)
{
	struct lstate_session *s = begin(-ERANGE, LOCALSTATE_FIELD_CHOICES, 0, 0);
	struct localstate_variable record[2];
	const char *const *choices;
	size_t n = 99;

	describe(record, "eco\0normal", 11, false);
	check(lstate_set_choice(s, "mode", "turbo") == -ERANGE);
	check_text(message(s), "mode: \"turbo\" is not one of eco, normal");
	check_text(lstate_error_limit(lstate_session_error(s)), "eco, normal");
	check_text(lstate_error_value(lstate_session_error(s)), "turbo");
	choices = lstate_error_choices(lstate_session_error(s), &n);
	if (check(choices && n == 2)) {
		check_text(choices[0], "eco");
		check_text(choices[1], "normal");
		check(!choices[2]);
	}
	check(!lstate_error_typed_limit(lstate_session_error(s)));
	check(has_value(s, lstate_value_choice("turbo")));
	lstate_session_close(s);
}

TEST(wrong_choice_without_the_right_to_read_does_without_the_list)
{
	struct lstate_session *s = begin(-ERANGE, LOCALSTATE_FIELD_CHOICES, 0, 0);
	size_t n = 99;

	check(lstate_set_choice(s, "mode", "turbo") == -ERANGE);
	check_text(message(s),
		   "mode: \"turbo\" is not one of the variable's choices");
	check(!lstate_error_limit(lstate_session_error(s)));
	check(!lstate_error_choices(lstate_session_error(s), &n) && !n);
	lstate_session_close(s);
}

TEST(pattern_is_shown)
{
	struct lstate_session *s = begin(-ERANGE, LOCALSTATE_FIELD_PATTERN, 0, 0);
	struct localstate_variable record[2];

	describe(record, "[A-Z]*", 6, true);
	check(lstate_set_string(s, "module", "ab") == -ERANGE);
	check_text(message(s),
		   "module: \"ab\" does not match the pattern \"[A-Z]*\"");
	check_text(lstate_error_limit(lstate_session_error(s)), "[A-Z]*");
	check(has_limit(s, lstate_value_string("[A-Z]*")));
	lstate_session_close(s);
}

TEST(wrong_type_names_both_types)
{
	struct lstate_session *s = begin(-EINVAL, LOCALSTATE_FIELD_TYPE,
					 LOCALSTATE_TYPE_INT, 0);

	check(lstate_set_string(s, "temp", "x") == -EINVAL);
	check_text(message(s), "temp: an int is wanted, not a string");
	check(has_value(s, lstate_value_string("x")));
	check(!lstate_error_typed_limit(lstate_session_error(s)));
	lstate_session_close(s);
}

TEST(stale_version_names_both_and_gives_the_present_one)
{
	struct lstate_session *s = begin(-ESTALE, LOCALSTATE_FIELD_VERSION,
					 LOCALSTATE_TYPE_UINT, 7);
	struct lstate_value value = lstate_value_int(1);
	uint64_t version = 99;

	check(lstate_set(s, "temp", &value, NULL, 3, &version) == -ESTALE);
	check_text(message(s), "temp: version is 7, not 3");
	check_text(lstate_error_limit(lstate_session_error(s)), "7");
	check(has_value(s, lstate_value_uint(3)));
	check(has_limit(s, lstate_value_uint(7)));
	check(version == 7);
	answer.limit = 0;
	check(lstate_set(s, "temp", &value, NULL, 3, &version) == -ESTALE);
	check_text(lstate_error_limit(lstate_session_error(s)), "0");
	lstate_session_close(s);
}

TEST(limits_of_a_user_are_named)
{
	struct lstate_session *s = begin(-EDQUOT, LOCALSTATE_FIELD_VARIABLES,
					 LOCALSTATE_TYPE_UINT, 1000);

	check(lstate_register_int(s, "temp", 1) == -EDQUOT);
	check_text(message(s),
		   "temp: the limit of 1000 variables of this user is reached");
	check_text(lstate_error_limit(lstate_session_error(s)), "1000");
	check(has_limit(s, lstate_value_uint(1000)));
	check(!lstate_error_typed_value(lstate_session_error(s)));
	lstate_session_close(s);
}

static void ignore(const char *identifier, const struct lstate_value *old_value,
		   const struct lstate_value *new_value,
		   const struct lstate_metadata *metadata,
		   const struct lstate_event *event, void *user_data)
{
	(void)identifier;
	(void)old_value;
	(void)new_value;
	(void)metadata;
	(void)event;
	(void)user_data;
}

TEST(watch_above_the_limit_of_a_user_is_about_no_variable)
{
	struct lstate_session *s = begin(-EDQUOT, LOCALSTATE_FIELD_WATCHES,
					 LOCALSTATE_TYPE_UINT, 50);
	const char *target = "temp";

	check(lstate_watch_add(s, &target, 1, NULL, ignore, NULL, NULL, NULL) ==
	      -EDQUOT);
	check_text(message(s),
		   "watch: the limit of 50 watches of this user is reached");
	check_text(lstate_error_name(lstate_session_error(s)), "");
	check(has_limit(s, lstate_value_uint(50)));
	lstate_session_close(s);
}

TEST(missing_variable_is_named)
{
	struct lstate_session *s = begin(-ENOENT, LOCALSTATE_FIELD_NAME, 0, 0);
	struct lstate_value value;

	check(lstate_get(s, "foo", &value, NULL) == -ENOENT);
	check_text(message(s), "foo: no such variable");
	check(lstate_delete(s, "@9") == -ENOENT);
	check_text(message(s), "@9: no such variable");
	lstate_session_close(s);
}

TEST(what_is_no_identifier_is_said_so)
{
	struct lstate_session *s = begin(-EINVAL, LOCALSTATE_FIELD_NAME, 0, 0);

	check(lstate_delete(s, "a b\n") == -EINVAL);
	check_text(message(s), "\"a b\\x0a\": neither a name nor an @id: 1 to 127 of the characters A-Z a-z 0-9 _ . : / - are wanted");
	check(lstate_delete(s, NULL) == -EINVAL);
	lstate_session_close(s);
}

TEST(rights_and_descriptor_are_told_apart)
{
	struct lstate_session *s = begin(-EACCES, 0, 0, 0);

	check(lstate_set_int(s, "a", 1) == -EACCES);
	check_text(message(s), "a: permission denied: the session does not grant the right to write");
	check(has_neither(s));
	answer.code = -EBADF;
	check(lstate_set_int(s, "a", 1) == -EBADF);
	check_text(message(s), "a: the session was opened read-only");
	lstate_session_close(s);
}

TEST(identifier_from_the_last_error_may_be_used_again)
{
	struct lstate_session *s = begin(-ENOENT, LOCALSTATE_FIELD_NAME, 0, 0);

	check(lstate_delete(s, "foo") == -ENOENT);
	check(lstate_delete(s, lstate_error_name(lstate_session_error(s))) ==
	      -ENOENT);
	check_text(message(s), "foo: no such variable");
	lstate_session_close(s);
}

TEST(error_part_of_another_errno_is_ignored)
{
	struct lstate_session *s = begin(-ENOTTY, 0, 0, 0);

	answer.code = 0;
	fake_ioctl = NULL;
	check(lstate_set_int(s, "a", 1) == -ENOTTY);
	check_text(message(s),
		   "a: this kernel module does not know what was asked for");
	lstate_session_close(s);
}

TEST(registered_minimum_above_maximum_names_both)
{
	struct lstate_session *s = begin(-EINVAL, LOCALSTATE_FIELD_MIN,
					 LOCALSTATE_TYPE_INT, 3);
	struct lstate_spec *spec;

	check(lstate_spec_new(&spec, "temp", LSTATE_TYPE_INT) == 0);
	check(lstate_spec_set_range_int(spec, 5, 3) == 0);
	check(lstate_register(s, spec, NULL) == -EINVAL);
	check_text(message(s), "temp: the minimum 5 is above the maximum 3");
	check(has_value(s, lstate_value_int(5)));
	check(has_limit(s, lstate_value_int(3)));
	lstate_spec_free(spec);
	lstate_session_close(s);
}

TEST(registered_maximum_of_0_is_a_limit)
{
	struct lstate_session *s = begin(-EINVAL, LOCALSTATE_FIELD_MIN,
					 LOCALSTATE_TYPE_FLOAT, bits(0));
	struct lstate_spec *spec;

	check(lstate_spec_new(&spec, "temp", LSTATE_TYPE_FLOAT) == 0);
	check(lstate_spec_set_range_float(spec, 0.5, 0) == 0);
	check(lstate_register(s, spec, NULL) == -EINVAL);
	check(has_value(s, lstate_value_float(0.5)));
	check(has_limit(s, lstate_value_float(0)));
	check_text(lstate_error_limit(lstate_session_error(s)), "0");
	lstate_spec_free(spec);
	lstate_session_close(s);
}

TEST(text_that_is_no_number_is_the_value_as_a_string)
{
	struct lstate_session *s = begin(-EINVAL, LOCALSTATE_FIELD_TYPE,
					 LOCALSTATE_TYPE_INT, 0);

	check(lstate_set_text(s, "temp", "x", NULL, LSTATE_ANY_VERSION, NULL) ==
	      -EINVAL);
	check_text(message(s), "temp: \"x\" is not an int");
	check(has_value(s, lstate_value_string("x")));
	lstate_session_close(s);
}

TEST(registered_initial_value_is_explained_from_the_spec)
{
	static const char *const choices[] = { "eco", "a, b" };
	struct lstate_session *s = begin(-ERANGE, LOCALSTATE_FIELD_CHOICES, 0, 0);

	check(lstate_register_choice(s, "mode", choices, 2, "x") == -ERANGE);
	check_text(message(s), "mode: \"x\" is not one of eco, \"a, b\"");
	check(lstate_register_choice(s, "mode", choices, 2, NULL) == -ERANGE);
	check_text(message(s), "mode: the default initial value violates the choices: give an initial value");
	lstate_session_close(s);
}

TEST(queue_size_above_the_maximum_names_both)
{
	struct lstate_session *s = begin(-EINVAL, LOCALSTATE_FIELD_QUEUE_SIZE,
					 LOCALSTATE_TYPE_UINT, 1048576);

	check(lstate_session_set_queue_size(s, 2000000) == -EINVAL);
	check_text(message(s), "queue: 2000000 bytes are above the maximum 1048576");
	check(has_value(s, lstate_value_uint(2000000)));
	check(has_limit(s, lstate_value_uint(1048576)));
	answer.code = -EBUSY;
	check(lstate_session_set_queue_size(s, 4096) == -EBUSY);
	check_text(message(s), "queue: the first watch has fixed its size");
	check(lstate_session_set_queue_size(s, 0) == -EINVAL);
	lstate_session_close(s);
}

TEST(malformed_metadata_name_the_key)
{
	const struct lstate_metadata wrong[] = { { "a=b", "c" }, { NULL, NULL } };
	struct lstate_session *s = begin(-ENOTTY, 0, 0, 0);
	struct lstate_value value = lstate_value_int(1);

	check(lstate_set(s, "a", &value, wrong, LSTATE_ANY_VERSION, NULL) ==
	      -EINVAL);
	check_text(message(s), "metadata: \"a=b\" is not a key: it must not be empty or have a \"=\"");
	lstate_session_close(s);
}

TEST(accessors_take_null)
{
	check(lstate_error_code(NULL) == 0);
	check(lstate_error_message(NULL) != NULL);
	check(lstate_error_field(NULL) == LSTATE_FIELD_NONE);
	check_text(lstate_error_name(NULL), "");
	check(lstate_error_count(NULL) == 0);
	check(lstate_error_status(NULL, 0) == 0);
	check(!lstate_error_identifier(NULL, 0));
	check(!lstate_error_value(NULL) && !lstate_error_typed_value(NULL));
	check(!lstate_error_limit(NULL) && !lstate_error_typed_limit(NULL));
	check(!lstate_error_choices(NULL, NULL));
	check(!lstate_error_entry_message(NULL, 0));
	check(!lstate_error_entry(NULL, 0));
	lstate_error_free(NULL);
}

TEST(message_is_there_even_if_memory_was_out)
{
	struct lstate_error error = { .code = -ENOMEM };

	check_text(lstate_error_message(&error), "Cannot allocate memory");
}

TEST(fields_have_names)
{
	check_text(lstate_field_name(LSTATE_FIELD_LINKS), "links");
	check_text(lstate_field_name(LSTATE_FIELD_OPERATION), "operation");
	check_text(lstate_field_name(LSTATE_FIELD_MIN_LENGTH), "min_length");
	check_text(lstate_field_name((enum lstate_field)99), "unknown");
}

TAP_MAIN
