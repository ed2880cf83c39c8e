// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names of the variables that a pattern has matched, in a tree by their ids.
 *
 * Events carry ids.  A name never changes while its id lives, so what an id is
 * called is asked at its first event, and forgotten with its DELETED.  If the
 * variable is gone by then, it is called by its id.
 */
#include "private.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lstate_name {
	uint64_t id;
	char *text;
};

static int lstate_names_compare(const void *a, const void *b)
{
	const struct lstate_name *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void lstate_name_free(void *data)
{
	struct lstate_name *name = data;

	if (name)
		free(name->text);
	free(name);
}

void lstate_names_free(void **names)
{
	tdestroy(*names, lstate_name_free);
	*names = NULL;
}

/* What to call @id; NULL: memory is out. */
static char *lstate_names_ask(struct lstate_session *session, uint64_t id)
{
	struct localstate_key key = { .id = id };
	struct lstate_variable *variable;
	struct localstate_error why;
	char number[24], *text;

	if (lstate_variable_ask(session, &key, &variable, &why) < 0) {
		snprintf(number, sizeof(number), "@%" PRIu64, id);
		return strdup(number);
	}
	text = strdup(lstate_variable_name(variable));
	lstate_variable_free(variable);
	return text;
}

/* What @id is called; "" if memory is out. */
const char *lstate_names_get(void **names, struct lstate_session *session,
			     uint64_t id)
{
	const struct lstate_name wanted = { .id = id };
	struct lstate_name *name, **found;

	found = tfind(&wanted, names, lstate_names_compare);
	if (found)
		return (*found)->text;
	name = calloc(1, sizeof(*name));
	if (!name)
		return "";
	name->id = id;
	name->text = lstate_names_ask(session, id);
	if (!name->text || !tsearch(name, names, lstate_names_compare)) {
		lstate_name_free(name);
		return "";
	}
	return name->text;
}

void lstate_names_forget(void **names, uint64_t id)
{
	const struct lstate_name wanted = { .id = id };
	struct lstate_name *name, **found;

	found = tfind(&wanted, names, lstate_names_compare);
	if (!found)
		return;
	name = *found;
	tdelete(&wanted, names, lstate_names_compare);
	lstate_name_free(name);
}
