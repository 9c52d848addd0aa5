// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_frag - how free memory is grouped and how broken up it is. Three
 * files in formats of the kernel's, and their history.
 */
#include <linux/seq_file.h>

#include "shadow_frag.h"
#include "shadow_mobility.h"
#include "shadow_view.h"

/* Calls @print for each zone that has frames, in the kernel's order */
static void each_zone(struct seq_file *seq, struct shadow_nodes *nodes, int nid,
		      void (*print)(struct seq_file *seq, struct shadow_zone *zone))
{
	struct shadow_zone *zone = shadow_first_zone(nodes);

	for (; zone; zone = shadow_next_zone(zone))
		if (shadow_zone_populated(zone) && (nid < 0 || zone->nid == nid))
			print(seq, zone);
}

/* -------------------------------------------------------- pagetypeinfo -- */

static void print_free(struct seq_file *seq, struct shadow_zone *zone)
{
	unsigned int mt, order;
	u64 nr[SHADOW_NR_ORDERS];

	for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++) {
		shadow_mobility_count_free(zone, mt, nr);
		seq_printf(seq, "Node %4d, zone %8s, type %12s ", zone->nid,
			   shadow_zone_names[zone->type],
			   shadow_migratetype_names[mt]);
		for (order = 0; order <= zone->nodes->max_order; order++)
			seq_printf(seq, "%s%6llu ",
				   nr[order] == SHADOW_MOBILITY_MANY ? ">" : "",
				   nr[order]);
		seq_putc(seq, '\n');
	}
}

static void print_counts(struct seq_file *seq, struct shadow_zone *zone,
			 void (*count)(struct shadow_zone *zone, u64 *nr))
{
	u64 nr[SHADOW_MIGRATE_TYPES];
	unsigned int mt;

	count(zone, nr);
	seq_printf(seq, "Node %d, zone %8s ", zone->nid,
		   shadow_zone_names[zone->type]);
	for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
		seq_printf(seq, "%12llu ", nr[mt]);
	seq_putc(seq, '\n');
}

static void print_blocks(struct seq_file *seq, struct shadow_zone *zone)
{
	print_counts(seq, zone, shadow_mobility_count_blocks);
}

static void print_mixed(struct seq_file *seq, struct shadow_zone *zone)
{
	print_counts(seq, zone, shadow_mobility_count_mixed);
}

static void print_types(struct seq_file *seq, const char *what)
{
	unsigned int mt;

	seq_printf(seq, "\n%-23s", what);
	for (mt = 0; mt < SHADOW_MIGRATE_TYPES; mt++)
		seq_printf(seq, "%12s ", shadow_migratetype_names[mt]);
	seq_putc(seq, '\n');
}

static void print_node(struct seq_file *seq, struct shadow_nodes *nodes, int nid)
{
	unsigned int order;

	seq_printf(seq, "Page block order: %u\n", nodes->pageblock_log2);
	seq_printf(seq, "Pages per block:  %lu\n\n", BIT(nodes->pageblock_log2));
	seq_printf(seq, "%-43s ", "Free pages count per migrate type at order");
	for (order = 0; order <= nodes->max_order; order++)
		seq_printf(seq, "%6u ", order);
	seq_putc(seq, '\n');
	each_zone(seq, nodes, nid, print_free);
	print_types(seq, "Number of blocks type ");
	each_zone(seq, nodes, nid, print_blocks);
	print_types(seq, "Number of mixed blocks ");
	each_zone(seq, nodes, nid, print_mixed);
}

/**
 * shadow_view_pagetypeinfo() - blocks by type, as /proc/pagetypeinfo
 * @seq: where to print
 * @machine: the machine
 *
 * Follows pagetypeinfo_show() of mm/vmstat.c. Mixed blocks are there as with
 * CONFIG_PAGE_OWNER and page_owner=on; the kernel drains its per-CPU lists to
 * count them, which would be a change here: frames on those lists count as free.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_pagetypeinfo(struct seq_file *seq,
			      struct shadow_machine *machine)
{
	struct shadow_nodes *nodes = &machine->mm.nodes;
	unsigned int nid;

	for (nid = 0; nid < nodes->nr_nodes; nid++)
		if (nodes->node[nid].present)
			print_node(seq, nodes, nid);
}

/* ------------------------------------------------------------ the indices -- */

