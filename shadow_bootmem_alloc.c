// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bootmem - the search for memory. See shadow_bootmem.h. Follows
 * alloc_bootmem_bdata() and what calls it.
 *
 * Next fit: a search begins where the last allocation ended (hint_idx), and
 * only if nothing is found from there on, where the caller wanted. What is
 * smaller than a page shares one with its predecessor, but only where the frame
 * behind it is free: it is that frame that the search has found.
 */
#include <linux/bitmap.h>

#include "shadow_bootmem.h"

/* What is wanted. Bytes, and physical addresses; 0 where there is no limit. */
struct wish {
	u64 bytes;
	u64 align;
	u64 goal;
	u64 limit;
};

static u64 page_down(const struct shadow_bootmem *bm, u64 bytes)
{
	return bytes >> bm->page_shift;
}

static u64 page_up(const struct shadow_bootmem *bm, u64 bytes)
{
	u64 mask = (1ULL << bm->page_shift) - 1;

	return (bytes >> bm->page_shift) + !!(bytes & mask);
}

/* So that the frame, and not only its bit, is aligned. */
static u64 align_idx(const struct shadow_bootmem_node *bdata, u64 idx, u64 step)
{
	return ALIGN(bdata->node_min_pfn + idx, step) - bdata->node_min_pfn;
}

static u64 align_off(const struct shadow_bootmem *bm,
		     const struct shadow_bootmem_node *bdata, u64 off, u64 align)
{
	u64 base = bdata->node_min_pfn << bm->page_shift;

	return ALIGN(base + off, align) - base;
}

/*
 * First bit of enough free ones below @midx, from @sidx on, its frame a
 * multiple of @step; @midx: there are none.
 */
static u64 find_free(const struct shadow_bootmem_node *bdata, u64 sidx,
		     u64 midx, u64 nr, u64 step)
{
	const unsigned long *map = bdata->node_bootmem_map;
	u64 busy;

	for (;;) {
		sidx = find_next_zero_bit(map, midx, min(sidx, midx));
		sidx = align_idx(bdata, sidx, step);
		if (sidx >= midx || nr > midx - sidx)
			return midx;
		busy = find_next_bit(map, sidx + nr, sidx);
		if (busy >= sidx + nr)
			return sidx;
		sidx = align_idx(bdata, busy, step);
		if (sidx == busy)
			sidx += step;
	}
}

/* @sidx begins enough free frames. Returns the offset of the first byte. */
static u64 take(struct shadow_bootmem *bm, struct shadow_bootmem_node *bdata,
		const struct wish *wish, u64 sidx)
{
	u64 mask = (1ULL << bm->page_shift) - 1;
	u64 last = bdata->last_end_off;
	u64 start_off = sidx << bm->page_shift, first, end;
	bool packed;

	if (last & mask && page_down(bm, last) + 1 == sidx)
		start_off = align_off(bm, bdata, last, wish->align);

	/* The page that it begins in is taken already. */
	packed = page_down(bm, start_off) < sidx;
	first = page_down(bm, start_off) + packed;

	bdata->last_end_off = start_off + wish->bytes;
	bdata->hint_idx = page_up(bm, bdata->last_end_off);
	end = bdata->hint_idx;
	if (first < end) {
		bitmap_set(bdata->node_bootmem_map, first, end - first);
		bdata->nr_free -= end - first;
	}
	bdata->nr_allocs++;
	bdata->nr_packed += packed;
	bdata->alloc_bytes += wish->bytes;
	return start_off;
}

static void zero(const struct shadow_block *block, phys_addr_t pa, u64 bytes)
{
	if (block && block->virt && shadow_block_has(block, pa, bytes))
		memset(shadow_phys_to_virt(block, pa), 0, bytes);
}

