// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a board keeps from the system, which node memory belongs to, and where
 * zones end: each rule with a case that was computed by hand.
 */
#include "shadow_board_init_test.h"

#define NOMAP	SHADOW_MEMBLOCK_NOMAP

static int run(struct bench *b)
{
	return bench_setup(b) ?: bench_init(b);
}

static int run_all(struct bench *b)
{
	return run(b) ?: shadow_board_bootmem_init(&b->fate, &b->board, &b->mb);
}

/* 256 MiB from 0x40000000 */
static struct bench *small_bench(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x40000000, 0x10000000);
	return b;
}

/* ------------------------------------------------------- by address -- */

static void regions_by_address(struct kunit *test)
{
	struct bench *b = small_bench(test);

	add_reserved(b, "tee@44000000", 0x44000000, 0x1000000, NOMAP);
	add_reserved(b, "vpu@46000000", 0x46000000, 0x100800, 0);
	add_reserved(b, "", 0x47000010, 0x20, 0);
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-44000000 44000000-45000000:n 45000000-50000000");
	EXPECT_RESERVED(test, b, "40200000-40303210 46000000-46100800 47000010-47000030");
	EXPECT_OWNER(test, b, 0x46000000, "vpu@46000000");
	EXPECT_OWNER(test, b, 0x47000010, "memreserve");
	KUNIT_EXPECT_EQ(test, b->fate.outcome[0], SHADOW_BOARD_NOMAP);
	KUNIT_EXPECT_EQ(test, b->fate.outcome[1], SHADOW_BOARD_RESERVED);
	KUNIT_EXPECT_EQ(test, b->fate.outcome[2], SHADOW_BOARD_RESERVED);
	KUNIT_EXPECT_EQ(test, b->fate.nr_said, 0);
}

static void no_map_where_something_is(struct kunit *test)
{
	struct bench *b = small_bench(test);

	/* The image is there, so it stays mapped, all of it. */
	add_reserved(b, "tee@40280000", 0x40280000, 0x2000000, NOMAP);
	/* Not memory, so nobody cares who reserved it before. */
	add_reserved(b, "first@60000000", 0x60000000, 0x1000, 0);
	add_reserved(b, "second@60000000", 0x60000000, 0x1000, NOMAP);
	/* The reservation block comes last, and takes from what is not mapped. */
	add_reserved(b, "", 0x48000000, 0x1000, 0);
	add_reserved(b, "fw@48000000", 0x48000000, 0x2000, NOMAP);
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_MEMORY(test, b, "40000000-48000000 48000000-48002000:n 48002000-50000000");
	EXPECT_RESERVED(test, b, "40200000-40303210 48000000-48001000 60000000-60001000");
	KUNIT_EXPECT_EQ(test, b->fate.outcome[0], SHADOW_BOARD_REFUSED);
	KUNIT_EXPECT_EQ(test, b->fate.outcome[2], SHADOW_BOARD_NOMAP);
	EXPECT_SAID(test, b,
		    "OF: reserved mem: Reserved memory: failed to reserve memory for node 'tee@40280000': base 0x0000000040280000, size 32 MiB");
	KUNIT_EXPECT_EQ(test, b->fate.nr_said, 1);
}

