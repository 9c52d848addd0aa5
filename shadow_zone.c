// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_zone - nodes and zones. Follows free_area_init() of mm/mm_init.c.
 */
#include "shadow_memblock.h"
#include "shadow_page_list.h"
#include "shadow_zone.h"

const char *const shadow_zone_names[SHADOW_MAX_NR_ZONES] = {
	[SHADOW_ZONE_DMA] = "DMA",
	[SHADOW_ZONE_DMA32] = "DMA32",
	[SHADOW_ZONE_NORMAL] = "Normal",
	[SHADOW_ZONE_HIGHMEM] = "HighMem",
	[SHADOW_ZONE_MOVABLE] = "Movable",
	[SHADOW_ZONE_DEVICE] = "Device",
};

const char *const shadow_migratetype_names[SHADOW_MIGRATE_TYPES] = {
	[SHADOW_MIGRATE_UNMOVABLE] = "Unmovable",
	[SHADOW_MIGRATE_MOVABLE] = "Movable",
	[SHADOW_MIGRATE_RECLAIMABLE] = "Reclaimable",
	[SHADOW_MIGRATE_HIGHATOMIC] = "HighAtomic",
};

static void zone_init(struct shadow_nodes *nodes, int nid,
		      enum shadow_zone_type type)
{
	struct shadow_zone *zone = &nodes->node[nid].zone[type];
	unsigned int order, mt;

	memset(zone, 0, sizeof(*zone));
	raw_spin_lock_init(&zone->lock);
	zone->nodes = nodes;
	zone->memmap = &nodes->memmap;
	zone->type = type;
	zone->nid = nid;
	zone->place = (u32)type << SHADOW_PF_ZONE_SHIFT |
		      (u32)nid << SHADOW_PF_NODE_SHIFT;
	for (order = 0; order < SHADOW_NR_ORDERS; order++)
		for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
			shadow_page_list_init(&zone->free_area[order].list[mt]);
}

/**
 * shadow_nodes_set_mobility() - group pages by mobility, or do not
 * @nodes: the layer
 * @on: whether
 *
 * Where they are not, every allocation is of type UNMOVABLE and takes whatever
 * pageblock there is: page_group_by_mobility_disabled of mm/page_alloc.c.
 *
 * Context: process context, boot.
 */
void shadow_nodes_set_mobility(struct shadow_nodes *nodes, bool on)
{
	nodes->mobility_off = !on;
	nodes->gfp_mt[0] = SHADOW_MIGRATE_UNMOVABLE;
	nodes->gfp_mt[1] = on ? SHADOW_MIGRATE_MOVABLE : SHADOW_MIGRATE_UNMOVABLE;
	nodes->gfp_mt[2] = on ? SHADOW_MIGRATE_RECLAIMABLE :
				SHADOW_MIGRATE_UNMOVABLE;
	/* Both: the kernel warns; MOVABLE has the say */
	nodes->gfp_mt[3] = nodes->gfp_mt[1];
}

/**
 * shadow_nodes_init() - an empty layer: no memory, no zones populated
 * @nodes: the layer
 * @block: how contents are reached
 * @events: where hooks report to
 * @fault: raised when an invariant is found broken
 * @page_shift: log2 of the bytes in a frame
 * @max_order: largest order of a block, at most SHADOW_MAX_ORDER
 *
 * Context: process context, before anybody else sees @nodes.
 */
void shadow_nodes_init(struct shadow_nodes *nodes,
		       const struct shadow_block *block,
		       struct shadow_event_log *events,
		       struct shadow_fault *fault, unsigned int page_shift,
		       unsigned int max_order)
{
	int nid, to, type;

	memset(nodes, 0, sizeof(*nodes));
	raw_spin_lock_init(&nodes->walk_lock);
	nodes->block = block;
	nodes->events = events;
	nodes->fault = fault;
	nodes->page_shift = page_shift;
	nodes->max_order = max_order;
	/* A pageblock is what one entry of the next table level maps */
	nodes->pageblock_log2 = min(page_shift - 3, max_order);
	nodes->nr_nodes = 1;
	shadow_nodes_set_mobility(nodes, true);
	nodes->user_min_free_kbytes = -1;
	nodes->watermark_scale_factor = 10;
	nodes->watermark_boost_factor = 15000;
	nodes->lowmem_reserve_ratio[SHADOW_ZONE_DMA] = 256;
	nodes->lowmem_reserve_ratio[SHADOW_ZONE_DMA32] = 256;
	nodes->lowmem_reserve_ratio[SHADOW_ZONE_NORMAL] = 32;
	for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
		for (to = 0; to < SHADOW_MAX_NODES; to++)
			nodes->distance[nid][to] = nid == to ? SHADOW_LOCAL_DISTANCE :
							       SHADOW_REMOTE_DISTANCE;
		nodes->node[nid].nid = nid;
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
			zone_init(nodes, nid, type);
		for (type = 0; type < SHADOW_ZONE_SLOTS; type++)
			nodes->zone_at[nid * SHADOW_ZONE_SLOTS + type] =
				&nodes->node[nid].zone[min_t(int, type, SHADOW_ZONE_DEVICE)];
	}
}

