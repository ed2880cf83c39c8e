// SPDX-License-Identifier: GPL-2.0-only
/* Operations: what they take, what comes out, and where a sum ends. */
#include <linux/limits.h>

#include "kunit.h"

#define LS_INT_MIN	((u64)S64_MIN)
#define LS_INT_MAX	((u64)S64_MAX)

static struct localstate_value operand_of(u32 type, u64 bits)
{
	return (struct localstate_value){
		.data = bits,
		.length = type == LOCALSTATE_TYPE_NONE ? 0 : sizeof(bits),
		.type = type,
	};
}

/* Operation and operand on a value, both of the type. */
struct attempt {
	u32 operation;
	u32 type;
	u32 operand_type;
	u64 old;
	u64 operand;
	const struct ls_spec *spec;
};

static int apply(const struct attempt *attempt, u64 *result, struct localstate_error *error)
{
	const struct localstate_value operand = operand_of(attempt->operand_type,
							   attempt->operand);
	struct ls_value value = { .type = attempt->type };
	int ret;

	*error = localstate_kunit_error();
	ret = localstate_operation_check(attempt->operation, attempt->type, &operand, error);
	if (!ret)
		ret = localstate_operation_apply(attempt->operation, &operand, attempt->spec,
						 attempt->old, &value, error);
	*result = value.word[0];
	return ret;
}

static void expect_result(struct kunit *test, const struct attempt *attempt, u64 expected)
{
	struct localstate_error error;
	u64 result;

	KUNIT_EXPECT_EQ_MSG(test, 0, apply(attempt, &result, &error), "%llx, %llx", attempt->old,
			    attempt->operand);
	KUNIT_EXPECT_EQ_MSG(test, result, expected, "%llx, %llx", attempt->old, attempt->operand);
}

static void expect_refused(struct kunit *test, const struct attempt *attempt, int code, u32 field,
			   u32 type, u64 limit)
{
	struct localstate_error error;
	u64 result;

	KUNIT_EXPECT_EQ_MSG(test, code, apply(attempt, &result, &error), "%llx, %llx",
			    attempt->old, attempt->operand);
	KUNIT_EXPECT_EQ(test, error.code, (u32)-code);
	KUNIT_EXPECT_EQ(test, error.field, field);
	KUNIT_EXPECT_EQ(test, error.type, type);
	KUNIT_EXPECT_EQ(test, error.limit, limit);
}

static bool suits(u32 operation, u32 type)
{
	if (operation == LOCALSTATE_OPERATION_TOGGLE)
		return type == LOCALSTATE_TYPE_BOOL;
	return type == LOCALSTATE_TYPE_INT || type == LOCALSTATE_TYPE_UINT;
}

static void operation_has_its_types(struct kunit *test)
{
	struct attempt attempt = {};
	u32 operation, type;

	for (operation = LOCALSTATE_OPERATION_ADD; operation <= LOCALSTATE_OPERATION_TOGGLE;
	     operation++) {
		for (type = LOCALSTATE_TYPE_BOOL; type <= LOCALSTATE_TYPE_CHOICE; type++) {
			attempt.operation = operation;
			attempt.type = type;
			attempt.operand_type = operation == LOCALSTATE_OPERATION_TOGGLE ?
					       LOCALSTATE_TYPE_NONE : type;
			if (suits(operation, type))
				expect_result(test, &attempt,
					      operation == LOCALSTATE_OPERATION_TOGGLE);
			else
				expect_refused(test, &attempt, -EINVAL,
					       LOCALSTATE_FIELD_OPERATION, type, 0);
		}
	}
}

