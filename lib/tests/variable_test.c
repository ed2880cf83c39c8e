// SPDX-License-Identifier: LGPL-2.1-or-later
/* Variables: registering, setting, getting, describing and listing them. */
#include "fake.h"

#include "tap.h"

TEST(identifier_is_an_id_or_a_name)
{
	static const struct {
		const char *identifier;
		uint64_t id;
	} cases[] = {
		{ "@1", 1 }, { "@42", 42 }, { "@18446744073709551615", UINT64_MAX },
		{ "@0", 0 }, { "@", 0 }, { "@-1", 0 }, { "@+1", 0 }, { "@01", 0 },
		{ "@0x1", 0 }, { "@1x", 0 }, { "@18446744073709551616", 0 },
		{ "42", 0 }, { "temp", 0 }, { "", 0 },
	};
	struct localstate_key key;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(&key, 0xff, sizeof(key));
		lstate_key_parse(cases[i].identifier, &key);
		check(key.id == cases[i].id && key.reserved == 0);
		if (key.id)
			check(!key.name && !key.name_len);
		else
			check(key.name_len == strlen(cases[i].identifier));
	}
}

/* ------------------------------------------------------------------------ */

static struct localstate_register registered;
static char texts[5][64];

static int kernel_register(unsigned long request, void *argument)
{
	struct localstate_register *arg = argument;

	if (request != LOCALSTATE_IOC_REGISTER)
		return -ENOTTY;
	registered = *arg;
	memcpy(texts[0], fake_text(arg->name, arg->name_len), 64);
	memcpy(texts[1], fake_text(arg->pattern, arg->pattern_len), 64);
	memcpy(texts[2], fake_text(arg->label, arg->label_len), 64);
	memcpy(texts[3], fake_text(arg->description, arg->description_len), 64);
	memcpy(texts[4], fake_text(arg->metadata, arg->metadata_len), 64);
	arg->id = 17;
	return 0;
}

TEST(spec_travels_whole)
{
	const struct lstate_metadata metadata[] = { { "k", "v" }, { NULL, NULL } };
	struct lstate_session *s = fake_session();
	struct lstate_value value = lstate_value_string("Abc");
	struct lstate_spec *spec;
	uint64_t id = 0;

	fake_ioctl = kernel_register;
	check(lstate_spec_new(&spec, "name", LSTATE_TYPE_STRING) == 0);
	check(lstate_spec_set_value(spec, &value) == 0);
	check(lstate_spec_set_min_length(spec, 1) == 0);
	check(lstate_spec_set_max_length(spec, 9) == 0);
	check(lstate_spec_set_pattern(spec, "[A-Z]*") == 0);
	check(lstate_spec_set_label(spec, "module") == 0);
	check(lstate_spec_set_description(spec, "what it is") == 0);
	check(lstate_spec_set_metadata(spec, metadata) == 0);
	check(lstate_register(s, spec, &id) == 0);
	lstate_spec_free(spec);
	lstate_spec_free(NULL);

	check(id == 17);
	check(registered.type == LOCALSTATE_TYPE_STRING && !registered.flags);
	check(registered.constraints == (LOCALSTATE_HAS_MIN_LENGTH |
					 LOCALSTATE_HAS_MAX_LENGTH |
					 LOCALSTATE_HAS_PATTERN));
	check(registered.min_length == 1 && registered.max_length == 9);
	check(registered.value.type == LOCALSTATE_TYPE_STRING);
	check(registered.value.length == 3);
	check(!registered.min && !registered.max && !registered.step);
	check_text(texts[0], "name");
	check_text(texts[1], "[A-Z]*");
	check_text(texts[2], "module");
	check_text(texts[3], "what it is");
	check_text(texts[4], "k=v");
	check(registered.metadata_len == 4);
	lstate_session_close(s);
}

TEST(spec_without_value_asks_for_the_default)
{
	struct lstate_session *s = fake_session();
	struct lstate_spec *spec;

	fake_ioctl = kernel_register;
	check(lstate_spec_new(&spec, "n", LSTATE_TYPE_INT) == 0);
	check(lstate_spec_set_range_int(spec, -1, 1) == 0);
	check(lstate_register(s, spec, NULL) == 0);
	check(registered.value.type == LOCALSTATE_TYPE_NONE);
	check(!registered.value.data && !registered.value.length);
	check(registered.min == UINT64_MAX && registered.max == 1);
	lstate_spec_free(spec);
	lstate_session_close(s);
}

