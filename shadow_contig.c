// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_contig - runs of free frames are looked for without a lock, then
 * looked at again and taken under the zone's.
 *
 * A worked example, 6 frames with an alignment of 4, free blocks [0 1] [4..7]
 * [8..15]. Frame 0 fails at frame 2, frame 4 does not: blocks 4 (order 2) and 8
 * (order 3) leave their lists, frames 4 to 9 are ours, each a block of order 0,
 * and [10 11] and [12..15] go back.
 */
#include "shadow_buddy.h"
#include "shadow_contig.h"
#include "shadow_latency.h"
#include "shadow_page_alloc.h"
#include "shadow_page_owner.h"
#include "shadow_pcp.h"
#include "shadow_ring.h"

/*
 * First frame of the free block of this zone that a frame lies in, or U32_MAX.
 * Without the lock it is a guess.
 */
static u32 free_block_of(const struct shadow_zone *zone, u32 index,
			 unsigned int *order)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_PLACE_MASK;
	u32 want = SHADOW_PF(SHADOW_PAGE_BUDDY, 0, 0, 0) | shadow_zone_place(zone);
	const struct shadow_memmap *memmap = zone->memmap;
	unsigned int max_order = zone->nodes->max_order;
	struct shadow_page *page;
	unsigned int up;
	u32 head;

	for (up = 0; up <= max_order; up++) {
		head = index & ~((u32)BIT(up) - 1);
		page = shadow_page_at(memmap, head);
		if (!page)
			break;
		if ((READ_ONCE(page->flags) & mask) != want)
			continue;
		*order = shadow_page_order(page);
		return *order >= up && *order <= max_order &&
		       shadow_page_fits(memmap, head, *order) ? head : U32_MAX;
	}
	return U32_MAX;
}

/* Index of the first frame of a range that is not free, or its end. */
static u64 first_not_free(const struct shadow_zone *zone, u64 index, u64 end)
{
	unsigned int order;
	u32 head;

	while (index < end) {
		head = free_block_of(zone, index, &order);
		if (head == U32_MAX)
			return index;
		index = (u64)head + BIT(order);
	}
	return end;
}

/* How many blocks that makes */
static unsigned int give_back(struct shadow_zone *zone, u64 index, u64 end)
{
	const struct shadow_memmap *memmap = zone->memmap;
	unsigned int order, nr;

	for (nr = 0; index < end; nr++) {
		order = min_t(unsigned int, ilog2(end - index),
			      zone->nodes->max_order);
		while (!shadow_page_aligned(memmap, index, order))
			order--;
		__shadow_buddy_free(zone, &memmap->pages[index], order);
		index += BIT(order);
	}
	return nr;
}

/* Take all free blocks that a range touches, and keep the range. */
static bool __take_range(struct shadow_zone *zone, u64 start, u64 end,
			 unsigned int owner)
{
	struct shadow_page *page;
	u64 index, next, at, nr;
	unsigned int order;

	for (index = start; index < end; index = next) {
		u32 head = free_block_of(zone, index, &order);

		if (head == U32_MAX)
			return false;
		page = &zone->memmap->pages[head];
		next = (u64)head + BIT(order);
		if (__shadow_buddy_take(zone, page, order))
			return false;
		shadow_page_set(page, 0);
		for (at = index; at < min(next, end); at++) {
			page = &zone->memmap->pages[at];
			shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_ALLOCATED, 0,
							owner, 0));
			atomic_set(&page->refcount, 1);
		}
		nr = at - index;
		nr += give_back(zone, head, index);
		nr += give_back(zone, at, next);
		if (!order)
			continue;
		shadow_zone_count(zone, SHADOW_ZONE_SPLIT, nr - 1);
		shadow_event(zone->nodes->events, SHADOW_EV_PAGE_SPLIT, nr - 1,
			     shadow_index_to_pfn(zone->memmap, head), 0, order);
	}
	shadow_zone_count_alloc(zone, end - start);
	/* No allocation of __alloc_pages(), as the kernel's numa_hit has it */
	shadow_zone_count_beyond(zone, end - start);
	return true;
}

static bool may_take(const struct shadow_zone *zone, u64 nr_pages)
{
	return zone->nr_free >= nr_pages &&
	       zone->nr_free - nr_pages >= zone->mark[SHADOW_WMARK_LOW];
}

static bool take_range(struct shadow_zone *zone, u64 start, u64 end,
		       unsigned int owner)
{
	unsigned long irqflags;
	bool taken = false;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	if (!shadow_fault_frozen(zone->nodes->fault) &&
	    may_take(zone, end - start) &&
	    first_not_free(zone, start, end) == end)
		taken = __take_range(zone, start, end, owner);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return taken;
}

/*
 * Frame number of what was taken, or 0. Banks begin where the largest blocks
 * do, but @align may be larger than that: it is the frame that it is about.
 */
static u64 alloc_in_bank(struct shadow_zone *zone,
			 const struct shadow_memmap_bank *bank, u64 nr_pages,
			 u64 align, unsigned int owner)
{
	u64 pfn, end_pfn, to_index, bad;
	u32 first, end;

	if (!shadow_bank_clip(bank, zone->start_pfn,
			      zone->start_pfn + zone->spanned, &first, &end))
		return 0;
	to_index = (u64)bank->first - bank->start_pfn;
	end_pfn = end - to_index;
	pfn = round_up(first - to_index, align);
	while (may_take(zone, nr_pages) && pfn < end_pfn &&
	       end_pfn - pfn >= nr_pages) {
		bad = first_not_free(zone, pfn + to_index,
				     pfn + nr_pages + to_index) - to_index;
		if (bad == pfn + nr_pages &&
		    take_range(zone, pfn + to_index, bad + to_index, owner))
			return pfn;
		if (bad == pfn + nr_pages)
			bad = pfn;
		pfn = round_up(bad + 1, align);
		shadow_latency_resched(zone->nodes->events);
	}
	return 0;
}

