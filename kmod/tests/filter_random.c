// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters, and the arithmetic of doubles that they need, against what C says of
 * the same numbers: doubles by the processor, integers in 128 bits.
 */
#include <kunit/test.h>
#include <math.h>
#include <stdint.h>

#include "kunit.h"
#include "number.h"
#include "random.h"

#define SIGN	BIT_ULL(63)

/* ---- arithmetic ---------------------------------------------------------- */

static bool same(u64 bits, double d)
{
	return isnan(d) ? isnan(as_double(bits)) : bits == as_bits(d);
}

/* Stops at the first difference: there may be millions. */
static void expect_arithmetic(struct kunit *test, u64 a, u64 b)
{
	KUNIT_ASSERT_TRUE_MSG(test, same(localstate_float_subtract(a, b),
					 as_double(a) - as_double(b)), "%016llx - %016llx", a, b);
	KUNIT_ASSERT_TRUE_MSG(test, same(localstate_float_multiply(a, b),
					 as_double(a) * as_double(b)), "%016llx * %016llx", a, b);
}

static void floats_are_subtracted_and_multiplied_as_the_processor_does(struct kunit *test)
{
	u64 a, b;
	int i;

	random_start();
	for (i = 0; i < 6000000; i++) {
		a = random_float();
		b = random_float();
		expect_arithmetic(test, a, b);
		/* Near each other: what cancels, and what is rounded to even. */
		expect_arithmetic(test, a, a + random_below(5) - 2);
		expect_arithmetic(test, a, (a & ~((1ULL << 52) - 1)) | b >> 12);
		expect_arithmetic(test, a, a ^ SIGN ^ (u64)random_below(64) << 52);
	}
}

static void every_pair_of_exponents_is_as_the_processor_says(struct kunit *test)
{
	static const u64 fractions[] = { 0, 1, 1ULL << 51, (1ULL << 52) - 1 };
	u32 i, j, k;

	for (i = 0; i < 2048; i++) {
		for (j = 0; j < 2048; j++) {
			k = i * 7 + j;
			expect_arithmetic(test, (u64)i << 52 | fractions[k % 4],
					  (u64)j << 52 | fractions[k / 4 % 4] | (k & 1 ? SIGN : 0));
		}
	}
}

/* ---- what a filter should say -------------------------------------------- */

enum { NO, YES, UNKNOWN };

struct oracle {
	u32 type;
	u64 reported;
	bool inside[LOCALSTATE_FILTER_TERMS];
};

/* The hysteresis with a sign, or nothing: 0 times infinity would be a NaN. */
static double widened(const struct localstate_filter_term *t, int wider)
{
	return wider ? wider * as_double(t->hysteresis) : 0;
}

static __int128 as_wide(u32 type, u64 bits)
{
	return type == LOCALSTATE_TYPE_INT ? (__int128)(s64)bits : (__int128)bits;
}

static bool is_inside_float(const struct localstate_filter_term *t, double n, double wider)
{
	double low = as_double(t->operand.data), high = as_double(t->high.data);

	if (wider != 0) {
		low = low - wider;
		high = high + wider;
	}
	return (!t->operand.type || (t->flags & LOCALSTATE_FILTER_ABOVE ? n > low : n >= low)) &&
	       (!t->high.type || (t->flags & LOCALSTATE_FILTER_BELOW ? n < high : n <= high));
}

static bool is_inside_wide(const struct localstate_filter_term *t, u32 type, u64 bits,
			   __int128 wider)
{
	__int128 low = as_wide(type, t->operand.data) - wider, n = as_wide(type, bits);
	__int128 high = as_wide(type, t->high.data) + wider;

	return (!t->operand.type || (t->flags & LOCALSTATE_FILTER_ABOVE ? n > low : n >= low)) &&
	       (!t->high.type || (t->flags & LOCALSTATE_FILTER_BELOW ? n < high : n <= high));
}

