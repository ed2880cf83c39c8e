// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate delete: remove variables.
 */
#include <search.h>
#include <stdbool.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "session.h"
#include "tool.h"

/* Looks before anything is done: all or nothing, but for races. */
static int check_all(struct lstate_session *session, const struct args *args)
{
	struct lstate_value value;
	int i, status = EXIT_DONE;

	/* Who may only write cannot look. */
	if (!(lstate_session_rights(session) & LSTATE_RIGHT_READ))
		return EXIT_DONE;
	for (i = 0; i < args->operands; i++) {
		if (lstate_get(session, args->operand[i], &value, NULL) < 0)
			status = session_failure(session);
		else
			lstate_value_clear(&value);
	}
	return status;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void keep_word(void *word)
{
	(void)word;
}

/* Whether the word is among those seen already; from now on it is. */
static bool is_repeated(void **seen, const char *word)
{
	const char *const *found = tsearch(word, seen, compare);

	return found && *found != word;
}

static int delete_all(struct lstate_session *session, const struct args *args,
		      struct json_object *deleted)
{
	void *seen = NULL;
	int i, status = EXIT_DONE;

	for (i = 0; i < args->operands; i++) {
		if (is_repeated(&seen, args->operand[i]))
			continue;
		if (lstate_delete(session, args->operand[i]) < 0)
			status = session_failure(session);
		else
			json_append(deleted, json_text(args->operand[i]));
	}
	tdestroy(seen, keep_word);
	return status;
}

static int run(struct context *context, struct args *args)
{
	struct lstate_session *session;
	struct json_object *deleted;
	int status;

	if (!args_parse(args, NULL, NULL))
		return args->status;
	status = session_open_to_change(&session, context->session);
	if (status)
		return status;
	deleted = json_new_array();
	status = check_all(session, args);
	if (!status)
		status = delete_all(session, args, deleted);
	lstate_session_close(session);
	/* What was removed is told also if something else could not be. */
	if (context->json && (!status || json_object_array_length(deleted)))
		json_print(deleted);
	else
		json_object_put(deleted);
	return status;
}

const struct command command_delete = {
	.name = "delete",
	.operands = "NAME...",
	.least = 1,
	.most = OPERANDS_ANY,
	.summary = "Remove variables",
	.details = "If a name is missing nothing is removed, and all that are missing are told.\n"
		   "With --json: an array of what was removed, as given.\n",
	.run = run,
};
