// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_objects - rows about objects of a cache.
 */
#include <linux/slab.h>

#include "shadow_bench.h"

static void *shadow_take(const struct bench *bench)
{
	return shadow_kmem_cache_alloc(bench->shadow_cache, 0);
}

static int shadow_give(const struct bench *bench, void *what)
{
	return shadow_kmem_cache_free(bench->shadow_cache, what);
}

static void *host_take(const struct bench *bench)
{
	return kmem_cache_alloc(bench->host_cache, BENCH_HOST_GFP);
}

static int host_give(const struct bench *bench, void *what)
{
	kmem_cache_free(bench->host_cache, what);
	return 0;
}

static const struct bench_side shadow_objects = {
	.alloc = shadow_take,
	.free = shadow_give,
};

static const struct bench_side host_objects = {
	.alloc = host_take,
	.free = host_give,
};

static int object_row(struct shadow_mm *mm, const char *row, u32 bytes)
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
	bench_say(row, bench_pair(&bench, &shadow_objects),
		  bench_pair(&bench, &host_objects));
	kmem_cache_destroy(bench.host_cache);
destroy_shadow:
	shadow_kmem_cache_destroy(bench.shadow_cache);
	return err;
}

/**
 * bench_object_rows() - objects of two sizes
 * @mm: the machine
 *
 * Return: 0, or -ENOMEM where there is no cache to be had.
 */
int bench_object_rows(struct shadow_mm *mm)
{
	return object_row(mm, "object_64", 64) ? :
	       object_row(mm, "object_512", 512);
}
