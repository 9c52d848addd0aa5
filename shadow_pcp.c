// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pcp - per-CPU lists in front of a zone's buddy.
 *
 * Most allocations and frees are of one frame, and most frames come back soon:
 * a list of each CPU's own answers those without the zone's lock and without
 * splitting and merging. Frames on a list count as in use for the zone
 * (nr_free does not contain them).
 *
 * Lock order: pcp lock, then zone lock. Any CPU may take any pcp lock, which
 * is what makes a remote drain possible; the lock is uncontended otherwise, so
 * it need not be this CPU's list that is used, only usually is.
 */
#include "shadow_buddy.h"
#include "shadow_page_list.h"
#include "shadow_pcp.h"

/**
 * shadow_pcp_bytes() - memory that shadow_pcp_init() wants to be given
 * @nr_cpus: CPUs that will have lists
 *
 * Context: any.
 * Return: bytes.
 */
u64 shadow_pcp_bytes(unsigned int nr_cpus)
{
	return (u64)nr_cpus * SHADOW_MAX_NODES * SHADOW_MAX_NR_ZONES *
	       sizeof(struct shadow_pcp);
}

/**
 * shadow_pcp_init() - empty lists for every CPU and zone
 * @nodes: the layer
 * @mem: shadow_pcp_bytes() of the host's memory, aligned to SHADOW_PCP_ALIGN
 * @nr_cpus: CPUs that will have lists
 *
 * Until shadow_pcp_setup() the lists hold nothing: every free goes on to the
 * zone. The kernel calls these the boot pagesets.
 *
 * Context: process context, boot.
 */
void shadow_pcp_init(struct shadow_nodes *nodes, void *mem,
		     unsigned int nr_cpus)
{
	struct shadow_pcp *pcp = mem;
	struct shadow_zone *zone;
	unsigned int nid, type, cpu, i;

	nodes->nr_cpus = nr_cpus;
	for (nid = 0; nid < SHADOW_MAX_NODES; nid++) {
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
			zone = &nodes->node[nid].zone[type];
			zone->pcp = pcp;
			for (cpu = 0; cpu < nr_cpus; cpu++, pcp++) {
				raw_spin_lock_init(&pcp->lock);
				pcp->count = 0;
				pcp->batch = 1;
				pcp->high = 0;
				pcp->high_min = 0;
				pcp->high_max = 0;
				pcp->flags = 0;
				pcp->alloc_factor = 0;
				pcp->free_count = 0;
				for (i = 0; i < SHADOW_PCP_NR_LISTS; i++)
					shadow_page_list_init(&pcp->list[i]);
			}
		}
	}
}

/*
 * About a thousandth of the zone, at most 1 MiB, a quarter of that at once; one
 * less than a power of two, so that CPUs do not march in step with list
 * lengths. Follows zone_batchsize().
 */
static u32 zone_batch(const struct shadow_zone *zone)
{
	u64 batch = min_t(u64, zone->managed >> 10,
			  SZ_1M >> zone->nodes->page_shift) / 4;

	batch = max_t(u64, batch, 1);
	return rounddown_pow_of_two(batch + batch / 2) - 1 ? : 1;
}

/* What lies under the low watermark, shared by the CPUs: zone_highsize() */
static u32 zone_high(const struct shadow_zone *zone, u32 batch)
{
	return max_t(u64, zone->mark[SHADOW_WMARK_LOW] / zone->nodes->nr_cpus,
		     batch << 2);
}

/**
 * shadow_pcp_setup() - size the lists from the zones
 * @nodes: the layer, watermarks set
 *
 * Follows setup_per_cpu_pageset().
 *
 * Context: process context.
 */
