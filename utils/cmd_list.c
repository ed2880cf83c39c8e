// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate list: the variables of a session.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "failure.h"
#include "json.h"
#include "session.h"
#include "text.h"
#include "tool.h"

typedef void add_variable_fn(void *to, const struct lstate_variable *variable);

static int each_variable(struct lstate_session *session, const char *pattern,
			 add_variable_fn *add, void *to)
{
	struct lstate_variable *variable;
	struct lstate_list *list;
	int rc, status = EXIT_DONE;

	if (lstate_list_open(session, pattern, &list) < 0)
		return out_of_memory();
	while ((rc = lstate_list_next(list, &variable)) > 0) {
		add(to, variable);
		lstate_variable_free(variable);
	}
	if (rc < 0)
		status = session_failure(session);
	lstate_list_close(list);
	return status;
}

static void add_json(void *to, const struct lstate_variable *variable)
{
	json_append(to, json_variable(variable));
}

static int list_json(struct lstate_session *session, const char *pattern)
{
	struct json_object *array = json_new_array();
	int status;

	status = each_variable(session, pattern, add_json, array);
	if (status)
		json_object_put(array);
	else
		json_print(array);
	return status;
}

static void add_row(void *to, const struct lstate_variable *variable)
{
	const char *label = lstate_variable_label(variable);
	struct table *table = to;
	char *value = NULL;
	size_t length;
	FILE *file;

	table_cell(table, "%s", lstate_variable_name(variable));
	table_cell(table, "%" PRIu64, lstate_variable_id(variable));
	table_cell(table, "%s",
		   lstate_type_name(lstate_variable_type(variable)));
	table_cell(table, "%s", *label ? label : "-");
	table_cell(table, "%" PRIu64, lstate_variable_version(variable));

	file = open_memstream(&value, &length);
	if (file) {
		text_print_value(file, lstate_variable_value(variable));
		fclose(file);
	}
	table_cell(table, "%s", value ? value : "?");
	free(value);
}

static int list_text(struct lstate_session *session, const char *pattern)
{
	static const char *const head[] = {
		"NAME", "ID", "TYPE", "LABEL", "VERSION", "VALUE", NULL,
	};
	struct table table;
	int status;

	table_begin(&table, head);
	status = each_variable(session, pattern, add_row, &table);
	return table_end(&table, status);
}

static int run(struct context *context, struct args *args)
{
	struct lstate_session *session;
	const char *pattern;
	int status;

	if (!args_parse(args, NULL, NULL))
		return args->status;
	pattern = args->operands ? args->operand[0] : NULL;
	status = session_open(&session, context->session,
			      LSTATE_OPEN_READ_ONLY, 0);
	if (status)
		return status;
	status = context->json ? list_json(session, pattern) :
				 list_text(session, pattern);
	lstate_session_close(session);
	return status;
}

const struct command command_list = {
	.name = "list",
	.operands = "[GLOB]",
	.least = 0,
	.most = 1,
	.summary = "List variables, or those whose names match",
	.details = "GLOB knows *, ?, [...] and \\; quote it from the shell.\n"
		   "With --json: an array with all that is known of each variable.\n",
	.run = run,
};
