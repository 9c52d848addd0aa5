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

/* shadow_vmalloc.c */
struct shadow_vmap_area *shadow_vmalloc_reserve(struct shadow_vmalloc *vm,
						u64 nr_pages, u64 align,
						u32 flags, u32 gfp,
						unsigned long caller);
int shadow_vmalloc_release(struct shadow_vmalloc *vm,
			   struct shadow_vmap_area *area);
void shadow_vmalloc_publish(struct shadow_vmalloc *vm,
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
