// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmalloc - areas that come and go. See shadow_vmalloc.h.
 *
 * An area is in the tree from before its first page is allocated until after
 * no TLB knows it any more, so that nobody else is given its addresses. While
 * its pages come and go it is BUSY: nobody finds it, and it belongs to whoever
 * made it so, without a lock.
 */
#include "shadow_latency.h"
#include "shadow_ring.h"
#include "shadow_vmalloc_room.h"

/* lazy_max_pages(): address space that may wait, times log2 of the CPUs + 1 */
#define LAZY_BYTES	SZ_32M

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
				    1ULL << nodes->page_shift, seed, fault);
	if (err)
		return err;

	raw_spin_lock_init(&vm->lock);
	vm->nr_pages = 0;
	vm->nr_areas = 0;
	vm->lazy.first = SHADOW_VMAP_NONE;
	vm->lazy_start = U64_MAX;
	vm->lazy_end = 0;
	vm->clean.first = SHADOW_VMAP_NONE;
	vm->nr_lazy_areas = 0;
	vm->nr_lazy_pages = 0;
	vm->lazy_max_pages = (u64)fls(nodes->nr_cpus ? : 1) *
			     (LAZY_BYTES >> nodes->page_shift);
	vm->nr_purges = 0;
	vm->nr_purged = 0;
	vm->spare = NULL;
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
		if (err)
			break;
		if (info.flags & SHADOW_VMAP_ALLOC)
			err = shadow_vfree(vm, info.va_start);
		else
			err = shadow_vunmap(vm, info.va_start);
		if (err)
			return err;
	}
	if (err == -ENOENT)
		err = shadow_vmalloc_purge(vm);
	return err ? err : shadow_kmem_cache_destroy(vm->cache);
}

/* Is there more room than when so many areas had been purged? Then try again. */
static int make_room(struct shadow_vmalloc *vm, u64 *nr_purged)
{
	u64 seen = *nr_purged;
	int err = shadow_vmalloc_purge(vm);

	*nr_purged = READ_ONCE(vm->nr_purged);
	if (err)
		return err;
	return *nr_purged == seen ? -ENOMEM : 0;
}

static struct shadow_vmap_area *new_area(struct shadow_vmalloc *vm, u32 gfp)
{
	u64 nr_purged = READ_ONCE(vm->nr_purged);
	struct shadow_vmap_area *area;
	int err;

	gfp &= SHADOW_SLAB_GFP_MASK & ~SHADOW_GFP_ZERO;
	for (;;) {
		area = shadow_kmem_cache_alloc(vm->cache, gfp);
		if (likely(area))
			return area;
		err = make_room(vm, &nr_purged);
		if (err)
			return ERR_PTR(err);
	}
}

/* The lowest gap, for an area that is filled in. Under the lock */
static int take(struct shadow_vmalloc *vm, struct shadow_vmap_area *area,
		const struct shadow_vmap_area *as, u64 bytes, u64 align)
{
	int err;

	area->flags = as->flags | SHADOW_VMAP_BUSY;
	area->caller = as->caller;
	area->first_page = SHADOW_NO_PAGE;
	area->nr_pages = as->nr_pages;
	err = shadow_vmap_tree_take(&vm->tree, area, bytes, align);
	if (likely(!err))
		shadow_vmalloc_count(vm, area);
	return err;
}

/* With the descriptor that is at hand, if there is one; NULL: there is none */
static __always_inline struct shadow_vmap_area *
take_spare(struct shadow_vmalloc *vm, const struct shadow_vmap_area *as,
	   u64 bytes, u64 align)
{
	struct shadow_vmap_area *area;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->lock, flags);
	area = vm->spare;
	if (likely(area && !take(vm, area, as, bytes, align)))
		vm->spare = NULL;
	else
		area = NULL;
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return area;
}

