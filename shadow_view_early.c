// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_early - the early allocator's own records: the bitmaps of
 * bootmem, and who has which early memory, and why.
 */
#include <linux/seq_file.h>

#include "shadow_bootmem.h"
#include "shadow_view.h"

/* Rows of a list; the rest is in shadow_mm_raw. */
/* How many rows have been asked for, and how many may be shown */
struct rows {
	u64 nr;
	u64 most;
};

static bool row(struct rows *rows)
{
	return rows->nr++ < rows->most;
}

static void rows_left(struct seq_file *seq, const struct rows *rows,
		      const struct shadow_mm *mm, const char *file)
{
	if (rows->nr > rows->most)
		seq_printf(seq, "... %llu more rows in shadow_mm_raw/%s/%s\n",
			   rows->nr - rows->most, mm->name, file);
}

static void print_search(struct seq_file *seq,
			 const struct shadow_bootmem_node *bdata,
			 unsigned int shift)
{
	u64 base = bdata->node_min_pfn << shift;
	u64 last = bdata->last_end_off;

	seq_printf(seq, "  hint_idx %llu: a search begins at frame %#llx\n",
		   bdata->hint_idx, bdata->node_min_pfn + bdata->hint_idx);
	seq_printf(seq, "  last_end_off %#llx: ", last);
	if (last & ((1ULL << shift) - 1))
		seq_printf(seq, "the next small allocation is packed behind %#llx, if the frame behind is free\n",
			   base + last);
	else
		seq_puts(seq, "the next allocation begins a frame\n");
	seq_printf(seq, "  %llu allocations, %llu bytes: %llu packed into the page of the one before, %llu found below hint_idx\n",
		   bdata->nr_allocs, bdata->alloc_bytes, bdata->nr_packed,
		   bdata->nr_fallbacks);
}

static void print_node(struct seq_file *seq, const struct shadow_bootmem *bm,
		       const struct shadow_bootmem_node *bdata)
{
	u64 bytes = shadow_bootmem_map_bytes(shadow_bootmem_nr_bits(bdata));

	seq_printf(seq, "node %d: node_min_pfn %#llx, node_low_pfn %#llx: %llu frames\n",
		   bdata->nid, bdata->node_min_pfn, bdata->node_low_pfn,
		   shadow_bootmem_nr_bits(bdata));
	seq_printf(seq, "  node_bootmem_map %llu bytes %s %#llx%s\n", bytes,
		   bm->retired ? "were at" : "at", (u64)bdata->map_pa,
		   bdata->map_aside ? ", aside from the board's memory" : "");
	print_search(seq, bdata, bm->page_shift);
	if (bm->closed)
		seq_printf(seq, "  handed over: %llu frames; of the bitmap itself %llu bytes were returned%s\n",
			   bdata->nr_released, bdata->bytes_returned,
			   bdata->map_aside ? ": it was none of the board's frames" : "");
	else
		seq_printf(seq, "  free: %llu frames\n", bdata->nr_free);
}

static bool is_map(const struct shadow_bootmem *bm, phys_addr_t pa)
{
	const struct shadow_bootmem_node *bdata;
	unsigned int at;
	u64 bytes;

	for (at = 0; at < bm->nr_nodes; at++) {
		bdata = bm->bdata_list[at];
		bytes = shadow_bootmem_map_bytes(shadow_bootmem_nr_bits(bdata));
		if (!bdata->map_aside && pa >= bdata->map_pa &&
		    pa - bdata->map_pa < bytes)
			return true;
	}
	return false;
}

/* Frames of which the same can be said: free, or taken by somebody, or a hole */
static const char *state_of(const struct shadow_mm *mm, phys_addr_t pa,
			    bool taken)
{
	const char *owner;

	if (!taken)
		return "0  free";
	owner = shadow_early_log_owner_of(&mm->bootmem.log, pa);
	if (owner)
		return owner;
	if (is_map(&mm->bootmem, pa))
		return "the bitmap itself, returned";
	return shadow_memblock_is_map_memory(&mm->memblock, pa) ? "taken" :
								 "no memory";
}

static void print_run(struct seq_file *seq, const struct shadow_mm *mm,
		      struct rows *rows, u64 pfn, u64 end_pfn, bool taken)
{
	unsigned int shift = mm->bootmem.page_shift;

	if (pfn == end_pfn || !row(rows))
		return;
	seq_printf(seq, "  %#018llx..%#018llx %9llu frames  %s%s\n",
		   pfn << shift, (end_pfn << shift) - 1, end_pfn - pfn,
		   taken ? "1  " : "", state_of(mm, pfn << shift, taken));
}

/* What lies between two free runs is taken, by somebody or by nobody */
static void print_runs(struct seq_file *seq, const struct shadow_mm *mm,
		       const struct shadow_bootmem_node *bdata,
		       struct rows *rows)
{
	struct shadow_bootmem_walk walk = { };
	struct shadow_bootmem_run run;
	u64 pfn = bdata->node_min_pfn;

	while (shadow_bootmem_next_run(&mm->bootmem, &walk, &run)) {
		if (run.map || run.nid != bdata->nid)
			continue;
		print_run(seq, mm, rows, pfn, run.pfn, true);
		print_run(seq, mm, rows, run.pfn, run.pfn + run.nr, false);
		pfn = run.pfn + run.nr;
	}
	/* A run that was not remembered lies behind all others. */
	print_run(seq, mm, rows, pfn, bdata->node_low_pfn, true);
}

