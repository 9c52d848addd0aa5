// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmalloc_tell - which areas there are, and what is at an address. See
 * shadow_vmalloc.h.
 */
#include "shadow_page_owner.h"
#include "shadow_vmalloc_room.h"

/* Pages by node, and those in blocks: the list of a vmalloc is walked */
static int count_listed(const struct shadow_vmalloc *vm,
			const struct shadow_vmap_area *area,
			struct shadow_vmalloc_info *info)
{
	u32 place = 0, index = area->first_page, nr;
	struct shadow_page *page;

	while (place < area->nr_pages) {
		page = shadow_vmalloc_page(vm, area->self, place, index);
		nr = page ? BIT(shadow_page_order(page)) : 0;
		if (unlikely(!page || nr > area->nr_pages - place))
			return shadow_vmalloc_bad_page(vm, area->self, place);
		info->nr_on_node[shadow_page_nid(page)] += nr;
		info->nr_huge += nr > 1 ? nr : 0;
		index = page->next;
		place += nr;
	}
	return 0;
}

static int count_held(const struct shadow_vmalloc *vm,
		      const struct shadow_vmap_area *area,
		      struct shadow_vmalloc_info *info)
{
	const u32 *pages = shadow_vmalloc_held(vm, area);
	struct shadow_page *page;
	u32 i;

	for (i = 0; i < area->nr_pages; i++) {
		page = pages ? shadow_page_at(&vm->nodes->memmap, pages[i]) : NULL;
		if (unlikely(!page))
			return shadow_vmalloc_bad_page(vm, area->self, i);
		info->nr_on_node[shadow_page_nid(page)]++;
	}
	return 0;
}

/* What can only be told by looking at the pages */
static int count_pages(const struct shadow_vmalloc *vm,
		       const struct shadow_vmap_area *area,
		       struct shadow_vmalloc_info *info)
{
	bool many_nodes = vm->nodes->nr_nodes > 1;

	if (area->flags & SHADOW_VMAP_ALLOC &&
	    (many_nodes || area->flags & SHADOW_VMAP_HUGE))
		return count_listed(vm, area, info);
	if (area->flags & SHADOW_VMAP_MAP && many_nodes)
		return count_held(vm, area, info);
	info->nr_on_node[0] = info->nr_pages;
	return 0;
}

/* As old as its first page, or the page that has their numbers, if it has one */
static struct shadow_birth birth_of(const struct shadow_vmalloc *vm,
				    const struct shadow_vmap_area *area)
{
	struct shadow_birth birth = {};
	struct shadow_page *page;

	if (area->flags & SHADOW_VMAP_IOREMAP) {
		shadow_page_owner_get_area(vm->nodes->page_owner, area->va_start,
					   &birth);
		return birth;
	}
	page = shadow_page_at(&vm->nodes->memmap, area->first_page);
	if (page)
		shadow_page_owner_get(vm->nodes->page_owner, page, &birth);
	return birth;
}

static int copy_info(const struct shadow_vmalloc *vm,
		     const struct shadow_vmap_area *area,
		     struct shadow_vmalloc_info *info)
{
	memset(info, 0, sizeof(*info));
	info->va_start = area->va_start;
	info->va_end = area->va_end;
	info->flags = area->flags;
	if (area->flags & SHADOW_VMAP_LAZY)
		return 0;
	info->caller = area->caller;
	if (area->flags & SHADOW_VMAP_IOREMAP)
		info->pa = area->pa;
	else
		info->nr_pages = area->nr_pages;
	if (vm->nodes->page_owner)
		info->birth = birth_of(vm, area);
	return count_pages(vm, area, info);
}

static bool wanted(const struct shadow_vmap_area *area, bool lazy)
{
	return lazy ? area->flags & SHADOW_VMAP_LAZY :
		      shadow_vmalloc_complete(area);
}

static int next_info(struct shadow_vmalloc *vm, u64 va, bool lazy,
		     struct shadow_vmalloc_info *info)
{
	struct shadow_vmap_area *area;
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&vm->lock, flags);
	do {
		area = shadow_vmap_tree_next(&vm->tree, va);
		if (IS_ERR_OR_NULL(area))
			break;
		va = area->va_end;
	} while (!wanted(area, lazy));
	if (IS_ERR(area))
		err = PTR_ERR(area);
	else if (!area)
		err = -ENOENT;
	else
		err = copy_info(vm, area, info);
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return err;
}

