// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_numa - which node memory belongs to, and where zones end: the
 * part of bootmem_init() that depends on the board.
 */
#include "shadow_board_init.h"

/* NR_NODE_MEMBLKS */
#define MAX_BLKS	(2 * SHADOW_MAX_NUMNODES)

/**
 * struct blk - memory of one node
 * @start: physical address of the first byte
 * @end: of the first one behind it
 * @nid: the node
 */
struct blk {
	u64 start;
	u64 end;
	int nid;
};

/**
 * struct meminfo - struct numa_meminfo
 * @nr: entries of @blk
 * @blk: what memory belongs to which node; what lies between two of one node
 *	is its too
 */
struct meminfo {
	unsigned int nr;
	struct blk blk[MAX_BLKS];
};

static bool meet(const struct blk *a, u64 start, u64 end)
{
	return a->end > start && a->start < end;
}

/*
 * of_numa_parse_memory_nodes(): all memory has a node, or NUMA is off. Memory
 * that says none in the middle leaves a hole in the coverage and is found
 * later; when the last says none, that is what the kernel's function returns.
 */
static bool parse_nodes(struct shadow_board_fate *fate,
			const struct shadow_board *board, struct meminfo *mi)
{
	const struct shadow_board_range *range = board->memory;

	mi->nr = 0;
	for (; range < board->memory + board->nr_memory; range++) {
		if (!shadow_numa_valid_node(range->nid))
			continue;
		if (mi->nr == MAX_BLKS) {
			shadow_board_say(fate, "too many memblk ranges");
			shadow_board_say(fate, "OF: NUMA: bad property in memory node");
			return false;
		}
		mi->blk[mi->nr++] = (struct blk) {
			range->base, range->base + range->bytes, range->nid,
		};
	}
	return board->nr_memory &&
	       shadow_numa_valid_node(range[-1].nid);
}

/**
 * shadow_board_nodes() - nodes that a board says its memory is of
 * @board: the board
 *
 * A kernel that finds none makes up one: a dump of such a kernel, where all is
 * node 0's, says nothing.
 *
 * Context: any.
 * Return: how many, one more than the highest; 0 where it does not say.
 */
unsigned int shadow_board_nodes(const struct shadow_board *board)
{
	const struct shadow_board_range *range = board->memory;

	if (!board->nr_memory)
		return 0;
	if (board->kind == SHADOW_BOARD_TEXT) {
		for (; range < board->memory + board->nr_memory; range++)
			if (!shadow_numa_valid_node(range->nid))
				return 0;
		return board->nr_nodes > 1 ? board->nr_nodes : 0;
	}
	return shadow_numa_valid_node(range[board->nr_memory - 1].nid) ?
	       board->nr_nodes : 0;
}

static void remove_blk(struct meminfo *mi, unsigned int i)
{
	mi->nr--;
	memmove(&mi->blk[i], &mi->blk[i + 1],
		(mi->nr - i) * sizeof(mi->blk[0]));
}

/* Only what is still memory counts, between its two ends */
static void trim_blks(const struct shadow_memblock *mb, struct meminfo *mi)
{
	u64 low = shadow_memblock_start_of_DRAM(mb);
	u64 high = shadow_memblock_end_of_DRAM(mb);
	unsigned int i = 0;

	while (i < mi->nr) {
		struct blk *blk = &mi->blk[i];
		bool used = shadow_memblock_overlaps_region(mb, &mb->memory,
							    blk->start,
							    blk->end - blk->start);

		blk->start = max(blk->start, low);
		blk->end = min(blk->end, high);
		if (!used || blk->start >= blk->end)
			remove_blk(mi, i);
		else
			i++;
	}
}

/* May two of a node be one? Not where another node has memory between them. */
static bool joins(const struct meminfo *mi, const struct blk *a,
		  const struct blk *b)
{
	u64 start = min(a->start, b->start), end = max(a->end, b->end);
	unsigned int k;

	if (a->nid != b->nid)
		return false;
	for (k = 0; k < mi->nr; k++)
		if (mi->blk[k].nid != a->nid && meet(&mi->blk[k], start, end))
			return false;
	return true;
}

