// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_watermark - how much of each zone is kept back, and for whom. Follows
 * init_per_zone_wmark_min(), setup_per_zone_wmarks() and
 * setup_per_zone_lowmem_reserve() of mm/page_alloc.c.
 */
#include "shadow_watermark.h"

/* 10,000ths of a number of frames, whatever the factor: mult_frac() */
static u64 ten_thousandths(u64 nr_pages, u64 factor)
{
	return nr_pages / 10000 * factor + nr_pages % 10000 * factor / 10000;
}

/* ----------------------------------------------------------- the decision -- */

/**
 * shadow_watermark_lowered() - what is left of a mark for who may use reserves
 * @mark: frames
 * @alloc_flags: SHADOW_ALLOC_*
 *
 * Context: any.
 * Return: frames: a half with MIN_RESERVE, three eighths with NON_BLOCK, too.
 */
s64 shadow_watermark_lowered(s64 mark, unsigned int alloc_flags)
{
	if (!(alloc_flags & SHADOW_ALLOC_MIN_RESERVE))
		return mark;
	mark -= mark / 2;
	if (alloc_flags & SHADOW_ALLOC_NON_BLOCK)
		mark -= mark / 4;
	return mark;
}

/**
 * shadow_watermark_ok() - would the zone stay above a mark, and has it a block?
 * @zone: the zone
 * @order: log2 of the frames wanted
 * @mark: frames that must be left, shadow_wmark_pages()
 * @highest: highest zone that the allocation may use; what a lower one keeps
 *	back from such is added to the mark
 * @alloc_flags: SHADOW_ALLOC_*: MIN_RESERVE halves the mark, NON_BLOCK with it
 *	takes a quarter off the rest; without any of the reserves, free frames of
 *	pageblocks of type HIGHATOMIC do not count
 *
 * Follows __zone_watermark_ok().
 *
 * Context: any, without the zone's lock: a decision on a value that is a moment
 * old is what a watermark is.
 * Return: whether the zone may give the block.
 */
bool shadow_watermark_ok(const struct shadow_zone *zone, unsigned int order,
			 u64 mark, enum shadow_zone_type highest,
			 unsigned int alloc_flags)
{
	s64 nr_free = READ_ONCE(zone->nr_free);
	s64 min = shadow_watermark_lowered(mark, alloc_flags);

	nr_free -= shadow_watermark_unusable(zone, order, alloc_flags);
	if (nr_free <= min + (s64)zone->lowmem_reserve[highest])
		return false;
	return !order || shadow_watermark_orders(zone, alloc_flags) >> order;
}

/**
 * shadow_watermark_min_ok() - a single frame above the min mark, boost ignored?
 * @zone: the zone
 * @highest: highest zone that the allocation may use
 * @alloc_flags: SHADOW_ALLOC_*
 *
 * The end of zone_watermark_fast(): a boost makes the reclaimer work early; it
 * takes nothing from who may use the reserves.
 *
 * Context: any, without the zone's lock.
 * Return: whether that is so and the flags ask for the min mark.
 */
bool shadow_watermark_min_ok(const struct shadow_zone *zone,
			     enum shadow_zone_type highest,
			     unsigned int alloc_flags)
{
	return READ_ONCE(zone->watermark_boost) &&
	       (alloc_flags & SHADOW_ALLOC_WMARK_MASK) == SHADOW_WMARK_MIN &&
	       shadow_watermark_ok(zone, 0, zone->mark[SHADOW_WMARK_MIN],
				   highest, alloc_flags);
}

/* -------------------------------------------------------------- the boost -- */

/**
 * __shadow_watermark_boost() - raise a zone's marks after a fallback
 * @zone: the zone whose pageblock of another type was used
 *
 * By a pageblock each time, up to watermark_boost_factor ten-thousandths of the
 * high mark, but at least to one pageblock; not in a zone of less than four of
 * them. Follows boost_watermark().
 *
 * Context: @zone's lock held, interrupts off.
 * Return: whether the zone is boosted; the caller then sets
 * @zone->watermark_boosted where its flags have SHADOW_ALLOC_KSWAPD.
 */
bool __shadow_watermark_boost(struct shadow_zone *zone)
{
	const struct shadow_nodes *nodes = zone->nodes;
	u64 block = BIT_ULL(nodes->pageblock_log2);
	u64 most;

	lockdep_assert_held(&zone->lock);
	if (!nodes->watermark_boost_factor || block * 4 > zone->managed)
		return false;
	most = ten_thousandths(zone->mark[SHADOW_WMARK_HIGH],
			       nodes->watermark_boost_factor);
	/* Marks that are not set yet are not boosted by a whole pageblock */
	if (!most)
		return false;
	WRITE_ONCE(zone->watermark_boost,
		   min(zone->watermark_boost + block, max(block, most)));
	return true;
}

