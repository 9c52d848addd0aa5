// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_slow - an allocation that no zone can answer above its low
 * watermark, or that wants more than frames.
 *
 * In this order, until one of them has the frames:
 *		the reclaimers of all nodes in question are woken
 *	min	lowered by a half (HIGH) and a quarter of the rest (ATOMIC)
 *	none	with MEMALLOC, which will free more than it takes
 *		who cannot wait is refused here
 *		pageblocks kept for atomic blocks are given up, all but one a
 *		zone, and the per-CPU lists are emptied
 *	min	or none, as above
 *		the last of those pageblocks, too
 *	min	or none
 *	none	with NOFAIL
 * What the kernel does between the last ones, reclaim and compaction, is not
 * here yet: so nothing more can be won by waiting, and NOFAIL is refused at the
 * end instead of going round for ever.
 */
#include "shadow_buddy.h"
#include "shadow_latency.h"
#include "shadow_mobility.h"
#include "shadow_page_slow.h"
#include "shadow_pcp.h"
#include "shadow_why.h"

/**
 * struct slow - one allocation on its slow path
 * @nodes: the layer
 * @list: zones that it may try, in their order
 * @cpu: whose per-CPU lists are used
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 * @highest: the highest zone
 * @lowest: the lowest zone, with THISZONE the same
 * @trail: what it has done so far
 */
struct slow {
	struct shadow_nodes *nodes;
	const struct shadow_zonelist *list;
	unsigned int cpu;
	u32 gfp;
	unsigned int order;
	enum shadow_zone_type highest;
	enum shadow_zone_type lowest;
	struct shadow_why_trail trail;
};

static bool may_use(const struct slow *slow, const struct shadow_zone *zone)
{
	return zone->type <= slow->highest && zone->type >= slow->lowest;
}

/* One pass over the zonelist: get_page_from_freelist() */
static struct shadow_page *take_page(struct slow *slow, unsigned int alloc_flags,
				     enum shadow_why_step step)
{
	struct shadow_zone *const *at = slow->list->zone;
	struct shadow_zone *const *end = at + slow->list->nr;
	struct shadow_page *page;
	u64 mark;

	shadow_why_step(&slow->trail, step);
	for (; at < end; at++) {
		if (!may_use(slow, *at))
			continue;
		mark = shadow_wmark_pages(*at, alloc_flags & SHADOW_ALLOC_WMARK_MASK);
		if (!(alloc_flags & SHADOW_ALLOC_NO_WATERMARKS) &&
		    !shadow_watermark_fast(*at, slow->order, mark, slow->highest,
					   alloc_flags))
			continue;
		page = shadow_page_take(*at, slow->cpu, slow->gfp, slow->order,
					alloc_flags);
		if (!page)
			continue;
		if (alloc_flags & SHADOW_ALLOC_HIGHATOMIC)
			shadow_mobility_reserve_highatomic(*at, page, slow->order);
		return page;
	}
	return NULL;
}

/* One zone of each node is told, the first in question: wake_all_kswapds() */
static void wake_reclaimers(struct slow *slow)
{
	u32 woken = 0;
	unsigned int i;

	shadow_why_step(&slow->trail, SHADOW_WHY_WAKE);
	for (i = 0; i < slow->list->nr; i++) {
		struct shadow_zone *zone = slow->list->zone[i];

		if (zone->type > slow->highest || (woken & BIT(zone->nid)))
			continue;
		woken |= BIT(zone->nid);
		shadow_watermark_wake(zone, slow->order, slow->highest);
	}
}

static void drain_lists(struct slow *slow)
{
	unsigned int i;

	shadow_why_step(&slow->trail, SHADOW_WHY_DRAIN);
	for (i = 0; i < slow->list->nr; i++)
		shadow_pcp_try_drain(slow->list->zone[i]);
}

/* A pageblock kept for atomic blocks: all but one a zone, or the last, too */
static bool unreserve(struct slow *slow, bool force)
{
	shadow_why_step(&slow->trail, SHADOW_WHY_UNRESERVE);
	return shadow_mobility_unreserve_highatomic(slow->nodes, slow->list,
						    slow->highest,
						    shadow_gfp_mt(slow->nodes, slow->gfp),
						    force);
}

/* What can be had by giving up what was put aside; of who can wait */
static struct shadow_page *take_aside(struct slow *slow, unsigned int alloc_flags,
				      enum shadow_why_step step)
{
	struct shadow_page *page;

	unreserve(slow, false);
	drain_lists(slow);
	page = take_page(slow, alloc_flags, step);
	while (!page && unreserve(slow, true))
		page = take_page(slow, alloc_flags, step);
	return page;
}

/* Below the low mark, with what the flags allow; sets what that was */
static struct shadow_page *take_slowly(struct slow *slow, unsigned int *alloc_flags)
{
	enum shadow_why_step step = SHADOW_WHY_TRY_MIN;
	struct shadow_page *page;

	wake_reclaimers(slow);
	*alloc_flags = shadow_gfp_alloc_flags(slow->gfp, slow->order);
	page = take_page(slow, *alloc_flags, step);
	if (!page && (slow->gfp & SHADOW_GFP_MEMALLOC)) {
		*alloc_flags = SHADOW_ALLOC_NO_WATERMARKS;
		step = SHADOW_WHY_TRY_ALL;
		page = take_page(slow, *alloc_flags, step);
	}
	if (page || (slow->gfp & SHADOW_GFP_NOWAIT))
		return page;
	page = take_aside(slow, *alloc_flags, step);
	if (page || !(slow->gfp & SHADOW_GFP_NOFAIL))
		return page;
	*alloc_flags = SHADOW_ALLOC_NO_WATERMARKS;
	return take_page(slow, *alloc_flags, SHADOW_WHY_TRY_ALL);
}

