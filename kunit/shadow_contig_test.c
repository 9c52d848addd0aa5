// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite of frames in a row: they are where they should be, what was cut off
 * goes back, and a run is found wherever there is one.
 */
#include "shadow_test_machine.h"

#include "shadow_contig.h"

#define START_PFN	(SHADOW_TEST_BASE >> SHADOW_TEST_PAGE_SHIFT)

static struct shadow_zone *zone_of(struct shadow_test_machine *m,
				   enum shadow_zone_type type)
{
	return &m->nodes.node[0].zone[type];
}

static u64 take(struct shadow_test_machine *m, u64 nr_pages, u64 align)
{
	return shadow_contig_alloc(&m->nodes, nr_pages, align, SHADOW_OWNER_SHARED);
}

/* Every frame of a run is in use alone, by the owner that was named. */
static void expect_owned(struct kunit *test, struct shadow_test_machine *m, u64 pfn, u64 nr_pages)
{
	const struct shadow_page *page;
	u64 i;

	for (i = 0; i < nr_pages; i++) {
		page = shadow_pfn_to_page(&m->nodes, pfn + i);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_EQ(test, shadow_page_state(page), SHADOW_PAGE_ALLOCATED);
		KUNIT_ASSERT_EQ(test, shadow_page_order(page), 0);
		KUNIT_ASSERT_EQ(test, shadow_page_owner(page), SHADOW_OWNER_SHARED);
	}
}

/*
 * The example at the head of shadow_contig.c: 16 frames, of which 2 and 3 are
 * in use. 6 frames at a multiple of 4 are frames 4 to 9; left over are blocks
 * of order 1 at 0 and 10, and of order 2 at 12.
 */
static void worked_example(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 16, 0);
	struct shadow_zone *zone = zone_of(m, SHADOW_ZONE_NORMAL);
	struct shadow_page *low, *page;
	u64 pfn;

	low = shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 1);
	page = shadow_alloc_pages(&m->nodes, SHADOW_GFP_MOVABLE, 1);
	KUNIT_ASSERT_EQ(test, shadow_page_to_pfn(&m->nodes, page), START_PFN + 2);
	KUNIT_ASSERT_EQ(test, shadow_free_pages(&m->nodes, low, 1), 0);

	pfn = take(m, 6, 4);
	KUNIT_ASSERT_EQ(test, pfn, START_PFN + 4);
	expect_owned(test, m, pfn, 6);
	KUNIT_EXPECT_EQ(test, zone->free_area[1].nr_free, 2);
	KUNIT_EXPECT_EQ(test, zone->free_area[2].nr_free, 1);
	KUNIT_EXPECT_EQ(test, zone->nr_free, 8);
	shadow_test_machine_verify(test, m);

	/* The rest holds no 5 in a row, and no 4 but at 12 */
	KUNIT_EXPECT_EQ(test, take(m, 7, 1), 0);
	KUNIT_EXPECT_EQ(test, take(m, 4, 4), START_PFN + 12);
	KUNIT_EXPECT_EQ(test, shadow_contig_free(&m->nodes, pfn, 6), 0);
	KUNIT_EXPECT_EQ(test, shadow_contig_free(&m->nodes, START_PFN + 12, 4), 0);
	KUNIT_EXPECT_EQ(test, shadow_free_pages(&m->nodes, page, 1), 0);
	KUNIT_EXPECT_EQ(test, zone->free_area[4].nr_free, 1);
	shadow_test_machine_verify(test, m);
}

/* More than the largest block has, and what is not there. */
static void large_and_absent(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 2);
	u64 pfn = take(m, 3000, 512);

	KUNIT_ASSERT_NE(test, pfn, 0);
	KUNIT_EXPECT_EQ(test, pfn % 512, 0);
	expect_owned(test, m, pfn, 3000);
	shadow_test_machine_verify(test, m);
	KUNIT_EXPECT_EQ(test, take(m, 1097, 1), 0);
	KUNIT_EXPECT_EQ(test, take(m, 1ULL << 40, 1), 0);
	KUNIT_EXPECT_EQ(test, take(m, 1, 1ULL << 40), 0);
	KUNIT_EXPECT_EQ(test, shadow_contig_free(&m->nodes, pfn, 3000), 0);
	/* Twice is refused, without effect */
	KUNIT_EXPECT_EQ(test, shadow_contig_free(&m->nodes, pfn, 3000), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_contig_free(&m->nodes, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, shadow_test_machine_free(m), 4096);
	KUNIT_EXPECT_EQ(test, take(m, 4096, 1), START_PFN);
	shadow_test_machine_verify(test, m);
}

