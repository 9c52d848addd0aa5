// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_mmu_sample - which of a machine's addresses the CPU is asked about.
 */
#include <linux/prandom.h>
#include <linux/sort.h>

#include "shadow_block.h"
#include "shadow_compat.h"
#include "shadow_mmu.h"
#include "shadow_mmu_panel.h"
#include "shadow_pool.h"
#include "shadow_regs.h"
#include "shadow_walk.h"

/* Levels -1 to 3. */
#define NR_LEVELS	SHADOW_MAX_LEVELS

struct hole {
	u64 va;
	u8 shift;
};

/**
 * struct picks - numbers chosen at random, ascending
 * @at: the numbers, counting those that may be chosen
 * @nr: how many were chosen
 * @next: the next of them
 * @met: how many that may be chosen were met so far
 */
struct picks {
	u64 *at;
	unsigned int nr;
	unsigned int next;
	u64 met;
};

/**
 * struct sampler - what is known of the tables after looking at all of them
 * @panel: where samples go
 * @rnd: the seeded sequence
 * @page_shift: log2 of the granule
 * @mapped: which of the mapped pages are checked
 * @loads: which of those that can be loaded are
 * @run_end: first address after the run of equal mappings being passed
 * @run_attrs: the attributes of that run
 * @in_run: there is one
 * @hole: per level (plus one) a random choice among the holes there
 * @nr_holes: per level (plus one), how many holes were met
 * @max_holes: room in each @hole
 */
struct sampler {
	struct shadow_mmu_panel *panel;
	struct rnd_state rnd;
	unsigned int page_shift;
	struct picks mapped;
	struct picks loads;
	u64 run_end;
	u64 run_attrs;
	bool in_run;
	struct hole *hole[NR_LEVELS];
	u64 nr_holes[NR_LEVELS];
	unsigned int max_holes;
};

static bool is_leaf(const struct shadow_walk_entry *entry)
{
	return entry->kind == SHADOW_DESC_KIND_BLOCK ||
	       entry->kind == SHADOW_DESC_KIND_PAGE;
}

/* Reservoir sampling: each hole of a level is kept with the same chance. */
static void remember_hole(struct sampler *sampler,
			  const struct shadow_walk_entry *entry)
{
	unsigned int level = entry->level + 1;
	u64 at = sampler->nr_holes[level]++;

	if (at >= sampler->max_holes)
		at = shadow_mmu_random_below(&sampler->rnd, at + 1);
	if (at < sampler->max_holes) {
		sampler->hole[level][at].va = entry->va;
		sampler->hole[level][at].shift = entry->shift;
	}
}

/* Can all of a leaf be loaded? A leaf that leads out of the block never is. */
static bool is_loadable(const struct sampler *sampler,
			const struct shadow_walk_entry *entry)
{
	const struct shadow_mmu_panel *panel = sampler->panel;
	u64 attrs = entry->desc & panel->walker.geo.attr_mask;
	unsigned int attr = shadow_regs_attr(&panel->regs, attrs);

	return panel->block &&
	       shadow_mmu_load_kind(attrs, entry->limits, attr) !=
	       SHADOW_MMU_NR_KINDS &&
	       shadow_block_has(panel->block, entry->pa, 1ULL << entry->shift);
}

/* First pass: how many pages there are, and some holes. */
static int survey(void *priv, const struct shadow_walk_entry *entry)
{
	struct sampler *sampler = priv;
	u64 nr_here = 1ULL << (entry->shift - sampler->page_shift);

	if (!is_leaf(entry)) {
		remember_hole(sampler, entry);
		return 0;
	}
	sampler->mapped.met += nr_here;
	if (is_loadable(sampler, entry))
		sampler->loads.met += nr_here;
	return 0;
}

/* A place in the next picked page of a leaf; false: there is none left */
static bool next_pick(struct sampler *sampler, struct picks *picks,
		      const struct shadow_walk_entry *entry, u64 *va)
{
	u64 nr_here = 1ULL << (entry->shift - sampler->page_shift);

	if (picks->next == picks->nr ||
	    picks->at[picks->next] >= picks->met + nr_here) {
		picks->met += nr_here;
		return false;
	}
	*va = entry->va +
	      ((picks->at[picks->next++] - picks->met) << sampler->page_shift);
	*va += shadow_mmu_random_below(&sampler->rnd, 1ULL << sampler->page_shift);
	return true;
}

static void end_run(struct sampler *sampler)
{
	if (sampler->in_run)
		shadow_mmu_submit(sampler->panel, sampler->run_end - 1);
	sampler->in_run = false;
}

/* Second pass: the ends of each run of equal mappings, and what was picked. */
static int select_pages(void *priv, const struct shadow_walk_entry *entry)
{
	struct sampler *sampler = priv;
	u64 attrs = entry->desc & sampler->panel->walker.geo.attr_mask;
	u64 va;

	if (!is_leaf(entry)) {
		end_run(sampler);
		return 0;
	}
	if (sampler->in_run && sampler->run_attrs != attrs)
		end_run(sampler);
	if (!sampler->in_run)
		shadow_mmu_submit(sampler->panel, entry->va);
	sampler->in_run = true;
	sampler->run_attrs = attrs;
	sampler->run_end = entry->va + (1ULL << entry->shift);

	while (next_pick(sampler, &sampler->mapped, entry, &va))
		shadow_mmu_submit(sampler->panel, va);
	if (is_loadable(sampler, entry))
		while (next_pick(sampler, &sampler->loads, entry, &va))
			shadow_mmu_submit_load(sampler->panel, va);
	return 0;
}

