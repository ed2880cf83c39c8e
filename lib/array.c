// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Arrays: values that hold numbers with a shape, and their text form, for
 * example "f32[2,3]: 1 2 3 4 5 6".
 *
 * A value of this type is one run of bytes, as the kernel has it: a head with
 * element type and shape, then the elements.
 */
#include "private.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)LSTATE_ELEMENT_U8 == (int)LOCALSTATE_ELEMENT_U8 &&
	       LSTATE_RANK_MAX == LOCALSTATE_RANK_MAX,
	       "elements are those of the kernel");

#define LSTATE_BLANKS	" \t\n,"

static const struct {
	const char *name;
	size_t size;
	enum lstate_type type;		/* that an element is read as */
} lstate_elements[] = {
	[LSTATE_ELEMENT_NONE] = { "none", 0, LSTATE_TYPE_NONE },
	[LSTATE_ELEMENT_F32] = { "f32", 4, LSTATE_TYPE_FLOAT },
	[LSTATE_ELEMENT_F64] = { "f64", 8, LSTATE_TYPE_FLOAT },
	[LSTATE_ELEMENT_S32] = { "s32", 4, LSTATE_TYPE_INT },
	[LSTATE_ELEMENT_S64] = { "s64", 8, LSTATE_TYPE_INT },
	[LSTATE_ELEMENT_U8] = { "u8", 1, LSTATE_TYPE_UINT },
};

#define LSTATE_ELEMENTS	(sizeof(lstate_elements) / sizeof(*lstate_elements))

const char *lstate_element_name(enum lstate_element element)
{
	return (size_t)element < LSTATE_ELEMENTS ?
	       lstate_elements[element].name : "unknown";
}

