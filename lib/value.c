// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Values: their types, their text form, and their form in the kernel's
 * interface.  The text form never depends on the locale.
 */
#include "private.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LSTATE_SAME(ours, kernels) \
	_Static_assert((int)(ours) == (int)(kernels), #ours)

LSTATE_SAME(LSTATE_TYPE_NONE, LOCALSTATE_TYPE_NONE);
LSTATE_SAME(LSTATE_TYPE_BOOL, LOCALSTATE_TYPE_BOOL);
LSTATE_SAME(LSTATE_TYPE_INT, LOCALSTATE_TYPE_INT);
LSTATE_SAME(LSTATE_TYPE_UINT, LOCALSTATE_TYPE_UINT);
LSTATE_SAME(LSTATE_TYPE_FLOAT, LOCALSTATE_TYPE_FLOAT);
LSTATE_SAME(LSTATE_TYPE_STRING, LOCALSTATE_TYPE_STRING);
LSTATE_SAME(LSTATE_TYPE_CHOICE, LOCALSTATE_TYPE_CHOICE);
LSTATE_SAME(LSTATE_TYPE_BYTES, LOCALSTATE_TYPE_BYTES);
LSTATE_SAME(LSTATE_TYPE_ARRAY, LOCALSTATE_TYPE_ARRAY);

static const char *const lstate_type_names[] = {
	[LSTATE_TYPE_NONE] = "none",
	[LSTATE_TYPE_BOOL] = "bool",
	[LSTATE_TYPE_INT] = "int",
	[LSTATE_TYPE_UINT] = "uint",
	[LSTATE_TYPE_FLOAT] = "float",
	[LSTATE_TYPE_STRING] = "string",
	[LSTATE_TYPE_CHOICE] = "choice",
	[LSTATE_TYPE_BYTES] = "bytes",
	[LSTATE_TYPE_ARRAY] = "array",
};

#define LSTATE_TYPES	(sizeof(lstate_type_names) / sizeof(*lstate_type_names))

const char *lstate_type_name(enum lstate_type type)
{
	return (size_t)type < LSTATE_TYPES ? lstate_type_names[type] : "unknown";
}

/* "an int", "a bool": for messages. */
const char *lstate_type_article(enum lstate_type type)
{
	if (type == LSTATE_TYPE_BYTES)
		return "a value of";
	return type == LSTATE_TYPE_INT || type == LSTATE_TYPE_ARRAY ||
	       (size_t)type >= LSTATE_TYPES ? "an" : "a";
}

int lstate_type_parse(const char *name, enum lstate_type *type)
{
	size_t i;

	for (i = LSTATE_TYPE_BOOL; i < LSTATE_TYPES; i++) {
		if (strcmp(name, lstate_type_names[i]) == 0) {
			*type = (enum lstate_type)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool lstate_type_is_text(enum lstate_type type)
{
	return type == LSTATE_TYPE_STRING || type == LSTATE_TYPE_CHOICE;
}

/* Is a value of it a run of bytes, not eight of them? */
bool lstate_type_is_long(enum lstate_type type)
{
	return lstate_type_is_text(type) || type == LSTATE_TYPE_BYTES ||
	       type == LSTATE_TYPE_ARRAY;
}

bool lstate_type_is_number(enum lstate_type type)
{
	return type == LSTATE_TYPE_INT || type == LSTATE_TYPE_UINT ||
	       type == LSTATE_TYPE_FLOAT;
}

/* ------------------------------------------------------------------------ */

static int lstate_bool_parse(const char *text, bool *b)
{
	static const char *const words[][4] = {
		{ "false", "no", "off", "0" },
		{ "true", "yes", "on", "1" },
	};
	size_t i;

	for (i = 0; i < 8; i++) {
		if (strcasecmp(text, words[i / 4][i % 4]) == 0) {
			*b = i / 4;
			return 0;
		}
	}
	return -EINVAL;
}

static int lstate_digit(char c, unsigned int base)
{
	int digit;

	if (c >= '0' && c <= '9')
		digit = c - '0';
	else if (c >= 'a' && c <= 'f')
		digit = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		digit = c - 'A' + 10;
	else
		return -1;
	return (unsigned int)digit < base ? digit : -1;
}

/*
 * The sign and magnitude of an integer.  The whole text is looked at before
 * -ERANGE, for a text with letters at its end is not a large number.
 */
static int lstate_integer_parse(const char *text, bool *negative,
				uint64_t *magnitude)
{
	unsigned int base = 10;
	bool overflow = false;
	int digit;

	*negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	*magnitude = 0;
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		digit = lstate_digit(*text, base);
		if (digit < 0)
			return -EINVAL;
		overflow |= __builtin_mul_overflow(*magnitude, base, magnitude);
		overflow |= __builtin_add_overflow(*magnitude, digit, magnitude);
	}
	return overflow ? -ERANGE : 0;
}

static int lstate_int_parse(const char *text, int64_t *i)
{
	const uint64_t most = INT64_MAX;
	uint64_t magnitude;
	bool negative;
	int rc;

	rc = lstate_integer_parse(text, &negative, &magnitude);
	if (rc < 0)
		return rc;
	if (magnitude > most + negative)
		return -ERANGE;
	*i = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return 0;
}

static int lstate_uint_parse(const char *text, uint64_t *u)
{
	bool negative;
	int rc;

	rc = lstate_integer_parse(text, &negative, u);
	if (rc < 0)
		return rc;
	return negative && *u ? -ERANGE : 0;
}

/* strtod() also takes blanks at the start and nan(...); values do not. */
static bool lstate_float_is_plain(const char *text)
{
	return *text && !strchr(text, '(') &&
	       text[strcspn(text, " \t\n\v\f\r")] == '\0';
}

static int lstate_float_parse(const char *text, double *f)
{
	locale_t locale;
	int overflow;
	char *end;

	if (!lstate_float_is_plain(text))
		return -EINVAL;
	locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!locale)
		return -ENOMEM;
	errno = 0;
	*f = strtod_l(text, &end, locale);
	overflow = errno == ERANGE && (*f > 1 || *f < -1);
	freelocale(locale);
	if (*end || end == text)
		return -EINVAL;
	return overflow ? -ERANGE : 0;
}

static int lstate_text_parse(const char *text, struct lstate_value *value)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	value->s = copy;
	value->length = strlen(copy);
	return 0;
}

int lstate_value_parse(enum lstate_type type, const char *text,
		       struct lstate_value *value)
{
	struct lstate_value parsed = { .type = type };
	int rc;

	switch (type) {
	case LSTATE_TYPE_BOOL:
		rc = lstate_bool_parse(text, &parsed.b);
		break;
	case LSTATE_TYPE_INT:
		rc = lstate_int_parse(text, &parsed.i);
		break;
	case LSTATE_TYPE_UINT:
		rc = lstate_uint_parse(text, &parsed.u);
		break;
	case LSTATE_TYPE_FLOAT:
		rc = lstate_float_parse(text, &parsed.f);
		break;
	case LSTATE_TYPE_STRING:
	case LSTATE_TYPE_CHOICE:
		rc = lstate_text_parse(text, &parsed);
		break;
	case LSTATE_TYPE_BYTES:
		rc = lstate_base64_parse(text, &parsed);
		break;
	case LSTATE_TYPE_ARRAY:
		rc = lstate_array_parse(text, &parsed);
		break;
	default:
		rc = -EOPNOTSUPP;
	}
	if (rc == 0)
		*value = parsed;
	return rc;
}

/* ------------------------------------------------------------------------ */

/*
 * 15 digits are always kept by a double, 17 always suffice; try the shorter
 * ones first.
 */
static void lstate_float_digits(double f, char *buffer, size_t size)
{
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		snprintf(buffer, size, "%.*g", digits, f);
		if (strtod(buffer, NULL) == f)
			return;
	}
}

