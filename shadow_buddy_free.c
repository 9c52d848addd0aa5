// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_buddy_free - blocks come back to their zone, and are merged. See
 * shadow_buddy.c for an example.
 */
#include "shadow_buddy.h"
#include "shadow_buddy_area.h"
#include "shadow_frag.h"
#include "shadow_latency.h"
#include "shadow_mobility.h"
#include "shadow_ring.h"

/*
 * A block and its buddy are in the same bank of the memmap. Zone and node are
 * part of the compare: a block never grows across a zone's border. BUDDY is
 * only written under this zone's lock, so a frame that has it now keeps it; any
 * other state may change under us and does not matter.
 */
static __always_inline bool is_free(const struct shadow_memmap *memmap,
				    u32 index, u32 mask, u32 want)
{
	return likely(index < memmap->nr) &&
	       (READ_ONCE(memmap->pages[index].flags) & mask) == want;
}

/*
 * A free block leaves its list, which is often the only one there; @orders is
 * the type's summary, its bit gone then.
 */
static __always_inline bool unlink(struct shadow_zone *zone,
				   struct shadow_free_area *area,
				   struct shadow_page_list *list, u32 index,
				   u32 bit, u32 *orders)
{
	if (list->first == index && list->last == index) {
		list->first = SHADOW_NO_PAGE;
		list->last = SHADOW_NO_PAGE;
		*orders &= ~bit;
	} else if (unlikely(!shadow_page_list_del(zone->memmap, list,
						  &zone->memmap->pages[index]))) {
		return false;
	}
	area->nr_free--;
	return true;
}

/*
 * Merges as long as the buddy is free and of the same type, which inside a
 * pageblock it always is, up to @end frames. @index becomes that of the whole;
 * what is returned are its frames, or 0 where something is corrupt.
 *
 * A block that merges stops being the first frame of anything, but for the
 * lowest: that is one store a level, of what never changes.
 */
static __always_inline u32 merge(struct shadow_zone *zone, u32 *index,
				 unsigned int order, unsigned int mt, u32 end)
{
	const struct shadow_memmap *memmap = zone->memmap;
	struct shadow_free_area *area = &zone->free_area[order];
	struct shadow_page_list *list = &area->list[mt];
	u32 want = shadow_buddy_want(zone, order, mt), nr = memmap->nr;
	u32 bit = BIT(order), at = *index, orders = zone->orders[mt];
	struct shadow_page *const pages = memmap->pages;
	const u32 stays = pages[at].flags & SHADOW_PF_STAYS;

	for (; bit < end; bit <<= 1) {
		u32 buddy = at ^ bit;

		if (buddy >= nr ||
		    (READ_ONCE(pages[buddy].flags) & SHADOW_BUDDY_MASK) != want)
			break;
		if (unlikely(!unlink(zone, area, list, buddy, bit, &orders))) {
			__shadow_buddy_corrupt(zone, buddy, __ffs(bit), mt);
			return 0;
		}
		WRITE_ONCE(pages[at | bit].flags, stays);
		at &= ~bit;
		want += SHADOW_PF(0, 1, 0, 0);
		area++;
		list = (void *)list + sizeof(*area);
	}
	WRITE_ONCE(zone->orders[mt], orders);
	*index = at;
	return bit;
}

/*
 * From a pageblock upwards the buddy may be of another type: its pageblocks
 * become ours then, so that all of a block is of one type; but what is reserved
 * stays apart. One level; false: nothing to merge with, or the machine is
 * frozen.
 */
static bool merge_other(struct shadow_zone *zone, u32 *index,
			unsigned int order, unsigned int mt)
{
	const struct shadow_memmap *memmap = zone->memmap;
	u32 buddy = *index ^ (u32)BIT(order);
	struct shadow_page *page = shadow_page_at(memmap, buddy);
	unsigned int other;

	if (!page || !shadow_page_fits(memmap, buddy, order) ||
	    !is_free(memmap, buddy, SHADOW_BUDDY_MASK & ~SHADOW_PF_MT_MASK,
		     shadow_buddy_want(zone, order, 0)))
		return false;
	other = shadow_page_mt(page);
	if (other == SHADOW_MIGRATE_HIGHATOMIC || mt == SHADOW_MIGRATE_HIGHATOMIC ||
	    !__shadow_buddy_del(zone, page, order, other))
		return false;
	__shadow_mobility_change(zone, page, order, mt);
	shadow_page_set(&memmap->pages[*index | buddy], 0);
	*index &= buddy;
	return true;
}

