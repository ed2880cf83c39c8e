// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate claim: run a command while nobody else may change a variable.
 *
 * The command inherits the descriptor that has the claim, so that the lstate
 * commands which it runs may change the variable; they find it by its number in
 * the environment.  The claim ends when the command has ended, whoever else has
 * got the descriptor; if this process is killed, it lasts as long as the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "failure.h"
#include "metadata.h"
#include "session.h"
#include "tool.h"
#include "waiter.h"

/* As a shell has them. */
#define EXIT_CANNOT_RUN	126
#define EXIT_NO_COMMAND	127
#define EXIT_SIGNAL	128

enum {
	KEY_ON_EXIT = 1,
	KEY_WILL,
	KEY_META,
	KEY_TIMEOUT,
};

struct request {
	enum lstate_claim_end on_end;
	const char *will;
	struct metadata metadata;
	int64_t timeout_ns;
};

static const struct option options[] = {
	{ "on-exit", KEY_ON_EXIT, "WHAT",
	  "reset, delete, or a value that it gets at the end" },
	{ "will", KEY_WILL, "VALUE", "the value, whatever it looks like" },
	{ "meta", KEY_META, "K=V", "metadata of that; repeat it for more" },
	{ "timeout", KEY_TIMEOUT, "S",
	  "wait S seconds at most for another claim to end; 0: not at all" },
	{ 0 }
};

static void take_will(struct request *request, const char *value)
{
	request->on_end = LSTATE_CLAIM_END_WILL;
	request->will = value;
}

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct request *request = data;
	uint64_t timeout;

	switch (key) {
	case KEY_ON_EXIT:
		take_will(request, value);
		if (!strcmp(value, "reset"))
			request->on_end = LSTATE_CLAIM_END_RESET;
		else if (!strcmp(value, "delete"))
			request->on_end = LSTATE_CLAIM_END_DELETE;
		return EXIT_DONE;
	case KEY_WILL:
		take_will(request, value);
		return EXIT_DONE;
	case KEY_META:
		return metadata_add(&request->metadata, args, value);
	}
	if (!parse_seconds(value, &timeout) || timeout > INT64_MAX)
		return bad_word(args, value,
				"--timeout wants seconds, not \"%s\"", value);
	request->timeout_ns = (int64_t)timeout;
	return EXIT_DONE;
}

/* ---- the claim ----------------------------------------------------------- */

/* The will as a value of the variable's type. */
static int parse_will(struct lstate_session *session, const char *identifier,
		      const char *text, struct lstate_value *will)
{
	struct lstate_variable *variable;
	struct failure failure = { .name = identifier, .word = text };
	enum lstate_type type;

	if (lstate_describe(session, identifier, &variable) < 0)
		return session_failure(session);
	type = lstate_variable_type(variable);
	lstate_variable_free(variable);
	failure.rc = lstate_value_parse(type, text, will);
	if (failure.rc < 0)
		return fail(&failure, "%s: \"%s\" is no value of type %s",
			    identifier, text, lstate_type_name(type));
	return EXIT_DONE;
}

/*
 * Nothing here handles a signal yet: one that interrupts the wait has stopped this
 * process, and continued it.  Waiting goes on until the same deadline.
 */
static int wait_for_claim(struct lstate_session *session,
			  const struct request *request, const char *identifier,
			  const struct lstate_value *will)
{
	int64_t left = request->timeout_ns, deadline = INT64_MAX;
	int rc;

	if (left > 0 && __builtin_add_overflow(now_ns(), left, &deadline))
		deadline = INT64_MAX;
	for (;;) {
		rc = lstate_claim_take(session, identifier, request->on_end,
				       will,
				       will ? request->metadata.entries : NULL,
				       left);
		if (rc != -EINTR)
			return rc;
		if (left > 0)
			left = deadline - (int64_t)now_ns();
		/* 0 would not wait, and end with another status. */
		if (request->timeout_ns > 0 && left <= 0)
			left = 1;
	}
}

/*
 * Would this wait for the lstate claim that runs it, and that for this?  Only that
 * one's session can say whether the claim is its own; it has it no longer than that.
 */
static int check_nested(const struct context *context, const char *identifier)
{
	struct lstate_session *outer = session_inherited(context->session);
	int rc, status = EXIT_DONE;

	if (!outer)
		return EXIT_DONE;
	rc = lstate_claim_take(outer, identifier, LSTATE_CLAIM_END_NONE, NULL,
			       NULL, 0);
	if (rc == -EALREADY)
		status = session_failure(outer);
	else if (rc >= 0)
		lstate_claim_release(outer, identifier);
	lstate_session_close(outer);
	return status;
}

