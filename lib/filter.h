/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters: what an expression says, and the terms that the kernel takes. */
#ifndef LSTATE_FILTER_H
#define LSTATE_FILTER_H

#include "private.h"

/* An operand as it was written, inside the expression. */
struct lstate_literal {
	const char *s;			/* NULL: there is none */
	size_t length;
	bool quoted;
};

/* One term; operation and flags are the kernel's. */
struct lstate_filter_term {
	uint32_t operation;
	uint32_t flags;
	struct lstate_literal operand;
	struct lstate_value as_bytes;	/* what a quoted operand is; type NONE: it is none */
	struct lstate_value as_array;
	struct lstate_literal high;
	struct lstate_literal hysteresis;
	bool upper;			/* the only bound is high */
	const char *at;			/* where it begins */
};

/*
 * A condition is a filter that says the variable's name where others say "new", and
 * asks for nothing else.
 */
struct lstate_filter {
	char *text;
	struct lstate_literal subject;	/* of a condition: the name; else none */
	uint32_t match;
	size_t n;
	struct lstate_filter_term terms[LOCALSTATE_FILTER_TERMS];
};

int lstate_filter_parse(const char *expression, struct lstate_filter **filter,
			struct lstate_error *error);
int lstate_condition_parse(const char *expression, struct lstate_filter **filter,
			   struct lstate_error *error);
int lstate_number_compare(enum lstate_type type, uint64_t a_bits,
			  uint64_t b_bits);
int lstate_condition_judge(const struct lstate_filter *condition,
			   const char *subject, const struct lstate_value *value,
			   struct lstate_error *error);
const char *lstate_filter_noun(const struct lstate_filter *filter);
bool lstate_filter_has_values(const struct lstate_filter *filter);
void lstate_filter_free(struct lstate_filter *filter);
size_t lstate_filter_column(const struct lstate_filter *filter, const char *at);
int lstate_filter_bind(const struct lstate_filter *filter,
		       enum lstate_type type, const char *subject,
		       struct localstate_filter_term *terms,
		       struct lstate_error *error);

#endif /* LSTATE_FILTER_H */
