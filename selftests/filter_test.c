// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters: which changes a watch gets, what it counts, what is refused.  What the
 * terms say of numbers at large is tested in kmod/tests/filter_random.c.
 */
#include <math.h>

#include "filter_helpers.h"
#include "queue_helpers.h"

#define ABOVE		LOCALSTATE_FILTER_ABOVE
#define BELOW		LOCALSTATE_FILTER_BELOW
#define REPORTED	LOCALSTATE_FILTER_REPORTED
#define PERCENT		LOCALSTATE_FILTER_PERCENT

/* The least that there is above zero. */
#define DENORMAL	nextafter(0, 1)

FIXTURE(filter) {
	struct session_name name;
	int fd;
	int writer;
	struct reader reader;
};

FIXTURE_SETUP(filter)
{
	if (device_is_missing())
		SKIP(return, "no " DEVICE);
	self->name = session_name_unique("filter");
	self->fd = session_create(self->name.text);
	ASSERT_LE(0, self->fd);
	self->writer = session_open(self->name.text);
	ASSERT_LE(0, self->writer);
	reader_init(&self->reader, self->fd);
}

FIXTURE_TEARDOWN(filter)
{
	close(self->fd);
	close(self->writer);
}

/* The value of an event, and that before, as numbers. */
static double event_new_float(const struct localstate_event *event)
{
	double value;

	memcpy(&value, event_new(event), sizeof(value));
	return value;
}

static double event_old_float(const struct localstate_event *event)
{
	double value;

	memcpy(&value, event_old(event), sizeof(value));
	return value;
}

/* ---- each term, each type, below, at and above --------------------------- */

/* @from: registered with; @to: set to below, at and above what the term says. */
struct row {
	const char *what;
	struct localstate_filter_term term;
	struct localstate_value from;
	struct localstate_value to[3];
	bool pass[3];
};

/* Whether the change is told: 1 or 0; -1: what is told or counted is wrong. */
static int change_passes(int fd, int writer, const struct row *row, int i)
{
	const struct localstate_event *event;
	struct localstate_watch_info info;
	struct localstate_unwatch unwatch;
	struct reader reader;
	int ref, seen;

	reader_init(&reader, fd);
	if (variable_register(writer, "x", row->from))
		return -1;
	ref = watch_term(fd, "x", 0, &row->term);
	if (ref < 0 || variable_set(writer, "x", row->to[i]))
		return -1;
	seen = is_readable(fd);
	if (seen && (reader_next(&reader, 0, &event) != 1 ||
		     event->kind != LOCALSTATE_EVENT_CHANGED ||
		     event_bits(event_old(event)) != row->from.data ||
		     event_bits(event_new(event)) != row->to[i].data))
		return -1;
	if (watch_info(fd, ref, &info) || info.events != (__u64)seen ||
	    info.filtered != (__u64)!seen || info.merged)
		return -1;
	unwatch = unwatch_request(ref);
	if (call(fd, LOCALSTATE_IOC_UNWATCH, &unwatch) || variable_delete(writer, "x"))
		return -1;
	return seen;
}

static void check_rows(struct __test_metadata *_metadata, int fd, int writer,
		       const struct row *rows, size_t n)
{
	size_t i;
	int j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < 3; j++) {
			EXPECT_EQ(rows[i].pass[j],
				  change_passes(fd, writer, &rows[i], j)) {
				TH_LOG("%s, %d", rows[i].what, j);
			}
		}
	}
}

#define CHECK_ROWS(_rows) \
	check_rows(_metadata, self->fd, self->writer, _rows, ARRAY_SIZE(_rows))

#define INSIDE(_flags, _low, _high) \
	term_range(LOCALSTATE_FILTER_INSIDE, _flags, _low, _high)
#define OUTSIDE(_flags, _low, _high) \
	term_range(LOCALSTATE_FILTER_OUTSIDE, _flags, _low, _high)
#define ENTERS(_flags, _low, _high) \
	term_range(LOCALSTATE_FILTER_ENTERS, _flags, _low, _high)
