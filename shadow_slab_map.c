// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_slab_map - which objects of which slab are in use, as characters and
 * as sums. See shadow_slab_map.h.
 */
#include <linux/bitmap.h>

#include "shadow_slab_map.h"

/**
 * shadow_slab_map_next() - the next slab
 * @map: the walk; with no page yet, the first
 *
 * Slabs that wait for a grace period are no cache's, and passed over; so is one
 * that is too broken to be looked at, which _verify has more to say of.
 *
 * Context: any; takes locks of the slab. A momentary picture of each slab, and
 * of no two slabs the same moment, unless nobody allocates or frees.
 * Return: false behind the last.
 */
bool shadow_slab_map_next(struct shadow_slab_map *map)
{
	struct shadow_slab *slab = map->slab;

	do {
		map->page = shadow_slab_next_frames(slab->nodes, map->page);
		if (!map->page)
			return false;
	} while (shadow_slab_waits(map->page) ||
		 slab->engine->look(slab, map->page, &map->look));
	return true;
}

static u32 nr_free(const struct shadow_slab_look *look)
{
	return bitmap_weight(look->free, look->nr);
}

static u64 slab_bytes(const struct shadow_slab_map *map)
{
	return 1ULL << (map->slab->nodes->page_shift +
			shadow_page_order(map->page));
}

/**
 * shadow_slab_map_head() - the line in front of a slab's objects
 * @map: the walk, at a slab
 * @line: for the text
 * @bytes: its room
 *
 * Context: any.
 * Return: characters.
 */
int shadow_slab_map_head(const struct shadow_slab_map *map, char *line,
			 size_t bytes)
{
	const struct shadow_slab_look *look = &map->look;
	const struct shadow_nodes *nodes = map->slab->nodes;
	u64 pfn = shadow_page_to_pfn(nodes, map->page);
	u32 used = look->nr - nr_free(look);

	return scnprintf(line, bytes,
			 "%s: slab at pfn %llu, order %u, node %u, %s: %u of %u %s of %u bytes in use",
			 look->cache ? look->cache->desc.name : "all caches",
			 pfn, shadow_page_order(map->page),
			 shadow_page_nid(map->page), look->where, used, look->nr,
			 look->cache ? "objects" : "pieces", look->bytes);
}

/**
 * shadow_slab_map_row() - one line of objects
 * @map: the walk, at a slab
 * @at: object that it begins with
 * @line: for the text, a character an object
 * @bytes: its room, more than SHADOW_SLAB_MAP_ROW
 *
 * Context: any.
 * Return: object that the next line begins with; 0: there is none.
 */
u32 shadow_slab_map_row(const struct shadow_slab_map *map, u32 at, char *line,
			size_t bytes)
{
	const struct shadow_slab_look *look = &map->look;
	u32 end = min3(look->nr, at + SHADOW_SLAB_MAP_ROW, at + (u32)bytes - 1);

	for (; at < end; at++)
		*line++ = test_bit(at, look->free) ? SHADOW_SLAB_MAP_FREE :
						     SHADOW_SLAB_MAP_USED;
	*line = '\0';
	return end < look->nr ? end : 0;
}

/**
 * shadow_slab_map_add() - what a slab adds to its cache's waste
 * @map: the walk, at a slab
 * @waste: the sums
 *
 * Context: any.
 */
void shadow_slab_map_add(const struct shadow_slab_map *map,
			 struct shadow_slab_waste *waste)
{
	const struct shadow_slab_look *look = &map->look;
	u64 bytes = slab_bytes(map);
	u32 free = nr_free(look);
	u64 live = look->nr - free;

	waste->nr_slabs++;
	waste->slab_bytes += bytes;
	waste->nr_live += live;
	waste->nr_free += free;
	if (look->cache)
		waste->internal += live * (look->bytes -
					   look->cache->desc.object_bytes);
	waste->external += bytes - live * look->bytes;
}
