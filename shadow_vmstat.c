// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_vmstat - a machine's counters by name. See shadow_vmstat.h.
 */
#include "shadow_boot.h"
#include "shadow_page_count.h"
#include "shadow_vmstat.h"

/**
 * struct counter - one that is no event's
 * @name: as in the file
 * @get: what it stands at; @type is that of a zone, for those that have one
 * @type: see there
 * @since: phase from which on it is there
 * @what: what it counts
 */
struct counter {
	const char *name;
	u64 (*get)(struct shadow_mm *mm, unsigned int type);
	unsigned int type;
	unsigned int since;
	const char *what;
};

/* ------------------------------------------------------- what there is now -- */

static u64 free_pages(struct shadow_mm *mm, unsigned int type)
{
	return shadow_nodes_free(&mm->nodes);
}

static u64 slab_reclaimable(struct shadow_mm *mm, unsigned int type)
{
	return atomic64_read(&mm->slab.nr_reclaimable);
}

/* What kmalloc has straight from the page allocator is unreclaimable, too */
static u64 slab_unreclaimable(struct shadow_mm *mm, unsigned int type)
{
	u64 nr_frames = atomic64_read(&mm->slab.nr_frames);

	return nr_frames - min(nr_frames, slab_reclaimable(mm, type));
}

static u64 tables(struct shadow_mm *mm, unsigned int type)
{
	return mm->idmap.nr_tables + mm->init_pg.nr_tables +
	       mm->swapper.nr_tables + mm->user.nr_tables;
}

/* ---------------------------------------------- what counters have counted -- */

static u64 numa_miss(struct shadow_mm *mm, unsigned int type)
{
	return atomic64_read(&mm->nodes.numa_miss);
}

static u64 numa_hit(struct shadow_mm *mm, unsigned int type)
{
	u64 calls = shadow_page_count_calls(&mm->nodes);

	return calls - min(calls, numa_miss(mm, type));
}

static u64 numa_other(struct shadow_mm *mm, unsigned int type)
{
	return atomic64_read(&mm->nodes.numa_other);
}

static u64 numa_local(struct shadow_mm *mm, unsigned int type)
{
	u64 calls = shadow_page_count_calls(&mm->nodes);

	return calls - min(calls, numa_other(mm, type));
}

static u64 pgalloc(struct shadow_mm *mm, unsigned int type)
{
	return shadow_page_count(&mm->nodes, type, SHADOW_EV_PAGE_ALLOC);
}

/* ----------------------------------------------------------------- vmalloc -- */

enum { USED_KB, AREAS, LAZY_AREAS, LAZY_PAGES, LAZY_MAX_PAGES, PURGES, PURGED };

static u64 vmalloc(struct shadow_mm *mm, unsigned int type)
{
	struct shadow_vmalloc_totals totals;

	if (shadow_vmalloc_totals(&mm->vmalloc, &totals))
		return 0;
	switch (type) {
	case USED_KB:
		return totals.used_bytes >> 10;
	case AREAS:
		return totals.nr_areas;
	case LAZY_AREAS:
		return totals.nr_lazy_areas;
	case LAZY_PAGES:
		return totals.nr_lazy_pages;
	case LAZY_MAX_PAGES:
		return totals.lazy_max_pages;
	case PURGES:
		return totals.nr_purges;
	default:
		return totals.nr_purged;
	}
}

#define ZONE(name, type)							\
	{ "pgalloc_" name, pgalloc, type, 0, "pages allocated from zones of this type" }

