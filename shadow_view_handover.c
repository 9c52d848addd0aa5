// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_handover - what the early allocator gave to the buddy: each free
 * range, the orders it was released in, who had kept the rest, and the sum.
 */
#include <linux/seq_file.h>

#include "shadow_bootmem.h"
#include "shadow_machine.h"
#include "shadow_view.h"

/* "9 10x3" is one block of order 9, then three of order 10 */
static void print_orders(struct seq_file *seq, const struct shadow_mm *mm,
			 u64 pfn, u64 end_pfn)
{
	const struct shadow_early *early = &mm->early;
	unsigned int order, last = U32_MAX, run = 0;

	while (pfn < end_pfn) {
		order = early->ops->order(early, pfn, end_pfn,
					  mm->nodes.max_order);
		if (order != last && run) {
			seq_printf(seq, run > 1 ? " %ux%u" : " %u", last, run);
			run = 0;
		}
		last = order;
		run++;
		pfn += 1ULL << order;
	}
	if (run)
		seq_printf(seq, run > 1 ? " %ux%u" : " %u", last, run);
}

static void print_range(struct seq_file *seq, const struct shadow_mm *mm,
			u64 bytes, u64 start_pfn, u64 end_pfn)
{
	if (start_pfn >= end_pfn) {
		seq_printf(seq, "%llu bytes below frame %#llx: no whole frame\n",
			   bytes, start_pfn);
		return;
	}
	/* The lists may lie in the block: corrupt, they have no end */
	if (end_pfn > (mm->block.base + mm->block.bytes) >> mm->cfg.page_shift) {
		seq_printf(seq, "%llu frames from %#llx on: outside of the block\n",
			   end_pfn - start_pfn, start_pfn);
		return;
	}
	seq_printf(seq, "[%#llx-%#llx] %llu frames: orders",
		   start_pfn << mm->cfg.page_shift,
		   (end_pfn << mm->cfg.page_shift) - 1, end_pfn - start_pfn);
	print_orders(seq, mm, start_pfn, end_pfn);
	seq_putc(seq, '\n');
}

static void print_more(struct seq_file *seq, const struct shadow_mm *mm, u64 nr)
{
	if (nr)
		seq_printf(seq, "… %llu more in shadow_mm_raw/%s/handover\n", nr,
			   mm->name);
}

static void print_ranges(struct seq_file *seq, const struct shadow_mm *mm,
			 bool whole)
{
	const struct shadow_early *early = &mm->early;
	u64 idx = 0, start_pfn, end_pfn, bytes, nr = 0;
	unsigned int shift = mm->cfg.page_shift;

	seq_printf(seq, "# Each free range of %s in whole frames, and the orders it was released in\n",
		   early->ops->name);
	while (shadow_handover_next_low(&mm->nodes, early, &idx, &bytes,
					&start_pfn, &end_pfn))
		if (nr++ < SHADOW_VIEW_ROWS || whole)
			print_range(seq, mm, bytes, start_pfn, end_pfn);
	if (!whole && nr > SHADOW_VIEW_ROWS)
		print_more(seq, mm, nr - SHADOW_VIEW_ROWS);
	for (idx = 0; early->ops->own_frames(early, &idx, &start_pfn, &end_pfn);)
		seq_printf(seq, "[%#llx-%#llx] %llu frames of %s's own records, page by page\n",
			   start_pfn << shift, (end_pfn << shift) - 1,
			   end_pfn - start_pfn, early->ops->name);
	for (nr = 0, idx = 0; shadow_handover_next_high(&mm->nodes, early, &idx,
							&start_pfn, &end_pfn);)
		if (nr++ < SHADOW_VIEW_ROWS || whole)
			seq_printf(seq, "[%#llx-%#llx] %llu frames of HIGHMEM, page by page (free_highpages)\n",
				   start_pfn << shift, (end_pfn << shift) - 1,
				   end_pfn - start_pfn);
	if (!whole && nr > SHADOW_VIEW_ROWS)
		print_more(seq, mm, nr - SHADOW_VIEW_ROWS);
}

static void print_owner(struct seq_file *seq, u64 base, u64 bytes,
			const char *owner)
{
	seq_printf(seq, "[%#llx-%#llx] %llu bytes: %s\n", base, base + bytes - 1,
		   bytes, owner);
}

/* What the allocator gave out itself: without it, any other frees the same */
static void print_kept(struct seq_file *seq, const struct shadow_mm *mm,
		       bool whole)
{
	const struct shadow_early_log *log = mm->early.log;
	unsigned int i, nr = 0;

	seq_puts(seq, "\n# What was kept, and by whom: early allocations and reservations\n");
	for (i = 0; i < log->nr; i++)
		if (nr++ < SHADOW_VIEW_ROWS || whole)
			print_owner(seq, log->range[i].base, log->range[i].bytes,
				    log->range[i].owner);
	if (!whole && nr > SHADOW_VIEW_ROWS)
		print_more(seq, mm, nr - SHADOW_VIEW_ROWS);
	if (log->nr_lost)
		seq_printf(seq, "%llu more had no room in the log\n",
			   log->nr_lost);
}

static u64 memory_frames(const struct shadow_mm *mm)
{
	const struct shadow_memblock_type *memory = &mm->memblock.memory;
	u64 mask = (1ULL << mm->cfg.page_shift) - 1, nr = 0, start, end;
	unsigned long i;

	for (i = 0; i < memory->cnt; i++) {
		start = (memory->regions[i].base + mask) >> mm->cfg.page_shift;
		end = (memory->regions[i].base + memory->regions[i].size) >>
		      mm->cfg.page_shift;
		nr += end > start ? end - start : 0;
	}
	return nr;
}

static void print_sums(struct seq_file *seq, const struct shadow_mm *mm)
{
	const struct shadow_handover *handover = &mm->handover;
	u64 kept = handover->nr_freed + handover->nr_reserved;
	u64 frames = memory_frames(mm);
	unsigned int order;

	seq_puts(seq, "\nblocks of order");
	for (order = 0; order <= mm->nodes.max_order; order++)
		seq_printf(seq, " %u:%llu", order, handover->blocks[order]);
	seq_printf(seq, "\npages freed    %12llu\n", handover->nr_freed);
	seq_printf(seq, "pages reserved %12llu\n", handover->nr_reserved);
	seq_printf(seq, "pages in holes %12llu\n", handover->nr_holes);
	if (handover->nr_late)
		seq_printf(seq, "pages without a struct page %llu: added after free_area_init\n",
			   handover->nr_late);
	seq_printf(seq, "%llu freed + %llu reserved = %llu, the board's memory has %llu: %s\n",
		   handover->nr_freed, handover->nr_reserved, kept, frames,
		   kept + handover->nr_late == frames ? "they agree" :
							"THEY DIFFER");
	seq_printf(seq, "with %llu in holes = %llu, from the first frame to the last are %llu\n",
		   handover->nr_holes, kept + handover->nr_holes,
		   mm->nodes.memmap.end_pfn - mm->nodes.memmap.start_pfn);
}

static void view(struct seq_file *seq, const struct shadow_mm *mm, bool whole)
{
	print_ranges(seq, mm, whole);
	print_kept(seq, mm, whole);
	print_sums(seq, mm);
}

/**
 * shadow_view_handover() - what the early allocator gave to the buddy
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_handover(struct seq_file *seq, struct shadow_machine *machine)
{
	view(seq, &machine->mm, false);
}

/**
 * shadow_view_handover_whole() - the same, every range
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_handover_whole(struct seq_file *seq,
				struct shadow_machine *machine)
{
	view(seq, &machine->mm, true);
}
