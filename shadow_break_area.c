// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_break_area - damage to areas of the vmalloc window, to slots of kmap
 * and to memblock's regions. See shadow_break.h.
 */
#include "shadow_break_room.h"

#define FIRST	"there is no vmalloc area; first: vmalloc 8192"

/* Is a page of an area a leaf of its own, which can be changed alone? */
static bool is_page(struct shadow_mm *mm, u64 va, struct shadow_walk *walk)
{
	struct shadow_walker walker;

	shadow_pgtable_walker(&mm->swapper, &walker);
	return !shadow_walk(&walker, va, walk) && walk->nr_steps &&
	       walk->leaf_shift == mm->geo.page_shift && !walk->cont_shift;
}

/* Areas of vmalloc whose first page is one, from the lowest; the n-th */
static bool nth_area(struct shadow_break *b, u64 n, u64 *nr,
		     struct shadow_vmalloc_info *info, struct shadow_walk *walk)
{
	struct shadow_vmalloc *vm = &b->mm->vmalloc;
	u64 va = vm->tree.va_start;

	*nr = 0;
	while (!shadow_vmalloc_next(vm, va, info)) {
		va = info->va_end;
		if (!(info->flags & SHADOW_VMAP_ALLOC) ||
		    !is_page(b->mm, info->va_start, walk))
			continue;
		if ((*nr)++ == n)
			return true;
	}
	return false;
}

/* The page that is named, or the first one of some area; *@va: where */
static int find_page(struct shadow_break *b, u64 *va, struct shadow_walk *walk)
{
	struct shadow_vmalloc_info info;
	u64 nr;

	if (!b->ask->given) {
		nth_area(b, U64_MAX, &nr, &info, walk);
		if (!nr || !nth_area(b, b->rnd % nr, &nr, &info, walk))
			return shadow_break_refuse(b, -ENOENT, FIRST);
		*va = info.va_start;
		return 0;
	}
	*va = b->ask->where & ~0ULL << b->mm->geo.page_shift;
	if (!shadow_vmalloc_find(&b->mm->vmalloc, *va, &info) &&
	    info.flags & SHADOW_VMAP_ALLOC && is_page(b->mm, *va, walk))
		return 0;
	return shadow_break_refuse(b, -EINVAL,
		"VA %#llx: allowed: a page of vmalloc, mapped by itself; vmallocinfo lists areas",
				   b->ask->where);
}

/**
 * shadow_break_area_frame() - a page of an area is mapped to the next frame
 * @b: the damage
 *
 * Context: takes the tables' lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_area_frame(struct shadow_break *b)
{
	struct shadow_pgtable *pgt = &b->mm->swapper;
	const struct shadow_walk_step *step;
	struct shadow_walk walk;
	unsigned long irq;
	u64 va, *desc;
	int err = find_page(b, &va, &walk);

	if (err)
		return err;
	step = &walk.step[walk.nr_steps - 1];
	desc = shadow_block_contents(&b->mm->block, step->desc_pa, sizeof(*desc));
	if (!desc)
		return shadow_break_refuse(b, -EINVAL, "VA %#llx: its table has no contents",
					   va);
	raw_spin_lock_irqsave(&pgt->lock, irq);
	WRITE_ONCE(*desc, step->desc ^ 1ULL << pgt->geo.page_shift);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return shadow_break_did(b, "descriptor of va %#llx: %#llx -> %#llx, another frame",
				va, step->desc, step->desc ^ 1ULL << pgt->geo.page_shift);
}

/**
 * shadow_break_area_unmapped() - a page of an area is not mapped any more
 * @b: the damage
 *
 * The tables agree with themselves: what was mapped there they do not know.
 *
 * Context: takes the tables' lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_area_unmapped(struct shadow_break *b)
{
	struct shadow_walk walk;
	u64 va;
	int err = find_page(b, &va, &walk);

	if (err)
		return err;
	err = shadow_pgtable_unmap(&b->mm->swapper, va, 1ULL << b->mm->geo.page_shift);
	if (err)
		return shadow_break_refuse(b, err, "VA %#llx: the tables refuse to unmap it",
					   va);
	return shadow_break_did(b, "va %#llx of a live area is unmapped", va);
}

/* The area itself, which lies in the block; with the layer's lock */
static struct shadow_vmap_area *__area_of(struct shadow_break *b, u64 va)
{
	struct shadow_vmap_area *area = shadow_vmap_tree_find(&b->mm->vmalloc.tree, va);

	return IS_ERR_OR_NULL(area) ? NULL : area;
}

