// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets: what a watch asks for.  Taken from the caller with the watch that
 * they belong to.  For those given by name the session has a table, so that a
 * registration finds who waits for the name: one target of each name is in it,
 * and the others of that name are in a list with it.  Watches with patterns are in
 * a list of the session, each with its patterns in their order.
 */
#include <linux/glob.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "private.h"

static const struct rhashtable_params localstate_target_params =
	LS_NAME_TABLE(struct ls_target);

int localstate_target_table_init(struct rhashtable *table)
{
	return rhashtable_init(table, &localstate_target_params);
}

/* The target that stands for all of that name, or NULL. */
struct ls_target *localstate_target_lookup(struct ls_session *session,
					   const struct ls_name *name)
{
	lockdep_assert_held(&session->lock);
	return rhashtable_lookup_fast(&session->targets, name,
				      localstate_target_params);
}

/* The first of the watch's patterns that the name matches, or NULL. */
struct ls_target *localstate_target_match(const struct ls_watch *watch,
					  const struct ls_name *name)
{
	struct ls_target *target;

	list_for_each_entry(target, &watch->patterns, same) {
		if (glob_match(target->name.text, name->text))
			return target;
	}
	return NULL;
}

static int localstate_target_list(struct ls_session *session,
				  struct ls_target *target)
{
	struct ls_target *first = localstate_target_lookup(session,
							   &target->name);

	if (first)
		list_add_tail(&target->same, &first->same);
	else if (rhashtable_insert_fast(&session->targets, &target->node,
					localstate_target_params))
		return -ENOMEM;
	target->listed = true;
	target->first = !first;
	return 0;
}

/*
 * From now on a variable of these names and patterns that is registered is linked.
 * On failure the caller unlists them all.
 */
int localstate_target_list_all(struct ls_session *session,
			       struct ls_watch *watch)
{
	u32 i;
	int ret;

	lockdep_assert_held(&session->lock);
	for (i = 0; i < watch->n_targets; i++) {
		if (watch->targets[i].kind != LOCALSTATE_TARGET_NAME)
			continue;
		ret = localstate_target_list(session, &watch->targets[i]);
		if (ret)
			return ret;
	}
	if (watch->n_patterns)
		list_add_tail(&watch->in_session, &session->patterns);
	return 0;
}

/* O(1), however many have the name: the next one takes over the place. */
static void localstate_target_unlist(struct ls_session *session,
				     struct ls_target *target)
{
	struct ls_target *next;

	target->listed = false;
	if (!target->first) {
		list_del(&target->same);
		return;
	}
	if (list_empty(&target->same)) {
		rhashtable_remove_fast(&session->targets, &target->node,
				       localstate_target_params);
		return;
	}
	next = list_first_entry(&target->same, struct ls_target, same);
	list_del(&target->same);
	next->first = true;
	rhashtable_replace_fast(&session->targets, &target->node, &next->node,
				localstate_target_params);
}

void localstate_target_unlist_all(struct ls_session *session,
				  struct ls_watch *watch)
{
	u32 i;

	lockdep_assert_held(&session->lock);
	list_del_init(&watch->in_session);
	for (i = 0; i < watch->n_targets; i++) {
		if (watch->targets[i].listed)
			localstate_target_unlist(session, &watch->targets[i]);
	}
}

static bool localstate_target_is_valid(const struct localstate_target *entry)
{
	switch (entry->kind) {
	case LOCALSTATE_TARGET_ID:
		return entry->id && !entry->name && !entry->name_len;
	case LOCALSTATE_TARGET_NAME:
		return !entry->id && entry->name_len &&
		       entry->name_len <= LOCALSTATE_NAME_MAX;
	case LOCALSTATE_TARGET_PATTERN:
		return !entry->id && entry->name_len &&
		       entry->name_len <= LOCALSTATE_PATTERN_MAX;
	default:
		return false;
	}
}

