// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_tables - the tables as the kernel prints its own, and what the CPU
 * said of them.
 */
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "shadow_boot.h"
#include "shadow_ptdump.h"
#include "shadow_view.h"

static void emit_line(void *to, const char *line)
{
	seq_printf(to, "%s\n", line);
}

/**
 * shadow_view_page_tables() - the upper half's tables: init_pg_dir's at first
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_page_tables(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_walker walker;

	shadow_pgtable_walker(shadow_boot_upper(&machine->mm), &walker);
	shadow_ptdump(&walker, machine->mm.layout.marker, emit_line, seq, NULL);
}

/**
 * shadow_view_page_tables_lower() - the lower half's tables
 * @seq: where to print
 * @machine: the machine
 *
 * The identity map, and the user's tables where somebody has mapped there; the
 * first tree is that which TTBR0_EL1 points to.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_page_tables_lower(struct seq_file *seq, struct shadow_machine *machine)
{
	static const struct shadow_marker user[] = {
		{ 0, "User start" }, { U64_MAX, NULL },
	};
	static const struct shadow_marker idmap[] = {
		{ 0, "Identity map start" }, { U64_MAX, NULL },
	};
	const struct shadow_mm *mm = &machine->mm;
	struct shadow_walker walker;

	if (mm->user.root_table) {
		shadow_pgtable_walker(&mm->user, &walker);
		shadow_ptdump(&walker, user, emit_line, seq, NULL);
	}
	shadow_pgtable_walker(&mm->idmap, &walker);
	shadow_ptdump(&walker, idmap, emit_line, seq, NULL);
}

static void wx_range(struct seq_file *seq, const struct shadow_ptdump_wx_range *range)
{
	if (range->wx)
		seq_printf(seq, "Found insecure W+X mapping at 0x%016llx-0x%016llx\n",
			   range->first, range->last + 1);
	if (range->uxn)
		seq_printf(seq, "Found non-UXN mapping at 0x%016llx-0x%016llx\n",
			   range->first, range->last + 1);
}

/**
 * shadow_view_check_wx() - is anything in the upper half writable and executable?
 * @seq: where to print
 * @machine: the machine
 *
 * First line as the kernel's check_wx_pages of mm/ptdump.c.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_check_wx(struct seq_file *seq, struct shadow_machine *machine)
{
	struct shadow_ptdump_wx_report *report = kzalloc(sizeof(*report), GFP_KERNEL);
	char text[SHADOW_PTDUMP_LINE];
	struct shadow_walker walker;
	bool passed;
	u64 i;

	if (!report) {
		seq_puts(seq, "the host has no memory\n");
		return;
	}
	shadow_pgtable_walker(shadow_boot_upper(&machine->mm), &walker);
	if (shadow_ptdump_check_wx(&walker, report)) {
		seq_puts(seq, "FAILED\nthe tables are broken, see audit\n");
		goto free;
	}
	passed = shadow_ptdump_wx_text(&report->count, text, sizeof(text));
	seq_printf(seq, "%s\n%s\n", passed ? "SUCCESS" : "FAILED", text);
	for (i = 0; i < min_t(u64, report->nr, SHADOW_PTDUMP_WX_RANGES); i++)
		wx_range(seq, &report->range[i]);
	if (report->nr > SHADOW_PTDUMP_WX_RANGES)
		seq_printf(seq, "… %llu more in shadow_mm_raw/%s/page_tables\n",
			   report->nr - SHADOW_PTDUMP_WX_RANGES,
			   machine->mm.name);
free:
	kfree(report);
}

/**
 * shadow_view_host_tables() - the tables that the running kernel uses
 * @seq: where to print
 * @unused: nothing
 *
 * Context: process context, sleeps; no lock is held.
 * Return: 0, or why whoever reads gets nothing: -EINTR when he is killed.
 */
int shadow_view_host_tables(struct seq_file *seq, void *unused)
{
	int err = shadow_mmu_host_dump(emit_line, seq);
	const char *why = "errno";

	if (err == -ELOOP)
		why = "more tables than there can be, since they change: read again";
	else if (err == -EOPNOTSUPP)
		why = "not arm64";
	if (err && err != -EINTR)
		seq_printf(seq, "# the dump ended early: %d (%s)\n", err, why);
	return err == -EINTR ? err : 0;
}

/* ------------------------------------------------------------ mmu_check -- */

