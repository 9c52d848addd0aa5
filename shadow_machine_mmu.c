// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine_mmu - a machine's tables are laid before the CPU, and what it
 * said is kept to be read.
 */
#include <linux/slab.h>

#include "shadow_machine_room.h"

/* Addresses of the host's own tables and unmapped ones that a check asks for */
#define HOST_SAMPLES	2000
#define NR_UNMAPPED	100

/* Nothing was checked, and why. */
static void unchecked(struct shadow_machine *machine, const char *why)
{
	memset(&machine->mmu, 0, sizeof(machine->mmu));
	memset(&machine->mmu_host, 0, sizeof(machine->mmu_host));
	strscpy(machine->mmu.reason, why, sizeof(machine->mmu.reason));
	strscpy(machine->mmu_host.reason, why, sizeof(machine->mmu_host.reason));
	machine->mmu_samples = 0;
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

static void add_result(struct shadow_mmu_result *sum,
		       const struct shadow_mmu_result *one)
{
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
}

static int check_tables(struct shadow_machine *machine,
			const struct shadow_pgtable *pgt, u64 seed,
			unsigned int nr_random)
{
	struct shadow_mmu_result *result;
	struct shadow_walker walker;
	int err;

	result = kzalloc(sizeof(*result), GFP_KERNEL);
	if (!result)
		return -ENOMEM;
	shadow_pgtable_walker(pgt, &walker);
	err = shadow_mmu_check(&walker, seed, nr_random, NR_UNMAPPED, result);
	add_result(&machine->mmu, result);
	kfree(result);
	return err;
}

/*
 * The kernel's tables with all samples, the identity map with what it has, and
 * the host's own. A mismatch in the shadow's tables freezes the machine: they
 * are not what they claim to be.
 */
static int check_by_cpu(struct shadow_machine *machine, u64 seed, u64 samples,
			char *said, size_t said_bytes)
{
	struct shadow_mm *mm = &machine->mm;
	int err;

	/* A walk that leaves RAM is an external abort: it kills the host */
	if (shadow_block_virtual(&mm->block)) {
		scnprintf(said, said_bytes, "not walkable: virtual board");
		unchecked(machine, said);
		return -EOPNOTSUPP;
	}
	memset(&machine->mmu, 0, sizeof(machine->mmu));
	memset(&machine->mmu_host, 0, sizeof(machine->mmu_host));
	machine->mmu_samples = samples;
	machine->mmu_seed = seed;
	err = check_tables(machine, &mm->swapper, seed, samples);
	if (!err)
		err = check_tables(machine, &mm->idmap, seed, 0);
	if (err && !machine->mmu.mismatch) {
		scnprintf(said, said_bytes, "the check ended early with %d", err);
		unchecked(machine, said);
		return err;
	}
	err = shadow_mmu_check_host(seed, HOST_SAMPLES, &machine->mmu_host);
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
	int err = check_by_cpu(shadow_to_machine(mm), mm->cfg.seed, mm->cfg.mmu_samples,
			       said, said_bytes);

	return err == -EUCLEAN || err == -EOPNOTSUPP ? 0 : err;
}

/**
 * shadow_machine_ctl_check() - let the CPU judge, as a command
 * @mm: the machine
 * @samples: random pages
 * @seed: what they are chosen with
 * @said: filled with one line
 * @said_bytes: room there
 *
 * Context: process context, the machine's lock held.
 * Return: 0; -EUCLEAN on a mismatch, which freezes the machine; -EOPNOTSUPP for
 * a virtual board, of which no register is told; -ENOMEM.
 */
int shadow_machine_ctl_check(struct shadow_mm *mm, u64 samples, u64 seed,
			     char *said, size_t said_bytes)
{
	return check_by_cpu(shadow_to_machine(mm), seed, samples, said,
			    said_bytes);
}
