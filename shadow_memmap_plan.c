// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_memmap_plan - which frames get entries in each memory model, and
 * where these lie.
 *
 * A worked example, two nodes, blocks of 4 frames, memory in frames 1 to 9 of
 * node 0 and 50 to 55 of node 1:
 *
 *	flat       one bank   [0 .. 55]
 *	discontig  two banks  [0 .. 11] [48 .. 55]
 *	vmemmap    two banks  [0 .. 11] [48 .. 55]
 *
 * and with 20 to 23 of node 0 besides, discontig has [0 .. 23] [48 .. 55], while
 * vmemmap, where no hole costs anything, has [0 .. 11] [20 .. 23] [48 .. 55].
 */
#include "shadow_memblock.h"
#include "shadow_memmap.h"

/* ------------------------------------------------------ which frames have one -- */

/**
 * struct run - whole frames of a region of memory, rounded to blocks
 * @start_pfn: first frame
 * @end_pfn: frame after the last
 * @nid: node
 */
struct run {
	u64 start_pfn;
	u64 end_pfn;
	int nid;
};

/* The next region with a whole frame; @idx is 0 at first */
static bool next_run(const struct shadow_memmap *memmap,
		     const struct shadow_memblock *mb, unsigned long *idx,
		     struct run *run)
{
	u64 block = BIT_ULL(memmap->block_log2);
	const struct shadow_memblock_region *region;
	u64 page = BIT_ULL(memmap->page_shift);

	while (*idx < mb->memory.cnt) {
		region = &mb->memory.regions[(*idx)++];
		run->start_pfn = (region->base + page - 1) >> memmap->page_shift;
		run->end_pfn = (region->base + region->size) >> memmap->page_shift;
		if (run->start_pfn >= run->end_pfn)
			continue;
		run->start_pfn = round_down(run->start_pfn, block);
		run->end_pfn = round_up(run->end_pfn, block);
		run->nid = shadow_numa_valid_node(region->nid) ? region->nid : 0;
		return true;
	}
	return false;
}

/* The memory's ends; false: there is none, or of a node that does not exist */
static bool find_ends(struct shadow_memmap *memmap,
		      const struct shadow_memblock *mb, unsigned int nr_nodes)
{
	const struct shadow_memblock_region *region = mb->memory.regions;
	u64 page = BIT_ULL(memmap->page_shift), start_pfn, end_pfn;
	bool any = false;

	for (; region < mb->memory.regions + mb->memory.cnt; region++) {
		start_pfn = (region->base + page - 1) >> memmap->page_shift;
		end_pfn = (region->base + region->size) >> memmap->page_shift;
		if (start_pfn >= end_pfn)
			continue;
		if (shadow_numa_valid_node(region->nid) && region->nid >= nr_nodes)
			return false;
		/* The list may lie in the block: corrupt, it need not ascend */
		if (any && start_pfn < memmap->end_pfn)
			return false;
		if (!any)
			memmap->start_pfn = start_pfn;
		memmap->end_pfn = end_pfn;
		any = true;
	}
	return any;
}

/* An array's frames, until there is its place; false: too many for an index */
static bool add_bank(struct shadow_memmap *memmap, u64 start_pfn, u64 end_pfn,
		     int nid)
{
	struct shadow_memmap_bank *bank = &memmap->bank[memmap->nr_banks];

	if (end_pfn - start_pfn > S32_MAX)
		return false;
	bank->start_pfn = start_pfn;
	bank->nr = end_pfn - start_pfn;
	bank->first = 0;
	bank->nid = nid;
	memmap->nr_banks++;
	return true;
}

/* Its end need not be a block's: nothing follows */
static bool plan_flat(struct shadow_memmap *memmap,
		      const struct shadow_memblock *mb)
{
	u64 block = BIT_ULL(memmap->block_log2);

	return add_bank(memmap, round_down(memmap->start_pfn, block),
			memmap->end_pfn, 0);
}

