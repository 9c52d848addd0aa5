// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_slab_reports - what debugging of caches has found.
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
