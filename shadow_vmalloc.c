// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmalloc - areas, their pages and their mappings. See shadow_vmalloc.h.
 *
 * An area is in the tree from before its first page is allocated until after
 * its last one is unmapped, so that nobody else is given its addresses. While
 * its pages come and go it is BUSY: nobody finds it, and it belongs to whoever
 * made it so, without a lock.
 *
 * The pages of an area are a list in the order of their addresses: first_page,
 * then each page's next, back by prev, and the first page's prev is the last
 * one. A page also knows its area's handle (private[0]) and its place there
 * (private[1]), by which a list that was overwritten is noticed before a page is
 * touched that is not the area's.
 */
#include "shadow_page_alloc.h"
#include "shadow_pgtable.h"
#include "shadow_slab.h"
#include "shadow_vmalloc.h"

static u64 pages_to_bytes(const struct shadow_vmalloc *vm, u64 nr_pages)
{
	return nr_pages << vm->nodes->page_shift;
}

static bool window_fits(const struct shadow_pgtable *pgtable, u64 va_start,
			u64 va_end)
{
	const struct shadow_geometry *geo = &pgtable->geo;

	return va_start < va_end &&
	       IS_ALIGNED(va_start | va_end, 1ULL << geo->page_shift) &&
	       va_start >= shadow_geometry_first(geo, pgtable->upper) &&
	       va_end - 1 <= shadow_geometry_last(geo, pgtable->upper);
}

/**
 * shadow_vmalloc_init() - a window without areas
 * @vm: what to initialise; must not be moved afterwards
 * @nodes: where pages come from
 * @slab: where the areas' descriptors come from, the cache "vmap_area"
 * @pgtable: the tables that cover the window; of the same page size
 * @va_start: first byte of the window, page aligned
 * @va_end: end of the window, page aligned
 * @seed: decides the shape of the index
 * @events: where hooks report to
 * @fault: the machine's
 *
 * Follows vmalloc_init().
 *
 * Context: process; nobody else uses @vm yet.
 * Return: 0; -EINVAL for a window that is empty, not aligned, or not in the
 * half of @pgtable; -E2BIG for a block above SHADOW_VMAP_MAX_BLOCK; what
 * shadow_kmem_cache_create() says.
 */
int shadow_vmalloc_init(struct shadow_vmalloc *vm, struct shadow_nodes *nodes,
			struct shadow_slab *slab,
			struct shadow_pgtable *pgtable, u64 va_start,
			u64 va_end, u64 seed, struct shadow_event_log *events,
			struct shadow_fault *fault)
{
	int err;

	if (pgtable->geo.page_shift != nodes->page_shift ||
	    !window_fits(pgtable, va_start, va_end))
		return -EINVAL;
	err = shadow_vmap_tree_init(&vm->tree, nodes->block, va_start, va_end,
				    seed, fault);
	if (err)
		return err;

	raw_spin_lock_init(&vm->lock);
	vm->nr_pages = 0;
	vm->nr_areas = 0;
	vm->nodes = nodes;
	vm->slab = slab;
	vm->pgtable = pgtable;
	vm->events = events;
	vm->fault = fault;
	vm->cache = shadow_kmem_cache_create(slab, "vmap_area",
					     sizeof(struct shadow_vmap_area),
					     SHADOW_VMAP_AREA_BYTES, 0, NULL);
	return PTR_ERR_OR_ZERO(vm->cache);
}

/**
 * shadow_vmalloc_fini() - free all areas, then the cache of their descriptors
 * @vm: the layer; may not be used any more, except by init
 *
 * Context: process; nobody else uses @vm any more.
 * Return: 0; -EUCLEAN where the machine is frozen: everything stays in the
 * block, which goes as a whole.
 */
