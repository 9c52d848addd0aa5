// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_zoneinfo - zones, in the format of /proc/zoneinfo. Names and
 * columns are those of Linux 6.12, and high_min and high_max of later ones. Of
 * the kernel's counters those are there that count something in the machine.
 */
#include <linux/seq_file.h>

#include "shadow_boot.h"
#include "shadow_pcp.h"
#include "shadow_view.h"
#include "shadow_watermark.h"

/**
 * struct node_pages - what of a node's memory is whose
 * @reclaimable: frames of slabs of caches that say so
 * @slab: of all other ones, and what kmalloc has without a cache
 * @tables: frames of translation tables
 */
struct node_pages {
	u64 reclaimable;
	u64 slab;
	u64 tables;
};

/* ------------------------------------------------------------ the counts -- */

static bool has_slabs(const struct shadow_mm *mm)
{
	return shadow_boot_reached(mm, SHADOW_PHASE_SLAB_INIT);
}

/**
 * shadow_view_tables() - translation tables of a machine
 * @mm: the machine
 *
 * Context: process context, the machine's lock held.
 * Return: how many, a frame each.
 */
u64 shadow_view_tables(const struct shadow_mm *mm)
{
	return mm->idmap.nr_tables + mm->init_pg.nr_tables +
	       mm->swapper.nr_tables + mm->user.nr_tables;
}

static void count_range(struct shadow_mm *mm, u64 pfn, u64 end_pfn,
			struct node_pages *count)
{
	const struct shadow_nodes *nodes = &mm->nodes;
	const struct shadow_page *page;
	u64 nr_pages;

	/* The list of memory may lie in the block: corrupt, it has no end */
	pfn = max(pfn, nodes->memmap.start_pfn);
	end_pfn = min(end_pfn, nodes->memmap.end_pfn);
	for (; pfn < end_pfn; pfn += nr_pages) {
		page = shadow_pfn_to_page(nodes, pfn);
		nr_pages = 1;
		if (!page)
			continue;
		if (shadow_page_state(page) == SHADOW_PAGE_ALLOCATED)
			nr_pages = BIT_ULL(shadow_page_order(page));
		switch (shadow_page_owner(page)) {
		case SHADOW_OWNER_SLAB:
			if (has_slabs(mm) && shadow_slab_reclaimable(&mm->slab, page))
				count->reclaimable += nr_pages;
			else
				count->slab += nr_pages;
			break;
		case SHADOW_OWNER_KMALLOC:
			count->slab += nr_pages;
			break;
		case SHADOW_OWNER_TABLE:
			count->tables += nr_pages;
			break;
		default:
			break;
		}
	}
}

/* Tables that are no frame of their own lie in the image: its node's */
static void count_nodes(struct shadow_mm *mm, struct node_pages *count)
{
	const struct shadow_nodes *nodes = &mm->nodes;
	const struct shadow_page *page;
	unsigned long start_pfn, end_pfn;
	u64 tables = 0;
	int i, nid;

	memset(count, 0, SHADOW_MAX_NODES * sizeof(*count));
	if (nodes->nr_nodes == 1) {
		if (has_slabs(mm)) {
			count->reclaimable = atomic64_read(&mm->slab.nr_reclaimable);
			count->slab = atomic64_read(&mm->slab.nr_frames) -
				      count->reclaimable;
		}
		count->tables = shadow_view_tables(mm);
		return;
	}
	shadow_for_each_mem_pfn_range(&mm->memblock, i, SHADOW_MAX_NUMNODES,
				      &start_pfn, &end_pfn, &nid) {
		if (nid < 0 || nid >= SHADOW_MAX_NODES)
			nid = 0;
		count_range(mm, start_pfn, end_pfn, &count[nid]);
	}
	for (nid = 0; nid < SHADOW_MAX_NODES; nid++)
		tables += count[nid].tables;
	page = shadow_pfn_to_page(nodes, mm->places.image.start >>
					 nodes->page_shift);
	if (page && tables < shadow_view_tables(mm))
		count[shadow_page_nid(page)].tables += shadow_view_tables(mm) - tables;
}

/* -------------------------------------------------------------- the lines -- */

static void stat_line(struct seq_file *seq, const char *name, u64 nr_pages)
{
	seq_printf(seq, "\n      %-12s %llu", name, nr_pages);
}

static void zone_line(struct seq_file *seq, const char *what, u64 nr_pages)
{
	seq_printf(seq, "\n        %-8s %llu", what, nr_pages);
}

static bool first_populated(const struct shadow_zone *zone)
{
	const struct shadow_zone *other = zone->nodes->node[zone->nid].zone;

	while (other < zone && !shadow_zone_populated(other))
		other++;
	return other == zone && shadow_zone_populated(zone);
}

