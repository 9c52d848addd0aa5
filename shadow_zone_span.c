// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_zone_span - how far nodes and zones reach, and where in each node
 * MOVABLE begins. Follows the first half of free_area_init() of mm/mm_init.c.
 *
 * A zone's limits are addresses, the same for all nodes. MOVABLE has none: it
 * is the upper part of each node, cut off from the highest zone that has any
 * addresses. Two nodes of 64 frames from frame 0 on, one zone, blocks of 4
 * frames, kernelcore=42:
 *
 *	each node keeps 21 frames for the kernel, so MOVABLE would begin at
 *	frames 21 and 85; rounded up to blocks of 4 that is 24 and 88
 */
#include "shadow_memblock.h"
#include "shadow_zone.h"

static int region_nid(const struct shadow_memblock_region *region)
{
	return shadow_numa_valid_node(region->nid) ? region->nid : 0;
}

/* Whole frames of a memory region; false where there are none */
static bool region_pfns(const struct shadow_nodes *nodes,
			const struct shadow_memblock_region *region,
			u64 *start_pfn, u64 *end_pfn)
{
	u64 mask = (1ULL << nodes->page_shift) - 1;

	*start_pfn = (region->base + mask) >> nodes->page_shift;
	*end_pfn = (region->base + region->size) >> nodes->page_shift;
	return *start_pfn < *end_pfn;
}

/* Frames with memory of one node in a range; those that are not are absent. */
static u64 pages_in_range(const struct shadow_nodes *nodes,
			  const struct shadow_memblock *mb, int nid,
			  u64 range_start, u64 range_end)
{
	const struct shadow_memblock_region *region;
	u64 start, end, nr = 0;

	shadow_for_each_mem_region(mb, region) {
		if (region_nid(region) != nid ||
		    !region_pfns(nodes, region, &start, &end))
			continue;
		start = clamp(start, range_start, range_end);
		end = clamp(end, range_start, range_end);
		nr += end - start;
	}
	return nr;
}

/* get_pfn_range_for_nid() */
static void node_span(const struct shadow_nodes *nodes,
		      struct shadow_node *node, const struct shadow_memblock *mb)
{
	const struct shadow_memblock_region *region;
	u64 start, end, node_end = 0;

	node->start_pfn = U64_MAX;
	shadow_for_each_mem_region(mb, region) {
		if (region_nid(region) != node->nid ||
		    !region_pfns(nodes, region, &start, &end))
			continue;
		node->start_pfn = min(node->start_pfn, start);
		node_end = max(node_end, end);
	}
	if (node->start_pfn == U64_MAX)
		node->start_pfn = 0;
	node->spanned = node_end - node->start_pfn;
	node->present = 0;
}

static u64 node_end_pfn(const struct shadow_node *node)
{
	return node->start_pfn + node->spanned;
}

/* A zone begins where the one below ends; the lowest, at the first memory. */
static void find_reach(struct shadow_nodes *nodes,
		       const struct shadow_memblock *mb)
{
	u64 start = shadow_memblock_start_of_DRAM(mb) >> nodes->page_shift;
	u64 max_pfn = shadow_memblock_end_of_DRAM(mb) >> nodes->page_shift;
	unsigned int type;
	u64 end;

	for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
		nodes->lowest_pfn[type] = 0;
		nodes->highest_pfn[type] = 0;
		if (type == SHADOW_ZONE_MOVABLE)
			continue;
		end = max(min(nodes->zone_limit[type], max_pfn), start);
		nodes->lowest_pfn[type] = start;
		nodes->highest_pfn[type] = end;
		start = end;
	}
}

/* ------------------------------------------------------ where MOVABLE is -- */

/* find_usable_zone_for_movable(): the highest that has any addresses */
static enum shadow_zone_type movable_zone(const struct shadow_nodes *nodes)
{
	int type = SHADOW_MAX_NR_ZONES - 1;

	while (type > 0 && nodes->highest_pfn[type] <= nodes->lowest_pfn[type])
		type--;
	return type;
}

/**
 * struct spread - frames that the kernel keeps, while they are dealt out
 * @nodes: the layer; movable_pfn grows
 * @mb: the machine's memory
 * @usable_pfn: frame below which nothing can be MOVABLE
 * @required: frames that are still to be found
 */
struct spread {
	struct shadow_nodes *nodes;
	const struct shadow_memblock *mb;
	u64 usable_pfn;
	u64 required;
};