static const struct counter counters[] = {
	{ "nr_free_pages", free_pages, 0, 0,
	  "pages in free areas; those on per-CPU lists are not among them" },
	{ "numa_hit", numa_hit, 0, 0,
	  "allocations whose pages came from the node that was meant" },
	{ "numa_miss", numa_miss, 0, 0,
	  "allocations that another node was meant for" },
	{ "numa_foreign", numa_miss, 0, 0,
	  "allocations that were meant for a node and got another's: numa_miss, seen from there" },
	{ "numa_local", numa_local, 0, 0,
	  "allocations that got pages of the node of the CPU that asked" },
	{ "numa_other", numa_other, 0, 0,
	  "allocations that got another node's" },
	{ "nr_slab_reclaimable", slab_reclaimable, 0, SHADOW_PHASE_SLAB_INIT,
	  "pages in slabs of caches with SLAB_RECLAIM_ACCOUNT" },
	{ "nr_slab_unreclaimable", slab_unreclaimable, 0, SHADOW_PHASE_SLAB_INIT,
	  "pages in all other slabs, and behind what kmalloc had from the page allocator" },
	{ "nr_page_table_pages", tables, 0, 0,
	  "page tables, of all trees" },
	ZONE("dma", SHADOW_ZONE_DMA),
	ZONE("dma32", SHADOW_ZONE_DMA32),
	ZONE("normal", SHADOW_ZONE_NORMAL),
	ZONE("high", SHADOW_ZONE_HIGHMEM),
	ZONE("movable", SHADOW_ZONE_MOVABLE),
	ZONE("device", SHADOW_ZONE_DEVICE),
	{ "vmalloc_used_kb", vmalloc, USED_KB, SHADOW_PHASE_VMALLOC_INIT,
	  "KiB in areas, without their guard pages" },
	{ "vmalloc_areas", vmalloc, AREAS, SHADOW_PHASE_VMALLOC_INIT, "areas in use" },
	{ "vmalloc_lazy_areas", vmalloc, LAZY_AREAS, SHADOW_PHASE_VMALLOC_INIT,
	  "areas that were freed, and wait for the next purge" },
	{ "vmalloc_lazy_pages", vmalloc, LAZY_PAGES, SHADOW_PHASE_VMALLOC_INIT,
	  "pages of addresses in them" },
	{ "vmalloc_lazy_max_pages", vmalloc, LAZY_MAX_PAGES, SHADOW_PHASE_VMALLOC_INIT,
	  "as many as may wait" },
	{ "vmalloc_purges", vmalloc, PURGES, SHADOW_PHASE_VMALLOC_INIT,
	  "how often what waited was purged" },
	{ "vmalloc_purged_areas", vmalloc, PURGED, SHADOW_PHASE_VMALLOC_INIT,
	  "areas that purges gave back" },
};

/* A zone that machines of this kind do not have: the kernel leaves it out */
static bool absent(const struct shadow_mm *mm, const struct counter *counter)
{
	return (counter->since && mm->boot.nr_done <= counter->since) ||
	       (counter->get == pgalloc && counter->type == SHADOW_ZONE_HIGHMEM &&
		!mm->nodes.zone_limit[SHADOW_ZONE_HIGHMEM]);
}

/* What an event's counter says; of pages allocated each zone has said it */
static bool next_event(struct shadow_mm *mm, unsigned int *at,
		       struct shadow_vmstat *stat)
{
	enum shadow_event_id id;

	if (*at - ARRAY_SIZE(counters) == SHADOW_EV_PAGE_ALLOC)
		++*at;
	id = *at - ARRAY_SIZE(counters);
	if (id >= SHADOW_NR_EVENTS)
		return false;
	stat->name = shadow_events[id].counter;
	stat->value = shadow_event_count(&mm->events, id);
	stat->what = shadow_events[id].name;
	stat->unit = shadow_events[id].unit;
	++*at;
	return true;
}

/**
 * shadow_vmstat_next() - the counters of a machine, one after the other
 * @mm: the machine
 * @at: 0 to begin; moved on
 * @stat: filled; @stat->what of an event's counter is the event's name
 *
 * Follows vmstat_show() of mm/vmstat.c.
 *
 * Context: process context; momentary values, each for itself.
 * Return: false where there are no more.
 */
bool shadow_vmstat_next(struct shadow_mm *mm, unsigned int *at,
			struct shadow_vmstat *stat)
{
	while (*at < ARRAY_SIZE(counters) && absent(mm, &counters[*at]))
		++*at;
	if (*at >= ARRAY_SIZE(counters))
		return next_event(mm, at, stat);
	stat->name = counters[*at].name;
	stat->value = counters[*at].get(mm, counters[*at].type);
	stat->what = counters[*at].what;
	stat->unit = "";
	++*at;
	return true;
}
