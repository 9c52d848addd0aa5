/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_watermark - how much of each zone is kept back, and for whom. Follows
 * include/linux/mmzone.h and mm/internal.h.
 */
#ifndef SHADOW_WATERMARK_H
#define SHADOW_WATERMARK_H

#include "shadow_zone.h"

/*
 * What one attempt may do, as ALLOC_* of mm/internal.h: which watermark it
 * keeps, and how far below it may go.
 */
#define SHADOW_ALLOC_WMARK_MASK		0x3U	/* enum shadow_watermark */
#define SHADOW_ALLOC_NO_WATERMARKS	BIT(2)
#define SHADOW_ALLOC_MIN_RESERVE	BIT(3)	/* below min by a half of it */
#define SHADOW_ALLOC_NON_BLOCK		BIT(4)	/* by a quarter of the rest */
#define SHADOW_ALLOC_HIGHATOMIC		BIT(5)	/* may use that reserve */
#define SHADOW_ALLOC_NOFRAGMENT		BIT(6)	/* rather another zone than a mix */
#define SHADOW_ALLOC_KSWAPD		BIT(7)	/* may wake the reclaimer */
#define SHADOW_ALLOC_COLD		BIT(8)	/* from the cold end of a list */
#define SHADOW_ALLOC_RESERVES \
	(SHADOW_ALLOC_MIN_RESERVE | SHADOW_ALLOC_NON_BLOCK | \
	 SHADOW_ALLOC_HIGHATOMIC)

/* What a user may set: the kernel's limits in page_alloc_sysctl_table */
#define SHADOW_MIN_FREE_KBYTES_MAX	S32_MAX
#define SHADOW_WMARK_SCALE_MIN		1
#define SHADOW_WMARK_SCALE_MAX		3000
#define SHADOW_WMARK_BOOST_MAX		S32_MAX
#define SHADOW_LOWMEM_RATIO_MAX		S32_MAX

/**
 * shadow_wmark_pages() - a zone's mark as it counts now, boosted or not
 * @zone: the zone
 * @mark: which
 *
 * Follows wmark_pages().
 *
 * Context: any; a momentary value.
 * Return: frames.
 */
static inline u64 shadow_wmark_pages(const struct shadow_zone *zone,
				     enum shadow_watermark mark)
{
	return READ_ONCE(zone->mark[mark]) + READ_ONCE(zone->watermark_boost);
}

/* Free frames that a block of the order could not be made of, at the worst */
static inline s64 shadow_watermark_unusable(const struct shadow_zone *zone,
					    unsigned int order,
					    unsigned int alloc_flags)
{
	s64 nr_pages = (s64)BIT_ULL(order) - 1;

	if (likely(!(alloc_flags & SHADOW_ALLOC_RESERVES)))
		nr_pages += READ_ONCE(zone->nr_free_highatomic);
	return nr_pages;
}

/**
 * shadow_watermark_orders() - blocks that an allocation may use
 * @zone: the zone
 * @alloc_flags: SHADOW_ALLOC_*
 *
 * Context: any, without the zone's lock; a momentary value.
 * Return: bit by order, set where such a block is on one of its lists.
 */
static inline u32 shadow_watermark_orders(const struct shadow_zone *zone,
					  unsigned int alloc_flags)
{
	u32 orders = READ_ONCE(zone->orders[SHADOW_MIGRATE_UNMOVABLE]) |
		     READ_ONCE(zone->orders[SHADOW_MIGRATE_MOVABLE]) |
		     READ_ONCE(zone->orders[SHADOW_MIGRATE_RECLAIMABLE]);

	static_assert(SHADOW_MIGRATE_PCPTYPES == 3);
	if (alloc_flags & SHADOW_ALLOC_HIGHATOMIC)
		orders |= READ_ONCE(zone->orders[SHADOW_MIGRATE_HIGHATOMIC]);
	return orders;
}

s64 shadow_watermark_lowered(s64 mark, unsigned int alloc_flags);
bool shadow_watermark_ok(const struct shadow_zone *zone, unsigned int order,
			 u64 mark, enum shadow_zone_type highest,
			 unsigned int alloc_flags);
bool shadow_watermark_min_ok(const struct shadow_zone *zone,
			     enum shadow_zone_type highest,
			     unsigned int alloc_flags);

/**
 * shadow_watermark_fast() - shadow_watermark_ok(), in line where that is easy
 * @zone: the zone
 * @order: log2 of the frames wanted
 * @mark: frames that must be left
 * @highest: highest zone that the allocation may use
 * @alloc_flags: SHADOW_ALLOC_*
 *
 * Follows zone_watermark_fast(): a single frame's reserves are only looked at
 * where it does not do without; and a boost does not stand in the way of a
 * single frame for who may go below the min mark.
 *
 * Context: any, without the zone's lock: a decision on a value that is a moment
 * old is what a watermark is.
 * Return: whether the zone may give the block.
 */
static __always_inline bool
shadow_watermark_fast(const struct shadow_zone *zone, unsigned int order,
		      u64 mark, enum shadow_zone_type highest,
		      unsigned int alloc_flags)
{
	u64 nr_free = READ_ONCE(zone->nr_free);

	if (!order && likely((s64)nr_free -
			     shadow_watermark_unusable(zone, 0, alloc_flags) >
			     (s64)(mark + zone->lowmem_reserve[highest])))
		return true;
	if (shadow_watermark_ok(zone, order, mark, highest, alloc_flags))
		return true;
	return !order && (alloc_flags & SHADOW_ALLOC_MIN_RESERVE) &&
	       shadow_watermark_min_ok(zone, highest, alloc_flags);
}

bool __shadow_watermark_boost(struct shadow_zone *zone);
void shadow_watermark_boosted(struct shadow_zone *zone);
void shadow_watermark_unboost(struct shadow_zone *zone, u64 nr_pages);
void shadow_watermark_wake(struct shadow_zone *zone, unsigned int order,
			   enum shadow_zone_type highest);

/**
 * shadow_watermark_wake_boosted() - after an allocation that may have boosted
 * @zone: the zone that it was answered from
 *
 * ZONE_BOOSTED_WATERMARK at the end of rmqueue().
 *
 * Context: any, no lock of the page allocator held.
 */
static inline void shadow_watermark_wake_boosted(struct shadow_zone *zone)
{
	if (unlikely(READ_ONCE(zone->watermark_boosted)))
		shadow_watermark_boosted(zone);
}

void shadow_watermark_init(struct shadow_nodes *nodes);
void shadow_watermark_calculate(struct shadow_nodes *nodes);
void shadow_watermark_setup(struct shadow_nodes *nodes);
void shadow_watermark_set_min_free(struct shadow_nodes *nodes, u64 kbytes);
void shadow_watermark_setup_reserve(struct shadow_nodes *nodes);

#endif /* SHADOW_WATERMARK_H */
