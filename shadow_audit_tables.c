// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_audit_tables - the trees of tables against the memmap, and the linear
 * map against memory.
 *
 * Each tree is walked under its lock, under which tables are allocated, linked,
 * unlinked and freed: what is linked then is owned TABLE. The other way round,
 * a frame that says TABLE and was met in no tree may have been linked since, or
 * be of a tree that was walked before: it is looked for again with all trees
 * locked, and then the answer is final.
 */
#include <linux/bitmap.h>

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_pgtable_tree.h"

/* Frames in doubt that are looked for in one go */
#define MAX_SUSPECTS	32

/**
 * struct reach - which tables there are
 * @mm: the machine
 * @fault: where the first finding goes
 * @name: of the tree that is walked
 * @seen: a bit for each entry of the memmap; NULL: only @suspect is asked
 * @nr: tables met
 * @suspect: frames that were met in no tree
 * @nr_suspects: how many
 */
struct reach {
	struct shadow_mm *mm;
	struct shadow_fault *fault;
	const char *name;
	unsigned long *seen;
	u64 nr;
	u32 suspect[MAX_SUSPECTS];
	unsigned int nr_suspects;
};

static bool is_table(const struct shadow_page *page)
{
	unsigned int owner = shadow_page_owner(page);

	switch (shadow_page_state(page)) {
	case SHADOW_PAGE_ALLOCATED:
		return owner == SHADOW_OWNER_TABLE && !shadow_page_order(page);
	case SHADOW_PAGE_RESERVED:
		/* The image brings some of its own */
		return owner == SHADOW_OWNER_TABLE || owner == SHADOW_OWNER_IMAGE;
	default:
		return false;
	}
}

static int wrong_frame(struct reach *reach, int level, u64 va, u64 pfn,
		       const struct shadow_page *page)
{
	return shadow_fault_raise(reach->fault,
		"tables: %s level %d va %016llx: its table, pfn %#llx, is %s of owner %s (flags %#x)",
		reach->name, level, va, pfn,
		shadow_page_state_names[min_t(unsigned int, shadow_page_state(page),
					      SHADOW_NR_PAGE_STATES - 1)],
		shadow_owner_names[min_t(unsigned int, shadow_page_owner(page),
					 SHADOW_NR_OWNERS - 1)],
		page->flags);
}

/* A table is one of the suspects: it is none any more */
static void clear_suspect(struct reach *reach, u32 index)
{
	unsigned int i;

	for (i = 0; i < reach->nr_suspects; i++)
		if (reach->suspect[i] == index)
			reach->suspect[i] = SHADOW_NO_PAGE;
}

static int meet_table(struct reach *reach, phys_addr_t pa, int level, u64 va)
{
	const struct shadow_nodes *nodes = &reach->mm->nodes;
	u64 pfn = pa >> nodes->page_shift;
	struct shadow_page *page;
	u32 index;

	reach->nr++;
	/* In none of the board's frames */
	if (shadow_block_is_aside(&reach->mm->block, pa))
		return 0;
	page = shadow_pfn_to_page(nodes, pfn);
	if (!page)
		return shadow_fault_raise(reach->fault,
			"tables: %s level %d va %016llx: its table at %#llx has no struct page",
			reach->name, level, va, (u64)pa);
	index = shadow_page_index(&nodes->memmap, page);
	if (!reach->seen) {
		clear_suspect(reach, index);
		return 0;
	}
	if (!is_table(page))
		return wrong_frame(reach, level, va, pfn, page);
	if (__test_and_set_bit(index, reach->seen))
		return shadow_fault_raise(reach->fault,
			"tables: %s level %d va %016llx: its table, pfn %#llx, was reached before, in this tree or another",
			reach->name, level, va, pfn);
	return 0;
}

/* Recurses by level, hence at most SHADOW_MAX_LEVELS deep */
static int walk_table(struct reach *reach, const struct shadow_pgtable *pgt,
		      phys_addr_t pa, int level, u64 va)
{
	unsigned int i, nr = shadow_geometry_entries(&pgt->geo, level);
	unsigned int shift = shadow_geometry_shift(&pgt->geo, level);
	const u64 *table = shadow_pgtable_table(pgt, pa);
	int err;

	err = meet_table(reach, pa, level, va);
	/* Where there are more than there can be, verify has said so */
	if (err || level == SHADOW_LAST_LEVEL || !table ||
	    reach->nr > reach->mm->nodes.memmap.nr)
		return err;
	for (i = 0; i < nr && !err; i++)
		if ((READ_ONCE(table[i]) & SHADOW_DESC_TYPE) == SHADOW_TYPE_TABLE)
			err = walk_table(reach, pgt, shadow_desc_oa(&pgt->geo, table[i]),
					 level + 1, va + ((u64)i << shift));
	return err;
}

