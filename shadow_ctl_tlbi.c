// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_ctl_tlbi - what tlbi of the ctl language does to a machine's TLB in
 * software. See shadow_ctl_run.h.
 */
#include "shadow_boot.h"
#include "shadow_ctl_run.h"

/* Writes the invalidation into a tree's log, in its place among the changes. */
static void log_in(struct shadow_pgtable *pgt, u64 va, u64 bytes)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&pgt->lock, irq);
	shadow_tlb_performed(&pgt->tlb, &pgt->geo, va, bytes);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
}

static struct shadow_pgtable *upper_tables(struct shadow_mm *mm)
{
	return shadow_boot_reached(mm, SHADOW_PHASE_PAGING_INIT) ?
	       &mm->swapper : &mm->init_pg;
}

static int tlbi_all(struct shadow_ctl *ctl)
{
	struct shadow_mm *mm = ctl->mm;
	struct shadow_op op;
	unsigned int nr;

	shadow_op_begin(&op, &mm->events);
	log_in(&mm->idmap, 0, 0);
	log_in(upper_tables(mm), 0, 0);
	nr = shadow_soft_tlb_invalidate(mm->soft_tlb, 0, U64_MAX);
	shadow_op_end(&op, SHADOW_OP_TLBI, 0);
	return shadow_ctl_done(ctl, "tlbi vmalle1is: %u entries of the TLB went",
			       nr);
}

static struct shadow_pgtable *lower_tables(struct shadow_mm *mm)
{
	return mm->user.root_table ? &mm->user : &mm->idmap;
}

/* The tree whose half a range lies in, or NULL. */
static struct shadow_pgtable *tree_of(struct shadow_mm *mm, u64 va, u64 last)
{
	struct shadow_pgtable *upper = upper_tables(mm);
	struct shadow_pgtable *lower = lower_tables(mm);

	if (va > last)
		return NULL;
	if (last <= shadow_geometry_last(&lower->geo, false))
		return lower;
	return va >= shadow_geometry_first(&upper->geo, true) ? upper : NULL;
}

/**
 * shadow_ctl_tlbi() - run a tlbi
 * @ctl: whose
 * @cmd: the command
 *
 * As the instruction does, it takes an address inside a page for the page.
 *
 * Context: process, with the caller's mutex.
 * Return: 0; -EPERM where no invalidation is left out; -EINVAL where the pages
 * are not all in one half.
 */
int shadow_ctl_tlbi(struct shadow_ctl *ctl, const struct shadow_ctl_cmd *cmd)
{
	struct shadow_mm *mm = ctl->mm;
	struct shadow_pgtable *pgt;
	struct shadow_op op;
	u64 va, bytes;
	unsigned int nr;

	if (!mm->soft_tlb)
		return shadow_ctl_fail(ctl, -EPERM,
				       "tlbi: with tlbi=on every invalidation has taken place already: allowed: in a machine with tlbi=stale");
	if (!cmd->nr_pages)
		return tlbi_all(ctl);
	va = cmd->va & ~0ULL << mm->cfg.page_shift;
	bytes = cmd->nr_pages << mm->cfg.page_shift;
	pgt = tree_of(mm, va, va + bytes - 1);
	if (!pgt)
		return shadow_ctl_fail(ctl, -EINVAL,
				       "tlbi: VA %#llx, %llu pages: allowed: all of them up to %#llx, or from %#llx on",
				       cmd->va, cmd->nr_pages,
				       shadow_geometry_last(&lower_tables(mm)->geo, false),
				       shadow_geometry_first(&upper_tables(mm)->geo, true));
	shadow_op_begin(&op, &mm->events);
	log_in(pgt, va, bytes);
	nr = shadow_soft_tlb_invalidate(mm->soft_tlb, va, va + bytes - 1);
	shadow_op_end(&op, SHADOW_OP_TLBI, 0, va, cmd->nr_pages);
	return shadow_ctl_done(ctl, "tlbi vaae1is %#llx: %llu pages, %u entries of the TLB went",
			       va, cmd->nr_pages, nr);
}
