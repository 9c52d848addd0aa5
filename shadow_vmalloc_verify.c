// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmalloc_verify - areas, their pages and the tables of the window say
 * the same. See shadow_vmalloc.h.
 */
#include "shadow_vmalloc.h"

static u64 page_bytes(const struct shadow_vmalloc *vm)
{
	return 1ULL << vm->nodes->page_shift;
}

static u64 pages_to_bytes(const struct shadow_vmalloc *vm, u64 nr_pages)
{
	return nr_pages << vm->nodes->page_shift;
}

/**
 * struct mapped - how far the comparison of an area with the tables is
 * @vm: the layer
 * @fault: where to say what is wrong
 * @va: where the next leaf has to be; U64_MAX: there may be none
 * @handle: the area's
 * @place: the page that has to be there
 * @nr_pages: of the area
 * @index: of the page, as the link says
 * @prev: of the page before it
 * @last: of the last page, as the first one says
 */
struct mapped {
	const struct shadow_vmalloc *vm;
	struct shadow_fault *fault;
	u64 va;
	u32 handle;
	u32 place;
	u32 nr_pages;
	u32 index;
	u32 prev;
	u32 last;
};

/* The next page of the area is the frame at @pa, by its list. */
static int verify_page(struct mapped *mapped, phys_addr_t pa)
{
	const struct shadow_nodes *nodes = mapped->vm->nodes;
	struct shadow_page *page;

	page = shadow_vmalloc_page(mapped->vm, mapped->handle, mapped->place,
				   mapped->index);
	if (page && !mapped->place)
		mapped->last = page->prev;
	if (!page || (mapped->place && page->prev != mapped->prev))
		return shadow_fault_raise(mapped->fault,
					  "vmalloc: link to page %u of area %#x leads elsewhere",
					  mapped->place, mapped->handle);
	if (shadow_page_to_phys(nodes, page) != pa)
		return shadow_fault_raise(mapped->fault,
					  "vmalloc: %#llx is mapped to %#llx, its page is at %#llx",
					  mapped->va, (u64)pa,
					  (u64)shadow_page_to_phys(nodes, page));
	mapped->prev = mapped->index;
	mapped->index = page->next;
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
	if (entry->va != mapped->va ||
	    bytes > pages_to_bytes(mapped->vm, mapped->nr_pages - mapped->place))
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

/* From @va_start on nothing is mapped but the area, and that wholly. */
static int verify_mapping(const struct shadow_vmalloc *vm,
			  const struct shadow_walker *walker, u64 va_start,
			  const struct shadow_vmap_area *area,
			  struct shadow_fault *fault)
{
	struct mapped mapped = {
		.vm = vm,
		.fault = fault,
		.va = area->va_start,
		.handle = area->self,
		.nr_pages = area->nr_pages,
		.index = area->first_page,
	};
	int err;

	err = shadow_walk_for_each(walker, va_start, area->va_end - 1,
				   verify_entry, &mapped);
	if (err)
		return err;
	if (mapped.place != area->nr_pages || mapped.index != SHADOW_NO_PAGE)
		return shadow_fault_raise(fault,
					  "vmalloc: area %#llx has %u pages, but %u are mapped",
					  area->va_start, area->nr_pages,
					  mapped.place);
	if (mapped.last != mapped.prev)
		return shadow_fault_raise(fault,
					  "vmalloc: area %#llx does not know its last page",
					  area->va_start);
	return 0;
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

static int verify_shape(const struct shadow_vmalloc *vm,
			const struct shadow_vmap_area *area,
			struct shadow_fault *fault)
{
	if (!IS_ALIGNED(area->va_start, page_bytes(vm)) || !area->nr_pages ||
	    area->va_end - area->va_start !=
	    pages_to_bytes(vm, (u64)area->nr_pages + 1))
		return shadow_fault_raise(fault,
					  "vmalloc: area %#llx-%#llx is not %u pages and a guard",
					  area->va_start, area->va_end,
					  area->nr_pages);
	return 0;
}

/* All areas in order of address, with the gaps between them. */
static int verify_areas(const struct shadow_vmalloc *vm,
			const struct shadow_walker *walker,
			struct shadow_fault *fault)
{
	struct shadow_vmap_area *area;
	u64 va = vm->tree.va_start, nr_pages = 0;
	u32 nr_areas = 0;
	int err;

	for (;; va = area->va_end) {
		area = shadow_vmap_tree_next(&vm->tree, va);
		if (IS_ERR_OR_NULL(area))
			break;
		err = verify_shape(vm, area, fault);
		if (!err && area->flags & SHADOW_VMAP_BUSY) {
			err = verify_unmapped(vm, walker, va, area->va_start,
					      fault);
		} else if (!err) {
			nr_areas++;
			nr_pages += area->nr_pages;
			err = verify_mapping(vm, walker, va, area, fault);
		}
		if (err)
			return err;
	}
	if (nr_areas != vm->nr_areas || nr_pages != vm->nr_pages)
		return shadow_fault_raise(fault,
					  "vmalloc: %u areas of %llu pages, counted as %u of %llu",
					  nr_areas, nr_pages, vm->nr_areas,
					  vm->nr_pages);
	return verify_unmapped(vm, walker, va, vm->tree.va_end, fault);
}

/**
 * shadow_vmalloc_verify() - check the whole layer, tables of the window too
 * @vm: the layer
 * @fault: where to say the first thing that is wrong
 *
 * The index is a correct one; each area has its pages, of the right owner, in
 * the right order, and exactly those are mapped in the window: no guard page,
 * nothing between areas. An area that is being made or freed by another CPU has
 * its mapping left out.
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
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return err;
}
