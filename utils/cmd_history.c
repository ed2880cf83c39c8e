// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate history, lstate rollback: what lstate record has written.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "failure.h"
#include "json.h"
#include "session.h"
#include "text.h"
#include "tool.h"

/* What is done with each entry of the variable; entries count from 1. */
typedef int entry_fn(void *data, uint64_t number,
		     const struct lstate_record *record);

static int read_history(const char *path, int fd, const char *name,
			entry_fn *entry, void *data)
{
	struct failure failure = { .word = path };
	struct lstate_history *history;
	struct lstate_record record;
	uint64_t number = 0;
	int rc, status = EXIT_DONE;

	if (lstate_history_open(&history, fd) < 0)
		return out_of_memory();
	while (!status && (rc = lstate_history_next(history, &record)) != 0) {
		failure.rc = rc;
		if (rc < 0)
			status = fail(&failure, "%s: %s", path,
				      lstate_history_problem(history));
		else if (!strcmp(record.name, name))
			status = entry(data, ++number, &record);
	}
	lstate_history_close(history);
	failure.rc = -ENOENT;
	failure.name = name;
	if (!status && !number)
		status = fail(&failure, "%s: there is no entry of %s", path,
			      name);
	return status;
}

static int open_history(const char *path, const char *name, entry_fn *entry,
			void *data)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), status;
	const struct failure failure = { .rc = -errno, .word = path };

	if (fd < 0)
		return fail(&failure, "cannot read %s: %s", path,
			    strerror(-failure.rc));
	status = read_history(path, fd, name, entry, data);
	close(fd);
	return status;
}

/* ---- history ------------------------------------------------------------- */

static void print_text(uint64_t number, const struct lstate_record *record)
{
	time_t seconds = record->time_ns / 1000000000;
	struct tm broken;
	char date[32] = "?";

	if (localtime_r(&seconds, &broken))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &broken);
	printf("%" PRIu64 "  %s  ", number, date);
	text_print_value(stdout, record->value);
	printf("  (%s, version %" PRIu64 ", pid %d)", record->kind,
	       record->version, (int)record->pid);
	text_print_metadata(stdout, record->metadata);
	putchar('\n');
}

static void print_json(uint64_t number, const struct lstate_record *record)
{
	struct json_object *object = json_new_object();

	json_add_uint(object, "entry", number);
	json_add_uint(object, "line", record->line);
	json_add_uint(object, "time_ns", record->time_ns);
	json_add_text(object, "kind", record->kind);
	json_add_uint(object, "id", record->id);
	json_add_uint(object, "version", record->version);
	json_add_uint(object, "pid", record->pid);
	json_add_uint(object, "uid", record->uid);
	json_add(object, "value", json_value(record->value));
	json_add(object, "metadata", json_metadata(record->metadata));
	json_print(object);
}

static int print_entry(void *data, uint64_t number,
		       const struct lstate_record *record)
{
	const struct context *context = data;

	if (context->json)
		print_json(number, record);
	else
		print_text(number, record);
	return EXIT_DONE;
}

static int history(struct context *context, struct args *args)
{
	if (!args_parse(args, NULL, NULL))
		return args->status;
	return open_history(args->operand[0], args->operand[1], print_entry,
			    context);
}

/* ---- rollback ------------------------------------------------------------ */

/* The entry that is wanted, and the last ones, as they come by. */
struct rollback {
	uint64_t wanted;	/* 0: the one before the last */
	uint64_t seen;
	bool found;
	struct lstate_value value;
	struct lstate_value last;
};

static int keep(struct lstate_value *to, const struct lstate_value *from)
{
	lstate_value_clear(to);
	return lstate_value_copy(to, from) < 0 ? out_of_memory() : EXIT_DONE;
}

static int find_entry(void *data, uint64_t number,
		      const struct lstate_record *record)
{
	struct rollback *rollback = data;

	rollback->seen = number;
	if (rollback->wanted) {
		rollback->found |= number == rollback->wanted;
		return number == rollback->wanted ?
		       keep(&rollback->value, record->value) : EXIT_DONE;
	}
	if (number > 1) {
		lstate_value_clear(&rollback->value);
		rollback->value = rollback->last;
		memset(&rollback->last, 0, sizeof(rollback->last));
		rollback->found = true;
	}
	return keep(&rollback->last, record->value);
}

static int set_value(const struct context *context, const char *name,
		     const struct lstate_value *value)
{
	struct lstate_session *session;
	int status;

	status = session_open_to_change(&session, context->session);
	if (status)
		return status;
	if (lstate_set(session, name, value, NULL, LSTATE_ANY_VERSION,
		       NULL) < 0)
		status = session_failure(session);
	lstate_session_close(session);
	return status;
}

static int rollback(struct context *context, struct args *args)
{
	const struct failure failure = { .rc = -ENOENT };
	struct rollback rollback = { 0 };
	const char *path, *name;
	int status;

	if (!args_parse(args, NULL, NULL))
		return args->status;
	path = args->operand[0];
	name = args->operand[1];
	if (args->operands == 3 && (!parse_u64(args->operand[2],
					       &rollback.wanted) ||
				    !rollback.wanted))
		return bad_word(args, args->operand[2],
				"ENTRY is a number from 1, not \"%s\"",
				args->operand[2]);
	status = open_history(path, name, find_entry, &rollback);
	if (!status && !rollback.found)
		status = fail(&failure, "%s: there are only %" PRIu64
			      " entries of %s", path, rollback.seen, name);
	if (!status)
		status = set_value(context, name, &rollback.value);
	lstate_value_clear(&rollback.value);
	lstate_value_clear(&rollback.last);
	return status;
}

const struct command command_history = {
	.name = "history",
	.operands = "FILE NAME",
	.least = 2,
	.most = 2,
	.summary = "Print the changes of a variable that were recorded",
	.details = "Each with its number, which rollback takes.\n"
		   "With --json: an object a line.\n",
	.run = history,
};

const struct command command_rollback = {
	.name = "rollback",
	.operands = "FILE NAME [ENTRY]",
	.least = 2,
	.most = 3,
	.summary = "Set a variable to a value that was recorded",
	.details = "ENTRY is a number that history prints; without it, the one before the last.\n",
	.run = rollback,
};
