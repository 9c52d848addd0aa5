// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot_paging - the map that a kernel makes for itself as soon as it
 * knows its memory: the image by segments, and all memory. Follows paging_init()
 * of arch/arm64/mm/mmu.c and map_kernel() of arch/arm64/kernel/pi/map_kernel.c.
 */
#include "shadow_boot_early.h"

static int table_from_early(void *ctx, phys_addr_t *pa)
{
	struct shadow_mm *mm = ctx;
	u64 page = 1ULL << mm->cfg.page_shift;

	if (shadow_should_fail(&mm->fail, SHADOW_FAIL_TABLE, page))
		return -ENOMEM;
	*pa = shadow_early_alloc_backed(&mm->early, "table", page, page);
	return *pa ? 0 : -ENOMEM;
}

static void table_to_early(void *ctx, phys_addr_t pa)
{
	struct shadow_mm *mm = ctx;

	shadow_early_free_backed(&mm->early, pa, 1ULL << mm->cfg.page_shift);
}

static const struct shadow_pgtable_ops early_tables = {
	.alloc_table = table_from_early,
	.free_table = table_to_early,
};

/* Of tables that go with the block: no allocator takes them back */
static int no_table(void *ctx, phys_addr_t *pa)
{
	return -ENOMEM;
}

static void table_to_block(void *ctx, phys_addr_t pa)
{
}

static const struct shadow_pgtable_ops block_tables = {
	.alloc_table = no_table,
	.free_table = table_to_block,
};

/*
 * Whether a segment may get the contiguous hint, as map_kernel() has it: not
 * where mark_rodata_ro() and free_initmem() change a part of it later.
 */
static unsigned int segment_flags(const struct shadow_mm *mm, unsigned int i)
{
	unsigned int flags = 0;

	if (i > SHADOW_SEGMENT_TEXT && i <= SHADOW_SEGMENT_INIT_DATA)
		flags |= SHADOW_MAP_NO_CONT;
	if (mm->cfg.rodata == SHADOW_RODATA_OFF)
		flags |= SHADOW_MAP_FORCE;
	return flags;
}

static int map_segments(struct shadow_mm *mm)
{
	const struct shadow_segment *segment = mm->boot.segment;
	phys_addr_t image = mm->places.image.start;
	unsigned int i;
	int err = 0;

	for (i = 0; i < SHADOW_NR_SEGMENTS && !err; i++, segment++)
		err = shadow_pgtable_map(&mm->swapper,
					 mm->boot.kimage_va + segment->start - image,
					 segment->start, segment->bytes,
					 segment->prot, segment_flags(mm, i));
	return err;
}

static int map_linear(struct shadow_mm *mm, phys_addr_t start, phys_addr_t end,
		      u64 prot, unsigned int flags)
{
	if (start >= end)
		return 0;
	return shadow_pgtable_map(&mm->swapper,
				  shadow_layout_pa_to_va(&mm->layout, start),
				  start, end - start, prot, flags);
}

/*
 * All memory, writable and not executable, but for the alias of .text and
 * .rodata: what is read-only must not be writable by another address. The
 * alias stays read-only with rodata=off, as mark_linear_text_alias_ro() leaves
 * it, and is never contiguous, since that changes it afterwards.
 */
