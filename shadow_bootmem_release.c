// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bootmem - runs of the bitmaps, and what becomes of them when the buddy
 * takes over. See shadow_bootmem.h. Follows free_all_bootmem_core().
 *
 * First what is free goes, and then the frames of the bitmaps: so these are
 * there as long as they are walked over.
 */
#include <linux/bitmap.h>

#include "shadow_bootmem.h"

static u64 map_pages(const struct shadow_bootmem *bm,
		     const struct shadow_bootmem_node *bdata)
{
	u64 bytes = shadow_bootmem_map_bytes(shadow_bootmem_nr_bits(bdata));

	return ALIGN(bytes, 1ULL << bm->page_shift) >> bm->page_shift;
}

/*
 * The lowest frame from @pos on that is free, and those behind it. Nodes are
 * sorted, so that none is looked at that begins above what was found.
 */
static bool lowest_free(const struct shadow_bootmem *bm, u64 pos,
			struct shadow_bootmem_run *run)
{
	unsigned int at;
	u64 nr, idx;

	run->nr = 0;
	for (at = 0; at < bm->nr_nodes; at++) {
		const struct shadow_bootmem_node *bdata = bm->bdata_list[at];
		const unsigned long *map = bdata->node_bootmem_map;

		if (run->nr && bdata->node_min_pfn > run->pfn)
			break;
		nr = shadow_bootmem_nr_bits(bdata);
		idx = max(pos, bdata->node_min_pfn) - bdata->node_min_pfn;
		idx = find_next_zero_bit(map, nr, min(idx, nr));
		if (idx == nr || (run->nr && bdata->node_min_pfn + idx > run->pfn))
			continue;
		*run = (struct shadow_bootmem_run) {
			bdata->node_min_pfn + idx,
			find_next_bit(map, nr, idx) - idx, bdata->nid, false
		};
	}
	return run->nr;
}

/**
 * shadow_bootmem_next_run() - the next frames that the buddy gets
 * @bm: the early allocator
 * @walk: zeroed to begin
 * @run: filled
 *
 * From the lowest free frame to the highest, each run of one node, and then the
 * frames of the bitmaps, as far as they are the board's. Once the bitmaps are
 * retired it is what was remembered of that.
 *
 * Context: any; @bm must not change during a walk, and the bitmaps' contents
 * must stay until all free frames have been walked over.
 * Return: false where there are no more.
 */
bool shadow_bootmem_next_run(const struct shadow_bootmem *bm,
			     struct shadow_bootmem_walk *walk,
			     struct shadow_bootmem_run *run)
{
	const struct shadow_bootmem_node *bdata;

	if (bm->retired) {
		if (walk->at >= bm->nr_runs)
			return false;
		*run = bm->run[walk->at++];
		return true;
	}
	if (!walk->at && lowest_free(bm, walk->pfn, run)) {
		walk->pfn = run->pfn + run->nr;
		return true;
	}
	while (walk->at < bm->nr_nodes) {
		bdata = bm->bdata_list[walk->at++];
		if (bdata->map_aside)
			continue;
		*run = (struct shadow_bootmem_run) {
			bdata->map_pa >> bm->page_shift, map_pages(bm, bdata),
			bdata->nid, true
		};
		return true;
	}
	return false;
}

/**
 * shadow_bootmem_order() - how a free run is cut
 * @run: the run, or the part of it that lies in one zone
 * @pfn: first frame of @run that is left
 * @max_order: largest order that the machine has
 *
 * 64 frames that are a word's, and all in the run, make one block, or as many
 * as the machine's largest order makes of them; all others are released one by
 * one, and so are those of a bitmap.
 *
 * Context: any.
 * Return: order of the block that begins at @pfn.
 */
unsigned int shadow_bootmem_order(const struct shadow_bootmem_run *run, u64 pfn,
				  unsigned int max_order)
{
	u64 word = round_down(pfn, SHADOW_BOOTMEM_WORD);
	u64 end = word + SHADOW_BOOTMEM_WORD;

	if (run->map || word < run->pfn || end > run->pfn + run->nr)
		return 0;
	return min_t(unsigned int, SHADOW_BOOTMEM_WORD_ORDER, max_order);
}

static bool run_taken(const struct shadow_bootmem *bm,
		      const struct shadow_bootmem_run *run)
{
	u64 pfn;

	for (pfn = run->pfn; pfn < run->pfn + run->nr; pfn++) {
		if (!shadow_bootmem_is_taken(bm, pfn))
			return false;
	}
	return true;
}

/**
 * shadow_bootmem_close() - the handover begins
 * @bm: the early allocator
 *
 * From here on nothing is allocated, freed or reserved. The runs are remembered
 * for those who ask when the bitmaps are gone.
 *
 * Context: one thread.
 * Return: 0; -EPERM for the second time; -EINVAL where the frames of a bitmap
 * are free or of no node's span, so that somebody would get them twice, or
 * frames that do not exist.
 */
int shadow_bootmem_close(struct shadow_bootmem *bm)
{
	struct shadow_bootmem_walk walk = { 0 };
	struct shadow_bootmem_run run;

	if (bm->closed)
		return -EPERM;
	while (shadow_bootmem_next_run(bm, &walk, &run)) {
		if (run.map && !run_taken(bm, &run))
			return -EINVAL;
	}
	memset(&walk, 0, sizeof(walk));
	while (shadow_bootmem_next_run(bm, &walk, &run)) {
		if (!run.map)
			bm->node[run.nid].nr_released += run.nr;
		if (bm->nr_runs < SHADOW_BOOTMEM_NR_RUNS)
			bm->run[bm->nr_runs++] = run;
		else
			bm->nr_runs_lost++;
	}
	bm->closed = true;
	return 0;
}

/**
 * shadow_bootmem_retire() - the bitmaps are gone
 * @bm: the early allocator, closed, its runs freed
 *
 * Nobody looks at their memory any more, and their frames are no longer in the
 * log: they are the buddy's.
 *
 * Context: one thread.
 */
void shadow_bootmem_retire(struct shadow_bootmem *bm)
{
	unsigned int at;

	if (!bm->closed || bm->retired)
		return;
	for (at = 0; at < bm->nr_nodes; at++) {
		struct shadow_bootmem_node *bdata = bm->bdata_list[at];
		u64 bytes = map_pages(bm, bdata) << bm->page_shift;

		bdata->node_bootmem_map = NULL;
		if (bdata->map_aside)
			continue;
		bdata->bytes_returned = bytes;
		shadow_early_log_drop(&bm->log, bdata->map_pa, bytes);
	}
	bm->retired = true;
}
