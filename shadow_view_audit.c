// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_audit - is everything as it must be, and whose is every frame?
 */
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "shadow_audit.h"
#include "shadow_boot.h"
#include "shadow_view.h"

/* One column a zone would not fit 80: one row, with the sums that must agree */
static void audit_zones(struct seq_file *seq, const struct shadow_mm *mm,
			const struct shadow_audit_zone *zones)
{
	const struct shadow_audit_zone *sum;
	u64 kept, used;
	unsigned int nr, owner;

	seq_puts(seq, "\nBy zone, in frames: spanned = holes + reserved + free + listed + in use\n");
	seq_puts(seq, "  node zone        spanned   present   managed  reserved      free  listed    in use\n");
	for (nr = 0; nr < SHADOW_AUDIT_ZONES; nr++) {
		sum = &zones[nr];
		if (!sum->spanned)
			continue;
		kept = sum->device;
		used = 0;
		for (owner = 0; owner < SHADOW_NR_OWNERS; owner++) {
			kept += sum->reserved[owner];
			used += sum->owned[owner];
		}
		seq_printf(seq, "  %4u %-8s %10llu %9llu %9llu %9llu %9llu %7llu %9llu\n",
			   nr / SHADOW_MAX_NR_ZONES,
			   shadow_zone_names[nr % SHADOW_MAX_NR_ZONES],
			   sum->spanned, sum->present, sum->managed, kept,
			   sum->buddy, sum->pcp, used);
	}
}

static void audit_frame(struct seq_file *seq, const struct shadow_mm *mm, u64 pfn)
{
	const struct shadow_page *page = shadow_pfn_to_page(&mm->nodes, pfn);
	unsigned int state, owner;

	if (!page)
		return;
	state = shadow_page_state(page);
	owner = shadow_page_owner(page);
	seq_printf(seq, "  pfn %#llx: %s, owner %s, order %u, refcount %d, flags %#x, next %#x prev %#x, private %#llx %#llx\n",
		   pfn, state < SHADOW_NR_PAGE_STATES ?
			shadow_page_state_names[state] : "?",
		   owner < SHADOW_NR_OWNERS ? shadow_owner_names[owner] : "?",
		   shadow_page_order(page), atomic_read(&page->refcount),
		   page->flags, page->next, page->prev, page->private[0],
		   page->private[1]);
}

/* The frame that a fault names, its neighbours, and where to look next */
static void audit_context(struct seq_file *seq, const struct shadow_mm *mm,
			  const char *text)
{
	u64 pfn, at;

	if (!shadow_boot_reached(mm, SHADOW_PHASE_FREE_AREA_INIT) ||
	    !shadow_audit_pfn(text, &pfn))
		return;
	seq_puts(seq, "\nThat frame and its neighbours\n");
	for (at = pfn - min(pfn, 2ULL); at <= pfn + 2; at++)
		audit_frame(seq, mm, at);
	seq_printf(seq, "Look next: echo %#llx > page; cat page\n", pfn);
}

static void audit_owners(struct seq_file *seq, const struct shadow_audit *audit)
{
	u64 sum = audit->holes + audit->buddy + audit->pcp + audit->device;
	unsigned int owner;

	seq_puts(seq, "\nOwner of every frame, in frames\n");
	seq_printf(seq, "  %-20s %10llu  no memory there\n", "hole", audit->holes);
	seq_printf(seq, "  %-20s %10llu  free, in the buddy's areas\n", "buddy", audit->buddy);
	seq_printf(seq, "  %-20s %10llu  free, on per-CPU lists\n", "pcp", audit->pcp);
	if (audit->device)
		seq_printf(seq, "  %-20s %10llu  of zone Device, never the buddy's\n",
			   "device", audit->device);
	for (owner = 0; owner < SHADOW_NR_OWNERS; owner++) {
		sum += audit->owned[owner] + audit->reserved[owner];
		if (audit->owned[owner])
			seq_printf(seq, "  %-20s %10llu  in use\n",
				   shadow_owner_names[owner], audit->owned[owner]);
		if (audit->reserved[owner])
			seq_printf(seq, "  %-20s %10llu  reserved since before the handover\n",
				   shadow_owner_names[owner], audit->reserved[owner]);
	}
	seq_printf(seq, "  %-20s %10llu  of %llu\n", "sum", sum, audit->nr_frames);
}

/**
 * shadow_view_audit() - is everything as it must be?
 * @seq: where to print
 * @machine: the machine
 *
 * First line `OK`, or the first fault; that alone, where there is no machine.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_audit(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_mm *mm = &machine->mm;
	struct shadow_audit_zone *zones;
	struct shadow_audit audit;
	int layer, err;

	if (mm->boot.failed) {
		seq_puts(seq, "audit: nothing to show, the machine is down, see boot\n");
		return;
	}
	/* Without memory for it the rows by zone are left out */
	zones = kcalloc(SHADOW_AUDIT_ZONES, sizeof(*zones), GFP_KERNEL);
	err = shadow_audit_zones(mm, &audit, zones);

	if (shadow_fault_frozen(&mm->fault))
		seq_printf(seq, "FROZEN %s\n", mm->fault.text);
	else
		seq_printf(seq, "%s\n", err ? audit.fault.text : "OK");
	if (err)
		audit_context(seq, mm, audit.fault.text);
	if (!err && zones && shadow_boot_reached(mm, SHADOW_PHASE_MEM_INIT))
		audit_zones(seq, mm, zones);
	if (!err)
		audit_owners(seq, &audit);
	kfree(zones);
	seq_puts(seq, "\nWhat each layer finds when it verifies itself\n");
	for (layer = 0; layer < SHADOW_AUDIT_NR_LAYERS; layer++)
		seq_printf(seq, "  %-20s %s\n", shadow_audit_layer_name(layer),
			   layer == audit.faulty ? audit.fault.text :
			   audit.asked & BIT(layer) ? "OK" : "not asked");
}
