// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmalloc_pages - the pages of an area: got, mapped, given back. See
 * shadow_vmalloc.h.
 *
 * The pages of an area are a list in the order of their addresses: first_page,
 * then each page's next, back by prev, and the first page's prev is the last
 * one. Where blocks were to be had that fill a block of the tables, such a block
 * is one of the list, by its first page. A page in the list also knows its
 * area's handle (private[0]) and its place there (private[1], in single pages),
 * by which a list that was overwritten is noticed before a page is touched that
 * is not the area's.
 *
 *	2 MiB and 8 KiB, pages of 4 KiB:  place 0, order 9 | place 512 | place 513
 */
#include "shadow_page_call.h"
#include "shadow_vmalloc_room.h"

/* Pages got, mapped or given back in one visit to who has them */
#define BATCH	64U

/* The page in a list that a link leads to, or NULL: not one of the area's */
static __always_inline struct shadow_page *
listed_page(const struct shadow_vmalloc *vm, u32 handle, u32 index)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_OWNER_MASK;
	struct shadow_page *page = shadow_page_at(&vm->nodes->memmap, index);

	if (unlikely(!page ||
		     (page->flags & mask) != SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0,
						       SHADOW_OWNER_VMALLOC,
						       0) ||
		     page->private[0] != handle))
		return NULL;
	return page;
}

/**
 * shadow_vmalloc_page() - the page at a place of an area's list
 * @vm: the layer
 * @handle: the area's
 * @place: where in the area the page, or the block that it is the first of,
 *	begins: 0 for the first one
 * @index: memmap index, as the link says that leads to this place
 *
 * Context: under the layer's lock, or by whoever made the area busy.
 * Return: the page, or NULL where the link leads to one that is not the area's
 * or not the one of this place.
 */
struct shadow_page *shadow_vmalloc_page(const struct shadow_vmalloc *vm,
					u32 handle, u32 place, u32 index)
{
	struct shadow_page *page = listed_page(vm, handle, index);

	return likely(page && page->private[1] == place) ? page : NULL;
}

/**
 * shadow_vmalloc_bad_page() - freeze the machine for a link that is corrupt
 * @vm: the layer
 * @handle: the area's
 * @place: of the page that should have been there
 *
 * Context: any.
 * Return: -EUCLEAN.
 */
