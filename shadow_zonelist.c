// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_zonelist - which zones an allocation tries, in which order. Follows
 * build_all_zonelists() of mm/page_alloc.c.
 *
 * Nodes come by distance. Where several are equally far, the one behind the
 * own node comes first, and of nodes that stand first in such a group for
 * others already each counts as a little further: so not everybody runs into
 * the same neighbour. Four nodes, each 20 from the others:
 *
 *	node 0:  0 1 2 3
 *	node 1:  1 2 3 0
 *	node 2:  2 3 0 1
 *	node 3:  3 0 1 2
 */
#include "shadow_memblock.h"
#include "shadow_zonelist.h"

/*
 * MIGRATE_TYPES of a kernel with CMA and memory isolation, as Debian's: what
 * the decision about mobility grouping is made by.
 */
#define KERNEL_MIGRATE_TYPES	6

/* include/linux/topology.h has it, beside distances of 10 and more */
#define PENALTY_FOR_NODE_WITH_CPUS	1

/**
 * struct order - nodes in the order in which one of them tries them
 * @nr: how many
 * @nid: the nodes
 */
struct order {
	unsigned int nr;
	u8 nid[SHADOW_MAX_NODES];
};

/*
 * How unwelcome a node is. @load counts only between equals: it is less than
 * one step of what stands above it.
 */
static unsigned int rank(const struct shadow_nodes *nodes, unsigned int from,
			 unsigned int to, unsigned int load)
{
	unsigned int far = nodes->distance[from][to] + (to < from);

	if (shadow_node_is(nodes, to, SHADOW_N_CPU))
		far += PENALTY_FOR_NODE_WITH_CPUS;
	return far * SHADOW_MAX_NUMNODES + load;
}

/* find_next_best_node(): SHADOW_MAX_NODES where all are used */
static unsigned int next_best(const struct shadow_nodes *nodes,
			      unsigned int from, u8 used, const u8 *load)
{
	unsigned int nid, best = SHADOW_MAX_NODES, least = UINT_MAX, value;

	if (!(used & BIT(from)) && shadow_node_is(nodes, from, SHADOW_N_MEMORY))
		return from;
	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		if (used & BIT(nid) ||
		    !shadow_node_is(nodes, nid, SHADOW_N_MEMORY))
			continue;
		value = rank(nodes, from, nid, load[nid]);
		if (value >= least)
			continue;
		least = value;
		best = nid;
	}
	return best;
}

/* The first of each group of equally far nodes gets heavier: for whom is next */
static void order_nodes(const struct shadow_nodes *nodes, unsigned int from,
			u8 *load, struct order *order)
{
	const u8 *distance = nodes->distance[from];
	unsigned int nid, before = from;
	u8 used = 0;

	order->nr = 0;
	while ((nid = next_best(nodes, from, used, load)) < SHADOW_MAX_NODES) {
		if (distance[nid] != distance[before])
			load[nid]++;
		used |= BIT(nid);
		order->nid[order->nr++] = nid;
		before = nid;
	}
}

static void add_node_zones(struct shadow_zonelist *list,
			   struct shadow_node *node)
{
	int type;

	for (type = SHADOW_MAX_NR_ZONES - 1; type >= 0; type--)
		if (type != SHADOW_ZONE_DEVICE &&
		    shadow_zone_populated(&node->zone[type]))
			list->zone[list->nr++] = &node->zone[type];
}

static void build_node(struct shadow_nodes *nodes, unsigned int nid, u8 *load)
{
	struct shadow_node *node = &nodes->node[nid];
	struct order order;
	unsigned int i;

	order_nodes(nodes, nid, load, &order);
	node->nofallback.nr = 0;
	add_node_zones(&node->nofallback, node);
	node->fallback.nr = 0;
	for (i = 0; i < order.nr; i++)
		add_node_zones(&node->fallback, &nodes->node[order.nid[i]]);
}

/* Grouping would only scatter what is so little: nobody has a pageblock each. */
static bool too_few(const struct shadow_nodes *nodes)
{
	return shadow_zonelist_total(nodes) <
	       (u64)KERNEL_MIGRATE_TYPES << nodes->pageblock_log2;
}

/**
 * shadow_build_zonelists() - which zones an allocation tries, in which order
 * @nodes: the layer, zones populated, distance[] and state[] set. Nodes of
 *	SHADOW_N_CPU count as a little further. At boot there are none yet: an
 *	arm64 kernel adds each CPU to its node when it comes up, later.
 *
 * Own node first, then the others by distance; in a node the highest zone
 * first, so that the scarce low ones are kept. A node without memory has the
 * others' zones. Grouping by mobility is switched off where there are fewer
 * frames than a pageblock of each of the kernel's types has. Follows
 * build_all_zonelists().
 *
 * Context: process context, boot.
 */
void shadow_build_zonelists(struct shadow_nodes *nodes)
{
	u8 online = nodes->state[SHADOW_N_ONLINE];
	u8 load[SHADOW_MAX_NODES] = { };
	unsigned int nid;

	for (nid = 0; nid < nodes->nr_nodes; nid++)
		if (online & BIT(nid))
			build_node(nodes, nid, load);
	/* Nobody is there, but a CPU of the host's may count as theirs. */
	for (nid = 0; nid < nodes->nr_nodes; nid++)
		if (!(online & BIT(nid)))
			build_node(nodes, nid, load);
	if (too_few(nodes))
		shadow_nodes_set_mobility(nodes, false);
}

/**
 * shadow_zonelist_first() - where in a list an allocation begins
 * @list: the list
 * @highest: the highest zone that it may use
 *
 * Follows first_zones_zonelist().
 *
 * Context: any.
 * Return: index into @list, its @nr where no zone of it may be used.
 */
unsigned int shadow_zonelist_first(const struct shadow_zonelist *list,
				   enum shadow_zone_type highest)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		if (list->zone[i]->type <= highest)
			break;
	return i;
}

/**
 * shadow_zonelist_total() - frames that the zonelists reach
 * @nodes: the layer, zonelists built; before watermarks are
 *
 * Follows nr_free_zone_pages() as build_all_zonelists() calls it at boot, when
 * all that is present still counts as managed.
 *
 * Context: process context, boot.
 * Return: the number of frames.
 */
u64 shadow_zonelist_total(const struct shadow_nodes *nodes)
{
	/* Any will do: all have the same zones */
	const struct shadow_zonelist *list = &nodes->node[0].fallback;
	unsigned int i;
	u64 nr = 0;

	for (i = 0; i < list->nr; i++)
		nr += list->zone[i]->present;
	return nr;
}
