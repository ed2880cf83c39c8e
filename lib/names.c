// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names of the variables that a pattern has matched.
 *
 * Events carry ids.  A name never changes while its id lives, so what an id is
 * called is asked at its first event, and forgotten with its DELETED.  If the
 * variable is gone by then, it is called by its id.
 */
#include "private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lstate_names_free(struct lstate_names *names)
{
	while (names->count)
		free(names->list[--names->count].text);
	free(names->list);
	memset(names, 0, sizeof(*names));
}

/* Index of the first entry whose id is @id or above. */
static size_t lstate_names_search(const struct lstate_names *names, uint64_t id)
{
	size_t low = 0, high = names->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (names->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool lstate_names_has(const struct lstate_names *names, size_t i,
			     uint64_t id)
{
	return i < names->count && names->list[i].id == id;
}

/* Put @text, which belongs to the names then, at index @i. */
static bool lstate_names_insert(struct lstate_names *names, size_t i,
				uint64_t id, char *text)
{
	size_t capacity = names->capacity ? names->capacity * 2 : 8;
	struct lstate_name *list;

	if (names->count == names->capacity) {
		list = realloc(names->list, capacity * sizeof(*list));
		if (!list)
			return false;
		names->list = list;
		names->capacity = capacity;
	}
	memmove(names->list + i + 1, names->list + i,
		(names->count - i) * sizeof(*names->list));
	names->list[i].id = id;
	names->list[i].text = text;
	names->count++;
	return true;
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
const char *lstate_names_get(struct lstate_names *names,
			     struct lstate_session *session, uint64_t id)
{
	size_t i = lstate_names_search(names, id);
	char *text;

	if (lstate_names_has(names, i, id))
		return names->list[i].text;
	text = lstate_names_ask(session, id);
	if (!text)
		return "";
	if (!lstate_names_insert(names, i, id, text)) {
		free(text);
		return "";
	}
	return text;
}

void lstate_names_forget(struct lstate_names *names, uint64_t id)
{
	size_t i = lstate_names_search(names, id);

	if (!lstate_names_has(names, i, id))
		return;
	free(names->list[i].text);
	names->count--;
	memmove(names->list + i, names->list + i + 1,
		(names->count - i) * sizeof(*names->list));
}
