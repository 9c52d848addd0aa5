// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_handover - what memblock has left becomes the buddy's.
 *
 * A free range is cut into blocks as the early allocator says; memblock's are
 * of the largest order that the start's alignment and the range's remaining
 * length permit. Frames 0x10e9 to 0x10ff:
 *
 *	0x10e9 order 0, 0x10ea order 1, 0x10ec order 2, 0x10f0 order 4
 *
 * What the linear map does not show (highmem=) comes last and frame by frame,
 * as in free_highpages() of 32-bit kernels; the buddy merges it.
 *
 * A frame of which only a part is free stays reserved: a free range counts
 * from its first whole frame to its last.
 */
#include "shadow_buddy.h"
#include "shadow_handover.h"
#include "shadow_mobility.h"

static const struct {
	const char *name;
	enum shadow_owner owner;
} early_owners[] = {
	{ "memmap", SHADOW_OWNER_MEMMAP },
	{ "page_owner", SHADOW_OWNER_PAGE_OWNER },
	{ "table", SHADOW_OWNER_TABLE },
	{ "image", SHADOW_OWNER_IMAGE },
	{ "dtb", SHADOW_OWNER_IMAGE },
	{ "initrd", SHADOW_OWNER_IMAGE },
};

/**
 * shadow_handover_owner() - whose frames are, by what the early allocator says
 * @name: the owner in its log
 *
 * Context: any.
 * Return: the owner of the frames from the handover on.
 */
enum shadow_owner shadow_handover_owner(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(early_owners); i++)
		if (!strcmp(early_owners[i].name, name))
			return early_owners[i].owner;
	return SHADOW_OWNER_EARLY;
}

static u64 reserve_entries(const struct shadow_memmap *memmap, u32 index, u32 end)
{
	struct shadow_page *page = &memmap->pages[index];
	u64 nr = 0;

	for (; index < end; index++, page++) {
		if (shadow_page_state(page) == SHADOW_PAGE_HOLE)
			continue;
		shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_RESERVED, 0,
						SHADOW_OWNER_EARLY, 0));
		atomic_set(&page->refcount, 1);
		nr++;
	}
	return nr;
}

/* Frames with memory that stay: reserve_bootmem_region() of the kernel */
static void reserve_frames(struct shadow_nodes *nodes, u64 start_pfn,
			   u64 end_pfn, struct shadow_handover *handover)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	unsigned int nr;
	u32 index, end;

	for (nr = 0; nr < memmap->nr_banks; nr++)
		if (shadow_bank_clip(&memmap->bank[nr], start_pfn, end_pfn,
				     &index, &end))
			handover->nr_reserved += reserve_entries(memmap, index, end);
}

/* max_low_pfn: frame at which the linear map ends */
static u64 max_low_pfn(const struct shadow_nodes *nodes)
{
	return nodes->zone_limit[SHADOW_ZONE_HIGHMEM] ?
	       nodes->lowest_pfn[SHADOW_ZONE_HIGHMEM] : U64_MAX;
}

/**
 * shadow_handover_next_low() - one step of a walk over what is released in blocks
 * @nodes: the layer, zones populated
 * @early: the early allocator
 * @idx: 0 at first
 * @bytes: set to the bytes in the range, which may be less than a frame
 * @start_pfn: set to its first whole frame
 * @end_pfn: set to the frame after its last
 *
 * Free ranges up to the linear map's end. Follows __free_memory_core().
 *
 * Context: boot, or any reader after it.
 * Return: false at the end.
 */
bool shadow_handover_next_low(const struct shadow_nodes *nodes,
			      const struct shadow_early *early, u64 *idx,
			      u64 *bytes, u64 *start_pfn, u64 *end_pfn)
{
	u64 low = max_low_pfn(nodes);

	do {
		*bytes = early->ops->next_free(early, idx, start_pfn, end_pfn);
		if (!*bytes)
			return false;
	} while (*start_pfn >= low);
	*end_pfn = min(*end_pfn, low);
	return true;
}

/**
 * shadow_handover_next_high() - likewise, of what is released frame by frame
 * @nodes: the layer, zones populated
 * @early: the early allocator
 * @idx: 0 at first
 * @start_pfn: set to the first whole frame of a range
 * @end_pfn: set to the frame after its last
 *
 * Memblock knows what is free there, whoever allocates below. Follows
 * free_highpages() of arch/arm/mm/init.c.
 *
 * Context: boot, or any reader after it.
 * Return: false at the end, at once where the linear map shows all memory.
 */
