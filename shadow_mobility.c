// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mobility - pageblocks by migratetype.
 *
 * Frames that can be moved, that can be reclaimed, and that can be neither are
 * kept in pageblocks of their own, so that one frame that stays for ever does
 * not spoil a pageblock of frames that come and go. A free block lies on the
 * list of its pageblock's type. A type that has nothing left takes from
 * another:
 *
 *	claim	the largest free block of another type. If that is a pageblock
 *		or more, its pageblocks change sides. If it is less, all of its
 *		pageblock changes sides, free blocks and all, where at least half
 *		of it is free or of a like type.
 *	steal	otherwise the smallest block that will do, and the pageblock
 *		stays what it is: it is mixed from then on.
 *
 * An allocation that would rather have another zone than mix one
 * (SHADOW_ALLOC_NOFRAGMENT) claims whole pageblocks and steals nothing.
 *
 * HIGHATOMIC pageblocks are a reserve, at most a hundredth of a zone, for
 * allocations of several frames that cannot wait. Nobody falls back to them.
 */
#include "shadow_buddy.h"
#include "shadow_buddy_area.h"
#include "shadow_mobility.h"
#include "shadow_watermark.h"

/*
 * Whom a type takes from, first to last. The kernel's fallbacks[]; HIGHATOMIC
 * is in nobody's list.
 */
static const u8 fallbacks[SHADOW_MIGRATE_PCPTYPES][2] = {
	[SHADOW_MIGRATE_UNMOVABLE] = { SHADOW_MIGRATE_RECLAIMABLE,
				       SHADOW_MIGRATE_MOVABLE },
	[SHADOW_MIGRATE_MOVABLE] = { SHADOW_MIGRATE_RECLAIMABLE,
				     SHADOW_MIGRATE_UNMOVABLE },
	[SHADOW_MIGRATE_RECLAIMABLE] = { SHADOW_MIGRATE_UNMOVABLE,
					 SHADOW_MIGRATE_MOVABLE },
};

static u32 nr_block_pages(const struct shadow_zone *zone)
{
	return BIT(zone->nodes->pageblock_log2);
}

/* Number of the pageblock that a page lies in */
static u32 pageblock_of(const struct shadow_zone *zone,
			const struct shadow_page *page)
{
	return shadow_page_index(zone->memmap, page) >>
	       zone->nodes->pageblock_log2;
}

/* Index of a pageblock's first frame */
static u32 block_index(const struct shadow_zone *zone, u32 block)
{
	return block << zone->nodes->pageblock_log2;
}

/* The entry after a pageblock's last; that may be the memmap's last one before */
static struct shadow_page *block_end(const struct shadow_zone *zone, u32 block)
{
	const struct shadow_memmap *memmap = zone->memmap;

	return memmap->pages + min_t(u64, memmap->nr,
				     (u64)block_index(zone, block) +
				     nr_block_pages(zone));
}

static void set_mixed(struct shadow_zone *zone, u32 block, bool mixed)
{
	u8 *byte = &zone->nodes->pageblock_mt[block];

	if (*byte & SHADOW_PAGEBLOCK_SHARED || !(*byte & SHADOW_PAGEBLOCK_MIXED) == !mixed)
		return;
	WRITE_ONCE(*byte, *byte ^ SHADOW_PAGEBLOCK_MIXED);
	if (mixed)
		zone->nr_mixed++;
	else
		zone->nr_mixed--;
}

/**
 * __shadow_mobility_mix() - a pageblock has frames of another type from now on
 * @zone: the zone
 * @page: the first of them
 * @order: log2 of how many; they may be several pageblocks
 *
 * Context: @zone's lock held, interrupts off.
 */
void __shadow_mobility_mix(struct shadow_zone *zone,
			   const struct shadow_page *page, unsigned int order)
{
	u32 block = pageblock_of(zone, page);
	u32 end = pageblock_of(zone, page + BIT(order) - 1);

	lockdep_assert_held(&zone->lock);
	for (; block <= end; block++)
		set_mixed(zone, block, true);
}

