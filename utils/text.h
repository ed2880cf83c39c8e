/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Output for people: values in one line, and tables.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <localstate.h>

/*
 * A text as it stands, if that is one plain word; else in double quotes, with
 * control characters, quotes and backslashes escaped.
 */
void text_print(FILE *file, const char *text, size_t length);

/* Any value, on one line whatever is in it. */
void text_print_value(FILE *file, const struct lstate_value *value);

/* The value itself, without quotes or escapes. */
void text_print_plain(FILE *file, const struct lstate_value *value);

/* As the library writes it, for the caller to free; NULL if it cannot. */
char *text_of_value(const struct lstate_value *value);

/* Key=value words, with a blank before each. */
void text_print_metadata(FILE *file, const struct lstate_metadata *metadata);

/* A table that grows cell by cell; its last column is not padded. */
struct table {
	size_t columns;
	size_t cells;
	char **cell;
	bool failed;		/* memory is out */
};

/* The head, ends with NULL. */
void table_begin(struct table *table, const char *const *head);
void table_cell(struct table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A cell whose text comes from elsewhere, as text_print() prints it. */
void table_text(struct table *table, const char *text);

/* Prints it if the status is EXIT_DONE, and frees it; the exit code. */
int table_end(struct table *table, int status);

/* The same, to another file than stdout. */
int table_end_to(FILE *file, struct table *table, int status);

#endif /* TEXT_H */