int shadow_vmalloc_fini(struct shadow_vmalloc *vm)
{
	struct shadow_vmalloc_info info;
	int err;

	for (;;) {
		err = shadow_vmalloc_next(vm, 0, &info);
		if (err == -ENOENT)
			return shadow_kmem_cache_destroy(vm->cache);
		if (!err)
			err = shadow_vfree(vm, info.va_start);
		if (err)
			return err;
	}
}

/**
 * shadow_vmalloc_page() - the page at a place of an area's list
 * @vm: the layer
 * @handle: the area's
 * @place: 0 for the first page
 * @index: memmap index, as the link says that leads to this place
 *
 * Context: under the layer's lock, or by whoever made the area busy.
 * Return: the page, or NULL where the link leads to one that is not the area's
 * or not the one of this place.
 */
struct shadow_page *shadow_vmalloc_page(const struct shadow_vmalloc *vm,
					u32 handle, u32 place, u32 index)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK |
			 SHADOW_PF_OWNER_MASK;
	struct shadow_page *page = shadow_page_at(&vm->nodes->memmap, index);

	if (unlikely(!page ||
		     (page->flags & mask) != SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0,
						       SHADOW_OWNER_VMALLOC,
						       0) ||
		     page->private[0] != handle || page->private[1] != place))
		return NULL;
	return page;
}

static int bad_page(const struct shadow_vmalloc *vm, u32 handle, u32 place)
{
	return shadow_fault_raise(vm->fault,
				  "vmalloc: link to page %u of area %#x leads elsewhere",
				  place, handle);
}

/* An area of our own in the tree, BUSY and without pages. */
static struct shadow_vmap_area *reserve_area(struct shadow_vmalloc *vm,
					     u64 nr_pages, u32 gfp,
					     unsigned long caller)
{
	u64 bytes = pages_to_bytes(vm, nr_pages + 1);
	struct shadow_vmap_area *area;
	unsigned long flags;
	int err;

	area = shadow_kmem_cache_alloc(vm->cache, gfp & SHADOW_SLAB_GFP_MASK &
						  ~SHADOW_GFP_ZERO);
	if (unlikely(!area))
		return ERR_PTR(-ENOMEM);
	area->first_page = SHADOW_NO_PAGE;
	area->caller = caller;
	area->nr_pages = nr_pages;
	area->flags = SHADOW_VMAP_ALLOC | SHADOW_VMAP_BUSY;

	raw_spin_lock_irqsave(&vm->lock, flags);
	err = shadow_vmap_tree_fit(&vm->tree, bytes, &area->va_start);
	if (likely(!err)) {
		area->va_end = area->va_start + bytes;
		err = shadow_vmap_tree_insert(&vm->tree, area);
	}
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	if (likely(!err))
		return area;

	if (err != -EUCLEAN)
		shadow_kmem_cache_free(vm->cache, area);
	return ERR_PTR(err);
}

static int release_area(struct shadow_vmalloc *vm,
			struct shadow_vmap_area *area)
{
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&vm->lock, flags);
	err = shadow_vmap_tree_erase(&vm->tree, area);
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	if (unlikely(err))
		return shadow_fault_raise(vm->fault,
					  "vmalloc: an area of ours is not in the tree");
	return shadow_kmem_cache_free(vm->cache, area);
}

/* Where an area's pages may come from: whoever names no zone takes any. */
static u32 page_gfp(u32 gfp)
{
	gfp &= ~SHADOW_GFP_OWNER(0x1f);
	gfp |= SHADOW_GFP_OWNER(SHADOW_OWNER_VMALLOC);
	if (!(gfp & (SHADOW_GFP_DMA | SHADOW_GFP_DMA32)))
		gfp |= SHADOW_GFP_HIGHMEM;
	return gfp;
}

