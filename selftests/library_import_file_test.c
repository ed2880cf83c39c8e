// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that an import refuses as a whole: what is told of them, and that nothing is
 * changed.
 */
#include "library_import_helpers.h"

#define GOOD	"{\"name\":\"a\",\"type\":\"int\"}"

FIXTURE(library_import_file) {
	struct lstate_session *s;
};

FIXTURE_SETUP(library_import_file)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
}

FIXTURE_TEARDOWN(library_import_file)
{
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

static bool session_is_empty(struct lstate_session *s)
{
	struct lstate_variable *variable;
	struct lstate_list *list;
	bool empty;

	if (lstate_list_open(s, NULL, &list) < 0)
		return false;
	empty = !lstate_list_next(list, &variable);
	lstate_list_close(list);
	return empty;
}

/* Is the file refused with this message, in whichever way it is imported? */
static bool is_refused(struct lstate_session *s, const char *text,
		       const char *message)
{
	static const unsigned int ways[] = {
		0, LSTATE_IMPORT_ATOMIC, LSTATE_IMPORT_DRY_RUN,
	};
	struct reports reports;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (import_text(s, text, ways[i], &reports) != -EBADMSG ||
		    reports.n ||
		    strcmp(message, lstate_error_message(lstate_session_error(s))))
			return false;
	}
	return session_is_empty(s);
}

/**
 * struct broken - something that is refused
 * @text: of the file, or of an entry
 * @message: what is said of it
 */
struct broken {
	const char *text;
	const char *message;
};

static const struct broken files[] = {
	{ "",
	  "line 1: \"{\" is wanted, not the end of the file" },
	{ "\n\nhello",
	  "line 3: \"{\" is wanted, not \"h\"" },
	{ "{\"variables\":[" GOOD ",\n{\"name\":\"b\",\"type\":\"int\",\"value\":}]}",
	  "line 2: no JSON: unexpected character" },
	{ "{\"variables\":[" GOOD ",\n{\"name\":\"b\",\n",
	  "line 3: the file ends in the middle of what begins in line 2" },
	{ "{\"variables\":[" GOOD "\n",
	  "line 2: \",\" is wanted, not the end of the file" },
	{ "{\"variables\":[" GOOD "]\n",
	  "line 2: \"}\" is wanted, not the end of the file" },
	{ "{\"variables\":[" GOOD ",\n]}",
	  "line 2: a value is wanted" },
	{ "{\"variables\":[" GOOD "]}\n{}",
	  "line 2: something follows the end of the object" },
	{ "{\"localstate\":2,\"variables\":[" GOOD "]}",
	  "line 1: \"localstate\" is not 1: this is no file that this version knows" },
	{ "{\"variable\":[" GOOD "]}",
	  "line 1: unknown member \"variable\"" },
	{ "{\"variables\":[" GOOD "],\"variables\":[" GOOD "]}",
	  "line 1: \"variables\" for the second time" },
	{ "{\"variables\":[" GOOD ",\n" GOOD "]}",
	  "line 2: a for the second time" },
	{ "{\"variables\":[{\"id\":7,\"name\":\"b\",\"type\":\"int\"},\n"
	  "{\"id\":7,\"name\":\"a\",\"type\":\"int\"}]}",
	  "line 2: @7 for the second time" },
	{ "{\"variables\":[" GOOD ",\n\n7]}",
	  "line 3: a variable is wanted, as an object" },
	{ "{\"variables\":[\"\xff\"]}",
	  "line 1: no JSON: invalid utf-8 string" },
};

TEST_F(library_import_file, broken_one_is_refused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_TRUE(is_refused(self->s, files[i].text, files[i].message))
			TH_LOG("%s: %s", files[i].text,
			       lstate_error_message(lstate_session_error(self->s)));
	}
}

/* What follows the name, from the type on. */
static const struct broken entries[] = {
	{ "\"double\"",
	  "a: \"type\" is missing, or there is no such type" },
	{ "7",
	  "a: \"type\" is missing, or there is no such type" },
	{ "\"int\",\"mim\":3",
	  "a: \"mim\" is no member of a variable" },
	{ "\"int\",\"value\":\"3\"",
	  "a: \"value\" is not of type int" },
	{ "\"int\",\"value\":3.5",
	  "a: \"value\" is not of type int" },
	{ "\"int\",\"value\":null",
	  "a: \"value\" is not of type int" },
	{ "\"int\",\"value\":9223372036854775808",
	  "a: \"value\" does not fit into type int" },
	{ "\"int\",\"value\":18446744073709551616",
	  "18446744073709551616 does not fit into 64 bits" },
	{ "\"int\",\"value\":-9223372036854775809",
	  "-9223372036854775809 does not fit into 64 bits" },
	{ "\"uint\",\"value\":-1",
	  "a: \"value\" does not fit into type uint" },
	{ "\"float\",\"value\":1e999",
	  "a: \"value\" does not fit into type float" },
	{ "\"float\",\"value\":\"inf\"",
	  "a: \"value\" is not of type float" },
	{ "\"bool\",\"value\":1",
	  "a: \"value\" is not of type bool" },
	{ "\"string\",\"value\":[\"x\"]",
	  "a: \"value\" is not of type string" },
	{ "\"string\",\"min\":1",
	  "a: \"min\" is not of type string" },
	{ "\"int\",\"min_length\":1",
	  "a: \"min_length\" does not go with type int" },
	{ "\"string\",\"min_length\":-1",
	  "a: \"min_length\" is not a number that it can be" },
	{ "\"string\",\"max_length\":4294967296",
	  "a: \"max_length\" is not a number that it can be" },
	{ "\"float\",\"step\":1",
	  "a: \"step\" does not go with type float" },
	{ "\"int\",\"pattern\":\"x\"",
	  "a: \"pattern\" does not go with type int" },
	{ "\"string\",\"pattern\":7",
	  "a: \"pattern\" is not a text without NUL" },
	{ "\"choice\",\"choices\":\"x\"",
	  "a: \"choices\" is not a list" },
	{ "\"choice\",\"choices\":[\"x\",1]",
	  "a: \"choices\" has something that is not a text without NUL" },
	{ "\"int\",\"choices\":[\"x\"]",
	  "a: \"choices\" does not go with type int" },
	{ "\"int\",\"metadata\":[]",
	  "a: \"metadata\" is not an object" },
	{ "\"int\",\"metadata\":{\"k\":1}",
	  "a: \"metadata\" has something that is not a text without NUL" },
	{ "\"int\",\"metadata\":{\"k=\":\"1\"}",
	  "a: \"metadata\" has a key that is empty or has a =" },
	{ "\"int\",\"label\":1",
	  "a: \"label\" is not a text without NUL" },
	{ "\"int\",\"description\":\"a\\u0000b\"",
	  "a: \"description\" is not a text without NUL" },
	{ "\"int\",\"id\":0",
	  "a: \"id\" is not a number that it can be" },
	{ "\"int\",\"version\":9223372036854775808",
	  "a: \"version\" is not a number that it can be" },
};

TEST_F(library_import_file, wrong_member_is_refused_by_name)
{
	char text[256], message[256];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		snprintf(text, sizeof(text),
			 "{\"variables\":[\n{\"name\":\"a\",\"type\":%s}]}",
			 entries[i].text);
		snprintf(message, sizeof(message), "line 2: %s", entries[i].message);
		EXPECT_TRUE(is_refused(self->s, text, message))
			TH_LOG("%s: %s", entries[i].text,
			       lstate_error_message(lstate_session_error(self->s)));
	}
}

TEST_HARNESS_MAIN