/**
 * __shadow_mobility_unmix() - all of a pageblock, or of several, is free
 * @zone: the zone
 * @page: the first frame
 * @order: log2 of how many, at least a pageblock
 *
 * Context: @zone's lock held, interrupts off.
 */
void __shadow_mobility_unmix(struct shadow_zone *zone,
			     const struct shadow_page *page, unsigned int order)
{
	u32 block = pageblock_of(zone, page);
	u32 end = block + BIT(order - zone->nodes->pageblock_log2);

	lockdep_assert_held(&zone->lock);
	for (; block < end; block++)
		set_mixed(zone, block, false);
}

/**
 * __shadow_mobility_change() - pageblocks of a block change sides
 * @zone: the zone
 * @page: first frame of a block that is on no list
 * @order: its order, at least that of a pageblock
 * @mt: their type from now on
 *
 * Follows change_pageblock_range().
 *
 * Context: @zone's lock held, interrupts off.
 */
void __shadow_mobility_change(struct shadow_zone *zone,
			      const struct shadow_page *page,
			      unsigned int order, unsigned int mt)
{
	u8 *byte = &zone->nodes->pageblock_mt[pageblock_of(zone, page)];
	u64 nr = BIT(order - zone->nodes->pageblock_log2);

	lockdep_assert_held(&zone->lock);
	shadow_event(zone->nodes->events, SHADOW_EV_PAGE_STEAL, nr,
		     shadow_page_to_pfn(zone->nodes, page),
		     *byte & SHADOW_PAGEBLOCK_MT, mt, BIT(order));
	/* All free, or all one block: neither mixed nor shared */
	memset(byte, mt, nr);
}

/* What is in a pageblock, in frames */
struct block_count {
	u32 nr_free;
	u32 nr_movable;
	u32 nr_foreign;
};

/*
 * Blocks below a pageblock's order never leave it, so a walk from its first
 * frame goes from block to block. What is in use may change its state while we
 * look, not its length; a block that is split meanwhile is met frame by frame.
 * Follows prep_move_freepages_block().
 */
static void count_block(const struct shadow_zone *zone, u32 block,
			unsigned int mt, struct block_count *count)
{
	const struct shadow_page *page = &zone->memmap->pages[block_index(zone, block)];
	const struct shadow_page *end = block_end(zone, block);
	u32 nr_pages;

	*count = (struct block_count){};
	for (; page < end; page += nr_pages) {
		enum shadow_page_state state = shadow_page_state(page);

		nr_pages = 1;
		if (state != SHADOW_PAGE_BUDDY && state != SHADOW_PAGE_PCP &&
		    state != SHADOW_PAGE_ALLOCATED)
			continue;
		nr_pages = min_t(u64, BIT_ULL(shadow_page_order(page)), end - page);
		if (state == SHADOW_PAGE_BUDDY) {
			count->nr_free += nr_pages;
			continue;
		}
		if (state == SHADOW_PAGE_ALLOCATED &&
		    shadow_page_mt(page) == SHADOW_MIGRATE_MOVABLE)
			count->nr_movable += nr_pages;
		if (shadow_page_mt(page) != mt)
			count->nr_foreign += nr_pages;
	}
}

