// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsers of option arguments.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

bool parse_u64(const char *text, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end;
}

bool parse_u32(const char *text, uint32_t *number)
{
	uint64_t wide;

	if (!parse_u64(text, &wide) || wide > UINT32_MAX)
		return false;
	*number = wide;
	return true;
}

bool parse_seconds(const char *text, uint64_t *nanoseconds)
{
	double seconds;
	char *end;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return false;
	seconds = strtod(text, &end);
	if (*end || !isfinite(seconds))
		return false;
	/* A hundred years are as good as for ever, and do not overflow. */
	*nanoseconds = fmin(seconds, 3.2e9) * NSEC_PER_SEC;
	return true;
}

bool parse_milliseconds(const char *text, uint32_t *milliseconds)
{
	static const struct {
		const char *name;
		double milliseconds;
	} units[] = { { "ms", 1 }, { "s", 1e3 }, { "", 1e3 }, { "min", 6e4 } };
	double number;
	size_t i;
	char *end;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return false;
	number = strtod(text, &end);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name))
			continue;
		number = ceil(number * units[i].milliseconds);
		if (!(number >= 1 && number <= UINT32_MAX))
			return false;
		*milliseconds = number;
		return true;
	}
	return false;
}

bool parse_mode(const char *text, uint32_t *mode)
{
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoul(text, &end, 8);
	if (errno || *end || number > 0777)
		return false;
	*mode = number;
	return true;
}

bool is_number(const char *text)
{
	char *end;

	strtod(text, &end);
	return end != text && !*end;
}
