/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lstate top: samples of a session, and the two ways to show them.
 */
#ifndef TOP_H
#define TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <localstate.h>

enum top_order {
	TOP_BY_RATE,
	TOP_BY_NAME,
	TOP_BY_WATCHERS,
	TOP_BY_LAG,
	TOP_ORDERS,
};

struct top_row {
	char *name;
	char *value;		/* on one line, cut */
	uint64_t id;
	uint64_t version;
	uint64_t created_ns;
	double rate;		/* changes a second; NAN: not known yet */
	uint32_t watchers;
	uint64_t queued;	/* by these; of a watch, whatever it is about */
	uint64_t merged;
	size_t seen;		/* by this watch, its number from 1 */
};

/* Two samples: the one that is shown, and what its rates are made of. */
struct top {
	struct lstate_session *session;
	const char *name;	/* of the session */
	char *pattern;		/* only these; NULL: all */
	enum top_order order;
	uint64_t interval_ns;
	bool limited;
	uint64_t iterations;	/* samples to show, if limited */
	struct top_row *rows;
	size_t count;
	size_t watches;
	double rate;		/* of all; NAN: not known yet */
	uint64_t taken_ns;	/* 0: there is none yet */
};

/* Takes a sample; an exit code other than 0 ends it, and has been told. */
int top_sample(struct top *top);

/* Sorts what was sampled as the order says; equals by their names. */
void top_sort(struct top *top);
void top_free(struct top *top);

const char *top_order_name(enum top_order order);

/* What top(1) would write above its table, on one line. */
char *top_summary(const struct top *top);

/* A rate as it is shown. */
#define TOP_RATE_MAX 32
void top_rate(double rate, char *text, size_t size);

/* Show samples until it is over; both return the exit code. */
int top_batch(struct top *top, bool json);
int top_screen(struct top *top);

#endif /* TOP_H */