/* Up to @nr_pages pages, as list; how many is *@nr_got, also on error. */
static int alloc_pages(struct shadow_vmalloc *vm, struct shadow_vmap_area *area,
		       u32 nr_pages, u32 gfp, u32 *nr_got)
{
	struct shadow_memmap *memmap = &vm->nodes->memmap;
	u32 handle = area->self, last = SHADOW_NO_PAGE;
	struct shadow_page *page, *first = NULL;
	u32 *link = &area->first_page;

	gfp = page_gfp(gfp);
	for (*nr_got = 0; *nr_got < nr_pages; (*nr_got)++) {
		page = shadow_alloc_pages(vm->nodes, gfp, 0);
		if (unlikely(!page))
			return shadow_fault_frozen(vm->fault) ? -EUCLEAN :
								-ENOMEM;
		page->private[0] = handle;
		page->private[1] = *nr_got;
		page->next = SHADOW_NO_PAGE;
		page->prev = last;
		last = shadow_page_index(memmap, page);
		*link = last;
		link = &page->next;
		if (!first)
			first = page;
		first->prev = last;
	}
	return 0;
}

/*
 * From the last page to the first: the page allocator hands out last what it
 * got first, so the next area gets its pages in the order of their frames.
 */
static int free_pages(struct shadow_vmalloc *vm, u32 handle, u32 first,
		      u32 nr_pages)
{
	u32 place = nr_pages, index = first, next = SHADOW_NO_PAGE;
	struct shadow_page *page;
	int err;

	if (!nr_pages)
		return 0;
	page = shadow_vmalloc_page(vm, handle, 0, first);
	if (unlikely(!page))
		return bad_page(vm, handle, 0);
	index = page->prev;
	while (place--) {
		page = shadow_vmalloc_page(vm, handle, place, index);
		if (unlikely(!page || page->next != next))
			return bad_page(vm, handle, place);
		next = index;
		index = page->prev;
		err = shadow_free_pages(vm->nodes, page, 0);
		if (unlikely(err))
			return err;
	}
	return 0;
}

/*
 * Map the list page by page, contiguous frames by one call. What got mapped is
 * the first *@nr_mapped pages, also on error.
 */
static int map_pages(struct shadow_vmalloc *vm,
		     const struct shadow_vmap_area *area, u32 nr_pages,
		     u64 prot, u32 *nr_mapped)
{
	u32 handle = area->self, first = area->first_page, index = first;
	u32 place, nr_run = 0;
	struct shadow_page *page;
	phys_addr_t pa;
	int err;

	*nr_mapped = 0;
	for (place = 0; place < nr_pages; place++) {
		page = shadow_vmalloc_page(vm, handle, place, index);
		if (unlikely(!page))
			return bad_page(vm, handle, place);
		nr_run++;
		if (place + 1 < nr_pages &&
		    shadow_memmap_follows(&vm->nodes->memmap, index, page->next)) {
			index++;
			continue;
		}
		pa = shadow_index_to_pfn(&vm->nodes->memmap, first)
		     << vm->nodes->page_shift;
		err = shadow_pgtable_map(vm->pgtable, area->va_start +
					 pages_to_bytes(vm, *nr_mapped), pa,
					 pages_to_bytes(vm, nr_run), prot, 0);
		if (unlikely(err))
			return err;
		*nr_mapped += nr_run;
		nr_run = 0;
		first = page->next;
		index = first;
	}
	return 0;
}

/* Unmap what an area has mapped; that something is not is a fault. */
static int unmap_pages(struct shadow_vmalloc *vm, u64 va, u32 nr_pages)
{
	int err;

	if (!nr_pages)
		return 0;
	err = shadow_pgtable_unmap(vm->pgtable, va,
				   pages_to_bytes(vm, nr_pages));
	if (unlikely(err))
		return shadow_fault_raise(vm->fault,
					  "vmalloc: unmap of %u pages at %#llx: %d",
					  nr_pages, va, err);
	return 0;
}

