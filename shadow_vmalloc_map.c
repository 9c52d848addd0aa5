// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmalloc_map - areas that show what is not theirs: pages of others
 * (vmap), physical addresses (ioremap). See shadow_vmalloc.h.
 *
 * What a vmap shows is remembered in pages of its own, one u32 for each page:
 * its memmap index. Each of them is held by a reference, so that whoever else
 * gives it back leaves it to us.
 */
#include "shadow_page_owner.h"
#include "shadow_compound.h"
#include "shadow_ring.h"
#include "shadow_vmalloc_room.h"

/* private[1] of the first page of indices: no list has so many places */
#define INDICES		U64_MAX

static unsigned int indices_order(const struct shadow_vmalloc *vm, u32 nr_pages)
{
	u64 bytes = (u64)nr_pages * sizeof(u32) - 1;

	return fls64(bytes >> vm->nodes->page_shift);
}

/**
 * shadow_vmalloc_held() - which pages a vmap shows
 * @vm: the layer
 * @area: the area
 *
 * Context: under the layer's lock, or by whoever made the area busy.
 * Return: a memmap index for each page, any of which may have been overwritten;
 * NULL where the link leads elsewhere.
 */
const u32 *shadow_vmalloc_held(const struct shadow_vmalloc *vm,
			       const struct shadow_vmap_area *area)
{
	struct shadow_page *page;

	page = shadow_page_at(&vm->nodes->memmap, area->first_page);
	if (!page || shadow_page_state(page) != SHADOW_PAGE_ALLOCATED ||
	    shadow_page_owner(page) != SHADOW_OWNER_VMALLOC ||
	    page->private[0] != area->self || page->private[1] != INDICES ||
	    shadow_page_order(page) != indices_order(vm, area->nr_pages))
		return NULL;
	return shadow_block_contents(vm->nodes->block, shadow_page_to_phys(vm->nodes, page),
				     (u64)area->nr_pages * sizeof(u32));
}

/* Room for an area's indices, which are copied there. */
static int remember(struct shadow_vmalloc *vm, struct shadow_vmap_area *area,
		    const u32 *pages, u32 nr_pages)
{
	u32 gfp = SHADOW_GFP_CONTENTS | SHADOW_GFP_OWNER(SHADOW_OWNER_VMALLOC);
	struct shadow_page *page;

	page = shadow_alloc_pages(vm->nodes, gfp, indices_order(vm, nr_pages));
	if (!page)
		return shadow_fault_frozen(vm->fault) ? -EUCLEAN : -ENOMEM;
	page->private[0] = area->self;
	page->private[1] = INDICES;
	area->first_page = shadow_page_index(&vm->nodes->memmap, page);
	memcpy(shadow_page_to_virt(vm->nodes, page), pages,
	       nr_pages * sizeof(*pages));
	return 0;
}

static int forget(struct shadow_vmalloc *vm, const struct shadow_vmap_area *area)
{
	struct shadow_page *page;

	page = shadow_page_at(&vm->nodes->memmap, area->first_page);
	return page ? shadow_free_pages(vm->nodes, page, shadow_page_order(page)) :
		      shadow_vmalloc_bad_page(vm, area->self, 0);
}

static int put_held(struct shadow_vmalloc *vm, const u32 *pages, u32 nr_pages)
{
	struct shadow_page *page;

	while (nr_pages--) {
		page = shadow_page_at(&vm->nodes->memmap, pages[nr_pages]);
		if (unlikely(!page || shadow_put_page(vm->nodes, page)))
			return shadow_fault_raise(vm->fault,
						  "vmap: page %u of an area, entry %u, is not in use any more",
						  nr_pages, pages[nr_pages]);
	}
	return 0;
}

/* Hold all of them, or none. */
static int get_held(struct shadow_vmalloc *vm, const u32 *pages, u32 nr_pages)
{
	struct shadow_page *page;
	int err = 0;
	u32 i;

	for (i = 0; i < nr_pages; i++) {
		page = shadow_page_at(&vm->nodes->memmap, pages[i]);
		err = page ? shadow_get_page(vm->nodes, page) : -EINVAL;
		if (err)
			break;
	}
	if (err && put_held(vm, pages, i))
		return -EUCLEAN;
	return err;
}