/* All free blocks of a pageblock go to the end of another type's lists */
static bool move_block(struct shadow_zone *zone, u32 block, unsigned int from,
		       unsigned int mt)
{
	struct shadow_page *page = &zone->memmap->pages[block_index(zone, block)];
	struct shadow_page *end = block_end(zone, block);
	u8 *byte = &zone->nodes->pageblock_mt[block];
	u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_PLACE_MASK;
	u32 want = SHADOW_PF(SHADOW_PAGE_BUDDY, 0, 0, 0) | shadow_zone_place(zone);
	unsigned int order;
	u64 nr_moved = 0;

	while (page < end) {
		if ((READ_ONCE(page->flags) & mask) != want) {
			page++;
			continue;
		}
		order = shadow_page_order(page);
		if (!__shadow_buddy_del(zone, page, order, from) ||
		    !__shadow_buddy_put_tail(zone, page, order, mt))
			return false;
		page += BIT(order);
		nr_moved += BIT(order);
	}
	shadow_event(zone->nodes->events, SHADOW_EV_PAGE_STEAL, 1,
		     shadow_index_to_pfn(zone->memmap, block_index(zone, block)),
		     from, mt, nr_moved);
	WRITE_ONCE(*byte, (*byte & ~SHADOW_PAGEBLOCK_MT) | mt);
	return true;
}

/* A pageblock that another zone has a part in stays what it is */
static bool may_move(const struct shadow_zone *zone, u32 block)
{
	return !(zone->nodes->pageblock_mt[block] & SHADOW_PAGEBLOCK_SHARED);
}

/* Is enough of a pageblock free, or such that our frames may be beside it? */
static bool worth_claiming(const struct shadow_zone *zone, u32 block,
			   unsigned int from, unsigned int mt,
			   struct block_count *count)
{
	u32 nr_alike = 0;

	count_block(zone, block, mt, count);
	if (mt == SHADOW_MIGRATE_MOVABLE)
		nr_alike = count->nr_movable;
	else if (from == SHADOW_MIGRATE_MOVABLE)
		nr_alike = nr_block_pages(zone) - count->nr_free -
			   count->nr_movable;
	return zone->nodes->mobility_off ||
	       count->nr_free + nr_alike >= nr_block_pages(zone) / 2;
}

/*
 * A free block of another type, found at the head of its list, to be ours with
 * its pageblock. Follows try_to_steal_block().
 */
static struct shadow_page *claim_block(struct shadow_zone *zone,
				       unsigned int from_order,
				       unsigned int from, unsigned int order,
				       unsigned int mt, unsigned int alloc_flags)
{
	struct shadow_page *page = __shadow_buddy_first(zone, from_order, from);
	struct block_count count;
	u32 block;

	if (!page)
		return NULL;
	if (from_order >= zone->nodes->pageblock_log2) {
		if (!__shadow_buddy_del(zone, page, from_order, from))
			return NULL;
		__shadow_mobility_change(zone, page, from_order, mt);
		__shadow_buddy_split(zone, page, from_order, order, mt);
		return page;
	}
	if (__shadow_watermark_boost(zone) && (alloc_flags & SHADOW_ALLOC_KSWAPD))
		WRITE_ONCE(zone->watermark_boosted, true);
	block = pageblock_of(zone, page);
	if (!may_move(zone, block) ||
	    !worth_claiming(zone, block, from, mt, &count) ||
	    !move_block(zone, block, from, mt))
		return NULL;
	set_mixed(zone, block, count.nr_foreign);
	return __shadow_buddy_smallest(zone, order, mt);
}

/* The type to take a block of this order from; find_suitable_fallback() */
static unsigned int fallback_of(const struct shadow_zone *zone,
				unsigned int order, unsigned int mt)
{
	return zone->orders[fallbacks[mt][0]] & BIT(order) ? fallbacks[mt][0] :
							     fallbacks[mt][1];
}

/* Has its pageblock changed sides? As kmem says it: is it of our type now */
static void tell_fallback(struct shadow_zone *zone,
			  const struct shadow_page *page, unsigned int order,
			  unsigned int from_order, unsigned int mt,
			  unsigned int from)
{
	const struct shadow_nodes *nodes = zone->nodes;
	u32 index = shadow_page_index(zone->memmap, page);

	shadow_event(nodes->events, SHADOW_EV_PAGE_FALLBACK, 1,
		     shadow_page_to_pfn(nodes, page),
		     shadow_event_pack(order, from_order, nodes->pageblock_log2),
		     shadow_event_pack(mt, from,
				       shadow_pageblock_mt(nodes, index) == mt));
}

