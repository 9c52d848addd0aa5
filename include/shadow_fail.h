/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_fail - allocations that fail on purpose.
 *
 * Each place where memory is asked for is a point; a point is told how often it
 * shall fail. The four attributes mean what they mean for the kernel's own
 * fault injection (lib/fault-inject.c, Documentation/fault-injection): the
 * first @space bytes succeed, of what comes after every @interval-th call is
 * looked at, and fails with @probability per cent, @times times at most.
 *
 * While no point of any machine is armed, a hook costs one patched-out branch.
 */
#ifndef SHADOW_FAIL_H
#define SHADOW_FAIL_H

#include "shadow_compat.h"

enum shadow_fail_point {
	SHADOW_FAIL_PAGE,	/* a call of the page allocator */
	SHADOW_FAIL_PCP,	/* a batch for a per-CPU list */
	SHADOW_FAIL_BUDDY,	/* a block off a zone's free areas */
	SHADOW_FAIL_CONTIG,	/* frames in a row, any number */
	SHADOW_FAIL_TABLE,	/* a translation table */
	SHADOW_FAIL_SLAB,	/* a new slab */
	SHADOW_FAIL_VMALLOC,	/* a vmalloc area */
	SHADOW_FAIL_MEMBLOCK,	/* memory before the handover */
	SHADOW_NR_FAIL_POINTS
};

#define SHADOW_FAIL_FOREVER	(-1)	/* of times: without end */

/**
 * struct shadow_fail_attr - how often a point fails
 * @probability: per cent of the calls looked at; 0: never, 100: all
 * @interval: every how many calls one is looked at; 0 and 1: all of them
 * @times: how many failures at most; SHADOW_FAIL_FOREVER: without end
 * @space: bytes that are handed out before anything fails
 *
 * The n-th call alone fails: probability 100, interval n, times 1.
 */
struct shadow_fail_attr {
	u32 probability;
	u32 interval;
	s32 times;
	u64 space;
};

/**
 * struct shadow_fail_state - one point of one machine
 * @attr: as it was armed
 * @space: bytes that are left of it
 * @times: failures that are left of it
 * @nr_looked: calls that reached the interval
 * @nr_drawn: random numbers drawn
 * @nr_calls: calls while armed
 * @nr_failed: of those, the ones that were made to fail
 */
struct shadow_fail_state {
	struct shadow_fail_attr attr;
	atomic64_t space;
	atomic_t times;
	atomic64_t nr_looked;
	atomic64_t nr_drawn;
	atomic64_t nr_calls;
	atomic64_t nr_failed;
};

/**
 * struct shadow_fail - all points of one machine
 * @seed: what the random numbers are made from: the same calls in the same
 *	order fail alike
 * @events: where it is told that a point was armed, or NULL
 * @point: the points
 */
struct shadow_fail {
	u64 seed;
	const struct shadow_event_log *events;
	struct shadow_fail_state point[SHADOW_NR_FAIL_POINTS];
};

extern const char *const shadow_fail_names[SHADOW_NR_FAIL_POINTS];

DECLARE_STATIC_KEY_FALSE(shadow_fail_key);

void shadow_fail_init(struct shadow_fail *fail, u64 seed);
void shadow_fail_fini(struct shadow_fail *fail);
int shadow_fail_arm(struct shadow_fail *fail, enum shadow_fail_point point,
		    const struct shadow_fail_attr *attr);
bool __shadow_should_fail(struct shadow_fail *fail, enum shadow_fail_point point,
			  u64 bytes);

/**
 * shadow_should_fail() - shall this allocation fail?
 * @fail: the machine's points; NULL: it has none
 * @point: where we are
 * @bytes: how much is asked for
 *
 * Follows should_fail().
 *
 * Context: any, also under raw spinlocks with interrupts off.
 * Return: true if the caller shall do as if there were no memory.
 */
static __always_inline bool shadow_should_fail(struct shadow_fail *fail,
					       enum shadow_fail_point point,
					       u64 bytes)
{
	if (static_branch_unlikely(&shadow_fail_key))
		return __shadow_should_fail(fail, point, bytes);
	return false;
}

/**
 * shadow_fail_count() - how often a point was made to fail
 * @fail: the machine's points
 * @point: which
 *
 * Context: any; a momentary value.
 * Return: the number since it was armed last.
 */
static inline u64 shadow_fail_count(const struct shadow_fail *fail,
				    enum shadow_fail_point point)
{
	return atomic64_read(&fail->point[point].nr_failed);
}

#endif /* SHADOW_FAIL_H */