void shadow_pcp_setup(struct shadow_nodes *nodes)
{
	struct shadow_zone *zone;
	unsigned int cpu;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		if (!shadow_zone_populated(zone))
			continue;
		zone->pcp_batch = zone_batch(zone);
		zone->pcp_high_min = zone_high(zone, zone->pcp_batch);
		zone->pcp_high_max = zone->pcp_high_min;
		for (cpu = 0; cpu < nodes->nr_cpus; cpu++) {
			WRITE_ONCE(zone->pcp[cpu].batch, zone->pcp_batch);
			WRITE_ONCE(zone->pcp[cpu].high, zone->pcp_high_min);
		}
	}
}

/* Fetches a batch; less where the zone has no more. Called on an empty list */
static void refill(struct shadow_zone *zone, struct shadow_pcp *pcp,
		   struct shadow_page_list *list, unsigned int order,
		   unsigned int mt)
{
	u32 nr = max_t(u32, pcp->batch >> order, 1), i;
	struct shadow_page *page;

	if (shadow_should_fail(zone->nodes->fail, SHADOW_FAIL_PCP,
			       (u64)nr << (zone->nodes->page_shift + order)))
		return;
	raw_spin_lock(&zone->lock);
	for (i = 0; i < nr; i++) {
		page = __shadow_buddy_alloc(zone, order, mt, 0);
		if (!page)
			break;
		shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_PCP, order, 0, mt));
		/* To the tail, so that frames come out in ascending order */
		if (!shadow_page_list_push_tail(zone->memmap, list, page)) {
			shadow_fault_raise(zone->nodes->fault,
					   "pcp: order %u type %u: last index %u is out of range",
					   order, mt, list->last);
			break;
		}
		pcp->count += BIT(order);
	}
	raw_spin_unlock(&zone->lock);
	shadow_event(zone->nodes->events, SHADOW_EV_PCP_REFILL, i);
}

/**
 * shadow_pcp_alloc() - take a block from a CPU's list, refilled from the zone
 * @zone: the zone
 * @cpu: whose list, below the machine's nr_cpus
 * @order: log2 of the frames, at most SHADOW_PCP_MAX_ORDER
 * @mt: enum shadow_migratetype, below SHADOW_MIGRATE_PCPTYPES
 * @owner: enum shadow_owner of the block from now on
 *
 * Follows rmqueue_pcplist().
 *
 * Context: any; takes the list's and perhaps the zone's lock, interrupts off.
 * Return: the first page, in state ALLOCATED, or NULL.
 */
struct shadow_page *shadow_pcp_alloc(struct shadow_zone *zone, unsigned int cpu,
				     unsigned int order, unsigned int mt,
				     unsigned int owner)
{
	struct shadow_pcp *pcp = &zone->pcp[cpu];
	struct shadow_page_list *list = shadow_pcp_list(pcp, order, mt);
	struct shadow_page *page;
	unsigned long irqflags;

	raw_spin_lock_irqsave(&pcp->lock, irqflags);
	if (unlikely(shadow_page_list_empty(list)))
		refill(zone, pcp, list, order, mt);
	page = shadow_page_list_pop(zone->memmap, list);
	if (likely(page)) {
		pcp->count -= BIT(order);
		/* Under the lock: a walk never meets a frame between two owners */
		shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_ALLOCATED, order, owner, mt));
	} else if (!shadow_page_list_empty(list)) {
		shadow_fault_raise(zone->nodes->fault,
				   "pcp: cpu %u order %u type %u: list of index %u is corrupt",
				   cpu, order, mt, list->first);
	}
	raw_spin_unlock_irqrestore(&pcp->lock, irqflags);
	return page;
}

/* Returns the oldest blocks of one list to the zone; zone lock held */
static int drain_list(struct shadow_zone *zone, struct shadow_pcp *pcp,
		      struct shadow_page_list *list, unsigned int order,
		      u32 *nr_pages)
{
	struct shadow_page *page;

	while (*nr_pages && !shadow_page_list_empty(list)) {
		page = shadow_page_at(zone->memmap, list->last);
		if (!page || !shadow_page_list_del(zone->memmap, list, page))
			return shadow_fault_raise(zone->nodes->fault,
				"pcp: order %u: list that ends at index %u is corrupt",
				order, list->last);
		pcp->count -= BIT(order);
		*nr_pages -= min_t(u32, *nr_pages, BIT(order));
		if (__shadow_buddy_free(zone, page, order))
			return -EUCLEAN;
		shadow_event(zone->nodes->events, SHADOW_EV_PCP_DRAIN, 1);
	}
	return 0;
}

