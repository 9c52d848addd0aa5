// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_board - what the machine's memory was described by, what became
 * of it, and what the command line says: the file board.
 */
#include <linux/seq_file.h>
#include <linux/string_helpers.h>

#include "shadow_boot.h"
#include "shadow_parse.h"
#include "shadow_view.h"

/* What holds where the board says nothing */
#define LOCAL_DISTANCE	10
#define REMOTE_DISTANCE	20

/**
 * struct listing - a list of which only the first rows are shown
 * @seq: where to print
 * @mm: the machine
 * @whole: show all rows
 * @nr: rows so far
 */
struct listing {
	struct seq_file *seq;
	const struct shadow_mm *mm;
	bool whole;
	unsigned int nr;
};

static __printf(2, 3)
void begin(struct listing *list, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	seq_vprintf(list->seq, fmt, args);
	va_end(args);
	list->nr = 0;
}

/* Is there room for one more row? */
static bool next(struct listing *list)
{
	return list->nr++ < SHADOW_VIEW_ROWS || list->whole;
}

static void end(struct listing *list)
{
	if (list->nr > SHADOW_VIEW_ROWS && !list->whole)
		seq_printf(list->seq, "… %u more in shadow_mm_raw/%s/board\n",
			   list->nr - SHADOW_VIEW_ROWS, list->mm->name);
	if (!list->nr)
		seq_puts(list->seq, "  none\n");
}

static void print_range(struct seq_file *seq, u64 base, u64 bytes)
{
	bool odd = bytes & (SZ_1K - 1);

	seq_printf(seq, "  [%#014llx-%#014llx] %12llu %s", base,
		   base + bytes - 1, odd ? bytes : bytes >> 10,
		   odd ? "B  " : "KiB");
}

static void print_flags(struct seq_file *seq, u32 flags)
{
	unsigned int bit;

	for (bit = 0; bit < SHADOW_MEMBLOCK_NR_FLAGS; bit++)
		if (flags >> bit & 1)
			seq_printf(seq, " %s", shadow_memblock_flag_names[bit]);
}

/* Where it was said, and by what: "'tee@44000000', offset 0x1f4" */
static void print_said(struct seq_file *seq,
		       const struct shadow_board_range *range)
{
	char quoted[SHADOW_QUOTE], where[SHADOW_BOARD_WHERE];

	if (*range->name)
		seq_printf(seq, " %s", shadow_parse_quote(quoted, range->name,
							  strlen(range->name)));
	if (*shadow_board_where(range, where))
		seq_printf(seq, " (%s)", where);
}

static void print_head(struct seq_file *seq, const struct shadow_mm *mm)
{
	const struct shadow_board *board = mm->board;

	seq_printf(seq, "board      %s, %s%s%s\n",
		   shadow_board_kind_name(board->kind), *board->name ? "" : "without a name",
		   board->name,
		   board->kind == SHADOW_BOARD_TEXT ?
		   ": a snapshot, its reserved list is final" : "");
	if (shadow_block_virtual(&mm->block))
		seq_puts(seq, "memory     virtual: frames have contents where somebody needed some, tables are never given to the hardware\n");
	else
		seq_puts(seq, "memory     real: it is the machine's block\n");
	if (board->dtb_bytes)
		seq_printf(seq, "dtb        %llu bytes\n", board->dtb_bytes);
	seq_puts(seq, "cmdline    ");
	seq_escape_str(seq, board->cmdline, ESCAPE_OCTAL | ESCAPE_NAP, NULL);
	seq_putc(seq, '\n');
}

static void list_memory(struct listing *list, const struct shadow_board *board)
{
	const struct shadow_board_range *range = board->memory;

	begin(list, "\nMemory as it was described: %u ranges, %llu KiB\n",
	      board->nr_memory, shadow_board_memory_bytes(board) >> 10);
	for (; range < board->memory + board->nr_memory; range++) {
		if (!next(list))
			continue;
		print_range(list->seq, range->base, range->bytes);
		if (range->nid != SHADOW_NUMA_NO_NODE)
			seq_printf(list->seq, " node %d", range->nid);
		print_flags(list->seq, range->flags);
		print_said(list->seq, range);
		seq_putc(list->seq, '\n');
	}
	end(list);
}

static void list_usable(struct listing *list, const struct shadow_board *board)
{
	unsigned int i;

	if (!board->nr_usable)
		return;
	begin(list, "\nlinux,usable-memory-range\n");
	for (i = 0; i < board->nr_usable; i++) {
		if (!next(list))
			continue;
		print_range(list->seq, board->usable[i].base,
			    board->usable[i].bytes);
		print_said(list->seq, &board->usable[i]);
		seq_putc(list->seq, '\n');
	}
	end(list);
}

