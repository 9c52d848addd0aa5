/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_fixmap_slot - which slots the fixmap has, and how many pages they
 * are: enum fixed_addresses of arch/arm64/include/asm/fixmap.h of Linux 6.12,
 * with the page size as an argument.
 *
 * The machine is configured like Debian's kernel (UNMAP_KERNEL_AT_EL0,
 * RELOCATABLE) but boots from a device tree, so it has no slots for ACPI.
 */
#ifndef SHADOW_FIXMAP_SLOT_H
#define SHADOW_FIXMAP_SLOT_H

#include "shadow_compat.h"

#define SHADOW_FIXADDR_TOP	(-(u64)SZ_8M)

#define SHADOW_FIX_FDT_BYTES	SZ_2M	/* MAX_FDT_SIZE */
#define SHADOW_FIX_BTMAP_BYTES	SZ_256K	/* of NR_FIX_BTMAPS, which has one page more */
#define SHADOW_FIX_BTMAPS_SLOTS	7

/*
 * Slots that have a name, in ascending order of their indices, thus in
 * descending order of their addresses. Between FDT_END and FDT, and between
 * BTMAP_END and BTMAP_BEGIN, there are more that have none.
 */
enum shadow_fix {
	SHADOW_FIX_HOLE,
	SHADOW_FIX_FDT_END,
	SHADOW_FIX_FDT,
	SHADOW_FIX_EARLYCON_MEM_BASE,
	SHADOW_FIX_TEXT_POKE0,
	SHADOW_FIX_ENTRY_TRAMP_TEXT4,
	SHADOW_FIX_ENTRY_TRAMP_TEXT3,
	SHADOW_FIX_ENTRY_TRAMP_TEXT2,
	SHADOW_FIX_ENTRY_TRAMP_TEXT1,
	SHADOW_FIX_BTMAP_END,
	SHADOW_FIX_BTMAP_BEGIN,
	SHADOW_FIX_PTE,
	SHADOW_FIX_PMD,
	SHADOW_FIX_PUD,
	SHADOW_FIX_P4D,
	SHADOW_FIX_PGD,
	SHADOW_NR_FIX
};

extern const char *const shadow_fix_names[SHADOW_NR_FIX];

/**
 * struct shadow_fixmap_slots - the slots for one page size
 * @page_shift: log2 of the page size
 * @index: index of each slot that has a name
 * @nr_btmaps: pages of one boot-time slot: NR_FIX_BTMAPS
 * @nr_permanent: __end_of_permanent_fixed_addresses
 * @nr: __end_of_fixed_addresses
 */
struct shadow_fixmap_slots {
	unsigned int page_shift;
	unsigned int index[SHADOW_NR_FIX];
	unsigned int nr_btmaps;
	unsigned int nr_permanent;
	unsigned int nr;
};

void shadow_fixmap_slots_init(struct shadow_fixmap_slots *slots,
			      unsigned int page_shift);
u64 shadow_fixmap_bytes(unsigned int page_shift);

#endif /* SHADOW_FIXMAP_SLOT_H */
