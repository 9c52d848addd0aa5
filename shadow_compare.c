// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_compare - applies a trace to the caches of a machine. See
 * shadow_compare.h.
 */
#include <linux/math64.h>

#include "shadow_compare.h"

static u64 frames(const struct shadow_compare *run)
{
	u64 nr = atomic64_read(&run->slab->nr_frames);

	return nr > run->before ? nr - run->before : 0;
}

static void shrink_all(struct shadow_slab *slab)
{
	struct shadow_kmem_cache *cache = NULL;

	while ((cache = shadow_slab_next(slab, cache)))
		shadow_kmem_cache_shrink(cache);
}

static int destroy_caches(struct shadow_compare *run, u32 nr)
{
	int err = 0;

	while (nr--)
		err = shadow_kmem_cache_destroy(run->cache[nr]) ? : err;
	return err;
}

/**
 * shadow_compare_begin() - make the caches of a trace
 * @run: what the caller gives is set, all else is 0
 *
 * Context: any; nobody else uses the machine's caches.
 * Return: 0, or the errno of a cache that cannot be made; then none is.
 */
int shadow_compare_begin(struct shadow_compare *run)
{
	char name[SHADOW_SLAB_NAME];
	u64 start;
	u32 i;

	for (i = 0; i < run->trace->nr_caches; i++) {
		const struct shadow_trace_cache *cache = &run->trace->cache[i];

		snprintf(name, sizeof(name), "trace-%u", i);
		run->cache[i] = shadow_kmem_cache_create(run->slab, name, cache->bytes,
							 cache->align, 0, NULL);
		if (IS_ERR(run->cache[i])) {
			destroy_caches(run, i);
			return PTR_ERR(run->cache[i]);
		}
	}
	run->idle = U64_MAX;
	for (i = 0; i < 16; i++) {
		start = run->count();
		run->idle = min(run->idle, run->count() - start);
	}
	/* What the machine's own boot has left half empty is nobody's gain */
	shrink_all(run->slab);
	run->before = atomic64_read(&run->slab->nr_frames);
	return 0;
}

/* From one reading of the counter to another */
static void note_cost(struct shadow_compare *run, u64 start, u64 end)
{
	u64 cost = end - start;

	cost = cost > run->idle ? cost - run->idle : 0;
	run->total += cost;
	run->cost[min_t(u64, cost, SHADOW_COMPARE_COSTS - 1)]++;
	run->figures.worst = max(run->figures.worst, cost);
	run->figures.nr_ops++;
}

static void note_peak(struct shadow_compare *run)
{
	struct shadow_compare_figures *figures = &run->figures;
	u64 nr = frames(run);

	if (nr < figures->peak_frames ||
	    (nr == figures->peak_frames && run->live_bytes <= figures->peak_bytes))
		return;
	figures->peak_frames = nr;
	figures->peak_bytes = run->live_bytes;
}

static u32 bytes_of(const struct shadow_compare *run, u32 nr)
{
	u32 from = run->from[nr];

	return from & SHADOW_COMPARE_CACHE ?
	       run->trace->cache[from & ~SHADOW_COMPARE_CACHE].bytes : from;
}

/* An object goes back the way it came: in "slob" a kmalloc's has a header. */
static int give_back(const struct shadow_compare *run, u32 nr)
{
	u32 from = run->from[nr];

	if (from & SHADOW_COMPARE_CACHE)
		return shadow_kmem_cache_free(run->cache[from & ~SHADOW_COMPARE_CACHE],
					      run->object[nr]);
	return shadow_kfree(run->slab, run->object[nr]);
}

static void apply_kmalloc(struct shadow_compare *run, u32 bytes)
{
	u64 start = run->count();
	void *object = shadow_kmalloc(run->slab, bytes, 0);

	note_cost(run, start, run->count());
	run->object[run->nr_allocs] = object;
	run->from[run->nr_allocs] = bytes;
}

static void apply_object(struct shadow_compare *run, u32 which)
{
	struct shadow_kmem_cache *cache = run->cache[which];
	u64 start = run->count();
	void *object = shadow_kmem_cache_alloc(cache, 0);

	note_cost(run, start, run->count());
	run->object[run->nr_allocs] = object;
	run->from[run->nr_allocs] = SHADOW_COMPARE_CACHE | which;
}

static void apply_free(struct shadow_compare *run, u32 nr)
{
	u64 start;

	if (!run->object[nr])
		return;
	start = run->count();
	give_back(run, nr);
	note_cost(run, start, run->count());
	run->object[nr] = NULL;
	run->live_bytes -= bytes_of(run, nr);
}

static void apply(struct shadow_compare *run, const struct shadow_trace_op *op)
{
	if (op->kind == SHADOW_TRACE_FREE) {
		apply_free(run, op->what);
		return;
	}
	if (op->kind == SHADOW_TRACE_KMALLOC)
		apply_kmalloc(run, op->what);
	else
		apply_object(run, op->cache);
	if (run->object[run->nr_allocs]) {
		run->live_bytes += bytes_of(run, run->nr_allocs);
		note_peak(run);
	} else {
		run->figures.nr_refused++;
	}
	run->nr_allocs++;
}

/**
 * shadow_compare_step() - apply the next operations
 * @run: after shadow_compare_begin()
 * @nr_ops: how many at most
 *
 * A free of what was refused is left out.
 *
 * Context: any; on one CPU with interrupts off, where costs are to be those of
 * the operations alone.
 * Return: true as long as there are more.
 */
bool shadow_compare_step(struct shadow_compare *run, u32 nr_ops)
{
	const struct shadow_trace *trace = run->trace;

	for (; nr_ops && run->at < trace->nr_ops; nr_ops--)
		apply(run, &trace->op[run->at++]);
	if (run->at < trace->nr_ops)
		return true;
	run->figures.end_frames = frames(run);
	run->figures.end_bytes = run->live_bytes;
	return false;
}

/**
 * shadow_compare_release() - free what the trace has left
 * @run: after the last step, or in between where no more is to be done
 * @nr: how many allocations to look at, at most
 *
 * Context: any.
 * Return: true as long as there are more.
 */
bool shadow_compare_release(struct shadow_compare *run, u32 nr)
{
	for (; nr && run->nr_swept < run->nr_allocs; nr--, run->nr_swept++) {
		if (run->object[run->nr_swept])
			give_back(run, run->nr_swept);
		run->object[run->nr_swept] = NULL;
	}
	return run->nr_swept < run->nr_allocs;
}

/* The cost that 99 of 100 operations do not exceed */
static u64 percentile(const struct shadow_compare *run)
{
	u64 limit = div_u64(run->figures.nr_ops * 99 + 99, 100), nr = 0;
	u32 cost;

	for (cost = 0; cost < SHADOW_COMPARE_COSTS - 1; cost++) {
		nr += run->cost[cost];
		if (nr >= limit)
			break;
	}
	return cost;
}

/**
 * shadow_compare_end() - take the caches away, and fill in the last figures
 * @run: after shadow_compare_release() has come to its end
 *
 * Context: any.
 * Return: 0, or the errno of a cache that cannot be destroyed.
 */
int shadow_compare_end(struct shadow_compare *run)
{
	struct shadow_compare_figures *figures = &run->figures;

	figures->left_frames = frames(run);
	shrink_all(run->slab);
	figures->shrunk_frames = frames(run);
	figures->p99 = percentile(run);
	if (figures->nr_ops)
		figures->mean = div64_u64(run->total * 100, figures->nr_ops);
	return destroy_caches(run, run->trace->nr_caches);
}