/* In the range, made wider (1) or narrower (-1) by the hysteresis, or as it is. */
static bool is_inside(const struct localstate_filter_term *t, u32 type, u64 bits, int wider)
{
	if (type == LOCALSTATE_TYPE_FLOAT)
		return is_inside_float(t, as_double(bits), widened(t, wider));
	return is_inside_wide(t, type, bits, wider * (__int128)t->hysteresis);
}

static int says_crossed(const struct localstate_filter_term *t, u32 type, u64 new, bool *inside)
{
	bool enters = t->operation == LOCALSTATE_FILTER_ENTERS;
	bool was = *inside;

	if (was)
		*inside = is_inside(t, type, new, enters ? 1 : 0);
	else
		*inside = is_inside(t, type, new, enters ? 0 : -1);
	return was != *inside && *inside == enters;
}

static int says_changed_float(const struct localstate_filter_term *t, double from, double to)
{
	double change = t->flags & LOCALSTATE_FILTER_DOWN ? from - to : to - from;
	double amount = as_double(t->operand.data);

	if (!(t->flags & (LOCALSTATE_FILTER_UP | LOCALSTATE_FILTER_DOWN)))
		change = fabs(change);
	if (t->flags & LOCALSTATE_FILTER_PERCENT) {
		change *= 100;
		amount *= fabs(from);
	}
	if (isnan(change) || isnan(amount))
		return UNKNOWN;
	return t->flags & LOCALSTATE_FILTER_ABOVE ? change > amount : change >= amount;
}

static int says_changed_wide(const struct localstate_filter_term *t, __int128 from, __int128 to)
{
	__int128 change = t->flags & LOCALSTATE_FILTER_DOWN ? from - to : to - from;
	__uint128_t amount = (__uint128_t)t->operand.data;
	bool both = !(t->flags & (LOCALSTATE_FILTER_UP | LOCALSTATE_FILTER_DOWN));

	if (change < 0 && !both)
		return NO;
	change = change < 0 ? -change : change;
	if (t->flags & LOCALSTATE_FILTER_PERCENT) {
		change *= 100000000;
		amount *= from < 0 ? -from : from;
	}
	return t->flags & LOCALSTATE_FILTER_ABOVE ? (__uint128_t)change > amount :
						    (__uint128_t)change >= amount;
}

static bool says_equal(u32 type, u64 a, u64 b)
{
	if (type != LOCALSTATE_TYPE_FLOAT)
		return a == b;
	return as_double(a) == as_double(b) || (isnan(as_double(a)) && isnan(as_double(b)));
}

static int says(const struct localstate_filter_term *t, struct oracle *oracle, int i, u64 old,
		u64 new)
{
	u64 from = t->flags & LOCALSTATE_FILTER_REPORTED ? oracle->reported : old;
	u32 type = oracle->type;

	switch (t->operation) {
	case LOCALSTATE_FILTER_EQUALS:
		return says_equal(type, new, t->operand.data);
	case LOCALSTATE_FILTER_DIFFERS:
		return !says_equal(type, new, t->operand.type ? t->operand.data : from);
	case LOCALSTATE_FILTER_BITS:
		return !!(new & t->operand.data);
	case LOCALSTATE_FILTER_BITS_CHANGED:
		return !!((new ^ from) & t->operand.data);
	case LOCALSTATE_FILTER_CHANGED:
		if (type == LOCALSTATE_TYPE_FLOAT)
			return says_changed_float(t, as_double(from), as_double(new));
		return says_changed_wide(t, as_wide(type, from), as_wide(type, new));
	}
	if (type == LOCALSTATE_TYPE_FLOAT && isnan(as_double(new)))
		return UNKNOWN;
	if (t->operation == LOCALSTATE_FILTER_INSIDE)
		return is_inside(t, type, new, 0);
	if (t->operation == LOCALSTATE_FILTER_OUTSIDE)
		return !is_inside(t, type, new, 0);
	return says_crossed(t, type, new, &oracle->inside[i]);
}