/* As merge(), from a pageblock upwards, all of which has become free */
static noinline u32 merge_pageblocks(struct shadow_zone *zone, u32 *index,
				     unsigned int order, unsigned int mt)
{
	u32 end = BIT(zone->nodes->max_order), bit;

	__shadow_mobility_unmix(zone, &zone->memmap->pages[*index], order);
	for (;;) {
		bit = merge(zone, index, order, mt, end);
		if (!bit || bit >= end || !merge_other(zone, index, __ffs(bit), mt))
			break;
		order = __ffs(bit) + 1;
	}
	return shadow_fault_frozen(zone->nodes->fault) ? 0 : bit;
}

static noinline int give_corrupt(struct shadow_zone *zone, u32 index,
				 unsigned int order, unsigned int mt)
{
	__shadow_buddy_corrupt(zone, index, order, mt);
	return -EUCLEAN;
}

static noinline int give_due(struct shadow_zone *zone)
{
	__shadow_frag_due(zone);
	return 0;
}

/*
 * What is left when nothing more can be merged; @nr_pages were not free before.
 * @zone's nr_free is the caller's to keep.
 */
static __always_inline int give_block(struct shadow_zone *zone, u32 index,
				      unsigned int order, unsigned int mt,
				      u64 nr_pages, bool tail)
{
	struct shadow_free_area *area = &zone->free_area[order];
	struct shadow_page *page = &zone->memmap->pages[index];
	bool ok = tail ?
		  shadow_page_list_push_tail(zone->memmap, &area->list[mt], page) :
		  shadow_page_list_push(zone->memmap, &area->list[mt], page);

	if (unlikely(!ok))
		return give_corrupt(zone, index, order, mt);
	WRITE_ONCE(page->flags, (page->flags & SHADOW_PF_BANK_MASK) |
				shadow_buddy_want(zone, order, mt));
	WRITE_ONCE(zone->orders[mt], zone->orders[mt] | BIT(order));
	area->nr_free++;
	shadow_buddy_account(zone, mt, nr_pages);
	if (unlikely(!--zone->frag_left))
		return give_due(zone);
	return 0;
}

/*
 * Where the block beside this one and its buddy is free, the three may soon be
 * one: the others on the list are given away before it. Follows
 * buddy_merge_likely(), for what has just grown: of blocks that have not, it
 * saves too few for what asking costs.
 */
static bool may_grow(const struct shadow_zone *zone, u32 index,
		     unsigned int order, unsigned int mt)
{
	return is_free(zone->memmap, (index | (u32)BIT(order)) ^ (u32)(3U << order),
		       SHADOW_BUDDY_MASK, shadow_buddy_want(zone, order + 1, mt));
}

/* Out of line: what says it needs a frame of the stack */
static noinline void tell_merge(const struct shadow_zone *zone, u32 index,
				unsigned int to, unsigned int order)
{
	shadow_event(zone->nodes->events, SHADOW_EV_PAGE_MERGE, to - order,
		     shadow_index_to_pfn(zone->memmap, index), to, order);
}

static __always_inline void note_merge(struct shadow_zone *zone, u32 index,
				       unsigned int to, unsigned int order)
{
	shadow_zone_count(zone, SHADOW_ZONE_MERGE, to - order);
	if (shadow_event_listened())
		tell_merge(zone, index, to, order);
}

/*
 * @index is the address of a parameter: a local variable whose address is taken
 * would cost the check of a guarded stack.
 */
static __always_inline int merge_and_give(struct shadow_zone *zone, u32 *index,
					  unsigned int order, unsigned int mt,
					  bool told)
{
	u32 pageblock = BIT(zone->nodes->pageblock_log2);
	u32 bit = merge(zone, index, order, mt, pageblock);

	if (bit >= pageblock)
		bit = merge_pageblocks(zone, index, __ffs(bit), mt);
	if (unlikely(!bit))
		return -EUCLEAN;
	if (told)
		note_merge(zone, *index, __ffs(bit), order);
	return give_block(zone, *index, __ffs(bit), mt, BIT(order),
			  may_grow(zone, *index, __ffs(bit), mt));
}

static noinline int give_merging_told(struct shadow_zone *zone, u32 index,
				      unsigned int order, unsigned int mt)
{
	return merge_and_give(zone, &index, order, mt, true);
}

static noinline int give_merging(struct shadow_zone *zone, u32 index,
				 unsigned int order, unsigned int mt)
{
	return merge_and_give(zone, &index, order, mt, false);
}