static void operand_has_the_type_or_is_an_int_for_add(struct kunit *test)
{
	struct attempt attempt = {};
	u32 operation, type, other;

	for (operation = LOCALSTATE_OPERATION_ADD; operation <= LOCALSTATE_OPERATION_XOR;
	     operation++) {
		for (type = LOCALSTATE_TYPE_INT; type <= LOCALSTATE_TYPE_UINT; type++) {
			for (other = 0; other <= LOCALSTATE_TYPE_CHOICE; other++) {
				attempt.operation = operation;
				attempt.type = type;
				attempt.operand_type = other;
				if (other == type || (operation == LOCALSTATE_OPERATION_ADD &&
						      other == LOCALSTATE_TYPE_INT))
					expect_result(test, &attempt, 0);
				else
					expect_refused(test, &attempt, -EINVAL,
						       LOCALSTATE_FIELD_TYPE, type, 0);
			}
		}
	}
}

static void operand_of_another_length_is_refused(struct kunit *test)
{
	struct localstate_value operand = operand_of(LOCALSTATE_TYPE_INT, 1);
	struct localstate_error error;
	u32 length;

	for (length = 0; length < 17; length++) {
		error = localstate_kunit_error();
		operand.length = length;
		KUNIT_EXPECT_EQ(test, length == 8 ? 0 : -EINVAL,
				localstate_operation_check(LOCALSTATE_OPERATION_ADD,
							   LOCALSTATE_TYPE_INT, &operand, &error));
		KUNIT_EXPECT_EQ(test, error.field, length == 8 ? 0 : LOCALSTATE_FIELD_VALUE);
		KUNIT_EXPECT_EQ(test, error.limit, length == 8 ? 0 : 8);
	}
}

static void toggle_takes_no_value(struct kunit *test)
{
	const struct localstate_value operands[] = {
		{ .data = 1 }, { .length = 8 }, { .type = LOCALSTATE_TYPE_BOOL },
		{ .length = 8, .type = LOCALSTATE_TYPE_BOOL },
	};
	struct localstate_error error;
	int i;

	for (i = 0; i < ARRAY_SIZE(operands); i++) {
		error = localstate_kunit_error();
		KUNIT_EXPECT_EQ(test, -EINVAL,
				localstate_operation_check(LOCALSTATE_OPERATION_TOGGLE,
							   LOCALSTATE_TYPE_BOOL, &operands[i],
							   &error));
		KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_VALUE);
	}
}

static void toggle_gives_the_other(struct kunit *test)
{
	struct attempt attempt = {
		.operation = LOCALSTATE_OPERATION_TOGGLE,
		.type = LOCALSTATE_TYPE_BOOL,
	};

	expect_result(test, &attempt, 1);
	attempt.old = 1;
	expect_result(test, &attempt, 0);
}

static void bits_are_those_of_c(struct kunit *test)
{
	static const u64 bits[] = { 0, 1, 12, 10, LS_INT_MAX, LS_INT_MIN, ~0ULL,
				    0x0123456789abcdefULL };
	struct attempt attempt = {};
	int i, j, type;

	for (type = LOCALSTATE_TYPE_INT; type <= LOCALSTATE_TYPE_UINT; type++) {
		attempt.type = type;
		attempt.operand_type = type;
		for (i = 0; i < ARRAY_SIZE(bits) * ARRAY_SIZE(bits); i++) {
			j = i / ARRAY_SIZE(bits);
			attempt.old = bits[i % ARRAY_SIZE(bits)];
			attempt.operand = bits[j];
			attempt.operation = LOCALSTATE_OPERATION_OR;
			expect_result(test, &attempt, attempt.old | bits[j]);
			attempt.operation = LOCALSTATE_OPERATION_AND;
			expect_result(test, &attempt, attempt.old & bits[j]);
			attempt.operation = LOCALSTATE_OPERATION_XOR;
			expect_result(test, &attempt, attempt.old ^ bits[j]);
		}
	}
}

/* One sum; @field: the limit beyond which it lies, or 0. */
struct sum {
	u32 type;
	u32 operand_type;
	u64 old;
	u64 operand;
	u64 expected;
	u32 field;
};