int shadow_vmalloc_bad_page(const struct shadow_vmalloc *vm, u32 handle,
			    u32 place)
{
	return shadow_fault_raise(vm->fault,
				  "vmalloc: link to page %u of area %#x leads elsewhere",
				  place, handle);
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

/**
 * struct builder - a list that grows
 * @handle: the area's
 * @place: of the next page
 * @last: index of the last one
 * @link: what will lead to the next one
 * @first: the first one; NULL: there is none yet
 */
struct builder {
	u32 handle;
	u32 place;
	u32 last;
	u32 *link;
	struct shadow_page *first;
};

static __always_inline void append(const struct shadow_memmap *memmap,
				   struct builder *list,
				   struct shadow_page *page, unsigned int order)
{
	page->private[0] = list->handle;
	page->private[1] = list->place;
	page->next = SHADOW_NO_PAGE;
	page->prev = list->last;
	list->last = shadow_page_index(memmap, page);
	*list->link = list->last;
	list->link = &page->next;
	if (!list->first)
		list->first = page;
	list->place += BIT(order);
}

static noinline_for_stack u32 append_batch(struct shadow_vmalloc *vm,
					   struct builder *list, u32 nr_pages,
					   u32 gfp)
{
	struct shadow_page *batch[BATCH] = { NULL };
	u32 nr, i;

	nr = shadow_alloc_pages_bulk(vm->nodes, gfp, min(nr_pages, BATCH),
				     batch);
	for (i = 0; i < nr; i++)
		append(&vm->nodes->memmap, list, batch[i], 0);
	return nr;
}

static u32 append_one(struct shadow_vmalloc *vm, struct builder *list,
		      unsigned int order, u32 gfp)
{
	struct shadow_page *page = shadow_alloc_pages(vm->nodes, gfp, order);

	if (unlikely(!page))
		return 0;
	append(&vm->nodes->memmap, list, page, order);
	return BIT(order);
}

/* A list of one page */
static __always_inline u32 get_one(struct shadow_vmalloc *vm,
				   struct shadow_vmap_area *area, u32 gfp)
{
	struct shadow_page *page = shadow_alloc_pages(vm->nodes, gfp, 0);

	if (unlikely(!page))
		return 0;
	page->private[0] = area->self;
	page->private[1] = 0;
	page->next = SHADOW_NO_PAGE;
	area->first_page = shadow_page_index(&vm->nodes->memmap, page);
	page->prev = area->first_page;
	return 1;
}

/**
 * shadow_vmalloc_get_pages() - pages for an area, as its list
 * @vm: the layer
 * @area: the area, busy
 * @nr_pages: how many single pages
 * @order: log2 of the pages of a block of the tables: such blocks are taken as
 *	long as one still goes in; 0: none are
 * @gfp: SHADOW_GFP_*
 * @nr_got: set to how many the list has, also on error
 *
 * Follows vm_area_alloc_pages().
 *
 * Context: any but NMI; does not sleep.
 * Return: 0, -ENOMEM or -EUCLEAN.
 */
int shadow_vmalloc_get_pages(struct shadow_vmalloc *vm,
			     struct shadow_vmap_area *area, u32 nr_pages,
			     unsigned int order, u32 gfp, u32 *nr_got)
{
	struct builder list = {
		.handle = area->self,
		.last = SHADOW_NO_PAGE,
		.link = &area->first_page,
	};
	u32 left, nr;

	gfp = page_gfp(gfp);
	if (nr_pages == 1) {
		*nr_got = get_one(vm, area, gfp);
		goto done;
	}
	while (list.place < nr_pages) {
		left = nr_pages - list.place;
		if (order && left >= BIT(order))
			nr = append_one(vm, &list, order, gfp | SHADOW_GFP_NOWARN);
		else if (left == 1)
			nr = append_one(vm, &list, 0, gfp);
		else
			nr = append_batch(vm, &list, left, gfp);
		if (unlikely(!nr))
			break;
		list.first->prev = list.last;
	}
	*nr_got = list.place;
done:
	if (likely(*nr_got == nr_pages))
		return 0;
	return shadow_fault_frozen(vm->fault) ? -EUCLEAN : -ENOMEM;
}

/* listed_page() of a single page that is where it should be, else NULL */
static __always_inline struct shadow_page *
single_page(const struct shadow_vmalloc *vm, u32 handle, u32 index, u32 next,
	    u32 place)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_OWNER_MASK |
			 SHADOW_PF_ORDER_MASK;
	struct shadow_page *page = shadow_page_at(&vm->nodes->memmap, index);

	if (unlikely(!page ||
		     (page->flags & mask) != SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0,
						       SHADOW_OWNER_VMALLOC,
						       0) ||
		     page->private[0] != handle || page->private[1] != place ||
		     page->next != next))
		return NULL;
	return page;
}

/* From the last one, at @index, to the first one; each is checked before it goes */
static noinline_for_stack int put_list(struct shadow_vmalloc *vm, u32 handle,
				       u32 index, u32 nr_pages)
{
	struct shadow_page *batch[BATCH], *page;
	u32 end = nr_pages, next = SHADOW_NO_PAGE, nr = 0;
	unsigned int order;
	int err = 0;

	while (end && !err) {
		page = single_page(vm, handle, index, next, end - 1);
		if (likely(page)) {
			end--;
			next = index;
			index = page->prev;
			batch[nr++] = page;
			if (likely(nr < BATCH && end))
				continue;
			err = shadow_free_pages_bulk(vm->nodes, nr, batch);
			nr = 0;
			continue;
		}
		page = listed_page(vm, handle, index);
		order = page ? shadow_page_order(page) : 0;
		if (unlikely(!page || page->next != next ||
			     page->private[1] + BIT(order) != end))
			return shadow_vmalloc_bad_page(vm, handle, end - 1);
		end -= BIT(order);
		next = index;
		index = page->prev;
		err = shadow_free_pages_bulk(vm->nodes, nr, batch);
		nr = 0;
		err = err ? : shadow_free_pages(vm->nodes, page, order);
	}
	return err;
}

