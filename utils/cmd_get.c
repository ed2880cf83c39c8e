// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate get: the values of variables, all or none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "failure.h"
#include "json.h"
#include "session.h"
#include "text.h"
#include "tool.h"

#define MANY_MAX	1024	/* that lstate_get_many() takes */
#define ROUNDS		100

static bool is_as_then(const struct lstate_variable *variable,
		       const struct lstate_stamp *stamp)
{
	return lstate_variable_id(variable) == stamp->id &&
	       lstate_variable_version(variable) == stamp->version;
}

/* Those that have changed since; returns an exit code. */
static int describe_again(struct lstate_session *session,
			  struct lstate_variable **variables,
			  const char *const *names, int count,
			  const struct lstate_stamp *stamps, bool *changed)
{
	int i;

	*changed = false;
	for (i = 0; i < count; i++) {
		if (is_as_then(variables[i], &stamps[i]))
			continue;
		lstate_variable_free(variables[i]);
		variables[i] = NULL;
		if (lstate_describe(session, names[i], &variables[i]) < 0)
			return session_failure(session);
		*changed = true;
	}
	return EXIT_DONE;
}

/*
 * They were described one after the other, which can be half of a transaction; it is
 * not if they are still so when all are read at once.  Those that change all the time
 * may never be.
 */
static int agree(struct lstate_session *session,
		 struct lstate_variable **variables, const char *const *names,
		 int count)
{
	struct lstate_value *values = calloc(count, sizeof(*values));
	struct lstate_stamp *stamps = calloc(count, sizeof(*stamps));
	bool changed = true;
	int i, round, status = EXIT_DONE;

	if (!values || !stamps)
		status = out_of_memory();
	for (round = 0; !status && changed && round < ROUNDS; round++) {
		if (lstate_get_many(session, names, count, values, stamps,
				    NULL) < 0) {
			status = session_failure(session);
			break;
		}
		for (i = 0; i < count; i++)
			lstate_value_clear(&values[i]);
		status = describe_again(session, variables, names, count,
					stamps, &changed);
	}
	free(values);
	free(stamps);
	return status;
}

/* Describes all, and tells about each that fails. */
static int describe_all(struct lstate_session *session,
			struct lstate_variable **variables,
			const char *const *names, int count)
{
	int i, one, status = EXIT_DONE;

	for (i = 0; i < count; i++) {
		if (!lstate_describe(session, names[i], &variables[i]))
			continue;
		variables[i] = NULL;
		one = session_failure(session);
		/* What is missing counts for less than what is broken. */
		if (status != EXIT_REFUSED)
			status = one;
	}
	return status;
}

static void print_json(struct lstate_variable **variables, int count)
{
	struct json_object *array = json_new_array();
	int i;

	for (i = 0; i < count; i++)
		json_append(array, json_variable(variables[i]));
	json_print(array);
}

static void print_line(const struct lstate_variable *variable,
		       const struct lstate_value *value)
{
	printf("%s = ", lstate_variable_name(variable));
	text_print_value(stdout, value);
	putchar('\n');
}

static void print_text(struct lstate_variable **variables, int count)
{
	int i;

	if (count == 1) {
		text_print_plain(stdout, lstate_variable_value(variables[0]));
		putchar('\n');
		return;
	}
	for (i = 0; i < count; i++)
		print_line(variables[i], lstate_variable_value(variables[i]));
}

/* Values of one moment; the descriptions, which are not, have the names. */
static int print_moment(struct lstate_session *session,
			struct lstate_variable **variables,
			const char *const *names, int count)
{
	struct lstate_value *values = calloc(count, sizeof(*values));
	int i, status = EXIT_DONE;

	if (!values)
		return out_of_memory();
	if (lstate_get_many(session, names, count, values, NULL, NULL) < 0)
		status = session_failure(session);
	for (i = 0; i < count; i++) {
		if (!status)
			print_line(variables[i], &values[i]);
		lstate_value_clear(&values[i]);
	}
	free(values);
	return status;
}

static int get_all(struct lstate_session *session, const struct args *args,
		   bool json)
{
	struct lstate_variable **variables;
	int i, status;
	bool many;

	variables = calloc(args->operands, sizeof(*variables));
	if (!variables)
		return out_of_memory();
	status = describe_all(session, variables, args->operand,
			      args->operands);
	many = args->operands > 1 && args->operands <= MANY_MAX;
	if (!status && many && json)
		status = agree(session, variables, args->operand,
			       args->operands);
	if (!status && many && !json)
		status = print_moment(session, variables, args->operand,
				      args->operands);
	else if (!status && json)
		print_json(variables, args->operands);
	else if (!status)
		print_text(variables, args->operands);
	for (i = 0; i < args->operands; i++)
		lstate_variable_free(variables[i]);
	free(variables);
	return status;
}

static int run(struct context *context, struct args *args)
{
	struct lstate_session *session;
	int status;

	if (!args_parse(args, NULL, NULL))
		return args->status;
	status = session_open(&session, context->session,
			      LSTATE_OPEN_READ_ONLY, 0);
	if (status)
		return status;
	status = get_all(session, args, context->json);
	lstate_session_close(session);
	return status;
}

const struct command command_get = {
	.name = "get",
	.operands = "NAME...",
	.least = 1,
	.most = OPERANDS_ANY,
	.summary = "Print values",
	.details = "One name: the value itself.  Several: a line NAME = VALUE for each; of a\n"
		   "transaction they show all or nothing.\n"
		   "If a name is missing nothing is printed, and all that are missing are told.\n"
		   "With --json: an array with all that is known of each variable.\n",
	.run = run,
};