static u64 alloc_in_zone(struct shadow_zone *zone, u64 nr_pages, u64 align,
			 unsigned int owner)
{
	const struct shadow_memmap *memmap = zone->memmap;
	unsigned int nr;
	u64 pfn = 0;

	if (zone->pcp)
		shadow_pcp_drain(zone);
	for (nr = 0; nr < memmap->nr_banks && !pfn; nr++)
		pfn = alloc_in_bank(zone, &memmap->bank[nr], nr_pages, align,
				    owner);
	return pfn;
}

static u64 alloc_run(struct shadow_nodes *nodes, u64 nr_pages, u64 align,
		     unsigned int owner)
{
	struct shadow_zone *zone;
	unsigned int nid;
	int type;
	u64 pfn = 0;

	if (shadow_should_fail(nodes->fail, SHADOW_FAIL_CONTIG,
			       nr_pages << nodes->page_shift))
		return 0;
	shadow_latency_path(nodes->events, SHADOW_LATENCY_BUDDY);
	for (type = SHADOW_MAX_NR_ZONES - 1; type >= 0 && !pfn; type--) {
		for (nid = 0; nid < nodes->nr_nodes && !pfn; nid++) {
			zone = &nodes->node[nid].zone[type];
			if (shadow_zone_populated(zone))
				pfn = alloc_in_zone(zone, nr_pages, align, owner);
		}
	}
	if (pfn && nodes->page_owner)
		shadow_page_owner_set(nodes->page_owner,
				      shadow_pfn_to_page(nodes, pfn), nr_pages,
				      SHADOW_GFP_OWNER(owner));
	return pfn;
}

/* Each frame is freed by itself, so each is told of by itself */
static void tell_run(struct shadow_nodes *nodes, u64 pfn, u64 nr_pages,
		     unsigned int owner)
{
	u32 gfp = SHADOW_GFP_OWNER(owner);
	u64 end = pfn + nr_pages;

	if (!shadow_event_heard(SHADOW_EV_PAGE_ALLOC))
		return;
	for (; pfn < end; pfn++)
		shadow_event(nodes->events, SHADOW_EV_PAGE_ALLOC, 1, pfn, 0, gfp,
			     shadow_gfp_mt(nodes, gfp));
}

/**
 * shadow_contig_alloc() - allocate any number of frames in a row
 * @nodes: the layer
 * @nr_pages: how many, not 0
 * @align: the first one's frame number is a multiple of it, a power of two
 * @owner: enum shadow_owner of all of them
 *
 * Each frame is a block of order 0 from then on. The highest zones are looked
 * at first, each is left above its low watermark.
 *
 * Context: process context; may sleep.
 * Return: the first frame's number; 0 where there is no such run, or the
 * machine is frozen.
 */
u64 shadow_contig_alloc(struct shadow_nodes *nodes, u64 nr_pages, u64 align,
			unsigned int owner)
{
	struct shadow_latency_mark mark;
	struct shadow_op op;
	u64 pfn;

	shadow_op_begin(&op, nodes->events);
	shadow_latency_begin(&mark, nodes->events, SHADOW_LATENCY_PAGE_ALLOC_CONTIG);
	pfn = alloc_run(nodes, nr_pages, align, owner);
	shadow_latency_end(&mark, !pfn);
	if (pfn)
		tell_run(nodes, pfn, nr_pages, owner);
	shadow_op_end(&op, SHADOW_OP_ALLOC_CONTIG, pfn ? 0 : -ENOMEM, nr_pages,
		      align, owner, pfn);
	return pfn;
}

static int free_run(struct shadow_nodes *nodes, u64 pfn, u64 nr_pages)
{
	struct shadow_page *page;
	struct shadow_zone *zone;
	int err = 0, ret;
	u64 i;

	for (i = 0; i < nr_pages; i++) {
		page = shadow_pfn_to_page(nodes, pfn + i);
		ret = page ? shadow_free_pages(nodes, page, 0) : -EINVAL;
		if (ret)
			err = ret;
		if (i % 1024 == 1023)
			shadow_latency_resched(nodes->events);
	}
	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone))
		if (zone->pcp)
			shadow_pcp_drain(zone);
	return err;
}

/**
 * shadow_contig_free() - give frames in a row back
 * @nodes: the layer
 * @pfn: the first one's number
 * @nr_pages: how many; what shadow_contig_alloc() was asked for, or less
 *
 * Context: process context; may sleep.
 * Return: 0; -EINVAL where one of them was not allocated alone, -EUCLEAN where
 * the machine is frozen; all others are free then.
 */
int shadow_contig_free(struct shadow_nodes *nodes, u64 pfn, u64 nr_pages)
{
	struct shadow_latency_mark mark;
	struct shadow_op op;
	int err;

	shadow_op_begin(&op, nodes->events);
	shadow_latency_begin(&mark, nodes->events, SHADOW_LATENCY_PAGE_FREE_CONTIG);
	err = free_run(nodes, pfn, nr_pages);
	shadow_latency_end(&mark, err);
	shadow_op_end(&op, SHADOW_OP_FREE_CONTIG, err, pfn, nr_pages);
	return err;
}