static int walk_tree(struct reach *reach, const struct shadow_pgtable *pgt)
{
	return walk_table(reach, pgt, pgt->root, pgt->geo.start_level,
			  shadow_geometry_first(&pgt->geo, pgt->upper));
}

static int walk_trees(struct reach *reach)
{
	struct shadow_pgtable *pgt;
	unsigned long irqflags;
	unsigned int tree;
	int err;

	for (tree = 0; tree < SHADOW_NR_TREES; tree++) {
		pgt = shadow_mm_tree(reach->mm, tree);
		if (!pgt->root_table)
			continue;
		reach->name = shadow_tree_names[tree];
		raw_spin_lock_irqsave(&pgt->lock, irqflags);
		err = walk_tree(reach, pgt);
		raw_spin_unlock_irqrestore(&pgt->lock, irqflags);
		if (err)
			return err;
	}
	return 0;
}

/* No tree changes any more: one inside the other, always in this order */
static unsigned long lock_trees(struct shadow_mm *mm)
{
	struct shadow_pgtable *pgt;
	unsigned long irqflags;
	unsigned int tree;

	local_irq_save(irqflags);
	for (tree = 0; tree < SHADOW_NR_TREES; tree++) {
		pgt = shadow_mm_tree(mm, tree);
		if (!pgt->root_table)
			continue;
		raw_spin_lock_nested(&pgt->lock, tree);
		/* Sparse counts no locks of a loop */
		__release(&pgt->lock);
	}
	return irqflags;
}

static void unlock_trees(struct shadow_mm *mm, unsigned long irqflags)
{
	struct shadow_pgtable *pgt;
	unsigned int tree;

	for (tree = SHADOW_NR_TREES; tree; tree--) {
		pgt = shadow_mm_tree(mm, tree - 1);
		if (!pgt->root_table)
			continue;
		__acquire(&pgt->lock);
		raw_spin_unlock(&pgt->lock);
	}
	local_irq_restore(irqflags);
}

/* A table of its own, not a part of the image */
static bool says_table(const struct shadow_page *page)
{
	u32 flags = READ_ONCE(page->flags);
	unsigned int state = flags & SHADOW_PF_STATE_MASK;

	return (flags & SHADOW_PF_OWNER_MASK) ==
	       SHADOW_PF(0, 0, SHADOW_OWNER_TABLE, 0) &&
	       (state == SHADOW_PAGE_ALLOCATED || state == SHADOW_PAGE_RESERVED);
}

static int still_lost(struct reach *reach, u32 index)
{
	const struct shadow_page *page = &reach->mm->nodes.memmap.pages[index];

	if (!says_table(page))
		return 0;
	return shadow_fault_raise(reach->fault,
		"tables: pfn %#llx is owned by table (flags %#x), but no tree reaches it",
		shadow_page_to_pfn(&reach->mm->nodes, page), page->flags);
}

/* Both sides held: tables come and go under these locks alone */
static int look_again(struct reach *reach)
{
	struct shadow_mm *mm = reach->mm;
	unsigned long *seen = reach->seen, irqflags;
	unsigned int i, tree;
	int err = 0;

	reach->seen = NULL;
	irqflags = lock_trees(mm);
	for (tree = 0; tree < SHADOW_NR_TREES && !err; tree++)
		if (shadow_mm_tree(mm, tree)->root_table)
			err = walk_tree(reach, shadow_mm_tree(mm, tree));
	for (i = 0; i < reach->nr_suspects && !err; i++)
		if (reach->suspect[i] != SHADOW_NO_PAGE)
			err = still_lost(reach, reach->suspect[i]);
	unlock_trees(mm, irqflags);
	reach->seen = seen;
	reach->nr_suspects = 0;
	return err;
}

/* Every frame that says that it is a table has been met, or is now */
static int find_lost(struct reach *reach)
{
	const struct shadow_memmap *memmap = &reach->mm->nodes.memmap;
	u32 index, end;
	unsigned int nr;
	int err = 0;

	for (nr = 0; nr < memmap->nr_banks && !err; nr++) {
		index = memmap->bank[nr].first;
		end = shadow_bank_end(&memmap->bank[nr]);
		for (; index < end && !err; index++) {
			if (likely(!says_table(&memmap->pages[index])) ||
			    test_bit(index, reach->seen))
				continue;
			reach->suspect[reach->nr_suspects++] = index;
			if (reach->nr_suspects == MAX_SUSPECTS)
				err = look_again(reach);
		}
	}
	return err || !reach->nr_suspects ? err : look_again(reach);
}

