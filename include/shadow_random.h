/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_random - numbers that look random and follow from a seed alone, so
 * that what happened once can happen again.
 */
#ifndef SHADOW_RANDOM_H
#define SHADOW_RANDOM_H

#include "shadow_compat.h"

/**
 * shadow_random_at() - the n-th random number of a seed, without those before it
 * @seed: the seed
 * @n: which, from 0 on
 *
 * Output number @n of Steele's splitmix64 that starts at @seed.
 *
 * Context: any.
 * Return: the number.
 */
static inline u64 shadow_random_at(u64 seed, u64 n)
{
	u64 x = seed + (n + 1) * 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

#endif /* SHADOW_RANDOM_H */