static bool says_pass(const struct localstate_filter *filter, struct oracle *oracle, u64 old,
		      u64 new)
{
	const struct localstate_filter_term *terms = (const void *)(unsigned long)filter->terms;
	u32 seen[3] = { 0 }, i;
	bool pass;

	for (i = 0; i < filter->n_terms; i++)
		seen[says(&terms[i], oracle, i, old, new)]++;
	pass = seen[UNKNOWN] ||
	       (filter->match == LOCALSTATE_FILTER_ALL ? !seen[NO] : seen[YES]);
	if (pass)
		oracle->reported = new;
	return pass;
}

/* ---- whether a range has anything in it ---------------------------------- */

static bool float_range_is_empty(const struct localstate_filter_term *t, double wider)
{
	double low = t->operand.type ? as_double(t->operand.data) : -INFINITY;
	double high = t->high.type ? as_double(t->high.data) : INFINITY;

	if (wider != 0 && t->operand.type)
		low -= wider;
	if (wider != 0 && t->high.type)
		high += wider;
	if (isnan(low) || isnan(high))
		return true;
	if (t->flags & LOCALSTATE_FILTER_ABOVE) {
		if (low == INFINITY)
			return true;
		low = nextafter(low, INFINITY);
	}
	if (t->flags & LOCALSTATE_FILTER_BELOW) {
		if (high == -INFINITY)
			return true;
		high = nextafter(high, -INFINITY);
	}
	return low > high;
}

static bool range_is_empty(const struct localstate_filter_term *t, u32 type, int wider)
{
	__int128 by = wider * (__int128)t->hysteresis, least, most, low, high;

	if (type == LOCALSTATE_TYPE_FLOAT)
		return float_range_is_empty(t, widened(t, wider));
	least = type == LOCALSTATE_TYPE_INT ? (__int128)INT64_MIN : 0;
	most = type == LOCALSTATE_TYPE_INT ? (__int128)INT64_MAX : (__int128)UINT64_MAX;
	low = least;
	high = most;
	if (t->operand.type)
		low = as_wide(type, t->operand.data) - by + !!(t->flags & LOCALSTATE_FILTER_ABOVE);
	if (t->high.type)
		high = as_wide(type, t->high.data) + by - !!(t->flags & LOCALSTATE_FILTER_BELOW);
	low = low < least ? least : low;
	high = high > most ? most : high;
	return low > high;
}

static bool says_refused(const struct localstate_filter_term *t, u32 type)
{
	if (t->operation < LOCALSTATE_FILTER_INSIDE || t->operation > LOCALSTATE_FILTER_LEAVES)
		return false;
	return range_is_empty(t, type, 0) ||
	       range_is_empty(t, type, t->operation == LOCALSTATE_FILTER_ENTERS ? 1 : -1);
}

/* ---- by chance ----------------------------------------------------------- */

static u64 random_number(u32 type)
{
	u64 bits;

	if (type != LOCALSTATE_TYPE_FLOAT)
		return random_integer();
	/* Mostly of a size that people use. */
	if (random_below(2))
		return as_bits((int)(random_below(400) - 200) / 4.0);
	do {
		bits = random_float();
	} while (isnan(as_double(bits)));
	return bits;
}

static u64 random_amount(u32 type)
{
	if (type == LOCALSTATE_TYPE_FLOAT)
		return random_number(type) & ~SIGN;
	return random_below(3) ? random_below(300) : random_integer();
}

static struct localstate_value value_of(u32 type, u64 bits)
{
	return (struct localstate_value){ .data = bits, .length = 8, .type = type };
}

static u32 amount_type(u32 type)
{
	return type == LOCALSTATE_TYPE_FLOAT ? type : LOCALSTATE_TYPE_UINT;
}

static void random_changed(struct localstate_filter_term *t, u32 type)
{
	static const u32 directions[] = { 0, LOCALSTATE_FILTER_UP, LOCALSTATE_FILTER_DOWN };

	t->flags = directions[random_below(3)];
	t->flags |= random_below(2) ? LOCALSTATE_FILTER_ABOVE : 0;
	t->flags |= random_below(2) ? LOCALSTATE_FILTER_REPORTED : 0;
	t->operand = value_of(amount_type(type), random_amount(type));
	if (random_below(4))
		return;
	t->flags |= LOCALSTATE_FILTER_PERCENT;
	if (type != LOCALSTATE_TYPE_FLOAT && random_below(4))
		t->operand.data = (u64)random_below(300) * LOCALSTATE_FILTER_PERCENT_ONE;
}

