// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Imports: a file of variables into a session.
 *
 * The file is read more than once.  First all of it is checked, so that a file
 * that is broken changes nothing; then, if that is wanted, the kernel is asked of every
 * entry whether it would do: a new variable is registered in a session of its own, a
 * change of one that is there is tried without being made; then it is done.
 */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LSTATE_SPOOL_BUFFER	65536

int lstate_import_no_memory(struct lstate_import *import)
{
	return lstate_error_fail(&import->session->error, -ENOMEM,
				 LSTATE_FIELD_NONE, "out of memory");
}

/* --- reports --------------------------------------------------------------- */

/* @reason: NULL, or a sentence that begins with the name. */
void lstate_import_say(struct lstate_import *import, const char *name,
		       uint64_t line, enum lstate_import_status status,
		       const char *reason)
{
	if (status == LSTATE_IMPORT_REFUSED)
		import->refused++;
	if (import->report && (status == LSTATE_IMPORT_REFUSED ||
			       !import->quiet))
		import->report(name, status, line, reason, import->user_data);
}

/* Return: 0, for a step that ends with it. */
int lstate_import_tell(struct lstate_import *import,
		       const struct lstate_entry *entry,
		       enum lstate_import_status status, const char *reason)
{
	lstate_import_say(import, entry->spec->name, entry->line, status,
			  reason);
	return 0;
}

/* What makes no difference for the next entry ends the import. */
bool lstate_import_goes_on(int rc)
{
	switch (rc) {
	case -EINVAL:
	case -EEXIST:
	case -EILSEQ:
	case -ENOENT:
	case -EROFS:
	case -EBUSY:
	case -ESTALE:
	case -ERANGE:
		return true;
	default:
		return false;
	}
}

/* An entry was refused by the kernel, in the import's session or in the other. */
int lstate_import_refuse(struct lstate_import *import,
			 const struct lstate_entry *entry, int rc,
			 struct lstate_session *where)
{
	const char *message = lstate_error_message(&where->error);

	if (lstate_import_goes_on(rc))
		return lstate_import_tell(import, entry, LSTATE_IMPORT_REFUSED,
					  message);
	if (where != import->session)
		lstate_error_fail(&import->session->error, rc,
				  where->error.field, "%s", message);
	return rc;
}

/* The value of a variable that is there already concerns an import alone. */
bool lstate_import_sets(const struct lstate_import *import,
			const struct lstate_entry *entry)
{
	return !(import->flags & LSTATE_IMPORT_DECLARE) &&
	       entry->spec->value.type != LSTATE_TYPE_NONE;
}

/* The variable of the entry's name.  Return: 1, 0: there is none, or an errno. */
static int lstate_import_find(struct lstate_import *import,
			      const struct lstate_entry *entry,
			      struct lstate_variable **variable)
{
	int rc = lstate_describe(import->session, entry->spec->name, variable);

	return rc == -ENOENT ? 0 : rc < 0 ? rc : 1;
}

/* --- the first pass: the file ------------------------------------------------ */

static int lstate_import_once(struct lstate_import *import,
			      const struct lstate_entry *entry,
			      const char *word)
{
	int rc = lstate_words_add(&import->words, word);

	if (rc < 0)
		return lstate_import_no_memory(import);
	if (rc > 0)
		return 0;
	return lstate_error_fail(&import->session->error, -EBADMSG,
				 LSTATE_FIELD_NONE,
				 "line %llu: %s for the second time",
				 (unsigned long long)entry->line, word);
}

static int lstate_import_check(struct lstate_import *import,
			       struct lstate_entry *entry)
{
	char id[24];
	int rc = lstate_import_once(import, entry, entry->spec->name);

	if (rc < 0 || !entry->id || (import->flags & LSTATE_IMPORT_DECLARE))
		return rc;
	snprintf(id, sizeof(id), "@%llu", (unsigned long long)entry->id);
	return lstate_import_once(import, entry, id);
}

/* --- the second pass: would it do? ------------------------------------------- */

/* Let the kernel look at a new variable, where nobody else sees it. */
static int lstate_import_try_registration(struct lstate_import *import,
					  struct lstate_entry *entry)
{
	int rc = lstate_register(import->scratch, entry->spec, NULL);

