/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_slab_map - all slabs of a machine, one after the other, object by
 * object; and what of them is waste.
 */
#ifndef SHADOW_SLAB_MAP_H
#define SHADOW_SLAB_MAP_H

#include "shadow_slab_engine.h"

#define SHADOW_SLAB_MAP_ROW	64	/* objects in a line */

/* What a character of the map means; the first line of the file says it too */
#define SHADOW_SLAB_MAP_USED	'#'
#define SHADOW_SLAB_MAP_FREE	'.'

/**
 * struct shadow_slab_waste - what one cache has, and what of it nobody uses
 * @nr_slabs: slabs
 * @slab_bytes: that they have
 * @nr_live: objects in use
 * @nr_free: free objects
 * @internal: bytes of objects in use beyond what the cache was asked for
 * @external: bytes of free objects, and of ends of slabs where none fits
 */
struct shadow_slab_waste {
	u64 nr_slabs;
	u64 slab_bytes;
	u64 nr_live;
	u64 nr_free;
	u64 internal;
	u64 external;
};

/**
 * struct shadow_slab_map - a walk over all slabs
 * @slab: the layer
 * @page: the slab that is looked at, its first frame; NULL: none yet
 * @look: what is in it
 * @at: object that the next line begins with; 0: the line in front of them
 */
struct shadow_slab_map {
	struct shadow_slab *slab;
	struct shadow_page *page;
	struct shadow_slab_look look;
	u32 at;
};

bool shadow_slab_map_next(struct shadow_slab_map *map);
int shadow_slab_map_head(const struct shadow_slab_map *map, char *line,
			 size_t bytes);
u32 shadow_slab_map_row(const struct shadow_slab_map *map, u32 at, char *line,
			size_t bytes);
void shadow_slab_map_add(const struct shadow_slab_map *map,
			 struct shadow_slab_waste *waste);

#endif /* SHADOW_SLAB_MAP_H */