/* A run ends at a zone's border, the higher zone goes first, marks are kept. */
static void zones_and_marks(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_block block;

	shadow_test_block(test, &block, SHADOW_TEST_BASE, 64 << SHADOW_TEST_PAGE_SHIFT);
	m = shadow_test_machine_begin(test, &block);
	m->nodes.zone_limit[SHADOW_ZONE_DMA] = START_PFN + 24;
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add(&m->mb, block.base, block.bytes));
	shadow_test_machine_boot(test, m, 1);

	KUNIT_EXPECT_EQ(test, take(m, 41, 1), 0);
	KUNIT_EXPECT_EQ(test, take(m, 10, 1), START_PFN + 24);
	zone_of(m, SHADOW_ZONE_NORMAL)->mark[SHADOW_WMARK_LOW] = 25;
	KUNIT_EXPECT_EQ(test, take(m, 6, 1), START_PFN);
	KUNIT_EXPECT_EQ(test, take(m, 5, 1), START_PFN + 34);
	shadow_test_machine_verify(test, m);

	/* A frozen machine gives nothing, and takes nothing back */
	shadow_fault_raise(&m->fault, "test: frozen");
	KUNIT_EXPECT_EQ(test, take(m, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, shadow_contig_free(&m->nodes, START_PFN, 6), -EUCLEAN);
}

/* What a per-CPU list holds is free, too. */
static void per_cpu_lists(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 64, 1);
	struct shadow_page *page = shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_KERNEL, 0);

	KUNIT_ASSERT_EQ(test, shadow_free_pages_cpu(&m->nodes, 0, page, 0), 0);
	KUNIT_ASSERT_NE(test, shadow_pcp_count(zone_of(m, SHADOW_ZONE_NORMAL)), 0);
	KUNIT_EXPECT_EQ(test, take(m, 64, 64), START_PFN);
	shadow_test_machine_verify(test, m);
}

/* ------------------------------------------------------------------ random -- */

#define NR_FRAMES	509	/* no multiple of anything */
#define NR_ROUNDS	4000

/**
 * struct model - which frames are whose
 * @used: by frame; 0: free, else by whom
 * @run: frames of each run; 0: there is none
 */
struct model {
	u16 used[NR_FRAMES];
	u16 run[NR_FRAMES];
};

static bool model_has_run(const struct model *model, u64 nr_pages, u64 align)
{
	u64 at, i;

	for (at = 0; at + nr_pages <= NR_FRAMES; at++) {
		if ((START_PFN + at) % align)
			continue;
		for (i = 0; i < nr_pages && !model->used[at + i]; i++)
			;
		if (i == nr_pages)
			return true;
	}
	return false;
}

static void random_take(struct kunit *test, struct shadow_test_machine *m, struct rnd_state *rnd,
			struct model *model)
{
	u64 nr_pages = 1 + shadow_test_below(rnd, shadow_test_below(rnd, 4) ? 20 : 200);
	u64 align = 1ULL << shadow_test_below(rnd, 6);
	bool there = model_has_run(model, nr_pages, align);
	u64 pfn = take(m, nr_pages, align), at, i;

	KUNIT_ASSERT_EQ_MSG(test, pfn != 0, there, "%llu frames at a multiple of %llu", nr_pages,
			    align);
	if (!pfn)
		return;
	KUNIT_ASSERT_EQ(test, pfn % align, 0);
	at = pfn - START_PFN;
	KUNIT_ASSERT_LE(test, at + nr_pages, NR_FRAMES);
	for (i = 0; i < nr_pages; i++) {
		KUNIT_ASSERT_EQ(test, model->used[at + i], 0);
		model->used[at + i] = 1;
	}
	model->run[at] = nr_pages;
	expect_owned(test, m, pfn, nr_pages);
}

static void random_give(struct kunit *test, struct shadow_test_machine *m, struct rnd_state *rnd,
			struct model *model)
{
	u64 at = shadow_test_below(rnd, NR_FRAMES), i, nr_pages;

	while (at < NR_FRAMES && !model->run[at])
		at++;
	if (at == NR_FRAMES)
		return;
	nr_pages = model->run[at];
	KUNIT_ASSERT_EQ(test, shadow_contig_free(&m->nodes, START_PFN + at, nr_pages), 0);
	for (i = 0; i < nr_pages; i++)
		model->used[at + i] = 0;
	model->run[at] = 0;
}

static void random_runs(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, NR_FRAMES, 2);
	struct model *model = shadow_test_alloc(test, sizeof(*model));
	struct rnd_state rnd;
	unsigned int round, i, nr_free;

	shadow_test_seed(test, &rnd);
	for (round = 0; round < NR_ROUNDS; round++) {
		if (shadow_test_below(&rnd, 2))
			random_take(test, m, &rnd, model);
		else
			random_give(test, m, &rnd, model);
		shadow_test_machine_verify(test, m);
		for (nr_free = 0, i = 0; i < NR_FRAMES; i++)
			nr_free += !model->used[i];
		KUNIT_ASSERT_EQ(test, shadow_test_machine_free(m), nr_free);
	}
}

static struct kunit_case contig_cases[] = {
	KUNIT_CASE(worked_example),
	KUNIT_CASE(large_and_absent),
	KUNIT_CASE(zones_and_marks),
	KUNIT_CASE(per_cpu_lists),
	KUNIT_CASE(random_runs),
	{}
};

static struct kunit_suite contig_suite = {
	.name = "shadow_contig",
	.test_cases = contig_cases,
};

kunit_test_suite(contig_suite);
MODULE_LICENSE("GPL");
