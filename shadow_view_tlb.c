// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_tlb - what changes of the tables ask of a TLB: counters, the logs,
 * and the TLB in software. docs/tlb-log.txt has the format of the whole logs.
 */
#include <linux/seq_file.h>

#include "shadow_boot.h"
#include "shadow_explain.h"
#include "shadow_view.h"

/* The tree that is still changed has the most to tell */
static const unsigned int rows[SHADOW_NR_TREES] = {
	[SHADOW_TREE_IDMAP]	= 5,
	[SHADOW_TREE_INIT_PG]	= 5,
	[SHADOW_TREE_SWAPPER]	= SHADOW_VIEW_ROWS - 10,
};

static const char *const needed_when[SHADOW_NR_TLBI] = {
	[SHADOW_TLBI_VAALE1IS] =
		"one address each, last level: leaves changed or went",
	[SHADOW_TLBI_VAAE1IS] =
		"one address each and what the walk to it cached: a table went or changed",
	[SHADOW_TLBI_VMALLE1IS] =
		"everything: a range needed more instructions than a table has entries",
};

static void emit_line(void *to, const char *line)
{
	seq_printf(to, "%s\n", line);
}

/* What one tree asks for, at one moment */
static void copy_of(struct shadow_pgtable *pgt, struct shadow_tlb *tlb)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&pgt->lock, irq);
	*tlb = pgt->tlb;
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
}

static bool get_record(struct shadow_pgtable *pgt, u64 at,
		       struct shadow_tlb_record *record)
{
	unsigned long irq;
	bool kept;

	raw_spin_lock_irqsave(&pgt->lock, irq);
	kept = shadow_tlb_get(&pgt->tlb, at, record);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	return kept;
}

static void show_counters(struct seq_file *seq, const struct shadow_tlb *tlb)
{
	int kind;

	for (kind = 0; kind < SHADOW_NR_TLBI; kind++)
		seq_printf(seq, "  %-9s %10llu  for %llu KiB; %s\n",
			   shadow_tlbi_names[kind], tlb->nr_tlbi[kind],
			   tlb->nr_bytes[kind] >> 10, needed_when[kind]);
	seq_printf(seq, "  %-9s %10llu  valid descriptors made invalid, invalidated and made again: break-before-make\n",
		   "breaks", tlb->nr_breaks);
	seq_printf(seq, "  %-9s %10llu  records of what was done to the tables; %llu of them overwritten, %u can be kept\n",
		   "log", tlb->nr_records, shadow_tlb_first(tlb) - 1,
		   tlb->mask + 1);
}

/* Returns how many are not shown */
static u64 show_newest(struct seq_file *seq, struct shadow_pgtable *pgt,
		       const struct shadow_tlb *tlb, unsigned int nr)
{
	u64 first = shadow_tlb_first(tlb), last = tlb->nr_records;
	u64 at = last - first + 1 > nr ? last - nr + 1 : first;
	u64 more = at - first;
	struct shadow_tlb_record record;
	char text[SHADOW_TLB_LINE];

	for (; at <= last; at++) {
		if (!get_record(pgt, at, &record))
			continue;
		shadow_tlb_summary(&record, at, text, sizeof(text));
		seq_printf(seq, "    %s\n", text);
	}
	return more;
}

static u64 show_tree(struct seq_file *seq, struct shadow_mm *mm, int tree)
{
	struct shadow_pgtable *pgt = shadow_mm_tree(mm, tree);
	struct shadow_tlb tlb;

	if (!pgt->tlb.record)
		return 0;
	copy_of(pgt, &tlb);
	seq_printf(seq, "\n%s at PA %#llx, %llu tables\n",
		   shadow_tree_names[tree], (u64)pgt->root, pgt->nr_tables);
	show_counters(seq, &tlb);
	return show_newest(seq, pgt, &tlb, rows[tree]);
}

/* --------------------------------------------------- the TLB in software -- */

static int read_shadow(void *ctx, phys_addr_t pa, u64 *desc)
{
	const u64 *table = shadow_block_contents(ctx, pa, sizeof(*desc));

	if (!table)
		return -EFAULT;
	*desc = READ_ONCE(*table);
	return 0;
}

static unsigned int show_entries(struct seq_file *seq, struct shadow_mm *mm)
{
	struct shadow_soft_entry entry;
	struct shadow_walker walker;
	char text[SHADOW_EXPLAIN_LINE];
	unsigned int i, nr = 0;

	for (i = 0; i < SHADOW_SOFT_TLB_ENTRIES; i++) {
		if (!shadow_soft_tlb_get(mm->soft_tlb, i, &entry) ||
		    ++nr > SHADOW_VIEW_ROWS)
			continue;
		shadow_regs_walker(&mm->regs, entry.va, read_shadow, &mm->block,
				   &walker);
		shadow_explain_soft_entry(&entry, &walker, mm->host->now(), text,
					  sizeof(text));
		seq_printf(seq, "  %s\n", text);
	}
	return nr;
}

