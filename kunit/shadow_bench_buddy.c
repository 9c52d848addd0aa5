// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_buddy - rows about the buddy itself, in a zone arranged so that
 * it is known how often a call splits and merges.
 *
 * For levels = 3:
 *
 *	held: every free block of order 0, 1, 2 and 3
 *	then two neighbours of order 3:	[A . . . . . . .][B . . . . . . .]
 *	B stays held, A is given back: it cannot grow, and it is the only block
 *	below order 4. One frame is taken out of A by 3 splits; giving it back
 *	takes 3 merges.
 */
#include <linux/slab.h>

#include "shadow_bench.h"

#define STAGE_MT	SHADOW_MIGRATE_MOVABLE

static const struct bench_side buddy_side = {
	.alloc = bench_buddy_alloc,
	.free = bench_buddy_free,
};

/* The zone with the most free frames */
static struct shadow_zone *largest_zone(struct shadow_mm *mm)
{
	struct shadow_zone *zone, *best = NULL;
	unsigned int nid, type;

	for (nid = 0; nid < mm->nodes.nr_nodes; nid++) {
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
			zone = &mm->nodes.node[nid].zone[type];
			if (!best || zone->nr_free > best->nr_free)
				best = zone;
		}
	}
	return best;
}

static struct shadow_page *hold_block(struct bench_stage *stage,
				      unsigned int order)
{
	struct bench bench = { .zone = stage->zone, .order = order };
	struct shadow_page *page;

	if (stage->nr_held == ARRAY_SIZE(stage->held))
		return NULL;
	page = bench_buddy_alloc(&bench);
	if (page)
		stage->held[stage->nr_held++] = page;
	return page;
}

/* Until there is no block of this order or a smaller one */
static int hold_small(struct bench_stage *stage, unsigned int order)
{
	u32 small;

	while ((small = stage->zone->orders[STAGE_MT] & GENMASK(order, 0)))
		if (!hold_block(stage, __ffs(small)))
			return -ENOSPC;
	return 0;
}

/* One block of this order, the only one below the next, that cannot grow */
static int place_block(struct bench_stage *stage, unsigned int order)
{
	struct bench bench = { .zone = stage->zone, .order = order };
	struct shadow_page *first, *second;

	first = hold_block(stage, order);
	second = hold_block(stage, order);
	if (!first || !second || second - first != BIT(order))
		return -ENOSPC;
	stage->held[stage->nr_held - 2] = second;
	stage->nr_held--;
	return bench_buddy_free(&bench, first);
}

/**
 * bench_stage_set() - arrange a zone for calls of a known number of levels
 * @mm: the machine; nobody else allocates from it meanwhile
 * @order: of the block that a frame will be split from
 *
 * Return: the stage, for bench_stage_strike(), or ERR_PTR: -ENOMEM; -ENOSPC
 * where the zone is too fragmented to be arranged.
 */
struct bench_stage *bench_stage_set(struct shadow_mm *mm, unsigned int order)
{
	struct bench_stage *stage = kzalloc(sizeof(*stage), GFP_KERNEL);
	int err;

	if (!stage)
		return ERR_PTR(-ENOMEM);
	stage->zone = largest_zone(mm);
	if (order < mm->nodes.max_order)
		err = hold_small(stage, order) ? : place_block(stage, order);
	else
		err = hold_small(stage, order - 1);
	/* What the rows claim rests on this */
	if (!err && __ffs(stage->zone->orders[STAGE_MT]) != order)
		err = -ENOSPC;
	if (!err)
		return stage;
	bench_stage_strike(stage);
	return ERR_PTR(err);
}

/**
 * bench_stage_strike() - give back what was held
 * @stage: of bench_stage_set()
 */
void bench_stage_strike(struct bench_stage *stage)
{
	struct bench bench = { .zone = stage->zone };

	while (stage->nr_held) {
		stage->nr_held--;
		bench.order = shadow_page_order(stage->held[stage->nr_held]);
		bench_buddy_free(&bench, stage->held[stage->nr_held]);
	}
	kfree(stage);
}

/* One frame from a block of @levels above it */
static int measure_levels(struct shadow_mm *mm, unsigned int levels,
			  struct bench_halves *halves, s64 *pair)
{
	struct bench_stage *stage = bench_stage_set(mm, levels);
	struct bench bench = { .mm = mm };
	int err;

	if (IS_ERR(stage)) {
		halves->alloc = PTR_ERR(stage);
		halves->free = PTR_ERR(stage);
		*pair = PTR_ERR(stage);
		return PTR_ERR(stage);
	}
	bench.zone = stage->zone;
	err = bench_apart(&bench, &buddy_side, halves);
	*pair = bench_pair(&bench, &buddy_side);
	bench_stage_strike(stage);
	return err;
}

#define MANY_LEVELS	8

/**
 * bench_buddy_rows() - the buddy without lists and watermarks around it
 * @mm: the machine
 *
 * What a level costs is the difference between 8 of them and none.
 *
 * Return: 0, or -errno where a zone could not be arranged.
 */
int bench_buddy_rows(struct shadow_mm *mm)
{
	struct bench_halves none, many;
	s64 pair, pair_many;
	int err;

	err = measure_levels(mm, 0, &none, &pair) ? :
	      measure_levels(mm, MANY_LEVELS, &many, &pair_many);
	if (err)
		return err;
	bench_say_alone("buddy_order0", pair * 100);
	bench_say_alone("buddy_split", div_s64(many.alloc - none.alloc, MANY_LEVELS));
	bench_say_alone("buddy_merge", div_s64(many.free - none.free, MANY_LEVELS));
	return 0;
}
