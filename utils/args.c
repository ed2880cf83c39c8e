// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line: options, operands, and which command they belong to.
 */
#define _GNU_SOURCE 1

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "tool.h"

/* What a token is, besides an option of the command, whose keys are > 0. */
enum {
	KEY_END = 0,
	KEY_STOP = -1,		/* the command line ends with args->status */
	KEY_OPERAND = -2,
	KEY_SESSION = -3,
	KEY_JSON = -4,
	KEY_HELP = -5,
};

const struct option global_options[] = {
	{ "session", KEY_SESSION, "SESSION",
	  "the session; else $LSTATE_SESSION, else default" },
	{ "json", KEY_JSON, NULL, "output and errors for programs" },
	{ "help", KEY_HELP, NULL, "print this and exit" },
	{ 0 }
};

static int refuse(const struct args *args, const char *word, const char *format,
		  va_list list)
{
	const struct failure failure = { .status = EXIT_USAGE, .word = word };
	char *message;

	if (vasprintf(&message, format, list) < 0)
		return out_of_memory();
	fail(&failure, "%s; see: lstate %s%s--help", message, args->path,
	     *args->path ? " " : "");
	free(message);
	return EXIT_USAGE;
}

int usage_error(const struct args *args, const char *format, ...)
{
	va_list list;
	int status;

	va_start(list, format);
	status = refuse(args, NULL, format, list);
	va_end(list);
	return status;
}

int bad_word(const struct args *args, const char *word, const char *format, ...)
{
	va_list list;
	int status;

	va_start(list, format);
	status = refuse(args, word, format, list);
	va_end(list);
	return status;
}

static int stop(struct args *args, int status)
{
	args->status = status;
	return KEY_STOP;
}

static const struct option *find_option(const struct option *options,
					const char *name, size_t length)
{
	for (; options && options->name; options++) {
		if (strlen(options->name) == length &&
		    !strncmp(options->name, name, length))
			return options;
	}
	return NULL;
}

/* The argument of an option that takes one: "=VALUE", or the next token. */
static int take_argument(struct args *args, const struct option *option,
			 const char *attached, const char **value)
{
	*value = attached;
	if (!option->argument && attached)
		return stop(args, bad_word(args, attached,
					   "--%s takes no argument",
					   option->name));
	if (option->argument && !attached) {
		if (args->index == args->argc)
			return stop(args, usage_error(args, "--%s wants %s",
						      option->name,
						      option->argument));
		*value = args->argv[args->index++];
	}
	return option->key;
}

static int long_option(struct args *args, const char *token,
		       const char **value)
{
	size_t length = strcspn(token, "=");
	const struct option *option;

	option = find_option(args->command->options, token, length);
	if (!option)
		option = find_option(global_options, token, length);
	if (!option)
		return stop(args, bad_word(args, token - 2,
					   "unknown option --%.*s",
					   (int)length, token));
	return take_argument(args, option,
			     token[length] ? token + length + 1 : NULL, value);
}

static const struct option *find_letter(const struct option *options, char letter)
{
	for (; options && options->name; options++) {
		if (options->key == letter)
			return options;
	}
	return NULL;
}

/* -s SESSION, -sSESSION, those of the command, and -h. */
static int short_option(struct args *args, const char *token,
			const char **value)
{
	const struct option *option = find_letter(args->command->options, *token);

	if (*token == 's' && !option)
		option = &global_options[0];
	if (option && (option->argument || !token[1]))
		return take_argument(args, option, token[1] ? token + 1 : NULL, value);
	if (!strcmp(token, "h"))
		return KEY_HELP;
	return stop(args,
		    bad_word(args, token - 1,
			     "unknown option -%s (an operand that begins with '-' goes behind --)",
			     token));
}