/**
 * shadow_watermark_boosted() - wake a zone's reclaimer for a boost
 * @zone: the zone
 *
 * Once for each time that it is asked for. Where nobody listens the boost stays
 * until an allocation meets it: shadow_watermark_wake().
 *
 * Context: any, no lock of the page allocator held.
 */
void shadow_watermark_boosted(struct shadow_zone *zone)
{
	struct shadow_nodes *nodes = zone->nodes;

	WRITE_ONCE(zone->watermark_boosted, false);
	if (!nodes->wake_reclaim)
		return;
	atomic64_inc(&zone->nr_wakes);
	nodes->wake_reclaim(nodes->reclaim_ctx, zone, 0, zone->type);
}

/**
 * shadow_watermark_unboost() - lower a zone's marks again
 * @zone: the zone
 * @nr_pages: by so much of its boost at most
 *
 * The end of balance_pgdat(): whatever was reclaimed, the boost that it started
 * with is over.
 *
 * Context: any; takes @zone's lock, interrupts off.
 */
void shadow_watermark_unboost(struct shadow_zone *zone, u64 nr_pages)
{
	unsigned long irqflags;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	WRITE_ONCE(zone->watermark_boost,
		   zone->watermark_boost - min(zone->watermark_boost, nr_pages));
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
}

/**
 * shadow_watermark_wake() - a zone needs its reclaimer
 * @zone: the zone
 * @order: log2 of the frames that were wanted
 * @highest: highest zone that the allocation may use
 *
 * A reclaimer takes the boosts of its node away at the end of its run. Where
 * nobody listens that happens at once, so that a boost costs no allocation that
 * would otherwise have had its frames. Follows wakeup_kswapd().
 *
 * Context: any; takes the locks of the node's zones where nobody listens.
 */
void shadow_watermark_wake(struct shadow_zone *zone, unsigned int order,
			   enum shadow_zone_type highest)
{
	struct shadow_nodes *nodes = zone->nodes;
	struct shadow_zone *zones = nodes->node[zone->nid].zone;
	unsigned int type;

	atomic64_inc(&zone->nr_wakes);
	if (nodes->wake_reclaim) {
		nodes->wake_reclaim(nodes->reclaim_ctx, zone, order, highest);
		return;
	}
	for (type = 0; type <= highest; type++)
		if (READ_ONCE(zones[type].watermark_boost))
			shadow_watermark_unboost(&zones[type], U64_MAX);
}

/* -------------------------------------------------- marks and reserves -- */

/* Atomic allocations come from the others: is_highmem() or ZONE_MOVABLE */
static bool zone_is_lowmem(const struct shadow_zone *zone)
{
	return zone->type != SHADOW_ZONE_HIGHMEM &&
	       zone->type != SHADOW_ZONE_MOVABLE;
}

static u64 lowmem_pages(struct shadow_nodes *nodes)
{
	struct shadow_zone *zone;
	u64 nr_pages = 0;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone))
		if (zone_is_lowmem(zone))
			nr_pages += zone->managed;
	return nr_pages;
}

/* What an allocation up to NORMAL can have: nr_free_buffer_pages() */
static u64 buffer_pages(const struct shadow_nodes *nodes)
{
	const struct shadow_zonelist *list = &nodes->node[0].fallback;
	const struct shadow_zone *zone;
	u64 nr_pages = 0, high;
	unsigned int i;

	for (i = 0; i < list->nr; i++) {
		zone = list->zone[i];
		if (zone->type > SHADOW_ZONE_NORMAL)
			continue;
		high = shadow_wmark_pages(zone, SHADOW_WMARK_HIGH);
		if (zone->managed > high)
			nr_pages += zone->managed - high;
	}
	return nr_pages;
}

/* What page cache and user memory cannot have: calculate_totalreserve_pages() */
static void setup_totalreserve(struct shadow_nodes *nodes)
{
	const struct shadow_zone *zone;
	u64 reserve, total = 0;
	unsigned int nid, type, above;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		nodes->node[nid].totalreserve = 0;
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
			zone = &nodes->node[nid].zone[type];
			reserve = 0;
			for (above = type; above < SHADOW_MAX_NR_ZONES; above++)
				reserve = max(reserve, zone->lowmem_reserve[above]);
			reserve += shadow_wmark_pages(zone, SHADOW_WMARK_HIGH);
			nodes->node[nid].totalreserve +=
				min(reserve, zone->managed);
		}
		total += nodes->node[nid].totalreserve;
	}
	nodes->totalreserve = total;
}

