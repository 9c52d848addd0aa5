/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_fixmap - virtual addresses that are known before anything else is:
 * slots of a page each at the top of the address space, and early_ioremap(),
 * which lends some of them out while the machine boots. Follows
 * arch/arm64/mm/fixmap.c and mm/early_ioremap.c of Linux 6.12.
 *
 * Its tables are made before any allocator exists, from pages of the image,
 * and stay when nothing is mapped, so that mapping a slot never needs memory.
 * They are init_pg_dir's first; shadow_fixmap_switch() links the same tables,
 * with what is mapped in them, into swapper_pg_dir instead, as the kernel
 * shares bm_pud, bm_pmd and bm_pte.
 *
 * Nothing here is locked: slots belong to the boot, and each later user of a
 * slot has a lock of its own. The machine's lock is around both.
 */
#ifndef SHADOW_FIXMAP_H
#define SHADOW_FIXMAP_H

#include "shadow_compat.h"
#include "shadow_fault.h"
#include "shadow_fixmap_slot.h"
#include "shadow_layout.h"
#include "shadow_pgtable.h"

/* FIXMAP_PAGE_* of asm/fixmap.h and asm-generic/fixmap.h */
#define SHADOW_FIXMAP_PAGE_NORMAL	SHADOW_PAGE_KERNEL
#define SHADOW_FIXMAP_PAGE_RO		SHADOW_PAGE_KERNEL_RO
#define SHADOW_FIXMAP_PAGE_IO		SHADOW_PROT_DEVICE_NGNRE

/**
 * struct shadow_fixmap_map - what a slot, or a row of them, shows
 * @va: first address in use, with the offset in the page; 0: nothing is mapped
 * @pa: what it shows, with the same offset
 * @bytes: how much was asked for
 * @prot: protection
 * @who: who asked, a literal
 */
struct shadow_fixmap_map {
	u64 va;
	phys_addr_t pa;
	u64 bytes;
	u64 prot;
	const char *who;
};

/**
 * struct shadow_fixmap - the slots and what is in them
 * @slots: which there are
 * @top: FIXADDR_TOP; slot n is n pages below
 * @pgt: tables that it is part of; NULL before init and after fini
 * @late: they are swapper_pg_dir's: after_paging_init
 * @fdt: what the window for the device tree shows
 * @named: what the other slots with a name show, by enum shadow_fix
 * @early: what the boot-time slots show: prev_map, prev_size
 * @nr_early: calls of early_ioremap that succeeded
 * @nr_refused: calls that did not
 * @max_early: most boot-time slots that were in use at once
 */
struct shadow_fixmap {
	struct shadow_fixmap_slots slots;
	u64 top;
	struct shadow_pgtable *pgt;
	bool late;
	struct shadow_fixmap_map fdt;
	struct shadow_fixmap_map named[SHADOW_NR_FIX];
	struct shadow_fixmap_map early[SHADOW_FIX_BTMAPS_SLOTS];
	u64 nr_early;
	u64 nr_refused;
	unsigned int max_early;
};

u64 shadow_fixmap_nr_tables(const struct shadow_geometry *geo);
int shadow_fixmap_init(struct shadow_fixmap *fixmap,
		       const struct shadow_layout *layout,
		       struct shadow_pgtable *pgt);
int shadow_fixmap_switch(struct shadow_fixmap *fixmap,
			 struct shadow_pgtable *swapper);
void shadow_fixmap_fini(struct shadow_fixmap *fixmap);

int shadow_fixmap_set(struct shadow_fixmap *fixmap, enum shadow_fix id,
		      phys_addr_t pa, u64 prot, const char *who);
int shadow_fixmap_clear(struct shadow_fixmap *fixmap, enum shadow_fix id);
int shadow_fixmap_map_fdt(struct shadow_fixmap *fixmap, phys_addr_t pa,
			  u64 bytes, u64 prot, u64 *va);
int shadow_fixmap_remap_fdt(struct shadow_fixmap *fixmap, phys_addr_t pa,
			    u64 prot, u64 *va, u64 *bytes);

int shadow_fixmap_early_ioremap(struct shadow_fixmap *fixmap, phys_addr_t pa,
				u64 bytes, u64 prot, const char *who, u64 *va);
int shadow_fixmap_early_iounmap(struct shadow_fixmap *fixmap, u64 va,
				u64 bytes);
unsigned int shadow_fixmap_early_leaks(const struct shadow_fixmap *fixmap);

int shadow_fixmap_verify(struct shadow_fixmap *fixmap,
			 struct shadow_fault *fault);

/* First address of a slot: __fix_to_virt() */
static inline u64 shadow_fix_to_va(const struct shadow_fixmap *fixmap,
				   unsigned int index)
{
	return fixmap->top - ((u64)index << fixmap->slots.page_shift);
}

/* Slot of an address in the region: __virt_to_fix() */
static inline unsigned int
shadow_fix_from_va(const struct shadow_fixmap *fixmap, u64 va)
{
	u64 page = va & ~0ULL << fixmap->slots.page_shift;

	return (fixmap->top - page) >> fixmap->slots.page_shift;
}

/* FIXADDR_START, below which slots are for the boot alone */
static inline u64 shadow_fixmap_start(const struct shadow_fixmap *fixmap)
{
	return shadow_fix_to_va(fixmap, fixmap->slots.nr_permanent);
}

/* FIXADDR_TOT_START */
static inline u64 shadow_fixmap_tot_start(const struct shadow_fixmap *fixmap)
{
	return shadow_fix_to_va(fixmap, fixmap->slots.nr);
}

/* First address of a boot-time slot: slot_virt[] */
static inline u64 shadow_fixmap_early_va(const struct shadow_fixmap *fixmap,
					 unsigned int slot)
{
	const struct shadow_fixmap_slots *slots = &fixmap->slots;

	return shadow_fix_to_va(fixmap, slots->index[SHADOW_FIX_BTMAP_BEGIN] -
					slots->nr_btmaps * slot);
}

#endif /* SHADOW_FIXMAP_H */