#define LEAVES(_flags, _low, _high) \
	term_range(LOCALSTATE_FILTER_LEAVES, _flags, _low, _high)
#define SET_TO(_type, _a, _b, _c) \
	{ value_##_type(_a), value_##_type(_b), value_##_type(_c) }

TEST_F(filter, int_terms_below_at_and_above)
{
	const struct row rows[] = {
		{ "more than", term_changed(ABOVE, value_uint(5)), value_int(-2),
		  SET_TO(int, 2, 3, 4), { false, false, true } },
		{ "at least", term_changed(0, value_uint(5)), value_int(-2),
		  SET_TO(int, 2, 3, -7), { false, true, true } },
		{ "percent", term_changed(PERCENT, value_uint(5 * LOCALSTATE_FILTER_PERCENT_ONE)),
		  value_int(100), SET_TO(int, 104, 105, 106), { false, true, true } },
		{ "the whole range", term_changed(0, value_uint(UINT64_MAX)), value_int(INT64_MIN),
		  SET_TO(int, INT64_MAX - 1, INT64_MAX, 0), { false, true, false } },
		{ "inside", INSIDE(0, value_int(-1), value_int(1)), value_int(9),
		  SET_TO(int, -2, -1, 1), { false, true, true } },
		{ "outside", OUTSIDE(0, value_int(-1), value_int(1)), value_int(0),
		  SET_TO(int, -2, -1, 2), { true, false, true } },
		{ "above", INSIDE(ABOVE, value_int(30), value_none()), value_int(0),
		  SET_TO(int, 29, 30, 31), { false, false, true } },
		{ "enters", ENTERS(0, value_int(10), value_int(20)), value_int(0),
		  SET_TO(int, 9, 10, 20), { false, true, true } },
		{ "leaves", LEAVES(0, value_int(10), value_int(20)), value_int(15),
		  SET_TO(int, 9, 10, 21), { true, false, true } },
		{ "rises", ENTERS(ABOVE, value_int(30), value_none()), value_int(0),
		  SET_TO(int, 29, 30, 31), { false, false, true } },
		{ "falls", ENTERS(BELOW, value_none(), value_int(30)), value_int(99),
		  SET_TO(int, 29, 30, 31), { true, false, false } },
		{ "equals", term_equals(0, value_int(-5)), value_int(0),
		  SET_TO(int, -6, -5, -4), { false, true, false } },
		{ "differs", term_differs(0, value_int(-5)), value_int(0),
		  SET_TO(int, -6, -5, -4), { true, false, true } },
		{ "differs from the old", term_differs(0, value_none()), value_int(0),
		  SET_TO(int, -1, 1, 2), { true, true, true } },
		{ "bits", term_bits(0, value_uint(4)), value_int(0),
		  SET_TO(int, 3, 4, -1), { false, true, true } },
		{ "bits changed", term_bits_changed(0, value_uint(4)), value_int(4),
		  SET_TO(int, 5, 3, 12), { false, true, false } },
	};

	CHECK_ROWS(rows);
}

TEST_F(filter, uint_terms_below_at_and_above)
{
	const struct row rows[] = {
		{ "more than", term_changed(ABOVE, value_uint(5)), value_uint(10),
		  SET_TO(uint, 6, 5, 4), { false, false, true } },
		{ "at least", term_changed(0, value_uint(5)), value_uint(10),
		  SET_TO(uint, 14, 15, 16), { false, true, true } },
		{ "percent", term_changed(PERCENT | ABOVE,
					  value_uint(50 * LOCALSTATE_FILTER_PERCENT_ONE)),
		  value_uint(UINT64_MAX), SET_TO(uint, 1ULL << 63, (1ULL << 63) - 1, 0),
		  { false, true, true } },
		{ "the whole range", term_changed(0, value_uint(UINT64_MAX)), value_uint(0),
		  SET_TO(uint, UINT64_MAX - 1, UINT64_MAX, 1), { false, true, false } },
		{ "inside", INSIDE(0, value_uint(3), value_uint(UINT64_MAX)), value_uint(0),
		  SET_TO(uint, 2, 3, UINT64_MAX), { false, true, true } },
		{ "outside", OUTSIDE(BELOW, value_uint(3), value_uint(5)), value_uint(4),
		  SET_TO(uint, 2, 3, 5), { true, false, true } },
		{ "enters", ENTERS(0, value_uint(1ULL << 63), value_none()), value_uint(0),
		  SET_TO(uint, (1ULL << 63) - 1, 1ULL << 63, UINT64_MAX), { false, true, true } },
		{ "leaves", LEAVES(0, value_none(), value_uint(5)), value_uint(0),
		  SET_TO(uint, 4, 5, 6), { false, false, true } },
		{ "equals", term_equals(0, value_uint(UINT64_MAX)), value_uint(0),
		  SET_TO(uint, 1, UINT64_MAX, 2), { false, true, false } },
		{ "differs", term_differs(0, value_uint(1)), value_uint(0),
		  SET_TO(uint, 1, 2, 3), { false, true, true } },
		{ "bits", term_bits(0, value_uint(1ULL << 63)), value_uint(0),
		  SET_TO(uint, 1, 1ULL << 63, UINT64_MAX), { false, true, true } },
		{ "bits changed", term_bits_changed(0, value_uint(1ULL << 63)),
		  value_uint(1ULL << 63), SET_TO(uint, 0, UINT64_MAX, 1), { true, false, true } },
	};

	CHECK_ROWS(rows);
}

TEST_F(filter, float_terms_below_at_and_above)
{
	const struct row rows[] = {
		{ "more than", term_changed(ABOVE, value_float(0.5)), value_float(20.0),
		  SET_TO(float, 20.25, 20.5, 20.75), { false, false, true } },
		{ "at least", term_changed(0, value_float(0.5)), value_float(20.0),
		  SET_TO(float, 19.75, 19.5, 19.25), { false, true, true } },
		/* 0.1 + 0.2 is more than 0.3. */
		{ "as C", term_changed(ABOVE, value_float(0.3)), value_float(0.0),
		  SET_TO(float, 0.3, 0.1 + 0.2, 0.30000000000000001), { false, true, false } },
		{ "percent", term_changed(PERCENT, value_float(7.0)), value_float(100.0),
		  SET_TO(float, 106.99, 107.0, 93.0), { false, true, true } },
		{ "infinite", term_changed(ABOVE, value_float(1.0)), value_float(-INFINITY),
		  SET_TO(float, 0.0, INFINITY, NAN), { true, true, true } },
		{ "from NaN", term_changed(ABOVE, value_float(1.0)), value_float(NAN),
		  SET_TO(float, 0.0, INFINITY, -0.0), { true, true, true } },
		{ "inside", INSIDE(0, value_float(0.0), value_float(1.0)), value_float(9.0),
		  SET_TO(float, -DENORMAL, -0.0, 1.0), { false, true, true } },
		{ "inside, open", INSIDE(ABOVE | BELOW, value_float(0.0), value_float(1.0)),
		  value_float(9.0), SET_TO(float, -0.0, DENORMAL, 1.0), { false, true, false } },
		{ "inside: NaN", INSIDE(0, value_float(0.0), value_float(1.0)), value_float(9.0),
		  SET_TO(float, INFINITY, NAN, -INFINITY), { false, true, false } },
		{ "outside", OUTSIDE(0, value_float(0.0), value_float(1.0)), value_float(0.5),
		  SET_TO(float, -1.0, 1.0, NAN), { true, false, true } },
		{ "enters", ENTERS(0, value_float(1.0), value_float(2.0)), value_float(0.0),
		  SET_TO(float, 0.5, 1.0, NAN), { false, true, true } },
		{ "leaves", LEAVES(0, value_float(1.0), value_float(2.0)), value_float(1.5),
		  SET_TO(float, 0.5, 1.0, 2.5), { true, false, true } },
		{ "equals", term_equals(0, value_float(0.0)), value_float(1.0),
		  SET_TO(float, NAN, -0.0, 0.0), { false, true, true } },
		{ "is NaN", term_equals(0, value_float(NAN)), value_float(1.0),
		  SET_TO(float, NAN, -0.0, INFINITY), { true, false, false } },
		{ "differs", term_differs(0, value_float(2.0)), value_float(1.0),
		  SET_TO(float, 2.0, NAN, -2.0), { false, true, true } },
	};

	CHECK_ROWS(rows);
}

TEST_F(filter, bool_terms)
{
	const struct row rows[] = {
		{ "equals", term_equals(0, value_bool(true)), value_bool(false),
		  SET_TO(bool, true, true, true), { true, true, true } },
		{ "equals not", term_equals(0, value_bool(true)), value_bool(true),
		  SET_TO(bool, false, false, false), { false, false, false } },
		{ "differs", term_differs(REPORTED, value_none()), value_bool(false),
		  SET_TO(bool, true, true, true), { true, true, true } },
	};

	CHECK_ROWS(rows);
}

/* ---- texts --------------------------------------------------------------- */

#define LONG_TEXT	"a text that is longer than what a slot holds of it"

TEST_F(filter, texts_equal_and_differ)
{
	struct localstate_filter_term terms[2] = {
		term_equals(0, value_string(LONG_TEXT)),
		term_equals(0, value_string("")),
	};
	const struct localstate_target target = target_name("s");
	const struct localstate_event *event;
	struct localstate_watch req;

	ASSERT_EQ(0, variable_register(self->writer, "s", value_string("a")));
	req = watch_filtered_request(&target, 1, terms, 2, LOCALSTATE_FILTER_ANY);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	/* The terms are the kernel's now. */
	poison(terms, sizeof(terms));
	ASSERT_EQ(0, variable_set(self->writer, "s", value_string("a text")));
	ASSERT_EQ(0, variable_set(self->writer, "s", value_string(LONG_TEXT)));
	ASSERT_EQ(0, variable_set(self->writer, "s", value_string(LONG_TEXT ".")));
	ASSERT_EQ(0, variable_set(self->writer, "s", value_string("")));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(2, event->version);
	EXPECT_TRUE(event_old_is(event, "a text", 6));
	EXPECT_TRUE(event_new_is(event, LONG_TEXT, sizeof(LONG_TEXT) - 1));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(4, event->version);
	EXPECT_TRUE(event_old_is(event, LONG_TEXT ".", sizeof(LONG_TEXT)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(filter, choice_is_compared_and_has_to_be_in_the_list)
{
	const struct localstate_filter_term good = term_differs(0, value_choice("off"));
	const struct localstate_filter_term bad = term_differs(0, value_choice("of"));
	struct localstate_register reg = register_request("c", value_choice("off"));
	const struct localstate_event *event;
	int ref;

	reg.constraints = LOCALSTATE_HAS_CHOICES;
	reg.choices = pointer("off\0low\0high");
	reg.choices_len = sizeof("off\0low\0high");
	ASSERT_EQ(0, call(self->writer, LOCALSTATE_IOC_REGISTER, &reg));
	EXPECT_EQ(-EINVAL, watch_term(self->fd, "c", 0, &bad));
	ref = watch_term(self->fd, "c", 0, &good);
	ASSERT_LE(1, ref);
	ASSERT_EQ(0, variable_set(self->writer, "c", value_choice("low")));
	ASSERT_EQ(0, variable_set(self->writer, "c", value_choice("off")));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_TRUE(event_new_is(event, "low", 3));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* ---- references ---------------------------------------------------------- */

/* 20.0, 20.5, 22.0 with "changed by more than 1.0": one event, whichever reference. */
TEST_F(filter, walk_gives_exactly_one_event)
{
	const __u32 references[] = { 0, REPORTED };
	const struct localstate_event *event;
	struct localstate_filter_term term;
	struct localstate_unwatch unwatch;
	int i, ref;

	ASSERT_EQ(0, variable_register(self->writer, "t", value_float(20.0)));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, variable_set(self->writer, "t", value_float(20.0)));
		term = term_changed(ABOVE | references[i], value_float(1.0));
		ref = watch_term(self->fd, "t", 0, &term);
		ASSERT_LE(1, ref);
		ASSERT_EQ(0, variable_set(self->writer, "t", value_float(20.5)));
		ASSERT_EQ(0, variable_set(self->writer, "t", value_float(22.0)));
		ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
		EXPECT_EQ(20.5, event_old_float(event));
		EXPECT_EQ(22.0, event_new_float(event));
		EXPECT_TRUE(reader_is_drained(&self->reader));

		/* The last value, or the last that was told, is 22.0 now. */
		ASSERT_EQ(0, variable_set(self->writer, "t", value_float(21.25)));
		ASSERT_EQ(0, variable_set(self->writer, "t", value_float(20.75)));
		EXPECT_EQ(i, is_readable(self->fd));
		if (i) {
			ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
			EXPECT_EQ(21.25, event_old_float(event));
			EXPECT_EQ(20.75, event_new_float(event));
		}
		unwatch = unwatch_request(ref);
		ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_UNWATCH, &unwatch));
	}
}

TEST_F(filter, slow_drift_is_told_by_reported_only)
{
	const struct localstate_filter_term previous = term_changed(0, value_uint(10));
	const struct localstate_filter_term reported = term_changed(REPORTED, value_uint(10));
	const struct localstate_event *event;
	int i, first, second;

	ASSERT_EQ(0, variable_register(self->writer, "x", value_int(0)));
	first = watch_term(self->fd, "x", 0, &previous);
	second = watch_term(self->fd, "x", 0, &reported);
	ASSERT_LE(1, first);
	ASSERT_LE(1, second);
	for (i = 1; i <= 25; i++)
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(i)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, second, &event);
	EXPECT_EQ(10, event_new_int(event));
	ASSERT_EVENT(&self->reader, CHANGED, SET, second, &event);
	EXPECT_EQ(20, event_new_int(event));
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* Each variable of a watch has a reference and a side of its own. */
TEST_F(filter, links_of_one_watch_do_not_share_their_state)
{
	const struct localstate_filter_term terms[] = {
		term_changed(REPORTED, value_uint(100)),
		ENTERS(0, value_int(50), value_none()),
	};
	const struct localstate_target targets[] = { target_name("a"), target_name("b") };
	const struct localstate_event *event;
	struct localstate_watch req;

	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(0)));
	ASSERT_EQ(0, variable_register(self->writer, "b", value_int(60)));
	req = watch_filtered_request(targets, 2, terms, 2, LOCALSTATE_FILTER_ANY);
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EQ(0, variable_set(self->writer, "b", value_int(70)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(70)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(0, event->target);
	/* It is 99 from what a has reported, and 109 from what b has. */
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(169)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, variable_set(self->writer, "b", value_int(169)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, req.ref, &event);
	EXPECT_EQ(1, event->target);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

TEST_F(filter, hysteresis_holds_back_what_trembles)
{
	const int steps[] = { 31, 29, 31, 29, 32, 28, 31 };
	const bool told[] = { true, false, false, false, false, false, true };
	struct localstate_filter_term term = ENTERS(ABOVE, value_int(30), value_none());
	const struct localstate_event *event;
	size_t i;
	int ref;

	term.hysteresis = 2;
	ASSERT_EQ(0, variable_register(self->writer, "x", value_int(0)));
	ref = watch_term(self->fd, "x", 0, &term);
	ASSERT_LE(1, ref);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(steps[i])));
		ASSERT_EQ(told[i], is_readable(self->fd)) TH_LOG("step %zu", i);
		if (told[i])
			ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	}
}

