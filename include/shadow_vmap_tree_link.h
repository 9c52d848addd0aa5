/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_vmap_tree_link - what the files of shadow_vmap_tree share: how a link
 * is followed, and which area is above which. Nobody else includes this.
 */
#ifndef SHADOW_VMAP_TREE_LINK_H
#define SHADOW_VMAP_TREE_LINK_H

#include "shadow_vmap_tree.h"

/* A hash that no arithmetic progression of handles lines up with. */
static inline u64 shadow_vmap_rank(const struct shadow_vmap_tree *tree, u32 handle)
{
	u64 x = (handle ^ tree->seed) * 0x9e3779b97f4a7c15ULL;

	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	/* Handles differ, so no two ranks are equal. */
	return (x & ~(u64)U32_MAX) | handle;
}

/* The area of a handle that cannot be trusted, or NULL. */
static __always_inline struct shadow_vmap_area *
shadow_vmap_peek(const struct shadow_vmap_tree *tree, u32 handle)
{
	struct shadow_vmap_area *area = tree->areas + handle;

	if (unlikely(handle >= tree->nr_handles || area->self != handle))
		return NULL;
	return area;
}

#endif /* SHADOW_VMAP_TREE_LINK_H */
