// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate watchers: who watches what in a session, and how far they are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/localstate.h>

#include "commands.h"
#include "json.h"
#include "netlink.h"
#include "text.h"
#include "tool.h"

static struct json_object *targets_json(const struct watch_row *row)
{
	struct json_object *array = json_new_array();
	size_t i;

	for (i = 0; i < row->n_targets; i++)
		json_append(array, json_text(row->targets[i]));
	return array;
}

static struct json_object *watch_json(const struct watch_row *row)
{
	struct json_object *object = json_new_object();

	json_add_uint(object, "ref", row->ref);
	json_add_uint(object, "client", row->client);
	json_add_uint(object, "pid", row->pid);
	json_add_text(object, "comm", row->comm);
	json_add_uint(object, "uid", row->uid);
	json_add(object, "targets", targets_json(row));
	json_add_text(object, "filter", row->filter);
	json_add_uint(object, "queued", row->queued);
	json_add_uint(object, "delivered", row->delivered);
	json_add_uint(object, "events", row->events);
	json_add_uint(object, "merged", row->merged);
	json_add_uint(object, "filtered", row->filtered);
	json_add_uint(object, "created_ns", row->created_ns);
	json_add_bool(object, "initial",
		      row->flags & LOCALSTATE_WATCH_INITIAL);
	json_add_bool(object, "allow_missing",
		      row->flags & LOCALSTATE_WATCH_ALLOW_MISSING);
	json_add_bool(object, "no_self",
		      row->flags & LOCALSTATE_WATCH_NO_SELF);
	json_add_bool(object, "conflate",
		      row->flags & LOCALSTATE_WATCH_CONFLATE);
	json_add_uint(object, "inline_limit", row->inline_limit);
	return object;
}

static void print_json(const struct watch_row *rows, size_t count)
{
	struct json_object *array = json_new_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_append(array, watch_json(&rows[i]));
	json_print(array);
}

static void print_targets(FILE *file, const struct watch_row *row)
{
	size_t i;

	for (i = 0; i < row->n_targets; i++) {
		fputs(i ? " " : "", file);
		text_print(file, row->targets[i], strlen(row->targets[i]));
	}
}

static void add_row(struct table *table, const struct watch_row *row)
{
	char *targets = NULL;
	size_t length;
	FILE *file;

	table_cell(table, "%" PRIu64, row->client);
	table_cell(table, "%" PRIu32, row->ref);
	table_cell(table, "%" PRIu32, row->pid);
	table_text(table, row->comm);
	table_cell(table, "%" PRIu32, row->uid);
	table_cell(table, "%" PRIu64, row->queued);
	table_cell(table, "%" PRIu64, row->delivered);
	table_cell(table, "%" PRIu64, row->merged);
	table_cell(table, "%" PRIu64, row->filtered);
	if (row->filter)
		table_text(table, row->filter);
	else
		table_cell(table, "-");
	file = open_memstream(&targets, &length);
	if (file) {
		print_targets(file, row);
		fclose(file);
	}
	table_cell(table, "%s", targets ? targets : "?");
	free(targets);
}

static int print_table(const struct watch_row *rows, size_t count)
{
	static const char *const head[] = {
		"CLIENT", "REF", "PID", "COMM", "UID", "QUEUED",
		"DELIVERED", "MERGED", "FILTERED", "FILTER", "TARGETS", NULL,
	};
	struct table table;
	size_t i;

	table_begin(&table, head);
	for (i = 0; i < count; i++)
		add_row(&table, &rows[i]);
	return table_end(&table, EXIT_DONE);
}

static int run(struct context *context, struct args *args)
{
	struct watch_row *rows;
	size_t count;
	int status;

	if (!args_parse(args, NULL, NULL))
		return args->status;
	status = netlink_watches(context->session, &rows, &count);
	if (!status && context->json)
		print_json(rows, count);
	else if (!status)
		status = print_table(rows, count);
	watch_rows_free(rows, count);
	return status;
}

const struct command command_watchers = {
	.name = "watchers",
	.operands = "",
	.least = 0,
	.most = 0,
	.summary = "List the watches of the session, by all processes",
	.details = "FILTERED counts the changes that the filter held back, and those of its own that a\n"
		   "watcher does not want; FILTER is - if there is none.\n"
		   "With --json: an array; \"targets\" is an array of names, patterns and @ids as asked\n"
		   "for, \"filter\" an expression or null.\n",
	.run = run,
};
