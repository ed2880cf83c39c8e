// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate top: what a sample is made of.  Values and versions come from the session;
 * a rate is the versions between two samples.  Who watches comes by generic netlink,
 * as lstate watchers has it: top itself watches nothing, and nobody waits for it.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "glob.h"
#include "netlink.h"
#include "session.h"
#include "text.h"
#include "tool.h"
#include "top.h"
#include "waiter.h"

/* Bytes of a value that are shown, and what stands for the rest. */
#define VALUE_MAX	200
#define REST		"..."

static void rows_free(struct top_row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(rows[i].name);
		free(rows[i].value);
	}
	free(rows);
}

void top_free(struct top *top)
{
	rows_free(top->rows, top->count);
	free(top->pattern);
}

/* ---- variables ----------------------------------------------------------- */

static char *value_text(const struct lstate_value *value)
{
	char *text = NULL;
	size_t length, cut = VALUE_MAX;
	FILE *file = open_memstream(&text, &length);

	if (!file)
		return NULL;
	text_print_value(file, value);
	fclose(file);
	if (text && length > VALUE_MAX + strlen(REST)) {
		/* Not inside of a character of UTF-8. */
		while (cut && (text[cut] & 0xc0) == 0x80)
			cut--;
		strcpy(text + cut, REST);
	}
	return text;
}

static int add_variable(struct top_row **rows, size_t *count,
			const struct lstate_variable *variable)
{
	struct top_row *row = rows_grow(*rows, *count, sizeof(*row));

	if (!row)
		return out_of_memory();
	*rows = row;
	row += *count;
	*row = (struct top_row){
		.name = strdup(lstate_variable_name(variable)),
		.value = value_text(lstate_variable_value(variable)),
		.id = lstate_variable_id(variable),
		.version = lstate_variable_version(variable),
		.created_ns = lstate_variable_created_ns(variable),
	};
	++*count;
	return row->name && row->value ? EXIT_DONE : out_of_memory();
}

static int tell(const struct top *top, int rc)
{
	const struct failure failure = { .rc = rc, .name = top->name };

	if (rc == -ESHUTDOWN)
		return fail(&failure, "session \"%s\" was destroyed", top->name);
	return session_failure(top->session);
}

/* In the order of their ids. */
static int list_variables(struct top *top, struct top_row **rows, size_t *count)
{
	struct lstate_variable *variable;
	struct lstate_list *list;
	int rc, status = EXIT_DONE;

	if (lstate_list_open(top->session, top->pattern, &list) < 0)
		return out_of_memory();
	while (!status && (rc = lstate_list_next(list, &variable)) > 0) {
		status = add_variable(rows, count, variable);
		lstate_variable_free(variable);
	}
	lstate_list_close(list);
	return !status && rc < 0 ? tell(top, rc) : status;
}

static int compare_ids(const void *a, const void *b)
{
	const struct top_row *p = a, *q = b;

	return (p->id > q->id) - (p->id < q->id);
}

static struct top_row *find_id(struct top_row *rows, size_t count, uint64_t id)
{
	const struct top_row key = { .id = id };

	return count ? bsearch(&key, rows, count, sizeof(*rows), compare_ids) : NULL;
}

/* One that is new since the last sample began with version 0. */
static double rate_of(const struct top_row *row, const struct top_row *before,
		      uint64_t last_ns, uint64_t now)
{
	double seconds = (double)(now - last_ns) / NSEC_PER_SEC;

	if (!last_ns || seconds <= 0)
		return NAN;
	if (before)
		return (row->version - before->version) / seconds;
	return row->created_ns >= last_ns ? row->version / seconds : NAN;
}

static void compute_rates(struct top *top, struct top_row *rows, size_t count,
			  uint64_t now)
{
	size_t i;

	qsort(top->rows, top->count, sizeof(*top->rows), compare_ids);
	top->rate = top->taken_ns ? 0 : NAN;
	for (i = 0; i < count; i++) {
		rows[i].rate = rate_of(&rows[i],
				       find_id(top->rows, top->count, rows[i].id),
				       top->taken_ns, now);
		if (!isnan(rows[i].rate))
			top->rate += rows[i].rate;
	}
}

