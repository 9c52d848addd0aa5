// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmap_tree - areas of a window by address. See shadow_vmap_tree.h.
 */
#include "shadow_vmap_tree.h"

/* A hash that no arithmetic progression of handles lines up with. */
static u64 rank_of(const struct shadow_vmap_tree *tree, u32 handle)
{
	u64 x = (handle ^ tree->seed) * 0x9e3779b97f4a7c15ULL;

	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	/* Handles differ, so no two ranks are equal. */
	return (x & ~(u64)U32_MAX) | handle;
}

/* The area of a handle that cannot be trusted, or NULL. */
static struct shadow_vmap_area *peek(const struct shadow_vmap_tree *tree,
				     u32 handle)
{
	struct shadow_vmap_area *area = tree->areas + handle;

	if (unlikely(handle >= tree->nr_handles || area->self != handle))
		return NULL;
	return area;
}

static struct shadow_vmap_area *area_at(const struct shadow_vmap_tree *tree,
					u32 handle)
{
	struct shadow_vmap_area *area = peek(tree, handle);

	if (unlikely(!area))
		shadow_fault_raise(tree->fault,
				   "vmap_tree: link %#x leads to no area",
				   handle);
	return area;
}

static int push(const struct shadow_vmap_tree *tree,
		struct shadow_vmap_path *path, struct shadow_vmap_area *area)
{
	if (unlikely(path->nr == SHADOW_VMAP_MAX_DEPTH))
		return shadow_fault_raise(tree->fault,
					  "vmap_tree: links form a loop");
	path->area[path->nr++] = area;
	return 0;
}

/**
 * shadow_vmap_tree_init() - a window without areas
 * @tree: what to initialise
 * @block: where areas will lie: its contents are at least a page, at most
 *	SHADOW_VMAP_MAX_BLOCK bytes
 * @va_start: first byte of the window
 * @va_end: end of the window
 * @seed: decides the areas' ranks, so the shape of the tree
 * @fault: the machine's
 *
 * Context: any.
 * Return: 0; -EINVAL for an empty window or a block that is none or not aligned
 * to an area; -E2BIG for a block that handles cannot name.
 */