static void random_range(struct localstate_filter_term *t, u32 type)
{
	u32 bounds = 1 + random_below(3);

	if (bounds & 1) {
		t->operand = value_of(type, random_number(type));
		t->flags |= random_below(2) ? LOCALSTATE_FILTER_ABOVE : 0;
	}
	if (bounds & 2) {
		t->high = value_of(type, random_number(type));
		t->flags |= random_below(2) ? LOCALSTATE_FILTER_BELOW : 0;
	}
	if (bounds == 3 && random_below(8) == 0)
		t->high.data = t->operand.data + random_below(4);
	if (t->operation >= LOCALSTATE_FILTER_ENTERS && random_below(2))
		t->hysteresis = random_amount(type);
}

static struct localstate_filter_term random_term(u32 type)
{
	struct localstate_filter_term t = {
		.operation = 1 + random_below(type == LOCALSTATE_TYPE_FLOAT ?
					      LOCALSTATE_FILTER_DIFFERS :
					      LOCALSTATE_FILTER_BITS_CHANGED),
	};

	switch (t.operation) {
	case LOCALSTATE_FILTER_CHANGED:
		random_changed(&t, type);
		break;
	case LOCALSTATE_FILTER_EQUALS:
		t.operand = value_of(type, random_number(type));
		break;
	case LOCALSTATE_FILTER_DIFFERS:
		if (random_below(2))
			t.operand = value_of(type, random_number(type));
		else
			t.flags = random_below(2) ? LOCALSTATE_FILTER_REPORTED : 0;
		break;
	case LOCALSTATE_FILTER_BITS_CHANGED:
		t.flags = random_below(2) ? LOCALSTATE_FILTER_REPORTED : 0;
		fallthrough;
	case LOCALSTATE_FILTER_BITS:
		t.operand = value_of(LOCALSTATE_TYPE_UINT, 1ULL << random_below(64));
		break;
	default:
		random_range(&t, type);
	}
	return t;
}

/* A value that has to do with the term, or with the last one. */
static u64 random_value(const struct localstate_filter_term *t, u32 type, u64 old, u64 reported)
{
	u64 bits, by = t->hysteresis;

	switch (random_below(8)) {
	case 0:
		return type == LOCALSTATE_TYPE_FLOAT ? random_float() : random_integer();
	case 1:
		return random_number(type);
	case 2:
		bits = t->operand.data;
		break;
	case 3:
		bits = t->high.data;
		break;
	case 4:
		bits = old;
		break;
	case 5:
		bits = reported;
		break;
	case 6:
		bits = random_below(2) ? t->operand.data : t->high.data;
		break;
	default:
		bits = random_below(2) ? old : reported;
		by = t->operand.data;
	}
	if (type != LOCALSTATE_TYPE_FLOAT)
		return bits + (random_below(2) ? by : -by) + random_below(3) - 1;
	if (random_below(2))
		bits = as_bits(as_double(bits) + (random_below(2) ? 1 : -1) * as_double(by));
	return bits + random_below(3) - 1;
}

static struct ls_change change_of(u32 type, const u64 *old, const u64 *new)
{
	return (struct ls_change){
		.type = type,
		.old = { old, sizeof(*old), true },
		.new = { new, sizeof(*new), true },
	};
}

