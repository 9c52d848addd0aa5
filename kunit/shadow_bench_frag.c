// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_frag - how much of the free memory stays in large blocks.
 *
 * A trace of a million allocations and frees of mixed mobility, size and
 * lifetime, the same for both sides. It holds up to three quarters of the
 * memory: some for ever longer, some in waves, the oldest first to go, a
 * little for moments. At the end all that is movable goes: what is in large
 * blocks then is what moving pages could make of the memory.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "shadow_bench.h"

#define NR_OPERATIONS	1000000
#define NR_CHECKPOINTS	10
#define CHECK_EVERY	(NR_OPERATIONS / NR_CHECKPOINTS)
#define LARGE_ORDER	9
#define MAX_BALLAST	4096
#define FRAG_REST	1024	/* operations between two chances for others */

enum frag_mobility { FRAG_UNMOVABLE, FRAG_RECLAIMABLE, FRAG_MOVABLE, FRAG_NR };

struct frag_block {
	void *what;
	u8 order;
	u8 mobility;
};

/**
 * struct frag_kind - blocks of about one lifetime
 * @weight: of 100 operations, so many are of this kind
 * @low: percent of the memory that they hold at low tide
 * @high: percent of the memory that they hold at high tide
 * @tide: operations from one low tide to the next
 * @oldest_first: the oldest goes first; else any
 * @mobility: percent of the allocations that are unmovable, reclaimable; the
 *	others are movable
 */
struct frag_kind {
	u8 weight;
	u8 low;
	u8 high;
	u32 tide;
	bool oldest_first;
	u8 mobility[FRAG_MOVABLE];
};

/* What a system call needs, a process, a cache */
static const struct frag_kind kinds[] = {
	{ 56, 1, 2, 10000, false, { 40, 20 } },
	{ 40, 5, 30, 160000, true, { 10, 20 } },
	{ 4, 10, 45, 2 * NR_OPERATIONS, false, { 10, 10 } },
};

#define NR_KINDS	ARRAY_SIZE(kinds)

/* Percent of the allocations of each mobility that are of order 0, 1, 2, … */
static const u8 orders[FRAG_NR][6] = {
	[FRAG_UNMOVABLE] = { 60, 20, 10, 10 },
	[FRAG_RECLAIMABLE] = { 50, 20, 15, 15 },
	[FRAG_MOVABLE] = { 85, 4, 3, 3, 3, 2 },
};

/**
 * struct frag_pool - what one kind holds
 * @frames: in use
 * @first: entry of @block that is the oldest
 * @nr: entries of @block in use, from @first on and around
 * @max_nr: entries of @block, as many as there are frames
 * @block: what is in use
 */
struct frag_pool {
	u64 frames;
	unsigned int first;
	unsigned int nr;
	unsigned int max_nr;
	struct frag_block *block;
};

/**
 * struct frag_side - one of the two
 * @alloc: takes a block
 * @free: gives it back
 * @count: frames that are free, and those of them in blocks of order 9 or more
 * @drain: nothing is on per-CPU lists from then on
 * @undrain: gives back what that took
 */
struct frag_side {
	void *(*alloc)(struct shadow_mm *mm, enum frag_mobility mobility,
		       unsigned int order);
	void (*free)(struct shadow_mm *mm, void *what, unsigned int order);
	void (*count)(struct shadow_mm *mm, u64 *nr_free, u64 *nr_large);
	void (*drain)(struct shadow_mm *mm);
	void (*undrain)(void);
};

/**
 * struct frag - one run
 * @mm: the machine
 * @side: whom it is run on
 * @random: state of the generator
 * @nr_frames: free before the first operation
 * @nr_refused: allocations that were not granted
 * @pool: by kind
 */
struct frag {
	struct shadow_mm *mm;
	const struct frag_side *side;
	u64 random;
	u64 nr_frames;
	unsigned int nr_refused;
	struct frag_pool pool[NR_KINDS];
};

static void *shadow_take(struct shadow_mm *mm, enum frag_mobility mobility,
			 unsigned int order)
{
	static const u32 gfp[FRAG_NR] = {
		[FRAG_UNMOVABLE] = SHADOW_GFP_KERNEL,
		[FRAG_RECLAIMABLE] = SHADOW_GFP_RECLAIMABLE,
		[FRAG_MOVABLE] = SHADOW_GFP_MOVABLE,
	};

	return shadow_alloc_pages(&mm->nodes, gfp[mobility], order);
}

static void shadow_give(struct shadow_mm *mm, void *what, unsigned int order)
{
	shadow_free_pages(&mm->nodes, what, order);
}

static void shadow_count(struct shadow_mm *mm, u64 *nr_free, u64 *nr_large)
{
	const struct shadow_zone *zone;
	unsigned int nid, type, order;

	*nr_free = 0;
	*nr_large = 0;
	for (nid = 0; nid < mm->nodes.nr_nodes; nid++) {
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
			zone = &mm->nodes.node[nid].zone[type];
			*nr_free += zone->nr_free;
			for (order = LARGE_ORDER; order < SHADOW_NR_ORDERS; order++)
				*nr_large += zone->free_area[order].nr_free << order;
		}
	}
}

