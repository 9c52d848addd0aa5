// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_page_count - what happened to frames while counters were on: what CPUs'
 * lists and zones have counted, added up.
 */
#include "shadow_gfp.h"
#include "shadow_page_count.h"
#include "shadow_pcp.h"

static u64 count_zone(const struct shadow_zone *zone, enum shadow_event_id id)
{
	bool alloc = id == SHADOW_EV_PAGE_ALLOC;
	u64 sum = atomic64_read(alloc ? &zone->nr_alloc : &zone->nr_freed);
	unsigned int cpu;

	for (cpu = 0; zone->pcp && cpu < zone->nodes->nr_cpus; cpu++)
		sum += READ_ONCE(*(alloc ? &zone->pcp[cpu].nr_alloc :
					   &zone->pcp[cpu].nr_freed));
	return sum;
}

/* Does the zone itself count it, under its lock? */
static bool is_told(enum shadow_event_id id, enum shadow_zone_told *what)
{
	switch (id) {
	case SHADOW_EV_PAGE_SPLIT:
		*what = SHADOW_ZONE_SPLIT;
		return true;
	case SHADOW_EV_PAGE_MERGE:
		*what = SHADOW_ZONE_MERGE;
		return true;
	case SHADOW_EV_PCP_REFILL:
		*what = SHADOW_ZONE_REFILL;
		return true;
	case SHADOW_EV_PCP_DRAIN:
		*what = SHADOW_ZONE_DRAIN;
		return true;
	default:
		return false;
	}
}

/**
 * shadow_page_count() - an event of one type of zone, of all nodes
 * @nodes: the layer
 * @type: of the zones
 * @id: SHADOW_EV_PAGE_ALLOC, _FREE, _SPLIT, _MERGE, SHADOW_EV_PCP_REFILL or
 *	_DRAIN; of another one nothing is counted here
 *
 * Context: any; a momentary value.
 * Return: how often it happened (to how many frames), while counters were on.
 */
u64 shadow_page_count(const struct shadow_nodes *nodes,
		      enum shadow_zone_type type, enum shadow_event_id id)
{
	const struct shadow_zone *zone;
	enum shadow_zone_told what;
	unsigned int nid;
	u64 sum = 0;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		zone = &nodes->node[nid].zone[type];
		if (is_told(id, &what))
			sum += READ_ONCE(zone->nr_told[what]);
		else if (id == SHADOW_EV_PAGE_ALLOC || id == SHADOW_EV_PAGE_FREE)
			sum += count_zone(zone, id);
	}
	return sum;
}

static u64 count(const struct shadow_event_source *source, enum shadow_event_id id)
{
	const struct shadow_nodes *nodes =
		container_of(source, struct shadow_nodes, counts);
	unsigned int type;
	u64 sum = 0;

	for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
		sum += shadow_page_count(nodes, type, id);
	return sum;
}

static u64 beyond_of(const struct shadow_zone *zone)
{
	u64 sum = atomic64_read(&zone->nr_beyond);
	unsigned int cpu;

	for (cpu = 0; zone->pcp && cpu < zone->nodes->nr_cpus; cpu++)
		sum += READ_ONCE(zone->pcp[cpu].nr_beyond);
	return sum;
}

/**
 * shadow_page_count_calls() - allocations, whatever their order
 * @nodes: the layer
 *
 * Without those of shadow_contig_alloc(), as the kernel's numa_hit.
 *
 * Context: any; a momentary value.
 * Return: how many there were, while counters were on.
 */
u64 shadow_page_count_calls(const struct shadow_nodes *nodes)
{
	const struct shadow_zone *zone;
	unsigned int nid, type;
	u64 sum = 0;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
			zone = &nodes->node[nid].zone[type];
			sum += count_zone(zone, SHADOW_EV_PAGE_ALLOC) - beyond_of(zone);
		}
	}
	return sum;
}

/**
 * __shadow_page_count_place() - shadow_page_count_place() of several nodes
 * @nodes: the layer
 * @cpu: who asked
 * @gfp: SHADOW_GFP_*
 * @zone: where it is from
 * @nr: how many allocations
 *
 * Follows zone_statistics() of mm/page_alloc.c.
 *
 * Context: any.
 */
void __shadow_page_count_place(struct shadow_nodes *nodes, unsigned int cpu,
			       u32 gfp, const struct shadow_zone *zone,
			       unsigned int nr)
{
	const struct shadow_zonelist *list = shadow_gfp_zonelist(nodes, cpu, gfp);
	unsigned int i = 0;

	while (i < list->nr && list->zone[i]->type > shadow_gfp_zone(gfp))
		i++;
	if (i < list->nr && list->zone[i]->nid != zone->nid)
		atomic64_add(nr, &nodes->numa_miss);
	if (zone->nid != shadow_cpu_node(nodes, cpu))
		atomic64_add(nr, &nodes->numa_other);
}

/**
 * __shadow_page_count_any() - an allocation has got what it asked for
 * @nodes: the layer
 * @cpu: who allocated
 * @gfp: as it was asked for
 * @page: the first page
 * @order: log2 of the frames
 *
 * Called last and while counters count: nothing is kept for it.
 *
 * Context: any.
 * Return: @page.
 */
struct shadow_page *__shadow_page_count_any(struct shadow_nodes *nodes,
					    unsigned int cpu, u32 gfp,
					    struct shadow_page *page,
					    unsigned int order)
{
	struct shadow_zone *zone = shadow_page_zone(nodes, page);

	shadow_zone_count_alloc(zone, BIT(order));
	shadow_zone_count_beyond(zone, BIT(order) - 1);
	shadow_page_count_place(nodes, cpu, gfp, zone, 1);
	return page;
}

/**
 * shadow_page_count_keep() - a zone's lists go; what they have counted stays
 * @zone: the zone
 *
 * Context: nobody allocates.
 */
void shadow_page_count_keep(struct shadow_zone *zone)
{
	u64 nr_alloc = count_zone(zone, SHADOW_EV_PAGE_ALLOC);
	u64 nr_freed = count_zone(zone, SHADOW_EV_PAGE_FREE);
	u64 nr_beyond = beyond_of(zone);
	unsigned int cpu;

	atomic64_set(&zone->nr_alloc, nr_alloc);
	atomic64_set(&zone->nr_freed, nr_freed);
	atomic64_set(&zone->nr_beyond, nr_beyond);
	for (cpu = 0; zone->pcp && cpu < zone->nodes->nr_cpus; cpu++) {
		zone->pcp[cpu].nr_alloc = 0;
		zone->pcp[cpu].nr_freed = 0;
		zone->pcp[cpu].nr_beyond = 0;
	}
}

/**
 * shadow_page_count_init() - the machine's log asks for what is counted here
 * @nodes: the layer
 *
 * Context: process context, before anybody allocates.
 */
void shadow_page_count_init(struct shadow_nodes *nodes)
{
	nodes->counts.count = count;
	shadow_event_add_source(nodes->events, &nodes->counts);
}
