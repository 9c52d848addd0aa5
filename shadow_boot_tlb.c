// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot_tlb - logs of what changes of the tables ask of a TLB, one for
 * each tree, and the machine's TLB in software where tlbi=stale asks for it.
 *
 * All of it is the host's memory: a broken block must not break the record of
 * how it broke.
 */
#include "shadow_boot_early.h"

const char *const shadow_tree_names[SHADOW_NR_TREES] = {
	[SHADOW_TREE_IDMAP]	= "idmap_pg_dir",
	[SHADOW_TREE_INIT_PG]	= "init_pg_dir",
	[SHADOW_TREE_SWAPPER]	= "swapper_pg_dir",
	[SHADOW_TREE_USER]	= "user_pgd",
};

/* Records of each tree's log. The first two trees are done after some dozens. */
static const u32 nr_records[SHADOW_NR_TREES] = {
	[SHADOW_TREE_IDMAP]	= 256,
	[SHADOW_TREE_INIT_PG]	= 256,
	[SHADOW_TREE_SWAPPER]	= 4096,
	[SHADOW_TREE_USER]	= 4096,
};

/**
 * shadow_boot_tlb_init() - memory for the logs and the TLB in software
 * @mm: the machine
 *
 * Context: boot, before the first table.
 * Return: 0 or -ENOMEM.
 */
int shadow_boot_tlb_init(struct shadow_mm *mm)
{
	size_t nr = 0;
	int tree;

	for (tree = 0; tree < SHADOW_NR_TREES; tree++)
		nr += nr_records[tree];
	mm->tlb_log = mm->host->zalloc(nr * sizeof(*mm->tlb_log));
	if (!mm->tlb_log)
		return -ENOMEM;
	if (mm->cfg.tlbi == SHADOW_TLBI_MODE_ON)
		return 0;
	mm->soft_tlb = mm->host->zalloc(sizeof(*mm->soft_tlb));
	if (!mm->soft_tlb) {
		shadow_boot_tlb_fini(mm);
		return -ENOMEM;
	}
	shadow_soft_tlb_init(mm->soft_tlb, mm->host->now);
	return 0;
}

/**
 * shadow_boot_tlb_fini() - undo shadow_boot_tlb_init()
 * @mm: the machine, without any tables
 *
 * Context: take-down.
 */
void shadow_boot_tlb_fini(struct shadow_mm *mm)
{
	int tree;

	for (tree = 0; tree < SHADOW_NR_TREES; tree++) {
		shadow_tlb_set_log(&shadow_mm_tree(mm, tree)->tlb, NULL, 0);
		shadow_mm_tree(mm, tree)->tlb.soft = NULL;
	}
	mm->host->free(mm->soft_tlb);
	mm->soft_tlb = NULL;
	mm->host->free(mm->tlb_log);
	mm->tlb_log = NULL;
}

/**
 * shadow_boot_tlb_watch() - log what is done to a tree from its root on
 * @mm: the machine
 * @tree: which one; shadow_pgtable_init() has just made it
 *
 * Context: boot, or of the user's tree the machine's mutex.
 */
void shadow_boot_tlb_watch(struct shadow_mm *mm, enum shadow_tree tree)
{
	struct shadow_tlb_record *ring = mm->tlb_log;
	struct shadow_pgtable *pgt = shadow_mm_tree(mm, tree);
	int before;

	for (before = 0; before < tree; before++)
		ring += nr_records[before];
	shadow_tlb_set_log(&pgt->tlb, ring, nr_records[tree]);
	shadow_tlb_note(&pgt->tlb, SHADOW_TLB_OP_TABLE, pgt->root);
}

/**
 * shadow_boot_tlb_leave_out() - with tlbi=stale nothing is invalidated any more
 * @mm: the machine
 *
 * What the boot itself changes is invalidated as it must be: whoever looks for
 * the one invalidation that was forgotten shall not have to look among hundreds.
 *
 * Context: boot, or the machine's mutex; nobody changes tables meanwhile.
 */
void shadow_boot_tlb_leave_out(struct shadow_mm *mm)
{
	int tree;

	for (tree = 0; tree < SHADOW_NR_TREES; tree++)
		shadow_mm_tree(mm, tree)->tlb.soft = mm->soft_tlb;
}

/**
 * shadow_boot_tlb_switched() - a half has another root
 * @pgt: the tree that the register points to now
 *
 * The kernel invalidates everything then: idmap_cpu_replace_ttbr1 of
 * arch/arm64/mm/proc.S, cpu_uninstall_idmap().
 *
 * Context: boot.
 */
void shadow_boot_tlb_switched(struct shadow_pgtable *pgt)
{
	shadow_tlb_invalidate(&pgt->tlb, &pgt->geo, pgt->first,
			      1ULL << pgt->geo.va_bits, pgt->geo.page_shift,
			      true);
}