	if (rc == 0)
		rc = lstate_delete(import->scratch, entry->spec->name);
	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->scratch);
	return lstate_import_tell(import, entry, LSTATE_IMPORT_CREATED, NULL);
}

/* Put the change into @batch, and something that is refused behind it. */
static int lstate_import_doom(struct lstate_batch *batch,
			      const struct lstate_entry *entry)
{
	struct lstate_metadata *metadata;
	int rc = lstate_import_metadata(entry->spec, &metadata);

	if (rc < 0)
		return rc;
	rc = lstate_batch_set(batch, entry->spec->name, &entry->spec->value,
			      metadata, LSTATE_ANY_VERSION);
	free(metadata);
	return rc < 0 ? rc : lstate_batch_check(batch, entry->spec->name, 0);
}

/*
 * Let the kernel look at a change of a variable that is there: in a transaction that
 * changes nothing, because it is refused for the second entry, which names the same
 * variable.  What it says of the first is what it would say then, claims and all; but
 * for merged metadata, if another process changes those at the same moment.
 */
static int lstate_import_try_change(struct lstate_import *import,
				    struct lstate_entry *entry)
{
	struct lstate_session *session = import->session;
	struct lstate_batch *batch = NULL;
	int rc = lstate_batch_new(&batch);

	if (rc == 0)
		rc = lstate_import_doom(batch, entry);
	if (rc < 0) {
		lstate_batch_free(batch);
		return lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
					 "import: %s: %s", entry->spec->name,
					 strerrordesc_np(-rc));
	}
	rc = lstate_batch_run(session, batch, LSTATE_BATCH_ATOMIC, NULL);
	if (lstate_batch_status(batch, 0) >= 0 &&
	    lstate_batch_status(batch, 1) < 0)
		rc = lstate_import_tell(import, entry, LSTATE_IMPORT_CHANGED,
					NULL);
	else
		rc = lstate_import_refuse(import, entry, rc, session);
	lstate_batch_free(batch);
	return rc;
}

static int lstate_import_judge(struct lstate_import *import,
			       struct lstate_entry *entry)
{
	struct lstate_variable *variable;
	bool same;
	int rc = lstate_import_find(import, entry, &variable);

	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->session);
	if (rc == 0)
		return lstate_import_try_registration(import, entry);
	rc = lstate_import_agrees(import, entry, variable);
	import->n_there += lstate_import_sets(import, entry);
	same = !lstate_import_sets(import, entry) ||
	       (rc > 0 && lstate_value_same(lstate_variable_value(variable),
					    &entry->spec->value));
	lstate_variable_free(variable);
	if (rc <= 0)
		return rc;
	if (same)
		return lstate_import_tell(import, entry, LSTATE_IMPORT_EQUAL,
					  NULL);
	return lstate_import_try_change(import, entry);
}

/* --- the last pass: do it, each entry for itself ------------------------------ */

/* The metadata of a spec as a list, which the caller frees in one piece. */
int lstate_import_metadata(const struct lstate_spec *spec,
			   struct lstate_metadata **list)
{
	size_t n = lstate_strings_count(spec->metadata, spec->metadata_length);
	char *copy;

	*list = malloc((n + 1) * sizeof(**list) + spec->metadata_length);
	if (!*list)
		return -ENOMEM;
	copy = (char *)(*list + n + 1);
	if (spec->metadata_length)
		memcpy(copy, spec->metadata, spec->metadata_length);
	lstate_metadata_unpack(copy, spec->metadata_length, *list, n);
	return 0;
}

static int lstate_import_set(struct lstate_import *import,
			     const struct lstate_entry *entry)
{
	struct lstate_metadata *metadata;
	int rc;

	if (lstate_import_metadata(entry->spec, &metadata) < 0)
		return lstate_import_no_memory(import);
	rc = lstate_set(import->session, entry->spec->name,
			&entry->spec->value, metadata, LSTATE_ANY_VERSION,
			NULL);
	free(metadata);
	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->session);
	return lstate_import_tell(import, entry, rc ? LSTATE_IMPORT_CHANGED :
				  LSTATE_IMPORT_EQUAL, NULL);
}

