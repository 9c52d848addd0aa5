// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_mixed - a million calls of mixed sizes, each measured by itself.
 *
 * Both sides get the same calls: what is allocated and freed follows from the
 * seed and from what was asked for before, never from what was granted.
 */
#define pr_fmt(fmt) "shadow_bench: " fmt

#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "shadow_bench.h"

#define NR_OPERATIONS	1000000
#define NR_MIXED_ORDERS	10
#define MAX_LIVE	65536
/* Calls that cost more fall into the last column; the worst is kept apart */
#define MAX_COST	65536
#define MAX_BALLAST	4096
#define MIXED_WARM_UP	1000

struct mixed_block {
	void *what;
	unsigned int order;
};

/**
 * struct mixed - one side's run
 * @bench: what it runs on
 * @random: state of the generator
 * @target: frames in use, half of those that were free
 * @live: frames asked for and not given back
 * @nr_blocks: entries of @block in use
 * @nr_refused: allocations that were not granted
 * @total: instructions of all calls
 * @worst: of the most expensive one
 * @cost: calls by instructions
 * @block: what is in use
 */
struct mixed {
	struct bench bench;
	u64 random;
	u64 target;
	u64 live;
	unsigned int nr_blocks;
	unsigned int nr_refused;
	u64 total;
	u64 worst;
	u32 cost[MAX_COST];
	struct mixed_block block[MAX_LIVE];
};

static void note(struct mixed *mixed, u64 cost)
{
	mixed->total += cost;
	mixed->worst = max(mixed->worst, cost);
	mixed->cost[min_t(u64, cost, MAX_COST - 1)]++;
}

/* Order n half as often as n - 1: each order has as many frames in use */
static __always_inline int take(struct mixed *mixed, const struct bench_side *side,
				u64 random, u64 idle)
{
	struct mixed_block *block = &mixed->block[mixed->nr_blocks];
	u64 start;

	if (mixed->nr_blocks == MAX_LIVE)
		return -ENOSPC;
	mixed->bench.order = __ffs(random | BIT(NR_MIXED_ORDERS - 1));
	block->order = mixed->bench.order;
	start = bench_count();
	block->what = side->alloc(&mixed->bench);
	note(mixed, bench_since(start) - idle);
	mixed->nr_refused += !block->what;
	mixed->nr_blocks++;
	mixed->live += BIT(block->order);
	return 0;
}

static __always_inline int give(struct mixed *mixed, const struct bench_side *side,
				u64 random, u64 idle)
{
	struct mixed_block *block = &mixed->block[(u32)random % mixed->nr_blocks];
	void *what = block->what;
	int err = 0;
	u64 start;

	mixed->bench.order = block->order;
	mixed->live -= BIT(block->order);
	*block = mixed->block[--mixed->nr_blocks];
	if (!what)
		return 0;
	start = bench_count();
	err = side->free(&mixed->bench, what);
	note(mixed, bench_since(start) - idle);
	return err;
}

/* Around half of the memory in use, from nothing at first */
static __always_inline int step(struct mixed *mixed, const struct bench_side *side,
				u64 idle)
{
	u64 random = bench_random(&mixed->random);
	bool more = mixed->live < mixed->target;

	/* Three times of four towards the target, so that it is crossed often */
	if (random >> 62 == 0)
		more = !more;
	if (more || !mixed->nr_blocks)
		return take(mixed, side, random, idle);
	return give(mixed, side, random, idle);
}

static void forget_costs(struct mixed *mixed)
{
	mixed->total = 0;
	mixed->worst = 0;
	memset(mixed->cost, 0, sizeof(mixed->cost));
}

static __always_inline int run(struct mixed *mixed, const struct bench_side *side)
{
	struct bench_counter counter;
	unsigned int i;
	int err = 0;

	bench_begin(&counter);
	while (mixed->live < mixed->target && !err)
		err = step(mixed, side, counter.idle);
	for (i = 0; i < MIXED_WARM_UP && !err; i++)
		err = step(mixed, side, counter.idle);
	forget_costs(mixed);
	mixed->nr_refused = 0;
	for (i = 0; i < NR_OPERATIONS && !err; i++)
		err = step(mixed, side, counter.idle);
	while (mixed->nr_blocks) {
		struct mixed_block *block = &mixed->block[--mixed->nr_blocks];

		mixed->bench.order = block->order;
		if (block->what)
			err = side->free(&mixed->bench, block->what) ? : err;
	}
	bench_end(&counter);
	return err;
}

