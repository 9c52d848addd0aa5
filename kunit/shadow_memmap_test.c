// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three memory models against a naive one: for each frame, the node whose
 * memory it is, or nobody.
 */
#include "shadow_test_machine.h"

#define FIRST_PFN	0x80000ULL
#define NR_FRAMES	16384
#define NOBODY		0xff
#define ROUNDS		60

/**
 * struct layout_model - what memory there is
 * @nid: per frame from FIRST_PFN on
 * @nr_regions: regions that were added
 * @nr_nodes: nodes of the machine
 * @max_order: largest order
 */
struct layout_model {
	u8 nid[NR_FRAMES];
	unsigned int nr_regions;
	unsigned int nr_nodes;
	unsigned int max_order;
};

static void add_region(struct kunit *test, struct shadow_test_machine *m,
		       struct layout_model *model, u64 at, u64 nr, int nid)
{
	phys_addr_t base = (FIRST_PFN + at) << SHADOW_TEST_PAGE_SHIFT;

	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add_node(&m->mb, base,
							  nr << SHADOW_TEST_PAGE_SHIFT,
							  nid, 0));
	memset(model->nid + at, nid, nr);
	model->nr_regions++;
}

/* Regions of any length, on any side, with or without a hole in between */
static void random_memory(struct kunit *test, struct shadow_test_machine *m,
			  struct layout_model *model, struct rnd_state *rnd)
{
	unsigned int most = 1 + shadow_test_below(rnd, 40);
	u64 at = shadow_test_below(rnd, 300), nr;

	memset(model->nid, NOBODY, sizeof(model->nid));
	while (model->nr_regions < most) {
		nr = 1 + shadow_test_below(rnd, shadow_test_below(rnd, 4) ? 40 : 900);
		if (at + nr > NR_FRAMES)
			break;
		add_region(test, m, model, at, nr,
			   shadow_test_below(rnd, model->nr_nodes));
		at += nr;
		if (shadow_test_below(rnd, 3))
			at += shadow_test_below(rnd, shadow_test_below(rnd, 3) ? 30 : 2000);
	}
	if (!model->nr_regions)
		add_region(test, m, model, 3, 5, 0);
}

static struct shadow_test_machine *
begin(struct kunit *test, struct layout_model *model, struct rnd_state *rnd)
{
	struct shadow_test_machine *m;
	struct shadow_block block;

	shadow_test_block_bare(&block, FIRST_PFN << SHADOW_TEST_PAGE_SHIFT,
			       (u64)NR_FRAMES << SHADOW_TEST_PAGE_SHIFT);
	model->nr_regions = 0;
	model->nr_nodes = 1 + shadow_test_below(rnd, SHADOW_MAX_NODES);
	model->max_order = shadow_test_below(rnd, SHADOW_TEST_MAX_ORDER + 1);
	m = shadow_test_machine_begin_order(test, &block, model->max_order);
	m->nodes.nr_nodes = model->nr_nodes;
	return m;
}

/* Has any frame of the block of entries that a frame lies in memory? */
static bool block_has_memory(const struct layout_model *model, u64 at, u64 block)
{
	u64 first = round_down(FIRST_PFN + at, block) - FIRST_PFN, i;

	for (i = 0; i < block; i++)
		if (first + i < NR_FRAMES && model->nid[first + i] != NOBODY)
			return true;
	return false;
}

/* What may be known of a frame without memory: nothing, or that it is a hole */
static void check_hole(struct kunit *test, struct shadow_test_machine *m,
		       const struct layout_model *model, u64 at)
{
	const struct shadow_memmap *memmap = &m->nodes.memmap;
	u32 index = shadow_pfn_to_index(memmap, FIRST_PFN + at);

	if (index == SHADOW_NO_PAGE)
		return;
	KUNIT_ASSERT_EQ_MSG(test, shadow_page_state(&memmap->pages[index]),
			    SHADOW_PAGE_HOLE, "frame %llu", at);
	KUNIT_ASSERT_EQ(test, shadow_index_to_pfn(memmap, index), FIRST_PFN + at);
}