/* An index of each order, @width wide before the point, as the kernel has it */
static void print_index(struct seq_file *seq, const struct shadow_zone *zone,
			int (*index_of)(const struct shadow_frag_info *info,
					unsigned int order), int width)
{
	struct shadow_frag_info info;
	unsigned int order;
	int index;

	seq_printf(seq, "Node %d, zone %8s ", zone->nid,
		   shadow_zone_names[zone->type]);
	for (order = 0; order <= zone->nodes->max_order; order++) {
		shadow_frag_info(zone, order, &info);
		index = index_of(&info, order);
		seq_printf(seq, "%*d.%03d ", width, index / 1000, index % 1000);
	}
	seq_putc(seq, '\n');
}

static void print_extfrag(struct seq_file *seq, struct shadow_zone *zone)
{
	print_index(seq, zone, shadow_frag_extfrag, 2);
}

static void print_unusable(struct seq_file *seq, struct shadow_zone *zone)
{
	print_index(seq, zone, shadow_frag_unusable, 1);
}

/**
 * shadow_view_extfrag() - why a request of each order would fail
 * @seq: where to print
 * @machine: the machine
 *
 * In the format of the kernel's extfrag/extfrag_index; follows
 * extfrag_show_print().
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_extfrag(struct seq_file *seq, struct shadow_machine *machine)
{
	each_zone(seq, &machine->mm.nodes, -1, print_extfrag);
}

/**
 * shadow_view_unusable() - how much free memory is in blocks too small
 * @seq: where to print
 * @machine: the machine
 *
 * In the format of the kernel's extfrag/unusable_index; follows
 * unusable_show_print().
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_unusable(struct seq_file *seq, struct shadow_machine *machine)
{
	each_zone(seq, &machine->mm.nodes, -1, print_unusable);
}

/* --------------------------------------------------------- the history -- */

static void print_sample(struct seq_file *seq, u64 number,
			 const struct shadow_frag_sample *sample)
{
	unsigned int i;

	seq_printf(seq, "%8llu %10llu %4u %8s %9llu %7llu", number, sample->ops,
		   sample->nid, shadow_zone_names[sample->type],
		   sample->nr_free, sample->nr_large);
	for (i = 0; i < ARRAY_SIZE(sample->unusable); i++)
		seq_printf(seq, " %7d.%03d %5s%d.%03d",
			   sample->unusable[i] / 1000,
			   sample->unusable[i] % 1000,
			   sample->extfrag[i] < 0 ? "-" : "",
			   abs(sample->extfrag[i]) / 1000,
			   abs(sample->extfrag[i]) % 1000);
	seq_printf(seq, " %7llu\n", sample->nr_mixed);
}

static void print_head(struct seq_file *seq, const struct shadow_mm *mm)
{
	unsigned int large = mm->nodes.pageblock_log2, i;
	unsigned int order[] = { SHADOW_FRAG_SMALL, large };
	char name[16];

	seq_printf(seq, "# sample: its number; ops: blocks that had left or entered the zone's free areas; free: frames; large: wholly free pageblocks (order %u); unusable_N, extfrag_N: the indices of order N, see unusable_index and extfrag_index; mixed: pageblocks that a fallback has mixed and that were not wholly free since; one sample in %u ops of a zone (ctl: set frag_interval), the newest %u are kept\n",
		   large, mm->frag.interval, SHADOW_FRAG_SAMPLES);
	seq_printf(seq, "%8s %10s %4s %8s %9s %7s", "sample", "ops", "node",
		   "zone", "free", "large");
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		scnprintf(name, sizeof(name), "unusable_%u", order[i]);
		seq_printf(seq, " %11s", name);
		scnprintf(name, sizeof(name), "extfrag_%u", order[i]);
		seq_printf(seq, " %10s", name);
	}
	seq_printf(seq, " %7s\n", "mixed");
}

static void view_history(struct seq_file *seq, struct shadow_mm *mm, u64 rows)
{
	u64 end = READ_ONCE(mm->frag.seq), first = shadow_frag_first(&mm->frag);
	u64 number = end - first > rows ? end - rows : first;
	struct shadow_frag_sample sample;
	u64 left_out = number - first;

	print_head(seq, mm);
	for (; number < end; number++)
		/* The oldest may be gone meanwhile */
		if (shadow_frag_read(&mm->frag, number, &sample))
			print_sample(seq, number, &sample);
	if (left_out)
		seq_printf(seq, "… %llu more in shadow_mm_raw/%s/frag_history\n",
			   left_out, mm->name);
}

/**
 * shadow_view_frag_history() - fragmentation over time
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_frag_history(struct seq_file *seq,
			      struct shadow_machine *machine)
{
	view_history(seq, &machine->mm, SHADOW_VIEW_ROWS);
}

/**
 * shadow_view_frag_history_whole() - the same, every sample
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_frag_history_whole(struct seq_file *seq,
				    struct shadow_machine *machine)
{
	view_history(seq, &machine->mm, U64_MAX);
}
