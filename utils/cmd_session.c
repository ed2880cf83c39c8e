// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate session: make, list and end sessions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include <linux/localstate.h>

#include "commands.h"
#include "json.h"
#include "netlink.h"
#include "session.h"
#include "text.h"
#include "tool.h"

#define DEFAULT_MODE	0644

enum { KEY_MODE = 1 };

static const struct option create_options[] = {
	{ "mode", KEY_MODE, "MODE",
	  "permission bits in octal; else 0644 less the umask" },
	{ 0 }
};

static int take_mode(void *data, const struct args *args, int key,
		     const char *value)
{
	uint32_t *mode = data;

	(void)key;
	if (!parse_mode(value, mode))
		return bad_word(args, value,
				"--mode wants permission bits like 0644, not \"%s\"",
				value);
	/* What is asked for is what is made, as by mkdir -m. */
	umask(0);
	return EXIT_DONE;
}

static int create(struct context *context, struct args *args)
{
	struct lstate_session *session;
	struct json_object *object;
	uint32_t mode = DEFAULT_MODE;
	int status;

	if (!args_parse(args, take_mode, &mode))
		return args->status;
	status = session_open(&session, args->operand[0],
			      LSTATE_OPEN_CREATE | LSTATE_OPEN_EXCLUSIVE |
				      LSTATE_OPEN_PERSISTENT,
			      mode);
	if (status)
		return status;
	if (context->json) {
		object = json_new_object();
		json_add_text(object, "name", args->operand[0]);
		json_add_uint(object, "id", lstate_session_id(session));
		json_print(object);
	}
	lstate_session_close(session);
	return EXIT_DONE;
}

static int destroy(struct context *context, struct args *args)
{
	struct lstate_session *session;
	int status;

	(void)context;
	if (!args_parse(args, NULL, NULL))
		return args->status;
	status = session_open(&session, args->operand[0], 0, 0);
	if (status)
		return status;
	if (lstate_session_destroy(session) < 0)
		status = session_failure(session);
	lstate_session_close(session);
	return status;
}

static struct json_object *session_json(const struct session_row *row)
{
	struct json_object *object = json_new_object();
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", row->mode & 0777);
	json_add_text(object, "name", row->name);
	json_add_uint(object, "id", row->id);
	json_add_uint(object, "uid", row->uid);
	json_add_uint(object, "gid", row->gid);
	json_add_text(object, "mode", mode);
	json_add_bool(object, "persistent",
		      row->flags & LOCALSTATE_ATTACH_PERSISTENT);
	json_add_uint(object, "clients", row->clients);
	json_add_uint(object, "variables", row->variables);
	json_add_uint(object, "created_ns", row->created_ns);
	return object;
}

static void print_json(const struct session_row *rows, size_t count)
{
	struct json_object *array = json_new_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_append(array, session_json(&rows[i]));
	json_print(array);
}

static int print_table(const struct session_row *rows, size_t count)
{
	static const char *const head[] = {
		"NAME", "ID", "UID", "GID", "MODE", "PERSISTENT",
		"CLIENTS", "VARIABLES", NULL,
	};
	struct table table;
	size_t i;

	table_begin(&table, head);
	for (i = 0; i < count; i++) {
		table_cell(&table, "%s", rows[i].name);
		table_cell(&table, "%" PRIu64, rows[i].id);
		table_cell(&table, "%" PRIu32, rows[i].uid);
		table_cell(&table, "%" PRIu32, rows[i].gid);
		table_cell(&table, "%04o", rows[i].mode & 0777);
		table_cell(&table, "%s",
			   rows[i].flags & LOCALSTATE_ATTACH_PERSISTENT ?
				   "yes" : "no");
		table_cell(&table, "%" PRIu32, rows[i].clients);
		table_cell(&table, "%" PRIu32, rows[i].variables);
	}
	return table_end(&table, EXIT_DONE);
}

static int list(struct context *context, struct args *args)
{
	struct session_row *rows;
	size_t count;
	int status;

	if (!args_parse(args, NULL, NULL))
		return args->status;
	status = netlink_sessions(&rows, &count);
	if (!status && context->json)
		print_json(rows, count);
	else if (!status)
		status = print_table(rows, count);
	session_rows_free(rows, count);
	return status;
}

static const struct command command_create = {
	.name = "create",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.summary = "Make a session, which stays until it is destroyed",
	.details = "Of the mode, r is get, list and watch; w is register, set, delete and\n"
		   "claim.\n"
		   "With --json: {\"name\", \"id\"}.\n",
	.options = create_options,
	.run = create,
};

static const struct command command_list_sessions = {
	.name = "list",
	.operands = "",
	.least = 0,
	.most = 0,
	.summary = "List the sessions that one may read or owns",
	.details = "Those of this network namespace.  With --json: an array.\n",
	.run = list,
};

static const struct command command_destroy = {
	.name = "destroy",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.summary = "End a session and all that is in it",
	.details = "Only its owner may.  Whoever watches in it is told.\n",
	.run = destroy,
};

static const struct command *const commands[] = {
	&command_create, &command_list_sessions, &command_destroy, NULL,
};

const struct command command_session = {
	.name = "session",
	.summary = "Make, list and end sessions",
	.commands = commands,
};
