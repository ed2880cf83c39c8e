// SPDX-License-Identifier: GPL-2.0-only
/* Merging of metadata against a model: an array of keys in their order. */
#include <kunit/test.h>

#include "private.h"
#include "random.h"

#define KEYS	8

/* By key; order is the place of a key that is there, else 0. */
struct model {
	u32 order[KEYS];
	u32 value[KEYS];
	u32 n;
};

static void model_put(struct model *model, u32 key, u32 value)
{
	if (!model->order[key])
		model->order[key] = ++model->n;
	model->value[key] = value;
}

/* Keys of which some begin alike, values of different lengths. */
static u32 model_write(const struct model *model, char *to)
{
	static const char *const keys[KEYS] = {
		"a", "aa", "aaa", "ab", "b", "a b", "\xc3\xbc", "B"
	};
	u32 place, key, size = 0;

	for (place = 1; place <= model->n; place++) {
		for (key = 0; model->order[key] != place; key++)
			;
		size += sprintf(to + size, "%s=%.*s", keys[key], model->value[key],
				"=x=aa=bbbb") + 1;
	}
	return size;
}

static struct model random_model(void)
{
	struct model model = { 0 };
	int n;

	for (n = 1 + random_below(KEYS); n; n--)
		model_put(&model, random_below(KEYS), random_below(11));
	return model;
}

static struct ls_cell *cell_of(struct kunit *test, const struct model *model)
{
	char bytes[KEYS * 20];
	u32 size = model_write(model, bytes);
	struct ls_cell *cell = localstate_cell_alloc(size);

	KUNIT_ASSERT_NOT_NULL(test, cell);
	memcpy(cell->data, bytes, size);
	return cell;
}

static void merged_metadata_are_what_the_model_says(struct kunit *test)
{
	struct localstate_error error = { 0 };
	struct ls_cell *old, *new, *merged;
	struct model a, b;
	char wanted[KEYS * 20];
	u32 place, key, size;
	int i;

	random_start();
	for (i = 0; i < 50000; i++) {
		a = random_model();
		b = random_model();
		old = cell_of(test, &a);
		new = cell_of(test, &b);
		for (place = 1; place <= b.n; place++) {
			for (key = 0; b.order[key] != place; key++)
				;
			model_put(&a, key, b.value[key]);
		}
		size = model_write(&a, wanted);
		KUNIT_ASSERT_EQ(test, 0, localstate_metadata_merge(&merged, old, new, &error));
		KUNIT_ASSERT_EQ(test, merged->length, size);
		KUNIT_ASSERT_TRUE(test, !memcmp(merged->data, wanted, size));
		localstate_cell_put(merged);
		localstate_cell_put(old);
		localstate_cell_put(new);
	}
}

static struct kunit_case metadata_cases[] = {
	KUNIT_CASE(merged_metadata_are_what_the_model_says),
	{}
};

static struct kunit_suite metadata_suite = {
	.name = "metadata_random",
	.test_cases = metadata_cases,
};

kunit_test_suite(metadata_suite);
