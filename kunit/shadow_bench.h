/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_bench - what the rows of the benchmark have in common: the counter,
 * the two sides, and how a row is said.
 *
 * A row is one loop with interrupts off, once over the shadow and once over
 * the host, compiled from the same lines. What is counted are instructions: on
 * arm64 by the PMU's event INST_RETIRED, which an emulated machine has under
 * precise icount only, and which counts each one, where the clock ticks every
 * 16. On UML it is cycles of the time-stamp counter.
 */
#ifndef SHADOW_BENCH_H
#define SHADOW_BENCH_H

#include <linux/gfp.h>
#include <linux/math64.h>
#include <linux/types.h>

#include "shadow_buddy.h"
#include "shadow_counter.h"
#include "shadow_mm.h"
#include "shadow_page_alloc.h"

#define BENCH_WARM_UP	100
#define BENCH_PAIRS	10000
#define BENCH_HOST_GFP	(GFP_NOWAIT | __GFP_NOWARN)

#ifdef CONFIG_ARM64
static inline u64 bench_count(void)
{
	return shadow_counter_read();
}

/* The counter has at least 32 bits */
static inline u64 bench_since(u64 start)
{
	return (u32)(bench_count() - start);
}
#else
/* Nothing moves over it, in either direction */
static inline u64 bench_count(void)
{
	u32 low, high;

	asm volatile("lfence\n\trdtsc\n\tlfence"
		     : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

static inline u64 bench_since(u64 start)
{
	return bench_count() - start;
}
#endif

/**
 * struct bench_counter - what is put back when the measuring is over
 * @irqflags: interrupts
 * @pmu: the counter
 * @idle: what two readings with nothing between them differ by
 */
struct bench_counter {
	unsigned long irqflags;
	struct shadow_counter pmu;
	u64 idle;
};

bool bench_counter_there(void);
void bench_begin(struct bench_counter *counter);
void bench_end(const struct bench_counter *counter);

/**
 * struct bench - what a row is measured on
 * @mm: the shadow
 * @order: of the blocks
 * @zone: of the shadow, for rows that ask the buddy itself
 * @shadow_cache: for rows about objects
 * @host_cache: for rows about objects
 */
struct bench {
	struct shadow_mm *mm;
	unsigned int order;
	struct shadow_zone *zone;
	struct shadow_kmem_cache *shadow_cache;
	struct kmem_cache *host_cache;
};

/**
 * struct bench_side - one of the two that are compared
 * @alloc: takes a block or an object; NULL: there is none
 * @free: gives it back; 0 or -errno
 *
 * Constant where it is used, so that the compiler calls what it points to.
 */
struct bench_side {
	void *(*alloc)(const struct bench *bench);
	int (*free)(const struct bench *bench, void *what);
};

static inline void *bench_shadow_alloc(const struct bench *bench)
{
	return shadow_alloc_pages(&bench->mm->nodes, SHADOW_GFP_KERNEL,
				  bench->order);
}

static inline int bench_shadow_free(const struct bench *bench, void *what)
{
	return shadow_free_pages(&bench->mm->nodes, what, bench->order);
}

static inline void *bench_host_alloc(const struct bench *bench)
{
	return alloc_pages(BENCH_HOST_GFP, bench->order);
}

static inline int bench_host_free(const struct bench *bench, void *what)
{
	__free_pages(what, bench->order);
	return 0;
}

static const struct bench_side bench_shadow_pages __maybe_unused = {
	.alloc = bench_shadow_alloc,
	.free = bench_shadow_free,
};

static const struct bench_side bench_host_pages __maybe_unused = {
	.alloc = bench_host_alloc,
	.free = bench_host_free,
};

/* @nr times: take one, give it back */
static __always_inline int bench_pairs(const struct bench *bench,
				       const struct bench_side *side,
				       unsigned int nr)
{
	void *what;
	int err = 0;

	while (nr-- && !err) {
		what = side->alloc(bench);
		err = what ? side->free(bench, what) : -ENOMEM;
	}
	return err;
}

/* Instructions of a pair of alloc and free, or -errno */
static __always_inline s64 bench_pair(const struct bench *bench,
				      const struct bench_side *side)
{
	struct bench_counter counter;
	u64 count = 0, start;
	int err;

	bench_begin(&counter);
	err = bench_pairs(bench, side, BENCH_WARM_UP);
	if (!err) {
		start = bench_count();
		err = bench_pairs(bench, side, BENCH_PAIRS);
		count = bench_since(start);
	}
	bench_end(&counter);
	return err ? err : (s64)div_u64(count + BENCH_PAIRS / 2, BENCH_PAIRS);
}

/**
 * struct bench_halves - a pair taken apart, in hundredths
 * @alloc: of an allocation
 * @free: of a free
 */
struct bench_halves {
	s64 alloc;
	s64 free;
};

#define BENCH_APART	1000

/* Each call by itself. Two readings of the counter are not the call's. */
static __always_inline int bench_apart(const struct bench *bench,
				       const struct bench_side *side,
				       struct bench_halves *halves)
{
	u64 alloc = 0, free = 0, start;
	struct bench_counter counter;
	unsigned int i;
	void *what;
	int err;

	bench_begin(&counter);
	err = bench_pairs(bench, side, BENCH_WARM_UP);
	for (i = 0; i < BENCH_APART && !err; i++) {
		start = bench_count();
		what = side->alloc(bench);
		alloc += bench_since(start) - counter.idle;
		if (!what) {
			err = -ENOMEM;
			break;
		}
		start = bench_count();
		err = side->free(bench, what);
		free += bench_since(start) - counter.idle;
	}
	bench_end(&counter);
	halves->alloc = err ? err : (s64)div_u64(alloc * 100, BENCH_APART);
	halves->free = err ? err : (s64)div_u64(free * 100, BENCH_APART);
	return err;
}

void bench_say(const char *row, s64 shadow, s64 host);
void bench_say_hundredths(const char *row, s64 shadow, s64 host);
void bench_say_alone(const char *row, s64 hundredths);

/* xorshift64, by Marsaglia; never 0 */
static inline u64 bench_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#define BENCH_DRAINS	8

int bench_drain_host(unsigned int nr);
void bench_undrain_host(void);
void bench_drain_shadow(struct shadow_mm *mm);

int bench_soak_start(struct shadow_mm *mm, unsigned int nr, u64 seed);
u64 bench_soak_stop(void);
int bench_soak_objects_start(struct shadow_mm *mm, unsigned int nr, u64 seed);
u64 bench_soak_objects_stop(void);

extern ulong bench_seed;
extern ulong bench_frames;
extern ulong bench_steps;
extern char *bench_trace;

int bench_boot_row(struct shadow_mm *mm);
int bench_audit_rows(struct shadow_mm *mm);
int bench_call_rows(struct shadow_mm *mm);
int bench_page_rows(struct shadow_mm *mm);
s64 bench_page_array_cost(struct shadow_mm *mm);
int bench_buddy_rows(struct shadow_mm *mm);
int bench_cost_rows(struct shadow_mm *mm);
int bench_object_rows(struct shadow_mm *mm);
int bench_waste_rows(struct shadow_mm *mm);
int bench_table_rows(struct shadow_mm *mm);
int bench_vmalloc_rows(struct shadow_mm *mm);
int bench_mmu_flips(struct shadow_mm *mm);
int bench_compare_leaves(struct shadow_mm *mm);
int bench_gpu_rows(struct shadow_mm *mm);
int bench_mixed_rows(struct shadow_mm *mm);
int bench_growth_rows(struct shadow_mm *mm);
int bench_frag_host(struct shadow_mm *mm);
int bench_frag_shadow(struct shadow_mm *mm);

/**
 * struct bench_stage - a zone arranged so that it is known what a call does
 * @zone: the zone
 * @nr_held: blocks that are kept from it
 * @held: their first pages
 */
struct bench_stage {
	struct shadow_zone *zone;
	unsigned int nr_held;
	struct shadow_page *held[1024];
};

struct bench_stage *bench_stage_set(struct shadow_mm *mm, unsigned int order);
void bench_stage_strike(struct bench_stage *stage);

/* The buddy itself: no watermark, no per-CPU list */
static inline void *bench_buddy_alloc(const struct bench *bench)
{
	return shadow_buddy_alloc(bench->zone, bench->order,
				  SHADOW_MIGRATE_MOVABLE, SHADOW_OWNER_DIRECT,
				  0);
}

static inline int bench_buddy_free(const struct bench *bench, void *what)
{
	return shadow_buddy_free(bench->zone, what, bench->order);
}

#endif /* SHADOW_BENCH_H */
