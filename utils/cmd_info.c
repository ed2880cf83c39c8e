// SPDX-License-Identifier: GPL-2.0-only
/*
 * lstate info: version, features and limits of the kernel half.
 */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "json.h"
#include "session.h"
#include "text.h"
#include "tool.h"

static const struct {
	uint64_t bit;
	const char *name;
} features[] = {
	{ LSTATE_FEATURE_COMPARE_AND_SET, "compare_and_set" },
	{ LSTATE_FEATURE_INITIAL, "initial" },
	{ LSTATE_FEATURE_NETLINK, "netlink" },
	{ LSTATE_FEATURE_CLAIMS, "claims" },
	{ LSTATE_FEATURE_BATCH, "batch" },
	{ LSTATE_FEATURE_FILTERS, "filters" },
	{ LSTATE_FEATURE_PATTERNS, "patterns" },
	{ LSTATE_FEATURE_NO_SELF, "no_self" },
	{ LSTATE_FEATURE_REWATCH, "rewatch" },
	{ LSTATE_FEATURE_SNAPSHOT, "snapshot" },
	{ LSTATE_FEATURE_CONFLATE, "conflate" },
};

#define N_FEATURES	(sizeof(features) / sizeof(features[0]))

static void print_json(const struct lstate_info *info)
{
	struct json_object *object = json_new_object();
	struct json_object *array = json_new_array();
	uint64_t bits = lstate_info_get(info, LSTATE_INFO_FEATURES);
	size_t i;
	int key;

	json_add_text(object, "version", lstate_version());
	for (i = 0; i < N_FEATURES; i++) {
		if (bits & features[i].bit)
			json_append(array, json_text(features[i].name));
	}
	for (key = 0; key < LSTATE_INFO_COUNT; key++) {
		if (key == LSTATE_INFO_FEATURES)
			json_add(object, "features", array);
		else
			json_add_uint(object, lstate_info_key_name(key),
				      lstate_info_get(info, key));
	}
	json_print(object);
}

static void print_features(uint64_t bits)
{
	size_t i;

	for (i = 0; i < N_FEATURES; i++) {
		if (bits & features[i].bit)
			printf(" %s", features[i].name);
	}
}

static void print_text(const struct lstate_info *info)
{
	int key;

	printf("%-20s %s\n", "version", lstate_version());
	for (key = 0; key < LSTATE_INFO_COUNT; key++) {
		printf("%-20s", lstate_info_key_name(key));
		if (key == LSTATE_INFO_FEATURES)
			print_features(lstate_info_get(info, key));
		else
			printf(" %" PRIu64, lstate_info_get(info, key));
		putchar('\n');
	}
}

static int run(struct context *context, struct args *args)
{
	struct lstate_error *error;
	struct lstate_info *info;
	int rc;

	if (!args_parse(args, NULL, NULL))
		return args->status;
	rc = lstate_info_read(&info, &error);
	if (rc)
		return call_failure(rc, error);
	if (context->json)
		print_json(info);
	else
		print_text(info);
	lstate_info_free(info);
	return EXIT_DONE;
}

const struct command command_info = {
	.name = "info",
	.operands = "",
	.least = 0,
	.most = 0,
	.summary = "Print version, features and limits",
	.details = "With --json: one object; \"features\" is an array.\n",
	.run = run,
};
