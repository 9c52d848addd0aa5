/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_quick - the ways of single frames and blocks off and onto lists on
 * which nothing else is to be thought of: for shadow_page_alloc.c, and for
 * shadow_page_record.c, which does the same while a ring listens.
 */
#ifndef SHADOW_PAGE_QUICK_H
#define SHADOW_PAGE_QUICK_H

#include "shadow_buddy.h"
#include "shadow_page_alloc.h"
#include "shadow_page_count.h"
#include "shadow_page_owner.h"
#include "shadow_pcp.h"
#include "shadow_watermark.h"

/* shadow_page_alloc.c */
struct shadow_page *shadow_page_alloc_watched(struct shadow_nodes *nodes,
					      unsigned int cpu, u32 gfp,
					      unsigned int order);
int shadow_page_free_watched(struct shadow_nodes *nodes, unsigned int cpu,
			     struct shadow_page *page, unsigned int order);
void __shadow_page_tell_free(const struct shadow_nodes *nodes,
			     const struct shadow_page *page, unsigned int order);
/* shadow_page_record.c */
struct shadow_page *shadow_page_alloc_recorded(struct shadow_nodes *nodes,
					       unsigned int cpu, u32 gfp,
					       unsigned int order);
int shadow_page_free_recorded(struct shadow_nodes *nodes, unsigned int cpu,
			      struct shadow_page *page, unsigned int order);

/* The fast path of a CPU's own node */
static __always_inline const struct shadow_fast *
shadow_page_fast_of(const struct shadow_nodes *nodes, unsigned int cpu, u32 gfp)
{
	const struct shadow_node *node = nodes->node;

	if (unlikely(nodes->nr_nodes > 1))
		node += shadow_cpu_node(nodes, cpu);
	return &node->fast[gfp & (SHADOW_NR_FAST - 1)];
}

/*
 * The preferred zone stays above its high mark when a block has left it: neither
 * watermarks nor other zones need a thought.
 */
static __always_inline bool shadow_page_above_high(const struct shadow_fast *fast,
						   const struct shadow_zone *zone,
				       unsigned int order)
{
	s64 nr_free = READ_ONCE(zone->nr_free) -
		      READ_ONCE(zone->nr_free_highatomic) - (BIT_ULL(order) - 1);

	return likely(nr_free > (s64)(shadow_wmark_pages(zone, SHADOW_WMARK_HIGH) +
				      *fast->reserve));
}

static __always_inline void __shadow_page_count_listed(struct shadow_pcp *pcp,
						       unsigned int order)
{
	pcp->nr_alloc += 1U << order;
	if (order)
		pcp->nr_beyond += (1U << order) - 1;
}

/* Off this CPU's list, where nobody holds its lock and it is not empty */
static __always_inline struct shadow_page *
shadow_page_take_listed(const struct shadow_nodes *nodes, struct shadow_zone *zone,
			unsigned int cpu, unsigned int order, unsigned int mt,
	    unsigned int owner)
{
	struct shadow_pcp *pcp = &zone->pcp[cpu];
	struct shadow_page *page = NULL;
	unsigned long irqflags;

	shadow_pcp_enter(irqflags);
	if (likely(shadow_pcp_trylock(pcp))) {
		page = __shadow_pcp_pop(&nodes->memmap, zone, pcp, order, mt,
					owner);
		if (shadow_counting() && likely(page))
			__shadow_page_count_listed(pcp, order);
		shadow_pcp_unlock(pcp);
	}
	shadow_pcp_leave(irqflags);
	return page;
}

/*
 * A single frame off the preferred zone's list of this CPU: nothing special is
 * asked for. Anything else takes longer.
 */
static __always_inline struct shadow_page *
shadow_page_take_single(const struct shadow_nodes *nodes, unsigned int cpu, u32 gfp)
{
	const struct shadow_fast *fast = shadow_page_fast_of(nodes, cpu, gfp);
	unsigned int mt = (gfp & SHADOW_GFP_MOBILITY) / SHADOW_GFP_MOVABLE;
	struct shadow_zone *zone = fast->zone;

	if (unlikely(!zone) || !shadow_page_above_high(fast, zone, 0))
		return NULL;
	return shadow_page_take_listed(nodes, zone, cpu, 0, mt, shadow_gfp_owner(gfp));
}

/*
 * Likewise a block off the list of its order. It counts as long as the zone
 * could give another one, as for the kernel's watermarks.
 */
static __always_inline struct shadow_page *
shadow_page_take_block(const struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
		       unsigned int order)
{
	const struct shadow_fast *fast = shadow_page_fast_of(nodes, cpu, gfp);
	struct shadow_zone *zone = fast->zone;

	if (unlikely(!zone) || !shadow_page_above_high(fast, zone, order) ||
	    unlikely(!(shadow_watermark_orders(zone, 0) >> order)))
		return NULL;
	return shadow_page_take_listed(nodes, zone, cpu, order, shadow_gfp_mt(nodes, gfp),
			   shadow_gfp_owner(gfp));
}

