// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmap_tree_verify - is the index what it says it is? See
 * shadow_vmap_tree.h.
 */
#include "shadow_vmap_tree_link.h"

/**
 * shadow_vmap_tree_peek() - the area of a handle, if it is one
 * @tree: the tree
 * @handle: any number
 *
 * As shadow_vmap_tree_at(), for who only looks.
 *
 * Context: under the tree's lock.
 * Return: the area, or NULL.
 */
struct shadow_vmap_area *
shadow_vmap_tree_peek(const struct shadow_vmap_tree *tree, u32 handle)
{
	return shadow_vmap_peek(tree, handle);
}

/* A child exists, ranks below its parent, and has its gaps accounted for. */
static int verify_child(const struct shadow_vmap_tree *tree,
			const struct shadow_vmap_area *area, u32 handle,
			u64 *max_gap, struct shadow_fault *fault)
{
	struct shadow_vmap_area *child;

	if (handle == SHADOW_VMAP_NONE)
		return 0;
	child = shadow_vmap_peek(tree, handle);
	if (!child)
		return shadow_fault_raise(fault,
					  "vmap_tree: a link %#x of area %#llx leads to no area",
					  handle, area->va_start);
	if (shadow_vmap_rank(tree, handle) > shadow_vmap_rank(tree, area->self))
		return shadow_fault_raise(fault,
					  "vmap_tree: area %#llx ranks above its parent %#llx",
					  child->va_start, area->va_start);
	*max_gap = max(*max_gap, child->max_gap);
	return 0;
}

static int verify_links(const struct shadow_vmap_tree *tree,
			const struct shadow_vmap_area *area,
			struct shadow_fault *fault)
{
	u64 max_gap = area->gap;
	int err;

	err = verify_child(tree, area, area->left, &max_gap, fault);
	if (!err)
		err = verify_child(tree, area, area->right, &max_gap, fault);
	if (!err && max_gap != area->max_gap)
		err = shadow_fault_raise(fault,
					 "vmap_tree: area %#llx says that the largest gap below is %llu, it is %llu",
					 area->va_start, area->max_gap,
					 max_gap);
	return err;
}

/* What an area says about its range, given where the one before it ended. */
static int verify_range(const struct shadow_vmap_tree *tree,
			const struct shadow_vmap_area *area, u64 prev_end,
			struct shadow_fault *fault)
{
	if (area->va_start < prev_end)
		return shadow_fault_raise(fault,
					  "vmap_tree: area %#llx starts below %#llx, where the one before it ends",
					  area->va_start, prev_end);
	if (area->va_end <= area->va_start || area->va_end > tree->va_end)
		return shadow_fault_raise(fault,
					  "vmap_tree: area %#llx ends at %#llx, outside the window",
					  area->va_start, area->va_end);
	if (area->gap != area->va_start - prev_end)
		return shadow_fault_raise(fault,
					  "vmap_tree: area %#llx says that the gap before it is %llu, it is %llu",
					  area->va_start, area->gap,
					  area->va_start - prev_end);
	return 0;
}

/* What is left to say once all areas were met. */
static int verify_whole(const struct shadow_vmap_tree *tree, u32 nr,
			u64 last_end, struct shadow_fault *fault)
{
	if (nr != tree->nr)
		return shadow_fault_raise(fault,
					  "vmap_tree: %u areas, counted as %u",
					  nr, tree->nr);
	if (tree->end_gap != tree->va_end - last_end)
		return shadow_fault_raise(fault,
					  "vmap_tree: the gap at the end is said to be %llu, it is %llu",
					  tree->end_gap,
					  tree->va_end - last_end);
	return 0;
}

/**
 * shadow_vmap_tree_verify() - check the whole tree
 * @tree: the tree
 * @fault: where to say the first thing that is wrong
 *
 * All areas are met in the order of their addresses: each one disjoint from the
 * one before, its gap and largest gap right, its rank below its parent's.
 * Ranks fall with every step down, so this ends whatever the links are.
 *
 * Context: under the tree's lock.
 * Return: 0, or -EUCLEAN with @fault raised.
 */
int shadow_vmap_tree_verify(const struct shadow_vmap_tree *tree,
			    struct shadow_fault *fault)
{
	struct shadow_vmap_area *area;
	u64 prev_end = tree->va_start;
	u32 link = tree->root, nr = 0;
	struct shadow_vmap_path path;
	int err;

	path.nr = 0;
	while (link != SHADOW_VMAP_NONE || path.nr) {
		if (link != SHADOW_VMAP_NONE) {
			area = shadow_vmap_peek(tree, link);
			if (!area)
				return shadow_fault_raise(fault,
							  "vmap_tree: link %#x leads to no area",
							  link);
			err = verify_links(tree, area, fault);
			if (err)
				return err;
			if (path.nr == SHADOW_VMAP_MAX_DEPTH)
				return shadow_fault_raise(fault,
							  "vmap_tree: deeper than %u",
							  SHADOW_VMAP_MAX_DEPTH);
			path.area[path.nr++] = area;
			link = area->left;
			continue;
		}
		area = path.area[--path.nr];
		err = verify_range(tree, area, prev_end, fault);
		if (err)
			return err;
		prev_end = area->va_end;
		link = area->right;
		nr++;
	}
	return verify_whole(tree, nr, prev_end, fault);
}
