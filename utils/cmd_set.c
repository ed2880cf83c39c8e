// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate set: change a variable.
 */
#include <stdint.h>

#include "commands.h"
#include "json.h"
#include "metadata.h"
#include "session.h"
#include "tool.h"

enum {
	KEY_META = 1,
	KEY_IF_VERSION,
};

struct request {
	uint64_t if_version;
	struct metadata metadata;
};

static const struct option options[] = {
	{ "meta", KEY_META, "K=V", "metadata of this change; repeat it for more" },
	{ "if-version", KEY_IF_VERSION, "N",
	  "change it only if its version is N" },
	{ 0 }
};

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct request *request = data;

	if (key == KEY_META)
		return metadata_add(&request->metadata, args, value);
	if (!parse_u64(value, &request->if_version) ||
	    request->if_version == LSTATE_ANY_VERSION)
		return bad_word(args, value,
				"--if-version wants a version, not \"%s\"",
				value);
	return EXIT_DONE;
}

/* The variable as it is found; who may only write finds none. */
static void print_json(struct lstate_session *session, const char *identifier,
		       uint64_t version, bool changed)
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
	json_add_uint(object, "version", version);
	json_add_bool(object, "changed", changed);
	json_print(object);
}

static int set_variable(struct lstate_session *session,
			const struct request *request, const char *identifier,
			const char *value, bool json)
{
	uint64_t version;
	int rc;

	rc = lstate_set_text(session, identifier, value,
			     request->metadata.entries, request->if_version,
			     &version);
	if (rc < 0)
		return session_failure(session);
	if (json)
		print_json(session, identifier, version, rc > 0);
	return EXIT_DONE;
}

static int run(struct context *context, struct args *args)
{
	struct request request = { .if_version = LSTATE_ANY_VERSION };
	struct lstate_session *session;
	int status;

	if (!args_parse(args, take_option, &request)) {
		status = args->status;
	} else {
		status = session_open(&session, context->session, 0, 0);
		if (!status) {
			status = set_variable(session, &request,
					      args->operand[0],
					      args->operand[1], context->json);
			lstate_session_close(session);
		}
	}
	metadata_free(&request.metadata);
	return status;
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
