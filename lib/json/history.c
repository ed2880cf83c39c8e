// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Histories: events as JSON, one a line, and reading them again.
 */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct lstate_history {
	struct lstate_reader reader;
	struct json_object *line;	/* what the record points into */
	struct lstate_value value;
	struct lstate_metadata *metadata;
	char problem[400];
};

/* --- writing --------------------------------------------------------------- */

static uint64_t lstate_record_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int lstate_record_write(const struct lstate_event *event,
			const struct lstate_value *value, char **line)
{
	const char *name = lstate_event_name(event);
	struct lstate_text text = { 0 };
	uint64_t time = lstate_event_time_ns(event) +
			lstate_record_clock(CLOCK_REALTIME) -
			lstate_record_clock(CLOCK_MONOTONIC);

	if (!value)
		value = lstate_event_new(event);
	if (!name || !value)
		return -EINVAL;
	lstate_text_add(&text, "{\"time_ns\":%llu,\"name\":\"%s\",\"id\":%llu,\"version\":%llu,\"kind\":\"%s\",\"cause\":\"%s\",\"pid\":%d,\"uid\":%u,\"merged\":%u,\"type\":\"%s\",\"metadata\":",
			(unsigned long long)time, name,
			(unsigned long long)lstate_event_id(event),
			(unsigned long long)lstate_event_version(event),
			lstate_event_kind_name(lstate_event_kind(event)),
			lstate_event_cause_name(lstate_event_cause(event)),
			(int)lstate_event_pid(event),
			(unsigned int)lstate_event_uid(event),
			(unsigned int)lstate_event_merged(event),
			lstate_type_name(value->type));
	lstate_json_add_metadata(&text, lstate_event_metadata(event));
	lstate_text_add(&text, ",\"value\":");
	lstate_json_add_value(&text, value);
	lstate_text_add(&text, "}\n");
	if (text.failed) {
		free(text.data);
		return -ENOMEM;
	}
	*line = text.data;
	return (int)text.length;
}

/* --- reading --------------------------------------------------------------- */

int lstate_history_open(struct lstate_history **history, int fd)
{
	struct lstate_history *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	if (lstate_reader_open(&new->reader, fd) < 0) {
		free(new);
		return -ENOMEM;
	}
	*history = new;
	return 0;
}

static void lstate_history_forget(struct lstate_history *history)
{
	json_object_put(history->line);
	history->line = NULL;
	lstate_value_clear(&history->value);
	free(history->metadata);
	history->metadata = NULL;
}

void lstate_history_close(struct lstate_history *history)
{
	if (!history)
		return;
	lstate_history_forget(history);
	lstate_reader_close(&history->reader);
	free(history);
}

const char *lstate_history_problem(const struct lstate_history *history)
{
	return history->problem;
}

static const char *lstate_history_text(struct json_object *line,
				       const char *key)
{
	struct json_object *member = NULL;

	json_object_object_get_ex(line, key, &member);
	if (!json_object_is_type(member, json_type_string))
		return NULL;
	return json_object_get_string(member);
}

static uint64_t lstate_history_number(struct json_object *line, const char *key)
{
	struct json_object *member = NULL;

	json_object_object_get_ex(line, key, &member);
	return json_object_is_type(member, json_type_int) ?
	       json_object_get_uint64(member) : 0;
}

/* Those that are no text are left out. */
static int lstate_history_metadata(struct lstate_history *history)
{
	struct json_object *member = NULL;
	size_t n = 0;

	json_object_object_get_ex(history->line, "metadata", &member);
	if (json_object_is_type(member, json_type_object))
		n = json_object_object_length(member);
	history->metadata = calloc(n + 1, sizeof(*history->metadata));
	if (!history->metadata)
		return -ENOMEM;
	if (!n)
		return 0;
	n = 0;
	json_object_object_foreach(member, key, value) {
		if (!json_object_is_type(value, json_type_string))
			continue;
		history->metadata[n].key = key;
		history->metadata[n++].value = json_object_get_string(value);
	}
	return 0;
}

/* Name, kind, type and value are necessary. */
static int lstate_history_parse(struct lstate_history *history,
				struct lstate_record *record)
{
	struct lstate_reader *reader = &history->reader;
	struct json_object *line = history->line, *value = NULL;
	enum lstate_type type;
	const char *word;

	record->name = lstate_history_text(line, "name");
	record->kind = lstate_history_text(line, "kind");
	word = lstate_history_text(line, "type");
	if (!record->name || !record->kind || !word ||
	    lstate_type_parse(word, &type) < 0 ||
	    !json_object_object_get_ex(line, "value", &value))
		return lstate_reader_fail(reader, reader->start,
					  "name, kind, type or value is missing");
	if (lstate_json_read_value(value, type, &history->value) < 0)
		return lstate_reader_fail(reader, reader->start,
					  "the value is not of type %s", word);
	record->line = reader->start;
	record->value = &history->value;
	record->id = lstate_history_number(line, "id");
	record->version = lstate_history_number(line, "version");
	record->time_ns = lstate_history_number(line, "time_ns");
	record->pid = (pid_t)lstate_history_number(line, "pid");
	record->uid = (uid_t)lstate_history_number(line, "uid");
	record->metadata = history->metadata;
	return 1;
}

static int lstate_history_read(struct lstate_history *history,
			       struct lstate_record *record)
{
	struct lstate_reader *reader = &history->reader;
	int rc = lstate_reader_peek(reader);

	if (rc < 0)
		return rc == -ENODATA ? 0 : rc;
	rc = lstate_reader_value(reader, &history->line);
	if (rc < 0) {
		history->line = NULL;
		return rc;
	}
	if (!json_object_is_type(history->line, json_type_object))
		return lstate_reader_fail(reader, reader->start,
					  "an object is wanted");
	rc = lstate_history_metadata(history);
	return rc < 0 ? rc : lstate_history_parse(history, record);
}

int lstate_history_next(struct lstate_history *history,
			struct lstate_record *record)
{
	int rc;

	lstate_history_forget(history);
	rc = lstate_history_read(history, record);
	if (rc == -EBADMSG)
		snprintf(history->problem, sizeof(history->problem),
			 "line %llu: %s",
			 (unsigned long long)history->reader.bad_line,
			 history->reader.problem);
	else if (rc < 0)
		snprintf(history->problem, sizeof(history->problem), "%s",
			 strerrordesc_np(-rc));
	return rc;
}
