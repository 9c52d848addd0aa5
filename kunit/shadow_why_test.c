// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of the slow path and of what it says: how deep each flag goes, which
 * reclaimers are woken, why an allocation was refused. Each number is worked
 * out by hand or by a model beside it.
 */
#include "shadow_test_machine.h"

#define PAGES	4096
#define MIN_MARK	1001

static struct shadow_zone *zone_of(struct shadow_test_machine *m,
				   enum shadow_zone_type type)
{
	return &m->nodes.node[0].zone[type];
}

static void set_marks(struct shadow_zone *zone, u64 min)
{
	zone->mark[SHADOW_WMARK_MIN] = min;
	zone->mark[SHADOW_WMARK_LOW] = min + min / 4;
	zone->mark[SHADOW_WMARK_HIGH] = min + min / 2;
}

static u64 nr_until_refused(struct shadow_test_machine *m, u32 gfp,
			    unsigned int order)
{
	u64 nr = 0;

	while (shadow_alloc_pages(&m->nodes, gfp, order))
		nr++;
	return nr;
}

/* Blocks that an empty zone gives: __zone_watermark_ok() in the plainest way */
static u64 model_blocks(u64 nr_free, u64 left, unsigned int order)
{
	u64 nr = 0;

	while (nr_free >= BIT(order) && nr_free - (BIT(order) - 1) > left) {
		nr_free -= BIT(order);
		nr++;
	}
	return nr;
}

static const struct {
	u32 gfp;
	u64 left;	/* free frames that it may not touch */
} depths[] = {
	{ SHADOW_GFP_KERNEL, 1001 },
	{ SHADOW_GFP_MOVABLE, 1001 },
	{ SHADOW_GFP_RECLAIMABLE, 1001 },
	{ SHADOW_GFP_NOWAIT, 1001 },
	{ SHADOW_GFP_NOWAIT | SHADOW_GFP_NOWARN, 1001 },
	{ SHADOW_GFP_HIGH, 501 },
	{ SHADOW_GFP_ATOMIC, 376 },
	{ SHADOW_GFP_MEMALLOC, 0 },
	{ SHADOW_GFP_MEMALLOC | SHADOW_GFP_NOWAIT, 0 },
	{ SHADOW_GFP_HIGH | SHADOW_GFP_MEMALLOC, 0 },
	{ SHADOW_GFP_NOFAIL, 0 },
};

/* 1001 - 1001/2 = 501; 501 - 501/4 = 376: the divisions round down */
static void depth_of_each_flag(struct kunit *test)
{
	struct shadow_test_machine *m;
	unsigned int i, order;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (order = 0; order <= 5; order++) {
			m = shadow_test_machine(test, PAGES, 0);
			set_marks(zone_of(m, SHADOW_ZONE_NORMAL), MIN_MARK);
			KUNIT_EXPECT_EQ_MSG(test,
					    nr_until_refused(m, depths[i].gfp, order),
					    model_blocks(PAGES, depths[i].left, order),
					    "gfp %#x order %u", depths[i].gfp, order);
			shadow_test_machine_verify(test, m);
			shadow_test_free(test, m->block.virt);
		}
	}
}

/* What lies on lists is had by who can wait, and by nobody else */
static void lists_are_drained_for_who_can_wait(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, PAGES, 2);
	struct shadow_zone *zone = zone_of(m, SHADOW_ZONE_NORMAL);
	struct shadow_page *page[8];
	unsigned int i;

	zone->pcp_batch = 8;
	zone->pcp_high_min = 64;
	zone->pcp_high_max = 64;
	for (i = 0; i < ARRAY_SIZE(page); i++)
		page[i] = shadow_alloc_pages_cpu(&m->nodes, 1, 0, 0);
	for (i = 0; i < ARRAY_SIZE(page); i++)
		KUNIT_ASSERT_EQ(test, 0, shadow_free_pages_cpu(&m->nodes, 1, page[i], 0));
	KUNIT_ASSERT_GE(test, shadow_pcp_count(zone), 8);
	set_marks(zone, zone->nr_free);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_NOWAIT, 0));
	KUNIT_EXPECT_GE(test, shadow_pcp_count(zone), 8);
	KUNIT_EXPECT_NOT_NULL(test, shadow_alloc_pages_cpu(&m->nodes, 0, 0, 0));
	shadow_test_machine_verify(test, m);
}

static void expect_row(struct kunit *test, struct shadow_test_machine *m, u32 nr,
		       enum shadow_why_verdict verdict, const char *text)
{
	u64 last = shadow_why_nr_refusals(&m->why);
	struct shadow_why_refusal refusal;
	char said[SHADOW_WHY_TEXT];
	struct shadow_why_row row;

