// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench - what a call costs, shadow against host in the same boot.
 *
 * A module of its own, so that the shadow's functions are reached as any user
 * reaches them: exported, by an ordinary call. What is measured, and how, is
 * in shadow_bench.h; scripts/bench.sh sees to the machine that counts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "shadow_bench.h"

static char *machine = "main";
module_param(machine, charp, 0444);
MODULE_PARM_DESC(machine, "Machine that is measured");

static char *rows = "calls";
module_param(rows, charp, 0444);
MODULE_PARM_DESC(rows, "What is measured: audit (a read), boot, calls, objects, cost (of who watches), waste (of a trace), tables, vmalloc, mixed, growth, frag_host, frag_shadow, mmu (seeded bugs in descriptors), gpu where the kernel has gpu_buddy, and iopgt (leaf by leaf) where it has io-pgtable-arm");

module_param_named(seed, bench_seed, ulong, 0444);
MODULE_PARM_DESC(seed, "What random sequences start from, not 0");

module_param_named(frames, bench_frames, ulong, 0444);
MODULE_PARM_DESC(frames, "For frag_shadow: frames that shall be free before the trace, as frag_host said");

module_param_named(steps, bench_steps, ulong, 0444);
MODULE_PARM_DESC(steps, "For iopgt: random maps and unmaps of each format");

module_param_named(trace, bench_trace, charp, 0444);
MODULE_PARM_DESC(trace, "For waste: the trace, as compare in ctl has it");

#define MAX_SOAK	64

static uint soak;
module_param(soak, uint, 0444);
MODULE_PARM_DESC(soak, "Measure nothing; so many threads (1 to 64) allocate and free until unloaded");

static bool objects;
module_param(objects, bool, 0444);
MODULE_PARM_DESC(objects, "With soak: objects of caches and of kmalloc, each freed by another thread, instead of pages");

static bool hold;
module_param(hold, bool, 0444);
MODULE_PARM_DESC(hold, "Measure nothing; allocate from the machine, and hold it until unloaded");

/* What is held, where it is */
static struct {
	struct shadow_mm *mm;
	void *object;
} held;

static int hold_machine(struct shadow_mm *mm)
{
	held.object = shadow_kmalloc(&mm->slab, 100, SHADOW_GFP_KERNEL);
	if (!held.object) {
		shadow_mm_put(mm);
		return -ENOMEM;
	}
	held.mm = mm;
	return 0;
}

static int soak_machine(struct shadow_mm *mm)
{
	int err = -EINVAL;

	if (soak <= MAX_SOAK)
		err = objects ? bench_soak_objects_start(mm, soak, bench_seed) :
				bench_soak_start(mm, soak, bench_seed);
	if (err)
		shadow_mm_put(mm);
	else
		held.mm = mm;
	return err;
}

static const struct {
	const char *name;
	int (*measure)(struct shadow_mm *mm);
	bool counts;
} sets[] = {
	{ "boot", bench_boot_row },
	{ "audit", bench_audit_rows },
	{ "calls", bench_call_rows, true },
	{ "objects", bench_object_rows, true },
	{ "cost", bench_cost_rows, true },
	{ "waste", bench_waste_rows },
	{ "tables", bench_table_rows, true },
	{ "vmalloc", bench_vmalloc_rows, true },
	{ "mixed", bench_mixed_rows, true },
	{ "growth", bench_growth_rows, true },
	{ "frag_host", bench_frag_host },
	{ "frag_shadow", bench_frag_shadow },
	{ "mmu", bench_mmu_flips },
#ifdef SHADOW_BENCH_GPU
	{ "gpu", bench_gpu_rows, true },
#endif
#ifdef SHADOW_BENCH_IOPGT
	{ "iopgt", bench_compare_leaves },
#endif
};

static int bench_set(struct shadow_mm *mm)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		if (strcmp(rows, sets[i].name))
			continue;
		if (!sets[i].counts || bench_counter_there())
			return sets[i].measure(mm);
		pr_err("nothing here counts instructions: no PMU, or one without INST_RETIRED (QEMU has it with -icount shift=0)\n");
		return -ENODEV;
	}
	pr_err("rows='%s': there are no such rows here\n", rows);
	return -EINVAL;
}

static int __init shadow_bench_init(void)
{
	struct shadow_mm *mm = shadow_mm_get(machine);
	int err;

	if (!mm) {
		pr_err("no machine '%s': load shadow_mm.ko first\n", machine);
		return -ENODEV;
	}
	if (!bench_seed)
		bench_seed = 1;
	if (hold)
		return hold_machine(mm);
	if (soak)
		return soak_machine(mm);
	err = bench_set(mm);
	shadow_mm_put(mm);
	return err;
}

static void __exit shadow_bench_exit(void)
{
	if (!held.mm)
		return;
	bench_soak_stop();
	bench_soak_objects_stop();
	if (held.object)
		shadow_kfree(&held.mm->slab, held.object);
	shadow_mm_put(held.mm);
}

module_init(shadow_bench_init);
module_exit(shadow_bench_exit);

MODULE_DESCRIPTION("Instructions per call, shadow_mm against its host");
MODULE_AUTHOR("The shadow_mm developers");
MODULE_LICENSE("GPL");
SHADOW_IMPORT();
