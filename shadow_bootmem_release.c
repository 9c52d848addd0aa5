// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bootmem - runs of the bitmaps, and what becomes of them when the buddy
 * takes over. See shadow_bootmem.h. Follows free_all_bootmem_core().
 *
 * Of each node first what is free goes, from its first frame to its last, and
 * then the frames of the bitmap. So while a node's runs are walked, its bitmap
 * is still there; but the walk does not need it any longer than that.
 */
#include <linux/bitmap.h>

#include "shadow_bootmem.h"

/**
 * shadow_bootmem_next_bits() - the next run of equal bits
 * @bm: the early allocator
 * @walk: zeroed to begin
 * @run: filled
 * @taken: set to what the bits say
 *
 * Context: any; @bm must not change during a walk.
 * Return: false where there is none, or where the bitmaps are retired.
 */
bool shadow_bootmem_next_bits(const struct shadow_bootmem *bm,
			      struct shadow_bootmem_walk *walk,
			      struct shadow_bootmem_run *run, bool *taken)
{
	for (; walk->at < bm->nr_nodes && !bm->retired; walk->at++) {
		struct shadow_bootmem_node *bdata = bm->bdata_list[walk->at];
		unsigned long *map = bdata->node_bootmem_map;
		u64 nr = shadow_bootmem_nr_bits(bdata), idx = walk->idx;

		if (idx < nr) {
			*taken = test_bit(idx, map);
			walk->idx = *taken ? find_next_zero_bit(map, nr, idx) :
					     find_next_bit(map, nr, idx);
			*run = (struct shadow_bootmem_run) {
				bdata->node_min_pfn + idx, walk->idx - idx,
				bdata->nid, false
			};
			return true;
		}
		walk->idx = 0;
	}
	return false;
}

static u64 map_pages(const struct shadow_bootmem *bm,
		     const struct shadow_bootmem_node *bdata)
{
	u64 bytes = shadow_bootmem_map_bytes(shadow_bootmem_nr_bits(bdata));

	return ALIGN(bytes, 1ULL << bm->page_shift) >> bm->page_shift;
}

static struct shadow_bootmem_run map_run(const struct shadow_bootmem *bm,
					 const struct shadow_bootmem_node *bdata)
{
	return (struct shadow_bootmem_run) {
		bdata->map_pa >> bm->page_shift, map_pages(bm, bdata),
		bdata->nid, true
	};
}

/**
 * shadow_bootmem_next_run() - the next frames that the buddy gets
 * @bm: the early allocator
 * @walk: zeroed to begin
 * @run: filled
 *
 * Node by node in the order of bdata_list, within it from the lowest frame to
 * the highest, and after each node the frames of its bitmap, if they are the
 * board's. Once the bitmaps are retired it is what was remembered of that.
 *
 * Context: any; @bm must not change during a walk, and a bitmap's contents must
 * stay until its frames have been walked over.
 * Return: false where there are no more.
 */
bool shadow_bootmem_next_run(const struct shadow_bootmem *bm,
			     struct shadow_bootmem_walk *walk,
			     struct shadow_bootmem_run *run)
{
	if (bm->retired) {
		if (walk->at >= bm->nr_runs)
			return false;
		*run = bm->run[walk->at++];
		return true;
	}
	for (; walk->at < bm->nr_nodes; walk->at++) {
		struct shadow_bootmem_node *bdata = bm->bdata_list[walk->at];
		unsigned long *map = bdata->node_bootmem_map;
		u64 nr = shadow_bootmem_nr_bits(bdata), idx;

		if (walk->idx < nr) {
			idx = find_next_zero_bit(map, nr, walk->idx);
			walk->idx = find_next_bit(map, nr, idx);
			*run = (struct shadow_bootmem_run) {
				bdata->node_min_pfn + idx, walk->idx - idx,
				bdata->nid, false
			};
			if (run->nr)
				return true;
		}
		if (walk->idx == nr && !bdata->map_aside) {
			walk->idx = nr + 1;
			*run = map_run(bm, bdata);
			return true;
		}
		walk->idx = 0;
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