	KUNIT_ASSERT_TRUE(test, shadow_why_get_refusal(&m->why, last, &refusal));
	KUNIT_EXPECT_EQ(test, refusal.reason, SHADOW_WHY_NO_MEMORY);
	KUNIT_ASSERT_TRUE(test, shadow_why_get_row(&m->why, &refusal, nr, &row));
	KUNIT_EXPECT_EQ(test, row.verdict, verdict);
	shadow_why_print_row(&row, refusal.order, said, sizeof(said));
	KUNIT_EXPECT_STREQ(test, said, text);
}

static void refusal_says_the_arithmetic(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, PAGES, 0);
	struct shadow_zone *zone = zone_of(m, SHADOW_ZONE_NORMAL);

	set_marks(zone, MIN_MARK);
	nr_until_refused(m, SHADOW_GFP_KERNEL, 0);
	expect_row(test, m, 0, SHADOW_WHY_MARK,
		   "node 0 zone Normal: free 1001 = 1001 <= min 1001 + reserve 0 = 1001; highest free order 9; below the mark");
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 3));
	expect_row(test, m, 0, SHADOW_WHY_MARK,
		   "node 0 zone Normal: free 1001 - 7 for the order = 994 <= min 1001 + reserve 0 = 1001; highest free order 9; below the mark");
	nr_until_refused(m, SHADOW_GFP_ATOMIC, 0);
	expect_row(test, m, 0, SHADOW_WHY_MARK,
		   "node 0 zone Normal: free 376 = 376 <= min 1001 - HIGH 500 - ATOMIC 125 + reserve 0 = 376; highest free order 8; below the mark");
	zone->watermark_boost = 20;
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_NOWAIT, 0));
	nr_until_refused(m, SHADOW_GFP_MEMALLOC, 0);
	expect_row(test, m, 0, SHADOW_WHY_NO_BLOCK,
		   "node 0 zone Normal: free 0 = 0, no mark; no free block; no block is large enough");
	KUNIT_EXPECT_EQ(test, zone->nr_free, 0);
}

/* Every second frame is free: enough of them, and no two in a row */
static void enough_but_in_pieces(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	u64 pfn = SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, nr_until_refused(m, 0, 0), 64);
	for (i = 0; i < 64; i += 2)
		KUNIT_ASSERT_EQ(test, 0,
				shadow_free_pages(&m->nodes,
						  shadow_pfn_to_page(&m->nodes, pfn + i), 0));
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 1));
	expect_row(test, m, 0, SHADOW_WHY_NO_BLOCK,
		   "node 0 zone Normal: free 32 - 1 for the order = 31 > min 0 + reserve 0 = 0; highest free order 0; no block is large enough");
}

/* 32 frames DMA, 32 NORMAL */
static struct shadow_test_machine *two_zones(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block block;

	shadow_test_block(test, &block, SHADOW_TEST_BASE,
			  64 << SHADOW_TEST_PAGE_SHIFT);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.zone_limit[SHADOW_ZONE_DMA] =
		(SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT) + 32;
	KUNIT_ASSERT_EQ(test, 0,
			shadow_memblock_add(&m->mb, block.base, block.bytes));
	shadow_test_machine_boot(test, m, 0);
	return m;
}

static void zones_that_do_not_count(struct kunit *test)
{
	struct shadow_test_machine *m = two_zones(test);

	nr_until_refused(m, SHADOW_GFP_DMA, 0);
	expect_row(test, m, 0, SHADOW_WHY_ABOVE,
		   "node 0 zone Normal: above the zone that the flags allow");
	expect_row(test, m, 1, SHADOW_WHY_MARK,
		   "node 0 zone DMA: free 0 = 0 <= min 0 + reserve 0 = 0; no free block; below the mark");
	KUNIT_EXPECT_EQ(test, nr_until_refused(m, shadow_zone_gfp(SHADOW_ZONE_NORMAL), 0), 32);
	expect_row(test, m, 1, SHADOW_WHY_BELOW,
		   "node 0 zone DMA: not the zone that was asked for");
}

static void expect_reason(struct kunit *test, struct shadow_test_machine *m,
			  enum shadow_why_reason reason, const char *text)
{
	u64 last = shadow_why_nr_refusals(&m->why);
	struct shadow_why_refusal refusal;
	char said[SHADOW_WHY_TEXT];