static int lstate_float_format(double f, char *buffer, size_t size)
{
	char text[LSTATE_VALUE_FORMAT_MAX];
	locale_t c, before;

	if (__builtin_isnan(f))
		return snprintf(buffer, size, "nan");
	if (__builtin_isinf(f))
		return snprintf(buffer, size, f < 0 ? "-inf" : "inf");
	/* snprintf() has no form that takes a locale. */
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c)
		return -ENOMEM;
	before = uselocale(c);
	lstate_float_digits(f, text, sizeof(text));
	uselocale(before);
	freelocale(c);
	return snprintf(buffer, size, "%s", text);
}

static int lstate_text_format(const struct lstate_value *value, char *buffer,
			      size_t size)
{
	size_t length = LSTATE_MIN(value->length, INT32_MAX);

	if (size) {
		size_t copied = LSTATE_MIN(length, size - 1);

		if (copied)
			memcpy(buffer, value->s, copied);
		buffer[copied] = '\0';
	}
	return (int)length;
}

/* The text of bytes, or of an array. */
static int lstate_long_text(const struct lstate_value *value,
			    struct lstate_text *text)
{
	lstate_text_add(text, "%s", "");
	if (value->type == LSTATE_TYPE_ARRAY)
		return lstate_array_format(value, SIZE_MAX, text);
	lstate_base64_add(text, value->data, value->length);
	return 0;
}

