// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmap_tree - areas of a window by address: taken in and out. See
 * shadow_vmap_tree.h.
 */
#include "shadow_vmap_tree_link.h"

/**
 * shadow_vmap_tree_init() - a window without areas
 * @tree: what to initialise
 * @block: where areas will lie: its contents are at least a page, at most
 *	SHADOW_VMAP_MAX_BLOCK bytes
 * @va_start: first byte of the window
 * @va_end: end of the window
 * @unit: all addresses are multiples of it, a power of two: the page size
 * @seed: decides the areas' ranks, so the shape of the tree
 * @fault: the machine's
 *
 * Context: any.
 * Return: 0; -EINVAL for a window that is empty or not of whole units, or a block
 * that is none or not aligned to an area; -E2BIG for a block that handles cannot name.
 */
int shadow_vmap_tree_init(struct shadow_vmap_tree *tree,
			  const struct shadow_block *block, u64 va_start,
			  u64 va_end, u64 unit, u64 seed,
			  struct shadow_fault *fault)
{
	u64 bytes = shadow_block_contents_bytes(block);

	if (va_start >= va_end || !IS_ALIGNED(va_start | va_end, unit) ||
	    !block->virt ||
	    bytes < SHADOW_VMAP_AREA_BYTES ||
	    !IS_ALIGNED((unsigned long)block->virt, SHADOW_VMAP_AREA_BYTES))
		return -EINVAL;
	if (bytes > SHADOW_VMAP_MAX_BLOCK)
		return -E2BIG;

	tree->areas = block->virt;
	tree->nr_handles = bytes / SHADOW_VMAP_AREA_BYTES;
	tree->fault = fault;
	tree->seed = seed;
	tree->va_start = va_start;
	tree->va_end = va_end;
	tree->unit = unit;
	tree->end_gap = va_end - va_start;
	tree->root = SHADOW_VMAP_NONE;
	tree->nr = 0;
	tree->newest = SHADOW_VMAP_NONE;
	tree->path_is_newest = false;
	return 0;
}

/* Let an area know the largest gap at or below it; *@same: it knew. */
static int update(const struct shadow_vmap_tree *tree,
		  struct shadow_vmap_area *area, bool *same)
{
	u64 max_gap = area->gap;
	struct shadow_vmap_area *child;

	if (area->left != SHADOW_VMAP_NONE) {
		child = shadow_vmap_area_at(tree, area->left);
		if (unlikely(!child))
			return -EUCLEAN;
		max_gap = max(max_gap, child->max_gap);
	}
	if (area->right != SHADOW_VMAP_NONE) {
		child = shadow_vmap_area_at(tree, area->right);
		if (unlikely(!child))
			return -EUCLEAN;
		max_gap = max(max_gap, child->max_gap);
	}
	*same = area->max_gap == max_gap;
	area->max_gap = max_gap;
	return 0;
}

/* Update the areas of a path from its end to index @at. */
static int update_from(const struct shadow_vmap_tree *tree,
		       const struct shadow_vmap_path *path, unsigned int at)
{
	unsigned int i = path->nr;
	bool same;
	int err;

	while (i-- > at) {
		err = update(tree, path->area[i], &same);
		if (unlikely(err))
			return err;
	}
	return 0;
}

/*
 * Update the areas of a path from index @end - 1 towards the root. Up to index
 * @fixed something else changed too, so they need it in any case. Above that,
 * gaps of at most @bytes came or went: who has a larger one has it elsewhere,
 * and who stays the same has nothing to tell.
 */
static int climb(const struct shadow_vmap_tree *tree,
		 const struct shadow_vmap_path *path, unsigned int end,
		 unsigned int fixed, u64 bytes)
{
	bool same;
	int err;

	while (end--) {
		if (end < fixed && path->area[end]->max_gap > bytes)
			break;
		err = update(tree, path->area[end], &same);
		if (unlikely(err))
			return err;
		if (same && end < fixed)
			break;
	}
	return 0;
}

/* The free bytes below the next area, and where it starts. */
static u64 *gap_before(struct shadow_vmap_tree *tree,
		       const struct shadow_vmap_place *place, u64 *start)
{
	*start = place->next ? place->next->va_start : tree->va_end;
	return place->next ? &place->next->gap : &tree->end_gap;
}

