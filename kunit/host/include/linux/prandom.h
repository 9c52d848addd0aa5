/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's generator: the same seed gives the same numbers as there
 * (lib/random32.c, taus113), so a run can be repeated in the other place.
 */
#ifndef SHADOW_HOST_PRANDOM_H
#define SHADOW_HOST_PRANDOM_H

#include <linux/types.h>

struct rnd_state {
	u32 s1, s2, s3, s4;
};

u32 prandom_u32_state(struct rnd_state *state);
void prandom_bytes_state(struct rnd_state *state, void *buf, size_t bytes);

static inline u32 shadow_host_prandom_least(u32 x, u32 least)
{
	return x < least ? x + least : x;
}

static inline void prandom_seed_state(struct rnd_state *state, u64 seed)
{
	u32 i = ((seed >> 32) ^ (seed << 10) ^ seed) & 0xffffffffUL;

	state->s1 = shadow_host_prandom_least(i, 2U);
	state->s2 = shadow_host_prandom_least(i, 8U);
	state->s3 = shadow_host_prandom_least(i, 16U);
	state->s4 = shadow_host_prandom_least(i, 128U);
}

#endif /* SHADOW_HOST_PRANDOM_H */