/* A walk of values under one filter: kernel and oracle agree at each step. */
static u32 expect_walk(struct kunit *test, const struct localstate_filter *arg, u32 type,
		       const struct ls_filter *filter)
{
	const struct localstate_filter_term *terms = (const void *)(unsigned long)arg->terms;
	struct oracle oracle = { .type = type };
	struct ls_value start = { .type = type, .length = 8 };
	struct ls_filter_state state;
	u64 old = random_value(terms, type, 0, 0), new;
	u32 i, passed = 0;

	start.word[0] = old;
	oracle.reported = old;
	for (i = 0; i < arg->n_terms; i++) {
		if (type != LOCALSTATE_TYPE_FLOAT || !isnan(as_double(old)))
			oracle.inside[i] = is_inside(&terms[i], type, old, 0);
	}
	localstate_filter_start(filter, &state, &start);
	for (i = 0; i < 16; i++, old = new) {
		struct ls_change change = change_of(type, &old, &new);
		bool expected;

		new = random_value(&terms[random_below(arg->n_terms)], type, old, oracle.reported);
		expected = says_pass(arg, &oracle, old, new);
		KUNIT_ASSERT_EQ_MSG(test, localstate_filter_pass(filter, &state, &change),
				    expected,
				    "type %u: %016llx to %016llx, operation %u flags %x operand %llx high %llx by %llx (%u terms)",
				    type, old, new, terms->operation, terms->flags,
				    terms->operand.data, terms->high.data, terms->hysteresis,
				    arg->n_terms);
		passed += expected;
	}
	return passed;
}

static void expect_filters(struct kunit *test, u32 type, u32 max_terms, u32 filters)
{
	struct localstate_filter_term terms[LOCALSTATE_FILTER_TERMS] = { 0 };
	u64 at = localstate_kunit_user(test, terms, sizeof(terms));
	struct localstate_error error = localstate_kunit_error();
	struct localstate_filter arg = { .terms = at };
	u32 i, j, passed = 0, refused = 0;
	struct ls_filter *filter;
	bool refuse;

	for (i = 0; i < filters; i++) {
		arg.n_terms = 1 + random_below(max_terms);
		arg.match = random_below(2);
		for (j = 0, refuse = false; j < arg.n_terms; j++) {
			terms[j] = random_term(type);
			refuse = refuse || says_refused(&terms[j], type);
		}
		memcpy((void *)(unsigned long)at, terms, sizeof(terms));
		KUNIT_ASSERT_EQ_MSG(test, localstate_filter_import(&filter, &arg, &error),
				    refuse ? -EINVAL : 0,
				    "operation %u flags %x operand %llx high %llx by %llx",
				    terms->operation, terms->flags, terms->operand.data,
				    terms->high.data, terms->hysteresis);
		refused += refuse;
		if (refuse)
			continue;
		passed += expect_walk(test, &arg, type, filter);
		localstate_filter_drop(filter);
	}
	printf("# type %u: %u filters, %u refused, %u changes, %u pass\n", type, filters, refused,
	       (filters - refused) * 16, passed);
	KUNIT_EXPECT_TRUE(test, passed > filters && passed < filters * 12);
	KUNIT_EXPECT_TRUE(test, refused < filters / 2);
}

static void floats_are_filtered_as_c_says(struct kunit *test)
{
	random_start();
	expect_filters(test, LOCALSTATE_TYPE_FLOAT, 1, 900000);
}

static void ints_are_filtered_as_128_bits_say(struct kunit *test)
{
	random_start();
	expect_filters(test, LOCALSTATE_TYPE_INT, 1, 600000);
}

static void uints_are_filtered_as_128_bits_say(struct kunit *test)
{
	random_start();
	expect_filters(test, LOCALSTATE_TYPE_UINT, 1, 600000);
}

static void terms_are_combined(struct kunit *test)
{
	u32 type;

	random_start();
	for (type = LOCALSTATE_TYPE_INT; type <= LOCALSTATE_TYPE_FLOAT; type++)
		expect_filters(test, type, LOCALSTATE_FILTER_TERMS, 200000);
}

static struct kunit_case filter_cases[] = {
	KUNIT_CASE(floats_are_subtracted_and_multiplied_as_the_processor_does),
	KUNIT_CASE(every_pair_of_exponents_is_as_the_processor_says),
	KUNIT_CASE(floats_are_filtered_as_c_says),
	KUNIT_CASE(ints_are_filtered_as_128_bits_say),
	KUNIT_CASE(uints_are_filtered_as_128_bits_say),
	KUNIT_CASE(terms_are_combined),
	{}
};

static struct kunit_suite filter_suite = {
	.name = "filter_random",
	.test_cases = filter_cases,
};

kunit_test_suite(filter_suite);
