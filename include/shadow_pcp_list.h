/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_pcp_list - the far end of a per-CPU list. For shadow_pcp*.c alone;
 * what the fast path does to the near end is in shadow_pcp.h.
 */
#ifndef SHADOW_PCP_LIST_H
#define SHADOW_PCP_LIST_H

#include "shadow_pcp.h"

/* Of which order the blocks of a list are: pindex_to_order() */
static inline unsigned int shadow_pcp_list_order(const struct shadow_zone *zone,
						 unsigned int nr_list)
{
	return nr_list < SHADOW_PCP_NR_LOW ? nr_list / SHADOW_MIGRATE_PCPTYPES :
					     zone->nodes->pcp_huge_order;
}

/* Of which migratetype; of huge pages MOVABLE, or any other one */
static inline unsigned int shadow_pcp_list_mt(unsigned int nr_list)
{
	if (nr_list < SHADOW_PCP_NR_LOW)
		return nr_list % SHADOW_MIGRATE_PCPTYPES;
	return nr_list > SHADOW_PCP_NR_LOW ? SHADOW_MIGRATE_MOVABLE :
					     SHADOW_MIGRATE_UNMOVABLE;
}

int shadow_pcp_corrupt(const struct shadow_zone *zone,
		       const struct shadow_pcp *pcp, unsigned int order,
		       u32 index);
struct shadow_page *__shadow_pcp_pop_cold(struct shadow_zone *zone,
					  struct shadow_pcp *pcp,
					  unsigned int order, unsigned int mt,
					  unsigned int owner);
int __shadow_pcp_append(struct shadow_zone *zone, struct shadow_pcp *pcp,
			struct shadow_page *page, unsigned int order,
			unsigned int mt);
int __shadow_pcp_return(struct shadow_zone *zone, struct shadow_pcp *pcp,
			u32 nr_pages, unsigned int nr_list);

#endif /* SHADOW_PCP_LIST_H */
