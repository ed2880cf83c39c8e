// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate set, lstate add, lstate toggle: change a variable.
 */
#include <stdint.h>
#include <stdio.h>

#include "commands.h"
#include "json.h"
#include "metadata.h"
#include "session.h"
#include "text.h"
#include "tool.h"

enum {
	KEY_META = 1,
	KEY_IF_VERSION,
	KEY_FORCE,
};

struct request {
	uint64_t if_version;
	bool force;
	struct metadata metadata;
};

#define OPTION_META \
	{ "meta", KEY_META, "K=V", "metadata of this change; repeat it for more" }
#define OPTION_IF_VERSION \
	{ "if-version", KEY_IF_VERSION, "N", \
	  "change it only if its version is N" }

static const struct option options[] = {
	OPTION_META,
	OPTION_IF_VERSION,
	{ "force", KEY_FORCE, NULL, "a value equal to the present one is a change, too" },
	{ 0 }
};

static const struct option operation_options[] = {
	OPTION_META,
	OPTION_IF_VERSION,
	{ 0 }
};

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct request *request = data;

	if (key == KEY_META)
		return metadata_add(&request->metadata, args, value);
	if (key == KEY_FORCE) {
		request->force = true;
		return EXIT_DONE;
	}
	if (!parse_u64(value, &request->if_version) ||
	    request->if_version == LSTATE_ANY_VERSION)
		return bad_word(args, value,
				"--if-version wants a version, not \"%s\"",
				value);
	return EXIT_DONE;
}

/* The variable as it is found; who may only write finds none. */
static void print_json(struct lstate_session *session, const char *identifier,
		       const struct lstate_value *value, uint64_t version,
		       bool changed)
{
	struct json_object *object = json_new_object();
	struct lstate_variable *variable;

	if (!lstate_describe(session, identifier, &variable)) {
		json_add_text(object, "name", lstate_variable_name(variable));
		json_add_uint(object, "id", lstate_variable_id(variable));
		lstate_variable_free(variable);
	} else {
		json_add_text(object, "name", identifier);
		json_add(object, "id", NULL);
	}
	if (value)
		json_add(object, "value", json_value(value));
	json_add_uint(object, "version", version);
	json_add_bool(object, "changed", changed);
	json_print(object);
}

typedef int change_fn(struct lstate_session *session,
		      const struct request *request, const struct args *args,
		      bool json);

static int set_variable(struct lstate_session *session,
			const struct request *request, const struct args *args,
			bool json)
{
	const char *identifier = args->operand[0];
	uint64_t version;
	int rc;

	if (request->force)
		rc = lstate_set_text_forced(session, identifier,
					    args->operand[1],
					    request->metadata.entries,
					    request->if_version, &version);
	else
		rc = lstate_set_text(session, identifier, args->operand[1],
				     request->metadata.entries,
				     request->if_version, &version);
	if (rc < 0)
		return session_failure(session);
	if (json)
		print_json(session, identifier, NULL, version, rc > 0);
	return EXIT_DONE;
}

/* Prints what came out of it. */
static int operate(struct lstate_session *session,
		   const struct request *request, const char *identifier,
		   enum lstate_operation operation,
		   const struct lstate_value *operand, bool json)
{
	struct lstate_value result;
	uint64_t version;
	int rc;

	rc = lstate_operate(session, identifier, operation, operand,
			    request->metadata.entries, request->if_version,
			    &result, &version);
	if (rc < 0)
		return session_failure(session);
	if (json) {
		print_json(session, identifier, &result, version, rc > 0);
	} else {
		text_print_plain(stdout, &result);
		putchar('\n');
	}
	return EXIT_DONE;
}

/* To a uint an int can be added, too: only what is too large for that is a uint. */
static int add_to_variable(struct lstate_session *session,
			   const struct request *request,
			   const struct args *args, bool json)
{
	const char *text = args->operand[1];
	struct lstate_value operand;

	if (lstate_value_parse(LSTATE_TYPE_INT, text, &operand) &&
	    lstate_value_parse(LSTATE_TYPE_UINT, text, &operand))
		return bad_word(args, text,
				"add wants a whole number of 64 bits, not \"%s\"",
				text);
	return operate(session, request, args->operand[0],
		       LSTATE_OPERATION_ADD, &operand, json);
}

static int toggle_variable(struct lstate_session *session,
			   const struct request *request,
			   const struct args *args, bool json)
{
	return operate(session, request, args->operand[0],
		       LSTATE_OPERATION_TOGGLE, NULL, json);
}

static int run_change(struct context *context, struct args *args,
		      change_fn *change)
{
	struct request request = { .if_version = LSTATE_ANY_VERSION };
	struct lstate_session *session;
	int status;

	if (!args_parse(args, take_option, &request)) {
		status = args->status;
	} else {
		status = session_open_to_change(&session, context->session);
		if (!status) {
			status = change(session, &request, args, context->json);
			lstate_session_close(session);
		}
	}
	metadata_free(&request.metadata);
	return status;
}

static int run(struct context *context, struct args *args)
{
	return run_change(context, args, set_variable);
}

static int run_add(struct context *context, struct args *args)
{
	return run_change(context, args, add_to_variable);
}

static int run_toggle(struct context *context, struct args *args)
{
	return run_change(context, args, toggle_variable);
}

const struct command command_set = {
	.name = "set",
	.operands = "NAME VALUE",
	.least = 2,
	.most = 2,
	.summary = "Change a variable",
	.details = "A value equal to the present one changes nothing: no version, no metadata,\n"
		   "no event.  A negative number needs no \"--\" before it; other values that\n"
		   "begin with \"-\" do.\n"
		   "With --json: {\"name\", \"id\", \"version\", \"changed\"}.\n",
	.options = options,
	.run = run,
};

const struct command command_add = {
	.name = "add",
	.operands = "NAME N",
	.least = 2,
	.most = 2,
	.summary = "Add a number to a variable of type int or uint",
	.details = "Prints the new value.  Nothing is lost if many add at the same time.  A\n"
		   "negative number needs no \"--\" before it.\n"
		   "With --json: {\"name\", \"id\", \"value\", \"version\", \"changed\"}.\n",
	.options = operation_options,
	.run = run_add,
};

const struct command command_toggle = {
	.name = "toggle",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.summary = "Turn a variable of type bool",
	.details = "Prints the new value.\n"
		   "With --json: {\"name\", \"id\", \"value\", \"version\", \"changed\"}.\n",
	.options = operation_options,
	.run = run_toggle,
};
