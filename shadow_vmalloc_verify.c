// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmalloc_verify - areas, their pages and the tables of the window say
 * the same. See shadow_vmalloc.h.
 */
#include "shadow_compound.h"
#include "shadow_vmalloc_room.h"

static u64 page_bytes(const struct shadow_vmalloc *vm)
{
	return 1ULL << vm->nodes->page_shift;
}

/**
 * struct mapped - how far the comparison of an area with the tables is
 * @vm: the layer
 * @area: the area; NULL: nothing may be mapped at all
 * @fault: where to say what is wrong
 * @va: where the next leaf has to be
 * @place: the page that has to be there
 * @nr_pages: of the area
 * @pages: of a vmap, the indices of its pages
 * @index: of the next page of a list, or of the next block, as the link says
 * @prev: of the one before it
 * @last: of the last one, as the first one says
 * @block_pa: where the page at @place is to be, inside a block of the list
 * @block_left: pages of that block from @place on
 */
struct mapped {
	const struct shadow_vmalloc *vm;
	const struct shadow_vmap_area *area;
	struct shadow_fault *fault;
	u64 va;
	u32 place;
	u64 nr_pages;
	const u32 *pages;
	u32 index;
	u32 prev;
	u32 last;
	phys_addr_t block_pa;
	u32 block_left;
};

/* On to the next page or block of a list; 0, or -EUCLEAN. */
static int next_block(struct mapped *mapped)
{
	const struct shadow_nodes *nodes = mapped->vm->nodes;
	u32 handle = mapped->area->self;
	struct shadow_page *page;

	page = shadow_vmalloc_page(mapped->vm, handle, mapped->place,
				   mapped->index);
	if (page && !mapped->place)
		mapped->last = page->prev;
	if (!page || (mapped->place && page->prev != mapped->prev))
		return shadow_fault_raise(mapped->fault,
					  "vmalloc: link to page %u of area %#x leads elsewhere",
					  mapped->place, handle);
	mapped->block_pa = shadow_page_to_phys(nodes, page);
	mapped->block_left = BIT(shadow_page_order(page));
	mapped->prev = mapped->index;
	mapped->index = page->next;
	return 0;
}

/* Where a vmap's page is, if somebody still holds it */
static int held_page(struct mapped *mapped)
{
	const struct shadow_nodes *nodes = mapped->vm->nodes;
	u32 index = mapped->pages[mapped->place];
	struct shadow_page *page, *head;

	page = shadow_page_at(&nodes->memmap, index);
	head = page ? shadow_block_head(nodes, page) : NULL;
	if (!head || shadow_page_state(head) != SHADOW_PAGE_ALLOCATED ||
	    atomic_read(&head->refcount) <= 0)
		return shadow_fault_raise(mapped->fault,
					  "vmap: page %u of area %#llx, entry %u, is not in use",
					  mapped->place, mapped->area->va_start,
					  index);
	mapped->block_pa = shadow_page_to_phys(nodes, page);
	mapped->block_left = 1;
	return 0;
}

/* The next page of the area is the frame at @pa, by what the area says. */
static int verify_page(struct mapped *mapped, phys_addr_t pa)
{
	int err = 0;

	if (!mapped->block_left && mapped->area->flags & SHADOW_VMAP_ALLOC)
		err = next_block(mapped);
	else if (!mapped->block_left)
		err = held_page(mapped);
	if (err)
		return err;
	if (mapped->block_pa != pa)
		return shadow_fault_raise(mapped->fault,
					  "vmalloc: %#llx is mapped to %#llx, its page is at %#llx",
					  mapped->va, (u64)pa,
					  (u64)mapped->block_pa);
	mapped->block_pa += page_bytes(mapped->vm);
	mapped->block_left--;
	mapped->place++;
	mapped->va += page_bytes(mapped->vm);
	return 0;
}

static int verify_entry(void *priv, const struct shadow_walk_entry *entry)
{
	struct mapped *mapped = priv;
	u64 bytes = 1ULL << entry->shift, done;
	int err;

	if (entry->external)
		return shadow_fault_raise(mapped->fault,
					  "vmalloc: the table for %#llx cannot be read",
					  entry->va);
	if (entry->kind == SHADOW_DESC_KIND_INVALID)
		return 0;
	if (!mapped->area || entry->va != mapped->va ||
	    bytes > shadow_vmalloc_bytes(mapped->vm, mapped->nr_pages - mapped->place))
		return shadow_fault_raise(mapped->fault,
					  "vmalloc: %#llx is mapped, to %#llx; expected next: %#llx",
					  entry->va, (u64)entry->pa,
					  mapped->va);
	for (done = 0; done < bytes; done += page_bytes(mapped->vm)) {
		err = verify_page(mapped, entry->pa + done);
		if (err)
			return err;
	}
	return 0;
}

