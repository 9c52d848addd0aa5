/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_mmu_random - seeded choices among addresses.
 */
#ifndef SHADOW_MMU_RANDOM_H
#define SHADOW_MMU_RANDOM_H

#include <linux/math64.h>
#include <linux/prandom.h>

#include "shadow_compat.h"

/**
 * shadow_mmu_random_below() - the next number of a seeded sequence
 * @rnd: the sequence
 * @limit: first number that is too large, not 0
 *
 * The bias of a remainder does not matter here.
 *
 * Context: any.
 * Return: a number below @limit.
 */
static inline u64 shadow_mmu_random_below(struct rnd_state *rnd, u64 limit)
{
	u64 high = prandom_u32_state(rnd);
	u64 remainder;

	div64_u64_rem(high << 32 | prandom_u32_state(rnd), limit, &remainder);
	return remainder;
}

#endif /* SHADOW_MMU_RANDOM_H */
