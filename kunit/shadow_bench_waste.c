// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_waste - how much memory the objects of a real kernel's boot take,
 * replayed on the machine and on the host.
 *
 * The host has caches of its own for it, merged with no other: one for each of
 * the trace, and one for each size of kmalloc, so that they begin as empty as
 * the machine's. What is larger goes to the host's kmalloc, which hands it to
 * the page allocator. Of both sides, what the replay adds counts.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "shadow_bench.h"
#include "shadow_trace_load.h"

char *bench_trace = "boot-6.12";

static const u16 class_bytes[] = {
	8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192,
};

/**
 * struct waste - one side's replay
 * @mm: the shadow
 * @trace: what is replayed
 * @shadow_cache: the shadow's caches
 * @host_cache: the host's
 * @host_class: the host's for kmalloc
 * @object: what the trace has allocated
 * @cache: of each, the host's cache; NULL: kmalloc
 * @which: of each, the number of its cache, plus 1; 0: kmalloc
 * @before: pages that objects took before the replay
 * @peak: most pages at a time
 * @end: pages at the trace's end
 */
struct waste {
	struct shadow_mm *mm;
	struct shadow_trace *trace;
	struct shadow_kmem_cache *shadow_cache[SHADOW_TRACE_MAX_CACHES];
	struct kmem_cache *host_cache[SHADOW_TRACE_MAX_CACHES];
	struct kmem_cache *host_class[ARRAY_SIZE(class_bytes)];
	void **object;
	struct kmem_cache **cache;
	u8 *which;
	s64 before;
	s64 peak;
	s64 end;
};

/**
 * struct waste_side - one of the two
 * @some: allocates so many bytes, as allocation of that number
 * @alloc: allocates from a cache
 * @free: frees an allocation
 * @pages: that objects take
 */
struct waste_side {
	void *(*some)(struct waste *waste, u32 nr, u32 bytes);
	void *(*alloc)(struct waste *waste, u32 nr, u32 cache);
	void (*free)(struct waste *waste, u32 nr);
	s64 (*pages)(struct waste *waste);
};

/* ------------------------------------------------------------- the shadow -- */

static void *shadow_side_kmalloc(struct waste *waste, u32 nr, u32 bytes)
{
	waste->which[nr] = 0;
	return shadow_kmalloc(&waste->mm->slab, bytes, 0);
}

static void *shadow_side_alloc(struct waste *waste, u32 nr, u32 cache)
{
	waste->which[nr] = cache + 1;
	return shadow_kmem_cache_alloc(waste->shadow_cache[cache], 0);
}

static void shadow_side_free(struct waste *waste, u32 nr)
{
	if (waste->which[nr])
		shadow_kmem_cache_free(waste->shadow_cache[waste->which[nr] - 1],
				       waste->object[nr]);
	else
		shadow_kfree(&waste->mm->slab, waste->object[nr]);
}

static s64 shadow_side_pages(struct waste *waste)
{
	return atomic64_read(&waste->mm->slab.nr_frames) - waste->before;
}

static const struct waste_side shadow_side = {
	.some = shadow_side_kmalloc,
	.alloc = shadow_side_alloc,
	.free = shadow_side_free,
	.pages = shadow_side_pages,
};

/* --------------------------------------------------------------- the host -- */

static void *host_side_kmalloc(struct waste *waste, u32 nr, u32 bytes)
{
	unsigned int i;

	waste->cache[nr] = NULL;
	for (i = 0; i < ARRAY_SIZE(class_bytes); i++) {
		if (bytes > class_bytes[i] || class_bytes[i] > 2 * PAGE_SIZE)
			continue;
		waste->cache[nr] = waste->host_class[i];
		return kmem_cache_alloc(waste->host_class[i], BENCH_HOST_GFP);
	}
	return kmalloc(bytes, BENCH_HOST_GFP);
}

static void *host_side_alloc(struct waste *waste, u32 nr, u32 cache)
{
	waste->cache[nr] = waste->host_cache[cache];
	return kmem_cache_alloc(waste->host_cache[cache], BENCH_HOST_GFP);
}

static void host_side_free(struct waste *waste, u32 nr)
{
	if (waste->cache[nr])
		kmem_cache_free(waste->cache[nr], waste->object[nr]);
	else
		kfree(waste->object[nr]);
}

/* What each CPU has not added yet is part of the sum. */
static s64 host_item(enum node_stat_item item)
{
	s64 sum = atomic_long_read(&vm_node_stat[item]);
	int nid, cpu;

	for_each_online_node(nid) {
		for_each_online_cpu(cpu)
			sum += per_cpu_ptr(NODE_DATA(nid)->per_cpu_nodestats,
					   cpu)->vm_node_stat_diff[item];
	}
	return sum;
}

/* Large kmallocs are among them. */
static s64 host_side_pages(struct waste *waste)
{
	return host_item(NR_SLAB_RECLAIMABLE_B) +
	       host_item(NR_SLAB_UNRECLAIMABLE_B) - waste->before;
}

static const struct waste_side host_side = {
	.some = host_side_kmalloc,
	.alloc = host_side_alloc,
	.free = host_side_free,
	.pages = host_side_pages,
};

/* ------------------------------------------------------------------ replay -- */