/**
 * shadow_page_slow() - allocate where the fast path found nothing
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 *
 * Its route or its refusal is remembered in any case: see shadow_why.h. Follows
 * __alloc_pages_slowpath() of mm/page_alloc.c.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the first page in state ALLOCATED, its refcount not yet set; NULL
 * where the allocation is refused.
 */
struct shadow_page *shadow_page_slow(struct shadow_nodes *nodes,
				     unsigned int cpu, u32 gfp,
				     unsigned int order)
{
	enum shadow_zone_type highest = shadow_gfp_zone(gfp);
	struct slow slow = {
		.nodes = nodes,
		.list = shadow_gfp_zonelist(nodes, cpu, gfp),
		.cpu = cpu,
		.gfp = gfp,
		.order = order,
		.highest = highest,
		.lowest = gfp & SHADOW_GFP_THISZONE ? highest : 0,
		.trail = { .nr = 1, .step = { SHADOW_WHY_TRY_LOW } },
	};
	unsigned int alloc_flags = SHADOW_WMARK_LOW;
	struct shadow_page *page = take_slowly(&slow, &alloc_flags);

	shadow_latency_path(nodes->events, SHADOW_LATENCY_SLOW);
	if (page)
		shadow_why_took(nodes, cpu, gfp, order, &slow.trail, page);
	else
		shadow_why_refused(nodes, cpu, gfp, order, &slow.trail,
				   alloc_flags, gfp & SHADOW_GFP_NOFAIL ?
				   SHADOW_WHY_NOFAIL : SHADOW_WHY_NO_MEMORY);
	return page;
}

static bool no_contents(const struct shadow_nodes *nodes, u32 gfp)
{
	return (gfp & (SHADOW_GFP_ZERO | SHADOW_GFP_CONTENTS)) &&
	       !nodes->block->virt;
}

/**
 * shadow_page_allowed() - can flags that may exclude each other be had?
 * @nodes: the layer
 * @gfp: SHADOW_GFP_*
 *
 * Context: any.
 * Return: false where they contradict each other, or ask a machine without
 * contents for some.
 */
bool shadow_page_allowed(const struct shadow_nodes *nodes, u32 gfp)
{
	return !no_contents(nodes, gfp) && !shadow_gfp_refusal(gfp);
}

/**
 * shadow_page_refuse() - an allocation is refused before anything was tried
 * @nodes: the layer
 * @cpu: who asked
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 *
 * What is wrong is found out again here, away from the fast path.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: NULL.
 */
struct shadow_page *shadow_page_refuse(struct shadow_nodes *nodes,
				       unsigned int cpu, u32 gfp,
				       unsigned int order)
{
	enum shadow_why_reason reason = SHADOW_WHY_INJECTED;

	if (shadow_fault_frozen(nodes->fault))
		reason = SHADOW_WHY_FROZEN;
	else if (order > nodes->max_order)
		reason = SHADOW_WHY_BAD_ORDER;
	else if (shadow_gfp_refusal(gfp))
		reason = SHADOW_WHY_BAD_FLAGS;
	else if (no_contents(nodes, gfp))
		reason = SHADOW_WHY_NO_CONTENTS;
	shadow_why_refused(nodes, cpu, gfp, order, NULL, 0, reason);
	return NULL;
}

/**
 * shadow_page_prepare() - what else a block that was just taken is wanted for
 * @nodes: the layer
 * @cpu: whose per-CPU list it goes to where that cannot be had
 * @gfp: SHADOW_GFP_*: COMP, CONTENTS, ZERO; ROUTE where no route was left yet
 * @page: the block's first page, state ALLOCATED
 * @order: log2 of its frames
 *
 * Contents, cleared where that is asked for: where a virtual board's storage
 * has none left, the frames go back. The clearing alone may be long: never
 * under a lock. Follows prep_new_page().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: @page, or NULL.
 */
struct shadow_page *shadow_page_prepare(struct shadow_nodes *nodes,
					unsigned int cpu, u32 gfp,
					struct shadow_page *page,
					unsigned int order)
{
	phys_addr_t pa = shadow_page_to_phys(nodes, page);
	size_t bytes = (size_t)1 << (nodes->page_shift + order);

	/* An entry of no frame that is there, made to look like a free block's */
	if (unlikely(!shadow_block_spans(nodes->block, pa, bytes))) {
		shadow_fault_raise(nodes->fault,
				   "page: pfn %#llx: a free block of order %u, but not of the machine's memory",
				   shadow_page_to_pfn(nodes, page), order);
		return NULL;
	}
	if (gfp & (SHADOW_GFP_ZERO | SHADOW_GFP_CONTENTS)) {
		if (shadow_block_back(nodes->block, pa, bytes)) {
			atomic_set(&page->refcount, 0);
			shadow_page_give(nodes, cpu, page, order);
			shadow_why_refused(nodes, cpu, gfp, order, NULL, 0,
					   SHADOW_WHY_NO_CONTENTS);
			return NULL;
		}
		if (gfp & SHADOW_GFP_ZERO)
			memset(shadow_phys_to_virt(nodes->block, pa), 0, bytes);
	}
	/* A single frame has no tails: prep_compound_page() is not called */
	if ((gfp & SHADOW_GFP_COMP) && order)
		WRITE_ONCE(page->flags, page->flags | SHADOW_PF_COMP);
	if (gfp & SHADOW_GFP_ROUTE)
		shadow_why_took(nodes, cpu, gfp, order, NULL, page);
	return page;
}