/* Undo all of an area, of which so much exists. */
static int drop_area(struct shadow_vmalloc *vm, struct shadow_vmap_area *area,
		     u32 nr_mapped, u32 nr_pages)
{
	int err;

	err = unmap_pages(vm, area->va_start, nr_mapped);
	if (!err)
		err = free_pages(vm, area->self, area->first_page, nr_pages);
	if (!err)
		err = release_area(vm, area);
	return err;
}

static void publish_area(struct shadow_vmalloc *vm,
			 struct shadow_vmap_area *area, u32 nr_pages)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->lock, flags);
	area->flags &= ~SHADOW_VMAP_BUSY;
	vm->nr_pages += nr_pages;
	vm->nr_areas++;
	raw_spin_unlock_irqrestore(&vm->lock, flags);
}

/* What can never be had is refused before anything is allocated. */
static int check_length(const struct shadow_vmalloc *vm, u64 bytes,
			u64 *nr_pages)
{
	u64 window = vm->tree.va_end - vm->tree.va_start;

	if (!bytes)
		return -EINVAL;
	*nr_pages = ((bytes - 1) >> vm->nodes->page_shift) + 1;
	if (*nr_pages > shadow_nodes_managed(vm->nodes) ||
	    *nr_pages >= window >> vm->nodes->page_shift)
		return -ENOMEM;
	return 0;
}

/**
 * shadow_vmalloc_alloc() - allocate memory that is contiguous in the window
 * @vm: the layer
 * @bytes: how much; rounded up to pages, a guard page comes on top
 * @gfp: SHADOW_GFP_* of the pages: zones, mobility, contents, node; the owner
 *	is SHADOW_OWNER_VMALLOC whatever it says
 * @prot: SHADOW_PAGE_* to map them with
 * @caller: address of the code that asks, for vmallocinfo; 0: not known
 * @va: set to the first byte, on success alone
 *
 * All or nothing: when it fails, pages, tables and window are as before. The
 * frames are single ones. Follows __vmalloc_node_range().
 *
 * Context: any but NMI; does not sleep, and takes time by @bytes.
 * Return: 0; -EINVAL where @bytes is 0; -ENOMEM where the machine or the window
 * is too small or too full; -EUCLEAN where the machine is frozen; what
 * shadow_pgtable_map() says of @prot (-EINVAL, -EPERM for W+X).
 */
int shadow_vmalloc_alloc(struct shadow_vmalloc *vm, u64 bytes, u32 gfp,
			 u64 prot, unsigned long caller, u64 *va)
{
	struct shadow_vmap_area *area;
	u32 nr_got, nr_mapped = 0;
	u64 nr_pages;
	int err;

	if (shadow_fault_frozen(vm->fault))
		return -EUCLEAN;
	err = check_length(vm, bytes, &nr_pages);
	if (err)
		return err;
	if (shadow_should_fail(vm->nodes->fail, SHADOW_FAIL_VMALLOC, bytes))
		return -ENOMEM;
	area = reserve_area(vm, nr_pages, gfp, caller);
	if (IS_ERR(area))
		return PTR_ERR(area);
	err = alloc_pages(vm, area, nr_pages, gfp, &nr_got);
	if (unlikely(err))
		goto undo;
	err = map_pages(vm, area, nr_pages, prot, &nr_mapped);
	if (unlikely(err))
		goto undo;
	*va = area->va_start;
	publish_area(vm, area, nr_pages);
	shadow_event(vm->events, SHADOW_EV_VMALLOC, nr_pages);
	return 0;

undo:
	return drop_area(vm, area, nr_mapped, nr_got) ? -EUCLEAN : err;
}

/* Take an area away from all others. */
static struct shadow_vmap_area *grab_area(struct shadow_vmalloc *vm, u64 va)
{
	struct shadow_vmap_area *area;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->lock, flags);
	area = shadow_vmap_tree_next(&vm->tree, va);
	if (IS_ERR(area))
		goto unlock;
	if (!area || area->va_start != va || area->flags & SHADOW_VMAP_BUSY) {
		area = ERR_PTR(-ENOENT);
		goto unlock;
	}
	area->flags |= SHADOW_VMAP_BUSY;
	vm->nr_pages -= area->nr_pages;
	vm->nr_areas--;