	KUNIT_ASSERT_TRUE(test, shadow_why_get_refusal(&m->why, last, &refusal));
	KUNIT_EXPECT_EQ(test, refusal.reason, reason);
	shadow_why_print_refusal(&refusal, said, sizeof(said));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(said, text), "%s", said);
}

static void each_reason(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	const struct shadow_fail_attr always = {
		.probability = 100, .times = SHADOW_FAIL_FOREVER,
	};
	const struct shadow_fail_attr never = { };
	u64 nr = 0;

	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, SHADOW_TEST_MAX_ORDER + 1));
	expect_reason(test, m, SHADOW_WHY_BAD_ORDER, "order 11 KERNEL cpu 0: no block is as large");
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_DMA |
						   SHADOW_GFP_DMA32, 0));
	expect_reason(test, m, SHADOW_WHY_BAD_FLAGS, "of DMA, DMA32 and HIGHMEM at most one");
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_NOFAIL |
						   SHADOW_GFP_ATOMIC, 0));
	expect_reason(test, m, SHADOW_WHY_BAD_FLAGS, "NOFAIL only where the caller can wait");
	shadow_fail_arm(&m->fail, SHADOW_FAIL_PAGE, &always);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 0));
	expect_reason(test, m, SHADOW_WHY_INJECTED, "it was made to fail");
	shadow_fail_arm(&m->fail, SHADOW_FAIL_PAGE, &never);
	KUNIT_EXPECT_EQ(test, shadow_why_nr_refusals(&m->why), 4);

	nr = nr_until_refused(m, SHADOW_GFP_NOFAIL, 0);
	KUNIT_EXPECT_EQ(test, nr, 64);
	expect_reason(test, m, SHADOW_WHY_NOFAIL,
		      "tried: low, wake, min, unreserve, drain, min, unreserve, no mark");
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_ATOMIC, 0));
	expect_reason(test, m, SHADOW_WHY_NO_MEMORY, "tried: low, wake, min");
	shadow_fault_raise(&m->fault, "test: frozen");
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 0));
	expect_reason(test, m, SHADOW_WHY_FROZEN, "the machine is frozen");
}

/* A refusal that is expected is counted, and makes no report */
static void nowarn_is_counted_only(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 0);
	struct shadow_why_refusal refusal;

	nr_until_refused(m, SHADOW_GFP_NOWARN, 0);
	KUNIT_ASSERT_TRUE(test, shadow_why_get_refusal(&m->why, 1, &refusal));
	KUNIT_EXPECT_EQ(test, refusal.nr_rows, 0);
	KUNIT_EXPECT_EQ(test, m->why.nr_silent, 1);
	KUNIT_EXPECT_EQ(test, m->why.nr_rows, 0);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 0));
	KUNIT_EXPECT_EQ(test, m->why.nr_silent, 1);
	KUNIT_EXPECT_EQ(test, m->why.nr_refusals, 2);
	KUNIT_EXPECT_EQ(test, m->why.nr_rows, 1);
}

/* The oldest go, the newest stay, and numbers never start again */
static void rings_keep_the_newest(struct kunit *test)
{
	struct shadow_test_machine *m = two_zones(test);
	struct shadow_why_refusal refusal;
	struct shadow_why_route route;
	struct shadow_why_row row;
	struct shadow_page *page;
	u64 pfn = 0;
	u32 i;

	for (i = 0; i < 100; i++) {
		page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_ROUTE, 0);
		KUNIT_ASSERT_NOT_NULL(test, page);
		pfn = shadow_page_to_pfn(&m->nodes, page);
		KUNIT_ASSERT_EQ(test, 0, shadow_free_page(&m->nodes, page));
	}
	KUNIT_EXPECT_FALSE(test, shadow_why_get_route(&m->why, 0, &route));
	KUNIT_EXPECT_FALSE(test, shadow_why_get_route(&m->why, 36, &route));
	KUNIT_EXPECT_TRUE(test, shadow_why_get_route(&m->why, 37, &route));
	KUNIT_EXPECT_TRUE(test, shadow_why_get_route(&m->why, 100, &route));
	KUNIT_EXPECT_EQ(test, route.nr, 100);
	KUNIT_EXPECT_EQ(test, route.pfn, pfn);
	KUNIT_EXPECT_FALSE(test, shadow_why_get_route(&m->why, 101, &route));
	/* Without being asked for, a route is left by the slow path alone */
	KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 0));
	KUNIT_EXPECT_FALSE(test, shadow_why_get_route(&m->why, 101, &route));

	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 10));
	KUNIT_EXPECT_FALSE(test, shadow_why_get_refusal(&m->why, 36, &refusal));
	KUNIT_EXPECT_TRUE(test, shadow_why_get_refusal(&m->why, 37, &refusal));
	KUNIT_EXPECT_TRUE(test, shadow_why_get_row(&m->why, &refusal, 1, &row));
	KUNIT_EXPECT_FALSE(test, shadow_why_get_row(&m->why, &refusal, 2, &row));
	m->why.nr_rows += SHADOW_WHY_ROWS;
	KUNIT_EXPECT_FALSE(test, shadow_why_get_row(&m->why, &refusal, 1, &row));
}

