// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Watches: made, looked up by the ref that events carry, removed.
 *
 * A session's watches are an array in the order of their refs.  A watch that is
 * removed leaves the array at once, so nothing that waits anywhere can reach
 * it; one whose own callback runs is freed by the one who called that.
 */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

/* Index of the first watch whose ref is @ref or above. */
static size_t lstate_watches_search(const struct lstate_watches *watches,
				    uint32_t ref)
{
	size_t low = 0, high = watches->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (watches->list[middle]->ref < ref)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct lstate_watch *lstate_watches_find(const struct lstate_watches *watches,
					 uint32_t ref)
{
	size_t i = lstate_watches_search(watches, ref);

	if (i == watches->count || watches->list[i]->ref != ref)
		return NULL;
	return watches->list[i];
}

/* The first watch with a ref above @ref. */
struct lstate_watch *lstate_watches_after(const struct lstate_watches *watches,
					  uint32_t ref)
{
	size_t i = lstate_watches_search(watches, ref);

	if (i < watches->count && watches->list[i]->ref == ref)
		i++;
	return i < watches->count ? watches->list[i] : NULL;
}

/* Room for one more, so that lstate_watches_insert() cannot fail. */
static int lstate_watches_reserve(struct lstate_watches *watches)
{
	size_t capacity = watches->capacity ? watches->capacity * 2 : 8;
	struct lstate_watch **list;

	if (watches->count < watches->capacity)
		return 0;
	list = realloc(watches->list, capacity * sizeof(*list));
	if (!list)
		return -ENOMEM;
	watches->list = list;
	watches->capacity = capacity;
	return 0;
}

static void lstate_watches_insert(struct lstate_watches *watches,
				  struct lstate_watch *watch)
{
	size_t i = lstate_watches_search(watches, watch->ref);

	memmove(watches->list + i + 1, watches->list + i,
		(watches->count - i) * sizeof(*watches->list));
	watches->list[i] = watch;
	watches->count++;
}

static void lstate_watches_remove(struct lstate_watches *watches,
				  const struct lstate_watch *watch)
{
	size_t i = lstate_watches_search(watches, watch->ref);

	watches->count--;
	memmove(watches->list + i, watches->list + i + 1,
		(watches->count - i) * sizeof(*watches->list));
}

/* ------------------------------------------------------------------------ */

static void lstate_watch_free(struct lstate_watch *watch)
{
	size_t i;

	for (i = 0; i < watch->n_targets; i++) {
		if (watch->targets)
			free(watch->targets[i]);
		if (watch->names)
			free(watch->names[i]);
	}
	free(watch->targets);
	free(watch->names);
	lstate_names_free(&watch->matched);
	lstate_start_free(watch->start);
	lstate_pace_free(&watch->pace);
	free(watch);
}

/* The end of a watch that was made. */
void lstate_watch_destroy(struct lstate_watch *watch)
{
	if (watch->destructor)
		watch->destructor(watch->user_data);
	lstate_watch_free(watch);
}

static int lstate_watch_copy_targets(struct lstate_watch *watch,
				     const char *const *targets, size_t n)
{
	size_t i;

	watch->targets = calloc(n + 1, sizeof(*watch->targets));
	watch->names = calloc(n + 1, sizeof(*watch->names));
	if (!watch->targets || !watch->names)
		return -ENOMEM;
	watch->n_targets = n;
	for (i = 0; i < n; i++) {
		watch->targets[i] = strdup(targets[i]);
		if (!watch->targets[i])
			return -ENOMEM;
	}
	return 0;
}

static struct lstate_watch *lstate_watch_alloc(const char *const *targets,
					       size_t n)
{
	struct lstate_watch *watch;

	/* More than the kernel ever takes; and calloc(n + 1) must not wrap. */
	if (n > UINT32_MAX)
		return NULL;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return NULL;
	lstate_pace_init(&watch->pace);
	if (lstate_watch_copy_targets(watch, targets, n) < 0) {
		lstate_watch_free(watch);
		watch = NULL;
	}
	return watch;
}

/*
 * Events carry ids.  A name never changes and an id is never used again, so
 * what an id is called is asked once; a target that fails here fails in WATCH.
 */
static int lstate_watch_find_names(struct lstate_session *session,
				   struct lstate_watch *watch)
{
	struct lstate_variable *variable;
	struct localstate_error why;
	struct localstate_key key;
	size_t i;
	int rc;

	for (i = 0; i < watch->n_targets; i++) {
		lstate_key_parse(watch->targets[i], &key);
		if (!key.id || watch->names[i])
			continue;
		rc = lstate_variable_ask(session, &key, &variable, &why);
		if (rc == -ENOMEM)
			return rc;
		if (rc < 0)
			continue;
		watch->names[i] = strdup(lstate_variable_name(variable));
		lstate_variable_free(variable);
		if (!watch->names[i])
			return -ENOMEM;
	}
	return 0;
}

/* ------------------------------------------------------------------------ */

/* The first variable that matches; 1, or 0: there is none. */
static int lstate_watch_ask_pattern(struct lstate_session *session,
				    const char *pattern,
				    struct lstate_variable **variable)
{
	struct lstate_list *list;
	int rc;

	rc = lstate_list_open(session, pattern, &list);
	if (rc < 0)
		return rc;
	rc = lstate_list_next(list, variable);
	lstate_list_close(list);
	return rc;
}

/* Of a pattern, that of the first variable.  Return: 0 or a negative errno. */
static int lstate_watch_ask_type(struct lstate_session *session,
				 const char *target, enum lstate_type *type)
{
	const bool is_pattern = lstate_identifier_is_pattern(target);
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.topic = "watch",
	};
	struct lstate_variable *variable;
	struct localstate_error why;
	struct localstate_key key;
	int rc;

	lstate_key_parse(target, &key);
	if (!is_pattern)
		rc = lstate_variable_ask(session, &key, &variable, &why);
	else if (!(rc = lstate_watch_ask_pattern(session, target, &variable)))
		rc = -ENOENT;
	/* All else is not about this target, and WATCH would fail for it, too. */
	if (rc < 0 && rc != -ENOENT && rc != -EINVAL && !is_pattern)
		return lstate_explain(&attempt, rc, &why);
	if (rc < 0)
		return rc;
	*type = lstate_variable_type(variable);
	lstate_variable_free(variable);
	return 0;
}

