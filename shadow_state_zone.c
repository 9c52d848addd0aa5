// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_state_zone - nodes, zones, their free lists and per-CPU lists, for
 * shadow_state.
 */
#include "shadow_boot.h"
#include "shadow_pcp_list.h"
#include "shadow_state_room.h"

/**
 * shadow_state_pages() - the frames of a list, in its order, and a newline
 * @nodes: whose frames
 * @text: where they go
 * @pages: the list
 * @unit: frames that each stands for
 *
 * Context: that of the text.
 */
void shadow_state_pages(const struct shadow_nodes *nodes,
			const struct shadow_text *text,
			const struct shadow_page_list *pages, u64 unit)
{
	const struct shadow_memmap *memmap = &nodes->memmap;
	struct shadow_page *page = shadow_page_at(memmap, READ_ONCE(pages->first));
	struct shadow_state_list list;
	u64 nr;

	shadow_state_begin(&list, text, unit);
	for (nr = 0; page && nr < memmap->nr; nr++) {
		shadow_state_add(&list, shadow_page_to_pfn(nodes, page));
		page = shadow_page_at(memmap, READ_ONCE(page->next));
	}
	shadow_state_end(&list);
}

static void print_free(const struct shadow_zone *zone,
		       const struct shadow_text *text)
{
	const struct shadow_free_area *area;
	unsigned int order, mt;

	for (order = 0; order <= zone->nodes->max_order; order++) {
		area = &zone->free_area[order];
		if (area->nr_free)
			shadow_text_say(text, "  order %u: %llu\n", order,
					area->nr_free);
		for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++) {
			if (area->list[mt].first == SHADOW_NO_PAGE)
				continue;
			shadow_text_say(text, "    %s:",
					shadow_migratetype_names[mt]);
			shadow_state_pages(zone->nodes, text, &area->list[mt],
					   1ULL << order);
		}
	}
}

/* Whether a list has a block is said by its first frame alone */
static void print_pcp(const struct shadow_zone *zone, unsigned int cpu,
		      const struct shadow_text *text)
{
	const struct shadow_pcp *pcp = &zone->pcp[cpu];
	unsigned int nr, order;

	if (!pcp->count && !pcp->high && !pcp->odd && !pcp->free_count)
		return;
	shadow_text_say(text, "  cpu %u: count %u high %u flags %u alloc_factor %u free_count %u\n",
			cpu, pcp->count, pcp->high, pcp->flags,
			pcp->alloc_factor, pcp->free_count);
	for (nr = 0; nr < SHADOW_PCP_NR_LISTS; nr++) {
		if (pcp->list[nr].first == SHADOW_NO_PAGE)
			continue;
		order = shadow_pcp_list_order(zone, nr);
		shadow_text_say(text, "    list %u, order %u:", nr, order);
		shadow_state_pages(zone->nodes, text, &pcp->list[nr],
				   1ULL << (order & 31));
	}
}

static void print_numbers(const struct shadow_text *text, const char *what,
			  const u64 *number, unsigned int nr)
{
	shadow_text_put(text, what);
	while (nr--)
		shadow_text_say(text, " %llu", *number++);
}