static noinline int run_shadow(struct mixed *mixed)
{
	return run(mixed, &bench_shadow_pages);
}

static noinline int run_host(struct mixed *mixed)
{
	return run(mixed, &bench_host_pages);
}

static struct mixed *new_run(struct shadow_mm *mm, u64 nr_free)
{
	struct mixed *mixed = vzalloc(sizeof(*mixed));

	if (!mixed)
		return NULL;
	mixed->bench.mm = mm;
	mixed->random = bench_seed;
	mixed->target = nr_free / 2;
	return mixed;
}

/* Cost that a share of all calls (in thousandths) does not exceed */
static u64 percentile(const struct mixed *mixed, unsigned int permille)
{
	u64 nr = 0, limit;
	unsigned int i;

	for (i = 0; i < MAX_COST; i++)
		nr += mixed->cost[i];
	limit = div_u64(nr * permille, 1000);
	for (nr = 0, i = 0; i < MAX_COST - 1; i++) {
		nr += mixed->cost[i];
		if (nr >= limit)
			break;
	}
	return i;
}

static u64 nr_calls(const struct mixed *mixed)
{
	u64 nr = 0;
	unsigned int i;

	for (i = 0; i < MAX_COST; i++)
		nr += mixed->cost[i];
	return nr ? : 1;
}

static void say_runs(const struct mixed *shadow, const struct mixed *host)
{
	pr_info("mixed: seed %#lx, %u frames in use, refused: shadow %u, host %u\n",
		bench_seed, (u32)shadow->target, shadow->nr_refused, host->nr_refused);
	bench_say("mixed", div64_u64(shadow->total, nr_calls(shadow)),
		  div64_u64(host->total, nr_calls(host)));
	bench_say("mixed_p50", percentile(shadow, 500), percentile(host, 500));
	bench_say("mixed_p99", percentile(shadow, 990), percentile(host, 990));
	bench_say("mixed_p99.9", percentile(shadow, 999), percentile(host, 999));
	bench_say("mixed_worst", shadow->worst, host->worst);
}

static u64 host_free(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	return info.freeram;
}

/*
 * The host has as many frames free as the shadow: what is more is taken away
 * in blocks as large as there are.
 */
static struct page **take_ballast(u64 nr_free, unsigned int *nr)
{
	struct page **ballast = vcalloc(MAX_BALLAST, sizeof(*ballast));
	unsigned int order = SHADOW_HOST_MAX_ORDER;

	*nr = 0;
	while (ballast && *nr < MAX_BALLAST && host_free() > nr_free) {
		while (order && host_free() < nr_free + BIT(order))
			order--;
		ballast[*nr] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
		if (ballast[*nr])
			set_page_private(ballast[(*nr)++], order);
		else if (order)
			order--;
		else
			break;
	}
	return ballast;
}

static void drop_ballast(struct page **ballast, unsigned int nr)
{
	unsigned int order;

	while (nr--) {
		order = page_private(ballast[nr]);
		set_page_private(ballast[nr], 0);
		__free_pages(ballast[nr], order);
	}
	vfree(ballast);
}

/**
 * bench_mixed_rows() - mixed sizes at half of the memory in use
 * @mm: the machine
 *
 * Return: 0; -ENOMEM; an errno of a call that failed.
 */
int bench_mixed_rows(struct shadow_mm *mm)
{
	u64 nr_free = shadow_nodes_free(&mm->nodes);
	struct mixed *shadow = new_run(mm, nr_free);
	struct mixed *host = new_run(mm, nr_free);
	struct page **ballast;
	unsigned int nr;
	int err = -ENOMEM;

	if (!shadow || !host)
		goto free_runs;
	ballast = take_ballast(nr_free, &nr);
	if (!ballast)
		goto free_runs;
	err = run_shadow(shadow) ? : run_host(host);
	drop_ballast(ballast, nr);
	if (!err)
		say_runs(shadow, host);
free_runs:
	vfree(shadow);
	vfree(host);
	return err;
}