/* ------------------------------------------------------------------------ */

/* Name the targets of which @status is @code; nothing if there are none. */
static void lstate_watch_explain_status(struct lstate_text *text,
					const struct lstate_watch *watch,
					const int32_t *status, int code,
					const char *words)
{
	bool first = true;
	size_t i;

	for (i = 0; i < watch->n_targets; i++) {
		if (status[i] != code)
			continue;
		lstate_text_add(text, "%s%s",
				!first ? ", " : text->length ? "; " : "watch: ",
				first ? words : "");
		lstate_text_add_name(text, watch->targets[i]);
		first = false;
	}
}

#define LSTATE_NO_VARIABLE	"no such variable"
#define LSTATE_NO_IDENTIFIER	"neither a name nor an @id"
#define LSTATE_MISFIT		"the filter makes no sense for it"

/* Which of the targets that are EINVAL do exist: them the filter does not suit. */
static void lstate_watch_find_misfits(struct lstate_session *session,
				      const struct lstate_watch *watch,
				      int32_t *status)
{
	enum lstate_type type;
	size_t i;

	for (i = 0; i < watch->n_targets; i++)
		if (status[i] == -EINVAL &&
		    !lstate_watch_ask_type(session, watch->targets[i], &type))
			status[i] = -EDOM;
}

/* Whether no target has another status, which may be NULL. */
static bool lstate_watch_has_only(const struct lstate_watch *watch,
				  const int32_t *status, int32_t code)
{
	size_t i;

	for (i = 0; status && i < watch->n_targets; i++)
		if (status[i] && status[i] != code)
			return false;
	return true;
}

/* @status: -EDOM of those that the filter does not suit. */
static void lstate_watch_add_entries(struct lstate_error *error,
				     const struct lstate_watch *watch,
				     const int32_t *status)
{
	size_t i;

	for (i = 0; i < watch->n_targets; i++) {
		if (!status[i])
			continue;
		if (!error->name)
			lstate_error_set_name(error, watch->targets[i]);
		lstate_error_add(error, i, status[i] == -EDOM ? -EINVAL : status[i],
				 watch->targets[i],
				 status[i] == -EDOM ? LSTATE_MISFIT :
				 status[i] == -ENOENT ? LSTATE_NO_VARIABLE :
							LSTATE_NO_IDENTIFIER);
	}
}