/* Change the area of the page that is asked for, or of the first one */
static int change_area(struct shadow_break *b,
		       void (*change)(struct shadow_break *b,
				      struct shadow_vmap_area *area))
{
	struct shadow_vmalloc *vm = &b->mm->vmalloc;
	struct shadow_vmap_area *area;
	struct shadow_walk walk;
	unsigned long flags;
	u64 va;
	int err = find_page(b, &va, &walk);

	if (err)
		return err;
	raw_spin_lock_irqsave(&vm->lock, flags);
	area = __area_of(b, va);
	if (area)
		change(b, area);
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return area ? 0 : shadow_break_refuse(b, -ENOENT, FIRST);
}

static void __overlap(struct shadow_break *b, struct shadow_vmap_area *area)
{
	u64 was = area->va_start;

	area->va_start -= b->mm->vmalloc.tree.unit;
	shadow_break_did(b, "va_start of an area: %#llx -> %#llx", was,
			 area->va_start);
}

/**
 * shadow_break_area_overlap() - an area reaches a page too far down
 * @b: the damage
 *
 * Context: takes the layer's lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_area_overlap(struct shadow_break *b)
{
	return change_area(b, __overlap);
}

static void __lead_astray(struct shadow_break *b, struct shadow_vmap_area *area)
{
	u32 was = area->left;

	area->left = b->mm->vmalloc.tree.nr_handles + (b->rnd >> 40);
	shadow_break_did(b, "left of the area at %#llx: handle %#x -> %#x",
			 area->va_start, was, area->left);
}

/**
 * shadow_break_area_link() - the search tree leads nowhere
 * @b: the damage
 *
 * Context: takes the layer's lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_area_link(struct shadow_break *b)
{
	return change_area(b, __lead_astray);
}

/* A slot with users, of the frame that is named if one is */
static struct shadow_kmap_slot *__slot_of(struct shadow_break *b)
{
	struct shadow_kmap *kmap = &b->mm->kmap;
	unsigned int i, nr;

	for (i = 0; i < kmap->nr_slots; i++) {
		nr = (b->rnd + i) % kmap->nr_slots;
		if (kmap->slot[nr].count > 1 &&
		    (!b->ask->given || kmap->slot[nr].pfn == b->ask->where))
			return &kmap->slot[nr];
	}
	return NULL;
}

#define MORE_USERS	1000

/**
 * shadow_break_kmap_count() - a slot has users that there are not
 * @b: the damage
 *
 * Context: takes the layer's lock.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_kmap_count(struct shadow_break *b)
{
	struct shadow_kmap *kmap = &b->mm->kmap;
	struct shadow_kmap_slot *slot;
	unsigned long flags;

	if (!kmap->slot)
		return shadow_break_refuse(b, -EPERM,
			"this machine has no HIGHMEM: allowed: with highmem=");
	raw_spin_lock_irqsave(&kmap->lock, flags);
	slot = __slot_of(b);
	if (slot) {
		slot->count += MORE_USERS;
		shadow_break_did(b, "count of the slot of pfn %#llx: %u -> %u",
				 slot->pfn, slot->count - MORE_USERS, slot->count);
	}
	raw_spin_unlock_irqrestore(&kmap->lock, flags);
	if (slot)
		return 0;
	if (b->ask->given)
		return shadow_break_refuse(b, -EINVAL,
			"PFN %#llx: allowed: of a frame that kmap shows",
					   b->ask->where);
	return shadow_break_refuse(b, -ENOENT,
				   "no slot has users; first: alloc_pages 0 gfp=HIGHMEM as=h and kmap h");
}

/**
 * shadow_break_memblock_overlap() - a reserved region reaches into the next one
 * @b: the damage
 *
 * Context: before the handover.
 * Return: 0 or why nothing was changed.
 */
int shadow_break_memblock_overlap(struct shadow_break *b)
{
	struct shadow_memblock_type *type = &b->mm->memblock.reserved;
	struct shadow_memblock_region *rgn;
	u64 was;

	if (type->cnt < 2)
		return shadow_break_refuse(b, -ENOENT,
			"less than two regions are reserved; first: early_alloc 4096");
	rgn = &type->regions[b->rnd % (type->cnt - 1)];
	was = rgn->size;
	rgn->size = max(was, rgn[1].base - rgn->base) +
		    (1ULL << b->mm->cfg.page_shift);
	return shadow_break_did(b, "size of the reserved region at %#llx: %#llx -> %#llx",
				(u64)rgn->base, was, (u64)rgn->size);
}
