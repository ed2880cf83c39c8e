// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files of variables: what is taken from them, and what is wrong with a line.
 */
#include "json/json.h"
#include "fake.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A descriptor from which @text is read. */
static int file_of(const char *text)
{
	int fd = memfd_create("test", 0);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

/* Read all entries.  Return: their number, or an errno with line and problem. */
static int read_all(const char *text, uint64_t *line, char *problem)
{
	struct lstate_document document;
	struct lstate_entry entry;
	int fd = file_of(text), n = 0, rc;

	if (lstate_document_open(&document, fd) < 0)
		abort();
	while ((rc = lstate_document_next(&document, &entry)) > 0) {
		lstate_entry_clear(&entry);
		n++;
	}
	*line = document.reader.bad_line;
	strcpy(problem, document.reader.problem);
	lstate_document_close(&document);
	close(fd);
	return rc < 0 ? rc : n;
}

static int count(const char *text)
{
	char problem[320];
	uint64_t line;

	return read_all(text, &line, problem);
}

static void check_bad(const char *text, uint64_t line, const char *problem)
{
	uint64_t bad_line;
	char said[320];

	check(read_all(text, &bad_line, said) == -EBADMSG);
	check_text(said, problem);
	check(bad_line == line);
}

TEST(document_may_have_any_layout)
{
	check(count("{\"variables\":[]}") == 0);
	check(count(" {\n\"variables\" :\t[ ]\r\n} \n") == 0);
	check(count("{\"localstate\":1,\"variables\":[{\"name\":\"a\",\"type\":\"int\"},\n"
		    " {\"type\":\"bool\",\n\"name\":\"b\"}]}") == 2);
	check(count("{\"variables\":[{\"name\":\"a\",\"type\":\"int\"}],\"localstate\":1}") == 1);
}

TEST(broken_document_is_told_with_its_line)
{
	check_bad("", 1, "\"{\" is wanted, not the end of the file");
	check_bad("\n\n[", 3, "\"{\" is wanted, not \"[\"");
	check_bad("\x01", 1, "\"{\" is wanted, not byte 0x01");
	check_bad("{\n\"variables\":[\n\n{\"name\"", 4,
		  "the file ends in the middle of what begins in line 4");
	check_bad("{\"variables\":[{},\n}", 1,
		  "\"name\" is missing, or is not a text");
	check_bad("{\"variables\":[7", 1,
		  "a variable is wanted, as an object");
	check_bad("{\"variables\":[{\"name\":\"a\",\"type\":\"int\",\n\"value\":1e}]}", 2,
		  "no JSON: number expected");
	check_bad("{\"variables\":[{\"name\":\"a\",\"type\":\"int\",\"value\":\n[18446744073709551616]}]}",
		  2, "18446744073709551616 does not fit into 64 bits");
	check_bad("{\"localstate\":\"1\"}", 1,
		  "\"localstate\" is not 1: this is no file that this version knows");
	check_bad("{\"variables\":[]}x", 1,
		  "something follows the end of the object");
}

TEST(value_that_never_ends_is_refused)
{
	size_t length = 5 << 20;
	char *text = malloc(length + 1);
	uint64_t line;
	char said[320];

	memset(text, 'x', length);
	text[length] = '\0';
	memcpy(text, "{\"variables\":[\n\"", 16);
	check(read_all(text, &line, said) == -EBADMSG);
	check_text(said, "this is longer than any variable");
	check(line == 2);
	free(text);
}

/* The value of an entry of this type, as text again. */
static char *again(const char *type, const char *value)
{
	struct lstate_document document;
	struct lstate_text text = { 0 };
	struct lstate_entry entry;
	char file[512];
	int fd;

	snprintf(file, sizeof(file),
		 "{\"variables\":[{\"name\":\"a\",\"type\":\"%s\",\"value\":%s}]}",
		 type, value);
	fd = file_of(file);
	if (lstate_document_open(&document, fd) < 0)
		abort();
	if (lstate_document_next(&document, &entry) > 0) {
		lstate_json_add_value(&text, &entry.spec->value);
		lstate_entry_clear(&entry);
	} else {
		lstate_text_add(&text, "%s", document.reader.problem);
	}
	lstate_document_close(&document);
	close(fd);
	return lstate_text_take(&text);
}

static void check_again(const char *type, const char *value,
			const char *expected)
{
	char *is = again(type, value);

	check_text(is, expected);
	free(is);
}

static void check_same(const char *type, const char *value)
{
	check_again(type, value, value);
}

TEST(every_value_comes_back)
{
	check_same("bool", "true");
	check_same("int", "-9223372036854775808");
	check_same("int", "9223372036854775807");
	check_same("uint", "18446744073709551615");
	check_same("uint", "9007199254740993");
	check_same("float", "-0.0");
	check_same("float", "0.1");
	check_same("float", "1e+22");
	check_same("float", "4.94065645841247e-324");
	check_same("float", "1.7976931348623157e+308");
	check_same("float", "\"Infinity\"");
	check_same("float", "\"-Infinity\"");
	check_same("float", "\"NaN\"");
	check_same("string", "\"\"");
	check_same("string", "\"e\u0301 \\\"q\\\" \\\\ / \\u0001\\t\\n\\r\\b\\f\x7f \U0001f600\"");
	check_again("string", "\"\\ud83d\\ude00\\/\\u0041\"",
		    "\"\U0001f600/A\"");
	check_again("float", "20", "20.0");
	check_again("float", "18446744073709551615", "1.8446744073709552e+19");
}

/* With the type of the elements that the variable has. */
#define ARRAY_OF(_element)	"array\",\"element\":\"" _element

TEST(every_array_comes_back)
{
	check_same(ARRAY_OF("f32"), "{\"element\":\"f32\",\"shape\":[2,2],\"elements\":[0.1,-0.0,1.4013e-45,3.40282e+38]}");
	check_same(ARRAY_OF("f64"), "{\"element\":\"f64\",\"shape\":[4],\"elements\":[20.0,\"Infinity\",\"-Infinity\",\"NaN\"]}");
	check_same(ARRAY_OF("s32"), "{\"element\":\"s32\",\"shape\":[],\"elements\":[-2147483648]}");
	check_same(ARRAY_OF("s64"), "{\"element\":\"s64\",\"shape\":[1,2],\"elements\":[9223372036854775807,-9223372036854775808]}");
	check_same(ARRAY_OF("u8"), "{\"element\":\"u8\",\"shape\":[3,0],\"elements\":[]}");
	check_again(ARRAY_OF("f32"), "{\"elements\":[1,\"NaN\"],\"shape\":[2]}",
		    "{\"element\":\"f32\",\"shape\":[2],\"elements\":[1.0,\"NaN\"]}");
}

TEST(bytes_are_base64)
{
	check_same("bytes", "\"\"");
	check_same("bytes", "\"+/79AP8=\"");
	check_again("bytes", "\"AA\"", "a: \"value\" is not of type bytes");
	check_again("bytes", "\"AA\\u0000=\"", "a: \"value\" is not of type bytes");
	check_again("bytes", "[0]", "a: \"value\" is not of type bytes");
}

TEST(array_of_another_form_is_refused)
{
	static const char *const wrong[] = {
		"[1]", "{}", "{\"shape\":[1]}", "{\"elements\":[1]}",
		"{\"shape\":1,\"elements\":[1]}", "{\"shape\":[1],\"elements\":1}",
		"{\"shape\":[2],\"elements\":[1]}", "{\"shape\":[1],\"elements\":[1.5]}",
		"{\"shape\":[1],\"elements\":[1,2]}", "{\"shape\":[0],\"elements\":[1]}",
		"{\"shape\":[\"1\"],\"elements\":[1]}", "{\"shape\":[1],\"elements\":[[1]]}",
		"{\"shape\":[1],\"elements\":[1],\"rank\":1}",
		"{\"element\":\"s16\",\"shape\":[1],\"elements\":[1]}",
		"{\"element\":1,\"shape\":[1],\"elements\":[1]}",
	};
	static const char *const large[] = {
		"{\"shape\":[1],\"elements\":[2147483648]}", "{\"shape\":[16385],\"elements\":[]}",
		"{\"shape\":[4294967296],\"elements\":[]}", "{\"shape\":[-1],\"elements\":[]}",
		"{\"shape\":[1,1,1,1,1,1,1,1,1],\"elements\":[1]}",
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		check_again(ARRAY_OF("s32"), wrong[i],
			    "a: \"value\" is not of type array");
	for (i = 0; i < sizeof(large) / sizeof(*large); i++)
		check_again(ARRAY_OF("s32"), large[i],
			    "a: \"value\" does not fit into type array");
	check_again(ARRAY_OF("f32"), "{\"shape\":[1],\"elements\":[1e39]}",
		    "a: \"value\" does not fit into type array");
	check_again(ARRAY_OF("u8"), "{\"shape\":[1],\"elements\":[256]}",
		    "a: \"value\" does not fit into type array");
	check_again(ARRAY_OF("s16"), "0", "a: \"element\" is no type of elements");
	check_again("array", "0", "a: \"element\" is missing");
	check_again("int\",\"element\":\"u8", "0",
		    "a: \"element\" does not go with type int");
	check_again("int\",\"shape\":[1],\"label\":\"", "0",
		    "a: \"shape\" does not go with type int");
	check_again("array\",\"shape\":[1,1,1,1,1,1,1,1,1],\"element\":\"u8", "0",
		    "a: \"shape\" is not a list of at most 8 dimensions");
	check_again("array\",\"rank\":9,\"element\":\"u8", "0",
		    "a: \"rank\" is not a number that it can be");
	check_again("array\",\"min\":256.5,\"element\":\"u8", "0",
		    "a: \"min\" is not of type uint");
	check_again("array\",\"finite\":1,\"element\":\"f32", "0",
		    "a: \"finite\" is neither true nor false");
}

TEST(value_of_another_type_is_refused)
{
	check_again("int", "1.0", "a: \"value\" is not of type int");
	check_again("int", "9223372036854775808",
		    "a: \"value\" does not fit into type int");
	check_again("int", "-9223372036854775809",
		    "-9223372036854775809 does not fit into 64 bits");
	check_again("uint", "-1", "a: \"value\" does not fit into type uint");
	check_again("float", "1e400", "a: \"value\" does not fit into type float");
	check_again("float", "\"infinity\"", "a: \"value\" is not of type float");
	check_again("bool", "0", "a: \"value\" is not of type bool");
	check_again("string", "1", "a: \"value\" is not of type string");
	check_again("choice", "null", "a: \"value\" is not of type choice");
	check_again("none", "1", "a: \"type\" is missing, or there is no such type");
}

TEST(words_are_told_apart)
{
	struct lstate_words words = { 0 };
	char word[16];
	int i, fresh = 0, again = 0;

	for (i = 0; i < 20000; i++) {
		snprintf(word, sizeof(word), "w%d", i);
		fresh += lstate_words_add(&words, word);
	}
	for (i = 0; i < 20000; i++) {
		snprintf(word, sizeof(word), "w%d", i);
		again += lstate_words_add(&words, word);
	}
	check(fresh == 20000);
	check(again == 0);
	check(lstate_words_add(&words, "") == 1);
	check(lstate_words_add(&words, "") == 0);
	lstate_words_free(&words);
}

TAP_MAIN
