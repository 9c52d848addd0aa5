/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_vmap_tree_link - what the files of shadow_vmap_tree share: how a link
 * is followed, which area is above which, and where an address is. Nobody else
 * includes this.
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

/* The same for who needs it: NULL freezes the machine. */
static inline struct shadow_vmap_area *
shadow_vmap_area_at(const struct shadow_vmap_tree *tree, u32 handle)
{
	struct shadow_vmap_area *area = shadow_vmap_peek(tree, handle);

	if (unlikely(!area))
		shadow_fault_raise(tree->fault,
				   "vmap_tree: link %#x leads to no area",
				   handle);
	return area;
}

/* The path goes on to an area. */
static inline int shadow_vmap_push(const struct shadow_vmap_tree *tree,
				   struct shadow_vmap_path *path,
				   struct shadow_vmap_area *area)
{
	if (unlikely(path->nr == SHADOW_VMAP_MAX_DEPTH))
		return shadow_fault_raise(tree->fault,
					  "vmap_tree: links form a loop");
	path->area[path->nr++] = area;
	return 0;
}

/* The area that a link leads to, as the path's new end; NULL freezes the machine. */
static __always_inline struct shadow_vmap_area *
shadow_vmap_step(const struct shadow_vmap_tree *tree,
		 struct shadow_vmap_path *path, u32 link)
{
	struct shadow_vmap_area *area = shadow_vmap_area_at(tree, link);

	if (unlikely(!area || shadow_vmap_push(tree, path, area)))
		return NULL;
	return area;
}

/**
 * struct shadow_vmap_place - where an address is in the tree
 * @path: from the root to the address; the tree's own
 * @next: the first area above the address; NULL: there is none
 * @next_index: its index in @path; where @next is NULL, the path's length
 */
struct shadow_vmap_place {
	struct shadow_vmap_path *path;
	struct shadow_vmap_area *next;
	unsigned int next_index;
};

static inline void shadow_vmap_start_path(struct shadow_vmap_tree *tree,
					  struct shadow_vmap_place *place)
{
	tree->path_is_newest = false;
	place->path->nr = 0;
	place->next = NULL;
}

/* The area that the path ends with is above the address. */
static inline void shadow_vmap_note_next(struct shadow_vmap_place *place,
					 struct shadow_vmap_area *area)
{
	place->next = area;
	place->next_index = place->path->nr - 1;
}

int shadow_vmap_find_fit(struct shadow_vmap_tree *tree, u64 bytes, u64 align,
			 struct shadow_vmap_place *place, u64 *va);

#endif /* SHADOW_VMAP_TREE_LINK_H */