bool shadow_handover_next_high(const struct shadow_nodes *nodes,
			       const struct shadow_early *early, u64 *idx,
			       u64 *start_pfn, u64 *end_pfn)
{
	const struct shadow_memblock *mb = early->mb;
	u64 mask = (1ULL << mb->page_shift) - 1;
	phys_addr_t start, end;

	do {
		shadow_memblock_next_range(mb, idx, SHADOW_NUMA_NO_NODE,
					   SHADOW_MEMBLOCK_NONE, &mb->memory,
					   &mb->reserved, &start, &end, NULL);
		if (*idx == U64_MAX)
			return false;
		*start_pfn = max((start + mask) >> mb->page_shift,
				 max_low_pfn(nodes));
		*end_pfn = end >> mb->page_shift;
	} while (*start_pfn >= *end_pfn);
	return true;
}

/* Everything between the free ranges is reserved, or a hole */
static void reserve_all(struct shadow_nodes *nodes,
			const struct shadow_early *early,
			struct shadow_handover *handover)
{
	u64 next = nodes->memmap.start_pfn, idx = 0, start_pfn, end_pfn, bytes;

	while (shadow_handover_next_low(nodes, early, &idx, &bytes, &start_pfn,
					&end_pfn)) {
		if (start_pfn >= end_pfn)
			continue;
		reserve_frames(nodes, next, start_pfn, handover);
		next = end_pfn;
	}
	reserve_frames(nodes, next, nodes->memmap.end_pfn, handover);
}

/* Who asked for it; where two share a frame, the later range says */
static void name_owners(struct shadow_nodes *nodes,
			const struct shadow_early_log *log)
{
	const struct shadow_early_range *range = log->range;
	struct shadow_page *page;
	enum shadow_owner owner;
	u64 pfn, last;

	for (; range < log->range + log->nr; range++) {
		owner = shadow_handover_owner(range->owner);
		pfn = max(range->base >> nodes->page_shift,
			  nodes->memmap.start_pfn);
		last = min((range->base + range->bytes - 1) >> nodes->page_shift,
			   nodes->memmap.end_pfn - 1);
		for (; pfn <= last; pfn++) {
			page = shadow_pfn_to_page(nodes, pfn);
			if (!page || shadow_page_state(page) != SHADOW_PAGE_RESERVED)
				continue;
			shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_RESERVED, 0,
							owner, 0));
		}
	}
}

/*
 * The page of a block to be freed. What says that it is to be lies in the block,
 * as lists of regions or as a bitmap, and may be corrupt: all its frames are of
 * one zone, and what the memmap has them for until now.
 */
static struct shadow_page *kept_block(struct shadow_nodes *nodes, u64 pfn,
				      unsigned int order,
				      enum shadow_page_state state)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_PLACE_MASK;
	const struct shadow_memmap *memmap = &nodes->memmap;
	u32 index = shadow_pfn_to_index(memmap, pfn), i, want;
	struct shadow_page *page = shadow_page_at(memmap, index);

	if (!page || !shadow_page_fits(memmap, index, order))
		goto wrong;
	want = SHADOW_PF(state, 0, 0, 0) | (page->flags & SHADOW_PF_PLACE_MASK);
	for (i = 0; i < BIT(order); i++)
		if ((page[i].flags & mask) != want)
			goto wrong;
	return page;

wrong:
	shadow_fault_raise(nodes->fault,
			   "handover: pfn %#llx is free for the early allocator, but the memmap has no such block of order %u (flags %#x)",
			   pfn, order, page ? page->flags : 0);
	return NULL;
}

/* One block of frames that were never the buddy's */
static int free_block(struct shadow_nodes *nodes, u64 pfn, unsigned int order,
		      enum shadow_page_state state,
		      struct shadow_handover *handover)
{
	struct shadow_page *page = kept_block(nodes, pfn, order, state);
	struct shadow_zone *zone;
	int err;

	if (!page)
		return -EUCLEAN;
	zone = shadow_page_zone(nodes, page);
	atomic_set(&page->refcount, 0);
	err = shadow_buddy_free(zone, page, order);
	if (err)
		return err;
	zone->managed += BIT(order);
	handover->blocks[order]++;
	handover->nr_freed += BIT(order);
	return 0;
}

/* Frames that have a struct page and whose zone is the same, cut into blocks */
static int free_run(struct shadow_nodes *nodes, const struct shadow_early *early,
		    u64 pfn, u64 end_pfn, struct shadow_handover *handover)
{
	struct shadow_page *page;
	struct shadow_zone *zone;
	unsigned int order;
	u64 zone_end;
	int err;

	while (pfn < end_pfn) {
		page = kept_block(nodes, pfn, 0, SHADOW_PAGE_NONE);
		if (!page)
			return -EUCLEAN;
		zone = shadow_page_zone(nodes, page);
		/* A frame with memory lies in its zone; at least it is one frame */
		zone_end = max(zone->start_pfn + zone->spanned, pfn + 1);
		order = early->ops->order(early, pfn, min(end_pfn, zone_end),
					  nodes->max_order);
		err = free_block(nodes, pfn, order, SHADOW_PAGE_NONE, handover);
		if (err)
			return err;
		pfn += BIT(order);
	}
	return 0;
}