TEST(spec_refuses_what_is_of_another_type)
{
	struct lstate_value i = lstate_value_int(1), f = lstate_value_float(1);
	struct lstate_value b = lstate_value_bool(true);
	struct lstate_spec *spec;

	check(lstate_spec_new(&spec, "n", LSTATE_TYPE_FLOAT) == 0);
	check(lstate_spec_set_value(spec, &i) == -EINVAL);
	check(lstate_spec_set_min(spec, &i) == -EINVAL);
	check(lstate_spec_set_step(spec, &f) == -EINVAL);
	check(lstate_spec_set_range_int(spec, 0, 1) == -EINVAL);
	check(lstate_spec_set_pattern(spec, "*") == -EINVAL);
	check(lstate_spec_set_min_length(spec, 1) == -EINVAL);
	check(lstate_spec_set_choices(spec, NULL, 0) == -EINVAL);
	check(spec->constraints == 0);
	lstate_spec_free(spec);
	check(lstate_spec_new(&spec, "b", LSTATE_TYPE_BOOL) == 0);
	check(lstate_spec_set_min(spec, &b) == -EINVAL);
	lstate_spec_free(spec);
}

/* ------------------------------------------------------------------------ */

/* A variable of which a SET of another type tells the type. */
static enum lstate_type is_type, next_type;
static unsigned int sets;
static uint64_t set_bits;
static char set_text[64];

static int kernel_set(unsigned long request, void *argument)
{
	struct localstate_set *arg = argument;

	if (request != LOCALSTATE_IOC_SET)
		return -ENOTTY;
	sets++;
	if (arg->value.type != is_type) {
		int rc = fake_refuse(&arg->error, -EINVAL, LOCALSTATE_FIELD_TYPE,
				     is_type, 0);

		is_type = next_type;
		return rc;
	}
	if (lstate_type_is_text(is_type))
		memcpy(set_text, fake_text(arg->value.data, arg->value.length), 64);
	else
		set_bits = arg->value.data;
	arg->result = LOCALSTATE_SET_CHANGED;
	arg->version = 5;
	return 0;
}

static int set_from_text(enum lstate_type type, enum lstate_type next,
			 const char *text, char *message, size_t size)
{
	struct lstate_session *s = fake_session();
	uint64_t version = 0;
	int rc;

	fake_ioctl = kernel_set;
	is_type = type;
	next_type = next;
	sets = 0;
	rc = lstate_set_text(s, "temp", text, NULL, LSTATE_ANY_VERSION, &version);
	check(rc < 0 || version == 5);
	if (rc < 0 && message)
		snprintf(message, size, "%s",
			 lstate_error_message(lstate_session_error(s)));
	lstate_session_close(s);
	return rc;
}

TEST(set_text_finds_the_type_out)
{
	check(set_from_text(LSTATE_TYPE_INT, LSTATE_TYPE_INT, "-5", NULL, 0) == 1);
	check(set_bits == (uint64_t)-5 && sets == 2);
	check(set_from_text(LSTATE_TYPE_BOOL, LSTATE_TYPE_BOOL, "on", NULL, 0) == 1);
	check(set_bits == 1);
	check(set_from_text(LSTATE_TYPE_STRING, LSTATE_TYPE_STRING, "on", NULL, 0) == 1);
	check(sets == 1);
	check_text(set_text, "on");
	check(set_from_text(LSTATE_TYPE_CHOICE, LSTATE_TYPE_CHOICE, "eco", NULL, 0) == 1);
	check_text(set_text, "eco");
}

TEST(set_text_follows_a_variable_that_is_made_anew)
{
	check(set_from_text(LSTATE_TYPE_INT, LSTATE_TYPE_FLOAT, "2", NULL, 0) == 1);
	check(sets == 3 && set_bits == 0x4000000000000000ULL);
}

TEST(set_text_gives_up_when_the_type_never_stays)
{
	struct lstate_session *s = fake_session();

	fake_ioctl = kernel_set;
	is_type = next_type = (enum lstate_type)0;
	sets = 0;
	/* Not a type: every text is refused as one that cannot be read. */
	check(lstate_set_text(s, "t", "1", NULL, LSTATE_ANY_VERSION, NULL) ==
	      -EOPNOTSUPP);
	lstate_session_close(s);
}

