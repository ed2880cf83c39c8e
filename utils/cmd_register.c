// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate register: make a variable, and its session if that is absent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "failure.h"
#include "json.h"
#include "metadata.h"
#include "session.h"
#include "tool.h"

#define SESSION_MODE	0644

enum {
	KEY_TYPE = 1,
	KEY_VALUE,
	KEY_MIN,
	KEY_MAX,
	KEY_STEP,
	KEY_CHOICES,
	KEY_MIN_LENGTH,
	KEY_MAX_LENGTH,
	KEY_PATTERN,
	KEY_LABEL,
	KEY_DESCRIPTION,
	KEY_META,
	KEY_READ_ONLY,
	KEY_WRITE_ONCE,
	KEY_PRESET,
	KEY_ELEMENT,
	KEY_SHAPE,
	KEY_RANK,
	KEY_FINITE,
	KEYS,
};

#define BIT(n)		(1U << (n))
#define NUMERIC		(BIT(LSTATE_TYPE_INT) | BIT(LSTATE_TYPE_UINT) | \
			 BIT(LSTATE_TYPE_FLOAT) | BIT(LSTATE_TYPE_ARRAY))
#define INTEGER		(BIT(LSTATE_TYPE_INT) | BIT(LSTATE_TYPE_UINT))
#define COUNTED		(BIT(LSTATE_TYPE_STRING) | BIT(LSTATE_TYPE_BYTES))
#define TYPES		"bool, int, uint, float, string, choice, bytes"

/* What the command line says; option[] is the text of each, or NULL. */
struct request {
	const struct args *args;
	const char *name;
	enum lstate_type type;
	enum lstate_element element;
	uint32_t shape[LSTATE_RANK_MAX];
	size_t rank;
	const char *option[KEYS];
	bool read_only;
	bool write_once;
	char **choices;
	size_t n_choices;
	struct metadata metadata;
	struct lstate_spec *spec;
};

static const struct option options[] = {
	{ "type", KEY_TYPE, "TYPE", TYPES " or array" },
	{ "preset", KEY_PRESET, "PRESET",
	  "instead of --type: module, embedding or tensor" },
	{ "value", KEY_VALUE, "V",
	  "initial value; else false, the limit nearest to 0, \"\", the first choice" },
	{ "min", KEY_MIN, "V", "least value of a number, or of an array's elements" },
	{ "max", KEY_MAX, "V", "greatest value of a number, or of elements" },
	{ "step", KEY_STEP, "V", "distance of values from --min, or from 0" },
	{ "choices", KEY_CHOICES, "A,B,C",
	  "what a choice can be; repeat it, or part by commas" },
	{ "min-length", KEY_MIN_LENGTH, "N", "least characters of a string, or bytes" },
	{ "max-length", KEY_MAX_LENGTH, "N", "most characters of a string, or bytes" },
	{ "pattern", KEY_PATTERN, "GLOB", "what a string must look like" },
	{ "element", KEY_ELEMENT, "ELEMENT",
	  "what an array has: f32, f64, s32, s64 or u8" },
	{ "shape", KEY_SHAPE, "N,N", "the dimensions of an array; \"\" is none" },
	{ "rank", KEY_RANK, "N", "how many dimensions an array has, of any size" },
	{ "finite", KEY_FINITE, NULL, "no element is infinite or NaN" },
	{ "label", KEY_LABEL, "LABEL", "a type name for people and programs" },
	{ "description", KEY_DESCRIPTION, "TEXT", "what the variable is" },
	{ "meta", KEY_META, "K=V", "metadata; repeat it for more" },
	{ "read-only", KEY_READ_ONLY, NULL, "it keeps its initial value" },
	{ "write-once", KEY_WRITE_ONCE, NULL, "it can be changed once" },
	{ 0 }
};

