/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_slow - an allocation that no zone can answer above its low
 * watermark, or that wants more than frames. Used by shadow_page_alloc alone.
 * Follows __alloc_pages_slowpath() and prep_new_page() of mm/page_alloc.c.
 */
#ifndef SHADOW_PAGE_SLOW_H
#define SHADOW_PAGE_SLOW_H

#include "shadow_buddy.h"
#include "shadow_gfp.h"
#include "shadow_pcp.h"
#include "shadow_zone.h"

/*
 * Flags that can contradict each other or the machine: looked at before
 * anything is taken. And those for which a block that was taken is not all.
 */
#define SHADOW_GFP_CHECKED \
	(SHADOW_GFP_DMA | SHADOW_GFP_DMA32 | SHADOW_GFP_HIGHMEM | \
	 SHADOW_GFP_RECLAIMABLE | SHADOW_GFP_NOFAIL | SHADOW_GFP_ZERO | \
	 SHADOW_GFP_CONTENTS)
#define SHADOW_GFP_PREPARED \
	(SHADOW_GFP_COMP | SHADOW_GFP_ZERO | SHADOW_GFP_CONTENTS | \
	 SHADOW_GFP_ROUTE)

bool shadow_page_allowed(const struct shadow_nodes *nodes, u32 gfp);
struct shadow_page *shadow_page_refuse(struct shadow_nodes *nodes,
				       unsigned int cpu, u32 gfp,
				       unsigned int order);
struct shadow_page *shadow_page_first(struct shadow_nodes *nodes,
				      unsigned int cpu, u32 gfp,
				      unsigned int order);
struct shadow_page *shadow_page_slow(struct shadow_nodes *nodes,
				     unsigned int cpu, u32 gfp,
				     unsigned int order);
struct shadow_page *shadow_page_prepare(struct shadow_nodes *nodes,
					unsigned int cpu, u32 gfp,
					struct shadow_page *page,
					unsigned int order);
int shadow_page_give(struct shadow_nodes *nodes, unsigned int cpu,
		     struct shadow_page *page, unsigned int order);
int shadow_page_free_shared(struct shadow_nodes *nodes, unsigned int cpu,
			    struct shadow_page *page, unsigned int order);

/**
 * shadow_page_take() - a block from one zone, whatever its marks say
 * @zone: the zone
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 * @alloc_flags: SHADOW_ALLOC_*
 *
 * Small blocks come from the CPU's list, which has its own way down. Follows
 * rmqueue() of mm/page_alloc.c. Inline: it is part of the fast path.
 *
 * Context: any, also with interrupts off; takes the zone's locks.
 * Return: the block's first page, or NULL.
 */
static __always_inline struct shadow_page *
shadow_page_take(struct shadow_zone *zone, unsigned int cpu, u32 gfp,
		 unsigned int order, unsigned int alloc_flags)
{
	unsigned int mt = shadow_gfp_mt(zone->nodes, gfp);
	unsigned int owner = shadow_gfp_owner(gfp);
	struct shadow_page *page;

	if (shadow_pcp_serves(zone, order)) {
		page = shadow_pcp_alloc(zone, cpu, order, mt, owner, alloc_flags);
		if (likely(page))
			return page;
	}
	return shadow_buddy_alloc(zone, order, mt, owner, alloc_flags);
}

#endif /* SHADOW_PAGE_SLOW_H */
