// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of shadow_fail: which calls of a point fail. The model beside it is
 * written from the text of the kernel's documentation alone, with its own
 * bookkeeping; the random numbers are held against their distribution and
 * against themselves.
 */
#include "shadow_fail.h"
#include "shadow_test.h"

#define NR_CALLS	20000

static void drop_keys(void *fail)
{
	shadow_fail_fini(fail);
}

static struct shadow_fail *new_fail(struct kunit *test, u64 seed)
{
	struct shadow_fail *fail = shadow_test_alloc(test, sizeof(*fail));

	shadow_fail_init(fail, seed);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, drop_keys, fail), 0);
	return fail;
}

static void arm(struct kunit *test, struct shadow_fail *fail,
		enum shadow_fail_point point, u32 probability, u32 interval,
		s32 times, u64 space)
{
	struct shadow_fail_attr attr = {
		.probability = probability, .interval = interval,
		.times = times, .space = space,
	};

	KUNIT_ASSERT_EQ(test, shadow_fail_arm(fail, point, &attr), 0);
}

static void nothing_fails_unarmed(struct kunit *test)
{
	struct shadow_fail *fail = new_fail(test, 1), *other = new_fail(test, 1);
	int point;

	/* Another machine's point, and another point of this machine's */
	arm(test, other, SHADOW_FAIL_PAGE, 100, 1, SHADOW_FAIL_FOREVER, 0);
	arm(test, fail, SHADOW_FAIL_SLAB, 100, 1, SHADOW_FAIL_FOREVER, 0);
	for (point = 0; point < SHADOW_NR_FAIL_POINTS; point++) {
		KUNIT_EXPECT_EQ(test, shadow_should_fail(fail, point, 1),
				point == SHADOW_FAIL_SLAB);
		KUNIT_EXPECT_EQ(test, shadow_should_fail(other, point, 1),
				point == SHADOW_FAIL_PAGE);
		KUNIT_EXPECT_FALSE(test, shadow_should_fail(NULL, point, 1));
	}
}

static void key_is_up_while_armed(struct kunit *test)
{
	struct shadow_fail *fail = new_fail(test, 1);

	KUNIT_ASSERT_FALSE(test, static_key_enabled(&shadow_fail_key));
	arm(test, fail, SHADOW_FAIL_PAGE, 50, 1, 3, 0);
	arm(test, fail, SHADOW_FAIL_PAGE, 20, 1, 3, 0);
	arm(test, fail, SHADOW_FAIL_TABLE, 20, 1, 3, 0);
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&shadow_fail_key));
	arm(test, fail, SHADOW_FAIL_PAGE, 0, 1, 3, 0);
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&shadow_fail_key));
	shadow_fail_fini(fail);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&shadow_fail_key));
	shadow_fail_fini(fail);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&shadow_fail_key));
}

static void senseless_is_refused(struct kunit *test)
{
	static const struct shadow_fail_attr bad[] = {
		{ .probability = 101, .times = 1 },
		{ .probability = 100, .times = -2 },
		{ .probability = 100, .times = S32_MIN },
		{ .probability = 100, .times = 1, .space = U64_MAX },
	}, good = { .probability = 100, .times = 1, .space = S64_MAX };
	struct shadow_fail *fail = new_fail(test, 1);
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, shadow_fail_arm(fail, SHADOW_FAIL_PAGE,
						      &bad[i]), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_fail_arm(fail, SHADOW_NR_FAIL_POINTS, &good),
			-EINVAL);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&shadow_fail_key));
	KUNIT_EXPECT_EQ(test, shadow_fail_arm(fail, SHADOW_FAIL_PAGE, &good), 0);
}

/* The n-th call alone, whatever n */
static void nth_call_alone(struct kunit *test)
{
	struct shadow_fail *fail = new_fail(test, 1);
	unsigned int n, i;

	for (n = 1; n <= 40; n++) {
		arm(test, fail, SHADOW_FAIL_PAGE, 100, n, 1, 0);
		for (i = 1; i <= 100; i++)
			KUNIT_ASSERT_EQ(test, i == n,
					shadow_should_fail(fail, SHADOW_FAIL_PAGE,
							   4096));
		KUNIT_EXPECT_EQ(test, shadow_fail_count(fail, SHADOW_FAIL_PAGE), 1);
	}
}

