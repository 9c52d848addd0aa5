// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mobility_count - how free blocks and pageblocks are grouped by type,
 * counted by walking: what is printed is not what the zone believes.
 */
#include <linux/sched.h>

#include "shadow_mobility.h"

/* Blocks on one list, up to SHADOW_MOBILITY_MANY */
static u64 __count_list(const struct shadow_zone *zone,
			const struct shadow_page_list *list)
{
	const struct shadow_page *page = shadow_page_at(zone->memmap, list->first);
	u64 nr = 0;

	while (page && ++nr < SHADOW_MOBILITY_MANY)
		page = shadow_page_at(zone->memmap, page->next);
	return nr;
}

/**
 * shadow_mobility_count_free() - free blocks of one type by order
 * @zone: the zone
 * @mt: enum shadow_migratetype
 * @nr: filled, one number per order; SHADOW_MOBILITY_MANY: that many or more,
 *	nobody went on counting
 *
 * Follows pagetypeinfo_showfree_print(), which does not count on either: the
 * lock is held meanwhile.
 *
 * Context: process context; takes @zone's lock for each order in turn.
 */
void shadow_mobility_count_free(struct shadow_zone *zone, unsigned int mt,
				u64 nr[SHADOW_NR_ORDERS])
{
	unsigned long irqflags;
	unsigned int order;

	for (order = 0; order <= zone->nodes->max_order; order++) {
		raw_spin_lock_irqsave(&zone->lock, irqflags);
		nr[order] = __count_list(zone, &zone->free_area[order].list[mt]);
		raw_spin_unlock_irqrestore(&zone->lock, irqflags);
		cond_resched();
	}
}

/* Of this zone, or of nobody: a hole's entry has no zone of its own */
static bool is_of(const struct shadow_zone *zone, const struct shadow_page *page)
{
	return shadow_page_state(page) == SHADOW_PAGE_HOLE ||
	       (READ_ONCE(page->flags) & SHADOW_PF_PLACE_MASK) ==
	       shadow_zone_place(zone);
}

/**
 * shadow_mobility_count_blocks() - pageblocks of a zone by type
 * @zone: the zone
 * @nr: filled, one number per type
 *
 * One frame in each pageblock's length is looked at, from the zone's first:
 * follows pagetypeinfo_showblockcount_print().
 *
 * Context: process context; without the zone's lock.
 */
void shadow_mobility_count_blocks(struct shadow_zone *zone,
				  u64 nr[SHADOW_MIGRATE_TYPES])
{
	u64 pfn = zone->start_pfn, end_pfn = pfn + zone->spanned;
	u32 index;

	memset(nr, 0, sizeof(*nr) * SHADOW_MIGRATE_TYPES);
	for (; pfn < end_pfn; pfn += BIT(zone->nodes->pageblock_log2)) {
		index = shadow_pfn_to_index(zone->memmap, pfn);
		if (index == SHADOW_NO_PAGE ||
		    !is_of(zone, &zone->memmap->pages[index]))
			continue;
		nr[shadow_pageblock_mt(zone->nodes, index)]++;
		if (!(pfn & 0xfffff))
			cond_resched();
	}
}

/*
 * Whether a block in use between two entries is of another type than their
 * pageblock; @index is where the next pageblock's walk goes on.
 */
static bool is_mixed(const struct shadow_zone *zone, u64 *index, u64 end,
		     unsigned int mt)
{
	while (*index < end) {
		const struct shadow_page *page = &zone->memmap->pages[*index];
		u32 flags = READ_ONCE(page->flags);
		enum shadow_page_state state = (flags & SHADOW_PF_STATE_MASK) >>
					       SHADOW_PF_STATE_SHIFT;

		if (state != SHADOW_PAGE_BUDDY && state != SHADOW_PAGE_PCP &&
		    state != SHADOW_PAGE_ALLOCATED) {
			(*index)++;
			continue;
		}
		if (state == SHADOW_PAGE_ALLOCATED && is_of(zone, page) &&
		    (flags & SHADOW_PF_MT_MASK) >> SHADOW_PF_MT_SHIFT != mt) {
			*index = end;
			return true;
		}
		*index += BIT_ULL((flags & SHADOW_PF_ORDER_MASK) >>
				  SHADOW_PF_ORDER_SHIFT);
	}
	return false;
}

/* Entries of one bank, from the first to the one before the last */
static void count_mixed(const struct shadow_zone *zone, u32 first, u32 end,
			u64 nr[SHADOW_MIGRATE_TYPES])
{
	u64 block = BIT(zone->nodes->pageblock_log2), index = first;
	unsigned int mt;

	while (index < end) {
		mt = shadow_pageblock_mt(zone->nodes, index);
		if (is_mixed(zone, &index, min_t(u64, round_up(index + 1, block), end), mt))
			nr[mt]++;
		cond_resched();
	}
}

/**
 * shadow_mobility_count_mixed() - pageblocks with frames of another type in use
 * @zone: the zone
 * @nr: filled, one number per type of pageblock
 *
 * Frames on per-CPU lists count as free. Follows
 * pagetypeinfo_showmixedcount_print().
 *
 * Context: process context; without the zone's lock, a block that changes
 * meanwhile counts as before or after.
 */
void shadow_mobility_count_mixed(struct shadow_zone *zone,
				 u64 nr[SHADOW_MIGRATE_TYPES])
{
	const struct shadow_memmap *memmap = zone->memmap;
	u64 end_pfn = zone->start_pfn + zone->spanned;
	u32 first, end;
	unsigned int i;

	memset(nr, 0, sizeof(*nr) * SHADOW_MIGRATE_TYPES);
	for (i = 0; i < memmap->nr_banks; i++)
		if (shadow_bank_clip(&memmap->bank[i], zone->start_pfn, end_pfn,
				     &first, &end))
			count_mixed(zone, first, end, nr);
}
