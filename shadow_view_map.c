// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_map - physical memory as a picture of letters, plain ASCII and 80
 * columns wide, so that a serial line shows it too.
 */
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "shadow_boot.h"
#include "shadow_map.h"
#include "shadow_view.h"

#define WIDTH	80	/* columns of a terminal */

static void print_scale(struct seq_file *seq, const struct shadow_mm *mm,
			u64 frames)
{
	size_t start = seq->count;
	char row[40];

	seq_printf(seq, "Machine %s: one character is %llu frames, %llu KiB,",
		   mm->name, frames, frames << mm->cfg.page_shift >> 10);
	snprintf(row, sizeof(row), "a row %llu KiB.",
		 frames * SHADOW_MAP_COLUMNS << mm->cfg.page_shift >> 10);
	seq_putc(seq, seq->count - start + strlen(row) < WIDTH ? ' ' : '\n');
	seq_printf(seq, "%s\n", row);
	seq_puts(seq, "A capital: all of them are that; a small letter: most of them are.\n");
}

static void print_part(struct seq_file *seq, const struct shadow_mm *mm,
		       const struct shadow_map_part *part)
{
	unsigned int shift = mm->cfg.page_shift;

	seq_putc(seq, '\n');
	if (part->nid != SHADOW_NUMA_NO_NODE)
		seq_printf(seq, "Node %d, ", part->nid);
	if (part->zone)
		seq_printf(seq, "zone %s: ", shadow_zone_names[part->zone->type]);
	else
		seq_puts(seq, "memory: ");
	seq_printf(seq, "[0x%013llx-0x%013llx], %llu frames\n",
		   part->start_pfn << shift, (part->end_pfn << shift) - 1,
		   part->end_pfn - part->start_pfn);
}

/* How much, and in tenths of a percent of all memory */
static void print_share(struct seq_file *seq, u64 nr, u64 all)
{
	u64 tenths = all ? div64_u64(nr * 1000 + all / 2, all) : 0;

	seq_printf(seq, "%10llu %4llu.%llu%%  ", nr, div64_u64(tenths, 10),
		   tenths - div64_u64(tenths, 10) * 10);
}

static void print_legend(struct seq_file *seq, const struct shadow_map_count *sum)
{
	unsigned int i;
	u64 all = 0;

	for (i = 0; i < SHADOW_NR_MAP_CLASSES; i++)
		if (i != SHADOW_MAP_HOLE)
			all += sum->nr[i];
	seq_puts(seq, "\n      frames  of memory\n");
	for (i = 0; i < SHADOW_NR_MAP_CLASSES; i++) {
		if (!sum->nr[i])
			continue;
		seq_printf(seq, "%c ", shadow_map_letter(i));
		print_share(seq, sum->nr[i], i == SHADOW_MAP_HOLE ? 0 : all);
		seq_printf(seq, "%s\n", shadow_map_meaning(i));
	}
	seq_puts(seq, "= ");
	print_share(seq, all, all);
	seq_puts(seq, "all memory, of which\n");
	for (i = 0; i < SHADOW_NR_MAP_KINDS; i++) {
		seq_puts(seq, "  ");
		print_share(seq, sum->kind[i], all);
		seq_printf(seq, "%s\n", shadow_map_kind_names[i]);
	}
}

/* Rows between where one could have been, from @pfn on, and where the next is */
static u64 nr_skipped(const struct shadow_map_part *part, u64 pfn,
		      const struct shadow_map_row *row, u64 row_frames)
{
	return div64_u64(row->start_pfn, row_frames) -
	       div64_u64(max(pfn, part->start_pfn), row_frames);
}

/* A row; before it, how many were left out since the last one of its part */
static void print_row(struct seq_file *seq, const struct shadow_mm *mm,
		      const struct shadow_map_row *row, u64 left_out)
{
	if (left_out)
		seq_printf(seq, "...             %llu rows without memory\n",
			   left_out);
	seq_printf(seq, "0x%013llx %s\n", row->start_pfn << mm->cfg.page_shift,
		   row->text);
}

static void print_map(struct seq_file *seq, struct shadow_mm *mm, u64 frames,
		      u64 max_rows)
{
	u64 row_frames = frames * SHADOW_MAP_COLUMNS, rows = 0, pfn, left_out;
	struct shadow_map_count sum = {};
	struct shadow_map_part part;
	struct shadow_map_row row;
	unsigned int nr;

	print_scale(seq, mm, frames);
	for (nr = 0; nr < SHADOW_MAP_PARTS; nr++) {
		if (!shadow_map_part(mm, nr, &part))
			continue;
		if (rows < max_rows)
			print_part(seq, mm, &part);
		for (pfn = 0; shadow_map_row(mm, &part, frames, pfn, &row, &sum);
		     pfn = row.start_pfn + row_frames) {
			left_out = nr_skipped(&part, pfn, &row, row_frames);
			if (rows++ < max_rows)
				print_row(seq, mm, &row, left_out);
			cond_resched();
		}
	}
	if (rows > max_rows)
		seq_printf(seq, "... %llu more rows in shadow_mm_raw/%s/map\n",
			   rows - max_rows, mm->name);
	print_legend(seq, &sum);
}

/**
 * shadow_view_map() - whose each part of memory is, a letter for some frames
 * @seq: where to print
 * @machine: the machine
 *
 * Each character is of one moment, the picture is not.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_map(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_mm *mm = &machine->mm;

	print_map(seq, mm, shadow_map_frames(mm),
		  mm->map_frames ? SHADOW_MAP_LINES : SHADOW_MAP_PARTS);
}

/**
 * shadow_view_map_whole() - the same, a letter a pageblock or as was asked for
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_map_whole(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_mm *mm = &machine->mm;
	/* A pageblock, which shadow_nodes_init() has not computed early on */
	unsigned int log2 = min(mm->cfg.page_shift - 3, shadow_boot_max_order(mm));

	print_map(seq, mm, mm->map_frames ? : BIT_ULL(log2), U64_MAX);
}
