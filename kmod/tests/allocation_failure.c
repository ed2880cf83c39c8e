// SPDX-License-Identifier: GPL-2.0-only
/* Memory that cannot be had: ENOMEM, and nothing stays behind. */
#include "kunit.h"

#define LONG_TEXT "a text of more than 32 bytes, which needs a cell"

static void long_value_is_enomem(struct kunit *test)
{
	const struct localstate_value from = {
		.data = localstate_kunit_user(test, LONG_TEXT, sizeof(LONG_TEXT) - 1),
		.length = sizeof(LONG_TEXT) - 1,
		.type = LOCALSTATE_TYPE_STRING,
	};
	struct localstate_error error = localstate_kunit_error();
	struct ls_value value;

	kunit_fail_allocation(1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, localstate_value_import(&value, &from, from.type, &error));
	KUNIT_EXPECT_EQ(test, error.code, (u32)ENOMEM);
	KUNIT_EXPECT_NULL(test, value.cell);
}

static void metadata_are_enomem(struct kunit *test)
{
	struct localstate_error error = localstate_kunit_error();
	u64 from = localstate_kunit_user(test, "a=1", 4);
	struct ls_cell *cell, *merged;

	kunit_fail_allocation(1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, localstate_metadata_import(&cell, from, 4, &error));
	KUNIT_EXPECT_NULL(test, cell);
	KUNIT_ASSERT_EQ(test, 0, localstate_metadata_import(&cell, from, 4, &error));
	kunit_fail_allocation(1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, localstate_metadata_merge(&merged, cell, cell, &error));
	KUNIT_EXPECT_NULL(test, merged);
	localstate_cell_put(cell);
}

static struct localstate_register long_choice(struct kunit *test)
{
	return (struct localstate_register){
		.type = LOCALSTATE_TYPE_CHOICE,
		.constraints = LOCALSTATE_HAS_CHOICES,
		.choices = localstate_kunit_user(test, LONG_TEXT, sizeof(LONG_TEXT)),
		.choices_len = sizeof(LONG_TEXT),
	};
}

static void spec_is_enomem(struct kunit *test)
{
	const struct localstate_register arg = long_choice(test);
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec = ERR_PTR(-EINVAL);

	kunit_fail_allocation(1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, localstate_spec_import(&spec, &arg, &error));
	KUNIT_EXPECT_NULL(test, spec);
}

static void long_default_is_enomem(struct kunit *test)
{
	const struct localstate_register arg = long_choice(test);
	struct localstate_error error = localstate_kunit_error();
	const struct ls_spec *spec;
	struct ls_value value;

	KUNIT_ASSERT_EQ(test, 0, localstate_spec_import(&spec, &arg, &error));
	kunit_fail_allocation(1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, localstate_constraint_default(spec, arg.type, &value,
								     &error));
	KUNIT_EXPECT_NULL(test, value.cell);
	kfree(spec);
}

/* Of the filter itself, and of an operand of it. */
static void filter_is_enomem(struct kunit *test)
{
	const struct localstate_filter_term term = {
		.operation = LOCALSTATE_FILTER_EQUALS,
		.operand = {
			.data = localstate_kunit_user(test, LONG_TEXT, sizeof(LONG_TEXT) - 1),
			.length = sizeof(LONG_TEXT) - 1,
			.type = LOCALSTATE_TYPE_STRING,
		},
	};
	const struct localstate_filter arg = {
		.terms = localstate_kunit_user(test, &term, sizeof(term)),
		.n_terms = 1,
	};
	struct localstate_error error = localstate_kunit_error();
	struct ls_filter *filter = ERR_PTR(-EINVAL);
	unsigned int nth;

	for (nth = 1; nth <= 2; nth++) {
		kunit_fail_allocation(nth);
		KUNIT_EXPECT_EQ(test, -ENOMEM, localstate_filter_import(&filter, &arg, &error));
		KUNIT_EXPECT_NULL(test, filter);
	}
}

static struct kunit_case allocation_cases[] = {
	KUNIT_CASE(long_value_is_enomem),
	KUNIT_CASE(metadata_are_enomem),
	KUNIT_CASE(spec_is_enomem),
	KUNIT_CASE(long_default_is_enomem),
	KUNIT_CASE(filter_is_enomem),
	{}
};

static struct kunit_suite allocation_suite = {
	.name = "allocation_failure",
	.test_cases = allocation_cases,
};

kunit_test_suite(allocation_suite);
