// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate wait: until a condition on a variable holds.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "commands.h"
#include "failure.h"
#include "json.h"
#include "session.h"
#include "text.h"
#include "tool.h"

#define NSEC_PER_MSEC	1000000

enum {
	KEY_TIMEOUT = 1,
	KEY_ALLOW_MISSING,
};

struct request {
	unsigned int flags;
	int timeout_ms;
};

static const struct option options[] = {
	{ "timeout", KEY_TIMEOUT, "S", "wait for S seconds at most, like 0.5; 0 only looks" },
	{ "allow-missing", KEY_ALLOW_MISSING, NULL,
	  "wait for a name that does not exist yet" },
	{ 0 }
};

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct request *request = data;
	uint64_t ns;

	if (key == KEY_ALLOW_MISSING) {
		request->flags |= LSTATE_CONDITION_ALLOW_MISSING;
		return EXIT_DONE;
	}
	if (!parse_seconds(value, &ns) ||
	    ns / NSEC_PER_MSEC >= INT_MAX)
		return bad_word(args, value,
				"--timeout wants seconds up to %d, not \"%s\"",
				INT_MAX / 1000, value);
	request->timeout_ms = (int)((ns + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
	return EXIT_DONE;
}

static void print(const char *condition, const struct lstate_value *value,
		  const struct lstate_stamp *stamp, bool json)
{
	struct json_object *object;

	if (!json) {
		text_print_plain(stdout, value);
		putchar('\n');
		return;
	}
	object = json_new_object();
	json_add_text(object, "condition", condition);
	json_add_uint(object, "id", stamp->id);
	json_add_text(object, "type", lstate_type_name(value->type));
	json_add(object, "value", json_value(value));
	json_add_uint(object, "version", stamp->version);
	json_add_uint(object, "changed_ns", stamp->changed_ns);
	json_add_uint(object, "pid", stamp->pid);
	json_add_uint(object, "uid", stamp->uid);
	json_print(object);
}

static int wait_for(struct lstate_session *session, const char *condition,
		    const struct request *request, bool json)
{
	struct lstate_value value;
	struct lstate_stamp stamp;
	int rc;

	rc = lstate_condition_wait(session, condition, request->flags,
				   request->timeout_ms, &value, &stamp);
	if (rc < 0)
		return session_failure(session);
	print(condition, &value, &stamp, json);
	lstate_value_clear(&value);
	return EXIT_DONE;
}

static int run(struct context *context, struct args *args)
{
	struct request request = { .timeout_ms = -1 };
	struct lstate_session *session;
	int status;

	if (!args_parse(args, take_option, &request))
		return args->status;
	status = session_open(&session, context->session,
			      LSTATE_OPEN_READ_ONLY, 0);
	if (status)
		return status;
	status = wait_for(session, args->operand[0], &request, context->json);
	lstate_session_close(session);
	return status;
}

const struct command command_wait = {
	.name = "wait",
	.operands = "CONDITION",
	.least = 1,
	.most = 1,
	.summary = "Wait until a condition on a variable holds, and print the value",
	.details = "CONDITION as lstate-filter(7) has it: 'temp > 30', \"state == 'ready'\",\n"
		   "'n in 10..20', 'n not in 1..5', 'flags & 0x4', up to four of them on one variable\n"
		   "with || or &&.  Ends at once if the present value fulfils it, else with the first\n"
		   "later one that does, however short.  Ends with 0 and prints that value; with 4\n"
		   "after the timeout; with 3 if there is no such variable, or it is deleted; with 1\n"
		   "if the condition is none, or the session ends.\n"
		   "With --json: an object with condition, value, type, version, id, time and writer.\n",
	.options = options,
	.run = run,
};
