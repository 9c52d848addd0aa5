// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_pages - rows about page frames, as any user asks for them.
 */
#include <linux/string.h>

#include "shadow_bench.h"
#include "shadow_page_call.h"

#define MAX_RUN		4096

/* How often a run is repeated: so many pairs in all, at least */
#define RUN_PAIRS	40960

/* Of the run that is under way; rows are measured one after the other */
static void *blocks[MAX_RUN];

/* @nr in a row, then all back, the first first: lists run dry and run over */
static __always_inline int one_run(const struct bench *bench,
				   const struct bench_side *side,
				   unsigned int nr)
{
	unsigned int got, i;
	int err = 0;

	for (got = 0; got < nr; got++) {
		blocks[got] = side->alloc(bench);
		if (!blocks[got])
			break;
	}
	for (i = 0; i < got; i++)
		err = side->free(bench, blocks[i]) ? : err;
	return got < nr ? -ENOMEM : err;
}

static __always_inline s64 runs(const struct bench *bench,
				const struct bench_side *side, unsigned int nr)
{
	unsigned int i, repeat = RUN_PAIRS / nr;
	struct bench_counter counter;
	u64 count = 0, start;
	int err;

	bench_begin(&counter);
	err = one_run(bench, side, nr);
	if (!err) {
		start = bench_count();
		for (i = 0; i < repeat && !err; i++)
			err = one_run(bench, side, nr);
		count = bench_since(start);
	}
	bench_end(&counter);
	return err ? err : (s64)div_u64(count + RUN_PAIRS / 2, RUN_PAIRS);
}

#define COLD_RUNS	8	/* at most BENCH_DRAINS */

/* Instructions of a run that begins with empty lists */
static __always_inline s64 cold_run(const struct bench *bench,
				    const struct bench_side *side,
				    unsigned int nr)
{
	struct bench_counter counter;
	u64 count, start;
	int err;

	bench_begin(&counter);
	start = bench_count();
	err = one_run(bench, side, nr);
	count = bench_since(start);
	bench_end(&counter);
	return err ? err : (s64)count;
}

static s64 cold_shadow(const struct bench *bench, unsigned int nr)
{
	s64 sum = 0, count;
	unsigned int i;

	for (i = 0; i < COLD_RUNS; i++) {
		bench_drain_shadow(bench->mm);
		count = cold_run(bench, &bench_shadow_pages, nr);
		if (count < 0)
			return count;
		sum += count;
	}
	return div_u64(sum, COLD_RUNS * nr);
}

static s64 cold_host(const struct bench *bench, unsigned int nr)
{
	s64 sum = 0, count;
	unsigned int i;

	for (i = 0; i < COLD_RUNS; i++) {
		count = bench_drain_host(i);
		if (!count)
			count = cold_run(bench, &bench_host_pages, nr);
		if (count < 0) {
			sum = count;
			break;
		}
		sum += count;
	}
	bench_undrain_host();
	return sum < 0 ? sum : (s64)div_u64(sum, COLD_RUNS * nr);
}

/* The lists are empty at the start and take what they can at the end */
static void cold_row(struct shadow_mm *mm, const char *row, unsigned int nr)
{
	struct bench bench = { .mm = mm };

	bench_say(row, cold_shadow(&bench, nr), cold_host(&bench, nr));
}

static void pair_row(struct shadow_mm *mm, const char *row, unsigned int order)
{
	struct bench bench = { .mm = mm, .order = order };

	bench_say(row, bench_pair(&bench, &bench_shadow_pages),
		  bench_pair(&bench, &bench_host_pages));
}

static void run_row(struct shadow_mm *mm, const char *row, unsigned int nr)
{
	struct bench bench = { .mm = mm };

	bench_say(row, runs(&bench, &bench_shadow_pages, nr),
		  runs(&bench, &bench_host_pages, nr));
}

typedef unsigned int (*bulk_call)(const struct bench *bench, unsigned int nr);

static unsigned int shadow_bulk(const struct bench *bench, unsigned int nr)
{
	return shadow_alloc_pages_bulk(&bench->mm->nodes, SHADOW_GFP_KERNEL, nr,
				       (struct shadow_page **)blocks);
}

static unsigned int host_bulk(const struct bench *bench, unsigned int nr)
{
	return alloc_pages_bulk_array(BENCH_HOST_GFP, nr, (struct page **)blocks);
}

/* One call for all, then each back by itself */
static __always_inline int one_bulk(const struct bench *bench, bulk_call bulk,
				    const struct bench_side *side, unsigned int nr)
{
	unsigned int got = bulk(bench, nr), i;
	int err = 0;

	for (i = 0; i < got; i++) {
		err = side->free(bench, blocks[i]) ? : err;
		blocks[i] = NULL;
	}
	return got < nr ? -ENOMEM : err;
}

static __always_inline s64 bulks(const struct bench *bench, bulk_call bulk,
				 const struct bench_side *side, unsigned int nr)
{
	unsigned int i, repeat = RUN_PAIRS / nr;
	struct bench_counter counter;
	u64 count = 0, start;
	int err;

	memset(blocks, 0, sizeof(blocks));
	bench_begin(&counter);
	err = one_bulk(bench, bulk, side, nr);
	if (!err) {
		start = bench_count();
		for (i = 0; i < repeat && !err; i++)
			err = one_bulk(bench, bulk, side, nr);
		count = bench_since(start);
	}
	bench_end(&counter);
	return err ? err : (s64)div_u64(count + RUN_PAIRS / 2, RUN_PAIRS);
}

/**
 * bench_page_array_cost() - single frames into an array and back, the shadow's
 * @mm: the machine
 *
 * Return: instructions of a frame, or -errno.
 */
s64 bench_page_array_cost(struct shadow_mm *mm)
{
	struct bench bench = { .mm = mm };

	return bulks(&bench, shadow_bulk, &bench_shadow_pages, 32);
}

/* alloc_pages_bulk_array(), and ours */
static void bulk_row(struct shadow_mm *mm, const char *row, unsigned int nr)
{
	struct bench bench = { .mm = mm };

	bench_say(row, bulks(&bench, shadow_bulk, &bench_shadow_pages, nr),
		  bulks(&bench, host_bulk, &bench_host_pages, nr));
}

static void apart_rows(struct shadow_mm *mm, const char *alloc_row,
		       const char *free_row, unsigned int order)
{
	struct bench bench = { .mm = mm, .order = order };
	struct bench_halves shadow, host;

	bench_apart(&bench, &bench_shadow_pages, &shadow);
	bench_apart(&bench, &bench_host_pages, &host);
	bench_say_hundredths(alloc_row, shadow.alloc, host.alloc);
	bench_say_hundredths(free_row, shadow.free, host.free);
}

/**
 * bench_page_rows() - frames by order, and many of them in a row
 * @mm: the machine
 *
 * Return: 0; a row that failed says so itself.
 */
int bench_page_rows(struct shadow_mm *mm)
{
	pair_row(mm, "page_order0", 0);
	apart_rows(mm, "page_order0_alloc", "page_order0_free", 0);
	run_row(mm, "page_bulk32", 32);
	cold_row(mm, "page_bulk4096", 4096);
	run_row(mm, "page_bulk4096_again", 4096);
	bulk_row(mm, "page_array32", 32);
	pair_row(mm, "page_order3", 3);
	pair_row(mm, "page_order4", 4);
	pair_row(mm, "page_order9", 9);
	apart_rows(mm, "page_order9_alloc", "page_order9_free", 9);
	return 0;
}