/* The types that an option is for; 0 is all. */
static const unsigned int types_of_option[KEYS] = {
	[KEY_MIN] = NUMERIC,
	[KEY_MAX] = NUMERIC,
	[KEY_STEP] = INTEGER,
	[KEY_CHOICES] = BIT(LSTATE_TYPE_CHOICE),
	[KEY_MIN_LENGTH] = COUNTED,
	[KEY_MAX_LENGTH] = COUNTED,
	[KEY_ELEMENT] = BIT(LSTATE_TYPE_ARRAY),
	[KEY_SHAPE] = BIT(LSTATE_TYPE_ARRAY),
	[KEY_RANK] = BIT(LSTATE_TYPE_ARRAY),
	[KEY_FINITE] = BIT(LSTATE_TYPE_ARRAY),
	[KEY_PATTERN] = BIT(LSTATE_TYPE_STRING),
};

static int add_choices(struct request *request, const char *text)
{
	size_t length;
	char **choices;

	for (;; text += length + 1) {
		length = strcspn(text, ",");
		choices = reallocarray(request->choices,
				       request->n_choices + 1,
				       sizeof(*choices));
		if (!choices)
			return out_of_memory();
		request->choices = choices;
		choices[request->n_choices] = strndup(text, length);
		if (!choices[request->n_choices])
			return out_of_memory();
		request->n_choices++;
		if (!text[length])
			return EXIT_DONE;
	}
}

static int take_option(void *data, const struct args *args, int key,
		       const char *value)
{
	struct request *request = data;

	/* One without an argument has none; that it was given is what counts. */
	request->option[key] = value ? value : "";
	if (key == KEY_READ_ONLY)
		request->read_only = true;
	if (key == KEY_WRITE_ONCE)
		request->write_once = true;
	if (key == KEY_CHOICES)
		return add_choices(request, value);
	if (key == KEY_META)
		return metadata_add(&request->metadata, args, value);
	return EXIT_DONE;
}

/* The library knows what the presets are, but not before it makes one. */
static bool is_preset(const struct request *request, const char *preset)
{
	struct lstate_spec *spec;
	int rc;

	rc = lstate_spec_new_preset(&spec, request->name, preset,
				    request->shape, 0);
	if (!rc)
		lstate_spec_free(spec);
	return rc != -ENOENT;
}

static int parse_preset(struct request *request)
{
	const char *preset = request->option[KEY_PRESET];

	if (request->option[KEY_TYPE])
		return usage_error(request->args,
				   "--type and --preset exclude each other");
	if (!is_preset(request, preset))
		return bad_word(request->args, preset,
				"no preset \"%s\": there are module, embedding and tensor",
				preset);
	request->type = strcmp(preset, "module") ? LSTATE_TYPE_ARRAY :
						   LSTATE_TYPE_STRING;
	if (request->type == LSTATE_TYPE_ARRAY)
		request->element = LSTATE_ELEMENT_F32;
	return EXIT_DONE;
}

static int parse_type(struct request *request)
{
	const char *text = request->option[KEY_TYPE];

	if (request->option[KEY_PRESET])
		return parse_preset(request);
	if (!text)
		return usage_error(request->args, "register wants --type: "
				   TYPES " or array");
	if (lstate_type_parse(text, &request->type))
		return bad_word(request->args, text, "no type \"%s\": there are "
				TYPES " and array", text);
	if (request->type == LSTATE_TYPE_CHOICE && !request->n_choices)
		return usage_error(request->args,
				   "type choice wants --choices A,B,C");
	if (request->type == LSTATE_TYPE_ARRAY && !request->option[KEY_ELEMENT])
		return usage_error(request->args, "type array wants --element: f32, f64, s32, s64 or u8");
	return EXIT_DONE;
}

/* "2,3", or nothing for an array without dimensions. */
static int parse_shape(struct request *request)
{
	const char *text = request->option[KEY_SHAPE], *at = text;
	char number[16];
	size_t length;

	while (at && (*at || at != text)) {
		length = strcspn(at, ",");
		snprintf(number, sizeof(number), "%.*s", (int)length, at);
		if (length >= sizeof(number) || request->rank == LSTATE_RANK_MAX ||
		    !parse_u32(number, &request->shape[request->rank++]))
			return bad_word(request->args, text,
					"--shape wants at most %d numbers, parted by commas, not \"%s\"",
					LSTATE_RANK_MAX, text);
		if (!at[length])
			break;
		at += length + 1;
	}
	return EXIT_DONE;
}

