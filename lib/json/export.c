// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Exports: all variables of a session as JSON, a variable a line, in the order
 * of their ids.
 */
#include "json.h"

#include <stdlib.h>

enum lstate_export_part {
	LSTATE_EXPORT_HEAD,
	LSTATE_EXPORT_FIRST,
	LSTATE_EXPORT_NEXT,
	LSTATE_EXPORT_TAIL,
};

struct lstate_export {
	struct lstate_session *session;
	struct lstate_list *list;
	struct lstate_text text;
	enum lstate_export_part part;
};

int lstate_export_open(struct lstate_session *session, const char *pattern,
		       struct lstate_export **export)
{
	struct lstate_export *new = calloc(1, sizeof(*new));
	int rc;

	if (!new)
		return lstate_error_fail(&session->error, -ENOMEM,
					 LSTATE_FIELD_NONE, "out of memory");
	new->session = session;
	rc = lstate_list_open(session, pattern, &new->list);
	if (rc < 0) {
		free(new);
		return rc;
	}
	*export = new;
	return 0;
}

void lstate_export_close(struct lstate_export *export)
{
	if (!export)
		return;
	lstate_list_close(export->list);
	free(export->text.data);
	free(export);
}

/* The next line; the comma stands before the newline that parts two of them. */
static int lstate_export_line(struct lstate_export *export)
{
	struct lstate_text *text = &export->text;
	struct lstate_variable *variable;
	int rc = lstate_list_next(export->list, &variable);

	if (rc < 0)
		return rc;
	if (rc > 0) {
		lstate_text_add(text, export->part == LSTATE_EXPORT_FIRST ?
				"\n" : ",\n");
		lstate_json_add_variable(text, variable);
		lstate_variable_free(variable);
		export->part = LSTATE_EXPORT_NEXT;
	} else {
		lstate_text_add(text, "\n]}\n");
		export->part = LSTATE_EXPORT_TAIL;
	}
	return 0;
}

int lstate_export_next(struct lstate_export *export, const char **data,
		       size_t *length)
{
	struct lstate_text *text = &export->text;
	int rc = 0;

	if (export->part == LSTATE_EXPORT_TAIL)
		return 0;
	text->length = 0;
	if (export->part == LSTATE_EXPORT_HEAD) {
		lstate_text_add(text, "{\"localstate\":%d,\"variables\":[",
				LSTATE_JSON_FORMAT);
		export->part = LSTATE_EXPORT_FIRST;
	} else {
		rc = lstate_export_line(export);
	}
	if (rc < 0)
		return rc;
	if (text->failed)
		return lstate_error_fail(&export->session->error, -ENOMEM,
					 LSTATE_FIELD_NONE, "out of memory");
	*data = text->data;
	*length = text->length;
	return 1;
}
