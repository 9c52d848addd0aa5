/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pcp - per-CPU lists of small blocks in front of a zone's buddy.
 * Follows struct per_cpu_pages of include/linux/mmzone.h.
 */
#ifndef SHADOW_PCP_H
#define SHADOW_PCP_H

#include "shadow_zone.h"

#define SHADOW_PCP_MAX_ORDER	3	/* PAGE_ALLOC_COSTLY_ORDER */
#define SHADOW_PCP_NR_LOW \
	((SHADOW_PCP_MAX_ORDER + 1) * SHADOW_MIGRATE_PCPTYPES)
#define SHADOW_PCP_NR_THP	2	/* huge pages: MOVABLE or not */
#define SHADOW_PCP_NR_LISTS	(SHADOW_PCP_NR_LOW + SHADOW_PCP_NR_THP)
#define SHADOW_PCP_ALIGN	SHADOW_LINE_PAIR

/* struct shadow_pcp.flags */
#define SHADOW_PCP_PREV_FREE_HIGH	BIT(0)	/* the last free was of order > 0 */

/**
 * struct shadow_pcp - one CPU's lists for one zone
 * @lock: protects all that follows, and the state of the frames on the lists.
 *	Taken outside the zone's lock, with interrupts on: whoever allocates or
 *	frees only tries it, so that an interrupt in between goes to the zone.
 *	Only who drains in process context waits for it.
 * @count: frames on all lists
 * @high: a free that makes @count reach this returns frames to the zone; 0
 *	until the lists are used for the first time
 * @high_min: least that @high shrinks to
 * @high_max: most that @high grows to
 * @batch: frames that are fetched or returned at once, at least
 * @flags: SHADOW_PCP_*
 * @alloc_factor: log2 of how many batches the next refill fetches
 * @free_count: frames freed of late without an allocation in between
 * @list: by order and migratetype, the huge pages' last; newest first
 *
 * Lives in the host's memory, so that the lock cannot be corrupted. Follows
 * struct per_cpu_pages.
 */
struct shadow_pcp {
	raw_spinlock_t lock;
	u32 count;
	u32 high;
	u32 high_min;
	u32 high_max;
	u32 batch;
	u8 flags;
	u8 alloc_factor;
	u16 free_count;
	struct shadow_page_list list[SHADOW_PCP_NR_LISTS];
} __aligned(SHADOW_PCP_ALIGN);

static inline struct shadow_page_list *
shadow_pcp_list(struct shadow_pcp *pcp, unsigned int order, unsigned int mt)
{
	return &pcp->list[order * SHADOW_MIGRATE_PCPTYPES + mt];
}

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