/* ---- INITIAL, CREATED, DELETED ------------------------------------------- */

TEST_F(filter, initial_passes_through_the_filter_and_sync_does_not)
{
	const struct localstate_filter_term term = INSIDE(0, value_int(10), value_none());
	const struct localstate_target targets[] = { target_name("a"), target_name("b") };
	const struct localstate_event *event;
	struct localstate_watch_info info;
	struct localstate_watch req;

	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(9)));
	ASSERT_EQ(0, variable_register(self->writer, "b", value_int(10)));
	req = watch_filtered_request(targets, 2, &term, 1, LOCALSTATE_FILTER_ANY);
	req.flags = LOCALSTATE_WATCH_INITIAL;
	ASSERT_EQ(0, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	ASSERT_EVENT(&self->reader, CHANGED, INITIAL, req.ref, &event);
	EXPECT_EQ(1, event->target);
	ASSERT_EVENT(&self->reader, SYNC, INITIAL, req.ref, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, req.ref, &info));
	EXPECT_EQ(0, info.events);
	EXPECT_EQ(0, info.filtered);
}

TEST_F(filter, initial_without_which_a_term_says_nothing_is_told)
{
	const struct localstate_filter_term term = term_changed(0, value_uint(10));
	const struct localstate_event *event;
	int ref;

	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(9)));
	ref = watch_term(self->fd, "a", LOCALSTATE_WATCH_INITIAL, &term);
	ASSERT_LE(1, ref);
	ASSERT_EVENT(&self->reader, CHANGED, INITIAL, ref, &event);
	EXPECT_EQ(9, event_new_int(event));
	ASSERT_EVENT(&self->reader, SYNC, INITIAL, ref, &event);
}

