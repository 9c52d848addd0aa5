// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_latency - how long operations take, by the way that they went.
 */
#include <linux/seq_file.h>

#include "shadow_latency.h"
#include "shadow_view.h"

#define MEDIAN	50
#define P99	99

static void explain(struct seq_file *seq, const struct shadow_latency *latency)
{
	unsigned int path;

	if (!latency->last) {
		seq_puts(seq, "nothing was measured: write set latency ns, cycles or instructions to ctl\n");
		return;
	}
	seq_printf(seq, "measuring: %s; unit: %s\n",
		   shadow_latency_clocks[latency->which], latency->clock->unit);
	seq_printf(seq, "reading the clock counts %llu, which is taken off each; median and p99 are upper ends of buckets\n",
		   latency->overhead);
	seq_puts(seq, "interrupts are off in each; what an operation asks of another one is its own time, and not in a row of its own\n");
	seq_puts(seq, "commands leave no routes in why meanwhile, so that they take the way that others take\n");
	seq_puts(seq, "buckets: N:M is M operations that took less than 2^N and at least half of that; a row has the longest way that it went:\n");
	for (path = 0; path < SHADOW_NR_LATENCY_PATHS; path++)
		seq_printf(seq, "  %-8s %s\n", shadow_latency_paths[path],
			   shadow_latency_explain[path]);
	seq_printf(seq, "\n%-16s %-8s %10s %8s %8s %8s %10s  %s\n", "operation",
		   "path", "count", "min", "median", "p99", "max", "buckets");
}

static void show_hist(struct seq_file *seq, unsigned int op, unsigned int path,
		      const struct shadow_latency_hist *hist)
{
	unsigned int bucket;

	seq_printf(seq, "%-16s %-8s %10llu %8llu %8llu %8llu %10llu ",
		   shadow_latency_ops[op], shadow_latency_paths[path],
		   hist->count, hist->min, shadow_latency_rank(hist, MEDIAN),
		   shadow_latency_rank(hist, P99), hist->max);
	for (bucket = 0; bucket < SHADOW_LATENCY_BUCKETS; bucket++)
		if (hist->bucket[bucket])
			seq_printf(seq, " %u:%llu", bucket, hist->bucket[bucket]);
	seq_putc(seq, '\n');
}

/**
 * shadow_view_latency() - what was measured since a clock was chosen
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_latency(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_latency *latency = &machine->mm.latency;
	struct shadow_latency_hist sum;
	unsigned int op, path;

	explain(seq, latency);
	if (!latency->last)
		return;
	for (op = 0; op < SHADOW_NR_LATENCY_OPS; op++) {
		for (path = 0; path < SHADOW_NR_LATENCY_PATHS; path++) {
			shadow_latency_sum(latency, op, path, &sum);
			if (sum.count)
				show_hist(seq, op, path, &sum);
		}
	}
}
