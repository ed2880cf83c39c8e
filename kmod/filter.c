// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters: taken from the caller with the watch that they belong to, immutable
 * afterwards, and asked about each change under the variable's lock.
 *
 * Numbers are compared by their keys, and a range is two of them: what its bounds
 * mean is worked out once, when it is taken.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "number.h"
#include "private.h"

#define LS_SUITS_INT		BIT(LOCALSTATE_TYPE_INT)
#define LS_SUITS_UINT		BIT(LOCALSTATE_TYPE_UINT)
#define LS_SUITS_FLOAT		BIT(LOCALSTATE_TYPE_FLOAT)
#define LS_SUITS_SCALARS	(BIT(LOCALSTATE_TYPE_BOOL) | LS_SUITS_INT | \
				 LS_SUITS_UINT | LS_SUITS_FLOAT)
#define LS_SUITS_ALL		(~0U)

/* ---- taking -------------------------------------------------------------- */

static const u32 localstate_term_flags[] = {
	[LOCALSTATE_FILTER_CHANGED] = LOCALSTATE_FILTER_REPORTED |
				      LOCALSTATE_FILTER_PERCENT |
				      LOCALSTATE_FILTER_UP |
				      LOCALSTATE_FILTER_DOWN |
				      LOCALSTATE_FILTER_ABOVE,
	[LOCALSTATE_FILTER_INSIDE] = LOCALSTATE_FILTER_ABOVE |
				     LOCALSTATE_FILTER_BELOW,
	[LOCALSTATE_FILTER_OUTSIDE] = LOCALSTATE_FILTER_ABOVE |
				      LOCALSTATE_FILTER_BELOW,
	[LOCALSTATE_FILTER_ENTERS] = LOCALSTATE_FILTER_ABOVE |
				     LOCALSTATE_FILTER_BELOW,
	[LOCALSTATE_FILTER_LEAVES] = LOCALSTATE_FILTER_ABOVE |
				     LOCALSTATE_FILTER_BELOW,
	[LOCALSTATE_FILTER_EQUALS] = 0,
	[LOCALSTATE_FILTER_DIFFERS] = LOCALSTATE_FILTER_REPORTED,
	[LOCALSTATE_FILTER_BITS] = 0,
	[LOCALSTATE_FILTER_BITS_CHANGED] = LOCALSTATE_FILTER_REPORTED,
};

static bool localstate_term_has_range(u32 operation)
{
	return operation >= LOCALSTATE_FILTER_INSIDE &&
	       operation <= LOCALSTATE_FILTER_LEAVES;
}

static bool localstate_term_has_state(u32 operation)
{
	return operation == LOCALSTATE_FILTER_ENTERS ||
	       operation == LOCALSTATE_FILTER_LEAVES;
}

static bool localstate_term_has_value(u32 operation)
{
	return operation == LOCALSTATE_FILTER_EQUALS ||
	       operation == LOCALSTATE_FILTER_DIFFERS;
}

static bool localstate_term_is_none(const struct localstate_value *value)
{
	return !value->type && !value->data && !value->length;
}

/* Operation and flags, and that what they do not need is not there. */
static bool localstate_term_is_valid(const struct localstate_filter_term *raw)
{
	const u32 both = LOCALSTATE_FILTER_UP | LOCALSTATE_FILTER_DOWN;

	if (!raw->operation ||
	    raw->operation >= ARRAY_SIZE(localstate_term_flags) ||
	    raw->flags & ~localstate_term_flags[raw->operation] ||
	    (raw->flags & both) == both)
		return false;
	if (!localstate_term_has_range(raw->operation) &&
	    !localstate_term_is_none(&raw->high))
		return false;
	return localstate_term_has_state(raw->operation) || !raw->hysteresis;
}

static bool localstate_term_is_number(const struct localstate_value *value)
{
	return value->type >= LOCALSTATE_TYPE_INT &&
	       value->type <= LOCALSTATE_TYPE_FLOAT &&
	       value->length == sizeof(u64) &&
	       !localstate_number_is_nan(value->type, value->data);
}

/* Amounts, percentages and bits: they have no sign. */
static bool localstate_term_take_amount(struct ls_term *term,
					const struct localstate_value *operand)
{
	if (!localstate_term_is_number(operand))
		return false;
	switch (operand->type) {
	case LOCALSTATE_TYPE_UINT:
		term->suits = LS_SUITS_INT | LS_SUITS_UINT;
		break;
	case LOCALSTATE_TYPE_FLOAT:
		if (operand->data > LS_FLOAT_INFINITY ||
		    term->operation != LOCALSTATE_FILTER_CHANGED)
			return false;
		term->suits = LS_SUITS_FLOAT;
		break;
	default:
		return false;
	}
	term->amount = operand->data;
	return true;
}

