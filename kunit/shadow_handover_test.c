// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handover: blocks by arithmetic, and a real board's memory.
 */
#include "shadow_test_machine.h"

/* Reserved ranges of an i.MX6UL board with 512 MiB, inclusive, from a dump */
static const struct {
	u32 first, last;
} imx6ul_reserved[] = {
	{ 0x80003000, 0x80007fff },
	{ 0x80200000, 0x810e8eeb },
	{ 0x88000000, 0x88014303 },
	{ 0x8bad3000, 0x8bb40fff },
	{ 0x8bb413c0, 0x8bb433bf },
	{ 0x8bb433f4, 0x8bffefff },
	{ 0x8bfff740, 0x8bfff77b },
	{ 0x8bfff780, 0x8bfff7bb },
	{ 0x8bfff7c0, 0x8bfff837 },
	{ 0x8bfff840, 0x8bfff843 },
	{ 0x8bfff880, 0x8bfff883 },
	{ 0x8bfff8c0, 0x8bfff8c3 },
	{ 0x8bfff900, 0x8bfff903 },
	{ 0x8bfff940, 0x8bfff9a1 },
	{ 0x8bfff9c0, 0x8bfffa21 },
	{ 0x8bfffa40, 0x8bfffaa1 },
	{ 0x8bfffaac, 0x8bfffac6 },
	{ 0x8bfffac8, 0x8bfffae2 },
	{ 0x8bfffae4, 0x8bfffb5e },
	{ 0x8bfffb60, 0x8bfffb7a },
	{ 0x8bfffb7c, 0x8bfffb96 },
	{ 0x8bfffb98, 0x8bfffbb2 },
	{ 0x8bfffbb4, 0x8bfffbce },
	{ 0x8bfffbd0, 0x8bfffbea },
	{ 0x8bfffbec, 0x8bfffc06 },
	{ 0x8bfffc08, 0x8bfffc22 },
	{ 0x8bfffc24, 0x8bfffccc },
	{ 0x8bfffcd0, 0x8bfffce8 },
	{ 0x8bfffcec, 0x8bfffd04 },
	{ 0x8bfffd08, 0x8bfffd20 },
	{ 0x8bfffd24, 0x8bfffd3c },
	{ 0x8bfffd40, 0x8bfffd5c },
	{ 0x8bfffd60, 0x8bfffd7c },
	{ 0x8bfffd80, 0x8bfffdc7 },
	{ 0x8bfffdd8, 0x9fffffff },
};

/* Orders 0 to 10 that memory minus these ranges gives, worked out by hand */
static const u64 imx6ul_blocks[] = { 4, 4, 1, 2, 3, 2, 3, 3, 3, 3, 40 };

static void handover_imx6ul(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block board;
	unsigned int i;

	shadow_test_block_bare(&board, 0x80000000, SZ_512M);
	m = shadow_test_machine_begin(test, &board);
	shadow_memblock_add(&m->mb, board.base, board.bytes);
	for (i = 0; i < ARRAY_SIZE(imx6ul_reserved); i++)
		shadow_memblock_reserve(&m->mb, imx6ul_reserved[i].first,
					imx6ul_reserved[i].last -
					imx6ul_reserved[i].first + 1);
	KUNIT_EXPECT_EQ(test, m->mb.reserved.cnt, ARRAY_SIZE(imx6ul_reserved));
	shadow_test_machine_boot(test, m, 0);

	KUNIT_EXPECT_EQ(test, m->handover.nr_freed, 43984);
	KUNIT_EXPECT_EQ(test, m->handover.nr_reserved, 87088);
	KUNIT_EXPECT_EQ(test, m->handover.nr_holes, 0);
	for (i = 0; i < ARRAY_SIZE(imx6ul_blocks); i++) {
		KUNIT_EXPECT_EQ_MSG(test, m->handover.blocks[i], imx6ul_blocks[i],
				    "order %u", i);
		/* No two of them are buddies: the free areas hold just these */
		KUNIT_EXPECT_EQ_MSG(test, m->nodes.node[0].zone[SHADOW_ZONE_NORMAL]
				    .free_area[i].nr_free, imx6ul_blocks[i],
				    "order %u", i);
	}
	shadow_test_machine_verify(test, m);
}

static void handover_orders(struct kunit *test)
{
	/* The example at the top of shadow_handover.c */
	KUNIT_EXPECT_EQ(test, shadow_early_order(0x10e9, 0x1100, 10), 0);
	KUNIT_EXPECT_EQ(test, shadow_early_order(0x10ea, 0x1100, 10), 1);
	KUNIT_EXPECT_EQ(test, shadow_early_order(0x10ec, 0x1100, 10), 2);
	KUNIT_EXPECT_EQ(test, shadow_early_order(0x10f0, 0x1100, 10), 4);
	/* The length limits, the machine's largest order limits */
	KUNIT_EXPECT_EQ(test, shadow_early_order(0x1000, 0x1003, 10), 1);
	KUNIT_EXPECT_EQ(test, shadow_early_order(0x100000, 0x200000, 10), 10);
	KUNIT_EXPECT_EQ(test, shadow_early_order(0x100000, 0x200000, 13), 13);
	/* Frame 0 is aligned to everything */
	KUNIT_EXPECT_EQ(test, shadow_early_order(0, 0x100000, 10), 10);
	KUNIT_EXPECT_EQ(test, shadow_early_order(0, 5, 10), 2);
}

/* Two banks with a hole, a reservation that ends inside a frame */
static void handover_holes_and_parts(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block board;
	struct shadow_page *page;

	shadow_test_block_bare(&board, 0x80000000, SZ_1M);
	m = shadow_test_machine_begin(test, &board);
	shadow_memblock_add(&m->mb, 0x80000000, 16 * SZ_4K);
	shadow_memblock_add(&m->mb, 0x80020000, 16 * SZ_4K);
	shadow_memblock_set_owner(&m->mb, "dtb");
	shadow_memblock_reserve(&m->mb, 0x80001800, 0x1000);
	shadow_test_machine_boot(test, m, 0);
	KUNIT_EXPECT_EQ(test, m->nodes.memmap.nr, 48);
	KUNIT_EXPECT_EQ(test, m->handover.nr_holes, 16);
	KUNIT_EXPECT_EQ(test, m->handover.nr_reserved, 2);
	KUNIT_EXPECT_EQ(test, m->handover.nr_freed, 30);
	page = shadow_pfn_to_page(&m->nodes, 0x80001);
	KUNIT_EXPECT_EQ(test, shadow_page_state(page), SHADOW_PAGE_RESERVED);
	KUNIT_EXPECT_EQ(test, shadow_page_owner(page), SHADOW_OWNER_IMAGE);
	page = shadow_pfn_to_page(&m->nodes, 0x80010);
	KUNIT_EXPECT_EQ(test, shadow_page_state(page), SHADOW_PAGE_HOLE);
	shadow_test_machine_verify(test, m);
}

static struct kunit_case handover_cases[] = {
	KUNIT_CASE(handover_imx6ul),
	KUNIT_CASE(handover_orders),
	KUNIT_CASE(handover_holes_and_parts),
	{}
};

static struct kunit_suite handover_suite = {
	.name = "shadow_handover",
	.test_cases = handover_cases,
};

kunit_test_suite(handover_suite);
