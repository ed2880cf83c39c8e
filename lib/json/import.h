/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of an import share. */
#ifndef LSTATE_JSON_IMPORT_H
#define LSTATE_JSON_IMPORT_H

#include "json.h"

/**
 * struct lstate_outcome - what an atomic import has come to with one entry
 * @name: the entry's
 * @line: where it begins
 * @status: created, changed or equal
 * @made: id of the variable that was made, or 0
 * @entry: its entry of the transaction, or LSTATE_NO_ENTRY
 */
struct lstate_outcome {
	char *name;
	uint64_t line;
	enum lstate_import_status status;
	uint64_t made;
	size_t entry;
};

#define LSTATE_NO_ENTRY	SIZE_MAX

/**
 * struct lstate_import - an import at work
 * @session: where to
 * @scratch: where entries are tried, or NULL
 * @words: names and ids of the file so far
 * @fd: the file, or a copy of it
 * @start: where in @fd it begins
 * @flags: LSTATE_IMPORT_*
 * @restore: ids and versions can be kept
 * @quiet: report only what is refused
 * @report: the caller's, may be NULL
 * @user_data: for @report
 * @refused: entries that were
 * @n_there: entries whose variables are there and would be set
 * @batch: an atomic import's transaction, or NULL
 * @outcomes: of an atomic import, in the order of the file
 * @n_outcomes: their number
 * @room: that @outcomes has room for
 */
struct lstate_import {
	struct lstate_session *session;
	struct lstate_session *scratch;
	struct lstate_words words;
	int fd;
	off_t start;
	unsigned int flags;
	bool restore;
	bool quiet;
	lstate_import_fn report;
	void *user_data;
	int refused;
	size_t n_there;
	struct lstate_batch *batch;
	struct lstate_outcome *outcomes;
	size_t n_outcomes;
	size_t room;
};

typedef int lstate_import_step(struct lstate_import *import,
			       struct lstate_entry *entry);

/* --- import.c -------------------------------------------------------------- */

int lstate_import_no_memory(struct lstate_import *import);
void lstate_import_say(struct lstate_import *import, const char *name,
		       uint64_t line, enum lstate_import_status status,
		       const char *reason);
int lstate_import_tell(struct lstate_import *import,
		       const struct lstate_entry *entry,
		       enum lstate_import_status status, const char *reason);
bool lstate_import_goes_on(int rc);
int lstate_import_refuse(struct lstate_import *import,
			 const struct lstate_entry *entry, int rc,
			 struct lstate_session *where);
bool lstate_import_sets(const struct lstate_import *import,
			const struct lstate_entry *entry);
int lstate_import_metadata(const struct lstate_spec *spec,
			   struct lstate_metadata **list);
int lstate_import_register(struct lstate_import *import,
			   struct lstate_entry *entry, uint64_t *id);

/* --- import_compare.c ------------------------------------------------------- */

int lstate_import_agrees(struct lstate_import *import,
			 const struct lstate_entry *entry,
			 const struct lstate_variable *variable);

/* --- import_atomic.c -------------------------------------------------------- */

int lstate_import_plan(struct lstate_import *import,
		       struct lstate_entry *entry);
int lstate_import_commit(struct lstate_import *import);
int lstate_import_undo(struct lstate_import *import, int rc);
void lstate_import_forget(struct lstate_import *import);

#endif /* LSTATE_JSON_IMPORT_H */