static void setup_marks(struct shadow_zone *zone, u64 lowmem)
{
	struct shadow_nodes *nodes = zone->nodes;
	u64 min_pages = nodes->min_free_kbytes >> (nodes->page_shift - 10);
	unsigned long irqflags;
	u64 share, gap;

	share = lowmem ? min_pages * zone->managed / lowmem : 0;
	gap = max(share >> 2,
		  ten_thousandths(zone->managed, nodes->watermark_scale_factor));
	if (!zone_is_lowmem(zone))
		/* Nothing atomic lives up there: a small reserve will do */
		share = clamp_t(u64, zone->managed / 1024, 32, 128);
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	WRITE_ONCE(zone->watermark_boost, 0);
	WRITE_ONCE(zone->mark[SHADOW_WMARK_MIN], share);
	WRITE_ONCE(zone->mark[SHADOW_WMARK_LOW], share + gap);
	WRITE_ONCE(zone->mark[SHADOW_WMARK_HIGH], share + 2 * gap);
	WRITE_ONCE(zone->mark[SHADOW_WMARK_PROMO], share + 3 * gap);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
}

/**
 * shadow_watermark_setup() - marks of all zones
 * @nodes: the layer, managed frames counted; min_free_kbytes and
 *	watermark_scale_factor set
 *
 * Boosts are over with it. Empty zones have marks as the kernel's have. Follows
 * __setup_per_zone_wmarks(); sizes of the per-CPU lists that depend on the marks
 * are the caller's to renew.
 *
 * Context: any, one caller at a time; takes each zone's lock, interrupts off.
 * Readers may see old and new ones mixed for a moment.
 */
void shadow_watermark_setup(struct shadow_nodes *nodes)
{
	u64 lowmem = lowmem_pages(nodes);
	struct shadow_zone *zone;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone))
		setup_marks(zone, lowmem);
	setup_totalreserve(nodes);
}

/**
 * shadow_watermark_setup_reserve() - what zones keep back from allocations that
 * could have had a higher one
 * @nodes: the layer, managed frames counted, lowmem_reserve_ratio set
 *
 * A zone keeps, for each zone above it, the frames from there down to it
 * divided by its ratio; nothing where the ratio is 0 or the zone is empty.
 * Follows setup_per_zone_lowmem_reserve().
 *
 * Context: any, one caller at a time. Readers may see old and new ones mixed
 * for a moment.
 */
void shadow_watermark_setup_reserve(struct shadow_nodes *nodes)
{
	unsigned int nid, type, upper, ratio;
	struct shadow_zone *zones;
	u64 above;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		zones = nodes->node[nid].zone;
		for (type = 0; type < SHADOW_MAX_NR_ZONES - 1; type++) {
			ratio = nodes->lowmem_reserve_ratio[type];
			above = 0;
			for (upper = type + 1; upper < SHADOW_MAX_NR_ZONES; upper++) {
				above += zones[upper].managed;
				WRITE_ONCE(zones[type].lowmem_reserve[upper],
					   ratio && zones[type].managed ?
					   above / ratio : 0);
			}
		}
	}
	setup_totalreserve(nodes);
}

/**
 * shadow_watermark_calculate() - min_free_kbytes from the size of memory
 * @nodes: the layer, managed frames counted, zonelists built
 *
 * Four times the square root of the low memory in KiB, from 128 to 262144; what
 * a user has set stays, unless the rule gives more. Follows
 * calculate_min_free_kbytes().
 *
 * Context: any, one caller at a time.
 */
void shadow_watermark_calculate(struct shadow_nodes *nodes)
{
	u64 kbytes = buffer_pages(nodes) << (nodes->page_shift - 10);
	s64 rule = int_sqrt(kbytes * 16);

	if (rule > nodes->user_min_free_kbytes)
		nodes->min_free_kbytes = clamp_t(u64, rule, 128, 262144);
}

/**
 * shadow_watermark_init() - marks and reserves of all zones, by the rules
 * @nodes: the layer, managed frames counted, zonelists built
 *
 * Follows init_per_zone_wmark_min().
 *
 * Context: process context, boot.
 */
void shadow_watermark_init(struct shadow_nodes *nodes)
{
	shadow_watermark_calculate(nodes);
	shadow_watermark_setup(nodes);
	shadow_watermark_setup_reserve(nodes);
}

/**
 * shadow_watermark_set_min_free() - a user says what is kept back
 * @nodes: the layer
 * @kbytes: KiB, up to SHADOW_MIN_FREE_KBYTES_MAX
 *
 * Follows min_free_kbytes_sysctl_handler(), but for the per-CPU lists, whose
 * sizes are the caller's to renew.
 *
 * Context: any, one caller at a time.
 */
void shadow_watermark_set_min_free(struct shadow_nodes *nodes, u64 kbytes)
{
	nodes->user_min_free_kbytes = kbytes;
	nodes->min_free_kbytes = kbytes;
	shadow_watermark_setup(nodes);
}
