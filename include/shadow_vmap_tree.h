/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_vmap_tree - which parts of a window of virtual addresses are taken:
 * a search tree of areas that finds the lowest gap of a length, an area by
 * address, and takes an area in or out, each in O(log n). Does what the rbtrees
 * of mm/vmalloc.c do (free_vmap_area_root with its subtree_max_size, and busy).
 *
 * The areas lie in the block, where anything may overwrite them. So they are
 * linked by 32-bit handles, and a handle is believed only when it lies in the
 * block and what it leads to says that it is that handle's area. Whatever does
 * not fit together raises the machine's fault and ends the operation.
 *
 * The tree is a treap: an area's rank is a seeded hash of its handle, no parent
 * ranks below its child. That keeps it as flat as a random tree whatever the
 * order in which areas come and go, and it is built the same way each time.
 *
 * Locking: the caller's.
 */
#ifndef SHADOW_VMAP_TREE_H
#define SHADOW_VMAP_TREE_H

#include "shadow_block.h"
#include "shadow_compat.h"
#include "shadow_fault.h"

/*
 * A handle is an area's offset in the block in units of an area's size, which
 * is its alignment too: blocks of up to 256 GiB can be named.
 */
#define SHADOW_VMAP_AREA_BYTES	64
#define SHADOW_VMAP_MAX_BLOCK	((u64)U32_MAX * SHADOW_VMAP_AREA_BYTES)
#define SHADOW_VMAP_NONE	U32_MAX	/* handle that names no area */

/* Flags of an area */
#define SHADOW_VMAP_ALLOC	BIT(0)	/* pages of our own: vmalloc */
#define SHADOW_VMAP_BUSY	BIT(1)	/* being filled or emptied: not to be found */
#define SHADOW_VMAP_MAP		BIT(2)	/* pages of others, held: vmap */
#define SHADOW_VMAP_IOREMAP	BIT(3)	/* physical addresses: ioremap */
#define SHADOW_VMAP_LAZY	BIT(4)	/* unmapped, but a TLB may still know it */
#define SHADOW_VMAP_HUGE	BIT(5)	/* some of the pages came in blocks */
#define SHADOW_VMAP_KINDS \
	(SHADOW_VMAP_ALLOC | SHADOW_VMAP_MAP | SHADOW_VMAP_IOREMAP)

/**
 * struct shadow_vmap_area - a range of virtual addresses in use
 * @va_start: first byte, page aligned
 * @va_end: end, guard page included
 * @gap: free bytes between the area before this one (or the window's start)
 *	and @va_start
 * @max_gap: largest @gap in the subtree whose root this is
 * @left: handle of the subtree at lower addresses
 * @right: handle of the subtree at higher addresses
 * @self: the handle of this area while it is in a tree
 * @flags: SHADOW_VMAP_*
 * @caller: address of the code that asked for it, or 0
 * @first_page: of vmalloc, memmap index of its first page: how the others follow
 *	is said in shadow_vmalloc_pages.c; of vmap, of the page with their indices
 * @nr_pages: of vmalloc and vmap, pages mapped, without the guard
 * @next_lazy: of what is LAZY: handle of the next one in its list
 * @pa: of ioremap, the first physical address
 *
 * An area is aligned to SHADOW_VMAP_AREA_BYTES.
 */
struct shadow_vmap_area {
	u64 va_start;
	u64 va_end;
	u64 gap;
	u64 max_gap;
	u32 left;
	u32 right;
	u32 self;
	u32 flags;
	u64 caller;
	union {
		struct {
			u32 first_page;
			u32 nr_pages;
		};
		u32 next_lazy;
		u64 pa;
	};
};

static_assert(sizeof(struct shadow_vmap_area) == SHADOW_VMAP_AREA_BYTES);

/*
 * No treap of 2^26 areas (all that 256 GiB of 4 KiB pages can fill) comes near
 * this depth, except with a chance below 10^-20: what is deeper is a loop.
 */
#define SHADOW_VMAP_MAX_DEPTH	128

/**
 * struct shadow_vmap_path - the areas from the root to a place in the tree
 * @nr: how many
 * @area: the areas, each one checked
 */
struct shadow_vmap_path {
	unsigned int nr;
	struct shadow_vmap_area *area[SHADOW_VMAP_MAX_DEPTH];
};

/**
 * struct shadow_vmap_tree - the areas of one window
 * @areas: the block, as an array of areas: what handles are indices of
 * @nr_handles: its length
 * @fault: raised when a link or an area is found corrupt
 * @seed: decides the areas' ranks
 * @va_start: first byte of the window
 * @va_end: end of the window
 * @unit: all addresses are multiples of it: the page size
 * @end_gap: free bytes between the last area and @va_end
 * @root: handle of the topmost area
 * @nr: number of areas
 * @path: where insert and erase note their way: on the stack, hardened kernels
 *	would clear it each time
 * @newest: handle of the area that was taken last, or SHADOW_VMAP_NONE
 * @path_is_newest: @path is the way to it: nothing has changed since
 */
struct shadow_vmap_tree {
	struct shadow_vmap_area *areas;
	u32 nr_handles;
	struct shadow_fault *fault;
	u64 seed;
	u64 va_start;
	u64 va_end;
	u64 unit;
	u64 end_gap;
	u32 root;
	u32 nr;
	struct shadow_vmap_path path;
	u32 newest;
	bool path_is_newest;
};

int shadow_vmap_tree_init(struct shadow_vmap_tree *tree,
			  const struct shadow_block *block, u64 va_start,
			  u64 va_end, u64 unit, u64 seed,
			  struct shadow_fault *fault);
int shadow_vmap_tree_fit(struct shadow_vmap_tree *tree, u64 bytes, u64 align,
			 u64 *va);
int shadow_vmap_tree_take(struct shadow_vmap_tree *tree,
			  struct shadow_vmap_area *area, u64 bytes, u64 align);
int shadow_vmap_tree_insert(struct shadow_vmap_tree *tree,
			    struct shadow_vmap_area *area);
int shadow_vmap_tree_erase(struct shadow_vmap_tree *tree,
			   struct shadow_vmap_area *area);
int shadow_vmap_tree_absorb(struct shadow_vmap_tree *tree,
			    struct shadow_vmap_area *area,
			    struct shadow_vmap_area *next);
struct shadow_vmap_area *
shadow_vmap_tree_at(const struct shadow_vmap_tree *tree, u32 handle);
struct shadow_vmap_area *
shadow_vmap_tree_peek(const struct shadow_vmap_tree *tree, u32 handle);
struct shadow_vmap_area *
shadow_vmap_tree_find(const struct shadow_vmap_tree *tree, u64 va);
struct shadow_vmap_area *
shadow_vmap_tree_next(const struct shadow_vmap_tree *tree, u64 va);
int shadow_vmap_tree_max_gap(const struct shadow_vmap_tree *tree, u64 *bytes);
int shadow_vmap_tree_verify(const struct shadow_vmap_tree *tree,
			    struct shadow_fault *fault);

#endif /* SHADOW_VMAP_TREE_H */
