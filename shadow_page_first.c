// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_first - an allocation's first attempt: one zone after the other,
 * where none goes below its low watermark for it.
 */
#include "shadow_buddy.h"
#include "shadow_page_slow.h"
#include "shadow_pcp.h"
#include "shadow_watermark.h"

/* Above its high mark a zone's lists may grow, below it they shrink */
static bool above_marks(struct shadow_zone *zone, unsigned int order,
			enum shadow_zone_type highest, unsigned int alloc_flags)
{
	unsigned long irqflags;

	if (!(READ_ONCE(zone->flags) & SHADOW_ZONE_BELOW_HIGH)) {
		if (shadow_watermark_fast(zone, order,
					  shadow_wmark_pages(zone, SHADOW_WMARK_HIGH),
					  highest, alloc_flags))
			return true;
		raw_spin_lock_irqsave(&zone->lock, irqflags);
		zone->flags |= SHADOW_ZONE_BELOW_HIGH;
		raw_spin_unlock_irqrestore(&zone->lock, irqflags);
	}
	return shadow_watermark_fast(zone, order,
				     shadow_wmark_pages(zone, SHADOW_WMARK_LOW),
				     highest, alloc_flags);
}

/* The zone that is tried first; NULL: there is none that the flags allow */
static struct shadow_zone *preferred_zone(const struct shadow_zonelist *list,
					  enum shadow_zone_type highest)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		if (list->zone[i]->type <= highest)
			return list->zone[i];
	return NULL;
}

/*
 * One pass over the zonelist. Where pageblocks are not to be mixed, it ends with
 * the preferred node: a mix there is better than another node.
 */
static struct shadow_page *take_pass(const struct shadow_zonelist *list,
				     const struct shadow_zone *preferred,
				     unsigned int cpu, u32 gfp,
				     unsigned int order,
				     unsigned int alloc_flags)
{
	enum shadow_zone_type highest = shadow_gfp_zone(gfp);
	enum shadow_zone_type lowest = gfp & SHADOW_GFP_THISZONE ? highest : 0;
	struct shadow_zone *const *zone;
	struct shadow_page *page;

	for (zone = list->zone; zone < list->zone + list->nr; zone++) {
		if ((*zone)->type > highest || (*zone)->type < lowest)
			continue;
		if ((alloc_flags & SHADOW_ALLOC_NOFRAGMENT) &&
		    (*zone)->nid != preferred->nid)
			return NULL;
		if (!above_marks(*zone, order, highest, alloc_flags))
			continue;
		page = shadow_page_take(*zone, cpu, gfp, order, alloc_flags);
		if (likely(page))
			return page;
	}
	return NULL;
}

/**
 * shadow_page_first() - the first zone that stays above its low mark
 * @nodes: the layer
 * @cpu: whose per-CPU list is used, below the machine's nr_cpus
 * @gfp: SHADOW_GFP_*
 * @order: log2 of the frames
 *
 * Rather not mixing pageblocks. Follows get_page_from_freelist().
 *
 * Context: any, also with interrupts off; does not sleep.
 * Return: the block's first page, or NULL: shadow_page_slow() is to be asked.
 */
struct shadow_page *shadow_page_first(struct shadow_nodes *nodes,
				      unsigned int cpu, u32 gfp,
				      unsigned int order)
{
	const struct shadow_zonelist *list = shadow_gfp_zonelist(nodes, cpu, gfp);
	unsigned int alloc_flags = SHADOW_WMARK_LOW | SHADOW_ALLOC_KSWAPD;
	struct shadow_page *page = NULL;
	struct shadow_zone *preferred;
	unsigned int nofragment;

	preferred = preferred_zone(list, shadow_gfp_zone(gfp));
	if (unlikely(!preferred))
		return NULL;
	if (gfp & SHADOW_GFP_COLD)
		alloc_flags |= SHADOW_ALLOC_COLD;
	nofragment = shadow_alloc_flags_nofragment(preferred);
	if (nofragment)
		page = take_pass(list, preferred, cpu, gfp, order,
				 alloc_flags | nofragment);
	return page ? : take_pass(list, preferred, cpu, gfp, order, alloc_flags);
}