/*
 * The key of a bound that is moved up or down; false if it ends up nowhere.  An
 * integer that leaves its type is no bound any more.
 */
static bool localstate_bound_key(u32 type, u64 bits, u64 by, bool up,
				 u64 *key, bool *open)
{
	if (type == LOCALSTATE_TYPE_FLOAT) {
		if (by)
			bits = localstate_float_subtract(bits, up ? by ^ LS_FLOAT_SIGN : by);
		*key = localstate_number_key(type, bits);
		return !localstate_number_is_nan(type, bits);
	}
	*key = localstate_number_key(type, bits);
	if (by > (up ? ~*key : *key)) {
		*key = up ? ~0ULL : 0;
		*open = false;
	} else {
		*key += up ? by : -by;
	}
	return true;
}

/* The range between the bounds, made wider or narrower; false if it is empty. */
static bool localstate_range_make(struct ls_range *range, u32 type,
				  const struct localstate_filter_term *raw,
				  u64 by, bool wider)
{
	bool is_float = type == LOCALSTATE_TYPE_FLOAT;
	bool above = raw->flags & LOCALSTATE_FILTER_ABOVE;
	bool below = raw->flags & LOCALSTATE_FILTER_BELOW;
	u64 low = is_float ? LS_FLOAT_SIGN - LS_FLOAT_INFINITY : 0;
	u64 high = is_float ? LS_FLOAT_SIGN + LS_FLOAT_INFINITY : ~0ULL;

	if (raw->operand.type &&
	    !localstate_bound_key(type, raw->operand.data, by, !wider, &low, &above))
		return false;
	if (raw->high.type &&
	    !localstate_bound_key(type, raw->high.data, by, wider, &high, &below))
		return false;
	if (low > high || high - low < above + below)
		return false;
	range->low = low + above;
	range->width = high - below - range->low;
	return true;
}

/*
 * An integer bound that a hysteresis moves inwards and out of its type leaves
 * nothing; localstate_bound_key() takes that for no bound.
 */
static bool localstate_range_can_narrow(u32 type,
					const struct localstate_filter_term *raw)
{
	if (type == LOCALSTATE_TYPE_FLOAT)
		return true;
	return (!raw->operand.type ||
		raw->hysteresis <= ~localstate_number_key(type, raw->operand.data)) &&
	       (!raw->high.type ||
		raw->hysteresis <= localstate_number_key(type, raw->high.data));
}

static bool localstate_term_take_range(struct ls_term *term,
				       const struct localstate_filter_term *raw)
{
	u32 type = raw->operand.type ?: raw->high.type;
	u64 by = raw->hysteresis;
	bool leaves = raw->operation == LOCALSTATE_FILTER_LEAVES;

	if (raw->operand.type ? !localstate_term_is_number(&raw->operand) :
	    !localstate_term_is_none(&raw->operand) ||
	    raw->flags & LOCALSTATE_FILTER_ABOVE)
		return false;
	if (raw->high.type ? !localstate_term_is_number(&raw->high) :
	    !localstate_term_is_none(&raw->high) ||
	    raw->flags & LOCALSTATE_FILTER_BELOW)
		return false;
	if (!type || (raw->high.type && raw->high.type != type) ||
	    (type == LOCALSTATE_TYPE_FLOAT && by > LS_FLOAT_INFINITY) ||
	    (leaves && !localstate_range_can_narrow(type, raw)))
		return false;
	term->suits = BIT(type);
	return localstate_range_make(&term->enter, type, raw, leaves ? by : 0, false) &&
	       localstate_range_make(&term->stay, type, raw, leaves ? 0 : by, true);
}

/* What EQUALS and DIFFERS compare to; nothing: the reference. */
static int localstate_term_take_value(struct ls_term *term,
				      const struct localstate_filter_term *raw,
				      struct localstate_error *error)
{
	if (!raw->operand.type) {
		if (raw->operation != LOCALSTATE_FILTER_DIFFERS ||
		    !localstate_term_is_none(&raw->operand))
			return -EINVAL;
		term->suits = raw->flags & LOCALSTATE_FILTER_REPORTED ?
			      LS_SUITS_SCALARS : LS_SUITS_ALL;
		return 0;
	}
	if (raw->flags || raw->operand.type > LOCALSTATE_TYPE_ARRAY)
		return -EINVAL;
	term->suits = BIT(raw->operand.type);
	return localstate_value_import(&term->value, &raw->operand,
				       raw->operand.type, error);
}

