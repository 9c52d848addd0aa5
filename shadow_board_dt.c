// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_dt - memory, nodes and /chosen of a device tree. See
 * shadow_board_dt.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/of.h>
#include <linux/of_fdt.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "shadow_board_dt.h"
#include "shadow_fdt.h"

/* Bytes of a path in a message, the rest is cut */
#define PATH_ROOM	64

/* ------------------------------------------------------------ messages -- */

/*
 * Node names of a blob may hold anything but a zero: what does not print must
 * not break a line in two.
 */
static const char *path_of(const struct device_node *np, char *path)
{
	char *c;

	/* A blob's root has no name. */
	if (!np->parent)
		return "/";
	snprintf(path, PATH_ROOM, "%pOF", np);
	for (c = path; *c; c++)
		if (!isascii(*c) || !isprint(*c))
			*c = '?';
	return path;
}

/**
 * shadow_board_dt_offset() - where in the blob something lies
 * @dt: the tree
 * @at: a value in it
 *
 * Context: any.
 * Return: bytes from the blob's start; 0 where there is no blob.
 */
u32 shadow_board_dt_offset(const struct shadow_board_dt *dt, const void *at)
{
	return dt->blob && at ? at - dt->blob : 0;
}

/**
 * shadow_board_dt_refuse() - refuse the board for a property
 * @dt: the tree; its board says why
 * @err: what the caller returns, a negative errno
 * @np: the node
 * @property: name of the property
 * @at: its value, or the part of it that is wrong; NULL: it is not there
 * @fmt: format of what is wrong and what is allowed, then its arguments
 *
 * Context: may sleep.
 * Return: @err.
 */
int shadow_board_dt_refuse(struct shadow_board_dt *dt, int err,
			   const struct device_node *np, const char *property,
			   const void *at, const char *fmt, ...)
{
	struct va_format wrong = { .fmt = fmt };
	char path[PATH_ROOM];
	va_list args;

	va_start(args, fmt);
	wrong.va = &args;
	if (dt->blob)
		shadow_board_refuse(dt->board, err, "offset 0x%x, %s %s: %pV",
				    shadow_board_dt_offset(dt, at),
				    path_of(np, path), property, &wrong);
	else
		shadow_board_refuse(dt->board, err, "%s %s: %pV",
				    path_of(np, path), property, &wrong);
	va_end(args);
	return err;
}

/**
 * shadow_board_dt_note() - say what is left out, as the kernel does
 * @dt: the tree
 * @np: the node
 * @property: name of the property
 * @fmt: format of what is wrong and what is done, then its arguments
 *
 * Context: may sleep.
 */
void shadow_board_dt_note(const struct shadow_board_dt *dt,
			  const struct device_node *np, const char *property,
			  const char *fmt, ...)
{
	struct va_format what = { .fmt = fmt };
	char path[PATH_ROOM];
	va_list args;

	va_start(args, fmt);
	what.va = &args;
	pr_warn("board %s: %s %s: %pV\n", dt->board->name, path_of(np, path),
		property, &what);
	va_end(args);
}

/* -------------------------------------------------------------- numbers -- */

static u64 next_cells(const __be32 **cell, u32 nr)
{
	u64 number = of_read_number(*cell, nr);

	*cell += nr;
	return number;
}

static int read_root_cells(struct shadow_board_dt *dt, const char *property,
			   u32 def, u32 *cells)
{
	const __be32 *cell;
	int len;

	*cells = def;
	cell = of_get_property(dt->root, property, &len);
	if (!cell)
		return 0;
	if (len != sizeof(*cell))
		return shadow_board_dt_refuse(dt, -EINVAL, dt->root, property,
					      cell, "%d bytes; allowed: 4", len);
	*cells = be32_to_cpup(cell);
	if (*cells < 1 || *cells > 2)
		return shadow_board_dt_refuse(dt, -EINVAL, dt->root, property,
					      cell, "%u; allowed: 1 or 2",
					      *cells);
	return 0;
}

/* --------------------------------------------------------------- memory -- */

static bool is_memory(struct device_node *np)
{
	const char *type;

	/* Not of_node_is_type(): it believes that the value ends in a zero. */
	return !of_property_read_string(np, "device_type", &type) &&
	       !strcmp(type, "memory");
}

/*
 * The kernel drops all nodes over one number that it cannot read, and so does
 * the board: @broken.
 */