#define LS_INT	LOCALSTATE_TYPE_INT
#define LS_UINT	LOCALSTATE_TYPE_UINT
#define LS_MIN	LOCALSTATE_FIELD_MIN
#define LS_MAX	LOCALSTATE_FIELD_MAX

static const struct sum sums[] = {
	{ LS_INT, LS_INT, 40, 2, 42, 0 },
	{ LS_INT, LS_INT, 1, -2ULL, -1ULL, 0 },
	{ LS_INT, LS_INT, LS_INT_MAX, 0, LS_INT_MAX, 0 },
	{ LS_INT, LS_INT, LS_INT_MAX - 1, 1, LS_INT_MAX, 0 },
	{ LS_INT, LS_INT, LS_INT_MAX, 1, LS_INT_MAX, LS_MAX },
	{ LS_INT, LS_INT, 1, LS_INT_MAX, LS_INT_MAX, LS_MAX },
	{ LS_INT, LS_INT, LS_INT_MAX, LS_INT_MAX, LS_INT_MAX, LS_MAX },
	{ LS_INT, LS_INT, LS_INT_MAX, LS_INT_MIN, -1ULL, 0 },
	{ LS_INT, LS_INT, LS_INT_MIN, LS_INT_MAX, -1ULL, 0 },
	{ LS_INT, LS_INT, LS_INT_MIN + 1, -1ULL, LS_INT_MIN, 0 },
	{ LS_INT, LS_INT, LS_INT_MIN, -1ULL, LS_INT_MIN, LS_MIN },
	{ LS_INT, LS_INT, -1ULL, LS_INT_MIN, LS_INT_MIN, LS_MIN },
	{ LS_INT, LS_INT, LS_INT_MIN, LS_INT_MIN, LS_INT_MIN, LS_MIN },
	{ LS_INT, LS_INT, 0, LS_INT_MIN, LS_INT_MIN, 0 },

	{ LS_UINT, LS_UINT, 40, 2, 42, 0 },
	{ LS_UINT, LS_UINT, LS_INT_MAX, 1, LS_INT_MIN, 0 },
	{ LS_UINT, LS_UINT, 0, ~0ULL, ~0ULL, 0 },
	{ LS_UINT, LS_UINT, ~0ULL, 0, ~0ULL, 0 },
	{ LS_UINT, LS_UINT, ~0ULL - 1, 1, ~0ULL, 0 },
	{ LS_UINT, LS_UINT, ~0ULL, 1, ~0ULL, LS_MAX },
	{ LS_UINT, LS_UINT, 1, ~0ULL, ~0ULL, LS_MAX },
	{ LS_UINT, LS_UINT, ~0ULL, ~0ULL, ~0ULL, LS_MAX },

	{ LS_UINT, LS_INT, 40, 2, 42, 0 },
	{ LS_UINT, LS_INT, ~0ULL, 1, ~0ULL, LS_MAX },
	{ LS_UINT, LS_INT, LS_INT_MIN + 1, LS_INT_MAX, ~0ULL, LS_MAX },
	{ LS_UINT, LS_INT, LS_INT_MIN, LS_INT_MAX, ~0ULL, 0 },
	{ LS_UINT, LS_INT, ~0ULL, -1ULL, ~0ULL - 1, 0 },
	{ LS_UINT, LS_INT, 1, -1ULL, 0, 0 },
	{ LS_UINT, LS_INT, 0, -1ULL, 0, LS_MIN },
	{ LS_UINT, LS_INT, LS_INT_MIN, LS_INT_MIN, 0, 0 },
	{ LS_UINT, LS_INT, LS_INT_MIN - 1, LS_INT_MIN, 0, LS_MIN },
	{ LS_UINT, LS_INT, 0, 0, 0, 0 },
};

