// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_gfp - what the flags of an allocation come to. Follows
 * include/linux/gfp.h.
 */
#include "shadow_gfp.h"

/**
 * shadow_gfp_zone() - the highest zone that an allocation may use
 * @gfp: SHADOW_GFP_*
 *
 * Follows gfp_zone() of include/linux/gfp.h.
 *
 * Context: any.
 * Return: the zone's type.
 */
enum shadow_zone_type shadow_gfp_zone(u32 gfp)
{
	if (!(gfp & (SHADOW_GFP_DMA | SHADOW_GFP_DMA32 | SHADOW_GFP_HIGHMEM)))
		return SHADOW_ZONE_NORMAL;
	if (gfp & SHADOW_GFP_DMA)
		return SHADOW_ZONE_DMA;
	if (gfp & SHADOW_GFP_DMA32)
		return SHADOW_ZONE_DMA32;
	return gfp & SHADOW_GFP_MOVABLE ? SHADOW_ZONE_MOVABLE :
					  SHADOW_ZONE_HIGHMEM;
}

/**
 * shadow_zone_gfp() - what asks for frames of one zone and of no other
 * @type: the zone; DEVICE, where nothing is ever allocated, counts as NORMAL
 *
 * Context: any.
 * Return: SHADOW_GFP_*, for which shadow_gfp_zone() is @type.
 */
u32 shadow_zone_gfp(enum shadow_zone_type type)
{
	switch (type) {
	case SHADOW_ZONE_DMA:
		return SHADOW_GFP_THISZONE | SHADOW_GFP_DMA;
	case SHADOW_ZONE_DMA32:
		return SHADOW_GFP_THISZONE | SHADOW_GFP_DMA32;
	case SHADOW_ZONE_HIGHMEM:
		return SHADOW_GFP_THISZONE | SHADOW_GFP_HIGHMEM;
	case SHADOW_ZONE_MOVABLE:
		return SHADOW_GFP_THISZONE | SHADOW_GFP_HIGHMEM |
		       SHADOW_GFP_MOVABLE;
	default:
		return SHADOW_GFP_THISZONE;
	}
}