/* There is a variable of that name. */
static int lstate_import_merge(struct lstate_import *import,
			       const struct lstate_entry *entry)
{
	struct lstate_variable *variable;
	int rc = lstate_describe(import->session, entry->spec->name, &variable);
	bool set;

	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->session);
	rc = lstate_import_agrees(import, entry, variable);
	set = lstate_import_sets(import, entry) &&
	      !lstate_value_same(lstate_variable_value(variable),
				 &entry->spec->value);
	lstate_variable_free(variable);
	if (rc <= 0)
		return rc;
	return set ? lstate_import_set(import, entry) :
		     lstate_import_tell(import, entry, LSTATE_IMPORT_EQUAL, NULL);
}

/* With its id and version, as long as the session takes them. */
int lstate_import_register(struct lstate_import *import,
			   struct lstate_entry *entry, uint64_t *id)
{
	int rc;

	if (import->restore && entry->id) {
		lstate_spec_set_restore(entry->spec, entry->id, entry->version);
		rc = lstate_register(import->session, entry->spec, id);
		if (rc != -ENOTEMPTY)
			return rc;
		import->restore = false;
		entry->spec->restore_id = 0;
	}
	return lstate_register(import->session, entry->spec, id);
}

static int lstate_import_apply(struct lstate_import *import,
			       struct lstate_entry *entry)
{
	int rc = lstate_import_register(import, entry, NULL);

	if (rc == -EEXIST &&
	    lstate_error_field(&import->session->error) == LSTATE_FIELD_NAME)
		return lstate_import_merge(import, entry);
	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->session);
	return lstate_import_tell(import, entry, LSTATE_IMPORT_CREATED, NULL);
}

/* --- all of it --------------------------------------------------------------- */

/* Copy what can be read only once to where it can be read again. */
static int lstate_import_spool(struct lstate_import *import, int from)
{
	char *buffer = malloc(LSTATE_SPOOL_BUFFER);
	ssize_t got = -1, put, done;

	import->fd = memfd_create("lstate-import", MFD_CLOEXEC);
	if (!buffer || import->fd < 0) {
		free(buffer);
		return -ENOMEM;
	}
	do {
		got = read(from, buffer, LSTATE_SPOOL_BUFFER);
		if (got < 0 && errno == EINTR)
			continue;
		for (done = 0, put = 0; done < got && put >= 0; done += put)
			put = write(import->fd, buffer + done, got - done);
	} while ((got > 0 && put >= 0) || (got < 0 && errno == EINTR));
	free(buffer);
	return got || put < 0 ? -errno : 0;
}

static int lstate_import_explain(struct lstate_import *import,
				 const struct lstate_reader *reader, int rc)
{
	struct lstate_error *error = &import->session->error;

	if (rc == -EBADMSG)
		return lstate_error_fail(error, rc, LSTATE_FIELD_NONE,
					 "line %llu: %s",
					 (unsigned long long)reader->bad_line,
					 reader->problem);
	if (rc == -ENOMEM)
		return lstate_import_no_memory(import);
	return lstate_error_fail(error, rc, LSTATE_FIELD_NONE,
				 "cannot read the file: %s",
				 strerrordesc_np(-rc));
}

/* Hand each entry of the file to @step. */
static int lstate_import_pass(struct lstate_import *import,
			      lstate_import_step *step)
{
	struct lstate_document document;
	struct lstate_entry entry;
	int rc, said = 0;

	if (lseek(import->fd, import->start, SEEK_SET) < 0)
		return lstate_error_fail(&import->session->error, -errno,
					 LSTATE_FIELD_NONE,
					 "cannot read the file again");
	if (lstate_document_open(&document, import->fd) < 0)
		return lstate_import_no_memory(import);
	while ((rc = lstate_document_next(&document, &entry)) > 0) {
		said = step(import, &entry);
		lstate_entry_clear(&entry);
		if (said < 0 || (import->refused && step == lstate_import_plan))
			break;
	}
	/* What a step says is in the session's error already. */
	if (rc < 0)
		rc = lstate_import_explain(import, &document.reader, rc);
	lstate_document_close(&document);
	return rc < 0 ? rc : said;
}

