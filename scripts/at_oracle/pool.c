// SPDX-License-Identifier: GPL-2.0-only
/*
 * pool - where table pages come from, and numbers that look random.
 */
#include "oracle.h"

#define MAX_GRANULE	65536

static u8 memory[(u64)POOL_GRANULES * MAX_GRANULE] __aligned(MAX_GRANULE);
static bool used[POOL_GRANULES];
static u64 granule;
static unsigned int nr_used;
static int fail_in;	/* allocations until one fails; -1: none does */

/**
 * pool_init() - all pages are free
 * @page_shift: log2 of a page
 */
void pool_init(int page_shift)
{
	granule = 1ULL << page_shift;
	memset(used, 0, sizeof(used));
	nr_used = 0;
	fail_in = -1;
}

/**
 * pool_fail_in() - let an allocation fail
 * @nr_allocations: those before it; -1: none fails
 */
void pool_fail_in(int nr_allocations)
{
	fail_in = nr_allocations;
}

/**
 * pool_has_failed() - has that allocation been asked for?
 *
 * Return: true if so.
 */
bool pool_has_failed(void)
{
	return fail_in == -2;
}

unsigned int pool_nr_used(void)
{
	return nr_used;
}

/**
 * pool_sum() - of all that is in tables now
 *
 * Return: equal before and after what leaves them as they were, bit for bit.
 */
u64 pool_sum(void)
{
	u64 sum = nr_used, at, i;

	for (at = 0; at < POOL_GRANULES; at++) {
		const u64 *table = (const u64 *)(memory + at * granule);

		for (i = 0; used[at] && i < granule / sizeof(u64); i++)
			sum = (sum ^ table[i]) * 0x100000001b3ULL + at;
	}
	return sum;
}

u64 pool_base(void)
{
	return (unsigned long)memory;
}

u64 pool_bytes(void)
{
	return POOL_GRANULES * granule;
}

/* From a random place on, and with something in it */
static int pool_alloc(void *ctx, phys_addr_t *pa)
{
	unsigned int i, at = random_below(POOL_GRANULES);

	if (!fail_in) {
		fail_in = -2;
		return -ENOMEM;
	}
	if (fail_in > 0)
		fail_in--;
	for (i = 0; i < POOL_GRANULES; i++, at = (at + 1) % POOL_GRANULES) {
		if (used[at])
			continue;
		used[at] = true;
		nr_used++;
		*pa = pool_base() + at * granule;
		memset(memory + at * granule, 0xa5, granule);
		return 0;
	}
	say("at_oracle: the pool is empty\n");
	machine_exit(5);
}

static void pool_free(void *ctx, phys_addr_t pa)
{
	u64 at = (pa - pool_base()) / granule;

	if (pa & (granule - 1) || at >= POOL_GRANULES || !used[at]) {
		finding(JUDGE_API, ctx, "%llx was given back, which is no table",
			pa);
		return;
	}
	used[at] = false;
	nr_used--;
	/* A walker that still comes here finds nothing */
	memset(memory + at * granule, 0, granule);
}

const struct shadow_pgtable_ops pool_ops = {
	.alloc_table = pool_alloc,
	.free_table = pool_free,
};

/* Marsaglia's xorshift64*, then the high bits */
u64 random64(void)
{
	u64 x = oracle.random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	oracle.random = x;
	x *= 0x2545f4914f6cdd1dULL;
	return x ^ x >> 29;
}

u64 random_below(u64 limit)
{
	return limit ? random64() % limit : 0;
}

bool random_percent(unsigned int percent)
{
	return random_below(100) < percent;
}

/**
 * random_prot() - some protection
 *
 * In plain numbers. AttrIndx one of the five, AP, SH but the reserved one, AF,
 * nG, GP, DBM, PXN, UXN, software bits; half of them are usual ones.
 *
 * Return: the bits of a descriptor.
 */
u64 random_prot(void)
{
	static const u64 usual[] = {
		0x0068000000000700,	/* PAGE_KERNEL, without software bits */
		0x0060000000000780,	/* PAGE_KERNEL_RO */
		0x0040000000000780,	/* PAGE_KERNEL_ROX */
		0x00e8000000000fc0,	/* PAGE_SHARED, dirty */
		0x0060000000000fc0,	/* PAGE_READONLY */
		0x0068000000000710,	/* device nGnRE */
		0x0068000000000708,	/* Normal non-cacheable */
	};
	static const u64 sh[] = { 0, 0x200, 0x300 };
	u64 prot;

	if (random_percent(50))
		return usual[random_below(ARRAY_SIZE(usual))];
	prot = random_below(5) << 2 | random_below(4) << 6 |
	       sh[random_below(3)] | 1ULL << 10 | random_below(2) << 11;
	if (random_percent(30))
		prot |= 1ULL << 50;
	if (random_percent(40))
		prot |= 1ULL << 51;
	prot |= random_below(4) << 53;
	if (random_percent(40))
		prot |= random_below(16) << 55;
	return prot;
}