/* node_start_pfn to pgdat_end_pfn() of each node, whatever lies in between */
static bool plan_discontig(struct shadow_memmap *memmap,
			   const struct shadow_memblock *mb,
			   unsigned int nr_nodes)
{
	unsigned long idx;
	u64 start, end;
	struct run run;
	int nid;

	for (nid = 0; nid < nr_nodes; nid++) {
		start = U64_MAX;
		end = 0;
		for (idx = 0; next_run(memmap, mb, &idx, &run);) {
			if (run.nid != nid)
				continue;
			start = min(start, run.start_pfn);
			end = max(end, run.end_pfn);
		}
		if (end && !add_bank(memmap, start, end, nid))
			return false;
	}
	return true;
}

/*
 * Runs of blocks with memory, a bank each; where one block has memory of two
 * nodes, it is the lower one's. Holes up to @close frames have entries.
 */
static bool lay_runs(struct shadow_memmap *memmap,
		     const struct shadow_memblock *mb, u64 close, bool any_node)
{
	struct run run, bank;
	unsigned long idx = 0;

	memmap->nr_banks = 0;
	if (!next_run(memmap, mb, &idx, &bank))
		return false;
	while (next_run(memmap, mb, &idx, &run)) {
		run.start_pfn = max(run.start_pfn, bank.end_pfn);
		run.end_pfn = max(run.end_pfn, bank.end_pfn);
		if (run.start_pfn == run.end_pfn)
			continue;
		if (run.start_pfn - bank.end_pfn <= close &&
		    (any_node || run.nid == bank.nid)) {
			bank.end_pfn = run.end_pfn;
			continue;
		}
		/* One is to be left for what is in @bank at the end */
		if (memmap->nr_banks + 1 >= SHADOW_MEMMAP_BOOT_BANKS ||
		    !add_bank(memmap, bank.start_pfn, bank.end_pfn, bank.nid))
			return false;
		bank = run;
	}
	return add_bank(memmap, bank.start_pfn, bank.end_pfn, bank.nid);
}

/* Where there are more holes than banks, the small ones have entries */
static bool plan_vmemmap(struct shadow_memmap *memmap,
			 const struct shadow_memblock *mb)
{
	u64 span = memmap->end_pfn - memmap->start_pfn;
	u64 block = BIT_ULL(memmap->block_log2), close;

	if (lay_runs(memmap, mb, 0, false))
		return true;
	for (close = block; close < span; close *= 2)
		if (lay_runs(memmap, mb, close, false))
			return true;
	return lay_runs(memmap, mb, span, true);
}

/* ------------------------------------------------------------- the sections -- */

/* SECTION_SIZE_BITS of arch/arm64/include/asm/sparsemem.h */
static unsigned int section_bits(unsigned int page_shift)
{
	return page_shift == 16 ? 29 : 27;
}

static u64 bank_section(const struct shadow_memmap *memmap, u64 pfn)
{
	return (pfn >> memmap->sections.shift) - memmap->sections.first;
}

/* Leaves that hold sections with memory; with @root, numbers them */
static u32 lay_leaves(const struct shadow_memmap *memmap, u16 *root)
{
	const struct shadow_memmap_bank *bank = memmap->bank;
	u64 done = 0, leaf, last;
	u32 nr = 1;

	for (; bank < memmap->bank + memmap->nr_banks; bank++) {
		leaf = bank_section(memmap, bank->start_pfn) / SHADOW_SECTION_LEAF;
		last = bank_section(memmap, bank->start_pfn + bank->nr - 1) /
		       SHADOW_SECTION_LEAF;
		for (leaf = max(leaf, done); leaf <= last; leaf++, nr++)
			if (root)
				root[leaf] = nr;
		done = max(done, last + 1);
	}
	return nr;
}

static void plan_sections(struct shadow_memmap *memmap)
{
	const struct shadow_memmap_bank *last = &memmap->bank[memmap->nr_banks - 1];
	struct shadow_memmap_sections *sections = &memmap->sections;

	sections->shift = section_bits(memmap->page_shift) - memmap->page_shift;
	sections->first = memmap->bank[0].start_pfn >> sections->shift;
	sections->nr = bank_section(memmap, last->start_pfn + last->nr - 1) + 1;
	sections->nr_leaves = lay_leaves(memmap, NULL);
}