static u64 all_map_bytes(const struct shadow_mm *mm)
{
	return shadow_bootmem_map_bytes(mm->memblock.memory.total_size >>
					mm->cfg.page_shift);
}

static void view_bootmem(struct seq_file *seq, const struct shadow_mm *mm,
			 u64 most)
{
	const struct shadow_bootmem *bm = &mm->bootmem;
	struct rows rows = { .most = most };
	unsigned int at;
	u64 bytes = 0;

	if (mm->early.ops != &shadow_early_bootmem) {
		seq_printf(seq, "early=%s: there are no bitmaps; one bit for each frame of this memory would be %llu bytes\n",
			   mm->early.ops->name, all_map_bytes(mm));
		return;
	}
	seq_puts(seq, "# One bit a frame, 1: taken. In the order of bdata_list\n");
	for (at = 0; at < bm->nr_nodes; at++) {
		print_node(seq, bm, bm->bdata_list[at]);
		bytes += bm->bdata_list[at]->bytes_returned;
	}
	seq_printf(seq, "\n# Runs of the bitmaps%s; a name is that of who took the first frame\n",
		   bm->closed ? " as they were at the handover" : "");
	for (at = 0; at < bm->nr_nodes; at++) {
		seq_printf(seq, "node %d\n", bm->bdata_list[at]->nid);
		print_runs(seq, mm, bm->bdata_list[at], &rows);
	}
	rows_left(seq, &rows, mm, "bootmem");
	if (bm->retired && bm->nr_runs_lost)
		seq_printf(seq, "%llu free runs were not remembered: they stand as 1\n",
			   bm->nr_runs_lost);
	if (bm->retired)
		seq_printf(seq, "bytes returned: %llu, the frames of all bitmaps, page by page\n",
			   bytes);
}

/**
 * shadow_view_bootmem() - the bitmaps of the older early allocator
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_bootmem(struct seq_file *seq, struct shadow_machine *machine)
{
	view_bootmem(seq, &machine->mm, SHADOW_VIEW_ROWS);
}

/**
 * shadow_view_bootmem_whole() - the same, every run
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_bootmem_whole(struct seq_file *seq,
			       struct shadow_machine *machine)
{
	view_bootmem(seq, &machine->mm, U64_MAX);
}

/* Why the boot keeps it; the names are those that it takes memory under. */
static const struct {
	const char *owner;
	const char *why;
} reasons[] = {
	{ "image", "the kernel image: what runs must not be given out" },
	{ "dtb", "the device tree, until it is unflattened" },
	{ "initrd", "the initial ramdisk, named by the device tree" },
	{ "memreserve", "the device tree's memory reservation block" },
	{ "reserved-memory", "a region of the board's /reserved-memory" },
	{ "board", "the board's list says so: taken by the kernel it is from" },
	{ "memblock", "region arrays that have doubled; they stay (ARCH_KEEP_MEMBLOCK)" },
	{ "bootmem", "bitmaps of the early allocator, given back at the handover" },
	{ "table", "page tables from before the buddy" },
	{ "memmap", "a struct page for each frame, and the types of pageblocks" },
	{ "page_owner", "for each frame who allocated it (page_owner=1), beside the memmap" },
	{ "ctl", "asked for by a person, in ctl" },
	{ "early", "taken before the buddy, by somebody without a name" },
};

static const char *reason_of(const struct shadow_mm *mm, const char *owner)
{
	const struct shadow_board *board = mm->board;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (!strcmp(reasons[i].owner, owner))
			return reasons[i].why;
	for (i = 0; board && i < board->nr_reserved; i++)
		if (!strcmp(board->reserved[i].name, owner))
			return "a region of /reserved-memory by its address";
	for (i = 0; board && i < board->nr_wishes; i++)
		if (!strcmp(board->wish[i].name, owner))
			return "a region of /reserved-memory by its size alone: memblock placed it";
	return "taken before the buddy";
}

static void view_owners(struct seq_file *seq, const struct shadow_mm *mm,
			u64 most)
{
	const struct shadow_early_log *log = mm->early.log;
	const struct shadow_early_range *range = log->range;
	struct rows rows = { .most = most };
	u64 bytes = 0;

	seq_printf(seq, "# Who has early memory, and why, as %s knows it\n",
		   mm->early.ops->name);
	for (; range < log->range + log->nr; range++) {
		bytes += range->bytes;
		if (row(&rows))
			seq_printf(seq, "%#018llx..%#018llx %12llu %-16s %s\n",
				   (u64)range->base,
				   (u64)shadow_early_range_end(range) - 1,
				   range->bytes, range->owner,
				   reason_of(mm, range->owner));
	}
	rows_left(seq, &rows, mm, "memblock_owners");
	seq_printf(seq, "%u ranges, %llu bytes\n", log->nr, bytes);
	if (log->nr_lost)
		seq_printf(seq, "%llu ranges had no room in the log: nobody is known to have them\n",
			   log->nr_lost);
}

/**
 * shadow_view_owners() - who reserved what, and why
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_owners(struct seq_file *seq, struct shadow_machine *machine)
{
	view_owners(seq, &machine->mm, SHADOW_VIEW_ROWS);
}

/**
 * shadow_view_owners_whole() - the same, every range
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_owners_whole(struct seq_file *seq,
			      struct shadow_machine *machine)
{
	view_owners(seq, &machine->mm, U64_MAX);
}
