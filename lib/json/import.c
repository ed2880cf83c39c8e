// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Imports: a file of variables into a session.
 *
 * The file is read more than once.  First all of it is checked, so that a file
 * that is broken changes nothing; then, if that is wanted, every entry is tried
 * in a session of its own, where the kernel says whether it is legal, and held
 * against the variable that is there; then it is done.
 */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LSTATE_SPOOL_BUFFER	65536

/* A step that an atomic import takes back if a later one fails. */
struct lstate_undo {
	uint64_t id;
	uint64_t version;		/* that it gave the variable */
	struct lstate_variable *before;	/* NULL: the variable was made */
};

struct lstate_import {
	struct lstate_session *session;
	struct lstate_session *scratch;	/* where entries are tried, or NULL */
	struct lstate_words words;
	int fd;
	off_t start;
	unsigned int flags;
	bool restore;			/* ids and versions can be kept */
	bool quiet;			/* report only what is refused */
	lstate_import_fn report;
	void *user_data;
	int refused;
	struct lstate_undo *undo;
	size_t n_undo;
	size_t undo_capacity;
};

typedef int lstate_import_step(struct lstate_import *import,
			       struct lstate_entry *entry);

static int lstate_import_no_memory(struct lstate_import *import)
{
	return lstate_error_fail(&import->session->error, -ENOMEM,
				 LSTATE_FIELD_NONE, "out of memory");
}

/* --- reports --------------------------------------------------------------- */

/* @reason: NULL, or a sentence that begins with the name. */
static int lstate_import_tell(struct lstate_import *import,
			      const struct lstate_entry *entry,
			      enum lstate_import_status status,
			      const char *reason)
{
	if (status == LSTATE_IMPORT_REFUSED)
		import->refused++;
	if (import->report && (status == LSTATE_IMPORT_REFUSED ||
			       !import->quiet))
		import->report(entry->spec->name, status, entry->line, reason,
			       import->user_data);
	return 0;
}