/* All of a list, or of what takes its place, was met */
static int verify_end(const struct mapped *mapped)
{
	const struct shadow_vmap_area *area = mapped->area;
	bool list = area->flags & SHADOW_VMAP_ALLOC;

	if (mapped->place != mapped->nr_pages ||
	    (list && (mapped->index != SHADOW_NO_PAGE || mapped->block_left)))
		return shadow_fault_raise(mapped->fault,
					  "vmalloc: area %#llx has %llu pages, but %u are mapped",
					  area->va_start, mapped->nr_pages,
					  mapped->place);
	if (list && mapped->last != mapped->prev)
		return shadow_fault_raise(mapped->fault,
					  "vmalloc: area %#llx does not know its last page",
					  area->va_start);
	return 0;
}

/* From @va_start on nothing is mapped but the area, and that wholly. */
static int verify_mapping(const struct shadow_vmalloc *vm,
			  const struct shadow_walker *walker, u64 va_start,
			  const struct shadow_vmap_area *area,
			  struct shadow_fault *fault)
{
	struct mapped mapped = {
		.vm = vm,
		.area = area,
		.fault = fault,
		.va = area->va_start,
		.nr_pages = shadow_vmalloc_mapped(vm, area),
	};
	int err;

	if (area->flags & SHADOW_VMAP_ALLOC)
		mapped.index = area->first_page;
	if (area->flags & SHADOW_VMAP_MAP) {
		mapped.pages = shadow_vmalloc_held(vm, area);
		if (!mapped.pages)
			return shadow_fault_raise(fault,
						  "vmap: area %#llx does not know its pages",
						  area->va_start);
	}
	if (area->flags & SHADOW_VMAP_IOREMAP) {
		mapped.block_pa = area->pa;
		mapped.block_left = mapped.nr_pages;
	}
	err = shadow_walk_for_each(walker, va_start, area->va_end - 1,
				   verify_entry, &mapped);
	return err ? err : verify_end(&mapped);
}

static int verify_unmapped(const struct shadow_vmalloc *vm,
			   const struct shadow_walker *walker, u64 va_start,
			   u64 va_end, struct shadow_fault *fault)
{
	struct mapped mapped = { .vm = vm, .fault = fault, .va = U64_MAX };

	if (va_start == va_end)
		return 0;
	return shadow_walk_for_each(walker, va_start, va_end - 1, verify_entry,
				    &mapped);
}

/* An area is of one kind, whole pages long, and ends with a guard. */
static int verify_shape(const struct shadow_vmalloc *vm,
			const struct shadow_vmap_area *area,
			struct shadow_fault *fault)
{
	const u32 with_pages = SHADOW_VMAP_ALLOC | SHADOW_VMAP_MAP;
	const u32 kinds = SHADOW_VMAP_KINDS | SHADOW_VMAP_LAZY;

	if (hweight32(area->flags & kinds) != 1)
		return shadow_fault_raise(fault,
					  "vmalloc: area %#llx is of no kind, flags %#x",
					  area->va_start, area->flags);
	if (!IS_ALIGNED(area->va_start | area->va_end, page_bytes(vm)) ||
	    !shadow_vmalloc_mapped(vm, area) ||
	    (area->flags & with_pages &&
	     area->nr_pages != shadow_vmalloc_mapped(vm, area)))
		return shadow_fault_raise(fault,
					  "vmalloc: area %#llx-%#llx is not %u pages and a guard",
					  area->va_start, area->va_end,
					  area->flags & with_pages ?
					  area->nr_pages : 0);
	return 0;
}

/**
 * struct sums - what the areas add up to
 * @nr_pages: of those that are not lazy, pages of their own
 * @nr_areas: not lazy
 * @nr_lazy_areas: freed and not purged
 * @nr_lazy_pages: address space of those, guard pages too
 */
struct sums {
	u64 nr_pages;
	u32 nr_areas;
	u32 nr_lazy_areas;
	u64 nr_lazy_pages;
};

static int verify_sums(const struct shadow_vmalloc *vm, const struct sums *sums,
		       struct shadow_fault *fault)
{
	if (sums->nr_areas != vm->nr_areas || sums->nr_pages != vm->nr_pages)
		return shadow_fault_raise(fault,
					  "vmalloc: %u areas of %llu pages, counted as %u of %llu",
					  sums->nr_areas, sums->nr_pages,
					  vm->nr_areas, vm->nr_pages);
	if (sums->nr_lazy_areas != vm->nr_lazy_areas ||
	    sums->nr_lazy_pages != vm->nr_lazy_pages)
		return shadow_fault_raise(fault,
					  "vmalloc: %u lazy areas of %llu pages, counted as %u of %llu",
					  sums->nr_lazy_areas, sums->nr_lazy_pages,
					  vm->nr_lazy_areas, vm->nr_lazy_pages);
	return 0;
}

