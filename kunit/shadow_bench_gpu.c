// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_gpu - the buddy beside the one of the kernel that is like it:
 * gpu_buddy. Built where the kernel has that built in.
 */
#include <linux/gpu_buddy.h>

#include "shadow_bench.h"

static const struct bench_side buddy_side = {
	.alloc = bench_buddy_alloc,
	.free = bench_buddy_free,
};

static struct gpu_buddy gpu;

static void *gpu_alloc(const struct bench *bench)
{
	LIST_HEAD(blocks);

	if (gpu_buddy_alloc_blocks(&gpu, 0, gpu.size, SZ_4K, SZ_4K, &blocks, 0))
		return NULL;
	return list_first_entry(&blocks, struct gpu_buddy_block, link);
}

static int gpu_free(const struct bench *bench, void *what)
{
	gpu_buddy_free_block(&gpu, what);
	return 0;
}

static const struct bench_side gpu_side = {
	.alloc = gpu_alloc,
	.free = gpu_free,
};

/* One frame of a block of @order, with its neighbour held or in one piece */
static s64 gpu_pair(unsigned int order)
{
	struct bench bench = {};
	void *neighbour = NULL;
	s64 pair;
	int err;

	/* 2 frames for order 0, else one block; nothing is as large as a frame */
	err = gpu_buddy_init(&gpu, (u64)SZ_4K << (order ? : 1), SZ_4K);
	if (err)
		return err;
	if (!order)
		neighbour = gpu_alloc(&bench);
	pair = order || neighbour ? bench_pair(&bench, &gpu_side) : -ENOMEM;
	if (neighbour)
		gpu_free(&bench, neighbour);
	gpu_buddy_fini(&gpu);
	return pair;
}

static s64 shadow_pair(struct shadow_mm *mm, unsigned int order)
{
	struct bench_stage *stage = bench_stage_set(mm, order);
	struct bench bench = { .mm = mm };
	s64 pair;

	if (IS_ERR(stage))
		return PTR_ERR(stage);
	bench.zone = stage->zone;
	pair = bench_pair(&bench, &buddy_side);
	bench_stage_strike(stage);
	return pair;
}

/**
 * bench_gpu_rows() - the same calls on the shadow's buddy and on gpu_buddy
 * @mm: the machine
 *
 * The shadow's take and release a lock, which gpu_buddy leaves to its caller.
 *
 * Return: 0; a row that failed says so itself.
 */
int bench_gpu_rows(struct shadow_mm *mm)
{
	unsigned int top = mm->nodes.max_order;

	bench_say("gpu_order0", shadow_pair(mm, 0), gpu_pair(0));
	bench_say("gpu_split_merge", shadow_pair(mm, top), gpu_pair(top));
	return 0;
}