TEST(set_text_says_what_cannot_be_read)
{
	char message[200];

	check(set_from_text(LSTATE_TYPE_INT, LSTATE_TYPE_INT, "abc", message,
			    sizeof(message)) == -EINVAL);
	check_text(message, "temp: \"abc\" is not an int");
	check(set_from_text(LSTATE_TYPE_INT, LSTATE_TYPE_INT,
			    "99999999999999999999", message,
			    sizeof(message)) == -ERANGE);
	check_text(message, "temp: \"99999999999999999999\" is too large for an int");
	check(set_from_text(LSTATE_TYPE_UINT, LSTATE_TYPE_UINT, "-1", message,
			    sizeof(message)) == -ERANGE);
	check_text(message, "temp: \"-1\" is too small for a uint");
}

/* ------------------------------------------------------------------------ */

static const char *got_text;
static enum lstate_type got_type;
static unsigned int gets;

static int kernel_get(unsigned long request, void *argument)
{
	struct localstate_get *arg = argument;
	uint32_t length = (uint32_t)strlen(got_text);

	if (request != LOCALSTATE_IOC_GET)
		return -ENOTTY;
	gets++;
	arg->value.type = got_type;
	if (!lstate_type_is_text(got_type)) {
		arg->value.data = 1;
		arg->value.length = 8;
		return 0;
	}
	arg->value.length = length;
	if (length > arg->buffer_len)
		return fake_refuse(&arg->error, -EMSGSIZE,
				   LOCALSTATE_FIELD_BUFFER,
				   LOCALSTATE_TYPE_UINT, length);
	memcpy((void *)(uintptr_t)arg->buffer, got_text, length);
	arg->version = 9;
	return 0;
}

TEST(get_takes_texts_of_any_length)
{
	static char longer[5001];
	struct lstate_session *s = fake_session();
	char *text = NULL;

	fake_ioctl = kernel_get;
	got_type = LSTATE_TYPE_STRING;
	got_text = "short";
	gets = 0;
	check(lstate_get_string(s, "a", &text) == 0 && gets == 1);
	check_text(text, "short");
	free(text);
	got_text = memset(longer, 'x', 5000);
	check(lstate_get_string(s, "a", &text) == 0 && gets == 3);
	check(strlen(text) == 5000);
	free(text);
	got_text = "";
	check(lstate_get_string(s, "a", &text) == 0);
	check_text(text, "");
	free(text);
	lstate_session_close(s);
}

TEST(get_of_another_type_is_refused)
{
	struct lstate_session *s = fake_session();
	int64_t i = 7;
	char *text = NULL;

	fake_ioctl = kernel_get;
	got_text = "x";
	got_type = LSTATE_TYPE_STRING;
	check(lstate_get_int(s, "a", &i) == -EINVAL && i == 7);
	check_text(lstate_error_message(lstate_session_error(s)),
		   "a: it is a string, not an int");
	check(lstate_get_choice(s, "a", &text) == -EINVAL && !text);
	got_type = LSTATE_TYPE_CHOICE;
	check(lstate_get_string(s, "a", &text) == 0);
	free(text);
	got_type = LSTATE_TYPE_INT;
	check(lstate_get_int(s, "a", &i) == 0 && i == 1);
	lstate_session_close(s);
}

/* ------------------------------------------------------------------------ */

struct record {
	struct localstate_variable fixed;
	char data[256];
};

static uint32_t add(struct record *record, const char *data, uint32_t length)
{
	memcpy((char *)record + record->fixed.size, data, length);
	record->fixed.size += LOCALSTATE_ALIGN(length);
	return length;
}

static void make_record(struct record *record, uint64_t id, const char *name)
{
	memset(record, 0, sizeof(*record));
	record->fixed.size = sizeof(record->fixed);
	record->fixed.id = id;
	record->fixed.type = LOCALSTATE_TYPE_CHOICE;
	record->fixed.constraints = LOCALSTATE_HAS_CHOICES;
	record->fixed.version = 3;
	record->fixed.value_len = add(record, "eco", 3);
	record->fixed.name_len = add(record, name, (uint32_t)strlen(name));
	record->fixed.label_len = add(record, "mode", 4);
	record->fixed.description_len = add(record, "how it runs", 11);
	record->fixed.choices_len = add(record, "eco\0normal", 11);
	record->fixed.metadata_len = add(record, "a=1\0b=", 7);
}

