// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pool_tree - what the host's device tree says about an address.
 */
#include <linux/ioport.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_platform.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>

#include "shadow_compat.h"
#include "shadow_pool_tree.h"

static bool overlaps(u64 start, u64 last, u64 base, u64 bytes)
{
	return start <= base + (bytes - 1) && base <= last;
}

/*
 * Memory nodes are believed as the kernel's boot believes them: available,
 * and not narrowed by a crash kernel's linux,usable-memory, whose remainder
 * belongs to the kernel that crashed.
 */
static bool is_usable_memory(struct device_node *np)
{
	return of_device_is_available(np) &&
	       !of_get_property(np, "linux,usable-memory", NULL);
}

/**
 * shadow_pool_tree_has_memory() - does the device tree describe any memory?
 *
 * Context: may sleep.
 * Return: true if there is a usable /memory node.
 */
bool shadow_pool_tree_has_memory(void)
{
	struct device_node *np;
	struct resource res;

	for_each_node_by_type(np, "memory") {
		if (is_usable_memory(np) && !of_address_to_resource(np, 0, &res)) {
			of_node_put(np);
			return true;
		}
	}
	return false;
}

/* The first byte after the /memory range that holds @pa, or 0. */
static u64 memory_end(u64 pa)
{
	struct device_node *np;
	struct resource res;
	int i;

	for_each_node_by_type(np, "memory") {
		if (!is_usable_memory(np))
			continue;
		for (i = 0; !of_address_to_resource(np, i, &res); i++) {
			if (pa >= res.start && pa <= res.end) {
				of_node_put(np);
				return (u64)res.end + 1;
			}
		}
	}
	return 0;
}

/**
 * shadow_pool_tree_is_memory() - does a range lie in /memory as a whole?
 * @base: physical address of its first byte
 * @bytes: its length, not 0
 *
 * Ranges that touch one another count as one, as they do for memblock.
 *
 * Context: may sleep.
 * Return: true if /memory nodes cover every byte.
 */
bool shadow_pool_tree_is_memory(u64 base, u64 bytes)
{
	u64 pa = base;

	while (pa - base < bytes) {
		pa = memory_end(pa);
		if (!pa)
			return false;
	}
	return true;
}

static bool reg_overlaps(struct device_node *np, u64 base, u64 bytes)
{
	struct resource res;
	int i;

	for (i = 0; !of_address_to_resource(np, i, &res); i++) {
		if (overlaps(res.start, res.end, base, bytes))
			return true;
	}
	return false;
}

static bool region_overlaps(struct device_node *np, u64 base, u64 bytes)
{
	struct reserved_mem *rmem;

	/* Regions given by size alone have their place in this table only. */
	rmem = of_reserved_mem_lookup(np);
	if (rmem && rmem->size &&
	    overlaps(rmem->base, rmem->base + (rmem->size - 1), base, bytes))
		return true;
	return reg_overlaps(np, base, bytes);
}

/**
 * shadow_pool_tree_reserved() - does a range meet a reserved-memory region?
 * @base: physical address of its first byte
 * @bytes: its length, not 0
 * @node: where the region's path goes, with " (no-map)" where that holds
 * @node_bytes: room there
 *
 * Context: may sleep.
 * Return: true if some available region meets the range.
 */
bool shadow_pool_tree_reserved(u64 base, u64 bytes, char *node,
			       size_t node_bytes)
{
	struct device_node *parent, *np;
	bool found = false;

	parent = of_find_node_by_path("/reserved-memory");
	if (!parent)
		return false;
	for_each_available_child_of_node(parent, np) {
		if (!region_overlaps(np, base, bytes))
			continue;
		snprintf(node, node_bytes, "%pOF%s", np,
			 of_property_read_bool(np, "no-map") ? " (no-map)" : "");
		of_node_put(np);
		found = true;
		break;
	}
	of_node_put(parent);
	return found;
}

/* Nodes whose reg describes memory, not registers. */
static bool is_memory_node(struct device_node *np)
{
	return of_node_is_type(np, "memory") ||
	       (np->parent && of_node_name_eq(np->parent, "reserved-memory"));
}

/* The first register range of a device that meets a range: its start. */
static bool first_reg(struct device_node *np, u64 base, u64 bytes, u64 *start)
{
	struct resource res;
	int i;

	for (i = 0; !of_address_to_resource(np, i, &res); i++) {
		if (overlaps(res.start, res.end, base, bytes)) {
			*start = max_t(u64, res.start, base);
			return true;
		}
	}
	return false;
}

/**
 * shadow_pool_tree_device() - which device's registers does a range meet?
 * @base: physical address of its first byte
 * @bytes: its length, not 0
 * @node: where the path of the device goes that is met first
 * @node_bytes: room there
 *
 * Context: may sleep.
 * Return: true if there is such a device.
 */
