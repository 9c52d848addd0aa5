/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_break_room - what the files of shadow_break share. Nobody else
 * includes this.
 */
#ifndef SHADOW_BREAK_ROOM_H
#define SHADOW_BREAK_ROOM_H

#include "shadow_break.h"

/**
 * struct shadow_break - one damage that is being done
 * @mm: the machine
 * @ask: what was asked for
 * @rnd: random number by which what was not named is chosen
 * @did: filled: what was changed, or why nothing was
 * @line: filled with what whoever sees it says
 * @refusal: what the allocator said that was asked to do something wrong
 * @nr_reports: reports of debugging before it was
 * @cache: of a report: the cache whose objects are looked at
 * @va: of the TLB: the address that it may have wrong
 */
struct shadow_break {
	struct shadow_mm *mm;
	const struct shadow_break_ask *ask;
	u64 rnd;
	char did[160];
	char line[SHADOW_FAULT_TEXT];
	int refusal;
	u64 nr_reports;
	struct shadow_kmem_cache *cache;
	u64 va;
};

/* shadow_break.c */
__printf(3, 4)
int shadow_break_refuse(struct shadow_break *b, int err, const char *fmt, ...);
__printf(2, 3)
int shadow_break_did(struct shadow_break *b, const char *fmt, ...);

/* Is that a frame to damage? */
typedef bool (*shadow_break_fits_t)(const struct shadow_page *page);

/* Frames: shadow_break_page.c */
struct shadow_page *shadow_break_frame(struct shadow_break *b,
				       shadow_break_fits_t fits,
				       const char *allowed, const char *first);
u64 shadow_break_pfn(const struct shadow_break *b, const struct shadow_page *page);
int shadow_break_page_flags(struct shadow_break *b);
int shadow_break_refcount_used(struct shadow_break *b);
int shadow_break_refcount_free(struct shadow_break *b);
int shadow_break_owner(struct shadow_break *b);
int shadow_break_used_as_free(struct shadow_break *b);

/* Free lists, per-CPU lists, counts: shadow_break_free.c */
int shadow_break_free_link(struct shadow_break *b);
int shadow_break_free_cycle(struct shadow_break *b);
int shadow_break_free_order(struct shadow_break *b);
int shadow_break_lost_merge(struct shadow_break *b);
int shadow_break_wrong_zone(struct shadow_break *b);
int shadow_break_block_type(struct shadow_break *b);
int shadow_break_nr_free(struct shadow_break *b);
int shadow_break_zone_count(struct shadow_break *b);
int shadow_break_pcp_count(struct shadow_break *b);
int shadow_break_pcp_link(struct shadow_break *b);

/* Objects: shadow_break_slab.c, shadow_break_object.c */
int shadow_break_slab_link(struct shadow_break *b);
int shadow_break_slab_head(struct shadow_break *b);
int shadow_break_slab_inuse(struct shadow_break *b);
int shadow_break_slab_cache(struct shadow_break *b);
int shadow_break_slab_lost(struct shadow_break *b);
int shadow_break_red_zone(struct shadow_break *b);
int shadow_break_use_after_free(struct shadow_break *b);
int shadow_break_double_free(struct shadow_break *b);
int shadow_break_bad_free(struct shadow_break *b);

/* Tables and what is mapped by them: shadow_break_table.c, shadow_break_area.c */
int shadow_break_desc_bit(struct shadow_break *b);
int shadow_break_desc_outside(struct shadow_break *b);
int shadow_break_desc_lost(struct shadow_break *b);
int shadow_break_stale_tlb(struct shadow_break *b);
int shadow_break_area_frame(struct shadow_break *b);
int shadow_break_area_unmapped(struct shadow_break *b);
int shadow_break_area_overlap(struct shadow_break *b);
int shadow_break_area_link(struct shadow_break *b);
int shadow_break_kmap_count(struct shadow_break *b);
int shadow_break_memblock_overlap(struct shadow_break *b);

/* The history: shadow_break_ring.c */
int shadow_break_ring_gap(struct shadow_break *b);
int shadow_break_ring_record(struct shadow_break *b);

#endif /* SHADOW_BREAK_ROOM_H */
