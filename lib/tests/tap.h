/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A test program: TEST(claim) { ... check(condition); ... } as often as wanted,
 * and TAP_MAIN at the end.  A test goes on after a check that failed.
 */
#ifndef LSTATE_TESTS_TAP_H
#define LSTATE_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct tap_test {
	const char *claim;
	void (*run)(void);
	struct tap_test *next;
};

static struct tap_test *tap_first, **tap_last = &tap_first;
static unsigned int tap_count;
static bool tap_failed;

#define TEST(name)							\
static void name(void);							\
static struct tap_test tap_##name = { #name, name, NULL };		\
__attribute__((constructor)) static void tap_add_##name(void)		\
{									\
	*tap_last = &tap_##name;					\
	tap_last = &tap_##name.next;					\
	tap_count++;							\
}									\
static void name(void)

static inline bool tap_check(bool holds, const char *file, int line,
			     const char *what)
{
	if (!holds) {
		printf("# %s:%d: %s does not hold\n", file, line, what);
		tap_failed = true;
	}
	return holds;
}

static inline bool tap_check_text(const char *is, const char *wanted,
				  const char *file, int line)
{
	if (is && strcmp(is, wanted) == 0)
		return true;
	printf("# %s:%d: is     '%s'\n# %s:%d: wanted '%s'\n", file, line,
	       is ? is : "(null)", file, line, wanted);
	tap_failed = true;
	return false;
}

#define check(condition) \
	tap_check(condition, __FILE__, __LINE__, #condition)
#define check_text(is, wanted) \
	tap_check_text(is, wanted, __FILE__, __LINE__)

static int tap_run(void)
{
	struct tap_test *test;
	unsigned int number = 0, failed = 0;

	printf("1..%u\n", tap_count);
	for (test = tap_first; test; test = test->next) {
		tap_failed = false;
		test->run();
		failed += tap_failed;
		printf("%s %u - %s\n", tap_failed ? "not ok" : "ok", ++number,
		       test->claim);
		fflush(stdout);
	}
	return failed ? 1 : 0;
}

#define TAP_MAIN int main(void) { return tap_run(); }

#endif
