// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list that --meta K=V makes, in the order of the command line.
 */
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "metadata.h"
#include "tool.h"

int metadata_add(struct metadata *metadata, const struct args *args,
		 const char *text)
{
	const char *equals = strchr(text, '=');
	struct lstate_metadata *entries;
	char *key;

	if (!equals || equals == text)
		return bad_word(args, text,
				"--meta wants KEY=VALUE, not \"%s\"", text);
	entries = reallocarray(metadata->entries, metadata->count + 2,
			       sizeof(*entries));
	if (!entries)
		return out_of_memory();
	metadata->entries = entries;
	entries[metadata->count].key = NULL;
	key = strndup(text, equals - text);
	if (!key)
		return out_of_memory();
	entries[metadata->count].key = key;
	entries[metadata->count].value = equals + 1;
	entries[++metadata->count].key = NULL;
	return EXIT_DONE;
}

void metadata_free(struct metadata *metadata)
{
	size_t i;

	for (i = 0; i < metadata->count; i++)
		free((char *)metadata->entries[i].key);
	free(metadata->entries);
}