/* What is wrong with the text of a target that is well-formed: 0 or -errno. */
static int localstate_target_check_text(u32 kind, const char *text, u32 length)
{
	switch (kind) {
	case LOCALSTATE_TARGET_NAME:
		return localstate_name_is_valid(text, length) ? 0 : -EINVAL;
	case LOCALSTATE_TARGET_PATTERN:
		return strlen(text) == length ? 0 : -EILSEQ;
	default:
		return 0;
	}
}

/* Bytes that the names of the valid entries take, with a NUL after each. */
static size_t localstate_target_names_size(const struct localstate_target *entries,
					   u32 n)
{
	size_t size = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		if (localstate_target_is_valid(&entries[i]))
			size += entries[i].name_len + 1;
	}
	return size;
}

/* Take one entry; a malformed one gets its status, a bad pointer fails. */
static int localstate_target_copy(struct ls_target *target,
				  const struct localstate_target *entry,
				  char **text, s32 *status)
{
	char *name = *text;

	*status = -EINVAL;
	if (!localstate_target_is_valid(entry))
		return 0;
	target->id = entry->id;
	if (copy_from_user(name, u64_to_user_ptr(entry->name),
			   entry->name_len))
		return -EFAULT;
	name[entry->name_len] = '\0';
	*text += entry->name_len + 1;
	*status = localstate_target_check_text(entry->kind, name,
					       entry->name_len);
	if (*status)
		return 0;
	target->kind = entry->kind;
	target->name.text = name;
	target->name.length = entry->name_len;
	if (entry->kind == LOCALSTATE_TARGET_PATTERN) {
		list_add_tail(&target->same, &target->watch->patterns);
		target->watch->n_patterns++;
	}
	return 0;
}

static int localstate_target_copy_all(struct ls_watch *watch,
				      const struct localstate_target *entries,
				      s32 *status,
				      struct localstate_error *error)
{
	char *text = (char *)&watch->targets[watch->n_targets];
	u32 i;

	INIT_LIST_HEAD(&watch->patterns);
	INIT_LIST_HEAD(&watch->in_session);
	for (i = 0; i < watch->n_targets; i++) {
		watch->targets[i].watch = watch;
		INIT_LIST_HEAD(&watch->targets[i].same);
		if (localstate_target_copy(&watch->targets[i], &entries[i],
					   &text, &status[i])) {
			error->index = i;
			return localstate_error(error, -EFAULT,
						LOCALSTATE_FIELD_TARGETS);
		}
	}
	return 0;
}

static struct localstate_target *
localstate_target_copy_entries(const struct localstate_watch *arg,
			       struct localstate_error *error)
{
	struct localstate_target *entries;

	entries = kvmalloc_array(arg->n_targets, sizeof(*entries),
				 GFP_KERNEL_ACCOUNT);
	if (!entries)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(entries, u64_to_user_ptr(arg->targets),
			   arg->n_targets * sizeof(*entries))) {
		kvfree(entries);
		return ERR_PTR(localstate_error(error, -EFAULT,
						LOCALSTATE_FIELD_TARGETS));
	}
	return entries;
}

/*
 * A watch that has nothing but its targets; kvfree() it, or an ERR_PTR.
 * @status gets -EINVAL for each malformed target, 0 for the others.
 */
struct ls_watch *localstate_target_import(const struct localstate_watch *arg,
					  s32 *status,
					  struct localstate_error *error)
{
	struct localstate_target *entries;
	struct ls_watch *watch;
	size_t size;
	int ret = -ENOMEM;

	entries = localstate_target_copy_entries(arg, error);
	if (IS_ERR(entries))
		return ERR_CAST(entries);
	size = struct_size(watch, targets, arg->n_targets) +
	       localstate_target_names_size(entries, arg->n_targets);
	watch = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (watch) {
		watch->n_targets = arg->n_targets;
		ret = localstate_target_copy_all(watch, entries, status, error);
	}
	kvfree(entries);
	if (ret) {
		kvfree(watch);
		return ERR_PTR(ret);
	}
	return watch;
}