/* One area, and the gap below it, which begins at @va. */
static int verify_area(const struct shadow_vmalloc *vm,
		       const struct shadow_walker *walker, u64 va,
		       const struct shadow_vmap_area *area, struct sums *sums,
		       struct shadow_fault *fault)
{
	int err = verify_shape(vm, area, fault);

	if (err)
		return err;
	if (area->flags & SHADOW_VMAP_LAZY) {
		sums->nr_lazy_areas++;
		sums->nr_lazy_pages += shadow_vmalloc_mapped(vm, area) + 1;
		return verify_unmapped(vm, walker, va, area->va_end, fault);
	}
	sums->nr_areas++;
	sums->nr_pages += shadow_vmalloc_own_pages(area);
	if (!shadow_vmalloc_complete(area))
		return verify_unmapped(vm, walker, va, area->va_start, fault);
	return verify_mapping(vm, walker, va, area, fault);
}

/* All areas in order of address, with the gaps between them. */
static int verify_areas(const struct shadow_vmalloc *vm,
			const struct shadow_walker *walker,
			struct shadow_fault *fault)
{
	struct shadow_vmap_area *area;
	u64 va = vm->tree.va_start;
	struct sums sums = { 0 };
	int err;

	for (;; va = area->va_end) {
		area = shadow_vmap_tree_next(&vm->tree, va);
		if (IS_ERR_OR_NULL(area))
			break;
		err = verify_area(vm, walker, va, area, &sums, fault);
		if (err)
			return err;
	}
	if (IS_ERR(area))
		return shadow_fault_raise(fault,
					  "vmalloc: the tree of areas leads to none");
	err = verify_sums(vm, &sums, fault);
	return err ? err : verify_unmapped(vm, walker, va, vm->tree.va_end, fault);
}

/* Each area of a list is in the tree, and lazy; *@left: how many there may be. */
static int verify_list(const struct shadow_vmalloc *vm,
		       const struct shadow_vmap_list *list, bool clean, u32 *left,
		       struct shadow_fault *fault)
{
	struct shadow_vmap_area *area;
	u32 at, last = list->last;

	for (at = list->first; at != SHADOW_VMAP_NONE; at = area->next_lazy) {
		area = shadow_vmap_tree_peek(&vm->tree, at);
		if (!area || !(area->flags & SHADOW_VMAP_LAZY) || !(*left)--)
			return shadow_fault_raise(fault,
						  "vmalloc: link %#x of the lazy areas leads to none",
						  at);
		if (!clean && (area->va_start < vm->lazy_start ||
			       area->va_end > vm->lazy_end))
			return shadow_fault_raise(fault,
						  "vmalloc: lazy area %#llx is outside of what will be invalidated",
						  area->va_start);
		last = at;
	}
	if (last != list->last)
		return shadow_fault_raise(fault,
					  "vmalloc: the lazy areas end with %#x, said to be %#x",
					  last, list->last);
	return 0;
}

/* All that is lazy in the tree is in one of the two lists. */
static int verify_lazy(const struct shadow_vmalloc *vm,
		       struct shadow_fault *fault)
{
	u32 left = vm->nr_lazy_areas;
	int err;

	err = verify_list(vm, &vm->lazy, false, &left, fault);
	if (!err)
		err = verify_list(vm, &vm->clean, true, &left, fault);
	if (!err && left)
		err = shadow_fault_raise(fault,
					 "vmalloc: %u lazy areas will never be purged",
					 left);
	return err;
}

/**
 * shadow_vmalloc_verify() - check the whole layer, tables of the window too
 * @vm: the layer
 * @fault: where to say the first thing that is wrong
 *
 * The index is a correct one; each area has its pages, of the right owner, in
 * the right order, and exactly those are mapped in the window: no guard page,
 * nothing between areas, nothing of what was freed. All that was freed will be
 * purged, and its addresses are among those that will be invalidated. An area
 * that is being made or freed by another CPU has its mapping left out.
 *
 * Context: any but NMI; interrupts are off for a time by areas and pages.
 * Return: 0, or -EUCLEAN with @fault raised.
 */
int shadow_vmalloc_verify(struct shadow_vmalloc *vm, struct shadow_fault *fault)
{
	struct shadow_walker walker;
	unsigned long flags;
	int err;

	shadow_pgtable_walker(vm->pgtable, &walker);
	raw_spin_lock_irqsave(&vm->lock, flags);
	err = shadow_vmap_tree_verify(&vm->tree, fault);
	if (!err) {
		/* No table may go while it is read. */
		raw_spin_lock(&vm->pgtable->lock);
		err = verify_areas(vm, &walker, fault);
		raw_spin_unlock(&vm->pgtable->lock);
	}
	if (!err)
		err = verify_lazy(vm, fault);
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return err;
}
