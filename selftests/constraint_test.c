// SPDX-License-Identifier: GPL-2.0-only
/*
 * Types and constraints: at the limit a value is accepted, one step beyond it
 * is refused by name and number, and nothing has changed.
 */
#include <float.h>
#include <math.h>

#include "process_helpers.h"

#define HAS(_what) LOCALSTATE_HAS_##_what
#define FIELD(_what) LOCALSTATE_FIELD_##_what

/* Two characters of two bytes, and one of four. */
#define E_ACUTE "\xc3\xa9"
#define EMOJI "\xf0\x9f\x98\x80"

FIXTURE(constraint) {
	int fd;
	struct snapshot before;
};

FIXTURE_SETUP(constraint)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->fd = session_private();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(constraint)
{
	close(self->fd);
}

/* A number with limits: what it accepts, what it refuses and why. */
struct number_case {
	const char *name;
	__u32 type;
	__u32 constraints;
	__u64 min;
	__u64 max;
	__u64 step;
	__u64 good[4];
	__u64 bad;
	__u32 field;
	__u64 limit;
};

#define INT_CASE .type = LOCALSTATE_TYPE_INT
#define UINT_CASE .type = LOCALSTATE_TYPE_UINT

static const struct number_case integer_cases[] = {
	{ "int above max", INT_CASE, HAS(MAX), .max = 30,
	  .good = { 30, 29, INT64_MIN, 0 },
	  .bad = 31, .field = FIELD(MAX), .limit = 30 },
	{ "int below min", INT_CASE, HAS(MIN), .min = -30,
	  .good = { -30, -29, INT64_MAX, 0 },
	  .bad = -31, .field = FIELD(MIN), .limit = -30 },
	{ "int max is a high positive", INT_CASE, HAS(MAX), .max = INT64_MAX - 1,
	  .good = { INT64_MAX - 1, INT64_MIN, -1, 1 },
	  .bad = INT64_MAX, .field = FIELD(MAX), .limit = INT64_MAX - 1 },
	{ "int min is a low negative", INT_CASE, HAS(MIN), .min = INT64_MIN + 1,
	  .good = { INT64_MIN + 1, INT64_MAX, -1, 1 },
	  .bad = INT64_MIN, .field = FIELD(MIN), .limit = INT64_MIN + 1 },
	{ "int negative is below zero", INT_CASE, HAS(MIN), .min = 0,
	  .good = { 0, 1, INT64_MAX, 2 },
	  .bad = -1, .field = FIELD(MIN), .limit = 0 },
	{ "int one legal value", INT_CASE, HAS(MIN) | HAS(MAX),
	  .min = 7, .max = 7, .good = { 7, 7, 7, 7 },
	  .bad = 8, .field = FIELD(MAX), .limit = 7 },
	{ "int step from zero", INT_CASE, HAS(STEP), .step = 5,
	  .good = { 0, 5, -5, -1000000 },
	  .bad = -4, .field = FIELD(STEP), .limit = 5 },
	{ "int step from min", INT_CASE, HAS(MIN) | HAS(STEP),
	  .min = -7, .step = 5, .good = { -7, -2, 3, 8 },
	  .bad = 5, .field = FIELD(STEP), .limit = 5 },
	{ "int step over the whole range", INT_CASE,
	  HAS(MIN) | HAS(MAX) | HAS(STEP),
	  .min = INT64_MIN, .max = INT64_MAX, .step = INT64_MAX,
	  .good = { INT64_MIN, -1, INT64_MAX - 1, -1 },
	  .bad = INT64_MAX, .field = FIELD(STEP), .limit = INT64_MAX },
	{ "int step of one over the whole range", INT_CASE, HAS(MIN) | HAS(STEP),
	  .min = INT64_MIN, .step = 1,
	  .good = { INT64_MIN, INT64_MAX, 0, -1 },
	  .bad = 0, .field = FIELD(NONE) },
	{ "int step from zero reaches the lowest", INT_CASE, HAS(STEP), .step = 2,
	  .good = { INT64_MIN, INT64_MIN + 2, INT64_MAX - 1, 0 },
	  .bad = INT64_MAX, .field = FIELD(STEP), .limit = 2 },
	{ "uint above max", UINT_CASE, HAS(MAX), .max = 30,
	  .good = { 30, 29, 0, 1 },
	  .bad = 31, .field = FIELD(MAX), .limit = 30 },
	{ "uint below min", UINT_CASE, HAS(MIN), .min = 30,
	  .good = { 30, 31, UINT64_MAX, 1ULL << 63 },
	  .bad = 29, .field = FIELD(MIN), .limit = 30 },
	{ "uint has no sign", UINT_CASE, HAS(MAX), .max = UINT64_MAX - 1,
	  .good = { 0, 1ULL << 63, INT64_MAX, UINT64_MAX - 1 },
	  .bad = UINT64_MAX, .field = FIELD(MAX), .limit = UINT64_MAX - 1 },
	{ "uint step from min", UINT_CASE, HAS(MIN) | HAS(STEP),
	  .min = 1, .step = 1ULL << 63, .good = { 1, (1ULL << 63) + 1, 1, 1 },
	  .bad = 1ULL << 63, .field = FIELD(STEP), .limit = 1ULL << 63 },
	{ "uint step of the highest", UINT_CASE, HAS(STEP), .step = UINT64_MAX,
	  .good = { 0, UINT64_MAX, 0, UINT64_MAX },
	  .bad = 1, .field = FIELD(STEP), .limit = UINT64_MAX },
};