static int read_node_id(struct shadow_board_dt *dt, struct device_node *np,
			int *nid, bool *broken)
{
	const __be32 *cell;
	u32 id;
	int len;

	*nid = SHADOW_NUMA_NO_NODE;
	cell = of_get_property(np, "numa-node-id", &len);
	if (!cell)
		return 0;
	if (len < sizeof(*cell)) {
		shadow_board_dt_note(dt, np, "numa-node-id",
				     "%d bytes, 4 are expected: no nodes", len);
		*broken = true;
		return 0;
	}
	id = be32_to_cpup(cell);
	if (id >= SHADOW_BOARD_MAX_NODES)
		return shadow_board_dt_refuse(dt, -ERANGE, np, "numa-node-id",
					      cell, "%u; allowed: 0 to %u", id,
					      SHADOW_BOARD_MAX_NODES - 1);
	*nid = id;
	return 0;
}

/*
 * One node of memory. A device tree that leaves it to the boot loader has
 * entries of length 0, which the kernel skips.
 */
static int read_memory_node(struct shadow_board_dt *dt, struct device_node *np,
			    int nid)
{
	const u32 entry = (dt->na + dt->ns) * sizeof(__be32);
	struct shadow_board_range range = {
		.nid = nid, .source = SHADOW_BOARD_FROM_MEMORY,
	};
	const char *property = "linux,usable-memory";
	const __be32 *cell;
	int len, err = 0;

	cell = of_get_property(np, property, &len);
	if (!cell) {
		property = "reg";
		cell = of_get_property(np, property, &len);
	}
	if (!cell) {
		shadow_board_dt_note(dt, np, property, "missing: skipped");
		return 0;
	}
	if (len % entry)
		return shadow_board_dt_refuse(dt, -EINVAL, np, property, cell,
					      "%d bytes; allowed: multiples of %u",
					      len, entry);
	if (of_property_read_bool(np, "hotpluggable"))
		range.flags = SHADOW_MEMBLOCK_HOTPLUG;
	strscpy(range.name, kbasename(np->full_name), sizeof(range.name));
	for (; len && !err; len -= entry) {
		range.at = shadow_board_dt_offset(dt, cell);
		range.base = next_cells(&cell, dt->na);
		range.bytes = next_cells(&cell, dt->ns);
		if (range.bytes)
			err = shadow_board_add_memory(dt->board, &range);
	}
	return err;
}

static void drop_nodes(struct shadow_board *board)
{
	unsigned int i;

	for (i = 0; i < board->nr_memory; i++)
		board->memory[i].nid = SHADOW_NUMA_NO_NODE;
	memset(board->distance, 0, sizeof(board->distance));
	board->has_distance = false;
	board->nr_nodes = 1;
}

/* Nodes of CPUs alone are nodes too, without memory. */
static void count_cpu_nodes(struct shadow_board_dt *dt)
{
	struct device_node *cpus, *np;
	u32 nid;

	cpus = of_get_child_by_name(dt->root, "cpus");
	for_each_child_of_node(cpus, np)
		if (!of_property_read_u32(np, "numa-node-id", &nid) &&
		    nid < SHADOW_BOARD_MAX_NODES)
			dt->board->nr_nodes = max(dt->board->nr_nodes, nid + 1);
	of_node_put(cpus);
}

/* ------------------------------------------------------------- distances -- */

static int set_distance(struct shadow_board_dt *dt, struct device_node *map,
			const __be32 *cell, bool *broken)
{
	u32 from = be32_to_cpup(cell), to = be32_to_cpup(cell + 1);
	u32 distance = be32_to_cpup(cell + 2);

	if (from >= SHADOW_BOARD_MAX_NODES || to >= SHADOW_BOARD_MAX_NODES)
		return shadow_board_dt_refuse(dt, -ERANGE, map,
					      "distance-matrix", cell,
					      "node %u; allowed: 0 to %u",
					      max(from, to),
					      SHADOW_BOARD_MAX_NODES - 1);
	if (from == to ? distance != LOCAL_DISTANCE :
			 distance <= LOCAL_DISTANCE) {
		shadow_board_dt_note(dt, map, "distance-matrix",
				     "%u from node %u to %u: no nodes",
				     distance, from, to);
		*broken = true;
		return 0;
	}
	if (distance > U8_MAX) {
		shadow_board_dt_note(dt, map, "distance-matrix",
				     "%u from node %u to %u: skipped",
				     distance, from, to);
		return 0;
	}
	dt->board->distance[from][to] = distance;
	/* The way back is as far until it is said to be otherwise. */
	if (to > from)
		dt->board->distance[to][from] = distance;
	dt->board->nr_nodes = max(dt->board->nr_nodes, from + 1);
	return 0;
}

