// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_buddy - blocks of 2^order frames, split and merged inside one zone.
 *
 * A worked example, eight frames free as one block of order 3, one frame asked
 * for:
 *
 *	order 3:  [0 . . . . . . .]
 *	split     [0 . . .]         -> frame 4 is the first of a free order 2
 *	split     [0 .]             -> frame 2 is the first of a free order 1
 *	split     [0]               -> frame 1 is a free order 0; frame 0 is ours
 *
 * Freeing frame 0 finds its buddy 0 ^ 1 = 1 free at order 0, then 0 ^ 2 = 2 at
 * order 1, then 0 ^ 4 = 4 at order 2, and the block of order 3 is back.
 *
 * Only the first frame of a block says what the block is; the others are
 * SHADOW_PAGE_NONE. So each split and each merge writes one struct shadow_page,
 * whatever the order.
 */
#include "shadow_buddy.h"
#include "shadow_page_list.h"

#define BUDDY_MASK	(SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK | \
			 SHADOW_PF_PLACE_MASK)

/*
 * Order in which other migratetypes are raided when the own one has nothing.
 * The kernel's fallbacks[]; HIGHATOMIC is a reserve and never raided here.
 */
static const u8 fallbacks[SHADOW_MIGRATE_PCPTYPES][2] = {
	[SHADOW_MIGRATE_UNMOVABLE] = { SHADOW_MIGRATE_RECLAIMABLE,
				       SHADOW_MIGRATE_MOVABLE },
	[SHADOW_MIGRATE_MOVABLE] = { SHADOW_MIGRATE_RECLAIMABLE,
				     SHADOW_MIGRATE_UNMOVABLE },
	[SHADOW_MIGRATE_RECLAIMABLE] = { SHADOW_MIGRATE_UNMOVABLE,
					 SHADOW_MIGRATE_MOVABLE },
};

static struct shadow_fault *zone_fault(const struct shadow_zone *zone)
{
	return zone->nodes->fault;
}

static bool put_free(struct shadow_zone *zone, struct shadow_page *page,
		     unsigned int order, unsigned int mt)
{
	struct shadow_free_area *area = &zone->free_area[order];

	if (unlikely(!shadow_page_list_push(zone->memmap, &area->list[mt], page))) {
		shadow_fault_raise(zone_fault(zone),
				   "buddy: order %u list %u starts at index %u, the memmap has %u",
				   order, mt, area->list[mt].first,
				   zone->memmap->nr);
		return false;
	}
	shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_BUDDY, order, 0, mt));
	zone->orders[mt] |= BIT(order);
	area->nr_free++;
	return true;
}

/* Takes a free block out of its area; the page's state is the caller's next */
static bool take_free(struct shadow_zone *zone, struct shadow_page *page,
		      unsigned int order, unsigned int mt)
{
	struct shadow_free_area *area = &zone->free_area[order];

	/* The type was read from the page: three bits, four lists */
	if (unlikely(mt >= SHADOW_MIGRATE_TYPES ||
		     !shadow_page_list_del(zone->memmap, &area->list[mt], page))) {
		shadow_fault_raise(zone_fault(zone),
				   "buddy: links or type of free block at index %u (order %u) are corrupt",
				   shadow_page_index(zone->memmap, page), order);
		return false;
	}
	if (shadow_page_list_empty(&area->list[mt]))
		zone->orders[mt] &= ~BIT(order);
	area->nr_free--;
	return true;
}

/* First block of a list whose head cannot be trusted */
static struct shadow_page *first_free(struct shadow_zone *zone,
				      unsigned int order, unsigned int mt)
{
	u32 index = zone->free_area[order].list[mt].first;
	struct shadow_page *page = shadow_page_at(zone->memmap, index);
	u32 want = SHADOW_PF(SHADOW_PAGE_BUDDY, order, 0, 0) |
		   shadow_zone_place(zone);

	/* Aligned and inside: what is split off it is in the memmap too */
	if (likely(page && (page->flags & BUDDY_MASK) == want &&
		   shadow_page_aligned(zone->memmap, index, order) &&
		   zone->memmap->nr - index >= BIT(order)))
		return page;
	shadow_fault_raise(zone_fault(zone),
			   "buddy: index %u heads the list of order %u type %u but is no such free block",
			   index, order, mt);
	return NULL;
}