static void regions_that_overlap(struct kunit *test)
{
	struct bench *b = small_bench(test);

	add_reserved(b, "c@46000000", 0x46000000, 0x1000, 0);
	add_reserved(b, "b@45000000", 0x45000000, 0x1001000, NOMAP);
	add_reserved(b, "a@44000000", 0x44000000, 0x1000000, 0);
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.nr_overlaps, 1);
	EXPECT_SAID(test, b, "OF: reserved mem: OVERLAP DETECTED!");
	EXPECT_SAID(test, b,
		    "b@45000000 (0x0000000045000000--0x0000000046001000) overlaps with c@46000000 (0x0000000046000000--0x0000000046001000)");
	/* c was there first */
	KUNIT_EXPECT_EQ(test, b->fate.outcome[1], SHADOW_BOARD_REFUSED);
	EXPECT_SAID(test, b,
		    "OF: reserved mem: 0x0000000044000000..0x0000000044ffffff (16384 KiB) map non-reusable a@44000000");
	EXPECT_SAID(test, b,
		    "OF: reserved mem: 0x0000000045000000..0x0000000046000fff (16388 KiB) nomap non-reusable b@45000000");

	/* Twice the same, and one that ends where the next begins */
	b = small_bench(test);
	add_reserved(b, "x@44000000", 0x44000000, 0x1000, 0);
	add_reserved(b, "y@44000000", 0x44000000, 0x1000, 0);
	add_reserved(b, "z@44001000", 0x44001000, 0x1000, 0);
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.nr_overlaps, 1);
	EXPECT_SAID(test, b,
		    "x@44000000 (0x0000000044000000--0x0000000044001000) overlaps with y@44000000 (0x0000000044000000--0x0000000044001000)");
}

static void node_with_several_ranges(struct kunit *test)
{
	struct bench *b = small_bench(test);
	unsigned int i;

	/* Two entries of one property are 16 bytes apart. */
	add_reserved(b, "pool", 0x44000000, 0x1000, 0)->at = 0x200;
	add_reserved(b, "pool", 0x45000000, 0x1000, 0)->at = 0x210;
	add_reserved(b, "pool", 0x44000800, 0x1000, 0)->at = 0x220;
	/* Another node, whose name was cut to the same */
	add_reserved(b, "pool", 0x46000000, 0x1000, 0)->at = 0x280;
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	EXPECT_SAID(test, b,
		    "OF: reserved mem: fdt_scan_reserved_mem_reg_nodes() ignores 2 regions in node 'pool'");
	EXPECT_RESERVED(test, b,
			"40200000-40303210:0 44000000-44001800:0 45000000-45001000:0 46000000-46001000:0");
	/* What is ignored overlaps nobody. */
	KUNIT_EXPECT_EQ(test, b->fate.nr_overlaps, 0);
	EXPECT_SAID(test, b,
		    "OF: reserved mem: 0x0000000046000000..0x0000000046000fff (4 KiB) map non-reusable pool");
	for (i = 0; i < b->fate.nr_said; i++)
		KUNIT_EXPECT_TRUE(test, !strstr(b->fate.said[i], "0x0000000045000000"));
}

static void no_regions(struct kunit *test)
{
	struct bench *b = small_bench(test);

	add_reserved(b, "", 0x44000000, 0x1000, 0);
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	EXPECT_SAID(test, b,
		    "OF: reserved mem: Reserved memory: No reserved-memory node in the DT");
}

static unsigned int times_said(const struct bench *b, const char *part)
{
	unsigned int i, nr = 0;

	for (i = 0; i < b->fate.nr_said; i++)
		nr += !!strstr(b->fate.said[i], part);
	return nr;
}

/* The kernel looks at the node twice, and says what it thinks of it each time. */
static void node_without_regions(struct kunit *test)
{
	struct bench *b = small_bench(test);

	b->board.reserved_node = SHADOW_BOARD_RESERVED_BAD;
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_EQ(test, times_said(b, "unsupported node format, ignoring"), 2);
	KUNIT_EXPECT_EQ(test, times_said(b, "No reserved-memory node"), 0);

	b = small_bench(test);
	b->board.reserved_node = SHADOW_BOARD_RESERVED_READ;
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_EQ(test, times_said(b, "Reserved memory"), 0);
}