static int read_distances(struct shadow_board_dt *dt, struct device_node *map,
			  bool *broken)
{
	const __be32 *cell;
	int len, err = 0;

	cell = of_get_property(map, "distance-matrix", &len);
	if (!cell || len <= 0 || len % sizeof(*cell)) {
		shadow_board_dt_note(dt, map, "distance-matrix",
				     "no cells: no nodes");
		*broken = true;
		return 0;
	}
	for (; len >= 3 * sizeof(*cell) && !err && !*broken; cell += 3) {
		err = set_distance(dt, map, cell, broken);
		len -= 3 * sizeof(*cell);
	}
	dt->board->has_distance = !err && !*broken;
	return err;
}

/* of_numa_init() gives up before it looks at distances if no memory has a node */
static int read_distance_map(struct shadow_board_dt *dt, bool *broken)
{
	struct device_node *map;
	int err;

	map = of_find_compatible_node(of_node_get(dt->root), NULL,
				      "numa-distance-map-v1");
	if (!map)
		return 0;
	err = read_distances(dt, map, broken);
	of_node_put(map);
	return err;
}

/* All /memory: early_init_dt_scan_memory(), and of_numa_init() beside it. */
static int read_memory(struct shadow_board_dt *dt)
{
	bool broken = false, has_nodes = false;
	struct device_node *np;
	int nid, err;

	for_each_child_of_node(dt->root, np) {
		if (!is_memory(np))
			continue;
		err = read_node_id(dt, np, &nid, &broken);
		if (!err && of_device_is_available(np))
			err = read_memory_node(dt, np, nid);
		if (err) {
			of_node_put(np);
			return err;
		}
		has_nodes |= nid != SHADOW_NUMA_NO_NODE;
	}
	dt->board->wants_memory = !dt->board->nr_memory;
	if (has_nodes && !broken) {
		count_cpu_nodes(dt);
		err = read_distance_map(dt, &broken);
		if (err)
			return err;
	}
	if (broken)
		drop_nodes(dt->board);
	return 0;
}

/* --------------------------------------------------------------- /chosen -- */

/* An address of one or two cells, whatever the root has. */
static int read_address(struct shadow_board_dt *dt, struct device_node *chosen,
			const char *property, u64 *address, bool *found)
{
	const __be32 *cell;
	int len;

	cell = of_get_property(chosen, property, &len);
	*found = cell;
	if (!cell)
		return 0;
	if (len != sizeof(u32) && len != sizeof(u64))
		return shadow_board_dt_refuse(dt, -EINVAL, chosen, property,
					      cell, "%d bytes; allowed: 4 or 8",
					      len);
	*address = of_read_number(cell, len / sizeof(*cell));
	return 0;
}

static int read_initrd(struct shadow_board_dt *dt, struct device_node *chosen)
{
	bool has_start, has_end = false;
	u64 start, end;
	int err;

	err = read_address(dt, chosen, "linux,initrd-start", &start, &has_start);
	if (!err)
		err = read_address(dt, chosen, "linux,initrd-end", &end,
				   &has_end);
	if (err || !has_start || !has_end)
		return err;
	if (start > end) {
		shadow_board_dt_note(dt, chosen, "linux,initrd-end",
				     "0x%llx lies before the start: no initrd",
				     end);
		return 0;
	}
	dt->board->initrd_start = start;
	dt->board->initrd_bytes = end - start;
	return 0;
}

/* early_init_dt_check_for_usable_mem_range(): at most two ranges count. */
static int read_usable(struct shadow_board_dt *dt, struct device_node *chosen)
{
	const u32 entry = (dt->na + dt->ns) * sizeof(__be32);
	static const char property[] = "linux,usable-memory-range";
	struct shadow_board *board = dt->board;
	struct shadow_board_range *range;
	const __be32 *cell;
	int len;

	cell = of_get_property(chosen, property, &len);
	if (!cell)
		return 0;
	if (len % entry)
		return shadow_board_dt_refuse(dt, -EINVAL, chosen, property,
					      cell,
					      "%d bytes; allowed: multiples of %u",
					      len, entry);
	for (; len; len -= entry) {
		if (board->nr_usable == SHADOW_BOARD_MAX_USABLE) {
			shadow_board_dt_note(dt, chosen, property,
					     "more than %d ranges: skipped",
					     SHADOW_BOARD_MAX_USABLE);
			return 0;
		}
		range = &board->usable[board->nr_usable];
		range->at = shadow_board_dt_offset(dt, cell);
		range->base = next_cells(&cell, dt->na);
		range->bytes = next_cells(&cell, dt->ns);
		/* An empty first range restricts nothing, and ends the list. */
		if (!range->bytes)
			return 0;
		range->nid = SHADOW_NUMA_NO_NODE;
		range->source = SHADOW_BOARD_FROM_CHOSEN;
		strscpy(range->name, "chosen", sizeof(range->name));
		board->nr_usable++;
	}
	return 0;
}