static void show_soft(struct seq_file *seq, struct shadow_mm *mm)
{
	const struct shadow_soft_tlb *soft = mm->soft_tlb;
	unsigned int nr;
	int kind;

	seq_puts(seq, "tlbi=stale: invalidations are left out until ctl's tlbi performs them; what vtop was asked for is kept:\n");
	nr = show_entries(seq, mm);
	if (nr > SHADOW_VIEW_ROWS)
		seq_printf(seq, "  … %u more\n", nr - SHADOW_VIEW_ROWS);
	seq_printf(seq, "  %u of %u entries in use; touches: %llu hits, %llu filled an entry, %llu faulted and are not kept; %llu entries gave way to others\n",
		   nr, SHADOW_SOFT_TLB_ENTRIES, soft->nr_hits, soft->nr_fills,
		   soft->nr_faults, soft->nr_evicted);
	seq_puts(seq, "  left out:");
	for (kind = 0; kind < SHADOW_NR_TLBI; kind++)
		seq_printf(seq, " %llu by %s%s", soft->nr_missing[kind],
			   shadow_tlbi_names[kind],
			   kind < SHADOW_NR_TLBI - 1 ? "," : ";");
	seq_printf(seq, " performed by hand: %llu, which removed %llu entries\n",
		   soft->nr_performed, soft->nr_dropped);
}

/**
 * shadow_view_tlb() - counters, the newest changes, the TLB in software
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_tlb(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_mm *mm = &machine->mm;
	u64 more = 0;
	int tree;

	if (mm->soft_tlb)
		show_soft(seq, mm);
	else
		seq_puts(seq, "tlbi=on: each invalidation takes place where the log has it, no translation is kept\n");
	for (tree = SHADOW_NR_TREES - 1; tree >= 0; tree--)
		more += show_tree(seq, mm, tree);
	if (more)
		seq_printf(seq, "… %llu more in shadow_mm_raw/%s/tlb\n", more,
			   mm->name);
}

/* --------------------------------------------------------- the whole logs -- */

/**
 * struct reader - one open file
 * @machine: whose
 * @first: by tree, first record that was kept when it was opened
 * @nr: by tree, items that are shown: a header, records, the tables' state; 0:
 *	there was no tree
 * @last: by tree, the last record then
 * @locked: the machine's lock is held
 *
 * A log of pages, each on its line, can be larger than what one piece of
 * memory holds; so it goes record by record.
 */
struct reader {
	struct shadow_machine *machine;
	u64 first[SHADOW_NR_TREES];
	u64 last[SHADOW_NR_TREES];
	u64 nr[SHADOW_NR_TREES];
	bool locked;
};

static void look(struct reader *reader)
{
	struct shadow_mm *mm = &reader->machine->mm;
	int tree;

	for (tree = 0; tree < SHADOW_NR_TREES && mm->tlb_log; tree++) {
		struct shadow_pgtable *pgt = shadow_mm_tree(mm, tree);
		struct shadow_tlb tlb;

		if (!pgt->tlb.record)
			continue;
		copy_of(pgt, &tlb);
		reader->first[tree] = shadow_tlb_first(&tlb);
		reader->last[tree] = tlb.nr_records;
		reader->nr[tree] = tlb.nr_records - reader->first[tree] + 3;
	}
}

static void *start(struct seq_file *seq, loff_t *pos)
{
	struct reader *reader = seq->private;
	u64 nr = 0;
	int tree;

	if (mutex_lock_killable(&reader->machine->lock))
		return ERR_PTR(-EINTR);
	reader->locked = true;
	if (*pos == 0)
		look(reader);
	for (tree = 0; tree < SHADOW_NR_TREES; tree++)
		nr += reader->nr[tree];
	return *pos < max_t(u64, nr, 1) ? pos : NULL;
}

static void *next(struct seq_file *seq, void *at, loff_t *pos)
{
	struct reader *reader = seq->private;
	u64 nr = 0;
	int tree;

	for (tree = 0; tree < SHADOW_NR_TREES; tree++)
		nr += reader->nr[tree];
	return ++*pos < nr ? pos : NULL;
}

static void stop(struct seq_file *seq, void *at)
{
	struct reader *reader = seq->private;

	if (reader->locked)
		mutex_unlock(&reader->machine->lock);
	reader->locked = false;
}

