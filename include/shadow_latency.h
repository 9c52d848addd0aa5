/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_latency - how long operations take, by the way that they went: a
 * histogram of powers of two for each, by CPU, in the host's memory.
 *
 * Off by default. Operations are measured with interrupts off, so that nothing
 * else is in their numbers; none of them sleeps, those that else may do not while
 * they are. What one of them asks of
 * another is its own time, and not measured again. What reading the clock twice
 * counts is measured when it is switched on, and taken off.
 */
#ifndef SHADOW_LATENCY_H
#define SHADOW_LATENCY_H

#include "shadow_compat.h"
#include "shadow_event.h"
#include "shadow_ring.h"

enum shadow_latency_op {
	SHADOW_LATENCY_PAGE_ALLOC,
	SHADOW_LATENCY_PAGE_FREE,
	SHADOW_LATENCY_PAGE_ALLOC_BULK,
	SHADOW_LATENCY_PAGE_FREE_BULK,
	SHADOW_LATENCY_PAGE_ALLOC_EXACT,
	SHADOW_LATENCY_PAGE_FREE_EXACT,
	SHADOW_LATENCY_PAGE_ALLOC_CONTIG,
	SHADOW_LATENCY_PAGE_FREE_CONTIG,
	SHADOW_LATENCY_CACHE_ALLOC,
	SHADOW_LATENCY_CACHE_FREE,
	SHADOW_LATENCY_CACHE_ALLOC_BULK,
	SHADOW_LATENCY_CACHE_FREE_BULK,
	SHADOW_LATENCY_KMALLOC,
	SHADOW_LATENCY_KREALLOC,
	SHADOW_LATENCY_KFREE,
	SHADOW_LATENCY_VMALLOC,
	SHADOW_LATENCY_VFREE,
	SHADOW_LATENCY_MAP,
	SHADOW_LATENCY_UNMAP,
	SHADOW_LATENCY_PROTECT,
	SHADOW_LATENCY_EARLY_ALLOC,
	SHADOW_NR_LATENCY_OPS
};

/* Which way it went, the longest that it took; shadow_latency_explain has words */
enum shadow_latency_path {
	SHADOW_LATENCY_FAST,		/* none of the following */
	SHADOW_LATENCY_PARTIAL,		/* objects: a slab that is not the CPU's */
	SHADOW_LATENCY_NEW,		/* objects: a new slab, or one that went */
	SHADOW_LATENCY_LARGE,		/* kmalloc: by the page allocator */
	SHADOW_LATENCY_TABLE,		/* maps: a new table, or one that went */
	SHADOW_LATENCY_SPECIAL,		/* pages: the general way, without locks */
	SHADOW_LATENCY_BUDDY,		/* pages: under the zone's lock */
	SHADOW_LATENCY_SLOW,		/* pages: below the low mark, or special */
	SHADOW_LATENCY_REFUSED,
	SHADOW_NR_LATENCY_PATHS
};

enum shadow_latency_clock {
	SHADOW_LATENCY_OFF,
	SHADOW_LATENCY_NS,
	SHADOW_LATENCY_CYCLES,
	SHADOW_LATENCY_INSTRUCTIONS,
	SHADOW_NR_LATENCY_CLOCKS
};

#define SHADOW_LATENCY_BUCKETS	40
#define SHADOW_CLOCK_STATE	4

/**
 * struct shadow_clock - what time is taken with
 * @unit: what it counts, in words
 * @read: its value now; it goes up by what has passed
 * @start: makes it run on this CPU, with interrupts off until @stop; NULL: it
 *	always does
 * @stop: puts back what @start has kept
 * @mask: bits that it has
 */
struct shadow_clock {
	const char *unit;
	u64 (*read)(void);
	void (*start)(u64 *state);
	void (*stop)(const u64 *state);
	u64 mask;
};

/**
 * struct shadow_latency_hist - how long it took, of one operation and path
 * @count: how often
 * @sum: of all
 * @min: the least; of no meaning while @count is 0
 * @max: the most
 * @bucket: how often from 2^(n-1) to 2^n - 1; the first 0, the last all above
 */
struct shadow_latency_hist {
	u64 count;
	u64 sum;
	u64 min;
	u64 max;
	u64 bucket[SHADOW_LATENCY_BUCKETS];
};

struct shadow_latency_mark;

/**
 * struct shadow_latency_cpu - what one CPU has measured; it alone writes it,
 * with interrupts off
 * @open: what it is measuring; NULL: nothing
 * @hist: by operation and path
 */
struct shadow_latency_cpu {
	struct shadow_latency_mark *open;
	struct shadow_latency_hist hist[SHADOW_NR_LATENCY_OPS][SHADOW_NR_LATENCY_PATHS];
} ____cacheline_aligned;

/**
 * struct shadow_latency - a machine's latencies
 * @cpu: @nr_cpus of them, in the host's memory; NULL: never switched on
 * @nr_cpus: CPUs of the machine
 * @which: the clock that runs, or SHADOW_LATENCY_OFF
 * @last: the clock of what is in @cpu
 * @clock: it
 * @overhead: what reading it twice counts
 * @epoch: goes up with each change: what has begun before does not count
 */
