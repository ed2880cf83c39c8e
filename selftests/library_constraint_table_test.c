// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every type with each of its constraints, as a table: at the limit a value is
 * accepted, one step beyond it is refused with a message that names the variable,
 * the value and the limit, and nothing has changed.
 *
 * Values are written as the library reads them.  A step beyond a float is the next
 * double: 17 digits tell any two of them apart.
 */
#include "library_helpers.h"

#define MAX_BAD 3

/* What a value is refused with. */
struct refusal {
	const char *value;
	const char *message;
	enum lstate_field field;
	int code;
};

/* A variable "x" of these constraints; what is NULL is not given. */
struct constraints {
	enum lstate_type type;
	enum lstate_element element;
	const char *min;
	const char *max;
	const char *step;
	int min_length;
	int max_length;
	const char *pattern;
	const char *choices[4];
	const char *shape;
	const char *rank;
	bool finite;
};

/**
 * struct row - one constraint
 * @name: for whoever reads a failure
 * @has: what the variable is registered with
 * @good: values that are accepted, the first of them as the initial value
 * @bad: values that are refused
 */
struct row {
	const char *name;
	struct constraints has;
	const char *good[MAX_BAD + 1];
	struct refusal bad[MAX_BAD];
};

/* What a value that violates a constraint, or is malformed, is refused with. */
#define RANGE(_value, _field, _message) \
	{ _value, "x: " _message, LSTATE_FIELD_##_field, -ERANGE }
#define NO_UTF8(_value) \
	{ _value, "x: the value is not valid UTF-8 without NUL", LSTATE_FIELD_VALUE, -EILSEQ }
#define MALFORMED(_value, _field, _message) \
	{ _value, "x: " _message, LSTATE_FIELD_##_field, -EINVAL }

#define INT .type = LSTATE_TYPE_INT
#define UINT .type = LSTATE_TYPE_UINT
#define FLOAT .type = LSTATE_TYPE_FLOAT
#define STRING .type = LSTATE_TYPE_STRING
#define CHOICE .type = LSTATE_TYPE_CHOICE
#define BYTES .type = LSTATE_TYPE_BYTES
#define ARRAY(_element) .type = LSTATE_TYPE_ARRAY, .element = LSTATE_ELEMENT_##_element

/* No length is given; 0 is one. */
#define ANY_LENGTH .min_length = -1, .max_length = -1

static const struct row number_rows[] = {
	{ "bool", { .type = LSTATE_TYPE_BOOL, ANY_LENGTH }, { "true", "false", "true" }, {} },
	{ "int, all", { INT, ANY_LENGTH },
	  { "0", "-9223372036854775808", "9223372036854775807" }, {} },
	{ "int, min", { INT, .min = "-30", ANY_LENGTH }, { "-30", "-29" },
	  { RANGE("-31", MIN, "-31 is below the minimum -30") } },
	{ "int, max", { INT, .max = "30", ANY_LENGTH }, { "30", "29" },
	  { RANGE("31", MAX, "31 is above the maximum 30") } },
	{ "int, least min", { INT, .min = "-9223372036854775807", ANY_LENGTH },
	  { "-9223372036854775807" },
	  { RANGE("-9223372036854775808", MIN,
		  "-9223372036854775808 is below the minimum -9223372036854775807") } },
	{ "int, greatest max", { INT, .max = "9223372036854775806", ANY_LENGTH },
	  { "9223372036854775806" },
	  { RANGE("9223372036854775807", MAX,
		  "9223372036854775807 is above the maximum 9223372036854775806") } },
	{ "int, step from 0", { INT, .step = "5", ANY_LENGTH }, { "0", "-5", "10" },
	  { RANGE("-4", STEP, "-4 lies between the steps of 5"),
	    RANGE("9", STEP, "9 lies between the steps of 5") } },
	{ "int, step from min", { INT, .min = "-9223372036854775808", .step = "3", ANY_LENGTH },
	  { "-9223372036854775808", "-9223372036854775805", "9223372036854775807" },
	  { RANGE("9223372036854775806", STEP,
		  "9223372036854775806 lies between the steps of 3") } },
	{ "uint, all", { UINT, ANY_LENGTH }, { "0", "18446744073709551615" }, {} },
	{ "uint, min", { UINT, .min = "1", ANY_LENGTH }, { "1", "18446744073709551615" },
	  { RANGE("0", MIN, "0 is below the minimum 1") } },
	{ "uint, max", { UINT, .max = "18446744073709551614", ANY_LENGTH },
	  { "18446744073709551614", "0" },
	  { RANGE("18446744073709551615", MAX,
		  "18446744073709551615 is above the maximum 18446744073709551614") } },
	{ "uint, step", { UINT, .min = "2", .step = "18446744073709551613", ANY_LENGTH },
	  { "2", "18446744073709551615" },
	  { RANGE("3", STEP, "3 lies between the steps of 18446744073709551613") } },
	{ "float, all", { FLOAT, ANY_LENGTH }, { "0", "nan", "inf", "-inf" }, {} },
	{ "float, min", { FLOAT, .min = "0.1", ANY_LENGTH }, { "0.1", "inf" },
	  { RANGE("0.09999999999999999", MIN,
		  "0.09999999999999999 is below the minimum 0.1"),
	    RANGE("-inf", MIN, "-inf is below the minimum 0.1"),
	    RANGE("nan", MIN, "nan is not within the minimum 0.1") } },
	{ "float, max", { FLOAT, .max = "0.1", ANY_LENGTH }, { "0.1", "-inf" },
	  { RANGE("0.10000000000000002", MAX,
		  "0.10000000000000002 is above the maximum 0.1"),
	    RANGE("inf", MAX, "inf is above the maximum 0.1"),
	    RANGE("nan", MAX, "nan is not within the maximum 0.1") } },
	{ "float, min -0.0", { FLOAT, .min = "-0.0", ANY_LENGTH }, { "0.0", "-0.0" },
	  { RANGE("-4.94065645841247e-324", MIN,
		  "-4.94065645841247e-324 is below the minimum -0") } },
	{ "float, max 0.0", { FLOAT, .max = "0", ANY_LENGTH }, { "-0.0", "0.0" },
	  { RANGE("4.94065645841247e-324", MAX,
		  "4.94065645841247e-324 is above the maximum 0") } },
	{ "float, min -inf", { FLOAT, .min = "-inf", ANY_LENGTH }, { "-inf", "inf" },
	  { RANGE("nan", MIN, "nan is not within the minimum -inf") } },
	{ "float, max inf", { FLOAT, .max = "inf", ANY_LENGTH }, { "inf", "-inf" },
	  { RANGE("nan", MAX, "nan is not within the maximum inf") } },
	{ "float, finite", { FLOAT, .min = "-1.7976931348623157e308",
			     .max = "1.7976931348623157e308", ANY_LENGTH },
	  { "1.7976931348623157e308", "-1.7976931348623157e308" },
	  { RANGE("inf", MAX, "inf is above the maximum 1.7976931348623157e+308"),
	    RANGE("-inf", MIN, "-inf is below the minimum -1.7976931348623157e+308"),
	    RANGE("nan", MIN, "nan is not within the minimum -1.7976931348623157e+308") } },
};

static const struct row text_rows[] = {
	{ "string, all", { STRING, ANY_LENGTH }, { "", "e\u0301", "\U0010ffff", "\x01\x7f" }, {} },
	{ "string, malformed", { STRING, ANY_LENGTH }, { "a" },
	  { NO_UTF8("\xff"), NO_UTF8("a\x80"), NO_UTF8("a\xc3") } },
	{ "string, overlong", { STRING, ANY_LENGTH }, { "/", "\u0800", "\U00010000" },
	  { NO_UTF8("\xc0\xaf"), NO_UTF8("\xe0\x9f\xbf"), NO_UTF8("\xf0\x8f\xbf\xbf") } },
	{ "string, no character", { STRING, ANY_LENGTH }, { "\ud7ff", "\ue000" },
	  { NO_UTF8("\xed\xa0\x80"), NO_UTF8("\xf4\x90\x80\x80"), NO_UTF8("\xc1\xbf") } },
	{ "string, min length", { STRING, .min_length = 2, .max_length = -1 },
	  { "e\u0301", "\U0001f600\U0001f600" },
	  { RANGE("\u00e9", MIN_LENGTH,
		  "\"\u00e9\" has 1 character, fewer than the minimum 2"),
	    RANGE("", MIN_LENGTH, "\"\" has 0 characters, fewer than the minimum 2") } },
	{ "string, max length", { STRING, .min_length = -1, .max_length = 2 },
	  { "", "e\u0301", "\U0001f600\U0001f600" },
	  { RANGE("e\u0301e", MAX_LENGTH,
		  "\"e\u0301e\" has 3 characters, more than the maximum 2") } },
	{ "string, empty", { STRING, .min_length = 0, .max_length = 0 }, { "" },
	  { RANGE(" ", MAX_LENGTH, "\" \" has 1 character, more than the maximum 0") } },
	{ "string, pattern", { STRING, .pattern = "[A-Z]*", ANY_LENGTH }, { "A", "Z\u00e9" },
	  { RANGE("", PATTERN, "\"\" does not match the pattern \"[A-Z]*\""),
	    RANGE("a", PATTERN, "\"a\" does not match the pattern \"[A-Z]*\""),
	    RANGE("\u00c4", PATTERN, "\"\u00c4\" does not match the pattern \"[A-Z]*\"") } },
	{ "string, pattern of bytes", { STRING, .pattern = "??", ANY_LENGTH },
	  { "ab", "\u00e9" },
	  { RANGE("a", PATTERN, "\"a\" does not match the pattern \"??\"") } },
	{ "choice", { CHOICE, .choices = { "off", "heat", "e\u0301" }, ANY_LENGTH },
	  { "heat", "off", "e\u0301" },
	  { RANGE("of", CHOICES, "\"of\" is not one of off, heat, \"e\u0301\""),
	    RANGE("", CHOICES, "\"\" is not one of off, heat, \"e\u0301\""),
	    NO_UTF8("\xc0\x80") } },
	{ "bytes, all", { BYTES, ANY_LENGTH }, { "", "AA==", "/wD/" }, {} },
	{ "bytes, min length", { BYTES, .min_length = 2, .max_length = -1 }, { "AAA=" },
	  { RANGE("AA==", MIN_LENGTH, "the value has 1 byte, fewer than the minimum 2"),
	    RANGE("", MIN_LENGTH, "the value has 0 bytes, fewer than the minimum 2") } },
	{ "bytes, max length", { BYTES, .min_length = -1, .max_length = 2 }, { "", "/wA=" },
	  { RANGE("w6kA", MAX_LENGTH, "the value has 3 bytes, more than the maximum 2") } },
};

static const struct row array_rows[] = {
	{ "array, any shape", { ARRAY(F32), ANY_LENGTH },
	  { "f32[0]:", "f32[]: nan", "f32[2,0,4294967295]:", "f32[1,1,1,1,1,1,1,1]: -0.0" },
	  { RANGE("f64[1]: 1", ELEMENT, "elements are f32, not f64") } },
	{ "array, rank 0", { ARRAY(U8), .rank = "0", ANY_LENGTH }, { "u8[]: 255" },
	  { RANGE("u8[1]: 255", RANK, "an array of 0 dimensions is wanted, not of 1") } },
	{ "array, rank 1", { ARRAY(U8), .rank = "1", ANY_LENGTH }, { "u8[2]: 1 2", "u8[0]:" },
	  { RANGE("u8[]: 255", RANK, "an array of 1 dimension is wanted, not of 0"),
	    RANGE("u8[1,1]: 5", RANK, "an array of 1 dimension is wanted, not of 2") } },
	{ "array, rank 8", { ARRAY(S64), .rank = "8", ANY_LENGTH },
	  { "s64[1,1,1,1,1,1,1,1]: 1", "s64[1,1,1,0,1,1,1,1]:" },
	  { RANGE("s64[1,1,1,1,1,1,1]: 1", RANK,
		  "an array of 8 dimensions is wanted, not of 7") } },
	{ "array, shape", { ARRAY(S32), .shape = "s32[2,3]: 0 0 0 0 0 0", ANY_LENGTH },
	  { "s32[2,3]: 1 2 3 4 5 6" },
	  { RANGE("s32[3,2]: 1 2 3 4 5 6", SHAPE, "dimension 0 is 3, not 2"),
	    RANGE("s32[2,2]: 1 2 3 4", SHAPE, "dimension 1 is 2, not 3"),
	    RANGE("s32[2]: 1 2", RANK, "an array of 2 dimensions is wanted, not of 1") } },
	{ "array, f32 max", { ARRAY(F32), .max = "1", ANY_LENGTH },
	  { "f32[2]: 1 -inf" },
	  { RANGE("f32[2]: 1 1.00000012", MAX,
		  "element 1: 1.0000001192092896 is above the maximum 1"),
	    RANGE("f32[2]: nan 1", MAX, "element 0: nan is not within the maximum 1") } },
	{ "array, f32 min that is no single", { ARRAY(F32), .min = "1.0000000000000002",
						ANY_LENGTH },
	  { "f32[1]: 1.00000012" },
	  { RANGE("f32[1]: 1", MIN, "element 0: 1 is below the minimum 1.0000000000000002") } },
	{ "array, f32 min denormal", { ARRAY(F32), .min = "-0.0", ANY_LENGTH },
	  { "f32[2]: -0.0 1e-45" },
	  { RANGE("f32[2]: 0 -1e-45", MIN,
		  "element 1: -1.401298464324817e-45 is below the minimum -0") } },
	{ "array, f64 max", { ARRAY(F64), .max = "0.1", ANY_LENGTH }, { "f64[1]: 0.1" },
	  { RANGE("f64[1]: 0.10000000000000002", MAX,
		  "element 0: 0.10000000000000002 is above the maximum 0.1") } },
	{ "array, f64 min", { ARRAY(F64), .min = "0.1", ANY_LENGTH }, { "f64[1]: 0.1" },
	  { RANGE("f64[1]: 0.09999999999999999", MIN,
		  "element 0: 0.09999999999999999 is below the minimum 0.1") } },
	{ "array, f32 finite", { ARRAY(F32), .finite = true, ANY_LENGTH },
	  { "f32[2]: 3.40282347e38 -3.40282347e38" },
	  { RANGE("f32[2]: 0 inf", FINITE, "element 1: inf is not finite"),
	    RANGE("f32[2]: -inf 0", FINITE, "element 0: -inf is not finite"),
	    RANGE("f32[1]: nan", FINITE, "element 0: nan is not finite") } },
	{ "array, f64 finite", { ARRAY(F64), .finite = true, ANY_LENGTH },
	  { "f64[2]: 1.7976931348623157e308 -1.7976931348623157e308" },
	  { RANGE("f64[1]: inf", FINITE, "element 0: inf is not finite"),
	    RANGE("f64[1]: nan", FINITE, "element 0: nan is not finite") } },
	{ "array, s32 limits", { ARRAY(S32), .min = "-2147483647", .max = "2147483646",
				 ANY_LENGTH },
	  { "s32[2]: -2147483647 2147483646" },
	  { RANGE("s32[1]: -2147483648", MIN,
		  "element 0: -2147483648 is below the minimum -2147483647"),
	    RANGE("s32[1]: 2147483647", MAX,
		  "element 0: 2147483647 is above the maximum 2147483646") } },
	{ "array, s64 limits", { ARRAY(S64), .min = "-9223372036854775807",
				 .max = "9223372036854775806", ANY_LENGTH },
	  { "s64[2]: -9223372036854775807 9223372036854775806" },
	  { RANGE("s64[1]: -9223372036854775808", MIN,
		  "element 0: -9223372036854775808 is below the minimum -9223372036854775807"),
	    RANGE("s64[1]: 9223372036854775807", MAX,
		  "element 0: 9223372036854775807 is above the maximum 9223372036854775806") } },
	{ "array, u8 limits", { ARRAY(U8), .min = "1", .max = "254", ANY_LENGTH },
	  { "u8[2]: 1 254" },
	  { RANGE("u8[1]: 0", MIN, "element 0: 0 is below the minimum 1"),
	    RANGE("u8[2]: 1 255", MAX, "element 1: 255 is above the maximum 254") } },
};

/* Constraints that there cannot be, with what they are refused with. */
struct senseless {
	struct constraints has;
	const char *message;
	enum lstate_field field;
};

#define SENSELESS(_field, _message, ...) \
	{ { __VA_ARGS__ }, "x: " _message, LSTATE_FIELD_##_field }

static const struct senseless senseless_rows[] = {
	SENSELESS(MIN, "the minimum 1 is above the maximum 0",
		  INT, .min = "1", .max = "0", ANY_LENGTH),
	SENSELESS(MIN, "the minimum 18446744073709551615 is above the maximum 0",
		  UINT, .min = "18446744073709551615", .max = "0", ANY_LENGTH),
	SENSELESS(MIN, "the minimum 0.30000000000000004 is above the maximum 0.3",
		  FLOAT, .min = "0.30000000000000004", .max = "0.3", ANY_LENGTH),
	SENSELESS(MIN, "the minimum must not be nan", FLOAT, .min = "nan", ANY_LENGTH),
	SENSELESS(MAX, "the maximum must not be nan", FLOAT, .max = "nan", ANY_LENGTH),
	SENSELESS(STEP, "the step must be above 0", INT, .step = "0", ANY_LENGTH),
	SENSELESS(STEP, "the step must be above 0", INT, .step = "-1", ANY_LENGTH),
	SENSELESS(STEP, "the step must be above 0", UINT, .step = "0", ANY_LENGTH),
	SENSELESS(MIN_LENGTH, "the minimum length 2 is above the maximum 1",
		  STRING, .min_length = 2, .max_length = 1),
	SENSELESS(MIN_LENGTH, "the minimum length 65537 is above the maximum 65536",
		  BYTES, .min_length = 65537, .max_length = -1),
	SENSELESS(CHOICES, "a choice needs a list of choices", CHOICE, ANY_LENGTH),
	SENSELESS(CHOICES, "the choices must be distinct and not empty",
		  CHOICE, .choices = { "a", "b", "a" }, ANY_LENGTH),
	SENSELESS(CHOICES, "the choices must be distinct and not empty",
		  CHOICE, .choices = { "a", "" }, ANY_LENGTH),
	SENSELESS(ELEMENT, "an array needs an element type: f32, f64, s32, s64 or u8",
		  .type = LSTATE_TYPE_ARRAY, ANY_LENGTH),
	SENSELESS(RANK, "an array has at most 8 dimensions",
		  ARRAY(F32), .rank = "9", ANY_LENGTH),
	SENSELESS(MIN, "the minimum 2 is above the maximum 1",
		  ARRAY(F32), .min = "2", .max = "1", ANY_LENGTH),
	SENSELESS(MAX, "the maximum must not be nan", ARRAY(F64), .max = "nan", ANY_LENGTH),
	SENSELESS(MIN, "the minimum -2147483649 is beyond -2147483648, which ends the type s32",
		  ARRAY(S32), .min = "-2147483649", ANY_LENGTH),
	SENSELESS(MAX, "the maximum 256 is beyond 255, which ends the type u8",
		  ARRAY(U8), .max = "256", ANY_LENGTH),
	SENSELESS(FINITE, "only elements of type f32 or f64 can be infinite",
		  ARRAY(S64), .finite = true, ANY_LENGTH),
	SENSELESS(FINITE, "no finite element is within the limits",
		  ARRAY(F64), .finite = true, .min = "inf", ANY_LENGTH),
	SENSELESS(FINITE, "no finite element is within the limits",
		  ARRAY(F32), .finite = true, .max = "-inf", ANY_LENGTH),
};

/* What the library refuses by itself: no such array can be made with it. */
static const struct refusal impossible_rows[] = {
	{ "u8[65537]:", "x: \"u8[65537]:\" is too large for an array", LSTATE_FIELD_VALUE,
	  -ERANGE },
	{ "u8[65536,65536,65536,65536,65536,65536,65536,65536]:",
	  "x: \"u8[65536,65536,65536,65536,65536,65536,65536,65536]:\" is too large for an array",
	  LSTATE_FIELD_VALUE, -ERANGE },
	{ "f64[4294967295,4294967295,2]:",
	  "x: \"f64[4294967295,4294967295,2]:\" is too large for an array",
	  LSTATE_FIELD_VALUE, -ERANGE },
	{ "u8[1,1,1,1,1,1,1,1,1]: 0", "x: \"u8[1,1,1,1,1,1,1,1,1]: 0\" is not an array",
	  LSTATE_FIELD_VALUE, -EINVAL },
};

FIXTURE(library_constraint_table) {
	struct lstate_session *s;
};

FIXTURE_SETUP(library_constraint_table)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->s = library_session();
	ASSERT_NE(NULL, self->s);
}

FIXTURE_TEARDOWN(library_constraint_table)
{
	lstate_session_close(self->s);
	EXPECT_NO_LEAK();
}

/* The type of a variable's limits. */
static enum lstate_type bound_type(const struct constraints *has)
{
	return has->element == LSTATE_ELEMENT_NONE ?
	       has->type : lstate_element_type(has->element);
}

typedef int set_value_fn(struct lstate_spec *spec, const struct lstate_value *value);

static int give_value(struct lstate_spec *spec, enum lstate_type type, const char *text,
		      set_value_fn *set)
{
	struct lstate_value value;
	int rc;

	if (!text)
		return 0;
	rc = lstate_value_parse(type, text, &value);
	if (rc)
		return rc;
	rc = set(spec, &value);
	lstate_value_clear(&value);
	return rc;
}

/* The shape is that of an array in its text form. */
static int give_shape(struct lstate_spec *spec, const struct constraints *has)
{
	struct lstate_value value;
	struct lstate_array array;
	int rc = 0;

	if (has->rank)
		rc = lstate_spec_set_rank(spec, atoi(has->rank));
	if (rc || !has->shape)
		return rc;
	rc = lstate_value_parse(LSTATE_TYPE_ARRAY, has->shape, &value);
	if (rc)
		return rc;
	rc = lstate_value_as_array(&value, &array) ?:
	     lstate_spec_set_shape(spec, array.shape, array.rank);
	lstate_value_clear(&value);
	return rc;
}

static int give_array(struct lstate_spec *spec, const struct constraints *has)
{
	int rc = 0;

	if (has->element)
		rc = lstate_spec_set_element(spec, has->element);
	if (!rc)
		rc = give_shape(spec, has);
	if (!rc && has->finite)
		rc = lstate_spec_set_finite(spec);
	return rc;
}

static int give_texts(struct lstate_spec *spec, const struct constraints *has)
{
	size_t n = 0;
	int rc = 0;

	if (has->min_length >= 0)
		rc = lstate_spec_set_min_length(spec, has->min_length);
	if (!rc && has->max_length >= 0)
		rc = lstate_spec_set_max_length(spec, has->max_length);
	if (!rc && has->pattern)
		rc = lstate_spec_set_pattern(spec, has->pattern);
	while (has->choices[n])
		n++;
	if (!rc && n)
		rc = lstate_spec_set_choices(spec, has->choices, n);
	return rc;
}

/* Register "x" with this initial value, or with the default. */
static int register_x(struct lstate_session *s, const struct constraints *has,
		      const char *initial)
{
	struct lstate_spec *spec;
	int rc = lstate_spec_new(&spec, "x", has->type);

	if (rc)
		return rc;
	rc = give_array(spec, has) ?: give_texts(spec, has) ?:
	     give_value(spec, bound_type(has), has->min, lstate_spec_set_min) ?:
	     give_value(spec, bound_type(has), has->max, lstate_spec_set_max) ?:
	     give_value(spec, bound_type(has), has->step, lstate_spec_set_step) ?:
	     give_value(spec, has->type, initial, lstate_spec_set_value);
	/* So that no refusal is taken for that of the kernel. */
	rc = rc ? -ENOTRECOVERABLE : lstate_register(s, spec, NULL);
	lstate_spec_free(spec);
	return rc;
}

/* All of "x" that a refused set must leave alone, as text; the caller frees it. */
static char *state_of_x(struct lstate_session *s)
{
	struct lstate_variable *x;
	char *state, *value;
	int length;

	if (lstate_describe(s, "x", &x))
		return strdup("absent");
	length = lstate_value_format(lstate_variable_value(x), NULL, 0);
	value = malloc(length + 1);
	lstate_value_format(lstate_variable_value(x), value, length + 1);
	if (asprintf(&state, "%s, version %llu of %llu by %d, %s", value,
		     (unsigned long long)lstate_variable_version(x),
		     (unsigned long long)lstate_variable_changed_ns(x),
		     (int)lstate_variable_pid(x),
		     lstate_variable_metadata(x)->key ? "metadata" : "none") < 0)
		state = NULL;
	lstate_variable_free(x);
	free(value);
	return state;
}

/* Set "x" to what a text says, with metadata, so that they would be seen. */
static int set_x(struct lstate_session *s, enum lstate_type type, const char *text)
{
	const struct lstate_metadata metadata[] = { { "refused", "value" }, { NULL, NULL } };
	struct lstate_value value;
	int rc = lstate_value_parse(type, text, &value);

	if (rc)
		return -ENOTRECOVERABLE;
	rc = lstate_set(s, "x", &value, metadata, LSTATE_ANY_VERSION, NULL);
	lstate_value_clear(&value);
	return rc;
}

#define EXPECT_REFUSAL(_refusal, _call, _state) do {			\
	const struct refusal *_r = (_refusal);				\
	char *_before = (_state), *_after;				\
									\
	EXPECT_EQ(_r->code, _call);					\
	EXPECT_EQ(_r->code, lstate_error_code(lstate_session_error(self->s))); \
	EXPECT_EQ(_r->field, lstate_error_field(lstate_session_error(self->s))); \
	EXPECT_STREQ(_r->message, lstate_error_message(lstate_session_error(self->s))); \
	_after = state_of_x(self->s);					\
	EXPECT_STREQ(_before, _after);					\
	free(_before);							\
	free(_after);							\
} while (0)

/* One row: the initial value, then sets. */
#define CHECK_ROW(_row) do {						\
	const struct row *_x = (_row);					\
	const struct refusal *_bad;					\
	int _i;								\
									\
	for (_bad = _x->bad; _bad < _x->bad + MAX_BAD && _bad->value; _bad++) \
		EXPECT_REFUSAL(_bad, register_x(self->s, &_x->has, _bad->value), \
			       strdup("absent"));			\
	EXPECT_EQ(0, register_x(self->s, &_x->has, _x->good[0]));	\
	for (_i = 1; _i <= MAX_BAD && _x->good[_i]; _i++)		\
		EXPECT_LE(0, set_x(self->s, _x->has.type, _x->good[_i])); \
	EXPECT_LE(0, set_x(self->s, _x->has.type, _x->good[0]));	\
	for (_bad = _x->bad; _bad < _x->bad + MAX_BAD && _bad->value; _bad++) { \
		EXPECT_REFUSAL(_bad, set_x(self->s, _x->has.type, _bad->value), \
			       state_of_x(self->s));			\
		EXPECT_REFUSAL(_bad, lstate_set_text(self->s, "x", _bad->value, NULL, \
						     LSTATE_ANY_VERSION, NULL), \
			       state_of_x(self->s));			\
	}								\
	EXPECT_EQ(0, lstate_delete(self->s, "x"));			\
	ASSERT_EQ(0, _metadata->exit_code) {				\
		TH_LOG("%s", _x->name);					\
	}								\
} while (0)