static void sum_ends_at_the_limits_of_the_type(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(sums); i++) {
		const struct attempt attempt = {
			.operation = LOCALSTATE_OPERATION_ADD,
			.type = sums[i].type,
			.operand_type = sums[i].operand_type,
			.old = sums[i].old,
			.operand = sums[i].operand,
		};

		if (sums[i].field)
			expect_refused(test, &attempt, -ERANGE, sums[i].field, sums[i].type,
				       sums[i].expected);
		else
			expect_result(test, &attempt, sums[i].expected);
	}
}

static void sum_beyond_the_type_is_beyond_the_limit_of_the_variable(struct kunit *test)
{
	const struct ls_spec spec = {
		.constraints = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX,
		.min = 5,
		.max = LS_INT_MAX - 5,
	};
	struct attempt attempt = {
		.operation = LOCALSTATE_OPERATION_ADD,
		.type = LS_INT,
		.operand_type = LS_INT,
		.old = LS_INT_MAX - 5,
		.operand = LS_INT_MAX,
		.spec = &spec,
	};

	expect_refused(test, &attempt, -ERANGE, LS_MAX, LS_INT, spec.max);
	attempt.old = 5;
	attempt.operand = 1;
	attempt.type = LS_UINT;
	expect_result(test, &attempt, 6);
	attempt.operand = -6ULL;
	expect_refused(test, &attempt, -ERANGE, LS_MIN, LS_UINT, spec.min);
	attempt.operand_type = LS_UINT;
	expect_refused(test, &attempt, -ERANGE, LS_MAX, LS_UINT, spec.max);
}

static void result_is_checked_as_a_value_is(struct kunit *test)
{
	const struct ls_spec spec = {
		.constraints = LOCALSTATE_HAS_MIN | LOCALSTATE_HAS_MAX | LOCALSTATE_HAS_STEP,
		.min = -4ULL,
		.max = 12,
		.step = 4,
	};
	struct attempt attempt = {
		.operation = LOCALSTATE_OPERATION_ADD,
		.type = LS_INT,
		.operand_type = LS_INT,
		.old = 8,
		.spec = &spec,
	};

	attempt.operand = 4;
	expect_result(test, &attempt, 12);
	attempt.operand = 8;
	expect_refused(test, &attempt, -ERANGE, LS_MAX, LS_INT, 12);
	attempt.operand = -12ULL;
	expect_result(test, &attempt, -4ULL);
	attempt.operand = -16ULL;
	expect_refused(test, &attempt, -ERANGE, LS_MIN, LS_INT, -4ULL);
	attempt.operand = 1;
	expect_refused(test, &attempt, -ERANGE, LOCALSTATE_FIELD_STEP, LS_INT, 4);
	attempt.operation = LOCALSTATE_OPERATION_OR;
	attempt.operand = 4;
	expect_result(test, &attempt, 12);
	attempt.operand = 16;
	expect_refused(test, &attempt, -ERANGE, LS_MAX, LS_INT, 12);
	attempt.operation = LOCALSTATE_OPERATION_XOR;
	attempt.operand = LS_INT_MIN;
	expect_refused(test, &attempt, -ERANGE, LS_MIN, LS_INT, -4ULL);
}

static struct kunit_case operation_cases[] = {
	KUNIT_CASE(operation_has_its_types),
	KUNIT_CASE(operand_has_the_type_or_is_an_int_for_add),
	KUNIT_CASE(operand_of_another_length_is_refused),
	KUNIT_CASE(toggle_takes_no_value),
	KUNIT_CASE(toggle_gives_the_other),
	KUNIT_CASE(bits_are_those_of_c),
	KUNIT_CASE(sum_ends_at_the_limits_of_the_type),
	KUNIT_CASE(sum_beyond_the_type_is_beyond_the_limit_of_the_variable),
	KUNIT_CASE(result_is_checked_as_a_value_is),
	{}
};

static struct kunit_suite operation_suite = {
	.name = "localstate_operation",
	.test_cases = operation_cases,
};

kunit_test_suite(operation_suite);
