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

/* Zone modifiers, in the low four bits as the kernel's; none: up to NORMAL */
#define SHADOW_GFP_DMA		BIT(0)
#define SHADOW_GFP_HIGHMEM	BIT(1)
#define SHADOW_GFP_DMA32	BIT(2)
#define SHADOW_GFP_MOVABLE	BIT(3)	/* also: mobility */
#define SHADOW_GFP_ZONEMASK	0xfU
/* Mobility */
#define SHADOW_GFP_RECLAIMABLE	BIT(4)
#define SHADOW_GFP_MOBILITY	(SHADOW_GFP_MOVABLE | SHADOW_GFP_RECLAIMABLE)
/* How deep it may go, and what happens when it may not */
#define SHADOW_GFP_HIGH		BIT(5)	/* half of the min watermark */
#define SHADOW_GFP_NOWAIT	BIT(10)	/* cannot wait: no direct reclaim */
#define SHADOW_GFP_MEMALLOC	BIT(14)	/* frees memory: no watermark at all */
#define SHADOW_GFP_NOFAIL	BIT(12)	/* must not fail; not with NOWAIT */
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
#define SHADOW_GFP_FLAGS	0xffffU	/* what has a name */
/* What only the slow path knows: struct shadow_node.fast is asked for the rest */
#define SHADOW_GFP_SPECIAL \
	(SHADOW_GFP_ZERO | SHADOW_GFP_CONTENTS | SHADOW_GFP_COMP | \
	 SHADOW_GFP_COLD | SHADOW_GFP_THISNODE | SHADOW_GFP_THISZONE | \
	 SHADOW_GFP_NOFAIL | SHADOW_GFP_ROUTE | \
	 0xfU << SHADOW_GFP_NODE_SHIFT)
#define SHADOW_GFP_TEXT		224	/* bytes that all names fit into */

/* Combinations, as include/linux/gfp_types.h makes them */
#define SHADOW_GFP_KERNEL	0U
#define SHADOW_GFP_ATOMIC	(SHADOW_GFP_HIGH | SHADOW_GFP_NOWAIT)
#define SHADOW_GFP_HIGHUSER	SHADOW_GFP_HIGHMEM
#define SHADOW_GFP_HIGHUSER_MOVABLE \
	(SHADOW_GFP_HIGHMEM | SHADOW_GFP_MOVABLE)
#define SHADOW_GFP_OWNER(owner)	((u32)(owner) << SHADOW_GFP_OWNER_SHIFT)
#define SHADOW_GFP_NODE(nid)	((u32)((nid) + 1) << SHADOW_GFP_NODE_SHIFT)

/*
 * Per combination of zone modifiers the highest zone, four bits each. Those
 * that ask for two zones at once get none: shadow_gfp_zone_bad().
 */
#define SHADOW_GFP_ZONE_AT(gfp, zone)	((u64)SHADOW_ZONE_##zone << (gfp) * 4)
#define SHADOW_GFP_ZONES \
	(SHADOW_GFP_ZONE_AT(0, NORMAL) | \
	 SHADOW_GFP_ZONE_AT(SHADOW_GFP_DMA, DMA) | \
	 SHADOW_GFP_ZONE_AT(SHADOW_GFP_HIGHMEM, HIGHMEM) | \
	 SHADOW_GFP_ZONE_AT(SHADOW_GFP_DMA32, DMA32) | \
	 SHADOW_GFP_ZONE_AT(SHADOW_GFP_MOVABLE, NORMAL) | \
	 SHADOW_GFP_ZONE_AT(SHADOW_GFP_MOVABLE | SHADOW_GFP_DMA, DMA) | \
	 SHADOW_GFP_ZONE_AT(SHADOW_GFP_MOVABLE | SHADOW_GFP_HIGHMEM, MOVABLE) | \
	 SHADOW_GFP_ZONE_AT(SHADOW_GFP_MOVABLE | SHADOW_GFP_DMA32, DMA32))

/**
 * shadow_gfp_zone() - the highest zone that an allocation may use
 * @gfp: SHADOW_GFP_*
 *
 * MOVABLE names the zone only together with HIGHMEM; alone it says on which
 * lists the frames are. Follows gfp_zone() of include/linux/gfp.h.
 *
 * Context: any.
 * Return: the zone's type; DMA where shadow_gfp_zone_bad().
 */
static inline enum shadow_zone_type shadow_gfp_zone(u32 gfp)
{
	return SHADOW_GFP_ZONES >> (gfp & SHADOW_GFP_ZONEMASK) * 4 & 0xf;
}

/**
 * shadow_gfp_zone_bad() - do the zone modifiers contradict each other?
 * @gfp: SHADOW_GFP_*
 *
 * DMA, DMA32 and HIGHMEM exclude each other. Follows GFP_ZONE_BAD.
 *
 * Context: any.
 * Return: true if they do.
 */
static inline bool shadow_gfp_zone_bad(u32 gfp)
{
	u32 zones = gfp & (SHADOW_GFP_DMA | SHADOW_GFP_DMA32 |
			   SHADOW_GFP_HIGHMEM);

	return zones & (zones - 1);
}

u32 shadow_zone_gfp(enum shadow_zone_type type);
const char *shadow_gfp_refusal(u32 gfp);
unsigned int shadow_gfp_alloc_flags(u32 gfp, unsigned int order);
unsigned int shadow_alloc_flags_nofragment(const struct shadow_zone *preferred);
int shadow_gfp_parse(const char *name, size_t len, u32 *gfp);
int shadow_gfp_print(u32 gfp, char *text, size_t bytes);
int shadow_gfp_names(char *text, size_t bytes);

/**
 * shadow_gfp_mt() - which free lists an allocation belongs to
 * @nodes: the layer
 * @gfp: SHADOW_GFP_*
 *
 * Follows gfp_migratetype() of include/linux/gfp.h.
 *
 * Context: any.
 * Return: enum shadow_migratetype, below SHADOW_MIGRATE_PCPTYPES.
 */
static inline unsigned int shadow_gfp_mt(const struct shadow_nodes *nodes,
					 u32 gfp)
{
	return nodes->gfp_mt[gfp / SHADOW_GFP_MOVABLE & (SHADOW_NR_GFP_MT - 1)];
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

	if (likely(!node || node > nodes->nr_nodes))
		n = &nodes->node[shadow_cpu_node(nodes, cpu)];
	else
		n = &nodes->node[node - 1];
	return gfp & SHADOW_GFP_THISNODE ? &n->nofallback : &n->fallback;
}

#endif /* SHADOW_GFP_H */
