/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_compare - applies a trace to the caches of a machine, operation by
 * operation, and takes down what it cost: so that engines can be compared that
 * had the same to do.
 */
#ifndef SHADOW_COMPARE_H
#define SHADOW_COMPARE_H

#include "shadow_slab.h"
#include "shadow_trace.h"

/* Operations that cost more fall into the last entry; the worst is kept apart */
#define SHADOW_COMPARE_COSTS	16384

#define SHADOW_COMPARE_CACHE	BIT(31)

/**
 * struct shadow_compare_figures - what a trace did to a machine
 * @nr_ops: operations that were applied
 * @nr_refused: of them allocations that were refused
 * @peak_frames: most frames that objects took at a time
 * @peak_bytes: what had been asked for then, and not been freed
 * @end_frames: frames at the trace's end
 * @end_bytes: what had been asked for then, and not been freed
 * @left_frames: frames after everything was freed
 * @shrunk_frames: frames after all caches were shrunk then
 * @mean: cost of an operation, in hundredths
 * @p99: what 99 of 100 operations do not exceed
 * @worst: cost of the most expensive one
 *
 * Frames are those beyond what objects took before the trace. Costs are in what
 * @count of struct shadow_compare counts.
 */
struct shadow_compare_figures {
	u64 nr_ops;
	u64 nr_refused;
	u64 peak_frames;
	u64 peak_bytes;
	u64 end_frames;
	u64 end_bytes;
	u64 left_frames;
	u64 shrunk_frames;
	u64 mean;
	u64 p99;
	u64 worst;
};

/**
 * struct shadow_compare - a trace that is being applied
 * @slab: the caches; nobody else uses them
 * @trace: the trace
 * @count: what costs are measured by; goes up
 * @object: room for all allocations of the trace, zeroed
 * @from: likewise: where each is from, SHADOW_COMPARE_CACHE and a cache's number,
 *	or the bytes that kmalloc was asked for
 * @cost: room for SHADOW_COMPARE_COSTS, zeroed: operations by cost
 * @cache: the trace's caches on this machine
 * @idle: what two readings of @count with nothing between them differ by
 * @before: frames that objects took before the trace
 * @at: operations that were applied
 * @nr_allocs: of them allocations
 * @nr_swept: allocations that were looked at when all were freed
 * @live_bytes: asked for, granted, and not freed
 * @total: cost of all operations
 * @figures: filled
 *
 * The caller fills in what is above @cache.
 */
struct shadow_compare {
	struct shadow_slab *slab;
	const struct shadow_trace *trace;
	u64 (*count)(void);
	void **object;
	u32 *from;
	u32 *cost;
	struct shadow_kmem_cache *cache[SHADOW_TRACE_MAX_CACHES];
	u64 idle;
	u64 before;
	u32 at;
	u32 nr_allocs;
	u32 nr_swept;
	u64 live_bytes;
	u64 total;
	struct shadow_compare_figures figures;
};

int shadow_compare_begin(struct shadow_compare *run);
bool shadow_compare_step(struct shadow_compare *run, u32 nr_ops);
bool shadow_compare_release(struct shadow_compare *run, u32 nr);
int shadow_compare_end(struct shadow_compare *run);

#endif /* SHADOW_COMPARE_H */
