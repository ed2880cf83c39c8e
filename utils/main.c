// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate: the command of localstate.  The table of its subcommands, its help,
 * and what happens to its output at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <localstate.h>

#include "commands.h"
#include "failure.h"
#include "tool.h"

#define HELP_COLUMN	26

static const struct command *const commands[] = {
	&command_register, &command_set,      &command_add,
	&command_toggle,   &command_batch,    &command_get,
	&command_delete,   &command_claim,    &command_list,
	&command_export,   &command_import,   &command_apply,
	&command_watch,	   &command_wait,     &command_record,
	&command_history,  &command_rollback, &command_watchers,
	&command_top,	   &command_monitor,  &command_session,
	&command_info,	   &command_module,   NULL,
};

static const struct command root = {
	.name = "lstate",
	.summary = "Share typed variables between processes, and watch them change",
	.details = "Variables live in a session: -s, else $LSTATE_SESSION, else \"default\".\n"
		   "A variable is meant by its name or, as @42, by its id.\n",
	.commands = commands,
};

static void print_entry(const char *name, const char *argument,
			const char *text)
{
	int used;

	used = printf("  %s%s%s", name, argument ? " " : "",
		      argument ? argument : "");
	if (used >= HELP_COLUMN) {
		putchar('\n');
		used = 0;
	}
	printf("%*s%s\n", HELP_COLUMN - used, "", text);
}

static char letter_of(const struct option *option)
{
	return option->key >= 'a' && option->key <= 'z' ? (char)option->key : '\0';
}

static void print_options(const char *title, const struct option *options)
{
	char name[40], letter[] = "-?, ";

	printf("\n%s:\n", title);
	for (; options->name; options++) {
		letter[1] = options == global_options ? 's' : letter_of(options);
		snprintf(name, sizeof(name), "%s--%s", letter[1] ? letter : "",
			 options->name);
		print_entry(name, options->argument, options->help);
	}
}

void help_print(const struct command *command, const char *path)
{
	const struct command *const *child;

	printf("Usage: lstate [-s SESSION] [--json]%s%s%s%s%s\n",
	       *path ? " " : "", path,
	       command->commands || *command->operands ? " " : "",
	       command->commands ? "COMMAND ..." : command->operands,
	       command->options ? " [OPTION]..." : "");
	printf("\n%s.\n", command->summary);
	if (command->details)
		printf("\n%s", command->details);
	if (command->commands) {
		printf("\nCommands (each has its own --help):\n");
		for (child = command->commands; *child; child++)
			print_entry((*child)->name, NULL, (*child)->summary);
	}
	if (command->options)
		print_options("Options", command->options);
	print_options("Options of every command", global_options);
	if (command == &root)
		print_entry("--version", NULL, "print the version and exit");
	printf("\nExit status: 0 done, 1 refused or failed, 2 usage, 3 not found, 4 timed out.\n");
}

/* Whether stdout is a pipe or socket whose other end was closed. */
static bool reader_is_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP));
}

int output_finish(int status)
{
	bool failed = ferror(stdout);
	int failure;

	errno = 0;
	if (!fflush(stdout) && !failed)
		return status;
	failure = write_failure(reader_is_gone() ? EPIPE : errno);
	return status == EXIT_DONE ? failure : status;
}

/*
 * Makes sure that the numbers 0 to 2 are taken, so that no descriptor of ours
 * becomes stdout, and that using a closed one is an error.
 */
static void occupy_standard_fds(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return;
	}
}

int main(int argc, char **argv)
{
	int status;

	/* A closed pipe shows as an error of write, with an exit code. */
	signal(SIGPIPE, SIG_IGN);
	occupy_standard_fds();
	/* Whatever stdbuf(1) wants: what must be out at once is flushed by hand. */
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);

	if (argc == 2 && (!strcmp(argv[1], "--version") ||
			  !strcmp(argv[1], "-V"))) {
		printf("lstate %s\n", lstate_version());
		return output_finish(EXIT_DONE);
	}
	if (argc < 2) {
		fprintf(stderr, "Usage: lstate [-s SESSION] [--json] COMMAND ...; see: lstate --help\n");
		return EXIT_USAGE;
	}
	status = tool_run(&root, argc, argv);
	return output_finish(status);
}