/* All the way down, to the place of an area that is not in the tree. */
static int descend(struct shadow_vmap_tree *tree, u64 va,
		   struct shadow_vmap_place *place)
{
	struct shadow_vmap_area *area;
	u32 link = tree->root;

	shadow_vmap_start_path(tree, place);
	while (link != SHADOW_VMAP_NONE) {
		area = shadow_vmap_step(tree, place->path, link);
		if (unlikely(!area))
			return -EUCLEAN;
		if (va < area->va_start) {
			shadow_vmap_note_next(place, area);
			link = area->left;
		} else {
			link = area->right;
		}
	}
	if (!place->next)
		place->next_index = place->path->nr;
	return 0;
}

/* Make the link of @parent (or the root) on the side of @va lead elsewhere. */
static void relink(struct shadow_vmap_tree *tree,
		   struct shadow_vmap_area *parent, u64 va, u32 handle)
{
	if (!parent)
		tree->root = handle;
	else if (va < parent->va_start)
		parent->left = handle;
	else
		parent->right = handle;
}

/*
 * Put @area above the areas of @path from index @at on, which rank below it:
 * those at lower addresses go to its left, the others to its right. Each keeps
 * the child that is not on the path.
 */
static void split_path(struct shadow_vmap_area *area,
		       const struct shadow_vmap_path *path, unsigned int at)
{
	u32 *left = &area->left, *right = &area->right;
	struct shadow_vmap_area *below;

	for (; at < path->nr; at++) {
		below = path->area[at];
		if (area->va_start < below->va_start) {
			*right = below->self;
			right = &below->left;
		} else {
			*left = below->self;
			left = &below->right;
		}
	}
	*left = SHADOW_VMAP_NONE;
	*right = SHADOW_VMAP_NONE;
}

/*
 * First index of the path whose area ranks below @handle. Ranks fall along the
 * path, and it is mostly near the end.
 */
static unsigned int rank_in_path(const struct shadow_vmap_tree *tree,
				 const struct shadow_vmap_path *path, u32 handle)
{
	u64 rank = shadow_vmap_rank(tree, handle);
	unsigned int at = path->nr;

	while (at && shadow_vmap_rank(tree, path->area[at - 1]->self) < rank)
		at--;
	return at;
}

/* The handle that an area will have, or SHADOW_VMAP_NONE: it can have none */
static u32 handle_of(const struct shadow_vmap_tree *tree,
		     const struct shadow_vmap_area *area)
{
	u64 offset = (unsigned long)area - (unsigned long)tree->areas;
	u64 handle = offset / SHADOW_VMAP_AREA_BYTES;

	if (handle >= tree->nr_handles || offset % SHADOW_VMAP_AREA_BYTES)
		return SHADOW_VMAP_NONE;
	return handle;
}

/* Put an area into the gap that the place leads to, and that has room for it */
static int insert_at(struct shadow_vmap_tree *tree,
		     struct shadow_vmap_area *area, u32 handle,
		     const struct shadow_vmap_place *place)
{
	u64 *next_gap, next_start, touched;
	unsigned int at;
	bool same;
	int err = 0;

	next_gap = gap_before(tree, place, &next_start);
	area->self = handle;
	area->gap = area->va_start - (next_start - *next_gap);
	/* The largest gap in the tree that came or went */
	touched = place->next ? *next_gap : area->gap;
	*next_gap = next_start - area->va_end;

	at = rank_in_path(tree, &tree->path, handle);
	relink(tree, at ? tree->path.area[at - 1] : NULL, area->va_start,
	       handle);
	split_path(area, &tree->path, at);
	tree->nr++;

	area->max_gap = area->gap;
	if (at < tree->path.nr) {
		err = update_from(tree, &tree->path, at);
		if (!err)
			err = update(tree, area, &same);
	}
	/* Behind all others, and at once: no gap in the tree has changed */
	if (!err && touched)
		err = climb(tree, &tree->path, at, min(at, place->next_index),
			    touched);
	/* What is left of the path is the way to the area */
	tree->path.nr = at;
	return err;
}