/* A name that comes back begins anew, and with a type that does not suit, all is told. */
TEST_F(filter, deleted_and_created_are_told_and_begin_anew)
{
	const struct localstate_filter_term term = term_changed(REPORTED, value_uint(10));
	const struct localstate_event *event;
	struct localstate_watch_info info;
	int ref;

	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(0)));
	ref = watch_term(self->fd, "a", 0, &term);
	ASSERT_LE(1, ref);
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(9)));
	ASSERT_EQ(0, variable_delete(self->writer, "a"));
	ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
	ASSERT_EQ(0, variable_register(self->writer, "a", value_int(20)));
	ASSERT_EVENT(&self->reader, CREATED, SET, ref, &event);
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(11)));
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, variable_set(self->writer, "a", value_int(10)));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_EQ(11, event_old_int(event));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(2, info.events);
	EXPECT_EQ(2, info.filtered);

	ASSERT_EQ(0, variable_delete(self->writer, "a"));
	ASSERT_EVENT(&self->reader, DELETED, SET, ref, &event);
	ASSERT_EQ(0, variable_register(self->writer, "a", value_string("x")));
	ASSERT_EVENT(&self->reader, CREATED, SET, ref, &event);
	ASSERT_EQ(0, variable_set(self->writer, "a", value_string("y")));
	ASSERT_EVENT(&self->reader, CHANGED, SET, ref, &event);
	EXPECT_TRUE(reader_is_drained(&self->reader));
}