static int lstate_watch_explain_targets(struct lstate_error *error,
					const struct lstate_watch *watch,
					const int32_t *status, int code)
{
	struct lstate_error fresh = { .code = code,
				      .field = LSTATE_FIELD_TARGETS };
	struct lstate_text text = { 0 };

	lstate_watch_explain_status(&text, watch, status, -ENOENT,
				    LSTATE_NO_VARIABLE ": ");
	lstate_watch_explain_status(&text, watch, status, -EINVAL,
				    LSTATE_NO_IDENTIFIER ": ");
	lstate_watch_explain_status(&text, watch, status, -EDOM,
				    LSTATE_MISFIT ": ");
	fresh.message = lstate_text_take(&text);
	lstate_watch_add_entries(&fresh, watch, status);
	lstate_error_replace(error, &fresh);
	return code;
}

/*
 * What only the kernel sees: a range that a hysteresis makes empty, a text that is none
 * of the choices, a type that has changed since it was asked.
 */
static int lstate_watch_explain_filter(struct lstate_session *session,
				       const struct lstate_watch *watch,
				       const struct lstate_filter *filter,
				       const struct localstate_watch *arg)
{
	const struct localstate_error *why = &arg->error;
	size_t term = arg->failed ? why->limit : why->index;
	size_t column = term < filter->n ?
			lstate_filter_column(filter, filter->terms[term].at) : 0;

	if (!arg->failed || why->index >= watch->n_targets)
		return lstate_error_fail(&session->error, -EINVAL,
					 LSTATE_FIELD_FILTER,
					 "watch: %s: column %zu: %s",
					 lstate_filter_noun(filter), column,
					 term < filter->n &&
					 filter->terms[term].operation == LOCALSTATE_FILTER_LEAVES ?
					 "the hysteresis leaves nothing of the range" :
					 "there is no such value");
	lstate_error_fail(&session->error, -EINVAL, LSTATE_FIELD_FILTER,
			  "%s: %s: column %zu: this makes no sense for the %s",
			  watch->targets[why->index],
			  lstate_filter_noun(filter), column,
			  lstate_type_name((enum lstate_type)why->type));
	lstate_error_set_name(&session->error, watch->targets[why->index]);
	return -EINVAL;
}

int lstate_watch_explain(struct lstate_session *session,
			 const struct lstate_watch *watch,
			 const struct lstate_watch_options *options,
			 const struct localstate_watch *arg,
			 int32_t *status, int code)
{
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.topic = "watch",
	};
	const struct localstate_error *why = &arg->error;
	bool misfit = code == -EINVAL && options->filter &&
		      why->field == LOCALSTATE_FIELD_FILTER;

	if (arg->failed && status && options->filter)
		lstate_watch_find_misfits(session, watch, status);
	if (misfit && lstate_watch_has_only(watch, status, -EDOM)) {
		lstate_watch_explain_filter(session, watch, options->filter, arg);
		if (status)
			lstate_watch_add_entries(&session->error, watch, status);
		return code;
	}
	if (arg->failed)
		return lstate_watch_explain_targets(&session->error, watch,
						    status, code);
	if (code == -EINVAL && why->field == LOCALSTATE_FIELD_TARGETS) {
		lstate_error_fail(&session->error, code, LSTATE_FIELD_TARGETS,
				  "watch: 1 to %llu targets are wanted, not %zu",
				  (unsigned long long)why->limit,
				  watch->n_targets);
		lstate_error_set_numbers(&session->error, watch->n_targets,
					 watch->n_targets ? why->limit : 1);
		return code;
	}
	if (code == -EDQUOT && why->field == LOCALSTATE_FIELD_TARGETS) {
		lstate_error_fail(&session->error, code, LSTATE_FIELD_TARGETS,
				  "watch: there are more than %llu variables to watch",
				  (unsigned long long)why->limit);
		lstate_error_set_numbers(&session->error, 0, why->limit);
		return code;
	}
	if (code == -EINVAL && why->field == LOCALSTATE_FIELD_INLINE_LIMIT) {
		lstate_error_fail(&session->error, code,
				  LSTATE_FIELD_INLINE_LIMIT,
				  "watch: an inline limit of %u to %llu bytes is wanted, not %u",
				  LOCALSTATE_INLINE_MIN,
				  (unsigned long long)why->limit,
				  arg->inline_limit);
		lstate_error_set_numbers(&session->error, arg->inline_limit,
					 arg->inline_limit < LOCALSTATE_INLINE_MIN ?
					 LOCALSTATE_INLINE_MIN : why->limit);
		return code;
	}
	return lstate_explain(&attempt, code, why);
}

