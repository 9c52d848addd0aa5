// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of the ground that everything stands on: the event log and the fault.
 */
#include "shadow_event.h"
#include "shadow_test.h"

static void counts_only_while_on(struct kunit *test)
{
	struct shadow_event_log *log;
	void *counts;

	log = kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, log);
	counts = kunit_kzalloc(test, shadow_event_bytes(4), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, counts);
	shadow_event_init(log);
	shadow_event_set_counts(log, counts, 4);
	shadow_event(log, SHADOW_EV_TABLE_ALLOC, 3);
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_TABLE_ALLOC), 0);
	shadow_event_enable(true);
	shadow_event(log, SHADOW_EV_TABLE_ALLOC, 3);
	shadow_event(log, SHADOW_EV_TABLE_ALLOC, 4);
	shadow_event(log, SHADOW_EV_TABLE_FREE, 1);
	shadow_event_enable(false);
	shadow_event(log, SHADOW_EV_TABLE_ALLOC, 100);
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_TABLE_ALLOC), 7);
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_TABLE_FREE), 1);
	KUNIT_EXPECT_EQ(test, shadow_event_count(log, SHADOW_EV_PHASE), 0);
}

static void every_event_has_names(struct kunit *test)
{
	int id, other;

	for (id = 0; id < SHADOW_NR_EVENTS; id++) {
		KUNIT_ASSERT_NOT_NULL(test, shadow_events[id].name);
		KUNIT_ASSERT_NOT_NULL(test, shadow_events[id].counter);
		KUNIT_ASSERT_NOT_NULL(test, shadow_events[id].arg[0]);
		for (other = 0; other < id; other++) {
			KUNIT_EXPECT_STRNEQ(test, shadow_events[id].name,
					    shadow_events[other].name);
			KUNIT_EXPECT_STRNEQ(test, shadow_events[id].counter,
					    shadow_events[other].counter);
		}
	}
}

static void first_fault_wins(struct kunit *test)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	KUNIT_EXPECT_FALSE(test, shadow_fault_frozen(&fault));
	KUNIT_EXPECT_EQ(test, shadow_fault_raise(&fault, "buddy: frame %d", 7),
			-EUCLEAN);
	KUNIT_EXPECT_EQ(test, shadow_fault_raise(&fault, "slab: too late"),
			-EUCLEAN);
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&fault));
	KUNIT_EXPECT_STREQ(test, fault.text, "buddy: frame 7");
}

static void fault_text_is_cut(struct kunit *test)
{
	struct shadow_fault fault;

	shadow_fault_init(&fault);
	shadow_fault_raise(&fault, "%0*d", SHADOW_FAULT_TEXT + 40, 1);
	KUNIT_EXPECT_EQ(test, strlen(fault.text), SHADOW_FAULT_TEXT - 1);
}

static void block_knows_its_bounds(struct kunit *test)
{
	struct shadow_block block;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, SZ_64K);
	KUNIT_EXPECT_TRUE(test, shadow_block_has(&block, SHADOW_TEST_BASE,
						 SZ_64K));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&block, SHADOW_TEST_BASE,
						  SZ_64K + 1));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&block, SHADOW_TEST_BASE - 1,
						  1));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&block,
						  SHADOW_TEST_BASE + SZ_64K,
						  1));
	KUNIT_EXPECT_FALSE(test, shadow_block_has(&block, SHADOW_TEST_BASE + 8,
						  U64_MAX));
	KUNIT_EXPECT_PTR_EQ(test, shadow_phys_to_virt(&block,
						      SHADOW_TEST_BASE + 12),
			    block.virt + 12);
	KUNIT_EXPECT_EQ(test, shadow_virt_to_phys(&block, block.virt + 12),
			SHADOW_TEST_BASE + 12);
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(counts_only_while_on),
	KUNIT_CASE(every_event_has_names),
	KUNIT_CASE(first_fault_wins),
	KUNIT_CASE(fault_text_is_cut),
	KUNIT_CASE(block_knows_its_bounds),
	{}
};

static struct kunit_suite event_suite = {
	.name = "shadow_event",
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
MODULE_LICENSE("GPL");