/* ---- counting ------------------------------------------------------------ */

TEST_F(filter, events_merged_and_filtered_are_the_changes)
{
	const struct localstate_filter_term term = term_bits(0, value_uint(1));
	const struct localstate_event *event;
	struct localstate_watch_info info;
	__u64 events = 0, merged = 0;
	__s64 last = 0;
	int i, ref;

	ASSERT_EQ(0, queue_resize(self->fd, QUEUE_MIN));
	ASSERT_EQ(0, variable_register(self->writer, "x", value_int(0)));
	ref = watch_term(self->fd, "x", 0, &term);
	ASSERT_LE(1, ref);
	for (i = 1; i <= 1000; i++)
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(i)));
	ASSERT_EQ(0, variable_delete(self->writer, "x"));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(500, info.filtered);
	EXPECT_EQ(1001, info.events + info.merged + info.filtered);
	EXPECT_LT(0, info.merged);
	while (!reader_is_drained(&self->reader)) {
		ASSERT_EQ(1, reader_next(&self->reader, DEADLINE_MS, &event));
		events++;
		merged += event->merged;
		if (event->kind == LOCALSTATE_EVENT_CHANGED) {
			EXPECT_EQ(1, event_new_int(event) & 1);
			EXPECT_EQ(event_new_int(event), (__s64)event->version);
			/* The value just before the first of them, told or not. */
			EXPECT_EQ(event_new_int(event) - 1 - 2 * (__s64)event->merged,
				  event_old_int(event));
		}
		last = event_new_int(event);
	}
	EXPECT_EQ(1000, last);
	EXPECT_EQ(info.events, events);
	EXPECT_EQ(info.merged, merged);
}

