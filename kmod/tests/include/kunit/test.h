/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of KUnit as the suites use, with its names; TAP goes to standard
 * output.  Other than in the kernel, a case runs in the thread of its runner,
 * and fails if it has not freed what the module allocated for it.
 */
#ifndef LOCALSTATE_SHIM_KUNIT_TEST_H
#define LOCALSTATE_SHIM_KUNIT_TEST_H

#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>
#include <setjmp.h>

struct file;
struct kunit_block;

struct kunit {
	struct kunit_block *blocks;	/* freed behind the case */
	jmp_buf aborted;
	bool failed;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
};

void kunit_add_suite(struct kunit_suite *suite);

#define KUNIT_CASE(test_name) { .run_case = test_name, .name = #test_name }

/* One suite in a program. */
#define kunit_test_suite(suite)						\
	__attribute__((constructor)) static void kunit_add(void)	\
	{								\
		kunit_add_suite(&(suite));				\
	}								\
	static_assert(true)

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t flags);
unsigned long kunit_vm_mmap(struct kunit *test, struct file *file,
			    unsigned long address, unsigned long length,
			    unsigned long prot, unsigned long flags,
			    unsigned long offset);

/* Not KUnit's: let the @nth of the module's allocations from now on fail. */
void kunit_fail_allocation(unsigned int nth);

struct kunit_place {
	const char *file;
	int line;
	const char *what;
	bool fatal;
};

__attribute__((format(printf, 3, 4)))
void kunit_fail(struct kunit *test, const struct kunit_place *place,
		const char *format, ...);

#define KUNIT_CHECK(test, is_fatal, text, condition, ...) do {		\
	static const struct kunit_place place_ = {			\
		__FILE__, __LINE__, text, is_fatal			\
	};								\
									\
	if (!(condition))						\
		kunit_fail(test, &place_, __VA_ARGS__);			\
} while (0)

#define KUNIT_COMPARE(test, is_fatal, left, op, right, format, ...) do {	\
	__auto_type left_ = (left);					\
	__auto_type right_ = (right);					\
									\
	KUNIT_CHECK(test, is_fatal, #left " " #op " " #right,		\
		    left_ op right_, "%lld, %lld; " format,		\
		    (long long)left_, (long long)right_, ##__VA_ARGS__);	\
} while (0)

#define KUNIT_FAIL(test, ...) KUNIT_CHECK(test, false, "failure", false, __VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, condition) \
	KUNIT_CHECK(test, false, #condition, condition, "%s", "")
#define KUNIT_EXPECT_TRUE_MSG(test, condition, ...) \
	KUNIT_CHECK(test, false, #condition, condition, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, condition) \
	KUNIT_CHECK(test, false, "not " #condition, !(condition), "%s", "")
#define KUNIT_EXPECT_FALSE_MSG(test, condition, ...) \
	KUNIT_CHECK(test, false, "not " #condition, !(condition), __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, left, right) \
	KUNIT_COMPARE(test, false, left, ==, right, "")
#define KUNIT_EXPECT_EQ_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, false, left, ==, right, __VA_ARGS__)
#define KUNIT_EXPECT_NE(test, left, right) \
	KUNIT_COMPARE(test, false, left, !=, right, "")
#define KUNIT_EXPECT_LE(test, left, right) \
	KUNIT_COMPARE(test, false, left, <=, right, "")
#define KUNIT_EXPECT_PTR_EQ(test, left, right) \
	KUNIT_CHECK(test, false, #left " == " #right, (left) == (right), "%s", "")
#define KUNIT_EXPECT_NULL(test, pointer) \
	KUNIT_CHECK(test, false, #pointer " is NULL", !(pointer), "%s", "")
#define KUNIT_EXPECT_STREQ(test, left, right) \
	KUNIT_CHECK(test, false, #left " is " #right, !strcmp(left, right), \
		    "\"%s\", \"%s\"", left, right)
#define KUNIT_EXPECT_MEMEQ(test, left, right, size) \
	KUNIT_CHECK(test, false, #left " is " #right, \
		    !memcmp(left, right, size), "in %zu bytes", (size_t)(size))
#define KUNIT_ASSERT_TRUE(test, condition) \
	KUNIT_CHECK(test, true, #condition, condition, "%s", "")
#define KUNIT_ASSERT_TRUE_MSG(test, condition, ...) \
	KUNIT_CHECK(test, true, #condition, condition, __VA_ARGS__)
#define KUNIT_ASSERT_EQ(test, left, right) \
	KUNIT_COMPARE(test, true, left, ==, right, "")
#define KUNIT_ASSERT_EQ_MSG(test, left, right, ...) \
	KUNIT_COMPARE(test, true, left, ==, right, __VA_ARGS__)
#define KUNIT_ASSERT_NE(test, left, right) \
	KUNIT_COMPARE(test, true, left, !=, right, "")
#define KUNIT_ASSERT_NOT_NULL(test, pointer) \
	KUNIT_CHECK(test, true, #pointer " is not NULL", pointer, "%s", "")

#endif
