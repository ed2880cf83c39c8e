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

#include "failure.h"
#include "module.h"

#define MODULE_NAME	"localstate"
#define LIBRARY		"libkmod.so.2"

/* Each function under its own name. */
struct kmod_library {
	__typeof__(&kmod_new) kmod_new;
	__typeof__(&kmod_unref) kmod_unref;
	__typeof__(&kmod_set_log_fn) kmod_set_log_fn;
	__typeof__(&kmod_module_new_from_path) kmod_module_new_from_path;
	__typeof__(&kmod_module_new_from_lookup) kmod_module_new_from_lookup;
	__typeof__(&kmod_module_new_from_name) kmod_module_new_from_name;
	__typeof__(&kmod_module_unref) kmod_module_unref;
	__typeof__(&kmod_module_unref_list) kmod_module_unref_list;
	__typeof__(&kmod_module_get_module) kmod_module_get_module;
	__typeof__(&kmod_module_insert_module) kmod_module_insert_module;
	__typeof__(&kmod_module_probe_insert_module) kmod_module_probe_insert_module;
	__typeof__(&kmod_module_remove_module) kmod_module_remove_module;
	__typeof__(&kmod_module_get_initstate) kmod_module_get_initstate;
	__typeof__(&kmod_module_initstate_str) kmod_module_initstate_str;
	__typeof__(&kmod_module_get_refcnt) kmod_module_get_refcnt;
};

#define FUNCTION(name)	{ #name, offsetof(struct kmod_library, name) }

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(kmod_new),
	FUNCTION(kmod_unref),
	FUNCTION(kmod_set_log_fn),
	FUNCTION(kmod_module_new_from_path),
	FUNCTION(kmod_module_new_from_lookup),
	FUNCTION(kmod_module_new_from_name),
	FUNCTION(kmod_module_unref),
	FUNCTION(kmod_module_unref_list),
	FUNCTION(kmod_module_get_module),
	FUNCTION(kmod_module_insert_module),
	FUNCTION(kmod_module_probe_insert_module),
	FUNCTION(kmod_module_remove_module),
	FUNCTION(kmod_module_get_initstate),
	FUNCTION(kmod_module_initstate_str),
	FUNCTION(kmod_module_get_refcnt),
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
		fail(&(struct failure){ .rc = -ELIBACC },
		     "%s; install the package libkmod2", dlerror());
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
