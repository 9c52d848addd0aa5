/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_boot - the boot ladder of a machine: named phases, up and down.
 */
#ifndef SHADOW_BOOT_H
#define SHADOW_BOOT_H

#include "shadow_mm.h"

/* The boot's rungs in their order; a phase is reached when it is complete */
enum shadow_phase {
	SHADOW_PHASE_PRESERVE_BOOT_ARGS,
	SHADOW_PHASE_INIT_KERNEL_EL,
	SHADOW_PHASE_CREATE_IDMAP,
	SHADOW_PHASE_MAP_KERNEL,
	SHADOW_PHASE_CPU_SETUP,
	SHADOW_PHASE_PRIMARY_SWITCH,
	SHADOW_PHASE_MEMBLOCK_INIT,
	SHADOW_PHASE_PAGING_INIT,
	SHADOW_PHASE_FREE_AREA_INIT,
	SHADOW_PHASE_BUILD_ZONELISTS,
	SHADOW_PHASE_MEM_INIT,
	SHADOW_PHASE_WATERMARKS,
	SHADOW_PHASE_SLAB_INIT,
	SHADOW_PHASE_VMALLOC_INIT,
	SHADOW_PHASE_VERIFY,
	SHADOW_PHASE_MMU_CHECK,
	SHADOW_NR_PHASES
};

static_assert(SHADOW_NR_PHASES <= SHADOW_MAX_PHASES);

const char *shadow_phase_name(enum shadow_phase phase);
const char *shadow_phase_follows(enum shadow_phase phase);
int shadow_boot_up(struct shadow_mm *mm);
u64 shadow_boot_down(struct shadow_mm *mm);

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
	return mm->boot.nr_done > phase;
}

#endif /* SHADOW_BOOT_H */