/* ------------------------------------------------------------------------ */

static void lstate_watch_fill_target(struct localstate_target *target,
				     const char *identifier)
{
	struct localstate_key key;

	lstate_key_parse(identifier, &key);
	if (key.id)
		target->kind = LOCALSTATE_TARGET_ID;
	else if (lstate_identifier_is_pattern(identifier))
		target->kind = LOCALSTATE_TARGET_PATTERN;
	else
		target->kind = LOCALSTATE_TARGET_NAME;
	target->id = key.id;
	target->name = key.name;
	target->name_len = key.name_len;
}

static int lstate_watch_types_differ(struct lstate_session *session,
				     const char *a, enum lstate_type a_type,
				     const char *b, enum lstate_type b_type)
{
	return lstate_error_fail(&session->error, -EINVAL, LSTATE_FIELD_FILTER,
				 "filter: %s is %s %s and %s is %s %s: its numbers are of one type",
				 a, lstate_type_article(a_type),
				 lstate_type_name(a_type), b,
				 lstate_type_article(b_type),
				 lstate_type_name(b_type));
}

/* Whether WATCH succeeds though there is no variable. */
static bool lstate_watch_may_wait(const struct lstate_watch *watch,
				  const struct lstate_watch_options *options)
{
	size_t i;

	for (i = 0; i < watch->n_targets; i++)
		if (lstate_identifier_is_pattern(watch->targets[i]))
			return true;
	return options->allow_missing;
}

int lstate_watch_refuse_unbound(struct lstate_session *session)
{
	return lstate_error_fail(&session->error, -EINVAL, LSTATE_FIELD_FILTER,
				 "filter: there is no variable yet that tells the type of its numbers");
}

/*
 * The terms of the filter, for the type of the targets that there are; a pattern
 * has that of the first variable which matches.  Those of different types have to
 * agree on them.  @found: whether there is one at all.
 */
int lstate_watch_bind(struct lstate_session *session,
		      const struct lstate_watch *watch,
		      const struct lstate_watch_options *options,
		      struct localstate_filter_term *terms, bool *found)
{
	struct localstate_filter_term others[LOCALSTATE_FILTER_TERMS] = { 0 };
	const struct lstate_filter *filter = options->filter;
	enum lstate_type type = LSTATE_TYPE_NONE, first = LSTATE_TYPE_NONE;
	const char *name = NULL;
	size_t i;
	int rc;

	for (i = 0; i < watch->n_targets; i++) {
		rc = lstate_watch_ask_type(session, watch->targets[i], &type);
		if (rc < 0 && rc != -ENOENT && rc != -EINVAL)
			return rc;
		if (rc < 0 || type == first)
			continue;
		rc = lstate_filter_bind(filter, type, watch->targets[i],
					name ? others : terms, &session->error);
		if (rc < 0)
			return rc;
		if (name && memcmp(others, terms, filter->n * sizeof(*terms)))
			return lstate_watch_types_differ(session, name, first,
							 watch->targets[i], type);
		if (name)
			continue;
		name = watch->targets[i];
		first = type;
	}
	/* It says the same of all types. */
	if (!name && !lstate_filter_has_values(filter)) {
		name = "";
		rc = lstate_filter_bind(filter, LSTATE_TYPE_BOOL, name, terms,
					&session->error);
		if (rc < 0)
			return rc;
	}
	*found = name;
	if (!name && !options->filter_may_wait &&
	    lstate_watch_may_wait(watch, options))
		return lstate_watch_refuse_unbound(session);
	return 0;
}