TEST_F(library_constraint_table, number_is_held_to_its_limits)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(number_rows); i++)
		CHECK_ROW(&number_rows[i]);
}

TEST_F(library_constraint_table, text_is_held_to_its_limits)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(text_rows); i++)
		CHECK_ROW(&text_rows[i]);
}

TEST_F(library_constraint_table, array_is_held_to_its_limits)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(array_rows); i++)
		CHECK_ROW(&array_rows[i]);
}

TEST_F(library_constraint_table, senseless_constraint_is_refused)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(senseless_rows); i++) {
		const struct senseless *row = &senseless_rows[i];
		const struct refusal refusal = { NULL, row->message, row->field, -EINVAL };

		EXPECT_REFUSAL(&refusal, register_x(self->s, &row->has, NULL),
			       strdup("absent"));
		ASSERT_EQ(0, _metadata->exit_code) {
			TH_LOG("%s", row->message);
		}
	}
}

TEST_F(library_constraint_table, array_that_cannot_be_is_no_value)
{
	const struct constraints has = { ARRAY(U8), ANY_LENGTH };
	size_t i;

	ASSERT_EQ(0, register_x(self->s, &has, "u8[2]: 1 2"));
	for (i = 0; i < ARRAY_SIZE(impossible_rows); i++)
		EXPECT_REFUSAL(&impossible_rows[i],
			       lstate_set_text(self->s, "x", impossible_rows[i].value, NULL,
					       LSTATE_ANY_VERSION, NULL),
			       state_of_x(self->s));
}

