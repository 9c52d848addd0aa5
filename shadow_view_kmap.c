// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_kmap - addresses for frames that the linear map does not show:
 * the window of persistent mappings, and each CPU's slots.
 */
#include <linux/seq_file.h>

#include "shadow_boot.h"
#include "shadow_compound.h"
#include "shadow_view.h"

/* Rows that may still be printed, and those that were not */
struct rows {
	u64 left;
	u64 hidden;
};

static bool take_row(struct rows *rows)
{
	if (rows->left) {
		rows->left--;
		return true;
	}
	rows->hidden++;
	return false;
}

static void print_head(struct seq_file *seq, struct shadow_kmap *kmap)
{
	unsigned int shift = kmap->pgt->geo.page_shift;
	struct shadow_kmap_totals totals;

	shadow_kmap_totals(kmap, &totals);
	seq_printf(seq, "PKMAP_BASE   0x%016llx  %u slots (LAST_PKMAP) of %u KiB; slot n lies n pages above\n",
		   kmap->pkmap_start, kmap->nr_slots, 1U << (shift - 10));
	seq_printf(seq, "FIX_KMAP     0x%016llx  %u slots (KM_MAX_IDX) for each of %u CPUs, downwards from 0x%016llx\n\n",
		   shadow_kmap_local_va(kmap, kmap->nr_cpus - 1,
					SHADOW_KM_MAX_IDX - 1),
		   SHADOW_KM_MAX_IDX, kmap->nr_cpus, kmap->local_top - 1);
	seq_printf(seq, "used         %10llu  slots with users, %llu in all (count n: n - 1 users)\n",
		   totals.nr_used, totals.nr_users);
	seq_printf(seq, "to be flushed%10llu  slots without: still mapped, as a TLB may know them (count 1)\n",
		   totals.nr_unflushed);
	seq_printf(seq, "free         %10llu  slots that show nothing (count 0)\n",
		   totals.nr_free);
	seq_printf(seq, "last taken   %10u  slots are taken in turn; behind slot %u all that are to be flushed are unmapped\n",
		   kmap->last_nr, kmap->nr_slots - 1);
	seq_printf(seq, "mapped       %10llu  times, %llu of them found a slot that showed the frame already\n",
		   kmap->nr_maps, kmap->nr_found);
	seq_printf(seq, "flushes      %10llu  of %llu slots; each is one invalidation of the whole window\n",
		   kmap->nr_flushes, kmap->nr_flushed);
	seq_printf(seq, "refused      %10llu  times every slot had users, where the kernel would have slept\n",
		   kmap->nr_full);
}

/* The newest one of each CPU that ever had one */
static void print_cpus(struct seq_file *seq, const struct shadow_kmap *kmap,
		       struct rows *rows)
{
	const struct shadow_kmap_cpu *stack;
	unsigned int cpu;

	seq_printf(seq, "\n%-4s %5s %5s %10s  %-18s %-12s kmap_local (kmap_atomic): what was mapped last goes first\n",
		   "cpu", "depth", "most", "mapped", "newest VA", "pfn");
	for (cpu = 0; cpu < kmap->nr_cpus; cpu++) {
		stack = &kmap->cpu[cpu];
		if (!stack->nr_maps || !take_row(rows))
			continue;
		seq_printf(seq, "%-4u %5u %5u %10llu  ", cpu, stack->depth,
			   stack->max_depth, stack->nr_maps);
		if (stack->depth)
			seq_printf(seq, "0x%016llx %#llx\n",
				   shadow_kmap_local_va(kmap, cpu, stack->depth - 1),
				   stack->pfn[stack->depth - 1]);
		else
			seq_printf(seq, "%-18s -\n", "-");
	}
}

/* Has whoever allocated the frame freed it, so that mappings alone keep it? */
static bool is_ours_alone(const struct shadow_kmap *kmap,
			  const struct shadow_kmap_slot *slot)
{
	const struct shadow_page *page = shadow_pfn_to_page(kmap->nodes,
							    slot->pfn);

	return page && shadow_page_state(page) == SHADOW_PAGE_ALLOCATED &&
	       !shadow_page_compound(page) &&
	       atomic_read(&page->refcount) == (int)slot->count - 1;
}

static void print_slot(struct seq_file *seq, const struct shadow_kmap *kmap,
		       unsigned int nr)
{
	const struct shadow_kmap_slot *slot = &kmap->slot[nr];
	const char *state = "in use";

	if (slot->count == 1)
		state = "to be flushed";
	else if (is_ours_alone(kmap, slot))
		state = "in use; freed by its owner, kept by its users here";
	seq_printf(seq, "%-5u 0x%016llx %#-12llx %5u  %s\n", nr,
		   shadow_kmap_slot_va(kmap, nr), slot->pfn, slot->count, state);
}

/* Slots are taken in turn, so going back from the last one is from new to old */
static void print_slots(struct seq_file *seq, const struct shadow_kmap *kmap,
			struct rows *rows)
{
	unsigned int i, nr;

	seq_printf(seq, "\n%-5s %-18s %-12s %5s  newest first\n", "slot", "VA",
		   "pfn", "count");
	for (i = 0; i < kmap->nr_slots; i++) {
		nr = (kmap->last_nr - i) & (kmap->nr_slots - 1);
		if (kmap->slot[nr].count && take_row(rows))
			print_slot(seq, kmap, nr);
	}
}

static void show(struct seq_file *seq, struct shadow_machine *machine, u64 most)
{
	struct shadow_kmap *kmap = &machine->mm.kmap;
	struct rows cpus = { .left = most }, slots = { .left = most };

	if (!kmap->slot) {
		seq_puts(seq, "no HIGHMEM: without highmem= the linear map shows all memory; kmap gives the address there, and there are no windows\n");
		return;
	}
	print_head(seq, kmap);
	print_cpus(seq, kmap, &cpus);
	print_slots(seq, kmap, &slots);
	if (cpus.hidden + slots.hidden)
		seq_printf(seq, "… %llu more in shadow_mm_raw/%s/kmap\n",
			   cpus.hidden + slots.hidden, machine->mm.name);
}

/**
 * shadow_view_kmap() - the kmap windows, their newest mappings
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_kmap(struct seq_file *seq, struct shadow_machine *machine)
{
	show(seq, machine, SHADOW_VIEW_ROWS);
}

/**
 * shadow_view_kmap_whole() - the kmap windows, all mappings
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_kmap_whole(struct seq_file *seq,
			    struct shadow_machine *machine)
{
	show(seq, machine, U64_MAX);
}