static void check_frame(struct kunit *test, struct shadow_test_machine *m,
			const struct layout_model *model, u64 at)
{
	const struct shadow_memmap *memmap = &m->nodes.memmap;
	u64 block = BIT_ULL(memmap->block_log2), pfn = FIRST_PFN + at;
	u32 index = shadow_pfn_to_index(memmap, pfn);
	const struct shadow_page *page;

	if (model->nid[at] == NOBODY) {
		check_hole(test, m, model, at);
		return;
	}
	page = shadow_page_at(memmap, index);
	KUNIT_ASSERT_TRUE_MSG(test, page, "%s: frame %llu has no entry",
			      shadow_memmodel_names[memmap->model], at);
	KUNIT_ASSERT_EQ_MSG(test, shadow_index_to_pfn(memmap, index), pfn,
			    "%s: frame %llu, index %u",
			    shadow_memmodel_names[memmap->model], at, index);
	KUNIT_ASSERT_EQ(test, shadow_page_nid(page), model->nid[at]);
	KUNIT_ASSERT_NE(test, shadow_page_state(page), SHADOW_PAGE_HOLE);
	KUNIT_ASSERT_EQ(test, index & (block - 1), pfn & (block - 1));
}

/* How many entries there must be */
static u64 expected_entries(const struct shadow_memmap *memmap,
			    const struct layout_model *model)
{
	u64 block = BIT_ULL(memmap->block_log2), at, nr = 0, start, end;
	unsigned int nid;

	switch (memmap->model) {
	case SHADOW_MEMMODEL_FLAT:
		return memmap->end_pfn - round_down(memmap->start_pfn, block);
	case SHADOW_MEMMODEL_DISCONTIG:
		for (nid = 0; nid < model->nr_nodes; nid++) {
			start = U64_MAX;
			end = 0;
			for (at = 0; at < NR_FRAMES; at++) {
				if (model->nid[at] != nid)
					continue;
				start = min(start, FIRST_PFN + at);
				end = FIRST_PFN + at + 1;
			}
			if (end)
				nr += round_up(end, block) - round_down(start, block);
		}
		return nr;
	default:
		for (at = 0; at < NR_FRAMES; at += block)
			if (block_has_memory(model, at, block))
				nr += block;
		return nr;
	}
}

/* All of the memory, frame by frame, each once, and back */
static void use_all(struct kunit *test, struct shadow_test_machine *m,
		    struct layout_model *model, struct rnd_state *rnd)
{
	u64 nr = 0, present = 0, pfn, i;
	struct shadow_page *page, *list = NULL;

	for (i = 0; i < NR_FRAMES; i++)
		present += model->nid[i] != NOBODY;
	for (;;) {
		page = shadow_alloc_pages(&m->nodes, 0, 0);
		if (!page)
			break;
		pfn = shadow_page_to_pfn(&m->nodes, page) - FIRST_PFN;
		KUNIT_ASSERT_LT(test, pfn, NR_FRAMES);
		KUNIT_ASSERT_LT(test, model->nid[pfn], SHADOW_MAX_NODES);
		model->nid[pfn] |= 0x40;
		page->private[0] = (unsigned long)list;
		list = page;
		nr++;
	}
	KUNIT_ASSERT_EQ(test, nr, present);
	while (list) {
		page = list;
		list = (struct shadow_page *)(unsigned long)page->private[0];
		KUNIT_ASSERT_EQ(test, shadow_free_pages(&m->nodes, page, 0), 0);
	}
	shadow_test_machine_verify(test, m);
	KUNIT_ASSERT_EQ(test, shadow_test_machine_free(m), present);
}

