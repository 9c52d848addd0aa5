// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_zone_verify - a walk over the memmap, frame by frame and block by
 * block, held against what the zones have counted.
 */
#include "shadow_zone.h"

/* What a walk over the memmap counts in one zone */
struct zone_count {
	u64 present;
	u64 reserved;
	u64 buddy;
};

/* The frames after the first of a block say nothing of their own */
static int verify_inside(const struct shadow_nodes *nodes, u32 index, u32 end,
			 u32 place, struct shadow_fault *fault)
{
	const struct shadow_page *page = nodes->memmap.pages + index;

	for (; index < end; index++, page++)
		if (unlikely((page->flags & ~SHADOW_PF_BANK_MASK) != place))
			return shadow_fault_raise(fault,
				"memmap: pfn %#llx lies inside a block but has flags %#x",
				shadow_index_to_pfn(&nodes->memmap, index),
				page->flags);
	return 0;
}

static bool is_other_nodes(struct shadow_zone *zone, const struct shadow_page *page)
{
	const struct shadow_zone *other = shadow_page_zone(zone->nodes, page);
	u64 pfn = shadow_page_to_pfn(zone->nodes, page);

	return other->type == zone->type && pfn - other->start_pfn < other->spanned;
}

/* Of one reading of the flags: a block may change its owner under us */
static enum shadow_page_state flags_state(u32 flags)
{
	return (flags & SHADOW_PF_STATE_MASK) >> SHADOW_PF_STATE_SHIFT;
}

static unsigned int flags_owner(u32 flags)
{
	return (flags & SHADOW_PF_OWNER_MASK) >> SHADOW_PF_OWNER_SHIFT;
}

/*
 * A block in use has an owner. One that is free has neither owner nor users;
 * its reference is dropped before it becomes free, and it is in use before it
 * has one.
 */
static bool is_owned_right(const struct shadow_page *page, u32 flags)
{
	unsigned int owner = flags_owner(flags);

	if (flags_state(flags) == SHADOW_PAGE_ALLOCATED)
		return owner != SHADOW_OWNER_NONE && owner < SHADOW_NR_OWNERS &&
		       atomic_read(&page->refcount) >= 0;
	if (flags_state(flags) == SHADOW_PAGE_RESERVED)
		return owner < SHADOW_NR_OWNERS && atomic_read(&page->refcount) == 1;
	/* A listed one may be taken right now: its references are the list's */
	return !(flags & (SHADOW_PF_OWNER_MASK | SHADOW_PF_COMP)) &&
	       (flags_state(flags) == SHADOW_PAGE_PCP ||
		!atomic_read(&page->refcount));
}

/* One block, or one frame that is in none; says how many frames it was */
static int verify_block(struct shadow_zone *zone, u32 index, u32 end,
			struct zone_count *count, u32 *nr_pages,
			struct shadow_fault *fault)
{
	const struct shadow_memmap *memmap = zone->memmap;
	const struct shadow_page *page = &memmap->pages[index];
	u32 place = shadow_zone_place(zone), flags = READ_ONCE(page->flags);
	enum shadow_page_state state = flags_state(flags);
	unsigned int order = (flags & SHADOW_PF_ORDER_MASK) >> SHADOW_PF_ORDER_SHIFT;

	*nr_pages = 1;
	if (state == SHADOW_PAGE_HOLE)
		return 0;
	/* Spans of nodes may overlap: a frame is in its own node's zone */
	if (shadow_page_nid(page) != zone->nid && is_other_nodes(zone, page))
		return 0;
	if ((flags & SHADOW_PF_PLACE_MASK) != place)
		return shadow_fault_raise(fault,
			"memmap: pfn %#llx says zone %u node %u, but lies in zone %s node %d",
			shadow_index_to_pfn(memmap, index), shadow_page_zonenum(page),
			shadow_page_nid(page), shadow_zone_names[zone->type],
			zone->nid);
	if (state == SHADOW_PAGE_RESERVED && is_owned_right(page, flags)) {
		count->present++;
		count->reserved++;
		return 0;
	}
	if (state != SHADOW_PAGE_BUDDY && state != SHADOW_PAGE_PCP &&
	    state != SHADOW_PAGE_ALLOCATED && state != SHADOW_PAGE_RESERVED)
		return shadow_fault_raise(fault,
			"memmap: pfn %#llx starts no block, its flags are %#x",
			shadow_index_to_pfn(memmap, index), page->flags);
	if (order > zone->nodes->max_order ||
	    !shadow_page_aligned(memmap, index, order) ||
	    end - index < BIT(order))
		return shadow_fault_raise(fault,
			"memmap: pfn %#llx: a block of order %u cannot be here",
			shadow_index_to_pfn(memmap, index), order);
	if (!is_owned_right(page, flags))
		return shadow_fault_raise(fault,
			"memmap: pfn %#llx: flags %#x with a refcount of %d make no sense",
			shadow_index_to_pfn(memmap, index), flags,
			atomic_read(&page->refcount));
	*nr_pages = BIT(order);
	count->present += *nr_pages;
	if (state == SHADOW_PAGE_BUDDY)
		count->buddy += *nr_pages;
	return verify_inside(zone->nodes, index + 1, index + *nr_pages, place,
			     fault);
}

/* The part of a zone that is in one bank */
static int verify_bank(struct shadow_zone *zone,
		       const struct shadow_memmap_bank *bank,
		       struct zone_count *count, struct shadow_fault *fault)
{
	u32 index, end, nr_pages;
	int err;