static int parse_form(struct request *request)
{
	const char *element = request->option[KEY_ELEMENT];

	if (element && lstate_element_parse(element, &request->element))
		return bad_word(request->args, element,
				"no element type \"%s\": there are f32, f64, s32, s64 and u8",
				element);
	return parse_shape(request);
}

static int check_options(struct request *request)
{
	const struct option *option;
	unsigned int types;

	for (option = options; option->name; option++) {
		types = types_of_option[option->key];
		if (request->option[option->key] && types &&
		    !(types & BIT(request->type)))
			return usage_error(request->args,
					   "--%s does not go with type %s",
					   option->name,
					   lstate_type_name(request->type));
	}
	return EXIT_DONE;
}

static int spec_error(int rc, const struct request *request, const char *what,
		      const char *word)
{
	const struct failure failure = {
		.rc = rc,
		.name = request->name,
		.word = word,
	};

	if (rc == -ENOMEM)
		return out_of_memory();
	return fail(&failure, "%s: %s: %s", request->name, what, strerror(-rc));
}

static int parse_error(int rc, const struct request *request,
		       enum lstate_type type, const char *what, const char *word)
{
	const struct failure failure = {
		.rc = rc,
		.name = request->name,
		.word = word,
	};

	if (rc != -EINVAL && rc != -ERANGE)
		return spec_error(rc, request, what, word);
	return fail(&failure, "%s: %s: \"%s\" %s type %s", request->name, what,
		    word, rc == -EINVAL ? "is not of" : "does not fit into",
		    lstate_type_name(type));
}

/* The type of a limit: those of an array are limits of its elements. */
static enum lstate_type bound_type(const struct request *request)
{
	return request->type == LSTATE_TYPE_ARRAY ?
	       lstate_element_type(request->element) : request->type;
}

typedef int set_value_fn(struct lstate_spec *spec,
			 const struct lstate_value *value);

/* An option whose argument is a value. */
static int give_value(struct request *request, int key, enum lstate_type type,
		      const char *what, set_value_fn *set)
{
	const char *text = request->option[key];
	struct lstate_value value;
	int rc;

	if (!text)
		return EXIT_DONE;
	rc = lstate_value_parse(type, text, &value);
	if (rc)
		return parse_error(rc, request, type, what, text);
	rc = set(request->spec, &value);
	lstate_value_clear(&value);
	return rc ? spec_error(rc, request, what, text) : EXIT_DONE;
}

typedef int set_length_fn(struct lstate_spec *spec, uint32_t characters);

static int give_length(struct request *request, int key, const char *what,
		       set_length_fn *set)
{
	const char *text = request->option[key];
	uint32_t length;
	int rc;

	if (!text)
		return EXIT_DONE;
	if (!parse_u32(text, &length))
		return bad_word(request->args, text,
				"%s wants a number, not \"%s\"",
				what, text);
	rc = set(request->spec, length);
	return rc ? spec_error(rc, request, what, text) : EXIT_DONE;
}

/* What an array has to be, before its limits and its value. */
static int give_form(struct request *request)
{
	const char **option = request->option;
	int status = EXIT_DONE, rc = 0;

	if (request->element)
		rc = lstate_spec_set_element(request->spec, request->element);
	if (!rc && option[KEY_SHAPE])
		rc = lstate_spec_set_shape(request->spec, request->shape,
					   request->rank);
	if (!rc && option[KEY_FINITE])
		rc = lstate_spec_set_finite(request->spec);
	if (rc)
		return spec_error(rc, request, "register", NULL);
	if (option[KEY_RANK])
		status = give_length(request, KEY_RANK, "--rank",
				     lstate_spec_set_rank);
	return status;
}

static int give_texts(struct request *request)
{
	struct lstate_spec *spec = request->spec;
	const char **option = request->option;
	int rc = 0;

	if (option[KEY_PATTERN])
		rc = lstate_spec_set_pattern(spec, option[KEY_PATTERN]);
	if (!rc && option[KEY_LABEL])
		rc = lstate_spec_set_label(spec, option[KEY_LABEL]);
	if (!rc && option[KEY_DESCRIPTION])
		rc = lstate_spec_set_description(spec,
						 option[KEY_DESCRIPTION]);
	if (!rc && request->n_choices)
		rc = lstate_spec_set_choices(
			spec, (const char *const *)request->choices,
			request->n_choices);
	if (!rc && request->metadata.count)
		rc = lstate_spec_set_metadata(spec, request->metadata.entries);
	return rc ? spec_error(rc, request, "register", NULL) : EXIT_DONE;
}

