// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_handover - what memblock has left becomes the buddy's.
 *
 * A free range is cut into blocks, each of the largest order that its start's
 * alignment and the range's remaining length permit. Frames 0x10e9 to 0x10ff:
 *
 *	0x10e9 order 0, 0x10ea order 1, 0x10ec order 2, 0x10f0 order 4
 *
 * A frame of which only a part is free stays reserved: a free range counts
 * from its first whole frame to its last.
 */
#include "shadow_buddy.h"
#include "shadow_handover.h"

/**
 * shadow_handover_order() - order of the next block of a free range
 * @pfn: first frame that is left
 * @end_pfn: end of the range, above @pfn
 * @max_order: largest order that the machine has
 *
 * Follows __free_pages_memory() of mm/memblock.c.
 *
 * Context: any.
 * Return: the order.
 */
unsigned int shadow_handover_order(u64 pfn, u64 end_pfn, unsigned int max_order)
{
	unsigned int order = pfn ? min_t(unsigned int, __ffs(pfn), max_order) :
				   max_order;

	return min_t(unsigned int, order, fls64(end_pfn - pfn) - 1);
}

/**
 * shadow_handover_range() - next free range, in whole frames
 * @mb: the early allocator
 * @idx: the walk's place: 0 to begin, U64_MAX when it has ended
 * @start_pfn: first whole frame
 * @end_pfn: frame after the last whole one; equal to or below @start_pfn where
 *	the range holds no whole frame
 *
 * Follows free_low_memory_core_early() of mm/memblock.c.
 *
 * Context: any; @mb must not change.
 * Return: the bytes in the range; 0 when the walk has ended.
 */
u64 shadow_handover_range(const struct shadow_memblock *mb, u64 *idx,
			  u64 *start_pfn, u64 *end_pfn)
{
	u64 mask = (1ULL << mb->page_shift) - 1;
	phys_addr_t start, end;

	shadow_memblock_next_range(mb, idx, SHADOW_NUMA_NO_NODE,
				   SHADOW_MEMBLOCK_NONE, &mb->memory,
				   &mb->reserved, &start, &end, NULL);
	if (*idx == U64_MAX)
		return 0;
	*start_pfn = (start + mask) >> mb->page_shift;
	*end_pfn = end >> mb->page_shift;
	return end - start;
}

static const struct {
	const char *name;
	enum shadow_owner owner;
} early_owners[] = {
	{ "memmap", SHADOW_OWNER_MEMMAP },
	{ "table", SHADOW_OWNER_TABLE },
	{ "image", SHADOW_OWNER_IMAGE },
	{ "dtb", SHADOW_OWNER_IMAGE },
	{ "initrd", SHADOW_OWNER_IMAGE },
};

static enum shadow_owner owner_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(early_owners); i++)
		if (!strcmp(early_owners[i].name, name))
			return early_owners[i].owner;
	return SHADOW_OWNER_EARLY;
}

/* Frames with memory that stay: reserve_bootmem_region() of the kernel */
static void reserve_frames(struct shadow_nodes *nodes, u64 start_pfn,
			   u64 end_pfn, struct shadow_handover *handover)
{
	struct shadow_page *page = shadow_pfn_to_page(nodes, start_pfn);
	u64 pfn;

	for (pfn = start_pfn; pfn < end_pfn; pfn++, page++) {
		if (shadow_page_state(page) == SHADOW_PAGE_HOLE) {
			handover->nr_holes++;
			continue;
		}
		shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_RESERVED, 0,
						SHADOW_OWNER_EARLY, 0));
		atomic_set(&page->refcount, 1);
		handover->nr_reserved++;
	}
}

/* Everything between the free ranges is reserved, or a hole */
static void reserve_all(struct shadow_nodes *nodes,
			const struct shadow_memblock *mb,
			struct shadow_handover *handover)
{
	u64 next = nodes->memmap.start_pfn, idx = 0, start_pfn, end_pfn;

	while (shadow_handover_range(mb, &idx, &start_pfn, &end_pfn)) {
		if (start_pfn >= end_pfn)
			continue;
		reserve_frames(nodes, next, start_pfn, handover);
		next = end_pfn;
	}
	reserve_frames(nodes, next, nodes->memmap.start_pfn + nodes->memmap.nr,
		       handover);
}

/* Who asked memblock for it; where two share a frame, the later range says */
static void name_owners(struct shadow_nodes *nodes,
			const struct shadow_memblock *mb)
{
	const struct shadow_early_range *range = mb->log.range;
	struct shadow_page *page;
	enum shadow_owner owner;
	u64 pfn, last;

	for (; range < mb->log.range + mb->log.nr; range++) {
		owner = owner_by_name(range->owner);
		pfn = range->base >> nodes->page_shift;
		last = (range->base + range->bytes - 1) >> nodes->page_shift;
		for (; pfn <= last; pfn++) {
			page = shadow_pfn_to_page(nodes, pfn);
			if (!page || shadow_page_state(page) != SHADOW_PAGE_RESERVED)
				continue;
			shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_RESERVED, 0,
							owner, 0));
		}
	}
}

/* One free range, cut where a zone ends */
static int free_range(struct shadow_nodes *nodes, u64 pfn, u64 end_pfn,
		      struct shadow_handover *handover)
{
	struct shadow_zone *zone;
	struct shadow_page *page;
	unsigned int order, mt;
	u64 zone_end;
	int err;

	while (pfn < end_pfn) {
		page = shadow_pfn_to_page(nodes, pfn);
		zone = shadow_page_zone(nodes, page);
		zone_end = zone->start_pfn + zone->spanned;
		order = shadow_handover_order(pfn, min(end_pfn, zone_end),
					      nodes->max_order);
		mt = shadow_pageblock_mt(nodes, pfn - nodes->memmap.start_pfn);
		err = shadow_buddy_free(zone, page, order, mt);
		if (err)
			return err;
		zone->managed += BIT(order);
		handover->blocks[order]++;
		handover->nr_freed += BIT(order);
		pfn += BIT(order);
	}
	return 0;
}

/**
 * shadow_handover() - free what the early allocator has not reserved
 * @nodes: the layer, memmap initialised, no frame freed yet
 * @mb: the early allocator, which must not allocate any more afterwards
 * @handover: filled
 *
 * Marks every other frame reserved, with its owner where the early allocator
 * knows it, and counts each zone's managed frames. Follows
 * memblock_free_all().
 *
 * Context: process context, boot.
 * Return: 0, or -EUCLEAN if the machine is frozen.
 */
int shadow_handover(struct shadow_nodes *nodes, const struct shadow_memblock *mb,
		    struct shadow_handover *handover)
{
	u64 idx = 0, start_pfn, end_pfn;
	int err;

	memset(handover, 0, sizeof(*handover));
	reserve_all(nodes, mb, handover);
	name_owners(nodes, mb);
	while (shadow_handover_range(mb, &idx, &start_pfn, &end_pfn)) {
		err = free_range(nodes, start_pfn, end_pfn, handover);
		if (err)
			return err;
	}
	handover->done = true;
	return 0;
}
