/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_treedump - trees of tables as text that a program can read back:
 * every table with its address, every descriptor with its value.
 *
 * Version 1. `KEY=VALUE` words separated by blanks; numbers are hexadecimal
 * with 0x or decimal; what stands alone is a flag. Lines in their order:
 *
 *   shadow_mm page tables, format 1
 *   # ...                            a remark; may stand anywhere
 *   machine=NAME trees=N MAIR_EL1=X TCR_EL1=X TTBR0_EL1=X TTBR1_EL1=X SCTLR_EL1=X
 *   tree=NAME half=lower|upper root=PA granule=BYTES va_bits=N pa_bits=N
 *        lpa2=0|1 levels=N start_level=N MAIR_EL1=X TCR_EL1=X      (one line)
 *     table level=N pa=PA va=VA used=N/ENTRIES [limits=LIST]
 *       [INDEX] or [FIRST..LAST] va=VA desc=X [step=X] KIND ...
 *         table ...                  the one that the line above points to
 *   end trees=N tables=N
 *
 * used counts descriptors that are not 0; those that are have no line. limits:
 * what all the tables above demand together. A line of several descriptors
 * stands for desc, desc + step, desc + 2 * step, ..., without step all are
 * equal. KIND is table (then oa=PA of the next table, and its own limits),
 * block or page (then oa=PA, size=BYTES of each, and the attributes in words),
 * invalid or reserved (not 0, and translates nothing), or unreadable (then
 * without desc).
 */
#ifndef SHADOW_TREEDUMP_H
#define SHADOW_TREEDUMP_H

#include "shadow_compat.h"
#include "shadow_regs.h"
#include "shadow_walk.h"

#define SHADOW_TREEDUMP_LINE	320	/* longest line, with its NUL */
#define SHADOW_TREEDUMP_TREES	4	/* most that one dump shows */

/**
 * struct shadow_treedump_tree - one tree
 * @name: as the kernel calls it
 * @walker: its root and geometry; @max_tables of it bounds the dump where
 *	tables form a loop
 */
struct shadow_treedump_tree {
	const char *name;
	struct shadow_walker walker;
};

/**
 * struct shadow_treedump_frame - a table on the way to the current line
 * @pa: its physical address
 * @va: first address that it covers
 * @limits: SHADOW_TABLE_*, of the descriptors on the way to it
 * @index: the entry that is printed or was entered
 */
struct shadow_treedump_frame {
	phys_addr_t pa;
	u64 va;
	u64 limits;
	u32 index;
};

/* Where a dump stands */
enum shadow_treedump_at {
	SHADOW_TREEDUMP_VERSION,
	SHADOW_TREEDUMP_LEGEND,
	SHADOW_TREEDUMP_MACHINE,
	SHADOW_TREEDUMP_TREE,
	SHADOW_TREEDUMP_TABLE,
	SHADOW_TREEDUMP_ENTRY,
	SHADOW_TREEDUMP_LOOP,
	SHADOW_TREEDUMP_END,
	SHADOW_TREEDUMP_DONE,
};

/**
 * struct shadow_treedump - a dump and where it stands: one line after the other
 * @machine: whose tables
 * @regs: the registers
 * @tree: the trees
 * @nr_trees: how many
 * @at: enum shadow_treedump_at
 * @which: the tree
 * @depth: the frame
 * @frame: tables from the root to the current line
 * @nr_tables: tables so far in this tree
 * @sum_tables: and in those before it
 * @nr_run: descriptors that the current line stands for
 * @step: from one to the next
 * @desc: value of the first
 * @unreadable: they cannot be read
 */
struct shadow_treedump {
	const char *machine;
	const struct shadow_regs *regs;
	struct shadow_treedump_tree tree[SHADOW_TREEDUMP_TREES];
	unsigned int nr_trees;

	u8 at;
	u8 which;
	u8 depth;
	struct shadow_treedump_frame frame[SHADOW_MAX_LEVELS];
	u64 nr_tables;
	u64 sum_tables;
	u32 nr_run;
	u64 step;
	u64 desc;
	bool unreadable;
};

void shadow_treedump_rewind(struct shadow_treedump *dump);
bool shadow_treedump_next(struct shadow_treedump *dump);
bool shadow_treedump_resume(struct shadow_treedump *dump);
void shadow_treedump_line(const struct shadow_treedump *dump, char *text,
			  size_t size);

#endif /* SHADOW_TREEDUMP_H */
