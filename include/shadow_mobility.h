/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_mobility - pageblocks by migratetype: whom a type that has nothing
 * left takes from, and the blocks kept for high-order atomic allocations.
 * Follows __rmqueue_claim(), __rmqueue_steal() and
 * reserve_highatomic_pageblock() of mm/page_alloc.c.
 */
#ifndef SHADOW_MOBILITY_H
#define SHADOW_MOBILITY_H

#include "shadow_gfp.h"
#include "shadow_zone.h"

/* Blocks on one list that are counted at most */
#define SHADOW_MOBILITY_MANY	100000

void shadow_mobility_init(struct shadow_nodes *nodes);
struct shadow_page *__shadow_mobility_fallback(struct shadow_zone *zone,
					       unsigned int order,
					       unsigned int mt,
					       unsigned int alloc_flags);
void shadow_mobility_reserve_highatomic(struct shadow_zone *zone,
					struct shadow_page *page,
					unsigned int order);
bool shadow_mobility_unreserve_highatomic(struct shadow_nodes *nodes,
					  const struct shadow_zonelist *list,
					  enum shadow_zone_type highest,
					  unsigned int mt, bool force);
void shadow_mobility_count_free(struct shadow_zone *zone, unsigned int mt,
				u64 nr[SHADOW_NR_ORDERS]);
void shadow_mobility_count_blocks(struct shadow_zone *zone,
				  u64 nr[SHADOW_MIGRATE_TYPES]);
void shadow_mobility_count_mixed(struct shadow_zone *zone,
				 u64 nr[SHADOW_MIGRATE_TYPES]);
int __shadow_mobility_verify(struct shadow_zone *zone,
			     struct shadow_fault *fault);

#endif /* SHADOW_MOBILITY_H */