/**
 * shadow_vmap_tree_take() - take the lowest gap that is long enough
 * @tree: the tree
 * @area: an area in the block that is in no tree; its va_start and va_end are
 *	set on success
 * @bytes: length wanted, a multiple of the unit, not 0
 * @align: what the address shall be a multiple of, a power of two, at least the
 *	unit
 *
 * What shadow_vmap_tree_fit() and then _insert() do, in one way down. Follows
 * __alloc_vmap_area().
 *
 * Context: under the tree's lock.
 * Return: 0; -EINVAL where @area is no place for an area; -ENOMEM where no gap
 * is that long; -EUCLEAN where the tree is corrupt. Except for the last, the
 * tree is as before.
 */
int shadow_vmap_tree_take(struct shadow_vmap_tree *tree,
			  struct shadow_vmap_area *area, u64 bytes, u64 align)
{
	struct shadow_vmap_place place = { .path = &tree->path };
	u32 handle = handle_of(tree, area);
	u64 va;
	int err;

	if (unlikely(handle == SHADOW_VMAP_NONE))
		return -EINVAL;
	err = shadow_vmap_find_fit(tree, bytes, align, &place, &va);
	if (unlikely(err))
		return err;
	/* It follows from what an area in the block says of the gap before it */
	if (unlikely(va - tree->va_start > tree->va_end - tree->va_start - bytes))
		return shadow_fault_raise(tree->fault,
					  "vmap_tree: a gap at %#llx, outside of the window",
					  va);
	area->va_start = va;
	area->va_end = va + bytes;
	err = insert_at(tree, area, handle, &place);
	tree->newest = handle;
	tree->path_is_newest = !err;
	return err;
}

/**
 * shadow_vmap_tree_insert() - take a range of the window
 * @tree: the tree
 * @area: an area in the block that is in no tree, with va_start and va_end set
 *
 * Context: under the tree's lock.
 * Return: 0; -EINVAL where @area is no place for an area, or its range is empty
 * or not of whole units; -EEXIST where the range is not all free; -EUCLEAN where the tree is
 * corrupt. Except for the last, the tree is as before.
 */
int shadow_vmap_tree_insert(struct shadow_vmap_tree *tree,
			    struct shadow_vmap_area *area)
{
	struct shadow_vmap_place place = { .path = &tree->path };
	u32 handle = handle_of(tree, area);
	u64 *next_gap, next_start;
	int err;

	if (handle == SHADOW_VMAP_NONE || area->va_start >= area->va_end ||
	    !IS_ALIGNED(area->va_start | area->va_end, tree->unit))
		return -EINVAL;
	err = descend(tree, area->va_start, &place);
	if (err)
		return err;
	next_gap = gap_before(tree, &place, &next_start);
	if (area->va_end > next_start ||
	    area->va_start < next_start - *next_gap)
		return -EEXIST;
	return insert_at(tree, area, handle, &place);
}

/* An area is linked no more */
static void leave(struct shadow_vmap_tree *tree, struct shadow_vmap_area *area)
{
	if (tree->newest == area->self)
		tree->newest = SHADOW_VMAP_NONE;
	area->self = SHADOW_VMAP_NONE;
	tree->nr--;
}

/* Down to the area itself, which must be found. */
static int descend_to(struct shadow_vmap_tree *tree,
		      const struct shadow_vmap_area *area,
		      struct shadow_vmap_place *place)
{
	struct shadow_vmap_area *cur;
	u32 link = tree->root;
	int err;

	shadow_vmap_start_path(tree, place);
	while (link != SHADOW_VMAP_NONE) {
		cur = shadow_vmap_area_at(tree, link);
		if (unlikely(!cur))
			return -EUCLEAN;
		if (cur == area)
			return 0;
		err = shadow_vmap_push(tree, place->path, cur);
		if (unlikely(err))
			return err;
		if (area->va_start < cur->va_start) {
			shadow_vmap_note_next(place, cur);
			link = cur->left;
		} else {
			link = cur->right;
		}
	}
	return -ENOENT;
}

/*
 * Join the two subtrees of an area that goes away, and hang what comes out on
 * its parent. The path is continued along the seam; *@rest is what is below it
 * on the right.
 */
static int join_children(struct shadow_vmap_tree *tree,
			 const struct shadow_vmap_area *area,
			 struct shadow_vmap_place *place, u32 *rest)
{
	struct shadow_vmap_path *path = place->path;
	struct shadow_vmap_area *parent, *top;
	u32 left = area->left, right = area->right;
	u32 upper;