struct shadow_latency {
	struct shadow_latency_cpu *cpu;
	unsigned int nr_cpus;
	enum shadow_latency_clock which;
	enum shadow_latency_clock last;
	const struct shadow_clock *clock;
	u64 overhead;
	unsigned int epoch;
};

/**
 * struct shadow_latency_mark - an operation that is being measured
 * @latency: whose; NULL: it is not measured
 * @clock: what with
 * @op: enum shadow_latency_op
 * @path: enum shadow_latency_path, so far
 * @epoch: when it began
 * @irqflags: of the interrupts
 * @state: of the clock
 * @at: when it began, on the clock
 */
struct shadow_latency_mark {
	struct shadow_latency *latency;
	const struct shadow_clock *clock;
	u8 op;
	u8 path;
	unsigned int epoch;
	unsigned long irqflags;
	u64 state[SHADOW_CLOCK_STATE];
	u64 at;
};

/* Some machine measures */
DECLARE_STATIC_KEY_FALSE(shadow_latency_key);

extern const char *const shadow_latency_ops[SHADOW_NR_LATENCY_OPS];
extern const char *const shadow_latency_paths[SHADOW_NR_LATENCY_PATHS];
extern const char *const shadow_latency_explain[SHADOW_NR_LATENCY_PATHS];
extern const char *const shadow_latency_clocks[SHADOW_NR_LATENCY_CLOCKS];

size_t shadow_latency_bytes(unsigned int nr_cpus);
void shadow_latency_set_mem(struct shadow_latency *latency, void *mem,
			    unsigned int nr_cpus);
void shadow_latency_set(struct shadow_latency *latency,
			struct shadow_event_log *log,
			enum shadow_latency_clock which,
			const struct shadow_clock *clock);
void shadow_latency_sum(const struct shadow_latency *latency,
			enum shadow_latency_op op,
			enum shadow_latency_path path,
			struct shadow_latency_hist *sum);
u64 shadow_latency_rank(const struct shadow_latency_hist *hist,
			unsigned int percent);
void __shadow_latency_begin(struct shadow_latency_mark *mark,
			    struct shadow_latency *latency,
			    enum shadow_latency_op op);
void __shadow_latency_end(struct shadow_latency_mark *mark, bool refused);
void __shadow_latency_path(struct shadow_latency *latency,
			   enum shadow_latency_path path);
bool __shadow_latency_inside(struct shadow_latency *latency);

/* May operations be measured? */
static __always_inline bool shadow_latency_on(void)
{
	return SHADOW_HOOKED(static_branch_unlikely(&shadow_latency_key));
}

/**
 * shadow_latency_begin() - from here on it counts
 * @mark: the operation, filled
 * @log: the machine's log
 * @op: what begins
 *
 * Each needs one shadow_latency_end(), whatever becomes of the operation.
 *
 * Context: any. Of a machine that measures, interrupts are off until the end.
 */
static __always_inline void
shadow_latency_begin(struct shadow_latency_mark *mark,
		     struct shadow_event_log *log, enum shadow_latency_op op)
{
	struct shadow_latency *latency;

	mark->latency = NULL;
	if (!shadow_latency_on() || !log)
		return;
	latency = READ_ONCE(log->latency);
	if (latency)
		__shadow_latency_begin(mark, latency, op);
}

/**
 * shadow_latency_end() - up to here
 * @mark: as shadow_latency_begin() filled it
 * @refused: the operation failed
 *
 * Does not ask the key: that may have changed since the operation began.
 *
 * Context: as shadow_latency_begin() left it.
 */
static __always_inline void shadow_latency_end(struct shadow_latency_mark *mark,
					       bool refused)
{
	if (unlikely(mark->latency))
		__shadow_latency_end(mark, refused);
}

/**
 * shadow_latency_path() - what is being measured goes this way
 * @log: the machine's log
 * @path: the way; nothing changes if it has gone a longer one, or what is
 *	measured has no such way: then it is another operation's, inside of it
 *
 * Context: any.
 */
static __always_inline void shadow_latency_path(struct shadow_event_log *log,
						enum shadow_latency_path path)
{
	struct shadow_latency *latency;

	if (!shadow_latency_on() || !log)
		return;
	latency = READ_ONCE(log->latency);
	if (latency)
		__shadow_latency_path(latency, path);
}

/**
 * shadow_latency_resched() - cond_resched(), unless we are being measured
 * @log: the machine's log
 *
 * Nor inside of an operation that is recorded, see shadow_op_resched().
 *
 * Context: process; with interrupts off where something is measured.
 */
static inline void shadow_latency_resched(const struct shadow_event_log *log)
{
	struct shadow_latency *latency = log ? READ_ONCE(log->latency) : NULL;

	if (!latency || !__shadow_latency_inside(latency))
		shadow_op_resched(log);
}

#endif /* SHADOW_LATENCY_H */