/* Each type by a value of the next one. */
TEST_F(library_constraint_table, value_of_another_type_is_refused)
{
	static const struct {
		const char *initial;
		const char *message;
	} types[] = {
		[LSTATE_TYPE_BOOL] = { "true", "x: a bool is wanted, not an int" },
		[LSTATE_TYPE_INT] = { "1", "x: an int is wanted, not a uint" },
		[LSTATE_TYPE_UINT] = { "1", "x: a uint is wanted, not a float" },
		[LSTATE_TYPE_FLOAT] = { "1", "x: a float is wanted, not a string" },
		[LSTATE_TYPE_STRING] = { "a", "x: a string is wanted, not a choice" },
		[LSTATE_TYPE_CHOICE] = { "a", "x: a choice is wanted, not a value of bytes" },
		[LSTATE_TYPE_BYTES] = { "AA==", "x: a value of bytes is wanted, not an array" },
		[LSTATE_TYPE_ARRAY] = { "u8[]: 1", "x: an array is wanted, not a bool" },
	};
	struct constraints has = { .choices = { "a" }, ANY_LENGTH };
	enum lstate_type type, other;

	for (type = LSTATE_TYPE_BOOL; type <= LSTATE_TYPE_ARRAY; type++) {
		const struct refusal refusal = { NULL, types[type].message, LSTATE_FIELD_TYPE,
						 -EINVAL };

		other = type == LSTATE_TYPE_ARRAY ? LSTATE_TYPE_BOOL : type + 1;
		has.type = type;
		has.element = type == LSTATE_TYPE_ARRAY ? LSTATE_ELEMENT_U8 : LSTATE_ELEMENT_NONE;
		has.choices[0] = type == LSTATE_TYPE_CHOICE ? "a" : NULL;
		ASSERT_EQ(0, register_x(self->s, &has, types[type].initial));
		EXPECT_REFUSAL(&refusal, set_x(self->s, other, types[other].initial),
			       state_of_x(self->s));
		ASSERT_EQ(0, lstate_delete(self->s, "x"));
	}
}

