// SPDX-License-Identifier: GPL-2.0-only
/* Metadata: what is taken, and how new entries meet old ones. */
#include "kunit.h"

/* A list of entries as a string literal, whose NUL ends the last entry. */
struct metadata_list {
	const char *bytes;
	u32 length;
};

#define LS_LIST(list) ((struct metadata_list){ list, sizeof(list) })

static struct ls_cell *cell_of(struct kunit *test, struct metadata_list list)
{
	struct localstate_error error = localstate_kunit_error();
	struct ls_cell *cell;

	KUNIT_ASSERT_EQ(test, 0, localstate_metadata_import(&cell,
							    localstate_kunit_user(test, list.bytes,
										  list.length),
							    list.length, &error));
	KUNIT_ASSERT_NOT_NULL(test, cell);
	return cell;
}

static void expect_cell(struct kunit *test, const struct ls_cell *cell, struct metadata_list list)
{
	KUNIT_ASSERT_NOT_NULL(test, cell);
	KUNIT_ASSERT_EQ(test, cell->length, list.length);
	KUNIT_EXPECT_MEMEQ(test, cell->data, list.bytes, list.length);
}

static void list_is_kept_as_it_is(struct kunit *test)
{
	static const struct metadata_list lists[] = {
		{ "a=1", 4 }, { "a=1\0b=2", 8 }, { "a=", 3 }, { "a==", 4 }, { "a=b=c", 6 },
		{ "a b=c d", 8 }, { "\xc3\xbc=\xe2\x82\xac", 7 }, { "a=1\0aa=1\0A=1", 13 },
	};
	struct ls_cell *cell;
	int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		cell = cell_of(test, lists[i]);
		expect_cell(test, cell, lists[i]);
		localstate_cell_put(cell);
	}
}

static void no_list_is_no_cell(struct kunit *test)
{
	struct localstate_error error = localstate_kunit_error();
	struct ls_cell *cell = ERR_PTR(-EINVAL);

	KUNIT_EXPECT_EQ(test, 0, localstate_metadata_import(&cell, 0, 0, &error));
	KUNIT_EXPECT_NULL(test, cell);
}

static void expect_refused(struct kunit *test, const char *bytes, u32 length, int code, u32 index)
{
	struct localstate_error error = localstate_kunit_error();
	struct ls_cell *cell = ERR_PTR(-EINVAL);
	u64 from = localstate_kunit_user(test, bytes, length);

	KUNIT_EXPECT_EQ(test, code, localstate_metadata_import(&cell, from, length, &error));
	KUNIT_EXPECT_NULL(test, cell);
	KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_METADATA);
	KUNIT_EXPECT_EQ(test, error.index, index);
}

static void entry_without_key_or_sign_is_refused(struct kunit *test)
{
	expect_refused(test, "a", 2, -EINVAL, 0);
	expect_refused(test, "=a", 3, -EINVAL, 0);
	expect_refused(test, "", 1, -EINVAL, 0);
	expect_refused(test, "a=1\0b", 6, -EINVAL, 1);
	expect_refused(test, "a=1\0\0b=1", 9, -EINVAL, 1);
	expect_refused(test, "a=1\0b=2\0=3", 11, -EINVAL, 2);
}

static void entry_without_its_nul_is_refused(struct kunit *test)
{
	expect_refused(test, "a=1", 3, -EINVAL, 0);
	expect_refused(test, "a=1\0b=2", 7, -EINVAL, 1);
}

static void second_entry_of_a_key_is_refused(struct kunit *test)
{
	expect_refused(test, "a=1\0a=1", 8, -EINVAL, 1);
	expect_refused(test, "a=1\0b=2\0a=3", 12, -EINVAL, 2);
	expect_refused(test, "aa=1\0a=2\0aa=", 13, -EINVAL, 2);
}

static void entry_that_is_no_utf8_is_refused(struct kunit *test)
{
	expect_refused(test, "a=\xff", 4, -EILSEQ, 0);
	expect_refused(test, "a=1\0\xc3=1", 8, -EILSEQ, 1);
}

static void list_that_cannot_be_read_is_efault(struct kunit *test)
{
	struct localstate_error error = localstate_kunit_error();
	struct ls_cell *cell = ERR_PTR(-EINVAL);

	KUNIT_EXPECT_EQ(test, -EFAULT, localstate_metadata_import(&cell, LS_KUNIT_UNMAPPED, 4,
								  &error));
	KUNIT_EXPECT_NULL(test, cell);
}

/* One entry, "KEY=xxx...", of @length bytes with its NUL. */
static struct metadata_list long_list(struct kunit *test, char key, u32 length)
{
	char *bytes = kunit_kzalloc(test, length, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	memset(bytes, 'x', length - 1);
	bytes[0] = key;
	bytes[1] = '=';
	return (struct metadata_list){ bytes, length };
}

static void list_may_have_4_kib_and_no_more(struct kunit *test)
{
	struct metadata_list list = long_list(test, 'a', LOCALSTATE_METADATA_MAX);

	localstate_cell_put(cell_of(test, list));
	list = long_list(test, 'a', LOCALSTATE_METADATA_MAX + 1);
	expect_refused(test, list.bytes, list.length, -EINVAL, LOCALSTATE_NO_INDEX);
}

static void expect_merged(struct kunit *test, struct metadata_list old, struct metadata_list new,
			  struct metadata_list wanted)
{
	struct localstate_error error = localstate_kunit_error();
	struct ls_cell *a = cell_of(test, old), *b = cell_of(test, new), *merged;