/* An empty session may take ids; whether it does is seen by trying. */
static int lstate_import_look(struct lstate_import *import)
{
	struct lstate_variable *variable;
	struct lstate_list *list;
	int rc = lstate_list_open(import->session, NULL, &list);

	if (rc < 0)
		return rc;
	rc = lstate_list_next(list, &variable);
	if (rc > 0)
		lstate_variable_free(variable);
	lstate_list_close(list);
	import->restore = rc == 0 && !(import->flags & LSTATE_IMPORT_DECLARE);
	return rc < 0 ? rc : 0;
}

static int lstate_import_rehearse(struct lstate_import *import)
{
	struct lstate_error *error = NULL;
	int rc;

	if (!(import->session->rights & LSTATE_RIGHT_WRITE))
		return lstate_error_fail(&import->session->error, -EACCES,
					 LSTATE_FIELD_NONE,
					 "import: permission denied: the session does not grant the right to write");
	rc = lstate_session_open(&import->scratch, NULL, 0, 0, &error);
	if (rc < 0) {
		rc = lstate_error_fail(&import->session->error, rc,
				       lstate_error_field(error), "%s",
				       lstate_error_message(error));
		lstate_error_free(error);
		return rc;
	}
	import->quiet = !(import->flags & LSTATE_IMPORT_DRY_RUN);
	rc = lstate_import_pass(import, lstate_import_judge);
	import->quiet = false;
	if (rc < 0 || !(import->flags & LSTATE_IMPORT_ATOMIC) ||
	    import->n_there <= LOCALSTATE_BATCH_MAX)
		return rc;
	return lstate_error_fail(&import->session->error, -EINVAL,
				 LSTATE_FIELD_ENTRIES,
				 "import: %zu variables are there already, but %d at most can be set at once",
				 import->n_there, LOCALSTATE_BATCH_MAX);
}

static int lstate_import_run_atomic(struct lstate_import *import)
{
	int rc = lstate_import_pass(import, lstate_import_plan);

	if (rc == 0 && !import->refused)
		rc = lstate_import_commit(import);
	return rc < 0 || import->refused ? lstate_import_undo(import, rc) : rc;
}

static int lstate_import_run(struct lstate_import *import)
{
	bool atomic = import->flags & LSTATE_IMPORT_ATOMIC;
	bool dry = import->flags & LSTATE_IMPORT_DRY_RUN;
	int rc = lstate_import_pass(import, lstate_import_check);

	if (rc == 0)
		rc = lstate_import_look(import);
	if (rc == 0 && (atomic || dry))
		rc = lstate_import_rehearse(import);
	if (rc < 0 || dry || import->refused)
		return rc;
	return atomic ? lstate_import_run_atomic(import) :
			lstate_import_pass(import, lstate_import_apply);
}

static void lstate_import_end(struct lstate_import *import, int fd)
{
	lstate_import_forget(import);
	lstate_words_free(&import->words);
	lstate_session_close(import->scratch);
	if (import->fd != fd && import->fd >= 0)
		close(import->fd);
}

int lstate_import(struct lstate_session *session, int fd, unsigned int flags,
		  lstate_import_fn report, void *user_data)
{
	struct lstate_import import = {
		.session = session,
		.fd = fd,
		.flags = flags,
		.report = report,
		.user_data = user_data,
	};
	int rc = 0;

	if (flags & ~(LSTATE_IMPORT_DRY_RUN | LSTATE_IMPORT_ATOMIC |
		      LSTATE_IMPORT_DECLARE))
		return lstate_error_fail(&session->error, -EINVAL,
					 LSTATE_FIELD_FLAGS, "import: unknown flags");
	import.start = lseek(fd, 0, SEEK_CUR);
	if (import.start < 0) {
		import.start = 0;
		rc = lstate_import_spool(&import, fd);
		if (rc < 0)
			lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
					  "cannot read the file: %s",
					  strerrordesc_np(-rc));
	}
	if (rc == 0)
		rc = lstate_import_run(&import);
	lstate_import_end(&import, fd);
	return rc < 0 ? rc : import.refused;
}

const char *lstate_import_status_name(enum lstate_import_status status)
{
	switch (status) {
	case LSTATE_IMPORT_CREATED:
		return "created";
	case LSTATE_IMPORT_CHANGED:
		return "changed";
	case LSTATE_IMPORT_EQUAL:
		return "equal";
	case LSTATE_IMPORT_REFUSED:
		return "refused";
	}
	return "unknown";
}
