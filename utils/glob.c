// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns: what glob_match() of the kernel does, for well-formed ones, and the
 * kernel takes no others.
 */
#include <stddef.h>

#include "glob.h"

/* *@pattern is behind a "[", and then behind its "]"; an early "]" is a member. */
static bool class_has(const char **pattern, unsigned char c)
{
	const char *p = *pattern;
	bool inverted = *p == '!', found = false;
	unsigned char low, high;

	p += inverted;
	do {
		if (!*p)
			return false;
		low = *p++;
		high = low;
		if (*p == '-' && p[1] && p[1] != ']') {
			high = p[1];
			p += 2;
		}
		found |= low <= c && c <= high;
	} while (*p != ']');
	*pattern = p + 1;
	return found != inverted;
}

/* One character; the pattern moves behind what stands for it. */
static bool one_matches(const char **pattern, unsigned char c)
{
	unsigned char p = *(*pattern)++;

	if (p == '?')
		return true;
	if (p == '[')
		return class_has(pattern, c);
	if (p == '\\')
		p = *(*pattern)++;
	return p == c;
}

/* If it goes wrong, the last star takes one character more. */
bool glob_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL, *next;

	for (;;) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
			continue;
		}
		if (!*text && !*pattern)
			return true;
		next = pattern;
		if (*text && *pattern && one_matches(&next, *text)) {
			pattern = next;
			text++;
			continue;
		}
		if (!star || !*from)
			return false;
		pattern = star;
		text = ++from;
	}
}