static void *host_take(struct shadow_mm *mm, enum frag_mobility mobility,
		       unsigned int order)
{
	static const gfp_t gfp[FRAG_NR] = {
		[FRAG_UNMOVABLE] = BENCH_HOST_GFP,
		[FRAG_RECLAIMABLE] = BENCH_HOST_GFP | __GFP_RECLAIMABLE,
		[FRAG_MOVABLE] = BENCH_HOST_GFP | __GFP_MOVABLE,
	};

	return alloc_pages(gfp[mobility], order);
}

static void host_give(struct shadow_mm *mm, void *what, unsigned int order)
{
	__free_pages(what, order);
}

/* What draining the host took is free for whoever counts */
static u64 nr_drain_frames;

static void host_drain(struct shadow_mm *mm)
{
	if (!bench_drain_host(0))
		nr_drain_frames = BIT(SHADOW_HOST_MAX_ORDER);
}

static void host_undrain(void)
{
	nr_drain_frames = 0;
	bench_undrain_host();
}

static void shadow_undrain(void)
{
}

static void host_count(struct shadow_mm *mm, u64 *nr_free, u64 *nr_large)
{
	const struct zone *zone;
	unsigned int type, order;
	u64 frames;
	int nid;

	*nr_free = nr_drain_frames;
	*nr_large = nr_drain_frames;
	for_each_online_node(nid) {
		for (type = 0; type < MAX_NR_ZONES; type++) {
			zone = &NODE_DATA(nid)->node_zones[type];
			for (order = 0; order <= SHADOW_HOST_MAX_ORDER; order++) {
				frames = (u64)zone->free_area[order].nr_free << order;
				*nr_free += frames;
				if (order >= LARGE_ORDER)
					*nr_large += frames;
			}
		}
	}
}

/* What can be had: those on per-CPU lists too */
static u64 host_usable(struct shadow_mm *mm)
{
	const struct zone *zone;
	u64 nr_free, nr_large;
	unsigned int type;
	int nid, cpu;

	host_count(mm, &nr_free, &nr_large);
	for_each_online_node(nid) {
		for (type = 0; type < MAX_NR_ZONES; type++) {
			zone = &NODE_DATA(nid)->node_zones[type];
			for_each_online_cpu(cpu)
				nr_free += per_cpu_ptr(zone->per_cpu_pageset, cpu)->count;
		}
	}
	return nr_free;
}

static const struct frag_side shadow_side = {
	.alloc = shadow_take,
	.free = shadow_give,
	.count = shadow_count,
	.drain = bench_drain_shadow,
	.undrain = shadow_undrain,
};

static const struct frag_side host_side = {
	.alloc = host_take,
	.free = host_give,
	.count = host_count,
	.drain = host_drain,
	.undrain = host_undrain,
};

/* An index drawn from a list of percentages; the last has the rest */
static unsigned int draw(const u8 *percent, unsigned int nr, unsigned int random)
{
	unsigned int i;

	random %= 100;
	for (i = 0; i < nr - 1 && random >= percent[i]; i++)
		random -= percent[i];
	return i;
}

static unsigned int draw_kind(u64 random)
{
	const u8 weights[] = { kinds[0].weight, kinds[1].weight, kinds[2].weight };

	return draw(weights, NR_KINDS, random);
}

/* Frames that a kind shall hold now: the tide rises and falls evenly */
static u64 target(const struct frag *frag, unsigned int kind, unsigned int operation)
{
	u32 half = kinds[kind].tide / 2, at = operation % kinds[kind].tide;
	u64 height = at < half ? at : kinds[kind].tide - at;
	u64 percent = (u64)kinds[kind].low * half +
		      (kinds[kind].high - kinds[kind].low) * height;

	return div_u64(frag->nr_frames * percent, 100 * half);
}

static struct frag_block *entry(struct frag_pool *pool, unsigned int which)
{
	return &pool->block[(pool->first + which) % pool->max_nr];
}

/* A refused block is remembered as if it were there: the trace stays the same */
static void take(struct frag *frag, unsigned int kind, u64 random)
{
	struct frag_pool *pool = &frag->pool[kind];
	struct frag_block *block = entry(pool, pool->nr);

	block->mobility = draw(kinds[kind].mobility, FRAG_NR, random >> 8);
	block->order = draw(orders[block->mobility],
			    ARRAY_SIZE(orders[block->mobility]), random >> 24);
	block->what = frag->side->alloc(frag->mm, block->mobility, block->order);
	frag->nr_refused += !block->what;
	pool->nr++;
	pool->frames += BIT(block->order);
}

/* The oldest takes the place of the one that goes */
static void give(struct frag *frag, unsigned int kind, unsigned int which)
{
	struct frag_pool *pool = &frag->pool[kind];
	struct frag_block block = *entry(pool, which);

	*entry(pool, which) = *entry(pool, 0);
	pool->first = (pool->first + 1) % pool->max_nr;
	pool->nr--;
	pool->frames -= BIT(block.order);
	if (block.what)
		frag->side->free(frag->mm, block.what, block.order);
}

