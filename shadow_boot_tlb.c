// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot_tlb - logs of what changes of the tables ask of a TLB, one for
 * each tree, and the machine's TLB in software where tlbi=stale asks for it.
 *
 * All of it is the host's memory: a broken block must not break the record of
 * how it broke.
 */
#include "shadow_boot.h"
#include "shadow_boot_early.h"
#include "shadow_ring.h"

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

static int read_desc(void *block, phys_addr_t pa, u64 *desc)
{
	const u64 *table = shadow_block_contents(block, pa, sizeof(*desc));

	if (!table)
		return -EFAULT;
	*desc = READ_ONCE(*table);
	return 0;
}

/**
 * shadow_boot_walker() - how the machine's CPU would look up an address
 * @mm: the machine
 * @va: the address
 * @walker: filled; between the halves it says the fault
 *
 * Context: any; with the machine's mutex the answer stays true.
 * Return: 0, or why the registers do not say, as shadow_regs_walker().
 */
int shadow_boot_walker(struct shadow_mm *mm, u64 va, struct shadow_walker *walker)
{
	int err = shadow_regs_walker(&mm->regs, va, read_desc, &mm->block, walker);

	return err == -ENXIO ? 0 : err;
}

/* The tree that the registers name for a half, or NULL */
static struct shadow_pgtable *tree_in_use(struct shadow_mm *mm, bool upper)
{
	phys_addr_t root = shadow_regs_root(&mm->regs, upper);
	int tree;

	for (tree = 0; tree < SHADOW_NR_TREES; tree++) {
		struct shadow_pgtable *pgt = shadow_mm_tree(mm, tree);

		if (pgt->root_table && pgt->upper == upper && pgt->root == root)
			return pgt;
	}
	return NULL;
}

/**
 * shadow_boot_tlb_use() - the machine's CPU uses an address
 * @mm: the machine
 * @va: the address
 *
 * With tlbi=stale the TLB keeps what it finds; otherwise there is none, and
 * nothing happens.
 *
 * Context: process, with the machine's mutex; takes the tables' lock.
 */
void shadow_boot_tlb_use(struct shadow_mm *mm, u64 va)
{
	struct shadow_pgtable *pgt = tree_in_use(mm, va & BIT_ULL(55));
	struct shadow_walker walker;
	struct shadow_op op;
	unsigned long irq;

	if (!mm->soft_tlb || !pgt || mm->boot.failed ||
	    shadow_boot_walker(mm, va, &walker))
		return;
	shadow_op_begin(&op, &mm->events);
	raw_spin_lock_irqsave(&pgt->lock, irq);
	shadow_soft_tlb_touch(mm->soft_tlb, &walker,
			      shadow_regs_asid(&mm->regs), va);
	raw_spin_unlock_irqrestore(&pgt->lock, irq);
	shadow_op_end(&op, SHADOW_OP_TLB_TOUCH, 0, va);
}
