// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_slow - an allocation that no zone can answer above its low
 * watermark: down to the min watermark (and half of that with SHADOW_GFP_HIGH),
 * then once more after all per-CPU lists have been drained.
 */
#include "shadow_buddy.h"
#include "shadow_page_slow.h"
#include "shadow_pcp.h"

/*
 * Would the zone stay above the mark, and has it a block of that size at all?
 * Follows __zone_watermark_ok().
 */
static bool watermark_ok(const struct shadow_zone *zone, unsigned int order,
			 enum shadow_zone_type highest, u32 gfp)
{
	u64 min = zone->mark[SHADOW_WMARK_MIN];
	u32 orders;

	if (gfp & SHADOW_GFP_HIGH)
		min -= min / 2;
	if (READ_ONCE(zone->nr_free) <
	    min + zone->lowmem_reserve[highest] + BIT(order))
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
	unsigned int mt = shadow_gfp_mt(gfp), owner = shadow_gfp_owner(gfp);

	if (order <= SHADOW_PCP_MAX_ORDER && zone->pcp)
		return shadow_pcp_alloc(zone, cpu, order, mt, owner);
	return shadow_buddy_alloc(zone, order, mt, owner, 0);
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
		    !watermark_ok(*zone, order, highest, gfp))
			continue;
		page = take_from_zone(*zone, cpu, gfp, order);
		if (page)
			return page;
	}
	return NULL;
}

static void drain_zonelist(struct shadow_nodes *nodes, unsigned int cpu,
			   u32 gfp)
{
	const struct shadow_zonelist *list = shadow_gfp_zonelist(nodes, cpu, gfp);
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		if (list->zone[i]->pcp)
			shadow_pcp_drain(list->zone[i]);
}

/**
 * shadow_page_slow() - allocate where the fast path found nothing
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 *
 * Follows __alloc_pages_slowpath() of mm/page_alloc.c.
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the first page in state ALLOCATED, its refcount not yet set; NULL
 * where the allocation is refused.
 */
struct shadow_page *shadow_page_slow(struct shadow_nodes *nodes,
				     unsigned int cpu, u32 gfp,
				     unsigned int order)
{
	struct shadow_page *page;

	page = take_page(nodes, cpu, gfp, order);
	if (page)
		return page;
	drain_zonelist(nodes, cpu, gfp);
	page = take_page(nodes, cpu, gfp, order);
	if (!page)
		shadow_event(nodes->events, SHADOW_EV_PAGE_REFUSED, 1);
	return page;
}
