/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_page_alloc - the zoned page-frame allocator that everybody calls:
 * zonelists, watermarks, per-CPU lists, then the buddy. Follows
 * __alloc_pages() and __free_pages() of mm/page_alloc.c.
 */
#ifndef SHADOW_PAGE_ALLOC_H
#define SHADOW_PAGE_ALLOC_H

#include "shadow_zone.h"

/*
 * What an allocation asks for, in one word: kernel-like flags in the low bits,
 * who will own the block above them, and the preferred node on top.
 */
#define SHADOW_GFP_DMA		BIT(0)	/* zone modifiers; none: up to NORMAL */
#define SHADOW_GFP_HIGHMEM	BIT(1)
#define SHADOW_GFP_DMA32	BIT(2)
#define SHADOW_GFP_MOVABLE	BIT(3)	/* also: mobility */
#define SHADOW_GFP_RECLAIMABLE	BIT(4)
#define SHADOW_GFP_HIGH		BIT(5)	/* may go below the min watermark */
#define SHADOW_GFP_ZERO		BIT(6)	/* contents are cleared */
#define SHADOW_GFP_THISNODE	BIT(7)	/* no fallback to other nodes */
#define SHADOW_GFP_THISZONE	BIT(8)	/* the highest allowed zone alone */
#define SHADOW_GFP_CONTENTS	BIT(9)	/* somebody will look inside */
#define SHADOW_GFP_OWNER_SHIFT	16	/* 5 bits, enum shadow_owner; 0: DIRECT */
#define SHADOW_GFP_NODE_SHIFT	24	/* 4 bits, node + 1; 0: node 0 */

#define SHADOW_GFP_KERNEL	0U
#define SHADOW_GFP_OWNER(owner)	((u32)(owner) << SHADOW_GFP_OWNER_SHIFT)
#define SHADOW_GFP_NODE(nid)	((u32)((nid) + 1) << SHADOW_GFP_NODE_SHIFT)

struct shadow_page *shadow_alloc_pages(struct shadow_nodes *nodes, u32 gfp,
				       unsigned int order);
struct shadow_page *shadow_alloc_pages_cpu(struct shadow_nodes *nodes,
					   unsigned int cpu, u32 gfp,
					   unsigned int order);
int shadow_free_pages(struct shadow_nodes *nodes, struct shadow_page *page,
		      unsigned int order);
int shadow_free_pages_cpu(struct shadow_nodes *nodes, unsigned int cpu,
			  struct shadow_page *page, unsigned int order);
enum shadow_zone_type shadow_gfp_zone(u32 gfp);
u32 shadow_zone_gfp(enum shadow_zone_type type);

#endif /* SHADOW_PAGE_ALLOC_H */