/* Names of nodes are anybody's bytes, and go to consoles. */
static void names_are_printable(struct kunit *test)
{
	struct bench *b = small_bench(test);

	add_reserved(b, "a\033[2J\377@1", 0x44000000, 0x1000, 0);
	add_wish(b, "w\177\n", 0x1000, 0x1000);
	b->board.memory[0].name[0] = '\t';
	KUNIT_ASSERT_EQ_MSG(test, shadow_board_verify(&b->board), 0, "%s",
			    b->board.why);
	KUNIT_EXPECT_STREQ(test, b->board.reserved[0].name, "a?[2J?@1");
	KUNIT_EXPECT_STREQ(test, b->board.wish[0].name, "w??");
	KUNIT_EXPECT_STREQ(test, b->board.memory[0].name, "?emory");
}

/* ---------------------------------------------------------- by size -- */

static void regions_by_size(struct kunit *test)
{
	struct bench *b = small_bench(test);

	/* From the top, below what has an address, although said before it */
	add_wish(b, "gpu", 0x1234, 0x10000);
	add_wish(b, "dsp", 0x100000, 0x100000)->flags = NOMAP;
	add_reserved(b, "top@4ff80000", 0x4ff80000, 0x80000, 0);
	KUNIT_ASSERT_EQ(test, run(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.wish_base[0], 0x4ff70000);
	KUNIT_EXPECT_EQ(test, b->fate.wish_base[1], 0x4fe00000);
	KUNIT_EXPECT_EQ(test, b->fate.wish_outcome[0], SHADOW_BOARD_RESERVED);
	KUNIT_EXPECT_EQ(test, b->fate.wish_outcome[1], SHADOW_BOARD_NOMAP);
	EXPECT_MEMORY(test, b, "40000000-4fe00000 4fe00000-4ff00000:n 4ff00000-50000000");
	EXPECT_RESERVED(test, b,
			"40200000-40303210 4fe00000-4ff00000 4ff70000-4ff71234 4ff80000-50000000");
	EXPECT_OWNER(test, b, 0x4fe00000, "dsp");
	EXPECT_SAID(test, b,
		    "OF: reserved mem: 0x000000004ff70000..0x000000004ff71233 (4 KiB) map non-reusable gpu");
}

/* The kernel reads the reservation block last: a region may lie in it. */
static void regions_by_size_before_memreserve(struct kunit *test)
{
	struct bench *b = small_bench(test);

	add_reserved(b, "", 0x4fff0000, 0x10000, 0);
	add_wish(b, "gpu", 0x1000, 0x1000);
	KUNIT_ASSERT_EQ(test, run(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.wish_base[0], 0x4ffff000);
	EXPECT_OWNER(test, b, 0x4ffff000, "gpu");
	EXPECT_OWNER(test, b, 0x4fff0000, "memreserve");
}

static void regions_in_places(struct kunit *test)
{
	struct bench *b = small_bench(test);

	/* The first place is no memory, the second too small, the third fits. */
	add_wish(b, "a", 0x200000, 0x1000);
	add_place(b, 0x60000000, 0x1000000);
	add_place(b, 0x44000000, 0x100000);
	add_place(b, 0x45000000, 0x1000000);
	/* Starts where a is, so from below; where a ends is 0x46000000. */
	add_wish(b, "b", 0x1000, 0x1000);
	add_place(b, 0x45e00000, 0x1000000);
	/* Ends where b is: from above, which it is anyway */
	add_wish(b, "c", 0x1000, 0x1000);
	add_place(b, 0x45000000, 0x1000000);
	/* Starts at b and ends at a: neither, so from above */
	add_wish(b, "d", 0x1000, 0x1000);
	add_place(b, 0x44000000, 0x1e00000);
	/* No room, with the place and without */
	add_wish(b, "e", 0x1001, 0x1000);
	add_place(b, 0x44000000, 0x1000);
	add_wish(b, "f", 0x20000000, 0x1000);
	KUNIT_ASSERT_EQ(test, run(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.wish_base[0], 0x45e00000);
	KUNIT_EXPECT_EQ(test, b->fate.wish_base[1], 0x46000000);
	KUNIT_EXPECT_EQ(test, b->fate.wish_base[2], 0x45dff000);
	KUNIT_EXPECT_EQ(test, b->fate.wish_base[3], 0x45dfe000);
	KUNIT_EXPECT_EQ(test, b->fate.wish_outcome[4], SHADOW_BOARD_NO_ROOM);
	KUNIT_EXPECT_EQ(test, b->fate.wish_outcome[5], SHADOW_BOARD_NO_ROOM);
	EXPECT_SAID(test, b,
		    "OF: reserved mem: failed to allocate memory for node 'e': size 0 MiB");
	EXPECT_SAID(test, b,
		    "OF: reserved mem: failed to allocate memory for node 'f': size 512 MiB");
	KUNIT_EXPECT_FALSE(test, shadow_memblock_bottom_up(&b->mb));
}

static void pools_by_size(struct kunit *test)
{
	struct bench *b = small_bench(test);
	struct shadow_board_wish *wish;

	/* CMA counts in page blocks: 2 MiB with pages of 4 KiB. */
	add_reserved(b, "top@4ff80000", 0x4ff80000, 0x80000, 0);
	wish = add_wish(b, "linux,cma", 0x400000, 0x2000);
	wish->reusable = true;
	wish->dma_pool = true;
	wish->cma_default = true;
	/* Length is no multiple: CMA refuses it, and so does the DMA pool. */
	wish = add_wish(b, "odd", 0x201000, 0);
	wish->reusable = true;
	wish->dma_pool = true;
	add_wish(b, "dma", 0x1000, 0)->dma_pool = true;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.wish_base[0], 0x4fa00000);
	KUNIT_EXPECT_EQ(test, b->fate.wish_outcome[0], SHADOW_BOARD_RESERVED);
	KUNIT_EXPECT_EQ(test, b->fate.wish_outcome[1], SHADOW_BOARD_GIVEN_BACK);
	KUNIT_EXPECT_EQ(test, b->fate.wish_outcome[2], SHADOW_BOARD_RESERVED);
	EXPECT_RESERVED(test, b, "40200000-40303210 4fa00000-4fe00000 4ff7f000-50000000");
	EXPECT_SAID(test, b,
		    "Reserved memory: created CMA memory pool at 0x000000004fa00000, size 4 MiB");
	EXPECT_SAID(test, b,
		    "OF: reserved mem: initialized node linux,cma, compatible id shared-dma-pool");
	EXPECT_SAID(test, b,
		    "OF: reserved mem: 0x000000004fa00000..0x000000004fdfffff (4096 KiB) map reusable linux,cma");
	EXPECT_SAID(test, b, "Reserved memory: incorrect alignment of CMA region");
	EXPECT_SAID(test, b, "OF: reserved mem: node odd compatible matching fail");
	EXPECT_SAID(test, b,
		    "Reserved memory: created DMA memory pool at 0x000000004ff7f000, size 0 MiB");

	/* cma= takes the place of the default pool. */
	b = small_bench(test);
	strscpy(b->board.cmdline, "cma=0", sizeof(b->board.cmdline));
	wish = add_wish(b, "linux,cma", 0x400000, 0x2000);
	wish->reusable = true;
	wish->dma_pool = true;
	wish->cma_default = true;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	EXPECT_RESERVED(test, b, "40200000-40303210");
	EXPECT_SAID(test, b,
		    "Reserved memory: bypass linux,cma node, using cmdline CMA params instead");
}

static void pools_by_address(struct kunit *test)
{
	struct bench *b = small_bench(test);
	struct shadow_board_range *range;

	range = add_reserved(b, "odd@44001000", 0x44001000, 0x200000, 0);
	range->reusable = true;
	range->dma_pool = true;
	range = add_reserved(b, "cma@45000000", 0x45000000, 0x200000, 0);
	range->reusable = true;
	range->dma_pool = true;
	range = add_reserved(b, "both@46000000", 0x46000000, 0x200000, NOMAP);
	range->reusable = true;
	range->dma_pool = true;
	KUNIT_ASSERT_EQ(test, run(b), 0);
	/* The kernel looks at them only when it has a tree. */
	EXPECT_RESERVED(test, b, "40200000-40303210 44001000-44201000 45000000-45200000");
	KUNIT_EXPECT_EQ(test, b->fate.outcome[0], SHADOW_BOARD_RESERVED);
	KUNIT_ASSERT_EQ(test, shadow_board_bootmem_init(&b->fate, &b->board, &b->mb), 0);
	EXPECT_RESERVED(test, b, "40200000-40303210:0 45000000-45200000:0");
	EXPECT_MEMORY(test, b, "40000000-50000000:0");
	KUNIT_EXPECT_EQ(test, b->fate.outcome[0], SHADOW_BOARD_GIVEN_BACK);
	KUNIT_EXPECT_EQ(test, b->fate.outcome[1], SHADOW_BOARD_RESERVED);
	KUNIT_EXPECT_EQ(test, b->fate.outcome[2], SHADOW_BOARD_GIVEN_BACK);
}

/* Regions by size are compared with the others, too */
static void wish_in_a_refused_region(struct kunit *test)
{
	struct bench *b = small_bench(test);

	/* Refused, so its memory is free, and the wish comes to lie there. */
	add_reserved(b, "tee@40200000", 0x40200000, 0xfe00000, NOMAP);
	add_wish(b, "gpu", 0x1000, 0x1000);
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_EQ(test, b->fate.wish_base[0], 0x4ffff000);
	EXPECT_SAID(test, b,
		    "tee@40200000 (0x0000000040200000--0x0000000050000000) overlaps with gpu (0x000000004ffff000--0x0000000050000000)");
}

/* ------------------------------------------------------------- nodes -- */

static void two_nodes(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* Node 0 has two banks, between which nobody else has memory. */
	add_memory(b, 0x40000000, 0x10000000)->nid = 0;
	add_memory(b, 0x60000000, 0x10000000)->nid = 0;
	add_memory(b, 0x80000000, 0x10000000)->nid = 1;
	add_reserved(b, "r@6fff0000", 0x6fff0000, 0x10010000, 0);
	b->board.memory[1].flags = SHADOW_MEMBLOCK_HOTPLUG;
	b->board.has_distance = true;
	b->board.nr_nodes = 2;
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_TRUE(test, b->fate.numa);
	EXPECT_MEMORY(test, b, "40000000-50000000:0 60000000-70000000:0 80000000-90000000:1");
	EXPECT_RESERVED(test, b, "40200000-40303210:0 6fff0000-70000000:0 70000000-80000000");
	EXPECT_SAID(test, b, "OF: NUMA: parsing numa-distance-map-v1");
	EXPECT_SAID(test, b, "NUMA: Initialized distance table, cnt=2");
	EXPECT_SAID(test, b,
		    "NUMA: Node 0 [mem 0x40000000-0x4fffffff] + [mem 0x60000000-0x6fffffff] -> [mem 0x40000000-0x6fffffff]");
}

static void nodes_interleaved(struct kunit *test)
{
	struct bench *b = new_bench(test);

	add_memory(b, 0x40000000, 0x10000000)->nid = 0;
	add_memory(b, 0x80000000, 0x10000000)->nid = 0;
	add_memory(b, 0x60000000, 0x10000000)->nid = 1;
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_TRUE(test, b->fate.numa);
	EXPECT_MEMORY(test, b, "40000000-50000000:0 60000000-70000000:1 80000000-90000000:0");
}

static void nodes_cut_by_mem(struct kunit *test)
{
	struct bench *b = new_bench(test);

	/* What mem= removes has no node, and the image is added back. */
	add_memory(b, 0x40000000, 0x10000000)->nid = 0;
	add_memory(b, 0x60000000, 0x10000000)->nid = 1;
	b->places.image.start = 0x64000000;
	strscpy(b->board.cmdline, "mem=64M", sizeof(b->board.cmdline));
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_TRUE(test, b->fate.numa);
	EXPECT_MEMORY(test, b, "40000000-44000000:0 64000000-64100000:1");
}

static void nodes_that_are_not_sound(struct kunit *test)
{
	static const char faking[] =
		"NUMA: Faking a node at [mem 0x0000000040000000-0x000000007fffffff]";
	struct bench *b;
	unsigned int i;

	/* 0: the last says none; 1: the first; 2: none does; 3: overlap */
	for (i = 0; i < 5; i++) {
		b = new_bench(test);
		add_memory(b, 0x40000000, 0x10000000);
		add_memory(b, 0x70000000, 0x10000000);
		if (i != 1 && i != 2)
			b->board.memory[0].nid = 0;
		if (i != 0 && i != 2)
			b->board.memory[1].nid = 1;
		if (i == 3)
			b->board.memory[0].bytes = 0x30001000;
		if (i == 4)
			strscpy(b->board.cmdline, "numa=off",
				sizeof(b->board.cmdline));
		KUNIT_ASSERT_EQ(test, run_all(b), 0);
		KUNIT_EXPECT_FALSE(test, b->fate.numa);
		KUNIT_EXPECT_TRUE_MSG(test, was_said(b, faking), "%u", i);
		if (i == 3)
			EXPECT_MEMORY(test, b, "40000000-80000000:0");
		else
			EXPECT_MEMORY(test, b, "40000000-50000000:0 70000000-80000000:0");
		EXPECT_RESERVED(test, b, "40200000-40303210:0");
		if (i == 1)
			EXPECT_SAID(test, b, "NUMA: no nodes coverage for 256MB of 512MB RAM");
		if (i == 3)
			EXPECT_SAID(test, b,
				    "node 0 [mem 0x40000000-0x70000fff] overlaps with node 1 [mem 0x70000000-0x7fffffff]");
		if (i == 4)
			EXPECT_SAID(test, b, "NUMA: NUMA disabled");
	}
}

static void more_ranges_than_nodes_have(struct kunit *test)
{
	struct bench *b = new_bench(test);
	unsigned int i;

	/* NR_NODE_MEMBLKS is 32 with 16 nodes. */
	for (i = 0; i < 32; i++)
		add_memory(b, 0x40000000 + i * 0x2000000ULL, 0x1000000)->nid = i & 1;
	b->places.image.start = 0x40000000;
	b->places.dtb.start = 0x40800000;
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_TRUE(test, b->fate.numa);

	shadow_memblock_init(&b->mb, NULL, &b->events, 12);
	add_memory(b, 0x90000000, 0x1000000)->nid = 0;
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_FALSE(test, b->fate.numa);
	EXPECT_SAID(test, b, "too many memblk ranges");
}

static void nodes_of_a_text(struct kunit *test)
{
	struct bench *b = new_bench(test);

	b->board.kind = SHADOW_BOARD_TEXT;
	add_memory(b, 0x40000000, 0x10000000)->nid = 0;
	add_memory(b, 0x50000000, 0x10000000)->nid = 1;
	add_reserved(b, "", 0x4fff0000, 0x20000, 0);
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_TRUE(test, b->fate.numa);
	EXPECT_MEMORY(test, b, "40000000-50000000:0 50000000-60000000:1");
	EXPECT_RESERVED(test, b, "4fff0000-50010000");

	b = new_bench(test);
	b->board.kind = SHADOW_BOARD_TEXT;
	add_memory(b, 0x40000000, 0x10000000);
	KUNIT_ASSERT_EQ(test, run_all(b), 0);
	KUNIT_EXPECT_FALSE(test, b->fate.numa);
	EXPECT_MEMORY(test, b, "40000000-50000000:0");
}

/* ------------------------------------------------------------- zones -- */

static void zone_limits(struct kunit *test)
{
	static const struct {
		u64 base[2];
		u64 bytes[2];
		u64 dma_limit;
		u64 dma, dma32, normal;	/* in frames of 4 KiB */
	} cases[] = {
		/* 1 GiB below 4 GiB: all DMA */
		{ { SZ_1G }, { SZ_1G }, U64_MAX, 0x80000, 0x80000, 0x80000 },
		/* 5 GiB from 1 GiB on: DMA up to 4 GiB, DMA32 empty */
		{ { SZ_1G }, { 5ULL * SZ_1G }, U64_MAX, 0x100000, 0x100000, 0x180000 },
		/* As a Raspberry Pi 4: 30 bits, then the rest of 32 */
		{ { 0, SZ_4G }, { SZ_2G, SZ_4G }, SZ_1G, 0x40000, 0x100000, 0x200000 },
		/* A limit above 32 bits is lowered where there is memory below */
		{ { SZ_1G }, { 8ULL * SZ_1G }, 8ULL * SZ_1G, 0x100000, 0x100000, 0x240000 },
		/* but not where there is none: what all devices reach is DMA */
		{ { 8ULL * SZ_1G }, { SZ_4G }, 10ULL * SZ_1G, 0x280000, 0x100000, 0x300000 },
		{ { 8ULL * SZ_1G }, { SZ_4G }, U64_MAX, 0x300000, 0x100000, 0x300000 },
		/* The last byte of 32 bits counts as no memory there */
		{ { SZ_4G - SZ_4K }, { SZ_1G }, U64_MAX, 0x100000, 0x100000, 0x13ffff },
	};
	u64 limit[SHADOW_MAX_NR_ZONES];
	struct bench *b;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		b = new_bench(test);
		for (k = 0; k < 2 && cases[i].bytes[k]; k++)
			add_memory(b, cases[i].base[k], cases[i].bytes[k]);
		KUNIT_ASSERT_EQ(test, bench_setup(b), 0);
		b->board.dma_limit = cases[i].dma_limit;
		shadow_board_zone_limits(&b->board, &b->mb, limit);
		KUNIT_EXPECT_EQ_MSG(test, limit[SHADOW_ZONE_DMA], cases[i].dma,
				    "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, limit[SHADOW_ZONE_DMA32], cases[i].dma32,
				    "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, limit[SHADOW_ZONE_NORMAL],
				    cases[i].normal, "case %u", i);
		KUNIT_EXPECT_EQ(test, limit[SHADOW_ZONE_MOVABLE], 0);
	}
}

static struct kunit_case board_reserve_cases[] = {
	KUNIT_CASE(regions_by_address),
	KUNIT_CASE(no_map_where_something_is),
	KUNIT_CASE(regions_that_overlap),
	KUNIT_CASE(node_with_several_ranges),
	KUNIT_CASE(no_regions),
	KUNIT_CASE(node_without_regions),
	KUNIT_CASE(names_are_printable),
	KUNIT_CASE(regions_by_size),
	KUNIT_CASE(regions_by_size_before_memreserve),
	KUNIT_CASE(regions_in_places),
	KUNIT_CASE(pools_by_size),
	KUNIT_CASE(pools_by_address),
	KUNIT_CASE(wish_in_a_refused_region),
	KUNIT_CASE(two_nodes),
	KUNIT_CASE(nodes_interleaved),
	KUNIT_CASE(nodes_cut_by_mem),
	KUNIT_CASE(nodes_that_are_not_sound),
	KUNIT_CASE(more_ranges_than_nodes_have),
	KUNIT_CASE(nodes_of_a_text),
	KUNIT_CASE(zone_limits),
	{}
};

static struct kunit_suite board_reserve_suite = {
	.name = "shadow_board_reserve",
	.test_cases = board_reserve_cases,
};

kunit_test_suite(board_reserve_suite);