static noinline struct shadow_vmap_area *
take_new(struct shadow_vmalloc *vm, const struct shadow_vmap_area *as, u64 bytes,
	 u64 align, u32 gfp)
{
	struct shadow_vmap_area *area = new_area(vm, gfp);
	unsigned long flags;
	u64 nr_purged;
	int err;

	if (IS_ERR(area))
		return area;
	do {
		raw_spin_lock_irqsave(&vm->lock, flags);
		nr_purged = vm->nr_purged;
		err = take(vm, area, as, bytes, align);
		raw_spin_unlock_irqrestore(&vm->lock, flags);
		if (likely(!err))
			return area;
		if (err == -ENOMEM)
			err = make_room(vm, &nr_purged);
	} while (!err);

	if (err != -EUCLEAN)
		shadow_kmem_cache_free(vm->cache, area);
	return ERR_PTR(err);
}

/**
 * shadow_vmalloc_reserve() - an area of our own, BUSY and with nothing in it
 * @vm: the layer
 * @as: its nr_pages, a guard page comes on top; its kind; its caller
 * @align: what its address shall be a multiple of, a power of two, at least a
 *	page
 * @gfp: SHADOW_GFP_*, for its descriptor
 *
 * Where there is no room, what was freed is purged first. Follows
 * alloc_vmap_area().
 *
 * Context: any but NMI; does not sleep.
 * Return: the area, or ERR_PTR() of -ENOMEM or -EUCLEAN.
 */
struct shadow_vmap_area *
shadow_vmalloc_reserve(struct shadow_vmalloc *vm,
		       const struct shadow_vmap_area *as, u64 align, u32 gfp)
{
	u64 bytes = shadow_vmalloc_bytes(vm, (u64)as->nr_pages + 1);
	struct shadow_vmap_area *area = take_spare(vm, as, bytes, align);

	return likely(area) ? area : take_new(vm, as, bytes, align, gfp);
}

/**
 * shadow_vmalloc_release() - the addresses of an area are free at once
 * @vm: the layer
 * @area: the area, busy; nothing of it was ever mapped, or no TLB knows it
 *
 * Context: any but NMI; does not sleep.
 * Return: 0, or -EUCLEAN.
 */
int shadow_vmalloc_release(struct shadow_vmalloc *vm,
			   struct shadow_vmap_area *area)
{
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&vm->lock, flags);
	shadow_vmalloc_uncount(vm, area);
	err = shadow_vmap_tree_erase(&vm->tree, area);
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	if (unlikely(err))
		return shadow_fault_raise(vm->fault,
					  "vmalloc: an area of ours is not in the tree");
	return shadow_kmem_cache_free(vm->cache, area);
}

/**
 * shadow_vmalloc_grab() - take a complete area away from all others
 * @vm: the layer
 * @va: its first byte
 * @kinds: SHADOW_VMAP_ALLOC, or the kinds that shadow_vunmap() takes
 *
 * Follows find_unlink_vmap_area().
 *
 * Context: any but NMI.
 * Return: the area, BUSY, or ERR_PTR(): -ENOENT where none starts at @va;
 * -EINVAL where it is of another kind; -EUCLEAN.
 */
struct shadow_vmap_area *shadow_vmalloc_grab(struct shadow_vmalloc *vm, u64 va,
					     u32 kinds)
{
	struct shadow_vmap_area *area;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->lock, flags);
	area = shadow_vmap_tree_find(&vm->tree, va);
	if (IS_ERR(area))
		goto unlock;
	if (!area || area->va_start != va || !shadow_vmalloc_complete(area)) {
		area = ERR_PTR(-ENOENT);
		goto unlock;
	}
	if (!(area->flags & kinds)) {
		area = ERR_PTR(-EINVAL);
		goto unlock;
	}
	area->flags |= SHADOW_VMAP_BUSY;
unlock:
	raw_spin_unlock_irqrestore(&vm->lock, flags);
	return area;
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

/*
 * Log2 of the pages that a block of the tables has, where so many on each node
 * that may be asked are not more than all; else 0.
 */
static unsigned int huge_order(const struct shadow_vmalloc *vm, u64 nr_pages,
			       u32 gfp)
{
	unsigned int order = vm->pgtable->geo.bits_per_level;
	bool any_node = !(gfp >> SHADOW_GFP_NODE_SHIFT & 0xf);

	if (any_node && vm->nodes->nr_nodes > 1)
		nr_pages /= vm->nodes->nr_nodes;
	return nr_pages >> order && order <= vm->nodes->max_order ? order : 0;
}

