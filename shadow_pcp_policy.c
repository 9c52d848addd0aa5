// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_pcp_policy - how long per-CPU lists get, and how much moves at once:
 * two generations of the kernel, and none at all.
 */
#include "shadow_pcp.h"
#include "shadow_watermark.h"

/* One less than a power of two, so that CPUs do not march in step */
static u32 odd_batch(u64 nr_pages)
{
	nr_pages = max_t(u64, nr_pages / 4, 1);
	return rounddown_pow_of_two(nr_pages + nr_pages / 2) - 1;
}

/* About a thousandth of the zone, at most 1 MiB: zone_batchsize() */
static u32 tuned_batch(const struct shadow_zone *zone)
{
	return odd_batch(min_t(u64, zone->managed >> 10,
			       SZ_1M >> zone->nodes->page_shift)) ? : 1;
}

/* CPUs of the zone's node; all where it has none: they share the lists' frames */
static u32 nr_sharers(const struct shadow_zone *zone)
{
	const struct shadow_nodes *nodes = zone->nodes;
	u32 cpu, nr = 0;

	for (cpu = 0; cpu < nodes->nr_cpus; cpu++)
		nr += shadow_cpu_node(nodes, cpu) == zone->nid;
	return nr ? nr : max(nodes->nr_cpus, 1U);
}

/* A fraction of the zone, or what lies under the low mark: zone_highsize() */
static u32 tuned_high(const struct shadow_zone *zone, u32 batch, u32 fraction)
{
	u64 nr_pages = fraction ? zone->managed / fraction :
				  shadow_wmark_pages(zone, SHADOW_WMARK_LOW);

	return max_t(u64, nr_pages / nr_sharers(zone), batch << 2);
}

/* zone_set_pageset_high_and_batch() */
static void tuned_size(const struct shadow_zone *zone,
		       struct shadow_pcp_size *size)
{
	u32 fraction = zone->nodes->pcp_high_fraction;

	size->batch = tuned_batch(zone);
	size->high_min = tuned_high(zone, size->batch, fraction);
	size->high_max = fraction ? size->high_min :
			 tuned_high(zone, size->batch, SHADOW_PCP_FRACTION_MIN);
}

static s64 fit_high(const struct shadow_zone *zone, struct shadow_pcp *pcp)
{
	pcp->high = clamp(pcp->high, zone->pcp_high_min, zone->pcp_high_max);
	return pcp->high;
}

static bool may_grow(const struct shadow_zone *zone)
{
	return zone->pcp_high_min != zone->pcp_high_max;
}

/*
 * Each refill without a free in between doubles the next one's length, as far
 * as the lists may be long. Follows nr_pcp_alloc().
 */
static u32 tuned_nr_alloc(const struct shadow_zone *zone,
			  struct shadow_pcp *pcp, unsigned int order)
{
	s64 batch = zone->pcp_batch, high = fit_high(zone, pcp), nr, most;

	/* The lists that a zone has at boot: nothing may stay on them */
	if (high < batch)
		return 1;
	nr = order ? batch : batch << pcp->alloc_factor;
	if (may_grow(zone) && !(zone->flags & SHADOW_ZONE_BELOW_HIGH)) {
		high = min_t(s64, high + nr, zone->pcp_high_max);
		pcp->high = high;
	}
	if (!order) {
		most = max(high - pcp->count - batch, batch);
		if (nr <= most && pcp->alloc_factor < SHADOW_PCP_BATCH_SCALE)
			pcp->alloc_factor++;
		nr = min(nr, most);
	}
	return nr > 1 ? max_t(u32, nr >> order, 2) : nr;
}

/*
 * Blocks of order > 0, but huge ones, tear the zone apart where they stay on
 * lists: of those who only free, they are not kept. Follows the first half of
 * free_unref_page_commit(); its PCPF_FREE_HIGH_BATCH is for CPUs whose caches
 * are known, which those of a machine are not.
 */
static bool free_high(const struct shadow_zone *zone, struct shadow_pcp *pcp,
		      unsigned int order)
{
	bool prev = pcp->flags & SHADOW_PCP_PREV_FREE_HIGH;

	if (!order || order > SHADOW_PCP_MAX_ORDER) {
		pcp->flags &= ~SHADOW_PCP_PREV_FREE_HIGH;
		return false;
	}
	pcp->flags |= SHADOW_PCP_PREV_FREE_HIGH;
	return prev && pcp->free_count >= zone->pcp_batch;
}

