// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output for people.
 */
#define _GNU_SOURCE 1

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "text.h"

static bool is_control(unsigned char c)
{
	return c < ' ' || c == 0x7f;
}

static bool is_plain(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if (is_control(text[i]) || strchr(" \"\\", text[i]))
			return false;
	}
	return length > 0;
}

static void print_escaped(FILE *file, unsigned char c)
{
	switch (c) {
	case '\n':
		fputs("\\n", file);
		break;
	case '\t':
		fputs("\\t", file);
		break;
	case '"':
	case '\\':
		fprintf(file, "\\%c", c);
		break;
	default:
		if (is_control(c))
			fprintf(file, "\\x%02x", c);
		else
			fputc(c, file);
	}
}

void text_print(FILE *file, const char *text, size_t length)
{
	size_t i;

	if (is_plain(text, length)) {
		fwrite(text, 1, length, file);
		return;
	}
	fputc('"', file);
	for (i = 0; i < length; i++)
		print_escaped(file, text[i]);
	fputc('"', file);
}

static bool is_text(const struct lstate_value *value)
{
	return value->type == LSTATE_TYPE_STRING ||
	       value->type == LSTATE_TYPE_CHOICE;
}

char *text_of_value(const struct lstate_value *value)
{
	int length = lstate_value_format(value, NULL, 0);
	char *text;

	if (length < 0)
		return NULL;
	text = malloc(length + 1);
	if (!text)
		exit(out_of_memory());
	lstate_value_format(value, text, length + 1);
	return text;
}

/* Of an event an array may be cut so far that there is no text form. */
void text_print_plain(FILE *file, const struct lstate_value *value)
{
	char *text;

	if (is_text(value)) {
		fwrite(value->s, 1, value->length, file);
		return;
	}
	text = text_of_value(value);
	if (text)
		fputs(text, file);
	else
		fprintf(file, "(%s)", lstate_type_name(value->type));
	free(text);
}

void text_print_value(FILE *file, const struct lstate_value *value)
{
	if (is_text(value))
		text_print(file, value->s, value->length);
	else
		text_print_plain(file, value);
}

void text_print_metadata(FILE *file, const struct lstate_metadata *metadata)
{
	for (; metadata->key; metadata++) {
		fputc(' ', file);
		text_print(file, metadata->key, strlen(metadata->key));
		fputc('=', file);
		text_print(file, metadata->value, strlen(metadata->value));
	}
}

void table_cell(struct table *table, const char *format, ...)
{
	char **cell;
	va_list list;

	cell = reallocarray(table->cell, table->cells + 1, sizeof(*cell));
	if (!cell) {
		table->failed = true;
		return;
	}
	table->cell = cell;
	va_start(list, format);
	if (vasprintf(&cell[table->cells], format, list) < 0)
		table->failed = true;
	else
		table->cells++;
	va_end(list);
}

void table_begin(struct table *table, const char *const *head)
{
	memset(table, 0, sizeof(*table));
	for (; *head; head++) {
		table_cell(table, "%s", *head);
		table->columns++;
	}
}

void table_text(struct table *table, const char *text)
{
	char *quoted = NULL;
	size_t length;
	FILE *file;

	file = open_memstream(&quoted, &length);
	if (file) {
		text_print(file, text, strlen(text));
		fclose(file);
	}
	table_cell(table, "%s", quoted ? quoted : "?");
	free(quoted);
}

static int column_width(const struct table *table, size_t column)
{
	size_t i, length, width = 0;

	for (i = column; i < table->cells; i += table->columns) {
		length = strlen(table->cell[i]);
		if (length > width)
			width = length;
	}
	return width;
}

static void print_table(FILE *file, const struct table *table)
{
	size_t i, column;
	int width[table->columns];

	for (column = 0; column < table->columns; column++)
		width[column] = column_width(table, column);
	for (i = 0; i < table->cells; i++) {
		column = i % table->columns;
		if (column + 1 < table->columns)
			fprintf(file, "%-*s  ", width[column], table->cell[i]);
		else
			fprintf(file, "%s\n", table->cell[i]);
	}
}

int table_end_to(FILE *file, struct table *table, int status)
{
	size_t i;

	if (!status && table->failed)
		status = out_of_memory();
	if (!status)
		print_table(file, table);
	for (i = 0; i < table->cells; i++)
		free(table->cell[i]);
	free(table->cell);
	return status;
}

int table_end(struct table *table, int status)
{
	return table_end_to(stdout, table, status);
}