	KUNIT_ASSERT_EQ(test, 0, localstate_metadata_merge(&merged, a, b, &error));
	expect_cell(test, merged, wanted);
	expect_cell(test, a, old);
	expect_cell(test, b, new);
	localstate_cell_put(merged);
	localstate_cell_put(a);
	localstate_cell_put(b);
}

static void known_key_keeps_its_place(struct kunit *test)
{
	expect_merged(test, LS_LIST("a=1\0b=2\0c=3"), LS_LIST("b=4"), LS_LIST("a=1\0b=4\0c=3"));
	expect_merged(test, LS_LIST("a=1\0b=2"), LS_LIST("b=\0a=long"), LS_LIST("a=long\0b="));
	expect_merged(test, LS_LIST("a=1"), LS_LIST("a=1"), LS_LIST("a=1"));
}

static void unknown_keys_are_appended_in_their_order(struct kunit *test)
{
	expect_merged(test, LS_LIST("m=1"), LS_LIST("z=2\0a=3"), LS_LIST("m=1\0z=2\0a=3"));
	expect_merged(test, LS_LIST("b=1\0c=2"), LS_LIST("a=3\0c=4\0d=5"),
		      LS_LIST("b=1\0c=4\0a=3\0d=5"));
}

static void key_is_not_taken_for_another_that_begins_alike(struct kunit *test)
{
	expect_merged(test, LS_LIST("aa=1"), LS_LIST("a=2"), LS_LIST("aa=1\0a=2"));
	expect_merged(test, LS_LIST("a=1"), LS_LIST("aa=2"), LS_LIST("a=1\0aa=2"));
	expect_merged(test, LS_LIST("a=b=1"), LS_LIST("a=c"), LS_LIST("a=c"));
}

static void merging_with_none_is_a_reference(struct kunit *test)
{
	struct localstate_error error = localstate_kunit_error();
	struct ls_cell *cell = cell_of(test, LS_LIST("a=1")), *merged;

	KUNIT_EXPECT_EQ(test, 0, localstate_metadata_merge(&merged, cell, NULL, &error));
	KUNIT_EXPECT_PTR_EQ(test, merged, cell);
	KUNIT_EXPECT_EQ(test, refcount_read(&cell->ref), 2U);
	localstate_cell_put(merged);
	KUNIT_EXPECT_EQ(test, 0, localstate_metadata_merge(&merged, NULL, cell, &error));
	KUNIT_EXPECT_PTR_EQ(test, merged, cell);
	KUNIT_EXPECT_EQ(test, refcount_read(&cell->ref), 2U);
	localstate_cell_put(merged);
	localstate_cell_put(cell);
	KUNIT_EXPECT_EQ(test, 0, localstate_metadata_merge(&merged, NULL, NULL, &error));
	KUNIT_EXPECT_NULL(test, merged);
}

static void merged_list_may_have_4_kib_and_no_more(struct kunit *test)
{
	struct localstate_error error = localstate_kunit_error();
	struct ls_cell *old = cell_of(test, long_list(test, 'a', LOCALSTATE_METADATA_MAX - 8));
	struct ls_cell *fits = cell_of(test, long_list(test, 'b', 8));
	struct ls_cell *does_not = cell_of(test, long_list(test, 'b', 9));
	struct ls_cell *merged;

	KUNIT_EXPECT_EQ(test, -EDQUOT, localstate_metadata_merge(&merged, old, does_not, &error));
	KUNIT_EXPECT_EQ(test, error.field, (u32)LOCALSTATE_FIELD_METADATA);
	KUNIT_EXPECT_EQ(test, error.limit, (u64)LOCALSTATE_METADATA_MAX);
	KUNIT_ASSERT_EQ(test, 0, localstate_metadata_merge(&merged, old, fits, &error));
	KUNIT_EXPECT_EQ(test, merged->length, (u32)LOCALSTATE_METADATA_MAX);
	localstate_cell_put(merged);
	localstate_cell_put(old);
	localstate_cell_put(fits);
	localstate_cell_put(does_not);
}

static struct kunit_case metadata_cases[] = {
	KUNIT_CASE(list_is_kept_as_it_is),
	KUNIT_CASE(no_list_is_no_cell),
	KUNIT_CASE(entry_without_key_or_sign_is_refused),
	KUNIT_CASE(entry_without_its_nul_is_refused),
	KUNIT_CASE(second_entry_of_a_key_is_refused),
	KUNIT_CASE(entry_that_is_no_utf8_is_refused),
	KUNIT_CASE(list_that_cannot_be_read_is_efault),
	KUNIT_CASE(list_may_have_4_kib_and_no_more),
	KUNIT_CASE(known_key_keeps_its_place),
	KUNIT_CASE(unknown_keys_are_appended_in_their_order),
	KUNIT_CASE(key_is_not_taken_for_another_that_begins_alike),
	KUNIT_CASE(merging_with_none_is_a_reference),
	KUNIT_CASE(merged_list_may_have_4_kib_and_no_more),
	{}
};

static struct kunit_suite metadata_suite = {
	.name = "localstate_metadata",
	.test_cases = metadata_cases,
};

kunit_test_suite(metadata_suite);