static void print_zone(const struct shadow_zone *zone,
		       const struct shadow_text *text)
{
	unsigned int cpu, mt;

	shadow_text_say(text, "zone %d %s: start 0x%llx spanned %llu",
			zone->nid, shadow_zone_names[zone->type],
			zone->start_pfn, zone->spanned);
	shadow_text_say(text, " present %llu managed %llu flags 0x%x\n",
			zone->present, zone->managed, zone->flags);
	shadow_text_say(text, "  free %llu highatomic %llu free %llu",
			zone->nr_free, zone->nr_reserved_highatomic,
			zone->nr_free_highatomic);
	shadow_text_say(text, " mixed %llu wakes %llu boost %llu %u\n",
			zone->nr_mixed, (u64)atomic64_read(&zone->nr_wakes),
			zone->watermark_boost, zone->watermark_boosted);
	print_numbers(text, "  marks", zone->mark, SHADOW_NR_WMARK);
	print_numbers(text, " reserve", zone->lowmem_reserve,
		      SHADOW_MAX_NR_ZONES);
	shadow_text_say(text, "\n  pcp batch %u high %u to %u; samples:",
			zone->pcp_batch, zone->pcp_high_min,
			zone->pcp_high_max);
	shadow_text_say(text, " left %u of %u, ops %llu; orders",
			zone->frag_left, zone->frag_interval, zone->frag_ops);
	for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
		shadow_text_say(text, " 0x%x", zone->orders[mt]);
	shadow_text_put(text, "\n");
	print_free(zone, text);
	for (cpu = 0; zone->pcp && cpu < zone->nodes->nr_cpus; cpu++)
		print_pcp(zone, cpu, text);
}

static void print_zonelist(const struct shadow_text *text, const char *what,
			   const struct shadow_zonelist *list)
{
	unsigned int i;

	shadow_text_say(text, "  %s:", what);
	for (i = 0; i < list->nr; i++)
		shadow_text_say(text, " %d/%s", list->zone[i]->nid,
				shadow_zone_names[list->zone[i]->type]);
	shadow_text_put(text, "\n");
}

static void print_node(const struct shadow_nodes *nodes, unsigned int nid,
		       const struct shadow_text *text)
{
	const struct shadow_node *node = &nodes->node[nid];
	unsigned int i;

	shadow_text_say(text, "node %u: start 0x%llx spanned %llu present", nid,
			node->start_pfn, node->spanned);
	shadow_text_say(text, " %llu totalreserve %llu zones %u distance",
			node->present, node->totalreserve, node->nr_zones);
	for (i = 0; i < nodes->nr_nodes; i++)
		shadow_text_say(text, " %u", nodes->distance[nid][i]);
	shadow_text_put(text, "\n");
	print_zonelist(text, "fallback", &node->fallback);
	print_zonelist(text, "nofallback", &node->nofallback);
	for (i = 0; i < SHADOW_MAX_NR_ZONES; i++)
		if (node->zone[i].spanned)
			print_zone(&node->zone[i], text);
}

/**
 * shadow_state_zones() - nodes and zones of a machine
 * @mm: the machine
 * @text: where they go
 *
 * Context: as shadow_state_print().
 */
void shadow_state_zones(struct shadow_mm *mm, const struct shadow_text *text)
{
	const struct shadow_nodes *nodes = &mm->nodes;
	unsigned int i;

	if (!shadow_boot_reached(mm, SHADOW_PHASE_FREE_AREA_INIT))
		return;
	shadow_text_say(text, "nodes: %u, max_order %u, pageblock order",
			nodes->nr_nodes, nodes->max_order);
	shadow_text_say(text, " %u, mobility %s, min_free_kbytes %llu\n",
			nodes->pageblock_log2,
			nodes->mobility_off ? "off" : "on",
			nodes->min_free_kbytes);
	shadow_text_say(text, "nodes: user_min %lld scale %u boost %u",
			nodes->user_min_free_kbytes,
			nodes->watermark_scale_factor,
			nodes->watermark_boost_factor);
	shadow_text_say(text, " fraction %u totalreserve %llu; ratios",
			nodes->pcp_high_fraction, nodes->totalreserve);
	for (i = 0; i < SHADOW_MAX_NR_ZONES; i++)
		shadow_text_say(text, " %u", nodes->lowmem_reserve_ratio[i]);
	shadow_text_put(text, "; states");
	for (i = 0; i < SHADOW_NR_NODE_STATES; i++)
		shadow_text_say(text, " 0x%x", nodes->state[i]);
	shadow_text_put(text, "\n");
	for (i = 0; i < nodes->nr_nodes; i++)
		print_node(nodes, i, text);
}
