// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_compare - the last comparison of engines as a table.
 */
#include <linux/math64.h>
#include <linux/seq_file.h>

#include "shadow_machine.h"
#include "shadow_view.h"

static const struct {
	const char *name;
	const char *what;
} columns[] = {
	{ "peak_kb",
	  "most memory that objects took at a time, KiB: slabs, and blocks behind large kmallocs" },
	{ "waste_kb",
	  "how much of that nobody had asked for: rounding, bookkeeping in slabs, free objects" },
	{ "end_kb", "memory at the end of the trace, with what it leaves in use" },
	{ "left_kb",
	  "memory that is still held when everything was freed: empty slabs kept for the next" },
	{ "shrunk_kb", "what of that remains after all caches were told to shrink" },
	{ "mean", "cost of an operation, allocation or free" },
	{ "p99", "cost that 99 of 100 operations do not exceed" },
	{ "worst", "cost of the most expensive one" },
	{ "refused",
	  "allocations that were refused; then the rows had not the same to do" },
};

static u64 kib(const struct shadow_compare_table *table, u64 frames)
{
	return frames << table->page_shift >> 10;
}

static void print_row(struct seq_file *seq, const struct shadow_compare_table *table,
		      unsigned int engine)
{
	const struct shadow_compare_figures *figures = &table->figures[engine];
	u64 peak = kib(table, figures->peak_frames);
	u32 rest;
	u64 mean = div_u64_rem(figures->mean, 100, &rest);

	seq_printf(seq, "%-6s %9llu %9llu %9llu %9llu %9llu %7llu.%02u %7llu %9llu %8llu\n",
		   shadow_engine_names[engine], peak, peak - (figures->peak_bytes >> 10),
		   kib(table, figures->end_frames), kib(table, figures->left_frames),
		   kib(table, figures->shrunk_frames), mean, rest, figures->p99,
		   figures->worst, figures->nr_refused);
}

static void print_table(struct seq_file *seq, const struct shadow_compare_table *table)
{
	unsigned int i;

	seq_printf(seq, "trace %s: %u operations, %u of them allocations, by kmalloc and from %u caches, up to %llu KiB in use\n",
		   table->trace, table->nr_ops, table->nr_allocs, table->nr_caches,
		   table->peak_bytes >> 10);
	seq_printf(seq, "three machines of %llu KiB, one after the other, in %s; costs in %s\n\n",
		   table->machine_bytes >> 10,
		   table->shared ? "a part of this one's memory" : "a block of their own",
		   table->instructions ? "instructions (INST_RETIRED)" :
		   "nanoseconds, as nothing here counts instructions");
	seq_printf(seq, "%-6s %9s %9s %9s %9s %9s %10s %7s %9s %8s\n", "slab=", "peak_kb",
		   "waste_kb", "end_kb", "left_kb", "shrunk_kb", "mean", "p99", "worst",
		   "refused");
	for (i = 0; i < SHADOW_NR_ENGINES; i++)
		print_row(seq, table, i);
	seq_puts(seq, "\n");
	for (i = 0; i < ARRAY_SIZE(columns); i++)
		seq_printf(seq, "%-10s %s\n", columns[i].name, columns[i].what);
}

/**
 * shadow_view_compare() - the file compare
 * @seq: where to
 * @machine: the machine
 *
 * Context: process context, with the machine's lock.
 */
void shadow_view_compare(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_machine_compare *compare = &machine->compare;

	if (machine->first) {
		seq_puts(seq, "nothing is compared here: compare TRACE is a command of the first machine's ctl\n");
		return;
	}
	if (compare->running)
		seq_printf(seq, "under way: trace %s, slab=%s, %u of %u operations\n",
			   compare->now, shadow_engine_names[READ_ONCE(compare->engine)],
			   READ_ONCE(compare->at), READ_ONCE(compare->nr_ops));
	if (compare->there)
		print_table(seq, &compare->last);
	else if (!compare->running)
		seq_puts(seq, "nothing was compared yet: write compare TRACE to ctl\n");
}