/* Likewise a block off the zone's free areas */
static __always_inline struct shadow_page *
shadow_page_take_free(const struct shadow_nodes *nodes, unsigned int cpu, u32 gfp,
		      unsigned int order)
{
	const struct shadow_fast *fast = shadow_page_fast_of(nodes, cpu, gfp);
	struct shadow_zone *zone = fast->zone;
	struct shadow_page *page;

	if (unlikely(!zone) || !shadow_page_above_high(fast, zone, order))
		return NULL;
	page = shadow_buddy_try_alloc(zone, order, shadow_gfp_mt(nodes, gfp),
				      shadow_gfp_owner(gfp));
	if (likely(page)) {
		shadow_zone_count_alloc(zone, BIT(order));
		shadow_zone_count_beyond(zone, BIT(order) - 1);
	}
	return page;
}

/* Is there anything about an allocation that the general way alone knows of? */
static __always_inline bool shadow_page_plain(const struct shadow_nodes *nodes, u32 gfp)
{
	return !(gfp & SHADOW_GFP_SPECIAL) && !shadow_fault_frozen(nodes->fault);
}

/* Before somebody else can have the frames */
static __always_inline void shadow_page_tell_free(struct shadow_nodes *nodes,
						  const struct shadow_page *page,
				      unsigned int order)
{
	if (nodes->page_owner)
		shadow_page_owner_clear(nodes->page_owner, page);
	if (shadow_event_heard(SHADOW_EV_PAGE_FREE))
		__shadow_page_tell_free(nodes, page, order);
}

/*
 * A block on its zone's list of this CPU, where that is all there is to do. Its
 * last reference goes under the list's lock: where that is not to be had nothing
 * has changed, and all begins anew on the general way. @tell: somebody listens.
 */
static __always_inline bool shadow_page_give_listed(struct shadow_nodes *nodes,
						    struct shadow_zone *zone,
					unsigned int cpu,
					struct shadow_page *page,
					unsigned int order, const bool tell)
{
	unsigned int mt = shadow_pageblock_mt(nodes,
					      shadow_page_index(&nodes->memmap, page));
	unsigned long irqflags;
	struct shadow_pcp *pcp;
	bool given = false;

	if (unlikely(!zone->pcp || mt >= SHADOW_MIGRATE_PCPTYPES))
		return false;
	pcp = &zone->pcp[cpu];
	shadow_pcp_enter(irqflags);
	if (likely(shadow_pcp_trylock(pcp))) {
		given = (order ? __shadow_pcp_room_block(zone, pcp, order) :
				 __shadow_pcp_room(zone, pcp)) &&
			atomic_cmpxchg(&page->refcount, 1, 0) == 1;
		if (likely(given)) {
			if (tell)
				shadow_page_tell_free(nodes, page, order);
			if (shadow_counting())
				pcp->nr_freed += 1U << order;
			if (order)
				__shadow_pcp_freed_block(zone, pcp, order);
			else
				__shadow_pcp_freed(zone, pcp);
			__shadow_pcp_push(&nodes->memmap, pcp, page, order, mt);
		}
		shadow_pcp_unlock(pcp);
	}
	shadow_pcp_leave(irqflags);
	return given;
}

/* Is that the first frame of a block in use, of this order? */
static __always_inline bool shadow_page_in_use(u32 flags, unsigned int order)
{
	return (flags & (SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK)) ==
	       SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, 0, 0);
}

/* Is it a block in use, of a real machine? */
static __always_inline bool shadow_page_plain_block(const struct shadow_nodes *nodes,
						    u32 flags, unsigned int order)
{
	return likely(shadow_page_in_use(flags, order)) &&
	       !shadow_fault_frozen(nodes->fault) &&
	       !shadow_block_virtual(nodes->block);
}

/* A single frame that nobody else uses, of a real machine; false: it takes longer */
static __always_inline bool shadow_page_free_single(struct shadow_nodes *nodes,
						    unsigned int cpu,
					struct shadow_page *page, const bool tell)
{
	u32 flags = READ_ONCE(page->flags);

	return shadow_page_plain_block(nodes, flags, 0) &&
	       likely(shadow_page_give_listed(nodes, shadow_flags_zone(nodes, flags), cpu,
					      page, 0, tell));
}

/* Is it the first frame of a block in use, which lies in one piece? */
static __always_inline bool shadow_page_plain_large(const struct shadow_nodes *nodes,
						    const struct shadow_page *page, u32 flags,
					unsigned int order)
{
	return likely(order <= nodes->max_order && shadow_page_plain_block(nodes, flags, order) &&
		      shadow_page_fits(&nodes->memmap,
				       shadow_page_index(&nodes->memmap, page), order));
}

/* Likewise a block that has a list */
static __always_inline bool shadow_page_free_listed(struct shadow_nodes *nodes,
						    unsigned int cpu, struct shadow_page *page,
					unsigned int order, const bool tell)
{
	u32 flags = READ_ONCE(page->flags);

	return order <= SHADOW_PCP_MAX_ORDER && nodes->pcp_orders >> order & 1 &&
	       shadow_page_plain_large(nodes, page, flags, order) &&
	       likely(shadow_page_give_listed(nodes, shadow_flags_zone(nodes, flags), cpu,
					      page, order, tell));
}

#endif /* SHADOW_PAGE_QUICK_H */