static int localstate_term_import(struct ls_term *term,
				  const struct localstate_filter_term *raw,
				  struct localstate_error *error)
{
	bool valid = false;

	if (!localstate_term_is_valid(raw))
		return -EINVAL;
	term->operation = raw->operation;
	term->flags = raw->flags;
	switch (raw->operation) {
	case LOCALSTATE_FILTER_CHANGED:
	case LOCALSTATE_FILTER_BITS:
	case LOCALSTATE_FILTER_BITS_CHANGED:
		valid = localstate_term_take_amount(term, &raw->operand);
		break;
	case LOCALSTATE_FILTER_EQUALS:
	case LOCALSTATE_FILTER_DIFFERS:
		return localstate_term_take_value(term, raw, error);
	default:
		valid = localstate_term_take_range(term, raw);
	}
	return valid ? 0 : -EINVAL;
}

/*
 * No longer asked, though a push may still look at it, and at its texts: all of it
 * stays as it is for a grace period.
 */
void localstate_filter_drop(struct ls_filter *filter)
{
	u32 i;

	if (!filter)
		return;
	for (i = 0; i < filter->n_terms; i++) {
		if (localstate_term_has_value(filter->terms[i].operation))
			localstate_cell_put(filter->terms[i].value.cell);
	}
	kvfree_rcu(filter, rcu);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_filter_drop);

/* Let @user pay for its long values; if that fails, the caller drops it. */
int localstate_filter_charge(struct ls_filter *filter, struct ls_user *user,
			     struct localstate_error *error)
{
	u32 i;
	int ret = 0;

	for (i = 0; !ret && i < filter->n_terms; i++) {
		if (localstate_term_has_value(filter->terms[i].operation))
			ret = localstate_value_charge(&filter->terms[i].value,
						      user, error);
	}
	return ret;
}

/*
 * The only term is a change by so much, in either direction: then it can be asked
 * in fewer steps.  The bits of doubles from zero on are in their order, too.
 */
static void localstate_filter_make_quick(struct ls_filter *filter)
{
	const struct ls_term *term = &filter->terms[0];
	bool above = term->flags & LOCALSTATE_FILTER_ABOVE;

	if (filter->n_terms != 1 ||
	    term->operation != LOCALSTATE_FILTER_CHANGED ||
	    term->flags & ~(LOCALSTATE_FILTER_ABOVE |
			    LOCALSTATE_FILTER_REPORTED) ||
	    (above && term->amount == ~0ULL))
		return;
	filter->quick = term->suits;
	filter->least = term->amount + above;
	filter->reported = term->flags & LOCALSTATE_FILTER_REPORTED;
}

static int localstate_filter_import_terms(struct ls_filter *filter,
					  const struct localstate_filter_term *raw,
					  u32 n, struct localstate_error *error)
{
	int ret;

	for (; filter->n_terms < n; filter->n_terms++) {
		error->index = filter->n_terms;
		ret = localstate_term_import(&filter->terms[filter->n_terms],
					     &raw[filter->n_terms], error);
		if (ret)
			return localstate_error(error, ret,
						LOCALSTATE_FIELD_FILTER);
	}
	error->index = LOCALSTATE_NO_INDEX;
	memcpy(localstate_filter_given(filter), raw, n * sizeof(*raw));
	localstate_filter_make_quick(filter);
	return 0;
}

/* *@filter is NULL if there are no terms. */
int localstate_filter_import(struct ls_filter **filter,
			     const struct localstate_filter *arg,
			     struct localstate_error *error)
{
	struct localstate_filter_term raw[LOCALSTATE_FILTER_TERMS];
	struct ls_filter *new;
	int ret;

