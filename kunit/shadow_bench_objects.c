// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_objects - rows about objects of a cache and kmalloc. Of a
 * machine with another engine than "slub", they begin with the engine's name.
 *
 * The host's caches are never merged with others, so that they are as empty as
 * ours, and nothing in them is charged to anybody.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "shadow_bench.h"

#define BULK		64
#define BULKS		200
#define SHUFFLED	1000
#define SHUFFLES	40
#define ROW_BYTES	40

/* Of the run that is under way; rows are measured one after the other */
static void *objects[SHUFFLED];
static u16 sequence[SHUFFLED];

/* Read anew each time, so that no side knows it beforehand */
static size_t some_bytes;

/* ---------------------------------------------------------- the two sides */

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

static void *shadow_take_some(const struct bench *bench)
{
	return shadow_kmalloc(&bench->mm->slab, READ_ONCE(some_bytes), 0);
}

static int shadow_give_some(const struct bench *bench, void *what)
{
	return shadow_kfree(&bench->mm->slab, what);
}

static void *host_take_some(const struct bench *bench)
{
	return kmalloc(READ_ONCE(some_bytes), BENCH_HOST_GFP);
}

static int host_give_some(const struct bench *bench, void *what)
{
	kfree(what);
	return 0;
}

static const struct bench_side shadow_some = {
	.alloc = shadow_take_some,
	.free = shadow_give_some,
};

static const struct bench_side host_some = {
	.alloc = host_take_some,
	.free = host_give_some,
};

/* ------------------------------------------------------------------ bulks */

typedef int (*bulk_call)(const struct bench *bench);

static int shadow_bulk(const struct bench *bench)
{
	struct shadow_kmem_cache *cache = bench->shadow_cache;

	if (shadow_kmem_cache_alloc_bulk(cache, 0, BULK, objects) != BULK)
		return -ENOMEM;
	return shadow_kmem_cache_free_bulk(cache, BULK, objects) == BULK ? 0 :
								      -EINVAL;
}

static int host_bulk(const struct bench *bench)
{
	if (kmem_cache_alloc_bulk(bench->host_cache, BENCH_HOST_GFP, BULK,
				  objects) != BULK)
		return -ENOMEM;
	kmem_cache_free_bulk(bench->host_cache, BULK, objects);
	return 0;
}

/* Instructions of an object's part in the two calls, in hundredths */
static __always_inline s64 bulks(const struct bench *bench, bulk_call bulk)
{
	struct bench_counter counter;
	u64 count = 0, start;
	unsigned int i;
	int err;

	bench_begin(&counter);
	err = bulk(bench);
	if (!err) {
		start = bench_count();
		for (i = 0; i < BULKS && !err; i++)
			err = bulk(bench);
		count = bench_since(start);
	}
	bench_end(&counter);
	return err ? err : (s64)div_u64(count * 100, BULKS * BULK);
}

/* ------------------------------------------------------ in random order */

static void shuffle(u64 *random)
{
	unsigned int i, other;

	for (i = 0; i < SHUFFLED; i++)
		sequence[i] = i;
	for (i = SHUFFLED - 1; i; i--) {
		other = (u32)bench_random(random) % (i + 1);
		swap(sequence[i], sequence[other]);
	}
}

/* All, then all back in the sequence that shuffle() has made */
static __always_inline int one_shuffle(const struct bench *bench,
				       const struct bench_side *side)
{
	unsigned int got, i;
	int err = 0;

	for (got = 0; got < SHUFFLED; got++) {
		objects[got] = side->alloc(bench);
		if (!objects[got])
			break;
	}
	for (i = 0; i < SHUFFLED; i++) {
		if (sequence[i] < got)
			err = side->free(bench, objects[sequence[i]]) ? : err;
	}
	return got < SHUFFLED ? -ENOMEM : err;
}

/* Instructions of a pair */
static __always_inline s64 shuffles(const struct bench *bench,
				    const struct bench_side *side)
{
	struct bench_counter counter;
	u64 random = bench_seed, count = 0, start;
	unsigned int i;
	int err;

	bench_begin(&counter);
	shuffle(&random);
	err = one_shuffle(bench, side);
	for (i = 0; i < SHUFFLES && !err; i++) {
		shuffle(&random);
		start = bench_count();
		err = one_shuffle(bench, side);
		count += bench_since(start);
	}
	bench_end(&counter);
	return err ? err : (s64)div_u64(count, SHUFFLES * SHUFFLED);
}

/* ------------------------------------------------------------------- rows */

static void row_name(const struct bench *bench, char *row, const char *what,
		     u32 bytes)
{
	const char *engine = bench->mm->slab.cfg.engine;
	bool first = !strcmp(engine, "slub");

	snprintf(row, ROW_BYTES, "%s%s%s%u", first ? "" : engine,
		 first ? "" : "_", what, bytes);
}

static int caches(struct bench *bench, u32 bytes)
{
	bench->shadow_cache = shadow_kmem_cache_create(&bench->mm->slab, "bench",
						       bytes, 0, 0, NULL);
	if (IS_ERR(bench->shadow_cache))
		return PTR_ERR(bench->shadow_cache);
	bench->host_cache = kmem_cache_create("shadow_bench", bytes, 0,
					      SHADOW_HOST_SLAB_NO_MERGE, NULL);
	if (bench->host_cache)
		return 0;
	shadow_kmem_cache_destroy(bench->shadow_cache);
	return -ENOMEM;
}

