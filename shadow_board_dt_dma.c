// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_board_dt_dma - how far the devices of a board reach, out of all
 * dma-ranges. See shadow_board_dt.h.
 *
 * of_dma_get_max_cpu_address() is gone after the boot, of_translate_dma_address()
 * follows phandles into the host's tree and never ends where they form a ring,
 * and both read cells that are not there if told so: hence a walk of our own,
 * with the same arithmetic.
 */
#include <linux/of.h>

#include "shadow_board_dt.h"

/* OF_MAX_ADDR_CELLS, and what fails to translate, of drivers/of/address.c */
#define MAX_ADDR_CELLS	4
#define BAD_ADDR	U64_MAX
/* Buses between a device and the root; a tree is not deeper, a ring is. */
#define MAX_HOPS	64

/* How the addresses of a bus are built: what of_match_bus() tells apart. */
enum bus {
	BUS_PLAIN,	/* a number */
	BUS_FLAGS,	/* a cell of flags, then a number */
	BUS_PCI,
	BUS_ISA,
};

static bool is_type(struct device_node *np, const char *type)
{
	const char *said;

	return !of_property_read_string(np, "device_type", &said) &&
	       !strcmp(said, type);
}

/* Cells of the addresses on a bus: its own property, or an ancestor's. */
static u32 bus_cells(struct device_node *np, const char *property, u32 def)
{
	u32 cells;

	for (; np; np = np->parent)
		if (!of_property_read_u32(np, property, &cells))
			return cells;
	return def;
}

static u32 bus_addr_cells(struct device_node *np)
{
	return bus_cells(np, "#address-cells", SHADOW_BOARD_DT_CELLS);
}

static u32 bus_size_cells(struct device_node *np)
{
	return bus_cells(np, "#size-cells", SHADOW_BOARD_DT_CELLS);
}

/* of_n_addr_cells(): of the bus that the node is on */
static struct device_node *bus_of(struct device_node *np)
{
	return np->parent ?: np;
}

static enum bus match_bus(struct device_node *np)
{
	if (is_type(np, "pci") || is_type(np, "pciex") || is_type(np, "vci") ||
	    is_type(np, "ht") || of_node_name_eq(np, "pcie"))
		return BUS_PCI;
	if (of_node_name_eq(np, "isa"))
		return BUS_ISA;
	return bus_addr_cells(np) == 3 ? BUS_FLAGS : BUS_PLAIN;
}

static u32 flag_cells(enum bus bus)
{
	return bus == BUS_PLAIN ? 0 : 1;
}

/* Cells of an address and of a size for a node on such a bus */
static bool count_cells(enum bus bus, struct device_node *np, u32 *na, u32 *ns)
{
	switch (bus) {
	case BUS_PCI:
		*na = 3;
		*ns = 2;
		break;
	case BUS_ISA:
		*na = 2;
		*ns = 1;
		break;
	default:
		*na = bus_addr_cells(bus_of(np));
		*ns = bus_size_cells(bus_of(np));
	}
	return *na > 0 && *na <= MAX_ADDR_CELLS && *ns > 0;
}

/* ------------------------------------------------------------ DMA parent -- */

static struct device_node *find_phandle(const struct shadow_board_dt *dt,
					u32 phandle)
{
	struct device_node *np;

	/* Given a node, this never leaves the tree that the node is in. */
	for (np = of_node_get(dt->root); np; np = of_find_all_nodes(np))
		if (phandle && np->phandle == phandle)
			break;
	of_node_put(np);
	return np;
}

/* Which of the paths is the one to memory; -ENOENT where none is. */
static int find_dma_mem(struct device_node *np)
{
	const char *names, *end, *name;
	int len, i = 0;

	names = of_get_property(np, "interconnect-names", &len);
	if (!names)
		return -ENOENT;
	end = names + len;
	for (name = names; name < end; name += strlen(name) + 1, i++) {
		if (strnlen(name, end - name) == end - name)
			return -ENOENT;
		if (!strcmp(name, "dma-mem"))
			return i;
	}
	return -ENOENT;
}

