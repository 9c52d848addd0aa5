// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pcp_verify - what lies on the per-CPU lists, held against what the
 * memmap says of the frames.
 */
#include "shadow_pcp.h"

static int verify_pcp_list(struct shadow_zone *zone, struct shadow_pcp *pcp,
			   unsigned int order, unsigned int mt, u64 *nr_pages,
			   struct shadow_fault *fault)
{
	const struct shadow_page_list *list = shadow_pcp_list(pcp, order, mt);
	u32 mask = SHADOW_PF_STATE_MASK | SHADOW_PF_ORDER_MASK |
		   SHADOW_PF_PLACE_MASK | SHADOW_PF_OWNER_MASK |
		   SHADOW_PF_MT_MASK | SHADOW_PF_COMP;
	u32 want = SHADOW_PF(SHADOW_PAGE_PCP, order, 0, mt) |
		   shadow_zone_place(zone);
	u32 index = list->first, prev = SHADOW_NO_PAGE;
	const struct shadow_page *page;

	for (; index != SHADOW_NO_PAGE; prev = index, index = page->next) {
		page = shadow_page_at(zone->memmap, index);
		if (!page || page->prev != prev || (page->flags & mask) != want)
			return shadow_fault_raise(fault,
				"pcp: order %u type %u: index %u is listed but is no such block (flags %#x)",
				order, mt, index, page ? page->flags : 0);
		if (atomic_read(&page->refcount))
			return shadow_fault_raise(fault,
				"pcp: order %u type %u: pfn %#llx is listed with a refcount of %d",
				order, mt, shadow_index_to_pfn(zone->memmap, index),
				atomic_read(&page->refcount));
		*nr_pages += BIT(order);
		if (*nr_pages > zone->managed)
			return shadow_fault_raise(fault,
				"pcp: order %u type %u: more frames listed than the zone has, a cycle",
				order, mt);
	}
	if (list->last != prev)
		return shadow_fault_raise(fault,
			"pcp: order %u type %u: last is index %u, the walk ended at %u",
			order, mt, list->last, prev);
	return 0;
}

static int verify_pcp(struct shadow_zone *zone, struct shadow_pcp *pcp,
		      struct shadow_fault *fault)
{
	unsigned int order, mt;
	u64 nr_pages = 0;
	int err;

	for (order = 0; order <= SHADOW_PCP_MAX_ORDER; order++) {
		for (mt = 0; mt < SHADOW_MIGRATE_PCPTYPES; mt++) {
			err = verify_pcp_list(zone, pcp, order, mt, &nr_pages, fault);
			if (err)
				return err;
		}
	}
	if (nr_pages != pcp->count)
		return shadow_fault_raise(fault,
			"pcp: zone %s: %llu frames listed, count says %u",
			shadow_zone_names[zone->type], nr_pages, pcp->count);
	return 0;
}

static int verify_lists(struct shadow_zone *zone, u64 *nr_pages,
			struct shadow_fault *fault)
{
	struct shadow_pcp *pcp;
	int err;

	for (pcp = zone->pcp; pcp < zone->pcp + zone->nodes->nr_cpus; pcp++) {
		err = verify_pcp(zone, pcp, fault);
		if (err)
			return err;
		*nr_pages += pcp->count;
	}
	return 0;
}

/* A frame that says it is on a list is on one */
static int verify_unlisted(struct shadow_zone *zone, u64 nr_pages,
			   struct shadow_fault *fault)
{
	u64 nr_said;

	raw_spin_lock(&zone->lock);
	nr_said = __shadow_zone_count(zone, SHADOW_PAGE_PCP);
	raw_spin_unlock(&zone->lock);
	if (nr_said == nr_pages)
		return 0;
	return shadow_fault_raise(fault,
		"pcp: zone %s: %llu frames listed, %llu say that they are",
		shadow_zone_names[zone->type], nr_pages, nr_said);
}

/**
 * shadow_pcp_verify() - walk all per-CPU lists of a zone
 * @zone: the zone
 * @fault: filled with the first thing that is wrong
 *
 * Every list both ways, every listed block's state, order and place, the
 * counts, and that no block says that it is listed which is not.
 *
 * Context: any; takes all lists' locks at once, then the zone's, interrupts
 * off for the length of a walk over the zone. Changes nothing.
 * Return: 0, or -EUCLEAN.
 */
int shadow_pcp_verify(struct shadow_zone *zone, struct shadow_fault *fault)
{
	raw_spinlock_t *walk_lock = &zone->nodes->walk_lock;
	unsigned int nr_cpus = zone->nodes->nr_cpus, cpu;
	unsigned long irqflags;
	u64 nr_pages = 0;
	int err;

	raw_spin_lock_irqsave(walk_lock, irqflags);
	for (cpu = 0; cpu < nr_cpus; cpu++)
		raw_spin_lock_nest_lock(&zone->pcp[cpu].lock, walk_lock);
	err = verify_lists(zone, &nr_pages, fault);
	if (!err)
		err = verify_unlisted(zone, nr_pages, fault);
	for (cpu = nr_cpus; cpu; cpu--)
		raw_spin_unlock(&zone->pcp[cpu - 1].lock);
	raw_spin_unlock_irqrestore(walk_lock, irqflags);
	return err;
}
