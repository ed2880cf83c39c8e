/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters: which changes a link is told.
 */
#ifndef LOCALSTATE_FILTER_H
#define LOCALSTATE_FILTER_H

#include <linux/localstate.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "record.h"
#include "value.h"

struct ls_user;

/* Numbers whose keys are at most width above low. */
struct ls_range {
	u64 low;
	u64 width;
};

struct ls_term {
	u8 operation;
	u8 flags;
	u32 suits;			/* a bit for each type */
	union {
		u64 amount;			/* CHANGED, BITS */
		struct {
			struct ls_range enter;	/* to get inside */
			struct ls_range stay;	/* to stay there */
		};
		struct ls_value value;		/* EQUALS, DIFFERS */
	};
};

/* Immutable; freed after a grace period.  Behind the terms: as they were given. */
struct ls_filter {
	struct rcu_head rcu;
	u8 n_terms;
	bool all;			/* terms must be true, not any */
	bool reported;			/* the reference of what is next */
	u32 quick;			/* types of which a change by less than */
	u64 least;			/*	least is known not to pass */
	struct ls_term terms[];
};

/* What a filter remembers of a link. */
struct ls_filter_state {
	u64 reported;			/* the last scalar that passed */
	u32 inside;			/* a bit for each term that crosses */
};

/* Of EQUALS and DIFFERS with a long value, operand.data is of no use any more. */
static inline struct localstate_filter_term *
localstate_filter_given(struct ls_filter *filter)
{
	return (struct localstate_filter_term *)&filter->terms[filter->n_terms];
}

int localstate_filter_import(struct ls_filter **filter,
			     const struct localstate_filter *arg,
			     struct localstate_error *error);
int localstate_filter_charge(struct ls_filter *filter, struct ls_user *user,
			     struct localstate_error *error);
void localstate_filter_drop(struct ls_filter *filter);
u32 localstate_filter_misfit(const struct ls_filter *filter, u32 type,
			     const struct ls_spec *spec);
bool localstate_filter_pass(const struct ls_filter *filter,
			    struct ls_filter_state *state,
			    const struct ls_change *change);
void localstate_filter_start(const struct ls_filter *filter,
			     struct ls_filter_state *state,
			     const struct ls_value *value);

#endif /* LOCALSTATE_FILTER_H */
