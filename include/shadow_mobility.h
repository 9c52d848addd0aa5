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
int __shadow_mobility_verify(struct shadow_zone *zone,
			     struct shadow_fault *fault);

#endif /* SHADOW_MOBILITY_H */