/* A forced set of the same value is a change, of zero. */
TEST_F(filter, forced_set_of_the_same_value_is_asked_about)
{
	const struct localstate_filter_term term = term_differs(0, value_none());
	struct localstate_set set = set_request(key_name("x"), value_int(0));
	struct localstate_watch_info info;
	int ref;

	set.flags = LOCALSTATE_SET_FORCE;
	ASSERT_EQ(0, variable_register(self->writer, "x", value_int(0)));
	ref = watch_term(self->fd, "x", 0, &term);
	ASSERT_LE(1, ref);
	ASSERT_EQ(0, call(self->writer, LOCALSTATE_IOC_SET, &set));
	ASSERT_EQ(1, set.version);
	EXPECT_TRUE(reader_is_drained(&self->reader));
	ASSERT_EQ(0, watch_info(self->fd, ref, &info));
	EXPECT_EQ(1, info.filtered);
}

/* What a filter holds back wakes nobody and leaves the queue as it is. */
TEST_F(filter, rejected_changes_do_not_make_the_descriptor_readable)
{
	const struct localstate_filter_term term = term_equals(0, value_int(-1));
	int ref = 0;
	int i;

	ASSERT_EQ(0, variable_register(self->writer, "x", value_int(0)));
	ref = watch_term(self->fd, "x", 0, &term);
	ASSERT_LE(1, ref);
	EXPECT_EQ(0, wait_readable(self->fd, 0));
	for (i = 1; i <= 100; i++)
		ASSERT_EQ(0, variable_set(self->writer, "x", value_int(i)));
	EXPECT_EQ(0, wait_readable(self->fd, 0));
	ASSERT_EQ(0, variable_set(self->writer, "x", value_int(-1)));
	EXPECT_EQ(1, wait_readable(self->fd, 0));
}