static void found(struct spread *spread, u64 nr, u64 *share)
{
	*share -= min(nr, *share);
	spread->required -= min(nr, spread->required);
}

/*
 * One range of a node, of which what an earlier round took is no longer
 * counted. Says whether the node's share is complete; that it is only asked
 * where frames could have been MOVABLE is the kernel's way.
 */
static bool take_range(struct spread *spread, int nid, u64 start, u64 end,
		       u64 *share)
{
	u64 *movable_pfn = &spread->nodes->movable_pfn[nid];
	u64 nr;

	start = max(start, *movable_pfn);
	if (start >= end)
		return false;
	if (start < spread->usable_pfn) {
		found(spread, min(end, spread->usable_pfn) - start, share);
		if (end <= spread->usable_pfn) {
			*movable_pfn = end;
			return false;
		}
		start = spread->usable_pfn;
	}
	nr = min(end - start, *share);
	*movable_pfn = start + nr;
	found(spread, nr, share);
	return !*share;
}

static void take_node(struct spread *spread, int nid, u64 share)
{
	const struct shadow_memblock_region *region;
	u64 start, end;

	shadow_for_each_mem_region(spread->mb, region)
		if (region_nid(region) == nid &&
		    region_pfns(spread->nodes, region, &start, &end) &&
		    take_range(spread, nid, start, end, &share))
			return;
}

/*
 * Evenly over the nodes. Where some are too small for their share, another
 * round is for the others: it is made with one node less, without asking which.
 */
static void spread_kernelcore(struct spread *spread, u8 usable)
{
	unsigned int nr_usable = hweight8(usable), nid;
	u64 share;

	do {
		share = spread->required / nr_usable;
		for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
			if (!(usable & BIT(nid)))
				continue;
			if (spread->required < share)
				share = spread->required / nr_usable;
			take_node(spread, nid, share);
		}
	} while (--nr_usable && spread->required > nr_usable);
}

/* Without movable_node hotpluggable memory is like any other. */
static void move_hotpluggable(struct shadow_nodes *nodes,
			      const struct shadow_memblock *mb)
{
	const struct shadow_memblock_region *region;
	u64 *movable_pfn;
	u64 start, end;

	shadow_for_each_mem_region(mb, region) {
		if (!shadow_memblock_is_hotpluggable(region) ||
		    !region_pfns(nodes, region, &start, &end) ||
		    region_nid(region) >= SHADOW_MAX_NODES)
			continue;
		movable_pfn = &nodes->movable_pfn[region_nid(region)];
		*movable_pfn = *movable_pfn ? min(start, *movable_pfn) : start;
	}
}

static u64 core_pages(const struct shadow_nodes *nodes,
		      const struct shadow_core *core, u64 total)
{
	if (core->percent)
		return total * 100 * core->percent / 10000;
	return core->bytes >> nodes->page_shift;
}

/* Frames that are kept out of MOVABLE; 0: all are */
static u64 required_kernelcore(const struct shadow_nodes *nodes, u64 total)
{
	u64 kernelcore = core_pages(nodes, &nodes->kernelcore, total);
	u64 movablecore = core_pages(nodes, &nodes->movablecore, total);

	if (movablecore) {
		movablecore = min(total, round_up(movablecore,
						  BIT_ULL(nodes->max_order)));
		kernelcore = max(kernelcore, total - movablecore);
	}
	return kernelcore < total ? kernelcore : 0;
}

static void round_movable(struct shadow_nodes *nodes)
{
	unsigned int nid;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		u64 *movable_pfn = &nodes->movable_pfn[nid];

		*movable_pfn = round_up(*movable_pfn, BIT_ULL(nodes->max_order));
		if (*movable_pfn >= node_end_pfn(&nodes->node[nid]))
			*movable_pfn = 0;
	}
}

/* find_zone_movable_pfns_for_nodes(); the nodes' spans are known */
static void find_movable_pfns(struct shadow_nodes *nodes,
			      const struct shadow_memblock *mb)
{
	struct spread spread = {
		.nodes = nodes, .mb = mb,
		.usable_pfn = nodes->lowest_pfn[movable_zone(nodes)],
	};
	u64 nr_pages, total = 0;
	unsigned int nid;
	u8 usable = 0;

	memset(nodes->movable_pfn, 0, sizeof(nodes->movable_pfn));
	if (mb->movable_node) {
		move_hotpluggable(nodes, mb);
		round_movable(nodes);
		return;
	}
	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		nr_pages = pages_in_range(nodes, mb, nid, 0, U64_MAX);
		total += nr_pages;
		if (nr_pages)
			usable |= BIT(nid);
	}
	spread.required = required_kernelcore(nodes, total);
	if (!spread.required)
		return;
	spread_kernelcore(&spread, usable);
	round_movable(nodes);
}