static bool has_memory(const struct shadow_nodes *nodes, u64 pfn)
{
	const struct shadow_page *page = shadow_pfn_to_page(nodes, pfn);

	return page && shadow_page_state(page) != SHADOW_PAGE_HOLE;
}

/* Memory that came after the memmap was made has no struct page: it stays out */
static int free_range_with_late(struct shadow_nodes *nodes,
				const struct shadow_early *early, u64 pfn,
				u64 end_pfn, struct shadow_handover *handover)
{
	u64 run, end = max(pfn, nodes->memmap.end_pfn);
	int err = 0;

	/* Behind the memmap nobody has to look at each frame */
	if (end_pfn > end) {
		handover->nr_late += end_pfn - end;
		end_pfn = end;
	}
	while (pfn < end_pfn && !err) {
		run = pfn;
		while (run < end_pfn && has_memory(nodes, run))
			run++;
		err = free_run(nodes, early, pfn, run, handover);
		for (pfn = run; pfn < end_pfn && !has_memory(nodes, pfn); pfn++)
			handover->nr_late++;
	}
	return err;
}

/* A frame that was reserved until now: free_reserved_page() */
static int free_reserved(struct shadow_nodes *nodes, u64 pfn,
			 struct shadow_handover *handover)
{
	handover->nr_reserved--;
	return free_block(nodes, pfn, 0, SHADOW_PAGE_RESERVED, handover);
}

/* Frames that the early allocator kept its own records in, page by page */
static int free_own_frames(struct shadow_nodes *nodes,
			   const struct shadow_early *early,
			   struct shadow_handover *handover)
{
	u64 idx = 0, pfn, end_pfn;
	int err;

	while (early->ops->own_frames(early, &idx, &pfn, &end_pfn)) {
		for (; pfn < end_pfn; pfn++) {
			if (!has_memory(nodes, pfn))
				continue;
			err = free_reserved(nodes, pfn, handover);
			if (err)
				return err;
			handover->nr_own++;
		}
	}
	return 0;
}

/* free_highpages(): each frame alone, reserved until now */
static int free_high(struct shadow_nodes *nodes, const struct shadow_early *early,
		     struct shadow_handover *handover)
{
	u64 idx = 0, pfn, end_pfn, end;
	int err;

	while (shadow_handover_next_high(nodes, early, &idx, &pfn, &end_pfn)) {
		end = max(pfn, nodes->memmap.end_pfn);
		if (end_pfn > end) {
			handover->nr_late += end_pfn - end;
			end_pfn = end;
		}
		for (; pfn < end_pfn; pfn++) {
			if (!has_memory(nodes, pfn)) {
				handover->nr_late++;
				continue;
			}
			err = free_reserved(nodes, pfn, handover);
			if (err)
				return err;
			handover->nr_high++;
		}
	}
	return 0;
}

/* What the nodes do not count as present, between the first frame and the last */
static u64 nr_holes(const struct shadow_nodes *nodes)
{
	u64 nr = nodes->memmap.end_pfn - nodes->memmap.start_pfn;
	unsigned int nid;

	for (nid = 0; nid < nodes->nr_nodes; nid++)
		nr -= nodes->node[nid].present;
	return nr;
}

/**
 * shadow_handover() - free what the early allocator has not reserved
 * @nodes: the layer, memmap initialised, no frame freed yet
 * @early: the early allocator, which must not allocate any more afterwards
 * @handover: filled
 *
 * Marks every other frame reserved, with its owner where the early allocator
 * knows it, and counts each zone's managed frames. Follows
 * memblock_free_all().
 *
 * Context: process context, boot.
 * Return: 0, or -EUCLEAN if the machine is frozen.
 */
int shadow_handover(struct shadow_nodes *nodes, const struct shadow_early *early,
		    struct shadow_handover *handover)
{
	u64 idx = 0, start_pfn, end_pfn, bytes;
	int err;

	memset(handover, 0, sizeof(*handover));
	shadow_mobility_init(nodes);
	reserve_all(nodes, early, handover);
	name_owners(nodes, early->log);
	while (shadow_handover_next_low(nodes, early, &idx, &bytes, &start_pfn,
					&end_pfn)) {
		if (early->nr_late)
			err = free_range_with_late(nodes, early, start_pfn,
						   end_pfn, handover);
		else
			err = free_run(nodes, early, start_pfn, end_pfn, handover);
		if (err)
			return err;
	}
	err = free_own_frames(nodes, early, handover);
	if (!err)
		err = free_high(nodes, early, handover);
	if (err)
		return err;
	handover->nr_holes = nr_holes(nodes);
	handover->done = true;
	return 0;
}