bool shadow_pool_tree_device(u64 base, u64 bytes, char *node, size_t node_bytes)
{
	u64 start, lowest = U64_MAX;
	struct device_node *np;

	for_each_node_with_property(np, "reg") {
		if (is_memory_node(np) || !first_reg(np, base, bytes, &start) ||
		    start >= lowest)
			continue;
		lowest = start;
		snprintf(node, node_bytes, "%pOF", np);
	}
	return lowest != U64_MAX;
}

/* Writes the names of all regions, for a refusal that says what is allowed. */
static void list_regions(struct device_node *parent, char *why,
			 size_t why_bytes)
{
	struct device_node *np;
	size_t len = strlen(why);
	int nr = 0;

	for_each_available_child_of_node(parent, np) {
		len += scnprintf(why + len, why_bytes - len, "%s%s",
				 nr++ ? ", " : "", kbasename(np->full_name));
	}
	if (!nr)
		scnprintf(why + len, why_bytes - len, "nothing");
}

/* Finds the one child that @name means, with or without its unit address. */
static struct device_node *find_region(struct device_node *parent,
				       const char *name, int *nr_found)
{
	struct device_node *np, *found = NULL;

	*nr_found = 0;
	for_each_child_of_node(parent, np) {
		bool exact = !strcmp(kbasename(np->full_name), name);

		if (!exact && !of_node_name_eq(np, name))
			continue;
		of_node_put(found);
		found = of_node_get(np);
		(*nr_found)++;
		if (exact) {
			*nr_found = 1;
			of_node_put(np);
			break;
		}
	}
	return found;
}

/* Does a device in the tree name the region as its own? */
static bool has_consumer(struct device_node *region, char *node,
			 size_t node_bytes)
{
	struct device_node *np, *target;
	int i;

	for_each_node_with_property(np, "memory-region") {
		if (!of_device_is_available(np))
			continue;
		for (i = 0; (target = of_parse_phandle(np, "memory-region", i)); i++) {
			of_node_put(target);
			if (target != region)
				continue;
			snprintf(node, node_bytes, "%pOF", np);
			of_node_put(np);
			return true;
		}
	}
	return false;
}

/* Reasons why a region that exists is not ours to take. */
static int check_region(struct device_node *np, struct reserved_mem *rmem,
			char *why, size_t why_bytes)
{
	struct platform_device *pdev;
	char node[SHADOW_POOL_NODE];

	if (!of_device_is_available(np)) {
		snprintf(why, why_bytes, "%pOF is disabled", np);
		return -ENODEV;
	}
	if (of_property_read_bool(np, "reusable")) {
		snprintf(why, why_bytes,
			 "%pOF is reusable, so the host itself uses it", np);
		return -EBUSY;
	}
	if (!rmem || !rmem->size) {
		snprintf(why, why_bytes, "%pOF was not reserved by the host", np);
		return -ENODEV;
	}
	pdev = of_find_device_by_node(np);
	if (pdev) {
		platform_device_put(pdev);
		snprintf(why, why_bytes, "%pOF is claimed by its own device", np);
		return -EBUSY;
	}
	if (rmem->ops) {
		snprintf(why, why_bytes, "%pOF is claimed by a driver of the host",
			 np);
		return -EBUSY;
	}
	if (has_consumer(np, node, sizeof(node))) {
		snprintf(why, why_bytes, "%pOF is claimed by %s", np, node);
		return -EBUSY;
	}
	return 0;
}

/**
 * shadow_pool_tree_region() - find a reserved-memory region that nobody uses
 * @name: the node's name in /reserved-memory; its unit address may be left
 *	out where that is not ambiguous
 * @region: where its place goes
 * @why: where the reason for refusing goes
 * @why_bytes: room there
 *
 * Context: may sleep.
 * Return: 0; -ENODEV if there is no such node, or it is disabled, or the host
 *	could not reserve it, -EINVAL if several have the name, -EBUSY if it is
 *	`reusable` or claimed. (-ENOENT from insmod means an unknown symbol.)
 */
int shadow_pool_tree_region(const char *name, struct shadow_pool_region *region,
			    char *why, size_t why_bytes)
{
	struct device_node *parent, *np;
	struct reserved_mem *rmem;
	int nr_found, err;

	parent = of_find_node_by_path("/reserved-memory");
	if (!parent) {
		snprintf(why, why_bytes,
			 "the device tree has no /reserved-memory");
		return -ENODEV;
	}
	np = find_region(parent, name, &nr_found);
	if (!np) {
		snprintf(why, why_bytes, "no such node; /reserved-memory holds ");
		list_regions(parent, why, why_bytes);
		err = -ENODEV;
	} else if (nr_found > 1) {
		snprintf(why, why_bytes,
			 "%d nodes have that name; add the unit address",
			 nr_found);
		err = -EINVAL;
	} else {
		rmem = of_reserved_mem_lookup(np);
		err = check_region(np, rmem, why, why_bytes);
		if (!err) {
			region->base = rmem->base;
			region->bytes = rmem->size;
		}
	}
	of_node_put(np);
	of_node_put(parent);
	return err;
}