/* One node may claim an address twice, but not two nodes */
static bool may_meet(struct shadow_board_fate *fate, const struct blk *a,
		     const struct blk *b)
{
	if (a->nid == b->nid) {
		shadow_board_say(fate,
				 "Warning: node %d [mem %#010llx-%#010llx] overlaps with itself [mem %#010llx-%#010llx]",
				 a->nid, a->start, a->end - 1, b->start, b->end - 1);
		return true;
	}
	shadow_board_say(fate,
			 "node %d [mem %#010llx-%#010llx] overlaps with node %d [mem %#010llx-%#010llx]",
			 a->nid, a->start, a->end - 1, b->nid, b->start,
			 b->end - 1);
	return false;
}

/* All behind @a are looked at; true unless two nodes claim one address. */
static bool join_with_later(struct shadow_board_fate *fate, struct meminfo *mi,
			    struct blk *a)
{
	struct blk *b = a + 1;

	while (b < mi->blk + mi->nr) {
		if (meet(a, b->start, b->end) && !may_meet(fate, a, b))
			return false;
		if (!joins(mi, a, b)) {
			b++;
			continue;
		}
		shadow_board_say(fate,
				 "NUMA: Node %d [mem %#010llx-%#010llx] + [mem %#010llx-%#010llx] -> [mem %#010llx-%#010llx]",
				 a->nid, a->start, a->end - 1, b->start,
				 b->end - 1, min(a->start, b->start),
				 max(a->end, b->end) - 1);
		a->start = min(a->start, b->start);
		a->end = max(a->end, b->end);
		remove_blk(mi, b - mi->blk);
	}
	return true;
}

/* numa_cleanup_meminfo() */
static bool clean_up(struct shadow_board_fate *fate,
		     const struct shadow_memblock *mb, struct meminfo *mi)
{
	unsigned int i;

	trim_blks(mb, mi);
	for (i = 0; i < mi->nr; i++)
		if (!join_with_later(fate, mi, &mi->blk[i]))
			return false;
	return true;
}

static int set_everywhere(struct shadow_memblock *mb, int nid)
{
	return shadow_memblock_set_node(mb, 0, U64_MAX, &mb->memory, nid) ?:
	       shadow_memblock_set_node(mb, 0, U64_MAX, &mb->reserved, nid);
}

/* numa_register_meminfo(): reserved memory has a node too */
static int set_nodes(struct shadow_memblock *mb, const struct meminfo *mi)
{
	const struct blk *blk = mi->blk;
	int err = 0;

	for (; !err && blk < mi->blk + mi->nr; blk++) {
		u64 bytes = blk->end - blk->start;

		err = shadow_memblock_set_node(mb, blk->start, bytes, &mb->memory,
					       blk->nid);
		if (!err)
			err = shadow_memblock_set_node(mb, blk->start, bytes,
						       &mb->reserved, blk->nid);
	}
	return err;
}

static u64 nodeless_bytes(const struct shadow_memblock *mb)
{
	const struct shadow_memblock_region *rgn;
	u64 bytes = 0;

	shadow_for_each_mem_region(mb, rgn)
		if (!shadow_numa_valid_node(rgn->nid))
			bytes += rgn->size;
	return bytes;
}

/* numa_init(): 0, -EINVAL where that is no configuration, or -ENOMEM */
static int init_nodes(struct shadow_board_fate *fate, struct shadow_memblock *mb,
		      struct meminfo *mi)
{
	int err;

	if (!clean_up(fate, mb, mi))
		return -EINVAL;
	err = set_nodes(mb, mi);
	if (err || shadow_memblock_validate_numa_coverage(mb, 0))
		return err;
	shadow_board_say(fate, "NUMA: no nodes coverage for %lluMB of %lluMB RAM",
			 nodeless_bytes(mb) >> 20,
			 (u64)shadow_memblock_phys_mem_size(mb) >> 20);
	return -EINVAL;
}

/* What the board says of nodes, if it is sound */
static int of_numa(struct shadow_board_fate *fate,
		   const struct shadow_board *board, struct shadow_memblock *mb)
{
	struct meminfo mi;
	int err;

	if (!parse_nodes(fate, board, &mi))
		return -EINVAL;
	if (board->has_distance) {
		shadow_board_say(fate, "OF: NUMA: parsing numa-distance-map-v1");
		shadow_board_say(fate, "NUMA: Initialized distance table, cnt=%u",
				 board->nr_nodes);
	}
	err = init_nodes(fate, mb, &mi);
	fate->numa = !err;
	return err;
}

