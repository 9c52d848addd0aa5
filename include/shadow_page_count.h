/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_count - frames allocated and freed, as counters have it.
 */
#ifndef SHADOW_PAGE_COUNT_H
#define SHADOW_PAGE_COUNT_H

#include "shadow_zone.h"

void shadow_page_count_init(struct shadow_nodes *nodes);
void shadow_page_count_keep(struct shadow_zone *zone);
u64 shadow_page_count(const struct shadow_nodes *nodes,
		      enum shadow_zone_type type, enum shadow_event_id id);
u64 shadow_page_count_calls(const struct shadow_nodes *nodes);
void __shadow_page_count_place(struct shadow_nodes *nodes, unsigned int cpu,
			       u32 gfp, const struct shadow_zone *zone,
			       unsigned int nr);

struct shadow_page *__shadow_page_count_any(struct shadow_nodes *nodes,
					    unsigned int cpu, u32 gfp,
					    struct shadow_page *page,
					    unsigned int order);

/**
 * shadow_page_count_place() - allocations have got what they have from a zone
 * @nodes: the layer
 * @cpu: who asked
 * @gfp: SHADOW_GFP_*
 * @zone: where it is from
 * @nr: how many allocations
 *
 * Where the fast path has answered it is always the first zone, of the CPU's
 * own node: that is not told.
 *
 * Context: any.
 */
static __always_inline void
shadow_page_count_place(struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
			const struct shadow_zone *zone, unsigned int nr)
{
	if (shadow_counting() && unlikely(nodes->nr_nodes > 1))
		__shadow_page_count_place(nodes, cpu, gfp, zone, nr);
}

#endif /* SHADOW_PAGE_COUNT_H */
