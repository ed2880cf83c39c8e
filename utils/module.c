// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading, unloading and looking at the module, by libkmod.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <libkmod.h>

#include "module.h"
#include "session.h"
#include "tool.h"

#define MODULE_NAME	"localstate"
#define LIBRARY		"libkmod.so.2"

#define FUNCTIONS(F) \
	F(kmod_new) F(kmod_unref) F(kmod_set_log_fn) \
	F(kmod_module_new_from_path) F(kmod_module_new_from_lookup) \
	F(kmod_module_new_from_name) F(kmod_module_unref) \
	F(kmod_module_unref_list) F(kmod_module_get_module) \
	F(kmod_module_insert_module) F(kmod_module_probe_insert_module) \
	F(kmod_module_remove_module) F(kmod_module_get_initstate) \
	F(kmod_module_initstate_str) F(kmod_module_get_refcnt)

#define DECLARE(name)	__typeof__(&name) name;
#define DESCRIBE(name)	{ #name, offsetof(struct kmod_library, name) },

/* Each function under its own name. */
struct kmod_library {
	FUNCTIONS(DECLARE)
};

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTIONS(DESCRIBE)
};

struct module {
	void *handle;
	struct kmod_library lib;
	struct kmod_ctx *kmod;
};

static bool load_library(struct module *module)
{
	void *function;
	size_t i;

	module->handle = dlopen(LIBRARY, RTLD_NOW);
	if (!module->handle)
		return false;
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		function = dlsym(module->handle, functions[i].name);
		if (!function)
			return false;
		*(void **)((char *)&module->lib + functions[i].offset) =
			function;
	}
	return true;
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

int module_open(struct module **result)
{
	struct module *module = calloc(1, sizeof(*module));

	if (!module)
		return out_of_memory();
	if (!load_library(module)) {
		complain("%s; install the package libkmod2", dlerror());
		module_close(module);
		return EXIT_REFUSED;
	}
	module->kmod = module->lib.kmod_new(NULL, NULL);
	if (!module->kmod) {
		module_close(module);
		return out_of_memory();
	}
	module->lib.kmod_set_log_fn(module->kmod, keep_silent, NULL);
	*result = module;
	return EXIT_DONE;
}

void module_close(struct module *module)
{
	if (module->kmod)
		module->lib.kmod_unref(module->kmod);
	if (module->handle)
		dlclose(module->handle);
	free(module);
}

int module_insert_file(struct module *module, const char *path)
{
	const struct kmod_library *lib = &module->lib;
	struct kmod_module *file;
	int rc;

	rc = lib->kmod_module_new_from_path(module->kmod, path, &file);
	if (rc)
		return rc;
	rc = lib->kmod_module_insert_module(file, 0, NULL);
	lib->kmod_module_unref(file);
	return rc;
}

int module_insert_known(struct module *module)
{
	const struct kmod_library *lib = &module->lib;
	struct kmod_list *list = NULL;
	struct kmod_module *known;
	int rc;

	rc = lib->kmod_module_new_from_lookup(module->kmod, MODULE_NAME, &list);
	if (!rc && !list)
		rc = -ENOENT;
	if (!rc) {
		known = lib->kmod_module_get_module(list);
		rc = lib->kmod_module_probe_insert_module(known, 0, NULL, NULL,
							  NULL, NULL);
		lib->kmod_module_unref(known);
	}
	lib->kmod_module_unref_list(list);
	return rc;
}

int module_remove(struct module *module)
{
	const struct kmod_library *lib = &module->lib;
	struct kmod_module *loaded;
	int rc;

	rc = lib->kmod_module_new_from_name(module->kmod, MODULE_NAME, &loaded);
	if (rc)
		return rc;
	rc = lib->kmod_module_remove_module(loaded, 0);
	lib->kmod_module_unref(loaded);
	return rc;
}

const char *module_state(struct module *module, int *users)
{
	const struct kmod_library *lib = &module->lib;
	struct kmod_module *loaded;
	const char *text = NULL;
	int state;

	if (lib->kmod_module_new_from_name(module->kmod, MODULE_NAME, &loaded))
		return NULL;
	state = lib->kmod_module_get_initstate(loaded);
	if (state >= 0) {
		text = lib->kmod_module_initstate_str(state);
		*users = lib->kmod_module_get_refcnt(loaded);
	}
	lib->kmod_module_unref(loaded);
	return text;
}