/* dummy_numa_init(): all memory is node 0's */
static int one_node(struct shadow_board_fate *fate, struct shadow_memblock *mb)
{
	struct meminfo mi = { .nr = 1 };
	struct blk *blk = mi.blk;
	int err = set_everywhere(mb, SHADOW_NUMA_NO_NODE);

	if (err)
		return err;
	blk->start = shadow_memblock_start_of_DRAM(mb);
	blk->end = shadow_memblock_end_of_DRAM(mb);
	shadow_board_say(fate, "NUMA: Faking a node at [mem 0x%016llx-0x%016llx]",
			 blk->start, blk->end - 1);
	return init_nodes(fate, mb, &mi);
}

/* arch_numa_init() */
static int numa_init(struct shadow_board_fate *fate,
		     const struct shadow_board *board,
		     struct shadow_memblock *mb)
{
	int err;

	/* A dump of a kernel with nodes says them; its reservations stay. */
	if (board->kind == SHADOW_BOARD_TEXT) {
		fate->numa = !nodeless_bytes(mb);
		return fate->numa ? 0 :
		       shadow_memblock_set_node(mb, 0, U64_MAX, &mb->memory, 0);
	}
	err = set_everywhere(mb, SHADOW_NUMA_NO_NODE);
	if (!err)
		err = shadow_memblock_clear_hotplug(mb, 0, U64_MAX);
	if (err)
		return err;
	if (fate->numa_off)
		shadow_board_say(fate, "NUMA: NUMA disabled");
	else
		err = of_numa(fate, board, mb);
	if (fate->numa_off || err == -EINVAL)
		err = one_node(fate, mb);
	return err;
}

/**
 * shadow_board_bootmem_init() - regions are set up, memory gets its nodes
 * @fate: as shadow_board_memblock_init() left it
 * @board: the board
 * @mb: the early allocator
 *
 * Follows what unflatten_device_tree() does to memory, and arch_numa_init() of
 * drivers/base/arch_numa.c with of_numa_init(): where the board's nodes are not
 * sound, all memory is node 0's. Changes nodes, and gives back reservations; of
 * a text board only nodes that it does not say.
 *
 * Context: boot, after shadow_memblock_allow_resize().
 * Return: 0; -ENOMEM where a list is full and cannot double; @fate->why says it.
 */
int shadow_board_bootmem_init(struct shadow_board_fate *fate,
			      const struct shadow_board *board,
			      struct shadow_memblock *mb)
{
	int err = 0;

	if (board->kind != SHADOW_BOARD_TEXT)
		err = shadow_board_check_reserved(fate, board, mb);
	if (err)
		return err;
	err = numa_init(fate, board, mb);
	return err ? shadow_board_die(fate, err,
				      "memblock: no room for ranges that nodes divide") : 0;
}

/* max_zone_phys(): of what reaches up to @last, in frames */
static u64 zone_end_pfn(const struct shadow_memblock *mb, u64 last)
{
	u64 end = shadow_memblock_end_of_DRAM(mb);

	return (min(last, end - 1) + 1) >> mb->page_shift;
}

/**
 * shadow_board_zone_limits() - where zones end
 * @board: the board
 * @mb: the early allocator with the memory that is used, not empty
 * @limit: set, by enum shadow_zone_type, to the frame behind the zone; a zone
 *	whose limit is not above the one before is empty; 0: there is none
 *
 * DMA is what all devices reach, and at most the 32-bit addresses where there
 * is memory; DMA32 is the rest of these. Both are configured on arm64. Follows
 * zone_sizes_init() of arch/arm64/mm/init.c.
 *
 * Context: any.
 */
void shadow_board_zone_limits(const struct shadow_board *board,
			      const struct shadow_memblock *mb,
			      u64 limit[SHADOW_MAX_NR_ZONES])
{
	u64 last = board->dma_limit == U64_MAX ? U64_MAX : board->dma_limit - 1;

	if (shadow_memblock_start_of_DRAM(mb) < U32_MAX)
		last = min_t(u64, last, U32_MAX);
	memset(limit, 0, SHADOW_MAX_NR_ZONES * sizeof(*limit));
	limit[SHADOW_ZONE_DMA] = zone_end_pfn(mb, last);
	limit[SHADOW_ZONE_DMA32] = zone_end_pfn(mb, U32_MAX);
	limit[SHADOW_ZONE_NORMAL] = zone_end_pfn(mb, U64_MAX);
}