/**
 * struct run - neighbouring leaves of one size, in the file's last part
 * @seq: where to print
 * @shift: log2 of the bytes that each covers
 * @nr: how many; 0: none yet
 * @level: their level
 * @va: the first one's address
 * @value: its descriptor
 * @step: how much more each further one is
 */
struct run {
	struct seq_file *seq;
	unsigned int shift;
	u64 nr;
	int level;
	u64 va;
	u64 value;
	u64 step;
};

static void end_run(struct run *run)
{
	if (run->nr)
		seq_printf(run->seq, "state va 0x%llx level %d value 0x%llx step 0x%llx nr %llu\n",
			   run->va, run->level, run->value, run->step, run->nr);
	run->nr = 0;
}

static int add_leaf(void *priv, const struct shadow_walk_entry *entry)
{
	struct run *run = priv;

	if (entry->kind != SHADOW_DESC_KIND_PAGE &&
	    entry->kind != SHADOW_DESC_KIND_BLOCK)
		return 0;
	if (run->nr == 1 && run->level == entry->level)
		run->step = entry->desc - run->value;
	if (!run->nr || run->level != entry->level ||
	    entry->va != run->va + (run->nr << run->shift) ||
	    entry->desc != run->value + run->nr * run->step) {
		end_run(run);
		run->shift = entry->shift;
		run->level = entry->level;
		run->va = entry->va;
		run->value = entry->desc;
		run->step = 0;
	}
	run->nr++;
	return 0;
}

/* What the tables hold: who reads the log can compare it with his own picture */
static void show_state(struct seq_file *seq, struct shadow_pgtable *pgt,
		       u64 last)
{
	struct run run = { .seq = seq };
	struct shadow_walker walker;
	int err;

	if (pgt->tlb.nr_records != last) {
		seq_puts(seq, "# the tables have changed while this was read\n");
		return;
	}
	shadow_pgtable_walker(pgt, &walker);
	err = shadow_walk_for_each(&walker,
				   shadow_geometry_first(&pgt->geo, pgt->upper),
				   shadow_geometry_last(&pgt->geo, pgt->upper),
				   add_leaf, &run);
	end_run(&run);
	if (err)
		seq_printf(seq, "# the tables cannot be walked: %d\n", err);
	else
		seq_puts(seq, "end\n");
}

static void show_header(struct seq_file *seq, const struct shadow_pgtable *pgt,
			int tree, const struct reader *reader)
{
	const struct shadow_geometry *geo = &pgt->geo;

	seq_printf(seq, "tree %s root 0x%llx granule %u va_bits %u pa_bits %u lpa2 %u half %s first %llu last %llu lost %llu\n",
		   shadow_tree_names[tree], (u64)pgt->root,
		   1U << geo->page_shift, geo->va_bits, geo->pa_bits, geo->lpa2,
		   pgt->upper ? "upper" : "lower", reader->first[tree],
		   reader->last[tree], reader->first[tree] - 1);
}

static void show_item(struct seq_file *seq, const struct reader *reader,
		      int tree, u64 item)
{
	struct shadow_pgtable *pgt = shadow_mm_tree(&reader->machine->mm, tree);
	u64 at = reader->first[tree] + item - 1;
	struct shadow_tlb_record record;

	if (item == 0)
		show_header(seq, pgt, tree, reader);
	else if (item == reader->nr[tree] - 1)
		show_state(seq, pgt, reader->last[tree]);
	else if (get_record(pgt, at, &record))
		shadow_tlb_primitives(&pgt->geo, &record, at, emit_line, seq);
	else
		seq_printf(seq, "# %llu was overwritten while this was read\n", at);
}

static int show(struct seq_file *seq, void *at)
{
	const struct reader *reader = seq->private;
	u64 item = *(loff_t *)at;
	int tree;

	if (!reader->machine->mm.tlb_log) {
		seq_puts(seq, "# no tables: the machine is down, or has not come to create_init_idmap\n");
		return 0;
	}
	for (tree = 0; tree < SHADOW_NR_TREES; tree++) {
		if (item < reader->nr[tree]) {
			show_item(seq, reader, tree, item);
			break;
		}
		item -= reader->nr[tree];
	}
	return 0;
}

static const struct seq_operations ops = {
	.start = start,
	.next = next,
	.stop = stop,
	.show = show,
};

/**
 * shadow_view_tlb_open() - open the whole logs
 * @file: the file
 * @machine: whose
 *
 * Context: process context, sleeps.
 * Return: 0 or -ENOMEM.
 */
int shadow_view_tlb_open(struct file *file, struct shadow_machine *machine)
{
	struct reader *reader = __seq_open_private(file, &ops, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->machine = machine;
	return 0;
}
