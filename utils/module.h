/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel half as libkmod sees it.  That library and what it brings along
 * are loaded here only, because they take longer to load than most commands
 * to run.
 */
#ifndef MODULE_H
#define MODULE_H

struct module;

/* An exit code, and has told what is wrong. */
int module_open(struct module **module);
void module_close(struct module *module);

/* These return 0 or a negative errno. */
int module_insert_file(struct module *module, const char *path);
int module_insert_known(struct module *module);	/* what modprobe knows */
int module_remove(struct module *module);

/* What the kernel calls its state, and how often it is used; NULL if absent. */
const char *module_state(struct module *module, int *users);

#endif /* MODULE_H */
