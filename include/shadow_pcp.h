/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pcp - per-CPU lists of small blocks in front of a zone's buddy.
 * Follows struct per_cpu_pages of include/linux/mmzone.h.
 */
#ifndef SHADOW_PCP_H
#define SHADOW_PCP_H

#include "shadow_zone.h"

#define SHADOW_PCP_MAX_ORDER	3	/* PAGE_ALLOC_COSTLY_ORDER */
#define SHADOW_PCP_NR_LISTS \
	((SHADOW_PCP_MAX_ORDER + 1) * SHADOW_MIGRATE_PCPTYPES)
/* Two lines: neighbours are fetched in pairs */
#define SHADOW_PCP_ALIGN	128

/**
 * struct shadow_pcp - one CPU's lists for one zone
 * @lock: protects the lists and the state of the frames on them; taken outside
 *	the zone's lock; interrupts off. Other CPUs take it to drain.
 * @count: frames on all lists
 * @batch: frames that are fetched or returned at once
 * @high: a free that makes @count exceed this returns @batch frames
 * @list: by order and migratetype, newest first
 *
 * Lives in the host's memory, so that the lock cannot be corrupted.
 */
struct shadow_pcp {
	raw_spinlock_t lock;
	u32 count;
	u32 batch;
	u32 high;
	struct shadow_page_list list[SHADOW_PCP_NR_LISTS];
} __aligned(SHADOW_PCP_ALIGN);

u64 shadow_pcp_bytes(unsigned int nr_cpus);
void shadow_pcp_init(struct shadow_nodes *nodes, void *mem,
		     unsigned int nr_cpus);
void shadow_pcp_setup(struct shadow_nodes *nodes);
struct shadow_page *shadow_pcp_alloc(struct shadow_zone *zone, unsigned int cpu,
				     unsigned int order, unsigned int mt,
				     unsigned int owner);
int shadow_pcp_free(struct shadow_zone *zone, unsigned int cpu,
		    struct shadow_page *page, unsigned int order,
		    unsigned int mt);
void shadow_pcp_drain(struct shadow_zone *zone);
u64 shadow_pcp_count(const struct shadow_zone *zone);
int shadow_pcp_verify(struct shadow_zone *zone, struct shadow_fault *fault);

#endif /* SHADOW_PCP_H */