static void node_stats(struct seq_file *seq, const struct node_pages *count)
{
	seq_puts(seq, "\n  per-node stats");
	stat_line(seq, "nr_slab_reclaimable", count->reclaimable);
	stat_line(seq, "nr_slab_unreclaimable", count->slab);
	stat_line(seq, "nr_page_table_pages", count->tables);
}

/* Marks are printed as they count, boosted; nothing is set aside for CMA */
static void zone_pages(struct seq_file *seq, const struct shadow_zone *zone)
{
	seq_printf(seq, "\n  pages free     %llu", READ_ONCE(zone->nr_free));
	zone_line(seq, "boost", READ_ONCE(zone->watermark_boost));
	zone_line(seq, "min", shadow_wmark_pages(zone, SHADOW_WMARK_MIN));
	zone_line(seq, "low", shadow_wmark_pages(zone, SHADOW_WMARK_LOW));
	zone_line(seq, "high", shadow_wmark_pages(zone, SHADOW_WMARK_HIGH));
	zone_line(seq, "promo", shadow_wmark_pages(zone, SHADOW_WMARK_PROMO));
	zone_line(seq, "spanned", zone->spanned);
	zone_line(seq, "present", zone->present);
	zone_line(seq, "managed", zone->managed);
	zone_line(seq, "cma", 0);
}

/* A zone that the machine cannot have; the kernel leaves it out when built */
static bool zone_absent(const struct shadow_nodes *nodes, unsigned int type)
{
	return type == SHADOW_ZONE_HIGHMEM && !nodes->zone_limit[type];
}

static void zone_protection(struct seq_file *seq, const struct shadow_zone *zone)
{
	unsigned int type;

	seq_printf(seq, "\n        protection: (%llu", zone->lowmem_reserve[0]);
	for (type = 1; type < SHADOW_MAX_NR_ZONES; type++)
		if (!zone_absent(zone->nodes, type))
			seq_printf(seq, ", %llu", zone->lowmem_reserve[type]);
	seq_putc(seq, ')');
}

/* Counters are exact here, so there is no threshold up to which they drift */
static void zone_pagesets(struct seq_file *seq, const struct shadow_zone *zone)
{
	const struct shadow_pcp *pcp = zone->pcp;
	unsigned int cpu;

	seq_puts(seq, "\n  pagesets");
	for (cpu = 0; pcp && cpu < zone->nodes->nr_cpus; cpu++, pcp++) {
		seq_printf(seq, "\n    cpu: %u", cpu);
		seq_printf(seq, "\n              count: %u", READ_ONCE(pcp->count));
		seq_printf(seq, "\n              high:  %u", READ_ONCE(pcp->high));
		seq_printf(seq, "\n              batch: %u", READ_ONCE(zone->pcp_batch));
		seq_printf(seq, "\n              high_min: %u", READ_ONCE(zone->pcp_high_min));
		seq_printf(seq, "\n              high_max: %u", READ_ONCE(zone->pcp_high_max));
		seq_printf(seq, "\n  vm stats threshold: %u", 0);
	}
}

static void zone_lines(struct seq_file *seq, const struct shadow_zone *zone,
		       const struct node_pages *count)
{
	seq_printf(seq, "Node %d, zone %8s", zone->nid,
		   shadow_zone_names[zone->type]);
	if (first_populated(zone))
		node_stats(seq, &count[zone->nid]);
	zone_pages(seq, zone);
	zone_protection(seq, zone);
	if (shadow_zone_populated(zone)) {
		stat_line(seq, "nr_free_pages", READ_ONCE(zone->nr_free));
		stat_line(seq, "nr_free_cma", 0);
		zone_pagesets(seq, zone);
		/* Nobody has tried to reclaim and failed */
		seq_printf(seq, "\n  node_unreclaimable:  %u", 0);
		seq_printf(seq, "\n  start_pfn:           %llu", zone->start_pfn);
	}
	seq_putc(seq, '\n');
}

/**
 * shadow_view_zoneinfo() - zones, as /proc/zoneinfo
 * @seq: where to print
 * @machine: the machine
 *
 * All zones are there, empty ones with what the marks and reserves have of
 * them. Follows zoneinfo_show_print() of mm/vmstat.c.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_zoneinfo(struct seq_file *seq, struct shadow_machine *machine)
{
	struct node_pages count[SHADOW_MAX_NODES];
	struct shadow_zone *zone;

	count_nodes(&machine->mm, count);
	for (zone = shadow_first_zone(&machine->mm.nodes); zone;
	     zone = shadow_next_zone(zone))
		if (!zone_absent(zone->nodes, zone->type) &&
		    shadow_node_is(zone->nodes, zone->nid, SHADOW_N_ONLINE))
			zone_lines(seq, zone, count);
}
