// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmap_tree_find - what is looked for in the tree: a gap, or an area by
 * its address. See shadow_vmap_tree.h.
 */
#include "shadow_vmap_tree_link.h"

/* Where an area fits into a gap; false: nowhere */
static __always_inline bool gap_takes(u64 start, u64 end, u64 bytes, u64 align,
				      u64 *va)
{
	u64 first = ALIGN(start, align);

	if (first < start || first > end || end - first < bytes)
		return false;
	*va = first;
	return true;
}

/* On from a link to the highest area below it */
static __always_inline int
descend_to_last(const struct shadow_vmap_tree *tree,
		struct shadow_vmap_path *path, u32 link)
{
	struct shadow_vmap_area *area;

	for (; link != SHADOW_VMAP_NONE; link = area->right) {
		area = shadow_vmap_step(tree, path, link);
		if (unlikely(!area))
			return -EUCLEAN;
	}
	return 0;
}

/* Behind all areas, where no gap between them has @bytes */
static int descend_to_end(struct shadow_vmap_tree *tree, u64 bytes,
			  struct shadow_vmap_place *place, u64 *va)
{
	int err;

	if (tree->end_gap < bytes)
		return -ENOMEM;
	err = descend_to_last(tree, place->path, tree->root);
	if (unlikely(err))
		return err;
	place->next_index = place->path->nr;
	*va = tree->va_end - tree->end_gap;
	return 0;
}

/**
 * shadow_vmap_find_fit() - down to the lowest gap that is long enough
 * @tree: the tree
 * @bytes: length wanted, a multiple of the unit, not 0
 * @align: what the address shall be a multiple of, a power of two, at least the
 *	unit
 * @place: set to where an area at @va belongs; its path is the tree's
 * @va: set to the address
 *
 * To the lowest gap that has @bytes wherever it starts, or to one below it that
 * happens to start well.
 *
 * Context: under the tree's lock.
 * Return: 0; -ENOMEM where no gap is that long; -EUCLEAN where the tree is
 * corrupt.
 */
int shadow_vmap_find_fit(struct shadow_vmap_tree *tree, u64 bytes, u64 align,
			 struct shadow_vmap_place *place, u64 *va)
{
	u64 sure = bytes + align - tree->unit;
	struct shadow_vmap_area *area, *child;
	u32 link = tree->root;
	int err;

	shadow_vmap_start_path(tree, place);
	area = link == SHADOW_VMAP_NONE ? NULL : shadow_vmap_area_at(tree, link);
	if (area && align == tree->unit && area->max_gap < bytes)
		return descend_to_end(tree, bytes, place, va);
	while (link != SHADOW_VMAP_NONE) {
		if (unlikely(!area))
			return -EUCLEAN;
		err = shadow_vmap_push(tree, place->path, area);
		if (unlikely(err))
			return err;
		link = area->left;
		if (link != SHADOW_VMAP_NONE && area->max_gap >= sure) {
			child = shadow_vmap_area_at(tree, link);
			if (unlikely(!child))
				return -EUCLEAN;
			if (child->max_gap >= sure) {
				shadow_vmap_note_next(place, area);
				area = child;
				continue;
			}
		}
		if (area->gap >= bytes &&
		    gap_takes(area->va_start - area->gap, area->va_start,
			      bytes, align, va)) {
			shadow_vmap_note_next(place, area);
			/* To where an area in that gap belongs */
			return descend_to_last(tree, place->path, area->left);
		}
		link = area->right;
		if (link != SHADOW_VMAP_NONE)
			area = shadow_vmap_area_at(tree, link);
	}
	if (unlikely(place->next))
		return shadow_fault_raise(tree->fault,
					  "vmap_tree: no gap of %llu bytes where one is said to be",
					  sure);
	place->next_index = place->path->nr;
	if (!gap_takes(tree->va_end - tree->end_gap, tree->va_end, bytes,
		       align, va))
		return -ENOMEM;
	return 0;
}

/**
 * shadow_vmap_tree_fit() - the lowest gap that is long enough
 * @tree: the tree
 * @bytes: length wanted, a multiple of the unit, not 0
 * @align: what the address shall be a multiple of, a power of two, at least the
 *	unit
 * @va: set to the address
 *
 * With an alignment, gaps that are long enough only where they start well are
 * looked at on the way alone: finding the lowest of those would take a look at
 * all gaps. Follows find_vmap_lowest_match(), which does the same.
 *
 * Context: under the tree's lock.
 * Return: 0; -ENOMEM where no gap is that long; -EUCLEAN where the tree is
 * corrupt.
 */