/* Columns for kinds of faults */
static const struct {
	const char *name;
	enum shadow_walk_fault fault;
} fault_columns[] = {
	{ "translation", SHADOW_WALK_TRANSLATION },
	{ "permission", SHADOW_WALK_PERMISSION },
	{ "access-flag", SHADOW_WALK_ACCESS_FLAG },
	{ "address-size", SHADOW_WALK_ADDRESS_SIZE },
};

static void kind_lines(struct seq_file *seq, const struct shadow_mmu_result *result)
{
	unsigned int i, column;

	seq_printf(seq, "  %-6s %8s %8s %8s", "", "asked", "agreed", "mapped");
	for (column = 0; column < ARRAY_SIZE(fault_columns); column++)
		seq_printf(seq, " %s", fault_columns[column].name);
	seq_puts(seq, " (faults)\n");
	for (i = 0; i < SHADOW_MMU_NR_KINDS; i++) {
		const struct shadow_mmu_count *count = &result->kind[i];

		if (!count->asked)
			continue;
		seq_printf(seq, "  %-6s %8llu %8llu %8llu", shadow_mmu_kind_names[i],
			   count->asked, count->agree, count->mapped);
		for (column = 0; column < ARRAY_SIZE(fault_columns); column++)
			seq_printf(seq, " %*llu",
				   (int)strlen(fault_columns[column].name),
				   count->fault[fault_columns[column].fault]);
		seq_putc(seq, '\n');
	}
}

static void result_lines(struct seq_file *seq, const char *what,
			 const struct shadow_mmu_result *result)
{
	seq_printf(seq, "%s checked=%llu agree=%llu mismatch=%llu\n", what,
		   result->checked, result->agree, result->mismatch);
	if (result->mismatch)
		seq_printf(seq, "  first mismatch at VA 0x%016llx: %s\n",
			   result->first_bad_va, result->reason);
	else if (result->reason[0])
		seq_printf(seq, "  %s\n", result->reason);
	if (!result->checked)
		return;
	seq_printf(seq, "  %llu translated, %llu faulted, %s the software walker said, level and kind too\n",
		   result->mapped, result->faulted,
		   result->mismatch ? "not all as" : "as");
	kind_lines(seq, result);
	if (result->kind[SHADOW_MMU_S1E1R].leaf_sh)
		seq_printf(seq, "  %llu of memory that is not cached came with the tables' shareability, where PAR_EL1 has to say outer\n",
			   result->kind[SHADOW_MMU_S1E1R].leaf_sh);
}

/* MAIR_EL1 stays the host's while the CPU is asked. */
static void mair_line(struct seq_file *seq, const struct shadow_machine *machine)
{
	u64 shadow = machine->mm.regs.mair, host = machine->mmu_host_mair;

	seq_printf(seq, "  memory types by the host's MAIR_EL1 = 0x%016llx", host);
	if (host == shadow)
		seq_puts(seq, ", which is the shadow's\n");
	else
		seq_printf(seq, "; the shadow's is 0x%016llx\n", shadow);
}

/**
 * shadow_view_mmu_check() - what the CPU said about the tables
 * @seq: where to print
 * @machine: the machine
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_mmu_check(struct seq_file *seq, struct shadow_machine *machine)
{
	const struct shadow_mmu_result *mmu = &machine->mmu;
	const u32 *size = machine->mmu_size;

	result_lines(seq, "MMU", mmu);
	if (mmu->checked) {
		seq_printf(seq, "  first and last page of each region, %u random pages, %u words loaded, %u unmapped addresses (seed %llu);\n",
			   size[SHADOW_MMU_MAPPED], size[SHADOW_MMU_LOADS],
			   size[SHADOW_MMU_UNMAPPED], machine->mmu_seed);
		seq_printf(seq, "  AT and loads through TTBR0_EL1 in %llu windows with interrupts masked\n",
			   mmu->windows);
		mair_line(seq, machine);
	}
	if (mmu->retried)
		seq_printf(seq, "  %llu words were not compared: somebody was writing them\n",
			   mmu->retried);
	result_lines(seq, "HOST", &machine->mmu_host);
	seq_puts(seq, "  the running kernel's own tables, read only: text, modules, vmalloc, linear map, vmemmap, holes\n");
	if (machine->mmu_host.retried)
		seq_printf(seq, "  %llu were asked again: the kernel was changing them\n",
			   machine->mmu_host.retried);
}