static void random_layouts(struct kunit *test, enum shadow_memmodel kind)
{
	struct layout_model *model = shadow_test_alloc(test, sizeof(*model));
	unsigned int round, banks = 0, most = 0;
	struct shadow_test_machine *m;
	struct rnd_state rnd;
	u64 at;

	shadow_test_seed(test, &rnd);
	for (round = 0; round < ROUNDS; round++) {
		const struct shadow_memmap *memmap;

		m = begin(test, model, &rnd);
		m->nodes.memmap.model = kind;
		random_memory(test, m, model, &rnd);
		shadow_test_machine_boot(test, m, 0);
		memmap = &m->nodes.memmap;
		for (at = 0; at < NR_FRAMES; at++)
			check_frame(test, m, model, at);
		KUNIT_ASSERT_EQ(test, shadow_memmap_entries(memmap),
				expected_entries(memmap, model));
		KUNIT_ASSERT_EQ(test, SHADOW_NO_PAGE,
				shadow_pfn_to_index(memmap, FIRST_PFN + 2 * NR_FRAMES));
		KUNIT_ASSERT_EQ(test, shadow_pfn_to_index(memmap, 0), SHADOW_NO_PAGE);
		banks += memmap->nr_banks;
		most = max(most, memmap->nr_banks);
		use_all(test, m, model, &rnd);
	}
	kunit_info(test, "%u layouts, %u banks, at most %u\n", round, banks, most);
	KUNIT_EXPECT_GT(test, banks, kind == SHADOW_MEMMODEL_FLAT ? 0 : 2 * ROUNDS);
}

static void flat_equals_the_model(struct kunit *test)
{
	random_layouts(test, SHADOW_MEMMODEL_FLAT);
}

static void discontig_equals_the_model(struct kunit *test)
{
	random_layouts(test, SHADOW_MEMMODEL_DISCONTIG);
}

static void vmemmap_equals_the_model(struct kunit *test)
{
	random_layouts(test, SHADOW_MEMMODEL_VMEMMAP);
}

/* More holes than banks: the small ones get entries, every frame keeps its own */
static void more_holes_than_banks(struct kunit *test)
{
	struct layout_model *model = shadow_test_alloc(test, sizeof(*model));
	struct shadow_test_machine *m;
	struct rnd_state rnd;
	u64 at, block;

	shadow_test_seed(test, &rnd);
	m = begin(test, model, &rnd);
	memset(model->nid, NOBODY, sizeof(model->nid));
	/* Up to order 5 a block of entries is those of a page: 128 */
	m->nodes.max_order = 5;
	m->nodes.pageblock_log2 = 5;
	m->nodes.memmap.model = SHADOW_MEMMODEL_VMEMMAP;
	block = BIT_ULL(shadow_nodes_block_log2(&m->nodes));
	KUNIT_ASSERT_EQ(test, block, 128);
	for (at = 0; at < NR_FRAMES; at += 2 * block)
		add_region(test, m, model, at, 1 + shadow_test_below(&rnd, block), 0);
	KUNIT_ASSERT_GT(test, model->nr_regions, SHADOW_MEMMAP_BOOT_BANKS);
	shadow_test_machine_boot(test, m, 0);
	KUNIT_EXPECT_LE(test, m->nodes.memmap.nr_banks, SHADOW_MEMMAP_BOOT_BANKS);
	for (at = 0; at < NR_FRAMES; at++)
		check_frame(test, m, model, at);
	use_all(test, m, model, &rnd);
}

