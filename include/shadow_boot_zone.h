/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_boot_zone - nodes and zones as the parameters and the board have them:
 * whether they suit the memory, and how they get to where they are used.
 */
#ifndef SHADOW_BOOT_ZONE_H
#define SHADOW_BOOT_ZONE_H

#include "shadow_mm.h"

int shadow_boot_zone_check(const struct shadow_config *cfg,
			   const struct shadow_board *board,
			   const struct shadow_block *block,
			   const struct shadow_places *places, char *why,
			   size_t why_bytes);
phys_addr_t shadow_boot_lowmem_end(const struct shadow_mm *mm);
void shadow_boot_zone_limits(struct shadow_mm *mm);
int shadow_boot_split_nodes(struct shadow_mm *mm, char *effect);
void shadow_boot_set_nodes(struct shadow_mm *mm);
void shadow_boot_set_cpus(struct shadow_mm *mm);

#endif /* SHADOW_BOOT_ZONE_H */