/* Follows __rmqueue_claim() and can_steal_fallback() */
static struct shadow_page *claim(struct shadow_zone *zone, unsigned int order,
				 unsigned int mt, unsigned int alloc_flags)
{
	const struct shadow_nodes *nodes = zone->nodes;
	unsigned int lowest = order, from_order, from;
	struct shadow_page *page;
	u32 orders;

	if (alloc_flags & SHADOW_ALLOC_NOFRAGMENT)
		lowest = max(lowest, nodes->pageblock_log2);
	/* A movable frame does little harm: not worth a small claim */
	if (mt == SHADOW_MIGRATE_MOVABLE && !nodes->mobility_off)
		lowest = max(lowest, nodes->pageblock_log2 / 2);
	orders = zone->orders[fallbacks[mt][0]] | zone->orders[fallbacks[mt][1]];
	for (orders = orders >> lowest << lowest; orders;
	     orders &= ~BIT(from_order)) {
		from_order = fls(orders) - 1;
		from = fallback_of(zone, from_order, mt);
		page = claim_block(zone, from_order, from, order, mt, alloc_flags);
		if (page)
			tell_fallback(zone, page, order, from_order, mt, from);
		if (page || shadow_fault_frozen(nodes->fault))
			return page;
	}
	return NULL;
}

/* Follows __rmqueue_steal() */
static struct shadow_page *steal(struct shadow_zone *zone, unsigned int order,
				 unsigned int mt)
{
	u32 orders = zone->orders[fallbacks[mt][0]] |
		     zone->orders[fallbacks[mt][1]];
	struct shadow_page *page;
	unsigned int from;

	orders = orders >> order << order;
	if (!orders)
		return NULL;
	from = fallback_of(zone, __ffs(orders), mt);
	page = __shadow_buddy_smallest(zone, order, from);
	if (page) {
		set_mixed(zone, pageblock_of(zone, page), true);
		tell_fallback(zone, page, order, __ffs(orders), mt, from);
	}
	return page;
}

/**
 * __shadow_mobility_fallback() - take a block from other migratetypes
 * @zone: the zone, with nothing of that size on @mt's own lists
 * @order: log2 of the frames wanted
 * @mt: enum shadow_migratetype; HIGHATOMIC takes from nobody
 * @alloc_flags: SHADOW_ALLOC_*; NOFRAGMENT: whole pageblocks or nothing
 *
 * Follows the end of __rmqueue().
 *
 * Context: @zone's lock held, interrupts off.
 * Return: the block's first page, in state BUDDY on no list and still counted
 * in @zone's nr_free; NULL: nobody has such a block, or the machine is frozen.
 */
struct shadow_page *__shadow_mobility_fallback(struct shadow_zone *zone,
					       unsigned int order,
					       unsigned int mt,
					       unsigned int alloc_flags)
{
	struct shadow_page *page;

	lockdep_assert_held(&zone->lock);
	if (mt >= SHADOW_MIGRATE_PCPTYPES)
		return NULL;
	page = claim(zone, order, mt, alloc_flags);
	if (!page && !(alloc_flags & SHADOW_ALLOC_NOFRAGMENT))
		page = steal(zone, order, mt);
	return page;
}

/*
 * The pageblock of a page becomes HIGHATOMIC, or stops being it. False: a part
 * of it is another zone's.
 */
static bool change_block(struct shadow_zone *zone,
			 const struct shadow_page *page, unsigned int from,
			 unsigned int mt)
{
	u32 block = pageblock_of(zone, page);
	struct block_count count;

	if (!may_move(zone, block))
		return false;
	count_block(zone, block, mt, &count);
	if (!move_block(zone, block, from, mt))
		return false;
	set_mixed(zone, block, count.nr_foreign);
	return true;
}

