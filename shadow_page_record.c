// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_record - frames while nobody but a ring listens. What takes more
 * than a list, or a block of the free areas, goes shadow_page_alloc_watched()'s
 * and shadow_page_free_watched()'s way from the beginning.
 */
#include "shadow_page_quick.h"
#include "shadow_ring_quick.h"

/* The ways without anything to tell but the whole, and splits; NULL: not these */
static __always_inline struct shadow_page *alloc_plain(struct shadow_nodes *nodes,
						       unsigned int cpu, u32 gfp,
						       unsigned int order)
{
	if (unlikely(!shadow_page_plain(nodes, gfp)))
		return NULL;
	if (likely(!order))
		return shadow_page_take_single(nodes, cpu, gfp);
	if (unlikely(order > nodes->max_order))
		return NULL;
	return nodes->pcp_orders >> order & 1 ? shadow_page_take_block(nodes, cpu, gfp, order) :
						shadow_page_take_free(nodes, cpu, gfp, order);
}

/* For another operation, or while others listen, or as shadow_page_alloc_watched() */
static noinline struct shadow_page *alloc_within(struct shadow_nodes *nodes,
						 unsigned int cpu, u32 gfp,
						 unsigned int order)
{
	struct shadow_ring *ring = shadow_ring_of(nodes->events);
	struct shadow_page *page;

	if (!ring || !shadow_ring_within(ring))
		return shadow_page_alloc_watched(nodes, cpu, gfp, order);
	page = alloc_plain(nodes, cpu, gfp, order);
	if (unlikely(!page))
		return shadow_page_alloc_watched(nodes, cpu, gfp, order);
	shadow_ring_put_event(ring, SHADOW_EV_PAGE_ALLOC, BIT(order),
			      shadow_page_to_pfn(nodes, page), order, gfp,
			      shadow_gfp_mt(nodes, gfp), 0);
	return page;
}

/**
 * shadow_page_alloc_recorded() - shadow_alloc_pages_cpu() while a ring listens
 * @nodes: the layer
 * @cpu: whose per-CPU list is used
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 *
 * Context: as shadow_alloc_pages_cpu().
 * Return: as shadow_alloc_pages_cpu().
 */
struct shadow_page *shadow_page_alloc_recorded(struct shadow_nodes *nodes,
					       unsigned int cpu, u32 gfp,
					       unsigned int order)
{
	struct shadow_page *page;
	unsigned long irqflags;
	struct shadow_ring *ring = shadow_ring_of(nodes->events);

	if (unlikely(!ring || !shadow_ring_enter(ring, &irqflags)))
		return alloc_within(nodes, cpu, gfp, order);
	page = alloc_plain(nodes, cpu, gfp, order);
	if (unlikely(!page)) {
		shadow_ring_leave(ring, irqflags);
		return shadow_page_alloc_watched(nodes, cpu, gfp, order);
	}
	shadow_ring_put_op(ring, SHADOW_OP_ALLOC_PAGES, gfp, order, cpu,
			   shadow_page_to_pfn(nodes, page), 0);
	shadow_ring_count_op(ring, SHADOW_OP_ALLOC_PAGES, SHADOW_EV_PAGE_ALLOC,
			     BIT(order));
	shadow_ring_leave(ring, irqflags);
	return page;
}

/* Likewise any block but a single frame; merges are told */
static __always_inline bool free_block(struct shadow_nodes *nodes,
				       unsigned int cpu, struct shadow_page *page,
				       unsigned int order)
{
	u32 flags = READ_ONCE(page->flags);
	struct shadow_zone *zone = shadow_flags_zone(nodes, flags);

	if (unlikely(order > nodes->max_order))
		return false;
	if (nodes->pcp_orders >> order & 1)
		return shadow_page_free_listed(nodes, cpu, page, order, false);
	if (unlikely(!shadow_page_plain_large(nodes, page, flags, order) ||
		     atomic_cmpxchg(&page->refcount, 1, 0) != 1 ||
		     shadow_buddy_free(zone, page, order)))
		return false;
	shadow_zone_count_freed(zone, BIT(order));
	return true;
}

/* As alloc_within() */
static noinline int free_within(struct shadow_nodes *nodes, unsigned int cpu,
				struct shadow_page *page, unsigned int order)
{
	struct shadow_ring *ring = shadow_ring_of(nodes->events);
	u64 pfn = shadow_page_to_pfn(nodes, page);

	if (!ring || !shadow_ring_within(ring) ||
	    !(order ? shadow_page_free_listed(nodes, cpu, page, order, false) :
		      shadow_page_free_single(nodes, cpu, page, false)))
		return shadow_page_free_watched(nodes, cpu, page, order);
	shadow_ring_put_event(ring, SHADOW_EV_PAGE_FREE, BIT(order), pfn, order, 0, 0, 0);
	return 0;
}

/**
 * shadow_page_free_recorded() - shadow_free_pages_cpu() while a ring listens
 * @nodes: the layer
 * @cpu: whose per-CPU list is used
 * @page: the block's first page
 * @order: log2 of its frames
 *
 * Context: as shadow_free_pages_cpu().
 * Return: as shadow_free_pages_cpu().
 */
int shadow_page_free_recorded(struct shadow_nodes *nodes, unsigned int cpu,
			      struct shadow_page *page, unsigned int order)
{
	unsigned long irqflags;
	struct shadow_ring *ring = shadow_ring_of(nodes->events);
	bool done;

	if (unlikely(!ring || !shadow_ring_enter(ring, &irqflags)))
		return free_within(nodes, cpu, page, order);
	done = order ? free_block(nodes, cpu, page, order) :
		       shadow_page_free_single(nodes, cpu, page, false);
	if (unlikely(!done)) {
		shadow_ring_leave(ring, irqflags);
		return shadow_page_free_watched(nodes, cpu, page, order);
	}
	shadow_ring_put_op(ring, SHADOW_OP_FREE_PAGES,
			   shadow_page_to_pfn(nodes, page), order, cpu, 0, 0);
	shadow_ring_count_op(ring, SHADOW_OP_FREE_PAGES, SHADOW_EV_PAGE_FREE,
			     BIT(order));
	shadow_ring_leave(ring, irqflags);
	return 0;
}