/* Follows alloc_bootmem_bdata(). */
static int alloc_in_node(struct shadow_bootmem *bm,
			 struct shadow_bootmem_node *bdata,
			 const struct wish *wish, phys_addr_t *pa)
{
	u64 min_pfn = bdata->node_min_pfn, max_pfn = bdata->node_low_pfn;
	u64 goal = page_down(bm, wish->goal), limit = page_down(bm, wish->limit);
	u64 step = max(page_down(bm, wish->align), 1ULL);
	u64 nr = page_up(bm, wish->bytes);
	u64 sidx, midx, from, found;

	if (limit)
		max_pfn = min(max_pfn, limit);
	if (max_pfn <= min_pfn)
		return -ENOMEM;
	midx = max_pfn - min_pfn;

	/* Address 0 means that there is none, so that frame is nobody's. */
	from = goal > min_pfn && goal < max_pfn ? goal : max(min_pfn, 1ULL);
	sidx = ALIGN(from, step) - min_pfn;
	if (bdata->hint_idx > sidx) {
		from = align_idx(bdata, bdata->hint_idx, step);
		found = find_free(bdata, from, midx, nr, step);
		if (found == midx) {
			found = find_free(bdata, sidx, midx, nr, step);
			bdata->nr_fallbacks += found != midx;
		}
	} else {
		found = find_free(bdata, sidx, midx, nr, step);
	}
	if (found == midx)
		return -ENOMEM;

	*pa = (min_pfn << bm->page_shift) + take(bm, bdata, wish, found);
	shadow_early_log_take(&bm->log, *pa, wish->bytes);
	zero(bm->block, *pa, wish->bytes);
	shadow_event_named(bm->events, SHADOW_EV_BOOTMEM_ALLOC, wish->bytes,
			   bm->log.owner, *pa, wish->bytes, wish->align, bdata->nid);
	return 0;
}

/* Follows alloc_bootmem_core(). */
static int alloc_in_any(struct shadow_bootmem *bm, const struct wish *wish,
			phys_addr_t *pa)
{
	struct shadow_bootmem_node *bdata;
	unsigned int at;

	for (at = 0; at < bm->nr_nodes; at++) {
		bdata = bm->bdata_list[at];
		if (wish->goal &&
		    bdata->node_low_pfn <= page_down(bm, wish->goal))
			continue;
		if (wish->limit &&
		    bdata->node_min_pfn >= page_down(bm, wish->limit))
			break;
		if (!alloc_in_node(bm, bdata, wish, pa))
			return 0;
	}
	return -ENOMEM;
}

static bool beyond_limit(const struct wish *wish)
{
	return wish->limit && (wish->goal > wish->limit ||
			       wish->bytes > wish->limit - wish->goal);
}

/**
 * shadow_bootmem_alloc() - memory, zeroed where it has contents
 * @bm: the early allocator
 * @bytes: how much, not 0
 * @align: alignment in bytes, a power of two; 0: SHADOW_SMP_CACHE_BYTES
 * @goal: physical address below which nothing is wanted, if possible; a search
 *	that has come further already goes on from there. 0: anywhere
 * @limit: physical address that must not be reached, rounded down to a frame;
 *	0: none
 * @nid: the node that is asked first, or SHADOW_NUMA_NO_NODE
 * @pa: set to the physical address
 *
 * Where a node is said, it is asked, then all from the lowest on, then both
 * without @goal; and a @limit that @goal and @bytes exceed is dropped. The frame
 * at address 0 is given to nobody. Follows ___alloc_bootmem_node_nopanic() and
 * ___alloc_bootmem_nopanic().
 *
 * Context: one thread.
 * Return: 0; -EINVAL for no bytes, an alignment that is none, a node that is
 * not there, or a @limit below @goal + @bytes where no node is said; -ENOMEM;
 * -EPERM after shadow_bootmem_close().
 */
int shadow_bootmem_alloc(struct shadow_bootmem *bm, u64 bytes, u64 align,
			 phys_addr_t goal, phys_addr_t limit, int nid,
			 phys_addr_t *pa)
{
	struct wish wish = { bytes, align, goal, limit };
	struct shadow_bootmem_node *first = NULL;

	if (bm->closed)
		return -EPERM;
	if (!align)
		wish.align = SHADOW_SMP_CACHE_BYTES;
	if (!bytes || !is_power_of_2(wish.align))
		return -EINVAL;
	if (nid != SHADOW_NUMA_NO_NODE) {
		if (nid < 0 || nid >= SHADOW_BOOTMEM_MAX_NODES ||
		    !bm->node[nid].node_bootmem_map)
			return -EINVAL;
		first = &bm->node[nid];
	} else if (beyond_limit(&wish)) {
		return -EINVAL;
	}

	for (;;) {
		if (beyond_limit(&wish))
			wish.limit = 0;
		if (first && !alloc_in_node(bm, first, &wish, pa))
			return 0;
		if (!alloc_in_any(bm, &wish, pa))
			return 0;
		if (!wish.goal)
			return -ENOMEM;
		wish.goal = 0;
	}
}
