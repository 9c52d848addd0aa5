/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_bootlog - what a kernel prints about its memory while it boots, in
 * its own words and by its own arithmetic, so that it can be laid beside a
 * real kernel's log. Follows mm/mm_init.c and mm/page_alloc.c of Linux 6.12.
 *
 * Lines are computed from the machine as it stands, not recorded: what they
 * are about does not change after the phase that prints them, or is handed in.
 * What is said about a board's device tree is shadow_board_init's.
 */
#ifndef SHADOW_BOOTLOG_H
#define SHADOW_BOOTLOG_H

#include "shadow_compat.h"
#include "shadow_fault.h"
#include "shadow_layout.h"
#include "shadow_memblock.h"
#include "shadow_phase.h"
#include "shadow_zone.h"

#define SHADOW_BOOTLOG_LINE	200	/* bytes of a line with its NUL */

/*
 * Whether a kernel's log has the line. DEBUG: only where pr_debug() of
 * mm/mm_init.c was compiled in. OLD: kernels no longer print it. OURS: they
 * never did.
 */
enum shadow_bootlog_level {
	SHADOW_BOOTLOG_INFO,
	SHADOW_BOOTLOG_DEBUG,
	SHADOW_BOOTLOG_OLD,
	SHADOW_BOOTLOG_OURS,
};

/* Takes one line, without newline. */
typedef void (*shadow_bootlog_emit_t)(void *to,
				      enum shadow_bootlog_level level,
				      const char *line);

/* Parts of the kernel image as the "Memory:" line and the layout know them */
enum shadow_bootlog_part {
	SHADOW_BOOTLOG_TEXT,
	SHADOW_BOOTLOG_RODATA,
	SHADOW_BOOTLOG_INIT,	/* .init.text and .init.data */
	SHADOW_BOOTLOG_DATA,
	SHADOW_BOOTLOG_BSS,
	SHADOW_BOOTLOG_NR_PARTS
};

/**
 * struct shadow_bootlog - what the lines are computed from
 * @mb: the machine's memory
 * @nodes: its nodes and zones; zone_limit[] is set
 * @layout: its address space; memstart is set
 * @part: the image's parts, first address and first behind, in ascending order
 * @section_shift: log2 of the bytes of a section of SPARSEMEM, whose frames all
 *	have a memmap entry where one of them has memory; 0: FLATMEM
 * @free_pages: frames that were free when "Memory:" was printed
 * @managed_pages: frames that the buddy had been given until then
 * @cma_pages: of those, the ones that are CMA's
 */
struct shadow_bootlog {
	const struct shadow_memblock *mb;
	const struct shadow_nodes *nodes;
	const struct shadow_layout *layout;
	struct {
		u64 start;
		u64 end;
	} part[SHADOW_BOOTLOG_NR_PARTS];
	unsigned int section_shift;
	u64 free_pages;
	u64 managed_pages;
	u64 cma_pages;
};

unsigned int shadow_bootlog_section_shift(unsigned int page_shift);
void shadow_bootlog_phase(const struct shadow_bootlog *log,
			  enum shadow_phase phase, shadow_bootlog_emit_t emit,
			  void *to);
void shadow_bootlog_layout(const struct shadow_bootlog *log,
			   shadow_bootlog_emit_t emit, void *to);
int shadow_bootlog_check_layout(const struct shadow_bootlog *log,
				struct shadow_fault *fault);

#endif /* SHADOW_BOOTLOG_H */