	parent = path->nr ? path->area[path->nr - 1] : NULL;
	while (left != SHADOW_VMAP_NONE && right != SHADOW_VMAP_NONE) {
		upper = shadow_vmap_rank(tree, left) > shadow_vmap_rank(tree, right) ? left :
								     right;
		top = shadow_vmap_step(tree, path, upper);
		if (unlikely(!top))
			return -EUCLEAN;
		relink(tree, parent, area->va_start, upper);
		if (upper == left) {
			left = top->right;
		} else {
			shadow_vmap_note_next(place, top);
			right = top->left;
		}
		parent = top;
	}
	relink(tree, parent, area->va_start,
	       left != SHADOW_VMAP_NONE ? left : right);
	*rest = right;
	return 0;
}

/* On from a seam to the area that follows the one that goes */
static int descend_to_next(struct shadow_vmap_tree *tree,
			   struct shadow_vmap_place *place, u32 link)
{
	struct shadow_vmap_area *area;

	for (; link != SHADOW_VMAP_NONE; link = area->left) {
		area = shadow_vmap_step(tree, place->path, link);
		if (unlikely(!area))
			return -EUCLEAN;
		shadow_vmap_note_next(place, area);
	}
	return 0;
}

/**
 * shadow_vmap_tree_erase() - give a range of the window back
 * @tree: the tree
 * @area: an area in the tree
 *
 * Context: under the tree's lock.
 * Return: 0; -ENOENT where @area is not in the tree, which is then as before;
 * -EUCLEAN where the tree is corrupt.
 */
int shadow_vmap_tree_erase(struct shadow_vmap_tree *tree,
			   struct shadow_vmap_area *area)
{
	u64 *next_gap, next_start, touched;
	struct shadow_vmap_place place = { .path = &tree->path };
	unsigned int at;
	u32 rest;
	int err;

	err = descend_to(tree, area, &place);
	if (err)
		return err;
	at = tree->path.nr;
	err = join_children(tree, area, &place, &rest);
	if (!err)
		err = descend_to_next(tree, &place, rest);
	if (err)
		return err;
	if (!place.next)
		place.next_index = at;

	next_gap = gap_before(tree, &place, &next_start);
	if (unlikely(next_start - *next_gap != area->va_end))
		return shadow_fault_raise(tree->fault,
					  "vmap_tree: area %#llx does not end at the gap behind it",
					  area->va_start);
	*next_gap += area->gap + (area->va_end - area->va_start);
	touched = place.next ? *next_gap : area->gap;
	leave(tree, area);
	return climb(tree, &tree->path, tree->path.nr,
		     min(at, place.next_index), touched);
}

/* Is the path still the way to this area, and does it end there? */
static bool path_leads_to(const struct shadow_vmap_tree *tree,
			  const struct shadow_vmap_area *area)
{
	const struct shadow_vmap_area *parent;

	if (!tree->path_is_newest || tree->newest != area->self)
		return false;
	if (!tree->path.nr)
		return tree->root == area->self;
	parent = tree->path.area[tree->path.nr - 1];
	return area->self == (area->va_start < parent->va_start ?
			      parent->left : parent->right);
}

/**
 * shadow_vmap_tree_absorb() - two areas without a gap become one
 * @tree: the tree
 * @area: an area in the tree
 * @next: the one that starts where @area ends; not in the tree any more then
 *
 * No gap comes or goes, so that only what was below @next is looked at.
 *
 * Context: under the tree's lock.
 * Return: 0; -EINVAL where there is a gap, -ENOENT where @next is not in the
 * tree, which is then as before; -EUCLEAN where the tree is corrupt.
 */
int shadow_vmap_tree_absorb(struct shadow_vmap_tree *tree,
			    struct shadow_vmap_area *area,
			    struct shadow_vmap_area *next)
{
	struct shadow_vmap_place place = { .path = &tree->path };
	unsigned int at;
	u32 rest;
	int err;

	if (area->va_end != next->va_start || next->gap)
		return -EINVAL;
	err = path_leads_to(tree, next) ? 0 : descend_to(tree, next, &place);
	if (err)
		return err;
	tree->path_is_newest = false;
	at = tree->path.nr;
	err = join_children(tree, next, &place, &rest);
	if (!err)
		err = update_from(tree, &tree->path, at);
	if (err)
		return err;
	area->va_end = next->va_end;
	leave(tree, next);
	return 0;
}