static void give_movable(struct frag *frag)
{
	unsigned int kind, which;

	for (kind = 0; kind < NR_KINDS; kind++)
		for (which = 0; which < frag->pool[kind].nr; which++)
			while (which < frag->pool[kind].nr &&
			       entry(&frag->pool[kind], which)->mobility == FRAG_MOVABLE)
				give(frag, kind, which);
}

static void step(struct frag *frag, unsigned int operation)
{
	unsigned int kind = draw_kind(bench_random(&frag->random) >> 32);
	u64 random = bench_random(&frag->random);
	struct frag_pool *pool = &frag->pool[kind];
	bool more = pool->frames < target(frag, kind, operation);

	/* One of four goes the other way: each kind has its comings and goings */
	if (random >> 62 == 0)
		more = !more;
	if (more || !pool->nr)
		take(frag, kind, random);
	else
		give(frag, kind, kinds[kind].oldest_first ? 0 :
				 (u32)(random >> 8) % pool->nr);
}

static void say_state(const struct frag *frag, const char *when)
{
	u64 live = 0, nr_free, nr_large;
	unsigned int kind;

	for (kind = 0; kind < NR_KINDS; kind++)
		live += frag->pool[kind].frames;
	frag->side->count(frag->mm, &nr_free, &nr_large);
	pr_info("FRAG machine=%s when=%s live=%llu free=%llu large=%llu refused=%u\n",
		frag->side == &host_side ? "host" : frag->mm->name, when, live,
		nr_free, nr_large, frag->nr_refused);
}

static void run_trace(struct frag *frag)
{
	unsigned int operation;
	char when[16];

	for (operation = 0; operation < NR_OPERATIONS; operation++) {
		if (operation % CHECK_EVERY == 0) {
			snprintf(when, sizeof(when), "%u", operation);
			say_state(frag, when);
		}
		step(frag, operation);
		if (operation % FRAG_REST == 0)
			cond_resched();
	}
	say_state(frag, "end");
	give_movable(frag);
	frag->side->drain(frag->mm);
	say_state(frag, "unmovable");
	frag->side->undrain();
}

static int run(struct shadow_mm *mm, const struct frag_side *side, u64 nr_frames)
{
	struct frag frag = {
		.mm = mm,
		.side = side,
		.random = bench_seed,
		.nr_frames = nr_frames,
	};
	unsigned int kind;
	int err = 0;

	for (kind = 0; kind < NR_KINDS && !err; kind++) {
		frag.pool[kind].max_nr = nr_frames;
		frag.pool[kind].block = vcalloc(nr_frames, sizeof(struct frag_block));
		if (!frag.pool[kind].block)
			err = -ENOMEM;
	}
	/* The pools themselves are in the host's memory */
	if (side == &host_side)
		frag.nr_frames = host_usable(mm);
	pr_info("FRAG seed=%#lx frames=%llu\n", bench_seed, frag.nr_frames);
	if (!err)
		run_trace(&frag);
	for (kind = 0; kind < NR_KINDS; kind++) {
		while (frag.pool[kind].nr)
			give(&frag, kind, 0);
		vfree(frag.pool[kind].block);
	}
	return err;
}

/* Frames that are too many, in blocks as large as possible */
static unsigned int hold(struct shadow_mm *mm, u64 nr_frames,
			 struct frag_block *held)
{
	unsigned int nr = 0, order = mm->nodes.max_order;

	while (nr_frames && nr < MAX_BALLAST) {
		while (BIT(order) > nr_frames)
			order--;
		held[nr].order = order;
		held[nr].what = shadow_take(mm, FRAG_MOVABLE, order);
		if (!held[nr].what)
			break;
		nr_frames -= BIT(order);
		nr++;
	}
	return nr;
}

/**
 * bench_frag_host() - the trace on the host, with all that it has free
 * @mm: the machine, not touched
 *
 * Return: 0, or -ENOMEM.
 */
int bench_frag_host(struct shadow_mm *mm)
{
	return run(mm, &host_side, host_usable(mm));
}

/**
 * bench_frag_shadow() - the trace on the machine
 * @mm: the machine; what it has free beyond bench_frames is held meanwhile
 *
 * Return: 0; -ENOMEM; -EINVAL where it has too little free.
 */
int bench_frag_shadow(struct shadow_mm *mm)
{
	struct frag_block *held;
	unsigned int nr;
	u64 nr_free;
	int err;

	bench_drain_shadow(mm);
	nr_free = shadow_nodes_free(&mm->nodes);
	if (nr_free < bench_frames) {
		pr_err("frag: machine '%s' has %llu frames free, the trace is for %lu\n",
		       mm->name, nr_free, bench_frames);
		return -EINVAL;
	}
	held = vcalloc(MAX_BALLAST, sizeof(*held));
	if (!held)
		return -ENOMEM;
	nr = hold(mm, nr_free - bench_frames, held);
	/* Small ones came by way of a list, which took more than was asked for */
	bench_drain_shadow(mm);
	err = run(mm, &shadow_side, bench_frames);
	while (nr--)
		shadow_give(mm, held[nr].what, held[nr].order);
	vfree(held);
	return err;
}