/**
 * shadow_vmalloc_put_pages() - give the pages of a list back
 * @vm: the layer
 * @handle: the area's
 * @first: index of the first one; not looked at where @nr_pages is 0
 * @nr_pages: how many single pages they are
 *
 * From the last page to the first: the page allocator hands out last what it
 * got first, so the next area gets its pages in the order of their frames.
 *
 * Context: any but NMI; does not sleep.
 * Return: 0, or -EUCLEAN.
 */
int shadow_vmalloc_put_pages(struct shadow_vmalloc *vm, u32 handle, u32 first,
			     u32 nr_pages)
{
	struct shadow_page *page;

	if (!nr_pages)
		return 0;
	page = shadow_vmalloc_page(vm, handle, 0, first);
	if (unlikely(!page))
		return shadow_vmalloc_bad_page(vm, handle, 0);
	if (nr_pages == 1 && page->prev == first &&
	    page->next == SHADOW_NO_PAGE && !shadow_page_order(page))
		return shadow_free_pages(vm->nodes, page, 0);
	return put_list(vm, handle, page->prev, nr_pages);
}

/**
 * struct mapper - frames on their way into the tables
 * @vm: the layer
 * @va: where the next one goes that is mapped
 * @prot: SHADOW_PAGE_*
 * @flags: SHADOW_MAP_*
 * @most: pages in a row that can be neither a contiguous group nor a block
 * @nr: of those that wait
 * @pa: of those that wait, single ones and short runs
 */
struct mapper {
	struct shadow_vmalloc *vm;
	u64 va;
	u64 prot;
	unsigned int flags;
	u32 most;
	u32 nr;
	phys_addr_t pa[BATCH];
};

static int map_waiting(struct mapper *mapper)
{
	u32 nr = mapper->nr;
	int err;

	if (!nr)
		return 0;
	err = shadow_pgtable_map_pages(mapper->vm->pgtable, mapper->va,
				       mapper->pa, nr, mapper->prot,
				       mapper->flags);
	if (unlikely(err))
		return err;
	mapper->va += shadow_vmalloc_bytes(mapper->vm, nr);
	mapper->nr = 0;
	return 0;
}

/* So many in a row that they may become a group or a block */
static noinline int map_run(struct mapper *mapper, phys_addr_t pa, u32 nr)
{
	struct shadow_vmalloc *vm = mapper->vm;
	u64 bytes = shadow_vmalloc_bytes(vm, nr);
	int err = map_waiting(mapper);

	if (err)
		return err;
	err = shadow_pgtable_map(vm->pgtable, mapper->va, pa, bytes,
				 mapper->prot, mapper->flags);
	if (!err)
		mapper->va += bytes;
	return err;
}

/* Frames in a row */
static __always_inline int map_frames(struct mapper *mapper, u32 first, u32 nr)
{
	struct shadow_vmalloc *vm = mapper->vm;
	unsigned int page_shift = vm->nodes->page_shift;
	phys_addr_t pa = shadow_index_to_pfn(&vm->nodes->memmap, first)
			 << page_shift;
	int err;

	if (nr > mapper->most)
		return map_run(mapper, pa, nr);
	if (unlikely(mapper->nr + nr > BATCH)) {
		err = map_waiting(mapper);
		if (unlikely(err))
			return err;
	}
	do {
		mapper->pa[mapper->nr++] = pa;
		pa += 1ULL << page_shift;
	} while (--nr);
	return 0;
}