/* A section table that was overwritten leads to the right entry or to none */
static void section_table_overwritten(struct kunit *test)
{
	struct shadow_memmap_sections *sections;
	struct shadow_test_machine *m;
	struct shadow_memmap *memmap;
	unsigned int round, none = 0;
	struct shadow_block block;
	struct rnd_state rnd;
	u64 bytes, i;
	u8 *table;

	shadow_test_seed(test, &rnd);
	shadow_test_block_bare(&block, 0x40000000, 1ULL << 46);
	m = shadow_test_machine_begin(test, &block);
	/* Two leaves apart, a hole of sections, and one inside a section */
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add(&m->mb, 0x40000000, SZ_16M));
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add(&m->mb, 0x42000000, SZ_16M));
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add(&m->mb, 0x80000000, SZ_16M));
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add(&m->mb, 1ULL << 45, SZ_16M));
	m->nodes.memmap.model = SHADOW_MEMMODEL_VMEMMAP;
	shadow_test_machine_boot(test, m, 0);
	memmap = &m->nodes.memmap;
	sections = &memmap->sections;
	KUNIT_EXPECT_EQ(test, memmap->nr_banks, 4);
	KUNIT_EXPECT_EQ(test, sections->nr_leaves, 3);
	bytes = shadow_memmap_section_bytes(memmap);
	table = (u8 *)sections->root;
	/* 1 << 45 is section 1 << 18, of which a leaf has 256: two bytes each */
	KUNIT_EXPECT_GE(test, bytes, 2 * 1024 + 3 * SHADOW_SECTION_LEAF);
	KUNIT_EXPECT_LT(test, bytes, 2 * 1024 + 4 * SHADOW_SECTION_LEAF);
	for (round = 0; round < 20000; round++) {
		u64 bank = shadow_test_below(&rnd, memmap->nr_banks);
		u64 at = shadow_test_below(&rnd, memmap->bank[bank].nr);
		u8 *victim = table + shadow_test_below(&rnd, bytes), was = *victim;
		u32 index;

		*victim = shadow_test_below(&rnd, 256);
		index = shadow_memmap_section_index(memmap,
						    memmap->bank[bank].start_pfn + at);
		if (index != memmap->bank[bank].first + at) {
			KUNIT_ASSERT_EQ(test, index, SHADOW_NO_PAGE);
			none++;
		}
		*victim = was;
	}
	KUNIT_EXPECT_GT(test, none, 0);
	for (i = 0; i < memmap->nr_banks; i++)
		KUNIT_EXPECT_EQ(test, memmap->bank[i].first,
				shadow_memmap_section_index(memmap,
							    memmap->bank[i].start_pfn));
}

/* An entry that lies about its bank is found by where it is */
static void bank_bits_overwritten(struct kunit *test)
{
	struct shadow_test_machine *m;
	struct shadow_memmap *memmap;
	struct shadow_block block;
	unsigned int nr, bits;
	u32 index;

	shadow_test_block_bare(&block, 0x40000000, SZ_2G);
	m = shadow_test_machine_begin(test, &block);
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add(&m->mb, 0x40000000, SZ_16M));
	KUNIT_ASSERT_EQ(test, 0, shadow_memblock_add(&m->mb, 0x80000000, SZ_16M));
	m->nodes.memmap.model = SHADOW_MEMMODEL_VMEMMAP;
	shadow_test_machine_boot(test, m, 0);
	memmap = &m->nodes.memmap;
	for (nr = 0; nr < 2; nr++) {
		index = memmap->bank[nr].first + 7;
		for (bits = 0; bits < SHADOW_MEMMAP_BANKS; bits++) {
			memmap->pages[index].flags &= ~SHADOW_PF_BANK_MASK;
			memmap->pages[index].flags |= bits << SHADOW_PF_BANK_SHIFT;
			KUNIT_EXPECT_EQ(test, shadow_index_to_pfn(memmap, index),
					memmap->bank[nr].start_pfn + 7);
		}
	}
	KUNIT_EXPECT_FALSE(test, shadow_memmap_follows(memmap,
						       shadow_bank_end(&memmap->bank[0]) - 1,
						       memmap->bank[1].first));
	KUNIT_EXPECT_TRUE(test, shadow_memmap_follows(memmap, memmap->bank[1].first,
						      memmap->bank[1].first + 1));
}

static struct kunit_case shadow_memmap_cases[] = {
	KUNIT_CASE(flat_equals_the_model),
	KUNIT_CASE(discontig_equals_the_model),
	KUNIT_CASE(vmemmap_equals_the_model),
	KUNIT_CASE(more_holes_than_banks),
	KUNIT_CASE(section_table_overwritten),
	KUNIT_CASE(bank_bits_overwritten),
	{}
};

static struct kunit_suite shadow_memmap_suite = {
	.name = "shadow_memmap",
	.test_cases = shadow_memmap_cases,
};

kunit_test_suite(shadow_memmap_suite);

MODULE_LICENSE("GPL");
