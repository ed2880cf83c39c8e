/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subcommands of lstate, one file each.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

struct command;

extern const struct command command_register;
extern const struct command command_set;
extern const struct command command_add;
extern const struct command command_toggle;
extern const struct command command_batch;
extern const struct command command_get;
extern const struct command command_delete;
extern const struct command command_claim;
extern const struct command command_list;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_apply;
extern const struct command command_watch;
extern const struct command command_wait;
extern const struct command command_record;
extern const struct command command_history;
extern const struct command command_rollback;
extern const struct command command_watchers;
extern const struct command command_top;
extern const struct command command_monitor;
extern const struct command command_session;
extern const struct command command_info;
extern const struct command command_module;

#endif /* COMMANDS_H */