static int lstate_long_format(const struct lstate_value *value, char *buffer,
			      size_t size)
{
	struct lstate_text text = { 0 };
	int rc = lstate_long_text(value, &text);
	char *whole = lstate_text_take(&text);

	if (rc == 0)
		rc = whole ? snprintf(buffer, size, "%s", whole) : -ENOMEM;
	free(whole);
	return rc;
}

int lstate_value_format(const struct lstate_value *value, char *buffer,
			size_t size)
{
	switch (value->type) {
	case LSTATE_TYPE_BOOL:
		return snprintf(buffer, size, value->b ? "true" : "false");
	case LSTATE_TYPE_INT:
		return snprintf(buffer, size, "%lld", (long long)value->i);
	case LSTATE_TYPE_UINT:
		return snprintf(buffer, size, "%llu",
				(unsigned long long)value->u);
	case LSTATE_TYPE_FLOAT:
		return lstate_float_format(value->f, buffer, size);
	case LSTATE_TYPE_STRING:
	case LSTATE_TYPE_CHOICE:
		return lstate_text_format(value, buffer, size);
	case LSTATE_TYPE_BYTES:
	case LSTATE_TYPE_ARRAY:
		return lstate_long_format(value, buffer, size);
	default:
		return -EINVAL;
	}
}

/* Return: the value as text, for the caller to free, or NULL. */
char *lstate_value_text(const struct lstate_value *value)
{
	int length = lstate_value_format(value, NULL, 0);
	char *text;

	if (length < 0)
		return NULL;
	text = malloc((size_t)length + 1);
	if (text)
		lstate_value_format(value, text, (size_t)length + 1);
	return text;
}

/* ------------------------------------------------------------------------ */

int lstate_value_copy(struct lstate_value *to, const struct lstate_value *from)
{
	struct lstate_value copy = *from;
	char *s;

	if (lstate_type_is_long(from->type)) {
		s = malloc(from->length + 1);
		if (!s)
			return -ENOMEM;
		if (from->length)
			memcpy(s, from->data, from->length);
		s[from->length] = '\0';
		copy.s = s;
	}
	*to = copy;
	return 0;
}

void lstate_value_clear(struct lstate_value *value)
{
	if (!value)
		return;
	if (lstate_type_is_long(value->type))
		free((void *)value->data);
	memset(value, 0, sizeof(*value));
}

/* The bits in which a scalar travels. */
uint64_t lstate_value_bits(const struct lstate_value *value)
{
	uint64_t bits = 0;

	if (value->type == LSTATE_TYPE_BOOL)
		bits = value->b;
	else
		memcpy(&bits, &value->u, sizeof(bits));
	return bits;
}

void lstate_value_pack(const struct lstate_value *value,
		       struct localstate_value *packed)
{
	packed->type = value->type;
	if (lstate_type_is_long(value->type)) {
		packed->data = lstate_pointer(value->data);
		packed->length = lstate_length(value->length);
	} else {
		packed->data = lstate_value_bits(value);
		packed->length = sizeof(packed->data);
	}
}

/* A scalar that came from the kernel; of all else only the type. */
void lstate_value_unpack(uint32_t type, uint64_t bits,
			 struct lstate_value *value)
{
	memset(value, 0, sizeof(*value));
	value->type = (enum lstate_type)type;
	if (type == LSTATE_TYPE_BOOL)
		value->b = bits;
	else if (!lstate_type_is_long(value->type))
		memcpy(&value->u, &bits, sizeof(bits));
}
