/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The object of JSON that lstate batch can read, as names and texts.
 */
#ifndef BATCH_JSON_H
#define BATCH_JSON_H

#include <stddef.h>

/*
 * One member: its name, and its value as a text that lstate_value_parse() takes.
 * If the value is none, text is NULL, and problem says so.
 */
typedef void batch_json_fn(void *data, const char *name, const char *text,
			   const char *problem);

/*
 * Hands on the members in their order, a name that is there twice both times.
 * Returns an exit code; if the text is no object, to its end, it has told that,
 * and how many members were handed on before counts for nothing.
 */
int batch_json_read(const char *file, const char *text, batch_json_fn *member,
		    void *data);

#endif /* BATCH_JSON_H */
