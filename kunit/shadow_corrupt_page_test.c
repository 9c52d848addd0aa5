// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of the memmap, overwritten where one path alone meets them: a block's
 * order when it is given back, split, taken as part of a run or drained; the last
 * pageblock of a memmap that ends amid one; an entry that is none of any frame.
 * The suite shadow_corrupt tries every bit; this one names the values.
 */
#include "shadow_test_machine.h"

#include "shadow_compound.h"
#include "shadow_contig.h"
#include "shadow_mobility.h"

static void set_order(struct shadow_page *page, unsigned int order)
{
	page->flags = (page->flags & ~SHADOW_PF_ORDER_MASK) |
		      order << SHADOW_PF_ORDER_SHIFT;
}

static struct shadow_page *alloc(struct kunit *test, struct shadow_test_machine *m,
				 unsigned int order)
{
	struct shadow_page *page = shadow_alloc_pages_cpu(&m->nodes, 0, 0, order);

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

static void expect_frozen(struct kunit *test, struct shadow_test_machine *m,
			  const char *says)
{
	KUNIT_EXPECT_TRUE(test, shadow_fault_frozen(&m->fault));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(m->fault.text, says), "'%s' in '%s'", says,
				  m->fault.text);
}

/* ------------------------------------------------------------- given back -- */

/* Larger than any block of the machine, aligned and with entries for all of it */
static void freed_larger_than_any(struct kunit *test)
{
	unsigned int order;

	for (order = SHADOW_TEST_MAX_ORDER + 1; order <= SHADOW_PF_ORDER_MAX; order++) {
		struct shadow_test_machine *m = shadow_test_machine(test, 8192, 2);
		struct shadow_page *page = shadow_page_at(&m->nodes.memmap, 4096), *head;

		do
			head = alloc(test, m, SHADOW_TEST_MAX_ORDER);
		while (head != page);
		set_order(page, order);
		KUNIT_EXPECT_EQ_MSG(test, shadow_put_page(&m->nodes, page), -EUCLEAN,
				    "order %u", order);
		expect_frozen(test, m, "cannot be here");
		KUNIT_EXPECT_EQ(test, atomic_read(&page->refcount), 1);
		shadow_test_free(test, m->block.virt);
	}
}

/* ------------------------------------------------------------------ split -- */

static void split_of_another_order(struct kunit *test)
{
	unsigned int order;

	for (order = 1; order <= SHADOW_PF_ORDER_MAX; order++) {
		struct shadow_test_machine *m = shadow_test_machine(test, 1000, 2);
		u32 last = m->nodes.memmap.nr - 1;
		struct shadow_page *page;
		u32 flags, i;

		/* The last frame of all: whatever follows is none of the memmap's */
		do
			page = alloc(test, m, 0);
		while (shadow_page_index(&m->nodes.memmap, page) != last);
		flags = page[-1].flags;
		set_order(page, order);
		i = shadow_test_peek(page + 1);
		KUNIT_EXPECT_EQ_MSG(test, shadow_split_page(&m->nodes, page, order),
				    -EUCLEAN, "order %u", order);
		KUNIT_EXPECT_EQ(test, shadow_test_peek(page + 1), i);
		KUNIT_EXPECT_EQ(test, page[-1].flags, flags);
		expect_frozen(test, m, "cannot be here to be split");
		shadow_test_free(test, m->block.virt);
	}
}

/* -------------------------------------------------------------- taken as a run -- */

/*
 * A free frame amid its list that says it begins a block of eight: the run is
 * not made of frames that somebody has.
 */
static void a_run_over_others_frames(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 512, 0);
	struct shadow_page *lone;
	unsigned int i;
	u64 pfn, at;

	for (i = 0; i < 512; i++)
		alloc(test, m, 0);
	for (i = 3; i < 512; i += 8)
		KUNIT_ASSERT_EQ(test, 0,
				shadow_free_pages_cpu(&m->nodes, 0,
						      shadow_page_at(&m->nodes.memmap, i), 0));
	shadow_test_machine_verify(test, m);
	/* Neither the first of its list nor the last */
	lone = shadow_page_at(&m->nodes.memmap, 3 + 8 * 20);
	KUNIT_ASSERT_NE(test, lone->next, SHADOW_NO_PAGE);
	KUNIT_ASSERT_NE(test, lone->prev, SHADOW_NO_PAGE);
	set_order(lone, 3);
	pfn = shadow_page_to_pfn(&m->nodes, lone);
	at = shadow_contig_alloc(&m->nodes, 8, 1, SHADOW_OWNER_DIRECT);
	KUNIT_EXPECT_EQ_MSG(test, at, 0, "frames from %#llx, the liar is %#llx", at, pfn);
	for (i = 1; i < 8; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&lone[i].refcount), 1);
}

/* --------------------------------------------------------------- pageblocks -- */

#define SMALL_ORDER	8	/* pageblocks of 256 frames */

/*
 * The memmap ends amid a pageblock, which is marked as nobody's own. Without the
 * mark who changes its type sees no entry behind the last.
 */