static int number_register(int fd, const struct number_case *c, __u64 value)
{
	struct localstate_register req;

	req = register_request("n", value_scalar(c->type, value));
	req.constraints = c->constraints;
	req.min = c->min;
	req.max = c->max;
	req.step = c->step;
	return call(fd, LOCALSTATE_IOC_REGISTER, &req);
}

static void check_number(struct __test_metadata *_metadata, int fd,
			 const struct number_case *c)
{
	static struct snapshot before;
	struct localstate_set req;
	struct localstate_get get;
	int i;

	ASSERT_EQ(0, number_register(fd, c, c->good[0]));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, variable_set(fd, "n",
					  value_scalar(c->type, c->good[i])));
		ASSERT_EQ(0, variable_get(fd, "n", &get));
		EXPECT_EQ(c->good[i], get.value.data);
	}
	ASSERT_EQ(0, snapshot_take(fd, &before));
	if (c->field) {
		req = set_request(key_name("n"), value_scalar(c->type, c->bad));
		EXPECT_REFUSED(ERANGE, NONE + c->field, c->limit,
			       call(fd, LOCALSTATE_IOC_SET, &req), &req);
		EXPECT_EQ(c->type, req.error.type);
		EXPECT_EQ(0, req.version);
		EXPECT_EQ(0, req.result);
		EXPECT_TRUE(snapshot_holds(fd, &before));
	}
	ASSERT_EQ(0, variable_delete(fd, "n"));
	ASSERT_EQ(0, snapshot_take(fd, &before));
	if (c->field) {
		EXPECT_EQ(-ERANGE, number_register(fd, c, c->bad));
		EXPECT_TRUE(snapshot_holds(fd, &before));
	}
}

TEST_F(constraint, integer_is_held_to_min_max_and_step)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(integer_cases); i++) {
		check_number(_metadata, self->fd, &integer_cases[i]);
		ASSERT_EQ(0, _metadata->exit_code) {
			TH_LOG("%s", integer_cases[i].name);
		}
	}
}

/* The next double above, and below: finite and not zero. */
static __u64 bits_above(double value)
{
	return double_bits(value) + (value > 0 ? 1 : -1);
}

static __u64 bits_below(double value)
{
	return double_bits(value) + (value > 0 ? -1 : 1);
}

