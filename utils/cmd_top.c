// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate top: the variables of a session as they change, and who watches them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "failure.h"
#include "session.h"
#include "tool.h"
#include "top.h"

enum {
	KEY_BATCH = 'b',
	KEY_ITERATIONS = 'n',
	KEY_INTERVAL = 'd',
	KEY_SORT = 1,
};

struct request {
	struct top top;
	bool batch;
};

static const struct option options[] = {
	{ "batch", KEY_BATCH, NULL, "print tables, one after another" },
	{ "iterations", KEY_ITERATIONS, "N", "end after N of them" },
	{ "interval", KEY_INTERVAL, "S", "one each S seconds (1)" },
	{ "sort", KEY_SORT, "ORDER", "by rate (default), name, watchers or lag" },
	{ 0 }
};

static int take_order(struct top *top, const struct args *args, const char *value)
{
	for (top->order = 0; top->order < TOP_ORDERS; top->order++) {
		if (!strcmp(value, top_order_name(top->order)))
			return EXIT_DONE;
	}
	return bad_word(args, value,
			"--sort wants rate, name, watchers or lag, not \"%s\"", value);
}

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct request *request = data;
	struct top *top = &request->top;

	switch (key) {
	case KEY_BATCH:
		request->batch = true;
		return EXIT_DONE;
	case KEY_ITERATIONS:
		top->limited = true;
		if (!parse_u64(value, &top->iterations) || !top->iterations)
			return bad_word(args, value,
					"--iterations wants a number from 1, not \"%s\"",
					value);
		return EXIT_DONE;
	case KEY_INTERVAL:
		if (!parse_seconds(value, &top->interval_ns) || !top->interval_ns)
			return bad_word(args, value,
					"--interval wants seconds above 0, not \"%s\"",
					value);
		return EXIT_DONE;
	default:
		return take_order(top, args, value);
	}
}

static int run(struct context *context, struct args *args)
{
	struct request request = { .top.interval_ns = NSEC_PER_SEC };
	struct top *top = &request.top;
	int status;

	if (!args_parse(args, take_option, &request))
		return args->status;
	top->name = context->session;
	if (args->operands) {
		top->pattern = strdup(args->operand[0]);
		if (!top->pattern)
			return out_of_memory();
	}
	status = session_open(&top->session, top->name, LSTATE_OPEN_READ_ONLY, 0);
	if (status) {
		top_free(top);
		return status;
	}
	if (request.batch || context->json || !isatty(STDIN_FILENO) ||
	    !isatty(STDOUT_FILENO))
		status = top_batch(top, context->json);
	else
		status = top_screen(top);
	lstate_session_close(top->session);
	top_free(top);
	return status;
}

const struct command command_top = {
	.name = "top",
	.operands = "[PATTERN]",
	.least = 0,
	.most = 1,
	.summary = "Show variables as they change, their watchers and how far those are",
	.details = "On a terminal: q quits, s sorts by rate, name, watchers or lag, / takes a pattern,\n"
		   "arrows and pages scroll. Without one, or with --json, it is --batch.\n"
		   "RATE is changes a second since the last look. QUEUED and MERGED are those of the\n"
		   "watches of the variable, each of which counts for all its variables together.\n"
		   "It ends with status 1 when the session is destroyed.\n",
	.options = options,
	.run = run,
};
