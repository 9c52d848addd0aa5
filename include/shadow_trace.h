/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_trace - allocations and frees in the order in which somebody made
 * them: recorded in a kernel's boot, or generated from a seed. Applied to
 * machines by shadow_compare.
 *
 * A recorded trace is text, one operation a line:
 *
 *	shadow_mm kmem trace 1		the first line
 *	# anything			a comment: who recorded it, and how
 *	cache 136 8			objects of 136 bytes, aligned to 8: cache 0;
 *	cache 192 64			cache 1; all before the first operation
 *	k24				kmalloc of 24 bytes
 *	c1				an object of cache 1
 *	f1				free what was allocated last
 *	f2				free what was allocated before that
 *
 * A free counts allocations back from the newest, those freed already included:
 * the numbers stay short, as most things that are freed are young.
 *
 * A generated one has a name, KIND:OPERATIONS:SEED.
 */
#ifndef SHADOW_TRACE_H
#define SHADOW_TRACE_H

#include "shadow_compat.h"

#define SHADOW_TRACE_MAX_OPS	1000000U
#define SHADOW_TRACE_MAX_CACHES	64U
#define SHADOW_TRACE_MAX_BYTES	SZ_4M	/* of one kmalloc */
#define SHADOW_TRACE_MAX_OBJECT	SZ_32K	/* of a cache */
#define SHADOW_TRACE_MAX_ALIGN	SZ_4K
#define SHADOW_TRACE_NAME	64	/* longest name */
#define SHADOW_TRACE_WHY	240

enum shadow_trace_kind {
	SHADOW_TRACE_KMALLOC,
	SHADOW_TRACE_CACHE,
	SHADOW_TRACE_FREE,
};

/**
 * struct shadow_trace_op - one operation
 * @kind: enum shadow_trace_kind
 * @cache: of SHADOW_TRACE_CACHE, which
 * @what: bytes of SHADOW_TRACE_KMALLOC; of SHADOW_TRACE_FREE the number of the
 *	allocation, the first is 0
 */
struct shadow_trace_op {
	u8 kind;
	u8 cache;
	u32 what;
};

/**
 * struct shadow_trace_cache - a cache that operations name
 * @bytes: of an object
 * @align: of an object, a power of two
 */
struct shadow_trace_cache {
	u32 bytes;
	u32 align;
};

/**
 * struct shadow_trace - a trace, checked
 * @op: the operations, in the caller's memory
 * @size: bytes of each allocation, in the caller's memory; 0: it was freed
 * @room: entries of @op, and of @size
 * @nr_ops: operations
 * @nr_allocs: of them allocations
 * @nr_live: allocations that nothing frees
 * @nr_caches: entries of @cache in use
 * @cache: the caches
 * @live_bytes: of what nothing frees
 * @peak_bytes: most bytes that were in use at a time
 * @largest: bytes of the largest kmalloc
 * @why: why it was refused, one line; else ""
 */
struct shadow_trace {
	struct shadow_trace_op *op;
	u32 *size;
	u32 room;
	u32 nr_ops;
	u32 nr_allocs;
	u32 nr_live;
	u32 nr_caches;
	struct shadow_trace_cache cache[SHADOW_TRACE_MAX_CACHES];
	u64 live_bytes;
	u64 peak_bytes;
	u32 largest;
	char why[SHADOW_TRACE_WHY];
};

/* How a trace is generated */
enum shadow_trace_pattern {
	SHADOW_TRACE_MIXED,	/* all sizes, the young die first */
	SHADOW_TRACE_WAVES,	/* many of one size, of which few outlive the wave */
	SHADOW_NR_TRACE_PATTERNS
};

/**
 * struct shadow_trace_plan - a trace that can be generated
 * @pattern: how
 * @nr_ops: how many operations
 * @seed: what its random numbers start from
 */
struct shadow_trace_plan {
	enum shadow_trace_pattern pattern;
	u32 nr_ops;
	u64 seed;
};

u32 shadow_trace_room(const char *text, size_t bytes);
int shadow_trace_read(struct shadow_trace *trace, const char *text,
		      size_t bytes);
bool shadow_trace_is_plan(const char *name);
int shadow_trace_plan_read(struct shadow_trace_plan *plan, const char *name,
			   char *why, size_t why_bytes);
int shadow_trace_generate(struct shadow_trace *trace,
			  const struct shadow_trace_plan *plan);
bool shadow_trace_name_ok(const char *name);

#endif /* SHADOW_TRACE_H */
