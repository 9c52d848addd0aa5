// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_drain - per-CPU lists emptied, so that a row can begin with that.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "shadow_bench.h"
#include "shadow_pcp.h"

/* What the host was asked for in order to empty its lists, until the end */
static struct {
	unsigned long pfn;
	unsigned long nr_pages;
} emptied[BENCH_DRAINS];

/**
 * bench_drain_host() - nothing is on the host's per-CPU lists
 * @nr: which time it is, below BENCH_DRAINS
 *
 * The host empties its per-CPU lists where somebody asks for a certain range:
 * here for one that has just been free. The range is kept: giving it back would
 * fill the lists again. What is built into the kernel can say it directly.
 *
 * Return: 0 or -errno.
 */
int bench_drain_host(unsigned int nr)
{
#ifndef MODULE
	drain_all_pages(NULL);
	return 0;
#elif defined(CONFIG_CONTIG_ALLOC)
	struct page *page = alloc_pages(GFP_KERNEL, SHADOW_HOST_MAX_ORDER);
	unsigned long pfn;
	int err;

	if (!page)
		return -ENOMEM;
	pfn = page_to_pfn(page);
	__free_pages(page, SHADOW_HOST_MAX_ORDER);
	err = alloc_contig_range(pfn, pfn + BIT(SHADOW_HOST_MAX_ORDER),
				 MIGRATE_MOVABLE, GFP_KERNEL);
	if (err)
		return err;
	emptied[nr].pfn = pfn;
	emptied[nr].nr_pages = BIT(SHADOW_HOST_MAX_ORDER);
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

/* What draining took is the host's again */
void bench_undrain_host(void)
{
#ifdef CONFIG_CONTIG_ALLOC
	unsigned int i;

	for (i = 0; i < BENCH_DRAINS; i++) {
		if (emptied[i].nr_pages)
			free_contig_range(emptied[i].pfn, emptied[i].nr_pages);
		emptied[i].nr_pages = 0;
	}
#endif
}

/* Nothing is on the machine's per-CPU lists */
void bench_drain_shadow(struct shadow_mm *mm)
{
	struct shadow_zone *zone;
	unsigned int nid, type;

	for (nid = 0; nid < mm->nodes.nr_nodes; nid++) {
		for (type = 0; type < SHADOW_MAX_NR_ZONES; type++) {
			zone = &mm->nodes.node[nid].zone[type];
			if (shadow_zone_populated(zone) && zone->pcp)
				shadow_pcp_drain(zone);
		}
	}
}
