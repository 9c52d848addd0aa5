/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_boot_memmap - the phase free_area_init.
 */
#ifndef SHADOW_BOOT_MEMMAP_H
#define SHADOW_BOOT_MEMMAP_H

#include "shadow_mm.h"

int shadow_boot_free_area_init(struct shadow_mm *mm, char *effect);
void shadow_boot_drop_page_owner(struct shadow_mm *mm);

#endif /* SHADOW_BOOT_MEMMAP_H */