static __always_inline int give(struct shadow_zone *zone,
				struct shadow_page *page, unsigned int order)
{
	const struct shadow_memmap *memmap = zone->memmap;
	u32 index = shadow_page_index(memmap, page);
	unsigned int mt = shadow_pageblock_mt(zone->nodes, index);

	if (shadow_fault_frozen(zone->nodes->fault))
		return -EUCLEAN;
	if (order >= zone->nodes->pageblock_log2 ||
	    is_free(memmap, index ^ (u32)BIT(order), SHADOW_BUDDY_MASK,
		    shadow_buddy_want(zone, order, mt)))
		return shadow_event_heard(SHADOW_EV_PAGE_MERGE) ?
		       give_merging_told(zone, index, order, mt) :
		       give_merging(zone, index, order, mt);
	return give_block(zone, index, order, mt, BIT(order), false);
}

static __always_inline int give_counted(struct shadow_zone *zone,
					struct shadow_page *page,
					unsigned int order)
{
	int err = give(zone, page, order);

	if (likely(!err))
		WRITE_ONCE(zone->nr_free, zone->nr_free + BIT(order));
	return err;
}

/**
 * __shadow_buddy_free() - give a block back to its zone
 * @zone: the zone that the block lies in
 * @page: the block's first page, on no list; aligned to the block's length
 * @order: log2 of its frames
 *
 * It goes to the list of its pageblock's type, merged with its free buddies as
 * long as there are any. Follows __free_one_page().
 *
 * Context: @zone's lock held, interrupts off.
 * Return: 0, or -EUCLEAN if the machine is, or has just been, frozen; the
 * block is lost to the frozen machine then.
 */
int __shadow_buddy_free(struct shadow_zone *zone, struct shadow_page *page,
			unsigned int order)
{
	lockdep_assert_held(&zone->lock);
	return give_counted(zone, page, order);
}

/**
 * __shadow_buddy_return() - give one of many blocks back to its zone
 * @zone: the zone that the block lies in
 * @page: the block's first page, on no list; aligned to the block's length
 * @order: log2 of its frames
 *
 * As __shadow_buddy_free(), but @zone's nr_free is the caller's to keep: other
 * CPUs read it at each allocation, and wait whenever it has been written.
 *
 * Context: @zone's lock held, interrupts off.
 * Return: 0 or -EUCLEAN, see __shadow_buddy_free().
 */
int __shadow_buddy_return(struct shadow_zone *zone, struct shadow_page *page,
			  unsigned int order)
{
	lockdep_assert_held(&zone->lock);
	return give(zone, page, order);
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
	lockdep_assert_held(&zone->lock);
	if (shadow_fault_frozen(zone->nodes->fault))
		return -EUCLEAN;
	if ((page->flags & SHADOW_BUDDY_MASK & ~SHADOW_PF_MT_MASK) !=
	    shadow_buddy_want(zone, order, 0))
		return -EINVAL;
	if (!__shadow_buddy_del(zone, page, order, shadow_page_mt(page)))
		return -EUCLEAN;
	WRITE_ONCE(zone->nr_free, zone->nr_free - BIT(order));
	__shadow_frag_count(zone);
	return 0;
}

static __always_inline int free_block(struct shadow_zone *zone,
				      struct shadow_page *page,
				      unsigned int order)
{
	unsigned long irqflags;
	int err;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	err = give_counted(zone, page, order);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return err;
}

static noinline int free_watched(struct shadow_zone *zone,
				 struct shadow_page *page, unsigned int order)
{
	u64 pfn = shadow_page_to_pfn(zone->nodes, page);
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, zone->nodes->events);
	shadow_latency_path(zone->nodes->events, SHADOW_LATENCY_BUDDY);
	err = free_block(zone, page, order);
	shadow_op_end(&op, SHADOW_OP_BUDDY_FREE, err, shadow_zone_number(zone),
		      pfn, order);
	return err;
}

/**
 * shadow_buddy_free() - give a block back to its zone, unlocked version
 * @zone: the zone
 * @page: the block's first page
 * @order: log2 of its frames
 *
 * Context: any; takes @zone's lock with interrupts off.
 * Return: 0 or -EUCLEAN, see __shadow_buddy_free().
 */
int shadow_buddy_free(struct shadow_zone *zone, struct shadow_page *page,
		      unsigned int order)
{
	if (shadow_watched())
		return free_watched(zone, page, order);
	return free_block(zone, page, order);
}
