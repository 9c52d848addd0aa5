// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_tables - translation as a person reads it: the tables, the walk
 * to one address in words and numbers, and what the CPU said.
 */
#include <linux/ctype.h>
#include <linux/seq_file.h>

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

/* ----------------------------------------------------------------- vtop -- */

static int read_shadow(void *ctx, phys_addr_t pa, u64 *desc)
{
	const u64 *table = shadow_block_contents(ctx, pa, sizeof(*desc));

	if (!table)
		return -EFAULT;
	*desc = READ_ONCE(*table);
	return 0;
}

static void explain_half(struct seq_file *seq, const struct shadow_walker *walker,
			 u64 va)
{
	const struct shadow_geometry *geo = &walker->geo;

	seq_printf(seq, "bits 63:%u are all %s, so TTBR%d_EL1 is used: root at PA %#llx, %u KiB granule, %u levels\n",
		   geo->va_bits, walker->upper ? "ones" : "zeros", walker->upper,
		   (u64)walker->root, 1U << (geo->page_shift - 10), geo->levels);
}

static void explain_attrs(struct seq_file *seq, u64 attrs)
{
	const char *name = shadow_prot_name(attrs);

	seq_printf(seq, "%s%s%s%s%s AttrIndx=%llu%s%s",
		   attrs & SHADOW_ATTR_RDONLY ? "read-only" : "writable",
		   attrs & SHADOW_ATTR_USER ? ", EL0 too" : "",
		   attrs & SHADOW_ATTR_PXN ? ", PXN" : "",
		   attrs & SHADOW_ATTR_UXN ? ", UXN" : "",
		   attrs & SHADOW_ATTR_NG ? ", nG" : "",
		   (attrs & SHADOW_ATTR_INDX) >> SHADOW_ATTR_INDX_SHIFT,
		   attrs & SHADOW_ATTR_AF ? ", AF" : ", AF clear",
		   attrs & SHADOW_ATTR_CONT ? ", contiguous" : "");
	if (name)
		seq_printf(seq, " (%s)", name);
}

static void explain_step(struct seq_file *seq, const struct shadow_geometry *geo,
			 const struct shadow_walk_step *step)
{
	unsigned int shift = shadow_geometry_shift(geo, step->level);
	unsigned int top = shift + (step->level == geo->start_level ?
				    geo->root_bits : geo->bits_per_level) - 1;

	seq_printf(seq, "level %2d: VA bits %u:%u = index %u, descriptor at PA %#llx = 0x%016llx: ",
		   step->level, top, shift, step->index, (u64)step->desc_pa,
		   step->desc);
	switch (step->kind) {
	case SHADOW_DESC_KIND_TABLE:
		seq_printf(seq, "table at PA %#llx\n",
			   (u64)shadow_desc_oa(geo, step->desc));
		return;
	case SHADOW_DESC_KIND_BLOCK:
	case SHADOW_DESC_KIND_PAGE:
		seq_printf(seq, "%s of %llu KiB, ",
			   step->kind == SHADOW_DESC_KIND_PAGE ? "page" : "block",
			   1ULL << (shift - 10));
		explain_attrs(seq, step->desc & geo->attr_mask);
		seq_putc(seq, '\n');
		return;
	default:
		seq_printf(seq, "%s\n", shadow_desc_kind_names[step->kind]);
	}
}

static void explain_access(struct seq_file *seq, const struct shadow_walk *walk)
{
	static const struct {
		const char *who;
		enum shadow_access read, write, exec;
	} row[] = {
		{ "EL1", SHADOW_ACCESS_EL1_READ, SHADOW_ACCESS_EL1_WRITE,
		  SHADOW_ACCESS_EL1_EXEC },
		{ "EL0", SHADOW_ACCESS_EL0_READ, SHADOW_ACCESS_EL0_WRITE,
		  SHADOW_ACCESS_EL0_EXEC },
	};
	unsigned int i;

	seq_puts(seq, "allowed:");
	for (i = 0; i < ARRAY_SIZE(row); i++)
		seq_printf(seq, " %s %c%c%c", row[i].who,
			   shadow_walk_permits(walk, row[i].read) ? 'r' : '-',
			   shadow_walk_permits(walk, row[i].write) ? 'w' : '-',
			   shadow_walk_permits(walk, row[i].exec) ? 'x' : '-');
	seq_putc(seq, '\n');
}

/* What would have to stand where the walk ended */
static void explain_need(struct seq_file *seq, const struct shadow_geometry *geo,
			 const struct shadow_walk *walk)
{
	if (walk->fault == SHADOW_WALK_TRANSLATION) {
		if (walk->level == SHADOW_LAST_LEVEL)
			seq_puts(seq, "needed: a page descriptor (bits 1:0 = 3)\n");
		else if (shadow_geometry_has_block(geo, walk->level))
			seq_puts(seq, "needed: a table (bits 1:0 = 3) or a block (bits 1:0 = 1)\n");
		else
			seq_puts(seq, "needed: a table (bits 1:0 = 3); there are no blocks at this level\n");
	} else if (walk->fault == SHADOW_WALK_ACCESS_FLAG) {
		seq_puts(seq, "needed: AF (bit 10) set\n");
	} else if (walk->fault == SHADOW_WALK_ADDRESS_SIZE) {
		seq_printf(seq, "needed: an output address below 2^%u\n", geo->pa_bits);
	}
}