/* Gives the upper halves back until the block has the order asked for */
static bool split_block(struct shadow_zone *zone, struct shadow_page *page,
			unsigned int from, unsigned int order, unsigned int mt)
{
	while (from > order) {
		from--;
		if (unlikely(!put_free(zone, page + BIT(from), from, mt)))
			return false;
		shadow_event(zone->nodes->events, SHADOW_EV_PAGE_SPLIT, 1);
	}
	return true;
}

/*
 * A pageblock that is taken whole changes sides, so that one long-lived
 * allocation of another mobility does not leave the rest of it mixed.
 */
static void claim_pageblocks(struct shadow_zone *zone, struct shadow_page *page,
			     unsigned int order, unsigned int mt)
{
	struct shadow_nodes *nodes = zone->nodes;
	u32 index = shadow_page_index(zone->memmap, page);
	u32 block = (index + zone->memmap->skew) >> nodes->pageblock_log2;
	u32 end = block + BIT(order - nodes->pageblock_log2);

	for (; block < end; block++)
		nodes->pageblock_mt[block] = mt;
}

/* Largest block of another migratetype: what is split off stays useful */
static struct shadow_page *steal_block(struct shadow_zone *zone,
				       unsigned int order, unsigned int mt)
{
	struct shadow_page *page;
	unsigned int i, other, from;

	if (mt >= SHADOW_MIGRATE_PCPTYPES)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(fallbacks[mt]); i++) {
		other = fallbacks[mt][i];
		if (!(zone->orders[other] >> order))
			continue;
		from = fls(zone->orders[other]) - 1;
		page = first_free(zone, from, other);
		if (!page || !take_free(zone, page, from, other))
			return NULL;
		if (from >= zone->nodes->pageblock_log2) {
			claim_pageblocks(zone, page, from, mt);
			other = mt;
		}
		shadow_event(zone->nodes->events, SHADOW_EV_PAGE_FALLBACK, 1);
		return split_block(zone, page, from, order, other) ? page : NULL;
	}
	return NULL;
}

/**
 * __shadow_buddy_alloc() - take a block off a zone
 * @zone: the zone
 * @order: log2 of the frames wanted, at most the machine's max_order
 * @mt: enum shadow_migratetype
 *
 * Does not look at watermarks. The block's first frame is left in state BUDDY
 * on no list: the caller says at once what it becomes. Follows __rmqueue().
 *
 * Context: @zone's lock held, interrupts off.
 * Return: the block's first page, or NULL: nothing large enough is free, or
 * the machine is frozen.
 */
struct shadow_page *__shadow_buddy_alloc(struct shadow_zone *zone,
					 unsigned int order, unsigned int mt)
{
	struct shadow_page *page;
	unsigned int from;
	u32 orders;

	lockdep_assert_held(&zone->lock);
	if (shadow_fault_frozen(zone_fault(zone)) ||
	    shadow_should_fail(zone->nodes->fail, SHADOW_FAIL_BUDDY,
			       1ULL << (zone->nodes->page_shift + order)))
		return NULL;
	orders = zone->orders[mt] >> order << order;
	if (likely(orders)) {
		from = __ffs(orders);
		page = first_free(zone, from, mt);
		if (!page || !take_free(zone, page, from, mt) ||
		    !split_block(zone, page, from, order, mt))
			return NULL;
	} else {
		page = steal_block(zone, order, mt);
		if (!page)
			return NULL;
	}
	zone->nr_free -= BIT(order);
	return page;
}

/* The free buddy that a block merges with, or NULL */
static struct shadow_page *free_buddy(const struct shadow_zone *zone, u32 index,
				      unsigned int order)
{
	u32 want = SHADOW_PF(SHADOW_PAGE_BUDDY, order, 0, 0) |
		   shadow_zone_place(zone);
	struct shadow_page *buddy;

	/* Below the memmap's start the index wraps and is out of range too */
	buddy = shadow_page_at(zone->memmap,
			       ((index + zone->memmap->skew) ^ (u32)BIT(order)) -
			       zone->memmap->skew);
	/*
	 * Zone and node are part of the compare: a block never grows across a
	 * zone's border. BUDDY is only written under this zone's lock, so a
	 * frame that has it now keeps it; any other state may change under us
	 * and does not matter.
	 */
	if (buddy && (READ_ONCE(buddy->flags) & BUDDY_MASK) == want)
		return buddy;
	return NULL;
}