/* One try, with blocks of 2^@order pages or with single pages alone */
static int try_alloc(struct shadow_vmalloc *vm, u32 nr_pages, unsigned int order,
		     u32 gfp, u64 prot, unsigned long caller, u64 *va)
{
	const struct shadow_vmap_area as = {
		.nr_pages = nr_pages,
		.flags = SHADOW_VMAP_ALLOC | (order ? SHADOW_VMAP_HUGE : 0),
		.caller = caller,
	};
	struct shadow_vmap_area *area;
	u32 nr_got, nr_mapped = 0;
	int err;

	area = shadow_vmalloc_reserve(vm, &as,
				      shadow_vmalloc_bytes(vm, 1) << order, gfp);
	if (IS_ERR(area))
		return PTR_ERR(area);
	err = shadow_vmalloc_get_pages(vm, area, nr_pages, order, gfp, &nr_got);
	if (unlikely(err))
		goto undo;
	err = shadow_vmalloc_map_pages(vm, area, nr_pages, prot, order ? 0 :
				       shadow_vmalloc_pages_only(vm, nr_pages),
				       &nr_mapped);
	if (unlikely(err))
		goto undo;
	*va = area->va_start;
	shadow_vmalloc_publish(area);
	return 0;

undo:
	if (shadow_vmalloc_unmap_now(vm, area, nr_mapped) ||
	    shadow_vmalloc_put_pages(vm, area->self, area->first_page, nr_got) ||
	    shadow_vmalloc_release(vm, area))
		return -EUCLEAN;
	return err;
}

/* Out of line: what says it needs a frame of the stack */
static noinline void tell_alloc(const struct shadow_vmalloc *vm, u64 va,
				u64 nr_pages, u64 bytes, u32 gfp,
				unsigned int order)
{
	shadow_event(vm->events, SHADOW_EV_VMALLOC, nr_pages, va, bytes, gfp, order);
}

static __always_inline int alloc_area(struct shadow_vmalloc *vm, u64 bytes,
				      u32 gfp, u64 prot, unsigned long caller,
				      bool huge, u64 *va)
{
	unsigned int order;
	u64 nr_pages;
	int err;

	if (shadow_fault_frozen(vm->fault))
		return -EUCLEAN;
	err = check_length(vm, bytes, &nr_pages);
	if (err)
		return err;
	if (shadow_should_fail(vm->nodes->fail, SHADOW_FAIL_VMALLOC, bytes))
		return -ENOMEM;
	order = huge ? huge_order(vm, nr_pages, gfp) : 0;
	err = -ENOMEM;
	if (order)
		err = try_alloc(vm, nr_pages, order, gfp, prot, caller, va);
	if (err == -ENOMEM) {
		order = 0;
		err = try_alloc(vm, nr_pages, 0, gfp, prot, caller, va);
	}
	if (shadow_event_heard(SHADOW_EV_VMALLOC) && !err)
		tell_alloc(vm, *va, nr_pages, bytes, gfp, order);
	return err;
}

