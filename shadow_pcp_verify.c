// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pcp_verify - what lies on the per-CPU lists, held against what the
 * memmap says of the frames.
 */
#include "shadow_pcp.h"
#include "shadow_pcp_list.h"

/* A list on the way from its newest to its oldest block */
struct walk {
	struct shadow_zone *zone;
	const struct shadow_pcp *pcp;
	unsigned int nr_list;
	unsigned int order;
	u32 prev;
	bool linked;
	struct shadow_fault *fault;
};

static const char *zone_name(const struct walk *walk)
{
	return shadow_zone_names[walk->zone->type];
}

static unsigned int cpu_of(const struct walk *walk)
{
	return walk->pcp - walk->zone->pcp;
}

static bool is_listed(const struct walk *walk, const struct shadow_page *page)
{
	const u32 mask = (SHADOW_PCP_FLAGS_MASK & ~SHADOW_PF_MT_MASK) |
			 SHADOW_PF_COMP;
	u32 want = shadow_pcp_flags(walk->zone, walk->order, 0);
	unsigned int mt = shadow_page_mt(page);

	return (page->flags & mask) == want &&
	       mt < SHADOW_MIGRATE_PCPTYPES &&
	       shadow_pcp_list_of(walk->order, mt) == walk->nr_list;
}

/*
 * Blocks at the top have no link back yet. From the first one on that has, which
 * names itself, all have.
 */
static int verify_link(struct walk *walk, const struct shadow_page *page,
		       u32 index)
{
	u32 want = walk->linked ? walk->prev : index;

	if (page->prev == SHADOW_NO_PAGE && !walk->linked)
		return 0;
	walk->linked = true;
	if (page->prev == want)
		return 0;
	return shadow_fault_raise(walk->fault,
		"pcp: zone %s cpu %u list %u: index %u points back to index %u, expected %u",
		zone_name(walk), cpu_of(walk), walk->nr_list, index, page->prev,
		want);
}

static int verify_list(struct walk *walk, u64 *nr_pages)
{
	const struct shadow_page_list *list = &walk->pcp->list[walk->nr_list];
	const struct shadow_page *page;
	u32 index;
	int err;

	walk->prev = SHADOW_NO_PAGE;
	walk->linked = false;
	walk->order = shadow_pcp_list_order(walk->zone, walk->nr_list);
	for (index = list->first; index != SHADOW_NO_PAGE; index = page->next) {
		page = shadow_page_at(walk->zone->memmap, index);
		if (!page || !is_listed(walk, page))
			return shadow_fault_raise(walk->fault,
				"pcp: zone %s cpu %u list %u: index %u is listed but is no such block (flags %#x)",
				zone_name(walk), cpu_of(walk), walk->nr_list,
				index, page ? page->flags : 0);
		if (atomic_read(&page->refcount))
			return shadow_fault_raise(walk->fault,
				"pcp: zone %s cpu %u list %u: pfn %#llx is listed with a refcount of %d",
				zone_name(walk), cpu_of(walk), walk->nr_list,
				shadow_index_to_pfn(walk->zone->memmap, index),
				atomic_read(&page->refcount));
		err = verify_link(walk, page, index);
		if (err)
			return err;
		*nr_pages += BIT(walk->order);
		if (*nr_pages > walk->zone->managed)
			return shadow_fault_raise(walk->fault,
				"pcp: zone %s cpu %u list %u: more frames listed than the zone has, a cycle",
				zone_name(walk), cpu_of(walk), walk->nr_list);
		walk->prev = index;
	}
	/* Where nothing is linked there is no last */
	if (!walk->linked)
		walk->prev = SHADOW_NO_PAGE;
	if (list->last == walk->prev)
		return 0;
	return shadow_fault_raise(walk->fault,
		"pcp: zone %s cpu %u list %u: last is index %u, the walk ended at %u",
		zone_name(walk), cpu_of(walk), walk->nr_list, list->last,
		walk->prev);
}

