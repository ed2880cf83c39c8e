// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frame of the module that holds the KUnit suites.  They run when it is
 * loaded; the results are in /sys/kernel/debug/kunit.
 */
#include <linux/module.h>

#include "compat.h"

MODULE_DESCRIPTION("KUnit suites of localstate");
MODULE_AUTHOR("The localstate developers");
MODULE_LICENSE("GPL");
localstate_compat_import_ns(EXPORTED_FOR_KUNIT_TESTING);
