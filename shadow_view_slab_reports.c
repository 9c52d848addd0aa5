// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_slab_reports - what debugging of caches has found, and which
 * objects are in use by call site.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "shadow_slab_report.h"
#include "shadow_view.h"

/**
 * struct page_of - a report that is being printed
 * @report: it
 * @text: as text
 */
struct page_of {
	struct shadow_slab_report report;
	char text[SHADOW_REPORT_TEXT];
};

static void print_sums(struct seq_file *seq, struct shadow_slab *slab)
{
	u64 nr, bytes = shadow_slab_quarantined(slab, &nr);

	seq_printf(seq, "%llu reports; %llu objects out of use; quarantine %llu of %llu bytes, %llu objects\n",
		   shadow_slab_nr_reports(slab), shadow_slab_nr_out(slab), bytes,
		   slab->cfg.quarantine, nr);
}

static void print_reports(struct seq_file *seq, struct shadow_machine *machine,
			  u64 rows)
{
	struct shadow_slab *slab = &machine->mm.slab;
	u64 nr = shadow_slab_nr_reports(slab);
	struct page_of *page;

	print_sums(seq, slab);
	page = kvzalloc(sizeof(*page), GFP_KERNEL);
	if (!page) {
		seq_puts(seq, "no memory of the host's to print them\n");
		return;
	}
	for (; rows && shadow_slab_get_report(slab, nr, &page->report); nr--, rows--) {
		shadow_slab_report_text(slab, &page->report, page->text,
					sizeof(page->text));
		seq_printf(seq, "\n%s", page->text);
	}
	if (shadow_slab_get_report(slab, nr, &page->report))
		seq_printf(seq, "… %llu more in shadow_mm_raw/%s/slab_reports\n",
			   nr, machine->mm.name);
	kvfree(page);
}

/**
 * shadow_view_slab_reports() - the newest reports
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_slab_reports(struct seq_file *seq, struct shadow_machine *machine)
{
	print_reports(seq, machine, SHADOW_VIEW_ROWS);
}

/**
 * shadow_view_slab_reports_whole() - all reports that are kept
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_slab_reports_whole(struct seq_file *seq,
				    struct shadow_machine *machine)
{
	print_reports(seq, machine, SHADOW_SLAB_REPORTS);
}

static void print_site(struct seq_file *seq, struct shadow_slab *slab,
		       const char *name, u64 nr, u64 stack)
{
	char site[SHADOW_SLAB_SITE];

	shadow_slab_site(slab, stack, site, sizeof(site));
	seq_printf(seq, "%-20s %8llu %s\n", name, nr, site);
}

/**
 * shadow_view_leaks() - objects in use by cache and call site
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_leaks(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_slab *slab = &machine->mm.slab;
	struct shadow_kmem_cache *cache = NULL;
	struct shadow_slab_leaks *leaks = kvzalloc(sizeof(*leaks), GFP_KERNEL);
	u32 i;

	if (!leaks) {
		seq_puts(seq, "no memory of the host's to count them\n");
		return;
	}
	seq_printf(seq, "%-20s %8s %s\n", "cache", "objects", "allocated in");
	while ((cache = shadow_slab_next(slab, cache))) {
		if (cache == slab->kmem_cache || cache == slab->kmem_cache_node)
			continue;
		shadow_kmem_cache_leaks(cache, leaks);
		for (i = 0; i < leaks->nr_sites; i++)
			print_site(seq, slab, shadow_kmem_cache_name(cache),
				   leaks->site[i].nr, leaks->site[i].stack);
		if (leaks->nr_others)
			print_site(seq, slab, shadow_kmem_cache_name(cache),
				   leaks->nr_others, 0);
	}
	kvfree(leaks);
}
