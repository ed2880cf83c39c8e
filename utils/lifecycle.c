// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifecycle events as lines, for people and for programs.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <linux/localstate.h>

#include "json.h"
#include "lifecycle.h"
#include "text.h"

static bool is_persistent(const struct lifecycle_event *event)
{
	return event->flags & LOCALSTATE_ATTACH_PERSISTENT;
}

static void print_session(FILE *file, const struct lifecycle_event *event)
{
	fprintf(file,
		"%s: session created (id %" PRIu64 ", owner %" PRIu32 ", mode %04o%s, pid %" PRIu32 ")",
		event->session, event->session_id, event->uid,
		event->mode & 0777, is_persistent(event) ? ", persistent" : "",
		event->pid);
}

static void print_variable(FILE *file, const struct lifecycle_event *event)
{
	bool deleted = event->kind == LIFECYCLE_VARIABLE_DELETED;

	fprintf(file, "%s: variable %s %s (id %" PRIu64 ", %s", event->session,
		event->name, deleted ? "deleted" : "registered", event->id,
		lstate_type_name(event->type));
	if (*event->label) {
		fputs(", label ", file);
		text_print(file, event->label, strlen(event->label));
	}
	if (deleted)
		fprintf(file, ", version %" PRIu64, event->version);
	fprintf(file, ", pid %" PRIu32 ")", event->pid);
}

static void print_client(FILE *file, const struct lifecycle_event *event)
{
	fprintf(file, "%s: client %" PRIu64 " %s (", event->session,
		event->client,
		event->kind == LIFECYCLE_CLIENT_GONE ? "gone" : "attached");
	text_print(file, event->comm, strlen(event->comm));
	fprintf(file, ", pid %" PRIu32 ", uid %" PRIu32 ")", event->pid,
		event->uid);
}

void lifecycle_print_text(FILE *file, const struct lifecycle_event *event)
{
	switch (event->kind) {
	/* No name begins with '#'. */
	case LIFECYCLE_LISTENING:
		fputs("# listening: what comes and goes is told from here on",
		      file);
		break;
	case LIFECYCLE_LOST:
		fputs("# lost: events are missing before this", file);
		break;
	case LIFECYCLE_SESSION_CREATED:
		print_session(file, event);
		break;
	case LIFECYCLE_SESSION_ENDED:
		fprintf(file, "%s: session ended (id %" PRIu64 ")",
			event->session, event->session_id);
		break;
	case LIFECYCLE_VARIABLE_REGISTERED:
	case LIFECYCLE_VARIABLE_DELETED:
		print_variable(file, event);
		break;
	case LIFECYCLE_CLIENT_ATTACHED:
	case LIFECYCLE_CLIENT_GONE:
		print_client(file, event);
		break;
	}
}

static const char *kind_name(enum lifecycle_kind kind)
{
	static const char *const names[] = {
		[LIFECYCLE_LISTENING] = "listening",
		[LIFECYCLE_LOST] = "lost",
		[LIFECYCLE_SESSION_CREATED] = "session-created",
		[LIFECYCLE_SESSION_ENDED] = "session-ended",
		[LIFECYCLE_VARIABLE_REGISTERED] = "variable-registered",
		[LIFECYCLE_VARIABLE_DELETED] = "variable-deleted",
		[LIFECYCLE_CLIENT_ATTACHED] = "client-attached",
		[LIFECYCLE_CLIENT_GONE] = "client-gone",
	};

	return names[kind];
}

static void add_session(struct json_object *object,
			const struct lifecycle_event *event)
{
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", event->mode & 0777);
	json_add_uint(object, "gid", event->gid);
	json_add_text(object, "mode", mode);
	json_add_bool(object, "persistent", is_persistent(event));
}

static void add_variable(struct json_object *object,
			 const struct lifecycle_event *event)
{
	json_add_text(object, "name", event->name);
	json_add_uint(object, "id", event->id);
	json_add_text(object, "type", lstate_type_name(event->type));
	json_add_text(object, "label", event->label);
	json_add_uint(object, "version", event->version);
}

static void add_own_members(struct json_object *object,
			    const struct lifecycle_event *event)
{
	switch (event->kind) {
	case LIFECYCLE_SESSION_CREATED:
		add_session(object, event);
		break;
	case LIFECYCLE_VARIABLE_REGISTERED:
	case LIFECYCLE_VARIABLE_DELETED:
		add_variable(object, event);
		break;
	case LIFECYCLE_CLIENT_ATTACHED:
	case LIFECYCLE_CLIENT_GONE:
		json_add_uint(object, "client", event->client);
		json_add_text(object, "comm", event->comm);
		break;
	default:
		break;
	}
}

/* What the events of all kinds have; null where there is none. */
static void add_common_members(struct json_object *object,
			       const struct lifecycle_event *event)
{
	static const char *const numbers[] = { "session_id", "time_ns", "pid",
					       "uid" };
	const uint64_t values[] = { event->session_id, event->time_ns,
				    event->pid, event->uid };
	size_t known = 0, i;

	if (event->kind == LIFECYCLE_SESSION_ENDED)
		known = 2;
	else if (event->session)
		known = 4;
	json_add_text(object, "event", kind_name(event->kind));
	json_add_text(object, "session", event->session);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (i < known)
			json_add_uint(object, numbers[i], values[i]);
		else
			json_add(object, numbers[i], NULL);
	}
}

void lifecycle_print_json(FILE *file, const struct lifecycle_event *event)
{
	struct json_object *object = json_new_object();
	size_t length;
	const char *line;

	add_common_members(object, event);
	add_own_members(object, event);
	line = json_line(object, &length);
	fwrite(line, 1, length, file);
	json_object_put(object);
}
