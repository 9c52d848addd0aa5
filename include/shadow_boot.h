/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_boot - the boot ladder of a machine: named phases, up and down.
 */
#ifndef SHADOW_BOOT_H
#define SHADOW_BOOT_H

#include "shadow_backing.h"
#include "shadow_mm.h"
#include "shadow_phase.h"

static_assert(SHADOW_NR_PHASES <= SHADOW_MAX_PHASES);

int shadow_boot_place(const struct shadow_config *cfg,
		      const struct shadow_board *board,
		      const struct shadow_block *storage,
		      struct shadow_places *places, char *why, size_t why_bytes);
int shadow_boot_prepare(struct shadow_mm *mm, const struct shadow_block *storage,
			struct shadow_backing *backing, char *why,
			size_t why_bytes);
int shadow_boot_up_in(struct shadow_mm *mm, const struct shadow_block *storage,
		      struct shadow_backing *backing);
int shadow_boot_up(struct shadow_mm *mm);
int shadow_boot_step(struct shadow_mm *mm, unsigned int last);
u64 shadow_boot_down(struct shadow_mm *mm);

/* shadow_boot_user.c */
int shadow_boot_user_create(struct shadow_mm *mm);
void shadow_boot_user_destroy(struct shadow_mm *mm);

/* shadow_boot_tlb.c */
int shadow_boot_walker(struct shadow_mm *mm, u64 va, struct shadow_walker *walker);
void shadow_boot_tlb_use(struct shadow_mm *mm, u64 va);

/**
 * shadow_boot_max_order() - order of the buddy's largest block
 * @mm: the machine
 *
 * Not given, the kernel's MAX_PAGE_ORDER for the granule.
 *
 * Context: any.
 * Return: the order.
 */
static inline unsigned int shadow_boot_max_order(const struct shadow_mm *mm)
{
	return mm->cfg.max_order;
}

/**
 * shadow_boot_reached() - is a phase complete?
 * @mm: the machine
 * @phase: the phase
 *
 * Context: any.
 * Return: true if it is, and has not been undone.
 */
static inline bool shadow_boot_reached(const struct shadow_mm *mm,
				       enum shadow_phase phase)
{
	return !mm->boot.failed && mm->boot.nr_done > phase;
}

/**
 * shadow_boot_upper() - tables that TTBR1_EL1 points to
 * @mm: the machine, map_kernel complete
 *
 * Context: any.
 * Return: init_pg_dir's before paging_init, swapper_pg_dir's from then on.
 */
static inline const struct shadow_pgtable *
shadow_boot_upper(const struct shadow_mm *mm)
{
	return shadow_boot_reached(mm, SHADOW_PHASE_PAGING_INIT) ? &mm->swapper :
								   &mm->init_pg;
}

/**
 * shadow_boot_lower() - tables that TTBR0_EL1 points to
 * @mm: the machine, create_init_idmap complete
 *
 * Context: the machine's mutex.
 * Return: the user's, where somebody has mapped in the lower half; else the
 * identity map's.
 */
static inline const struct shadow_pgtable *
shadow_boot_lower(const struct shadow_mm *mm)
{
	return mm->user.root_table ? &mm->user : &mm->idmap;
}

#endif /* SHADOW_BOOT_H */
