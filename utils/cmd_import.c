// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate import, lstate apply: variables from a file.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "commands.h"
#include "failure.h"
#include "json.h"
#include "session.h"
#include "tool.h"

#define SESSION_MODE	0644

enum {
	KEY_DRY_RUN = 1,
	KEY_ATOMIC,
	KEY_QUIET,
};

static const struct option import_options[] = {
	{ "dry-run", KEY_DRY_RUN, NULL, "change nothing, only tell" },
	{ "atomic", KEY_ATOMIC, NULL, "all or nothing" },
	{ "quiet", KEY_QUIET, NULL, "tell only what is refused, and how many" },
	{ 0 }
};

static const struct option apply_options[] = {
	{ "dry-run", KEY_DRY_RUN, NULL, "change nothing, only tell" },
	{ "quiet", KEY_QUIET, NULL, "tell only what differs" },
	{ 0 }
};

/* What the command line says, and how it goes. */
struct importing {
	const char *path;
	unsigned int flags;
	bool quiet;
	bool json;
	uint64_t count[LSTATE_IMPORT_REFUSED + 1];
};

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct importing *importing = data;

	(void)args;
	(void)value;
	if (key == KEY_DRY_RUN)
		importing->flags |= LSTATE_IMPORT_DRY_RUN;
	else if (key == KEY_ATOMIC)
		importing->flags |= LSTATE_IMPORT_ATOMIC;
	else
		importing->quiet = true;
	return EXIT_DONE;
}

static void report(const char *name, enum lstate_import_status status,
		   uint64_t line, const char *reason, void *user_data)
{
	struct importing *importing = user_data;
	const struct failure failure = { .rc = -EINVAL, .name = name };
	struct json_object *object;

	importing->count[status]++;
	if (status == LSTATE_IMPORT_REFUSED) {
		fail(&failure, "%s:%" PRIu64 ": %s", importing->path, line,
		     reason);
	} else if (importing->quiet) {
		return;
	} else if (!importing->json) {
		printf("%s %s\n", lstate_import_status_name(status), name);
		return;
	}
	if (!importing->json)
		return;
	object = json_new_object();
	json_add_text(object, "name", name);
	json_add_uint(object, "line", line);
	json_add_text(object, "status", lstate_import_status_name(status));
	json_add_text(object, "reason", reason);
	json_print(object);
}

/* For people, and only where entries were reported one by one or refused. */
static void print_summary(const struct importing *importing)
{
	const uint64_t *count = importing->count;

	if (importing->json)
		return;
	printf("%" PRIu64 " created, %" PRIu64 " changed, %" PRIu64
	       " equal, %" PRIu64 " refused%s\n",
	       count[LSTATE_IMPORT_CREATED], count[LSTATE_IMPORT_CHANGED],
	       count[LSTATE_IMPORT_EQUAL], count[LSTATE_IMPORT_REFUSED],
	       importing->flags & LSTATE_IMPORT_DRY_RUN ?
		       ": nothing was changed, this was a dry run" :
	       importing->flags & LSTATE_IMPORT_ATOMIC &&
			       count[LSTATE_IMPORT_REFUSED] ?
		       ": nothing was changed" : "");
}

static int cannot_read(const struct importing *importing)
{
	const struct failure failure = { .rc = -errno, .word = importing->path };

	return fail(&failure, "cannot read %s: %s", importing->path,
		    strerror(errno));
}

/* Tells what became of each, and ends the session. */
static int import_into(struct importing *importing,
		       struct lstate_session *session, int fd)
{
	const struct failure failure = { .rc = -EBADMSG };
	int rc, status;

	rc = lstate_import(session, fd, importing->flags, report, importing);
	if (rc == -EBADMSG)
		status = fail(&failure, "%s: %s", importing->path,
			      lstate_error_message(lstate_session_error(session)));
	else if (rc < 0)
		status = session_failure(session);
	else
		status = rc ? EXIT_REFUSED : EXIT_DONE;
	if (rc >= 0)
		print_summary(importing);
	lstate_session_close(session);
	return status;
}

/* Reads what cannot be read twice into memory; *fd is that then. */
static int spool(const struct importing *importing, int *fd)
{
	char buffer[4096];
	int copy = memfd_create("lstate", MFD_CLOEXEC);
	ssize_t got = copy < 0 ? -1 : 1;
	int status;

	while (got > 0 || (got < 0 && copy >= 0 && errno == EINTR)) {
		got = read(*fd, buffer, sizeof(buffer));
		if (got > 0 && write(copy, buffer, got) != got)
			got = -1;
	}
	if (got >= 0 && lseek(copy, 0, SEEK_SET) == 0) {
		*fd = copy;
		return EXIT_DONE;
	}
	status = cannot_read(importing);
	if (copy >= 0)
		close(copy);
	return status;
}

