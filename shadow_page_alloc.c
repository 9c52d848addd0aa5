// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_alloc - the fast path: the first zone of the zonelist that stays
 * above its low watermark, small orders from this CPU's list. What that cannot
 * answer goes to shadow_page_slow.c.
 */
#include "shadow_buddy.h"
#include "shadow_page_alloc.h"
#include "shadow_page_slow.h"
#include "shadow_pcp.h"
#include "shadow_why.h"

/*
 * Would the zone stay above the mark, and has it a block of that size at all?
 * Reads without the zone's lock: a decision on a value that is a moment old is
 * what a watermark is. Follows zone_watermark_fast().
 */
static bool watermark_ok(const struct shadow_zone *zone, unsigned int order,
			 enum shadow_zone_type highest)
{
	u32 orders;

	if (READ_ONCE(zone->nr_free) <
	    zone->mark[SHADOW_WMARK_LOW] + zone->lowmem_reserve[highest] +
	    BIT(order))
		return false;
	if (!order)
		return true;
	orders = READ_ONCE(zone->orders[SHADOW_MIGRATE_UNMOVABLE]) |
		 READ_ONCE(zone->orders[SHADOW_MIGRATE_MOVABLE]) |
		 READ_ONCE(zone->orders[SHADOW_MIGRATE_RECLAIMABLE]);
	return orders >> order;
}

static struct shadow_page *take_from_zone(struct shadow_zone *zone,
					  unsigned int cpu, u32 gfp,
					  unsigned int order)
{
	if (order <= SHADOW_PCP_MAX_ORDER && likely(zone->pcp))
		return shadow_pcp_alloc(zone, cpu, order, shadow_gfp_mt(gfp),
					shadow_gfp_owner(gfp));
	return shadow_buddy_alloc(zone, order, shadow_gfp_mt(gfp),
				  shadow_gfp_owner(gfp), 0);
}

/* One pass over the zonelist: get_page_from_freelist() */
static struct shadow_page *take_page(struct shadow_nodes *nodes,
				     unsigned int cpu, u32 gfp,
				     unsigned int order)
{
	const struct shadow_zonelist *list = shadow_gfp_zonelist(nodes, cpu, gfp);
	enum shadow_zone_type highest = shadow_gfp_zone(gfp);
	enum shadow_zone_type lowest = gfp & SHADOW_GFP_THISZONE ? highest : 0;
	struct shadow_zone *const *zone;
	struct shadow_page *page;

	for (zone = list->zone; zone < list->zone + list->nr; zone++) {
		if ((*zone)->type > highest || (*zone)->type < lowest ||
		    !watermark_ok(*zone, order, highest))
			continue;
		page = take_from_zone(*zone, cpu, gfp, order);
		if (likely(page))
			return page;
	}
	return NULL;
}

/* In line, for the free path's sake */
static __always_inline int give_to_zone(struct shadow_zone *zone,
					unsigned int cpu,
					struct shadow_page *page,
					unsigned int order)
{
	unsigned int mt = shadow_pageblock_mt(zone->nodes,
					      shadow_page_index(zone->memmap, page));

	if (order <= SHADOW_PCP_MAX_ORDER && mt < SHADOW_MIGRATE_PCPTYPES &&
	    likely(zone->pcp))
		return shadow_pcp_free(zone, cpu, page, order, mt);
	return shadow_buddy_free(zone, page, order);
}

/**
 * shadow_page_give() - a block that nobody uses goes back to its zone
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @page: the block's first page
 * @order: log2 of its frames
 *
 * Used by shadow_page_slow.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0, or -EUCLEAN where its zone is corrupt (the machine is frozen).
 */
int shadow_page_give(struct shadow_nodes *nodes, unsigned int cpu,
		     struct shadow_page *page, unsigned int order)
{
	return give_to_zone(shadow_page_zone(nodes, page), cpu, page, order);
}

/**
 * shadow_alloc_pages_cpu() - allocate 2^order contiguous frames for a CPU
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @gfp: SHADOW_GFP_*: zones, mobility, watermark, contents, owner and node
 * @order: log2 of the frames
 *
 * Follows __alloc_pages() of mm/page_alloc.c.
 *
 * On a virtual board frames have no contents, which do for whoever only counts
 * and maps them. SHADOW_GFP_CONTENTS, and SHADOW_GFP_ZERO with it, gives them
 * contents until they are freed, in one piece. A real machine's always have.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the first page, its refcount 1; NULL when no zone that @gfp allows
 * has the frames above its watermark, @order exceeds the machine's max_order,
 * flags exclude each other, contents are asked of a machine that has none, or
 * whose storage has no free piece of that length, or the machine is frozen. Why
 * it was is remembered: shadow_why.h.
 */