static int take_claim(struct lstate_session *session,
		      const struct request *request, const char *identifier)
{
	struct lstate_value will = { 0 };
	bool with_will = request->on_end == LSTATE_CLAIM_END_WILL;
	int rc, status = EXIT_DONE;

	if (with_will)
		status = parse_will(session, identifier, request->will, &will);
	if (status)
		return status;
	rc = wait_for_claim(session, request, identifier,
			    with_will ? &will : NULL);
	lstate_value_clear(&will);
	return rc < 0 ? session_failure(session) : EXIT_DONE;
}

/* ---- the command --------------------------------------------------------- */

/* The command's process, for the handler; 0: there is none. */
static volatile sig_atomic_t command_pid;

static void pass_on(int number)
{
	if (command_pid > 0)
		kill(command_pid, number);
}

/*
 * What the terminal sends goes to the command as well, which decides; what is sent
 * to this process alone is handed on to it.
 */
static void handle_signals(void)
{
	struct sigaction action = { .sa_handler = pass_on, .sa_flags = SA_RESTART };

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* In the child, which has the signals of this process as they were. */
static void become_command(const struct context *context, int fd, char **words)
{
	struct failure failure = { .word = words[0] };
	char number[16];

	snprintf(number, sizeof(number), "%d", fd);
	if (fcntl(fd, F_SETFD, 0) < 0 ||
	    setenv(SESSION_FD_VARIABLE, number, 1) < 0 ||
	    setenv("LSTATE_SESSION", context->session, 1) < 0) {
		out_of_memory();
		_exit(EXIT_CANNOT_RUN);
	}
	signal(SIGPIPE, SIG_DFL);
	execvp(words[0], words);
	failure.rc = -errno;
	fail(&failure, "cannot run %s: %s", words[0], strerror(-failure.rc));
	_exit(failure.rc == -ENOENT ? EXIT_NO_COMMAND : EXIT_CANNOT_RUN);
}

static int run_command(const struct context *context, int fd, char **words)
{
	struct failure failure = { 0 };
	sigset_t all, before;
	int status;
	pid_t pid;

	/* No signal is lost between the fork and the handlers. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (!pid) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		become_command(context, fd, words);
	}
	failure.rc = -errno;
	command_pid = pid;
	handle_signals();
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return fail(&failure, "cannot start a process: %s",
			    strerror(-failure.rc));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	command_pid = 0;
	return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

/* The words of the command, as execvp() wants them; free() the array. */
static char **command_words(const struct args *args)
{
	char **words = calloc((size_t)args->operands, sizeof(*words));
	int i;

	for (i = 1; words && i < args->operands; i++)
		words[i - 1] = (char *)args->operand[i];
	return words;
}

/* The command may have ended it, with the variable or the session. */
static void release_claim(struct lstate_session *session, const char *identifier)
{
	int code;

	if (lstate_claim_release(session, identifier) >= 0)
		return;
	code = lstate_error_code(lstate_session_error(session));
	if (code != -ENOENT && code != -ESHUTDOWN)
		session_failure(session);
}

static int claim_and_run(struct lstate_session *session,
			 const struct request *request,
			 const struct context *context, const struct args *args)
{
	const char *identifier = args->operand[0];
	char **words = command_words(args);
	int status;

	if (!words)
		return out_of_memory();
	status = check_nested(context, identifier);
	if (!status)
		status = take_claim(session, request, identifier);
	if (!status) {
		status = run_command(context, lstate_session_fd(session), words);
		release_claim(session, identifier);
	}
	free(words);
	return status;
}

static int run(struct context *context, struct args *args)
{
	struct request request = { .timeout_ns = LSTATE_FOREVER };
	struct lstate_session *session;
	int status;

	if (!args_parse(args, take_option, &request)) {
		status = args->status;
	} else if (request.metadata.entries &&
		   request.on_end != LSTATE_CLAIM_END_WILL) {
		status = usage_error(args, "--meta is for a value at the end");
	} else {
		status = session_open(&session, context->session, 0, 0);
		if (!status) {
			status = claim_and_run(session, &request, context, args);
			lstate_session_close(session);
		}
	}
	metadata_free(&request.metadata);
	return status;
}

const struct command command_claim = {
	.name = "claim",
	.operands = "NAME -- COMMAND [ARGUMENT]...",
	.least = 2,
	.most = OPERANDS_ANY,
	.summary = "Run a command while nobody else may change a variable",
	.details = "The lstate commands that COMMAND runs may.  While somebody else has a claim\n"
		   "on it, this waits.  The exit status is that of COMMAND, 126 or 127 if it\n"
		   "cannot be run, or 128 and the number of the signal that killed it.\n",
	.options = options,
	.run = run,
};
