/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_handover - the moment when the early allocator's free memory becomes
 * the buddy's. Follows memblock_free_all() of mm/memblock.c.
 */
#ifndef SHADOW_HANDOVER_H
#define SHADOW_HANDOVER_H

#include "shadow_early.h"
#include "shadow_zone.h"

/**
 * struct shadow_handover - what was handed over, in frames
 * @done: the handover has taken place
 * @nr_freed: frames given to the buddy
 * @nr_reserved: frames with memory that were not
 * @nr_holes: frames without memory, from the first one with memory to the last
 * @nr_high: of those given, the ones that the linear map does not show, one by one
 * @nr_own: of those given, the ones that held the early allocator's records
 * @nr_late: frames whose memory was added after the memmap was made; they have
 *	no struct page and belong to nobody
 * @blocks: blocks given, by order
 */
struct shadow_handover {
	bool done;
	u64 nr_freed;
	u64 nr_reserved;
	u64 nr_holes;
	u64 nr_high;
	u64 nr_own;
	u64 nr_late;
	u64 blocks[SHADOW_NR_ORDERS];
};

enum shadow_owner shadow_handover_owner(const char *name);
bool shadow_handover_next_low(const struct shadow_nodes *nodes,
			      const struct shadow_early *early, u64 *idx,
			      u64 *bytes, u64 *start_pfn, u64 *end_pfn);
bool shadow_handover_next_high(const struct shadow_nodes *nodes,
			       const struct shadow_early *early, u64 *idx,
			       u64 *start_pfn, u64 *end_pfn);
int shadow_handover(struct shadow_nodes *nodes, const struct shadow_early *early,
		    struct shadow_handover *handover);

#endif /* SHADOW_HANDOVER_H */