int shadow_vmap_tree_init(struct shadow_vmap_tree *tree,
			  const struct shadow_block *block, u64 va_start,
			  u64 va_end, u64 seed, struct shadow_fault *fault)
{
	u64 bytes = shadow_block_contents_bytes(block);

	if (va_start >= va_end || !block->virt ||
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
	tree->end_gap = va_end - va_start;
	tree->root = SHADOW_VMAP_NONE;
	tree->nr = 0;
	return 0;
}

/*
 * The first area with a gap of @bytes, in the subtree of *@found, which says
 * that there is one.
 */
static int lowest_gap(const struct shadow_vmap_tree *tree, u64 bytes,
		      struct shadow_vmap_area **found)
{
	struct shadow_vmap_area *area = *found, *child;
	unsigned int depth;

	for (depth = 0; depth < SHADOW_VMAP_MAX_DEPTH; depth++) {
		if (area->left != SHADOW_VMAP_NONE) {
			child = area_at(tree, area->left);
			if (unlikely(!child))
				return -EUCLEAN;
			if (child->max_gap >= bytes) {
				area = child;
				continue;
			}
		}
		if (area->gap >= bytes) {
			*found = area;
			return 0;
		}
		if (unlikely(area->right == SHADOW_VMAP_NONE))
			break;
		area = area_at(tree, area->right);
		if (unlikely(!area))
			return -EUCLEAN;
		if (unlikely(area->max_gap < bytes))
			break;
	}
	return shadow_fault_raise(tree->fault,
				  "vmap_tree: no gap of %llu bytes where one is said to be",
				  bytes);
}

/**
 * shadow_vmap_tree_fit() - the lowest gap that is long enough
 * @tree: the tree
 * @bytes: length wanted, not 0
 * @va: set to the gap's first byte
 *
 * Follows find_vmap_lowest_match().
 *
 * Context: under the tree's lock.
 * Return: 0; -ENOMEM where no gap is that long; -EUCLEAN where the tree is
 * corrupt.
 */
int shadow_vmap_tree_fit(const struct shadow_vmap_tree *tree, u64 bytes,
			 u64 *va)
{
	struct shadow_vmap_area *area;
	int err;

	if (tree->root != SHADOW_VMAP_NONE) {
		area = area_at(tree, tree->root);
		if (unlikely(!area))
			return -EUCLEAN;
		if (area->max_gap >= bytes) {
			err = lowest_gap(tree, bytes, &area);
			if (!err)
				*va = area->va_start - area->gap;
			return err;
		}
	}
	if (tree->end_gap < bytes)
		return -ENOMEM;
	*va = tree->va_end - tree->end_gap;
	return 0;
}

/* Let an area know the largest gap at or below it; *@same: it knew. */
static int update(const struct shadow_vmap_tree *tree,
		  struct shadow_vmap_area *area, bool *same)
{
	u64 max_gap = area->gap;
	struct shadow_vmap_area *child;

	if (area->left != SHADOW_VMAP_NONE) {
		child = area_at(tree, area->left);
		if (unlikely(!child))
			return -EUCLEAN;
		max_gap = max(max_gap, child->max_gap);
	}
	if (area->right != SHADOW_VMAP_NONE) {
		child = area_at(tree, area->right);
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

/**
 * struct place - where an address is in the tree
 * @path: from the root to the address; the tree's own
 * @next: the first area above the address; NULL: there is none
 * @next_index: its index in @path; where @next is NULL, the path's length
 */
struct place {
	struct shadow_vmap_path *path;
	struct shadow_vmap_area *next;
	unsigned int next_index;
};

static void note_next(struct place *place, struct shadow_vmap_area *area)
{
	place->next = area;
	place->next_index = place->path->nr - 1;
}

/* The free bytes below the next area, and where it starts. */
static u64 *gap_before(struct shadow_vmap_tree *tree, const struct place *place,
		       u64 *start)
{
	*start = place->next ? place->next->va_start : tree->va_end;
	return place->next ? &place->next->gap : &tree->end_gap;
}

/* All the way down, to the place of an area that is not in the tree. */
static int descend(const struct shadow_vmap_tree *tree, u64 va,
		   struct place *place)
{
	struct shadow_vmap_area *area;
	u32 link = tree->root;
	int err;

	place->path->nr = 0;
	place->next = NULL;
	while (link != SHADOW_VMAP_NONE) {
		area = area_at(tree, link);
		if (unlikely(!area))
			return -EUCLEAN;
		err = push(tree, place->path, area);
		if (unlikely(err))
			return err;
		if (va < area->va_start) {
			note_next(place, area);
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
	u64 rank = rank_of(tree, handle);
	unsigned int at = path->nr;

	while (at && rank_of(tree, path->area[at - 1]->self) < rank)
		at--;
	return at;
}

/**
 * shadow_vmap_tree_insert() - take a range of the window
 * @tree: the tree
 * @area: an area in the block that is in no tree, with va_start and va_end set
 *
 * Context: under the tree's lock.
 * Return: 0; -EINVAL where @area is no place for an area, or its range is
 * empty; -EEXIST where the range is not all free; -EUCLEAN where the tree is
 * corrupt. Except for the last, the tree is as before.
 */
int shadow_vmap_tree_insert(struct shadow_vmap_tree *tree,
			    struct shadow_vmap_area *area)
{
	u64 offset = (unsigned long)area - (unsigned long)tree->areas;
	u64 handle = offset / SHADOW_VMAP_AREA_BYTES;
	u64 *next_gap, next_start, touched;
	struct place place = { .path = &tree->path };
	unsigned int at;
	bool same;
	int err;

	if (handle >= tree->nr_handles || offset % SHADOW_VMAP_AREA_BYTES ||
	    area->va_start >= area->va_end)
		return -EINVAL;

	err = descend(tree, area->va_start, &place);
	if (err)
		return err;
	next_gap = gap_before(tree, &place, &next_start);
	if (area->va_end > next_start ||
	    area->va_start < next_start - *next_gap)
		return -EEXIST;

	area->self = handle;
	area->gap = area->va_start - (next_start - *next_gap);
	/* The largest gap in the tree that came or went */
	touched = place.next ? *next_gap : area->gap;
	*next_gap = next_start - area->va_end;

	at = rank_in_path(tree, &tree->path, handle);
	relink(tree, at ? tree->path.area[at - 1] : NULL, area->va_start,
	       handle);
	split_path(area, &tree->path, at);
	tree->nr++;

	err = update_from(tree, &tree->path, at);
	if (!err)
		err = update(tree, area, &same);
	if (!err)
		err = climb(tree, &tree->path, at, min(at, place.next_index),
			    touched);
	return err;
}

/* Down to the area itself, which must be found. */
static int descend_to(const struct shadow_vmap_tree *tree,
		      const struct shadow_vmap_area *area, struct place *place)
{
	struct shadow_vmap_area *cur;
	u32 link = tree->root;
	int err;

	place->path->nr = 0;
	place->next = NULL;
	while (link != SHADOW_VMAP_NONE) {
		cur = area_at(tree, link);
		if (unlikely(!cur))
			return -EUCLEAN;
		if (cur == area)
			return 0;
		err = push(tree, place->path, cur);
		if (unlikely(err))
			return err;
		if (area->va_start < cur->va_start) {
			note_next(place, cur);
			link = cur->left;
		} else {
			link = cur->right;
		}
	}
	return -ENOENT;
}

/*
 * Join the two subtrees of an area that goes away, and hang what comes out on
 * its parent. The path is continued along the seam, and then to the area that
 * follows the one that goes.
 */
static int join_children(struct shadow_vmap_tree *tree,
			 const struct shadow_vmap_area *area,
			 struct place *place)
{
	struct shadow_vmap_path *path = place->path;
	struct shadow_vmap_area *parent, *top;
	u32 left = area->left, right = area->right;
	u32 upper;
	int err;

	parent = path->nr ? path->area[path->nr - 1] : NULL;
	while (left != SHADOW_VMAP_NONE && right != SHADOW_VMAP_NONE) {
		upper = rank_of(tree, left) > rank_of(tree, right) ? left :
								     right;
		top = area_at(tree, upper);
		if (unlikely(!top))
			return -EUCLEAN;
		relink(tree, parent, area->va_start, upper);
		err = push(tree, path, top);
		if (unlikely(err))
			return err;
		if (upper == left) {
			left = top->right;
		} else {
			note_next(place, top);
			right = top->left;
		}
		parent = top;
	}
	relink(tree, parent, area->va_start,
	       left != SHADOW_VMAP_NONE ? left : right);

	for (; right != SHADOW_VMAP_NONE; right = top->left) {
		top = area_at(tree, right);
		if (unlikely(!top))
			return -EUCLEAN;
		err = push(tree, path, top);
		if (unlikely(err))
			return err;
		note_next(place, top);
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
	struct place place = { .path = &tree->path };
	unsigned int at;
	int err;

	err = descend_to(tree, area, &place);
	if (err)
		return err;
	at = tree->path.nr;
	err = join_children(tree, area, &place);
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
	area->self = SHADOW_VMAP_NONE;
	tree->nr--;
	return climb(tree, &tree->path, tree->path.nr,
		     min(at, place.next_index), touched);
}

/**
 * shadow_vmap_tree_next() - the area at an address, or the first one above it
 * @tree: the tree
 * @va: address
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
		area = area_at(tree, link);
		if (unlikely(!area))
			return ERR_PTR(-EUCLEAN);
		if (unlikely(depth++ == SHADOW_VMAP_MAX_DEPTH))
			return ERR_PTR(shadow_fault_raise(tree->fault,
					"vmap_tree: links form a loop"));
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
	root = area_at(tree, tree->root);
	if (unlikely(!root))
		return -EUCLEAN;
	*bytes = max(*bytes, root->max_gap);
	return 0;
}

/* A child exists, ranks below its parent, and has its gaps accounted for. */
static int verify_child(const struct shadow_vmap_tree *tree,
			const struct shadow_vmap_area *area, u32 handle,
			u64 *max_gap, struct shadow_fault *fault)
{
	struct shadow_vmap_area *child;

	if (handle == SHADOW_VMAP_NONE)
		return 0;
	child = peek(tree, handle);
	if (!child)
		return shadow_fault_raise(fault,
					  "vmap_tree: a link %#x of area %#llx leads to no area",
					  handle, area->va_start);
	if (rank_of(tree, handle) > rank_of(tree, area->self))
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
			area = peek(tree, link);
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