/* The range of memory that a cut was part of */
static void print_cut_from(struct seq_file *seq, const struct shadow_board *board,
			   const struct shadow_board_cut *cut)
{
	const struct shadow_board_range *range = board->memory;

	for (; range < board->memory + board->nr_memory; range++) {
		if (cut->base - range->base >= range->bytes ||
		    cut->at != range->at)
			continue;
		seq_puts(seq, ", of");
		print_said(seq, range);
		return;
	}
}

static void list_cuts(struct listing *list, const struct shadow_board *board,
		      const struct shadow_board_fate *fate)
{
	const struct shadow_board_cut *cut = fate->cut;

	begin(list, "\nRemoved, in the order in which it happened\n");
	for (; cut < fate->cut + fate->nr_cuts; cut++) {
		if (!next(list))
			continue;
		print_range(list->seq, cut->base, cut->bytes);
		seq_printf(list->seq, " %s: %s", cut->reserved ? "reservation" :
			   "memory", shadow_board_cut_names[cut->why]);
		if (cut->at && !cut->reserved)
			print_cut_from(list->seq, board, cut);
		seq_putc(list->seq, '\n');
	}
	end(list);
	if (fate->nr_cuts_lost)
		seq_printf(list->seq, "  and %llu that the log had no room for\n",
			   fate->nr_cuts_lost);
}

static const char *class_of(const struct shadow_board_range *range)
{
	switch (range->source) {
	case SHADOW_BOARD_FROM_MEMRESERVE:
		return "memreserve";
	case SHADOW_BOARD_FROM_TEXT:
		return "dump";
	default:
		return range->flags & SHADOW_MEMBLOCK_NOMAP ? "static no-map" :
		       range->reusable ? "static reusable" : "static";
	}
}

static void list_reserved(struct listing *list, const struct shadow_mm *mm)
{
	const struct shadow_board *board = mm->board;
	unsigned int i;

	begin(list, "\nReserved by the board, by address\n");
	for (i = 0; i < board->nr_reserved; i++) {
		const struct shadow_board_range *range = &board->reserved[i];

		if (!next(list))
			continue;
		print_range(list->seq, range->base, range->bytes);
		seq_printf(list->seq, " %-15s", class_of(range));
		print_said(list->seq, range);
		seq_printf(list->seq, ": %s\n",
			   shadow_board_outcome_names[mm->fate.outcome[i]]);
	}
	end(list);
}

/* The places that it may go to follow in the order in which they are tried */
static void print_wish(struct seq_file *seq, const struct shadow_mm *mm,
		       unsigned int i)
{
	const struct shadow_board_wish *wish = &mm->board->wish[i];
	const struct shadow_board_range *place =
		&mm->board->place[wish->first_place];
	char quoted[SHADOW_QUOTE];
	unsigned int k;

	if (mm->fate.wish_base[i])
		print_range(seq, mm->fate.wish_base[i], wish->bytes);
	else
		seq_printf(seq, "  [%-29s] %12llu B  ", "nowhere", wish->bytes);
	seq_printf(seq, " dynamic%s%s %s (offset %#x): %s",
		   wish->flags & SHADOW_MEMBLOCK_NOMAP ? " no-map" : "",
		   wish->reusable ? " reusable" : "",
		   shadow_parse_quote(quoted, wish->name, strlen(wish->name)),
		   wish->at, shadow_board_outcome_names[mm->fate.wish_outcome[i]]);
	if (wish->align)
		seq_printf(seq, ", alignment %#llx", wish->align);
	for (k = 0; k < wish->nr_places; k++)
		seq_printf(seq, "%s [%#llx-%#llx]", k ? "" : ", allowed:",
			   place[k].base, place[k].base + place[k].bytes - 1);
	seq_putc(seq, '\n');
}

static void list_wishes(struct listing *list, const struct shadow_mm *mm)
{
	unsigned int i;

	begin(list, "\nReserved by the board, by size\n");
	for (i = 0; i < mm->board->nr_wishes; i++)
		if (next(list))
			print_wish(list->seq, mm, i);
	end(list);
}

static void print_place(struct seq_file *seq, const char *what,
			const struct shadow_param_range *range)
{
	if (!range->bytes)
		return;
	print_range(seq, range->start, range->bytes);
	seq_printf(seq, " %s%s\n", what, range->given ? ", as given" : "");
}

