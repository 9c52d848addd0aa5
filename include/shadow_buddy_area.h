/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_buddy_area - a block enters or leaves a zone's free areas. For
 * shadow_buddy and shadow_mobility alone; all with the zone's lock held.
 */
#ifndef SHADOW_BUDDY_AREA_H
#define SHADOW_BUDDY_AREA_H

#include "shadow_page_list.h"
#include "shadow_zone.h"

/* What says that a frame is the first of a free block of a zone, and whose */
#define SHADOW_BUDDY_MASK	(SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK | \
				 SHADOW_PF_MT_MASK | SHADOW_PF_PLACE_MASK)

static inline u32 shadow_buddy_want(const struct shadow_zone *zone,
				    unsigned int order, unsigned int mt)
{
	return SHADOW_PF(SHADOW_PAGE_BUDDY, order, 0, mt) |
	       shadow_zone_place(zone);
}

/* Frames enter a free area of that type, or leave it: @nr_pages below 0 */
static inline void shadow_buddy_account(struct shadow_zone *zone,
					unsigned int mt, s64 nr_pages)
{
	if (unlikely(mt == SHADOW_MIGRATE_HIGHATOMIC))
		WRITE_ONCE(zone->nr_free_highatomic,
			   zone->nr_free_highatomic + nr_pages);
}

bool __shadow_buddy_corrupt(struct shadow_zone *zone, u32 index,
			    unsigned int order, unsigned int mt);
bool __shadow_buddy_put_tail(struct shadow_zone *zone, struct shadow_page *page,
			     unsigned int order, unsigned int mt);
bool __shadow_buddy_del(struct shadow_zone *zone, struct shadow_page *page,
			unsigned int order, unsigned int mt);
struct shadow_page *__shadow_buddy_first(struct shadow_zone *zone,
					 unsigned int order, unsigned int mt);
struct shadow_page *__shadow_buddy_smallest(struct shadow_zone *zone,
					    unsigned int order,
					    unsigned int mt);
void __shadow_buddy_split(struct shadow_zone *zone, struct shadow_page *page,
			  unsigned int from, unsigned int order,
			  unsigned int mt);
void __shadow_mobility_mix(struct shadow_zone *zone,
			   const struct shadow_page *page, unsigned int order);
void __shadow_mobility_unmix(struct shadow_zone *zone,
			     const struct shadow_page *page, unsigned int order);
void __shadow_mobility_change(struct shadow_zone *zone,
			      const struct shadow_page *page,
			      unsigned int order, unsigned int mt);

#endif /* SHADOW_BUDDY_AREA_H */