/* ---- watches ------------------------------------------------------------- */

/* A variable that two targets of a watch name is watched by it once. */
static void count_watch(struct top_row *row, const struct watch_row *watch,
			size_t number)
{
	if (row->seen == number)
		return;
	row->seen = number;
	row->watchers++;
	row->queued += watch->queued;
	row->merged += watch->merged;
}

static void count_target(struct top *top, const struct watch_row *watch,
			 const char *target, size_t number)
{
	struct top_row *row;
	size_t i;

	if (*target == '@') {
		row = find_id(top->rows, top->count,
			      strtoull(target + 1, NULL, 10));
		if (row)
			count_watch(row, watch, number);
		return;
	}
	/* A name is a pattern that only itself matches. */
	for (i = 0; i < top->count; i++) {
		if (glob_matches(target, top->rows[i].name))
			count_watch(&top->rows[i], watch, number);
	}
}

static int count_watches(struct top *top)
{
	struct watch_row *rows;
	size_t count, i, j;
	int status = netlink_watches_if_any(top->name, &rows, &count);

	top->watches = count;
	for (i = 0; !status && i < count; i++) {
		for (j = 0; j < rows[i].n_targets; j++)
			count_target(top, &rows[i], rows[i].targets[j], i + 1);
	}
	watch_rows_free(rows, count);
	/* It was there when the variables were listed. */
	return status == EXIT_NOT_FOUND ? tell(top, -ESHUTDOWN) : status;
}

/* ---- the whole ----------------------------------------------------------- */

int top_sample(struct top *top)
{
	struct top_row *rows = NULL;
	uint64_t now = now_ns();
	size_t count = 0;
	int status;

	status = list_variables(top, &rows, &count);
	if (status) {
		rows_free(rows, count);
		return status;
	}
	compute_rates(top, rows, count, now);
	rows_free(top->rows, top->count);
	top->rows = rows;
	top->count = count;
	top->taken_ns = now;
	status = count_watches(top);
	if (!status)
		top_sort(top);
	return status;
}

static double known(double rate)
{
	return isnan(rate) ? 0 : rate;
}

static int compare_down(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int compare_rows(const void *a, const void *b, void *order)
{
	const struct top_row *p = a, *q = b;
	int result = 0;

	switch (*(enum top_order *)order) {
	case TOP_BY_RATE:
		result = (known(p->rate) < known(q->rate)) -
			 (known(p->rate) > known(q->rate));
		break;
	case TOP_BY_WATCHERS:
		result = compare_down(p->watchers, q->watchers);
		break;
	case TOP_BY_LAG:
		result = compare_down(p->queued, q->queued);
		if (!result)
			result = compare_down(p->merged, q->merged);
		break;
	default:
		break;
	}
	return result ? result : strcmp(p->name, q->name);
}

void top_sort(struct top *top)
{
	qsort_r(top->rows, top->count, sizeof(*top->rows), compare_rows, &top->order);
}

const char *top_order_name(enum top_order order)
{
	static const char *const names[] = { "rate", "name", "watchers", "lag" };

	return names[order];
}

void top_rate(double rate, char *text, size_t size)
{
	if (isnan(rate))
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%.1f", rate);
}

char *top_summary(const struct top *top)
{
	char rate[TOP_RATE_MAX], *text;

	top_rate(top->rate, rate, sizeof(rate));
	if (asprintf(&text, "session %s: %zu variable%s, %zu watch%s, %s changes/s; by %s%s%s",
		     top->name, top->count, top->count == 1 ? "" : "s", top->watches,
		     top->watches == 1 ? "" : "es", rate, top_order_name(top->order),
		     top->pattern ? "; only " : "", top->pattern ? top->pattern : "") < 0)
		return NULL;
	return text;
}