/* The greatest length of each type that has one, and one more. */
TEST_F(library_constraint_table, value_has_at_most_64_kib)
{
	static const uint32_t shape[] = { 65536 };
	const struct constraints has[] = {
		{ STRING, ANY_LENGTH }, { BYTES, ANY_LENGTH }, { ARRAY(U8), ANY_LENGTH },
	};
	const struct refusal refusal = {
		NULL, "x: the value has 65537 bytes, more than the maximum 65536",
		LSTATE_FIELD_VALUE, -EINVAL,
	};
	char *text = library_long_text(65537);
	struct lstate_value value = { LSTATE_TYPE_STRING, 65536, { 0 } };

	value.data = text;
	ASSERT_EQ(0, register_x(self->s, &has[0], NULL));
	EXPECT_EQ(1, lstate_set(self->s, "x", &value, NULL, LSTATE_ANY_VERSION, NULL));
	value.length++;
	EXPECT_REFUSAL(&refusal, lstate_set(self->s, "x", &value, NULL, LSTATE_ANY_VERSION, NULL),
		       state_of_x(self->s));
	ASSERT_EQ(0, lstate_delete(self->s, "x"));

	ASSERT_EQ(0, register_x(self->s, &has[1], NULL));
	EXPECT_EQ(1, lstate_set_bytes(self->s, "x", text, 65536));
	EXPECT_REFUSAL(&refusal, lstate_set_bytes(self->s, "x", text, 65537),
		       state_of_x(self->s));
	ASSERT_EQ(0, lstate_delete(self->s, "x"));

	ASSERT_EQ(0, register_x(self->s, &has[2], NULL));
	EXPECT_EQ(1, lstate_set_array(self->s, "x", LSTATE_ELEMENT_U8, shape, 1, text));
	EXPECT_EQ(-ERANGE, lstate_set_array(self->s, "x", LSTATE_ELEMENT_S32, shape, 1, text));
	free(text);
}

TEST_HARNESS_MAIN
