// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_fixmap_slot - which slots the fixmap has. See shadow_fixmap_slot.h.
 */
#include "shadow_fixmap_slot.h"

/* As the kernel's enum names them */
const char *const shadow_fix_names[SHADOW_NR_FIX] = {
	[SHADOW_FIX_HOLE] = "FIX_HOLE",
	[SHADOW_FIX_FDT_END] = "FIX_FDT_END",
	[SHADOW_FIX_FDT] = "FIX_FDT",
	[SHADOW_FIX_EARLYCON_MEM_BASE] = "FIX_EARLYCON_MEM_BASE",
	[SHADOW_FIX_TEXT_POKE0] = "FIX_TEXT_POKE0",
	[SHADOW_FIX_ENTRY_TRAMP_TEXT4] = "FIX_ENTRY_TRAMP_TEXT4",
	[SHADOW_FIX_ENTRY_TRAMP_TEXT3] = "FIX_ENTRY_TRAMP_TEXT3",
	[SHADOW_FIX_ENTRY_TRAMP_TEXT2] = "FIX_ENTRY_TRAMP_TEXT2",
	[SHADOW_FIX_ENTRY_TRAMP_TEXT1] = "FIX_ENTRY_TRAMP_TEXT1",
	[SHADOW_FIX_BTMAP_END] = "FIX_BTMAP_END",
	[SHADOW_FIX_BTMAP_BEGIN] = "FIX_BTMAP_BEGIN",
	[SHADOW_FIX_PTE] = "FIX_PTE",
	[SHADOW_FIX_PMD] = "FIX_PMD",
	[SHADOW_FIX_PUD] = "FIX_PUD",
	[SHADOW_FIX_P4D] = "FIX_P4D",
	[SHADOW_FIX_PGD] = "FIX_PGD",
};

/**
 * shadow_fixmap_slots_init() - number the slots
 * @slots: filled
 * @page_shift: log2 of the page size
 *
 * Each named slot follows the one before it, but for two windows whose ends
 * both have a name. The device tree's has one page more than the largest tree,
 * so that one of that size fits wherever in a page it starts; so has each
 * boot-time slot.
 *
 * Context: any.
 */
void shadow_fixmap_slots_init(struct shadow_fixmap_slots *slots,
			      unsigned int page_shift)
{
	u64 page = 1ULL << page_shift;
	unsigned int i, next = 0;

	slots->page_shift = page_shift;
	slots->nr_btmaps = SHADOW_FIX_BTMAP_BYTES / page + 1;
	for (i = 0; i < SHADOW_NR_FIX; i++) {
		if (i == SHADOW_FIX_FDT)
			next += DIV_ROUND_UP(SHADOW_FIX_FDT_BYTES, page);
		if (i == SHADOW_FIX_BTMAP_END)
			slots->nr_permanent = next;
		if (i == SHADOW_FIX_BTMAP_BEGIN)
			next += slots->nr_btmaps * SHADOW_FIX_BTMAPS_SLOTS - 2;
		slots->index[i] = next++;
	}
	slots->nr = next;
}

/**
 * shadow_fixmap_bytes() - how large the region is
 * @page_shift: log2 of the page size
 *
 * Context: any.
 * Return: FIXADDR_TOT_SIZE, in bytes.
 */
u64 shadow_fixmap_bytes(unsigned int page_shift)
{
	struct shadow_fixmap_slots slots;

	shadow_fixmap_slots_init(&slots, page_shift);
	return (u64)slots.nr << page_shift;
}