	*filter = NULL;
	if (arg->n_terms > LOCALSTATE_FILTER_TERMS)
		return localstate_error_limit(error, -EINVAL,
					      LOCALSTATE_FIELD_FILTER,
					      LOCALSTATE_TYPE_UINT,
					      LOCALSTATE_FILTER_TERMS);
	if (arg->match > LOCALSTATE_FILTER_ALL ||
	    (!arg->n_terms && (arg->terms || arg->match)))
		return localstate_error(error, -EINVAL, LOCALSTATE_FIELD_FILTER);
	if (!arg->n_terms)
		return 0;
	if (copy_from_user(raw, u64_to_user_ptr(arg->terms),
			   arg->n_terms * sizeof(*raw)))
		return localstate_error(error, -EFAULT, LOCALSTATE_FIELD_FILTER);
	new = kzalloc(struct_size(new, terms, arg->n_terms) +
		      arg->n_terms * sizeof(*raw), GFP_KERNEL_ACCOUNT);
	if (!new)
		return localstate_error(error, -ENOMEM, LOCALSTATE_FIELD_NONE);
	new->all = arg->match == LOCALSTATE_FILTER_ALL;
	ret = localstate_filter_import_terms(new, raw, arg->n_terms, error);
	if (ret) {
		localstate_filter_drop(new);
		return ret;
	}
	*filter = new;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_filter_import);

/* Whether a text can be one of the variable's choices. */
static bool localstate_term_is_choice(const struct ls_term *term,
				      const struct ls_spec *spec)
{
	struct localstate_error unused;

	return !localstate_term_has_value(term->operation) ||
	       term->value.type != LOCALSTATE_TYPE_CHOICE ||
	       !localstate_constraint_check(spec, &term->value, &unused);
}

/* The first term that makes no sense for a variable, or the number of terms. */
u32 localstate_filter_misfit(const struct ls_filter *filter, u32 type,
			     const struct ls_spec *spec)
{
	u32 i;

	for (i = 0; i < filter->n_terms; i++) {
		const struct ls_term *term = &filter->terms[i];

		if (!(term->suits & BIT(type)) ||
		    !localstate_term_is_choice(term, spec))
			break;
	}
	return i;
}
EXPORT_SYMBOL_IF_KUNIT(localstate_filter_misfit);

/* ---- asking -------------------------------------------------------------- */

enum ls_verdict {
	LS_VERDICT_FALSE,
	LS_VERDICT_TRUE,
	LS_VERDICT_UNKNOWN
};

static __always_inline bool localstate_range_has(const struct ls_range *range, u64 key)
{
	return key - range->low <= range->width;
}

static __always_inline u64 localstate_view_bits(const struct ls_view *view)
{
	return *(const u64 *)view->data;
}

static enum ls_verdict localstate_term_compare(const struct ls_term *term,
					       u64 left, u64 right)
{
	if (term->flags & LOCALSTATE_FILTER_ABOVE)
		return left > right;
	return left >= right;
}

static noinline enum ls_verdict
localstate_term_changed_float(const struct ls_term *term, u64 from, u64 to)
{
	const u32 type = LOCALSTATE_TYPE_FLOAT;
	u64 amount = term->amount, change;

	if (term->flags & LOCALSTATE_FILTER_DOWN)
		change = localstate_float_subtract(from, to);
	else
		change = localstate_float_subtract(to, from);
	if (!(term->flags & (LOCALSTATE_FILTER_UP | LOCALSTATE_FILTER_DOWN)))
		change &= ~LS_FLOAT_SIGN;
	if (term->flags & LOCALSTATE_FILTER_PERCENT) {
		change = localstate_float_multiply(change, LS_FLOAT_100);
		amount = localstate_float_multiply(amount, from & ~LS_FLOAT_SIGN);
	}
	if (localstate_number_is_nan(type, change) ||
	    localstate_number_is_nan(type, amount))
		return LS_VERDICT_UNKNOWN;
	return localstate_term_compare(term, localstate_number_key(type, change),
				       localstate_number_key(type, amount));
}

/* 128 bits from two times 64, also where the compiler has no such type. */
static u64 localstate_term_multiply(u64 a, u64 b, u64 *high)
{
	u64 low = (u64)(u32)a * (u32)b;
	u64 left = (a >> 32) * (u32)b + (low >> 32);
	u64 right = (u64)(u32)a * (b >> 32) + (u32)left;

	*high = (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32);
	return right << 32 | (u32)low;
}

static noinline enum ls_verdict
localstate_term_changed_percent(const struct ls_term *term, u32 type, u64 from,
				u64 change)
{
	bool negative = type == LOCALSTATE_TYPE_INT && from >> 63;
	u64 left, left_high, right, right_high;

	left = localstate_term_multiply(change,
					100 * LOCALSTATE_FILTER_PERCENT_ONE,
					&left_high);
	right = localstate_term_multiply(term->amount, negative ? -from : from,
					 &right_high);
	if (left_high != right_high)
		return left_high > right_high;
	return localstate_term_compare(term, left, right);
}

