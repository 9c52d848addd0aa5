// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_view_vtop - how one address is translated, in words and numbers: by the
 * tables as they are, and by what the machine's TLB still holds.
 *
 * Writing an address is what uses it: the machine's CPU looks it up, and with
 * tlbi=stale the TLB keeps what it finds. Reading changes nothing.
 */
#include <linux/seq_file.h>

#include "shadow_boot.h"
#include "shadow_explain.h"
#include "shadow_parse.h"
#include "shadow_view.h"

static void emit_line(void *to, const char *line)
{
	seq_printf(to, "%s\n", line);
}

static void view_host(struct seq_file *seq, u64 va)
{
	struct shadow_walker walker;
	struct shadow_regs regs;
	int err;

	seq_printf(seq, "host VA 0x%016llx, by TTBR1_EL1, TCR_EL1 and MAIR_EL1 of this CPU\n",
		   va);
	err = shadow_mmu_host_walker(&walker, &regs);
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
	shadow_explain_walk(&walker, &regs, va, emit_line, seq);
}

static void view_shadow(struct seq_file *seq, struct shadow_mm *mm, u64 va)
{
	struct shadow_walker walker;
	int err;

	if (mm->boot.failed) {
		seq_puts(seq, "vtop: nothing to show, the machine is down, see boot\n");
		return;
	}
	seq_printf(seq, "VA 0x%016llx, by the shadow registers\n", va);
	err = shadow_boot_walker(mm, va, &walker);
	if (err) {
		seq_printf(seq, "the registers describe no translation: %d\n", err);
		return;
	}
	shadow_explain_walk(&walker, &mm->regs, va, emit_line, seq);
	if (mm->soft_tlb)
		shadow_explain_tlb(mm->soft_tlb, &walker,
				   shadow_regs_asid(&mm->regs), va, emit_line,
				   seq);
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

	if (machine->vtop_refused[0])
		seq_printf(seq, "the last write was refused: %s\n",
			   machine->vtop_refused);
	if (machine->vtop_host)
		view_host(seq, va);
	else
		view_shadow(seq, &machine->mm, va);
}

/**
 * shadow_view_vtop_ask() - which address vtop shall explain
 * @machine: the machine
 * @text: "ADDRESS" or "host ADDRESS", as written
 *
 * With tlbi=stale the machine's CPU uses an ADDRESS.
 *
 * Context: process context, the machine's lock held.
 * Return: 0, or an errno of shadow_view_ask(), and nothing has changed.
 */
int shadow_view_vtop_ask(struct shadow_machine *machine, const char *text)
{
	char quoted[SHADOW_QUOTE];
	bool host;
	u64 va;
	int err = shadow_view_ask(text, "host", &host, &va);

	if (err) {
		snprintf(machine->vtop_refused, sizeof(machine->vtop_refused),
			 "'%s': allowed: ADDRESS or host ADDRESS, a number up to 0xffffffffffffffff",
			 shadow_parse_quote(quoted, text,
					    strcspn(text, "\n")));
		return err;
	}
	machine->vtop_refused[0] = '\0';
	machine->vtop_va = va;
	machine->vtop_asked = true;
	machine->vtop_host = host;
	if (!host)
		shadow_boot_tlb_use(&machine->mm, va);
	return 0;
}