static int next_token(struct args *args, const char **value)
{
	const char *token;

	if (args->index < args->argc && !args->verbatim &&
	    !strcmp(args->argv[args->index], "--")) {
		args->verbatim = true;
		args->index++;
	}
	if (args->index == args->argc)
		return KEY_END;

	token = args->argv[args->index++];
	*value = token;
	if (args->verbatim || token[0] != '-' || !token[1])
		return KEY_OPERAND;
	if (args->operands && is_number(token))
		return KEY_OPERAND;
	if (token[1] == '-')
		return long_option(args, token + 2, value);
	return short_option(args, token + 1, value);
}

/*
 * Is it programs that are told what is wrong with the command line?  Until all
 * of that is understood, whoever has --json anywhere on it is one.
 */
static bool asks_for_json(const struct args *args)
{
	int i;

	for (i = args->index; i < args->argc; i++) {
		if (!strcmp(args->argv[i], "--"))
			break;
		if (!strcmp(args->argv[i], "--json"))
			return true;
	}
	return false;
}

/* Like next_token(), less the global options. */
static int next(struct args *args, const char **value)
{
	int key;

	while ((key = next_token(args, value)) < KEY_OPERAND) {
		if (key == KEY_SESSION) {
			args->context->session = *value;
			args->context->session_given = true;
		} else if (key == KEY_JSON) {
			args->context->json = true;
		} else {
			help_print(args->command, args->path);
			return stop(args, EXIT_DONE);
		}
	}
	if (key == KEY_END)
		failures_in_json(args->context->json);
	return key;
}

static bool check_operands(struct args *args)
{
	const struct command *command = args->command;

	if (args->operands < command->least)
		args->status = usage_error(args, "%s wants %s", args->path,
					   command->operands);
	else if (command->most != OPERANDS_ANY &&
		 args->operands > command->most)
		args->status = bad_word(args, args->operand[command->most],
					"unexpected argument \"%s\"",
					args->operand[command->most]);
	return args->status == EXIT_DONE;
}

bool args_parse(struct args *args, take_option_fn *take, void *request)
{
	const char *value;
	int key;

	while ((key = next(args, &value)) != KEY_END) {
		if (key == KEY_STOP)
			return false;
		if (key == KEY_OPERAND)
			args->operand[args->operands++] = value;
		else
			args->status = take(request, args, key, value);
		if (args->status)
			return false;
	}
	return check_operands(args);
}

static const struct command *find_command(const struct command *parent,
					  const char *name)
{
	const struct command *const *command;

	for (command = parent->commands; *command; command++) {
		if (!strcmp((*command)->name, name))
			return *command;
	}
	return NULL;
}

/* Goes down one level: the next operand names the command. */
static int descend(struct args *args)
{
	const struct command *command;
	const char *name;
	size_t used;
	int key;

	key = next(args, &name);
	if (key == KEY_END)
		return stop(args, usage_error(args, "a command is missing"));
	if (key != KEY_OPERAND)
		return key;
	command = find_command(args->command, name);
	if (!command)
		return stop(args, bad_word(args, name,
					   "unknown command \"%s%s%s\"",
					   args->path, *args->path ? " " : "",
					   name));
	args->command = command;
	used = strlen(args->path);
	snprintf(args->path + used, sizeof(args->path) - used, "%s%s",
		 used ? " " : "", name);
	return KEY_OPERAND;
}

int tool_run(const struct command *root, int argc, char **argv)
{
	struct context context = { .session = getenv("LSTATE_SESSION") };
	struct args args = {
		.context = &context,
		.command = root,
		.argc = argc,
		.argv = argv,
		.index = 1,
	};
	int status;

	if (!context.session || !*context.session)
		context.session = "default";
	failures_in_json(asks_for_json(&args));
	while (args.command->commands) {
		if (descend(&args) != KEY_OPERAND)
			return args.status;
	}

	args.operand = calloc(argc, sizeof(*args.operand));
	if (!args.operand)
		return out_of_memory();
	status = args.command->run(&context, &args);
	free(args.operand);
	return status;
}