/* Holes of every level in turn: a fault must name the level, too. */
static void submit_holes(struct sampler *sampler, unsigned int nr)
{
	unsigned int level = 0, empty = 0;
	const struct hole *hole;
	u64 kept, va;

	while (nr && empty < NR_LEVELS) {
		kept = min_t(u64, sampler->nr_holes[level], sampler->max_holes);
		if (kept) {
			hole = sampler->hole[level];
			hole += shadow_mmu_random_below(&sampler->rnd, kept);
			va = hole->va +
			     shadow_mmu_random_below(&sampler->rnd,
						     1ULL << hole->shift);
			shadow_mmu_submit(sampler->panel, va);
			nr--;
			empty = 0;
		} else {
			empty++;
		}
		level = (level + 1) % NR_LEVELS;
	}
}

static int compare_u64(const void *a, const void *b)
{
	u64 left = *(const u64 *)a, right = *(const u64 *)b;

	return left < right ? -1 : left > right;
}

static void pick_pages(struct sampler *sampler, struct picks *picks,
		       unsigned int nr)
{
	unsigned int i;

	picks->nr = picks->met ? nr : 0;
	for (i = 0; i < picks->nr; i++)
		picks->at[i] = shadow_mmu_random_below(&sampler->rnd, picks->met);
	sort(picks->at, picks->nr, sizeof(u64), compare_u64, NULL);
	picks->met = 0;
}

static void free_sampler(struct sampler *sampler)
{
	int level;

	for (level = 0; level < NR_LEVELS; level++)
		shadow_pool_free(sampler->hole[level]);
	shadow_pool_free(sampler->mapped.at);
	shadow_pool_free(sampler->loads.at);
	shadow_mmu_panel_destroy(sampler->panel);
	shadow_pool_free(sampler);
}

static struct sampler *new_sampler(const struct shadow_walker *walker,
				   const struct shadow_mmu_ask *ask,
				   struct shadow_mmu_result *result)
{
	struct sampler *sampler = shadow_pool_zalloc(sizeof(*sampler));
	bool complete;
	int level;

	if (!sampler)
		return NULL;
	sampler->max_holes = ask->unmapped;
	sampler->panel = shadow_mmu_panel_create(walker, ask->block, result);
	sampler->mapped.at = shadow_pool_zalloc(sizeof(u64) *
						max(ask->mapped, 1U));
	sampler->loads.at = shadow_pool_zalloc(sizeof(u64) * max(ask->loads, 1U));
	complete = sampler->panel && sampler->mapped.at && sampler->loads.at;
	for (level = 0; level < NR_LEVELS; level++) {
		sampler->hole[level] = shadow_pool_zalloc(sizeof(struct hole) *
							  max(ask->unmapped, 1U));
		complete &= !!sampler->hole[level];
	}
	if (complete)
		return sampler;
	free_sampler(sampler);
	return NULL;
}

static int sample(struct sampler *sampler, const struct shadow_mmu_ask *ask)
{
	const struct shadow_walker *walker = &sampler->panel->walker;
	u64 first = shadow_geometry_first(&walker->geo, walker->upper);
	u64 last = shadow_geometry_last(&walker->geo, walker->upper);
	int err;

	err = shadow_walk_for_each(walker, first, last, survey, sampler);
	if (err)
		return err;
	pick_pages(sampler, &sampler->mapped, ask->mapped);
	pick_pages(sampler, &sampler->loads, ask->loads);
	err = shadow_walk_for_each(walker, first, last, select_pages, sampler);
	end_run(sampler);
	submit_holes(sampler, ask->unmapped);
	shadow_mmu_settle(sampler->panel);
	return err;
}

/**
 * shadow_mmu_check() - compare walker and CPU all over one half
 * @walker: the walker of one half of a machine
 * @ask: how much
 * @result: the outcome is added to what it holds; zeroed before the first call
 *
 * On top of what is asked for, the first and the last byte of every run of
 * pages that are mapped next to one another with the same attributes.
 *
 * Context: may sleep. The tables do not change and stay allocated meanwhile;
 * frames may be written.
 * Return: 0, also when the CPU cannot be asked: then nothing was checked and
 *	@result->reason says why; -ELOOP where the tables are too many for the
 *	walker's bound, -ENOMEM. Whether they agreed is in @result.
 */
int shadow_mmu_check(const struct shadow_walker *walker,
		     const struct shadow_mmu_ask *ask,
		     struct shadow_mmu_result *result)
{
	struct sampler *sampler;
	int err;

	if (!shadow_mmu_can_check(walker, result->reason,
				  sizeof(result->reason)))
		return 0;
	sampler = new_sampler(walker, ask, result);
	if (!sampler)
		return -ENOMEM;
	prandom_seed_state(&sampler->rnd, ask->seed);
	sampler->page_shift = walker->geo.page_shift;
	err = sample(sampler, ask);
	free_sampler(sampler);
	return err;
}
