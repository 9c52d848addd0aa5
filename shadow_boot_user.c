// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_boot_user - the lower half once somebody maps there: what a kernel
 * does between its boot and its first process.
 */
#include "shadow_boot.h"
#include "shadow_boot_early.h"

static int create(struct shadow_mm *mm)
{
	int err;

	if (shadow_fault_frozen(&mm->fault))
		return -EUCLEAN;
	err = shadow_pgtable_init(&mm->user, &mm->geo, false, &mm->block,
				  &mm->events, &mm->fault, mm->swapper.ops,
				  mm->swapper.ops_ctx);
	if (err)
		return err;
	/* pud_populate() of a user's tables: nothing for EL1 to execute */
	mm->user.table_prot = SHADOW_TABLE_PXN;
	shadow_boot_tlb_watch(mm, SHADOW_TREE_USER);
	shadow_regs_set_lower(&mm->regs, &mm->geo, mm->user.root);
	shadow_boot_tlb_switched(&mm->user);
	shadow_boot_tlb_leave_out(mm);
	return 0;
}

/**
 * shadow_boot_user_create() - a user's root into TTBR0_EL1
 * @mm: the machine, vmalloc_init complete
 *
 * Its pages come from wherever the kernel's tables get theirs, the buddy. The
 * identity map's tables stay what they are, but nothing points to them any
 * more, and the lower half has the size of the upper one. Follows
 * cpu_uninstall_idmap() of arch/arm64/include/asm/mmu_context.h, pgd_alloc() and
 * cpu_switch_mm().
 *
 * Context: the machine's mutex; does not sleep.
 * Return: 0, also where there is one; -ENOMEM; -EUCLEAN for a frozen machine.
 */
int shadow_boot_user_create(struct shadow_mm *mm)
{
	struct shadow_op op;
	int err;

	if (mm->user.root_table)
		return 0;
	shadow_op_begin(&op, &mm->events);
	err = create(mm);
	shadow_op_end(&op, SHADOW_OP_USER_CREATE, err, err ? 0 : mm->user.root);
	return err;
}

/**
 * shadow_boot_user_destroy() - undo shadow_boot_user_create()
 * @mm: the machine
 *
 * Whatever is mapped there is no more.
 *
 * Context: the machine's mutex, or take-down; does not sleep.
 */
void shadow_boot_user_destroy(struct shadow_mm *mm)
{
	struct shadow_op op;

	if (!mm->user.root_table)
		return;
	shadow_op_begin(&op, &mm->events);
	shadow_regs_set_lower(&mm->regs, &mm->idmap_geo, mm->idmap.root);
	shadow_pgtable_fini(&mm->user);
	shadow_op_end(&op, SHADOW_OP_USER_DESTROY, 0);
}
