// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_frag - how broken up a zone's free memory is.
 *
 * A worked example: 12 frames free, as one block of order 3 and four of order
 * 0. For order 2 that is 2 suitable blocks (the order 3 is two of them), 8 of
 * 12 frames usable: unusable index 0.333; a request of order 2 would not fail,
 * so the external fragmentation index is -1.000. For order 4 nothing is
 * suitable: unusable 1.000; 12 frames are less than the 16 asked for, but in 5
 * pieces: 1 - (1 + 12/16) / 5 = 0.650, nearer to 1 (fragmentation) than to 0
 * (lack of memory).
 */
#include <linux/math64.h>

#include "shadow_frag.h"

/**
 * shadow_frag_info() - count a zone's free blocks, seen from one order
 * @zone: the zone
 * @order: the order
 * @info: filled
 *
 * Follows fill_contig_page_info().
 *
 * Context: any; exact with the zone's lock held.
 */
void shadow_frag_info(const struct shadow_zone *zone, unsigned int order,
		      struct shadow_frag_info *info)
{
	unsigned int i;
	u64 nr;

	*info = (struct shadow_frag_info){};
	for (i = 0; i <= zone->nodes->max_order; i++) {
		nr = READ_ONCE(zone->free_area[i].nr_free);
		info->nr_blocks += nr;
		info->nr_free += nr << i;
		if (i >= order)
			info->nr_suitable += nr << (i - order);
	}
}

/**
 * shadow_frag_extfrag() - why would a request of this order fail?
 * @info: the zone's free blocks, seen from that order
 * @order: the order
 *
 * Follows __fragmentation_index().
 *
 * Context: any.
 * Return: thousandths, from 0 (lack of memory) to 1000 (fragmentation); -1000
 * where it would not fail; 0 where nothing is free.
 */
int shadow_frag_extfrag(const struct shadow_frag_info *info, unsigned int order)
{
	if (!info->nr_blocks)
		return 0;
	if (info->nr_suitable)
		return -1000;
	return 1000 - (int)div64_u64(1000 + (info->nr_free * 1000 >> order),
				     info->nr_blocks);
}

/**
 * shadow_frag_unusable() - how much of what is free is in blocks too small?
 * @info: the zone's free blocks, seen from that order
 * @order: the order
 *
 * Follows unusable_free_index().
 *
 * Context: any.
 * Return: thousandths; 1000 where nothing is free.
 */
int shadow_frag_unusable(const struct shadow_frag_info *info,
			 unsigned int order)
{
	if (!info->nr_free)
		return 1000;
	return div64_u64((info->nr_free - (info->nr_suitable << order)) * 1000,
			 info->nr_free);
}

/* ------------------------------------------------------------- history -- */

/**
 * shadow_frag_bytes() - memory that shadow_frag_init() wants to be given
 *
 * Context: any.
 * Return: bytes.
 */
u64 shadow_frag_bytes(void)
{
	return SHADOW_FRAG_SAMPLES * sizeof(struct shadow_frag_sample);
}

/* Operations until the next sample; none due: a count that never gets there */
static void start_count(struct shadow_zone *zone, u32 interval)
{
	zone->frag_interval = interval ? interval : U32_MAX;
	zone->frag_left = zone->frag_interval;
}

/**
 * shadow_frag_init() - an empty history; operations count from now on
 * @nodes: the layer, nothing freed yet
 * @frag: the samples' books
 * @mem: shadow_frag_bytes() of the host's memory; NULL: no history
 *
 * Context: process context, boot.
 */
void shadow_frag_init(struct shadow_nodes *nodes, struct shadow_frag *frag,
		      void *mem)
{
	struct shadow_zone *zone = shadow_first_zone(nodes);

	raw_spin_lock_init(&frag->lock);
	frag->interval = mem ? SHADOW_FRAG_INTERVAL : 0;
	frag->seq = 0;
	frag->ring = mem;
	nodes->frag = mem ? frag : NULL;
	for (; zone; zone = shadow_next_zone(zone)) {
		zone->frag_ops = 0;
		start_count(zone, frag->interval);
	}
}