static int no_caches(struct bench *bench)
{
	kmem_cache_destroy(bench->host_cache);
	return shadow_kmem_cache_destroy(bench->shadow_cache);
}

/* A pair, again and again the same object */
static int pair_row(struct shadow_mm *mm, u32 bytes)
{
	struct bench bench = { .mm = mm };
	char row[ROW_BYTES];
	int err = caches(&bench, bytes);

	if (err)
		return err;
	row_name(&bench, row, "object_", bytes);
	bench_say(row, bench_pair(&bench, &shadow_objects),
		  bench_pair(&bench, &host_objects));
	return no_caches(&bench);
}

static int bulk_row(struct shadow_mm *mm, u32 bytes)
{
	struct bench bench = { .mm = mm };
	char row[ROW_BYTES];
	int err = caches(&bench, bytes);

	if (err)
		return err;
	row_name(&bench, row, "object_bulk", BULK);
	bench_say_hundredths(row, bulks(&bench, shadow_bulk),
			     bulks(&bench, host_bulk));
	return no_caches(&bench);
}

static int shuffle_row(struct shadow_mm *mm, u32 bytes)
{
	struct bench bench = { .mm = mm };
	char row[ROW_BYTES];
	int err = caches(&bench, bytes);

	if (err)
		return err;
	row_name(&bench, row, "object_random", SHUFFLED);
	bench_say(row, shuffles(&bench, &shadow_objects),
		  shuffles(&bench, &host_objects));
	return no_caches(&bench);
}

static void kmalloc_row(struct shadow_mm *mm, u32 bytes)
{
	struct bench bench = { .mm = mm };
	char row[ROW_BYTES];

	WRITE_ONCE(some_bytes, bytes);
	row_name(&bench, row, "kmalloc_", bytes);
	bench_say(row, bench_pair(&bench, &shadow_some),
		  bench_pair(&bench, &host_some));
}

/**
 * bench_object_rows() - objects of a cache, and kmalloc
 * @mm: the machine
 *
 * Return: 0, or -errno where there is no cache to be had.
 */
int bench_object_rows(struct shadow_mm *mm)
{
	static const u32 sizes[] = { 8, 64, 256, 512, 1024, 4096 };
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(sizes) && !err; i++)
		err = pair_row(mm, sizes[i]);
	err = err ? : bulk_row(mm, 64) ? : shuffle_row(mm, 64);
	kmalloc_row(mm, 100);
	kmalloc_row(mm, 1000);
	return err;
}

static int cost_objects(struct shadow_mm *mm, u32 bytes)
{
	struct bench bench = { .mm = mm };
	char row[ROW_BYTES];
	int err = caches(&bench, bytes);

	if (err)
		return err;
	row_name(&bench, row, "object_", bytes);
	bench_say_alone(row, bench_pair(&bench, &shadow_objects) * 100);
	return no_caches(&bench);
}

static int cost_many(struct shadow_mm *mm, u32 bytes)
{
	struct bench bench = { .mm = mm };
	char row[ROW_BYTES];
	int err = caches(&bench, bytes);

	if (err)
		return err;
	row_name(&bench, row, "object_bulk", BULK);
	bench_say_alone(row, bulks(&bench, shadow_bulk));
	row_name(&bench, row, "object_random", SHUFFLED);
	bench_say_alone(row, shuffles(&bench, &shadow_objects) * 100);
	return no_caches(&bench);
}

static void cost_some(struct shadow_mm *mm, u32 bytes)
{
	struct bench bench = { .mm = mm };
	char row[ROW_BYTES];

	WRITE_ONCE(some_bytes, bytes);
	row_name(&bench, row, "kmalloc_", bytes);
	bench_say_alone(row, bench_pair(&bench, &shadow_some) * 100);
}

static void cost_pages(struct shadow_mm *mm, unsigned int order)
{
	struct bench bench = { .mm = mm, .order = order };
	char row[ROW_BYTES];

	row_name(&bench, row, "page_order", order);
	bench_say_alone(row, bench_pair(&bench, &bench_shadow_pages) * 100);
}

static void cost_array(struct shadow_mm *mm)
{
	struct bench bench = { .mm = mm };
	char row[ROW_BYTES];

	row_name(&bench, row, "page_array", 32);
	bench_say_alone(row, bench_page_array_cost(mm) * 100);
}

/**
 * bench_cost_rows() - the shadow's pairs alone, whoever watches them
 * @mm: the machine
 *
 * scripts/bench-cost.sh compares those of several machines and modules.
 *
 * Return: 0, or -errno where there is no cache to be had.
 */
int bench_cost_rows(struct shadow_mm *mm)
{
	cost_pages(mm, 0);
	cost_pages(mm, 3);
	cost_pages(mm, 4);
	cost_array(mm);
	cost_some(mm, 100);
	cost_some(mm, 1000);
	return cost_objects(mm, 64) ? : cost_objects(mm, 512) ? : cost_many(mm, 64);
}