int lstate_element_parse(const char *name, enum lstate_element *element)
{
	size_t i;

	for (i = LSTATE_ELEMENT_F32; i < LSTATE_ELEMENTS; i++) {
		if (strcmp(name, lstate_elements[i].name) == 0) {
			*element = (enum lstate_element)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* Bytes of an element, 0 if there is no such type. */
size_t lstate_element_size(enum lstate_element element)
{
	return (size_t)element < LSTATE_ELEMENTS ?
	       lstate_elements[element].size : 0;
}

/* The type of the limits of such elements. */
enum lstate_type lstate_element_type(enum lstate_element element)
{
	return (size_t)element < LSTATE_ELEMENTS ?
	       lstate_elements[element].type : LSTATE_TYPE_NONE;
}

/* Elements of a shape; SIZE_MAX if their bytes are too many for a value. */
static size_t lstate_array_count(const uint32_t *shape, size_t rank, size_t size)
{
	uint64_t count = 1;
	size_t i;

	for (i = 0; i < rank; i++)
		if (!shape[i])
			return 0;
	for (i = 0; i < rank; i++) {
		count *= shape[i];
		if (count * size > LOCALSTATE_VALUE_MAX)
			return SIZE_MAX;
	}
	return (size_t)count;
}

/* An array with room for its elements, which are zero. */
int lstate_array_new(struct lstate_value *value, enum lstate_element element,
		     const uint32_t *shape, size_t rank)
{
	size_t size = lstate_element_size(element);
	struct localstate_array *head;
	size_t count, length;

	if (!size || rank > LSTATE_RANK_MAX)
		return -EINVAL;
	count = lstate_array_count(shape, rank, size);
	if (count == SIZE_MAX)
		return -ERANGE;
	length = LOCALSTATE_ARRAY_HEADER(rank) + count * size;
	head = calloc(1, length + 1);
	if (!head)
		return -ENOMEM;
	head->element = element;
	head->rank = (uint32_t)rank;
	if (rank)
		memcpy(head->shape, shape, rank * sizeof(*shape));
	memset(value, 0, sizeof(*value));
	value->type = LSTATE_TYPE_ARRAY;
	value->length = length;
	value->data = head;
	return 0;
}

int lstate_value_array(struct lstate_value *value, enum lstate_element element,
		       const uint32_t *shape, size_t rank, const void *elements)
{
	struct lstate_value new;
	size_t header, bytes;
	int rc;

	rc = lstate_array_new(&new, element, shape, rank);
	if (rc < 0)
		return rc;
	header = LOCALSTATE_ARRAY_HEADER(rank);
	bytes = new.length - header;
	if (bytes)
		memcpy((char *)new.data + header, elements, bytes);
	*value = new;
	return 0;
}

int lstate_value_as_array(const struct lstate_value *value,
			  struct lstate_array *array)
{
	struct lstate_array view = { LSTATE_ELEMENT_NONE, 0, { 0 }, 0, NULL };
	struct localstate_array head;
	size_t header, size;

	if (value->type != LSTATE_TYPE_ARRAY || value->length < sizeof(head))
		return -EINVAL;
	memcpy(&head, value->data, sizeof(head));
	size = lstate_element_size((enum lstate_element)head.element);
	header = LOCALSTATE_ARRAY_HEADER(head.rank);
	if (!size || head.rank > LSTATE_RANK_MAX || value->length < header)
		return -EINVAL;
	view.element = (enum lstate_element)head.element;
	view.rank = head.rank;
	memcpy(view.shape, (const char *)value->data + sizeof(head),
	       head.rank * sizeof(*view.shape));
	view.count = (value->length - header) / size;
	view.elements = (const char *)value->data + header;
	*array = view;
	return 0;
}

int lstate_array_element(const struct lstate_array *array, size_t index,
			 struct lstate_value *value)
{
	const char *at = array->elements;
	int64_t s64;
	int32_t s32;
	double f64;
	float f32;

	if (index >= array->count)
		return -EINVAL;
	at += index * lstate_element_size(array->element);
	switch (array->element) {
	case LSTATE_ELEMENT_F32:
		memcpy(&f32, at, sizeof(f32));
		*value = lstate_value_float((double)f32);
		return 0;
	case LSTATE_ELEMENT_F64:
		memcpy(&f64, at, sizeof(f64));
		*value = lstate_value_float(f64);
		return 0;
	case LSTATE_ELEMENT_S32:
		memcpy(&s32, at, sizeof(s32));
		*value = lstate_value_int(s32);
		return 0;
	case LSTATE_ELEMENT_S64:
		memcpy(&s64, at, sizeof(s64));
		*value = lstate_value_int(s64);
		return 0;
	default:
		*value = lstate_value_uint(*(const unsigned char *)at);
		return 0;
	}
}

/* Store an element of the type that lstate_element_type() tells: 0 or -ERANGE. */
static int lstate_element_put(enum lstate_element element, char *at,
			      const struct lstate_value *value)
{
	float f32 = (float)value->f;
	int32_t s32 = (int32_t)value->i;

	switch (element) {
	case LSTATE_ELEMENT_F32:
		memcpy(at, &f32, sizeof(f32));
		return __builtin_isinf(f32) && !__builtin_isinf(value->f) ?
		       -ERANGE : 0;
	case LSTATE_ELEMENT_S32:
		memcpy(at, &s32, sizeof(s32));
		return s32 == value->i ? 0 : -ERANGE;
	case LSTATE_ELEMENT_U8:
		*(unsigned char *)at = (unsigned char)value->u;
		return value->u > UINT8_MAX ? -ERANGE : 0;
	default:
		memcpy(at, &value->u, sizeof(value->u));
		return 0;
	}
}

/* The same in an array of one's own. */
int lstate_array_store(struct lstate_array *array, size_t index,
		       const struct lstate_value *value)
{
	return lstate_element_put(array->element, (char *)array->elements +
				  index * lstate_element_size(array->element),
				  value);
}

/* --- equality ------------------------------------------------------------- */

static bool lstate_float_same(double a, double b)
{
	return a == b || (__builtin_isnan(a) && __builtin_isnan(b));
}

/* As the kernel compares two values of one type. */
bool lstate_value_same(const struct lstate_value *a,
		       const struct lstate_value *b)
{
	struct lstate_value p, q;
	struct lstate_array x, y;
	size_t i;

	if (a->type == LSTATE_TYPE_FLOAT)
		return lstate_float_same(a->f, b->f);
	if (!lstate_type_is_long(a->type))
		return lstate_value_bits(a) == lstate_value_bits(b);
	if (a->length == b->length &&
	    (!a->length || !memcmp(a->data, b->data, a->length)))
		return true;
	if (a->type != LSTATE_TYPE_ARRAY || lstate_value_as_array(a, &x) < 0 ||
	    lstate_value_as_array(b, &y) < 0 || x.element != y.element ||
	    lstate_element_type(x.element) != LSTATE_TYPE_FLOAT ||
	    x.rank != y.rank || x.count != y.count ||
	    memcmp(x.shape, y.shape, sizeof(x.shape)))
		return false;
	for (i = 0; i < x.count; i++) {
		lstate_array_element(&x, i, &p);
		lstate_array_element(&y, i, &q);
		if (!lstate_float_same(p.f, q.f))
			return false;
	}
	return true;
}

/* --- from text ------------------------------------------------------------ */

/* A float of one word; the locale is C while this runs. */
static int lstate_array_read_float(const char *word, enum lstate_element element,
				   void *to)
{
	bool overflow, infinite = word[strspn(word, "+-")] == 'i' ||
				  word[strspn(word, "+-")] == 'I';
	double f64;
	float f32;
	char *end;

	/* Not by way of a double: that would round twice. */
	if (element == LSTATE_ELEMENT_F32) {
		f32 = strtof(word, &end);
		overflow = __builtin_isinf(f32) && !infinite;
		memcpy(to, &f32, sizeof(f32));
	} else {
		f64 = strtod(word, &end);
		overflow = __builtin_isinf(f64) && !infinite;
		memcpy(to, &f64, sizeof(f64));
	}
	if (*end || end == word || strchr(word, '('))
		return -EINVAL;
	return overflow ? -ERANGE : 0;
}

static int lstate_array_read_integer(const char *word,
				     enum lstate_element element, void *to)
{
	struct lstate_value value;
	int rc;

	rc = lstate_value_parse(lstate_element_type(element), word, &value);
	if (rc < 0)
		return rc;
	return lstate_element_put(element, to, &value);
}

/* All elements; @text is written to. */
static int lstate_array_read_elements(char *text, struct lstate_value *value)
{
	struct lstate_array array;
	char *word, *rest, *to;
	size_t n = 0;
	int rc;

	rc = lstate_value_as_array(value, &array);
	if (rc < 0)
		return rc;
	to = (char *)array.elements;
	for (word = strtok_r(text, LSTATE_BLANKS, &rest); word;
	     word = strtok_r(NULL, LSTATE_BLANKS, &rest)) {
		if (n++ == array.count)
			return -EINVAL;
		rc = lstate_element_type(array.element) == LSTATE_TYPE_FLOAT ?
		     lstate_array_read_float(word, array.element, to) :
		     lstate_array_read_integer(word, array.element, to);
		if (rc < 0)
			return rc;
		to += lstate_element_size(array.element);
	}
	return n == array.count ? 0 : -EINVAL;
}

static int lstate_dimension_parse(const char *word, uint32_t *dimension)
{
	struct lstate_value value;
	int rc;

	rc = lstate_value_parse(LSTATE_TYPE_UINT, word, &value);
	if (rc < 0)
		return rc;
	*dimension = (uint32_t)value.u;
	return value.u > UINT32_MAX ? -ERANGE : 0;
}

/* "TYPE[N,N]:" before the elements; @text is written to and moves behind it. */
static int lstate_array_read_head(char **text, enum lstate_element *element,
				  uint32_t *shape, size_t *rank)
{
	char *open = strchr(*text, '['), *close = strchr(*text, ']');
	char *word, *rest;
	int rc;

	if (!open || !close || close < open || close[1] != ':')
		return -EINVAL;
	*open = '\0';
	*close = '\0';
	rc = lstate_element_parse(*text, element);
	*rank = 0;
	for (word = strtok_r(open + 1, LSTATE_BLANKS, &rest); rc == 0 && word;
	     word = strtok_r(NULL, LSTATE_BLANKS, &rest)) {
		if (*rank == LSTATE_RANK_MAX)
			return -EINVAL;
		rc = lstate_dimension_parse(word, &shape[(*rank)++]);
	}
	*text = close + 2;
	return rc;
}

static int lstate_array_read(char *text, struct lstate_value *value)
{
	uint32_t shape[LSTATE_RANK_MAX];
	enum lstate_element element;
	struct lstate_value new;
	size_t rank;
	int rc;

	rc = lstate_array_read_head(&text, &element, shape, &rank);
	if (rc == 0)
		rc = lstate_array_new(&new, element, shape, rank);
	if (rc < 0)
		return rc;
	rc = lstate_array_read_elements(text, &new);
	if (rc < 0)
		lstate_value_clear(&new);
	else
		*value = new;
	return rc;
}

int lstate_array_parse(const char *text, struct lstate_value *value)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0), before;
	char *copy = strdup(text);
	int rc = -ENOMEM;

	if (c && copy) {
		before = uselocale(c);
		rc = lstate_array_read(copy, value);
		uselocale(before);
	}
	if (c)
		freelocale(c);
	free(copy);
	return rc;
}

/* --- to text -------------------------------------------------------------- */

/*
 * 6 digits are always kept by a single, 9 always suffice.  They also give the same
 * single to who reads them as a double first, as readers of JSON do.
 */
static void lstate_array_add_single(struct lstate_text *text, float f)
{
	char buffer[LSTATE_VALUE_FORMAT_MAX];
	int digits;

	for (digits = 6; digits <= 9; digits++) {
		snprintf(buffer, sizeof(buffer), "%.*g", digits, (double)f);
		if (strtof(buffer, NULL) == f &&
		    (float)strtod(buffer, NULL) == f)
			break;
	}
	lstate_text_add(text, "%s", buffer);
}

static void lstate_array_add_element(struct lstate_text *text,
				     const struct lstate_array *array, size_t i)
{
	char buffer[LSTATE_VALUE_FORMAT_MAX];
	struct lstate_value value;

	lstate_array_element(array, i, &value);
	if (array->element == LSTATE_ELEMENT_F32 &&
	    __builtin_isfinite(value.f)) {
		lstate_array_add_single(text, (float)value.f);
		return;
	}
	lstate_value_format(&value, buffer, sizeof(buffer));
	lstate_text_add(text, "%s", buffer);
}

static void lstate_array_add(struct lstate_text *text,
			     const struct lstate_array *array, size_t most)
{
	size_t i;

	lstate_text_add(text, "%s[", lstate_element_name(array->element));
	for (i = 0; i < array->rank; i++)
		lstate_text_add(text, "%s%" PRIu32, i ? "," : "",
				array->shape[i]);
	lstate_text_add(text, "]:");
	for (i = 0; i < array->count && i < most; i++) {
		lstate_text_add(text, " ");
		lstate_array_add_element(text, array, i);
	}
	if (i < array->count)
		lstate_text_add(text, " ...");
}

/* Add the text form of at most @most elements. */
int lstate_array_format(const struct lstate_value *value, size_t most,
			struct lstate_text *text)
{
	locale_t c, before;
	struct lstate_array array;
	int rc;

	rc = lstate_value_as_array(value, &array);
	if (rc < 0)
		return rc;
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c)
		return -ENOMEM;
	before = uselocale(c);
	lstate_array_add(text, &array, most);
	uselocale(before);
	freelocale(c);
	return 0;
}