/* How far two integers are apart fits into 64 bits without a sign. */
static __always_inline enum ls_verdict
localstate_term_changed(const struct ls_term *term, u32 type, u64 from, u64 to)
{
	u64 from_key, to_key, change;

	if (type == LOCALSTATE_TYPE_FLOAT)
		return localstate_term_changed_float(term, from, to);
	from_key = localstate_number_key(type, from);
	to_key = localstate_number_key(type, to);
	if (to_key >= from_key) {
		change = to_key - from_key;
		if (change && term->flags & LOCALSTATE_FILTER_DOWN)
			return LS_VERDICT_FALSE;
	} else {
		change = from_key - to_key;
		if (term->flags & LOCALSTATE_FILTER_UP)
			return LS_VERDICT_FALSE;
	}
	if (term->flags & LOCALSTATE_FILTER_PERCENT)
		return localstate_term_changed_percent(term, type, from, change);
	return localstate_term_compare(term, change, term->amount);
}

static __always_inline enum ls_verdict
localstate_term_crosses(const struct ls_term *term, u32 *inside, u32 bit,
			u64 key)
{
	bool was = *inside & bit;
	bool is = localstate_range_has(was ? &term->stay : &term->enter, key);

	if (was == is)
		return LS_VERDICT_FALSE;
	*inside ^= bit;
	return is == (term->operation == LOCALSTATE_FILTER_ENTERS);
}

static bool localstate_view_equal(u32 type, const struct ls_view *view,
				  const void *data, u32 length)
{
	if (localstate_type_is_scalar(type))
		return localstate_number_equal(type, localstate_view_bits(view),
					     *(const u64 *)data);
	if (type == LOCALSTATE_TYPE_ARRAY)
		return localstate_array_equal(view->data, view->length, data,
					      length);
	return view->length == length && !memcmp(view->data, data, length);
}

static noinline enum ls_verdict
localstate_term_differs(const struct ls_term *term,
			const struct ls_filter_state *state,
			const struct ls_change *change)
{
	const struct ls_view *new = &change->new;

	if (term->value.type)
		return !localstate_view_equal(change->type, new,
					      localstate_value_data(&term->value),
					      term->value.length);
	if (!change->old.present)
		return LS_VERDICT_UNKNOWN;
	if (term->flags & LOCALSTATE_FILTER_REPORTED)
		return !localstate_number_equal(change->type,
					      localstate_view_bits(new),
					      state->reported);
	return !localstate_view_equal(change->type, new, change->old.data,
				      change->old.length);
}

/* A range, of which only the new value counts but for the state. */
static __always_inline enum ls_verdict
localstate_term_ranges(const struct ls_term *term,
		       struct ls_filter_state *state, u32 bit,
		       const struct ls_change *change)
{
	u64 bits = localstate_view_bits(&change->new);
	u64 key = localstate_number_key(change->type, bits);

	if (localstate_number_is_nan(change->type, bits))
		return LS_VERDICT_UNKNOWN;
	if (term->operation == LOCALSTATE_FILTER_INSIDE)
		return localstate_range_has(&term->stay, key);
	if (term->operation == LOCALSTATE_FILTER_OUTSIDE)
		return !localstate_range_has(&term->stay, key);
	if (!change->old.present)
		return LS_VERDICT_UNKNOWN;
	return localstate_term_crosses(term, &state->inside, bit, key);
}

static __always_inline enum ls_verdict
localstate_term_ask(const struct ls_term *term, struct ls_filter_state *state,
		    u32 bit, const struct ls_change *change)
{
	u64 from, to;

	if (!(term->suits & BIT(change->type)))
		return LS_VERDICT_UNKNOWN;
	if (localstate_term_has_range(term->operation))
		return localstate_term_ranges(term, state, bit, change);
	if (term->operation == LOCALSTATE_FILTER_EQUALS)
		return localstate_view_equal(change->type, &change->new,
					     localstate_value_data(&term->value),
					     term->value.length);
	if (term->operation == LOCALSTATE_FILTER_DIFFERS)
		return localstate_term_differs(term, state, change);
	to = localstate_view_bits(&change->new);
	if (term->operation == LOCALSTATE_FILTER_BITS)
		return !!(to & term->amount);
	if (!change->old.present)
		return LS_VERDICT_UNKNOWN;
	from = term->flags & LOCALSTATE_FILTER_REPORTED ?
	       state->reported : localstate_view_bits(&change->old);
	if (term->operation == LOCALSTATE_FILTER_BITS_CHANGED)
		return !!((from ^ to) & term->amount);
	return localstate_term_changed(term, change->type, from, to);
}

