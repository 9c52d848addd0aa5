// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_dt_reserved - /reserved-memory of a device tree, as
 * fdt_scan_reserved_mem() reads it. See shadow_board_dt.h.
 */
#include <linux/of.h>

#include "shadow_board_dt.h"

/* A node, and what decides how the kernel sets its region up. */
struct region {
	struct device_node *np;
	u32 flags;
	bool reusable;
	bool dma_pool;
	bool cma_default;
};

static bool has_cells(struct device_node *np, const char *property, u32 cells)
{
	u32 said;

	return !of_property_read_u32(np, property, &said) && said == cells;
}

static void name_it(char *name, const struct device_node *np)
{
	strscpy(name, kbasename(np->full_name), SHADOW_BOARD_RANGE_NAME);
}

/* The cells of an entry, the root's, as __reserved_mem_reserve_reg() has them */
static u32 entry_bytes(const struct shadow_board_dt *dt)
{
	return (dt->na + dt->ns) * sizeof(__be32);
}

static void read_entry(const struct shadow_board_dt *dt, const __be32 *cell,
		       struct shadow_board_range *range)
{
	range->at = shadow_board_dt_offset(dt, cell);
	range->base = of_read_number(cell, dt->na);
	range->bytes = of_read_number(cell + dt->na, dt->ns);
}

static int read_reg(struct shadow_board_dt *dt, const struct region *region,
		    const __be32 *cell, int len)
{
	struct shadow_board_range range = {
		.flags = region->flags, .nid = SHADOW_NUMA_NO_NODE,
		.source = SHADOW_BOARD_FROM_RESERVED_MEMORY,
		.reusable = region->reusable, .dma_pool = region->dma_pool,
		.cma_default = region->cma_default,
	};
	const int entry = entry_bytes(dt);
	int err = 0;

	if (len % entry) {
		shadow_board_dt_note(dt, region->np, "reg",
				     "%d bytes are no entries of %d: skipped",
				     len, entry);
		return 0;
	}
	name_it(range.name, region->np);
	for (; len && !err; len -= entry, cell += entry / sizeof(*cell)) {
		read_entry(dt, cell, &range);
		if (!range.bytes)
			shadow_board_dt_note(dt, region->np, "reg",
					     "0x%llx+0 is empty: skipped",
					     range.base);
		else
			err = shadow_board_add_reserved(dt->board, &range);
	}
	return err;
}

/* Where a region by size may go; nothing said: anywhere. */
static int read_places(struct shadow_board_dt *dt, const struct region *region,
		       struct shadow_board_wish *wish, bool *skip)
{
	struct shadow_board *board = dt->board;
	struct shadow_board_range *place;
	const int entry = entry_bytes(dt);
	const __be32 *cell;
	int len;

	wish->first_place = board->nr_places;
	cell = of_get_property(region->np, "alloc-ranges", &len);
	*skip = cell && (len <= 0 || len % entry);
	if (*skip)
		shadow_board_dt_note(dt, region->np, "alloc-ranges",
				     "%d bytes are no entries of %d: skipped",
				     len, entry);
	if (!cell || *skip)
		return 0;
	for (; len; len -= entry, cell += entry / sizeof(*cell)) {
		if (board->nr_places == SHADOW_BOARD_MAX_PLACES)
			return shadow_board_dt_refuse(dt, -E2BIG, region->np,
						      "alloc-ranges", cell,
						      "more than %d on this board",
						      SHADOW_BOARD_MAX_PLACES);
		place = &board->place[board->nr_places++];
		read_entry(dt, cell, place);
		place->nid = SHADOW_NUMA_NO_NODE;
		place->source = SHADOW_BOARD_FROM_RESERVED_MEMORY;
		name_it(place->name, region->np);
		wish->nr_places++;
	}
	return 0;
}

/*
 * One number of as many cells as the root has for it. Absent is no error, and
 * leaves *@number as it is.
 */
static bool read_number(struct shadow_board_dt *dt, const struct region *region,
			const char *property, u32 cells, u64 *number)
{
	const __be32 *cell;
	int len;

	cell = of_get_property(region->np, property, &len);
	if (!cell)
		return true;
	if (len != cells * sizeof(*cell)) {
		shadow_board_dt_note(dt, region->np, property,
				     "%d bytes, %zu are expected: skipped",
				     len, cells * sizeof(*cell));
		return false;
	}
	*number = of_read_number(cell, cells);
	return true;
}

static int read_wish(struct shadow_board_dt *dt, const struct region *region)
{
	struct shadow_board *board = dt->board;
	struct shadow_board_wish wish = {
		.flags = region->flags, .reusable = region->reusable,
		.dma_pool = region->dma_pool,
		.cma_default = region->cma_default,
	};
	bool skip;
	int err;

	if (!read_number(dt, region, "size", dt->ns, &wish.bytes) ||
	    !read_number(dt, region, "alignment", dt->na, &wish.align))
		return 0;
	if (!wish.bytes) {
		shadow_board_dt_note(dt, region->np, "size", "0: skipped");
		return 0;
	}
	if (board->nr_wishes == SHADOW_BOARD_MAX_WISHES) {
		shadow_board_dt_note(dt, region->np, "size",
				     "more than %d regions by size: skipped",
				     SHADOW_BOARD_MAX_WISHES);
		return 0;
	}
	err = read_places(dt, region, &wish, &skip);
	if (err || skip)
		return err;
	wish.at = shadow_board_dt_offset(dt, of_get_property(region->np, "size",
							     NULL));
	name_it(wish.name, region->np);
	board->wish[board->nr_wishes++] = wish;
	return 0;
}

static int read_region(struct shadow_board_dt *dt, struct device_node *np)
{
	struct region region = { .np = np };
	const __be32 *cell;
	int len;

	if (of_property_read_bool(np, "no-map"))
		region.flags = SHADOW_MEMBLOCK_NOMAP;
	region.reusable = of_property_read_bool(np, "reusable");
	region.dma_pool = of_device_is_compatible(np, "shared-dma-pool");
	region.cma_default = of_property_read_bool(np, "linux,cma-default");
	cell = of_get_property(np, "reg", &len);
	if (cell)
		return read_reg(dt, &region, cell, len);
	if (of_get_property(np, "size", NULL))
		return read_wish(dt, &region);
	return 0;
}

/* __reserved_mem_check_root() */
static bool is_as_expected(const struct shadow_board_dt *dt,
			   struct device_node *parent)
{
	return has_cells(parent, "#address-cells", dt->na) &&
	       has_cells(parent, "#size-cells", dt->ns) &&
	       of_property_read_bool(parent, "ranges");
}

/**
 * shadow_board_dt_reserved() - read /reserved-memory
 * @dt: the tree
 *
 * Context: may sleep.
 * Return: 0; -E2BIG where the board has no room, and says why.
 */
int shadow_board_dt_reserved(struct shadow_board_dt *dt)
{
	struct device_node *parent, *np;
	int err;

	parent = of_get_child_by_name(dt->root, "reserved-memory");
	if (!parent)
		return 0;
	if (!is_as_expected(dt, parent)) {
		shadow_board_dt_note(dt, parent, "ranges",
				     "missing, or cells other than the root's: all regions skipped");
		dt->board->reserved_node = SHADOW_BOARD_RESERVED_BAD;
		of_node_put(parent);
		return 0;
	}
	dt->board->reserved_node = SHADOW_BOARD_RESERVED_READ;
	for_each_available_child_of_node(parent, np) {
		err = read_region(dt, np);
		if (err) {
			of_node_put(np);
			of_node_put(parent);
			return err;
		}
	}
	of_node_put(parent);
	return 0;
}