uint32_t lstate_watch_flags(const struct lstate_watch_options *options)
{
	uint32_t flags = 0;

	if (options->initial)
		flags |= LOCALSTATE_WATCH_INITIAL;
	if (options->allow_missing)
		flags |= LOCALSTATE_WATCH_ALLOW_MISSING;
	if (options->no_self)
		flags |= LOCALSTATE_WATCH_NO_SELF;
	if (options->conflate)
		flags |= LOCALSTATE_WATCH_CONFLATE;
	if (options->snapshot)
		flags |= LOCALSTATE_WATCH_SNAPSHOT;
	return flags;
}

/* WATCH itself, with room for a target and a status of each. */
static int lstate_watch_install(struct lstate_session *session,
				struct lstate_watch *watch,
				const struct lstate_watch_options *options,
				struct localstate_target *targets,
				int32_t *status)
{
	struct localstate_watch arg = {
		.targets = lstate_pointer(targets),
		.n_targets = lstate_length(watch->n_targets),
		.flags = lstate_watch_flags(options),
		.status = lstate_pointer(status),
		.inline_limit = options->inline_limit,
	};
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
	struct localstate_unwatch unwatch = { 0 };
	bool found = true;
	size_t i;
	int rc;

	if (options->filter) {
		rc = lstate_watch_bind(session, watch, options, terms, &found);
		if (rc < 0)
			return rc;
	}
	/* Without any target there is nothing to bind it to, and WATCH fails. */
	if (options->filter && found) {
		arg.filter.terms = lstate_pointer(terms);
		arg.filter.n_terms = options->filter->n;
		arg.filter.match = options->filter->match;
	}

	for (i = 0; i < watch->n_targets; i++)
		lstate_watch_fill_target(targets + i, watch->targets[i]);
	rc = lstate_start_watch(watch->start, session->fd, &arg);
	if (rc < 0)
		return lstate_watch_explain(session, watch, options, &arg,
					    status, rc);
	if (!found && !options->filter_may_wait) {
		/* They have come meanwhile: it is known now what they are. */
		unwatch.ref = arg.ref;
		lstate_device_ioctl(session->fd, LOCALSTATE_IOC_UNWATCH, &unwatch);
		return lstate_watch_install(session, watch, options, targets,
					    status);
	}
	watch->ref = arg.ref;
	watch->is_filtered = arg.filter.n_terms;
	return 0;
}

static int lstate_watch_ask(struct lstate_session *session,
			    struct lstate_watch *watch,
			    const struct lstate_watch_options *options)
{
	struct localstate_target *targets;
	int32_t *status;
	int rc = -ENOMEM;

	targets = calloc(watch->n_targets + 1, sizeof(*targets));
	status = calloc(watch->n_targets + 1, sizeof(*status));
	if (targets && status)
		rc = lstate_watch_install(session, watch, options, targets,
					  status);
	else
		lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
				  "out of memory");
	free(targets);
	free(status);
	return rc;
}

/* All that needs memory comes before the watch exists.  Return: it, or NULL. */
static struct lstate_watch *lstate_watch_prepare(struct lstate_session *session,
						 const char *const *targets,
						 size_t n)
{
	struct lstate_watch *watch = lstate_watch_alloc(targets, n);

	if (watch && (lstate_watches_reserve(&session->watches) < 0 ||
		      lstate_watch_find_names(session, watch) < 0)) {
		lstate_watch_free(watch);
		watch = NULL;
	}
	if (!watch)
		lstate_error_fail(&session->error, -ENOMEM, LSTATE_FIELD_NONE,
				  "out of memory");
	return watch;
}

/* The watch, with all of its snapshot in hand, or nothing. */
static int lstate_watch_begin(struct lstate_session *session,
			      struct lstate_watch *watch,
			      const struct lstate_watch_options *options)
{
	struct localstate_unwatch unwatch = { 0 };
	int rc;

	rc = lstate_start_new(watch, options);
	if (!rc) {
		rc = lstate_watch_ask(session, watch, options);
		if (rc < 0)
			return rc;
		rc = lstate_start_parse(watch->start);
		unwatch.ref = watch->ref;
		if (rc < 0)
			lstate_device_ioctl(session->fd, LOCALSTATE_IOC_UNWATCH,
					    &unwatch);
	}
	return rc < 0 ? lstate_error_fail(&session->error, rc, LSTATE_FIELD_NONE,
					  "watch: %s", strerrordesc_np(-rc)) : 0;
}

