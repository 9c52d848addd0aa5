// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_machine - hosts a machine: gets its block, boots it, lets the CPU
 * check its tables, takes it down.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "shadow_boot.h"
#include "shadow_machine.h"

/* Addresses of the host's own tables and unmapped ones that a check asks for */
#define HOST_SAMPLES	2000
#define NR_UNMAPPED	100

static struct shadow_machine *to_machine(struct shadow_mm *mm)
{
	return container_of(mm, struct shadow_machine, mm);
}

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

/* Before a boot: what was checked before is no more. */
static void unchecked_yet(struct shadow_machine *machine)
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

/* As a phase of the boot: a mismatch leaves the machine up, frozen, to be seen */
static int boot_mmu_check(struct shadow_mm *mm, char *said, size_t said_bytes)
{
	int err = check_by_cpu(to_machine(mm), mm->cfg.seed, mm->cfg.mmu_samples,
			       said, said_bytes);

	return err == -EUCLEAN ? 0 : err;
}

static const struct shadow_host_ops host_ops = {
	.zalloc = shadow_pool_zalloc,
	.free = shadow_pool_free,
	.now = ktime_get_ns,
	.mmu_check = boot_mmu_check,
};

static int ctl_mmu_check(struct shadow_mm *mm, u64 samples, u64 seed,
			 char *said, size_t said_bytes)
{
	return check_by_cpu(to_machine(mm), seed, samples, said, said_bytes);
}

static void say_failed_phase(const struct shadow_mm *mm, int err, char *said,
			     size_t said_bytes)
{
	unsigned int phase = mm->boot.nr_done;

	scnprintf(said, said_bytes, "boot failed in %s with %d%s%s",
		  shadow_phase_name(phase), err,
		  mm->boot.record[phase].effect[0] ? ": " : "",
		  mm->boot.record[phase].effect);
}

static void say_left(const struct shadow_mm *mm, u64 left)
{
	if (left)
		pr_info("%s: %llu pages were still in use\n", mm->name, left);
}

static int ctl_reset(struct shadow_mm *mm, char *said, size_t said_bytes)
{
	int users = atomic_read(&to_machine(mm)->users);
	int err;

	if (users) {
		scnprintf(said, said_bytes, "%d modules hold the machine", users);
		return -EBUSY;
	}
	shadow_boot_down(mm);
	unchecked_yet(to_machine(mm));
	err = shadow_boot_up(mm);
	if (err)
		say_failed_phase(mm, err, said, said_bytes);
	else
		scnprintf(said, said_bytes, "booted again, %u phases",
			  mm->boot.nr_done);
	return err;
}

static bool ctl_interrupted(void)
{
	return fatal_signal_pending(current);
}

static const struct shadow_ctl_ops ctl_ops = {
	.mmu_check = ctl_mmu_check,
	.reset = ctl_reset,
	.interrupted = ctl_interrupted,
};

static int reserve_block(struct shadow_machine *machine)
{
	const struct shadow_config *cfg = &machine->mm.cfg;
	struct shadow_pool_request request = {
		.bytes = cfg->bytes,
		.base = cfg->base,
		.region = cfg->region[0] ? cfg->region : NULL,
		.page_shift = cfg->page_shift,
		.base_given = shadow_config_given(cfg, SHADOW_PARAM_BASE),
		.base_force = cfg->base_force,
	};

	return shadow_pool_reserve(&machine->pool, &request);
}

static int boot_in_block(struct shadow_machine *machine)
{
	struct shadow_mm *mm = &machine->mm;
	char *why;
	int err;

	mm->block = machine->pool.block;
	why = shadow_pool_zalloc(SHADOW_PARAMS_WHY);
	if (!why)
		return -ENOMEM;
	err = shadow_params_place(&mm->cfg, &mm->block, &mm->places, why,
				  SHADOW_PARAMS_WHY);
	if (!err) {
		err = shadow_boot_up(mm);
		if (err)
			say_failed_phase(mm, err, why, SHADOW_PARAMS_WHY);
	}
	if (err)
		pr_err("%s\n", why);
	shadow_pool_free(why);
	return err;
}

/**
 * shadow_machine_create() - reserve a block and boot a machine in it
 * @name: what it is called, at most SHADOW_MM_NAME - 1 characters
 * @cfg: parameters, checked
 *
 * Says in the log what it did, or in one line why it could not.
 *
 * Context: process context, sleeps.
 * Return: the machine, not yet visible to anybody; or ERR_PTR with the errno
 * of the reservation or of the boot's phase that failed, all undone.
 */
struct shadow_machine *shadow_machine_create(const char *name,
					     const struct shadow_config *cfg)
{
	struct shadow_machine *machine;
	struct shadow_mm *mm;
	int err;

	machine = shadow_pool_zalloc(sizeof(*machine));
	if (!machine)
		return ERR_PTR(-ENOMEM);
	mutex_init(&machine->lock);
	mm = &machine->mm;
	strscpy(mm->name, name, sizeof(mm->name));
	mm->host = &host_ops;
	mm->nr_cpus = nr_cpu_ids;
	mm->cfg = *cfg;
	shadow_mmu_read_id(&mm->cpu_id);
	unchecked_yet(machine);

	err = reserve_block(machine);
	if (err)
		goto free_machine;
	err = boot_in_block(machine);
	if (err)
		goto release_block;
	err = shadow_ctl_init(&machine->ctl, mm, &ctl_ops);
	if (err)
		goto take_down;
	machine->vtop_va = mm->boot.kimage_va;
	pr_info("%s: booted in %llu KiB at %#llx (%s), %s\n", name,
		mm->block.bytes >> 10, (u64)mm->block.base,
		shadow_pool_rung_names[machine->pool.rung],
		mm->boot.record[SHADOW_PHASE_MMU_CHECK].effect);
	return machine;

take_down:
	shadow_boot_down(mm);
release_block:
	shadow_pool_release(&machine->pool);
free_machine:
	shadow_pool_free(machine);
	return ERR_PTR(err);
}

/**
 * shadow_machine_destroy() - take a machine down and give its block back
 * @machine: the machine; no file shows it and nobody uses it any more
 *
 * What users had allocated goes with it and is counted in the log.
 *
 * Context: process context, sleeps.
 */
void shadow_machine_destroy(struct shadow_machine *machine)
{
	shadow_ctl_fini(&machine->ctl);
	say_left(&machine->mm, shadow_boot_down(&machine->mm));
	shadow_pool_release(&machine->pool);
	shadow_pool_free(machine);
}
