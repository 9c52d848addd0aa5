// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_mmu - a machine's tables are laid before the CPU, and what it
 * said is kept to be read.
 */
#include <linux/slab.h>

#include "shadow_machine_room.h"
#include "shadow_mmu_cpu.h"

/* Of trees that are not the kernel's own: holes by level, words loaded */
#define NR_HOLES	100
#define NR_LOADS	100

/* Nothing was checked, and why. */
static void unchecked(struct shadow_machine *machine, const char *why)
{
	memset(&machine->mmu, 0, sizeof(machine->mmu));
	memset(&machine->mmu_host, 0, sizeof(machine->mmu_host));
	strscpy(machine->mmu.reason, why, sizeof(machine->mmu.reason));
	strscpy(machine->mmu_host.reason, why, sizeof(machine->mmu_host.reason));
	memset(machine->mmu_size, 0, sizeof(machine->mmu_size));
	machine->mmu_seed = 0;
}

/**
 * shadow_machine_unchecked() - before a boot: what was checked is no more
 * @machine: the machine
 *
 * Context: process context, the machine's lock held or nobody else there.
 */
void shadow_machine_unchecked(struct shadow_machine *machine)
{
	unchecked(machine, machine->mm.cfg.mmu_check ?
		  "the boot did not come that far" :
		  "not asked for (mmu_check=off)");
}

static void add_count(struct shadow_mmu_count *sum,
		      const struct shadow_mmu_count *one)
{
	unsigned int i;

	sum->asked += one->asked;
	sum->agree += one->agree;
	sum->mapped += one->mapped;
	sum->leaf_sh += one->leaf_sh;
	for (i = 0; i < SHADOW_MMU_NR_FAULTS; i++)
		sum->fault[i] += one->fault[i];
}

static void add_result(struct shadow_mmu_result *sum,
		       const struct shadow_mmu_result *one)
{
	unsigned int i;

	if (!sum->mismatch && one->mismatch)
		sum->first_bad_va = one->first_bad_va;
	if (!sum->reason[0])
		strscpy(sum->reason, one->reason, sizeof(sum->reason));
	sum->checked += one->checked;
	sum->agree += one->agree;
	sum->mismatch += one->mismatch;
	sum->retried += one->retried;
	sum->mapped += one->mapped;
	sum->faulted += one->faulted;
	sum->windows += one->windows;
	for (i = 0; i < SHADOW_MMU_NR_KINDS; i++)
		add_count(&sum->kind[i], &one->kind[i]);
}

/* One tree; @sizes NULL: the ends of what it has, and one address of each hole */
static int check_tables(struct shadow_machine *machine,
			const struct shadow_pgtable *pgt, u64 seed,
			const u32 *sizes)
{
	struct shadow_mmu_ask ask = {
		.seed = seed,
		.mapped = sizes ? sizes[SHADOW_MMU_MAPPED] : 0,
		.unmapped = sizes ? sizes[SHADOW_MMU_UNMAPPED] : NR_HOLES,
		.loads = sizes ? sizes[SHADOW_MMU_LOADS] : NR_LOADS,
		.block = &machine->mm.block,
	};
	struct shadow_mmu_result *result;
	struct shadow_walker walker;
	int err;

	result = kzalloc(sizeof(*result), GFP_KERNEL);
	if (!result)
		return -ENOMEM;
	shadow_pgtable_walker(pgt, &walker);
	err = shadow_mmu_check(&walker, &ask, result);
	add_result(&machine->mmu, result);
	kfree(result);
	return err;
}

/*
 * The kernel's tables and the user's with all samples, the identity map with
 * what it has, and the host's own. A mismatch in the shadow's tables freezes the machine: they
 * are not what they claim to be.
 */
static int check_by_cpu(struct shadow_machine *machine, u64 seed,
			const u32 *sizes, char *said, size_t said_bytes)
{
	struct shadow_mm *mm = &machine->mm;
	struct shadow_regs regs;
	int err;

	/* A walk that leaves RAM is an external abort: it kills the host */
	if (shadow_block_virtual(&mm->block)) {
		scnprintf(said, said_bytes, "not walkable: virtual board");
		unchecked(machine, said);
		return -EOPNOTSUPP;
	}
	memset(&machine->mmu, 0, sizeof(machine->mmu));
	memset(&machine->mmu_host, 0, sizeof(machine->mmu_host));
	memcpy(machine->mmu_size, sizes, sizeof(machine->mmu_size));
	machine->mmu_seed = seed;
	shadow_mmu_cpu_regs(&regs);
	machine->mmu_host_mair = regs.mair;
	err = check_tables(machine, &mm->swapper, seed, sizes);
	if (!err)
		err = check_tables(machine, &mm->idmap, seed, NULL);
	if (!err && mm->user.root_table)
		err = check_tables(machine, &mm->user, seed, sizes);
	if (err && !machine->mmu.mismatch) {
		scnprintf(said, said_bytes, "the check ended early with %d", err);
		unchecked(machine, said);
		return err;
	}
	err = shadow_mmu_check_host(seed, sizes[SHADOW_MMU_HOST],
				    &machine->mmu_host);
	if (err)
		scnprintf(machine->mmu_host.reason,
			  sizeof(machine->mmu_host.reason),
			  "the host's tables cannot be checked: %d", err);
	if (machine->mmu.mismatch)
		shadow_fault_raise(&mm->fault,
				   "mmu_check: the CPU disagrees at VA %#llx: %s",
				   machine->mmu.first_bad_va,
				   machine->mmu.reason);
	scnprintf(said, said_bytes,
		  "MMU checked=%llu agree=%llu mismatch=%llu%s%s",
		  machine->mmu.checked, machine->mmu.agree,
		  machine->mmu.mismatch, machine->mmu.reason[0] ? ": " : "",
		  machine->mmu.reason);
	return machine->mmu.mismatch ? -EUCLEAN : 0;
}

/**
 * shadow_machine_boot_check() - let the CPU judge, as a phase of the boot
 * @mm: the machine
 * @said: filled with one line
 * @said_bytes: room there
 *
 * A mismatch leaves the machine up, frozen, to be seen. Tables of a virtual
 * board are not checked.
 *
 * Context: process context, the machine's lock held or nobody else there.
 * Return: 0, or why the check ended early: -ENOMEM.
 */
int shadow_machine_boot_check(struct shadow_mm *mm, char *said,
			      size_t said_bytes)
{
	int err = check_by_cpu(shadow_to_machine(mm), mm->cfg.seed,
			       mm->cfg.mmu_size, said, said_bytes);

	return err == -EUCLEAN || err == -EOPNOTSUPP ? 0 : err;
}

/**
 * shadow_machine_ctl_check() - let the CPU judge, as a command
 * @mm: the machine
 * @sizes: how much of everything, by enum shadow_mmu_size
 * @seed: what it is chosen with
 * @said: filled with one line
 * @said_bytes: room there
 *
 * Context: process context, the machine's lock held.
 * Return: 0; -EUCLEAN on a mismatch, which freezes the machine; -EOPNOTSUPP for
 * a virtual board, of which no register is told; -ENOMEM.
 */
int shadow_machine_ctl_check(struct shadow_mm *mm, const u32 *sizes, u64 seed,
			     char *said, size_t said_bytes)
{
	return check_by_cpu(shadow_to_machine(mm), seed, sizes, said,
			    said_bytes);
}
