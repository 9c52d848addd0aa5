// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_bootlog - under each phase of `boot`: the lines that a kernel
 * prints there, and the steps of mem_init one by one.
 */
#include <linux/seq_file.h>

#include "shadow_boot.h"
#include "shadow_bootlog.h"
#include "shadow_ptdump.h"
#include "shadow_view.h"

/* Which of the image's segments a kernel counts as what */
static const struct {
	enum shadow_bootlog_part part;
	unsigned int first;
	unsigned int last;
} parts[] = {
	{ SHADOW_BOOTLOG_TEXT, 0, 0 },
	{ SHADOW_BOOTLOG_RODATA, 1, 1 },
	{ SHADOW_BOOTLOG_INIT, 2, 3 },
	{ SHADOW_BOOTLOG_DATA, 4, 4 },
	{ SHADOW_BOOTLOG_BSS, 5, 6 },
};

static u64 image_va(const struct shadow_mm *mm, phys_addr_t pa)
{
	return mm->boot.kimage_va + (pa - mm->places.image.start);
}

/**
 * shadow_view_bootlog() - what a machine's lines are computed from
 * @mm: the machine
 * @log: filled
 *
 * Context: the machine's lock held.
 */
void shadow_view_bootlog(const struct shadow_mm *mm, struct shadow_bootlog *log)
{
	const struct shadow_segment *first, *last;
	unsigned int i;

	memset(log, 0, sizeof(*log));
	log->mb = &mm->memblock;
	log->nodes = &mm->nodes;
	log->layout = &mm->layout;
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		first = &mm->boot.segment[parts[i].first];
		last = &mm->boot.segment[parts[i].last];
		log->part[parts[i].part].start = image_va(mm, first->start);
		log->part[parts[i].part].end = image_va(mm, last->start + last->bytes);
	}
	log->section_shift = shadow_bootlog_section_shift(mm->cfg.page_shift);
	log->free_pages = mm->handover.nr_freed;
	log->managed_pages = mm->handover.nr_freed;
}

static void say_line(void *to, enum shadow_bootlog_level level, const char *line)
{
	static const char mark[] = {
		[SHADOW_BOOTLOG_INFO] = ' ', [SHADOW_BOOTLOG_DEBUG] = 'd',
		[SHADOW_BOOTLOG_OLD] = 'o', [SHADOW_BOOTLOG_OURS] = 's',
	};

	seq_printf(to, "  %c> %s\n", mark[level], line);
}

/* What was said about the board, as far as this phase */
static void board_lines(struct seq_file *seq, const struct shadow_mm *mm,
			unsigned int phase)
{
	unsigned int i = phase ? mm->boot.record[phase - 1].nr_said : 0;

	for (; i < mm->boot.record[phase].nr_said; i++)
		seq_printf(seq, "   > %s\n", mm->fate.said[i]);
}

static bool overcommits(const struct shadow_mm *mm)
{
	return mm->cfg.page_shift >= 14 &&
	       mm->handover.nr_freed + mm->handover.nr_reserved <= 128;
}

/* mem_init() of arch/arm64, and what its 32-bit sibling does besides */
static void mem_init_steps(struct seq_file *seq, const struct shadow_mm *mm)
{
	const struct shadow_memmap *memmap = &mm->nodes.memmap;

	seq_printf(seq, "  s> set_max_mapnr: %#llx, the frame after the last\n",
		   memmap->end_pfn);
	if (mm->boot.memmap_spared)
		seq_printf(seq, "  s> free_unused_memmap: %llu bytes that a flat memmap spends on holes; in whole blocks of order %u they were never taken, the memmap has %u banks\n",
			   mm->boot.memmap_spared, mm->nodes.max_order,
			   memmap->nr_banks);
	else if (memmap->model != SHADOW_MEMMODEL_VMEMMAP)
		seq_printf(seq, "  s> free_unused_memmap: 0 bytes, memmodel=%s keeps the entries of holes\n",
			   shadow_memmodel_names[memmap->model]);
	else
		seq_puts(seq, "  s> free_unused_memmap: 0 bytes, no hole that holds a whole block\n");
	seq_printf(seq, "  s> reset_all_zones_managed_pages, memblock_free_all: %llu pages from %s; file handover\n",
		   mm->handover.nr_freed - mm->handover.nr_high,
		   mm->early.ops->name);
	if (mm->handover.nr_own)
		seq_printf(seq, "  s> of them %llu that held the bitmaps\n",
			   mm->handover.nr_own);
	if (mm->nodes.zone_limit[SHADOW_ZONE_HIGHMEM])
		seq_printf(seq, "  s> free_highpages: %llu pages above the linear map's end at %#llx, one by one\n",
			   mm->handover.nr_high,
			   (u64)mm->memblock.current_limit);
	else
		seq_puts(seq, "  s> free_highpages: does not apply: without highmem= the linear map shows all memory\n");
	seq_puts(seq, "  s> TCM: does not apply: tightly coupled memory in the layout table is 32-bit ARM's\n");
	seq_puts(seq, "  s> SA1111: does not apply: the DMA limit of that companion chip is 32-bit ARM's\n");
	seq_printf(seq, overcommits(mm) ?
		   "  s> overcommit: always, as pages of %u KiB are at most 128\n" :
		   "  s> overcommit: does not apply: only machines of at most 128 pages of 16 KiB or more get it; these have %u KiB\n",
		   1U << (mm->cfg.page_shift - 10));
}

static void slab_steps(struct seq_file *seq, const struct shadow_mm *mm)
{
	char text[128];
	unsigned int nr;

	for (nr = 0; !shadow_slab_step_text(&mm->slab, nr, text, sizeof(text)); nr++)
		seq_printf(seq, "  s> %s\n", text);
}

/* With rodata=off the kernel says only that, and does not look */
static void wx_lines(struct seq_file *seq, const struct shadow_mm *mm)
{
	bool off = mm->cfg.rodata == SHADOW_RODATA_OFF;
	char text[SHADOW_PTDUMP_LINE];

	if (off)
		seq_puts(seq, "   > Kernel memory protection disabled.\n");
	shadow_ptdump_wx_text(&mm->boot.wx, text, sizeof(text));
	seq_printf(seq, "  %s %s\n", off ? "s>" : " >", text);
}

/**
 * shadow_view_phase_lines() - what a kernel prints in a phase
 * @seq: where to print
 * @mm: the machine
 * @phase: the phase, complete
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_phase_lines(struct seq_file *seq, const struct shadow_mm *mm,
			     unsigned int phase)
{
	struct shadow_bootlog log;

	shadow_view_bootlog(mm, &log);
	board_lines(seq, mm, phase);
	if (phase == SHADOW_PHASE_MEM_INIT)
		mem_init_steps(seq, mm);
	if (phase == SHADOW_PHASE_SLAB_INIT)
		slab_steps(seq, mm);
	shadow_bootlog_phase(&log, phase, say_line, seq);
	if (phase == SHADOW_PHASE_VERIFY)
		wx_lines(seq, mm);
}
