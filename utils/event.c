// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of a watch as lines, for people and for programs.
 */
#include <inttypes.h>
#include <stdio.h>

#include "event.h"
#include "json.h"
#include "text.h"

static void print_value(FILE *file, const struct lstate_value *value, bool cut)
{
	if (value)
		text_print_value(file, value);
	else
		fputs("(none)", file);
	if (cut)
		fputs("...", file);
}

/* " (version 3, pid 412, merged 2) source=probe" */
static void print_details(FILE *file, const struct lstate_event *event,
			  unsigned int truncated, const char *word)
{
	fprintf(file, " (%s%sversion %" PRIu64 ", pid %d", word,
		*word ? ", " : "", lstate_event_version(event),
		lstate_event_pid(event));
	if (lstate_event_merged(event))
		fprintf(file, ", merged %" PRIu32, lstate_event_merged(event));
	fputc(')', file);
	text_print_metadata(file, lstate_event_metadata(event));
	if (truncated & LSTATE_TRUNCATED_METADATA)
		fputs(" ...", file);
}

static void print_changed(FILE *file, const struct lstate_event *event,
			  const struct lstate_value *new_value,
			  unsigned int truncated)
{
	bool initial = lstate_event_cause(event) == LSTATE_CAUSE_INITIAL;

	fprintf(file, "%s: ", lstate_event_name(event));
	if (!initial) {
		print_value(file, lstate_event_old(event),
			    truncated & LSTATE_TRUNCATED_OLD);
		fputs(" -> ", file);
	}
	print_value(file, new_value, truncated & LSTATE_TRUNCATED_NEW);
	print_details(file, event, truncated, initial ? "initial" : "");
}

static void print_made_or_gone(FILE *file, const struct lstate_event *event,
			       const struct lstate_value *new_value,
			       unsigned int truncated)
{
	bool created = lstate_event_kind(event) == LSTATE_EVENT_CREATED;

	fprintf(file, "%s: %s ", lstate_event_name(event),
		created ? "created with" : "deleted, was");
	print_value(file, new_value, truncated & LSTATE_TRUNCATED_NEW);
	print_details(file, event, truncated, "");
}

void event_print_text(FILE *file, const struct lstate_event *event,
		      const struct lstate_value *new_value,
		      unsigned int truncated)
{
	switch (lstate_event_kind(event)) {
	case LSTATE_EVENT_CHANGED:
		print_changed(file, event, new_value, truncated);
		break;
	case LSTATE_EVENT_CREATED:
	case LSTATE_EVENT_DELETED:
		print_made_or_gone(file, event, new_value, truncated);
		break;
	/* No name begins with '#'. */
	case LSTATE_EVENT_SYNC:
		fputs("# sync: all initial values came before this", file);
		break;
	case LSTATE_EVENT_LOST:
		fprintf(file, "# lost: %s was registered, but cannot be watched",
			lstate_event_identifier(event));
		break;
	case LSTATE_EVENT_SESSION_END:
		fputs("# session end", file);
		break;
	case LSTATE_EVENT_HEARTBEAT:
		fputs("# heartbeat", file);
		break;
	default:
		fprintf(file, "# unknown event %d", lstate_event_kind(event));
	}
}

static bool is_about_variable(const struct lstate_event *event)
{
	return lstate_event_kind(event) == LSTATE_EVENT_CHANGED ||
	       lstate_event_kind(event) == LSTATE_EVENT_CREATED ||
	       lstate_event_kind(event) == LSTATE_EVENT_DELETED;
}

/* What events of a session or a watch do not have is null. */
static void add_variable(struct json_object *object,
			 const struct lstate_event *event,
			 const struct lstate_value *new_value)
{
	static const char *const numbers[] = { "id", "version", "pid", "uid" };
	size_t i;

	json_add(object, "old", json_value(lstate_event_old(event)));
	json_add(object, "new", json_value(new_value));
	if (is_about_variable(event)) {
		json_add_uint(object, "id", lstate_event_id(event));
		json_add_uint(object, "version", lstate_event_version(event));
		json_add_uint(object, "pid", lstate_event_pid(event));
		json_add_uint(object, "uid", lstate_event_uid(event));
		return;
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_add(object, numbers[i], NULL);
}

static struct json_object *truncated_json(unsigned int truncated)
{
	struct json_object *array = json_new_array();

	if (truncated & LSTATE_TRUNCATED_OLD)
		json_append(array, json_text("old"));
	if (truncated & LSTATE_TRUNCATED_NEW)
		json_append(array, json_text("new"));
	if (truncated & LSTATE_TRUNCATED_METADATA)
		json_append(array, json_text("metadata"));
	return array;
}

/* Text that is empty because there is none. */
static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

void event_print_json(FILE *file, const struct lstate_event *event,
		      const struct lstate_value *new_value,
		      unsigned int truncated)
{
	/* That one is the library's: nothing caused it, and no queue had it. */
	bool queued = lstate_event_kind(event) != LSTATE_EVENT_HEARTBEAT;
	struct json_object *object = json_new_object();
	size_t length;
	const char *line;

	json_add_text(object, "kind",
		      lstate_event_kind_name(lstate_event_kind(event)));
	json_add_text(object, "cause", queued ?
		      lstate_event_cause_name(lstate_event_cause(event)) : NULL);
	json_add_text(object, "target",
		      or_null(lstate_event_identifier(event)));
	json_add_text(object, "name", or_null(lstate_event_name(event)));
	add_variable(object, event, new_value);
	if (queued)
		json_add_uint(object, "seq", lstate_event_sequence(event));
	else
		json_add(object, "seq", NULL);
	json_add_uint(object, "merged", lstate_event_merged(event));
	json_add_uint(object, "time_ns", lstate_event_time_ns(event));
	json_add(object, "metadata",
		 json_metadata(lstate_event_metadata(event)));
	if (truncated)
		json_add(object, "truncated", truncated_json(truncated));
	if (lstate_event_transaction(event))
		json_add_uint(object, "transaction",
			      lstate_event_transaction(event));
	if (lstate_event_is_end(event))
		json_add_bool(object, "end", true);

	line = json_line(object, &length);
	fwrite(line, 1, length, file);
	json_object_put(object);
}
