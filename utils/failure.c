// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures on stderr, and the exit codes that go with them.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "json.h"

static bool in_json;
static void (*prepare)(void);

void failures_in_json(bool json)
{
	in_json = json;
}

bool failures_are_in_json(void)
{
	return in_json;
}

void failures_after(void (*function)(void))
{
	prepare = function;
}

static int exit_status(const struct failure *failure)
{
	if (failure->status)
		return failure->status;
	if (failure->rc == -ETIMEDOUT)
		return EXIT_TIMED_OUT;
	return failure->rc == -ENOENT ? EXIT_NOT_FOUND : EXIT_REFUSED;
}

/* Documented in lstate(1), as are the members of the object. */
static const char *code_of(const struct failure *failure)
{
	const char *name;

	if (failure->status == EXIT_USAGE)
		return "USAGE";
	if (exit_status(failure) == EXIT_TIMED_OUT)
		return "TIMEOUT";
	name = strerrorname_np(-failure->rc);
	return name ? name : "UNKNOWN";
}

static struct json_object *value_of(const struct failure *failure)
{
	return failure->word ? json_text(failure->word) :
			       json_value(failure->value);
}

static struct json_object *limit_of(const struct failure *failure)
{
	return failure->choices ? json_texts(failure->choices) :
				  json_value(failure->limit);
}

/* In one piece, so that what others write to stderr does not come between. */
static void print_json(const struct failure *failure, const char *message)
{
	struct json_object *outer = json_new_object();
	struct json_object *inner = json_new_object();
	size_t length;

	json_add_text(inner, "code", code_of(failure));
	json_add_text(inner, "message", message);
	json_add_text(inner, "name", failure->name);
	json_add(inner, "value", value_of(failure));
	json_add(inner, "limit", limit_of(failure));
	json_add(outer, "error", inner);
	fprintf(stderr, "%s\n", json_line(outer, &length));
	json_object_put(outer);
}

int fail(const struct failure *failure, const char *format, ...)
{
	va_list list;
	char *message;
	int length;

	va_start(list, format);
	length = vasprintf(&message, format, list);
	va_end(list);
	if (length < 0)
		return out_of_memory();
	if (prepare)
		prepare();
	if (in_json)
		print_json(failure, message);
	else
		fprintf(stderr, "lstate: %s\n", message);
	free(message);
	return exit_status(failure);
}

int out_of_memory(void)
{
	if (prepare)
		prepare();
	fputs(in_json ? "{\"error\":{\"code\":\"ENOMEM\",\"message\":\"out of memory\","
			"\"name\":null,\"value\":null,\"limit\":null}}\n" :
			"lstate: out of memory\n", stderr);
	return EXIT_REFUSED;
}

int write_failure(int error)
{
	const struct failure failure = { .rc = error ? -error : -EIO };

	if (error == EPIPE && !in_json)
		return exit_status(&failure);
	return fail(&failure, "cannot write: %s",
		    error ? strerror(error) : "output was lost");
}
