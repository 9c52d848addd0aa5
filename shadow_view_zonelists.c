// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_zonelists - which zones an allocation tries in which order, how
 * far nodes are from each other, and what each node has.
 */
#include <linux/seq_file.h>

#include "shadow_gfp.h"
#include "shadow_machine.h"
#include "shadow_view.h"
#include "shadow_zonelist.h"

/* Kinds of allocation, by the highest zone that they may use */
static const struct {
	const char *name;
	u32 gfp;
} kinds[] = {
	{ "GFP_DMA", SHADOW_GFP_DMA },
	{ "GFP_DMA32", SHADOW_GFP_DMA32 },
	{ "GFP_KERNEL", SHADOW_GFP_KERNEL },
	{ "GFP_HIGHUSER", SHADOW_GFP_HIGHMEM },
	{ "GFP_HIGHUSER_MOVABLE", SHADOW_GFP_HIGHMEM | SHADOW_GFP_MOVABLE },
};

static void print_list(struct seq_file *seq, const char *name,
		       const struct shadow_zonelist *list)
{
	unsigned int i;

	seq_printf(seq, "  %-11s", name);
	for (i = 0; i < list->nr; i++)
		seq_printf(seq, " %d:%s", list->zone[i]->nid,
			   shadow_zone_names[list->zone[i]->type]);
	seq_puts(seq, list->nr ? "\n" : " empty\n");
}

/* The first entry that each kind may use */
static void print_starts(struct seq_file *seq,
			 const struct shadow_zonelist *list)
{
	unsigned int i, first;

	seq_puts(seq, "  starts     ");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		first = shadow_zonelist_first(list, shadow_gfp_zone(kinds[i].gfp));
		seq_printf(seq, " %s", kinds[i].name);
		if (first == list->nr)
			seq_puts(seq, "=none");
		else
			seq_printf(seq, "=%d:%s", list->zone[first]->nid,
				   shadow_zone_names[list->zone[first]->type]);
	}
	seq_putc(seq, '\n');
}

static const char *node_memory(const struct shadow_nodes *nodes, unsigned int nid)
{
	if (!shadow_node_is(nodes, nid, SHADOW_N_ONLINE))
		return "not there";
	if (!shadow_node_is(nodes, nid, SHADOW_N_MEMORY))
		return "memoryless";
	if (!shadow_node_is(nodes, nid, SHADOW_N_HIGH_MEMORY))
		return "movable memory alone";
	return shadow_node_is(nodes, nid, SHADOW_N_NORMAL_MEMORY) ?
	       "memory" : "high memory alone";
}

static void print_cpus(struct seq_file *seq, const struct shadow_mm *mm,
		       unsigned int nid)
{
	unsigned int cpu, last = 0;
	bool any = false;

	seq_puts(seq, ", CPUs");
	for (cpu = 0; cpu < mm->nr_cpus && last < SHADOW_VIEW_ROWS; cpu++) {
		if (shadow_cpu_node(&mm->nodes, cpu) != nid)
			continue;
		seq_printf(seq, " %u", cpu);
		any = true;
		last++;
	}
	seq_puts(seq, !any ? " none\n" : cpu < mm->nr_cpus ? " ...\n" : "\n");
}

static void print_distances(struct seq_file *seq, const struct shadow_nodes *nodes)
{
	unsigned int from, to;

	seq_puts(seq, "\nnode distances:\nnode ");
	for (to = 0; to < nodes->nr_nodes; to++)
		seq_printf(seq, " %3u", to);
	for (from = 0; from < nodes->nr_nodes; from++) {
		seq_printf(seq, "\n %3u:", from);
		for (to = 0; to < nodes->nr_nodes; to++)
			seq_printf(seq, " %3u", nodes->distance[from][to]);
	}
	seq_putc(seq, '\n');
}

static void print_states(struct seq_file *seq, const struct shadow_nodes *nodes)
{
	static const char *const names[SHADOW_NR_NODE_STATES] = {
		[SHADOW_N_ONLINE] = "online",
		[SHADOW_N_NORMAL_MEMORY] = "has_normal_memory",
		[SHADOW_N_HIGH_MEMORY] = "has_high_memory",
		[SHADOW_N_MEMORY] = "has_memory",
		[SHADOW_N_CPU] = "has_cpu",
	};
	unsigned int state, nid;

	seq_puts(seq, "\nnode states, named as in /sys/devices/system/node:\n");
	for (state = 0; state < SHADOW_NR_NODE_STATES; state++) {
		seq_printf(seq, "  %-18s", names[state]);
		for (nid = 0; nid < nodes->nr_nodes; nid++)
			if (shadow_node_is(nodes, nid, state))
				seq_printf(seq, " %u", nid);
		seq_printf(seq, " (%u)\n", hweight8(nodes->state[state]));
	}
}

/**
 * shadow_view_zonelists() - both lists of each node, distances, node states
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_zonelists(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_nodes *nodes = &machine->mm.nodes;
	unsigned int nid;

	seq_puts(seq, "# NODE:ZONE from left to right: an allocation begins at the first entry that its gfp may use (starts), and goes on; with THISNODE it walks no-fallback\n");
	for (nid = 0; nid < nodes->nr_nodes; nid++) {
		const struct shadow_node *node = &nodes->node[nid];

		seq_printf(seq, "node %u: %s, nr_zones %u", nid,
			   node_memory(nodes, nid), node->nr_zones);
		print_cpus(seq, &machine->mm, nid);
		print_list(seq, "fallback", &node->fallback);
		print_list(seq, "no-fallback", &node->nofallback);
		print_starts(seq, &node->fallback);
	}
	print_distances(seq, nodes);
	print_states(seq, nodes);
}