/* Each term is asked, for those that look at crossings have to see all values. */
static noinline bool
localstate_filter_combine(const struct ls_filter *filter,
			  struct ls_filter_state *state,
			  const struct ls_change *change)
{
	u32 i, seen = 0;

	for (i = 0; i < filter->n_terms; i++)
		seen |= BIT(localstate_term_ask(&filter->terms[i], state,
						BIT(i), change));
	if (seen & BIT(LS_VERDICT_UNKNOWN))
		return true;
	if (filter->all)
		return !(seen & BIT(LS_VERDICT_FALSE));
	return seen & BIT(LS_VERDICT_TRUE);
}

/* Whether it is known that a change does not pass; not, that it does. */
static __always_inline bool
localstate_filter_reject(const struct ls_filter *filter,
			 const struct ls_filter_state *state,
			 const struct ls_change *change)
{
	u64 from, to, distance;

	if (!(filter->quick & BIT(change->type)) || !change->old.present)
		return false;
	from = filter->reported ? state->reported :
				  localstate_view_bits(&change->old);
	to = localstate_view_bits(&change->new);
	if (change->type == LOCALSTATE_TYPE_FLOAT) {
		if (!localstate_float_distance(from, to, &distance))
			return false;
	} else {
		from = localstate_number_key(change->type, from);
		to = localstate_number_key(change->type, to);
		distance = to < from ? from - to : to - from;
	}
	return distance < filter->least;
}

static bool localstate_filter_decide(const struct ls_filter *filter,
				     struct ls_filter_state *state,
				     const struct ls_change *change)
{
	bool pass;

	if (likely(filter->n_terms == 1))
		pass = localstate_term_ask(&filter->terms[0], state, 1,
					   change) != LS_VERDICT_FALSE;
	else
		pass = localstate_filter_combine(filter, state, change);
	if (pass && localstate_type_is_scalar(change->type))
		state->reported = localstate_view_bits(&change->new);
	return pass;
}

/*
 * Whether the filter lets a change pass, which is then what was reported.  Not for
 * changes of others: localstate_link_ask() has both halves apart.
 */
bool localstate_filter_pass(const struct ls_filter *filter,
			    struct ls_filter_state *state,
			    const struct ls_change *change)
{
	return !localstate_filter_reject(filter, state, change) &&
	       localstate_filter_decide(filter, state, change);
}
EXPORT_SYMBOL_IF_KUNIT(localstate_filter_pass);

/* Counted, but for an INITIAL, which is no change. */
static __always_inline bool
localstate_link_hold_back(struct ls_link *link, const struct ls_change *change)
{
	if (!change->uncounted)
		atomic64_inc(&link->watch->filtered);
	return false;
}

/* Apart, so that what is rejected at once pays nothing for it. */
static noinline bool
localstate_link_decide(struct ls_link *link, const struct ls_change *change)
{
	return localstate_filter_decide(link->filter, &link->state, change) ||
	       localstate_link_hold_back(link, change);
}

/* Whether a change passes the filter of a link. */
bool localstate_link_ask(struct ls_link *link, const struct ls_change *change)
{
	if (localstate_filter_reject(link->filter, &link->state, change))
		return localstate_link_hold_back(link, change);
	return localstate_link_decide(link, change);
}

/* The state of a link whose variable has this value as the filter begins. */
void localstate_filter_start(const struct ls_filter *filter,
			     struct ls_filter_state *state,
			     const struct ls_value *value)
{
	u64 bits = value->word[0];
	u32 i;

	state->reported = bits;
	state->inside = 0;
	for (i = 0; i < filter->n_terms; i++) {
		const struct ls_term *term = &filter->terms[i];
		const struct ls_range *range = &term->enter;

		if (!localstate_term_has_state(term->operation) ||
		    !(term->suits & BIT(value->type)) ||
		    localstate_number_is_nan(value->type, bits))
			continue;
		if (term->operation == LOCALSTATE_FILTER_LEAVES)
			range = &term->stay;
		if (localstate_range_has(range,
					 localstate_number_key(value->type, bits)))
			state->inside |= BIT(i);
	}
}
EXPORT_SYMBOL_IF_KUNIT(localstate_filter_start);
