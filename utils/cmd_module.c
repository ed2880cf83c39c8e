// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate module: load and unload the kernel half, and tell how it is.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libkmod.h>

#include "commands.h"
#include "json.h"
#include "session.h"
#include "tool.h"

#define MODULE_NAME	"localstate"
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
	default:
		return "; see: dmesg";
	}
}

static int load_failure(int rc, const char *what)
{
	if (rc == -EEXIST) {
		complain("%s: a module of this name is loaded already", what);
		return EXIT_REFUSED;
	}
	complain("%s: cannot load: %s%s", what, strerror(-rc),
		 load_advice(rc));
	return EXIT_REFUSED;
}

static int insert_file(struct kmod_ctx *kmod, const char *path)
{
	struct kmod_module *module;
	int rc;

	if (access(path, R_OK)) {
		complain("%s: %s", path, strerror(errno));
		return EXIT_REFUSED;
	}
	rc = kmod_module_new_from_path(kmod, path, &module);
	if (!rc) {
		rc = kmod_module_insert_module(module, 0, NULL);
		kmod_module_unref(module);
	}
	return rc < 0 ? load_failure(rc, path) : EXIT_DONE;
}

static int probe_name(struct kmod_ctx *kmod)
{
	struct kmod_list *list = NULL;
	struct kmod_module *module;
	int rc;

	rc = kmod_module_new_from_lookup(kmod, MODULE_NAME, &list);
	if (!rc && !list)
		rc = -ENOENT;
	if (!rc) {
		module = kmod_module_get_module(list);
		rc = kmod_module_probe_insert_module(module, 0, NULL, NULL,
						     NULL, NULL);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	return rc < 0 ? load_failure(rc, MODULE_NAME) : EXIT_DONE;
}

static int load(struct kmod_ctx *kmod, const struct context *context,
		const struct args *args)
{
	(void)context;
	return args->operands ? insert_file(kmod, args->operand[0]) :
				probe_name(kmod);
}

/* The state of the loaded module, or -ENOENT. */
static int module_state(struct kmod_ctx *kmod, struct kmod_module **module)
{
	int state;

	if (kmod_module_new_from_name(kmod, MODULE_NAME, module))
		return -ENOENT;
	state = kmod_module_get_initstate(*module);
	if (state >= 0)
		return state;
	kmod_module_unref(*module);
	return -ENOENT;
}

static int unload(struct kmod_ctx *kmod, const struct context *context,
		  const struct args *args)
{
	struct kmod_module *module;
	int rc;

	(void)context;
	(void)args;
	if (module_state(kmod, &module) < 0) {
		complain("the module is not loaded");
		return EXIT_REFUSED;
	}
	rc = kmod_module_remove_module(module, 0);
	kmod_module_unref(module);
	if (rc >= 0)
		return EXIT_DONE;
	if (rc == -EAGAIN || rc == -EBUSY)
		complain("the module is in use: processes have " DEVICE
			 " open; end them first, see: lstate watchers, fuser " DEVICE);
	else
		complain("cannot unload the module: %s%s", strerror(-rc),
			 rc == -EPERM ? "; only root may" : "");
	return EXIT_REFUSED;
}

/* What status tells. */
struct condition {
	bool loaded;
	bool device;
	bool answers;		/* the device does */
	const char *state;	/* what the kernel calls it */
	int users;
	uint64_t abi_version;
};

static void read_condition(struct kmod_ctx *kmod, struct condition *condition)
{
	struct kmod_module *module;
	struct lstate_info *info;
	int state;

	memset(condition, 0, sizeof(*condition));
	condition->device = !access(DEVICE, F_OK);
	condition->answers = !lstate_info_read(&info, NULL);
	if (condition->answers) {
		condition->abi_version =
			lstate_info_get(info, LSTATE_INFO_ABI_VERSION);
		lstate_info_free(info);
	}
	state = module_state(kmod, &module);
	if (state < 0)
		return;
	condition->loaded = true;
	condition->state = kmod_module_initstate_str(state);
	condition->users = kmod_module_get_refcnt(module);
	kmod_module_unref(module);
}

static void print_json(const struct condition *condition)
{
	struct json_object *object = json_new_object();

	json_add_bool(object, "loaded", condition->loaded);
	json_add_text(object, "state", condition->state);
	json_add(object, "users", NULL);
	if (condition->loaded && condition->users >= 0)
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
	if (condition->loaded)
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

static int report(struct kmod_ctx *kmod, const struct context *context,
		  const struct args *args)
{
	struct condition condition;

	(void)args;
	read_condition(kmod, &condition);
	if (context->json)
		print_json(&condition);
	else
		print_text(&condition);
	return condition.answers ? EXIT_DONE : EXIT_REFUSED;
}

/* The library's own words to stderr would tell everything twice. */
static void keep_silent(void *data, int priority, const char *file, int line,
			const char *function, const char *format,
			va_list arguments)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)function;
	(void)format;
	(void)arguments;
}

typedef int kmod_fn(struct kmod_ctx *kmod, const struct context *context,
		    const struct args *args);

static int with_kmod(kmod_fn *run, const struct context *context,
		     struct args *args)
{
	struct kmod_ctx *kmod;
	int status;

	if (!args_parse(args, NULL, NULL))
		return args->status;
	kmod = kmod_new(NULL, NULL);
	if (!kmod)
		return out_of_memory();
	kmod_set_log_fn(kmod, keep_silent, NULL);
	status = run(kmod, context, args);
	kmod_unref(kmod);
	return status;
}

static int run_load(struct context *context, struct args *args)
{
	return with_kmod(load, context, args);
}

static int run_unload(struct context *context, struct args *args)
{
	return with_kmod(unload, context, args);
}

static int run_status(struct context *context, struct args *args)
{
	return with_kmod(report, context, args);
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
