// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_watermark - how much of each zone is kept back, and for whom. Follows
 * init_per_zone_wmark_min() and setup_per_zone_lowmem_reserve() of
 * mm/page_alloc.c.
 */
#include "shadow_watermark.h"

static bool zone_is_lowmem(const struct shadow_zone *zone)
{
	return zone->type <= SHADOW_ZONE_NORMAL;
}

static u64 lowmem_pages(struct shadow_nodes *nodes)
{
	struct shadow_zone *zone;
	u64 nr_pages = 0;

	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone))
		if (zone_is_lowmem(zone))
			nr_pages += zone->managed;
	return nr_pages;
}

static void setup_lowmem_reserve(struct shadow_zone *zone)
{
	const struct shadow_zone *zones = zone->nodes->node[zone->nid].zone;
	unsigned int ratio = zone->nodes->lowmem_reserve_ratio[zone->type];
	u64 above = 0;
	unsigned int type;

	for (type = zone->type + 1; type < SHADOW_MAX_NR_ZONES; type++) {
		above += zones[type].managed;
		zone->lowmem_reserve[type] =
			ratio && zone->managed ? above / ratio : 0;
	}
}

static void setup_marks(struct shadow_zone *zone, u64 lowmem)
{
	struct shadow_nodes *nodes = zone->nodes;
	u64 min_pages = nodes->min_free_kbytes >> (nodes->page_shift - 10);
	u64 share, gap;

	share = lowmem ? min_pages * zone->managed / lowmem : 0;
	gap = max(share >> 2,
		  zone->managed * nodes->watermark_scale_factor / 10000);
	if (!zone_is_lowmem(zone))
		/* Nothing atomic lives up there: a small reserve will do */
		share = clamp_t(u64, zone->managed / 1024, 32, 128);
	zone->mark[SHADOW_WMARK_MIN] = share;
	zone->mark[SHADOW_WMARK_LOW] = share + gap;
	zone->mark[SHADOW_WMARK_HIGH] = share + 2 * gap;
	zone->mark[SHADOW_WMARK_PROMO] = share + 3 * gap;
}

/**
 * shadow_zone_setup_watermarks() - marks and reserves of all zones
 * @nodes: the layer, managed frames counted; where min_free_kbytes is 0, it is
 *	set by the kernel's rule: 4 times the square root of the low memory in
 *	KiB, from 128 to 262144
 *
 * Follows init_per_zone_wmark_min() of mm/page_alloc.c.
 *
 * Context: process context; readers of the marks may see old and new ones
 * mixed for a moment.
 */
void shadow_zone_setup_watermarks(struct shadow_nodes *nodes)
{
	u64 lowmem = lowmem_pages(nodes);
	struct shadow_zone *zone;

	if (!nodes->min_free_kbytes)
		nodes->min_free_kbytes =
			clamp_t(u64, int_sqrt((lowmem << (nodes->page_shift - 10)) * 16),
				128, 262144);
	for (zone = shadow_first_zone(nodes); zone; zone = shadow_next_zone(zone)) {
		if (!zone->managed)
			continue;
		setup_marks(zone, lowmem);
		setup_lowmem_reserve(zone);
	}
}