/* What the lists have learnt, and how long they may be */
static int verify_pace(const struct walk *walk)
{
	const struct shadow_zone *zone = walk->zone;
	const struct shadow_pcp *pcp = walk->pcp;
	u32 most = (zone->pcp_batch << SHADOW_PCP_BATCH_SCALE) +
		   BIT(zone->nodes->max_order);

	/* In a zone of a few MiB the two may cross, as Linux's do */
	if (pcp->high && (pcp->high < min(zone->pcp_high_min, zone->pcp_high_max) ||
			  pcp->high > max(zone->pcp_high_min, zone->pcp_high_max)))
		return shadow_fault_raise(walk->fault,
			"pcp: zone %s cpu %u: high is %u, allowed is %u to %u",
			zone_name(walk), cpu_of(walk), pcp->high,
			zone->pcp_high_min, zone->pcp_high_max);
	if (pcp->flags & ~SHADOW_PCP_PREV_FREE_HIGH ||
	    pcp->alloc_factor > SHADOW_PCP_BATCH_SCALE || pcp->free_count > most)
		return shadow_fault_raise(walk->fault,
			"pcp: zone %s cpu %u: flags %#x, alloc_factor %u or free_count %u cannot be",
			zone_name(walk), cpu_of(walk), pcp->flags,
			pcp->alloc_factor, pcp->free_count);
	return 0;
}

static int verify_cpu(struct walk *walk)
{
	u64 nr_pages = 0;
	int err;

	err = verify_pace(walk);
	for (walk->nr_list = 0; !err && walk->nr_list < SHADOW_PCP_NR_LISTS;
	     walk->nr_list++)
		err = verify_list(walk, &nr_pages);
	if (err)
		return err;
	if (nr_pages != walk->pcp->count)
		return shadow_fault_raise(walk->fault,
			"pcp: zone %s cpu %u: %llu frames listed, count says %u",
			zone_name(walk), cpu_of(walk), nr_pages,
			walk->pcp->count);
	return 0;
}

static int verify_lists(struct shadow_zone *zone, u64 *nr_pages,
			struct shadow_fault *fault)
{
	struct walk walk = { .zone = zone, .fault = fault };
	unsigned int cpu;
	int err = 0;

	for (cpu = 0; !err && cpu < zone->nodes->nr_cpus; cpu++) {
		walk.pcp = &zone->pcp[cpu];
		err = verify_cpu(&walk);
		*nr_pages += walk.pcp->count;
	}
	return err;
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
 * shadow_pcp_lock_all() - keep what is listed as it is
 * @zone: the zone
 *
 * All lists of all CPUs. With the zone's lock, which may be taken inside, no
 * block of the zone changes its owner or its place.
 *
 * Context: process context, see shadow_pcp_drain_cpu(); takes walk_lock, then
 * each list's lock. Returns with interrupts off.
 * Return: for shadow_pcp_unlock_all().
 */
unsigned long shadow_pcp_lock_all(struct shadow_zone *zone)
	__acquires(&zone->nodes->walk_lock)
{
	unsigned int nr_cpus = zone->pcp ? zone->nodes->nr_cpus : 0, cpu;
	unsigned long irqflags;

	raw_spin_lock_irqsave(&zone->nodes->walk_lock, irqflags);
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		raw_spin_lock_nest_lock(&zone->pcp[cpu].lock,
					&zone->nodes->walk_lock);
		/* Sparse counts no locks of a loop */
		__release(&zone->pcp[cpu].lock);
	}
	return irqflags;
}

/**
 * shadow_pcp_unlock_all() - the other half of shadow_pcp_lock_all()
 * @zone: the zone
 * @irqflags: what that returned
 *
 * Context: as that left it.
 */
void shadow_pcp_unlock_all(struct shadow_zone *zone, unsigned long irqflags)
	__releases(&zone->nodes->walk_lock)
{
	unsigned int cpu = zone->pcp ? zone->nodes->nr_cpus : 0;

	for (; cpu; cpu--)
		shadow_pcp_unlock(&zone->pcp[cpu - 1]);
	raw_spin_unlock_irqrestore(&zone->nodes->walk_lock, irqflags);
}

/**
 * shadow_pcp_verify() - walk all per-CPU lists of a zone
 * @zone: the zone
 * @fault: filled with the first thing that is wrong
 *
 * Every link both ways as far as there are any, every listed block's state,
 * order, type, place and owner, the counts, what the lists have learnt, and that
 * no block says that it is listed which is not.
 *
 * Context: process context, see shadow_pcp_drain_cpu(); takes all lists' locks
 * at once, then the zone's, interrupts off for the length of a walk over the
 * zone. Changes nothing.
 * Return: 0, or -EUCLEAN.
 */
int shadow_pcp_verify(struct shadow_zone *zone, struct shadow_fault *fault)
{
	unsigned long irqflags;
	u64 nr_pages = 0;
	int err;

	if (!zone->pcp)
		return 0;
	irqflags = shadow_pcp_lock_all(zone);
	err = verify_lists(zone, &nr_pages, fault);
	if (!err)
		err = verify_unlisted(zone, nr_pages, fault);
	shadow_pcp_unlock_all(zone, irqflags);
	return err;
}