/* -------------------------------------------------------- nodes and zones -- */

/* adjust_zone_range_for_zone_movable() */
static void cut_movable(const struct shadow_nodes *nodes,
			const struct shadow_zone *zone, u64 node_end,
			u64 *start, u64 *end)
{
	u64 movable_pfn = nodes->movable_pfn[zone->nid];

	if (!movable_pfn)
		return;
	if (zone->type == SHADOW_ZONE_MOVABLE) {
		*start = movable_pfn;
		*end = min(node_end, nodes->highest_pfn[movable_zone(nodes)]);
	} else if (*start < movable_pfn && *end > movable_pfn) {
		*end = movable_pfn;
	} else if (*start >= movable_pfn) {
		*start = *end;
	}
}

/*
 * zone_spanned_pages_in_node() and zone_absent_pages_in_node(). A span may have
 * no memory in it: such a zone is not populated, but it has its span.
 */
static void zone_span(struct shadow_nodes *nodes, struct shadow_zone *zone,
		      const struct shadow_memblock *mb)
{
	const struct shadow_node *node = &nodes->node[zone->nid];
	u64 low = nodes->lowest_pfn[zone->type];
	u64 high = nodes->highest_pfn[zone->type];
	u64 node_end = node_end_pfn(node);
	u64 start = clamp(node->start_pfn, low, high);
	u64 end = clamp(node_end, low, high);

	cut_movable(nodes, zone, node_end, &start, &end);
	start = max(start, node->start_pfn);
	end = min(end, node_end);
	if (!node->spanned || start >= end) {
		start = 0;
		end = 0;
	}
	zone->start_pfn = start;
	zone->spanned = end - start;
	zone->present = pages_in_range(nodes, mb, zone->nid, start, end);
	zone->managed = 0;
}

/* check_for_memory() */
static void set_states(struct shadow_nodes *nodes, const struct shadow_node *node)
{
	u8 bit = BIT(node->nid);
	unsigned int type;

	if (!node->present)
		return;
	nodes->state[SHADOW_N_ONLINE] |= bit;
	nodes->state[SHADOW_N_MEMORY] |= bit;
	for (type = 0; type < SHADOW_ZONE_MOVABLE; type++) {
		if (!shadow_zone_populated(&node->zone[type]))
			continue;
		nodes->state[SHADOW_N_HIGH_MEMORY] |= bit;
		if (type <= SHADOW_ZONE_NORMAL)
			nodes->state[SHADOW_N_NORMAL_MEMORY] |= bit;
		break;
	}
}

/**
 * shadow_zone_span_all() - how far nodes and zones reach
 * @nodes: the layer; zone_limit[], kernelcore, movablecore and, of state[],
 *	SHADOW_N_ONLINE are set: where no node is, all below nr_nodes are
 * @mb: the machine's memory, of nodes below nr_nodes
 *
 * Sets spans, present frames, nr_zones, movable_pfn and the states that follow
 * from memory.
 *
 * Context: process context, boot.
 */
void shadow_zone_span_all(struct shadow_nodes *nodes,
			  const struct shadow_memblock *mb)
{
	struct shadow_node *node;
	unsigned int nid, type;

	nodes->state[SHADOW_N_NORMAL_MEMORY] = 0;
	nodes->state[SHADOW_N_HIGH_MEMORY] = 0;
	nodes->state[SHADOW_N_MEMORY] = 0;
	if (!nodes->state[SHADOW_N_ONLINE])
		nodes->state[SHADOW_N_ONLINE] = BIT(nodes->nr_nodes) - 1;
	find_reach(nodes, mb);
	for (nid = 0; nid < nodes->nr_nodes; nid++)
		node_span(nodes, &nodes->node[nid], mb);
	find_movable_pfns(nodes, mb);
	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		node = &nodes->node[nid];
		node->nr_zones = 0;
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
			zone_span(nodes, &node->zone[type], mb);
			node->present += node->zone[type].present;
			if (node->zone[type].spanned)
				node->nr_zones = type + 1;
		}
		set_states(nodes, node);
	}
}