/**
 * __shadow_buddy_free() - give a block back to its zone
 * @zone: the zone that the block lies in
 * @page: the block's first page, on no list
 * @order: log2 of its frames
 * @mt: migratetype of the list it shall go on
 *
 * Merges with free buddies as long as there are any. Follows
 * __free_one_page().
 *
 * Context: @zone's lock held, interrupts off.
 * Return: 0, or -EUCLEAN if the machine is, or has just been, frozen; the
 * block is lost to the frozen machine then.
 */
int __shadow_buddy_free(struct shadow_zone *zone, struct shadow_page *page,
			unsigned int order, unsigned int mt)
{
	unsigned int max_order = zone->nodes->max_order;
	u32 index = shadow_page_index(zone->memmap, page);
	unsigned int nr_pages = BIT(order);
	struct shadow_page *buddy;

	lockdep_assert_held(&zone->lock);
	if (shadow_fault_frozen(zone_fault(zone)))
		return -EUCLEAN;
	while (order < max_order) {
		buddy = free_buddy(zone, index, order);
		if (!buddy)
			break;
		if (!take_free(zone, buddy, order, shadow_page_mt(buddy)))
			return -EUCLEAN;
		/* The upper half stops being the first frame of anything */
		if (buddy < page) {
			shadow_page_set(page, 0);
			page = buddy;
			index -= BIT(order);
		} else {
			shadow_page_set(buddy, 0);
		}
		order++;
		shadow_event(zone->nodes->events, SHADOW_EV_PAGE_MERGE, 1);
	}
	if (!put_free(zone, page, order, mt))
		return -EUCLEAN;
	zone->nr_free += nr_pages;
	return 0;
}

/**
 * __shadow_buddy_take() - take one certain free block off a zone
 * @zone: the zone
 * @page: the first page of a free block of it
 * @order: log2 of the block's frames
 *
 * The block's first frame is left in state BUDDY on no list: the caller says at
 * once what it becomes. Follows __isolate_free_page().
 *
 * Context: @zone's lock held, interrupts off.
 * Return: 0; -EINVAL where there is no such free block; -EUCLEAN if the machine
 * is, or has just been, frozen.
 */
int __shadow_buddy_take(struct shadow_zone *zone, struct shadow_page *page,
			unsigned int order)
{
	u32 want = SHADOW_PF(SHADOW_PAGE_BUDDY, order, 0, 0) |
		   shadow_zone_place(zone);

	lockdep_assert_held(&zone->lock);
	if (shadow_fault_frozen(zone_fault(zone)))
		return -EUCLEAN;
	if ((page->flags & BUDDY_MASK) != want)
		return -EINVAL;
	if (!take_free(zone, page, order, shadow_page_mt(page)))
		return -EUCLEAN;
	zone->nr_free -= BIT(order);
	return 0;
}

/**
 * shadow_buddy_alloc() - take a block off a zone, unlocked version
 * @zone: the zone
 * @order: log2 of the frames wanted
 * @mt: enum shadow_migratetype
 * @owner: enum shadow_owner of the block from now on
 *
 * Context: any; takes @zone's lock with interrupts off.
 * Return: the block's first page in state ALLOCATED, or NULL.
 */
struct shadow_page *shadow_buddy_alloc(struct shadow_zone *zone,
				       unsigned int order, unsigned int mt,
				       unsigned int owner)
{
	struct shadow_page *page;
	unsigned long irqflags;

	if (order > zone->nodes->max_order)
		return NULL;
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	page = __shadow_buddy_alloc(zone, order, mt);
	if (page)
		shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, owner, mt));
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return page;
}

/**
 * shadow_buddy_free() - give a block back to its zone, unlocked version
 * @zone: the zone
 * @page: the block's first page
 * @order: log2 of its frames
 * @mt: migratetype of the list it shall go on
 *
 * Context: any; takes @zone's lock with interrupts off.
 * Return: 0 or -EUCLEAN, see __shadow_buddy_free().
 */
int shadow_buddy_free(struct shadow_zone *zone, struct shadow_page *page,
		      unsigned int order, unsigned int mt)
{
	unsigned long irqflags;
	int err;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	err = __shadow_buddy_free(zone, page, order, mt);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return err;
}