/* What makes no difference for the next entry ends the import. */
static bool lstate_import_goes_on(int rc)
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
static int lstate_import_refuse(struct lstate_import *import,
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

/* --- differences ------------------------------------------------------------ */

/* A constraint on one side, as the text in which it is compared. */
static bool lstate_import_same_value(const struct lstate_value *there, bool has,
				     const struct lstate_value *wanted)
{
	if (!there || !has)
		return !there == !has;
	return lstate_value_bits(there) == lstate_value_bits(wanted);
}

static bool lstate_import_same_length(int64_t there, bool has, uint32_t wanted)
{
	return there < 0 ? !has : has && there == wanted;
}

static bool lstate_import_same_text(const char *there, const char *wanted)
{
	return !strcmp(there ? there : "", wanted ? wanted : "");
}

static bool lstate_import_same_choices(const struct lstate_variable *variable,
				       const struct lstate_spec *spec)
{
	const char *const *choices;
	const char *wanted = spec->choices;
	size_t n, i;

	choices = lstate_variable_choices(variable, &n);
	if (!choices || !wanted)
		return !choices == !wanted;
	if (n != lstate_strings_count(wanted, spec->choices_length))
		return false;
	for (i = 0; i < n; i++, wanted += strlen(wanted) + 1)
		if (strcmp(choices[i], wanted))
			return false;
	return true;
}

/* A shape, a rank, or neither. */
static bool lstate_import_same_shape(const struct lstate_variable *variable,
				     const struct lstate_spec *spec)
{
	const uint32_t *shape = lstate_variable_shape(variable);
	bool fixed = spec->constraints & LOCALSTATE_HAS_SHAPE;
	bool ranked = spec->constraints & LOCALSTATE_HAS_RANK;

	if (fixed != !!shape ||
	    lstate_variable_rank(variable) != (fixed || ranked ?
					       (int)spec->rank : -1))
		return false;
	return !fixed || !memcmp(shape, spec->shape,
				 spec->rank * sizeof(*shape));
}

static void lstate_import_differ(struct lstate_text *text, bool same,
				 const char *what)
{
	if (!same)
		lstate_text_add(text, "%s%s", text->length ? ", " : "", what);
}

/* What cannot be changed, and is another one than in the file. */
static void lstate_import_compare(struct lstate_text *text,
				  const struct lstate_import *import,
				  const struct lstate_entry *entry,
				  const struct lstate_variable *variable)
{
	const struct lstate_spec *spec = entry->spec;
	bool all = !(import->flags & LSTATE_IMPORT_DECLARE);
	uint32_t has = spec->constraints;

	lstate_import_differ(text, lstate_variable_is_read_only(variable) ==
		!!(spec->flags & LOCALSTATE_REGISTER_READ_ONLY), "read_only");
	lstate_import_differ(text, lstate_variable_is_write_once(variable) ==
		!!(spec->flags & LOCALSTATE_REGISTER_WRITE_ONCE), "write_once");
	lstate_import_differ(text, lstate_variable_element(variable) ==
		spec->element, "element");
	lstate_import_differ(text, lstate_import_same_shape(variable, spec),
			     "shape");
	lstate_import_differ(text, lstate_variable_is_finite(variable) ==
		!!(has & LOCALSTATE_HAS_FINITE), "finite");
	lstate_import_differ(text, lstate_import_same_value(
		lstate_variable_min(variable), has & LOCALSTATE_HAS_MIN,
		&spec->min), "min");
	lstate_import_differ(text, lstate_import_same_value(
		lstate_variable_max(variable), has & LOCALSTATE_HAS_MAX,
		&spec->max), "max");
	lstate_import_differ(text, lstate_import_same_value(
		lstate_variable_step(variable), has & LOCALSTATE_HAS_STEP,
		&spec->step), "step");
	lstate_import_differ(text, lstate_import_same_length(
		lstate_variable_min_length(variable),
		has & LOCALSTATE_HAS_MIN_LENGTH, spec->min_length),
		"min_length");
	lstate_import_differ(text, lstate_import_same_length(
		lstate_variable_max_length(variable),
		has & LOCALSTATE_HAS_MAX_LENGTH, spec->max_length),
		"max_length");
	lstate_import_differ(text, lstate_import_same_text(
		lstate_variable_pattern(variable), spec->pattern), "pattern");
	lstate_import_differ(text, lstate_import_same_choices(variable, spec),
			     "choices");
	lstate_import_differ(text, (!all && !entry->has_label) ||
		lstate_import_same_text(lstate_variable_label(variable),
					spec->label), "label");
	lstate_import_differ(text, (!all && !entry->has_description) ||
		lstate_import_same_text(lstate_variable_description(variable),
					spec->description), "description");
}

/* Return: 1 if the variable is what the entry says, 0 if it was refused. */
static int lstate_import_agrees(struct lstate_import *import,
				const struct lstate_entry *entry,
				const struct lstate_variable *variable)
{
	enum lstate_type type = lstate_variable_type(variable);
	struct lstate_text differences = { 0 }, reason = { 0 };
	const char *name = entry->spec->name;
	int rc;

	if (type == entry->spec->type)
		lstate_import_compare(&differences, import, entry, variable);
	if (type == entry->spec->type && !differences.length)
		return differences.failed ? lstate_import_no_memory(import) : 1;
	if (differences.length)
		lstate_text_add(&reason, "%s: the variable that is there has another %s",
				name, differences.data);
	else
		lstate_text_add(&reason, "%s: the variable that is there is of type %s, not %s",
				name, lstate_type_name(type),
				lstate_type_name(entry->spec->type));
	if (reason.failed || differences.failed)
		rc = lstate_import_no_memory(import);
	else
		rc = lstate_import_tell(import, entry, LSTATE_IMPORT_REFUSED,
					reason.data);
	free(differences.data);
	free(reason.data);
	return rc;
}

/* The value of a variable that is there already concerns an import alone. */
static bool lstate_import_sets(const struct lstate_import *import,
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

/* Let the kernel look at it, where nobody else sees it. */
static int lstate_import_try_out(struct lstate_import *import,
				 struct lstate_entry *entry,
				 enum lstate_import_status status)
{
	int rc = lstate_register(import->scratch, entry->spec, NULL);

	if (rc == 0)
		rc = lstate_delete(import->scratch, entry->spec->name);
	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->scratch);
	return lstate_import_tell(import, entry, status, NULL);
}

/* A variable that takes no set is refused now as it would be then. */
static int lstate_import_try_change(struct lstate_import *import,
				    struct lstate_entry *entry, bool read_only,
				    bool written)
{
	struct lstate_text reason = { 0 };
	int rc;

	if (!read_only && !written)
		return lstate_import_try_out(import, entry,
					     LSTATE_IMPORT_CHANGED);
	lstate_text_add(&reason, "%s: %s", entry->spec->name, read_only ?
			"it is read-only" : "it was written once already");
	rc = reason.failed ? lstate_import_no_memory(import) :
	     lstate_import_tell(import, entry, LSTATE_IMPORT_REFUSED,
				reason.data);
	free(reason.data);
	return rc;
}

static int lstate_import_judge(struct lstate_import *import,
			       struct lstate_entry *entry)
{
	bool read_only, written;
	struct lstate_variable *variable;
	bool same;
	int rc = lstate_import_find(import, entry, &variable);

	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->session);
	if (rc == 0)
		return lstate_import_try_out(import, entry,
					     LSTATE_IMPORT_CREATED);
	rc = lstate_import_agrees(import, entry, variable);
	same = !lstate_import_sets(import, entry) ||
	       (rc > 0 && lstate_value_same(lstate_variable_value(variable),
					    &entry->spec->value));
	read_only = lstate_variable_is_read_only(variable);
	written = lstate_variable_is_write_once(variable) &&
		  lstate_variable_version(variable);
	lstate_variable_free(variable);
	if (rc <= 0)
		return rc;
	if (same)
		return lstate_import_tell(import, entry, LSTATE_IMPORT_EQUAL,
					  NULL);
	return lstate_import_try_change(import, entry, read_only, written);
}