/* Its target: the phandle of entry @idx, each with as many cells as it wants. */
static struct device_node *find_target(const struct shadow_board_dt *dt,
				       struct device_node *np, int idx)
{
	struct device_node *target;
	const __be32 *cell, *end;
	u32 nr_args;
	int len;

	cell = of_get_property(np, "interconnects", &len);
	if (!cell)
		return NULL;
	end = cell + len / sizeof(*cell);
	for (; cell < end; idx--) {
		nr_args = 0;
		target = find_phandle(dt, be32_to_cpup(cell));
		if (*cell++ && (!target ||
				of_property_read_u32(target,
						     "#interconnect-cells",
						     &nr_args)))
			return NULL;
		if (end - cell < nr_args)
			return NULL;
		if (idx == 0)
			return target;
		cell += nr_args;
	}
	return NULL;
}

/*
 * Where a node's DMA goes: along the path that it names, else up. The host's
 * own tree does not change under us: no driver gives it up while it is up.
 */
static struct device_node *dma_parent(const struct shadow_board_dt *dt,
				      struct device_node *np)
{
	struct device_node *target = NULL;
	int idx;

	idx = find_dma_mem(np);
	if (idx >= 0)
		target = find_target(dt, np, idx);
	return target ?: np->parent;
}

/* ----------------------------------------------------------- translation -- */

/* Do an address and the start of a range speak of the same space? */
static bool same_space(enum bus bus, u32 addr, u32 range)
{
	/* I/O is 1, memory 2 and 3; both are told from configuration space. */
	static const u8 pci_space[] = { 0, 1, 2, 2 };

	switch (bus) {
	case BUS_PCI:
		return pci_space[addr >> 24 & 3] == pci_space[range >> 24 & 3];
	case BUS_ISA:
		return (addr & 1) == (range & 1);
	case BUS_FLAGS:
		return addr == range;
	default:
		return true;
	}
}

/* How far into the range the address lies; BAD_ADDR: it does not. */
static u64 offset_in(enum bus bus, const __be32 *addr, const __be32 *range,
		     u32 na, u32 pna, u32 ns)
{
	const u32 flags = flag_cells(bus);
	u64 start, bytes, at;

	if (!same_space(bus, be32_to_cpup(addr), be32_to_cpup(range)))
		return BAD_ADDR;
	start = of_read_number(range + flags, na - flags);
	bytes = of_read_number(range + na + pna, ns);
	at = of_read_number(addr + flags, na - flags);
	return at < start || at >= start + bytes ? BAD_ADDR : at - start;
}

/* Adds to the number in an address, which keeps its flags. */
static void add_offset(enum bus bus, __be32 *addr, u32 na, u64 offset)
{
	u64 sum;

	addr += flag_cells(bus);
	na -= flag_cells(bus);
	if (!na)
		return;
	sum = of_read_number(addr, na) + offset;
	memset(addr, 0, na * sizeof(*addr));
	if (na > 1)
		addr[na - 2] = cpu_to_be32(upper_32_bits(sum));
	addr[na - 1] = cpu_to_be32(lower_32_bits(sum));
}

/* What one side of a bridge looks like. */
struct side {
	enum bus bus;
	u32 na;
	u32 ns;
};

/* Takes an address from below @bridge to above it, as of_translate_one(). */
static bool cross(struct device_node *bridge, const struct side *below,
		  const struct side *above, __be32 *addr)
{
	const u32 flags = flag_cells(above->bus);
	u64 left, entry, offset = BAD_ADDR;
	const __be32 *range;
	int len;

	range = of_get_property(bridge, "dma-ranges", &len);
	if (!range || len <= 0) {
		offset = of_read_number(addr, below->na);
		memset(addr + flags, 0, (above->na - flags) * sizeof(*addr));
		add_offset(above->bus, addr, above->na, offset);
		return true;
	}
	left = len / sizeof(*range);
	entry = (u64)below->na + above->na + below->ns;
	for (; left >= entry && offset == BAD_ADDR; left -= entry) {
		offset = offset_in(below->bus, addr, range, below->na,
				   above->na, below->ns);
		if (offset != BAD_ADDR)
			memcpy(addr, range + below->na,
			       above->na * sizeof(*addr));
		range += entry;
	}
	if (offset == BAD_ADDR)
		return false;
	add_offset(above->bus, addr, above->na, offset);
	return true;
}

