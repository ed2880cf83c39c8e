// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into tests that are built for `make coverage`, with --wrap=_exit.  The
 * harness ends each test's process by _exit(), which would forget the counts.
 */
#include <unistd.h>

void __gcov_dump(void);
void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