/* All four together, the random one at its ends, against plain bookkeeping */
static void as_documented(struct kunit *test)
{
	struct rnd_state rnd;
	struct shadow_fail *fail;
	unsigned int round, i;

	shadow_test_seed(test, &rnd);
	fail = new_fail(test, prandom_u32_state(&rnd));
	for (round = 0; round < 300; round++) {
		u32 interval = shadow_test_below(&rnd, 6);
		s32 times = (s32)shadow_test_below(&rnd, 12) - 1;
		u64 space = shadow_test_below(&rnd, 2) * shadow_test_below(&rnd, 100000);
		u64 left = space, looked = 0, failed = 0;

		arm(test, fail, SHADOW_FAIL_VMALLOC, 100, interval, times, space);
		for (i = 0; i < 60; i++) {
			u64 bytes = 1 + shadow_test_below(&rnd, 9000);
			bool want = false;

			if (times >= 0 && failed == times) {
				/* done: not even space is taken */
			} else if (left > bytes) {
				left -= bytes;
			} else {
				looked++;
				want = interval <= 1 || looked % interval == 0;
			}
			failed += want;
			KUNIT_ASSERT_EQ_MSG(test, want,
					    shadow_should_fail(fail, SHADOW_FAIL_VMALLOC, bytes),
					    "round %u call %u: interval %u times %d space %llu",
					    round, i, interval, times, space);
		}
		KUNIT_ASSERT_EQ(test, failed,
				shadow_fail_count(fail, SHADOW_FAIL_VMALLOC));
	}
}

/* Within five standard deviations, for each percentage that is tried */
static void probability_is_one(struct kunit *test)
{
	static const u32 tried[] = { 1, 10, 33, 50, 90, 99 };
	struct shadow_fail *fail = new_fail(test, 0x5eed);
	u64 nr, i, mean, deviation;
	int t;

	for (t = 0; t < ARRAY_SIZE(tried); t++) {
		arm(test, fail, SHADOW_FAIL_PAGE, tried[t], 1,
		    SHADOW_FAIL_FOREVER, 0);
		for (nr = 0, i = 0; i < NR_CALLS; i++)
			nr += shadow_should_fail(fail, SHADOW_FAIL_PAGE, 1);
		mean = NR_CALLS / 100 * tried[t];
		deviation = int_sqrt(mean * (100 - tried[t]) / 100);
		KUNIT_EXPECT_LE_MSG(test, nr, mean + 5 * deviation, "%u %%", tried[t]);
		KUNIT_EXPECT_GE_MSG(test, nr, mean - 5 * deviation, "%u %%", tried[t]);
	}
}

/* The same seed fails alike; another seed, or another point, does not */
static void seed_repeats(struct kunit *test)
{
	struct shadow_fail *a = new_fail(test, 7), *b = new_fail(test, 7);
	struct shadow_fail *c = new_fail(test, 8);
	unsigned int i, other_seed = 0, other_point = 0;

	arm(test, a, SHADOW_FAIL_PAGE, 50, 1, SHADOW_FAIL_FOREVER, 0);
	arm(test, b, SHADOW_FAIL_PAGE, 50, 1, SHADOW_FAIL_FOREVER, 0);
	arm(test, b, SHADOW_FAIL_TABLE, 50, 1, SHADOW_FAIL_FOREVER, 0);
	arm(test, c, SHADOW_FAIL_PAGE, 50, 1, SHADOW_FAIL_FOREVER, 0);
	for (i = 0; i < 1000; i++) {
		bool fails = shadow_should_fail(a, SHADOW_FAIL_PAGE, 1);

		KUNIT_ASSERT_EQ(test, fails,
				shadow_should_fail(b, SHADOW_FAIL_PAGE, 1));
		other_point += fails != shadow_should_fail(b, SHADOW_FAIL_TABLE, 1);
		other_seed += fails != shadow_should_fail(c, SHADOW_FAIL_PAGE, 1);
	}
	KUNIT_EXPECT_GT(test, other_seed, 400);
	KUNIT_EXPECT_LT(test, other_seed, 600);
	KUNIT_EXPECT_GT(test, other_point, 400);
	KUNIT_EXPECT_LT(test, other_point, 600);
}

static void every_point_has_a_name(struct kunit *test)
{
	int point, other;

	for (point = 0; point < SHADOW_NR_FAIL_POINTS; point++) {
		KUNIT_ASSERT_NOT_NULL(test, shadow_fail_names[point]);
		for (other = 0; other < point; other++)
			KUNIT_EXPECT_STRNEQ(test, shadow_fail_names[point],
					    shadow_fail_names[other]);
	}
}

static struct kunit_case shadow_fail_cases[] = {
	KUNIT_CASE(nothing_fails_unarmed),
	KUNIT_CASE(key_is_up_while_armed),
	KUNIT_CASE(senseless_is_refused),
	KUNIT_CASE(nth_call_alone),
	KUNIT_CASE(as_documented),
	KUNIT_CASE(probability_is_one),
	KUNIT_CASE(seed_repeats),
	KUNIT_CASE(every_point_has_a_name),
	{}
};

static struct kunit_suite shadow_fail_suite = {
	.name = "shadow_fail",
	.test_cases = shadow_fail_cases,
};

kunit_test_suite(shadow_fail_suite);