/*
 * An address on the bus that @np is on, as CPUs see it; BAD_ADDR: they do not.
 * @cell has @nr cells, of which the bus takes what it needs.
 */
static int translate(struct shadow_board_dt *dt, struct device_node *np,
		     const __be32 *cell, u64 nr, u64 *cpu_addr)
{
	struct device_node *parent = dma_parent(dt, np);
	__be32 addr[MAX_ADDR_CELLS];
	struct side below, above;
	unsigned int hop;

	*cpu_addr = BAD_ADDR;
	if (!parent)
		return 0;
	below.bus = match_bus(parent);
	if (!count_cells(below.bus, np, &below.na, &below.ns) || below.na > nr)
		return 0;
	memcpy(addr, cell, below.na * sizeof(*addr));
	for (hop = 0; hop < MAX_HOPS; hop++, below = above) {
		np = parent;
		parent = dma_parent(dt, np);
		if (!parent) {
			*cpu_addr = of_read_number(addr, below.na);
			return 0;
		}
		above.bus = match_bus(parent);
		if (!count_cells(above.bus, np, &above.na, &above.ns) ||
		    above.na < flag_cells(above.bus) ||
		    !cross(np, &below, &above, addr))
			return 0;
	}
	return shadow_board_dt_refuse(dt, -EINVAL, np, "interconnects",
				      of_get_property(np, "interconnects", NULL),
				      "DMA parents form a ring; allowed: a way to the root");
}

/* -------------------------------------------------------------- the limit -- */

/*
 * The last address that the ranges of one bus reach. As in the kernel, a range
 * that cannot be translated reaches what the sums come to.
 */
static int read_ranges(struct shadow_board_dt *dt, struct device_node *np,
		       const __be32 *range, int len, u64 *last)
{
	const u32 pna = bus_addr_cells(bus_of(np));
	const u32 na = bus_addr_cells(np), ns = bus_size_cells(np);
	const u64 entry = (u64)na + pna + ns;
	u64 left = len / sizeof(*range);
	u64 cpu_addr, bytes;
	int err;

	*last = 0;
	if (!entry)
		return shadow_board_dt_refuse(dt, -EINVAL, np, "dma-ranges",
					      range,
					      "entries of no cells; allowed: 1 or more");
	for (; left >= entry; left -= entry, range += entry) {
		err = translate(dt, np, range + na, left - na, &cpu_addr);
		if (err)
			return err;
		bytes = of_read_number(range + na + pna, ns);
		if (cpu_addr + bytes > *last)
			*last = cpu_addr + bytes - 1;
	}
	return 0;
}

/* Is it a device, and all buses above it, too? */
static bool is_reachable(struct device_node *np)
{
	for (; np->parent; np = np->parent)
		if (!of_device_is_available(np))
			return false;
	return true;
}

/**
 * shadow_board_dt_dma() - find the limit of zone DMA
 * @dt: the tree; its board's @dma_limit is set
 *
 * Follows of_dma_get_max_cpu_address() of Linux 6.12.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL where the kernel would not come to an end, and the board
 * says why.
 */
int shadow_board_dt_dma(struct shadow_board_dt *dt)
{
	u64 last, lowest = U64_MAX;
	struct device_node *np;
	const __be32 *range;
	int len, err;

	for (np = of_node_get(dt->root); np; np = of_find_all_nodes(np)) {
		range = of_get_property(np, "dma-ranges", &len);
		if (!range || len <= 0 || !is_reachable(np))
			continue;
		err = read_ranges(dt, np, range, len, &last);
		if (err) {
			of_node_put(np);
			return err;
		}
		lowest = min(lowest, last);
	}
	dt->board->dma_limit = lowest == U64_MAX ? U64_MAX : lowest + 1;
	return 0;
}
