// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_zonelist - which zones an allocation tries, in which order. Follows
 * build_all_zonelists() of mm/page_alloc.c.
 */
#include "shadow_zonelist.h"

static void add_node_zones(struct shadow_zonelist *list,
			   struct shadow_node *node)
{
	int type;

	for (type = SHADOW_MAX_NR_ZONES - 1; type >= 0; type--)
		if (type != SHADOW_ZONE_DEVICE &&
		    shadow_zone_populated(&node->zone[type]))
			list->zone[list->nr++] = &node->zone[type];
}

/**
 * shadow_build_zonelists() - which zones an allocation tries, in which order
 * @nodes: the layer, zones populated
 *
 * Own node first, then the others by distance in node number; in a node the
 * highest zone first, so that the scarce low ones are kept. Follows
 * build_all_zonelists().
 *
 * Context: process context, boot.
 */
void shadow_build_zonelists(struct shadow_nodes *nodes)
{
	unsigned int nid, i;
	struct shadow_node *node;

	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		node = &nodes->node[nid];
		node->nofallback.nr = 0;
		add_node_zones(&node->nofallback, node);
		node->fallback.nr = 0;
		for (i = 0; i < nodes->nr_nodes; i++)
			add_node_zones(&node->fallback,
				       &nodes->node[(nid + i) % nodes->nr_nodes]);
	}
}