/* Map the frames, contiguous ones by one call. */
static int map_held(struct shadow_vmalloc *vm,
		    const struct shadow_vmap_area *area, const u32 *pages,
		    u32 nr_pages, u64 prot, u32 *nr_mapped)
{
	const struct shadow_memmap *memmap = &vm->nodes->memmap;
	u32 place, nr_run = 0;
	phys_addr_t pa;
	int err;

	*nr_mapped = 0;
	for (place = 0; place < nr_pages; place++) {
		nr_run++;
		if (place + 1 < nr_pages &&
		    shadow_memmap_follows(memmap, pages[place], pages[place + 1]))
			continue;
		pa = shadow_index_to_pfn(memmap, pages[*nr_mapped])
		     << vm->nodes->page_shift;
		err = shadow_pgtable_map(vm->pgtable, area->va_start +
					 shadow_vmalloc_bytes(vm, *nr_mapped), pa,
					 shadow_vmalloc_bytes(vm, nr_run), prot,
					 shadow_vmalloc_pages_only(vm, nr_pages));
		if (err)
			return err;
		*nr_mapped += nr_run;
		nr_run = 0;
	}
	return 0;
}

static int map_pages(struct shadow_vmalloc *vm, const u32 *pages, u32 nr_pages,
		     u64 prot, unsigned long caller, u64 *va)
{
	const struct shadow_vmap_area as = {
		.nr_pages = nr_pages,
		.flags = SHADOW_VMAP_MAP,
		.caller = caller,
	};
	u64 window = vm->tree.va_end - vm->tree.va_start;
	struct shadow_vmap_area *area;
	u32 nr_mapped;
	int err;

	if (shadow_fault_frozen(vm->fault))
		return -EUCLEAN;
	if (!nr_pages)
		return -EINVAL;
	if (nr_pages > shadow_nodes_managed(vm->nodes) ||
	    nr_pages >= window >> vm->nodes->page_shift ||
	    shadow_should_fail(vm->nodes->fail, SHADOW_FAIL_VMALLOC,
			       shadow_vmalloc_bytes(vm, nr_pages)))
		return -ENOMEM;
	area = shadow_vmalloc_reserve(vm, &as, shadow_vmalloc_bytes(vm, 1),
				      SHADOW_GFP_KERNEL);
	if (IS_ERR(area))
		return PTR_ERR(area);
	err = remember(vm, area, pages, nr_pages);
	if (err)
		goto release;
	err = get_held(vm, pages, nr_pages);
	if (err)
		goto forget;
	err = map_held(vm, area, pages, nr_pages, prot, &nr_mapped);
	if (err)
		goto unmap;
	*va = area->va_start;
	shadow_vmalloc_publish(area);
	shadow_event(vm->events, SHADOW_EV_VMALLOC, nr_pages, *va,
		     shadow_vmalloc_bytes(vm, nr_pages), SHADOW_GFP_KERNEL);
	return 0;

unmap:
	if (shadow_vmalloc_unmap_now(vm, area, nr_mapped) ||
	    put_held(vm, pages, nr_pages))
		return -EUCLEAN;
forget:
	if (forget(vm, area))
		return -EUCLEAN;
release:
	return shadow_vmalloc_release(vm, area) ? -EUCLEAN : err;
}

/**
 * shadow_vmap() - show pages of others in a row
 * @vm: the layer
 * @pages: memmap index of each page, in the order in which they are shown; one
 *	may be there twice
 * @nr_pages: how many
 * @prot: SHADOW_PAGE_*
 * @caller: address of the code that asks, for vmallocinfo; 0: not known
 * @va: set to the first byte, on success alone
 *
 * Each page has to be a frame in use that can be held by itself: a block of
 * order 0, or any frame of a compound page. It is held until shadow_vunmap().
 * All or nothing. Follows vmap() with VM_MAP_PUT_PAGES.
 *
 * Context: any but NMI; does not sleep, and takes time by @nr_pages.
 * Return: 0; -EINVAL where @nr_pages is 0 or a page cannot be held; -EOVERFLOW
 * where one is held too often; -ENOMEM where the machine or the window is too
 * small or too full; -EUCLEAN where the machine is frozen; what
 * shadow_pgtable_map() says of @prot (-EINVAL, -EPERM for W+X).
 */