/* ---- refusals ------------------------------------------------------------ */

#define EXPECT_REFUSED_TERM(_req, _index) do {				\
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_WATCH, _req));	\
	EXPECT_EQ(EINVAL, (_req)->error.code);				\
	EXPECT_EQ(LOCALSTATE_FIELD_FILTER, (_req)->error.field);	\
	EXPECT_EQ(_index, (_req)->error.index);				\
	EXPECT_EQ(0, (_req)->failed);					\
	EXPECT_EQ(0, (_req)->ref);					\
} while (0)

TEST_F(filter, senseless_term_is_named_and_leaves_nothing)
{
	const struct localstate_target target = target_name("x");
	struct localstate_filter_term terms[4] = {
		term_equals(0, value_int(1)), term_equals(0, value_int(2)),
		term_equals(0, value_int(3)), term_equals(0, value_int(4)),
	};
	const struct localstate_filter_term bad[] = {
		term_changed(1 << 6, value_uint(1)),
		term_changed(0, value_int(1)),
		term_changed(0, value_float(NAN)),
		INSIDE(0, value_int(2), value_int(1)),
		INSIDE(0, value_int(1), value_uint(2)),
		term_equals(0, value_none()),
		{ .operation = 0 },
		{ .operation = 1000, .operand = value_int(1) },
		{ .operation = LOCALSTATE_FILTER_EQUALS, .operand = value_int(1), .hysteresis = 1 },
		{ .operation = LOCALSTATE_FILTER_EQUALS, .operand = value_int(1),
		  .high = value_int(2) },
		{ .operation = LOCALSTATE_FILTER_DIFFERS, .operand = { .data = 1 } },
	};
	struct localstate_watch req;
	size_t i;

	ASSERT_EQ(0, variable_register(self->writer, "x", value_int(0)));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		terms[2] = bad[i];
		req = watch_filtered_request(&target, 1, terms, 4, LOCALSTATE_FILTER_ALL);
		EXPECT_REFUSED_TERM(&req, 2);
	}
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_F(filter, number_and_match_are_checked)
{
	const struct localstate_target target = target_name("x");
	const struct localstate_filter_term terms[5] = {
		term_equals(0, value_int(1)), term_equals(0, value_int(2)),
		term_equals(0, value_int(3)), term_equals(0, value_int(4)),
		term_equals(0, value_int(5)),
	};
	struct localstate_watch req;

	ASSERT_EQ(0, variable_register(self->writer, "x", value_int(0)));
	req = watch_filtered_request(&target, 1, terms, 5, LOCALSTATE_FILTER_ANY);
	EXPECT_REFUSED_TERM(&req, LOCALSTATE_NO_INDEX);
	EXPECT_EQ(LOCALSTATE_FILTER_TERMS, req.error.limit);
	req = watch_filtered_request(&target, 1, terms, 1, 2);
	EXPECT_REFUSED_TERM(&req, LOCALSTATE_NO_INDEX);
	req = watch_filtered_request(&target, 1, terms, 0, LOCALSTATE_FILTER_ANY);
	EXPECT_REFUSED_TERM(&req, LOCALSTATE_NO_INDEX);
	req = watch_filtered_request(&target, 1, NULL, 0, LOCALSTATE_FILTER_ALL);
	EXPECT_REFUSED_TERM(&req, LOCALSTATE_NO_INDEX);
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_F(filter, unreadable_terms_and_texts_are_efault)
{
	const struct localstate_target target = target_name("x");
	struct localstate_filter_term term = term_equals(0, value_string(LONG_TEXT));
	struct localstate_watch req;

	ASSERT_EQ(0, variable_register(self->writer, "x", value_string("")));
	req = watch_filtered_request(&target, 1, (void *)8, 1, LOCALSTATE_FILTER_ANY);
	EXPECT_EQ(-EFAULT, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_FILTER, req.error.field);
	term.operand.data = 8;
	req = watch_filtered_request(&target, 1, &term, 1, LOCALSTATE_FILTER_ANY);
	EXPECT_EQ(-EFAULT, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(LOCALSTATE_FIELD_FILTER, req.error.field);
	EXPECT_EQ(0, req.error.index);
	term.operand = value_string("\xff");
	req = watch_filtered_request(&target, 1, &term, 1, LOCALSTATE_FILTER_ANY);
	EXPECT_EQ(-EILSEQ, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(0, watch_count(self->fd));
}

/* Each target that a term does not suit is named; the first in the error part. */
TEST_F(filter, targets_of_another_type_are_named)
{
	const struct localstate_filter_term terms[] = {
		term_differs(0, value_none()),
		term_changed(0, value_uint(1)),
	};
	const struct localstate_target targets[] = {
		target_name("i"), target_name("s"), target_name("missing"), target_name("u"),
		target_name("f"),
	};
	__s32 status[5];
	struct localstate_watch req;

	ASSERT_EQ(0, variable_register(self->writer, "i", value_int(0)));
	ASSERT_EQ(0, variable_register(self->writer, "s", value_string("")));
	ASSERT_EQ(0, variable_register(self->writer, "u", value_uint(0)));
	ASSERT_EQ(0, variable_register(self->writer, "f", value_float(0)));
	poison(status, sizeof(status));
	req = watch_filtered_request(targets, 5, terms, 2, LOCALSTATE_FILTER_ANY);
	req.status = pointer(status);
	EXPECT_EQ(-EINVAL, call(self->fd, LOCALSTATE_IOC_WATCH, &req));
	EXPECT_EQ(3, req.failed);
	EXPECT_EQ(EINVAL, req.error.code);
	EXPECT_EQ(LOCALSTATE_FIELD_FILTER, req.error.field);
	EXPECT_EQ(1, req.error.index);
	EXPECT_EQ(LOCALSTATE_TYPE_STRING, req.error.type);
	EXPECT_EQ(1, req.error.limit);
	EXPECT_EQ(0, status[0]);
	EXPECT_EQ(-EINVAL, status[1]);
	EXPECT_EQ(-ENOENT, status[2]);
	EXPECT_EQ(0, status[3]);
	EXPECT_EQ(-EINVAL, status[4]);
	EXPECT_EQ(0, watch_count(self->fd));
}

TEST_HARNESS_MAIN