/* Recorded, measured, or both */
static noinline int alloc_watched(struct shadow_vmalloc *vm, u64 bytes, u32 gfp,
				  u64 prot, unsigned long caller, bool huge,
				  u64 *va)
{
	struct shadow_latency_mark mark;
	struct shadow_op op;
	u64 at = 0;
	int err;

	shadow_op_begin(&op, vm->events);
	shadow_latency_begin(&mark, vm->events, SHADOW_LATENCY_VMALLOC);
	err = alloc_area(vm, bytes, gfp, prot, caller, huge, &at);
	if (!err)
		*va = at;
	shadow_latency_end(&mark, err);
	shadow_op_end(&op, huge ? SHADOW_OP_VMALLOC_HUGE : SHADOW_OP_VMALLOC, err,
		      bytes, gfp, prot, caller, at);
	return err;
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
 * frames are single ones, mapped by pages. Follows __vmalloc_node_range().
 *
 * Context: any but NMI; does not sleep, and takes time by @bytes.
 * Return: 0; -EINVAL where @bytes is 0; -ENOMEM where the machine or the window
 * is too small or too full; -EUCLEAN where the machine is frozen; what
 * shadow_pgtable_map() says of @prot (-EINVAL, -EPERM for W+X).
 */
int shadow_vmalloc_alloc(struct shadow_vmalloc *vm, u64 bytes, u32 gfp,
			 u64 prot, unsigned long caller, u64 *va)
{
	if (shadow_watched())
		return alloc_watched(vm, bytes, gfp, prot, caller, false, va);
	return alloc_area(vm, bytes, gfp, prot, caller, false, va);
}

/**
 * shadow_vmalloc_huge() - the same, in blocks of the tables where that goes
 * @vm: the layer
 * @bytes: how much; rounded up to pages, a guard page comes on top
 * @gfp: SHADOW_GFP_*
 * @prot: SHADOW_PAGE_* to map them with
 * @caller: address of the code that asks, for vmallocinfo; 0: not known
 * @va: set to the first byte, on success alone
 *
 * From the length of a block of the tables on (2 MiB, 32 MiB or 512 MiB; where
 * several nodes may be asked, for each of them) the area is aligned to one and
 * is made of such blocks, what is left over of single pages. Where memory has
 * not got them all, or the window no place for them, single pages do. Follows
 * vmalloc_huge(), which rounds @bytes up to whole blocks.
 *
 * Context: any but NMI; does not sleep, and takes time by @bytes.
 * Return: as shadow_vmalloc_alloc().
 */
int shadow_vmalloc_huge(struct shadow_vmalloc *vm, u64 bytes, u32 gfp,
			u64 prot, unsigned long caller, u64 *va)
{
	if (shadow_watched())
		return alloc_watched(vm, bytes, gfp, prot, caller, true, va);
	return alloc_area(vm, bytes, gfp, prot, caller, true, va);
}

static noinline void tell_free(const struct shadow_vmalloc *vm, u64 va, u64 nr_pages)
{
	shadow_event(vm->events, SHADOW_EV_VFREE, nr_pages, va,
		     shadow_vmalloc_bytes(vm, nr_pages));
}

static __always_inline int free_area(struct shadow_vmalloc *vm, u64 va)
{
	struct shadow_vmap_area *area;
	u32 nr_pages;
	int err;

	if (shadow_fault_frozen(vm->fault))
		return -EUCLEAN;
	area = shadow_vmalloc_grab(vm, va, SHADOW_VMAP_ALLOC);
	if (IS_ERR(area))
		return PTR_ERR(area);
	nr_pages = area->nr_pages;
	if (unlikely(nr_pages != shadow_vmalloc_mapped(vm, area)))
		return shadow_fault_raise(vm->fault,
					  "vmalloc: area %#llx-%#llx is not %u pages and a guard",
					  area->va_start, area->va_end, nr_pages);
	err = shadow_vmalloc_unmap(vm, area);
	if (!err)
		err = shadow_vmalloc_put_pages(vm, area->self, area->first_page,
					       nr_pages);
	if (!err)
		err = shadow_vmalloc_retire(vm, area);
	if (shadow_event_heard(SHADOW_EV_VFREE) && !err)
		tell_free(vm, va, nr_pages);
	return err;
}

/* As alloc_watched() */
static noinline int free_watched(struct shadow_vmalloc *vm, u64 va)
{
	struct shadow_latency_mark mark;
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, vm->events);
	shadow_latency_begin(&mark, vm->events, SHADOW_LATENCY_VFREE);
	err = free_area(vm, va);
	shadow_latency_end(&mark, err);
	shadow_op_end(&op, SHADOW_OP_VFREE, err, va);
	return err;
}

/**
 * shadow_vfree() - free what shadow_vmalloc_alloc() or _huge() gave
 * @vm: the layer
 * @va: the first byte of an area
 *
 * The pages are free when it returns, the addresses after the next purge.
 * Follows vfree().
 *
 * Context: any but NMI; does not sleep, and takes time by the area's length,
 * now and then also by the number of areas that were freed before.
 * Return: 0; -ENOENT where no area starts at @va, -EINVAL where that is one for
 * shadow_vunmap(), and nothing has changed; -EUCLEAN where the machine is
 * frozen.
 */
int shadow_vfree(struct shadow_vmalloc *vm, u64 va)
{
	if (shadow_watched())
		return free_watched(vm, va);
	return free_area(vm, va);
}