struct shadow_page *shadow_alloc_pages_cpu(struct shadow_nodes *nodes,
					   unsigned int cpu, u32 gfp,
					   unsigned int order)
{
	struct shadow_page *page;

	if (unlikely(order > nodes->max_order ||
		     shadow_fault_frozen(nodes->fault) ||
		     ((gfp & SHADOW_GFP_CHECKED) &&
		      !shadow_page_allowed(nodes, gfp))))
		return shadow_page_refuse(nodes, cpu, gfp, order);
	if (shadow_should_fail(nodes->fail, SHADOW_FAIL_PAGE,
			       1ULL << (nodes->page_shift + order)))
		return shadow_page_refuse(nodes, cpu, gfp, order);
	gfp |= shadow_why_wanted(nodes->why);
	page = take_page(nodes, cpu, gfp, order);
	if (unlikely(!page)) {
		page = shadow_page_slow(nodes, cpu, gfp, order);
		if (!page)
			return NULL;
		gfp &= ~SHADOW_GFP_ROUTE;
	}
	atomic_set(&page->refcount, 1);
	if (unlikely(gfp & SHADOW_GFP_PREPARED)) {
		page = shadow_page_prepare(nodes, cpu, gfp, page, order);
		if (!page)
			return NULL;
	}
	shadow_event(nodes->events, SHADOW_EV_PAGE_ALLOC, BIT(order));
	return page;
}

/* The CPU that runs us now: any answer is correct, the right one is fast */
static unsigned int this_cpu(const struct shadow_nodes *nodes)
{
	unsigned int cpu = raw_smp_processor_id();

	return likely(cpu < nodes->nr_cpus) ? cpu : 0;
}

/**
 * shadow_alloc_pages() - allocate 2^order contiguous frames
 * @nodes: the layer
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 *
 * Follows alloc_pages().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the first page or NULL, see shadow_alloc_pages_cpu().
 */
struct shadow_page *shadow_alloc_pages(struct shadow_nodes *nodes, u32 gfp,
				       unsigned int order)
{
	return shadow_alloc_pages_cpu(nodes, this_cpu(nodes), gfp, order);
}

/**
 * shadow_free_pages_cpu() - drop a reference to a block, free it with the last
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @page: the block's first page, as shadow_alloc_pages() returned it
 * @order: the order it was allocated with
 *
 * A page that starts no block in use, or one of another order, is refused: a
 * double free, a foreign page, a compound page's tail. Where others have a
 * reference, too, all of a compound page stays; of another block the first
 * frame does, alone, and is order 0 from now on. On a virtual board contents go
 * with the frames. Follows __free_pages().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0; -EINVAL if refused, and nothing has changed; -EUCLEAN if the
 * machine is frozen.
 */
int shadow_free_pages_cpu(struct shadow_nodes *nodes, unsigned int cpu,
			  struct shadow_page *page, unsigned int order)
{
	const u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK;

	if (unlikely(shadow_fault_frozen(nodes->fault)))
		return -EUCLEAN;
	if (unlikely((READ_ONCE(page->flags) & mask) !=
		     SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, 0, 0)))
		return -EINVAL;
	/* The order lies in the block and may be corrupt */
	if (order && unlikely(!shadow_page_fits(&nodes->memmap,
						shadow_page_index(&nodes->memmap, page),
						order)))
		return shadow_fault_raise(nodes->fault,
					  "page: index %u: a block of order %u cannot be here",
					  shadow_page_index(&nodes->memmap, page),
					  order);
	if (unlikely(atomic_cmpxchg(&page->refcount, 1, 0) != 1))
		return shadow_page_free_shared(nodes, cpu, page, order);
	/* Before somebody else can have the frames */
	shadow_block_unback(nodes->block, shadow_page_to_phys(nodes, page),
			    (u64)1 << (nodes->page_shift + order));
	shadow_event(nodes->events, SHADOW_EV_PAGE_FREE, BIT(order));
	return give_to_zone(shadow_page_zone(nodes, page), cpu, page, order);
}

/**
 * shadow_free_pages() - drop a reference to a block, free it with the last
 * @nodes: the layer
 * @page: the block's first page
 * @order: the order it was allocated with
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: 0, -EINVAL or -EUCLEAN, see shadow_free_pages_cpu().
 */
int shadow_free_pages(struct shadow_nodes *nodes, struct shadow_page *page,
		      unsigned int order)
{
	return shadow_free_pages_cpu(nodes, this_cpu(nodes), page, order);
}

/**
 * shadow_page_address() - where the contents of a block can be reached
 * @nodes: the layer
 * @page: the block's first page; on a virtual board one that was allocated with
 *	SHADOW_GFP_CONTENTS
 *
 * Follows page_address().
 *
 * Context: any.
 * Return: the address of its first byte, or NULL where it has no contents.
 */
void *shadow_page_address(const struct shadow_nodes *nodes,
			  const struct shadow_page *page)
{
	return nodes->block->virt ? shadow_page_to_virt(nodes, page) : NULL;
}