unlock:
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return area;
}

/**
 * shadow_vfree() - free what shadow_vmalloc_alloc() gave
 * @vm: the layer
 * @va: the first byte of an area
 *
 * Follows vfree().
 *
 * Context: any but NMI; does not sleep, and takes time by the area's length.
 * Return: 0; -ENOENT where no area starts at @va, and nothing has changed;
 * -EUCLEAN where the machine is frozen.
 */
int shadow_vfree(struct shadow_vmalloc *vm, u64 va)
{
	struct shadow_vmap_area *area;
	u32 nr_pages;
	int err;

	if (shadow_fault_frozen(vm->fault))
		return -EUCLEAN;
	area = grab_area(vm, va);
	if (IS_ERR(area))
		return PTR_ERR(area);
	nr_pages = area->nr_pages;
	err = drop_area(vm, area, nr_pages, nr_pages);
	if (!err)
		shadow_event(vm->events, SHADOW_EV_VFREE, nr_pages);
	return err;
}

/* Pages by node; the list is only walked where that can tell something. */
static int count_nodes(const struct shadow_vmalloc *vm,
		       const struct shadow_vmap_area *area, u32 *nr_on_node)
{
	u32 place, index = area->first_page;
	struct shadow_page *page;

	memset(nr_on_node, 0, SHADOW_MAX_NODES * sizeof(*nr_on_node));
	if (vm->nodes->nr_nodes == 1) {
		nr_on_node[0] = area->nr_pages;
		return 0;
	}
	for (place = 0; place < area->nr_pages; place++) {
		page = shadow_vmalloc_page(vm, area->self, place, index);
		if (unlikely(!page))
			return bad_page(vm, area->self, place);
		nr_on_node[shadow_page_nid(page)]++;
		index = page->next;
	}
	return 0;
}

static int copy_info(const struct shadow_vmalloc *vm,
		     const struct shadow_vmap_area *area,
		     struct shadow_vmalloc_info *info)
{
	info->va_start = area->va_start;
	info->va_end = area->va_end;
	info->caller = area->caller;
	info->nr_pages = area->nr_pages;
	info->flags = area->flags;
	return count_nodes(vm, area, info->nr_on_node);
}

/* The lowest area that ends above @va and is complete; NULL: none. */
static struct shadow_vmap_area *next_complete(const struct shadow_vmalloc *vm,
					      u64 va)
{
	struct shadow_vmap_area *area;

	do {
		area = shadow_vmap_tree_next(&vm->tree, va);
		if (IS_ERR_OR_NULL(area))
			break;
		va = area->va_end;
	} while (area->flags & SHADOW_VMAP_BUSY);
	return area;
}

/**
 * shadow_vmalloc_next() - the area at an address, or the first one above it
 * @vm: the layer
 * @va: address; for a tour of all areas 0, then each time the last va_end
 * @info: filled on success
 *
 * Areas that are being made or freed meanwhile are left out.
 *
 * Context: any but NMI; takes O(log n), on several nodes also time by the
 * area's length.
 * Return: 0; -ENOENT where there is none; -EUCLEAN where something is corrupt.
 */
int shadow_vmalloc_next(struct shadow_vmalloc *vm, u64 va,
			struct shadow_vmalloc_info *info)
{
	struct shadow_vmap_area *area;
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&vm->lock, flags);
	area = next_complete(vm, va);
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
 * shadow_vmalloc_totals() - the numbers of /proc/meminfo's Vmalloc lines
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
	totals->used_bytes = pages_to_bytes(vm, vm->nr_pages);
	totals->nr_areas = vm->nr_areas;
	err = shadow_vmap_tree_max_gap(&vm->tree, &totals->chunk_bytes);
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return err;
}