static void explain_walk(struct seq_file *seq, const struct shadow_walker *walker,
			 u64 va)
{
	struct shadow_walk walk;
	unsigned int i;

	shadow_walk(walker, va, &walk);
	if (walk.identity) {
		seq_printf(seq, "the MMU is off (SCTLR_EL1.M = 0): PA = VA = %#llx\n", va);
		return;
	}
	if (walker->between) {
		seq_printf(seq, "the address lies between the two halves: bits 63:%u are neither all zeros nor all ones\n",
			   walker->geo.va_bits);
		seq_printf(seq, "result: translation fault, level %d (fault status code 0x%02x)\n",
			   walk.level, shadow_walk_fst(walk.fault, walk.level));
		return;
	}
	explain_half(seq, walker, va);
	for (i = 0; i < walk.nr_steps; i++)
		explain_step(seq, &walker->geo, &walk.step[i]);
	if (walk.fault != SHADOW_WALK_OK) {
		seq_printf(seq, "result: %s fault, level %d (fault status code 0x%02x)\n",
			   shadow_walk_fault_names[walk.fault], walk.level,
			   shadow_walk_fst(walk.fault, walk.level));
		explain_need(seq, &walker->geo, &walk);
		return;
	}
	seq_printf(seq, "result: PA %#llx = frame %#llx + offset %#llx\n",
		   (u64)walk.pa, (u64)walk.pa >> walker->geo.page_shift,
		   (u64)walk.pa & ((1ULL << walker->geo.page_shift) - 1));
	explain_access(seq, &walk);
	seq_printf(seq, "memory reads: %u descriptors and 1 for the data, %u in all; none of the first with a TLB hit\n",
		   walk.nr_steps, walk.nr_steps + 1);
}

/**
 * shadow_view_vtop() - how an address is translated, level by level
 * @seq: where to print
 * @machine: the machine
 *
 * From the shadow's registers alone, as the CPU would; or, for an address of
 * the host's, from the CPU's own.
 *
 * Context: process context, the machine's lock held.
 */
void shadow_view_vtop(struct seq_file *seq, struct shadow_machine *machine)
{
	u64 va = machine->vtop_asked ? machine->vtop_va :
				       machine->mm.boot.kimage_va;
	struct shadow_walker walker;
	int err;

	if (machine->vtop_host) {
		seq_printf(seq, "host VA 0x%016llx, by TTBR1_EL1 and TCR_EL1 of this CPU\n", va);
		err = shadow_mmu_host_walker(&walker);
		if (err) {
			seq_printf(seq, "the host's tables cannot be read: %d (%s)\n", err,
				   IS_ENABLED(CONFIG_ARM64) ? "registers" : "not arm64");
			return;
		}
		if (!(va >> 63)) {
			seq_puts(seq, "not a kernel address: bit 63 is clear\n");
			return;
		}
		if (va < shadow_geometry_first(&walker.geo, true))
			walker.between = true;
	} else {
		if (machine->mm.boot.failed) {
			seq_puts(seq, "vtop: nothing to show, the machine is down, see boot\n");
			return;
		}
		seq_printf(seq, "VA 0x%016llx, by the shadow registers\n", va);
		err = shadow_regs_walker(&machine->mm.regs, va, read_shadow,
					 &machine->mm.block, &walker);
		/* -ENXIO: between the halves, the walker says the fault */
		if (err && err != -ENXIO) {
			seq_printf(seq, "the registers describe no translation: %d\n", err);
			return;
		}
	}
	explain_walk(seq, &walker, va);
}

/**
 * shadow_view_vtop_ask() - which address vtop shall explain
 * @machine: the machine
 * @text: "ADDRESS" or "host ADDRESS", as written
 *
 * Context: process context, the machine's lock held.
 * Return: 0; -EINVAL if it is not that, and nothing has changed.
 */
int shadow_view_vtop_ask(struct shadow_machine *machine, const char *text)
{
	const char *word = skip_spaces(text);
	bool host = !strncmp(word, "host", 4) && isspace(word[4]);
	char number[32];
	u64 va;

	if (host)
		word = skip_spaces(word + 4);
	if (strscpy(number, word, sizeof(number)) < 0)
		return -EINVAL;
	if (!number[0] || kstrtou64(strim(number), 0, &va))
		return -EINVAL;
	machine->vtop_va = va;
	machine->vtop_asked = true;
	machine->vtop_host = host;
	return 0;
}

/* ------------------------------------------------------------ mmu_check -- */

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
	if (result->checked)
		seq_printf(seq, "  %llu translated, %llu faulted, as the software walker said, level and kind too\n",
			   result->mapped, result->faulted);
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

	result_lines(seq, "MMU", mmu);
	if (mmu->checked) {
		seq_printf(seq, "  first and last page of each region, %llu random pages (seed %llu), unmapped addresses;\n",
			   machine->mmu_samples, machine->mmu_seed);
		seq_printf(seq, "  AT S1E1R through TTBR0_EL1 in %llu windows with interrupts masked\n",
			   mmu->windows);
	}
	result_lines(seq, "HOST", &machine->mmu_host);
	seq_puts(seq, "  the running kernel's own tables, read only: text, modules, vmalloc, linear map, vmemmap, holes\n");
	if (machine->mmu_host.retried)
		seq_printf(seq, "  %llu were asked again: the kernel was changing them\n",
			   machine->mmu_host.retried);
}
