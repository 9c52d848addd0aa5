// SPDX-License-Identifier: GPL-2.0-only
/*
 * shadow_bench_drain - per-CPU lists emptied, so that a row can begin with that.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "shadow_bench.h"
#include "shadow_pcp.h"

/*
 * The host empties its per-CPU lists where somebody asks for a certain range:
 * here for one that has just been free. The range is kept until the end: giving
 * it back would fill the lists again. What is built into the kernel can say it
 * directly.
 */
#if !defined(MODULE)
/**
 * bench_drain_host() - nothing is on the host's per-CPU lists
 * @nr: which time it is, below BENCH_DRAINS
 *
 * Return: 0 or -errno.
 */
int bench_drain_host(unsigned int nr)
{
	drain_all_pages(NULL);
	return 0;
}

/* What draining took is the host's again */
void bench_undrain_host(void)
{
}
#elif defined(CONFIG_CONTIG_ALLOC)
static unsigned long emptied[BENCH_DRAINS];

int bench_drain_host(unsigned int nr)
{
	struct page *page = alloc_pages(GFP_KERNEL, SHADOW_HOST_MAX_ORDER);
	unsigned long pfn;
	int err;

	if (!page)
		return -ENOMEM;
	pfn = page_to_pfn(page);
	__free_pages(page, SHADOW_HOST_MAX_ORDER);
	err = alloc_contig_range(pfn, pfn + BIT(SHADOW_HOST_MAX_ORDER),
				 MIGRATE_MOVABLE, GFP_KERNEL);
	emptied[nr] = err ? 0 : pfn;
	return err;
}

void bench_undrain_host(void)
{
	unsigned int i;

	for (i = 0; i < BENCH_DRAINS; i++) {
		if (emptied[i])
			free_contig_range(emptied[i], BIT(SHADOW_HOST_MAX_ORDER));
		emptied[i] = 0;
	}
}
#else
int bench_drain_host(unsigned int nr)
{
	return -EOPNOTSUPP;
}

void bench_undrain_host(void)
{
}
#endif

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
