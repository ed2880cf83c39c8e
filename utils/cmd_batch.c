// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate batch: many sets in one call, from lines or from JSON.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch_json.h"
#include "commands.h"
#include "failure.h"
#include "json.h"
#include "session.h"
#include "tool.h"

/* A file is not larger than the largest values of the most entries. */
#define INPUT_MAX	(128U << 20)

enum {
	KEY_ATOMIC = 1,
};

struct request {
	bool atomic;
	const char *file;
	struct lstate_session *session;
	struct lstate_batch *batch;
	struct json_object *names;	/* of the entries */
	int status;			/* of the first entry that did not get so far */
};

static const struct option options[] = {
	{ "atomic", KEY_ATOMIC, NULL, "all entries at one moment, or none" },
	{ 0 }
};

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct request *request = data;

	(void)args;
	(void)key;
	(void)value;
	request->atomic = true;
	return EXIT_DONE;
}

static int input_failure(const struct request *request, int error)
{
	const struct failure failure = { .rc = -error };

	return fail(&failure, "cannot read %s: %s", request->file,
		    strerror(error));
}

/* All of the input, with a NUL behind it. */
static int read_input(const struct request *request, FILE *file, char **text)
{
	size_t length = 0, room = 0, got;
	char *larger;

	*text = NULL;
	do {
		if (room - length < 2) {
			room = room ? room * 2 : 65536;
			larger = room > INPUT_MAX ? NULL : realloc(*text, room);
			if (!larger)
				return room > INPUT_MAX ?
				       input_failure(request, EFBIG) :
				       out_of_memory();
			*text = larger;
		}
		got = fread(*text + length, 1, room - length - 1, file);
		length += got;
	} while (got);
	if (ferror(file))
		return input_failure(request, errno ? errno : EIO);
	(*text)[length] = '\0';
	if (strlen(*text) != length)
		return input_failure(request, EILSEQ);
	return EXIT_DONE;
}

/* One entry, whose text is read as the type that the variable has. */
static int add_entry(struct request *request, const char *name,
		     const char *text)
{
	struct failure failure = { .name = name, .word = text };
	struct lstate_variable *variable;
	struct lstate_value value;
	enum lstate_type type;
	int rc;

	if (lstate_describe(request->session, name, &variable) < 0)
		return session_failure(request->session);
	type = lstate_variable_type(variable);
	lstate_variable_free(variable);
	rc = lstate_value_parse(type, text, &value);
	if (rc == -ENOMEM)
		return out_of_memory();
	failure.rc = rc;
	if (rc < 0)
		return fail(&failure, "%s: \"%s\" %s type %s", name, text,
			    rc == -ERANGE ? "does not fit into" : "is not of",
			    lstate_type_name(type));
	rc = lstate_batch_set(request->batch, name, &value, NULL,
			      LSTATE_ANY_VERSION);
	lstate_value_clear(&value);
	if (rc < 0)
		return out_of_memory();
	json_append(request->names, json_text(name));
	return EXIT_DONE;
}

/* The first failure is the exit code; with --atomic none may fail. */
static void keep_status(struct request *request, int status)
{
	if (!request->status)
		request->status = status;
}

/*
 * Lines of NAME=VALUE; empty ones, and those that begin with "#", say nothing.
 * Returns whether they are lines at all; the status of entries is kept.
 */
static int read_lines(struct request *request, char *text)
{
	const struct failure failure = { .rc = -EINVAL };
	char *line, *equals, *rest = text;
	size_t number = 0;

	while ((line = strsep(&rest, "\n"))) {
		number++;
		if (!*line || *line == '#')
			continue;
		equals = strchr(line, '=');
		if (!equals)
			return fail(&failure, "%s: line %zu is not NAME=VALUE",
				    request->file, number);
		*equals = '\0';
		keep_status(request, add_entry(request, line, equals + 1));
	}
	return EXIT_DONE;
}

static void take_member(void *data, const char *name, const char *text,
			const char *problem)
{
	const struct failure failure = { .rc = -EINVAL, .name = name };
	struct request *request = data;

	keep_status(request, text ? add_entry(request, name, text) :
			     fail(&failure, "%s: %s", name, problem));
}

/* Returns an exit code other than 0 if the input is broken as a whole. */
static int read_entries(struct request *request)
{
	bool standard = !strcmp(request->file, "-");
	FILE *file = standard ? stdin : fopen(request->file, "re");
	char *text, *start;
	int status;

	if (!file)
		return input_failure(request, errno);
	status = read_input(request, file, &text);
	if (!standard)
		fclose(file);
	if (!status) {
		for (start = text; isspace((unsigned char)*start); start++)
			;
		status = *start == '{' ?
			 batch_json_read(request->file, text, take_member,
					 request) :
			 read_lines(request, text);
	}
	free(text);
	return status;
}

static void print_report(const struct request *request, uint64_t transaction)
{
	struct json_object *outer = json_new_object();
	struct json_object *array = json_new_array();
	size_t i;

	for (i = 0; i < lstate_batch_count(request->batch); i++) {
		struct json_object *object = json_new_object();
		int rc = lstate_batch_status(request->batch, i);

		json_add(object, "name", json_object_get(
			 json_object_array_get_idx(request->names, i)));
		json_add_uint(object, "version",
			      lstate_batch_version(request->batch, i));
		json_add_bool(object, "changed", rc > 0);
		json_add_bool(object, "failed", rc < 0);
		json_append(array, object);
	}
	json_add_uint(outer, "transaction", transaction);
	json_add(outer, "entries", array);
	json_print(outer);
}

static int run_batch(struct request *request, bool json)
{
	const struct lstate_error *error;
	uint64_t transaction = 0;
	bool whole = false;		/* it was no entry that failed */
	int status;

	status = read_entries(request);
	if (status)
		return status;
	status = request->status;
	if (status && (request->atomic || !lstate_batch_count(request->batch)))
		return status;
	if (lstate_batch_run(request->session, request->batch,
			     request->atomic ? LSTATE_BATCH_ATOMIC : 0,
			     &transaction) < 0) {
		error = lstate_session_error(request->session);
		whole = !lstate_error_count(error);
		keep_status(request, session_failures(request->session));
	}
	status = request->status;
	if (json && !whole && (!status || !request->atomic))
		print_report(request, transaction);
	return status;
}

static int run(struct context *context, struct args *args)
{
	struct request request = { 0 };
	int status;

	if (!args_parse(args, take_option, &request))
		return args->status;
	request.file = args->operands ? args->operand[0] : "-";
	status = session_open_to_change(&request.session, context->session);
	if (status)
		return status;
	request.names = json_new_array();
	status = lstate_batch_new(&request.batch) ?
		 out_of_memory() : run_batch(&request, context->json);
	lstate_batch_free(request.batch);
	json_object_put(request.names);
	lstate_session_close(request.session);
	return status;
}

const struct command command_batch = {
	.name = "batch",
	.operands = "[FILE]",
	.least = 0,
	.most = 1,
	.summary = "Change many variables in one call",
	.details = "FILE, or the standard input, has lines of NAME=VALUE, or an object of JSON\n"
		   "with names and values; at most 1024.  Empty lines and those that begin with\n"
		   "\"#\" say nothing.  Input that is neither changes nothing.  Each entry that\n"
		   "fails is told; without --atomic the others are made.\n"
		   "With --json: {\"transaction\", \"entries\": [{\"name\", \"version\", \"changed\",\n"
		   "\"failed\"}]}.\n",
	.options = options,
	.run = run,
};