/**
 * shadow_audit_tables() - trees against memmap
 * @mm: the machine, after the handover
 * @audit: @nr_tables and @fault are filled
 *
 * Each table of each tree is a frame owned by TABLE, or a part of the image, and
 * is reached once; each frame owned by TABLE is reached.
 *
 * Context: process context, the machine's lock held; takes the trees' locks,
 * in case of doubt all at once, with interrupts off.
 * Return: 0, or -EUCLEAN. Where the host has no memory for the books, or where
 * somebody has freed memblock's ranges by hand, which may be tables, they are
 * not held against each other: 0.
 */
int shadow_audit_tables(struct shadow_mm *mm, struct shadow_audit *audit)
{
	struct reach reach = { .mm = mm, .fault = &audit->fault };
	int err;

	if (!mm->boot.memblock_by_hand)
		reach.seen = mm->host->zalloc(BITS_TO_LONGS(mm->nodes.memmap.nr) *
					      sizeof(long));
	if (!reach.seen) {
		audit->asked &= ~BIT(SHADOW_AUDIT_TABLES);
		return 0;
	}
	err = walk_trees(&reach);
	audit->nr_tables = reach.nr;
	if (!err)
		err = find_lost(&reach);
	mm->host->free(reach.seen);
	return err;
}

/* ------------------------------------------------------------ the linear map -- */

/**
 * struct linear - the linear map on the way
 * @mm: the machine
 * @fault: where the first finding goes
 * @bytes: mapped so far
 */
struct linear {
	struct shadow_mm *mm;
	struct shadow_fault *fault;
	u64 bytes;
};

static int meet_leaf(void *priv, const struct shadow_walk_entry *entry)
{
	struct linear *linear = priv;
	u64 want = shadow_layout_va_to_pa(&linear->mm->layout, entry->va);

	if (entry->external)
		return shadow_fault_raise(linear->fault,
			"linear map: the table for va %016llx cannot be read",
			entry->va);
	if (entry->kind == SHADOW_DESC_KIND_INVALID ||
	    entry->desc & SHADOW_PROT_BY_HAND)
		return 0;
	linear->bytes += 1ULL << entry->shift;
	if (entry->pa == want)
		return 0;
	return shadow_fault_raise(linear->fault,
		"linear map: va %016llx shows pfn %#llx by descriptor %016llx at %#llx, not pfn %#llx",
		entry->va, entry->pa >> linear->mm->cfg.page_shift, entry->desc,
		(u64)entry->desc_pa, want >> linear->mm->cfg.page_shift);
}

/* What the boot has mapped, if memory has not changed since */
static u64 memory_bytes(const struct shadow_mm *mm)
{
	const u64 page = 1ULL << mm->cfg.page_shift;
	phys_addr_t start, end;
	u64 i, bytes = 0;

	shadow_for_each_mem_range(&mm->memblock, i, &start, &end) {
		start = round_up(start, page);
		end = min(round_down(end, page), mm->memblock.current_limit);
		bytes += start < end ? end - start : 0;
	}
	return bytes;
}

/**
 * shadow_audit_linear() - the linear map against memory
 * @mm: the machine, paging_init complete
 * @fault: filled with the first thing that is wrong
 *
 * Each address shows its own frame, and all memory is shown but what is no-map
 * or HIGHMEM, and what came or went after paging_init.
 *
 * Context: any; takes swapper_pg_dir's lock, interrupts off.
 * Return: 0, or -EUCLEAN.
 */
int shadow_audit_linear(struct shadow_mm *mm, struct shadow_fault *fault)
{
	const struct shadow_region *region =
		&mm->layout.region[SHADOW_REGION_LINEAR];
	struct linear linear = { .mm = mm, .fault = fault };
	struct shadow_walker walker;
	unsigned long irqflags;
	u64 bytes = memory_bytes(mm);
	int err;

	shadow_pgtable_walker(&mm->swapper, &walker);
	raw_spin_lock_irqsave(&mm->swapper.lock, irqflags);
	err = shadow_walk_for_each(&walker, region->start, region->end - 1,
				   meet_leaf, &linear);
	raw_spin_unlock_irqrestore(&mm->swapper.lock, irqflags);
	if (err || mm->boot.memblock_by_hand ||
	    bytes != mm->boot.linear_bytes || linear.bytes == bytes)
		return err;
	return shadow_fault_raise(fault,
		"linear map: shows %llu bytes, memory below its limit has %llu",
		linear.bytes, bytes);
}