static void the_mark_of_the_last_pageblock(struct kunit *test)
{
	const u32 nr_frames = 128 * 256 + 1;
	struct shadow_test_machine *m;
	struct shadow_page *page;
	struct shadow_block block;
	struct shadow_zone *zone;
	u32 flags;
	u8 *byte;

	shadow_test_block_bare(&block, SHADOW_TEST_BASE, (u64)nr_frames * SZ_4K);
	m = shadow_test_machine_begin_order(test, &block, SMALL_ORDER);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, block.base, block.bytes), 0);
	shadow_test_machine_boot(test, m, 0);
	KUNIT_ASSERT_EQ(test, m->nodes.memmap.nr, nr_frames);
	page = shadow_page_at(&m->nodes.memmap, nr_frames - 1);
	zone = shadow_page_zone(&m->nodes, page);
	byte = &m->nodes.pageblock_mt[(nr_frames - 1) >> SMALL_ORDER];
	KUNIT_ASSERT_TRUE(test, *byte & SHADOW_PAGEBLOCK_SHARED);
	*byte &= ~SHADOW_PAGEBLOCK_SHARED;
	/* What follows the last entry looks like one of a free frame */
	flags = SHADOW_PF(SHADOW_PAGE_BUDDY, 0, 0, 0) | zone->place;
	KUNIT_ASSERT_PTR_EQ(test, (void *)(page + 1), (void *)m->nodes.pageblock_mt);
	memcpy(m->nodes.pageblock_mt, &flags, sizeof(flags));
	KUNIT_ASSERT_EQ(test, zone->nr_reserved_highatomic, 0);
	shadow_mobility_reserve_highatomic(zone, page, 0);
	KUNIT_EXPECT_GT(test, zone->nr_reserved_highatomic, 0);
	KUNIT_EXPECT_EQ(test, zone->nr_free_highatomic, 1);
	KUNIT_EXPECT_FALSE_MSG(test, shadow_fault_frozen(&m->fault), "%s", m->fault.text);
}

/* --------------------------------------------------------------- CPUs' lists -- */

/* A list of blocks of eight leads to a single frame that says that it is one */
static void a_list_leads_to_a_lone_frame(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_page *block, *lone;
	struct shadow_block board;
	struct shadow_zone *zone;

	/* So much that a refill brings more than what was asked for */
	shadow_test_block_bare(&board, SHADOW_TEST_BASE, SZ_512M);
	m = shadow_test_machine_begin(test, &board);
	KUNIT_ASSERT_EQ(test, shadow_memblock_add(&m->mb, board.base, board.bytes), 0);
	shadow_test_machine_boot(test, m, 1);
	do
		lone = alloc(test, m, 0);
	while (!(shadow_page_index(&m->nodes.memmap, lone) % 8));
	zone = shadow_page_zone(&m->nodes, lone);
	alloc(test, m, 3);
	block = shadow_page_at(&m->nodes.memmap,
			       shadow_pcp_list(&zone->pcp[0], 3, 0)->first);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_ASSERT_EQ(test, shadow_page_state(block), SHADOW_PAGE_PCP);
	lone->flags = block->flags;
	block->next = shadow_page_index(&m->nodes.memmap, lone);
	lone->next = SHADOW_NO_PAGE;
	shadow_pcp_drain(zone);
	expect_frozen(test, m, "is on a list but is no such block");
	KUNIT_EXPECT_EQ(test, shadow_page_state(lone), SHADOW_PAGE_PCP);
}

/* ------------------------------------------------------- entries of no frame -- */

/*
 * The memmap lies behind the block's first frames, so an index below its first
 * one is of whatever is there: somebody's frame, which is made to look like an
 * entry of a free frame. There is no such frame to be cleared.
 */
static void an_entry_of_no_frame(struct kunit *test)
{
	struct shadow_test_machine *m = shadow_test_machine(test, 4096, 1);
	struct shadow_memmap *memmap = &m->nodes.memmap;
	struct shadow_page *page, *forged;
	struct shadow_zone *zone;
	struct shadow_pcp *pcp;
	u32 skip = 4096, index;

	/* Entries count from where the block begins, as those of a machine do */
	page = alloc(test, m, 0);
	zone = shadow_page_zone(&m->nodes, page);
	shadow_pcp_drain(zone);
	KUNIT_ASSERT_EQ(test, shadow_free_pages_cpu(&m->nodes, 0, page, 0), 0);
	pcp = &zone->pcp[0];
	forged = shadow_test_alloc(test, (memmap->nr + skip) * sizeof(*forged));
	memcpy(forged + skip, memmap->pages, memmap->nr * sizeof(*forged));
	index = shadow_page_index(memmap, page);
	memmap->pages = forged;
	memmap->nr += skip;
	memmap->bank[0].first += skip;
	memmap->delta -= skip;
	page = &forged[index + skip];
	KUNIT_ASSERT_EQ(test, shadow_page_state(page), SHADOW_PAGE_PCP);
	forged[7] = *page;
	forged[7].next = SHADOW_NO_PAGE;
	for (index = 0; index < SHADOW_PCP_NR_LISTS; index++)
		if (pcp->list[index].first != SHADOW_NO_PAGE)
			pcp->list[index].first = 7;
	KUNIT_EXPECT_NULL(test, shadow_alloc_pages_cpu(&m->nodes, 0, SHADOW_GFP_ZERO, 0));
	expect_frozen(test, m, "not of the machine's memory");
}

static struct kunit_case corrupt_page_cases[] = {
	KUNIT_CASE(freed_larger_than_any),
	KUNIT_CASE(split_of_another_order),
	KUNIT_CASE(a_run_over_others_frames),
	KUNIT_CASE(the_mark_of_the_last_pageblock),
	KUNIT_CASE(a_list_leads_to_a_lone_frame),
	KUNIT_CASE(an_entry_of_no_frame),
	{}
};

static struct kunit_suite corrupt_page_suite = {
	.name = "shadow_corrupt_page",
	.test_cases = corrupt_page_cases,
};

kunit_test_suite(corrupt_page_suite);
