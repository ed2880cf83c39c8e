// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints are defined here; trace.h says what they record.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