int lstate_watch_add(struct lstate_session *session,
		     const char *const *targets, size_t n,
		     const struct lstate_watch_options *options,
		     lstate_watch_fn callback, void *user_data,
		     void (*destructor)(void *user_data),
		     struct lstate_watch **watch)
{
	static const struct lstate_watch_options defaults;
	struct lstate_watch *new;
	int rc;

	if (!options)
		options = &defaults;
	if (options->initial && options->snapshot)
		return lstate_error_fail(&session->error, -EINVAL,
					 LSTATE_FIELD_FLAGS,
					 "watch: the present values come as events or as a snapshot, not as both");
	new = lstate_watch_prepare(session, targets, n);
	if (!new)
		return -ENOMEM;
	rc = lstate_watch_begin(session, new, options);
	if (rc < 0) {
		lstate_watch_free(new);
		return rc;
	}
	/* Only an id that was not given yet when it was asked is missing. */
	lstate_watch_find_names(session, new);
	new->session = session;
	lstate_watch_take_options(new, options);
	new->born = session->queue.reads;
	new->callback = callback;
	new->user_data = user_data;
	new->destructor = destructor;
	lstate_watches_insert(&session->watches, new);
	lstate_poll_arm(session);
	if (watch)
		*watch = new;
	lstate_start_tell(new);
	lstate_start_free(new->start);
	new->start = NULL;
	return 0;
}

void lstate_watch_remove(struct lstate_watch *watch)
{
	struct localstate_unwatch arg = { 0 };

	if (!watch || watch->removed)
		return;
	arg.ref = watch->ref;
	lstate_watches_remove(&watch->session->watches, watch);
	lstate_bound_end(watch);
	/* Whatever this says, for instance ESHUTDOWN: the watch is gone. */
	lstate_device_ioctl(watch->session->fd, LOCALSTATE_IOC_UNWATCH, &arg);
	watch->removed = true;
	lstate_poll_arm(watch->session);
	if (!watch->running)
		lstate_watch_destroy(watch);
}

struct lstate_watch *lstate_watch_next(const struct lstate_session *session,
				       const struct lstate_watch *watch)
{
	return lstate_watches_after(&session->watches, watch ? watch->ref : 0);
}

uint32_t lstate_watch_ref(const struct lstate_watch *watch)
{
	return watch->ref;
}

const char *const *lstate_watch_targets(const struct lstate_watch *watch,
					size_t *n)
{
	if (n)
		*n = watch->n_targets;
	return (const char *const *)watch->targets;
}

/* ------------------------------------------------------------------------ */

static void lstate_watch_stat_fill(struct lstate_watch_stat *stat,
				   const struct localstate_watch_info *info)
{
	memset(stat, 0, sizeof(*stat));
	stat->created_ns = info->created_ns;
	stat->n_targets = info->n_targets;
	stat->n_links = info->n_links;
	stat->inline_limit = info->inline_limit;
	stat->initial = info->flags & LOCALSTATE_WATCH_INITIAL;
	stat->allow_missing = info->flags & LOCALSTATE_WATCH_ALLOW_MISSING;
	stat->no_self = info->flags & LOCALSTATE_WATCH_NO_SELF;
	stat->conflate = info->flags & LOCALSTATE_WATCH_CONFLATE;
	stat->queued = info->queued;
	stat->delivered = info->delivered;
	stat->events = info->events;
	stat->merged = info->merged;
	stat->filtered = info->filtered;
}

int lstate_watch_stat_read(const struct lstate_watch *watch,
			   struct lstate_watch_stat *stat)
{
	struct lstate_session *session = watch->session;
	struct lstate_attempt attempt = {
		.session = session,
		.error = &session->error,
		.topic = "watch",
	};
	struct localstate_watch_info info = { 0 };
	struct localstate_watches arg = {
		.buffer = lstate_pointer(&info),
		.buffer_len = sizeof(info),
		.after = watch->ref - 1,
		.entry_size = sizeof(info),
	};
	int rc;

	rc = lstate_device_ioctl(session->fd, LOCALSTATE_IOC_WATCHES, &arg);
	if (rc < 0)
		return lstate_explain(&attempt, rc, &arg.error);
	if (!arg.count || info.ref != watch->ref)
		return lstate_error_fail(&session->error, -ENOENT,
					 LSTATE_FIELD_REF,
					 "watch: no such watch");
	lstate_watch_stat_fill(stat, &info);
	return 0;
}
