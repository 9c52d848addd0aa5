// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_fail - which calls fail, and the random numbers behind it. See
 * shadow_fail.h.
 */
#include "shadow_event.h"
#include "shadow_fail.h"
#include "shadow_random.h"
#include "shadow_ring.h"

/* One key for the points of all machines: it patches code, and code is one */
DEFINE_STATIC_KEY_FALSE(shadow_fail_key);

const char *const shadow_fail_names[SHADOW_NR_FAIL_POINTS] = {
	[SHADOW_FAIL_PAGE] = "page",
	[SHADOW_FAIL_PCP] = "pcp",
	[SHADOW_FAIL_BUDDY] = "buddy",
	[SHADOW_FAIL_CONTIG] = "contig",
	[SHADOW_FAIL_TABLE] = "table",
	[SHADOW_FAIL_SLAB] = "slab",
	[SHADOW_FAIL_VMALLOC] = "vmalloc",
	[SHADOW_FAIL_MEMBLOCK] = "memblock",
};

/**
 * shadow_fail_init() - no point fails
 * @fail: the machine's points
 * @seed: what the random numbers are made from
 *
 * Context: any.
 */
void shadow_fail_init(struct shadow_fail *fail, u64 seed)
{
	memset(fail, 0, sizeof(*fail));
	fail->seed = seed;
}

/* Whether a point can fail at all: that is what holds the key up */
static bool armed(const struct shadow_fail_state *state)
{
	return state->attr.probability != 0;
}

/* Fast paths ask for the other key alone */
static void raise_key(bool on)
{
	if (on)
		static_branch_inc(&shadow_fail_key);
	else
		static_branch_dec(&shadow_fail_key);
	shadow_watch(on);
}

/**
 * shadow_fail_arm() - say how often a point fails from now on
 * @fail: the machine's points
 * @point: which
 * @attr: how often; its counts and its random numbers begin anew
 *
 * Context: process context, may sleep; the caller sees to it that nobody else
 * arms a point of the same machine. Allocations may go on meanwhile.
 * Return: 0, or -EINVAL where @attr or @point make no sense.
 */
int shadow_fail_arm(struct shadow_fail *fail, enum shadow_fail_point point,
		    const struct shadow_fail_attr *attr)
{
	struct shadow_fail_state *state;
	struct shadow_op op;
	bool was;

	if ((unsigned int)point >= SHADOW_NR_FAIL_POINTS ||
	    attr->probability > 100 || attr->times < SHADOW_FAIL_FOREVER ||
	    attr->space > S64_MAX)
		return -EINVAL;
	state = &fail->point[point];
	was = armed(state);
	/* The key moves outside of the operation, which must not sleep */
	if (attr->probability)
		raise_key(true);
	shadow_op_begin(&op, fail->events);
	/* Nobody fails by half of the old and half of the new */
	WRITE_ONCE(state->attr.probability, 0);
	WRITE_ONCE(state->attr.interval, attr->interval);
	state->attr.times = attr->times;
	state->attr.space = attr->space;
	atomic64_set(&state->space, attr->space);
	atomic_set(&state->times, attr->times);
	atomic64_set(&state->nr_looked, 0);
	atomic64_set(&state->nr_drawn, 0);
	atomic64_set(&state->nr_calls, 0);
	atomic64_set(&state->nr_failed, 0);
	smp_wmb(); /* what is read once the probability has been seen */
	WRITE_ONCE(state->attr.probability, attr->probability);
	shadow_op_end(&op, SHADOW_OP_FAIL, 0, point, attr->probability,
		      attr->interval, (s64)attr->times, attr->space);
	if (was)
		raise_key(false);
	return 0;
}

/**
 * shadow_fail_fini() - no point fails any more, and the key comes down
 * @fail: the machine's points
 *
 * What was counted stays to be read.
 *
 * Context: process context, may sleep.
 */
void shadow_fail_fini(struct shadow_fail *fail)
{
	int point;

	for (point = 0; point < SHADOW_NR_FAIL_POINTS; point++) {
		if (!armed(&fail->point[point]))
			continue;
		WRITE_ONCE(fail->point[point].attr.probability, 0);
		raise_key(false);
	}
}

/* The n-th random number of a point, below 100 */
static u32 draw(u64 seed, enum shadow_fail_point point, u64 n)
{
	return (shadow_random_at(seed ^ (u64)point << 56, n) >> 32) * 100 >> 32;
}

/* Was there space left for it? Then it is less now */
static bool take_space(struct shadow_fail_state *state, u64 bytes)
{
	s64 left = atomic64_read(&state->space);

	do {
		if ((u64)left <= bytes)
			return false;
	} while (!atomic64_try_cmpxchg(&state->space, &left, left - bytes));
	return true;
}

/* May it fail once more? Then it may once less */
static bool take_time(struct shadow_fail_state *state)
{
	int left = atomic_read(&state->times);

	do {
		if (left <= 0)
			return left == SHADOW_FAIL_FOREVER;
	} while (!atomic_try_cmpxchg(&state->times, &left, left - 1));
	return true;
}

/**
 * __shadow_should_fail() - the slow half of shadow_should_fail()
 * @fail: the machine's points, or NULL
 * @point: where we are
 * @bytes: how much is asked for
 *
 * In the order of should_fail_ex(): times, space, interval, probability.
 *
 * Context: any.
 * Return: true if the caller shall do as if there were no memory.
 */
bool __shadow_should_fail(struct shadow_fail *fail, enum shadow_fail_point point,
			  u64 bytes)
{
	struct shadow_fail_state *state;
	u32 probability, interval;

	if (!fail)
		return false;
	state = &fail->point[point];
	probability = READ_ONCE(state->attr.probability);
	if (!probability)
		return false;
	smp_rmb(); /* pairs with shadow_fail_arm() */
	atomic64_inc(&state->nr_calls);
	if (!atomic_read(&state->times) || take_space(state, bytes))
		return false;
	interval = READ_ONCE(state->attr.interval);
	if (interval > 1 && atomic64_inc_return(&state->nr_looked) % interval)
		return false;
	if (probability <= draw(fail->seed, point,
				atomic64_inc_return(&state->nr_drawn)))
		return false;
	if (!take_time(state))
		return false;
	atomic64_inc(&state->nr_failed);
	return true;
}
