/* SPDX-License-Identifier: GPL-2.0-only */
/* Terms of filters, and watches that have one. */
#ifndef SELFTESTS_FILTER_HELPERS_H
#define SELFTESTS_FILTER_HELPERS_H

#include "localstate_helpers.h"

#define TERM_FUNCTION(_name, _operation)				\
	static inline struct localstate_filter_term			\
	_name(__u32 flags, struct localstate_value operand)		\
	{								\
		return (struct localstate_filter_term) {		\
			.operation = LOCALSTATE_FILTER_##_operation,	\
			.flags = flags,					\
			.operand = operand,				\
		};							\
	}

TERM_FUNCTION(term_changed, CHANGED)
TERM_FUNCTION(term_equals, EQUALS)
TERM_FUNCTION(term_differs, DIFFERS)
TERM_FUNCTION(term_bits, BITS)
TERM_FUNCTION(term_bits_changed, BITS_CHANGED)

static inline struct localstate_filter_term
term_range(__u32 operation, __u32 flags, struct localstate_value low,
	   struct localstate_value high)
{
	return (struct localstate_filter_term) {
		.operation = operation,
		.flags = flags,
		.operand = low,
		.high = high,
	};
}

static inline struct localstate_watch
watch_filtered_request(const struct localstate_target *targets, __u32 n,
		       const struct localstate_filter_term *terms, __u32 n_terms,
		       __u32 match)
{
	struct localstate_watch req = {
		.targets = pointer(targets),
		.n_targets = n,
		.filter = {
			.terms = pointer(terms),
			.n_terms = n_terms,
			.match = match,
		},
		.ref = POISON32,
		.failed = POISON32,
		.error = poisoned_error(),
	};

	return req;
}

/* The ref of a watch on @name with one term, or -errno. */
static inline int watch_term(int fd, const char *name, __u32 flags,
			     const struct localstate_filter_term *term)
{
	struct localstate_target target = target_name(name);
	struct localstate_watch req;
	int err;

	req = watch_filtered_request(&target, 1, term, 1,
				     LOCALSTATE_FILTER_ANY);
	req.flags = flags;
	err = call(fd, LOCALSTATE_IOC_WATCH, &req);
	return err ?: (int)req.ref;
}

static inline struct localstate_rewatch
rewatch_request(__u32 ref, const struct localstate_filter_term *terms,
		__u32 n_terms)
{
	return (struct localstate_rewatch) {
		.ref = ref,
		.filter = {
			.terms = pointer(terms),
			.n_terms = n_terms,
		},
		.error = poisoned_error(),
	};
}

/* Another filter for a watch, of one term, or none: 0 or -errno. */
static inline int watch_change(int fd, __u32 ref,
			       const struct localstate_filter_term *term)
{
	struct localstate_rewatch req = rewatch_request(ref, term, !!term);

	return call(fd, LOCALSTATE_IOC_REWATCH, &req);
}

#endif /* SELFTESTS_FILTER_HELPERS_H */