static void print_boot_loader(struct seq_file *seq, const struct shadow_mm *mm)
{
	seq_printf(seq, "\nLeft by the boot loader%s\n",
		   shadow_block_aside(&mm->block) ?
		   ", aside from the board's frames" : "");
	print_place(seq, "image", &mm->places.image);
	print_place(seq, "dtb", &mm->places.dtb);
	print_place(seq, mm->fate.initrd_dropped ?
		    "initrd, not used: the linear map cannot show it" : "initrd",
		    &mm->places.initrd);
}

static void print_distances(struct seq_file *seq, const struct shadow_board *board)
{
	unsigned int from, to;

	seq_puts(seq, "\nDistances between nodes\n");
	for (from = 0; from < board->nr_nodes; from++) {
		for (to = 0; to < board->nr_nodes; to++)
			seq_printf(seq, " %3u", board->distance[from][to] ?:
				   from == to ? LOCAL_DISTANCE : REMOTE_DISTANCE);
		seq_putc(seq, '\n');
	}
}

/* What follows from it, as far as the boot has come */
/* What became of the board is told also where a later phase has failed */
static bool has_come_past(const struct shadow_mm *mm, enum shadow_phase phase)
{
	return mm->boot.nr_done > phase;
}

static void print_result(struct seq_file *seq, const struct shadow_mm *mm)
{
	const struct shadow_board_fate *fate = &mm->fate;
	const struct shadow_board *board = mm->board;

	seq_puts(seq, "\nWhat follows from it\n");
	if (board->dma_limit == U64_MAX)
		seq_puts(seq, "  dma limit        none: each device reaches all memory\n");
	else
		seq_printf(seq, "  dma limit        %#llx: the first address that some device cannot reach (dma-ranges)\n",
			   board->dma_limit);
	if (!has_come_past(mm, SHADOW_PHASE_MEMBLOCK_INIT))
		return;
	if (fate->memory_limit != U64_MAX)
		seq_printf(seq, "  mem=             %llu KiB\n",
			   fate->memory_limit >> 10);
	seq_printf(seq, "  memstart_addr    %#llx\n", (u64)fate->memstart_addr);
	seq_printf(seq, "  linear map       %llu GiB\n", fate->linear_bytes >> 30);
	seq_printf(seq, "  high_memory      %#llx\n", fate->high_memory);
	seq_printf(seq, "  memory           %llu KiB in %lu ranges, see memblock_memory\n",
		   (u64)mm->memblock.memory.total_size >> 10,
		   mm->memblock.memory.cnt);
	if (!has_come_past(mm, SHADOW_PHASE_BOOTMEM_INIT))
		return;
	seq_printf(seq, "  nodes            %s\n", fate->numa ?
		   "as the board says" :
		   "one: the board says none, or none that is sound");
	if (fate->nr_overlaps)
		seq_printf(seq, "  overlaps         %u pairs in /reserved-memory, see boot\n",
			   fate->nr_overlaps);
}

/* The boot has come to the phase that begins with it, and perhaps failed there */
static bool has_fate(const struct shadow_mm *mm)
{
	return mm->boot.nr_done + !!mm->boot.failed > SHADOW_PHASE_SETUP_FDT;
}

static void print_board(struct seq_file *seq, const struct shadow_mm *mm,
			bool whole)
{
	struct listing list = { .seq = seq, .mm = mm, .whole = whole };

	if (!mm->board) {
		seq_printf(seq, "board      none: the block is all memory, [%#llx-%#llx]\n",
			   (u64)mm->block.base,
			   (u64)(mm->block.base + mm->block.bytes - 1));
		return;
	}
	print_head(seq, mm);
	list_memory(&list, mm->board);
	list_usable(&list, mm->board);
	if (!has_fate(mm)) {
		seq_puts(seq, "\nThe boot has not come to it yet.\n");
		return;
	}
	list_cuts(&list, mm->board, &mm->fate);
	list_reserved(&list, mm);
	list_wishes(&list, mm);
	print_boot_loader(seq, mm);
	if (mm->board->has_distance)
		print_distances(seq, mm->board);
	print_result(seq, mm);
	if (mm->fate.why[0])
		seq_printf(seq, "\nIt does not boot: %s\n", mm->fate.why);
}

/**
 * shadow_view_board() - what the machine's memory was described by
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_board(struct seq_file *seq, struct shadow_machine *machine)
{
	print_board(seq, &machine->mm, false);
}

/**
 * shadow_view_board_whole() - the same, all rows
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_board_whole(struct seq_file *seq, struct shadow_machine *machine)
{
	print_board(seq, &machine->mm, true);
}