static void route_says_what_was_passed(struct kunit *test)
{
	struct shadow_test_machine *m = two_zones(test);
	struct shadow_why_route route;
	char said[SHADOW_WHY_TEXT];

	shadow_why_set_all(&m->why, true);
	KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&m->nodes, 0, 5));
	shadow_why_set_all(&m->why, false);
	set_marks(zone_of(m, SHADOW_ZONE_DMA), 8);
	KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_ROUTE |
						       SHADOW_GFP_ZERO, 4));
	KUNIT_ASSERT_NOT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_ATOMIC, 3));
	KUNIT_ASSERT_TRUE(test, shadow_why_get_route(&m->why, 1, &route));
	shadow_why_print_route(&route, said, sizeof(said));
	KUNIT_EXPECT_STREQ(test, said,
			   "1 order 5 KERNEL cpu 0: low: pfn 524320 of node 0 zone Normal Movable");
	KUNIT_ASSERT_TRUE(test, shadow_why_get_route(&m->why, 2, &route));
	shadow_why_print_route(&route, said, sizeof(said));
	KUNIT_EXPECT_STREQ(test, said,
			   "2 order 4 ZERO cpu 0: low: pfn 524288 of node 0 zone DMA Movable, 1 passed over");
	/* 16 - 7 = 9 is above a low mark of 10 only for who is important */
	KUNIT_ASSERT_TRUE(test, shadow_why_get_route(&m->why, 3, &route));
	shadow_why_print_route(&route, said, sizeof(said));
	KUNIT_EXPECT_STREQ(test, said,
			   "3 order 3 ATOMIC cpu 0: low, wake, min: pfn 524304 of node 0 zone DMA Movable, 1 passed over");
	KUNIT_EXPECT_FALSE(test, shadow_why_get_route(&m->why, 4, &route));
}

static void count_wakes(void *ctx, struct shadow_zone *zone, unsigned int order,
			enum shadow_zone_type highest)
{
	u64 *wakes = ctx;

	wakes[zone->type]++;
	wakes[7] = order;
}

/* The node's first zone in question is told, once each time */
static void reclaimers_are_woken(struct kunit *test)
{
	struct shadow_test_machine *m = two_zones(test);
	u64 wakes[8] = { 0 };

	m->nodes.wake_reclaim = count_wakes;
	m->nodes.reclaim_ctx = wakes;
	KUNIT_ASSERT_EQ(test, nr_until_refused(m, 0, 2), 16);
	KUNIT_EXPECT_EQ(test, wakes[SHADOW_ZONE_NORMAL], 1);
	KUNIT_EXPECT_EQ(test, wakes[SHADOW_ZONE_DMA], 0);
	KUNIT_EXPECT_EQ(test, wakes[7], 2);
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages(&m->nodes, SHADOW_GFP_DMA, 0));
	KUNIT_EXPECT_EQ(test, wakes[SHADOW_ZONE_DMA], 1);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&zone_of(m, SHADOW_ZONE_DMA)->nr_wakes), 1);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&zone_of(m, SHADOW_ZONE_NORMAL)->nr_wakes), 1);
}

static struct kunit_case why_cases[] = {
	KUNIT_CASE(depth_of_each_flag),
	KUNIT_CASE(lists_are_drained_for_who_can_wait),
	KUNIT_CASE(refusal_says_the_arithmetic),
	KUNIT_CASE(enough_but_in_pieces),
	KUNIT_CASE(zones_that_do_not_count),
	KUNIT_CASE(each_reason),
	KUNIT_CASE(nowarn_is_counted_only),
	KUNIT_CASE(rings_keep_the_newest),
	KUNIT_CASE(route_says_what_was_passed),
	KUNIT_CASE(reclaimers_are_woken),
	{}
};

static struct kunit_suite why_suite = {
	.name = "shadow_why",
	.test_cases = why_cases,
};

kunit_test_suite(why_suite);
MODULE_LICENSE("GPL");