/* --- the last pass: do it ---------------------------------------------------- */

/* Room for one more, before anything is done. */
static int lstate_import_reserve(struct lstate_import *import)
{
	size_t capacity = import->undo_capacity ? 2 * import->undo_capacity : 64;
	struct lstate_undo *undo;

	if (!(import->flags & LSTATE_IMPORT_ATOMIC) ||
	    import->n_undo < import->undo_capacity)
		return 0;
	undo = reallocarray(import->undo, capacity, sizeof(*undo));
	if (!undo)
		return lstate_import_no_memory(import);
	import->undo = undo;
	import->undo_capacity = capacity;
	return 0;
}

/* Takes @before over; if nothing is ever undone it is freed. */
static void lstate_import_remember(struct lstate_import *import, uint64_t id,
				   uint64_t version,
				   struct lstate_variable *before)
{
	if (!(import->flags & LSTATE_IMPORT_ATOMIC)) {
		lstate_variable_free(before);
		return;
	}
	import->undo[import->n_undo++] = (struct lstate_undo){
		.id = id,
		.version = version,
		.before = before,
	};
}

/* The metadata of a spec as a list, which the caller frees in one piece. */
static int lstate_import_metadata(const struct lstate_spec *spec,
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

/* Set a variable as the entry says; an atomic one knows what it takes back. */
static int lstate_import_set(struct lstate_import *import,
			     struct lstate_entry *entry,
			     struct lstate_variable *variable)
{
	bool atomic = import->flags & LSTATE_IMPORT_ATOMIC;
	struct lstate_metadata *metadata;
	uint64_t version;
	char id[24];
	int rc;

	if (lstate_import_metadata(entry->spec, &metadata) < 0) {
		lstate_variable_free(variable);
		return lstate_import_no_memory(import);
	}
	snprintf(id, sizeof(id), "@%llu",
		 (unsigned long long)lstate_variable_id(variable));
	rc = lstate_set(import->session, atomic ? id : entry->spec->name,
			&entry->spec->value, metadata,
			atomic ? lstate_variable_version(variable) :
				 LSTATE_ANY_VERSION, &version);
	free(metadata);
	if (rc <= 0) {
		lstate_variable_free(variable);
		return rc < 0 ?
		       lstate_import_refuse(import, entry, rc, import->session) :
		       lstate_import_tell(import, entry, LSTATE_IMPORT_EQUAL,
					  NULL);
	}
	lstate_import_remember(import, lstate_variable_id(variable), version,
			       variable);
	return lstate_import_tell(import, entry, LSTATE_IMPORT_CHANGED, NULL);
}

/* There is a variable of that name. */
static int lstate_import_merge(struct lstate_import *import,
			       struct lstate_entry *entry)
{
	struct lstate_variable *variable;
	int rc = lstate_describe(import->session, entry->spec->name, &variable);

	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->session);
	rc = lstate_import_agrees(import, entry, variable);
	if (rc > 0 && lstate_import_sets(import, entry))
		return lstate_import_set(import, entry, variable);
	lstate_variable_free(variable);
	return rc <= 0 ? rc : lstate_import_tell(import, entry,
						 LSTATE_IMPORT_EQUAL, NULL);
}