int shadow_vmap(struct shadow_vmalloc *vm, const u32 *pages, u32 nr_pages,
		u64 prot, unsigned long caller, u64 *va)
{
	struct shadow_op op;
	u64 at = 0;
	int err;

	shadow_op_begin(&op, vm->events);
	err = map_pages(vm, pages, nr_pages, prot, caller, &at);
	if (!err)
		*va = at;
	shadow_op_end_more(&op, SHADOW_OP_VMAP, err, pages,
			   nr_pages * sizeof(*pages), nr_pages, prot, caller, at);
	return err;
}

/* Is a frame from @start_pfn on and before @end_pfn memory of the machine? */
static bool is_memory(const struct shadow_vmalloc *vm, u64 start_pfn,
		      u64 end_pfn)
{
	const struct shadow_memmap *memmap = &vm->nodes->memmap;
	u32 nr, index, end;

	for (nr = 0; nr < memmap->nr_banks; nr++) {
		shadow_bank_clip(&memmap->bank[nr], start_pfn, end_pfn, &index,
				 &end);
		for (; index < end; index++)
			if (shadow_page_state(&memmap->pages[index]) !=
			    SHADOW_PAGE_HOLE)
				return true;
	}
	return false;
}

/* Its own length, up to a block of the tables: then one can show it. */
static u64 ioremap_align(const struct shadow_vmalloc *vm, u64 nr_pages)
{
	u64 block = 1ULL << vm->pgtable->geo.bits_per_level;

	return shadow_vmalloc_bytes(vm, roundup_pow_of_two(min(nr_pages, block)));
}

static int map_device(struct shadow_vmalloc *vm, phys_addr_t pa, u64 bytes,
		      u64 prot, unsigned long caller, u64 *va)
{
	struct shadow_vmap_area as = {
		.flags = SHADOW_VMAP_IOREMAP,
		.caller = caller,
	};
	unsigned int page_shift = vm->nodes->page_shift;
	u64 last = (u64)pa + bytes - 1, window = vm->tree.va_end -
						 vm->tree.va_start;
	u64 offset = pa & ~(~0ULL << page_shift), nr_pages;
	struct shadow_vmap_area *area;
	int err;

	if (shadow_fault_frozen(vm->fault))
		return -EUCLEAN;
	if (!bytes || last < pa)
		return -EINVAL;
	if (last >> vm->pgtable->geo.pa_bits)
		return -ERANGE;
	nr_pages = (last >> page_shift) - (pa >> page_shift) + 1;
	if (nr_pages >= window >> page_shift || nr_pages > U32_MAX)
		return -ENOMEM;
	if (is_memory(vm, pa >> page_shift, (last >> page_shift) + 1))
		return -EPERM;
	if (shadow_should_fail(vm->nodes->fail, SHADOW_FAIL_VMALLOC, bytes))
		return -ENOMEM;
	as.nr_pages = nr_pages;
	area = shadow_vmalloc_reserve(vm, &as, ioremap_align(vm, nr_pages),
				      SHADOW_GFP_KERNEL);
	if (IS_ERR(area))
		return PTR_ERR(area);
	area->pa = pa - offset;
	err = shadow_pgtable_map(vm->pgtable, area->va_start, area->pa,
				 shadow_vmalloc_bytes(vm, nr_pages), prot, 0);
	if (err)
		return shadow_vmalloc_release(vm, area) ? -EUCLEAN : err;
	*va = area->va_start + offset;
	if (vm->nodes->page_owner)
		shadow_page_owner_set_area(vm->nodes->page_owner,
					   area->va_start);
	shadow_vmalloc_publish(area);
	shadow_event(vm->events, SHADOW_EV_VMALLOC, nr_pages, area->va_start,
		     shadow_vmalloc_bytes(vm, nr_pages));
	return 0;
}

