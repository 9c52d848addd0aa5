// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_kmalloc_array - what is made of shadow_kmalloc(): memory for many
 * things, and zeroed memory.
 */
#include <linux/overflow.h>

#include "shadow_slab.h"

/**
 * shadow_kmalloc_array() - memory for many things of one size
 * @slab: the layer
 * @nr: how many
 * @bytes: of each
 * @gfp: as above
 *
 * Follows kmalloc_array(): a product that does not fit is refused, not cut.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the memory, or NULL as above, or where @nr times @bytes overflows.
 */
void *shadow_kmalloc_array(struct shadow_slab *slab, u64 nr, u64 bytes, u32 gfp)
{
	u64 sum;

	if (unlikely(check_mul_overflow(nr, bytes, &sum)))
		return NULL;
	return shadow_kmalloc(slab, sum, gfp);
}

/**
 * shadow_kcalloc() - zeroed memory for many things of one size
 * @slab: the layer
 * @nr: how many
 * @bytes: of each
 * @gfp: as above
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the memory, or NULL as shadow_kmalloc_array().
 */
void *shadow_kcalloc(struct shadow_slab *slab, u64 nr, u64 bytes, u32 gfp)
{
	return shadow_kmalloc_array(slab, nr, bytes, gfp | SHADOW_GFP_ZERO);
}

/**
 * shadow_kzalloc() - zeroed memory of any size
 * @slab: the layer
 * @bytes: how much
 * @gfp: as above
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the memory, or NULL as above.
 */
void *shadow_kzalloc(struct shadow_slab *slab, u64 bytes, u32 gfp)
{
	return shadow_kmalloc(slab, bytes, gfp | SHADOW_GFP_ZERO);
}
