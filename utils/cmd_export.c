// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate export: a session as JSON, for lstate import.
 */
#include "commands.h"
#include "failure.h"
#include "outfile.h"
#include "session.h"
#include "tool.h"

enum { KEY_PATTERN = 1 };

static const struct option options[] = {
	{ "pattern", KEY_PATTERN, "GLOB", "only variables whose names match" },
	{ 0 }
};

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	const char **pattern = data;

	(void)args;
	(void)key;
	*pattern = value;
	return EXIT_DONE;
}

static int write_all(struct lstate_session *session,
		     struct lstate_export *export, struct outfile *out)
{
	const char *data;
	size_t length;
	int rc, status;

	while ((rc = lstate_export_next(export, &data, &length)) > 0) {
		status = outfile_write(out, data, length);
		if (status)
			return status;
	}
	return rc < 0 ? session_failure(session) : EXIT_DONE;
}

static int run(struct context *context, struct args *args)
{
	struct lstate_session *session;
	struct lstate_export *export;
	const char *pattern = NULL;
	struct outfile out;
	int status;

	if (!args_parse(args, take_option, &pattern))
		return args->status;
	status = session_open(&session, context->session,
			      LSTATE_OPEN_READ_ONLY, 0);
	if (status)
		return status;
	if (lstate_export_open(session, pattern, &export) < 0) {
		lstate_session_close(session);
		return out_of_memory();
	}
	status = outfile_open(&out, args->operands ? args->operand[0] : NULL);
	if (!status)
		status = write_all(session, export, &out);
	status = outfile_close(&out, status);
	lstate_export_close(export);
	lstate_session_close(session);
	return status;
}

const struct command command_export = {
	.name = "export",
	.operands = "[FILE]",
	.least = 0,
	.most = 1,
	.summary = "Write all variables of a session as JSON",
	.details = "To FILE, which changes only when all of it is written, or to stdout.  A\n"
		   "variable a line, in the order of the ids, always in the same form.\n",
	.options = options,
	.run = run,
};