/* With its id and version, as long as the session takes them. */
static int lstate_import_register(struct lstate_import *import,
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
	uint64_t id;
	int rc = lstate_import_reserve(import);

	if (rc < 0)
		return rc;
	rc = lstate_import_register(import, entry, &id);
	if (rc == -EEXIST &&
	    lstate_error_field(&import->session->error) == LSTATE_FIELD_NAME)
		return lstate_import_merge(import, entry);
	if (rc < 0)
		return lstate_import_refuse(import, entry, rc, import->session);
	lstate_import_remember(import, id, 0, NULL);
	return lstate_import_tell(import, entry, LSTATE_IMPORT_CREATED, NULL);
}

/* --- taking it back ---------------------------------------------------------- */

/* Return: 0 or an errno; -ESTALE: somebody has changed it meanwhile. */
static int lstate_import_undo_one(struct lstate_import *import,
				  const struct lstate_undo *undo)
{
	char id[24];
	int rc;

	snprintf(id, sizeof(id), "@%llu", (unsigned long long)undo->id);
	if (!undo->before)
		return lstate_delete(import->session, id);
	rc = lstate_set(import->session, id,
			lstate_variable_value(undo->before),
			lstate_variable_metadata(undo->before), undo->version,
			NULL);
	return rc < 0 ? rc : 0;
}

/*
 * Take back all that was done, the last first.  The error stays as it is if
 * that succeeds.
 */
static int lstate_import_undo(struct lstate_import *import, int rc)
{
	struct lstate_error *error = &import->session->error;
	struct lstate_error first = *error;
	size_t failed = 0;

	memset(error, 0, sizeof(*error));
	while (import->n_undo) {
		struct lstate_undo *undo = &import->undo[--import->n_undo];

		failed += lstate_import_undo_one(import, undo) < 0;
		lstate_variable_free(undo->before);
	}
	lstate_error_replace(error, &first);
	if (failed)
		return lstate_error_fail(error, -EUCLEAN, LSTATE_FIELD_NONE,
					 "import: %zu changes could not be taken back",
					 failed);
	return rc;
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
	bool atomic = import->flags & LSTATE_IMPORT_ATOMIC;
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
		if (said < 0 || (atomic && import->refused &&
				 step == lstate_import_apply))
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
	int rc = lstate_session_open(&import->scratch, NULL, 0, 0, &error);

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
	return rc;
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
	rc = lstate_import_pass(import, lstate_import_apply);
	if (atomic && (rc < 0 || import->refused))
		rc = lstate_import_undo(import, rc);
	return rc;
}

static void lstate_import_end(struct lstate_import *import, int fd)
{
	while (import->n_undo)
		lstate_variable_free(import->undo[--import->n_undo].before);
	free(import->undo);
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