static u64 root_bytes(const struct shadow_memmap *memmap)
{
	return ALIGN(DIV_ROUND_UP_ULL(memmap->sections.nr, SHADOW_SECTION_LEAF) *
		     sizeof(u16), sizeof(u64));
}

/**
 * shadow_memmap_section_bytes() - how large the section table is
 * @memmap: the memmap, planned
 *
 * Context: any.
 * Return: bytes; 0 in models without sections.
 */
u64 shadow_memmap_section_bytes(const struct shadow_memmap *memmap)
{
	if (!memmap->sections.nr)
		return 0;
	return root_bytes(memmap) +
	       (u64)memmap->sections.nr_leaves * SHADOW_SECTION_LEAF;
}

/**
 * shadow_memmap_set_sections() - fill the section table
 * @memmap: the memmap, planned
 * @table: shadow_memmap_section_bytes() of memory, aligned to 8
 *
 * Follows sparse_init() of mm/sparse.c with SPARSEMEM_EXTREME: where no section
 * has memory, no part of the table is spent on them.
 *
 * Context: boot.
 */
void shadow_memmap_set_sections(struct shadow_memmap *memmap, void *table)
{
	struct shadow_memmap_sections *sections = &memmap->sections;
	u64 section, last;
	unsigned int nr;
	u8 *bank;

	if (!sections->nr)
		return;
	memset(table, 0, root_bytes(memmap));
	sections->root = table;
	sections->bank = (u8 *)table + root_bytes(memmap);
	memset(sections->bank, U8_MAX,
	       (size_t)sections->nr_leaves * SHADOW_SECTION_LEAF);
	lay_leaves(memmap, sections->root);
	/* From the last to the first: a section keeps its first bank */
	for (nr = memmap->nr_banks; nr--;) {
		section = bank_section(memmap, memmap->bank[nr].start_pfn);
		last = bank_section(memmap, memmap->bank[nr].start_pfn +
					    memmap->bank[nr].nr - 1);
		for (; section <= last; section++) {
			bank = sections->bank + section % SHADOW_SECTION_LEAF;
			bank[sections->root[section / SHADOW_SECTION_LEAF] *
			     SHADOW_SECTION_LEAF] = nr;
		}
	}
}

/* ------------------------------------------------------ what is to be made -- */

/**
 * shadow_memmap_plan() - which frames get an entry
 * @memmap: filled; nothing of it has a place yet
 * @mb: the machine's memory
 * @model: how it is laid out
 * @block_log2: log2 of the frames in a block of the largest order
 * @nr_nodes: nodes that the machine has
 *
 * Frames that share a block of the largest order with memory have an entry.
 * Follows alloc_node_mem_map() of mm/mm_init.c for flat memmaps and those of
 * nodes; for sections, subsection_map_init() of mm/sparse.c, in blocks.
 *
 * Context: process context, boot.
 * Return: 0; -ENODATA: there is no whole frame, or one of a node that does not
 * exist; -E2BIG: more entries than an index can name.
 */
int shadow_memmap_plan(struct shadow_memmap *memmap,
		       const struct shadow_memblock *mb,
		       enum shadow_memmodel model, unsigned int block_log2,
		       unsigned int nr_nodes)
{
	bool fits;

	memset(memmap, 0, sizeof(*memmap));
	memmap->model = model;
	memmap->page_shift = mb->page_shift;
	memmap->block_log2 = block_log2;
	if (!find_ends(memmap, mb, nr_nodes))
		return -ENODATA;
	switch (model) {
	case SHADOW_MEMMODEL_FLAT:
		fits = plan_flat(memmap, mb);
		break;
	case SHADOW_MEMMODEL_DISCONTIG:
		fits = plan_discontig(memmap, mb, nr_nodes);
		break;
	default:
		fits = plan_vmemmap(memmap, mb);
		if (fits)
			plan_sections(memmap);
	}
	if (!fits || shadow_memmap_entries(memmap) > S32_MAX)
		return -E2BIG;
	memmap->many = memmap->nr_banks > 1;
	return 0;
}