/* Whole frames of a memory region; empty where there are none */
static void region_pfns(const struct shadow_nodes *nodes,
			const struct shadow_memblock_region *region,
			u64 *start_pfn, u64 *end_pfn)
{
	u64 page_bytes = 1ULL << nodes->page_shift;

	*start_pfn = (region->base + page_bytes - 1) >> nodes->page_shift;
	*end_pfn = (region->base + region->size) >> nodes->page_shift;
	if (*end_pfn < *start_pfn)
		*end_pfn = *start_pfn;
}

static int region_nid(const struct shadow_memblock_region *region)
{
	return shadow_numa_valid_node(region->nid) ? region->nid : 0;
}

static const struct shadow_memblock_region *
regions_end(const struct shadow_memblock *mb)
{
	return mb->memory.regions + mb->memory.cnt;
}

/**
 * shadow_pageblocks() - pageblocks that the memmap may touch
 * @nodes: the layer, its memmap's place known
 *
 * Context: any.
 * Return: how many, which is also the bytes of their array of migratetypes.
 */
unsigned int shadow_pageblocks(const struct shadow_nodes *nodes)
{
	return ((nodes->memmap.max_nr - 1) >> nodes->pageblock_log2) + 1;
}

/**
 * shadow_memmap_bytes() - extent and cost of a memmap for this memory
 * @nodes: the layer; its memmap's extent is set, the model of it is kept
 * @mb: the machine's memory
 *
 * Context: process context, boot.
 * Return: bytes that shadow_free_area_init() wants to be given; 0 if there is
 * no whole frame, there are too many frames for 32-bit indices, or a region's
 * node does not exist.
 */
u64 shadow_memmap_bytes(struct shadow_nodes *nodes,
			const struct shadow_memblock *mb)
{
	struct shadow_memmap *memmap = &nodes->memmap;

	if (shadow_memmap_plan(memmap, mb, memmap->model,
			       shadow_nodes_block_log2(nodes), nodes->nr_nodes))
		return 0;
	memmap->max_nr = shadow_memmap_entries(memmap);
	return shadow_memmap_chunk_bytes(memmap) + shadow_pageblocks(nodes);
}

/* One run of entries that are all the same */
static void memmap_init_range(struct shadow_nodes *nodes, u32 index, u32 end,
			      u32 flags)
{
	struct shadow_page *page = &nodes->memmap.pages[index];
	struct shadow_page *last = &nodes->memmap.pages[end];

	for (; page < last; page++) {
		page->flags = flags;
		atomic_set(&page->refcount, 0);
		page->next = SHADOW_NO_PAGE;
		page->prev = SHADOW_NO_PAGE;
		page->private[0] = 0;
		page->private[1] = 0;
	}
}

/* Frames of one region, zone by zone: the place bits differ */
static void memmap_init_region(struct shadow_nodes *nodes, unsigned int nr,
			       int nid, u64 start_pfn, u64 end_pfn)
{
	const struct shadow_memmap_bank *bank = &nodes->memmap.bank[nr];
	const struct shadow_zone *zone = nodes->node[nid].zone;
	u32 type, index, end;
	u64 low, high;

	for (type = 0; type < SHADOW_MAX_NR_ZONES; type++, zone++) {
		low = max(start_pfn, zone->start_pfn);
		high = min(end_pfn, zone->start_pfn + zone->spanned);
		if (low < high && shadow_bank_clip(bank, low, high, &index, &end))
			memmap_init_range(nodes, index, end,
					  (u32)nr << SHADOW_PF_BANK_SHIFT |
					  type << SHADOW_PF_ZONE_SHIFT |
					  (u32)nid << SHADOW_PF_NODE_SHIFT);
	}
}