TEST(description_is_read_whole)
{
	struct lstate_variable *variable;
	const char *const *choices;
	struct record record;
	size_t n;

	make_record(&record, 4, "mode");
	check(lstate_variable_parse(&record, record.fixed.size, &variable) == 0);
	memset(&record, 0xff, sizeof(record));
	check(lstate_variable_id(variable) == 4);
	check(lstate_variable_version(variable) == 3);
	check(lstate_variable_type(variable) == LSTATE_TYPE_CHOICE);
	check_text(lstate_variable_name(variable), "mode");
	check_text(lstate_variable_label(variable), "mode");
	check_text(lstate_variable_description(variable), "how it runs");
	check_text(lstate_variable_value(variable)->s, "eco");
	check(lstate_variable_value(variable)->length == 3);
	check(!lstate_variable_pattern(variable) && !lstate_variable_min(variable));
	check(lstate_variable_min_length(variable) == -1);
	choices = lstate_variable_choices(variable, &n);
	check(n == 2 && !choices[2]);
	check_text(choices[0], "eco");
	check_text(choices[1], "normal");
	check_text(lstate_variable_metadata(variable)[1].key, "b");
	check_text(lstate_variable_metadata(variable)[1].value, "");
	check(!lstate_variable_metadata(variable)[2].key);
	lstate_variable_free(variable);
	lstate_variable_free(NULL);
}

TEST(description_that_lies_is_eproto)
{
	struct lstate_variable *variable = NULL;
	struct record record;

	make_record(&record, 4, "mode");
	check(lstate_variable_parse(&record, 8, &variable) == -EPROTO);
	check(lstate_variable_parse(&record, record.fixed.size - 8, &variable) ==
	      -EPROTO);
	record.fixed.name_len = UINT32_MAX;
	check(lstate_variable_parse(&record, record.fixed.size, &variable) ==
	      -EPROTO);
	check(!variable);
}

/* Three variables, one a call, from id 1 on; the third needs a larger buffer. */
static unsigned int lists;
static bool list_fails;

static int kernel_list(unsigned long request, void *argument)
{
	struct localstate_list *arg = argument;
	struct record record;

	if (request != LOCALSTATE_IOC_LIST)
		return -ENOTTY;
	lists++;
	if (list_fails)
		return fake_refuse(&arg->error, -ENOMEM, 0, 0, 0);
	arg->count = 0;
	arg->size = 0;
	if (arg->after == 3)
		return 0;
	make_record(&record, arg->after + 1, "n");
	if (arg->after == 2)
		record.fixed.size = 40000;
	if (record.fixed.size > arg->buffer_len) {
		arg->size = record.fixed.size;
		arg->after = 0;
		return fake_refuse(&arg->error, -EMSGSIZE,
				   LOCALSTATE_FIELD_BUFFER,
				   LOCALSTATE_TYPE_UINT, record.fixed.size);
	}
	memcpy((void *)(uintptr_t)arg->buffer, &record, sizeof(record));
	arg->after++;
	arg->count = 1;
	arg->size = record.fixed.size;
	return 0;
}

TEST(list_goes_on_over_all_pages_and_grows)
{
	struct lstate_session *s = fake_session();
	struct lstate_variable *variable;
	struct lstate_list *list;
	uint64_t id = 0;

	fake_ioctl = kernel_list;
	list_fails = false;
	check(lstate_list_open(s, NULL, &list) == 0);
	while (lstate_list_next(list, &variable) > 0) {
		check(lstate_variable_id(variable) == ++id);
		lstate_variable_free(variable);
	}
	check(id == 3);
	check(lstate_list_next(list, &variable) == 0);
	lstate_list_close(list);
	lstate_list_close(NULL);
	lstate_session_close(s);
}

TEST(list_goes_on_after_a_failure)
{
	struct lstate_session *s = fake_session();
	struct lstate_variable *variable;
	struct lstate_list *list;

	fake_ioctl = kernel_list;
	check(lstate_list_open(s, "*", &list) == 0);
	check(lstate_list_next(list, &variable) == 1);
	lstate_variable_free(variable);
	list_fails = true;
	check(lstate_list_next(list, &variable) == -ENOMEM);
	list_fails = false;
	check(lstate_list_next(list, &variable) == 1);
	check(lstate_variable_id(variable) == 2);
	lstate_variable_free(variable);
	lstate_list_close(list);
	lstate_session_close(s);
}

TEST(list_of_the_empty_pattern_is_empty)
{
	struct lstate_session *s = fake_session();
	struct lstate_variable *variable;
	struct lstate_list *list;

	lists = 0;
	check(lstate_list_open(s, "", &list) == 0);
	check(lstate_list_next(list, &variable) == 0 && lists == 0);
	lstate_list_close(list);
	lstate_session_close(s);
}

TAP_MAIN