/* The most that may be reserved: a hundredth of the zone, in whole pageblocks */
static u64 max_highatomic(const struct shadow_zone *zone)
{
	u64 hundredth = zone->managed / 100;

	return hundredth < nr_block_pages(zone) ? 0 :
	       round_up(hundredth, nr_block_pages(zone));
}

static void __reserve_highatomic(struct shadow_zone *zone,
				 struct shadow_page *page, unsigned int order)
{
	u32 index = shadow_page_index(zone->memmap, page);
	unsigned int mt = shadow_pageblock_mt(zone->nodes, index);

	if (mt == SHADOW_MIGRATE_HIGHATOMIC ||
	    shadow_fault_frozen(zone->nodes->fault))
		return;
	if (order < zone->nodes->pageblock_log2) {
		if (change_block(zone, page, mt, SHADOW_MIGRATE_HIGHATOMIC))
			zone->nr_reserved_highatomic += nr_block_pages(zone);
		return;
	}
	__shadow_mobility_change(zone, page, order, SHADOW_MIGRATE_HIGHATOMIC);
	__shadow_mobility_mix(zone, page, order);
	zone->nr_reserved_highatomic += BIT(order);
}

/**
 * shadow_mobility_reserve_highatomic() - keep the pageblock of an allocation
 * @zone: the zone
 * @page: first page of the block that was just allocated
 * @order: its order
 *
 * What is free beside it, and the block itself once it is freed, is for
 * high-order atomic allocations from now on: up to a hundredth of the zone,
 * rounded up to pageblocks, and nothing where a hundredth is less than one.
 * Follows reserve_highatomic_pageblock().
 *
 * Context: any; takes @zone's lock with interrupts off.
 */
void shadow_mobility_reserve_highatomic(struct shadow_zone *zone,
					struct shadow_page *page,
					unsigned int order)
{
	u64 most = max_highatomic(zone);
	unsigned long irqflags;

	if (READ_ONCE(zone->nr_reserved_highatomic) >= most)
		return;
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	/* The kernel lets a block of several pageblocks exceed the most */
	if (zone->nr_reserved_highatomic +
	    max_t(u64, BIT(order), nr_block_pages(zone)) <= most)
		__reserve_highatomic(zone, page, order);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
}

/* Follows the body of unreserve_highatomic_pageblock() */
static bool __unreserve_highatomic(struct shadow_zone *zone, unsigned int mt)
{
	u32 orders = zone->orders[SHADOW_MIGRATE_HIGHATOMIC];
	struct shadow_page *page;
	unsigned int order;

	if (!orders || shadow_fault_frozen(zone->nodes->fault))
		return false;
	order = __ffs(orders);
	page = __shadow_buddy_first(zone, order, SHADOW_MIGRATE_HIGHATOMIC);
	if (!page)
		return false;
	if (order < zone->nodes->pageblock_log2) {
		if (!change_block(zone, page, SHADOW_MIGRATE_HIGHATOMIC, mt))
			return false;
		zone->nr_reserved_highatomic -= nr_block_pages(zone);
		return true;
	}
	if (!__shadow_buddy_del(zone, page, order, SHADOW_MIGRATE_HIGHATOMIC))
		return false;
	__shadow_mobility_change(zone, page, order, mt);
	zone->nr_reserved_highatomic -= BIT(order);
	/* The kernel leaves it beside a free buddy; here they merge */
	WRITE_ONCE(zone->nr_free, zone->nr_free - BIT(order));
	return !__shadow_buddy_free(zone, page, order);
}

