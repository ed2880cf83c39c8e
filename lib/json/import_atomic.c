// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The last pass of an atomic import: what is missing is registered, and what is
 * there goes into one transaction, with the version in which it was looked at.
 * That is the last step: if it succeeds all is done, and if it is refused no
 * value has changed and what was registered is deleted again.
 *
 * Nothing is reported before that is decided.
 */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void lstate_import_id(char text[24], uint64_t id)
{
	snprintf(text, 24, "@%llu", (unsigned long long)id);
}

/* Room for one more, before anything is done: the next one, named. */
static struct lstate_outcome *lstate_import_reserve(struct lstate_import *import,
						    const struct lstate_entry *entry)
{
	size_t room = import->room ? 2 * import->room : 64;
	struct lstate_outcome *outcome;

	if (!import->batch && lstate_batch_new(&import->batch) < 0)
		return NULL;
	if (import->n_outcomes == import->room) {
		outcome = reallocarray(import->outcomes, room,
				       sizeof(*outcome));
		if (!outcome)
			return NULL;
		import->outcomes = outcome;
		import->room = room;
	}
	outcome = &import->outcomes[import->n_outcomes];
	*outcome = (struct lstate_outcome){
		.name = strdup(entry->spec->name),
		.line = entry->line,
		.status = LSTATE_IMPORT_CREATED,
		.entry = LSTATE_NO_ENTRY,
	};
	if (!outcome->name)
		return NULL;
	import->n_outcomes++;
	return outcome;
}

/* It is to be set, unless somebody changes it meanwhile. */
static int lstate_import_plan_set(struct lstate_import *import,
				  const struct lstate_entry *entry,
				  const struct lstate_variable *variable)
{
	struct lstate_metadata *metadata;
	char id[24];
	int rc = lstate_import_metadata(entry->spec, &metadata);

	if (rc < 0)
		return rc;
	lstate_import_id(id, lstate_variable_id(variable));
	rc = lstate_batch_set(import->batch, id, &entry->spec->value, metadata,
			      lstate_variable_version(variable));
	free(metadata);
	return rc;
}

/* What has the value already has to have it still when the others are set. */
static int lstate_import_plan_value(struct lstate_import *import,
				    const struct lstate_entry *entry,
				    const struct lstate_variable *variable,
				    struct lstate_outcome *outcome)
{
	char id[24];

	outcome->entry = lstate_batch_count(import->batch);
	if (!lstate_value_same(lstate_variable_value(variable),
			       &entry->spec->value)) {
		outcome->status = LSTATE_IMPORT_CHANGED;
		return lstate_import_plan_set(import, entry, variable);
	}
	lstate_import_id(id, lstate_variable_id(variable));
	return lstate_batch_check(import->batch, id,
				  lstate_variable_version(variable));
}

/* There is a variable of that name. */
static int lstate_import_plan_merge(struct lstate_import *import,
				    const struct lstate_entry *entry,
				    struct lstate_outcome *outcome)
{
	struct lstate_variable *variable;
	int rc = lstate_describe(import->session, entry->spec->name, &variable);

	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->session);
	rc = lstate_import_agrees(import, entry, variable);
	outcome->status = LSTATE_IMPORT_EQUAL;
	if (rc > 0 && lstate_import_sets(import, entry)) {
		rc = lstate_import_plan_value(import, entry, variable, outcome);
		if (rc < 0)
			rc = lstate_import_no_memory(import);
	}
	lstate_variable_free(variable);
	return rc < 0 ? rc : 0;
}

int lstate_import_plan(struct lstate_import *import, struct lstate_entry *entry)
{
	struct lstate_outcome *outcome = lstate_import_reserve(import, entry);
	uint64_t id;
	int rc;

	if (!outcome)
		return lstate_import_no_memory(import);
	rc = lstate_import_register(import, entry, &id);
	if (rc == -EEXIST &&
	    lstate_error_field(&import->session->error) == LSTATE_FIELD_NAME)
		return lstate_import_plan_merge(import, entry, outcome);
	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->session);
	outcome->made = id;
	return 0;
}

/* --- the decision ------------------------------------------------------------ */

static const char *lstate_import_why(const struct lstate_error *error,
				     size_t entry)
{
	size_t i;

	for (i = 0; i < error->n_failures; i++)
		if (error->failures[i].index == entry)
			return error->failures[i].error.message;
	return NULL;
}

/* A sentence of the kernel begins with the id that it was asked for. */
static int lstate_import_refuse_outcome(struct lstate_import *import,
					const struct lstate_outcome *outcome)
{
	const char *why = lstate_import_why(&import->session->error,
					    outcome->entry);
	struct lstate_text reason = { 0 };

	why = why ? strchr(why, ':') : NULL;
	lstate_text_add(&reason, "%s%s", outcome->name,
			why ? why : ": it has changed meanwhile");
	if (reason.failed) {
		free(reason.data);
		return -ENOMEM;
	}
	lstate_import_say(import, outcome->name, outcome->line,
			  LSTATE_IMPORT_REFUSED, reason.data);
	free(reason.data);
	return 0;
}

/* The transaction was refused: report whose fault it was. */
static int lstate_import_blame(struct lstate_import *import, int rc)
{
	int refused = import->refused;
	size_t i;

	for (i = 0; i < import->n_outcomes; i++) {
		const struct lstate_outcome *outcome = &import->outcomes[i];
		int status;

		if (outcome->entry == LSTATE_NO_ENTRY)
			continue;
		status = lstate_batch_status(import->batch, outcome->entry);
		if (status >= 0)
			continue;
		if (!lstate_import_goes_on(status))
			return rc;
		if (lstate_import_refuse_outcome(import, outcome) < 0)
			return lstate_import_no_memory(import);
	}
	return import->refused > refused ? 0 : rc;
}

/* Set what is there, all of it or nothing, and report. */
int lstate_import_commit(struct lstate_import *import)
{
	size_t i;
	int rc;

	if (import->batch && lstate_batch_count(import->batch)) {
		rc = lstate_batch_run(import->session, import->batch,
				      LSTATE_BATCH_ATOMIC, NULL);
		if (rc < 0)
			return lstate_import_blame(import, rc);
	}
	for (i = 0; i < import->n_outcomes; i++)
		lstate_import_say(import, import->outcomes[i].name,
				  import->outcomes[i].line,
				  import->outcomes[i].status, NULL);
	return 0;
}

/*
 * Delete what was made, the last first.  The error stays as it is if that
 * succeeds; what is gone already need not be deleted.
 */
int lstate_import_undo(struct lstate_import *import, int rc)
{
	struct lstate_error *error = &import->session->error;
	struct lstate_error first = *error;
	size_t failed = 0, i;
	char id[24];

	memset(error, 0, sizeof(*error));
	for (i = import->n_outcomes; i--;) {
		int gone;

		if (!import->outcomes[i].made)
			continue;
		lstate_import_id(id, import->outcomes[i].made);
		gone = lstate_delete(import->session, id);
		failed += gone < 0 && gone != -ENOENT;
	}
	lstate_error_replace(error, &first);
	if (failed)
		return lstate_error_fail(error, -EUCLEAN, LSTATE_FIELD_NONE,
					 "import: %zu variables that were made could not be deleted again",
					 failed);
	return rc;
}

void lstate_import_forget(struct lstate_import *import)
{
	size_t i;

	for (i = 0; i < import->n_outcomes; i++)
		free(import->outcomes[i].name);
	free(import->outcomes);
	lstate_batch_free(import->batch);
}
