// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate module: load and unload the kernel half, and tell how it is.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "failure.h"
#include "json.h"
#include "module.h"
#include "session.h"
#include "tool.h"

#define DEVICE		"/dev/localstate"

static const char *load_advice(int rc)
{
	switch (rc) {
	case -EPERM:
	case -EACCES:
		return "; only root may load modules";
	case -ENOENT:
		return "; name the file: lstate module load FILE";
	case -ENOEXEC:
		return "; it was built for another kernel, see: dmesg";
	case -ENOSYS:
		return "; this kernel takes no modules";
	default:
		return "; see: dmesg";
	}
}

static int load_failure(int rc, const char *path)
{
	const struct failure failure = {
		.rc = rc,
		.status = EXIT_REFUSED,
		.word = path,
	};
	const char *what = path ? path : "localstate";

	if (rc == -EEXIST)
		return fail(&failure,
			    "%s: a module of this name is loaded already", what);
	return fail(&failure, "%s: cannot load: %s%s", what, strerror(-rc),
		    load_advice(rc));
}

static int file_failure(int error, const char *path)
{
	const struct failure failure = {
		.rc = -error,
		.status = EXIT_REFUSED,
		.word = path,
	};

	return fail(&failure, "%s: %s", path, strerror(error));
}

static int load(struct module *module, const struct context *context,
		const struct args *args)
{
	const char *path = args->operands ? args->operand[0] : NULL;
	int rc;

	(void)context;
	if (path && access(path, R_OK))
		return file_failure(errno, path);
	rc = path ? module_insert_file(module, path) :
		    module_insert_known(module);
	return rc < 0 ? load_failure(rc, path) : EXIT_DONE;
}

static int unload_failure(int rc)
{
	const struct failure failure = { .rc = rc, .status = EXIT_REFUSED };

	if (rc == -ENOENT)
		return fail(&failure, "the module is not loaded");
	if (rc == -EAGAIN || rc == -EBUSY)
		return fail(&failure, "the module is in use: processes have " DEVICE
			    " open; end them first, see: fuser " DEVICE);
	return fail(&failure, "cannot unload the module: %s%s", strerror(-rc),
		    rc == -EPERM ? "; only root may" : "");
}

static int unload(struct module *module, const struct context *context,
		  const struct args *args)
{
	int rc;

	(void)context;
	(void)args;
	rc = module_remove(module);
	return rc < 0 ? unload_failure(rc) : EXIT_DONE;
}

/* What status tells. */
struct condition {
	bool device;
	bool answers;		/* the device does */
	const char *state;	/* what the kernel calls it; NULL: absent */
	int users;
	uint64_t abi_version;
	int rc;			/* why the device does not answer */
	struct lstate_error *error;
};

static void read_condition(struct module *module, struct condition *condition)
{
	struct lstate_info *info;

	memset(condition, 0, sizeof(*condition));
	condition->device = !access(DEVICE, F_OK);
	condition->rc = lstate_info_read(&info, &condition->error);
	condition->answers = !condition->rc;
	if (condition->answers) {
		condition->abi_version =
			lstate_info_get(info, LSTATE_INFO_ABI_VERSION);
		lstate_info_free(info);
	}
	condition->state = module_state(module, &condition->users);
}

static void print_json(const struct condition *condition)
{
	struct json_object *object = json_new_object();

	json_add_bool(object, "loaded", condition->state);
	json_add_text(object, "state", condition->state);
	json_add(object, "users", NULL);
	if (condition->state && condition->users >= 0)
		json_add_uint(object, "users", condition->users);
	json_add_text(object, "device", condition->device ? DEVICE : NULL);
	json_add(object, "abi_version", NULL);
	if (condition->answers)
		json_add_uint(object, "abi_version", condition->abi_version);
	json_print(object);
}

static void print_text(const struct condition *condition)
{
	printf("module: ");
	if (condition->state)
		printf("loaded (%s, used %d times)\n", condition->state,
		       condition->users);
	else
		printf("not loaded; load it with: lstate module load\n");
	printf("device: %s\n", condition->device ? DEVICE : "absent");
	if (condition->answers)
		printf("ABI version: %" PRIu64 "\n", condition->abi_version);
	else
		printf("ABI version: unknown\n");
}

/* People read it in the report; all that programs need is on stderr. */
static int report_failure(const struct condition *condition)
{
	if (failures_are_in_json())
		return call_failure(condition->rc, condition->error);
	lstate_error_free(condition->error);
	return EXIT_REFUSED;
}

static int report(struct module *module, const struct context *context,
		  const struct args *args)
{
	struct condition condition;

	(void)args;
	read_condition(module, &condition);
	if (context->json)
		print_json(&condition);
	else
		print_text(&condition);
	return condition.answers ? EXIT_DONE : report_failure(&condition);
}

typedef int module_fn(struct module *module, const struct context *context,
		      const struct args *args);

static int with_module(module_fn *run, const struct context *context,
		       struct args *args)
{
	struct module *module;
	int status;

	if (!args_parse(args, NULL, NULL))
		return args->status;
	status = module_open(&module);
	if (status)
		return status;
	status = run(module, context, args);
	module_close(module);
	return status;
}

static int run_load(struct context *context, struct args *args)
{
	return with_module(load, context, args);
}

static int run_unload(struct context *context, struct args *args)
{
	return with_module(unload, context, args);
}

static int run_status(struct context *context, struct args *args)
{
	return with_module(report, context, args);
}

static const struct command command_load = {
	.name = "load",
	.operands = "[FILE]",
	.least = 0,
	.most = 1,
	.summary = "Load the module",
	.details = "FILE is a module file; without it, what modprobe knows as \"localstate\".\n"
		   "By name, one that is loaded already is fine.\n",
	.run = run_load,
};

static const struct command command_unload = {
	.name = "unload",
	.operands = "",
	.least = 0,
	.most = 0,
	.summary = "Unload the module, with all sessions",
	.details = "Refused while a process has the device open.\n",
	.run = run_unload,
};

static const struct command command_status = {
	.name = "status",
	.operands = "",
	.least = 0,
	.most = 0,
	.summary = "Tell whether the module is loaded, and its ABI version",
	.details = "Exit status 1 if the device is absent or does not answer.\n"
		   "With --json: {\"loaded\", \"state\", \"users\", \"device\", \"abi_version\"}.\n",
	.run = run_status,
};

static const struct command *const commands[] = {
	&command_load, &command_unload, &command_status, NULL,
};

const struct command command_module = {
	.name = "module",
	.summary = "Load and unload the kernel half",
	.commands = commands,
};
