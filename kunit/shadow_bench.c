// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench - what a call costs, shadow against host in the same boot.
 *
 * A module of its own, so that the shadow's functions are reached as any user
 * reaches them: exported, by an ordinary call. Each row is a loop with
 * interrupts off. Under `-icount shift=0` the guest's nanoseconds are
 * instructions; scripts/bench.sh sees to that.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "shadow_boot.h"
#include "shadow_mm.h"
#include "shadow_page_alloc.h"

/* The clock ticks every 16 ns: over so many pairs that is nothing */
#define NR_PAIRS	10000
#define NR_WARM_UP	100

#define HOST_GFP	(GFP_NOWAIT | __GFP_NOWARN)

struct bench {
	struct shadow_mm *mm;
	unsigned int order;
	struct kmem_cache *host_cache;
	struct shadow_kmem_cache *shadow_cache;
};

static int shadow_pages(const struct bench *bench)
{
	struct shadow_page *page;

	page = shadow_alloc_pages(&bench->mm->nodes, SHADOW_GFP_KERNEL,
				  bench->order);
	if (!page)
		return -ENOMEM;
	return shadow_free_pages(&bench->mm->nodes, page, bench->order);
}

static int host_pages(const struct bench *bench)
{
	struct page *page = alloc_pages(HOST_GFP, bench->order);

	if (!page)
		return -ENOMEM;
	__free_pages(page, bench->order);
	return 0;
}

static int shadow_objects(const struct bench *bench)
{
	void *object = shadow_kmem_cache_alloc(bench->shadow_cache, 0);

	if (!object)
		return -ENOMEM;
	return shadow_kmem_cache_free(bench->shadow_cache, object);
}

static int host_objects(const struct bench *bench)
{
	void *object = kmem_cache_alloc(bench->host_cache, HOST_GFP);

	if (!object)
		return -ENOMEM;
	kmem_cache_free(bench->host_cache, object);
	return 0;
}

/* The same loop around both sides: always_inline makes the call a direct one */
static __always_inline int loop(const struct bench *bench,
				int (*pair)(const struct bench *bench),
				unsigned int nr)
{
	int err = 0;

	while (nr-- && !err)
		err = pair(bench);
	return err;
}

static __always_inline s64 measure(const struct bench *bench,
				   int (*pair)(const struct bench *bench))
{
	unsigned long irqflags;
	u64 start, end;
	int err;

	local_irq_save(irqflags);
	err = loop(bench, pair, NR_WARM_UP);
	start = ktime_get_ns();
	if (!err)
		err = loop(bench, pair, NR_PAIRS);
	end = ktime_get_ns();
	local_irq_restore(irqflags);
	return err ? err : div_u64(end - start + NR_PAIRS / 2, NR_PAIRS);
}

static void say_row(const char *row, s64 shadow, s64 host)
{
	u64 permille = host > 0 ? div_u64(shadow * 1000 + host / 2, host) : 0;

	if (shadow < 0 || host <= 0)
		pr_err("BENCH name=%s failed: shadow %lld, host %lld\n", row,
		       shadow, host);
	else
		pr_info("BENCH name=%s shadow=%lld host=%lld ratio=%llu.%03llu features=equal\n",
			row, shadow, host, div_u64(permille, 1000),
			permille - div_u64(permille, 1000) * 1000);
}

static void bench_pages(struct shadow_mm *mm, const char *row, unsigned int order)
{
	struct bench bench = { .mm = mm, .order = order };

	say_row(row, measure(&bench, shadow_pages), measure(&bench, host_pages));
}

static int bench_objects(struct shadow_mm *mm, const char *row, u32 bytes)
{
	struct bench bench = { .mm = mm };
	int err = 0;

	bench.shadow_cache = shadow_kmem_cache_create(&mm->slab, row, bytes, 0,
						      0, NULL);
	if (IS_ERR(bench.shadow_cache))
		return PTR_ERR(bench.shadow_cache);
	bench.host_cache = kmem_cache_create(row, bytes, 0, 0, NULL);
	if (!bench.host_cache) {
		err = -ENOMEM;
		goto destroy_shadow;
	}
	say_row(row, measure(&bench, shadow_objects),
		measure(&bench, host_objects));
	kmem_cache_destroy(bench.host_cache);
destroy_shadow:
	shadow_kmem_cache_destroy(bench.shadow_cache);
	return err;
}

static char *machine = "main";
module_param(machine, charp, 0444);
MODULE_PARM_DESC(machine, "Machine whose boot is reported; of main also what its calls cost");

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

/*
 * The boot has measured itself, from the first to the last line of the file; the
 * CPU's check of the tables is not part. Frames without memory do not count.
 */
static void bench_boot(const struct shadow_mm *mm)
{
	u64 frames = mm->handover.nr_freed + mm->handover.nr_reserved, ns = 0;
	unsigned int phase, hundredths;

	for (phase = 0; phase < mm->boot.nr_done; phase++)
		if (phase != SHADOW_PHASE_MMU_CHECK)
			ns += mm->boot.record[phase].ns;
	ns = div_u64_rem(div64_u64(ns * 100, frames), 100, &hundredths);
	pr_info("BENCH name=boot_frame%s%s shadow=%llu.%02u host=- ratio=- features=equal\n",
		strcmp(machine, "main") ? "_" : "",
		strcmp(machine, "main") ? machine : "", ns, hundredths);
}

/* Rows of shadow against host, in one boot */
static int bench_calls(struct shadow_mm *mm)
{
	int err;

	bench_pages(mm, "page_order0", 0);
	bench_pages(mm, "page_order3", 3);
	bench_pages(mm, "page_order9", 9);
	err = bench_objects(mm, "object_64", 64);
	if (!err)
		err = bench_objects(mm, "object_512", 512);
	return err;
}

static int __init shadow_bench_init(void)
{
	struct shadow_mm *mm = shadow_mm_get(machine);
	int err = 0;

	if (!mm) {
		pr_err("no machine '%s': load shadow_mm.ko first\n", machine);
		return -ENODEV;
	}
	if (hold)
		return hold_machine(mm);
	bench_boot(mm);
	if (!strcmp(machine, "main"))
		err = bench_calls(mm);
	shadow_mm_put(mm);
	return err;
}

static void __exit shadow_bench_exit(void)
{
	if (!held.mm)
		return;
	shadow_kfree(&held.mm->slab, held.object);
	shadow_mm_put(held.mm);
}

module_init(shadow_bench_init);
module_exit(shadow_bench_exit);

MODULE_DESCRIPTION("Instructions per call, shadow_mm against its host");
MODULE_AUTHOR("The shadow_mm developers");
MODULE_LICENSE("GPL");
SHADOW_IMPORT();
