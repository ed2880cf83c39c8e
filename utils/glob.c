// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns: what glob_match() of the kernel does.  The suites of the module use it as
 * that, and so it is tested there.
 */
#include <stddef.h>
#include <string.h>

#include "glob.h"

/*
 * Behind the class that begins at @p, or NULL if it has no end; *@has: whether @c is
 * in it.  A "]" in the first place is a member.
 */
static const char *class_end(const char *p, unsigned char c, bool *has)
{
	bool inverted = *p == '!', found = false;
	unsigned char low, high;

	p += inverted;
	do {
		if (!*p)
			return NULL;
		low = *p++;
		high = low;
		if (*p == '-' && p[1] && p[1] != ']') {
			high = p[1];
			p += 2;
		}
		found |= low <= c && c <= high;
	} while (*p != ']');
	*has = found != inverted;
	return p + 1;
}

/* One character; the pattern moves behind what stands for it. */
static bool one_matches(const char **pattern, unsigned char c)
{
	unsigned char p = *(*pattern)++;
	const char *end;
	bool has;

	if (p == '?')
		return true;
	if (p == '[') {
		end = class_end(*pattern, c, &has);
		if (end) {
			*pattern = end;
			return has;
		}
		/* Without an end it stands for itself. */
	}
	if (p == '\\')
		p = *(*pattern)++;
	return p == c;
}

/* Nothing is left of it, or nothing but a backslash before nothing. */
static bool is_empty(const char *pattern)
{
	return !*pattern || !strcmp(pattern, "\\");
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
		if (!*text && is_empty(pattern))
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
