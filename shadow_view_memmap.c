// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_memmap - what each memory model would take for this memory, and
 * what nodes, zones and CPUs cost.
 */
#include <linux/seq_file.h>

#include "shadow_mm.h"
#include "shadow_pcp.h"
#include "shadow_view.h"

static void model_line(struct seq_file *seq, const struct shadow_mm *mm,
		       enum shadow_memmodel model)
{
	const struct shadow_memmap_cost *cost = &mm->boot.memmap_cost[model];
	u64 bytes = cost->nr_entries * sizeof(struct shadow_page) +
		    cost->table_bytes;
	u64 room = shadow_block_contents_bytes(&mm->block);

	seq_printf(seq, "  %-9s ", shadow_memmodel_names[model]);
	if (!cost->nr_entries) {
		seq_printf(seq, "%14s        more frames than an index can name: refused\n",
			   "-");
		return;
	}
	seq_printf(seq, "%14llu bytes  %llu entries, pieces: %u", bytes,
		   cost->nr_entries, cost->nr_banks);
	if (cost->table_bytes)
		seq_printf(seq, ", section table %llu", cost->table_bytes);
	if (model == mm->cfg.memmodel)
		seq_puts(seq, "; in use\n");
	else if (bytes > room)
		seq_printf(seq, "; refused: the block has %llu\n", room);
	else
		seq_puts(seq, "\n");
}

/**
 * shadow_view_memory_models() - a part of `layout`: the three models
 * @seq: where to print
 * @mm: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_memory_models(struct seq_file *seq, const struct shadow_mm *mm)
{
	unsigned int model;

	if (!mm->boot.memmap_cost[mm->cfg.memmodel].nr_entries)
		return;
	seq_printf(seq, "\nWhat a memmap for this memory takes, %zu bytes an entry, in blocks of order %u\n",
		   sizeof(struct shadow_page), mm->nodes.memmap.block_log2);
	for (model = 0; model < SHADOW_NR_MEMMODELS; model++)
		model_line(seq, mm, model);
}

static void overhead_line(struct seq_file *seq, const char *what, u64 nr,
			  const char *each, u64 bytes)
{
	seq_printf(seq, "  %-22s %12llu bytes  %llu bytes for each of %llu %s\n",
		   what, nr * bytes, bytes, nr, each);
}

/**
 * shadow_view_zone_overhead() - a part of `layout`: a node, a zone, a CPU
 * @seq: where to print
 * @mm: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_zone_overhead(struct seq_file *seq, const struct shadow_mm *mm)
{
	unsigned int nid, type, nr = 0;

	for (nid = 0; nid < mm->nodes.nr_nodes; nid++)
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++)
			nr += shadow_zone_populated(&mm->nodes.node[nid].zone[type]);
	seq_puts(seq, " of that, for what this machine has:\n");
	overhead_line(seq, "nodes", mm->nodes.nr_nodes,
		      "nodes, zones and zonelists included", sizeof(struct shadow_node));
	overhead_line(seq, "populated zones", nr, "zones", sizeof(struct shadow_zone));
	overhead_line(seq, "CPUs", mm->nr_cpus, "CPUs, lists of all zones",
		      shadow_pcp_bytes(2) - shadow_pcp_bytes(1));
}
