// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_buddy_verify - a walk over all free lists of a zone, and over its
 * pageblocks, held against what the zone has counted.
 */
#include "shadow_buddy.h"
#include "shadow_buddy_area.h"
#include "shadow_mobility.h"

/* Is the buddy free too, and one that it should have merged with? */
static bool is_unmerged(const struct shadow_zone *zone, u32 index,
			unsigned int order, unsigned int mt)
{
	const struct shadow_memmap *memmap = zone->memmap;
	const struct shadow_page *buddy;
	u32 mask = SHADOW_BUDDY_MASK;

	buddy = shadow_page_at(memmap, index ^ (u32)BIT(order));
	if (!buddy || (buddy->flags & mask & ~SHADOW_PF_MT_MASK) !=
		      shadow_buddy_want(zone, order, 0))
		return false;
	/* What is reserved stays apart */
	return shadow_page_mt(buddy) == mt ||
	       (shadow_page_mt(buddy) != SHADOW_MIGRATE_HIGHATOMIC &&
		mt != SHADOW_MIGRATE_HIGHATOMIC);
}

static bool has_other_pageblock(const struct shadow_zone *zone, u32 index,
				unsigned int order, unsigned int mt)
{
	u64 end = (u64)index + BIT(order), i;

	for (i = index; i < end; i += BIT(zone->nodes->pageblock_log2))
		if (shadow_pageblock_mt(zone->nodes, i) != mt)
			return true;
	return false;
}

/* One free list: every link both ways, every block what it says it is */
static int verify_list(struct shadow_zone *zone, unsigned int order,
		       unsigned int mt, u64 *nr_blocks,
		       struct shadow_fault *fault)
{
	const struct shadow_memmap *memmap = zone->memmap;
	const struct shadow_page_list *list = &zone->free_area[order].list[mt];
	u32 want = shadow_buddy_want(zone, order, mt);
	u32 index = list->first, prev = SHADOW_NO_PAGE;
	u64 limit = zone->spanned >> order;
	const struct shadow_page *page;

	for (; index != SHADOW_NO_PAGE; prev = index, index = page->next) {
		page = shadow_page_at(memmap, index);
		if (!page || !shadow_page_fits(memmap, index, order))
			return shadow_fault_raise(fault,
				"buddy: order %u type %u: index %u is out of range or misaligned",
				order, mt, index);
		if ((page->flags & SHADOW_BUDDY_MASK) != want)
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
		    is_unmerged(zone, index, order, mt))
			return shadow_fault_raise(fault,
				"buddy: pfn %#llx and its buddy are both free at order %u and not merged",
				shadow_index_to_pfn(memmap, index), order);
		if (has_other_pageblock(zone, index, order, mt))
			return shadow_fault_raise(fault,
				"buddy: pfn %#llx is listed as type %u, its pageblock is of another",
				shadow_index_to_pfn(memmap, index), mt);
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

/* The lists were just walked: they are as long as they say */
static int verify_highatomic(struct shadow_zone *zone, struct shadow_fault *fault)
{
	const struct shadow_memmap *memmap = zone->memmap;
	unsigned int order;
	u64 nr_pages = 0;
	u32 index;

	for (order = 0; order <= zone->nodes->max_order; order++) {
		index = zone->free_area[order].list[SHADOW_MIGRATE_HIGHATOMIC].first;
		for (; index != SHADOW_NO_PAGE; index = memmap->pages[index].next)
			nr_pages += BIT(order);
	}
	if (nr_pages != zone->nr_free_highatomic)
		return shadow_fault_raise(fault,
			"buddy: zone %s: %llu frames on the lists of type HighAtomic, nr_free_highatomic says %llu",
			shadow_zone_names[zone->type], nr_pages,
			zone->nr_free_highatomic);
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
	err = verify_highatomic(zone, fault);
	if (err)
		return err;
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
 * alignment, its pageblocks' type, buddies that should have merged, the counts,
 * every pageblock's byte.
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
	if (!err)
		err = __shadow_mobility_verify(zone, fault);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return err;
}
