/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shadow_gfp - what an allocation asks for, in one word: flags as those of
 * include/linux/gfp_types.h in the low half, who will own the block above them,
 * and the preferred node on top.
 */
#ifndef SHADOW_GFP_H
#define SHADOW_GFP_H

#include "shadow_watermark.h"
#include "shadow_zone.h"

/* Zone modifiers; none: up to NORMAL */
#define SHADOW_GFP_DMA		BIT(0)
#define SHADOW_GFP_HIGHMEM	BIT(1)
#define SHADOW_GFP_DMA32	BIT(2)
#define SHADOW_GFP_MOVABLE	BIT(3)	/* also: mobility */
/* Mobility */
#define SHADOW_GFP_RECLAIMABLE	BIT(4)
/* How deep it may go, and what happens when it may not */
#define SHADOW_GFP_HIGH		BIT(5)	/* half of the min watermark */
#define SHADOW_GFP_ATOMIC	BIT(10)	/* cannot wait: a quarter more with HIGH */
#define SHADOW_GFP_MEMALLOC	BIT(14)	/* frees memory: no watermark at all */
#define SHADOW_GFP_NOFAIL	BIT(12)	/* must not fail; not with ATOMIC */
#define SHADOW_GFP_NOWARN	BIT(13)	/* a refusal is expected: not reported */
/* What the block is */
#define SHADOW_GFP_ZERO		BIT(6)	/* contents are cleared */
#define SHADOW_GFP_CONTENTS	BIT(9)	/* somebody will look inside */
#define SHADOW_GFP_COMP		BIT(11)	/* one compound page */
#define SHADOW_GFP_COLD		BIT(15)	/* from the cold end, with pcp=hotcold */
/* Where it comes from */
#define SHADOW_GFP_THISNODE	BIT(7)	/* no fallback to other nodes */
#define SHADOW_GFP_THISZONE	BIT(8)	/* the highest allowed zone alone */
/* Remember the route that it takes, for `why` */
#define SHADOW_GFP_ROUTE	BIT(23)

#define SHADOW_GFP_OWNER_SHIFT	16	/* 5 bits, enum shadow_owner; 0: DIRECT */
#define SHADOW_GFP_NODE_SHIFT	24	/* 4 bits, node + 1; 0: the CPU's own */

#define SHADOW_GFP_KERNEL	0U
#define SHADOW_GFP_OWNER(owner)	((u32)(owner) << SHADOW_GFP_OWNER_SHIFT)
#define SHADOW_GFP_NODE(nid)	((u32)((nid) + 1) << SHADOW_GFP_NODE_SHIFT)

enum shadow_zone_type shadow_gfp_zone(u32 gfp);
u32 shadow_zone_gfp(enum shadow_zone_type type);

/**
 * shadow_gfp_mt() - which free lists an allocation belongs to
 * @gfp: SHADOW_GFP_*
 *
 * Follows gfp_migratetype() of include/linux/gfp.h.
 *
 * Context: any.
 * Return: enum shadow_migratetype, below SHADOW_MIGRATE_PCPTYPES.
 */
static inline unsigned int shadow_gfp_mt(u32 gfp)
{
	if (gfp & SHADOW_GFP_MOVABLE)
		return SHADOW_MIGRATE_MOVABLE;
	return gfp & SHADOW_GFP_RECLAIMABLE ? SHADOW_MIGRATE_RECLAIMABLE :
					      SHADOW_MIGRATE_UNMOVABLE;
}

static inline unsigned int shadow_gfp_owner(u32 gfp)
{
	unsigned int owner = (gfp >> SHADOW_GFP_OWNER_SHIFT) & 0x1f;

	return owner ? owner : SHADOW_OWNER_DIRECT;
}

/**
 * shadow_gfp_zonelist() - the zones that an allocation tries, in their order
 * @nodes: the layer
 * @cpu: who asks; its own node is preferred where @gfp names none
 * @gfp: SHADOW_GFP_*
 *
 * Follows node_zonelist() of include/linux/gfp.h.
 *
 * Context: any.
 * Return: the zonelist.
 */
static inline const struct shadow_zonelist *
shadow_gfp_zonelist(const struct shadow_nodes *nodes, unsigned int cpu, u32 gfp)
{
	unsigned int node = (gfp >> SHADOW_GFP_NODE_SHIFT) & 0xf;
	const struct shadow_node *n;

	n = &nodes->node[node && node <= nodes->nr_nodes ? node - 1 : 0];
	return gfp & SHADOW_GFP_THISNODE ? &n->nofallback : &n->fallback;
}

#endif /* SHADOW_GFP_H */
