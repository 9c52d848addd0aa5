// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of choices that the page allocator makes: which block is taken from
 * another mobility, where drained frames go, what low zones keep back. Each
 * number is worked out by hand.
 */
#include "shadow_test_machine.h"

static struct shadow_zone *zone_of(struct shadow_test_machine *m,
				   enum shadow_zone_type type)
{
	return &m->nodes.node[0].zone[type];
}

/*
 * Two pageblocks, one frame taken as movable: blocks of order 0 to 9 are left,
 * all movable. What is unmovable must not go next to it but into the largest.
 */
static void fallback_takes_the_largest(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 1024, 0);
	struct shadow_page *page;
	u64 first;

	shadow_nodes_set_mobility(&m->nodes, true);
	page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	first = shadow_page_to_pfn(&m->nodes, page);
	page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, shadow_page_to_pfn(&m->nodes, page), first + 512);
	shadow_test_machine_verify(test, m);
}

/*
 * A batch fetched for unmovable use comes out of a movable pageblock, which
 * does not change sides below its own size. What is not used goes back to it:
 * 63 frames, a block of each order from 0 to 5.
 */
static void drain_goes_to_the_pageblock(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 1);
	struct shadow_zone *zone = zone_of(m, SHADOW_ZONE_NORMAL);
	struct shadow_page *page;

	zone->pcp_batch = 8;
	zone->pcp_high_min = 32;
	zone->pcp_high_max = 32;
	page = shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	/* The first attempt, which does not mix, has doubled the batch */
	KUNIT_ASSERT_EQ(test, shadow_pcp_count(zone), 15);
	shadow_pcp_drain(zone);
	KUNIT_EXPECT_EQ(test, zone->orders[SHADOW_MIGRATE_UNMOVABLE], 0);
	KUNIT_EXPECT_EQ(test, zone->orders[SHADOW_MIGRATE_MOVABLE], BIT(6) - 1);
	shadow_test_machine_verify(test, m);
}

static u64 nr_until_refused(struct shadow_test_machine *m, u32 gfp)
{
	u64 nr = 0;

	while (shadow_alloc_pages(&m->nodes, gfp, 0))
		nr++;
	return nr;
}

/* 32 frames DMA, 32 NORMAL, 10 of the former kept from those who need NORMAL */
static void low_zone_keeps_its_reserve(struct kunit *test)
{
	u64 start_pfn = SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT;
	struct shadow_test_machine *m;
	struct shadow_block block;

	shadow_test_block(test, &block, SHADOW_TEST_BASE,
			  64 << SHADOW_TEST_PAGE_SHIFT);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = start_pfn + 32;
	KUNIT_ASSERT_EQ(test, 0,
			shadow_memblock_add(&m->mb, block.base, block.bytes));
	shadow_test_machine_boot(test, m, 0);
	zone_of(m, SHADOW_ZONE_DMA)->lowmem_reserve[SHADOW_ZONE_NORMAL] = 10;

	KUNIT_EXPECT_EQ(test, nr_until_refused(m, SHADOW_GFP_KERNEL), 54);
	KUNIT_EXPECT_EQ(test, nr_until_refused(m, SHADOW_GFP_DMA), 10);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 0);
	shadow_test_machine_verify(test, m);
}

static struct kunit_case page_alloc_cases[] = {
	KUNIT_CASE(fallback_takes_the_largest),
	KUNIT_CASE(drain_goes_to_the_pageblock),
	KUNIT_CASE(low_zone_keeps_its_reserve),
	{}
};

static struct kunit_suite page_alloc_suite = {
	.name = "shadow_page_alloc",
	.test_cases = page_alloc_cases,
};

kunit_test_suite(page_alloc_suite);
MODULE_LICENSE("GPL");
