// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_vmalloc - vmalloc and vfree, shadow against host.
 *
 * Both put off the invalidation of what was freed until much has gathered, so
 * a round is as many pairs as stay below that, and then a purge, which counts.
 * The host would leave the purge to a worker otherwise, and it would not be
 * seen.
 */
#include <linux/vmalloc.h>

#include "shadow_bench.h"

#define NR_LIVE		1000
#define NR_ROUNDS	5

/**
 * struct area_bench - what the rows are measured on
 * @vm: the shadow's window
 * @bytes: of an area
 * @huge: in blocks of the tables where that goes, on both sides
 */
struct area_bench {
	struct shadow_vmalloc *vm;
	u64 bytes;
	bool huge;
};

/**
 * struct area_side - one of the two that are compared
 * @alloc: an area's address, or 0
 * @free: gives it back
 * @purge: what was freed is gone from the TLB too
 */
struct area_side {
	u64 (*alloc)(const struct area_bench *bench);
	int (*free)(const struct area_bench *bench, u64 va);
	void (*purge)(const struct area_bench *bench);
};

static u64 shadow_area(const struct area_bench *bench)
{
	u64 va;
	int err = bench->huge ?
		  shadow_vmalloc_huge(bench->vm, bench->bytes, SHADOW_GFP_KERNEL,
				      SHADOW_PAGE_KERNEL, _THIS_IP_, &va) :
		  shadow_vmalloc_alloc(bench->vm, bench->bytes, SHADOW_GFP_KERNEL,
				       SHADOW_PAGE_KERNEL, _THIS_IP_, &va);

	return err ? 0 : va;
}

static int shadow_free_area(const struct area_bench *bench, u64 va)
{
	return shadow_vfree(bench->vm, va);
}

static void shadow_purge(const struct area_bench *bench)
{
	shadow_vmalloc_purge(bench->vm);
}

static const struct area_side shadow_areas = {
	.alloc = shadow_area,
	.free = shadow_free_area,
	.purge = shadow_purge,
};

static u64 host_area(const struct area_bench *bench)
{
	return (unsigned long)(bench->huge ?
			       vmalloc_huge(bench->bytes, GFP_KERNEL) :
			       vmalloc(bench->bytes));
}

static int host_free_area(const struct area_bench *bench, u64 va)
{
	vfree((void *)(unsigned long)va);
	return 0;
}

static void host_purge(const struct area_bench *bench)
{
	vm_unmap_aliases();
}

static const struct area_side host_areas = {
	.alloc = host_area,
	.free = host_free_area,
	.purge = host_purge,
};

/* @nr times: an area, and back; then they are purged */
static __always_inline int area_round(const struct area_bench *bench,
				      const struct area_side *side,
				      unsigned int nr)
{
	int err = 0;

	while (nr-- && !err) {
		u64 va = side->alloc(bench);

		err = va ? side->free(bench, va) : -ENOMEM;
	}
	side->purge(bench);
	return err;
}

/* Instructions of a pair, or -errno */
static __always_inline s64 area_pair(const struct area_bench *bench,
				     const struct area_side *side)
{
	/* Half of what the host lets gather, 32 MiB for one processor */
	unsigned int nr = SZ_16M / (bench->bytes + PAGE_SIZE), i;
	struct bench_counter counter;
	u64 took = 0, start;
	int err;

	/* The host may not give the processor away at its leisure */
	preempt_disable();
	bench_begin(&counter);
	err = area_round(bench, side, nr);
	for (i = 0; i < NR_ROUNDS && !err; i++) {
		start = bench_count();
		err = area_round(bench, side, nr);
		took += bench_since(start) - counter.idle;
	}
	bench_end(&counter);
	preempt_enable();
	return err ? err : (s64)div_u64(took, NR_ROUNDS * nr);
}

static s64 shadow_pair(const struct area_bench *bench)
{
	return area_pair(bench, &shadow_areas);
}

static s64 host_pair(const struct area_bench *bench)
{
	return area_pair(bench, &host_areas);
}

/* As many pairs as ever, beside areas that live */
static s64 beside_live(const struct area_bench *bench,
		       const struct area_side *side,
		       s64 (*pair)(const struct area_bench *bench))
{
	static u64 live[NR_LIVE];
	s64 cost = -ENOMEM;
	unsigned int nr;

	for (nr = 0; nr < NR_LIVE; nr++) {
		live[nr] = side->alloc(bench);
		if (!live[nr])
			break;
	}
	if (nr == NR_LIVE)
		cost = pair(bench);
	while (nr)
		side->free(bench, live[--nr]);
	return cost;
}

/**
 * bench_vmalloc_rows() - areas of one page, beside others, and of 2 MiB
 * @mm: the machine
 *
 * Return: 0; a row that failed says so itself.
 */
int bench_vmalloc_rows(struct shadow_mm *mm)
{
	struct area_bench bench = { .vm = &mm->vmalloc, .bytes = SZ_4K };

	bench_say("vmalloc_4k", shadow_pair(&bench), host_pair(&bench));
	bench_say("vmalloc_4k_1000live",
		  beside_live(&bench, &shadow_areas, shadow_pair),
		  beside_live(&bench, &host_areas, host_pair));
	bench.bytes = SZ_2M;
	bench_say("vmalloc_2m", shadow_pair(&bench), host_pair(&bench));
	bench.huge = true;
	bench_say("vmalloc_2m_huge", shadow_pair(&bench), host_pair(&bench));
	return 0;
}
