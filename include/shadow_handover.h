/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_handover - the moment when the early allocator's free memory becomes
 * the buddy's. Follows memblock_free_all() of mm/memblock.c.
 */
#ifndef SHADOW_HANDOVER_H
#define SHADOW_HANDOVER_H

#include "shadow_memblock.h"
#include "shadow_zone.h"

/**
 * struct shadow_handover - what was handed over, in frames
 * @done: the handover has taken place
 * @nr_freed: frames given to the buddy
 * @nr_reserved: frames with memory that were not
 * @nr_holes: frames of the memmap without memory
 * @blocks: blocks given, by order
 */
struct shadow_handover {
	bool done;
	u64 nr_freed;
	u64 nr_reserved;
	u64 nr_holes;
	u64 blocks[SHADOW_NR_ORDERS];
};

unsigned int shadow_handover_order(u64 pfn, u64 end_pfn, unsigned int max_order);
u64 shadow_handover_range(const struct shadow_memblock *mb, u64 *idx,
			  u64 *start_pfn, u64 *end_pfn);
int shadow_handover(struct shadow_nodes *nodes, const struct shadow_memblock *mb,
		    struct shadow_handover *handover);

#endif /* SHADOW_HANDOVER_H */