/**
 * shadow_vmalloc_next() - the area at an address, or the first one above it
 * @vm: the layer
 * @va: address; for a tour of all areas 0, then each time the last va_end
 * @info: filled on success
 *
 * Areas that are being made or freed meanwhile are left out, and those that are
 * lazy.
 *
 * Context: any but NMI; takes O(log n) for each area that it meets, for one with
 * huge pages or on several nodes also time by the area's length.
 * Return: 0; -ENOENT where there is none; -EUCLEAN where something is corrupt.
 */
int shadow_vmalloc_next(struct shadow_vmalloc *vm, u64 va,
			struct shadow_vmalloc_info *info)
{
	return next_info(vm, va, false, info);
}

/**
 * shadow_vmalloc_next_lazy() - the area at an address, or the first one above it,
 * of those that are freed and not purged
 * @vm: the layer
 * @va: address; for a tour of them 0, then each time the last va_end
 * @info: filled on success; it has addresses and flags alone
 *
 * Context: any but NMI; takes O(log n) for each area that it meets.
 * Return: 0; -ENOENT where there is none; -EUCLEAN where something is corrupt.
 */
int shadow_vmalloc_next_lazy(struct shadow_vmalloc *vm, u64 va,
			     struct shadow_vmalloc_info *info)
{
	return next_info(vm, va, true, info);
}

/**
 * shadow_vmalloc_find() - the area that an address belongs to
 * @vm: the layer
 * @va: address, the guard page's too
 * @info: filled on success
 *
 * Follows find_vm_area().
 *
 * Context: any but NMI.
 * Return: 0; -ENOENT where there is none; -EUCLEAN where something is corrupt.
 */
int shadow_vmalloc_find(struct shadow_vmalloc *vm, u64 va,
			struct shadow_vmalloc_info *info)
{
	struct shadow_vmalloc_info next;
	int err;

	err = shadow_vmalloc_next(vm, va, &next);
	if (err)
		return err;
	if (next.va_start > va)
		return -ENOENT;
	*info = next;
	return 0;
}

/**
 * shadow_vmalloc_to_page() - the page that an address of the window shows
 * @vm: the layer
 * @va: any address
 *
 * Follows vmalloc_to_page().
 *
 * Context: any but NMI; the caller knows that the area stays.
 * Return: the page; NULL where nothing is mapped, or no memory of the machine.
 */
struct shadow_page *shadow_vmalloc_to_page(struct shadow_vmalloc *vm, u64 va)
{
	phys_addr_t pa;

	if (va < vm->tree.va_start || va >= vm->tree.va_end ||
	    shadow_pgtable_lookup(vm->pgtable, va, &pa, NULL))
		return NULL;
	return shadow_pfn_to_page(vm->nodes, pa >> vm->nodes->page_shift);
}

/**
 * shadow_vmalloc_totals() - the numbers of /proc/meminfo's Vmalloc lines, and of
 * what is lazy
 * @vm: the layer
 * @totals: filled on success
 *
 * Context: any but NMI.
 * Return: 0; -EUCLEAN where the tree is corrupt.
 */
int shadow_vmalloc_totals(struct shadow_vmalloc *vm,
			  struct shadow_vmalloc_totals *totals)
{
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&vm->lock, flags);
	totals->total_bytes = vm->tree.va_end - vm->tree.va_start;
	totals->used_bytes = shadow_vmalloc_bytes(vm, vm->nr_pages);
	totals->nr_areas = vm->nr_areas;
	totals->nr_lazy_areas = vm->nr_lazy_areas;
	totals->nr_lazy_pages = vm->nr_lazy_pages;
	totals->lazy_max_pages = vm->lazy_max_pages;
	totals->nr_purges = vm->nr_purges;
	totals->nr_purged = vm->nr_purged;
	err = shadow_vmap_tree_max_gap(&vm->tree, &totals->chunk_bytes);
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return err;
}