/* One free list: every link both ways, every block what it says it is */
static int verify_list(struct shadow_zone *zone, unsigned int order,
		       unsigned int mt, u64 *nr_blocks,
		       struct shadow_fault *fault)
{
	const struct shadow_memmap *memmap = zone->memmap;
	const struct shadow_page_list *list = &zone->free_area[order].list[mt];
	u32 want = SHADOW_PF(SHADOW_PAGE_BUDDY, order, 0, mt) |
		   shadow_zone_place(zone);
	u32 index = list->first, prev = SHADOW_NO_PAGE;
	u64 limit = zone->spanned >> order;
	const struct shadow_page *page;

	for (; index != SHADOW_NO_PAGE; prev = index, index = page->next) {
		page = shadow_page_at(memmap, index);
		if (!page || !shadow_page_aligned(memmap, index, order))
			return shadow_fault_raise(fault,
				"buddy: order %u type %u: index %u is out of range or misaligned",
				order, mt, index);
		if ((page->flags & (BUDDY_MASK | SHADOW_PF_MT_MASK)) != want)
			return shadow_fault_raise(fault,
				"buddy: order %u type %u: pfn %#llx is listed but its flags are %#x, expected %#x",
				order, mt, shadow_index_to_pfn(memmap, index),
				page->flags, want);
		if (page->prev != prev)
			return shadow_fault_raise(fault,
				"buddy: order %u type %u: pfn %#llx points back to index %u, expected %u",
				order, mt, shadow_index_to_pfn(memmap, index),
				page->prev, prev);
		if (order < zone->nodes->max_order &&
		    free_buddy(zone, index, order))
			return shadow_fault_raise(fault,
				"buddy: pfn %#llx and its buddy are both free at order %u and not merged",
				shadow_index_to_pfn(memmap, index), order);
		if ((*nr_blocks)++ >= limit)
			return shadow_fault_raise(fault,
				"buddy: order %u type %u: more blocks listed than the zone can hold, a cycle",
				order, mt);
	}
	if (list->last != prev)
		return shadow_fault_raise(fault,
			"buddy: order %u type %u: last is index %u, the walk ended at %u",
			order, mt, list->last, prev);
	if (!!(zone->orders[mt] & BIT(order)) != !shadow_page_list_empty(list))
		return shadow_fault_raise(fault,
			"buddy: order %u type %u: the summary bit is %s, the list is %s",
			order, mt,
			zone->orders[mt] & BIT(order) ? "set" : "clear",
			shadow_page_list_empty(list) ? "empty" : "not");
	return 0;
}

static int verify_areas(struct shadow_zone *zone, struct shadow_fault *fault)
{
	unsigned int order, mt;
	u64 nr_blocks, nr_pages = 0;
	int err;

	for (order = 0; order <= zone->nodes->max_order; order++) {
		nr_blocks = 0;
		for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++) {
			if (!(zone->orders[mt] & BIT(order)) &&
			    shadow_page_list_empty(&zone->free_area[order].list[mt]))
				continue;
			err = verify_list(zone, order, mt, &nr_blocks, fault);
			if (err)
				return err;
		}
		if (nr_blocks != zone->free_area[order].nr_free)
			return shadow_fault_raise(fault,
				"buddy: order %u: %llu blocks listed, nr_free says %llu",
				order, nr_blocks, zone->free_area[order].nr_free);
		nr_pages += nr_blocks << order;
	}
	if (nr_pages != zone->nr_free)
		return shadow_fault_raise(fault,
			"buddy: zone %s: %llu frames in the free areas, nr_free says %llu",
			shadow_zone_names[zone->type], nr_pages, zone->nr_free);
	return 0;
}

/**
 * shadow_buddy_verify() - walk the whole state of one zone's buddy
 * @zone: the zone
 * @fault: filled with the first thing that is wrong
 *
 * Every list both ways, every listed block's state, order, type, place and
 * alignment, buddies that should have merged, the counts.
 *
 * Context: any; takes @zone's lock with interrupts off. Changes nothing.
 * Return: 0, or -EUCLEAN.
 */
int shadow_buddy_verify(struct shadow_zone *zone, struct shadow_fault *fault)
{
	unsigned long irqflags;
	int err;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	err = verify_areas(zone, fault);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return err;
}
