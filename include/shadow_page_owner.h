/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_owner - who allocated each block of frames, and when. Follows
 * mm/page_owner.c and mm/page_ext.c.
 *
 * With page_owner=1 each bank of the memmap has a second array beside it, one
 * struct shadow_birth for each frame, from the same early memory. The entry of a
 * block's first frame is the block's. It is written by whoever has just got the
 * block, and cleared by whoever gives it back.
 *
 * Without page_owner there are no arrays, struct shadow_nodes has none to point
 * to, and no path looks for them: they are reached from the watched variants of
 * the fast paths alone, see shadow_watch().
 */
#ifndef SHADOW_PAGE_OWNER_H
#define SHADOW_PAGE_OWNER_H

#include "shadow_memmap.h"
#include "shadow_site.h"

struct shadow_early;

/* Areas of addresses without frames that are known at a time */
#define SHADOW_PAGE_OWNER_AREAS	256

/**
 * struct shadow_area_birth - when and where an area without frames was made
 * @va: its first byte; 0: the entry is free
 * @birth: when and where
 */
struct shadow_area_birth {
	u64 va;
	struct shadow_birth birth;
};

/* Of reserved frames, as the early allocator's log calls it */
#define SHADOW_PAGE_OWNER_NAME	"page_owner"

/**
 * struct shadow_page_owner - the arrays of one machine
 * @sites: where allocations come from
 * @memmap: whose frames they are
 * @bytes: of the block, in all arrays
 * @birth: per bank, its array, which lies in the block; NULL: it has none
 * @area: of ioremaps, which have no frames of their own; under @sites->lock
 */
struct shadow_page_owner {
	struct shadow_sites *sites;
	const struct shadow_memmap *memmap;
	u64 bytes;
	struct shadow_birth *birth[SHADOW_MEMMAP_BOOT_BANKS];
	struct shadow_area_birth area[SHADOW_PAGE_OWNER_AREAS];
};

u64 shadow_page_owner_bytes(const struct shadow_memmap *memmap);
int shadow_page_owner_alloc(struct shadow_page_owner *po,
			    const struct shadow_memmap *memmap,
			    struct shadow_early *early,
			    struct shadow_sites *sites);
void shadow_page_owner_set(struct shadow_page_owner *po,
			   const struct shadow_page *page, u32 nr_pages,
			   u32 gfp);
void shadow_page_owner_copy(struct shadow_page_owner *po,
			    const struct shadow_page *page, u32 nr_pages);
void shadow_page_owner_clear(struct shadow_page_owner *po,
			     const struct shadow_page *page);
bool shadow_page_owner_get(const struct shadow_page_owner *po,
			   const struct shadow_page *page,
			   struct shadow_birth *birth);
void shadow_page_owner_set_area(struct shadow_page_owner *po, u64 va);
void shadow_page_owner_clear_area(struct shadow_page_owner *po, u64 va);
void shadow_page_owner_get_area(struct shadow_page_owner *po, u64 va,
				struct shadow_birth *birth);

#endif /* SHADOW_PAGE_OWNER_H */
