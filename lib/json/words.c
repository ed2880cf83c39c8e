// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A set of words, to find out whether a file has a name or an id twice.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#define LSTATE_WORDS_LEAST	64

/* FNV-1a, 64 bits. */
static uint64_t lstate_words_hash(const char *word)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *word; word++)
		hash = (hash ^ (unsigned char)*word) * 0x100000001b3ULL;
	return hash;
}

/* The slot that holds @word, or the free one that it would get. */
static uint64_t *lstate_words_find(const struct lstate_words *words,
				   const char *word)
{
	size_t at = lstate_words_hash(word) & (words->n_slots - 1);

	while (words->slots[at] &&
	       strcmp(words->text + words->slots[at] - 1, word) != 0)
		at = (at + 1) & (words->n_slots - 1);
	return &words->slots[at];
}

/* Twice as many slots, so that at least half of them are always free. */
static int lstate_words_grow(struct lstate_words *words)
{
	struct lstate_words larger = *words;
	size_t i;

	larger.n_slots = words->n_slots ? 2 * words->n_slots : LSTATE_WORDS_LEAST;
	larger.slots = calloc(larger.n_slots, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (i = 0; i < words->n_slots; i++)
		if (words->slots[i])
			*lstate_words_find(&larger, words->text +
					   words->slots[i] - 1) = words->slots[i];
	free(words->slots);
	*words = larger;
	return 0;
}

static int lstate_words_store(struct lstate_words *words, const char *word)
{
	size_t size = strlen(word) + 1;
	size_t capacity = words->capacity ? words->capacity : 4096;
	char *text = words->text;

	while (capacity < words->length + size)
		capacity *= 2;
	if (capacity > words->capacity) {
		text = realloc(words->text, capacity);
		if (!text)
			return -ENOMEM;
		words->text = text;
		words->capacity = capacity;
	}
	memcpy(text + words->length, word, size);
	words->length += size;
	return 0;
}

/* Return: 1 if it is new, 0 if it was there, -ENOMEM. */
int lstate_words_add(struct lstate_words *words, const char *word)
{
	uint64_t *slot;

	if (2 * (words->count + 1) > words->n_slots &&
	    lstate_words_grow(words) < 0)
		return -ENOMEM;
	slot = lstate_words_find(words, word);
	if (*slot)
		return 0;
	*slot = words->length + 1;
	if (lstate_words_store(words, word) < 0) {
		*slot = 0;
		return -ENOMEM;
	}
	words->count++;
	return 1;
}

void lstate_words_free(struct lstate_words *words)
{
	free(words->text);
	free(words->slots);
	memset(words, 0, sizeof(*words));
}