	shadow_bank_clip(bank, zone->start_pfn, zone->start_pfn + zone->spanned,
			 &index, &end);
	for (; index < end; index += nr_pages) {
		err = verify_block(zone, index, end, count, &nr_pages, fault);
		if (err)
			return err;
	}
	return 0;
}

static int verify_zone(struct shadow_zone *zone, struct shadow_fault *fault)
{
	const struct shadow_memmap *memmap = zone->memmap;
	struct zone_count count = {};
	unsigned int nr;
	int err;

	for (nr = 0; nr < memmap->nr_banks; nr++) {
		err = verify_bank(zone, &memmap->bank[nr], &count, fault);
		if (err)
			return err;
	}
	if (count.present != zone->present ||
	    count.present - count.reserved != zone->managed ||
	    count.buddy != zone->nr_free)
		return shadow_fault_raise(fault,
			"zone %s: memmap has %llu present %llu reserved %llu free, the zone %llu present %llu managed %llu free",
			shadow_zone_names[zone->type], count.present,
			count.reserved, count.buddy, zone->present,
			zone->managed, zone->nr_free);
	return 0;
}

/**
 * shadow_zone_verify_one() - walk a zone's part of the memmap
 * @zone: the zone
 * @fault: filled with the first thing that is wrong
 *
 * Every frame's state, place and block; present, managed and free frames.
 *
 * Context: any; takes @zone's lock, interrupts off for the length of the walk.
 * Changes nothing.
 * Return: 0, or -EUCLEAN.
 */
int shadow_zone_verify_one(struct shadow_zone *zone, struct shadow_fault *fault)
{
	unsigned long irqflags;
	int err;

	if (!shadow_zone_populated(zone) && !zone->managed)
		return 0;
	raw_spin_lock_irqsave(&zone->lock, irqflags);
	err = verify_zone(zone, fault);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return err;
}

/**
 * shadow_zone_verify() - walk the memmap and compare with the zones' counts
 * @nodes: the layer, after the handover
 * @fault: filled with the first thing that is wrong
 *
 * Context: any; takes each zone's lock in turn, see shadow_zone_verify_one().
 * Return: 0, or -EUCLEAN.
 */
int shadow_zone_verify(struct shadow_nodes *nodes, struct shadow_fault *fault)
{
	struct shadow_zone *zone;
	int err = 0;

	for (zone = shadow_first_zone(nodes); zone && !err;
	     zone = shadow_next_zone(zone))
		err = shadow_zone_verify_one(zone, fault);
	return err;
}

static u64 count_bank(const struct shadow_zone *zone,
		      const struct shadow_memmap_bank *bank,
		      enum shadow_page_state state)
{
	u32 place = shadow_zone_place(zone), index, end, nr_pages;
	const struct shadow_page *page;
	u64 count = 0;

	shadow_bank_clip(bank, zone->start_pfn, zone->start_pfn + zone->spanned,
			 &index, &end);
	for (; index < end; index += nr_pages) {
		page = &zone->memmap->pages[index];
		nr_pages = 1;
		if ((READ_ONCE(page->flags) & SHADOW_PF_PLACE_MASK) != place)
			continue;
		switch (shadow_page_state(page)) {
		case SHADOW_PAGE_BUDDY:
		case SHADOW_PAGE_PCP:
		case SHADOW_PAGE_ALLOCATED:
			nr_pages = BIT(min_t(unsigned int, shadow_page_order(page),
					     SHADOW_MAX_ORDER));
			break;
		default:
			break;
		}
		if (shadow_page_state(page) == state)
			count += nr_pages;
	}
	return count;
}

/**
 * __shadow_zone_count() - frames of a zone whose blocks are in a state
 * @zone: the zone
 * @state: the state
 *
 * Context: @zone's lock held, interrupts off. Reads every block's first frame.
 * Return: the number of frames.
 */
u64 __shadow_zone_count(struct shadow_zone *zone, enum shadow_page_state state)
{
	const struct shadow_memmap *memmap = zone->memmap;
	unsigned int nr;
	u64 count = 0;

	lockdep_assert_held(&zone->lock);
	for (nr = 0; nr < memmap->nr_banks; nr++)
		count += count_bank(zone, &memmap->bank[nr], state);
	return count;
}

/**
 * shadow_nodes_lock() - keep every block of every zone as it is
 * @nodes: the layer
 *
 * Takes the locks of all zones: nothing is split or merged until they are let
 * go. Blocks still change between in use and listed by a CPU, whole.
 *
 * Context: any; takes walk_lock, then each zone's lock. Returns with interrupts
 * off.
 * Return: for shadow_nodes_unlock().
 */
unsigned long shadow_nodes_lock(struct shadow_nodes *nodes)
	__acquires(&nodes->walk_lock)
{
	struct shadow_zone *zone;
	unsigned long irqflags;

	raw_spin_lock_irqsave(&nodes->walk_lock, irqflags);
	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		raw_spin_lock_nest_lock(&zone->lock, &nodes->walk_lock);
		/* Sparse counts no locks of a loop, here and below */
		__release(&zone->lock);
	}
	return irqflags;
}

/**
 * shadow_nodes_unlock() - the other half of shadow_nodes_lock()
 * @nodes: the layer
 * @irqflags: what that returned
 *
 * Context: as that left it.
 */
void shadow_nodes_unlock(struct shadow_nodes *nodes, unsigned long irqflags)
	__releases(&nodes->walk_lock)
{
	struct shadow_zone *zone;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		__acquire(&zone->lock);
		raw_spin_unlock(&zone->lock);
	}
	raw_spin_unlock_irqrestore(&nodes->walk_lock, irqflags);
}
