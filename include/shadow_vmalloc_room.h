/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_vmalloc_room - what the files of shadow_vmalloc share: areas that come
 * and go, and the pages of an area. Nobody else includes this.
 *
 * An area that is BUSY belongs to whoever made it so, without a lock.
 */
#ifndef SHADOW_VMALLOC_ROOM_H
#define SHADOW_VMALLOC_ROOM_H

#include "shadow_page_alloc.h"
#include "shadow_vmalloc.h"

static inline u64 shadow_vmalloc_bytes(const struct shadow_vmalloc *vm,
				       u64 nr_pages)
{
	return nr_pages << vm->nodes->page_shift;
}

/*
 * How to map what shall be pages: areas shorter than a block of the tables are
 * never one, since a guard follows.
 */
static inline unsigned int
shadow_vmalloc_pages_only(const struct shadow_vmalloc *vm, u64 nr_pages)
{
	return nr_pages >> vm->pgtable->geo.bits_per_level ?
	       SHADOW_MAP_NO_BLOCK : 0;
}

/* Pages that an area maps: what is not its guard */
static inline u64 shadow_vmalloc_mapped(const struct shadow_vmalloc *vm,
					const struct shadow_vmap_area *area)
{
	return ((area->va_end - area->va_start) >> vm->nodes->page_shift) - 1;
}

/* Pages that an area has for itself, as /proc/meminfo counts them */
static inline u32 shadow_vmalloc_own_pages(const struct shadow_vmap_area *area)
{
	return area->flags & SHADOW_VMAP_ALLOC ? area->nr_pages : 0;
}

/* An area came into the tree, under the lock */
static inline void shadow_vmalloc_count(struct shadow_vmalloc *vm,
					const struct shadow_vmap_area *area)
{
	vm->nr_pages += shadow_vmalloc_own_pages(area);
	vm->nr_areas++;
}

/* An area leaves it, or becomes lazy, under the lock */
static inline void shadow_vmalloc_uncount(struct shadow_vmalloc *vm,
					  const struct shadow_vmap_area *area)
{
	vm->nr_pages -= shadow_vmalloc_own_pages(area);
	vm->nr_areas--;
}

/**
 * shadow_vmalloc_publish() - an area is complete: all may find it
 * @area: the area, BUSY; not the caller's any more
 *
 * Context: any but NMI.
 */
static inline void shadow_vmalloc_publish(struct shadow_vmap_area *area)
{
	/* What the area is made of comes before */
	smp_store_release(&area->flags, area->flags & ~SHADOW_VMAP_BUSY);
}

/* Is an area in the tree one that can be found? Under the lock */
static inline bool shadow_vmalloc_complete(const struct shadow_vmap_area *area)
{
	/* Follows shadow_vmalloc_publish(), which does without the lock */
	u32 flags = smp_load_acquire(&area->flags);

	return !(flags & (SHADOW_VMAP_BUSY | SHADOW_VMAP_LAZY));
}

/* shadow_vmalloc.c */
struct shadow_vmap_area *
shadow_vmalloc_reserve(struct shadow_vmalloc *vm,
		       const struct shadow_vmap_area *as, u64 align, u32 gfp);
int shadow_vmalloc_release(struct shadow_vmalloc *vm,
			   struct shadow_vmap_area *area);
struct shadow_vmap_area *shadow_vmalloc_grab(struct shadow_vmalloc *vm, u64 va,
					     u32 kinds);

/* shadow_vmalloc_pages.c */
int shadow_vmalloc_bad_page(const struct shadow_vmalloc *vm, u32 handle,
			    u32 place);
int shadow_vmalloc_get_pages(struct shadow_vmalloc *vm,
			     struct shadow_vmap_area *area, u32 nr_pages,
			     unsigned int order, u32 gfp, u32 *nr_got);
int shadow_vmalloc_put_pages(struct shadow_vmalloc *vm, u32 handle, u32 first,
			     u32 nr_pages);
int shadow_vmalloc_map_pages(struct shadow_vmalloc *vm,
			     const struct shadow_vmap_area *area, u32 nr_pages,
			     u64 prot, unsigned int flags, u32 *nr_mapped);

/* shadow_vmalloc_map.c */
const u32 *shadow_vmalloc_held(const struct shadow_vmalloc *vm,
			       const struct shadow_vmap_area *area);

/* shadow_vmalloc_lazy.c */
int shadow_vmalloc_unmap(struct shadow_vmalloc *vm,
			 const struct shadow_vmap_area *area);
int shadow_vmalloc_unmap_now(struct shadow_vmalloc *vm,
			     const struct shadow_vmap_area *area, u32 nr_pages);
int shadow_vmalloc_retire(struct shadow_vmalloc *vm,
			  struct shadow_vmap_area *area);

#endif /* SHADOW_VMALLOC_ROOM_H */