TEST_F(constraint, float_is_held_to_the_next_double)
{
	const double limits[] = {
		30, -30, 0.1, DBL_MIN, DBL_TRUE_MIN, DBL_MAX, 1e300, -DBL_MIN,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		double limit = limits[i];
		struct number_case above = {
			"float above max", LOCALSTATE_TYPE_FLOAT, HAS(MAX),
			.max = double_bits(limit),
			.good = { double_bits(limit),
				  bits_below(limit),
				  double_bits(-INFINITY),
				  double_bits(-DBL_MAX) },
			.bad = bits_above(limit),
			.field = FIELD(MAX), .limit = double_bits(limit),
		};
		struct number_case below = {
			"float below min", LOCALSTATE_TYPE_FLOAT, HAS(MIN),
			.min = double_bits(limit),
			.good = { double_bits(limit),
				  bits_above(limit),
				  double_bits(INFINITY),
				  double_bits(DBL_MAX) },
			.bad = bits_below(limit),
			.field = FIELD(MIN), .limit = double_bits(limit),
		};

		check_number(_metadata, self->fd, &above);
		check_number(_metadata, self->fd, &below);
		ASSERT_EQ(0, _metadata->exit_code) {
			TH_LOG("limit %a", limit);
		}
	}
}

TEST_F(constraint, float_zeroes_are_one_at_a_limit)
{
	const struct number_case cases[] = {
		{ "min 0.0", LOCALSTATE_TYPE_FLOAT, HAS(MIN),
		  .min = double_bits(0.0),
		  .good = { double_bits(1.0), double_bits(-0.0),
			    double_bits(2.0), double_bits(3.0) },
		  .bad = double_bits(-DBL_TRUE_MIN), .field = FIELD(MIN),
		  .limit = double_bits(0.0) },
		{ "max -0.0", LOCALSTATE_TYPE_FLOAT, HAS(MAX),
		  .max = double_bits(-0.0),
		  .good = { double_bits(-1.0), double_bits(0.0),
			    double_bits(-2.0), double_bits(-3.0) },
		  .bad = double_bits(DBL_TRUE_MIN), .field = FIELD(MAX),
		  .limit = double_bits(-0.0) },
	};

	check_number(_metadata, self->fd, &cases[0]);
	check_number(_metadata, self->fd, &cases[1]);
}

TEST_F(constraint, infinity_is_refused_only_by_a_limit_on_its_side)
{
	const struct number_case cases[] = {
		{ "max forbids inf", LOCALSTATE_TYPE_FLOAT, HAS(MAX),
		  .max = double_bits(DBL_MAX),
		  .good = { double_bits(DBL_MAX), double_bits(-INFINITY),
			    double_bits(0), double_bits(1) },
		  .bad = double_bits(INFINITY), .field = FIELD(MAX),
		  .limit = double_bits(DBL_MAX) },
		{ "min forbids -inf", LOCALSTATE_TYPE_FLOAT, HAS(MIN),
		  .min = double_bits(-DBL_MAX),
		  .good = { double_bits(-DBL_MAX), double_bits(INFINITY),
			    double_bits(0), double_bits(1) },
		  .bad = double_bits(-INFINITY), .field = FIELD(MIN),
		  .limit = double_bits(-DBL_MAX) },
		{ "max inf allows it", LOCALSTATE_TYPE_FLOAT, HAS(MAX),
		  .max = double_bits(INFINITY),
		  .good = { double_bits(INFINITY), double_bits(-INFINITY),
			    double_bits(0), double_bits(DBL_MAX) },
		  .bad = 0, .field = FIELD(NONE) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_number(_metadata, self->fd, &cases[i]);
}

TEST_F(constraint, nan_is_refused_by_any_limit)
{
	const __u64 nans[] = {
		double_bits(NAN), double_bits(-NAN), 0x7ff0000000000001ULL,
		0xfff8000000000123ULL, 0x7fffffffffffffffULL,
	};
	struct number_case c = {
		"nan", LOCALSTATE_TYPE_FLOAT, HAS(MAX),
		.max = double_bits(INFINITY), .field = FIELD(MAX),
		.limit = double_bits(INFINITY),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nans); i++) {
		c.bad = nans[i];
		check_number(_metadata, self->fd, &c);
	}
	c.constraints = HAS(MIN);
	c.min = double_bits(-INFINITY);
	c.max = 0;
	c.field = FIELD(MIN);
	c.limit = c.min;
	for (i = 0; i < ARRAY_SIZE(nans); i++) {
		c.bad = nans[i];
		check_number(_metadata, self->fd, &c);
	}
}

TEST_F(constraint, nan_and_infinity_are_values_without_limits)
{
	const __u64 bits[] = {
		double_bits(INFINITY), double_bits(-INFINITY),
		double_bits(NAN), double_bits(1.5),
	};
	struct localstate_get get;
	unsigned int i;

	ASSERT_EQ(0, variable_register(self->fd, "f", value_float(0)));
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		EXPECT_EQ(0, variable_set(self->fd, "f",
					  value_scalar(LOCALSTATE_TYPE_FLOAT,
						       bits[i])));
		ASSERT_EQ(0, variable_get(self->fd, "f", &get));
		EXPECT_EQ(bits[i], get.value.data);
		EXPECT_EQ(i + 1, get.version);
	}
}