/**
 * shadow_mobility_unreserve_highatomic() - give up a reserved pageblock
 * @nodes: the layer
 * @list: zones to look in, in this order
 * @highest: the highest that the allocation may use
 * @mt: migratetype of the allocation that is in need
 * @force: even the last one of a zone
 *
 * The first zone that has one with something free in it gives it, to @mt.
 * Follows unreserve_highatomic_pageblock().
 *
 * Context: any; takes each zone's lock in turn with interrupts off.
 * Return: true if a pageblock was given up.
 */
bool shadow_mobility_unreserve_highatomic(struct shadow_nodes *nodes,
					  const struct shadow_zonelist *list,
					  enum shadow_zone_type highest,
					  unsigned int mt, bool force)
{
	struct shadow_zone *const *z = list->zone;
	unsigned long irqflags;
	bool done = false;

	for (; z < list->zone + list->nr && !done; z++) {
		u64 kept = force ? 0 : nr_block_pages(*z);

		if ((*z)->type > highest ||
		    READ_ONCE((*z)->nr_reserved_highatomic) <= kept)
			continue;
		raw_spin_lock_irqsave(&(*z)->lock, irqflags);
		done = __unreserve_highatomic(*z, mt);
		raw_spin_unlock_irqrestore(&(*z)->lock, irqflags);
	}
	return done;
}

/* --------------------------------------------- which pageblocks are whose -- */

/* Pageblocks of a bank that a zone spans: the first and the one after the last */
static void zone_blocks(const struct shadow_zone *zone,
			const struct shadow_memmap_bank *bank, u32 *block,
			u32 *end)
{
	unsigned int log2 = zone->nodes->pageblock_log2;
	u32 first, last;

	if (!shadow_bank_clip(bank, zone->start_pfn,
			      zone->start_pfn + zone->spanned, &first, &last)) {
		*block = 0;
		*end = 0;
		return;
	}
	*block = first >> log2;
	*end = ((last - 1) >> log2) + 1;
}

/*
 * Zone and node of a pageblock's frames, as in their flags; HOLE where it has
 * none, and MANY where they differ or it is not all in the memmap.
 */
#define PLACE_HOLE	1U
#define PLACE_MANY	2U

static u32 place_of_block(const struct shadow_zone *zone, u32 block)
{
	u32 index = block_index(zone, block), end = index + nr_block_pages(zone);
	u32 place = PLACE_HOLE;

	if (end > zone->memmap->nr)
		return PLACE_MANY;
	for (; index < end; index++) {
		const struct shadow_page *page = &zone->memmap->pages[index];

		if (shadow_page_state(page) == SHADOW_PAGE_HOLE)
			continue;
		if (place != PLACE_HOLE &&
		    place != (page->flags & SHADOW_PF_PLACE_MASK))
			return PLACE_MANY;
		place = page->flags & SHADOW_PF_PLACE_MASK;
	}
	return place;
}

/* Does the zone span all of a pageblock? As zone_spans_pfn() of both its ends */
static bool spans_block(const struct shadow_zone *zone, u32 block)
{
	u64 pfn = shadow_index_to_pfn(zone->memmap, block_index(zone, block));

	return pfn >= zone->start_pfn && pfn + nr_block_pages(zone) <=
					 zone->start_pfn + zone->spanned;
}

/* The ends of a zone are looked at alone, unless another lies in its span */
static bool overlaps_another(struct shadow_zone *zone)
{
	struct shadow_zone *other = shadow_first_zone(zone->nodes);

	for (; other; other = shadow_next_zone(other))
		if (other != zone && other->spanned && zone->spanned &&
		    other->start_pfn < zone->start_pfn + zone->spanned &&
		    zone->start_pfn < other->start_pfn + other->spanned)
			return true;
	return false;
}

static void mark_shared(struct shadow_zone *zone,
			const struct shadow_memmap_bank *bank, bool all)
{
	u32 block, end, step;

	zone_blocks(zone, bank, &block, &end);
	/* The first and the last, or each */
	step = all || end - block <= 2 ? 1 : end - block - 1;
	for (; block < end; block += step)
		if (!spans_block(zone, block) ||
		    (all && place_of_block(zone, block) == PLACE_MANY))
			zone->nodes->pageblock_mt[block] |= SHADOW_PAGEBLOCK_SHARED;
}