/* One bank: what is not a region's, or not of the node's, is a hole */
static void memmap_init_bank(struct shadow_nodes *nodes, unsigned int nr,
			     const struct shadow_memblock *mb)
{
	u32 hole = SHADOW_PF(SHADOW_PAGE_HOLE, 0, 0, 0) |
		   (u32)nr << SHADOW_PF_BANK_SHIFT;
	const struct shadow_memmap_bank *bank = &nodes->memmap.bank[nr];
	const struct shadow_memblock_region *region;
	u32 next = bank->first, index, end;
	u64 start_pfn, end_pfn;

	for (region = mb->memory.regions; region < regions_end(mb); region++) {
		region_pfns(nodes, region, &start_pfn, &end_pfn);
		/* The list may lie in the block and be corrupt */
		if (region_nid(region) >= SHADOW_MAX_NODES ||
		    (nodes->memmap.model == SHADOW_MEMMODEL_DISCONTIG &&
		     region_nid(region) != bank->nid))
			continue;
		if (!shadow_bank_clip(bank, start_pfn, end_pfn, &index, &end))
			continue;
		memmap_init_range(nodes, next, index, hole);
		memmap_init_region(nodes, nr, region_nid(region), start_pfn,
				   end_pfn);
		next = end;
	}
	memmap_init_range(nodes, next, shadow_bank_end(bank), hole);
}

static void memmap_init(struct shadow_nodes *nodes,
			const struct shadow_memblock *mb)
{
	unsigned int nr;

	for (nr = 0; nr < nodes->memmap.nr_banks; nr++)
		memmap_init_bank(nodes, nr, mb);
}

/**
 * shadow_free_area_init() - populate nodes and zones, initialise the memmap
 * @nodes: the layer, as for shadow_zone_span_all(), and the memmap's extent
 *	set by shadow_memmap_bytes()
 * @mb: the machine's memory
 * @memmap: shadow_memmap_bytes() of memory for all of the memmap and the
 *	pageblocks' types, writable by the host, contents arbitrary, aligned to
 *	8; or NULL where @nodes->memmap and @nodes->pageblock_mt have their
 *	places already
 *
 * Frames with memory start as SHADOW_PAGE_NONE: the handover says which are
 * reserved and frees the others. Follows free_area_init().
 *
 * Context: process context, boot.
 */
void shadow_free_area_init(struct shadow_nodes *nodes,
			   const struct shadow_memblock *mb, void *memmap)
{
	if (memmap) {
		shadow_memmap_set_chunk(&nodes->memmap, memmap);
		nodes->pageblock_mt = (u8 *)memmap +
				      shadow_memmap_chunk_bytes(&nodes->memmap);
	}
	/* As memmap_init() of the kernel: grouping starts with all movable */
	memset(nodes->pageblock_mt, SHADOW_MIGRATE_MOVABLE,
	       shadow_pageblocks(nodes));
	shadow_zone_span_all(nodes, mb);
	memmap_init(nodes, mb);
}

/**
 * shadow_first_zone() - where a loop over all zones starts
 * @nodes: the layer
 *
 * Context: any.
 * Return: the lowest zone of node 0, populated or not.
 */
struct shadow_zone *shadow_first_zone(struct shadow_nodes *nodes)
{
	return &nodes->node[0].zone[0];
}

/**
 * shadow_next_zone() - the zone after this one, in node and zone order
 * @zone: a zone
 *
 * Context: any.
 * Return: the next zone, populated or not; NULL after the last.
 */
struct shadow_zone *shadow_next_zone(struct shadow_zone *zone)
{
	struct shadow_nodes *nodes = zone->nodes;
	unsigned int nid = zone->nid, type = zone->type + 1;

	if (type == SHADOW_MAX_NR_ZONES) {
		type = 0;
		nid++;
	}
	return nid < nodes->nr_nodes ? &nodes->node[nid].zone[type] : NULL;
}

/**
 * shadow_nodes_managed() - frames that the buddy manages, all zones
 * @nodes: the layer
 *
 * Context: any.
 * Return: the number of frames.
 */
u64 shadow_nodes_managed(const struct shadow_nodes *nodes)
{
	unsigned int nid, type;
	u64 nr_pages = 0;

	for (nid = 0; nid < nodes->nr_nodes; nid++)
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
			nr_pages += nodes->node[nid].zone[type].managed;
	return nr_pages;
}

/**
 * shadow_nodes_free() - frames in the buddy's free areas, all zones
 * @nodes: the layer
 *
 * Context: any; a momentary value.
 * Return: the number of frames, without those on per-CPU lists.
 */
u64 shadow_nodes_free(const struct shadow_nodes *nodes)
{
	unsigned int nid, type;
	u64 nr_pages = 0;

	for (nid = 0; nid < nodes->nr_nodes; nid++)
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
			nr_pages += READ_ONCE(nodes->node[nid].zone[type].nr_free);
	return nr_pages;
}
