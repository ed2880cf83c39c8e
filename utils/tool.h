/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame in which the subcommands of lstate run: what describes them, how
 * they take their arguments, how they end.
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stdint.h>

#define NSEC_PER_SEC	1000000000ULL

/* Documented in lstate(1); scripts rely on them. */
enum exit_code {
	EXIT_DONE,
	EXIT_REFUSED,
	EXIT_USAGE,
	EXIT_NOT_FOUND,
	EXIT_TIMED_OUT,
};

/* What the global options say. */
struct context {
	const char *session;
	bool session_given;	/* by -s */
	bool json;
};

/* An option of one command; a table of them ends with a NULL name. */
struct option {
	const char *name;
	int key;		/* > 0; a letter is the short option, too */
	const char *argument;	/* what --help calls it; NULL takes none */
	const char *help;
};

struct args;

#define OPERANDS_ANY	(-1)

/* A command; one with commands of its own has no run(). */
struct command {
	const char *name;
	const char *operands;	/* what --help calls them */
	int least;		/* number of operands */
	int most;		/* or OPERANDS_ANY */
	const char *summary;	/* one line, no full stop */
	const char *details;	/* further paragraphs of --help */
	const struct option *options;
	const struct command *const *commands;	/* ends with NULL */
	int (*run)(struct context *context, struct args *args);
};

/*
 * The command line, one token after another.  Options may stand before,
 * between and after the operands; "--" ends them.  A negative number behind
 * the first operand is an operand.  Global options are taken silently.
 */
struct args {
	struct context *context;
	const struct command *command;
	char path[64];		/* "session create" */
	int argc;
	char **argv;
	int index;
	bool verbatim;		/* "--" was seen */
	const char **operand;
	int operands;
	int status;		/* how it ends if it ends early */
};

/* Takes one option of a command; an exit code other than 0 ends the command. */
typedef int take_option_fn(void *request, const struct args *args, int key,
			   const char *value);

/*
 * Hands each option to take(), and collects the operands.  False if the
 * command is to end with args->status: help was printed, or what was wrong.
 */
bool args_parse(struct args *args, take_option_fn *take, void *request);

/* Runs the whole command line; returns the exit code. */
int tool_run(const struct command *root, int argc, char **argv);

extern const struct option global_options[];
void help_print(const struct command *command, const char *path);

/*
 * These tell what is wrong with the command line and name the help; they
 * return EXIT_USAGE.  bad_word() is for one word that was refused.
 */
int usage_error(const struct args *args, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int bad_word(const struct args *args, const char *word, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Flushes stdout; returns status, or EXIT_REFUSED if output was lost. */
int output_finish(int status);

/* Parsers of option arguments: false if the text is not wholly that. */
bool parse_u32(const char *text, uint32_t *number);
bool parse_u64(const char *text, uint64_t *number);
bool parse_seconds(const char *text, uint64_t *nanoseconds);
/* Seconds, or with a unit: 100ms, 5s, 2min. */
bool parse_milliseconds(const char *text, uint32_t *milliseconds);
bool parse_mode(const char *text, uint32_t *mode);
bool is_number(const char *text);

#endif /* TOOL_H */
