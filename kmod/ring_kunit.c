// SPDX-License-Identifier: GPL-2.0-only
/* The arithmetic of a queue. */
#include "kunit.h"

static u8 memory[16384];

static struct ls_ring ring_at_position(u64 consumer, u32 used)
{
	return (struct ls_ring){
		.data = memory,
		.size = 8192,
		.consumer = consumer,
		.producer = consumer + used,
	};
}

/* The first places, those about the ring's end, and about the end of u64. */
static const u64 positions[] = {
	0, 8, 8184, 8192, 8200, 0xffffffffULL - 7, 1ULL << 32,
	~0ULL - 16383, ~0ULL - 8191, ~0ULL - 4103, ~0ULL - 15, ~0ULL - 7,
};

static void size_is_a_power_of_two_and_at_least_a_page(struct kunit *test)
{
	const u32 page = PAGE_SIZE;

	KUNIT_EXPECT_EQ(test, localstate_ring_round_up(1), page);
	KUNIT_EXPECT_EQ(test, localstate_ring_round_up(page - 1), page);
	KUNIT_EXPECT_EQ(test, localstate_ring_round_up(page), page);
	KUNIT_EXPECT_EQ(test, localstate_ring_round_up(page + 1), 2 * page);
	KUNIT_EXPECT_EQ(test, localstate_ring_round_up(3 * page), 4 * page);
	KUNIT_EXPECT_EQ(test, localstate_ring_round_up(1U << 31), 1U << 31);
}

static void limit_is_rounded_down_but_not_below_a_page(struct kunit *test)
{
	const u32 page = PAGE_SIZE;

	KUNIT_EXPECT_EQ(test, localstate_ring_round_down(0), page);
	KUNIT_EXPECT_EQ(test, localstate_ring_round_down(page), page);
	KUNIT_EXPECT_EQ(test, localstate_ring_round_down(2 * page - 1), page);
	KUNIT_EXPECT_EQ(test, localstate_ring_round_down(2 * page), 2 * page);
	KUNIT_EXPECT_EQ(test, localstate_ring_round_down(~0U), 1U << 31);
}

static void place_is_the_position_modulo_the_size(struct kunit *test)
{
	const struct ls_ring ring = ring_at_position(0, 0);
	int i;

	for (i = 0; i < ARRAY_SIZE(positions); i++)
		KUNIT_EXPECT_EQ_MSG(test, (u8 *)localstate_ring_at(&ring, positions[i]) - memory,
				    (long)(positions[i] % 8192), "position %d", i);
}

static void used_is_the_distance_wherever_it_lies(struct kunit *test)
{
	static const u32 distances[] = { 0, 96, 4096, 8184, 8192 };
	struct ls_ring ring;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(positions); i++) {
		for (j = 0; j < ARRAY_SIZE(distances); j++) {
			ring = ring_at_position(positions[i], distances[j]);
			KUNIT_EXPECT_EQ_MSG(test, localstate_ring_used(&ring),
					    distances[j], "position %d", i);
		}
	}
}

static void record_of_exactly_the_room_fits_and_no_larger(struct kunit *test)
{
	struct ls_ring ring;
	u32 used;
	int i;

	for (i = 0; i < ARRAY_SIZE(positions); i++) {
		for (used = 0; used <= 8192; used += 8) {
			ring = ring_at_position(positions[i], used);
			KUNIT_EXPECT_TRUE_MSG(test, localstate_ring_has_room(&ring, 8192 - used),
					      "position %d, %u used", i, used);
			KUNIT_EXPECT_FALSE_MSG(test, localstate_ring_has_room(&ring, 8200 - used),
					       "position %d, %u used", i, used);
		}
	}
}

static void empty_ring_takes_nothing_larger_than_itself(struct kunit *test)
{
	const struct ls_ring ring = ring_at_position(~0ULL - 7, 0);

	KUNIT_EXPECT_TRUE(test, localstate_ring_has_room(&ring, 8192));
	KUNIT_EXPECT_FALSE(test, localstate_ring_has_room(&ring, 8193));
	KUNIT_EXPECT_FALSE(test, localstate_ring_has_room(&ring, ~0U));
}

static void ring_before_the_first_watch_has_no_room(struct kunit *test)
{
	const struct ls_ring ring = { .data = NULL };

	KUNIT_EXPECT_EQ(test, localstate_ring_used(&ring), 0U);
	KUNIT_EXPECT_FALSE(test, localstate_ring_has_room(&ring, 96));
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(size_is_a_power_of_two_and_at_least_a_page),
	KUNIT_CASE(limit_is_rounded_down_but_not_below_a_page),
	KUNIT_CASE(place_is_the_position_modulo_the_size),
	KUNIT_CASE(used_is_the_distance_wherever_it_lies),
	KUNIT_CASE(record_of_exactly_the_room_fits_and_no_larger),
	KUNIT_CASE(empty_ring_takes_nothing_larger_than_itself),
	KUNIT_CASE(ring_before_the_first_watch_has_no_room),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "localstate_ring",
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);