/*
 * Whether a session is to be made for the file.  What says nothing of the file itself
 * is told by the import that follows.
 */
static bool is_sound(const struct importing *importing, int fd)
{
	off_t start = lseek(fd, 0, SEEK_CUR);
	struct lstate_session *session;
	int rc;

	if (lstate_session_open(&session, NULL, 0, 0, NULL))
		return true;
	rc = lstate_import(session, fd, importing->flags | LSTATE_IMPORT_DRY_RUN,
			   NULL, NULL);
	lstate_session_close(session);
	lseek(fd, start, SEEK_SET);
	if (rc < 0)
		return rc == -ENOMEM || rc == -EDQUOT;
	return !rc || !(importing->flags & LSTATE_IMPORT_ATOMIC);
}

/*
 * A session that is absent is like one that is empty.  It is not made for a dry run,
 * nor if nothing would come into it: then a private one does to tell why.
 */
static int import_anew(struct importing *importing, const char *name, int fd)
{
	struct lstate_session *session;
	int status, from = fd;

	if (lseek(fd, 0, SEEK_CUR) < 0) {
		status = spool(importing, &from);
		if (status)
			return status;
	}
	if (importing->flags & LSTATE_IMPORT_DRY_RUN || !is_sound(importing, from))
		status = session_open(&session, NULL, 0, 0);
	else
		status = session_open(&session, name,
				      LSTATE_OPEN_CREATE | LSTATE_OPEN_PERSISTENT,
				      SESSION_MODE);
	if (!status)
		status = import_into(importing, session, from);
	if (from != fd)
		close(from);
	return status;
}

static int import_from(struct importing *importing, const char *name, int fd)
{
	struct lstate_session *session = session_inherited(name);
	struct lstate_error *error;
	int rc;

	if (session)
		return import_into(importing, session, fd);
	rc = lstate_session_open(&session, name, 0, 0, &error);
	if (!rc)
		return import_into(importing, session, fd);
	if (rc != -ENOENT)
		return call_failure(rc, error);
	lstate_error_free(error);
	return import_anew(importing, name, fd);
}

static int run_import(struct context *context, struct args *args,
		      unsigned int flags)
{
	struct importing importing = { .flags = flags };
	int fd = STDIN_FILENO, status;

	if (!args_parse(args, take_option, &importing))
		return args->status;
	importing.json = context->json;
	importing.path = args->operand[0];
	if (strcmp(importing.path, "-"))
		fd = open(importing.path, O_RDONLY | O_CLOEXEC);
	else
		importing.path = "stdin";
	if (fd < 0)
		return cannot_read(&importing);
	status = import_from(&importing, context->session, fd);
	if (fd != STDIN_FILENO)
		close(fd);
	return status;
}

static int import(struct context *context, struct args *args)
{
	return run_import(context, args, 0);
}

static int apply(struct context *context, struct args *args)
{
	return run_import(context, args, LSTATE_IMPORT_DECLARE);
}

const struct command command_import = {
	.name = "import",
	.operands = "FILE",
	.least = 1,
	.most = 1,
	.summary = "Bring variables of an export into a session",
	.details = "FILE - is stdin.  A session that is absent is made, as by register.  An empty\n"
		   "one gets the ids and versions of the file; in another one what is missing is\n"
		   "registered, and what is there gets the value of the file if it is of the same\n"
		   "kind.  Ends with 1 if an entry was refused.  A file that is broken changes\n"
		   "nothing.\n"
		   "With --json: an object a line, {\"name\", \"line\", \"status\", \"reason\"}.\n",
	.options = import_options,
	.run = import,
};

const struct command command_apply = {
	.name = "apply",
	.operands = "FILE",
	.least = 1,
	.most = 1,
	.summary = "Register what a file declares and the session lacks",
	.details = "FILE is as export writes it, but only name and type are necessary; - is stdin.\n"
		   "Variables that are there keep their values; those of another type, with other\n"
		   "constraints, label or description are told, and it ends with 1.  Running it\n"
		   "again does nothing.\n"
		   "With --json: as import.\n",
	.options = apply_options,
	.run = apply,
};
