/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_boot_early - the phases from the first instruction to bootmem_init,
 * each called by the ladder of shadow_boot.c. A phase returns 0 or -errno and
 * says in @effect, SHADOW_PHASE_TEXT bytes, what it changed.
 */
#ifndef SHADOW_BOOT_EARLY_H
#define SHADOW_BOOT_EARLY_H

#include "shadow_mm.h"

int shadow_boot_preserve_args(struct shadow_mm *mm, char *effect);
int shadow_boot_init_el(struct shadow_mm *mm, char *effect);
int shadow_boot_create_idmap(struct shadow_mm *mm, char *effect);
void shadow_boot_drop_idmap(struct shadow_mm *mm);
int shadow_boot_map_kernel(struct shadow_mm *mm, char *effect);
void shadow_boot_drop_init_pg(struct shadow_mm *mm);
int shadow_boot_cpu_setup(struct shadow_mm *mm, char *effect);
int shadow_boot_primary_switch(struct shadow_mm *mm, char *effect);
void shadow_boot_mmu_off(struct shadow_mm *mm);
int shadow_boot_fixmap_init(struct shadow_mm *mm, char *effect);
void shadow_boot_drop_fixmap(struct shadow_mm *mm);

/* shadow_boot_paging.c */
int shadow_boot_paging_init(struct shadow_mm *mm, char *effect);
void shadow_boot_drop_swapper(struct shadow_mm *mm);

/* shadow_boot_tlb.c */
int shadow_boot_tlb_init(struct shadow_mm *mm);
void shadow_boot_tlb_fini(struct shadow_mm *mm);
void shadow_boot_tlb_watch(struct shadow_mm *mm, enum shadow_tree tree);
void shadow_boot_tlb_switched(struct shadow_pgtable *pgt);
void shadow_boot_tlb_leave_out(struct shadow_mm *mm);

/* shadow_boot_board.c */
int shadow_boot_setup_fdt(struct shadow_mm *mm, char *effect);
int shadow_boot_memblock_init(struct shadow_mm *mm, char *effect);
int shadow_boot_bootmem_init(struct shadow_mm *mm, char *effect);

/* shadow_boot_watch.c */
int shadow_boot_watch(struct shadow_mm *mm);
void shadow_boot_stop_recording(struct shadow_mm *mm);
void shadow_boot_unwatch(struct shadow_mm *mm);
void shadow_boot_forget(struct shadow_mm *mm);

#endif /* SHADOW_BOOT_EARLY_H */