/**
 * shadow_ioremap() - show physical addresses where no memory is
 * @vm: the layer
 * @pa: the first one, any
 * @bytes: how many
 * @prot: SHADOW_PROT_DEVICE_NGNRE, or another
 * @caller: address of the code that asks, for vmallocinfo; 0: not known
 * @va: set to where @pa is shown, on success alone
 *
 * Whole pages are shown, in blocks of the tables where length and alignment
 * allow. All or nothing. Follows ioremap_prot() and arm64's rule that memory is
 * not for it.
 *
 * Context: any but NMI; does not sleep, and takes time by the memory between.
 * Return: 0; -EINVAL where @bytes is 0 or the range wraps around; -EPERM where
 * some of it is memory of the machine; -ERANGE beyond the output size; -ENOMEM
 * where the window or the machine is too small or too full; -EUCLEAN where the
 * machine is frozen; what shadow_pgtable_map() says of @prot.
 */
int shadow_ioremap(struct shadow_vmalloc *vm, phys_addr_t pa, u64 bytes,
		   u64 prot, unsigned long caller, u64 *va)
{
	struct shadow_op op;
	u64 at = 0;
	int err;

	shadow_op_begin(&op, vm->events);
	err = map_device(vm, pa, bytes, prot, caller, &at);
	if (!err)
		*va = at;
	shadow_op_end(&op, SHADOW_OP_IOREMAP, err, pa, bytes, prot, caller, at);
	return err;
}

/* The pages of a vmap that is unmapped */
static int put_pages(struct shadow_vmalloc *vm,
		     const struct shadow_vmap_area *area)
{
	const u32 *pages = shadow_vmalloc_held(vm, area);
	int err;

	if (unlikely(!pages))
		return shadow_vmalloc_bad_page(vm, area->self, 0);
	err = put_held(vm, pages, area->nr_pages);
	return err ? err : forget(vm, area);
}

static int unmap_area(struct shadow_vmalloc *vm, u64 va)
{
	struct shadow_vmap_area *area;
	u64 nr_pages, page_va = va & (~0ULL << vm->nodes->page_shift);
	u32 kinds = va == page_va ? SHADOW_VMAP_MAP | SHADOW_VMAP_IOREMAP :
				    SHADOW_VMAP_IOREMAP;
	int err;

	if (shadow_fault_frozen(vm->fault))
		return -EUCLEAN;
	area = shadow_vmalloc_grab(vm, page_va, kinds);
	if (IS_ERR(area))
		return PTR_ERR(area);
	if (unlikely(area->flags & SHADOW_VMAP_MAP &&
		     area->nr_pages != shadow_vmalloc_mapped(vm, area)))
		return shadow_fault_raise(vm->fault,
					  "vmap: area %#llx-%#llx is not %u pages and a guard",
					  area->va_start, area->va_end,
					  area->nr_pages);
	if (vm->nodes->page_owner && area->flags & SHADOW_VMAP_IOREMAP)
		shadow_page_owner_clear_area(vm->nodes->page_owner,
					     area->va_start);
	nr_pages = shadow_vmalloc_mapped(vm, area);
	err = shadow_vmalloc_unmap(vm, area);
	if (!err && area->flags & SHADOW_VMAP_MAP)
		err = put_pages(vm, area);
	if (!err)
		err = shadow_vmalloc_retire(vm, area);
	if (!err)
		shadow_event(vm->events, SHADOW_EV_VFREE, nr_pages, page_va,
			     shadow_vmalloc_bytes(vm, nr_pages));
	return err;
}

/**
 * shadow_vunmap() - end what shadow_vmap() or shadow_ioremap() began
 * @vm: the layer
 * @va: what they gave
 *
 * Pages stay with whoever else holds them; those that nobody else does are free
 * when it returns. Follows vunmap() and iounmap().
 *
 * Context: any but NMI; does not sleep, and takes time by the area's length,
 * now and then also by the number of areas that were freed before.
 * Return: 0; -ENOENT where no area starts at @va (an ioremap: in its first
 * page), -EINVAL where that is one for shadow_vfree(), and nothing has changed;
 * -EUCLEAN where the machine is frozen.
 */
int shadow_vunmap(struct shadow_vmalloc *vm, u64 va)
{
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, vm->events);
	err = unmap_area(vm, va);
	shadow_op_end(&op, SHADOW_OP_VUNMAP, err, va);
	return err;
}