/* Returns at least @nr_pages frames, as far as there are as many */
static void drain(struct shadow_zone *zone, struct shadow_pcp *pcp, u32 nr_pages)
{
	unsigned int order, mt;

	raw_spin_lock(&zone->lock);
	for (order = 0; order <= SHADOW_PCP_MAX_ORDER; order++)
		for (mt = 0; mt < SHADOW_MIGRATE_PCPTYPES; mt++)
			if (drain_list(zone, pcp, shadow_pcp_list(pcp, order, mt),
				       order, &nr_pages))
				goto unlock;
unlock:
	raw_spin_unlock(&zone->lock);
}

/**
 * shadow_pcp_free() - put a block on a CPU's list; drain it when too long
 * @zone: the zone that the block lies in
 * @cpu: whose list, below the machine's nr_cpus
 * @page: the block's first page, on no list
 * @order: log2 of the frames, at most SHADOW_PCP_MAX_ORDER
 * @mt: migratetype of its pageblock, below SHADOW_MIGRATE_PCPTYPES
 *
 * Follows free_unref_page_commit().
 *
 * Context: any; takes the list's and perhaps the zone's lock, interrupts off.
 * Return: 0, or -EUCLEAN if the list is corrupt (the machine is frozen then).
 */
int shadow_pcp_free(struct shadow_zone *zone, unsigned int cpu,
		    struct shadow_page *page, unsigned int order,
		    unsigned int mt)
{
	struct shadow_pcp *pcp = &zone->pcp[cpu];
	struct shadow_page_list *list = shadow_pcp_list(pcp, order, mt);
	unsigned long irqflags;
	int err = 0;

	raw_spin_lock_irqsave(&pcp->lock, irqflags);
	shadow_page_set(page, SHADOW_PF(SHADOW_PAGE_PCP, order, 0, mt));
	if (likely(shadow_page_list_push(zone->memmap, list, page))) {
		pcp->count += BIT(order);
		if (unlikely(pcp->count > pcp->high))
			drain(zone, pcp, max_t(u32, pcp->batch, BIT(order)));
	} else {
		err = shadow_fault_raise(zone->nodes->fault,
					 "pcp: cpu %u order %u type %u: first index %u is out of range",
					 cpu, order, mt, list->first);
	}
	raw_spin_unlock_irqrestore(&pcp->lock, irqflags);
	return err;
}

/**
 * shadow_pcp_drain() - return everything on all CPUs' lists to the zone
 * @zone: the zone
 *
 * Follows drain_all_pages().
 *
 * Context: any; takes the locks of each list and of the zone in turn.
 */
void shadow_pcp_drain(struct shadow_zone *zone)
{
	struct shadow_pcp *pcp;
	unsigned long irqflags;

	for (pcp = zone->pcp; pcp < zone->pcp + zone->nodes->nr_cpus; pcp++) {
		raw_spin_lock_irqsave(&pcp->lock, irqflags);
		drain(zone, pcp, pcp->count);
		raw_spin_unlock_irqrestore(&pcp->lock, irqflags);
	}
}

/**
 * shadow_pcp_count() - frames on all CPUs' lists of a zone
 * @zone: the zone
 *
 * Context: any; a momentary value.
 * Return: the number of frames.
 */
u64 shadow_pcp_count(const struct shadow_zone *zone)
{
	unsigned int cpu;
	u64 nr_pages = 0;

	for (cpu = 0; cpu < zone->nodes->nr_cpus; cpu++)
		nr_pages += READ_ONCE(zone->pcp[cpu].count);
	return nr_pages;
}