/*
 * From which count on frames are returned. The lists grow for whoever frees
 * much at once, and shrink while the zone runs short. Follows nr_pcp_high().
 */
static s64 limit(const struct shadow_zone *zone, struct shadow_pcp *pcp,
		 bool free_high)
{
	s64 batch = zone->pcp_batch, high = fit_high(zone, pcp);
	s64 low = zone->pcp_high_min, freed = max_t(s64, pcp->free_count, batch);

	if (!high)
		return 0;
	if (free_high) {
		pcp->high = max(high - (batch << SHADOW_PCP_BATCH_SCALE), low);
		return 0;
	}
	if (zone->flags & SHADOW_ZONE_RECLAIM_ACTIVE) {
		pcp->high = max(high - freed, low);
		return min_t(s64, batch << 2, pcp->high);
	}
	if (!may_grow(zone))
		return high;
	if (zone->flags & SHADOW_ZONE_BELOW_HIGH) {
		pcp->high = max(high - freed, low);
		return max_t(s64, pcp->count, low);
	}
	if (pcp->count >= high && high < pcp->free_count + batch)
		pcp->high = clamp_t(s64, pcp->free_count + batch, low,
				    zone->pcp_high_max);
	return high;
}

/* The longer nobody has allocated, the more at once: nr_pcp_free() */
static u32 tuned_nr_free(const struct shadow_zone *zone, struct shadow_pcp *pcp,
			 unsigned int order)
{
	u32 batch = zone->pcp_batch;
	bool all;
	s64 high;

	pcp->alloc_factor >>= 1;
	all = free_high(zone, pcp, order);
	if (pcp->free_count < batch << SHADOW_PCP_BATCH_SCALE)
		pcp->free_count += BIT(order);
	high = limit(zone, pcp, all);
	if (pcp->count < high)
		return 0;
	if (all)
		return min_t(u32, pcp->count, batch << SHADOW_PCP_BATCH_SCALE);
	if (high < batch)
		return 1;
	/* A batch is left, and at least a batch goes */
	return clamp_t(s64, pcp->free_count, batch, max_t(s64, high - batch, batch));
}

/*
 * Until 4.14: at most 512 KiB instead of 1 MiB, and six batches on the lists;
 * or what percpu_pagelist_fraction said.
 */
static void hotcold_size(const struct shadow_zone *zone,
			 struct shadow_pcp_size *size)
{
	unsigned int page_shift = zone->nodes->page_shift;
	u32 fraction = zone->nodes->pcp_high_fraction;

	size->batch = odd_batch(min_t(u64, zone->managed / 1024,
				      SZ_512K >> page_shift));
	size->high_min = 6 * size->batch;
	if (fraction) {
		size->high_min = zone->managed / fraction;
		size->batch = min_t(u32, size->high_min / 4, page_shift * 8);
	}
	size->batch = max(size->batch, 1U);
	size->high_max = size->high_min;
}

static u32 hotcold_nr_alloc(const struct shadow_zone *zone,
			    struct shadow_pcp *pcp, unsigned int order)
{
	return zone->pcp_batch;
}

/* free_hot_cold_page() */
static u32 hotcold_nr_free(const struct shadow_zone *zone,
			   struct shadow_pcp *pcp, unsigned int order)
{
	return pcp->count >= pcp->high ? zone->pcp_batch : 0;
}

/* The first one is what a machine has that was not told */
const struct shadow_pcp_policy shadow_pcp_policies[] = {
	{
		.name = "on",
		.max_order = SHADOW_PCP_MAX_ORDER,
		.huge = true,
		.size = tuned_size,
		.nr_alloc = tuned_nr_alloc,
		.nr_free = tuned_nr_free,
	},
	{
		.name = "hotcold",
		.cold = true,
		.spread = true,
		.size = hotcold_size,
		.nr_alloc = hotcold_nr_alloc,
		.nr_free = hotcold_nr_free,
	},
	{ .name = "off" },
	{ }
};

/**
 * shadow_pcp_policy() - look a policy up
 * @name: on, hotcold or off
 *
 * Context: any.
 * Return: the policy, or NULL where none has that name.
 */
const struct shadow_pcp_policy *shadow_pcp_policy(const char *name)
{
	const struct shadow_pcp_policy *policy;

	for (policy = shadow_pcp_policies; policy->name; policy++)
		if (!strcmp(policy->name, name))
			return policy;
	return NULL;
}
