/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_phase - the rungs of the boot, by number and by name. What happens on
 * each is in shadow_boot.c.
 */
#ifndef SHADOW_PHASE_H
#define SHADOW_PHASE_H

#include "shadow_compat.h"

/* The boot's rungs in their order; a phase is reached when it is complete */
enum shadow_phase {
	SHADOW_PHASE_PRESERVE_BOOT_ARGS,
	SHADOW_PHASE_INIT_KERNEL_EL,
	SHADOW_PHASE_CREATE_IDMAP,
	SHADOW_PHASE_MAP_KERNEL,
	SHADOW_PHASE_CPU_SETUP,
	SHADOW_PHASE_PRIMARY_SWITCH,
	SHADOW_PHASE_FIXMAP_INIT,
	SHADOW_PHASE_SETUP_FDT,
	SHADOW_PHASE_MEMBLOCK_INIT,
	SHADOW_PHASE_PAGING_INIT,
	SHADOW_PHASE_KMAP_INIT,
	SHADOW_PHASE_BOOTMEM_INIT,
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

const char *shadow_phase_name(unsigned int phase);
const char *shadow_phase_follows(unsigned int phase);
unsigned int shadow_phase_find(const char *name, size_t len);

#endif /* SHADOW_PHASE_H */
