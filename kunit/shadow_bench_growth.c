// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_growth - does twice the work cost twice as much?
 *
 * The pattern that made allocators with lists quadratic: all memory in small
 * blocks, every second one freed, so that nothing merges and the lists are as
 * long as they can be; then allocations, then frees from the last to the first.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/printk.h>
#include <linux/vmalloc.h>

#include "shadow_bench.h"

#define GROWTH_ORDER	1	/* 8 KiB */
#define GROWTH_BYTES	SZ_4G

static int fill(const struct bench *bench, void **blocks, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (blocks[i])
			continue;
		blocks[i] = bench_shadow_alloc(bench);
		if (!blocks[i])
			return -ENOMEM;
	}
	return 0;
}

static int release(const struct bench *bench, void **blocks, unsigned int nr,
		   unsigned int step)
{
	unsigned int i;
	int err = 0;

	for (i = nr; i >= step; i -= step) {
		if (blocks[i - 1])
			err = bench_shadow_free(bench, blocks[i - 1]) ? : err;
		blocks[i - 1] = NULL;
	}
	return err;
}

/* Instructions of the pattern over @nr blocks, or -errno; @nr is even */
static s64 pattern(const struct bench *bench, void **blocks, unsigned int nr)
{
	struct bench_counter counter;
	u64 start, count = 0;
	int err;

	bench_begin(&counter);
	start = bench_count();
	err = fill(bench, blocks, nr);
	if (!err)
		err = release(bench, blocks, nr, 2);
	count += bench_since(start);
	start = bench_count();
	if (!err)
		err = fill(bench, blocks, nr);
	err = release(bench, blocks, nr, 1) ? : err;
	count += bench_since(start);
	bench_end(&counter);
	return err ? err : (s64)count;
}

/**
 * bench_growth_rows() - the pattern over 4 GiB against the pattern over 2
 * @mm: the machine; it has 4 GiB free
 *
 * Return: 0; -ENOMEM; -EINVAL where the machine is too small.
 */
int bench_growth_rows(struct shadow_mm *mm)
{
	struct bench bench = { .mm = mm, .order = GROWTH_ORDER };
	unsigned int shift = mm->nodes.page_shift + GROWTH_ORDER;
	unsigned int nr = GROWTH_BYTES >> shift;
	s64 half, whole;
	void **blocks;

	if (shadow_nodes_free(&mm->nodes) < (u64)nr << GROWTH_ORDER) {
		pr_err("growth: 4 GiB are to be free\n");
		return -EINVAL;
	}
	blocks = vcalloc(nr, sizeof(*blocks));
	if (!blocks)
		return -ENOMEM;
	half = pattern(&bench, blocks, nr / 2);
	whole = pattern(&bench, blocks, nr);
	vfree(blocks);
	if (half <= 0 || whole <= 0)
		return half < 0 ? half : whole;
	bench_say_alone("growth_2g", half * 100);
	bench_say_alone("growth_4g", whole * 100);
	bench_say_alone("growth_ratio", div64_s64(whole * 100, half));
	return 0;
}
