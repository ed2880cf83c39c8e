// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resolution: which variables the targets of a new watch are, all or nothing.
 *
 * Done under session->lock, where nothing may sleep for memory: if the patterns
 * match more than the caller has room for, they are only counted.
 */
#include <linux/sched/signal.h>
#include <linux/sort.h>
#include <linux/xarray.h>

#include "private.h"

static void localstate_resolve_add(struct ls_resolution *resolution,
				   struct ls_variable *variable, u32 index)
{
	if (resolution->n < resolution->room)
		resolution->found[resolution->n] = (struct ls_found){
			.variable = variable,
			.id = variable ? variable->slot->id : 0,
			.index = index,
		};
	resolution->n++;
}

/* Whether a filter, or NULL, suits a variable. */
int localstate_resolve_check(const struct ls_filter *filter,
			     const struct ls_variable *variable,
			     struct localstate_error *error)
{
	u32 term;

	if (!filter)
		return 0;
	term = localstate_filter_misfit(filter, variable->type, variable->spec);
	if (term == filter->n_terms)
		return 0;
	return localstate_error_limit(error, -EINVAL, LOCALSTATE_FIELD_FILTER,
				      variable->type, term);
}

/* A target that is not a pattern. */
static int localstate_resolve_one(struct ls_session *session,
				  const struct ls_watch *watch, u32 index,
				  struct ls_resolution *resolution,
				  struct localstate_error *error)
{
	const struct ls_target *target = &watch->targets[index];
	bool may_wait = target->kind == LOCALSTATE_TARGET_NAME &&
			(watch->flags & LOCALSTATE_WATCH_ALLOW_MISSING);
	struct ls_variable *variable;

	variable = localstate_variable_lookup(session, target->id,
					      &target->name);
	if (!variable && !may_wait)
		return localstate_error(error, -ENOENT,
					LOCALSTATE_FIELD_TARGETS);
	localstate_resolve_add(resolution, variable, index);
	return variable ? localstate_resolve_check(watch->filter, variable, error) :
			  0;
}

/* The targets that fail: how many, and why the first one of the request does. */
struct ls_failures {
	s32 *status;
	u32 n;
	struct localstate_error *first;
};

static void localstate_resolve_fail(struct ls_failures *failures,
				    const struct localstate_error *why)
{
	failures->status[why->index] = -(int)why->code;
	if (!failures->n++ || why->index < failures->first->index)
		*failures->first = *why;
}

static void localstate_resolve_fixed(struct ls_session *session,
				     const struct ls_watch *watch,
				     struct ls_resolution *resolution,
				     struct ls_failures *failures)
{
	u32 i;

	for (i = 0; i < watch->n_targets; i++) {
		struct localstate_error why = { .index = i };
		int ret = failures->status[i];

		if (ret)
			localstate_error(&why, ret, LOCALSTATE_FIELD_TARGETS);
		else if (watch->targets[i].kind != LOCALSTATE_TARGET_PATTERN)
			ret = localstate_resolve_one(session, watch, i,
						     resolution, &why);
		if (ret)
			localstate_resolve_fail(failures, &why);
	}
}

/* A variable that matches may make its pattern fail, once. */
static void localstate_resolve_match(const struct ls_watch *watch,
				     const struct ls_target *target,
				     struct ls_variable *variable,
				     struct ls_resolution *resolution,
				     struct ls_failures *failures)
{
	u32 index = target - watch->targets;
	struct localstate_error why = { .index = index };

	localstate_resolve_add(resolution, variable, index);
	if (!failures->status[index] &&
	    localstate_resolve_check(watch->filter, variable, &why))
		localstate_resolve_fail(failures, &why);
}

static int localstate_resolve_limit(u32 max, struct localstate_error *error)
{
	return localstate_error_limit(error, -EDQUOT, LOCALSTATE_FIELD_TARGETS,
				      LOCALSTATE_TYPE_UINT, max);
}

/*
 * All variables that the patterns match, each under the first that does, until
 * there are more than @max.
 */
static int localstate_resolve_patterns(struct ls_session *session,
				       const struct ls_watch *watch, u32 max,
				       struct ls_resolution *resolution,
				       struct ls_failures *failures)
{
	u32 before = resolution->n;
	struct ls_variable *variable;
	struct ls_target *target;
	unsigned long id;

	if (!watch->n_patterns)
		return 0;
	xa_for_each(&session->variables, id, variable) {
		target = localstate_target_match(watch, &variable->name);
		if (target)
			localstate_resolve_match(watch, target, variable,
						 resolution, failures);
		if (resolution->n - before > max)
			return failures->n ? 0 :
			       localstate_resolve_limit(max, failures->first);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int localstate_resolve_compare_id(const void *a, const void *b)
{
	const struct ls_found *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static int localstate_resolve_compare_index(const void *a, const void *b)
{
	const struct ls_found *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

/*
 * Keep each variable once, under the first of its targets, in the order of the
 * request.  Returns how many variables there are: those that are missing are left
 * as they are.
 */
static u32 localstate_resolve_join(struct ls_resolution *resolution)
{
	struct ls_found *found = resolution->found;
	u32 i, n = 0, variables = 0;
	u64 last = 0;

	sort(found, resolution->n, sizeof(*found),
	     localstate_resolve_compare_id, NULL);
	for (i = 0; i < resolution->n; i++) {
		if (found[i].id && found[i].id == last)
			continue;
		last = found[i].id;
		variables += !!last;
		found[n++] = found[i];
	}
	resolution->n = n;
	sort(found, n, sizeof(*found), localstate_resolve_compare_index, NULL);
	return variables;
}

/*
 * Find the variables of all targets.  If targets fail, @failed is their number, and
 * @status says which ones do beside those that it knew to be malformed.  -EAGAIN:
 * there has to be room for as many as are counted now.
 */
int localstate_resolve(struct ls_session *session, struct ls_watch *watch,
		       struct ls_resolution *resolution, s32 *status,
		       u32 *failed, struct localstate_error *error)
{
	u32 max = READ_ONCE(localstate_params.max_targets);
	struct ls_failures failures = { .status = status, .first = error };
	int ret;

	lockdep_assert_held(&session->lock);
	*failed = 0;
	resolution->n = 0;
	localstate_resolve_fixed(session, watch, resolution, &failures);
	ret = localstate_resolve_patterns(session, watch, max, resolution,
					  &failures);
	if (ret)
		return ret;
	*failed = failures.n;
	if (failures.n)
		return -(int)error->code;
	if (resolution->n > resolution->room)
		return -EAGAIN;
	if (localstate_resolve_join(resolution) > max)
		return localstate_resolve_limit(max, error);
	return 0;
}