static void read_cmdline(struct shadow_board_dt *dt, struct device_node *chosen)
{
	const char *line;
	int len;

	line = of_get_property(chosen, "bootargs", &len);
	if (line && len > 0)
		strscpy(dt->board->cmdline, line,
			min_t(size_t, len, sizeof(dt->board->cmdline)));
}

/* early_init_dt_scan_chosen(), but for what is not about memory */
static int read_chosen(struct shadow_board_dt *dt)
{
	struct device_node *chosen;
	int err;

	chosen = of_get_child_by_name(dt->root, "chosen");
	if (!chosen)
		return 0;
	err = read_initrd(dt, chosen);
	if (!err)
		err = read_usable(dt, chosen);
	if (!err)
		read_cmdline(dt, chosen);
	of_node_put(chosen);
	return err;
}

/* ---------------------------------------------------------------- whole -- */

static int read_tree(struct shadow_board_dt *dt)
{
	int err;

	err = read_root_cells(dt, "#address-cells",
			      SHADOW_BOARD_DT_CELLS, &dt->na);
	if (!err)
		err = read_root_cells(dt, "#size-cells",
				      SHADOW_BOARD_DT_CELLS, &dt->ns);
	if (!err)
		err = read_chosen(dt);
	if (!err)
		err = read_memory(dt);
	if (!err)
		err = shadow_board_dt_reserved(dt);
	if (!err)
		err = shadow_board_dt_dma(dt);
	return err;
}

static int read_memreserve(struct shadow_board *board, const void *blob,
			   const struct shadow_fdt_info *info)
{
	struct shadow_board_range range = {
		.nid = SHADOW_NUMA_NO_NODE,
		.source = SHADOW_BOARD_FROM_MEMRESERVE,
	};
	int err = 0;
	u32 i;

	for (i = 0; !err; i++) {
		if (!shadow_fdt_memreserve(blob, info, i, &range.base,
					   &range.bytes, &range.at))
			break;
		/* What lies behind an empty entry is not seen by the kernel. */
		if (!range.bytes)
			break;
		err = shadow_board_add_reserved(board, &range);
	}
	return err;
}

/*
 * What the unflattener will ask kzalloc() for, from above: a node, its name
 * twice, its properties, and one more where it has none called "name". More
 * than the host's page allocator can give makes that warn.
 */
static bool tree_fits(const struct shadow_fdt_info *info)
{
	size_t bytes;

	bytes = size_mul(info->nr_nodes, sizeof(struct device_node) +
			 sizeof(struct property) + 4 * sizeof(long));
	bytes = size_add(bytes, size_mul(info->nr_props, sizeof(struct property)));
	bytes = size_add(bytes, size_mul(info->name_bytes, 2));
	return bytes <= KMALLOC_MAX_SIZE;
}

/**
 * shadow_board_dt_blob() - read a flattened device tree
 * @board: where it goes: initialized, with its name
 * @blob: the device tree, aligned to 8 bytes
 * @bytes: its length
 *
 * The board is not verified: memory= may still have to give it some.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL, -ERANGE or -E2BIG for what is no tree or no board's, and
 * @board->why says what and where; -ENOMEM.
 */
int shadow_board_dt_blob(struct shadow_board *board, const void *blob,
			 size_t bytes)
{
	struct shadow_board_dt dt = { .blob = blob, .board = board };
	struct shadow_fdt_info info;
	void *mem;
	int err;

	board->kind = SHADOW_BOARD_TREE;
	err = shadow_fdt_check(blob, bytes, &info, board->why,
			       sizeof(board->why));
	if (err)
		return err;
	if (!tree_fits(&info))
		return shadow_board_refuse(board, -E2BIG,
					   "device tree: %u nodes with %u properties take more than %lu bytes unflattened",
					   info.nr_nodes, info.nr_props,
					   KMALLOC_MAX_SIZE);
	mem = of_fdt_unflatten_tree(blob, NULL, &dt.root);
	if (!mem || !dt.root) {
		kfree(mem);
		return shadow_board_refuse(board, -ENOMEM,
					   "device tree: no memory for %u nodes",
					   info.nr_nodes);
	}
	board->dtb_bytes = bytes;
	err = read_tree(&dt);
	kfree(mem);
	return err ?: read_memreserve(board, blob, &info);
}

/**
 * shadow_board_dt_host() - read the host's own device tree
 * @board: where it goes: initialized
 *
 * Context: may sleep.
 * Return: as shadow_board_dt_blob(); -ENODEV if there is no tree.
 */
int shadow_board_dt_host(struct shadow_board *board)
{
	struct shadow_board_dt dt = { .root = of_root, .board = board };

	if (!of_root)
		return shadow_board_refuse(board, -ENODEV,
					   "this machine has no device tree");
	return read_tree(&dt);
}