static int begin_spec(struct request *request)
{
	const char *preset = request->option[KEY_PRESET];
	int rc;

	if (!preset)
		rc = lstate_spec_new(&request->spec, request->name,
				     request->type);
	else if (request->type == LSTATE_TYPE_ARRAY &&
		 !request->option[KEY_SHAPE])
		rc = -EINVAL;
	else
		rc = lstate_spec_new_preset(&request->spec, request->name,
					    preset, request->shape,
					    request->rank);
	if (preset && rc == -EINVAL)
		return usage_error(request->args,
				   "preset %s wants --shape%s", preset,
				   strcmp(preset, "embedding") ? " N,N..." :
								 " N");
	return rc ? spec_error(rc, request, "register", NULL) : EXIT_DONE;
}

static int fill_spec(struct request *request)
{
	int status;

	lstate_spec_set_read_only(request->spec, request->read_only);
	lstate_spec_set_write_once(request->spec, request->write_once);
	status = give_form(request);
	if (!status)
		status = give_value(request, KEY_MIN, bound_type(request),
				    "--min", lstate_spec_set_min);
	if (!status)
		status = give_value(request, KEY_MAX, bound_type(request),
				    "--max", lstate_spec_set_max);
	if (!status)
		status = give_value(request, KEY_STEP, bound_type(request),
				    "--step", lstate_spec_set_step);
	if (!status)
		status = give_value(request, KEY_VALUE, request->type,
				    "--value", lstate_spec_set_value);
	if (!status)
		status = give_length(request, KEY_MIN_LENGTH, "--min-length",
				     lstate_spec_set_min_length);
	if (!status)
		status = give_length(request, KEY_MAX_LENGTH, "--max-length",
				     lstate_spec_set_max_length);
	if (!status)
		status = give_texts(request);
	return status;
}

static int register_variable(struct request *request,
			     const struct context *context)
{
	struct lstate_session *session;
	struct json_object *object;
	uint64_t id;
	int status;

	status = session_open(&session, context->session,
			      LSTATE_OPEN_CREATE | LSTATE_OPEN_PERSISTENT,
			      SESSION_MODE);
	if (status)
		return status;
	if (lstate_register(session, request->spec, &id) < 0)
		status = session_failure(session);
	lstate_session_close(session);
	if (!status && context->json) {
		object = json_new_object();
		json_add_text(object, "name", request->name);
		json_add_uint(object, "id", id);
		json_print(object);
	}
	return status;
}

static int run_request(struct request *request, const struct context *context)
{
	int status;

	request->name = request->args->operand[0];
	status = parse_type(request);
	if (!status)
		status = parse_form(request);
	if (!status)
		status = check_options(request);
	if (status)
		return status;
	status = begin_spec(request);
	if (status)
		return status;
	status = fill_spec(request);
	if (!status)
		status = register_variable(request, context);
	lstate_spec_free(request->spec);
	return status;
}

static int run(struct context *context, struct args *args)
{
	struct request request = { .args = args };
	int status;

	status = args_parse(args, take_option, &request) ?
			 run_request(&request, context) : args->status;
	while (request.n_choices)
		free(request.choices[--request.n_choices]);
	free(request.choices);
	metadata_free(&request.metadata);
	return status;
}

const struct command command_register = {
	.name = "register",
	.operands = "NAME --type TYPE|--preset PRESET",
	.least = 1,
	.most = 1,
	.summary = "Make a variable",
	.details = "A session that is absent is made too: persistent, with mode 0644 less the\n"
		   "umask.  The variable starts with version 0.\n"
		   "Bytes are written as base64, arrays like \"f32[2,3]: 1 2 3 4 5 6\".\n"
		   "Presets: module, a string that looks like [A-Z]*; embedding and tensor, arrays of\n"
		   "f32 that want --shape.  They are also the label.\n"
		   "With --json: {\"name\", \"id\"}.\n",
	.options = options,
	.run = run,
};
