// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands in for the kernel when its suites run in userland: the runner,
 * memory of the kernel and of a process, patterns.
 */
#include <kunit/test.h>
#include <linux/glob.h>
#include <linux/mman.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../utils/glob.h"
#include "private.h"

struct pid_namespace init_pid_ns;
struct user_namespace init_user_ns;

static struct task_struct task = { .pid = { .number = 4711 } };
struct task_struct *const current = &task;

/* ---- users: nobody pays ---------------------------------------------------- */

int localstate_cell_charge(struct ls_cell *cell, struct ls_user *user,
			   struct localstate_error *error)
{
	return 0;
}

void localstate_cell_uncharge(struct ls_cell *cell)
{
}

/* ---- memory -------------------------------------------------------------- */

static unsigned int blocks;	/* that the module has allocated */
static unsigned int fail_at;	/* 0: none is going to fail */

void kunit_fail_allocation(unsigned int nth)
{
	fail_at = nth;
}

void *kvmalloc(size_t size, gfp_t flags)
{
	void *block;

	if (fail_at && !--fail_at)
		return NULL;
	block = malloc(size);
	if (!block)
		abort();
	/* What is not written must not look as if it were zero. */
	memset(block, 0xa5, size);
	blocks++;
	return block;
}

void *kzalloc(size_t size, gfp_t flags)
{
	void *block = kvmalloc(size, flags);

	return block ? memset(block, 0, size) : NULL;
}

void kfree(const void *block)
{
	blocks -= !!block;
	free((void *)block);
}

/* What a case gets for itself: freed when it is over. */
struct kunit_block {
	struct kunit_block *next;
	void *data;
	size_t mapped;			/* 0: not memory of a process */
};

static void *kunit_keep(struct kunit *test, void *data, size_t mapped)
{
	struct kunit_block *block = malloc(sizeof(*block));

	if (!block || !data || data == MAP_FAILED)
		abort();
	*block = (struct kunit_block){ test->blocks, data, mapped };
	test->blocks = block;
	return data;
}

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t flags)
{
	return kunit_keep(test, calloc(1, size), 0);
}

static struct kunit *running;

unsigned long kunit_vm_mmap(struct kunit *test, struct file *file,
			    unsigned long address, unsigned long length,
			    unsigned long prot, unsigned long flags,
			    unsigned long offset)
{
	void *data = mmap(NULL, length, prot, flags, -1, 0);

	return (unsigned long)kunit_keep(test, data, length);
}

static bool kunit_is_user(const void *address, size_t n)
{
	const struct kunit_block *block;
	unsigned long at = (unsigned long)address;
	unsigned long start;

	for (block = running->blocks; block; block = block->next) {
		start = (unsigned long)block->data;
		if (at >= start && at - start <= block->mapped &&
		    n <= block->mapped - (at - start))
			return true;
	}
	return false;
}

unsigned long copy_from_user(void *to, const void *from, unsigned long n)
{
	if (n && !kunit_is_user(from, n)) {
		memset(to, 0, n);
		return n;
	}
	memcpy(to, from, n);
	return 0;
}

unsigned long copy_to_user(void *to, const void *from, unsigned long n)
{
	if (n && !kunit_is_user(to, n))
		return n;
	memcpy(to, from, n);
	return 0;
}

static void kunit_free_blocks(struct kunit *test)
{
	struct kunit_block *block;

	while (test->blocks) {
		block = test->blocks;
		test->blocks = block->next;
		if (block->mapped)
			munmap(block->data, block->mapped);
		else
			free(block->data);
		free(block);
	}
}

/* ---- patterns ------------------------------------------------------------ */

bool glob_match(const char *pattern, const char *text)
{
	return glob_matches(pattern, text);
}

/* ---- the runner ---------------------------------------------------------- */

static struct kunit_suite *suite;

void kunit_add_suite(struct kunit_suite *added)
{
	suite = added;
}

void kunit_fail(struct kunit *test, const struct kunit_place *place,
		const char *format, ...)
{
	va_list arguments;

	printf("# %s:%d: %s does not hold: ", place->file, place->line,
	       place->what);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	test->failed = true;
	if (place->fatal)
		longjmp(test->aborted, 1);
}

static bool kunit_run(const struct kunit_case *test_case)
{
	static struct kunit test;

	memset(&test, 0, sizeof(test));
	running = &test;
	blocks = 0;
	fail_at = 0;
	if (!setjmp(test.aborted)) {
		test_case->run_case(&test);
		if (blocks) {
			printf("# %u allocations were not freed\n", blocks);
			test.failed = true;
		}
	}
	kunit_free_blocks(&test);
	return !test.failed;
}

int main(void)
{
	const struct kunit_case *test_case;
	unsigned int number = 0, failed = 0;
	bool passed;

	for (test_case = suite->test_cases; test_case->run_case; test_case++)
		number++;
	printf("1..%u\n", number);
	number = 0;
	for (test_case = suite->test_cases; test_case->run_case; test_case++) {
		passed = kunit_run(test_case);
		failed += !passed;
		printf("%s %u - %s\n", passed ? "ok" : "not ok", ++number,
		       test_case->name);
		fflush(stdout);
	}
	return failed ? 1 : 0;
}
