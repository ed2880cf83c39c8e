// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate top --batch: each sample as a table, or as an object in a line.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "failure.h"
#include "json.h"
#include "text.h"
#include "tool.h"
#include "top.h"
#include "waiter.h"

static struct json_object *rate_json(double rate)
{
	const struct lstate_value value = lstate_value_float(rate);

	return isnan(rate) ? NULL : json_value(&value);
}

static void print_json(FILE *file, const struct top *top)
{
	struct json_object *outer = json_new_object();
	struct json_object *array = json_new_array(), *object;
	size_t i, length;

	for (i = 0; i < top->count; i++) {
		const struct top_row *row = &top->rows[i];

		object = json_new_object();
		json_add_text(object, "name", row->name);
		json_add_uint(object, "id", row->id);
		json_add_uint(object, "version", row->version);
		json_add(object, "rate", rate_json(row->rate));
		json_add_uint(object, "watchers", row->watchers);
		json_add_uint(object, "queued", row->queued);
		json_add_uint(object, "merged", row->merged);
		json_add_text(object, "value", row->value);
		json_append(array, object);
	}
	json_add_text(outer, "session", top->name);
	json_add_uint(outer, "time_ns", top->taken_ns);
	json_add_uint(outer, "watches", top->watches);
	json_add(outer, "rate", rate_json(top->rate));
	json_add(outer, "variables", array);
	fprintf(file, "%s\n", json_line(outer, &length));
	json_object_put(outer);
}

static int print_text(FILE *file, const struct top *top)
{
	static const char *const head[] = {
		"NAME", "VERSION", "RATE", "WATCHERS", "QUEUED", "MERGED", "VALUE", NULL,
	};
	char rate[TOP_RATE_MAX];
	char *summary = top_summary(top);
	struct table table;
	size_t i;

	fprintf(file, "%s\n", summary ? summary : "?");
	free(summary);
	table_begin(&table, head);
	for (i = 0; i < top->count; i++) {
		const struct top_row *row = &top->rows[i];

		top_rate(row->rate, rate, sizeof(rate));
		table_cell(&table, "%s", row->name);
		table_cell(&table, "%" PRIu64, row->version);
		table_cell(&table, "%s", rate);
		table_cell(&table, "%" PRIu32, row->watchers);
		table_cell(&table, "%" PRIu64, row->queued);
		table_cell(&table, "%" PRIu64, row->merged);
		table_cell(&table, "%s", row->value);
	}
	return table_end_to(file, &table, EXIT_DONE);
}

static int ended_by(enum wake wake)
{
	if (wake == WAKE_CLOSED)
		return write_failure(EPIPE);
	return wake == WAKE_SIGNAL ? EXIT_DONE : EXIT_REFUSED;
}

/* One sample; *@wake is what writing it came to. */
static int show(struct top *top, struct waiter *waiter, bool json, bool first,
		enum wake *wake)
{
	char *text = NULL;
	size_t length;
	FILE *file;
	int status = top_sample(top);

	*wake = WAKE_EVENTS;
	if (status)
		return status;
	file = open_memstream(&text, &length);
	if (!file)
		return out_of_memory();
	if (!first && !json)
		fputc('\n', file);
	if (json)
		print_json(file, top);
	else
		status = print_text(file, top);
	if (fclose(file))
		status = out_of_memory();
	if (!status)
		*wake = waiter_write(waiter, text, length);
	free(text);
	return status;
}

/* Nothing waits in a session that watches nothing but its end, which comes at once. */
int top_batch(struct top *top, bool json)
{
	struct waiter waiter;
	uint64_t shown;
	enum wake wake;
	int status = waiter_open(&waiter);

	if (status)
		return status;
	for (shown = 0; !top->limited || shown < top->iterations; shown++) {
		if (shown) {
			waiter_limit(&waiter, top->interval_ns);
			wake = waiter_wait(&waiter, lstate_session_fd(top->session));
			waiter.limited = false;
			if (wake != WAKE_EVENTS && wake != WAKE_DEADLINE) {
				status = ended_by(wake);
				break;
			}
		}
		status = show(top, &waiter, json, !shown, &wake);
		if (status)
			break;
		if (wake != WAKE_EVENTS) {
			status = ended_by(wake);
			break;
		}
	}
	waiter_close(&waiter);
	return status;
}