static int map_memory(struct shadow_mm *mm)
{
	phys_addr_t ro = mm->boot.segment[SHADOW_SEGMENT_TEXT].start;
	phys_addr_t rw = mm->boot.segment[SHADOW_SEGMENT_INIT_TEXT].start;
	const u64 page = 1ULL << mm->cfg.page_shift;
	/* What is above has no place in the linear map: it is HIGHMEM */
	phys_addr_t low = mm->memblock.current_limit;
	/* can_set_direct_map(): each page may be changed by itself */
	unsigned int flags = mm->cfg.rodata == SHADOW_RODATA_FULL ?
			     SHADOW_MAP_NO_BLOCK | SHADOW_MAP_NO_CONT : 0;
	phys_addr_t start, end;
	u64 i;
	int err;

	mm->boot.linear_bytes = 0;
	shadow_for_each_mem_range(&mm->memblock, i, &start, &end) {
		/* Of a page that is not all memory the rest may be no-map */
		start = round_up(start, page);
		end = min(round_down(end, page), low);
		mm->boot.linear_bytes += start < end ? end - start : 0;
		err = map_linear(mm, start, min(end, ro), SHADOW_PAGE_KERNEL,
				 flags);
		if (!err)
			err = map_linear(mm, max(start, ro), min(end, rw),
					 SHADOW_PAGE_KERNEL_RO,
					 flags | SHADOW_MAP_NO_CONT);
		if (!err)
			err = map_linear(mm, max(start, rw), end,
					 SHADOW_PAGE_KERNEL, flags);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Table descriptors limit what is below as in alloc_init_pud(): nothing for
 * EL0, and what only the linear map is below, not for EL1 either. Tables that
 * it shares with another region are there already when it comes.
 */
static int map_all(struct shadow_mm *mm)
{
	int err;

	mm->swapper.table_prot = SHADOW_TABLE_UXN;
	err = map_segments(mm);
	if (err)
		return err;
	mm->swapper.table_prot |= SHADOW_TABLE_PXN;
	err = map_memory(mm);
	mm->swapper.table_prot = SHADOW_TABLE_UXN;
	return err;
}

/**
 * shadow_boot_paging_init() - the kernel's own map, from memblock's pages
 * @mm: the machine
 * @effect: what changed
 *
 * Segments of the image with their protections, the linear map with the
 * largest blocks (rodata=full: in pages), then TTBR1 is switched.
 *
 * Context: boot.
 * Return: 0, or an errno of shadow_pgtable_map().
 */
int shadow_boot_paging_init(struct shadow_mm *mm, char *effect)
{
	u64 nr_tables;
	int err;

	err = shadow_pgtable_init(&mm->swapper, &mm->geo, true, &mm->block,
				  &mm->events, &mm->fault, &early_tables, mm);
	if (err)
		return err;
	shadow_boot_tlb_watch(mm, SHADOW_TREE_SWAPPER);
	err = map_all(mm);
	if (!err)
		err = shadow_fixmap_switch(&mm->fixmap, &mm->swapper);
	if (err)
		goto fini;
	mm->regs.ttbr1 = shadow_regs_ttbr(&mm->geo, mm->swapper.root);
	shadow_boot_tlb_switched(&mm->swapper);
	scnprintf(effect, SHADOW_PHASE_TEXT,
		  "TTBR1_EL1 = %#llx (swapper_pg_dir), linear map at VA %#llx, %llu tables from %s",
		  mm->regs.ttbr1,
		  shadow_layout_pa_to_va(&mm->layout,
					 shadow_memblock_start_of_DRAM(&mm->memblock)),
		  mm->swapper.nr_tables, mm->early.ops->name);
	return 0;

fini:
	nr_tables = mm->swapper.nr_tables;
	shadow_pgtable_fini(&mm->swapper);
	if (err == -ENOMEM)
		scnprintf(effect, SHADOW_PHASE_TEXT,
			  "no memory for a table after %llu of them%s", nr_tables,
			  mm->cfg.rodata == SHADOW_RODATA_FULL ?
			  "; rodata=full maps all memory in pages" : "");
	return err;
}

/**
 * shadow_boot_drop_swapper() - undo shadow_boot_paging_init()
 * @mm: the machine
 *
 * Its tables go with the block: they may have come from either allocator, and
 * neither is there any more.
 *
 * Context: take-down.
 */
void shadow_boot_drop_swapper(struct shadow_mm *mm)
{
	shadow_pgtable_set_ops(&mm->swapper, &block_tables, mm);
	shadow_pgtable_fini(&mm->swapper);
}
