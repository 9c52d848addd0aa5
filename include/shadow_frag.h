/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_frag - how broken up a zone's free memory is: the indices of
 * mm/vmstat.c, and how they went on over time.
 *
 * Time is what happened to a zone: each block that enters or leaves its free
 * areas for somebody is one operation, and one operation in so many is a sample
 * in a ring that all zones share.
 */
#ifndef SHADOW_FRAG_H
#define SHADOW_FRAG_H

#include "shadow_zone.h"

#define SHADOW_FRAG_SAMPLES	1024	/* in the ring, newest */
#define SHADOW_FRAG_INTERVAL	1024	/* operations from one to the next */
#define SHADOW_FRAG_INTERVAL_MAX	1000000000
/* What drivers may ask for and still hope, PAGE_ALLOC_COSTLY_ORDER */
#define SHADOW_FRAG_SMALL	3

/**
 * struct shadow_frag_info - free blocks of a zone, seen from one order
 * @nr_free: frames
 * @nr_blocks: blocks
 * @nr_suitable: blocks of that order that they hold
 */
struct shadow_frag_info {
	u64 nr_free;
	u64 nr_blocks;
	u64 nr_suitable;
};

/**
 * struct shadow_frag_sample - a zone at one moment
 * @ops: operations on it until then
 * @nr_free: frames free
 * @nr_large: pageblocks that are wholly free
 * @nr_mixed: pageblocks with SHADOW_PAGEBLOCK_MIXED
 * @unusable: thousandths, for SHADOW_FRAG_SMALL and for a pageblock's order
 * @extfrag: likewise, or -1000
 * @nid: its node
 * @type: enum shadow_zone_type
 */
struct shadow_frag_sample {
	u64 ops;
	u64 nr_free;
	u64 nr_large;
	u64 nr_mixed;
	s16 unusable[2];
	s16 extfrag[2];
	u8 nid;
	u8 type;
};

/**
 * struct shadow_frag - the samples of a machine
 * @lock: protects what follows; taken inside a zone's lock, outside nothing
 * @interval: operations from one sample to the next; 0: no samples
 * @seq: samples ever taken; sample n is in slot n % SHADOW_FRAG_SAMPLES
 * @ring: SHADOW_FRAG_SAMPLES of them, in the host's memory
 */
struct shadow_frag {
	raw_spinlock_t lock;
	u32 interval;
	u64 seq;
	struct shadow_frag_sample *ring;
};

u64 shadow_frag_bytes(void);
void shadow_frag_init(struct shadow_nodes *nodes, struct shadow_frag *frag,
		      void *mem);
void shadow_frag_set_interval(struct shadow_nodes *nodes, u32 interval);
void __shadow_frag_due(struct shadow_zone *zone);
u64 shadow_frag_ops(struct shadow_zone *zone);
u64 shadow_frag_first(const struct shadow_frag *frag);
bool shadow_frag_read(struct shadow_frag *frag, u64 seq,
		      struct shadow_frag_sample *sample);

void shadow_frag_info(const struct shadow_zone *zone, unsigned int order,
		      struct shadow_frag_info *info);
int shadow_frag_extfrag(const struct shadow_frag_info *info,
			unsigned int order);
int shadow_frag_unusable(const struct shadow_frag_info *info,
			 unsigned int order);

/**
 * __shadow_frag_count() - a block has entered or left a zone's free areas
 * @zone: the zone
 *
 * Context: @zone's lock held, interrupts off.
 */
static __always_inline void __shadow_frag_count(struct shadow_zone *zone)
{
	if (unlikely(!--zone->frag_left))
		__shadow_frag_due(zone);
}

#endif /* SHADOW_FRAG_H */