static void take_sample(struct shadow_zone *zone,
			struct shadow_frag_sample *sample)
{
	unsigned int pageblock = zone->nodes->pageblock_log2, i;
	struct shadow_frag_info info;

	sample->ops = zone->frag_ops;
	sample->nr_mixed = zone->nr_mixed;
	sample->nid = zone->nid;
	sample->type = zone->type;
	for (i = 0; i < ARRAY_SIZE(sample->unusable); i++) {
		unsigned int order = i ? pageblock : SHADOW_FRAG_SMALL;

		shadow_frag_info(zone, order, &info);
		sample->unusable[i] = shadow_frag_unusable(&info, order);
		sample->extfrag[i] = shadow_frag_extfrag(&info, order);
	}
	sample->nr_free = info.nr_free;
	sample->nr_large = info.nr_suitable;
}

/**
 * __shadow_frag_due() - so many operations are done: take a sample
 * @zone: the zone
 *
 * Called from inside an operation: what it takes or gives is counted in
 * nr_free of the areas already.
 *
 * Context: @zone's lock held, interrupts off.
 */
void __shadow_frag_due(struct shadow_zone *zone)
{
	struct shadow_frag *frag = zone->nodes->frag;

	lockdep_assert_held(&zone->lock);
	zone->frag_ops += zone->frag_interval;
	zone->frag_left = zone->frag_interval;
	if (!frag || !READ_ONCE(frag->interval))
		return;
	raw_spin_lock(&frag->lock);
	take_sample(zone, &frag->ring[frag->seq % SHADOW_FRAG_SAMPLES]);
	frag->seq++;
	raw_spin_unlock(&frag->lock);
}

static u64 count_ops(const struct shadow_zone *zone)
{
	return zone->frag_ops + zone->frag_interval - zone->frag_left;
}

/**
 * shadow_frag_ops() - operations on a zone's free areas until now
 * @zone: the zone
 *
 * Context: any; takes @zone's lock with interrupts off.
 * Return: how many.
 */
u64 shadow_frag_ops(struct shadow_zone *zone)
{
	unsigned long irqflags;
	u64 ops;

	raw_spin_lock_irqsave(&zone->lock, irqflags);
	ops = count_ops(zone);
	raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	return ops;
}

/**
 * shadow_frag_set_interval() - take a sample once in so many operations
 * @nodes: the layer
 * @interval: how many, from now on; 0: no more samples
 *
 * Context: any; takes each zone's lock in turn with interrupts off.
 */
void shadow_frag_set_interval(struct shadow_nodes *nodes, u32 interval)
{
	struct shadow_zone *zone = shadow_first_zone(nodes);
	unsigned long irqflags;

	if (!nodes->frag)
		return;
	WRITE_ONCE(nodes->frag->interval, interval);
	for (; zone; zone = shadow_next_zone(zone)) {
		raw_spin_lock_irqsave(&zone->lock, irqflags);
		zone->frag_ops = count_ops(zone);
		start_count(zone, interval);
		raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	}
}

/**
 * shadow_frag_first() - number of the oldest sample that is still there
 * @frag: the samples
 *
 * Context: any; it may be gone a moment later.
 * Return: its number, counted from 0; frag->seq where there is none.
 */
u64 shadow_frag_first(const struct shadow_frag *frag)
{
	u64 seq = READ_ONCE(frag->seq);

	return seq > SHADOW_FRAG_SAMPLES ? seq - SHADOW_FRAG_SAMPLES : 0;
}

/**
 * shadow_frag_read() - look at one sample
 * @frag: the samples
 * @seq: its number
 * @sample: filled
 *
 * Context: any; takes the samples' lock with interrupts off.
 * Return: false where it has not been taken yet, or is gone.
 */
bool shadow_frag_read(struct shadow_frag *frag, u64 seq,
		      struct shadow_frag_sample *sample)
{
	unsigned long irqflags;
	bool there;

	raw_spin_lock_irqsave(&frag->lock, irqflags);
	there = seq < frag->seq && seq >= shadow_frag_first(frag);
	if (there)
		*sample = frag->ring[seq % SHADOW_FRAG_SAMPLES];
	raw_spin_unlock_irqrestore(&frag->lock, irqflags);
	return there;
}