TEST_F(constraint, bool_is_zero_or_one)
{
	struct localstate_set req;

	ASSERT_EQ(0, variable_register(self->fd, "b", value_bool(false)));
	EXPECT_EQ(0, variable_set(self->fd, "b", value_bool(true)));
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
	req = set_request(key_name("b"), value_scalar(LOCALSTATE_TYPE_BOOL, 2));
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_SET, &req));
	EXPECT_EQ(EINVAL, req.error.code);
	EXPECT_EQ(LOCALSTATE_FIELD_VALUE, req.error.field);
	req = set_request(key_name("b"),
			  value_scalar(LOCALSTATE_TYPE_BOOL, 1ULL << 32));
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_SET, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_VALUE, req.error.field);
	EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
}

/* Texts. */

struct text_case {
	const char *name;
	__u32 constraints;
	__u32 min_length;
	__u32 max_length;
	const char *pattern;
	const char *good[3];
	const char *bad;
	__u32 field;
	__u64 limit;
};

static const struct text_case text_cases[] = {
	{ "too long", HAS(MAX_LENGTH), .max_length = 3,
	  .good = { "abc", "", "ab" },
	  .bad = "abcd", .field = FIELD(MAX_LENGTH), .limit = 3 },
	{ "too short", HAS(MIN_LENGTH), .min_length = 2,
	  .good = { "ab", "abc", "abcd" },
	  .bad = "a", .field = FIELD(MIN_LENGTH), .limit = 2 },
	{ "characters count, not bytes", HAS(MAX_LENGTH), .max_length = 3,
	  .good = { E_ACUTE E_ACUTE E_ACUTE, EMOJI EMOJI EMOJI,
		    "a" E_ACUTE EMOJI },
	  .bad = E_ACUTE E_ACUTE E_ACUTE "a", .field = FIELD(MAX_LENGTH),
	  .limit = 3 },
	{ "bytes do not make it longer", HAS(MIN_LENGTH), .min_length = 2,
	  .good = { E_ACUTE E_ACUTE, EMOJI EMOJI, "ab" },
	  .bad = EMOJI, .field = FIELD(MIN_LENGTH), .limit = 2 },
	{ "only the empty one", HAS(MAX_LENGTH), .max_length = 0,
	  .good = { "", "", "" },
	  .bad = "a", .field = FIELD(MAX_LENGTH), .limit = 0 },
	{ "star", HAS(PATTERN), .pattern = "[A-Z]*",
	  .good = { "A", "Module", "Z_9" },
	  .bad = "module", .field = FIELD(PATTERN) },
	{ "pattern fits the whole value", HAS(PATTERN), .pattern = "a?c",
	  .good = { "abc", "axc", "a.c" },
	  .bad = "abcd", .field = FIELD(PATTERN) },
	{ "empty does not fit a letter", HAS(PATTERN), .pattern = "?*",
	  .good = { "a", "ab", "abc" },
	  .bad = "", .field = FIELD(PATTERN) },
	{ "escaped star", HAS(PATTERN), .pattern = "\\*",
	  .good = { "*", "*", "*" },
	  .bad = "a", .field = FIELD(PATTERN) },
	{ "pattern matches bytes", HAS(PATTERN), .pattern = "??",
	  .good = { "ab", E_ACUTE, "xy" },
	  .bad = "a", .field = FIELD(PATTERN) },
};