int shadow_vmap_tree_fit(struct shadow_vmap_tree *tree, u64 bytes, u64 align,
			 u64 *va)
{
	struct shadow_vmap_place place = { .path = &tree->path };

	return shadow_vmap_find_fit(tree, bytes, align, &place, va);
}

/**
 * shadow_vmap_tree_at() - the area of a handle
 * @tree: the tree
 * @handle: any number: it may have been overwritten
 *
 * Context: under the tree's lock.
 * Return: the area; NULL where @handle is none of an area in the tree, and the
 * machine is frozen then.
 */
struct shadow_vmap_area *
shadow_vmap_tree_at(const struct shadow_vmap_tree *tree, u32 handle)
{
	return shadow_vmap_area_at(tree, handle);
}

/* A step of who needs no path; NULL freezes the machine. */
static __always_inline struct shadow_vmap_area *
look_at(const struct shadow_vmap_tree *tree, u32 link, unsigned int *depth)
{
	if (unlikely((*depth)++ == SHADOW_VMAP_MAX_DEPTH)) {
		shadow_fault_raise(tree->fault, "vmap_tree: links form a loop");
		return NULL;
	}
	return shadow_vmap_area_at(tree, link);
}

/**
 * shadow_vmap_tree_find() - the area that an address is in
 * @tree: the tree
 * @va: address
 *
 * Follows __find_vmap_area().
 *
 * Context: under the tree's lock.
 * Return: the area; NULL where there is none; ERR_PTR(-EUCLEAN) where the tree
 * is corrupt.
 */
struct shadow_vmap_area *
shadow_vmap_tree_find(const struct shadow_vmap_tree *tree, u64 va)
{
	struct shadow_vmap_area *area;
	unsigned int depth = 0;
	u32 link = tree->root;

	/* What came last goes first, often enough */
	area = shadow_vmap_peek(tree, tree->newest);
	if (area && va >= area->va_start && va < area->va_end)
		return area;
	while (link != SHADOW_VMAP_NONE) {
		area = look_at(tree, link, &depth);
		if (unlikely(!area))
			return ERR_PTR(-EUCLEAN);
		if (va < area->va_start)
			link = area->left;
		else if (va >= area->va_end)
			link = area->right;
		else
			return area;
	}
	return NULL;
}

/**
 * shadow_vmap_tree_next() - the area at an address, or the first one above it
 * @tree: the tree
 * @va: address
 *
 * For who only looks: a tree that is corrupt does not freeze the machine.
 *
 * Context: under the tree's lock.
 * Return: the lowest area whose va_end is above @va, NULL where there is none,
 * ERR_PTR(-EUCLEAN) where the tree is corrupt.
 */
struct shadow_vmap_area *
shadow_vmap_tree_next(const struct shadow_vmap_tree *tree, u64 va)
{
	struct shadow_vmap_area *area, *next = NULL;
	unsigned int depth = 0;
	u32 link = tree->root;

	while (link != SHADOW_VMAP_NONE) {
		area = shadow_vmap_peek(tree, link);
		if (unlikely(!area || depth++ == SHADOW_VMAP_MAX_DEPTH))
			return ERR_PTR(-EUCLEAN);
		if (area->va_end > va) {
			next = area;
			link = area->left;
		} else {
			link = area->right;
		}
	}
	return next;
}

/**
 * shadow_vmap_tree_max_gap() - the longest range that is free
 * @tree: the tree
 * @bytes: set to its length
 *
 * Context: under the tree's lock.
 * Return: 0; -EUCLEAN where the tree is corrupt.
 */
int shadow_vmap_tree_max_gap(const struct shadow_vmap_tree *tree, u64 *bytes)
{
	struct shadow_vmap_area *root;

	*bytes = tree->end_gap;
	if (tree->root == SHADOW_VMAP_NONE)
		return 0;
	root = shadow_vmap_area_at(tree, tree->root);
	if (unlikely(!root))
		return -EUCLEAN;
	*bytes = max(*bytes, root->max_gap);
	return 0;
}