static int apply(struct waste *waste, const struct waste_side *side,
		 const struct shadow_trace_op *op, u32 *nr)
{
	if (op->kind == SHADOW_TRACE_FREE) {
		side->free(waste, op->what);
		waste->object[op->what] = NULL;
		return 0;
	}
	if (op->kind == SHADOW_TRACE_KMALLOC)
		waste->object[*nr] = side->some(waste, *nr, op->what);
	else
		waste->object[*nr] = side->alloc(waste, *nr, op->cache);
	waste->peak = max(waste->peak, side->pages(waste));
	return waste->object[(*nr)++] ? 0 : -ENOMEM;
}

/* On one CPU, which does nothing else */
static int replay(struct waste *waste, const struct waste_side *side)
{
	const struct shadow_trace *trace = waste->trace;
	unsigned long flags;
	u32 i, nr = 0;
	int err = 0;

	local_irq_save(flags);
	waste->before = 0;
	waste->before = side->pages(waste);
	waste->peak = 0;
	for (i = 0; i < trace->nr_ops && !err; i++)
		err = apply(waste, side, &trace->op[i], &nr);
	waste->end = side->pages(waste);
	while (nr--) {
		if (waste->object[nr])
			side->free(waste, nr);
	}
	local_irq_restore(flags);
	return err;
}

/* ------------------------------------------------------------------ caches -- */

static void destroy_caches(struct waste *waste)
{
	unsigned int i;

	for (i = 0; i < waste->trace->nr_caches; i++) {
		kmem_cache_destroy(waste->host_cache[i]);
		if (!IS_ERR_OR_NULL(waste->shadow_cache[i]))
			shadow_kmem_cache_destroy(waste->shadow_cache[i]);
	}
	for (i = 0; i < ARRAY_SIZE(class_bytes); i++)
		kmem_cache_destroy(waste->host_class[i]);
}

static int create_caches(struct waste *waste)
{
	const struct shadow_trace_cache *cache = waste->trace->cache;
	char name[SHADOW_SLAB_NAME];
	unsigned int i;

	for (i = 0; i < waste->trace->nr_caches; i++, cache++) {
		snprintf(name, sizeof(name), "shadow_trace-%u", i);
		waste->host_cache[i] = kmem_cache_create(name, cache->bytes, cache->align,
							 SHADOW_HOST_SLAB_NO_MERGE, NULL);
		waste->shadow_cache[i] = shadow_kmem_cache_create(&waste->mm->slab, name,
								  cache->bytes, cache->align,
								  0, NULL);
		if (!waste->host_cache[i] || IS_ERR(waste->shadow_cache[i]))
			return -ENOMEM;
	}
	for (i = 0; i < ARRAY_SIZE(class_bytes); i++) {
		u32 bytes = class_bytes[i];

		snprintf(name, sizeof(name), "shadow_kmalloc-%u", bytes);
		waste->host_class[i] = kmem_cache_create(name, bytes, bytes & -bytes,
							 SHADOW_HOST_SLAB_NO_MERGE, NULL);
		if (!waste->host_class[i])
			return -ENOMEM;
	}
	return 0;
}

static int both_sides(struct waste *waste)
{
	unsigned int shift = waste->mm->nodes.page_shift;
	s64 peak, end;
	int err;

	err = create_caches(waste) ? : replay(waste, &shadow_side);
	if (err)
		return err;
	peak = waste->peak << shift >> 10;
	end = waste->end << shift >> 10;
	err = replay(waste, &host_side);
	if (err)
		return err;
	pr_info("waste: trace %s, %u operations, in KiB; asked for: %llu at most, %llu at the end\n",
		bench_trace, waste->trace->nr_ops, waste->trace->peak_bytes >> 10,
		waste->trace->live_bytes >> 10);
	bench_say("waste_peak", peak, waste->peak << PAGE_SHIFT >> 10);
	bench_say("waste_end", end, waste->end << PAGE_SHIFT >> 10);
	return 0;
}

/**
 * bench_waste_rows() - memory that the objects of a trace take, in KiB
 * @mm: the machine; best one that nobody has used
 *
 * Return: 0; what shadow_trace_load() says; -ENOMEM.
 */
int bench_waste_rows(struct shadow_mm *mm)
{
	struct waste *waste = vzalloc(sizeof(*waste));
	char why[SHADOW_TRACE_WHY];
	int err;

	if (!waste)
		return -ENOMEM;
	waste->mm = mm;
	waste->trace = shadow_trace_load(bench_trace, why, sizeof(why));
	if (IS_ERR(waste->trace)) {
		pr_err("waste: %s\n", why);
		err = PTR_ERR(waste->trace);
		goto free_waste;
	}
	waste->object = vcalloc(waste->trace->nr_allocs, sizeof(*waste->object));
	waste->cache = vcalloc(waste->trace->nr_allocs, sizeof(*waste->cache));
	waste->which = vcalloc(waste->trace->nr_allocs, sizeof(*waste->which));
	err = -ENOMEM;
	if (waste->object && waste->cache && waste->which)
		err = both_sides(waste);
	destroy_caches(waste);
	vfree(waste->object);
	vfree(waste->cache);
	vfree(waste->which);
	shadow_trace_unload(waste->trace);
free_waste:
	vfree(waste);
	return err;
}