static int text_register(int fd, const struct text_case *c, const char *value)
{
	struct localstate_register req;

	req = register_request("s", value_string(value));
	req.constraints = c->constraints;
	req.min_length = c->min_length;
	req.max_length = c->max_length;
	req.pattern = pointer(c->pattern);
	req.pattern_len = c->pattern ? strlen(c->pattern) : 0;
	return call(fd, LOCALSTATE_IOC_REGISTER, &req);
}

static void check_text(struct __test_metadata *_metadata, int fd,
		       const struct text_case *c)
{
	static struct snapshot before;
	struct localstate_set req;
	int i;

	ASSERT_EQ(0, text_register(fd, c, c->good[0]));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, variable_set(fd, "s", value_string(c->good[i])));
	ASSERT_EQ(0, snapshot_take(fd, &before));
	req = set_request(key_name("s"), value_string(c->bad));
	EXPECT_REFUSED(ERANGE, NONE + c->field, c->limit,
		       call(fd, LOCALSTATE_IOC_SET, &req), &req);
	EXPECT_TRUE(snapshot_holds(fd, &before));
	ASSERT_EQ(0, variable_delete(fd, "s"));
	ASSERT_EQ(0, snapshot_take(fd, &before));
	EXPECT_EQ(-ERANGE, text_register(fd, c, c->bad));
	EXPECT_TRUE(snapshot_holds(fd, &before));
}

TEST_F(constraint, string_is_held_to_lengths_and_pattern)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(text_cases); i++) {
		check_text(_metadata, self->fd, &text_cases[i]);
		ASSERT_EQ(0, _metadata->exit_code) {
			TH_LOG("%s", text_cases[i].name);
		}
	}
}

/* A long value, which does not fit into a slot, is held to them as well. */
TEST_F(constraint, long_string_is_held_to_its_length)
{
	struct text_case c = {
		"long", HAS(MAX_LENGTH), .max_length = 100,
		.field = FIELD(MAX_LENGTH), .limit = 100,
	};
	char good[101], bad[102];

	memset(good, 'g', 100);
	memset(bad, 'b', 101);
	good[100] = '\0';
	bad[101] = '\0';
	c.good[0] = good;
	c.good[1] = "short";
	c.good[2] = good;
	c.bad = bad;
	check_text(_metadata, self->fd, &c);
}

TEST_F(constraint, choice_is_one_of_the_list)
{
	static const char choices[] = "red\0green\0" E_ACUTE;
	static const char *const good[] = { "red", "green", E_ACUTE };
	static const char *const bad[] = {
		"", "re", "redd", "Red", "blue", "green2",
	};
	struct localstate_register reg;
	struct localstate_set req;
	unsigned int i;

	reg = register_request("c", value_choice("green"));
	reg.constraints = HAS(CHOICES);
	reg.choices = pointer(choices);
	reg.choices_len = sizeof(choices);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_REGISTER, &reg));
	for (i = 0; i < ARRAY_SIZE(good); i++)
		EXPECT_EQ(0, variable_set(self->fd, "c", value_choice(good[i])));
	ASSERT_EQ(0, snapshot_take(self->fd, &self->before));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		req = set_request(key_name("c"), value_choice(bad[i]));
		EXPECT_REFUSED(ERANGE, CHOICES, 0,
			       call(self->fd, LOCALSTATE_IOC_SET, &req), &req);
		EXPECT_TRUE(snapshot_holds(self->fd, &self->before));
	}
}

TEST_HARNESS_MAIN