/**
 * shadow_mobility_init() - find the pageblocks that never change sides
 * @nodes: the layer, its memmap initialised and nothing freed yet
 *
 * Those that no zone has all of. Follows what prep_move_freepages_block() finds
 * out each time.
 *
 * Context: process context, boot.
 */
void shadow_mobility_init(struct shadow_nodes *nodes)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	struct shadow_zone *zone = shadow_first_zone(nodes);
	unsigned int nr;

	for (; zone; zone = shadow_next_zone(zone))
		for (nr = 0; nr < memmap->nr_banks; nr++)
			mark_shared(zone, &memmap->bank[nr],
				    overlaps_another(zone));
}

/* Frames of a pageblock that are counted as the zone's own */
static bool owns_block(const struct shadow_zone *zone, u32 block, bool overlap)
{
	return may_move(zone, block) &&
	       (!overlap || place_of_block(zone, block) == shadow_zone_place(zone));
}

/* What a walk over the pageblocks of a zone counts */
struct zone_blocks {
	u64 highatomic;
	u64 mixed;
};

static int verify_blocks(struct shadow_zone *zone,
			 const struct shadow_memmap_bank *bank, bool overlap,
			 struct zone_blocks *count, struct shadow_fault *fault)
{
	const u8 known = SHADOW_PAGEBLOCK_MT | SHADOW_PAGEBLOCK_SHARED |
			 SHADOW_PAGEBLOCK_MIXED;
	u32 block, end;

	zone_blocks(zone, bank, &block, &end);
	for (; block < end; block++) {
		u8 byte = zone->nodes->pageblock_mt[block];

		if (byte & ~known || (byte & SHADOW_PAGEBLOCK_SHARED &&
				      byte & SHADOW_PAGEBLOCK_MIXED))
			return shadow_fault_raise(fault,
				"mobility: pageblock %u of zone %s says %#x, which means nothing",
				block, shadow_zone_names[zone->type], byte);
		if (!owns_block(zone, block, overlap))
			continue;
		count->highatomic += (byte & SHADOW_PAGEBLOCK_MT) ==
				     SHADOW_MIGRATE_HIGHATOMIC;
		count->mixed += !!(byte & SHADOW_PAGEBLOCK_MIXED);
	}
	return 0;
}

/**
 * __shadow_mobility_verify() - walk the pageblocks of a zone
 * @zone: the zone
 * @fault: filled with the first thing that is wrong
 *
 * Every byte, and how many are HIGHATOMIC and MIXED.
 *
 * Context: @zone's lock held, interrupts off. Changes nothing.
 * Return: 0, or -EUCLEAN.
 */
int __shadow_mobility_verify(struct shadow_zone *zone,
			     struct shadow_fault *fault)
{
	const struct shadow_memmap *memmap = zone->memmap;
	bool overlap = overlaps_another(zone);
	struct zone_blocks count = {};
	unsigned int nr;
	int err;

	lockdep_assert_held(&zone->lock);
	for (nr = 0; nr < memmap->nr_banks; nr++) {
		err = verify_blocks(zone, &memmap->bank[nr], overlap, &count, fault);
		if (err)
			return err;
	}
	count.highatomic <<= zone->nodes->pageblock_log2;
	if (count.highatomic != zone->nr_reserved_highatomic ||
	    count.mixed != zone->nr_mixed)
		return shadow_fault_raise(fault,
			"mobility: zone %s: the pageblocks have %llu frames HighAtomic and %llu mixed, the zone counts %llu and %llu",
			shadow_zone_names[zone->type], count.highatomic,
			count.mixed, zone->nr_reserved_highatomic,
			zone->nr_mixed);
	return 0;
}