/* A page of a list that we have just made: what a link leads to is its place */
static __always_inline struct shadow_page *
made_page(const struct shadow_vmalloc *vm, u32 handle, u32 place, u32 index)
{
	struct shadow_page *page = shadow_page_at(&vm->nodes->memmap, index);

	return likely(page && page->private[0] == handle &&
		      page->private[1] == place) ? page : NULL;
}

/* A list of several pages; @mapper->va says how far that got, also on error */
static __always_inline int map_list(struct mapper *mapper, u32 handle, u32 index,
				    u32 nr_pages)
{
	struct shadow_vmalloc *vm = mapper->vm;
	const struct shadow_memmap *memmap = &vm->nodes->memmap;
	u32 first = index, start = 0, place = 0, nr;
	struct shadow_page *page;
	int err;

	while (place < nr_pages) {
		page = made_page(vm, handle, place, index);
		nr = page ? BIT(shadow_page_order(page)) : 0;
		if (unlikely(!page || nr > nr_pages - place))
			return shadow_vmalloc_bad_page(vm, handle, place);
		place += nr;
		if (place < nr_pages && page->next == index + nr &&
		    (likely(!memmap->many) ||
		     shadow_memmap_follows(memmap, index + nr - 1, page->next))) {
			index += nr;
			continue;
		}
		err = map_frames(mapper, first, place - start);
		if (unlikely(err))
			return err;
		start = place;
		first = page->next;
		index = first;
	}
	return map_waiting(mapper);
}

/* Out of line: one page needs none of that stack */
static noinline_for_stack int map_several(struct shadow_vmalloc *vm,
					  const struct shadow_vmap_area *area,
					  u32 nr_pages, u64 prot,
					  unsigned int flags, u32 *nr_mapped)
{
	struct mapper mapper;
	int err;

	mapper.vm = vm;
	mapper.va = area->va_start;
	mapper.prot = prot;
	mapper.flags = flags;
	mapper.most = min_t(u64, vm->pgtable->group_mask >> vm->nodes->page_shift,
			    BATCH);
	mapper.nr = 0;
	err = map_list(&mapper, area->self, area->first_page, nr_pages);
	*nr_mapped = (mapper.va - area->va_start) >> vm->nodes->page_shift;
	return err;
}

/**
 * shadow_vmalloc_map_pages() - map a list: long runs of frames by a call each
 * @vm: the layer
 * @area: the area, busy
 * @nr_pages: single pages of its list
 * @prot: SHADOW_PAGE_*
 * @flags: SHADOW_MAP_*
 * @nr_mapped: set to how many pages, the first ones, got mapped, also on error
 *
 * Follows vmap_pages_range_noflush().
 *
 * Context: any but NMI; does not sleep.
 * Return: 0, or what shadow_pgtable_map() says.
 */
int shadow_vmalloc_map_pages(struct shadow_vmalloc *vm,
			     const struct shadow_vmap_area *area, u32 nr_pages,
			     u64 prot, unsigned int flags, u32 *nr_mapped)
{
	u32 index = area->first_page;
	phys_addr_t pa;
	int err;

	*nr_mapped = 0;
	if (nr_pages > 1)
		return map_several(vm, area, nr_pages, prot, flags, nr_mapped);
	if (unlikely(!shadow_vmalloc_page(vm, area->self, 0, index)))
		return shadow_vmalloc_bad_page(vm, area->self, 0);
	pa = shadow_index_to_pfn(&vm->nodes->memmap, index)
	     << vm->nodes->page_shift;
	err = shadow_pgtable_map(vm->pgtable, area->va_start, pa,
				 shadow_vmalloc_bytes(vm, 1), prot, flags);
	*nr_mapped = !err;
	return err;
}
